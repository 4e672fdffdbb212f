/*
 * proto/session_job.c - what a session asks of its store, and what comes of it.
 *
 * The hub's HELLO and the device's WELCOME come first (and JUDGE before them, where a sibling is called); nothing else is asked for
 * before they are back. Then, one of each type at a time: HEARD once the device
 * proved to be live, RECEIPT and STORE as things come in (each takes all that waits),
 * LOAD while there may be more and the peer's credit is not used up.
 *
 * A device that was told that the hub takes nothing now asks for no LOAD: it says DONE,
 * takes what comes down, and closes.
 *
 * A job that comes back with an error ends the session with PH_FAIL_STORE: nothing
 * more may be acknowledged. The hub then tells the device to come again later. A job
 * that comes back after the end is only freed, but for the partial segment it may
 * bring, which is kept for the next session.
 *
 * When a link breaks, what came whole was paid for and waits: one last STORE takes it,
 * behind the one that may still be out, before anybody can ask what is held. So it does
 * when the device begins another session, since then the link broke unnoticed.
 */
#include "proto/session_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_heard_due(const struct ph_session *session)
{
	return session->ready && session->live && !session->heard_taken;
}

bool ph_session_has_jobs(const struct ph_session *session)
{
	bool has_receipts = session->side == PH_SIDE_DEVICE && session->receipts.n > 0;

	return session->jobs_out != 0 || session->greeting != NULL ||
	       session->store.first != NULL || has_receipts || is_heard_due(session);
}

/* ---- taking ---- */

static bool is_out(const struct ph_session *session, enum ph_job_type type)
{
	return (session->jobs_out & (1u << type)) != 0;
}

static struct ph_job *take_heard(struct ph_session *session)
{
	struct ph_job *job = ph_session_job_new(PH_JOB_HEARD, 0);

	session->heard_taken = job != NULL;
	return job;
}

static struct ph_job *take_receipts(struct ph_session *session)
{
	struct ph_job *job = ph_session_job_new(PH_JOB_RECEIPT, 0);

	if (job != NULL) {
		job->receipt = session->receipts.list;
		job->n_receipts = session->receipts.n;
		job->room = session->receipts.cap;
		session->receipts = (struct session_receipts){ 0 };
	}
	return job;
}

/* How many receipts a STORE may bring. */
static unsigned receipts_room(const struct ph_session *session)
{
	unsigned siblings = session->n_receipted - session->n_heads;

	if (session->side != PH_SIDE_HUB || session->is_sibling) {
		return 0;
	}
	return session->n_heads +
	       (siblings < PH_SIBLING_RECEIPTS_MAX ? siblings : PH_SIBLING_RECEIPTS_MAX);
}

static struct ph_job *take_store(struct ph_session *session)
{
	struct ph_job *job = ph_session_job_new(PH_JOB_STORE, receipts_room(session));

	if (job != NULL) {
		job->items = ph_session_items_take(&session->store);
		session->out_charge += session->store_charge;
		session->out_count += session->store_count;
		session->is_hurried = false;
		session->store_charge = 0;
		session->store_count = 0;
	}
	return job;
}

/* What came whole does not wait for a STORE that is out: the link broke, or seems to have. */
static bool is_store_urgent(const struct ph_session *session)
{
	return session->store.first != NULL && session->n_out[PH_JOB_STORE] < 2 &&
	       (session->state == PH_SESSION_FAILED || session->is_hurried);
}

static struct ph_job *take_load(struct ph_session *session)
{
	struct ph_job *job = ph_session_job_new(PH_JOB_LOAD, 0);
	size_t credit = session->credit - session->queue_bytes;

	if (job != NULL) {
		job->budget = credit < SESSION_LOAD ? credit : SESSION_LOAD;
		if (ph_session_is_bounded(session)) {
			job->fit = ph_session_fit(session);
			job->budget = job->fit < job->budget ? job->fit : job->budget;
		}
	}
	return job;
}

/* LOAD ahead of the wire, but not so far that much memory waits, nor for crumbs of credit. */
static bool is_load_due(const struct ph_session *session)
{
	if (session->is_sibling && session->side == PH_SIDE_HUB && !session->live) {
		return false; /* it may be a replay */
	}
	return session->more && session->state == PH_SESSION_TRANSFER &&
	       (session->queue.first == NULL || !ph_session_is_bounded(session)) &&
	       !is_out(session, PH_JOB_LOAD) && session->queue_bytes < SESSION_LOAD / 2 &&
	       session->queue_bytes + PH_ITEM_CREDIT < session->credit;
}

static struct ph_job *take_due(struct ph_session *session, bool *is_due_out)
{
	struct ph_job *job = session->greeting;

