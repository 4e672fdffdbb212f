/*
 * daemon/listener.c - sockets that listen, opened and closed as the settings say.
 *
 * A name is looked up once, at the start; a numeric address needs no name service.
 * New sockets are opened before old ones are closed, so a reload that fails leaves the
 * hub reachable. An address that is in use, or not this machine's, is said with its
 * text.
 */
#include "daemon/listener.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/peer.h"

#define BACKLOG  512
#define AGAIN_MS 200

static void on_again(uv_timer_t *timer)
{
	struct ph_listener *listener = timer->data;

	if (ph_peer_accept(listener->server, (uv_stream_t *)&listener->tcp) == 0) {
		(void)uv_timer_stop(timer);
	}
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct ph_listener *listener = stream->data;

	/* out of descriptors or the like: libuv sheds the connection and goes on */
	if (status == 0 && ph_peer_accept(listener->server, stream) < 0) {
		(void)uv_timer_start(&listener->again, on_again, AGAIN_MS, AGAIN_MS);
	}
}

static void on_closed(uv_handle_t *handle)
{
	struct ph_listener *listener = handle->data;

	if (--listener->n_handles == 0) {
		free(listener);
	}
}

static void close_one(struct ph_listener *listener)
{
	uv_close((uv_handle_t *)&listener->tcp, on_closed);
	uv_close((uv_handle_t *)&listener->again, on_closed);
}

static int look_up(const char *text, struct sockaddr_storage *address_out,
		   struct ph_error *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
					.ai_flags = AI_PASSIVE };
	struct addrinfo *found = NULL;
	char host[PH_LISTEN_TEXT];
	char service[16];
	unsigned port;
	int rc = ph_address_split(text, host, sizeof(host), &port, err);

	if (rc < 0) {
		return rc;
	}
	snprintf(service, sizeof(service), "%u", port);
	rc = getaddrinfo(host, service, &hints, &found);
	if (rc == EAI_MEMORY || (rc == EAI_SYSTEM && errno == ENOMEM)) {
		return ph_fail_errno(err, -ENOMEM, text);
	}
	if (rc != 0) {
		return ph_fail(err, PH_EXIT_CONFIG, -EADDRNOTAVAIL, "listen = %s: %s",
			       text, gai_strerror(rc));
	}
	memcpy(address_out, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return 0;
}

static void write_bound(struct ph_listener *listener)
{
	struct sockaddr_storage address = { 0 };
	int len = sizeof(address);
	char host[64] = "?";
	char service[16] = "?";

	if (uv_tcp_getsockname(&listener->tcp, (struct sockaddr *)&address, &len) == 0) {
		(void)getnameinfo((const struct sockaddr *)&address, (socklen_t)len, host,
				  sizeof(host), service, sizeof(service),
				  NI_NUMERICHOST | NI_NUMERICSERV);
	}
	snprintf(listener->bound, sizeof(listener->bound),
		 address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, service);
}

static int open_one(struct ph_server *server, const char *text,
		    struct ph_listener **listener_out, struct ph_error *err)
{
	struct sockaddr_storage address = { 0 };
	struct ph_listener *listener;
	int rc = look_up(text, &address, err);

	if (rc < 0) {
		return rc;
	}
	listener = calloc(1, sizeof(*listener));
	if (!listener) {
		return ph_fail_errno(err, -ENOMEM, text);
	}
	listener->server = server;
	snprintf(listener->text, sizeof(listener->text), "%s", text);
	rc = uv_tcp_init_ex(&server->loop, &listener->tcp, address.ss_family);
	if (rc < 0) {
		free(listener);
		return ph_fail_errno(err, rc, text);
	}
	(void)uv_timer_init(&server->loop, &listener->again);
	listener->tcp.data = listener;
	listener->again.data = listener;
	listener->n_handles = 2;
	rc = uv_tcp_bind(&listener->tcp, (const struct sockaddr *)&address, 0);
	if (rc == 0) {
		rc = uv_listen((uv_stream_t *)&listener->tcp, BACKLOG, on_connection);
	}
	if (rc < 0) {
		close_one(listener);
		return ph_fail_errno(err, rc, text);
	}
	write_bound(listener);
	*listener_out = listener;
	return 0;
}

static struct ph_listener *take_open(struct ph_listener **list, const char *text)
{
	for (struct ph_listener **link = list; *link; link = &(*link)->next) {
		struct ph_listener *listener = *link;

		if (strcmp(listener->text, text) == 0) {
			*link = listener->next;
			listener->next = NULL;
			return listener;
		}
	}
	return NULL;
}

static void close_all(struct ph_listener *listener)
{
	while (listener) {
		struct ph_listener *next = listener->next;

		close_one(listener);
		listener = next;
	}
}

static bool is_in(const struct ph_listener *listener, const char *text)
{
	while (listener && strcmp(listener->text, text) != 0) {
		listener = listener->next;
	}
	return listener != NULL;
}

/* Those of SETTINGS that are not open yet, in a list. */
static int open_new(struct ph_server *server, const struct ph_settings *settings,
		    struct ph_listener **list_out, struct ph_error *err)
{
	struct ph_listener *list = NULL;

	for (unsigned i = 0; i < settings->n_listen; i++) {
		struct ph_listener *listener = NULL;
		int rc;

		if (is_in(server->listeners, settings->listen[i]) ||
		    is_in(list, settings->listen[i])) {
			continue;
		}
		rc = open_one(server, settings->listen[i], &listener, err);
		if (rc < 0) {
			close_all(list);
			return rc;
		}
		listener->next = list;
		list = listener;
	}
	*list_out = list;
	return 0;
}

int ph_listeners_apply(struct ph_server *server, const struct ph_settings *settings,
		       struct ph_error *err)
{
	struct ph_listener *fresh = NULL;
	struct ph_listener *list = NULL;
	struct ph_listener **last = &list;
	int rc = open_new(server, settings, &fresh, err);

	if (rc < 0) {
		return rc;
	}
	for (const struct ph_listener *one = fresh; one; one = one->next) {
		printf("listening %s\n", one->bound);
	}
	for (unsigned i = 0; i < settings->n_listen; i++) {
		*last = take_open(&server->listeners, settings->listen[i]);
		if (!*last) {
			*last = take_open(&fresh, settings->listen[i]);
		}
		if (*last) { /* else an address that stands twice */
			last = &(*last)->next;
		}
	}
	close_all(server->listeners);
	close_all(fresh);
	server->listeners = list;
	(void)fflush(stdout);
	return 0;
}

void ph_listeners_close(struct ph_server *server)
{
	close_all(server->listeners);
	server->listeners = NULL;
}
