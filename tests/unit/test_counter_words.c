/* tests/unit/test_counter_words.c - every counter that a site can show has its words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/cli/counter_words.h"
#include "common/cli/out.h"
#include "common/ledger/figures.h"

static void every_counter_has_words(void **state)
{
	unsigned named = 0;

	(void)state;
	for (unsigned key = 0; key < PH_TALLY_KEYS; key++) {
		char name[PH_COUNTER_TEXT];
		char english[PH_COUNTER_WORDS], vietnamese[PH_COUNTER_WORDS];

		ph_counter_name(name, key);
		ph_speak(PH_SPEAK_ENGLISH);
		ph_counter_say(english, name);
		ph_speak(PH_SPEAK_VIETNAMESE);
		ph_counter_say(vietnamese, name);
		if (strncmp(name, "counter.", 8) == 0) { /* not in use */
			assert_string_equal(english, name);
			assert_string_equal(vietnamese, name);
			continue;
		}
		named++;
		if (strcmp(vietnamese, name) == 0 || strcmp(english, vietnamese) == 0) {
			fail_msg("%s has no words", name);
		}
	}
	assert_int_equal(named, 40 + 4 + 6 + 8 + 7 + 6);
}

static void as_people_say(void **state)
{
	static const struct {
		const char *name, *english, *vietnamese;
	} cases[] = {
		{ "visits", "visits", "lượt bạn đọc" },
		{ "visits_by_band.child", "visits: child", "lượt bạn đọc: thiếu nhi" },
		{ "donations_by_donor.state", "donations: state",
		  "lần tặng: cơ quan nhà nước" },
		{ "visits_by_band.x", "visits: x", "lượt bạn đọc: x" },
		{ "counter.126", "counter.126", "counter.126" },
		{ "", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char words[PH_COUNTER_WORDS];

		ph_speak(PH_SPEAK_ENGLISH);
		assert_string_equal(ph_counter_say(words, cases[i].name),
				    cases[i].english);
		ph_speak(PH_SPEAK_VIETNAMESE);
		assert_string_equal(ph_counter_say(words, cases[i].name),
				    cases[i].vietnamese);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_counter_has_words),
		cmocka_unit_test(as_people_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
