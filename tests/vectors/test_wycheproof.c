/*
 * The primitives, as we use them, against Wycheproof's edge cases and the cases of
 * ed25519-speccheck. This tests libsodium, and pins what we rely on: zero shared
 * secrets are refused, forged tags are refused, and which signatures are valid (the
 * hub and all devices must agree on that, or logs would fork).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/noise.h"
#include "tests/vectors/published.h"

static json_t *x25519;
static json_t *chacha;
static json_t *ed25519;
static json_t *speccheck;

/* Run EACH for every test of every group, and check that none was left out. */
static void each_test(const json_t *root,
		      void (*each)(const json_t *group, const json_t *test, void *data),
		      void *data)
{
	const json_t *group;
	const json_t *test;
	size_t i;
	size_t j;
	json_int_t n = 0;

	json_array_foreach(json_object_get(root, "testGroups"), i, group)
	{
		json_array_foreach(json_object_get(group, "tests"), j, test)
		{
			each(group, test, data);
			n++;
		}
	}
	assert_true(n > 0);
	assert_int_equal(n, json_integer_value(json_object_get(root, "numberOfTests")));
}

static bool is_valid(const json_t *test)
{
	const char *result = published_text(test, "result");

	assert_non_null(result);
	return strcmp(result, "valid") == 0;
}

static bool has_flag(const json_t *test, const char *flag)
{
	const json_t *value;
	size_t i;

	json_array_foreach(json_object_get(test, "flags"), i, value)
	{
		if (strcmp(json_string_value(value), flag) == 0) {
			return true;
		}
	}
	return false;
}

/* Name the case before the assertion that fails on it. */
static void check(bool ok, const json_t *test, const char *what)
{
	if (!ok) {
		print_message(
			"# case %lld: %s\n",
			(long long)json_integer_value(json_object_get(test, "tcId")),
			what);
	}
	assert_true(ok);
}

struct counts {
	unsigned accepted;
	unsigned refused;
	unsigned skipped;
};

static void each_x25519(const json_t *group, const json_t *test, void *data)
{
	(void)group;
	struct counts *counts = data;
	struct ph_buf secret = { 0 };
	struct ph_buf public_key = { 0 };
	struct ph_buf shared = { 0 };
	uint8_t got[PH_NOISE_KEY_LEN];

	published_bytes(test, "private", &secret);
	published_bytes(test, "public", &public_key);
	published_bytes(test, "shared", &shared);
	check(secret.len == 32 && public_key.len == 32 && shared.len == 32, test,
	      "sizes");
	int rc = ph_noise_dh(got, secret.data, public_key.data);
	/* "acceptable" ones are odd keys with a right answer, unless it is zero. */
	if (sodium_is_zero(shared.data, shared.len)) {
		check(has_flag(test, "ZeroSharedSecret"), test, "flag");
		check(rc == PH_NOISE_E_KEY, test, "a zero shared secret was let through");
		counts->refused++;
	} else {
		check(rc == 0, test, "refused");
		check(memcmp(got, shared.data, sizeof(got)) == 0, test, "wrong secret");
		counts->accepted++;
	}
	ph_buf_deinit(&secret);
	ph_buf_deinit(&public_key);
	ph_buf_deinit(&shared);
}

static void test_x25519(void **state)
{
	(void)state;
	struct counts counts = { 0 };

	each_test(x25519, each_x25519, &counts);
	print_message("# x25519: %u right, %u zero secrets refused\n", counts.accepted,
		      counts.refused);
	assert_true(counts.accepted > 0 && counts.refused > 0);
}

struct aead_case {
	struct ph_buf key;
	struct ph_buf nonce;
	struct ph_buf ad;
	struct ph_buf plain;
	struct ph_buf sealed; /* ciphertext and tag */
};

static void check_aead(const struct aead_case *aead, const json_t *test)
{
	uint8_t out[4096];

	check(aead->sealed.len <= sizeof(out) && aead->key.len == PH_NOISE_KEY_LEN &&
		      aead->sealed.len == aead->plain.len + PH_NOISE_TAG_LEN,
	      test, "sizes");
	int rc = crypto_aead_chacha20poly1305_ietf_decrypt(
		out, NULL, NULL, aead->sealed.data, aead->sealed.len, aead->ad.data,
		aead->ad.len, aead->nonce.data, aead->key.data);
	check((rc == 0) == is_valid(test), test, "opened or not, wrongly");
	if (rc == 0) {
		check(memcmp(out, aead->plain.data, aead->plain.len) == 0, test,
		      "plaintext");
	}
	crypto_aead_chacha20poly1305_ietf_encrypt(
		out, NULL, aead->plain.data, aead->plain.len, aead->ad.data, aead->ad.len,
		NULL, aead->nonce.data, aead->key.data);
	check((memcmp(out, aead->sealed.data, aead->sealed.len) == 0) == is_valid(test),
	      test, "sealing");
}

