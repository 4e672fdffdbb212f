/*
 * tests/sim/disk_vfs.c - the simulated disk as a VFS of SQLite, its default one.
 *
 * As SQLite's unix VFS behaves: an empty file does not exist to xAccess; a short write
 * for lack of room is SQLITE_FULL; the folder of a new journal or WAL is synced with its
 * first sync. No shared memory: our stores lock exclusively, and their WAL's index is in
 * the heap. Locks are kept as SQLite wants them, though nobody should ever meet one.
 *
 * After a cut or a kill all that was open gives SQLITE_IOERR.
 */
#include "tests/sim/disk_internal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <sqlite3.h>

struct vfs_file {
	sqlite3_file base;
	struct sim_node *node;
	struct sim_disk *disk; /* NULL: of no name, in memory only */
	uint64_t life;
	int lock;
	unsigned lie; /* which of SIM_LIE_* concerns it */
	bool sync_folder;
	bool drop; /* when it is closed */
	char path[SIM_PATH_MAX];
};

static sqlite3_vfs *usual;
static uint64_t draws;
static int last_errno;
static struct sim_disk nowhere = { .on = true, .traits = { .sector = 512 } };

static int failed(int rc, int code)
{
	errno = last_errno = -rc;
	return code;
}

static int alive(const struct vfs_file *file)
{
	return file->disk->on && file->life == file->disk->life ? 0 : -EIO;
}

static int f_unlock(sqlite3_file *base, int level)
{
	struct vfs_file *file = (struct vfs_file *)base;
	struct sim_node *node = file->node;

	if (alive(file) != 0) {
		file->lock = level;
		return SQLITE_OK;
	}
	if (level < SQLITE_LOCK_RESERVED) {
		node->reserved = node->reserved == file ? NULL : node->reserved;
		node->pending = node->pending == file ? NULL : node->pending;
		node->exclusive = node->exclusive == file ? NULL : node->exclusive;
	}
	if (level == SQLITE_LOCK_NONE && file->lock >= SQLITE_LOCK_SHARED) {
		node->shared--;
	}
	file->lock = file->lock < level ? file->lock : level;
	return SQLITE_OK;
}

static int f_close(sqlite3_file *base)
{
	struct vfs_file *file = (struct vfs_file *)base;

	f_unlock(base, SQLITE_LOCK_NONE);
	if (file->drop && alive(file) == 0 &&
	    sim_lookup(&file->disk->now, file->path) == file->node) {
		sim_change(file->disk, file->path, NULL, file->node);
	}
	sim_node_unref(file->node);
	return SQLITE_OK;
}

static int f_read(sqlite3_file *base, void *out, int amount, sqlite3_int64 offset)
{
	struct vfs_file *file = (struct vfs_file *)base;
	const struct sim_bytes *now = &file->node->now;
	int rc = alive(file);

	if (rc == 0) {
		rc = sim_read_begin(file->disk);
	}
	if (rc < 0) {
		return failed(rc, SQLITE_IOERR_READ);
	}

	size_t len = (size_t)amount;
	size_t at = (size_t)offset;
	size_t left = at < now->len ? now->len - at : 0;

	if (left >= len) {
		memcpy(out, now->data + at, len);
		return SQLITE_OK;
	}
	if (left > 0) {
		memcpy(out, now->data + at, left);
	}
	memset((uint8_t *)out + left, 0, len - left);
	return SQLITE_IOERR_SHORT_READ;
}

static int f_write(sqlite3_file *base, const void *bytes, int amount,
		   sqlite3_int64 offset)
{
	struct vfs_file *file = (struct vfs_file *)base;
	size_t len = (size_t)amount;
	int rc = alive(file);
	size_t fits;

	if (rc < 0) {
		return failed(rc, SQLITE_IOERR_WRITE);
	}
	fits = sim_fits(file->node, (uint64_t)offset, len);
	rc = sim_op_begin(file->disk, SIM_OP_WRITE, &fits);
	if (rc < 0) {
		return failed(rc, rc == -ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE);
	}
	if (fits > 0) {
		sim_node_write(file->node, (uint64_t)offset, bytes, fits);
		file->disk->counts.bytes_written += fits;
		sim_op_end(file->disk, SIM_OP_WRITE, file->path);
	}
	return fits == len ? SQLITE_OK : failed(-ENOSPC, SQLITE_FULL);
}

static int f_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	struct vfs_file *file = (struct vfs_file *)base;
	int rc = alive(file);

	if (rc == 0) {
		rc = sim_op_begin(file->disk, SIM_OP_TRUNCATE, NULL);
	}
	if (rc < 0) {
		return failed(rc, SQLITE_IOERR_TRUNCATE);
	}
	sim_node_truncate(file->node, (uint64_t)size);
	sim_op_end(file->disk, SIM_OP_TRUNCATE, file->path);
	return SQLITE_OK;
}

