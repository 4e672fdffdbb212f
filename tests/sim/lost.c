/*
 * tests/sim/lost.c - the disk of the hub is dead: what that takes, and what must come back.
 *
 * All that devices hold they offer again, so each receipt is good again when they have
 * called. Of what the hub itself said since its backup (confirmed, cut off, adopted) the
 * simulator reckons here, outside all machines, whether anybody has it who brings it back.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hub_internal.h"
#include "tests/sim/back.h"
#include "tests/sim/check.h"
#include "tests/sim/disk.h"
#include "tests/sim/erase.h"
#include "tests/sim/kept.h"
#include "tests/sim/line.h"
#include "tests/sim/safe_internal.h"
#include "tests/sim/stick.h"
#include "tests/sim/van.h"

#define SECOND "/m/second"

void sim_safe_begin(struct sim *sim)
{
	struct sim_safe *safe = calloc(1, sizeof *safe);
	struct ph_rng_seeded seeded;
	struct ph_rng rng;

	assert(safe != NULL);
	sim->safe = safe;
	ph_rng_seed(&seeded, sim->script->seed ^ UINT64_C(0x73616665), &rng);
	ph_box_pair_make(&safe->key.box, &rng);
	sim_disk_add("far");
	/* of the provinces where a device never has a network (world.c) a quarter has none: by stick, by courier */
	safe->has_second = (sim->script->seed % 3 == 1 || sim->script->seed % 4 == 0) &&
			   sim->script->seed % 24 != 22 && sim->script->seed % 24 != 1;
	if (safe->has_second) {
		sim_disk_add("second");
	}
}

void sim_safe_end(struct sim *sim)
{
	if (sim->safe != NULL) {
		sim_disk_remove("far");
		if (sim->safe->has_second) {
			sim_disk_remove("second");
		}
	}
	free(sim->safe);
	sim->safe = NULL;
}

const char *sim_safe_second(const struct sim *sim)
{
	return sim->safe != NULL && sim->safe->has_second ? SECOND : NULL;
}

bool sim_is_put_back(const struct sim *sim)
{
	return sim->safe != NULL && sim->safe->n_lost + sim->safe->n_back > 0;
}

void sim_note_safe(struct sim *sim, struct sim_safe_device device[static SIM_DEVICES_MAX])
{
	for (unsigned i = 0; i < SIM_DEVICES_MAX; i++) {
		const struct sim_device *now = &sim->devices[i];

		device[i] = (struct sim_safe_device){ .is_cut = false };
		if (i < sim->n_devices) {
			device[i].is_cut = now->cut;
			device[i].n_limits = now->n_limits;
			memcpy(device[i].limits, now->limits, sizeof now->limits);
		}
	}
}

/* --- what the hub said --- */

static void head_of(const struct ph_log *log, struct sim_place *out)
{
	memcpy(out->log_id, log->id, sizeof out->log_id);
	out->n = log->n;
	memcpy(out->h, log->h, sizeof out->h);
}

void sim_place_said(const struct sim *sim, struct sim_place *out)
{
	head_of(ph_writer_log(sim->hub->writer), out);
}

void sim_place_decided(const struct sim *sim, struct sim_place *out)
{
	head_of(ph_writer_log(sim->hub->desk), out);
}

int sim_place_held(struct ph_journal *journal, const struct sim_place *place)
{
	struct ph_log log;

	return ph_journal_log_with(journal, place->log_id, place->n, place->h, &log);
}

static bool has_place(struct sim *sim, struct ph_journal *journal,
		      const struct sim_place *place)
{
	int rc = sim_place_held(journal, place);

	if (rc < 0) {
		sim_broken(sim, SIM_HEALTHY, "a log of the hub cannot be read");
	}
	return rc == 0;
}

bool sim_comes_back(struct sim *sim, const struct sim_place *place)
{
	bool does =
		sim->safe->has_second || has_place(sim, ph_hub_journal(sim->hub), place);
	/* by bundles it comes to a hub that knows of its loss: else it has no other epoch to tell of */
	bool knows = sim->hub->collecting || sim_is_shown(sim);

	for (unsigned i = 0; !does && i < sim->n_devices; i++) {
		const struct sim_device *device = &sim->devices[i];

		does = (knows || !device->no_network) &&
		       has_place(sim, ph_site_journal(device->site_open), place);
	}
	for (unsigned i = 0; !does && i < SIM_VANS; i++) { /* their machines call, too */
		const struct sim_van *van = &sim->vans->van[i];

		does = van->is_there && van->device.site_open != NULL &&
		       has_place(sim, ph_site_journal(van->device.site_open), place);
	}
	return does;
}

