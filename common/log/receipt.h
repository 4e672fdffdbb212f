/*
 * common/log/receipt.h - the hub's signature on "I hold this log up to n durably".
 *
 * [body bin, signature bin64]; body: [1, epoch number, epoch random bin8, log id,
 * n, h(n), level, hub time, [n of missing bodies ...]]; context "packhorse receipt 1".
 */
#ifndef PH_LOG_RECEIPT_H
#define PH_LOG_RECEIPT_H

#include "common/log/keys.h"

enum ph_level {
	PH_LEVEL_HERE = 0,
	PH_LEVEL_COURIER = 1,
	PH_LEVEL_HUB = 2,
	PH_LEVEL_BACKUP = 3
};

#define PH_RECEIPT_MISSING_MAX                                                           \
	256 /* further missing bodies are told once these have come */

struct ph_epoch {
	uint64_t number;
	uint8_t random[8];
};

struct ph_receipt {
	struct ph_epoch epoch;
	struct ph_head head; /* n from 1: an empty log has nothing to acknowledge */
	enum ph_level level; /* PH_LEVEL_HUB or _BACKUP: what a hub can say */
	uint64_t time;       /* the hub's clock, seconds since 1970 */
	uint64_t missing[PH_RECEIPT_MISSING_MAX]; /* rising, from 1 to head.n */
	unsigned n_missing;
};

enum {
	PH_RECEIPT_E_FORM = 1,
	PH_RECEIPT_E_SIGNATURE,
};

/* 0; -EINVAL for a receipt that decoding would refuse; -ENOMEM. OUT unchanged on error. */
int ph_receipt_encode(const struct ph_receipt *receipt,
		      const uint8_t secret[static PH_SECRET_SIZE], struct ph_buf *out);
/*
 * The same in two steps, for receipts that travel without their body (docs/WIRE.md,
 * "Receipts"): the signature alone; and the whole from what the receiver knows and the
 * signature that came, which ph_receipt_decode() then has to verify.
 */
int ph_receipt_sign(const struct ph_receipt *receipt,
		    const uint8_t secret[static PH_SECRET_SIZE],
		    uint8_t sig_out[static PH_SIGNATURE_SIZE]);
int ph_receipt_join(const struct ph_receipt *receipt,
		    const uint8_t sig[static PH_SIGNATURE_SIZE], struct ph_buf *out);
/* 0, PH_RECEIPT_E_*, or -ENOMEM. KEY is a hub signing key. */
int ph_receipt_decode(struct ph_view bytes, const uint8_t key[static PH_KEY_SIZE],
		      struct ph_receipt *receipt);
/* The same of one that was verified when it was kept: 0, PH_RECEIPT_E_FORM, or -ENOMEM. */
int ph_receipt_peek(struct ph_view bytes, struct ph_receipt *receipt);

#endif
