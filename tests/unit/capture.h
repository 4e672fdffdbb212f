/*
 * tests/unit/capture.h - what a call writes to standard output and standard error.
 */
#ifndef PH_TESTS_CAPTURE_H
#define PH_TESTS_CAPTURE_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct capture {
	int saved[2];
	FILE *file[2];
	char text[2][8192]; /* of stdout, of stderr */
};

/* OUT: the file that stands for standard output; NULL: one that is read back. */
static inline void capture_start(struct capture *capture, const char *out)
{
	fflush(stdout);
	fflush(stderr);
	for (int i = 0; i < 2; i++) {
		capture->saved[i] = dup(i + 1);
		assert_true(capture->saved[i] >= 0);
		capture->file[i] = i == 0 && out ? fopen(out, "w") : tmpfile();
		assert_non_null(capture->file[i]);
		assert_true(dup2(fileno(capture->file[i]), i + 1) >= 0);
	}
}

static inline void capture_end(struct capture *capture)
{
	fflush(stdout);
	fflush(stderr);
	clearerr(stdout);
	for (int i = 0; i < 2; i++) {
		ssize_t n =
			pread(i + 1, capture->text[i], sizeof(capture->text[i]) - 1, 0);

		capture->text[i][n < 0 ? 0 : n] = '\0';
		assert_true(dup2(capture->saved[i], i + 1) >= 0);
		close(capture->saved[i]);
		fclose(capture->file[i]);
	}
}

#endif
