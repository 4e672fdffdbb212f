/*
 * Tests of proto/hello.c and welcome.c: the payloads of the handshake.
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
static uint8_t zeros[PH_FRAME_MAX + 1];

static void full_hello(struct ph_hello *hello)
{
	*hello = (struct ph_hello){ .cert = PH_VIEW(zeros, PH_CERT_MAX),
				    .n_heads = PH_HEADS_MAX,
				    .control = { .n = 5, .h = "1234567" },
				    .epoch = 300,
				    .counter = INT64_MAX,
				    .budget = 60000,
				    .done = true,
				    .n_segments = PH_FIRST_MAX,
				    .feed_scope = 2,
				    .feed_number = 54321,
				    .n_siblings = PH_SIBLINGS_MAX,
				    .packs = true,
				    .form = { 1, 2, 3, 4 },
				    .keys = 7 };
	for (unsigned i = 0; i < PH_SIBLINGS_MAX; i++) {
		memset(hello->sibling[i].log_id, (int)i + 100, PH_LOG_ID_SIZE);
		memset(hello->sibling[i].h, (int)i + 150, 8);
		hello->sibling[i].n = 1 + 1000 * i;
		hello->sibling[i].missing = i % 3 == 1 ? 1 + i : 0;
		hello->sibling[i].parts = i % 3 == 1 ? i - 1 : 0;
	}
	for (unsigned i = 0; i < PH_HEADS_MAX; i++) {
		memset(hello->head[i].log_id, (int)i + 1, PH_LOG_ID_SIZE);
		memset(hello->head[i].h, (int)i + 50, PH_HASH_SIZE);
		hello->head[i].n = 100 * i;
		hello->receipted[i] = 60 * i;
	}
	for (unsigned i = 0; i < PH_FIRST_MAX; i++) {
		hello->segment[i] = (struct ph_segment){ .first = i + 1,
							 .last = i + 1,
							 .body = PH_VIEW(abc, 3) };
		memcpy(hello->segment[i].log_id, hello->head[i % PH_HEADS_MAX].log_id,
		       PH_LOG_ID_SIZE);
		memset(hello->segment[i].seal, (int)i, PH_SIGNATURE_SIZE);
		hello->packed[i] = i % 3 == 0;
	}
}

/* The hash of a front, and the mark of what is kept. */
#define FRONT "c41007070707070707070707070707070707"
#define MARK  "c4080808080808080808"

static void assert_hello_same(const struct ph_hello *a, const struct ph_hello *b)
{
	assert_true(a->keys == b->keys);
	assert_int_equal(a->has_partial, b->has_partial);
	assert_int_equal(a->partial_offset, b->partial_offset);
	assert_memory_equal(a->partial_hash, b->partial_hash, sizeof(a->partial_hash));
	assert_int_equal(a->keeps, b->keeps);
	assert_memory_equal(&a->kept, &b->kept, sizeof(a->kept));
	assert_true(ph_view_equal(a->cert, b->cert));
	assert_int_equal(a->n_heads, b->n_heads);
	for (unsigned i = 0; i < a->n_heads; i++) {
		assert_memory_equal(&a->head[i], &b->head[i], sizeof(a->head[i]));
		assert_int_equal(a->receipted[i], b->receipted[i]);
	}
	assert_int_equal(a->control.n, b->control.n);
	assert_memory_equal(a->control.h, b->control.h, sizeof(a->control.h));
	assert_int_equal(a->epoch, b->epoch);
	assert_int_equal(a->counter, b->counter);
	assert_int_equal(a->budget, b->budget);
	assert_int_equal(a->done, b->done);
	assert_int_equal(a->n_segments, b->n_segments);
	for (unsigned i = 0; i < a->n_segments; i++) {
		const struct ph_segment *x = &a->segment[i];
		const struct ph_segment *y = &b->segment[i];

		assert_memory_equal(x->log_id, y->log_id, sizeof(x->log_id));
		assert_int_equal(x->first, y->first);
		assert_int_equal(x->last, y->last);
		assert_memory_equal(x->seal, y->seal, sizeof(x->seal));
		assert_true(ph_view_equal(x->body, y->body));
		assert_int_equal(a->packed[i], b->packed[i]);
	}
	assert_int_equal(a->packs, b->packs);
	assert_memory_equal(a->form, b->form, sizeof(a->form));
	assert_int_equal(a->feed_scope, b->feed_scope);
	assert_int_equal(a->feed_number, b->feed_number);
	assert_int_equal(a->n_siblings, b->n_siblings);
	for (unsigned i = 0; i < a->n_siblings; i++) {
		assert_memory_equal(&a->sibling[i], &b->sibling[i],
				    sizeof(a->sibling[i]));
	}
}

