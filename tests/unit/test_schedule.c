/*
 * tests/unit/test_schedule.c - timetables of sites: what is one, which days it means, and
 * how late somebody is by it, at each edge.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/ledger/schedule.h"

#define HOUR 3600
#define DAY  86400

/* A text, and its canonical one; NULL: words for people. */
static const struct {
	const char *text, *canonical;
} texts[] = {
	{ "daily", "daily grace 24h" },
	{ "Daily", "daily grace 24h" },
	{ "workdays", "workdays grace 24h" },
	{ "mon-fri", "workdays grace 24h" },
	{ "mon-sun", "daily grace 24h" },
	{ "mon thu", "mon thu grace 24h" },
	{ "thu, mon; thu", "mon thu grace 24h" },
	{ "Thursday", "thu grace 24h" },
	{ "T2, T5", "mon thu grace 24h" },
	{ "T7 CN", "sat sun grace 24h" },
	{ "sat-mon", "mon sat sun grace 24h" },
	{ "t2-t6 grace 0h", "workdays grace 0h" },
	{ "daily grace 2d", "daily grace 48h" },
	{ "daily grace 744h", "daily grace 744h" },
	{ "daily grace 31d", "daily grace 744h" },
	{ "market 5d from 2026-01-03", "market 5d from 2026-01-03 grace 24h" },
	{ "every 2d from 2026-01-03 grace 6h", "market 2d from 2026-01-03 grace 6h" },
	{ "market 366d from 2026-01-03", "market 366d from 2026-01-03 grace 24h" },
	{ "van:thu", "van:thu grace 72h" },
	{ "van: mon thu grace 1d", "van:mon thu grace 24h" },
	{ "van:market 5d from 2026-01-03", "van:market 5d from 2026-01-03 grace 72h" },
	{ "never", "never grace 24h" },
	{ "daily closed 2027-02-04..2027-02-12",
	  "daily grace 24h closed 2027-02-04..2027-02-12" },
	{ "daily closed 2026-09-02 grace 3h",
	  "daily grace 3h closed 2026-09-02..2026-09-02" },
	{ "daily closed 2026-09-02 closed 2026-12-25",
	  "daily grace 24h closed 2026-09-02..2026-09-02 closed 2026-12-25..2026-12-25" },
	/* words */
	{ "", NULL },
	{ "   ", NULL },
	{ "thứ hai đến thứ sáu", NULL },
	{ "8:00-11:30", NULL },
	{ "T2 và T5", NULL },
	{ "mon thuu", NULL },
	{ "mon-", NULL },
	{ "-mon", NULL },
	{ "mon daily", NULL },
	{ "daily mon", NULL },
	{ "daily grace", NULL },
	{ "daily grace 3", NULL },
	{ "daily grace h", NULL },
	{ "daily grace 745h", NULL },
	{ "daily grace 32d", NULL },
	{ "daily grace 99999h", NULL },
	{ "daily grace 3h grace 4h", NULL },
	{ "daily closed", NULL },
	{ "daily closed 2026-02-30", NULL },
	{ "daily closed 2026-09-03..2026-09-02", NULL },
	{ "daily closed 2026-09-02..", NULL },
	{ "market", NULL },
	{ "market 5d", NULL },
	{ "market 5d from", NULL },
	{ "market 5 from 2026-01-03", NULL },
	{ "market 1d from 2026-01-03", NULL },
	{ "market 367d from 2026-01-03", NULL },
	{ "market 5d from 2026-02-29", NULL },
	{ "market 5d from 2026-01-03 thu", NULL },
	{ "van", NULL },
	{ "van:", NULL },
	{ "van:never", NULL },
	{ "van:van:thu", NULL },
	{ "grace 3h", NULL },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
	{ "daily aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ph_schedule schedule, again;
		char text[PH_SCHEDULE_TEXT] = "";
		int rc = ph_schedule_parse(ph_view_str(texts[i].text), &schedule);

		if (!texts[i].canonical) {
			if (rc != PH_SCHEDULE_E_FREE) {
				fail_msg("\"%s\" is taken for a timetable",
					 texts[i].text);
			}
			continue;
		}
		if (rc != 0) {
			fail_msg("\"%s\" is not taken", texts[i].text);
		}
		ph_schedule_text(&schedule, text);
		assert_string_equal(text, texts[i].canonical);
		assert_int_equal(ph_schedule_parse(ph_view_str(text), &again), 0);
		assert_memory_equal(&again, &schedule, sizeof(again));
	}
}

