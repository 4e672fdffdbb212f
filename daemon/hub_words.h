/*
 * daemon/hub_words.h - words of the control log that not every device hears: those behind where two
 * branches of it part, on a hub that was put back and spoke before anybody called
 * (docs/decisions/0039-a-hub-that-was-put-back.md).
 */
#ifndef PH_DAEMON_HUB_WORDS_H
#define PH_DAEMON_HUB_WORDS_H

#include "daemon/hub_internal.h"

/* A word that counts here, as it is to be said once more. */
struct ph_hub_word {
	struct ph_ref ref;   /* where it stands: in either branch */
	struct ph_buf bytes; /* the entry, without stamp, `seen` and signature */
	uint64_t stamp;      /* of that one */
	unsigned rank;       /* who keeps out comes before who lets in */
	bool by_operator;    /* an operator must sign it */
	bool stays; /* it cannot be said again: a void counts in its target's log alone */
};

/* In the order in which they are to be said. All zero is a valid empty list. */
struct ph_hub_words {
	struct ph_hub_word *items;
	size_t n, cap;
	size_t stay; /* of these, the last ones, that cannot be said again */
	size_t later; /* words beside them that are of a later program, which alone can say them */
};
void ph_hub_words_deinit(struct ph_hub_words *words);
/*
 * Those that still hold by the ledger as it is folded, and that all do not have by another entry as
 * well. Of a put (a site, a commune, a rule, a target) what still shows. 0 or negative
 * errno with ERR.
 */
int ph_hub_words_find(struct ph_hub *hub, struct ph_hub_words *words,
		      struct ph_error *err);
/* How many of them wait to be said again, those of a later program with them. 0 or negative errno. */
int ph_hub_words_count(struct ph_hub *hub, size_t *out);
/*
 * Whether ENTRY, which REF names and which is no void, still stands by the ledger as it is folded; of a
 * put only what shows stays in it. 0 or negative errno.
 */
int ph_hub_word_stands(struct ph_hub *hub, struct ph_entry *entry,
		       const struct ph_ref *ref, bool *out);
/*
 * Up to where all branches of the control log's log INDEX that count are one; UINT64_MAX: there is
 * one alone. 0 or negative errno.
 */
int ph_hub_words_split(struct ph_hub *hub, unsigned index, uint64_t *out);
/* Whether any of its logs has several. 0 or negative errno. */
int ph_hub_words_beside(struct ph_hub *hub, bool *out);
struct ph_hub_again;
/*
 * Reads the control log once, as far as all have it, for any number of the questions below; as it
 * is now: for one command. HUB is borrowed. 0 or negative errno.
 */
int ph_hub_again_new(struct ph_hub_again **again_out, struct ph_hub *hub);
void ph_hub_again_free(struct ph_hub_again *again);
/*
 * Where what REF says, which not all have, was said again; n 0: nowhere, or all have REF. 0 or
 * negative errno.
 */
int ph_hub_again_find(struct ph_hub_again *again, const struct ph_ref *ref,
		      struct ph_ref *ref_out);
/* The same as the member "again" of ITEM, if it was. 0 or negative errno. */
int ph_hub_again_tell(struct ph_hub_again *again, const struct ph_ref *ref, json_t *item);
/*
 * WORD as an entry to be written: with the heads that stand now as its `seen`. It borrows WORD.
 * 0 or negative errno.
 */
int ph_hub_word_entry(struct ph_hub *hub, const struct ph_hub_word *word,
		      struct ph_entry *entry_out);

#endif
