/*
 * Tests of proto/pack.c: its limits, one less, at it, one more; and segments that are
 * made to burst, which must cost no more than those that are not.
 */
#include <stdio.h>

#include <zstd.h>

#include "pack_room.h"

struct limits {
	struct made *made;
	struct ph_buf text, coded, frame;
};

static int setup(void **state)
{
	struct limits *limits = calloc(1, sizeof(*limits));

	limits->made = made_new();
	*state = limits;
	return 0;
}

static int teardown(void **state)
{
	struct limits *limits = *state;

	made_free(limits->made);
	ph_buf_deinit(&limits->text);
	ph_buf_deinit(&limits->coded);
	ph_buf_deinit(&limits->frame);
	free(limits);
	return 0;
}

static void put_byte(struct ph_buf *buf, uint8_t byte, size_t times)
{
	assert_int_equal(ph_buf_reserve(buf, times), 0);
	memset(buf->data + buf->len, byte, times);
	buf->len += times;
}

static void put_random(struct ph_buf *buf, size_t len)
{
	static const uint8_t seed[randombytes_SEEDBYTES] = { 7 };

	assert_int_equal(ph_buf_reserve(buf, len), 0);
	randombytes_buf_deterministic(buf->data + buf->len, len, seed);
	buf->len += len;
}

/* TEXT as a section: as it is, or through zstd as a packer does it. */
static struct ph_view section(struct limits *limits, bool zstd)
{
	struct ph_view dict = ph_pack_dict_text();
	size_t bound = ZSTD_compressBound(limits->text.len);
	ZSTD_CCtx *context = ZSTD_createCCtx();

	limits->frame.len = 0;
	if (!zstd) {
		put_byte(&limits->frame, 0, 1);
		ph_buf_put_view(&limits->frame, ph_buf_view(&limits->text));
	} else {
		put_byte(&limits->frame, 0, bound);
		ZSTD_CCtx_setParameter(context, ZSTD_c_dictIDFlag, 0);
		ZSTD_CCtx_loadDictionary(context, dict.data, dict.len);

		size_t len = ZSTD_compress2(context, limits->frame.data, bound,
					    limits->text.data, limits->text.len);

		assert_false(ZSTD_isError(len));
		limits->frame.len = len;
		ph_buf_drop(&limits->frame, 3);
		limits->frame.data[0] =
			1; /* in the place of the last byte of the magic */
	}
	ZSTD_freeCCtx(context);
	return ph_buf_view(&limits->frame);
}

/* A segment of raw entries in those runs of [how many, bytes]; its text is there. */
static int unpack_raw(struct limits *limits, const size_t (*runs)[2], size_t n_runs,
		      bool zstd, struct ph_unpacked *out)
{
	struct made *made = limits->made;
	uint64_t n = 0;

	limits->coded.len = 0;
	made->pack->coder.untrained = false;
	craft_raw(&made->pack->coder, &limits->coded, runs, n_runs);
	craft(&made->packed, PH_VIEW(NULL, 0), section(limits, zstd),
	      ph_buf_view(&limits->coded));
	for (size_t i = 0; i < n_runs; i++) {
		n += runs[i][0];
	}
	made->where.last = made->where.first + n - 1;
	return made_unpack(made, out);
}

/* Bytes of a packed segment: of raw entries of random bytes. */
static void test_packed_size(void **state)
{
	struct limits *limits = *state;
	struct made *made = limits->made;
	struct ph_unpacked out;
	size_t one[][2] = { { 2, 32000 }, { 1, 1000 } }, over;

	put_random(&limits->text, 65000);
	assert_int_equal(unpack_raw(limits, (const size_t(*)[2])one, 2, false, &out), 0);
	over = PH_PACK_MAX - made->packed.len;
	for (size_t step = 0; step < 3; step++) {
		size_t runs[][2] = { { 2, 32000 }, { 1, 1000 + over + step - 1 } };

		limits->text.len = 0;
		put_random(&limits->text, 65000 + over + step - 1);
		assert_int_equal(
			unpack_raw(limits, (const size_t(*)[2])runs, 2, false, &out),
			step < 2 ? 0 : PH_PACK_E_FORM);
		assert_int_equal(made->packed.len, PH_PACK_MAX + step - 1);
	}
}

