/*
 * common/base/fileops.c - the operations on files as the system has them.
 *
 * One call of POSIX each, its errno as result; one that a signal interrupted is made
 * again. A file whose mode cannot be set is not left behind, unless it is for everybody and
 * what it lies on has no modes of its own: FAT that somebody else has mounted says EPERM.
 */
#include "common/base/fileops.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Whether a file that is to have MODE may have what the file system gives it. */
static bool is_everybodys(unsigned mode)
{
	return (mode & 0044) != 0;
}

static int sys_open(const char *path, int flags, unsigned mode)
{
	int fd = open(path, flags | O_CLOEXEC, mode & 0777);

	if (fd < 0) {
		return -errno;
	}
	if ((flags & O_EXCL) && fchmod(fd, mode & 0777) < 0 &&
	    (errno != EPERM || !is_everybodys(mode))) {
		int rc = -errno;

		close(fd);
		unlink(path);
		return rc;
	}
	return fd;
}

static int sys_close(int fd)
{
	return close(fd) < 0 ? -errno : 0;
}

static int64_t sys_read(int fd, uint8_t *out, size_t len)
{
	ssize_t n;

	do {
		n = read(fd, out, len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int64_t sys_write(int fd, const uint8_t *bytes, size_t len)
{
	ssize_t n;

	do {
		n = write(fd, bytes, len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int sys_truncate(int fd, uint64_t size)
{
	return ftruncate(fd, (off_t)size) < 0 ? -errno : 0;
}

static int sys_sync(int fd)
{
	return fsync(fd) < 0 ? -errno : 0;
}

static int sys_lock(int fd)
{
	int rc;

	do {
		rc = flock(fd, LOCK_EX | LOCK_NB);
	} while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : 0;
}

static int sys_rename(const char *from, const char *to)
{
	return rename(from, to) < 0 ? -errno : 0;
}

static int sys_unlink(const char *path)
{
	return unlink(path) < 0 ? -errno : 0;
}

static int sys_mkdir(const char *path, unsigned mode)
{
	return mkdir(path, mode) < 0 ? -errno : 0;
}

static struct ph_file_info info_of(const struct stat *found)
{
	return (struct ph_file_info){ .folder = S_ISDIR(found->st_mode),
				      .plain = S_ISREG(found->st_mode),
				      .size = (uint64_t)found->st_size,
				      .mode = S_ISLNK(found->st_mode)
						      ? 0
						      : found->st_mode & 0777,
				      .owner = found->st_uid,
				      .device = (uint64_t)found->st_dev,
				      .inode = (uint64_t)found->st_ino,
				      .changed_s = found->st_ctim.tv_sec,
				      .changed_ns = found->st_ctim.tv_nsec };
}

static int sys_info(const char *path, struct ph_file_info *info_out)
{
	struct stat found;

	if (stat(path, &found) < 0) {
		return -errno;
	}
	*info_out = info_of(&found);
	return 0;
}

static int sys_look(const char *path, struct ph_file_info *info_out)
{
	struct stat found;

	if (lstat(path, &found) < 0) {
		return -errno;
	}
	*info_out = info_of(&found);
	return 0;
}

static int sys_forget(int fd)
{
	return -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

static int sys_list(const char *path, ph_file_seen *seen, void *data)
{
	DIR *folder = opendir(path);
	int rc = 0;

	if (!folder) {
		return -errno;
	}
	while (rc == 0) {
		const struct dirent *item;

		errno = 0;
		item = readdir(folder);
		if (!item) {
			rc = -errno; /* 0: that is all */
			break;
		}
		if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0) {
			rc = seen(data, item->d_name);
		}
	}
	closedir(folder);
	return rc;
}

static int sys_room(const char *path, uint64_t *bytes_out)
{
	struct statvfs disk;

	if (statvfs(path, &disk) < 0) {
		return -errno;
	}
	*bytes_out = (uint64_t)disk.f_bavail * disk.f_frsize;
	return 0;
}

const struct ph_file_ops ph_file_ops_system = {
	.open = sys_open,
	.close = sys_close,
	.read = sys_read,
	.write = sys_write,
	.truncate = sys_truncate,
	.sync = sys_sync,
	.lock = sys_lock,
	.rename = sys_rename,
	.unlink = sys_unlink,
	.mkdir = sys_mkdir,
	.info = sys_info,
	.look = sys_look,
	.forget = sys_forget,
	.list = sys_list,
	.room = sys_room,
};
