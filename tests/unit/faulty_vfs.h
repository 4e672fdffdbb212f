/*
 * tests/unit/faulty_vfs.h - a SQLite VFS around the system's that fails on request.
 *
 * It counts writes and fsyncs, and fails the one that `disk` names, once, as a disk
 * that recovers would. Register it with use_faulty_vfs(); its name is "faulty".
 */
#ifndef PH_TEST_FAULTY_VFS_H
#define PH_TEST_FAULTY_VFS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <sqlite3.h>

enum fault {
	NO_FAULT,
	FAIL_SYNC,
	FAIL_WRITE,
	FAIL_FULL,
	FAIL_DELETE, /* no room even to take a name away */
	FAIL_WAL,    /* no room for another file: the WAL */
};

static struct {
	enum fault fault;
	int after;         /* so many calls of that sort still succeed */
	bool stays;        /* it fails from then on */
	int hits;          /* calls that were failed */
	_Atomic int syncs; /* fsyncs in all; a hub may have a thread of its own */
} disk;

struct faulty_file {
	sqlite3_file base;
	sqlite3_file *real; /* behind this struct, in the same block */
};

static sqlite3_vfs faulty_vfs;
static sqlite3_vfs *real_vfs;

static sqlite3_file *real_of(sqlite3_file *file)
{
	return ((struct faulty_file *)file)->real;
}

static bool strikes(enum fault fault)
{
	if (disk.fault != fault || disk.after-- > 0) {
		return false;
	}
	if (disk.stays) {
		disk.after = 0;
	} else {
		disk.fault = NO_FAULT;
	}
	disk.hits++;
	return true;
}

static int f_close(sqlite3_file *file)
{
	return real_of(file)->pMethods->xClose(real_of(file));
}

static int f_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
	return real_of(file)->pMethods->xRead(real_of(file), out, n, at);
}

static int f_write(sqlite3_file *file, const void *data, int n, sqlite3_int64 at)
{
	if (strikes(FAIL_WRITE)) {
		return SQLITE_IOERR_WRITE;
	}
	if (strikes(FAIL_FULL)) {
		return SQLITE_FULL;
	}
	return real_of(file)->pMethods->xWrite(real_of(file), data, n, at);
}

static int f_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int f_sync(sqlite3_file *file, int flags)
{
	disk.syncs++;
	if (strikes(FAIL_SYNC)) {
		return SQLITE_IOERR_FSYNC;
	}
	return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int f_size(sqlite3_file *file, sqlite3_int64 *out)
{
	return real_of(file)->pMethods->xFileSize(real_of(file), out);
}

static int f_lock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int f_unlock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int f_reserved(sqlite3_file *file, int *out)
{
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int f_control(sqlite3_file *file, int op, void *arg)
{
	return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}

static int f_sector(sqlite3_file *file)
{
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int f_device(sqlite3_file *file)
{
	return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int f_shm_map(sqlite3_file *file, int page, int size, int extend,
		     void volatile **out)
{
	return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

static int f_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}

static void f_shm_barrier(sqlite3_file *file)
{
	real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int f_shm_unmap(sqlite3_file *file, int remove)
{
	return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods faulty_methods = {
	.iVersion = 2,
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
	.xDeviceCharacteristics = f_device,
	.xShmMap = f_shm_map,
	.xShmLock = f_shm_lock,
	.xShmBarrier = f_shm_barrier,
	.xShmUnmap = f_shm_unmap,
};

static int f_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
		  int *out)
{
	struct faulty_file *faulty = (struct faulty_file *)file;

	(void)vfs;
	faulty->base.pMethods = NULL;
	faulty->real = (sqlite3_file *)(faulty + 1);
	if ((flags & SQLITE_OPEN_WAL) != 0 && strikes(FAIL_WAL)) {
		errno = ENOENT; /* what SQLite's own layer leaves, whatever it was */
		return SQLITE_CANTOPEN;
	}

	int rc = real_vfs->xOpen(real_vfs, name, faulty->real, flags, out);

	if (rc == SQLITE_OK) {
		faulty->base.pMethods = &faulty_methods;
	}
	return rc;
}

static int f_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	if (strikes(FAIL_DELETE)) {
		errno = ENOSPC;
		return SQLITE_IOERR_DELETE;
	}
	return real_vfs->xDelete(real_vfs, name, sync);
}

static inline void use_faulty_vfs(void)
{
	if (real_vfs == NULL) {
		real_vfs = sqlite3_vfs_find(NULL);
		faulty_vfs = *real_vfs;
		faulty_vfs.zName = "faulty";
		faulty_vfs.pNext = NULL;
		faulty_vfs.szOsFile += (int)sizeof(struct faulty_file);
		faulty_vfs.xOpen = f_open;
		faulty_vfs.xDelete = f_delete;
		assert_int_equal(sqlite3_vfs_register(&faulty_vfs, 0), SQLITE_OK);
	}
	memset(&disk, 0, sizeof(disk));
}

#endif
