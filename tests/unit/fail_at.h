/*
 * tests/unit/fail_at.h - memory and the store fail once at each place that asks for them.
 *
 * A program that is linked with --wrap for what is below (tests/unit/meson.build,
 * `failing_tests`) asks here before each malloc, calloc and realloc of ours, each block of
 * jansson's, and each step, prepare and exec of SQLite. While it is armed, the first call that
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
	bool armed;
	bool hit;       /* since it was armed */
	int as;         /* what that is, as a negative errno */
	uint64_t calls; /* that asked, while armed */
	uint64_t ways;  /* on which one has failed */
	uint64_t way[FAIL_WAYS];
	void *last[16]; /* the way of the last failure, for people */
	int n_last;
} failing;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
int __real_sqlite3_step(sqlite3_stmt *stmt);
int __real_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int len, unsigned flags,
			      sqlite3_stmt **stmt, const char **tail);
int __real_sqlite3_exec(sqlite3 *db, const char *sql,
			int (*on_row)(void *, int, char **, char **), void *data,
			char **message);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
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

/* Whether the call that asks is to fail. */
static bool failing_now(void)
{
	void *back[16];
	uint64_t way = 1469598103934665603u;
	int n;

	if (!failing.armed || failing.hit) {
		return false;
	}
	failing.armed = false; /* backtrace() may ask for memory itself */
	failing.calls++;
	n = backtrace(back, FAIL_BACK + 2);
	for (int i = 2; i < n; i++) {
		way = (way ^ (uint64_t)(uintptr_t)back[i]) * 1099511628211u;
	}
	if (failing_is_new(way | 1)) {
		failing.hit = true;
		failing.n_last = n;
		for (int i = 0; i < n; i++) {
			failing.last[i] = back[i];
		}
		failing.as = -ENOMEM;
	}
	failing.armed = true;
	return failing.hit;
}

static inline void failing_arm(void)
{
	failing.armed = true;
	failing.hit = false;
	failing.as = 0;
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
