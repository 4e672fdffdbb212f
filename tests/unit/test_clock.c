/* tests/unit/test_clock.c - stamps, days in Vietnam, texts of times and back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/clock.h"

static void test_stamps(void **state)
{
	(void)state;
	assert_true(ph_stamp(1790000000, 7) == (UINT64_C(1790000000) << 16 | 7));
	assert_int_equal(ph_stamp_seconds(ph_stamp(1790000000, 65535)), 1790000000);
	assert_true(ph_stamp(-1, 3) == 3);
	assert_true(ph_stamp(INT64_MIN, 0) == 0);
	assert_true(ph_stamp((INT64_C(1) << 48) - 1, 65535) == UINT64_MAX);
	assert_true(ph_stamp(INT64_C(1) << 48, 0) == ph_stamp((INT64_C(1) << 48) - 1, 0));
	assert_true(ph_stamp_seconds(UINT64_MAX) == (INT64_C(1) << 48) - 1);
}

static void test_stamp_next(void **state)
{
	uint64_t last = ph_stamp(1000, 5);

	(void)state;
	assert_true(ph_stamp_next(last, 1001) == ph_stamp(1001, 0));
	assert_true(ph_stamp_next(last, 1000) == ph_stamp(1000, 6));
	assert_true(ph_stamp_next(last, 999) == ph_stamp(1000, 6));
	assert_true(ph_stamp_next(last, -5) == ph_stamp(1000, 6));
	/* the counter runs over into the next second */
	assert_true(ph_stamp_next(ph_stamp(1000, 65535), 1000) == ph_stamp(1001, 0));
	assert_true(ph_stamp_next(0, 0) == 1);
	assert_true(ph_stamp_next(UINT64_MAX - 1, 0) == UINT64_MAX);
	assert_true(ph_stamp_next(UINT64_MAX, 0) == UINT64_MAX);
}

static void test_days(void **state)
{
	(void)state;
	/* midnight in Vietnam is 17:00 UTC of the day before */
	assert_int_equal(ph_day_of(0), 0);
	assert_int_equal(ph_day_of(17 * 3600 - 1), 0);
	assert_int_equal(ph_day_of(17 * 3600), 1);
	assert_int_equal(ph_day_of(-7 * 3600), 0);
	assert_int_equal(ph_day_of(-7 * 3600 - 1), -1);
	assert_int_equal(ph_day_noon(0), 5 * 3600);
	for (int64_t day = -800000; day < 3000000; day += 997) {
		assert_int_equal(ph_day_of(ph_day_noon(day)), day);
	}
	assert_true(ph_day_noon(INT64_MAX) == INT64_MAX);
	assert_true(ph_day_noon(INT64_MIN) == INT64_MIN);
	assert_true(ph_day_of(INT64_MAX) > 0 && ph_day_of(INT64_MIN) < 0);
}

/* Every day of three thousand years against the C library's calendar. */
static void test_day_text_as_libc(void **state)
{
	(void)state;
	for (int64_t day = -719528; day <= 2932896; day++) {
		char text[PH_TIME_TEXT];
		char libc[128];
		time_t seconds = day * 86400;
		struct tm tm;

		assert_non_null(gmtime_r(&seconds, &tm));
		snprintf(libc, sizeof(libc), "%04d-%02d-%02d", tm.tm_year + 1900,
			 tm.tm_mon + 1, tm.tm_mday);
		ph_day_text(text, day);
		if (strcmp(text, libc) != 0) {
			fail_msg("%s is not %s", text, libc);
		}

		int64_t back = 0;
		int rc = ph_day_parse(text, strlen(text), &back);

		if (tm.tm_year >= 0 && tm.tm_year < 1100) {
			assert_true(rc == 0 && back == day);
		} else {
			assert_int_equal(rc, -EINVAL);
		}
	}
}

static void test_texts(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{ 1790035247, "2026-09-22T07:00:47+07:00" },
		{ 0, "1970-01-01T07:00:00+07:00" },
		{ -25201, "1969-12-31T23:59:59+07:00" },
		{ 951757199, "2000-02-28T23:59:59+07:00" },
		{ 951757200, "2000-02-29T00:00:00+07:00" },
		{ INT64_C(253402275599), "9999-12-31T23:59:59+07:00" },
		{ INT64_C(253402275600), "@253402275600" },
		{ INT64_MAX, "@9223372036854775807" },
		{ INT64_MIN, "@-9223372036854775808" },
	};
	char text[PH_TIME_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ph_time_text(text, cases[i].seconds);
		assert_string_equal(text, cases[i].text);
	}
	/* the day of a time, as tables show it: seven hours are not added to the end of all numbers */
	ph_day_text(text, ph_day_of(INT64_C(253402275599)));
	assert_string_equal(text, "9999-12-31");
	ph_day_text(text, ph_day_of(INT64_MAX));
	assert_string_equal(text, "@106751991167300");
	ph_day_text(text, ph_day_of(INT64_MIN));
	assert_string_equal(text, "@-106751991167301");
	ph_day_text(text, INT64_MIN);
	assert_string_equal(text, "@-9223372036854775808");
	ph_day_text(text, 2932897);
	assert_string_equal(text, "@2932897");
}

