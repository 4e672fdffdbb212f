/*
 * Tests of proto/message.c: what is said in a session, byte by byte, and what is
 * refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "common/base/limits.h"
#include "proto/message.h"

static const uint8_t abc[] = { 'a', 'b', 'c' };

static struct ph_message segment(void)
{
	struct ph_message message = { .type = PH_MSG_SEGMENT,
				      .first = 1,
				      .last = 300,
				      .total = 1000,
				      .chunk = PH_VIEW(abc, 3) };

	memset(message.log_id, 1, sizeof(message.log_id));
	memset(message.seal, 2, sizeof(message.seal));
	memset(message.hash, 3, sizeof(message.hash));
	return message;
}

static struct ph_message packed(void)
{
	struct ph_message message = segment();

	message.type = PH_MSG_PACKED;
	return message;
}

static struct ph_message part(void)
{
	struct ph_message message = {
		.type = PH_MSG_PART, .first = 9, .total = 3, .chunk = PH_VIEW(abc, 3)
	};

	memset(message.log_id, 1, sizeof(message.log_id));
	memset(message.seed, 4, sizeof(message.seed));
	return message;
}

static struct ph_message boxed(void)
{
	struct ph_message message = part();

	message.form = PH_PART_FORM_BOX;
	return message;
}

static struct ph_message page(void)
{
	struct ph_message message = { .type = PH_MSG_PAGE,
				      .total = 3,
				      .chunk = PH_VIEW(abc, 3) };

	memset(message.hash, 3, sizeof(message.hash));
	return message;
}

static struct ph_message keep(void)
{
	struct ph_message message = { .type = PH_MSG_KEEP,
				      .first = 3,
				      .last = 300,
				      .total = 200,
				      .chunk = PH_VIEW(abc, 3) };

	memset(message.log_id, 1, sizeof(message.log_id));
	memset(message.mark, 6, sizeof(message.mark));
	return message;
}

static struct ph_message receipt(unsigned n_missing)
{
	struct ph_message message = { .type = PH_MSG_RECEIPT,
				      .receipt = { .index = 2,
						   .n = 500,
						   .level = PH_LEVEL_HUB,
						   .time = 1700000000,
						   .n_missing = n_missing } };

	memset(message.receipt.signature, 5, sizeof(message.receipt.signature));
	for (unsigned i = 0; i < n_missing && i < PH_RECEIPT_MISSING_MAX; i++) {
		message.receipt.missing[i] = 1000 + i;
	}
	return message;
}

static void assert_same(const struct ph_message *a, const struct ph_message *b)
{
	struct ph_buf x = { 0 };
	struct ph_buf y = { 0 };

	assert_int_equal(ph_message_encode(a, &x), 0);
	assert_int_equal(ph_message_encode(b, &y), 0);
	assert_true(ph_view_equal(ph_buf_view(&x), ph_buf_view(&y)));
	ph_buf_deinit(&x);
	ph_buf_deinit(&y);
}

static void test_message_bytes(void **state)
{
	(void)state;
	const struct {
		const char *name;
		struct ph_message message;
		const char *hex; /* the beginning */
		size_t len;
	} cases[] = {
		{ "segment", segment(), "9801c41001010101", 116 },
		{ "part", part(), "9702c41001010101", 46 },
		{ "part of a locked desk", boxed(), "9702c41001010101", 30 },
		{ "more",
		  { .type = PH_MSG_MORE, .chunk = PH_VIEW(abc, 3) },
		  "9203c403616263",
		  7 },
		{ "receipt", receipt(0), "960402cd01f402ce6553f100c440", 78 },
		{ "receipt that misses", receipt(2), "970402cd01f402ce6553f100c440", 85 },
		{ "done", { .type = PH_MSG_DONE, .count = 128 }, "9205cc80", 4 },
		{ "credit",
		  { .type = PH_MSG_CREDIT, .count = 262144 },
		  "9206ce00040000",
		  7 },
		{ "cert",
		  { .type = PH_MSG_CERT, .chunk = PH_VIEW(abc, 3) },
		  "9207c403616263",
		  7 },
		{ "welcome",
		  { .type = PH_MSG_WELCOME, .chunk = PH_VIEW(abc, 3) },
		  "9208c403616263",
		  7 },
		{ "refuse",
		  { .type = PH_MSG_REFUSE, .count = PH_STATUS_CUT },
		  "920903",
		  3 },
		{ "ping", { .type = PH_MSG_PING }, "910a", 2 },
		{ "pong", { .type = PH_MSG_PONG }, "910b", 2 },
		{ "close", { .type = PH_MSG_CLOSE }, "910c", 2 },
		{ "page", page(), "940dc41003030303", 26 },
		{ "packed", packed(), "980ec41001010101", 116 },
		{ "why", { .type = PH_MSG_WHY, .count = PH_WHY_PUT_BACK }, "921101", 3 },
		{ "resume",
		  { .type = PH_MSG_RESUME, .chunk = PH_VIEW(abc, 3) },
		  "9210c403616263",
		  7 },
		{ "keep", keep(), "9712c41001010101", 41 },
	};
	struct ph_buf all = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t expected[32];
		size_t n = strlen(cases[i].hex) / 2;
		size_t before = all.len;

		print_message("# %s\n", cases[i].name);
		assert_int_equal(ph_unhex(expected, n, cases[i].hex, 2 * n), 0);
		assert_int_equal(ph_message_encode(&cases[i].message, &all), 0);
		assert_int_equal(all.len - before, cases[i].len);
		assert_memory_equal(all.data + before, expected, n);
	}

	/* all of them in a row, as in one frame */
	struct ph_view in = ph_buf_view(&all);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_message message;

		assert_int_equal(ph_message_decode(&in, &message), 0);
		assert_int_equal(message.type, cases[i].message.type);
		assert_same(&message, &cases[i].message);
	}
	assert_int_equal(in.len, 0);

	/* every cut of the row: whole messages, then none */
	for (size_t cut = 0; cut < all.len; cut++) {
		struct ph_message message;
		int rc = 0;

		in = PH_VIEW(all.data, cut);
		while (rc == 0) {
			struct ph_view before = in;

			rc = ph_message_decode(&in, &message);
			if (rc != 0) {
				assert_int_equal(rc, PH_MESSAGE_E_FORM);
				assert_ptr_equal(in.data, before.data);
				assert_int_equal(in.len, before.len);
			}
		}
	}
	ph_buf_deinit(&all);
}