static int f_sync(sqlite3_file *base, int flags)
{
	struct vfs_file *file = (struct vfs_file *)base;
	int rc = alive(file);

	(void)flags; /* all of it, whatever is asked */
	if (rc == 0) {
		rc = sim_op_begin(file->disk, SIM_OP_SYNC, NULL);
	}
	if (rc < 0) {
		return failed(rc, SQLITE_IOERR_FSYNC);
	}
	if (!(file->disk->traits.lies & file->lie)) {
		sim_sync(file->node);
	}
	sim_op_end(file->disk, SIM_OP_SYNC, file->path);
	if (!file->sync_folder) {
		return SQLITE_OK;
	}
	rc = sim_op_begin(file->disk, SIM_OP_SYNC_FOLDER, NULL);
	if (rc < 0) {
		return failed(rc, SQLITE_IOERR_DIR_FSYNC);
	}
	if (!(file->disk->traits.lies & SIM_LIE_FOLDER)) {
		sim_sync(sim_folder_of(file->disk, file->path));
	}
	sim_op_end(file->disk, SIM_OP_SYNC_FOLDER, file->path);
	file->sync_folder = false;
	return SQLITE_OK;
}

static int f_size(sqlite3_file *base, sqlite3_int64 *size_out)
{
	struct vfs_file *file = (struct vfs_file *)base;
	int rc = alive(file);

	if (rc < 0) {
		return failed(rc, SQLITE_IOERR_FSTAT);
	}
	*size_out = (sqlite3_int64)file->node->now.len;
	return SQLITE_OK;
}

/* Whether somebody else than FILE holds LOCK. */
static bool others(const void *lock, const struct vfs_file *file)
{
	return lock != NULL && lock != file;
}

static int lock_exclusive(struct vfs_file *file)
{
	struct sim_node *node = file->node;

	if (others(node->reserved, file) || others(node->pending, file)) {
		return SQLITE_BUSY;
	}
	node->pending = file;
	if (node->shared > (file->lock >= SQLITE_LOCK_SHARED ? 1u : 0u)) {
		file->lock = SQLITE_LOCK_PENDING;
		return SQLITE_BUSY;
	}
	node->exclusive = file;
	return SQLITE_OK;
}

static int f_lock(sqlite3_file *base, int level)
{
	struct vfs_file *file = (struct vfs_file *)base;
	struct sim_node *node = file->node;
	int rc = alive(file);

	if (rc < 0) {
		return failed(rc, SQLITE_IOERR_LOCK);
	}
	if (file->lock >= level) {
		return SQLITE_OK;
	}
	if (level == SQLITE_LOCK_SHARED) {
		if (node->pending || node->exclusive) {
			return SQLITE_BUSY;
		}
		node->shared++;
	} else if (level == SQLITE_LOCK_RESERVED) {
		if (others(node->reserved, file) || others(node->pending, file)) {
			return SQLITE_BUSY;
		}
		node->reserved = file;
	} else if (lock_exclusive(file) != SQLITE_OK) {
		return SQLITE_BUSY;
	}
	file->lock = level;
	return SQLITE_OK;
}

static int f_reserved(sqlite3_file *base, int *out)
{
	const struct vfs_file *file = (const struct vfs_file *)base;

	*out = file->node->reserved != NULL || file->node->pending != NULL;
	return SQLITE_OK;
}

static int f_control(sqlite3_file *base, int op, void *arg)
{
	(void)base;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int f_sector(sqlite3_file *base)
{
	return (int)((struct vfs_file *)base)->disk->traits.sector;
}

static int f_traits(sqlite3_file *base)
{
	const struct sim_disk_traits *traits = &((struct vfs_file *)base)->disk->traits;

	return traits->powersafe || (traits->lies & SIM_LIE_POWERSAFE)
		       ? SQLITE_IOCAP_POWERSAFE_OVERWRITE
		       : 0;
}

static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = f_close,
	.xRead = f_read,
	.xWrite = f_write,
	.xTruncate = f_truncate,
	.xSync = f_sync,
	.xFileSize = f_size,
	.xLock = f_lock,
	.xUnlock = f_unlock,
	.xCheckReservedLock = f_reserved,
	.xFileControl = f_control,
	.xSectorSize = f_sector,
	.xDeviceCharacteristics = f_traits,
};

/* The node of FILE's path, made if it may be; 0 or a negative errno. */
static int find_node(struct vfs_file *file, int flags, struct sim_node **node_out)
{
	struct sim_disk *disk = file->disk;
	struct sim_node *node = sim_lookup(&disk->now, file->path);
	int rc = disk->on ? 0 : -EIO;

	if (rc == 0 && node) {
		if ((flags & SQLITE_OPEN_CREATE) && (flags & SQLITE_OPEN_EXCLUSIVE)) {
			return -EEXIST;
		}
		rc = node->folder ? -EISDIR : 0;
	} else if (rc == 0 && !(flags & SQLITE_OPEN_CREATE)) {
		rc = -ENOENT;
	} else if (rc == 0) {
		rc = sim_folder_of(disk, file->path)
			     ? sim_op_begin(disk, SIM_OP_CREATE, NULL)
			     : -ENOENT;
		if (rc == 0) {
			node = sim_node_new(disk, false);
			sim_change(disk, NULL, file->path, node);
			sim_op_end(disk, SIM_OP_CREATE, file->path);
			*node_out = node;
			return 0;
		}
	}
	if (rc == 0) {
		sim_node_ref(node);
		*node_out = node;
	}
	return rc;
}

