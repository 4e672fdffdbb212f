/*
 * proto/message.h - what is said inside a session, as MessagePack. Bytes: docs/WIRE.md.
 *
 * hello and welcome are the payloads of the two handshake messages; the others
 * travel in transport frames, one or more back to back in each.
 */
#ifndef PH_PROTO_MESSAGE_H
#define PH_PROTO_MESSAGE_H

#include "common/log/feed.h"
#include "common/log/keep.h"
#include "common/log/receipt.h"
#include "common/log/segment.h"
#include "common/log/part.h"
#include "proto/pack.h"

#define PH_PROTOCOL_VERSION     1
/* Of a hello that tells of an unfinished item, or of what is kept, which a hub that speaks only version 1 does not take. */
#define PH_HELLO_VERSION_MORE   2
#define PH_HEADS_MAX            8    /* own logs a device tells of */
#define PH_WANTS_MAX            16   /* own logs a restored hub tells of */
#define PH_FIRST_MAX            32   /* segments in message 1 */
#define PH_KEYLIST_MAX          4096 /* bytes of a key list in a welcome */
#define PH_SIBLINGS_MAX         16 /* logs of other devices of the site that a device tells of */
/* Receipts for such logs that are told at once; what remains is told by the next welcome. */
#define PH_SIBLING_RECEIPTS_MAX 4
/* What an item costs of the credit beyond its body, so that many tiny ones are not free. */
#define PH_ITEM_CREDIT          256

enum {
	PH_MESSAGE_E_FORM = 1, /* not a message of this form, or over a limit */
	PH_MESSAGE_E_VERSION,  /* a hello in a version that we do not speak */
};

/* Why a hub does not serve; also REFUSE. */
enum ph_status {
	PH_STATUS_OK = 0,
	PH_STATUS_CERT = 1, /* send your certificate */
	PH_STATUS_UNKNOWN =
		2, /* the certificate is not of this province, or does not verify */
	PH_STATUS_CUT = 3,      /* this device was cut off */
	PH_STATUS_LATER = 4,    /* busy or short of disk: try later, nothing is lost */
	PH_STATUS_PROTOCOL = 5, /* what you sent breaks the protocol */
	PH_STATUS_VERSION = 6,
};

/* Why, beside the status, where that alone does not tell what to do. Others are to be passed over. */
enum ph_why {
	PH_WHY_NONE = 0,
	PH_WHY_PUT_BACK = 1, /* the hub was put back, as this device has just shown */
	PH_WHY_BRANCHES = 2, /* it has as many branches of a log as it keeps */
};

/* Control cursor: how far the device holds the hub's control log. */
struct ph_cursor {
	uint64_t n;
	uint8_t h[8]; /* first bytes of h(n) */
};

/* How far a device holds the log of another device of its site, or one branch of it. */
struct ph_sibling {
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t n;   /* from 1; in a welcome 0: nothing of it is held */
	uint8_t h[8]; /* first bytes of h(n) */
	bool waits;   /* in a hello: no hub has given a receipt for it */
	/* If it lacks sealed parts of entries up to n: how many it has, and the first that is missing. */
	uint64_t missing; /* 0: it lacks none */
	uint64_t parts;
};

/*
 * [version, cert, [[log id, n, h(n), unreceipted] ...], [n, h8], epoch number, counter,
 *  budget, done, [[head index, first, last, seal, body, packed] ...], [scope version,
 *  number], [[log id, n, h8, parts held, first missing, waits] ...], form of packed segments,
 *  generation of the key list, [item hash, offset], [n, h8]]
 * What is empty, zero or false is nil, and trailing nils are dropped. The last two are told in
 * version 2, and only there; of a device that keeps nothing yet, but would, the last is an empty array.
 */
struct ph_hello {
	struct ph_view cert; /* borrowed; empty: none */
	struct ph_head head[PH_HEADS_MAX];
	uint64_t receipted
		[PH_HEADS_MAX]; /* n of the newest hub receipt held, at most head's n */
	unsigned n_heads;
	struct ph_cursor control;
	uint64_t epoch;   /* number of the highest hub epoch heard of; 0: none */
	uint64_t counter; /* sessions of this device so far */
	uint64_t budget;  /* bytes that the hub may send at most; 0: no bound */
	bool done;        /* nothing more follows the segments in this message */
	struct ph_segment
		segment[PH_FIRST_MAX]; /* log ids are those of heads; bodies borrowed */
	bool packed[PH_FIRST_MAX];     /* of these: the body is a packed segment */
	unsigned n_segments;
	/*
	 * The feed as far as it is applied, of the epoch `epoch`: scope version and
	 * number of the last page. Both 0: from the start.
	 */
	uint64_t feed_scope, feed_number;
	struct ph_sibling sibling[PH_SIBLINGS_MAX]; /* each branch of each log once */
	unsigned n_siblings;
	bool packs; /* the device takes packed segments of this form */
	uint8_t form[PH_PACK_FORM_SIZE];
	uint64_t
		keys; /* generation of the key list it holds; 0: the first, or it does not tell */
	/* the front of an item that a cut left, for the hub to go on behind it */
	bool has_partial;
	uint8_t partial_hash[16];
	uint64_t partial_offset; /* from 1 */
	/* the device keeps what the hub said in its desk log, ... */
	bool keeps;
	struct ph_cursor
		kept; /* ... and the last that it has ends here; n 0: it has nothing */
};

/*
 * A receipt as it travels: the body is made again from what both sides know.
 * [head index, n, level, time, signature, [missing ...]], the last dropped when empty.
 */
struct ph_short_receipt {
	unsigned index; /* of the head in the hello; behind those, of the sibling */
	uint64_t n;
	enum ph_level level;
	uint64_t time;
	uint64_t missing[PH_RECEIPT_MISSING_MAX];
	unsigned n_missing;
	uint8_t signature[PH_SIGNATURE_SIZE];
};

