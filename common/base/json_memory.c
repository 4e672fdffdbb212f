/*
 * common/base/json_memory.c - jansson's memory, with a count of what was not to be had.
 *
 * jansson asks here for each block. What malloc() refuses is refused, and counted for the
 * thread. What it gives back is wiped first: a text, or a piece of one that was read, may
 * be a name or a PIN.
 */
#include "common/base/json_memory.h"

#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local uint64_t shortages;

/* A text that is being read: all blocks that jansson has of it, the last one last. */
struct reading {
	jmp_buf back;
	void **block;
	size_t n, cap;
};
static _Thread_local struct reading *reading;

/* Note BLOCK; false: there is no memory to do it. */
static bool note(struct reading *of, void *block)
{
	if (of->n == of->cap) {
		size_t cap = of->cap ? 2 * of->cap : 64;
		void **more = realloc(of->block, cap * sizeof(*more));

		if (!more) {
			return false;
		}
		of->block = more;
		of->cap = cap;
	}
	of->block[of->n++] = block;
	return true;
}

/* BLOCK is given back; mostly it is one of the last. */
static void forget(struct reading *of, const void *block)
{
	for (size_t i = of->n; i-- > 0;) {
		if (of->block[i] == block) {
			of->n--;
			memmove(&of->block[i], &of->block[i + 1],
				(of->n - i) * sizeof(of->block[0]));
			return;
		}
	}
}

static void *take(size_t size)
{
	void *block = malloc(size);

	if (block && reading && !note(reading, block)) {
		free(block);
		block = NULL;
	}
	if (!block) {
		shortages++;
		if (reading) {
			longjmp(reading->back, 1);
		}
	}
	return block;
}

static void give(void *block)
{
	if (block && reading) {
		forget(reading, block);
	}
	if (block) {
		explicit_bzero(block, malloc_usable_size(block));
	}
	free(block);
}

json_t *ph_json_loadb(const char *text, size_t len, size_t flags, json_error_t *why)
{
	struct reading own = { 0 };
	json_t *volatile object = NULL;

	reading = &own;
	if (setjmp(own.back) == 0) {
		object = json_loadb(text, len, flags, why);
		reading = NULL;
	} else {
		reading = NULL;
		while (own.n > 0) {
			give(own.block[--own.n]);
		}
		if (why) {
			*why = (json_error_t){ .line = -1, .column = -1 };
			why->text[JSON_ERROR_TEXT_LENGTH - 1] =
				(char)json_error_out_of_memory; /* json_error_code() */
		}
	}
	free(own.block);
	return object;
}

char *ph_json_dumps(const json_t *object, size_t flags)
{
	uint64_t before = shortages;
	char *text = json_dumps(object, flags);

	if (text && shortages != before) {
		give(text);
		text = NULL;
	}
	return text;
}

void ph_json_watch(void)
{
	json_set_alloc_funcs(take, give);
}

uint64_t ph_json_shortages(void)
{
	return shortages;
}

struct writing {
	struct ph_buf *out;
	bool failed; /* once, so that all of it did */
};

static int put(const char *text, size_t len, void *data)
{
	struct writing *to = data;

	to->failed = to->failed || ph_buf_put(to->out, text, len) != 0;
	return to->failed ? -1 : 0;
}

int ph_json_write(const json_t *object, struct ph_buf *out)
{
	struct writing to = { .out = out };

	return json_dump_callback(object, put, &to, JSON_COMPACT) != 0 || to.failed
		       ? -ENOMEM
		       : 0;
}
