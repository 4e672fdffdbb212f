/*
 * common/log/erased.h - readers who were erased, and their cards, as a store remembers them
 * (docs/STORE.md, "Erasures").
 *
 * A part that is of one of them is expected no more: its row stays with an empty ciphertext, so
 * that it is not missing, and what comes later for it is not kept.
 */
#ifndef PH_LOG_ERASED_H
#define PH_LOG_ERASED_H

#include "common/log/journal.h"

/* Numbers as those of the entities in the ledger; ids likewise. */
enum ph_erased {
	PH_ERASED_READER =
		11,          /* reference of the first entry: log id, n, hash: 32 bytes */
	PH_ERASED_CARD = 12, /* namespace, 8 bytes, and code */
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
/* Whom the sealed part of ENTRY is of, or what a note is about, if it names them; REF is unchanged for a new reader. */
bool ph_erased_subject(const struct ph_entry *entry, struct ph_ref *ref);
/*
 * Whether the sealed part of ENTRY, number N of a log, is of an erased reader: a
 * registration or a change of one, a consent, or a note about the first entry. 0 or
 * negative errno.
 */
int ph_erased_is_of(struct ph_db *db, const uint8_t log_id[static PH_LOG_ID_SIZE],
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
