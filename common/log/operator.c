/*
 * common/log/operator.c - what an operator signs with a key of their own.
 *
 * The signed bytes are the log, the number in it, and the entry with stamp 0 and without
 * the signature. The number keeps a signature from being used a second time, when what
 * was signed has been taken back; the stamp is the log's, which nobody knows beforehand.
 */
#include "common/log/operator.h"

#include <string.h>

#define CONTEXT "packhorse operator 1"

_Static_assert(PH_OPERATOR_SIZE == PH_KEY_SIZE + PH_SIGNATURE_SIZE, "key and signature");
_Static_assert(PH_LOG_ID_SIZE + 8 + PH_ENTRY_MAX <= PH_SIGN_BODY_MAX, "it can be signed");

/* Append what is signed. */
static int make_body(const struct ph_entry *entry, const uint8_t *log_id, uint64_t n,
		     struct ph_buf *body, struct ph_error *err)
{
	struct ph_entry bare = *entry;
	int rc = ph_buf_put(body, log_id, PH_LOG_ID_SIZE);

	bare.stamp = 0;
	bare.extras.operator_sig = (struct ph_view){ 0 };
	if (rc == 0) {
		rc = ph_buf_put_be64(body, n);
	}
	return rc == 0 ? ph_entry_encode(&bare, body, err) : rc;
}

int ph_operator_sign(const struct ph_entry *entry,
		     const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n,
		     const struct ph_sign_pair *pair,
		     uint8_t out[static PH_OPERATOR_SIZE], struct ph_error *err)
{
	struct ph_buf body = { 0 };
	int rc = make_body(entry, log_id, n, &body, err);

	if (rc == 0) {
		memcpy(out, pair->key, PH_KEY_SIZE);
		ph_sign(out + PH_KEY_SIZE, CONTEXT, ph_buf_view(&body), pair->secret);
	}
	ph_buf_deinit(&body);
	return rc;
}

int ph_operator_check(const struct ph_entry *entry,
		      const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n)
{
	struct ph_view sig = entry->extras.operator_sig;
	struct ph_buf body = { 0 };
	int rc;

	if (sig.len == 0) {
		return PH_OPERATOR_E_NONE;
	}
	if (sig.len != PH_OPERATOR_SIZE || !ph_sign_key_ok(sig.data)) {
		return PH_OPERATOR_E_SIGNATURE;
	}
	rc = make_body(entry, log_id, n, &body, NULL);
	if (rc == 0 && !ph_sign_verify(sig.data + PH_KEY_SIZE, CONTEXT,
				       ph_buf_view(&body), sig.data)) {
		rc = PH_OPERATOR_E_SIGNATURE;
	}
	ph_buf_deinit(&body);
	return rc;
}

static bool is_known(const struct ph_speakers *speakers,
		     const uint8_t key[static PH_KEY_SIZE])
{
	bool any = false;

	for (size_t i = 0; i < 2; i++) {
		const struct ph_keylist *list = speakers->list[i];

		any = any || list != NULL;
		if (list && (ph_keylist_has_operator(list, key) ||
			     ph_keylist_had_operator(list, key))) {
			return true;
		}
	}
	return !any;
}

int ph_operator_of(const struct ph_speakers *speakers, const struct ph_entry *entry,
		   const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n)
{
	int rc = ph_operator_check(entry, log_id, n);

	return rc == 0 && !is_known(speakers, entry->extras.operator_sig.data)
		       ? PH_OPERATOR_E_STRANGER
		       : rc;
}

int ph_operator_heed(const struct ph_speakers *speakers, const struct ph_entry *entry,
		     const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n)
{
	return entry->kind && entry->kind->operator_only
		       ? ph_operator_of(speakers, entry, log_id, n)
		       : 0;
}
