/*
 * tests/unit/looks.h - everything that can be asked of a ledger, each question by itself.
 *
 * A look appends its answer, as JSON, to an array; so two ledgers, or one ledger twice, can
 * be asked the same and compared.
 */
#ifndef PH_TESTS_LOOKS_H
#define PH_TESTS_LOOKS_H

#include "ledger_world.h"

#include <errno.h>

#include "common/base/text.h"
#include "common/ledger/cases_choice.h"
#include "common/ledger/cases_name.h"
#include "common/ledger/cases_page.h"
#include "common/ledger/cases_site.h"
#include "common/ledger/changes.h"
#include "common/ledger/entries.h"
#include "common/ledger/figures.h"
#include "common/ledger/find.h"
#include "common/ledger/indicator.h"
#include "common/ledger/keyset.h"
#include "common/ledger/kin.h"
#include "common/ledger/listing.h"
#include "common/ledger/privacy.h"
#include "common/ledger/query.h"
#include "common/ledger/revised.h"
#include "common/ledger/scope.h"
#include "common/ledger/show.h"
#include "common/ledger/story.h"
#include "common/ledger/view.h"
#include "common/ledger/why.h"
#include "common/log/part.h"

struct looking {
	struct world *world;
	struct ph_opener opener;
	struct ph_entity_key key; /* what is asked about, if it is one thing */
	unsigned number;          /* which of several, likewise */
	uint8_t id[PH_CASE_ID_SIZE];
	struct ph_figures *figures; /* of an earlier time */
};

/* 0 or a positive condition of what is asked, and *OUT if 0; negative errno. */
typedef int (*look_fn)(struct looking *looking, json_t **out);

struct look {
	look_fn at;
	const char *name;
};
#define LOOK(name)                                                                       \
	{                                                                                \
		look_##name, #name                                                       \
	}

static int look_open(void *data, const struct ph_ref *ref, struct ph_buf *plain)
{
	struct ph_entry entry = entry_of(PH_KIND_READER_PUT);

	(void)data;
	if (ref->hash[0] % 4 == 0) {
		return 1; /* locked */
	}
	entry.sealed[PH_READER_S_NAME].set = true;
	entry.sealed[PH_READER_S_NAME].as.bytes =
		ph_view_str(ref->hash[0] % 2 ? "Lò Thị Xuân" : "Vàng A Páo");
	entry.sealed[PH_READER_S_BORN].set = true;
	entry.sealed[PH_READER_S_BORN].as.uint = 1960 + ref->hash[1] % 60;
	return ph_part_encode(&entry, plain, NULL);
}

/* --- answers --- */

/* RC of a question; if it is 0, MADE is the answer, or NULL for lack of memory. */
static int look_told(int rc, json_t *made, json_t **out)
{
	if (rc == 0 && made != NULL) {
		*out = made;
		return 0;
	}
	json_decref(made);
	return rc != 0 ? rc : -ENOMEM;
}

static int look_listed(json_t *list, json_t *item)
{
	return json_array_append_new(list, item) == 0 ? 0 : -ENOMEM;
}

/* One page of the QUERY behind AFTER (NULL: the first); where the next begins, else "". */
typedef int (*look_page_fn)(struct looking *looking, void *query, const char *after,
			    json_t **page, char *next);

static_assert(PH_CASES_NEXT <= PH_LISTING_NEXT, "a place for either");

static int look_pages(struct looking *looking, look_page_fn page_fn, void *query,
		      json_t **out)
{
	char next[PH_LISTING_NEXT] = "", after[PH_LISTING_NEXT];
	json_t *all = json_array();
	int rc = all == NULL ? -ENOMEM : 0;

	do {
		json_t *page = NULL;

		memcpy(after, next, sizeof(after));
		rc = rc != 0 ? rc
			     : page_fn(looking, query, after[0] != '\0' ? after : NULL,
				       &page, next);
		if (rc == 0 && json_array_extend(all, page) != 0) {
			rc = -ENOMEM;
		}
		json_decref(page);
	} while (rc == 0 && next[0] != '\0');
	return look_told(rc, all, out);
}

/* --- one thing --- */

static int look_entity(struct looking *looking, json_t **out)
{
	return ph_view_entity(looking->world->ledger, (enum ph_entity)looking->key.type,
			      ph_key_view(&looking->key), &looking->opener, out);
}

static int look_why(struct looking *looking, json_t **out)
{
	return ph_why(looking->world->ledger, &looking->key, false, &looking->opener,
		      out);
}

