/* Tests of common/log/entry.c and entry_encode.c: bytes and structs, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "tests/lib/log_vectors.h"
#include "tests/lib/make_entry.h"
#include "tests/lib/unhex.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct ph_value bytes_value(struct ph_buf *pool, const char *hex)
{
	return (struct ph_value){ .set = true, .as.bytes = unhex(pool, hex) };
}

static struct ph_value text_value(const char *text)
{
	return (struct ph_value){ .set = true, .as.bytes = ph_view_str(text) };
}

static struct ph_value uint_value(uint64_t number)
{
	return (struct ph_value){ .set = true, .as.uint = number };
}

static struct ph_value id_value(uint64_t ns, const char *code)
{
	return (struct ph_value){ .set = true, .as.id = { ns, ph_view_str(code) } };
}

static void start(struct ph_entry *entry, uint32_t number, uint64_t stamp)
{
	memset(entry, 0, sizeof(*entry));
	entry->number = number;
	entry->kind = ph_kind_find(number);
	entry->stamp = stamp;
}

/* The entry encodes to VECTOR, and VECTOR decodes to the entry. */
static void assert_vector(const struct ph_entry *entry, const char *vector)
{
	struct ph_buf out = { 0 };
	struct ph_error err = { 0 };
	struct ph_entry back;

	assert_int_equal(ph_entry_encode(entry, &out, &err), 0);
	assert_hex(out.data, out.len, vector);
	assert_int_equal(ph_entry_decode(ph_buf_view(&out), &back), 0);
	assert_true(same_entry(entry, &back));
	ph_buf_deinit(&out);
}

static void test_vectors(void **state)
{
	struct ph_buf pool = { 0 };
	struct ph_entry entry;
	struct ph_ref reader = { .n = 3 };
	uint8_t e[PH_HASH_SIZE];

	(void)state;
	assert_int_equal(ph_buf_reserve(&pool, 4096), 0); /* views must not move */
	ph_entry_hash(unhex(&pool, VEC_READER), e);
	memcpy(reader.hash, e, sizeof(reader.hash));
	memcpy(reader.log_id, unhex(&pool, VEC_LOG).data, PH_LOG_ID_SIZE);

	start(&entry, PH_KIND_OPEN, ph_stamp(VEC_SECONDS, 0));
	entry.field[PH_OPEN_KEY] = bytes_value(&pool, VEC_KEY);
	entry.field[PH_OPEN_NONCE] = bytes_value(&pool, VEC_NONCE);
	entry.field[PH_OPEN_SITE] = uint_value(371);
	entry.field[PH_OPEN_SOFTWARE] = text_value("packhorse 0.1.0");
	entry.field[PH_OPEN_TABLE] = bytes_value(&pool, VEC_TABLE);
	assert_vector(&entry, VEC_OPEN);

	start(&entry, PH_KIND_CLOCK_MARK, ph_stamp(VEC_SECONDS, 1));
	entry.field[PH_MARK_BOOT] = bytes_value(&pool, "0011223344556677");
	entry.field[PH_MARK_MONO] = uint_value(42);
	entry.field[PH_MARK_WALL] = uint_value(VEC_SECONDS);
	entry.field[PH_MARK_SURE] = uint_value(PH_SURE_NETWORK);
	assert_vector(&entry, VEC_MARK);

	start(&entry, PH_KIND_READER_PUT, ph_stamp(VEC_SECONDS + 60, 0));
	entry.field[PH_READER_COMMUNE] = text_value("03646");
	entry.field[PH_READER_BAND] = uint_value(PH_BAND_ADULT);
	entry.field[PH_READER_SETS] = uint_value(3);
	entry.field[PH_READER_COMMIT] = bytes_value(&pool, VEC_PART_COMMIT);
	entry.sealed[PH_READER_S_NAME] = text_value("Lò Thị Hoa");
	entry.sealed[PH_READER_S_BORN] = uint_value(1987);
	assert_vector(&entry, VEC_READER);

	start(&entry, PH_KIND_CARD_ISSUE, ph_stamp(VEC_SECONDS + 61, 0));
	entry.field[PH_CARD_CARD] = id_value(0, "1403710000017");
	entry.field[PH_CARD_READER] = (struct ph_value){ .set = true, .as.ref = reader };
	assert_vector(&entry, VEC_CARD);

	start(&entry, PH_KIND_LOAN, ph_stamp(VEC_SECONDS + 120, 0));
	entry.extras.when = PH_WHEN_DAY;
	entry.extras.when_value = VEC_DAY;
	entry.extras.staff = ph_view_str("Hoa");
	entry.field[PH_LOAN_COPY] = id_value(371, "000123");
	entry.field[PH_LOAN_CARD] = id_value(0, "1403710000017");
	entry.field[PH_LOAN_TERM] = uint_value(14);
	assert_vector(&entry, VEC_LOAN);

	uint8_t commit[PH_HASH_SIZE];

	memset(commit, 0x55, sizeof(commit));
	start(&entry, PH_KIND_READER_PUT, ph_stamp(VEC_SECONDS + 180, 0));
	entry.field[PH_READER_READER] =
		(struct ph_value){ .set = true, .as.ref = reader };
	entry.field[PH_READER_BAND] = uint_value(PH_BAND_ADULT);
	entry.field[PH_READER_SETS] = uint_value(1 << PH_READER_S_BORN);
	entry.field[PH_READER_COMMIT] =
		(struct ph_value){ .set = true, .as.bytes = PH_VIEW(commit, 32) };
	entry.seen[0] = (struct ph_seen){ .field = PH_READER_BAND, .head = reader };
	entry.seen[1] = (struct ph_seen){ .field = 6 + PH_READER_S_BORN, .head = reader };
	entry.n_seen = 2;
	assert_vector(&entry, VEC_CHANGE);
	ph_buf_deinit(&pool);
}

