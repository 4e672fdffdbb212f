/* Printed codes: the form, its limits, and runs of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "common/log/code.h"
#include "common/log/keys.h"

static const struct {
	const char *name;
	uint64_t site, block, counter;
	const char *code; /* NULL: refused */
} made[] = {
	{ "ordinary", 140371, 7, 42, "1403710700427" },
	{ "all zero", 0, 0, 0, "0000000000000" },
	{ "province below ten", 10001, 0, 1, "0100010000011" },
	{ "all at their limits", 999999, 99, 9999, "9999999999994" },
	{ "site over its limit", 1000000, 0, 1, NULL },
	{ "block over its limit", 140371, 100, 1, NULL },
	{ "counter over its limit", 140371, 0, 10000, NULL },
};

static void test_make(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		char code[PH_PRINTED_SIZE + 1] = "unchanged";
		int rc = ph_code_make(code, made[i].site, made[i].block, made[i].counter);

		print_message("# %s\n", made[i].name);
		if (made[i].code) {
			assert_int_equal(rc, 0);
			assert_string_equal(code, made[i].code);
			assert_true(ph_code_check(ph_view_str(code)));
		} else {
			assert_int_equal(rc, -EINVAL);
			assert_string_equal(code, "unchanged");
		}
	}
}

static const struct {
	const char *name;
	const char *code;
	bool check, looks, printed; /* province 14 */
} judged[] = {
	{ "ours", "1403710700427", true, true, true },
	{ "wrong check digit", "1403710700422", false, true, false },
	{ "two digits swapped", "1403710704027", false, true, false },
	{ "another province", "0100010000011", true, false, false },
	{ "an ISBN has the same check digit", "9780306406157", true, false, false },
	{ "twelve digits", "140371070042", false, false, false },
	{ "fourteen digits", "14037107004270", false, false, false },
	{ "empty", "", false, false, false },
	{ "a letter", "14037107O0427", false, false, false },
	{ "what a Vietnamese keyboard makes of DD", "Đ403710700427", false, false,
	  false },
	{ "digits of another script", "١٤٠٣٧١٠", false, false, false },
	{ "a sign", "+403710700427", false, false, false },
};

static void test_judge(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(judged) / sizeof(judged[0]); i++) {
		struct ph_view code = ph_view_str(judged[i].code);

		print_message("# %s\n", judged[i].name);
		assert_int_equal(ph_code_check(code), judged[i].check);
		assert_int_equal(ph_code_looks_printed(code, 14), judged[i].looks);
		assert_int_equal(ph_code_is_printed(code, 14), judged[i].printed);
	}
}

/* Every digit matters: no single wrong digit passes. */
static void test_single_errors(void **state)
{
	const char good[] = "1403710700427";

	(void)state;
	for (size_t i = 0; i < PH_PRINTED_SIZE; i++) {
		for (char digit = '0'; digit <= '9'; digit++) {
			char code[sizeof(good)];

			memcpy(code, good, sizeof(good));
			code[i] = digit;
			assert_int_equal(ph_code_check(ph_view_str(code)),
					 digit == good[i]);
		}
	}
}

/* --- runs --- */

static const uint8_t place[PH_CODE_PLACE_SIZE] = { 1, 2, 3 };
static const uint8_t log_id[PH_LOG_ID_SIZE] = { 9, 8, 7 };

static void test_first_run(void **state)
{
	struct ph_code_run run;
	char code[PH_PRINTED_SIZE + 1];

	(void)state;
	ph_code_run_first(&run, place, log_id);
	assert_int_equal(run.number, 0);
	assert_int_equal(ph_code_run_take(&run, 140371, 7, code), 0);
	assert_string_equal(code, "1403710700014");
	assert_int_equal(ph_code_run_take(&run, 140371, 7, code), 0);
	assert_memory_equal(code, "140371070002", 12);
	assert_int_equal(run.count, 2);
}

static void test_block_ends(void **state)
{
	struct ph_code_run run;
	char code[PH_PRINTED_SIZE + 1] = "unchanged";

	(void)state;
	ph_code_run_first(&run, place, log_id);
	run.count = 9998;
	assert_int_equal(ph_code_run_take(&run, 140371, 7, code), 0);
	assert_memory_equal(code, "140371079999", 12);
	memcpy(code, "unchanged", 10);
	assert_int_equal(ph_code_run_take(&run, 140371, 7, code), PH_CODE_E_USED);
	assert_string_equal(code, "unchanged");
	assert_int_equal(run.count, 9999);
}

