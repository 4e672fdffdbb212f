/*
 * tests/fuzz/fuzz_manifest.c - bytes as a manifest of a spool, or as what a courier signs of a
 * bundle (proto/custody.h), or as the body of one that is signed.
 *
 * Byte 0: even, what follows is the whole; odd, it is a body that the target signs; with bit 3
 * the signature is then bent. From 32 to 47 it is a custody. What is taken encodes to the same
 * bytes; what is not leaves the output as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mp.h"
#include "proto/custody.h"

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

static void sign_body(const char *context, struct ph_view body, struct ph_buf *out)
{
	uint8_t sig[PH_SIGNATURE_SIZE];
	struct ph_mpw writer;

	ph_sign(sig, context, body, pair.secret);
	ph_mpw_init(&writer, out);
	ph_mpw_array(&writer, 2);
	ph_mpw_bin(&writer, body.data, body.len);
	ph_mpw_bin(&writer, sig, sizeof(sig));
	must(ph_mpw_end(&writer) == 0);
}

/* The second value of 32 bytes in BODY, where a custody names its courier; NULL: none. */
static uint8_t *courier_in(struct ph_buf *body)
{
	unsigned n = 0;

	for (size_t i = 0; i + 2 + PH_KEY_SIZE <= body->len; i++) {
		if (body->data[i] == 0xc4 && body->data[i + 1] == PH_KEY_SIZE) {
			if (n++ == 1) {
				return body->data + i + 2;
			}
			i += 1 + PH_KEY_SIZE;
		}
	}
	return NULL;
}

/* What is decoded, of the input: the signer's key is put where a body has one, or not. */
static void make(const uint8_t *data, size_t size, bool is_custody, struct ph_buf *bytes)
{
	struct ph_buf body = { 0 };
	uint8_t *key;

	if (data[0] % 2 == 0) {
		must(ph_buf_put(bytes, data + 1, size - 1) == 0);
		return;
	}
	must(ph_buf_put(&body, data + 1, size - 1) == 0);
	key = is_custody ? courier_in(&body) : body.len >= 36 ? body.data + 4 : NULL;
	if (key != NULL && data[0] % 4 == 1) {
		memcpy(key, pair.key, PH_KEY_SIZE);
	}
	sign_body(is_custody ? "packhorse custody 1" : PH_MANIFEST_CONTEXT,
		  ph_buf_view(&body), bytes);
	ph_buf_deinit(&body);
	bytes->data[bytes->len - 1] ^= (data[0] & 8) != 0;
}

static bool take_manifest(struct ph_view bytes, struct ph_buf *again)
{
	struct ph_manifest manifest;

	if (ph_manifest_decode(bytes, id, &manifest) != 0) {
		return false;
	}
	must(manifest.n <= PH_SPOOL_BUNDLES_MAX);
	must(ph_manifest_encode(&manifest, &pair, again) == 0);
	ph_manifest_deinit(&manifest);
	return true;
}

static bool take_custody(struct ph_view bytes, struct ph_buf *again)
{
	struct ph_custody custody, before;
	int rc;

	memset(&custody, 0x5a, sizeof(custody));
	before = custody;
	rc = ph_custody_decode(bytes, &custody);
	must(rc == 0 || memcmp(&custody, &before, sizeof(custody)) == 0);
	if (rc != 0) {
		must(rc == PH_CUSTODY_E_FORM || rc == PH_CUSTODY_E_SIGNATURE);
		return false;
	}
	must(memcmp(custody.courier, pair.key, PH_KEY_SIZE) == 0);
	must(custody.size >= 1 && custody.size <= PH_BUNDLE_MAX);
	must(ph_custody_encode(&custody, &pair, again) == 0);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[PH_SEED_KEY_SIZE] = { 6 };
	struct ph_buf bytes = { 0 };
	struct ph_buf again = { 0 };
	bool is_custody, taken;

	if (id[0] == 0) {
		ph_sign_pair_from_seed(&pair, seed);
		ph_device_id(id, pair.key);
	}
	if (size < 2 || size > PH_SIGN_BODY_MAX) {
		return 0;
	}
	is_custody = data[0] >> 4 == 2;
	make(data, size, is_custody, &bytes);
	taken = is_custody ? take_custody(ph_buf_view(&bytes), &again)
			   : take_manifest(ph_buf_view(&bytes), &again);
	if (taken) {
		must(data[0] % 2 == 1 && (data[0] & 8) == 0);
		must(ph_view_equal(ph_buf_view(&bytes), ph_buf_view(&again)));
	}
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&again);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mp_mutate(data, size, max, seed, 1);
}