static void test_round_trip(void **state)
{
	static struct maker maker;
	static struct ph_entry entry;
	static struct ph_entry back;
	struct ph_buf bytes = { 0 };
	struct ph_buf again = { 0 };

	(void)state;
	maker_init(&maker, 1);
	for (unsigned i = 0; i < 200 * ph_kinds_count(); i++) {
		struct ph_error err = { 0 };

		make_entry(&maker, ph_kind_at(i % ph_kinds_count()), true, &entry);
		bytes.len = 0;
		again.len = 0;
		if (ph_entry_encode(&entry, &bytes, &err)) {
			fail_msg("%s: %s", entry.kind->name, err.text);
		}
		assert_int_equal(ph_entry_decode(ph_buf_view(&bytes), &back), 0);
		assert_true(same_entry(&entry, &back));
		assert_int_equal(ph_entry_encode(&back, &again, NULL), 0);
		assert_true(ph_view_equal(ph_buf_view(&bytes), ph_buf_view(&again)));
	}
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&again);
}

static void spoil(struct maker *maker, struct ph_buf *bytes)
{
	size_t at = make_below(maker, bytes->len);

	switch (make_below(maker, 4)) {
	case 0:
		bytes->data[at] ^= (uint8_t)(1 << make_below(maker, 8));
		break;
	case 1:
		bytes->data[at] = (uint8_t)make_below(maker, 256);
		break;
	case 2:
		bytes->len = at;
		break;
	default:
		bytes->data[at]++;
		break;
	}
}

