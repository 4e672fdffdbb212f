/*
 * proto/bundle.h - a bundle: what a session would carry, in a file for one recipient.
 *
 *   header | X message: who sent it | transport records: items, receipts, padding, END
 *
 * Bytes: docs/BUNDLE.md. Encryption is that of proto/noise.h (pattern X) and
 * proto/cipher.h, framing that of proto/frame.h, and items are the messages of
 * proto/message.h. No file, no clock: bytes come out of the writer and go into the
 * reader, a piece at a time; neither holds more than one frame and one item.
 *
 * What is read counts as it comes. A record opens only if it and all before it are as
 * they were written, so whatever precedes damage is a clean prefix, and each item has
 * a signature of its own. But that this was all, and what the sender tells of what it
 * holds, is known with END alone.
 */
#ifndef PH_PROTO_BUNDLE_H
#define PH_PROTO_BUNDLE_H

#include "common/base/limits.h"
#include "common/base/rng.h"
#include "common/log/keys.h"
#include "proto/session.h" /* struct ph_item */

enum ph_bundle_direction {
	PH_BUNDLE_UP = 1,   /* from a device to the hub */
	PH_BUNDLE_DOWN = 2, /* from the hub to a device */
};

enum {
	PH_BUNDLE_VERSION = 1,
	PH_BUNDLE_HEADER_LEN = 64,
	PH_BUNDLE_LEAST = 4096, /* bytes of the smallest size class */
	PH_BUNDLE_DAYS = 90,    /* then one that was taken is removed */
};

/* In the clear, and authenticated: what a carrier sees. */
struct ph_bundle_header {
	enum ph_bundle_direction direction;
	uint8_t from[PH_DEVICE_ID_SIZE]; /* of a hub: the device id of its signing key */
	uint8_t to[PH_DEVICE_ID_SIZE];
	uint64_t number; /* rises with each bundle of a sender to a recipient */
	uint64_t made;   /* seconds since 1970, by the sender's clock */
	uint8_t hint[4]; /* first bytes of the recipient's static */
};

enum {
	PH_BUNDLE_E_MORE = 1, /* the reader needs more bytes */
	PH_BUNDLE_E_OVER,     /* END was read: there is nothing more */
	PH_BUNDLE_E_FULL,     /* the writer: it would be over its largest size */
	/* refused; what was read before counts */
	PH_BUNDLE_E_CUT,       /* the file ends before END */
	PH_BUNDLE_E_MAGIC,     /* not a bundle */
	PH_BUNDLE_E_VERSION,   /* a bundle, or a record, of a later version */
	PH_BUNDLE_E_RECIPIENT, /* for somebody else, or the other way */
	PH_BUNDLE_E_SEAL,      /* altered, out of order, or not by who it says */
	PH_BUNDLE_E_FORM,      /* well sealed, but breaks the rules */
	PH_BUNDLE_E_TRAILING,  /* something follows END */
	PH_BUNDLE_E_BIG,       /* over PH_BUNDLE_MAX */
	PH_BUNDLE_E_SENDER,    /* the recipient: its sender is not who it must be */
};
/* What a refusal means, in words that go on from "the bundle ". */
const char *ph_bundle_error(int code);
/* One word for it, as in JSON. */
const char *ph_bundle_reason(int code);

/*
 * The front of a bundle. 0, PH_BUNDLE_E_MORE, _MAGIC (at the first wrong byte), _VERSION
 * or _FORM, with HEADER unchanged.
 */
int ph_bundle_header_decode(struct ph_view in, struct ph_bundle_header *header);
/* The size class of a bundle that needs LEN bytes. */
uint64_t ph_bundle_padded(uint64_t len);

/* --- writing --- */

struct ph_bundle_config {
	struct ph_bundle_header header; /* hint is filled in */
	const struct ph_box_pair
		*keys; /* the sender's static; borrowed until _new returns */
	uint8_t to_key[PH_KEY_SIZE]; /* the recipient's */
	/* Who sends: a device's certificate, a hub's key list; 1 to PH_CERT_MAX. Borrowed likewise. */
	struct ph_view payload;
	struct ph_rng rng;
	uint64_t max; /* bytes of the file at most, up to PH_BUNDLE_MAX; 0: that */
};

struct ph_bundle_writer;

/*
 * Begin a bundle; its first bytes are appended to OUT. 0; PH_BUNDLE_E_FULL: MAX is below
 * the smallest size; -EINVAL; -ENOMEM.
 */
int ph_bundle_writer_new(struct ph_bundle_writer **writer_out,
			 const struct ph_bundle_config *config, struct ph_buf *out);
/* NULL is fine. Not finished: what was written is no bundle. */
void ph_bundle_writer_free(struct ph_bundle_writer *writer);
/*
 * The first record: HELLO (up; without certificate and segments, its counter the
 * header's number), or epoch and time of the hub (down) and, unless it is NULL, the form of
 * packed segments that it reads. 0, -EINVAL or -ENOMEM.
 */
