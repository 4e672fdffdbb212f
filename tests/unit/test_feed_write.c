/*
 * Tests of common/log/feed_write.c: what a page takes up to each of its limits, and what
 * is refused and leaves no trace.
 */
#include "tests/unit/feed_pages.h"

/* What was added up to PH_FEED_E_FULL makes a page; what was refused left no trace. */
static void test_feed_full(void **state)
{
	(void)state;
	struct ph_feed_writer writer = { 0 };
	struct ph_feed_item item = { .what = PH_FEED_ENTER,
				     .key = { 13, PH_VIEW("abc", 3) } };
	struct ph_buf bytes = { 0 };
	struct ph_feed_page page;

	/* items */
	for (unsigned i = 0; i < PH_PAGE_ITEMS_MAX; i++) {
		assert_int_equal(ph_feed_add(&writer, NULL, &item), 0);
	}
	assert_int_equal(ph_feed_add(&writer, NULL, &item), PH_FEED_E_FULL);
	assert_int_equal(sign(&writer, &bytes), 0);
	assert_int_equal(decode(&bytes, &page), 0);
	assert_int_equal(page.n_items, PH_PAGE_ITEMS_MAX);

	/* logs: a fact of a log that is new does not fit, one of a known log does */
	ph_feed_deinit(&writer);
	item = fact(1, 1);
	for (unsigned i = 0; i <= PH_PAGE_LOGS_MAX; i++) {
		struct ph_feed_log log = kept;

		memcpy(log.id, &i, sizeof(i));
		memcpy(item.ref.log_id, log.id, sizeof(log.id));
		assert_int_equal(ph_feed_add(&writer, &log, &item),
				 i < PH_PAGE_LOGS_MAX ? 0 : PH_FEED_E_FULL);
	}
	assert_int_equal(writer.n_logs, PH_PAGE_LOGS_MAX);
	assert_int_equal(writer.n_items, PH_PAGE_LOGS_MAX);

	/* logs alone, for what a case cites: told once, and no more than a page may have */
	ph_feed_deinit(&writer);
	for (unsigned i = 0; i <= PH_PAGE_LOGS_MAX; i++) {
		struct ph_feed_log log = kept;

		memcpy(log.id, &i, sizeof(i));
		for (int k = 0; k < 2; k++) {
			assert_int_equal(ph_feed_add_log(&writer, &log),
					 i < PH_PAGE_LOGS_MAX ? 0 : PH_FEED_E_FULL);
		}
	}
	assert_int_equal(writer.n_logs, PH_PAGE_LOGS_MAX);
	item = (struct ph_feed_item){ .what = PH_FEED_UNCASE };
	assert_int_equal(ph_feed_add(&writer, NULL, &item), 0);
	bytes.len = 0;
	assert_int_equal(sign(&writer, &bytes), 0);
	assert_int_equal(decode(&bytes, &page), 0);
	assert_int_equal(page.n_logs, PH_PAGE_LOGS_MAX);

	/* keys */
	ph_feed_deinit(&writer);
	item = fact(PH_PAGE_KEYS_MAX / 2, 1);
	item.entry = PH_VIEW(NULL, 0);
	assert_int_equal(ph_feed_add(&writer, &kept, &item), 0);
	assert_int_equal(ph_feed_add(&writer, &kept, &item), 0);
	item = fact(1, 1);
	assert_int_equal(ph_feed_add(&writer, &kept, &item), PH_FEED_E_FULL);
	assert_int_equal(writer.n_keys, PH_PAGE_KEYS_MAX);
	bytes.len = 0;
	assert_int_equal(sign(&writer, &bytes), 0);
	assert_int_equal(decode(&bytes, &page), 0);

	/* bytes: up to the limit and not beyond it */
	ph_feed_deinit(&writer);
	item = fact(1, PH_FEED_ID_MAX);
	while (ph_feed_add(&writer, &kept, &item) == 0) {
		continue;
	}
	for (unsigned i = 1; i < PH_PAGE_LOGS_MAX; i++) { /* nor do logs go beyond it */
		struct ph_feed_log log = kept;
		int rc;

		memcpy(log.id, &i, sizeof(i));
		rc = ph_feed_add_log(&writer, &log);
		assert_true(rc == 0 || rc == PH_FEED_E_FULL);
	}
	assert_true(writer.n_items > 400 && writer.n_items < PH_PAGE_ITEMS_MAX);
	bytes.len = 0;
	assert_int_equal(sign(&writer, &bytes), 0);
	assert_int_equal(decode(&bytes, &page), 0);
	assert_true(bytes.len <= PH_PAGE_MAX + PH_PAGE_AROUND);
	assert_true(bytes.len > PH_PAGE_MAX - 200);
	ph_feed_deinit(&writer);
	ph_buf_deinit(&bytes);
}

