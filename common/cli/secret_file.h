/*
 * common/cli/secret_file.h - a secret from the file that an argument or an option names.
 *
 * Who gives the secret itself there, as `join "$(cat invite)"` does, must not find it once more in
 * an error, which is copied, printed and kept: a name at which there is nothing is not repeated.
 */
#ifndef PH_CLI_SECRET_FILE_H
#define PH_CLI_SECRET_FILE_H

#include "common/base/bytes.h"
#include "common/base/error.h"

/*
 * Read the file PATH, of at most MAX bytes, into OUT, which is empty and then lies in locked
 * memory, for the caller to wipe. WHAT names the argument or option, as it is typed. 0; or a negative errno with
 * ERR: -ENOENT where there is no such file, in words that do not have PATH;
 * -EFBIG; any other of a file that is there, with PATH.
 */
int ph_secret_file_read(const char *path, const char *what, size_t max,
			struct ph_buf *out, struct ph_error *err);

#endif
