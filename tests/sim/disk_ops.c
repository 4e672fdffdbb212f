/*
 * tests/sim/disk_ops.c - the simulated disk as the operations of common/base/fileops.h.
 *
 * Descriptors count from a number that no real one has. One from before a cut or a kill
 * gives -EIO in everything but close.
 */
#include "tests/sim/disk_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum {
	FD_FIRST = 1 << 20
};

struct handle {
	struct sim_node *node; /* NULL: free */
	struct sim_disk *disk;
	uint64_t life;
	uint64_t at;
	bool writes, appends;
	char path[SIM_PATH_MAX];
};

static struct handle **handles;
static size_t n_handles;

void sim_ops_end(void)
{
	for (size_t i = 0; i < n_handles; i++) {
		sim_node_unref(handles[i]->node);
		free(handles[i]);
	}
	free(handles);
	handles = NULL;
	n_handles = 0;
}

static int new_handle(void)
{
	for (size_t i = 0; i < n_handles; i++) {
		if (handles[i]->node == NULL) {
			return (int)i;
		}
	}

	struct handle **more = realloc(handles, (n_handles + 1) * sizeof(*more));
	struct handle *handle = calloc(1, sizeof(*handle));

	if (more == NULL || handle == NULL) {
		abort();
	}
	handles = more;
	handles[n_handles] = handle;
	return (int)n_handles++;
}

static struct handle *handle_of(int fd)
{
	size_t at = (size_t)(fd - FD_FIRST);

	if (fd < FD_FIRST || at >= n_handles || handles[at]->node == NULL) {
		return NULL;
	}
	return handles[at];
}

static int alive(const struct handle *handle)
{
	if (handle == NULL) {
		return -EBADF;
	}
	return handle->disk->on && handle->life == handle->disk->life ? 0 : -EIO;
}

static int create(struct sim_disk *disk, const char *rest, unsigned mode, bool folder)
{
	enum sim_disk_op op = folder ? SIM_OP_MKDIR : SIM_OP_CREATE;
	struct sim_node *node;
	int rc;

	(void)mode; /* nobody else is here */
	if (sim_folder_of(disk, rest) == NULL) {
		return -ENOENT;
	}
	rc = sim_op_begin(disk, op, NULL);
	if (rc < 0) {
		return rc;
	}
	node = sim_node_new(disk, folder);
	sim_change(disk, NULL, rest, node);
	sim_node_unref(node);
	sim_op_end(disk, op, rest);
	return 0;
}

/* The folder of all machines, and what is above it, nobody reads or changes. */
static bool is_above(const char *path)
{
	return strcmp(path, "/") == 0 || strcmp(path, "/m") == 0;
}

static int op_open(const char *path, int flags, unsigned mode)
{
	char rest[SIM_PATH_MAX];
	struct sim_disk *disk;
	struct sim_node *node;
	uint64_t life;
	int rc = is_above(path) ? -EACCES : sim_find(path, &disk, rest);

	if (rc < 0 || !disk->on) {
		return rc < 0 ? rc : -EIO;
	}
	life = disk->life;
	node = sim_lookup(&disk->now, rest);
	if (node && (flags & O_CREAT) && (flags & O_EXCL)) {
		return -EEXIST;
	}
	if (node && node->folder && (flags & (O_WRONLY | O_RDWR))) {
		return -EISDIR;
	}
	if (node && !node->folder && (flags & O_DIRECTORY)) {
		return -ENOTDIR;
	}
	if (node == NULL) {
		rc = flags & O_CREAT ? create(disk, rest, mode, false) : -ENOENT;
		if (rc < 0) {
			return rc;
		}
		node = sim_lookup(&disk->now, rest);
		if (node == NULL || disk->life != life) {
			return -EIO; /* the power went with it */
		}
	}

	int fd = new_handle();
	struct handle *handle = handles[fd];

	sim_node_ref(node);
	*handle = (struct handle){ .node = node,
				   .disk = disk,
				   .life = disk->life,
				   .writes = (flags & (O_WRONLY | O_RDWR)) != 0,
				   .appends = (flags & O_APPEND) != 0 };
	strcpy(handle->path, rest);
	return fd + FD_FIRST;
}

