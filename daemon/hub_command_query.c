/*
 * daemon/hub_command_query.c - what the hub knows: query WHAT [ID].
 *
 * Names of readers are opened in memory, one by one, with the hub's key, and only when
 * the request says "names"; they go into the answer and nowhere else.
 */
#include "common/base/say.h"
#include "daemon/hub_command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/ledger/find.h"
#include "common/ledger/query.h"
#include "daemon/hub_counted.h"
#include "daemon/hub_part.h"

/* --- what is asked for --- */

struct question {
	struct ph_hub *hub;
	const json_t *request;
	const char *id;                 /* NULL: none given */
	const struct ph_opener *opener; /* NULL: names were not asked for */
	struct ph_error *err;
};

/* Give the view in RC and OBJECT, or say that there is no such thing. */
static int found(struct question *q, const char *what, int rc)
{
	if (rc == PH_LEDGER_E_NONE) {
		return ph_fail(
			q->err, PH_EXIT_OTHER, -ENOENT,
			ph_say("no %s \"%s\" is known here", "ở đây không biết %s “%s”"),
			what, q->id);
	}
	return rc < 0 ? ph_fail_errno(q->err, rc, ph_say("reading the ledger", "đọc sổ"))
		      : 0;
}

static int need_id(struct question *q, const char *what)
{
	return q->id ? 0
		     : ph_fail(q->err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("query %s: say which one",
				      "query %s: hãy nói cái nào"),
			       what);
}

static int need_ref(struct question *q, const char *what, struct ph_ref *ref)
{
	int rc = need_id(q, what);

	if (rc == 0 && ph_ref_parse(q->id, strlen(q->id), ref) != 0) {
		rc = ph_fail(q->err, PH_EXIT_USAGE, -EINVAL,
			     ph_say("query %s: \"%s\" is no reference (<log>.<n>.<hash>)",
				    "query %s: “%s” không phải là tham chiếu "
				    "(<log>.<n>.<hash>)"),
			     what, q->id);
	}
	return rc;
}

/*
 * Which copies or cards a bare code can mean: namespace 0, or any site's; "ns" narrows
 * it. The first that the ledger knows wins, in order of namespace.
 */
struct code_search {
	struct ph_view code;
	bool any;
	uint64_t ns;
	struct ph_id *out;
};

static int match_id(void *data, struct ph_view id, struct ph_view state)
{
	struct code_search *search = data;
	struct ph_id candidate;

	(void)state;
	if (!ph_key_get_id(id, &candidate) ||
	    !ph_view_equal(candidate.code, search->code) ||
	    (!search->any && candidate.ns != search->ns)) {
		return 0;
	}
	search->out->ns = candidate.ns;
	search->out->code = search->code;
	return 1;
}

int ph_hub_code_find(struct ph_hub *hub, const json_t *request, enum ph_entity type,
		     const char *code, struct ph_id *id)
{
	const json_t *ns = json_object_get(request, "ns");
	struct code_search search = { .code = ph_view_str(code),
				      .any = !ns,
				      .ns = (uint64_t)json_integer_value(ns),
				      .out = id };
	int rc;

	id->ns = search.ns;
	id->code = search.code;
	rc = ph_ledger_each(hub->ledger, type, match_id, &search);
	return rc < 0 ? rc : 0;
}

static int need_code(struct question *q, const char *what, enum ph_entity type,
		     struct ph_id *id)
{
	int rc = need_id(q, what);

	if (rc < 0) {
		return rc;
	}
	rc = ph_hub_code_find(q->hub, q->request, type, q->id, id);
	return rc < 0 ? ph_fail_errno(q->err, rc, ph_say("reading the ledger", "đọc sổ"))
		      : 0;
}

static int site_filter(struct question *q, uint64_t *number)
{
	const char *code = ph_request_text(q->request, "site");
	struct ph_hub_site site;
	int rc;

	*number = 0;
	if (!code) {
		return 0;
	}
	rc = ph_hub_site_need(q->hub, code, &site, q->err);
	if (rc == 0) {
		*number = site.number;
	}
	return rc;
}

static int query_copy(struct question *q, json_t **out)
{
	struct ph_id id;
	int rc = need_code(q, "copy", PH_ENTITY_COPY, &id);

	return rc < 0 ? rc : found(q, "copy", ph_view_copy(q->hub->ledger, &id, out));
}

static int query_card(struct question *q, json_t **out)
{
	struct ph_id id;
	int rc = need_code(q, "card", PH_ENTITY_CARD, &id);

	return rc < 0 ? rc
		      : found(q, "card",
			      ph_view_card(q->hub->ledger, &id, q->opener, out));
}

static int query_title(struct question *q, json_t **out)
{
	struct ph_ref ref;
	int rc = need_ref(q, "title", &ref);

	return rc < 0 ? rc
		      : found(q, "title", ph_view_title(q->hub->ledger, &ref, true, out));
}

