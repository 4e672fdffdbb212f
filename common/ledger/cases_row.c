/*
 * common/ledger/cases_row.c - cases as they are, one by one and in lists.
 *
 * The indexes stand in the order of the lists, and what follows a place is a range, so a
 * page costs what it gives.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/cases.h"
#include "common/ledger/store.h"

#define REF_SIZE 32

static int read_sites(struct ph_ledger *ledger, struct ph_case_row *row)
{
	struct ph_stmt *stmt;
	size_t cap = 0;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT site FROM ledger_case_site WHERE id = ?1"
			       " ORDER BY site",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(row->id, sizeof row->id));
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rc = ph_state_grow((void **)&row->sites, row->n_sites, &cap,
				   sizeof *row->sites);
		if (rc != 0) {
			break;
		}
		row->sites[row->n_sites++] = (uint64_t)ph_stmt_col_int(stmt, 0);
	}
	ph_stmt_reset(stmt);
	return rc;
}

#define COLUMNS                                                                          \
	"c.id, c.kind, c.anchor, c.type, c.subject, c.refs, c.second, c.facts, c.status"

static int read_row(struct ph_stmt *stmt, struct ph_case_row *row)
{
	struct ph_view id = ph_stmt_col_blob(stmt, 0), anchor = ph_stmt_col_blob(stmt, 2);
	struct ph_view refs = ph_stmt_col_blob(stmt, 5),
		       facts = ph_stmt_col_blob(stmt, 7);

	*row = (struct ph_case_row){ .kind = (unsigned)ph_stmt_col_int(stmt, 1),
				     .anchor_len = anchor.len,
				     .second = ph_stmt_col_int(stmt, 6),
				     .status = (enum ph_case_status)ph_stmt_col_int(stmt,
										    8) };
	if (id.len != sizeof row->id || anchor.len > sizeof row->anchor ||
	    facts.len != sizeof row->facts || refs.len % REF_SIZE != 0 ||
	    !ph_key_bytes((enum ph_entity)ph_stmt_col_int(stmt, 3),
			  ph_stmt_col_blob(stmt, 4), &row->subject)) {
		return -EUCLEAN;
	}
	memcpy(row->id, id.data, id.len);
	memcpy(row->anchor, anchor.data, anchor.len);
	memcpy(row->facts, facts.data, facts.len);
	row->n_refs = refs.len / REF_SIZE;
	row->refs = calloc(row->n_refs + 1, sizeof *row->refs);
	if (row->refs == NULL) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < row->n_refs; i++) {
		(void)ph_key_get_ref(PH_VIEW(refs.data + i * REF_SIZE, REF_SIZE),
				     &row->refs[i]);
	}
	return 0;
}

int ph_case_get(struct ph_ledger *ledger, const uint8_t id[static PH_CASE_ID_SIZE],
		struct ph_case_row *row)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT " COLUMNS " FROM ledger_case c WHERE c.id = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(id, PH_CASE_ID_SIZE));
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc != 0 ? rc : PH_LEDGER_E_NONE;
	}
	rc = read_row(stmt, row);
	ph_stmt_reset(stmt);
	rc = rc != 0 ? rc : read_sites(ledger, row);
	if (rc != 0) {
		ph_case_row_deinit(row);
	}
	return rc;
}

/* --- lists --- */

#define AFTER(prefix)                                                                    \
	" AND (" prefix "closed, " prefix "second, " prefix "id) > (?2, ?3, ?4)"         \
	" AND " prefix "closed <= ?5"
#define ORDER(prefix) " ORDER BY " prefix "closed, " prefix "second, " prefix "id"

static const char *list_sql(const struct ph_case_filter *filter)
{
	static const char by_site[] =
		"SELECT " COLUMNS " FROM ledger_case_site s CROSS JOIN ledger_case c"
		" ON c.id = s.id WHERE s.site = ?1" AFTER(
			"s.") " AND (?6 = 0 OR c.kind = ?6)" ORDER("s.");
	static const char by_kind[] =
		"SELECT " COLUMNS " FROM ledger_case c WHERE ?1 = 0" AFTER(
			"c.") " AND c.kind = ?6" ORDER("c.");
	static const char any[] =
		"SELECT " COLUMNS
		" FROM ledger_case c WHERE ?1 = 0" AFTER("c.") " AND ?6 = 0" ORDER("c.");

	return filter->site != 0 ? by_site : filter->kind != 0 ? by_kind : any;
}

static int walk(struct ph_ledger *ledger, struct ph_stmt *stmt,
		int (*cb)(void *data, const struct ph_case_row *row), void *data)
{
	int rc;

	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		struct ph_case_row row;

		rc = read_row(stmt, &row);
		rc = rc != 0 ? rc : read_sites(ledger, &row);
		rc = rc != 0 ? rc : cb(data, &row);
		ph_case_row_deinit(&row);
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

int ph_cases_each(struct ph_ledger *ledger, const struct ph_case_filter *filter,
		  int (*cb)(void *data, const struct ph_case_row *row), void *data)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, list_sql(filter), &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)filter->site);
	ph_stmt_int(stmt, 2, filter->has_after ? filter->after_closed : -1);
	ph_stmt_int(stmt, 3, filter->has_after ? filter->after_second : 0);
	ph_stmt_blob(stmt, 4, PH_VIEW(filter->after_id, sizeof filter->after_id));
	ph_stmt_int(stmt, 5, filter->all);
	ph_stmt_int(stmt, 6, filter->kind);
	return walk(ledger, stmt, cb, data);
}

int ph_cases_about(struct ph_ledger *ledger, const struct ph_entity_key *subject,
		   int (*cb)(void *data, const struct ph_case_row *row), void *data)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT " COLUMNS " FROM ledger_case c"
			       " WHERE c.type = ?1 AND c.subject = ?2"
			       " ORDER BY c.kind, c.second, c.id",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, subject->type);
	ph_stmt_blob(stmt, 2, ph_key_view(subject));
	return walk(ledger, stmt, cb, data);
}

uint64_t ph_cases_count(struct ph_ledger *ledger, uint64_t site)
{
	static const char all[] = "SELECT count(*) FROM ledger_case"
				  " WHERE closed = 0 AND ?1 = 0";
	static const char one[] = "SELECT count(*) FROM ledger_case_site"
				  " WHERE site = ?1 AND closed = 0";
	struct ph_stmt *stmt;
	uint64_t count = 0;

	if (ph_db_prepare(ledger->db, site == 0 ? all : one, &stmt) != 0) {
		return 0;
	}
	ph_stmt_int(stmt, 1, (int64_t)site);
	if (ph_stmt_step(stmt) == PH_DB_ROW) {
		count = (uint64_t)ph_stmt_col_int(stmt, 0);
	}
	ph_stmt_reset(stmt);
	return count;
}

int ph_cases_of_kind(struct ph_ledger *ledger, unsigned kind, uint64_t *count_out,
		     int64_t *oldest_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT count(*), min(second) FROM ledger_case"
			       " WHERE kind = ?1 AND closed = 0",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)kind);
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		*count_out = (uint64_t)ph_stmt_col_int(stmt, 0);
		*oldest_out = ph_stmt_col_int(stmt, 1);
		rc = 0;
	}
	ph_stmt_reset(stmt);
	return rc;
}