/* What nobody knew behind a folder that was put back, the backup may know that is restored behind that. */
static void reckon_cut(struct sim *sim, struct sim_device *device)
{
	if (device->cut && sim_comes_back(sim, &device->cut_at)) {
		return;
	}
	if (device->is_cut_lost && sim_comes_back(sim, &device->lost_cut_at)) {
		device->cut = true;
		device->cut_at = device->lost_cut_at;
		device->is_cut_lost = false;
		sim_note(sim, "it is known again that %s was cut off",
			 device->machine.name);
	} else if (device->cut) {
		device->cut = false;
		device->n_limits = 0;
		device->lost_cut_at = device->cut_at;
		device->is_cut_lost = true;
		sim_note(sim, "nobody knows that %s was cut off", device->machine.name);
	}
}

/* Of what was said about DEVICE, what nobody brings back. */
static void reckon_words(struct sim *sim, struct sim_device *device)
{
	if (device->confirmed && !sim_comes_back(sim, &device->confirmed_at)) {
		device->confirmed = false;
		sim_note(sim, "nobody knows that %s was confirmed", device->machine.name);
	}
	reckon_cut(sim, device);
}

/* Of all that the hub said, what nobody brings back. */
static void reckon_all_words(struct sim *sim)
{
	for (unsigned i = 0; i < sim->n_devices; i++) {
		reckon_words(sim, &sim->devices[i]);
	}
	for (unsigned i = 0; i < SIM_VANS; i++) {
		if (sim->vans->van[i].is_there) {
			reckon_words(sim, &sim->vans->van[i].device);
		}
	}
	sim_reckon_erasures(sim);
}

/* What was adopted stands in the desk log: it counts as far as that comes back (count.c). */
static void reckon_device(struct sim_device *device, const struct sim_safe_device *then)
{
	device->n_then_limits = then->is_cut ? then->n_limits : 0;
	memcpy(device->then_limits, then->limits, sizeof device->then_limits);
}

bool sim_is_orphaned(const struct sim *sim, const struct sim_device *device)
{
	return device->cut && sim_is_put_back(sim);
}

/* --- what it signed for --- */

static bool has_head(struct sim *sim, struct ph_journal *journal,
		     const struct sim_receipt *receipt)
{
	struct ph_log log;
	int rc = ph_journal_log_with(journal, receipt->log_id, receipt->n, receipt->h,
				     &log);

	if (rc < 0) {
		sim_broken(sim, SIM_HEALTHY, "a log cannot be read");
	}
	return rc == 0;
}

/* Whether a device that the hub serves holds what RECEIPT is for, to offer it again. */
static bool is_offered(struct sim *sim, const struct sim_receipt *receipt)
{
	struct ph_log log;

	for (unsigned i = 0; i < sim->n_devices; i++) {
		struct sim_device *device = &sim->devices[i];
		struct ph_journal *journal = ph_site_journal(device->site_open);

		if (!device->cut && has_head(sim, journal, receipt) &&
		    ph_journal_log_find(journal, receipt->log_id, &log) == 0 &&
		    memcmp(log.device_id, device->id, sizeof device->id) == 0) {
			return true;
		}
	}
	return false;
}

bool sim_hub_has(struct sim *sim, const struct sim_receipt *receipt)
{
	struct ph_log log;

	return ph_journal_log_with(ph_hub_journal(sim->hub), receipt->log_id, receipt->n,
				   receipt->h, &log) == 0;
}

void sim_reckon_receipts(struct sim *sim)
{
	for (size_t i = 0; i < sim->n_receipts; i++) {
		struct sim_receipt *receipt = &sim->receipts[i];

		receipt->lost = !has_head(sim, ph_hub_journal(sim->hub), receipt);
		receipt->gone |= receipt->lost && !is_offered(sim, receipt);
	}
}

void sim_check_back(struct sim *sim)
{
	for (size_t i = 0; i < sim->n_receipts; i++) {
		const struct sim_receipt *receipt = &sim->receipts[i];
		char id[2 * PH_LOG_ID_SIZE + 1];

		if (receipt->lost && !receipt->gone && is_offered(sim, receipt) &&
		    !has_head(sim, ph_hub_journal(sim->hub), receipt)) {
			ph_hex(id, receipt->log_id, sizeof receipt->log_id);
			sim_broken(sim, SIM_RECEIPTED,
				   "the hub had signed for %" PRIu64
				   " entries of log %.8s, lost them with its disk, and "
				   "has not got them again",
				   receipt->n, id);
		}
	}
}

/*
 * Whether the folder that was put back lacked what RECEIPT is for, and so did the hub at each backup that
 * was made of it: then it is in an older backup alone.
 */
