/*
 * tests/sim/settle.c - the end: faults stop, everybody syncs, and all must agree.
 *
 * A round is one session of each device, one after the other. When nothing is left on
 * the way the ledgers are compared, counted by hand, and each case is asked what made it
 * (explain.c).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/fact.h"
#include "common/ledger/scope.h"
#include "daemon/hub_internal.h"
#include "tests/sim/act.h"
#include "tests/sim/back.h"
#include "tests/sim/check.h"
#include "tests/sim/count.h"
#include "tests/sim/erase.h"
#include "tests/sim/kept.h"
#include "tests/sim/line.h"
#include "tests/sim/purse.h"
#include "tests/sim/safe.h"
#include "tests/sim/stick.h"
#include "tests/sim/theft.h"
#include "tests/sim/van.h"
#include "tests/sim/version.h"
#include "tests/sim/work.h"

#define ROUNDS 8

/* The faults are over: what reads a journal gets to its end. */
static void must(struct sim *sim, const char *what, int rc)
{
	if (rc < 0) {
		sim_broken(sim, SIM_HEALTHY, "reading %s: %s", what, strerror(-rc));
	}
}

/* --- ledgers --- */

static void catch_up_hub(struct sim *sim)
{
	struct ph_error err = { 0 };

	if (ph_ledger_catch_up(ph_hub_ledger(sim->hub), NULL, &err) != 0) {
		sim_broken(sim, SIM_HEALTHY, "the hub does not fold: %s", err.text);
	}
}

void sim_site_digest(struct sim *sim, struct sim_device *device, uint8_t out[static 32],
		     uint64_t *n_out)
{
	struct ph_journal *journal = ph_site_journal(device->site_open);
	struct ph_error err = { 0 };
	struct ph_ledger *site = ph_site_ledger(device->site_open, &err);
	struct ph_scope_digest there = { .ledger = site,
					 .common = site,
					 .site = sim->site_numbers[device->site],
					 .fed = ph_journal_db(journal) };

	if (site == NULL) {
		sim_broken(sim, SIM_HEALTHY, "%s does not fold: %s", device->machine.name,
			   err.text);
	}
	if (ph_scope_digest(&there, out, n_out) != 0) {
		sim_broken(sim, SIM_HEALTHY, "%s: no digest of its scope",
			   device->machine.name);
	}
}

/* Whether what DEVICE concludes about its site is what the hub does. */
static bool is_same_ledger(struct sim *sim, struct sim_device *device,
			   uint64_t *wanted_out, uint64_t *got_out)
{
	struct ph_scope_digest at_hub = { .ledger = ph_hub_ledger(sim->hub),
					  .common = ph_hub_ledger(sim->hub),
					  .site = sim->site_numbers[device->site] };
	uint8_t wanted[32], got[32];

	if (ph_scope_digest(&at_hub, wanted, wanted_out) != 0) {
		sim_broken(sim, SIM_HEALTHY, "no digest of the scope of %s at the hub",
			   device->machine.name);
	}
	sim_site_digest(sim, device, got, got_out);
	return memcmp(wanted, got, sizeof got) == 0;
}

/* --- rounds --- */

struct lacking {
	struct sim *sim;
	const struct sim_device *device;
};

/* A log of its site that DEVICE does not hold whole; of its own, what a put back folder lacks or a copy of it wrote. */
static int lacks_log(void *data, const struct ph_log *log)
{
	const struct lacking *lacking = data;
	const struct sim *sim = lacking->sim;
	struct ph_journal *journal = ph_site_journal(lacking->device->site_open);
	struct ph_log held;

	if (log->site != sim->site_numbers[lacking->device->site]) {
		return 0;
	}
	for (unsigned i = 0; i < sim->n_devices; i++) {
		const struct sim_device *other = &sim->devices[i];

		if (other->cut &&
		    memcmp(other->id, log->device_id, sizeof other->id) == 0) {
			uint64_t counts = sim_count_limit(sim, other, log->id);

			return counts > 0 &&
			       (ph_journal_log_find(journal, log->id, &held) != 0 ||
				held.n < counts);
		}
	}
	if (sim_is_put_back(sim) && sim_van_was_cut(sim, log->device_id)) {
		return 0; /* cut off before the hub had its log back: nothing of it counts */
	}
	return ph_journal_log_with(journal, log->id, log->n, log->h, &held) != 0;
}

