/* common/ledger/device.h - a device, as the hub took it in (docs/MERGE.md, "Device"). */
#ifndef PH_LEDGER_DEVICE_H
#define PH_LEDGER_DEVICE_H

#include "common/ledger/key.h"
#include "common/ledger/ledger.h"
#include "common/ledger/state.h"
#include "common/log/chain.h"

struct ph_admission {
	uint8_t key[PH_KEY_SIZE];
	uint64_t site;
	uint64_t role;         /* PH_ROLE_* */
	struct ph_view invite; /* 16 bytes, or empty; borrows from the state */
	struct ph_ref entry;   /* the device-admit */
	int64_t second;
};

struct ph_retire {
	struct ph_ref entry;
	struct ph_opt reason;
};

struct ph_device_state {
	struct ph_admission *admissions; /* in order; the last one holds */
	size_t n_admissions;
	struct ph_ref *confirms; /* in order, like those below */
	size_t n_confirms;
	struct ph_retire *retires;
	size_t n_retires;
	struct ph_ref *cuts;
	size_t n_cuts;
	struct ph_buf bytes; /* what it borrows from, if it was loaded */
};

/* The state that FACTS (effective, in order) give. 0 or negative errno. */
int ph_device_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		   struct ph_buf *state_out);
/* Borrows from STATE. 0, -EUCLEAN, -ENOMEM. */
int ph_device_decode(struct ph_view state, struct ph_device_state *device);
/* The device of that id, as LEDGER has it. 0, PH_LEDGER_E_NONE or negative errno; else nothing to deinit. */
int ph_device_load(struct ph_ledger *ledger, const uint8_t id[static PH_DEVICE_ID_SIZE],
		   struct ph_device_state *device);
void ph_device_deinit(struct ph_device_state *device);
/* The admission that holds, or NULL: not admitted, or that entry is not here. */
const struct ph_admission *ph_device_admitted(const struct ph_device_state *device);
/* Admitted and confirmed, and neither retired nor cut: it may have feeds. */
bool ph_device_trusted(const struct ph_device_state *device);

#endif
