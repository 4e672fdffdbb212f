/* Tests of common/log/kinds.c: the table is sound, the enums match it, and it has not moved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/log/entry.h"
#include "tests/lib/unhex.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What has been signed stays so: this list only ever grows. */
static const struct {
	uint32_t number;
	const char *name;
	const char *fields; /* in order */
	const char *sealed;
} known[] = {
	{ 1, "open", "device_key nonce site software table continues", "" },
	{ 2, "clock-mark", "boot mono wall sure", "" },
	{ 10, "reader-put", "reader commune band sets commit seen",
	  "name born telephone address guardian note" },
	{ 12, "card-issue", "card reader", "" },
	{ 20, "title-put",
	  "title name author year isbn language publisher place volume class law rest "
	  "seen",
	  "" },
	{ 23, "copy-put", "copy title owner acquisition price shelf seen", "" },
	{ 30, "loan", "copy card term due hold", "" },
	{ 31, "renew", "copy card loan term due", "" },
	{ 32, "return", "copy", "" },
	{ 33, "in-house-use", "copy count", "" },
	{ 71, "visit", "count band women purpose", "" },
	{ 90, "void", "target reason", "" },
	{ 100, "site-put", "site code name commune site_kind status seen", "" },
	{ 101, "commune-put", "code name type from seen", "" },
	{ 102, "device-admit", "device key site role invite", "" },
	{ 111, "policy-put", "name value seen", "" },
};

static void assert_names(const struct ph_field *fields, uint32_t n, const char *want)
{
	char names[400] = "";

	for (uint32_t i = 0; i < n; i++) {
		size_t len = strlen(names);

		snprintf(names + len, sizeof(names) - len, "%s%s", i ? " " : "",
			 fields[i].name);
	}
	assert_string_equal(names, want);
}

static void test_known_stay(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		const struct ph_kind *kind = ph_kind_find(known[i].number);

		print_message("# %s\n", known[i].name);
		assert_non_null(kind);
		assert_string_equal(kind->name, known[i].name);
		assert_names(kind->fields, kind->n_fields, known[i].fields);
		assert_names(kind->sealed, kind->n_sealed, known[i].sealed);
		assert_ptr_equal(ph_kind_named(ph_view_str(known[i].name)), kind);
	}
	assert_int_equal(ph_kinds_count, COUNT(known));
}

