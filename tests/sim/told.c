/*
 * tests/sim/told.c - what the hub tells of the time in bundles.
 *
 * A bundle for a device is looked at as soon as the hub has packed it, by whatever road it is to go: it
 * lies on the hub's disk then, in its spool for sticks or in that for couriers. When it was made stands
 * in its header, for who carries it. What its device hears is sealed, the hub's time and receipts; that is
 * opened with the keys of the device.
 */
#include <assert.h>
#include <string.h>

#include "common/log/receipt.h"
#include "proto/bundle.h"
#include "tests/sim/check.h"
#include "tests/sim/disk.h"

struct telling {
	struct sim *sim;
	uint64_t above; /* the number of a bundle that was there before */
	uint64_t last;
};

/* The earliest and the latest that were told. */
struct times {
	int64_t least, most;
	unsigned n;
};

static bool is_for_device(const uint8_t *bytes, size_t len, struct ph_bundle_header *out)
{
	return ph_bundle_header_decode(PH_VIEW(bytes, len), out) == 0 &&
	       out->direction == PH_BUNDLE_DOWN;
}

static bool see_number(void *data, const uint8_t *bytes, size_t len)
{
	struct telling *telling = data;
	struct ph_bundle_header header;

	if (is_for_device(bytes, len, &header) && header.number > telling->last) {
		telling->last = header.number;
	}
	return false;
}

uint64_t sim_last_packed(const struct sim *sim)
{
	struct telling telling = { .last = 0 };

	(void)sim_disk_each(sim->hub_machine.name, see_number, &telling);
	return telling.last;
}

/* A program that has the keys of ID, which those of a copied folder have, too; NULL: none runs. */
static const struct ph_site *site_of(const struct sim *sim,
				     const uint8_t id[static PH_DEVICE_ID_SIZE])
{
	for (unsigned i = 0; i < sim->n_devices; i++) {
		const struct sim_device *device = &sim->devices[i];

		if (device->site_open != NULL &&
		    memcmp(device->id, id, PH_DEVICE_ID_SIZE) == 0) {
			return device->site_open;
		}
	}
	return NULL;
}

static void add(struct times *times, uint64_t told)
{
	int64_t time = (int64_t)told;

	times->least = times->n == 0 || time < times->least ? time : times->least;
	times->most = times->n == 0 || time > times->most ? time : times->most;
	times->n++;
}

/* A receipt for a backup is of when that was made; any other is signed as the bundle is. */
static void read_times(const struct ph_bundle_record *record, struct times *times)
{
	struct ph_receipt receipt;

	if (record->type == PH_BUNDLE_WELCOME) {
		add(times, record->time);
	} else if (record->type == PH_BUNDLE_RECEIPT &&
		   ph_receipt_peek(record->receipt, &receipt) == 0 &&
		   receipt.level == PH_LEVEL_HUB) {
		add(times, receipt.time);
	}
}

/* What SITE hears of the time in BUNDLE: it stands before the first item. */
static void open_bundle(const struct ph_site *site, struct ph_view bundle,
			const struct ph_bundle_header *header, struct times *times)
{
	struct ph_bundle_reader_config config = { .direction = PH_BUNDLE_DOWN,
						  .keys = ph_site_box(site),
						  .n_keys = 1 };
	struct ph_bundle_reader *reader;
	struct ph_bundle_record record;
	bool is_over = false;
	int rc;

	memcpy(config.to, header->to, sizeof(config.to));
	rc = ph_bundle_reader_new(&reader, &config);
	assert(rc == 0);
	while (!is_over) {
		size_t len = bundle.len < PH_FRAME_MAX ? bundle.len : PH_FRAME_MAX;

		rc = ph_bundle_read(reader, &record);
		if (rc == 0 && record.type == PH_BUNDLE_ITEM) {
			ph_items_free(record.item);
			is_over = true;
		} else if (rc == 0) {
			read_times(&record, times);
		} else if (rc == PH_BUNDLE_E_MORE && len > 0) {
			rc = ph_bundle_feed(reader, PH_VIEW(bundle.data, len));
			assert(rc == 0);
			bundle.data += len;
			bundle.len -= len;
		} else {
			is_over = true; /* it has no items, or is half of one */
		}
	}
	ph_bundle_reader_free(reader);
}

static bool look_at(void *data, const uint8_t *bytes, size_t len)
{
	const struct telling *telling = data;
	struct sim *sim = telling->sim;
	struct ph_bundle_header header;
	struct times times = { .n = 0 };
	const struct ph_site *site;

	if (!is_for_device(bytes, len, &header) || header.number <= telling->above) {
		return false;
	}
	sim_check_told(sim, (int64_t)header.made);
	site = site_of(sim, header.to);
	if (site != NULL) {
		open_bundle(site, PH_VIEW(bytes, len), &header, &times);
	}
	if (times.n > 0) {
		sim_check_told(sim, times.least);
		sim_check_told(sim, times.most);
		sim->result->tally.told++;
	}
	return false;
}

void sim_check_packed(struct sim *sim, uint64_t above)
{
	struct telling telling = { .sim = sim, .above = above };

	(void)sim_disk_each(sim->hub_machine.name, look_at, &telling);
}
