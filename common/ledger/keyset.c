/*
 * common/ledger/keyset.c - a set of entities, in the order in which they came in.
 *
 * A list, and beside it a table of where in the list a key stands, found by hashing
 * (eight bytes at a time) and linear probing; it is never more than half full. But for a store that is read, only memory
 * can fail.
 */
#include "common/ledger/keyset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/state.h"

static uint64_t hash_of(const struct ph_entity_key *key)
{
	uint64_t hash = UINT64_C(14695981039346656037) ^ key->type;
	uint64_t word;
	size_t i = 0;

	for (; i + sizeof word <= key->len; i += sizeof word) {
		memcpy(&word, key->id + i, sizeof word);
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	for (; i < key->len; i++) {
		hash = (hash ^ key->id[i]) * UINT64_C(1099511628211);
	}
	return hash ^ hash >> 32;
}

/* The slot where KEY is or would stand. */
static size_t slot_of(const struct ph_keyset *set, const struct ph_entity_key *key)
{
	size_t at = hash_of(key) & (set->n_slots - 1);

	while (set->slots[at] != 0 &&
	       ph_key_compare(&set->keys[set->slots[at] - 1], key) != 0) {
		at = (at + 1) & (set->n_slots - 1);
	}
	return at;
}

static void fill_slots(struct ph_keyset *set)
{
	memset(set->slots, 0, set->n_slots * sizeof *set->slots);
	for (size_t i = 0; i < set->n; i++) {
		set->slots[slot_of(set, &set->keys[i])] = (uint32_t)(i + 1);
	}
}

static int grow_slots(struct ph_keyset *set)
{
	if (2 * (set->n + 1) <= set->n_slots) {
		return 0;
	}

	size_t n = set->n_slots == 0 ? 32 : 2 * set->n_slots;
	uint32_t *slots = n > UINT32_MAX ? NULL : calloc(n, sizeof *slots);

	if (slots == NULL) {
		return -ENOMEM;
	}
	free(set->slots);
	set->slots = slots;
	set->n_slots = n;
	fill_slots(set);
	return 0;
}

void ph_keyset_clear(struct ph_keyset *set)
{
	set->n = 0;
	if (set->n_slots > 0) {
		memset(set->slots, 0, set->n_slots * sizeof *set->slots);
	}
}

void ph_keyset_deinit(struct ph_keyset *set)
{
	free(set->keys);
	free(set->slots);
	*set = (struct ph_keyset){ 0 };
}

int ph_keyset_add(struct ph_keyset *set, const struct ph_entity_key *key)
{
	int rc = grow_slots(set);
	size_t at = rc != 0 ? 0 : slot_of(set, key);

	if (rc != 0 || set->slots[at] != 0) {
		return rc;
	}
	rc = ph_state_grow((void **)&set->keys, set->n, &set->cap, sizeof *set->keys);
	if (rc == 0) {
		set->keys[set->n++] = *key;
		set->slots[at] = (uint32_t)set->n;
	}
	return rc;
}

bool ph_keyset_find(const struct ph_keyset *set, const struct ph_entity_key *key,
		    size_t *index_out)
{
	size_t at = set->n_slots > 0 ? slot_of(set, key) : 0;

	if (set->n_slots == 0 || set->slots[at] == 0) {
		return false;
	}
	*index_out = set->slots[at] - 1;
	return true;
}

static int add_row(struct ph_keyset *set, enum ph_entity type, struct ph_view id)
{
	struct ph_entity_key key;

	return ph_key_bytes(type, id, &key) ? ph_keyset_add(set, &key) : -EUCLEAN;
}

int ph_keyset_read(struct ph_keyset *set, enum ph_entity type, struct ph_stmt *stmt)
{
	int rc;

	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rc = add_row(set, type, ph_stmt_col_blob(stmt, 0));
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

int ph_keyset_read_any(struct ph_keyset *set, struct ph_stmt *stmt)
{
	int rc;

	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rc = add_row(set, (enum ph_entity)ph_stmt_col_int(stmt, 0),
			     ph_stmt_col_blob(stmt, 1));
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

bool ph_keyset_has(const struct ph_keyset *set, const struct ph_entity_key *key)
{
	return set->n_slots > 0 && set->slots[slot_of(set, key)] != 0;
}

static int compare(const void *a, const void *b)
{
	return ph_key_compare(a, b);
}

void ph_keyset_sort(struct ph_keyset *set)
{
	if (set->n > 1) {
		qsort(set->keys, set->n, sizeof *set->keys, compare);
		fill_slots(set);
	}
}
