/*
 * daemon/hub_back.c - which devices have brought back what a restored hub may lack of its own.
 *
 * In a session the hub asks for it. A bundle cannot be asked for anything: a device gives its control log in
 * the bundles that it makes when one of a higher epoch has come to it (client/site_control.c). One that it
 * made before tells a position that is none of ours, and brings nothing. Such a device has been heard of, and
 * is not back; it is as soon as that position is one of ours, whoever brought what was missing. Noted of it in
 * meta is
 *
 *   words_out.ROW    when the hub had been restored (8), the position: n (8), hash (8)
 */
#include "daemon/hub_back.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/hub_beside.h"
#include "daemon/hub_load.h"

enum {
	NAME_SIZE = 40,
	OUT_SIZE = 8 + 8 + PH_CONTROL_HASH_SIZE,
};

/* --- where a device stands --- */

int ph_hub_back_find(struct ph_hub *hub, const struct ph_cursor *told,
		     struct ph_hub_head *at_out, bool *is_out)
{
	struct ph_hub_place place;
	int rc = 0;

	memset(at_out, 0, sizeof(*at_out));
	*is_out = told->n == 0;
	if (!*is_out) {
		rc = ph_hub_beside_find(hub, told, &place, is_out);
	}
	if (rc == 0 && told->n > 0 && *is_out) {
		*at_out = place.at;
	}
	return rc;
}

/* --- what is noted --- */

static void name_of(const struct ph_device *device, char out[static NAME_SIZE])
{
	snprintf(out, NAME_SIZE, "words_out.%" PRId64, device->row);
}

static int note_out(struct ph_hub *hub, const struct ph_device *device,
		    const struct ph_cursor *told)
{
	uint8_t value[OUT_SIZE];
	char name[NAME_SIZE];

	ph_be64_put(value, (uint64_t)hub->restored);
	ph_be64_put(value + 8, told->n);
	memcpy(value + 16, told->h, PH_CONTROL_HASH_SIZE);
	name_of(device, name);
	return ph_journal_meta_put(hub->journal, name, PH_VIEW(value, sizeof(value)));
}

/* What was noted since the restore. 0, PH_JOURNAL_E_NONE or negative errno. */
static int read_out(struct ph_hub *hub, const struct ph_device *device,
		    struct ph_cursor *told)
{
	struct ph_buf value = { 0 };
	char name[NAME_SIZE];
	int rc;

	name_of(device, name);
	rc = ph_journal_meta_get(hub->journal, name, &value);
	if (rc == 0 && (value.len != OUT_SIZE ||
			(int64_t)ph_be64_get(value.data) != hub->restored)) {
		rc = PH_JOURNAL_E_NONE;
	}
	if (rc == 0) {
		told->n = ph_be64_get(value.data + 8);
		memcpy(told->h, value.data + 16, PH_CONTROL_HASH_SIZE);
	}
	ph_buf_deinit(&value);
	return rc;
}

int ph_hub_back_heard(struct ph_hub *hub, struct ph_hub_peer *peer)
{
	struct ph_cursor told;
	char name[NAME_SIZE];
	int rc = 0;

	if (hub->restored == 0) {
		return 0;
	}
	if (peer->by_file && peer->strays) { /* what it brought may have changed that */
		rc = ph_hub_load_position(hub, peer);
	}
	if (rc < 0 ||
	    peer->strays) { /* a session gives what it was asked for behind this */
		return rc == 0 && peer->by_file
			       ? note_out(hub, &peer->device, &peer->position)
			       : rc;
	}
	rc = read_out(hub, &peer->device, &told);
	name_of(&peer->device, name);
	return rc == 0 ? ph_journal_meta_drop(hub->journal, name) : rc < 0 ? rc : 0;
}

int ph_hub_is_back(struct ph_hub *hub, const struct ph_device *device, bool *back_out,
		   bool *heard_out)
{
	struct ph_cursor told;
	struct ph_hub_head at;
	int rc;

	*heard_out = device->heard >= hub->restored;
	*back_out = *heard_out;
	if (!*heard_out) {
		return 0;
	}
	rc = read_out(hub, device, &told);
	return rc < 0 ? rc : rc > 0 ? 0 : ph_hub_back_find(hub, &told, &at, back_out);
}
