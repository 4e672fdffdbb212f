/* common/base/lock.h - one process at a time in a folder. */
#ifndef PH_BASE_LOCK_H
#define PH_BASE_LOCK_H

#include "common/base/error.h"

/*
 * One process at a time in a folder: an flock on DIR/lock, or on another file there, with the
 * holder's pid and name in it.
 */
struct ph_lock {
	int fd; /* -1: not held */
};
/*
 * Wait up to WAIT_MS for the lock. 0; or -EWOULDBLOCK with PH_EXIT_IN_USE and a
 * text that names the holder; or another negative errno. LOCK->fd is -1 unless held.
 */
int ph_lock_take(struct ph_lock *lock, const char *dir, const char *who, unsigned wait_ms,
		 struct ph_error *err);
/* The same, of the file NAME in DIR: for those who serve a folder and let go of its lock meanwhile. */
int ph_lock_take_named(struct ph_lock *lock, const char *dir, const char *name,
		       const char *who, unsigned wait_ms, struct ph_error *err);
void ph_lock_release(struct ph_lock *lock);

#endif
