/*
 * client/dial.c - look up, then connect: an address that does not answer in time, or says
 * no, makes room for the next; when none is left, the last one's reason is told.
 */
#include "client/dial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/link_internal.h"
#include "common/cli/out.h"

static void try_next(struct ph_dial *dial);

static void finish(struct ph_dial *dial, const char *why)
{
	if (!dial->is_over) {
		dial->is_over = true;
		uv_timer_stop(&dial->alarm);
		dial->done(dial->data, why);
	}
}

/* What the system says, in the language that is spoken; its own words where it is rare. */
static const char *words_of(int rc)
{
	switch (rc) {
	case UV_ECONNREFUSED:
		return ph_say(uv_strerror(rc), "không có chương trình nào nhận ở đó");
	case UV_ENETUNREACH:
	case UV_EHOSTUNREACH:
		return ph_say(uv_strerror(rc), "không có đường mạng tới đó");
	case UV_ETIMEDOUT:
		return ph_say(uv_strerror(rc), "không trả lời kịp");
	case UV_EAI_AGAIN:
	case UV_EAI_NONAME:
	case UV_EAI_NODATA:
		return ph_say(uv_strerror(rc), "không tìm thấy tên máy này");
	default:
		return uv_strerror(rc);
	}
}

static unsigned patience(const struct ph_dial *dial)
{
	return dial->ms ? dial->ms : PH_DIAL_MS;
}

static void on_tcp_closed(uv_handle_t *handle)
{
	struct ph_dial *dial = handle->data;

	if (!dial->is_over) {
		try_next(dial);
	}
}

/* This address did not answer: on to the next one. */
static void give_up_address(struct ph_dial *dial, const char *why)
{
	snprintf(dial->last_error, sizeof(dial->last_error), "%s", why);
	uv_timer_stop(&dial->alarm);
	dial->has_tcp = false;
	uv_close((uv_handle_t *)dial->tcp, on_tcp_closed);
}

static void on_connect_timeout(uv_timer_t *timer)
{
	give_up_address(timer->data, ph_say("no answer in time", "không trả lời kịp"));
}

static void on_connected(uv_connect_t *request, int status)
{
	struct ph_dial *dial = request->data;

	if (dial->is_over || !dial->has_tcp) {
		return; /* given up already */
	}
	if (status < 0) {
		give_up_address(dial, words_of(status));
		return;
	}
	finish(dial, NULL);
}

static void try_next(struct ph_dial *dial)
{
	struct addrinfo *address = dial->next;
	int rc;

	if (!address) {
		finish(dial, dial->last_error);
		return;
	}
	dial->next = address->ai_next;
	rc = uv_tcp_init(dial->loop, dial->tcp);
	if (rc < 0) {
		finish(dial, words_of(rc));
		return;
	}
	dial->tcp->data = dial;
	dial->has_tcp = true;
	dial->connect.data = dial;
	rc = uv_tcp_connect(&dial->connect, dial->tcp, address->ai_addr, on_connected);
	if (rc < 0) {
		give_up_address(dial, words_of(rc));
		return;
	}
	uv_timer_start(&dial->alarm, on_connect_timeout, patience(dial), 0);
}

static void on_looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
	struct ph_dial *dial = request->data;

	dial->is_looking = false;
	if (dial->is_over) {
		uv_freeaddrinfo(list);
		return;
	}
	uv_timer_stop(&dial->alarm);
	if (status < 0) {
		finish(dial, words_of(status));
		return;
	}
	dial->addresses = list;
	dial->next = list;
	try_next(dial);
}

static void on_lookup_timeout(uv_timer_t *timer)
{
	finish(timer->data,
	       ph_say("its name was not found in time", "không tìm kịp tên của nó"));
}

int ph_dial_start(struct ph_dial *dial, const char *address, struct ph_error *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_protocol = IPPROTO_TCP };
	char host[PH_HOST_MAX + 1];
	char port[PH_PORT_MAX + 1];
	int rc;

	uv_timer_init(dial->loop, &dial->alarm);
	dial->alarm.data = dial;
	rc = ph_link_split(address, host, port, err);
	if (rc < 0) {
		return rc;
	}
	/* numbers need no resolver, and so no threads */
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	if (getaddrinfo(host, port, &hints, &dial->addresses) == 0) {
		dial->next = dial->addresses;
		try_next(dial);
		return 0;
	}
	hints.ai_flags = AI_NUMERICSERV;
	dial->lookup.data = dial;
	rc = uv_getaddrinfo(dial->loop, &dial->lookup, on_looked_up, host, port, &hints);
	if (rc == 0) {
		dial->is_looking = true;
		uv_timer_start(&dial->alarm, on_lookup_timeout, patience(dial), 0);
	}
	return rc;
}

void ph_dial_end(struct ph_dial *dial)
{
	bool was_connected = dial->is_over && dial->has_tcp;

	dial->is_over = true;
	if (dial->is_looking) {
		(void)uv_cancel((uv_req_t *)&dial->lookup);
	}
	if (dial->has_tcp && !was_connected) {
		dial->has_tcp = false;
		uv_close((uv_handle_t *)dial->tcp, NULL);
	}
	uv_close((uv_handle_t *)&dial->alarm, NULL);
}

void ph_dial_deinit(struct ph_dial *dial)
{
	if (dial->addresses) {
		uv_freeaddrinfo(dial->addresses);
		dial->addresses = NULL;
	}
}
