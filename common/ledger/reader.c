/*
 * common/ledger/reader.c - a reader: registers, blocks, merges, consents, erasure.
 *
 * An unblock lifts the blocks it names wherever it stands in the order, for its
 * writer saw them. So unblocks are noted while the facts go by, and the blocks are
 * looked up among them at the end.
 */
#include "common/ledger/reader.h"

#include <errno.h>
#include <stdlib.h>

/* A block that an unblock names. */
struct lift {
	struct ph_ref block;
	struct ph_ref by;
	size_t order;
};

struct fold {
	const struct ph_entity_key *key;
	const struct ph_fact *facts;
	struct ph_record_fold record;
	struct ph_reader reader; /* all but the record */
	struct lift *lifts;
	size_t n_lifts;
};

static int on_block(struct fold *fold, const struct ph_fact *fact,
		    const struct ph_value *field)
{
	struct ph_reader *reader = &fold->reader;
	struct ph_block *block =
		ph_state_push((void **)&reader->blocks, &reader->n_blocks, sizeof *block);

	if (block == NULL) {
		return -ENOMEM;
	}
	block->entry = fact->ref;
	block->reason = ph_opt_of(&field[PH_BLOCK_REASON]);
	block->has_until = field[PH_BLOCK_UNTIL].set;
	if (block->has_until) {
		block->until = field[PH_BLOCK_UNTIL].as.day;
	}
	return 0;
}

static int on_unblock(struct fold *fold, const struct ph_fact *fact,
		      const struct ph_value *blocks)
{
	struct ph_list_iter iter = ph_list_begin(&blocks->as.list);
	struct ph_ref block;

	while (ph_list_next_ref(&iter, &block)) {
		struct lift *lift = ph_state_push((void **)&fold->lifts, &fold->n_lifts,
						  sizeof *lift);

		if (lift == NULL) {
			return -ENOMEM;
		}
		*lift = (struct lift){ .block = block,
				       .by = fact->ref,
				       .order = fold->n_lifts };
	}
	return 0;
}

static int on_consent(struct fold *fold, const struct ph_fact *fact,
		      const struct ph_value *field)
{
	struct ph_reader *reader = &fold->reader;
	struct ph_consent *consent = ph_state_push((void **)&reader->consents,
						   &reader->n_consents, sizeof *consent);

	if (consent == NULL) {
		return -ENOMEM;
	}
	consent->entry = fact->ref;
	consent->given = field[PH_CONSENT_GIVEN].as.uint;
	return 0;
}

static int on_fact(void *data, const struct ph_fact *fact, const struct ph_entry *entry)
{
	struct fold *fold = data;
	struct ph_reader *reader = &fold->reader;
	const struct ph_value *field = entry->field;

	switch (entry->number) {
	case PH_KIND_READER_PUT:
		return ph_record_fold_put(&fold->record, fold->key, fold->facts,
					  (size_t)(fact - fold->facts), entry);
	case PH_KIND_READER_BLOCK:
		return on_block(fold, fact, field);
	case PH_KIND_READER_UNBLOCK:
		return on_unblock(fold, fact, &field[PH_UNBLOCK_BLOCKS]);
	case PH_KIND_READER_MERGE:
		return ph_state_add_edge(&reader->merges, &reader->n_merges, fact,
					 fold->key, &field[PH_READER_MERGE_READER].as.ref,
					 &field[PH_READER_MERGE_OTHER].as.ref);
	case PH_KIND_CONSENT:
		return on_consent(fold, fact, field);
	case PH_KIND_READER_ERASE:
		if (!reader->erased) {
			reader->erased = true;
			reader->erased_by = fact->ref;
		}
		return 0;
	default:
		return 0;
	}
}

static int compare_lifts(const void *a, const void *b)
{
	const struct lift *x = a, *y = b;
	int by_block = ph_ref_compare(&x->block, &y->block);

	if (by_block != 0) {
		return by_block;
	}
	return x->order < y->order ? -1 : x->order > y->order;
}

