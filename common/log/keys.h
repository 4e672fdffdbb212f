/*
 * common/log/keys.h - key pairs and the files that hold them.
 *
 * Hub online keys and device keys lie in files of mode 0600. Root and operator
 * keys lie in files encrypted under a passphrase: Argon2id, XChaCha20-Poly1305
 * (docs/LOG.md, "Key files").
 */
#ifndef PH_LOG_KEYS_H
#define PH_LOG_KEYS_H

#include "common/base/rng.h"
#include "common/log/chain.h"

struct ph_sign_pair { /* Ed25519 */
	uint8_t key[PH_KEY_SIZE];
	uint8_t secret[PH_SECRET_SIZE];
};
struct ph_box_pair { /* X25519 */
	uint8_t key[PH_KEY_SIZE];
	uint8_t secret[32];
};

void ph_sign_pair_make(struct ph_sign_pair *pair, const struct ph_rng *rng);
/* From a 32-byte seed, e.g. the secret of an invite. */
void ph_sign_pair_from_seed(struct ph_sign_pair *pair, const uint8_t seed[static 32]);
void ph_box_pair_make(struct ph_box_pair *pair, const struct ph_rng *rng);
void ph_sign(uint8_t out[static PH_SIGNATURE_SIZE], const char *context,
	     struct ph_view body, const uint8_t secret[static PH_SECRET_SIZE]);
__attribute__((warn_unused_result)) bool ph_sign_verify(
	const uint8_t sig[static PH_SIGNATURE_SIZE], const char *context,
	struct ph_view body, const uint8_t key[static PH_KEY_SIZE]);
/* A point of prime order, canonical; what must hold before a public key is used. */
bool ph_sign_key_ok(const uint8_t key[static PH_KEY_SIZE]);

/* The keys of one device, or (desk unused) the online keys of the hub. */
struct ph_device_keys {
	struct ph_sign_pair sign;
	struct ph_box_pair box;  /* Noise static */
	struct ph_box_pair desk; /* readers' seeds are sealed to it */
};
void ph_device_keys_make(struct ph_device_keys *keys, const struct ph_rng *rng);
void ph_device_keys_wipe(struct ph_device_keys *keys);
/* Write (ph_file_write, 0600) and read; reading checks that each secret embeds its public half. */
int ph_device_keys_save(const struct ph_device_keys *keys, const char *path,
			struct ph_error *err);
int ph_device_keys_load(struct ph_device_keys *keys, const char *path,
			struct ph_error *err);

/* Passphrase-held signing keys. MEMORY_MIB is Argon2id's memory (8 to 1024; default 256), passes 3. */
int ph_locked_key_save(const struct ph_sign_pair *pair, const char *path,
		       struct ph_view passphrase, unsigned memory_mib,
		       const struct ph_rng *rng, struct ph_error *err);
/* A wrong passphrase is -EACCES with PH_EXIT_OTHER and words; a damaged file -EUCLEAN. */
int ph_locked_key_load(struct ph_sign_pair *pair, const char *path,
		       struct ph_view passphrase, struct ph_error *err);

#endif
