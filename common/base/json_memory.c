/*
 * common/base/json_memory.c - jansson's memory, with a count of what was not to be had.
 *
 * jansson asks here for each block. What malloc() refuses is refused, and counted for the
 * thread.
 */
#include "common/base/json_memory.h"

#include <stdlib.h>

#include <jansson.h>

static _Thread_local uint64_t shortages;

static void *take(size_t size)
{
	void *block = malloc(size);

	shortages += !block;
	return block;
}

void ph_json_watch(void)
{
	json_set_alloc_funcs(take, free);
}

uint64_t ph_json_shortages(void)
{
	return shortages;
}
