/*
 * tests/fuzz/odd_disk.h - the simulated disk, with files on it that are not what they seem.
 *
 * The disk itself has plain files and folders. Names can be said to be something else; what
 * is removed, or gets another file in its place, is so no longer.
 */
#ifndef PH_FUZZ_ODD_DISK_H
#define PH_FUZZ_ODD_DISK_H

#include <errno.h>
#include <string.h>

#include "common/base/file.h"
#include "proto/bundle.h"
#include "tests/sim/disk.h"

enum {
	ODD_MAX = 64,
	ODD_NAME_SIZE = 96,
};

/* How a file is not what it seems, besides its bytes. */
enum odd {
	NOT_ODD,
	NO_FILE, /* a link, a pipe, ... */
	HUGE_ONE,
	GROWS, /* longer than what was said of it */
	CLOSED /* it cannot be opened */
};

static struct odd_file {
	char name[ODD_NAME_SIZE];
	enum odd odd;
} odd_files[ODD_MAX];
static unsigned n_odd_files;

static inline enum odd odd_of(const char *path)
{
	const char *name = strrchr(path, '/');

	for (unsigned i = 0; name && i < n_odd_files; i++) {
		if (strcmp(odd_files[i].name, name + 1) == 0) {
			return odd_files[i].odd;
		}
	}
	return NOT_ODD;
}

static inline int odd_look(const char *path, struct ph_file_info *info_out)
{
	int rc = sim_file_ops.look(path, info_out);
	enum odd odd = odd_of(path);

	if (rc == 0 && info_out->plain) {
		info_out->plain = odd != NO_FILE;
		info_out->size = odd == HUGE_ONE ? PH_BUNDLE_MAX + 1 : info_out->size;
		info_out->size -= odd == GROWS && info_out->size > 0;
	}
	return rc;
}

static inline int odd_open(const char *path, int flags, unsigned mode)
{
	return odd_of(path) == CLOSED ? -EACCES : sim_file_ops.open(path, flags, mode);
}

/* What is renamed or removed is no longer odd. */
static inline void odd_forget(const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	for (unsigned i = 0; i < n_odd_files; i++) {
		if (strcmp(odd_files[i].name, name) == 0) {
			odd_files[i--] = odd_files[--n_odd_files];
		}
	}
}

static inline int odd_rename(const char *from, const char *to)
{
	int rc = sim_file_ops.rename(from, to);

	if (rc == 0) {
		odd_forget(from);
		odd_forget(to);
	}
	return rc;
}

static inline int odd_unlink(const char *path)
{
	int rc = sim_file_ops.unlink(path);

	if (rc == 0) {
		odd_forget(path);
	}
	return rc;
}

/* NAME is ODD from now on. */
static inline void odd_say(const char *name, enum odd odd)
{
	if (odd != NOT_ODD && n_odd_files < ODD_MAX) {
		strcpy(odd_files[n_odd_files].name, name);
		odd_files[n_odd_files++].odd = odd;
	}
}

/* Behind sim_disk_begin(): the product's files are there. */
static inline void odd_disk_use(void)
{
	static struct ph_file_ops ops;

	ops = sim_file_ops;
	ops.look = odd_look;
	ops.open = odd_open;
	ops.rename = odd_rename;
	ops.unlink = odd_unlink;
	ph_file_use(&ops);
}

#endif
