/*
 * Tests of common/log/feed.c and feed_write.c: pages made and read, each limit from
 * both sides, and what is refused though the hub signed it.
 */
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

static struct province p;
static struct ph_feed_log kept, other, desk; /* two sites' logs, and the hub's */
static const uint8_t entry_bytes[] = { 0x93, 0x20, 0x01, 0xc0 };

static struct ph_feed_page head(void)
{
	struct ph_feed_page page = { .epoch = { .number = 3, .random = "epoch 3" },
				     .scope = 2,
				     .from = 40,
				     .number = 49 };

	memset(page.feed, 0xfe, sizeof(page.feed));
	return page;
}

static int set_up(void **state)
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

static struct ph_view entry(void)
{
	return PH_VIEW(entry_bytes, sizeof(entry_bytes));
}

/* ---- items ---- */

/* Rows that items borrow, until the next test. */
static struct ph_buf rows[3];

static struct ph_view keys_of(size_t n, size_t id_len)
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

static struct ph_view refs_of(size_t n)
{
	rows[1].len = 0;
	for (size_t i = 0; i < n; i++) {
		const struct ph_ref ref = feed_ref(&kept, 1 + i, entry());

		assert_int_equal(ph_feed_ref_put(&rows[1], &ref), 0);
	}
	return ph_buf_view(&rows[1]);
}

static struct ph_view sites_of(size_t n)
{
	rows[2].len = 0;
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(ph_feed_site_put(&rows[2], PH_SITE_MAX - n + 1 + i), 0);
	}
	return ph_buf_view(&rows[2]);
}

static struct ph_feed_item fact(size_t n_keys, size_t id_len)
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

static struct ph_feed_item a_case(size_t n_refs)
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

static void assert_same_item(const struct ph_feed_item *a, const struct ph_feed_item *b)
{
	assert_int_equal(a->what, b->what);
	assert_true(ph_ref_equal(&a->ref, &b->ref));
	assert_int_equal(a->second, b->second);
	assert_int_equal(a->tick, b->tick);
	assert_int_equal(a->unsure, b->unsure);
	assert_true(ph_view_equal(a->entry, b->entry));
	assert_true(ph_view_equal(a->keys, b->keys));
	assert_int_equal(a->n_keys, b->n_keys);
	assert_true(ph_view_equal(a->cipher, b->cipher));
	assert_true(ph_view_equal(a->seed_box, b->seed_box));
	assert_int_equal(a->key.type, b->key.type);
	assert_true(ph_view_equal(a->key.id, b->key.id));
	assert_memory_equal(a->case_id, b->case_id, sizeof(a->case_id));
	assert_int_equal(a->case_kind, b->case_kind);
	assert_true(ph_view_equal(a->anchor, b->anchor));
	assert_true(ph_view_equal(a->refs, b->refs));
	assert_int_equal(a->n_refs, b->n_refs);
	assert_true(ph_view_equal(a->sites, b->sites));
	assert_int_equal(a->n_sites, b->n_sites);
	assert_int_equal(a->is_decided, b->is_decided);
	assert_int_equal(a->decided, b->decided);
}

/* ---- pages ---- */

static int sign(const struct ph_feed_writer *writer, struct ph_buf *out)
{
	const struct ph_feed_page page = head();

	return ph_feed_sign(writer, &page, p.hub.sign.secret, out);
}

static int decode(const struct ph_buf *bytes, struct ph_feed_page *page)
{
	return ph_feed_decode(ph_buf_view(bytes), p.hub.sign.key, page);
}