/* Members at their limits: encoding refuses what decoding would. */
static void test_message_limits(void **state)
{
	(void)state;
	static const uint8_t zeros[PH_FRAME_MAX + 1];
	const struct {
		const char *name;
		struct ph_message message;
		size_t member;
		uint64_t value;
		bool is_ok;
	} cases[] = {
#define U64(base, member, value, ok)                                                     \
	{ #base ", " #member " " #value, base, offsetof(struct ph_message, member),      \
	  value, ok }
		U64(segment(), first, 0, false),
		U64(segment(), first, 300, true),
		U64(segment(), first, 301, false),
		U64(segment(), total, 0, false),
		U64(segment(), total, 2, false),
		U64(segment(), total, 3, true),
		U64(segment(), total, PH_SEGMENT_PLAIN_MAX - 1, true),
		U64(segment(), total, PH_SEGMENT_PLAIN_MAX, true),
		U64(segment(), total, PH_SEGMENT_PLAIN_MAX + 1, false),
		U64(part(), first, 0, false),
		U64(part(), first, INT64_MAX, true),
		U64(part(), first, (uint64_t)INT64_MAX + 1, false),
		U64(segment(), last, INT64_MAX, true),
		U64(segment(), last, (uint64_t)INT64_MAX + 1, false),
		U64(packed(), first, 301, false),
		U64(packed(), total, PH_PACK_MAX - 1, true),
		U64(packed(), total, PH_PACK_MAX, true),
		U64(packed(), total, PH_PACK_MAX + 1, false),
		U64(part(), total, 2, false),
		U64(part(), total, PH_PART_MAX - 1, true),
		U64(part(), total, PH_PART_MAX, true),
		U64(part(), total, PH_PART_MAX + 1, false),
		U64(page(), total, 0, false),
		U64(page(), total, 2, false),
		U64(page(), total, PH_PAGE_MAX + PH_PAGE_AROUND - 1, true),
		U64(page(), total, PH_PAGE_MAX + PH_PAGE_AROUND, true),
		U64(page(), total, PH_PAGE_MAX + PH_PAGE_AROUND + 1, false),
		U64(keep(), first, 0, false),
		U64(keep(), first, 300, true),
		U64(keep(), first, 301, false),
		U64(keep(), last, INT64_MAX, true),
		U64(keep(), last, (uint64_t)INT64_MAX + 1, false),
		U64(keep(), total, PH_KEEP_AROUND, false), /* no entry in it */
		U64(keep(), total, PH_KEEP_AROUND + 1, true),
		U64(keep(), total, PH_KEEP_MAX - 1, true),
		U64(keep(), total, PH_KEEP_MAX, true),
		U64(keep(), total, PH_KEEP_MAX + 1, false),
		U64(receipt(0), receipt.n, 0, false),
		U64(receipt(0), receipt.n, 1, true),
		U64(receipt(0), receipt.n, INT64_MAX, true),
		U64(receipt(0), receipt.n, (uint64_t)INT64_MAX + 1, false),
		U64(receipt(0), receipt.time, (uint64_t)INT64_MAX + 1, false),
#undef U64
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_message message = cases[i].message;
		struct ph_buf out = { 0 };

		print_message("# %s\n", cases[i].name);
		memcpy((char *)&message + cases[i].member, &cases[i].value, 8);
		assert_int_equal(ph_message_encode(&message, &out),
				 cases[i].is_ok ? 0 : -22);
		assert_int_equal(out.len > 0, cases[i].is_ok);
		ph_buf_deinit(&out);
	}

	static const struct {
		const char *name;
		enum ph_message_type type;
		size_t chunk;
		bool is_ok;
	} chunks[] = {
		{ "more 0", PH_MSG_MORE, 0, false },
		{ "more 1", PH_MSG_MORE, 1, true },
		{ "more, most", PH_MSG_MORE, PH_FRAME_MAX, true },
		{ "more, too much", PH_MSG_MORE, PH_FRAME_MAX + 1, false },
		{ "cert 0", PH_MSG_CERT, 0, false },
		{ "cert, most less 1", PH_MSG_CERT, PH_CERT_MAX - 1, true },
		{ "cert, most", PH_MSG_CERT, PH_CERT_MAX, true },
		{ "cert, too much", PH_MSG_CERT, PH_CERT_MAX + 1, false },
	};

	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		struct ph_message message = { .type = chunks[i].type };
		struct ph_message back;
		struct ph_buf out = { 0 };

		print_message("# %s\n", chunks[i].name);
		message.chunk = PH_VIEW(zeros, chunks[i].chunk);
		assert_int_equal(ph_message_encode(&message, &out),
				 chunks[i].is_ok ? 0 : -22);
		if (chunks[i].is_ok) {
			struct ph_view in = ph_buf_view(&out);

			assert_int_equal(ph_message_decode(&in, &back), 0);
			assert_int_equal(back.chunk.len, chunks[i].chunk);
		}
		ph_buf_deinit(&out);
	}
}

