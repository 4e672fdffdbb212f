/*
 * tests/fuzz/fuzz_noise.c - any bytes as a handshake or transport message.
 *
 * Byte 0 picks the reader and whether what follows is the message itself, or is
 * XORed onto the genuine message (then byte 1 cuts so many bytes off its end). Only
 * the genuine message is taken; everything else is refused, and the reader is then
 * bit for bit what it was.
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

	uint8_t bent[256];
	size_t len = genuine[reader].len;

	must(len <= sizeof(bent));
	memcpy(bent, genuine[reader].data, len);
	for (size_t i = 0; i < len && i < size - 2; i++) {
		bent[i] ^= data[2 + i];
	}
	try_message(reader, PH_VIEW(bent, len - data[1] % (len + 1)));
	return 0;
}
