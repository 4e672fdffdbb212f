/*
 * proto/pack_item.c - items packed for the road, and taken apart at its end.
 *
 * Packing: a segment and the parts that follow it are handed to ph_pack(); the packed
 * bytes take the place of its body, and parts that went inside leave the list. What would
 * not be shorter, or cannot be packed, stays as it is. Unpacking is the way back.
 *
 * No memory: -ENOMEM, with every item still in the list in one form or the other.
 */
#include "proto/pack_item.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

static struct ph_pack_where where_of(const struct ph_item *item)
{
	struct ph_pack_where where = { .first = item->first, .last = item->last };

	memcpy(where.log_id, item->log_id, sizeof(where.log_id));
	return where;
}

static bool is_part_of(const struct ph_item *part, const struct ph_item *segment)
{
	return part != NULL && part->type == PH_ITEM_PART && !part->is_boxed &&
	       memcmp(part->log_id, segment->log_id, PH_LOG_ID_SIZE) == 0 &&
	       part->first >= segment->first && part->first <= segment->last;
}

/* ---- packing ---- */

struct inside {
	struct ph_pack_part *parts;
	bool *taken;
	size_t n;
	size_t plain; /* bytes of all that were taken */
};

/* The parts behind SEGMENT, as long as they rise and are open. */
static int gather(const struct ph_item *segment, struct inside *inside)
{
	const struct ph_item *part = segment->next;
	size_t n = 0;

	while (is_part_of(part, segment) && n < PH_PACK_PARTS_MAX) {
		part = part->next;
		n++;
	}
	inside->parts = calloc(n + 1, sizeof(*inside->parts));
	inside->taken = calloc(n + 1, sizeof(*inside->taken));
	if (inside->parts == NULL || inside->taken == NULL) {
		return -ENOMEM;
	}
	part = segment->next;
	for (inside->n = 0; inside->n < n; inside->n++, part = part->next) {
		struct ph_pack_part *to = &inside->parts[inside->n];

		if (inside->n > 0 && part->first <= to[-1].n) {
			break;
		}
		to->n = part->first;
		to->plain = ph_buf_view(&part->body);
		memcpy(to->seed, part->seed, sizeof(to->seed));
	}
	return 0;
}

/* How many these were. */
static size_t drop_taken(struct ph_item *segment, const struct inside *inside)
{
	struct ph_item **at = &segment->next;
	size_t n = 0;

	for (size_t i = 0; i < inside->n; i++) {
		struct ph_item *part = *at;

		if (!inside->taken[i]) {
			at = &part->next;
			continue;
		}
		*at = part->next;
		part->next = NULL;
		ph_items_free(part);
		n++;
	}
	return n;
}

static int pack_item(struct ph_pack *pack, struct ph_item *segment)
{
	struct ph_pack_where where = where_of(segment);
	struct inside inside = { 0 };
	struct ph_buf packed = { 0 };
	size_t plain = segment->body.len;
	int rc = gather(segment, &inside);

	if (rc == 0) {
		rc = ph_pack(pack, &where, ph_buf_view(&segment->body), inside.parts,
			     inside.n, inside.taken, &packed);
	}
	for (size_t i = 0; i < inside.n && rc == 0; i++) {
		plain += inside.taken[i] ? inside.parts[i].plain.len + PH_SEED_SIZE : 0;
	}
	if (rc == 0 && packed.len < plain) {
		ph_buf_wipe(&segment->body);
		segment->body = packed;
		segment->type = PH_ITEM_PACKED;
		segment->n_parts = drop_taken(segment, &inside);
	} else {
		ph_buf_wipe(&packed);
	}
	if (inside.parts != NULL) {
		sodium_memzero(inside.parts, inside.n * sizeof(*inside.parts));
	}
	free(inside.parts);
	free(inside.taken);
	return rc < 0 ? rc : 0;
}

int ph_items_pack(struct ph_pack *pack, struct ph_item **items)
{
	int rc = 0;

	for (struct ph_item *item = *items; item != NULL && rc == 0; item = item->next) {
		if (item->type == PH_ITEM_SEGMENT) {
			rc = pack_item(pack, item);
		}
	}
	return rc;
}

/* ---- unpacking ---- */

static struct ph_item *part_item(const struct ph_item *segment,
				 const struct ph_pack_part *part)
{
	struct ph_item *item = ph_item_new(PH_ITEM_PART);

	if (item == NULL || ph_buf_put_view(&item->body, part->plain) != 0) {
		ph_items_free(item);
		return NULL;
	}
	memcpy(item->log_id, segment->log_id, sizeof(item->log_id));
	memcpy(item->seed, part->seed, sizeof(item->seed));
	item->first = item->last = part->n;
	return item;
}

/* What OUT holds in the place of ITEM. */
static int put_plain(struct ph_item *item, const struct ph_unpacked *out)
{
	struct ph_item *parts = NULL, **end = &parts;
	struct ph_buf body = { 0 };
	int rc = ph_buf_put_view(&body, out->body);

	for (size_t i = 0; i < out->n_parts && rc == 0; i++) {
		*end = part_item(item, &out->parts[i]);
		rc = *end == NULL ? -ENOMEM : 0;
		end = *end == NULL ? end : &(*end)->next;
	}
	if (rc != 0) {
		ph_items_free(parts);
		ph_buf_deinit(&body);
		return rc;
	}
	ph_buf_wipe(&item->body);
	item->body = body;
	item->type = PH_ITEM_SEGMENT;
	*end = item->next;
	item->next = parts;
	return 0;
}

int ph_items_unpack(struct ph_pack *pack, struct ph_item **items, bool leave)
{
	struct ph_item **at = items;

	while (*at != NULL) {
		struct ph_item *item = *at;
		struct ph_pack_where where = where_of(item);
		struct ph_unpacked out;
		int rc = 0;

		if (item->type == PH_ITEM_PACKED) {
			rc = ph_unpack(pack, &where, ph_buf_view(&item->body), &out);
			rc = rc ? rc : put_plain(item, &out);
			ph_pack_wipe(pack);
		}
		if (rc == PH_PACK_E_PLAIN && leave) {
			*at = item->next;
			item->next = NULL;
			ph_items_free(item);
			continue;
		}
		if (rc != 0) {
			return rc;
		}
		at = &item->next;
	}
	return 0;
}
