/*
 * daemon/peer_internal.h - inside of a peer, for peer*.c only.
 *
 * peer.c      bytes, jobs and time          peer_enter.c  coming in
 * peer_end.c  why it ended, and its death
 */
#ifndef PH_DAEMON_PEER_INTERNAL_H
#define PH_DAEMON_PEER_INTERNAL_H

#include "daemon/peer.h"

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

static inline uint64_t ph_peer_now(const struct ph_peer *peer)
{
	return uv_now(&peer->server->loop);
}

/* The session is CLOSED or FAILED. */
bool ph_peer_is_over(const struct ph_peer *peer);
/* Draw the conclusions of whatever happened. Not for one that is closing. */
void ph_peer_settle(struct ph_peer *peer);
/* Hand what the session asks for to the store worker. */
void ph_peer_take_jobs(struct ph_peer *peer);
/* Close the handles; a session that is not over was cut. */
void ph_peer_close(struct ph_peer *peer);
/* The same, for a reason of ours; what was not sent is lost. */
void ph_peer_end(struct ph_peer *peer, const char *reason);
/* Free it when its handles are closed and its jobs are back. */
void ph_peer_free_if_gone(struct ph_peer *peer);

#endif
