/*
 * tests/fuzz/fuzz_page.c - any bytes as a page of a feed, or behind the hub's signature.
 *
 * The first byte says what the rest is: p a page; b its body, which this target signs
 * with the hub's key. What decodes must give the same bytes when it is made again out
 * of its logs and items; what is refused must leave its output alone.
 */
#include "common/base/limits.h"
#include "common/log/feed.h"
#include "tests/unit/province.h"

#include "tests/fuzz/mp_mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct province p;

static void must(bool fact)
{
	if (!fact) {
		abort();
	}
}

static void make_again(const struct ph_feed_page *page, struct ph_view bytes)
{
	static struct ph_feed_log logs[PH_PAGE_LOGS_MAX];
	struct ph_feed_writer writer = { .n_logs = page->n_logs };
	struct ph_view rest = page->logs;
	struct ph_buf again = { 0 };

	for (unsigned i = 0; i < page->n_logs; i++) {
		must(ph_feed_log_next(&rest, &logs[i]) == 0);
	}
	must(rest.len == 0 && ph_buf_put_view(&writer.logs, page->logs) == 0);
	rest = page->items;
	for (unsigned i = 0; i < page->n_items; i++) {
		struct ph_feed_item item;

		must(ph_feed_item_next(&rest, logs, page->n_logs, &item) == 0);

		int rc = ph_feed_add(&writer, &logs[item.log], &item);

		/* the writer allows for numbers that are longer than these */
		must(rc == 0 || (rc == PH_FEED_E_FULL && bytes.len > PH_PAGE_MAX - 64));
		if (rc != 0) {
			goto out;
		}
	}
	must(rest.len == 0);
	must(ph_feed_sign(&writer, page, p.hub.sign.secret, &again) == 0);
	must(ph_view_equal(bytes, ph_buf_view(&again)));
out:
	ph_buf_deinit(&again);
	ph_feed_deinit(&writer);
}

static void try_page(struct ph_view bytes)
{
	struct ph_feed_page page, before;

	memset(&page, 0x5a, sizeof(page));
	before = page;

	int rc = ph_feed_decode(bytes, p.hub.sign.key, &page);

	if (rc != 0) {
		must(rc == PH_FEED_E_FORM || rc == PH_FEED_E_SIGNATURE);
		must(memcmp(&page, &before, sizeof(page)) == 0);
		return;
	}
	make_again(&page, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (p.list.n_hubs == 0) {
		must(ph_crypto_start() == 0);
		province_make(&p, 1);
	}
	if (size == 0 || size > PH_PAGE_MAX) {
		return 0;
	}

	struct ph_view rest = PH_VIEW(data + 1, size - 1);
	struct ph_buf bytes = { 0 };

	switch (data[0]) {
	case 'p':
		try_page(rest);
		break;
	case 'b':
		forge(&bytes, rest, "packhorse page 1", &p.hub.sign, NULL, NULL);
		try_page(ph_buf_view(&bytes));
		break;
	default:
		break;
	}
	ph_buf_deinit(&bytes);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mp_mutate(data, size, max, seed, 1);
}
