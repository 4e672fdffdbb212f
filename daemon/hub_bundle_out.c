/*
 * daemon/hub_bundle_out.c - which bundles were made for whom, and when.
 *
 * It counts for nothing, since a bundle may never arrive; but who has erased a reader must
 * know which sticks may still hold something of them.
 */
#include "daemon/hub_bundle.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hub_internal.h"

#define META_OUT "bundle.out." /* and its number in hex: for whom, and when */
#define OUT_KEPT 16384
#define OUT_NAME (sizeof(META_OUT) + 16)
#define OUT_SIZE (PH_DEVICE_ID_SIZE + 8)

static void out_name(char out[static OUT_NAME], uint64_t number)
{
	snprintf(out, OUT_NAME, META_OUT "%016" PRIx64, number);
}

/* Of long ago none is known any more. */
static int forget_old(struct ph_hub *hub, uint64_t number)
{
	char name[OUT_NAME];
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(hub->db,
			       "DELETE FROM meta WHERE name >= 'bundle.out.'"
			       " AND name < ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	out_name(name, number > OUT_KEPT ? number - OUT_KEPT : 0);
	ph_stmt_text(stmt, 1, ph_view_str(name));
	return ph_stmt_run(stmt);
}

int ph_hub_bundle_note(struct ph_hub *hub, const uint8_t device[static PH_DEVICE_ID_SIZE],
		       uint64_t number)
{
	uint8_t value[OUT_SIZE];
	char name[OUT_NAME];
	int rc;

	memcpy(value, device, PH_DEVICE_ID_SIZE);
	ph_be64_put(value + PH_DEVICE_ID_SIZE, (uint64_t)ph_hub_now(hub));
	out_name(name, number);
	rc = ph_journal_meta_put(hub->journal, name, PH_VIEW(value, sizeof(value)));
	return rc != 0 ? rc : forget_old(hub, number);
}

int ph_hub_bundle_gone(struct ph_hub *hub, const uint8_t device[static PH_DEVICE_ID_SIZE],
		       uint64_t number)
{
	struct ph_buf value = { 0 };
	char name[OUT_NAME];
	int rc;

	out_name(name, number);
	rc = ph_journal_meta_get(hub->journal, name, &value);
	if (rc == 0 && value.len == OUT_SIZE &&
	    memcmp(value.data, device, PH_DEVICE_ID_SIZE) == 0) {
		rc = ph_journal_meta_drop(hub->journal, name);
	}
	ph_buf_deinit(&value);
	return rc < 0 ? rc : 0;
}

struct out_walk {
	const uint8_t *device;
	int (*cb)(void *data, const struct ph_hub_bundle_out *bundle);
	void *data;
};

static int on_out(void *data, const char *name, struct ph_view value)
{
	const struct out_walk *walk = data;
	struct ph_hub_bundle_out bundle;

	if (value.len != OUT_SIZE ||
	    memcmp(value.data, walk->device, PH_DEVICE_ID_SIZE) != 0) {
		return 0;
	}
	bundle.number = strtoull(name + sizeof(META_OUT) - 1, NULL, 16);
	memcpy(bundle.device, value.data, sizeof(bundle.device));
	bundle.second = (int64_t)ph_be64_get(value.data + PH_DEVICE_ID_SIZE);
	return walk->cb(walk->data, &bundle);
}

int ph_hub_bundles_out(struct ph_hub *hub, const uint8_t device[static PH_DEVICE_ID_SIZE],
		       int (*cb)(void *data, const struct ph_hub_bundle_out *bundle),
		       void *data)
{
	struct out_walk walk = { device, cb, data };

	return ph_journal_meta_each(hub->journal, META_OUT, on_out, &walk);
}
