/*
 * tests/unit/test_journal_fork.c - two sealed histories of one log: what is taken, and
 * where it goes.
 */
#include "tests/unit/fork_room.h"

/* --- what is taken, and where it goes --- */

static void positions(void **state)
{
	static const struct {
		const char *name;
		uint64_t first, last; /* of the clone */
		int rc;
		uint64_t base, n; /* of the branch that then has it; base 0: the first */
		unsigned branches;
	} cases[] = {
		{ "before the fork", 2, 6, 0, 0, 10, 1 },
		{ "held numbers, other entries", 7, 10, 0, 6, 10, 2 },
		{ "from before the fork, held numbers", 1, 8, 0, 6, 8, 2 },
		{ "over our head", 7, 12, 0, 6, 12, 2 },
		{ "from before the fork over our head", 3, 12, 0, 6, 12, 2 },
		{ "starts on the other branch", 8, 10, PH_JOURNAL_E_SEAL, 0, 10, 1 },
		{ "starts there, over our head", 9, 12, PH_JOURNAL_E_SEAL, 0, 10, 1 },
		{ "continues the other branch", 11, 12, PH_JOURNAL_E_SEAL, 0, 10, 1 },
		{ "beyond", 12, 12, PH_JOURNAL_E_GAP, 0, 10, 1 },
	};
	struct author a;
	struct author clone;

	(void)state;
	author_open(&a, 33, 10);
	author_clone(&clone, &a, 6, 34, 6);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct room b;
		struct ph_log log;
		struct ph_log first;
		struct ph_buf body = { 0 };
		struct ph_segment segment;
		struct ph_stored stored = { .n = 77 };

		print_message("# %s\n", cases[i].name);
		reader_open(&b, &a.room, &log);
		assert_int_equal(bring(&b, &log, &a, 1, 10), 0);
		make_segment(&clone.room, &clone.log, cases[i].first, cases[i].last,
			     &body, &segment);

		/* with a seal that is not the device's it proves nothing */
		segment.seal[0] ^= 1;
		assert_int_equal(ph_journal_put_segment(b.journal, &log, &segment, NULL),
				 cases[i].rc == PH_JOURNAL_E_GAP ? PH_JOURNAL_E_GAP
								 : PH_JOURNAL_E_SEAL);
		segment.seal[0] ^= 1;
		/* into this branch alone: nothing of the other is kept */
		assert_int_equal(ph_journal_extend(b.journal, &log, &segment, NULL),
				 cases[i].branches == 2 ? PH_JOURNAL_E_FORK
							: cases[i].rc);
		assert_int_equal(count_of(&b, "SELECT count(*) FROM log"), 1);
		assert_int_equal(
			ph_journal_put_segment(b.journal, &log, &segment, &stored),
			cases[i].rc);
		assert_int_equal(log.n, cases[i].n);
		assert_int_equal(log.base, cases[i].base);
		assert_int_equal(count_of(&b, "SELECT count(*) FROM log"),
				 cases[i].branches);
		if (cases[i].branches == 2) {
			assert_int_equal(log.branch, 1);
			assert_int_equal(stored.row, log.row);
			assert_int_equal(stored.first, 7);
			assert_int_equal(stored.last, cases[i].last);
			assert_int_equal(stored.n, cases[i].last - 6);
			assert_int_equal(log.sealed, cases[i].last);
		} else {
			assert_int_equal(stored.n, cases[i].rc == 0 ? 0 : 77);
		}
		/* branch 0 is as it was */
		assert_int_equal(ph_journal_log_find(b.journal, b.log_id, &first), 0);
		assert_reads_as(&b, &first, &a);

		/* again: nothing is written, by whichever branch it is told */
		int64_t changes = count_of(&b, "SELECT total_changes()");

		assert_int_equal(
			ph_journal_put_segment(b.journal, &first, &segment, &stored),
			cases[i].rc);
		if (cases[i].rc == 0) {
			assert_int_equal(stored.n, 0);
			assert_int_equal(first.row, log.row);
		}
		assert_int_equal(count_of(&b, "SELECT total_changes()"), changes);
		ph_buf_deinit(&body);
		room_close(&b);
	}
	author_close(&clone);
	author_close(&a);
}

