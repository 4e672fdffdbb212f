/* Tests of common/log/list.c: lists in entries, their one form, and building and reading them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/make_entry.h"
#include "tests/lib/unhex.h"

#define COUNT(array)     (sizeof(array) / sizeof((array)[0]))

#define BAD              PH_ENTRY_E_MALFORMED
#define NEW              PH_ENTRY_E_UNKNOWN
#define ZERO16           "c410 00000000000000000000000000000000"
#define ONES16           "c410 11111111111111111111111111111111"
#define ZERO8            "c408 0000000000000000"
#define ONES8            "c408 1111111111111111"
#define ZERO32           "c420 0000000000000000000000000000000000000000000000000000000000000000"
#define ONES32           "c420 1111111111111111111111111111111111111111111111111111111111111111"
#define REF(id, n, hash) "93" id n hash
#define R1               REF(ZERO16, "01", ZERO8)
#define UNBLOCK          "95 0f 05 c0" R1                    /* then `blocks` */
#define RECEIVE          "95 3d 05 c0 9207a16a"              /* then `copies` */
#define ERASE            "95 70 05 c0 91" R1                 /* then `cards` */
#define CUT              "95 69 05 c0" ZERO16                /* then `heads` */
#define MODEL            "98 55 05 c0 a53033363436 c0 c0 c0" /* then `sites` */
#define SITE             "9b 64 05 c0 01 c0 c0 c0 c0 c0 c0"  /* then `route` */

