/*
 * client/card.c - handing a card to a reader.
 */
#include "client/card.h"

#include <errno.h>

#include "common/base/say.h"
#include "common/ledger/query.h"

/* A card of ours that nobody else has, as far as is known here. */
static int name_card(struct ph_desk *desk, const char *code, const struct ph_ref *reader,
		     struct ph_id *id, struct ph_error *err)
{
	struct ph_ref other;
	int rc;

	desk->scanner.naming = PH_T_CARD_ID;
	rc = ph_scan(&desk->scanner, PH_T_CARD_ID, ph_view_str(code), id, err);
	desk->scanner.naming = PH_T_UINT;
	if (rc < 0) {
		return rc;
	}
	rc = ph_query_reader_of(desk->ledger, id, &other);
	if (rc == 0 && !ph_ref_equal(&other, reader) && !ph_cli_has(desk->cli, "again")) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EEXIST,
			ph_say("this card is another reader's; `card show` tells whose",
			       "thẻ này là của bạn đọc khác; `card show` cho biết của "
			       "ai"));
	}
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("looking up a card", "tìm thẻ"))
		      : 0;
}

int ph_card_put(struct ph_desk *desk, const char *code, const struct ph_ref *reader,
		bool unknown, struct ph_error *err)
{
	char printed[PH_PRINTED_SIZE + 1];
	json_t *slip = ph_desk_slip(desk, "card-issue", err);
	struct ph_id id = { 0 };
	int rc = slip ? 0 : -EINVAL;

	if (rc == 0 && code) {
		rc = name_card(desk, code, reader, &id, err);
	} else if (rc == 0) {
		rc = ph_site_print_code(desk->site, printed, err);
		id.code = ph_view_str(printed);
	}
	rc = rc != 0 ? rc : ph_slip_id(slip, "card", &id, err);
	rc = rc != 0 ? rc : ph_slip_ref(slip, "reader", reader);
	if (rc != 0) {
		json_decref(slip);
		return ph_fail_errno(err, rc, ph_say("naming a card", "ghi mã thẻ"));
	}
	desk->ref_unknown = unknown;
	return ph_desk_put(desk, &slip, NULL, err);
}
