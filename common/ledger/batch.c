/*
 * common/ledger/batch.c - what one transaction of the projection has to do at its end.
 *
 * First what its acts changed for other entries, until nothing is left; then the times
 * of what was judged; then what listed receives name; then each dirty entity is folded,
 * once, however many facts of it came in; then the tallies. Everything here is inside
 * the caller's transaction; on any error it rolls back.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/changes.h"
#include "common/ledger/state.h"
#include "common/ledger/store.h"

void ph_batch_clear(struct ph_batch *batch)
{
	ph_keyset_clear(&batch->dirty);
	ph_keyset_clear(&batch->crates);
	batch->n_targets = 0;
	batch->n_marks = 0;
	batch->n_cuts = 0;
	batch->n_changes = 0;
	ph_derived_clear(&batch->derived);
	ph_gists_clear(&batch->gists);
}

void ph_batch_deinit(struct ph_batch *batch)
{
	ph_keyset_deinit(&batch->dirty);
	ph_keyset_deinit(&batch->crates);
	free(batch->targets);
	free(batch->marks);
	free(batch->cuts);
	free(batch->changes);
	ph_derived_deinit(&batch->derived);
	ph_gists_deinit(&batch->gists);
	*batch = (struct ph_batch){ 0 };
}

int ph_batch_target(struct ph_batch *batch, const struct ph_ref *ref)
{
	int rc = ph_state_grow((void **)&batch->targets, batch->n_targets,
			       &batch->cap_targets, sizeof *batch->targets);

	if (rc == 0) {
		batch->targets[batch->n_targets++] = *ref;
	}
	return rc;
}

int ph_batch_mark(struct ph_batch *batch, const struct ph_ref *ref)
{
	int rc = ph_state_grow((void **)&batch->marks, batch->n_marks, &batch->cap_marks,
			       sizeof *batch->marks);

	if (rc == 0) {
		batch->marks[batch->n_marks++] = *ref;
	}
	return rc;
}

int ph_batch_cut(struct ph_batch *batch, bool device, const uint8_t id[static 16])
{
	int rc = ph_state_grow((void **)&batch->cuts, batch->n_cuts, &batch->cap_cuts,
			       sizeof *batch->cuts);

	if (rc == 0) {
		batch->cuts[batch->n_cuts].device = device;
		memcpy(batch->cuts[batch->n_cuts++].id, id, 16);
	}
	return rc;
}

int ph_batch_count(struct ph_batch *batch, uint64_t site, int64_t second,
		   const struct ph_entry *entry, int sign)
{
	struct ph_count counts[PH_COUNTS_MAX];
	size_t n = ph_tally_of(entry, counts);
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		rc = ph_state_grow((void **)&batch->changes, batch->n_changes,
				   &batch->cap_changes, sizeof *batch->changes);
		if (rc != 0) {
			break;
		}
		if (sign < 0) {
			counts[i].count = 0 - counts[i].count;
		}
		batch->changes[batch->n_changes++] = (struct ph_tally_change){
			.site = site, .day = ph_day_of(second), .count = counts[i]
		};
	}
	return rc;
}

int ph_batch_finish(struct ph_ledger *ledger)
{
	int rc;

	ph_memo_begin(&ledger->memo);
	rc = ph_acts_finish(ledger);
	rc = rc != 0 ? rc : ph_judges_finish(ledger);
	rc = rc != 0 ? rc : ph_listed_finish(ledger);
	rc = rc != 0 ? rc : ph_refold_dirty(ledger);
	rc = rc != 0 ? rc : ph_refold_tallies(ledger);
	rc = rc != 0 ? rc : ph_derive_finish(ledger);
	rc = rc != 0 ? rc : ph_changes_settle(ledger);
	ph_memo_end(&ledger->memo);
	return rc;
}
