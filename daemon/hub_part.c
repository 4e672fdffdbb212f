/*
 * daemon/hub_part.c - sealed parts, opened at the hub.
 *
 * The seed of a part lies beside it, boxed to the hub's key. What does not open is
 * locked, and no error.
 */
#include "daemon/hub_part.h"

#include <errno.h>
#include <sodium.h>

#include "common/log/part.h"
#include "daemon/hub_internal.h"

static int open_part(void *data, const struct ph_ref *ref, struct ph_buf *plain)
{
	struct ph_hub *hub = data;
	struct ph_buf entry = { 0 };
	struct ph_buf cipher = { 0 };
	struct ph_buf box = { 0 };
	uint8_t seed[PH_SEED_SIZE];
	struct ph_log log;
	int rc = ph_journal_resolve(hub->journal, ref, &log, &entry);

	if (rc == 0) {
		rc = ph_journal_part_get(hub->journal, log.row, ref->n, &cipher, &box);
	}
	if (rc == 0 && (box.len != sizeof(seed) + crypto_box_SEALBYTES ||
			crypto_box_seal_open(seed, box.data, box.len, hub->keys.box.key,
					     hub->keys.box.secret) != 0)) {
		rc = PH_JOURNAL_E_NONE;
	}
	if (rc == 0) {
		rc = ph_part_open(seed, log.id, ref->n, ph_buf_view(&cipher), plain);
		rc = rc == -EBADMSG ? PH_JOURNAL_E_NONE : rc;
	}
	sodium_memzero(seed, sizeof(seed));
	ph_buf_deinit(&entry);
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&box);
	return rc;
}

struct ph_opener ph_hub_opener(struct ph_hub *hub)
{
	return (struct ph_opener){ .open = open_part, .data = hub };
}
