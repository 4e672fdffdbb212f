/*
 * Tests of proto/noise.c and proto/cipher.c against themselves: both roles, limits,
 * turns, hostile keys, and every bit of a transcript. That the bytes are those of
 * the specification is shown by tests/vectors and by another implementation there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/noise.h"

static const char prologue[] = "PH-test";

/* Two sides that know what they must; reproducible. */
struct pair {
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	uint8_t init_secret[PH_NOISE_KEY_LEN];
	uint8_t resp_secret[PH_NOISE_KEY_LEN];
	uint8_t resp_public[PH_NOISE_KEY_LEN];
	struct ph_noise init;
	struct ph_noise resp;
};

static void start_side(struct ph_noise *noise, enum ph_noise_pattern pattern,
		       const uint8_t *secret, const uint8_t *remote)
{
	const struct ph_noise_config config = {
		.pattern = pattern,
		.role = remote != NULL ? PH_NOISE_INITIATOR : PH_NOISE_RESPONDER,
		.prologue = PH_VIEW(prologue, 7),
		.static_secret = secret,
		.remote_static = remote,
	};

	assert_int_equal(ph_noise_init(noise, &config), 0);
}

static void pair_init(struct pair *pair, enum ph_noise_pattern pattern, uint64_t seed)
{
	ph_rng_seed(&pair->seeded, seed, &pair->rng);
	pair->rng.fill(pair->rng.data, pair->init_secret, PH_NOISE_KEY_LEN);
	pair->rng.fill(pair->rng.data, pair->resp_secret, PH_NOISE_KEY_LEN);
	ph_noise_public(pair->resp_public, pair->resp_secret);
	start_side(&pair->init, pattern, pair->init_secret, pair->resp_public);
	start_side(&pair->resp, pattern, pair->resp_secret, NULL);
}

static void pair_deinit(struct pair *pair)
{
	ph_noise_deinit(&pair->init);
	ph_noise_deinit(&pair->resp);
}

/* One message across; checks the payload. */
static void cross(struct pair *pair, struct ph_noise *from, struct ph_noise *to,
		  struct ph_view payload)
{
	struct ph_buf message = { 0 };
	struct ph_buf got = { 0 };
	size_t overhead = ph_noise_overhead(from);

	assert_true(ph_noise_is_ours(from));
	assert_true(ph_noise_is_theirs(to));
	assert_int_equal(ph_noise_create_message(from, &pair->rng, payload, &message), 0);
	assert_int_equal(message.len, overhead + payload.len);
	assert_int_equal(ph_noise_consume_message(to, ph_buf_view(&message), &got), 0);
	assert_true(ph_view_equal(ph_buf_view(&got), payload));
	ph_buf_deinit(&message);
	ph_buf_deinit(&got);
}

static void send_one(struct ph_cipher *from, struct ph_cipher *to, size_t len)
{
	struct ph_buf plain = { 0 };
	struct ph_buf sealed = { 0 };
	struct ph_buf opened = { 0 };

	assert_int_equal(ph_buf_reserve(&plain, len + 1), 0);
	memset(plain.data, (int)(len % 251), len);
	plain.len = len;
	assert_int_equal(ph_cipher_seal(from, ph_buf_view(&plain), &sealed), 0);
	assert_int_equal(sealed.len, len + PH_NOISE_TAG_LEN);
	assert_int_equal(ph_cipher_open(to, ph_buf_view(&sealed), &opened), 0);
	assert_true(ph_view_equal(ph_buf_view(&opened), ph_buf_view(&plain)));
	ph_buf_deinit(&plain);
	ph_buf_deinit(&sealed);
	ph_buf_deinit(&opened);
}

