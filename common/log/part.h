/*
 * common/log/part.h - sealed parts: personal fields beside their entry.
 *
 * key = BLAKE2b-256(key = seed, "packhorse part 1"); XChaCha20-Poly1305, nonce
 * zero (one fresh key per part), associated data = log id | n (8 bytes, big-endian);
 * commit = BLAKE2b-256(ciphertext). Deterministic from (seed, log id, n, fields),
 * so that a receiver can make the ciphertext again from fields and seed.
 */
#ifndef PH_LOG_PART_H
#define PH_LOG_PART_H

#include "common/log/entry.h"

#define PH_SEED_SIZE     16
/* A part's seed, sealed to the desk key of a device, or to the hub (crypto_box_seal). */
#define PH_SEED_BOX_SIZE (PH_SEED_SIZE + 48)

/*
 * Append the plain form: a MessagePack array of the sealed fields in table order,
 * trailing nils dropped. 0; -EINVAL if a value is wrong or none is set; -EMSGSIZE
 * over PH_PART_MAX; -ENOMEM. PLAIN is unchanged on error.
 */
int ph_part_encode(const struct ph_entry *entry, struct ph_buf *plain,
		   struct ph_error *err);
/* The same without any check, for what a part was unpacked to. At least one is set. */
int ph_part_write(const struct ph_entry *entry, struct ph_buf *plain);
/* Read the plain form into ENTRY->sealed (borrowing PLAIN); ENTRY->kind must be set, and
 * what its field `sets` says must be so. 0, PH_ENTRY_E_MALFORMED (ENTRY is unchanged) or -ENOMEM. */
int ph_part_decode(struct ph_view plain, struct ph_entry *entry);
/* Bit i: sealed field i is set. */
uint64_t ph_part_mask(const struct ph_entry *entry);

/* Append ciphertext (plain + 16 bytes). 0, -EMSGSIZE over PH_PART_MAX, or -ENOMEM. */
int ph_part_seal(const uint8_t seed[static PH_SEED_SIZE],
		 const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n,
		 struct ph_view plain, struct ph_buf *cipher);
/* Append plain text. 0, -EBADMSG if it was not sealed so, or -ENOMEM. */
int ph_part_open(const uint8_t seed[static PH_SEED_SIZE],
		 const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n,
		 struct ph_view cipher, struct ph_buf *plain);
void ph_part_commit(struct ph_view cipher, uint8_t out[static PH_HASH_SIZE]);

#endif
