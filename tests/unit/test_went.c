/*
 * Tests of client/went.c, over real connections of this machine: what is counted is what the
 * other end finds, whatever stands in libuv's queue and in the kernel's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/went.h"

#define MUCH (8 * 1024 * 1024)

/* A stream of libuv's to a peer that takes little and reads when it is told to. */
struct line {
	uv_loop_t loop;
	uv_tcp_t tcp;
	uv_write_t write;
	int peer;
	char *bytes; /* MUCH of them */
	uint64_t told;
	size_t pending;
	ssize_t status; /* how reading ended */
	struct ph_went went;
	bool has_ended; /* the write is done, or failed */
	int written;
};

static void set_small(int fd, int option)
{
	int size = 4096;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, option, &size, sizeof(size)), 0);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	static char room[1024];

	(void)handle;
	(void)suggested;
	*buf = uv_buf_init(room, sizeof(room));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct line *line = stream->data;

	(void)buf;
	line->status = n;
	if (n < 0) { /* as a session does: before the write in flight is tried again */
		uv_read_stop(stream);
		line->went =
			ph_went_close(&line->tcp, line->told, line->pending, true, NULL);
	}
}

static int setup(void **state)
{
	struct line *line = calloc(1, sizeof(*line));
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	assert_non_null(line);
	line->bytes = calloc(1, MUCH);
	assert_non_null(line->bytes);
	assert_true(listener >= 0 && fd >= 0);
	set_small(listener, SO_RCVBUF);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	line->peer = accept(listener, NULL, NULL);
	assert_true(line->peer >= 0);
	close(listener);
	assert_int_equal(uv_loop_init(&line->loop), 0);
	assert_int_equal(uv_tcp_init(&line->loop, &line->tcp), 0);
	assert_int_equal(uv_tcp_open(&line->tcp, fd), 0);
	line->tcp.data = line;
	line->write.data = line;
	assert_int_equal(uv_read_start((uv_stream_t *)&line->tcp, on_alloc, on_read), 0);
	*state = line;
	return 0;
}

static int teardown(void **state)
{
	struct line *line = *state;

	uv_run(&line->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&line->loop), 0);
	if (line->peer >= 0) {
		close(line->peer);
	}
	free(line->bytes);
	free(line);
	return 0;
}

static void on_written(uv_write_t *request, int status)
{
	struct line *line = request->data;

	line->has_ended = true;
	line->written = status;
}

/* As a session's link writes: what the kernel takes at once, and a write for the rest. */
static void say(struct line *line, size_t len)
{
	uv_buf_t buf = uv_buf_init(line->bytes, (unsigned)len);

	for (int n; buf.len > 0; line->told += (uint64_t)n) {
		n = uv_try_write((uv_stream_t *)&line->tcp, &buf, 1);
		if (n == UV_EAGAIN) {
			break;
		}
		assert_true(n > 0);
		buf.base += n;
		buf.len -= (size_t)n;
	}
	if (buf.len > 0) {
		line->pending = buf.len;
		assert_int_equal(uv_write(&line->write, (uv_stream_t *)&line->tcp, &buf,
					  1, on_written),
				 0);
	}
}

static struct ph_went end(struct line *line, bool is_cut)
{
	struct ph_went went =
		ph_went_close(&line->tcp, line->told, line->pending, is_cut, NULL);

	assert_true(uv_is_closing((uv_handle_t *)&line->tcp));
	uv_run(&line->loop, UV_RUN_NOWAIT);
	return went;
}

/* What the peer finds, LEN bytes of it at most, to the end. *ERROR_OUT: that of the end. */
static uint64_t hear(struct line *line, uint64_t len, int *error_out)
{
	uint64_t heard = 0;
	ssize_t n = 1;

	*error_out = 0;
	while (n > 0 && heard < len) {
		size_t room = len - heard < MUCH ? (size_t)(len - heard) : MUCH;

		n = recv(line->peer, line->bytes, room, 0);
		heard += n > 0 ? (uint64_t)n : 0;
	}
	*error_out = n < 0 ? errno : 0;
	return heard;
}

/* The peer reads LEN bytes while the loop writes them. */
static void hear_as_it_goes(struct line *line, size_t len)
{
	for (size_t heard = 0; heard < len;) {
		ssize_t n = recv(line->peer, line->bytes, len - heard, MSG_DONTWAIT);

		assert_true(n > 0 || (n < 0 && errno == EAGAIN));
		heard += n > 0 ? (size_t)n : 0;
		uv_run(&line->loop, UV_RUN_NOWAIT);
	}
}

/* All of it went, whether the session ended in order or was cut. */
static void all_went(struct line *line, bool is_cut)
{
	struct ph_went went;
	int error;

	say(line, 1000);
	assert_int_equal(hear(line, 1000, &error), 1000);
	went = end(line, is_cut);
	assert_int_equal(went.up, 1000);
	assert_int_equal(went.unread, 0);
	assert_int_equal(hear(line, 1, &error), 0);
	assert_int_equal(error, 0); /* an end in order, since nothing was thrown away */
}

