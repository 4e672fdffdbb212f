/*
 * tests/unit/test_web.c - the web layer: replies at once and later, refusals, pipelines, slow
 * clients, too many, the end.
 */
#include "tests/unit/web_room.h"

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

/* A name with a blank before its colon, or none, is read otherwise by others: what is behind is not read. */
static void test_odd_headers(void **state)
{
	static const char *const odd[] = { "Content-Length : 40\r\n",
					   "Transfer-Encoding : chunked\r\n",
					   "X(y): 1\r\n", "X\tY: 1\r\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		char text[300];
		const char *got;

		snprintf(text, sizeof(text),
			 "GET /say HTTP/1.1\r\n" HOST "%s\r\n"
			 "GET /say HTTP/1.1\r\n" HOST "\r\n",
			 odd[i]);
		got = ask(text);
		like(got, "400 {\"schema\":1,\"error\":\"header\"");
		assert_null(strstr(got, "HTTP/1.1")); /* a second answer */
	}
	like(ask("GET /say HTTP/1.1\r\n" HOST "X-!#$%&'*+.^_`|~9: 1\r\n\r\n"), "200 {}");
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
	like(ask("\x01\x02\x03 / HTTP/1.1\r\n" HOST "\r\n"), "404 ");
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
		assert_int_equal(n_wakes, i + 1);
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

#define MANY 50

static void test_limits(void **state)
{
	struct ph_web_limits limits;
	struct ph_web_counts counts;
	unsigned good = 0, limited = 0;
	int fd[MANY];

	(void)state;
	ph_web_free(web);
	ph_web_limits_init(&limits);
	limits.rate = 5;
	limits.burst = 10;
	limits.hold_ms = 0;
	limits.connections = 4;
	start(&limits);
	for (unsigned i = 0; i < 30; i++) {
		const char *got = ask("GET /own HTTP/1.1\r\n" HOST VIEWER "\r\n");

		good += strncmp(got, "200", 3) == 0;
		limited += strncmp(got, "429", 3) == 0;
	}
	assert_int_equal(good, 10);
	assert_int_equal(limited, 20);
	/* another account is not concerned, nor those without one */
	like(ask("GET /own HTTP/1.1\r\n" HOST OPERATOR "\r\n"), "200 ");
	like(ask("GET /say HTTP/1.1\r\n" HOST "\r\n"), "200 ");
	now_ms += 1000;
	like(ask("GET /own HTTP/1.1\r\n" HOST VIEWER "\r\n"), "200 ");
	ph_web_counts(web, &counts);
	assert_int_equal(counts.limited, 20);

	/* more at once than libmicrohttpd takes: then it does not listen until there is room */
	for (unsigned i = 0; i < MANY; i++) {
		fd[i] = dial();
	}
	turn();
	ph_web_counts(web, &counts);
	assert_int_equal(counts.connections, 4);
	assert_int_equal(counts.crowded, MANY - 4);
	for (unsigned i = 0; i < MANY; i++) {
		close(fd[i]);
	}
	turn();
	like(ask("GET /say HTTP/1.1\r\n" HOST OPERATOR "\r\n"), "200 ");
}

static unsigned n_of(const char *request, const char *status, unsigned times)
{
	unsigned n = 0;

	for (unsigned i = 0; i < times; i++) {
		n += strncmp(ask(request), status, strlen(status)) == 0;
	}
	return n;
}

/* Who asks without a token, for whatever it be, keeps nobody of his address from the door. */
static void test_strangers(void **state)
{
	static const char look[] = "GET /say HTTP/1.1\r\n" HOST "\r\n";
	static const char closed[] = "GET /later HTTP/1.1\r\n" HOST "\r\n";
	static const char guess[] =
		"GET /later HTTP/1.1\r\n" HOST "Authorization: Bearer x\r\n\r\n";
	static const char door[] = "POST /enter HTTP/1.1\r\n" HOST JSON
				   "Content-Length: 14\r\n\r\n{\"word\":\"yes\"}";
	static const char door_of_one[] = "POST /enter HTTP/1.1\r\n" HOST VIEWER JSON
					  "Content-Length: 14\r\n\r\n{\"word\":\"yes\"}";
	struct ph_web_limits limits;

	(void)state;
	ph_web_free(web);
	ph_web_limits_init(&limits);
	limits.rate = 5;
	limits.burst = 10;
	limits.hold_ms = 0;
	start(&limits);
	/* what takes a token: so many are told so, and guesses are among them */
	assert_int_equal(n_of(closed, "401", 8), 8);
	assert_int_equal(n_of(guess, "401", 8), 2);
	assert_int_equal(n_of(guess, "429", 8), 8);
	/* what anybody may look at is not refused, however often */
	assert_int_equal(n_of(look, "200", 40), 40);
	/* the door has tokens of its own; an account is none the better for being one */
	assert_int_equal(n_of(door, "200", 6), 6);
	assert_int_equal(n_of(door_of_one, "200", 8), 4);
	assert_int_equal(n_of(door, "429", 4), 4);
	assert_int_equal(n_of(look, "200", 4), 4);
	like(ask("GET /say HTTP/1.1\r\n" HOST VIEWER "\r\n"), "200 ");
	now_ms += 1000;
	assert_int_equal(n_of(door, "200", 8), 5);
	assert_int_equal(n_of(closed, "401", 8), 5);
}

/* A web that answers one of too many after 100 ms. */
static void start_held(unsigned connections)
{
	struct ph_web_limits limits;

	ph_web_free(web);
	ph_web_limits_init(&limits);
	limits.rate = 5;
	limits.burst = 10;
	limits.connections = connections;
	start(&limits);
}

static void send_times(int fd, const char *request, unsigned times)
{
	while (times-- > 0) {
		send_text(fd, request);
	}
}

static unsigned count_of(const char *text, const char *what)
{
	unsigned n = 0;

	for (const char *at = text; (at = strstr(at, what)) != NULL; at++) {
		n++;
	}
	return n;
}

/* Who asks without end is answered now and then, and what he sends meanwhile is not read. */
static void test_flood(void **state)
{
	static const char own[] = "GET /own HTTP/1.1\r\n" HOST VIEWER "\r\n";
	struct ph_web_counts counts;
	const char *text;
	int fd;

	(void)state;
	start_held(8);
	fd = dial();
	send_times(fd, own, 60);
	text = recv_text(fd);
	assert_int_equal(count_of(text, "HTTP/1.1 200 "), 10);
	assert_int_equal(count_of(text, "HTTP/1.1 429 "), 0);
	ph_web_counts(web, &counts);
	assert_int_equal(counts.requests, 11);
	assert_in_range(ph_web_timeout(web), 1, 100);
	/* others are served */
	like(ask("GET /own HTTP/1.1\r\n" HOST OPERATOR "\r\n"), "200 ");
	now_ms += 99;
	assert_string_equal(recv_text(fd), "");
	assert_int_equal(ph_web_timeout(web), 1);
	now_ms += 1;
	text = recv_text(fd);
	assert_int_equal(count_of(text, "HTTP/1.1 429 "), 1);
	assert_int_equal(count_of(text, "Retry-After: 1\r\n"), 1);
	ph_web_counts(web, &counts);
	assert_int_equal(counts.requests, 13);
	assert_int_equal(counts.limited, 2);
	close(fd);
	/* that he is gone is found when his time has come */
	now_ms += 100;
	turn();
	ph_web_counts(web, &counts);
	assert_int_equal(counts.connections, 0);
}

/* What anybody may look at, and what is refused before it is known who asks: not refused for it, but later. */
static void test_flood_of_looks(void **state)
{
	static const char *const asked[] = {
		"GET /say HTTP/1.1\r\n" HOST "\r\n",
		"GET /nothing HTTP/1.1\r\n" HOST "\r\n",
		"GET /say HTTP/1.1\r\nHost: evil.example\r\n\r\n",
	};
	static const char *const told[] = { "HTTP/1.1 200 ", "HTTP/1.1 404 ",
					    "HTTP/1.1 403 " };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		int fd;

		start_held(8);
		fd = dial();
		send_times(fd, asked[i], 30);
		assert_int_equal(count_of(recv_text(fd), told[i]), 10);
		for (unsigned n = 0; n < 3; n++) {
			now_ms += 100;
			assert_in_range(count_of(recv_text(fd), told[i]), 1, 2);
		}
		like(ask("GET /own HTTP/1.1\r\n" HOST VIEWER "\r\n"), "200 ");
		close(fd);
	}
}

