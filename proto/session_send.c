/*
 * proto/session_send.c - messages and frames out.
 *
 * As long as little waits to be sent, the pump makes another frame of what is due, in
 * this order: certificate or welcome, credit, PING and PONG, receipts, the items of
 * the queue in chunks, DONE, CLOSE. So one frame carries whatever belongs together,
 * and what a peer has us hold does not grow because it reads slowly.
 *
 * No memory, or a cipher that is spent: the session fails. Plaintext is wiped.
 */
#include "proto/session_internal.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/frame.h"

enum {
	/* What messages have around their chunk, at most. */
	SEGMENT_AROUND = 144,
	PART_AROUND = 64,
	KEEP_AROUND = 64,
	PAGE_AROUND = 32,
	MORE_AROUND = 8,
	/* A chunk that does not end its item is not smaller than this. */
	CHUNK_MIN = 64,
};

/* ---- frames ---- */

static bool put_frame(struct ph_session *session, struct ph_view body)
{
	size_t before = session->out.len;
	int rc;

	if (PH_FRAME_HEADER_LEN + body.len > ph_session_left(session)) {
		ph_session_fail(session, PH_FAIL_BUDGET);
		return false;
	}
	rc = ph_frame_encode(body, &session->out);
	session->made += session->out.len - before;
	ph_session_fail_rc(session, rc);
	return rc == 0;
}

bool ph_session_seal(struct ph_session *session, struct ph_view plain)
{
	struct ph_buf sealed = { 0 };
	int rc = ph_cipher_seal(&session->send, plain, &sealed);
	bool is_sent = rc == 0 && put_frame(session, ph_buf_view(&sealed));

	ph_session_fail_rc(session, rc);
	ph_buf_deinit(&sealed);
	return is_sent;
}

void ph_session_send_refuse(struct ph_session *session, enum ph_status status)
{
	const struct ph_message message = { .type = PH_MSG_REFUSE, .count = status };
	const struct ph_message why = { .type = PH_MSG_WHY, .count = session->why };
	struct ph_buf plain = { 0 };

	/* Best effort: the session has failed already. */
	if (ph_message_encode(&message, &plain) == 0 &&
	    (session->why == PH_WHY_NONE || ph_message_encode(&why, &plain) == 0)) {
		(void)ph_session_seal(session, ph_buf_view(&plain));
	}
	ph_buf_deinit(&plain);
}

bool ph_session_send_handshake(struct ph_session *session, struct ph_view payload)
{
	struct ph_buf body = { 0 };
	bool is_sent = false;
	int rc = ph_noise_create_message(session->noise, &session->rng, payload, &body);

	if (rc > 0) {
		ph_session_fail(session, PH_FAIL_HANDSHAKE);
	} else if (rc < 0) {
		ph_session_fail_rc(session, rc);
	} else {
		is_sent = put_frame(session, ph_buf_view(&body));
	}
	ph_buf_deinit(&body);
	return is_sent;
}

void ph_session_start_transport(struct ph_session *session)
{
	int rc = ph_noise_split(session->noise, &session->send, &session->receive);

	if (rc != 0) {
		ph_session_fail(session, PH_FAIL_HANDSHAKE);
		return;
	}
	session->has_transport = true;
	ph_session_end_noise(session);
}

/* ---- messages ---- */

/* A frame's plaintext that is being filled. */
struct frame {
	struct ph_buf plain;
	size_t room;
	size_t limit;  /* by the budget; nothing goes over */
	bool is_short; /* something would have */
};

/*
 * Add MESSAGE. false: it does not fit beside what is there (it then begins the next
 * frame, alone if it is longer than our frames are), or SESSION failed.
 */
static bool put(struct ph_session *session, struct frame *frame,
		const struct ph_message *message)
{
	size_t before = frame->plain.len;
	int rc = ph_message_encode(message, &frame->plain);

	if (rc != 0) {
		ph_session_fail_rc(session, rc);
		return false;
	}
	if (frame->plain.len > frame->limit) {
		frame->is_short = true;
		frame->plain.len = before;
		return false;
	}
	if (before > 0 && frame->plain.len > frame->room) {
		frame->plain.len = before;
		return false;
	}
	return true;
}

static bool put_plain(struct ph_session *session, struct frame *frame,
		      enum ph_message_type type, uint64_t count)
{
	const struct ph_message message = { .type = type, .count = count };

	return put(session, frame, &message);
}

static bool put_bytes(struct ph_session *session, struct frame *frame,
		      enum ph_message_type type, struct ph_buf *bytes)
{
	const struct ph_message message = { .type = type, .chunk = ph_buf_view(bytes) };
	bool is_put = put(session, frame, &message);

	if (is_put) {
		ph_buf_wipe(bytes);
	}
	return is_put;
}

