/* daemon/hub_part.h - sealed parts, opened at the hub in memory. */
#ifndef PH_DAEMON_HUB_PART_H
#define PH_DAEMON_HUB_PART_H

#include "common/ledger/view.h"
#include "common/log/feed.h"
#include "common/log/part.h"
#include "daemon/hub.h"

/* How views open personal fields with the hub's key; borrows HUB. */
struct ph_opener ph_hub_opener(struct ph_hub *hub);

/*
 * The seed of a part that came, as the hub keeps it: boxed under a key that follows from
 * its own secret, since nobody else opens it. What the hub wrote itself is sealed to its
 * key as any device's is (crypto_box_seal), and so was what came before version 5 of the
 * store. Both are opened, and told apart by their length.
 */
#define PH_HUB_BOX_SIZE (24 + 16 + PH_SEED_SIZE) /* nonce, tag, seed */
void ph_hub_seed_box(const struct ph_box_pair *own, const struct ph_rng *rng,
		     const uint8_t seed[static PH_SEED_SIZE],
		     uint8_t box_out[static PH_HUB_BOX_SIZE]);
/* 0, or PH_JOURNAL_E_NONE: it is none of ours. */
int ph_hub_seed_open(const struct ph_box_pair *own, struct ph_view box,
		     uint8_t seed_out[static PH_SEED_SIZE]);

#endif