/* A form that is none, and a seed where the form has none, or the other way round. */
static void test_forms_of_a_part(void **state)
{
	(void)state;
	const struct ph_message forms[] = { part(), boxed() };

	for (size_t i = 0; i < 2; i++) {
		struct ph_message back;
		struct ph_buf out = { 0 };
		struct ph_view in;
		size_t at = 2 + 2 + PH_LOG_ID_SIZE + 1;

		assert_int_equal(ph_message_encode(&forms[i], &out), 0);
		assert_int_equal(out.data[at], i);
		for (uint8_t form = 0; form < 4; form++) {
			out.data[at] = form;
			in = ph_buf_view(&out);
			assert_int_equal(ph_message_decode(&in, &back),
					 form == i ? 0 : PH_MESSAGE_E_FORM);
		}
		ph_buf_deinit(&out);
	}
}

static void test_receipt_limits(void **state)
{
	(void)state;
	static const unsigned missing[] = { PH_RECEIPT_MISSING_MAX - 1,
					    PH_RECEIPT_MISSING_MAX,
					    PH_RECEIPT_MISSING_MAX + 1 };

	for (size_t i = 0; i < 3; i++) {
		struct ph_message message = receipt(missing[i]);
		struct ph_message back;
		struct ph_buf out = { 0 };

		assert_int_equal(ph_message_encode(&message, &out), i < 2 ? 0 : -22);
		if (i < 2) {
			struct ph_view in = ph_buf_view(&out);

			assert_int_equal(ph_message_decode(&in, &back), 0);
			assert_int_equal(back.receipt.n_missing, missing[i]);
			assert_memory_equal(back.receipt.missing, message.receipt.missing,
					    missing[i] * sizeof(uint64_t));
			assert_same(&message, &back);
		}
		ph_buf_deinit(&out);
	}
	static const struct {
		unsigned index, level;
		bool is_ok;
	} cases[] = { { 7, 2, true }, { 8, 2, false }, { 0, 0, false },
		      { 0, 1, true }, { 0, 3, true },  { 0, 4, false } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_message message = receipt(0);
		struct ph_buf out = { 0 };

		message.receipt.index = cases[i].index;
		message.receipt.level = (enum ph_level)cases[i].level;
		assert_int_equal(ph_message_encode(&message, &out),
				 cases[i].is_ok ? 0 : -22);
		ph_buf_deinit(&out);
	}
}

