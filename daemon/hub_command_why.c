/*
 * daemon/hub_command_why.c - why WHAT ID: from what is shown to the entries behind it.
 *
 * What is asked for is named as for `query`; a title by words as well, if only one has
 * them. Names of readers are opened only when the request says "names".
 */
#include "common/base/say.h"
#include "daemon/hub_name.h"

#include <errno.h>
#include <string.h>

#include "common/ledger/cases_choice.h"
#include "common/ledger/find.h"
#include "common/ledger/story_names.h"
#include "common/ledger/why.h"
#include "daemon/hub_counted.h"
#include "daemon/hub_part.h"

struct asking {
	struct ph_hub *hub;
	const json_t *request;
	const char *what, *id;
	const struct ph_opener *opener; /* NULL: names were not asked for */
	struct ph_error *err;
};

static int unknown(const struct asking *asking)
{
	return ph_fail(
		asking->err, PH_EXIT_OTHER, -ENOENT,
		ph_say("no %s \"%.80s\" is known here", "ở đây không biết %s “%.80s”"),
		asking->what, asking->id);
}

/* --- which entity --- */

static int find_code(const struct asking *asking, enum ph_entity type,
		     struct ph_entity_key *key)
{
	struct ph_id id;
	int rc = ph_hub_code_find(asking->hub, asking->request, type, asking->id, &id);

	return rc != 0 ? rc : ph_key_id(type, &id, key) ? 0 : unknown(asking);
}

/* The only title that has these words. */
static int find_words(const struct asking *asking, struct ph_entity_key *key)
{
	json_t *list = NULL;
	struct ph_ref ref;
	const char *text;
	int rc = ph_ledger_find_titles(asking->hub->ledger, ph_view_str(asking->id), 2,
				       &list);

	if (rc != 0) {
		return rc;
	}
	text = json_string_value(json_object_get(json_array_get(list, 0), "title"));
	if (json_array_size(list) > 1) {
		rc = ph_fail(asking->err, PH_EXIT_USAGE, -EINVAL,
			     ph_say("several titles have these words; `packhorsed query "
				    "titles` shows their references",
				    "nhiều nhan đề có các từ này; `packhorsed query "
				    "titles` cho xem tham chiếu"));
	} else if (!text || ph_ref_parse(text, strlen(text), &ref) != 0) {
		rc = unknown(asking);
	} else {
		*key = ph_key_ref(PH_ENTITY_TITLE, &ref);
	}
	json_decref(list);
	return rc;
}

static int find_ref(const struct asking *asking, enum ph_entity type,
		    struct ph_entity_key *key)
{
	struct ph_ref ref;

	if (ph_ref_parse(asking->id, strlen(asking->id), &ref) == 0) {
		*key = ph_key_ref(type, &ref);
		return 0;
	}
	return type == PH_ENTITY_TITLE ? find_words(asking, key)
				       : ph_fail(asking->err, PH_EXIT_USAGE, -EINVAL,
						 ph_say("why %s: \"%.80s\" is no "
							"reference (<log>.<n>.<hash>)",
							"why %s: “%.80s” không phải là "
							"tham chiếu (<log>.<n>.<hash>)"),
						 asking->what, asking->id);
}

/* --- the answer --- */

static int why_entity(const struct asking *asking, enum ph_entity type, bool by_code,
		      json_t **out)
{
	struct ph_entity_key key;
	int rc = by_code ? find_code(asking, type, &key) : find_ref(asking, type, &key);

	rc = rc != 0 ? rc
		     : ph_why(asking->hub->ledger, &key,
			      !ph_hub_is_counted(asking->request), asking->opener, out);
	return rc == PH_LEDGER_E_NONE ? unknown(asking) : rc;
}

/* The facts of a case are those behind it. */
static int why_case(const struct asking *asking, json_t **out)
{
	uint8_t id[PH_CASE_ID_SIZE];
	json_t *view = NULL;
	int rc = ph_hub_case_called(asking->hub, asking->id, id, asking->err);

	rc = rc != 0 ? rc : ph_view_case(asking->hub->ledger, id, &view);
	if (rc != 0) {
		return rc > 0 ? unknown(asking) : rc;
	}
	return ph_why_case(asking->hub->ledger, view, out);
}

static int find(const struct asking *asking, json_t **out)
{
	static const struct {
		const char *what;
		enum ph_entity type;
		bool by_code;
	} kinds[] = {
		{ "copy", PH_ENTITY_COPY, true },
		{ "card", PH_ENTITY_CARD, true },
		{ "crate", PH_ENTITY_CRATE, true },
		{ "title", PH_ENTITY_TITLE, false },
		{ "reader", PH_ENTITY_READER, false },
	};

	if (strcmp(asking->what, "case") == 0) {
		return why_case(asking, out);
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(asking->what, kinds[i].what) == 0) {
			return why_entity(asking, kinds[i].type, kinds[i].by_code, out);
		}
	}
	return ph_fail(
		asking->err, PH_EXIT_USAGE, -EINVAL,
		ph_say("why: \"%.40s\" is not one of copy, card, crate, title, reader, "
		       "case",
		       "why: “%.40s” không thuộc copy, card, crate, title, reader, case"),
		asking->what);
}

int ph_hub_why(struct ph_hub *hub, const json_t *request, json_t *answer,
	       struct ph_error *err)
{
	const struct ph_opener opener = ph_hub_opener(hub);
	struct asking asking = {
		.hub = hub,
		.request = request,
		.what = ph_request_need(request, "what", err),
		.id = ph_request_need(request, "id", err),
		.opener =
			json_is_true(json_object_get(request, "names")) ? &opener : NULL,
		.err = err,
	};
	json_t *why = NULL;
	int rc = asking.what && asking.id ? find(&asking, &why) : -EINVAL;

	rc = rc != 0 ? rc
		     : ph_stories_name(hub->ledger, json_object_get(why, "facts"),
				       asking.opener);
	if (rc == 0 && (json_object_set_new(why, "what", json_string(asking.what)) != 0 ||
			json_object_update(answer, why) != 0)) {
		rc = -ENOMEM;
	}
	json_decref(why);
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("reading the ledger", "đọc sổ"))
		      : 0;
}
