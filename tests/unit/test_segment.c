/* Tests of common/log/segment.c: bodies taken apart, and segments that must not pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "common/log/segment.h"
#include "tests/lib/log_vectors.h"
#include "tests/lib/unhex.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const entries[] = { VEC_OPEN, VEC_MARK, VEC_READER,
				       VEC_CARD, VEC_LOAN, VEC_CHANGE };

struct made {
	struct ph_buf body;
	struct ph_segment segment;
	uint8_t key[PH_KEY_SIZE];
	uint8_t secret[PH_SECRET_SIZE];
	uint8_t h0[PH_HASH_SIZE];
};

/* The segment of the worked example. */
static void make(struct made *made)
{
	struct ph_buf pool = { 0 };

	memset(made, 0, sizeof(*made));
	crypto_sign_seed_keypair(made->key, made->secret, unhex(&pool, VEC_SEED).data);
	for (size_t i = 0; i < COUNT(entries); i++) {
		assert_int_equal(ph_segment_add(&made->body, unhex(&pool, entries[i])),
				 0);
	}
	memcpy(made->segment.log_id, unhex(&pool, VEC_LOG).data, PH_LOG_ID_SIZE);
	memcpy(made->segment.seal, unhex(&pool, VEC_SEAL).data, PH_SIGNATURE_SIZE);
	memcpy(made->h0, unhex(&pool, VEC_H0).data, PH_HASH_SIZE);
	made->segment.first = 1;
	made->segment.last = COUNT(entries);
	made->segment.body = ph_buf_view(&made->body);
	ph_buf_deinit(&pool);
}

static int verify(const struct made *made, uint8_t *h_out)
{
	return ph_segment_verify(&made->segment, made->key, made->h0, h_out);
}

static void test_vector(void **state)
{
	struct made made;
	uint8_t h[PH_HASH_SIZE];
	uint8_t name[16];

	(void)state;
	make(&made);
	assert_hex(made.body.data, made.body.len, VEC_BODY);
	assert_int_equal(verify(&made, h), 0);
	assert_hex(h, sizeof(h), VEC_H6);
	ph_segment_hash(&made.segment, name);
	assert_hex(name, sizeof(name), VEC_SEGMENT);
	ph_buf_deinit(&made.body);
}

static void test_each_bit_counts(void **state)
{
	struct made made;
	uint8_t h[PH_HASH_SIZE] = { 7 };
	uint8_t name[16];
	uint8_t other[16];

	(void)state;
	make(&made);
	ph_segment_hash(&made.segment, name);
	for (size_t i = 0; i < made.body.len; i++) {
		made.body.data[i] ^= 1;
		int rc = verify(&made, h);

		assert_true(rc == PH_SEGMENT_E_SEAL || rc == PH_SEGMENT_E_FORM);
		ph_segment_hash(&made.segment, other);
		assert_memory_not_equal(name, other, sizeof(name));
		made.body.data[i] ^= 1;
	}
	made.segment.log_id[3] ^= 1;
	assert_int_equal(verify(&made, h), PH_SEGMENT_E_SEAL);
	made.segment.log_id[3] ^= 1;
	made.segment.seal[60] ^= 1;
	assert_int_equal(verify(&made, h), PH_SEGMENT_E_SEAL);
	made.segment.seal[60] ^= 1;
	made.h0[0] ^= 1;
	assert_int_equal(verify(&made, h), PH_SEGMENT_E_SEAL);
	made.h0[0] ^= 1;
	made.segment.first++;
	made.segment.last++;
	assert_int_equal(verify(&made, h), PH_SEGMENT_E_SEAL);
	assert_int_equal(h[0], 7); /* untouched by failures */
	made.segment.first--;
	made.segment.last--;
	assert_int_equal(verify(&made, h), 0);
	ph_buf_deinit(&made.body);
}

static void test_counts(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint64_t first;
		uint64_t last;
		int rc;
	} cases[] = {
		{ "as it is", 1, 6, 0 },
		{ "one too many", 1, 5, PH_SEGMENT_E_FORM },
		{ "one too few", 1, 7, PH_SEGMENT_E_FORM },
		{ "from 0", 0, 5, PH_SEGMENT_E_FORM },
		{ "backwards", 6, 1, PH_SEGMENT_E_FORM },
		{ "all there are", 1, UINT64_MAX, PH_SEGMENT_E_FORM },
		{ "around the end", UINT64_MAX - 4, 1, PH_SEGMENT_E_FORM },
		{ "at the end", UINT64_MAX - 5, UINT64_MAX, PH_SEGMENT_E_FORM },
		{ "the highest", (uint64_t)INT64_MAX - 5, INT64_MAX, PH_SEGMENT_E_SEAL },
		{ "over it", (uint64_t)INT64_MAX - 4, (uint64_t)INT64_MAX + 1,
		  PH_SEGMENT_E_FORM },
	};
	struct made made;
	uint8_t h[PH_HASH_SIZE];

	make(&made);
	for (size_t i = 0; i < COUNT(cases); i++) {
		made.segment.first = cases[i].first;
		made.segment.last = cases[i].last;
		if (verify(&made, h) != cases[i].rc) {
			fail_msg("%s", cases[i].name);
		}
	}
	made.segment.first = made.segment.last = 1;
	made.segment.body.len = 0;
	assert_int_equal(verify(&made, h), PH_SEGMENT_E_FORM);
	ph_buf_deinit(&made.body);
}

