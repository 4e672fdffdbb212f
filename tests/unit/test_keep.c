/*
 * Tests of common/log/keep.c: what the hub has devices keep opens for the hub that made it, for its own
 * range, as it was made; and for nobody else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/limits.h"
#include "common/log/keep.h"
#include "common/log/keys.h"

static const uint8_t mark[PH_KEEP_MARK_SIZE] = "markings";

static struct ph_sign_pair pair_of(uint8_t name)
{
	uint8_t seed[PH_SEED_KEY_SIZE];
	struct ph_sign_pair pair;

	memset(seed, name, sizeof(seed));
	ph_sign_pair_from_seed(&pair, seed);
	return pair;
}

static struct ph_segment segment_of(const char *words)
{
	struct ph_segment segment = { .first = 7, .last = 9, .body = ph_view_str(words) };

	memset(segment.log_id, 3, sizeof(segment.log_id));
	memset(segment.seal, 4, sizeof(segment.seal));
	return segment;
}

static struct ph_keep keep_of(const struct ph_segment *segment,
			      const struct ph_buf *cipher)
{
	struct ph_keep keep = { .first = segment->first,
				.last = segment->last,
				.cipher = ph_buf_view(cipher) };

	memcpy(keep.log_id, segment->log_id, sizeof(keep.log_id));
	memcpy(keep.mark, mark, sizeof(keep.mark));
	return keep;
}

static void test_round(void **state)
{
	const struct ph_segment segment = segment_of("what was decided");
	struct ph_sign_pair pair = pair_of(1);
	struct ph_buf cipher = { 0 };
	struct ph_buf again = { 0 };
	struct ph_buf other = { 0 };
	struct ph_buf buf = { 0 };
	struct ph_segment other_words = segment_of("what was not    ");
	struct ph_segment back;
	struct ph_keep keep;

	(void)state;
	assert_int_equal(ph_keep_seal(pair.secret, &segment, mark, &cipher), 0);
	assert_int_equal(cipher.len, segment.body.len + PH_KEEP_AROUND);
	assert_null(memmem(cipher.data, cipher.len, "decided", 7));
	assert_null(memmem(cipher.data, cipher.len, segment.seal, 8));
	keep = keep_of(&segment, &cipher);
	assert_int_equal(ph_keep_open(pair.secret, &keep, &back, &buf), 0);
	assert_memory_equal(back.log_id, segment.log_id, sizeof(back.log_id));
	assert_memory_equal(back.seal, segment.seal, sizeof(back.seal));
	assert_int_equal(back.first, 7);
	assert_int_equal(back.last, 9);
	assert_true(ph_view_equal(back.body, segment.body));
	/* the same words are the same bytes; others in their place have another nonce */
	assert_int_equal(ph_keep_seal(pair.secret, &segment, mark, &again), 0);
	assert_true(ph_view_equal(ph_buf_view(&cipher), ph_buf_view(&again)));
	assert_int_equal(ph_keep_seal(pair.secret, &other_words, mark, &other), 0);
	assert_int_equal(other.len, cipher.len);
	assert_memory_not_equal(other.data, cipher.data, 24);
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&again);
	ph_buf_deinit(&other);
	ph_buf_deinit(&buf);
	ph_sign_pair_wipe(&pair);
}

