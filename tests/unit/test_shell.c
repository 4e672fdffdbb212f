/* tests/unit/test_shell.c - words of commands that a person is told to give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/shell.h"

static void test_words(void **state)
{
	static const struct {
		const char *text, *word;
	} cases[] = {
		{ "/var/lib/packhorse-site", "/var/lib/packhorse-site" },
		{ "Tô Hiệu", "'Tô Hiệu'" },
		{ "Tô-Hiệu", "Tô-Hiệu" },
		{ "o'clock", "'o'\\''clock'" },
		{ "", "''" },
		{ "$(id)", "'$(id)'" },
		{ "a\tb", "'a\tb'" },
		{ "~/x", "'~/x'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[64];

		assert_true(ph_shell_word(cases[i].text, out, sizeof(out)));
		assert_string_equal(out, cases[i].word);
	}
}

/* What the shell itself makes of it, for each byte that can be in a path. */
static void test_read_back(void **state)
{
	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		char text[] = { 'a', (char)byte, 'b', '\0' };
		char word[16], command[64], read[8] = "";
		FILE *shell;

		assert_true(ph_shell_word(text, word, sizeof(word)));
		snprintf(command, sizeof(command), "printf '[%%s]' %s", word);
		shell = popen(command, "r");
		assert_non_null(shell);
		assert_int_equal(fread(read, 1, sizeof(read) - 1, shell), 5);
		assert_int_equal(pclose(shell), 0);
		assert_int_equal(read[0], '[');
		assert_memory_equal(read + 1, text, 3);
	}
}

static void test_no_room(void **state)
{
	char out[6] = "x";

	(void)state;
	assert_true(ph_shell_word("12345", out, sizeof(out)));
	assert_false(ph_shell_word("123456", out, sizeof(out)));
	assert_string_equal(out, "");
	assert_true(ph_shell_word("a b", out, sizeof(out)));
	assert_string_equal(out, "'a b'");
	assert_false(ph_shell_word("a bc", out, sizeof(out)));
	assert_string_equal(out, "");
	assert_false(ph_shell_word("a'b", out, sizeof(out)));
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_read_back),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
