/*
 * Tests of proto/bundle*.c: whole bundles in any portions; every cut, every bit, frames
 * out of order; bundles that are well sealed and break the rules; sizes at their limits.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bundle_maker.h"

#include <sodium.h>

#include "common/base/mp.h"

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
		hex, "eed55883f0f9c6224ffc3af8f01b7e52b54cfc08c47b63bfa965e889d942aa25");
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
	const char *full = getenv("PACKHORSE_FULL");
	size_t step = full != NULL && strcmp(full, "1") == 0 ? 1 : 97;
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

/* ---- well sealed, and wrong ---- */

static void put_said(struct ph_buf *out, uint64_t type, struct ph_view bytes,
		     uint64_t number)
{
	const struct bundle_said said = { .type = type,
					  .bytes = bytes,
					  .epoch = { .number = 3, .random = "epoch 3" },
					  .number = number };

	maker_must(bundle_said_encode(&said, out) == 0);
}

static void put_message(struct ph_buf *out, const struct ph_message *message)
{
	maker_must(ph_message_encode(message, out) == 0);
}

static void put_down(struct ph_buf *out)
{
	put_said(out, BUNDLE_MSG_WELCOME, PH_VIEW(NULL, 0), 1790000009);
}

static void put_part(struct ph_buf *out, uint64_t total)
{
	put_message(out, &(struct ph_message){ .type = PH_MSG_PART,
					       .first = 1,
					       .last = 1,
					       .total = total,
					       .chunk = ph_view_str("part") });
}

static void put_more(struct ph_buf *out)
{
	put_message(out, &(struct ph_message){ .type = PH_MSG_MORE,
					       .chunk = ph_view_str("m") });
}

static void put_end(struct ph_buf *out, uint64_t count)
{
	put_said(out, BUNDLE_MSG_END, PH_VIEW(NULL, 0), count);
}

static void say_good(struct ph_buf *out)
{
	put_down(out);
	put_part(out, 5);
	put_more(out);
	put_said(out, BUNDLE_MSG_RECEIPT, ph_view_str("a receipt"), 0);
	put_end(out, 2);
}

static void say_padded(struct ph_buf *out)
{
	maker_must(ph_buf_put(out, "\xc0\xc0", 2) == 0);
	put_down(out);
	maker_must(ph_buf_put(out, "\xc0", 1) == 0);
	put_end(out, 0);
}

static void say_no_first(struct ph_buf *out)
{
	put_part(out, 4);
	put_end(out, 1);
}

static void say_hello(struct ph_buf *out)
{
	struct ph_hello hello = { .counter = 7 };
	struct ph_buf bytes = { 0 };

	maker_must(ph_hello_encode(&hello, &bytes) == 0);
	put_said(out, BUNDLE_MSG_HELLO, ph_buf_view(&bytes), 0);
	ph_buf_deinit(&bytes);
	put_end(out, 0);
}

static void say_first_twice(struct ph_buf *out)
{
	put_down(out);
	put_down(out);
	put_end(out, 0);
}

static void say_more_alone(struct ph_buf *out)
{
	put_down(out);
	put_more(out);
	put_end(out, 0);
}

static void say_too_much(struct ph_buf *out)
{
	put_down(out);
	put_part(out, 4);
	put_more(out);
	put_end(out, 1);
}

static void say_item_open(struct ph_buf *out)
{
	put_down(out);
	put_part(out, 5);
	put_end(out, 1);
}

static void say_between(struct ph_buf *out)
{
	put_down(out);
	put_part(out, 5);
	put_said(out, BUNDLE_MSG_RECEIPT, ph_view_str("a receipt"), 0);
	put_more(out);
	put_end(out, 2);
}

static void say_wrong_count(struct ph_buf *out)
{
	put_down(out);
	put_part(out, 4);
	put_end(out, 0);
}

static void say_behind_end(struct ph_buf *out)
{
	put_down(out);
	put_end(out, 0);
	put_end(out, 0);
}

static void say_pad_behind_end(struct ph_buf *out)
{
	put_down(out);
	put_end(out, 0);
	maker_must(ph_buf_put(out, "\xc0", 1) == 0);
}

static void say_done(struct ph_buf *out)
{
	put_down(out);
	put_message(out, &(struct ph_message){ .type = PH_MSG_DONE });
	put_end(out, 0);
}

