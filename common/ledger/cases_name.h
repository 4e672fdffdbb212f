/* common/ledger/cases_name.h - cases by the beginning of their id. */
#ifndef PH_LEDGER_CASES_NAME_H
#define PH_LEDGER_CASES_NAME_H

#include "common/ledger/cases.h"

/* Room for a case's id as text, with its terminator. */
#define PH_CASE_TEXT       (2 * PH_CASE_ID_SIZE + 1)
/* So many hex digits at least are shown, and are enough to name a case. */
#define PH_CASE_SHORT      8
#define PH_CASE_PREFIX_MIN 4

enum {
	PH_CASE_E_FORM = 2, /* not that many digits from 0 to 9 and a to f */
	PH_CASE_E_MANY,     /* more than one case begins so */
};
/*
 * The case whose id begins with PREFIX: found here, fed, or gone and once decided. 0,
 * PH_LEDGER_E_NONE, PH_CASE_E_*, negative errno.
 */
int ph_case_called(struct ph_ledger *ledger, const char *prefix,
		   uint8_t id_out[static PH_CASE_ID_SIZE]);
/* The shortest beginning of ID, of PH_CASE_SHORT digits at least, that no other case has. 0 or negative errno. */
int ph_case_short(struct ph_ledger *ledger, const uint8_t id[static PH_CASE_ID_SIZE],
		  char out[static PH_CASE_TEXT]);

#endif
