/*
 * Tests of common/log/feed.c: pages read as they were made, damaged, and refused though
 * the hub signed them.
 */
#include "tests/unit/feed_pages.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_feed_round_trip), cmocka_unit_test(test_feed_bytes),
		cmocka_unit_test(test_feed_damaged),    cmocka_unit_test(test_feed_forms),
		cmocka_unit_test(test_feed_canonical),
	};

	return cmocka_run_group_tests_name("feed", tests, set_up, tear_down);
}
