/*
 * daemon/hub_command_privacy.c - packhorsed privacy: everything that the hub has about one
 * reader, for the reader who asks; and how a reader is named on a command line.
 */
#include "common/base/say.h"
#include "daemon/hub_command.h"
#include "daemon/hub_part.h"

#include <errno.h>
#include <string.h>

#include "common/ledger/card.h"
#include "common/ledger/privacy.h"

static int last_holder(struct ph_hub *hub, const struct ph_id *id, struct ph_ref *ref_out,
		       bool *found_out)
{
	struct ph_buf state = { 0 };
	struct ph_card card = { 0 };
	struct ph_entity_key key;
	int rc = 0;

	*found_out = false;
	if (!ph_key_id(PH_ENTITY_CARD, id, &key)) {
		return 0;
	}
	rc = ph_ledger_get(hub->ledger, PH_ENTITY_CARD, ph_key_view(&key), &state);
	rc = rc != 0 ? rc : ph_card_decode(ph_buf_view(&state), &card);
	if (rc == 0 && card.n_issues > 0) {
		*ref_out = card.issues[card.n_issues - 1].reader;
		*found_out = true;
	}
	ph_card_deinit(&card);
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

/* What is no card and no reference may be a name, which nothing repeats. */
static int not_known(const char *text, struct ph_error *err)
{
	if (!strpbrk(text, "0123456789")) {
		return ph_fail(
			err, PH_EXIT_OTHER, -ENOENT,
			ph_say("what was given for a reader is neither a reference, as "
			       "`query readers` shows it, nor a card that was issued to "
			       "one",
			       "bạn đọc được nêu không phải là tham chiếu như `query "
			       "readers` cho xem, cũng không phải là thẻ đã cấp"));
	}
	return ph_fail(
		err, PH_EXIT_OTHER, -ENOENT,
		ph_say("\"%.100s\" is neither the reference of a reader, as `query "
		       "readers` shows it, nor a card that was issued to one",
		       "“%.100s” không phải là tham chiếu bạn đọc như `query readers` "
		       "cho xem, cũng không phải là thẻ đã cấp"),
		text);
}

int ph_hub_reader_called(struct ph_hub *hub, const json_t *request, const char *text,
			 struct ph_ref *ref_out, struct ph_error *err)
{
	bool found = false;
	struct ph_id id;
	int rc;

	if (ph_ref_parse(text, strlen(text), ref_out) == 0) {
		return 0;
	}
	rc = ph_hub_code_find(hub, request, PH_ENTITY_CARD, text, &id);
	rc = rc != 0 ? rc : last_holder(hub, &id, ref_out, &found);
	if (rc < 0) {
		return ph_fail_errno(err, rc, ph_say("looking up the card", "tìm thẻ"));
	}
	return found ? 0 : not_known(text, err);
}

int ph_hub_privacy(struct ph_hub *hub, const json_t *request, json_t *answer,
		   struct ph_error *err)
{
	const struct ph_opener opener = ph_hub_opener(hub);
	const char *text = ph_request_need(request, "reader", err);
	struct ph_ref reader;
	json_t *all = NULL;
	int rc = text ? ph_hub_reader_called(hub, request, text, &reader, err) : -EINVAL;

	rc = rc != 0 ? rc : ph_privacy(hub->ledger, &reader, &opener, &all);
	if (rc > 0) {
		return ph_fail(err, PH_EXIT_OTHER, -ENOENT,
			       ph_say("no reader %.100s is known here",
				      "ở đây không biết bạn đọc %.100s"),
			       text);
	}
	if (rc == 0 && json_object_update(answer, all) != 0) {
		rc = -ENOMEM;
	}
	json_decref(all);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("looking up a reader", "tìm bạn đọc"))
		      : 0;
}
