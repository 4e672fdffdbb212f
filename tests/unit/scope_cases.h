/*
 * tests/unit/scope_cases.h - the lists and cases of a site, at the hub and there.
 *
 * At the head of its feed a site knows of every case that concerns it, in the state that
 * it has at the hub, with its sites; and of no other. Its lists are those that the hub has
 * of it.
 */
#ifndef PH_TESTS_SCOPE_CASES_H
#define PH_TESTS_SCOPE_CASES_H

#include "common/ledger/cases_site.h"
#include "common/ledger/listing.h"
#include "common/ledger/query.h"

struct case_check {
	uint64_t site;
	struct ph_site_cases there;
	const char *wrong;
	struct ph_case_row row; /* what is wrong; its lists are not kept */
	unsigned seen;
};

static const struct ph_case_row *find_case(const struct ph_site_cases *cases,
					   const uint8_t *id)
{
	for (size_t i = 0; i < cases->n; i++) {
		if (memcmp(cases->rows[i].id, id, PH_CASE_ID_SIZE) == 0) {
			return &cases->rows[i];
		}
	}
	return NULL;
}

static bool concerns(const struct ph_case_row *row, uint64_t site)
{
	for (size_t i = 0; i < row->n_sites; i++) {
		if (row->sites[i] == site) {
			return true;
		}
	}
	return false;
}

/* Whether the case ID concerns SITE by what the hub knows. */
static bool is_at_hub(struct ph_ledger *hub, const uint8_t *id, uint64_t site)
{
	struct ph_case_row row;
	int rc = ph_case_get(hub, id, &row);
	bool yes = rc == 0 && concerns(&row, site);

	assert_true(rc >= 0);
	if (rc == 0) {
		ph_case_row_deinit(&row);
	}
	return yes;
}

static int on_hub_case(void *data, const struct ph_case_row *row)
{
	struct case_check *check = data;
	const struct ph_case_row *there;

	if (!concerns(row, check->site)) {
		return 0;
	}
	there = find_case(&check->there, row->id);
	check->row = *row;
	check->seen++;
	if (there == NULL) {
		check->wrong = "is not known there";
	} else if ((there->status == PH_CASE_DECIDED) !=
		   (row->status == PH_CASE_DECIDED)) {
		check->wrong = "is open at one and decided at the other";
	} else if (memcmp(there->facts, row->facts, sizeof row->facts) != 0) {
		check->wrong = "has other facts there";
	} else if (there->n_sites != row->n_sites ||
		   memcmp(there->sites, row->sites, row->n_sites * sizeof *row->sites) !=
			   0) {
		check->wrong = "concerns other sites there";
	}
	return check->wrong != NULL;
}

/*
 * Who waits for a book is told to the sites of the reader, not to where it is fetched; who
 * has one, not to a site that keeps no register.
 */
static void forget_readers(json_t *items)
{
	json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		json_object_del(item, "reader");
		json_object_del(item, "locked");
	}
}

/* The lists of SITE that are not the same at the hub and there, or NULL; for PACKHORSE_SHOW both are printed. */
static inline const char *compare_lists(struct ph_ledger *hub, struct ph_ledger *there,
					uint64_t site, unsigned *seen)
{
	static const char *const names[] = { "here", "out", "overdue", "expected",
					     "holds" };
	const char *wrong = NULL;
	bool kept;

	assert_int_equal(ph_query_keeps_readers(hub, site, &kept), 0);
	for (size_t i = 0; wrong == NULL && i < sizeof names / sizeof *names; i++) {
		struct ph_listing_query query = {
			.list = (enum ph_listing)ph_listing_named(names[i]),
			.sites = &site,
			.n_sites = 1,
			.day = ph_day_of(T0) + 20,
			.limit = 1000,
		};
		char next[PH_LISTING_NEXT];
		json_t *wanted, *got;

		assert_int_equal(ph_listing(hub, &query, &wanted, next), 0);
		assert_int_equal(ph_listing(there, &query, &got, next), 0);
		if (query.list == PH_LISTING_HOLDS || !kept) {
			forget_readers(wanted);
			forget_readers(got);
		}
		if (!json_equal(wanted, got)) {
			wrong = names[i];
			if (getenv("PACKHORSE_SHOW") != NULL) {
				json_dumpf(wanted, stderr, JSON_INDENT(1));
				json_dumpf(got, stderr, JSON_INDENT(1));
			}
		}
		*seen += (unsigned)json_array_size(wanted);
		json_decref(wanted);
		json_decref(got);
	}
	return wrong;
}

/* What is wrong with the cases of SITE, or NULL; ROW_OUT: the first such case. */
static inline const char *compare_cases(struct ph_ledger *hub, struct ph_ledger *there,
					uint64_t site, struct ph_case_row *row_out,
					unsigned *seen)
{
	struct ph_case_filter filter = { .all = true };
	struct case_check check = { .site = site };

	assert_int_equal(ph_site_cases(there, site, true, &check.there), 0);
	assert_true(ph_cases_each(hub, &filter, on_hub_case, &check) >= 0);
	for (size_t i = 0; check.wrong == NULL && i < check.there.n; i++) {
		if (!is_at_hub(hub, check.there.rows[i].id, site)) {
			check.row = check.there.rows[i];
			check.wrong = "does not concern it by the hub";
		}
	}
	*row_out = check.row;
	row_out->refs = NULL;
	row_out->sites = NULL;
	*seen += check.seen;
	ph_site_cases_deinit(&check.there);
	return check.wrong;
}

#endif
