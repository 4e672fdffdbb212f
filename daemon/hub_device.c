/*
 * daemon/hub_device.c - how far a device is trusted.
 *
 * A device that was admitted sends, and gets receipts and the control log. What others
 * wrote goes to it only once the control log confirms it, and not after it was retired
 * or cut off. The ledger says so; what was written since it was folded counts with the
 * next fold. A hub that was restored hears of devices by the control log before they call.
 */
#include "daemon/hub_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/device.h"

int ph_hub_device_trust(struct ph_hub *hub, const uint8_t id[static PH_DEVICE_ID_SIZE],
			enum ph_hub_trust *trust_out)
{
	struct ph_device_state device;
	int rc = ph_device_load(hub->ledger, id, &device);

	if (rc == PH_LEDGER_E_NONE) {
		*trust_out = PH_HUB_UNCONFIRMED;
		return 0;
	}
	if (rc == 0) {
		*trust_out = device.n_cuts > 0            ? PH_HUB_CUT
			     : device.n_retires > 0       ? PH_HUB_RETIRED
			     : ph_device_trusted(&device) ? PH_HUB_CONFIRMED
							  : PH_HUB_UNCONFIRMED;
		ph_device_deinit(&device);
	}
	return rc;
}

int ph_hub_device_known(struct ph_hub *hub, const uint8_t id[static PH_DEVICE_ID_SIZE],
			bool *known_out)
{
	struct ph_device_state device;
	int rc = ph_device_load(hub->ledger, id, &device);

	*known_out = false;
	if (rc == 0) {
		*known_out = ph_device_admitted(&device) != NULL;
		ph_device_deinit(&device);
	}
	return rc < 0 ? rc : 0;
}

/* --- all of them --- */

struct told {
	struct ph_hub *hub;
	struct ph_device *devices;
	size_t n, cap;
};

static void of_admission(const struct ph_admission *admission, struct ph_device *device)
{
	memcpy(device->key, admission->key, sizeof(device->key));
	device->site = admission->site;
	device->role = admission->role;
	device->admitted = admission->second;
	if (admission->invite.len == sizeof(device->invite)) {
		memcpy(device->invite, admission->invite.data, sizeof(device->invite));
	}
}

/* A device of the ledger that is admitted there, if the journal has none of that id. */
static int on_told(void *data, struct ph_view id, struct ph_view bytes)
{
	struct told *told = data;
	struct ph_device device = { 0 };
	struct ph_device_state state;
	int rc;

	if (id.len != sizeof(device.id)) {
		return -EUCLEAN;
	}
	rc = ph_journal_device_by_id(told->hub->journal, id.data, &device);
	if (rc != PH_JOURNAL_E_NONE) {
		return rc;
	}
	rc = ph_device_decode(bytes, &state);
	if (rc < 0) {
		return rc;
	}
	if (state.n_admissions > 0) {
		memcpy(device.id, id.data, sizeof(device.id));
		of_admission(ph_device_admitted(&state), &device);
		rc = ph_state_grow((void **)&told->devices, told->n, &told->cap,
				   sizeof(*told->devices));
	}
	if (rc == 0 && state.n_admissions > 0) {
		told->devices[told->n++] = device;
	}
	ph_device_deinit(&state);
	return rc;
}

int ph_hub_device_each(struct ph_hub *hub,
		       int (*cb)(void *data, const struct ph_device *device), void *data)
{
	struct told told = { .hub = hub };
	int rc = ph_journal_device_each(hub->journal, cb, data);

	/* walks of the ledger may not be nested: CB is called when this one is over */
	rc = rc != 0 ? rc : ph_ledger_each(hub->ledger, PH_ENTITY_DEVICE, on_told, &told);
	for (size_t i = 0; rc == 0 && i < told.n; i++) {
		rc = cb(data, &told.devices[i]);
	}
	free(told.devices);
	return rc;
}

