/*
 * tests/power/world.c - the province of the power cuts: made once, then copied.
 *
 * The machines' clocks run by themselves and are never wrong here; the simulator
 * (tests/sim) is for that. A hub with two sites of one commune, both confirmed, so that
 * pages of the feed go down as well.
 */
#include "tests/power/world.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "daemon/hub_internal.h"
#include "daemon/hub_second.h"

#define T0         INT64_C(1790000000)
#define PASSPHRASE "ngựa thồ sách lên bản"

const char *const power_name[MACHINES] = { "hub", "a", "b", "c", "courier" };
const char *const power_pristine_hub = "p-hub";
struct ph_buf power_invite;
struct ph_sign_pair power_root, power_operator;
static const char *const pristine[MACHINES] = { "p-hub", "p-a", "p-b", "p-c",
						"p-courier" };
static const char *const site_code[MACHINES] = { NULL, "14-0371", "14-0372", "14-0371",
						 "14-0374" };

static struct {
	uint8_t device[MACHINES][PH_DEVICE_ID_SIZE];
	struct machine machine[MACHINES];
} made;

void power_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("power: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(2);
}

static void must(int rc, const struct ph_error *err)
{
	if (rc != 0) {
		power_die("making the province: %d %s", rc, err ? err->text : "");
	}
}

/* --- machines --- */

static void read_clock(void *data, struct ph_now *now_out)
{
	struct machine *machine = data;

	*now_out = machine->now;
}

void machine_boot(struct machine *machine)
{
	machine->now.wall += 30;
	machine->now.mono_ms = 5000;
	machine->now.boot[0]++;
}

struct ph_clock power_clock(struct machine *machine)
{
	return (struct ph_clock){ .read = read_clock, .data = machine };
}

void power_folder(const char *name, char out[static 64])
{
	snprintf(out, 64, "/m/%s/store", name);
}

struct ph_hub_config power_hub_config(struct machine *machine, const char *dir)
{
	return (struct ph_hub_config){ .dir = dir,
				       .who = "power",
				       .clock = power_clock(machine),
				       .rng = machine->rng };
}

int world_open_hub(struct machine *machine, const char *name, struct ph_hub **hub_out,
		   struct ph_error *err)
{
	char dir[64];
	struct ph_hub_config config;
	struct ph_hub *hub;
	int rc;

	power_folder(name, dir);
	config = power_hub_config(machine, dir);
	snprintf(machine->second, sizeof(machine->second), "/m/%s/second", name);
	if (!machine->is_without && ph_file_exists(machine->second)) {
		config.second = machine->second;
	}
	config.witness = dir;
	rc = ph_hub_open(&hub, &config, err);
	if (rc == 0 && hub->put_back > 0) { /* nobody has put anything back here */
		ph_hub_close(hub);
		return ph_fail(err, PH_EXIT_OTHER, -EUCLEAN,
			       "after a power cut the witness, or the second medium, "
			       "tells of more than the store has");
	}
	*hub_out = rc == 0 ? hub : *hub_out;
	return rc;
}

struct ph_site_config power_site_config(struct machine *machine, const char *dir)
{
	return (struct ph_site_config){ .dir = dir,
					.who = "power",
					.clock = power_clock(machine),
					.rng = machine->rng };
}

int world_open_site(struct machine *machine, const char *name, struct ph_site **site_out,
		    struct ph_error *err)
{
	char dir[64];
	struct ph_site_config config;

	power_folder(name, dir);
	config = power_site_config(machine, dir);
	return ph_site_open(site_out, &config, err);
}

/* --- making it --- */

static json_t *ask(struct ph_hub *hub, json_t *request)
{
	json_t *answer = ph_hub_command(hub, request);

	json_decref(request);
	if (json_integer_value(json_object_get(answer, "exit")) != 0) {
		power_die("%s", json_string_value(json_object_get(answer, "error")));
	}
	return answer;
}

static struct ph_view member(const json_t *object, const char *name)
{
	return ph_view_str(json_string_value(json_object_get(object, name)));
}

