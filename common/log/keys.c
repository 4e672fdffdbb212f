/*
 * common/log/keys.c - key pairs and signatures, by libsodium.
 *
 * A signing pair comes from a seed of 32 random bytes; a signature is Ed25519
 * over context and body, laid end to end. Public keys from outside are looked at
 * before use: a point of small order would verify signatures nobody made, or make
 * a shared secret everybody knows.
 *
 * Failures: only libsodium's start can fail. Verification says no for whatever is
 * wrong, without telling what.
 */
#include "common/log/keys.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "common/base/secret.h"

_Static_assert(PH_KEY_SIZE == crypto_sign_PUBLICKEYBYTES, "Ed25519 public key");
_Static_assert(PH_KEY_SIZE == crypto_scalarmult_BYTES, "X25519 public key");
_Static_assert(PH_SECRET_SIZE == crypto_sign_SECRETKEYBYTES, "Ed25519 secret key");
_Static_assert(PH_SEED_KEY_SIZE == crypto_sign_SEEDBYTES, "Ed25519 seed");
_Static_assert(PH_BOX_SECRET_SIZE == crypto_scalarmult_SCALARBYTES, "X25519 secret");
_Static_assert(PH_SIGNATURE_SIZE == crypto_sign_BYTES, "Ed25519 signature");

#define MESSAGE_MAX (PH_SIGN_CONTEXT_MAX + PH_SIGN_BODY_MAX)

int ph_crypto_start(void)
{
	return sodium_init() < 0 ? -EIO : 0;
}

void ph_sign_pair_from_seed(struct ph_sign_pair *pair,
			    const uint8_t seed[static PH_SEED_KEY_SIZE])
{
	crypto_sign_seed_keypair(pair->key, pair->secret, seed);
}

void ph_sign_pair_make(struct ph_sign_pair *pair, const struct ph_rng *rng)
{
	uint8_t seed[PH_SEED_KEY_SIZE];

	ph_secret_lock(pair, sizeof(*pair));
	ph_secret_lock(seed, sizeof(seed));
	rng->fill(rng->data, seed, sizeof(seed));
	ph_sign_pair_from_seed(pair, seed);
	ph_secret_wipe(seed, sizeof(seed));
}

void ph_sign_pair_wipe(struct ph_sign_pair *pair)
{
	ph_secret_wipe(pair, sizeof(*pair));
}

void ph_box_pair_make(struct ph_box_pair *pair, const struct ph_rng *rng)
{
	ph_secret_lock(pair, sizeof(*pair));
	rng->fill(rng->data, pair->secret, sizeof(pair->secret));
	/* as RFC 7748 uses it anyway: bits without effect could change unnoticed in a file */
	pair->secret[0] &= 0xf8;
	pair->secret[31] = (uint8_t)((pair->secret[31] & 0x7f) | 0x40);
	crypto_scalarmult_base(pair->key, pair->secret);
}

/* libsodium signs one run of bytes, so context and body have to lie end to end. */
static size_t message_lay(uint8_t out[static MESSAGE_MAX], const char *context,
			  struct ph_view body)
{
	size_t context_len = strlen(context);

	assert(context_len <= PH_SIGN_CONTEXT_MAX);
	memcpy(out, context, context_len);
	if (body.len > 0) {
		memcpy(out + context_len, body.data, body.len);
	}
	return context_len + body.len;
}

void ph_sign(uint8_t out[static PH_SIGNATURE_SIZE], const char *context,
	     struct ph_view body, const uint8_t secret[static PH_SECRET_SIZE])
{
	uint8_t message[MESSAGE_MAX];

	assert(body.len <= PH_SIGN_BODY_MAX);

	size_t len = message_lay(message, context, body);

	crypto_sign_detached(out, NULL, message, len, secret);
}

bool ph_sign_verify(const uint8_t sig[static PH_SIGNATURE_SIZE], const char *context,
		    struct ph_view body, const uint8_t key[static PH_KEY_SIZE])
{
	uint8_t message[MESSAGE_MAX];

	if (body.len > PH_SIGN_BODY_MAX) {
		return false;
	}

	size_t len = message_lay(message, context, body);

	return crypto_sign_verify_detached(sig, message, len, key) == 0;
}

/*
 * To look at a key costs nearly as much as to verify a signature, and the same few are
 * opened again and again (every key list, every certificate of a session): the last good
 * ones are remembered, each in the slot of its first byte.
 */
#define GOOD_KEYS 64
static _Thread_local struct {
	bool used;
	uint8_t key[PH_KEY_SIZE];
} good_keys[GOOD_KEYS];

bool ph_sign_key_ok(const uint8_t key[static PH_KEY_SIZE])
{
	size_t slot = key[0] % GOOD_KEYS;
	bool known = good_keys[slot].used &&
		     memcmp(good_keys[slot].key, key, PH_KEY_SIZE) == 0;

	if (!known && crypto_core_ed25519_is_valid_point(key) == 1) {
		memcpy(good_keys[slot].key, key, PH_KEY_SIZE);
		good_keys[slot].used = known = true;
	}
	return known;
}

bool ph_box_key_ok(const uint8_t key[static PH_KEY_SIZE])
{
	/* any scalar will do: every clamped one is a multiple of the cofactor, so a
	   point of small order gives zero, which libsodium reports */
	static const uint8_t scalar[PH_BOX_SECRET_SIZE] = { 8 };
	uint8_t shared[PH_KEY_SIZE];

	return crypto_scalarmult(shared, scalar, key) == 0;
}

void ph_device_keys_make(struct ph_device_keys *keys, const struct ph_rng *rng)
{
	ph_sign_pair_make(&keys->sign, rng);
	ph_box_pair_make(&keys->box, rng);
	ph_box_pair_make(&keys->desk, rng);
	keys->desk_is_apart = false;
}

void ph_device_keys_wipe(struct ph_device_keys *keys)
{
	ph_secret_wipe(keys, sizeof(*keys));
}
