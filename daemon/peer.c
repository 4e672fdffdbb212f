/*
 * daemon/peer.c - one connection: bytes to the session, its bytes back, its jobs to
 * the store worker, and a timer for when it waits too long.
 *
 * Whatever happens, ph_peer_settle() draws the conclusions: jobs go to the worker, output
 * to the socket, reading stops or starts, the timer is set; and when the session is
 * over the connection is, too.
 *
 *   open --> (session over, output going out) --> draining --> closing --> gone
 *
 * Draining: what we said last (why we refuse) would be lost if we closed with bytes of
 * the peer unread, since TCP then resets; so we say that nothing more comes, and read
 * on for a moment. A peer is gone when its handles are closed and its jobs are back;
 * until then it counts as a session, so that nobody piles up work by hanging up.
 *
 * One write is in flight at a time, and the session makes frames only while little
 * waits: a peer that does not read costs some kilobytes, is not read from any more, and
 * is cut after the idle time. Peers that we end ourselves: the oldest newcomer when the
 * gate is full; an older session of a device whose newer one proved to be live, if it
 * has been silent; all when the daemon stops. An unfinished segment of a session that
 * was cut is kept for the device's next one; so is one of a session that is still open
 * here because nobody told us that its link broke.
 */
#include "daemon/peer_internal.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <sodium.h>

/* The most that one write takes off the session. */
#define WRITE_MAX (64 * 1024)
#define LINGER_MS 2000
#define SILENT_MS 5000 /* an older session of the same device may be ended then */

static_assert(offsetof(struct ph_peer, hub) == 0, "a job's owner is its peer");

/* ---- jobs ---- */

/* The first authenticated frame came: HEARD is asked for then. */
void ph_peer_prove(struct ph_peer *peer)
{
	struct ph_server *server = peer->server;
	uint64_t now = ph_peer_now(peer);

	peer->is_proved = true;
	ph_gate_prove(&server->gate, &peer->visitor, now);
	for (struct ph_peer *other = server->peers; other; other = other->next) {
		if (other != peer && other->is_proved && !other->is_closing &&
		    memcmp(other->hub.device.id, peer->hub.device.id,
			   sizeof(peer->hub.device.id)) == 0 &&
		    now - other->read_at >= SILENT_MS) {
			ph_peer_end(other, "superseded");
		}
	}
}

/* Is OTHER a session that the device of PEER had before, as far as its key tells? */
static bool is_older(const struct ph_peer *other, const struct ph_peer *peer)
{
	const uint8_t *key = ph_session_peer(peer->session);

	return other != peer && !other->courier && other->is_proved &&
	       !other->is_closing && key && !ph_peer_is_over(other) &&
	       memcmp(ph_session_peer(other->session), key, PH_KEY_SIZE) == 0;
}

/*
 * A device comes again while an older session of it is open: a link that broke on the
 * way to us. What came whole there is stored before it is told what we hold. The hello may
 * be a recorded one, so nothing is taken from a session that may be live.
 */
static void hurry_older(struct ph_peer *peer)
{
	struct ph_peer *other = peer->server->peers;

	for (; other; other = other->next) {
		if (is_older(other, peer)) {
			ph_session_hurry(other->session);
			ph_peer_take_jobs(other);
		}
	}
}

/* 0, or -ENOMEM: then it is sent again. */
static int copy_older(struct ph_peer *peer, struct ph_job *job)
{
	struct ph_peer *other = peer->server->peers;
	int rc = 0;

	for (; other && !job->partial.item; other = other->next) {
		if (is_older(other, peer)) {
			rc = ph_session_copy_partial(other->session, &job->partial);
		}
	}
	return rc;
}

void ph_peer_take_jobs(struct ph_peer *peer)
{
	struct ph_job *job;

	if (peer->courier) {
		ph_peer_take_courier_job(peer);
		return;
	}
	while (!peer->is_leaving && (job = ph_session_take_job(peer->session))) {
		if (job->type == PH_JOB_HEARD) {
			ph_peer_prove(peer);
		} else if (job->type == PH_JOB_HELLO) {
			hurry_older(peer);
		}
		job->owner = &peer->hub;
		peer->n_jobs++;
		ph_storeworker_push(peer->server->worker, &job);
	}
}

/* A device that we serve gets what an earlier session left. */
static void add_partial(struct ph_peer *peer, struct ph_job *job)
{
	if (job->result == 0 && !job->bad && peer->hub.known &&
	    job->welcome.status == PH_STATUS_OK && copy_older(peer, job) == 0 &&
	    !job->partial.item) {
		(void)ph_partials_take(&peer->server->partials, job->peer_key,
				       &job->partial);
	}
}

/* Whether the link of a device that we serve broke the last time, as far as we know. */
static bool breaks(const struct ph_peer *peer)
{
	const struct ph_peer *other = peer->server->peers;
	const char *result = peer->hub.known ? ph_trail_result(&peer->server->trail,
							       peer->hub.device.id)
					     : NULL;

	while (other && !is_older(other, peer)) {
		other = other->next;
	}
	return other ||
	       (result && (strcmp(result, ph_result_name(PH_RESULT_CUT)) == 0 ||
			   strcmp(result, ph_result_name(PH_RESULT_TIMEOUT)) == 0));
}