static unsigned block_of(const char *code)
{
	return (unsigned)(code[6] - '0') * 10 + (unsigned)(code[7] - '0');
}

/* A later run is in no block that an invite has, and goes through all the others once. */
static void test_later_run(void **state)
{
	static uint8_t seen[100 * 10000];
	struct ph_rng_seeded seeded;
	struct ph_code_run run;
	struct ph_rng rng;
	char code[PH_PRINTED_SIZE + 1];

	(void)state;
	memset(seen, 0, sizeof(seen));
	ph_rng_seed(&seeded, 1, &rng);
	ph_code_run_first(&run, place, log_id);
	ph_code_run_next(&run, place, log_id, &rng);
	assert_int_equal(run.number, 1);
	assert_int_equal(run.count, 0);
	for (unsigned i = 0; i < PH_CODE_FREE; i++) {
		unsigned counter;

		assert_int_equal(ph_code_run_take(&run, 140371, 7, code), 0);
		assert_in_range(block_of(code), PH_CODE_BLOCKS_GIVEN, PH_CODE_BLOCK_MAX);
		counter = (unsigned)((code[8] - '0') * 1000 + (code[9] - '0') * 100 +
				     (code[10] - '0') * 10 + (code[11] - '0'));
		assert_in_range(counter, 1, PH_PRINTED_COUNTER_MAX);
		assert_int_equal(seen[block_of(code) * 10000 + counter]++, 0);
	}
	assert_int_equal(ph_code_run_take(&run, 140371, 7, code), PH_CODE_E_USED);
}

/* Where a run begins depends on the log, on the place and on randomness, each by itself. */
static void test_where_runs_begin(void **state)
{
	static const uint8_t elsewhere[PH_CODE_PLACE_SIZE] = { 1, 2, 4 };
	static const uint8_t other_log[PH_LOG_ID_SIZE] = { 9, 8, 8 };
	struct ph_code_run run[4];
	struct ph_rng_seeded seeded[4];
	struct ph_rng rng;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		ph_code_run_first(&run[i], place, log_id);
		ph_rng_seed(&seeded[i], i == 3 ? 2 : 1, &rng);
		ph_code_run_next(&run[i], i == 1 ? elsewhere : place,
				 i == 2 ? other_log : log_id, &rng);
		assert_in_range(run[i].start, 0, PH_CODE_FREE - 1);
		for (size_t j = 0; j < i; j++) {
			assert_int_not_equal(run[i].start, run[j].start);
		}
	}
}

static void test_run_bytes(void **state)
{
	uint8_t bytes[PH_CODE_RUN_SIZE];
	struct ph_rng_seeded seeded;
	struct ph_code_run run, read;
	struct ph_rng rng;

	(void)state;
	ph_rng_seed(&seeded, 1, &rng);
	ph_code_run_first(&run, place, log_id);
	ph_code_run_next(&run, place, log_id, &rng);
	run.count = 77;
	ph_code_run_encode(&run, bytes);
	assert_int_equal(ph_code_run_decode(PH_VIEW(bytes, sizeof(bytes)), &read), 0);
	assert_memory_equal(read.place, place, sizeof(place));
	assert_memory_equal(read.log_id, log_id, sizeof(log_id));
	assert_int_equal(read.number, 1);
	assert_int_equal(read.start, run.start);
	assert_int_equal(read.count, 77);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] ^= 4;
		assert_int_equal(ph_code_run_decode(PH_VIEW(bytes, sizeof(bytes)), &read),
				 -EUCLEAN);
		bytes[i] ^= 4;
	}
	for (size_t len = 0; len < sizeof(bytes); len++) {
		assert_int_equal(ph_code_run_decode(PH_VIEW(bytes, len), &read),
				 -EUCLEAN);
	}
	run.start = PH_CODE_FREE;
	ph_code_run_encode(&run, bytes);
	assert_int_equal(ph_code_run_decode(PH_VIEW(bytes, sizeof(bytes)), &read),
			 -EUCLEAN);
	run.start = 0;
	run.count = PH_CODE_FREE + 1;
	ph_code_run_encode(&run, bytes);
	assert_int_equal(ph_code_run_decode(PH_VIEW(bytes, sizeof(bytes)), &read),
			 -EUCLEAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_single_errors),
		cmocka_unit_test(test_first_run),
		cmocka_unit_test(test_block_ends),
		cmocka_unit_test(test_later_run),
		cmocka_unit_test(test_where_runs_begin),
		cmocka_unit_test(test_run_bytes),
	};

	return ph_crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
