/*
 * daemon/peer.c - one connection: bytes to the session, its bytes back, its jobs to
 * the store worker, and a timer for when it waits too long.
 *
 * Whatever happens, peer_settle() draws the conclusions: jobs go to the worker, output
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
 * was cut is kept for the device's next one.
 */
#include "daemon/peer.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

/* The most that one write takes off the session. */
#define WRITE_MAX      (64 * 1024)
#define LINGER_MS      2000
#define SILENT_MS      5000 /* an older session of the same device may be ended then */
#define CLOSING_MARGIN 256  /* peers on their way out, beyond the sessions */

struct ph_peer {
	struct ph_hub_peer hub; /* first: the owner of its jobs */
	struct ph_gate_visitor visitor;
	struct ph_server *server;
	struct ph_peer *next, **link;
	struct ph_session *session;
	uv_tcp_t tcp;
	uv_timer_t timer;
	uv_write_t write;
	uv_shutdown_t shutdown;
	struct ph_buf writing; /* what the write in flight sends */
	unsigned n_handles, n_jobs;
	bool is_writing, is_reading, is_draining, is_closing, is_leaving, is_broken;
	bool is_proved;
	uint64_t began, read_at;
	uint64_t armed_at; /* when the timer fires; 0: it does not run */
	uint64_t stalled_since;
	size_t stalled_at;  /* bytes of the write in flight that were left then */
	const char *reason; /* ours for ending it; NULL: the session's */
	struct ph_session_counts counts;
};

static_assert(offsetof(struct ph_peer, hub) == 0, "a job's owner is its peer");

static void peer_settle(struct ph_peer *peer);

static uint64_t now_of(const struct ph_peer *peer)
{
	return uv_now(&peer->server->loop);
}

static bool is_over(const struct ph_peer *peer)
{
	enum ph_session_state state = ph_session_state(peer->session);

	return state == PH_SESSION_CLOSED || state == PH_SESSION_FAILED;
}

/* ---- the end ---- */

static enum ph_session_result result_of(const struct ph_peer *peer)
{
	if (peer->reason) {
		return peer->visitor.is_in ? PH_RESULT_CUT : PH_RESULT_REFUSED;
	}
	switch (ph_session_failure(peer->session)) {
	case PH_FAIL_NONE:
		return PH_RESULT_CLOSED;
	case PH_FAIL_CUT:
		return PH_RESULT_CUT;
	case PH_FAIL_TIMEOUT:
		return PH_RESULT_TIMEOUT;
	default:
		return PH_RESULT_REFUSED;
	}
}

static const char *timeout_name(const struct ph_peer *peer)
{
	const struct ph_settings *settings = &peer->server->settings;

	if (peer->counts.bytes_in == 0) {
		return "first-byte";
	}
	if (!peer->is_proved) {
		return "handshake";
	}
	return now_of(peer) - peer->read_at >= settings->idle_ms / 2 ? "idle" : "drip";
}

static const char *status_name(enum ph_status status)
{
	static const char *const names[] = {
		[PH_STATUS_OK] = "none",         [PH_STATUS_CERT] = "certificate",
		[PH_STATUS_UNKNOWN] = "unknown", [PH_STATUS_CUT] = "cut-off",
		[PH_STATUS_LATER] = "later",     [PH_STATUS_PROTOCOL] = "protocol",
		[PH_STATUS_VERSION] = "version",
	};

	return status < sizeof(names) / sizeof(names[0]) ? names[status] : "other";
}

static const char *reason_of(const struct ph_peer *peer)
{
	if (peer->reason) {
		return peer->reason;
	}
	switch (ph_session_failure(peer->session)) {
	case PH_FAIL_NONE:
		return "done";
	case PH_FAIL_HANDSHAKE:
		return "handshake";
	case PH_FAIL_PROTOCOL:
		return "protocol";
	case PH_FAIL_REFUSED:
		return status_name(ph_session_status(peer->session));
	case PH_FAIL_TIMEOUT:
		return timeout_name(peer);
	case PH_FAIL_CUT:
		return peer->is_broken ? "reset" : "hung-up";
	case PH_FAIL_STORE:
		return "store";
	case PH_FAIL_MEMORY:
		return "memory";
	}
	return "other";
}

