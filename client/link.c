/*
 * client/link.c - one session over TCP, by libuv.
 *
 * Look the address up, try each of its addresses in turn, then run the session: bytes
 * in, bytes out, a timer for its deadline, and jobs for the store. The site is paused
 * all the time but while hello and jobs are being worked on, so that others can write
 * to it while bytes are on the way; a job takes the folder again, waiting for whoever
 * has it as commands do. To let go of it takes several writes to the disk: what is to be
 * said goes out before.
 *
 *   LOOKUP --> CONNECT --> TALK --> CLOSING --> (loop empty)
 *
 * No address that answers in time: PH_EXIT_UNREACHABLE, nothing was sent. A hub that
 * hangs up on the greeting, or answers it wrongly, is taken for one that does not hold
 * our key, though damage on the way looks the same: whoever calls tries once more before
 * it says so. Anything that breaks later is a cut (PH_EXIT_PARTIAL): what
 * the hub has receipted need not be sent again. A store that fails ends the session.
 */
#include "client/link_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "client/site_kept.h"
#include "client/site_lan.h"
#include "client/site_unfinished.h"
#include "common/base/limits.h"
#include "common/base/say.h"

#define PROGRESS_MS 100
#define NOTE_BYTES  (64 * 1024)
#define FLUSH_MS    2000

static void pump(struct link *link);
static void on_stop(uv_async_t *wakes);

/* --- ends --- */

static void close_tcp(struct link *link)
{
	struct ph_session_counts counts = { 0 };
	bool is_cut = true;

	if (link->session) {
		ph_session_counts(link->session, &counts);
		is_cut = ph_went_is_cut(ph_session_state(link->session),
					ph_session_failure(link->session),
					link->is_writing || link->is_stopped);
	}
	link->went =
		ph_went_close(&link->tcp, counts.bytes_out, link->pending, is_cut, NULL);
	link->has_tcp = false;
}

void ph_link_close(struct link *link)
{
	if (link->stage == STAGE_CLOSING) {
		return;
	}
	if (link->has_dial) {
		ph_dial_end(&link->dial);
	}
	link->stage = STAGE_CLOSING;
	uv_close((uv_handle_t *)&link->alarm, NULL);
	uv_close((uv_handle_t *)&link->progress, NULL);
	ph_link_stop_unhear(link->config->stop, &link->wakes);
	if (link->has_tcp) {
		close_tcp(link);
	}
}

void ph_link_unreachable(struct link *link, const char *why)
{
	ph_link_explain_unreachable(link->config->is_sibling, link->config->address, why,
				    link->err);
	ph_link_close(link);
}

static void store_failed(struct link *link, int rc)
{
	link->store_rc = rc;
	ph_fail_errno(link->err, rc, ph_say("this site's store", "kho dữ liệu của điểm"));
	if (link->session) { /* it gives back what it has of an item */
		ph_session_eof(link->session);
	}
	ph_link_close(link);
}

/* The stream has ended, by the peer or by an error. */
static void end_stream(struct link *link, int status)
{
	link->hung_up = status == UV_EOF;
	link->is_broken = true;
	ph_session_eof(link->session);
}

/*
 * The stream takes nothing more. What came before it was reset waits in the kernel, was
 * paid for, and may be all that this session gets: reading goes on, and finds the end.
 */
static void end_writing(struct link *link, int rc)
{
	if (rc == UV_EPIPE || rc == UV_ECONNRESET) {
		link->write_rc = rc;
	} else {
		end_stream(link, rc);
	}
}

static void on_stop(uv_async_t *wakes)
{
	struct link *link = wakes->data;

	if (link->stage == STAGE_CLOSING) {
		return;
	}
	link->is_stopped = true;
	if (link->session) {
		ph_session_eof(link->session);
	}
	ph_link_close(link);
}

/* --- jobs --- */

