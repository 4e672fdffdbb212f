/*
 * common/log/keys.h - key pairs, signatures, and the files that hold keys.
 *
 * Hub online keys and device keys lie in files of mode 0600. Root and operator
 * keys lie in files encrypted under a passphrase: Argon2id, XChaCha20-Poly1305
 * (docs/LOG.md, "Key files").
 */
#ifndef PH_LOG_KEYS_H
#define PH_LOG_KEYS_H

#include "common/base/rng.h"
#include "common/log/chain.h"

#define PH_SEED_KEY_SIZE   32 /* the seed of an Ed25519 pair */
#define PH_BOX_SECRET_SIZE 32

/*
 * Make libsodium ready; every program and test calls it once, before anything
 * else here. 0, or -EIO when the machine has no randomness to give. Calling it
 * again is fine.
 */
int ph_crypto_start(void);

struct ph_sign_pair { /* Ed25519, RFC 8032 */
	uint8_t key[PH_KEY_SIZE];
	uint8_t secret[PH_SECRET_SIZE]; /* seed and public half */
};
struct ph_box_pair { /* X25519, RFC 7748 */
	uint8_t key[PH_KEY_SIZE];
	uint8_t secret[PH_BOX_SECRET_SIZE]; /* clamped */
};

void ph_sign_pair_make(struct ph_sign_pair *pair, const struct ph_rng *rng);
/* From a 32-byte seed, e.g. the secret of an invite. To lock PAIR is the caller's. */
void ph_sign_pair_from_seed(struct ph_sign_pair *pair,
			    const uint8_t seed[static PH_SEED_KEY_SIZE]);
void ph_sign_pair_wipe(struct ph_sign_pair *pair);
void ph_box_pair_make(struct ph_box_pair *pair, const struct ph_rng *rng);

/*
 * Ed25519 over CONTEXT (its bytes, no terminator) followed by BODY. No context is
 * the beginning of another. To sign a body over PH_SIGN_BODY_MAX is a bug of the
 * caller (asserted); to verify one is false.
 */
#define PH_SIGN_CONTEXT_MAX 64
#define PH_SIGN_BODY_MAX    PH_PAGE_MAX
void ph_sign(uint8_t out[static PH_SIGNATURE_SIZE], const char *context,
	     struct ph_view body, const uint8_t secret[static PH_SECRET_SIZE]);
__attribute__((warn_unused_result)) bool ph_sign_verify(
	const uint8_t sig[static PH_SIGNATURE_SIZE], const char *context,
	struct ph_view body, const uint8_t key[static PH_KEY_SIZE]);

/* An Ed25519 point of prime order, canonical; what must hold before a public key is used. */
bool ph_sign_key_ok(const uint8_t key[static PH_KEY_SIZE]);
/* An X25519 key with which an agreement can be made: neither zero nor of small order. */
bool ph_box_key_ok(const uint8_t key[static PH_KEY_SIZE]);

/* The keys of one device, or (desk unused) the online keys of the hub. */
struct ph_device_keys {
	struct ph_sign_pair sign;
	struct ph_box_pair box;  /* Noise static */
	struct ph_box_pair desk; /* readers' seeds are sealed to it */
	/* the file had no secret of it: that lies in another, locked (desk_key.h), and
	 * desk.secret is zeros until it was opened */
	bool desk_is_apart;
};
/* These, and pairs that are made, are in locked memory (common/base/secret.h) until wiped. */
void ph_device_keys_make(struct ph_device_keys *keys, const struct ph_rng *rng);
void ph_device_keys_wipe(struct ph_device_keys *keys);
/*
 * Write (ph_file_write(), mode 0600), without the desk's secret if that is apart, and
 * read. Reading checks that each secret gives the public half that stands beside it. 0; -EUCLEAN with PH_EXIT_DAMAGED
 * for a file that is not such a key file; or another negative errno.
 */
int ph_device_keys_save(const struct ph_device_keys *keys, const char *path,
			struct ph_error *err);
int ph_device_keys_load(struct ph_device_keys *keys, const char *path,
			struct ph_error *err);

/* Argon2id's memory for locked keys. */
#define PH_LOCK_MIB_MIN     8
#define PH_LOCK_MIB_MAX     1024
#define PH_LOCK_MIB_DEFAULT 256
#define PH_LOCK_PASSES      3
#define PH_LOCK_PASSES_MAX  16 /* in a file that we read */

/*
 * Signing keys held by a passphrase (its exact bytes; not empty), mode 0600.
 * MEMORY_MIB from PH_LOCK_MIB_MIN to PH_LOCK_MIB_MAX. 0; -EINVAL with
 * PH_EXIT_USAGE; -ENOMEM when the machine cannot spare that memory; or what
 * ph_file_write() gives.
 */
int ph_locked_key_save(const struct ph_sign_pair *pair, const char *path,
		       struct ph_view passphrase, unsigned memory_mib,
		       const struct ph_rng *rng, struct ph_error *err);
/*
 * PAIR is in locked memory until it is wiped. A wrong passphrase is -EACCES with PH_EXIT_OTHER and words; a damaged file, or
 * one that asks for more than PH_LOCK_MIB_MAX or PH_LOCK_PASSES_MAX, -EUCLEAN.
 * A file whose ciphertext or parameters were altered looks like a wrong passphrase.
 */
int ph_locked_key_load(struct ph_sign_pair *pair, const char *path,
		       struct ph_view passphrase, struct ph_error *err);
/*
 * The key that a passphrase gives, of the salt and the cost given; this is where the
 * memory and the time go. 0; -ENOMEM with words: WHAT needs so much.
 */
#define PH_PASSPHRASE_KEY_SIZE  32
#define PH_PASSPHRASE_SALT_SIZE 16
struct ph_passphrase_cost {
	uint64_t passes;
	uint64_t memory; /* bytes */
	uint8_t salt[PH_PASSPHRASE_SALT_SIZE];
};
int ph_passphrase_key(uint8_t out[static PH_PASSPHRASE_KEY_SIZE],
		      const struct ph_passphrase_cost *cost, struct ph_view passphrase,
		      const char *what, struct ph_error *err);
/* What stands in such a file in clear: its public key, and the memory it asks for. As ph_locked_key_load(). */
int ph_locked_key_look(const char *path, uint8_t key_out[static PH_KEY_SIZE],
		       unsigned *memory_mib_out, struct ph_error *err);

#endif
