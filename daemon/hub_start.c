/*
 * daemon/hub_start.c - whether a segment is the beginning of a log of the device that brings it.
 */
#include "daemon/hub_internal.h"

#include <string.h>

#include "common/base/mp.h"

#define OPEN_NONCE_ITEM (3 + PH_OPEN_NONCE) /* behind kind, stamp and extras */

/*
 * The nonce of an `open`. It is read here and not by the kind table, so that the log of
 * a later program, whose `open` has fields that are new to us, is as good as any.
 */
static int open_nonce(struct ph_view bytes, uint8_t out[static PH_NONCE_SIZE])
{
	const struct ph_walk_limits limits = { PH_ENTRY_DEPTH_MAX, PH_ENTRY_ITEMS_MAX };
	const msgpack_object_array *items;
	struct ph_entry entry;
	struct ph_mp mp;
	int rc = ph_entry_decode(bytes, &entry);

	if (rc < 0) {
		return rc;
	}
	if (rc == PH_ENTRY_E_MALFORMED || entry.number != PH_KIND_OPEN) {
		return PH_JOURNAL_E_FORM;
	}
	rc = ph_mp_decode(&mp, bytes, &limits, PH_WALK_CANONICAL);
	if (rc != 0) {
		return rc < 0 ? rc : PH_JOURNAL_E_FORM;
	}
	items = ph_mp_array(mp.root, OPEN_NONCE_ITEM + 1, PH_ENTRY_ITEMS_MAX);
	if (!items ||
	    !ph_mp_bin_exact(ph_mp_item(items, OPEN_NONCE_ITEM), out, PH_NONCE_SIZE)) {
		rc = PH_JOURNAL_E_FORM;
	}
	ph_mp_deinit(&mp);
	return rc;
}

int ph_hub_log_start(const struct ph_device *device, const struct ph_segment *segment)
{
	struct ph_view body = segment->body;
	struct ph_view first;
	uint8_t nonce[PH_NONCE_SIZE];
	uint8_t id[PH_LOG_ID_SIZE];
	uint8_t h[PH_HASH_SIZE];
	int rc;

	if (segment->first != 1) {
		return PH_JOURNAL_E_GAP;
	}
	if (ph_segment_next(&body, &first) != 0) {
		return PH_JOURNAL_E_FORM;
	}
	rc = open_nonce(first, nonce);
	if (rc != 0) {
		return rc;
	}
	ph_log_id(id, device->key, nonce);
	if (memcmp(id, segment->log_id, sizeof(id)) != 0) {
		return PH_JOURNAL_E_SEAL;
	}
	ph_chain_start(h, id, device->key);
	rc = ph_segment_verify(segment, device->key, h, h);
	return rc == PH_SEGMENT_E_FORM ? PH_JOURNAL_E_FORM
	       : rc > 0                ? PH_JOURNAL_E_SEAL
				       : rc;
}
