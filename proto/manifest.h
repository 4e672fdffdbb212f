/*
 * proto/manifest.h - what one sender has put into a spool, signed.
 *
 * A list of bundles by hash, size, recipient, number and time, for people and couriers:
 * what is carried, for whom, since when. A bundle needs no manifest to be read, and none
 * is believed for being in one. Bytes: docs/BUNDLE.md, "Manifest".
 */
#ifndef PH_PROTO_MANIFEST_H
#define PH_PROTO_MANIFEST_H

#include "common/base/limits.h"
#include "common/log/keys.h"

#define PH_MANIFEST_CONTEXT "packhorse manifest 1"
#define PH_BUNDLE_HASH_SIZE 32

struct ph_manifest_line {
	uint8_t hash[PH_BUNDLE_HASH_SIZE]; /* BLAKE2b-256 of the file */
	uint64_t size;
	uint8_t to[PH_DEVICE_ID_SIZE];
	uint64_t number, made; /* as in its header */
};

struct ph_manifest {
	uint8_t key[PH_KEY_SIZE]; /* signing key of the sender */
	uint64_t written;         /* seconds since 1970, by its clock */
	struct ph_manifest_line *line;
	unsigned n; /* at most PH_SPOOL_BUNDLES_MAX */
};
void ph_manifest_deinit(struct ph_manifest *manifest);

enum {
	PH_MANIFEST_E_FORM = 1,
	PH_MANIFEST_E_SIGNATURE,
	PH_MANIFEST_E_FULL,
};

/* 0; PH_MANIFEST_E_FULL: PH_SPOOL_BUNDLES_MAX are in it; -ENOMEM. */
int ph_manifest_add(struct ph_manifest *manifest, const struct ph_manifest_line *line);
/* PAIR is that of manifest->key. Appended to OUT. 0, -EINVAL or -ENOMEM. */
int ph_manifest_encode(const struct ph_manifest *manifest,
		       const struct ph_sign_pair *pair, struct ph_buf *out);
/*
 * Signed by the key that it names itself, whose device id is DEVICE. 0, PH_MANIFEST_E_*
 * or -ENOMEM; on success the caller ends with ph_manifest_deinit().
 */
int ph_manifest_decode(struct ph_view bytes,
		       const uint8_t device[static PH_DEVICE_ID_SIZE],
		       struct ph_manifest *manifest);

#endif
