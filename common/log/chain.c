/*
 * common/log/chain.c - names, chain and seal of a log.
 *
 * Every hash starts with a context string (without its terminator), so that bytes
 * made for one purpose never count for another. Nothing here can fail but a seal
 * that does not verify, and signing, which libsodium does without error for any key.
 */
#include "common/log/chain.h"

#include <string.h>

#include <sodium.h>

/* The last use of a state is the final, so hashing cannot fail. */
static void hash_start(crypto_generichash_state *state, size_t out_len,
		       const char *context)
{
	crypto_generichash_init(state, NULL, 0, out_len);
	crypto_generichash_update(state, (const uint8_t *)context, strlen(context));
}

void ph_device_id(uint8_t out[static PH_DEVICE_ID_SIZE],
		  const uint8_t key[static PH_KEY_SIZE])
{
	crypto_generichash_state state;

	hash_start(&state, PH_DEVICE_ID_SIZE, "packhorse device 1");
	crypto_generichash_update(&state, key, PH_KEY_SIZE);
	crypto_generichash_final(&state, out, PH_DEVICE_ID_SIZE);
}

void ph_log_id(uint8_t out[static PH_LOG_ID_SIZE], const uint8_t key[static PH_KEY_SIZE],
	       const uint8_t nonce[static PH_NONCE_SIZE])
{
	crypto_generichash_state state;

	hash_start(&state, PH_LOG_ID_SIZE, "packhorse log id 1");
	crypto_generichash_update(&state, key, PH_KEY_SIZE);
	crypto_generichash_update(&state, nonce, PH_NONCE_SIZE);
	crypto_generichash_final(&state, out, PH_LOG_ID_SIZE);
}

void ph_chain_start(uint8_t h_out[static PH_HASH_SIZE],
		    const uint8_t log_id[static PH_LOG_ID_SIZE],
		    const uint8_t key[static PH_KEY_SIZE])
{
	crypto_generichash_state state;

	hash_start(&state, PH_HASH_SIZE, "packhorse log 1");
	crypto_generichash_update(&state, log_id, PH_LOG_ID_SIZE);
	crypto_generichash_update(&state, key, PH_KEY_SIZE);
	crypto_generichash_final(&state, h_out, PH_HASH_SIZE);
}

void ph_chain_step(uint8_t h[static PH_HASH_SIZE], const uint8_t e[static PH_HASH_SIZE])
{
	uint8_t both[2 * PH_HASH_SIZE];

	memcpy(both, h, PH_HASH_SIZE);
	memcpy(both + PH_HASH_SIZE, e, PH_HASH_SIZE);
	crypto_generichash(h, PH_HASH_SIZE, both, sizeof(both), NULL, 0);
}

#define SEAL_CONTEXT "packhorse seal 1"

struct seal_text {
	uint8_t bytes[sizeof(SEAL_CONTEXT) - 1 + PH_LOG_ID_SIZE + 8 + PH_HASH_SIZE];
};

static struct seal_text seal_text(const struct ph_head *head)
{
	struct seal_text text;
	uint8_t *at = text.bytes;

	memcpy(at, SEAL_CONTEXT, sizeof(SEAL_CONTEXT) - 1);
	at += sizeof(SEAL_CONTEXT) - 1;
	memcpy(at, head->log_id, PH_LOG_ID_SIZE);
	at += PH_LOG_ID_SIZE;
	ph_be64_put(at, head->n);
	memcpy(at + 8, head->h, PH_HASH_SIZE);
	return text;
}

void ph_seal_sign(uint8_t seal_out[static PH_SIGNATURE_SIZE], const struct ph_head *head,
		  const uint8_t secret[static PH_SECRET_SIZE])
{
	struct seal_text text = seal_text(head);

	crypto_sign_detached(seal_out, NULL, text.bytes, sizeof(text.bytes), secret);
}

bool ph_seal_verify(const uint8_t seal[static PH_SIGNATURE_SIZE],
		    const struct ph_head *head, const uint8_t key[static PH_KEY_SIZE])
{
	struct seal_text text = seal_text(head);

	return crypto_sign_verify_detached(seal, text.bytes, sizeof(text.bytes), key) ==
	       0;
}
