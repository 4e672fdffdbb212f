/*
 * client/holding.c - what is known of a hold, for the commands that fill it.
 *
 * Whatever is written counts or not by the rules of the ledger; here a person is told
 * beforehand that it would not, and for whom a copy in hand was laid aside.
 */
#include "client/holding.h"

#include <errno.h>
#include <string.h>

#include "common/cli/out.h"
#include "common/ledger/hold.h"
#include "common/ledger/query.h"
#include "common/ledger/view.h"

static int no(struct ph_error *err, const char *why)
{
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("%s. Nothing was written", "%s. Chưa ghi gì"), why);
}

/* Is it over, whichever copy comes? */
static int check_open(const struct ph_hold *hold, int64_t day, struct ph_error *err)
{
	if (hold->is_cancelled) {
		return no(err, ph_say("this hold was cancelled: nobody waits any more",
				      "lượt đặt giữ này đã hủy, không ai chờ nữa"));
	}
	if (hold->is_filled) {
		return no(err, ph_say("this hold is filled: its reader has a copy",
				      "lượt đặt giữ này đã xong, bạn đọc đã mượn"));
	}
	if (hold->placed && hold->expires < day) {
		return no(err, ph_say("this hold is over: its last day is past",
				      "lượt đặt giữ này đã hết hạn"));
	}
	if (hold->is_ready) {
		return no(err, ph_say("a copy is laid aside for this hold already",
				      "đã có bản sách giữ cho lượt này"));
	}
	return 0;
}

/* Whether ID is one of the codes of the copy that VIEW shows. */
static bool is_code_of(json_t *view, const struct ph_id *id)
{
	json_t *own = json_object_get(view, "copy");
	json_t *same = json_object_get(view, "same");
	size_t n = json_array_size(same);

	for (size_t i = 0; i <= n; i++) {
		json_t *one = i == 0 ? own : json_array_get(same, i - 1);
		json_t *code = json_object_get(one, "code");

		if ((uint64_t)json_integer_value(json_object_get(one, "ns")) == id->ns &&
		    json_is_string(code) &&
		    ph_view_equal(id->code, PH_VIEW(json_string_value(code),
						    json_string_length(code)))) {
			return true;
		}
	}
	return false;
}

/* Whether the copy that VIEW shows is of TITLE, or of one that is the same; true if none is known. */
static int is_of_title(struct ph_desk *desk, json_t *view, const struct ph_ref *title,
		       bool *is_out)
{
	json_t *text = json_object_get(view, "title");
	struct ph_ref own, root, wanted;
	int rc;

	*is_out = true;
	if (!json_is_string(text) ||
	    ph_ref_parse(json_string_value(text), json_string_length(text), &own) != 0) {
		return 0;
	}
	rc = ph_query_root(desk->ledger, PH_ENTITY_TITLE, &own, &root);
	rc = rc != 0 ? rc : ph_query_root(desk->ledger, PH_ENTITY_TITLE, title, &wanted);
	*is_out = rc == 0 && ph_ref_equal(&root, &wanted);
	return rc;
}

static int check_copy(struct ph_desk *desk, const struct ph_hold *hold,
		      const struct ph_id *copy, struct ph_error *err)
{
	json_t *view = NULL;
	bool fits = true;
	int rc = ph_view_copy(desk->ledger, copy, &view);

	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	if (hold->has_copy) {
		fits = is_code_of(view, &hold->copy);
	} else if (hold->has_title) {
		rc = is_of_title(desk, view, &hold->title, &fits);
	}
	json_decref(view);
	if (rc == 0 && !fits) {
		rc = no(err,
			hold->has_copy
				? ph_say("this hold is of another copy, and no other",
					 "lượt đặt giữ này chờ một bản sách khác")
				: ph_say("this hold is of another title",
					 "lượt đặt giữ này chờ một nhan đề khác"));
	}
	return rc;
}

static int load(struct ph_ledger *ledger, const struct ph_ref *ref, struct ph_buf *state,
		struct ph_hold *hold)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_HOLD, ref);
	int rc = ph_ledger_get(ledger, PH_ENTITY_HOLD, ph_key_view(&key), state);

	return rc != 0 ? rc : ph_hold_decode(ph_buf_view(state), hold);
}

int ph_holding_check(struct ph_desk *desk, const struct ph_ref *hold,
		     const struct ph_id *copy, int64_t day, struct ph_error *err)
{
	struct ph_buf state = { 0 };
	struct ph_hold known = { 0 };
	int rc = load(desk->ledger, hold, &state, &known);

	if (rc == 0) {
		rc = check_open(&known, day, err);
		rc = rc != 0 || !known.placed ? rc : check_copy(desk, &known, copy, err);
	}
	ph_hold_deinit(&known);
	ph_buf_deinit(&state);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("looking up a hold", "tìm lượt đặt giữ"))
		      : 0;
}

/* --- whose it is --- */

/* Whether both cards are one, or of one reader. */
static int is_one_reader(struct ph_ledger *ledger, const struct ph_id *a,
			 const struct ph_id *b, bool *is_out)
{
	struct ph_ref one, other;
	int rc;

	*is_out = a->ns == b->ns && ph_view_equal(a->code, b->code);
	if (*is_out) {
		return 0;
	}
	rc = ph_query_reader_of(ledger, a, &one);
	rc = rc != 0 ? rc : ph_query_reader_of(ledger, b, &other);
	rc = rc != 0 ? rc : ph_query_root(ledger, PH_ENTITY_READER, &one, &one);
	rc = rc != 0 ? rc : ph_query_root(ledger, PH_ENTITY_READER, &other, &other);
	*is_out = rc == 0 && ph_ref_equal(&one, &other);
	return rc < 0 ? rc : 0;
}

/* Whether the hold of one of the claims in a view is that of CARD's reader. */
static int is_for(struct ph_desk *desk, const struct ph_ref *ref,
		  const struct ph_id *card, bool *is_out)
{
	struct ph_buf state = { 0 };
	struct ph_hold hold = { 0 };
	int rc = load(desk->ledger, ref, &state, &hold);

	*is_out = false;
	if (rc == 0 && hold.placed) {
		rc = is_one_reader(desk->ledger, &hold.card, card, is_out);
	}
	ph_hold_deinit(&hold);
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

int ph_holding_of(struct ph_desk *desk, const struct ph_id *copy,
		  const struct ph_id *card, struct ph_ref *hold_out, bool *found_out,
		  bool *other_out)
{
	json_t *view = NULL, *claim;
	size_t i;
	int rc = ph_view_copy(desk->ledger, copy, &view);

	*found_out = false;
	*other_out = false;
	json_array_foreach(json_object_get(view, "claims"), i, claim)
	{
		const char *text = json_string_value(json_object_get(claim, "hold"));
		struct ph_ref hold;
		bool is_his = false;

		if (rc != 0 || !text || ph_ref_parse(text, strlen(text), &hold) != 0) {
			continue;
		}
		rc = is_for(desk, &hold, card, &is_his);
		if (is_his && !*found_out) {
			*hold_out = hold;
			*found_out = true;
		}
		*other_out |= !is_his;
	}
	json_decref(view);
	return rc < 0 ? rc : 0;
}
