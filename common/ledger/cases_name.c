/*
 * common/ledger/cases_name.c - cases by the beginning of their id.
 *
 * What begins so is a range of ids, in each table that has some.
 */
#include "common/ledger/cases_name.h"

#include <errno.h>
#include <string.h>

#include "common/ledger/store.h"

struct search {
	uint8_t low[PH_CASE_ID_SIZE], high[PH_CASE_ID_SIZE];
	uint8_t id[PH_CASE_ID_SIZE]; /* the last one found */
	unsigned found;              /* different ones; no more than 2 are looked for */
};

static int read_range(struct search *search, const char *prefix, size_t len)
{
	char low[PH_CASE_TEXT], high[PH_CASE_TEXT];

	*search = (struct search){ 0 };
	if (len >= sizeof low) {
		return PH_CASE_E_FORM;
	}
	memset(low, '0', sizeof low - 1);
	memset(high, 'f', sizeof high - 1);
	memcpy(low, prefix, len);
	memcpy(high, prefix, len);
	return ph_unhex(search->low, sizeof search->low, low, sizeof low - 1) != 0 ||
			       ph_unhex(search->high, sizeof search->high, high,
					sizeof high - 1) != 0
		       ? PH_CASE_E_FORM
		       : 0;
}

static int look(struct ph_db *db, const char *sql, struct search *search)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(search->low, sizeof search->low));
	ph_stmt_blob(stmt, 2, PH_VIEW(search->high, sizeof search->high));
	while (search->found < 2 && (rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		struct ph_view id = ph_stmt_col_blob(stmt, 0);

		if (id.len != sizeof search->id) {
			rc = -EUCLEAN;
			break;
		}
		if (search->found == 0 ||
		    memcmp(search->id, id.data, sizeof search->id) != 0) {
			memcpy(search->id, id.data, sizeof search->id);
			search->found++;
		}
	}
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

static int look_all(struct ph_ledger *ledger, struct search *search)
{
	int rc = look(ledger->db,
		      "SELECT id FROM ledger_case WHERE id BETWEEN ?1 AND ?2 LIMIT 2",
		      search);

	/* those that were decided once */
	rc = rc != 0 ? rc
		     : look(ledger->db,
			    "SELECT id FROM ledger_entity WHERE type = 21"
			    " AND id BETWEEN ?1 AND ?2 LIMIT 2",
			    search);
	return rc != 0 || ledger->config.fed == NULL
		       ? rc
		       : look(ledger->config.fed,
			      "SELECT id FROM fed_case WHERE id BETWEEN ?1 AND ?2"
			      " LIMIT 2",
			      search);
}

int ph_case_called(struct ph_ledger *ledger, const char *prefix,
		   uint8_t id_out[static PH_CASE_ID_SIZE])
{
	size_t len = strlen(prefix);
	struct search search;
	int rc = len < PH_CASE_PREFIX_MIN ? PH_CASE_E_FORM
					  : read_range(&search, prefix, len);

	rc = rc != 0 ? rc : look_all(ledger, &search);
	if (rc != 0) {
		return rc;
	}
	if (search.found != 1) {
		return search.found == 0 ? PH_LEDGER_E_NONE : PH_CASE_E_MANY;
	}
	memcpy(id_out, search.id, sizeof search.id);
	return 0;
}

int ph_case_short(struct ph_ledger *ledger, const uint8_t id[static PH_CASE_ID_SIZE],
		  char out[static PH_CASE_TEXT])
{
	char text[PH_CASE_TEXT];
	struct search search;
	size_t len = PH_CASE_SHORT;
	int rc;

	ph_hex(text, id, PH_CASE_ID_SIZE);
	do {
		(void)read_range(&search, text, len);
		rc = look_all(ledger, &search);
	} while (rc == 0 && search.found > 1 && ++len < sizeof text - 1);
	if (rc == 0) {
		memcpy(out, text, len);
		out[len] = '\0';
	}
	return rc;
}
