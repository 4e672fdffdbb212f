/*
 * tests/sim/check.c - invariants that hold at every step.
 *
 * What devices were told is remembered here, outside all machines, so that no fault can
 * make the simulator forget it with them.
 */
#include "tests/sim/check.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hub_internal.h"
#include "tests/sim/safe.h"

const struct sim_invariant_doc sim_invariants[SIM_INVARIANTS] = {
	[SIM_OK] = { "ok", "all invariants held" },
	[SIM_SAVED] = { "saved", "what a device said was saved, it still has after any "
				 "end of its process or power" },
	[SIM_RECEIPTED] = { "receipted",
			    "what a device was given a receipt for is at the "
			    "hub, with the same hash, after any crash" },
	[SIM_BACKUP] = { "backup",
			 "what a device has a receipt of level backup for is in the hub "
			 "that is restored from its newest backup" },
	[SIM_HUB_CLOCK] = { "hub-clock",
			    "what the hub stamps and tells is within 300 s of "
			    "its own clock, and nothing counts on a day to come, "
			    "whatever the stamps of devices" },
	[SIM_AFTER_READ] = { "after-read",
			     "what a device writes is not stamped before what it has "
			     "read, however far its clock is behind" },
	[SIM_JUDGED] = { "judged",
			 "what the hub shifts, since its device's clock was behind, "
			 "counts within 300 s of when it was written" },
	[SIM_REPLAY] = { "replay", "a first message played again moves nothing that the "
				   "hub heard of its device" },
	[SIM_SESSION] = { "session", "a session over a line that does not fail ends in "
				     "order; one that stalls ends" },
	[SIM_STICK] = { "stick",
			"a packing puts all that has no receipt on a stick; whatever it "
			"said is there, and whole, is so however the stick was pulled" },
	[SIM_AGAIN] = { "again",
			"a bundle that was taken to its end changes nothing when "
			"it is taken again, and none does that is for another" },
	[SIM_REFUSED] = { "refused",
			  "a bundle that was altered, cut short or is for another is "
			  "never taken for whole, a sound one by the hub always" },
	[SIM_CUSTODY] = { "custody",
			  "what a courier signed for it has until it was taken where it "
			  "goes; then the hub has what the device had" },
	[SIM_UNREAD] = { "unread", "nothing that people wrote can be read on a courier's "
				   "disk, or a stick" },
	[SIM_SIBLING] = { "sibling",
			  "two confirmed devices of a site that exchange have each "
			  "other's "
			  "log; whoever is not gets nothing; nothing but entries moves" },
	[SIM_BUDGET] = { "budget",
			 "a session costs what is left of the month's budget at most, "
			 "unless it may cost what it will" },
	[SIM_STOLEN] = { "stolen", "who joined with a copied invite is served nothing of "
				   "others, is not confirmed in the place of whom it "
				   "was for, and the case says so" },
	[SIM_COLLECTS] = { "collects",
			   "a hub that was put back finds it out from who knows more, "
			   "serves nobody what others wrote until the operator says so, "
			   "and who was cut off not at all" },
	[SIM_KEPT] = { "kept",
		       "what devices keep of the hub's desk log stands there again "
		       "when a hub that was put back has heard them" },
	[SIM_FORGED] = { "forged",
			 "who has the hub's keys and no operator's cuts off, adopts "
			 "and erases nothing at a device" },
	[SIM_HEALTHY] = { "healthy",
			  "a machine whose disk is sound starts and does what it "
			  "is asked" },
	[SIM_WHOLE] = { "whole", "journals verify: chains, seals, parts, receipts" },
	[SIM_CONVERGES] = { "converges",
			    "when faults stop, all is at the hub and receipted, "
			    "and feeds are at their heads, within 8 rounds" },
	[SIM_SAME_ENTRIES] = { "same-entries",
			       "of each log that a device holds the hub has "
			       "the same entries, and all that was saved" },
	[SIM_SAME_LEDGER] = { "same-ledger",
			      "a site's ledger over its scope is the hub's, "
			      "byte for byte" },
	[SIM_REBUILD] = { "rebuild", "ledgers are what a fold made afresh gives" },
	[SIM_COUNTS] = { "counts", "visits, loans and renewals of each site are the sums "
				   "over its entries that count" },
	[SIM_BOOKS] = { "books",
			"a copy to which nothing odd was done is lent to whom it "
			"is lent, or to nobody" },
	[SIM_EXPLAINED] = { "explained", "each case has a fault or an act that made it" },
	[SIM_LIVE] = { "live",
		       "each device that was not cut off records one thing more and "
		       "gets a receipt for it in one session" },
	[SIM_ERASED] = { "erased",
			 "a store that has carried an erasure out has nothing of that "
			 "reader, nor does what is made of it, and no certificate "
			 "says more than is so; when all have come together none has" },
	[SIM_AWAY] = { "away",
		       "a bundle with a part of an erased reader that lies anywhere is "
		       "told by the certificate, and none that the hub has taken" },
	[SIM_TWICE] = { "twice", "the same script gives the same run" },
	[SIM_DIED] = { "died",
		       "the program itself does not end by a signal or an assertion, "
		       "and has an end" },
};