/* Whatever still decodes must be what it encodes to: nothing has two forms. */
static void test_spoilt(void **state)
{
	static struct maker maker;
	static struct ph_entry entry;
	static struct ph_entry back;
	struct ph_buf bytes = { 0 };
	struct ph_buf again = { 0 };
	unsigned counts[3] = { 0 };

	(void)state;
	maker_init(&maker, 2);
	for (unsigned i = 0; i < 500 * ph_kinds_count(); i++) {
		make_entry(&maker, ph_kind_at(i % ph_kinds_count()), true, &entry);
		bytes.len = 0;
		again.len = 0;
		assert_int_equal(ph_entry_encode(&entry, &bytes, NULL), 0);
		spoil(&maker, &bytes);

		int rc = ph_entry_decode(ph_buf_view(&bytes), &back);

		assert_in_range(rc, 0, PH_ENTRY_E_UNKNOWN);
		counts[rc]++;
		if (rc == 0) {
			assert_int_equal(ph_entry_encode(&back, &again, NULL), 0);
			assert_true(
				ph_view_equal(ph_buf_view(&bytes), ph_buf_view(&again)));
		}
	}
	print_message("# %u sound, %u malformed, %u unknown\n", counts[0], counts[1],
		      counts[2]);
	assert_true(counts[0] > 100 && counts[1] > 100 && counts[2] > 10);
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&again);
}

#define BAD  PH_ENTRY_E_MALFORMED
#define NEW  PH_ENTRY_E_UNKNOWN
#define COPY "92 07 a1 61"
#define REF1 "93 c410 00000000000000000000000000000000 01 c408 0000000000000000"
#define REF2 "93 c410 00000000000000000000000000000000 02 c408 0000000000000000"
#define H32  "c420 0000000000000000000000000000000000000000000000000000000000000000"

