/* daemon/api_internal.h - for api*.c: the loop's side (api.c), lanes to the store, what changed. */
#ifndef PH_DAEMON_API_INTERNAL_H
#define PH_DAEMON_API_INTERNAL_H

#include "daemon/api.h"

#define PH_API_HOSTS (PH_WEB_HOSTS_MAX + 3)

struct ph_hub_watch;

struct ph_api_lane;

/* A request that is, or will be, with the store or the look. */
struct ph_asked {
	struct ph_order order;
	uv_work_t work; /* with the look */
	bool is_ready;  /* for the look */
	struct ph_api_lane *lane;
	struct ph_web_call *call;
	struct ph_asked *next;
};

/* Where requests wait, of which one can be out. */
enum {
	PH_API_STORE, /* for the store */
	PH_API_LOOK,  /* for the look at it */
	PH_API_LANES,
};
struct ph_api_lane {
	struct ph_api *api;
	struct ph_asked *first, **last;
	uv_timer_t rest; /* while it runs none is asked */
	bool is_out;
	char served[PH_WEB_NAME_SIZE]; /* whose request was asked last */
	uint64_t asked, slowest_ns;
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
	uv_timer_t watch; /* whether something changed */
	struct ph_api_lane lane[PH_API_LANES];
	unsigned n_asked, n_logins;
	unsigned n_handles; /* that are being closed */
	bool is_stopping, is_closing;
	struct ph_api_look look;
};

/* --- api_lane.c --- */

void ph_api_lanes_init(struct ph_api *api);
/* Their timers, on the loop. */
void ph_api_lanes_start(struct ph_api *api);
/* Have the store, or the look, carry out CALL. */
void ph_api_ask(struct ph_api *api, struct ph_web_call *call);
/* Those that wait are told to come again, and what the look is at ends. */
void ph_api_lanes_stop(struct ph_api *api);

/* --- api_ask.c --- */

/* Reply with what ORDER has for an answer. */
void ph_api_reply(struct ph_web_call *call, struct ph_order *order);

/* --- api_login.c --- */

/* Look at a password, on another thread. */
void ph_api_login(struct ph_api *api, struct ph_web_call *call);

/* --- api.c --- */

/* Somebody may wait for the end. */
void ph_api_settled(struct ph_api *api);

/* --- api_watch.c --- */

void ph_api_on_watch(uv_timer_t *timer);
void ph_api_watch_free(struct ph_api *api);

#endif
