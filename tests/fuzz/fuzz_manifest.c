/*
 * tests/fuzz/fuzz_manifest.c - bytes as a manifest, or as the body of one that is signed.
 *
 * Byte 0: even, what follows is the file; odd, it is a body that the target signs; with bit 3
 * the signature is then bent. What is
 * taken encodes to the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mp.h"
#include "proto/manifest.h"

#include "tests/fuzz/mp_mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ph_sign_pair pair;
static uint8_t id[PH_DEVICE_ID_SIZE];

static void must(bool fact)
{
	if (!fact) {
		abort();
	}
}

static void sign_body(struct ph_view body, struct ph_buf *out)
{
	uint8_t sig[PH_SIGNATURE_SIZE];
	struct ph_mpw writer;

	ph_sign(sig, PH_MANIFEST_CONTEXT, body, pair.secret);
	ph_mpw_init(&writer, out);
	ph_mpw_array(&writer, 2);
	ph_mpw_bin(&writer, body.data, body.len);
	ph_mpw_bin(&writer, sig, sizeof(sig));
	must(ph_mpw_end(&writer) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[PH_SEED_KEY_SIZE] = { 6 };
	struct ph_buf bytes = { 0 };
	struct ph_buf again = { 0 };
	struct ph_manifest manifest;
	bool is_bent;

	if (id[0] == 0) {
		ph_sign_pair_from_seed(&pair, seed);
		ph_device_id(id, pair.key);
	}
	if (size < 2 || size > PH_SIGN_BODY_MAX) {
		return 0;
	}
	is_bent = (data[0] & 8) != 0;
	if (data[0] % 2 == 0) {
		must(ph_buf_put(&bytes, data + 1, size - 1) == 0);
	} else {
		struct ph_buf body = { 0 };

		/* the signer's key, where a body has it, so that others are not all there is */
		must(ph_buf_put(&body, data + 1, size - 1) == 0);
		if (body.len >= 36 && data[0] % 4 == 1) {
			memcpy(body.data + 4, pair.key, PH_KEY_SIZE);
		}
		sign_body(ph_buf_view(&body), &bytes);
		ph_buf_deinit(&body);
		bytes.data[bytes.len - 1] ^= is_bent;
	}
	if (ph_manifest_decode(ph_buf_view(&bytes), id, &manifest) == 0) {
		must(data[0] % 2 == 1 && !is_bent && manifest.n <= PH_SPOOL_BUNDLES_MAX);
		must(ph_manifest_encode(&manifest, &pair, &again) == 0);
		must(ph_view_equal(ph_buf_view(&bytes), ph_buf_view(&again)));
		ph_manifest_deinit(&manifest);
	}
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&again);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mp_mutate(data, size, max, seed, 1);
}
