/*
 * client/barred.c - whether a card may borrow, as far as is known here.
 *
 * A loan is recorded all the same, since it has happened; the hub makes a case of it. But
 * whoever stands at the desk is told while the book is still there.
 */
#include "client/barred.h"

#include <errno.h>

#include "client/edges.h"
#include "common/cli/out.h"
#include "common/ledger/card.h"
#include "common/ledger/query.h"
#include "common/ledger/reader.h"

static int look_card(struct ph_ledger *ledger, const struct ph_id *id, const char **why)
{
	struct ph_entity_key key;
	struct ph_buf state = { 0 };
	struct ph_card card = { 0 };
	int rc =
		ph_key_id(PH_ENTITY_CARD, id, &key)
			? ph_ledger_get(ledger, PH_ENTITY_CARD, ph_key_view(&key), &state)
			: PH_LEDGER_E_NONE;

	rc = rc != 0 ? rc : ph_card_decode(ph_buf_view(&state), &card);
	if (rc == 0 && (card.n_stops > 0 || card.erased)) {
		*why = ph_say("this card was stopped", "thẻ này đã ngừng dùng");
	}
	ph_card_deinit(&card);
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

static int look_reader(struct ph_ledger *ledger, const struct ph_entity_key *key,
		       int64_t day, const char **why)
{
	struct ph_buf state = { 0 };
	struct ph_reader reader = { 0 };
	int rc = ph_ledger_get(ledger, PH_ENTITY_READER, ph_key_view(key), &state);

	rc = rc != 0 ? rc : ph_reader_decode(ph_buf_view(&state), &reader);
	for (size_t i = 0; rc == 0 && i < reader.n_blocks; i++) {
		const struct ph_block *block = &reader.blocks[i];

		if (!block->lifted && (!block->has_until || block->until >= day)) {
			*why = ph_say("this reader is blocked",
				      "bạn đọc này đang bị khóa");
		}
	}
	if (rc == 0 && reader.erased) {
		*why = ph_say("this reader was erased", "bạn đọc này đã được xóa");
	}
	ph_reader_deinit(&reader);
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

int ph_barred(struct ph_desk *desk, const struct ph_id *card, int64_t day,
	      const char **why_out)
{
	struct ph_reach reach = { 0 };
	struct ph_entity_key key;
	struct ph_ref reader;
	int rc;

	*why_out = NULL;
	rc = look_card(desk->ledger, card, why_out);
	rc = rc != 0 ? rc : ph_query_reader_of(desk->ledger, card, &reader);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	key = ph_key_ref(PH_ENTITY_READER, &reader);
	rc = ph_reach_from(desk->ledger, &key, &reach);
	for (size_t i = 0; rc == 0 && i < reach.n; i++) {
		rc = look_reader(desk->ledger, &reach.items[i].key, day, why_out);
	}
	ph_reach_deinit(&reach);
	return rc;
}
