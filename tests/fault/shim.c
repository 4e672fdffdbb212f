/*
 * tests/fault/shim.c - faults on purpose, by LD_PRELOAD.
 *
 * Stands between a program and the C library, counts the calls that change a disk, talk
 * or allocate, and makes the n-th one fail, come short, or be the last thing that the
 * process does. What is to happen stands in the file that $PACKHORSE_FAULT names, which
 * the harness maps too (shim.h): so one process can run well, fail for a while and run
 * well again.
 *
 * $PACKHORSE_STILL ("SECONDS MILLISECONDS SEED") makes that two runs do the same: the
 * clocks for dates and since the boot stand there, but for every tenth second, and what is
 * drawn at random follows from the seed. The clock that timers use is the real one.
 *
 * Without the variables, or with a file of another form, every call goes through. What
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
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define STACK_MAX  64
#define FOREIGN    2     /* of the frames of libraries, the innermost count */
#define STILL_S    10    /* a clock that stands goes on by so much at once */
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
	int (*clock_gettime)(clockid_t, struct timespec *);
	ssize_t (*getrandom)(void *, size_t, unsigned);
	void (*abort)(void);
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
		{ "malloc", &real.malloc },
		{ "calloc", &real.calloc },
		{ "realloc", &real.realloc },
		{ "free", &real.free },
		{ "write", &real.write },
		{ "pwrite64", &real.pwrite },
		{ "writev", &real.writev },
		{ "read", &real.read },
		{ "pread64", &real.pread },
		{ "fsync", &real.fsync },
		{ "fdatasync", &real.fdatasync },
		{ "rename", &real.rename },
		{ "unlink", &real.unlink },
		{ "mkdir", &real.mkdir },
		{ "ftruncate64", &real.ftruncate },
		{ "open64", &real.open },
		{ "abort", &real.abort },
		{ "getrandom", &real.getrandom },
		{ "clock_gettime", &real.clock_gettime },
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

static struct {
	bool is;
	time_t wall;
	long long boot_ms;
	time_t since; /* of the real clock that never jumps */
	uint64_t seed, drawn;
} still;

static void read_still(void)
{
	const char *text = getenv("PACKHORSE_STILL");
	struct timespec now = { 0 };
	long long wall;
	long long boot;
	unsigned long long seed;

	if (!text || sscanf(text, "%lld %lld %llu", &wall, &boot, &seed) != 3) {
		return;
	}
	real.clock_gettime(CLOCK_MONOTONIC, &now);
	still.wall = (time_t)wall;
	still.boot_ms = boot;
	still.since = now.tv_sec;
	still.seed = seed;
	still.is = true;
}

/* Of the program itself, in whose code a frame is its own. */
static struct {
	uintptr_t base, end;
	void *shim; /* where this lies, which is on no way */
} own;

static int find_own(struct dl_phdr_info *info, size_t size, void *data)
{
	Dl_info shim;

	(void)size;
	(void)data;
	if (dladdr(&own, &shim) != 0) {
		own.shim = shim.dli_fbase;
	}
	own.base = own.end = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		uintptr_t end = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr +
				info->dlpi_phdr[i].p_memsz;

		if (info->dlpi_phdr[i].p_type == PT_LOAD && end > own.end) {
			own.end = end;
		}
	}
	return 1; /* the first is the program */
}

__attribute__((constructor)) static void start(void)
{
	if (!real.malloc || !real.open) {
		find_real();
	}
	busy++;
	dl_iterate_phdr(find_own, NULL);
	map_plan();
	read_still();
	busy--;
}

/* ---- what happens ---- */

static uint64_t mix(uint64_t hash, uint64_t word)
{
	return (hash ^ word) * 1099511628211u;
}

/*
 * The way to this call: all frames of the program itself, and the innermost of libraries,
 * since what SQLite does within one call of ours it answers with one code. The same in
 * each run, wherever things were loaded. 0 is no way.
 */
static uint32_t way(void)
{
	void *stack[STACK_MAX];
	uint64_t hash = 1469598103934665603u;
	int n = backtrace(stack, STACK_MAX);
	int foreign = 0;
	Dl_info from;

	for (int i = 0; i < n; i++) {
		uintptr_t at = (uintptr_t)stack[i];

		if (at >= own.base && at < own.end) {
			hash = mix(hash, at - own.base);
		} else if (foreign < FOREIGN && dladdr(stack[i], &from) != 0 &&
			   from.dli_fbase != own.shim) {
			hash = mix(hash, at - (uintptr_t)from.dli_fbase);
			foreign++;
		}
	}
	hash ^= hash >> 32;
	return (uint32_t)hash != 0 ? (uint32_t)hash : 1;
}

__attribute__((noreturn)) static void die(void)
{
	for (;;) {
		(void)syscall(SYS_kill, getpid(), SIGKILL);
		pause();
	}
}

/*
 * libuv ends a process in which it cannot grow its table of descriptors, or register for a
 * fork; nobody can tell it not to. That is noted, so that it is not taken for ours.
 */
void abort(void)
{
	Dl_info from;

	if (plan && dladdr(__builtin_return_address(0), &from) != 0 &&
	    strstr(from.dli_fname, "/libuv.so")) {
		plan->uv_aborts++;
	}
	if (!real.abort) {
		find_real();
	}
	real.abort();
	die();
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
		plan->trace[n - 1] = mode == PH_FAULT_STACKS ? way() : which;
		busy--;
	}
	if (mode == PH_FAULT_STACKS || n < plan->at || n > plan->until || plan->at == 0) {
		return PH_FAULT_COUNT;
	}
	if (__atomic_add_fetch(&plan->hits, 1, __ATOMIC_SEQ_CST) == 1 &&
	    which == PH_FAULT_ALLOC) {
		busy++;
		plan->hit_way = way();
		busy--;
	}
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

/* ---- time and chance ---- */

int clock_gettime(clockid_t id, struct timespec *out)
{
	int rc;

	if (!real.clock_gettime) {
		find_real();
	}
	if (!still.is || (id != CLOCK_REALTIME && id != CLOCK_BOOTTIME)) {
		return real.clock_gettime(id, out);
	}
	rc = real.clock_gettime(CLOCK_MONOTONIC, out);

	time_t gone = (out->tv_sec - still.since) / STILL_S * STILL_S;

	if (id == CLOCK_REALTIME) {
		*out = (struct timespec){ .tv_sec = still.wall + gone };
	} else {
		out->tv_sec = (time_t)(still.boot_ms / 1000) + gone;
		out->tv_nsec = (long)(still.boot_ms % 1000) * 1000000;
	}
	return rc;
}

/* splitmix64 */
static uint64_t draw(void)
{
	uint64_t n = still.seed + __atomic_add_fetch(&still.drawn, 1, __ATOMIC_SEQ_CST) *
					  0x9e3779b97f4a7c15u;

	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9u;
	n = (n ^ n >> 27) * 0x94d049bb133111ebu;
	return n ^ n >> 31;
}

ssize_t getrandom(void *out, size_t size, unsigned flags)
{
	if (!still.is) {
		return real.getrandom(out, size, flags);
	}
	for (size_t done = 0; done < size; done += sizeof(uint64_t)) {
		uint64_t drawn = draw();
		size_t left = size - done;

		memcpy((char *)out + done, &drawn,
		       left < sizeof(drawn) ? left : sizeof(drawn));
	}
	return (ssize_t)size;
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
