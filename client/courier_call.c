/* client/courier_call.c - dial, then a wire, in a loop of its own, until it is over. */
#include "client/courier_call.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/dial.h"
#include "client/link_internal.h"
#include "client/wire.h"
#include "common/cli/out.h"

#define PROGRESS_MS 100

struct call {
	const struct ph_courier_call *config;
	struct ph_courier_result *result;
	struct ph_error *err;
	uv_loop_t loop;
	struct ph_dial dial;
	struct ph_wire wire;
	uv_timer_t progress;
	uv_async_t wakes;
	bool is_on_wire, is_ending;
};

/* Whatever is open besides the wire. */
static void end(struct call *call)
{
	if (call->is_ending) {
		return;
	}
	call->is_ending = true;
	ph_dial_end(&call->dial);
	uv_close((uv_handle_t *)&call->progress, NULL);
	ph_link_stop_unhear(call->config->stop, &call->wakes);
}

static bool on_job(void *data, struct ph_courier_job *job)
{
	struct call *call = data;

	if (job->type != PH_COURIER_JUDGE) {
		call->result->was_served = true;
	}
	return call->config->job(call->config->data, job);
}

static void on_closed(void *data)
{
	end(data);
}

static void on_stop(uv_async_t *wakes)
{
	struct call *call = wakes->data;

	if (call->is_on_wire) {
		ph_wire_end(&call->wire);
	} else {
		end(call);
	}
}

static void on_progress(uv_timer_t *timer)
{
	struct call *call = timer->data;
	struct ph_session_counts counts;

	if (call->wire.exchange) {
		ph_courier_counts(call->wire.exchange, &counts);
		call->config->progress(call->config->data, &counts);
	}
}

static void on_dialled(void *data, const char *why)
{
	struct call *call = data;
	struct ph_courier_config config = call->config->exchange;
	int rc;

	if (why) {
		ph_fail(call->err, PH_EXIT_UNREACHABLE, -EHOSTUNREACH,
			ph_say("cannot reach %s: %s; all is kept here",
			       "không nối được tới %s: %s; mọi thứ vẫn còn ở đây"),
			call->config->address, why);
		end(call);
		return;
	}
	config.calls = true;
	rc = ph_courier_new(&call->wire.exchange, &config, uv_now(&call->loop));
	if (rc < 0) {
		(void)ph_fail_errno(call->err, rc, ph_say("calling", "gọi"));
		uv_close((uv_handle_t *)&call->wire.tcp, NULL);
		end(call);
		return;
	}
	call->result->connected = true;
	call->is_on_wire = true;
	call->wire.loop = &call->loop;
	call->wire.job = on_job;
	call->wire.closed = on_closed;
	call->wire.data = call;
	ph_wire_begin(&call->wire);
}

static int run(struct call *call)
{
	uint64_t started;
	int rc;

	uv_timer_init(&call->loop, &call->progress);
	call->progress.data = call;
	call->wakes.data = call;
	call->dial = (struct ph_dial){ .loop = &call->loop,
				       .tcp = &call->wire.tcp,
				       .ms = call->config->connect_ms,
				       .done = on_dialled,
				       .data = call };
	started = uv_now(&call->loop);
	rc = ph_dial_start(&call->dial, call->config->address, call->err);
	if (rc == 0 && !call->is_ending) {
		rc = ph_link_stop_hear(call->config->stop, &call->loop, &call->wakes,
				       on_stop);
	}
	if (rc < 0) {
		end(call);
	} else if (call->config->progress && !call->is_ending) {
		uv_timer_start(&call->progress, on_progress, PROGRESS_MS, PROGRESS_MS);
	}
	uv_run(&call->loop, UV_RUN_DEFAULT);
	uv_update_time(&call->loop);
	call->result->elapsed_ms = uv_now(&call->loop) - started;
	return rc;
}

static void take_result(struct call *call)
{
	const struct ph_courier *exchange = call->wire.exchange;
	struct ph_courier_result *result = call->result;

	if (exchange) {
		ph_wire_counts(&call->wire, &result->counts);
		result->failure = ph_courier_failure(exchange);
		result->status = ph_courier_status(exchange);
		result->complete = ph_courier_state(exchange) == PH_SESSION_CLOSED;
	}
}

int ph_courier_call(const struct ph_courier_call *config,
		    struct ph_courier_result *result_out, struct ph_error *err)
{
	struct call *call = calloc(1, sizeof(*call));
	int rc;

	memset(result_out, 0, sizeof(*result_out));
	if (!call) {
		return ph_fail_errno(err, -ENOMEM, ph_say("calling", "gọi"));
	}
	call->config = config;
	call->result = result_out;
	call->err = err;
	rc = uv_loop_init(&call->loop);
	if (rc == 0) {
		int closed;

		rc = run(call);
		closed = uv_loop_close(&call->loop);
		assert(closed == 0);
		(void)closed;
		take_result(call);
	}
	ph_dial_deinit(&call->dial);
	ph_courier_free(call->wire.exchange);
	free(call);
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("calling", "gọi")) : 0;
}
