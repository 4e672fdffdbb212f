/*
 * tests/sim/world.c - a hub, devices that join it, and what they record.
 *
 * A hub is made once and copied for each run, since opening an operator's key costs a
 * good part of a second by design. Randomness is drawn from streams of the run's seed,
 * also where libsodium draws its own.
 */
#include "tests/sim/world.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/ledger/key.h"
#include "common/ledger/query.h"
#include "common/log/cert.h"
#include "common/log/json.h"
#include "daemon/hub_internal.h"
#include "tests/sim/check.h"
#include "tests/sim/disk.h"
#include "tests/sim/erase.h"
#include "tests/sim/kept.h"
#include "tests/sim/stick.h"
#include "tests/sim/van.h"
#include "tests/sim/version.h"
#include "tests/sim/work.h"

#define PASSPHRASE "ngựa thồ sách lên bản"

const struct sim_site *sim_sites;
unsigned sim_n_sites;

const struct sim_site sim_six_sites[6] = {
	{ "14-0371", "03646", "commune", "Thư viện phường Tô Hiệu", false, NULL },
	{ "14-0372", "03646", "post-office", "Điểm bưu điện văn hóa Chiềng Lề", false,
	  NULL },
	{ "14-0380", "03650", "border", "Đồn biên phòng Lóng Sập", true, NULL },
	{ "14-0400", "03650", "van", "Xe thư viện lưu động", false, "03652" },
	{ "14-0391", "03652", "school", "Thư viện trường Mường La", false, NULL },
	{ "14-0392", "03652", "learning", "Trung tâm học tập cộng đồng", false, NULL },
};

/* --- randomness --- */

static struct ph_rng_seeded sodium_state;
static struct ph_rng sodium_rng;

static const char *random_name(void)
{
	return "packhorse-sim";
}

static uint32_t random_number(void)
{
	uint32_t number;

	sodium_rng.fill(sodium_rng.data, (uint8_t *)&number, sizeof number);
	return number;
}

static void random_fill(void *const out, const size_t len)
{
	sodium_rng.fill(sodium_rng.data, out, len);
}

static void use_random(void)
{
	static randombytes_implementation seeded = { .implementation_name = random_name,
						     .random = random_number,
						     .buf = random_fill };

	ph_rng_seed(&sodium_state, 1, &sodium_rng);
	randombytes_set_implementation(&seeded);
}

/* --- the pattern --- */

static struct {
	char dir[SIM_PATH];
	struct ph_sign_pair operator_pair, root_pair;
	uint64_t numbers[SIM_SITES_MAX];
} pattern;

static void add_site(struct sim *sim, unsigned i)
{
	const struct sim_site *site = &sim_sites[i];
	json_t *put = json_pack("{s:s}", "kind", "site-put");
	json_t *answer =
		sim_ask(sim,
			json_pack("{s:s, s:s, s:s, s:s, s:s}", "command", "site-add",
				  "code", site->code, "commune", site->commune, "kind",
				  site->kind, "name", site->name),
			NULL);
	json_t *number = json_object_get(answer, "number");

	pattern.numbers[i] = (uint64_t)json_integer_value(number);
	json_object_set(put, "site", number);
	json_object_set_new(put, "schedule", json_string("thứ hai đến thứ sáu"));
	if (site->no_readers) {
		json_object_set_new(put, "no_readers", json_integer(1));
	}
	if (site->route != NULL) {
		json_object_set_new(put, "route", json_pack("[s]", site->route));
	}
	json_decref(answer);
	json_decref(sim_ask(
		sim, json_pack("{s:s, s:[o]}", "command", "record", "entries", put),
		NULL));
}

