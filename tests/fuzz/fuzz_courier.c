/*
 * tests/fuzz/fuzz_courier.c - an exchange with a courier whose peer holds the keys and says
 * anything.
 *
 * Byte 0: bit 0 it calls, bit 1 it is the courier, bit 2 bytes come 7 at a time, bit 3 jobs
 * are done at once, bit 4 it is asked first who it is, or shown who listens. Then follow
 * steps, the first byte of which picks one:
 *
 *   0 to 3  seal the next bytes (their count in two bytes before them) as one frame
 *   4       do one job; the next byte has flags for its result
 *   5       take and open all output
 *   6       let the next byte, in seconds, pass
 *   7       bytes as they are (their count in one byte before them); none: the end
 *
 * The handshake is genuine. Throughout: what is said opens and decodes; offers, bytes and
 * answers come in their order and add up; what is written goes on from where it was; memory
 * stays within a few frames as long as it is heeded when no input is wanted; an end is one.
 */
#include <stdio.h>

#include "common/log/keys.h"
#include "proto/courier.h"
#include "proto/frame.h"
#include "proto/meet.h"
#include "proto/noise.h"
#include "tests/fuzz/choices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	FLAG_CALLS = 1,
	FLAG_COURIER = 2,
	FLAG_PIECES = 4,
	FLAG_AT_ONCE = 8,
	FLAG_ASKS = 16,
	/* what is read at once and what is written at once, sealed and open, doubled as they grow */
	MEMORY_MAX = 512 * 1024,
	OFFERS_MAX = 6,
};

struct harness {
	struct ph_courier *courier;
	struct ph_noise noise;
	struct ph_cipher send, receive;
	struct ph_rng_seeded own_state, peer_state;
	struct ph_rng peer_rng;
	struct ph_box_pair keys, peer_keys;
	unsigned flags, offers;
	uint64_t now;
	/* what it has offered and sent */
	bool is_offered, is_done;
	uint64_t size, sent;
	/* what it has taken */
	bool is_taking;
	uint64_t take_size, written;
};

/* ---- the peer ---- */

static void deliver(struct harness *harness, struct ph_view bytes)
{
	size_t step = harness->flags & FLAG_PIECES ? 7 : bytes.len;

	while (bytes.len > 0) {
		size_t len = bytes.len < step ? bytes.len : step;

		ph_courier_receive(harness->courier, PH_VIEW(bytes.data, len),
				   harness->now);
		bytes.data += len;
		bytes.len -= len;
	}
}

static void deliver_frame(struct harness *harness, struct ph_view body)
{
	struct ph_buf frame = { 0 };

	if (ph_frame_encode(body, &frame) == 0) {
		deliver(harness, ph_buf_view(&frame));
	}
	ph_buf_deinit(&frame);
}

static void say(struct harness *harness, struct ph_view plain)
{
	struct ph_buf sealed = { 0 };

	must(ph_cipher_seal(&harness->send, plain, &sealed) == 0);
	deliver_frame(harness, ph_buf_view(&sealed));
	ph_buf_deinit(&sealed);
}

/* It says what the page allows it, in order. */
static void heed(struct harness *harness, const struct ph_courier_message *message)
{
	switch (message->type) {
	case PH_COURIER_OFFER:
		must(!harness->is_done);
		harness->is_offered = true;
		harness->size = message->line.size;
		harness->sent = 0;
		break;
	case PH_COURIER_DATA:
		must(harness->is_offered);
		harness->sent += message->bytes.len;
		must(harness->sent <= harness->size);
		break;
	case PH_COURIER_DONE:
		must(!harness->is_done);
		harness->is_done = true;
		break;
	case PH_COURIER_CLOSE:
		must(harness->flags & FLAG_CALLS && harness->is_done);
		break;
	default:
		break;
	}
}

static void hear(struct harness *harness)
{
	struct ph_view out = ph_courier_output(harness->courier);
	struct ph_courier_message message;
	struct ph_buf plain = { 0 };
	size_t len = out.len;
	struct ph_view body;

	while (out.len > 0) {
		must(ph_frame_decode(&out, PH_FRAME_MAX, &body) == 0);
		plain.len = 0;
		must(ph_cipher_open(&harness->receive, body, &plain) == 0);

		struct ph_view rest = ph_buf_view(&plain);

		must(rest.len > 0);
		while (rest.len > 0) {
			must(ph_courier_message_decode(&rest, &message) == 0);
			heed(harness, &message);
		}
	}
	ph_buf_deinit(&plain);
	ph_courier_sent(harness->courier, len, harness->now);
}

/* ---- jobs ---- */

static void some_line(struct harness *harness, struct ph_courier_job *job)
{
	const uint8_t front[10] = { 'P', 'H', 'B', 'U', 'N', 'D', 'L', 'E', 1, 2 };

	job->has_line = harness->offers < OFFERS_MAX;
	job->line.size = PH_BUNDLE_LEAST + harness->offers * 20011;
	memcpy(job->line.header, front, sizeof(front));
	harness->offers += job->has_line;
}