/* So is what is refused before what else comes is read; each has a connection of its own. */
static void test_flood_of_bodies(void **state)
{
	static const char *const asked[] = {
		"GET /say HTTP/1.1\r\n" HOST "X(y): 1\r\n\r\n",
		"POST /say HTTP/1.1\r\n" HOST OPERATOR JSON
		"Content-Length : 4\r\nContent-Length: 2\r\n\r\n{}",
		"POST /say HTTP/1.1\r\n" HOST OPERATOR JSON
		"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"POST /say HTTP/1.1\r\n" HOST OPERATOR JSON
		"Content-Length: 131073\r\n\r\n",
	};
	static const char *const told[] = { "400 ", "400 ", "411 ", "413 " };
	struct ph_web_counts counts;
	const char *text;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		int late, gone;

		start_held(8);
		for (unsigned n = 0; n < 10; n++) {
			like(ask(asked[i]), told[i]);
		}
		late = dial();
		send_text(late, asked[i]);
		gone = dial();
		send_text(gone, asked[i]);
		assert_string_equal(recv_text(late), "");
		close(gone);
		now_ms += 99;
		assert_string_equal(recv_text(late), "");
		now_ms += 1;
		text = recv_text(late);
		assert_int_equal(count_of(text, "HTTP/1.1 "), 1);
		like(text + strlen("HTTP/1.1 "), told[i]);
		close(late);
		now_ms += 100;
		turn();
		ph_web_counts(web, &counts);
		assert_int_equal(counts.connections, 0);
		like(ask("GET /own HTTP/1.1\r\n" HOST VIEWER "\r\n"), "200 ");
	}
}