	*is_due_out = true;
	if (job != NULL) {
		session->greeting = NULL;
		return job;
	}
	if (is_store_urgent(session)) {
		return take_store(session);
	}
	if (is_heard_due(session)) {
		return take_heard(session);
	}
	if (session->ready && session->side == PH_SIDE_DEVICE &&
	    session->receipts.n > 0 && !is_out(session, PH_JOB_RECEIPT)) {
		return take_receipts(session);
	}
	if (session->ready && session->store.first != NULL &&
	    !is_out(session, PH_JOB_STORE)) {
		return take_store(session);
	}
	if (session->ready && is_load_due(session)) {
		return take_load(session);
	}
	*is_due_out = false;
	return NULL;
}

void ph_session_hurry(struct ph_session *session)
{
	session->is_hurried = session->ready && session->store.first != NULL;
}

struct ph_job *ph_session_take_job(struct ph_session *session)
{
	bool is_due;

	if (ph_session_is_over(session) && !is_store_urgent(session)) {
		return NULL;
	}

	struct ph_job *job = take_due(session, &is_due);

	if (job == NULL) {
		if (is_due) {
			ph_session_fail(session, PH_FAIL_MEMORY);
			ph_session_settle(session);
		}
		return NULL;
	}
	memcpy(job->peer_key, session->peer, sizeof(job->peer_key));
	session->jobs_out |= 1u << job->type;
	session->n_out[job->type]++;
	session->job_memory[job->type] += ph_session_job_memory(job);
	return job;
}

/* ---- giving ---- */

static void give_store(struct ph_session *session, struct ph_job *job)
{
	if (session->n_out[PH_JOB_STORE] == 0) { /* of two they count together */
		session->dealt += session->out_count;
		session->owed += session->out_charge;
		session->out_count = 0;
		session->out_charge = 0;
	}
	if (job->bad) {
		ph_session_fail(session, PH_FAIL_PROTOCOL);
		return;
	}
	if (job->later) {
		session->why = session->side == PH_SIDE_HUB ? job->why : PH_WHY_NONE;
		ph_session_fail(session, PH_FAIL_STORE);
		return;
	}
	if (session->side == PH_SIDE_DEVICE) {
		return;
	}
	session->counts.receipts += job->n_receipts;
	for (unsigned i = 0; i < job->n_receipts; i++) {
		ph_session_fail_rc(session, ph_session_receipt_put(&session->receipts,
								   &job->receipt[i]));
	}
}

/* false: the store gave something that cannot travel, or not this way. */
static bool queue_loaded(struct ph_session *session, struct ph_item *item)
{
	for (; item != NULL; item = item->next) {
		bool is_lost =
			(item->type == PH_ITEM_PAGE &&
			 (session->side == PH_SIDE_DEVICE || session->is_sibling)) ||
			(item->type == PH_ITEM_KEEP && !session->keeps);

		if (is_lost || item->body.len == 0 ||
		    item->body.len > ph_item_max(item->type)) {
			return false;
		}
		session->queue_bytes += item->body.len;
	}
	return true;
}

static void give_load(struct ph_session *session, struct ph_job *job)
{
	if (!queue_loaded(session, job->items)) {
		ph_session_fail(session, PH_FAIL_STORE);
		return;
	}
	if (job->more && job->items == NULL && ph_session_is_bounded(session)) {
		ph_session_spend_out(session);
	}
	session->more = (job->more && job->items != NULL) || session->more_again;
	session->more_again = false;
	if (job->items != NULL) {
		ph_session_items_put(&session->queue, job->items);
		job->items = NULL;
	}
}

static void give(struct ph_session *session, struct ph_job *job)
{
	if (job->type == PH_JOB_HELLO) {
		ph_session_give_hello(session, job);
		return;
	}
	if (job->result < 0) {
		ph_session_fail(session, PH_FAIL_STORE);
		return;
	}
	/* HEARD cannot find more: after CLOSE nothing could be sent. */
	if (job->type != PH_JOB_LOAD && job->type != PH_JOB_HEARD && job->more &&
	    !session->is_spent && !session->later) {
		session->more = true;
		/* A LOAD that is out may have looked too early. */
		session->more_again = is_out(session, PH_JOB_LOAD);
	}
	switch (job->type) {
	case PH_JOB_WELCOME:
		session->ready = true;
		break;
	case PH_JOB_STORE:
		give_store(session, job);
		break;
	case PH_JOB_LOAD:
		give_load(session, job);
		break;
	case PH_JOB_JUDGE:
		ph_session_judged(session, job);
		break;
	case PH_JOB_HELLO:
	case PH_JOB_RECEIPT:
	case PH_JOB_HEARD:
		break;
	}
}

void ph_session_give_job(struct ph_session *session, struct ph_job *job, uint64_t now_ms)
{
	session->now = session->given = now_ms;
	if (--session->n_out[job->type] == 0) {
		session->jobs_out &= ~(1u << job->type);
		session->job_memory[job->type] = 0;
	}
	if (!ph_session_is_over(session)) {
		give(session, job);
	} else if (job->partial.item != NULL && session->partial.item == NULL) {
		ph_session_keep_partial(session, job);
	}
	ph_job_free(job);
	ph_session_settle(session);
}