static void test_enum_values_stay(void **state)
{
	(void)state;
	static const struct {
		uint32_t kind;
		int field;
		const char *names;
	} cases[] = {
		{ PH_KIND_CLOCK_MARK, PH_MARK_SURE, "none rtc person network hub" },
		{ PH_KIND_READER_PUT, PH_READER_BAND, "child youth adult elder" },
		{ PH_KIND_COPY_PUT, PH_COPY_ACQUISITION,
		  "budget donation project exchange other" },
		{ PH_KIND_VISIT, PH_VISIT_BAND, "child youth adult elder" },
		{ PH_KIND_VISIT, PH_VISIT_PURPOSE,
		  "reading borrowing study internet event other" },
		{ PH_KIND_VOID, PH_VOID_REASON, "mistake duplicate test other" },
		{ PH_KIND_SITE_PUT, PH_SITE_KIND,
		  "provincial-library commune-library learning-centre post-office "
		  "law-bookcase school-library police-library border-post "
		  "economic-defence private-library van" },
		{ PH_KIND_SITE_PUT, PH_SITE_STATUS, "open closed" },
		{ PH_KIND_COMMUNE_PUT, PH_COMMUNE_TYPE, "xa phuong" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct ph_field *field =
			&ph_kind_find(cases[i].kind)->fields[cases[i].field];
		char names[400] = "";

		assert_int_equal(field->type, PH_T_ENUM);
		for (uint64_t v = 0; v < field->max; v++) {
			size_t len = strlen(names);

			snprintf(names + len, sizeof(names) - len, "%s%s", v ? " " : "",
				 field->names[v]);
			assert_int_equal(
				ph_field_enum(field, ph_view_str(field->names[v])), v);
		}
		assert_string_equal(names, cases[i].names);
		assert_int_equal(ph_field_enum(field, ph_view_str("")), -1);
		assert_int_equal(ph_field_enum(field, ph_view_str("nothing")), -1);
	}
	assert_int_equal(ph_field_enum(&ph_kind_find(PH_KIND_LOAN)->fields[PH_LOAN_TERM],
				       ph_view_str("child")),
			 -1);
}

/* The indexes that code uses, at both ends of each kind and where types are told apart. */
static void test_indexes(void **state)
{
	(void)state;
	static const struct {
		uint32_t kind;
		int index;
		const char *name;
	} cases[] = {
		{ PH_KIND_OPEN, PH_OPEN_KEY, "device_key" },
		{ PH_KIND_OPEN, PH_OPEN_NONCE, "nonce" },
		{ PH_KIND_OPEN, PH_OPEN_SITE, "site" },
		{ PH_KIND_OPEN, PH_OPEN_SOFTWARE, "software" },
		{ PH_KIND_OPEN, PH_OPEN_TABLE, "table" },
		{ PH_KIND_OPEN, PH_OPEN_CONTINUES, "continues" },
		{ PH_KIND_CLOCK_MARK, PH_MARK_BOOT, "boot" },
		{ PH_KIND_CLOCK_MARK, PH_MARK_MONO, "mono" },
		{ PH_KIND_CLOCK_MARK, PH_MARK_WALL, "wall" },
		{ PH_KIND_CLOCK_MARK, PH_MARK_SURE, "sure" },
		{ PH_KIND_READER_PUT, PH_READER_READER, "reader" },
		{ PH_KIND_READER_PUT, PH_READER_COMMUNE, "commune" },
		{ PH_KIND_READER_PUT, PH_READER_BAND, "band" },
		{ PH_KIND_READER_PUT, PH_READER_SETS, "sets" },
		{ PH_KIND_READER_PUT, PH_READER_COMMIT, "commit" },
		{ PH_KIND_READER_PUT, PH_READER_SEEN, "seen" },
		{ PH_KIND_CARD_ISSUE, PH_CARD_CARD, "card" },
		{ PH_KIND_CARD_ISSUE, PH_CARD_READER, "reader" },
		{ PH_KIND_TITLE_PUT, PH_TITLE_TITLE, "title" },
		{ PH_KIND_TITLE_PUT, PH_TITLE_NAME, "name" },
		{ PH_KIND_TITLE_PUT, PH_TITLE_AUTHOR, "author" },
		{ PH_KIND_TITLE_PUT, PH_TITLE_YEAR, "year" },
		{ PH_KIND_TITLE_PUT, PH_TITLE_ISBN, "isbn" },
		{ PH_KIND_TITLE_PUT, PH_TITLE_LANGUAGE, "language" },
		{ PH_KIND_TITLE_PUT, PH_TITLE_PUBLISHER, "publisher" },
		{ PH_KIND_TITLE_PUT, PH_TITLE_PLACE, "place" },
		{ PH_KIND_TITLE_PUT, PH_TITLE_VOLUME, "volume" },
		{ PH_KIND_TITLE_PUT, PH_TITLE_CLASS, "class" },
		{ PH_KIND_TITLE_PUT, PH_TITLE_LAW, "law" },
		{ PH_KIND_TITLE_PUT, PH_TITLE_REST, "rest" },
		{ PH_KIND_TITLE_PUT, PH_TITLE_SEEN, "seen" },
		{ PH_KIND_COPY_PUT, PH_COPY_COPY, "copy" },
		{ PH_KIND_COPY_PUT, PH_COPY_TITLE, "title" },
		{ PH_KIND_COPY_PUT, PH_COPY_OWNER, "owner" },
		{ PH_KIND_COPY_PUT, PH_COPY_ACQUISITION, "acquisition" },
		{ PH_KIND_COPY_PUT, PH_COPY_PRICE, "price" },
		{ PH_KIND_COPY_PUT, PH_COPY_SHELF, "shelf" },
		{ PH_KIND_COPY_PUT, PH_COPY_SEEN, "seen" },
		{ PH_KIND_LOAN, PH_LOAN_COPY, "copy" },
		{ PH_KIND_LOAN, PH_LOAN_CARD, "card" },
		{ PH_KIND_LOAN, PH_LOAN_TERM, "term" },
		{ PH_KIND_LOAN, PH_LOAN_DUE, "due" },
		{ PH_KIND_LOAN, PH_LOAN_HOLD, "hold" },
		{ PH_KIND_RENEW, PH_RENEW_COPY, "copy" },
		{ PH_KIND_RENEW, PH_RENEW_CARD, "card" },
		{ PH_KIND_RENEW, PH_RENEW_LOAN, "loan" },
		{ PH_KIND_RENEW, PH_RENEW_TERM, "term" },
		{ PH_KIND_RENEW, PH_RENEW_DUE, "due" },
		{ PH_KIND_RETURN, PH_RETURN_COPY, "copy" },
		{ PH_KIND_IN_HOUSE_USE, PH_USE_COPY, "copy" },
		{ PH_KIND_IN_HOUSE_USE, PH_USE_COUNT, "count" },
		{ PH_KIND_VISIT, PH_VISIT_COUNT, "count" },
		{ PH_KIND_VISIT, PH_VISIT_BAND, "band" },
		{ PH_KIND_VISIT, PH_VISIT_WOMEN, "women" },
		{ PH_KIND_VISIT, PH_VISIT_PURPOSE, "purpose" },
		{ PH_KIND_VOID, PH_VOID_TARGET, "target" },
		{ PH_KIND_VOID, PH_VOID_REASON, "reason" },
		{ PH_KIND_SITE_PUT, PH_SITE_SITE, "site" },
		{ PH_KIND_SITE_PUT, PH_SITE_CODE, "code" },
		{ PH_KIND_SITE_PUT, PH_SITE_NAME, "name" },
		{ PH_KIND_SITE_PUT, PH_SITE_COMMUNE, "commune" },
		{ PH_KIND_SITE_PUT, PH_SITE_KIND, "site_kind" },
		{ PH_KIND_SITE_PUT, PH_SITE_STATUS, "status" },
		{ PH_KIND_SITE_PUT, PH_SITE_SEEN, "seen" },
		{ PH_KIND_COMMUNE_PUT, PH_COMMUNE_CODE, "code" },
		{ PH_KIND_COMMUNE_PUT, PH_COMMUNE_NAME, "name" },
		{ PH_KIND_COMMUNE_PUT, PH_COMMUNE_TYPE, "type" },
		{ PH_KIND_COMMUNE_PUT, PH_COMMUNE_FROM, "from" },
		{ PH_KIND_COMMUNE_PUT, PH_COMMUNE_SEEN, "seen" },
		{ PH_KIND_DEVICE_ADMIT, PH_ADMIT_DEVICE, "device" },
		{ PH_KIND_DEVICE_ADMIT, PH_ADMIT_KEY, "key" },
		{ PH_KIND_DEVICE_ADMIT, PH_ADMIT_SITE, "site" },
		{ PH_KIND_DEVICE_ADMIT, PH_ADMIT_ROLE, "role" },
		{ PH_KIND_DEVICE_ADMIT, PH_ADMIT_INVITE, "invite" },
		{ PH_KIND_POLICY_PUT, PH_POLICY_NAME, "name" },
		{ PH_KIND_POLICY_PUT, PH_POLICY_VALUE, "value" },
		{ PH_KIND_POLICY_PUT, PH_POLICY_SEEN, "seen" },
	};
	static const char *const sealed[] = {
		[PH_READER_S_NAME] = "name",           [PH_READER_S_BORN] = "born",
		[PH_READER_S_TELEPHONE] = "telephone", [PH_READER_S_ADDRESS] = "address",
		[PH_READER_S_GUARDIAN] = "guardian",   [PH_READER_S_NOTE] = "note",
	};
	const struct ph_kind *reader = ph_kind_find(PH_KIND_READER_PUT);
	size_t fields = 0;

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(
			ph_kind_field(ph_kind_find(cases[i].kind), cases[i].name),
			cases[i].index);
	}
	for (size_t i = 0; i < COUNT(sealed); i++) {
		assert_int_equal(ph_kind_sealed_field(reader, sealed[i]), i);
	}
	for (size_t i = 0; i < ph_kinds_count; i++) {
		fields += ph_kinds[i].n_fields;
	}
	assert_int_equal(fields, COUNT(cases)); /* none was left out above */
	assert_int_equal(ph_kind_field(reader, "name"), -1);
	assert_int_equal(ph_kind_sealed_field(reader, "band"), -1);
	assert_int_equal(ph_kind_seen(reader), PH_READER_SEEN);
	assert_int_equal(ph_kind_seen(ph_kind_find(PH_KIND_LOAN)), -1);
	assert_int_equal(PH_BAND_ELDER, 3);
	assert_int_equal(PH_SURE_HUB, 4);
}