/* Those who wait for their time make room, and end with the rest. */
static void test_flood_ends(void **state)
{
	static const char own[] = "GET /own HTTP/1.1\r\n" HOST VIEWER "\r\n";
	struct ph_web_counts counts;
	int idle, fd[4];

	(void)state;
	start_held(4);
	idle = dial();
	turn();
	now_ms += 10;
	for (unsigned i = 0; i < 3; i++) {
		fd[i] = dial();
		send_times(fd[i], own, 12);
	}
	like(ask("GET /own HTTP/1.1\r\n" HOST OPERATOR "\r\n"), "200 ");
	like(ask("GET /own HTTP/1.1\r\n" HOST OPERATOR "\r\n"), "200 ");
	fd[3] = dial();
	turn();
	assert_true(is_ended(fd[0]));
	assert_false(is_ended(idle));
	ph_web_stop(web);
	for (unsigned i = 1; i < 3; i++) {
		assert_true(is_ended(fd[i]));
	}
	ph_web_counts(web, &counts);
	assert_int_equal(counts.connections, 0);
	assert_int_equal(ph_web_waiting(web), 0);
	for (unsigned i = 0; i < 4; i++) {
		close(fd[i]);
	}
	close(idle);
}

/* Who is full of others' connections takes one more: the oldest that brings nothing makes room. */
static void test_room(void **state)
{
	struct ph_web_limits limits;
	struct ph_web_counts counts;
	int half[4], waits, deaf;

	(void)state;
	ph_web_free(web);
	ph_web_limits_init(&limits);
	limits.connections = 4;
	start(&limits);
	for (unsigned i = 0; i < 4; i++) {
		half[i] = dial();
		send_text(half[i], "GET /say HTTP/1.1\r\nHost: ");
		now_ms += 10;
	}
	like(ask("GET /say HTTP/1.1\r\n" HOST OPERATOR "\r\n"), "200 ");
	assert_true(is_ended(half[0]));
	assert_false(is_ended(half[1]));
	half[0] = dial();
	send_text(half[0], "G");

	/* not one that waits for us, nor one that has just begun to take its answer */
	waits = dial();
	send_text(waits, "GET /later HTTP/1.1\r\n" HOST VIEWER "\r\n");
	deaf = dial();
	send_text(deaf, "GET /big?n=2000000 HTTP/1.1\r\n" HOST VIEWER "\r\n");
	for (unsigned i = 0; i < 4; i++) {
		now_ms += 10;
		like(ask("GET /say HTTP/1.1\r\n" HOST OPERATOR "\r\n"), "200 ");
	}
	assert_false(is_ended(waits));
	assert_int_equal(ph_web_waiting(web), 2);
	ph_web_reply_json(later[0], 200, json_object());
	assert_non_null(strstr(recv_text(waits), "200 "));
	ph_web_counts(web, &counts);
	assert_int_equal(counts.slow, 0);
	assert_true(counts.connections <= 4);
	for (unsigned i = 0; i < 4; i++) {
		close(half[i]);
	}
	close(waits);
	close(deaf);
}

