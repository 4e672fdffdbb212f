/*
 * tests/fault/shim.c - faults on purpose, by LD_PRELOAD.
 *
 * Stands between a program and the C library, counts the calls that change a disk, talk
 * or allocate, and makes the n-th one fail, come short, or be the last thing that the
 * process does. What is to happen stands in the file that $PACKHORSE_FAULT names, which
 * the harness maps too (shim.h): so one process can run well, fail for a while and run
 * well again.
 *
 * Without the variable, or with a file of another form, every call goes through. What
 * the C library calls inside itself (stdio's own writes) is not seen, except for malloc.
 * Standard input, output and errors are never files here, wherever they go.
 *
 * Underneath is whatever comes next, which may be a sanitizer: then its malloc is asked.
 */
#include "tests/fault/shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define STACK_MAX  40
#define EARLY_SIZE 65536 /* what dlsym() itself may ask for */

static struct ph_fault_plan *plan; /* NULL: everything goes through */
static __thread int busy __attribute__((tls_model("initial-exec")));

static struct {
	ssize_t (*write)(int, const void *, size_t);
	ssize_t (*pwrite)(int, const void *, size_t, off_t);
	ssize_t (*writev)(int, const struct iovec *, int);
	ssize_t (*read)(int, void *, size_t);
	ssize_t (*pread)(int, void *, size_t, off_t);
	int (*fsync)(int);
	int (*fdatasync)(int);
	int (*rename)(const char *, const char *);
	int (*unlink)(const char *);
	int (*mkdir)(const char *, mode_t);
	int (*ftruncate)(int, off_t);
	int (*open)(const char *, int, ...);
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void (*free)(void *);
} real;

static char early[EARLY_SIZE] __attribute__((aligned(16)));
static size_t early_used;

/* ---- what lies underneath ---- */

static void find_real(void)
{
	static const struct {
		const char *name;
		void *slot;
	} names[] = {
		{ "malloc", &real.malloc },         { "calloc", &real.calloc },
		{ "realloc", &real.realloc },       { "free", &real.free },
		{ "write", &real.write },           { "pwrite64", &real.pwrite },
		{ "writev", &real.writev },         { "read", &real.read },
		{ "pread64", &real.pread },         { "fsync", &real.fsync },
		{ "fdatasync", &real.fdatasync },   { "rename", &real.rename },
		{ "unlink", &real.unlink },         { "mkdir", &real.mkdir },
		{ "ftruncate64", &real.ftruncate }, { "open64", &real.open },
	};

	busy++;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		void *found = dlsym(RTLD_NEXT, names[i].name);

		memcpy(names[i].slot, &found, sizeof(found));
	}
	busy--;
}

static void map_plan(void)
{
	const char *path = getenv("PACKHORSE_FAULT");
	void *stack[2];
	void *at;
	int fd;

	if (!path) {
		return;
	}
	(void)backtrace(stack, 2); /* loads what it needs, which allocates */
	fd = real.open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		return;
	}
	at = mmap(NULL, sizeof(*plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at != MAP_FAILED && ((struct ph_fault_plan *)at)->magic == PH_FAULT_MAGIC) {
		plan = at;
	}
}

__attribute__((constructor)) static void start(void)
{
	if (!real.malloc || !real.open) {
		find_real();
	}
	busy++;
	map_plan();
	busy--;
}

/* ---- what happens ---- */

static uint32_t stack_hash(void)
{
	void *stack[STACK_MAX];
	uint64_t hash = 1469598103934665603u;
	int n = backtrace(stack, STACK_MAX);

	for (int i = 0; i < n; i++) {
		hash = (hash ^ (uintptr_t)stack[i]) * 1099511628211u;
	}
	return (uint32_t)(hash ^ hash >> 32);
}

static void die(void)
{
	for (;;) {
		(void)syscall(SYS_kill, getpid(), SIGKILL);
		pause();
	}
}

/* Count a call of WHICH. Its mode if it is the one, else PH_FAULT_COUNT. */
static enum ph_fault_mode count(enum ph_fault_class which)
{
	uint64_t n;
	uint32_t mode;

	if (!plan || busy || (plan->classes & which) == 0) {
		return PH_FAULT_COUNT;
	}
	mode = plan->mode;
	n = __atomic_add_fetch(&plan->count, 1, __ATOMIC_SEQ_CST);
	if (n <= PH_FAULT_TRACE) {
		busy++;
		plan->trace[n - 1] = mode == PH_FAULT_STACKS ? stack_hash() : which;
		busy--;
	}
	if (mode == PH_FAULT_STACKS || n < plan->at || n > plan->until || plan->at == 0) {
		return PH_FAULT_COUNT;
	}
	__atomic_add_fetch(&plan->hits, 1, __ATOMIC_SEQ_CST);
	plan->hit_class = which;
	if (mode == PH_FAULT_KILL) {
		die();
	}
	return mode;
}

/* Of calls that have no half. True: fail now, errno is set. */
static bool fails(enum ph_fault_class which)
{
	if (count(which) != PH_FAULT_ERRNO) {
		return false;
	}
	errno = (int)plan->error;
	return true;
}

