/*
 * daemon/api.h - the hub's API and pages: common/web on the daemon's loop (docs/API.md).
 *
 * Most routes become local commands, carried out by the store worker like those of
 * DIR/socket; what only looks is answered beside it by server->look, if there is one. One at a
 * time is with each; what comes meanwhile waits here, bounded (api_lane.c).
 */
#ifndef PH_DAEMON_API_H
#define PH_DAEMON_API_H

#include "common/web/web.h"
#include "daemon/server.h"

/* What a route is that is no command. */
enum ph_api_action {
	PH_API_COMMAND,
	PH_API_ENTRY, /* `record`, of one entry with the members of the request */
	PH_API_LOGIN,
	PH_API_LOGOUT,
	PH_API_ME,
	PH_API_EVENTS,
	PH_API_HEALTH,
	PH_API_METRICS, /* a command, whose answer becomes text; */
	PH_API_CSV,     /* likewise; */
	PH_API_PAGE,    /* and HTML */
	PH_API_LOOKED, /* a command that takes too long for the store, whatever its lane */
	PH_API_XLSX,   /* what is not made here */
};
extern const struct ph_web_route ph_api_routes[];
extern const size_t ph_api_n_routes;

/*
 * Serve at the setting [web] listen; nothing if there is none. 0 or a negative errno with
 * ERR.
 */
int ph_api_start(struct ph_server *server, struct ph_error *err);
/*
 * Take no more; what is with the store is still answered. With NOW what waits for a slow
 * reader is cut. May be called again.
 */
void ph_api_stop(struct ph_server *server, bool now);
/* Requests that are still to be answered; server->on_gone is called when one is. */
unsigned ph_api_count(const struct ph_server *server);
/* Close what there is, once nothing waits and the worker has ended or never began. */
void ph_api_close(struct ph_server *server);
/* Whether what is served is what SETTINGS say: they are heeded at the start only. */
bool ph_api_is_as(const struct ph_server *server, const struct ph_settings *settings);
/* For `status`: counters; NULL if nothing is served, or memory lacks. */
json_t *ph_api_status(const struct ph_server *server);
/* Tell those who follow. DATA is taken; NULL is fine. */
void ph_api_event(struct ph_server *server, const char *name, json_t *data);
/* Whether anybody follows: whether an event is worth making. */
bool ph_api_is_followed(const struct ph_server *server);

#endif