/* The first of the sorted lifts that is not before BLOCK's. */
static size_t first_lift(const struct fold *fold, const struct ph_ref *block)
{
	size_t low = 0, high = fold->n_lifts;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ph_ref_compare(&fold->lifts[middle].block, block) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static void lift_blocks(struct fold *fold)
{
	if (fold->n_lifts == 0) {
		return;
	}
	qsort(fold->lifts, fold->n_lifts, sizeof *fold->lifts, compare_lifts);
	for (size_t i = 0; i < fold->reader.n_blocks; i++) {
		struct ph_block *block = &fold->reader.blocks[i];
		size_t at = first_lift(fold, &block->entry);

		if (at < fold->n_lifts &&
		    ph_ref_equal(&fold->lifts[at].block, &block->entry)) {
			block->lifted = true;
			block->lifted_by = fold->lifts[at].by;
		}
	}
}

static void write_block(struct ph_mpw *writer, const struct ph_block *block)
{
	struct ph_row row;

	ph_row_begin(&row, writer);
	ph_row_item(&row, true);
	ph_ref_write(writer, &block->entry);
	if (ph_row_item(&row, block->reason.set)) {
		ph_mpw_uint(writer, block->reason.value);
	}
	if (ph_row_item(&row, block->has_until)) {
		ph_state_int(writer, block->until);
	}
	if (ph_row_item(&row, block->lifted)) {
		ph_ref_write(writer, &block->lifted_by);
	}
	ph_row_end(&row);
}

static int write_state(struct fold *fold, struct ph_buf *state_out)
{
	const struct ph_reader *reader = &fold->reader;
	struct ph_mpw writer;
	struct ph_row row;
	int rc;

	ph_mpw_init(&writer, state_out);
	ph_row_begin(&row, &writer);
	rc = ph_record_fold_write(&fold->record, fold->facts, &row);
	if (ph_row_item(&row, reader->n_blocks > 0)) {
		ph_mpw_array(&writer, reader->n_blocks);
	}
	for (size_t i = 0; i < reader->n_blocks; i++) {
		write_block(&writer, &reader->blocks[i]);
	}
	if (ph_row_item(&row, reader->n_merges > 0)) {
		ph_state_write_edges(&writer, reader->merges, reader->n_merges);
	}
	if (ph_row_item(&row, reader->n_consents > 0)) {
		ph_mpw_array(&writer, reader->n_consents);
	}
	for (size_t i = 0; i < reader->n_consents; i++) {
		ph_mpw_array(&writer, 2);
		ph_ref_write(&writer, &reader->consents[i].entry);
		ph_mpw_uint(&writer, reader->consents[i].given);
	}
	if (ph_row_item(&row, reader->erased)) {
		ph_ref_write(&writer, &reader->erased_by);
	}
	ph_row_end(&row);
	return rc != 0 ? rc : ph_mpw_end(&writer);
}

int ph_reader_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		   struct ph_buf *state_out)
{
	struct fold fold = { .key = key, .facts = facts };
	int rc = ph_state_each(facts, n, on_fact, &fold);

	if (rc == 0) {
		lift_blocks(&fold);
		rc = write_state(&fold, state_out);
	}
	ph_record_fold_deinit(&fold.record);
	ph_reader_deinit(&fold.reader);
	free(fold.lifts);
	return rc;
}

/* --- reading --- */

static bool read_block(const msgpack_object *object, void *item)
{
	const msgpack_object_array *array = ph_mp_array(object, 1, 4);
	struct ph_block *block = item;

	if (array == NULL || !ph_ref_read(&array->ptr[0], &block->entry) ||
	    !ph_state_get_opt(ph_mp_item(array, 1), &block->reason)) {
		return false;
	}
	block->has_until = !ph_mp_is_nil(ph_mp_item(array, 2));
	block->lifted = !ph_mp_is_nil(ph_mp_item(array, 3));
	return (!block->has_until || ph_state_get_int(&array->ptr[2], &block->until)) &&
	       (!block->lifted || ph_ref_read(&array->ptr[3], &block->lifted_by));
}

static bool read_consent(const msgpack_object *object, void *item)
{
	const msgpack_object_array *array = ph_mp_array(object, 2, 2);
	struct ph_consent *consent = item;

	return array != NULL && ph_ref_read(&array->ptr[0], &consent->entry) &&
	       ph_mp_uint(&array->ptr[1], UINT64_MAX, &consent->given);
}

static int read_reader(const msgpack_object_array *array, struct ph_reader *reader)
{
	const msgpack_object *erased = ph_mp_item(array, 5);
	int rc = ph_record_read(array, ph_kind_find(PH_KIND_READER_PUT), &reader->record);

	rc = rc != 0 ? rc
		     : ph_state_get_list(ph_mp_item(array, 2), sizeof *reader->blocks,
					 read_block, (void **)&reader->blocks,
					 &reader->n_blocks);
	rc = rc != 0 ? rc
		     : ph_state_get_edges(ph_mp_item(array, 3), &reader->merges,
					  &reader->n_merges);
	rc = rc != 0 ? rc
		     : ph_state_get_list(ph_mp_item(array, 4), sizeof *reader->consents,
					 read_consent, (void **)&reader->consents,
					 &reader->n_consents);
	reader->erased = !ph_mp_is_nil(erased);
	if (rc == 0 && reader->erased && !ph_ref_read(erased, &reader->erased_by)) {
		rc = -EUCLEAN;
	}
	return rc;
}

int ph_reader_decode(struct ph_view state, struct ph_reader *reader)
{
	struct ph_reader got = { 0 };
	const msgpack_object_array *array;
	struct ph_mp mp;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}
	rc = read_reader(array, &got);
	ph_mp_deinit(&mp);
	if (rc != 0) {
		ph_reader_deinit(&got);
		return rc;
	}
	*reader = got;
	return 0;
}

void ph_reader_deinit(struct ph_reader *reader)
{
	ph_record_deinit(&reader->record);
	free(reader->blocks);
	free(reader->merges);
	free(reader->consents);
	*reader = (struct ph_reader){ 0 };
}
