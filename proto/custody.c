/*
 * proto/custody.c - encode, sign, verify what a courier says of a bundle.
 *
 * Decoding: envelope, form of the body, the signature under the key that the body names.
 * Failures: PH_CUSTODY_E_FORM, PH_CUSTODY_E_SIGNATURE; whoever signed.
 */
#include "proto/custody.h"

#include <errno.h>
#include <string.h>

#include "common/log/envelope.h"

#define CONTEXT "packhorse custody 1"
#define MEMBERS 5

static bool is_fit(const struct ph_custody *custody)
{
	return custody->size >= 1 && custody->size <= PH_BUNDLE_MAX &&
	       custody->time <= PH_ENVELOPE_TIME_MAX;
}

int ph_custody_encode(const struct ph_custody *custody, const struct ph_sign_pair *pair,
		      struct ph_buf *out)
{
	struct ph_buf body = { 0 };
	struct ph_mpw writer;
	int rc;

	if (!is_fit(custody) || memcmp(pair->key, custody->courier, PH_KEY_SIZE) != 0) {
		return -EINVAL;
	}
	ph_mpw_init(&writer, &body);
	ph_mpw_array(&writer, MEMBERS);
	ph_mpw_uint(&writer, 1);
	ph_mpw_bin(&writer, custody->hash, sizeof(custody->hash));
	ph_mpw_uint(&writer, custody->size);
	ph_mpw_bin(&writer, custody->courier, sizeof(custody->courier));
	ph_mpw_uint(&writer, custody->time);
	rc = ph_mpw_end(&writer);
	rc = rc != 0 ? rc
		     : ph_envelope_sign(CONTEXT, ph_buf_view(&body), pair->secret, out);
	ph_buf_deinit(&body);
	return rc;
}

static int body_decode(struct ph_view body, struct ph_custody *custody)
{
	const msgpack_object_array *array;
	struct ph_mp mp;
	int rc = ph_envelope_body(&mp, body, MEMBERS, MEMBERS, &array);

	if (rc != 0) {
		return rc < 0 ? rc : PH_CUSTODY_E_FORM;
	}
	if (!ph_mp_bin_exact(ph_mp_item(array, 1), custody->hash, PH_BUNDLE_HASH_SIZE) ||
	    !ph_envelope_uint(ph_mp_item(array, 2), 1, PH_BUNDLE_MAX, &custody->size) ||
	    !ph_mp_bin_exact(ph_mp_item(array, 3), custody->courier, PH_KEY_SIZE) ||
	    !ph_envelope_uint(ph_mp_item(array, 4), 0, PH_ENVELOPE_TIME_MAX,
			      &custody->time) ||
	    !ph_sign_key_ok(custody->courier)) {
		rc = PH_CUSTODY_E_FORM;
	}
	ph_mp_deinit(&mp);
	return rc;
}

int ph_custody_decode(struct ph_view bytes, struct ph_custody *custody)
{
	struct ph_envelope envelope;
	struct ph_custody result;
	int rc = ph_envelope_decode(bytes, 1, &envelope);

	if (rc == 0) {
		rc = body_decode(envelope.body, &result);
	}
	if (rc != 0) {
		return rc < 0 ? rc : PH_CUSTODY_E_FORM;
	}
	if (!ph_sign_verify(envelope.sig[0], CONTEXT, envelope.body, result.courier)) {
		return PH_CUSTODY_E_SIGNATURE;
	}
	*custody = result;
	return 0;
}
