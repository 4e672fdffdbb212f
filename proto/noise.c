/*
 * proto/noise.c - one engine for the handshake patterns in the table below.
 *
 * A message is a list of tokens from the table, then the payload. Each token
 * sends, takes or mixes a key; whatever is sent once a key is mixed goes sealed,
 * with everything before it as associated data. Both sides so arrive at the same
 * chaining key, from which the two transport ciphers come.
 *
 * Every message is worked on in a copy of the state, and written behind the end
 * of the caller's buffer. Only when nothing can fail any more does the copy
 * replace the state and the buffer grow. So a message that is short, forged, made
 * for another key, or built on a key with an all-zero shared secret leaves no
 * trace, nor does a lack of memory. Copies and intermediate keys are wiped on
 * every path.
 *
 * Names follow the specification (revision 34): h, ck, s, e, rs, re, MixHash,
 * MixKey, EncryptAndHash, Split.
 */
#include "proto/noise.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

enum token {
	END,
	E,
	S,
	EE,
	ES,
	SE,
	SS,
};

enum {
	MESSAGES_MAX = 2,
	TOKENS_MAX = 5,
	HASH_BLOCK_LEN = 128, /* BLAKE2b's block, for HMAC */
};

/* Both patterns have the one pre-message "<- s". */
static const struct {
	const char *name;
	bool is_one_way;
	uint8_t n_messages;
	enum token messages[MESSAGES_MAX][TOKENS_MAX];
} patterns[] = {
	[PH_NOISE_IK] = { .name = "Noise_IK_25519_ChaChaPoly_BLAKE2b",
			  .n_messages = 2,
			  .messages = { { E, ES, S, SS, END }, { E, EE, SE, END } } },
	[PH_NOISE_X] = { .name = "Noise_X_25519_ChaChaPoly_BLAKE2b",
			 .is_one_way = true,
			 .n_messages = 1,
			 .messages = { { E, ES, S, SS, END } } },
};

_Static_assert(PH_NOISE_KEY_LEN == crypto_scalarmult_curve25519_BYTES &&
		       PH_NOISE_HASH_LEN == crypto_generichash_BYTES_MAX,
	       "libsodium's sizes are the suite's");

/* ---- the suite: 25519 and BLAKE2b; ChaChaPoly is in cipher.c ---- */

void ph_noise_public(uint8_t out[static PH_NOISE_KEY_LEN],
		     const uint8_t secret[static PH_NOISE_KEY_LEN])
{
	/* Fails for no secret: clamping keeps the product off the neutral point. */
	int rc = crypto_scalarmult_curve25519_base(out, secret);
	assert(rc == 0);
	(void)rc;
}

int ph_noise_dh(uint8_t out[static PH_NOISE_KEY_LEN],
		const uint8_t secret[static PH_NOISE_KEY_LEN],
		const uint8_t public_key[static PH_NOISE_KEY_LEN])
{
	uint8_t shared[PH_NOISE_KEY_LEN];
	int rc = 0;

	if (crypto_scalarmult_curve25519(shared, secret, public_key) != 0 ||
	    sodium_is_zero(shared, sizeof(shared))) {
		rc = PH_NOISE_E_KEY;
		goto out;
	}
	memcpy(out, shared, sizeof(shared));
out:
	sodium_memzero(shared, sizeof(shared));
	return rc;
}

/* HASH(a || b). The calls fail only on sizes, and these are constants. */
static void hash_two(uint8_t out[static PH_NOISE_HASH_LEN], struct ph_view a,
		     struct ph_view b)
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, PH_NOISE_HASH_LEN);
	crypto_generichash_update(&state, a.data, a.len);
	crypto_generichash_update(&state, b.data, b.len);
	crypto_generichash_final(&state, out, PH_NOISE_HASH_LEN);
	sodium_memzero(&state, sizeof(state));
}