/* --- receipts --- */

static void add_receipt(struct sim *sim, const struct ph_log *log, uint64_t n,
			const uint8_t h[static PH_HASH_SIZE])
{
	struct sim_receipt *receipt;

	for (size_t i = sim->n_receipts; i > 0; i--) {
		receipt = &sim->receipts[i - 1];
		if (receipt->n == n && memcmp(receipt->log_id, log->id, 16) == 0 &&
		    memcmp(receipt->h, h, PH_HASH_SIZE) == 0) {
			return;
		}
	}
	if (sim->n_receipts == sim->cap_receipts) {
		sim->cap_receipts = sim->cap_receipts > 0 ? 2 * sim->cap_receipts : 64;
		sim->receipts =
			realloc(sim->receipts, sim->cap_receipts * sizeof *sim->receipts);
		assert(sim->receipts != NULL);
	}
	receipt = &sim->receipts[sim->n_receipts++];
	memcpy(receipt->log_id, log->id, sizeof receipt->log_id);
	memcpy(receipt->h, h, PH_HASH_SIZE);
	receipt->n = n;
	receipt->gone = false;
	receipt->behind = false;
	/* it was given, and came late, before the hub lost its disk */
	receipt->lost = sim_is_put_back(sim) && !sim_hub_has(sim, receipt);
	sim->result->tally.receipts++;
}

struct noting {
	struct sim *sim;
	struct sim_device *device;
};

static int note_log(void *data, const struct ph_log *log)
{
	struct noting *noting = data;
	struct ph_journal *journal = ph_site_journal(noting->device->site_open);
	uint8_t h[PH_HASH_SIZE];
	uint64_t n = 0;
	int64_t time;
	int rc = ph_journal_receipt_get(journal, log->row, PH_LEVEL_HUB, &n, &time, NULL);

	if (rc < 0 || n == 0) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_journal_chain_at(journal, log, n, h);
	if (rc < 0) {
		return rc;
	}
	if (rc > 0) {
		sim_broken(noting->sim, SIM_WHOLE,
			   "%s has a receipt for %" PRIu64 " entries that it does not "
			   "hold",
			   noting->device->machine.name, n);
	}
	if (time > sim_hub_latest(noting->sim) + SIM_CLOCK_OFF) {
		sim_broken(noting->sim, SIM_HUB_CLOCK,
			   "%s got a receipt of %" PRId64
			   " s after any time of the hub's clock",
			   noting->device->machine.name,
			   time - sim_hub_latest(noting->sim));
	}
	add_receipt(noting->sim, log, n, h);
	return 0;
}

void sim_note_receipts(struct sim *sim, struct sim_device *device)
{
	struct noting noting = { sim, device };
	int rc = ph_journal_logs_of_device(ph_site_journal(device->site_open), device->id,
					   note_log, &noting);

	/* in a session its program cannot be started again: it is, when its disk is sound */
	device->unnoted = rc < 0;
	if (rc < 0 && !sim_is_ill(sim, device)) {
		sim_broken(sim, SIM_HEALTHY, "%s cannot read its receipts: %s",
			   device->machine.name, strerror(-rc));
	}
}

void sim_check_receipted(struct sim *sim)
{
	struct ph_journal *journal = ph_hub_journal(sim->hub);

	for (size_t i = 0; i < sim->n_receipts; i++) {
		struct sim_receipt *receipt = &sim->receipts[i];
		char id[2 * PH_LOG_ID_SIZE + 1];
		struct ph_log log;
		int rc = ph_journal_log_with(journal, receipt->log_id, receipt->n,
					     receipt->h, &log);

		receipt->lost = receipt->lost && rc != 0;
		if ((rc > 0 && !receipt->lost && !receipt->gone) ||
		    (rc < 0 && !sim_hub_is_ill(sim))) {
			ph_hex(id, receipt->log_id, sizeof receipt->log_id);
			sim_broken(sim, SIM_RECEIPTED,
				   "the hub has a receipt out for %" PRIu64
				   " entries of log %.8s and does not hold them (%d)",
				   receipt->n, id, rc);
		}
	}
}