static const struct {
	const char *name;
	const char *hex;
	int rc;
} forms[] = {
	{ "references, one", UNBLOCK "91" R1, 0 },
	{ "references, by log id", UNBLOCK "92" R1 REF(ONES16, "01", ZERO8), 0 },
	{ "references, by n", UNBLOCK "92" R1 REF(ZERO16, "02", ZERO8), 0 },
	{ "references, by hash", UNBLOCK "92" R1 REF(ZERO16, "01", ONES8), 0 },
	{ "references, log ids falling", UNBLOCK "92" REF(ONES16, "01", ZERO8) R1, BAD },
	{ "references, n falling", UNBLOCK "92" REF(ZERO16, "02", ZERO8) R1, BAD },
	{ "references, hashes falling", UNBLOCK "92" REF(ZERO16, "01", ONES8) R1, BAD },
	{ "references, one twice", UNBLOCK "92" R1 R1, BAD },
	{ "references, none", UNBLOCK "90", BAD },
	{ "references, missing", "94 0f 05 c0" R1, BAD },
	{ "references, nil", UNBLOCK "c0", BAD },
	{ "references, a reference", UNBLOCK R1, BAD },
	{ "references, bytes", UNBLOCK "c401 90", BAD },
	{ "references, a map", UNBLOCK "81 01" R1, BAD },
	{ "references, a number in it", UNBLOCK "92 01" R1, BAD },
	{ "references, nil in it", UNBLOCK "92 c0" R1, BAD },
	{ "references, of entry 0", UNBLOCK "91" REF(ZERO16, "00", ZERO8), BAD },
	{ "references, of entry 2^63",
	  UNBLOCK "91" REF(ZERO16, "cf8000000000000000", ZERO8), BAD },
	{ "references, a head in it", UNBLOCK "91 93" ZERO16 "01" ZERO32, BAD },
	{ "references, of two", UNBLOCK "91 92" ZERO16 "01", BAD },
	{ "references, of four", UNBLOCK "91 94" ZERO16 "01" ZERO8 "01", BAD },
	{ "references, length not shortest", UNBLOCK "dc0001" R1, BAD },
	{ "references, fewer than said", UNBLOCK "92" R1, BAD },
	{ "references, a field more", "96 0f 05 c0" R1 "91" R1 "01", NEW },
	{ "references, wrong, and a field more", "96 0f 05 c0" R1 "91 01 01", BAD },

	{ "copies", RECEIVE "92 92 07 a161 92 08 a161", 0 },
	{ "copies, by code", RECEIVE "93 9207a161 9207a26161 9207a162", 0 },
	{ "copies, high bytes behind", RECEIVE "92 9207a17a 9207a2c3a9", 0 },
	{ "copies, namespaces falling", RECEIVE "92 9208a161 9207a161", BAD },
	{ "copies, codes falling", RECEIVE "92 9207a162 9207a161", BAD },
	{ "copies, the longer before", RECEIVE "92 9207a26161 9207a161", BAD },
	{ "copies, one twice", RECEIVE "92 9207a161 9207a161", BAD },
	{ "copies, none", RECEIVE "90", BAD },
	{ "copies, an empty code", RECEIVE "91 9207a0", BAD },
	{ "copies, a tab", RECEIVE "91 9207a109", BAD },
	{ "copies, not NFC", RECEIVE "91 9207a361cc81", 0 },
	{ "copies, not NFC and a tab", RECEIVE "91 9207a461cc8109", BAD },
	{ "copies, not UTF-8", RECEIVE "91 9207a1ff", BAD },
	{ "copies, bytes for a code", RECEIVE "91 9207c40161", BAD },
	{ "copies, namespace 999999", RECEIVE "91 92ce000f423fa161", 0 },
	{ "copies, namespace 1000000", RECEIVE "91 92ce000f4240a161", BAD },
	{ "copies, a text in it", RECEIVE "91 a161", BAD },
	{ "copies, of three", RECEIVE "91 9307a16101", BAD },
	{ "cards", ERASE "92 9200a161 9207a161", 0 },
	{ "cards falling", ERASE "92 9207a161 9200a161", BAD },
	{ "cards, a number in it", ERASE "92 9200a161 07", BAD },

	{ "heads", CUT "92 93" ZERO16 "01" ZERO32 "93" ZERO16 "02" ZERO32, 0 },
	{ "heads, by h", CUT "92 93" ZERO16 "01" ZERO32 "93" ZERO16 "01" ONES32, 0 },
	{ "heads, by log id", CUT "92 93" ZERO16 "02" ONES32 "93" ONES16 "01" ZERO32, 0 },
	{ "heads, n falling", CUT "92 93" ZERO16 "02" ZERO32 "93" ZERO16 "01" ZERO32,
	  BAD },
	{ "heads, h falling", CUT "92 93" ZERO16 "01" ONES32 "93" ZERO16 "01" ZERO32,
	  BAD },
	{ "heads, one twice", CUT "92 93" ZERO16 "01" ZERO32 "93" ZERO16 "01" ZERO32,
	  BAD },
	{ "heads, of entry 0", CUT "91 93" ZERO16 "00" ZERO32, BAD },
	{ "heads, a reference in it", CUT "91" R1, BAD },

	{ "numbers", MODEL "93 00 01 ce000f423f", 0 },
	{ "numbers, 1000000", MODEL "91 ce000f4240", BAD },
	{ "numbers, falling", MODEL "92 02 01", BAD },
	{ "numbers, one twice", MODEL "92 01 01", BAD },
	{ "numbers, not shortest", MODEL "91 cc01", BAD },
	{ "numbers, below 0", MODEL "91 ff", BAD },
	{ "numbers, a text in it", MODEL "91 a131", BAD },
	{ "numbers, none", MODEL "90", BAD },

	{ "texts", SITE "92 a53033363436 a53033363437", 0 },
	{ "texts, falling", SITE "92 a53033363437 a53033363436", BAD },
	{ "texts, one twice", SITE "92 a53033363436 a53033363436", BAD },
	{ "texts, of 4", SITE "91 a430333634", BAD },
	{ "texts, of 6", SITE "91 a6303336343637", BAD },
	{ "texts, a letter", SITE "91 a53033363461", BAD },
	{ "texts, bytes", SITE "91 c4053033363436", BAD },
	{ "texts, a number in it", SITE "92 01 a53033363436", BAD },
	{ "texts, deeper", SITE "91 91 a53033363436", BAD },
};

static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		struct ph_buf bytes = { 0 };
		struct ph_buf again = { 0 };
		struct ph_view in = unhex(&bytes, forms[i].hex);
		struct ph_entry entry = { .number = 4711 };
		int rc = ph_entry_decode(in, &entry);

		if (rc != forms[i].rc) {
			fail_msg("%s: %d, not %d", forms[i].name, rc, forms[i].rc);
		}
		if (rc == 0) {
			assert_int_equal(ph_entry_encode(&entry, &again, NULL), 0);
			assert_true(ph_view_equal(in, ph_buf_view(&again)));
		}
		ph_buf_deinit(&bytes);
		ph_buf_deinit(&again);
	}
}

