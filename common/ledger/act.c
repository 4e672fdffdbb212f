/*
 * common/ledger/act.c - entries that act on others: voids, unmerges, judgements, cuts
 * and adoptions.
 *
 * Each is on record under what it acts on (ledger_act), whether that is here or not. One
 * that is itself cut or voided is off. Whenever an act comes, or goes off or on, what it
 * acts on is noted in the batch and looked at again at its end, until nothing is left;
 * this ends, since voids act on unmerges, cuts and adoptions, and those on other entries,
 * but nothing acts on voids except cuts, and nothing cuts a log of the hub.
 */
#include <errno.h>
#include <string.h>

#include "common/ledger/changes.h"
#include "common/ledger/store.h"

static struct ph_view device_or_log(const struct ph_held *held)
{
	const struct ph_value *field = held->entry->field;

	return held->entry->number == PH_KIND_DEVICE_CUT
		       ? field[PH_CUT_DEVICE].as.bytes
		       : PH_VIEW(field[PH_ADOPT_HEAD].as.head.log_id, PH_LOG_ID_SIZE);
}

static const struct ph_value *list_of(const struct ph_held *held)
{
	const struct ph_value *field = held->entry->field;

	switch (held->entry->number) {
	case PH_KIND_READER_UNMERGE:
		return &field[PH_READER_UNMERGE_MERGES];
	case PH_KIND_TITLE_UNMERGE:
		return &field[PH_TITLE_UNMERGE_MERGES];
	default:
		return &field[PH_UNALIAS_ALIASES];
	}
}

/* CB for each thing that ITEM acts on: the key under which it is on record. */
static int each_target(struct ph_ledger *ledger, const struct ph_held *held,
		       int (*cb)(struct ph_ledger *ledger, const struct ph_held *held,
				 const struct ph_ref *ref, struct ph_view target))
{
	struct ph_list_iter iter;
	struct ph_entity_key key;
	struct ph_ref ref;
	int rc = 0;

	switch (held->entry->number) {
	case PH_KIND_DEVICE_CUT:
	case PH_KIND_LOG_ADOPT:
		return cb(ledger, held, NULL, device_or_log(held));
	case PH_KIND_VOID:
	case PH_KIND_CLOCK_JUDGE:
		ref = held->entry->number == PH_KIND_VOID
			      ? held->entry->field[PH_VOID_TARGET].as.ref
			      : held->entry->field[PH_JUDGE_MARK].as.ref;
		key = ph_key_ref(PH_ENTITY_TITLE, &ref);
		return cb(ledger, held, &ref, ph_key_view(&key));
	default:
		iter = ph_list_begin(&list_of(held)->as.list);
		while (rc == 0 && ph_list_next_ref(&iter, &ref)) {
			key = ph_key_ref(PH_ENTITY_TITLE, &ref);
			rc = cb(ledger, held, &ref, ph_key_view(&key));
		}
		return rc;
	}
}

/* What ITEM acts on is to be looked at again, and whoever tells others is to hear of it. */
static int note(struct ph_ledger *ledger, const struct ph_held *held,
		const struct ph_ref *ref, struct ph_view target)
{
	struct ph_entity_key key;
	int rc = ph_key_bytes((enum ph_entity)PH_CHANGED_ACTS, target, &key)
			 ? ph_keyset_add(&ledger->batch.derived.acts, &key)
			 : -EUCLEAN;

	if (rc != 0) {
		return rc;
	}
	switch (held->entry->number) {
	case PH_KIND_DEVICE_CUT:
	case PH_KIND_LOG_ADOPT:
		return ph_batch_cut(&ledger->batch,
				    held->entry->number == PH_KIND_DEVICE_CUT,
				    target.data);
	case PH_KIND_CLOCK_JUDGE:
		return ph_batch_mark(&ledger->batch, ref);
	default:
		return ph_batch_target(&ledger->batch, ref);
	}
}

static bool is_about_logs(const struct ph_held *held)
{
	return held->entry->number == PH_KIND_DEVICE_CUT ||
	       held->entry->number == PH_KIND_LOG_ADOPT;
}

static void bind_act(struct ph_stmt *stmt, const struct ph_held *held,
		     struct ph_view target, bool off)
{
	ph_stmt_blob(stmt, 1, target);
	ph_stmt_int(stmt, 2, held->row);
	ph_stmt_int(stmt, 3, (int64_t)held->fact.ref.n);
	ph_stmt_int(stmt, 4, off);
}

static int insert(struct ph_ledger *ledger, const struct ph_held *held,
		  struct ph_view target, bool off)
{
	const struct ph_entry *entry = held->entry;
	struct ph_stmt *stmt;
	bool is_signed;
	int rc = ph_speakers_sign(ledger, entry, held->fact.ref.log_id, held->fact.ref.n,
				  &is_signed);