/* What members 9 and 10 cost a device that says nothing else. */
static void test_hello_feed(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint64_t scope, number, n;
		unsigned siblings;
		bool has_twin;
		const char *hex; /* behind the epoch; NULL: refused */
		uint64_t parts, missing;
	} cases[] = {
		{ "cursor", 1, 12345, 1, 0, false, "c0c0c0c09201cd3039", 0, 0 },
		{ "no cursor", 0, 0, 1, 0, false, "", 0, 0 },
		{ "cursor without a number", 1, 0, 1, 0, false, NULL, 0, 0 },
		{ "cursor without a scope", 0, 5, 1, 0, false, NULL, 0, 0 },
		{ "cursor, 2^63", 1, UINT64_C(1) << 63, 1, 0, false, NULL, 0, 0 },
		{ "sibling", 0, 0, 9, 1, false,
		  "c0c0c0c0c09193c4106464646464646464646464646464646409c4089696969696"
		  "969696",
		  0, 0 },
		{ "sibling with nothing", 0, 0, 0, 1, false, NULL, 0, 0 },
		{ "one sibling twice", 0, 0, 9, 2, true, NULL, 0, 0 },
		{ "one that lacks parts", 0, 0, 9, 1, false,
		  "c0c0c0c0c09195c4106464646464646464646464646464646409c4089696969696"
		  "9696960207",
		  2, 7 },
		{ "lacks the part of the last entry", 0, 0, 9, 1, false, "", 8, 9 },
		{ "lacks the part of one behind it", 0, 0, 9, 1, false, NULL, 8, 10 },
		{ "has more parts than entries", 0, 0, 9, 1, false, NULL, 10, 9 },
		{ "counts parts and lacks none", 0, 0, 9, 1, false, NULL, 3, 0 },
		{ "fifteen", 1, 1, 9, PH_SIBLINGS_MAX - 1, false, "", 0, 0 },
		{ "sixteen", 1, 1, 9, PH_SIBLINGS_MAX, false, "", 0, 0 },
		{ "seventeen", 1, 1, 9, PH_SIBLINGS_MAX + 1, false, NULL, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_hello hello;
		struct ph_hello back;
		struct ph_buf out = { 0 };
		uint8_t wanted[64];
		size_t n = cases[i].hex ? strlen(cases[i].hex) / 2 : 0;

		print_message("# %s\n", cases[i].name);
		full_hello(&hello);
		hello.cert.len = 0;
		hello.n_heads = hello.n_segments = 0;
		hello.control = (struct ph_cursor){ 0 };
		hello.counter = hello.budget = 0;
		hello.done = hello.packs = false;
		hello.keys = 0;
		memset(hello.form, 0, sizeof(hello.form));
		hello.feed_scope = cases[i].scope;
		hello.feed_number = cases[i].number;
		hello.n_siblings = cases[i].siblings;
		hello.sibling[0].n = cases[i].n;
		hello.sibling[0].parts = cases[i].parts;
		hello.sibling[0].missing = cases[i].missing;
		if (cases[i].has_twin) {
			hello.sibling[1] = hello.sibling[0];
		}
		assert_int_equal(ph_hello_encode(&hello, &out), cases[i].hex ? 0 : -22);
		if (cases[i].hex) {
			assert_int_equal(ph_hello_decode(ph_buf_view(&out), &back), 0);
			assert_hello_same(&hello, &back);
		}
		if (n > 0) { /* behind version, three nils and an epoch of three bytes */
			assert_int_equal(out.len, 1 + 1 + 3 + 3 + n);
			assert_int_equal(ph_unhex(wanted, n, cases[i].hex, 2 * n), 0);
			assert_memory_equal(out.data + 8, wanted, n);
		}
		ph_buf_deinit(&out);
	}
}

