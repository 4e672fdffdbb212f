/*
 * proto/session_meet.c - a session of two devices of one site: who listens there, and what
 * neither may tell the other.
 *
 *   who calls                               who answers
 *     -> ask                                 <- certificate
 *     (JUDGE: a device of our site?)
 *     -> preamble, message 1: hello          (HELLO: the same of who calls)
 *                                            <- message 2: welcome
 *     -> segments, parts, DONE               <- segments, parts, DONE
 *     -> CLOSE
 *
 * Message 1 carries the caller's certificate and heads, and no body: who copied a
 * certificate and shows it can read none of it, and what somebody recorded and sends again
 * is answered by message 2, which only the first caller can read. So nothing else is loaded
 * for a caller before a frame of its own has come. Neither side has an epoch, a time,
 * receipts or a feed to give, and a control log that is passed on would make an old one look
 * new: whatever is of the hub breaks the protocol here.
 */
#include "proto/session_internal.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "proto/meet.h"

enum ph_preamble_kind ph_session_kind(const struct ph_session *session)
{
	return session->is_sibling ? PH_PREAMBLE_SIBLING : PH_PREAMBLE_SESSION;
}

/* ---- what may be told ---- */

static bool hello_suits(const struct ph_hello *hello)
{
	return hello->cert.len > 0 && hello->n_heads == 0 && hello->n_segments == 0 &&
	       hello->control.n == 0 && hello->epoch == 0 && hello->counter == 0 &&
	       hello->budget == 0 && hello->feed_scope == 0 && !hello->done &&
	       !hello->has_partial && !hello->keeps;
}

bool ph_session_hello_suits(const struct ph_session *session,
			    const struct ph_hello *hello)
{
	return !session->is_sibling || hello_suits(hello);
}

static bool all_held(const struct ph_welcome *welcome)
{
	for (unsigned i = 0; i < welcome->n_siblings; i++) {
		if (welcome->sibling[i].n == 0) {
			return false;
		}
	}
	return true;
}

bool ph_session_welcome_suits(const struct ph_session *session,
			      const struct ph_welcome *welcome)
{
	if (!session->is_sibling) {
		return true;
	}
	return all_held(welcome) && welcome->epoch.number == 0 &&
	       sodium_is_zero(welcome->epoch.random, sizeof(welcome->epoch.random)) &&
	       welcome->time == 0 && welcome->n_receipts == 0 && !welcome->has_partial &&
	       welcome->keylist.len == 0 && !welcome->done && !welcome->later &&
	       welcome->n_wants == 0;
}

bool ph_session_message_suits(const struct ph_session *session, enum ph_message_type type)
{
	switch (type) {
	case PH_MSG_RECEIPT:
	case PH_MSG_PAGE:
	case PH_MSG_SPENT:
	case PH_MSG_CERT:
	case PH_MSG_WELCOME:
	case PH_MSG_RESUME:
		return !session->is_sibling;
	case PH_MSG_KEEP: /* which no sibling's hello tells */
		return session->keeps;
	default:
		return true;
	}
}

bool ph_session_may_meet(const struct ph_session_config *config)
{
	if (config->side == PH_SIDE_HUB) {
		return config->cert.len > 0 && config->cert.len <= PH_CERT_MAX;
	}
	return config->hello != NULL && hello_suits(config->hello) &&
	       config->may_send == 0;
}

/* ---- who calls ---- */

int ph_session_ask(struct ph_session *session, struct ph_view hello)
{
	int rc = ph_buf_put_view(&session->hello, hello);

	if (rc == 0) {
		rc = ph_meet_ask(&session->out);
	}
	session->made = session->out.len;
	session->asks = rc == 0;
	return rc;
}

bool ph_session_take_shown(struct ph_session *session, struct ph_view *in)
{
	struct ph_view cert;
	struct ph_job *job;
	int rc = ph_meet_take_answer(in, &cert);

	if (rc == PH_MEET_E_SHORT) {
		return false;
	}
	if (rc != 0) {
		ph_session_fail(session, PH_FAIL_HANDSHAKE);
		return false;
	}
	session->asks = false;
	job = ph_session_job_new(PH_JOB_JUDGE, 0);
	rc = job == NULL ? -ENOMEM : ph_buf_put_view(&job->bytes, cert);
	if (rc != 0) {
		ph_job_free(job);
		ph_session_fail_rc(session, rc);
		return false;
	}
	session->greeting = job;
	return true;
}

void ph_session_judged(struct ph_session *session, const struct ph_job *job)
{
	int rc;

	if (job->welcome.status != PH_STATUS_OK) {
		session->status = job->welcome.status;
		ph_session_fail(session, PH_FAIL_HANDSHAKE);
		return;
	}
	memcpy(session->peer, job->peer_key, sizeof(session->peer));
	rc = ph_session_call(session, ph_buf_view(&session->hello));
	ph_buf_wipe(&session->hello);
	if (rc != 0 &&
	    rc != -ENOMEM) { /* a static that no key exchange can be had with */
		ph_session_fail(session, PH_FAIL_HANDSHAKE);
	}
	ph_session_fail_rc(session, rc);
}

/* ---- who answers ---- */

bool ph_session_is_asked(const struct ph_session *session, struct ph_view in)
{
	enum ph_preamble_kind kind;

	return session->is_sibling && !session->was_asked &&
	       ph_preamble_peek(in, &kind) == 0 && kind == PH_PREAMBLE_ASK;
}

bool ph_session_take_question(struct ph_session *session, struct ph_view *in)
{
	size_t before = session->out.len;
	int rc = ph_meet_take_question(in);

	if (rc != 0) {
		if (rc != PH_MEET_E_SHORT) {
			ph_session_fail(session, PH_FAIL_HANDSHAKE);
		}
		return false;
	}
	session->was_asked = true;
	rc = ph_meet_show(ph_buf_view(&session->cert), &session->out);
	session->made += session->out.len - before;
	ph_buf_wipe(&session->cert);
	ph_session_fail_rc(session, rc);
	return true;
}
