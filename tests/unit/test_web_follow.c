/* tests/unit/test_web_follow.c - those who follow events: that read, hang up, or never read. */
#include "tests/unit/web_room.h"

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
	/* one that hung up is found in a second; the other ends in the end */
	close(again);
	now_ms += 1000;
	turn();
	ph_web_counts(web, &counts);
	assert_int_equal(counts.followers, 1);
	now_ms += 15 * 60 * 1000;
	assert_non_null(strstr(recv_text(fd), "0\r\n\r\n"));
	assert_true(ph_web_is_followed(web)); /* may come again */
	now_ms += 60001;
	assert_false(ph_web_is_followed(web));
	close(fd);
	like(strstr(ask("GET /events HTTP/1.1\r\n" HOST VIEWER
			"Last-Event-ID: 2\r\n\r\n"),
		    "event: "),
	     "event: gap");
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

static void restart(unsigned followers, unsigned per_account)
{
	struct ph_web_limits limits;

	ph_web_free(web);
	ph_web_limits_init(&limits);
	limits.followers = followers;
	limits.per_account = per_account;
	limits.rate = limits.burst = 1000;
	start(&limits);
}

/* A page that is loaded again and again has the place of the one that was closed, at once. */
static void test_reload(void **state)
{
	struct ph_web_counts counts;
	int other, last[4];

	(void)state;
	restart(3, 2);
	other = dial();
	send_text(other, "GET /events HTTP/1.1\r\n" HOST OPERATOR "\r\n");
	like(recv_text(other), "HTTP/1.1 200 ");
	for (unsigned i = 0; i < 20; i++) {
		int fd = dial();

		send_text(fd, "GET /events HTTP/1.1\r\n" HOST VIEWER "\r\n");
		like(recv_text(fd), "HTTP/1.1 200 ");
		close(fd);
	}
	/* the same of pages that only say that they send no more */
	for (unsigned i = 0; i < 4; i++) {
		last[i] = dial();
		send_text(last[i], "GET /events HTTP/1.1\r\n" HOST VIEWER "\r\n");
		like(recv_text(last[i]), "HTTP/1.1 200 ");
		(void)shutdown(last[i], SHUT_WR);
	}
	/* who is there keeps his place */
	ph_web_event(web, "entries", json_pack("{s:i}", "n", 3));
	assert_non_null(strstr(recv_text(other), "event: entries"));
	now_ms += 1000;
	turn();
	ph_web_counts(web, &counts);
	assert_int_equal(counts.followers, 1);
	assert_int_equal(counts.limited, 0);
	for (unsigned i = 0; i < 4; i++) {
		close(last[i]);
	}
	close(other);
}

/* Who follows with a token that is taken away is told nothing more; others are. */
static void test_taken_away(void **state)
{
	int fd = dial();
	int other = dial();

	(void)state;
	send_text(fd, "GET /events HTTP/1.1\r\n" HOST VIEWER "\r\n");
	like(recv_text(fd), "HTTP/1.1 200 ");
	send_text(other, "GET /events HTTP/1.1\r\n" HOST OPERATOR "\r\n");
	like(recv_text(other), "HTTP/1.1 200 ");
	taken_away = "viewer";
	now_ms += 1000;
	{
		const char *text = recv_text(fd);

		assert_non_null(strstr(text, "0\r\n\r\n"));
		assert_null(strstr(text, "event: "));
	}
	ph_web_event(web, "entries", json_pack("{s:i}", "n", 3));
	assert_non_null(strstr(recv_text(other), "event: entries"));
	taken_away = NULL;
	close(fd);
	close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE(test_follow), LIVE(test_deaf),       LIVE(test_crowd),
		LIVE(test_reload), LIVE(test_taken_away),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
