/*
 * daemon/hub_device.c - how far a device is trusted.
 *
 * A device that was admitted sends, and gets receipts and the control log. What others
 * wrote goes to it only once the control log confirms it, and not after it was retired
 * or cut off. The ledger says so; what was written since it was folded counts with the
 * next fold.
 */
#include "daemon/hub_internal.h"

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

/* Where REF stands in the control log, if it comes before *POSITION. 0 or negative errno. */
static int look_at(struct ph_hub *hub, const struct ph_ref *ref, uint64_t *position)
{
	uint64_t before;

	for (unsigned i = 0; i < hub->control.n; i++) {
		int rc;

		if (memcmp(hub->control.log[i].id, ref->log_id, PH_LOG_ID_SIZE) != 0) {
			continue;
		}
		rc = ph_control_before(hub->journal, &hub->control, i, &before);
		if (rc == 0 && before + ref->n < *position) {
			*position = before + ref->n;
		}
		return rc;
	}
	return 0;
}

int ph_hub_device_cut_at(struct ph_hub *hub, const uint8_t id[static PH_DEVICE_ID_SIZE],
			 uint64_t *position_out)
{
	struct ph_device_state device;
	uint64_t position = UINT64_MAX;
	int rc = ph_device_load(hub->ledger, id, &device);

	if (rc == 0) {
		for (size_t i = 0; rc == 0 && i < device.n_cuts; i++) {
			rc = look_at(hub, &device.cuts[i], &position);
		}
		ph_device_deinit(&device);
	}
	if (rc < 0) {
		return rc;
	}
	*position_out = position;
	return 0;
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
