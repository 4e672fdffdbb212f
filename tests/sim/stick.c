/*
 * tests/sim/stick.c - what the programs do with a stick.
 *
 * A packing that says it is done is remembered bundle by bundle, and must be there
 * whatever then becomes of the power of the stick. What was once taken to its end is
 * remembered, too, and must do nothing when it is taken again.
 */
#include "tests/sim/stick_internal.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/site_bundle.h"
#include "common/base/file.h"
#include "daemon/hub_bundle.h"
#include "tests/sim/check.h"
#include "tests/sim/disk.h"
#include "tests/sim/line.h"
#include "tests/sim/version.h"
#include "tests/sim/work_internal.h"

struct sim_sticks *sim_sticks_new(void)
{
	struct sim_sticks *sticks = calloc(1, sizeof *sticks);

	assert(sticks != NULL);
	return sticks;
}

void sim_sticks_free(struct sim_sticks *sticks)
{
	for (unsigned i = 0; sticks != NULL && i < 2 * SIM_STICKS; i++) {
		if (sim_disk_exists(sim_stick_name(i / 2, i % 2 == 1))) {
			sim_disk_remove(sim_stick_name(i / 2, i % 2 == 1));
		}
	}
	if (sticks != NULL) {
		free(sticks->carried);
		free(sticks->taken);
		free(sticks->came);
		free(sticks);
	}
}

const char *sim_stick_name(unsigned stick, bool old)
{
	static const char *const names[SIM_STICKS][2] = { { "s0", "s0-old" },
							  { "s1", "s1-old" },
							  { "s2", "s2-old" } };

	return names[stick][old];
}

/* --- what was said --- */

static void forget(struct sim_sticks *sticks, unsigned stick, int who, bool all)
{
	size_t left = 0;

	for (size_t i = 0; i < sticks->n_carried; i++) {
		const struct sim_carried *carried = &sticks->carried[i];

		if (carried->stick != stick || (!all && carried->who != who)) {
			sticks->carried[left++] = *carried;
		}
	}
	sticks->n_carried = left;
}

void sim_forget_stick(struct sim *sim, unsigned stick)
{
	forget(sim->sticks, stick, 0, true);
}

void sim_say_carried(struct sim *sim, unsigned stick, int who,
		     const struct ph_manifest *manifest)
{
	forget(sim->sticks, stick, who, false);
	for (unsigned i = 0; i < manifest->n; i++) {
		struct sim_carried *carried = ADD(sim->sticks, carried);

		*carried = (struct sim_carried){ .stick = stick, .who = who };
		ph_spool_name(manifest->line[i].hash, carried->name);
	}
}

bool sim_was_taken(const struct sim_sticks *sticks, int who, const char *name)
{
	for (size_t i = 0; i < sticks->n_taken; i++) {
		if (sticks->taken[i].who == who &&
		    strcmp(sticks->taken[i].name, name) == 0) {
			return true;
		}
	}
	return false;
}

void sim_say_taken(struct sim_sticks *sticks, int who, const char *name)
{
	if (!sim_was_taken(sticks, who, name)) {
		struct sim_taken *taken = ADD(sticks, taken);

		taken->who = who;
		snprintf(taken->name, sizeof taken->name, "%s", name);
	}
}

static void forget_taken(struct sim_sticks *sticks, int who)
{
	size_t left = 0;

	for (size_t i = 0; i < sticks->n_taken; i++) {
		if (sticks->taken[i].who != who) {
			sticks->taken[left++] = sticks->taken[i];
		}
	}
	sticks->n_taken = left;
}

void sim_forget_taken(struct sim *sim, const struct sim_device *device)
{
	forget_taken(sim->sticks, (int)device->number);
}

void sim_forget_hub_taken(struct sim *sim)
{
	forget_taken(sim->sticks, SIM_HUB);
	for (size_t i = 0; i < sim->sticks->n_came; i++) {
		sim->sticks->came[i].lost = true;
	}
}

static struct sim_came *find_came(const struct sim_sticks *sticks,
				  const uint8_t from[static PH_DEVICE_ID_SIZE],
				  uint64_t number)
{
	for (size_t i = 0; i < sticks->n_came; i++) {
		struct sim_came *came = &sticks->came[i];

		if (came->number == number &&
		    memcmp(came->from, from, sizeof came->from) == 0) {
			return came;
		}
	}
	return NULL;
}

