/*
 * tests/fuzz/fuzz_noise.c - any bytes as a handshake or transport message.
 *
 * Byte 0 picks the reader and whether what follows is the message itself (below 128), or is
 * XORed onto the genuine message (below 192; then byte 1 cuts so many bytes off its end, or,
 * if it is 255, makes it longer than any may be). Only the genuine message is taken;
 * everything else is refused, and the reader is then bit for bit what it was.
 *
 * From 192 on what follows are calls in any order, by either side of one of the patterns: a
 * message made, the last one heard by whoever's turn it is or is not, its end, what is known
 * then. Each call must do what the turns allow, and say so otherwise; both sides then have
 * the same keys, until their nonces are used up.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/noise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum reader {
	IK_RESPONDER,
	IK_INITIATOR,
	X_RESPONDER,
	TRANSPORT,
	N_READERS,
};

/* Readers that wait for a message, and the messages that they wait for. */
static struct ph_noise readers[TRANSPORT];
static struct ph_cipher transport;
static struct ph_buf genuine[N_READERS];

static void must(bool fact)
{
	if (!fact) {
		abort();
	}
}

static void start(struct ph_noise *noise, enum ph_noise_pattern pattern,
		  const uint8_t *secret, const uint8_t *remote)
{
	const struct ph_noise_config config = {
		.pattern = pattern,
		.role = remote != NULL ? PH_NOISE_INITIATOR : PH_NOISE_RESPONDER,
		.prologue = ph_view_str("fuzz"),
		.static_secret = secret,
		.remote_static = remote,
	};

	must(ph_noise_init(noise, &config) == 0);
}

static void prepare(void)
{
	static const uint8_t init_secret[PH_NOISE_KEY_LEN] = { 1 };
	static const uint8_t resp_secret[PH_NOISE_KEY_LEN] = { 2 };
	uint8_t resp_public[PH_NOISE_KEY_LEN];
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	struct ph_view payload = ph_view_str("first flight");
	struct ph_buf got = { 0 };
	struct ph_noise x;

	ph_rng_seed(&seeded, 1, &rng);
	ph_noise_public(resp_public, resp_secret);
	start(&readers[IK_RESPONDER], PH_NOISE_IK, resp_secret, NULL);
	start(&readers[IK_INITIATOR], PH_NOISE_IK, init_secret, resp_public);
	start(&readers[X_RESPONDER], PH_NOISE_X, resp_secret, NULL);
	start(&x, PH_NOISE_X, init_secret, resp_public);
	must(ph_noise_create_message(&x, &rng, payload, &genuine[X_RESPONDER]) == 0);
	must(ph_noise_create_message(&readers[IK_INITIATOR], &rng, payload,
				     &genuine[IK_RESPONDER]) == 0);

	struct ph_noise responder = readers[IK_RESPONDER];
	struct ph_noise initiator = readers[IK_INITIATOR];
	struct ph_cipher send;
	struct ph_cipher unused;

	must(ph_noise_consume_message(&responder, ph_buf_view(&genuine[IK_RESPONDER]),
				      &got) == 0);
	must(ph_noise_create_message(&responder, &rng, payload, &genuine[IK_INITIATOR]) ==
	     0);
	must(ph_noise_consume_message(&initiator, ph_buf_view(&genuine[IK_INITIATOR]),
				      &got) == 0);
	must(ph_noise_split(&responder, &send, &unused) == 0);
	must(ph_noise_split(&initiator, &unused, &transport) == 0);
	must(ph_cipher_seal(&send, payload, &genuine[TRANSPORT]) == 0);
	ph_buf_deinit(&got);
}

/* --- in any order --- */

struct side {
	struct ph_noise noise;
	struct ph_cipher send, receive;
	bool split;
};

struct turns {
	struct side side[2]; /* initiator, responder */
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	struct ph_buf message, heard;
	unsigned n, n_messages; /* made and heard, and of the pattern */
	bool waits;             /* one was made, and is not heard yet */
};

static bool is_turn(const struct turns *turns, unsigned who)
{
	return turns->n < turns->n_messages && turns->n % 2 == who;
}

static void make_one(struct turns *turns, unsigned who)
{
	struct ph_buf made = { 0 };
	bool may = is_turn(turns, who) && !turns->waits;
	int rc = ph_noise_create_message(&turns->side[who].noise, &turns->rng,
					 ph_view_str("turn"), &made);

	must((rc == 0) == may);
	if (rc == 0) {
		turns->waits = true;
		turns->message.len = 0;
		must(ph_buf_put_view(&turns->message, ph_buf_view(&made)) == 0);
	}
	ph_buf_deinit(&made);
}

static void hear_one(struct turns *turns, unsigned who)
{
	struct ph_noise *noise = &turns->side[who].noise;
	int rc;

	turns->heard.len = 0;
	rc = ph_noise_consume_message(noise, ph_buf_view(&turns->message), &turns->heard);
	must((rc == 0) == (turns->waits && is_turn(turns, !who)));
	if (rc == 0) {
		must(ph_view_equal(ph_buf_view(&turns->heard), ph_view_str("turn")));
		turns->n++;
		turns->waits = false;
	}
}

static void end_one(struct turns *turns, unsigned who)
{
	struct side *side = &turns->side[who];
	bool may = ph_noise_is_done(&side->noise) && !side->split;

	must((ph_noise_split(&side->noise, &side->send, &side->receive) == 0) == may);
	side->split = side->split || may;
}

