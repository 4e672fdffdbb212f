/*
 * common/log/receipt.c - encode, sign, verify receipts.
 *
 * Decoding: envelope, form of the body, the hub's signature under the key that
 * the caller knows from a key list.
 *
 * Failures: PH_RECEIPT_E_FORM, PH_RECEIPT_E_SIGNATURE. A receipt that says less
 * than a hub may say (level below hub, a missing body that is not in the prefix)
 * is a form error even if the hub signed it: a device prunes on a receipt's word.
 */
#include "common/log/receipt.h"

#include <errno.h>
#include <string.h>

#include "common/log/envelope.h"

#define CONTEXT "packhorse receipt 1"
#define MEMBERS 9

static bool missing_read(const msgpack_object *object, struct ph_receipt *receipt)
{
	const msgpack_object_array *array =
		ph_mp_array(object, 0, PH_RECEIPT_MISSING_MAX);
	uint64_t least = 1;

	if (!array) {
		return false;
	}
	for (unsigned i = 0; i < array->size; i++) {
		if (!ph_envelope_uint(ph_mp_item(array, i), least, receipt->head.n,
				      &receipt->missing[i])) {
			return false;
		}
		least = receipt->missing[i] + 1;
	}
	receipt->n_missing = array->size;
	return true;
}

static bool members_read(const msgpack_object_array *array, struct ph_receipt *receipt)
{
	uint64_t level;

	if (!ph_envelope_uint(ph_mp_item(array, 1), 0, PH_ENVELOPE_UINT_MAX,
			      &receipt->epoch.number) ||
	    !ph_mp_bin_exact(ph_mp_item(array, 2), receipt->epoch.random,
			     sizeof(receipt->epoch.random)) ||
	    !ph_mp_bin_exact(ph_mp_item(array, 3), receipt->head.log_id,
			     PH_LOG_ID_SIZE) ||
	    !ph_envelope_uint(ph_mp_item(array, 4), 1, PH_ENVELOPE_UINT_MAX,
			      &receipt->head.n) ||
	    !ph_mp_bin_exact(ph_mp_item(array, 5), receipt->head.h, PH_HASH_SIZE) ||
	    !ph_envelope_uint(ph_mp_item(array, 6), PH_LEVEL_HUB, PH_LEVEL_BACKUP,
			      &level) ||
	    !ph_envelope_uint(ph_mp_item(array, 7), 0, PH_ENVELOPE_TIME_MAX,
			      &receipt->time)) {
		return false;
	}
	receipt->level = (enum ph_level)level;
	return missing_read(ph_mp_item(array, 8), receipt);
}

static int body_decode(struct ph_view body, struct ph_receipt *receipt)
{
	struct ph_mp mp;
	const msgpack_object_array *array;
	int rc = ph_envelope_body(&mp, body, PH_RECEIPT_MISSING_MAX, MEMBERS, &array);

	if (rc) {
		return rc < 0 ? rc : PH_RECEIPT_E_FORM;
	}

	bool ok = members_read(array, receipt);

	ph_mp_deinit(&mp);
	return ok ? 0 : PH_RECEIPT_E_FORM;
}

static int body_encode(const struct ph_receipt *receipt, struct ph_buf *body)
{
	struct ph_mpw writer;

	ph_mpw_init(&writer, body);
	ph_mpw_array(&writer, MEMBERS);
	ph_mpw_uint(&writer, 1);
	ph_mpw_uint(&writer, receipt->epoch.number);
	ph_mpw_bin(&writer, receipt->epoch.random, sizeof(receipt->epoch.random));
	ph_mpw_bin(&writer, receipt->head.log_id, PH_LOG_ID_SIZE);
	ph_mpw_uint(&writer, receipt->head.n);
	ph_mpw_bin(&writer, receipt->head.h, PH_HASH_SIZE);
	ph_mpw_uint(&writer, (uint64_t)receipt->level);
	ph_mpw_uint(&writer, receipt->time);
	ph_mpw_array(&writer, receipt->n_missing);
	for (unsigned i = 0; i < receipt->n_missing; i++) {
		ph_mpw_uint(&writer, receipt->missing[i]);
	}
	return ph_mpw_end(&writer);
}

/* The body of RECEIPT, if it is one that decoding would take; else -EINVAL. */
static int body_checked(const struct ph_receipt *receipt, struct ph_buf *body)
{
	struct ph_receipt check;
	int rc;

	if (receipt->n_missing > PH_RECEIPT_MISSING_MAX) {
		return -EINVAL;
	}
	rc = body_encode(receipt, body);
	if (rc) {
		return rc;
	}
	rc = body_decode(ph_buf_view(body), &check);
	return rc > 0 ? -EINVAL : rc;
}

int ph_receipt_sign(const struct ph_receipt *receipt,
		    const uint8_t secret[static PH_SECRET_SIZE],
		    uint8_t sig_out[static PH_SIGNATURE_SIZE])
{
	struct ph_buf body = { 0 };
	int rc = body_checked(receipt, &body);

	if (rc == 0) {
		ph_sign(sig_out, CONTEXT, ph_buf_view(&body), secret);
	}
	ph_buf_deinit(&body);
	return rc;
}

int ph_receipt_join(const struct ph_receipt *receipt,
		    const uint8_t sig[static PH_SIGNATURE_SIZE], struct ph_buf *out)
{
	struct ph_buf body = { 0 };
	int rc = body_checked(receipt, &body);

	if (rc == 0) {
		struct ph_envelope envelope = { .body = ph_buf_view(&body),
						.sig = { sig } };

		rc = ph_envelope_encode(&envelope, 1, out);
	}
	ph_buf_deinit(&body);
	return rc;
}

int ph_receipt_encode(const struct ph_receipt *receipt,
		      const uint8_t secret[static PH_SECRET_SIZE], struct ph_buf *out)
{
	uint8_t sig[PH_SIGNATURE_SIZE];
	int rc = ph_receipt_sign(receipt, secret, sig);

	return rc ? rc : ph_receipt_join(receipt, sig, out);
}

static int read_object(struct ph_view bytes, struct ph_envelope *envelope,
		       struct ph_receipt *receipt)
{
	int rc = ph_envelope_decode(bytes, 1, envelope);

	if (rc) {
		return rc < 0 ? rc : PH_RECEIPT_E_FORM;
	}
	return body_decode(envelope->body, receipt);
}

int ph_receipt_peek(struct ph_view bytes, struct ph_receipt *receipt)
{
	struct ph_envelope envelope;
	struct ph_receipt result = { 0 };
	int rc = read_object(bytes, &envelope, &result);

	if (rc == 0) {
		*receipt = result;
	}
	return rc;
}

int ph_receipt_decode(struct ph_view bytes, const uint8_t key[static PH_KEY_SIZE],
		      struct ph_receipt *receipt)
{
	struct ph_envelope envelope;
	struct ph_receipt result = { 0 };
	int rc = read_object(bytes, &envelope, &result);

	if (rc) {
		return rc;
	}
	if (!ph_sign_verify(envelope.sig[0], CONTEXT, envelope.body, key)) {
		return PH_RECEIPT_E_SIGNATURE;
	}
	*receipt = result;
	return 0;
}
