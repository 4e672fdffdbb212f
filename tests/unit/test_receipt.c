/* Tests of common/log/receipt.c: limits, forgeries, and every bit of a receipt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "common/log/receipt.h"
#include "tests/unit/province.h"

#define COUNT(array)    (sizeof(array) / sizeof((array)[0]))
#define RECEIPT_CONTEXT "packhorse receipt 1"

static struct province p;
static struct ph_receipt plain;

static int set_up(void **state)
{
	(void)state;
	if (ph_crypto_start() != 0) {
		return -1;
	}
	province_make(&p, 1);
	plain = (struct ph_receipt){ .epoch = { .number = 3, .random = "epoch 3" },
				     .head = { .n = 1000 },
				     .level = PH_LEVEL_HUB,
				     .time = 1790000300,
				     .missing = { 2, 700, 1000 },
				     .n_missing = 3 };
	memset(plain.head.log_id, 0x11, PH_LOG_ID_SIZE);
	memset(plain.head.h, 0x22, PH_HASH_SIZE);
	return 0;
}

/* The body as docs/LOG.md gives it, without a look at any limit. */
static void body_make(struct ph_buf *out, const struct ph_receipt *receipt,
		      uint64_t version, const uint64_t *missing, size_t n_missing)
{
	struct ph_mpw writer;

	ph_mpw_init(&writer, out);
	ph_mpw_array(&writer, 9);
	ph_mpw_uint(&writer, version);
	ph_mpw_uint(&writer, receipt->epoch.number);
	ph_mpw_bin(&writer, receipt->epoch.random, 8);
	ph_mpw_bin(&writer, receipt->head.log_id, PH_LOG_ID_SIZE);
	ph_mpw_uint(&writer, receipt->head.n);
	ph_mpw_bin(&writer, receipt->head.h, PH_HASH_SIZE);
	ph_mpw_uint(&writer, (uint64_t)receipt->level);
	ph_mpw_uint(&writer, receipt->time);
	ph_mpw_array(&writer, n_missing);
	for (size_t i = 0; i < n_missing; i++) {
		ph_mpw_uint(&writer, missing[i]);
	}
	assert_int_equal(ph_mpw_end(&writer), 0);
}

static void assert_refused(struct ph_view bytes, const uint8_t *key, int expected)
{
	static struct ph_receipt receipt, before;

	memset(&receipt, 0x5a, sizeof(receipt));
	before = receipt;
	assert_int_equal(ph_receipt_decode(bytes, key, &receipt), expected);
	assert_memory_equal(&receipt, &before, sizeof(receipt));
}

/* Both ways: through the encoder, and as another program would have signed it. */
static void assert_judged(const struct ph_receipt *receipt, bool good)
{
	struct ph_buf bytes = { 0 }, body = { 0 }, forged = { 0 };
	struct ph_receipt again;

	body_make(&body, receipt, 1, receipt->missing, receipt->n_missing);
	forge(&forged, ph_buf_view(&body), RECEIPT_CONTEXT, &p.hub.sign, NULL, NULL);
	assert_int_equal(ph_receipt_encode(receipt, p.hub.sign.secret, &bytes),
			 good ? 0 : -EINVAL);
	if (!good) {
		assert_int_equal(bytes.len, 0);
		assert_refused(ph_buf_view(&forged), p.hub.sign.key, PH_RECEIPT_E_FORM);
	} else {
		assert_true(ph_view_equal(ph_buf_view(&bytes), ph_buf_view(&forged)));
		assert_int_equal(
			ph_receipt_decode(ph_buf_view(&bytes), p.hub.sign.key, &again),
			0);
		assert_true(again.epoch.number == receipt->epoch.number);
		assert_memory_equal(again.epoch.random, receipt->epoch.random, 8);
		assert_memory_equal(again.head.log_id, receipt->head.log_id,
				    PH_LOG_ID_SIZE);
		assert_memory_equal(again.head.h, receipt->head.h, PH_HASH_SIZE);
		assert_true(again.head.n == receipt->head.n);
		assert_int_equal(again.level, receipt->level);
		assert_true(again.time == receipt->time);
		assert_int_equal(again.n_missing, receipt->n_missing);
		assert_memory_equal(again.missing, receipt->missing,
				    8 * receipt->n_missing);
	}
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&body);
	ph_buf_deinit(&forged);
}

static void test_members(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint64_t epoch, n, time;
		unsigned level;
		bool good;
	} cases[] = {
		{ "plain", 3, 1000, 1790000300, PH_LEVEL_HUB, true },
		{ "backup", 3, 1000, 1790000300, PH_LEVEL_BACKUP, true },
		{ "level of a courier", 3, 1000, 1, PH_LEVEL_COURIER, false },
		{ "level of nobody", 3, 1000, 1, PH_LEVEL_HERE, false },
		{ "level over the last", 3, 1000, 1, PH_LEVEL_BACKUP + 1, false },
		{ "first epoch", 0, 1000, 0, PH_LEVEL_HUB, true },
		{ "last epoch", INT64_MAX, 1000, 1, PH_LEVEL_HUB, true },
		{ "over the last epoch", (uint64_t)INT64_MAX + 1, 1000, 1, PH_LEVEL_HUB,
		  false },
		{ "last n", 1, INT64_MAX, 1, PH_LEVEL_HUB, true },
		{ "over the last n", 1, (uint64_t)INT64_MAX + 1, 1, PH_LEVEL_HUB, false },
		{ "last time", 1, 1000, (UINT64_C(1) << 40) - 1, PH_LEVEL_HUB, true },
		{ "over the last time", 1, 1000, UINT64_C(1) << 40, PH_LEVEL_HUB, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("# %s\n", cases[i].name);
		struct ph_receipt receipt = plain;

		receipt.epoch.number = cases[i].epoch;
		receipt.head.n = cases[i].n;
		receipt.time = cases[i].time;
		receipt.level = (enum ph_level)cases[i].level;
		assert_judged(&receipt, cases[i].good);
	}
}

