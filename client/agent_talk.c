/*
 * client/agent_talk.c - connections to the agent, each with one question.
 *
 *   READING --> WAITING --> BUSY --> WRITING --> gone
 *                      \--> LENT (until the other end hangs up) --> gone
 *
 * Whoever sends no whole line in time, or nonsense, or takes no answer, is hung up on; at
 * the limit of connections the newest is told to try later. So whatever a peer does, it
 * costs a line and an answer, for seconds. A command waits for its turn as long as it would
 * for the folder's lock, and hears who is at work. A loan has no end but the borrower's;
 * commands give the folder back while they wait for a person.
 *
 * A line may have the secret of the desk, and the answer to a loan too: what is read, short lines
 * and that answer are in locked memory. There is little of that, so a long line is only wiped.
 *
 * A command whose other end is gone is carried out all the same: nobody can tell how far
 * it had come.
 */
#include "client/agent_talk.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/agent_ask.h"
#include "client/carry.h"
#include "common/base/limits.h"
#include "common/base/say.h"
#include "common/base/secret.h"
#include "common/cli/local.h"

#define BACKLOG   64
#define AGAIN_MS  200
#define READ_SIZE 4096
#define LINE_SIZE 512 /* of a line with a secret, and more */

enum talker_state {
	READING,
	WAITING,
	BUSY,
	LENDING,
	WRITING,
};

struct talker {
	uv_pipe_t pipe;
	uv_timer_t timer;
	uv_write_t write;
	struct ph_agent_talk *talk;
	struct talker *next, **link;
	struct ph_order order;
	struct ph_buf line, out;
	enum talker_state state;
	unsigned n_handles;
	bool has_order; /* it is with the worker */
	bool is_lent;
	bool is_closing;
};

struct ph_agent_talk {
	struct ph_agent_talk_config config;
	struct ph_work *work;
	uv_pipe_t pipe;
	uv_timer_t again; /* after a connection for which memory lacked */
	int folder;
	bool is_open, is_stopping;
	struct talker *talkers;
	unsigned n_talkers;
	char *buffer; /* READ_SIZE; libuv reads at once when it has asked for one */
};

/* ---- the end ---- */

static void free_if_gone(struct talker *talker)
{
	struct ph_agent_talk *talk = talker->talk;

	if (talker->n_handles > 0 || talker->has_order) {
		return;
	}
	*talker->link = talker->next;
	if (talker->next) {
		talker->next->link = talker->link;
	}
	talk->n_talkers--;
	ph_order_deinit(&talker->order);
	ph_buf_wipe(&talker->line);
	ph_buf_wipe(&talker->out);
	free(talker);
	if (talk->is_stopping && talk->n_talkers == 0) {
		talk->config.on_empty(talk->config.data);
	}
}

static void on_talker_closed(uv_handle_t *handle)
{
	struct talker *talker = handle->data;

	talker->n_handles--;
	free_if_gone(talker);
}

static void end_loan(struct talker *talker)
{
	if (talker->is_lent) {
		talker->is_lent = false;
		ph_work_give_back(talker->talk->work);
	}
}

static void talker_close(struct talker *talker)
{
	if (talker->is_closing) {
		return;
	}
	talker->is_closing = true;
	if (talker->has_order && ph_work_take_back(talker->talk->work, &talker->order)) {
		talker->has_order = false;
	}
	end_loan(talker);
	uv_close((uv_handle_t *)&talker->pipe, on_talker_closed);
	uv_close((uv_handle_t *)&talker->timer, on_talker_closed);
}

static void on_overdue(uv_timer_t *timer)
{
	talker_close(timer->data);
}

/* ---- answers ---- */

static void on_written(uv_write_t *write, int status)
{
	struct talker *talker = write->data;

	ph_buf_wipe(&talker->out);
	if (!talker->is_closing && (talker->state == WRITING || status < 0)) {
		talker_close(talker);
	}
}

