/*
 * common/log/envelope.h - [body bin, signature bin64 ...]: how small signed things
 * are wrapped. Key lists, invites, certificates and receipts use it.
 *
 * A signature covers a context string and the exact bytes of the body, so nothing
 * is ever encoded again to be verified.
 */
#ifndef PH_LOG_ENVELOPE_H
#define PH_LOG_ENVELOPE_H

#include "common/base/mp.h"
#include "common/log/keys.h"

#define PH_ENVELOPE_SIGS_MAX 2
/* No time in a signed body lies beyond (2^40 seconds: the year 36,812). */
#define PH_ENVELOPE_TIME_MAX ((UINT64_C(1) << 40) - 1)
/* No number in a signed body is larger, so that each fits SQLite's integers. */
#define PH_ENVELOPE_UINT_MAX ((uint64_t)INT64_MAX)

enum {
	PH_ENVELOPE_E_FORM = 1, /* not canonical, a wrong type, or over PH_CERT_MAX */
};

struct ph_envelope {
	struct ph_view body; /* this and what follows borrow from the input */
	const uint8_t *sig[PH_ENVELOPE_SIGS_MAX]; /* PH_SIGNATURE_SIZE bytes each */
};

/* Take apart an envelope with exactly N_SIGS signatures. 0, PH_ENVELOPE_E_FORM or -ENOMEM. */
int ph_envelope_decode(struct ph_view bytes, unsigned n_sigs,
		       struct ph_envelope *envelope);
/* Append one. 0, -EMSGSIZE over PH_CERT_MAX, or -ENOMEM; OUT unchanged on error. */
int ph_envelope_encode(const struct ph_envelope *envelope, unsigned n_sigs,
		       struct ph_buf *out);
/* Append one of BODY with its one signature (ph_sign()). As ph_envelope_encode(). */
int ph_envelope_sign(const char *context, struct ph_view body,
		     const uint8_t secret[static PH_SECRET_SIZE], struct ph_buf *out);
/*
 * Unpack a body: canonical, at most 4 deep and ITEMS items in an array, and an
 * array of exactly MEMBERS whose first is the number 1 (the form's version).
 * 0 (then end with ph_mp_deinit()), PH_ENVELOPE_E_FORM or -ENOMEM.
 */
int ph_envelope_body(struct ph_mp *mp, struct ph_view body, unsigned items,
		     size_t members, const msgpack_object_array **array_out);

/* An unsigned integer from MIN to MAX. */
bool ph_envelope_uint(const msgpack_object *object, uint64_t min, uint64_t max,
		      uint64_t *out);

#endif
