/*
 * common/ledger/hold.c - a hold: placed, cancelled, ready, filled.
 *
 * Of several sites that say they have a copy ready, the first one in time wins, so
 * far as the hold was still wanted: before its first cancel, and on or before its last
 * day. Whether it was wanted may be heard of last, so readies are gathered first.
 */
#include "common/ledger/hold.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/clock.h"

struct fold {
	struct ph_hold hold;
	struct ph_hold_copy *readies; /* in order */
	size_t n_readies;
	size_t in_time; /* of them, those before the first cancel */
};

static void take_place(struct ph_hold *hold, const struct ph_fact *fact,
		       const struct ph_value *field)
{
	hold->placed = true;
	hold->card = field[PH_HOLD_CARD].as.id;
	hold->expires = field[PH_HOLD_EXPIRES].as.day;
	hold->pickup = field[PH_HOLD_PICKUP].as.uint;
	hold->has_title = field[PH_HOLD_TITLE].set;
	if (hold->has_title) {
		hold->title = field[PH_HOLD_TITLE].as.ref;
	}
	hold->has_copy = field[PH_HOLD_COPY].set;
	if (hold->has_copy) {
		hold->copy = field[PH_HOLD_COPY].as.id;
	}
	hold->site = fact->site;
	hold->second = fact->second;
}

static struct ph_hold_copy copy_of(const struct ph_fact *fact,
				   const struct ph_value *copy)
{
	return (struct ph_hold_copy){ .entry = fact->ref,
				      .copy = copy->as.id,
				      .site = fact->site,
				      .second = fact->second };
}

static int add_ready(struct fold *fold, const struct ph_fact *fact,
		     const struct ph_value *field)
{
	struct ph_hold_copy *ready =
		ph_state_push((void **)&fold->readies, &fold->n_readies, sizeof *ready);

	if (ready == NULL) {
		return -ENOMEM;
	}
	*ready = copy_of(fact, &field[PH_HOLD_READY_COPY]);
	if (!fold->hold.is_cancelled) {
		fold->in_time = fold->n_readies;
	}
	return 0;
}

static int on_fact(void *data, const struct ph_fact *fact, const struct ph_entry *entry)
{
	struct fold *fold = data;
	struct ph_hold *hold = &fold->hold;

	switch (entry->number) {
	case PH_KIND_HOLD_PLACE:
		take_place(hold, fact, entry->field);
		return 0;
	case PH_KIND_HOLD_CANCEL:
		if (!hold->is_cancelled) {
			hold->is_cancelled = true;
			hold->cancelled = ph_act_of(fact);
		}
		return 0;
	case PH_KIND_HOLD_READY:
		return add_ready(fold, fact, entry->field);
	case PH_KIND_LOAN:
		if (!hold->is_filled) {
			hold->is_filled = true;
			hold->filled = copy_of(fact, &entry->field[PH_LOAN_COPY]);
		}
		return 0;
	default:
		return 0;
	}
}

static int choose(struct fold *fold)
{
	struct ph_hold *hold = &fold->hold;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < fold->n_readies; i++) {
		const struct ph_hold_copy *ready = &fold->readies[i];
		bool wanted =
			i < fold->in_time &&
			(!hold->placed || ph_day_of(ready->second) <= hold->expires);

		if (wanted && !hold->is_ready) {
			hold->is_ready = true;
			hold->ready = *ready;
			continue;
		}
		rc = ph_state_add_ref(&hold->others, &hold->n_others, &ready->entry);
	}
	return rc;
}

/* --- writing --- */

static void write_placed(struct ph_mpw *writer, const struct ph_hold *hold)
{
	ph_mpw_array(writer, 7);
	ph_id_write(writer, &hold->card);
	ph_state_int(writer, hold->expires);
	ph_mpw_uint(writer, hold->pickup);
	if (hold->has_title) {
		ph_ref_write(writer, &hold->title);
	} else {
		ph_mpw_nil(writer);
	}
	if (hold->has_copy) {
		ph_id_write(writer, &hold->copy);
	} else {
		ph_mpw_nil(writer);
	}
	ph_mpw_uint(writer, hold->site);
	ph_state_int(writer, hold->second);
}

