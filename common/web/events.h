/*
 * common/web/events.h - what changed lately, kept for those who follow: a bounded ring.
 *
 * One ring serves all: a follower keeps its place in it and nothing else, so one that does
 * not read costs nothing but its place. Who falls behind what is kept is told so, by an
 * event "gap", and goes on with the oldest that is there.
 */
#ifndef PH_WEB_EVENTS_H
#define PH_WEB_EVENTS_H

#include <stdbool.h>

#include "common/base/bytes.h"

#define PH_WEB_EVENTS      1024
#define PH_WEB_EVENT_BYTES (256 * 1024) /* of all that are kept */
#define PH_WEB_EVENT_MAX   (16 * 1024)  /* of one */

struct ph_web_events {
	struct ph_buf text[PH_WEB_EVENTS]; /* by id modulo */
	uint64_t first, next;              /* ids: of the oldest, of the next to come */
	size_t bytes;
};

/* FIRST is the id of the first event; rising from one start to the next. */
void ph_web_events_init(struct ph_web_events *events, uint64_t first);
void ph_web_events_deinit(struct ph_web_events *events);
/* Add one: DATA is JSON on one line. 0, -EMSGSIZE, -ENOMEM. */
int ph_web_events_put(struct ph_web_events *events, const char *name,
		      struct ph_view data);
/* There were some that nobody noted: whoever has an earlier id is to be told of a gap. */
void ph_web_events_skip(struct ph_web_events *events);

/* Where a follower is. All zero but `next` is one that begins there. */
struct ph_web_place {
	uint64_t next;
	size_t at;    /* bytes of it that were read */
	char gap[96]; /* an event of the follower's own, first */
	size_t gap_at;
	bool is_lost; /* the event that it was reading is gone: end it */
};
/* The place of somebody whose last event was LAST_ID (its text; NULL: from now on). */
void ph_web_place_init(struct ph_web_place *place, const struct ph_web_events *events,
		       const char *last_id);
/* Read on: as many bytes as there are, at most SIZE. 0: none for now, or is_lost. */
size_t ph_web_place_read(struct ph_web_place *place, const struct ph_web_events *events,
			 char *out, size_t size);

#endif
