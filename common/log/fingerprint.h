/*
 * common/log/fingerprint.h - the keys of a device as four syllables, to be compared by
 * telephone (docs/LOG.md, "Fingerprint").
 *
 * 40 bits. Equal words mean, for all that chance can do, equal keys; whoever wants to
 * pass for a device has to try some 10^12 sets of keys.
 */
#ifndef PH_LOG_FINGERPRINT_H
#define PH_LOG_FINGERPRINT_H

#include "common/log/keys.h"

#define PH_FINGERPRINT_SIZE 5
#define PH_FINGERPRINT_TEXT 48 /* four syllables, hyphens and a terminator */

/* First bytes of BLAKE2b-256("packhorse fingerprint 1" | device key | Noise static | desk key). */
void ph_fingerprint_make(const uint8_t device_key[static PH_KEY_SIZE],
			 const uint8_t box_key[static PH_KEY_SIZE],
			 const uint8_t desk_key[static PH_KEY_SIZE],
			 uint8_t out[static PH_FINGERPRINT_SIZE]);
/* "khoan-nì-đạng-thấy": UTF-8, NFC, with a terminator. */
void ph_fingerprint_text(const uint8_t fingerprint[static PH_FINGERPRINT_SIZE],
			 char out[static PH_FINGERPRINT_TEXT]);
/*
 * Back from what somebody heard: syllables parted by hyphens or blanks, with their tone
 * marks. What sounds alike is taken as well: s for x, tr for ch, gi and r for d, a tone mark
 * on the first of two vowels. 0; -EINVAL for what is no fingerprint; -ENOMEM.
 */
int ph_fingerprint_parse(struct ph_view text, uint8_t out[static PH_FINGERPRINT_SIZE]);

#endif