/* The most bytes that a value of FIELD can take. */
static size_t most_bytes(const struct ph_field *field)
{
	const size_t ref = 1 + 18 + 9 + 10;

	switch (field->type) {
	case PH_T_UINT:
	case PH_T_ENUM:
	case PH_T_DAY:
		return 9;
	case PH_T_TEXT:
	case PH_T_BYTES:
	case PH_T_FIXED:
		return 3 + (size_t)field->max;
	case PH_T_REF:
		return ref;
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
		return 1 + 5 + 2 + (size_t)field->max;
	case PH_T_HEAD:
		return 1 + 18 + 9 + 34;
	case PH_T_SEEN:
		return 3 + PH_SEEN_MAX * (1 + 1 + ref);
	}
	return 0;
}

static void check_field(const struct ph_field *field)
{
	static const char *const taken[] = { "kind",   "when",     "source", "staff",
					     "behalf", "operator", "stamp",  "time" };

	assert_true(strspn(field->name, "abcdefghijklmnopqrstuvwxyz_") ==
		    strlen(field->name));
	for (size_t i = 0; i < COUNT(taken); i++) {
		assert_string_not_equal(field->name, taken[i]);
	}
	assert_true(field->doc != NULL && strchr(field->doc, '|') == NULL);
	assert_true(field->min <= field->max);
	assert_true(field->max <= INT64_MAX); /* JSON has no more */
	assert_int_equal(field->names != NULL, field->type == PH_T_ENUM);
	assert_true(field->type == PH_T_TEXT || field->rule == PH_TEXT_ANY);
	/* A required field cannot be a register: it names what is put. */
	assert_true((field->flags & (PH_F_REQUIRED | PH_F_REGISTER)) !=
		    (PH_F_REQUIRED | PH_F_REGISTER));
}

