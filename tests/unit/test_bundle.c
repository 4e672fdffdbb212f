/*
 * Tests of proto/bundle*.c: whole bundles in any portions; every cut, every bit, frames
 * out of order; bundles for somebody else; sizes at their limits.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bundle_maker.h"
#include "tests/lib/full_run.h"

#include <sodium.h>

static void check_whole(struct seen seen, unsigned items, unsigned receipts)
{
	assert_int_equal(seen.rc, PH_BUNDLE_E_OVER);
	assert_int_equal(seen.sender, 1);
	assert_int_equal(seen.first, 1);
	assert_int_equal(seen.items, items);
	assert_int_equal(seen.receipts, receipts);
	assert_int_equal(seen.ends, 1);
}

static void test_whole(void **state)
{
	const size_t sizes[] = {
		1, 15000, 16207, 16208, 16209, 65536, PH_SEGMENT_TRAVEL_MAX
	};
	const size_t steps[] = { 1, 7, 4096, PH_FRAME_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (int down = 0; down < 2; down++) {
			struct ph_buf bytes = { 0 };
			struct maker maker;

			maker_init(&maker, down ? PH_BUNDLE_DOWN : PH_BUNDLE_UP);
			maker_bundle(&maker, sizes[i], &bytes);
			assert_int_equal(bytes.len, ph_bundle_padded(bytes.len));
			for (size_t j = sizes[i] > 70000; j < 4; j++) {
				struct seen seen =
					maker_read(&maker, ph_buf_view(&bytes), steps[j]);

				check_whole(seen, down ? 4 : 3, down ? 1 : 0);
				assert_int_equal(seen.bytes,
						 sizes[i] + 140 + (down ? 200 : 0));
			}
			ph_buf_deinit(&bytes);
		}
	}
}

/* The same keys, randomness and records are the same bytes: docs/BUNDLE.md quotes them. */
static void test_example(void **state)
{
	static const char *const header = "504842554e444c450101"
					  "11111111111111111111111111111111"
					  "22222222222222222222222222222222"
					  "0000000000000007000000006ab13b80";
	struct ph_buf bytes = { 0 };
	struct maker maker;
	uint8_t hash[32];
	char hex[65];

	(void)state;
	maker_init(&maker, PH_BUNDLE_UP);
	maker_bundle(&maker, 100, &bytes);
	assert_int_equal(bytes.len, PH_BUNDLE_LEAST);
	crypto_generichash(hash, sizeof(hash), bytes.data, bytes.len, NULL, 0);
	ph_hex(hex, bytes.data, 29);
	hex[58] = '\0';
	assert_memory_equal(hex, header, 58);
	assert_memory_equal(bytes.data + 58, maker.recipient.key, 4);
	ph_hex(hex, hash, sizeof(hash));
	assert_string_equal(
		hex, "83ab7f367c3aa30ecfe33089f79f271e46d3efe62aca0a1ad9b731dcbbf42315");
	ph_buf_deinit(&bytes);
}

/* A prefix of what was written, and never all of it. */
static void check_prefix(struct seen seen)
{
	assert_true(seen.rc > PH_BUNDLE_E_FULL);
	assert_int_equal(seen.ends, 0);
	assert_true(seen.items <= 4);
	assert_true(seen.sender <= 1);
	assert_true(seen.first <= seen.sender);
	assert_true(seen.items == 0 || seen.first == 1);
}

static void test_cuts(void **state)
{
	struct ph_buf bytes = { 0 };
	struct maker maker;

	(void)state;
	maker_init(&maker, PH_BUNDLE_DOWN);
	maker_bundle(&maker, 40000, &bytes);
	/* each place in the last and first frames, and some between */
	for (size_t len = 0; len < bytes.len;
	     len += len < 600 || len + 600 > bytes.len ? 1 : 37) {
		struct seen seen = maker_read(&maker, PH_VIEW(bytes.data, len), 60000);

		check_prefix(seen);
		assert_int_equal(seen.rc, PH_BUNDLE_E_CUT);
	}
	ph_buf_deinit(&bytes);
}

