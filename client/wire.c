/*
 * client/wire.c - a pump: jobs, output, input, alarm, after each event, until the exchange is over.
 *
 * A job that is not done has the loop poll without waiting, and goes on behind that.
 *
 * What it says last (why it refuses) is given two seconds to get through.
 */
#include "client/wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "common/base/limits.h"

#define FLUSH_MS 2000

static void pump(struct ph_wire *wire);

static uint64_t now(const struct ph_wire *wire)
{
	return uv_now(wire->loop);
}

static bool is_over(const struct ph_wire *wire)
{
	enum ph_session_state state = ph_courier_state(wire->exchange);

	return state == PH_SESSION_CLOSED || state == PH_SESSION_FAILED;
}

static void on_closed(uv_handle_t *handle)
{
	struct ph_wire *wire = handle->data;

	if (--wire->n_handles == 0) {
		ph_buf_deinit(&wire->out);
		wire->closed(wire->data);
	}
}

static void close_all(struct ph_wire *wire)
{
	struct ph_session_counts counts;

	if (wire->is_closing) {
		return;
	}
	wire->is_closing = true;
	ph_courier_job_free(wire->under_way);
	wire->under_way = NULL;
	if (!is_over(wire)) {
		ph_courier_eof(wire->exchange);
	}
	ph_courier_counts(wire->exchange, &counts);
	wire->went = ph_went_close(&wire->tcp, counts.bytes_out, wire->pending,
				   ph_went_is_cut(ph_courier_state(wire->exchange),
						  ph_courier_failure(wire->exchange),
						  wire->is_writing),
				   on_closed);
	uv_close((uv_handle_t *)&wire->alarm, on_closed);
	uv_close((uv_handle_t *)&wire->turn, on_closed);
}

void ph_wire_end(struct ph_wire *wire)
{
	close_all(wire);
}

void ph_wire_counts(const struct ph_wire *wire, struct ph_session_counts *counts_out)
{
	ph_courier_counts(wire->exchange, counts_out);
	counts_out->bytes_out = wire->went.up;
	counts_out->bytes_in += wire->went.unread;
}

static void end_stream(struct ph_wire *wire)
{
	wire->is_broken = true;
	ph_courier_eof(wire->exchange);
}

/* ---- out ---- */

static void on_written(uv_write_t *request, int status)
{
	struct ph_wire *wire = request->data;

	wire->is_writing = false;
	if (wire->is_closing) {
		return;
	}
	if (status < 0) {
		end_stream(wire);
	} else {
		wire->pending = 0;
		ph_courier_sent(wire->exchange, wire->out.len, now(wire));
	}
	pump(wire);
}

/* Hand what there is to the kernel; what it does not take at once is a copy of our own. */
static void start_write(struct ph_wire *wire)
{
	while (!wire->is_writing && !wire->is_broken) {
		struct ph_view view = ph_courier_output(wire->exchange);
		uv_buf_t buf = uv_buf_init((char *)view.data, (unsigned)view.len);
		int n;

		if (view.len == 0) {
			return;
		}
		n = uv_try_write((uv_stream_t *)&wire->tcp, &buf, 1);
		if (n > 0) {
			ph_courier_sent(wire->exchange, (size_t)n, now(wire));
			continue;
		}
		wire->out.len = 0;
		n = n < 0 && n != UV_EAGAIN ? n : ph_buf_put_view(&wire->out, view);
		if (n == 0) {
			buf = uv_buf_init((char *)wire->out.data,
					  (unsigned)wire->out.len);
			wire->write.data = wire;
			n = uv_write(&wire->write, (uv_stream_t *)&wire->tcp, &buf, 1,
				     on_written);
		}
		if (n < 0) {
			end_stream(wire);
			return;
		}
		wire->is_writing = true;
		wire->pending = wire->out.len;
	}
}