static void say_later_kind(struct ph_buf *out)
{
	put_down(out);
	maker_must(ph_buf_put(out, "\x92\x24\x01", 3) == 0);
	put_end(out, 0);
}

static void say_wrong_hash(struct ph_buf *out)
{
	put_down(out);
	put_message(out, &(struct ph_message){ .type = PH_MSG_PAGE,
					       .total = 4,
					       .chunk = ph_view_str("page") });
	put_end(out, 1);
}

static void say_offset(struct ph_buf *out)
{
	put_down(out);
	put_message(out, &(struct ph_message){ .type = PH_MSG_SEGMENT,
					       .first = 1,
					       .last = 1,
					       .total = 9,
					       .offset = 5,
					       .chunk = ph_view_str("body") });
	put_more(out);
	put_end(out, 1);
}

static void say_huge(struct ph_buf *out)
{
	put_down(out);
	put_message(out, &(struct ph_message){ .type = PH_MSG_SEGMENT,
					       .first = 1,
					       .last = 1,
					       .total = PH_SEGMENT_TRAVEL_MAX + 1,
					       .chunk = ph_view_str("body") });
}

static void say_junk(struct ph_buf *out)
{
	put_down(out);
	maker_must(ph_buf_put(out, "\xff", 1) == 0);
}

static void say_no_end(struct ph_buf *out)
{
	put_down(out);
	put_part(out, 4);
}