static void write_copy(struct ph_mpw *writer, const struct ph_hold_copy *item)
{
	ph_mpw_array(writer, 4);
	ph_ref_write(writer, &item->entry);
	ph_id_write(writer, &item->copy);
	ph_mpw_uint(writer, item->site);
	ph_state_int(writer, item->second);
}

static int write_state(const struct ph_hold *hold, struct ph_buf *state_out)
{
	struct ph_mpw writer;
	struct ph_row row;

	ph_mpw_init(&writer, state_out);
	ph_row_begin(&row, &writer);
	if (ph_row_item(&row, hold->placed)) {
		write_placed(&writer, hold);
	}
	if (ph_row_item(&row, hold->is_cancelled)) {
		ph_state_write_act(&writer, &hold->cancelled);
	}
	if (ph_row_item(&row, hold->is_ready)) {
		write_copy(&writer, &hold->ready);
	}
	if (ph_row_item(&row, hold->is_filled)) {
		write_copy(&writer, &hold->filled);
	}
	if (ph_row_item(&row, hold->n_others > 0)) {
		ph_state_write_refs(&writer, hold->others, hold->n_others);
	}
	ph_row_end(&row);
	return ph_mpw_end(&writer);
}

int ph_hold_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		 struct ph_buf *state_out)
{
	struct fold fold = { 0 };
	int rc = ph_state_each(facts, n, on_fact, &fold);

	(void)key; /* each fact names one hold */
	rc = rc != 0 ? rc : choose(&fold);
	rc = rc != 0 ? rc : write_state(&fold.hold, state_out);
	ph_hold_deinit(&fold.hold);
	free(fold.readies);
	return rc;
}

/* --- reading --- */

static bool read_placed(const msgpack_object *object, struct ph_hold *hold)
{
	const msgpack_object_array *array = ph_mp_array(object, 7, 7);

	if (ph_mp_is_nil(object)) {
		return true;
	}
	if (array == NULL) {
		return false;
	}
	hold->placed = true;
	hold->has_title = !ph_mp_is_nil(&array->ptr[3]);
	hold->has_copy = !ph_mp_is_nil(&array->ptr[4]);
	return ph_id_read(&array->ptr[0], &hold->card) &&
	       ph_state_get_int(&array->ptr[1], &hold->expires) &&
	       ph_mp_uint(&array->ptr[2], UINT64_MAX, &hold->pickup) &&
	       (!hold->has_title || ph_ref_read(&array->ptr[3], &hold->title)) &&
	       (!hold->has_copy || ph_id_read(&array->ptr[4], &hold->copy)) &&
	       ph_mp_uint(&array->ptr[5], UINT64_MAX, &hold->site) &&
	       ph_state_get_int(&array->ptr[6], &hold->second);
}

/* SET: whether there is one. */
static bool read_copy(const msgpack_object *object, bool *set, struct ph_hold_copy *item)
{
	const msgpack_object_array *array = ph_mp_array(object, 4, 4);

	*set = !ph_mp_is_nil(object);
	return !*set || (array != NULL && ph_ref_read(&array->ptr[0], &item->entry) &&
			 ph_id_read(&array->ptr[1], &item->copy) &&
			 ph_mp_uint(&array->ptr[2], UINT64_MAX, &item->site) &&
			 ph_state_get_int(&array->ptr[3], &item->second));
}

int ph_hold_decode(struct ph_view state, struct ph_hold *hold)
{
	struct ph_hold got = { 0 };
	const msgpack_object_array *array;
	const msgpack_object *cancelled;
	struct ph_mp mp;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}
	cancelled = ph_mp_item(array, 1);
	got.is_cancelled = !ph_mp_is_nil(cancelled);
	if (!read_placed(ph_mp_item(array, 0), &got) ||
	    (got.is_cancelled && !ph_state_get_act(cancelled, &got.cancelled)) ||
	    !read_copy(ph_mp_item(array, 2), &got.is_ready, &got.ready) ||
	    !read_copy(ph_mp_item(array, 3), &got.is_filled, &got.filled)) {
		rc = -EUCLEAN;
	}
	rc = rc != 0 ? rc
		     : ph_state_get_refs(ph_mp_item(array, 4), &got.others,
					 &got.n_others);
	ph_mp_deinit(&mp);
	if (rc == 0) {
		*hold = got;
	}
	return rc;
}

void ph_hold_deinit(struct ph_hold *hold)
{
	free(hold->others);
	*hold = (struct ph_hold){ 0 };
}
