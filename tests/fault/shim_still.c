/*
 * tests/fault/shim_still.c - two runs of a program do the same.
 *
 * $PACKHORSE_STILL ("SECONDS MILLISECONDS SEED"): the clocks for dates and since the boot
 * stand there, but for every tenth second, what is drawn at random follows from the seed,
 * and the file of keys, by which a site tells whether it was copied, has one number and was
 * changed then. The clock that timers use is the real one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "tests/fault/shim_internal.h"

#define STILL_S 10 /* a clock that stands goes on by so much at once */

static struct {
	bool is;
	time_t wall;
	long long boot_ms;
	time_t since; /* of the real clock that never jumps */
	uint64_t seed, drawn;
} still;

void shim_still_start(void)
{
	const char *text = getenv("PACKHORSE_STILL");
	struct timespec now = { 0 };
	long long wall;
	long long boot;
	unsigned long long seed;

	if (!text || sscanf(text, "%lld %lld %llu", &wall, &boot, &seed) != 3) {
		return;
	}
	shim_real.clock_gettime(CLOCK_MONOTONIC, &now);
	still.wall = (time_t)wall;
	still.boot_ms = boot;
	still.since = now.tv_sec;
	still.seed = seed;
	still.is = true;
}

int clock_gettime(clockid_t id, struct timespec *out)
{
	int rc;

	if (!shim_real.clock_gettime) {
		shim_find();
	}
	if (!still.is || (id != CLOCK_REALTIME && id != CLOCK_BOOTTIME)) {
		return shim_real.clock_gettime(id, out);
	}
	rc = shim_real.clock_gettime(CLOCK_MONOTONIC, out);

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
		return shim_real.getrandom(out, size, flags);
	}
	for (size_t done = 0; done < size; done += sizeof(uint64_t)) {
		uint64_t drawn = draw();
		size_t left = size - done;

		memcpy((char *)out + done, &drawn,
		       left < sizeof(drawn) ? left : sizeof(drawn));
	}
	return (ssize_t)size;
}

/* ---- places ---- */

int stat64(const char *path, struct stat64 *out)
{
	const char *name = strrchr(path, '/');
	int rc = shim_real.stat(path, out);

	if (rc == 0 && still.is && strcmp(name ? name + 1 : path, "keys") == 0) {
		out->st_ino = 1;
		out->st_ctim = (struct timespec){ .tv_sec = still.wall };
	}
	return rc;
}