static void some_bytes(struct ph_courier_job *job, bool is_short)
{
	static const uint8_t zeros[64 * 1024];
	size_t len = is_short ? 1 + job->budget / 2 : job->budget;

	must(job->budget >= 1 && job->budget <= sizeof(zeros));
	must(ph_buf_put(&job->bytes, zeros, len < job->budget ? len : job->budget) == 0);
}

static void some_look(struct harness *harness, struct ph_courier_job *job,
		      unsigned result)
{
	must(!harness->is_taking);
	job->wants = (result & 2) == 0;
	job->answer = (enum ph_courier_answer)(result & 3);
	job->offset = (result & 4) != 0 ? job->line.size / 2 : 0;
	harness->is_taking = job->wants;
	harness->take_size = job->line.size;
	harness->written = job->offset;
}

static void some_write(struct harness *harness, struct ph_courier_job *job,
		       unsigned result)
{
	must(harness->is_taking && job->offset == harness->written);
	must(job->bytes.len > 0);
	harness->written += job->bytes.len;
	must(harness->written <= harness->take_size);
	harness->is_taking = harness->written < harness->take_size;
	job->answer = (result & 1) != 0 ? PH_COURIER_KEPT : PH_COURIER_DAMAGED;
	if (job->answer == PH_COURIER_KEPT && (result & 2) != 0) {
		must(ph_buf_put(&job->custody, "custody", 7) == 0);
	}
}

static void do_job(struct harness *harness, unsigned result)
{
	struct ph_courier_job *job = ph_courier_take_job(harness->courier);

	if (job == NULL) {
		return;
	}
	job->result = (result & 24) == 24 ? -5 : 0;
	switch (job->type) {
	case PH_COURIER_JUDGE:
		memcpy(job->key, harness->peer_keys.key, sizeof(job->key));
		break;
	case PH_COURIER_NEXT:
		some_line(harness, job);
		break;
	case PH_COURIER_READ:
		must(harness->offers > 0 && job->offset < job->line.size);
		some_bytes(job, (result & 1) != 0);
		break;
	case PH_COURIER_LOOK:
		some_look(harness, job, result);
		break;
	case PH_COURIER_WRITE:
		some_write(harness, job, result);
		break;
	case PH_COURIER_TOLD:
	case PH_COURIER_LISTED:
		break;
	}
	ph_courier_give_job(harness->courier, job, harness->now);
}

/* ---- handshakes ---- */

static void start_noise(struct harness *harness, enum ph_noise_role role,
			uint8_t preamble[static PH_PREAMBLE_LEN])
{
	const bool is_first = role == PH_NOISE_INITIATOR;
	const struct ph_noise_config config = {
		.pattern = PH_NOISE_IK,
		.role = role,
		.prologue = PH_VIEW(preamble, PH_PREAMBLE_LEN),
		.static_secret = harness->peer_keys.secret,
		.remote_static = is_first ? harness->keys.key : NULL,
	};

	ph_preamble_encode_as(preamble, PH_PREAMBLE_COURIER,
			      is_first ? harness->keys.key : harness->peer_keys.key);
	must(ph_noise_init(&harness->noise, &config) == 0);
}

/* The peer calls. */
static void meet_answering(struct harness *harness)
{
	uint8_t preamble[PH_PREAMBLE_LEN];
	struct ph_buf payload = { 0 };
	struct ph_buf body = { 0 };
	struct ph_view answer;
	struct ph_view out;

	if (harness->flags & FLAG_ASKS) {
		must(ph_meet_ask(&body) == 0);
		deliver(harness, ph_buf_view(&body));
		body.len = 0;
	}
	start_noise(harness, PH_NOISE_INITIATOR, preamble);
	deliver(harness, PH_VIEW(preamble, sizeof(preamble)));
	must(ph_courier_hello_encode(ph_view_str("certificate"), &payload) == 0);
	must(ph_noise_create_message(&harness->noise, &harness->peer_rng,
				     ph_buf_view(&payload), &body) == 0);
	deliver_frame(harness, ph_buf_view(&body));
	do_job(harness, 0);
	out = ph_courier_output(harness->courier);

	size_t len = out.len;

	if (harness->flags & FLAG_ASKS) {
		must(ph_meet_take_answer(&out, &answer) == 0);
	}
	must(ph_frame_decode(&out, PH_FRAME_MAX, &answer) == 0 && out.len == 0);
	payload.len = 0;
	must(ph_noise_consume_message(&harness->noise, answer, &payload) == 0);
	must(ph_noise_split(&harness->noise, &harness->send, &harness->receive) == 0);
	ph_courier_sent(harness->courier, len, harness->now);
	ph_buf_deinit(&payload);
	ph_buf_deinit(&body);
}