static int v_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags,
		  int *out)
{
	struct vfs_file *file = (struct vfs_file *)base;
	bool journal = flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL |
				SQLITE_OPEN_SUPER_JOURNAL);
	struct sim_node *node = NULL;
	int rc = 0;

	(void)vfs;
	memset(file, 0, sizeof(*file));
	file->disk = &nowhere;
	if (name) {
		rc = sim_find(name, &file->disk, file->path);
		file->life = file->disk->life; /* before the power can go */
		rc = rc < 0 ? rc : find_node(file, flags, &node);
	} else {
		node = sim_node_new(&nowhere, false);
	}
	if (rc < 0) {
		return failed(rc, SQLITE_CANTOPEN);
	}
	file->node = node;
	file->lie = journal                       ? SIM_LIE_WAL
		    : flags & SQLITE_OPEN_MAIN_DB ? SIM_LIE_STORE
						  : SIM_LIE_FILE;
	file->sync_folder = journal && (flags & SQLITE_OPEN_CREATE);
	file->drop = name && (flags & SQLITE_OPEN_DELETEONCLOSE);
	base->pMethods = &methods;
	if (out) {
		*out = flags;
	}
	return SQLITE_OK;
}

static int v_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
	char rest[SIM_PATH_MAX];
	struct sim_disk *disk;
	struct sim_node *node;
	int rc = sim_find(name, &disk, rest);

	(void)vfs;
	if (rc < 0 || !disk->on) {
		return failed(-EIO, SQLITE_IOERR_DELETE);
	}
	node = sim_lookup(&disk->now, rest);
	if (node == NULL) {
		return failed(-ENOENT, SQLITE_IOERR_DELETE_NOENT);
	}
	rc = sim_op_begin(disk, SIM_OP_UNLINK, NULL);
	if (rc < 0) {
		return failed(rc, SQLITE_IOERR_DELETE);
	}
	sim_change(disk, rest, NULL, node);
	sim_op_end(disk, SIM_OP_UNLINK, rest);
	if (sync_folder) {
		rc = sim_op_begin(disk, SIM_OP_SYNC_FOLDER, NULL);
		if (rc < 0) {
			return failed(rc, SQLITE_IOERR_DIR_FSYNC);
		}
		if (!(disk->traits.lies & SIM_LIE_FOLDER)) {
			sim_sync(sim_folder_of(disk, rest));
		}
		sim_op_end(disk, SIM_OP_SYNC_FOLDER, rest);
	}
	return SQLITE_OK;
}

static int v_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	char rest[SIM_PATH_MAX];
	struct sim_disk *disk;
	const struct sim_node *node = NULL;

	(void)vfs;
	if (sim_find(name, &disk, rest) == 0 && disk->on) {
		node = sim_lookup(&disk->now, rest);
	}
	*out = node != NULL &&
	       (flags != SQLITE_ACCESS_EXISTS || node->folder || node->now.len > 0);
	return SQLITE_OK;
}

static int v_full(sqlite3_vfs *vfs, const char *name, int room, char *out)
{
	(void)vfs;
	if (strlen(name) >= (size_t)room) {
		return SQLITE_CANTOPEN;
	}
	strcpy(out, name);
	return SQLITE_OK;
}

static int v_random(sqlite3_vfs *vfs, int len, char *out)
{
	(void)vfs;
	for (int i = 0; i < len; i++) {
		out[i] = (char)sim_draw(&draws);
	}
	return len;
}

static int v_sleep(sqlite3_vfs *vfs, int microseconds)
{
	(void)vfs;
	return microseconds; /* who waits here waits for itself */
}

/* Always the same moment: no store asks. */
static int v_time(sqlite3_vfs *vfs, double *out)
{
	(void)vfs;
	*out = 2461000.5;
	return SQLITE_OK;
}

static int v_error(sqlite3_vfs *vfs, int len, char *out)
{
	(void)vfs;
	(void)len;
	(void)out;
	return last_errno;
}

static sqlite3_vfs sim_vfs = {
	.iVersion = 1,
	.szOsFile = (int)sizeof(struct vfs_file),
	.mxPathname = SIM_PATH_MAX,
	.zName = "sim",
	.xOpen = v_open,
	.xDelete = v_delete,
	.xAccess = v_access,
	.xFullPathname = v_full,
	.xRandomness = v_random,
	.xSleep = v_sleep,
	.xCurrentTime = v_time,
	.xGetLastError = v_error,
};

void sim_disk_seed(uint64_t seed)
{
	draws = seed;
	sqlite3_randomness(0, NULL); /* ask again */
}

void sim_vfs_begin(uint64_t seed)
{
	usual = sqlite3_vfs_find(NULL);
	sqlite3_vfs_register(&sim_vfs, 1);
	sim_disk_seed(seed);
}

void sim_vfs_end(void)
{
	sqlite3_vfs_unregister(&sim_vfs);
	if (usual) {
		sqlite3_vfs_register(usual, 1);
	}
}
