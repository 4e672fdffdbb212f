/*
 * tests/unit/test_marc.c - MARC files: records, malformed ones, which charset is taken.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "client/marc/iso2709.h"
#include "marc_maker.h"

/* --- ISO 2709 --- */

static const struct made_field simple[] = { { "001", "so1" },
					    { "245", "10$aTên$bphụ /$cNgười" },
					    { NULL, NULL } };

static struct ph_view good_record(struct ph_buf *out)
{
	out->len = 0;
	make_marc(out, MAKER_LEADER, simple);
	return ph_buf_view(out);
}

static void check_table(void **state)
{
	/* one byte of a good record is changed */
	static const struct {
		const char *name;
		size_t at;
		char to;
		const char *want; /* NULL: still good */
	} cases[] = {
		{ "length is not looked at", 0, '9', NULL },
		{ "base not digits", 12, 'x', "where the fields begin" },
		{ "base beyond", 13, '9', "where the fields begin" },
		{ "base off by one", 16, '0', "where the fields begin" },
		{ "tag", 24, ' ', "directory entry 1 has no tag" },
		{ "field length not digits", 27, 'x', "are not digits" },
		{ "field length beyond", 27, '9', "points beyond the record" },
		{ "field length short", 30, '3', "where no field ends" },
		{ "field start beyond", 31, '9', "points beyond the record" },
		{ "second field start", 47, '9', "(field 245)" },
		{ "zero byte", 50, '\0', "a byte of 0" },
	};
	struct ph_buf record = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_error err = { 0 };
		int rc;

		good_record(&record);
		record.data[cases[i].at] = (uint8_t)cases[i].to;
		rc = ph_iso2709_check(ph_buf_view(&record), &err);
		if ((rc == 0) != (cases[i].want == NULL) ||
		    (cases[i].want && !strstr(err.text, cases[i].want))) {
			fail_msg("%s: %d %s", cases[i].name, rc, err.text);
		}
	}
	ph_buf_deinit(&record);
}

static void check_lengths(void **state)
{
	struct ph_buf record = { 0 };
	struct ph_error err;

	(void)state;
	/* every record that was cut somewhere is refused */
	good_record(&record);
	for (size_t len = 0; len < record.len; len++) {
		err = (struct ph_error){ 0 };
		assert_int_equal(ph_iso2709_check(PH_VIEW(record.data, len), &err),
				 PH_MARC_E_BAD);
	}
	assert_int_equal(ph_iso2709_check(ph_buf_view(&record), &err), 0);
	ph_buf_deinit(&record);
}

static void next_from(struct ph_view bytes, struct ph_marc_input *input, FILE **stream)
{
	*stream = fmemopen((void *)bytes.data, bytes.len, "rb");
	assert_non_null(*stream);
	ph_marc_input_init(input, *stream);
}

static void next_goes_on(void **state)
{
	struct ph_buf file = { 0 }, good = { 0 };
	struct ph_marc_input input;
	struct ph_view record;
	struct ph_error err = { 0 };
	uint64_t offset;
	FILE *stream;
	size_t one;

	(void)state;
	one = good_record(&good).len;
	assert_int_equal(ph_buf_put(&file, "\r\n", 2), 0);
	assert_int_equal(ph_buf_put_view(&file, ph_buf_view(&good)), 0);
	assert_int_equal(ph_buf_printf(&file, "\nrubbish\x1d"), 0);
	good.data[0] = '9'; /* a wrong length: up to the mark, then */
	assert_int_equal(ph_buf_put_view(&file, ph_buf_view(&good)), 0);
	assert_int_equal(ph_buf_put(&file, good.data, one - 1), 0);
	next_from(ph_buf_view(&file), &input, &stream);

	assert_int_equal(ph_iso2709_next(&input, &record, &offset, &err), 0);
	assert_int_equal(offset, 2);
	assert_int_equal(record.len, one);
	assert_int_equal(ph_iso2709_next(&input, &record, &offset, &err), 0);
	assert_int_equal(record.len, strlen("rubbish") + 1);
	assert_int_equal(ph_iso2709_check(record, &err), PH_MARC_E_BAD);
	assert_int_equal(ph_iso2709_next(&input, &record, &offset, &err), 0);
	assert_int_equal(record.len, one);
	assert_int_equal(ph_iso2709_check(record, &err), 0);
	err = (struct ph_error){ 0 };
	assert_int_equal(ph_iso2709_next(&input, &record, &offset, &err), PH_MARC_E_BAD);
	assert_non_null(strstr(err.text, "within a record"));
	assert_int_equal(ph_iso2709_next(&input, &record, &offset, &err), PH_MARC_E_END);
	ph_marc_input_deinit(&input);
	fclose(stream);
	ph_buf_deinit(&file);
	ph_buf_deinit(&good);
}