/* Take the folder for what follows. False: the link is closing. */
static bool wake(struct link *link)
{
	int rc = link->is_awake ? 0 : ph_site_resume(link->site, link->err);

	link->is_awake = rc == 0;
	link->result->used_site = true;
	if (rc < 0) {
		store_failed(link, rc);
	}
	return rc == 0;
}

/* The account of a session without a bound, now and then, while the folder is ours anyway. */
static void note_spent(struct link *link)
{
	struct ph_session_counts counts;

	ph_session_counts(link->session, &counts);
	if (counts.bytes_in + counts.bytes_out - link->noted >= NOTE_BYTES &&
	    ph_site_spend_note(link->site, counts.bytes_out, counts.bytes_in, false,
			       NULL) == 0) { /* else the next time */
		link->noted = counts.bytes_in + counts.bytes_out;
	}
}

static void rest(struct link *link)
{
	if (link->is_awake) {
		if (link->session && !link->lan && ph_site_is_open(link->site)) {
			note_spent(link);
		}
		ph_site_pause(link->site);
		link->is_awake = false;
	}
}

static void run_jobs(struct link *link)
{
	struct ph_job *job;

	while (link->stage == STAGE_TALK &&
	       (job = ph_session_take_job(link->session)) != NULL) {
		if (!wake(link)) {
			ph_job_free(job);
			break;
		}
		if (link->lan) {
			ph_site_lan_job(link->lan, job, link->err);
			if (link->config->is_known && ph_site_lan_is_known(link->lan)) {
				atomic_store(link->config->is_known, true);
			}
		} else {
			ph_site_job(link->site, job, link->err);
		}
		if (job->result < 0) {
			link->store_rc = job->result;
		}
		uv_update_time(&link->loop);
		ph_session_give_job(link->session, job, uv_now(&link->loop));
	}
}

/* --- the wire --- */

static void on_written(uv_write_t *request, int status)
{
	struct link *link = request->data;

	link->is_writing = false;
	if (link->stage != STAGE_TALK) {
		return;
	}
	if (status < 0) {
		end_writing(link, status);
	} else {
		link->pending = 0;
		ph_session_sent(link->session, link->out.len, uv_now(&link->loop));
	}
	pump(link);
}

/* Hand what the session has to say to the kernel; the rest is a copy of our own. */
static void start_write(struct link *link)
{
	while (!link->is_writing && !link->is_broken && link->write_rc == 0) {
		struct ph_view view = ph_session_output(link->session);
		uv_buf_t buf = uv_buf_init((char *)view.data, (unsigned)view.len);
		int n;

		if (view.len == 0) {
			return;
		}
		n = uv_try_write((uv_stream_t *)&link->tcp, &buf, 1);
		if (n > 0) {
			ph_session_sent(link->session, (size_t)n, uv_now(&link->loop));
			continue;
		}
		link->out.len = 0;
		if (n < 0 && n != UV_EAGAIN) {
			end_writing(link, n);
			return;
		}
		n = ph_buf_put_view(&link->out, view);
		if (n == 0) {
			buf = uv_buf_init((char *)link->out.data,
					  (unsigned)link->out.len);
			link->write.data = link;
			n = uv_write(&link->write, (uv_stream_t *)&link->tcp, &buf, 1,
				     on_written);
		}
		if (n != 0) {
			end_stream(link, n);
			return;
		}
		link->is_writing = true;
		link->pending = link->out.len;
	}
}

static void on_deadline(uv_timer_t *timer)
{
	struct link *link = timer->data;

	ph_session_tick(link->session, uv_now(&link->loop));
	pump(link);
}

/* The last words of a session that failed do not have to get through. */
static void on_flush_timeout(uv_timer_t *timer)
{
	ph_link_close(timer->data);
}

static bool is_over(const struct link *link)
{
	enum ph_session_state state = ph_session_state(link->session);

	return state == PH_SESSION_CLOSED || state == PH_SESSION_FAILED;
}

