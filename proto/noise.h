/*
 * proto/noise.h - Noise handshakes and the ciphers that they end in.
 *
 * Noise Protocol Framework, revision 34, with 25519, ChaChaPoly and BLAKE2b:
 * pattern IK for sessions, pattern X for bundles. No socket, no clock: messages
 * go in and out as bytes, and ephemeral keys come from a struct ph_rng. Bytes on
 * the wire: docs/WIRE.md, "Handshake" and "Transport messages".
 *
 * Keys are 32 bytes and are checked nowhere but in DH: a peer's key that leads
 * to an all-zero shared secret is refused there (PH_NOISE_E_KEY).
 */
#ifndef PH_PROTO_NOISE_H
#define PH_PROTO_NOISE_H

#include "common/base/bytes.h"
#include "common/base/rng.h"
#include "proto/cipher.h" /* struct ph_cipher, PH_NOISE_KEY_LEN, PH_NOISE_E_* */

enum {
	PH_NOISE_HASH_LEN = 64, /* the handshake hash */
};

enum ph_noise_pattern {
	PH_NOISE_IK, /* two messages: -> e, es, s, ss   <- e, ee, se */
	PH_NOISE_X,  /* one message, then one direction only: -> e, es, s, ss */
};

enum ph_noise_role {
	PH_NOISE_INITIATOR, /* writes first, and knows the other's static */
	PH_NOISE_RESPONDER,
};

struct ph_noise_config {
	enum ph_noise_pattern pattern;
	enum ph_noise_role role;
	/* What both sides must have seen alike before the first message. Borrowed. */
	struct ph_view prologue;
	/* Ours, 32 bytes, never NULL; borrowed until ph_noise_split() or ph_noise_deinit(). */
	const uint8_t *static_secret;
	const uint8_t *remote_static; /* the initiator's: theirs, 32 bytes; else NULL */
};

/*
 * One handshake, in the caller's memory. The members are private. It holds
 * secrets: end with ph_noise_deinit() on every path, and never copy it.
 */
struct ph_noise {
	enum ph_noise_pattern pattern;
	enum ph_noise_role role;
	uint8_t step;   /* messages made or consumed so far */
	bool has_key;   /* the cipher below is keyed */
	bool has_rs;    /* rs is known, and proven by the messages consumed */
	bool was_split; /* nothing but hash and remote static is left */
	uint8_t h[PH_NOISE_HASH_LEN];
	uint8_t ck[PH_NOISE_HASH_LEN];
	struct ph_cipher cipher;
	const uint8_t *s; /* not copied: it is in locked memory where it is */
	uint8_t s_public[PH_NOISE_KEY_LEN];
	uint8_t e[PH_NOISE_KEY_LEN];
	uint8_t rs[PH_NOISE_KEY_LEN];
	uint8_t re[PH_NOISE_KEY_LEN];
};

/*
 * Begin a handshake. The prologue and the other's key are hashed or copied; of CONFIG
 * only our static secret is kept. Return 0, or -EIO when libsodium cannot start.
 */
int ph_noise_init(struct ph_noise *noise, const struct ph_noise_config *config);
/* Wipe all of it. NULL is fine. */
void ph_noise_deinit(struct ph_noise *noise);

/* Is it this side's turn to create the next message? To consume it? Is it done? */
bool ph_noise_is_ours(const struct ph_noise *noise);
bool ph_noise_is_theirs(const struct ph_noise *noise);
bool ph_noise_is_done(const struct ph_noise *noise);
/* Bytes that the next message has beyond its payload; 0 when there is none. */
size_t ph_noise_overhead(const struct ph_noise *noise);

/*
 * Append the next handshake message, with PAYLOAD (outside of OUT; how well it is
 * protected depends on the message, see docs/WIRE.md) inside, to OUT. A fresh
 * ephemeral key is drawn from RNG each time.
 *
 * Return 0, PH_NOISE_E_STATE, PH_NOISE_E_TOO_BIG, PH_NOISE_E_KEY or -ENOMEM. On
 * any error OUT and NOISE are unchanged.
 */
int ph_noise_create_message(struct ph_noise *noise, const struct ph_rng *rng,
			    struct ph_view payload, struct ph_buf *out);
/*
 * Check the next handshake message (outside of PAYLOAD_OUT) and append its
 * payload to PAYLOAD_OUT. The length is looked at before any cryptography.
 *
 * Return 0, PH_NOISE_E_STATE, PH_NOISE_E_SHORT, PH_NOISE_E_TOO_BIG,
 * PH_NOISE_E_KEY, PH_NOISE_E_AUTH or -ENOMEM. On any error PAYLOAD_OUT and NOISE
 * are unchanged: the genuine message may still follow.
 */
int ph_noise_consume_message(struct ph_noise *noise, struct ph_view message,
			     struct ph_buf *payload_out);

/*
 * After the last message: hand out the ciphers of both directions, seen from this
 * side, and wipe all secrets of NOISE (hash and remote static stay). Of pattern X
 * the direction that does not exist comes out spent. The caller ends both ciphers
 * with ph_cipher_deinit().
 *
 * Return 0, or PH_NOISE_E_STATE with nothing changed when the handshake is not
 * done or was split before.
 */
int ph_noise_split(struct ph_noise *noise, struct ph_cipher *send_out,
		   struct ph_cipher *receive_out);

/*
 * The peer's static public key, 32 bytes, borrowed until deinit; NULL while it is
 * not known. The responder knows it, proven, once it has consumed message 1.
 */
const uint8_t *ph_noise_remote_static(const struct ph_noise *noise);
/* The handshake hash, 64 bytes, borrowed until deinit; NULL before the handshake is done. */
const uint8_t *ph_noise_handshake_hash(const struct ph_noise *noise);

/* The public half of a static or ephemeral secret. */
void ph_noise_public(uint8_t out[static PH_NOISE_KEY_LEN],
		     const uint8_t secret[static PH_NOISE_KEY_LEN]);
/*
 * X25519 (RFC 7748), the only place where a peer's key meets ours. Return 0, or
 * PH_NOISE_E_KEY with OUT unchanged when the result is all zero.
 */
int ph_noise_dh(uint8_t out[static PH_NOISE_KEY_LEN],
		const uint8_t secret[static PH_NOISE_KEY_LEN],
		const uint8_t public_key[static PH_NOISE_KEY_LEN]);

#endif