/* A record of LEN bytes, its end where its leader says. */
static int next_of_length(size_t len)
{
	struct ph_buf file = { 0 };
	struct ph_marc_input input;
	struct ph_view record;
	struct ph_error err = { 0 };
	uint64_t offset;
	FILE *stream;
	int rc;

	assert_int_equal(ph_buf_reserve(&file, len + 8), 0);
	memset(file.data, 'x', len);
	snprintf((char *)file.data, 8, "%05zu", len);
	file.data[5] = 'x';
	file.data[6] = 'x';
	file.data[len - 1] = 0x1d;
	file.len = len;
	next_from(ph_buf_view(&file), &input, &stream);
	rc = ph_iso2709_next(&input, &record, &offset, &err);
	if (rc == 0) {
		assert_int_equal(record.len, len);
	} else {
		assert_non_null(strstr(err.text, "99,999"));
	}
	ph_marc_input_deinit(&input);
	fclose(stream);
	ph_buf_deinit(&file);
	return rc;
}

static void length_limit(void **state)
{
	(void)state;
	assert_int_equal(next_of_length(PH_ISO2709_MAX - 1), 0);
	assert_int_equal(next_of_length(PH_ISO2709_MAX), 0);
	assert_int_equal(next_of_length(PH_ISO2709_MAX + 1), PH_MARC_E_BAD);
}

/* --- files --- */

static void file_of_two(void **state)
{
	struct ph_buf bytes = { 0 };
	struct made_file made;
	uint8_t want[PH_SOURCE_SIZE];
	size_t first;

	(void)state;
	first = good_record(&bytes).len;
	crypto_generichash(want, sizeof(want), bytes.data, first, NULL, 0);
	make_marc(&bytes, MAKER_LEADER, simple);
	bytes.data[first] = 'x'; /* the second has no length: mended, and noted */
	made_open(&made, ph_buf_view(&bytes));
	assert_int_equal(made_next(&made), 0);
	assert_int_equal(made.offset, 0);
	assert_memory_equal(made.source, want, sizeof(want));
	assert_int_equal(made.record.n_fields, 2);
	assert_int_equal(made.record.n_subfields, 4);
	assert_int_equal(made.record.notes.len, 0);
	assert_int_equal(made_next(&made), 0);
	assert_int_equal(made.offset, first);
	assert_int_equal(made.record.n_fields, 2);
	assert_true(made.record.notes.len > 0);
	assert_int_equal(made_next(&made), PH_MARC_E_END);
	assert_int_equal(made_next(&made), PH_MARC_E_END);
	made_close(&made);
	ph_buf_deinit(&bytes);
}

