/*
 * daemon/hub_part.c - sealed parts, opened at the hub.
 *
 * The seed of a part lies beside it, boxed to the hub's key. What does not open is
 * locked, and no error.
 */
#include "daemon/hub_part.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hub_internal.h"

/* --- seeds that are still in memory --- */

/* A box begins with a key that was drawn for it alone, so its bytes are spread evenly. */
static struct ph_hub_seed *slot_of(const struct ph_hub_seeds *seeds,
				   const uint8_t box[static PH_SEED_BOX_SIZE])
{
	return &seeds->slots[(box[0] | (size_t)box[1] << 8) % PH_HUB_SEEDS];
}

void ph_hub_seeds_keep(struct ph_hub_seeds *seeds,
		       const uint8_t box[static PH_SEED_BOX_SIZE],
		       const uint8_t seed[static PH_SEED_SIZE])
{
	struct ph_hub_seed *slot;

	if (!seeds->slots) {
		seeds->slots = calloc(PH_HUB_SEEDS, sizeof(*seeds->slots));
	}
	if (seeds->slots) {
		slot = slot_of(seeds, box);
		memcpy(slot->box, box, sizeof(slot->box));
		memcpy(slot->seed, seed, sizeof(slot->seed));
	}
}

bool ph_hub_seeds_take(struct ph_hub_seeds *seeds,
		       const uint8_t box[static PH_SEED_BOX_SIZE],
		       uint8_t seed_out[static PH_SEED_SIZE])
{
	struct ph_hub_seed *slot = seeds->slots ? slot_of(seeds, box) : NULL;

	if (!slot || memcmp(slot->box, box, sizeof(slot->box)) != 0) {
		return false;
	}
	memcpy(seed_out, slot->seed, sizeof(slot->seed));
	sodium_memzero(slot, sizeof(*slot));
	return true;
}

void ph_hub_seeds_wipe(struct ph_hub_seeds *seeds)
{
	if (seeds->slots) {
		sodium_memzero(seeds->slots, PH_HUB_SEEDS * sizeof(*seeds->slots));
	}
	free(seeds->slots);
	seeds->slots = NULL;
}

/* --- opening --- */

static int open_seed(struct ph_hub *hub, struct ph_view box,
		     uint8_t seed_out[static PH_SEED_SIZE])
{
	const struct ph_box_pair *keys = &hub->keys.box;

	if (box.len != PH_SEED_BOX_SIZE) {
		return PH_JOURNAL_E_NONE;
	}
	if (ph_hub_seeds_take(&hub->seeds, box.data, seed_out)) {
		return 0;
	}
	return crypto_box_seal_open(seed_out, box.data, box.len, keys->key,
				    keys->secret) == 0
		       ? 0
		       : PH_JOURNAL_E_NONE;
}

static int on_branch(void *data, const struct ph_log *log)
{
	unsigned *n = data;

	(void)log;
	return ++*n > 1;
}

/* The branch that has REF. Where there is but one, the entry need not be looked at. */
static int find_branch(struct ph_hub *hub, const struct ph_ref *ref,
		       struct ph_log *log_out)
{
	struct ph_buf entry = { 0 };
	unsigned n = 0;
	int rc = ph_journal_log_branch_each(hub->journal, ref->log_id, on_branch, &n);

	if (rc < 0) {
		return rc;
	}
	rc = n > 1 ? ph_journal_resolve(hub->journal, ref, log_out, &entry)
		   : ph_journal_log_find(hub->journal, ref->log_id, log_out);
	ph_buf_deinit(&entry);
	return rc;
}

static int open_part(void *data, const struct ph_ref *ref, struct ph_buf *plain)
{
	struct ph_hub *hub = data;
	struct ph_buf cipher = { 0 };
	struct ph_buf box = { 0 };
	uint8_t seed[PH_SEED_SIZE];
	struct ph_log log;
	int rc = find_branch(hub, ref, &log);

	if (rc == 0) {
		rc = ph_journal_part_get(hub->journal, log.row, ref->n, &cipher, &box);
	}
	rc = rc != 0 ? rc : open_seed(hub, ph_buf_view(&box), seed);
	if (rc == 0) {
		rc = ph_part_open(seed, log.id, ref->n, ph_buf_view(&cipher), plain);
		rc = rc == -EBADMSG ? PH_JOURNAL_E_NONE : rc;
	}
	sodium_memzero(seed, sizeof(seed));
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&box);
	return rc;
}

struct ph_opener ph_hub_opener(struct ph_hub *hub)
{
	return (struct ph_opener){ .open = open_part, .data = hub };
}