static void make_invite(struct ph_hub *hub, struct machine *machine,
			const struct ph_sign_pair *operator_pair, const char *site,
			uint64_t role, struct ph_buf *text)
{
	json_t *answer = ask(
		hub, json_pack("{s:s, s:s}", "command", "invite-prepare", "site", site));
	uint8_t seed[PH_SEED_KEY_SIZE];
	struct ph_sign_pair once;
	struct ph_buf bytes = { 0 };
	struct ph_buf list = { 0 };
	struct ph_invite invite = {
		.site = (uint64_t)json_integer_value(json_object_get(answer, "number")),
		.site_code = member(answer, "code"),
		.site_name = member(answer, "name"),
		.site_kind =
			(uint64_t)json_integer_value(json_object_get(answer, "kind")),
		.commune = member(answer, "commune"),
		.role = role,
		.code_block =
			(uint64_t)json_integer_value(json_object_get(answer, "block")),
		.issued = T0,
		.expires = T0 + 86400,
	};

	machine->rng.fill(machine->rng.data, seed, sizeof(seed));
	machine->rng.fill(machine->rng.data, invite.id, sizeof(invite.id));
	ph_sign_pair_from_seed(&once, seed);
	memcpy(invite.key, once.key, sizeof(invite.key));
	memcpy(invite.root, ph_hub_keylist(hub)->root, sizeof(invite.root));
	memcpy(invite.operator_key, operator_pair->key, sizeof(invite.operator_key));
	must(ph_invite_encode(&invite, operator_pair, &bytes), NULL);
	must(ph_file_read("/m/p-hub/store/keys/list", PH_CERT_MAX, &list, NULL), NULL);
	must(ph_invite_text(ph_buf_view(&bytes), ph_buf_view(&list), seed, text), NULL);
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&list);
	json_decref(answer);
}

static void session_whole(struct ph_hub *hub, struct ph_site *site, unsigned index)
{
	struct ph_error err = { 0 };

	must(power_session(&(struct drive){ .hub = hub,
					    .site = site,
					    .index = index,
					    .hub_rng = made.machine[HUB].rng,
					    .site_rng = made.machine[index].rng,
					    .cut = -1 },
			   &err),
	     &err);
}

static void make_site(struct ph_hub *hub, const struct ph_sign_pair *operator_pair,
		      unsigned index)
{
	struct machine *machine = &made.machine[index];
	char id[2 * PH_DEVICE_ID_SIZE + 1];
	struct ph_error err = { 0 };
	struct ph_buf text = { 0 };
	struct ph_site_info info;
	struct ph_site *site;
	char dir[64];
	struct ph_site_config config;

	make_invite(hub, &made.machine[HUB], operator_pair, site_code[index],
		    index == COURIER ? PH_ROLE_COURIER : PH_ROLE_SITE, &text);
	power_folder(pristine[index], dir);
	config = power_site_config(machine, dir);
	must(ph_site_join(&config, ph_buf_view(&text), &err), &err);
	ph_buf_wipe(&text);
	must(ph_site_open(&site, &config, &err), &err);
	if (index != COURIER) {
		must(power_visit(site, 3, &err), &err);
	}
	session_whole(hub, site, index);
	ph_site_info(site, &info);
	memcpy(made.device[index], info.device_id, PH_DEVICE_ID_SIZE);
	ph_hex(id, info.device_id, sizeof(info.device_id));
	json_decref(ask(hub, json_pack("{s:s, s:s, s:s}", "command", "device-confirm",
				       "device", id, "fingerprint", info.fingerprint)));
	session_whole(hub, site, index);
	session_whole(hub, site, index);
	ph_site_close(site);
}

/* A hears that C was let in and confirmed, as C has of A. */
static void hear_of_c(struct ph_hub *hub)
{
	struct machine *machine = &made.machine[SITE_A];
	struct ph_error err = { 0 };
	struct ph_site *site;

	must(world_open_site(machine, pristine[SITE_A], &site, &err), &err);
	session_whole(hub, site, SITE_A);
	ph_site_close(site);
}

void world_make(void)
{
	struct ph_hub_config config = { .dir = "/m/p-hub/store", .who = "power" };
	struct ph_hub_init init = { .listen = "127.0.0.1:7415",
				    .passphrase = ph_view_str(PASSPHRASE),
				    .memory_mib = PH_LOCK_MIB_MIN };
	struct ph_error err = { 0 };
	struct ph_hub *hub;

	for (unsigned i = 0; i < MACHINES; i++) {
		struct machine *machine = &made.machine[i];

		sim_disk_add(pristine[i]);
		machine->now = (struct ph_now){ .wall = T0,
						.mono_ms = 5000,
						.boot = { 1, (uint8_t)i } };
		ph_rng_seed(&machine->seeded, 100 + i, &machine->rng);
	}
	config.clock = power_clock(&made.machine[HUB]);
	config.rng = made.machine[HUB].rng;
	must(ph_hub_init(&config, &init, &err), &err);
	must(ph_dir_create("/m/p-hub/second", &err), &err);
	must(world_open_hub(&made.machine[HUB], power_pristine_hub, &hub, &err), &err);
	must(ph_locked_key_load(&power_operator, "/m/p-hub/store/keys/operator",
				init.passphrase, &err),
	     &err);
	must(ph_locked_key_load(&power_root, "/m/p-hub/store/keys/root", init.passphrase,
				&err),
	     &err);
	for (unsigned i = SITE_A; i < MACHINES; i++) {
		if (i != SITE_C) { /* it is one of the site of A */
			json_decref(
				ask(hub, json_pack("{s:s, s:s, s:s, s:s, s:s}", "command",
						   "site-add", "code", site_code[i],
						   "commune", "03646", "kind", "commune",
						   "name", site_code[i])));
		}
		make_site(hub, &power_operator, i);
	}
	hear_of_c(hub);
	json_decref(ask(hub, json_pack("{s:s, s:s, s:s, s:s, s:s}", "command", "site-add",
				       "code", "14-0373", "commune", "03646", "kind",
				       "commune", "name", "14-0373")));
	make_invite(hub, &made.machine[HUB], &power_operator, "14-0373", PH_ROLE_SITE,
		    &power_invite);
	ph_hub_close(hub);
}

