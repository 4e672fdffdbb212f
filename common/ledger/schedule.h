/*
 * common/ledger/schedule.h - when a site can be heard, and how late it is by that.
 *
 * Each site has a timetable of its own (docs/OPERATIONS.md, "Timetables"): the days on which
 * it is to be heard, its occasions. What counts is whether it was heard since an occasion
 * began; one that has passed without, and the grace besides, makes it overdue. No clock, no
 * store: days are of UTC+7 (common/base/clock.h), seconds since 1970.
 */
#ifndef PH_LEDGER_SCHEDULE_H
#define PH_LEDGER_SCHEDULE_H

#include "common/base/bytes.h"

#define PH_SCHEDULE_CLOSED_MAX 8
#define PH_SCHEDULE_EVERY_MAX  366
#define PH_SCHEDULE_GRACE_MAX  (31 * 24) /* hours */
/* Bytes of the longest canonical text, its terminator included. */
#define PH_SCHEDULE_TEXT       400
/* What counts where neither the site nor the province says anything. */
#define PH_SCHEDULE_FALLBACK   "daily grace 48h"

enum {
	PH_SCHEDULE_E_FREE = 1 /* words for people, or nothing: no timetable */
};

enum ph_schedule_form {
	PH_SCHEDULE_WEEK,  /* on `days` */
	PH_SCHEDULE_CYCLE, /* each `every` days, counted from `from` */
	PH_SCHEDULE_NEVER, /* nobody waits for it */
};

struct ph_schedule {
	enum ph_schedule_form form;
	bool by_van;    /* a van passes on these days, and brings what it was given */
	unsigned days;  /* bit 0: Monday */
	unsigned every; /* days, from 2 */
	int64_t from;   /* a day */
	unsigned grace; /* hours after the end of an occasion's day */
	unsigned n_closed;
	struct {
		int64_t from, to; /* days, both included, on which there is no occasion */
	} closed[PH_SCHEDULE_CLOSED_MAX];
};

/* 0 or PH_SCHEDULE_E_FREE, and then OUT is unchanged. */
int ph_schedule_parse(struct ph_view text, struct ph_schedule *out);
/* The same timetable in its one canonical text. */
void ph_schedule_text(const struct ph_schedule *schedule,
		      char out[static PH_SCHEDULE_TEXT]);
/* The first occasion on DAY or later. False: there is none in the next 1,000 days. */
bool ph_schedule_next(const struct ph_schedule *schedule, int64_t day, int64_t *day_out);

enum ph_lateness {
	PH_LATE_IN_TIME, /* heard since its last occasion began */
	PH_LATE_DUE,     /* an occasion has begun, and it has time yet */
	PH_LATE_OVERDUE,
};
struct ph_due {
	enum ph_lateness state;
	int64_t since; /* when the occasion begins that it is waited for; 0: there is none */
	int64_t until; /* until when it has time for that */
	int64_t next; /* when the next occasion begins that is not over; 0: there is none */
	int64_t overdue; /* seconds after `until`; 0 unless it is overdue */
	unsigned missed; /* occasions whose time is over, up to 1,000 */
};
/* How a site stands at NOW that was last heard at HEARD. */
void ph_schedule_judge(const struct ph_schedule *schedule, int64_t heard, int64_t now,
		       struct ph_due *out);

#endif
