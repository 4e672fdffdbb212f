/*
 * proto/pack_dict.c - what both sides of a compact segment know beforehand.
 *
 * The dictionary is one run of bytes, made by `tests/bench/train`; its form is in
 * docs/PACK.md, "Dictionary". It is ours, and a test has read it whole, so that nothing
 * here can fail.
 */
#include "proto/pack_dict.h"

#include <string.h>

#include <sodium.h>

#include "proto/pack_dict_1.h"

enum {
	NEVER_SEEN = 32768, /* either bit is as likely */
	SET_SIZE = 10,      /* name, its first model */
	MODEL_SIZE = 5,     /* node, zero, seen */
};

struct ph_view ph_pack_dict_text(void)
{
	return PH_VIEW(dict_bytes + 4, ph_be16_get(dict_bytes + 2));
}

/* Where numbers of sets and models stand, and behind them the sets. */
static const uint8_t *tables(void)
{
	return dict_bytes + 4 + ph_be16_get(dict_bytes + 2);
}

/* Place of the set of that name, or the number of sets. */
static unsigned find_set(uint64_t name)
{
	const uint8_t *sets = tables() + 4;
	unsigned low = 0, n = ph_be16_get(tables()), high = n;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (ph_be64_get(sets + SET_SIZE * middle) < name) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < n && ph_be64_get(sets + SET_SIZE * low) == name ? low : n;
}

/* Number of the first model of set AT; of the set behind the last: how many there are. */
static unsigned first_of(unsigned at)
{
	const uint8_t *table = tables();

	return at == ph_be16_get(table)
		       ? ph_be16_get(table + 2)
		       : ph_be16_get(table + 4 + (size_t)SET_SIZE * at + 8);
}

void ph_pack_dict_set(uint64_t name, struct ph_model_set *set)
{
	unsigned n_sets = ph_be16_get(tables()), at = find_set(name);
	const uint8_t *models = tables() + 4 + (size_t)SET_SIZE * n_sets;

	for (size_t i = 0; i < PH_MODEL_IN_SET; i++) {
		set->model[i] = (struct ph_model){ .zero = NEVER_SEEN, .seen = 0 };
	}
	if (at == n_sets) {
		return;
	}
	for (unsigned i = first_of(at), end = first_of(at + 1); i < end; i++) {
		const uint8_t *from = models + (size_t)MODEL_SIZE * i;
		struct ph_model *model = &set->model[ph_be16_get(from)];

		model->zero = ph_be16_get(from + 2);
		model->seen = from[4];
	}
}

void ph_pack_dict_hash(uint8_t out[static 8])
{
	uint8_t hash[32];

	crypto_generichash(hash, sizeof(hash), dict_bytes, sizeof(dict_bytes), NULL, 0);
	memcpy(out, hash, 8);
}