static bool put_greeting(struct ph_session *session, struct frame *frame)
{
	if (session->owe_cert) {
		if (!put_bytes(session, frame, PH_MSG_CERT, &session->cert)) {
			return false;
		}
		session->owe_cert = false;
		session->in_flight = true;
	}
	return session->welcome.len == 0 ||
	       put_bytes(session, frame, PH_MSG_WELCOME, &session->welcome);
}

/*
 * Credit goes back once the peer has less than half of the window, so small sessions
 * never pay for it; that is always before the peer has to wait, since it begins with
 * the other half.
 */
static bool put_credit(struct ph_session *session, struct frame *frame)
{
	if (session->state != PH_SESSION_TRANSFER || session->owed == 0 ||
	    session->peer_credit >= PH_WINDOW / 2) {
		return true;
	}
	if (!put_plain(session, frame, PH_MSG_CREDIT, session->owed)) {
		return false;
	}
	session->peer_credit += session->owed;
	session->owed = 0;
	return true;
}

static bool put_keepalive(struct ph_session *session, struct frame *frame)
{
	if (session->owe_pong) {
		if (!put_plain(session, frame, PH_MSG_PONG, 0)) {
			return false;
		}
		session->owe_pong = false;
	}
	if (session->owe_ping) {
		if (!put_plain(session, frame, PH_MSG_PING, 0)) {
			return false;
		}
		session->owe_ping = false;
	}
	return true;
}

static bool put_receipts(struct ph_session *session, struct frame *frame)
{
	struct session_receipts *receipts = &session->receipts;

	if (session->side != PH_SIDE_HUB || ph_session_holds_receipts(session)) {
		return true; /* the device's wait for its store */
	}
	while (receipts->n > 0) {
		const struct ph_message message = { .type = PH_MSG_RECEIPT,
						    .receipt = receipts->list[0] };

		/* one that cannot be paid for comes with the next welcome */
		if (ph_session_affords_receipt(session, frame->plain.len,
					       &message.receipt) &&
		    !put(session, frame, &message)) {
			return false;
		}
		receipts->n--;
		memmove(receipts->list, receipts->list + 1,
			receipts->n * sizeof(*receipts->list));
	}
	free(receipts->list);
	*receipts = (struct session_receipts){ 0 };
	return true;
}

/* ---- items ---- */

/*
 * Where an item begins: past what the other side holds of it, if this is the one it told of.
 * That is the device's next segment or none; a hub may have something newer to send first.
 */
static void begin_front(struct ph_session *session)
{
	const struct ph_item *item = session->queue.first;

	session->front_ready = true;
	session->front_resumes = false;
	session->front_offset = 0;
	ph_item_hash(item, session->front_hash);
	if (!ph_item_resumes(item->type)) {
		return;
	}
	if (session->has_resume && session->resume_offset < item->body.len &&
	    memcmp(session->front_hash, session->resume_hash,
		   sizeof(session->front_hash)) == 0) {
		session->front_offset = (size_t)session->resume_offset;
		session->front_resumes = true;
	}
	if (session->side == PH_SIDE_DEVICE || session->front_resumes) {
		session->has_resume = false;
	}
}

static struct ph_message message_of(const struct ph_session *session)
{
	static const enum ph_message_type types[] = {
		[PH_ITEM_SEGMENT] = PH_MSG_SEGMENT, [PH_ITEM_PART] = PH_MSG_PART,
		[PH_ITEM_PAGE] = PH_MSG_PAGE,       [PH_ITEM_PACKED] = PH_MSG_PACKED,
		[PH_ITEM_KEEP] = PH_MSG_KEEP,
	};
	const struct ph_item *item = session->queue.first;
	struct ph_message message = {
		.type = PH_MSG_MORE,
		.first = item->first,
		.last = item->last,
		.total = item->body.len,
	};

	if (!session->front_begun) {
		message.type = session->front_resumes ? PH_MSG_RESUME : types[item->type];
	}
	memcpy(message.log_id, item->log_id, sizeof(message.log_id));
	memcpy(message.seal, item->seal, sizeof(message.seal));
	memcpy(message.seed, item->seed, sizeof(message.seed));
	memcpy(message.mark, item->mark, sizeof(message.mark));
	message.form = item->is_boxed ? PH_PART_FORM_BOX : PH_PART_FORM_SEED;
	memcpy(message.hash, session->front_hash, sizeof(message.hash));
	return message;
}

