/*
 * common/cli/lines.h - `record` at a site and at the hub: lines in, answers out.
 *
 * Functions that fail fill ERR, which says what could not be done.
 */
#ifndef PH_CLI_LINES_H
#define PH_CLI_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/error.h"

/* All zero but for NEXT and DATA: nothing was read yet. */
struct ph_lines {
	/*
	 * One byte of the input, 0 to 255; -1 at its end; or, ERR filled, one less than a
	 * negative errno.
	 */
	int (*next)(void *data, struct ph_error *err);
	void *data;
	struct ph_buf line; /* without its end; ours, wiped by ph_lines_deinit() */
	bool too_long;      /* over PH_LINE_MAX: LINE has its beginning */
	uint64_t number;    /* of the line, from 1; those that are passed over count */
};
void ph_lines_deinit(struct ph_lines *lines);

/*
 * The next line that has more than blanks and tabs, into LINES. A line ends at a newline,
 * or behind the last byte; a carriage return before that is no part of it. 1; 0 at the end
 * of the input; -ENOMEM, or the error of NEXT.
 */
int ph_lines_next(struct ph_lines *lines, struct ph_error *err);
/* 0, or -EMSGSIZE with PH_EXIT_USAGE if the line was too long to be kept. */
int ph_lines_check(const struct ph_lines *lines, struct ph_error *err);

/* TEXT without the parser's own count of lines, which knows one; within TEXT. */
const char *ph_lines_words(const char *text);
/*
 * An answer was given to ph_out_json(), which said RC: write out what stdout still holds.
 * 0; RC, if there was no memory for it; or PH_OUT_LOST, and then ERR says that WRITTEN
 * lines are saved all the same.
 */
int ph_lines_told(int rc, uint64_t written, struct ph_error *err);

#endif