/* One page with each kind of item, and all of it back. */
static void test_feed_round_trip(void **state)
{
	(void)state;
	static uint8_t cipher[40], box[PH_SEED_BOX_SIZE];
	struct ph_feed_item items[10] = { 0 };
	const struct ph_feed_log *logs[10] = { 0 };
	struct ph_buf bytes = { 0 };
	struct ph_feed_page page;
	size_t n = 0;

	for (size_t i = 0; i < 3; i++) {
		rows[i].len = 0;
	}

	struct ph_view keys = keys_of(2, PH_FEED_ID_MAX);
	struct ph_view refs = refs_of(2);

	items[n] = (struct ph_feed_item){ .what = PH_FEED_ENTER,
					  .key = { 13, PH_VIEW("id of a copy", 12) } };
	n++;
	items[n] = fact(2, PH_FEED_ID_MAX);
	items[n].keys = keys;
	items[n].cipher = PH_VIEW(cipher, sizeof(cipher));
	items[n].seed_box = PH_VIEW(box, sizeof(box));
	logs[n++] = &kept;
	items[n] = items[n - 1]; /* once more, by its hash, without the part */
	items[n].entry = items[n].cipher = items[n].seed_box = PH_VIEW(NULL, 0);
	logs[n++] = &kept;
	items[n] = (struct ph_feed_item){ .what = PH_FEED_UNFACT,
					  .ref = feed_ref(&other, 1, entry()),
					  .keys = keys,
					  .n_keys = 2 };
	n++;
	items[n] = (struct ph_feed_item){ .what = PH_FEED_ACT,
					  .ref = feed_ref(&desk, PH_N_MAX, entry()),
					  .second = PH_FEED_SECOND_MAX,
					  .entry = entry() };
	logs[n++] = &desk;
	items[n] = (struct ph_feed_item){ .what = PH_FEED_UNACT,
					  .ref = feed_ref(&other, 5, entry()) };
	n++;
	items[n] = a_case(2);
	items[n++].refs = refs;
	items[n] = items[n - 1];
	items[n].sites = sites_of(2);
	items[n].n_sites = 2;
	items[n].is_decided = true;
	items[n++].decided = 3;
	items[n] = (struct ph_feed_item){ .what = PH_FEED_UNCASE };
	n++;
	items[n] = (struct ph_feed_item){ .what = PH_FEED_LEAVE,
					  .key = { PH_FEED_TYPE_MAX, PH_VIEW("x", 1) } };
	n++;

	struct ph_feed_writer writer = { 0 };

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(ph_feed_add(&writer, logs[i], &items[i]), 0);
	}
	assert_int_equal(writer.n_logs, 2); /* each told once */
	assert_int_equal(sign(&writer, &bytes), 0);
	assert_int_equal(decode(&bytes, &page), 0);

	const struct ph_feed_page wanted = head();

	assert_memory_equal(&page.epoch, &wanted.epoch, sizeof(page.epoch));
	assert_memory_equal(page.feed, wanted.feed, sizeof(page.feed));
	assert_int_equal(page.scope, 2);
	assert_int_equal(page.from, 40);
	assert_int_equal(page.number, 49);
	assert_int_equal(page.n_logs, 2);
	assert_int_equal(page.n_items, n);

	struct ph_feed_log read[2];

	assert_int_equal(ph_feed_log_next(&page.logs, &read[0]), 0);
	assert_int_equal(ph_feed_log_next(&page.logs, &read[1]), 0);
	assert_int_equal(ph_feed_log_next(&page.logs, &read[1]), PH_FEED_E_FORM);
	assert_memory_equal(&read[0], &kept, sizeof(kept));
	assert_memory_equal(&read[1], &desk, sizeof(desk));
	for (size_t i = 0; i < n; i++) {
		struct ph_feed_item item;

		print_message("# item %zu\n", i);
		assert_int_equal(ph_feed_item_next(&page.items, read, 2, &item), 0);
		assert_same_item(&item, &items[i]);
		if (logs[i] != NULL) {
			assert_memory_equal(&read[item.log], logs[i], sizeof(kept));
		}
	}
	assert_int_equal(page.items.len, 0);

	/* what is in rows */
	struct ph_feed_key key;
	struct ph_ref ref;

	assert_int_equal(ph_feed_key_next(&keys, &key), 0);
	assert_int_equal(key.type, 13);
	assert_int_equal(key.id.len, PH_FEED_ID_MAX);
	assert_int_equal(ph_feed_key_next(&keys, &key), 0);
	assert_int_equal(key.type, 14);
	assert_int_equal(ph_feed_key_next(&keys, &key), PH_FEED_E_FORM);
	assert_int_equal(ph_feed_ref_next(&refs, &ref), 0);
	assert_int_equal(ref.n, 1);
	ph_feed_deinit(&writer);
	ph_buf_deinit(&bytes);
}

