/*
 * tests/fuzz/fuzz_invite.c - any bytes as an invite's text, or behind its signatures.
 *
 * The first byte says what the rest is: t the text; b what the text's base64 stands
 * for; i the body of an invite, k of a key list, which this target signs, since no
 * fuzzer finds a signature. What decodes must give the same bytes when encoded
 * again; what is refused must leave its output alone.
 */
#include <sodium.h>

#include "tests/unit/province.h"

#include "tests/fuzz/mp_mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct province p;

static void must(bool fact)
{
	if (!fact) {
		abort();
	}
}

static void try_text(struct ph_view text)
{
	struct ph_invite_bundle bundle = { 0 };
	struct ph_error err = { 0 };
	int rc = ph_invite_parse(text, &bundle, &err);

	if (rc) {
		must(rc < 0 && err.text[0] != '\0' && bundle.bytes.data == NULL);
		return;
	}
	must(err.text[0] == '\0');

	struct ph_sign_pair once;
	struct ph_invite invite;

	ph_sign_pair_from_seed(&once, bundle.seed);
	must(memcmp(once.key, bundle.invite.key, PH_KEY_SIZE) == 0);
	must(ph_invite_decode(bundle.invite_bytes, &bundle.keylist, &invite) == 0);

	struct ph_buf again = { 0 };
	struct ph_invite_bundle second;

	must(ph_invite_text(bundle.invite_bytes, bundle.keylist_bytes, bundle.seed,
			    &again) == 0);
	must(ph_invite_parse(ph_buf_view(&again), &second, NULL) == 0);
	must(ph_view_equal(ph_buf_view(&second.bytes), ph_buf_view(&bundle.bytes)));
	ph_invite_bundle_deinit(&bundle);
	ph_invite_bundle_deinit(&second);
	ph_buf_wipe(&again);
}

static void try_bundle(struct ph_view bytes)
{
	static char text[4 * PH_INVITE_MAX];

	if (bytes.len > 2 * PH_INVITE_MAX) {
		return;
	}
	memcpy(text, PH_INVITE_PREFIX, strlen(PH_INVITE_PREFIX));
	sodium_bin2base64(text + strlen(PH_INVITE_PREFIX),
			  sizeof(text) - strlen(PH_INVITE_PREFIX), bytes.data, bytes.len,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	try_text(ph_view_str(text));
}

static void try_invite(struct ph_view body)
{
	struct ph_buf bytes = { 0 }, again = { 0 };
	struct ph_invite invite, before;

	memset(&invite, 0x5a, sizeof(invite));
	before = invite;
	forge(&bytes, body, INVITE_CONTEXT, &p.operator_pair, NULL, NULL);

	int rc = ph_invite_decode(ph_buf_view(&bytes), &p.list, &invite);

	if (rc) {
		must(memcmp(&invite, &before, sizeof(invite)) == 0);
	} else {
		must(ph_invite_encode(&invite, &p.operator_pair, &again) == 0);
		must(ph_view_equal(ph_buf_view(&bytes), ph_buf_view(&again)));
	}
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&again);
}

static void try_keylist(struct ph_view body)
{
	struct ph_buf bytes = { 0 }, again = { 0 };
	struct ph_keylist list, before;

	memset(&list, 0x5a, sizeof(list));
	before = list;
	forge(&bytes, body, KEYS_CONTEXT, &p.root, NULL, NULL);

	int rc = ph_keylist_decode(ph_buf_view(&bytes), &list);

	if (rc) {
		must(memcmp(&list, &before, sizeof(list)) == 0);
	} else {
		must(ph_keylist_encode(&list, &p.root, &again) == 0);
		must(ph_view_equal(ph_buf_view(&bytes), ph_buf_view(&again)));
	}
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (p.list.n_hubs == 0) {
		must(ph_crypto_start() == 0);
		province_make(&p, 1);
	}
	if (size == 0 || size > PH_SIGN_BODY_MAX) {
		return 0;
	}

	struct ph_view rest = PH_VIEW(data + 1, size - 1);

	switch (data[0]) {
	case 't':
		try_text(rest);
		break;
	case 'b':
		try_bundle(rest);
		break;
	case 'i':
		try_invite(rest);
		break;
	case 'k':
		try_keylist(rest);
		break;
	default:
		break;
	}
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mp_mutate(data, size, max, seed, 1);
}