static int look_sites(struct looking *looking, json_t **out)
{
	struct ph_sites sites = { 0 };
	int rc = ph_scope_sites(looking->world->ledger, &looking->key, &sites);
	json_t *list = json_array();

	for (size_t i = 0; rc == 0 && i < sites.n; i++) {
		rc = look_listed(list, json_integer((json_int_t)sites.list[i]));
	}
	ph_sites_deinit(&sites);
	return look_told(rc, list, out);
}

static int look_on_fact(void *data, const struct ph_fact *fact)
{
	char text[PH_REF_TEXT];

	ph_ref_text(text, &fact->ref);
	return look_listed(data, json_string(text));
}

static int look_facts(struct looking *looking, json_t **out)
{
	json_t *list = json_array();
	int rc = list == NULL ? -ENOMEM
			      : ph_ledger_facts(looking->world->ledger, &looking->key,
						look_on_fact, list);

	return look_told(rc, list, out);
}

static int look_kin(struct looking *looking, json_t **out)
{
	struct ph_kin kin = { 0 };
	bool yes = false;
	int rc = ph_kin_concerns(looking->world->ledger, &kin, &looking->key,
				 101 + looking->number % 3, &yes);

	ph_kin_deinit(&kin);
	return look_told(rc, json_boolean(yes), out);
}

static int look_story(struct looking *looking, json_t **out)
{
	struct ph_ref ref;

	if (!ph_key_get_ref(ph_key_view(&looking->key), &ref)) {
		return PH_LEDGER_E_NONE;
	}
	return ph_story(looking->world->ledger, &ref, out);
}

static int look_title_copies(struct looking *looking, json_t **out)
{
	struct ph_ref ref;

	if (looking->key.type != PH_ENTITY_TITLE ||
	    !ph_key_get_ref(ph_key_view(&looking->key), &ref)) {
		return PH_LEDGER_E_NONE;
	}
	return ph_query_copies(looking->world->ledger, &ref, out);
}

static int look_reader_cards(struct looking *looking, json_t **out)
{
	struct ph_ref ref;

	if (looking->key.type != PH_ENTITY_READER ||
	    !ph_key_get_ref(ph_key_view(&looking->key), &ref)) {
		return PH_LEDGER_E_NONE;
	}
	return ph_query_cards(looking->world->ledger, &ref, out);
}

static int look_privacy(struct looking *looking, json_t **out)
{
	struct ph_ref ref;

	if (looking->key.type != PH_ENTITY_READER ||
	    !ph_key_get_ref(ph_key_view(&looking->key), &ref)) {
		return PH_LEDGER_E_NONE;
	}
	return ph_privacy(looking->world->ledger, &ref, &looking->opener, out);
}

static int look_members(struct looking *looking, json_t **out)
{
	struct ph_ref ref, root, members[4];
	size_t count = 0;
	char text[PH_REF_TEXT];
	enum ph_entity type = (enum ph_entity)looking->key.type;
	int rc;

	if ((type != PH_ENTITY_READER && type != PH_ENTITY_TITLE) ||
	    !ph_key_get_ref(ph_key_view(&looking->key), &ref)) {
		return PH_LEDGER_E_NONE;
	}
	rc = ph_query_root(looking->world->ledger, type, &ref, &root);
	rc = rc != 0 ? rc
		     : ph_query_members(looking->world->ledger, type, &ref, members, 4,
					&count);
	if (rc != 0) {
		return rc;
	}
	ph_ref_text(text, &root);
	return look_told(0, json_pack("[s, i]", text, (int)count), out);
}

static int look_heads(struct looking *looking, json_t **out)
{
	static const uint32_t registers = 1u << PH_ENTITY_SITE | 1u << PH_ENTITY_COMMUNE |
					  1u << PH_ENTITY_POLICY | 1u << PH_ENTITY_TITLE |
					  1u << PH_ENTITY_READER | 1u << PH_ENTITY_COPY;
	struct ph_ref heads[4];
	size_t count = 0;
	int rc;

	if ((registers & 1u << looking->key.type) == 0) {
		return PH_LEDGER_E_NONE;
	}
	rc = ph_query_heads(looking->world->ledger, (enum ph_entity)looking->key.type,
			    ph_key_view(&looking->key), looking->number % 6, heads, 4,
			    &count);
	return look_told(rc, json_integer((json_int_t)count), out);
}

