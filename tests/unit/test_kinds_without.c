/*
 * Tests of common/log/kinds.c, built with PH_KINDS_WITHOUT as the option kinds_without
 * sets it: without note (near the front), loan, report-signoff (the last); "hold"
 * is only the beginning of a name, and of "renewal" one is the beginning. This program
 * is older than those kinds.
 */
#include "json_room.h"

#include "tests/lib/log_vectors.h"
#include "tests/lib/unhex.h"

static void test_not_there(void **state)
{
	static const struct {
		uint32_t number;
		const char *name;
	} gone[] = { { PH_KIND_NOTE, "note" },
		     { PH_KIND_LOAN, "loan" },
		     { PH_KIND_REPORT_SIGNOFF, "report-signoff" } };

	(void)state;
	for (size_t i = 0; i < COUNT(gone); i++) {
		assert_null(ph_kind_find(gone[i].number));
		assert_null(ph_kind_named(ph_view_str(gone[i].name)));
		for (size_t k = 0; k < ph_kinds_count(); k++) {
			assert_int_not_equal(ph_kind_at(k)->number, gone[i].number);
		}
	}
}

static void test_others_are(void **state)
{
	static const uint32_t there[] = { PH_KIND_OPEN,       PH_KIND_READER_PUT,
					  PH_KIND_RENEW,      PH_KIND_UNCODED_LOAN,
					  PH_KIND_HOLD_PLACE, PH_KIND_ERASE_DONE };

	(void)state;
	for (size_t i = 0; i < COUNT(there); i++) {
		const struct ph_kind *kind = ph_kind_find(there[i]);

		assert_non_null(kind);
		assert_ptr_equal(ph_kind_named(ph_view_str(kind->name)), kind);
	}
	assert_int_equal(ph_kinds_count(), 65 - 3);
	assert_null(ph_kind_at(65 - 3));
}

/* Computed by another program from docs/KINDS.md with those three sections taken out. */
static void test_hash(void **state)
{
	uint8_t hash[8];

	(void)state;
	ph_kinds_hash(hash);
	assert_hex(hash, sizeof(hash), "901d441bb937260d");
}

static void test_page(void **state)
{
	struct ph_buf page = { 0 };

	(void)state;
	assert_int_equal(ph_kinds_page(&page), 0);
	assert_int_equal(ph_buf_put_u8(&page, 0), 0);
	assert_null(strstr((const char *)page.data, "| loan |"));
	assert_null(strstr((const char *)page.data, "## 30 "));
	assert_null(strstr((const char *)page.data, "## 121 "));
	assert_non_null(strstr((const char *)page.data, "\n## 31 renew\n"));
	ph_buf_deinit(&page);
}

/* What a newer program wrote is kept for later: its number, stamp and extras are there. */
static void test_entry_of_a_newer_program(void **state)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	struct parsed p;

	(void)state;
	assert_int_equal(ph_entry_decode(unhex(&bytes, VEC_LOAN), &entry),
			 PH_ENTRY_E_UNKNOWN);
	assert_null(entry.kind);
	assert_int_equal(entry.number, PH_KIND_LOAN);
	assert_int_equal(entry.extras.when, PH_WHEN_DAY);
	bytes.len = 0;
	assert_int_equal(ph_entry_decode(unhex(&bytes, VEC_CARD), &entry), 0);
	assert_int_equal(parse(&p, "{\"kind\":\"loan\",\"copy\":\"a\",\"card\":\"b\"}"),
			 -EINVAL);
	assert_memory_equal(p.err.text, "kind: \"loan\" is not a kind", 26);
	parsed_deinit(&p);
	ph_buf_deinit(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_others_are),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_entry_of_a_newer_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