/* The same by the packer: what would be longer is left to be sent plain. */
static void test_packer_size(void **state)
{
	struct limits *limits = *state;
	struct made *made = limits->made;
	size_t over = 0;

	put_random(&limits->text, 70000);
	for (int step = -1; step < 3; step++) {
		made->body.len = 0;
		for (size_t at = 0, i = 0; i < 3; i++) {
			size_t len = i < 2 ? 32000 : 1000 + over + (step > 0 ? step : 0);

			ph_segment_add(&made->body, PH_VIEW(limits->text.data + at, len));
			at += len;
		}
		made->where.last = 3;
		if (step < 0) {
			assert_int_equal(made_pack(made), 0);
			over = PH_PACK_MAX - made->packed.len - 1;
		} else {
			assert_int_equal(made_pack(made), step < 2 ? 0 : PH_PACK_E_PLAIN);
		}
	}
}

/* 1 MiB of plain body, of which the packed form is long enough to be allowed it. */
static void test_plain_size(void **state)
{
	struct limits *limits = *state;
	struct ph_unpacked out;

	for (size_t step = 0; step < 3; step++) {
		/* 32 entries with lengths of 3 bytes */
		size_t runs[][2] = { { 31, 32765 },
				     { 1, PH_SEGMENT_PLAIN_MAX - 31 * 32768 - 3 + step -
						  1 } };

		limits->text.len = 0;
		put_random(&limits->text, 20000);
		put_byte(&limits->text, 0, 31 * 32765 + runs[1][1] - 20000);
		assert_int_equal(
			unpack_raw(limits, (const size_t(*)[2])runs, 2, true, &out),
			step < 2 ? 0 : PH_PACK_E_FORM);
		if (step < 2) {
			assert_int_equal(out.body.len, PH_SEGMENT_PLAIN_MAX + step - 1);
		}
	}
}

/* Above 64 KiB a packed segment gives at most 64 times its size. */
static void test_ratio(void **state)
{
	struct limits *limits = *state;
	struct made *made = limits->made;
	struct ph_unpacked out;
	size_t room = 70000, len = 0;

	/* the size moves a little with the numbers in it: come near, then meet it */
	for (int i = 0; i < 6; i++) {
		size_t runs[][2] = { { 3, 17000 }, { 1, room - 3 * 17003 - 3 } };

		limits->text.len = 0;
		put_random(&limits->text, 1060);
		put_byte(&limits->text, 0, 3 * 17000 + runs[1][1] - 1060);
		unpack_raw(limits, (const size_t(*)[2])runs, 2, true, &out);
		len = made->packed.len;
		room = PH_PACK_RATIO * len;
	}
	assert_in_range(room, 65537, 80000);
	for (size_t step = 0; step < 3; step++) {
		size_t runs[][2] = { { 3, 17000 },
				     { 1, room - 3 * 17003 - 3 + step - 1 } };

		limits->text.len = 0;
		put_random(&limits->text, 1060);
		put_byte(&limits->text, 0, 3 * 17000 + runs[1][1] - 1060);
		assert_int_equal(
			unpack_raw(limits, (const size_t(*)[2])runs, 2, true, &out),
			step < 2 ? 0 : PH_PACK_E_FORM);
		assert_int_equal(made->packed.len, len);
	}
}

/* Up to 64 KiB the ratio does not matter. */
static void test_free_ride(void **state)
{
	struct limits *limits = *state;
	struct ph_unpacked out;

	for (size_t step = 0; step < 3; step++) {
		size_t runs[][2] = { { 2, 30000 },
				     { 1, PH_PACK_FREE - 60006 - 2 + step - 1 } };

		limits->text.len = 0;
		put_byte(&limits->text, 0, 60000 + runs[1][1]);
		assert_int_equal(
			unpack_raw(limits, (const size_t(*)[2])runs, 2, true, &out),
			step < 2 ? 0 : PH_PACK_E_FORM);
		assert_true(limits->made->packed.len < 200);
	}
}