static void test_hello_round(void **state)
{
	(void)state;
	struct ph_hello hello, back;
	struct ph_buf out = { 0 };

	full_hello(&hello);
	assert_int_equal(ph_hello_encode(&hello, &out), 0);
	assert_int_equal(ph_hello_decode(ph_buf_view(&out), &back), 0);
	assert_hello_same(&hello, &back);
	for (size_t cut = 0; cut < out.len; cut++) {
		assert_int_equal(ph_hello_decode(PH_VIEW(out.data, cut), &back),
				 PH_MESSAGE_E_FORM);
	}
	assert_int_equal(ph_buf_put_u8(&out, 0xc0), 0);
	assert_int_equal(ph_hello_decode(ph_buf_view(&out), &back), PH_MESSAGE_E_FORM);

	/* with the front of an item: version 2 */
	hello.has_partial = true;
	hello.partial_offset = 261887;
	memset(hello.partial_hash, 7, sizeof(hello.partial_hash));
	out.len = 0;
	assert_int_equal(ph_hello_encode(&hello, &out), 0);
	assert_int_equal(out.data[1], 2);
	assert_int_equal(ph_hello_decode(ph_buf_view(&out), &back), 0);
	assert_hello_same(&hello, &back);
	hello.partial_offset = 0;
	out.len = 0;
	assert_int_equal(ph_hello_encode(&hello, &out), -22);

	/* of a device that keeps what the hub said: nothing yet, and something */
	hello.has_partial = false;
	memset(hello.partial_hash, 0, sizeof(hello.partial_hash));
	for (uint64_t n = 0; n < 1000; n += 999) {
		hello.keeps = true;
		hello.kept.n = n;
		memset(hello.kept.h, n > 0 ? 8 : 0, sizeof(hello.kept.h));
		out.len = 0;
		assert_int_equal(ph_hello_encode(&hello, &out), 0);
		assert_int_equal(out.data[1], 2);
		assert_int_equal(ph_hello_decode(ph_buf_view(&out), &back), 0);
		assert_hello_same(&hello, &back);
	}
	hello.keeps = false; /* and yet something */
	out.len = 0;
	assert_int_equal(ph_hello_encode(&hello, &out), -22);

	/* with nothing to say: one member */
	hello = (struct ph_hello){ 0 };
	out.len = 0;
	assert_int_equal(ph_hello_encode(&hello, &out), 0);
	assert_int_equal(out.len, 2);
	assert_memory_equal(out.data, "\x91\x01", 2);
	assert_int_equal(ph_hello_decode(ph_buf_view(&out), &back), 0);
	assert_hello_same(&hello, &back);
	ph_buf_deinit(&out);
}

