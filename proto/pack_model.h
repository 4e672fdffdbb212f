/*
 * proto/pack_model.h - the coder of compact segments: bits under adaptive models
 * (docs/PACK.md, "Coder" and "Numbers"); for proto/pack*.c only.
 *
 * One set of functions serves both ways: packing they write the value they are given
 * and return it, unpacking they ignore it and return the one read. So what packs and
 * what unpacks cannot drift apart.
 */
#ifndef PH_PROTO_PACK_MODEL_H
#define PH_PROTO_PACK_MODEL_H

#include "common/base/bytes.h"

/* The chance that a bit is 0, in 1/65,536, and how often it was asked (up to a limit). */
struct ph_model {
	uint16_t zero;
	uint16_t seen;
};

enum {
	PH_MODEL_TREE = 128, /* nodes of a symbol of 7 bits; node 0 is unused */
	PH_MODEL_DEPTH = 4,  /* bits of a number behind its highest that have models */
	PH_MODEL_LONG = 21,  /* numbers of more bits have none */
	PH_MODEL_IN_SET = PH_MODEL_TREE + ((PH_MODEL_LONG - 1) << PH_MODEL_DEPTH),
	PH_MODEL_SEEN_MAX = 250,
	PH_MODEL_SETS = 1024, /* in one segment; any further share the first */
};

/*
 * Models that belong together: nodes 1 to 127 for a symbol; then for numbers of 2 to
 * PH_MODEL_LONG bits 16 each, for the bits that follow the highest. Or flags, by number.
 */
struct ph_model_set {
	struct ph_model model[PH_MODEL_IN_SET];
};

/* What a set is for; with A and B, its name. The numbers are part of the format. */
enum ph_model_what {
	PH_MODEL_SPARE,
	PH_MODEL_KIND,  /* kind of an entry; a, b: kinds of the two before it */
	PH_MODEL_TIME,  /* seconds since the entry before; a: its kind, b: this kind */
	PH_MODEL_FLAG,  /* yes or no; a: kind, node: field * 8 + which */
	PH_MODEL_FIELD, /* a: kind, b: field * 8 + which */
	PH_MODEL_ID,    /* a: type, b: which */
	PH_MODEL_REF,   /* a: which */
	PH_MODEL_DESK,  /* a: kind, b: field * 8 + how soon after the entry before */
};

struct ph_coder {
	bool packing;
	bool failed; /* unpacking: the bytes are at their end; packing: no memory */
	uint32_t range;
	/* packing */
	uint32_t low;
	size_t start;       /* where OUT begins to be ours */
	struct ph_buf *out; /* borrowed */
	/* unpacking */
	uint32_t code;
	struct ph_view in; /* borrowed; what is left */
	unsigned beyond;   /* bytes read behind the end, which count as 0 */
	/* models */
	bool untrained; /* they begin as if there were no dictionary: for who makes one */
	uint32_t n_sets;
	uint16_t slot[2 * PH_MODEL_SETS]; /* hash table: set + 1 */
	uint64_t name[PH_MODEL_SETS];
	struct ph_model_set sets[PH_MODEL_SETS];
};

void ph_coder_pack(struct ph_coder *coder, struct ph_buf *out);
void ph_coder_unpack(struct ph_coder *coder, struct ph_view in);
/* Write what is held. 0 or -ENOMEM. */
int ph_coder_end(struct ph_coder *coder);

/* The set of that name; the first asked for begins as the dictionary says. Never NULL. */
struct ph_model_set *ph_coder_set(struct ph_coder *coder, enum ph_model_what what,
				  uint32_t a, uint32_t b);

bool ph_coder_bit(struct ph_coder *coder, struct ph_model *model, bool bit);
/* 0 to 127. */
uint32_t ph_coder_symbol(struct ph_coder *coder, struct ph_model_set *set,
			 uint32_t value);
uint64_t ph_coder_number(struct ph_coder *coder, struct ph_model_set *set,
			 uint64_t value);
/* Small in either direction; wraps like the arithmetic of 64 bits. */
int64_t ph_coder_signed(struct ph_coder *coder, struct ph_model_set *set, int64_t value);

#endif
