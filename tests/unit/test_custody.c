/* Tests of proto/custody.c: there and back, at its limits, every bit, by another key. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/log/envelope.h"
#include "proto/custody.h"

static struct ph_sign_pair pair;

static struct ph_custody make(uint64_t size, uint64_t time)
{
	struct ph_custody custody = { .size = size, .time = time };

	memset(custody.hash, 0x77, sizeof(custody.hash));
	memcpy(custody.courier, pair.key, PH_KEY_SIZE);
	return custody;
}

static int setup(void **state)
{
	static const uint8_t seed[PH_SEED_KEY_SIZE] = { 6 };

	(void)state;
	ph_sign_pair_from_seed(&pair, seed);
	return 0;
}

static void test_limits(void **state)
{
	static const struct {
		uint64_t size, time;
		int rc;
	} cases[] = {
		{ 1, 0, 0 },
		{ PH_BUNDLE_MAX, PH_ENVELOPE_TIME_MAX, 0 },
		{ 0, 0, -EINVAL },
		{ (uint64_t)PH_BUNDLE_MAX + 1, 0, -EINVAL },
		{ 1, PH_ENVELOPE_TIME_MAX + 1, -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_custody custody = make(cases[i].size, cases[i].time);
		struct ph_custody back;
		struct ph_buf bytes = { 0 };

		assert_int_equal(ph_custody_encode(&custody, &pair, &bytes), cases[i].rc);
		if (cases[i].rc == 0) {
			assert_int_equal(ph_custody_decode(ph_buf_view(&bytes), &back),
					 0);
			assert_memory_equal(back.hash, custody.hash, sizeof(back.hash));
			assert_memory_equal(back.courier, pair.key, PH_KEY_SIZE);
			assert_int_equal(back.size, custody.size);
			assert_int_equal(back.time, custody.time);
		}
		ph_buf_deinit(&bytes);
	}
}

static void test_bent(void **state)
{
	struct ph_custody custody = make(4096, 1790000000);
	struct ph_custody back;
	struct ph_buf bytes = { 0 };

	(void)state;
	assert_int_equal(ph_custody_encode(&custody, &pair, &bytes), 0);
	for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_true(ph_custody_decode(ph_buf_view(&bytes), &back) > 0);
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t len = 0; len < bytes.len; len++) {
		assert_int_equal(ph_custody_decode(PH_VIEW(bytes.data, len), &back),
				 PH_CUSTODY_E_FORM);
	}
	ph_buf_deinit(&bytes);
}

static void test_by_another(void **state)
{
	static const uint8_t seed[PH_SEED_KEY_SIZE] = { 7 };
	struct ph_custody custody = make(4096, 1790000000);
	struct ph_custody back;
	struct ph_sign_pair other;
	struct ph_buf bytes = { 0 };
	struct ph_envelope envelope;
	uint8_t sig[PH_SIGNATURE_SIZE];
	struct ph_buf forged = { 0 };

	(void)state;
	ph_sign_pair_from_seed(&other, seed);
	assert_int_equal(ph_custody_encode(&custody, &other, &bytes), -EINVAL);
	assert_int_equal(ph_custody_encode(&custody, &pair, &bytes), 0);
	assert_int_equal(ph_envelope_decode(ph_buf_view(&bytes), 1, &envelope), 0);
	/* another's signature over the same, and one for something else */
	ph_sign(sig, "packhorse custody 1", envelope.body, other.secret);
	envelope.sig[0] = sig;
	assert_int_equal(ph_envelope_encode(&envelope, 1, &forged), 0);
	assert_int_equal(ph_custody_decode(ph_buf_view(&forged), &back),
			 PH_CUSTODY_E_SIGNATURE);
	forged.len = 0;
	ph_sign(sig, "packhorse receipt 1", envelope.body, pair.secret);
	assert_int_equal(ph_envelope_encode(&envelope, 1, &forged), 0);
	assert_int_equal(ph_custody_decode(ph_buf_view(&forged), &back),
			 PH_CUSTODY_E_SIGNATURE);
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&forged);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_limits, setup),
		cmocka_unit_test_setup(test_bent, setup),
		cmocka_unit_test_setup(test_by_another, setup),
	};

	return ph_crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