static void set_alarm(struct link *link)
{
	uint64_t at = ph_session_deadline(link->session);
	uint64_t now = uv_now(&link->loop);

	if (is_over(link)) {
		uv_timer_start(&link->alarm, on_flush_timeout, FLUSH_MS, 0);
	} else if (at == UINT64_MAX) {
		uv_timer_stop(&link->alarm);
	} else {
		uv_timer_start(&link->alarm, on_deadline, at > now ? at - now : 0, 0);
	}
}

static void work(struct link *link)
{
	run_jobs(link);
	if (link->stage != STAGE_TALK) {
		return;
	}
	start_write(link);
	/* sending may have made room for more, and that asks for a job */
	run_jobs(link);
	if (link->stage != STAGE_TALK) {
		return;
	}
	start_write(link);
	if (is_over(link) && (link->is_broken || link->write_rc < 0 ||
			      ph_session_output(link->session).len == 0)) {
		ph_link_close(link);
		return;
	}
	set_alarm(link);
}

/* After each event: do what the session asks for until it waits for the peer. */
static void pump(struct link *link)
{
	if (link->stage == STAGE_TALK) {
		work(link);
	}
	if (link->stage != STAGE_CLOSING) { /* who called us wants it back */
		rest(link);
	}
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct link *link = handle->data;

	(void)suggested;
	*buf = uv_buf_init(link->buffer, sizeof(link->buffer));
}

/* Past the handshake, or refused in words that only the hub can write. */
static bool is_hub(const struct ph_session *session)
{
	enum ph_session_state state = ph_session_state(session);

	return (state != PH_SESSION_START && state != PH_SESSION_HELLO &&
		state != PH_SESSION_FAILED) ||
	       ph_session_failure(session) == PH_FAIL_REFUSED;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct link *link = stream->data;

	if (link->stage != STAGE_TALK || n == 0) {
		return;
	}
	if (n < 0) {
		uv_read_stop(stream);
		end_stream(link, link->write_rc < 0 ? link->write_rc : (int)n);
	} else {
		ph_session_receive(link->session, PH_VIEW(buf->base, n),
				   uv_now(&link->loop));
		link->is_hub = link->is_hub || is_hub(link->session);
	}
	pump(link);
}

/* --- from address to session --- */

static int new_session(struct link *link, const struct ph_hello *hello)
{
	struct ph_session_config config = {
		.side = PH_SIDE_DEVICE,
		.rng = ph_rng_system,
		.keys = ph_site_box(link->site),
		.frame_max = link->config->frame_max,
		.may_send = link->share.up,
		.is_sibling = link->config->is_sibling,
		.hello = hello,
		.partial = &link->front,
		.cert = ph_site_cert(link->site),
	};

	if (link->config->answers) {
		config.side = PH_SIDE_HUB;
		config.hello = NULL;
	} else { /* the folder is held here; who answers has none, and needs no hub's key */
		memcpy(config.hub_key, ph_site_hub_box(link->site),
		       sizeof(config.hub_key));
	}
	return ph_session_new(&link->session, &config, uv_now(&link->loop));
}

/* What it may cost, set apart; then the hello, which tells the hub its share. */
static int make_hello(struct link *link, struct ph_hello *hello, struct ph_buf *arena)
{
	const struct ph_link_config *config = link->config;
	int rc;

	if (config->is_sibling) {
		return config->answers ? 0
				       : ph_site_lan_hello(link->lan, hello, link->err);
	}
	rc = ph_site_spend_begin(link->site, config->road, config->over_budget,
				 config->waiting, &link->share, link->err);
	link->is_poor = rc == PH_BUDGET_E_SPENT;
	if (rc == 0) {
		ph_site_spare_own(link->site, config->has_own);
		rc = ph_site_hello(link->site,
				   ph_budget_flight(&link->share, config->flight_max),
				   hello, arena, link->err);
		hello->budget = link->share.down;
	}
	rc = rc != 0 ? rc : ph_site_unfinished_tell(link->site, hello, &link->front);
	return rc != 0 ? rc : ph_site_kept_tell(link->site, hello);
}

