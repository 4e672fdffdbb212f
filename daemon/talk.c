/*
 * daemon/talk.c - the local socket: lines in, lines out, one command at a time each.
 *
 * A line becomes an order for the store worker, its answer a line back; until that is
 * written nothing more is read, so a connection holds at most one line and one answer.
 * To `status` the loop adds what it counts itself.
 *
 *   reading --> (order out) --> writing --> reading ... --> closing --> gone
 *
 * A line that is too long, or no JSON object, is answered and the connection closed,
 * since where the next line begins is not known any more, or not to be trusted. Beyond
 * the limit of connections the newest is told to try later. The socket's folder is kept
 * open for its path (common/cli/local.h).
 */
#include "daemon/talk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/json_memory.h"
#include "common/base/limits.h"
#include "common/base/say.h"
#include "common/cli/local.h"

#define BACKLOG  64
#define AGAIN_MS 200

struct talker {
	uv_pipe_t pipe;
	uv_timer_t timer;
	uv_write_t write;
	struct ph_server *server;
	struct talker *next, **link;
	struct ph_order order;
	struct ph_buf line, out;
	unsigned n_handles;
	bool is_ordered, is_reading, is_last, is_closing;
};

struct ph_talk {
	uv_pipe_t pipe;
	uv_timer_t again; /* after a connection for which memory lacked */
	int folder;
	bool is_open;
	struct talker *talkers;
	unsigned n_talkers;
};

static void talker_read(struct talker *talker);
static void set_reading(struct talker *talker, bool wants);

/* ---- the end ---- */

static void free_if_gone(struct talker *talker)
{
	struct ph_server *server = talker->server;

	if (talker->n_handles > 0 || talker->is_ordered) {
		return;
	}
	*talker->link = talker->next;
	if (talker->next) {
		talker->next->link = talker->link;
	}
	server->talk->n_talkers--;
	ph_order_deinit(&talker->order);
	ph_buf_wipe(&talker->line);
	ph_buf_wipe(&talker->out);
	free(talker);
	if (server->is_stopping) {
		server->on_gone(server);
	}
}

static void on_talker_closed(uv_handle_t *handle)
{
	struct talker *talker = handle->data;

	talker->n_handles--;
	free_if_gone(talker);
}

static void talker_close(struct talker *talker)
{
	if (talker->is_closing) {
		return;
	}
	talker->is_closing = true;
	uv_close((uv_handle_t *)&talker->pipe, on_talker_closed);
	uv_close((uv_handle_t *)&talker->timer, on_talker_closed);
}

/* ---- answers ---- */

static void on_written(uv_write_t *write, int status)
{
	struct talker *talker = write->data;

	ph_buf_wipe(&talker->out);
	if (talker->is_closing) {
		return;
	}
	if (status < 0 || talker->is_last || talker->server->is_stopping) {
		talker_close(talker);
		return;
	}
	talker_read(talker);
}

/* Send what is in `out`, a newline behind it. */
static void send_out(struct talker *talker)
{
	uv_buf_t buffer;

	if (talker->out.len == 0 || ph_buf_put_u8(&talker->out, '\n') < 0) {
		talker_close(talker);
		return;
	}
	buffer = uv_buf_init((char *)talker->out.data, (unsigned)talker->out.len);
	if (uv_write(&talker->write, (uv_stream_t *)&talker->pipe, &buffer, 1,
		     on_written) < 0) {
		talker_close(talker);
	}
}

/* An answer of our own, after which the connection ends. */
static void say(struct talker *talker, enum ph_exit exit, const char *words)
{
	talker->is_last = true;
	set_reading(talker, false);
	(void)ph_buf_printf(&talker->out, "{\"schema\":1,\"exit\":%d,\"error\":\"%s\"}",
			    (int)exit, words);
	send_out(talker);
}

void ph_talk_on_order(struct ph_server *server, struct ph_order *order)
{
	struct talker *talker = order->owner;

	(void)server;
	talker->is_ordered = false;
	talker->out = order->answer;
	order->answer = (struct ph_buf){ 0 };
	ph_order_deinit(order);
	if (talker->is_closing) {
		free_if_gone(talker);
	} else {
		send_out(talker);
	}
}

/* ---- questions ---- */

static void order(struct talker *talker, size_t len)
{
	uint64_t shortages = ph_json_shortages();
	json_t *request = ph_json_loadb((const char *)talker->line.data, len,
					JSON_REJECT_DUPLICATES, NULL);
	const char *command = json_string_value(json_object_get(request, "command"));

	ph_buf_drop(&talker->line, len + 1);
	if (command) {
		talker->order.extra = ph_server_prepare(talker->server, command, request);
	}
	if (ph_json_shortages() != shortages) {
		json_decref(request);
		json_decref(talker->order.extra);
		talker->order.extra = NULL;
		say(talker, PH_EXIT_OTHER,
		    ph_say("packhorsed is short of memory", "packhorsed thiếu bộ nhớ"));
		return;
	}
	if (!json_is_object(request) || !command) {
		json_decref(request);
		say(talker, PH_EXIT_USAGE,
		    ph_say("the line is no JSON object with a command in it",
			   "dòng không phải là đối tượng JSON có lệnh"));
		return;
	}
	talker->order.request = request;
	talker->order.owner = talker;
	talker->is_ordered = true;
	ph_storeworker_order(talker->server->worker, &talker->order);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer);

static void on_timer(uv_timer_t *timer)
{
	talker_close(timer->data);
}

