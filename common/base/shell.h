/* common/base/shell.h - words of commands that a person is told to give. */
#ifndef PH_BASE_SHELL_H
#define PH_BASE_SHELL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define PH_SHELL_PATH                                                                    \
	(4 * PATH_MAX) /* room for any path, each byte of it an apostrophe */

/*
 * TEXT into OUT, of SIZE bytes, as a POSIX shell reads it back as one word: as it is where no byte of it means
 * something there, else in apostrophes. False, and OUT is "": it has no room.
 */
bool ph_shell_word(const char *text, char *out, size_t size);

#endif