/* Copies of a folder have one feed: what comes by stick for the one is behind for the other. */
static bool shares_a_stick(const struct sim *sim, const struct sim_device *device)
{
	for (unsigned i = 0; device->was_cloned && i < sim->n_devices; i++) {
		const struct sim_device *other = &sim->devices[i];

		if (other->no_network &&
		    memcmp(other->id, device->id, sizeof other->id) == 0) {
			return true;
		}
	}
	return false;
}

/* Whether devices of SITE hold a log of one that was cut off, of which the hub lost some. */
static bool has_orphans(const struct sim *sim, unsigned site)
{
	for (unsigned i = 0; i < sim->n_devices; i++) {
		if (sim->devices[i].site == site &&
		    sim_is_orphaned(sim, &sim->devices[i])) {
			return true;
		}
	}
	return false;
}

/* Nobody brings together what DEVICE and the hub know. */
static bool is_not_compared(struct sim *sim, const struct sim_device *device)
{
	return shares_a_stick(sim, device) || has_orphans(sim, device->site) ||
	       (sim_is_copied_back(sim) && !sim_has_all_words(sim, device));
}

/* A copy of a folder that may conclude otherwise than the hub, or that one cannot compare yet. */
static bool is_excused(struct sim *sim, const struct sim_device *device)
{
	if (sim->hub_machine.lacks[0] != '\0' || device->machine.lacks[0] != '\0' ||
	    is_not_compared(sim, device)) {
		return true;
	}
	catch_up_hub(sim);
	return false;
}

struct branches {
	struct ph_journal *journal; /* of a device */
	unsigned n;
	bool is_whole; /* the device has one of them to its end */
};

static int see_whole(void *data, const struct ph_log *log)
{
	struct branches *branches = data;
	struct ph_log held;
	int rc = ph_journal_log_with(branches->journal, log->id, log->n, log->h, &held);

	branches->n++;
	branches->is_whole = branches->is_whole || rc == 0;
	return rc < 0 ? rc : 0;
}

/* Of a log with two histories who has begun on the one that was lost gets no more of either. */
static bool has_log(struct sim *sim, struct ph_journal *journal,
		    const uint8_t id[static PH_LOG_ID_SIZE])
{
	struct branches branches = { .journal = journal };
	struct ph_log held, at_hub;

	return ph_journal_log_branch_each(ph_hub_journal(sim->hub), id, see_whole,
					  &branches) == 0 &&
	       (branches.is_whole ||
		(branches.n > 1 && ph_journal_log_find(journal, id, &held) == 0 &&
		 ph_journal_log_with(ph_hub_journal(sim->hub), id, held.n, held.h,
				     &at_hub) == 0 &&
		 at_hub.branch > 0));
}

/*
 * Whether JOURNAL, a device's, has the control log to its end: the log that the hub writes, or,
 * if it was put back and has had nothing to say since, all that the devices gave it.
 */
static bool has_control(struct sim *sim, struct ph_journal *journal)
{
	const struct ph_log *last = ph_writer_log(sim->hub->writer);
	const struct ph_control *control = &sim->hub->control;
	struct ph_log own;

	if (ph_journal_log_find(journal, last->id, &own) == 0 && own.n == last->n) {
		return true;
	}
	for (unsigned i = 0; i < control->n; i++) {
		if (!has_log(sim, journal, control->log[i].id)) {
			return false;
		}
	}
	return true;
}

struct words {
	struct sim *sim;
	bool lacks; /* the hub lacks some */
};

static int see_word(void *data, const struct ph_log *log)
{
	struct words *words = data;
	struct sim *sim = words->sim;
	struct ph_log held;

	if (log->role == PH_ROLE_HUB && log->n > 0 &&
	    ph_keylist_has_hub(ph_hub_keylist(sim->hub), log->key)) {
		words->lacks = words->lacks ||
			       ph_journal_log_with(ph_hub_journal(sim->hub), log->id,
						   log->n, log->h, &held) != 0;
	}
	return 0;
}

