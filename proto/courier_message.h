/*
 * proto/courier_message.h - what is said between a courier and a site device, or the hub.
 *
 * MessagePack arrays that begin with their type, as in a session; types of their own, so
 * that neither is ever taken for the other. Bytes: docs/WIRE.md, "Couriers".
 */
#ifndef PH_PROTO_COURIER_MESSAGE_H
#define PH_PROTO_COURIER_MESSAGE_H

#include "proto/bundle.h"
#include "proto/manifest.h" /* PH_BUNDLE_HASH_SIZE */
#include "proto/message.h"

#define PH_COURIER_VERSION     1
#define PH_COURIER_CHUNK_MAX   (16 * 1024) /* bytes of a bundle in one message */
#define PH_COURIER_CUSTODY_MAX 512

/* A bundle, as it is offered: what its carrier sees. */
struct ph_courier_line {
	uint8_t hash[PH_BUNDLE_HASH_SIZE]; /* BLAKE2b-256 of the file */
	uint64_t size;                     /* PH_BUNDLE_LEAST to PH_BUNDLE_MAX */
	uint8_t header[PH_BUNDLE_HEADER_LEN];
};

/* What became of a bundle that was offered. */
enum ph_courier_answer {
	PH_COURIER_KEPT,    /* it is held or taken there, for good */
	PH_COURIER_REFUSED, /* not what it must be; there is no use in offering it again */
	PH_COURIER_LATER,   /* not now: no room, or it comes by another road right now */
	PH_COURIER_DAMAGED, /* its bytes do not make its hash */
	PH_COURIER_ANSWERS,
};

enum ph_courier_message_type {
	PH_COURIER_OFFER = 64,  /* [64, hash, size, header] */
	PH_COURIER_WANT = 65,   /* [65, offset] */
	PH_COURIER_DATA = 66,   /* [66, chunk] */
	PH_COURIER_TAKEN = 67,  /* [67, answer] or [67, answer, custody] */
	PH_COURIER_DONE = 68,   /* [68] */
	PH_COURIER_CLOSE = 69,  /* [69] */
	PH_COURIER_PING = 70,   /* [70] */
	PH_COURIER_PONG = 71,   /* [71] */
	PH_COURIER_REFUSE = 72, /* [72, status] */
};

struct ph_courier_message {
	enum ph_courier_message_type type;
	struct ph_courier_line line; /* OFFER */
	uint64_t offset;             /* WANT */
	struct ph_view bytes;        /* DATA, TAKEN: chunk, custody; borrowed */
	enum ph_courier_answer answer;
	enum ph_status status; /* REFUSE */
};

/* Append. 0, -EINVAL for what no peer would take, or -ENOMEM; OUT unchanged on error. */
int ph_courier_message_encode(const struct ph_courier_message *message,
			      struct ph_buf *out);
/*
 * Take one off the front of IN, which MESSAGE borrows from. 0; PH_MESSAGE_E_FORM or
 * -ENOMEM with IN unchanged and MESSAGE undefined.
 */
int ph_courier_message_decode(struct ph_view *in, struct ph_courier_message *message);

/* The payloads of the handshake: [version, certificate], [status]. Likewise. */
int ph_courier_hello_encode(struct ph_view cert, struct ph_buf *out);
/* Exactly BYTES. Also PH_MESSAGE_E_VERSION. */
int ph_courier_hello_decode(struct ph_view bytes, struct ph_view *cert_out);
int ph_courier_welcome_encode(enum ph_status status, struct ph_buf *out);
int ph_courier_welcome_decode(struct ph_view bytes, enum ph_status *status_out);

#endif
