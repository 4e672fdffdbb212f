/*
 * proto/meet.c - a question of seven bytes, an answer of one frame.
 *
 * The question has the form of a preamble, its hint all zero, since nobody in particular
 * is meant. An answer that is longer than a certificate may be is refused by its header.
 */
#include "proto/meet.h"

#include <errno.h>
#include <string.h>

static const uint8_t nobody[32];

int ph_meet_ask(struct ph_buf *out)
{
	uint8_t preamble[PH_PREAMBLE_LEN];

	ph_preamble_encode_as(preamble, PH_PREAMBLE_ASK, nobody);
	return ph_buf_put(out, preamble, sizeof(preamble));
}

int ph_meet_take_question(struct ph_view *in)
{
	struct ph_view rest = *in;
	struct ph_preamble preamble;
	int rc = ph_preamble_decode_as(&rest, PH_PREAMBLE_ASK, &preamble);

	if (rc != 0) {
		return rc == PH_PREAMBLE_E_SHORT ? PH_MEET_E_SHORT : PH_MEET_E_FORM;
	}
	if (memcmp(preamble.hint, nobody, sizeof(preamble.hint)) != 0) {
		return PH_MEET_E_FORM;
	}
	*in = rest;
	return 0;
}

int ph_meet_show(struct ph_view cert, struct ph_buf *out)
{
	if (cert.len == 0 || cert.len > PH_CERT_MAX) {
		return -EINVAL;
	}
	return ph_frame_encode(cert, out);
}

int ph_meet_take_answer(struct ph_view *in, struct ph_view *cert_out)
{
	int rc = ph_frame_decode(in, PH_CERT_MAX, cert_out);

	return rc == 0 ? 0 : rc == PH_FRAME_E_SHORT ? PH_MEET_E_SHORT : PH_MEET_E_FORM;
}
