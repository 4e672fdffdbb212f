/*
 * common/ledger/read.c - states of entities, out of the database or of what a batch has in memory.
 */
#include "common/ledger/ledger.h"

#include "common/ledger/state.h"
#include "common/ledger/store.h"

static int read_state(struct ph_ledger *ledger, const struct ph_entity_key *key,
		      struct ph_buf *state_out)
{
	size_t start = state_out->len;
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT state FROM ledger_entity"
			       " WHERE type = ?1 AND id = ?2",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		rc = ph_buf_put_view(state_out, ph_stmt_col_blob(stmt, 0));
	}
	ph_stmt_reset(stmt);
	if (rc == 0 && state_out->len == start) {
		return ph_memo_put(&ledger->memo, key, PH_VIEW(NULL, 0));
	}
	return rc != 0 ? rc
		       : ph_memo_put(&ledger->memo, key,
				     PH_VIEW(state_out->data + start,
					     state_out->len - start));
}

int ph_ledger_get(struct ph_ledger *ledger, enum ph_entity type, struct ph_view id,
		  struct ph_buf *state_out)
{
	size_t start = state_out->len;
	struct ph_entity_key key;
	struct ph_view state;
	int rc;

	if (!ph_key_bytes(type, id, &key)) {
		return PH_LEDGER_E_NONE;
	}
	rc = ph_memo_get(&ledger->memo, &key, &state)
		     ? ph_buf_put_view(state_out, state)
		     : read_state(ledger, &key, state_out);
	return rc == 0 && state_out->len == start ? PH_LEDGER_E_NONE : rc;
}

int ph_ledger_each(struct ph_ledger *ledger, enum ph_entity type,
		   int (*cb)(void *data, struct ph_view id, struct ph_view state),
		   void *data)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT id, state FROM ledger_entity WHERE type = ?1"
			       " ORDER BY id",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, type);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rc = cb(data, ph_stmt_col_blob(stmt, 0), ph_stmt_col_blob(stmt, 1));
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

uint64_t ph_ledger_count(struct ph_ledger *ledger, enum ph_entity type)
{
	struct ph_stmt *stmt;
	uint64_t count = 0;

	if (ph_db_prepare(ledger->db,
			  "SELECT count(*) FROM ledger_entity WHERE type = ?1",
			  &stmt) != 0) {
		return 0;
	}
	ph_stmt_int(stmt, 1, type);
	if (ph_stmt_step(stmt) == PH_DB_ROW) {
		count = (uint64_t)ph_stmt_col_int(stmt, 0);
	}
	ph_stmt_reset(stmt);
	return count;
}