static void set_reading(struct talker *talker, bool wants)
{
	uv_stream_t *stream = (uv_stream_t *)&talker->pipe;

	if (wants == talker->is_reading) {
		return;
	}
	talker->is_reading = wants;
	if (!wants) {
		(void)uv_read_stop(stream);
		(void)uv_timer_stop(&talker->timer);
	} else if (uv_read_start(stream, ph_server_on_alloc, on_read) < 0 ||
		   uv_timer_start(&talker->timer, on_timer, PH_IDLE_MS, 0) < 0) {
		talker_close(talker);
	}
}

/* Act on a whole line, if there is one; else read on. */
static void talker_read(struct talker *talker)
{
	const uint8_t *end = talker->line.len > 0
				     ? memchr(talker->line.data, '\n', talker->line.len)
				     : NULL;
	size_t len = end ? (size_t)(end - talker->line.data) : talker->line.len;

	if (len > PH_LINE_MAX) {
		say(talker, PH_EXIT_USAGE,
		    ph_say("the line is too long", "dòng quá dài"));
	} else if (end) {
		set_reading(talker, false);
		order(talker, len);
	} else {
		set_reading(talker, true);
	}
}

static bool is_busy(const struct talker *talker)
{
	return talker->is_ordered || talker->out.len > 0;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
	struct talker *talker = stream->data;

	if (n == 0) {
		return;
	}
	if (n < 0) {
		talker_close(talker);
		return;
	}
	if (ph_buf_put(&talker->line, buffer->base, (size_t)n) < 0) {
		talker_close(talker);
		return;
	}
	talker_read(talker);
}

/* ---- the beginning ---- */

static struct talker *talker_new(struct ph_server *server)
{
	struct ph_talk *talk = server->talk;
	struct talker *talker = calloc(1, sizeof(*talker));

	if (!talker) {
		return NULL;
	}
	talker->server = server;
	(void)uv_pipe_init(&server->loop, &talker->pipe, 0);
	(void)uv_timer_init(&server->loop, &talker->timer);
	talker->pipe.data = talker;
	talker->timer.data = talker;
	talker->write.data = talker;
	talker->n_handles = 2;
	talker->next = talk->talkers;
	talker->link = &talk->talkers;
	if (talker->next) {
		talker->next->link = &talker->next;
	}
	talk->talkers = talker;
	talk->n_talkers++;
	return talker;
}

/* 0, or -ENOMEM: libuv reports no other before this one is taken. */
static int accept_one(struct ph_server *server)
{
	struct talker *talker = talker_new(server);

	if (!talker) {
		return -ENOMEM;
	}
	if (uv_accept((uv_stream_t *)&server->talk->pipe, (uv_stream_t *)&talker->pipe) <
	    0) {
		talker_close(talker);
	} else if (server->talk->n_talkers > server->settings.commands) {
		ph_server_hit(server, PH_HIT_COMMANDS);
		say(talker, PH_EXIT_TRY_LATER,
		    ph_say("too many commands at once; try again in a moment",
			   "quá nhiều lệnh cùng lúc; lát nữa hãy thử lại"));
	} else {
		talker_read(talker);
	}
	return 0;
}

static void on_again(uv_timer_t *timer)
{
	if (accept_one(timer->data) == 0) {
		(void)uv_timer_stop(timer);
	}
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct ph_server *server = stream->data;

	if (status == 0 && accept_one(server) < 0) {
		(void)uv_timer_start(&server->talk->again, on_again, AGAIN_MS, AGAIN_MS);
	}
}

int ph_talk_start(struct ph_server *server, const char *dir, struct ph_error *err)
{
	struct ph_talk *talk = calloc(1, sizeof(*talk));
	int fd;
	int rc;

	if (!talk) {
		return ph_fail_errno(err, -ENOMEM, dir);
	}
	talk->folder = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (talk->folder < 0) {
		rc = ph_fail_errno(err, -errno, dir);
		free(talk);
		return rc;
	}
	fd = ph_local_bind(talk->folder);
	if (fd < 0) {
		close(talk->folder);
		free(talk);
		return ph_fail_errno(err, fd,
				     ph_say("the socket for local commands",
					    "socket nhận lệnh trên máy"));
	}
	server->talk = talk;
	(void)uv_pipe_init(&server->loop, &talk->pipe, 0);
	(void)uv_timer_init(&server->loop, &talk->again);
	talk->pipe.data = server;
	talk->again.data = server;
	talk->is_open = true;
	rc = uv_pipe_open(&talk->pipe, fd);
	if (rc < 0) {
		close(fd);
	} else {
		rc = uv_listen((uv_stream_t *)&talk->pipe, BACKLOG, on_connection);
	}
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("the socket for local commands",
					     "socket nhận lệnh trên máy"))
		      : 0;
}

void ph_talk_stop(struct ph_server *server, bool now)
{
	struct ph_talk *talk = server->talk;

	if (!talk) {
		return;
	}
	if (talk->is_open) {
		talk->is_open = false;
		ph_local_unbind(talk->folder);
		uv_close((uv_handle_t *)&talk->pipe, NULL);
		uv_close((uv_handle_t *)&talk->again, NULL);
	}
	for (struct talker *talker = talk->talkers; talker; talker = talker->next) {
		if (now || !is_busy(talker)) {
			talker_close(talker);
		}
	}
}

unsigned ph_talk_count(const struct ph_server *server)
{
	return server->talk ? server->talk->n_talkers : 0;
}

void ph_talk_free(struct ph_server *server)
{
	if (server->talk) {
		close(server->talk->folder);
		free(server->talk);
		server->talk = NULL;
	}
}
