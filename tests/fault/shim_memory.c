/*
 * tests/fault/shim_memory.c - the shim's allocations. What dlsym() itself asks for, before
 * it has told what lies underneath, comes out of a block of our own.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fault/shim_internal.h"

#define EARLY_SIZE 65536

static char early[EARLY_SIZE] __attribute__((aligned(16)));
static size_t early_used;

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
	if (!shim_real.malloc && shim_busy == 0) {
		shim_find();
	}
	return shim_real.malloc != NULL && shim_real.free != NULL;
}

void *malloc(size_t size)
{
	if (!has_malloc()) {
		return early_alloc(size);
	}
	if (shim_fails(PH_FAULT_ALLOC)) {
		return NULL;
	}
	return shim_real.malloc(size);
}

void *calloc(size_t n, size_t size)
{
	if (!has_malloc()) {
		return early_alloc(n * size); /* zero, since never used before */
	}
	if (shim_fails(PH_FAULT_ALLOC)) {
		return NULL;
	}
	return shim_real.calloc(n, size);
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
	if (shim_fails(PH_FAULT_ALLOC)) {
		return NULL;
	}
	return shim_real.realloc(old, size);
}

void free(void *at)
{
	if (at && !is_early(at) && has_malloc()) {
		shim_real.free(at);
	}
}
