/* tests/unit/test_case_words.c - every kind of case and every choice has its words in Vietnamese. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/cli/case_words.h"
#include "common/cli/entry_words.h"
#include "common/ledger/cases_choice.h"

static void every_kind_has_words(void **state)
{
	(void)state;
	for (unsigned kind = 1; kind < PH_CASE_KINDS; kind++) {
		const char *name = ph_case_name(kind);

		if (name != NULL && ph_case_kind_say(name)[0] == '\0') {
			fail_msg("%s: no words", name);
		}
		if (name != NULL && strcmp(ph_case_name_say(name), name) == 0) {
			fail_msg("%s: no other name", name);
		}
	}
	assert_string_equal(ph_case_name_say("of-a-later-version"), "of-a-later-version");
	assert_string_equal(ph_case_kind_say("of-a-later-version"), "");
}

static void every_choice_has_words(void **state)
{
	unsigned choices[PH_CASE_CHOICES_MAX];

	(void)state;
	for (unsigned kind = 1; kind < PH_CASE_KINDS; kind++) {
		size_t n = ph_case_choices(kind, choices);

		assert_true(n > 0);
		for (size_t i = 0; i < n; i++) {
			const char *means = ph_case_choice_doc(kind, choices[i]);

			if (strcmp(ph_case_means_say(means), means) == 0) {
				fail_msg("%s: \"%s\" has no Vietnamese",
					 ph_case_name(kind), means);
			}
		}
	}
	assert_string_equal(ph_case_means_say("of a later version"),
			    "of a later version");
}

static void every_kind_of_entry_has_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ph_kinds_count(); i++) {
		const char *name = ph_kind_at(i)->name;

		if (strcmp(ph_kind_say(name), name) == 0) {
			fail_msg("%s has no Vietnamese", name);
		}
	}
	assert_string_equal(ph_kind_say("of-a-later-version"), "of-a-later-version");
	assert_string_equal(ph_label_say("copy"), "bản sách");
	assert_string_equal(ph_label_say("of-a-later-version"), "of-a-later-version");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_words),
		cmocka_unit_test(every_choice_has_words),
		cmocka_unit_test(every_kind_of_entry_has_words),
	};

	setenv("LC_ALL", "vi_VN.UTF-8", 1);
	return cmocka_run_group_tests_name("case_words", tests, NULL, NULL);
}
