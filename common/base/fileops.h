/*
 * common/base/fileops.h - the operations on files that all others are made of.
 *
 * Hub and site reach the disk through this table and through SQLite, and in no other
 * way: a test that gives both another disk (ph_file_use(), sqlite3_vfs_register()) runs
 * the whole of them on it. Only file.c calls these; everybody else calls file.h.
 *
 * Every operation returns 0 or what is said here, or a negative errno. What lasts through
 * a power cut is what POSIX promises and no more: the content of a file after `sync` of
 * it, a name that was made, renamed or removed after `sync` of its folder.
 */
#ifndef PH_BASE_FILEOPS_H
#define PH_BASE_FILEOPS_H

#include "common/base/bytes.h"

struct ph_file_info {
	bool folder;
	bool plain; /* neither a folder nor anything special: a file with content */
	uint64_t size;
	unsigned mode;  /* who may do what, as in 0600; 0 of a link */
	unsigned owner; /* the number of the user whose it is */
	/* which disk, which file on it, and when name, place or content last changed */
	uint64_t device, inode;
	int64_t changed_s, changed_ns;
};

/* NAME of one entry of a folder; a positive number ends the listing. */
typedef int ph_file_seen(void *data, const char *name);

struct ph_file_ops {
	/*
	 * A descriptor. FLAGS as of open(2), of them O_RDONLY, O_WRONLY, O_RDWR, O_APPEND,
	 * O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW and O_NONBLOCK; with O_EXCL the mode is MODE, whatever the umask says,
	 * or, of a file that others may read, what its file system gives it if that has no modes.
	 */
	int (*open)(const char *path, int flags, unsigned mode);
	int (*close)(int fd);
	/* From where the last one ended; the bytes moved, for `read` 0 at the end. */
	int64_t (*read)(int fd, uint8_t *out, size_t len);
	int64_t (*write)(int fd, const uint8_t *bytes, size_t len);
	int (*truncate)(int fd, uint64_t size);
	int (*sync)(int fd); /* of a file or a folder */
	/* One holder until the descriptor is closed; -EWOULDBLOCK at once if another. */
	int (*lock)(int fd);
	int (*rename)(const char *from, const char *to);
	int (*unlink)(const char *path);
	int (*mkdir)(const char *path, unsigned mode);
	int (*info)(const char *path, struct ph_file_info *info_out);
	/* The same of what is there itself: a link is not followed, and is not plain. */
	int (*look)(const char *path, struct ph_file_info *info_out);
	/* What was synced of a file need not be remembered: who reads it asks the disk. */
	int (*forget)(int fd);
	/* The names in a folder but "." and ".."; what SEEN returned if not 0; or negative errno. */
	int (*list)(const char *path, ph_file_seen *seen, void *data);
	/* Bytes that may still be written to the disk of PATH. */
	int (*room)(const char *path, uint64_t *bytes_out);
};

/* The system's own. */
extern const struct ph_file_ops ph_file_ops_system;

#endif
