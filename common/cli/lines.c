/*
 * common/cli/lines.c - lines of `record`.
 *
 * A line is gathered byte by byte, no more of it than PH_LINE_MAX and one; the rest of one
 * that is too long is read and dropped. What is left of the input when an error comes is
 * not read.
 */
#include "common/cli/lines.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/say.h"
#include "common/cli/out.h"

void ph_lines_deinit(struct ph_lines *lines)
{
	ph_buf_wipe(&lines->line);
}

static bool is_blank(const struct ph_buf *line)
{
	for (size_t i = 0; i < line->len; i++) {
		if (line->data[i] != ' ' && line->data[i] != '\t') {
			return false;
		}
	}
	return true;
}

/* The next line, whatever is in it. */
static int read_line(struct ph_lines *lines, struct ph_error *err)
{
	int c;

	lines->line.len = 0;
	lines->too_long = false;
	while ((c = lines->next(lines->data, err)) >= 0 && c != '\n') {
		if (lines->line.len > PH_LINE_MAX) {
			lines->too_long = true;
		} else if (ph_buf_put_u8(&lines->line, (uint8_t)c) != 0) {
			return ph_fail_errno(
				err, -ENOMEM,
				ph_say("reading the input", "đọc dữ liệu nhập"));
		}
	}
	if (c < -1) {
		return c + 1;
	}
	if (c == -1 && lines->line.len == 0) {
		return 0;
	}
	lines->number++;
	lines->too_long |= lines->line.len > PH_LINE_MAX;
	if (lines->line.len > 0 && lines->line.data[lines->line.len - 1] == '\r') {
		lines->line.len--;
	}
	return 1;
}

int ph_lines_next(struct ph_lines *lines, struct ph_error *err)
{
	int more;

	do {
		more = read_line(lines, err);
	} while (more > 0 && !lines->too_long && is_blank(&lines->line));
	return more;
}

int ph_lines_check(const struct ph_lines *lines, struct ph_error *err)
{
	return !lines->too_long
		       ? 0
		       : ph_fail(err, PH_EXIT_USAGE, -EMSGSIZE,
				 ph_say("the line is too long; at most %d bytes are read",
					"dòng quá dài; chỉ đọc nhiều nhất %d byte"),
				 PH_LINE_MAX);
}

const char *ph_lines_words(const char *text)
{
	const char *first = ph_say("line 1, ", "dòng 1, ");

	return strncmp(text, first, strlen(first)) == 0 ? text + strlen(first) : text;
}

int ph_lines_told(int rc, uint64_t written, struct ph_error *err)
{
	char saved[48];

	if (rc < 0 && rc != PH_OUT_LOST) {
		return ph_fail_errno(err, rc, ph_say("answering", "trả lời"));
	}
	snprintf(saved, sizeof(saved),
		 ph_say("saved %" PRIu64 " lines; ", "đã lưu %" PRIu64 " dòng; "),
		 written);
	return ph_out_flush(saved, err);
}
