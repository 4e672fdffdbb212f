/* tests/unit/test_journal_receipt.c - which receipt is kept, and what it counts for. */
#include "tests/unit/journal_room.h"

static struct ph_receipt receipt_at(struct room *room, const struct ph_log *log,
				    uint64_t epoch, enum ph_level level, uint64_t n,
				    uint64_t time)
{
	struct ph_receipt receipt = {
		.epoch.number = epoch, .level = level, .time = time, .head.n = n
	};

	memcpy(receipt.head.log_id, log->id, PH_LOG_ID_SIZE);
	assert_int_equal(ph_journal_chain_at(room->journal, log, n, receipt.head.h), 0);
	return receipt;
}

static void assert_receipt(struct room *room, enum ph_level level, uint64_t n,
			   int64_t time)
{
	uint64_t n_is = UINT64_MAX;
	int64_t time_is = -1;

	assert_int_equal(
		ph_journal_receipt_get(room->journal, 1, level, &n_is, &time_is, NULL),
		0);
	assert_int_equal(n_is, n);
	assert_int_equal(time_is, time);
}

static void receipts(void **state)
{
	static const struct {
		const char *name;
		uint64_t epoch;
		enum ph_level level;
		uint64_t n;
		uint64_t time;
		uint64_t hub_n; /* what then holds at level hub and at level backup */
		int64_t hub_time;
		uint64_t backup_n;
		int64_t backup_time;
	} steps[] = {
		{ "first", 1, PH_LEVEL_HUB, 3, 100, 3, 100, 0, 0 },
		{ "higher", 1, PH_LEVEL_HUB, 5, 110, 5, 110, 0, 0 },
		{ "lower: stays", 1, PH_LEVEL_HUB, 4, 120, 5, 110, 0, 0 },
		{ "the same later: newer time", 1, PH_LEVEL_HUB, 5, 130, 5, 130, 0, 0 },
		{ "the same earlier: stays", 1, PH_LEVEL_HUB, 5, 129, 5, 130, 0, 0 },
		{ "backup behind", 1, PH_LEVEL_BACKUP, 4, 140, 5, 130, 4, 140 },
		{ "backup ahead counts for both", 1, PH_LEVEL_BACKUP, 6, 150, 6, 150, 6,
		  150 },
		{ "hub restored, reaches less far", 2, PH_LEVEL_HUB, 2, 90, 2, 90, 2,
		  150 },
		{ "old epoch comes late", 1, PH_LEVEL_HUB, 9, 160, 2, 90, 2, 150 },
		{ "catches up", 2, PH_LEVEL_HUB, 7, 200, 7, 200, 6, 150 },
		{ "new backup", 2, PH_LEVEL_BACKUP, 1, 210, 7, 200, 1, 210 },
		{ "courier further than all", 0, PH_LEVEL_COURIER, 10, 220, 7, 200, 1,
		  210 },
	};
	struct room room;
	struct ph_log log;

	(void)state;
	room_open(&room, ":memory:", 9);
	room_add_log(&room, &log);
	append_visits(&room, &log, 10);
	assert_receipt(&room, PH_LEVEL_HUB, 0, 0);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct ph_receipt receipt =
			receipt_at(&room, &log, steps[i].epoch, steps[i].level,
				   steps[i].n, steps[i].time);

		print_message("# %s\n", steps[i].name);
		assert_int_equal(ph_journal_receipt_put(room.journal, 1, &receipt,
							ph_view_str(steps[i].name)),
				 0);
		assert_receipt(&room, PH_LEVEL_HUB, steps[i].hub_n, steps[i].hub_time);
		assert_receipt(&room, PH_LEVEL_BACKUP, steps[i].backup_n,
			       steps[i].backup_time);
	}
	assert_receipt(&room, PH_LEVEL_COURIER, 10, 220);

	struct ph_receipt again = receipt_at(&room, &log, 2, PH_LEVEL_HUB, 7, 200);
	struct ph_buf bytes = { 0 };
	uint64_t n;
	int64_t time;

	assert_int_equal(
		ph_journal_receipt_get(room.journal, 1, PH_LEVEL_HUB, &n, &time, &bytes),
		0);
	assert_true(ph_view_equal(ph_buf_view(&bytes), ph_view_str("catches up")));

	/* An epoch of the same number from another restore: the later clock. */
	again.head = receipt_at(&room, &log, 2, PH_LEVEL_HUB, 3, 0).head;
	again.epoch.random[0] = 1;
	again.time = 199;
	assert_int_equal(
		ph_journal_receipt_put(room.journal, 1, &again, ph_view_str("x")), 0);
	assert_receipt(&room, PH_LEVEL_HUB, 7, 200);
	again.time = 201;
	assert_int_equal(
		ph_journal_receipt_put(room.journal, 1, &again, ph_view_str("x")), 0);
	assert_receipt(&room, PH_LEVEL_HUB, 3, 201);
	ph_buf_deinit(&bytes);
	room_close(&room);
}

