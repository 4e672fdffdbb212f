/*
 * common/ledger/refset.c - whether a reference was ever put in.
 *
 * Open addressing over the hashes that references carry anyway, at most half full. A
 * device can make hashes that collide; that costs it, and us, a lookup each. Only
 * memory can fail.
 */
#include "common/ledger/refset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t word_of(const struct ph_ref *ref)
{
	uint64_t word = ph_be64_get(ref->hash) + ref->n;

	return word == 0 ? 1 : word;
}

static size_t slot_of(const struct ph_refset *set, uint64_t word)
{
	size_t at = (word * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (set->n_slots - 1);

	while (set->slots[at] != 0 && set->slots[at] != word) {
		at = (at + 1) & (set->n_slots - 1);
	}
	return at;
}

static int grow(struct ph_refset *set)
{
	if (2 * (set->n + 1) <= set->n_slots) {
		return 0;
	}

	size_t n_before = set->n_slots;
	uint64_t *before = set->slots;
	size_t n = n_before == 0 ? 64 : 2 * n_before;
	uint64_t *slots = calloc(n, sizeof *slots);

	if (slots == NULL) {
		return -ENOMEM;
	}
	set->slots = slots;
	set->n_slots = n;
	for (size_t i = 0; i < n_before; i++) {
		if (before[i] != 0) {
			slots[slot_of(set, before[i])] = before[i];
		}
	}
	free(before);
	return 0;
}

void ph_refset_clear(struct ph_refset *set)
{
	set->n = 0;
	if (set->n_slots > 0) {
		memset(set->slots, 0, set->n_slots * sizeof *set->slots);
	}
}

void ph_refset_deinit(struct ph_refset *set)
{
	free(set->slots);
	*set = (struct ph_refset){ 0 };
}

int ph_refset_add(struct ph_refset *set, const struct ph_ref *ref)
{
	uint64_t word = word_of(ref);
	int rc = grow(set);

	if (rc != 0) {
		return rc;
	}

	size_t at = slot_of(set, word);

	if (set->slots[at] == 0) {
		set->slots[at] = word;
		set->n++;
	}
	return 0;
}

bool ph_refset_may_have(const struct ph_refset *set, const struct ph_ref *ref)
{
	return set->n > 0 && set->slots[slot_of(set, word_of(ref))] != 0;
}
