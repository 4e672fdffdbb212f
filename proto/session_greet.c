/*
 * proto/session_greet.c - hello and welcome: who is there, and what both hold.
 *
 * Hub: the payload of message 1 becomes the HELLO job; what comes back goes out as
 * message 2. If only the certificate is missing the hello is kept, transport begins,
 * and the certificate makes a second HELLO job whose welcome travels as a message.
 * Device: the welcome becomes the WELCOME job.
 *
 * A hello that is no hello gets no answer; one in another version is told so. A hub
 * that does not serve says why in the welcome and is done; whatever its store's
 * trouble, the device learns that it may come again later.
 */
#include "proto/session_internal.h"

#include <errno.h>
#include <string.h>

#include "proto/frame.h"

/* Items out of the segments of a hello; NULL with *RC_OUT when memory lacks. */
static struct ph_item *items_of(const struct ph_hello *hello, int *rc_out)
{
	struct session_items items = { 0 };

	for (unsigned i = 0; i < hello->n_segments; i++) {
		const struct ph_segment *segment = &hello->segment[i];
		struct ph_item *item =
			ph_item_new(hello->packed[i] ? PH_ITEM_PACKED : PH_ITEM_SEGMENT);

		if (item == NULL || ph_buf_put_view(&item->body, segment->body) != 0) {
			ph_items_free(item);
			ph_items_free(items.first);
			*rc_out = -ENOMEM;
			return NULL;
		}
		memcpy(item->log_id, segment->log_id, sizeof(item->log_id));
		memcpy(item->seal, segment->seal, sizeof(item->seal));
		item->first = segment->first;
		item->last = segment->last;
		ph_session_items_put(&items, item);
	}
	*rc_out = 0;
	return items.first;
}

static void tell_version(struct ph_session *session)
{
	const struct ph_welcome welcome = { .status = PH_STATUS_VERSION };
	struct ph_buf bytes = { 0 };
	int rc = ph_welcome_encode(&welcome, &bytes);

	ph_session_fail_rc(session, rc);
	if (rc == 0 && ph_session_send_handshake(session, ph_buf_view(&bytes))) {
		session->status = PH_STATUS_VERSION;
		ph_session_fail(session, PH_FAIL_REFUSED);
	}
	ph_buf_deinit(&bytes);
}

void ph_session_greet(struct ph_session *session, struct ph_buf *bytes,
		      struct ph_view cert)
{
	struct ph_job *job = ph_session_job_new(PH_JOB_HELLO, PH_HEADS_MAX);
	size_t hello_len = bytes->len;
	int rc = job == NULL ? -ENOMEM : ph_buf_put_view(bytes, cert);

	if (rc != 0) {
		goto out;
	}
	job->bytes = *bytes;
	*bytes = (struct ph_buf){ 0 };
	rc = ph_hello_decode(PH_VIEW(job->bytes.data, hello_len), &job->hello);
	if (rc == PH_MESSAGE_E_VERSION) {
		tell_version(session);
		goto out;
	}
	if (rc > 0 || (rc == 0 && !ph_session_hello_suits(session, &job->hello))) {
		ph_session_fail(session, PH_FAIL_PROTOCOL);
		goto out;
	}
	if (rc == 0) {
		job->items = items_of(&job->hello, &rc);
	}
	if (rc != 0) {
		goto out;
	}
	if (cert.len > 0) {
		job->hello.cert = PH_VIEW(job->bytes.data + hello_len, cert.len);
	}
	memcpy(job->peer_key, session->peer, sizeof(job->peer_key));
	session->has_resume = job->hello.has_partial;
	session->resume_offset = job->hello.partial_offset;
	memcpy(session->resume_hash, job->hello.partial_hash,
	       sizeof(session->resume_hash));
	session->n_heads = job->hello.n_heads;
	session->n_receipted = session->n_heads + job->hello.n_siblings;
	session->keeps = job->hello.keeps;
	session->greeting = job;
	return;
out:
	if (rc < 0) {
		ph_session_fail_rc(session, rc);
	}
	ph_buf_wipe(bytes);
	ph_job_free(job);
}

static bool welcome_ok(const struct ph_session *session, const struct ph_welcome *welcome)
{
	if (!welcome->same && welcome->n_heads != session->n_heads) {
		return false;
	}
	for (unsigned i = 0; i < welcome->n_receipts; i++) {
		if (welcome->receipt[i].index >= session->n_receipted) {
			return false;
		}
	}
	return !welcome->done || welcome->done_items <= session->counts.items_out;
}

/* A hub that does not serve: send the certificate if that is all it wants, else give up. */
static void not_served(struct ph_session *session, enum ph_status status)
{
	if (status == PH_STATUS_CERT && session->cert.len > 0 && !session->cert_asked) {
		session->cert_asked = true;
		session->owe_cert = true;
		return;
	}
	session->status = status;
	ph_session_fail(session, PH_FAIL_REFUSED);
}

