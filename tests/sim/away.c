/*
 * tests/sim/away.c - bundles that were packed before their device erased a reader.
 *
 * Each file of each stick, also of its copy in a drawer, of each courier and each device that is a
 * bundle for the hub is opened with the hub's keys. If a part of a reader who was to be erased is in
 * it, and the certificate says that its device has done it, then it is among those that the
 * certificate tells to be away, unless the hub has taken it. And of those that are told no more
 * are out than the hub has not taken.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "daemon/hub_bundle.h"
#include "daemon/hub_internal.h"
#include "proto/bundle.h"
#include "proto/pack_item.h"
#include "tests/sim/disk.h"
#include "tests/sim/erase_internal.h"
#include "tests/sim/stick.h"
#include "tests/sim/van.h"

#define OVER                                                                             \
	(80 * SIM_DAY) /* some days before a bundle is forgotten, as one that is over */

struct looking {
	struct sim *sim;
	const struct sim_order *order;
	const json_t *certificate;
	struct ph_pack *pack;
	const char *disk;
};

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

static uint64_t number_of(const json_t *object, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(object, name));
}

/* Whose bundles ID's are; NULL: nobody's, or those of a folder that was put back or copied, whose numbers are given out again. */
static const struct sim_device *device_of(const struct sim *sim,
					  const uint8_t id[static PH_DEVICE_ID_SIZE])
{
	const struct sim_device *found = NULL;

	for (unsigned i = 0; i < sim->n_devices; i++) {
		const struct sim_device *device = &sim->devices[i];

		if (memcmp(device->id, id, PH_DEVICE_ID_SIZE) != 0) {
			continue;
		}
		if (sim_was_copied(device)) {
			return NULL;
		}
		found = device;
	}
	return found;
}

/* --- what is in a bundle --- */

/* All items of BUNDLE that open, as they were packed. */
static struct ph_item *items_of(struct looking *looking, struct ph_view bundle)
{
	const struct ph_hub *hub = looking->sim->hub;
	struct ph_bundle_reader_config config = {
		.direction = PH_BUNDLE_UP,
		.keys = hub->ring.box,
		.n_keys = hub->ring.n,
		.also = (const uint8_t(*)[PH_DEVICE_ID_SIZE])hub->ring.id,
		.n_also = hub->ring.n
	};
	struct ph_item *items = NULL, **last = &items;
	struct ph_bundle_reader *reader;
	struct ph_bundle_record record;
	int rc;

	ph_hub_id(hub, config.to);
	rc = ph_bundle_reader_new(&reader, &config);
	assert(rc == 0);
	for (;;) {
		size_t len = bundle.len < PH_FRAME_MAX ? bundle.len : PH_FRAME_MAX;

		rc = ph_bundle_read(reader, &record);
		if (rc == 0 && record.type == PH_BUNDLE_ITEM) {
			*last = record.item;
			last = &record.item->next;
		} else if (rc == PH_BUNDLE_E_MORE && len > 0) {
			rc = ph_bundle_feed(reader, PH_VIEW(bundle.data, len));
			assert(rc == 0);
			bundle.data += len;
			bundle.len -= len;
		} else if (rc != 0) {
			break;
		}
	}
	ph_bundle_reader_free(reader);
	(void)ph_items_unpack(looking->pack, &items, true);
	return items;
}

/* The entry of which ITEMS have a part that is to be gone; NULL: none. */
static const struct ph_ref *part_in(const struct sim_order *order,
				    const struct ph_item *items)
{
	for (const struct ph_item *item = items; item != NULL; item = item->next) {
		for (size_t i = 0; item->type == PH_ITEM_PART && i < order->n_needles;
		     i++) {
			const struct sim_needle *needle = &order->needles[i];

			if (needle->is_part && needle->ref.n == item->first &&
			    memcmp(needle->ref.log_id, item->log_id, PH_LOG_ID_SIZE) ==
				    0) {
				return &needle->ref;
			}
		}
	}
	return NULL;
}

/* --- what is said --- */

static const char *state_of(const json_t *certificate, const struct sim_device *device)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(certificate, "devices"), i, item)
	{
		if (strcmp(text_of(item, "device"), device->hex) == 0) {
			return text_of(item, "state");
		}
	}
	return NULL;
}