static const struct {
	const char *name;
	const char *hex;
	int rc;
} forms[] = {
	{ "return", "94 20 05 c0" COPY, 0 },
	{ "nothing", "", BAD },
	{ "cut short", "94 20 05 c0", BAD },
	{ "something behind", "94 20 05 c0" COPY "00", BAD },
	{ "no array", "20", BAD },
	{ "no stamp", "91 20", BAD },
	{ "a map", "82 00 20 01 05", BAD },
	{ "required field missing", "92 20 05", BAD },
	{ "required field nil", "95 21 05 c0 c0 02", BAD },
	{ "nil at the end", "95 20 05 c0" COPY "c0", BAD },
	{ "nil for extras at the end", "93 47 05 c0", BAD },
	{ "nothing but the stamp", "92 47 05", 0 },
	{ "a field more", "95 20 05 c0" COPY "01", NEW },
	{ "a field more, another wrong", "95 20 05 c0 01 01", BAD },
	{ "kind 0", "92 00 05", BAD },
	{ "kind 4", "92 04 05", NEW },
	{ "kind 4 with a nil at the end", "93 04 05 c0", BAD },
	{ "kind 4, extras wrong", "93 04 05 01", BAD },
	{ "kind 4, extras fine", "93 04 05 81 03 a1 61", NEW },
	{ "kind 4, not canonical", "94 04 05 c0 cc05", BAD },
	{ "kind 2^63 - 1", "92 cf7fffffffffffffff 05", NEW },
	{ "kind 2^63", "92 cf8000000000000000 05", BAD },
	{ "kind a text", "92 a1 61 05", BAD },
	{ "kind not shortest", "94 cc20 05 c0" COPY, BAD },
	{ "array not shortest", "dc0004 20 05 c0" COPY, BAD },
	{ "stamp below 0", "94 20 ff c0" COPY, BAD },
	{ "stamp 2^63 - 1", "94 20 cf7fffffffffffffff c0" COPY, 0 },
	{ "stamp 2^63", "94 20 cf8000000000000000 c0" COPY, BAD },
	{ "stamp a float", "94 20 ca00000000 c0" COPY, BAD },
	{ "a boolean", "94 47 05 c0 c3", BAD },

	{ "extras empty", "94 20 05 80" COPY, BAD },
	{ "extras an array", "94 20 05 90" COPY, BAD },
	{ "extra 0", "94 20 05 81 00 01" COPY, BAD },
	{ "extra 6", "94 20 05 81 06 01" COPY, NEW },
	{ "extra 6, a field wrong", "94 20 05 81 06 01 01", BAD },
	{ "extra with a text for a key", "94 20 05 81 a1 61 01" COPY, BAD },
	{ "extras falling", "94 20 05 82 04 01 03 a161" COPY, BAD },
	{ "extra twice", "94 20 05 82 04 01 04 01" COPY, BAD },
	{ "when, minute 0", "94 20 05 81 01 92 01 00" COPY, 0 },
	{ "when, day 0", "94 20 05 81 01 92 02 00" COPY, 0 },
	{ "when, precision 0", "94 20 05 81 01 92 00 00" COPY, BAD },
	{ "when, precision 3", "94 20 05 81 01 92 03 00" COPY, NEW },
	{ "when, precision 256", "94 20 05 81 01 92 cd0100 00" COPY, BAD },
	{ "when before 1970", "94 20 05 81 01 92 02 ff" COPY, BAD },
	{ "when of one item", "94 20 05 81 01 91 02" COPY, BAD },
	{ "when of three items", "94 20 05 81 01 93 02 00 00" COPY, BAD },
	{ "when the last day", "94 20 05 81 01 92 02 ce0005bd87" COPY, 0 },
	{ "when a day later", "94 20 05 81 01 92 02 ce0005bd88" COPY, BAD },
	{ "when the last minute", "94 20 05 81 01 92 01 ce204a1b5b" COPY, 0 },
	{ "when a minute later", "94 20 05 81 01 92 01 ce204a1b5c" COPY, BAD },
	{ "source", "94 20 05 81 02 c410 00112233445566778899aabbccddeeff" COPY, 0 },
	{ "source short", "94 20 05 81 02 c40f 00112233445566778899aabbccddee" COPY,
	  BAD },
	{ "staff empty", "94 20 05 81 03 a0" COPY, BAD },
	{ "staff not NFC", "94 20 05 81 03 a3 61 cc81" COPY, BAD },
	{ "staff a newline", "94 20 05 81 03 a1 0a" COPY, BAD },
	{ "staff bytes", "94 20 05 81 03 c401 61" COPY, BAD },
	{ "behalf 0", "94 20 05 81 04 00" COPY, BAD },
	{ "behalf 1", "94 20 05 81 04 01" COPY, 0 },
	{ "behalf 999999", "94 20 05 81 04 ce000f423f" COPY, 0 },
	{ "behalf 1000000", "94 20 05 81 04 ce000f4240" COPY, BAD },

	{ "code empty", "94 20 05 c0 92 07 a0", BAD },
	{ "code not NFC", "94 20 05 c0 92 07 a3 61 cc81", 0 },
	{ "code not NFC, then a tab", "94 20 05 c0 92 07 a5 61 cc81 62 09", BAD },
	{ "code with a tab", "94 20 05 c0 92 07 a1 09", BAD },
	{ "code not UTF-8", "94 20 05 c0 92 07 a1 ff", BAD },
	{ "code bytes", "94 20 05 c0 92 07 c401 61", BAD },
	{ "namespace 999999", "94 20 05 c0 92 ce000f423f a1 61", 0 },
	{ "namespace 1000000", "94 20 05 c0 92 ce000f4240 a1 61", BAD },
	{ "id of three", "94 20 05 c0 93 07 a1 61 00", BAD },

	{ "visit of 0", "94 47 05 c0 00", BAD },
	{ "visit of 1", "94 47 05 c0 01", 0 },
	{ "visit of 100000", "94 47 05 c0 ce000186a0", 0 },
	{ "visit of 100001", "94 47 05 c0 ce000186a1", BAD },
	{ "elder", "95 47 05 c0 c0 03", 0 },
	{ "a later band", "95 47 05 c0 c0 04", NEW },
	{ "band 255", "95 47 05 c0 c0 ccff", NEW },
	{ "band 256", "95 47 05 c0 c0 cd0100", BAD },
	{ "a later band, count wrong", "95 47 05 c0 a161 04", BAD },
	{ "women 1 of one", "96 47 05 c0 c0 c0 01", 0 },
	{ "women 2 of one", "96 47 05 c0 c0 c0 02", BAD },
	{ "women 9 of 9", "96 47 05 c0 09 c0 09", 0 },
	{ "women 10 of 9", "96 47 05 c0 09 c0 0a", BAD },

	{ "term", "96 1e 05 c0" COPY COPY "0e", 0 },
	{ "term 3650", "96 1e 05 c0" COPY COPY "cd0e42", 0 },
	{ "term 3651", "96 1e 05 c0" COPY COPY "cd0e43", BAD },
	{ "due", "97 1e 05 c0" COPY COPY "c0 cd50ed", 0 },
	{ "term and due", "97 1e 05 c0" COPY COPY "0e cd50ed", BAD },
	{ "due the last day", "97 1e 05 c0" COPY COPY "c0 ce0005bd87", 0 },
	{ "due a day later", "97 1e 05 c0" COPY COPY "c0 ce0005bd88", BAD },
	{ "hold", "98 1e 05 c0" COPY COPY "c0 c0" REF1, 0 },

	{ "hold of a title", "97 36 05 c0" COPY "00 01" REF1, 0 },
	{ "hold of a copy", "98 36 05 c0" COPY "00 01 c0" COPY, 0 },
	{ "hold of both", "98 36 05 c0" COPY "00 01" REF1 COPY, BAD },
	{ "hold of neither", "96 36 05 c0" COPY "00 01", BAD },
	{ "a tally of one day", "97 56 05 c0 00 03 cd 50 d8 cd 50 d8", 0 },
	{ "a tally that ends before it begins", "97 56 05 c0 00 03 cd 50 d8 cd 50 d7",
	  BAD },
	{ "women 0 of nobody", "96 49 05 c0 00 c0 00", 0 },
	{ "women 1 of nobody", "96 49 05 c0 00 c0 01", BAD },
	{ "why", "9a 01 05 c0" H32 "c410 00000000000000000000000000000000 01 c0 c0 c0 03",
	  0 },
	{ "a later why",
	  "9a 01 05 c0" H32 "c410 00000000000000000000000000000000 01 c0 c0 c0 04", NEW },
	{ "crate with an empty code", "94 3d 05 c0 92 07 a0", BAD },

	{ "target", "94 185a 05 c0" REF1, BAD },
	{ "void", "94 5a 05 c0" REF1, 0 },
	{ "void of entry 0",
	  "94 5a 05 c0 93 c410 00000000000000000000000000000000 00 c408 0000000000000000",
	  BAD },
	{ "void, hash cut",
	  "94 5a 05 c0 93 c410 00000000000000000000000000000000 01 c407 00000000000000",
	  BAD },
	{ "void, log id cut",
	  "94 5a 05 c0 93 c40f 000000000000000000000000000000 01 c408 0000000000000000",
	  BAD },
	{ "void, n of 2^63",
	  "94 5a 05 c0 93 c410 00000000000000000000000000000000 cf8000000000000000"
	  "c408 0000000000000000",
	  BAD },

	{ "commune", "95 0a 05 c0 c0 a5 3033363436", 0 },
	{ "commune of 4", "95 0a 05 c0 c0 a4 30333634", BAD },
	{ "commune of 6", "95 0a 05 c0 c0 a6 303336343637", BAD },
	{ "commune with a letter", "95 0a 05 c0 c0 a5 3033363461", BAD },
	{ "sets alone", "97 0a 05 c0 c0 c0 c0 01", BAD },
	{ "commit alone", "98 0a 05 c0 c0 c0 c0 c0" H32, BAD },
	{ "sets 1", "98 0a 05 c0 c0 c0 c0 01" H32, 0 },
	{ "sets 63", "98 0a 05 c0 c0 c0 c0 3f" H32, 0 },
	{ "sets 0", "98 0a 05 c0 c0 c0 c0 00" H32, BAD },
	{ "sets 64", "98 0a 05 c0 c0 c0 c0 40" H32, NEW },
	{ "sets 2^32", "98 0a 05 c0 c0 c0 c0 cf0000000100000000" H32, BAD },
	{ "seen", "99 0a 05 c0 c0 c0 c0 c0 c0 81 01 91" REF1, 0 },
	{ "seen empty", "99 0a 05 c0 c0 c0 c0 c0 c0 80", BAD },
	{ "seen an array", "99 0a 05 c0 c0 c0 c0 c0 c0 90", BAD },
	{ "seen nothing", "99 0a 05 c0 c0 c0 c0 c0 c0 81 01 90", BAD },
	{ "seen no reference", "99 0a 05 c0 c0 c0 c0 c0 c0 81 01 91 01", BAD },
	{ "seen two", "99 0a 05 c0 c0 c0 c0 c0 c0 81 01 92" REF1 REF2, 0 },
	{ "seen twice", "99 0a 05 c0 c0 c0 c0 c0 c0 81 01 92" REF1 REF1, BAD },
	{ "seen falling", "99 0a 05 c0 c0 c0 c0 c0 c0 81 01 92" REF2 REF1, BAD },
	{ "seen in two fields", "99 0a 05 c0 c0 c0 c0 c0 c0 82 01 91" REF2 "02 91" REF1,
	  0 },
	{ "seen, fields falling", "99 0a 05 c0 c0 c0 c0 c0 c0 82 02 91" REF1 "01 91" REF1,
	  BAD },
	{ "seen no register", "99 0a 05 c0 c0 c0 c0 c0 c0 81 00 91" REF1, BAD },
	{ "seen a later field", "99 0a 05 c0 c0 c0 c0 c0 c0 81 06 91" REF1, NEW },
	{ "seen the first sealed", "99 0a 05 c0 c0 c0 c0 c0 c0 81 20 91" REF1, 0 },
	{ "seen the last sealed", "99 0a 05 c0 c0 c0 c0 c0 c0 81 25 91" REF1, 0 },
	{ "seen a later sealed", "99 0a 05 c0 c0 c0 c0 c0 c0 81 26 91" REF1, NEW },

	{ "language", "99 14 05 c0 c0 c0 c0 c0 c0 a3 766965", 0 },
	{ "language in capitals", "99 14 05 c0 c0 c0 c0 c0 c0 a3 564945", BAD },
	{ "name empty", "95 14 05 c0 c0 a0", BAD },
	{ "name not NFC", "95 14 05 c0 c0 a3 61 cc81", BAD },
	{ "unknown kind, true", "94 04 05 c0 c3", BAD },
	{ "unknown kind, deep in it -1", "94 04 05 c0 92 00 91 ff", BAD },
	{ "unknown kind, tab in a text", "94 04 05 c0 a3 610962", BAD },
	{ "unknown kind, soft control in a text", "94 04 05 c0 81 01 a2 c285", BAD },
	{ "unknown kind, text not composed", "94 04 05 c0 a3 65cc81", NEW },
	{ "unknown extra with false", "94 04 05 81 63 c2 01", BAD },
	{ "further field -1", "98 47 05 c0 c0 c0 c0 c0 ff", BAD },
	{ "name with a soft control", "95 14 05 c0 c0 a2 c285", BAD },
	{ "role 0", "97 66 05 c0 c410 00000000000000000000000000000000" H32 "01 00",
	  BAD },
	{ "role 1", "97 66 05 c0 c410 00000000000000000000000000000000" H32 "01 01", 0 },
	{ "role 3", "97 66 05 c0 c410 00000000000000000000000000000000" H32 "01 03", 0 },
	{ "role 4", "97 66 05 c0 c410 00000000000000000000000000000000" H32 "01 04",
	  BAD },
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
		switch (rc) {
		case 0:
			assert_int_equal(ph_entry_encode(&entry, &again, NULL), 0);
			assert_true(ph_view_equal(in, ph_buf_view(&again)));
			break;
		case PH_ENTRY_E_UNKNOWN:
			assert_null(entry.kind);
			assert_int_not_equal(entry.number, 4711);
			assert_int_equal(entry.stamp, 5);
			break;
		default:
			assert_int_equal(entry.number, 4711); /* not touched */
			break;
		}
		ph_buf_deinit(&bytes);
		ph_buf_deinit(&again);
	}
}

