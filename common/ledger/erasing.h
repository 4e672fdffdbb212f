/*
 * common/ledger/erasing.h - carrying out erasures in a store (docs/MERGE.md, "Carrying out an erasure").
 *
 * Erased are the readers that an order (reader-erase) lists, and whoever a card was issued
 * to that it lists. Of them go: the sealed parts of their registrations, changes and
 * consents, those of notes about any entry that names them or those cards (hers.h), in the logs and
 * in what was fed, and the match keys. States and digests stay as they are.
 */
#ifndef PH_LEDGER_ERASING_H
#define PH_LEDGER_ERASING_H

#include "common/ledger/fact.h"
#include "common/log/cert.h"

/*
 * Name in `meta` of what a cut left of an item that came down (a site's; client/site_unfinished.h):
 * sealed, so nobody can tell of whom it has details. It goes whenever a reader does.
 */
#define PH_META_UNFINISHED "sync.unfinished"

struct ph_erasing {
	struct ph_ledger *ledger;           /* borrowed; caught up */
	const struct ph_speakers *speakers; /* borrowed: whose operators may order it */
	int64_t now;
};

struct ph_erasing_done {
	uint64_t orders;  /* carried out now */
	uint64_t readers; /* erased now */
	uint64_t parts;   /* that were here */
	uint64_t notes;   /* about them that were found now, with a part here or not */
	uint64_t refused; /* orders that no operator of the key lists signed */
};

/* Whether there is anything to be done: looked at often, and done rarely. 0 or negative errno. */
int ph_erasing_waits(struct ph_ledger *ledger, bool *waits_out);
/*
 * Carry out what orders are here and were not carried out, and what has come for cards and readers
 * that were erased, with PH_META_UNFINISHED if that was anybody; then write the tables that held the
 * parts anew and empty the WAL. In transactions of its own. Nothing is done to a ledger that is not in the journal's file.
 * 0 or negative errno; what was not done then is done the next time.
 */
int ph_erasing_run(const struct ph_erasing *erasing, struct ph_erasing_done *done_out);

/* How much was erased here so far: a number that each erasure raises. 0 or negative errno. */
int ph_erasing_mark(struct ph_db *db, int64_t *mark_out);

/*
 * The facts of the reader REF, in no order; also those that do not count. CB may not load
 * others; returning non-zero it ends the walk with that value. 0 or negative errno.
 */
int ph_erasing_facts(struct ph_ledger *ledger, const struct ph_ref *ref,
		     int (*cb)(void *data, const struct ph_fact *fact), void *data);

/* An order that this store has carried out. */
struct ph_erasing_order {
	struct ph_ref ref; /* the reader-erase */
	int64_t second;    /* when, by the clock here */
	bool done;         /* and nothing of it is left in the files */
	/* how many were done here then, with this one; 0: not known (done by an earlier program) */
	uint64_t place;
	bool told; /* a site: it has written so */
	bool held; /* not told yet: something was here that went with it, as far as is known */
};
/* How many are done here: what has no clock in it, for a copy to be told apart by. 0 or negative errno. */
int ph_erasing_count(struct ph_db *db, uint64_t *count_out);
/* The one of REF. 0, PH_LEDGER_E_NONE, negative errno. */
int ph_erasing_get(struct ph_db *db, const struct ph_ref *ref,
		   struct ph_erasing_order *out);
/* The first that is done and neither told nor passed over. 0, PH_LEDGER_E_NONE, negative errno. */
int ph_erasing_untold(struct ph_db *db, struct ph_erasing_order *out);
/* It is told. In a transaction. 0 or negative errno. */
int ph_erasing_tell(struct ph_db *db, const struct ph_ref *ref);
/* It need not be told, by what is known now. In a transaction. 0 or negative errno. */
int ph_erasing_pass(struct ph_db *db, const struct ph_ref *ref);
/* What need not be told is untold again: more is known. In a transaction. 0 or negative errno. */
int ph_erasing_ask_again(struct ph_db *db);

#endif