/* Each bit of it, what it is said to be of, and whose it is. */
static void test_altered(void **state)
{
	const struct ph_segment segment = segment_of("what was decided");
	struct ph_sign_pair pair = pair_of(1);
	struct ph_sign_pair stranger = pair_of(2);
	struct ph_buf cipher = { 0 };
	struct ph_buf buf = { 0 };
	struct ph_segment back;
	struct ph_keep keep;

	(void)state;
	assert_int_equal(ph_keep_seal(pair.secret, &segment, mark, &cipher), 0);
	keep = keep_of(&segment, &cipher);
	for (size_t bit = 0; bit < 8 * cipher.len; bit++) {
		cipher.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(ph_keep_open(pair.secret, &keep, &back, &buf), -EBADMSG);
		cipher.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < cipher.len; len++) {
		keep.cipher.len = len;
		assert_int_equal(ph_keep_open(pair.secret, &keep, &back, &buf), -EBADMSG);
	}
	keep.cipher.len = cipher.len;
	keep.first--;
	assert_int_equal(ph_keep_open(pair.secret, &keep, &back, &buf), -EBADMSG);
	keep.first = 0;
	assert_int_equal(ph_keep_open(pair.secret, &keep, &back, &buf), -EBADMSG);
	keep.first = 7;
	keep.last++;
	assert_int_equal(ph_keep_open(pair.secret, &keep, &back, &buf), -EBADMSG);
	keep.last = 6;
	assert_int_equal(ph_keep_open(pair.secret, &keep, &back, &buf), -EBADMSG);
	keep.last = 9;
	keep.log_id[15] ^= 1;
	assert_int_equal(ph_keep_open(pair.secret, &keep, &back, &buf), -EBADMSG);
	keep.log_id[15] ^= 1;
	keep.mark[0] ^= 1;
	assert_int_equal(ph_keep_open(pair.secret, &keep, &back, &buf), -EBADMSG);
	keep.mark[0] ^= 1;
	assert_int_equal(ph_keep_open(stranger.secret, &keep, &back, &buf), -EBADMSG);
	assert_int_equal(ph_keep_open(pair.secret, &keep, &back, &buf), 0);
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&buf);
	ph_sign_pair_wipe(&pair);
	ph_sign_pair_wipe(&stranger);
}

/* What was made once has to open for ever: the bytes of now. */
static void test_bytes(void **state)
{
	static const char expected[] =
		"009de168125c44819e59a2f2c635dec9d56840d2b54d0350f2f193b6974135fb"
		"42be85d30ad2672b38daa0987f9d0a09d3d0464956e3fcf1c91cd0849e8b5c10"
		"df4899b93b2c753a610cf1c5aca10e510e810a7cd89632773f1053a2161060ba"
		"3b597283e9c245f6cf88f4";
	const struct ph_segment segment = segment_of("abc");
	struct ph_sign_pair pair = pair_of(1);
	struct ph_buf cipher = { 0 };
	char hex[2 * (3 + PH_KEEP_AROUND) + 1];

	(void)state;
	assert_int_equal(ph_keep_seal(pair.secret, &segment, mark, &cipher), 0);
	assert_int_equal(cipher.len, 3 + PH_KEEP_AROUND);
	ph_hex(hex, cipher.data, cipher.len);
	assert_string_equal(hex, expected);
	ph_buf_deinit(&cipher);
	ph_sign_pair_wipe(&pair);
}

static void test_limits(void **state)
{
	static const uint8_t zeros[PH_KEEP_MAX];
	struct ph_sign_pair pair = pair_of(1);

	(void)state;
	for (size_t more = 0; more < 3; more++) {
		size_t len = PH_KEEP_MAX - PH_KEEP_AROUND - 1 + more;
		struct ph_segment segment = segment_of("");
		struct ph_buf cipher = { 0 };
		struct ph_buf buf = { 0 };
		struct ph_segment back;
		struct ph_keep keep;

		segment.body = PH_VIEW(zeros, len);
		assert_int_equal(ph_keep_seal(pair.secret, &segment, mark, &cipher),
				 more < 2 ? 0 : -EMSGSIZE);
		if (more == 2) {
			assert_int_equal(cipher.len, 0);
			continue;
		}
		keep = keep_of(&segment, &cipher);
		assert_int_equal(ph_keep_open(pair.secret, &keep, &back, &buf), 0);
		assert_int_equal(back.body.len, len);
		ph_buf_deinit(&cipher);
		ph_buf_deinit(&buf);
	}
	ph_sign_pair_wipe(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_altered),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_limits),
	};

	if (ph_crypto_start() != 0) {
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
