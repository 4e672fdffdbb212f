/* tests/unit/test_error.c - error texts: who fills, what they say, what fits. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/error.h"
#include "common/base/say.h"

static void test_first_fill_wins(void **state)
{
	struct ph_error err = { 0 };

	(void)state;
	assert_int_equal(ph_fail(&err, PH_EXIT_CLOCK, -EINVAL, "day %d", 3), -EINVAL);
	assert_int_equal(ph_fail(&err, PH_EXIT_OTHER, -EIO, "blurred"), -EIO);
	assert_int_equal(ph_fail_errno(&err, -ENOSPC, "blurred too"), -ENOSPC);
	assert_string_equal(err.text, "day 3");
	assert_int_equal(err.exit, PH_EXIT_CLOCK);
	assert_int_equal(ph_fail(NULL, PH_EXIT_OTHER, -EIO, "%s", "x"), -EIO);
	assert_int_equal(ph_fail_errno(NULL, -EIO, "x"), -EIO);
}

static void test_errno_words(void **state)
{
	static const struct {
		int rc;
		enum ph_exit exit;
		const char *words;
	} cases[] = {
		{ -ENOSPC, PH_EXIT_OTHER, "log.db: disk is full" },
		{ -EUCLEAN, PH_EXIT_DAMAGED, "damaged" },
		{ -EIO, PH_EXIT_OTHER, "disk reported an error" },
		{ -ENOENT, PH_EXIT_OTHER, "no such file" },
		{ -EACCES, PH_EXIT_OTHER, "no permission" },
		{ -EROFS, PH_EXIT_OTHER, "read-only" },
		{ -EXDEV, PH_EXIT_OTHER, "log.db: " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_error err = { 0 };

		assert_int_equal(ph_fail_errno(&err, cases[i].rc, "log.db"), cases[i].rc);
		assert_int_equal(err.exit, cases[i].exit);
		assert_non_null(strstr(err.text, cases[i].words));
	}
}

/* Each has words of its own in Vietnamese, and nothing else differs. */
static void test_errno_vietnamese(void **state)
{
	static const int codes[] = {
		EUCLEAN,       ENOSPC,       EDQUOT,       EFBIG,   EIO,
		EROFS,         EACCES,       EPERM,        ENOENT,  ENOTDIR,
		EISDIR,        EEXIST,       ENOMEM,       EMFILE,  ENFILE,
		EBUSY,         EAGAIN,       ENAMETOOLONG, EBADMSG, EINVAL,
		ETIMEDOUT,     ECONNREFUSED, ECONNRESET,   EPIPE,   EADDRINUSE,
		EADDRNOTAVAIL, EHOSTUNREACH, ENETUNREACH,  EXDEV,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct ph_error english = { 0 };
		struct ph_error vietnamese = { 0 };

		(void)ph_speak(PH_SPEAK_ENGLISH);
		(void)ph_fail_errno(&english, -codes[i], "kho");
		assert_int_equal(ph_speak(PH_SPEAK_VIETNAMESE), PH_SPEAK_ENGLISH);
		(void)ph_fail_errno(&vietnamese, -codes[i], "kho");
		assert_int_equal(ph_speak(PH_SPEAK_OWN), PH_SPEAK_VIETNAMESE);
		print_message("# %s\n", vietnamese.text);
		assert_int_equal(english.exit, vietnamese.exit);
		assert_true(strncmp(vietnamese.text, "kho: ", 5) == 0);
		assert_string_not_equal(english.text, vietnamese.text);
	}
}

static void test_one_line(void **state)
{
	struct ph_error err = { 0 };

	(void)state;
	ph_fail(&err, PH_EXIT_OTHER, -EIO, "file \"a\nb\x1b[2J\x7f\tsách\"");
	assert_string_equal(err.text, "file \"a b [2J  sách\"");
	err = (struct ph_error){ 0 };
	ph_fail(&err, PH_EXIT_OTHER, -EIO, "a\u202e=1\u2028ế");
	assert_string_equal(err.text, "a   =1   ế");
}

/* A text at the limit is whole; one byte more is cut between characters. */
static void test_cut_between_characters(void **state)
{
	char text[PH_ERROR_TEXT_MAX + 8];

	(void)state;
	for (size_t len = PH_ERROR_TEXT_MAX - 2; len <= PH_ERROR_TEXT_MAX + 2; len++) {
		struct ph_error err = { 0 };

		memset(text, 'a', len);
		memcpy(text + len - 3, "ế", 3); /* U+1EBF takes three bytes */
		text[len] = '\0';
		ph_fail(&err, PH_EXIT_OTHER, -EIO, "%s", text);

		size_t kept = len < PH_ERROR_TEXT_MAX ? len : len - 3;

		assert_int_equal(strlen(err.text), kept);
		assert_memory_equal(err.text, text, kept);
	}
}

/* What is quoted may be any bytes, and be torn in the middle of a character. */
static void test_any_bytes(void **state)
{
	struct ph_error err = { 0 };

	(void)state;
	ph_fail(&err, PH_EXIT_USAGE, -EINVAL, "near '%s' and \xe1\xbb%s", "m\xcf\x30",
		"\xff\xed\xa0\x80 sách\t");
	assert_string_equal(err.text, "near 'm?0' and ?????? sách ");
}

/* Of an invite or a recovery key among what is quoted no letter is left; words about them are as they were. */
static void test_no_secret(void **state)
{
	static const struct {
		const char *given, *wanted;
	} cases[] = {
		{ "PACKHORSE1:k8RzYWJj-_A9", "PACKHORSE1:..." },
		/* as programs for mail break it */
		{ "\"PACKHORSE1:k8RzYWJj-_A9?DDDDSECRETSECRETEEEE?FFFFSECRETSECRET\" is "
		  "none",
		  "\"PACKHORSE1:...\" is none" },
		{ "there is no command \"PACKHORSE-RECOVERY1:lLhwYWNraG\"; see",
		  "there is no command \"PACKHORSE-RECOVERY1:...\"; see" },
		{ "PACKHORSE1:k8RzYWJjd and PACKHORSE1:zzzzzzzzz",
		  "PACKHORSE1:... and PACKHORSE1:..." },
		{ "an invite begins with PACKHORSE1: and so on",
		  "an invite begins with PACKHORSE1: and so on" },
		{ "set PACKHORSE_BUILD_FOLDER", "set PACKHORSE_BUILD_FOLDER" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_error err = { 0 };

		ph_fail(&err, PH_EXIT_USAGE, -EINVAL, "%s", cases[i].given);
		assert_string_equal(err.text, cases[i].wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_fill_wins),
		cmocka_unit_test(test_errno_words),
		cmocka_unit_test(test_errno_vietnamese),
		cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_cut_between_characters),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_no_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