static int query_reader(struct question *q, json_t **out)
{
	struct ph_ref ref;
	int rc = need_ref(q, "reader", &ref);

	return rc < 0 ? rc
		      : found(q, "reader",
			      ph_view_reader(q->hub->ledger, &ref, q->opener, out));
}

static int query_titles(struct question *q, json_t **out)
{
	int rc = need_id(q, "titles");

	return rc < 0 ? rc
		      : found(q, "title",
			      ph_ledger_find_titles(q->hub->ledger, ph_view_str(q->id), 0,
						    out));
}

static int query_readers(struct question *q, json_t **out)
{
	uint64_t site;
	int rc = need_id(q, "readers");

	if (rc == 0) {
		rc = site_filter(q, &site);
	}
	if (rc == 0 && !q->opener) {
		rc = ph_fail(q->err, PH_EXIT_USAGE, -EINVAL,
			     ph_say("query readers opens names: say --names to mean it",
				    "query readers mở tên bạn đọc: hãy thêm --names nếu "
				    "đúng là muốn vậy"));
	}
	return rc < 0 ? rc
		      : found(q, "reader",
			      ph_ledger_find_readers(q->hub->ledger, ph_view_str(q->id),
						     site, 0, q->opener, out));
}

static int query_loans(struct question *q, json_t **out)
{
	struct ph_loan_filter filter = {
		.overdue = json_is_true(json_object_get(q->request, "overdue")),
		.day = ph_day_of(ph_hub_now(q->hub)),
		.no_cards = !ph_hub_is_counted(q->request),
	};
	int rc = site_filter(q, &filter.site);

	return rc < 0 ? rc
		      : found(q, "loan", ph_query_loans(q->hub->ledger, &filter, out));
}

static int query_cases(struct question *q, json_t **out)
{
	return found(q, "case", ph_query_cases(q->hub->ledger, out));
}

static int query_site(struct question *q, json_t **out)
{
	struct ph_hub_site site;
	int rc = need_id(q, "site");

	if (rc == 0) {
		rc = ph_hub_site_need(q->hub, q->id, &site, q->err);
	}
	return rc < 0 ? rc
		      : found(q, "site", ph_view_site(q->hub->ledger, site.number, out));
}

static int sum_site(void *data, const struct ph_hub_site *site)
{
	void **both = data;
	struct question *q = both[0];
	json_t *sums;
	int rc = ph_query_summary(q->hub->ledger, site->number,
				  ph_day_of(ph_hub_now(q->hub)), INT64_MIN, INT64_MAX,
				  &sums);

	if (rc < 0) {
		return rc;
	}
	json_object_set_new(sums, "code", json_string(site->code));
	json_object_set_new(sums, "name", json_string(site->name));
	if (!ph_hub_is_counted(q->request)) {
		json_object_del(sums, "women");
	}
	return json_array_append_new(both[1], sums) ? -ENOMEM : 0;
}

static int query_summary(struct question *q, json_t **out)
{
	json_t *list = json_array();
	void *both[2] = { q, list };
	int rc = list ? ph_hub_site_each(q->hub, sum_site, both) : -ENOMEM;

	if (rc < 0) {
		json_decref(list);
		return ph_fail_errno(
			q->err, rc,
			ph_say("summing up the sites", "cộng số liệu các điểm"));
	}
	*out = list;
	return 0;
}

int ph_hub_query(struct ph_hub *hub, const json_t *request, json_t *answer,
		 struct ph_error *err)
{
	static const struct {
		const char *what;
		int (*run)(struct question *q, json_t **out);
	} questions[] = {
		{ "summary", query_summary }, { "titles", query_titles },
		{ "title", query_title },     { "copy", query_copy },
		{ "card", query_card },       { "reader", query_reader },
		{ "readers", query_readers }, { "loans", query_loans },
		{ "cases", query_cases },     { "site", query_site },
	};
	const struct ph_opener opener = ph_hub_opener(hub);
	const char *what = ph_request_need(request, "what", err);
	struct question q = {
		.hub = hub,
		.request = request,
		.id = ph_request_text(request, "id"),
		.opener =
			json_is_true(json_object_get(request, "names")) ? &opener : NULL,
		.err = err,
	};
	json_t *out = NULL;

	if (!what) {
		return -EINVAL;
	}
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		if (strcmp(questions[i].what, what) == 0) {
			int rc = questions[i].run(&q, &out);

			return rc < 0                                   ? rc
			       : json_object_set_new(answer, what, out) ? -ENOMEM
									: 0;
		}
	}
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("query: \"%s\" is not one of summary, titles, title, copy, "
			      "card, reader, readers, loans, cases, site",
			      "query: “%s” không thuộc summary, titles, title, copy, "
			      "card, reader, readers, loans, cases, site"),
		       what);
}