static void test_next(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *hex;
		int rc;
		size_t len;
	} cases[] = {
		{ "one byte", "01 aa", 0, 1 },
		{ "more behind", "02 aabb cc", 0, 2 },
		{ "nothing", "", PH_SEGMENT_E_FORM, 0 },
		{ "no bytes", "00", PH_SEGMENT_E_FORM, 0 },
		{ "no bytes, more behind", "00 01 aa", PH_SEGMENT_E_FORM, 0 },
		{ "cut short", "03 aabb", PH_SEGMENT_E_FORM, 0 },
		{ "length cut short", "80", PH_SEGMENT_E_FORM, 0 },
		{ "length too long", "8100 aa", PH_SEGMENT_E_FORM, 0 },
		{ "length of all ones", "ffffffffffffffffff01 aa", PH_SEGMENT_E_FORM, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ph_buf bytes = { 0 };
		struct ph_view body = unhex(&bytes, cases[i].hex);
		struct ph_view before = body;
		struct ph_view entry = PH_VIEW(&cases, 5);

		if (ph_segment_next(&body, &entry) != cases[i].rc) {
			fail_msg("%s", cases[i].name);
		}
		if (cases[i].rc == 0) {
			assert_int_equal(entry.len, cases[i].len);
			assert_ptr_equal(entry.data, before.data + 1);
			assert_int_equal(body.len, before.len - 1 - entry.len);
		} else {
			assert_int_equal(entry.len, 5);
			assert_ptr_equal(body.data, before.data);
			assert_int_equal(body.len, before.len);
		}
		ph_buf_deinit(&bytes);
	}
}

static void test_entry_sizes(void **state)
{
	static uint8_t bytes[PH_ENTRY_MAX + 1];
	struct ph_buf body = { 0 };

	(void)state;
	assert_int_equal(ph_segment_add(&body, PH_VIEW(bytes, 0)), -EMSGSIZE);
	assert_int_equal(ph_segment_add(&body, PH_VIEW(bytes, PH_ENTRY_MAX + 1)),
			 -EMSGSIZE);
	assert_int_equal(body.len, 0);
	for (size_t size = PH_ENTRY_MAX - 1; size <= PH_ENTRY_MAX + 1; size++) {
		struct ph_view rest;
		struct ph_view entry;

		body.len = 0;
		assert_int_equal(ph_varint_put(&body, size), 0);
		assert_int_equal(ph_buf_put(&body, bytes, size), 0);
		rest = ph_buf_view(&body);
		assert_int_equal(ph_segment_next(&rest, &entry),
				 size > PH_ENTRY_MAX ? PH_SEGMENT_E_FORM : 0);
	}
	ph_buf_deinit(&body);
}

/* Opaque acceptance: what the entries say, or whether they say anything, is not asked. */
static void test_any_bytes(void **state)
{
	struct made made;
	struct ph_head head = { .n = 2 };
	uint8_t e[PH_HASH_SIZE];
	uint8_t h[PH_HASH_SIZE];

	(void)state;
	make(&made);
	made.body.len = 0;
	assert_int_equal(ph_segment_add(&made.body, PH_VIEW("\xc1", 1)), 0);
	assert_int_equal(ph_segment_add(&made.body, PH_VIEW("no entry", 8)), 0);
	memcpy(head.log_id, made.segment.log_id, PH_LOG_ID_SIZE);
	memcpy(head.h, made.h0, PH_HASH_SIZE);
	ph_entry_hash(PH_VIEW("\xc1", 1), e);
	ph_chain_step(head.h, e);
	ph_entry_hash(PH_VIEW("no entry", 8), e);
	ph_chain_step(head.h, e);
	ph_seal_sign(made.segment.seal, &head, made.secret);
	made.segment.last = 2;
	made.segment.body = ph_buf_view(&made.body);
	assert_int_equal(verify(&made, h), 0);
	assert_memory_equal(h, head.h, sizeof(h));
	ph_buf_deinit(&made.body);
}

/* A body of SIZE bytes, all one-byte entries but the last; its seal is right. */
static int verify_sized(size_t size)
{
	struct made made;
	struct ph_head head = { 0 };
	uint8_t h[PH_HASH_SIZE];

	make(&made);
	made.body.len = 0;
	memcpy(head.log_id, made.segment.log_id, PH_LOG_ID_SIZE);
	memcpy(head.h, made.h0, PH_HASH_SIZE);
	while (made.body.len < size) {
		static const uint8_t zeros[PH_ENTRY_MAX];
		size_t left = size - made.body.len;
		size_t len = left > 2 * PH_ENTRY_MAX ? PH_ENTRY_MAX
			     : left > 130            ? 127
						     : left - 1;
		uint8_t e[PH_HASH_SIZE];

		len = left == 129 || left == 130 ? 100
						 : len; /* where lengths grow a byte */
		assert_int_equal(ph_segment_add(&made.body, PH_VIEW(zeros, len)), 0);
		ph_entry_hash(PH_VIEW(zeros, len), e);
		ph_chain_step(head.h, e);
		head.n++;
	}
	assert_int_equal(made.body.len, size);
	ph_seal_sign(made.segment.seal, &head, made.secret);
	made.segment.last = head.n;
	made.segment.body = ph_buf_view(&made.body);

	int rc = verify(&made, h);

	ph_buf_deinit(&made.body);
	return rc;
}

static void test_body_sizes(void **state)
{
	(void)state;
	assert_int_equal(verify_sized(PH_SEGMENT_PLAIN_MAX - 1), 0);
	assert_int_equal(verify_sized(PH_SEGMENT_PLAIN_MAX), 0);
	assert_int_equal(verify_sized(PH_SEGMENT_PLAIN_MAX + 1), PH_SEGMENT_E_FORM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_each_bit_counts),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_entry_sizes),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_body_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
