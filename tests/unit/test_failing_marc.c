/*
 * tests/unit/test_failing_marc.c - memory fails once at each place, libxml2's too, while a
 * record of MARCXML or ISO 2709 is read: it is refused as lack of memory, or whole.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "client/marc/iso2709.h"
#include "fail_at.h"
#include "marc_maker.h"

/* What libxml2 itself leaves behind when its memory is short is not ours to free. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libxml2.so\n";
}

static const char xml[] = "<collection xmlns=\"http://www.loc.gov/MARC21/slim\"><record>"
			  "<leader>00000nam a2200000 a 4500</leader>"
			  "<controlfield tag=\"001\">7</controlfield>"
			  "<datafield tag=\"245\" ind1=\"1\" ind2=\"0\">"
			  "<subfield code=\"a\">Dế Mèn &amp; bạn</subfield>"
			  "<subfield code=\"c\">Tô Hoài</subfield></datafield>"
			  "<datafield tag=\"260\" ind1=\" \" ind2=\" \">"
			  "<subfield code=\"c\">1941</subfield></datafield>"
			  "</record></collection>";

/* All that BYTES hold, once more. Whether a call failed. */
static bool read_once(struct ph_view bytes, const struct made_file *whole)
{
	struct made_file made = { 0 };
	int rc;
	bool hit;

	made.stream = fmemopen((void *)bytes.data, bytes.len, "rb");
	assert_non_null(made.stream);
	ph_marc_record_init(&made.record);
	failing_arm();
	rc = ph_marc_file_open(&made.file, made.stream, PH_MARC_AUTO, NULL, &made.err);
	rc = rc != 0 ? rc : made_next(&made);
	hit = failing_disarm();
	if (rc != 0 && (rc != -ENOMEM || !hit)) {
		failing_show();
		fail_msg("%d: %s", rc, made.err.text);
	}
	if (rc == 0 && (memcmp(made.source, whole->source, PH_SOURCE_SIZE) != 0 ||
			made.record.n_subfields != whole->record.n_subfields ||
			!ph_view_equal(ph_buf_view(&made.record.text),
				       ph_buf_view(&whole->record.text)) ||
			!ph_view_equal(ph_buf_view(&made.record.notes),
				       ph_buf_view(&whole->record.notes)))) {
		failing_show();
		fail_msg("not the same record");
	}
	made_close(&made);
	return hit;
}

/* LEAST: failures there are at any rate; how many ways there are is up to the compiler. */
static void read_through(struct ph_view bytes, unsigned subfields, unsigned least)
{
	struct made_file whole;
	unsigned failed = 0;

	made_open(&whole, bytes);
	assert_int_equal(made_next(&whole), 0);
	assert_int_equal(whole.record.n_subfields, subfields);
	while (read_once(bytes, &whole)) {
		failed++;
	}
	made_close(&whole);
	print_message("# %u failures\n", failed);
	assert_true(failed > least);
}

static void test_xml(void **state)
{
	(void)state;
	read_through(ph_view_str(xml), 4, 20);
}

static void test_iso2709(void **state)
{
	static const struct made_field fields[] = { { "001", "so1" },
						    { "245", "10$aTên$bphụ /$cNgười" },
						    { NULL, NULL } };
	struct ph_buf bytes = { 0 };

	(void)state;
	make_marc(&bytes, MAKER_LEADER, fields);
	read_through(ph_buf_view(&bytes), 4, 10);
	ph_buf_deinit(&bytes);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xml),
		cmocka_unit_test(test_iso2709),
	};

	failing_start();
	if (sodium_init() < 0) {
		return 1;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