static void make_pattern(struct sim *sim)
{
	struct ph_hub_config config;
	struct ph_hub_init init = { .listen = "127.0.0.1:7415",
				    .passphrase = ph_view_str(PASSPHRASE),
				    .memory_mib = PH_LOCK_MIB_MIN };
	struct ph_error err = { 0 };
	char path[SIM_PATH + 20];
	int rc;

	sim_disk_add("pattern");
	sim_machine_init(sim, &sim->hub_machine, "pattern", 14);
	snprintf(pattern.dir, sizeof pattern.dir, "%s", sim->hub_machine.dir);
	sim->now = -3600 * 1000;
	sim->hub_machine.booted = sim->now;
	config = sim_hub_config(sim);
	rc = ph_hub_init(&config, &init, &err);
	if (rc == 0) {
		sim_hub_open(sim);
		for (unsigned i = 0; i < sim_n_sites; i++) {
			add_site(sim, i);
		}
		sim_hub_close(sim);
		snprintf(path, sizeof path, "%s/keys/operator", pattern.dir);
		rc = ph_locked_key_load(&pattern.operator_pair, path,
					ph_view_str(PASSPHRASE), &err);
		snprintf(path, sizeof path, "%s/keys/root", pattern.dir);
		rc = rc != 0 ? rc
			     : ph_locked_key_load(&pattern.root_pair, path,
						  ph_view_str(PASSPHRASE), &err);
	}
	if (rc != 0) {
		fprintf(stderr, "sim: making a hub: %s\n", err.text);
		exit(1);
	}
}

void sim_start(const struct sim_site *sites, unsigned n)
{
	static struct sim sim;
	struct sim_result result = { 0 };

	assert(n <= SIM_SITES_MAX);
	sim_sites = sites;
	sim_n_sites = n;
	use_random();
	if (ph_crypto_start() != 0) {
		fputs("sim: libsodium does not start\n", stderr);
		exit(1);
	}
	sim_disk_begin(1);
	sim.result = &result;
	crypto_generichash_init(&sim.heard, NULL, 0, 32);
	if (setjmp(sim.out) != 0) {
		fprintf(stderr, "sim: making a hub: %s\n", result.what);
		exit(1);
	}
	make_pattern(&sim);
}

void sim_end(void)
{
	sim_disk_end();
}

/* --- devices --- */

/* The text of an invite for ROLE at site number SITE of sim_sites[], as the operator makes it. */
static void make_invite(struct sim *sim, unsigned site, uint64_t role,
			struct ph_buf *text)
{
	json_t *answer = sim_ask(sim,
				 json_pack("{s:s, s:s}", "command", "invite-prepare",
					   "site", sim_sites[site].code),
				 NULL);
	uint8_t seed[PH_SEED_KEY_SIZE];
	struct ph_sign_pair once;
	struct ph_buf invite = { 0 }, list = { 0 };
	struct ph_invite form = {
		.site = (uint64_t)json_integer_value(json_object_get(answer, "number")),
		.site_code =
			ph_view_str(json_string_value(json_object_get(answer, "code"))),
		.site_name =
			ph_view_str(json_string_value(json_object_get(answer, "name"))),
		.site_kind =
			(uint64_t)json_integer_value(json_object_get(answer, "kind")),
		.commune = ph_view_str(
			json_string_value(json_object_get(answer, "commune"))),
		.role = role,
		.code_block =
			(uint64_t)json_integer_value(json_object_get(answer, "block")),
		.issued = sim_truth(sim),
		.expires = sim_truth(sim) + 60 * SIM_DAY,
	};
	char path[SIM_PATH + 20];
	int rc;

	sim->hub_machine.rng.fill(sim->hub_machine.rng.data, seed, sizeof seed);
	sim->hub_machine.rng.fill(sim->hub_machine.rng.data, form.id, sizeof form.id);
	ph_sign_pair_from_seed(&once, seed);
	memcpy(form.key, once.key, sizeof form.key);
	memcpy(form.root, ph_hub_keylist(sim->hub)->root, sizeof form.root);
	memcpy(form.operator_key, sim->operator_pair.key, sizeof form.operator_key);
	rc = ph_invite_encode(&form, &sim->operator_pair, &invite);
	snprintf(path, sizeof path, "%s/keys/list", sim->hub_machine.dir);
	rc = rc != 0 ? rc : ph_file_read(path, PH_CERT_MAX, &list, NULL);
	rc = rc != 0 ? rc
		     : ph_invite_text(ph_buf_view(&invite), ph_buf_view(&list), seed,
				      text);
	assert(rc == 0);
	ph_buf_deinit(&invite);
	ph_buf_deinit(&list);
	json_decref(answer);
}