static void test_ik(void **state)
{
	(void)state;
	struct pair pair;
	struct ph_cipher is;
	struct ph_cipher ir;
	struct ph_cipher rs;
	struct ph_cipher rr;

	pair_init(&pair, PH_NOISE_IK, 1);
	assert_int_equal(ph_noise_overhead(&pair.init), 96);
	assert_memory_equal(ph_noise_remote_static(&pair.init), pair.resp_public, 32);
	assert_null(ph_noise_remote_static(&pair.resp));
	cross(&pair, &pair.init, &pair.resp, ph_view_str("hello hub"));
	uint8_t init_public[PH_NOISE_KEY_LEN];
	ph_noise_public(init_public, pair.init_secret);
	assert_memory_equal(ph_noise_remote_static(&pair.resp), init_public, 32);
	assert_int_equal(ph_noise_overhead(&pair.resp), 48);
	assert_null(ph_noise_handshake_hash(&pair.init));
	assert_null(ph_noise_handshake_hash(&pair.resp));
	cross(&pair, &pair.resp, &pair.init, PH_VIEW(NULL, 0));
	assert_true(ph_noise_is_done(&pair.init));
	assert_true(ph_noise_is_done(&pair.resp));
	assert_int_equal(ph_noise_overhead(&pair.init), 0);
	assert_memory_equal(ph_noise_handshake_hash(&pair.init),
			    ph_noise_handshake_hash(&pair.resp), PH_NOISE_HASH_LEN);

	assert_int_equal(ph_noise_split(&pair.init, &is, &ir), 0);
	assert_int_equal(ph_noise_split(&pair.resp, &rs, &rr), 0);
	assert_memory_not_equal(is.key, ir.key, PH_NOISE_KEY_LEN);
	for (size_t len = 0; len < 70; len++) {
		send_one(&is, &rr, len);
		send_one(&rs, &ir, len * 3);
	}
	assert_int_equal(is.nonce, 70);
	/* what a split leaves */
	assert_non_null(ph_noise_handshake_hash(&pair.init));
	assert_memory_equal(ph_noise_remote_static(&pair.resp), init_public, 32);
	static const uint8_t zeros[PH_NOISE_HASH_LEN];
	assert_null(pair.init.s);
	assert_memory_equal(pair.init.e, zeros, PH_NOISE_KEY_LEN);
	assert_memory_equal(pair.init.ck, zeros, PH_NOISE_HASH_LEN);
	assert_memory_equal(pair.init.cipher.key, zeros, PH_NOISE_KEY_LEN);
	struct ph_cipher again;
	struct ph_cipher again_too;
	assert_int_equal(ph_noise_split(&pair.init, &again, &again_too),
			 PH_NOISE_E_STATE);
	ph_cipher_deinit(&is);
	assert_memory_equal(is.key, zeros, PH_NOISE_KEY_LEN);
	pair_deinit(&pair);
	assert_memory_equal(pair.init.h, zeros, PH_NOISE_HASH_LEN);
}

static void test_x(void **state)
{
	(void)state;
	struct pair pair;
	struct ph_cipher is;
	struct ph_cipher ir;
	struct ph_cipher rs;
	struct ph_cipher rr;
	struct ph_buf out = { 0 };

	pair_init(&pair, PH_NOISE_X, 2);
	cross(&pair, &pair.init, &pair.resp, ph_view_str("certificate"));
	assert_true(ph_noise_is_done(&pair.init));
	assert_int_equal(ph_noise_split(&pair.init, &is, &ir), 0);
	assert_int_equal(ph_noise_split(&pair.resp, &rs, &rr), 0);
	send_one(&is, &rr, 1000);
	send_one(&is, &rr, 0);
	assert_int_equal(ph_cipher_seal(&rs, ph_view_str("no"), &out), PH_NOISE_E_SPENT);
	assert_int_equal(ph_cipher_open(&ir, ph_view_str("0123456789abcdef"), &out),
			 PH_NOISE_E_SPENT);
	assert_int_equal(out.len, 0);
	pair_deinit(&pair);
	ph_buf_deinit(&out);
}

static void test_turns(void **state)
{
	(void)state;
	struct pair pair;
	struct ph_cipher a;
	struct ph_cipher b;
	struct ph_buf out = { 0 };
	uint8_t bytes[200] = { 0 };
	struct ph_view some = PH_VIEW(bytes, sizeof(bytes));

	pair_init(&pair, PH_NOISE_IK, 3);
	struct {
		struct ph_noise *writer;
		struct ph_noise *reader;
	} turns[] = { { &pair.init, &pair.resp }, { &pair.resp, &pair.init } };
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(ph_noise_consume_message(turns[i].writer, some, &out),
				 PH_NOISE_E_STATE);
		assert_int_equal(
			ph_noise_create_message(turns[i].reader, &pair.rng, some, &out),
			PH_NOISE_E_STATE);
		assert_int_equal(ph_noise_split(&pair.init, &a, &b), PH_NOISE_E_STATE);
		assert_int_equal(ph_noise_split(&pair.resp, &a, &b), PH_NOISE_E_STATE);
		cross(&pair, turns[i].writer, turns[i].reader, ph_view_str("x"));
	}
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(ph_noise_consume_message(turns[i].writer, some, &out),
				 PH_NOISE_E_STATE);
		assert_int_equal(
			ph_noise_create_message(turns[i].writer, &pair.rng, some, &out),
			PH_NOISE_E_STATE);
	}
	pair_deinit(&pair);
	assert_int_equal(ph_noise_split(&pair.init, &a, &b), PH_NOISE_E_STATE);
	assert_int_equal(ph_noise_create_message(&pair.init, &pair.rng, some, &out),
			 PH_NOISE_E_STATE);
	assert_int_equal(out.len, 0);
	ph_buf_deinit(&out);
}

