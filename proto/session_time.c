/*
 * proto/session_time.c - how long a session waits, and for what.
 *
 *   hub, nothing has come      first byte      message 1 is not whole   handshake
 *   hub, asked for certificate handshake       device, no message 2     handshake
 *   in transport, no byte came idle; before it, a PING each 20 s
 *   a frame has begun          1 KiB, or its rest, in each 10 s
 *
 * Time that the own store takes counts against nobody. Past its time a session fails
 * with PH_FAIL_TIMEOUT; the peer is told nothing, since it does not listen.
 */
#include "proto/session_internal.h"

enum alarm {
	ALARM_NONE,
	ALARM_TIMEOUT,
	ALARM_PING,
};

struct deadline {
	uint64_t at;
	enum alarm alarm;
};

static void sooner(struct deadline *deadline, uint64_t at, enum alarm alarm)
{
	if (at < deadline->at) {
		*deadline = (struct deadline){ .at = at, .alarm = alarm };
	}
}

static uint64_t later_of(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void handshake_deadlines(const struct ph_session *session,
				struct deadline *deadline)
{
	bool is_hub = session->side == PH_SIDE_HUB;

	if (is_hub && session->state == PH_SESSION_START) {
		if (session->counts.bytes_in == 0) {
			sooner(deadline, session->started + session->first_byte_ms,
			       ALARM_TIMEOUT);
		}
		sooner(deadline, session->started + session->handshake_ms, ALARM_TIMEOUT);
	} else if (is_hub && session->state == PH_SESSION_HELLO &&
		   !ph_session_has_jobs(session)) {
		sooner(deadline, session->asked + session->handshake_ms, ALARM_TIMEOUT);
	} else if (!is_hub && !session->has_transport && !ph_session_has_jobs(session)) {
		sooner(deadline,
		       later_of(session->sent, session->given) + session->handshake_ms,
		       ALARM_TIMEOUT);
	}
}

/* The time of our own store is not the peer's: it runs while no job is out. */
static void transfer_deadlines(const struct ph_session *session,
			       struct deadline *deadline)
{
	bool is_device = session->side == PH_SIDE_DEVICE;
	bool is_talking =
		session->state == PH_SESSION_TRANSFER ||
		(is_device && session->has_transport && !ph_session_is_over(session));

	if (!is_talking) {
		return;
	}
	if (!ph_session_has_jobs(session)) {
		sooner(deadline,
		       later_of(session->heard, session->given) + session->idle_ms,
		       ALARM_TIMEOUT);
	}
	if (session->state != PH_SESSION_CLOSING) {
		sooner(deadline,
		       later_of(session->heard, session->pinged) + PH_KEEPALIVE_MS,
		       ALARM_PING);
	}
}

static struct deadline next_deadline(const struct ph_session *session)
{
	struct deadline deadline = { .at = UINT64_MAX };

	if (ph_session_is_over(session)) {
		return deadline;
	}
	handshake_deadlines(session, &deadline);
	transfer_deadlines(session, &deadline);
	if (session->in.len > 0) {
		sooner(&deadline, session->drip_since + PH_DRIP_MS, ALARM_TIMEOUT);
	}
	return deadline;
}

uint64_t ph_session_deadline(const struct ph_session *session)
{
	return next_deadline(session).at;
}

void ph_session_tick(struct ph_session *session, uint64_t now_ms)
{
	struct deadline deadline = next_deadline(session);

	session->now = now_ms;
	if (deadline.alarm == ALARM_PING && now_ms >= deadline.at) {
		session->owe_ping = true;
		session->pinged = now_ms;
		deadline = next_deadline(session); /* a long sleep may have passed both */
	}
	if (deadline.alarm == ALARM_TIMEOUT && now_ms >= deadline.at) {
		ph_session_fail(session, PH_FAIL_TIMEOUT);
	}
	ph_session_settle(session);
}
