/*
 * proto/courier_work.c - what is to be done next, what came of it, and what is said.
 *
 *   OFFERS:  NEXT -> OFFER -> (WANT: READ -> DATA ...) -> TAKEN: TOLD -> NEXT ... -> DONE
 *   TAKES:   OFFER: LOOK -> WANT -> DATA: WRITE ... -> TAKEN ... DONE: LISTED
 *
 * TAKEN that says "damaged" of what went on from a beginning: a power cut spoiled that. It
 * is offered once more, and comes from its start, for the next visit may be a week away.
 *
 * The courier goes from OFFERS to TAKES, the other from TAKES to OFFERS. One job at a time;
 * when the last has come back and nothing is due, the peer is waited for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/courier_internal.h"

/* ---- saying ---- */

void ph_courier_say(struct ph_courier *courier, const struct ph_courier_message *message)
{
	struct ph_buf plain = { 0 };
	struct ph_buf sealed = { 0 };
	int rc = ph_courier_message_encode(message, &plain);

	if (rc == 0) {
		rc = ph_cipher_seal(&courier->send, ph_buf_view(&plain), &sealed);
	}
	if (rc == 0) {
		rc = ph_frame_encode(ph_buf_view(&sealed), &courier->out);
	}
	ph_courier_fail_rc(courier, rc);
	ph_buf_deinit(&plain);
	ph_buf_deinit(&sealed);
}

void ph_courier_say_plain(struct ph_courier *courier, enum ph_courier_message_type type)
{
	const struct ph_courier_message message = { .type = type };

	ph_courier_say(courier, &message);
}

/* The next handshake message, with PAYLOAD in it. */
static void say_handshake(struct ph_courier *courier, struct ph_view payload)
{
	struct ph_buf body = { 0 };
	int rc = ph_noise_create_message(courier->noise, &courier->rng, payload, &body);

	if (rc == 0) {
		rc = ph_frame_encode(ph_buf_view(&body), &courier->out);
	}
	if (rc > 0) {
		ph_courier_fail(courier, PH_FAIL_HANDSHAKE);
	} else {
		ph_courier_fail_rc(courier, rc);
	}
	ph_buf_deinit(&body);
}

void ph_courier_greet(struct ph_courier *courier)
{
	const struct ph_noise_config config = {
		.pattern = PH_NOISE_IK,
		.role = PH_NOISE_INITIATOR,
		.prologue = PH_VIEW(courier->preamble, sizeof(courier->preamble)),
		.static_secret = courier->keys->secret,
		.remote_static = courier->peer,
	};
	struct ph_buf payload = { 0 };
	int rc;

	ph_preamble_encode_as(courier->preamble, PH_PREAMBLE_COURIER, courier->peer);
	courier->noise = calloc(1, sizeof(*courier->noise));
	rc = courier->noise ? ph_noise_init(courier->noise, &config) : -ENOMEM;
	if (rc == 0) {
		rc = ph_courier_hello_encode(ph_buf_view(&courier->cert), &payload);
	}
	if (rc == 0) {
		rc = ph_buf_put(&courier->out, courier->preamble,
				sizeof(courier->preamble));
	}
	ph_courier_fail_rc(courier, rc);
	if (rc == 0) {
		say_handshake(courier, ph_buf_view(&payload));
	}
	if (!ph_courier_is_over(courier)) {
		ph_courier_move(courier, PH_SESSION_HELLO);
	}
	ph_buf_deinit(&payload);
}

static void say_custody(struct ph_courier *courier, const struct ph_courier_job *job)
{
	const struct ph_courier_message message = { .type = PH_COURIER_TAKEN,
						    .answer = job->answer,
						    .bytes = ph_buf_view(&job->custody) };

	ph_courier_say(courier, &message);
}

/* ---- jobs ---- */

struct ph_courier_job *ph_courier_ask(struct ph_courier *courier,
				      enum ph_courier_job_type type)
{
	struct ph_courier_job *job = calloc(1, sizeof(*job));

