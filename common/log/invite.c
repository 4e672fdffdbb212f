/*
 * common/log/invite.c - the operator's word that a device may join a site.
 *
 * Decoding: envelope, form of the body and its texts, the operator's signature,
 * the points; then, if the caller trusts a key list, whether it is of the same
 * province and names the operator.
 *
 * Failures: PH_CERT_E_*, in that order: whatever is wrong with the object itself
 * comes before what a key list thinks of its signer. Encoding decodes what it is
 * about to sign, and says -EINVAL if that fails.
 */
#include <errno.h>
#include <string.h>

#include "common/base/text.h"
#include "common/log/cert.h"
#include "common/log/envelope.h"

#define CONTEXT "packhorse invite 1"
#define MEMBERS 15 /* and one more, if it replaces a device */

static bool text_read(const msgpack_object *object, size_t min, size_t max,
		      struct ph_view *out)
{
	struct ph_view text;

	if (!ph_mp_str(object, min, max, &text) || ph_text_check(text) != 0) {
		return false;
	}
	*out = text;
	return true;
}

static bool commune_read(const msgpack_object *object, struct ph_view *out)
{
	struct ph_view text;

	if (!ph_mp_str(object, PH_COMMUNE_SIZE, PH_COMMUNE_SIZE, &text)) {
		return false;
	}
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9') {
			return false;
		}
	}
	*out = text;
	return true;
}

static bool members_read(const msgpack_object_array *array, struct ph_invite *invite)
{
	return ph_mp_bin_exact(ph_mp_item(array, 1), invite->id, PH_INVITE_ID_SIZE) &&
	       ph_mp_bin_exact(ph_mp_item(array, 2), invite->key, PH_KEY_SIZE) &&
	       ph_envelope_uint(ph_mp_item(array, 3), 1, PH_SITE_MAX, &invite->site) &&
	       text_read(ph_mp_item(array, 4), 1, PH_SITE_CODE_MAX, &invite->site_code) &&
	       text_read(ph_mp_item(array, 5), 1, PH_SITE_NAME_MAX, &invite->site_name) &&
	       ph_envelope_uint(ph_mp_item(array, 6), 0, PH_SITE_KIND_MAX,
				&invite->site_kind) &&
	       commune_read(ph_mp_item(array, 7), &invite->commune) &&
	       ph_envelope_uint(ph_mp_item(array, 8), PH_ROLE_SITE, PH_ROLE_BOTH,
				&invite->role) &&
	       ph_envelope_uint(ph_mp_item(array, 9), 0, PH_CODE_BLOCK_MAX,
				&invite->code_block) &&
	       ph_envelope_uint(ph_mp_item(array, 10), 0, PH_ENVELOPE_TIME_MAX,
				&invite->issued) &&
	       ph_envelope_uint(ph_mp_item(array, 11), 0, PH_ENVELOPE_TIME_MAX,
				&invite->expires) &&
	       text_read(ph_mp_item(array, 12), 0, PH_HUB_ADDRESS_MAX,
			 &invite->hub_address) &&
	       ph_mp_bin_exact(ph_mp_item(array, 13), invite->root, PH_KEY_SIZE) &&
	       ph_mp_bin_exact(ph_mp_item(array, 14), invite->operator_key, PH_KEY_SIZE);
}

static bool replaced_read(const msgpack_object *object, struct ph_invite *invite)
{
	const msgpack_object_array *array = ph_mp_array(object, 4, 4);

	invite->replaces = true;
	return array &&
	       ph_mp_bin_exact(ph_mp_item(array, 0), invite->replaced,
			       PH_DEVICE_ID_SIZE) &&
	       ph_mp_bin_exact(ph_mp_item(array, 1), invite->from.log_id,
			       PH_LOG_ID_SIZE) &&
	       ph_envelope_uint(ph_mp_item(array, 2), 1, PH_ENVELOPE_UINT_MAX,
				&invite->from.n) &&
	       ph_mp_bin_exact(ph_mp_item(array, 3), invite->from.h, PH_HASH_SIZE);
}

