/* common/ledger/state.h - small parts of the canonical states (docs/MERGE.md, "States"). */
#ifndef PH_LEDGER_STATE_H
#define PH_LEDGER_STATE_H

#include "common/base/mp.h"
#include "common/ledger/fact.h"
#include "common/ledger/key.h"

/* A signed integer in its shortest form. */
void ph_state_int(struct ph_mpw *writer, int64_t value);
/* True and the value, or false. */
bool ph_state_get_int(const msgpack_object *object, int64_t *out);

/* Decode a state whole, as a canonical array. 0, -EUCLEAN, -ENOMEM. End with ph_mp_deinit(). */
int ph_state_decode(struct ph_view state, struct ph_mp *mp,
		    const msgpack_object_array **array_out);

/* Make room for one more item of SIZE in *ITEMS, which holds N of *CAP. 0 or -ENOMEM. */
int ph_state_grow(void **items, size_t n, size_t *cap, size_t size);
/* One more item of SIZE, all zero, at the end of *ITEMS, which holds *N. NULL: no memory. */
void *ph_state_push(void **items, size_t *n, size_t size);

/* Parts that many states share. */
struct ph_act { /* an entry that did something: [ref, site, second] */
	struct ph_ref ref;
	uint64_t site;
	int64_t second;
};
struct ph_edge { /* a merge: [ref, the other one's first entry] */
	struct ph_ref ref;
	struct ph_ref other;
};
struct ph_opt { /* a number that may be missing: nil */
	bool set;
	uint64_t value;
};

/*
 * ON_FACT for each of FACTS, in order, with its entry decoded, until one returns
 * other than 0. What it keeps of ENTRY's views borrows from the fact. 0 or negative
 * errno.
 */
int ph_state_each(const struct ph_fact *facts, size_t n,
		  int (*on_fact)(void *data, const struct ph_fact *fact,
				 const struct ph_entry *entry),
		  void *data);

/*
 * An array of at most 15 items whose trailing nils are dropped, as every state is:
 *
 *	ph_row_begin(&row, writer);
 *	if (ph_row_item(&row, card->n_stops > 0)) {
 *		... write the item ...
 *	}
 *	ph_row_end(&row);
 *
 * An item that is not set is nil.
 */
struct ph_row {
	struct ph_mpw *writer; /* borrowed */
	size_t start, len;     /* where it begins, and ends if only nils follow */
	unsigned items, kept;
	bool set;
};
void ph_row_begin(struct ph_row *row, struct ph_mpw *writer);
bool ph_row_item(struct ph_row *row, bool set);
void ph_row_end(struct ph_row *row);

void ph_state_write_opt(struct ph_mpw *writer, const struct ph_opt *opt);
void ph_state_write_act(struct ph_mpw *writer, const struct ph_act *act);
void ph_state_write_refs(struct ph_mpw *writer, const struct ph_ref *refs, size_t n);
void ph_state_write_edges(struct ph_mpw *writer, const struct ph_edge *edges, size_t n);
/* One set value of FIELD, as in an entry; a list as a bin that holds the bytes of its array. */
void ph_state_write_value(struct ph_mpw *writer, const struct ph_field *field,
			  const struct ph_value *value);

/* Getters, like those of mp.h: true and the value, or false. */
bool ph_state_get_opt(const msgpack_object *object, struct ph_opt *out);
bool ph_state_get_value(const msgpack_object *object, const struct ph_field *field,
			struct ph_value *out);
bool ph_state_get_act(const msgpack_object *object, struct ph_act *out);
/*
 * A list, or nil for none: each item of SIZE by READ into *ITEMS_OUT, for the caller
 * to free. 0, -EUCLEAN, -ENOMEM.
 */
int ph_state_get_list(const msgpack_object *object, size_t size,
		      bool (*read)(const msgpack_object *object, void *item),
		      void **items_out, size_t *n_out);
int ph_state_get_refs(const msgpack_object *object, struct ph_ref **refs_out,
		      size_t *n_out);
int ph_state_get_edges(const msgpack_object *object, struct ph_edge **edges_out,
		       size_t *n_out);

/* The number of a UINT or ENUM field. */
struct ph_opt ph_opt_of(const struct ph_value *value);
struct ph_act ph_act_of(const struct ph_fact *fact);
/* Whether FACT is the entry that KEY, an entity named by a reference, is named by. */
bool ph_fact_is(const struct ph_fact *fact, const struct ph_entity_key *key);
/* Lists that end in 0 or -ENOMEM. The edge is that from KEY: to OTHER, or to ONE. */
int ph_state_add_ref(struct ph_ref **refs, size_t *n, const struct ph_ref *ref);
int ph_state_add_edge(struct ph_edge **edges, size_t *n, const struct ph_fact *fact,
		      const struct ph_entity_key *key, const struct ph_ref *one,
		      const struct ph_ref *other);

#endif
