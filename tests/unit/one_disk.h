/*
 * tests/unit/one_disk.h - the simulated disk "a", and its files by their text; for tests of
 * the disk itself.
 *
 * Fate is drawn: what may be lost must be lost under some of many seeds and kept under
 * others; what lasts must last under all.
 */
#ifndef PH_TESTS_ONE_DISK_H
#define PH_TESTS_ONE_DISK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "tests/sim/disk.h"

enum {
	SEEDS = 400
};

static inline int setup(void **state)
{
	(void)state;
	sim_disk_begin(14);
	sim_disk_add("a");
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	sim_disk_end();
	return 0;
}

/* The text of PATH; "-" when it is not there. */
static inline const char *text_of(const char *path)
{
	static char text[8192];
	struct ph_buf bytes = { 0 };

	if (ph_file_read(path, sizeof(text) - 1, &bytes, NULL) != 0) {
		ph_buf_deinit(&bytes);
		return "-";
	}
	memcpy(text, bytes.data, bytes.len);
	text[bytes.len] = '\0';
	ph_buf_deinit(&bytes);
	return text;
}

static inline void put(const char *path, const char *text)
{
	assert_int_equal(ph_file_write(path, ph_view_str(text), 0600, NULL), 0);
}

/* Write TEXT to PATH at AT without a sync. */
static inline void scribble(const char *path, const char *text)
{
	int fd = sim_file_ops.open(path, O_RDWR | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(sim_file_ops.write(fd, (const uint8_t *)text, strlen(text)),
			 (int64_t)strlen(text));
	assert_int_equal(sim_file_ops.close(fd), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

#endif