static void test_time_parse(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} cases[] = {
		{ "2026-09-22T07:00:47+07:00", 1790035247 },
		{ "2026-09-22T07:00:47", 1790035247 },
		{ "2026-09-22 07:00:47", 1790035247 },
		{ "2026-09-22T00:00:47Z", 1790035247 },
		{ "2026-09-21T19:00:47-05:00", 1790035247 },
		{ "2026-09-22T07:00", 1790035200 },
		{ "2026-09-22T00:00Z", 1790035200 },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1900-01-01T00:00:00Z", INT64_C(-2208988800) },
		{ "2999-12-31T23:59:59-23:59", INT64_C(32503679999) + 86340 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t seconds = 0;

		print_message("# %s\n", cases[i].text);
		assert_int_equal(
			ph_time_parse(cases[i].text, strlen(cases[i].text), &seconds), 0);
		assert_int_equal(seconds, cases[i].seconds);
	}
}

static void test_parse_refuses(void **state)
{
	static const char *const days[] = {
		"",
		"2026",
		"2026-09",
		"2026-9-22",
		"2026-09-2",
		"2026-09-22 ",
		" 2026-09-22",
		"2026-13-01",
		"2026-00-01",
		"2026-01-00",
		"2026-01-32",
		"2026-02-29",
		"2100-02-29",
		"2026-04-31",
		"1899-12-31",
		"3000-01-01",
		"2026/09/22",
		"+026-09-22",
		"2026-09-22T",
		"20260922",
		"２026-09-22",
	};
	static const char *const times[] = {
		"2026-09-22",
		"2026-09-22T",
		"2026-09-22T07",
		"2026-09-22T07:0",
		"2026-09-22T24:00",
		"2026-09-22T07:60",
		"2026-09-22T07:00:60",
		"2026-09-22T07:00:",
		"2026-09-22T07:00:47.5",
		"2026-09-22T07:00:47z",
		"2026-09-22T07:00:47+7",
		"2026-09-22T07:00:47+0700",
		"2026-09-22T07:00:47+24:00",
		"2026-09-22T07:00:47+07:60",
		"2026-09-22T07:00:47 +07:00",
		"2026-09-22T07:00:47Z ",
		"2026-09-22t07:00:47Z",
		"2026-09-22  07:00",
		"2026-02-30T07:00:00Z",
		"2026-09-22T-7:00",
	};
	int64_t out = 5;

	(void)state;
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		print_message("# '%s'\n", days[i]);
		assert_int_equal(ph_day_parse(days[i], strlen(days[i]), &out), -EINVAL);
	}
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		print_message("# '%s'\n", times[i]);
		assert_int_equal(ph_time_parse(times[i], strlen(times[i]), &out),
				 -EINVAL);
	}
	/* the length is the end, and a zero byte is no digit */
	assert_int_equal(ph_day_parse("2026-09-22", 9, &out), -EINVAL);
	assert_int_equal(ph_day_parse("2026-09-22", 11, &out), -EINVAL);
	assert_int_equal(out, 5);
}

static void test_boot(void **state)
{
	char path[] = "/tmp/ph-boot-XXXXXX";
	uint8_t one[8];
	uint8_t same[8];
	uint8_t none[8];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	ph_clock_boot(none, path);
	assert_memory_equal(none, "\0\0\0\0\0\0\0", 8);
	assert_int_equal(write(fd, "abc", 3), 3);
	ph_clock_boot(one, path);
	/* BLAKE2b-256 of "abc" */
	assert_memory_equal(one, "\xbd\xdd\x81\x3c\x63\x42\x39\x72", 8);
	assert_int_equal(write(fd, "\n", 1), 1);
	ph_clock_boot(same, path);
	assert_memory_equal(one, same, 8);
	close(fd);
	unlink(path);
	ph_clock_boot(none, path);
	assert_memory_equal(none, "\0\0\0\0\0\0\0", 8);
}

static void test_system(void **state)
{
	struct ph_now first;
	struct ph_now second;

	(void)state;
	ph_clock_system.read(ph_clock_system.data, &first);
	ph_clock_system.read(ph_clock_system.data, &second);
	assert_true(second.mono_ms >= first.mono_ms);
	assert_memory_equal(first.boot, second.boot, 8);

	int64_t off = first.wall - (int64_t)time(NULL);

	assert_true(off >= -2 && off <= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stamps),
		cmocka_unit_test(test_stamp_next),
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_day_text_as_libc),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_time_parse),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_boot),
		cmocka_unit_test(test_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
