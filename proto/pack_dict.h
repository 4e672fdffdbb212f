/*
 * proto/pack_dict.h - what both sides of a compact segment know beforehand: texts for
 * zstd, and how the models begin (docs/PACK.md, "Dictionary").
 */
#ifndef PH_PROTO_PACK_DICT_H
#define PH_PROTO_PACK_DICT_H

#include "proto/pack_model.h"

#define PH_PACK_DICT 1 /* its number */

/* Texts of ordinary days, for zstd. */
struct ph_view ph_pack_dict_text(void);
/* Begin SET as the set of that name begins. */
void ph_pack_dict_set(uint64_t name, struct ph_model_set *set);
/* The first bytes of the hash of it all (pack_dict_1.h). */
void ph_pack_dict_hash(uint8_t out[static 8]);

#endif