static int op_close(int fd)
{
	struct handle *handle = handle_of(fd);

	if (handle == NULL) {
		return -EBADF;
	}
	if (handle->node->holder == handle) {
		handle->node->holder = NULL;
	}
	sim_node_unref(handle->node);
	handle->node = NULL;
	return 0;
}

static int64_t op_read(int fd, uint8_t *out, size_t len)
{
	struct handle *handle = handle_of(fd);
	int rc = alive(handle);

	if (rc == 0) {
		rc = handle->node->folder ? -EISDIR : sim_read_begin(handle->disk);
	}
	if (rc < 0) {
		return rc;
	}

	const struct sim_bytes *now = &handle->node->now;
	uint64_t left = handle->at < now->len ? now->len - handle->at : 0;

	len = len < left ? len : (size_t)left;
	if (len > 0) {
		memcpy(out, now->data + handle->at, len);
	}
	handle->at += len;
	return (int64_t)len;
}

static int64_t op_write(int fd, const uint8_t *bytes, size_t len)
{
	struct handle *handle = handle_of(fd);
	int rc = alive(handle);
	size_t fits;

	if (rc == 0 && !handle->writes) {
		rc = -EBADF;
	}
	if (rc == 0 && handle->appends) {
		handle->at = handle->node->now.len;
	}
	if (rc == 0 && len > 0) {
		fits = sim_fits(handle->node, handle->at, len);
		rc = sim_op_begin(handle->disk, SIM_OP_WRITE, &fits);
	}
	if (rc < 0 || len == 0) {
		return rc;
	}
	if (fits == 0) {
		return -ENOSPC;
	}
	sim_node_write(handle->node, handle->at, bytes, fits);
	handle->at += fits;
	handle->disk->counts.bytes_written += fits;
	sim_op_end(handle->disk, SIM_OP_WRITE, handle->path);
	return (int64_t)fits;
}

static int op_truncate(int fd, uint64_t size)
{
	struct handle *handle = handle_of(fd);
	int rc = alive(handle);

	if (rc == 0) {
		rc = handle->writes ? sim_op_begin(handle->disk, SIM_OP_TRUNCATE, NULL)
				    : -EINVAL;
	}
	if (rc < 0) {
		return rc;
	}
	sim_node_truncate(handle->node, size);
	sim_op_end(handle->disk, SIM_OP_TRUNCATE, handle->path);
	return 0;
}

static int op_sync(int fd)
{
	struct handle *handle = handle_of(fd);
	int rc = alive(handle);
	bool folder = rc == 0 && handle->node->folder;
	enum sim_disk_op op = folder ? SIM_OP_SYNC_FOLDER : SIM_OP_SYNC;

	if (rc == 0) {
		rc = sim_op_begin(handle->disk, op, NULL);
	}
	if (rc < 0) {
		return rc;
	}
	if (!(handle->disk->traits.lies & (folder ? SIM_LIE_FOLDER : SIM_LIE_FILE))) {
		sim_sync(handle->node);
	}
	sim_op_end(handle->disk, op, handle->path);
	return 0;
}

static int op_lock(int fd)
{
	struct handle *handle = handle_of(fd);
	int rc = alive(handle);

	if (rc == 0 && handle->node->holder && handle->node->holder != handle) {
		rc = -EWOULDBLOCK;
	}
	if (rc == 0) {
		handle->node->holder = handle;
	}
	return rc;
}

static int op_rename(const char *from, const char *to)
{
	char from_rest[SIM_PATH_MAX];
	char to_rest[SIM_PATH_MAX];
	struct sim_disk *disk;
	struct sim_disk *other;
	int rc = sim_find(from, &disk, from_rest);

	if (rc == 0) {
		rc = sim_find(to, &other, to_rest);
	}
	if (rc == 0 && disk != other) {
		rc = -EXDEV;
	}
	if (rc < 0) {
		return rc;
	}

	struct sim_node *node = sim_lookup(&disk->now, from_rest);
	struct sim_node *old = sim_lookup(&disk->now, to_rest);

	if (node == NULL || sim_folder_of(disk, to_rest) == NULL) {
		return disk->on ? -ENOENT : -EIO;
	}
	/* no part of the product renames folders */
	if (node->folder || (old && old->folder)) {
		return -EISDIR;
	}
	rc = sim_op_begin(disk, SIM_OP_RENAME, NULL);
	if (rc < 0) {
		return rc;
	}
	sim_change(disk, from_rest, to_rest, node);
	sim_op_end(disk, SIM_OP_RENAME, to_rest);
	return 0;
}

