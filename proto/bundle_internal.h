/* proto/bundle_internal.h - the bytes of a bundle, for bundle*.c only (docs/BUNDLE.md). */
#ifndef PH_PROTO_BUNDLE_INTERNAL_H
#define PH_PROTO_BUNDLE_INTERNAL_H

#include "proto/bundle.h"
#include "proto/cipher.h"
#include "proto/frame.h"

enum {
	BUNDLE_FRAME_AROUND = PH_FRAME_HEADER_LEN + PH_NOISE_TAG_LEN,
	BUNDLE_PAD = 0xc0, /* where a message could begin: nothing */
};

/* Messages of bundles alone; those below 32 are the session's. */
enum bundle_message {
	BUNDLE_MSG_HELLO = 32,   /* [32, hello bin] */
	BUNDLE_MSG_WELCOME = 33, /* [33, epoch number, epoch random bin8, time, form] */
	BUNDLE_MSG_RECEIPT = 34, /* [34, receipt bin] */
	BUNDLE_MSG_END = 35,     /* [35, items and receipts] */
};

void bundle_header_encode(const struct ph_bundle_header *header,
			  uint8_t out[static PH_BUNDLE_HEADER_LEN]);

/* What one message of a bundle says: the session's, or one of the above. */
struct bundle_said {
	uint64_t type;
	struct ph_message message; /* of type below 32 */
	struct ph_view bytes;      /* HELLO, RECEIPT; WELCOME: form, or none; borrowed */
	struct ph_epoch epoch;     /* WELCOME */
	uint64_t number;           /* WELCOME: time; END: count */
};
/* Append. 0 or -ENOMEM. */
int bundle_said_encode(const struct bundle_said *said, struct ph_buf *out);
/* Take one off the front of IN, which SAID borrows from. 0, PH_BUNDLE_E_FORM, _VERSION, -ENOMEM. */
int bundle_said_decode(struct ph_view *in, struct bundle_said *said);

#endif