static void test_hello_limits(void **state)
{
	(void)state;
	struct ph_hello *hello = malloc(sizeof(*hello));
	struct ph_buf out = { 0 };

	assert_non_null(hello);
	static const struct {
		const char *name;
		size_t cert;
		unsigned heads, segments;
		size_t body;
		uint64_t receipted;
		bool has_twin;
		int rc;
	} cases[] = {
		{ "whole", PH_CERT_MAX, 8, 32, 3, 0, false, 0 },
		{ "certificate too long", PH_CERT_MAX + 1, 8, 32, 3, 0, false, -22 },
		{ "nine heads", 10, 9, 0, 3, 0, false, -22 },
		{ "33 segments", 10, 8, 33, 3, 0, false, -22 },
		{ "segment of no head", 10, 0, 1, 3, 0, false, -22 },
		{ "no body", 10, 8, 1, 0, 0, false, -22 },
		{ "longest body", 10, 8, 1, PH_FRAME_MAX, 0, false, 0 },
		{ "body too long", 10, 8, 1, PH_FRAME_MAX + 1, 0, false, -22 },
		{ "all receipted", 10, 8, 1, 3, 100, false, 0 },
		{ "more receipted than written", 10, 8, 1, 3, 101, false, -22 },
		{ "one log twice", 10, 8, 1, 3, 0, true, -22 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s\n", cases[i].name);
		full_hello(hello);
		hello->cert = PH_VIEW(zeros, cases[i].cert);
		hello->n_heads = cases[i].heads;
		hello->n_segments = cases[i].segments;
		hello->segment[0].body = PH_VIEW(zeros, cases[i].body);
		hello->receipted[1] = cases[i].receipted;
		if (cases[i].has_twin) {
			hello->head[5] = hello->head[2];
		}
		out.len = 0;
		assert_int_equal(ph_hello_encode(hello, &out), cases[i].rc);
		assert_int_equal(out.len > 0, cases[i].rc == 0);
	}
	ph_buf_deinit(&out);
	free(hello);
}

static void test_hello_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *hex;
		int rc;
	} cases[] = {
		{ "nothing", "", PH_MESSAGE_E_FORM },
		{ "no array", "01", PH_MESSAGE_E_FORM },
		{ "empty", "90", PH_MESSAGE_E_FORM },
		{ "version 3", "9103", PH_MESSAGE_E_VERSION },
		{ "version 3, any form", "9303a1618101a0", PH_MESSAGE_E_VERSION },
		{ "version 2 without a front", "9102", PH_MESSAGE_E_FORM },
		{ "version nil", "91c0", PH_MESSAGE_E_FORM },
		{ "nils at the end", "9301c0c0", 0 },
		{ "eleven members", "9b01c0c0c0c0c0c0c0c0c0c0", 0 },
		{ "thirteen members", "9d01c0c0c0c0c0c0c0c0c0c0c0c0", 0 },
		{ "fourteen members", "9e01c0c0c0c0c0c0c0c0c0c0c0c0c0", 0 },
		{ "fifteen members", "9f01c0c0c0c0c0c0c0c0c0c0c0c0c0c0", 0 },
		{ "sixteen members", "dc001001c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0",
		  PH_MESSAGE_E_FORM },
		{ "keeps nothing yet", "9f02c0c0c0c0c0c0c0c0c0c0c0c0c090", 0 },
		{ "keeps up to 5", "9f02c0c0c0c0c0c0c0c0c0c0c0c0c09205" MARK, 0 },
		{ "keeps, in version 1", "9f01c0c0c0c0c0c0c0c0c0c0c0c0c090",
		  PH_MESSAGE_E_FORM },
		{ "version 2, keeps nil", "9f02c0c0c0c0c0c0c0c0c0c0c0c0c0c0",
		  PH_MESSAGE_E_FORM },
		{ "keeps up to 0", "9f02c0c0c0c0c0c0c0c0c0c0c0c0c09200" MARK,
		  PH_MESSAGE_E_FORM },
		{ "keeps, without a mark", "9f02c0c0c0c0c0c0c0c0c0c0c0c0c09105",
		  PH_MESSAGE_E_FORM },
		{ "keeps, no array", "9f02c0c0c0c0c0c0c0c0c0c0c0c0c001",
		  PH_MESSAGE_E_FORM },
		{ "front of 5 bytes", "9e02c0c0c0c0c0c0c0c0c0c0c0c092" FRONT "05", 0 },
		{ "front in version 1", "9e01c0c0c0c0c0c0c0c0c0c0c0c092" FRONT "05",
		  PH_MESSAGE_E_FORM },
		{ "version 2, front nil", "9e02c0c0c0c0c0c0c0c0c0c0c0c0c0",
		  PH_MESSAGE_E_FORM },
		{ "front of 0 bytes", "9e02c0c0c0c0c0c0c0c0c0c0c0c092" FRONT "00",
		  PH_MESSAGE_E_FORM },
		{ "front, offset nil", "9e02c0c0c0c0c0c0c0c0c0c0c0c092" FRONT "c0",
		  PH_MESSAGE_E_FORM },
		{ "front without offset", "9e02c0c0c0c0c0c0c0c0c0c0c0c091" FRONT,
		  PH_MESSAGE_E_FORM },
		{ "front, short hash", "9e02c0c0c0c0c0c0c0c0c0c0c0c092c4010705",
		  PH_MESSAGE_E_FORM },
		{ "key list 5", "9d01c0c0c0c0c0c0c0c0c0c0c005", 0 },
		{ "key list by a text", "9d01c0c0c0c0c0c0c0c0c0c0c0a135",
		  PH_MESSAGE_E_FORM },
		{ "form", "9c01c0c0c0c0c0c0c0c0c0c0c40401020304", 0 },
		{ "form, long", "9c01c0c0c0c0c0c0c0c0c0c0c4050102030405",
		  PH_MESSAGE_E_FORM },
		{ "cursor of one", "9a01c0c0c0c0c0c0c0c09101", PH_MESSAGE_E_FORM },
		{ "cursor of three", "9a01c0c0c0c0c0c0c0c093010101", PH_MESSAGE_E_FORM },
		{ "cursor of 0", "9a01c0c0c0c0c0c0c0c0920001", PH_MESSAGE_E_FORM },
		{ "cursor, number 0", "9a01c0c0c0c0c0c0c0c0920100", PH_MESSAGE_E_FORM },
		{ "cursor", "9a01c0c0c0c0c0c0c0c0920101", 0 },
		{ "no siblings", "9b01c0c0c0c0c0c0c0c0c090", PH_MESSAGE_E_FORM },
		{ "sibling of four members",
		  "9b01c0c0c0c0c0c0c0c0c09194c4100000000000000000000000000000000001c408"
		  "000000000000000000",
		  PH_MESSAGE_E_FORM },
		{ "sibling that lacks entry 0",
		  "9b01c0c0c0c0c0c0c0c0c09195c4100000000000000000000000000000000001c408"
		  "00000000000000000000",
		  PH_MESSAGE_E_FORM },
		{ "sibling, short hash",
		  "9b01c0c0c0c0c0c0c0c0c09193c4100000000000000000000000000000000001c407"
		  "00000000000000",
		  PH_MESSAGE_E_FORM },
		{ "empty certificate", "9201c400", PH_MESSAGE_E_FORM },
		{ "no heads", "9301c090", PH_MESSAGE_E_FORM },
		{ "control of 0", "9401c0c09200c4080000000000000000", PH_MESSAGE_E_FORM },
		{ "control of 1", "9401c0c09201c4080000000000000000", 0 },
		{ "control, short hash", "9401c0c09201c40700000000000000",
		  PH_MESSAGE_E_FORM },
		{ "done 1", "9801c0c0c0c0c0c001", 0 },
		{ "done 2", "9801c0c0c0c0c0c002", PH_MESSAGE_E_FORM },
		{ "done true", "9801c0c0c0c0c0c0c3", PH_MESSAGE_E_FORM },
		{ "counter 2^63 - 1", "9601c0c0c0c0cf7fffffffffffffff", 0 },
		{ "counter 2^63", "9601c0c0c0c0cf8000000000000000", PH_MESSAGE_E_FORM },
		{ "segment without head", "9901c0c0c0c0c0c0c09195000101c4000000",
		  PH_MESSAGE_E_FORM },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t bytes[64];
		size_t len = strlen(cases[i].hex) / 2;
		struct ph_hello hello;

		print_message("# %s\n", cases[i].name);
		assert_int_equal(ph_unhex(bytes, len, cases[i].hex, 2 * len), 0);
		assert_int_equal(ph_hello_decode(PH_VIEW(bytes, len), &hello),
				 cases[i].rc);
	}
}

