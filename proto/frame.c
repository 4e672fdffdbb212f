/*
 * proto/frame.c - preamble and frames.
 *
 * 7 bytes of preamble, then two bytes of length and a body, over and over.
 *
 * Too few bytes: the caller keeps what it has and comes again. A length of zero
 * or over the limit, a foreign magic or version: the stream cannot be trusted any
 * further, and the caller closes it. Nothing is allocated to decode.
 */
#include "proto/frame.h"

#include <string.h>

#include "common/base/limits.h"

int ph_frame_decode(struct ph_view *in, size_t max, struct ph_view *body_out)
{
	if (in->len < PH_FRAME_HEADER_LEN) {
		return PH_FRAME_E_SHORT;
	}
	size_t len = ph_be16_get(in->data);
	if (len == 0) {
		return PH_FRAME_E_EMPTY;
	}
	if (len > max) {
		return PH_FRAME_E_TOO_BIG;
	}
	if (in->len - PH_FRAME_HEADER_LEN < len) {
		return PH_FRAME_E_SHORT;
	}
	*body_out = PH_VIEW(in->data + PH_FRAME_HEADER_LEN, len);
	in->data += PH_FRAME_HEADER_LEN + len;
	in->len -= PH_FRAME_HEADER_LEN + len;
	return 0;
}

int ph_frame_encode(struct ph_view body, struct ph_buf *out)
{
	if (body.len == 0) {
		return PH_FRAME_E_EMPTY;
	}
	if (body.len > PH_FRAME_MAX) {
		return PH_FRAME_E_TOO_BIG;
	}
	int rc = ph_buf_reserve(out, PH_FRAME_HEADER_LEN + body.len);
	if (rc != 0) {
		return rc;
	}
	ph_be16_put(out->data + out->len, (uint16_t)body.len);
	memcpy(out->data + out->len + PH_FRAME_HEADER_LEN, body.data, body.len);
	out->len += PH_FRAME_HEADER_LEN + body.len;
	return 0;
}

void ph_preamble_encode_as(uint8_t out[static PH_PREAMBLE_LEN],
			   enum ph_preamble_kind kind,
			   const uint8_t responder_static[static 32])
{
	out[0] = 'P';
	out[1] = (uint8_t)kind;
	out[2] = PH_PREAMBLE_VERSION;
	memcpy(out + 3, responder_static, PH_PREAMBLE_HINT_LEN);
}

void ph_preamble_encode(uint8_t out[static PH_PREAMBLE_LEN],
			const uint8_t responder_static[static 32])
{
	ph_preamble_encode_as(out, PH_PREAMBLE_SESSION, responder_static);
}

int ph_preamble_decode_as(struct ph_view *in, enum ph_preamble_kind kind,
			  struct ph_preamble *preamble)
{
	if ((in->len > 0 && in->data[0] != 'P') ||
	    (in->len > 1 && in->data[1] != (uint8_t)kind)) {
		return PH_PREAMBLE_E_MAGIC;
	}
	if (in->len > 2 && in->data[2] != PH_PREAMBLE_VERSION) {
		return PH_PREAMBLE_E_VERSION;
	}
	if (in->len < PH_PREAMBLE_LEN) {
		return PH_PREAMBLE_E_SHORT;
	}
	preamble->version = in->data[2];
	memcpy(preamble->hint, in->data + 3, sizeof(preamble->hint));
	in->data += PH_PREAMBLE_LEN;
	in->len -= PH_PREAMBLE_LEN;
	return 0;
}

int ph_preamble_decode(struct ph_view *in, struct ph_preamble *preamble)
{
	return ph_preamble_decode_as(in, PH_PREAMBLE_SESSION, preamble);
}

int ph_preamble_peek(struct ph_view in, enum ph_preamble_kind *kind_out)
{
	if (in.len > 0 && in.data[0] != 'P') {
		return PH_PREAMBLE_E_MAGIC;
	}
	if (in.len < 2) {
		return PH_PREAMBLE_E_SHORT;
	}
	switch (in.data[1]) {
	case PH_PREAMBLE_SESSION:
	case PH_PREAMBLE_COURIER:
	case PH_PREAMBLE_SIBLING:
	case PH_PREAMBLE_ASK:
		*kind_out = (enum ph_preamble_kind)in.data[1];
		return 0;
	default:
		return PH_PREAMBLE_E_MAGIC;
	}
}
