/*
 * daemon/trail.c - how the last session of each device ended, since the daemon started.
 *
 * A province has some hundred devices, so that looking through them costs nothing beside a
 * session.
 */
#include "daemon/trail.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

struct ph_trail_end {
	uint8_t id[PH_DEVICE_ID_SIZE];
	int64_t second;
	const char *result, *reason;
};

void ph_trail_deinit(struct ph_trail *trail)
{
	free(trail->ends);
	*trail = (struct ph_trail){ 0 };
}

static struct ph_trail_end *find(const struct ph_trail *trail, const uint8_t *id)
{
	for (size_t i = 0; i < trail->n; i++) {
		if (memcmp(trail->ends[i].id, id, PH_DEVICE_ID_SIZE) == 0) {
			return &trail->ends[i];
		}
	}
	return NULL;
}

static struct ph_trail_end *oldest(struct ph_trail *trail)
{
	struct ph_trail_end *end = &trail->ends[0];

	for (size_t i = 1; i < trail->n; i++) {
		end = trail->ends[i].second < end->second ? &trail->ends[i] : end;
	}
	return end;
}

/* A place for one more; NULL: no memory. */
static struct ph_trail_end *add(struct ph_trail *trail)
{
	if (trail->n == PH_TRAIL_MAX) {
		return oldest(trail);
	}
	if (trail->n == trail->cap) {
		size_t cap = trail->cap ? 2 * trail->cap : 64;
		struct ph_trail_end *ends = realloc(trail->ends, cap * sizeof(*ends));

		if (!ends) {
			return NULL;
		}
		trail->ends = ends;
		trail->cap = cap;
	}
	return &trail->ends[trail->n++];
}

void ph_trail_note(struct ph_trail *trail, const uint8_t id[static PH_DEVICE_ID_SIZE],
		   int64_t second, const char *result, const char *reason)
{
	struct ph_trail_end *end = find(trail, id);

	end = end ? end : add(trail);
	if (end) {
		memcpy(end->id, id, sizeof(end->id));
		end->second = second;
		end->result = result;
		end->reason = reason;
	}
}

const char *ph_trail_result(const struct ph_trail *trail,
			    const uint8_t id[static PH_DEVICE_ID_SIZE])
{
	const struct ph_trail_end *end = find(trail, id);

	return end ? end->result : NULL;
}

json_t *ph_trail_json(const struct ph_trail *trail)
{
	json_t *object = json_object();
	char id[2 * PH_DEVICE_ID_SIZE + 1];
	char at[PH_TIME_TEXT];

	for (size_t i = 0; i < trail->n; i++) {
		const struct ph_trail_end *end = &trail->ends[i];

		ph_hex(id, end->id, sizeof(end->id));
		ph_time_text(at, end->second);
		json_object_set_new(object, id,
				    json_pack("{s:I, s:s, s:s, s:s}", "second",
					      (json_int_t)end->second, "at", at, "result",
					      end->result, "reason", end->reason));
	}
	return object;
}
