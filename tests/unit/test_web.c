/*
 * tests/unit/test_web.c - the web layer with a real socket and a loop of its own: replies at
 * once and later, refusals, pipelines, slow clients, followers that read and that do not.
 *
 * Client and server are one thread: what a client waits for, the server is run for. Time is
 * the test's own.
 */
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
};
static const char *const hosts[] = { "localhost" };

static struct ph_web *web;
static struct ph_web_call *later[8];
static unsigned n_later;
static uint64_t now_ms;
static struct sockaddr_in address;

static uint64_t now(void *data)
{
	(void)data;
	return now_ms;
}

static int who(void *data, struct ph_view bearer, unsigned *role, char *name)
{
	(void)data;
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
	n_later = 0;
	assert_int_equal(ph_web_start(&web,
				      &(struct ph_web_config){ .fd = fd,
							       .routes = routes,
							       .n_routes = 5,
							       .hosts = hosts,
							       .n_hosts = 1,
							       .limits = *limits,
							       .rng = ph_rng_system,
							       .first_event = 1,
							       .now = now,
							       .who = who,
							       .handle = handle },
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
	struct pollfd poll_fd = { .fd = ph_web_fd(web), .events = POLLIN };

	for (unsigned i = 0; i < 200; i++) {
		int timeout = ph_web_timeout(web);

		if (poll(&poll_fd, 1, 2) == 0 && timeout != 0 && i > 0) {
			return;
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
static bool is_ended(int fd)
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

static void test_replies(void **state)
{
	(void)state;
	like(ask("GET /say?word=xin+ch%C3%A0o HTTP/1.1\r\n" HOST "\r\n"),
	     "200 {\"word\":\"xin chào\"}");
	like(ask("GET /say HTTP/1.0\r\n" HOST "\r\n"), "200 {}");
	like(ask("POST /say HTTP/1.1\r\n" HOST OPERATOR JSON
		 "Content-Length: 14\r\n\r\n{\"word\":\"yes\"}"),
	     "200 {\"word\":\"yes\"}");
	like(ask("GET /nothing HTTP/1.1\r\n" HOST "\r\n"),
	     "404 {\"schema\":1,\"error\":\"not-found\"");
	like(ask("GET /later HTTP/1.1\r\n" HOST "\r\n"),
	     "401 {\"schema\":1,\"error\":\"token\"");
	like(ask("GET /later HTTP/1.1\r\n" HOST "Authorization: Bearer x\r\n\r\n"),
	     "401 {\"schema\":1,\"error\":\"token\"");
	like(ask("POST /say HTTP/1.1\r\n" HOST VIEWER JSON
		 "Content-Length: 14\r\n\r\n{\"word\":\"yes\"}"),
	     "403 {\"schema\":1,\"error\":\"role\"");
	like(ask("GET /say HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
	     "403 {\"schema\":1,\"error\":\"host\"");
	like(ask("POST /say HTTP/1.1\r\n" HOST OPERATOR JSON
		 "Content-Length: 9\r\n\r\n{\"word\":1"),
	     "400 {\"schema\":1,\"error\":\"json\"");
}

/* What libmicrohttpd refuses by itself, and bodies whose length is in doubt. */
static void test_bodies(void **state)
{
	char big[300];

	(void)state;
	like(ask("POST /say HTTP/1.1\r\n" HOST OPERATOR JSON
		 "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
	     "411 {\"schema\":1,\"error\":\"length\"");
	like(ask("POST /say HTTP/1.1\r\n" HOST OPERATOR JSON
		 "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
		 "2\r\n{}\r\n0\r\n\r\n"),
	     "411 {\"schema\":1,\"error\":\"length\"");
	like(ask("POST /say HTTP/1.1\r\n" HOST OPERATOR JSON
		 "Content-Length: 131073\r\n\r\n"),
	     "413 {\"schema\":1,\"error\":\"size\"");
	like(ask("POST /say HTTP/1.1\r\n" HOST OPERATOR JSON
		 "Content-Length: -1\r\n\r\n{}"),
	     "400 ");
	like(ask("GET /say HTTP/1.1\r\n" HOST HOST "\r\n"),
	     "400 {\"schema\":1,\"error\":\"twice\"");
	like(ask("GET /say HTTP/1.1\r\n\r\n"), "400 ");
	like(ask("\x01\x02\x03 / HTTP/1.1\r\n" HOST "\r\n"), "415 ");
	memset(big, 'a', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	{
		int fd = dial();
		char line[400];

		send_text(fd, "GET /say HTTP/1.1\r\n" HOST);
		snprintf(line, sizeof(line), "X: %s\r\n", big);
		for (unsigned i = 0; i < 100; i++) {
			if (send(fd, line, strlen(line), MSG_NOSIGNAL) < 0) {
				break;
			}
			turn();
		}
		like(recv_text(fd), "HTTP/1.1 431 ");
		close(fd);
	}
}

/* A refused body is read, so the connection goes on; pipelined requests are answered in order. */
static void test_pipeline(void **state)
{
	int fd = dial();
	const char *text, *second;

	(void)state;
	send_text(fd, "POST /say HTTP/1.1\r\n" HOST VIEWER JSON
		      "Content-Length: 14\r\n\r\n{\"word\":\"no!\"}"
		      "GET /say?word=1 HTTP/1.1\r\n" HOST "\r\n"
		      "GET /say?word=2 HTTP/1.1\r\n" HOST "\r\n");
	text = recv_text(fd);
	like(text, "HTTP/1.1 403 ");
	second = strstr(text, "{\"word\":\"1\"}");
	assert_non_null(second);
	assert_non_null(strstr(second, "{\"word\":\"2\"}"));
	assert_null(strstr(text, "no!"));
	close(fd);
	turn();
}

static void test_later(void **state)
{
	struct ph_buf body = { 0 };
	int fd = dial();
	int gone = dial();

	(void)state;
	send_text(fd, "GET /later HTTP/1.1\r\n" HOST VIEWER "\r\n"
		      "GET /say?word=next HTTP/1.1\r\n" HOST "\r\n");
	send_text(gone, "GET /later HTTP/1.1\r\n" HOST VIEWER "\r\n");
	assert_int_equal(n_later, 2);
	assert_int_equal(ph_web_waiting(web), 2);
	assert_string_equal(recv_text(fd), "");
	now_ms += 600000; /* the store may take its time */
	turn();
	close(gone);
	turn();
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(ph_buf_put(&body, "done", 4), 0);
		ph_web_reply(later[i], 200, "text/plain", &body);
	}
	{
		const char *text = recv_text(fd);

		like(text, "HTTP/1.1 200 ");
		assert_non_null(strstr(text, "done"));
		assert_non_null(strstr(text, "{\"word\":\"next\"}"));
	}
	close(fd);
	turn();
	assert_int_equal(ph_web_waiting(web), 0);
}

static void test_slow(void **state)
{
	static const char drip[] = "GET /say HTTP/1.1\r\nHost: localhost\r\n";
	struct ph_web_counts counts;
	int fd = dial();
	int idle = dial();
	int body = dial();
	size_t at = 0;

	(void)state;
	turn();
	send_text(body, "POST /say HTTP/1.1\r\n" HOST OPERATOR JSON
			"Content-Length: 100\r\n\r\n{");
	/* a byte a second is not enough */
	while (at < sizeof(drip) - 1 && !is_ended(fd)) {
		(void)send(fd, drip + at++, 1, MSG_NOSIGNAL);
		now_ms += 1000;
		turn();
	}
	assert_in_range(at, 14, 19);
	assert_true(is_ended(fd));
	assert_true(is_ended(idle));
	assert_true(is_ended(body));
	ph_web_counts(web, &counts);
	assert_int_equal(counts.connections, 0);
	assert_true(counts.slow >= 1);
	close(fd);
	close(idle);
	close(body);
}

/* An answer that nobody takes: its connection ends, its bytes are let go of. */
static void test_untaken(void **state)
{
	struct ph_web_limits limits;
	struct ph_web_counts counts;
	int fd, other, size = 4096;

	(void)state;
	ph_web_free(web);
	ph_web_limits_init(&limits);
	limits.answers = 3000000;
	start(&limits);
	fd = dial();
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	send_text(fd, "GET /big?n=4000000 HTTP/1.1\r\n" HOST VIEWER "\r\n");
	like(ask("GET /say HTTP/1.1\r\n" HOST "\r\n"),
	     "503 {\"schema\":1,\"error\":\"busy\"");
	other = dial();
	send_text(other, "GET /say HTTP/1.1\r\n" HOST "\r\n");
	assert_non_null(strstr(recv_text(other), "Retry-After: 5\r\n"));
	close(other);
	now_ms += 200000;
	turn();
	ph_web_counts(web, &counts);
	assert_int_equal(counts.connections, 1);
	now_ms += 80000;
	turn();
	ph_web_counts(web, &counts);
	assert_int_equal(counts.connections, 0);
	assert_int_equal(counts.slow, 1);
	assert_int_equal(counts.busy, 2);
	like(ask("GET /say HTTP/1.1\r\n" HOST "\r\n"), "200 ");
	close(fd);
}

static void test_limits(void **state)
{
	struct ph_web_limits limits;
	struct ph_web_counts counts;
	unsigned good = 0, limited = 0;
	int fd[6];

	(void)state;
	ph_web_free(web);
	ph_web_limits_init(&limits);
	limits.rate = 5;
	limits.burst = 10;
	limits.connections = 4;
	start(&limits);
	for (unsigned i = 0; i < 30; i++) {
		const char *got = ask("GET /say HTTP/1.1\r\n" HOST VIEWER "\r\n");

		good += strncmp(got, "200", 3) == 0;
		limited += strncmp(got, "429", 3) == 0;
	}
	assert_int_equal(good, 10);
	assert_int_equal(limited, 20);
	/* another account is not concerned, nor those without one */
	like(ask("GET /say HTTP/1.1\r\n" HOST OPERATOR "\r\n"), "200 ");
	like(ask("GET /say HTTP/1.1\r\n" HOST "\r\n"), "200 ");
	now_ms += 1000;
	like(ask("GET /say HTTP/1.1\r\n" HOST VIEWER "\r\n"), "200 ");
	ph_web_counts(web, &counts);
	assert_int_equal(counts.limited, 20);

	for (unsigned i = 0; i < 6; i++) {
		fd[i] = dial();
		turn();
	}
	ph_web_counts(web, &counts);
	assert_int_equal(counts.connections, 4);
	for (unsigned i = 0; i < 6; i++) {
		close(fd[i]);
	}
	turn();
	like(ask("GET /say HTTP/1.1\r\n" HOST OPERATOR "\r\n"), "200 ");
}

static void test_follow(void **state)
{
	struct ph_web_counts counts;
	int fd = dial();
	int again = dial();

	(void)state;
	send_text(fd, "GET /events HTTP/1.1\r\n" HOST VIEWER "\r\n");
	{
		const char *text = recv_text(fd);

		like(text, "HTTP/1.1 200 ");
		assert_non_null(strstr(text, "text/event-stream"));
		assert_non_null(strstr(text, "retry: 5000"));
	}
	assert_true(ph_web_is_followed(web));
	ph_web_event(web, "entries", json_pack("{s:i}", "n", 3));
	assert_non_null(
		strstr(recv_text(fd), "id: 1\nevent: entries\ndata: {\"n\":3}\n\n"));
	ph_web_event(web, "entries", json_pack("{s:i}", "n", 4));
	assert_non_null(
		strstr(recv_text(fd), "id: 2\nevent: entries\ndata: {\"n\":4}\n\n"));
	send_text(again,
		  "GET /events HTTP/1.1\r\n" HOST VIEWER "Last-Event-ID: 1\r\n\r\n");
	{
		const char *text = recv_text(again);

		assert_non_null(strstr(text, "id: 2\nevent: entries\n"));
		assert_null(strstr(text, "id: 1\n"));
		assert_null(strstr(text, "gap"));
	}
	now_ms += 16000;
	assert_non_null(strstr(recv_text(fd), ": still here"));
	now_ms += 16000;
	assert_non_null(strstr(recv_text(fd), ": still here"));
	/* one that hung up is found by that; the other ends in the end */
	close(again);
	turn();
	now_ms += 16000;
	turn();
	now_ms += 16000;
	turn();
	ph_web_counts(web, &counts);
	assert_int_equal(counts.followers, 1);
	now_ms += 15 * 60 * 1000;
	assert_non_null(strstr(recv_text(fd), "0\r\n\r\n"));
	assert_false(ph_web_is_followed(web));
	close(fd);
}

/* One that never reads is dropped, and costs no more than the ring meanwhile. */
static void test_deaf(void **state)
{
	struct ph_web_counts counts;
	char text[10001];
	int fd = dial();
	int size = 4096;
	unsigned n = 0;

	(void)state;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	memset(text, 'x', 10000);
	text[10000] = '\0';
	send_text(fd, "GET /events HTTP/1.1\r\n" HOST VIEWER "\r\n");
	do {
		ph_web_event(web, "entries", json_pack("{s:s}", "x", text));
		turn();
		now_ms += 100;
		ph_web_counts(web, &counts);
	} while (counts.followers > 0 && ++n < 3000);
	assert_true(n < 3000);
	assert_int_equal(counts.deaf, 1);
	assert_int_equal(counts.connections, 0);
	close(fd);
}

static void test_crowd(void **state)
{
	struct ph_web_limits limits;
	int fd[4];

	(void)state;
	ph_web_free(web);
	ph_web_limits_init(&limits);
	limits.followers = 3;
	limits.per_account = 2;
	start(&limits);
	for (unsigned i = 0; i < 4; i++) {
		fd[i] = dial();
		send_text(fd[i], i < 3 ? "GET /events HTTP/1.1\r\n" HOST VIEWER "\r\n"
				       : "GET /events HTTP/1.1\r\n" HOST OPERATOR "\r\n");
		like(recv_text(fd[i]), i == 2 ? "HTTP/1.1 429 " : "HTTP/1.1 200 ");
	}
	like(ask("GET /events HTTP/1.1\r\n" HOST OPERATOR "\r\n"), "429 ");
	for (unsigned i = 0; i < 4; i++) {
		close(fd[i]);
	}
}

/* The end: followers are told, nobody new comes in, what waits is still answered. */
static void test_stop(void **state)
{
	struct ph_buf body = { 0 };
	int fd = dial();
	int waits = dial();
	int idle = dial();
	int late;

	(void)state;
	send_text(fd, "GET /events HTTP/1.1\r\n" HOST VIEWER "\r\n");
	send_text(waits, "GET /later HTTP/1.1\r\n" HOST VIEWER "\r\n");
	(void)recv_text(fd);
	ph_web_stop(web);
	assert_non_null(strstr(recv_text(fd), "0\r\n\r\n"));
	assert_true(is_ended(idle));
	late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(late, (struct sockaddr *)&address, sizeof(address)), -1);
	assert_int_equal(ph_web_waiting(web), 1);
	assert_int_equal(ph_buf_put(&body, "done", 4), 0);
	ph_web_reply(later[0], 200, "text/plain", &body);
	assert_non_null(strstr(recv_text(waits), "done"));
	assert_int_equal(ph_web_waiting(web), 0);
	close(fd);
	close(waits);
	close(idle);
	close(late);
}

#define LIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE(test_replies), LIVE(test_bodies), LIVE(test_pipeline),
		LIVE(test_later),   LIVE(test_slow),   LIVE(test_untaken),
		LIVE(test_limits),  LIVE(test_follow), LIVE(test_deaf),
		LIVE(test_crowd),   LIVE(test_stop),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