/* Entries that are equal byte for byte, behind different ones: the chain tells them apart. */
static void equal_entries(void **state)
{
	struct author a;
	struct author clone;
	struct room b;
	struct ph_log log;
	struct ph_log log_clone;

	(void)state;
	author_open(&a, 40, 4);
	author_clone(&clone, &a, 4, 41, 1);
	author_write(&a, 42, 1);
	author_write(&a, 43, 2);
	author_write(&clone, 43, 2);
	author_write(&a, 44, 1);
	author_write(&clone, 45, 1);
	reader_open(&b, &a.room, &log);
	assert_int_equal(bring(&b, &log, &a, 1, 8), 0);
	/* 6 and 7 of the clone are what is held, but do not follow from it */
	assert_int_equal(bring(&b, &log, &clone, 6, 7), PH_JOURNAL_E_SEAL);
	assert_int_equal(bring(&b, &log, &clone, 5, 5), 0);
	assert_int_equal(bring(&b, &log, &clone, 6, 7), 0);
	assert_int_equal(log.n, 7);
	assert_int_equal(bring(&b, &log, &clone, 8, 8), 0);
	log = branch_of(&b, &a);
	assert_reads_as(&b, &log, &a);
	log_clone = branch_of(&b, &clone);
	assert_reads_as(&b, &log_clone, &clone);
	assert_int_equal(log_clone.base, 4);
	room_close(&b);
	author_close(&clone);
	author_close(&a);
}

/* A log whose first entries differ: nothing is common but h(0). */
static void from_the_start(void **state)
{
	struct author a;
	struct author clone;
	struct room b;
	struct ph_log log;
	uint64_t common = 9;

	(void)state;
	author_open(&a, 50, 3);
	author_clone(&clone, &a, 0, 51, 4);
	reader_open(&b, &a.room, &log);
	assert_int_equal(bring(&b, &log, &a, 1, 3), 0);
	assert_int_equal(bring(&b, &log, &clone, 1, 4), 0);
	assert_int_equal(log.base, 0);
	assert_int_equal(log.branch, 1);
	assert_reads_as(&b, &log, &clone);
	assert_int_equal(ph_journal_log_common(b.journal, 1, log.row, &common), 0);
	assert_int_equal(common, 0);
	room_close(&b);
	author_close(&clone);
	author_close(&a);
}

/* --- how many --- */

static void seventeen(void **state)
{
	struct author first;
	struct author clone[PH_BRANCHES_MAX + 1];
	struct room b;
	struct ph_log log;
	int64_t changes;

	(void)state;
	author_open(&first, 80, 3);
	reader_open(&b, &first.room, &log);
	assert_int_equal(bring(&b, &log, &first, 1, 3), 0);
	for (unsigned i = 0; i <= PH_BRANCHES_MAX; i++) {
		author_clone(&clone[i], &first, 3, 81 + i, 3);
		assert_int_equal(bring(&b, &log, &clone[i], 4, 5),
				 i < PH_BRANCHES_MAX ? 0 : PH_JOURNAL_E_BRANCHES);
		if (i == PH_BRANCHES_MAX - 2 || i == PH_BRANCHES_MAX - 1) {
			assert_int_equal(log.branch, i);
		}
	}
	assert_int_equal(count_of(&b, "SELECT count(*) FROM log"), PH_BRANCHES_MAX);
	assert_int_equal(count_of(&b, "SELECT count(*) FROM run"), PH_BRANCHES_MAX + 1);
	/* refused is refused: nothing of it is there, however it is told */
	changes = count_of(&b, "SELECT total_changes()");
	assert_int_equal(bring(&b, &log, &clone[PH_BRANCHES_MAX], 2, 6),
			 PH_JOURNAL_E_BRANCHES);
	assert_int_equal(count_of(&b, "SELECT total_changes()"), changes);
	/* the sixteen go on */
	for (unsigned i = 0; i < PH_BRANCHES_MAX; i++) {
		assert_int_equal(bring(&b, &log, &clone[i], 6, 6), 0);
		assert_reads_as(&b, &log, &clone[i]);
	}
	assert_int_equal(bring(&b, &log, &first, 2, 3), 0);
	for (unsigned i = 0; i <= PH_BRANCHES_MAX; i++) {
		author_close(&clone[i]);
	}
	room_close(&b);
	author_close(&first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(positions),
		cmocka_unit_test(equal_entries),
		cmocka_unit_test(from_the_start),
		cmocka_unit_test(seventeen),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("journal_fork", tests, NULL, NULL);
}
