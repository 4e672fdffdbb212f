/* daemon/api_internal.h - for api*.c: the loop's side (api.c), the store's lane, what changed. */
#ifndef PH_DAEMON_API_INTERNAL_H
#define PH_DAEMON_API_INTERNAL_H

#include "daemon/api.h"

#define PH_API_HOSTS (PH_WEB_HOSTS_MAX + 3)

struct ph_hub_watch;

/* A request that is, or will be, with the store. */
struct ph_asked {
	struct ph_order order;
	struct ph_api *api;
	struct ph_web_call *call;
	struct ph_asked *next;
};

/* The look at what changed in the store, of which one can be out. */
struct ph_api_look {
	struct ph_order order;
	struct ph_api *api;
	struct ph_hub_watch *watch; /* the store thread's while it is out */
	json_t *events;             /* that it found */
	bool is_out;
	uint64_t last, own; /* store's counters when it was asked last; looks so far */
};

struct ph_api {
	struct ph_server *server;
	struct ph_web *web;
	const char *hosts[PH_API_HOSTS];
	struct ph_settings settings; /* as they were when it began */
	uv_poll_t poll;
	uv_timer_t timer; /* when the web wants to be run */
	uv_timer_t lane;  /* when the store may be asked again */
	uv_timer_t watch; /* whether something changed */
	struct ph_asked *first, **last;
	unsigned n_asked, n_logins;
	unsigned n_handles; /* that are being closed */
	bool is_out, is_stopping, is_closing;
	uint64_t asked, slowest_ns;
	struct ph_api_look look;
};

/* --- api_ask.c --- */

/* Have the store carry out CALL. */
void ph_api_ask(struct ph_api *api, struct ph_web_call *call);
/* Those that wait and are not with the store yet are told to come again. */
void ph_api_ask_stop(struct ph_api *api);
void ph_api_on_lane(uv_timer_t *timer);
/* Look at a password, on another thread. */
void ph_api_login(struct ph_api *api, struct ph_web_call *call);
/* Somebody may wait for the end. */
void ph_api_settled(struct ph_api *api);

/* --- api_watch.c --- */

void ph_api_on_watch(uv_timer_t *timer);
void ph_api_watch_free(struct ph_api *api);

#endif