/* Whether DEVICE is to give back by bundles what the hub, which knows that it was put back, has said and lost. */
static bool has_lost_words(struct sim *sim, const struct sim_device *device)
{
	struct words words = { sim, false };

	if (!device->no_network || sim->hub->restored == 0) {
		return false;
	}
	must(sim, "the logs of a device",
	     ph_journal_log_each(ph_site_journal(device->site_open), see_word, &words));
	return words.lacks;
}

/* What keeps DEVICE from being even with the hub; NULL: nothing. */
static const char *what_lacks(struct sim *sim, struct sim_device *device)
{
	struct ph_journal *journal = ph_site_journal(device->site_open);
	const struct ph_log *own = ph_site_log(device->site_open);
	struct lacking lacking = { sim, device };
	struct ph_feeder_state feed = { 0 };
	struct ph_site_state state;
	struct ph_fed_cursor fed;
	struct ph_device row;
	struct ph_log held;
	uint64_t wanted, got;

	if (ph_site_state(device->site_open, &state) != 0 ||
	    ph_fed_cursor_get(ph_journal_db(journal), &fed) != 0) {
		return "its state cannot be read";
	}
	if (state.receipted < state.entries) {
		return "entries without a receipt";
	}
	if (state.parts_pending > 0) {
		return "sealed parts that the hub lacks";
	}
	if (has_lost_words(sim, device)) {
		return "the hub has not got back what it said";
	}
	if (device->cut) {
		return NULL;
	}
	if (ph_journal_device_by_id(ph_hub_journal(sim->hub), device->id, &row) != 0) {
		return "the hub does not know it";
	}
	if (!has_control(sim, journal)) {
		return "the control log is behind";
	}
	if (state.standing != PH_SITE_CONFIRMED && sim_has_all_words(sim, device)) {
		return "it does not know that it is confirmed";
	}
	if (ph_feeder_state(sim->hub->feeder, row.row, &feed) != 0 || !feed.fed ||
	    feed.waking) {
		return "its feed is not at its head";
	}
	if (ph_journal_log_each(ph_hub_journal(sim->hub), lacks_log, &lacking) != 0 &&
	    sim_has_all_words(sim, device)) {
		return "it lacks a log of its site";
	}
	if (ph_journal_log_with(ph_hub_journal(sim->hub), own->id, own->n, own->h,
				&held) != 0) {
		return "the hub lacks some of what it wrote"; /* it was put back */
	}
	if (device->was_cloned) { /* the hub's cursor is that of who called last */
		return is_excused(sim, device) ||
				       is_same_ledger(sim, device, &wanted, &got)
			       ? NULL
			       : "it concludes otherwise than the hub";
	}
	if (feed.number > 0 && (feed.number != fed.number || feed.scope != fed.scope)) {
		return "its feed is not at its head";
	}
	return NULL;
}

static bool is_even(struct sim *sim, char *why, size_t size)
{
	for (unsigned i = 0; i < sim->n_devices; i++) {
		struct sim_device *device = &sim->devices[i];
		const char *lacks = what_lacks(sim, device);

		if (lacks != NULL) {
			snprintf(why, size, "%s: %s", device->machine.name, lacks);
			return false;
		}
	}
	return true;
}

/* By its own road. */
static void meet(struct sim *sim, struct sim_device *device)
{
	if (!device->no_network) {
		sim_line(sim, device, (struct sim_line_how){ 0 });
	} else if (sim->script->seed % 2 == 0 || device->cut) {
		sim_round_trip(sim, device);
	} else { /* of one that was cut off couriers are given the cut, and nothing after that */
		sim_courier_trip(sim, device);
	}
}

static void run_rounds(struct sim *sim)
{
	char why[200] = "";
	unsigned round = 0;

	do {
		if (round++ == ROUNDS) {
			sim_broken(sim, SIM_CONVERGES, "after %d rounds %s", ROUNDS, why);
		}
		sim_note(sim, "round %u", round);
		for (unsigned i = 0; i < sim->n_devices; i++) {
			struct sim_device *device = &sim->devices[i];

			meet(sim, device);
			sim_confirm(sim, device);
			if (device->is_thief) { /* people have looked at the case */
				sim_cutoff(sim, device);
			}
		}
		sim_collected(sim);
	} while (!is_even(sim, why, sizeof why));
	if (sim->result->tally.rounds == 0) {
		sim->result->tally.rounds = round;
	}
}