static void test_bits(void **state)
{
	size_t step = full_run() ? 7 : 97;
	struct ph_buf bytes = { 0 };
	struct maker maker;

	(void)state;
	maker_init(&maker, PH_BUNDLE_DOWN);
	maker_bundle(&maker, 64000, &bytes);
	assert_true(bytes.len >= 64 * 1024);
	for (size_t bit = 0; bit < 8 * bytes.len; bit += bit < 8 * 600 ? 1 : step) {
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		check_prefix(maker_read(&maker, ph_buf_view(&bytes), 60000));
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	check_whole(maker_read(&maker, ph_buf_view(&bytes), 60000), 4, 1);
	ph_buf_deinit(&bytes);
}

/* ---- frames that were moved ---- */

struct frames {
	size_t at[32];
	size_t n; /* at[n] is the end */
};

static void find_frames(const struct ph_buf *bytes, struct frames *frames)
{
	size_t at = PH_BUNDLE_HEADER_LEN;

	frames->n = 0;
	while (at < bytes->len) {
		frames->at[frames->n++] = at;
		at += 2 + ph_be16_get(bytes->data + at);
	}
	frames->at[frames->n] = at;
}

static void put_frames(struct ph_buf *out, const struct ph_buf *bytes,
		       const struct frames *frames, const size_t *order, size_t n)
{
	out->len = 0;
	maker_must(ph_buf_put(out, bytes->data, PH_BUNDLE_HEADER_LEN) == 0);
	for (size_t i = 0; i < n; i++) {
		size_t at = frames->at[order[i]];

		maker_must(ph_buf_put(out, bytes->data + at,
				      frames->at[order[i] + 1] - at) == 0);
	}
}

static void test_moved(void **state)
{
	struct ph_buf bytes = { 0 };
	struct ph_buf moved = { 0 };
	struct frames frames;
	struct maker maker;

	(void)state;
	maker_init(&maker, PH_BUNDLE_UP);
	maker_bundle(&maker, 60000, &bytes);
	find_frames(&bytes, &frames);
	assert_true(frames.n >= 5);
	for (size_t i = 0; i < frames.n; i++) {
		size_t order[33];
		size_t n = 0;

		/* without the i-th */
		for (size_t j = 0; j < frames.n; j++) {
			if (j != i) {
				order[n++] = j;
			}
		}
		put_frames(&moved, &bytes, &frames, order, n);
		check_prefix(maker_read(&maker, ph_buf_view(&moved), 60000));
		/* the i-th twice */
		n = 0;
		for (size_t j = 0; j < frames.n; j++) {
			order[n++] = j;
			if (j == i) {
				order[n++] = j;
			}
		}
		put_frames(&moved, &bytes, &frames, order, n);
		struct seen seen = maker_read(&maker, ph_buf_view(&moved), 60000);
		check_prefix(seen);
		assert_int_equal(seen.rc, i + 1 == frames.n ? PH_BUNDLE_E_TRAILING
							    : PH_BUNDLE_E_SEAL);
		/* the i-th and the next changed */
		if (i + 1 < frames.n) {
			for (n = 0; n < frames.n; n++) {
				order[n] = n == i ? i + 1 : n == i + 1 ? i : n;
			}
			put_frames(&moved, &bytes, &frames, order, n);
			check_prefix(maker_read(&maker, ph_buf_view(&moved), 60000));
		}
	}
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&moved);
}

/* ---- for somebody else ---- */

static int read_as(const struct ph_buf *bytes, struct maker *maker)
{
	return maker_read(maker, ph_buf_view(bytes), 60000).rc;
}

static void test_foreign(void **state)
{
	struct ph_buf bytes = { 0 };
	struct maker maker;
	struct maker other;

	(void)state;
	maker_init(&maker, PH_BUNDLE_UP);
	maker_bundle(&maker, 100, &bytes);
	other = maker;
	other.config.header.direction = PH_BUNDLE_DOWN;
	assert_int_equal(read_as(&bytes, &other), PH_BUNDLE_E_RECIPIENT);
	other = maker;
	ph_box_pair_make(&other.recipient, &other.rng);
	assert_int_equal(read_as(&bytes, &other), PH_BUNDLE_E_RECIPIENT);
	/* a key with the same first bytes is another all the same */
	memcpy(other.recipient.key, maker.recipient.key, 4);
	assert_int_equal(read_as(&bytes, &other), PH_BUNDLE_E_SEAL);
	bytes.data[26]++; /* the address */
	assert_int_equal(read_as(&bytes, &maker), PH_BUNDLE_E_RECIPIENT);
	bytes.data[26]--;
	bytes.data[8]++;
	assert_int_equal(read_as(&bytes, &maker), PH_BUNDLE_E_VERSION);
	bytes.data[8]--;
	bytes.data[0]++;
	assert_int_equal(read_as(&bytes, &maker), PH_BUNDLE_E_MAGIC);
	bytes.data[0]--;
	bytes.data[9] = 3;
	assert_int_equal(read_as(&bytes, &maker), PH_BUNDLE_E_FORM);
	ph_buf_deinit(&bytes);
}

