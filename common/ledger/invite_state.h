/* common/ledger/invite_state.h - an invite: who used it, and whether it was taken back (docs/MERGE.md, "Invite"). */
#ifndef PH_LEDGER_INVITE_STATE_H
#define PH_LEDGER_INVITE_STATE_H

#include "common/ledger/key.h"
#include "common/ledger/state.h"

struct ph_invite_use {
	uint8_t device[PH_DEVICE_ID_SIZE];
	struct ph_ref entry; /* the device-admit */
	int64_t second;
};

struct ph_invite_state {
	struct ph_invite_use *uses; /* in order */
	size_t n_uses;
	struct ph_ref *cancels;
	size_t n_cancels;
};

/* The state that FACTS (effective, in order) give. 0 or negative errno. */
int ph_invite_state_fold(const struct ph_entity_key *key, const struct ph_fact *facts,
			 size_t n, struct ph_buf *state_out);
/* 0, -EUCLEAN, -ENOMEM. */
int ph_invite_state_decode(struct ph_view state, struct ph_invite_state *invite);
void ph_invite_state_deinit(struct ph_invite_state *invite);

#endif