/* A decoded list is the entry's own bytes, of the right list where there are two. */
static void test_decoded(void **state)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	struct ph_view in = unhex(&bytes, ERASE "92 9200a161 9207a162");
	const struct ph_list *cards = &entry.field[PH_ERASE_CARDS].as.list;
	struct ph_list_iter iter;
	struct ph_ref ref;
	struct ph_id id;

	(void)state;
	assert_int_equal(ph_entry_decode(in, &entry), 0);
	assert_int_equal(entry.field[PH_ERASE_READERS].as.list.count, 1);
	assert_int_equal(cards->count, 2);
	assert_ptr_equal(cards->bytes.data + cards->bytes.len, in.data + in.len);
	assert_int_equal(cards->bytes.len, 9);

	iter = ph_list_begin(&entry.field[PH_ERASE_READERS].as.list);
	assert_int_equal(ph_list_next_ref(&iter, &ref), 1);
	assert_int_equal(ref.n, 1);
	assert_int_equal(ph_list_next_ref(&iter, &ref), 0);
	iter = ph_list_begin(cards);
	assert_int_equal(ph_list_next_id(&iter, &id), 1);
	assert_int_equal(id.ns, 0);
	assert_int_equal(ph_list_next_id(&iter, &id), 1);
	assert_int_equal(id.ns, 7);
	assert_true(ph_view_equal(id.code, ph_view_str("b")));
	assert_int_equal(ph_list_next_id(&iter, &id), 0);
	assert_int_equal(ph_list_next_id(&iter, &id), 0);
	ph_buf_deinit(&bytes);
}

static void test_builds_refs_and_heads(void **state)
{
	const struct ph_ref refs[] = { { .n = 300, .hash = { 2 } },
				       { .n = 1, .log_id = { 1 } },
				       { .n = 300, .hash = { 1 } },
				       { .n = 1, .log_id = { 1 } } };
	const struct ph_head heads[] = { { .n = 2, .h = { 7 } }, { .n = 1, .h = { 9 } } };
	struct ph_buf out = { 0 };
	struct ph_value value;
	struct ph_list_iter iter;
	struct ph_ref ref;
	struct ph_head head;

	(void)state;
	assert_int_equal(ph_buf_put(&out, "before", 6), 0);
	assert_int_equal(ph_list_put_refs(&out, refs, COUNT(refs), &value), 0);
	assert_true(value.set);
	assert_int_equal(value.as.list.count, 3);
	assert_ptr_equal(value.as.list.bytes.data, out.data + 6);
	assert_int_equal(value.as.list.bytes.len, out.len - 6);
	iter = ph_list_begin(&value.as.list);
	assert_int_equal(ph_list_next_ref(&iter, &ref), 1);
	assert_true(ph_ref_equal(&ref, &refs[2]));
	assert_int_equal(ph_list_next_ref(&iter, &ref), 1);
	assert_true(ph_ref_equal(&ref, &refs[0]));
	assert_int_equal(ph_list_next_ref(&iter, &ref), 1);
	assert_true(ph_ref_equal(&ref, &refs[1]));
	assert_int_equal(ph_list_next_ref(&iter, &ref), 0);

	out.len = 0;
	assert_int_equal(ph_list_put_heads(&out, heads, COUNT(heads), &value), 0);
	iter = ph_list_begin(&value.as.list);
	assert_int_equal(ph_list_next_head(&iter, &head), 1);
	assert_int_equal(head.h[0], 9);
	assert_int_equal(ph_list_next_head(&iter, &head), 1);
	assert_int_equal(head.n, 2);
	assert_int_equal(ph_list_next_head(&iter, &head), 0);
	ph_buf_deinit(&out);
}