static int look_account(struct looking *looking, json_t **out)
{
	struct ph_id id;
	struct ph_loan_filter filter = { .card = &id, .overdue = looking->number % 2 };

	if (looking->key.type != PH_ENTITY_CARD ||
	    !ph_key_get_id(ph_key_view(&looking->key), &id)) {
		return PH_LEDGER_E_NONE;
	}
	filter.day = ph_day_of(T0) + 20;
	return ph_query_loans(looking->world->ledger, &filter, out);
}

static const struct look looks_at_one[] = {
	LOOK(entity), LOOK(why),     LOOK(sites),        LOOK(facts),
	LOOK(kin),    LOOK(story),   LOOK(title_copies), LOOK(members),
	LOOK(heads),  LOOK(account), LOOK(reader_cards), LOOK(privacy),
};
#define LOOKS_AT_ONE (sizeof(looks_at_one) / sizeof(looks_at_one[0]))

/* --- a case --- */

static int look_case(struct looking *looking, json_t **out)
{
	return ph_view_case(looking->world->ledger, looking->id, out);
}

static int look_case_why(struct looking *looking, json_t **out)
{
	json_t *view = NULL;
	int rc = ph_view_case(looking->world->ledger, looking->id, &view);

	return rc != 0 ? rc : ph_why_case(looking->world->ledger, view, out);
}

static int look_case_name(struct looking *looking, json_t **out)
{
	char text[PH_CASE_TEXT];
	uint8_t id[PH_CASE_ID_SIZE];
	int rc = ph_case_short(looking->world->ledger, looking->id, text);

	rc = rc != 0 ? rc : ph_case_called(looking->world->ledger, text, id);
	return rc != 0 ? rc : look_told(0, json_string(text), out);
}

static int look_case_site(struct looking *looking, json_t **out)
{
	struct ph_case_row row;
	bool fed = false;
	int rc = ph_site_case_get(looking->world->ledger, looking->id, &row, &fed);

	if (rc == 0) {
		rc = look_told(0, json_pack("[i, b]", (int)row.kind, fed), out);
		ph_case_row_deinit(&row);
	}
	return rc;
}

static int look_case_plan(struct looking *looking, json_t **out)
{
	unsigned choices[PH_CASE_CHOICES_MAX];
	struct ph_case_row row;
	struct ph_case_words words = { .site = 101 };
	const char *wants = NULL;
	size_t n;
	int rc = ph_case_get(looking->world->ledger, looking->id, &row);

	if (rc != 0) {
		return rc;
	}
	n = ph_case_choices(row.kind, choices);
	words.voids = row.refs;
	words.n_voids = row.n_refs > 0;
	rc = n == 0 ? PH_LEDGER_E_NONE
		    : ph_case_plan(looking->world->ledger, &row,
				   choices[looking->number % n],
				   looking->number < n ? &words : NULL, out, &wants);
	ph_case_row_deinit(&row);
	return rc;
}

static const struct look looks_at_case[] = {
	LOOK(case), LOOK(case_why), LOOK(case_name), LOOK(case_site), LOOK(case_plan),
};
#define LOOKS_AT_CASE (sizeof(looks_at_case) / sizeof(looks_at_case[0]))

/* --- all of it --- */

struct look_each {
	struct looking *looking;
	enum ph_entity type;
	json_t *array;
};

static int look_each(void *data, struct ph_view id, struct ph_view state)
{
	struct look_each *each = data;
	json_t *object = NULL;
	int rc = ph_view_entity(each->looking->world->ledger, each->type, id, NULL,
				&object);

	(void)state;
	return rc != 0 ? rc : ph_show_append(each->array, object);
}

static int look_all(struct looking *looking, json_t **out)
{
	static const enum ph_entity types[] = { PH_ENTITY_SITE, PH_ENTITY_COMMUNE,
						PH_ENTITY_POLICY, PH_ENTITY_DEVICE };
	struct look_each each = { .looking = looking,
				  .type = types[looking->number % 4],
				  .array = json_array() };
	int rc = each.array == NULL ? -ENOMEM
				    : ph_ledger_each(looking->world->ledger, each.type,
						     look_each, &each);

	if (rc != 0) {
		json_decref(each.array);
		return rc;
	}
	*out = each.array;
	return 0;
}

static int look_titles(struct looking *looking, json_t **out)
{
	static const char *const words[] = { "so do", "chi", "lao hac", "" };

	return ph_ledger_find_titles(looking->world->ledger,
				     ph_view_str(words[looking->number % 4]),
				     looking->number, out);
}