/* Payloads at, below and over what a message can hold, in both messages. */
static void test_message_limits(void **state)
{
	(void)state;
	static const size_t overheads[] = { 96, 48 };
	struct ph_buf payload = { 0 };
	struct ph_buf out = { 0 };
	struct pair pair;

	assert_int_equal(ph_buf_reserve(&payload, PH_NOISE_MESSAGE_MAX + 1), 0);
	memset(payload.data, 'z', PH_NOISE_MESSAGE_MAX + 1);
	for (size_t below = 0; below < 2; below++) {
		pair_init(&pair, PH_NOISE_IK, 4);
		struct ph_noise *sides[] = { &pair.init, &pair.resp, &pair.init };
		for (size_t i = 0; i < 2; i++) {
			size_t limit = PH_NOISE_MESSAGE_MAX - overheads[i];
			struct ph_noise before;
			memcpy(&before, sides[i], sizeof(before));
			assert_int_equal(ph_noise_create_message(
						 sides[i], &pair.rng,
						 PH_VIEW(payload.data, limit + 1), &out),
					 PH_NOISE_E_TOO_BIG);
			assert_memory_equal(&before, sides[i], sizeof(before));
			cross(&pair, sides[i], sides[i + 1],
			      PH_VIEW(payload.data, limit - below));
		}
		pair_deinit(&pair);
	}

	pair_init(&pair, PH_NOISE_IK, 5);
	static const struct {
		size_t len;
		int rc;
	} cases[] = {
		{ 0, PH_NOISE_E_SHORT },
		{ 32, PH_NOISE_E_SHORT },
		{ 95, PH_NOISE_E_SHORT },
		{ 96, PH_NOISE_E_AUTH },
		{ 97, PH_NOISE_E_AUTH },
		{ PH_NOISE_MESSAGE_MAX - 1, PH_NOISE_E_AUTH },
		{ PH_NOISE_MESSAGE_MAX, PH_NOISE_E_AUTH },
		{ PH_NOISE_MESSAGE_MAX + 1, PH_NOISE_E_TOO_BIG },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
			ph_noise_consume_message(
				&pair.resp, PH_VIEW(payload.data, cases[i].len), &out),
			cases[i].rc);
	}
	assert_int_equal(out.len, 0);
	pair_deinit(&pair);
	ph_buf_deinit(&payload);
	ph_buf_deinit(&out);
}

/* Flip each bit and cut at each length; all refused, and nothing moves. */
static void abuse_message(struct ph_noise *noise, struct ph_view message)
{
	struct ph_buf bent = { 0 };
	struct ph_buf out = { 0 };
	struct ph_noise before;
	memcpy(&before, noise, sizeof(before));

	assert_int_equal(ph_buf_put_view(&bent, message), 0);
	for (size_t bit = 0; bit < message.len * 8; bit++) {
		bent.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		assert_int_equal(
			ph_noise_consume_message(noise, ph_buf_view(&bent), &out),
			PH_NOISE_E_AUTH);
		bent.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		assert_memory_equal(noise, &before, sizeof(before));
	}
	for (size_t len = 0; len < message.len; len++) {
		int rc =
			ph_noise_consume_message(noise, PH_VIEW(message.data, len), &out);
		assert_int_equal(rc, len < ph_noise_overhead(noise) ? PH_NOISE_E_SHORT
								    : PH_NOISE_E_AUTH);
	}
	assert_int_equal(ph_buf_put_u8(&bent, 0), 0);
	assert_int_equal(ph_noise_consume_message(noise, ph_buf_view(&bent), &out),
			 PH_NOISE_E_AUTH);
	assert_memory_equal(noise, &before, sizeof(before));
	assert_int_equal(out.len, 0);
	ph_buf_deinit(&bent);
	ph_buf_deinit(&out);
}