void sim_say_came(struct sim_sticks *sticks, const struct ph_bundle_header *header)
{
	struct sim_came *came = find_came(sticks, header->from, header->number);

	if (came == NULL) {
		came = ADD(sticks, came);
		memcpy(came->from, header->from, sizeof came->from);
		came->number = header->number;
	}
	came->lost = false;
}

void sim_say_came_line(struct sim_sticks *sticks,
		       const uint8_t header[static PH_BUNDLE_HEADER_LEN])
{
	struct ph_bundle_header said;

	if (ph_bundle_header_decode(PH_VIEW(header, PH_BUNDLE_HEADER_LEN), &said) == 0) {
		sim_say_came(sticks, &said);
	}
}

bool sim_has_come(const struct sim_sticks *sticks,
		  const uint8_t from[static PH_DEVICE_ID_SIZE], uint64_t number)
{
	return find_came(sticks, from, number) != NULL;
}

uint64_t sim_count_came(const struct sim_sticks *sticks,
			const uint8_t from[static PH_DEVICE_ID_SIZE], uint64_t first,
			uint64_t last)
{
	uint64_t n = 0;

	for (size_t i = 0; i < sticks->n_came; i++) {
		const struct sim_came *came = &sticks->came[i];

		n += !came->lost && came->number >= first && came->number <= last &&
		     memcmp(came->from, from, sizeof came->from) == 0;
	}
	return n;
}

/* Whose bundles DEVICE takes off a stick as its own: a copy of a folder has the same id. */
static int owner(const struct sim_device *device)
{
	return device->twin >= 0 ? device->twin : (int)device->number;
}

/* --- the spool --- */

bool sim_open_spool(struct sim *sim, struct ph_spool *spool, unsigned stick, bool old,
		    bool create)
{
	char dir[SIM_PATH];
	struct ph_error err = { 0 };
	const char *name = sim_stick_name(stick, old);

	if (!sim_disk_exists(name)) {
		sim_disk_add(name);
	}
	snprintf(dir, sizeof dir, "/m/%s", name);
	if (ph_spool_open(spool, dir, create, &err) == 0) {
		return true;
	}
	if (create && !sim_disk_failed(name) && !sim->sticks->is_full[stick]) {
		sim_broken(sim, SIM_HEALTHY, "%s cannot be packed onto: %s", name,
			   err.text);
	}
	return false;
}

bool sim_went_well(struct sim *sim, const struct sim_machine *machine, unsigned stick,
		   const char *what, int rc, const struct ph_error *err)
{
	if (rc == 0) {
		return true;
	}
	sim_note(sim, "%s: %s %s: %s", machine->name, what, sim_stick_name(stick, false),
		 err->text);
	if (!machine->ill && !sim_disk_failed(sim_stick_name(stick, false)) &&
	    !sim->sticks->is_full[stick] &&
	    !(machine == &sim->hub_machine && sim_hub_failed(sim))) {
		sim_broken(sim, SIM_HEALTHY, "%s: %s a sound stick: %s", machine->name,
			   what, err->text);
	}
	return false;
}

void sim_check_stick(struct sim *sim, unsigned stick)
{
	const char *reason = NULL;
	struct ph_spool_files files;
	struct ph_buf bundle = { 0 };
	struct ph_spool spool;

	if (!sim_open_spool(sim, &spool, stick, false, false) ||
	    ph_spool_list(&spool, &files, NULL) != 0) {
		memset(&files, 0, sizeof files);
	}
	for (unsigned i = 0; i < files.n; i++) {
		bundle.len = 0;
		if (files.file[i].reason != NULL ||
		    ph_spool_read(&spool, files.file[i].name, &bundle, &reason) != 0 ||
		    reason != NULL) {
			sim_broken(sim, SIM_STICK,
				   "%s has a file %.12s that is no whole bundle: %s",
				   sim_stick_name(stick, false), files.file[i].name,
				   files.file[i].reason != NULL ? files.file[i].reason
				   : reason != NULL             ? reason
								: "unreadable");
		}
	}
	for (size_t c = 0; c < sim->sticks->n_carried; c++) {
		const struct sim_carried *carried = &sim->sticks->carried[c];
		bool there = carried->stick != stick;

		for (unsigned i = 0; !there && i < files.n; i++) {
			there = strcmp(files.file[i].name, carried->name) == 0;
		}
		if (!there) {
			sim_broken(sim, SIM_STICK,
				   "a bundle %.12s was packed onto %s, and is not there",
				   carried->name, sim_stick_name(stick, false));
		}
	}
	ph_buf_deinit(&bundle);
	ph_spool_files_deinit(&files);
}