static void on_job(struct ph_job *job)
{
	struct ph_peer *peer = job->owner; /* hub is its first member */

	if (job->type == PH_JOB_HELLO && !peer->is_closing) {
		add_partial(peer, job);
		job->breaks = breaks(peer);
		if (job->result == 0 && peer->hub.known) {
			ph_gate_name(&peer->visitor);
		}
	}
	ph_session_give_job(peer->session, job, ph_peer_now(peer));
	peer->n_jobs--;
	if (peer->is_closing) {
		ph_peer_free_if_gone(peer);
	} else {
		ph_peer_settle(peer);
	}
}

void ph_peer_on_jobs(struct ph_server *server, struct ph_job *jobs)
{
	(void)server;
	while (jobs) {
		struct ph_job *next = jobs->next;

		jobs->next = NULL;
		on_job(jobs);
		jobs = next;
	}
}

/* ---- output ---- */

/*
 * The socket takes nothing more. What came before it was reset waits in the kernel, was paid for,
 * and may be all that this session brings: reading goes on, and finds the end.
 */
static void end_writing(struct ph_peer *peer, int rc)
{
	if (rc == UV_EPIPE || rc == UV_ECONNRESET) {
		peer->is_deaf = true;
		return;
	}
	peer->is_broken = true;
	if (!ph_peer_is_over(peer)) {
		ph_peer_eof(peer);
	}
}

static void on_written(uv_write_t *write, int status)
{
	struct ph_peer *peer = write->data;

	peer->is_writing = false;
	ph_buf_deinit(&peer->writing);
	if (peer->is_closing) {
		return;
	}
	if (status < 0) {
		end_writing(peer, status);
	}
	ph_peer_settle(peer);
}

/* The socket takes no more for now: give libuv a copy, and wait. */
static int start_write(struct ph_peer *peer)
{
	struct ph_view out = ph_peer_output(peer);
	size_t len = out.len < WRITE_MAX ? out.len : WRITE_MAX;
	uv_buf_t buffer;
	int rc = ph_buf_put(&peer->writing, out.data, len);

	if (rc < 0) {
		return rc;
	}
	buffer = uv_buf_init((char *)peer->writing.data, (unsigned)len);
	rc = uv_write(&peer->write, (uv_stream_t *)&peer->tcp, &buffer, 1, on_written);
	if (rc < 0) {
		ph_buf_deinit(&peer->writing);
		return rc;
	}
	peer->is_writing = true;
	peer->stalled_since = ph_peer_now(peer);
	peer->stalled_at = len;
	ph_peer_sent(peer, len);
	return 0;
}

/* 0, or the error that ends writing. */
static int flush(struct ph_peer *peer)
{
	while (!peer->is_writing && !peer->is_deaf) {
		struct ph_view out = ph_peer_output(peer);
		uv_buf_t buffer = uv_buf_init((char *)out.data, (unsigned)out.len);
		int rc;

		if (out.len == 0) {
			return 0;
		}
		rc = uv_try_write((uv_stream_t *)&peer->tcp, &buffer, 1);
		if (rc > 0) {
			ph_peer_sent(peer, (size_t)rc);
			continue;
		}
		if (rc < 0 && rc != UV_EAGAIN) {
			return rc;
		}
		rc = start_write(peer);
		if (rc < 0) {
			return rc;
		}
	}
	return 0;
}

/* What waits to be taken; nothing does any more if it takes nothing. */
static size_t queued(struct ph_peer *peer)
{
	if (peer->is_deaf) {
		return 0;
	}
	return uv_stream_get_write_queue_size((uv_stream_t *)&peer->tcp) +
	       ph_peer_output(peer).len;
}

/* ---- input ---- */

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
	struct ph_peer *peer = stream->data;

	if (n == 0) {
		return;
	}
	if (peer->is_draining) {
		if (n < 0) {
			ph_peer_close(peer);
		}
		return;
	}
	if (n < 0) {
		peer->is_broken = n != UV_EOF || peer->is_deaf;
		ph_peer_eof(peer);
	} else {
		peer->read_at = ph_peer_now(peer);
		ph_peer_receive(peer, PH_VIEW(buffer->base, n));
		sodium_memzero(buffer->base, (size_t)n);
		if (peer->is_closing) {
			return;
		}
	}
	ph_peer_settle(peer);
}

static void set_reading(struct ph_peer *peer)
{
	bool wants =
		peer->is_draining || (!peer->is_leaving && ph_peer_wants_input(peer));

	if (wants && !peer->is_draining &&
	    queued(peer) >= peer->server->settings.write_queue) {
		if (peer->is_reading) {
			ph_server_hit(peer->server, PH_HIT_WRITE_QUEUE);
		}
		wants = false;
	}
	if (wants == peer->is_reading) {
		return;
	}
	peer->is_reading = wants;
	if (!wants) {
		(void)uv_read_stop((uv_stream_t *)&peer->tcp);
	} else if (uv_read_start((uv_stream_t *)&peer->tcp, ph_server_on_alloc, on_read) <
		   0) {
		ph_peer_close(peer);
	}
}