/* Entries of an unknown kind show the limits of the form alone. */
static int decode_sized(size_t size)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;

	unhex(&bytes, "94 04 05 c0 c5");
	assert_int_equal(ph_buf_put_u8(&bytes, (uint8_t)((size - 7) >> 8)), 0);
	assert_int_equal(ph_buf_put_u8(&bytes, (uint8_t)(size - 7)), 0);
	while (bytes.len < size) {
		assert_int_equal(ph_buf_put_u8(&bytes, 0), 0);
	}

	int rc = ph_entry_decode(ph_buf_view(&bytes), &entry);

	ph_buf_deinit(&bytes);
	return rc;
}

static int decode_deep(unsigned depth)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;

	unhex(&bytes, "94 04 05 c0");
	while (depth-- > 2) {
		unhex(&bytes, "91");
	}
	unhex(&bytes, "90");

	int rc = ph_entry_decode(ph_buf_view(&bytes), &entry);

	ph_buf_deinit(&bytes);
	return rc;
}

static int decode_wide(unsigned items)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;

	unhex(&bytes, "94 04 05 c0 dc");
	assert_int_equal(ph_buf_put_u8(&bytes, (uint8_t)(items >> 8)), 0);
	assert_int_equal(ph_buf_put_u8(&bytes, (uint8_t)items), 0);
	while (items-- > 0) {
		unhex(&bytes, "00");
	}

	int rc = ph_entry_decode(ph_buf_view(&bytes), &entry);

	ph_buf_deinit(&bytes);
	return rc;
}