static void test_crafted(void **state)
{
	static const struct {
		const char *name;
		void (*say)(struct ph_buf *out);
		int rc;
		unsigned items;
	} cases[] = {
		{ "good", say_good, PH_BUNDLE_E_OVER, 1 },
		{ "padding anywhere", say_padded, PH_BUNDLE_E_OVER, 0 },
		{ "no end", say_no_end, PH_BUNDLE_E_CUT, 1 },
		{ "an item first", say_no_first, PH_BUNDLE_E_FORM, 0 },
		{ "the other direction's first", say_hello, PH_BUNDLE_E_FORM, 0 },
		{ "first twice", say_first_twice, PH_BUNDLE_E_FORM, 0 },
		{ "more of nothing", say_more_alone, PH_BUNDLE_E_FORM, 0 },
		{ "more than was told", say_too_much, PH_BUNDLE_E_FORM, 1 },
		{ "end within an item", say_item_open, PH_BUNDLE_E_FORM, 0 },
		{ "receipt within an item", say_between, PH_BUNDLE_E_FORM, 0 },
		{ "wrong count", say_wrong_count, PH_BUNDLE_E_FORM, 1 },
		{ "behind the end", say_behind_end, PH_BUNDLE_E_TRAILING, 0 },
		{ "padding behind the end", say_pad_behind_end, PH_BUNDLE_E_TRAILING, 0 },
		{ "a session's message", say_done, PH_BUNDLE_E_FORM, 0 },
		{ "a later kind", say_later_kind, PH_BUNDLE_E_VERSION, 0 },
		{ "wrong hash", say_wrong_hash, PH_BUNDLE_E_FORM, 0 },
		{ "resumed", say_offset, PH_BUNDLE_E_FORM, 0 },
		{ "too long a body", say_huge, PH_BUNDLE_E_FORM, 0 },
		{ "junk", say_junk, PH_BUNDLE_E_FORM, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_buf plain = { 0 };
		struct crafted crafted;
		struct maker maker;
		struct seen seen;

		maker_init(&maker, PH_BUNDLE_DOWN);
		craft_begin(&maker, &crafted);
		cases[i].say(&plain);
		craft_frame(&crafted, ph_buf_view(&plain));
		seen = maker_read(&maker, ph_buf_view(&crafted.bytes), 60000);
		if (seen.rc != cases[i].rc || seen.items != cases[i].items) {
			fail_msg("%s: %s, %u items", cases[i].name,
				 ph_bundle_reason(seen.rc), seen.items);
		}
		ph_buf_deinit(&plain);
		ph_buf_deinit(&crafted.bytes);
	}
}

/* What goes down only does not go up; a hello is bare, and its counter the header's number. */
static void test_crafted_up(void **state)
{
	(void)state;
	for (int which = 0; which < 6; which++) {
		struct ph_hello hello = { .counter = which == 1 ? 8 : 7 };
		struct ph_buf bytes = { 0 };
		struct ph_buf plain = { 0 };
		struct ph_item *page = maker_item(PH_ITEM_PAGE, 1, 4);
		struct crafted crafted;
		struct maker maker;

		maker_init(&maker, PH_BUNDLE_UP);
		craft_begin(&maker, &crafted);
		hello.n_heads = 1;
		hello.head[0].n = 9;
		if (which == 2) {
			hello.cert = ph_view_str("certificate");
		} else if (which == 3) {
			hello.n_segments = 1;
			hello.segment[0] = (struct ph_segment){
				.first = 1, .last = 1, .body = ph_view_str("b")
			};
		}
		maker_must(ph_hello_encode(&hello, &bytes) == 0);
		put_said(&plain, BUNDLE_MSG_HELLO, ph_buf_view(&bytes), 0);
		if (which == 4) {
			put_said(&plain, BUNDLE_MSG_RECEIPT, ph_view_str("a receipt"), 0);
		} else if (which == 5) {
			struct ph_message message = { .type = PH_MSG_PAGE,
						      .total = 4,
						      .chunk = ph_buf_view(&page->body) };

			ph_item_hash(page, message.hash);
			put_message(&plain, &message);
		}
		put_end(&plain, which > 3);
		craft_frame(&crafted, ph_buf_view(&plain));
		assert_int_equal(read_as(&crafted.bytes, &maker),
				 which == 0 ? PH_BUNDLE_E_OVER : PH_BUNDLE_E_FORM);
		ph_items_free(page);
		ph_buf_deinit(&bytes);
		ph_buf_deinit(&plain);
		ph_buf_deinit(&crafted.bytes);
	}
}

static void test_empty_frame(void **state)
{
	struct crafted crafted;
	struct maker maker;

	(void)state;
	maker_init(&maker, PH_BUNDLE_DOWN);
	craft_begin(&maker, &crafted);
	craft_frame(&crafted, PH_VIEW(NULL, 0));
	assert_int_equal(read_as(&crafted.bytes, &maker), PH_BUNDLE_E_FORM);
	ph_buf_deinit(&crafted.bytes);
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

/* Well made in all, but larger than what anybody makes. */
static void test_too_big(void **state)
{
	static uint8_t padding[60000];
	struct ph_buf plain = { 0 };
	struct crafted crafted;
	struct maker maker;

	(void)state;
	memset(padding, BUNDLE_PAD, sizeof(padding));
	maker_init(&maker, PH_BUNDLE_DOWN);
	craft_begin(&maker, &crafted);
	put_down(&plain);
	craft_frame(&crafted, ph_buf_view(&plain));
	plain.len = 0;
	put_end(&plain, 0);
	while (crafted.bytes.len + 60018 + 18 + plain.len <= PH_BUNDLE_MAX - 18) {
		craft_frame(&crafted, PH_VIEW(padding, sizeof(padding)));
	}
	size_t left = PH_BUNDLE_MAX - crafted.bytes.len - 18 - plain.len;
	struct crafted one_more = crafted;

	one_more.bytes = (struct ph_buf){ 0 };
	maker_must(ph_buf_put_view(&one_more.bytes, ph_buf_view(&crafted.bytes)) == 0);
	craft_frame(&crafted, PH_VIEW(padding, left - 18));
	craft_frame(&crafted, ph_buf_view(&plain));
	assert_int_equal(crafted.bytes.len, PH_BUNDLE_MAX);
	assert_int_equal(read_as(&crafted.bytes, &maker), PH_BUNDLE_E_OVER);
	craft_frame(&one_more, PH_VIEW(padding, left - 17));
	craft_frame(&one_more, ph_buf_view(&plain));
	assert_int_equal(one_more.bytes.len, PH_BUNDLE_MAX + 1);
	assert_int_equal(read_as(&one_more.bytes, &maker), PH_BUNDLE_E_BIG);
	ph_buf_deinit(&plain);
	ph_buf_deinit(&crafted.bytes);
	ph_buf_deinit(&one_more.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),       cmocka_unit_test(test_example),
		cmocka_unit_test(test_cuts),        cmocka_unit_test(test_bits),
		cmocka_unit_test(test_moved),       cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_crafted),     cmocka_unit_test(test_crafted_up),
		cmocka_unit_test(test_empty_frame), cmocka_unit_test(test_classes),
		cmocka_unit_test(test_full),        cmocka_unit_test(test_limits),
		cmocka_unit_test(test_too_big),
	};

	return ph_crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
