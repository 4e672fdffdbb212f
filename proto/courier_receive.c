/*
 * proto/courier_receive.c - bytes in: question, preamble, frames, messages.
 *
 * Before the handshake is done, whatever is wrong ends it without a word; behind it a frame
 * that does not open was altered under way, and one that opens to nonsense breaks the
 * protocol. A message that is not due is nonsense: each side knows what the other may say.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/courier_internal.h"
#include "proto/meet.h"

static void fail_protocol(struct ph_courier *courier)
{
	ph_courier_fail(courier, PH_FAIL_PROTOCOL);
}

static bool is_listening(const struct ph_courier *courier)
{
	return !ph_courier_is_over(courier) && courier->state != PH_SESSION_CLOSING;
}

/* ---- messages ---- */

/* Is it the peer's turn, and everything before it answered? */
static bool may_offer(const struct ph_courier *courier)
{
	return courier->phase == COURIER_TAKES && !courier->peer_done &&
	       !courier->is_taking && !courier->job && !courier->job_is_out;
}

static void on_offer(struct ph_courier *courier, const struct ph_courier_message *message)
{
	struct ph_courier_job *job;

	if (!may_offer(courier)) {
		fail_protocol(courier);
		return;
	}
	if (ph_courier_left(courier) < COURIER_LEAST) { /* not even to say no */
		ph_courier_fail(courier, PH_FAIL_BUDGET);
		return;
	}
	courier->take = message->line;
	job = ph_courier_ask(courier, PH_COURIER_LOOK);
	if (job) {
		job->line = message->line;
		job->room = ph_courier_room(courier, 0);
	}
}

static void on_data(struct ph_courier *courier, struct ph_view chunk)
{
	uint64_t got = courier->take_written + courier->pending.len;

	if (!courier->is_taking || chunk.len > courier->take.size - got) {
		fail_protocol(courier);
		return;
	}
	ph_courier_fail_rc(courier, ph_buf_put_view(&courier->pending, chunk));
}

static void on_want(struct ph_courier *courier, uint64_t offset)
{
	if (!courier->is_offered || courier->is_wanted || offset >= courier->offer.size) {
		fail_protocol(courier);
		return;
	}
	courier->is_wanted = true;
	courier->is_resumed = offset > 0;
	courier->offer_sent = offset;
}

/*
 * What it had of it was not what we had sent: all of it may go once more, if the budget has
 * room beside what is kept for the peer's own.
 */
static bool is_to_go_again(const struct ph_courier *courier,
			   enum ph_courier_answer answer)
{
	return answer == PH_COURIER_DAMAGED && courier->is_resumed &&
	       !courier->is_again &&
	       ph_courier_room_to_give(courier) >= courier->offer.size;
}

static void on_taken(struct ph_courier *courier, const struct ph_courier_message *message)
{
	bool is_due =
		courier->is_offered &&
		(!courier->is_wanted || courier->offer_sent == courier->offer.size) &&
		!courier->job && !courier->job_is_out;
	struct ph_courier_job *job;

	if (!is_due) {
		fail_protocol(courier);
		return;
	}
	if (is_to_go_again(courier, message->answer)) {
		courier->is_again = true;
		ph_courier_say_offer(courier);
		return;
	}
	job = ph_courier_ask(courier, PH_COURIER_TOLD);
	if (job) {
		job->line = courier->offer;
		job->answer = message->answer;
		courier->counts.receipts += message->bytes.len > 0;
		ph_courier_fail_rc(courier,
				   ph_buf_put_view(&job->custody, message->bytes));
	}
	courier->is_offered = false;
	courier->is_wanted = false;
}

static void on_done(struct ph_courier *courier)
{
	if (!may_offer(courier)) {
		fail_protocol(courier);
		return;
	}
	courier->peer_done = true;
	(void)ph_courier_ask(courier, PH_COURIER_LISTED);
}

/* The other has been told all, and has told all. */
static void on_close(struct ph_courier *courier)
{
	bool has_all =
		courier->is_courier ? courier->peer_done : courier->phase == COURIER_OVER;

	if (courier->calls || !has_all) {
		fail_protocol(courier);
		return;
	}
	ph_courier_move(courier, PH_SESSION_CLOSING);
}

static void on_refuse(struct ph_courier *courier, enum ph_status status)
{
	courier->status = status;
	courier->failure = PH_FAIL_REFUSED;
	ph_courier_move(courier, PH_SESSION_FAILED);
}

