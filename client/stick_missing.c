/*
 * client/stick_missing.c - the hub's manifest, held against what is on the stick.
 *
 * Only manifests of hubs that the key list names are looked at, and only their lines for
 * this device. What is missing is told, and refuses nothing: what is there counts.
 */
#include "client/stick_missing.h"

#include <errno.h>

#include "client/site_courier.h"
#include "common/base/clock.h"
#include "common/base/say.h"
#include "common/cli/missing.h"

static bool is_for(void *data, const uint8_t to[static PH_DEVICE_ID_SIZE])
{
	const struct ph_site_info *info = data;

	return memcmp(to, info->device_id, PH_DEVICE_ID_SIZE) == 0;
}

static int look_at(struct ph_spool *spool, const uint8_t sign[static PH_KEY_SIZE],
		   const struct ph_spool_asker *asker, json_t *list)
{
	struct ph_spool_tally tally;
	uint8_t hub[PH_DEVICE_ID_SIZE];
	char hex[2 * PH_DEVICE_ID_SIZE + 1];
	int rc;

	ph_device_id(hub, sign);
	ph_hex(hex, hub, sizeof(hub));
	rc = ph_spool_tally(spool, hub, asker, &tally);
	if (rc == PH_SPOOL_E_UNKNOWN) {
		return ph_missing_add_unknown(list, hex);
	}
	return rc == 0 && tally.here < tally.packed
		       ? ph_missing_add(list, hex, tally.packed, tally.here)
		       : rc;
}

int ph_stick_missing(struct ph_site *site, struct ph_spool *spool, json_t *list,
		     struct ph_error *err)
{
	const struct ph_keylist hubs = *ph_site_keylist(site);
	struct ph_site_info info;
	struct ph_now now;
	int rc = 0;
	int back;

	ph_site_info(site, &info);
	ph_clock_system.read(ph_clock_system.data, &now);
	ph_site_pause(site);
	for (unsigned i = 0; rc == 0 && i < hubs.n_hubs; i++) {
		rc = look_at(spool, hubs.hub[i].sign,
			     &(struct ph_spool_asker){
				     .is_for = is_for,
				     .data = &info,
				     .now = now.wall > 0 ? (uint64_t)now.wall : 0,
			     },
			     list);
	}
	back = ph_site_resume(site, err);
	return back != 0 ? back
	       : rc < 0  ? ph_fail_errno(err, rc, ph_say("the stick", "thẻ USB"))
			 : rc;
}
