/*
 * tests/sim/explain.c - each case of the hub, and what happened that made it.
 *
 * The simulator knows what it did: to which copies, cards, crates, readers and titles
 * something odd was done, whose clock was set, whose folder was put back or copied, who
 * was cut off. A case for which none of this accounts is a wonder, and breaks.
 */
#include <stdlib.h>
#include <string.h>

#include "common/ledger/cases.h"
#include "daemon/hub_internal.h"
#include "tests/sim/check.h"
#include "tests/sim/safe.h"
#include "tests/sim/theft.h"
#include "tests/sim/van.h"
#include "tests/sim/work.h"

/* The devices whose log ID is, by their id: any with a flag that MADE asks for. */
static bool is_made_by(struct sim *sim, const uint8_t *log_id,
		       bool (*made)(const struct sim_device *device))
{
	struct ph_log log;

	if (ph_journal_log_find(ph_hub_journal(sim->hub), log_id, &log) != 0) {
		return false;
	}
	for (unsigned i = 0; i < sim->n_devices; i++) {
		if (memcmp(sim->devices[i].id, log.device_id, sizeof log.device_id) ==
			    0 &&
		    made(&sim->devices[i])) {
			return true;
		}
	}
	return false;
}

bool sim_was_copied(const struct sim_device *device)
{
	return device->was_restored || device->was_cloned;
}

/* It goes on in other logs, and what it had written in the old ones comes back. */
static bool is_of_a_hub_put_back(const struct sim *sim, const uint8_t *log_id)
{
	struct ph_log log;

	return sim_is_put_back(sim) &&
	       ph_journal_log_find(ph_hub_journal(sim->hub), log_id, &log) == 0 &&
	       log.role == PH_ROLE_HUB;
}

static bool was_clocked(const struct sim_device *device)
{
	return device->was_clocked;
}

static bool is_any_odd(const struct sim *sim, const struct ph_case_row *row)
{
	for (size_t r = 0; r < row->n_refs; r++) {
		for (size_t i = 0; i < sim->n_acks; i++) {
			if (ph_ref_equal(&sim->acks[i].ref, &row->refs[r]) &&
			    sim_is_odd(sim, i)) {
				return true;
			}
		}
	}
	return false;
}

static const struct sim_ack *find_ack(const struct sim *sim, const struct ph_ref *ref)
{
	for (size_t i = 0; i < sim->n_acks; i++) {
		if (ph_ref_equal(&sim->acks[i].ref, ref)) {
			return &sim->acks[i];
		}
	}
	return NULL;
}

/* How far off the clock of a device may be at most (docs/MERGE.md), in milliseconds. */
static int64_t unsure(const struct sim_ack *ack)
{
	return 1000 * (int64_t)(ack->unheard ? PH_UNSURE_NONE : PH_UNSURE_RTC);
}

/* Two devices wrote the facts of ROW so near to each other that their clocks cannot tell. */
static bool is_near(const struct sim *sim, const struct ph_case_row *row)
{
	const struct sim_ack *a, *b;

	if (row->n_refs != 2) {
		return false;
	}
	a = find_ack(sim, &row->refs[0]);
	b = find_ack(sim, &row->refs[1]);
	return a != NULL && b != NULL && a->device != b->device &&
	       llabs(a->at - b->at) < unsure(a) + unsure(b);
}

static bool is_cut_device(const struct sim *sim, const uint8_t *id)
{
	for (unsigned i = 0; i < sim->n_devices; i++) {
		if (sim->devices[i].cut &&
		    memcmp(sim->devices[i].id, id, PH_DEVICE_ID_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

static bool is_explained(struct sim *sim, const struct ph_case_row *row)
{
	switch (row->kind) {
	case PH_CASE_MAYBE_RETURNED:
		return is_any_odd(sim, row) || is_near(sim, row);
	case PH_CASE_TWO_PLACES:
	case PH_CASE_LENT_IN_CRATE:
	case PH_CASE_TWO_TITLES:
	case PH_CASE_CRATE_COUNT:
	case PH_CASE_SAME_READER:
	case PH_CASE_SAME_TITLE:
	case PH_CASE_BLOCKED_CARD:
	case PH_CASE_ERASED_MERGED:
		return is_any_odd(sim, row);
	case PH_CASE_STAMP:
		return sim->hub_clocked || is_made_by(sim, row->anchor, was_clocked);
	case PH_CASE_RESTORED:
	case PH_CASE_CLONED:
		return is_made_by(sim, row->anchor, sim_was_copied) ||
		       is_of_a_hub_put_back(sim, row->anchor);
	case PH_CASE_FORKED:
		return is_made_by(sim, row->anchor, sim_was_copied) ||
		       is_of_a_hub_put_back(sim, row->anchor);
	case PH_CASE_INVITE_USED_TWICE:
		return sim_was_invite_copied(sim, row->anchor);
	case PH_CASE_LATE_INVITE: /* by a clock that was ahead when the device came */
		return sim->hub_clocked;
	case PH_CASE_AFTER_CUT:
		return is_cut_device(sim, row->anchor) ||
		       sim_van_was_cut(sim, row->anchor);
	default:
		return false;
	}
}

/* Whether it is about copies, cards, crates, readers or titles. */
static bool is_of_books(unsigned kind)
{
	return kind < PH_CASE_STAMP || kind == PH_CASE_ERASED_MERGED;
}

/*
 * Whether the hub has heard all that was said of what the facts of ROW name, and can read it;
 * until then a copy may seem to be in two places whose return is still on its way.
 */
static bool is_heard(struct sim *sim, const struct ph_case_row *row)
{
	for (size_t r = 0; r < row->n_refs; r++) {
		for (size_t i = 0; i < sim->n_acks; i++) {
			if (ph_ref_equal(&sim->acks[i].ref, &row->refs[r]) &&
			    !sim_is_heard(sim, i)) {
				return false;
			}
		}
	}
	return sim->hub_machine.lacks[0] == '\0';
}

struct asking {
	struct sim *sim;
	bool at_end;
};

static int check_case(void *data, const struct ph_case_row *row)
{
	const struct asking *asking = data;
	struct sim *sim = asking->sim;
	char id[2 * PH_CASE_ID_SIZE + 1];
	char facts[3][PH_REF_TEXT] = { "", "", "" };

	ph_hex(id, row->id, sizeof row->id);
	for (size_t i = 0; i < row->n_refs && i < 3; i++) {
		ph_ref_text(facts[i], &row->refs[i]);
	}
	if (asking->at_end) {
		sim->result->tally.cases++;
		sim_note(sim, "case %.8s %s: %s %s %s", id, ph_case_name(row->kind),
			 facts[0], facts[1], facts[2]);
	}
	if (!is_explained(sim, row) &&
	    (asking->at_end || !is_of_books(row->kind) || is_heard(sim, row))) {
		sim_broken(sim, SIM_EXPLAINED,
			   "nothing that happened explains the case %.8s, %s, of %s %s "
			   "%s",
			   id, ph_case_name(row->kind), facts[0], facts[1], facts[2]);
	}
	return 0;
}

void sim_check_cases(struct sim *sim, bool at_end)
{
	struct ph_case_filter all = { .all = true };
	struct asking asking = { sim, at_end };
	int rc = ph_cases_each(ph_hub_ledger(sim->hub), &all, check_case, &asking);

	if (rc < 0) {
		sim_broken(sim, SIM_HEALTHY, "reading the cases: %s", strerror(-rc));
	}
}