static void configure(struct sim_device *device)
{
	device->config = (struct ph_site_config){ .dir = device->machine.dir,
						  .who = "sim",
						  .clock = device->machine.clock,
						  .rng = device->machine.rng };
}

static struct sim_device *device_new(struct sim *sim, unsigned site)
{
	struct sim_device *device;
	char name[12];

	assert(sim->n_devices < sim->cap_devices);
	device = &sim->devices[sim->n_devices];
	*device = (struct sim_device){ .number = sim->n_devices,
				       .site = site,
				       .twin = -1,
				       .mate = -1,
				       .synced = -1,
				       .arrived = -1 };
	snprintf(name, sizeof name, "d%u", sim->n_devices);
	sim_machine_init(sim, &device->machine, name,
			 sim->script->seed * 64 + 1 + sim->n_devices);
	sim_version_draw(sim, &device->machine, 1 + sim->n_devices);
	sim_disk_add(name);
	configure(device);
	sim->n_devices++;
	sim->result->tally.devices++;
	return device;
}

void sim_check_saved(struct sim *sim, struct sim_device *device)
{
	for (size_t i = 0; i < sim->n_acks; i++) {
		const struct sim_ack *ack = &sim->acks[i];

		if (ack->device == device->number && !ack->dead && !ack->away &&
		    !sim_device_holds(sim, device, &ack->ref)) {
			char text[PH_REF_TEXT];

			ph_ref_text(text, &ack->ref);
			sim_broken(sim, SIM_SAVED,
				   "%s said that %s (kind %u) was saved, and has it no "
				   "more",
				   device->machine.name, text, ack->kind);
		}
	}
}

void sim_device_open(struct sim *sim, struct sim_device *device)
{
	struct ph_error err = { 0 };
	int rc;

	sim_enter(&device->machine);
	rc = ph_site_open(&device->site_open, &device->config, &err);
	sim_leave();
	if (rc != 0) {
		sim_broken(sim, SIM_HEALTHY, "%s does not start: %s",
			   device->machine.name, err.text);
	}
	sim_check_saved(sim, device);
	if (device->unnoted) {
		sim_note_receipts(sim, device);
	}
}

void sim_device_close(struct sim_device *device)
{
	sim_enter(&device->machine);
	ph_site_close(device->site_open);
	sim_leave();
	device->site_open = NULL;
}

void sim_device_fall(struct sim *sim, struct sim_device *device, bool power)
{
	sim_machine_falls(&device->machine, power);
	sim_device_close(device);
	sim_disk_on(device->machine.name);
	sim_maybe_update(sim, &device->machine);
	if (power) {
		sim_boot(&device->machine);
	}
	sim_device_open(sim, device);
}

/* By the TEXT of an invite. */
static void enrol_by(struct sim *sim, struct sim_device *device, struct ph_view text)
{
	struct ph_error err = { 0 };
	struct ph_site_info info;
	int rc;

	configure(device);
	sim_enter(&device->machine);
	rc = ph_site_join(&device->config, text, &err);
	sim_leave();
	if (rc != 0) {
		sim_broken(sim, SIM_HEALTHY, "%s cannot join: %s", device->machine.name,
			   err.text);
	}
	sim_device_open(sim, device);
	ph_site_info(device->site_open, &info);
	memcpy(device->id, info.device_id, sizeof device->id);
	ph_hex(device->hex, device->id, sizeof device->id);
	sim_note(sim, "%s joins %s", device->machine.name, sim_sites[device->site].code);
}

void sim_enrol(struct sim *sim, struct sim_device *device, uint64_t role)
{
	struct ph_buf text = { 0 };

	make_invite(sim, device->site, role, &text);
	enrol_by(sim, device, ph_buf_view(&text));
	ph_buf_wipe(&text);
}

struct sim_device *sim_join(struct sim *sim, unsigned site)
{
	struct sim_device *device = device_new(sim, site);

	sim_enrol(sim, device, PH_ROLE_SITE);
	return device;
}

