/* client/link_internal.h - shared by link*.c only. */
#ifndef PH_CLIENT_LINK_INTERNAL_H
#define PH_CLIENT_LINK_INTERNAL_H

#include <uv.h>

#include "client/budget.h"
#include "client/dial.h"
#include "client/link.h"
#include "client/went.h"

#define PH_HOST_MAX      255
#define PH_PORT_MAX      5

#define PH_LINK_READ_MAX (64 * 1024)

enum stage {
	STAGE_CONNECT,
	STAGE_TALK,
	STAGE_CLOSING,
};

struct link {
	const struct ph_link_config *config;
	struct ph_link_result *result;
	struct ph_error *err;
	struct ph_site *site;
	struct ph_site_lan *lan; /* with another device of the site */
	struct ph_session *session;
	uv_loop_t loop;
	uv_tcp_t tcp;
	uv_timer_t alarm;    /* the session's deadline */
	uv_timer_t progress; /* for a person who watches */
	struct ph_dial dial;
	uv_write_t write;
	struct ph_buf out; /* what the write in flight sends */
	bool is_writing;
	size_t pending;      /* bytes of it, or of the one that failed */
	struct ph_went went; /* when it is closed */
	bool has_dial;
	bool has_tcp;   /* the handle is open, and ours */
	bool hung_up;   /* the peer ended the stream in order */
	bool is_hub;    /* it has proved to hold the hub's key */
	bool is_broken; /* the stream can carry nothing more */
	int write_rc; /* why it takes nothing more, while it may have something to read */
	bool is_stopped;
	bool is_awake; /* the site is ours */
	bool has_fd;   /* the stream of whoever called is ours */
	bool is_poor;  /* the budget has no room for a session */
	struct ph_share share;
	struct ph_unfinished front; /* for the session, and what it left */
	uint64_t noted;             /* bytes that are in the account */
	uv_async_t wakes;           /* by config->stop */
	enum stage stage;
	int store_rc; /* why our own store failed */
	uint64_t started;
	char buffer[PH_LINK_READ_MAX];
};

/* --- link.c --- */
/* All handles closing; the session is what it is. */
void ph_link_close(struct link *link);
void ph_link_unreachable(struct link *link, const char *why);
/* The stream is there. */
void ph_link_talk(struct link *link);

/* --- link_connect.c --- */
/* Begin; what comes of it is told by one of the above. 0 or negative errno. */
int ph_link_dial(struct link *link);
/* Somebody called: the stream is there. Likewise. */
int ph_link_answer(struct link *link);

/* --- link_stop.c --- */
/*
 * WAKES, a handle of LOOP whose data is the caller's, calls back when STOP is asked, at once
 * if it was before. STOP may be NULL: nothing is opened. 0 or a negative errno.
 */
int ph_link_stop_hear(struct ph_link_stop *stop, uv_loop_t *loop, uv_async_t *wakes,
		      uv_async_cb on_stop);
/* No more; WAKES is closed. */
void ph_link_stop_unhear(struct ph_link_stop *stop, uv_async_t *wakes);

/* --- link_outcome.c --- */
/* HOST:PORT or [V6]:PORT into its two halves. 0, or -EINVAL with a text. */
int ph_link_split(const char *address, char host[static PH_HOST_MAX + 1],
		  char port[static PH_PORT_MAX + 1], struct ph_error *err);
/* Say in ERR that the hub, or another machine of the site, cannot be reached: WHY, in words. */
void ph_link_explain_unreachable(bool is_sibling, const char *address, const char *why,
				 struct ph_error *err);
/*
 * Say in ERR what RESULT means for a person, and its exit status; nothing if it is
 * complete. STRANGER: the peer hung up in order before it had proved to
 * hold the key. Returns the
 * word for RESULT->reason.
 */
const char *ph_link_explain(const struct ph_link_result *result, const char *address,
			    bool stranger, struct ph_error *err);
/*
 * The same of a session with another device of the site. REFUSAL: what we have against it, or
 * NULL. STRANGER: it has not proved to be one. ANSWERS: it has called us.
 */
const char *ph_link_explain_sibling(const struct ph_link_result *result,
				    const char *address, const char *refusal,
				    bool stranger, bool answers, struct ph_error *err);

#endif