	if (!job) {
		ph_courier_fail(courier, PH_FAIL_MEMORY);
		return NULL;
	}
	job->type = type;
	job->room = UINT64_MAX;
	courier->job = job;
	return job;
}

uint64_t ph_courier_room(const struct ph_courier *courier, uint64_t kept)
{
	uint64_t left = ph_courier_left(courier);

	if (left == UINT64_MAX) {
		return left;
	}
	kept += COURIER_ENDS + COURIER_AROUND;
	left = left > kept ? left - kept : 0;
	return left - left / COURIER_FRAMED;
}

uint64_t ph_courier_room_to_give(const struct ph_courier *courier)
{
	return courier->budget == UINT64_MAX
		       ? UINT64_MAX
		       : ph_courier_room(courier, courier->budget / 4);
}

static void ask_next(struct ph_courier *courier)
{
	struct ph_courier_job *job = ph_courier_ask(courier, PH_COURIER_NEXT);

	if (job) {
		job->room = ph_courier_room_to_give(courier);
	}
}

static void ask_read(struct ph_courier *courier)
{
	struct ph_courier_job *job = ph_courier_ask(courier, PH_COURIER_READ);
	uint64_t left = courier->offer.size - courier->offer_sent;

	if (job) {
		job->line = courier->offer;
		job->offset = courier->offer_sent;
		job->budget = left < COURIER_READ ? (size_t)left : COURIER_READ;
	}
}

static void ask_write(struct ph_courier *courier)
{
	struct ph_courier_job *job = ph_courier_ask(courier, PH_COURIER_WRITE);

	if (job) {
		job->line = courier->take;
		job->offset = courier->take_written;
		job->bytes = courier->pending;
		courier->pending = (struct ph_buf){ 0 };
	}
}

/* ---- what came of them ---- */

/* Who answers tells the caller whether it is served; the caller knows whom it calls. */
static void on_judged(struct ph_courier *courier, const struct ph_courier_job *job)
{
	struct ph_buf payload = { 0 };
	bool is_served = job->status == PH_STATUS_OK;

	courier->status = job->status;
	if (courier->calls) {
		memcpy(courier->peer, job->key, sizeof(courier->peer));
		if (is_served) {
			ph_courier_greet(courier);
		} else {
			ph_courier_fail(courier, PH_FAIL_REFUSED);
		}
		return;
	}
	ph_courier_fail_rc(courier, ph_courier_welcome_encode(job->status, &payload));
	if (!ph_courier_is_over(courier)) {
		say_handshake(courier, ph_buf_view(&payload));
	}
	ph_buf_deinit(&payload);
	if (ph_courier_is_over(courier)) {
		return;
	}
	if (!is_served) {
		ph_courier_fail(courier, PH_FAIL_REFUSED);
	} else if (ph_noise_split(courier->noise, &courier->send, &courier->receive) !=
		   0) {
		ph_courier_fail(courier, PH_FAIL_HANDSHAKE);
	} else {
		courier->has_transport = true;
		ph_courier_move(courier, PH_SESSION_TRANSFER);
	}
}

void ph_courier_say_offer(struct ph_courier *courier)
{
	const struct ph_courier_message message = { .type = PH_COURIER_OFFER,
						    .line = courier->offer };

	courier->is_offered = true;
	courier->is_wanted = courier->is_resumed = false;
	ph_courier_say(courier, &message);
}

static void on_next(struct ph_courier *courier, const struct ph_courier_job *job)
{
	if (job->has_line) {
		courier->offer = job->line;
		courier->is_again = false;
		courier->counts.items_out++;
		ph_courier_say_offer(courier);
		return;
	}
	ph_courier_say_plain(courier, PH_COURIER_DONE);
	courier->phase = courier->is_courier ? COURIER_TAKES : COURIER_OVER;
	courier->owe_close = courier->calls && !courier->is_courier;
}