/* HMAC (RFC 2104) over BLAKE2b, which has no HMAC of its own in libsodium. */
static void hmac(uint8_t out[static PH_NOISE_HASH_LEN],
		 const uint8_t key[static PH_NOISE_HASH_LEN], struct ph_view data)
{
	uint8_t pad[HASH_BLOCK_LEN];
	uint8_t inner[PH_NOISE_HASH_LEN];

	memset(pad, 0x36, sizeof(pad));
	for (size_t i = 0; i < PH_NOISE_HASH_LEN; i++) {
		pad[i] ^= key[i];
	}
	hash_two(inner, PH_VIEW(pad, sizeof(pad)), data);
	for (size_t i = 0; i < sizeof(pad); i++) {
		pad[i] ^= 0x36 ^ 0x5c;
	}
	hash_two(out, PH_VIEW(pad, sizeof(pad)), PH_VIEW(inner, sizeof(inner)));
	sodium_memzero(pad, sizeof(pad));
	sodium_memzero(inner, sizeof(inner));
}

/* HKDF(ck, input, 2). OUT1 may be CK. */
static void hkdf(const uint8_t ck[static PH_NOISE_HASH_LEN], struct ph_view input,
		 uint8_t out1[static PH_NOISE_HASH_LEN],
		 uint8_t out2[static PH_NOISE_HASH_LEN])
{
	uint8_t temp[PH_NOISE_HASH_LEN];
	uint8_t chain[PH_NOISE_HASH_LEN + 1];
	const uint8_t one = 1;

	hmac(temp, ck, input);
	hmac(chain, temp, PH_VIEW(&one, 1));
	chain[PH_NOISE_HASH_LEN] = 2;
	hmac(out2, temp, PH_VIEW(chain, sizeof(chain)));
	memcpy(out1, chain, PH_NOISE_HASH_LEN);
	sodium_memzero(temp, sizeof(temp));
	sodium_memzero(chain, sizeof(chain));
}

/* ---- the symmetric state ---- */

static void mix_hash(struct ph_noise *noise, const uint8_t *data, size_t len)
{
	hash_two(noise->h, PH_VIEW(noise->h, sizeof(noise->h)), PH_VIEW(data, len));
}

static int mix_dh(struct ph_noise *noise, const uint8_t secret[static PH_NOISE_KEY_LEN],
		  const uint8_t public_key[static PH_NOISE_KEY_LEN])
{
	uint8_t shared[PH_NOISE_KEY_LEN];
	uint8_t temp_k[PH_NOISE_HASH_LEN];

	int rc = ph_noise_dh(shared, secret, public_key);
	if (rc != 0) {
		return rc;
	}
	hkdf(noise->ck, PH_VIEW(shared, sizeof(shared)), noise->ck, temp_k);
	ph_cipher_init(&noise->cipher, temp_k);
	noise->has_key = true;
	sodium_memzero(shared, sizeof(shared));
	sodium_memzero(temp_k, sizeof(temp_k));
	return 0;
}

/*
 * EncryptAndHash() to *OUT, which moves on. In both patterns a shared secret is mixed before
 * the first static key and payload, so nothing of them ever goes in the clear.
 */
static int encrypt_and_hash(struct ph_noise *noise, struct ph_view plain, uint8_t **out)
{
	size_t len = plain.len + PH_NOISE_TAG_LEN;

	assert(noise->has_key);
	int rc = ph_cipher_encrypt(&noise->cipher, PH_VIEW(noise->h, sizeof(noise->h)),
				   plain, *out);
	if (rc != 0) {
		return rc;
	}
	mix_hash(noise, *out, len);
	*out += len;
	return 0;
}

/* DecryptAndHash() of what is PLAIN_LEN bytes long when open; IN moves on. */
static int decrypt_and_hash(struct ph_noise *noise, struct ph_view *in, size_t plain_len,
			    uint8_t *out)
{
	size_t len = plain_len + PH_NOISE_TAG_LEN;

	assert(noise->has_key);
	int rc = ph_cipher_decrypt(&noise->cipher, PH_VIEW(noise->h, sizeof(noise->h)),
				   PH_VIEW(in->data, len), out);
	if (rc != 0) {
		return rc;
	}
	mix_hash(noise, in->data, len);
	in->data += len;
	in->len -= len;
	return 0;
}

/* ---- the handshake ---- */

