/*
 * common/cli/secret_file.c - a secret from the file that an argument or an option names.
 *
 * A file that is there is called by its name in errors. One that is not may have no name at
 * all, but be the secret; then how long it is tells whoever typed it what happened. What
 * begins as an invite or a recovery key does is said to be one.
 */
#include "common/cli/secret_file.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/file.h"
#include "common/cli/out.h"

/* Files are read by so much at a time (common/base/file.c), and BUF has room for that from the start. */
#define READ_STEP    ((size_t)16 * 1024)
/* With what the texts of invites, recovery keys and the like begin. */
#define SECRET_BEGIN "PACKHORSE"

/* Whether RC, of opening a file, says that nothing has that name. */
static bool is_nothing(int rc)
{
	return rc == -ENOENT || rc == -ENOTDIR || rc == -ENAMETOOLONG || rc == -ELOOP;
}

static int refuse(const char *path, const char *what, struct ph_error *err)
{
	const char *begin = path + strspn(path, " \t\r\n");

	if (strncmp(begin, SECRET_BEGIN, strlen(SECRET_BEGIN)) == 0 &&
	    strchr(begin, ':')) {
		return ph_fail(
			err, PH_EXIT_OTHER, -ENOENT,
			ph_say("%s names a file, and what was given is the secret "
			       "itself (%zu characters): it could be read by others "
			       "of this machine while this ran. Put it into a file, "
			       "and name that",
			       "%s chỉ một tệp, mà ở đây lại là chính bí mật (%zu ký "
			       "tự): trong lúc chạy, người khác trên máy này đọc được. "
			       "Hãy ghi vào một tệp rồi chỉ tên tệp đó"),
			what, strlen(path));
	}
	return ph_fail(err, PH_EXIT_OTHER, -ENOENT,
		       ph_say("%s names a file, and there is none of the name that was "
			      "given. It has %zu characters, and is not repeated here: "
			      "it may be the secret itself",
			      "%s chỉ một tệp, mà không có tệp nào tên như vậy. Tên đã "
			      "cho có %zu ký tự, không nhắc lại ở đây vì có thể chính "
			      "là bí mật"),
		       what, strlen(path));
}

int ph_secret_file_read(const char *path, const char *what, size_t max,
			struct ph_buf *out, struct ph_error *err)
{
	int rc = ph_buf_secret(out, max + READ_STEP);

	rc = rc < 0 ? rc : ph_file_read(path, max, out, NULL);
	if (is_nothing(rc)) {
		return refuse(path, what, err);
	}
	if (rc == -EFBIG) {
		return ph_fail(
			err, PH_EXIT_OTHER, rc,
			ph_say("%s: larger than %zu bytes", "%s: lớn hơn %zu byte"), path,
			max);
	}
	return rc < 0 ? ph_fail_errno(err, rc, path) : 0;
}