/* The bytes of docs/WIRE.md, "A page, byte by byte". */
static void test_feed_bytes(void **state)
{
	(void)state;
	static const char hex[] =
		"9901"                   /* version */
		"03c40865706f6368203300" /* epoch */
		"c410fefefefefefefefefefefefefefefefe"
		"022831" /* scope version, from, number */
		"9194c41011111111111111111111111111111111ce0002245301c420";
	static const char tail[] = "91980100" /* one item: a fact out of the first log */
				   "07ce6ab13b80cdffffce00015180"
				   "c404932001c0"
				   "91920dc4023333";
	struct ph_feed_writer writer = { 0 };
	struct ph_feed_item item = fact(1, 2);
	struct ph_buf bytes = { 0 };
	uint8_t wanted[256];
	size_t n = strlen(hex) / 2;
	size_t t = strlen(tail) / 2;

	assert_int_equal(ph_feed_add(&writer, &kept, &item), 0);
	assert_int_equal(sign(&writer, &bytes), 0);
	assert_int_equal(ph_unhex(wanted, n, hex, 2 * n), 0);
	assert_int_equal(bytes.len, 3 + n + PH_KEY_SIZE + t + 66);
	assert_int_equal(bytes.data[0], 0x92);
	assert_memory_equal(bytes.data + 3, wanted, n);
	assert_memory_equal(bytes.data + 3 + n, kept.key, PH_KEY_SIZE);
	assert_int_equal(ph_unhex(wanted, t, tail, 2 * t), 0);
	assert_memory_equal(bytes.data + 3 + n + PH_KEY_SIZE, wanted, t);
	assert_true(ph_sign_verify(bytes.data + bytes.len - PH_SIGNATURE_SIZE,
				   PAGE_CONTEXT, PH_VIEW(bytes.data + 3, n + 32 + t),
				   p.hub.sign.key));
	ph_feed_deinit(&writer);
	ph_buf_deinit(&bytes);
}

/* Every cut, and every byte changed: never a page. */
static void test_feed_damaged(void **state)
{
	(void)state;
	struct ph_feed_writer writer = { 0 };
	struct ph_feed_item item = fact(1, 2);
	struct ph_buf bytes = { 0 };
	struct ph_feed_page page;

	assert_int_equal(ph_feed_add(&writer, &kept, &item), 0);
	assert_int_equal(sign(&writer, &bytes), 0);
	for (size_t cut = 0; cut < bytes.len; cut++) {
		struct ph_view part = PH_VIEW(bytes.data, cut);

		assert_int_equal(ph_feed_decode(part, p.hub.sign.key, &page),
				 PH_FEED_E_FORM);
	}
	for (size_t i = 0; i < bytes.len; i++) {
		bytes.data[i] ^= 0x40;
		assert_int_not_equal(decode(&bytes, &page), 0);
		bytes.data[i] ^= 0x40;
	}
	assert_int_equal(decode(&bytes, &page), 0);
	assert_int_equal(ph_feed_decode(ph_buf_view(&bytes), p.device.sign.key, &page),
			 PH_FEED_E_SIGNATURE);
	assert_int_equal(ph_buf_put_u8(&bytes, 0), 0);
	assert_int_equal(decode(&bytes, &page), PH_FEED_E_FORM);
	ph_feed_deinit(&writer);
	ph_buf_deinit(&bytes);
}

/* ---- refused, though the hub signed it ---- */

#define LOG_ID      "x11111111111111111111111111111111"
#define KEY32       "x2222222222222222222222222222222222222222222222222222222222222222"
#define LOG         "[" LOG_ID " 140371 1 " KEY32 "]"
#define HEAD        "[1 3 x6565656565656565 x*16 2 40 49 "
#define PAGE(items) HEAD "[" LOG "] [" items "]]"
#define HASH8       "x0102030405060708"

