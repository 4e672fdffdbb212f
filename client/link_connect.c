/*
 * client/link_connect.c - from the address of a hub to a stream.
 *
 * Look it up, then try each of what is found in turn, giving each its time. The stream is
 * watched for networks that swallow all without a word. None that answers: unreachable.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>

#include "client/link_internal.h"
#include "common/base/limits.h"

#define CONNECT_MS 15000

static void try_next(struct link *link);

static void on_tcp_closed(uv_handle_t *handle)
{
	struct link *link = handle->data;

	if (link->stage == STAGE_CONNECT) {
		try_next(link);
	}
}

/* This address did not answer: on to the next one. */
static void give_up_address(struct link *link, const char *why)
{
	snprintf(link->last_error, sizeof(link->last_error), "%s", why);
	uv_timer_stop(&link->alarm);
	link->has_tcp = false;
	uv_close((uv_handle_t *)&link->tcp, on_tcp_closed);
}

static void on_connect_timeout(uv_timer_t *timer)
{
	give_up_address(timer->data, "no answer in time");
}

/*
 * A network that swallows all without a word: the session's own limits notice that (its
 * keep-alives, and how long nothing may come); the kernel, too, gives a stream up whose
 * bytes nobody confirms, so that a retry is not at the end of its patience, which is 15
 * minutes by default.
 */
static void watch_stalls(struct link *link)
{
#ifdef TCP_USER_TIMEOUT
	unsigned ms = PH_IDLE_MS;
	uv_os_fd_t fd;

	if (uv_fileno((uv_handle_t *)&link->tcp, &fd) == 0) {
		(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
	}
#endif
	(void)uv_tcp_keepalive(&link->tcp, 1, PH_KEEPALIVE_MS / 1000);
}

static void on_connected(uv_connect_t *request, int status)
{
	struct link *link = request->data;

	if (link->stage != STAGE_CONNECT || !link->has_tcp) {
		return; /* given up already */
	}
	if (status < 0) {
		give_up_address(link, uv_strerror(status));
		return;
	}
	uv_timer_stop(&link->alarm);
	uv_tcp_nodelay(&link->tcp, 1);
	watch_stalls(link);
	ph_link_talk(link);
}

static void try_next(struct link *link)
{
	struct addrinfo *address = link->next;
	unsigned ms = link->config->connect_ms ? link->config->connect_ms : CONNECT_MS;
	int rc;

	if (!address) {
		ph_link_unreachable(link, link->last_error);
		return;
	}
	link->next = address->ai_next;
	rc = uv_tcp_init(&link->loop, &link->tcp);
	if (rc < 0) {
		ph_link_unreachable(link, uv_strerror(rc));
		return;
	}
	link->tcp.data = link;
	link->has_tcp = true;
	link->connect.data = link;
	rc = uv_tcp_connect(&link->connect, &link->tcp, address->ai_addr, on_connected);
	if (rc < 0) {
		give_up_address(link, uv_strerror(rc));
		return;
	}
	uv_timer_start(&link->alarm, on_connect_timeout, ms, 0);
}

static void on_looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
	struct link *link = request->data;

	if (link->stage != STAGE_LOOKUP) {
		uv_freeaddrinfo(list);
		return;
	}
	uv_timer_stop(&link->alarm);
	if (status < 0) {
		ph_link_unreachable(link, uv_strerror(status));
		return;
	}
	link->addresses = list;
	link->next = list;
	link->stage = STAGE_CONNECT;
	try_next(link);
}

static void on_lookup_timeout(uv_timer_t *timer)
{
	ph_link_unreachable(timer->data, "its name was not found in time");
}

int ph_link_lookup(struct link *link)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_protocol = IPPROTO_TCP };
	char host[PH_HOST_MAX + 1];
	char port[PH_PORT_MAX + 1];
	unsigned ms = link->config->connect_ms ? link->config->connect_ms : CONNECT_MS;
	int rc = ph_link_split(link->config->address, host, port, link->err);

	if (rc < 0) {
		return rc;
	}
	/* numbers need no resolver, and so no threads */
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	if (getaddrinfo(host, port, &hints, &link->addresses) == 0) {
		link->next = link->addresses;
		link->stage = STAGE_CONNECT;
		try_next(link);
		return 0;
	}
	hints.ai_flags = AI_NUMERICSERV;
	link->lookup.data = link;
	rc = uv_getaddrinfo(&link->loop, &link->lookup, on_looked_up, host, port, &hints);
	if (rc == 0) {
		uv_timer_start(&link->alarm, on_lookup_timeout, ms, 0);
	}
	return rc;
}

int ph_link_answer(struct link *link)
{
	int rc = uv_tcp_init(&link->loop, &link->tcp);

	if (rc < 0) {
		return rc;
	}
	link->tcp.data = link;
	link->has_tcp = true;
	rc = uv_tcp_open(&link->tcp, link->config->fd);
	link->has_fd = rc == 0;
	if (rc == 0) {
		uv_tcp_nodelay(&link->tcp, 1);
		watch_stalls(link);
		ph_link_talk(link);
	}
	return rc;
}
