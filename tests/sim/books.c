/*
 * tests/sim/books.c - the books of the simulator: lists of things, choosing, recording.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/version.h"
#include "tests/sim/work_internal.h"

/* --- lists --- */

void *sim_grown(void *list, size_t n, size_t *cap, size_t size)
{
	if (n == *cap) {
		*cap = *cap > 0 ? 2 * *cap : 32;
		list = realloc(list, *cap * size);
		assert(list != NULL);
	}
	memset((char *)list + n * size, 0, size);
	return list;
}

struct sim_books *sim_books_new(void)
{
	struct sim_books *books = calloc(1, sizeof *books);

	assert(books != NULL);
	return books;
}

void sim_books_free(struct sim_books *books)
{
	if (books != NULL) {
		free(books->copies);
		free(books->cards);
		free(books->readers);
		free(books->titles);
		free(books->crates);
		free(books->holds);
		free(books->pages);
		free(books->tried);
		free(books->touches);
		free(books);
	}
}

void sim_touch(struct sim *sim, ptrdiff_t ack, enum sim_thing type, size_t at)
{
	struct sim_touch *touch = ADD(sim->books, touches);

	*touch = (struct sim_touch){ (uint32_t)ack, type, (unsigned)at };
	if (type == SIM_COPY && at < sim->books->n_copies) {
		sim->books->copies[at].moved = sim->now;
	}
}

/* --- choosing --- */

size_t sim_pick(const struct desk *desk, size_t n,
		bool (*fits)(const struct desk *desk, size_t i))
{
	size_t start = n > 0 ? below(desk, n) : 0;

	for (size_t i = 0; i < n; i++) {
		size_t at = (start + i) % n;

		if (fits(desk, at)) {
			return at;
		}
	}
	return NONE;
}

bool sim_is_here(const struct desk *desk, size_t i)
{
	const struct sim_copy *copy = &desk->books->copies[i];

	return copy->where == SIM_ON_SHELF && copy->site == desk->device->site;
}

bool sim_is_good_card(const struct desk *desk, size_t i)
{
	const struct sim_card *card = &desk->books->cards[i];

	return !card->barred && (card->site == desk->device->site || i % 9 == 0);
}

bool sim_any(const struct desk *desk, size_t i)
{
	(void)desk;
	(void)i;
	return true;
}

/* --- writing --- */

ptrdiff_t sim_put(const struct desk *desk, json_t *entry)
{
	const char *kind = json_string_value(json_object_get(entry, "kind"));

	assert(kind != NULL);
	if (!sim_knows(&desk->device->machine, kind)) { /* nobody here can do that */
		json_decref(entry);
		return -1;
	}
	return sim_write(desk->sim, desk->device, json_pack("[o]", entry));
}

const char *sim_name(const struct desk *desk, uint32_t ack)
{
	static char texts[4][PH_REF_TEXT];
	static unsigned at;
	char *text = texts[at++ % 4];

	ph_ref_text(text, &desk->sim->acks[ack].ref);
	return text;
}