static void on_read(struct ph_courier *courier, const struct ph_courier_job *job)
{
	struct ph_view rest = ph_buf_view(&job->bytes);

	if (rest.len == 0 || rest.len > courier->offer.size - courier->offer_sent) {
		ph_courier_fail(courier, PH_FAIL_STORE);
	}
	while (rest.len > 0 && !ph_courier_is_over(courier)) {
		size_t len = rest.len < COURIER_CHUNK ? rest.len : COURIER_CHUNK;
		const struct ph_courier_message message = {
			.type = PH_COURIER_DATA, .bytes = PH_VIEW(rest.data, len)
		};

		ph_courier_say(courier, &message);
		courier->offer_sent += len;
		rest.data += len;
		rest.len -= len;
	}
}

static void on_looked(struct ph_courier *courier, const struct ph_courier_job *job)
{
	const struct ph_courier_message message = { .type = PH_COURIER_WANT,
						    .offset = job->offset };

	courier->counts.items_in++;
	if (!job->wants) {
		say_custody(courier, job);
		return;
	}
	courier->is_taking = true;
	courier->take_written = job->offset;
	ph_courier_say(courier, &message);
}

static void on_written(struct ph_courier *courier, const struct ph_courier_job *job)
{
	courier->take_written = job->offset + job->bytes.len;
	if (courier->take_written == courier->take.size) {
		courier->is_taking = false;
		say_custody(courier, job);
	}
}

static void on_listed(struct ph_courier *courier)
{
	courier->phase = courier->is_courier ? COURIER_OVER : COURIER_OFFERS;
	courier->owe_close = courier->calls && courier->is_courier;
}

void ph_courier_on_job(struct ph_courier *courier, struct ph_courier_job *job)
{
	switch (job->type) {
	case PH_COURIER_JUDGE:
		on_judged(courier, job);
		break;
	case PH_COURIER_NEXT:
		on_next(courier, job);
		break;
	case PH_COURIER_READ:
		on_read(courier, job);
		break;
	case PH_COURIER_TOLD:
		break;
	case PH_COURIER_LOOK:
		on_looked(courier, job);
		break;
	case PH_COURIER_WRITE:
		on_written(courier, job);
		break;
	case PH_COURIER_LISTED:
		on_listed(courier);
		break;
	}
}

/* ---- what is next ---- */

static void go_on_offering(struct ph_courier *courier)
{
	if (!courier->is_offered) {
		ask_next(courier);
	} else if (courier->is_wanted && courier->offer_sent < courier->offer.size &&
		   courier->out.len < COURIER_OUT_LOW) {
		ask_read(courier);
	}
}

static void go_on_taking(struct ph_courier *courier)
{
	uint64_t got = courier->take_written + courier->pending.len;

	if (courier->is_taking && courier->pending.len > 0 &&
	    (courier->pending.len >= COURIER_WRITE || got == courier->take.size)) {
		ask_write(courier);
	}
}

void ph_courier_go_on(struct ph_courier *courier)
{
	if (courier->state == PH_SESSION_TRANSFER) {
		if (courier->owe_pong) {
			ph_courier_say_plain(courier, PH_COURIER_PONG);
		}
		if (courier->owe_ping) {
			ph_courier_say_plain(courier, PH_COURIER_PING);
		}
		courier->owe_pong = courier->owe_ping = false;
	}
	if (courier->state != PH_SESSION_TRANSFER || courier->job ||
	    courier->job_is_out) {
		return;
	}
	if (courier->phase == COURIER_OFFERS) {
		go_on_offering(courier);
	} else if (courier->phase == COURIER_TAKES) {
		go_on_taking(courier);
	}
	if (courier->owe_close && !ph_courier_is_over(courier)) {
		ph_courier_say_plain(courier, PH_COURIER_CLOSE);
		courier->owe_close = false;
		if (!ph_courier_is_over(courier)) { /* there was memory to say it */
			ph_courier_move(courier, PH_SESSION_CLOSING);
		}
	}
}
