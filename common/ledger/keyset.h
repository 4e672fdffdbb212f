/* common/ledger/keyset.h - a set of entities, in the order in which they came in. */
#ifndef PH_LEDGER_KEYSET_H
#define PH_LEDGER_KEYSET_H

#include "common/base/db.h"
#include "common/ledger/key.h"

/* All zero is a valid empty one. */
struct ph_keyset {
	struct ph_entity_key *keys;
	size_t n, cap;
	uint32_t *slots; /* 1 + index of a key, or 0 */
	size_t n_slots;  /* a power of two, or 0 */
};

/* Empty it, keeping its memory. */
void ph_keyset_clear(struct ph_keyset *set);
void ph_keyset_deinit(struct ph_keyset *set);
/* 0, also if KEY is there already; -ENOMEM. */
int ph_keyset_add(struct ph_keyset *set, const struct ph_entity_key *key);
/*
 * What STMT gives, onto SET: ids in column 0, as entities of TYPE; _any: types in column 0,
 * ids in column 1. It is reset. 0, -EUCLEAN if one is no id, or negative errno.
 */
int ph_keyset_read(struct ph_keyset *set, enum ph_entity type, struct ph_stmt *stmt);
int ph_keyset_read_any(struct ph_keyset *set, struct ph_stmt *stmt);
bool ph_keyset_has(const struct ph_keyset *set, const struct ph_entity_key *key);
/* Its index in `keys`. */
bool ph_keyset_find(const struct ph_keyset *set, const struct ph_entity_key *key,
		    size_t *index_out);
/* By type and id; adding to it afterwards appends. */
void ph_keyset_sort(struct ph_keyset *set);

#endif
