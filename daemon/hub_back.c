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

#include "daemon/hub_load.h"

enum {
	NAME_SIZE = 40,
	OUT_SIZE = 8 + 8 + PH_CONTROL_HASH_SIZE,
};

/* --- where a device stands --- */

/* The last entry before position N of CONTROL, which is at least 1. 0 or negative errno. */
static int find_entry(struct ph_hub *hub, const struct ph_control *control, uint64_t n,
		      struct ph_hub_head *out)
{
	struct ph_log log;
	unsigned index;
	uint64_t before;
	int rc = ph_control_at(hub->journal, control, n - 1, &index, &before);

	if (rc == 0 && index == control->n) {
		rc = -EUCLEAN;
	}
	rc = rc < 0 ? rc : ph_journal_log_at(hub->journal, control->log[index].row, &log);
	rc = rc != 0 ? rc
		     : ph_journal_chain_at(hub->journal, &log, before + 1, out->known.h);
	if (rc == 0) {
		memcpy(out->known.log_id, log.id, sizeof(out->known.log_id));
		out->known.n = before + 1;
		out->row = log.row;
	}
	return rc > 0 ? -EUCLEAN : rc;
}

static int look_in(struct ph_hub *hub, const struct ph_control *control,
		   const struct ph_cursor *told, struct ph_hub_head *at, bool *is_out)
{
	uint8_t h[PH_CONTROL_HASH_SIZE];
	uint64_t total;
	int rc = ph_control_total(hub->journal, control, &total);

	*is_out = false;
	if (rc < 0 || told->n > total) {
		return rc;
	}
	rc = ph_control_hash(hub->journal, control, told->n, h);
	*is_out = rc == 0 && memcmp(h, told->h, sizeof(h)) == 0;
	return *is_out ? find_entry(hub, control, told->n, at) : rc;
}

struct beside {
	struct ph_hub *hub;
	const struct ph_cursor *told;
	struct ph_hub_head *at;
	unsigned index;
	bool found;
};

/* A branch of log INDEX, in the place of the one that is read. */
static int look_beside(void *data, const struct ph_log *log)
{
	struct beside *beside = data;
	struct ph_control control = beside->hub->control;

	if (beside->found || log->row == control.log[beside->index].row) {
		return 0;
	}
	control.log[beside->index].row = log->row;
	return look_in(beside->hub, &control, beside->told, beside->at, &beside->found);
}

int ph_hub_back_find(struct ph_hub *hub, const struct ph_cursor *told,
		     struct ph_hub_head *at_out, bool *is_out)
{
	struct beside beside = { .hub = hub, .told = told, .at = at_out };
	int rc;

	memset(at_out, 0, sizeof(*at_out));
	*is_out = told->n == 0;
	if (*is_out) {
		return 0;
	}
	rc = look_in(hub, &hub->control, told, at_out, is_out);
	for (unsigned i = 0; rc == 0 && !*is_out && i < hub->control.n; i++) {
		beside.index = i;
		rc = ph_journal_log_branch_each(hub->journal, hub->control.log[i].id,
						look_beside, &beside);
		*is_out = beside.found;
	}
	return rc > 0 ? -EUCLEAN : rc;
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
