/*
 * daemon/hub_device.c - how far a device is trusted.
 *
 * A device that was admitted sends, and gets receipts and the control log. What others
 * wrote goes to it only once the control log confirms it, and not after it was retired
 * or cut off. The ledger says so; what was written since it was folded counts with the
 * next fold.
 */
#include "daemon/hub_internal.h"

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