/* ---- welcome ---- */

static void set_receipt(struct ph_short_receipt *receipt, unsigned index,
			unsigned n_missing)
{
	*receipt = (struct ph_short_receipt){ .index = index,
					      .n = 500,
					      .level = PH_LEVEL_HUB,
					      .time = 1700000000,
					      .n_missing = n_missing };
	memset(receipt->signature, 5, sizeof(receipt->signature));
	for (unsigned i = 0; i < n_missing; i++) {
		receipt->missing[i] = 1000 + i;
	}
}

static void full_welcome(struct ph_welcome *welcome, struct ph_short_receipt *list)
{
	*welcome = (struct ph_welcome){ .epoch = { .number = 3, .random = "abcdefg" },
					.time = 1700000000,
					.n_heads = PH_HEADS_MAX,
					.receipt = list,
					.n_receipts = PH_HEADS_MAX,
					.has_partial = true,
					.partial_offset = 5000,
					.done = true,
					.done_items = 0,
					.keylist = PH_VIEW(zeros, PH_KEYLIST_MAX),
					.packs = true,
					.form = { 5, 6, 7, 8 },
					.later = true,
					.n_wants = PH_WANTS_MAX };
	for (unsigned i = 0; i < PH_WANTS_MAX; i++) {
		memset(welcome->want[i].log_id, (int)i, PH_LOG_ID_SIZE);
		welcome->want[i].n = 1 + i * UINT64_C(0x0800000000000000) / 2;
	}
	memset(welcome->partial_hash, 7, sizeof(welcome->partial_hash));
	for (unsigned i = 0; i < PH_HEADS_MAX; i++) {
		welcome->head[i].n = i; /* the first: nothing held */
		if (i > 0) {
			memset(welcome->head[i].h, (int)i, PH_HASH_SIZE);
		}
		set_receipt(&list[i], i, i * 36);
	}
}