/* What one brought another's piece may go on from, which comes with its next session. */
static void bring_words_back(struct sim *sim)
{
	for (unsigned i = 0; i < ROUNDS && sim_lacks_kept(sim); i++) {
		sim_outlast_refusals(sim);
		run_rounds(sim);
	}
}

/* --- entries --- */

struct comparing {
	struct sim *sim;
	struct sim_device *device;
};

/*
 * Of a device that was cut off, put back or copied, another of the site may have by LAN
 * what does not come to the hub in time: it asks a PC for another's log a day after it
 * heard the other last. Of one that was cut off others may also have what the hub lost
 * with its disk; and under keys of the hub that were stolen, what a thief wrote. To a hub
 * that has not found out that it was put back what it said and lost does not come back from
 * who has no network.
 */
static bool may_be_ahead(const struct comparing *comparing, const struct ph_log *log)
{
	const struct sim *sim = comparing->sim;

	if (log->role == PH_ROLE_HUB &&
	    (!ph_keylist_has_hub(ph_hub_keylist(sim->hub), log->key) ||
	     (sim->hub->restored == 0 && sim_is_copied_back(sim) &&
	      comparing->device->no_network))) {
		return true;
	}
	for (unsigned i = 0; i < sim->n_devices; i++) {
		const struct sim_device *other = &sim->devices[i];
		bool by_lan = comparing->device->was_lan &&
			      (other->cut || sim_was_copied(other));

		if (memcmp(other->id, log->device_id, sizeof other->id) == 0 &&
		    memcmp(other->id, comparing->device->id, sizeof other->id) != 0 &&
		    (by_lan || sim_is_orphaned(sim, other))) {
			return true;
		}
	}
	return false;
}

static int compare_log(void *data, const struct ph_log *log)
{
	const struct comparing *comparing = data;
	char id[2 * PH_LOG_ID_SIZE + 1];
	struct ph_log at_hub;
	int rc = ph_journal_log_with(ph_hub_journal(comparing->sim->hub), log->id, log->n,
				     log->h, &at_hub);

	if (rc != 0 && log->n > 0 && !may_be_ahead(comparing, log)) {
		ph_hex(id, log->id, sizeof log->id);
		sim_broken(comparing->sim, SIM_SAME_ENTRIES,
			   "%s holds %" PRIu64 " entries of log %.8s, of site %" PRIu64
			   ", that are not at the hub",
			   comparing->device->machine.name, log->n, id, log->site);
	}
	return 0;
}

static void check_entries(struct sim *sim)
{
	for (unsigned i = 0; i < sim->n_devices; i++) {
		struct comparing comparing = { sim, &sim->devices[i] };

		if (!comparing.device->cut) {
			must(sim, comparing.device->machine.name,
			     ph_journal_log_each(
				     ph_site_journal(comparing.device->site_open),
				     compare_log, &comparing));
		}
	}
	for (size_t i = 0; i < sim->n_acks; i++) {
		const struct sim_ack *ack = &sim->acks[i];

		if (!ack->dead && !sim_is_orphaned(sim, &sim->devices[ack->device]) &&
		    !sim_hub_holds(sim, &ack->ref)) {
			char text[PH_REF_TEXT];

			ph_ref_text(text, &ack->ref);
			sim_broken(sim, SIM_SAME_ENTRIES,
				   "%s saved %s (kind %u), and it never came to the hub",
				   sim->devices[ack->device].machine.name, text,
				   ack->kind);
		}
	}
}

static void check_whole(struct sim *sim)
{
	sim_check_store(sim, NULL);
	for (unsigned i = 0; i < sim->n_devices; i++) {
		sim_check_store(sim, &sim->devices[i]);
	}
}

/* --- ledgers --- */