static void abuse_transport(struct ph_cipher *cipher, struct ph_view sealed)
{
	struct ph_buf bent = { 0 };
	struct ph_buf out = { 0 };
	struct ph_cipher before = *cipher;

	assert_int_equal(ph_buf_put_view(&bent, sealed), 0);
	for (size_t bit = 0; bit < sealed.len * 8; bit++) {
		bent.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		assert_int_equal(ph_cipher_open(cipher, ph_buf_view(&bent), &out),
				 PH_NOISE_E_AUTH);
		bent.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	for (size_t len = 0; len < sealed.len; len++) {
		assert_int_equal(ph_cipher_open(cipher, PH_VIEW(sealed.data, len), &out),
				 len < PH_NOISE_TAG_LEN ? PH_NOISE_E_SHORT
							: PH_NOISE_E_AUTH);
	}
	assert_memory_equal(cipher, &before, sizeof(before));
	assert_int_equal(out.len, 0);
	ph_buf_deinit(&bent);
	ph_buf_deinit(&out);
}

/* A whole IK transcript: after all the abuse, the genuine message still works. */
static void test_every_bit(void **state)
{
	(void)state;
	struct pair pair;
	struct ph_buf message = { 0 };
	struct ph_buf out = { 0 };
	static const char payload[] = "loan 8936012345678";

	pair_init(&pair, PH_NOISE_IK, 6);
	struct ph_noise *sides[] = { &pair.init, &pair.resp, &pair.init };
	for (size_t i = 0; i < 2; i++) {
		message.len = 0;
		out.len = 0;
		assert_int_equal(ph_noise_create_message(sides[i], &pair.rng,
							 ph_view_str(payload), &message),
				 0);
		abuse_message(sides[i + 1], ph_buf_view(&message));
		assert_int_equal(ph_noise_consume_message(sides[i + 1],
							  ph_buf_view(&message), &out),
				 0);
		assert_true(ph_view_equal(ph_buf_view(&out), ph_view_str(payload)));
	}
	struct ph_cipher ciphers[4];
	assert_int_equal(ph_noise_split(&pair.init, &ciphers[0], &ciphers[3]), 0);
	assert_int_equal(ph_noise_split(&pair.resp, &ciphers[2], &ciphers[1]), 0);
	for (size_t i = 0; i < 8; i++) {
		struct ph_cipher *from = &ciphers[i % 2 * 2];
		struct ph_cipher *to = from + 1;
		struct ph_view plain = PH_VIEW(payload, i * 2);
		message.len = 0;
		out.len = 0;
		assert_int_equal(ph_cipher_seal(from, plain, &message), 0);
		abuse_transport(to, ph_buf_view(&message));
		assert_int_equal(ph_cipher_open(to, ph_buf_view(&message), &out), 0);
		assert_true(ph_view_equal(ph_buf_view(&out), plain));
		/* and not a second time */
		assert_int_equal(ph_cipher_open(to, ph_buf_view(&message), &out),
				 PH_NOISE_E_AUTH);
	}
	pair_deinit(&pair);
	ph_buf_deinit(&message);
	ph_buf_deinit(&out);
}

/* Another prologue, pattern, or responder: message 1 means nothing there. */
static void test_wrong_address(void **state)
{
	(void)state;
	struct pair pair;
	struct ph_buf message = { 0 };
	struct ph_buf out = { 0 };
	struct ph_noise other;

	pair_init(&pair, PH_NOISE_IK, 7);
	assert_int_equal(ph_noise_create_message(&pair.init, &pair.rng,
						 ph_view_str("private"), &message),
			 0);
	struct ph_noise_config configs[3];
	for (size_t i = 0; i < 3; i++) {
		configs[i] = (struct ph_noise_config){
			.pattern = PH_NOISE_IK,
			.role = PH_NOISE_RESPONDER,
			.prologue = PH_VIEW(prologue, 7),
			.static_secret = pair.resp_secret,
		};
	}
	configs[0].prologue = PH_VIEW(prologue, 6);
	configs[1].pattern = PH_NOISE_X;
	configs[2].static_secret = pair.init_secret;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(ph_noise_init(&other, &configs[i]), 0);
		assert_int_equal(
			ph_noise_consume_message(&other, ph_buf_view(&message), &out),
			PH_NOISE_E_AUTH);
		assert_null(ph_noise_remote_static(&other));
		ph_noise_deinit(&other);
	}
	assert_int_equal(out.len, 0);
	pair_deinit(&pair);
	ph_buf_deinit(&message);
	ph_buf_deinit(&out);
}

