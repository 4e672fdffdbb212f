/*
 * daemon/partials.h - unfinished segments of sessions that were cut, for the next one.
 *
 * One for each device, by its static key; bounded in number and in bytes, the one that
 * was used longest ago goes first. In memory only: losing one costs bytes, no records.
 */
#ifndef PH_DAEMON_PARTIALS_H
#define PH_DAEMON_PARTIALS_H

#include "common/log/keys.h"
#include "proto/session.h"

struct ph_partial;
struct ph_partials {
	struct ph_partial *newest, *oldest;
	unsigned count, count_max;
	size_t bytes, bytes_max;
	uint64_t dropped; /* for lack of room */
};

void ph_partials_init(struct ph_partials *partials, unsigned count_max, size_t bytes_max);
void ph_partials_deinit(struct ph_partials *partials);
/* New bounds; what is over them goes. */
void ph_partials_bound(struct ph_partials *partials, unsigned count_max,
		       size_t bytes_max);
/*
 * Keep SEGMENT for the device KEY, in place of what it had. Takes it in any case; what
 * is too large alone, or finds no memory, is dropped.
 */
void ph_partials_put(struct ph_partials *partials, const uint8_t key[static PH_KEY_SIZE],
		     struct ph_unfinished *segment);
/* What there is for KEY; ownership passes. false: nothing. */
bool ph_partials_take(struct ph_partials *partials, const uint8_t key[static PH_KEY_SIZE],
		      struct ph_unfinished *segment_out);

#endif
