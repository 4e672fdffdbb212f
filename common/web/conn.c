/*
 * common/web/conn.c - connections: who makes room, who waits, and whose time is over.
 *
 * Room: one connection more than may be held is taken all the same, and another one makes room for
 * it: who has been bringing a request, or idle between two, for longest; if there is none, who
 * has been taking an answer for longest. So whoever holds many holds nobody up.
 *
 * A flood: a request that is one of too many waits for its answer, 429 or what it is, for
 * hold_ms. Its connection is suspended so long, so what comes behind it stays in the kernel, and
 * who sends it finds that nobody takes it. These are no more than connections; the first to make
 * room are they.
 *
 * Time: once a second each connection is looked at. One that took too long to bring a
 * request, or to take its answer, has its socket shut down; libmicrohttpd then finds its end
 * and lets go of it.
 */
#include "common/web/web_internal.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SEND_BUFFER (128 * 1024) /* of the kernel, doubled by it */
#define TAKING_MS   2000         /* so long nobody who takes an answer has to make room */

void ph_web_move(struct conn *conn, enum phase phase)
{
	struct ph_web *web = conn->web;

	web->n_waiting -= conn->phase == PHASE_WAITING;
	web->n_writing -= conn->phase == PHASE_WRITING;
	web->n_held -= conn->phase == PHASE_HELD;
	web->n_waiting += phase == PHASE_WAITING;
	web->n_writing += phase == PHASE_WRITING;
	web->n_held += phase == PHASE_HELD;
	conn->phase = phase;
	conn->since = ph_web_now(web);
}

void ph_web_hang_up(struct conn *conn)
{
	(void)shutdown(conn->fd, SHUT_RDWR);
	conn->web->n_leaving += !conn->is_leaving;
	conn->is_leaving = true;
	if (conn->phase == PHASE_FOLLOWING) {
		conn->call->ends = true;
		ph_web_resume(conn->call);
	} else if (conn->phase == PHASE_HELD) {
		ph_web_resume(conn->call);
	}
}

static void write_address(struct conn *conn)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof(address);
	const void *in = &((struct sockaddr_in *)(void *)&address)->sin_addr;
	const void *in6 = &((struct sockaddr_in6 *)(void *)&address)->sin6_addr;

	if (getpeername(conn->fd, (struct sockaddr *)&address, &len) < 0 ||
	    (address.ss_family != AF_INET && address.ss_family != AF_INET6) ||
	    !inet_ntop(address.ss_family, address.ss_family == AF_INET ? in : in6,
		       conn->address, sizeof(conn->address))) {
		strcpy(conn->address, "local");
	}
}

/* Whether FOUND (may be NULL) or CONN should go, if one has to. */
static struct conn *older(struct conn *found, struct conn *conn)
{
	return !found || conn->since <= found->since ? conn : found;
}

/* One of the others goes, so that NEW may stay; else NEW does. */
static void make_room(struct ph_web *web, struct conn *new)
{
	uint64_t now = ph_web_now(web);
	struct conn *held = NULL;
	struct conn *reading = NULL;
	struct conn *writing = NULL;
	struct conn *gone;

	for (struct conn *conn = web->conns; conn; conn = conn->next) {
		if (conn->is_leaving || conn == new) {
			continue;
		}
		if (conn->phase == PHASE_HELD) {
			held = older(held, conn);
		} else if (conn->phase == PHASE_READING) {
			reading = older(reading, conn);
		} else if (conn->phase == PHASE_WRITING &&
			   now - conn->since > TAKING_MS) {
			writing = older(writing, conn);
		}
	}
	gone = held ? held : reading ? reading : writing ? writing : new;
	web->counts.crowded++;
	ph_web_hang_up(gone);
}

static void conn_open(struct ph_web *web, struct MHD_Connection *mhd, void **context)
{
	struct conn *conn = calloc(1, sizeof(*conn));
	const union MHD_ConnectionInfo *info =
		web->mhd->get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	int size = SEND_BUFFER;

	*context = conn;
	if (!conn) {
		return; /* its first request is refused */
	}
	conn->web = web;
	conn->mhd = mhd;
	conn->fd = info->connect_fd;
	(void)setsockopt(conn->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	write_address(conn);
	ph_web_move(conn, PHASE_READING);
	conn->next = web->conns;
	conn->link = &web->conns;
	if (conn->next) {
		conn->next->link = &conn->next;
	}
	web->conns = conn;
	web->counts.connections++;
	web->was_full |= web->counts.connections >= web->most;
	if (web->counts.connections - web->n_leaving > web->config.limits.connections) {
		make_room(web, conn);
	}
}

void ph_web_on_connection(void *data, struct MHD_Connection *mhd, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct ph_web *web = data;
	struct conn *conn = *context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		conn_open(web, mhd, context);
	} else if (conn) {
		ph_web_move(conn, PHASE_READING); /* counts it out of the other phases */
		*conn->link = conn->next;
		if (conn->next) {
			conn->next->link = conn->link;
		}
		web->counts.connections--;
		web->n_leaving -= conn->is_leaving;
		free(conn);
		*context = NULL;
	}
}

static void sweep_conn(struct conn *conn, uint64_t now)
{
	struct ph_web *web = conn->web;
	uint64_t allowed = conn->phase == PHASE_READING ? web->config.limits.request_ms
							: conn->allowed_ms;

	if (conn->phase == PHASE_FOLLOWING) {
		ph_web_follow_sweep(conn, now);
	} else if (conn->phase != PHASE_WAITING && conn->phase != PHASE_HELD &&
		   now - conn->since > allowed) {
		web->counts.slow += conn->phase == PHASE_WRITING || conn->call != NULL;
		ph_web_hang_up(conn);
	}
}

void ph_web_sweep(struct ph_web *web)
{
	uint64_t now = ph_web_now(web);

	if (now - web->swept < SWEEP_MS) {
		return;
	}
	web->swept = now;
	for (struct conn *conn = web->conns; conn; conn = conn->next) {
		sweep_conn(conn, now);
	}
}

/* Those whose time has come go on. */
void ph_web_let_go(struct ph_web *web)
{
	uint64_t now = web->n_held > 0 ? ph_web_now(web) : 0;

	for (struct conn *conn = web->conns; conn && web->n_held > 0; conn = conn->next) {
		if (conn->phase == PHASE_HELD &&
		    now - conn->since >= web->config.limits.hold_ms) {
			ph_web_resume(conn->call);
		}
	}
}

/* Milliseconds until the next one's has; UINT_MAX: there is none. */
unsigned ph_web_held_for(const struct ph_web *web)
{
	uint64_t now = web->n_held > 0 ? ph_web_now(web) : 0;
	unsigned least = UINT_MAX;

	for (const struct conn *conn = web->conns; conn && web->n_held > 0;
	     conn = conn->next) {
		uint64_t due = conn->since + web->config.limits.hold_ms;
		unsigned ms = due > now ? (unsigned)(due - now) : 0;

		if (conn->phase == PHASE_HELD && ms < least) {
			least = ms;
		}
	}
	return least;
}
