/*
 * common/ledger/worker.c - what is not written of a worker: a last day before the first.
 *
 * It could not go into the kind table, by which entries of years ago are judged; what an
 * older program wrote stays, and such a worker works on no day.
 */
#include "common/ledger/worker.h"

#include "common/ledger/key.h"
#include "common/ledger/record.h"

struct days {
	bool has_from, has_to;
	int64_t from, to;
};

static void take(bool *has, int64_t *day, const struct ph_value *value)
{
	if (!*has && value->set) {
		*has = true;
		*day = value->as.day;
	}
}

/* What stands of WORKER, as far as DAYS lack it. */
static int take_standing(struct ph_ledger *ledger, const struct ph_ref *worker,
			 struct days *days)
{
	const struct ph_kind *kind = ph_kind_find(PH_KIND_WORKER_PUT);
	const struct ph_entity_key key = ph_key_ref(PH_ENTITY_WORKER, worker);
	const struct ph_register *from, *to;
	struct ph_record record;
	struct ph_buf state = { 0 };
	int rc = ph_ledger_get(ledger, PH_ENTITY_WORKER, ph_key_view(&key), &state);

	rc = rc != 0 ? rc : ph_record_decode(ph_buf_view(&state), kind, &record);
	if (rc == 0) {
		from = ph_registers_get(&record.registers, PH_WORKER_FROM);
		to = ph_registers_get(&record.registers, PH_WORKER_TO);
		if (from) {
			take(&days->has_from, &days->from, &from->value);
		}
		if (to) {
			take(&days->has_to, &days->to, &to->value);
		}
		ph_record_deinit(&record);
	}
	ph_buf_deinit(&state);
	return rc == PH_LEDGER_E_NONE ? 0 : rc;
}

int ph_worker_ends_before(struct ph_ledger *ledger, const struct ph_entry *entry,
			  bool *before_out)
{
	const struct ph_value *field = entry->field;
	struct days days = { 0 };
	int rc = 0;

	*before_out = false;
	if (entry->number != PH_KIND_WORKER_PUT ||
	    (!field[PH_WORKER_FROM].set && !field[PH_WORKER_TO].set)) {
		return 0;
	}
	take(&days.has_from, &days.from, &field[PH_WORKER_FROM]);
	take(&days.has_to, &days.to, &field[PH_WORKER_TO]);
	if (field[PH_WORKER_WORKER].set) {
		rc = take_standing(ledger, &field[PH_WORKER_WORKER].as.ref, &days);
	}
	*before_out = rc == 0 && days.has_from && days.has_to && days.to < days.from;
	return rc;
}
