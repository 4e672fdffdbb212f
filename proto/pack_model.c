/*
 * proto/pack_model.c - the coder of compact segments: bits under adaptive models.
 *
 * A range coder: an interval of 32 bits is divided at each bit in the proportion that
 * its model expects, and the half that came true is kept. A model learns fast at first
 * and slower later. Numbers are a symbol (how many bits) and those bits, of which the
 * first few have models as well.
 *
 * Reading behind the end gives zeros, a few of which the writer left away; more make
 * the coder fail. It then gives nonsense, but gives it in bounded time: whoever loops
 * asks whether it failed.
 */
#include "proto/pack_model.h"

#include <errno.h>
#include <string.h>

#include "proto/pack_dict.h"

enum {
	RANGE_MIN = 1 << 24,
	ZERO_MIN = 32,  /* a model never excludes a value */
	BEYOND_MAX = 4, /* bytes at the end of a stream that are 0 and left away */
};

/* ---- the interval ---- */

static void coder_reset(struct ph_coder *coder)
{
	coder->failed = false;
	coder->range = UINT32_MAX;
	coder->low = 0;
	coder->code = 0;
	coder->beyond = 0;
	coder->n_sets = 0;
	memset(coder->slot, 0, sizeof(coder->slot));
}

void ph_coder_pack(struct ph_coder *coder, struct ph_buf *out)
{
	coder_reset(coder);
	coder->packing = true;
	coder->out = out;
	coder->start = out->len;
}

static uint8_t next_byte(struct ph_coder *coder)
{
	if (coder->in.len == 0) {
		coder->beyond++;
		coder->failed = coder->failed || coder->beyond > BEYOND_MAX;
		return 0;
	}
	coder->in.len--;
	return *coder->in.data++;
}

void ph_coder_unpack(struct ph_coder *coder, struct ph_view in)
{
	coder_reset(coder);
	coder->packing = false;
	coder->in = in;
	for (int i = 0; i < 4; i++) {
		coder->code = coder->code << 8 | next_byte(coder);
	}
}

static void put_byte(struct ph_coder *coder, uint8_t byte)
{
	if (ph_buf_put_u8(coder->out, byte)) {
		coder->failed = true;
	}
}

/* Raise `low`; a carry goes into the bytes that are written already. */
static void raise_low(struct ph_coder *coder, uint32_t by)
{
	coder->low += by;
	if (coder->low >= by) {
		return;
	}
	for (size_t i = coder->out->len; i > coder->start; i--) {
		if (++coder->out->data[i - 1] != 0) {
			return;
		}
	}
}

static void normalise(struct ph_coder *coder)
{
	while (coder->range < RANGE_MIN) {
		coder->range <<= 8;
		if (coder->packing) {
			put_byte(coder, (uint8_t)(coder->low >> 24));
			coder->low <<= 8;
		} else {
			coder->code = coder->code << 8 | next_byte(coder);
		}
	}
}

int ph_coder_end(struct ph_coder *coder)
{
	uint64_t last = (uint64_t)coder->low + coder->range - 1;
	uint64_t mask = UINT32_MAX;

	/* of all numbers in the interval the one with the most zeros at its end */
	while (((coder->low + mask) & ~mask) > last) {
		mask >>= 1;
	}

	uint32_t rest = (uint32_t)(((coder->low + mask) & ~mask) - coder->low);

	raise_low(coder, rest);
	for (; coder->low != 0; coder->low <<= 8) {
		put_byte(coder, (uint8_t)(coder->low >> 24));
	}
	return coder->failed ? -ENOMEM : 0;
}

/* ---- models ---- */

static void learn(struct ph_model *model, bool bit)
{
	uint32_t share = 131072u / (2u * model->seen + 3u);
	uint32_t zero = model->zero;

	zero = bit ? zero - (zero * share >> 16) : zero + ((65536u - zero) * share >> 16);
	zero = zero < ZERO_MIN ? ZERO_MIN : zero;
	model->zero = (uint16_t)(zero > 65536 - ZERO_MIN ? 65536 - ZERO_MIN : zero);
	if (model->seen < PH_MODEL_SEEN_MAX) {
		model->seen++;
	}
}

