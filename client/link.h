/* client/link.h - one session over TCP, by libuv. */
#ifndef PH_CLIENT_LINK_H
#define PH_CLIENT_LINK_H

#include <stdatomic.h>

#include "client/budget.h"
#include "client/site.h"

/* A way to end a session from another thread. */
struct ph_link_stop;
/* NULL: no memory. It serves one session after another. */
struct ph_link_stop *ph_link_stop_new(void);
void ph_link_stop_free(struct ph_link_stop *stop);
/* End the session that runs with STOP, and each one that is begun with it, soon. */
void ph_link_stop_ask(struct ph_link_stop *stop);

struct ph_link_config {
	const char *address; /* HOST:PORT, [v6]:PORT */
	unsigned connect_ms; /* 0: 15,000 */
	size_t frame_max;    /* 0: the session's default */
	size_t flight_max;   /* bytes of segments in message 1; 0: none there */
	enum ph_spend_road road;
	bool over_budget; /* it may cost what it will */
	uint64_t waiting; /* bytes that it would send, at a guess */
	/*
	 * It goes on from a whole session in which the hub had nothing of this device's own that
	 * lacks here: it is not asked for that again, which brings down again what went up.
	 */
	bool has_own;
	/* Called about ten times a second while bytes move; may be NULL. */
	void (*progress)(void *data, const struct ph_session_counts *counts);
	void *data;
	struct ph_link_stop *stop; /* may be NULL */
	/* The other is a device of this site: its ADDRESS, or where it called from. */
	bool is_sibling;
	bool answers; /* it called; ... */
	int fd;       /* ... on this stream, which is connected, and taken over */
	/* Set from the session's thread when the other is known to be of this site; may be NULL. */
	atomic_bool *is_known;
};

struct ph_link_result {
	bool connected;
	bool complete; /* CLOSED in order, and all that there was to tell was taken */
	enum ph_session_failure failure;
	enum ph_status status;
	enum ph_why why; /* beside it */
	struct ph_session_counts counts;
	uint64_t elapsed_ms;
	/* the hub, of an earlier version, took no hello with the front of an item: come without */
	bool without_front;
	bool front_grew; /* more of an item that is not whole is kept than before */
	bool is_short;   /* the budget had no room for something: not complete either */
	bool short_up, short_down; /* of what goes that way */
	/*
	 * One word of what came of it: "" complete, "unreachable", "cut", "wrong-key"
	 * (or a first message that was damaged: from here that looks the same),
	 * "stopped" (asked to), "cut-off", "later", "put-back", "many-copies", "not-accepted", "version", "not-taken", "protocol",
	 * "receipt", "store", "memory", "address", "budget", "not-of-this-site". Static.
	 */
	const char *reason;
	struct ph_site_moved moved; /* is_sibling: by this session */
	bool used_site;             /* the folder was taken for it */
};

/*
 * Run one session, with the hub or with another device of the site, of SITE (open, not paused; open again on return; but where it
 * answers, paused before and after). 0 when a session
 * was tried, whatever came of it: see RESULT and ERR (PH_EXIT_UNREACHABLE when no
 * connection came about, PH_EXIT_PARTIAL when it was cut, PH_EXIT_CUT_OFF,
 * PH_EXIT_TRY_LATER, PH_EXIT_OTHER for a wrong key); negative errno when the own
 * store failed, or the address is none. After a
 * failure of the own store the site may stay paused.
 */
int ph_link_run(struct ph_site *site, const struct ph_link_config *config,
		struct ph_link_result *result_out, struct ph_error *err);

/* What came by stick or courier says that this device was cut off: -EACCES, with words. */
int ph_link_cut_off(struct ph_error *err);

#endif