/* Send what is in `out`. */
static void send_out(struct talker *talker)
{
	uv_buf_t buffer =
		uv_buf_init((char *)talker->out.data, (unsigned)talker->out.len);

	if (talker->out.len == 0 || uv_write(&talker->write, (uv_stream_t *)&talker->pipe,
					     &buffer, 1, on_written) < 0) {
		talker_close(talker);
	}
}

/* The last that this connection hears. */
static void finish(struct talker *talker)
{
	(void)uv_read_stop((uv_stream_t *)&talker->pipe);
	talker->state = WRITING;
	(void)uv_timer_start(&talker->timer, on_overdue, PH_AGENT_WRITE_MS, 0);
	send_out(talker);
}

static void refuse(struct talker *talker, enum ph_exit exit, bool again,
		   const char *words)
{
	(void)ph_carry_refuse(&talker->out, exit, again, words);
	finish(talker);
}

void ph_agent_talk_on_done(void *data, struct ph_order *order)
{
	struct ph_agent_talk *talk = data;
	struct talker *talker = order->owner;

	talker->has_order = false;
	if (order->has_moved) {
		talk->config.on_moved(talk->config.data);
	}
	if (talker->is_closing) {
		free_if_gone(talker);
	} else if (order->is_loan && order->answer.len == 0) {
		talker_close(talker);
	} else {
		talker->out = order->answer;
		order->answer = (struct ph_buf){ 0 };
		finish(talker);
	}
}

/* ---- loans ---- */

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer);

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct talker *talker = handle->data;

	(void)suggested;
	*buffer = uv_buf_init(talker->talk->buffer, READ_SIZE);
}

/* Empty where memory lacked. */
static void say_lent(struct ph_buf *out, struct ph_order *order)
{
	static const char begin[] = "{\"schema\":1,\"exit\":0";
	static const char desk[] = ",\"desk\":\"";
	const size_t digits = 2 * (size_t)PH_BOX_SECRET_SIZE;
	/* all of it, so that what follows fits */
	int rc = ph_buf_secret(out,
			       sizeof(begin) + sizeof(desk) + digits + sizeof("\"}\n"));

	rc = rc < 0 ? rc : ph_buf_put(out, begin, sizeof(begin) - 1);
	if (rc == 0 && order->desk) {
		(void)ph_buf_put(out, desk, sizeof(desk) - 1);
		ph_hex((char *)out->data + out->len, order->desk, PH_BOX_SECRET_SIZE);
		out->len += digits;
		(void)ph_buf_put(out, "\"", 1);
	}
	if (rc == 0) {
		(void)ph_buf_put(out, "}\n", 2);
	}
	ph_order_drop_desk(order);
}

void ph_agent_talk_on_lent(void *data, struct ph_order *order)
{
	struct talker *talker = order->owner;

	(void)data;
	talker->is_lent = true;
	if (talker->is_closing) {
		end_loan(talker);
		return;
	}
	(void)uv_timer_stop(&talker->timer);
	talker->state = LENDING;
	say_lent(&talker->out, order);
	send_out(talker);
	/* the end of it is all that we wait for */
	if (!talker->is_closing &&
	    uv_read_start((uv_stream_t *)&talker->pipe, on_alloc, on_read) < 0) {
		talker_close(talker);
	}
}

/* ---- questions ---- */

static void on_waited(uv_timer_t *timer)
{
	struct talker *talker = timer->data;
	char who[64];
	char words[512];

	if (!ph_work_take_back(talker->talk->work, &talker->order)) {
		talker->state = BUSY;
		return;
	}
	talker->has_order = false;
	ph_work_current(talker->talk->work, who, sizeof(who));
	snprintf(words, sizeof(words),
		 ph_say("%.300s is in use by `packhorse %s`, through the agent; try "
			"again when that is done",
			"%.300s đang được `packhorse %s` dùng, qua chương trình nền; hãy "
			"thử lại khi lệnh đó xong"),
		 talker->talk->config.dir, who[0] ? who : "agent");
	refuse(talker, PH_EXIT_IN_USE, false, words);
}

