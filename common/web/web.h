/*
 * common/web/web.h - pages and JSON over HTTP, for whoever has a loop.
 *
 * libmicrohttpd speaks HTTP; this checks what comes, by a table of routes, and answers. No
 * loop and no clock of its own: watch ph_web_fd() for reading, call ph_web_run() when it is
 * readable or ph_web_timeout() has passed, which is to be asked after each run and each wake. All of it on one thread.
 *
 *   connection --> reading --> (whole request) --> waiting --> writing --> reading ...
 *                     |                               |
 *                     +-- refused: an error            +-- following: events, for a while
 *
 * What nobody can hold: connections are few, each has its time for a request and for taking
 * an answer, and makes room for others; answers that wait to be taken are bounded in bytes; how often one account (or,
 * with no token, one address) may ask is bounded, and how often one address may try to get a
 * token apart from that; a connection that asks too often is answered later, and not read
 * meanwhile, so that a flood costs no more than some answers a second of each; who follows events keeps a place in a
 * ring, is dropped when he does not read, hangs up or has no right any more, and ends after a while in any case.
 */
#ifndef PH_WEB_H
#define PH_WEB_H

#include "common/base/error.h"
#include "common/base/rng.h"
#include "common/web/check.h"
#include "common/web/route.h"

#define PH_WEB_NAME_SIZE 64

struct ph_web_limits {
	unsigned connections, per_address;
	unsigned followers, per_account; /* of events, in all and of one account */
	/* Requests a second of one account, of one stranger's address, of an address at the door. */
	unsigned rate, burst;
	unsigned hold_ms;     /* what is one of too many is answered so much later */
	unsigned request_ms;  /* to a whole request */
	unsigned answer_ms;   /* to its answer being taken, and ... */
	unsigned answer_rate; /* ... a second more for so many bytes of it */
	unsigned follow_ms;   /* following ends; who follows may come again */
	unsigned body;        /* bytes */
	size_t answers;       /* bytes of answers that wait to be taken */
};
/* Those that suit a hub of a province. */
void ph_web_limits_init(struct ph_web_limits *limits);

/* Counters since the start. */
struct ph_web_counts {
	uint64_t requests, refused;
	uint64_t limited; /* 429 */
	uint64_t busy;    /* 503 */
	uint64_t crowded; /* connections ended to make room for others */
	uint64_t slow;    /* connections ended: a request or an answer took too long */
	uint64_t deaf;    /* followers dropped: they did not read */
	uint64_t events;
	unsigned connections, followers; /* now */
};

struct ph_web;
struct ph_web_call; /* a request; lives to its reply */

struct ph_web_config {
	int fd; /* listens; the web's as soon as it has started */
	const struct ph_web_route *routes;
	size_t n_routes;
	const char *const *hosts; /* names we are served under, lower case, no port */
	size_t n_hosts;
	const char *(*host_act)(
		void); /* what to do if it is to be another name; may be NULL */
	const char *(*token_act)(
		void); /* where all tokens may the same: how to come by one; may be NULL */
	struct ph_web_limits limits;
	struct ph_rng rng;
	uint64_t first_event;        /* id */
	uint64_t (*now)(void *data); /* ms, rising */
	/*
	 * Whose token, for ROUTE? 0 with the role (enum ph_web_need) and name; else: nobody's. Of
	 * those who follow events it is asked once a second.
	 */
	int (*who)(void *data, struct ph_view bearer, const struct ph_web_route *route,
		   unsigned *role, char name[static PH_WEB_NAME_SIZE]);
	/*
	 * Carry CALL out, and reply to it, now or later, once. The thread speaks CALL's language
	 * meanwhile; who replies later sees to that.
	 */
	void (*handle)(void *data, struct ph_web_call *call);
	/*
	 * A reply or an event waits: ask ph_web_timeout() again, which is 0 now. NULL is fine for
	 * whoever runs the web after each.
	 */
	void (*wake)(void *data);
	void *data;
};

/* 0 or a negative errno with ERR. The hosts and routes must stay. */
int ph_web_start(struct ph_web **web_out, const struct ph_web_config *config,
		 struct ph_error *err);
int ph_web_fd(const struct ph_web *web);
/* Do what can be done; cheap when there is nothing. */
void ph_web_run(struct ph_web *web);
/* Milliseconds until it should run in any case; -1: not before the fd is readable. */
int ph_web_timeout(struct ph_web *web);
/* Take no more connections, end those that wait for nothing, and followers. */
void ph_web_stop(struct ph_web *web);
/* Wait no longer for those who take their answers slowly. */
void ph_web_cut(struct ph_web *web);
/* Requests whose reply is not made, or not taken yet. */
unsigned ph_web_waiting(const struct ph_web *web);
/* Nothing may wait. NULL is fine. */
void ph_web_free(struct ph_web *web);
void ph_web_counts(const struct ph_web *web, struct ph_web_counts *counts_out);

/* --- a call --- */

const struct ph_web_route *ph_web_call_route(const struct ph_web_call *call);
/* What the route made of it; the caller may take a reference. */
json_t *ph_web_call_request(const struct ph_web_call *call);
/* Whose account, "" with no token; and its token, which borrows. */
const char *ph_web_call_name(const struct ph_web_call *call);
unsigned ph_web_call_role(const struct ph_web_call *call);
struct ph_view ph_web_call_bearer(const struct ph_web_call *call);
/* The language that its Accept-Language asks for. */
enum ph_speak ph_web_call_language(const struct ph_web_call *call);
/* Whether a person stands behind it: it is a POST, or says so (Packhorse-Person: 1). */
bool ph_web_call_is_person(const struct ph_web_call *call);

/* Whatever is replied says: not before so many SECONDS. */
void ph_web_call_retry(struct ph_web_call *call, unsigned seconds);
/* Reply with BODY, which is taken, of media type TYPE. */
void ph_web_reply(struct ph_web_call *call, unsigned status, const char *type,
		  struct ph_buf *body);
/* Reply with JSON; OBJECT (NULL: memory lacked) is taken. */
void ph_web_reply_json(struct ph_web_call *call, unsigned status, json_t *object);
/* Reply with an error: {"schema":1,"error":..,"what":..,"where":..,"do":..}. */
void ph_web_reply_no(struct ph_web_call *call, const struct ph_web_no *no);
/* The same: too busy, come again in SECONDS. */
void ph_web_reply_busy(struct ph_web_call *call, unsigned seconds);
/* Reply with events from now on, or from where the request's Last-Event-ID says. */
void ph_web_follow(struct ph_web_call *call);

/*
 * Tell those who follow. DATA (NULL: memory lacked) is taken. What there is no memory for, or is
 * too long for an event, they are told of as a gap.
 */
void ph_web_event(struct ph_web *web, const char *name, json_t *data);
/*
 * Whether anybody follows, or did a minute ago and may come again: only then are events kept.
 * Who comes later than that is told of a gap.
 */
bool ph_web_is_followed(const struct ph_web *web);

#endif
