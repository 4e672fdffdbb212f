/*
 * daemon/hub_start.c - how a log begins that is new here: whose it says that it is, and whether
 * that is so.
 */
#include "daemon/hub_internal.h"

#include <string.h>

#include "common/base/mp.h"

#define OPEN_FIELDS 3 /* kind, stamp and extras come before them */

/*
 * A field of an `open`, of SIZE bytes. It is read here and not by the kind table, so that
 * the log of a later program, whose `open` has fields that are new to us, is as good as any.
 */
static int open_field(struct ph_view bytes, unsigned field, uint8_t *out, size_t size)
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
	items = ph_mp_array(mp.root, OPEN_FIELDS + field + 1, PH_ENTRY_ITEMS_MAX);
	if (!items ||
	    !ph_mp_bin_exact(ph_mp_item(items, OPEN_FIELDS + field), out, size)) {
		rc = PH_JOURNAL_E_FORM;
	}
	ph_mp_deinit(&mp);
	return rc;
}

/* The entry that SEGMENT, of a log that is new here, begins with. 0, PH_JOURNAL_E_GAP, _FORM. */
static int first_of(const struct ph_segment *segment, struct ph_view *first_out)
{
	struct ph_view body = segment->body;

	if (segment->first != 1) {
		return PH_JOURNAL_E_GAP;
	}
	return ph_segment_next(&body, first_out) != 0 ? PH_JOURNAL_E_FORM : 0;
}

int ph_hub_log_key(const struct ph_segment *segment, uint8_t key_out[static PH_KEY_SIZE])
{
	struct ph_view first;
	int rc = first_of(segment, &first);

	return rc != 0 ? rc : open_field(first, PH_OPEN_KEY, key_out, PH_KEY_SIZE);
}

int ph_hub_log_start(const struct ph_device *device, const struct ph_segment *segment)
{
	struct ph_view first;
	uint8_t nonce[PH_NONCE_SIZE];
	uint8_t id[PH_LOG_ID_SIZE];
	uint8_t h[PH_HASH_SIZE];
	int rc = first_of(segment, &first);

	rc = rc != 0 ? rc : open_field(first, PH_OPEN_NONCE, nonce, sizeof(nonce));
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
