/*
 * common/log/kinds_table.h - how the rows of the kind table are written; for kinds.c
 * and the files that hold the rows, a run of families each.
 */
#ifndef PH_LOG_KINDS_TABLE_H
#define PH_LOG_KINDS_TABLE_H

#include "common/base/limits.h"
#include "common/log/kinds.h"

/* A run of kinds in order of number; the runs themselves are in that order too. */
struct ph_kind_run {
	const struct ph_kind *kinds;
	size_t n;
};

extern const struct ph_kind_run ph_kinds_reader; /* log, readers */
extern const struct ph_kind_run ph_kinds_copy;   /* catalogue, circulation, copy life */
extern const struct ph_kind_run ph_kinds_house;  /* money to attendance */
extern const struct ph_kind_run ph_kinds_hub;    /* people to hub */

extern const char *const ph_band_names[4];

#define COUNT(array)     (sizeof(array) / sizeof((array)[0]))

/* What stands in the last but one place of a field: flags, and how it is packed. */
#define HOW(how)         .flags = (how)&0xff, .pack = (how) >> 8
#define PACK(hint)       (PH_PACK_##hint << 8)
#define REQ              PH_F_REQUIRED
#define REG              PH_F_REGISTER
#define TIME_MAX         (UINT64_C(1) << 40)
#define MONEY_MAX        UINT64_C(1000000000000)
/* So many that a crate with the longest codes is still one entry. */
#define CRATE_COPIES_MAX 400

#define UINT(title, lo, hi, how, words)                                                  \
	{                                                                                \
		.name = title, .type = PH_T_UINT, .min = lo, .max = hi, HOW(how),        \
		.doc = words                                                             \
	}
#define ENUM(title, list, how, words)                                                    \
	{                                                                                \
		.name = title, .type = PH_T_ENUM, .max = COUNT(list), HOW(how),          \
		.names = list, .doc = words                                              \
	}
#define DAY(title, how, words)                                                           \
	{                                                                                \
		.name = title, .type = PH_T_DAY, .max = PH_DAY_MAX, HOW(how),            \
		.doc = words                                                             \
	}
#define TEXT(title, hi, how, words)                                                      \
	{                                                                                \
		.name = title, .type = PH_T_TEXT, .min = 1, .max = hi, HOW(how),         \
		.doc = words                                                             \
	}
#define DIGITS(title, size, how, words)                                                  \
	{                                                                                \
		.name = title, .type = PH_T_TEXT, .min = size, .max = size, HOW(how),    \
		.rule = PH_TEXT_DIGITS, .doc = words                                     \
	}
#define LETTERS(title, size, how, words)                                                 \
	{                                                                                \
		.name = title, .type = PH_T_TEXT, .min = size, .max = size, HOW(how),    \
		.rule = PH_TEXT_LETTERS, .doc = words                                    \
	}
#define BYTES(title, hi, how, words)                                                     \
	{                                                                                \
		.name = title, .type = PH_T_BYTES, .min = 1, .max = hi, HOW(how),        \
		.doc = words                                                             \
	}
#define FIXED(title, size, how, words)                                                   \
	{                                                                                \
		.name = title, .type = PH_T_FIXED, .min = size, .max = size, HOW(how),   \
		.doc = words                                                             \
	}
#define REF(title, how, words)                                                           \
	{                                                                                \
		.name = title, .type = PH_T_REF, HOW(how), .doc = words                  \
	}
#define HEAD(title, how, words)                                                          \
	{                                                                                \
		.name = title, .type = PH_T_HEAD, HOW(how), .doc = words                 \
	}
#define ID(title, what, how, words)                                                      \
	{                                                                                \
		.name = title, .type = what, .min = 1, .max = PH_CODE_MAX, HOW(how),     \
		.doc = words                                                             \
	}
#define COPY(how, words)  ID("copy", PH_T_COPY_ID, how, words)
#define CARD(how, words)  ID("card", PH_T_CARD_ID, how, words)
#define CRATE(how, words) ID("crate", PH_T_CRATE_ID, how, words)
#define LIST(title, what, items, how, words)                                             \
	{                                                                                \
		.name = title, .type = what, .min = 1, .max = items, HOW(how),           \
		.doc = words                                                             \
	}
#define REFS(title, items, how, words) LIST(title, PH_T_REFS, items, how, words)
#define CODES(title, items, how, words)                                                  \
	{                                                                                \
		.name = title, .type = PH_T_TEXTS, .min = 1, .max = items, HOW(how),     \
		.rule = PH_TEXT_DIGITS, .doc = words                                     \
	}
#define SETS(sealed)                                                                     \
	{                                                                                \
		.name = "sets", .type = PH_T_UINT, .min = 1, .max = (1 << (sealed)) - 1, \
		.doc = "which sealed fields are set: bit i for sealed field i"           \
	}
#define COMMIT                                                                           \
	{                                                                                \
		.name = "commit", .type = PH_T_FIXED, .min = 32, .max = 32,              \
		.doc = "BLAKE2b-256 of the sealed part"                                  \
	}
#define SEEN                                                                             \
	{                                                                                \
		.name = "seen", .type = PH_T_SEEN, .max = PH_SEEN_MAX,                   \
		.doc = "for each register it puts, the puts whose values its writer "    \
		       "saw there"                                                       \
	}

#define FIELDS(list) .fields = list, .n_fields = COUNT(list)
#define SEALED(list, at, hash)                                                           \
	.sealed = list, .n_sealed = COUNT(list), .sets = at, .commit = hash
#define PAIR(how, first, second) .pair = { .rule = how, .a = first, .b = second }
#define ANYBODY                  (PH_ROLE_BOTH | PH_ROLE_HUB)
#define SITE                     PH_ROLE_SITE
#define HUB                      PH_ROLE_HUB
#define SITE_HUB                 (PH_ROLE_SITE | PH_ROLE_HUB)

#endif
