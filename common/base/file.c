/*
 * common/base/file.c - the few file operations that must survive a power cut.
 *
 * A file is replaced by writing PATH.part, fsync, rename over PATH, fsync of the
 * folder: at each point a reader, or the next start, finds the old file or the new.
 *
 * Failure before the rename: PATH.part is removed, PATH is as it was. Failure of the
 * folder's fsync: the error is passed on, and PATH is the new file unless power fails.
 */
#include "common/base/file.h"
#include "common/base/growing.h"
#include "common/base/say.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#define READ_STEP (16 * 1024)

static const struct ph_file_ops *ops = &ph_file_ops_system;

const struct ph_file_ops *ph_file_ops_used(void)
{
	return ops;
}

void ph_file_use(const struct ph_file_ops *other)
{
	ops = other ? other : &ph_file_ops_system;
}

/* Read what FD gives, at most MAX bytes. */
static int read_all(int fd, size_t max, struct ph_buf *out)
{
	size_t total = 0;

	for (;;) {
		int rc = ph_buf_reserve(out, READ_STEP);

		if (rc < 0) {
			return rc;
		}

		int64_t n = ops->read(fd, out->data + out->len, READ_STEP);

		if (n <= 0) {
			return (int)n;
		}
		if ((size_t)n > max - total) {
			/* what was read lies behind out->len: no trace of it */
			sodium_memzero(out->data + out->len, (size_t)n);
			return -EFBIG;
		}
		out->len += (size_t)n;
		total += (size_t)n;
	}
}

int ph_file_read(const char *path, size_t max, struct ph_buf *out, struct ph_error *err)
{
	size_t before = out->len;
	int fd = ops->open(path, O_RDONLY, 0);
	int rc = fd < 0 ? fd : read_all(fd, max, out);

	if (fd >= 0) {
		ops->close(fd);
	}
	if (rc == 0) {
		return 0;
	}
	if (out->len > before) {
		sodium_memzero(out->data + before, out->len - before);
		out->len = before;
	}
	if (rc == -EFBIG) {
		return ph_fail(
			err, PH_EXIT_OTHER, rc,
			ph_say("%s: larger than %zu bytes", "%s: lớn hơn %zu byte"), path,
			max);
	}
	return ph_fail_errno(err, rc, path);
}

int ph_file_put(int fd, struct ph_view bytes)
{
	while (bytes.len > 0) {
		int64_t n = ops->write(fd, bytes.data, bytes.len);

		if (n < 0) {
			return (int)n;
		}
		bytes.data += n;
		bytes.len -= (size_t)n;
	}
	return 0;
}

int ph_file_grow_open(struct ph_file_growing *file, const char *path, uint64_t max)
{
	uint8_t step[READ_STEP];
	uint64_t size = 0;
	int64_t n = 1;
	int fd = ops->open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);

	/* what is read moves the place at which is written */
	while (fd >= 0 && n > 0 && size <= max) {
		n = ops->read(fd, step, sizeof(step));
		size += n > 0 ? (uint64_t)n : 0;
	}
	file->fd = fd < 0 ? -1 : fd;
	file->size = size;
	if (fd < 0 || n < 0 || size > max) {
		ph_file_grow_close(file);
		return fd < 0 ? fd : n < 0 ? (int)n : -EFBIG;
	}
	return 0;
}

int ph_file_grow_cut(struct ph_file_growing *file, const char *path, uint64_t size)
{
	int rc = ops->truncate(file->fd, size);

	ph_file_grow_close(file); /* the place at which is written is behind what went */
	return rc < 0 ? rc : ph_file_grow_open(file, path, size);
}

int ph_file_grow(struct ph_file_growing *file, struct ph_view bytes)
{
	int rc = ph_file_put(file->fd, bytes);

	file->size += rc == 0 ? bytes.len : 0;
	return rc;
}

void ph_file_grow_close(struct ph_file_growing *file)
{
	if (file->fd >= 0) {
		(void)ops->close(file->fd);
	}
	file->fd = -1;
}

int ph_file_read_front(const char *path, size_t len, struct ph_buf *out)
{
	struct ph_file_info info;
	size_t done = 0;
	int rc = ops->look(path, &info);

	if (rc == 0 && !info.plain) {
		rc = -ENOTSUP;
	}
	rc = rc == 0 ? ph_buf_reserve(out, len + 1) : rc;
	if (rc < 0) {
		return rc;
	}

	int fd = ops->open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	int64_t n = fd < 0 ? fd : 1;

	while (n > 0 && done < len) {
		n = ops->read(fd, out->data + out->len + done, len - done);
		done += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0) {
		ops->close(fd);
	}
	out->len += n < 0 ? 0 : done;
	return n < 0 ? (int)n : 0;
}

