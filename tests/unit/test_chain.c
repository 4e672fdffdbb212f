/* Tests of common/log/chain.c: names and chain as another program computed them; seals that do not pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "common/log/chain.h"
#include "tests/lib/log_vectors.h"
#include "tests/lib/unhex.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const entries[] = { VEC_OPEN, VEC_MARK, VEC_READER,
				       VEC_CARD, VEC_LOAN, VEC_CHANGE };

struct vector {
	uint8_t key[PH_KEY_SIZE];
	uint8_t secret[PH_SECRET_SIZE];
	uint8_t nonce[PH_NONCE_SIZE];
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint8_t seal[PH_SIGNATURE_SIZE];
	struct ph_head head;
};

static struct vector vector(void)
{
	struct ph_buf pool = { 0 };
	struct vector v;

	crypto_sign_seed_keypair(v.key, v.secret, unhex(&pool, VEC_SEED).data);
	memcpy(v.nonce, unhex(&pool, VEC_NONCE).data, sizeof(v.nonce));
	memcpy(v.log_id, unhex(&pool, VEC_LOG).data, sizeof(v.log_id));
	memcpy(v.seal, unhex(&pool, VEC_SEAL).data, sizeof(v.seal));
	memcpy(v.head.log_id, v.log_id, sizeof(v.log_id));
	v.head.n = COUNT(entries);
	memcpy(v.head.h, unhex(&pool, VEC_H6).data, PH_HASH_SIZE);
	ph_buf_deinit(&pool);
	return v;
}

static void test_names(void **state)
{
	struct vector v = vector();
	uint8_t id[16];

	(void)state;
	assert_hex(v.key, sizeof(v.key), VEC_KEY);
	ph_device_id(id, v.key);
	assert_hex(id, sizeof(id), VEC_DEVICE);
	ph_log_id(id, v.key, v.nonce);
	assert_hex(id, sizeof(id), VEC_LOG);
	v.nonce[0] ^= 1;
	ph_log_id(id, v.key, v.nonce);
	assert_memory_not_equal(id, v.log_id, sizeof(id));
}

static void test_chain(void **state)
{
	struct vector v = vector();
	uint8_t h[PH_HASH_SIZE];
	uint8_t e[PH_HASH_SIZE];

	(void)state;
	ph_chain_start(h, v.log_id, v.key);
	assert_hex(h, sizeof(h), VEC_H0);
	for (size_t i = 0; i < COUNT(entries); i++) {
		struct ph_buf entry = { 0 };

		ph_entry_hash(unhex(&entry, entries[i]), e);
		ph_chain_step(h, e);
		if (i == 0) {
			assert_hex(e, sizeof(e), VEC_E1);
			assert_hex(h, sizeof(h), VEC_H1);
		}
		ph_buf_deinit(&entry);
	}
	assert_hex(h, sizeof(h), VEC_H6);
}

static void test_seal(void **state)
{
	struct vector v = vector();
	uint8_t seal[PH_SIGNATURE_SIZE];

	(void)state;
	ph_seal_sign(seal, &v.head, v.secret);
	assert_hex(seal, sizeof(seal), VEC_SEAL);
	assert_true(ph_seal_verify(seal, &v.head, v.key));
}

static void test_seal_refused(void **state)
{
	struct vector v = vector();
	struct vector bad;

	(void)state;
	for (size_t i = 0; i < PH_SIGNATURE_SIZE; i++) {
		bad = v;
		bad.seal[i] ^= 1;
		assert_false(ph_seal_verify(bad.seal, &bad.head, bad.key));
	}
	for (size_t i = 0; i < PH_HASH_SIZE; i++) {
		bad = v;
		bad.head.h[i] ^= 1;
		assert_false(ph_seal_verify(bad.seal, &bad.head, bad.key));
	}
	for (size_t i = 0; i < PH_LOG_ID_SIZE; i++) {
		bad = v;
		bad.head.log_id[i] ^= 1;
		assert_false(ph_seal_verify(bad.seal, &bad.head, bad.key));
	}
	bad = v;
	bad.head.n++;
	assert_false(ph_seal_verify(bad.seal, &bad.head, bad.key));
	bad = v;
	bad.key[0] ^= 1;
	assert_false(ph_seal_verify(bad.seal, &bad.head, bad.key));

	/* A key of small order would let one signature pass for many texts. */
	bad = v;
	memset(bad.key, 0, sizeof(bad.key));
	memset(bad.seal, 0, sizeof(bad.seal));
	assert_false(ph_seal_verify(bad.seal, &bad.head, bad.key));
	bad.key[0] = 1;
	bad.seal[0] = 1;
	assert_false(ph_seal_verify(bad.seal, &bad.head, bad.key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_seal),
		cmocka_unit_test(test_seal_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
