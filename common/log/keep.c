/*
 * common/log/keep.c - segments of the desk log, encrypted for nobody but the hub.
 *
 * Two keys follow from the seed of the signing key: one encrypts, one makes the nonce of all that
 * is encrypted. Reading is the way back; the nonce is made anew and compared, so that nothing
 * but what ph_keep_seal() gives opens. Keys are wiped on every path.
 */
#include "common/log/keep.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "common/base/limits.h"

enum {
	NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	KEY = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
};

_Static_assert(NONCE + PH_SIGNATURE_SIZE + TAG == PH_KEEP_AROUND, "as the header says");

static const char context[] = "packhorse keep 1";

struct keys {
	uint8_t cipher[KEY];
	uint8_t nonce[KEY];
};

static void make_keys(struct keys *out, const uint8_t secret[static PH_SECRET_SIZE])
{
	uint8_t both[2 * KEY];

	/* of the seed, with which the secret key begins */
	crypto_generichash(both, sizeof(both), (const uint8_t *)context,
			   sizeof(context) - 1, secret, crypto_sign_SEEDBYTES);
	memcpy(out->cipher, both, KEY);
	memcpy(out->nonce, both + KEY, KEY);
	sodium_memzero(both, sizeof(both));
}

#define WHERE_SIZE                                                                       \
	(sizeof(context) - 1 + PH_LOG_ID_SIZE + 8 + 8 + (size_t)PH_KEEP_MARK_SIZE)

static void make_where(uint8_t out[static WHERE_SIZE],
		       const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t first,
		       uint64_t last, const uint8_t mark[static PH_KEEP_MARK_SIZE])
{
	memcpy(out, context, sizeof(context) - 1);
	out += sizeof(context) - 1;
	memcpy(out, log_id, PH_LOG_ID_SIZE);
	out += PH_LOG_ID_SIZE;
	ph_be64_put(out, first);
	ph_be64_put(out + 8, last);
	memcpy(out + 16, mark, PH_KEEP_MARK_SIZE);
}

static void make_nonce(uint8_t out[static NONCE], const struct keys *keys,
		       const uint8_t where[static WHERE_SIZE], struct ph_view plain)
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, keys->nonce, sizeof(keys->nonce), NONCE);
	crypto_generichash_update(&state, where, WHERE_SIZE);
	crypto_generichash_update(&state, plain.data, plain.len);
	crypto_generichash_final(&state, out, NONCE);
}

int ph_keep_seal(const uint8_t secret[static PH_SECRET_SIZE],
		 const struct ph_segment *segment,
		 const uint8_t mark[static PH_KEEP_MARK_SIZE], struct ph_buf *cipher)
{
	size_t size = PH_KEEP_AROUND + segment->body.len;
	struct ph_buf plain = { 0 };
	uint8_t where[WHERE_SIZE];
	struct keys keys;
	uint8_t *at;
	int rc;

	if (segment->body.len > PH_KEEP_MAX - PH_KEEP_AROUND) {
		return -EMSGSIZE;
	}
	rc = ph_buf_put(&plain, segment->seal, sizeof(segment->seal));
	rc = rc != 0 ? rc : ph_buf_put_view(&plain, segment->body);
	rc = rc != 0 ? rc : ph_buf_reserve(cipher, size);
	if (rc == 0) {
		at = cipher->data + cipher->len;
		make_keys(&keys, secret);
		make_where(where, segment->log_id, segment->first, segment->last, mark);
		make_nonce(at, &keys, where, ph_buf_view(&plain));
		crypto_aead_xchacha20poly1305_ietf_encrypt(
			at + NONCE, NULL, plain.data, plain.len, where, sizeof(where),
			NULL, at, keys.cipher);
		cipher->len += size;
		sodium_memzero(&keys, sizeof(keys));
	}
	ph_buf_deinit(&plain);
	return rc;
}

/* Into PLAIN, which has room for it. Whether it opens. */
static bool decrypt(const uint8_t secret[static PH_SECRET_SIZE],
		    const struct ph_keep *keep, uint8_t *plain, size_t len)
{
	uint8_t where[WHERE_SIZE];
	uint8_t nonce[NONCE];
	struct keys keys;
	bool is_good;

	make_keys(&keys, secret);
	make_where(where, keep->log_id, keep->first, keep->last, keep->mark);
	is_good = crypto_aead_xchacha20poly1305_ietf_decrypt(
			  plain, NULL, NULL, keep->cipher.data + NONCE, len + TAG, where,
			  sizeof(where), keep->cipher.data, keys.cipher) == 0;
	if (is_good) {
		make_nonce(nonce, &keys, where, PH_VIEW(plain, len));
		is_good = sodium_memcmp(nonce, keep->cipher.data, NONCE) == 0;
	}
	sodium_memzero(&keys, sizeof(keys));
	return is_good;
}

int ph_keep_open(const uint8_t secret[static PH_SECRET_SIZE], const struct ph_keep *keep,
		 struct ph_segment *segment_out, struct ph_buf *buf)
{
	struct ph_segment segment = { .first = keep->first, .last = keep->last };
	size_t len;
	int rc;

	if (keep->cipher.len <= PH_KEEP_AROUND || keep->cipher.len > PH_KEEP_MAX ||
	    keep->first < 1 || keep->last < keep->first) {
		return -EBADMSG;
	}
	len = keep->cipher.len - NONCE - TAG;
	buf->len = 0;
	rc = ph_buf_reserve(buf, len);
	if (rc != 0) {
		return rc;
	}
	if (!decrypt(secret, keep, buf->data, len)) {
		return -EBADMSG;
	}
	buf->len = len;
	memcpy(segment.log_id, keep->log_id, sizeof(segment.log_id));
	memcpy(segment.seal, buf->data, sizeof(segment.seal));
	segment.body = PH_VIEW(buf->data + PH_SIGNATURE_SIZE, len - PH_SIGNATURE_SIZE);
	*segment_out = segment;
	return 0;
}
