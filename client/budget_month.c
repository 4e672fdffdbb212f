/*
 * client/budget_month.c - of which month the bytes are that a road takes.
 *
 * While the hub's time is counted on by the monotonic clock, the month is that of the hub's
 * time, and is kept as the last one confirmed. After a start of the machine bytes go to the
 * open purse, which counts in whatever month the budget is asked for. When the hub is heard,
 * all of it goes to the month that it names: between two confirmations of one month that is
 * right to the byte, and over a month's turn nothing of the new one is missing.
 *
 * Where no hub answers for months, the open purse would grow for ever. So when the
 * machine's clock, where it can be right, goes on to a later month, what is in it is of the
 * one before. A clock that is behind what was heard tells nothing, and closes nothing.
 */
#include "client/budget_month.h"

#include <stdio.h>
#include <string.h>

#include "client/budget.h"

#define META_MONTH "budget.month" /* the last that the hub confirmed */
#define META_OPEN                                                                        \
	"budget.open"      /* the month, by our clock, in which the purse was opened */
#define NO_MONTH "9999-99" /* ... which was behind: later than any month */

static void month_of(int64_t seconds, char out[static 8])
{
	char text[PH_TIME_TEXT];

	ph_day_text(text, ph_day_of(seconds));
	snprintf(out, 8, "%.7s", text);
}

/* A month, or "" if there is none. */
static int get_month(struct ph_site *site, const char *name, char out[static 8])
{
	struct ph_buf text = { 0 };
	int rc = ph_journal_meta_get(site->journal, name, &text);

	snprintf(out, 8, "%.*s", (int)text.len, text.len > 0 ? (char *)text.data : "");
	ph_buf_deinit(&text);
	return rc < 0 ? rc : 0;
}

/* Kept if it is another than before. */
static int put_month(struct ph_site *site, const char *name, const char *month)
{
	char before[8];
	int rc = get_month(site, name, before);

	return rc == 0 && strcmp(before, month) != 0
		       ? ph_journal_meta_put(site->journal, name, ph_view_str(month))
		       : rc;
}

/* A clock that was ahead when the hub was heard, and can still be, is taken to be. */
static int64_t likely(int64_t wall, const struct ph_heard_clock *hub)
{
	return hub->ahead > PH_CLOCK_AHEAD_MAX && wall - hub->ahead >= hub->time
		       ? wall - hub->ahead
		       : wall;
}

int ph_month_now(struct ph_site *site, struct ph_month *month_out)
{
	struct ph_month month = { 0 };
	struct ph_heard_clock hub;
	struct ph_now now;
	int rc;

	site->config.clock.read(site->config.clock.data, &now);
	rc = ph_writer_heard_clock(site->journal, &now, &hub);
	if (rc < 0) {
		return rc;
	}
	if (rc > 0) { /* never heard: there is no other clock than ours */
		month_of(now.wall, month.by_own);
		memcpy(month.name, month.by_own, sizeof(month.name));
		*month_out = month;
		return 0;
	}
	month.is_sure = hub.is_sure;
	month.is_behind = !hub.is_sure && now.wall < hub.time;
	/* by so little it is right again before anybody could set it */
	month.heard = month.is_behind && hub.time - now.wall > PH_CLOCK_AHEAD_MAX
			      ? hub.time
			      : 0;
	month_of(hub.time, month.name);
	rc = hub.is_sure ? 0 : get_month(site, META_MONTH, month.by_own);
	if (rc == 0 && month.by_own[0] != '\0') {
		memcpy(month.name, month.by_own, sizeof(month.name));
	}
	month_of(month.is_sure || month.is_behind ? hub.time : likely(now.wall, &hub),
		 month.by_own);
	if (strcmp(month.by_own, month.name) < 0) {
		memcpy(month.by_own, month.name, sizeof(month.by_own));
	}
	if (rc == 0) {
		*month_out = month;
	}
	return rc;
}

/* Whether the open purse is of a month that is over by our clock. */
static bool is_over(const struct ph_month *month, const char *opened)
{
	return opened[0] != '\0' && !month->is_sure && !month->is_behind &&
	       strcmp(opened, month->by_own) < 0;
}

int ph_month_has_open(struct ph_site *site, const struct ph_month *month,
		      const char *name, bool *has_out)
{
	char opened[8];
	int rc = get_month(site, META_OPEN, opened);

	if (rc == 0) {
		*has_out = opened[0] != '\0' &&
			   (!is_over(month, opened) || strcmp(opened, name) == 0);
	}
	return rc;
}

static int close_open(struct ph_site *site, const char *month)
{
	int rc = ph_spent_move(site, PH_MONTH_OPEN, month);

	return rc == 0 ? put_month(site, META_OPEN, "") : rc;
}

/* The purse that is open: of our clock's month, or of none if that is behind. */
static int open_purse(struct ph_site *site, const struct ph_month *month)
{
	char opened[8];
	int rc = get_month(site, META_OPEN, opened);

	if (rc == 0 && is_over(month, opened)) {
		rc = close_open(site, opened);
		opened[0] = '\0';
	}
	if (rc != 0 || (opened[0] != '\0' && !month->is_behind)) {
		return rc;
	}
	return put_month(site, META_OPEN, month->is_behind ? NO_MONTH : month->by_own);
}

int ph_month_purse(struct ph_site *site, char purse[static 8])
{
	bool is_new = purse[0] == '\0';
	struct ph_month month;
	int rc = 0;

	if (!is_new && strcmp(purse, PH_MONTH_OPEN) != 0) {
		return 0;
	}
	rc = ph_month_now(site, &month);
	if (rc == 0 && is_new) {
		rc = month.is_sure ? put_month(site, META_MONTH, month.name)
				   : open_purse(site, &month);
	}
	if (rc == 0) {
		snprintf(purse, 8, "%s", month.is_sure ? month.name : PH_MONTH_OPEN);
	}
	return rc;
}

int ph_site_budget_heard(struct ph_site *site)
{
	struct ph_site_spending *spend = &site->spend;
	struct ph_month month;
	char opened[8];
	int rc = ph_month_now(site, &month);

	rc = rc == 0 ? put_month(site, META_MONTH, month.name) : rc;
	rc = rc == 0 ? get_month(site, META_OPEN, opened) : rc;
	if (rc == 0 && opened[0] != '\0') {
		rc = close_open(site, month.name);
	}
	if (rc == 0 && spend->runs && strcmp(spend->month, PH_MONTH_OPEN) == 0) {
		memcpy(spend->month, month.name, sizeof(spend->month));
	}
	return rc;
}