/* Bytes that are no message, among them what an encoder of ours would never write. */
static void test_message_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *hex;
	} cases[] = {
		{ "nothing", "" },
		{ "nil", "c0" },
		{ "number", "05" },
		{ "map", "8105c0" },
		{ "empty array", "90" },
		{ "type is nil", "91c0" },
		{ "type is text", "91a161" },
		{ "type 0", "9100" },
		{ "page without members", "910d" },
		{ "page without its hash", "930d01c40161" },
		{ "type 14", "910e" },
		{ "type 2^64 - 1", "91cfffffffffffffffff" },
		{ "done, too few", "9105" },
		{ "done, too many", "93050101" },
		{ "done, negative", "9205ff" },
		{ "done, text", "9205a161" },
		{ "done, not the shortest", "9205cc7f" },
		{ "more, text for bytes", "9203a3616263" },
		{ "more, empty", "9203c400" },
		{ "more, announces 4 GiB", "9203c6ffffffff" },
		{ "array announces 2^32 - 1", "ddffffffff05" },
		{ "float", "9205ca00000000" },
		{ "ext", "9205d40000" },
		{ "done, 2^63", "9205cf8000000000000000" },
		{ "refuse 0", "920900" },
		{ "refuse 7", "920907" },
		{ "credit 0", "920600" },
		{ "credit of more than the window", "9206ce00040001" },
		{ "ping and more", "920a00" },
		{ "deep", "9205919191919100" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t bytes[32];
		size_t len = strlen(cases[i].hex) / 2;
		struct ph_message message;

		print_message("# %s\n", cases[i].name);
		assert_int_equal(ph_unhex(bytes, len, cases[i].hex, 2 * len), 0);

		struct ph_view in = PH_VIEW(bytes, len);

		assert_int_equal(ph_message_decode(&in, &message), PH_MESSAGE_E_FORM);
		assert_int_equal(in.len, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message_bytes),
		cmocka_unit_test(test_message_limits),
		cmocka_unit_test(test_forms_of_a_part),
		cmocka_unit_test(test_receipt_limits),
		cmocka_unit_test(test_message_refused),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
