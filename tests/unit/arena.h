/*
 * tests/unit/arena.h - memory that can be put back as it was.
 *
 * A program linked with --wrap of malloc, calloc, realloc and free has here all that it, and
 * the libraries linked into it, ask for. From arena_begin() on arena_keep() notes what is
 * there, arena_back() makes it so again: whoever is to be broken a hundred thousand times at
 * one point comes to that point once. What was there before arena_begin() is not put back,
 * nor freed any more. What shared libraries allocate is not in it; they keep nothing from
 * one call to the next. Each test program includes it once.
 */
#ifndef PH_TESTS_ARENA_H
#define PH_TESTS_ARENA_H

#include <assert.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	ARENA_SIZE = 32 << 20,
	ARENA_CLASSES = 26, /* of blocks: powers of two */
	ARENA_HEAD = 16,
};

struct arena_spare {
	struct arena_spare *next;
};

struct arena {
	size_t used, begin;
	struct arena_spare *spare[ARENA_CLASSES];
};

static struct arena arena, arena_kept;
static alignas(16) uint8_t arena_bytes[ARENA_SIZE], arena_kept_bytes[ARENA_SIZE];

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);
void __real_free(void *block);

/* Its class stands in front of a block. */
static inline uint8_t *arena_head(void *block)
{
	return (uint8_t *)block - ARENA_HEAD;
}

void *__wrap_malloc(size_t size)
{
	uint8_t *block = NULL;
	uint8_t class = 4;

	while (class < ARENA_CLASSES && ((size_t)1 << class) < size) {
		class ++;
	}
	assert(class < ARENA_CLASSES);
	if (arena.spare[class] != NULL) {
		block = (uint8_t *)arena.spare[class];
		arena.spare[class] = arena.spare[class]->next;
	} else {
		block = arena_bytes + arena.used + ARENA_HEAD;
		arena.used += ARENA_HEAD + ((size_t)1 << class);
		assert(arena.used <= ARENA_SIZE);
		*arena_head(block) = class;
	}
	return block;
}

void *__wrap_calloc(size_t n, size_t size)
{
	assert(size == 0 || n <= ARENA_SIZE / size);
	return memset(__wrap_malloc(n * size), 0, n * size);
}

void __wrap_free(void *block)
{
	uint8_t *at = block;

	if (at < arena_bytes || at >= arena_bytes + ARENA_SIZE) {
		__real_free(block);
		return;
	}

	if (at < arena_bytes + arena.begin) {
		return;
	}

	struct arena_spare *spare = block;
	uint8_t class = *arena_head(block);

	spare->next = arena.spare[class];
	arena.spare[class] = spare;
}

void *__wrap_realloc(void *block, size_t size)
{
	void *more = __wrap_malloc(size);

	if (block != NULL) {
		size_t had = (size_t)1 << *arena_head(block);

		memcpy(more, block, had < size ? had : size);
		__wrap_free(block);
	}
	return more;
}

static inline void arena_begin(void)
{
	arena = (struct arena){ .used = arena.used, .begin = arena.used };
}

static inline void arena_copy(uint8_t *to, const uint8_t *from)
{
	memcpy(to + arena.begin, from + arena.begin, arena.used - arena.begin);
}

static inline void arena_keep(void)
{
	arena_kept = arena;
	arena_copy(arena_kept_bytes, arena_bytes);
}

static inline void arena_back(void)
{
	arena = arena_kept;
	arena_copy(arena_bytes, arena_kept_bytes);
}

#endif
