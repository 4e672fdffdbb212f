/*
 * common/log/envelope.c - the wrapper of small signed things.
 *
 * Decoding: size, one bounded canonical walk, an array of one bin and N_SIGS
 * bin64; nothing is verified here. The body is a MessagePack object of its own
 * and is walked again, by the same rules, when it is unpacked.
 *
 * Failures: anything unexpected is PH_ENVELOPE_E_FORM, whatever the detail: the
 * bytes come from outside, and nobody can mend them by hand.
 */
#include "common/log/envelope.h"

#include <errno.h>

static int form(int rc)
{
	return rc < 0 ? rc : PH_ENVELOPE_E_FORM;
}

int ph_envelope_decode(struct ph_view bytes, unsigned n_sigs,
		       struct ph_envelope *envelope)
{
	static const struct ph_walk_limits limits = { .depth = 1,
						      .items = 1 + PH_ENVELOPE_SIGS_MAX };

	if (bytes.len > PH_CERT_MAX) {
		return PH_ENVELOPE_E_FORM;
	}

	struct ph_mp mp;
	int rc = ph_mp_decode(&mp, bytes, &limits, PH_WALK_CANONICAL);

	if (rc) {
		return form(rc);
	}

	struct ph_envelope result = { 0 };
	const msgpack_object_array *array =
		ph_mp_array(mp.root, 1 + (size_t)n_sigs, 1 + (size_t)n_sigs);
	bool ok = array && ph_mp_bin(ph_mp_item(array, 0), 1, PH_CERT_MAX, &result.body);

	for (unsigned i = 0; ok && i < n_sigs; i++) {
		struct ph_view sig;

		ok = ph_mp_bin(ph_mp_item(array, 1 + i), PH_SIGNATURE_SIZE,
			       PH_SIGNATURE_SIZE, &sig);
		if (ok) {
			result.sig[i] = sig.data;
		}
	}
	ph_mp_deinit(&mp);
	if (!ok) {
		return PH_ENVELOPE_E_FORM;
	}
	*envelope = result;
	return 0;
}

int ph_envelope_encode(const struct ph_envelope *envelope, unsigned n_sigs,
		       struct ph_buf *out)
{
	struct ph_buf bytes = { 0 };
	struct ph_mpw writer;

	ph_mpw_init(&writer, &bytes);
	ph_mpw_array(&writer, 1 + (size_t)n_sigs);
	ph_mpw_bin(&writer, envelope->body.data, envelope->body.len);
	for (unsigned i = 0; i < n_sigs; i++) {
		ph_mpw_bin(&writer, envelope->sig[i], PH_SIGNATURE_SIZE);
	}

	int rc = ph_mpw_end(&writer);

	if (!rc && bytes.len > PH_CERT_MAX) {
		rc = -EMSGSIZE;
	}
	if (!rc) {
		rc = ph_buf_put_view(out, ph_buf_view(&bytes));
	}
	ph_buf_deinit(&bytes);
	return rc;
}

int ph_envelope_sign(const char *context, struct ph_view body,
		     const uint8_t secret[static PH_SECRET_SIZE], struct ph_buf *out)
{
	uint8_t sig[PH_SIGNATURE_SIZE];
	struct ph_envelope envelope = { .body = body, .sig = { sig } };

	ph_sign(sig, context, body, secret);
	return ph_envelope_encode(&envelope, 1, out);
}

int ph_envelope_body(struct ph_mp *mp, struct ph_view body, unsigned items,
		     size_t members, const msgpack_object_array **array_out)
{
	struct ph_walk_limits limits = { .depth = 4, .items = items };
	int rc = ph_mp_decode(mp, body, &limits, PH_WALK_CANONICAL);

	if (rc) {
		return form(rc);
	}

	const msgpack_object_array *array = ph_mp_array(mp->root, members, members);
	uint64_t version;

	if (!array || !ph_envelope_uint(ph_mp_item(array, 0), 1, 1, &version)) {
		ph_mp_deinit(mp);
		return PH_ENVELOPE_E_FORM;
	}
	*array_out = array;
	return 0;
}

bool ph_envelope_uint(const msgpack_object *object, uint64_t min, uint64_t max,
		      uint64_t *out)
{
	uint64_t value;

	if (!ph_mp_uint(object, max, &value) || value < min) {
		return false;
	}
	*out = value;
	return true;
}
