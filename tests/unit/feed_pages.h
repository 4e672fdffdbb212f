/*
 * tests/unit/feed_pages.h - pages of a feed as a hub makes them: logs, items of each sort to
 * put on one, and its signature; what differs between tests of reading and of writing.
 */
#ifndef TESTS_UNIT_FEED_PAGES_H
#define TESTS_UNIT_FEED_PAGES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/limits.h"
#include "tests/unit/feed_maker.h"

/* Parts of a body in the notation of feed_maker.h. */
#define LOG_ID      "x11111111111111111111111111111111"
#define KEY32       "x2222222222222222222222222222222222222222222222222222222222222222"
#define LOG         "[" LOG_ID " 140371 1 " KEY32 "]"
#define HEAD        "[1 3 x6565656565656565 x*16 2 40 49 "
#define PAGE(items) HEAD "[" LOG "] [" items "]]"
#define HASH8       "x0102030405060708"

static struct province p;
static struct ph_feed_log kept, other, desk; /* two sites' logs, and the hub's */
static const uint8_t entry_bytes[] = { 0x93, 0x20, 0x01, 0xc0 };

static inline struct ph_feed_page head(void)
{
	struct ph_feed_page page = { .epoch = { .number = 3, .random = "epoch 3" },
				     .scope = 2,
				     .from = 40,
				     .number = 49 };

	memset(page.feed, 0xfe, sizeof(page.feed));
	return page;
}

static inline struct ph_view entry(void)
{
	return PH_VIEW(entry_bytes, sizeof(entry_bytes));
}

/* ---- items ---- */

/* Rows that items borrow, until the next test. */
static struct ph_buf rows[3];

static inline struct ph_view keys_of(size_t n, size_t id_len)
{
	uint8_t id[PH_FEED_ID_MAX + 1];

	memset(id, 0x33, sizeof(id));
	rows[0].len = 0;
	for (size_t i = 0; i < n; i++) {
		const struct ph_feed_key key = { .type = 13 + i % 2,
						 .id = PH_VIEW(id, id_len) };

		assert_int_equal(ph_feed_key_put(&rows[0], &key), 0);
	}
	return ph_buf_view(&rows[0]);
}

static inline struct ph_view refs_of(size_t n)
{
	rows[1].len = 0;
	for (size_t i = 0; i < n; i++) {
		const struct ph_ref ref = feed_ref(&kept, 1 + i, entry());

		assert_int_equal(ph_feed_ref_put(&rows[1], &ref), 0);
	}
	return ph_buf_view(&rows[1]);
}

static inline struct ph_view sites_of(size_t n)
{
	rows[2].len = 0;
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(ph_feed_site_put(&rows[2], PH_SITE_MAX - n + 1 + i), 0);
	}
	return ph_buf_view(&rows[2]);
}

static inline struct ph_feed_item fact(size_t n_keys, size_t id_len)
{
	struct ph_feed_item item = { .what = PH_FEED_FACT,
				     .ref = feed_ref(&kept, 7, entry()),
				     .second = 1790000000,
				     .tick = 65535,
				     .unsure = 86400,
				     .entry = entry(),
				     .n_keys = (unsigned)n_keys };

	item.keys = keys_of(n_keys, id_len);
	return item;
}

static inline struct ph_feed_item a_case(size_t n_refs)
{
	struct ph_feed_item item = { .what = PH_FEED_CASE,
				     .case_kind = 1,
				     .anchor = PH_VIEW("anchor", 6),
				     .second = 1790000001,
				     .n_refs = (unsigned)n_refs };

	memset(item.case_id, 0x44, sizeof(item.case_id));
	item.refs = refs_of(n_refs);
	return item;
}

/* ---- pages ---- */

static inline int sign(const struct ph_feed_writer *writer, struct ph_buf *out)
{
	const struct ph_feed_page page = head();

	return ph_feed_sign(writer, &page, p.hub.sign.secret, out);
}

static inline int decode(const struct ph_buf *bytes, struct ph_feed_page *page)
{
	return ph_feed_decode(ph_buf_view(bytes), p.hub.sign.key, page);
}

/* ---- a group of tests ---- */

static inline int set_up(void **state)
{
	(void)state;
	if (ph_crypto_start() != 0) {
		return -1;
	}
	province_make(&p, 1);
	kept = (struct ph_feed_log){ .site = 140371, .role = PH_ROLE_SITE };
	other = (struct ph_feed_log){ .site = PH_SITE_MAX, .role = PH_ROLE_BOTH };
	desk = (struct ph_feed_log){ .site = 0, .role = PH_ROLE_HUB };
	memset(kept.id, 0x11, sizeof(kept.id));
	memset(other.id, 0x12, sizeof(other.id));
	memset(desk.id, 0x13, sizeof(desk.id));
	memcpy(kept.key, p.device.sign.key, PH_KEY_SIZE);
	memset(other.key, 0x22, PH_KEY_SIZE);
	memcpy(desk.key, p.hub.sign.key, PH_KEY_SIZE);
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		ph_buf_deinit(&rows[i]);
	}
	return 0;
}

#endif
