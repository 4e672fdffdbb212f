/*
 * client/courier_serve.c - a listener, visits, and a line in the log for each.
 *
 * The folder of the site is not held meanwhile, so `sync` at base, `status` and `courier
 * --list` work beside it. A visit costs a connection and a bundle in memory; so many at
 * once, and so many from one address, that a stranger who only connects keeps nobody out
 * for longer than a handshake takes.
 */
#include "client/courier_serve.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/announce.h"
#include "client/courier_meet.h"
#include "client/link_internal.h"
#include "client/wire.h"
#include "common/cli/notify.h"
#include "common/cli/out.h"

#define BACKLOG 64

struct server {
	const struct ph_courier_serve *config;
	struct ph_eventlog log;
	uv_loop_t loop;
	uv_tcp_t listener;
	uv_signal_t term, interrupt;
	struct ph_announce *announce;
	struct visitor *visitors;
	unsigned n_visitors, port;
	bool is_stopping;
};

struct visitor {
	struct server *server;
	struct ph_wire wire;
	struct ph_van_visit visit;
	struct sockaddr_storage from;
	uint64_t began;
	struct visitor *next, **link;
};

/* ---- one visit ---- */

static const char *result_name(const struct ph_courier *exchange)
{
	switch (ph_courier_failure(exchange)) {
	case PH_FAIL_NONE:
		return "closed";
	case PH_FAIL_CUT:
		return "cut";
	case PH_FAIL_TIMEOUT:
		return "timeout";
	case PH_FAIL_REFUSED:
		return "refused";
	case PH_FAIL_HANDSHAKE:
		return "handshake";
	case PH_FAIL_PROTOCOL:
		return "protocol";
	case PH_FAIL_STORE:
		return "store";
	case PH_FAIL_MEMORY:
		return "memory";
	case PH_FAIL_BUDGET: /* of sessions */
		break;
	}
	return "other";
}

static void tell(const struct visitor *visitor)
{
	const struct ph_van_visit *visit = &visitor->visit;
	const struct ph_van_told *told = &visit->told;
	struct ph_session_counts counts;
	char id[9] = "-";

	ph_wire_counts(&visitor->wire, &counts);
	if (visit->site[0]) {
		ph_hex(id, visit->peer, 4);
	}
	ph_event(&visitor->server->log, PH_EVENT_INFO, "courier.visit",
		 "peer=%s site=%s result=%s given=%llu taken=%llu refused=%llu "
		 "waiting=%llu damaged=%llu in=%llu out=%llu ms=%llu%s%s%s",
		 id, visit->site[0] ? visit->site : "-",
		 result_name(visitor->wire.exchange), (unsigned long long)told->given,
		 (unsigned long long)told->taken, (unsigned long long)told->refused,
		 (unsigned long long)told->waiting, (unsigned long long)told->damaged,
		 (unsigned long long)counts.bytes_in,
		 (unsigned long long)counts.bytes_out,
		 (unsigned long long)(uv_now(&visitor->server->loop) - visitor->began),
		 visit->refusal ? " why=\"" : "", visit->refusal ? visit->refusal : "",
		 visit->refusal ? "\"" : "");
}

static void on_wire_closed(void *data)
{
	struct visitor *visitor = data;
	struct server *server = visitor->server;

	tell(visitor);
	*visitor->link = visitor->next;
	if (visitor->next) {
		visitor->next->link = visitor->link;
	}
	server->n_visitors--;
	ph_courier_free(visitor->wire.exchange);
	ph_van_visit_deinit(&visitor->visit);
	free(visitor);
}

static bool on_job(void *data, struct ph_courier_job *job)
{
	struct visitor *visitor = data;

	ph_van_job(&visitor->visit, job);
	return false;
}

/* ---- coming in ---- */

static bool is_same_host(const struct sockaddr_storage *a,
			 const struct sockaddr_storage *b)
{
	const struct sockaddr_in *a4 = (const void *)a;
	const struct sockaddr_in *b4 = (const void *)b;
	const struct sockaddr_in6 *a6 = (const void *)a;
	const struct sockaddr_in6 *b6 = (const void *)b;

	if (a->ss_family != b->ss_family) {
		return false;
	}
	return a->ss_family == AF_INET ? a4->sin_addr.s_addr == b4->sin_addr.s_addr
				       : memcmp(&a6->sin6_addr, &b6->sin6_addr,
						sizeof(a6->sin6_addr)) == 0;
}

