/*
 * common/log/keylist.c - the root-signed list of hub and operator keys.
 *
 * Decoding: envelope, form of the body, the root's signature, then the points,
 * which cost most. A list is judged by the root it names; whoever has met a root
 * before compares.
 *
 * Failures: form PH_CERT_E_FORM (points that are no keys too), signature
 * PH_CERT_E_SIGNATURE. What encoding is asked to sign is decoded again first, so
 * that nothing goes out that nobody would take.
 */
#include <errno.h>
#include <string.h>

#include "common/log/cert.h"
#include "common/log/envelope.h"

#define CONTEXT "packhorse keys 1"
#define ITEMS   32
#define MEMBERS                                                                          \
	6 /* and one more, if logs are closed; and another, if there are former operators */

_Static_assert(ITEMS >= PH_KEYLIST_OPERATORS_MAX, "operators fit the walk");
_Static_assert(ITEMS >= PH_KEYLIST_CLOSED_MAX, "closed logs fit the walk");
_Static_assert(ITEMS >= PH_KEYLIST_FORMER_MAX, "former operators fit the walk");

static bool hubs_read(const msgpack_object *object, struct ph_keylist *list)
{
	const msgpack_object_array *hubs = ph_mp_array(object, 1, PH_KEYLIST_HUBS_MAX);

	if (!hubs) {
		return false;
	}
	for (unsigned i = 0; i < hubs->size; i++) {
		const msgpack_object_array *hub = ph_mp_array(ph_mp_item(hubs, i), 2, 2);

		if (!hub ||
		    !ph_mp_bin_exact(ph_mp_item(hub, 0), list->hub[i].sign,
				     PH_KEY_SIZE) ||
		    !ph_mp_bin_exact(ph_mp_item(hub, 1), list->hub[i].box, PH_KEY_SIZE)) {
			return false;
		}
	}
	list->n_hubs = hubs->size;
	return true;
}

static bool keys_read(const msgpack_object *object, uint8_t (*out)[PH_KEY_SIZE],
		      uint32_t max, unsigned *n_out)
{
	const msgpack_object_array *keys = ph_mp_array(object, 1, max);

	if (!keys) {
		return false;
	}
	for (unsigned i = 0; i < keys->size; i++) {
		if (!ph_mp_bin_exact(ph_mp_item(keys, i), out[i], PH_KEY_SIZE)) {
			return false;
		}
	}
	*n_out = keys->size;
	return true;
}

/* LEAST: how many there must be. */
static bool closed_read(const msgpack_object *object, uint32_t least,
			struct ph_keylist *list)
{
	const msgpack_object_array *logs =
		ph_mp_array(object, least, PH_KEYLIST_CLOSED_MAX);

	if (!logs) {
		return false;
	}
	for (unsigned i = 0; i < logs->size; i++) {
		const msgpack_object_array *log = ph_mp_array(ph_mp_item(logs, i), 3, 3);
		struct ph_head *closed = &list->closed[i];

		if (!log ||
		    !ph_mp_bin_exact(ph_mp_item(log, 0), closed->log_id,
				     PH_LOG_ID_SIZE) ||
		    !ph_envelope_uint(ph_mp_item(log, 1), 1, PH_ENVELOPE_UINT_MAX,
				      &closed->n) ||
		    !ph_mp_bin_exact(ph_mp_item(log, 2), closed->h, PH_HASH_SIZE) ||
		    ph_keylist_closed(list, closed->log_id)) {
			return false; /* one told twice would leave open what counts */
		}
		list->n_closed = i + 1;
	}
	return true;
}

static int body_decode(struct ph_view body, struct ph_keylist *list)
{
	struct ph_mp mp;
	const msgpack_object_array *array;
	size_t members = MEMBERS;
	int rc = ph_envelope_body(&mp, body, ITEMS, members, &array);

	list->n_closed = 0;
	list->n_former = 0;
	while (rc > 0 && members < MEMBERS + 2) {
		members++;
		rc = ph_envelope_body(&mp, body, ITEMS, members, &array);
	}
	if (rc) {
		return rc < 0 ? rc : PH_CERT_E_FORM;
	}

	bool ok = ph_envelope_uint(ph_mp_item(array, 1), 1, PH_ENVELOPE_UINT_MAX,
				   &list->generation) &&
		  ph_envelope_uint(ph_mp_item(array, 2), 0, PH_ENVELOPE_TIME_MAX,
				   &list->issued) &&
		  ph_mp_bin_exact(ph_mp_item(array, 3), list->root, PH_KEY_SIZE) &&
		  hubs_read(ph_mp_item(array, 4), list) &&
		  keys_read(ph_mp_item(array, 5), list->operator_key,
			    PH_KEYLIST_OPERATORS_MAX, &list->n_operators) &&
		  (members == MEMBERS ||
		   closed_read(ph_mp_item(array, 6), members == MEMBERS + 1, list)) &&
		  (members < MEMBERS + 2 ||
		   keys_read(ph_mp_item(array, 7), list->former, PH_KEYLIST_FORMER_MAX,
			     &list->n_former));

	ph_mp_deinit(&mp);
	return ok ? 0 : PH_CERT_E_FORM;
}

static bool keys_ok(const struct ph_keylist *list)
{
	bool ok = ph_sign_key_ok(list->root);

	for (unsigned i = 0; i < list->n_hubs; i++) {
		ok = ok && ph_sign_key_ok(list->hub[i].sign) &&
		     ph_box_key_ok(list->hub[i].box);
	}
	for (unsigned i = 0; i < list->n_operators; i++) {
		ok = ok && ph_sign_key_ok(list->operator_key[i]);
	}
	for (unsigned i = 0; i < list->n_former; i++) {
		ok = ok && ph_sign_key_ok(list->former[i]);
	}
	return ok;
}

