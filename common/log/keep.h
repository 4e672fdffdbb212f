/*
 * common/log/keep.h - what the hub said in its desk log, for devices to keep for it.
 *
 * A segment of that log, encrypted by a key that follows from the hub's own signing key: whoever
 * has that, or a backup with it, opens it; a device keeps bytes. Sealed parts are not in it.
 *
 *   K, N   = the halves of BLAKE2b-512("packhorse keep 1"), keyed with the seed of the signing key
 *   where  = "packhorse keep 1" ‖ log id ‖ first ‖ last ‖ mark        numbers: 8 bytes, big-endian
 *   plain  = seal ‖ body
 *   nonce  = BLAKE2b-192(where ‖ plain), keyed with N
 *   cipher = nonce ‖ XChaCha20-Poly1305(K, nonce, plain, associated data: where)
 *
 * The mark is the first 8 bytes of h(last). The nonce follows from what is encrypted: so the same
 * words are the same bytes each time, and a hub that was put back and says others in their place
 * does not use one twice.
 */
#ifndef PH_LOG_KEEP_H
#define PH_LOG_KEEP_H

#include "common/log/segment.h"

#define PH_KEEP_MARK_SIZE 8
/* What a cipher has beside the body of the segment: nonce, seal, tag. */
#define PH_KEEP_AROUND    104

/* Of what a cipher is; in the clear, and bound to it. */
struct ph_keep {
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t first, last;
	uint8_t mark[PH_KEEP_MARK_SIZE];
	struct ph_view cipher; /* borrowed */
};

/*
 * Append the cipher of SEGMENT, whose last entry has MARK, by the signing key SECRET. 0; -EMSGSIZE:
 * it would be over PH_KEEP_MAX; -ENOMEM.
 */
int ph_keep_seal(const uint8_t secret[static PH_SECRET_SIZE],
		 const struct ph_segment *segment,
		 const uint8_t mark[static PH_KEEP_MARK_SIZE], struct ph_buf *cipher);
/*
 * The segment of KEEP; its body borrows BUF, which is cleared first. Whether its chain and seal are
 * good is not looked at. 0; -EBADMSG: it was not made by SECRET, for another range, or was altered;
 * -ENOMEM.
 */
int ph_keep_open(const uint8_t secret[static PH_SECRET_SIZE], const struct ph_keep *keep,
		 struct ph_segment *segment_out, struct ph_buf *buf);

#endif