static void tell_end(struct ph_peer *peer, enum ph_session_result result)
{
	const struct ph_session_counts *counts = &peer->counts;
	const struct ph_hub_peer *hub = &peer->hub;
	char id[9] = "-";

	if (!hub->known && !ph_server_may_tell_stranger(peer->server)) {
		return;
	}
	if (hub->known) {
		ph_hex(id, hub->device.id, 4);
	}
	ph_event(&peer->server->log, PH_EVENT_INFO, "session.end",
		 "peer=%s site=%llu result=%s reason=%s in=%llu out=%llu entries=%llu "
		 "parts=%llu receipts=%llu ms=%llu%s%s%s",
		 id, (unsigned long long)(hub->known ? hub->device.site : 0),
		 ph_result_name(result), reason_of(peer),
		 (unsigned long long)counts->bytes_in,
		 (unsigned long long)counts->bytes_out, (unsigned long long)hub->entries,
		 (unsigned long long)hub->parts, (unsigned long long)hub->receipts,
		 (unsigned long long)(now_of(peer) - peer->began),
		 hub->refusal[0] ? " why=\"" : "", hub->refusal,
		 hub->refusal[0] ? "\"" : "");
}

static void keep_partial(struct ph_peer *peer)
{
	const uint8_t *key = ph_session_peer(peer->session);
	struct ph_buf bytes = { 0 };
	uint8_t hash[16];

	if (key && peer->hub.known &&
	    ph_session_take_partial(peer->session, hash, &bytes)) {
		ph_partials_put(&peer->server->partials, key, hash, &bytes);
	}
}

/* Its handles are closed and its jobs are back. */
static void peer_free(struct ph_peer *peer)
{
	struct ph_server *server = peer->server;

	if (peer->session) {
		enum ph_session_result result = result_of(peer);

		ph_session_counts(peer->session, &peer->counts);
		keep_partial(peer);
		tell_end(peer, result);
		server->total[result]++;
		server->bytes_in += peer->counts.bytes_in;
		server->bytes_out += peer->counts.bytes_out;
		server->entries += peer->hub.entries;
		server->parts += peer->hub.parts;
		server->receipts += peer->hub.receipts;
	}
	ph_gate_leave(&server->gate, &peer->visitor);
	*peer->link = peer->next;
	if (peer->next) {
		peer->next->link = peer->link;
	}
	server->n_peers--;
	ph_session_free(peer->session);
	ph_buf_deinit(&peer->writing);
	free(peer);
	if (server->is_stopping) {
		server->on_gone(server);
	}
}

static void free_if_gone(struct ph_peer *peer)
{
	if (peer->n_handles == 0 && peer->n_jobs == 0) {
		peer_free(peer);
	}
}

static void on_closed(uv_handle_t *handle)
{
	struct ph_peer *peer = handle->data;

	peer->n_handles--;
	free_if_gone(peer);
}

static void peer_close(struct ph_peer *peer)
{
	if (peer->is_closing) {
		return;
	}
	peer->is_closing = true;
	if (peer->session && !is_over(peer)) {
		ph_session_eof(peer->session);
	}
	uv_close((uv_handle_t *)&peer->tcp, on_closed);
	uv_close((uv_handle_t *)&peer->timer, on_closed);
}

/* End it for a reason of ours; what was not sent is lost. */
static void peer_end(struct ph_peer *peer, const char *reason)
{
	if (!peer->is_closing && peer->session && !is_over(peer)) {
		peer->reason = reason;
	}
	peer_close(peer);
}

/* ---- jobs ---- */

