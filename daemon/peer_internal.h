/*
 * daemon/peer_internal.h - inside of a peer, for peer*.c only.
 *
 * peer.c      bytes, jobs and time          peer_enter.c  coming in
 * peer_end.c  why it ended, and its death   peer_road.c   a session, or a courier's exchange
 */
#ifndef PH_DAEMON_PEER_INTERNAL_H
#define PH_DAEMON_PEER_INTERNAL_H

#include "daemon/hub_courier.h"
#include "daemon/peer.h"

/* In place of a session. */
struct ph_peer_courier {
	struct ph_courier *exchange;
	struct ph_hub_courier hub;  /* the store thread's while a job is out */
	struct ph_courier_job *job; /* that is out; NULL: none is */
	struct ph_order order;      /* with which it is */
};

struct ph_peer {
	struct ph_hub_peer hub; /* first: the owner of its jobs */
	struct ph_gate_visitor visitor;
	struct ph_server *server;
	struct ph_peer *next, **link;
	struct ph_session *session;
	struct ph_peer_courier *courier; /* NULL: the session is spoken */
	unsigned n_front;                /* 1: a P came, and waits for what follows */
	bool is_chosen;                  /* which of the two it is */
	uv_tcp_t tcp;
	uv_timer_t timer;
	uv_write_t write;
	uv_shutdown_t shutdown;
	struct ph_buf writing; /* what the write in flight sends */
	unsigned n_handles, n_jobs;
	bool is_writing, is_reading, is_draining, is_closing, is_leaving, is_broken;
	bool is_deaf; /* it takes nothing more; what it sent before may be unread */
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

/* --- peer_road.c: of the session or the exchange, as they have it --- */
void ph_peer_receive(struct ph_peer *peer, struct ph_view bytes);
void ph_peer_eof(struct ph_peer *peer);
struct ph_view ph_peer_output(struct ph_peer *peer);
void ph_peer_sent(struct ph_peer *peer, size_t len);
void ph_peer_tick(struct ph_peer *peer);
uint64_t ph_peer_deadline(const struct ph_peer *peer);
bool ph_peer_wants_input(const struct ph_peer *peer);
enum ph_session_failure ph_peer_failure(const struct ph_peer *peer);
enum ph_status ph_peer_status(const struct ph_peer *peer);
void ph_peer_counts(const struct ph_peer *peer, struct ph_session_counts *counts_out);
/* It is CLOSED or FAILED. */
bool ph_peer_is_over(const struct ph_peer *peer);
/* The next job of an exchange goes to the store worker. */
void ph_peer_take_courier_job(struct ph_peer *peer);
void ph_peer_courier_free(struct ph_peer *peer);

/* The device proved to be live. */
void ph_peer_prove(struct ph_peer *peer);
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
