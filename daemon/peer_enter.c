/*
 * daemon/peer_enter.c - from a connection that waits to a session that has begun.
 *
 * A connection has to be accepted even to be turned away. Who is pushed out by the
 * gate, or has waited too long while it is nearly full, is ended here.
 */
#include "daemon/peer_internal.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define CLOSING_MARGIN 256 /* peers on their way out, beyond the sessions */

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
	while ((rc = ph_gate_enter(&server->gate, &peer->visitor, ph_peer_now(peer),
				   &limit, &out)) != 0) {
		ph_server_hit(server, limit);
		if (rc == PH_GATE_E_CLOSED) {
			return false;
		}
		ph_gate_leave(&server->gate, out);
		ph_peer_end(peer_of(out), ph_gate_limit_name(limit));
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
			ph_peer_end(peer_of(visitor), "handshake");
		}
		visitor = newer;
	}
}

static int begin(struct ph_peer *peer)
{
	const struct ph_settings *settings = &peer->server->settings;
	/* else the kernel would hold megabytes for a peer that does not read */
	int send_buffer = (int)settings->write_queue / 2; /* Linux doubles it */
	unsigned divide =
		ph_gate_is_pressed(&peer->server->gate, &peer->visitor.origin) ? 2 : 1;
	int rc = ph_session_new(&peer->session,
				&(struct ph_session_config){
					.side = PH_SIDE_HUB,
					.rng = ph_rng_system,
					.keys = peer->server->keys,
					.n_keys = peer->server->n_keys,
					.frame_max = settings->frame,
					.first_byte_ms = settings->first_byte_ms / divide,
					.handshake_ms = settings->handshake_ms / divide,
					.idle_ms = settings->idle_ms / divide,
				},
				ph_peer_now(peer));

	if (rc < 0) {
		return rc;
	}
	(void)uv_tcp_nodelay(&peer->tcp, 1);
	(void)uv_send_buffer_size((uv_handle_t *)&peer->tcp, &send_buffer);
	peer->began = peer->read_at = ph_peer_now(peer);
	ph_peer_settle(peer);
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
		ph_peer_close(peer);
		return 0;
	}
	press(server);
	if (!enter(peer) || begin(peer) < 0) {
		ph_peer_close(peer);
	}
	return 0;
}