/* What would burst the ratio is not packed. */
static void test_packer_ratio(void **state)
{
	struct limits *limits = *state;
	struct made *made = limits->made;

	put_byte(&limits->text, 0x55, PH_ENTRY_MAX);
	for (uint64_t n = 1; n <= 4; n++) {
		ph_segment_add(&made->body, ph_buf_view(&limits->text));
		made->where.last = n;
		assert_int_equal(made_pack(made), n < 2 ? 0 : PH_PACK_E_PLAIN);
	}
}

static void test_entry_size(void **state)
{
	struct limits *limits = *state;
	struct ph_unpacked out;

	for (size_t step = 0; step < 3; step++) {
		size_t runs[][2] = { { 1, PH_ENTRY_MAX + step - 1 } };

		limits->text.len = 0;
		put_byte(&limits->text, 0, runs[0][1]);
		assert_int_equal(
			unpack_raw(limits, (const size_t(*)[2])runs, 1, true, &out),
			step < 2 ? 0 : PH_PACK_E_FORM);
	}

	size_t none[][2] = { { 1, 0 } };

	limits->text.len = 0;
	put_byte(&limits->text, 0, 1);
	assert_int_equal(unpack_raw(limits, (const size_t(*)[2])none, 1, true, &out),
			 PH_PACK_E_FORM);
}

static void test_entries(void **state)
{
	struct limits *limits = *state;
	struct made *made = limits->made;
	struct ph_unpacked out;

	for (size_t step = 0; step < 3; step++) {
		size_t runs[][2] = { { PH_PACK_ENTRIES_MAX + step - 1, 1 } };
		struct ph_view text;

		limits->text.len = 0;
		put_random(&limits->text, 3000);
		put_byte(&limits->text, 0, runs[0][0] - 3000);
		assert_int_equal(
			unpack_raw(limits, (const size_t(*)[2])runs, 1, true, &out),
			step < 2 ? 0 : PH_PACK_E_FORM);
		made->body.len = 0;
		text = ph_buf_view(&limits->text);
		for (size_t i = 0; i < runs[0][0]; i++) {
			ph_segment_add(&made->body, PH_VIEW(text.data + i, 1));
		}
		assert_int_equal(made_pack(made), step < 2 ? 0 : PH_PACK_E_PLAIN);
	}
}

/* Parts inside; those that are more stay outside. */
static void test_parts(void **state)
{
	struct limits *limits = *state;
	struct made *made = limits->made;
	const size_t n = PH_PACK_PARTS_MAX + 1;
	struct ph_pack_part *parts = calloc(n, sizeof(*parts));
	bool *taken = calloc(n, sizeof(*taken));
	struct ph_unpacked out;

	for (size_t i = 0; i < n; i++) {
		struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_PUT),
					  .number = PH_KIND_READER_PUT,
					  .stamp = (UINT64_C(1790000000) << 16) + i };
		struct ph_buf bytes = { 0 }, plain = { 0 }, cipher = { 0 };
		uint8_t commit[PH_HASH_SIZE];

		entry.sealed[PH_READER_S_BORN].set = true;
		entry.sealed[PH_READER_S_BORN].as.uint = 1950 + i % 60;
		assert_int_equal(ph_part_encode(&entry, &plain, NULL), 0);
		parts[i].n = i + 1;
		parts[i].seed[0] = (uint8_t)i;
		parts[i].seed[1] = (uint8_t)(i >> 8);
		parts[i].plain = ph_buf_view(&plain);
		assert_int_equal(ph_part_seal(parts[i].seed, made->where.log_id, i + 1,
					      parts[i].plain, &cipher),
				 0);
		ph_part_commit(ph_buf_view(&cipher), commit);
		entry.field[PH_READER_SETS].set = true;
		entry.field[PH_READER_SETS].as.uint = 1u << PH_READER_S_BORN;
		entry.field[PH_READER_COMMIT].set = true;
		entry.field[PH_READER_COMMIT].as.bytes = PH_VIEW(commit, sizeof(commit));
		assert_int_equal(ph_entry_encode(&entry, &bytes, NULL), 0);
		assert_int_equal(ph_segment_add(&made->body, ph_buf_view(&bytes)), 0);
		ph_buf_deinit(&bytes);
		ph_buf_deinit(&cipher);
	}
	made->where.last = n;
	for (size_t k = n - 2; k <= n; k++) {
		made->packed.len = 0;
		assert_int_equal(ph_pack(made->pack, &made->where,
					 ph_buf_view(&made->body), parts, k, taken,
					 &made->packed),
				 0);
		assert_true(taken[n - 3]);
		for (size_t i = 0; i < k; i++) {
			assert_int_equal(taken[i], i < PH_PACK_PARTS_MAX);
		}
		assert_int_equal(made_unpack(made, &out), 0);
		assert_true(ph_view_equal(out.body, ph_buf_view(&made->body)));
		assert_int_equal(out.n_parts, k < n ? k : n - 1);
	}
	for (size_t i = 0; i < n; i++) {
		free((void *)(uintptr_t)parts[i].plain.data);
	}
	free(parts);
	free(taken);
}