static void compare_ledger(struct sim *sim, struct sim_device *device)
{
	uint64_t n_wanted, n_got;

	if (is_not_compared(sim, device)) {
		sim->result->tally.excused++;
		return;
	}
	sim->result->tally.compared++;
	if (!is_same_ledger(sim, device, &n_wanted, &n_got)) {
		sim_broken(sim, SIM_SAME_LEDGER,
			   "%s concludes otherwise than the hub about its site: %" PRIu64
			   " entities, the hub has %" PRIu64 " for it",
			   device->machine.name, n_got, n_wanted);
	}
}

/* --- days --- */

/* A stamp that is ahead is judged when it comes: nothing counts on a day to come. */
static int check_day(void *data, struct ph_view id, struct ph_view state)
{
	struct sim *sim = data;
	int64_t day = id.len == 16 ? (int64_t)ph_be64_get(id.data + 8) : 0;
	int64_t hub = sim_hub_latest(sim), truth = sim_truth(sim);
	int64_t latest = ph_day_of((hub > truth ? hub : truth) + SIM_CLOCK_OFF);

	(void)state;
	if (day > latest) {
		sim_broken(sim, SIM_HUB_CLOCK,
			   "something counts %" PRId64 " days from now", day - latest);
	}
	return 0;
}

/* --- the last word --- */

static void check_live(struct sim *sim, struct sim_device *device)
{
	const struct ph_log *own;
	struct ph_site_state state;

	if (!sim_visit(sim, device, 3)) {
		sim_broken(sim, SIM_LIVE, "%s cannot record a visit",
			   device->machine.name);
	}
	meet(sim, device);
	own = ph_site_log(device->site_open);
	if (ph_site_state(device->site_open, &state) != 0 ||
	    state.receipted < state.entries) {
		sim_broken(sim, SIM_LIVE,
			   "%s recorded a visit, synced, and has no receipt for %" PRIu64
			   " entries",
			   device->machine.name, own->n);
	}
}

/*
 * A folder that was put back or copied, and has written nothing since, looks like an old
 * bundle of the other to who gets its bundles. The people go on working.
 */
static void speak_up(struct sim *sim, struct sim_device *device)
{
	if (device->no_network && sim_was_copied(device) && !device->cut) {
		(void)sim_visit(sim, device, 1);
	}
}

void sim_settle(struct sim *sim)
{
	sim->settling = true;
	sim_hub_unbound(sim);
	sim_heal_all(sim);
	sim_linger(sim);
	sim_end_programs(sim);
	for (unsigned i = 0; i < sim->n_devices; i++) {
		sim_note_receipts(sim, &sim->devices[i]);
		sim_purse_lift(sim, &sim->devices[i]);
		sim_type_pages(sim, &sim->devices[i]);
		speak_up(sim, &sim->devices[i]);
	}
	if (sim_is_put_back(
		    sim)) { /* it lost what couriers had said of themselves, too */
		sim_all_to_base(sim);
	}
	run_rounds(sim);
	if (sim_update_all(sim) > 0) { /* who was older knows all of it now */
		run_rounds(sim);
	}
	bring_words_back(sim);
	if (sim_use_stolen_keys(sim)) {
		run_rounds(sim);
		sim_check_quiet(sim);
	}
	catch_up_hub(sim);
	sim_check_back(sim);
	sim_check_cut(sim);
	sim_check_kept(sim);
	check_whole(sim);
	check_entries(sim);
	sim_check_all_unread(sim);
	sim_check_all_erased(sim);
	for (unsigned i = 0; i < sim->n_devices; i++) {
		if (!sim->devices[i].cut) {
			compare_ledger(sim, &sim->devices[i]);
		}
	}
	sim_check_hub_ledger(sim);
	sim_check_site_ledger(sim, &sim->devices[sim->script->seed % sim->n_devices]);
	must(sim, "its tallies",
	     ph_ledger_each(ph_hub_ledger(sim->hub), PH_ENTITY_TALLY, check_day, sim));
	sim_check_counts(sim);
	sim_check_books(sim, true);
	sim_check_cases(sim, true);
	sim_check_arisen(sim);
	sim_check_thieves(sim);
	for (unsigned i = 0; i < sim->n_devices; i++) {
		if (!sim->devices[i].cut) {
			check_live(sim, &sim->devices[i]);
		}
	}
	sim_check_certificates(sim);
	sim_check_receipted(sim);
}
