/*
 * proto/cipher.c - ChaCha20-Poly1305 (IETF) with a counter for a nonce.
 *
 * Check sizes, make room, encrypt or decrypt behind the end of the buffer, count,
 * and only then let the buffer grow.
 *
 * A message that does not open moves nothing, so it cannot put the two sides out
 * of step. At 2^64 - 1 messages the cipher is spent and refuses; a cipher that was
 * wiped looks the same, so that nothing is ever sealed under a key of zeros.
 */
#include "proto/cipher.h"

#include <sodium.h>
#include <string.h>

_Static_assert(PH_NOISE_KEY_LEN == crypto_aead_chacha20poly1305_ietf_KEYBYTES &&
		       PH_NOISE_TAG_LEN == crypto_aead_chacha20poly1305_ietf_ABYTES,
	       "libsodium's sizes are the suite's");

enum {
	NONCE_LEN = crypto_aead_chacha20poly1305_ietf_NPUBBYTES,
};

void ph_cipher_init(struct ph_cipher *cipher, const uint8_t key[static PH_NOISE_KEY_LEN])
{
	memcpy(cipher->key, key, PH_NOISE_KEY_LEN);
	cipher->nonce = 0;
}

void ph_cipher_deinit(struct ph_cipher *cipher)
{
	if (cipher != NULL) {
		sodium_memzero(cipher->key, sizeof(cipher->key));
		cipher->nonce = UINT64_MAX;
	}
}

/* 32 zero bits, then the counter in little-endian order. */
static void nonce_bytes(uint8_t out[static NONCE_LEN], uint64_t nonce)
{
	memset(out, 0, 4);
	for (unsigned i = 0; i < 8; i++) {
		out[4 + i] = (uint8_t)(nonce >> (8 * i));
	}
}

int ph_cipher_encrypt(struct ph_cipher *cipher, struct ph_view ad, struct ph_view plain,
		      uint8_t *out)
{
	if (cipher->nonce == UINT64_MAX) {
		return PH_NOISE_E_SPENT;
	}
	uint8_t nonce[NONCE_LEN];
	nonce_bytes(nonce, cipher->nonce);
	crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain.data, plain.len,
						  ad.data, ad.len, NULL, nonce,
						  cipher->key);
	cipher->nonce++;
	return 0;
}

int ph_cipher_decrypt(struct ph_cipher *cipher, struct ph_view ad, struct ph_view sealed,
		      uint8_t *out)
{
	if (cipher->nonce == UINT64_MAX) {
		return PH_NOISE_E_SPENT;
	}
	uint8_t nonce[NONCE_LEN];
	nonce_bytes(nonce, cipher->nonce);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.data,
						      sealed.len, ad.data, ad.len, nonce,
						      cipher->key) != 0) {
		return PH_NOISE_E_AUTH;
	}
	cipher->nonce++;
	return 0;
}

int ph_cipher_seal(struct ph_cipher *cipher, struct ph_view plain, struct ph_buf *out)
{
	if (plain.len > PH_NOISE_PLAIN_MAX) {
		return PH_NOISE_E_TOO_BIG;
	}
	int rc = ph_buf_reserve(out, plain.len + PH_NOISE_TAG_LEN);
	if (rc != 0) {
		return rc;
	}
	rc = ph_cipher_encrypt(cipher, PH_VIEW(NULL, 0), plain, out->data + out->len);
	if (rc == 0) {
		out->len += plain.len + PH_NOISE_TAG_LEN;
	}
	return rc;
}

int ph_cipher_open(struct ph_cipher *cipher, struct ph_view sealed, struct ph_buf *out)
{
	if (sealed.len < PH_NOISE_TAG_LEN) {
		return PH_NOISE_E_SHORT;
	}
	if (sealed.len > PH_NOISE_MESSAGE_MAX) {
		return PH_NOISE_E_TOO_BIG;
	}
	/* One byte more than needed: an empty plaintext, too, needs a place to point to. */
	int rc = ph_buf_reserve(out, sealed.len - PH_NOISE_TAG_LEN + 1);
	if (rc != 0) {
		return rc;
	}
	rc = ph_cipher_decrypt(cipher, PH_VIEW(NULL, 0), sealed, out->data + out->len);
	if (rc == 0) {
		out->len += sealed.len - PH_NOISE_TAG_LEN;
	}
	return rc;
}