static void test_builds_ids(void **state)
{
	const struct ph_id ids[] = { { 7, ph_view_str("ab") },
				     { 7, ph_view_str("a") },
				     { 0, ph_view_str("z") },
				     { 7, ph_view_str("ab") } };
	struct ph_buf out = { 0 };
	struct ph_value value;

	(void)state;
	assert_int_equal(ph_list_put_ids(&out, ids, COUNT(ids), &value), 0);
	assert_hex(out.data, out.len, "939200a17a9207a1619207a26162");
	assert_int_equal(value.as.list.count, 3);
	ph_buf_deinit(&out);
}

static void test_builds_numbers_and_texts(void **state)
{
	const uint64_t numbers[] = { 70000, 5, 200, 5, 0, 300 };
	const struct ph_view texts[] = { ph_view_str("11111"), ph_view_str("00000"),
					 ph_view_str("11111") };
	static const uint64_t want[] = { 0, 5, 200, 300, 70000 };
	struct ph_buf out = { 0 };
	struct ph_value value;
	struct ph_list_iter iter;
	struct ph_view text;
	uint64_t number;

	(void)state;
	assert_int_equal(ph_list_put_uints(&out, numbers, COUNT(numbers), &value), 0);
	assert_hex(out.data, out.len, "950005ccc8cd012cce00011170");
	iter = ph_list_begin(&value.as.list);
	for (size_t i = 0; i < COUNT(want); i++) {
		assert_int_equal(ph_list_next_uint(&iter, &number), 1);
		assert_int_equal(number, want[i]);
	}
	assert_int_equal(ph_list_next_uint(&iter, &number), 0);

	out.len = 0;
	assert_int_equal(ph_list_put_texts(&out, texts, COUNT(texts), &value), 0);
	assert_hex(out.data, out.len, "92a53030303030a53131313131");
	iter = ph_list_begin(&value.as.list);
	assert_int_equal(ph_list_next_text(&iter, &text), 1);
	assert_true(ph_view_equal(text, texts[1]));
	assert_int_equal(ph_list_next_text(&iter, &text), 1);
	assert_int_equal(ph_list_next_text(&iter, &text), 0);
	ph_buf_deinit(&out);
}

/* An empty list is no value at all. */
static void test_builds_nothing(void **state)
{
	struct ph_buf out = { 0 };
	struct ph_value value = { .set = true };

	(void)state;
	assert_int_equal(ph_list_put_refs(&out, NULL, 0, &value), 0);
	assert_false(value.set);
	assert_int_equal(out.len, 0);
	ph_buf_deinit(&out);
}

/* Long lists: array headers of three bytes, and texts of 32 bytes and more. */
static void test_long(void **state)
{
	static struct maker maker;
	static const enum ph_type types[] = { PH_T_REFS,  PH_T_COPY_IDS, PH_T_CARD_IDS,
					      PH_T_HEADS, PH_T_UINTS,    PH_T_TEXTS };

	(void)state;
	maker_init(&maker, 11);
	for (size_t t = 0; t < COUNT(types); t++) {
		const struct ph_field field = { .type = types[t], .name = "x" };

		for (size_t n = 14; n <= 18; n++) {
			struct ph_value value;
			struct ph_list list;
			struct ph_list_iter iter;
			union ph_item item;
			size_t got = 0;

			maker.used = 0;
			value = make_list(&maker, &field, n);
			assert_true(ph_list_open(value.as.list.bytes, types[t], &list));
			assert_int_equal(list.count, n);
			iter = ph_list_begin(&list);
			while (ph_list_next(&iter, types[t], &item)) {
				got++;
			}
			assert_int_equal(got, n);
			list.bytes.len--;
			assert_false(ph_list_open(list.bytes, types[t], &list));
		}
	}
}

/* An iterator over bytes that nobody checked ends and stays within them. */
static void test_unchecked(void **state)
{
	static struct maker maker;
	const struct ph_field field = { .type = PH_T_COPY_IDS, .name = "x" };

	(void)state;
	maker_init(&maker, 12);
	for (unsigned i = 0; i < 2000; i++) {
		struct ph_list list;
		struct ph_buf exact = { 0 };
		struct ph_list_iter iter;
		struct ph_id id;
		struct ph_ref ref;
		size_t len;
		size_t n = 0;

		maker.used = 0;
		list = make_list(&maker, &field, 3).as.list;
		len = make_below(&maker, list.bytes.len + 1);
		assert_int_equal(ph_buf_put(&exact, list.bytes.data, len), 0);
		if (len > 0) {
			exact.data[make_below(&maker, len)] =
				(uint8_t)make_below(&maker, 256);
		}
		list.bytes = ph_buf_view(&exact);
		iter = ph_list_begin(&list);
		while (ph_list_next_id(&iter, &id)) {
			n++;
		}
		assert_true(n <= len); /* an item takes bytes, and they end */
		iter = ph_list_begin(&list);
		while (ph_list_next_ref(&iter, &ref)) {
			n++;
		}
		assert_true(n <= len);
		ph_buf_deinit(&exact);
	}
}