/* --- packing at a site --- */

struct packing {
	struct ph_spool spool;
	struct ph_manifest manifest;
	uint64_t entries;
	bool is_there; /* on the stick, in the place of what was */
};

static int put(struct packing *packing, struct ph_view bundle, struct ph_error *err)
{
	char name[PH_SPOOL_NAME_SIZE];
	struct ph_manifest_line line;
	int rc = ph_spool_put(&packing->spool, bundle, name, err);

	ph_spool_line(bundle, &line);
	return rc != 0 ? rc : ph_manifest_add(&packing->manifest, &line);
}

static int pack_all(struct sim_device *device, struct packing *packing,
		    struct ph_error *err)
{
	struct ph_site_packed packed = { .more = true };
	struct ph_site_packing *site;
	struct ph_buf bundle = { 0 };
	int rc = ph_site_pack_new(&site, device->site_open);

	while (rc == 0 && packed.more) {
		bundle.len = 0;
		rc = ph_site_pack_next(site, PH_BUNDLE_MAX, &bundle, &packed, err);
		rc = rc == 0 ? put(packing, ph_buf_view(&bundle), err) : rc;
		packing->entries += rc == 0 ? packed.entries : 0;
	}
	ph_site_pack_free(site);
	ph_buf_deinit(&bundle);
	return rc;
}

static int end_pack(struct sim_device *device, struct packing *packing,
		    struct ph_error *err)
{
	const struct ph_sign_pair *pair = ph_site_sign(device->site_open);
	unsigned removed;
	int rc;

	memcpy(packing->manifest.key, pair->key, PH_KEY_SIZE);
	packing->manifest.written = (uint64_t)sim_truth(device->machine.sim);
	rc = ph_spool_put_manifest(&packing->spool, &packing->manifest, pair, err);
	packing->is_there =
		rc == 0; /* pulled as it is swept, it may have lost the older ones */
	rc = rc != 0 ? rc
		     : ph_spool_sweep(&packing->spool, device->id, &packing->manifest,
				      &removed, err);
	return rc != 0 ? rc
		       : ph_site_stick_note(device->site_open, PH_SITE_STICK_PACKED, err);
}

/* All that has no receipt is on the stick: one that was lost is made good by the next. */
static void check_packed(struct sim *sim, struct sim_device *device,
			 const struct packing *packing)
{
	struct ph_site_state state;
	int rc = ph_site_state(device->site_open, &state);

	if (rc == 0 && packing->entries < state.entries - state.receipted) {
		sim_broken(sim, SIM_STICK,
			   "%s packs %" PRIu64 " entries, and %" PRIu64
			   " have no receipt",
			   device->machine.name, packing->entries,
			   state.entries - state.receipted);
	}
}

bool sim_pack(struct sim *sim, struct sim_device *device, unsigned stick)
{
	struct packing packing = { 0 };
	struct ph_error err = { 0 };
	bool done = false;
	int rc;

	if (!sim_open_spool(sim, &packing.spool, stick, false, true)) {
		return false;
	}
	sim_enter(&device->machine);
	rc = pack_all(device, &packing, &err);
	rc = rc == 0 ? end_pack(device, &packing, &err) : rc;
	sim_leave();
	done = sim_went_well(sim, &device->machine, stick, "packs", rc, &err);
	if (packing.is_there) { /* also when the device has no room to note it */
		sim_say_carried(sim, stick, owner(device), &packing.manifest);
	}
	if (done) {
		sim_note(sim, "%s packs %" PRIu64 " entries onto %s, in %u bundles",
			 device->machine.name, packing.entries,
			 sim_stick_name(stick, false), packing.manifest.n);
		check_packed(sim, device, &packing);
		sim->result->tally.packed++;
	}
	ph_manifest_deinit(&packing.manifest);
	return done;
}