int ph_file_read_plain(const char *path, size_t max, struct ph_buf *out)
{
	size_t before = out->len;
	struct ph_file_info info;
	int rc = ops->look(path, &info);

	if (rc < 0 || !info.plain) {
		return rc < 0 ? rc : -ENOTSUP;
	}
	if (info.size > max) {
		return -EFBIG;
	}
	/* it may grow meanwhile: one byte more than it had shows that */
	rc = ph_file_read_front(path, (size_t)info.size + 1, out);
	if (rc == 0 && out->len - before > info.size) {
		out->len = before;
		rc = -EFBIG;
	}
	return rc;
}

/* Make a new file with TIMES times BYTES that is on the disk when this returns 0. */
static int write_new(const char *path, struct ph_view bytes, size_t times, unsigned mode)
{
	/* What an interrupted run left may be anything; begin with a file of our own. */
	int rc = ops->unlink(path);

	if (rc < 0 && rc != -ENOENT) {
		return rc;
	}

	int fd = ops->open(path, O_WRONLY | O_CREAT | O_EXCL, mode);

	if (fd < 0) {
		return fd;
	}
	for (rc = 0; rc == 0 && times > 0; times--) {
		rc = ph_file_put(fd, bytes);
	}
	if (rc == 0) {
		rc = ops->sync(fd);
	}
	if (rc == 0) {
		(void)ops->forget(fd); /* whether it could or not, it is on the disk */
	}

	int closed = ops->close(fd);

	rc = rc == 0 ? closed : rc;
	if (rc < 0) {
		ops->unlink(path);
	}
	return rc;
}

int ph_file_write_new(const char *path, struct ph_view bytes, unsigned mode)
{
	return write_new(path, bytes, 1, mode);
}

int ph_file_fill(const char *path, struct ph_view piece, size_t times, unsigned mode)
{
	return write_new(path, piece, times, mode);
}

/* The folder that holds PATH. */
static int parent_of(char out[static PATH_MAX], const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/') {
		len--;
	}
	while (len > 0 && path[len - 1] != '/') {
		len--;
	}
	while (len > 1 && path[len - 1] == '/') {
		len--;
	}
	if (len == 0) {
		path = ".";
		len = 1;
	}
	if (len >= PATH_MAX) {
		return -ENAMETOOLONG;
	}
	memcpy(out, path, len);
	out[len] = '\0';
	return 0;
}

static int sync_path(const char *path, int flags)
{
	int fd = ops->open(path, O_RDONLY | flags, 0);

	if (fd < 0) {
		return fd;
	}

	int rc = ops->sync(fd);

	ops->close(fd);
	return rc;
}

/* Make what was created, renamed or removed in the folder of PATH last. */
static int sync_parent(const char *path)
{
	char dir[PATH_MAX];
	int rc = parent_of(dir, path);

	return rc < 0 ? rc : sync_path(dir, O_DIRECTORY);
}

int ph_file_sync(const char *path, struct ph_error *err)
{
	int rc = sync_path(path, 0);

	if (rc == 0) {
		rc = sync_parent(path);
	}
	return rc == 0 ? 0 : ph_fail_errno(err, rc, path);
}

int ph_file_write(const char *path, struct ph_view bytes, unsigned mode,
		  struct ph_error *err)
{
	char part[PATH_MAX];
	int n = snprintf(part, sizeof(part), "%s.part", path);

	if (n < 0 || (size_t)n >= sizeof(part)) {
		return ph_fail_errno(err, -ENAMETOOLONG, path);
	}

	int rc = write_new(part, bytes, 1, mode);

	if (rc == 0) {
		rc = ops->rename(part, path);
		if (rc < 0) {
			ops->unlink(part);
		} else {
			rc = sync_parent(path);
		}
	}
	return rc == 0 ? 0 : ph_fail_errno(err, rc, path);
}

int ph_file_rename(const char *from, const char *to, struct ph_error *err)
{
	int rc = ops->rename(from, to);

	if (rc == 0) {
		rc = sync_parent(to);
	}
	return rc == 0 ? 0 : ph_fail_errno(err, rc, to);
}

