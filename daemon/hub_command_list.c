/*
 * daemon/hub_command_list.c - lists of copies, loans and holds: of a site, of a commune,
 * of a kind of sites, of the province.
 */
#include "daemon/hub_command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/listing.h"
#include "common/ledger/state.h"
#include "daemon/hub_part.h"

#define LIMIT_MAX 10000

/* Sites that fit, in order of number. */
struct sites {
	const char *code, *commune;
	bool by_kind;
	uint64_t kind;
	uint64_t *numbers;
	size_t n, cap;
};

static int on_site(void *data, const struct ph_hub_site *site)
{
	struct sites *sites = data;
	int rc;

	if ((sites->code && strcmp(sites->code, site->code) != 0) ||
	    (sites->commune && strcmp(sites->commune, site->commune) != 0) ||
	    (sites->by_kind && sites->kind != site->kind)) {
		return 0;
	}
	rc = ph_state_grow((void **)&sites->numbers, sites->n, &sites->cap,
			   sizeof(sites->numbers[0]));
	if (rc == 0) {
		sites->numbers[sites->n++] = site->number;
	}
	return rc;
}

static int find_sites(struct ph_hub *hub, const json_t *request, struct sites *sites,
		      struct ph_error *err)
{
	const char *kind = ph_request_text(request, "kind");
	int rc = 0;

	sites->code = ph_request_text(request, "site");
	sites->commune = ph_request_text(request, "commune");
	if (kind) {
		sites->by_kind = true;
		rc = ph_hub_site_kind(kind, &sites->kind, err);
	}
	rc = rc < 0 ? rc : ph_hub_site_each(hub, on_site, sites);
	if (rc < 0) {
		return ph_fail_errno(err, rc, "reading the sites");
	}
	if (sites->n == 0 && (sites->code || sites->commune || kind)) {
		return ph_fail(
			err, PH_EXIT_OTHER, -ENOENT,
			"there is no such site; `packhorsed site list` shows those "
			"there are");
	}
	return 0;
}

int ph_hub_list(struct ph_hub *hub, const json_t *request, json_t *answer,
		struct ph_error *err)
{
	const struct ph_opener opener = ph_hub_opener(hub);
	const char *what = ph_request_need(request, "what", err);
	json_int_t limit = json_integer_value(json_object_get(request, "limit"));
	int list = what ? ph_listing_named(what) : -1;
	struct ph_listing_query query = {
		.list = (enum ph_listing)list,
		.day = ph_day_of(ph_hub_now(hub)),
		.limit = limit < 0 || limit > LIMIT_MAX ? LIMIT_MAX : (size_t)limit,
		.after = ph_request_text(request, "after"),
		.opener =
			json_is_true(json_object_get(request, "names")) ? &opener : NULL,
	};
	struct sites sites = { 0 };
	char next[PH_LISTING_NEXT];
	json_t *items = NULL;
	int rc;

	if (list < 0) {
		return what ? ph_fail(err, PH_EXIT_USAGE, -EINVAL,
				      "list: \"%s\" is not one of here, out, overdue, "
				      "expected, holds",
				      what)
			    : -EINVAL;
	}
	rc = find_sites(hub, request, &sites, err);
	if (rc == 0 && (sites.code || sites.commune || sites.by_kind)) {
		query.sites = sites.numbers;
		query.n_sites = sites.n;
	}
	rc = rc < 0 ? rc : ph_listing(hub->ledger, &query, &items, next);
	free(sites.numbers);
	if (rc == PH_LISTING_E_AFTER) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       "--after: \"%s\" is not where a page of this list ended",
			       query.after);
	}
	if (rc < 0) {
		return ph_fail_errno(err, rc, "listing");
	}
	if (json_object_set_new(answer, "items", items) != 0 ||
	    json_object_set_new(answer, "next", json_string(next)) != 0) {
		return -ENOMEM;
	}
	return 0;
}
