/* daemon/peer.h - one device's connection: what is spoken between a socket and the store. */
#ifndef PH_DAEMON_PEER_H
#define PH_DAEMON_PEER_H

#include "daemon/server.h"

/*
 * Take the connection that waits at STREAM, if the gate lets it in. 0, or -ENOMEM when
 * it could not even be turned away: libuv reports no other before it is taken, so the
 * caller has to try again.
 */
int ph_peer_accept(struct ph_server *server, uv_stream_t *stream);
/* Jobs that came back from the store worker. */
void ph_peer_on_jobs(struct ph_server *server, struct ph_job *jobs);
/* An order of a peer that came back: the job of an exchange with a courier. */
void ph_peer_on_order(struct ph_order *order);
/*
 * The daemon stops: each session ends once its jobs are back and their answers sent;
 * with NOW at once, what is left of its answers lost.
 */
void ph_peers_stop(struct ph_server *server, bool now);
/* Bytes held for sessions, libuv's handles included. */
size_t ph_peers_memory(const struct ph_server *server);

#endif