static const struct {
	const char *name;
	const char *body;
	bool ok;
} bodies[] = {
	{ "a page of nothing", HEAD "[] []]", true },
	{ "version 2", "[2 3 x6565656565656565 x*16 2 40 49 [] []]", false },
	{ "epoch 0", "[1 0 x6565656565656565 x*16 2 40 49 [] []]", false },
	{ "epoch random of 7", "[1 3 x65656565656565 x*16 2 40 49 [] []]", false },
	{ "feed id of 15", "[1 3 x6565656565656565 x*15 2 40 49 [] []]", false },
	{ "scope 0", "[1 3 x6565656565656565 x*16 0 40 49 [] []]", false },
	{ "from 0", "[1 3 x6565656565656565 x*16 2 0 1 [] []]", true },
	{ "number is from", "[1 3 x6565656565656565 x*16 2 40 40 [] []]", false },
	{ "number 2^63 - 1",
	  "[1 3 x6565656565656565 x*16 2 40 9223372036854775807 [] []]", true },
	{ "number 2^63", "[1 3 x6565656565656565 x*16 2 40 9223372036854775808 [] []]",
	  false },
	{ "no items", HEAD "[]]", false },
	{ "a member more", HEAD "[] [] nil]", false },
	{ "logs are nil", HEAD "nil []]", false },
	{ "items are nil", HEAD "[] nil]", false },
	{ "items are text", HEAD "[] \"fact\"]", false },
	{ "not an array", "1", false },
	{ "log", HEAD "[" LOG "] []]", true },
	{ "log, told twice", HEAD "[" LOG " " LOG "] []]", false },
	{ "log id of 15", HEAD "[[x*15 140371 1 " KEY32 "]] []]", false },
	{ "log of site 0 with a site's role", HEAD "[[" LOG_ID " 0 1 " KEY32 "]] []]",
	  false },
	{ "log of a site with the hub's role", HEAD "[[" LOG_ID " 1 4 " KEY32 "]] []]",
	  false },
	{ "log of the hub", HEAD "[[" LOG_ID " 0 4 " KEY32 "]] []]", true },
	{ "log of site 999999", HEAD "[[" LOG_ID " 999999 1 " KEY32 "]] []]", true },
	{ "log of site 1000000", HEAD "[[" LOG_ID " 1000000 1 " KEY32 "]] []]", false },
	{ "log of role 0", HEAD "[[" LOG_ID " 1 0 " KEY32 "]] []]", false },
	{ "log of role 5", HEAD "[[" LOG_ID " 0 5 " KEY32 "]] []]", false },
	{ "log key of 31", HEAD "[[" LOG_ID " 1 1 x*31]] []]", false },
	{ "log, a member more", HEAD "[[" LOG_ID " 1 1 " KEY32 " 1]] []]", false },
	{ "item is a number", PAGE("1"), false },
	{ "item is empty", PAGE("[]"), false },
	{ "item 0", PAGE("[0 x00]"), false },
	{ "item 9", PAGE("[9 x00]"), false },
	{ "fact", PAGE("[1 0 7 5 0 10 x93 [[13 x01]]]"), true },
	{ "fact by its hash", PAGE("[1 0 7 5 0 10 [" HASH8 "] [[13 x01]]]"), true },
	{ "fact, hash of 7", PAGE("[1 0 7 5 0 10 [x*7] [[13 x01]]]"), false },
	{ "fact, two hashes", PAGE("[1 0 7 5 0 10 [" HASH8 " " HASH8 "] [[13 x01]]]"),
	  false },
	{ "fact without its entry", PAGE("[1 0 7 5 0 10 nil [[13 x01]]]"), false },
	{ "fact, entry is empty", PAGE("[1 0 7 5 0 10 x [[13 x01]]]"), false },
	{ "fact, entry is text", PAGE("[1 0 7 5 0 10 \"93\" [[13 x01]]]"), false },
	{ "fact, log 1 of 1", PAGE("[1 1 7 5 0 10 x93 [[13 x01]]]"), false },
	{ "fact, log is the id", PAGE("[1 " LOG_ID " 7 5 0 10 x93 [[13 x01]]]"), false },
	{ "fact, n is 0", PAGE("[1 0 0 5 0 10 x93 [[13 x01]]]"), false },
	{ "fact, second 2^48", PAGE("[1 0 7 281474976710656 0 10 x93 [[13 x01]]]"),
	  true },
	{ "fact, second over 2^48", PAGE("[1 0 7 281474976710657 0 10 x93 [[13 x01]]]"),
	  false },
	{ "fact, tick 65535", PAGE("[1 0 7 5 65535 10 x93 [[13 x01]]]"), true },
	{ "fact, tick 65536", PAGE("[1 0 7 5 65536 10 x93 [[13 x01]]]"), false },
	{ "fact, unsure 2^32 - 1", PAGE("[1 0 7 5 0 4294967295 x93 [[13 x01]]]"), true },
	{ "fact, unsure 2^32", PAGE("[1 0 7 5 0 4294967296 x93 [[13 x01]]]"), false },
	{ "fact without keys", PAGE("[1 0 7 5 0 10 x93 []]"), false },
	{ "fact, keys are nil", PAGE("[1 0 7 5 0 10 x93 nil]"), false },
	{ "fact, key is no pair", PAGE("[1 0 7 5 0 10 x93 [[13]]]"), false },
	{ "fact, key of type 0", PAGE("[1 0 7 5 0 10 x93 [[0 x01]]]"), false },
	{ "fact, key of type 255", PAGE("[1 0 7 5 0 10 x93 [[255 x01]]]"), true },
	{ "fact, key of type 256", PAGE("[1 0 7 5 0 10 x93 [[256 x01]]]"), false },
	{ "fact, id is empty", PAGE("[1 0 7 5 0 10 x93 [[13 x]]]"), false },
	{ "fact, id of 72", PAGE("[1 0 7 5 0 10 x93 [[13 x*72]]]"), true },
	{ "fact, id of 73", PAGE("[1 0 7 5 0 10 x93 [[13 x*73]]]"), false },
	{ "fact with a part", PAGE("[1 0 7 5 0 10 x93 [[11 x01]] [x*17 x*64]]"), true },
	{ "fact, part is nil", PAGE("[1 0 7 5 0 10 x93 [[11 x01]] nil]"), false },
	{ "fact, part is empty", PAGE("[1 0 7 5 0 10 x93 [[11 x01]] [x x*64]]"), false },
	{ "fact, part of 16 KiB", PAGE("[1 0 7 5 0 10 x93 [[11 x01]] [x*16384 x*64]]"),
	  true },
	{ "fact, part over 16 KiB", PAGE("[1 0 7 5 0 10 x93 [[11 x01]] [x*16385 x*64]]"),
	  false },
	{ "fact, seed box of 63", PAGE("[1 0 7 5 0 10 x93 [[11 x01]] [x*17 x*63]]"),
	  false },
	{ "fact, seed box of 65", PAGE("[1 0 7 5 0 10 x93 [[11 x01]] [x*17 x*65]]"),
	  false },
	{ "fact, a member more", PAGE("[1 0 7 5 0 10 x93 [[11 x01]] [x*17 x*64] 1]"),
	  false },
	{ "fact, entry of 32 KiB", PAGE("[1 0 7 5 0 10 x*32768 [[13 x01]]]"), true },
	{ "fact, entry over 32 KiB", PAGE("[1 0 7 5 0 10 x*32769 [[13 x01]]]"), false },
	{ "unfact", PAGE("[2 " LOG_ID " 7 " HASH8 " [[13 x01]]]"), true },
	{ "unfact without keys", PAGE("[2 " LOG_ID " 7 " HASH8 " []]"), false },
	{ "unfact by index", PAGE("[2 0 7 " HASH8 " [[13 x01]]]"), false },
	{ "unfact, n is 0", PAGE("[2 " LOG_ID " 0 " HASH8 " [[13 x01]]]"), false },
	{ "enter", PAGE("[3 13 x01]"), true },
	{ "enter without an id", PAGE("[3 13]"), false },
	{ "leave", PAGE("[4 13 x01]"), true },
	{ "leave, a member more", PAGE("[4 13 x01 x01]"), false },
	{ "act", PAGE("[5 0 7 5 0 x93]"), true },
	{ "act by its hash", PAGE("[5 0 7 5 0 [" HASH8 "]]"), false },
	{ "act of log 1 of 1", PAGE("[5 1 7 5 0 x93]"), false },
	{ "unact", PAGE("[6 " LOG_ID " 7 " HASH8 "]"), true },
	{ "unact without a hash", PAGE("[6 " LOG_ID " 7]"), false },
	{ "case", PAGE("[7 x*16 1 x01 [[" LOG_ID " 7 " HASH8 "]] [] 5]"), true },
	{ "case, decided", PAGE("[7 x*16 1 x01 [[" LOG_ID " 7 " HASH8 "]] [] 5 3]"),
	  true },
	{ "case, decided is nil", PAGE("[7 x*16 1 x01 [] [] 5 nil]"), false },
	{ "case, no facts", PAGE("[7 x*16 1 x01 [] [] 5]"), true },
	{ "case of kind 0", PAGE("[7 x*16 0 x01 [] [] 5]"), false },
	{ "case, anchor of 72", PAGE("[7 x*16 1 x*72 [] [] 5]"), true },
	{ "case, anchor of 73", PAGE("[7 x*16 1 x*73 [] [] 5]"), false },
	{ "case id of 15", PAGE("[7 x*15 1 x01 [] [] 5]"), false },
	{ "case, a fact of two members", PAGE("[7 x*16 1 x01 [[" LOG_ID " 7]] [] 5]"),
	  false },
	{ "case, two sites", PAGE("[7 x*16 1 x01 [] [1 999999] 5]"), true },
	{ "case, no row of sites", PAGE("[7 x*16 1 x01 [] 5]"), false },
	{ "case of site 0", PAGE("[7 x*16 1 x01 [] [0] 5]"), false },
	{ "case of site 1,000,000", PAGE("[7 x*16 1 x01 [] [1000000] 5]"), false },
	{ "case, a site twice", PAGE("[7 x*16 1 x01 [] [2 2] 5]"), false },
	{ "case, sites that fall", PAGE("[7 x*16 1 x01 [] [2 1] 5]"), false },
	{ "case, a site that is bytes", PAGE("[7 x*16 1 x01 [] [x01] 5]"), false },
	{ "uncase", PAGE("[8 x*16]"), true },
	{ "uncase, a member more", PAGE("[8 x*16 1]"), false },
	{ "the second of two is wrong", PAGE("[8 x*16] [8 x*15]"), false },
	{ "deeper than anything here", PAGE("[1 0 7 5 0 10 x93 [[13 [[x01]]]]]"), false },
};