static void test_welcome_round(void **state)
{
	(void)state;
	struct ph_short_receipt list[PH_HEADS_MAX];
	struct ph_short_receipt list_back[PH_HEADS_MAX];
	struct ph_welcome welcome;
	struct ph_welcome back = { .receipt = list_back };
	struct ph_buf out = { 0 };

	full_welcome(&welcome, list);
	assert_int_equal(ph_welcome_encode(&welcome, &out), 0);
	assert_int_equal(ph_welcome_decode(ph_buf_view(&out), &back), 0);
	assert_int_equal(back.status, PH_STATUS_OK);
	assert_int_equal(back.epoch.number, 3);
	assert_memory_equal(back.epoch.random, "abcdefg", 8);
	assert_int_equal(back.time, 1700000000);
	assert_false(back.same);
	assert_int_equal(back.n_heads, PH_HEADS_MAX);
	assert_memory_equal(back.head, welcome.head, sizeof(back.head));
	assert_int_equal(back.n_receipts, PH_HEADS_MAX);
	assert_ptr_equal(back.receipt, list_back);
	for (unsigned i = 0; i < PH_HEADS_MAX; i++) {
		assert_int_equal(list_back[i].index, i);
		assert_int_equal(list_back[i].n_missing, 36 * i);
		assert_memory_equal(list_back[i].signature, list[i].signature, 64);
	}
	assert_true(back.has_partial);
	assert_memory_equal(back.partial_hash, welcome.partial_hash, 16);
	assert_int_equal(back.partial_offset, 5000);
	assert_true(back.done);
	assert_int_equal(back.done_items, 0);
	assert_int_equal(back.keylist.len, PH_KEYLIST_MAX);
	assert_true(back.packs);
	assert_memory_equal(back.form, welcome.form, sizeof(back.form));
	assert_true(back.later);
	assert_int_equal(back.n_wants, PH_WANTS_MAX);
	assert_memory_equal(back.want, welcome.want, sizeof(back.want));
	for (size_t cut = 0; cut < out.len; cut += cut < 600 ? 1 : 37) {
		assert_int_equal(ph_welcome_decode(PH_VIEW(out.data, cut), &back),
				 PH_MESSAGE_E_FORM);
	}

	/* a refusal is two bytes */
	welcome = (struct ph_welcome){ .status = PH_STATUS_CUT };
	out.len = 0;
	assert_int_equal(ph_welcome_encode(&welcome, &out), 0);
	assert_int_equal(out.len, 2);
	assert_memory_equal(out.data, "\x91\x03", 2);
	assert_int_equal(ph_welcome_decode(ph_buf_view(&out), &back), 0);
	assert_int_equal(back.status, PH_STATUS_CUT);
	assert_true(back.same);

	/* heads as told cost nothing */
	full_welcome(&welcome, list);
	welcome.same = true;
	out.len = 0;
	assert_int_equal(ph_welcome_encode(&welcome, &out), 0);
	assert_int_equal(ph_welcome_decode(ph_buf_view(&out), &back), 0);
	assert_true(back.same);
	assert_int_equal(back.n_heads, 0);
	ph_buf_deinit(&out);
}

/* What comes last says nothing of what stands before it. */
static void test_welcome_last(void **state)
{
	(void)state;
	struct ph_short_receipt list[PH_HEADS_MAX];
	struct ph_short_receipt list_back[PH_HEADS_MAX];
	struct ph_welcome welcome;
	struct ph_welcome back = { .receipt = list_back };
	struct ph_buf out = { 0 };

	full_welcome(&welcome, list);
	welcome.later = false;
	welcome.packs = false;
	assert_int_equal(ph_welcome_encode(&welcome, &out), 0);
	assert_int_equal(ph_welcome_decode(ph_buf_view(&out), &back), 0);
	assert_false(back.later);
	assert_false(back.packs);
	assert_int_equal(back.n_wants, PH_WANTS_MAX);
	ph_buf_deinit(&out);
}