/* Points of small order make every shared secret zero: refused wherever they stand. */
static void test_low_order(void **state)
{
	(void)state;
	static const uint8_t points[][PH_NOISE_KEY_LEN] = {
		{ 0 },
		{ 1 },
		{ 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
		  0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
		  0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00 },
	};
	uint8_t message[96 + 10] = { 0 };
	struct ph_buf out = { 0 };
	struct pair pair;

	pair_init(&pair, PH_NOISE_IK, 8);
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		uint8_t shared[PH_NOISE_KEY_LEN];
		memset(shared, 0x5a, sizeof(shared));
		assert_int_equal(ph_noise_dh(shared, pair.init_secret, points[i]),
				 PH_NOISE_E_KEY);
		assert_int_equal(shared[0], 0x5a);

		/* as the static that we were told */
		struct ph_noise victim;
		start_side(&victim, PH_NOISE_IK, pair.init_secret, points[i]);
		struct ph_noise before;
		memcpy(&before, &victim, sizeof(before));
		assert_int_equal(ph_noise_create_message(&victim, &pair.rng,
							 ph_view_str("x"), &out),
				 PH_NOISE_E_KEY);
		assert_memory_equal(&before, &victim, sizeof(before));
		ph_noise_deinit(&victim);

		/* as the ephemeral of message 1 */
		memcpy(message, points[i], PH_NOISE_KEY_LEN);
		memcpy(&before, &pair.resp, sizeof(before));
		assert_int_equal(
			ph_noise_consume_message(&pair.resp,
						 PH_VIEW(message, sizeof(message)), &out),
			PH_NOISE_E_KEY);
		assert_memory_equal(&before, &pair.resp, sizeof(before));
	}

	/* as the ephemeral of message 2 */
	struct ph_buf first = { 0 };
	assert_int_equal(
		ph_noise_create_message(&pair.init, &pair.rng, ph_view_str(""), &first),
		0);
	assert_int_equal(ph_noise_consume_message(
				 &pair.init, PH_VIEW(message, sizeof(message)), &out),
			 PH_NOISE_E_KEY);
	assert_int_equal(out.len, 0);
	pair_deinit(&pair);
	ph_buf_deinit(&first);
	ph_buf_deinit(&out);
}

/* A static of small order, sent sealed by whoever made the message, dies at ss. */
static void test_low_order_sealed(void **state)
{
	(void)state;
	struct pair pair;
	struct ph_buf message = { 0 };
	struct ph_buf out = { 0 };

	pair_init(&pair, PH_NOISE_X, 9);
	memset(pair.init.s_public, 0, sizeof(pair.init.s_public));
	assert_int_equal(ph_noise_create_message(&pair.init, &pair.rng, ph_view_str("x"),
						 &message),
			 0);
	assert_int_equal(
		ph_noise_consume_message(&pair.resp, ph_buf_view(&message), &out),
		PH_NOISE_E_KEY);
	assert_null(ph_noise_remote_static(&pair.resp));
	pair_deinit(&pair);
	ph_buf_deinit(&message);
	ph_buf_deinit(&out);
}

static bool holds(const struct ph_noise *noise, const uint8_t *secret)
{
	const uint8_t *bytes = (const uint8_t *)noise;

	for (size_t i = 0; i + PH_NOISE_KEY_LEN <= sizeof(*noise); i++) {
		if (memcmp(bytes + i, secret, PH_NOISE_KEY_LEN) == 0) {
			return true;
		}
	}
	return false;
}

/* The static secrets stay where their owners keep them, in locked memory: none is copied into a handshake. */
static void test_static_stays(void **state)
{
	(void)state;
	struct pair pair;
	struct ph_buf message = { 0 };
	struct ph_buf out = { 0 };

	pair_init(&pair, PH_NOISE_IK, 10);
	assert_false(holds(&pair.init, pair.init_secret));
	assert_false(holds(&pair.resp, pair.resp_secret));
	assert_true(holds(&pair.init, pair.resp_public)); /* so it would be seen */
	assert_int_equal(
		ph_noise_create_message(&pair.init, &pair.rng, ph_view_str(""), &message),
		0);
	assert_int_equal(
		ph_noise_consume_message(&pair.resp, ph_buf_view(&message), &out), 0);
	assert_false(holds(&pair.init, pair.init_secret));
	assert_false(holds(&pair.resp, pair.resp_secret));
	pair_deinit(&pair);
	ph_buf_deinit(&message);
	ph_buf_deinit(&out);
}

