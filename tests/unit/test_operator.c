/* Tests of common/log/operator.c: what an operator signed, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/log/operator.h"

static const uint8_t log_id[PH_LOG_ID_SIZE] = { 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
						0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
						0x11, 0x11, 0x11, 0x11 };
static uint8_t device[PH_DEVICE_ID_SIZE];
static struct ph_sign_pair pair;

/* The example of docs/LOG.md, "Operator signature": stolen, and nothing of it counts. */
#define N 7
#define SIGNATURE                                                                        \
	"46af410b69dd4234eb1495d415bf60f64ca80ff9cd69b07ebd579d19c7dd8180"               \
	"d9344e1a28fa21e3ba1da4bac414c7d32b55dfbfa211c5fe8a59fabada9d9505"

static int setup(void **state)
{
	uint8_t seed[PH_SEED_KEY_SIZE];

	(void)state;
	memset(seed, 2, sizeof(seed));
	memset(device, 0x22, sizeof(device));
	ph_sign_pair_from_seed(&pair, seed);
	return ph_crypto_start();
}

static struct ph_entry cut(void)
{
	return (struct ph_entry){
		.kind = ph_kind_find(PH_KIND_DEVICE_CUT),
		.number = PH_KIND_DEVICE_CUT,
		.stamp = 99,
		.field[PH_CUT_DEVICE] = { .set = true,
					  .as.bytes = PH_VIEW(device, sizeof(device)) },
		.field[PH_CUT_REASON] = { .set = true, .as.uint = 0 },
	};
}

/* An entry like that, as it is written and read again. */
static struct ph_entry signed_cut(struct ph_buf *bytes, uint8_t sig[PH_OPERATOR_SIZE])
{
	struct ph_entry entry = cut();
	struct ph_entry read;

	assert_int_equal(ph_operator_sign(&entry, log_id, N, &pair, sig, NULL), 0);
	entry.extras.operator_sig = PH_VIEW(sig, PH_OPERATOR_SIZE);
	assert_int_equal(ph_entry_encode(&entry, bytes, NULL), 0);
	assert_int_equal(ph_entry_decode(ph_buf_view(bytes), &read), 0);
	return read;
}

static void test_example(void **state)
{
	struct ph_entry entry = cut();
	uint8_t sig[PH_OPERATOR_SIZE];
	char text[2 * PH_SIGNATURE_SIZE + 1];

	(void)state;
	assert_int_equal(ph_operator_sign(&entry, log_id, N, &pair, sig, NULL), 0);
	assert_memory_equal(sig, pair.key, PH_KEY_SIZE);
	ph_hex(text, sig + PH_KEY_SIZE, PH_SIGNATURE_SIZE);
	assert_string_equal(text, SIGNATURE);
}

static void test_check(void **state)
{
	struct ph_buf bytes = { 0 };
	uint8_t sig[PH_OPERATOR_SIZE];
	struct ph_entry good = signed_cut(&bytes, sig);
	struct ph_entry entry = good;
	uint8_t other_log[PH_LOG_ID_SIZE] = { 1 };

	(void)state;
	assert_int_equal(ph_operator_check(&good, log_id, N), 0);
	entry.stamp = 5; /* it is the log's */
	assert_int_equal(ph_operator_check(&entry, log_id, N), 0);

	assert_int_equal(ph_operator_check(&good, log_id, N + 1),
			 PH_OPERATOR_E_SIGNATURE);
	assert_int_equal(ph_operator_check(&good, log_id, N - 1),
			 PH_OPERATOR_E_SIGNATURE);
	assert_int_equal(ph_operator_check(&good, other_log, N), PH_OPERATOR_E_SIGNATURE);
	entry = good;
	entry.field[PH_CUT_REASON].as.uint = 1;
	assert_int_equal(ph_operator_check(&entry, log_id, N), PH_OPERATOR_E_SIGNATURE);
	entry = good;
	entry.extras.behalf = 371;
	assert_int_equal(ph_operator_check(&entry, log_id, N), PH_OPERATOR_E_SIGNATURE);
	entry = cut();
	assert_int_equal(ph_operator_check(&entry, log_id, N), PH_OPERATOR_E_NONE);
	ph_buf_deinit(&bytes);
}

/* Each byte of key and signature counts; a key that is none is not even asked. */
static void test_every_byte(void **state)
{
	struct ph_buf bytes = { 0 };
	uint8_t sig[PH_OPERATOR_SIZE];
	uint8_t bad[PH_OPERATOR_SIZE];
	struct ph_entry entry = signed_cut(&bytes, sig);

	(void)state;
	for (size_t i = 0; i < sizeof(bad); i++) {
		memcpy(bad, sig, sizeof(bad));
		bad[i] ^= 4;
		entry.extras.operator_sig = PH_VIEW(bad, sizeof(bad));
		assert_int_equal(ph_operator_check(&entry, log_id, N),
				 PH_OPERATOR_E_SIGNATURE);
	}
	memset(bad, 0, PH_KEY_SIZE);
	assert_int_equal(ph_operator_check(&entry, log_id, N), PH_OPERATOR_E_SIGNATURE);
	for (size_t len = 1; len < PH_OPERATOR_SIZE; len += 31) {
		entry.extras.operator_sig = PH_VIEW(sig, len);
		assert_int_equal(ph_operator_check(&entry, log_id, N),
				 PH_OPERATOR_E_SIGNATURE);
	}
	ph_buf_deinit(&bytes);
}

/* What cannot be written cannot be signed. */
static void test_bad_entry(void **state)
{
	struct ph_entry entry = cut();
	uint8_t sig[PH_OPERATOR_SIZE] = { 1 };
	struct ph_error err = { 0 };

	(void)state;
	entry.field[PH_CUT_DEVICE].set = false;
	assert_int_equal(ph_operator_sign(&entry, log_id, N, &pair, sig, &err), -EINVAL);
	assert_int_equal(sig[0], 1);
	assert_int_equal(err.exit, PH_EXIT_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_bad_entry),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