int ph_noise_init(struct ph_noise *noise, const struct ph_noise_config *config)
{
	assert(config->static_secret != NULL);
	assert((config->role == PH_NOISE_INITIATOR) == (config->remote_static != NULL));

	if (sodium_init() < 0) {
		return -EIO;
	}
	memset(noise, 0, sizeof(*noise));
	noise->pattern = config->pattern;
	noise->role = config->role;
	noise->s = config->static_secret;
	ph_noise_public(noise->s_public, noise->s);
	if (config->remote_static != NULL) {
		memcpy(noise->rs, config->remote_static, sizeof(noise->rs));
		noise->has_rs = true;
	}

	/* A name of at most HASHLEN bytes is h itself, padded with zeros. */
	const char *name = patterns[config->pattern].name;
	assert(strlen(name) <= sizeof(noise->h));
	memcpy(noise->h, name, strlen(name));
	memcpy(noise->ck, noise->h, sizeof(noise->ck));
	mix_hash(noise, config->prologue.data, config->prologue.len);
	mix_hash(noise, noise->role == PH_NOISE_INITIATOR ? noise->rs : noise->s_public,
		 PH_NOISE_KEY_LEN);
	return 0;
}

void ph_noise_deinit(struct ph_noise *noise)
{
	if (noise != NULL) {
		sodium_memzero(noise, sizeof(*noise));
		noise->was_split = true;
		noise->step = MESSAGES_MAX;
	}
}

bool ph_noise_is_done(const struct ph_noise *noise)
{
	return noise->step >= patterns[noise->pattern].n_messages;
}

/* The initiator has the even messages, the responder the odd ones. */
static bool is_turn_of(const struct ph_noise *noise, enum ph_noise_role role)
{
	return !ph_noise_is_done(noise) &&
	       (noise->step % 2 == 0) == (role == PH_NOISE_INITIATOR);
}

bool ph_noise_is_ours(const struct ph_noise *noise)
{
	return is_turn_of(noise, noise->role);
}

bool ph_noise_is_theirs(const struct ph_noise *noise)
{
	return !ph_noise_is_done(noise) && !ph_noise_is_ours(noise);
}

size_t ph_noise_overhead(const struct ph_noise *noise)
{
	if (ph_noise_is_done(noise)) {
		return 0;
	}
	const enum token *token = patterns[noise->pattern].messages[noise->step];
	size_t len = PH_NOISE_TAG_LEN; /* of the payload */
	for (; *token != END; token++) {
		if (*token == E) {
			len += PH_NOISE_KEY_LEN;
		} else if (*token == S) {
			len += PH_NOISE_KEY_LEN + PH_NOISE_TAG_LEN;
		}
	}
	return len;
}

/* The tokens that mix a shared secret are the same for writer and reader. */
static int mix_token(struct ph_noise *noise, enum token token)
{
	bool is_initiator = noise->role == PH_NOISE_INITIATOR;

	switch (token) {
	case EE:
		return mix_dh(noise, noise->e, noise->re);
	case ES:
		return is_initiator ? mix_dh(noise, noise->e, noise->rs)
				    : mix_dh(noise, noise->s, noise->re);
	case SE:
		return is_initiator ? mix_dh(noise, noise->s, noise->re)
				    : mix_dh(noise, noise->e, noise->rs);
	default:
		assert(token == SS);
		return mix_dh(noise, noise->s, noise->rs);
	}
}

static int write_token(struct ph_noise *noise, enum token token, const struct ph_rng *rng,
		       uint8_t **out)
{
	switch (token) {
	case E:
		rng->fill(rng->data, noise->e, sizeof(noise->e));
		ph_noise_public(*out, noise->e);
		mix_hash(noise, *out, PH_NOISE_KEY_LEN);
		*out += PH_NOISE_KEY_LEN;
		return 0;
	case S:
		return encrypt_and_hash(noise, PH_VIEW(noise->s_public, PH_NOISE_KEY_LEN),
					out);
	default:
		return mix_token(noise, token);
	}
}

static int read_token(struct ph_noise *noise, enum token token, struct ph_view *in)
{
	switch (token) {
	case E:
		memcpy(noise->re, in->data, sizeof(noise->re));
		mix_hash(noise, in->data, sizeof(noise->re));
		in->data += sizeof(noise->re);
		in->len -= sizeof(noise->re);
		return 0;
	case S:
		noise->has_rs = true;
		return decrypt_and_hash(noise, in, sizeof(noise->rs), noise->rs);
	default:
		return mix_token(noise, token);
	}
}

