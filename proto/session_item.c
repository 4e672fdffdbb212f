/*
 * proto/session_item.c - what sessions carry: items, receipts, jobs.
 *
 * All of them own their bytes. Bodies and hellos may hold personal fields, items hold
 * seeds: they are wiped when freed.
 */
#include "proto/session_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

/* ---- bytes ---- */

int ph_session_grow(struct ph_buf *body, size_t extra, size_t total)
{
	size_t need = body->len + extra;
	size_t cap = 2 * body->cap;

	if (need <= body->cap) {
		return 0;
	}
	cap = cap < need ? need : cap;
	cap = cap > total ? total : cap;

	uint8_t *data = malloc(cap);

	if (data == NULL) {
		return -ENOMEM;
	}
	if (body->len > 0) {
		memcpy(data, body->data, body->len);
	}

	size_t len = body->len;

	ph_buf_wipe(body);
	*body = (struct ph_buf){ .data = data, .len = len, .cap = cap };
	return 0;
}

/* ---- items ---- */

struct ph_item *ph_item_new(enum ph_item_type type)
{
	struct ph_item *item = calloc(1, sizeof(*item));

	if (item != NULL) {
		item->type = type;
	}
	return item;
}

size_t ph_item_max(enum ph_item_type type)
{
	switch (type) {
	case PH_ITEM_SEGMENT:
		return PH_SEGMENT_TRAVEL_MAX;
	case PH_ITEM_PART:
		return PH_PART_MAX;
	case PH_ITEM_PAGE:
		return PH_PAGE_MAX + PH_PAGE_AROUND;
	case PH_ITEM_PACKED:
		return PH_PACK_MAX;
	case PH_ITEM_KEEP:
		return PH_KEEP_MAX;
	}
	return 0;
}

bool ph_item_resumes(enum ph_item_type type)
{
	return type != PH_ITEM_PART && type != PH_ITEM_KEEP;
}

void ph_items_free(struct ph_item *item)
{
	while (item != NULL) {
		struct ph_item *next = item->next;

		ph_buf_wipe(&item->body);
		sodium_memzero(item, sizeof(*item)); /* its seed */
		free(item);
		item = next;
	}
}

void ph_unfinished_deinit(struct ph_unfinished *unfinished)
{
	ph_items_free(unfinished->item);
	*unfinished = (struct ph_unfinished){ 0 };
}

void ph_item_segment(const struct ph_item *item, struct ph_segment *segment_out)
{
	struct ph_segment segment = {
		.first = item->first,
		.last = item->last,
		.body = ph_buf_view(&item->body),
	};

	memcpy(segment.log_id, item->log_id, sizeof(segment.log_id));
	memcpy(segment.seal, item->seal, sizeof(segment.seal));
	*segment_out = segment;
}

void ph_item_hash(const struct ph_item *item, uint8_t hash_out[static 16])
{
	struct ph_segment segment;

	memset(hash_out, 0, 16);
	if (item->type == PH_ITEM_SEGMENT || item->type == PH_ITEM_PACKED) {
		ph_item_segment(item, &segment);
		ph_segment_hash(&segment, hash_out);
	} else if (item->type == PH_ITEM_PAGE) {
		ph_feed_hash(ph_buf_view(&item->body), hash_out);
	}
}

void ph_session_items_put(struct session_items *items, struct ph_item *item)
{
	struct ph_item **end = items->first == NULL ? &items->first : items->last;

	*end = item;
	while (*end != NULL) {
		end = &(*end)->next;
	}
	items->last = end;
}

size_t ph_session_items_memory(const struct ph_item *item)
{
	size_t bytes = 0;

	for (; item != NULL; item = item->next) {
		bytes += sizeof(*item) + item->body.cap;
	}
	return bytes;
}

struct ph_item *ph_session_items_take(struct session_items *items)
{
	struct ph_item *first = items->first;

	*items = (struct session_items){ 0 };
	return first;
}

/* ---- receipts ---- */

int ph_session_receipt_put(struct session_receipts *receipts,
			   const struct ph_short_receipt *receipt)
{
	for (unsigned i = 0; i < receipts->n; i++) {
		if (receipts->list[i].index == receipt->index &&
		    receipts->list[i].level == receipt->level) {
			receipts->list[i] = *receipt;
			return 0;
		}
	}
	if (receipts->n == receipts->cap) {
		unsigned cap = receipts->cap + 2;
		struct ph_short_receipt *list =
			realloc(receipts->list, cap * sizeof(*list));

		if (list == NULL) {
			return -ENOMEM;
		}
		receipts->list = list;
		receipts->cap = cap;
	}
	receipts->list[receipts->n++] = *receipt;
	return 0;
}

/* ---- jobs ---- */

struct ph_job *ph_session_job_new(enum ph_job_type type, unsigned room)
{
	struct ph_job *job = calloc(1, sizeof(*job));

	if (job == NULL) {
		return NULL;
	}
	job->type = type;
	if (room > 0) {
		job->receipt = calloc(room, sizeof(*job->receipt));
		if (job->receipt == NULL) {
			free(job);
			return NULL;
		}
	}
	job->room = room;
	job->welcome.receipt = job->receipt;
	return job;
}

void ph_job_free(struct ph_job *job)
{
	if (job == NULL) {
		return;
	}
	ph_buf_wipe(&job->bytes);
	ph_unfinished_deinit(&job->partial);
	ph_items_free(job->items);
	free(job->receipt);
	free(job);
}

size_t ph_session_job_memory(const struct ph_job *job)
{
	return sizeof(*job) + job->bytes.cap +
	       ph_session_items_memory(job->partial.item) +
	       job->room * sizeof(*job->receipt) + ph_session_items_memory(job->items);
}
