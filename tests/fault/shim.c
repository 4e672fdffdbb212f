/*
 * tests/fault/shim.c - faults on purpose, by LD_PRELOAD.
 *
 * Stands between a program and the C library, counts the calls that change a disk, talk
 * or allocate, and makes the n-th one fail, come short, or be the last thing that the
 * process does. What is to happen stands in the file that $PACKHORSE_FAULT names, which
 * the harness maps too (shim.h): so one process can run well, fail for a while and run
 * well again.
 *
 * $PACKHORSE_STILL makes that two runs do the same (shim_still.c).
 *
 * Without the variables, or with a file of another form, every call goes through. What
 * the C library calls inside itself (stdio's own writes) is not seen, except for malloc.
 * Standard input, output and errors are never files here, wherever they go.
 *
 * Only that program is struck and counted: not what it forks, nor what it runs (avahi-browse),
 * which finds the variables no more.
 *
 * Underneath is whatever comes next, which may be a sanitizer: then its malloc is asked.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/fault/shim_internal.h"

#define STACK_MAX 64
#define FOREIGN   2 /* of the frames of libraries, the innermost count */

struct shim_real shim_real;
struct ph_fault_plan *shim_plan;
__thread int shim_busy __attribute__((tls_model("initial-exec")));
static pid_t owner; /* whose calls count */

/* ---- what lies underneath ---- */

/* Of its two versions dlsym() may give the one for conditions of another form. */
static void find_timedwait(void)
{
	void *found = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");

	if (!found) {
		found = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
	}
	memcpy(&shim_real.cond_timedwait, &found, sizeof(found));
}

void shim_find(void)
{
	static const struct {
		const char *name;
		void *slot;
	} names[] = {
		{ "malloc", &shim_real.malloc },
		{ "calloc", &shim_real.calloc },
		{ "realloc", &shim_real.realloc },
		{ "free", &shim_real.free },
		{ "write", &shim_real.write },
		{ "pwrite64", &shim_real.pwrite },
		{ "writev", &shim_real.writev },
		{ "send", &shim_real.send },
		{ "read", &shim_real.read },
		{ "pread64", &shim_real.pread },
		{ "fsync", &shim_real.fsync },
		{ "fdatasync", &shim_real.fdatasync },
		{ "rename", &shim_real.rename },
		{ "unlink", &shim_real.unlink },
		{ "unlinkat", &shim_real.unlinkat },
		{ "rmdir", &shim_real.rmdir },
		{ "mkdir", &shim_real.mkdir },
		{ "ftruncate64", &shim_real.ftruncate },
		{ "open64", &shim_real.open },
		{ "abort", &shim_real.abort },
		{ "getrandom", &shim_real.getrandom },
		{ "stat64", &shim_real.stat },
		{ "clock_gettime", &shim_real.clock_gettime },
	};

	shim_busy++;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		void *found = dlsym(RTLD_NEXT, names[i].name);

		memcpy(names[i].slot, &found, sizeof(found));
	}
	find_timedwait();
	shim_busy--;
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
	fd = shim_real.open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		return;
	}
	at = mmap(NULL, sizeof(*shim_plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at != MAP_FAILED && ((struct ph_fault_plan *)at)->magic == PH_FAULT_MAGIC) {
		shim_plan = at;
	}
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
	if (!shim_real.malloc || !shim_real.open) {
		shim_find();
	}
	shim_busy++;
	dl_iterate_phdr(find_own, NULL);
	map_plan();
	shim_still_start();
	owner = getpid();
	(void)unsetenv("PACKHORSE_FAULT");
	(void)unsetenv("PACKHORSE_STILL");
	shim_busy--;
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

__attribute__((noreturn)) void shim_die(void)
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

	if (shim_plan && dladdr(__builtin_return_address(0), &from) != 0 &&
	    strstr(from.dli_fname, "/libuv.so")) {
		shim_plan->uv_aborts++;
	}
	if (!shim_real.abort) {
		shim_find();
	}
	shim_real.abort();
	shim_die();
}

static uint32_t quiet_way(void)
{
	uint32_t found;

	shim_busy++;
	found = way();
	shim_busy--;
	return found;
}

static bool is_struck(uint64_t n)
{
	if (shim_plan->wanted == 0) {
		return shim_plan->at != 0 && n >= shim_plan->at && n <= shim_plan->until;
	}
	if (shim_plan->hits != 0) {
		return shim_plan->until == UINT64_MAX;
	}
	return n >= shim_plan->at && quiet_way() == shim_plan->wanted;
}

enum ph_fault_mode shim_count(enum ph_fault_class which)
{
	uint64_t n;
	uint32_t mode;

	if (!shim_plan || shim_busy || (shim_plan->classes & which) == 0 ||
	    getpid() != owner) {
		return PH_FAULT_COUNT;
	}
	mode = shim_plan->mode;
	n = __atomic_add_fetch(&shim_plan->count, 1, __ATOMIC_SEQ_CST);
	if (n <= PH_FAULT_TRACE) {
		shim_plan->trace[n - 1] = mode == PH_FAULT_STACKS ? quiet_way() : which;
	}
	if (mode == PH_FAULT_STACKS || !is_struck(n)) {
		return PH_FAULT_COUNT;
	}
	if (__atomic_add_fetch(&shim_plan->hits, 1, __ATOMIC_SEQ_CST) == 1 &&
	    which == PH_FAULT_ALLOC) {
		shim_plan->hit_way = quiet_way();
	}
	shim_plan->hit_class = which;
	if (mode == PH_FAULT_KILL) {
		shim_die();
	}
	return mode;
}

bool shim_fails(enum ph_fault_class which)
{
	if (shim_count(which) != PH_FAULT_ERRNO) {
		return false;
	}
	errno = (int)shim_plan->error;
	return true;
}

/* While one waits so, there is something that it is yet to do. */
int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
			   const struct timespec *until)
{
	int rc;

	if (!shim_real.cond_timedwait) {
		shim_find();
	}
	if (shim_plan) {
		__atomic_add_fetch(&shim_plan->timed, 1, __ATOMIC_SEQ_CST);
	}
	rc = shim_real.cond_timedwait(cond, mutex, until);
	if (shim_plan) {
		__atomic_sub_fetch(&shim_plan->timed, 1, __ATOMIC_SEQ_CST);
	}
	return rc;
}