static struct ph_schedule parsed(const char *text)
{
	struct ph_schedule schedule;

	assert_int_equal(ph_schedule_parse(ph_view_str(text), &schedule), 0);
	return schedule;
}

static void test_closed_limit(void **state)
{
	char text[400] = "daily";
	struct ph_schedule schedule = { 0 };

	(void)state;
	for (unsigned i = 0; i < PH_SCHEDULE_CLOSED_MAX; i++) {
		strcat(text, " closed 2026-09-02..2026-09-03");
	}
	schedule = parsed(text);
	assert_int_equal(schedule.n_closed, PH_SCHEDULE_CLOSED_MAX);
	strcat(text, " closed 2026-09-02");
	assert_int_equal(ph_schedule_parse(ph_view_str(text), &schedule),
			 PH_SCHEDULE_E_FREE);
	assert_int_equal(schedule.n_closed, PH_SCHEDULE_CLOSED_MAX);
}

/* A policy that is not set is no text at all. */
static void test_nothing(void **state)
{
	struct ph_schedule schedule;

	(void)state;
	assert_int_equal(ph_schedule_parse((struct ph_view){ 0 }, &schedule),
			 PH_SCHEDULE_E_FREE);
}

static void test_fallback(void **state)
{
	(void)state;
	assert_int_equal(parsed(PH_SCHEDULE_FALLBACK).grace, 48);
}

static int64_t day_of(const char *text)
{
	int64_t day;

	assert_int_equal(ph_day_parse(text, strlen(text), &day), 0);
	return day;
}

static void next_is(const char *text, const char *from, const char *want)
{
	struct ph_schedule schedule = parsed(text);
	char got[PH_TIME_TEXT] = "none";
	int64_t day;

	if (ph_schedule_next(&schedule, day_of(from), &day)) {
		ph_day_text(got, day);
	}
	if (strcmp(got, want) != 0) {
		fail_msg("%s from %s: %s, not %s", text, from, got, want);
	}
}

/* 29 November 2026 is a Sunday. */
static void test_next(void **state)
{
	(void)state;
	next_is("daily", "2026-11-29", "2026-11-29");
	next_is("workdays", "2026-11-29", "2026-11-30");
	next_is("sun", "2026-11-29", "2026-11-29");
	next_is("sun", "2026-11-30", "2026-12-06");
	next_is("cn", "2026-11-30", "2026-12-06");
	next_is("mon thu", "2026-12-01", "2026-12-03");
	next_is("thu", "1969-12-31", "1970-01-01");
	next_is("wed", "1969-12-31", "1969-12-31");
	next_is("market 5d from 2026-01-03", "2025-01-01", "2026-01-03");
	next_is("market 5d from 2026-01-03", "2026-01-03", "2026-01-03");
	next_is("market 5d from 2026-01-03", "2026-01-04", "2026-01-08");
	next_is("market 5d from 2026-01-03", "2026-11-29", "2026-11-29"); /* 330 days */
	next_is("market 5d from 2026-01-03", "2026-11-30", "2026-12-04");
	next_is("daily closed 2027-02-04..2027-02-12", "2027-02-04", "2027-02-13");
	next_is("daily closed 2027-02-04..2027-02-12", "2027-02-03", "2027-02-03");
	next_is("thu closed 2026-12-03", "2026-11-29", "2026-12-10");
	next_is("never", "2026-11-29", "none");
	next_is("daily closed 2026-01-01..2029-12-31", "2026-11-29", "none");
}

static int64_t at(const char *text)
{
	int64_t second;

	assert_int_equal(ph_time_parse(text, strlen(text), &second), 0);
	return second;
}

static struct ph_due judged(const char *text, int64_t heard, int64_t now)
{
	struct ph_schedule schedule = parsed(text);
	struct ph_due due;