/* --- taking at a site --- */

/* A bundle that was taken before, or is for somebody else, moves nothing. */
static void check_still(struct sim *sim, const struct sim_device *device,
			const char *name, const struct ph_site_taken *taken)
{
	if (taken->moved.entries_received > 0 || taken->moved.fed.pages > 0) {
		sim_broken(sim, SIM_AGAIN,
			   "%s takes the bundle %.12s once more, and gets %" PRIu64
			   " entries and %u pages of it",
			   device->machine.name, name, taken->moved.entries_received,
			   (unsigned)taken->moved.fed.pages);
	}
}

static int take_one(struct sim *sim, struct sim_device *device, struct ph_spool *spool,
		    const struct ph_spool_file *file, struct ph_error *err)
{
	bool mine = memcmp(file->header.to, device->id, sizeof device->id) == 0;
	bool again = sim_was_taken(sim->sticks, (int)device->number, file->name);
	struct ph_site_taken taken = { 0 };
	struct ph_buf bundle = { 0 };
	const char *reason = NULL;
	int rc = ph_spool_read(spool, file->name, &bundle, &reason);

	if (rc == 0) {
		sim_enter(&device->machine);
		rc = ph_site_take_bundle(device->site_open, ph_buf_view(&bundle),
					 PH_ROAD_STICK, &taken, err);
		sim_leave();
	}
	ph_buf_deinit(&bundle);
	if (rc != 0) {
		return rc;
	}
	sim_note(sim, "%s takes %.12s: refusal=%d entries=%" PRIu64 " receipts=%" PRIu64,
		 device->machine.name, file->name, taken.refusal,
		 taken.moved.entries_received, taken.receipts);
	if (taken.refusal == 0 && (reason != NULL || !mine)) {
		sim_broken(sim, SIM_REFUSED, "%s takes a bundle %.12s that is %s",
			   device->machine.name, file->name,
			   mine ? "damaged" : "for somebody else");
	}
	if (taken.refusal != 0 && reason == NULL && mine && !device->cut &&
	    !sim_was_copied(device)) {
		sim_broken(sim, SIM_REFUSED, "%s refuses a sound bundle %.12s: %s",
			   device->machine.name, file->name,
			   ph_bundle_reason(taken.refusal));
	}
	if (again || !mine) {
		check_still(sim, device, file->name, &taken);
	}
	if (taken.refusal == 0) {
		sim_say_taken(sim->sticks, (int)device->number, file->name);
		sim_say_read(device, (int64_t)file->header.made, false);
		sim->result->tally.carried += !again;
	}
	return 0;
}

/* What this device put on the stick has served, when all is receipted. */
static void sweep_served(struct sim *sim, struct sim_device *device,
			 struct ph_spool *spool, unsigned stick, bool old)
{
	struct ph_manifest none = { .written = 0 };
	struct ph_site_state state;
	unsigned removed;

	if (ph_site_state(device->site_open, &state) == 0 &&
	    state.receipted == state.entries && state.parts_pending == 0) {
		(void)ph_spool_sweep(spool, device->id, &none, &removed, NULL);
		if (!old) {
			forget(sim->sticks, stick, owner(device), false);
		}
	}
}

int sim_take(struct sim *sim, struct sim_device *device, unsigned stick, bool old)
{
	struct ph_spool_files files = { 0 };
	struct ph_error err = { 0 };
	struct ph_spool spool;
	int rc;

	if (!sim_open_spool(sim, &spool, stick, old, false)) {
		return 0;
	}
	rc = ph_spool_list(&spool, &files, &err);
	for (unsigned i = 0; rc == 0 && i < files.n; i++) {
		const struct ph_spool_file *file = &files.file[i];

		if (file->reason == NULL &&
		    memcmp(file->header.from, device->id, sizeof device->id) != 0) {
			rc = take_one(sim, device, &spool, file, &err);
		}
	}
	ph_spool_files_deinit(&files);
	if (!sim_went_well(sim, &device->machine, stick, "takes", rc, &err)) {
		return 0;
	}
	sim_note_receipts(sim, device);
	sweep_served(sim, device, &spool, stick, old);
	return 0;
}
