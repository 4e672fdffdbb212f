/*
 * common/log/segment.c - a run of entries with one seal at its end.
 *
 * Checking a segment: hash each entry as it lies in the body, step the chain, count,
 * and ask at the end whether the seal covers what came out. One signature for any
 * number of entries; what they say is not looked at.
 *
 * A length that is cut short, over PH_ENTRY_MAX or nought, a count that is not
 * last - first + 1, or a body over PH_SEGMENT_PLAIN_MAX is _E_FORM and costs no
 * signature check; everything else that is wrong is _E_SEAL.
 */
#include "common/log/segment.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

int ph_segment_next(struct ph_view *body, struct ph_view *entry_out)
{
	struct ph_view rest = *body;
	uint64_t len;

	if (ph_varint_take(&rest, &len) || len == 0 || len > PH_ENTRY_MAX ||
	    len > rest.len) {
		return PH_SEGMENT_E_FORM;
	}
	*entry_out = PH_VIEW(rest.data, (size_t)len);
	*body = PH_VIEW(rest.data + len, rest.len - (size_t)len);
	return 0;
}

int ph_segment_add(struct ph_buf *body, struct ph_view entry)
{
	size_t start = body->len;

	if (entry.len == 0 || entry.len > PH_ENTRY_MAX) {
		return -EMSGSIZE;
	}

	int rc = ph_varint_put(body, entry.len);

	if (rc == 0) {
		rc = ph_buf_put_view(body, entry);
	}
	if (rc) {
		body->len = start;
	}
	return rc;
}

static bool segment_in_limits(const struct ph_segment *segment)
{
	return segment->first >= 1 && segment->last >= segment->first &&
	       segment->last <= PH_N_MAX && segment->body.len <= PH_SEGMENT_PLAIN_MAX;
}

int ph_segment_verify(const struct ph_segment *segment,
		      const uint8_t key[static PH_KEY_SIZE],
		      const uint8_t h_prev[static PH_HASH_SIZE],
		      uint8_t h_out[static PH_HASH_SIZE])
{
	struct ph_view body = segment->body;
	struct ph_head head = { .n = segment->last };
	uint64_t left;

	if (!segment_in_limits(segment)) {
		return PH_SEGMENT_E_FORM;
	}
	memcpy(head.log_id, segment->log_id, PH_LOG_ID_SIZE);
	memcpy(head.h, h_prev, PH_HASH_SIZE);
	left = segment->last - segment->first + 1;
	while (body.len > 0) {
		struct ph_view entry;
		uint8_t e[PH_HASH_SIZE];

		if (left-- == 0 || ph_segment_next(&body, &entry)) {
			return PH_SEGMENT_E_FORM;
		}
		ph_entry_hash(entry, e);
		ph_chain_step(head.h, e);
	}
	if (left > 0) {
		return PH_SEGMENT_E_FORM;
	}
	if (!ph_seal_verify(segment->seal, &head, key)) {
		return PH_SEGMENT_E_SEAL;
	}
	memcpy(h_out, head.h, PH_HASH_SIZE);
	return 0;
}

void ph_segment_hash(const struct ph_segment *segment, uint8_t out[static 16])
{
	crypto_generichash_state state;
	uint8_t range[16];

	ph_be64_put(range, segment->first);
	ph_be64_put(range + 8, segment->last);
	crypto_generichash_init(&state, NULL, 0, 16);
	crypto_generichash_update(&state, segment->log_id, PH_LOG_ID_SIZE);
	crypto_generichash_update(&state, range, sizeof(range));
	crypto_generichash_update(&state, segment->seal, PH_SIGNATURE_SIZE);
	crypto_generichash_update(&state, segment->body.data, segment->body.len);
	crypto_generichash_final(&state, out, 16);
}
