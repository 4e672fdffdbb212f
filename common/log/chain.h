/*
 * common/log/chain.h - names, chain and seal of a log (docs/LOG.md, "Chain").
 *
 *   device id = BLAKE2b-128("packhorse device 1" | device key)
 *   log id    = BLAKE2b-128("packhorse log id 1" | device key | nonce)
 *   h(0)      = BLAKE2b-256("packhorse log 1" | log id | device key)
 *   h(n)      = BLAKE2b-256(h(n-1) | e(n))
 *   seal      = Ed25519(device, "packhorse seal 1" | log id | n | h(n))
 */
#ifndef PH_LOG_CHAIN_H
#define PH_LOG_CHAIN_H

#include "common/log/entry.h"

#define PH_KEY_SIZE       32 /* public keys, Ed25519 and X25519 */
#define PH_SECRET_SIZE    64 /* Ed25519 secret key: seed and public half */
#define PH_SIGNATURE_SIZE 64
#define PH_NONCE_SIZE     16

void ph_device_id(uint8_t out[static PH_DEVICE_ID_SIZE],
		  const uint8_t key[static PH_KEY_SIZE]);
void ph_log_id(uint8_t out[static PH_LOG_ID_SIZE], const uint8_t key[static PH_KEY_SIZE],
	       const uint8_t nonce[static PH_NONCE_SIZE]);
void ph_chain_start(uint8_t h_out[static PH_HASH_SIZE],
		    const uint8_t log_id[static PH_LOG_ID_SIZE],
		    const uint8_t key[static PH_KEY_SIZE]);
/* h = BLAKE2b-256(h | e), in place. */
void ph_chain_step(uint8_t h[static PH_HASH_SIZE], const uint8_t e[static PH_HASH_SIZE]);

void ph_seal_sign(uint8_t seal_out[static PH_SIGNATURE_SIZE], const struct ph_head *head,
		  const uint8_t secret[static PH_SECRET_SIZE]);
__attribute__((warn_unused_result)) bool ph_seal_verify(
	const uint8_t seal[static PH_SIGNATURE_SIZE], const struct ph_head *head,
	const uint8_t key[static PH_KEY_SIZE]);

#endif