static void order(struct talker *talker, size_t len)
{
	struct ph_agent_talk *talk = talker->talk;
	struct ph_agent_ask ask;
	int rc = ph_agent_ask_decode(PH_VIEW(talker->line.data, len), &ask);

	ph_buf_wipe(&talker->line);
	if (rc < 0) {
		talker_close(talker);
		return;
	}
	if (rc > 0) {
		refuse(talker, PH_EXIT_USAGE, false,
		       ph_say("the line is no JSON object with a command that is known "
			      "here",
			      "dòng không phải là đối tượng JSON có lệnh mà ở đây biết"));
		return;
	}
	if (ask.is_desk) {
		json_decref(ask.request);
		(void)talk->config.desk(talk->config.data, &talker->out);
		finish(talker);
		return;
	}
	talker->order.request = ask.request;
	talker->order.is_loan = ask.is_loan;
	talker->order.is_key = ask.is_key;
	talker->order.desk = ask.desk;
	talker->order.owner = talker;
	talk->config.state(talk->config.data, &talker->order.state);
	talker->has_order = true;
	talker->state = WAITING;
	(void)uv_timer_start(&talker->timer, on_waited, ask.wait_ms, 0);
	ph_work_push(talk->work, &talker->order);
}

static void take_line(struct talker *talker)
{
	const uint8_t *end = memchr(talker->line.data, '\n', talker->line.len);
	size_t len = end ? (size_t)(end - talker->line.data) : talker->line.len;

	if (len > PH_LINE_MAX) {
		refuse(talker, PH_EXIT_USAGE, false,
		       ph_say("the line is too long", "dòng quá dài"));
	} else if (end) {
		(void)uv_read_stop((uv_stream_t *)&talker->pipe);
		order(talker, len);
	}
}

static int put_line(struct talker *talker, const char *bytes, size_t len)
{
	struct ph_buf *line = &talker->line;
	struct ph_buf longer = { 0 };
	int rc = 0;

	if (line->len == 0) {
		rc = len > LINE_SIZE ? 0 : ph_buf_secret(line, LINE_SIZE);
	} else if (line->is_secret && len > line->cap - line->len) {
		rc = ph_buf_put_view(&longer, ph_buf_view(line));
		if (rc == 0) {
			ph_buf_wipe(line);
			*line = longer;
		}
	}
	return rc < 0 ? rc : ph_buf_put(line, bytes, len);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
	struct talker *talker = stream->data;
	bool is_taken;

	if (n == 0) {
		return;
	}
	/* a borrower that talks is none of ours */
	is_taken = n > 0 && talker->state == READING &&
		   put_line(talker, buffer->base, (size_t)n) == 0;
	if (n > 0) {
		explicit_bzero(buffer->base, (size_t)n);
	}
	if (is_taken) {
		take_line(talker);
	} else {
		talker_close(talker);
	}
}

/* ---- the beginning ---- */

static struct talker *talker_new(struct ph_agent_talk *talk)
{
	struct talker *talker = calloc(1, sizeof(*talker));