static int put_zeros(int fd, uint64_t left)
{
	static const uint8_t zeros[256];
	int rc = 0;

	while (rc == 0 && left > 0) {
		size_t len = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);

		rc = ph_file_put(fd, PH_VIEW(zeros, len));
		left -= len;
	}
	return rc < 0 ? rc : ops->sync(fd);
}

/* From the beginning of PATH: zeros as far as it goes, or (WITH) BYTES and no more. */
static int put_over(const char *path, struct ph_view bytes, bool with)
{
	struct ph_file_info info;
	int rc = ops->info(path, &info);
	int fd = rc < 0 ? rc : ops->open(path, O_WRONLY, 0);

	if (fd < 0) {
		return fd;
	}
	if (!with) {
		rc = put_zeros(fd, info.size);
	} else {
		rc = ph_file_put(fd, bytes);
		rc = rc < 0 ? rc : ops->truncate(fd, bytes.len);
		rc = rc < 0 ? rc : ops->sync(fd);
	}

	int closed = ops->close(fd);

	return rc < 0 ? rc : closed;
}

int ph_file_replace(const char *path, struct ph_view bytes)
{
	int rc = put_over(path, bytes, false);

	return rc < 0 ? rc : put_over(path, bytes, true);
}

int ph_file_remove(const char *path)
{
	return ops->unlink(path);
}

int ph_dir_sync(const char *path)
{
	return sync_path(path, O_DIRECTORY);
}

int ph_dir_create(const char *path, struct ph_error *err)
{
	return ph_dir_create_as(path, 0700, err);
}

/*
 * Who made PATH may have ended before that was on the disk. A folder above it that we may not
 * read, or that knows no syncing, is one that we made nothing in.
 */
static int sync_again(const char *path)
{
	int rc = sync_parent(path);

	return rc == -EACCES || rc == -EPERM || rc == -EINVAL ? 0 : rc;
}

int ph_dir_create_as(const char *path, unsigned mode, struct ph_error *err)
{
	struct ph_file_info info;
	int rc = ops->mkdir(path, mode);

	if (rc == 0) {
		rc = sync_parent(path);
	} else if (rc == -EEXIST) {
		rc = ops->info(path, &info);
		rc = rc < 0 ? rc : info.folder ? sync_again(path) : -ENOTDIR;
	}
	return rc == 0 ? 0 : ph_fail_errno(err, rc, path);
}

int ph_dir_list(const char *path, ph_file_seen *seen, void *data)
{
	return ops->list(path, seen, data);
}

struct empty_check {
	const char *path, *advice;
	bool (*may_stay)(const char *name);
	struct ph_error *err;
};

static int see_name(void *data, const char *name)
{
	const struct empty_check *check = data;

	return check->may_stay(name) ? 0
				     : ph_fail(check->err, PH_EXIT_OTHER, -ENOTEMPTY,
					       ph_say("%s is not empty (it holds %s); %s",
						      "%s không trống (có %s); %s"),
					       check->path, name, check->advice);
}

int ph_dir_check_empty(const char *path, bool (*may_stay)(const char *name),
		       const char *advice, struct ph_error *err)
{
	struct empty_check check = { path, advice, may_stay, err };

	return ph_dir_list(path, see_name, &check);
}

int ph_dir_room(const char *path, uint64_t *bytes_out)
{
	return ops->room(path, bytes_out);
}

int ph_file_info(const char *path, struct ph_file_info *info_out)
{
	return ops->info(path, info_out);
}

int ph_file_look(const char *path, struct ph_file_info *info_out)
{
	return ops->look(path, info_out);
}

bool ph_file_exists(const char *path)
{
	struct ph_file_info info;

	return ops->info(path, &info) == 0;
}

int ph_file_touch(const char *path)
{
	int fd = ops->open(path, O_RDWR | O_CREAT, 0600);

	if (fd < 0) {
		return fd;
	}
	ops->close(fd);
	return 0;
}

int ph_path_join(char *out, size_t out_size, const char *dir, const char *name,
		 struct ph_error *err)
{
	size_t dir_len = strlen(dir);
	size_t name_len = strlen(name);
	bool slash = dir_len > 0 && dir[dir_len - 1] != '/';

	if (dir_len + slash + name_len >= out_size) {
		return ph_fail_errno(err, -ENAMETOOLONG, name);
	}
	memcpy(out, dir, dir_len);
	if (slash) {
		out[dir_len++] = '/';
	}
	memcpy(out + dir_len, name, name_len + 1);
	return 0;
}