static void refuse(struct ph_entry *entry, const char *text)
{
	struct ph_buf out = { 0 };
	struct ph_error err = { 0 };

	assert_int_equal(ph_entry_encode(entry, &out, &err), -EINVAL);
	assert_string_equal(err.text, text);
	assert_int_equal(err.exit, PH_EXIT_USAGE);
	assert_int_equal(out.len, 0);
	ph_buf_deinit(&out);
}

/* What a caller sets by hand is not believed, and the texts say which item it is. */
static void test_encode_refuses(void **state)
{
	static struct ph_entry entry;
	struct ph_value *sites = &entry.field[PH_MODEL_SITES];
	struct ph_value *route = &entry.field[PH_SITE_ROUTE];

	(void)state;
	entry = (struct ph_entry){ .kind = ph_kind_find(PH_KIND_MODEL_PUT), .stamp = 5 };
	entry.field[PH_MODEL_COMMUNE] =
		(struct ph_value){ .set = true, .as.bytes = ph_view_str("03646") };
	sites->set = true;
	sites->as.list = (struct ph_list){ PH_VIEW("\x92\x01\x02", 3), 3 };
	refuse(&entry, "sites: is not a list of its type");
	sites->as.list = (struct ph_list){ PH_VIEW("\x92\x01\x02\x03", 4), 2 };
	refuse(&entry, "sites: is not a list of its type");
	sites->as.list = (struct ph_list){ PH_VIEW("\x92\x01\xa1\x61", 4), 2 };
	refuse(&entry, "sites: is not a list of its type");
	sites->as.list = (struct ph_list){ PH_VIEW("\x91\xcc\x01", 3), 1 };
	refuse(&entry, "sites: is not a list of its type");
	sites->as.list = (struct ph_list){ 0 };
	refuse(&entry, "sites: is not a list of its type");
	sites->as.list = (struct ph_list){ PH_VIEW("\x90", 1), 0 };
	refuse(&entry, "sites: is an empty list; leave it out");
	sites->as.list = (struct ph_list){ PH_VIEW("\x93\x01\x03\x02", 4), 3 };
	refuse(&entry, "sites[2]: is not in order, or stands there twice");
	sites->as.list = (struct ph_list){ PH_VIEW("\x92\x03\x03", 3), 2 };
	refuse(&entry, "sites[1]: is not in order, or stands there twice");
	sites->as.list =
		(struct ph_list){ PH_VIEW("\x92\x03\xce\x00\x0f\x42\x40", 7), 2 };
	refuse(&entry, "sites[1]: 1000000 is not in 0 to 999999");

	entry = (struct ph_entry){ .kind = ph_kind_find(PH_KIND_SITE_PUT), .stamp = 5 };
	entry.field[PH_SITE_SITE] = (struct ph_value){ .set = true, .as.uint = 7 };
	route->set = true;
	route->as.list = (struct ph_list){ PH_VIEW("\x91\xa4\x30\x31\x32\x33", 6), 1 };
	refuse(&entry, "route[0]: 4 bytes; it must be exactly 5");
	route->as.list = (struct ph_list){ PH_VIEW("\x91\xa5\x30\x31\x32\x33x", 7), 1 };
	refuse(&entry, "route[0]: \"0123x\" is not 5 digits");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_decoded),
		cmocka_unit_test(test_builds_refs_and_heads),
		cmocka_unit_test(test_builds_ids),
		cmocka_unit_test(test_builds_numbers_and_texts),
		cmocka_unit_test(test_builds_nothing),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_unchecked),
		cmocka_unit_test(test_encode_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
