/*
 * common/ledger/crate.c - a journey of a crate: what was sent and what came.
 *
 * What is short and what is over only counts once somebody said that nothing more
 * comes: until then a box may still stand in the van.
 */
#include "common/ledger/crate.h"

#include <errno.h>
#include <stdlib.h>

/* Copies by the order of their ids, each once, when sorted. */
struct ids {
	struct ph_id *items;
	size_t n;
};

struct fold {
	struct ph_crate crate;
	struct ids sent, scanned;
};

static int add_copies(struct ids *ids, const struct ph_value *copies)
{
	struct ph_list_iter iter;
	struct ph_id id;

	if (!copies->set) {
		return 0;
	}
	iter = ph_list_begin(&copies->as.list);
	while (ph_list_next_id(&iter, &id)) {
		struct ph_id *item =
			ph_state_push((void **)&ids->items, &ids->n, sizeof *item);

		if (item == NULL) {
			return -ENOMEM;
		}
		*item = id;
	}
	return 0;
}

static int on_dispatch(struct fold *fold, const struct ph_fact *fact,
		       const struct ph_value *field)
{
	struct ph_crate *crate = &fold->crate;
	struct ph_dispatch *item = ph_state_push((void **)&crate->dispatches,
						 &crate->n_dispatches, sizeof *item);

	if (item == NULL) {
		return -ENOMEM;
	}
	item->entry = fact->ref;
	item->from = field[PH_DISPATCH_FROM].as.uint;
	item->to = field[PH_DISPATCH_TO].as.uint;
	item->second = fact->second;
	item->has_due = field[PH_DISPATCH_DUE_BACK].set;
	if (item->has_due) {
		item->due_back = field[PH_DISPATCH_DUE_BACK].as.day;
	}
	return add_copies(&fold->sent, &field[PH_DISPATCH_COPIES]);
}

static bool is_one(const struct ph_value *flag)
{
	return flag->set && flag->as.uint == 1;
}

static int on_receive(struct fold *fold, const struct ph_fact *fact,
		      const struct ph_value *field)
{
	struct ph_crate *crate = &fold->crate;
	struct ph_receive *item = ph_state_push((void **)&crate->receives,
						&crate->n_receives, sizeof *item);

	if (item == NULL) {
		return -ENOMEM;
	}
	item->entry = fact->ref;
	item->site = fact->site;
	item->second = fact->second;
	item->listed = is_one(&field[PH_RECEIVE_LISTED]);
	item->final = is_one(&field[PH_RECEIVE_FINAL]);
	return add_copies(&fold->scanned, &field[PH_RECEIVE_COPIES]);
}

static int on_fact(void *data, const struct ph_fact *fact, const struct ph_entry *entry)
{
	switch (entry->number) {
	case PH_KIND_CRATE_DISPATCH:
		return on_dispatch(data, fact, entry->field);
	case PH_KIND_CRATE_RECEIVE:
		return on_receive(data, fact, entry->field);
	default:
		return 0;
	}
}

/* --- what is short and what is over --- */

/* The order of entities: namespace, then bytes of the code. */
static int compare_ids(const void *a, const void *b)
{
	const struct ph_id *x = a, *y = b;

	if (x->ns != y->ns) {
		return x->ns < y->ns ? -1 : 1;
	}
	return ph_view_compare(x->code, y->code);
}

static void sort_ids(struct ids *ids)
{
	size_t kept = 0;

	if (ids->n < 2) {
		return;
	}
	qsort(ids->items, ids->n, sizeof *ids->items, compare_ids);
	for (size_t i = 0; i < ids->n; i++) {
		if (i == 0 || compare_ids(&ids->items[i], &ids->items[kept - 1]) != 0) {
			ids->items[kept++] = ids->items[i];
		}
	}
	ids->n = kept;
}

/* Those of ALL that are not in FOUND, both sorted. 0 or -ENOMEM. */
static int without(const struct ids *all, const struct ids *found,
		   struct ph_id **items_out, size_t *n_out)
{
	size_t at = 0;

	for (size_t i = 0; i < all->n; i++) {
		while (at < found->n &&
		       compare_ids(&found->items[at], &all->items[i]) < 0) {
			at++;
		}
		if (at < found->n &&
		    compare_ids(&found->items[at], &all->items[i]) == 0) {
			continue;
		}

		struct ph_id *item =
			ph_state_push((void **)items_out, n_out, sizeof *item);

		if (item == NULL) {
			return -ENOMEM;
		}
		*item = all->items[i];
	}
	return 0;
}

static int compare_lists(struct fold *fold)
{
	struct ph_crate *crate = &fold->crate;
	bool final = false, listed = false;
	int rc = 0;

	for (size_t i = 0; i < crate->n_receives; i++) {
		final = final || crate->receives[i].final;
		listed = listed || crate->receives[i].listed;
	}
	if (!final) {
		return 0;
	}
	sort_ids(&fold->sent);
	sort_ids(&fold->scanned);
	if (!listed) {
		rc = without(&fold->sent, &fold->scanned, &crate->lacking,
			     &crate->n_lacking);
	}
	return rc != 0 ? rc
		       : without(&fold->scanned, &fold->sent, &crate->surplus,
				 &crate->n_surplus);
}

/* --- writing --- */

