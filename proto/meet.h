/*
 * proto/meet.h - who listens there? Before a session with somebody whose key is not known.
 *
 * A hub's static key comes with the invite; that of a courier, or of another PC of the
 * site, comes with its certificate. Whoever connects asks (a preamble of its own kind), is
 * shown the certificate in the clear and nothing else, judges it, and goes on over the same
 * stream with the preamble of what it wants to speak: Noise then proves that the other
 * holds the static key in the certificate. Bytes: docs/WIRE.md, "Asking who listens".
 */
#ifndef PH_PROTO_MEET_H
#define PH_PROTO_MEET_H

#include "common/base/limits.h"
#include "proto/frame.h"

enum {
	PH_MEET_E_SHORT = 1, /* need more bytes; nothing was consumed */
	PH_MEET_E_FORM,      /* no answer to this question */
};

/* Append the question. 0 or -ENOMEM. */
int ph_meet_ask(struct ph_buf *out);
/* Take the question off the front of IN. 0 or PH_MEET_E_*; IN is unchanged on error. */
int ph_meet_take_question(struct ph_view *in);
/* Append the answer: CERT, 1 to PH_CERT_MAX bytes. 0, -EINVAL or -ENOMEM. */
int ph_meet_show(struct ph_view cert, struct ph_buf *out);
/* Take the answer off the front of IN, which CERT_OUT borrows from. As above. */
int ph_meet_take_answer(struct ph_view *in, struct ph_view *cert_out);

#endif