static int body_decode(struct ph_view body, struct ph_invite *invite)
{
	struct ph_mp mp;
	const msgpack_object_array *array;
	size_t members = MEMBERS;
	int rc = ph_envelope_body(&mp, body, MEMBERS + 1, members, &array);

	invite->replaces = false;
	if (rc > 0) {
		members++;
		rc = ph_envelope_body(&mp, body, MEMBERS + 1, members, &array);
	}
	if (rc) {
		return rc < 0 ? rc : PH_CERT_E_FORM;
	}

	bool ok =
		members_read(array, invite) &&
		(members == MEMBERS || replaced_read(ph_mp_item(array, MEMBERS), invite));

	ph_mp_deinit(&mp);
	return ok ? 0 : PH_CERT_E_FORM;
}

static bool keys_ok(const struct ph_invite *invite)
{
	return ph_sign_key_ok(invite->key) && ph_sign_key_ok(invite->root) &&
	       ph_sign_key_ok(invite->operator_key);
}

static int body_encode(const struct ph_invite *invite, struct ph_buf *body)
{
	struct ph_mpw writer;

	ph_mpw_init(&writer, body);
	ph_mpw_array(&writer, invite->replaces ? MEMBERS + 1 : MEMBERS);
	ph_mpw_uint(&writer, 1);
	ph_mpw_bin(&writer, invite->id, PH_INVITE_ID_SIZE);
	ph_mpw_bin(&writer, invite->key, PH_KEY_SIZE);
	ph_mpw_uint(&writer, invite->site);
	ph_mpw_str(&writer, invite->site_code);
	ph_mpw_str(&writer, invite->site_name);
	ph_mpw_uint(&writer, invite->site_kind);
	ph_mpw_str(&writer, invite->commune);
	ph_mpw_uint(&writer, invite->role);
	ph_mpw_uint(&writer, invite->code_block);
	ph_mpw_uint(&writer, invite->issued);
	ph_mpw_uint(&writer, invite->expires);
	ph_mpw_str(&writer, invite->hub_address);
	ph_mpw_bin(&writer, invite->root, PH_KEY_SIZE);
	ph_mpw_bin(&writer, invite->operator_key, PH_KEY_SIZE);
	if (invite->replaces) {
		ph_mpw_array(&writer, 4);
		ph_mpw_bin(&writer, invite->replaced, PH_DEVICE_ID_SIZE);
		ph_mpw_bin(&writer, invite->from.log_id, PH_LOG_ID_SIZE);
		ph_mpw_uint(&writer, invite->from.n);
		ph_mpw_bin(&writer, invite->from.h, PH_HASH_SIZE);
	}
	return ph_mpw_end(&writer);
}

int ph_invite_encode(const struct ph_invite *invite,
		     const struct ph_sign_pair *operator_pair, struct ph_buf *out)
{
	if (memcmp(invite->operator_key, operator_pair->key, PH_KEY_SIZE) != 0) {
		return -EINVAL;
	}

	struct ph_buf body = { 0 };
	struct ph_invite check;
	int rc = body_encode(invite, &body);

	rc = rc ? rc : body_decode(ph_buf_view(&body), &check);
	if (rc > 0 || (rc == 0 && !keys_ok(&check))) {
		rc = -EINVAL;
	}
	rc = rc ? rc
		: ph_envelope_sign(CONTEXT, ph_buf_view(&body), operator_pair->secret,
				   out);
	ph_buf_deinit(&body);
	return rc;
}

int ph_invite_open(struct ph_view bytes, struct ph_invite *invite)
{
	struct ph_envelope envelope;
	int rc = ph_envelope_decode(bytes, 1, &envelope);

	if (rc) {
		return rc < 0 ? rc : PH_CERT_E_FORM;
	}

	struct ph_invite result;

	rc = body_decode(envelope.body, &result);
	if (rc) {
		return rc;
	}
	if (!ph_sign_verify(envelope.sig[0], CONTEXT, envelope.body,
			    result.operator_key)) {
		return PH_CERT_E_SIGNATURE;
	}
	if (!keys_ok(&result)) {
		return PH_CERT_E_FORM;
	}
	*invite = result;
	return 0;
}

int ph_invite_decode(struct ph_view bytes, const struct ph_keylist *list,
		     struct ph_invite *invite)
{
	struct ph_invite result;
	int rc = ph_invite_open(bytes, &result);

	if (!rc) {
		rc = ph_keylist_admit(list, &result);
	}
	if (!rc) {
		*invite = result;
	}
	return rc;
}
