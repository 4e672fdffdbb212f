/*
 * common/xlsx/main.c - packhorse-xlsx: a book of sheets in, as JSON; a workbook out.
 *
 *   packhorse-xlsx <BOOK >WORKBOOK
 *
 * Both programs run it (common/cli/export.h), so that libxlsxwriter stays out of what holds
 * keys or starts often. It reads all of its input, gives up all calls of the system but for
 * reading and for writing what is open (common/cli/sandbox.h), and makes the workbook in
 * memory: nothing reaches a disk but what its standard output is.
 *
 * It exits 0 when the workbook is out, 2 when the book is of another form or larger than a
 * workbook can be, 1 for anything else; with a text on standard error. A text that had to be
 * cut is said there too.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/base/json_memory.h"
#include "common/base/say.h"
#include "common/base/secret.h"
#include "common/cli/sandbox.h"
#include "common/xlsx/book.h"

#define BOOK_MAX (1024u << 20)
#define PIECE    65536

static int read_all(struct ph_buf *in, struct ph_error *err)
{
	int rc;

	while ((rc = ph_buf_reserve(in, PIECE)) == 0) {
		size_t n = fread(in->data + in->len, 1, PIECE, stdin);

		in->len += n;
		if (n == 0) {
			return ferror(stdin) ? ph_fail_errno(err, -errno,
							     ph_say("standard input",
								    "dữ liệu nhập vào"))
					     : 0;
		}
		if (in->len > BOOK_MAX) {
			return ph_fail(
				err, PH_EXIT_USAGE, -EFBIG,
				ph_say("the book has over 1 GiB", "tệp lớn hơn 1 GiB"));
		}
	}
	return ph_fail_errno(err, rc, ph_say("standard input", "dữ liệu nhập vào"));
}

static int make(const struct ph_buf *in, struct ph_buf *out, struct ph_error *err)
{
	uint64_t shortages = ph_json_shortages();
	struct ph_book_cut cut = { 0 };
	json_error_t where;
	json_t *book = ph_json_loadb((const char *)in->data, in->len,
				     JSON_REJECT_DUPLICATES, &where);
	int rc;

	if (!book) {
		return ph_json_shortages() != shortages
			       ? ph_fail_errno(err, -ENOMEM,
					       ph_say("reading the book", "đọc tệp"))
			       : ph_fail(err, PH_EXIT_USAGE, -EINVAL,
					 ph_say("the book is no JSON: line %d, column "
						"%d: %s",
						"dữ liệu không phải là JSON: dòng %d, "
						"cột %d: %s"),
					 where.line, where.column, where.text);
	}
	rc = ph_book_make(book, out, &cut, err);
	json_decref(book);
	if (rc == 0 && cut.n > 0) {
		fprintf(stderr,
			ph_say("packhorse-xlsx: %zu texts of over %d characters were "
			       "cut, as no cell takes more; the first is in sheet %zu, "
			       "row %zu, column %zu. --csv has them whole\n",
			       "packhorse-xlsx: đã cắt %zu đoạn chữ dài hơn %d ký tự vì "
			       "một ô không chứa hơn; đoạn đầu ở bảng %zu, dòng %zu, cột "
			       "%zu. --csv có đủ\n"),
			cut.n, PH_BOOK_CELL_MAX, cut.sheet, cut.row, cut.column);
	}
	return rc;
}

int main(int argc, char **argv)
{
	struct ph_buf in = { 0 };
	struct ph_buf out = { 0 };
	struct ph_error err = { .exit = PH_EXIT_OTHER };
	int rc;

	(void)argv;
	if (argc != 1) {
		fputs("packhorse-xlsx: no arguments; usage: packhorse-xlsx <BOOK "
		      ">WORKBOOK\n",
		      stderr);
		return PH_EXIT_USAGE;
	}
	ph_secret_no_dumps();
	ph_json_watch();
	signal(SIGPIPE, SIG_IGN);
	/* where there is none to be had, what makes the workbook is still a process of its own */
	(void)ph_sandbox_enter(PH_SANDBOX_READER);
	rc = read_all(&in, &err);
	rc = rc != 0 ? rc : make(&in, &out, &err);
	if (rc == 0 &&
	    (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0)) {
		rc = ph_fail_errno(&err, -errno,
				   ph_say("standard output", "dữ liệu in ra"));
	}
	if (rc < 0) {
		fprintf(stderr, "packhorse-xlsx: %s\n",
			err.text[0] ? err.text : ph_errno_say(rc));
	}
	ph_buf_wipe(&in);
	ph_buf_wipe(&out);
	return rc < 0 ? (int)err.exit : PH_EXIT_DONE;
}