static void test_welcome_limits(void **state)
{
	(void)state;
	struct ph_short_receipt list[PH_HEADS_MAX];
	struct ph_welcome welcome;
	struct ph_buf out = { 0 };

	full_welcome(&welcome, list);
	welcome.status = (enum ph_status)(PH_STATUS_VERSION + 1);
	assert_int_equal(ph_welcome_encode(&welcome, &out), -22);
	full_welcome(&welcome, list);
	welcome.n_heads = PH_HEADS_MAX + 1;
	assert_int_equal(ph_welcome_encode(&welcome, &out), -22);
	full_welcome(&welcome, list);
	welcome.keylist.len++;
	assert_int_equal(ph_welcome_encode(&welcome, &out), -22);
	full_welcome(&welcome, list);
	welcome.partial_offset = 0;
	assert_int_equal(ph_welcome_encode(&welcome, &out), -22);
	full_welcome(&welcome, list);
	list[3].n = 0;
	assert_int_equal(ph_welcome_encode(&welcome, &out), -22);
	assert_int_equal(out.len, 0);
	ph_buf_deinit(&out);

	static const struct {
		const char *name;
		const char *hex;
		int rc;
	} cases[] = {
		{ "status 6", "9106", 0 },
		{ "status 7", "9107", PH_MESSAGE_E_FORM },
		{ "status nil", "91c0", PH_MESSAGE_E_FORM },
		{ "empty", "90", PH_MESSAGE_E_FORM },
		{ "eleven members", "9b00c0c0c0c0c0c0c0c0c0c0", 0 },
		{ "thirteen members", "9d00c0c0c0c0c0c0c0c0c0c0c0c0", 0 },
		{ "fourteen members", "9e00c0c0c0c0c0c0c0c0c0c0c0c0c0",
		  PH_MESSAGE_E_FORM },
		{ "no siblings", "9d00c0c0c0c0c0c0c0c0c0c0c090", PH_MESSAGE_E_FORM },
		{ "later", "9b00c0c0c0c0c0c0c0c0c001", 0 },
		{ "later of 0", "9b00c0c0c0c0c0c0c0c0c000", PH_MESSAGE_E_FORM },
		{ "later of 2", "9b00c0c0c0c0c0c0c0c0c002", PH_MESSAGE_E_FORM },
		{ "wants",
		  "9c00c0c0c0c0c0c0c0c0c0c09192c4100102030405060708090a0b0c0d0e0f1001",
		  0 },
		{ "wants from 0",
		  "9c00c0c0c0c0c0c0c0c0c0c09192c4100102030405060708090a0b0c0d0e0f1000",
		  PH_MESSAGE_E_FORM },
		{ "wants nothing", "9c00c0c0c0c0c0c0c0c0c0c090", PH_MESSAGE_E_FORM },
		{ "short log id",
		  "9c00c0c0c0c0c0c0c0c0c0c09192c40f0102030405060708090a0b0c0d0e0f01",
		  PH_MESSAGE_E_FORM },
		{ "form", "9a00c0c0c0c0c0c0c0c0c40401020304", 0 },
		{ "short form", "9a00c0c0c0c0c0c0c0c0c403010203", PH_MESSAGE_E_FORM },
		{ "short random", "930001c40701020304050607", PH_MESSAGE_E_FORM },
		{ "no heads", "9500c0c0c090", PH_MESSAGE_E_FORM },
		{ "nothing held", "9500c0c0c091c0", 0 },
		{ "head of 0", "9500c0c0c0919200c4", PH_MESSAGE_E_FORM },
		{ "no receipts", "9600c0c0c0c090", PH_MESSAGE_E_FORM },
		{ "done of nothing", "9800c0c0c0c0c0c000", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t bytes[64];
		size_t len = strlen(cases[i].hex) / 2;
		struct ph_welcome back = { .receipt = list };

		print_message("# %s\n", cases[i].name);
		assert_int_equal(ph_unhex(bytes, len, cases[i].hex, 2 * len), 0);
		assert_int_equal(ph_welcome_decode(PH_VIEW(bytes, len), &back),
				 cases[i].rc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hello_round),
		cmocka_unit_test(test_hello_feed),
		cmocka_unit_test(test_hello_limits),
		cmocka_unit_test(test_hello_refused),
		cmocka_unit_test(test_welcome_round),
		cmocka_unit_test(test_welcome_last),
		cmocka_unit_test(test_welcome_limits),
	};

	return cmocka_run_group_tests_name("hello", tests, NULL, NULL);
}