static void on_message(struct ph_courier *courier,
		       const struct ph_courier_message *message)
{
	switch (message->type) {
	case PH_COURIER_OFFER:
		on_offer(courier, message);
		break;
	case PH_COURIER_WANT:
		on_want(courier, message->offset);
		break;
	case PH_COURIER_DATA:
		on_data(courier, message->bytes);
		break;
	case PH_COURIER_TAKEN:
		on_taken(courier, message);
		break;
	case PH_COURIER_DONE:
		on_done(courier);
		break;
	case PH_COURIER_CLOSE:
		on_close(courier);
		break;
	case PH_COURIER_PING:
		courier->owe_pong = true;
		break;
	case PH_COURIER_PONG:
		break;
	case PH_COURIER_REFUSE:
		on_refuse(courier, message->status);
		break;
	}
}

static void on_messages(struct ph_courier *courier, struct ph_view plain)
{
	struct ph_courier_message message;

	if (plain.len == 0) {
		fail_protocol(courier);
	}
	while (plain.len > 0 && is_listening(courier)) {
		int rc = ph_courier_message_decode(&plain, &message);

		if (rc > 0) {
			fail_protocol(courier);
		} else if (rc < 0) {
			ph_courier_fail_rc(courier, rc);
		} else {
			on_message(courier, &message);
		}
	}
	if (plain.len > 0 && courier->state == PH_SESSION_CLOSING) {
		fail_protocol(courier); /* behind CLOSE */
	}
}

static void on_transport(struct ph_courier *courier, struct ph_view body)
{
	struct ph_buf plain = { 0 };
	int rc = ph_cipher_open(&courier->receive, body, &plain);

	if (rc < 0) {
		ph_courier_fail_rc(courier, rc);
	} else if (rc > 0) {
		ph_courier_fail(courier, PH_FAIL_HANDSHAKE);
	} else {
		if (courier->phase == COURIER_GREET) { /* it is no replay */
			courier->phase =
				courier->is_courier ? COURIER_OFFERS : COURIER_TAKES;
		}
		on_messages(courier, ph_buf_view(&plain));
	}
	ph_buf_deinit(&plain);
}

/* ---- the handshake ---- */

/* 0, or it has failed. */
static int consume(struct ph_courier *courier, struct ph_view body, struct ph_buf *out)
{
	int rc = ph_noise_consume_message(courier->noise, body, out);

	if (rc < 0) {
		ph_courier_fail_rc(courier, rc);
	} else if (rc > 0) {
		ph_courier_fail(courier, PH_FAIL_HANDSHAKE);
	}
	return rc;
}

/* Message 1: who calls. */
static void on_hello(struct ph_courier *courier, struct ph_view body)
{
	const struct ph_noise_config config = {
		.pattern = PH_NOISE_IK,
		.role = PH_NOISE_RESPONDER,
		.prologue = PH_VIEW(courier->preamble, sizeof(courier->preamble)),
		.static_secret = courier->keys->secret,
	};
	struct ph_buf payload = { 0 };
	struct ph_courier_job *job;
	struct ph_view cert;
	int rc = -ENOMEM;

	courier->noise = calloc(1, sizeof(*courier->noise));
	if (courier->noise) {
		rc = ph_noise_init(courier->noise, &config);
	}
	ph_courier_fail_rc(courier, rc);
	if (rc == 0 && consume(courier, body, &payload) == 0) {
		memcpy(courier->peer, ph_noise_remote_static(courier->noise),
		       sizeof(courier->peer));
		rc = ph_courier_hello_decode(ph_buf_view(&payload), &cert);
		if (rc != 0) {
			ph_courier_fail(courier,
					rc < 0 ? PH_FAIL_MEMORY : PH_FAIL_HANDSHAKE);
		} else if ((job = ph_courier_ask(courier, PH_COURIER_JUDGE)) != NULL) {
			ph_courier_move(courier, PH_SESSION_HELLO);
			job->has_key = true;
			memcpy(job->key, courier->peer, sizeof(job->key));
			ph_courier_fail_rc(courier, ph_buf_put_view(&job->cert, cert));
		}
	}
	ph_buf_deinit(&payload);
}

/* Message 2: whether we are served. */
static void on_welcome(struct ph_courier *courier, struct ph_view body)
{
	struct ph_buf payload = { 0 };
	enum ph_status status = PH_STATUS_OK;
	int rc;

	if (consume(courier, body, &payload) == 0) {
		rc = ph_courier_welcome_decode(ph_buf_view(&payload), &status);
		if (rc == 0 && ph_noise_split(courier->noise, &courier->send,
					      &courier->receive) == 0) {
			courier->has_transport = true;
			courier->counts.round_trips = 1;
			if (status != PH_STATUS_OK) {
				on_refuse(courier, status);
			} else {
				ph_courier_move(courier, PH_SESSION_TRANSFER);
				courier->phase = courier->is_courier ? COURIER_OFFERS
								     : COURIER_TAKES;
				courier->owe_ping = !courier->is_courier;
			}
		} else {
			ph_courier_fail(courier,
					rc < 0 ? PH_FAIL_MEMORY : PH_FAIL_HANDSHAKE);
		}
	}
	ph_buf_deinit(&payload);
}

