/*
 * tests/fuzz/fuzz_session.c - a session whose peer holds the keys and says anything.
 *
 * Byte 0: bit 0 a device instead of a hub, bit 1 the certificate is asked for, bit 2
 * the hello is done, bit 3 bytes come 7 at a time, bit 4 jobs are done at once, bit 5 there
 * is a budget either way, bit 6 a cut has left the front of a segment at either side, bit 7 the handshake
 * stops: time passes, or bytes come, before it is whole. Then follow steps, the first byte of
 * which picks one:
 *
 *   0 to 3  seal the next bytes (their count in two bytes before them) as one frame
 *   4       do one job; the next byte has flags for its result
 *   5       take and open all output
 *   6       let the next byte, in seconds, pass
 *   7       bytes as they are (their count in one byte before them); none: the end
 *
 * From 232 on, modulo 8: 1 takes a job, 2 gives it back, so that others are done meanwhile;
 * 4 has the device begin another session, which is to go on from this one. Of every third
 * length of an input the session makes short frames.
 *
 * The handshake is genuine and always the same. Throughout: what the session says
 * opens and decodes, memory stays within the window and a few buffers, and an end is
 * an end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "proto/frame.h"
#include "proto/noise.h"
#include "proto/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	FLAG_DEVICE = 1,
	FLAG_CERT = 2,
	FLAG_DONE = 4,
	FLAG_PIECES = 8,
	FLAG_AT_ONCE = 16,
	FLAG_BUDGET = 32,
	FLAG_PARTIAL = 64,
	FLAG_STOPS = 128,
	BUDGET = 9000,
	FRONT = 100, /* bytes of a segment that a cut has left */
	/* The window, a frame sealed and open, what is loaded, and the structs around. */
	MEMORY_MAX = PH_WINDOW + 4 * PH_FRAME_MAX + 160 * 1024,
};

static void must(bool fact)
{
	if (!fact) {
		abort();
	}
}

struct harness {
	struct ph_session *session;
	struct ph_noise noise;
	struct ph_cipher send, receive;
	struct ph_rng_seeded session_state, peer_state;
	struct ph_rng peer_rng;
	struct ph_box_pair session_keys, peer_keys;
	unsigned flags;
	unsigned loads;
	size_t frame_max;
	struct ph_job *held;
	uint64_t now;
};

/* ---- the peer ---- */