static void charset_choices(void **state)
{
	static const struct {
		const char *name;
		char leader9;
		const char *data;
		const char *want; /* of 245 $a; NULL: refused */
		const char *note; /* NULL: none */
	} cases[] = {
		{ "utf-8", 'a', "10$aĐường", "Đường", NULL },
		{ "utf-8, unsaid", ' ', "10$aĐường", "Đường", "says MARC-8" },
		{ "marc-8", ' ', "10$aLy\xe2u", "Lyú", NULL },
		{ "marc-8, unsaid", 'a', "10$aLy\xe2u", "Lyú", "says UTF-8" },
		{ "ascii", ' ', "10$aLao", "Lao", NULL },
		{ "neither", ' ', "10$a\xd2\xe5\xef\xff", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct made_field fields[] = { { "245", cases[i].data },
						     { NULL, NULL } };
		char leader[] = MAKER_LEADER;
		struct ph_buf bytes = { 0 };
		struct made_file made;
		int rc;

		leader[9] = cases[i].leader9;
		make_marc(&bytes, leader, fields);
		made_open(&made, ph_buf_view(&bytes));
		rc = made_next(&made);
		assert_int_equal(ph_buf_put_u8(&made.record.notes, '\0'), 0);
		if ((rc == 0) != (cases[i].want != NULL) ||
		    (rc == 0 &&
		     !ph_view_equal(ph_marc_text(&made.record, &made.record.subfields[0]),
				    ph_view_str(cases[i].want))) ||
		    (rc == 0 &&
		     (cases[i].note == NULL) != (made.record.notes.data[0] == '\0')) ||
		    (cases[i].note &&
		     !strstr((const char *)made.record.notes.data, cases[i].note))) {
			fail_msg("%s: %d %s %s", cases[i].name, rc, made.err.text,
				 (const char *)made.record.notes.data);
		}
		made_close(&made);
		ph_buf_deinit(&bytes);
	}
}

#define XML_RECORD                                                                       \
	"<record><leader>00000nam a2200000 a 4500</leader>"                              \
	"<controlfield tag=\"001\">so1</controlfield>"                                   \
	"<datafield tag=\"245\" ind1=\"1\" ind2=\"0\"><subfield code=\"a\">Tên &amp; "  \
	"tuổi"                                                                         \
	"</subfield></datafield></record>"
#define XML_HEAD                                                                         \
	"<?xml version=\"1.0\"?><collection xmlns=\"http://www.loc.gov/MARC21/slim\">"

static void xml_files(void **state)
{
	static const struct {
		const char *name, *text;
		int rc[3];
	} cases[] = {
		{ "two",
		  XML_HEAD XML_RECORD "\n" XML_RECORD "</collection>",
		  { 0, 0, PH_MARC_E_END } },
		{ "one alone", XML_RECORD, { 0, PH_MARC_E_END, PH_MARC_E_END } },
		{ "none",
		  XML_HEAD "</collection>",
		  { PH_MARC_E_END, PH_MARC_E_END, PH_MARC_E_END } },
		{ "in a harvest",
		  "<OAI-PMH "
		  "xmlns=\"http://www.openarchives.org/OAI/2.0/\"><record><metadata>"
		  "<record xmlns=\"http://www.loc.gov/MARC21/slim\"><leader>00000nam "
		  "a2200000 a 4500</leader><datafield tag=\"245\" ind1=\" \" ind2=\" \">"
		  "<subfield "
		  "code=\"a\">T</subfield></datafield></record></metadata></record>"
		  "</OAI-PMH>",
		  { 0, PH_MARC_E_END, PH_MARC_E_END } },
		/* libyaz makes one up; such a record then has no title */
		{ "no leader",
		  XML_HEAD "<record/>" XML_RECORD "</collection>",
		  { 0, 0, PH_MARC_E_END } },
		{ "short leader",
		  XML_HEAD "<record><leader>0</leader></record>" XML_RECORD
			   "</collection>",
		  { PH_MARC_E_BAD, 0, PH_MARC_E_END } },
		{ "cut after one",
		  XML_HEAD XML_RECORD "<record><lea",
		  { 0, PH_MARC_E_STOP, PH_MARC_E_STOP } },
		{ "entities of entities",
		  "<!DOCTYPE c [<!ENTITY a \"aaaaaaaaaaaaaaaaaaaa\"><!ENTITY b "
		  "\"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c "
		  "\"&b;&b;&b;&b;&b;&b;&b;\">"
		  "]><collection><record><leader>00000nam a2200000 a 4500</leader>"
		  "<datafield tag=\"245\" ind1=\" \" ind2=\" \"><subfield code=\"a\">x&c;"
		  "</subfield></datafield></record></collection>",
		  { PH_MARC_E_STOP } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made_file made;

		made_open(&made, ph_view_str(cases[i].text));
		for (size_t n = 0; n < 3; n++) {
			int rc = made_next(&made);

			if (rc != cases[i].rc[n]) {
				fail_msg("%s, record %zu: %d %s", cases[i].name, n + 1,
					 rc, made.err.text);
			}
			if (rc == PH_MARC_E_STOP) {
				break; /* whoever reads stops there too */
			}
		}
		made_close(&made);
	}
}

/* What stands well before a fault is read; libxml2 looks ahead some 500 bytes. */
static void xml_fault(void **state)
{
	struct ph_buf text = { 0 };
	struct made_file made;
	unsigned n = 0;
	int rc;

	(void)state;
	assert_int_equal(ph_buf_printf(&text, "%s", XML_HEAD), 0);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(ph_buf_printf(&text, "%s", XML_RECORD), 0);
	}
	assert_int_equal(ph_buf_printf(&text, "</wrong>"), 0);
	made_open(&made, ph_buf_view(&text));
	while ((rc = made_next(&made)) == 0) {
		n++;
	}
	assert_int_equal(rc, PH_MARC_E_STOP);
	assert_non_null(strstr(made.err.text, "not well-formed"));
	assert_in_range(n, 16, 20);
	made_close(&made);
	ph_buf_deinit(&text);
}

/* The name of a record in XML does not hang on blanks, prefixes or quoting. */
static void xml_source(void **state)
{
	static const char other[] =
		"<m:collection xmlns:m=\"http://www.loc.gov/MARC21/slim\">\n <m:record>\n"
		"  <m:leader>12345nam a2200000 a 4500</m:leader>\n"
		"  <m:controlfield tag='001'>so1</m:controlfield>\n"
		"  <m:datafield ind2='0' ind1='1' tag='245'>\n   <m:subfield code='a'>"
		"<![CDATA[Tên & tuổi]]></m:subfield>\n  </m:datafield>\n </m:record>\n"
		"</m:collection>\n";
	struct made_file a, b;

	(void)state;
	made_open(&a, ph_view_str(XML_HEAD XML_RECORD "</collection>"));
	made_open(&b, ph_view_str(other));
	assert_int_equal(made_next(&a), 0);
	assert_int_equal(made_next(&b), 0);
	assert_memory_equal(a.source, b.source, PH_SOURCE_SIZE);
	made_close(&a);
	made_close(&b);
}

static void not_marc(void **state)
{
	static const char *const texts[] = { "{\"leader\":\"\"}", "PK\x03\x04",
					     "leader 00000" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ph_marc_file *file;
		struct ph_error err = { 0 };
		FILE *stream = fmemopen((void *)texts[i], strlen(texts[i]), "rb");

		assert_int_equal(
			ph_marc_file_open(&file, stream, PH_MARC_AUTO, NULL, &err),
			-EINVAL);
		assert_int_equal(err.exit, PH_EXIT_USAGE);
		fclose(stream);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_table),  cmocka_unit_test(check_lengths),
		cmocka_unit_test(next_goes_on), cmocka_unit_test(length_limit),
		cmocka_unit_test(file_of_two),  cmocka_unit_test(charset_choices),
		cmocka_unit_test(xml_files),    cmocka_unit_test(xml_fault),
		cmocka_unit_test(xml_source),   cmocka_unit_test(not_marc),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