bool ph_coder_bit(struct ph_coder *coder, struct ph_model *model, bool bit)
{
	uint32_t bound = (coder->range >> 16) * model->zero;

	if (!coder->packing) {
		bit = coder->code >= bound;
	}
	if (!bit) {
		coder->range = bound;
	} else {
		coder->range -= bound;
		if (coder->packing) {
			raise_low(coder, bound);
		} else {
			coder->code -= bound;
		}
	}
	learn(model, bit);
	normalise(coder);
	return bit;
}

/* COUNT bits that no model knows anything of, at most 8. */
static uint32_t code_plain(struct ph_coder *coder, uint32_t value, unsigned count)
{
	coder->range >>= count;
	if (coder->packing) {
		raise_low(coder, value * coder->range);
	} else {
		value = coder->code / coder->range;
		if (value >> count != 0) {
			value = (1u << count) - 1;
		}
		coder->code -= value * coder->range;
	}
	normalise(coder);
	return value;
}

static uint64_t hash_name(uint64_t name)
{
	return (name * UINT64_C(0x9e3779b97f4a7c15)) >> 40;
}

struct ph_model_set *ph_coder_set(struct ph_coder *coder, enum ph_model_what what,
				  uint32_t a, uint32_t b)
{
	uint64_t name = (uint64_t)what << 56 | (uint64_t)a << 28 | b;
	size_t at = hash_name(name) % (2 * PH_MODEL_SETS);

	for (; coder->slot[at] != 0; at = (at + 1) % (2 * PH_MODEL_SETS)) {
		if (coder->name[coder->slot[at] - 1] == name) {
			return &coder->sets[coder->slot[at] - 1];
		}
	}
	if (coder->n_sets == PH_MODEL_SETS) {
		return &coder->sets[0];
	}

	struct ph_model_set *set = &coder->sets[coder->n_sets];

	coder->name[coder->n_sets] = name;
	coder->slot[at] = (uint16_t)++coder->n_sets;
	ph_pack_dict_set(coder->untrained ? 0 : name, set);
	return set;
}

uint32_t ph_coder_symbol(struct ph_coder *coder, struct ph_model_set *set, uint32_t value)
{
	uint32_t node = 1;

	for (int i = 6; i >= 0; i--) {
		node = 2 * node +
		       ph_coder_bit(coder, &set->model[node], (value >> i & 1) != 0);
	}
	return node - PH_MODEL_TREE;
}

static unsigned bits_of(uint64_t value)
{
	unsigned bits = 0;

	for (; value != 0; value >>= 1) {
		bits++;
	}
	return bits;
}

uint64_t ph_coder_number(struct ph_coder *coder, struct ph_model_set *set, uint64_t value)
{
	unsigned bits = ph_coder_symbol(coder, set, bits_of(value));
	uint64_t out = 1;
	unsigned left;

	if (bits < 2 || bits > 64) {
		coder->failed = coder->failed || bits > 64;
		return bits == 1;
	}
	left = bits - 1;
	if (bits <= PH_MODEL_LONG) {
		struct ph_model *low =
			&set->model[PH_MODEL_TREE + ((bits - 2) << PH_MODEL_DEPTH)];
		uint32_t node = 1;

		for (unsigned i = 0; i < PH_MODEL_DEPTH && left > 0; i++) {
			bool bit = ph_coder_bit(coder, &low[node],
						(value >> --left & 1) != 0);

			node = 2 * node + bit;
			out = out << 1 | bit;
		}
	}
	while (left > 0) {
		unsigned count = left < 8 ? left : 8;

		left -= count;
		out = out << count |
		      code_plain(coder, (uint32_t)(value >> left) & ((1u << count) - 1),
				 count);
	}
	return out;
}

int64_t ph_coder_signed(struct ph_coder *coder, struct ph_model_set *set, int64_t value)
{
	uint64_t turned = (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);

	turned = ph_coder_number(coder, set, turned);
	return (int64_t)(turned >> 1 ^ (turned & 1 ? UINT64_MAX : 0));
}
