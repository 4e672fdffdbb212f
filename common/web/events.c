/*
 * common/web/events.c - see events.h.
 *
 * An id that we never gave (of another start, or made up) is behind or ahead of all: both
 * are a gap, since what lies between is not known.
 */
#include "common/web/events.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ph_web_events_init(struct ph_web_events *events, uint64_t first)
{
	memset(events, 0, sizeof(*events));
	events->first = first;
	events->next = first;
}

static void drop_first(struct ph_web_events *events)
{
	struct ph_buf *text = &events->text[events->first % PH_WEB_EVENTS];

	events->bytes -= text->len;
	events->first++;
	ph_buf_deinit(text);
}

void ph_web_events_deinit(struct ph_web_events *events)
{
	while (events->first < events->next) {
		drop_first(events);
	}
}

void ph_web_events_skip(struct ph_web_events *events)
{
	ph_web_events_deinit(events);
	events->next++;
	events->first = events->next;
}

int ph_web_events_put(struct ph_web_events *events, const char *name, struct ph_view data)
{
	struct ph_buf text = { 0 };
	int rc = data.len <= PH_WEB_EVENT_MAX ? 0 : -EMSGSIZE;

	rc = rc < 0 ? rc
		    : ph_buf_printf(&text, "id: %" PRIu64 "\nevent: %s\ndata: %.*s\n\n",
				    events->next, name, (int)data.len,
				    (const char *)data.data);
	if (rc < 0) {
		ph_buf_deinit(&text);
		return rc;
	}
	while (events->first < events->next &&
	       (events->next - events->first == PH_WEB_EVENTS ||
		events->bytes + text.len > PH_WEB_EVENT_BYTES)) {
		drop_first(events);
	}
	events->bytes += text.len;
	events->text[events->next % PH_WEB_EVENTS] = text;
	events->next++;
	return 0;
}

static void tell_gap(struct ph_web_place *place, const struct ph_web_events *events)
{
	snprintf(place->gap, sizeof(place->gap),
		 "id: %" PRIu64 "\nevent: gap\ndata: {\"next\":%" PRIu64 "}\n\n",
		 events->first - 1, events->first);
	place->gap_at = 0;
	place->next = events->first;
	place->at = 0;
}

void ph_web_place_init(struct ph_web_place *place, const struct ph_web_events *events,
		       const char *last_id)
{
	size_t digits = last_id ? strspn(last_id, "0123456789") : 0;
	uint64_t last = digits > 0 && digits <= 18 ? strtoull(last_id, NULL, 10) : 0;

	memset(place, 0, sizeof(*place));
	place->next = events->next;
	if (!last_id) {
		return;
	}
	if (last_id[digits] != '\0' || last + 1 < events->first || last >= events->next) {
		tell_gap(place, events);
	} else {
		place->next = last + 1;
	}
}

/* Copy what is left of TEXT behind AT. */
static size_t copy(const char *text, size_t len, size_t *at, char *out, size_t size)
{
	size_t n = len - *at < size ? len - *at : size;

	memcpy(out, text + *at, n);
	*at += n;
	return n;
}

size_t ph_web_place_read(struct ph_web_place *place, const struct ph_web_events *events,
			 char *out, size_t size)
{
	size_t n = 0;

	if (place->next < events->first) {
		if (place->at > 0) {
			place->is_lost = true;
			return 0;
		}
		tell_gap(place, events);
	}
	if (place->gap[place->gap_at]) {
		n = copy(place->gap, strlen(place->gap), &place->gap_at, out, size);
		if (place->gap[place->gap_at] == '\0') {
			place->gap[0] = '\0';
			place->gap_at = 0;
		}
	}
	while (n < size && place->next < events->next) {
		const struct ph_buf *text = &events->text[place->next % PH_WEB_EVENTS];

		n += copy((const char *)text->data, text->len, &place->at, out + n,
			  size - n);
		if (place->at == text->len) {
			place->next++;
			place->at = 0;
		}
	}
	return n;
}
