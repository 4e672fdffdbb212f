/*
 * tests/fuzz/fuzz_frame.c - any bytes as a stream: a preamble, then frames.
 *
 * The first byte picks the limit. Every body lies inside of the input and within
 * the limit, encoding it gives the bytes it came from, and a refusal moves nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "proto/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool fact)
{
	if (!fact) {
		abort();
	}
}

/* What is looked at beforehand is what is decoded. */
static void try_peek(struct ph_view in)
{
	static const enum ph_preamble_kind all[] = { PH_PREAMBLE_SESSION,
						     PH_PREAMBLE_COURIER,
						     PH_PREAMBLE_SIBLING,
						     PH_PREAMBLE_ASK };
	enum ph_preamble_kind kind = PH_PREAMBLE_SESSION;
	struct ph_preamble preamble;
	int seen = ph_preamble_peek(in, &kind);

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct ph_view rest = in;

		if (ph_preamble_decode_as(&rest, all[i], &preamble) == 0) {
			must(seen == 0 && kind == all[i]);
		}
	}
}

static void try_preamble(struct ph_view *in)
{
	struct ph_view before = *in;
	struct ph_preamble preamble = { 0 };
	int rc;

	try_peek(*in);
	rc = ph_preamble_decode(in, &preamble);

	if (rc != 0) {
		must(in->data == before.data && in->len == before.len);
		must(preamble.version == 0);
		return;
	}
	must(in->len + PH_PREAMBLE_LEN == before.len);

	uint8_t key[32] = { 0 };
	uint8_t again[PH_PREAMBLE_LEN];

	memcpy(key, preamble.hint, sizeof(preamble.hint));
	ph_preamble_encode(again, key);
	must(memcmp(again, before.data, sizeof(again)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t limits[] = { PH_FRAME_MAX, 1, 2, 255, 256, 4096 };

	if (size == 0) {
		return 0;
	}

	struct ph_view in = PH_VIEW(data + 1, size - 1);
	size_t max = limits[data[0] % (sizeof(limits) / sizeof(limits[0]))];
	struct ph_buf again = { 0 };

	try_preamble(&in);
	for (;;) {
		struct ph_view before = in;
		struct ph_view body = { 0 };
		int rc = ph_frame_decode(&in, max, &body);

		if (rc != 0) {
			must(in.data == before.data && in.len == before.len);
			must(body.data == NULL);
			break;
		}
		must(body.len >= 1 && body.len <= max);
		must(body.data == before.data + PH_FRAME_HEADER_LEN);
		must(in.data == body.data + body.len);
		must(in.len + body.len + PH_FRAME_HEADER_LEN == before.len);
		again.len = 0;
		must(ph_frame_encode(body, &again) == 0);
		must(ph_view_equal(ph_buf_view(&again),
				   PH_VIEW(before.data, before.len - in.len)));
	}
	ph_buf_deinit(&again);
	return 0;
}