/* ---- in ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct ph_wire *wire = handle->data;

	(void)suggested;
	*buf = uv_buf_init(wire->buffer, sizeof(wire->buffer));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct ph_wire *wire = stream->data;

	if (wire->is_closing || n == 0) {
		return;
	}
	if (n < 0) {
		end_stream(wire);
	} else {
		ph_courier_receive(wire->exchange, PH_VIEW(buf->base, n), now(wire));
	}
	pump(wire);
}

static void set_reading(struct ph_wire *wire)
{
	bool wants = !wire->is_broken && ph_courier_wants_input(wire->exchange);

	if (wants && !wire->is_reading) {
		wants = uv_read_start((uv_stream_t *)&wire->tcp, on_alloc, on_read) == 0;
		if (!wants) {
			end_stream(wire);
		}
	} else if (!wants && wire->is_reading) {
		(void)uv_read_stop((uv_stream_t *)&wire->tcp);
	}
	wire->is_reading = wants;
}

/* ---- time ---- */

static void on_alarm(uv_timer_t *timer)
{
	struct ph_wire *wire = timer->data;

	if (is_over(wire)) {
		close_all(wire); /* it had its moment */
		return;
	}
	ph_courier_tick(wire->exchange, now(wire));
	pump(wire);
}

static void set_alarm(struct ph_wire *wire)
{
	uint64_t at = ph_courier_deadline(wire->exchange);

	if (is_over(wire)) {
		uv_timer_start(&wire->alarm, on_alarm, FLUSH_MS, 0);
	} else if (at == UINT64_MAX) {
		uv_timer_stop(&wire->alarm);
	} else {
		uv_timer_start(&wire->alarm, on_alarm,
			       at > now(wire) ? at - now(wire) : 0, 0);
	}
}

/* ---- all ---- */

static void on_turn(uv_idle_t *turn);

/* A piece of JOB. */
static void work_on(struct ph_wire *wire, struct ph_courier_job *job)
{
	bool is_done = !wire->job(wire->data, job);

	uv_update_time(wire->loop);
	wire->under_way = is_done ? NULL : job;
	if (is_done) {
		ph_courier_give_job(wire->exchange, job, now(wire));
		start_write(wire);
	} else {
		uv_idle_start(&wire->turn, on_turn);
	}
}

static void on_turn(uv_idle_t *turn)
{
	struct ph_wire *wire = turn->data;

	if (is_over(wire)) { /* nobody is there to be told */
		ph_courier_job_free(wire->under_way);
		wire->under_way = NULL;
	} else {
		work_on(wire, wire->under_way);
	}
	if (!wire->under_way) {
		uv_idle_stop(turn);
		pump(wire);
	}
}

static void run_jobs(struct ph_wire *wire)
{
	struct ph_courier_job *job;

	while (!wire->under_way && (job = ph_courier_take_job(wire->exchange)) != NULL) {
		work_on(wire, job);
	}
}

static void pump(struct ph_wire *wire)
{
	run_jobs(wire);
	start_write(wire);
	/* sending may have made room for more, and that asks for a job */
	run_jobs(wire);
	if (is_over(wire) &&
	    (wire->is_broken || ph_courier_output(wire->exchange).len == 0)) {
		close_all(wire);
		return;
	}
	set_reading(wire);
	set_alarm(wire);
}

void ph_wire_begin(struct ph_wire *wire)
{
#ifdef TCP_USER_TIMEOUT
	unsigned ms = PH_IDLE_MS;
	uv_os_fd_t fd;

	/* a van that drives off is noticed, and not by the kernel's patience alone */
	if (uv_fileno((uv_handle_t *)&wire->tcp, &fd) == 0) {
		(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
	}
#endif
	(void)uv_tcp_nodelay(&wire->tcp, 1);
	wire->tcp.data = wire;
	uv_timer_init(wire->loop, &wire->alarm);
	wire->alarm.data = wire;
	uv_idle_init(wire->loop, &wire->turn);
	wire->turn.data = wire;
	wire->n_handles = 3;
	pump(wire);
}
