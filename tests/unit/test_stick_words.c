/* tests/unit/test_stick_words.c - whatever is wrong with a stick is said in both languages. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/cli/out.h"
#include "common/cli/stick_words.h"
#include "proto/spool.h"

static const struct {
	const char *what;
	int rc;
	enum ph_exit exit;
	const char *english;
} table[] = {
	{ PH_SPOOL_T_NO_STICK, -ENOENT, PH_EXIT_OTHER, "is the stick plugged in?" },
	{ PH_SPOOL_T_NOTHING, -ENOENT, PH_EXIT_OTHER, "nothing of Packhorse" },
	{ PH_SPOOL_T_NO_FOLDER, -ENOTDIR, PH_EXIT_OTHER, "is no folder" },
	{ PH_SPOOL_T_FULL, -ENOSPC, PH_EXIT_PARTIAL, "4096 bytes are needed, 17 are" },
	{ PH_SPOOL_T_PROTECTED, -EROFS, PH_EXIT_OTHER, "Slide its switch" },
	{ PH_SPOOL_T_OTHER_BYTES, -EBADMSG, PH_EXIT_OTHER, "take another one" },
	{ PH_SPOOL_T_PULLED, -EIO, PH_EXIT_OTHER, "pack again" },
	{ PH_SPOOL_T_IN_THE_WAY, -EISDIR, PH_EXIT_OTHER, "/media/x/y.part is a folder" },
	/* what the system says is all that there is to say */
	{ NULL, -ENOMEM, PH_EXIT_OTHER, "/media/x: out of memory" },
};

static void say(size_t i, enum ph_speak language, struct ph_error *err)
{
	const struct ph_stick_trouble trouble = { table[i].what, "/media/x", 4096, 17,
						  "y.part" };

	ph_speak(language);
	assert_int_equal(ph_stick_fail(err, table[i].rc, &trouble), table[i].rc);
	ph_speak(PH_SPEAK_OWN);
}

static void test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct ph_error english = { 0 };
		struct ph_error vietnamese = { 0 };

		say(i, PH_SPEAK_ENGLISH, &english);
		say(i, PH_SPEAK_VIETNAMESE, &vietnamese);
		assert_non_null(strstr(english.text, table[i].english));
		assert_int_equal(english.exit, table[i].exit);
		assert_int_equal(vietnamese.exit, table[i].exit);
		assert_string_not_equal(english.text, vietnamese.text);
		/* where, but for a stick that is full: there is one plugged in */
		if (table[i].rc != -ENOSPC) {
			assert_non_null(strstr(english.text, "/media/x"));
			assert_non_null(strstr(vietnamese.text, "/media/x"));
		} else {
			assert_non_null(strstr(vietnamese.text, "4096"));
			assert_non_null(strstr(vietnamese.text, "17"));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_words) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
