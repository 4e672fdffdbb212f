/*
 * common/base/json_memory.c - jansson's memory, with a count of what was not to be had.
 *
 * jansson asks here for each block. What malloc() refuses is refused, and counted for the
 * thread. What it gives back is wiped first: a text, or a piece of one that was read, may
 * be a name or a PIN.
 */
#include "common/base/json_memory.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static _Thread_local uint64_t shortages;

static void *take(size_t size)
{
	void *block = malloc(size);

	shortages += !block;
	return block;
}

static void give(void *block)
{
	if (block) {
		explicit_bzero(block, malloc_usable_size(block));
	}
	free(block);
}

void ph_json_watch(void)
{
	json_set_alloc_funcs(take, give);
}

uint64_t ph_json_shortages(void)
{
	return shortages;
}
