/*
 * tests/fault/shim_internal.h - what the parts of the shim share: what lies underneath, and
 * the one question, what is to happen to this call.
 *
 *	shim.c         the plan, and the count of calls
 *	shim_files.c   calls that change a disk, read or talk
 *	shim_memory.c  allocations
 *	shim_still.c   clocks, chance and places that stand still
 */
#ifndef PH_FAULT_SHIM_INTERNAL_H
#define PH_FAULT_SHIM_INTERNAL_H

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#include "tests/fault/shim.h"

#pragma GCC visibility push(hidden)

/* The next of each name: the C library's, or a sanitizer's. NULL before shim_find(). */
extern struct shim_real {
	ssize_t (*write)(int, const void *, size_t);
	ssize_t (*pwrite)(int, const void *, size_t, off_t);
	ssize_t (*writev)(int, const struct iovec *, int);
	ssize_t (*send)(int, const void *, size_t, int);
	ssize_t (*read)(int, void *, size_t);
	ssize_t (*pread)(int, void *, size_t, off_t);
	int (*fsync)(int);
	int (*fdatasync)(int);
	int (*rename)(const char *, const char *);
	int (*unlink)(const char *);
	int (*unlinkat)(int, const char *, int);
	int (*rmdir)(const char *);
	int (*mkdir)(const char *, mode_t);
	int (*ftruncate)(int, off_t);
	int (*open)(const char *, int, ...);
	int (*stat)(const char *, struct stat64 *);
	int (*clock_gettime)(clockid_t, struct timespec *);
	ssize_t (*getrandom)(void *, size_t, unsigned);
	void (*abort)(void);
	int (*cond_timedwait)(pthread_cond_t *, pthread_mutex_t *,
			      const struct timespec *);
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void (*free)(void *);
} shim_real;

extern struct ph_fault_plan *shim_plan; /* NULL: everything goes through */
extern __thread int shim_busy __attribute__((tls_model("initial-exec")));

void shim_find(void);

/* Read $PACKHORSE_STILL. */
void shim_still_start(void);

/* Count a call of WHICH. Its mode if it is the one, else PH_FAULT_COUNT. */
enum ph_fault_mode shim_count(enum ph_fault_class which);

/* Of calls that have no half. True: fail now, errno is set. */
bool shim_fails(enum ph_fault_class which);

__attribute__((noreturn)) void shim_die(void);

#pragma GCC visibility pop

#endif
