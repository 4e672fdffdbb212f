/* tests/reference/shown.h - what a ledger holds, in the lines that README.md describes. */
#ifndef PH_TESTS_REFERENCE_SHOWN_H
#define PH_TESTS_REFERENCE_SHOWN_H

#include "common/ledger/ledger.h"

struct shown {
	bool states;
	bool cases;
	bool classes;
};

/* NAME, if not NULL, stands behind the digest. 0 or negative errno. */
int show(struct ph_ledger *ledger, const struct shown *shown, const char *name);

#endif