static void each_chacha(const json_t *group, const json_t *test, void *data)
{
	struct counts *counts = data;
	struct aead_case aead = { 0 };

	/* Other nonces cannot be handed to the function at all. */
	if (json_integer_value(json_object_get(group, "ivSize")) != 96) {
		check(!is_valid(test), test, "a valid one with another nonce");
		counts->skipped++;
		return;
	}
	published_bytes(test, "key", &aead.key);
	published_bytes(test, "iv", &aead.nonce);
	published_bytes(test, "aad", &aead.ad);
	published_bytes(test, "msg", &aead.plain);
	published_bytes(test, "ct", &aead.sealed);
	published_bytes(test, "tag", &aead.sealed);
	check_aead(&aead, test);
	if (is_valid(test)) {
		counts->accepted++;
	} else {
		counts->refused++;
	}
	ph_buf_deinit(&aead.key);
	ph_buf_deinit(&aead.nonce);
	ph_buf_deinit(&aead.ad);
	ph_buf_deinit(&aead.plain);
	ph_buf_deinit(&aead.sealed);
}

static void test_chacha20_poly1305(void **state)
{
	(void)state;
	struct counts counts = { 0 };

	each_test(chacha, each_chacha, &counts);
	print_message("# chacha20-poly1305: %u opened, %u refused, %u of other nonces\n",
		      counts.accepted, counts.refused, counts.skipped);
	assert_true(counts.accepted > 0 && counts.refused > 0);
}

static bool verifies(const json_t *signed_by, const char *pk_name, const json_t *test,
		     const char *message_name, const char *signature_name)
{
	struct ph_buf pk = { 0 };
	struct ph_buf message = { 0 };
	struct ph_buf signature = { 0 };

	published_bytes(signed_by, pk_name, &pk);
	published_bytes(test, message_name, &message);
	published_bytes(test, signature_name, &signature);
	assert_int_equal(pk.len, crypto_sign_PUBLICKEYBYTES);
	/* Our formats have 64 bytes for a signature: others are refused by decoding. */
	bool ok = signature.len == crypto_sign_BYTES &&
		  crypto_sign_verify_detached(signature.data, message.data, message.len,
					      pk.data) == 0;
	ph_buf_deinit(&pk);
	ph_buf_deinit(&message);
	ph_buf_deinit(&signature);
	return ok;
}

static void each_ed25519(const json_t *group, const json_t *test, void *data)
{
	struct counts *counts = data;
	const json_t *pk = json_object_get(group, "publicKey");

	check(verifies(pk, "pk", test, "msg", "sig") == is_valid(test), test,
	      "verified or not, wrongly");
	if (is_valid(test)) {
		counts->accepted++;
	} else {
		counts->refused++;
	}
}

static void test_ed25519(void **state)
{
	(void)state;
	struct counts counts = { 0 };

	each_test(ed25519, each_ed25519, &counts);
	print_message("# ed25519: %u accepted, %u refused\n", counts.accepted,
		      counts.refused);
	assert_true(counts.accepted > 0 && counts.refused > 0);
}

/* Small-order and mixed-order keys, and the like: only case 3 (from 0) is accepted. */
static void test_speccheck(void **state)
{
	(void)state;
	const json_t *test;
	size_t i;

	assert_int_equal(json_array_size(speccheck), 12);
	json_array_foreach(speccheck, i, test)
	{
		bool ok = verifies(test, "pub_key", test, "message", "signature");
		print_message("# speccheck case %zu: %s\n", i,
			      ok ? "accepted" : "refused");
		assert_int_equal(ok, i == 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x25519),
		cmocka_unit_test(test_chacha20_poly1305),
		cmocka_unit_test(test_ed25519),
		cmocka_unit_test(test_speccheck),
	};
	const struct {
		const char *name;
		json_t **root;
	} files[] = {
		{ "wycheproof-x25519_test.json", &x25519 },
		{ "wycheproof-chacha20_poly1305_test.json", &chacha },
		{ "wycheproof-ed25519_test.json", &ed25519 },
		{ "ed25519-speccheck-cases.json", &speccheck },
	};
	int failed = 0;

	if (sodium_init() < 0) {
		printf("Bail out! libsodium does not start\n");
		return 1;
	}
	for (size_t i = 0; i < 4; i++) {
		*files[i].root = published_load(files[i].name);
		if (*files[i].root == NULL) {
			goto out;
		}
	}
	failed = cmocka_run_group_tests_name("wycheproof", tests, NULL, NULL);
out:
	for (size_t i = 0; i < 4; i++) {
		json_decref(*files[i].root);
	}
	return failed;
}
