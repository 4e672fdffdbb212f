/*
 * tests/fuzz/fuzz_segment.c - any bytes as the body of a segment.
 *
 * What can be taken apart must give the same body when put together, and verify
 * under a seal made over it with the right count, and with no other.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/base/limits.h"
#include "common/log/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool fact)
{
	if (!fact) {
		abort();
	}
}

/* The number of entries, with the chain stepped over them; 0: not a body. */
static uint64_t take_apart(struct ph_view body, uint8_t h[static PH_HASH_SIZE])
{
	struct ph_buf again = { 0 };
	struct ph_view rest = body;
	uint64_t n = 0;

	while (rest.len > 0) {
		struct ph_view before = rest;
		struct ph_view entry;
		uint8_t e[PH_HASH_SIZE];

		if (ph_segment_next(&rest, &entry)) {
			must(rest.data == before.data && rest.len == before.len);
			ph_buf_deinit(&again);
			return 0;
		}
		must(ph_segment_add(&again, entry) == 0);
		ph_entry_hash(entry, e);
		ph_chain_step(h, e);
		n++;
	}
	must(ph_view_equal(body, ph_buf_view(&again)));
	ph_buf_deinit(&again);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[32] = { 1 };
	static const uint8_t h_prev[PH_HASH_SIZE] = { 2 };
	uint8_t key[PH_KEY_SIZE];
	uint8_t secret[PH_SECRET_SIZE];
	uint8_t h[PH_HASH_SIZE];
	struct ph_segment segment = { .first = 5, .body = PH_VIEW(data, size) };
	struct ph_head head = { 0 };

	memcpy(head.h, h_prev, PH_HASH_SIZE);

	uint64_t n = take_apart(segment.body, head.h);

	crypto_sign_seed_keypair(key, secret, seed);
	segment.last = n ? segment.first + n - 1 : segment.first;
	head.n = segment.last;
	ph_seal_sign(segment.seal, &head, secret);

	int rc = ph_segment_verify(&segment, key, h_prev, h);

	if (n == 0 || size > PH_SEGMENT_PLAIN_MAX) {
		must(rc == PH_SEGMENT_E_FORM);
		return 0;
	}
	must(rc == 0 && memcmp(h, head.h, sizeof(h)) == 0);
	segment.last++;
	must(ph_segment_verify(&segment, key, h_prev, h) == PH_SEGMENT_E_FORM);
	segment.last = segment.first - 1;
	must(ph_segment_verify(&segment, key, h_prev, h) == PH_SEGMENT_E_FORM);
	segment.first = 0;
	must(ph_segment_verify(&segment, key, h_prev, h) == PH_SEGMENT_E_FORM);
	segment.first = 5;
	segment.last = (uint64_t)PH_N_MAX + 1;
	must(ph_segment_verify(&segment, key, h_prev, h) == PH_SEGMENT_E_FORM);
	segment.last = segment.first + n - 1;
	segment.seal[0] ^= 1;
	must(ph_segment_verify(&segment, key, h_prev, h) == PH_SEGMENT_E_SEAL);
	return 0;
}
