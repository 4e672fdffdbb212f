/* common/ledger/revised_internal.h - a report and the ledger, compared; for revised*.c only. */
#ifndef PH_LEDGER_REVISED_INTERNAL_H
#define PH_LEDGER_REVISED_INTERNAL_H

#include "common/base/clock.h"
#include "common/ledger/revised.h"
#include "common/ledger/store.h"

/* An entry that adds to a counter, as one of the two folds has it. */
struct ph_counted {
	int64_t row; /* of its log; with n its name here */
	uint64_t n;
	uint8_t hash[8];
	uint64_t site;
	int64_t second;
	uint16_t kind;
	unsigned off; /* PH_OFF_* */
	uint8_t n_counts;
	struct ph_count counts[PH_COUNTS_MAX];
};
struct ph_counted_list {
	struct ph_counted *items;
	size_t n, cap;
};

struct ph_revision {
	struct ph_ledger *ledger;
	const struct ph_figures *figures;
	int64_t from, to;
	struct ph_figures now;
	uint64_t *sites; /* whose sums differ, rising */
	size_t n_sites;
	/* by row of the log: how far it was held; whether it may matter */
	uint64_t *reach;
	bool *matters;
	size_t n_rows;
	struct ph_counted_list before, after;
	/* what the entries found account for, by site */
	struct ph_tally *explained;
	json_t *changed, *entries, *unexplained;
};

/* The place of SITE among those whose sums differ; n_sites: it is none of them. */
size_t ph_revision_index(const struct ph_revision *revision, uint64_t site);
/* Set reach and matters, by the row of each log. 0 or negative errno. */
int ph_revision_find_logs(struct ph_revision *revision);
/* All that adds to a counter in the logs that matter, as LEDGER has it, by log and number. 0 or negative errno. */
int ph_revision_gather(const struct ph_revision *revision, struct ph_ledger *ledger,
		       struct ph_counted_list *list);
/* The same into `before`, as a ledger had it that held no more than was held then. */
int ph_revision_gather_before(struct ph_revision *revision, struct ph_error *err);

#endif