void ph_session_welcomed(struct ph_session *session, struct ph_buf *bytes)
{
	struct ph_job *job = ph_session_job_new(PH_JOB_WELCOME, PH_HEADS_MAX);
	int rc = job == NULL ? -ENOMEM
			     : ph_welcome_decode(ph_buf_view(bytes), &job->welcome);

	if (rc < 0) {
		ph_session_fail_rc(session, rc);
		goto out;
	}
	if (rc > 0 || (job->welcome.status == PH_STATUS_OK &&
		       (!welcome_ok(session, &job->welcome) ||
			!ph_session_welcome_suits(session, &job->welcome)))) {
		ph_session_fail(session, PH_FAIL_PROTOCOL);
		goto out;
	}
	if (job->welcome.status != PH_STATUS_OK) {
		not_served(session, job->welcome.status);
		goto out;
	}
	job->bytes = *bytes;
	*bytes = (struct ph_buf){ 0 };
	session->has_resume = job->welcome.has_partial;
	session->resume_offset = job->welcome.partial_offset;
	memcpy(session->resume_hash, job->welcome.partial_hash,
	       sizeof(session->resume_hash));
	session->peer_done = job->welcome.done;
	session->peer_done_items = job->welcome.done_items;
	session->counts.receipts += job->welcome.n_receipts;
	session->later = job->welcome.later;
	session->status = session->later ? PH_STATUS_LATER : PH_STATUS_OK;
	session->greeting = job;
	ph_buf_wipe(&session->cert);
	ph_session_move(session, PH_SESSION_TRANSFER);
	return;
out:
	ph_buf_wipe(bytes);
	ph_job_free(job);
}

void ph_session_keep_partial(struct ph_session *session, struct ph_job *job)
{
	const struct ph_item *item = job->partial.item;

	ph_unfinished_deinit(&session->partial);
	session->partial = job->partial;
	job->partial = (struct ph_unfinished){ 0 };
	if (item != NULL &&
	    (item->body.len == 0 || item->body.len >= session->partial.total ||
	     session->partial.total > ph_item_max(item->type))) {
		ph_unfinished_deinit(&session->partial); /* it would never be whole */
	}
}

/* Tell WELCOME by message 2, or in transport when the certificate was asked for. */
static bool send_welcome(struct ph_session *session, const struct ph_welcome *welcome)
{
	struct ph_buf bytes = { 0 };
	int rc = ph_welcome_encode(welcome, &bytes);

	if (rc != 0) {
		ph_buf_wipe(&bytes);
		ph_session_fail(session, rc == -ENOMEM ? PH_FAIL_MEMORY : PH_FAIL_STORE);
		return false;
	}
	if (session->has_transport) {
		session->welcome = bytes; /* goes out before all else */
		return true;
	}

	bool is_sent = ph_session_send_handshake(session, ph_buf_view(&bytes));

	ph_buf_wipe(&bytes);
	if (is_sent && welcome->status <= PH_STATUS_CERT) {
		ph_session_start_transport(session);
	}
	return is_sent;
}

static void ask_cert(struct ph_session *session, struct ph_job *job)
{
	session->hello = job->bytes;
	job->bytes = (struct ph_buf){ 0 };
	session->cert_asked = true;
	session->asked = session->now;
}

/* What the hub says to a hello that it cannot serve. */
static enum ph_status refusal_of(const struct ph_job *job)
{
	if (job->result < 0) {
		return PH_STATUS_LATER;
	}
	if (job->bad) {
		return PH_STATUS_PROTOCOL;
	}
	/* Asked once and told, it will not do better a second time. */
	if (job->welcome.status == PH_STATUS_CERT && job->hello.cert.len > 0) {
		return PH_STATUS_UNKNOWN;
	}
	return job->welcome.status;
}

static void refuse_hello(struct ph_session *session, struct ph_job *job,
			 enum ph_status status)
{
	const struct ph_welcome welcome = { .status = status };

	if (!send_welcome(session, &welcome)) {
		return;
	}
	if (status == PH_STATUS_CERT) {
		ask_cert(session, job);
		return;
	}
	ph_session_pump(session);
	session->has_transport = false; /* the welcome said it, a REFUSE would again */
	session->status = status;
	if (job->result < 0) {
		ph_session_fail(session, PH_FAIL_STORE);
	} else {
		ph_session_fail(session, job->bad ? PH_FAIL_PROTOCOL : PH_FAIL_REFUSED);
	}
}

void ph_session_give_hello(struct ph_session *session, struct ph_job *job)
{
	enum ph_status status = refusal_of(job);

	if (job->hello.has_partial || job->breaks) {
		ph_session_shorten_frames(session);
	}
	ph_session_bound_welcome(session, job->hello.budget, &job->welcome);
	ph_session_keep_partial(session, job);
	if (status != PH_STATUS_OK) {
		refuse_hello(session, job, status);
		return;
	}
	session->dealt = session->counts.items_in = job->hello.n_segments;
	session->peer_done = job->hello.done;
	session->more = job->more;
	session->counts.receipts += job->welcome.n_receipts;
	if (session->partial.item != NULL) {
		job->welcome.has_partial = true;
		job->welcome.partial_offset = session->partial.item->body.len;
		memcpy(job->welcome.partial_hash, session->partial.hash,
		       sizeof(job->welcome.partial_hash));
	}
	job->welcome.done = job->hello.done && !job->more;
	job->welcome.done_items = session->dealt;
	session->done_told = job->welcome.done;
	if (!send_welcome(session, &job->welcome)) {
		return;
	}
	session->ready = true;
	ph_session_move(session, PH_SESSION_TRANSFER);
}