/* ---- time ---- */

static void check_stall(struct ph_peer *peer)
{
	size_t left = uv_stream_get_write_queue_size((uv_stream_t *)&peer->tcp);
	uint64_t now = ph_peer_now(peer);

	if (left != peer->stalled_at) {
		peer->stalled_at = left;
		peer->stalled_since = now;
	} else if (now - peer->stalled_since >= peer->server->settings.idle_ms) {
		ph_peer_end(peer, "stalled");
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct ph_peer *peer = timer->data;

	peer->armed_at = 0;
	if (peer->is_draining || ph_peer_is_over(peer)) {
		ph_peer_close(peer); /* it had its moment */
		return;
	}
	if (ph_peer_now(peer) >= ph_peer_deadline(peer)) {
		ph_peer_tick(peer);
	}
	if (peer->is_writing) {
		check_stall(peer);
	}
	if (!peer->is_closing) {
		ph_peer_settle(peer);
	}
}

/*
 * Fire at AT or before: a timer that is set too early costs one look, setting it anew
 * with each byte would cost more.
 */
static void arm(struct ph_peer *peer, uint64_t at)
{
	uint64_t now = ph_peer_now(peer);

	if (at == UINT64_MAX || (peer->armed_at != 0 && peer->armed_at <= at)) {
		return;
	}
	peer->armed_at = at > now ? at : now + 1;
	(void)uv_timer_start(&peer->timer, on_timer, peer->armed_at - now, 0);
}

static void arm_for_session(struct ph_peer *peer)
{
	uint64_t at = ph_peer_deadline(peer);
	uint64_t stall = peer->stalled_since + peer->server->settings.idle_ms;

	arm(peer, peer->is_writing && stall < at ? stall : at);
}

/* ---- conclusions ---- */

static void on_shutdown(uv_shutdown_t *shutdown, int status)
{
	struct ph_peer *peer = shutdown->data;

	if (status < 0) {
		ph_peer_close(peer);
	}
}

/* Did we say something that the peer should hear before the connection is gone? */
static bool has_last_word(const struct ph_peer *peer)
{
	struct ph_session_counts counts;

	ph_peer_counts(peer, &counts);
	switch (ph_peer_failure(peer)) {
	case PH_FAIL_PROTOCOL:
	case PH_FAIL_REFUSED:
	case PH_FAIL_STORE:
		return counts.bytes_out > 0 && !peer->is_broken && !peer->is_deaf;
	default:
		return false;
	}
}

static void drain(struct ph_peer *peer)
{
	peer->is_draining = true;
	peer->armed_at = 0;
	arm(peer, ph_peer_now(peer) + LINGER_MS);
	if (uv_shutdown(&peer->shutdown, (uv_stream_t *)&peer->tcp, on_shutdown) < 0) {
		ph_peer_close(peer);
		return;
	}
	set_reading(peer);
}

/* The session is over: send what is left, a few seconds at most, then close. */
static void wind_up(struct ph_peer *peer)
{
	if (peer->is_draining) {
		return;
	}
	if (peer->is_broken || (!peer->is_writing && !has_last_word(peer))) {
		ph_peer_close(peer);
	} else if (peer->is_writing) {
		peer->armed_at = 0;
		arm(peer, ph_peer_now(peer) + LINGER_MS);
		set_reading(peer);
	} else {
		drain(peer);
	}
}

void ph_peer_settle(struct ph_peer *peer)
{
	int rc;

	assert(!peer->is_closing);
	ph_peer_take_jobs(peer);
	rc = flush(peer);
	if (rc < 0) {
		end_writing(peer, rc);
	}
	/* sending may have made room for more, and nothing else would ask for it */
	ph_peer_take_jobs(peer);
	if (ph_peer_is_over(peer)) {
		wind_up(peer);
		return;
	}
	if (peer->is_leaving && peer->n_jobs == 0 && !peer->is_writing) {
		ph_peer_end(peer, "stop");
		return;
	}
	set_reading(peer);
	if (!peer->is_closing) {
		arm_for_session(peer);
	}
}

/* ---- all of them ---- */

void ph_peers_stop(struct ph_server *server, bool now)
{
	struct ph_peer *peer = server->peers;

	while (peer) {
		struct ph_peer *next = peer->next;

		if (!peer->is_closing && now) {
			ph_peer_end(peer, "stop");
		} else if (!peer->is_closing && !peer->is_leaving) {
			peer->is_leaving = true;
			ph_peer_settle(peer);
		}
		peer = next;
	}
}

size_t ph_peers_memory(const struct ph_server *server)
{
	struct ph_session_counts counts = { 0 };
	size_t bytes = 0;

	for (const struct ph_peer *peer = server->peers; peer; peer = peer->next) {
		if (peer->session) {
			ph_peer_counts(peer, &counts);
			bytes += counts.memory;
		}
		bytes += sizeof(*peer) + peer->writing.cap;
	}
	return bytes;
}