/* The first authenticated frame came: HEARD is asked for then. */
static void prove(struct ph_peer *peer)
{
	struct ph_server *server = peer->server;
	uint64_t now = now_of(peer);

	peer->is_proved = true;
	ph_gate_prove(&server->gate, &peer->visitor, now);
	for (struct ph_peer *other = server->peers; other; other = other->next) {
		if (other != peer && other->is_proved && !other->is_closing &&
		    memcmp(other->hub.device.id, peer->hub.device.id,
			   sizeof(peer->hub.device.id)) == 0 &&
		    now - other->read_at >= SILENT_MS) {
			peer_end(other, "superseded");
		}
	}
}

static void take_jobs(struct ph_peer *peer)
{
	struct ph_job *job;

	while (!peer->is_leaving && (job = ph_session_take_job(peer->session))) {
		if (job->type == PH_JOB_HEARD) {
			prove(peer);
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
	    job->welcome.status == PH_STATUS_OK) {
		(void)ph_partials_take(&peer->server->partials, job->peer_key,
				       job->partial_hash, &job->partial);
	}
}

static void on_job(struct ph_job *job)
{
	struct ph_peer *peer = job->owner; /* hub is its first member */

	if (job->type == PH_JOB_HELLO && !peer->is_closing) {
		add_partial(peer, job);
	}
	ph_session_give_job(peer->session, job, now_of(peer));
	peer->n_jobs--;
	if (peer->is_closing) {
		free_if_gone(peer);
	} else {
		peer_settle(peer);
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

static void on_written(uv_write_t *write, int status)
{
	struct ph_peer *peer = write->data;

	peer->is_writing = false;
	ph_buf_deinit(&peer->writing);
	if (peer->is_closing) {
		return;
	}
	if (status < 0) {
		peer->is_broken = true;
		ph_session_eof(peer->session);
	}
	peer_settle(peer);
}

/* The socket takes no more for now: give libuv a copy, and wait. */
static int start_write(struct ph_peer *peer)
{
	struct ph_view out = ph_session_output(peer->session);
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
	peer->stalled_since = now_of(peer);
	peer->stalled_at = len;
	ph_session_sent(peer->session, len, now_of(peer));
	return 0;
}

/* 0, or the error that ends the connection. */
static int flush(struct ph_peer *peer)
{
	while (!peer->is_writing) {
		struct ph_view out = ph_session_output(peer->session);
		uv_buf_t buffer = uv_buf_init((char *)out.data, (unsigned)out.len);
		int rc;

		if (out.len == 0) {
			return 0;
		}
		rc = uv_try_write((uv_stream_t *)&peer->tcp, &buffer, 1);
		if (rc > 0) {
			ph_session_sent(peer->session, (size_t)rc, now_of(peer));
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

static size_t queued(struct ph_peer *peer)
{
	return uv_stream_get_write_queue_size((uv_stream_t *)&peer->tcp) +
	       ph_session_output(peer->session).len;
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
			peer_close(peer);
		}
		return;
	}
	if (n < 0) {
		peer->is_broken = n != UV_EOF;
		ph_session_eof(peer->session);
	} else {
		peer->read_at = now_of(peer);
		ph_session_receive(peer->session, PH_VIEW(buffer->base, n), now_of(peer));
		sodium_memzero(buffer->base, (size_t)n);
	}
	peer_settle(peer);
}

static void set_reading(struct ph_peer *peer)
{
	bool wants = peer->is_draining ||
		     (!peer->is_leaving && ph_session_wants_input(peer->session));

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
		peer_close(peer);
	}
}

/* ---- time ---- */

static void check_stall(struct ph_peer *peer)
{
	size_t left = uv_stream_get_write_queue_size((uv_stream_t *)&peer->tcp);
	uint64_t now = now_of(peer);

	if (left != peer->stalled_at) {
		peer->stalled_at = left;
		peer->stalled_since = now;
	} else if (now - peer->stalled_since >= peer->server->settings.idle_ms) {
		peer_end(peer, "stalled");
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct ph_peer *peer = timer->data;

	peer->armed_at = 0;
	if (peer->is_draining || is_over(peer)) {
		peer_close(peer); /* it had its moment */
		return;
	}
	if (now_of(peer) >= ph_session_deadline(peer->session)) {
		ph_session_tick(peer->session, now_of(peer));
	}
	if (peer->is_writing) {
		check_stall(peer);
	}
	if (!peer->is_closing) {
		peer_settle(peer);
	}
}

/*
 * Fire at AT or before: a timer that is set too early costs one look, setting it anew
 * with each byte would cost more.
 */
static void arm(struct ph_peer *peer, uint64_t at)
{
	uint64_t now = now_of(peer);

	if (at == UINT64_MAX || (peer->armed_at != 0 && peer->armed_at <= at)) {
		return;
	}
	peer->armed_at = at > now ? at : now + 1;
	(void)uv_timer_start(&peer->timer, on_timer, peer->armed_at - now, 0);
}

static void arm_for_session(struct ph_peer *peer)
{
	uint64_t at = ph_session_deadline(peer->session);
	uint64_t stall = peer->stalled_since + peer->server->settings.idle_ms;

	arm(peer, peer->is_writing && stall < at ? stall : at);
}

/* ---- conclusions ---- */

static void on_shutdown(uv_shutdown_t *shutdown, int status)
{
	struct ph_peer *peer = shutdown->data;

	if (status < 0) {
		peer_close(peer);
	}
}

/* Did we say something that the peer should hear before the connection is gone? */
static bool has_last_word(const struct ph_peer *peer)
{
	struct ph_session_counts counts;

	ph_session_counts(peer->session, &counts);
	switch (ph_session_failure(peer->session)) {
	case PH_FAIL_PROTOCOL:
	case PH_FAIL_REFUSED:
	case PH_FAIL_STORE:
		return counts.bytes_out > 0 && !peer->is_broken;
	default:
		return false;
	}
}

static void drain(struct ph_peer *peer)
{
	peer->is_draining = true;
	peer->armed_at = 0;
	arm(peer, now_of(peer) + LINGER_MS);
	if (uv_shutdown(&peer->shutdown, (uv_stream_t *)&peer->tcp, on_shutdown) < 0) {
		peer_close(peer);
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
		peer_close(peer);
	} else if (peer->is_writing) {
		peer->armed_at = 0;
		arm(peer, now_of(peer) + LINGER_MS);
		set_reading(peer);
	} else {
		drain(peer);
	}
}

static void peer_settle(struct ph_peer *peer)
{
	assert(!peer->is_closing);
	take_jobs(peer);
	if (flush(peer) < 0) {
		peer->is_broken = true;
		if (!is_over(peer)) {
			ph_session_eof(peer->session);
		}
	}
	if (is_over(peer)) {
		wind_up(peer);
		return;
	}
	if (peer->is_leaving && peer->n_jobs == 0 && !peer->is_writing) {
		peer_end(peer, "stop");
		return;
	}
	set_reading(peer);
	if (!peer->is_closing) {
		arm_for_session(peer);
	}
}

/* ---- the beginning ---- */

static int origin_of(struct ph_peer *peer)
{
	struct sockaddr_storage address = { 0 };
	int len = sizeof(address);
	int rc = uv_tcp_getpeername(&peer->tcp, (struct sockaddr *)&address, &len);

	ph_gate_origin(&peer->visitor.origin, (const struct sockaddr *)&address);
	return rc;
}

static struct ph_peer *peer_of(struct ph_gate_visitor *visitor)
{
	return (struct ph_peer *)(void *)((char *)visitor -
					  offsetof(struct ph_peer, visitor));
}

static bool enter(struct ph_peer *peer)
{
	struct ph_server *server = peer->server;
	struct ph_gate_visitor *out;
	enum ph_gate_limit limit;
	int rc;

	if (server->n_peers > server->settings.sessions + CLOSING_MARGIN) {
		ph_server_hit(server, PH_GATE_SESSIONS);
		return false;
	}
	while ((rc = ph_gate_enter(&server->gate, &peer->visitor, now_of(peer), &limit,
				   &out)) != 0) {
		ph_server_hit(server, limit);
		if (rc == PH_GATE_E_CLOSED) {
			return false;
		}
		ph_gate_leave(&server->gate, out);
		peer_end(peer_of(out), ph_gate_limit_name(limit));
	}
	return true;
}

/* When the gate is nearly full, newcomers get half the time; so do those that wait. */
static void press(struct ph_server *server)
{
	uint64_t now = uv_now(&server->loop);
	uint64_t half = server->settings.handshake_ms / 2;
	struct ph_gate_visitor *visitor = server->gate.oldest;

	while (visitor && now - visitor->since_ms >= half) {
		struct ph_gate_visitor *newer = visitor->newer;

		if (ph_gate_is_pressed(&server->gate, &visitor->origin)) {
			ph_gate_leave(&server->gate, visitor);
			peer_end(peer_of(visitor), "handshake");
		}
		visitor = newer;
	}
}

static int begin(struct ph_peer *peer)
{
	const struct ph_settings *settings = &peer->server->settings;
	unsigned divide =
		ph_gate_is_pressed(&peer->server->gate, &peer->visitor.origin) ? 2 : 1;
	int rc = ph_session_new(&peer->session,
				&(struct ph_session_config){
					.side = PH_SIDE_HUB,
					.rng = ph_rng_system,
					.keys = peer->server->keys,
					.frame_max = settings->frame,
					.first_byte_ms = settings->first_byte_ms / divide,
					.handshake_ms = settings->handshake_ms / divide,
					.idle_ms = settings->idle_ms / divide,
				},
				now_of(peer));

	if (rc < 0) {
		return rc;
	}
	(void)uv_tcp_nodelay(&peer->tcp, 1);
	peer->began = peer->read_at = now_of(peer);
	peer_settle(peer);
	return 0;
}

static struct ph_peer *peer_new(struct ph_server *server)
{
	struct ph_peer *peer = calloc(1, sizeof(*peer));

	if (!peer) {
		return NULL;
	}
	peer->server = server;
	peer->write.data = peer;
	peer->shutdown.data = peer;
	/* neither fails: the one allocates nothing, the other only sets fields */
	(void)uv_tcp_init(&server->loop, &peer->tcp);
	(void)uv_timer_init(&server->loop, &peer->timer);
	peer->tcp.data = peer;
	peer->timer.data = peer;
	peer->n_handles = 2;
	peer->next = server->peers;
	peer->link = &server->peers;
	if (peer->next) {
		peer->next->link = &peer->next;
	}
	server->peers = peer;
	server->n_peers++;
	return peer;
}

int ph_peer_accept(struct ph_server *server, uv_stream_t *stream)
{
	struct ph_peer *peer = peer_new(server);

	if (!peer) {
		return -ENOMEM;
	}
	if (uv_accept(stream, (uv_stream_t *)&peer->tcp) < 0 || origin_of(peer) < 0) {
		peer_close(peer);
		return 0;
	}
	press(server);
	if (!enter(peer) || begin(peer) < 0) {
		peer_close(peer);
	}
	return 0;
}

/* ---- all of them ---- */

void ph_peers_stop(struct ph_server *server, bool now)
{
	struct ph_peer *peer = server->peers;

	while (peer) {
		struct ph_peer *next = peer->next;

		if (!peer->is_closing && now) {
			peer_end(peer, "stop");
		} else if (!peer->is_closing && !peer->is_leaving) {
			peer->is_leaving = true;
			peer_settle(peer);
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
			ph_session_counts(peer->session, &counts);
			bytes += counts.memory;
		}
		bytes += sizeof(*peer) + peer->writing.cap;
	}
	return bytes;
}
