/*
 * common/base/secret.c - memory of secrets.
 *
 * A page that is locked is left out of core dumps as well, though there are none: a process
 * that is not dumpable leaves none, also where a program of the system takes them in instead
 * of a file, which no limit of a size would keep from that. libsodium asks for it with the
 * address as it is, which the kernel takes only of whole pages.
 *
 * The kernel does not count how often a page was locked, and two secrets in one frame, or side
 * by side on the heap, share some. So what is locked is noted here, and a page goes when nothing
 * that is noted is left on it. Where there was no room to note one, all stay locked from then on.
 */
#include "common/base/secret.h"

#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

void ph_secret_no_dumps(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	if (!PH_IS_SANITIZED) {
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	}
}

#define HELD_MAX 64

static pthread_mutex_t held_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	uintptr_t at, end;
} held[HELD_MAX];
static size_t n_held;
static bool holds_all; /* one had no room */

static size_t page_size(void)
{
	long page = sysconf(_SC_PAGESIZE);

	return page > 0 ? (size_t)page : 4096;
}

static void advise(void *data, size_t len, int advice)
{
	size_t into = (uintptr_t)data % page_size();

	(void)madvise((uint8_t *)data - into, len + into, advice);
}

/* Note that these bytes are held, or not any more. */
static void note(const void *data, size_t len, bool is_held)
{
	uintptr_t at = (uintptr_t)data;
	size_t i = 0;

	while (i < n_held && held[i].at != at) {
		i++;
	}
	if (is_held && i == HELD_MAX) {
		holds_all = true;
	} else if (is_held) {
		held[i].at = at;
		held[i].end = at + len;
		n_held += i == n_held;
	} else if (i < n_held) {
		held[i] = held[--n_held];
	}
}

/* Whether something that is held has a byte of the page at PAGE. */
static bool is_needed(uintptr_t page, size_t size)
{
	for (size_t i = 0; i < n_held; i++) {
		if (held[i].at < page + size && page < held[i].end) {
			return true;
		}
	}
	return holds_all;
}

void ph_secret_lock(void *data, size_t len)
{
	pthread_mutex_lock(&held_lock);
	note(data, len, true);
	(void)sodium_mlock(data, len);
	advise(data, len, MADV_DONTDUMP);
	pthread_mutex_unlock(&held_lock);
}

void *ph_secret_new(size_t size)
{
	void *data = sodium_init() < 0 ? NULL : sodium_malloc(size);

	if (data) {
		sodium_memzero(data, size);
	}
	return data;
}

void ph_secret_free(void *data)
{
	sodium_free(data);
}

void ph_secret_wipe(void *data, size_t len)
{
	const size_t size = page_size();
	uint8_t *page = (uint8_t *)data - (uintptr_t)data % size;
	const uint8_t *end = (uint8_t *)data + len;

	sodium_memzero(data, len);
	pthread_mutex_lock(&held_lock);
	note(data, len, false);
	for (; page < end; page += size) {
		if (!is_needed((uintptr_t)page, size)) {
			(void)munlock(page, size);
			advise(page, size, MADV_DODUMP);
		}
	}
	pthread_mutex_unlock(&held_lock);
}
