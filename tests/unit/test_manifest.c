/* Tests of proto/manifest.c: there and back, at its limits, bent, by another, of another version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/mp.h"
#include "proto/manifest.h"

struct sender {
	struct ph_sign_pair pair;
	uint8_t id[PH_DEVICE_ID_SIZE];
};

static void sender_init(struct sender *sender)
{
	static const uint8_t seed[PH_SEED_KEY_SIZE] = { 6 };

	ph_sign_pair_from_seed(&sender->pair, seed);
	ph_device_id(sender->id, sender->pair.key);
}

static void fill_manifest(struct ph_manifest *manifest, const struct sender *sender,
			  unsigned n)
{
	memset(manifest, 0, sizeof(*manifest));
	memcpy(manifest->key, sender->pair.key, PH_KEY_SIZE);
	manifest->written = INT64_MAX;
	for (unsigned i = 0; i < n; i++) {
		struct ph_manifest_line line = { .size = PH_BUNDLE_MAX,
						 .number = INT64_MAX,
						 .made = INT64_MAX };

		memset(line.hash, (int)i, sizeof(line.hash));
		assert_int_equal(ph_manifest_add(manifest, &line),
				 i < PH_SPOOL_BUNDLES_MAX ? 0 : PH_MANIFEST_E_FULL);
	}
}

static void test_manifest(void **state)
{
	const unsigned sizes[] = { 0,
				   1,
				   2,
				   PH_SPOOL_BUNDLES_MAX - 1,
				   PH_SPOOL_BUNDLES_MAX,
				   PH_SPOOL_BUNDLES_MAX + 1 };
	struct sender sender;
	struct ph_buf bytes = { 0 };

	(void)state;
	sender_init(&sender);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct ph_manifest manifest;
		struct ph_manifest back;

		fill_manifest(&manifest, &sender, sizes[i]);
		bytes.len = 0;
		assert_int_equal(ph_manifest_encode(&manifest, &sender.pair, &bytes), 0);
		assert_int_equal(
			ph_manifest_decode(ph_buf_view(&bytes), sender.id, &back), 0);
		assert_int_equal(back.n, manifest.n);
		assert_int_equal(back.written, manifest.written);
		if (back.n > 0) {
			assert_memory_equal(back.line, manifest.line,
					    back.n * sizeof(*back.line));
		}
		ph_manifest_deinit(&manifest);
		ph_manifest_deinit(&back);
	}
	ph_buf_deinit(&bytes);
}

static void test_manifest_bent(void **state)
{
	uint8_t other[PH_DEVICE_ID_SIZE] = { 1 };
	struct ph_manifest manifest;
	struct ph_manifest back;
	struct sender sender;
	struct ph_buf bytes = { 0 };

	(void)state;
	sender_init(&sender);
	fill_manifest(&manifest, &sender, 3);
	assert_int_equal(ph_manifest_encode(&manifest, &sender.pair, &bytes), 0);
	for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_true(ph_manifest_decode(ph_buf_view(&bytes), sender.id, &back) >
			    0);
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t len = 0; len < bytes.len; len++) {
		assert_int_equal(
			ph_manifest_decode(PH_VIEW(bytes.data, len), sender.id, &back),
			PH_MANIFEST_E_FORM);
	}
	assert_int_equal(ph_manifest_decode(ph_buf_view(&bytes), other, &back),
			 PH_MANIFEST_E_SIGNATURE);
	ph_manifest_deinit(&manifest);
	/* signed well, of a version that is not ours */
	struct ph_buf body = { 0 };
	struct ph_mpw writer;
	uint8_t sig[PH_SIGNATURE_SIZE];

	ph_mpw_init(&writer, &body);
	ph_mpw_array(&writer, 4);
	ph_mpw_uint(&writer, 2);
	ph_mpw_bin(&writer, sender.pair.key, PH_KEY_SIZE);
	ph_mpw_uint(&writer, 5);
	ph_mpw_array(&writer, 0);
	assert_int_equal(ph_mpw_end(&writer), 0);
	ph_sign(sig, PH_MANIFEST_CONTEXT, ph_buf_view(&body), sender.pair.secret);
	bytes.len = 0;
	ph_mpw_init(&writer, &bytes);
	ph_mpw_array(&writer, 2);
	ph_mpw_bin(&writer, body.data, body.len);
	ph_mpw_bin(&writer, sig, sizeof(sig));
	assert_int_equal(ph_mpw_end(&writer), 0);
	assert_int_equal(ph_manifest_decode(ph_buf_view(&bytes), sender.id, &back),
			 PH_MANIFEST_E_FORM);
	ph_buf_deinit(&body);
	ph_buf_deinit(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifest),
		cmocka_unit_test(test_manifest_bent),
	};

	return ph_crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
