/*
 * Tests of client/wire.c: a job that is done in pieces, over a real socket. The courier at the
 * other end has a time of its own, by which it asks in the middle whether anybody is there.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/wire.h"
#include "common/base/limits.h"
#include "tests/unit/courier_pair.h"

#define PIECES_MAX 1000

struct line {
	struct pair pair;
	uv_loop_t loop;
	struct ph_wire wire;
	uv_poll_t poll; /* of the courier */
	int fd;
	unsigned pieces;    /* of NEXT so far */
	bool is_asked;      /* the courier has sent PING */
	bool is_answered;   /* and something came back, while NEXT was under way */
	bool is_under_way;  /* NEXT */
	unsigned cut_piece; /* at which the courier is gone; 0: never */
	bool is_closed;
};

/* --- the courier --- */

static void hang_up(struct line *line)
{
	if (line->fd >= 0) {
		(void)uv_poll_stop(&line->poll);
		uv_close((uv_handle_t *)&line->poll, NULL);
		close(line->fd);
		line->fd = -1;
	}
}

static void say(struct line *line)
{
	struct end *end = &line->pair.answers;
	struct ph_view out;

	end_work(end, line->pair.now);
	while ((out = ph_courier_output(end->courier)).len > 0) {
		ssize_t n = send(line->fd, out.data, out.len, MSG_NOSIGNAL);

		assert_true(n > 0);
		ph_courier_sent(end->courier, (size_t)n, line->pair.now);
		end_work(end, line->pair.now);
	}
}

static void on_heard(uv_poll_t *poll, int status, int events)
{
	struct line *line = poll->data;
	uint8_t bytes[4096];
	ssize_t n = recv(line->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)status;
	(void)events;
	if (n <= 0) {
		ph_courier_eof(line->pair.answers.courier);
		hang_up(line);
		return;
	}
	line->is_answered = line->is_answered || (line->is_asked && line->is_under_way);
	ph_courier_receive(line->pair.answers.courier, PH_VIEW(bytes, (size_t)n),
			   line->pair.now);
	say(line);
}

static void ask(struct line *line)
{
	line->pair.now += PH_KEEPALIVE_MS;
	ph_courier_tick(line->pair.answers.courier, line->pair.now);
	assert_true(ph_courier_output(line->pair.answers.courier).len > 0);
	say(line);
	line->is_asked = true;
}

/* --- the site --- */

static bool on_job(void *data, struct ph_courier_job *job)
{
	struct line *line = data;

	if (job->type == PH_COURIER_NEXT && line->pieces < PIECES_MAX &&
	    !line->is_answered) {
		line->is_under_way = true;
		uv_sleep(1); /* it works */
		if (++line->pieces == line->cut_piece) {
			hang_up(line);
		} else if (line->cut_piece == 0 && !line->is_asked) {
			ask(line);
		}
		return true;
	}
	line->is_under_way = false;
	end_do(&line->pair.calls, job);
	return false;
}

static void on_closed(void *data)
{
	struct line *line = data;

	line->is_closed = true;
}

/* --- both --- */

static void connect_both(struct line *line)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int yes = 1;
	int listens = socket(AF_INET, SOCK_STREAM, 0);
	int calls = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(listens, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listens, 1), 0);
	assert_int_equal(getsockname(listens, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(connect(calls, (struct sockaddr *)&at, sizeof(at)), 0);
	line->fd = accept(listens, NULL, NULL);
	assert_true(line->fd >= 0);
	assert_int_equal(
		setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)), 0);
	close(listens);
	assert_int_equal(uv_tcp_init(&line->loop, &line->wire.tcp), 0);
	assert_int_equal(uv_tcp_open(&line->wire.tcp, calls), 0);
	assert_int_equal(uv_poll_init(&line->loop, &line->poll, line->fd), 0);
	line->poll.data = line;
	assert_int_equal(
		uv_poll_start(&line->poll, UV_READABLE | UV_DISCONNECT, on_heard), 0);
}

static void line_init(struct line *line)
{
	memset(line, 0, sizeof(*line));
	line->pair.now = 1000;
	end_init(&line->pair.calls, 1, "good site");
	end_init(&line->pair.answers, 2, "good van");
	end_add(&line->pair.calls, 20000);
	end_add(&line->pair.calls, 5000);
	assert_int_equal(uv_loop_init(&line->loop), 0);
	connect_both(line);
}

static void line_run(struct line *line)
{
	end_begin(&line->pair.answers, false, true, NULL, line->pair.now);
	end_begin(&line->pair.calls, true, false, NULL, uv_now(&line->loop));
	line->wire.loop = &line->loop;
	line->wire.exchange = line->pair.calls.courier;
	line->wire.job = on_job;
	line->wire.closed = on_closed;
	line->wire.data = line;
	ph_wire_begin(&line->wire);
	assert_int_equal(uv_run(&line->loop, UV_RUN_DEFAULT), 0);
	assert_true(line->is_closed);
	assert_int_equal(uv_loop_close(&line->loop), 0);
}

static void line_deinit(struct line *line)
{
	end_deinit(&line->pair.calls);
	end_deinit(&line->pair.answers);
}

/* While the site packs it answers PING; then all goes through as ever. */
static void test_ping_between_pieces(void **state)
{
	struct line line;

	(void)state;
	line_init(&line);
	line_run(&line);
	assert_true(line.is_answered);
	assert_true(line.pieces < PIECES_MAX);
	assert_int_equal(ph_courier_state(line.pair.calls.courier), PH_SESSION_CLOSED);
	assert_int_equal(end_whole(&line.pair.answers), 2);
	line_deinit(&line);
}

/* Who packs for somebody that drove off learns of it, and stops. */
static void test_gone_between_pieces(void **state)
{
	struct line line;

	(void)state;
	line_init(&line);
	line.cut_piece = 3;
	line_run(&line);
	assert_int_equal(ph_courier_failure(line.pair.calls.courier), PH_FAIL_CUT);
	assert_true(line.pieces < PIECES_MAX);
	assert_int_equal(end_whole(&line.pair.answers), 0);
	line_deinit(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ping_between_pieces),
		cmocka_unit_test(test_gone_between_pieces),
	};

	return ph_crypto_start() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
