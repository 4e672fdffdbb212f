/*
 * tests/sim/act.c - the operator at the hub.
 *
 * What the operator asks for may be refused in words, where it makes no sense; that is
 * noted and no failure. What it does to entries is remembered, since it explains cases and
 * changes what counts.
 */
#include "tests/sim/act.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "common/ledger/cases.h"
#include "common/ledger/cases_choice.h"
#include "daemon/hub_internal.h"
#include "tests/sim/count.h"
#include "tests/sim/erase.h"
#include "tests/sim/safe.h"
#include "tests/sim/theft.h"
#include "tests/sim/version.h"
#include "tests/sim/work.h"

void sim_confirm(struct sim *sim, struct sim_device *device)
{
	struct ph_site_info info;
	json_t *answer;
	int exit;

	if (device->is_thief) {
		sim_deny(sim, device);
		return;
	}
	if (device->confirmed || device->cut) {
		return;
	}
	ph_site_info(device->site_open, &info);
	answer =
		sim_ask(sim,
			json_pack("{s:s, s:s, s:s}", "command", "device-confirm",
				  "device", device->hex, "fingerprint", info.fingerprint),
			&exit);
	device->confirmed = answer != NULL;
	if (answer != NULL) {
		sim_place_said(sim, &device->confirmed_at);
		sim_note(sim, "%s is confirmed", device->machine.name);
	}
	json_decref(answer);
}

/* --- cases --- */

struct choosing {
	const struct ph_rng *dice;
	unsigned seen;
	uint8_t id[PH_CASE_ID_SIZE];
	unsigned kind;
	struct ph_ref refs[4];
	size_t n_refs;
};

static int choose_case(void *data, const struct ph_case_row *row)
{
	struct choosing *choosing = data;

	if (ph_rng_below(choosing->dice, ++choosing->seen) == 0) {
		memcpy(choosing->id, row->id, sizeof choosing->id);
		choosing->kind = row->kind;
		choosing->n_refs = row->n_refs < 4 ? row->n_refs : 4;
		memcpy(choosing->refs, row->refs,
		       choosing->n_refs * sizeof *choosing->refs);
	}
	return 0;
}

void sim_decide(struct sim *sim, const struct ph_rng *dice)
{
	struct choosing choosing = { .dice = dice };
	struct ph_case_filter all = { .all = true };
	unsigned choices[PH_CASE_CHOICES_MAX];
	char id[2 * PH_CASE_ID_SIZE + 1];
	const char *choice;
	json_t *answer;
	size_t n;
	int exit, rc;

	do {
		choosing.seen = 0;
		sim_enter(&sim->hub_machine);
		rc = ph_ledger_catch_up(ph_hub_ledger(sim->hub), NULL, NULL);
		rc = rc != 0 ? rc
			     : ph_cases_each(ph_hub_ledger(sim->hub), &all, choose_case,
					     &choosing);
		sim_leave();
	} while (sim_hub_again(sim, rc, "its cases"));
	n = choosing.seen > 0 ? ph_case_choices(choosing.kind, choices) : 0;
	if (n == 0) {
		return;
	}
	choice = ph_case_choice_name(choices[ph_rng_below(dice, n)]);
	ph_hex(id, choosing.id, sizeof choosing.id);
	answer = sim_ask(sim,
			 json_pack("{s:s, s:s, s:s, s:s, s:b}", "command", "case-decide",
				   "case", id, "choice", choice, "site",
				   sim_sites[ph_rng_below(dice, sim_n_sites)].code,
				   "again", 1),
			 &exit);
	if (answer != NULL) {
		sim_note(sim, "the case %.8s, %s, is decided: %s", id,
			 ph_case_name(choosing.kind), choice);
		sim->result->tally.acts++;
		for (size_t i = 0; i < choosing.n_refs; i++) {
			sim_taint(sim, &choosing.refs[i]);
		}
	}
	json_decref(answer);
}