static void test_missing(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint64_t n, missing[3];
		unsigned n_missing;
		bool good;
	} cases[] = {
		{ "none", 1, { 0 }, 0, true },
		{ "the only one", 1, { 1 }, 1, true },
		{ "n 0", 0, { 0 }, 0, false },
		{ "entry 0", 5, { 0 }, 1, false },
		{ "the last", 5, { 5 }, 1, true },
		{ "behind the last", 5, { 6 }, 1, false },
		{ "rising", 5, { 1, 2, 5 }, 3, true },
		{ "twice", 5, { 1, 2, 2 }, 3, false },
		{ "falling", 5, { 1, 3, 2 }, 3, false },
		{ "largest", INT64_MAX, { 1, INT64_MAX }, 2, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("# %s\n", cases[i].name);
		struct ph_receipt receipt = plain;

		receipt.head.n = cases[i].n;
		memcpy(receipt.missing, cases[i].missing, sizeof(cases[i].missing));
		receipt.n_missing = cases[i].n_missing;
		assert_judged(&receipt, cases[i].good);
	}
}

static void test_missing_limit(void **state)
{
	(void)state;
	static uint64_t missing[PH_RECEIPT_MISSING_MAX + 1];
	struct ph_receipt receipt = plain;
	struct ph_buf body = { 0 }, bytes = { 0 };

	/* numbers as large as they get, so that the whole is as long as it gets */
	receipt.head.n = INT64_MAX;
	receipt.epoch.number = INT64_MAX;
	for (size_t i = 0; i < COUNT(missing); i++) {
		missing[i] = INT64_MAX - 1000 + i;
	}
	memcpy(receipt.missing, missing, sizeof(receipt.missing));
	receipt.n_missing = PH_RECEIPT_MISSING_MAX - 1;
	assert_judged(&receipt, true);
	receipt.n_missing = PH_RECEIPT_MISSING_MAX;
	assert_judged(&receipt, true);
	receipt.n_missing = PH_RECEIPT_MISSING_MAX + 1;
	assert_int_equal(ph_receipt_encode(&receipt, p.hub.sign.secret, &bytes), -EINVAL);
	assert_int_equal(bytes.len, 0);
	body_make(&body, &receipt, 1, missing, COUNT(missing));
	forge(&bytes, ph_buf_view(&body), RECEIPT_CONTEXT, &p.hub.sign, NULL, NULL);
	assert_refused(ph_buf_view(&bytes), p.hub.sign.key, PH_RECEIPT_E_FORM);
	ph_buf_deinit(&body);
	ph_buf_deinit(&bytes);
}

static void test_every_bit(void **state)
{
	(void)state;
	struct ph_buf bytes = { 0 };
	struct ph_receipt receipt;

	assert_int_equal(ph_receipt_encode(&plain, p.hub.sign.secret, &bytes), 0);
	for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
		bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (ph_receipt_decode(ph_buf_view(&bytes), p.hub.sign.key, &receipt) <=
		    0) {
			fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
		}
		bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < bytes.len; len++) {
		assert_refused(PH_VIEW(bytes.data, len), p.hub.sign.key,
			       PH_RECEIPT_E_FORM);
	}
	assert_int_equal(ph_buf_put_u8(&bytes, 0), 0);
	assert_refused(ph_buf_view(&bytes), p.hub.sign.key, PH_RECEIPT_E_FORM);
	ph_buf_deinit(&bytes);
}

static void assert_forged(uint64_t version, const char *context,
			  const struct ph_sign_pair *pair, int expected)
{
	struct ph_buf body = { 0 }, bytes = { 0 };

	body_make(&body, &plain, version, plain.missing, plain.n_missing);
	forge(&bytes, ph_buf_view(&body), context, pair, NULL, NULL);
	assert_refused(ph_buf_view(&bytes), p.hub.sign.key, expected);
	ph_buf_deinit(&body);
	ph_buf_deinit(&bytes);
}

static void test_forged(void **state)
{
	(void)state;
	struct ph_buf bytes = { 0 };

	assert_forged(2, RECEIPT_CONTEXT, &p.hub.sign, PH_RECEIPT_E_FORM);
	assert_forged(1, RECEIPT_CONTEXT, &p.device.sign, PH_RECEIPT_E_SIGNATURE);
	assert_forged(1, RECEIPT_CONTEXT, &p.root, PH_RECEIPT_E_SIGNATURE);
	assert_forged(1, KEYS_CONTEXT, &p.hub.sign, PH_RECEIPT_E_SIGNATURE);

	/* the key list signed by the same key is no receipt */
	assert_int_equal(ph_keylist_encode(&p.list, &p.root, &bytes), 0);
	assert_refused(ph_buf_view(&bytes), p.root.key, PH_RECEIPT_E_FORM);
	ph_buf_deinit(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),       cmocka_unit_test(test_missing),
		cmocka_unit_test(test_missing_limit), cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_forged),
	};

	return cmocka_run_group_tests_name("receipt", tests, set_up, NULL);
}