	ph_schedule_judge(&schedule, heard, now, &due);
	return due;
}

static void test_edges(void **state)
{
	/* Thursday 3 December; heard on the Tuesday before */
	int64_t heard = at("2026-12-01T09:00");
	int64_t begins = at("2026-12-03T00:00");
	int64_t over = at("2026-12-04T12:00");
	struct ph_due due;

	(void)state;
	due = judged("thu grace 12h", heard, begins - 1);
	assert_int_equal(due.state, PH_LATE_IN_TIME);
	assert_int_equal(due.since, begins);
	assert_int_equal(due.until, over);
	assert_int_equal(due.next, begins);
	due = judged("thu grace 12h", heard, begins);
	assert_int_equal(due.state, PH_LATE_DUE);
	assert_int_equal(due.next, begins);
	due = judged("thu grace 12h", heard, over);
	assert_int_equal(due.state, PH_LATE_DUE);
	assert_int_equal(due.overdue, 0);
	due = judged("thu grace 12h", heard, over + 1);
	assert_int_equal(due.state, PH_LATE_OVERDUE);
	assert_int_equal(due.overdue, 1);
	assert_int_equal(due.missed, 1);
	assert_int_equal(due.next, begins + 7 * DAY);
	due = judged("thu grace 12h", heard, over + 14 * DAY + 1);
	assert_int_equal(due.missed, 3);
	assert_int_equal(due.overdue, 14 * DAY + 1);
}

/* Heard while the occasion lasts, it is kept; heard a second before, it is not. */
static void test_heard_edge(void **state)
{
	int64_t begins = at("2026-12-03T00:00");
	struct ph_due due;

	(void)state;
	due = judged("thu", begins, begins + 3 * DAY);
	assert_int_equal(due.state, PH_LATE_IN_TIME);
	assert_int_equal(due.since, begins + 7 * DAY);
	due = judged("thu", begins - 1, begins + 3 * DAY);
	assert_int_equal(due.state, PH_LATE_OVERDUE);
	due = judged("thu", begins + DAY - 1, begins + 3 * DAY);
	assert_int_equal(due.state, PH_LATE_IN_TIME);
}

/* The same silence, three days, by each site's own timetable. */
static void test_each_its_own(void **state)
{
	int64_t heard = at("2026-12-03T15:00"); /* a Thursday */
	int64_t now = at("2026-12-06T15:00");   /* Sunday */

	(void)state;
	assert_int_equal(judged("daily", heard, now).state, PH_LATE_OVERDUE);
	assert_int_equal(judged("workdays", heard, now).state, PH_LATE_OVERDUE);
	assert_int_equal(judged("workdays grace 2d", heard, now).state, PH_LATE_DUE);
	assert_int_equal(judged("van:thu", heard, now).state, PH_LATE_IN_TIME);
	assert_int_equal(judged("market 5d from 2026-12-03", heard, now).state,
			 PH_LATE_IN_TIME);
	assert_int_equal(judged("never", heard, now).state, PH_LATE_IN_TIME);
	assert_int_equal(judged("daily closed 2026-12-04..2026-12-05", heard, now).state,
			 PH_LATE_DUE);
	assert_int_equal(judged(PH_SCHEDULE_FALLBACK, heard, now).state, PH_LATE_DUE);
}

static void test_odd_times(void **state)
{
	struct ph_due due = judged("never", 1, 1);

	(void)state;
	assert_int_equal(due.next, 0);
	assert_int_equal(due.since, 0);
	/* a clock that went back: heard after now */
	due = judged("daily", at("2026-12-05T10:00"), at("2026-12-03T10:00"));
	assert_int_equal(due.state, PH_LATE_IN_TIME);
	/* of years of silence no more than a thousand are counted */
	due = judged("daily", at("2000-01-01T00:00"), at("2026-12-03T10:00"));
	assert_int_equal(due.missed, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),      cmocka_unit_test(test_closed_limit),
		cmocka_unit_test(test_fallback),   cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_next),       cmocka_unit_test(test_edges),
		cmocka_unit_test(test_heard_edge), cmocka_unit_test(test_each_its_own),
		cmocka_unit_test(test_odd_times),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
