/* common/ledger/state.h - small parts of the canonical states (docs/MERGE.md, "States"). */
#ifndef PH_LEDGER_STATE_H
#define PH_LEDGER_STATE_H

#include "common/base/mp.h"
#include "common/ledger/fact.h"

/* A signed integer in its shortest form. */
void ph_state_int(struct ph_mpw *writer, int64_t value);
/* True and the value, or false. */
bool ph_state_get_int(const msgpack_object *object, int64_t *out);

/* Decode a state whole, as a canonical array. 0, -EUCLEAN, -ENOMEM. End with ph_mp_deinit(). */
int ph_state_decode(struct ph_view state, struct ph_mp *mp,
		    const msgpack_object_array **array_out);

/*
 * The state of an entity that is the list of what was done with it: for each of
 * FACTS, in order, what WRITE writes. FIELD is that of the fact's entry. No facts, no
 * state. 0 or negative errno.
 */
int ph_state_list(const struct ph_fact *facts, size_t n,
		  void (*write)(struct ph_mpw *writer, const struct ph_fact *fact,
				const struct ph_value *field),
		  struct ph_buf *state_out);
/* Decode such a state; there is at least one item. As ph_state_decode(). */
int ph_state_decode_list(struct ph_view state, struct ph_mp *mp,
			 const msgpack_object_array **items_out);

/* Make room for one more item of SIZE in *ITEMS, which holds N of *CAP. 0 or -ENOMEM. */
int ph_state_grow(void **items, size_t n, size_t *cap, size_t size);

#endif