/* --- what is made to burst --- */

/* FRAME (without its magic) as the texts of a segment of one entry. */
static int unpack_frame(struct limits *limits, struct ph_view frame)
{
	struct made *made = limits->made;
	static const size_t runs[][2] = { { 1, 1000 } };
	struct ph_unpacked out;
	struct ph_buf text = { 0 };
	int rc;

	limits->coded.len = 0;
	craft_raw(&made->pack->coder, &limits->coded, runs, 1);
	ph_buf_put_u8(&text, 1);
	ph_buf_put_view(&text, frame);
	craft(&made->packed, PH_VIEW(NULL, 0), ph_buf_view(&text),
	      ph_buf_view(&limits->coded));
	made->where.last = made->where.first;
	rc = made_unpack(made, &out);
	ph_buf_deinit(&text);
	return rc;
}

static void assert_small(struct limits *limits)
{
	/* less than the least that could burst it, whatever it said */
	assert_in_range(limits->made->pack->text.buf.cap, 0, 2 * PH_SEGMENT_PLAIN_MAX);
}

static void test_bombs(void **state)
{
	struct limits *limits = *state;
	size_t size = 64u << 20, bound = ZSTD_compressBound(size);
	uint8_t *zeros = calloc(1, size), *frame = malloc(bound);
	size_t len = ZSTD_compress(frame, bound, zeros, size, 19);

	/* 64 MiB in 2 kB, and what says it is 1,000 bytes */
	assert_false(ZSTD_isError(len));
	assert_in_range(len, 100, 64 * 1024);
	assert_int_equal(unpack_frame(limits, PH_VIEW(frame + 4, len - 4)),
			 PH_PACK_E_FORM);
	assert_small(limits);

	/* a single segment (0x60) that says it has 1,000 bytes, and blocks of 128 KiB of zeros */
	uint8_t lie[3 + 4 * 500] = { 0x60, (1000 - 256) & 0xff, (1000 - 256) >> 8 };

	for (size_t i = 0; i < 500; i++) {
		uint32_t block = (128u * 1024) << 3 | 1u << 1 | (i == 499); /* RLE */

		lie[3 + 4 * i] = (uint8_t)block;
		lie[4 + 4 * i] = (uint8_t)(block >> 8);
		lie[5 + 4 * i] = (uint8_t)(block >> 16);
	}
	assert_int_equal(unpack_frame(limits, PH_VIEW(lie, sizeof(lie))), PH_PACK_E_FORM);
	assert_small(limits);
	free(zeros);
	free(frame);

	/* one that says so: 64 MiB in a frame of our own form, which is whole and right */
	uint8_t honest[5 + 4 * 512] = { 0xa0, 0, 0, 0, 4 };

	for (size_t i = 0; i < 512; i++) {
		uint32_t block = (128u * 1024) << 3 | 1u << 1 | (i == 511);

		honest[5 + 4 * i] = (uint8_t)block;
		honest[6 + 4 * i] = (uint8_t)(block >> 8);
		honest[7 + 4 * i] = (uint8_t)(block >> 16);
	}
	assert_int_equal(unpack_frame(limits, PH_VIEW(honest, sizeof(honest))),
			 PH_PACK_E_FORM);
	assert_small(limits);
}

