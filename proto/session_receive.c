/*
 * proto/session_receive.c - bytes in: preamble, frames, and what they open to.
 *
 * Whole frames are taken straight from what the caller hands in; only the front of
 * one that is not whole is kept, and that buffer grows with the bytes that came, not
 * with the length that was announced. The preamble is judged byte by byte. A frame is
 * the handshake message that is due, or opens under the transport cipher and is a row
 * of messages (session_message.c).
 *
 * A stranger, a wrong key, an altered frame: PH_FAIL_HANDSHAKE, no answer. What is
 * authenticated and yet no message: PH_FAIL_PROTOCOL, and REFUSE.
 */
#include "proto/session_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/frame.h"

/* A device waited for this if it had nothing left to send. */
static void count_round_trip(struct ph_session *session)
{
	if (session->side == PH_SIDE_DEVICE && session->in_flight &&
	    session->queue.first == NULL && session->out.len == 0) {
		session->in_flight = false;
		session->counts.round_trips++;
	}
}

static bool is_listening(const struct ph_session *session)
{
	return !ph_session_is_over(session) && session->state != PH_SESSION_CLOSING;
}

static void fail_protocol(struct ph_session *session)
{
	ph_session_fail(session, PH_FAIL_PROTOCOL);
}

/* Behind REFUSE in its frame, where who does not know it does not look any more. */
static void hear_why(struct ph_session *session, struct ph_view rest)
{
	struct ph_message message;

	if (session->side == PH_SIDE_DEVICE && !session->is_sibling && rest.len > 0 &&
	    ph_message_decode(&rest, &message) == 0 && message.type == PH_MSG_WHY &&
	    (message.count == PH_WHY_PUT_BACK || message.count == PH_WHY_BRANCHES)) {
		session->why = (enum ph_why)message.count;
	}
}

static void on_messages(struct ph_session *session, struct ph_view plain)
{
	struct ph_message message;

	if (plain.len == 0) {
		fail_protocol(session);
	}
	while (plain.len > 0 && is_listening(session)) {
		int rc = ph_message_decode(&plain, &message);

		if (rc > 0) {
			fail_protocol(session);
		} else if (rc < 0) {
			ph_session_fail_rc(session, rc);
		} else {
			ph_session_on_message(session, &message);
		}
		sodium_memzero(message.seed, sizeof(message.seed));
	}
	if (session->failure == PH_FAIL_REFUSED) {
		hear_why(session, plain);
	}
}

static void on_transport(struct ph_session *session, struct ph_view body)
{
	struct ph_buf plain = { 0 };
	int rc = ph_cipher_open(&session->receive, body, &plain);

	if (rc < 0) {
		ph_session_fail_rc(session, rc);
	} else if (rc > 0) {
		ph_session_fail(session, PH_FAIL_HANDSHAKE);
	} else {
		session->live = session->side == PH_SIDE_HUB;
		count_round_trip(session);
		on_messages(session, ph_buf_view(&plain));
	}
	ph_buf_wipe(&plain);
}

/* Message 1 at the hub. */
static void on_hello(struct ph_session *session, struct ph_view body)
{
	const struct ph_noise_config config = {
		.pattern = PH_NOISE_IK,
		.role = PH_NOISE_RESPONDER,
		.prologue = PH_VIEW(session->preamble, sizeof(session->preamble)),
		.static_secret = session->keys->secret,
	};
	struct ph_buf hello = { 0 };
	int rc = -ENOMEM;

	session->noise = calloc(1, sizeof(*session->noise));
	if (session->noise != NULL) {
		rc = ph_noise_init(session->noise, &config);
	}
	if (rc == 0) {
		rc = ph_noise_consume_message(session->noise, body, &hello);
	}
	if (rc < 0) {
		ph_session_fail_rc(session, rc);
	} else if (rc > 0) {
		ph_session_fail(session, PH_FAIL_HANDSHAKE);
	} else {
		memcpy(session->peer, ph_noise_remote_static(session->noise),
		       sizeof(session->peer));
		session->has_peer = true;
		ph_session_move(session, PH_SESSION_HELLO);
		ph_session_greet(session, &hello, PH_VIEW(NULL, 0));
	}
	ph_buf_wipe(&hello);
}

/* Message 2 at the device. */
static void on_answer(struct ph_session *session, struct ph_view body)
{
	struct ph_buf welcome = { 0 };
	int rc = ph_noise_consume_message(session->noise, body, &welcome);

	if (rc < 0) {
		ph_session_fail_rc(session, rc);
	} else if (rc > 0) {
		ph_session_fail(session, PH_FAIL_HANDSHAKE);
	} else {
		session->has_peer = true;
		session->counts.round_trips = 1;
		ph_session_start_transport(session);
		ph_session_welcomed(session, &welcome);
	}
	ph_buf_wipe(&welcome);
}

static void on_frame(struct ph_session *session, struct ph_view body)
{
	if (session->has_transport) {
		on_transport(session, body);
	} else if (session->side == PH_SIDE_DEVICE && session->noise != NULL) {
		on_answer(session, body);
	} else if (session->side == PH_SIDE_HUB && session->state == PH_SESSION_START) {
		on_hello(session, body);
	} else {
		/* Nothing follows message 1 before message 2, nor a certificate that is being
		 * judged; nobody vouches for it. */
		ph_session_fail(session, PH_FAIL_HANDSHAKE);
	}
}

/* ---- the stream ---- */

