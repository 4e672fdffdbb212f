/*
 * daemon/peer_road.c - what is spoken on a connection: a session, or an exchange with a courier.
 *
 * The first two bytes say which; until they are there it is a session that waits for its
 * preamble. The jobs of an exchange are calls to the store worker, one at a time, as its
 * commands are; what they hold is the peer's, and free when they are back. Few couriers are
 * served at once, since each may hold a bundle in memory.
 */
#include "daemon/peer_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/frame.h"

#define COURIERS_MAX 8

/* ---- which ---- */

static bool is_full(const struct ph_server *server)
{
	unsigned n = 0;

	for (const struct ph_peer *peer = server->peers; peer; peer = peer->next) {
		n += peer->courier != NULL;
	}
	return n >= COURIERS_MAX;
}

static int begin_exchange(struct ph_peer *peer)
{
	const struct ph_settings *settings = &peer->server->settings;
	struct ph_peer_courier *courier = calloc(1, sizeof(*courier));
	int rc = courier ? 0 : -ENOMEM;

	if (rc == 0) {
		rc = ph_courier_new(&courier->exchange,
				    &(struct ph_courier_config){
					    .rng = ph_rng_system,
					    .keys = peer->server->keys,
					    .first_byte_ms = settings->first_byte_ms,
					    .handshake_ms = settings->handshake_ms,
					    .idle_ms = settings->idle_ms },
				    ph_peer_now(peer));
	}
	if (rc < 0) {
		free(courier);
		return rc;
	}
	courier->order.owner = peer;
	peer->courier = courier;
	return 0;
}

/* BYTES are the first that came, with those of FRONT before them. False: it was ended. */
static bool choose(struct ph_peer *peer, struct ph_view bytes)
{
	enum ph_preamble_kind kind;
	uint8_t two[2] = { 0 };
	size_t n = 0;

	if (peer->n_front == 1) {
		two[n++] = 'P';
	}
	for (size_t i = 0; i < bytes.len && n < 2; i++) {
		two[n++] = bytes.data[i];
	}
	if (ph_preamble_peek(PH_VIEW(two, n), &kind) == PH_PREAMBLE_E_SHORT) {
		peer->n_front = 1; /* it is a P */
		return true;
	}
	if (n == 2 && two[0] == 'P' && two[1] == PH_PREAMBLE_COURIER) {
		if (is_full(peer->server)) {
			ph_peer_end(peer, "couriers");
			return false;
		}
		if (begin_exchange(peer) < 0) {
			ph_peer_end(peer, "memory");
			return false;
		}
	}
	peer->is_chosen = true;
	return true;
}

static void receive(struct ph_peer *peer, struct ph_view bytes)
{
	if (peer->courier) {
		ph_courier_receive(peer->courier->exchange, bytes, ph_peer_now(peer));
	} else {
		ph_session_receive(peer->session, bytes, ph_peer_now(peer));
	}
}

void ph_peer_receive(struct ph_peer *peer, struct ph_view bytes)
{
	bool had_front = peer->n_front == 1;

	if (!peer->is_chosen) {
		if (!choose(peer, bytes) || !peer->is_chosen) {
			return;
		}
		if (had_front) {
			receive(peer, PH_VIEW("P", 1));
		}
	}
	receive(peer, bytes);
}

/* ---- the rest is the same of both ---- */

void ph_peer_eof(struct ph_peer *peer)
{
	if (peer->courier) {
		ph_courier_eof(peer->courier->exchange);
	} else {
		ph_session_eof(peer->session);
	}
}

struct ph_view ph_peer_output(struct ph_peer *peer)
{
	return peer->courier ? ph_courier_output(peer->courier->exchange)
			     : ph_session_output(peer->session);
}

void ph_peer_sent(struct ph_peer *peer, size_t len)
{
	if (peer->courier) {
		ph_courier_sent(peer->courier->exchange, len, ph_peer_now(peer));
	} else {
		ph_session_sent(peer->session, len, ph_peer_now(peer));
	}
}

void ph_peer_tick(struct ph_peer *peer)
{
	if (peer->courier) {
		ph_courier_tick(peer->courier->exchange, ph_peer_now(peer));
	} else {
		ph_session_tick(peer->session, ph_peer_now(peer));
	}
}

uint64_t ph_peer_deadline(const struct ph_peer *peer)
{
	return peer->courier ? ph_courier_deadline(peer->courier->exchange)
			     : ph_session_deadline(peer->session);
}

bool ph_peer_wants_input(const struct ph_peer *peer)
{
	return peer->courier ? ph_courier_wants_input(peer->courier->exchange)
			     : ph_session_wants_input(peer->session);
}

enum ph_session_failure ph_peer_failure(const struct ph_peer *peer)
{
	return peer->courier ? ph_courier_failure(peer->courier->exchange)
			     : ph_session_failure(peer->session);
}

enum ph_status ph_peer_status(const struct ph_peer *peer)
{
	return peer->courier ? ph_courier_status(peer->courier->exchange)
			     : ph_session_status(peer->session);
}

void ph_peer_counts(const struct ph_peer *peer, struct ph_session_counts *counts_out)
{
	if (peer->courier) {
		ph_courier_counts(peer->courier->exchange, counts_out);
		counts_out->memory += sizeof(*peer->courier);
	} else {
		ph_session_counts(peer->session, counts_out);
	}
}

bool ph_peer_is_over(const struct ph_peer *peer)
{
	enum ph_session_state state = peer->courier
					      ? ph_courier_state(peer->courier->exchange)
					      : ph_session_state(peer->session);

	return state == PH_SESSION_CLOSED || state == PH_SESSION_FAILED;
}

/* ---- jobs of an exchange ---- */

/* On the store's thread. */
static void call(void *hub, struct ph_order *order)
{
	struct ph_peer_courier *courier = ((struct ph_peer *)order->owner)->courier;

	ph_hub_courier_job(hub, &courier->hub, courier->job);
}

void ph_peer_take_courier_job(struct ph_peer *peer)
{
	struct ph_peer_courier *courier = peer->courier;
	struct ph_courier_job *job;

	if (peer->is_leaving || courier->job) {
		return;
	}
	job = ph_courier_take_job(courier->exchange);
	if (!job) {
		return;
	}
	if (job->type != PH_COURIER_JUDGE && !peer->is_proved) {
		ph_peer_prove(peer); /* a frame came that is no replay */
	}
	courier->job = job;
	courier->order.call = call;
	peer->n_jobs++;
	ph_storeworker_order(peer->server->worker, &courier->order);
}

void ph_peer_on_order(struct ph_order *order)
{
	struct ph_peer *peer = order->owner;
	struct ph_peer_courier *courier = peer->courier;
	struct ph_courier_job *job = courier->job;

	if (job->type == PH_COURIER_JUDGE && courier->hub.is_known) {
		peer->hub.known = true;
		peer->hub.device = courier->hub.device;
		ph_gate_name(&peer->visitor);
	}
	courier->job = NULL;
	peer->n_jobs--;
	ph_courier_give_job(courier->exchange, job, ph_peer_now(peer));
	if (peer->is_closing) {
		ph_peer_free_if_gone(peer);
	} else {
		ph_peer_settle(peer);
	}
}

void ph_peer_courier_free(struct ph_peer *peer)
{
	if (peer->courier) {
		ph_hub_courier_deinit(&peer->courier->hub);
		ph_courier_free(peer->courier->exchange);
		free(peer->courier);
	}
}