/* Into an empty page goes the largest entry, a part of it, or half of 800 keys. */
static void test_feed_largest(void **state)
{
	(void)state;
	static uint8_t big[PH_ENTRY_MAX], box[PH_SEED_BOX_SIZE];
	struct ph_feed_writer writer = { 0 };
	struct ph_feed_item item = fact(1, PH_FEED_ID_MAX);

	item.entry = PH_VIEW(big, sizeof(big));
	item.ref = feed_ref(&kept, PH_N_MAX, item.entry);
	assert_int_equal(ph_feed_add(&writer, &kept, &item), 0);
	ph_feed_deinit(&writer);
	item.entry = PH_VIEW(NULL, 0);
	item.cipher = PH_VIEW(big, PH_PART_MAX);
	item.seed_box = PH_VIEW(box, sizeof(box));
	assert_int_equal(ph_feed_add(&writer, &kept, &item), 0);
	ph_feed_deinit(&writer);
	item = fact(400, PH_FEED_ID_MAX);
	item.entry = PH_VIEW(NULL, 0);
	assert_int_equal(ph_feed_add(&writer, &kept, &item), 0);
	ph_feed_deinit(&writer);
}

static void test_feed_refused_to_write(void **state)
{
	(void)state;
	static uint8_t big[PH_ENTRY_MAX + 1];
	struct ph_feed_writer writer = { 0 };
	struct ph_feed_item good = fact(1, 1);
	struct ph_feed_item item;

#define REFUSE(log, change)                                                              \
	do {                                                                             \
		item = good;                                                             \
		change;                                                                  \
		assert_int_equal(ph_feed_add(&writer, log, &item), -22);                 \
		assert_int_equal(writer.items.len + writer.logs.len, 0);                 \
	} while (0)

	REFUSE(NULL, (void)0);
	REFUSE(&other, (void)0);
	REFUSE(&kept, item.ref.n = 0);
	REFUSE(&kept, item.ref.n = (uint64_t)PH_N_MAX + 1);
	REFUSE(&kept, item.ref.hash[7] ^= 1);
	REFUSE(&kept, item.second = PH_FEED_SECOND_MAX + 1);
	REFUSE(&kept, item.tick = 65536);
	REFUSE(&kept, item.unsure = UINT64_C(1) << 32);
	REFUSE(&kept, item.n_keys = 2);
	REFUSE(&kept, item.n_keys = 0; item.keys.len = 0);
	REFUSE(&kept, item.keys.len--);
	REFUSE(&kept, item.cipher = PH_VIEW(big, 17));
	REFUSE(&kept, item.seed_box = PH_VIEW(big, PH_SEED_BOX_SIZE));
	REFUSE(&kept, item.cipher = PH_VIEW(big, PH_PART_MAX + 1);
	       item.seed_box = PH_VIEW(big, PH_SEED_BOX_SIZE));
	REFUSE(&kept, item.entry = PH_VIEW(big, sizeof(big));
	       item.ref = feed_ref(&kept, 1, item.entry));
	REFUSE(&kept, item.what = 0);
	REFUSE(&kept, item.what = 9);
	REFUSE(NULL, item.what = PH_FEED_ENTER);
	REFUSE(&kept, item.what = PH_FEED_ACT; item.entry.len = 0);
	good = a_case(1);
	REFUSE(NULL, item.case_kind = 0);
	REFUSE(NULL, item.anchor.len = 0);
	REFUSE(NULL, item.anchor = PH_VIEW(big, PH_FEED_ID_MAX + 1));
	REFUSE(NULL, item.n_refs = 0);
	REFUSE(NULL, item.is_decided = true; item.decided = 256);
	REFUSE(NULL, item.n_sites = 1);
	REFUSE(NULL, item.sites = PH_VIEW("\2\2", 2); item.n_sites = 2);
	REFUSE(NULL, item.sites = PH_VIEW("\0", 1); item.n_sites = 1);
	REFUSE(NULL, item.sites = sites_of(PH_PAGE_SITES_MAX + 1);
	       item.n_sites = PH_PAGE_SITES_MAX + 1);
	good = a_case(PH_PAGE_REFS_MAX + 1);
	REFUSE(NULL, (void)0);
#undef REFUSE

	const struct ph_feed_key key = { .type = 0, .id = PH_VIEW("a", 1) };
	const struct ph_ref ref = { .n = 0 };
	struct ph_buf row = { 0 };

	assert_int_equal(ph_feed_key_put(&row, &key), -22);
	assert_int_equal(ph_feed_ref_put(&row, &ref), -22);
	assert_int_equal(ph_feed_site_put(&row, 0), -22);
	assert_int_equal(ph_feed_site_put(&row, PH_SITE_MAX + 1), -22);
	assert_int_equal(row.len, 0);

	struct ph_feed_page page = head();

	page.number = page.from;
	assert_int_equal(ph_feed_sign(&writer, &page, p.hub.sign.secret, &row), -22);
	assert_int_equal(row.len, 0);
	ph_feed_deinit(&writer);
	ph_buf_deinit(&row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_feed_full),
		cmocka_unit_test(test_feed_largest),
		cmocka_unit_test(test_feed_refused_to_write),
	};

	return cmocka_run_group_tests_name("feed_write", tests, set_up, tear_down);
}
