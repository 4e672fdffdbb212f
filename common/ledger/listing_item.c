/* common/ledger/listing_item.c - one item of each list as JSON. Members: docs/MERGE.md, "Lists". */
#include "common/ledger/listing_item.h"

#include "common/ledger/copy.h"
#include "common/ledger/naming.h"
#include "common/ledger/store.h"

static int finish(struct ph_show *show, int rc, json_t **out)
{
	if (rc != 0) {
		json_decref(show->object);
		return rc;
	}
	return ph_show_done(show, out);
}

/* Its number, and its name if that is known. */
static int show_site(struct ph_ledger *ledger, struct ph_show *show, uint64_t site)
{
	ph_show_number(show, "site", site);
	return ph_name_site(ledger, show, "site_name", site);
}

static int show_title(struct ph_ledger *ledger, struct ph_show *show,
		      struct ph_view title)
{
	ph_name_ref(show, "title", title);
	return ph_name_title(ledger, show, title);
}

/* CARD, and what is known of who has it, unless QUERY is not to be told. */
static int show_whose(struct ph_ledger *ledger, struct ph_show *show, struct ph_view card,
		      const struct ph_listing_query *query)
{
	if (query->no_cards) {
		return 0;
	}
	ph_name_id(show, "card", card);
	return ph_name_card(ledger, show, card, query->opener);
}

/* The names of what holds, by the bits of ledger_copy.condition. */
static void show_condition(struct ph_show *show, int64_t bits)
{
	static const char *const names[] = { NULL, "missing", "lost", "damaged",
					     "withdrawn" };
	json_t *list = bits != 0 ? json_array() : NULL;

	if (bits == 0) {
		return;
	}
	for (size_t i = 1; i < sizeof names / sizeof *names; i++) {
		if ((bits & (int64_t)1 << i) != 0 &&
		    ph_show_append(list, json_string(names[i])) != 0) {
			show->failed = true;
		}
	}
	ph_show_set(show, "condition", list);
}

int ph_listing_show_here(struct ph_ledger *ledger, struct ph_stmt *stmt,
			 const struct ph_listing_query *query, uint64_t site,
			 json_t **out)
{
	struct ph_show show = ph_show_begin();
	int rc = show_site(ledger, &show, site);

	(void)query;
	ph_name_id(&show, "copy", ph_stmt_col_blob(stmt, 2));
	if (!ph_stmt_col_is_null(stmt, 5)) {
		ph_show_number(&show, "owner", (uint64_t)ph_stmt_col_int(stmt, 5));
	}
	show_condition(&show, ph_stmt_col_int(stmt, 6));
	rc = rc != 0 ? rc : show_title(ledger, &show, ph_stmt_col_blob(stmt, 4));
	return finish(&show, rc, out);
}

int ph_listing_show_out(struct ph_ledger *ledger, struct ph_stmt *stmt,
			const struct ph_listing_query *query, uint64_t site, json_t **out)
{
	struct ph_show show = ph_show_begin();
	int64_t due = ph_stmt_col_int(stmt, 0);
	int rc = show_site(ledger, &show, site);

	ph_name_id(&show, "copy", ph_stmt_col_blob(stmt, 2));
	rc = rc != 0 ? rc : show_whose(ledger, &show, ph_stmt_col_blob(stmt, 4), query);
	ph_show_time(&show, "time", ph_stmt_col_int(stmt, 1));
	if (due != PH_DUE_NEVER) {
		ph_show_day(&show, "due", due);
	}
	if (due < query->day) {
		ph_show_number(&show, "days_over", (uint64_t)(query->day - due));
	}
	ph_name_ref(&show, "loan", ph_stmt_col_blob(stmt, 5));
	rc = rc != 0 ? rc : show_title(ledger, &show, ph_stmt_col_blob(stmt, 6));
	return finish(&show, rc, out);
}

int ph_listing_show_expected(struct ph_ledger *ledger, struct ph_stmt *stmt,
			     const struct ph_listing_query *query, uint64_t site,
			     json_t **out)
{
	struct ph_show show = ph_show_begin();
	uint64_t from = (uint64_t)ph_stmt_col_int(stmt, 4);
	int rc = show_site(ledger, &show, site);

	(void)query;
	ph_name_id(&show, "crate", ph_stmt_col_blob(stmt, 2));
	ph_name_id(&show, "copy", ph_stmt_col_blob(stmt, 3));
	ph_show_number(&show, "from", from);
	rc = rc != 0 ? rc : ph_name_site(ledger, &show, "from_name", from);
	ph_show_time(&show, "since", ph_stmt_col_int(stmt, 5));
	if (!ph_stmt_col_is_null(stmt, 6)) {
		ph_show_day(&show, "due_back", ph_stmt_col_int(stmt, 6));
	}
	rc = rc != 0 ? rc : show_title(ledger, &show, ph_stmt_col_blob(stmt, 7));
	return finish(&show, rc, out);
}

int ph_listing_show_hold(struct ph_ledger *ledger, struct ph_stmt *stmt,
			 const struct ph_listing_query *query, uint64_t site,
			 json_t **out)
{
	struct ph_show show = ph_show_begin();
	bool waits = ph_stmt_col_int(stmt, 4) != 0;
	int rc = show_site(ledger, &show, site);

	ph_name_ref(&show, "hold", ph_stmt_col_blob(stmt, 2));
	ph_show_set(&show, "state", json_string(waits ? "waiting" : "ready"));
	rc = rc != 0 ? rc : show_whose(ledger, &show, ph_stmt_col_blob(stmt, 5), query);
	ph_show_time(&show, "time", ph_stmt_col_int(stmt, 6));
	ph_show_day(&show, "expires", ph_stmt_col_int(stmt, 0));
	if (!ph_stmt_col_is_null(stmt, 8)) {
		ph_name_id(&show, "copy", ph_stmt_col_blob(stmt, 8));
	}
	if (!waits) {
		ph_name_id(&show, "ready", ph_stmt_col_blob(stmt, 9));
		ph_show_time(&show, "ready_time", ph_stmt_col_int(stmt, 10));
	}
	rc = rc != 0 ? rc : show_title(ledger, &show, ph_stmt_col_blob(stmt, 7));
	return finish(&show, rc, out);
}