/* ---- sizes ---- */

static void test_classes(void **state)
{
	uint64_t last = 0;

	(void)state;
	assert_int_equal(ph_bundle_padded(0), 4096);
	assert_int_equal(ph_bundle_padded(4096), 4096);
	assert_int_equal(ph_bundle_padded(4097), 4352);
	assert_int_equal(ph_bundle_padded(PH_BUNDLE_MAX), PH_BUNDLE_MAX);
	for (uint64_t len = 1; len < 3 * PH_BUNDLE_MAX; len += 1 + len / 50) {
		uint64_t size = ph_bundle_padded(len);

		assert_true(size >= len && size >= last);
		assert_true(len <= 4096 || size <= len + len / 16);
		assert_int_equal(ph_bundle_padded(size), size);
		last = size;
	}
}

/* Put items until no more fits: never over MAX, and what fitted is there. */
static void fill(uint64_t max, size_t body, uint64_t *size_out, unsigned *items_out)
{
	struct ph_bundle_writer *writer;
	struct ph_item *item = maker_item(PH_ITEM_SEGMENT, 1, body);
	struct ph_buf bytes = { 0 };
	struct maker maker;
	struct seen seen;
	unsigned items = 0;
	int rc;

	maker_init(&maker, PH_BUNDLE_UP);
	maker.config.max = max;
	maker_must(ph_bundle_writer_new(&writer, &maker.config, &bytes) == 0);
	maker_first(&maker, writer, &bytes);
	while ((rc = ph_bundle_put_item(writer, item, &bytes)) == 0) {
		items++;
	}
	assert_int_equal(rc, PH_BUNDLE_E_FULL);
	assert_int_equal(ph_bundle_finish(writer, &bytes), 0);
	assert_int_equal(ph_bundle_put_item(writer, item, &bytes), -EINVAL);
	assert_int_equal(ph_bundle_finish(writer, &bytes), -EINVAL);
	seen = maker_read(&maker, ph_buf_view(&bytes), 60000);
	check_whole(seen, items, 0);
	*size_out = bytes.len;
	*items_out = items;
	ph_bundle_writer_free(writer);
	ph_items_free(item);
	ph_buf_deinit(&bytes);
}

static void test_full(void **state)
{
	const uint64_t maxes[] = { 4096, 4097, 65535, 65536, 65537, 100000 };
	unsigned items;
	uint64_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(maxes) / sizeof(maxes[0]); i++) {
		for (size_t body = 1; body < 40000; body = body * 3 + 1) {
			fill(maxes[i], body, &size, &items);
			assert_true(size <= maxes[i]);
		}
	}
	fill(PH_BUNDLE_MAX, 65536, &size, &items);
	assert_int_equal(size, PH_BUNDLE_MAX);
	assert_in_range(items, 120, 127);
}

static void test_limits(void **state)
{
	struct ph_bundle_writer *writer;
	struct ph_buf bytes = { 0 };
	uint8_t payload[PH_CERT_MAX + 1] = { 1 };
	struct maker maker;

	(void)state;
	maker_init(&maker, PH_BUNDLE_UP);
	maker.config.max = PH_BUNDLE_MAX + 1;
	assert_int_equal(ph_bundle_writer_new(&writer, &maker.config, &bytes), -EINVAL);
	maker.config.max = 4095;
	assert_int_equal(ph_bundle_writer_new(&writer, &maker.config, &bytes),
			 PH_BUNDLE_E_FULL);
	maker.config.max = PH_BUNDLE_MAX;
	maker.config.payload = PH_VIEW(payload, sizeof(payload));
	assert_int_equal(ph_bundle_writer_new(&writer, &maker.config, &bytes), -EINVAL);
	maker.config.payload.len = 0;
	assert_int_equal(ph_bundle_writer_new(&writer, &maker.config, &bytes), -EINVAL);
	bytes.len = 0;
	maker.config.payload.len = PH_CERT_MAX;
	assert_int_equal(ph_bundle_writer_new(&writer, &maker.config, &bytes), 0);
	ph_bundle_writer_free(writer);
	ph_buf_deinit(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),   cmocka_unit_test(test_example),
		cmocka_unit_test(test_cuts),    cmocka_unit_test(test_bits),
		cmocka_unit_test(test_moved),   cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_classes), cmocka_unit_test(test_full),
		cmocka_unit_test(test_limits),
	};

	return ph_crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