static bool is_said_away(const json_t *certificate, const struct sim_device *device,
			 uint64_t number)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(certificate, "away"), i, item)
	{
		if (strcmp(text_of(item, "device"), device->hex) == 0 &&
		    number >= number_of(item, "first") &&
		    number <= number_of(item, "last")) {
			return true;
		}
	}
	return false;
}

static bool look_at(void *data, const uint8_t *bytes, size_t len)
{
	struct looking *looking = data;
	struct sim *sim = looking->sim;
	struct ph_view bundle = PH_VIEW(bytes, len);
	const struct sim_device *device;
	struct ph_bundle_header header;
	const struct ph_ref *found;
	struct ph_item *items;
	char text[PH_REF_TEXT];
	const char *state;

	if (ph_bundle_header_decode(bundle, &header) != 0 ||
	    header.direction != PH_BUNDLE_UP ||
	    (device = device_of(sim, header.from)) == NULL ||
	    sim_has_come(sim->sticks, header.from, header.number)) {
		return false;
	}
	state = state_of(looking->certificate, device);
	if (state != NULL ? strcmp(state, "confirmed") != 0
			  : sim_is_put_back(sim) || !sim_is_known(sim, device)) {
		return false; /* not said to be done, or nobody knows of it */
	}
	items = items_of(looking, bundle);
	found = part_in(looking->order, items);
	ph_items_free(items);
	if (found == NULL) {
		return false;
	}
	sim->result->tally.away++;
	if (!is_said_away(looking->certificate, device, header.number)) {
		ph_ref_text(text, found);
		sim_broken(sim, SIM_AWAY,
			   "%s has erased a reader, its bundle %" PRIu64
			   " is on %s and has a part of hers, %s, and the certificate "
			   "does not tell of it",
			   device->machine.name, header.number, looking->disk, text);
	}
	return false;
}

static void look_on(struct looking *looking, const char *disk)
{
	looking->disk = disk;
	if (sim_disk_exists(disk)) {
		(void)sim_disk_each(disk, look_at, looking);
	}
}

/* --- what has come is not away --- */

static void check_out(struct sim *sim, const json_t *item)
{
	const char *hex = text_of(item, "device");
	uint64_t first = number_of(item, "first"), last = number_of(item, "last");
	uint64_t came, size = last - first + 1;
	uint8_t id[PH_DEVICE_ID_SIZE];

	if (ph_unhex(id, sizeof id, hex, strlen(hex)) != 0 ||
	    device_of(sim, id) == NULL) {
		return;
	}
	came = sim_count_came(sim->sticks, id, first, last);
	if (came > size || number_of(item, "out") > size - came) {
		sim_broken(sim, SIM_AWAY,
			   "of the bundles %" PRIu64 " to %" PRIu64
			   " of %s the hub has taken %" PRIu64
			   ", and the certificate says that %" PRIu64 " are out",
			   first, last, device_of(sim, id)->machine.name, came,
			   number_of(item, "out"));
	}
}

/* Whether anything may be so old here, by any clock, that it is forgotten. */
static bool may_be_over(const struct sim *sim)
{
	return sim_hub_latest(sim) - sim_truth(sim) + sim->now / 1000 > OVER;
}

void sim_check_away(struct sim *sim, const struct sim_order *order,
		    const json_t *certificate)
{
	struct looking looking = { sim, order, certificate, NULL, NULL };
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(certificate, "away"), i, item)
	{
		check_out(sim, item);
	}
	if (may_be_over(sim)) {
		return;
	}
	looking.pack = ph_pack_new();
	assert(looking.pack != NULL);
	for (unsigned s = 0; s < 2 * SIM_STICKS; s++) {
		look_on(&looking, sim_stick_name(s / 2, s % 2 == 1));
	}
	for (unsigned v = 0; v < SIM_VANS; v++) {
		if (sim->vans->van[v].is_there) {
			look_on(&looking, sim->vans->van[v].device.machine.name);
		}
	}
	for (unsigned d = 0; d < sim->n_devices; d++) {
		look_on(&looking, sim->devices[d].machine.name);
	}
	ph_pack_free(looking.pack);
}
