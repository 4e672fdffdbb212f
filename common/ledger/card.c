/*
 * common/ledger/card.c - a card: to whom it was issued, and what stopped it.
 *
 * Every issue is kept, in order; the last one holds. A card issued twice to two
 * readers is somebody's mistake, and both issues are there to be seen.
 */
#include "common/ledger/card.h"

#include <errno.h>
#include <stdlib.h>

static int add_issue(struct ph_card *card, const struct ph_fact *fact,
		     const struct ph_value *field)
{
	struct ph_issue *issue =
		ph_state_push((void **)&card->issues, &card->n_issues, sizeof *issue);

	if (issue == NULL) {
		return -ENOMEM;
	}
	issue->reader = field[PH_CARD_READER].as.ref;
	issue->entry = fact->ref;
	issue->site = fact->site;
	issue->second = fact->second;
	return 0;
}

static int add_stop(struct ph_card *card, const struct ph_fact *fact,
		    const struct ph_value *field)
{
	struct ph_card_stop *stop =
		ph_state_push((void **)&card->stops, &card->n_stops, sizeof *stop);

	if (stop == NULL) {
		return -ENOMEM;
	}
	stop->entry = fact->ref;
	stop->reason = ph_opt_of(&field[PH_CARD_STOP_REASON]);
	stop->site = fact->site;
	stop->second = fact->second;
	return 0;
}

static int on_fact(void *data, const struct ph_fact *fact, const struct ph_entry *entry)
{
	struct ph_card *card = data;

	switch (entry->number) {
	case PH_KIND_CARD_ISSUE:
		return add_issue(card, fact, entry->field);
	case PH_KIND_CARD_STOP:
		return add_stop(card, fact, entry->field);
	case PH_KIND_READER_ERASE:
		if (!card->erased) {
			card->erased = true;
			card->erased_by = fact->ref;
		}
		return 0;
	default:
		return 0;
	}
}

static int write_state(const struct ph_card *card, struct ph_buf *state_out)
{
	struct ph_mpw writer;
	struct ph_row row;

	ph_mpw_init(&writer, state_out);
	ph_row_begin(&row, &writer);
	if (ph_row_item(&row, card->n_issues > 0)) {
		ph_mpw_array(&writer, card->n_issues);
	}
	for (size_t i = 0; i < card->n_issues; i++) {
		const struct ph_issue *issue = &card->issues[i];

		ph_mpw_array(&writer, 4);
		ph_ref_write(&writer, &issue->reader);
		ph_ref_write(&writer, &issue->entry);
		ph_mpw_uint(&writer, issue->site);
		ph_state_int(&writer, issue->second);
	}
	if (ph_row_item(&row, card->n_stops > 0)) {
		ph_mpw_array(&writer, card->n_stops);
	}
	for (size_t i = 0; i < card->n_stops; i++) {
		const struct ph_card_stop *stop = &card->stops[i];

		ph_mpw_array(&writer, 4);
		ph_ref_write(&writer, &stop->entry);
		ph_state_write_opt(&writer, &stop->reason);
		ph_mpw_uint(&writer, stop->site);
		ph_state_int(&writer, stop->second);
	}
	if (ph_row_item(&row, card->erased)) {
		ph_ref_write(&writer, &card->erased_by);
	}
	ph_row_end(&row);
	return ph_mpw_end(&writer);
}

int ph_card_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		 struct ph_buf *state_out)
{
	struct ph_card card = { 0 };
	int rc = ph_state_each(facts, n, on_fact, &card);

	(void)key; /* every fact of a card says the same of each it names */
	rc = rc != 0 ? rc : write_state(&card, state_out);
	ph_card_deinit(&card);
	return rc;
}

/* --- reading --- */

static bool read_issue(const msgpack_object *object, void *item)
{
	const msgpack_object_array *array = ph_mp_array(object, 4, 4);
	struct ph_issue *issue = item;

	return array != NULL && ph_ref_read(&array->ptr[0], &issue->reader) &&
	       ph_ref_read(&array->ptr[1], &issue->entry) &&
	       ph_mp_uint(&array->ptr[2], UINT64_MAX, &issue->site) &&
	       ph_state_get_int(&array->ptr[3], &issue->second);
}

static bool read_stop(const msgpack_object *object, void *item)
{
	const msgpack_object_array *array = ph_mp_array(object, 4, 4);
	struct ph_card_stop *stop = item;

	return array != NULL && ph_ref_read(&array->ptr[0], &stop->entry) &&
	       ph_state_get_opt(&array->ptr[1], &stop->reason) &&
	       ph_mp_uint(&array->ptr[2], UINT64_MAX, &stop->site) &&
	       ph_state_get_int(&array->ptr[3], &stop->second);
}

int ph_card_decode(struct ph_view state, struct ph_card *card)
{
	struct ph_card got = { 0 };
	const msgpack_object_array *array;
	const msgpack_object *erased;
	struct ph_mp mp;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}
	rc = ph_state_get_list(ph_mp_item(array, 0), sizeof *got.issues, read_issue,
			       (void **)&got.issues, &got.n_issues);
	rc = rc != 0 ? rc
		     : ph_state_get_list(ph_mp_item(array, 1), sizeof *got.stops,
					 read_stop, (void **)&got.stops, &got.n_stops);
	erased = ph_mp_item(array, 2);
	got.erased = !ph_mp_is_nil(erased);
	if (rc == 0 && got.erased && !ph_ref_read(erased, &got.erased_by)) {
		rc = -EUCLEAN;
	}
	ph_mp_deinit(&mp);
	if (rc != 0) {
		ph_card_deinit(&got);
		return rc;
	}
	*card = got;
	return 0;
}

void ph_card_deinit(struct ph_card *card)
{
	free(card->issues);
	free(card->stops);
	*card = (struct ph_card){ 0 };
}
