/*
 * tests/unit/web_room.h - a web on a real socket, its routes, a clock of the test's own, and
 * clients. Both are one thread: what a client waits for, the server is run for.
 */
#ifndef PH_TESTS_WEB_ROOM_H
#define PH_TESTS_WEB_ROOM_H

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/web/web.h"

enum {
	SAY = 1,
	LATER,
	FOLLOW,
	BIG
};

static const struct ph_web_route routes[] = {
	{ "GET", "/say", PH_WEB_ANYBODY, NULL, SAY, "word", "at once" },
	{ "POST", "/say", PH_WEB_OPERATOR, NULL, SAY, "word! more", "a change" },
	{ "GET", "/later", PH_WEB_VIEWER, NULL, LATER, NULL, "when it is done" },
	{ "GET", "/events", PH_WEB_VIEWER, NULL, FOLLOW, NULL, "events" },
	{ "GET", "/big", PH_WEB_VIEWER, NULL, BIG, "n:int!", "many bytes" },
	{ "GET", "/own", PH_WEB_VIEWER, NULL, SAY, NULL, "of an account" },
	{ "POST", "/enter", PH_WEB_ANYBODY, NULL, SAY, "word!", "a door" },
};
static const char *const hosts[] = { "localhost" };

static struct ph_web *web;
static struct ph_web_call *later[8];
static unsigned n_later, n_wakes;
static const char *taken_away; /* a token that was good */
static uint64_t now_ms;
static struct sockaddr_in address;

static uint64_t now(void *data)
{
	(void)data;
	return now_ms;
}

static int who(void *data, struct ph_view bearer, const struct ph_web_route *route,
	       unsigned *role, char *name)
{
	(void)data;
	assert_non_null(route);
	if (taken_away && ph_view_equal(bearer, ph_view_str(taken_away))) {
		return -EACCES;
	}
	*role = ph_view_equal(bearer, ph_view_str("viewer"))     ? PH_WEB_VIEWER
		: ph_view_equal(bearer, ph_view_str("operator")) ? PH_WEB_OPERATOR
								 : PH_WEB_ANYBODY;
	snprintf(name, PH_WEB_NAME_SIZE, "%.*s", (int)bearer.len, bearer.data);
	return *role ? 0 : -EACCES;
}

static void handle(void *data, struct ph_web_call *call)
{
	struct ph_buf body = { 0 };

	(void)data;
	switch (ph_web_call_route(call)->action) {
	case SAY:
		ph_web_reply_json(call, 200, json_incref(ph_web_call_request(call)));
		break;
	case LATER:
		later[n_later++] = call;
		break;
	case FOLLOW:
		ph_web_follow(call);
		break;
	default:
		for (json_int_t n = json_integer_value(
			     json_object_get(ph_web_call_request(call), "n"));
		     n > 0; n--) {
			assert_int_equal(ph_buf_put_u8(&body, 'x'), 0);
		}
		ph_web_reply(call, 200, "text/plain", &body);
	}
}

static void wake(void *data)
{
	(void)data;
	assert_true(!web || ph_web_timeout(web) == 0);
	n_wakes++;
}

static void start(const struct ph_web_limits *limits)
{
	struct ph_error err = { 0 };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	address = (struct sockaddr_in){ .sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	now_ms = 1000000;
	n_later = n_wakes = 0;
	assert_int_equal(
		ph_web_start(&web,
			     &(struct ph_web_config){ .fd = fd,
						      .routes = routes,
						      .n_routes = sizeof(routes) /
								  sizeof(routes[0]),
						      .hosts = hosts,
						      .n_hosts = 1,
						      .limits = *limits,
						      .rng = ph_rng_system,
						      .first_event = 1,
						      .now = now,
						      .who = who,
						      .handle = handle,
						      .wake = wake },
			     &err),
		0);
}

static int setup(void **state)
{
	struct ph_web_limits limits;

	(void)state;
	ph_web_limits_init(&limits);
	limits.rate = 1000;
	limits.burst = 1000;
	start(&limits);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ph_web_free(web);
	web = NULL;
	return 0;
}

/* Let the server do all that it can do now. */
static void turn(void)
{
	bool is_late = false;
	struct pollfd poll_fd = { .fd = ph_web_fd(web), .events = POLLIN };

	for (unsigned i = 0; i < 200; i++) {
		int timeout = ph_web_timeout(web);

		if (poll(&poll_fd, 1, 2) == 0 && timeout != 0) {
			if (is_late || timeout < 0) {
				return;
			}
			is_late = true; /* as if the timeout had passed, once */
		}
		ph_web_run(web);
	}
}

static int dial(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void send_text(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	turn();
}

/* What there is to read now; "" behind the end. */
static const char *recv_text(int fd)
{
	static char text[65536];
	ssize_t n;
	size_t len = 0;

	do {
		turn();
		n = recv(fd, text + len, sizeof(text) - 1 - len, MSG_DONTWAIT);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	text[len] = '\0';
	return text;
}

/* Whether the server has ended it; what was still to be read is passed over. */
static inline bool is_ended(int fd)
{
	char text[4096];
	ssize_t n;

	turn();
	while ((n = recv(fd, text, sizeof(text), MSG_DONTWAIT)) > 0) {
	}
	return n == 0 || errno == ECONNRESET;
}

/* One request on a connection of its own; "STATUS body". */
static const char *ask(const char *text)
{
	static char out[65536];
	int fd = dial();
	const char *reply, *body;

	send_text(fd, text);
	reply = recv_text(fd);
	body = strstr(reply, "\r\n\r\n");
	if (body && body[4] == '{') { /* else it is libmicrohttpd's */
		assert_non_null(strstr(reply, "Cache-Control: no-store\r\n"));
		assert_non_null(strstr(reply, "X-Content-Type-Options: nosniff\r\n"));
		assert_non_null(strstr(reply,
				       "Content-Security-Policy: default-src 'none'; "
				       "frame-ancestors 'none'\r\n"));
	}
	snprintf(out, sizeof(out), "%.3s %s", reply + 9, body ? body + 4 : "(none)");
	close(fd);
	turn();
	return out;
}

#define HOST     "Host: localhost\r\n"
#define VIEWER   "Authorization: Bearer viewer\r\n"
#define OPERATOR "Authorization: Bearer operator\r\n"
#define JSON     "Content-Type: application/json\r\n"

static void like(const char *got, const char *begin)
{
	if (strncmp(got, begin, strlen(begin)) != 0) {
		fail_msg("\"%.300s\" does not begin with \"%s\"", got, begin);
	}
}

#define LIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