void sim_join_copied(struct sim *sim, unsigned site, struct sim_device *pair_out[2])
{
	struct ph_buf text = { 0 };

	make_invite(sim, site, PH_ROLE_SITE, &text);
	for (unsigned i = 0; i < 2; i++) {
		pair_out[i] = device_new(sim, site);
		enrol_by(sim, pair_out[i], ph_buf_view(&text));
	}
	ph_buf_wipe(&text);
	pair_out[0]->mate = (int)pair_out[1]->number;
	pair_out[1]->mate = (int)pair_out[0]->number;
	pair_out[1]->is_thief = true;
}

/* --- folders --- */

static void image_name(const struct sim_device *device, char out[static 16])
{
	snprintf(out, 16, "%si", device->machine.name);
}

void sim_image(struct sim *sim, struct sim_device *device)
{
	char name[16];

	image_name(device, name);
	sim_device_close(device);
	sim_disk_copy(device->machine.name, name, false);
	sim_device_open(sim, device);
	device->has_image = true;
	device->image_second = sim_truth(sim);
}

/* What DEVICE holds no more is at the hub, or at a twin, or nowhere. */
static void mourn(struct sim *sim, struct sim_device *device)
{
	for (size_t i = 0; i < sim->n_acks; i++) {
		struct sim_ack *ack = &sim->acks[i];

		if (ack->device != device->number || ack->dead || ack->away ||
		    sim_device_holds(sim, device, &ack->ref)) {
			continue;
		}
		ack->away = sim_hub_holds(sim, &ack->ref);
		for (unsigned d = 0; !ack->away && d < sim->n_devices; d++) {
			struct sim_device *other = &sim->devices[d];

			if (other != device && other->site_open != NULL &&
			    memcmp(other->id, device->id, sizeof other->id) == 0 &&
			    sim_device_holds(sim, other, &ack->ref)) {
				ack->away = true;
			}
		}
		ack->dead = !ack->away;
		sim->result->tally.dead += ack->dead;
	}
}

void sim_restore(struct sim *sim, struct sim_device *device)
{
	char name[16];
	struct ph_error err = { 0 };
	int rc;

	image_name(device, name);
	sim_check_saved(sim, device); /* what is missing later went with the folder */
	sim_device_close(device);
	sim_disk_copy(name, device->machine.name,
		      ph_rng_below(&device->machine.rng, 2) == 0);
	device->was_restored = true;
	device->read = 0; /* what it read since went with the folder */
	sim_boot(&device->machine);
	sim_enter(&device->machine);
	rc = ph_site_open(&device->site_open, &device->config, &err);
	sim_leave();
	if (rc != 0) {
		sim_broken(sim, SIM_HEALTHY, "%s, put back, does not start: %s",
			   device->machine.name, err.text);
	}
	mourn(sim, device);
	sim_forget_taken(sim, device);
}

void sim_device_dies(struct sim *sim, struct sim_device *device)
{
	sim_check_saved(sim, device); /* what is missing later went with the disk */
	sim_device_close(device);
	for (size_t i = 0; i < sim->n_acks; i++) {
		struct sim_ack *ack = &sim->acks[i];

		if (ack->device == device->number && !ack->dead && !ack->away) {
			ack->away = sim_hub_holds(sim, &ack->ref);
			ack->dead = !ack->away;
			sim->result->tally.dead += ack->dead;
		}
	}
}

struct sim_device *sim_clone(struct sim *sim, struct sim_device *device)
{
	struct sim_device *twin = device_new(sim, device->site);

	sim_device_close(device);
	sim_disk_copy(device->machine.name, twin->machine.name, false);
	sim_device_open(sim, device);
	memcpy(twin->id, device->id, sizeof twin->id);
	memcpy(twin->hex, device->hex, sizeof twin->hex);
	twin->twin = (int)device->number;
	twin->machine.lacks = device->machine.lacks;
	twin->confirmed = device->confirmed;
	twin->confirmed_at = device->confirmed_at;
	twin->cut = device->cut;
	device->was_cloned = twin->was_cloned = true;
	twin->was_restored = device->was_restored;
	twin->was_clocked = device->was_clocked;
	twin->mate = device->mate;
	sim_device_open(sim, twin);
	return twin;
}

