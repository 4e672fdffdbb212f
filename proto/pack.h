/*
 * proto/pack.h - compact segments: a run of entries in about a tenth of their bytes
 * (docs/PACK.md).
 *
 * Entries are taken apart by the kind table and coded field by field under models of
 * what such a field held before; personal parts may travel inside, as their plain
 * fields and seed. Unpacking gives back the exact bytes; whether they are what was
 * signed only chain and seal can say, and the caller asks them.
 *
 * All memory is in struct ph_pack, of bounded size, made once and used for one segment
 * after the other. What it hands out is there until the next call.
 */
#ifndef PH_PROTO_PACK_H
#define PH_PROTO_PACK_H

#include "common/log/part.h"
#include "common/log/segment.h"

enum {
	PH_PACK_E_FORM = 1, /* not of this form, or over a limit */
	/*
	 * Unpacking: of a version, kind table or dictionary that is not known here, or it
	 * needs an entry that is not here: let it be sent plain. Packing: it would be over a
	 * limit, or the body is no segment's: send it plain.
	 */
	PH_PACK_E_PLAIN,
};

/* A sealed part that travels inside. */
struct ph_pack_part {
	uint64_t n; /* of its entry */
	uint8_t seed[PH_SEED_SIZE];
	struct ph_view plain; /* borrowed */
};

/* What both sides know of a segment beside its bytes. */
struct ph_pack_where {
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t first;
	uint64_t last;
	/*
	 * The first 8 bytes of e(n) of an entry of this log below FIRST, on the branch that
	 * the segment goes on from, if the other side is sure to hold it too. 0, or not 0: no.
	 * May be NULL.
	 */
	int (*hash)(void *data, uint64_t n, uint8_t out[static 8]);
	void *data;
};

struct ph_pack;

/* NULL: no memory. */
struct ph_pack *ph_pack_new(void);
void ph_pack_free(struct ph_pack *pack);
/* Wipe what the last call left: it may hold names and seeds. Every call does so first. */
void ph_pack_wipe(struct ph_pack *pack);

/*
 * Append the packed form of BODY (a plain body) to OUT. PARTS, rising by n, are those
 * that may travel inside; TAKEN_OUT (room for N_PARTS; may be NULL without parts) says
 * which do: those that make their entry's commitment. The others are sent as before.
 * 0; PH_PACK_E_PLAIN; -ENOMEM. OUT is unchanged on error.
 */
int ph_pack(struct ph_pack *pack, const struct ph_pack_where *where, struct ph_view body,
	    const struct ph_pack_part *parts, size_t n_parts, bool *taken_out,
	    struct ph_buf *out);

struct ph_unpacked {
	struct ph_view
		body; /* plain body of exactly last - first + 1 entries; borrowed */
	const struct ph_pack_part *parts; /* rising by n; borrowed */
	size_t n_parts;
};

/*
 * 0; PH_PACK_E_FORM; PH_PACK_E_PLAIN; -ENOMEM. What is inside entries is not judged.
 * The least that PACKED can say is read before anything is expanded.
 */
int ph_unpack(struct ph_pack *pack, const struct ph_pack_where *where,
	      struct ph_view packed, struct ph_unpacked *out);

/* Names version, kind table, hints and dictionary at once: what a peer tells it can read. */
#define PH_PACK_FORM_SIZE 4
void ph_pack_form(uint8_t out[static PH_PACK_FORM_SIZE]);

#endif
