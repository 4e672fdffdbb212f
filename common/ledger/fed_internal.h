/* common/ledger/fed_internal.h - what the files fed*.c share. */
#ifndef PH_LEDGER_FED_INTERNAL_H
#define PH_LEDGER_FED_INTERNAL_H

#include "common/base/limits.h"
#include "common/ledger/fed.h"

/* A page that is being applied. */
struct ph_fed_applying {
	struct ph_db *db;
	struct ph_feed_log log[PH_PAGE_LOGS_MAX]; /* as the page cites them */
	int64_t row[PH_PAGE_LOGS_MAX];            /* in fed_log; 0: not looked up yet */
	struct ph_fed_moved moved;
};

/* --- fed.c --- */
/* Set the row of log I of the page, which is kept if it is new. 0 or negative errno. */
int ph_fed_log_row(struct ph_fed_applying *applying, unsigned i);
/* Tell the ledger that KEY changed. */
int ph_fed_news_entity(struct ph_db *db, const struct ph_feed_key *key);

/* --- fed_fact.c: one item each; 0, PH_FED_E_FORM or negative errno --- */
int ph_fed_fact(struct ph_fed_applying *applying, const struct ph_feed_item *item);
int ph_fed_act(struct ph_fed_applying *applying, const struct ph_feed_item *item);
/* The same taken back, of the log ROW. */
int ph_fed_unfact(struct ph_fed_applying *applying, int64_t row,
		  const struct ph_feed_item *item);
int ph_fed_unact(struct ph_fed_applying *applying, int64_t row,
		 const struct ph_feed_item *item);

/* --- fed_read.c --- */
/* Step a statement that gives at most one row and reset it: its integer, PH_FED_E_NONE or negative errno. */
int ph_fed_one_int(struct ph_stmt *stmt, int64_t *out);
/* The bytes of the entry REF of the log ROW, appended. 0, PH_FED_E_NONE or negative errno. */
int ph_fed_bytes(struct ph_db *db, int64_t row, const struct ph_ref *ref,
		 struct ph_buf *out);

#endif
