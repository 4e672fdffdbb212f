/* common/ledger/report.h - a report as it was issued, and who signed it off (docs/MERGE.md, "Report"). */
#ifndef PH_LEDGER_REPORT_H
#define PH_LEDGER_REPORT_H

#include "common/ledger/key.h"
#include "common/ledger/state.h"

struct ph_signoff {
	struct ph_ref entry;
	uint64_t site;
	struct ph_view commune; /* 5 digits; empty: the site for itself */
	bool agrees;
};

struct ph_report {
	bool is_issued; /* the report-issue is here; the next four are its own */
	struct ph_view name;
	int64_t from; /* days in UTC+7 */
	int64_t to;
	int64_t second;
	struct ph_signoff *signoffs; /* in order */
	size_t n_signoffs;
};

/* The state that FACTS (effective, in order) give. 0 or negative errno. */
int ph_report_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		   struct ph_buf *state_out);
/* Borrows from STATE. 0, -EUCLEAN, -ENOMEM. */
int ph_report_decode(struct ph_view state, struct ph_report *report);
void ph_report_deinit(struct ph_report *report);

#endif
