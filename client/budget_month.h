/*
 * client/budget_month.h - of which month the bytes are that a road takes.
 *
 * The hub's time tells, as long as this machine has not been started again since it was
 * heard. After a start there is only the machine's own clock, which may be wrong in any way;
 * until the hub is heard again bytes are put into an open purse, that belongs to no month yet.
 */
#ifndef PH_CLIENT_BUDGET_MONTH_H
#define PH_CLIENT_BUDGET_MONTH_H

#include "client/site_internal.h"

/* In place of a month: the purse that is open. */
#define PH_MONTH_OPEN "open"

struct ph_month {
	bool is_sure;   /* the hub was heard since the machine was started */
	bool is_behind; /* our own clock is behind what was heard: it says nothing */
	int64_t heard; /* the hub's time, last, where that is so by over PH_CLOCK_AHEAD_MAX; else 0 */
	char name[8];   /* "2026-11": the last that the hub confirmed, if it ever did */
	char by_own[8]; /* by our own clock, where that can be: NAME or a later one */
};
/* 0 or negative errno. */
int ph_month_now(struct ph_site *site, struct ph_month *month_out);
/* Whether what is in the open purse counts for NAME. 0 or negative errno. */
int ph_month_has_open(struct ph_site *site, const struct ph_month *month,
		      const char *name, bool *has_out);
/*
 * What is spent now goes to PURSE: a month, or PH_MONTH_OPEN; "": yet to be said. A session
 * stays with it; only one that is open goes on as the month that it became when another session
 * heard the hub. In a transaction. 0 or negative errno.
 */
int ph_month_purse(struct ph_site *site, char purse[static 8]);
/* All that the purse FROM holds goes to the month TO. In a transaction. 0 or negative errno. */
int ph_spent_move(struct ph_site *site, const char *from, const char *to);

#endif
