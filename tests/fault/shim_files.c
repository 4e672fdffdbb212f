/*
 * tests/fault/shim_files.c - the shim's calls that change a disk, read a file or talk. Each
 * that has two names (pwrite, pwrite64) is defined under both.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/fault/shim_internal.h"

/* As shim_fails() for a call that is DONE, where TORN kills behind it. */
#define WHOLE(which, type, call)                                                         \
	do {                                                                             \
		enum ph_fault_mode mode_ = shim_count(which);                            \
		type result_;                                                            \
                                                                                         \
		if (mode_ == PH_FAULT_ERRNO) {                                           \
			errno = (int)shim_plan->error;                                   \
			return -1;                                                       \
		}                                                                        \
		result_ = call;                                                          \
		if (mode_ == PH_FAULT_TORN) {                                            \
			shim_die();                                                      \
		}                                                                        \
		return result_;                                                          \
	} while (0)

static enum ph_fault_class class_of(int fd, enum ph_fault_class file)
{
	struct stat st;

	if (fd > STDERR_FILENO && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		return file;
	}
	return PH_FAULT_TALK;
}

static size_t half(size_t n)
{
	return n > 1 ? n / 2 : n;
}

ssize_t write(int fd, const void *data, size_t size)
{
	int before = errno;
	enum ph_fault_mode mode =
		shim_plan ? shim_count(class_of(fd, PH_FAULT_WRITE)) : PH_FAULT_COUNT;

	errno = before;
	if (mode == PH_FAULT_ERRNO) {
		errno = (int)shim_plan->error;
		return -1;
	}
	if (mode == PH_FAULT_TORN) {
		(void)!shim_real.write(fd, data, half(size));
		shim_die();
	}
	return shim_real.write(fd, data, mode == PH_FAULT_SHORT ? half(size) : size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t at)
{
	enum ph_fault_mode mode = shim_count(PH_FAULT_WRITE);

	if (mode == PH_FAULT_ERRNO) {
		errno = (int)shim_plan->error;
		return -1;
	}
	if (mode == PH_FAULT_TORN) {
		(void)!shim_real.pwrite(fd, data, half(size), at);
		shim_die();
	}
	return shim_real.pwrite(fd, data, mode == PH_FAULT_SHORT ? half(size) : size, at);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	return pwrite64(fd, data, size, at);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
	enum ph_fault_mode mode =
		shim_plan ? shim_count(class_of(fd, PH_FAULT_WRITE)) : PH_FAULT_COUNT;
	struct iovec first = parts[0];

	if (mode == PH_FAULT_ERRNO) {
		errno = (int)shim_plan->error;
		return -1;
	}
	if (mode == PH_FAULT_TORN || mode == PH_FAULT_SHORT) {
		first.iov_len = half(first.iov_len);
		parts = &first;
		n = 1;
	}

	ssize_t done = shim_real.writev(fd, parts, n);

	if (mode == PH_FAULT_TORN) {
		shim_die();
	}
	return done;
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
	enum ph_fault_mode mode = shim_count(PH_FAULT_TALK);

	if (mode == PH_FAULT_ERRNO) {
		errno = (int)shim_plan->error;
		return -1;
	}
	if (mode == PH_FAULT_TORN) {
		(void)!shim_real.send(fd, data, half(size), flags);
		shim_die();
	}
	return shim_real.send(fd, data, mode == PH_FAULT_SHORT ? half(size) : size,
			      flags);
}

ssize_t read(int fd, void *data, size_t size)
{
	if (shim_plan && (shim_plan->classes & PH_FAULT_READ) != 0 &&
	    class_of(fd, PH_FAULT_READ) == PH_FAULT_READ && shim_fails(PH_FAULT_READ)) {
		return -1;
	}
	return shim_real.read(fd, data, size);
}

ssize_t pread64(int fd, void *data, size_t size, off_t at)
{
	return shim_fails(PH_FAULT_READ) ? -1 : shim_real.pread(fd, data, size, at);
}

ssize_t pread(int fd, void *data, size_t size, off_t at)
{
	return pread64(fd, data, size, at);
}

int fsync(int fd)
{
	WHOLE(PH_FAULT_SYNC, int, shim_real.fsync(fd));
}

int fdatasync(int fd)
{
	WHOLE(PH_FAULT_SYNC, int, shim_real.fdatasync(fd));
}

int rename(const char *from, const char *to)
{
	WHOLE(PH_FAULT_NAME, int, shim_real.rename(from, to));
}

int unlink(const char *path)
{
	WHOLE(PH_FAULT_NAME, int, shim_real.unlink(path));
}

int unlinkat(int folder, const char *path, int flags)
{
	WHOLE(PH_FAULT_NAME, int, shim_real.unlinkat(folder, path, flags));
}

int rmdir(const char *path)
{
	WHOLE(PH_FAULT_NAME, int, shim_real.rmdir(path));
}

int mkdir(const char *path, mode_t mode)
{
	WHOLE(PH_FAULT_NAME, int, shim_real.mkdir(path, mode));
}

int ftruncate64(int fd, off_t size)
{
	WHOLE(PH_FAULT_LENGTH, int, shim_real.ftruncate(fd, size));
}

int ftruncate(int fd, off_t size)
{
	return ftruncate64(fd, size);
}

static bool exists(const char *path)
{
	int before = errno;
	bool found = access(path, F_OK) == 0;

	errno = before;
	return found;
}

int open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if ((flags & O_CREAT) != 0) {
		mode = va_arg(args, mode_t);
	}
	va_end(args);
	if (!shim_real.open) {
		shim_find();
	}
	if (!shim_plan || (flags & O_CREAT) == 0 || exists(path)) {
		return shim_real.open(path, flags, mode);
	}
	WHOLE(PH_FAULT_CREATE, int, shim_real.open(path, flags, mode));
}

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if ((flags & O_CREAT) != 0) {
		mode = va_arg(args, mode_t);
	}
	va_end(args);
	return open64(path, flags, mode);
}