/* Which of two receipts for one entry is kept: the later; or that which lacks less. */
static void receipts_of_missing_bodies(void **state)
{
	static const struct {
		const char *name;
		uint64_t time;
		uint64_t missing[3];
		unsigned n_missing;
		bool kept;
	} steps[] = {
		{ "two are missing", 1000, { 2, 5 }, 2, true },
		{ "one came, within the second", 1000, { 5 }, 1, true },
		{ "what was said before", 1000, { 2, 5 }, 2, false },
		{ "said again, and the clock went back", 900, { 5 }, 1, false },
		{ "more behind it are told, and the clock went back",
		  890,
		  { 6, 7, 8 },
		  3,
		  true },
		{ "all have come, and the clock went back", 880, { 0 }, 0, true },
		{ "what was said before, of an earlier time", 870, { 6 }, 1, false },
		{ "an update has found that one is missing", 881, { 9 }, 1, true },
		{ "none, once more", 860, { 0 }, 0, true },
	};
	uint8_t key[PH_KEY_SIZE];
	uint8_t secret[PH_SECRET_SIZE];
	struct ph_buf kept = { 0 };
	struct room room;
	struct ph_log log;

	(void)state;
	crypto_sign_keypair(key, secret);
	room_open(&room, ":memory:", 11);
	room_add_log(&room, &log);
	append_visits(&room, &log, 9);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct ph_receipt receipt =
			receipt_at(&room, &log, 1, PH_LEVEL_HUB, 9, steps[i].time);
		struct ph_buf bytes = { 0 };
		struct ph_buf held = { 0 };
		uint64_t n;
		int64_t time;

		print_message("# %s\n", steps[i].name);
		receipt.n_missing = steps[i].n_missing;
		memcpy(receipt.missing, steps[i].missing, sizeof(steps[i].missing));
		assert_int_equal(ph_receipt_encode(&receipt, secret, &bytes), 0);
		assert_int_equal(ph_journal_receipt_put(room.journal, 1, &receipt,
							ph_buf_view(&bytes)),
				 0);
		assert_int_equal(ph_journal_receipt_get(room.journal, 1, PH_LEVEL_HUB, &n,
							&time, &held),
				 0);
		if (steps[i].kept) {
			kept.len = 0;
			assert_int_equal(ph_buf_put_view(&kept, ph_buf_view(&bytes)), 0);
		}
		assert_true(ph_view_equal(ph_buf_view(&held), ph_buf_view(&kept)));
		ph_buf_deinit(&bytes);
		ph_buf_deinit(&held);
	}
	ph_buf_deinit(&kept);
	room_close(&room);
}

static void receipt_refusals(void **state)
{
	struct room room;
	struct ph_log log;

	(void)state;
	room_open(&room, ":memory:", 10);
	room_add_log(&room, &log);
	append_visits(&room, &log, 3);

	struct ph_receipt good = receipt_at(&room, &log, 1, PH_LEVEL_HUB, 3, 100);
	struct ph_receipt bad = good;

	bad.head.n = 4;
	assert_int_equal(ph_journal_receipt_put(room.journal, 1, &bad, ph_view_str("r")),
			 PH_JOURNAL_E_GAP);
	bad.head.n = 2;
	assert_int_equal(ph_journal_receipt_put(room.journal, 1, &bad, ph_view_str("r")),
			 PH_JOURNAL_E_FORK);
	bad = good;
	bad.head.log_id[0] ^= 1;
	assert_int_equal(ph_journal_receipt_put(room.journal, 1, &bad, ph_view_str("r")),
			 PH_JOURNAL_E_FORM);
	bad = good;
	bad.level = PH_LEVEL_HERE;
	assert_int_equal(ph_journal_receipt_put(room.journal, 1, &bad, ph_view_str("r")),
			 PH_JOURNAL_E_FORM);
	bad = good;
	bad.epoch.number = (uint64_t)INT64_MAX + 1;
	assert_int_equal(ph_journal_receipt_put(room.journal, 1, &bad, ph_view_str("r")),
			 PH_JOURNAL_E_FORM);
	assert_int_equal(ph_journal_receipt_put(room.journal, 2, &good, ph_view_str("r")),
			 PH_JOURNAL_E_NONE);
	assert_receipt(&room, PH_LEVEL_COURIER, 0, 0);
	room_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(receipts),
		cmocka_unit_test(receipts_of_missing_bodies),
		cmocka_unit_test(receipt_refusals),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("journal_receipt", tests, NULL, NULL);
}
