/* daemon/hub_part.h - sealed parts, opened at the hub in memory. */
#ifndef PH_DAEMON_HUB_PART_H
#define PH_DAEMON_HUB_PART_H

#include "common/ledger/view.h"
#include "common/log/feed.h"
#include "common/log/part.h"
#include "daemon/hub.h"
#include "proto/session.h"

/*
 * How views for people open personal fields with the hub's key; borrows HUB. A hub that is
 * collecting opens none: an erasure of the lost days may still come. hub->withholds then says
 * that one was asked for.
 */
struct ph_opener ph_hub_opener(struct ph_hub *hub);
/* The same for what the hub compares by itself and shows nobody; collecting or not. */
struct ph_opener ph_hub_opener_own(struct ph_hub *hub);

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
/*
 * The same seed for the desk whose key is DESK, which opens it as what crypto_box_seal() makes;
 * but the pair of keys that this takes follows from OWN, DESK and SEED. So it is the same box each
 * time, and a page that it is in is the same page. 0; -EBADMSG: DESK is no key.
 */
int ph_hub_seed_seal(const struct ph_box_pair *own,
		     const uint8_t seed[static PH_SEED_SIZE],
		     const uint8_t desk[static PH_KEY_SIZE],
		     uint8_t box_out[static PH_SEED_BOX_SIZE]);
/* 0, or PH_JOURNAL_E_NONE: it is none of ours. */
int ph_hub_seed_open(const struct ph_box_pair *own, struct ph_view box,
		     uint8_t seed_out[static PH_SEED_SIZE]);
/*
 * ITEM, a part that a locked desk sent, as an open desk would have sent it: by whichever
 * of our keys its seed was sealed to. *OPEN_OUT is the caller's. 0; PH_JOURNAL_E_NONE: it
 * does not open; -ENOMEM.
 */
int ph_hub_part_unbox(struct ph_hub *hub, const struct ph_item *item,
		      struct ph_item **open_out);

#endif
