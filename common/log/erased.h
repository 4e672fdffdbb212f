/*
 * common/log/erased.h - readers who were erased, and their cards, as a store remembers them
 * (docs/STORE.md, "Erasures").
 *
 * A part that is of one of them is expected no more: its row stays with an empty ciphertext, so
 * that it is not missing, and what comes later for it is not kept. A note may be about any entry that
 * names them: so these are remembered as well, by which what is noted about one later is known.
 */
#ifndef PH_LOG_ERASED_H
#define PH_LOG_ERASED_H

#include "common/log/journal.h"

/* Numbers up to 99 as those of the entities in the ledger; ids likewise. */
enum ph_erased {
	PH_ERASED_READER =
		11,          /* reference of the first entry: log id, n, hash: 32 bytes */
	PH_ERASED_CARD = 12, /* namespace, 8 bytes, and code */
	PH_ERASED_ENTRY = 100, /* an entry that names one of these: its reference */
	PH_ERASED_LATE = 101,  /* likewise; what refers to it is still to be looked for */
	PH_ERASED_NOTE = 102, /* a note about any of these, found here; 100 or 101, too */
	PH_ERASED_COPY =
		103, /* came back from such a card: its loans are still to be looked at */
	PH_ERASED_HELD =
		104, /* a card that no order names, issued to readers who were erased alone */
};
#define PH_ERASED_REF_SIZE 32

/* The id of what is named by a reference. */
void ph_erased_ref(uint8_t out[static PH_ERASED_REF_SIZE], const struct ph_ref *ref);
/* It is erased from now on. 0 or negative errno. */
int ph_erased_put(struct ph_db *db, enum ph_erased type, struct ph_view id);
int ph_erased_has(struct ph_db *db, enum ph_erased type, struct ph_view id,
		  bool *has_out);
/* Whether anything was ever erased here. */
int ph_erased_any(struct ph_db *db, bool *any_out);

/*
 * Whether ENTRY names a reader or a card that was erased, or an entry that does: by its card, its
 * reader, the loan or hold that it is for, what it voids or takes apart, or what it is a note about.
 * So a part of it is of that reader. REF: its own reference, NULL while it has none; a registration
 * that was erased names itself. An order to erase names nobody here. 0 or negative errno.
 */
int ph_erased_names(struct ph_db *db, const struct ph_entry *entry,
		    const struct ph_ref *ref, bool *names_out);
/* False: no entry of that kind names anybody in that way. */
bool ph_erased_may_name(uint64_t kind);
/* The entry REF names one of them: PH_ERASED_LATE, unless that is known. In a transaction. 0 or negative errno. */
int ph_erased_note_entry(struct ph_db *db, const struct ph_ref *ref);
/* Whether REF is a reader who was erased, or is known as an entry that names one. 0 or negative errno. */
int ph_erased_has_entry(struct ph_db *db, const struct ph_ref *ref, bool *has_out);
/*
 * ENTRY, number N of a log, has come. *IS_OUT: it names somebody who was erased, so that a part of
 * it is not to be kept; then it is noted as such. A card that it issues to somebody else is
 * PH_ERASED_HELD no more. In a transaction. 0 or negative errno.
 */
int ph_erased_look(struct ph_db *db, const uint8_t log_id[static PH_LOG_ID_SIZE],
		   uint64_t n, struct ph_view entry, bool *is_out);

/* The part of entry N is gone, and not missing; no effect without one. *HELD_OUT: it was here. 0 or negative errno. */
int ph_journal_part_erase(struct ph_journal *journal, int64_t log_row, uint64_t n,
			  bool *held_out);
/* Whether CIPHER, of entry N of a log in whatever branch, is a part that is gone. 0 or negative errno. */
int ph_journal_part_gone(struct ph_journal *journal,
			 const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n,
			 struct ph_view cipher, bool *gone_out);
/* Write all parts anew, so that no page has what was in one that is gone. In a transaction. */
int ph_journal_parts_rewrite(struct ph_journal *journal);

#endif
