/*
 * daemon/partials.c - a short list by age, walked from the newest.
 *
 * A device that comes back after a cut mostly does so soon, so what is looked for
 * stands near the front. What goes is wiped: it holds records of readers' loans.
 */
#include "daemon/partials.h"

#include <stdlib.h>
#include <string.h>

struct ph_partial {
	struct ph_partial *newer, *older;
	uint8_t key[PH_KEY_SIZE];
	struct ph_unfinished segment;
};

void ph_partials_init(struct ph_partials *partials, unsigned count_max, size_t bytes_max)
{
	*partials =
		(struct ph_partials){ .count_max = count_max, .bytes_max = bytes_max };
}

static void detach(struct ph_partials *partials, struct ph_partial *partial)
{
	*(partial->newer ? &partial->newer->older : &partials->newest) = partial->older;
	*(partial->older ? &partial->older->newer : &partials->oldest) = partial->newer;
	partials->count--;
	partials->bytes -= partial->segment.item->body.cap;
}

static void drop(struct ph_partials *partials, struct ph_partial *partial)
{
	detach(partials, partial);
	ph_unfinished_deinit(&partial->segment);
	free(partial);
}

void ph_partials_deinit(struct ph_partials *partials)
{
	while (partials->newest) {
		drop(partials, partials->newest);
	}
}

void ph_partials_bound(struct ph_partials *partials, unsigned count_max, size_t bytes_max)
{
	partials->count_max = count_max;
	partials->bytes_max = bytes_max;
	while (partials->oldest &&
	       (partials->count > count_max || partials->bytes > bytes_max)) {
		drop(partials, partials->oldest);
		partials->dropped++;
	}
}

static struct ph_partial *find(struct ph_partials *partials,
			       const uint8_t key[static PH_KEY_SIZE])
{
	struct ph_partial *partial = partials->newest;

	while (partial && memcmp(partial->key, key, PH_KEY_SIZE) != 0) {
		partial = partial->older;
	}
	return partial;
}

void ph_partials_put(struct ph_partials *partials, const uint8_t key[static PH_KEY_SIZE],
		     struct ph_unfinished *segment)
{
	struct ph_partial *partial = find(partials, key);

	if (partial) {
		drop(partials, partial);
	}
	/* not at the cost of all others */
	partial =
		segment->item->body.cap <= partials->bytes_max && partials->count_max > 0
			? calloc(1, sizeof(*partial))
			: NULL;
	if (!partial) {
		ph_unfinished_deinit(segment);
		partials->dropped++;
		return;
	}
	memcpy(partial->key, key, sizeof(partial->key));
	partial->segment = *segment;
	*segment = (struct ph_unfinished){ 0 };
	partial->older = partials->newest;
	*(partials->newest ? &partials->newest->newer : &partials->oldest) = partial;
	partials->newest = partial;
	partials->count++;
	partials->bytes += partial->segment.item->body.cap;
	ph_partials_bound(partials, partials->count_max, partials->bytes_max);
}

bool ph_partials_take(struct ph_partials *partials, const uint8_t key[static PH_KEY_SIZE],
		      struct ph_unfinished *segment_out)
{
	struct ph_partial *partial = find(partials, key);

	if (!partial) {
		return false;
	}
	detach(partials, partial);
	*segment_out = partial->segment;
	free(partial);
	return true;
}
