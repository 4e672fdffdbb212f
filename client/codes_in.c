/*
 * client/codes_in.c - codes scanned into standard input, one a line.
 *
 * A scanner types a code and a newline. Blanks and a carriage return around it are not its
 * own. A line that is too long for a code, or holds a zero byte, is refused as a whole.
 */
#include "client/codes_in.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/say.h"

#define LINE_MAX_BYTES 1024 /* what more there is of a line is not kept */

void ph_codes_in_deinit(struct ph_codes_in *in)
{
	ph_buf_deinit(&in->line);
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next line: 1, 0 at the end, or negative errno; *BAD_OUT: it can be no code. */
static int read_line(struct ph_codes_in *in, bool *bad_out)
{
	int c;

	in->line.len = 0;
	*bad_out = false;
	while ((c = getc(stdin)) != EOF && c != '\n') {
		if (in->line.len >= LINE_MAX_BYTES || c == '\0') {
			*bad_out = true;
		} else if (ph_buf_put_u8(&in->line, (uint8_t)c) != 0) {
			return -ENOMEM;
		}
	}
	if (ferror(stdin)) {
		return -EIO;
	}
	if (c == EOF && in->line.len == 0 && !*bad_out) {
		return 0;
	}
	in->number++;
	return 1;
}

static void trim(struct ph_buf *line)
{
	size_t front = 0;

	while (line->len > 0 && is_blank(line->data[line->len - 1])) {
		line->len--;
	}
	while (front < line->len && is_blank(line->data[front])) {
		front++;
	}
	ph_buf_drop(line, front);
}

int ph_codes_in_next(struct ph_codes_in *in, const char **code_out, struct ph_error *err)
{
	bool bad;
	int rc;

	do {
		rc = read_line(in, &bad);
		trim(&in->line);
	} while (rc == 1 && !bad && in->line.len == 0);
	if (rc == 1 && bad) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("a code has 1 to %d bytes and no zero among them; "
				      "this line is none",
				      "một mã có 1 đến %d byte và không có byte 0; dòng "
				      "này không phải là mã"),
			       PH_CODE_MAX);
	}
	if (rc == 1) {
		rc = ph_buf_put_u8(&in->line, '\0') != 0 ? -ENOMEM : 1;
	}
	if (rc == 1) {
		*code_out = (const char *)in->line.data;
	}
	return rc < 0 ? ph_fail_errno(
				err, rc,
				ph_say("reading standard input", "đọc dữ liệu nhập vào"))
		      : rc;
}

bool ph_codes_in_asked(const struct ph_cli *cli, int first, bool none_too)
{
	return cli->n_args == first
		       ? none_too
		       : cli->n_args == first + 1 && strcmp(cli->args[first], "-") == 0;
}
