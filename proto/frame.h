/*
 * proto/frame.h - what stands outermost on a stream: the preamble, then frames.
 *
 * The side that connects sends one preamble, which says what it wants to speak; after
 * it, both directions carry frames only. Layout: docs/WIRE.md, "Preamble" and "Frame".
 */
#ifndef PH_PROTO_FRAME_H
#define PH_PROTO_FRAME_H

#include "common/base/bytes.h"

enum {
	PH_FRAME_HEADER_LEN = 2, /* length of the body, big-endian */
};

enum {
	PH_FRAME_E_SHORT = 1, /* need more bytes; nothing was consumed */
	PH_FRAME_E_EMPTY,     /* a body of no bytes, which no peer sends */
	PH_FRAME_E_TOO_BIG,   /* a body over the limit */
};

/*
 * Take one frame off the front of IN. The length is checked before it is used
 * and before the body is there, so a hostile header costs two bytes of reading
 * and no allocation. MAX is the longest body that the caller takes, up to
 * PH_FRAME_MAX.
 *
 * Return 0 and set *BODY_OUT (1 to MAX bytes, borrowed from IN), or one of
 * PH_FRAME_E_*. On any error IN and *BODY_OUT are unchanged.
 */
int ph_frame_decode(struct ph_view *in, size_t max, struct ph_view *body_out);
/*
 * Append header and BODY (1 to PH_FRAME_MAX bytes, outside of OUT) to OUT.
 * Return 0, PH_FRAME_E_EMPTY, PH_FRAME_E_TOO_BIG or -ENOMEM; OUT unchanged on
 * error.
 */
int ph_frame_encode(struct ph_view body, struct ph_buf *out);

enum {
	PH_PREAMBLE_VERSION = 1,
	PH_PREAMBLE_HINT_LEN = 4,
	PH_PREAMBLE_LEN = 7,
};

/* What is spoken behind it: the second byte. */
enum ph_preamble_kind {
	PH_PREAMBLE_SESSION = 'H',
	PH_PREAMBLE_COURIER = 'C', /* proto/courier.h */
	PH_PREAMBLE_SIBLING = 'S', /* a session of two devices of one site */
	PH_PREAMBLE_ASK = '?',     /* proto/meet.h */
};

enum {
	PH_PREAMBLE_E_SHORT = 1, /* need more bytes; nothing was consumed */
	PH_PREAMBLE_E_MAGIC,     /* not our protocol at all */
	PH_PREAMBLE_E_VERSION,   /* our protocol, in a version that we do not speak */
};

struct ph_preamble {
	uint8_t version;
	/* The first bytes of the static public key that the initiator expects. */
	uint8_t hint[PH_PREAMBLE_HINT_LEN];
};

/*
 * Write the preamble towards the holder of RESPONDER_STATIC. The same bytes are
 * the prologue of the Noise handshake.
 */
void ph_preamble_encode(uint8_t out[static PH_PREAMBLE_LEN],
			const uint8_t responder_static[static 32]);
/*
 * Take the preamble off the front of IN. Bytes that are there are judged at once:
 * a foreign protocol is refused at its first wrong byte, not at its seventh.
 *
 * Return 0, or one of PH_PREAMBLE_E_*. On any error IN and PREAMBLE are unchanged.
 */
int ph_preamble_decode(struct ph_view *in, struct ph_preamble *preamble);
/* The same of another kind, and only of that. */
void ph_preamble_encode_as(uint8_t out[static PH_PREAMBLE_LEN],
			   enum ph_preamble_kind kind,
			   const uint8_t responder_static[static 32]);
int ph_preamble_decode_as(struct ph_view *in, enum ph_preamble_kind kind,
			  struct ph_preamble *preamble);
/* Which one begins IN. 0, PH_PREAMBLE_E_SHORT or _MAGIC (at the first wrong byte). */
int ph_preamble_peek(struct ph_view in, enum ph_preamble_kind *kind_out);

#endif
