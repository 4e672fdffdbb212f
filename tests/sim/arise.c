/*
 * tests/sim/arise.c - cases that must be there, since the simulator made what they are of.
 *
 * The other way round of explain.c. The hub has heard both sides: what two copies of a folder
 * wrote beside each other, both branches of a log, a stamp that is ahead still, something that
 * a device wrote behind its cut. Then the case is there, open or decided. And what the hub shifts, since
 * the clock of its device was behind, counts when it was written.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/ledger/cases.h"
#include "daemon/hub_internal.h"
#include "tests/sim/check.h"
#include "tests/sim/count.h"
#include "tests/sim/version.h"

#define CASES 256 /* of logs and devices, in one province */

/* A case of a log, or of a device. */
struct arisen {
	unsigned kind;
	uint8_t log_id[PH_LOG_ID_SIZE]; /* of a log */
	uint8_t device_id[PH_DEVICE_ID_SIZE];
};
struct arising {
	struct sim *sim;
	struct arisen cases[CASES];
	unsigned n;
};

static int note_case(void *data, const struct ph_case_row *row)
{
	struct arising *arising = data;
	struct arisen *arisen = &arising->cases[arising->n];
	struct ph_log log;
	int rc;

	if (row->kind != PH_CASE_STAMP && row->kind != PH_CASE_RESTORED &&
	    row->kind != PH_CASE_CLONED && row->kind != PH_CASE_FORKED &&
	    row->kind != PH_CASE_AFTER_CUT) {
		return 0;
	}
	if (arising->n == CASES) {
		return -E2BIG;
	}
	arisen->kind = row->kind;
	arising->n++;
	if (row->kind == PH_CASE_AFTER_CUT) {
		memcpy(arisen->device_id, row->anchor, sizeof arisen->device_id);
		return 0;
	}
	memcpy(arisen->log_id, row->anchor, sizeof arisen->log_id);
	rc = ph_journal_log_find(ph_hub_journal(arising->sim->hub), row->anchor, &log);
	if (rc == 0) {
		memcpy(arisen->device_id, log.device_id, sizeof arisen->device_id);
	}
	return rc < 0 ? rc : 0;
}

static bool has_device(const struct arising *arising, enum ph_case kind,
		       const uint8_t *device_id)
{
	for (unsigned i = 0; i < arising->n; i++) {
		if (arising->cases[i].kind == (unsigned)kind &&
		    memcmp(arising->cases[i].device_id, device_id, PH_DEVICE_ID_SIZE) ==
			    0) {
			return true;
		}
	}
	return false;
}