/* --- a script's --- */

uint64_t power_draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t power_below(struct world *world, uint64_t bound)
{
	return power_draw(&world->draws) % bound;
}

void world_begin(struct world *world, uint64_t seed)
{
	struct ph_error err = { 0 };

	memset(world, 0, sizeof(*world));
	world->draws = seed;
	power_erase_begin();
	power_front_begin();
	sim_disk_seed(seed);
	memcpy(world->device, made.device, sizeof(world->device));
	for (unsigned i = 0; i < MACHINES; i++) {
		struct machine *machine = &world->machine[i];

		sim_disk_copy(pristine[i], power_name[i], true);
		*machine = made.machine[i];
		ph_rng_seed(&machine->seeded, seed * MACHINES + i, &machine->rng);
		machine->now.wall += 3600;
		machine_boot(machine);
		if (i == HUB) {
			must(world_open_hub(machine, power_name[i], &world->hub, &err),
			     &err);
			must(hub_holding(world->hub, &world->promised[i]), NULL);
		} else {
			must(world_open_site(machine, power_name[i], &world->site[i],
					     &err),
			     &err);
			must(site_holding(world->site[i], &world->promised[i]), NULL);
			memcpy(world->own_log[i], ph_site_log(world->site[i])->id,
			       PH_LOG_ID_SIZE);
		}
	}
}

void world_end(struct world *world)
{
	ph_hub_close(world->hub);
	for (unsigned i = SITE_A; i < MACHINES; i++) {
		ph_site_close(world->site[i]);
	}
}

/* --- what they hold --- */

struct held *held_of(struct holding *holding, const uint8_t id[static PH_LOG_ID_SIZE])
{
	for (unsigned i = 0; i < holding->n_logs; i++) {
		if (memcmp(holding->log[i].head.log_id, id, PH_LOG_ID_SIZE) == 0) {
			return &holding->log[i];
		}
	}
	return NULL;
}

struct looking {
	struct ph_journal *journal;
	struct holding *out;
	bool site;
};

static int see_log(void *data, const struct ph_log *log)
{
	struct looking *looking = data;
	struct held *held = &looking->out->log[looking->out->n_logs];
	int64_t time;
	int rc;

	if (log->branch > 0 || looking->out->n_logs == LOGS_MAX) {
		return -EOVERFLOW; /* nothing here makes branches, or so many logs */
	}
	looking->out->n_logs++;
	memcpy(held->head.log_id, log->id, sizeof(log->id));
	memcpy(held->head.h, log->h, sizeof(log->h));
	held->head.n = log->n;
	rc = ph_journal_receipt_get(looking->journal, log->row, PH_LEVEL_BACKUP,
				    &held->backed, &time, NULL);
	if (rc < 0 || !looking->site) {
		return rc;
	}
	return ph_journal_receipt_get(looking->journal, log->row, PH_LEVEL_HUB,
				      &held->receipted, &time, NULL);
}

int hub_holding(struct ph_hub *hub, struct holding *out)
{
	struct looking looking = { .journal = ph_hub_journal(hub), .out = out };
	struct ph_error words;
	int rc;

	memset(out, 0, sizeof(*out));
	rc = ph_journal_log_each(looking.journal, see_log, &looking);
	/* only what this process itself has written, and says is well, was told */
	if (rc == 0 && hub->second &&
	    strcmp(ph_hub_second_state(hub, &words), "ok") == 0) {
		rc = power_second(hub->config.second, out, NULL);
	}
	return rc < 0 ? rc : power_beside_hub(hub, &out->beside);
}

int site_holding(struct ph_site *site, struct holding *out)
{
	struct looking looking = { .journal = ph_site_journal(site),
				   .out = out,
				   .site = true };
	int rc;

	memset(out, 0, sizeof(*out));
	rc = ph_journal_log_each(looking.journal, see_log, &looking);
	rc = rc < 0 ? rc : ph_fed_cursor_get(ph_journal_db(looking.journal), &out->fed);
	return rc < 0 ? rc : power_beside_site(site, &out->beside);
}
