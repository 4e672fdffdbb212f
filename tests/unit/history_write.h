/*
 * tests/unit/history_write.h - a random history in the form of tests/reference/README.md,
 * so that the second fold can fold it too.
 */
#ifndef PH_TESTS_HISTORY_WRITE_H
#define PH_TESTS_HISTORY_WRITE_H

#include <inttypes.h>
#include <stdio.h>

#include "random_history.h"

static inline void write_hex(FILE *file, struct ph_view bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		fprintf(file, "%02x", bytes.data[i]);
	}
}

/* Whether another branch of the log begins with all of this one: it is none then. */
static inline bool is_beginning(const struct history *history, size_t at)
{
	const struct actor *actor = &history->actors[at];

	for (size_t i = 0; i < history->n_actors; i++) {
		const struct actor *other = &history->actors[i];

		if (i != at && memcmp(other->id, actor->id, sizeof other->id) == 0 &&
		    (other->n > actor->n || (other->n == actor->n && i < at)) &&
		    memcmp(other->h[actor->n], actor->h[actor->n], PH_HASH_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

static inline void history_write(FILE *file, const struct history *history, uint64_t name)
{
	for (size_t i = 0; i < history->n_actors; i++) {
		const struct actor *actor = &history->actors[i];

		if (is_beginning(history, i)) {
			continue;
		}
		fprintf(file, "{\"log\": \"");
		write_hex(file, PH_VIEW(actor->id, sizeof actor->id));
		fprintf(file,
			"\", \"branch\": %zu, \"site\": %" PRIu64 ", \"role\": %" PRIu64
			", \"key\": \"",
			i, actor->site, actor->role);
		write_hex(file, PH_VIEW(actor->key, sizeof actor->key));
		fprintf(file, "\", \"entries\": [");
		for (uint64_t n = 1; n <= actor->n; n++) {
			fprintf(file, n > 1 ? ", \"" : "\"");
			write_hex(file, actor_entry(actor, n));
			fprintf(file, "\"");
		}
		fprintf(file, "]}\n");
	}
	fprintf(file, "{\"end\": %" PRIu64 "}\n", name);
}

#endif