static size_t around(enum ph_message_type type)
{
	switch (type) {
	case PH_MSG_SEGMENT:
	case PH_MSG_PACKED:
		return SEGMENT_AROUND;
	case PH_MSG_PART:
		return PART_AROUND;
	case PH_MSG_PAGE:
		return PAGE_AROUND;
	case PH_MSG_KEEP:
		return KEEP_AROUND;
	default:
		return MORE_AROUND;
	}
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void front_sent(struct ph_session *session, size_t len)
{
	struct ph_item *item = session->queue.first;

	if (!session->front_begun && session->front_resumes) {
		session->counts.resumed_out += session->front_offset;
	}
	session->front_begun = true;
	session->front_offset += len;
	session->in_flight = true;
	session->done_told = false; /* an item takes our DONE back */
	if (session->front_offset < item->body.len) {
		return;
	}
	session->queue.first = item->next;
	item->next = NULL;
	session->queue_bytes -= item->body.len;
	session->front_ready = false;
	session->front_begun = false;
	session->counts.items_out++;
	ph_items_free(item);
}

/* One chunk of the first item of the queue; false when there is no room or no credit for it. */
static bool put_chunk(struct ph_session *session, struct frame *frame)
{
	struct ph_message message = message_of(session);
	size_t rest = session->queue.first->body.len - session->front_offset;
	size_t used = frame->plain.len + around(message.type);
	size_t cost = session->front_begun ? 0 : PH_ITEM_CREDIT;
	bool is_put = false;

	if (used >= frame->room || frame->room - used < smaller(rest, CHUNK_MIN)) {
		goto out;
	}

	size_t len = smaller(rest, frame->room - used);

	if (session->credit < cost + len) {
		goto out;
	}
	message.chunk =
		PH_VIEW(session->queue.first->body.data + session->front_offset, len);
	is_put = put(session, frame, &message);
	if (is_put) {
		session->credit -= cost + len;
		front_sent(session, len);
	}
out:
	sodium_memzero(&message, sizeof(message)); /* a seed */
	return is_put;
}

static bool put_items(struct ph_session *session, struct frame *frame)
{
	while (session->ready && session->state == PH_SESSION_TRANSFER &&
	       session->queue.first != NULL) {
		if (!session->front_ready) {
			begin_front(session);
		}
		if (!ph_session_affords_front(session, frame->plain.len)) {
			break;
		}
		if (!put_chunk(session, frame)) {
			return false;
		}
	}
	return true;
}

/* ---- ends ---- */

/* DONE says at the hub that all is stored and told, at the device only that all is sent. */
static bool is_done_due(const struct ph_session *session)
{
	if (session->state != PH_SESSION_TRANSFER || !session->ready ||
	    session->done_told || session->more || session->queue.first != NULL ||
	    (session->jobs_out & (1u << PH_JOB_LOAD)) != 0) {
		return false;
	}
	return session->side == PH_SIDE_DEVICE ||
	       (session->peer_done && session->open == NULL &&
		session->store.first == NULL &&
		(session->jobs_out & (1u << PH_JOB_STORE)) == 0);
}

static bool put_ends(struct ph_session *session, struct frame *frame)
{
	if (is_done_due(session)) {
		if (session->is_spent && session->side == PH_SIDE_HUB &&
		    !session->spent_told) {
			if (!put_plain(session, frame, PH_MSG_SPENT, 0)) {
				return false;
			}
			session->spent_told = true;
		}
		if (!put_plain(session, frame, PH_MSG_DONE, session->dealt)) {
			return false;
		}
		session->done_told = true;
		session->in_flight = true;
	}
	if (session->owe_close) {
		if (!put_plain(session, frame, PH_MSG_CLOSE, 0)) {
			return false;
		}
		session->owe_close = false;
	}
	return true;
}

static void fill(struct ph_session *session, struct frame *frame)
{
	bool (*const steps[])(struct ph_session *, struct frame *) = {
		put_greeting, put_credit, put_keepalive,
		put_receipts, put_items,  put_ends,
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (!steps[i](session, frame)) {
			return;
		}
	}
}

void ph_session_pump(struct ph_session *session)
{
	struct frame frame = { 0 };

	/* In CLOSING the hub has nothing more to say. */
	if (!session->has_transport ||
	    (session->side == PH_SIDE_HUB && session->state == PH_SESSION_CLOSING)) {
		return;
	}
	while (session->out.len < SESSION_OUT_LOW && !ph_session_is_over(session)) {
		if (frame.plain.len > 0) {
			sodium_memzero(frame.plain.data, frame.plain.len);
			frame.plain.len = 0;
		}
		frame.room = (session->frame_first != 0 ? session->frame_first
							: session->frame_max) -
			     PH_NOISE_TAG_LEN;
		frame.limit = ph_session_frame_limit(session);
		fill(session, &frame);
		if (frame.plain.len == 0 || ph_session_is_over(session) ||
		    !ph_session_seal(session, ph_buf_view(&frame.plain))) {
			break;
		}
		session->frame_first = 0;
	}
	if (frame.is_short && frame.plain.len == 0) {
		ph_session_fail(session, PH_FAIL_BUDGET);
	}
	ph_buf_wipe(&frame.plain);
}
