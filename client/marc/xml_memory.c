/*
 * client/marc/xml_memory.c - libxml2's memory, with a count of what was not to be had.
 *
 * packhorse-marc has one thread, so there is one count.
 */
#include "client/marc/xml_memory.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/xmlmemory.h>

static uint64_t shortages;

static void *count(void *block)
{
	shortages += !block;
	return block;
}

static void *take(size_t size)
{
	return count(malloc(size));
}

static void *take_more(void *block, size_t size)
{
	return count(realloc(block, size));
}

static char *copy(const char *text)
{
	size_t size = strlen(text) + 1;
	char *block = take(size);

	return block ? memcpy(block, text, size) : NULL;
}

void ph_xml_watch(void)
{
	(void)xmlMemSetup(free, take, take_more, copy);
}

uint64_t ph_xml_shortages(void)
{
	return shortages;
}
