/*
 * daemon/hub_command_list.c - lists of copies, loans and holds, of titles, readers and
 * others, and of the entries of a kind: of a site, of a commune, of a kind of sites, of the
 * province.
 */
#include "common/base/say.h"
#include "daemon/hub_command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/cli/kind_rows.h"
#include "common/cli/list_page.h"
#include "common/cli/listing_rows.h"
#include "common/ledger/state.h"
#include "daemon/hub_counted.h"
#include "daemon/hub_part.h"
#include "daemon/hub_plan.h"

#define LIMIT_MAX 10000
#define ROLL_MAX  1000 /* items of a page of titles, readers, ...: each asks for more */
#define LOOK_MS   1000 /* while nothing is found: beside the store (decision 35) */

struct search {
	const char *code, *commune;
	bool by_kind;
	uint64_t kind;
	struct ph_hub_sites *sites;
};

static int on_site(void *data, const struct ph_hub_site *site)
{
	struct search *search = data;
	struct ph_hub_sites *sites = search->sites;
	int rc;

	if ((search->code && strcmp(search->code, site->code) != 0) ||
	    (search->commune && strcmp(search->commune, site->commune) != 0) ||
	    (search->by_kind && search->kind != site->kind)) {
		return 0;
	}
	rc = ph_state_grow((void **)&sites->numbers, sites->n, &sites->cap,
			   sizeof(sites->numbers[0]));
	if (rc == 0) {
		sites->numbers[sites->n++] = site->number;
	}
	return rc;
}

int ph_hub_sites_find(struct ph_hub *hub, const json_t *request, const char *kind,
		      struct ph_hub_sites *sites, struct ph_error *err)
{
	struct search search = { .code = ph_request_text(request, "site"),
				 .commune = ph_request_text(request, "commune"),
				 .by_kind = kind != NULL,
				 .sites = sites };
	int rc = kind ? ph_hub_site_kind(kind, &search.kind, err) : 0;

	sites->asked = search.code || search.commune || kind;
	rc = rc < 0 || !sites->asked ? rc : ph_hub_site_each(hub, on_site, &search);
	if (rc < 0) {
		return ph_fail_errno(
			err, rc, ph_say("reading the sites", "đọc các điểm thư viện"));
	}
	if (sites->n == 0 && search.commune) {
		rc = ph_hub_commune_need(hub, ph_view_str(search.commune), NULL, err);
	}
	if (rc == 0 && sites->n == 0 && sites->asked) {
		return ph_fail(err, PH_EXIT_OTHER, -ENOENT,
			       ph_say("there is no such site%s; `packhorsed site list` "
				      "shows those there are",
				      "không có điểm như vậy%s; `packhorsed site list` "
				      "liệt kê các điểm"),
			       search.commune ? ph_say(" in that commune", " ở xã đó")
					      : "");
	}
	return rc;
}

/* How a page ended, and ITEMS (taken) and NEXT into ANSWER. */
static int finish(int rc, const char *after, json_t *items, const char *next,
		  json_t *answer, struct ph_error *err)
{
	if (rc == PH_LISTING_E_AFTER) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("--after: \"%s\" is not where a page of this list ended",
			       "--after: “%s” không phải là chỗ kết thúc một trang của "
			       "danh sách này"),
			after);
	}
	if (rc < 0) {
		return ph_fail_errno(err, rc, ph_say("listing", "liệt kê"));
	}
	return json_object_set_new(answer, "items", items) != 0 ||
			       json_object_set_new(answer, "next", json_string(next)) != 0
		       ? -ENOMEM
		       : 0;
}

/* A page of QUERY, of the sites that REQUEST asks for; none: of all. */
static int answer_page(struct ph_hub *hub, const json_t *request,
		       struct ph_list_query *query, json_t *answer, struct ph_error *err)
{
	const struct ph_opener opener = ph_hub_opener(hub);
	struct ph_hub_sites sites = { 0 };
	char next[PH_LISTING_NEXT];
	json_t *items = NULL;
	int rc = ph_hub_sites_find(hub, request, ph_request_text(request, "kind"), &sites,
				   err);

	if (rc < 0) {
		free(sites.numbers);
		return rc;
	}
	query->list.after = query->entries.after = ph_request_text(request, "after");
	if (json_is_true(json_object_get(request, "names"))) {
		query->list.opener = query->entries.opener = &opener;
	}
	query->list.sites = query->entries.sites = sites.asked ? sites.numbers : NULL;
	query->list.n_sites = query->entries.n_sites = sites.n;
	rc = ph_list_page(hub->ledger, query, &ph_clock_system, LOOK_MS, &items, next);
	free(sites.numbers);
	return finish(rc, query->list.after, items, next, answer, err);
}

/* Whether WHAT is a list, and nothing is asked of it that it does not take. */
static int check_asked(const json_t *request, const char *what, bool is_list,
		       struct ph_error *err)
{
	static const char *const days[] = { "period", "from", "to" };

	if (!is_list) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("list: \"%s\" is not one of " PH_LISTING_NAMES
					      PH_LISTING_KINDS,
				      "list: “%s” không thuộc " PH_LISTING_NAMES
				      ", hoặc một loại giao dịch (docs/KINDS.md)"),
			       what);
	}
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		if (ph_request_text(request, days[i])) {
			return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
				       ph_say("%s: of entries of a kind alone; \"%s\" is "
					      "what is now",
					      "%s: chỉ dùng cho giao dịch của một loại; "
					      "“%s” là những gì hiện có"),
				       days[i], what);
		}
	}
	return 0;
}

/* The days, and how many, of the entries of a kind that REQUEST asks for. */
static int ask_entries(const json_t *request, struct ph_entries_query *query,
		       struct ph_error *err)
{
	int rc = ph_request_limit(request, LIMIT_MAX, &query->limit, err);

	if (query->limit > ROLL_MAX) {
		query->limit = ROLL_MAX;
	}
	query->no_cards = !ph_hub_is_counted(request);
	return rc != 0 ? rc
		       : ph_kind_days(ph_request_text(request, "period"),
				      ph_request_text(request, "from"),
				      ph_request_text(request, "to"), query, err);
}

int ph_hub_list(struct ph_hub *hub, const json_t *request, json_t *answer,
		struct ph_error *err)
{
	const char *what = ph_request_need(request, "what", err);
	int list = what ? ph_listing_named(what) : -1;
	struct ph_list_query query = { .list = { .list = (enum ph_listing)list,
						 .day = ph_day_of(ph_hub_now(hub)),
						 .no_cards =
							 !ph_hub_is_counted(request) } };
	int rc;

	if (what && list < 0) {
		query.entries.kind = ph_kind_named(ph_view_str(what));
	}
	if (query.entries.kind) {
		rc = ask_entries(request, &query.entries, err);
	} else {
		rc = what ? check_asked(request, what, list >= 0, err) : -EINVAL;
		rc = rc != 0 ? rc
			     : ph_request_limit(request, LIMIT_MAX, &query.list.limit,
						err);
		if (rc == 0 && ph_listing_is_roll(query.list.list) &&
		    query.list.limit > ROLL_MAX) {
			query.list.limit = ROLL_MAX;
		}
	}
	return rc < 0 ? rc : answer_page(hub, request, &query, answer, err);
}