static bool has_log(const struct arising *arising, enum ph_case kind,
		    const uint8_t *log_id)
{
	for (unsigned i = 0; i < arising->n; i++) {
		if (arising->cases[i].kind == (unsigned)kind &&
		    memcmp(arising->cases[i].log_id, log_id, PH_LOG_ID_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

_Noreturn static void lacks(const struct arising *arising, const char *name,
			    const char *why)
{
	sim_broken(arising->sim, SIM_EXPLAINED,
		   "%s %s, the hub has heard of it, and has no case", name, why);
}

/* --- of what the journal shows --- */

static int see_log(void *data, const struct ph_log *log)
{
	const struct arising *arising = data;
	char name[20] = "log ";

	ph_hex(name + 4, log->id, 4);
	if (log->branch > 0 && log->n > log->base &&
	    !has_log(arising, PH_CASE_FORKED, log->id)) {
		lacks(arising, name, "has two histories");
	}
	if (log->n > log->base && sim_count_is_cut(arising->sim, log, log->n) &&
	    !has_device(arising, PH_CASE_AFTER_CUT, log->device_id)) {
		lacks(arising, name, "goes on behind the cut of its device");
	}
	return 0;
}

/* --- of what the simulator did --- */

/* Two histories of one folder: what was written without what stood there already. */
static void check_copies(const struct arising *arising)
{
	struct sim *sim = arising->sim;

	for (size_t i = 0; i < sim->n_acks; i++) {
		const struct sim_ack *ack = &sim->acks[i];
		const struct sim_device *device = &sim->devices[ack->device];

		if (ack->beside > 0 && !has_device(arising, PH_CASE_CLONED, device->id) &&
		    !has_device(arising, PH_CASE_RESTORED, device->id) &&
		    !has_device(arising, PH_CASE_FORKED, device->id) &&
		    sim_hub_holds(sim, &ack->ref) &&
		    sim_hub_holds(sim, &sim->acks[ack->beside - 1].ref)) {
			lacks(arising, device->machine.name,
			      "wrote beside what another copy of its folder had written");
		}
	}
}

/*
 * Whether the hub holds ACK with a stamp that is ahead even now: then it was so when it came. A
 * device whose clock is wrong may know the time all the same, from the hub.
 */
static bool is_ahead(struct sim *sim, const struct sim_ack *ack)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	struct ph_log log;
	bool ahead;

	if (ack->ahead <= 0 ||
	    ack->at / 1000 + ack->ahead <= sim->now / 1000 + SIM_CLOCK_OFF) {
		return false;
	}
	ahead = ph_journal_resolve(ph_hub_journal(sim->hub), &ack->ref, &log, &bytes) ==
			0 &&
		ph_entry_decode(ph_buf_view(&bytes), &entry) == 0 &&
		ph_stamp_seconds(entry.stamp) > sim_truth(sim) + SIM_CLOCK_OFF;
	ph_buf_deinit(&bytes);
	return ahead;
}

static void check_stamps(const struct arising *arising)
{
	struct sim *sim = arising->sim;

	for (size_t i = 0; !sim->hub_clocked && i < sim->n_acks; i++) {
		const struct sim_ack *ack = &sim->acks[i];
		const struct sim_device *device = &sim->devices[ack->device];

		if (is_ahead(sim, ack) &&
		    !has_device(arising, PH_CASE_STAMP, device->id)) {
			lacks(arising, device->machine.name,
			      "wrote with a clock that was ahead");
		}
	}
}

/* What the hub alone said of the mark that governs entry N of the log ROW: seconds that it was behind. */
static int shift_of(struct sim *sim, int64_t row, uint64_t n, uint64_t *behind_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(sim->hub->db,
			       "SELECT behind, clamp IS NULL FROM ledger_mark"
			       " WHERE log = ?1 AND n <= ?2 ORDER BY n DESC LIMIT 1",
			       &stmt);

	*behind_out = 0;
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, row);
	ph_stmt_int(stmt, 2, (int64_t)n);
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW && ph_stmt_col_int(stmt, 1) != 0) {
		*behind_out = (uint64_t)ph_stmt_col_int(stmt, 0);
	}
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

/* An entry of a clock that was behind, which the hub shifts: it counts when it was written. */
static void check_shift(struct sim *sim, const struct sim_ack *ack)
{
	struct ph_buf bytes = { 0 };
	uint64_t kind, stamp = 0, behind = 0;
	struct ph_log log;
	int64_t off;
	int rc = ph_journal_resolve(ph_hub_journal(sim->hub), &ack->ref, &log, &bytes);

	rc = rc == 0 && !ph_entry_peek(ph_buf_view(&bytes), &kind, &stamp) ? 1 : rc;
	rc = rc == 0 ? shift_of(sim, log.row, ack->ref.n, &behind) : rc;
	ph_buf_deinit(&bytes);
	if (rc != 0 || behind == 0) {
		return;
	}
	off = ph_stamp_seconds(stamp) + (int64_t)behind - (SIM_T0 + ack->at / 1000);
	sim->result->tally.shifted++;
	if (off < -SIM_CLOCK_OFF || off > SIM_CLOCK_OFF) {
		sim_broken(sim, SIM_JUDGED,
			   "entry %" PRIu64 " of %s counts %" PRId64
			   " s after it was written, by what the hub says of its clock",
			   ack->ref.n, sim->devices[ack->device].machine.name, off);
	}
}

static void check_shifts(struct sim *sim)
{
	for (size_t i = 0; !sim->hub_clocked && i < sim->n_acks; i++) {
		check_shift(sim, &sim->acks[i]);
	}
}

void sim_check_arisen(struct sim *sim)
{
	struct ph_case_filter all = { .all = true };
	struct arising arising = { .sim = sim };
	int rc = ph_cases_each(ph_hub_ledger(sim->hub), &all, note_case, &arising);

	rc = rc != 0 ? rc
		     : ph_journal_log_each(ph_hub_journal(sim->hub), see_log, &arising);
	if (rc < 0) {
		sim_broken(sim, SIM_HEALTHY, "reading the cases: %s", strerror(-rc));
	}
	check_copies(&arising);
	check_stamps(&arising);
	check_shifts(sim);
}
