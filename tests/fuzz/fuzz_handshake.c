/*
 * tests/fuzz/fuzz_handshake.c - a whole handshake whose peer holds the keys and says anything.
 *
 * Byte 0: bit 0 a device instead of a hub; bit 1 the bytes come 7 at a time; bit 2 message
 * bytes stand as they are instead of being sealed; bit 3 the store fails; bit 4 the hub asks
 * for a certificate; bit 5 the device has one; bits 6 and 7 how much is cut off the end, to
 * 3 bytes. Then two bytes of length and as many of payload (hello or welcome), then two and
 * as many of a first transport frame behind it, then bytes as they are.
 *
 * Only a payload that decodes, from a peer with the right key, opens transport; the hello
 * job has what was decoded; memory stays within its bounds; an end is an end, with a reason.
 */
#include "common/base/limits.h"
#include "proto/frame.h"
#include "proto/noise.h"
#include "proto/session.h"

#include "tests/fuzz/choices.h"
#include "tests/fuzz/mp_mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	FLAG_DEVICE = 1,
	FLAG_PIECES = 2,
	FLAG_RAW = 4,
	FLAG_FAIL = 8,
	FLAG_CERT = 16,
	FLAG_HAS_CERT = 32,
	MEMORY_MAX = PH_WINDOW + 4 * PH_FRAME_MAX + 160 * 1024,
};

struct meeting {
	struct ph_session *session;
	struct ph_noise noise;
	struct ph_cipher send, receive;
	bool split;
	struct ph_box_pair session_keys, peer_keys;
	struct ph_rng_seeded seeded, session_seeded;
	struct ph_rng rng;
	unsigned flags;
	struct ph_view payload;
	bool decodes; /* it is a hello or welcome */
	struct choices choices;
};

static void deliver(struct meeting *meeting, struct ph_view bytes)
{
	size_t step = meeting->flags & FLAG_PIECES ? 7 : bytes.len;

	while (bytes.len > 0) {
		size_t len = bytes.len < step ? bytes.len : step;

		ph_session_receive(meeting->session, PH_VIEW(bytes.data, len), 1000);
		bytes.data += len;
		bytes.len -= len;
	}
}

static void deliver_frame(struct meeting *meeting, struct ph_view body)
{
	struct ph_buf frame = { 0 };
	size_t cut = meeting->flags >> 6;

	if (ph_frame_encode(body, &frame) == 0) {
		frame.len -= cut < frame.len ? cut : frame.len;
		deliver(meeting, ph_buf_view(&frame));
	}
	ph_buf_deinit(&frame);
}

/* --- the store --- */

static void do_jobs(struct meeting *meeting)
{
	struct ph_job *job;

	while ((job = ph_session_take_job(meeting->session)) != NULL) {
		job->result = meeting->flags & FLAG_FAIL ? -5 : 0;
		if (job->type == PH_JOB_HELLO) {
			/* a certificate that was asked for stands behind it */
			must(meeting->decodes);
			must(memcmp(job->peer_key, meeting->peer_keys.key, PH_KEY_SIZE) ==
			     0);
			must(job->bytes.len >= meeting->payload.len);
			must(memcmp(job->bytes.data, meeting->payload.data,
				    meeting->payload.len) == 0);
			if ((meeting->flags & FLAG_CERT) && job->hello.cert.len == 0) {
				job->welcome.status = PH_STATUS_CERT;
			}
		} else if (job->type == PH_JOB_WELCOME) {
			must(meeting->decodes);
		}
		ph_session_give_job(meeting->session, job, 1000);
	}
}

/* --- the peer --- */

static void noise_start(struct meeting *meeting, bool first)
{
	uint8_t preamble[PH_PREAMBLE_LEN];
	const struct ph_noise_config config = {
		.pattern = PH_NOISE_IK,
		.role = first ? PH_NOISE_INITIATOR : PH_NOISE_RESPONDER,
		.prologue = PH_VIEW(preamble, sizeof(preamble)),
		.static_secret = meeting->peer_keys.secret,
		.remote_static = first ? meeting->session_keys.key : NULL,
	};

	ph_preamble_encode(preamble,
			   first ? meeting->session_keys.key : meeting->peer_keys.key);
	must(ph_noise_init(&meeting->noise, &config) == 0);
	if (first) {
		deliver(meeting, PH_VIEW(preamble, sizeof(preamble)));
	}
}

static void noise_say(struct meeting *meeting, struct ph_view payload)
{
	struct ph_buf body = { 0 };

	if (ph_noise_create_message(&meeting->noise, &meeting->rng, payload, &body) ==
	    0) {
		deliver_frame(meeting,
			      meeting->flags & FLAG_RAW ? payload : ph_buf_view(&body));
	}
	ph_buf_deinit(&body);
}

static void noise_split(struct meeting *meeting)
{
	must(ph_noise_split(&meeting->noise, &meeting->send, &meeting->receive) == 0);
	meeting->split = true;
}