	rc = rc != 0 ? rc
		     : ph_db_prepare(
			       ledger->db,
			       "INSERT INTO ledger_act(target, log, n, off, kind, site,"
			       " signed, stamp, hash, entry)"
			       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	bind_act(stmt, held, target, off);
	ph_stmt_int(stmt, 5, (int64_t)entry->number);
	ph_stmt_int(stmt, 6, (int64_t)held->fact.site);
	ph_stmt_int(stmt, 7, is_signed);
	ph_stmt_int(stmt, 8, (int64_t)entry->stamp);
	ph_stmt_blob(stmt, 9, PH_VIEW(held->fact.ref.hash, sizeof held->fact.ref.hash));
	if (is_about_logs(held) || entry->number == PH_KIND_CLOCK_JUDGE) {
		ph_stmt_blob(stmt, 10, held->fact.bytes);
	} else {
		ph_stmt_null(stmt, 10);
	}
	return ph_stmt_run(stmt);
}

static int put_on(struct ph_ledger *ledger, const struct ph_held *held,
		  const struct ph_ref *ref, struct ph_view target, bool off)
{
	int rc = insert(ledger, held, target, off);

	if (rc == 0 && ref != NULL) {
		rc = ph_refset_add(&ledger->acted, ref);
	}
	return rc;
}

static int add_on(struct ph_ledger *ledger, const struct ph_held *held,
		  const struct ph_ref *ref, struct ph_view target)
{
	int rc = put_on(ledger, held, ref, target, false);

	return rc != 0 ? rc : note(ledger, held, ref, target);
}

static int add_off(struct ph_ledger *ledger, const struct ph_held *held,
		   const struct ph_ref *ref, struct ph_view target)
{
	return put_on(ledger, held, ref, target, true);
}

int ph_act_add(struct ph_ledger *ledger, const struct ph_held *held)
{
	bool dead;
	int rc = ph_effect_dead(ledger, held, &dead);

	if (is_about_logs(held)) {
		ledger->n_cuts++;
	}
	return rc != 0 ? rc : each_target(ledger, held, dead ? add_off : add_on);
}

/* --- looking again --- */

static int turn(struct ph_ledger *ledger, const struct ph_held *held,
		const struct ph_ref *ref, struct ph_view target, bool off)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "UPDATE ledger_act SET off = ?4"
			       " WHERE target = ?1 AND log = ?2 AND n = ?3 AND off <> ?4",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	bind_act(stmt, held, target, off);
	rc = ph_stmt_run(stmt);
	return rc != 0 || ph_db_changes(ledger->db) == 0
		       ? rc
		       : note(ledger, held, ref, target);
}

static int turn_on(struct ph_ledger *ledger, const struct ph_held *held,
		   const struct ph_ref *ref, struct ph_view target)
{
	return turn(ledger, held, ref, target, false);
}

static int turn_off(struct ph_ledger *ledger, const struct ph_held *held,
		    const struct ph_ref *ref, struct ph_view target)
{
	return turn(ledger, held, ref, target, true);
}

int ph_act_settle(struct ph_ledger *ledger, struct ph_held *held,
		  enum ph_part_in_fold part)
{
	bool dead;
	int rc = 0;

	if (part & PH_PART_ACT) {
		rc = ph_effect_dead(ledger, held, &dead);
		rc = rc != 0 ? rc : each_target(ledger, held, dead ? turn_off : turn_on);
	}
	return rc == 0 && part & PH_PART_FACT ? ph_held_settle(ledger, held) : rc;
}

static int drop(struct ph_ledger *ledger, const struct ph_held *held,
		const struct ph_ref *ref, struct ph_view target)
{
	struct ph_stmt *stmt;
	int rc = turn_off(ledger, held, ref, target);

	rc = rc != 0 ? rc
		     : ph_db_prepare(ledger->db,
				     "DELETE FROM ledger_act WHERE target = ?1"
				     " AND log = ?2 AND n = ?3",
				     &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, target);
	ph_stmt_int(stmt, 2, held->row);
	ph_stmt_int(stmt, 3, (int64_t)held->fact.ref.n);
	return ph_stmt_run(stmt);
}

int ph_act_remove(struct ph_ledger *ledger, const struct ph_held *held)
{
	return each_target(ledger, held, drop);
}

/* The entries that REF names, one on each branch that has it. */
struct find {
	struct ph_ledger *ledger;
	const struct ph_ref *ref;
};

static int on_branch(void *data, const struct ph_log *log)
{
	struct find *find = data;
	struct ph_held *held = &find->ledger->held;
	enum ph_part_in_fold part;
	int rc = ph_held_load(find->ledger, log->row, find->ref->n, held, &part);

	if (rc != 0 || part == PH_PART_NONE || part == PH_PART_MARK ||
	    !ph_ref_equal(&held->fact.ref, find->ref)) {
		return rc;
	}
	return ph_act_settle(find->ledger, held, part);
}

static int settle_target(struct ph_ledger *ledger, const struct ph_ref *ref)
{
	struct find find = { .ledger = ledger, .ref = ref };

	int rc = ph_ledger_branches(ledger, ref->log_id, on_branch, &find);

	return rc != 0 ? rc : ph_fed_intake_again(ledger, ref);
}

int ph_acts_finish(struct ph_ledger *ledger)
{
	struct ph_batch *batch = &ledger->batch;
	size_t target = 0;
	int rc = ph_cuts_finish(ledger);

	/* Each may add more behind it. */
	while (rc == 0 && target < batch->n_targets) {
		struct ph_ref ref = batch->targets[target++];

		rc = settle_target(ledger, &ref);
		rc = rc != 0 ? rc : ph_cuts_finish(ledger);
	}
	return rc;
}
