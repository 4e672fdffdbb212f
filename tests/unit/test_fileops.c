/*
 * Tests of common/base/fileops.c: what a stick does that no folder here can be made to do. A
 * folder that can no more be read after its first names, and a file system of somebody else's
 * that has no modes: readdir(3) and fchmod(2) are those below.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/file.h"

static char folder[] = "/tmp/ph-fileops-XXXXXX";
static int list_error;  /* errno behind the names; 0: that is all */
static int chmod_error; /* errno; 0: a mode can be set */

struct dirent *readdir(DIR *dir)
{
	static struct dirent item;
	static const char *const names[] = { "first", "second" };
	static unsigned at;

	(void)dir;
	if (at < 2) {
		strcpy(item.d_name, names[at++]);
		return &item;
	}
	at = 0;
	if (list_error != 0) {
		errno = list_error;
	}
	return NULL;
}

int fchmod(int fd, mode_t mode)
{
	(void)fd;
	(void)mode;
	errno = chmod_error;
	return chmod_error != 0 ? -1 : 0;
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static int count(void *data, const char *name)
{
	unsigned *n = data;

	(void)name;
	(*n)++;
	errno = ENOENT; /* as whoever looks at a file may leave it */
	return 0;
}

/* What cannot be read to its end is not all that is there. */
static void test_list_fails(void **state)
{
	unsigned n = 0;

	(void)state;
	list_error = EIO;
	assert_int_equal(ph_dir_list(folder, count, &n), -EIO);
	assert_int_equal(n, 2);
	list_error = 0;
	n = 0;
	assert_int_equal(ph_dir_list(folder, count, &n), 0);
	assert_int_equal(n, 2);
}

/* For everybody: as wide as the stick has it. For its owner alone: not at all. */
static void test_no_modes(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/file", folder);
	chmod_error = EPERM;
	assert_int_equal(ph_file_write_new(path, PH_VIEW((const uint8_t *)"x", 1), 0644),
			 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ph_file_write_new(path, PH_VIEW((const uint8_t *)"x", 1), 0600),
			 -EPERM);
	assert_false(ph_file_exists(path));
	chmod_error = EIO;
	assert_int_equal(ph_file_write_new(path, PH_VIEW((const uint8_t *)"x", 1), 0644),
			 -EIO);
	assert_false(ph_file_exists(path));
	chmod_error = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_fails),
		cmocka_unit_test(test_no_modes),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
