/* common/web/web_internal.h - for web.c, conn.c, call.c and follow.c. */
#ifndef PH_WEB_INTERNAL_H
#define PH_WEB_INTERNAL_H

#include "common/web/events.h"
#include "common/web/mhd.h"
#include "common/web/rate.h"
#include "common/web/web.h"

#define SWEEP_MS 1000 /* between two looks at all connections */

enum phase {
	PHASE_READING, /* a request is to come, whole; also between two */
	PHASE_HELD,    /* it is whole, and one of too many: its answer waits */
	PHASE_WAITING, /* for our reply */
	PHASE_WRITING,
	PHASE_FOLLOWING,
};

/* Whose tokens a request takes; tables apart, so that none can take another sort's. */
enum asker {
	ACCOUNT,     /* by its name */
	STRANGER,    /* by address: what a token is needed for, without one */
	AT_THE_DOOR, /* by address: what gives one a token */
	LOOKER, /* by address: whatever else, also what is refused before it is known whose it is */
	N_ASKERS
};

struct conn {
	struct ph_web *web;
	struct MHD_Connection *mhd;
	int fd; /* libmicrohttpd's */
	char address[48];
	enum phase phase;
	uint64_t since; /* ms: of the phase; following: when it was last idle or read */
	uint64_t allowed_ms; /* writing */
	bool is_leaving;     /* its end is to be found by libmicrohttpd */
	struct ph_web_call *call;
	struct conn *next, **link;
};

struct ph_web_call {
	struct conn *conn;
	char *uri;
	struct ph_web_head head;
	struct ph_web_target target;
	const struct ph_web_route *route;
	struct ph_buf body; /* the request's, then the reply's */
	uint64_t length;    /* of the request's */
	json_t *request;
	char name[PH_WEB_NAME_SIZE];
	unsigned role;
	struct ph_web_no no; /* status 0: not refused so far */
	bool is_begun, is_suspended, is_replied, is_counted;
	bool is_rated; /* it took a token, or there was none */
	bool holds;    /* there was none: it is not answered before its time */

	unsigned status; /* of the reply */
	const char *type;
	const char *allow;
	unsigned retry_s;

	bool follows, ends; /* events */
	uint64_t began, pinged;
	struct ph_web_place place;
	char hello[32]; /* what goes before events: a comment */
	size_t hello_at;
};

struct ph_web {
	struct ph_web_config config;
	const struct ph_mhd *mhd;
	struct MHD_Daemon *daemon;
	int epoll;
	struct conn *conns;
	unsigned n_waiting, n_writing, n_held;
	size_t answers; /* bytes that wait to be taken */
	uint64_t swept;
	uint64_t followed_at; /* when somebody who followed left last; 0: nobody did */
	struct ph_web_rate rate[N_ASKERS];
	struct ph_web_events events;
	struct ph_web_counts counts;
	bool is_stopping;
	bool is_woken;      /* since it ran last */
	unsigned most;      /* connections of libmicrohttpd */
	unsigned n_leaving; /* of them */
	bool was_full;      /* of connections */
};

uint64_t ph_web_now(const struct ph_web *web);
/* Move CONN to PHASE, from now. */
void ph_web_move(struct conn *conn, enum phase phase);
/* Let libmicrohttpd go on with CALL, if it was suspended. */
void ph_web_resume(struct ph_web_call *call);
/* Hand what was replied to libmicrohttpd. */
enum MHD_Result ph_web_queue(struct ph_web_call *call);
/* Nobody is to wait for this connection any more. */
void ph_web_hang_up(struct conn *conn);
/* libmicrohttpd's callback: a connection of WEB begins or ends. */
void ph_web_on_connection(void *web, struct MHD_Connection *mhd, void **context,
			  enum MHD_ConnectionNotificationCode code);
/* Once in SWEEP_MS: end those whose time is over. */
void ph_web_sweep(struct ph_web *web);
/* Those that were held long enough go on. */
void ph_web_let_go(struct ph_web *web);
/* Milliseconds until the next of them does; UINT_MAX: none is held. */
unsigned ph_web_held_for(const struct ph_web *web);
/* Of one that follows: what is due at NOW. */
void ph_web_follow_sweep(struct conn *conn, uint64_t now);
/* libmicrohttpd's reader of a follower's events. */
ssize_t ph_web_follow_read(void *call, uint64_t position, char *out, size_t size);

#endif