/* More come at once than libmicrohttpd takes, so that it does not listen, and all leave again, soon or late. */
static void test_rush(void **state)
{
	struct ph_web_limits limits;
	int fd[MANY];

	(void)state;
	ph_web_free(web);
	ph_web_limits_init(&limits);
	limits.connections = 4;
	start(&limits);
	for (unsigned runs = 0; runs < 12; runs++) {
		for (unsigned i = 0; i < MANY; i++) {
			fd[i] = dial();
		}
		for (unsigned i = 0; i < runs; i++) {
			ph_web_run(web);
		}
		for (unsigned i = 0; i < MANY; i++) {
			close(fd[i]);
		}
		turn();
		like(ask("GET /say HTTP/1.1\r\n" HOST OPERATOR "\r\n"), "200 ");
	}
}

/* All that are held take answers and do not read: the oldest goes once it has had its time. */
static void test_room_deaf(void **state)
{
	struct ph_web_limits limits;
	int deaf[4];

	(void)state;
	ph_web_free(web);
	ph_web_limits_init(&limits);
	limits.connections = 4;
	start(&limits);
	for (unsigned i = 0; i < 4; i++) {
		deaf[i] = dial();
		send_text(deaf[i], "GET /big?n=2000000 HTTP/1.1\r\n" HOST VIEWER "\r\n");
		now_ms += 10;
	}
	assert_int_equal(ph_web_waiting(web), 4);
	like(ask("GET /say HTTP/1.1\r\n" HOST OPERATOR "\r\n"), "");
	assert_int_equal(ph_web_waiting(web), 4);
	now_ms += 2000;
	like(ask("GET /say HTTP/1.1\r\n" HOST OPERATOR "\r\n"), "200 ");
	assert_int_equal(ph_web_waiting(web), 3);
	for (unsigned i = 0; i < 4; i++) {
		close(deaf[i]);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE(test_replies),        LIVE(test_odd_headers),
		LIVE(test_bodies),         LIVE(test_pipeline),
		LIVE(test_later),          LIVE(test_slow),
		LIVE(test_untaken),        LIVE(test_limits),
		LIVE(test_strangers),      LIVE(test_room),
		LIVE(test_room_deaf),      LIVE(test_rush),
		LIVE(test_stop),           LIVE(test_flood),
		LIVE(test_flood_of_looks), LIVE(test_flood_of_bodies),
		LIVE(test_flood_ends),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
