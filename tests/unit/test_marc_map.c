/*
 * tests/unit/test_marc_map.c - from MARC records to titles and copies: single values,
 * which field goes where, limits, what stays in the rest.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sodium.h>

#include "marc_maker.h"

/* --- values --- */

static void isbn_table(void **state)
{
	static const struct {
		const char *text, *want;
		int rc;
		bool pure;
	} cases[] = {
		{ "9786041234567", "9786041234567", 0, true },
		{ "978-604-1-23456-7", "9786041234567", 0, true },
		{ "978 604 1 23456 7 (bìa cứng)", "9786041234567", 0, false },
		{ "0306406152", "9780306406157", 0, true },
		{ "080442957X", "9780804429573", 0, true },
		{ "080442957x (pbk.)", "9780804429573", 0, false },
		{ "9786041234560", "9786041234560", 1, true },
		{ "0306406153", "0306406153", 1, true },
		{ "9771234567898", "9771234567898", 1, true }, /* EAN of a serial */
		{ "97860412345671", "", 2, false },
		{ "12345", "", 2, true },
		{ "08X4429570", "", 2, false },
		{ "", "", 2, true },
		{ "RM 12.50", "", 2, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[14] = "";
		bool pure = false;
		int rc = ph_marc_isbn(ph_view_str(cases[i].text), out, &pure);

		if (rc != cases[i].rc || strcmp(out, cases[i].want) != 0 ||
		    (rc < 2 && pure != cases[i].pure)) {
			fail_msg("%s: %d '%s' %d", cases[i].text, rc, out, pure);
		}
	}
}

static void language_table(void **state)
{
	static const struct {
		const char *code, *want;
	} cases[] = {
		{ "vie", "vie" }, { "fre", "fra" }, { "ger", "deu" },    { "chi", "zho" },
		{ "cze", "ces" }, { "hmn", "hmn" }, { "engfre", "eng" }, { "und", NULL },
		{ "mul", NULL },  { "zxx", NULL },  { "|||", NULL },     { "   ", NULL },
		{ "VIE", NULL },  { "vi", NULL },   { "", NULL },        { "tib", "bod" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[4] = "";
		bool good = ph_marc_language(ph_view_str(cases[i].code), out);

		if (good != (cases[i].want != NULL) ||
		    (good && strcmp(out, cases[i].want) != 0)) {
			fail_msg("%s: %d %s", cases[i].code, good, out);
		}
	}
}

static void year_table(void **state)
{
	static const struct {
		const char *text;
		unsigned want;
		bool pure;
	} cases[] = {
		{ "2001", 2001, true },
		{ "c1999.", 1999, true },
		{ "[2001]", 2001, true },
		{ "2021 [1964]", 1964, false },
		{ "1999-2001", 1999, false },
		{ "in lần 2, 2010", 2010, false },
		{ "19990", 0, false },
		{ "999", 0, false },
		{ "0999", 0, false },
		{ "1000", 1000, true },
		{ "2999", 2999, true },
		{ "3000", 0, false },
		{ "", 0, false },
		{ "[19--?]", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool pure = true;
		unsigned year = ph_marc_year(ph_view_str(cases[i].text), &pure);

		if (year != cases[i].want || pure != cases[i].pure) {
			fail_msg("'%s': %u %d", cases[i].text, year, pure);
		}
	}
}

static void price_table(void **state)
{
	static const struct {
		const char *text;
		int64_t want; /* -1: no whole đồng */
	} cases[] = {
		{ "45000", 45000 },
		{ "45.000", 45000 },
		{ "45,000 đ", 45000 },
		{ "1.234.567đ", 1234567 },
		{ "45000.00", 45000 },
		{ "45000,00 VND", 45000 },
		{ "45 000 đồng", 45000 },
		{ "0", 0 },
		{ "1000000000000", 1000000000000 },
		{ "1000000000001", -1 },
		{ "12.50", -1 },
		{ "1.23.456", -1 },
		{ "$14.95", -1 },
		{ "", -1 },
		{ "đ", -1 },
		{ "4500.000", -1 },
		{ "-5", -1 },
		{ "1e5", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t value = 7;
		bool good = ph_marc_price(ph_view_str(cases[i].text), &value);

		if (good != (cases[i].want >= 0) ||
		    (good && value != (uint64_t)cases[i].want)) {
			fail_msg("'%s': %d %llu", cases[i].text, good,
				 (unsigned long long)value);
		}
	}
}

/* --- the mapping --- */

/* Map FIELDS; the caller drops the reference. NULL with MADE->err when refused. */
static json_t *map_fields(struct made_file *made, const char *leader,
			  const struct made_field *fields, enum ph_marc_items items)
{
	struct ph_buf bytes = { 0 };
	json_t *out = NULL;
	int rc;

	make_marc(&bytes, leader, fields);
	made_open(made, ph_buf_view(&bytes));
	assert_int_equal(made_next(made), 0);
	rc = ph_marc_map(&made->record, made->source, items, &out, &made->err);
	assert_true(rc == 0 || rc == PH_MARC_E_BAD);
	made_close(made);
	ph_buf_deinit(&bytes);
	return out;
}

static void assert_member(json_t *title, const char *member, const char *want)
{
	const char *got = json_string_value(json_object_get(title, member));

	if (want == NULL ? got != NULL : got == NULL || strcmp(got, want) != 0) {
		fail_msg("%s: '%s', not '%s'", member, got ? got : "(none)",
			 want ? want : "(none)");
	}
}

/* The rest, read again as a record. */
static void assert_rest(json_t *title, const char *const *tags)
{
	const char *hex = json_string_value(json_object_get(title, "rest"));
	struct made_file made;
	struct ph_buf rest = { 0 };
	size_t n = 0;

	if (!tags[0]) {
		assert_null(hex);
		return;
	}
	assert_non_null(hex);
	rest.len = strlen(hex) / 2;
	assert_int_equal(ph_buf_reserve(&rest, 0), 0);
	rest.data = realloc(rest.data, rest.len);
	rest.cap = rest.len;
	assert_int_equal(ph_unhex(rest.data, rest.len, hex, strlen(hex)), 0);
	made_open(&made, ph_buf_view(&rest));
	assert_int_equal(made_next(&made), 0);
	for (; tags[n]; n++) {
		assert_true(n < made.record.n_fields);
		assert_string_equal(made.record.fields[n].tag, tags[n]);
	}
	assert_int_equal(made.record.n_fields, n);
	assert_int_equal(made.record.leader[9], 'a');
	made_close(&made);
	ph_buf_deinit(&rest);
}

static void map_whole(void **state)
{
	static const struct made_field fields[] = {
		{ "001", "vtls01" },
		{ "008", "010101s1999    vm            000 0 vie d" },
		{ "020", "  $a0306406152" },
		{ "020", "  $a9786041234567 (bìa cứng)" },
		{ "041", "1 $avie$hfre" },
		{ "082", "04$a895.922$223" },
		{ "100", "1 $aNguyễn Du,$d1766-1820" },
		{ "245",
		  "10$aTruyện Kiều :$bĐoạn trường tân thanh.$nTập 2 /$cNguyễn Du" },
		{ "260", "  $aH. :$bVăn học,$c2001." },
		{ "650", " 7$aThơ" },
		{ NULL, NULL },
	};
	/* what has more in it than the title took */
	static const char *const rest[] = { "001", "008", "020", "041", "082",
					    "100", "245", "650", NULL };
	struct made_file made;
	json_t *out = map_fields(&made, MAKER_LEADER, fields, PH_ITEMS_AUTO);
	json_t *title = json_object_get(out, "title");

	(void)state;
	assert_member(title, "name", "Truyện Kiều : Đoạn trường tân thanh. Tập 2");
	assert_member(title, "volume", "Tập 2");
	assert_member(title, "author", "Nguyễn Du");
	assert_member(title, "isbn", "9780306406157");
	assert_member(title, "language", "vie");
	assert_member(title, "class", "895.922");
	assert_member(title, "place", "H.");
	assert_member(title, "publisher", "Văn học");
	assert_int_equal(json_integer_value(json_object_get(title, "year")), 2001);
	assert_rest(title, rest);
	assert_int_equal(json_array_size(json_object_get(out, "notes")), 0);
	json_decref(out);
}

static void map_fallbacks(void **state)
{
	static const struct made_field fields[] = {
		{ "008", "010101s1999    fr            000 0 fre d" },
		{ "020", "  $z1234567890" },
		{ "050", "00$aQA76$b.C15" },
		{ "245", "00$aA" },
		{ "264", " 1$aHà Nội" },
		{ "700", "1 $aLò, Văn" },
		{ NULL, NULL },
	};
	static const char *const rest[] = { "008", "020", "700", NULL };
	struct made_file made;
	json_t *out = map_fields(&made, MAKER_LEADER, fields, PH_ITEMS_AUTO);
	json_t *title = json_object_get(out, "title");

	(void)state;
	assert_member(title, "author", "Lò, Văn");
	assert_member(title, "isbn", NULL);
	assert_member(title, "language", "fra");
	assert_member(title, "class", "QA76 .C15");
	assert_member(title, "place", "Hà Nội");
	assert_member(title, "publisher", NULL);
	assert_int_equal(json_integer_value(json_object_get(title, "year")), 1999);
	assert_rest(title, rest);
	json_decref(out);
}

static void map_refused(void **state)
{
	static const struct {
		const char *leader;
		struct made_field fields[3];
		const char *want;
	} cases[] = {
		{ MAKER_LEADER, { { "001", "x" }, { NULL, NULL } }, "no title" },
		{ MAKER_LEADER,
		  { { "245", "00$cchỉ có người" }, { NULL, NULL } },
		  "no title" },
		{ MAKER_LEADER, { { "245", "00$a /" }, { NULL, NULL } }, "no title" },
		{ "00000nz  a2200000n  4500",
		  { { "100", "1 $aNguyễn Du" }, { NULL, NULL } },
		  "an authority" },
		{ "00000nx  a2200000n  4500",
		  { { "852", "  $pB1" }, { NULL, NULL } },
		  "holdings" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made_file made;
		json_t *out = map_fields(&made, cases[i].leader, cases[i].fields,
					 PH_ITEMS_AUTO);

		if (out || !strstr(made.err.text, cases[i].want)) {
			fail_msg("case %zu: %s", i, made.err.text);
		}
	}
}

/* A title field at, and over, what the kind table takes. */
static void name_limit(void **state)
{
	char data[1100];
	const struct made_field fields[] = { { "245", data }, { NULL, NULL } };
	static const char *const none[] = { NULL };
	static const char *const whole[] = { "245", NULL };

	(void)state;
	for (size_t len = 999; len <= 1001; len++) {
		struct made_file made;
		json_t *out, *title;
		const char *name;

		snprintf(data, sizeof(data), "00$a");
		memset(data + 4, 'a', len);
		data[4 + len] = '\0';
		out = map_fields(&made, MAKER_LEADER, fields, PH_ITEMS_AUTO);
		title = json_object_get(out, "title");
		name = json_string_value(json_object_get(title, "name"));
		assert_int_equal(strlen(name), len <= 1000 ? len : 1000);
		assert_int_equal(json_array_size(json_object_get(out, "notes")),
				 len <= 1000 ? 0 : 1);
		assert_rest(title, len <= 1000 ? none : whole);
		json_decref(out);
	}
}

static void author_limit(void **state)
{
	char data[400];
	const struct made_field fields[] = { { "100", data },
					     { "245", "00$aA" },
					     { NULL, NULL } };

	(void)state;
	for (size_t len = 299; len <= 301; len++) {
		struct made_file made;
		json_t *out;

		snprintf(data, sizeof(data), "1 $a");
		memset(data + 4, 'a', len);
		data[4 + len] = '\0';
		out = map_fields(&made, MAKER_LEADER, fields, PH_ITEMS_AUTO);
		assert_int_equal(
			json_object_get(json_object_get(out, "title"), "author") != NULL,
			len <= 300);
		assert_int_equal(json_array_size(json_object_get(out, "notes")),
				 len <= 300 ? 0 : 1);
		json_decref(out);
	}
}

/* The rest may have 24,576 bytes; what is over is left out, and said. */
static void rest_limit(void **state)
{
	static char note[3][9000];
	const struct made_field fields[] = { { "245", "00$aA" },
					     { "500", note[0] },
					     { "500", note[1] },
					     { "500", note[2] },
					     { NULL, NULL } };
	/* leader, two ends, and for each field: directory, indicators, $a, end */
	const size_t fixed = 24 + 2 + 3 * (12 + 2 + 2 + 1);

	(void)state;
	for (size_t total = 24575; total <= 24577; total++) {
		struct made_file made;
		json_t *out;
		const char *rest;

		for (unsigned i = 0; i < 3; i++) {
			size_t len = i < 2 ? 8000 : total - fixed - 16000;

			snprintf(note[i], sizeof(note[i]), "  $a");
			memset(note[i] + 4, 'n', len);
			note[i][4 + len] = '\0';
		}
		out = map_fields(&made, MAKER_LEADER, fields, PH_ITEMS_AUTO);
		rest = json_string_value(
			json_object_get(json_object_get(out, "title"), "rest"));
		if (total <= 24576) {
			assert_non_null(rest);
			assert_int_equal(strlen(rest), 2 * total);
		} else {
			assert_null(rest);
		}
		assert_int_equal(json_array_size(json_object_get(out, "notes")),
				 total <= 24576 ? 0 : 1);
		json_decref(out);
	}
}

static void items_table(void **state)
{
	static const struct made_field fields[] = {
		{ "245", "00$aA" },
		{ "852", "  $pE1$h005.13$iN12" },
		{ "852", "  $aThư viện" }, /* no barcode: no copy */
		{ "949", "  $iS1$aQA 76" },
		{ "952", "  $p000123$oKHO 12$g45.000" },
		{ "952", "  $p000124; 000125$g12.50" },
		{ NULL, NULL },
	};
	static const struct {
		enum ph_marc_items items;
		const char *codes[4];
	} cases[] = {
		{ PH_ITEMS_AUTO, { "000123", "000124", "000125", NULL } },
		{ PH_ITEMS_KOHA, { "000123", "000124", "000125", NULL } },
		{ PH_ITEMS_EVERGREEN, { "E1", NULL } },
		{ PH_ITEMS_SIRSI, { "S1", NULL } },
		{ PH_ITEMS_NONE, { NULL } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made_file made;
		json_t *out = map_fields(&made, MAKER_LEADER, fields, cases[i].items);
		json_t *items = json_object_get(out, "items");
		size_t n = 0;

		for (; cases[i].codes[n]; n++) {
			assert_member(json_array_get(items, n), "code",
				      cases[i].codes[n]);
		}
		assert_int_equal(json_array_size(items), n);
		json_decref(out);
	}
}

static void items_fields(void **state)
{
	static const struct made_field fields[] = {
		{ "245", "00$aA" },
		{ "952", "  $p000123$oKHO 12$g45.000" },
		{ "952", "  $p000124|000125$g12.50$yBK" },
		{ NULL, NULL },
	};
	static const char *const rest[] = { "952", NULL }; /* the second, whole */
	struct made_file made;
	json_t *out = map_fields(&made, MAKER_LEADER, fields, PH_ITEMS_AUTO);
	json_t *items = json_object_get(out, "items");
	json_t *first = json_array_get(items, 0), *second = json_array_get(items, 1);

	(void)state;
	assert_member(first, "shelf", "KHO 12");
	assert_int_equal(json_integer_value(json_object_get(first, "price")), 45000);
	assert_null(json_object_get(second, "price"));
	assert_string_not_equal(json_string_value(json_object_get(first, "source")),
				json_string_value(json_object_get(second, "source")));
	assert_rest(json_object_get(out, "title"), rest);
	json_decref(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(isbn_table),   cmocka_unit_test(language_table),
		cmocka_unit_test(year_table),   cmocka_unit_test(price_table),
		cmocka_unit_test(map_whole),    cmocka_unit_test(map_fallbacks),
		cmocka_unit_test(map_refused),  cmocka_unit_test(name_limit),
		cmocka_unit_test(author_limit), cmocka_unit_test(rest_limit),
		cmocka_unit_test(items_table),  cmocka_unit_test(items_fields),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
