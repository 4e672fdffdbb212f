/*
 * Tests of common/log/feed.c: the limits of a page that is read, each from both sides, and
 * in pages that the hub signed.
 */
#include "tests/unit/feed_pages.h"

/* N times ITEM, in which "####" becomes a number, each time another. */
static void repeat(struct ph_buf *text, const char *item, size_t n)
{
	const char *mark = strstr(item, "####");

	for (size_t i = 0; i < n; i++) {
		size_t at = text->len + (mark ? (size_t)(mark - item) : 0);
		char number[5];

		assert_int_equal(ph_buf_printf(text, "%s ", item), 0);
		if (mark) {
			snprintf(number, sizeof(number), "%04zu", i);
			memcpy(text->data + at, number, 4);
		}
	}
}

/* A body with N of ITEM, as logs or as items. */
static int decode_many(const char *log, size_t n_logs, const char *item, size_t n_items)
{
	struct ph_buf text = { 0 };
	struct ph_buf body = { 0 };
	struct ph_buf bytes = { 0 };
	struct ph_feed_page page;

	assert_int_equal(ph_buf_printf(&text, HEAD "["), 0);
	repeat(&text, log, n_logs);
	assert_int_equal(ph_buf_printf(&text, "] ["), 0);
	repeat(&text, item, n_items);
	assert_int_equal(ph_buf_put(&text, "]]", 3), 0);
	feed_notation(&body, (const char *)text.data);
	feed_forge(&bytes, ph_buf_view(&body), &p.hub.sign);

	int rc = decode(&bytes, &page);

	ph_buf_deinit(&text);
	ph_buf_deinit(&body);
	ph_buf_deinit(&bytes);
	return rc;
}

static int decode_row(const char *front, const char *one, size_t n, const char *back,
		      size_t times)
{
	struct ph_buf text = { 0 };
	int rc;

	assert_int_equal(ph_buf_printf(&text, "%s", front), 0);
	repeat(&text, one, n);
	assert_int_equal(ph_buf_put(&text, back, strlen(back) + 1), 0);
	rc = decode_many(LOG, 1, (const char *)text.data, times);
	ph_buf_deinit(&text);
	return rc;
}

static int decode_sites(size_t n)
{
	struct ph_buf text = { 0 };
	int rc;

	assert_int_equal(ph_buf_printf(&text, "[7 x*16 1 x01 [] ["), 0);
	for (size_t i = 1; i <= n; i++) {
		assert_int_equal(ph_buf_printf(&text, "%zu ", i), 0);
	}
	assert_int_equal(ph_buf_put(&text, "] 5]", 5), 0);
	rc = decode_many(LOG, 1, (const char *)text.data, 1);
	ph_buf_deinit(&text);
	return rc;
}

static void test_feed_read_limits(void **state)
{
	(void)state;
	static const char log[] =
		"[x####1111111111111111111111111111 140371 1 " KEY32 "]";
	static const char unfact[] = "[2 " LOG_ID " 7 " HASH8 " [";
	static const char a_case[] = "[7 x*16 1 x01 [";
	static const char ref[] = "[" LOG_ID " 7 " HASH8 "]";

	for (size_t more = 0; more < 3; more++) {
		int rc = more < 2 ? 0 : PH_FEED_E_FORM;

		assert_int_equal(decode_many(log, PH_PAGE_LOGS_MAX - 1 + more, "", 0),
				 rc);
		assert_int_equal(
			decode_many("", 0, "[3 13 x01]", PH_PAGE_ITEMS_MAX - 1 + more),
			rc);
		assert_int_equal(decode_row(unfact, "[13 x01]",
					    PH_PAGE_KEYS_MAX - 1 + more, "]]", 1),
				 rc);
		/* the same, of many items together */
		assert_int_equal(decode_row(unfact, "[13 x01]",
					    (PH_PAGE_KEYS_MAX - 8 + 8 * more) / 8, "]]",
					    8),
				 rc);
		assert_int_equal(decode_row(a_case, ref, PH_PAGE_REFS_MAX - 1 + more,
					    "] [] 5]", 1),
				 rc);
		assert_int_equal(decode_sites(PH_PAGE_SITES_MAX - 1 + more), rc);
	}
}

/* A body with an entry of FILL bytes (256 and more) and one of the largest. */
static void body_of(struct ph_buf *body, size_t fill)
{
	struct ph_buf text = { 0 };

	assert_int_equal(ph_buf_printf(&text,
				       HEAD "[" LOG "] [[5 0 7 5 0 x*%zu]"
					    " [5 0 7 5 0 x*32768]]]",
				       fill),
			 0);
	assert_int_equal(ph_buf_put_u8(&text, 0), 0);
	body->len = 0;
	feed_notation(body, (const char *)text.data);
	ph_buf_deinit(&text);
}

static void test_feed_size(void **state)
{
	(void)state;
	struct ph_buf body = { 0 };
	struct ph_buf bytes = { 0 };
	struct ph_feed_page page;
	size_t least;

	body_of(&body, 256);
	least = body.len - 256;
	for (size_t size = PH_PAGE_MAX - 1; size <= PH_PAGE_MAX; size++) {
		body_of(&body, size - least);
		assert_int_equal(body.len, size);
		bytes.len = 0;
		feed_forge(&bytes, ph_buf_view(&body), &p.hub.sign);
		assert_int_equal(decode(&bytes, &page), 0);
		assert_int_equal(bytes.len, size + PH_PAGE_AROUND);
	}

	/* too long to be signed by us: refused for its length before anything else */
	static const uint8_t sig[PH_SIGNATURE_SIZE];
	struct ph_mpw writer;

	body_of(&body, PH_PAGE_MAX + 1 - least);
	bytes.len = 0;
	ph_mpw_init(&writer, &bytes);
	ph_mpw_array(&writer, 2);
	ph_mpw_bin(&writer, body.data, body.len);
	ph_mpw_bin(&writer, sig, sizeof(sig));
	assert_int_equal(ph_mpw_end(&writer), 0);
	assert_int_equal(decode(&bytes, &page), PH_FEED_E_FORM);
	ph_buf_deinit(&body);
	ph_buf_deinit(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_feed_read_limits),
		cmocka_unit_test(test_feed_size),
	};

	return cmocka_run_group_tests_name("feed_limits", tests, set_up, tear_down);
}