static void test_limits_of_form(void **state)
{
	(void)state;
	assert_int_equal(decode_sized(PH_ENTRY_MAX - 1), NEW);
	assert_int_equal(decode_sized(PH_ENTRY_MAX), NEW);
	assert_int_equal(decode_sized(PH_ENTRY_MAX + 1), BAD);
	assert_int_equal(decode_deep(PH_ENTRY_DEPTH_MAX - 1), NEW);
	assert_int_equal(decode_deep(PH_ENTRY_DEPTH_MAX), NEW);
	assert_int_equal(decode_deep(PH_ENTRY_DEPTH_MAX + 1), BAD);
	assert_int_equal(decode_wide(PH_ENTRY_ITEMS_MAX - 1), NEW);
	assert_int_equal(decode_wide(PH_ENTRY_ITEMS_MAX), NEW);
	assert_int_equal(decode_wide(PH_ENTRY_ITEMS_MAX + 1), BAD);
}

static void test_unknown_extras(void **state)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;

	(void)state;
	unhex(&bytes, "94 ccc8 05 82 03 a3 486f61 04 09 01");
	assert_int_equal(ph_entry_decode(ph_buf_view(&bytes), &entry),
			 PH_ENTRY_E_UNKNOWN);
	assert_int_equal(entry.number, 200);
	assert_int_equal(entry.stamp, 5);
	assert_int_equal(entry.extras.behalf, 9);
	assert_true(ph_view_equal(entry.extras.staff, ph_view_str("Hoa")));
	ph_buf_deinit(&bytes);
}

static void test_effective(void **state)
{
	struct ph_entry entry;

	(void)state;
	start(&entry, PH_KIND_VISIT, ph_stamp(VEC_SECONDS, 9));
	assert_int_equal(ph_entry_effective(&entry), VEC_SECONDS);
	entry.extras.when = PH_WHEN_MINUTE;
	entry.extras.when_value = VEC_SECONDS / 60 - 1;
	assert_int_equal(ph_entry_effective(&entry), VEC_SECONDS - 60);
	entry.extras.when = PH_WHEN_DAY;
	entry.extras.when_value = VEC_DAY; /* the day before, noon in Vietnam */
	assert_int_equal(ph_entry_effective(&entry), VEC_SECONDS - 20 * 3600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_spoilt),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_limits_of_form),
		cmocka_unit_test(test_unknown_extras),
		cmocka_unit_test(test_effective),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
