/*
 * common/ledger/title.c - a title: its registers, and what it was recognised as.
 *
 * A merge is an edge between two titles; each keeps its own registers and facts.
 * Which titles are one is a view (docs/MERGE.md, "Classes").
 */
#include "common/ledger/title.h"

#include <errno.h>
#include <stdlib.h>

struct fold {
	const struct ph_entity_key *key;
	const struct ph_fact *facts;
	struct ph_record_fold record;
	struct ph_title title; /* merges only */
};

static int on_fact(void *data, const struct ph_fact *fact, const struct ph_entry *entry)
{
	struct fold *fold = data;
	const struct ph_value *field = entry->field;

	switch (entry->number) {
	case PH_KIND_TITLE_PUT:
		return ph_record_fold_put(&fold->record, fold->key, fold->facts,
					  (size_t)(fact - fold->facts), entry);
	case PH_KIND_TITLE_MERGE:
		return ph_state_add_edge(&fold->title.merges, &fold->title.n_merges, fact,
					 fold->key, &field[PH_TITLE_MERGE_TITLE].as.ref,
					 &field[PH_TITLE_MERGE_OTHER].as.ref);
	default:
		return 0;
	}
}

static int write_state(struct fold *fold, struct ph_buf *state_out)
{
	const struct ph_title *title = &fold->title;
	struct ph_mpw writer;
	struct ph_row row;
	int rc;

	ph_mpw_init(&writer, state_out);
	ph_row_begin(&row, &writer);
	rc = ph_record_fold_write(&fold->record, fold->facts, &row);
	if (ph_row_item(&row, title->n_merges > 0)) {
		ph_state_write_edges(&writer, title->merges, title->n_merges);
	}
	ph_row_end(&row);
	return rc != 0 ? rc : ph_mpw_end(&writer);
}

int ph_title_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		  struct ph_buf *state_out)
{
	struct fold fold = { .key = key, .facts = facts };
	int rc = ph_state_each(facts, n, on_fact, &fold);

	rc = rc != 0 ? rc : write_state(&fold, state_out);
	ph_record_fold_deinit(&fold.record);
	ph_title_deinit(&fold.title);
	return rc;
}

int ph_title_decode(struct ph_view state, struct ph_title *title)
{
	struct ph_title got = { 0 };
	const msgpack_object_array *array;
	struct ph_mp mp;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}
	rc = ph_record_read(array, ph_kind_find(PH_KIND_TITLE_PUT), &got.record);
	rc = rc != 0 ? rc
		     : ph_state_get_edges(ph_mp_item(array, 2), &got.merges,
					  &got.n_merges);
	ph_mp_deinit(&mp);
	if (rc != 0) {
		ph_title_deinit(&got);
		return rc;
	}
	*title = got;
	return 0;
}

void ph_title_deinit(struct ph_title *title)
{
	ph_record_deinit(&title->record);
	free(title->merges);
	*title = (struct ph_title){ 0 };
}