int ph_bundle_put_up(struct ph_bundle_writer *writer, const struct ph_hello *hello,
		     struct ph_buf *out);
int ph_bundle_put_down(struct ph_bundle_writer *writer, const struct ph_epoch *epoch,
		       uint64_t time, const uint8_t *form, struct ph_buf *out);
/*
 * A whole receipt (down), or an item. 0; PH_BUNDLE_E_FULL: it does not fit, and the
 * bundle may be finished without it; -EINVAL; -ENOMEM.
 */
int ph_bundle_put_receipt(struct ph_bundle_writer *writer, struct ph_view receipt,
			  struct ph_buf *out);
int ph_bundle_put_item(struct ph_bundle_writer *writer, const struct ph_item *item,
		       struct ph_buf *out);
/* What items are taken from, one bundle after the other. */
struct ph_bundle_source {
	struct ph_item *items; /* loaded, and in no bundle yet; owned */
	/* The next, of its own choice of size; none: there is nothing more. 0 or negative errno. */
	int (*load)(void *data, struct ph_item **items_out);
	void *data;
};
struct ph_bundle_counts {
	uint64_t entries, parts, pages;
};
/*
 * Put what SOURCE has, and add it to COUNTS. 0: nothing is left; PH_BUNDLE_E_FULL: the next
 * does not fit; or negative errno.
 */
int ph_bundle_put_all(struct ph_bundle_writer *writer, struct ph_bundle_source *source,
		      struct ph_bundle_counts *counts, struct ph_buf *out);
/*
 * The same for what is loaded at once, so that others can have the store in between; errors
 * likewise. *LEFT_OUT: there may be more.
 */
int ph_bundle_put_some(struct ph_bundle_writer *writer, struct ph_bundle_source *source,
		       struct ph_bundle_counts *counts, struct ph_buf *out,
		       bool *left_out);
/* Padding and END. 0 or -ENOMEM; nothing may be put afterwards. */
int ph_bundle_finish(struct ph_bundle_writer *writer, struct ph_buf *out);

/* --- reading --- */

struct ph_bundle_reader_config {
	enum ph_bundle_direction direction;
	uint8_t to[PH_DEVICE_ID_SIZE];  /* who reads */
	const struct ph_box_pair *keys; /* its statics, the one in use first; borrowed */
	unsigned n_keys;
	/* other ids that are its own: a hub has had other keys; borrowed */
	const uint8_t (*also)[PH_DEVICE_ID_SIZE];
	unsigned n_also;
};

enum ph_bundle_record_type {
	/*
	 * First of all. The static is proven by the X message; whose it is says the
	 * payload, and that it says so must be checked before anything else is believed.
	 */
	PH_BUNDLE_SENDER,
	PH_BUNDLE_HELLO,   /* up */
	PH_BUNDLE_WELCOME, /* down: epoch, time, form */
	PH_BUNDLE_RECEIPT, /* down */
	PH_BUNDLE_ITEM,
	PH_BUNDLE_END,
};

/* All but the item borrows from the reader until its next call. */
struct ph_bundle_record {
	enum ph_bundle_record_type type;
	const uint8_t *key; /* SENDER: static, 32 bytes */
	struct ph_view payload;
	const struct ph_hello *hello;
	struct ph_epoch epoch;
	uint64_t time;
	struct ph_view form; /* WELCOME: 4 bytes, or none */
	struct ph_view receipt;
	struct ph_item *item; /* the caller's, who ends with ph_items_free() */
	uint64_t count;       /* END: items and receipts that were read */
};

struct ph_bundle_reader;

/* 0 or -ENOMEM. */
int ph_bundle_reader_new(struct ph_bundle_reader **reader_out,
			 const struct ph_bundle_reader_config *config);
/* NULL is fine. */
void ph_bundle_reader_free(struct ph_bundle_reader *reader);
/* More of the file, when ph_bundle_read() asked for it; at most PH_FRAME_MAX bytes a time. 0 or -ENOMEM. */
int ph_bundle_feed(struct ph_bundle_reader *reader, struct ph_view bytes);
/* The file has ended. */
void ph_bundle_feed_end(struct ph_bundle_reader *reader);
/*
 * The next record. 0; PH_BUNDLE_E_MORE: feed, then come again; PH_BUNDLE_E_OVER behind
 * END; a refusal, then again and again; or -ENOMEM. END comes when the file's end was
 * told and nothing stood behind it.
 */
int ph_bundle_read(struct ph_bundle_reader *reader, struct ph_bundle_record *record_out);
/* NULL until it was read. */
const struct ph_bundle_header *ph_bundle_reader_header(
	const struct ph_bundle_reader *reader);

#endif
