/*
 * daemon/hub_bundle_in.c - which bundles of devices have come here, whole.
 *
 *   bundle.in.DEVICE.NUMBER    in hex; when, be64
 *
 * What is taken says itself what it brought; this is for whoever asks what may still lie
 * somewhere (hub_erasure_away.c). A bundle that a person says to be destroyed counts as one that came. Of each
 * device the last numbers are kept, more than it packs while bundles last: by number and not by age, since a hub's
 * clock may be wrong for a day, and what it noted then, or all from before, would be forgotten when it is set
 * right. A hub that was restored knows nothing of what came in the lost days: that is out until it is over.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "daemon/hub_bundle.h"
#include "daemon/hub_internal.h"

#define META_IN "bundle.in."

enum {
	NAME_SIZE = sizeof(META_IN) + 2 * PH_DEVICE_ID_SIZE + 1 + 16,
};

static void name_of(const uint8_t device[static PH_DEVICE_ID_SIZE], uint64_t number,
		    char out[static NAME_SIZE])
{
	char id[2 * PH_DEVICE_ID_SIZE + 1];

	ph_hex(id, device, PH_DEVICE_ID_SIZE);
	snprintf(out, NAME_SIZE, META_IN "%s.%016" PRIx64, id, number);
}

/* Of DEVICE, of which LAST has come. */
static int forget_old(struct ph_hub *hub, const uint8_t *device, uint64_t last)
{
	char from[NAME_SIZE];
	char to[NAME_SIZE];
	struct ph_stmt *stmt;
	int rc = last < PH_HUB_BUNDLES_KEPT
			 ? 0
			 : ph_db_prepare(
				   hub->db,
				   "DELETE FROM meta WHERE name >= ?1 AND name <= ?2",
				   &stmt);

	if (rc != 0 || last < PH_HUB_BUNDLES_KEPT) {
		return rc;
	}
	name_of(device, 0, from);
	name_of(device, last - PH_HUB_BUNDLES_KEPT, to);
	ph_stmt_text(stmt, 1, ph_view_str(from));
	ph_stmt_text(stmt, 2, ph_view_str(to));
	return ph_stmt_run(stmt);
}

static int put(struct ph_hub *hub, const uint8_t *device, uint64_t number)
{
	uint8_t value[8];
	char name[NAME_SIZE];
	int64_t now = ph_hub_now(hub);

	ph_be64_put(value, now > 0 ? (uint64_t)now : 0);
	name_of(device, number, name);
	return ph_journal_meta_put(hub->journal, name, PH_VIEW(value, sizeof(value)));
}

int ph_hub_bundle_came(struct ph_hub *hub, const uint8_t device[static PH_DEVICE_ID_SIZE],
		       uint64_t first, uint64_t last)
{
	int rc = ph_hub_begin(hub);

	if (rc < 0) {
		return rc;
	}
	for (uint64_t number = first; rc == 0 && number <= last; number++) {
		rc = put(hub, device, number);
	}
	rc = rc == 0 ? forget_old(hub, device, last) : rc;
	return ph_hub_end(hub, rc);
}

int ph_hub_bundles_came(struct ph_hub *hub,
			const uint8_t device[static PH_DEVICE_ID_SIZE], uint64_t first,
			uint64_t last, uint64_t *n_out)
{
	char from[NAME_SIZE];
	char to[NAME_SIZE];
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(
		hub->db, "SELECT count(*) FROM meta WHERE name >= ?1 AND name <= ?2",
		&stmt);

	if (rc != 0) {
		return rc;
	}
	name_of(device, first, from);
	name_of(device, last, to);
	ph_stmt_text(stmt, 1, ph_view_str(from));
	ph_stmt_text(stmt, 2, ph_view_str(to));
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		*n_out = (uint64_t)ph_stmt_col_int(stmt, 0);
		rc = 0;
	}
	ph_stmt_reset(stmt);
	return rc > 0 ? -EUCLEAN : rc;
}