static int body_encode(const struct ph_keylist *list, struct ph_buf *body)
{
	struct ph_mpw writer;

	ph_mpw_init(&writer, body);
	ph_mpw_array(&writer, list->n_former > 0   ? MEMBERS + 2
			      : list->n_closed > 0 ? MEMBERS + 1
						   : MEMBERS);
	ph_mpw_uint(&writer, 1);
	ph_mpw_uint(&writer, list->generation);
	ph_mpw_uint(&writer, list->issued);
	ph_mpw_bin(&writer, list->root, PH_KEY_SIZE);
	ph_mpw_array(&writer, list->n_hubs);
	for (unsigned i = 0; i < list->n_hubs; i++) {
		ph_mpw_array(&writer, 2);
		ph_mpw_bin(&writer, list->hub[i].sign, PH_KEY_SIZE);
		ph_mpw_bin(&writer, list->hub[i].box, PH_KEY_SIZE);
	}
	ph_mpw_array(&writer, list->n_operators);
	for (unsigned i = 0; i < list->n_operators; i++) {
		ph_mpw_bin(&writer, list->operator_key[i], PH_KEY_SIZE);
	}
	if (list->n_closed > 0 || list->n_former > 0) {
		ph_mpw_array(&writer, list->n_closed);
	}
	for (unsigned i = 0; i < list->n_closed; i++) {
		ph_mpw_array(&writer, 3);
		ph_mpw_bin(&writer, list->closed[i].log_id, PH_LOG_ID_SIZE);
		ph_mpw_uint(&writer, list->closed[i].n);
		ph_mpw_bin(&writer, list->closed[i].h, PH_HASH_SIZE);
	}
	if (list->n_former > 0) {
		ph_mpw_array(&writer, list->n_former);
	}
	for (unsigned i = 0; i < list->n_former; i++) {
		ph_mpw_bin(&writer, list->former[i], PH_KEY_SIZE);
	}
	return ph_mpw_end(&writer);
}

int ph_keylist_encode(const struct ph_keylist *list, const struct ph_sign_pair *root,
		      struct ph_buf *out)
{
	if (list->n_hubs > PH_KEYLIST_HUBS_MAX ||
	    list->n_operators > PH_KEYLIST_OPERATORS_MAX ||
	    list->n_closed > PH_KEYLIST_CLOSED_MAX ||
	    list->n_former > PH_KEYLIST_FORMER_MAX ||
	    memcmp(list->root, root->key, PH_KEY_SIZE) != 0) {
		return -EINVAL;
	}

	struct ph_buf body = { 0 };
	struct ph_keylist check;
	int rc = body_encode(list, &body);

	rc = rc ? rc : body_decode(ph_buf_view(&body), &check);
	if (rc > 0 || (rc == 0 && !keys_ok(&check))) {
		rc = -EINVAL;
	}
	rc = rc ? rc : ph_envelope_sign(CONTEXT, ph_buf_view(&body), root->secret, out);
	ph_buf_deinit(&body);
	return rc;
}

int ph_keylist_decode(struct ph_view bytes, struct ph_keylist *list)
{
	struct ph_envelope envelope;
	int rc = ph_envelope_decode(bytes, 1, &envelope);

	if (rc) {
		return rc < 0 ? rc : PH_CERT_E_FORM;
	}

	struct ph_keylist result = { 0 };

	rc = body_decode(envelope.body, &result);
	if (rc) {
		return rc;
	}
	if (!ph_sign_verify(envelope.sig[0], CONTEXT, envelope.body, result.root)) {
		return PH_CERT_E_SIGNATURE;
	}
	if (!keys_ok(&result)) {
		return PH_CERT_E_FORM;
	}
	*list = result;
	return 0;
}

bool ph_keylist_has_hub(const struct ph_keylist *list,
			const uint8_t sign[static PH_KEY_SIZE])
{
	for (unsigned i = 0; i < list->n_hubs; i++) {
		if (memcmp(list->hub[i].sign, sign, PH_KEY_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

static bool has(const uint8_t (*keys)[PH_KEY_SIZE], unsigned n,
		const uint8_t key[static PH_KEY_SIZE])
{
	for (unsigned i = 0; i < n; i++) {
		if (memcmp(keys[i], key, PH_KEY_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

bool ph_keylist_has_operator(const struct ph_keylist *list,
			     const uint8_t key[static PH_KEY_SIZE])
{
	return has((const uint8_t(*)[PH_KEY_SIZE])list->operator_key, list->n_operators,
		   key);
}

bool ph_keylist_had_operator(const struct ph_keylist *list,
			     const uint8_t key[static PH_KEY_SIZE])
{
	return has((const uint8_t(*)[PH_KEY_SIZE])list->former, list->n_former, key);
}

const struct ph_head *ph_keylist_closed(const struct ph_keylist *list,
					const uint8_t log_id[static PH_LOG_ID_SIZE])
{
	for (unsigned i = 0; i < list->n_closed; i++) {
		if (memcmp(list->closed[i].log_id, log_id, PH_LOG_ID_SIZE) == 0) {
			return &list->closed[i];
		}
	}
	return NULL;
}

int ph_keylist_admit(const struct ph_keylist *list, const struct ph_invite *invite)
{
	if (memcmp(list->root, invite->root, PH_KEY_SIZE) != 0) {
		return PH_CERT_E_ROOT;
	}
	return ph_keylist_has_operator(list, invite->operator_key) ? 0
								   : PH_CERT_E_OPERATOR;
}