static void deliver(struct harness *harness, struct ph_view bytes)
{
	size_t step = harness->flags & FLAG_PIECES ? 7 : bytes.len;

	while (bytes.len > 0) {
		size_t len = bytes.len < step ? bytes.len : step;

		ph_session_receive(harness->session, PH_VIEW(bytes.data, len),
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

	if (harness->flags & FLAG_STOPS) {
		deliver_frame(harness, plain);
		return;
	}
	must(ph_cipher_seal(&harness->send, plain, &sealed) == 0);
	deliver_frame(harness, ph_buf_view(&sealed));
	ph_buf_deinit(&sealed);
}

/* Everything that the session says is well-formed, whatever it was told. */
static void hear(struct harness *harness)
{
	struct ph_view out = ph_session_output(harness->session);
	size_t len = out.len;
	struct ph_view body;
	struct ph_buf plain = { 0 };

	while (out.len > 0 && (harness->flags & FLAG_STOPS) == 0) {
		must(ph_frame_decode(&out, PH_FRAME_MAX, &body) == 0);
		plain.len = 0;
		must(ph_cipher_open(&harness->receive, body, &plain) == 0);

		struct ph_view rest = ph_buf_view(&plain);

		must(rest.len > 0);
		while (rest.len > 0) {
			struct ph_message message;

			must(ph_message_decode(&rest, &message) == 0);
		}
	}
	ph_buf_deinit(&plain);
	ph_session_sent(harness->session, len, harness->now);
}

/* ---- jobs ---- */

static struct ph_item *some_item(unsigned loads, bool is_hub)
{
	bool is_page = is_hub && loads % 5 == 1;
	struct ph_item *item = ph_item_new(is_page          ? PH_ITEM_PAGE
					   : loads % 3 == 0 ? PH_ITEM_PART
					   : loads % 4 == 3 ? PH_ITEM_PACKED
							    : PH_ITEM_SEGMENT);
	uint8_t bytes[3000];

	must(item != NULL);
	memset(bytes, (int)loads, sizeof(bytes));
	item->first = item->last = loads + 1;
	must(ph_buf_put(&item->body, bytes, 1 + loads * 997 % sizeof(bytes)) == 0);
	return item;
}

/* Some that no store should give. */
static struct ph_item *odd_item(unsigned how)
{
	struct ph_item *item = ph_item_new(how % 4 == 0 ? PH_ITEM_PAGE : PH_ITEM_SEGMENT);
	size_t len = how % 4 == 1   ? 0
		     : how % 4 == 2 ? ph_item_max(PH_ITEM_SEGMENT) + 1
				    : 200;

	must(item != NULL && ph_buf_reserve(&item->body, len + 1) == 0);
	memset(item->body.data, 3, len);
	item->body.len = len;
	item->first = item->last = 1;
	return item;
}

/* The second item that it loads is the first that may have a front at the other. */
static void name_front(uint8_t hash[static 16])
{
	struct ph_item *item = some_item(1, false);

	ph_item_hash(item, hash);
	ph_items_free(item);
}

static void leave_front(struct ph_unfinished *partial)
{
	struct ph_item *item = some_item(1, false);

	ph_item_hash(item, partial->hash);
	partial->total = item->body.len;
	item->body.len = FRONT;
	partial->item = item;
}

static void give_receipt(struct ph_job *job)
{
	if (job->receipt != NULL && job->n_receipts == 0) {
		job->receipt[0] =
			(struct ph_short_receipt){ .n = 1, .level = PH_LEVEL_HUB };
		job->n_receipts = 1;
	}
}

static void carry_out(struct harness *harness, struct ph_job *job, unsigned result)
{
	job->more = (result & 1) != 0 && harness->loads < 40;
	job->bad = (result & 6) == 6;
	job->later = (result & 224) == 224;
	job->result = (result & 24) == 24 ? -5 : 0;
	if (job->type == PH_JOB_LOAD && (result & 224) == 64) {
		job->items = odd_item(result / 2);
	} else if (job->type == PH_JOB_LOAD && harness->loads < 40) {
		job->items = some_item(harness->loads++, !(harness->flags & FLAG_DEVICE));
		if (job->fit > 0 && job->items->body.len > job->fit) {
			ph_items_free(job->items);
			job->items = NULL;
			job->more = true;
		}
	}
	if (job->type == PH_JOB_STORE) {
		must(job->items != NULL);
		give_receipt(job);
	}
	if (job->type == PH_JOB_HELLO && job->receipt != NULL && (result & 2) != 0) {
		give_receipt(job);
		job->welcome.receipt = job->receipt;
		job->welcome.n_receipts = job->n_receipts;
		job->n_receipts = 0;
	}
	if (job->type == PH_JOB_HELLO && (harness->flags & FLAG_PARTIAL) != 0) {
		leave_front(&job->partial);
	}
	if (job->type == PH_JOB_HELLO && (harness->flags & FLAG_CERT) != 0 &&
	    job->hello.cert.len == 0) {
		job->welcome.status = PH_STATUS_CERT;
	}
}

static void do_job(struct harness *harness, unsigned result)
{
	struct ph_job *job = ph_session_take_job(harness->session);

	if (job != NULL) {
		carry_out(harness, job, result);
		ph_session_give_job(harness->session, job, harness->now);
	}
}

static void give_held(struct harness *harness, unsigned result)
{
	if (harness->held != NULL) {
		carry_out(harness, harness->held, result);
		ph_session_give_job(harness->session, harness->held, harness->now);
		harness->held = NULL;
	}
}

/* ---- handshakes ---- */

static void start_noise(struct harness *harness, enum ph_noise_role role)
{
	uint8_t preamble[PH_PREAMBLE_LEN];
	const bool is_first = role == PH_NOISE_INITIATOR;
	const struct ph_noise_config config = {
		.pattern = PH_NOISE_IK,
		.role = role,
		.prologue = PH_VIEW(preamble, sizeof(preamble)),
		.static_secret = harness->peer_keys.secret,
		.remote_static = is_first ? harness->session_keys.key : NULL,
	};

	ph_preamble_encode(preamble,
			   is_first ? harness->session_keys.key : harness->peer_keys.key);
	must(ph_noise_init(&harness->noise, &config) == 0);
	if (is_first) {
		deliver(harness, PH_VIEW(preamble, sizeof(preamble)));
	}
}

static void finish_noise(struct harness *harness)
{
	must(ph_noise_split(&harness->noise, &harness->send, &harness->receive) == 0);
}

static void meet_hub(struct harness *harness, const struct ph_hello *hello)
{
	struct ph_session_config config = { .side = PH_SIDE_HUB,
					    .keys = &harness->session_keys,
					    .frame_max = harness->frame_max };
	struct ph_buf payload = { 0 };
	struct ph_buf body = { 0 };

	ph_rng_seed(&harness->session_state, 2, &config.rng);
	must(ph_session_new(&harness->session, &config, harness->now) == 0);
	if (harness->flags & FLAG_STOPS) {
		return;
	}
	start_noise(harness, PH_NOISE_INITIATOR);
	must(ph_hello_encode(hello, &payload) == 0);
	must(ph_noise_create_message(&harness->noise, &harness->peer_rng,
				     ph_buf_view(&payload), &body) == 0);
	deliver_frame(harness, ph_buf_view(&body));
	do_job(harness, 0);

	struct ph_view out = ph_session_output(harness->session);
	struct ph_view answer;
	size_t before = out.len;

	payload.len = 0;
	must(ph_frame_decode(&out, PH_FRAME_MAX, &answer) == 0);
	must(ph_noise_consume_message(&harness->noise, answer, &payload) == 0);
	finish_noise(harness);
	ph_session_sent(harness->session, before - out.len, harness->now);
	ph_buf_deinit(&payload);
	ph_buf_deinit(&body);
}

static void meet_device(struct harness *harness, const struct ph_hello *hello)
{
	struct ph_session_config config = { .side = PH_SIDE_DEVICE,
					    .keys = &harness->session_keys,
					    .hello = hello,
					    .frame_max = harness->frame_max,
					    .cert = ph_view_str("certificate") };
	struct ph_welcome welcome = {
		.status = harness->flags & FLAG_CERT ? PH_STATUS_CERT : PH_STATUS_OK,
		.same = true,
	};
	struct ph_unfinished front = { 0 };
	struct ph_buf payload = { 0 };
	struct ph_buf body = { 0 };
	struct ph_view first;

	if (hello->has_partial) {
		leave_front(&front);
		config.partial = &front;
	}
	if (harness->flags & FLAG_BUDGET) {
		config.may_send = BUDGET;
	}
	if (harness->flags & FLAG_PARTIAL) {
		welcome.has_partial = true;
		welcome.partial_offset = FRONT;
		name_front(welcome.partial_hash);
	}
	memcpy(config.hub_key, harness->peer_keys.key, sizeof(config.hub_key));
	ph_rng_seed(&harness->session_state, 2, &config.rng);
	must(ph_session_new(&harness->session, &config, harness->now) == 0);
	must(front.item == NULL);

	struct ph_view out = ph_session_output(harness->session);
	size_t len = out.len;

	if (harness->flags & FLAG_STOPS) {
		return;
	}
	start_noise(harness, PH_NOISE_RESPONDER);
	out.data += PH_PREAMBLE_LEN;
	out.len -= PH_PREAMBLE_LEN;
	must(ph_frame_decode(&out, PH_FRAME_MAX, &first) == 0 && out.len == 0);
	must(ph_noise_consume_message(&harness->noise, first, &payload) == 0);
	ph_session_sent(harness->session, len, harness->now);
	payload.len = 0;
	must(ph_welcome_encode(&welcome, &payload) == 0);
	must(ph_noise_create_message(&harness->noise, &harness->peer_rng,
				     ph_buf_view(&payload), &body) == 0);
	finish_noise(harness);
	deliver_frame(harness, ph_buf_view(&body));
	ph_buf_deinit(&payload);
	ph_buf_deinit(&body);
}

static void meet(struct harness *harness)
{
	struct ph_rng rng;
	struct ph_hello hello = { .done = (harness->flags & FLAG_DONE) != 0,
				  .n_heads = 2,
				  .head = { { .n = 5 }, { .n = 6, .log_id = { 1 } } } };

	if (harness->flags & FLAG_BUDGET) {
		hello.budget = BUDGET;
	}
	if (harness->flags & FLAG_PARTIAL) {
		hello.has_partial = true;
		hello.partial_offset = FRONT;
		name_front(hello.partial_hash);
	}
	ph_rng_seed(&harness->peer_state, 1, &rng);
	harness->peer_rng = rng;
	ph_box_pair_make(&harness->session_keys, &rng);
	ph_box_pair_make(&harness->peer_keys, &rng);
	if (harness->flags & FLAG_DEVICE) {
		meet_device(harness, &hello);
	} else {
		meet_hub(harness, &hello);
	}
}

/* ---- steps ---- */

static struct ph_view take(struct ph_view *in, size_t len)
{
	struct ph_view taken = PH_VIEW(in->data, len < in->len ? len : in->len);

	in->data += taken.len;
	in->len -= taken.len;
	return taken;
}

static uint8_t take_byte(struct ph_view *in)
{
	struct ph_view byte = take(in, 1);

	return byte.len == 1 ? byte.data[0] : 0;
}

/* The device has begun another session: what came of this one is there for it. */
static void begin_another(struct harness *harness)
{
	struct ph_unfinished copy = { 0 };

	if (harness->flags & FLAG_DEVICE) {
		return;
	}
	ph_session_hurry(harness->session);
	must(ph_session_copy_partial(harness->session, &copy) == 0);
	must(copy.item == NULL ||
	     (copy.item->body.len > 0 && copy.item->body.len < copy.total));
	ph_unfinished_deinit(&copy);
}

static void step(struct harness *harness, struct ph_view *in)
{
	uint8_t what = take_byte(in);
	size_t len = 0;

	if (what >= 232 && what % 8 == 4) {
		begin_another(harness);
		return;
	}
	if (what >= 232 && what % 8 == 1) {
		harness->held = harness->held != NULL
					? harness->held
					: ph_session_take_job(harness->session);
		return;
	}
	if (what >= 232 && what % 8 == 2) {
		give_held(harness, take_byte(in));
		return;
	}
	what %= 8;

	switch (what) {
	case 4:
		do_job(harness, take_byte(in));
		break;
	case 5:
		hear(harness);
		break;
	case 6:
		harness->now += 1000u * take_byte(in);
		ph_session_tick(harness->session, harness->now);
		break;
	case 7:
		len = take_byte(in);
		if (len == 0) {
			ph_session_eof(harness->session);
		}
		deliver(harness, take(in, len));
		break;
	default:
		len = (size_t)take_byte(in) << 8;
		len |= take_byte(in);
		say(harness,
		    take(in, len < PH_NOISE_PLAIN_MAX ? len : PH_NOISE_PLAIN_MAX));
		break;
	}
}

/* After the end: at most what came whole over a link that broke, once. */
static void check_last(const struct harness *harness)
{
	enum ph_session_failure why = ph_session_failure(harness->session);
	struct ph_job *job = ph_session_take_job(harness->session);

	if (job != NULL) {
		must(job->type == PH_JOB_STORE && job->items != NULL);
		must(why == PH_FAIL_CUT || why == PH_FAIL_TIMEOUT ||
		     why == PH_FAIL_HANDSHAKE || why == PH_FAIL_BUDGET);
		ph_job_free(job);
	}
	must(ph_session_take_job(harness->session) == NULL);
}

static void check_asked(const struct harness *harness)
{
	const struct ph_session *session = harness->session;
	const uint8_t *peer = ph_session_peer(session);

	must(peer == NULL || (harness->flags & FLAG_STOPS) != 0 ||
	     memcmp(peer, harness->peer_keys.key, PH_KEY_SIZE) == 0);
	must(!ph_session_is_short(session) || (harness->flags & FLAG_BUDGET) != 0 ||
	     ph_session_state(session) != PH_SESSION_CLOSED);
	(void)ph_session_wants_input(session);
}

static void check(const struct harness *harness)
{
	struct ph_session_counts counts;
	enum ph_session_state state = ph_session_state(harness->session);

	check_asked(harness);
	ph_session_counts(harness->session, &counts);
	must(counts.memory <= MEMORY_MAX);
	must((state == PH_SESSION_FAILED) ==
	     (ph_session_failure(harness->session) != PH_FAIL_NONE));
	if (state == PH_SESSION_FAILED || state == PH_SESSION_CLOSED) {
		must(!ph_session_wants_input(harness->session));
		must(ph_session_deadline(harness->session) == UINT64_MAX);
		check_last(harness);
	}
}

/* No session is made of what no owner should ask for. */
static void refuse_configs(void)
{
	static const struct ph_hello hello;
	static const uint8_t long_cert[PH_CERT_MAX + 1];
	static bool is_done;
	struct ph_box_pair keys = { 0 };
	struct ph_rng_seeded seeded;
	struct ph_session_config good = { .side = PH_SIDE_DEVICE,
					  .keys = &keys,
					  .hello = &hello };
	struct ph_session_config wrong[6];

	if (is_done) {
		return;
	}
	is_done = true;
	ph_rng_seed(&seeded, 1, &good.rng);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		wrong[i] = good;
	}
	wrong[0].keys = NULL;
	wrong[1].rng.fill = NULL;
	wrong[2].frame_max = 1;
	wrong[3].frame_max = PH_FRAME_MAX + 1;
	wrong[4].hello = NULL;
	wrong[5].cert = PH_VIEW(long_cert, sizeof(long_cert));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct ph_session *session = NULL;

		must(ph_session_new(&session, &wrong[i], 0) == -EINVAL);
		must(session == NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ph_view in = PH_VIEW(data, size);
	struct harness harness = { .now = 1000 };
	struct ph_unfinished partial = { 0 };

	if (ph_crypto_start() != 0) {
		abort();
	}
	refuse_configs();
	harness.frame_max = size % 3 == 0 ? 300 : 0;
	harness.flags = take_byte(&in);
	meet(&harness);
	while (in.len > 0) {
		step(&harness, &in);
		if (harness.flags & FLAG_AT_ONCE) {
			do_job(&harness, 1);
			do_job(&harness, 0);
		}
		check(&harness);
	}
	hear(&harness);
	ph_session_eof(harness.session);
	give_held(&harness, 0);
	check(&harness);
	if (ph_session_take_partial(harness.session, &partial)) {
		must(partial.item->body.len > 0 &&
		     partial.item->body.len < partial.total);
		must(partial.item->type != PH_ITEM_PART);
	}
	ph_unfinished_deinit(&partial);
	ph_session_free(harness.session);
	ph_noise_deinit(&harness.noise);
	ph_cipher_deinit(&harness.send);
	ph_cipher_deinit(&harness.receive);
	return 0;
}
