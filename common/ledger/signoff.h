/*
 * common/ledger/signoff.h - which words of sites on an issued report count
 * (docs/REPORTS.md, "Who signs off").
 */
#ifndef PH_LEDGER_SIGNOFF_H
#define PH_LEDGER_SIGNOFF_H

#include "common/ledger/ledger.h"
#include "common/ledger/report.h"

/* What becomes of a word. */
enum ph_signs {
	PH_SIGNS_COUNTS,
	PH_SIGNS_REPLACED,        /* its site said another for that commune behind it */
	PH_SIGNS_UNKNOWN_SITE,    /* no site-put names its site */
	PH_SIGNS_UNKNOWN_COMMUNE, /* no commune-put names its commune */
	PH_SIGNS_FOREIGN_SITE,    /* its site lies in another commune, or in none */
};
/* Its word in answers, NULL of the first two: "foreign-site". */
const char *ph_signs_name(enum ph_signs signs);

#define PH_SIGN_COMMUNE 6
struct ph_sign {
	enum ph_signs signs;
	char commune[PH_SIGN_COMMUNE]; /* that it is for; empty: for its site alone */
};
/*
 * One of each sign-off of REPORT, in the same order, by the sites and communes that LEDGER
 * shows; catch up first. 0 and a new list in *OUT, to be freed (NULL if there are no
 * sign-offs); -ENOMEM or another negative errno.
 */
int ph_report_signs(struct ph_ledger *ledger, const struct ph_report *report,
		    struct ph_sign **out);

#endif