static bool was_behind(const struct sim *sim, const struct sim_receipt *receipt)
{
	for (size_t i = 0; i < sim->n_receipts; i++) {
		const struct sim_receipt *held = &sim->receipts[i];

		if (held->behind && held->n <= receipt->n &&
		    memcmp(held->log_id, receipt->log_id, sizeof held->log_id) == 0) {
			return true;
		}
	}
	return false;
}

void sim_reckon_behind(struct sim *sim, bool is_back)
{
	for (size_t i = 0; i < sim->n_receipts; i++) {
		struct sim_receipt *receipt = &sim->receipts[i];

		receipt->behind = (is_back || receipt->behind) &&
				  !has_head(sim, ph_hub_journal(sim->hub), receipt);
	}
}

/* What a backup is signed to hold is in the hub that was made of it. */
static int check_backed_up(void *data, const struct ph_log *log)
{
	struct sim *sim = data;
	struct sim_receipt receipt = { .n = 0 };
	struct ph_journal *journal = sim->reading;
	int64_t time;
	int rc = ph_journal_receipt_get(journal, log->row, PH_LEVEL_BACKUP, &receipt.n,
					&time, NULL);

	if (rc < 0 || receipt.n == 0) {
		return rc < 0 ? rc : 0;
	}
	memcpy(receipt.log_id, log->id, sizeof receipt.log_id);
	rc = ph_journal_chain_at(journal, log, receipt.n, receipt.h);
	if (rc == 0 && !has_head(sim, ph_hub_journal(sim->hub), &receipt) &&
	    !was_behind(sim, &receipt)) {
		sim_broken(sim, SIM_BACKUP,
			   "a device has a receipt that %" PRIu64
			   " entries are in a backup, and they are not in the hub that "
			   "was restored from it",
			   receipt.n);
	}
	return rc < 0 ? rc : 0;
}

static void check_backups(struct sim *sim)
{
	for (unsigned i = 0; i < sim->n_devices; i++) {
		struct sim_device *device = &sim->devices[i];

		sim->reading = ph_site_journal(device->site_open);
		if (ph_journal_logs_of_device(sim->reading, device->id, check_backed_up,
					      sim) < 0) {
			sim_broken(sim, SIM_HEALTHY, "%s cannot read its receipts",
				   device->machine.name);
		}
	}
}

/* --- the day --- */

bool sim_is_left(const struct sim *sim, const uint8_t *log_id)
{
	for (unsigned i = 0; sim->safe != NULL && i < sim->safe->n_left; i++) {
		if (memcmp(sim->safe->left[i], log_id, PH_LOG_ID_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

static void leave(struct sim_safe *safe, const struct ph_log *log)
{
	assert(safe->n_left < SIM_LEFT);
	memcpy(safe->left[safe->n_left++], log->id, PH_LOG_ID_SIZE);
}

void sim_leave_desk(struct sim *sim)
{
	sim_note_desk(sim);
	leave(sim->safe, ph_writer_log(sim->hub->desk));
}

static void leave_logs(struct sim *sim)
{
	leave(sim->safe, ph_writer_log(sim->hub->writer));
	leave(sim->safe, ph_writer_log(sim->hub->desk));
	sim_skip_hub_clock(sim);
}

void sim_reckon_lost(struct sim *sim, const struct sim_safe_device *then)
{
	leave_logs(sim);
	sim_forget_hub_taken(sim);
	sim_lose_desk(sim);
	reckon_all_words(sim);
	for (unsigned i = 0; i < sim->n_devices; i++) {
		reckon_device(&sim->devices[i], &then[i]);
	}
	sim_reckon_receipts(sim);
}

void sim_hub_lost(struct sim *sim)
{
	sim_note(sim, "the disk of the hub is dead, and its backup is restored");
	sim_leave_desk(sim);
	sim_linger_free(sim);
	sim_disk_fail(sim->hub_machine.name, SIM_FAULT_NONE, 0, false);
	sim_heal(&sim->hub_machine);
	sim->hub_failed = false;
	sim_hub_close(sim);
	sim_disk_remove("hub");
	sim_disk_add("hub");
	sim_boot(&sim->hub_machine);
	sim->safe->n_lost++;
	sim->safe->is_restoring = true; /* what comes back was stamped long ago */
	sim_put_back(sim);
	sim->safe->is_restoring = false;
	sim->result->tally.lost++;
	check_backups(sim);
	sim_reckon_lost(sim, sim->safe->device);
}

void sim_collected(struct sim *sim)
{
	json_t *answer;
	int exit;

	if (!sim->hub->collecting) {
		return;
	}
	answer = sim_ask(sim,
			 json_pack("{s:s, s:b}", "command", "collect-end", "anyway", 1),
			 &exit);
	if (answer != NULL) {
		sim_note(sim, "the operator ends the collecting");
	}
	json_decref(answer);
}