/* Whether entry REF->n of the branch ROW is REF, and not another word in its place. 0 or negative errno. */
static int is_read(struct ph_hub *hub, int64_t row, const struct ph_ref *ref, bool *out)
{
	struct ph_buf bytes = { 0 };
	uint8_t hash[PH_HASH_SIZE];
	int rc = ph_journal_entry(hub->journal, row, ref->n, &bytes);

	*out = false;
	if (rc == 0) {
		ph_entry_hash(ph_buf_view(&bytes), hash);
		*out = memcmp(hash, ref->hash, sizeof(ref->hash)) == 0;
	}
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

/* Where REF stands in the control log, as it is read, if it comes before *POSITION. 0 or negative errno. */
static int look_at(struct ph_hub *hub, const struct ph_ref *ref, uint64_t *position)
{
	uint64_t before;
	bool read;

	for (unsigned i = 0; i < hub->control.n; i++) {
		int rc;

		if (memcmp(hub->control.log[i].id, ref->log_id, PH_LOG_ID_SIZE) != 0) {
			continue;
		}
		rc = is_read(hub, hub->control.log[i].row, ref, &read);
		rc = rc == 0 ? ph_control_before(hub->journal, &hub->control, i, &before)
			     : rc;
		if (rc == 0 && read && before + ref->n < *position) {
			*position = before + ref->n;
		}
		return rc;
	}
	return 0;
}

int ph_hub_device_ended_at(struct ph_hub *hub, const uint8_t id[static PH_DEVICE_ID_SIZE],
			   uint64_t *position_out)
{
	struct ph_device_state device;
	uint64_t position = UINT64_MAX;
	int rc = ph_device_load(hub->ledger, id, &device);

	if (rc == 0) {
		for (size_t i = 0; rc == 0 && i < device.n_cuts; i++) {
			rc = look_at(hub, &device.cuts[i], &position);
		}
		for (size_t i = 0; rc == 0 && device.n_cuts == 0 && i < device.n_retires;
		     i++) {
			rc = look_at(hub, &device.retires[i].entry, &position);
		}
		ph_device_deinit(&device);
	}
	if (rc < 0) {
		return rc;
	}
	*position_out = position;
	return 0;
}

int ph_hub_control_place(struct ph_hub *hub, const struct ph_ref *ref,
			 uint64_t *place_out)
{
	*place_out = UINT64_MAX;
	return look_at(hub, ref, place_out);
}

/* --- what of the control log a device holds --- */

#define HELD_NAME 40

static void held_name(const struct ph_device *device, char out[static HELD_NAME])
{
	snprintf(out, HELD_NAME, "control_held.%" PRId64, device->row);
}

int ph_hub_device_control_held(struct ph_hub *hub, const struct ph_device *device,
			       uint64_t *held_out)
{
	char name[HELD_NAME];
	int64_t held = 0;
	int rc;

	held_name(device, name);
	rc = ph_journal_meta_get_int(hub->journal, name, &held);
	*held_out = rc == 0 ? (uint64_t)held : device->control;
	return rc < 0 ? rc : 0;
}

int ph_hub_device_control_note(struct ph_hub *hub, const struct ph_device *device,
			       uint64_t held)
{
	char name[HELD_NAME];
	int64_t before = 0;
	int rc;

	held_name(device, name);
	rc = ph_journal_meta_get_int(hub->journal, name, &before);
	if (rc < 0 || (rc == 0 && (uint64_t)before == held)) {
		return rc;
	}
	return ph_journal_meta_put_int(hub->journal, name, (int64_t)held);
}

/* --- a history that is not taken --- */

static void waits_name(const struct ph_device *device, char out[static HELD_NAME])
{
	snprintf(out, HELD_NAME, "branch_waits.%" PRId64, device->row);
}

int ph_hub_branch_waits_note(struct ph_hub *hub, const struct ph_device *device)
{
	char name[HELD_NAME];

	waits_name(device, name);
	return ph_journal_meta_put_int(hub->journal, name, ph_hub_now(hub));
}

int ph_hub_branch_waits(struct ph_hub *hub, const struct ph_device *device,
			int64_t *since_out)
{
	char name[HELD_NAME];
	int64_t at = 0;
	int rc;

	waits_name(device, name);
	rc = ph_journal_meta_get_int(hub->journal, name, &at);
	*since_out = rc == 0 && ph_hub_now(hub) - at < PH_HUB_WAITS_DAYS * INT64_C(86400)
			     ? at
			     : 0;
	return rc < 0 ? rc : 0;
}

const char *ph_hub_role_name(uint64_t role)
{
	return role == PH_ROLE_SITE      ? "site"
	       : role == PH_ROLE_COURIER ? "courier"
					 : "both";
}

const char *ph_hub_trust_name(enum ph_hub_trust trust)
{
	static const char *const names[] = {
		[PH_HUB_UNCONFIRMED] = "unconfirmed",
		[PH_HUB_CONFIRMED] = "confirmed",
		[PH_HUB_RETIRED] = "retired",
		[PH_HUB_CUT] = "cut",
	};

	return names[trust];
}
