/* common/ledger/device.h - a device, as the hub took it in (docs/MERGE.md, "Device"). */
#ifndef PH_LEDGER_DEVICE_H
#define PH_LEDGER_DEVICE_H

#include "common/ledger/fact.h"
#include "common/log/chain.h"

struct ph_admission {
	uint8_t key[PH_KEY_SIZE];
	uint64_t site;
	uint64_t role;         /* PH_ROLE_* */
	struct ph_view invite; /* 16 bytes, or empty; borrows from the state */
	struct ph_ref entry;   /* the device-admit */
	int64_t second;
};

/* The state that FACTS (effective, in order) give: every admission. 0 or negative errno. */
int ph_device_fold(const struct ph_fact *facts, size_t n, struct ph_buf *state_out);
/* The last admission, which holds. 0, -EUCLEAN, -ENOMEM. */
int ph_device_decode(struct ph_view state, struct ph_admission *admission);

#endif
