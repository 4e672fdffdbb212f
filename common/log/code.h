/*
 * common/log/code.h - the codes we print on copies and cards (docs/LOG.md, "Printed codes").
 *
 * 13 digits: province 2, site 4, block 2, counter 4, check digit. The check digit is
 * EAN-13's (GS1 General Specifications, 7.9), so that scanners can be told to verify
 * it. Digits only: a Vietnamese keyboard driver alters letters that a scanner types.
 */
#ifndef PH_LOG_CODE_H
#define PH_LOG_CODE_H

#include "common/log/journal.h"

#define PH_PRINTED_SIZE        13
#define PH_PRINTED_COUNTER_MAX 9999 /* codes in one block; the first has counter 1 */

/*
 * The code of site number SITE (province * 10,000 + site, at most PH_SITE_MAX), BLOCK
 * (at most PH_CODE_BLOCK_MAX) and COUNTER (at most PH_PRINTED_COUNTER_MAX), with a
 * terminator. 0, or -EINVAL with OUT unchanged.
 */
int ph_code_make(char out[static PH_PRINTED_SIZE + 1], uint64_t site, uint64_t block,
		 uint64_t counter);
/* Whether CODE is 13 ASCII digits of which the last is the right check digit. */
bool ph_code_check(struct ph_view code);
/* Whether it is 13 ASCII digits that begin with the two of PROVINCE, whatever the check digit. */
bool ph_code_looks_printed(struct ph_view code, uint64_t province);
/* Both: then CODE is its own name, in namespace 0, wherever it is scanned. */
bool ph_code_is_printed(struct ph_view code, uint64_t province);

/*
 * The next code of SITE's block BLOCK; its counter is kept in meta, so call this in the
 * transaction that uses the code. 0; -ENOSPC with PH_EXIT_OTHER and a text when the block
 * is used up; or another negative errno. OUT and the counter are unchanged on error.
 */
int ph_code_next(struct ph_journal *journal, uint64_t site, uint64_t block,
		 char out[static PH_PRINTED_SIZE + 1], struct ph_error *err);

#endif
