/* tests/unit/test_refusal_words.c - whatever is refused on a stick, it is said why and what to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/cli/refusal_words.h"
#include "proto/bundle.h"

static void assert_words(const char *reason)
{
	const char *words = ph_refusal_words(reason);

	if (strcmp(words, reason) == 0) {
		fail_msg("%s: no words", reason);
	}
	/* two sentences: why, and what to do */
	if (!strstr(words, ". ") && !strstr(words, ": ")) {
		fail_msg("%s: nothing to do: %s", reason, words);
	}
}

static void every_reason_has_words(void **state)
{
	/* of a spool, and of the hub */
	static const char *const others[] = { "not-a-file", "unreadable", "cut-off",
					      "later", "put-back" };

	(void)state;
	/* those before are of writing one */
	for (int code = PH_BUNDLE_E_CUT; code <= PH_BUNDLE_E_SENDER; code++) {
		assert_words(ph_bundle_reason(code));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_words(others[i]);
	}
	assert_string_equal(ph_refusal_words("of-a-later-version"), "of-a-later-version");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_has_words),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