static bool awaits_preamble(const struct ph_session *session)
{
	return session->side == PH_SIDE_HUB && !session->has_preamble;
}

/* The static that HINT is of: a device that was away calls by one that was in use then. */
static bool choose_key(struct ph_session *session, const uint8_t *hint)
{
	for (unsigned i = 0; i < session->n_keys; i++) {
		if (memcmp(hint, session->keys[i].key,
			   sizeof(((struct ph_preamble *)0)->hint)) == 0) {
			session->keys += i;
			session->n_keys = 1;
			return true;
		}
	}
	return false;
}

/* Take the preamble off IN; false if it is not whole, or not for us. */
static bool take_preamble(struct ph_session *session, struct ph_view *in)
{
	struct ph_preamble preamble;
	int rc;

	if (ph_session_is_asked(session, *in)) {
		return ph_session_take_question(session, in);
	}
	rc = ph_preamble_decode_as(in, ph_session_kind(session), &preamble);

	if (rc == PH_PREAMBLE_E_SHORT) {
		return false;
	}
	if (rc != 0 || !choose_key(session, preamble.hint)) {
		ph_session_fail(session, PH_FAIL_HANDSHAKE);
		return false;
	}
	ph_preamble_encode_as(session->preamble, ph_session_kind(session),
			      session->keys->key);
	session->has_preamble = true;
	return true;
}

static bool take_frame(struct ph_session *session, struct ph_view *in)
{
	struct ph_view body;
	int rc = ph_frame_decode(in, PH_FRAME_MAX, &body);

	if (rc == PH_FRAME_E_SHORT) {
		return false;
	}
	if (rc != 0) {
		ph_session_fail(session, PH_FAIL_HANDSHAKE); /* nobody vouches for it */
		return false;
	}
	on_frame(session, body);
	return true;
}

/* Take one whole unit off IN. */
static bool take_unit(struct ph_session *session, struct ph_view *in)
{
	return session->asks              ? ph_session_take_shown(session, in)
	       : awaits_preamble(session) ? take_preamble(session, in)
					  : take_frame(session, in);
}

/* Bytes that the unit begun in `in` still lacks; its header first. */
static size_t lacking(const struct ph_session *session)
{
	size_t have = session->in.len;

	if (awaits_preamble(session)) {
		return PH_PREAMBLE_LEN - have;
	}
	if (have < PH_FRAME_HEADER_LEN) {
		return PH_FRAME_HEADER_LEN - have;
	}
	return PH_FRAME_HEADER_LEN + (size_t)ph_be16_get(session->in.data) - have;
}

/* Append BYTES, no more than its unit lacks, to `in`; false: no memory. */
static bool keep(struct ph_session *session, struct ph_view bytes)
{
	/* Before the header is whole what lacks is not known: a few bytes. */
	size_t whole = session->in.len + lacking(session);
	size_t need = session->in.len + bytes.len;
	int rc = ph_session_grow(&session->in, bytes.len, whole > need ? whole : need);

	if (rc == 0) {
		rc = ph_buf_put_view(&session->in, bytes);
	}
	ph_session_fail_rc(session, rc);
	return rc == 0;
}

/* Take bytes into `in` until its unit is whole, and act on it; false if it is not. */
static bool complete_unit(struct ph_session *session, struct ph_view *bytes)
{
	size_t lack = lacking(session);
	size_t len = lack < bytes->len ? lack : bytes->len;

	if (!keep(session, PH_VIEW(bytes->data, len))) {
		return false;
	}
	bytes->data += len;
	bytes->len -= len;

	struct ph_view unit = ph_buf_view(&session->in);

	if (!take_unit(session, &unit)) {
		return bytes->len > 0; /* the header is there: now the body */
	}
	ph_buf_deinit(&session->in);
	return true;
}

/* A new unit has begun, or the one that is open got so many bytes that its time starts anew. */
static void note_drip(struct ph_session *session, bool is_new, size_t len)
{
	session->drip_bytes = is_new ? 0 : session->drip_bytes + len;
	if (is_new || session->drip_bytes >= PH_DRIP_BYTES) {
		session->drip_bytes = 0;
		session->drip_since = session->now;
	}
}

static void take_bytes(struct ph_session *session, struct ph_view bytes)
{
	bool was_open = session->in.len > 0;
	size_t len = bytes.len;
	bool is_same = was_open;

	while (bytes.len > 0 && is_listening(session)) {
		bool is_taken = session->in.len > 0 ? complete_unit(session, &bytes)
						    : take_unit(session, &bytes);

		if (session->in.len == 0) {
			is_same = false;
		}
		if (is_taken || !is_listening(session)) {
			continue;
		}
		if (bytes.len > 0) {
			(void)keep(session, bytes);
		}
		break;
	}
	if (session->in.len > 0) {
		note_drip(session, !is_same, len);
	}
}

void ph_session_receive(struct ph_session *session, struct ph_view bytes, uint64_t now_ms)
{
	session->now = now_ms;
	if (bytes.len == 0 || !is_listening(session)) {
		return;
	}
	session->heard = now_ms;
	session->counts.bytes_in += bytes.len;
	if (session->counts.bytes_in > session->may_receive) {
		ph_session_fail(session, PH_FAIL_BUDGET);
		ph_session_settle(session);
		return;
	}
	if (session->side == PH_SIDE_DEVICE && session->state == PH_SESSION_START) {
		ph_session_move(session, PH_SESSION_HELLO);
	}
	take_bytes(session, bytes);
	ph_session_settle(session);
}