/* --- the whole --- */

/* Where device NUMBER stands: the first sites have siblings. */
static unsigned site_of(const struct sim *sim, unsigned number)
{
	static const unsigned sites[] = { 0, 0, 1, 2, 3, 4, 0, 5, 1, 4, 3, 2 };

	return (sites[number % 12] + (unsigned)(sim->script->seed % 3 == 2)) %
	       sim_n_sites;
}

void sim_open(struct sim *sim, const struct sim_script *script, unsigned cap_devices,
	      FILE *trace, struct sim_result *result)
{
	*sim = (struct sim){ .script = script, .trace = trace, .result = result };
	*result = (struct sim_result){ 0 };
	crypto_generichash_init(&sim->heard, NULL, 0, 32);
	ph_rng_seed(&sodium_state, script->seed, &sodium_rng);
	sim_disk_seed(script->seed);
	sim_disk_number(1 << 20); /* of the pattern there are fewer */
	sim->operator_pair = pattern.operator_pair;
	sim->root_pair = pattern.root_pair;
	sim->site_numbers = pattern.numbers;
	sim->cap_devices = cap_devices;
	sim->devices = calloc(cap_devices, sizeof *sim->devices);
	assert(sim->devices != NULL);
}

/* Apart from sim_open(), since it can break: the caller has set sim->out. */
void sim_found(struct sim *sim)
{
	sim_machine_init(sim, &sim->hub_machine, "hub", sim->script->seed * 64);
	sim_version_draw(sim, &sim->hub_machine, 0);
	sim_disk_copy("pattern", "hub", true);
	sim->books = sim_books_new();
	sim->sticks = sim_sticks_new();
	sim->vans = sim_vans_new();
	sim_hub_open(sim);
	sim_skip_hub_clock(sim);
	for (unsigned i = 0; i < sim->script->n_devices; i++) {
		sim_join(sim, site_of(sim, i));
	}
	if (sim->script->seed % 3 == 1 && sim->script->n_devices > 0) {
		struct sim_device *device =
			&sim->devices[sim->script->seed / 3 % sim->n_devices];

		device->no_network = true;
		sim_note(sim, "%s never has a network", device->machine.name);
	}
}

static void clear_disks(struct sim *sim)
{
	char name[16];

	for (unsigned i = 0; i < sim->n_devices; i++) {
		sim_disk_remove(sim->devices[i].machine.name);
		image_name(&sim->devices[i], name);
		if (sim_disk_exists(name)) {
			sim_disk_remove(name);
		}
	}
	if (sim_disk_exists("hub")) {
		sim_disk_remove("hub");
	}
	if (sim_disk_exists("thief")) {
		sim_disk_remove("thief");
	}
	if (sim_disk_exists("aside")) {
		sim_disk_remove("aside");
	}
}

void sim_close(struct sim *sim)
{
	for (unsigned i = 0; i < sim->n_devices; i++) {
		struct sim_device *device = &sim->devices[i];

		sim_device_close(device);
		for (unsigned t = 0; t < device->n_tapes; t++) {
			ph_buf_deinit(&device->tapes[t].bytes);
		}
	}
	sim_hub_close(sim);
	sim_vans_free(sim->vans);
	sim_erasures_free(sim);
	sim_words_free(sim);
	clear_disks(sim);
	sim_books_free(sim->books);
	sim_sticks_free(sim->sticks);
	free(sim->devices);
	for (size_t i = 0; i < sim->n_acks; i++) {
		ph_buf_deinit(&sim->acks[i].bytes);
	}
	free(sim->acks);
	free(sim->receipts);
	crypto_generichash_final(&sim->heard, sim->result->digest, 32);
}

void sim_device_heal(struct sim *sim, struct sim_device *device)
{
	if (device->machine.hurt || sim_disk_failed(device->machine.name)) {
		sim_note(sim, "%s met an error, and is started again",
			 device->machine.name);
		sim_device_fall(sim, device, false);
	}
}