/* The peer is called. */
static void meet_calling(struct harness *harness)
{
	uint8_t preamble[PH_PREAMBLE_LEN];
	struct ph_buf payload = { 0 };
	struct ph_buf body = { 0 };
	struct ph_view out = ph_courier_output(harness->courier);
	struct ph_view first;
	size_t len;

	if (harness->flags & FLAG_ASKS) {
		must(ph_meet_take_question(&out) == 0 && out.len == 0);
		ph_courier_sent(harness->courier, PH_PREAMBLE_LEN, harness->now);
		must(ph_meet_show(ph_view_str("certificate"), &body) == 0);
		deliver(harness, ph_buf_view(&body));
		body.len = 0;
		do_job(harness, 0);
		out = ph_courier_output(harness->courier);
	}
	len = out.len;
	start_noise(harness, PH_NOISE_RESPONDER, preamble);
	must(out.len > PH_PREAMBLE_LEN &&
	     memcmp(out.data, preamble, PH_PREAMBLE_LEN) == 0);
	out.data += PH_PREAMBLE_LEN;
	out.len -= PH_PREAMBLE_LEN;
	must(ph_frame_decode(&out, PH_FRAME_MAX, &first) == 0 && out.len == 0);
	must(ph_noise_consume_message(&harness->noise, first, &payload) == 0);
	ph_courier_sent(harness->courier, len, harness->now);
	payload.len = 0;
	must(ph_courier_welcome_encode(PH_STATUS_OK, &payload) == 0);
	must(ph_noise_create_message(&harness->noise, &harness->peer_rng,
				     ph_buf_view(&payload), &body) == 0);
	must(ph_noise_split(&harness->noise, &harness->send, &harness->receive) == 0);
	deliver_frame(harness, ph_buf_view(&body));
	ph_buf_deinit(&payload);
	ph_buf_deinit(&body);
}

static void meet(struct harness *harness)
{
	struct ph_courier_config config = {
		.calls = (harness->flags & FLAG_CALLS) != 0,
		.is_courier = (harness->flags & FLAG_COURIER) != 0,
		.keys = &harness->keys,
		.cert = ph_view_str("own certificate"),
	};

	ph_rng_seed(&harness->peer_state, 1, &harness->peer_rng);
	ph_rng_seed(&harness->own_state, 2, &config.rng);
	ph_box_pair_make(&harness->keys, &harness->peer_rng);
	ph_box_pair_make(&harness->peer_keys, &harness->peer_rng);
	if (config.calls && !(harness->flags & FLAG_ASKS)) {
		config.peer_key = harness->peer_keys.key;
	}
	must(ph_courier_new(&harness->courier, &config, harness->now) == 0);
	if (config.calls) {
		meet_calling(harness);
	} else {
		meet_answering(harness);
	}
}

/* ---- steps ---- */

static void step(struct harness *harness, struct choices *in)
{
	struct ph_view bytes;

	switch (choices_byte(in) % 8) {
	case 4:
		do_job(harness, choices_byte(in));
		break;
	case 5:
		hear(harness);
		break;
	case 6:
		harness->now += 1000u * choices_byte(in);
		ph_courier_tick(harness->courier, harness->now);
		break;
	case 7:
		bytes = choices_take(in, choices_byte(in));
		if (bytes.len == 0) {
			ph_courier_eof(harness->courier);
		}
		deliver(harness, bytes);
		break;
	default:
		bytes = choices_bytes(in);
		if (ph_courier_wants_input(harness->courier)) {
			say(harness, bytes);
		}
		break;
	}
}

static void check(const struct harness *harness)
{
	struct ph_session_counts counts;
	enum ph_session_state state = ph_courier_state(harness->courier);

	ph_courier_counts(harness->courier, &counts);
	must(counts.memory <= MEMORY_MAX);
	must((state == PH_SESSION_FAILED) ==
	     (ph_courier_failure(harness->courier) != PH_FAIL_NONE));
	if (state == PH_SESSION_FAILED || state == PH_SESSION_CLOSED) {
		must(!ph_courier_wants_input(harness->courier));
		must(ph_courier_deadline(harness->courier) == UINT64_MAX);
		must(ph_courier_take_job(harness->courier) == NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choices in = { .in = PH_VIEW(data, size) };
	struct harness harness = { .now = 1000 };

	must(ph_crypto_start() == 0);
	harness.flags = choices_byte(&in);
	meet(&harness);
	while (in.in.len > 0) {
		step(&harness, &in);
		for (int i = 0; harness.flags & FLAG_AT_ONCE && i < 4; i++) {
			do_job(&harness, 1);
		}
		check(&harness);
	}
	hear(&harness);
	ph_courier_eof(harness.courier);
	check(&harness);
	ph_courier_free(harness.courier);
	ph_noise_deinit(&harness.noise);
	ph_cipher_deinit(&harness.send);
	ph_cipher_deinit(&harness.receive);
	return 0;
}