/* How far a restored hub holds one of its logs. */
struct ph_want {
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t n; /* from 1 */
};

/*
 * [status, epoch number, epoch random, time, heads, [receipt ...], [segment hash, offset],
 *  done items, keylist, form of packed segments, later, [[log id, n] ...], [[log id, n, h8,
 *  parts held, first missing] ...]]
 * What is empty, zero or absent is nil, and trailing nils are dropped. heads: one item
 * for each head of the hello: [n, h] of what the hub holds, nil for nothing; nil in
 * place of all when the hub now holds exactly what the hello told.
 */
struct ph_welcome {
	enum ph_status status;
	struct ph_epoch epoch;
	uint64_t time;
	bool same; /* heads equal those of the hello */
	struct {
		uint64_t n;
		uint8_t h[PH_HASH_SIZE];
	} head[PH_HEADS_MAX];
	unsigned n_heads;
	/*
	 * One for a head and level at most. The caller's memory: room for PH_HEADS_MAX when
	 * decoding; may be NULL to encode none.
	 */
	struct ph_short_receipt *receipt;
	unsigned n_receipts;
	bool has_partial;
	uint8_t partial_hash[16];
	uint64_t partial_offset;
	bool done; /* the hub has dealt with `done_items` and has nothing to send */
	uint64_t done_items;
	struct ph_view
		keylist; /* borrowed; a newer key list than the invite's; empty: none */
	bool packs;      /* the hub takes packed segments of this form */
	uint8_t form[PH_PACK_FORM_SIZE];
	bool later; /* the hub takes no item now */
	/* it was restored, and asks for what is behind this of its logs; 0: it does not */
	struct ph_want want[PH_WANTS_MAX];
	unsigned n_wants;
	/*
	 * Of a hub: logs of which the device told more than it holds, as far as it does, to be
	 * sent. Of another device of the site: what that holds.
	 */
	struct ph_sibling sibling[PH_SIBLINGS_MAX];
	unsigned n_siblings;
};

/* Append. 0; -EINVAL for what no peer would take; -ENOMEM. OUT unchanged on error. */
int ph_hello_encode(const struct ph_hello *hello, struct ph_buf *out);
/*
 * Exactly BYTES; views in HELLO borrow from them. 0, PH_MESSAGE_E_FORM,
 * PH_MESSAGE_E_VERSION or -ENOMEM; HELLO is undefined on error.
 */
int ph_hello_decode(struct ph_view bytes, struct ph_hello *hello);
/* As ph_hello_encode(). */
int ph_welcome_encode(const struct ph_welcome *welcome, struct ph_buf *out);
/* As ph_hello_decode(), without a version; WELCOME->receipt is set by the caller before. */
int ph_welcome_decode(struct ph_view bytes, struct ph_welcome *welcome);

enum ph_message_type {
	PH_MSG_SEGMENT = 1, /* [1, log id, first, last, seal, hash bin16, total, chunk] */
	PH_MSG_PART = 2,    /* [2, log id, n, form, seed, total, chunk] */
	PH_MSG_MORE = 3,    /* [3, chunk] */
	PH_MSG_RECEIPT =
		4,         /* [4, head index, n, level, time, signature, [missing ...]] */
	PH_MSG_DONE = 5,   /* [5, items dealt with]: nothing more to send for now */
	PH_MSG_CREDIT = 6, /* [6, bytes] */
	PH_MSG_CERT = 7,   /* [7, cert] */
	PH_MSG_WELCOME = 8, /* [8, welcome bin] */
	PH_MSG_REFUSE = 9,  /* [9, status] */
	PH_MSG_PING = 10,   /* [10] */
	PH_MSG_PONG = 11,   /* [11] */
	PH_MSG_CLOSE = 12,  /* [12] */
	PH_MSG_PAGE = 13,   /* [13, hash bin16, total, chunk] */
	PH_MSG_PACKED = 14, /* as SEGMENT; the body is a packed segment */
	PH_MSG_SPENT = 15,  /* [15]: there is more, and the budget has no room for it */
	PH_MSG_RESUME =
		16,       /* [16, chunk]: of the item whose front welcome or hello told */
	PH_MSG_WHY = 17,  /* [17, why]: behind REFUSE in one frame, and nowhere else */
	PH_MSG_KEEP = 18, /* [18, log id, first, last, mark bin8, total, chunk] */
};

enum ph_part_form {
	PH_PART_FORM_SEED, /* seed and plain fields: the receiver makes the ciphertext again */
	PH_PART_FORM_BOX, /* the seed sealed to the hub, and the ciphertext: of a locked desk */
};

struct ph_message {
	enum ph_message_type type;
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t first, last; /* PART: first = n */
	uint8_t seal[PH_SIGNATURE_SIZE];
	uint8_t hash[16];
	uint8_t mark[PH_KEEP_MARK_SIZE]; /* KEEP */
	enum ph_part_form form;          /* PART */
	uint8_t seed[PH_SEED_SIZE];      /* of form SEED */
	uint64_t total;
	struct ph_view chunk; /* borrowed; also cert, welcome */
	uint64_t count;       /* DONE items, CREDIT bytes, REFUSE status */
	struct ph_short_receipt receipt;
};
/* Append. 0, -EINVAL or -ENOMEM; OUT unchanged on error. */
int ph_message_encode(const struct ph_message *message, struct ph_buf *out);
/*
 * Take one message off the front of IN, which MESSAGE borrows from. 0;
 * PH_MESSAGE_E_FORM or -ENOMEM with IN unchanged and MESSAGE undefined.
 */
int ph_message_decode(struct ph_view *in, struct ph_message *message);

#endif