static void ask_one(const struct turns *turns, unsigned who)
{
	const struct ph_noise *noise = &turns->side[who].noise;
	bool is_done = ph_noise_is_done(noise);
	const uint8_t *h = ph_noise_handshake_hash(noise);

	must(is_done == (h != NULL));
	must(!(ph_noise_is_ours(noise) && ph_noise_is_theirs(noise)));
	must(is_done == !(ph_noise_is_ours(noise) || ph_noise_is_theirs(noise)));
	must(is_done == (ph_noise_overhead(noise) == 0));
	must(who == 1 || ph_noise_remote_static(noise) != NULL);
	must(who == 0 || (ph_noise_remote_static(noise) != NULL) == (turns->n > 0));
}

/* A sealed word from WHO, when its nonce is that many from its last. */
static void speak(struct turns *turns, unsigned who, uint8_t left)
{
	struct ph_cipher *send = &turns->side[who].send;
	struct ph_cipher *receive = &turns->side[!who].receive;
	struct ph_buf sealed = { 0 }, plain = { 0 };
	int rc;

	if (!turns->side[0].split || !turns->side[1].split ||
	    (who == 1 && turns->n_messages == 1)) {
		return;
	}
	if (left < 128) {
		send->nonce = receive->nonce = UINT64_MAX - left;
	}
	rc = ph_cipher_seal(send, ph_view_str("word"), &sealed);
	must((rc == PH_NOISE_E_SPENT) == (send->nonce == UINT64_MAX && left == 0));
	if (rc == 0) {
		must(ph_cipher_open(receive, ph_buf_view(&sealed), &plain) == 0);
		must(ph_view_equal(ph_buf_view(&plain), ph_view_str("word")));
	} else {
		must(ph_buf_put(&sealed, sealed.data, PH_NOISE_TAG_LEN) == 0);
		must(ph_cipher_open(receive, ph_buf_view(&sealed), &plain) ==
		     PH_NOISE_E_SPENT);
	}
	ph_buf_deinit(&sealed);
	ph_buf_deinit(&plain);
}

static void turn(struct turns *turns, uint8_t what)
{
	unsigned who = what & 1;

	switch (what / 2 % 5) {
	case 0:
		make_one(turns, who);
		break;
	case 1:
		hear_one(turns, who);
		break;
	case 2:
		end_one(turns, who);
		break;
	case 3:
		ask_one(turns, who);
		break;
	default:
		speak(turns, who, what / 16);
		break;
	}
}

static void try_turns(struct ph_view in, bool is_one_way)
{
	static const uint8_t secrets[2][PH_NOISE_KEY_LEN] = { { 1 }, { 2 } };
	enum ph_noise_pattern pattern = is_one_way ? PH_NOISE_X : PH_NOISE_IK;
	struct turns turns = { .n_messages = is_one_way ? 1 : 2 };
	uint8_t public_key[PH_NOISE_KEY_LEN];

	ph_rng_seed(&turns.seeded, 3, &turns.rng);
	ph_noise_public(public_key, secrets[1]);
	start(&turns.side[0].noise, pattern, secrets[0], public_key);
	start(&turns.side[1].noise, pattern, secrets[1], NULL);
	for (size_t i = 0; i < in.len && i < 64; i++) {
		turn(&turns, in.data[i]);
	}
	for (unsigned who = 0; who < 2; who++) {
		ph_noise_deinit(&turns.side[who].noise);
		ph_cipher_deinit(&turns.side[who].send);
		ph_cipher_deinit(&turns.side[who].receive);
	}
	ph_buf_deinit(&turns.message);
	ph_buf_deinit(&turns.heard);
}

static void try_message(enum reader reader, struct ph_view message)
{
	bool is_genuine = ph_view_equal(message, ph_buf_view(&genuine[reader]));
	struct ph_buf out = { 0 };
	int rc;

	if (reader == TRANSPORT) {
		struct ph_cipher cipher;
		memcpy(&cipher, &transport, sizeof(cipher));
		rc = ph_cipher_open(&cipher, message, &out);
		must(rc == 0 || memcmp(&cipher, &transport, sizeof(cipher)) == 0);
	} else {
		struct ph_noise noise;
		memcpy(&noise, &readers[reader], sizeof(noise));
		rc = ph_noise_consume_message(&noise, message, &out);
		must(rc == 0 || memcmp(&noise, &readers[reader], sizeof(noise)) == 0);
	}
	must(rc >= 0 && (rc == 0) == is_genuine);
	must(is_genuine ? ph_view_equal(ph_buf_view(&out), ph_view_str("first flight"))
			: out.len == 0);
	ph_buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (genuine[TRANSPORT].len == 0) {
		prepare();
	}
	if (size < 2) {
		return 0;
	}

	enum reader reader = data[0] % N_READERS;

	if (data[0] < 128) {
		try_message(reader, PH_VIEW(data + 1, size - 1));
		return 0;
	}

	if (data[0] >= 192) {
		try_turns(PH_VIEW(data + 1, size - 1), data[0] % 2);
		return 0;
	}

	static uint8_t long_one[PH_NOISE_MESSAGE_MAX + 1];
	uint8_t bent[256];
	size_t len = genuine[reader].len;

	must(len <= sizeof(bent));
	memcpy(bent, genuine[reader].data, len);
	for (size_t i = 0; i < len && i < size - 2; i++) {
		bent[i] ^= data[2 + i];
	}
	if (data[1] == 255) {
		memcpy(long_one, bent, len);
		try_message(reader, PH_VIEW(long_one, sizeof(long_one)));
		return 0;
	}
	try_message(reader, PH_VIEW(bent, len - data[1] % (len + 1)));
	return 0;
}