static int look_readers(struct looking *looking, json_t **out)
{
	static const char *const words[] = { "lo", "xuan", "vang a", "thi" };

	return ph_ledger_find_readers(
		looking->world->ledger, ph_view_str(words[looking->number % 4]),
		looking->number % 2 ? 101 : 0, looking->number, &looking->opener, out);
}

static int look_list_page(struct looking *looking, void *data, const char *after,
			  json_t **page, char *next)
{
	struct ph_listing_query *query = data;

	query->after = after;
	return ph_listing(looking->world->ledger, query, page, next);
}

/* Page by page, two at a time. */
static int look_list(struct looking *looking, json_t **out)
{
	static const uint64_t sites[] = { 101, 102 };
	struct ph_listing_query query = {
		.list = (enum ph_listing)(looking->number % (PH_LISTING_TALLIES + 1)),
		.sites = looking->number % 2 ? sites : NULL,
		.n_sites = looking->number % 2 ? 2 : 0,
		.day = ph_day_of(T0) + 20,
		.limit = 2,
		.opener = looking->number % 3 ? &looking->opener : NULL,
	};

	return look_pages(looking, look_list_page, &query, out);
}

static int look_entries_page(struct looking *looking, void *data, const char *after,
			     json_t **page, char *next)
{
	struct ph_entries_query *query = data;

	query->after = after;
	return ph_entries(looking->world->ledger, query, page, next);
}

static int look_entries(struct looking *looking, json_t **out)
{
	static const uint64_t site = 101;
	struct ph_entries_query query = {
		.kind = ph_kind_at(looking->number % ph_kinds_count()),
		.sites = looking->number % 2 ? &site : NULL,
		.n_sites = 1,
		.from = INT64_MIN,
		.to = ph_day_of(T0) + 20,
		.limit = 2,
		.opener = looking->number % 3 ? &looking->opener : NULL,
	};

	return look_pages(looking, look_entries_page, &query, out);
}

static int look_cases_page(struct looking *looking, void *data, const char *after,
			   json_t **page, char *next)
{
	struct ph_cases_query *query = data;

	query->after = after;
	return ph_cases_page(looking->world->ledger, query, page, next);
}

static int look_cases(struct looking *looking, json_t **out)
{
	static const uint64_t sites[] = { 101, 103 };
	bool hub = looking->world->hub != NULL;
	size_t n_sites = !hub ? 1 : looking->number % 2 ? 2 : 0;
	struct ph_cases_query query = {
		.kind = looking->number % 4 == 3 ? 1 + looking->number % 18 : 0,
		.sites = n_sites > 0 ? sites : NULL,
		.n_sites = n_sites,
		.all = looking->number % 3 != 0,
		.limit = 3,
	};

	return look_pages(looking, look_cases_page, &query, out);
}

static int look_query_cases(struct looking *looking, json_t **out)
{
	return ph_query_cases(looking->world->ledger, out);
}

static int look_site_cases(struct looking *looking, json_t **out)
{
	struct ph_site_cases cases = { 0 };
	int rc = ph_site_cases(looking->world->ledger, 101 + looking->number % 3, true,
			       &cases);
	json_t *count = json_integer((json_int_t)cases.n);

	ph_site_cases_deinit(&cases);
	return look_told(rc, count, out);
}

static int look_loans(struct looking *looking, json_t **out)
{
	struct ph_loan_filter filter = { .site = looking->number % 2 ? 101 : 0,
					 .overdue = looking->number % 3 == 0,
					 .day = ph_day_of(T0) + 25,
					 .limit = looking->number % 4 };

	return ph_query_loans(looking->world->ledger, &filter, out);
}

static int look_summary(struct looking *looking, json_t **out)
{
	int64_t day = ph_day_of(T0);

	return ph_query_summary(looking->world->ledger, looking->number % 2 ? 101 : 0,
				day + 20, looking->number % 3 ? INT64_MIN : day,
				looking->number % 3 ? INT64_MAX : day + 10, out);
}

static int look_names(struct looking *looking, json_t **out)
{
	struct ph_buf text = { 0 };
	uint64_t site = 0;
	bool keeps = false;
	int rc = ph_query_site_named(looking->world->ledger,
				     ph_view_str(looking->number % 2 ? "101" : "ST"),
				     &site);

	rc = rc < 0 ? rc
		    : ph_query_keeps_readers(looking->world->ledger,
					     101 + looking->number % 3, &keeps);
	rc = rc < 0 ? rc : ph_query_policy_text(looking->world->ledger, "Số đỏ", &text);

	json_t *answer = json_pack("[i, b, i]", (int)site, keeps, (int)text.len);

	ph_buf_deinit(&text);
	return look_told(rc < 0 ? rc : 0, answer, out);
}

