/*
 * proto/cipher.h - ChaChaPoly of one direction, what Noise calls a CipherState.
 *
 * Noise Protocol Framework, revision 34, sections 5.1 and 12.3; RFC 8439. The
 * nonce counts messages; it is not on the wire, so loss or reordering shows as
 * PH_NOISE_E_AUTH. Bytes: docs/WIRE.md, "Transport messages".
 */
#ifndef PH_PROTO_CIPHER_H
#define PH_PROTO_CIPHER_H

#include "common/base/bytes.h"

enum {
	PH_NOISE_KEY_LEN = 32,        /* a secret, a public key, a cipher's key */
	PH_NOISE_TAG_LEN = 16,        /* what sealing adds to a plaintext */
	PH_NOISE_MESSAGE_MAX = 65535, /* any Noise message; Noise, section 3 */
	/* The longest plaintext of one transport message. */
	PH_NOISE_PLAIN_MAX = PH_NOISE_MESSAGE_MAX - PH_NOISE_TAG_LEN,
};

/* The conditions of this header and of proto/noise.h. */
enum {
	PH_NOISE_E_AUTH = 1, /* forged, altered, or meant for another key or prologue */
	PH_NOISE_E_SHORT,    /* shorter than the shortest message of its kind */
	PH_NOISE_E_TOO_BIG,  /* message, or what it would become, over 65,535 bytes */
	PH_NOISE_E_KEY,      /* a key whose shared secret is all zero */
	PH_NOISE_E_STATE,    /* not this side's turn, not done yet, or over */
	PH_NOISE_E_SPENT,    /* a cipher that has no nonce left */
};

struct ph_cipher {
	uint8_t key[PH_NOISE_KEY_LEN];
	uint64_t nonce; /* of the next message; 2^64 - 1 is never used */
};

void ph_cipher_init(struct ph_cipher *cipher, const uint8_t key[static PH_NOISE_KEY_LEN]);
/* Wipe the key and leave CIPHER spent. NULL is fine. */
void ph_cipher_deinit(struct ph_cipher *cipher);

/*
 * Append the sealed form of PLAIN (0 to PH_NOISE_PLAIN_MAX bytes, outside of
 * OUT) to OUT: ciphertext and tag, PLAIN.len + 16 bytes. No associated data.
 *
 * Return 0, PH_NOISE_E_TOO_BIG, PH_NOISE_E_SPENT or -ENOMEM. On any error OUT
 * and CIPHER are unchanged.
 */
int ph_cipher_seal(struct ph_cipher *cipher, struct ph_view plain, struct ph_buf *out);
/*
 * Append the plaintext of SEALED (16 to PH_NOISE_MESSAGE_MAX bytes, outside of
 * OUT) to OUT. No associated data.
 *
 * Return 0, PH_NOISE_E_AUTH, PH_NOISE_E_SHORT, PH_NOISE_E_TOO_BIG,
 * PH_NOISE_E_SPENT or -ENOMEM. On any error OUT and CIPHER are unchanged: the
 * nonce moves only with a message that is genuine.
 */
int ph_cipher_open(struct ph_cipher *cipher, struct ph_view sealed, struct ph_buf *out);

/*
 * For the handshake: EncryptWithAd() and DecryptWithAd() to plain memory. OUT has
 * room for 16 bytes more than PLAIN, or 16 less than SEALED, which is at least 16
 * long. Return 0, PH_NOISE_E_SPENT or (decrypt) PH_NOISE_E_AUTH; on AUTH OUT holds
 * zeros and CIPHER is unchanged.
 */
int ph_cipher_encrypt(struct ph_cipher *cipher, struct ph_view ad, struct ph_view plain,
		      uint8_t *out);
int ph_cipher_decrypt(struct ph_cipher *cipher, struct ph_view ad, struct ph_view sealed,
		      uint8_t *out);

#endif
