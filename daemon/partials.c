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
	uint8_t hash[16];
	struct ph_buf bytes;
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
	partials->bytes -= partial->bytes.cap;
}

static void drop(struct ph_partials *partials, struct ph_partial *partial)
{
	detach(partials, partial);
	ph_buf_wipe(&partial->bytes);
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
		     const uint8_t hash[static 16], struct ph_buf *bytes)
{
	struct ph_partial *partial = find(partials, key);

	if (partial) {
		drop(partials, partial);
	}
	/* not at the cost of all others */
	partial = bytes->cap <= partials->bytes_max && partials->count_max > 0
			  ? calloc(1, sizeof(*partial))
			  : NULL;
	if (!partial) {
		ph_buf_wipe(bytes);
		partials->dropped++;
		return;
	}
	memcpy(partial->key, key, sizeof(partial->key));
	memcpy(partial->hash, hash, sizeof(partial->hash));
	partial->bytes = *bytes;
	*bytes = (struct ph_buf){ 0 };
	partial->older = partials->newest;
	*(partials->newest ? &partials->newest->newer : &partials->oldest) = partial;
	partials->newest = partial;
	partials->count++;
	partials->bytes += partial->bytes.cap;
	ph_partials_bound(partials, partials->count_max, partials->bytes_max);
}

bool ph_partials_take(struct ph_partials *partials, const uint8_t key[static PH_KEY_SIZE],
		      uint8_t hash_out[static 16], struct ph_buf *bytes_out)
{
	struct ph_partial *partial = find(partials, key);

	if (!partial) {
		return false;
	}
	detach(partials, partial);
	memcpy(hash_out, partial->hash, sizeof(partial->hash));
	*bytes_out = partial->bytes;
	free(partial);
	return true;
}
