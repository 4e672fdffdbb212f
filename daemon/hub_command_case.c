/*
 * daemon/hub_command_case.c - cases, case show: what a person must look at.
 */
#include "common/base/say.h"
#include "daemon/hub_name.h"

#include <errno.h>
#include <stdlib.h>

#include "common/ledger/cases_choice.h"
#include "common/ledger/cases_page.h"
#include "common/ledger/story_names.h"
#include "daemon/hub_counted.h"
#include "daemon/hub_part.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     10000

/* --- cases --- */

static int read_kind(const json_t *request, unsigned *kind, struct ph_error *err)
{
	const char *name = ph_request_text(request, "kind");

	*kind = name ? ph_case_named(name) : 0;
	return !name || *kind != 0
		       ? 0
		       : ph_fail(err, PH_EXIT_USAGE, -EINVAL,
				 ph_say("--kind: there are no cases \"%.40s\"; "
					"docs/MERGE.md, \"Cases\", has their names",
					"--kind: không có loại việc “%.40s”; tên các "
					"loại ở docs/MERGE.md, “Cases”"),
				 name);
}

static int read_query(const json_t *request, struct ph_cases_query *query,
		      struct ph_error *err)
{
	int rc;

	query->all = json_is_true(json_object_get(request, "all"));
	query->no_cards = !ph_hub_is_counted(request);
	query->limit = LIMIT_DEFAULT;
	query->after = ph_request_text(request, "after");
	rc = ph_request_limit(request, LIMIT_MAX, &query->limit, err);
	return rc < 0 ? rc : read_kind(request, &query->kind, err);
}

int ph_hub_cases(struct ph_hub *hub, const json_t *request, json_t *answer,
		 struct ph_error *err)
{
	struct ph_cases_query query = { 0 };
	struct ph_hub_sites sites = { 0 };
	char next[PH_CASES_NEXT];
	json_t *list = NULL;
	int rc = read_query(request, &query, err);

	rc = rc < 0 ? rc : ph_hub_sites_find(hub, request, NULL, &sites, err);
	if (rc == 0 && sites.asked) {
		query.sites = sites.numbers;
		query.n_sites = sites.n;
	}
	rc = rc < 0 ? rc : ph_cases_page(hub->ledger, &query, &list, next);
	free(sites.numbers);
	if (rc == PH_CASES_E_AFTER) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("--after: \"%.80s\" is not where a page ended",
				      "--after: “%.80s” không phải là chỗ kết thúc của "
				      "một trang"),
			       query.after);
	}
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("reading the cases", "đọc các việc"));
	}
	return json_object_set_new(answer, "cases", list) != 0 ||
			       (next[0] && json_object_set_new(answer, "next",
							       json_string(next)) != 0)
		       ? -ENOMEM
		       : 0;
}

/* --- case show --- */

int ph_hub_case_show(struct ph_hub *hub, const json_t *request, json_t *answer,
		     struct ph_error *err)
{
	const struct ph_opener opener = ph_hub_opener(hub);
	const char *prefix = ph_request_need(request, "case", err);
	bool names = json_is_true(json_object_get(request, "names"));
	uint8_t id[PH_CASE_ID_SIZE];
	json_t *view = NULL;
	int rc = prefix ? ph_hub_case_called(hub, prefix, id, err) : -EINVAL;

	if (rc < 0) {
		return rc;
	}
	rc = ph_view_case(hub->ledger, id, &view);
	if (rc == PH_LEDGER_E_NONE) {
		return ph_fail(err, PH_EXIT_OTHER, -ENOENT,
			       ph_say("there is no case \"%s\"", "không có việc “%s”"),
			       prefix);
	}
	rc = rc != 0 ? rc
		     : ph_stories_name(hub->ledger, json_object_get(view, "facts"),
				       names ? &opener : NULL);
	if (rc < 0) {
		json_decref(view);
		return ph_fail_errno(err, rc, ph_say("reading the case", "đọc việc"));
	}
	return json_object_set_new(answer, "case", view) != 0 ? -ENOMEM : 0;
}