static void test_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < ph_kinds_count; i++) {
		const struct ph_kind *kind = &ph_kinds[i];
		size_t most = 1 + 9 + 9 + 200; /* extras: 1 + 12 + 19 + 35 + 6 + 99 */
		size_t part = 1;
		bool registers = false;

		print_message("# %s\n", kind->name);
		assert_true(i == 0 || kind[-1].number < kind->number);
		assert_in_range(kind->n_fields, 1, PH_FIELDS_MAX);
		assert_true(kind->n_sealed <= PH_FIELDS_MAX);
		assert_true(kind->writers != 0 && kind->writers <= 7);
		assert_non_null(kind->family);
		assert_non_null(kind->doc);
		for (uint32_t f = 0; f < kind->n_fields; f++) {
			check_field(&kind->fields[f]);
			assert_int_equal(ph_kind_field(kind, kind->fields[f].name), f);
			assert_int_equal(ph_kind_sealed_field(kind, kind->fields[f].name),
					 -1);
			registers |= kind->fields[f].flags & PH_F_REGISTER;
			most += most_bytes(&kind->fields[f]);
		}
		for (uint32_t f = 0; f < kind->n_sealed; f++) {
			check_field(&kind->sealed[f]);
			registers |= kind->sealed[f].flags & PH_F_REGISTER;
			part += most_bytes(&kind->sealed[f]);
		}
		assert_int_equal(registers, ph_kind_seen(kind) >= 0);
		assert_true(most <= PH_ENTRY_MAX); /* what is in limits always fits */
		assert_true(part + 16 <= PH_PART_MAX);
		if (kind->n_sealed > 0) {
			assert_string_equal(kind->fields[kind->sets].name, "sets");
			assert_string_equal(kind->fields[kind->commit].name, "commit");
			assert_int_equal(kind->fields[kind->sets].max,
					 (UINT64_C(1) << kind->n_sealed) - 1);
		}
	}
}

static void test_unknown(void **state)
{
	(void)state;
	assert_null(ph_kind_find(0));
	assert_null(ph_kind_find(3));
	assert_null(ph_kind_find(112));
	assert_null(ph_kind_find(UINT64_C(0x100000001)));
	assert_null(ph_kind_named(ph_view_str("")));
	assert_null(ph_kind_named(ph_view_str("loa")));
	assert_null(ph_kind_named(ph_view_str("loans")));
	assert_null(ph_kind_named(ph_view_str("Loan")));
}

/* The number was computed by another program from docs/KINDS.md and the rule in kinds.h. */
static void test_hash(void **state)
{
	uint8_t hash[8];

	(void)state;
	ph_kinds_hash(hash);
	assert_hex(hash, sizeof(hash), "fa4afd7c1ebf93dc");
}

static void test_page(void **state)
{
	struct ph_buf page = { 0 };

	(void)state;
	assert_int_equal(ph_kinds_page(&page), 0);
	assert_int_equal(ph_buf_put_u8(&page, 0), 0);
	for (size_t i = 0; i < ph_kinds_count; i++) {
		char title[80];

		snprintf(title, sizeof(title), "\n## %u %s\n", ph_kinds[i].number,
			 ph_kinds[i].name);
		assert_non_null(strstr((const char *)page.data, title));
	}
	ph_buf_deinit(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_stay),
		cmocka_unit_test(test_enum_values_stay),
		cmocka_unit_test(test_indexes),
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
