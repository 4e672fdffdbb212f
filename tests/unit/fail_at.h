/*
 * tests/unit/fail_at.h - memory and the store fail once at each place that asks for them.
 *
 * A program that is linked with --wrap for what is below (tests/unit/meson.build,
 * `failing_tests`) asks here before each malloc, calloc, realloc and strdup of ours, each block
 * of jansson's, and each step, prepare and exec of SQLite, on whatever thread. While it is armed, the first call that
 * comes by a way (the functions it came through, BACK of them) on which none has failed yet
 * fails, and no other. So an operation that is run again and again until nothing fails any
 * more has been through each of its failures, once each.
 *
 * Each test program includes it once.
 */
#ifndef PH_TESTS_FAIL_AT_H
#define PH_TESTS_FAIL_AT_H

#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sqlite3.h>

enum {
	FAIL_BACK = 7,
	FAIL_WAYS = 1 << 18, /* a power of two */
};

static struct {
	pthread_mutex_t lock;
	atomic_bool armed;
	atomic_bool hit; /* since it was armed */
	int as;          /* what that is, as a negative errno */
	uint64_t calls;  /* that asked, while armed */
	uint64_t ways;   /* on which one has failed */
	uint64_t way[FAIL_WAYS];
	void *last[16]; /* the way of the last failure, for people */
	int n_last;
} failing = { .lock = PTHREAD_MUTEX_INITIALIZER };

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);
int __real_sqlite3_step(sqlite3_stmt *stmt);
int __real_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int len, unsigned flags,
			      sqlite3_stmt **stmt, const char **tail);
int __real_sqlite3_exec(sqlite3 *db, const char *sql,
			int (*on_row)(void *, int, char **, char **), void *data,
			char **message);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);
int __wrap_sqlite3_step(sqlite3_stmt *stmt);
int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int len, unsigned flags,
			      sqlite3_stmt **stmt, const char **tail);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql,
			int (*on_row)(void *, int, char **, char **), void *data,
			char **message);

/* Whether this way is a new one; it is not any more. */
static bool failing_is_new(uint64_t way)
{
	size_t at = (size_t)(way * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (FAIL_WAYS - 1);

	while (failing.way[at] != 0) {
		if (failing.way[at] == way) {
			return false;
		}
		at = (at + 1) & (FAIL_WAYS - 1);
	}
	if (failing.ways * 2 >= FAIL_WAYS) {
		return false;
	}
	failing.way[at] = way;
	failing.ways++;
	return true;
}

/* Whether the call that asks, by the way BACK of N functions, is to fail. */
static bool failing_by(void *const *back, int n)
{
	uint64_t way = 1469598103934665603u;

	if (!failing.armed || failing.hit) {
		return false; /* another thread's was quicker */
	}
	failing.calls++;
	for (int i = 2; i < n; i++) {
		way = (way ^ (uint64_t)(uintptr_t)back[i]) * 1099511628211u;
	}
	if (failing_is_new(way | 1)) {
		failing.n_last = n;
		for (int i = 0; i < n; i++) {
			failing.last[i] = back[i];
		}
		failing.as = -ENOMEM;
		failing.hit = true;
	}
	return failing.hit;
}

/* Whether the call that asks is to fail. */
static bool failing_now(void)
{
	static _Thread_local bool asks; /* backtrace() may ask for memory itself */
	void *back[16];
	bool fails = false;

	if (failing.armed && !failing.hit && !asks) {
		asks = true;
		pthread_mutex_lock(&failing.lock);
		fails = failing_by(back, backtrace(back, FAIL_BACK + 2));
		pthread_mutex_unlock(&failing.lock);
		asks = false;
	}
	return fails;
}

static inline void failing_arm(void)
{
	failing.hit = false;
	failing.as = 0;
	failing.armed = true;
}

/* All ways are new again. */
static inline void failing_again(void)
{
	memset(failing.way, 0, sizeof(failing.way));
	failing.ways = 0;
}

/* Whether anything failed since. */
static inline bool failing_disarm(void)
{
	failing.armed = false;
	return failing.hit;
}

/* The way of the last failure, on standard error. */
static inline void failing_show(void)
{
	backtrace_symbols_fd(failing.last, failing.n_last, 2);
}

void *__wrap_malloc(size_t size)
{
	return failing_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return failing_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
	return failing_now() ? NULL : __real_realloc(block, size);
}

char *__wrap_strdup(const char *text)
{
	return failing_now() ? NULL : __real_strdup(text);
}

/*
 * What SQLite says on every other way: that there is no room. (An I/O error would end the
 * store for good; test_hub_fault.c and test_site_disk.c have those.)
 */
static int failing_code(void)
{
	bool is_full = failing.ways % 2 == 0;

	failing.as = is_full ? -ENOSPC : -ENOMEM;
	return is_full ? SQLITE_FULL : SQLITE_NOMEM;
}

int __wrap_sqlite3_step(sqlite3_stmt *stmt)
{
	return failing_now() ? failing_code() : __real_sqlite3_step(stmt);
}

int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int len, unsigned flags,
			      sqlite3_stmt **stmt, const char **tail)
{
	return failing_now() ? failing_code()
			     : __real_sqlite3_prepare_v3(db, sql, len, flags, stmt, tail);
}

int __wrap_sqlite3_exec(sqlite3 *db, const char *sql,
			int (*on_row)(void *, int, char **, char **), void *data,
			char **message)
{
	/* what undoes must not fail: SQLite's does not */
	bool undoes = strncmp(sql, "ROLLBACK", 8) == 0;

	return !undoes && failing_now()
		       ? failing_code()
		       : __real_sqlite3_exec(db, sql, on_row, data, message);
}

static void *failing_json(size_t size)
{
	return failing_now() ? NULL : __real_malloc(size);
}

/* Once, before anything else. */
static void failing_start(void)
{
	void *back[4];

	json_set_alloc_funcs(failing_json, free);
	(void)backtrace(back, 4); /* loads what it needs */
}

#endif