/* --- entries of the hub --- */

static bool record(struct sim *sim, json_t *entry, const char *what)
{
	int exit;
	json_t *answer = sim_ask(
		sim, json_pack("{s:s, s:[o]}", "command", "record", "entries", entry),
		&exit);
	bool done = json_is_true(json_object_get(
		json_array_get(json_object_get(answer, "entries"), 0), "ok"));

	if (done) {
		sim_note(sim, "the hub writes %s", what);
		sim->result->tally.acts++;
	}
	json_decref(answer);
	return done;
}

static void void_one(struct sim *sim, const struct ph_rng *dice)
{
	char text[PH_REF_TEXT];
	const struct sim_ack *ack;

	if (sim->n_acks == 0) {
		return;
	}
	ack = &sim->acks[ph_rng_below(dice, sim->n_acks)];
	if ((ack->kind != PH_KIND_VISIT && ack->kind != PH_KIND_LOAN) ||
	    !sim_hub_holds(sim, &ack->ref)) {
		return;
	}
	ph_ref_text(text, &ack->ref);
	sim_taint(sim, &ack->ref);
	record(sim, json_pack("{s:s, s:s}", "kind", "void", "target", text), "void");
}

static void erase(struct sim *sim, const struct ph_rng *dice)
{
	struct sim_books *books = sim->books;

	if (books->n_readers > 0) {
		(void)sim_order_erasure(sim,
					(size_t)ph_rng_below(dice, books->n_readers));
	}
}

void sim_hubwork(struct sim *sim, const struct ph_rng *dice)
{
	switch (ph_rng_below(dice, 5)) {
	case 0:
	case 1:
		void_one(sim, dice);
		break;
	case 2:
		erase(sim, dice);
		break;
	case 3:
		record(sim,
		       json_pack("{s:s, s:s, s:i}", "kind", "training", "topic",
				 "Sao lưu", "workers", 12),
		       "training");
		break;
	default:
		record(sim,
		       json_pack("{s:s, s:s, s:s, s:s}", "kind", "commune-put", "code",
				 "03646", "name", "Tô Hiệu", "type", "phuong"),
		       "commune-put");
		break;
	}
}

/* --- devices --- */

void sim_cutoff(struct sim *sim, struct sim_device *device)
{
	if (device->cut || device->was_cloned || device->was_restored ||
	    !sim_ask_signed(sim, json_pack("{s:s, s:s, s:s}", "command", "device-cut",
					   "device", device->hex, "reason", "stolen"))) {
		return;
	}
	sim_note(sim, "%s is cut off", device->machine.name);
	sim->result->tally.acts++;
	device->cut = true;
	sim_place_said(sim, &device->cut_at);
	sim_count_cut(sim, device);
	device->n_cut_limits = device->n_limits;
	memcpy(device->cut_limits, device->limits, sizeof device->cut_limits);
}

/* Its log, as far as it is at the hub, counts after all. */
void sim_adopt(struct sim *sim, struct sim_device *device)
{
	const struct ph_log *own = ph_site_log(device->site_open);
	char id[2 * PH_LOG_ID_SIZE + 1];
	struct sim_place said;
	struct ph_log log;
	int rc;

	if (!device->cut || device->was_cloned || device->was_restored) {
		return;
	}
	do {
		rc = ph_journal_log_find(ph_hub_journal(sim->hub), own->id, &log);
	} while (sim_hub_again(sim, rc, "a log"));
	ph_hex(id, own->id, sizeof own->id);
	if (rc != 0 || !sim_ask_signed(sim, json_pack("{s:s, s:s}", "command",
						      "log-adopt", "log", id))) {
		return;
	}
	sim_note(sim, "%s is adopted up to %" PRIu64, device->machine.name, log.n);
	sim->result->tally.acts++;
	sim_place_decided(sim, &said);
	sim_count_adopt(sim, &log, &said);
}
