/*
 * daemon/talk.h - local commands over DIR/socket: one JSON object a line, one back.
 *
 * The client's half is daemon/ask.h.
 */
#ifndef PH_DAEMON_TALK_H
#define PH_DAEMON_TALK_H

#include "daemon/server.h"

/*
 * Listen on DIR/socket, mode 0600, in place of one that a dead process left: the
 * caller holds the folder's lock. 0 or a negative errno with ERR.
 */
int ph_talk_start(struct ph_server *server, const char *dir, struct ph_error *err);
/* A command that came back from the store worker. */
void ph_talk_on_order(struct ph_server *server, struct ph_order *order);
/*
 * Take no more, remove the socket; connections end when their answer is out, with NOW
 * at once. May be called again.
 */
void ph_talk_stop(struct ph_server *server, bool now);
/* Connections that are still there. */
unsigned ph_talk_count(const struct ph_server *server);
/* Free what ph_talk_start() made, once nothing is there and the loop has ended. */
void ph_talk_free(struct ph_server *server);

#endif
