/*
 * proto/custody.h - a courier's signature on "I wrote this bundle, and read it again".
 *
 * [body bin, signature bin64]; body: [1, hash of the bundle, size, the courier's device key,
 * time]; context "packhorse custody 1". It tells where a bundle is, not what is in it: a
 * courier is given bundles only. Nothing may be wiped or pruned for it (docs/LOG.md,
 * "Receipts and what the screen may say"); the hub's receipt comes home by itself.
 */
#ifndef PH_PROTO_CUSTODY_H
#define PH_PROTO_CUSTODY_H

#include "proto/manifest.h" /* PH_BUNDLE_HASH_SIZE */

struct ph_custody {
	uint8_t hash[PH_BUNDLE_HASH_SIZE]; /* BLAKE2b-256 of the file */
	uint64_t size;                     /* 1 to PH_BUNDLE_MAX */
	uint8_t courier[PH_KEY_SIZE];      /* its device key */
	uint64_t time;                     /* seconds since 1970, by its clock */
};

enum {
	PH_CUSTODY_E_FORM = 1,
	PH_CUSTODY_E_SIGNATURE,
};

/* PAIR is that of custody->courier. Appended to OUT. 0, -EINVAL or -ENOMEM; OUT unchanged on error. */
int ph_custody_encode(const struct ph_custody *custody, const struct ph_sign_pair *pair,
		      struct ph_buf *out);
/*
 * Signed by the key that it names itself; that this is a courier of the province is for
 * the caller to know. 0, PH_CUSTODY_E_* or -ENOMEM, CUSTODY unchanged on error.
 */
int ph_custody_decode(struct ph_view bytes, struct ph_custody *custody);

#endif