static void write_dispatches(struct ph_mpw *writer, const struct ph_crate *crate)
{
	ph_mpw_array(writer, crate->n_dispatches);
	for (size_t i = 0; i < crate->n_dispatches; i++) {
		const struct ph_dispatch *item = &crate->dispatches[i];

		ph_mpw_array(writer, 5);
		ph_ref_write(writer, &item->entry);
		ph_mpw_uint(writer, item->from);
		ph_mpw_uint(writer, item->to);
		ph_state_int(writer, item->second);
		if (item->has_due) {
			ph_state_int(writer, item->due_back);
		} else {
			ph_mpw_nil(writer);
		}
	}
}

static void write_receives(struct ph_mpw *writer, const struct ph_crate *crate)
{
	ph_mpw_array(writer, crate->n_receives);
	for (size_t i = 0; i < crate->n_receives; i++) {
		const struct ph_receive *item = &crate->receives[i];

		ph_mpw_array(writer, 5);
		ph_ref_write(writer, &item->entry);
		ph_mpw_uint(writer, item->site);
		ph_state_int(writer, item->second);
		ph_mpw_uint(writer, item->listed);
		ph_mpw_uint(writer, item->final);
	}
}

static void write_ids(struct ph_row *row, const struct ph_id *ids, size_t n)
{
	if (ph_row_item(row, n > 0)) {
		ph_mpw_array(row->writer, n);
	}
	for (size_t i = 0; i < n; i++) {
		ph_id_write(row->writer, &ids[i]);
	}
}

static int write_state(const struct ph_crate *crate, struct ph_buf *state_out)
{
	struct ph_mpw writer;
	struct ph_row row;

	ph_mpw_init(&writer, state_out);
	ph_row_begin(&row, &writer);
	if (ph_row_item(&row, crate->n_dispatches > 0)) {
		write_dispatches(&writer, crate);
	}
	if (ph_row_item(&row, crate->n_receives > 0)) {
		write_receives(&writer, crate);
	}
	write_ids(&row, crate->lacking, crate->n_lacking);
	write_ids(&row, crate->surplus, crate->n_surplus);
	ph_row_end(&row);
	return ph_mpw_end(&writer);
}

int ph_crate_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		  struct ph_buf *state_out)
{
	struct fold fold = { 0 };
	int rc = ph_state_each(facts, n, on_fact, &fold);

	(void)key; /* each fact names one crate */
	rc = rc != 0 ? rc : compare_lists(&fold);
	rc = rc != 0 ? rc : write_state(&fold.crate, state_out);
	ph_crate_deinit(&fold.crate);
	free(fold.sent.items);
	free(fold.scanned.items);
	return rc;
}

/* --- reading --- */

static bool read_dispatch(const msgpack_object *object, void *out)
{
	const msgpack_object_array *array = ph_mp_array(object, 5, 5);
	struct ph_dispatch *item = out;

	if (array == NULL) {
		return false;
	}
	item->has_due = !ph_mp_is_nil(&array->ptr[4]);
	return ph_ref_read(&array->ptr[0], &item->entry) &&
	       ph_mp_uint(&array->ptr[1], UINT64_MAX, &item->from) &&
	       ph_mp_uint(&array->ptr[2], UINT64_MAX, &item->to) &&
	       ph_state_get_int(&array->ptr[3], &item->second) &&
	       (!item->has_due || ph_state_get_int(&array->ptr[4], &item->due_back));
}

static bool read_receive(const msgpack_object *object, void *out)
{
	const msgpack_object_array *array = ph_mp_array(object, 5, 5);
	struct ph_receive *item = out;
	uint64_t listed, final;

	if (array == NULL || !ph_ref_read(&array->ptr[0], &item->entry) ||
	    !ph_mp_uint(&array->ptr[1], UINT64_MAX, &item->site) ||
	    !ph_state_get_int(&array->ptr[2], &item->second) ||
	    !ph_mp_uint(&array->ptr[3], 1, &listed) ||
	    !ph_mp_uint(&array->ptr[4], 1, &final)) {
		return false;
	}
	item->listed = listed == 1;
	item->final = final == 1;
	return true;
}

static bool read_id(const msgpack_object *object, void *out)
{
	return ph_id_read(object, out);
}

int ph_crate_decode(struct ph_view state, struct ph_crate *crate)
{
	struct ph_crate got = { 0 };
	const msgpack_object_array *array;
	struct ph_mp mp;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}
	rc = ph_state_get_list(ph_mp_item(array, 0), sizeof *got.dispatches,
			       read_dispatch, (void **)&got.dispatches,
			       &got.n_dispatches);
	rc = rc != 0 ? rc
		     : ph_state_get_list(ph_mp_item(array, 1), sizeof *got.receives,
					 read_receive, (void **)&got.receives,
					 &got.n_receives);
	rc = rc != 0 ? rc
		     : ph_state_get_list(ph_mp_item(array, 2), sizeof *got.lacking,
					 read_id, (void **)&got.lacking, &got.n_lacking);
	rc = rc != 0 ? rc
		     : ph_state_get_list(ph_mp_item(array, 3), sizeof *got.surplus,
					 read_id, (void **)&got.surplus, &got.n_surplus);
	ph_mp_deinit(&mp);
	if (rc != 0) {
		ph_crate_deinit(&got);
		return rc;
	}
	*crate = got;
	return 0;
}

void ph_crate_deinit(struct ph_crate *crate)
{
	free(crate->dispatches);
	free(crate->receives);
	free(crate->lacking);
	free(crate->surplus);
	*crate = (struct ph_crate){ 0 };
}