static int op_unlink(const char *path)
{
	char rest[SIM_PATH_MAX];
	struct sim_disk *disk;
	struct sim_node *node;
	int rc = sim_find(path, &disk, rest);

	if (rc < 0 || !disk->on) {
		return rc < 0 ? rc : -EIO;
	}
	node = sim_lookup(&disk->now, rest);
	if (node == NULL || node->folder) {
		return node ? -EISDIR : -ENOENT;
	}
	rc = sim_op_begin(disk, SIM_OP_UNLINK, NULL);
	if (rc < 0) {
		return rc;
	}
	sim_change(disk, rest, NULL, node);
	sim_op_end(disk, SIM_OP_UNLINK, rest);
	return 0;
}

static int op_mkdir(const char *path, unsigned mode)
{
	char rest[SIM_PATH_MAX];
	struct sim_disk *disk;
	int rc = strcmp(path, "/m") == 0 ? -EEXIST : sim_find(path, &disk, rest);

	if (rc < 0 || !disk->on) {
		return rc < 0 ? rc : -EIO;
	}
	return sim_lookup(&disk->now, rest) ? -EEXIST : create(disk, rest, mode, true);
}

static int op_info(const char *path, struct ph_file_info *info_out)
{
	char rest[SIM_PATH_MAX];
	struct sim_disk *disk;
	const struct sim_node *node;
	int rc = sim_find(path, &disk, rest);

	if (rc < 0) {
		if (strcmp(path, "/m") == 0 || strcmp(path, "/") == 0) {
			*info_out = (struct ph_file_info){ .folder = true };
			return 0;
		}
		return rc;
	}
	node = sim_lookup(&disk->now, rest);
	if (!disk->on || node == NULL) {
		return disk->on ? -ENOENT : -EIO;
	}
	*info_out = (struct ph_file_info){ .folder = node->folder,
					   .plain = !node->folder,
					   .size = node->now.len,
					   .device = 1,
					   .inode = node->inode,
					   .changed_s = node->changed };
	return 0;
}

static int op_forget(int fd)
{
	return alive(handle_of(fd));
}

static int op_list(const char *path, ph_file_seen *seen, void *data)
{
	char rest[SIM_PATH_MAX];
	struct sim_disk *disk;
	int rc = sim_find(path, &disk, rest);
	size_t len;

	if (rc < 0 || !disk->on) {
		return rc < 0 ? rc : -EIO;
	}

	const struct sim_node *node = sim_lookup(&disk->now, rest);

	if (node == NULL || !node->folder) {
		return node ? -ENOTDIR : -ENOENT;
	}
	len = strlen(rest);
	for (size_t i = 0; rc == 0 && i < disk->now.count; i++) {
		const char *name = disk->now.name[i].path;

		if (len > 0 && (strncmp(name, rest, len) != 0 || name[len] != '/')) {
			continue;
		}
		name += len > 0 ? len + 1 : 0;
		if (name[0] != '\0' && strchr(name, '/') == NULL) {
			rc = seen(data, name);
		}
	}
	return rc;
}

static int op_room(const char *path, uint64_t *bytes_out)
{
	char rest[SIM_PATH_MAX];
	struct sim_disk *disk;
	int rc = sim_find(path, &disk, rest);

	if (rc < 0) {
		return rc;
	}

	uint64_t limit = disk->traits.limit ? disk->traits.limit : (uint64_t)1 << 40;

	uint64_t used = sim_used(disk);

	*bytes_out = limit > used ? limit - used : 0;
	return 0;
}

const struct ph_file_ops sim_file_ops = {
	.open = op_open,
	.close = op_close,
	.read = op_read,
	.write = op_write,
	.truncate = op_truncate,
	.sync = op_sync,
	.lock = op_lock,
	.rename = op_rename,
	.unlink = op_unlink,
	.mkdir = op_mkdir,
	.info = op_info,
	.look = op_info, /* there are no links here */
	.forget = op_forget,
	.list = op_list,
	.room = op_room,
};
