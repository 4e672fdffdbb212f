/* common/ledger/notes.c - notes about entries: each event is looked at, which few ask for. */
#include "common/ledger/notes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/store.h"

/* The note in a row of the facts of events, if it is one about an entry. 1: it is; 0; negative errno. */
static int look(struct ph_ledger *ledger, struct ph_stmt *stmt, struct ph_entry *entry,
		struct ph_ref *ref)
{
	struct ph_view bytes = ph_stmt_col_blob(stmt, 3);
	struct ph_view hash = ph_stmt_col_blob(stmt, 2);
	const struct ph_cursor *cursor;
	uint64_t kind, stamp;
	int rc;

	if (!ph_entry_peek(bytes, &kind, &stamp) || kind != PH_KIND_NOTE) {
		return 0;
	}
	rc = ph_entry_decode(bytes, entry);
	if (rc != 0 || !entry->field[PH_NOTE_ABOUT].set) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_ledger_cursor_of(ledger, ph_stmt_col_int(stmt, 0), &cursor);
	if (rc != 0 || hash.len != sizeof(ref->hash)) {
		return rc != 0 ? rc : -EUCLEAN;
	}
	ref->n = (uint64_t)ph_stmt_col_int(stmt, 1);
	memcpy(ref->log_id, cursor->id, sizeof(ref->log_id));
	memcpy(ref->hash, hash.data, sizeof(ref->hash));
	return 1;
}

int ph_notes_each(struct ph_ledger *ledger,
		  int (*cb)(void *data, int64_t row, const struct ph_ref *ref,
			    const struct ph_ref *about),
		  void *data)
{
	struct ph_entry *entry = malloc(sizeof(*entry));
	struct ph_stmt *stmt;
	int rc = entry == NULL
			 ? -ENOMEM
			 : ph_db_prepare(ledger->db,
					 "SELECT log, n, hash, entry FROM ledger_fact"
					 " WHERE type = ?1 AND entry IS NOT NULL",
					 &stmt);

	if (rc != 0) {
		free(entry);
		return rc;
	}
	ph_stmt_int(stmt, 1, PH_ENTITY_EVENT);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		int64_t row = ph_stmt_col_int(stmt, 0);
		struct ph_ref ref;

		rc = look(ledger, stmt, entry, &ref);
		rc = rc == 1 ? cb(data, row, &ref, &entry->field[PH_NOTE_ABOUT].as.ref)
			     : rc;
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	free(entry);
	return rc;
}