static bool is_welcome(const struct server *server, const struct sockaddr_storage *from)
{
	unsigned n = 0;

	for (const struct visitor *other = server->visitors; other; other = other->next) {
		n += is_same_host(&other->from, from);
	}
	return !server->is_stopping && server->n_visitors < PH_COURIER_VISITS_MAX &&
	       n < PH_COURIER_HOST_MAX;
}

static void on_turned_away(uv_handle_t *handle)
{
	struct visitor *visitor = handle->data;

	free(visitor);
}

static int begin(struct server *server, struct visitor *visitor)
{
	struct ph_van *van = server->config->van;
	int rc = ph_courier_new(
		&visitor->wire.exchange,
		&(struct ph_courier_config){ .is_courier = true,
					     .rng = ph_rng_system,
					     .keys = &van->box,
					     .cert = ph_buf_view(&van->cert) },
		uv_now(&server->loop));

	if (rc < 0) {
		return rc;
	}
	visitor->began = uv_now(&server->loop);
	visitor->next = server->visitors;
	visitor->link = &server->visitors;
	if (visitor->next) {
		visitor->next->link = &visitor->next;
	}
	server->visitors = visitor;
	server->n_visitors++;
	ph_van_visit_init(&visitor->visit, van, NULL);
	visitor->wire.loop = &server->loop;
	visitor->wire.job = on_job;
	visitor->wire.closed = on_wire_closed;
	visitor->wire.data = visitor;
	ph_wire_begin(&visitor->wire);
	return 0;
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct server *server = stream->data;
	struct visitor *visitor = status < 0 ? NULL : calloc(1, sizeof(*visitor));
	int len = sizeof(visitor->from);

	if (!visitor) {
		return; /* libuv comes again */
	}
	visitor->server = server;
	(void)uv_tcp_init(&server->loop, &visitor->wire.tcp);
	visitor->wire.tcp.data = visitor;
	if (uv_accept(stream, (uv_stream_t *)&visitor->wire.tcp) < 0 ||
	    uv_tcp_getpeername(&visitor->wire.tcp, (struct sockaddr *)&visitor->from,
			       &len) < 0 ||
	    !is_welcome(server, &visitor->from) || begin(server, visitor) < 0) {
		uv_close((uv_handle_t *)&visitor->wire.tcp, on_turned_away);
	}
}

/* ---- listening ---- */

static int look_up(const char *address, struct sockaddr_storage *out,
		   struct ph_error *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
					.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	const char *colon = strrchr(address, ':');
	char host[PH_HOST_MAX + 1];
	char port[PH_PORT_MAX + 1] = "0";
	int rc = 0;

	if (colon && strcmp(colon, ":0") == 0 && colon - address < PH_HOST_MAX) {
		snprintf(host, sizeof(host), "%.*s", (int)(colon - address), address);
	} else {
		rc = ph_link_split(address, host, port, err);
	}
	if (rc == 0 && getaddrinfo(host, port, &hints, &found) != 0) {
		rc = ph_fail(err, PH_EXIT_CONFIG, -EADDRNOTAVAIL,
			     ph_say("listen = %s: no such address",
				    "listen = %s: không có địa chỉ này"),
			     address);
	}
	if (rc == 0) {
		memcpy(out, found->ai_addr, found->ai_addrlen);
		freeaddrinfo(found);
	}
	return rc;
}

static int fail_listen(struct ph_error *err, int rc, const char *address)
{
	return rc != UV_EADDRINUSE
		       ? ph_fail_errno(err, rc, address)
		       : ph_fail(err, PH_EXIT_OTHER, rc,
				 ph_say("%s: the address is in use: another courier, or "
					"another program, listens there. Stop it, or "
					"give --listen ADDR:PORT",
					"%s: địa chỉ này đang được dùng: một máy chuyển "
					"tin hoặc chương trình khác đang nhận ở đó. Hãy "
					"dừng nó, hoặc chọn --listen ADDR:PORT"),
				 address);
}