void ph_link_talk(struct link *link)
{
	struct ph_buf arena = { 0 };
	struct ph_hello *hello = malloc(sizeof(*hello));
	int rc = hello ? 0 : -ENOMEM;

	/* whoever calls has to show who it is before the folder is touched for it */
	if (rc == 0 && !link->config->answers) {
		rc = ph_site_resume(link->site, link->err);
		link->is_awake = rc == 0;
		link->result->used_site = true;
	}
	if (rc == 0) {
		rc = make_hello(link, hello, &arena);
	}
	if (rc == 0) {
		rc = new_session(link, hello);
		link->is_poor = rc == -EDQUOT;
	}
	if (rc == 0) {
		link->stage = STAGE_TALK;
		link->result->connected = true;
		rc = uv_read_start((uv_stream_t *)&link->tcp, on_alloc, on_read);
	}
	free(hello);
	ph_buf_deinit(&arena);
	if (link->is_poor) {
		ph_link_close(link);
		return;
	}
	if (rc < 0) {
		store_failed(link, rc);
	}
	pump(link);
}

/* --- all of it --- */

static void on_progress(uv_timer_t *timer)
{
	struct link *link = timer->data;
	struct ph_session_counts counts;

	if (link->session) {
		ph_session_counts(link->session, &counts);
		link->config->progress(link->config->data, &counts);
	}
}

static void take_result(struct link *link)
{
	struct ph_link_result *result = link->result;

	uv_update_time(&link->loop);
	result->elapsed_ms = uv_now(&link->loop) - link->started;
	if (!link->session) {
		return;
	}
	ph_session_counts(link->session, &result->counts);
	result->counts.bytes_out = link->went.up;
	result->counts.bytes_in += link->went.unread;
	result->failure = ph_session_failure(link->session);
	result->status = ph_session_status(link->session);
	result->why = ph_session_why(link->session);
	result->is_short = ph_session_is_short(link->session);
	ph_site_unsent(link->site, ph_session_unsent(link->session));
	ph_session_short_sides(link->session, &result->short_up, &result->short_down);
	result->complete = ph_session_state(link->session) == PH_SESSION_CLOSED &&
			   !result->is_short && result->status != PH_STATUS_LATER;
}

/* Of another device of the site, which proves itself by message 2, or by its certificate. */
static bool is_stranger(const struct link *link)
{
	return link->config->answers ? !ph_site_lan_is_known(link->lan)
				     : link->result->counts.round_trips == 0;
}

static const char *reason_of(struct link *link, int rc)
{
	const struct ph_link_result *result = link->result;

	if (rc < 0) {
		return "address";
	}
	if (link->store_rc < 0) { /* what is wrong was said where it happened */
		return link->store_rc == -EBADMSG ? "receipt" : "store";
	}
	if (link->is_stopped) {
		ph_fail(link->err, PH_EXIT_PARTIAL, -ECANCELED,
			ph_say("stopped; the rest goes with the next sync",
			       "đã dừng; phần còn lại gửi ở lần đồng bộ sau"));
		return "stopped";
	}
	if (link->is_poor) {
		struct ph_link_result poor = { .failure = PH_FAIL_BUDGET };

		return ph_link_explain(&poor, link->config->address, false, link->err);
	}
	if (!result->connected) {
		return "unreachable";
	}
	if (link->lan) {
		ph_site_lan_moved(link->lan, &link->result->moved);
		return ph_link_explain_sibling(
			result, link->config->address, ph_site_lan_refusal(link->lan),
			is_stranger(link), link->config->answers, link->err);
	}
	return ph_link_explain(result, link->config->address,
			       link->hung_up && !link->is_hub, link->err);
}

