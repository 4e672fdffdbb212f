/*
 * tests/fuzz/fuzz_schedule.c - eight bytes for two times, the rest as a timetable.
 *
 * What is taken has a canonical text, which gives the same again. Who is overdue is looked up
 * a second time, day by day; who was heard later is never later.
 */
#include "common/base/clock.h"
#include "common/ledger/schedule.h"

#include "tests/fuzz/choices.h"

#define SOME_DAYS 3000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_occasion(const struct ph_schedule *schedule, int64_t day)
{
	int64_t next;

	return ph_schedule_next(schedule, day, &next) && next == day;
}

/* How many occasions after the day of HEARD have passed at NOW. */
static unsigned slowly_missed(const struct ph_schedule *schedule, int64_t heard,
			      int64_t now)
{
	int64_t grace = (int64_t)schedule->grace * 3600;
	unsigned n = 0;

	for (int64_t day = ph_day_of(heard) + 1; day <= ph_day_of(now); day++) {
		n += is_occasion(schedule, day) && ph_day_noon(day) + 43200 + grace < now;
	}
	return n < 1000 ? n : 1000;
}

static void check(const struct ph_schedule *schedule, int64_t heard, int64_t now)
{
	struct ph_due due, later;

	ph_schedule_judge(schedule, heard, now, &due);
	must((due.state == PH_LATE_OVERDUE) == (due.overdue > 0));
	must((due.state == PH_LATE_OVERDUE) == (due.missed > 0));
	must(due.missed == slowly_missed(schedule, heard, now));
	must(due.since == 0 || due.since > heard);
	must(due.state == PH_LATE_IN_TIME || (due.since > 0 && due.since <= now));
	must(due.state != PH_LATE_DUE || due.until >= now);
	ph_schedule_judge(schedule, heard + 86400, now, &later);
	must(later.state <= due.state && later.overdue <= due.overdue);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ph_schedule schedule, again;
	char text[PH_SCHEDULE_TEXT];
	int64_t heard, now;

	if (size < 8) {
		return 0;
	}
	/* some years from 2025 on, and what follows within SOME_DAYS */
	heard = 1735689600 + (int64_t)(ph_be32_get(data) % (SOME_DAYS * 86400u));
	now = heard + (int64_t)(ph_be32_get(data + 4) % (SOME_DAYS * 86400u));
	if (ph_schedule_parse(PH_VIEW(data + 8, size - 8), &schedule) != 0) {
		return 0;
	}
	ph_schedule_text(&schedule, text);
	must(ph_schedule_parse(ph_view_str(text), &again) == 0);
	must(memcmp(&schedule, &again, sizeof(again)) == 0);
	check(&schedule, heard, now);
	return 0;
}
