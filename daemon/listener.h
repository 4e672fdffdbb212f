/* daemon/listener.h - the addresses that devices reach. */
#ifndef PH_DAEMON_LISTENER_H
#define PH_DAEMON_LISTENER_H

#include "daemon/server.h"

#define PH_ADDRESS_TEXT 80

struct ph_listener {
	uv_tcp_t tcp;
	uv_timer_t again; /* after a connection for which memory lacked */
	unsigned n_handles;
	struct ph_server *server;
	char text[PH_LISTEN_TEXT];   /* as configured */
	char bound[PH_ADDRESS_TEXT]; /* ADDR:PORT, the real port */
	struct ph_listener *next;
};

/*
 * Listen where SETTINGS say: what is listened to already stays, what is not named any
 * more is closed, the rest is opened and printed on standard output as "listening
 * ADDR:PORT". 0; or a negative errno with ERR, and all is as it was.
 */
int ph_listeners_apply(struct ph_server *server, const struct ph_settings *settings,
		       struct ph_error *err);
void ph_listeners_close(struct ph_server *server);

#endif