/* --- the hub's clock --- */

int64_t sim_hub_clock(const struct sim *sim)
{
	return sim_truth(sim) + sim->hub_machine.skew;
}

int64_t sim_hub_latest(const struct sim *sim)
{
	int64_t now = sim_hub_clock(sim);

	return now > sim->hub_latest ? now : sim->hub_latest;
}

/* The stamp of entry N of LOG in seconds. 0 or negative errno. */
static int read_stamp(struct sim *sim, const struct ph_log *log, uint64_t n,
		      int64_t *seconds_out)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	int rc = ph_journal_entry(ph_hub_journal(sim->hub), log->row, n, &bytes);

	if (rc == 0 && ph_entry_decode(ph_buf_view(&bytes), &entry) != 0) {
		rc = 1;
	}
	if (rc > 0) {
		sim_broken(sim, SIM_WHOLE,
			   "entry %" PRIu64 " of a log of the hub's cannot be read", n);
	}
	*seconds_out = rc == 0 ? ph_stamp_seconds(entry.stamp) : 0;
	ph_buf_deinit(&bytes);
	return rc;
}

/* Entries of LOG beyond the *SEEN that were looked at. */
static void check_new(struct sim *sim, const struct ph_log *log, const char *name,
		      struct sim_seen *seen)
{
	int64_t stamp;

	if (memcmp(seen->log_id, log->id, sizeof seen->log_id) != 0 || log->n < seen->n) {
		memcpy(seen->log_id, log->id, sizeof seen->log_id);
		seen->n = 0;
	}
	if (sim_is_left(sim, log->id)) { /* what comes back was stamped long ago */
		seen->n = log->n;
		return;
	}
	while (seen->n < log->n) {
		if (read_stamp(sim, log, seen->n + 1, &stamp) != 0) {
			if (!sim_hub_is_ill(sim) && !sim_hub_failed(sim)) {
				sim_broken(sim, SIM_HEALTHY,
					   "the hub cannot read its own log");
			}
			sim->hub_failed = true; /* it is started again, and read then */
			return;
		}
		seen->n++;
		if (stamp < sim_hub_clock(sim) - SIM_CLOCK_OFF ||
		    stamp > sim_hub_latest(sim) + SIM_CLOCK_OFF) {
			sim_broken(sim, SIM_HUB_CLOCK,
				   "entry %" PRIu64 " of the hub's %s log is stamped "
				   "%" PRId64 " s after its own clock",
				   seen->n, name, stamp - sim_hub_clock(sim));
		}
	}
}

static void skip(const struct ph_log *log, struct sim_seen *seen)
{
	memcpy(seen->log_id, log->id, sizeof seen->log_id);
	seen->n = log->n;
}

void sim_skip_hub_clock(struct sim *sim)
{
	skip(ph_writer_log(sim->hub->writer), &sim->seen[0]);
	skip(ph_writer_log(sim->hub->desk), &sim->seen[1]);
}

void sim_check_hub_clock(struct sim *sim)
{
	if (sim->hub->stopped || (sim->safe != NULL && sim->safe->is_restoring)) {
		return;
	}
	check_new(sim, ph_writer_log(sim->hub->writer), "control", &sim->seen[0]);
	check_new(sim, ph_writer_log(sim->hub->desk), "desk", &sim->seen[1]);
}

void sim_check_told(struct sim *sim, int64_t time)
{
	int64_t off = time - sim_hub_clock(sim);

	if (off < -SIM_CLOCK_OFF || off > SIM_CLOCK_OFF) {
		sim_broken(sim, SIM_HUB_CLOCK,
			   "the hub tells a device a time %" PRId64
			   " s after its own clock",
			   off);
	}
}

/* --- what the hub heard --- */

void sim_heard(struct sim *sim, const struct sim_device *device, struct sim_heard *out)
{
	struct ph_feeder_state state = { 0 };
	struct ph_device row;

	int rc;

	memset(out, 0, sizeof *out);
	do {
		rc = ph_journal_device_by_id(ph_hub_journal(sim->hub), device->id, &row);
		rc = rc != 0 ? rc : ph_feeder_state(sim->hub->feeder, row.row, &state);
	} while (sim_hub_again(sim, rc, "what it heard"));
	if (rc != 0) {
		return;
	}
	out->known = true;
	out->heard = row.heard;
	out->counter = row.counter;
	out->control = row.control;
	out->feed_scope = state.scope;
	out->feed_number = state.confirmed;
}
