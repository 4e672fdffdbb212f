/* tests/power/check_internal.h - between check.c and check_beside.c. */
#ifndef PH_TESTS_POWER_CHECK_INTERNAL_H
#define PH_TESTS_POWER_CHECK_INTERNAL_H

#include "tests/power/check.h"

struct checking {
	const struct after_cut *cut;
	struct ph_hub *hub;
	struct ph_site *site;
	struct ph_journal *journal;
	struct finding *finding;
};

/* False, with what and why; RC 0 is no reason. */
bool check_found(struct checking *checking, enum invariant invariant, int rc,
		 const char *what);

/* Each false with what was found. NOW: as it stands after the cut. */
bool check_account(struct checking *checking, const struct beside *now);
bool check_backed(struct checking *checking, const struct holding *now);
bool check_keys(struct checking *checking, const struct beside *now);
bool check_backup(struct checking *checking, const struct beside *now);
/* Before the disk is opened, which may tidy it up: what was said to be erased is not in its files. In some cuts. */
bool check_erased_files(struct checking *checking);
/* NOW: bits of the orders that it says it has carried out. */
bool check_erased(struct checking *checking, unsigned now);
/* Tries at the PIN, which cost time, in some cuts alone, and in those of a PIN that is set. */
bool check_desk(struct checking *checking);

#endif
