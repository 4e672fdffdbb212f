/* Printed codes: the form, its limits, the counter of a block. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "common/base/clock.h"
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

struct store {
	struct ph_db *db;
	struct ph_journal *journal;
};

static int open_store(void **state)
{
	static struct store store;
	int rc = ph_db_open(&store.db,
			    &(struct ph_db_config){ .path = ":memory:",
						    .application = PH_STORE_SITE,
						    .steps = ph_journal_steps,
						    .n_steps = ph_journal_steps_count,
						    .create = true },
			    NULL);

	if (rc == 0) {
		rc = ph_journal_open(&store.journal, store.db);
	}
	*state = &store;
	return rc;
}

static int close_store(void **state)
{
	struct store *store = *state;

	ph_journal_free(store->journal);
	ph_db_close(store->db);
	return 0;
}

static void test_next(void **state)
{
	struct store *store = *state;
	char code[PH_PRINTED_SIZE + 1];

	assert_int_equal(ph_code_next(store->journal, 140371, 7, code, NULL), 0);
	assert_string_equal(code, "1403710700014");
	assert_int_equal(ph_code_next(store->journal, 140371, 8, code, NULL), 0);
	assert_memory_equal(code, "140371080001", 12);
	assert_int_equal(ph_code_next(store->journal, 140371, 7, code, NULL), 0);
	assert_memory_equal(code, "140371070002", 12);
}

/* What was not committed is given out again. */
static void test_next_rolled_back(void **state)
{
	struct store *store = *state;
	char first[PH_PRINTED_SIZE + 1];
	char second[PH_PRINTED_SIZE + 1];

	assert_int_equal(ph_db_begin(store->db), 0);
	assert_int_equal(ph_code_next(store->journal, 140371, 7, first, NULL), 0);
	ph_db_rollback(store->db);
	ph_journal_reload(store->journal);
	assert_int_equal(ph_code_next(store->journal, 140371, 7, second, NULL), 0);
	assert_string_equal(first, second);
}

static void test_block_ends(void **state)
{
	struct store *store = *state;
	struct ph_error err = { 0 };
	char code[PH_PRINTED_SIZE + 1] = "unchanged";

	assert_int_equal(ph_journal_meta_put_int(store->journal, "code.07", 9998), 0);
	assert_int_equal(ph_code_next(store->journal, 140371, 7, code, &err), 0);
	assert_memory_equal(code, "140371079999", 12);
	memcpy(code, "unchanged", 10);
	assert_int_equal(ph_code_next(store->journal, 140371, 7, code, &err), -ENOSPC);
	assert_int_equal(err.exit, PH_EXIT_OTHER);
	assert_non_null(strstr(err.text, "block 07"));
	assert_string_equal(code, "unchanged");
	/* other blocks go on */
	assert_int_equal(ph_code_next(store->journal, 140371, 8, code, NULL), 0);
}

static void test_counter_damaged(void **state)
{
	struct store *store = *state;
	static const int64_t bad[] = { -1, 10000, INT64_MAX };
	char code[PH_PRINTED_SIZE + 1];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ph_error err = { 0 };

		assert_int_equal(
			ph_journal_meta_put_int(store->journal, "code.07", bad[i]), 0);
		assert_int_equal(ph_code_next(store->journal, 140371, 7, code, &err),
				 -EUCLEAN);
		assert_int_equal(err.exit, PH_EXIT_DAMAGED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_single_errors),
		cmocka_unit_test_setup_teardown(test_next, open_store, close_store),
		cmocka_unit_test_setup_teardown(test_next_rolled_back, open_store,
						close_store),
		cmocka_unit_test_setup_teardown(test_block_ends, open_store, close_store),
		cmocka_unit_test_setup_teardown(test_counter_damaged, open_store,
						close_store),
	};

	return ph_crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
