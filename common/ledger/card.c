/*
 * common/ledger/card.c - a card: to whom it was issued.
 *
 * Every issue is kept, in order; the last one holds. A card issued twice to two
 * readers is somebody's mistake, and both issues are there to be seen.
 */
#include "common/ledger/card.h"

#include <errno.h>
#include <stdlib.h>

#include "common/ledger/state.h"

int ph_card_fold(const struct ph_fact *facts, size_t n, struct ph_buf *state_out)
{
	struct ph_entry *entry = malloc(sizeof *entry);
	struct ph_mpw writer;
	int rc = entry == NULL ? -ENOMEM : 0;

	if (n == 0 || rc != 0) {
		goto out;
	}
	ph_mpw_init(&writer, state_out);
	ph_mpw_array(&writer, 1);
	ph_mpw_array(&writer, n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = ph_fact_entry(&facts[i], entry);
		if (rc != 0) {
			break;
		}
		ph_mpw_array(&writer, 4);
		ph_ref_write(&writer, &entry->field[PH_CARD_READER].as.ref);
		ph_ref_write(&writer, &facts[i].ref);
		ph_mpw_uint(&writer, facts[i].site);
		ph_state_int(&writer, facts[i].second);
	}
	rc = rc != 0 ? rc : ph_mpw_end(&writer);
out:
	free(entry);
	return rc;
}

static bool decode_issue(const msgpack_object *object, struct ph_issue *issue)
{
	const msgpack_object_array *array = ph_mp_array(object, 4, 4);

	return array != NULL && ph_ref_read(&array->ptr[0], &issue->reader) &&
	       ph_ref_read(&array->ptr[1], &issue->entry) &&
	       ph_mp_uint(&array->ptr[2], UINT64_MAX, &issue->site) &&
	       ph_state_get_int(&array->ptr[3], &issue->second);
}

int ph_card_decode(struct ph_view state, struct ph_card *card)
{
	struct ph_card got = { 0 };
	const msgpack_object_array *array;
	struct ph_mp mp;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}

	const msgpack_object_array *issues =
		ph_mp_array(ph_mp_item(array, 0), 1, SIZE_MAX);

	if (issues == NULL) {
		rc = -EUCLEAN;
		goto out;
	}
	got.issues = calloc(issues->size, sizeof *got.issues);
	if (got.issues == NULL) {
		rc = -ENOMEM;
		goto out;
	}
	for (size_t i = 0; rc == 0 && i < issues->size; i++) {
		rc = decode_issue(&issues->ptr[i], &got.issues[got.n++]) ? 0 : -EUCLEAN;
	}
out:
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
	*card = (struct ph_card){ 0 };
}