static void on_frame(struct ph_courier *courier, struct ph_view body)
{
	if (courier->has_transport) {
		on_transport(courier, body);
	} else if (courier->calls && courier->noise) {
		on_welcome(courier, body);
	} else if (!courier->calls && !courier->noise) {
		on_hello(courier, body);
	} else {
		ph_courier_fail(courier, PH_FAIL_HANDSHAKE); /* nothing is due */
	}
}

/* ---- the stream ---- */

static bool fail_if(struct ph_courier *courier, bool is_wrong)
{
	if (is_wrong) {
		ph_courier_fail(courier, PH_FAIL_HANDSHAKE);
	}
	return false;
}

/* The certificate of whoever listens. */
static bool take_answer(struct ph_courier *courier, struct ph_view *in)
{
	struct ph_courier_job *job;
	struct ph_view cert;
	int rc = ph_meet_take_answer(in, &cert);

	/* it has said all that was asked for; what else it says is not ours */
	if (rc != 0 || in->len > 0) {
		return fail_if(courier, rc != PH_MEET_E_SHORT);
	}
	courier->asks = false;
	job = ph_courier_ask(courier, PH_COURIER_JUDGE);
	if (job) {
		ph_courier_fail_rc(courier, ph_buf_put_view(&job->cert, cert));
	}
	return true;
}

static bool take_question(struct ph_courier *courier, struct ph_view *in)
{
	int rc = ph_meet_take_question(in);

	if (rc != 0 || courier->was_asked || courier->cert.len == 0) {
		return fail_if(courier, rc != PH_MEET_E_SHORT);
	}
	courier->was_asked = true;
	ph_courier_fail_rc(courier,
			   ph_meet_show(ph_buf_view(&courier->cert), &courier->out));
	return true;
}

static bool take_preamble(struct ph_courier *courier, struct ph_view *in)
{
	struct ph_preamble preamble;
	enum ph_preamble_kind kind;
	int rc = ph_preamble_peek(*in, &kind);

	if (rc == 0 && kind == PH_PREAMBLE_ASK) {
		return take_question(courier, in);
	}
	if (rc == 0) {
		rc = ph_preamble_decode_as(in, PH_PREAMBLE_COURIER, &preamble);
	}
	if (rc != 0 ||
	    memcmp(preamble.hint, courier->keys->key, sizeof(preamble.hint)) != 0) {
		return fail_if(courier, rc != PH_PREAMBLE_E_SHORT);
	}
	ph_preamble_encode_as(courier->preamble, PH_PREAMBLE_COURIER, courier->keys->key);
	courier->has_preamble = true;
	return true;
}

static bool take_frame(struct ph_courier *courier, struct ph_view *in)
{
	size_t max = courier->has_transport ? COURIER_FRAME_MAX : COURIER_GREETING_MAX;
	struct ph_view body;
	int rc = ph_frame_decode(in, max, &body);

	if (rc != 0) {
		return fail_if(courier, rc != PH_FRAME_E_SHORT);
	}
	on_frame(courier, body);
	return true;
}

/* Take one whole unit off IN; false: it is not whole, or all is over. */
static bool take_unit(struct ph_courier *courier, struct ph_view *in)
{
	if (courier->calls) {
		return courier->asks ? take_answer(courier, in) : take_frame(courier, in);
	}
	return courier->has_preamble ? take_frame(courier, in)
				     : take_preamble(courier, in);
}

/* A unit that is not whole must grow, or end, in time. */
static void note_drip(struct ph_courier *courier, bool is_same, size_t len)
{
	courier->drip_bytes = is_same ? courier->drip_bytes + len : 0;
	if (!is_same || courier->drip_bytes >= PH_DRIP_BYTES) {
		courier->drip_bytes = 0;
		courier->drip_since = courier->now;
	}
}

void ph_courier_take_bytes(struct ph_courier *courier, struct ph_view bytes)
{
	size_t had = courier->in.len;
	struct ph_view in;
	int rc = ph_buf_put_view(&courier->in, bytes);

	if (rc != 0) {
		ph_courier_fail_rc(courier, rc);
		return;
	}
	in = ph_buf_view(&courier->in);
	while (in.len > 0 && is_listening(courier) && take_unit(courier, &in)) {
	}
	if (in.len == 0 || !is_listening(courier)) {
		ph_buf_deinit(&courier->in);
		return;
	}
	note_drip(courier, had > 0 && in.len == courier->in.len, bytes.len);
	ph_buf_drop(&courier->in, courier->in.len - in.len);
}
