/* common/ledger/state.h - small parts of the canonical states (docs/MERGE.md, "States"). */
#ifndef PH_LEDGER_STATE_H
#define PH_LEDGER_STATE_H

#include "common/base/mp.h"
#include "common/ledger/fact.h"

/* A signed integer in its shortest form. */
void ph_state_int(struct ph_mpw *writer, int64_t value);
/* One field's value by its type; nil if unset. */
void ph_state_value(struct ph_mpw *writer, const struct ph_field *field,
		    const struct ph_value *value);

/* Getters: true and the value, or false. Bytes borrow from the state. */
bool ph_state_get_int(const msgpack_object *object, int64_t *out);
bool ph_state_get_ref(const msgpack_object *object, struct ph_ref *out);
bool ph_state_get_id(const msgpack_object *object, struct ph_id *out);
bool ph_state_get_value(const msgpack_object *object, const struct ph_field *field,
			struct ph_value *out);
/* Decode a state whole, as a canonical array. 0, -EUCLEAN, -ENOMEM. End with ph_mp_deinit(). */
int ph_state_decode(struct ph_view state, struct ph_mp *mp,
		    const msgpack_object_array **array_out);

/* Make room for one more item of SIZE in *ITEMS, which holds N of *CAP. 0 or -ENOMEM. */
int ph_state_grow(void **items, size_t n, size_t *cap, size_t size);

#endif