static void test_cipher_limits(void **state)
{
	(void)state;
	static const uint8_t key[PH_NOISE_KEY_LEN] = { 7 };
	struct ph_cipher from;
	struct ph_cipher to;
	struct ph_buf big = { 0 };
	struct ph_buf out = { 0 };

	ph_cipher_init(&from, key);
	ph_cipher_init(&to, key);
	send_one(&from, &to, PH_NOISE_PLAIN_MAX - 1);
	send_one(&from, &to, PH_NOISE_PLAIN_MAX);
	assert_int_equal(ph_buf_reserve(&big, PH_NOISE_MESSAGE_MAX + 1), 0);
	memset(big.data, 0, PH_NOISE_MESSAGE_MAX + 1);
	assert_int_equal(
		ph_cipher_seal(&from, PH_VIEW(big.data, PH_NOISE_PLAIN_MAX + 1), &out),
		PH_NOISE_E_TOO_BIG);
	assert_int_equal(
		ph_cipher_open(&to, PH_VIEW(big.data, PH_NOISE_MESSAGE_MAX + 1), &out),
		PH_NOISE_E_TOO_BIG);
	assert_int_equal(
		ph_cipher_open(&to, PH_VIEW(big.data, PH_NOISE_MESSAGE_MAX), &out),
		PH_NOISE_E_AUTH);
	assert_int_equal(from.nonce, 2);
	assert_int_equal(to.nonce, 2);
	ph_buf_deinit(&big);
	ph_buf_deinit(&out);
}

static void test_nonce_end(void **state)
{
	(void)state;
	static const uint8_t key[PH_NOISE_KEY_LEN] = { 8 };
	struct ph_cipher from;
	struct ph_cipher to;
	struct ph_buf sealed = { 0 };
	struct ph_buf out = { 0 };

	ph_cipher_init(&from, key);
	ph_cipher_init(&to, key);
	from.nonce = to.nonce = UINT64_MAX - 2;
	send_one(&from, &to, 5);
	assert_int_equal(ph_cipher_seal(&from, ph_view_str("last"), &sealed), 0);
	assert_int_equal(ph_cipher_open(&to, ph_buf_view(&sealed), &out), 0);
	assert_int_equal(from.nonce, UINT64_MAX);
	size_t len = sealed.len;
	assert_int_equal(ph_cipher_seal(&from, ph_view_str("over"), &sealed),
			 PH_NOISE_E_SPENT);
	assert_int_equal(sealed.len, len);
	assert_int_equal(ph_cipher_open(&to, ph_buf_view(&sealed), &out),
			 PH_NOISE_E_SPENT);
	assert_int_equal(out.len, 4);
	assert_int_equal(to.nonce, UINT64_MAX);
	ph_buf_deinit(&sealed);
	ph_buf_deinit(&out);
}

/* Appending leaves alone what was in the buffers before. */
static void test_appends(void **state)
{
	(void)state;
	struct pair pair;
	struct ph_buf message = { 0 };
	struct ph_buf out = { 0 };

	pair_init(&pair, PH_NOISE_IK, 10);
	assert_int_equal(ph_buf_put(&message, "HEAD", 4), 0);
	assert_int_equal(ph_buf_put(&out, "head", 4), 0);
	assert_int_equal(ph_noise_create_message(&pair.init, &pair.rng,
						 ph_view_str("body"), &message),
			 0);
	assert_memory_equal(message.data, "HEAD", 4);
	assert_int_equal(
		ph_noise_consume_message(
			&pair.resp, PH_VIEW(message.data + 4, message.len - 4), &out),
		0);
	assert_int_equal(out.len, 8);
	assert_memory_equal(out.data, "headbody", 8);
	pair_deinit(&pair);
	ph_buf_deinit(&message);
	ph_buf_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ik),
		cmocka_unit_test(test_x),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_message_limits),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_wrong_address),
		cmocka_unit_test(test_low_order),
		cmocka_unit_test(test_low_order_sealed),
		cmocka_unit_test(test_static_stays),
		cmocka_unit_test(test_cipher_limits),
		cmocka_unit_test(test_nonce_end),
		cmocka_unit_test(test_appends),
	};

	return cmocka_run_group_tests_name("noise", tests, NULL, NULL);
}
