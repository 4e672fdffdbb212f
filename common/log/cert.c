/*
 * common/log/cert.c - a device's certificate: root -> operator -> invite -> device.
 *
 * Decoding: envelope, form, the invite inside with its operator's signature, the
 * invite key's and the device key's signatures over the body, the points; last,
 * what the key list says of the operator.
 *
 * Failures: PH_CERT_E_*; PH_CERT_E_ROOT and _OPERATOR only when nothing else is
 * wrong, so that a caller with an older or newer list knows that a list is all it
 * lacks.
 */
#include "common/log/cert.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "common/base/say.h"
#include "common/base/secret.h"
#include "common/log/envelope.h"

#define CONTEXT    "packhorse cert 1"
#define CO_CONTEXT "packhorse cert co 1"
#define MEMBERS    6

static int body_decode(struct ph_view body, struct ph_cert *cert)
{
	struct ph_mp mp;
	const msgpack_object_array *array;
	int rc = ph_envelope_body(&mp, body, MEMBERS, MEMBERS, &array);

	if (rc) {
		return rc < 0 ? rc : PH_CERT_E_FORM;
	}

	bool ok = ph_mp_bin(ph_mp_item(array, 1), 1, PH_CERT_MAX, &cert->invite_bytes) &&
		  ph_mp_bin_exact(ph_mp_item(array, 2), cert->device_key, PH_KEY_SIZE) &&
		  ph_mp_bin_exact(ph_mp_item(array, 3), cert->box_key, PH_KEY_SIZE) &&
		  ph_mp_bin_exact(ph_mp_item(array, 4), cert->desk_key, PH_KEY_SIZE) &&
		  ph_envelope_uint(ph_mp_item(array, 5), 0, PH_ENVELOPE_TIME_MAX,
				   &cert->issued);

	ph_mp_deinit(&mp);
	return ok ? 0 : PH_CERT_E_FORM;
}

static bool keys_ok(const struct ph_cert *cert)
{
	return ph_sign_key_ok(cert->device_key) && ph_box_key_ok(cert->box_key) &&
	       ph_box_key_ok(cert->desk_key);
}

static int body_encode(struct ph_view invite, const struct ph_device_keys *keys,
		       uint64_t issued, struct ph_buf *body)
{
	struct ph_mpw writer;

	ph_mpw_init(&writer, body);
	ph_mpw_array(&writer, MEMBERS);
	ph_mpw_uint(&writer, 1);
	ph_mpw_bin(&writer, invite.data, invite.len);
	ph_mpw_bin(&writer, keys->sign.key, PH_KEY_SIZE);
	ph_mpw_bin(&writer, keys->box.key, PH_KEY_SIZE);
	ph_mpw_bin(&writer, keys->desk.key, PH_KEY_SIZE);
	ph_mpw_uint(&writer, issued);
	return ph_mpw_end(&writer);
}

static int seed_check(struct ph_view invite_bytes, const struct ph_sign_pair *once)
{
	struct ph_invite invite;
	int rc = ph_invite_open(invite_bytes, &invite);

	if (rc) {
		return rc < 0 ? rc : -EINVAL;
	}
	return sodium_memcmp(once->key, invite.key, PH_KEY_SIZE) == 0 ? 0 : -EINVAL;
}

int ph_cert_encode(struct ph_view invite, const uint8_t seed[static PH_SEED_KEY_SIZE],
		   const struct ph_device_keys *keys, uint64_t issued, struct ph_buf *out)
{
	struct ph_buf body = { 0 };
	struct ph_sign_pair once;
	struct ph_cert check;
	uint8_t sig[2][PH_SIGNATURE_SIZE];

	ph_secret_lock(&once, sizeof(once));
	ph_sign_pair_from_seed(&once, seed);

	int rc = seed_check(invite, &once);

	if (rc) {
		goto out;
	}
	rc = body_encode(invite, keys, issued, &body);
	if (rc) {
		goto out;
	}
	rc = body_decode(ph_buf_view(&body), &check);
	if (rc > 0 || (rc == 0 && !keys_ok(&check))) {
		rc = -EINVAL;
	}
	if (rc) {
		goto out;
	}
	ph_sign(sig[0], CONTEXT, ph_buf_view(&body), once.secret);
	ph_sign(sig[1], CO_CONTEXT, ph_buf_view(&body), keys->sign.secret);

	struct ph_envelope envelope = { .body = ph_buf_view(&body),
					.sig = { sig[0], sig[1] } };

	rc = ph_envelope_encode(&envelope, 2, out);
out:
	ph_sign_pair_wipe(&once);
	ph_buf_deinit(&body);
	return rc;
}

int ph_cert_open(struct ph_view bytes, struct ph_cert *cert)
{
	struct ph_envelope envelope;
	int rc = ph_envelope_decode(bytes, 2, &envelope);

	if (rc) {
		return rc < 0 ? rc : PH_CERT_E_FORM;
	}

	struct ph_cert result;

	rc = body_decode(envelope.body, &result);
	if (rc) {
		return rc;
	}
	rc = ph_invite_open(result.invite_bytes, &result.invite);
	if (rc) {
		return rc;
	}
	if (!ph_sign_verify(envelope.sig[0], CONTEXT, envelope.body, result.invite.key) ||
	    !ph_sign_verify(envelope.sig[1], CO_CONTEXT, envelope.body,
			    result.device_key)) {
		return PH_CERT_E_SIGNATURE;
	}
	if (!keys_ok(&result)) {
		return PH_CERT_E_FORM;
	}
	ph_device_id(result.device_id, result.device_key);
	*cert = result;
	return 0;
}

int ph_cert_decode(struct ph_view bytes, const struct ph_keylist *list,
		   struct ph_cert *cert)
{
	struct ph_cert result;
	int rc = ph_cert_open(bytes, &result);

	rc = rc ? rc : ph_keylist_admit(list, &result.invite);
	if (!rc) {
		*cert = result;
	}
	return rc;
}

const char *ph_cert_error(int code)
{
	switch (code) {
	case PH_CERT_E_FORM:
		return ph_say("is damaged, or of a form this program does not know",
			      "bị hỏng, hoặc có dạng mà chương trình này không biết");
	case PH_CERT_E_SIGNATURE:
		return ph_say("carries a signature that does not verify",
			      "mang chữ ký không đúng");
	case PH_CERT_E_OPERATOR:
		return ph_say("goes back to an operator whom the key list does not name",
			      "do người vận hành không có trong danh sách khóa ký");
	case PH_CERT_E_ROOT:
		return ph_say("is of another province", "là của tỉnh khác");
	default:
		return "is refused";
	}
}
