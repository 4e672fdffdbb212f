/* tests/power/check_internal.h - between check.c, check_beside.c and check_roads.c. */
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
/* What a cut left of an item is as it was before the call or behind it, and opens. */
bool check_front(struct checking *checking, const struct beside *now);
/* Tries at the PIN, which cost time, in some cuts alone, and in those of a PIN that is set. */
bool check_desk(struct checking *checking);

/* check_roads.c */
/* Before the disk is opened: what has the name of a bundle is one, whole. */
bool check_bundles(struct checking *checking);
/* The courier: what it signed for is there. */
bool check_vows(struct checking *checking);
/* What a site says a courier has. */
bool check_custody(struct checking *checking, const struct beside *now);
/* The second medium has what was said to be on it; and, behind the hub's next entry, all. */
bool check_second(struct checking *checking);
bool check_second_follows(struct checking *checking);
/* The next exchange with a copy of the other: both are used up. */
bool check_meets_sibling(struct checking *checking);
bool check_meets_courier(struct checking *checking);

#endif