/* Frames of other forms than ours: a window, a dictionary id, a checksum, two frames. */
static void test_frames(void **state)
{
	struct limits *limits = *state;
	struct ph_buf two = { 0 };
	struct ph_view good;
	uint8_t *data;

	put_random(&limits->text, 500);
	put_byte(&limits->text, 'a', 500);
	good = section(limits, true);
	good.data++;
	good.len--;
	assert_int_equal(unpack_frame(limits, good), 0);
	data = limits->frame.data + 1;
	for (unsigned header = 0; header < 256; header++) {
		uint8_t was = data[0];

		data[0] = (uint8_t)header;
		if (header != was) {
			assert_int_equal(unpack_frame(limits, good), PH_PACK_E_FORM);
		}
		data[0] = was;
	}
	ph_buf_put_view(&two, good);
	ph_buf_put(&two, "\x28\xb5\x2f\xfd", 4);
	ph_buf_put_view(&two, good);
	assert_int_equal(unpack_frame(limits, ph_buf_view(&two)), PH_PACK_E_FORM);
	two.len = good.len;
	ph_buf_put_u8(&two, 0);
	assert_int_equal(unpack_frame(limits, ph_buf_view(&two)), PH_PACK_E_FORM);
	assert_int_equal(unpack_frame(limits, PH_VIEW(NULL, 0)), PH_PACK_E_FORM);
	ph_buf_deinit(&two);
}

/* Sections longer than what is there; bytes that nobody asked for. */
static void test_sections(void **state)
{
	struct limits *limits = *state;
	struct made *made = limits->made;
	static const size_t runs[][2] = { { 1, 4 } };
	struct ph_view text = PH_VIEW("\0abcd", 5), more = PH_VIEW("\0abcde", 6);
	struct ph_unpacked out;

	craft_raw(&made->pack->coder, &limits->coded, runs, 1);
	craft(&made->packed, PH_VIEW(NULL, 0), text, ph_buf_view(&limits->coded));
	assert_int_equal(made_unpack(made, &out), 0);
	craft(&made->packed, PH_VIEW("x", 1), text, ph_buf_view(&limits->coded));
	assert_int_equal(made_unpack(made, &out), PH_PACK_E_FORM);
	craft(&made->packed, PH_VIEW(NULL, 0), more, ph_buf_view(&limits->coded));
	assert_int_equal(made_unpack(made, &out), PH_PACK_E_FORM);
	ph_buf_put(&limits->coded, "\0\0\0\0\0\0\0\0", 8);
	craft(&made->packed, PH_VIEW(NULL, 0), text, ph_buf_view(&limits->coded));
	assert_int_equal(made_unpack(made, &out), PH_PACK_E_FORM);
	for (unsigned which = 0; which < 2; which++) {
		for (unsigned size = 0; size < 128; size++) {
			craft_header(&made->packed);
			ph_varint_put(&made->packed, which ? 0 : size);
			ph_varint_put(&made->packed, which ? size : 0);
			ph_buf_put(&made->packed, "\0ab", 3);
			assert_int_equal(made_unpack(made, &out), PH_PACK_E_FORM);
		}
		craft_header(&made->packed);
		ph_varint_put(&made->packed, which ? UINT64_MAX : 1);
		ph_varint_put(&made->packed, which ? 1 : UINT64_MAX);
		ph_buf_put(&made->packed, "\0ab", 3);
		assert_int_equal(made_unpack(made, &out), PH_PACK_E_FORM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_packed_size, setup, teardown),
		cmocka_unit_test_setup_teardown(test_packer_size, setup, teardown),
		cmocka_unit_test_setup_teardown(test_plain_size, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ratio, setup, teardown),
		cmocka_unit_test_setup_teardown(test_free_ride, setup, teardown),
		cmocka_unit_test_setup_teardown(test_packer_ratio, setup, teardown),
		cmocka_unit_test_setup_teardown(test_entry_size, setup, teardown),
		cmocka_unit_test_setup_teardown(test_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(test_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bombs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_frames, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sections, setup, teardown),
	};

	if (sodium_init() < 0) {
		return 2;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