static void test_all(void **state)
{
	all_went(*state, false);
}

static void test_all_and_cut(void **state)
{
	all_went(*state, true);
}

/* Nobody takes it, and it is cut: neither queue counts, and neither goes out later. */
static void test_stalled(void **state)
{
	struct line *line = *state;
	struct ph_went went;
	uint64_t heard;
	int error;

	say(line, MUCH);
	assert_true(line->pending > 0); /* libuv's queue */
	assert_true(line->told > 64 * 1024);
	went = end(line, true);
	assert_true(went.up > 0);
	assert_true(went.up + 64 * 1024 < line->told); /* the kernel's */
	heard = hear(line, UINT64_MAX, &error);
	assert_int_equal(error, ECONNRESET);
	/* what left and found no room there was paid for all the same */
	assert_true(heard <= went.up && went.up - heard <= 2 * 4096);
}

/* It is closed in order: what the kernel has it sends behind us, and it counts. */
static void test_closed_in_order(void **state)
{
	struct line *line = *state;
	struct ph_went went;
	int error;

	set_small(line->tcp.io_watcher.fd, SO_SNDBUF);
	say(line, MUCH);
	/* a part of the write in flight goes, and its end does not */
	hear_as_it_goes(line, 60000);
	assert_false(line->has_ended);
	went = end(line, false);
	assert_true(went.up > line->told);
	assert_int_equal(hear(line, UINT64_MAX, &error), went.up - 60000);
	assert_int_equal(error, 0);
}

/* The other end goes away with what it had not read: what was on the way has left. */
static void test_reset(void **state)
{
	struct line *line = *state;
	int error;
	char one;

	say(line, MUCH);
	assert_int_equal(hear(line, 3000, &error), 3000);
	assert_int_equal(recv(line->peer, &one, 1, MSG_PEEK), 1);
	close(line->peer);
	line->peer = -1;
	while (line->status == 0) {
		uv_run(&line->loop, UV_RUN_ONCE);
	}
	assert_int_equal(line->status, UV_ECONNRESET);
	assert_true(line->went.up > 3000);
	assert_true(line->went.up + 64 * 1024 < line->told);
}

/* The write itself fails: how much of it was taken is not told, and all of it may have been. */
static void test_failed_write(void **state)
{
	struct line *line = *state;
	struct ph_went went;

	set_small(line->tcp.io_watcher.fd, SO_SNDBUF);
	say(line, 400000);
	uv_read_stop((uv_stream_t *)&line->tcp);
	hear_as_it_goes(line, 20000);
	close(line->peer);
	line->peer = -1;
	while (!line->has_ended) {
		uv_run(&line->loop, UV_RUN_ONCE);
	}
	assert_true(line->written < 0);
	went = end(line, true);
	assert_true(went.up >= 20000);
	assert_true(went.up <= 400000);
	assert_true(went.up + 64 * 1024 > 400000); /* all but what is known to be here */
}

/* What came and was not read came all the same. */
static void test_unread(void **state)
{
	struct line *line = *state;
	struct ph_went went;
	char byte;

	uv_read_stop((uv_stream_t *)&line->tcp);
	assert_int_equal(send(line->peer, line->bytes, 700, 0), 700);
	while (recv(line->tcp.io_watcher.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 1) {
	}
	went = end(line, true);
	assert_int_equal(went.up, 0);
	assert_int_equal(went.unread, 700);
}

static void test_is_cut(void **state)
{
	(void)state;
	/* in the middle, however it came about */
	assert_true(ph_went_is_cut(PH_SESSION_TRANSFER, PH_FAIL_NONE, false));
	assert_true(ph_went_is_cut(PH_SESSION_START, PH_FAIL_NONE, false));
	assert_true(ph_went_is_cut(PH_SESSION_FAILED, PH_FAIL_CUT, false));
	assert_true(ph_went_is_cut(PH_SESSION_FAILED, PH_FAIL_TIMEOUT, false));
	/* the last word, or the reason of a refusal, is to arrive; half of it is none */
	assert_false(ph_went_is_cut(PH_SESSION_CLOSED, PH_FAIL_NONE, false));
	assert_false(ph_went_is_cut(PH_SESSION_FAILED, PH_FAIL_PROTOCOL, false));
	assert_true(ph_went_is_cut(PH_SESSION_FAILED, PH_FAIL_PROTOCOL, true));
	assert_true(ph_went_is_cut(PH_SESSION_CLOSED, PH_FAIL_NONE, true));
}

#define ON_LINE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_LINE(test_all),     ON_LINE(test_all_and_cut),
		ON_LINE(test_stalled), ON_LINE(test_closed_in_order),
		ON_LINE(test_reset),   ON_LINE(test_failed_write),
		ON_LINE(test_unread),  cmocka_unit_test(test_is_cut),
	};

	signal(SIGPIPE, SIG_IGN); /* as the programs do */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