/* As fails() for a call that is DONE, where TORN kills behind it. */
#define WHOLE(which, type, call)                                                         \
	do {                                                                             \
		enum ph_fault_mode mode_ = count(which);                                 \
		type result_;                                                            \
                                                                                         \
		if (mode_ == PH_FAULT_ERRNO) {                                           \
			errno = (int)plan->error;                                        \
			return -1;                                                       \
		}                                                                        \
		result_ = call;                                                          \
		if (mode_ == PH_FAULT_TORN) {                                            \
			die();                                                           \
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

/* ---- files ---- */

ssize_t write(int fd, const void *data, size_t size)
{
	int before = errno;
	enum ph_fault_mode mode =
		plan ? count(class_of(fd, PH_FAULT_WRITE)) : PH_FAULT_COUNT;

	errno = before;
	if (mode == PH_FAULT_ERRNO) {
		errno = (int)plan->error;
		return -1;
	}
	if (mode == PH_FAULT_TORN) {
		(void)!real.write(fd, data, half(size));
		die();
	}
	return real.write(fd, data, mode == PH_FAULT_SHORT ? half(size) : size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t at)
{
	enum ph_fault_mode mode = count(PH_FAULT_WRITE);

	if (mode == PH_FAULT_ERRNO) {
		errno = (int)plan->error;
		return -1;
	}
	if (mode == PH_FAULT_TORN) {
		(void)!real.pwrite(fd, data, half(size), at);
		die();
	}
	return real.pwrite(fd, data, mode == PH_FAULT_SHORT ? half(size) : size, at);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	return pwrite64(fd, data, size, at);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
	enum ph_fault_mode mode =
		plan ? count(class_of(fd, PH_FAULT_WRITE)) : PH_FAULT_COUNT;
	struct iovec first = parts[0];

	if (mode == PH_FAULT_ERRNO) {
		errno = (int)plan->error;
		return -1;
	}
	if (mode == PH_FAULT_TORN || mode == PH_FAULT_SHORT) {
		first.iov_len = half(first.iov_len);
		parts = &first;
		n = 1;
	}

	ssize_t done = real.writev(fd, parts, n);

	if (mode == PH_FAULT_TORN) {
		die();
	}
	return done;
}

ssize_t read(int fd, void *data, size_t size)
{
	if (plan && (plan->classes & PH_FAULT_READ) != 0 &&
	    class_of(fd, PH_FAULT_READ) == PH_FAULT_READ && fails(PH_FAULT_READ)) {
		return -1;
	}
	return real.read(fd, data, size);
}

ssize_t pread64(int fd, void *data, size_t size, off_t at)
{
	return fails(PH_FAULT_READ) ? -1 : real.pread(fd, data, size, at);
}

ssize_t pread(int fd, void *data, size_t size, off_t at)
{
	return pread64(fd, data, size, at);
}

int fsync(int fd)
{
	WHOLE(PH_FAULT_SYNC, int, real.fsync(fd));
}

int fdatasync(int fd)
{
	WHOLE(PH_FAULT_SYNC, int, real.fdatasync(fd));
}

int rename(const char *from, const char *to)
{
	WHOLE(PH_FAULT_NAME, int, real.rename(from, to));
}

int unlink(const char *path)
{
	WHOLE(PH_FAULT_NAME, int, real.unlink(path));
}

int mkdir(const char *path, mode_t mode)
{
	WHOLE(PH_FAULT_NAME, int, real.mkdir(path, mode));
}

int ftruncate64(int fd, off_t size)
{
	WHOLE(PH_FAULT_LENGTH, int, real.ftruncate(fd, size));
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
	if (!real.open) {
		find_real();
	}
	if (!plan || (flags & O_CREAT) == 0 || exists(path)) {
		return real.open(path, flags, mode);
	}
	WHOLE(PH_FAULT_CREATE, int, real.open(path, flags, mode));
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

/* ---- memory ---- */

static void *early_alloc(size_t size)
{
	char *at = early + early_used;

	if (size > EARLY_SIZE - 16 - early_used) {
		return NULL;
	}
	early_used += (size + 15) & ~(size_t)15;
	return at;
}

static bool is_early(const void *at)
{
	return (const char *)at >= early && (const char *)at < early + EARLY_SIZE;
}

/* False: dlsym() is asking; there is no allocator yet. */
static bool has_malloc(void)
{
	if (!real.malloc && busy == 0) {
		find_real();
	}
	return real.malloc != NULL && real.free != NULL;
}

void *malloc(size_t size)
{
	if (!has_malloc()) {
		return early_alloc(size);
	}
	if (fails(PH_FAULT_ALLOC)) {
		return NULL;
	}
	return real.malloc(size);
}

void *calloc(size_t n, size_t size)
{
	if (!has_malloc()) {
		return early_alloc(n * size); /* zero, since never used before */
	}
	if (fails(PH_FAULT_ALLOC)) {
		return NULL;
	}
	return real.calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	if (!has_malloc() || is_early(old)) {
		void *made = malloc(size);

		if (made && old) {
			size_t room = (size_t)(early + EARLY_SIZE - (char *)old);

			memcpy(made, old, size < room ? size : room);
		}
		return made;
	}
	if (fails(PH_FAULT_ALLOC)) {
		return NULL;
	}
	return real.realloc(old, size);
}

void free(void *at)
{
	if (at && !is_early(at) && has_malloc()) {
		real.free(at);
	}
}
