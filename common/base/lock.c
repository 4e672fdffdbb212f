/*
 * common/base/lock.c - one process at a time in a folder.
 *
 * The lock is an flock on DIR/lock: it goes with the process, however that ends, so
 * a stale file is no obstacle. Its text only serves to name the holder. The file is
 * never removed, since a waiter may already have it open.
 */
#include "common/base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/owner.h"
#include "common/base/say.h"

enum {
	LOCK_POLL_MS = 20,
	LOCK_TEXT_MAX = 128,
};

static uint64_t mono_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Wait for the flock on FD. 0, -EWOULDBLOCK after WAIT_MS, or another errno. */
static int wait_flock(int fd, unsigned wait_ms)
{
	uint64_t end = wait_ms > 0 ? mono_ms() + wait_ms : 0;

	for (;;) {
		int rc = ph_file_ops_used()->lock(fd);

		if (rc != -EWOULDBLOCK || wait_ms == 0) {
			return rc;
		}

		uint64_t now = mono_ms();

		if (now >= end) {
			return rc;
		}

		uint64_t left = end - now;
		struct timespec pause = {
			.tv_nsec = 1000000L *
				   (long)(left < LOCK_POLL_MS ? left : LOCK_POLL_MS),
		};

		nanosleep(&pause, NULL);
	}
}

/* Say who holds the lock, from what the holder wrote into it: "PID WHO\n". */
static int fail_held(int fd, const char *dir, struct ph_error *err)
{
	char text[LOCK_TEXT_MAX + 1];
	int64_t n = ph_file_ops_used()->read(fd, (uint8_t *)text, LOCK_TEXT_MAX);
	long pid = 0;
	int used = 0;

	text[n < 0 ? 0 : n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (sscanf(text, "%ld %n", &pid, &used) < 1 || pid <= 0) {
		return ph_fail(err, PH_EXIT_IN_USE, -EWOULDBLOCK,
			       ph_say("%s is in use by another program; try again when "
				      "it has ended",
				      "chương trình khác đang dùng %s; hãy thử lại khi "
				      "nó kết thúc"),
			       dir);
	}
	return ph_fail(
		err, PH_EXIT_IN_USE, -EWOULDBLOCK,
		ph_say("%s is in use by %s (process %ld); try again when it has ended",
		       "%s đang được %s dùng (tiến trình %ld); hãy thử lại khi nó kết "
		       "thúc"),
		dir,
		text[used] != '\0' ? text + used
				   : ph_say("another program", "chương trình khác"),
		pid);
}

/* The text is a courtesy: a disk too full for it must not keep anybody out. */
static void write_holder(int fd, const char *who)
{
	char text[LOCK_TEXT_MAX];
	int n = snprintf(text, sizeof(text), "%ld %s\n", (long)getpid(), who);
	size_t len = n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1;

	if (ph_file_ops_used()->truncate(fd, 0) == 0) {
		(void)ph_file_ops_used()->write(fd, (const uint8_t *)text, len);
	}
}

int ph_lock_take(struct ph_lock *lock, const char *dir, const char *who, unsigned wait_ms,
		 struct ph_error *err)
{
	return ph_lock_take_named(lock, dir, "lock", who, wait_ms, err);
}

int ph_lock_take_named(struct ph_lock *lock, const char *dir, const char *name,
		       const char *who, unsigned wait_ms, struct ph_error *err)
{
	char path[PATH_MAX];
	int rc = ph_path_join(path, sizeof(path), dir, name, err);

	lock->fd = -1;
	if (rc < 0) {
		return rc;
	}

	int fd = ph_file_ops_used()->open(path, O_RDWR | O_CREAT, 0600);

	if (fd < 0) {
		return ph_fail_owner(err, fd, path);
	}
	rc = wait_flock(fd, wait_ms);
	if (rc == 0) {
		write_holder(fd, who);
		lock->fd = fd;
		return 0;
	}
	rc = rc == -EWOULDBLOCK ? fail_held(fd, dir, err) : ph_fail_errno(err, rc, path);
	ph_file_ops_used()->close(fd);
	return rc;
}

void ph_lock_release(struct ph_lock *lock)
{
	if (lock->fd < 0) {
		return;
	}
	(void)ph_file_ops_used()->truncate(lock->fd, 0);
	ph_file_ops_used()->close(lock->fd);
	lock->fd = -1;
}