static int run(struct link *link)
{
	int rc;

	uv_timer_init(&link->loop, &link->alarm);
	uv_timer_init(&link->loop, &link->progress);
	link->alarm.data = link;
	link->progress.data = link;
	uv_update_time(&link->loop);
	link->started = uv_now(&link->loop);
	link->wakes.data = link;
	rc = ph_link_stop_hear(link->config->stop, &link->loop, &link->wakes, on_stop);
	rc = rc != 0                 ? rc
	     : link->config->answers ? ph_link_answer(link)
				     : ph_link_dial(link);
	if (rc < 0) {
		ph_link_close(link);
	} else if (link->config->progress) {
		uv_timer_start(&link->progress, on_progress, PROGRESS_MS, PROGRESS_MS);
	}
	uv_run(&link->loop, UV_RUN_DEFAULT);
	take_result(link);
	link->result->reason = reason_of(link, rc);
	return rc < 0 ? rc : link->store_rc;
}

static void give_up_fd(const struct ph_link_config *config, bool is_taken)
{
	if (config->answers && !is_taken) {
		close(config->fd);
	}
}

static void link_free(struct link *link)
{
	ph_session_free(link->session);
	ph_unfinished_deinit(&link->front);
	free(link);
}

/* What the session, which is over, left of an item is kept; if that fails it is sent again. */
static void keep_front(struct link *link)
{
	struct ph_link_result *result = link->result;
	struct ph_unfinished_kept kept;
	bool is_whole;

	if (!link->session || link->config->is_sibling || !ph_site_is_open(link->site)) {
		return;
	}
	is_whole =
		ph_session_state(link->session) == PH_SESSION_CLOSED && !result->is_short;
	(void)ph_site_unfinished_keep(link->site, &link->front, is_whole, result->status,
				      &kept);
	result->front_grew = kept.grew;
	result->without_front = kept.without_front;
}

int ph_link_run(struct ph_site *site, const struct ph_link_config *config,
		struct ph_link_result *result_out, struct ph_error *err)
{
	struct link *link = calloc(1, sizeof(*link));
	int closed;
	int opened;
	int noted = 0;
	int rc;

	*result_out = (struct ph_link_result){ .reason = "memory" };
	if (!link) {
		give_up_fd(config, false);
		return ph_fail_errno(err, -ENOMEM, ph_say("connecting", "kết nối"));
	}
	link->config = config;
	link->result = result_out;
	link->err = err;
	link->site = site;
	link->lan = config->is_sibling ? ph_site_lan_new(site) : NULL;
	rc = config->is_sibling && !link->lan ? -ENOMEM : uv_loop_init(&link->loop);
	if (rc < 0) {
		ph_site_lan_free(link->lan);
		free(link);
		give_up_fd(config, false);
		return ph_fail_errno(err, rc, ph_say("connecting", "kết nối"));
	}
	if (!config->answers) {
		ph_site_pause(site);
	}
	rc = run(link);
	give_up_fd(config, link->has_fd);
	closed = uv_loop_close(&link->loop);
	assert(closed == 0);
	if (link->session) {
		(void)ph_session_take_partial(link->session, &link->front);
	}
	ph_site_lan_free(link->lan);
	if (link->has_dial) {
		ph_dial_deinit(&link->dial);
	}
	ph_buf_wipe(&link->out);
	explicit_bzero(link->buffer, sizeof(link->buffer));
	if (config->answers) {
		rest(link);
		link_free(link);
		return rc;
	}
	opened = link->is_awake ? 0 : ph_site_resume(site, err);
	if (opened == 0) {
		keep_front(link);
	}
	link_free(link);
	if (opened == 0 && !config->is_sibling && ph_site_is_open(site)) {
		noted = ph_site_spend_note(site, result_out->counts.bytes_out,
					   result_out->counts.bytes_in, true,
					   rc < 0 ? NULL : err);
	}
	return rc < 0 ? rc : opened < 0 ? opened : noted;
}
