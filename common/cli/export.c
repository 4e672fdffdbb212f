/*
 * common/cli/export.c - a command whose tables go into a file of CSV or XLSX.
 *
 * The command runs as ever, only that its tables are collected. CSV is written here; XLSX by
 * packhorse-xlsx, which gets the book on its standard input and gives the workbook on its
 * standard output, and sees neither store nor keys. A file stands under its name only when
 * it is whole, and nothing is written over unasked.
 */
#include "common/cli/export.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/json_memory.h"
#include "common/cli/child.h"
#include "common/cli/out.h"
#include "common/cli/sheet.h"

#define NAME     "packhorse-xlsx"
#define XLSX_MAX (512u << 20)
#define PIECE    65536
#define MODE     0600 /* it may hold names */

bool ph_export_is_asked(const struct ph_cli *cli)
{
	return ph_cli_has(cli, "csv") || ph_cli_has(cli, "xlsx");
}

/* --- XLSX --- */

/* BOOK as JSON in memory, to be read from its start; NULL with errno. */
static FILE *open_book(const json_t *book)
{
	int fd = memfd_create("book", MFD_CLOEXEC);
	FILE *file = fd >= 0 ? fdopen(fd, "w+") : NULL;

	if (!file) {
		if (fd >= 0) {
			close(fd);
		}
		return NULL;
	}
	errno = ENOMEM;
	if (json_dumpf(book, file, JSON_COMPACT) != 0 || fflush(file) != 0 ||
	    fseek(file, 0, SEEK_SET) != 0) {
		fclose(file);
		return NULL;
	}
	return file;
}

static int read_all(int fd, struct ph_buf *out)
{
	size_t before = out->len;

	for (;;) {
		ssize_t n;

		if (out->len - before > XLSX_MAX) {
			return -EFBIG;
		}
		if (ph_buf_reserve(out, PIECE) != 0) {
			return -ENOMEM;
		}
		n = read(fd, out->data + out->len, PIECE);
		if (n == 0) {
			return 0;
		}
		if (n < 0 && errno != EINTR) {
			return -errno;
		}
		out->len += n > 0 ? (size_t)n : 0;
	}
}

int ph_export_xlsx(const json_t *book, struct ph_buf *out, struct ph_error *err)
{
	char *argv[] = { (char[]){ NAME }, NULL };
	struct ph_child child = { .out = -1 };
	FILE *file = open_book(book);
	int status;
	int rc;

	if (!file) {
		return ph_fail_errno(err, -errno,
				     ph_say("making the workbook", "làm tệp Excel"));
	}
	rc = ph_child_start(&child,
			    &(struct ph_child_config){ .name = NAME,
						       .variable = "PACKHORSE_XLSX",
						       .built = "../common/xlsx",
						       .argv = argv,
						       .in = fileno(file) },
			    err);
	fclose(file);
	if (rc < 0) {
		return rc;
	}
	rc = read_all(child.out, out);
	close(child.out);
	status = ph_child_end(&child, rc < 0);
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("reading from " NAME, "đọc từ " NAME));
	}
	return status == 0
		       ? 0
		       : ph_fail(err,
				 status == PH_EXIT_USAGE ? PH_EXIT_USAGE : PH_EXIT_OTHER,
				 -EBADMSG,
				 ph_say(NAME
					" made no workbook; --csv has no such limits",
					NAME " không tạo được tệp Excel; --csv không có "
					     "giới hạn ấy"));
}

/* --- commands --- */

static bool is_stdout(const char *path)
{
	return strcmp(path, "-") == 0;
}

/* That PATH, once it is written, can be: FILE.part is made beside it, and is gone again. */
static int try_part(const char *path, struct ph_error *err)
{
	struct ph_file_info info;
	char part[PATH_MAX];
	int n = snprintf(part, sizeof(part), "%s.part", path);
	int rc = n < 0 || (size_t)n >= sizeof(part) ? -ENAMETOOLONG : 0;

	if (rc == 0 && ph_file_info(path, &info) == 0 && info.folder) {
		rc = -EISDIR;
	}
	if (rc == 0) {
		rc = ph_file_write_new(part, PH_VIEW(NULL, 0), MODE);
		(void)ph_file_remove(part);
	}
	return rc < 0 ? ph_fail_errno(err, rc, path) : 0;
}

int ph_export_check(const struct ph_cli *cli, const char *path, struct ph_error *err)
{
	if (!path || is_stdout(path)) {
		return 0;
	}
	return ph_cli_has(cli, "yes") || !ph_file_exists(path)
		       ? try_part(path, err)
		       : ph_fail(err, PH_EXIT_OTHER, -EEXIST,
				 ph_say("%s is there already; name another file, or "
					"--yes to write over it",
					"%s đã có; hãy đặt tên khác, hoặc --yes để ghi "
					"đè"),
				 path);
}

static int check(const struct ph_cli *cli, struct ph_error *err)
{
	const char *path = ph_cli_get(cli, "xlsx");

	if (cli->json + cli->plain + ph_cli_has(cli, "csv") + (path != NULL) > 1) {
		return ph_cli_usage(
			cli, err,
			ph_say("one of --json, --plain, --csv and --xlsx",
			       "chỉ một trong --json, --plain, --csv và --xlsx"));
	}
	return ph_export_check(cli, path, err);
}

int ph_export_write(const char *path, struct ph_view bytes, struct ph_error *err)
{
	if (path && !is_stdout(path)) {
		return ph_file_write(path, bytes, MODE, err);
	}
	(void)fwrite(bytes.data, 1, bytes.len, stdout);
	return 0;
}

static int deliver(const struct ph_cli *cli, const json_t *book, struct ph_error *err)
{
	const char *path = ph_cli_get(cli, "xlsx");
	struct ph_buf bytes = { 0 };
	int rc = path ? ph_export_xlsx(book, &bytes, err) : ph_sheet_csv(book, &bytes);

	rc = rc != 0 ? rc : ph_export_write(path, ph_buf_view(&bytes), err);
	ph_buf_wipe(&bytes);
	return rc;
}

int ph_export_run(struct ph_cli *cli, struct ph_error *err)
{
	uint64_t shortages = ph_json_shortages();
	json_t *book;
	int status;
	int rc = check(cli, err);

	rc = rc != 0 ? rc : ph_sheet_collect(cli->command->name);
	if (rc < 0) {
		return rc;
	}
	status = cli->command->run(cli, err);
	book = ph_sheet_take();
	if (status >= 0 && (!book || ph_json_shortages() != shortages)) {
		rc = ph_fail_errno(err, -ENOMEM, ph_say("making the sheet", "làm bảng"));
	}
	/* what was not found has no sheet, and has been said */
	if (status >= 0 && rc == 0 &&
	    (status == 0 || json_array_size(json_object_get(book, "sheets")) > 0)) {
		rc = deliver(cli, book, err);
	}
	json_decref(book);
	return rc < 0 ? rc : status;
}
