/*
 * tests/fuzz/choices.h - an input as the choices of a program that draws random numbers.
 *
 * A fuzzer changes bytes; the makers of random histories draw numbers. Here each draw is
 * one byte of the input, spread over 64 bits, so that a changed byte is another choice at
 * that place, and one that is put in or taken out moves those behind it. When the input is
 * used up the draws go on as a fixed row, since what was begun has to end.
 */
#ifndef PH_FUZZ_CHOICES_H
#define PH_FUZZ_CHOICES_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/rng.h"

struct choices {
	struct ph_view in;
	uint64_t beyond; /* draws since its end */
};

static inline void must(bool fact)
{
	if (!fact) {
		abort();
	}
}

/* SplitMix64 (Steele, Lea, Flood 2014): every bit of VALUE moves every bit. */
static inline uint64_t choices_spread(uint64_t value)
{
	value += UINT64_C(0x9e3779b97f4a7c15);
	value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
	return value ^ (value >> 31);
}

static inline uint64_t choices_draw(struct choices *choices)
{
	uint64_t value = 256 + choices->beyond;

	if (choices->in.len > 0) {
		value = choices->in.data[0];
		choices->in.data++;
		choices->in.len--;
	} else {
		choices->beyond++;
	}
	return choices_spread(value);
}

static inline void choices_fill(void *data, uint8_t *out, size_t len)
{
	struct choices *choices = data;
	uint64_t draw = choices_draw(choices);

	for (size_t i = 0; i < len; i++) {
		if (i % 8 == 0 && i > 0) {
			draw = choices_spread(draw);
		}
		out[i] = (uint8_t)(draw >> (8 * (i % 8)));
	}
}

static inline struct ph_rng choices_rng(struct choices *choices)
{
	return (struct ph_rng){ .fill = choices_fill, .data = choices };
}

/* --- plain bytes, for targets whose steps hold such --- */

static inline struct ph_view choices_take(struct choices *choices, size_t len)
{
	struct ph_view taken = choices->in;

	taken.len = len < taken.len ? len : taken.len;
	choices->in.data += taken.len;
	choices->in.len -= taken.len;
	return taken;
}

/* 0 at the end. */
static inline uint8_t choices_byte(struct choices *choices)
{
	struct ph_view byte = choices_take(choices, 1);

	return byte.len == 1 ? byte.data[0] : 0;
}

/* Bytes whose number stands in two before them. */
static inline struct ph_view choices_bytes(struct choices *choices)
{
	size_t len = (size_t)choices_byte(choices) << 8;

	len |= choices_byte(choices);
	return choices_take(choices, len);
}

#endif