	if (!talker) {
		return NULL;
	}
	talker->talk = talk;
	(void)uv_pipe_init(talk->config.loop, &talker->pipe, 0);
	(void)uv_timer_init(talk->config.loop, &talker->timer);
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
static int accept_one(struct ph_agent_talk *talk)
{
	struct talker *talker = talker_new(talk);

	if (!talker) {
		return -ENOMEM;
	}
	if (uv_accept((uv_stream_t *)&talk->pipe, (uv_stream_t *)&talker->pipe) < 0) {
		talker_close(talker);
	} else if (talk->n_talkers > talk->config.max) {
		talk->config.on_full(talk->config.data);
		refuse(talker, PH_EXIT_TRY_LATER, false,
		       ph_say("too many commands at once; try again in a moment",
			      "quá nhiều lệnh cùng lúc; lát nữa hãy thử lại"));
	} else if (uv_read_start((uv_stream_t *)&talker->pipe, on_alloc, on_read) < 0 ||
		   uv_timer_start(&talker->timer, on_overdue, PH_AGENT_LINE_MS, 0) < 0) {
		talker_close(talker);
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
	struct ph_agent_talk *talk = stream->data;

	if (status == 0 && accept_one(talk) < 0) {
		(void)uv_timer_start(&talk->again, on_again, AGAIN_MS, AGAIN_MS);
	}
}

static int listen_there(struct ph_agent_talk *talk)
{
	int fd = ph_local_bind(talk->folder);
	int rc;

	if (fd < 0) {
		return fd;
	}
	(void)uv_pipe_init(talk->config.loop, &talk->pipe, 0);
	(void)uv_timer_init(talk->config.loop, &talk->again);
	talk->pipe.data = talk;
	talk->again.data = talk;
	talk->is_open = true;
	rc = uv_pipe_open(&talk->pipe, fd);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	return uv_listen((uv_stream_t *)&talk->pipe, BACKLOG, on_connection);
}

int ph_agent_talk_start(struct ph_agent_talk **talk_out,
			const struct ph_agent_talk_config *config, struct ph_error *err)
{
	struct ph_agent_talk *talk = calloc(1, sizeof(*talk));
	int rc;

	if (!talk) {
		return ph_fail_errno(err, -ENOMEM, config->dir);
	}
	talk->config = *config;
	talk->buffer = ph_secret_new(READ_SIZE);
	talk->folder =
		talk->buffer ? open(config->dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (talk->folder < 0) {
		rc = ph_fail_errno(err, talk->buffer ? -errno : -ENOMEM, config->dir);
		ph_secret_free(talk->buffer);
		free(talk);
		return rc;
	}
	*talk_out = talk; /* whatever follows is undone by stopping and freeing it */
	rc = listen_there(talk);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("the socket for local commands",
					     "socket nhận lệnh trên máy"))
		      : 0;
}

void ph_agent_talk_employ(struct ph_agent_talk *talk, struct ph_work *work)
{
	talk->work = work;
}

void ph_agent_talk_bound(struct ph_agent_talk *talk, unsigned max)
{
	talk->config.max = max;
}

/* ---- stopping ---- */

static void dismiss(struct talker *talker)
{
	if (talker->state == READING || talker->state == LENDING) {
		talker_close(talker);
	} else if (talker->has_order &&
		   ph_work_take_back(talker->talk->work, &talker->order)) {
		talker->has_order = false;
		refuse(talker, PH_EXIT_TRY_LATER, true,
		       ph_say("the agent is stopping", "chương trình nền đang dừng"));
	}
}

void ph_agent_talk_stop(struct ph_agent_talk *talk, bool now)
{
	struct talker *next;

	talk->is_stopping = true;
	if (talk->is_open) {
		talk->is_open = false;
		ph_local_unbind(talk->folder);
		uv_close((uv_handle_t *)&talk->pipe, NULL);
		uv_close((uv_handle_t *)&talk->again, NULL);
	}
	for (struct talker *talker = talk->talkers; talker; talker = next) {
		next = talker->next;
		if (now) {
			talker_close(talker);
		} else if (!talker->is_closing) {
			dismiss(talker);
		}
	}
}

bool ph_agent_talk_is_empty(const struct ph_agent_talk *talk)
{
	return talk->n_talkers == 0;
}

void ph_agent_talk_free(struct ph_agent_talk *talk)
{
	if (talk) {
		assert(talk->n_talkers == 0);
		close(talk->folder);
		ph_secret_free(talk->buffer);
		free(talk);
	}
}
