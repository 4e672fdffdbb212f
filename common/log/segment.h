/*
 * common/log/segment.h - a run of entries with one seal at its end: what travels.
 *
 * The plain body is, for each entry, its length (LEB128) and its bytes: entries
 * are opaque here, so one that is malformed never hides those behind it.
 */
#ifndef PH_LOG_SEGMENT_H
#define PH_LOG_SEGMENT_H

#include "common/log/chain.h"

struct ph_segment {
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t first; /* n of the first entry, from 1 */
	uint64_t last;  /* n of the last; the seal is over it */
	uint8_t seal[PH_SIGNATURE_SIZE];
	struct ph_view body; /* borrowed */
};

enum {
	PH_SEGMENT_E_FORM = 1, /* lengths, counts or limits are wrong */
	PH_SEGMENT_E_SEAL, /* chain and seal do not meet: forged, damaged or of another branch */
};

/* Take the next entry of a body. 0; PH_SEGMENT_E_FORM; BODY is unchanged on error. Empty BODY is _E_FORM. */
int ph_segment_next(struct ph_view *body, struct ph_view *entry_out);
/* Append one entry to a body. 0; -EMSGSIZE: empty, or over PH_ENTRY_MAX; -ENOMEM. BODY is unchanged on error. */
int ph_segment_add(struct ph_buf *body, struct ph_view entry);
/*
 * Check SEGMENT as the continuation of H_PREV (= h(first - 1)) under KEY, and give
 * h(last). 0, PH_SEGMENT_E_FORM or PH_SEGMENT_E_SEAL. What is inside entries is
 * not looked at.
 */
int ph_segment_verify(const struct ph_segment *segment,
		      const uint8_t key[static PH_KEY_SIZE],
		      const uint8_t h_prev[static PH_HASH_SIZE],
		      uint8_t h_out[static PH_HASH_SIZE]);
/* BLAKE2b-128 over log id, first, last, seal and body: the name under which an interrupted transfer resumes. */
void ph_segment_hash(const struct ph_segment *segment, uint8_t out[static 16]);

#endif