static int look_digest(struct looking *looking, json_t **out)
{
	struct ph_scope_digest what = { .ledger = looking->world->ledger,
					.common = looking->world->ledger,
					.site = 101 + looking->number % 3,
					.fed = looking->world->fed };
	uint8_t digest[32], scope[32];
	char text[65];
	struct ph_error err = { 0 };
	int rc = ph_ledger_digest(looking->world->ledger, digest, &err);

	rc = rc != 0 ? rc : ph_scope_digest(&what, scope, NULL);
	if (rc != 0) {
		return rc;
	}
	digest[0] ^= scope[0];
	ph_hex(text, digest, sizeof(digest));
	return look_told(0, json_string(text), out);
}

static int look_on_part(void *data, struct ph_view bytes)
{
	return ph_figures_decode(bytes, data) == 0 ? 0 : -ENOMEM;
}

/* Summed, told in small parts, and read back. */
static int look_figures(struct looking *looking, json_t **out)
{
	struct ph_figures figures = { 0 }, back = { 0 };
	int64_t day = ph_day_of(T0);
	int rc = ph_figures_sum(looking->world->ledger, day - 40, day + 200, &figures);

	rc = rc != 0 ? rc : ph_figures_encode(&figures, 256, look_on_part, &back);
	json_t *counts = json_pack("[i, i]", (int)back.n_heads, (int)back.n_sites);

	ph_figures_deinit(&figures);
	ph_figures_deinit(&back);
	return look_told(rc, counts, out);
}

static int look_revised(struct looking *looking, json_t **out)
{
	struct ph_error err = { 0 };
	int64_t day = ph_day_of(T0);

	if (looking->figures == NULL) {
		return PH_LEDGER_E_NONE;
	}
	return ph_report_revised(looking->world->ledger, looking->figures, day - 40,
				 day + 200, out, &err);
}

static int look_on_key(void *data, const struct ph_entity_key *key)
{
	return look_listed(data, json_integer(key->type));
}

static int look_scope(struct looking *looking, json_t **out)
{
	json_t *list = json_array();
	int rc = list == NULL ? -ENOMEM
			      : ph_scope_each(looking->world->ledger,
					      101 + looking->number % 3, NULL,
					      look_on_key, list);

	return look_told(rc, list, out);
}

/* Rows of the plan, each from another source, against themselves of a month before. */
static int look_sheet(struct looking *looking, json_t **out)
{
	static const struct {
		const char *code;
		enum ph_by by;
	} rows[] = {
		{ "M1", PH_BY_COMMUNE },  { "M2", PH_BY_COMMUNE },
		{ "M3", PH_BY_SITE },     { "M4", PH_BY_COMMUNE },
		{ "A7", PH_BY_LANGUAGE }, { "additions", PH_BY_ACQUISITION },
		{ "A2", PH_BY_SITE },     { "A3", PH_BY_SITE },
		{ "A5", PH_BY_OCCASION }, { "A14", PH_BY_COMMUNE },
		{ "A1", PH_BY_KIND },     { "visits", PH_BY_BAND },
	};
	struct ph_indicator_query query = { .today = ph_day_of(T0) };
	json_t *list = json_array();
	int rc = list == NULL ? -ENOMEM : ph_period_parse("2026-09", &query.period);

	for (unsigned i = looking->number; rc == 0 && i < 12; i += 6) {
		json_t *now = NULL;

		query.row = ph_indicator_find(rows[i].code);
		query.by = rows[i].by;
		rc = ph_indicator_sheet(looking->world->ledger, &query, &now);
		rc = rc != 0 ? rc : look_listed(list, now);
	}
	if (rc == 0) {
		json_t *one = json_array_get(list, 0), *other = json_array_get(list, 1);

		rc = ph_indicator_withhold(one, other);
		rc = rc != 0 ? rc : look_listed(list, ph_indicator_revised(one, other));
	}
	return look_told(rc, list, out);
}

static const struct look looks_at_all[] = {
	LOOK(all),    LOOK(titles),     LOOK(readers),     LOOK(list),
	LOOK(cases),  LOOK(entries),    LOOK(loans),       LOOK(names),
	LOOK(digest), LOOK(site_cases), LOOK(query_cases), LOOK(summary),
	LOOK(scope),  LOOK(figures),    LOOK(revised),     LOOK(sheet),
};
#define LOOKS_AT_ALL (sizeof(looks_at_all) / sizeof(looks_at_all[0]))

#endif
