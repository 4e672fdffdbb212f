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
 * Seeds of parts that were stored a moment ago, by the box that went to the disk. To open
 * such a box is the dearest step of folding a reader, and its fold is next. Each is given
 * once; what is not asked for is overwritten by later ones. All zero is a valid empty one.
 */
#define PH_HUB_SEEDS 1024 /* a power of two */
struct ph_hub_seeds {
	struct ph_hub_seed {
		uint8_t box[PH_SEED_BOX_SIZE];
		uint8_t seed[PH_SEED_SIZE];
	} * slots; /* NULL until there is one */
};
/* Without memory for it nothing is kept. */
void ph_hub_seeds_keep(struct ph_hub_seeds *seeds,
		       const uint8_t box[static PH_SEED_BOX_SIZE],
		       const uint8_t seed[static PH_SEED_SIZE]);
/* Take out the seed in BOX; false: it is not here. */
bool ph_hub_seeds_take(struct ph_hub_seeds *seeds,
		       const uint8_t box[static PH_SEED_BOX_SIZE],
		       uint8_t seed_out[static PH_SEED_SIZE]);
void ph_hub_seeds_wipe(struct ph_hub_seeds *seeds);

#endif
