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

static void write_issue(struct ph_mpw *writer, const struct ph_fact *fact,
			const struct ph_value *field)
{
	ph_mpw_array(writer, 4);
	ph_ref_write(writer, &field[PH_CARD_READER].as.ref);
	ph_ref_write(writer, &fact->ref);
	ph_mpw_uint(writer, fact->site);
	ph_state_int(writer, fact->second);
}

int ph_card_fold(const struct ph_fact *facts, size_t n, struct ph_buf *state_out)
{
	return ph_state_list(facts, n, write_issue, state_out);
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
	const msgpack_object_array *issues;
	struct ph_mp mp;
	int rc = ph_state_decode_list(state, &mp, &issues);

	if (rc != 0) {
		return rc;
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