int ph_noise_create_message(struct ph_noise *noise, const struct ph_rng *rng,
			    struct ph_view payload, struct ph_buf *out)
{
	if (!ph_noise_is_ours(noise)) {
		return PH_NOISE_E_STATE;
	}
	size_t overhead = ph_noise_overhead(noise);
	if (payload.len > PH_NOISE_MESSAGE_MAX - overhead) {
		return PH_NOISE_E_TOO_BIG;
	}
	int rc = ph_buf_reserve(out, overhead + payload.len);
	if (rc != 0) {
		return rc;
	}

	struct ph_noise next = *noise;
	uint8_t *end = out->data + out->len;
	const enum token *token = patterns[next.pattern].messages[next.step];
	for (; rc == 0 && *token != END; token++) {
		rc = write_token(&next, *token, rng, &end);
	}
	if (rc == 0) {
		rc = encrypt_and_hash(&next, payload, &end);
	}
	if (rc != 0) {
		goto out;
	}
	assert((size_t)(end - out->data) == out->len + overhead + payload.len);
	next.step++;
	*noise = next;
	out->len += overhead + payload.len;
out:
	ph_noise_deinit(&next);
	return rc;
}

int ph_noise_consume_message(struct ph_noise *noise, struct ph_view message,
			     struct ph_buf *payload_out)
{
	if (!ph_noise_is_theirs(noise)) {
		return PH_NOISE_E_STATE;
	}
	size_t overhead = ph_noise_overhead(noise);
	if (message.len < overhead) {
		return PH_NOISE_E_SHORT;
	}
	if (message.len > PH_NOISE_MESSAGE_MAX) {
		return PH_NOISE_E_TOO_BIG;
	}
	size_t payload_len = message.len - overhead;

	struct ph_noise next = *noise;
	struct ph_view in = message;
	int rc = 0;
	const enum token *token = patterns[next.pattern].messages[next.step];
	for (; rc == 0 && *token != END; token++) {
		rc = read_token(&next, *token, &in);
	}
	if (rc == 0) {
		rc = ph_buf_reserve(payload_out, payload_len + 1);
	}
	if (rc == 0) {
		rc = decrypt_and_hash(&next, &in, payload_len,
				      payload_out->data + payload_out->len);
	}
	if (rc != 0) {
		goto out;
	}
	next.step++;
	*noise = next;
	payload_out->len += payload_len;
out:
	ph_noise_deinit(&next);
	return rc;
}

int ph_noise_split(struct ph_noise *noise, struct ph_cipher *send_out,
		   struct ph_cipher *receive_out)
{
	if (!ph_noise_is_done(noise) || noise->was_split) {
		return PH_NOISE_E_STATE;
	}
	bool is_initiator = noise->role == PH_NOISE_INITIATOR;
	struct ph_cipher *forth = is_initiator ? send_out : receive_out;
	struct ph_cipher *back = is_initiator ? receive_out : send_out;
	uint8_t temp_k1[PH_NOISE_HASH_LEN];
	uint8_t temp_k2[PH_NOISE_HASH_LEN];

	hkdf(noise->ck, PH_VIEW(NULL, 0), temp_k1, temp_k2);
	ph_cipher_init(forth, temp_k1);
	ph_cipher_init(back, temp_k2);
	if (patterns[noise->pattern].is_one_way) {
		ph_cipher_deinit(back);
	}
	sodium_memzero(temp_k1, sizeof(temp_k1));
	sodium_memzero(temp_k2, sizeof(temp_k2));

	sodium_memzero(noise->ck, sizeof(noise->ck));
	noise->s = NULL;
	sodium_memzero(noise->e, sizeof(noise->e));
	ph_cipher_deinit(&noise->cipher);
	noise->was_split = true;
	return 0;
}

const uint8_t *ph_noise_remote_static(const struct ph_noise *noise)
{
	return noise->has_rs ? noise->rs : NULL;
}

const uint8_t *ph_noise_handshake_hash(const struct ph_noise *noise)
{
	return ph_noise_is_done(noise) ? noise->h : NULL;
}
