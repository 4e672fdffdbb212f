/*
 * tests/fuzz/site_devices.h - devices of one site, each a real one in a folder of its own, and
 * what a control log says of them.
 */
#ifndef PH_FUZZ_SITE_DEVICES_H
#define PH_FUZZ_SITE_DEVICES_H

#include "tests/unit/site_sibling.h"

#include "client/site_internal.h"

#include "tests/fuzz/choices.h"
#include "tests/fuzz/folder.h"

/* A device of the site besides the one under test. */
struct other {
	struct world *world;
	struct sibling as; /* what the control log says of it: id and key alone */
	uint64_t reader;   /* the entry that has a sealed part */
};

static inline void device_make(struct world **out, uint64_t seed, const char *name,
			       struct sibling *as)
{
	void *state = NULL;
	struct ph_site_info info;

	world_setup(&state);
	*out = state;
	ph_rng_seed(&(*out)->seeded, seed, &(*out)->config.rng);
	must(rmdir((*out)->base) == 0);
	snprintf((*out)->dir, sizeof((*out)->dir), "%s/%s", fuzz_folder, name);
	must(world_join(*out, NULL) == 0 && world_open(*out, NULL) == 0);
	ph_site_info((*out)->site, &info);
	memcpy(as->id, info.device_id, sizeof(as->id));
	as->keys = *ph_site_sign((*out)->site);
}

static inline void confirm(struct world *world, const struct sibling *device)
{
	struct ph_entry entry = { 0 };

	entry.field[PH_CONFIRM_DEVICE] = bytes_value(device->id, sizeof(device->id));
	say(world, &entry, PH_KIND_DEVICE_CONFIRM);
}

static inline void retire(struct world *world, const struct sibling *device)
{
	struct ph_entry entry = { 0 };

	entry.field[PH_RETIRE_DEVICE] = bytes_value(device->id, sizeof(device->id));
	say(world, &entry, PH_KIND_DEVICE_RETIRE);
}

/* All that it wrote. */
static inline void cut_off(struct world *world, const struct other *other)
{
	struct ph_entry entry = { 0 };
	struct ph_head head = { .n = 1 };
	struct ph_buf heads = { 0 };

	entry.field[PH_CUT_DEVICE] = bytes_value(other->as.id, sizeof(other->as.id));
	must(ph_list_put_heads(&heads, &head, 1, &entry.field[PH_CUT_HEADS]) == 0);
	say(world, &entry, PH_KIND_DEVICE_CUT);
	ph_buf_deinit(&heads);
}

/* The log that SITE writes, from an entry on, as it travels. */
static inline struct ph_item *log_item(struct ph_site *site, uint64_t after)
{
	struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);
	const struct ph_log *log = ph_site_log(site);
	struct ph_segment segment;

	must(item != NULL);
	must(ph_journal_read_segment(ph_site_journal(site), log, after % log->n, 65536,
				     &segment, &item->body) == 0);
	memcpy(item->log_id, segment.log_id, sizeof(item->log_id));
	memcpy(item->seal, segment.seal, sizeof(item->seal));
	item->first = segment.first;
	item->last = segment.last;
	return item;
}

#endif