static int listen_at(struct server *server, const char *address, struct ph_error *err)
{
	struct sockaddr_storage where = { 0 };
	int rc = look_up(address, &where, err);

	if (rc < 0) {
		return rc;
	}
	rc = uv_tcp_init(&server->loop, &server->listener);
	if (rc < 0) {
		return ph_fail_errno(err, rc, address);
	}
	server->listener.data = server;
	rc = uv_tcp_bind(&server->listener, (const struct sockaddr *)&where, 0);
	rc = rc < 0 ? rc
		    : uv_listen((uv_stream_t *)&server->listener, BACKLOG, on_connection);
	if (rc < 0) {
		uv_close((uv_handle_t *)&server->listener, NULL);
		(void)uv_run(&server->loop, UV_RUN_NOWAIT);
		return fail_listen(err, rc, address);
	}
	return 0;
}

/* All addresses, of both families where there are both. */
static int start_listening(struct server *server, struct ph_error *err)
{
	const char *address = server->config->listen;

	if (address) {
		return listen_at(server, address, err);
	}
	return listen_at(server, "[::]:" PH_COURIER_PORT, NULL) == 0
		       ? 0
		       : listen_at(server, "0.0.0.0:" PH_COURIER_PORT, err);
}

static void say_where(struct server *server)
{
	struct sockaddr_storage address = { 0 };
	int len = sizeof(address);
	char host[64] = "?";
	char service[16] = "0";

	if (uv_tcp_getsockname(&server->listener, (struct sockaddr *)&address, &len) ==
	    0) {
		(void)getnameinfo((const struct sockaddr *)&address, (socklen_t)len, host,
				  sizeof(host), service, sizeof(service),
				  NI_NUMERICHOST | NI_NUMERICSERV);
	}
	server->port = (unsigned)atoi(service);
	printf(address.ss_family == AF_INET6 ? "listening [%s]:%s\n"
					     : "listening %s:%s\n",
	       host, service);
	(void)fflush(stdout);
}

/* ---- stopping ---- */

static void on_stop(uv_signal_t *signal, int number)
{
	struct server *server = signal->data;
	struct visitor *visitor = server->visitors;

	(void)number;
	if (server->is_stopping) {
		return;
	}
	server->is_stopping = true;
	(void)ph_notify("STOPPING=1");
	ph_announce_end(server->announce);
	uv_close((uv_handle_t *)&server->listener, NULL);
	uv_close((uv_handle_t *)&server->term, NULL);
	uv_close((uv_handle_t *)&server->interrupt, NULL);
	while (visitor) { /* what was under way is resumed another day */
		struct visitor *next = visitor->next;

		ph_wire_end(&visitor->wire);
		visitor = next;
	}
}

static int run(struct server *server, struct ph_error *err)
{
	int rc = start_listening(server, err);

	if (rc < 0) {
		return rc;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)uv_signal_init(&server->loop, &server->term);
	(void)uv_signal_init(&server->loop, &server->interrupt);
	server->term.data = server->interrupt.data = server;
	(void)uv_signal_start(&server->term, on_stop, SIGTERM);
	(void)uv_signal_start(&server->interrupt, on_stop, SIGINT);
	say_where(server);
	if (server->config->name) {
		(void)ph_announce_start(&server->announce, &server->loop, &server->log,
					server->config->name, server->port);
	}
	ph_event(&server->log, PH_EVENT_INFO, "courier.start", "port=%u pid=%ld",
		 server->port, (long)getpid());
	(void)ph_notify("READY=1");
	(void)uv_run(&server->loop, UV_RUN_DEFAULT);
	ph_event(&server->log, PH_EVENT_INFO, "courier.stop", "result=done");
	return 0;
}

int ph_courier_serve(const struct ph_courier_serve *config, struct ph_error *err)
{
	struct server *server = calloc(1, sizeof(*server));
	int rc = server ? uv_loop_init(&server->loop) : -ENOMEM;

	if (rc < 0) {
		free(server);
		return ph_fail_errno(err, rc, ph_say("starting", "khởi động"));
	}
	server->config = config;
	server->log =
		(struct ph_eventlog){ .fd = STDERR_FILENO,
				      .prefix = ph_eventlog_is_journal(STDERR_FILENO),
				      .clock = ph_clock_system };
	rc = run(server, err);
	(void)uv_run(&server->loop, UV_RUN_DEFAULT);

	int closed = uv_loop_close(&server->loop);

	assert(closed == 0);
	(void)closed;
	free(server);
	return rc;
}
