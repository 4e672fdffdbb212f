/* Tests of common/log/away.c: bundles that may lie somewhere, as an erase-done tells them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/log/away.h"

static void add(struct ph_away *away, uint64_t number, uint64_t day,
		enum ph_away_road road)
{
	assert_int_equal(ph_away_add(away, number, day, road), 0);
}

static void test_runs(void **state)
{
	struct ph_away away = { 0 };

	(void)state;
	add(&away, 5, 100, PH_AWAY_STICK);
	add(&away, 6, 100, PH_AWAY_STICK);
	add(&away, 7, 100, PH_AWAY_COURIER);  /* another road */
	add(&away, 8, 101, PH_AWAY_COURIER);  /* another day */
	add(&away, 10, 101, PH_AWAY_COURIER); /* 9 was a session */
	assert_int_equal(away.n, 4);
	assert_int_equal(away.runs[0].first, 5);
	assert_int_equal(away.runs[0].last, 6);
	assert_int_equal(away.runs[3].first, 10);
	assert_int_equal(away.runs[3].last, 10);
	ph_away_deinit(&away);
}

/* None is left out where there are too many: the last run is over all of them, for as long as the youngest. */
static void test_too_many(void **state)
{
	struct ph_away away = { 0 };

	(void)state;
	for (uint64_t i = 0; i < PH_AWAY_RUNS_MAX + 10; i++) {
		add(&away, 1 + 2 * i, 100 + i, PH_AWAY_COURIER);
	}
	assert_int_equal(away.n, PH_AWAY_RUNS_MAX);
	assert_int_equal(away.runs[away.n - 1].first, 2 * PH_AWAY_RUNS_MAX - 1);
	assert_int_equal(away.runs[away.n - 1].last, 2 * PH_AWAY_RUNS_MAX + 19);
	assert_int_equal(away.runs[away.n - 1].day, 100 + PH_AWAY_RUNS_MAX + 9);
	ph_away_deinit(&away);
}

static void test_bytes(void **state)
{
	static const uint8_t want[] = { 0x92, 0x01, 0x92, 0x94, 0x05, 0x06,
					0x64, 0x00, 0x94, 0xcd, 0x01, 0x00,
					0xcd, 0x01, 0x00, 0x65, 0x01 };
	struct ph_away away = { 0 };
	struct ph_away back = { 0 };
	struct ph_buf bytes = { 0 };

	(void)state;
	add(&away, 5, 100, PH_AWAY_STICK);
	add(&away, 6, 100, PH_AWAY_STICK);
	add(&away, 256, 101, PH_AWAY_COURIER);
	assert_int_equal(ph_away_encode(&away, &bytes), 0);
	assert_int_equal(bytes.len, sizeof(want));
	assert_memory_equal(bytes.data, want, sizeof(want));
	assert_int_equal(ph_away_decode(ph_buf_view(&bytes), &back), 0);
	assert_int_equal(back.n, away.n);
	for (size_t i = 0; i < back.n; i++) {
		assert_int_equal(back.runs[i].first, away.runs[i].first);
		assert_int_equal(back.runs[i].last, away.runs[i].last);
		assert_int_equal(back.runs[i].day, away.runs[i].day);
		assert_int_equal(back.runs[i].road, away.runs[i].road);
	}
	ph_away_deinit(&away);
	ph_away_deinit(&back);
	ph_buf_deinit(&bytes);
}

/* The longest list is an entry's field all the same. */
static void test_longest(void **state)
{
	struct ph_away away = { 0 };
	struct ph_away back = { 0 };
	struct ph_buf bytes = { 0 };

	(void)state;
	for (uint64_t i = 0; i < PH_AWAY_RUNS_MAX; i++) {
		add(&away, (uint64_t)INT64_MAX - 3 * (PH_AWAY_RUNS_MAX - i), 376199,
		    PH_AWAY_COURIER);
	}
	assert_int_equal(ph_away_encode(&away, &bytes), 0);
	assert_true(bytes.len <= 16 * 1024);
	assert_int_equal(ph_away_decode(ph_buf_view(&bytes), &back), 0);
	assert_int_equal(back.n, PH_AWAY_RUNS_MAX);
	ph_away_deinit(&away);
	ph_away_deinit(&back);
	ph_buf_deinit(&bytes);
}

static void test_other_forms(void **state)
{
	static const struct {
		const char *what;
		uint8_t len;
		uint8_t bytes[16];
	} cases[] = {
		{ "nothing", 0, { 0 } },
		{ "another form", 3, { 0x92, 0x02, 0x90 } },
		{ "no list", 3, { 0x92, 0x01, 0x01 } },
		{ "one member too few", 6, { 0x92, 0x01, 0x91, 0x93, 0x05, 0x06 } },
		{ "last before first", 8, { 0x92, 0x01, 0x91, 0x94, 6, 5, 1, 0 } },
		{ "an unknown road", 8, { 0x92, 0x01, 0x91, 0x94, 5, 6, 1, 2 } },
		{ "not rising",
		  13,
		  { 0x92, 0x01, 0x92, 0x94, 5, 6, 1, 0, 0x94, 6, 7, 1, 0 } },
		{ "something behind", 4, { 0x92, 0x01, 0x90, 0x00 } },
	};
	struct ph_away away = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int rc = ph_away_decode(PH_VIEW(cases[i].bytes, cases[i].len), &away);

		if (rc != -EUCLEAN || away.runs) {
			fail_msg("%s: %d", cases[i].what, rc);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),        cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_bytes),       cmocka_unit_test(test_longest),
		cmocka_unit_test(test_other_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