static void session_start(struct meeting *meeting, struct ph_session_config *config)
{
	config->keys = &meeting->session_keys;
	ph_rng_seed(&meeting->session_seeded, 2, &config->rng);
	must(ph_session_new(&meeting->session, config, 1000) == 0);
}

static void meet_hub(struct meeting *meeting)
{
	struct ph_session_config config = { .side = PH_SIDE_HUB };
	struct ph_hello hello;
	struct ph_view out, answer;
	struct ph_buf plain = { 0 };

	meeting->decodes = ph_hello_decode(meeting->payload, &hello) == 0;
	session_start(meeting, &config);
	noise_start(meeting, true);
	noise_say(meeting, meeting->payload);
	do_jobs(meeting);
	out = ph_session_output(meeting->session);
	if (out.len > 0 && ph_frame_decode(&out, PH_FRAME_MAX, &answer) == 0 &&
	    ph_noise_consume_message(&meeting->noise, answer, &plain) == 0) {
		static struct ph_short_receipt receipts[PH_HEADS_MAX];
		struct ph_welcome welcome = { .receipt = receipts };

		must(ph_welcome_decode(ph_buf_view(&plain), &welcome) == 0);
		noise_split(meeting);
	}
	ph_buf_deinit(&plain);
}

static void meet_device(struct meeting *meeting)
{
	const struct ph_hello hello = { .n_heads = 1, .head = { { .n = 5 } } };
	struct ph_session_config config = { .side = PH_SIDE_DEVICE, .hello = &hello };
	static struct ph_short_receipt receipts[PH_HEADS_MAX];
	struct ph_welcome welcome = { .receipt = receipts };
	struct ph_buf plain = { 0 };
	struct ph_view out, first;

	if (meeting->flags & FLAG_HAS_CERT) {
		config.cert = ph_view_str("certificate");
	}
	meeting->decodes = ph_welcome_decode(meeting->payload, &welcome) == 0;
	memcpy(config.hub_key, meeting->peer_keys.key, sizeof(config.hub_key));
	session_start(meeting, &config);
	out = ph_session_output(meeting->session);
	noise_start(meeting, false);
	out.data += PH_PREAMBLE_LEN;
	out.len -= PH_PREAMBLE_LEN;
	must(ph_frame_decode(&out, PH_FRAME_MAX, &first) == 0);
	must(ph_noise_consume_message(&meeting->noise, first, &plain) == 0);
	ph_session_sent(meeting->session, ph_session_output(meeting->session).len, 1000);
	ph_buf_deinit(&plain);
	noise_say(meeting, meeting->payload);
	if (ph_noise_split(&meeting->noise, &meeting->send, &meeting->receive) == 0) {
		meeting->split = true;
	}
	do_jobs(meeting);
}

/* --- judging --- */

static void check(const struct meeting *meeting)
{
	enum ph_session_state state = ph_session_state(meeting->session);
	struct ph_session_counts counts;

	ph_session_counts(meeting->session, &counts);
	must(counts.memory <= MEMORY_MAX);
	must((state == PH_SESSION_FAILED) ==
	     (ph_session_failure(meeting->session) != PH_FAIL_NONE));
	if (state == PH_SESSION_TRANSFER) {
		must(meeting->decodes && (meeting->flags & FLAG_RAW) == 0);
	}
	if (state == PH_SESSION_FAILED) {
		must(!ph_session_wants_input(meeting->session));
		must(ph_session_take_job(meeting->session) == NULL);
	}
}

static void say_transport(struct meeting *meeting, struct ph_view plain)
{
	struct ph_buf sealed = { 0 };

	if (meeting->split && plain.len > 0 && plain.len < PH_FRAME_MAX - 64) {
		must(ph_cipher_seal(&meeting->send, plain, &sealed) == 0);
		deliver_frame(meeting, ph_buf_view(&sealed));
	}
	ph_buf_deinit(&sealed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct meeting meeting = { .choices.in = PH_VIEW(data, size) };

	must(ph_crypto_start() == 0);
	meeting.flags = choices_byte(&meeting.choices);
	meeting.payload = choices_bytes(&meeting.choices);
	ph_rng_seed(&meeting.seeded, 1, &meeting.rng);
	ph_box_pair_make(&meeting.session_keys, &meeting.rng);
	ph_box_pair_make(&meeting.peer_keys, &meeting.rng);
	if (meeting.flags & FLAG_DEVICE) {
		meet_device(&meeting);
	} else {
		meet_hub(&meeting);
	}
	check(&meeting);
	say_transport(&meeting, choices_bytes(&meeting.choices));
	do_jobs(&meeting);
	check(&meeting);
	deliver(&meeting, meeting.choices.in);
	do_jobs(&meeting);
	ph_session_tick(meeting.session, 1000 + PH_IDLE_MS / 2);
	check(&meeting);
	ph_session_eof(meeting.session);
	check(&meeting);
	ph_session_free(meeting.session);
	ph_noise_deinit(&meeting.noise);
	ph_cipher_deinit(&meeting.send);
	ph_cipher_deinit(&meeting.receive);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mp_mutate(data, size, max, seed, 3);
}