static void test_feed_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct ph_buf body = { 0 };
		struct ph_buf bytes = { 0 };
		struct ph_feed_page page;

		print_message("# %s\n", bodies[i].name);
		feed_notation(&body, bodies[i].body);
		feed_forge(&bytes, ph_buf_view(&body), &p.hub.sign);
		assert_int_equal(decode(&bytes, &page),
				 bodies[i].ok ? 0 : PH_FEED_E_FORM);
		ph_buf_deinit(&body);
		ph_buf_deinit(&bytes);
	}
}

/* Not the shortest form of a number. */
static void test_feed_canonical(void **state)
{
	(void)state;
	struct ph_buf body = { 0 };
	struct ph_buf bytes = { 0 };
	struct ph_feed_page page;

	feed_notation(&body, HEAD "[] []]");
	body.data[1] = 0xcc; /* the version takes the byte of the epoch's number */
	body.data[2] = 0x01;
	feed_forge(&bytes, ph_buf_view(&body), &p.hub.sign);
	assert_int_equal(decode(&bytes, &page), PH_FEED_E_FORM);
	ph_buf_deinit(&body);
	ph_buf_deinit(&bytes);
}

/* ---- limits of a page ---- */

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

/* ---- writing ---- */

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
	ph_feed_clear(&writer);
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
	ph_feed_clear(&writer);
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
	ph_feed_clear(&writer);
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
	ph_feed_clear(&writer);
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
	ph_feed_clear(&writer);
	item.entry = PH_VIEW(NULL, 0);
	item.cipher = PH_VIEW(big, PH_PART_MAX);
	item.seed_box = PH_VIEW(box, sizeof(box));
	assert_int_equal(ph_feed_add(&writer, &kept, &item), 0);
	ph_feed_clear(&writer);
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

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		ph_buf_deinit(&rows[i]);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_feed_round_trip),
		cmocka_unit_test(test_feed_bytes),
		cmocka_unit_test(test_feed_damaged),
		cmocka_unit_test(test_feed_forms),
		cmocka_unit_test(test_feed_canonical),
		cmocka_unit_test(test_feed_read_limits),
		cmocka_unit_test(test_feed_size),
		cmocka_unit_test(test_feed_full),
		cmocka_unit_test(test_feed_largest),
		cmocka_unit_test(test_feed_refused_to_write),
	};

	return cmocka_run_group_tests_name("feed", tests, set_up, tear_down);
}
