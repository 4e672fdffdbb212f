/* tests/unit/test_value_words.c - every value that a report can name has its word in Vietnamese. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/cli/heading_words.h"
#include "common/cli/out.h"
#include "common/cli/value_words.h"
#include "common/log/kinds.h"

/* Columns of reports (docs/REPORTS.md), and the field that their values are of. */
static const struct {
	const char *column, *kind, *field;
} columns[] = {
	{ "kind", "site-put", "site_kind" }, { "status", "model-put", "status" },
	{ "form", "digital-use", "form" },   { "occasion", "activity", "occasion" },
	{ "donor", "donation", "donor" },    { "acquisition", "copy-put", "acquisition" },
	{ "band", "visit", "band" },         { "purpose", "visit", "purpose" },
};

static const struct ph_field *find(const char *kind, const char *field)
{
	for (size_t i = 0; i < ph_kinds_count(); i++) {
		const struct ph_kind *of = ph_kind_at(i);

		for (uint32_t f = 0; strcmp(of->name, kind) == 0 && f < of->n_fields;
		     f++) {
			if (of->fields[f].name &&
			    strcmp(of->fields[f].name, field) == 0) {
				return &of->fields[f];
			}
		}
	}
	fail_msg("%s has no %s", kind, field);
	return NULL;
}

static void every_value_has_a_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		const struct ph_field *field = find(columns[i].kind, columns[i].field);

		assert_int_equal(field->type, PH_T_ENUM);
		for (uint64_t v = 0; v < field->max; v++) {
			const char *value = field->names[v];
			const char *word = ph_value_say(columns[i].column, value);

			if (strcmp(word, value) == 0) {
				fail_msg("%s %s has no word", columns[i].column, value);
			}
		}
	}
}

/* Each value of each enum of the kinds, as `list KIND` shows it. */
static void every_field_value_has_a_word(void **state)
{
	unsigned lacks = 0;

	(void)state;
	for (size_t i = 0; i < ph_kinds_count(); i++) {
		const struct ph_kind *kind = ph_kind_at(i);

		for (uint32_t f = 0; f < kind->n_fields; f++) {
			const struct ph_field *field = &kind->fields[f];

			for (uint64_t v = 0; field->type == PH_T_ENUM && v < field->max;
			     v++) {
				const char *value = field->names[v];

				if (value &&
				    ph_field_value_say(field->name, value) == value) {
					print_error("%s %s %s has no word\n", kind->name,
						    field->name, value);
					lacks++;
				}
			}
		}
	}
	assert_int_equal(lacks, 0);
	assert_string_equal(ph_device_role_say(1), "điểm");
	assert_string_equal(ph_device_role_say(3), "điểm, chuyển tin");
	assert_null(ph_device_role_say(0));
	assert_null(ph_device_role_say(4));
}

static void headings(void **state)
{
	(void)state;
	assert_string_equal(ph_heading_say("title_name"), "nhan đề");
	assert_string_equal(ph_heading_say("site"), "điểm");
	assert_string_equal(ph_heading_say("Điểm"), "Điểm");
	assert_string_equal(ph_heading_say("anything"), "anything");
	ph_speak(PH_SPEAK_ENGLISH);
	assert_string_equal(ph_heading_say("site"), "site");
	ph_speak(PH_SPEAK_VIETNAMESE);
}

static void others_stay(void **state)
{
	(void)state;
	assert_string_equal(ph_value_say("language", "blt"), "Thái (Thái Đen)");
	assert_string_equal(ph_value_say("language", "xyz"), "xyz");
	assert_string_equal(ph_value_say("name", "other"), "other");
	ph_speak(PH_SPEAK_ENGLISH);
	assert_string_equal(ph_value_say("kind", "van"), "van");
	ph_speak(PH_SPEAK_VIETNAMESE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_has_a_word),
		cmocka_unit_test(every_field_value_has_a_word),
		cmocka_unit_test(others_stay),
		cmocka_unit_test(headings),
	};

	ph_speak(PH_SPEAK_VIETNAMESE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
