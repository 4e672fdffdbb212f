/*
 * common/base/error.h - what went wrong, for the person who must act on it.
 *
 * Functions return 0, a negative errno (fatal, passed up, never inspected) or a
 * positive condition named in their header (handled by the direct caller).
 * Those that fail for reasons a person can mend also take a struct ph_error,
 * filled where the failure is first seen: what, where, what to do.
 */
#ifndef PH_BASE_ERROR_H
#define PH_BASE_ERROR_H

/* Exit statuses of both programs (docs/COMMANDS.md, "Exit codes"). */
enum ph_exit {
	PH_EXIT_DONE = 0,
	PH_EXIT_OTHER = 1,
	PH_EXIT_USAGE = 2,
	PH_EXIT_NOT_ENROLLED = 10,
	PH_EXIT_CUT_OFF = 11,
	PH_EXIT_UNREACHABLE = 12,
	PH_EXIT_CASES = 13,
	PH_EXIT_PARTIAL = 14,
	PH_EXIT_DAMAGED = 15,
	PH_EXIT_CLOCK = 16,
	PH_EXIT_IN_USE = 17,
	PH_EXIT_TRY_LATER = 75,
	PH_EXIT_CONFIG = 78,
};

#define PH_ERROR_TEXT_MAX 640

struct ph_error {
	enum ph_exit exit;
	char text[PH_ERROR_TEXT_MAX]; /* one or two sentences, UTF-8, no newline */
};

/*
 * Fill ERR (NULL is fine; the first fill wins, so a caller up the stack cannot
 * blur the cause) and return RC, so that a failing function can say
 * "return ph_fail(err, PH_EXIT_DAMAGED, -EUCLEAN, ...)".
 */
int ph_fail(struct ph_error *err, enum ph_exit exit, int rc, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* As ph_fail(), with the exit status and the words that fit the errno in RC. */
int ph_fail_errno(struct ph_error *err, int rc, const char *what);
/*
 * The errno RC within a sentence: in English what the C library says of it, in Vietnamese our
 * words where there are some. Static, until the next call.
 */
const char *ph_errno_say(int rc);

/* Leave out of TEXT what follows PACKHORSE1:, PACKHORSE-RECOVERY1: and the like: "..." stands there then. */
void ph_error_hide(char *text);

#endif
