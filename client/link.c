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
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "common/base/limits.h"

#define CONNECT_MS  15000
#define PROGRESS_MS 100
#define FLUSH_MS    2000
#define READ_MAX    (64 * 1024)

enum stage {
	STAGE_LOOKUP,
	STAGE_CONNECT,
	STAGE_TALK,
	STAGE_CLOSING,
};

struct ph_link_stop {
	uv_mutex_t lock;
	uv_async_t *wakes; /* the session that runs, if one does */
	bool is_asked;
};

struct link {
	const struct ph_link_config *config;
	struct ph_link_result *result;
	struct ph_error *err;
	struct ph_site *site;
	struct ph_site_info info;
	struct ph_session *session;
	uv_loop_t loop;
	uv_tcp_t tcp;
	uv_timer_t alarm;    /* connecting, then the session's deadline */
	uv_timer_t progress; /* for a person who watches */
	uv_getaddrinfo_t lookup;
	uv_connect_t connect;
	uv_write_t write;
	struct addrinfo *addresses, *next; /* NEXT: to be tried */
	struct ph_buf out;                 /* what the write in flight sends */
	bool is_writing;
	bool has_tcp;   /* the handle is open */
	bool hung_up;   /* the peer ended the stream in order */
	bool is_hub;    /* it has proved to hold the hub's key */
	bool is_broken; /* the stream can carry nothing more */
	bool is_stopped;
	bool is_awake;    /* the site is ours */
	uv_async_t wakes; /* by config->stop */
	enum stage stage;
	int store_rc; /* why our own store failed */
	uint64_t started;
	char last_error[64]; /* of connecting */
	char buffer[READ_MAX];
};

static void pump(struct link *link);
static void on_stop(uv_async_t *wakes);

/* --- being told to stop --- */

struct ph_link_stop *ph_link_stop_new(void)
{
	struct ph_link_stop *stop = calloc(1, sizeof(*stop));

	if (stop && uv_mutex_init(&stop->lock) < 0) {
		free(stop);
		stop = NULL;
	}
	return stop;
}

void ph_link_stop_free(struct ph_link_stop *stop)
{
	if (stop) {
		uv_mutex_destroy(&stop->lock);
		free(stop);
	}
}

void ph_link_stop_ask(struct ph_link_stop *stop)
{
	uv_mutex_lock(&stop->lock);
	stop->is_asked = true;
	if (stop->wakes) {
		(void)uv_async_send(stop->wakes);
	}
	uv_mutex_unlock(&stop->lock);
}

/* Hear of it from now on, at once if it was asked before. 0 or negative. */
static int begin_listening(struct link *link)
{
	struct ph_link_stop *stop = link->config->stop;
	int rc;

	if (!stop) {
		return 0;
	}
	rc = uv_async_init(&link->loop, &link->wakes, on_stop);
	if (rc < 0) {
		return rc;
	}
	link->wakes.data = link;
	uv_mutex_lock(&stop->lock);
	stop->wakes = &link->wakes;
	if (stop->is_asked) {
		(void)uv_async_send(&link->wakes);
	}
	uv_mutex_unlock(&stop->lock);
	return 0;
}

static void end_listening(struct link *link)
{
	struct ph_link_stop *stop = link->config->stop;

	if (stop && stop->wakes) {
		uv_mutex_lock(&stop->lock);
		stop->wakes = NULL;
		uv_mutex_unlock(&stop->lock);
		uv_close((uv_handle_t *)&link->wakes, NULL);
	}
}

/* --- ends --- */

static void close_all(struct link *link)
{
	if (link->stage == STAGE_CLOSING) {
		return;
	}
	if (link->stage == STAGE_LOOKUP) {
		(void)uv_cancel((uv_req_t *)&link->lookup); /* fine if there is none */
	}
	link->stage = STAGE_CLOSING;
	uv_close((uv_handle_t *)&link->alarm, NULL);
	uv_close((uv_handle_t *)&link->progress, NULL);
	end_listening(link);
	if (link->has_tcp) {
		uv_close((uv_handle_t *)&link->tcp, NULL);
		link->has_tcp = false;
	}
}

static void unreachable(struct link *link, const char *why)
{
	ph_fail(link->err, PH_EXIT_UNREACHABLE, -EHOSTUNREACH,
		"cannot reach the hub at %s: %s; all is kept here and goes with the next "
		"sync",
		link->config->address, why);
	close_all(link);
}

static void store_failed(struct link *link, int rc)
{
	link->store_rc = rc;
	ph_fail_errno(link->err, rc, "this site's store");
	close_all(link);
}

/* The stream has ended, by the peer or by an error. */
static void end_stream(struct link *link, int status)
{
	link->hung_up = status == UV_EOF;
	link->is_broken = true;
	ph_session_eof(link->session);
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
	close_all(link);
}

/* --- jobs --- */

/* Take the folder for what follows. False: the link is closing. */
static bool wake(struct link *link)
{
	int rc = link->is_awake ? 0 : ph_site_resume(link->site, link->err);

	link->is_awake = rc == 0;
	if (rc < 0) {
		store_failed(link, rc);
	}
	return rc == 0;
}

static void rest(struct link *link)
{
	if (link->is_awake) {
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
		ph_site_job(link->site, job, link->err);
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
		end_stream(link, status);
	} else {
		ph_session_sent(link->session, link->out.len, uv_now(&link->loop));
	}
	pump(link);
}

/* Hand what the session has to say to the kernel; the rest is a copy of our own. */
static void start_write(struct link *link)
{
	while (!link->is_writing && !link->is_broken) {
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
			end_stream(link, n);
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
	close_all(timer->data);
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
	if (is_over(link) &&
	    (link->is_broken || ph_session_output(link->session).len == 0)) {
		close_all(link);
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
		end_stream(link, (int)n);
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
		.hello = hello,
		.cert = ph_site_cert(link->site),
	};

	memcpy(config.hub_key, link->info.hub_box, sizeof(config.hub_key));
	return ph_session_new(&link->session, &config, uv_now(&link->loop));
}

static void start_talk(struct link *link)
{
	struct ph_buf arena = { 0 };
	struct ph_hello *hello = malloc(sizeof(*hello));
	int rc = hello ? 0 : -ENOMEM;

	if (rc == 0) {
		rc = ph_site_resume(link->site, link->err);
		link->is_awake = rc == 0;
	}
	if (rc == 0) {
		rc = ph_site_hello(link->site, link->config->flight_max, hello, &arena,
				   link->err);
	}
	if (rc == 0) {
		rc = new_session(link, hello);
	}
	if (rc == 0) {
		link->stage = STAGE_TALK;
		link->result->connected = true;
		rc = uv_read_start((uv_stream_t *)&link->tcp, on_alloc, on_read);
	}
	free(hello);
	ph_buf_deinit(&arena);
	if (rc < 0) {
		store_failed(link, rc);
	}
	pump(link);
}

static void try_next(struct link *link);

static void on_tcp_closed(uv_handle_t *handle)
{
	struct link *link = handle->data;

	if (link->stage == STAGE_CONNECT) {
		try_next(link);
	}
}

/* This address did not answer: on to the next one. */
static void give_up_address(struct link *link, const char *why)
{
	snprintf(link->last_error, sizeof(link->last_error), "%s", why);
	uv_timer_stop(&link->alarm);
	link->has_tcp = false;
	uv_close((uv_handle_t *)&link->tcp, on_tcp_closed);
}

static void on_connect_timeout(uv_timer_t *timer)
{
	give_up_address(timer->data, "no answer in time");
}

/*
 * A network that swallows all without a word: the session's own limits notice that (its
 * keep-alives, and how long nothing may come); the kernel, too, gives a stream up whose
 * bytes nobody confirms, so that a retry is not at the end of its patience, which is 15
 * minutes by default.
 */
static void watch_stalls(struct link *link)
{
#ifdef TCP_USER_TIMEOUT
	unsigned ms = PH_IDLE_MS;
	uv_os_fd_t fd;

	if (uv_fileno((uv_handle_t *)&link->tcp, &fd) == 0) {
		(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
	}
#endif
	(void)uv_tcp_keepalive(&link->tcp, 1, PH_KEEPALIVE_MS / 1000);
}

static void on_connected(uv_connect_t *request, int status)
{
	struct link *link = request->data;

	if (link->stage != STAGE_CONNECT || !link->has_tcp) {
		return; /* given up already */
	}
	if (status < 0) {
		give_up_address(link, uv_strerror(status));
		return;
	}
	uv_timer_stop(&link->alarm);
	uv_tcp_nodelay(&link->tcp, 1);
	watch_stalls(link);
	start_talk(link);
}

static void try_next(struct link *link)
{
	struct addrinfo *address = link->next;
	unsigned ms = link->config->connect_ms ? link->config->connect_ms : CONNECT_MS;
	int rc;

	if (!address) {
		unreachable(link, link->last_error);
		return;
	}
	link->next = address->ai_next;
	rc = uv_tcp_init(&link->loop, &link->tcp);
	if (rc < 0) {
		unreachable(link, uv_strerror(rc));
		return;
	}
	link->tcp.data = link;
	link->has_tcp = true;
	link->connect.data = link;
	rc = uv_tcp_connect(&link->connect, &link->tcp, address->ai_addr, on_connected);
	if (rc < 0) {
		give_up_address(link, uv_strerror(rc));
		return;
	}
	uv_timer_start(&link->alarm, on_connect_timeout, ms, 0);
}

static void on_looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
	struct link *link = request->data;

	if (link->stage != STAGE_LOOKUP) {
		uv_freeaddrinfo(list);
		return;
	}
	uv_timer_stop(&link->alarm);
	if (status < 0) {
		unreachable(link, uv_strerror(status));
		return;
	}
	link->addresses = list;
	link->next = list;
	link->stage = STAGE_CONNECT;
	try_next(link);
}

static void on_lookup_timeout(uv_timer_t *timer)
{
	unreachable(timer->data, "its name was not found in time");
}

static int start_lookup(struct link *link)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_protocol = IPPROTO_TCP };
	char host[PH_HOST_MAX + 1];
	char port[PH_PORT_MAX + 1];
	unsigned ms = link->config->connect_ms ? link->config->connect_ms : CONNECT_MS;
	int rc = ph_link_split(link->config->address, host, port, link->err);

	if (rc < 0) {
		return rc;
	}
	/* numbers need no resolver, and so no threads */
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	if (getaddrinfo(host, port, &hints, &link->addresses) == 0) {
		link->next = link->addresses;
		link->stage = STAGE_CONNECT;
		try_next(link);
		return 0;
	}
	hints.ai_flags = AI_NUMERICSERV;
	link->lookup.data = link;
	rc = uv_getaddrinfo(&link->loop, &link->lookup, on_looked_up, host, port, &hints);
	if (rc == 0) {
		uv_timer_start(&link->alarm, on_lookup_timeout, ms, 0);
	}
	return rc;
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
	result->failure = ph_session_failure(link->session);
	result->status = ph_session_status(link->session);
	result->is_short = ph_session_is_short(link->session);
	result->complete = ph_session_state(link->session) == PH_SESSION_CLOSED &&
			   !result->is_short && result->status != PH_STATUS_LATER;
}

static const char *reason_of(struct link *link, int rc)
{
	const struct ph_link_result *result = link->result;

	if (rc < 0) {
		return "address";
	}
	if (link->store_rc < 0) { /* what is wrong was said where it happened */
		return link->store_rc == -ESTALE    ? "restored"
		       : link->store_rc == -EBADMSG ? "receipt"
						    : "store";
	}
	if (link->is_stopped) {
		ph_fail(link->err, PH_EXIT_PARTIAL, -ECANCELED,
			"stopped; the rest goes with the next sync");
		return "stopped";
	}
	if (!result->connected) {
		return "unreachable";
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
	rc = begin_listening(link);
	rc = rc != 0 ? rc : start_lookup(link);
	if (rc < 0) {
		close_all(link);
	} else if (link->config->progress) {
		uv_timer_start(&link->progress, on_progress, PROGRESS_MS, PROGRESS_MS);
	}
	uv_run(&link->loop, UV_RUN_DEFAULT);
	take_result(link);
	link->result->reason = reason_of(link, rc);
	return rc < 0 ? rc : link->store_rc;
}

int ph_link_run(struct ph_site *site, const struct ph_link_config *config,
		struct ph_link_result *result_out, struct ph_error *err)
{
	struct link *link = calloc(1, sizeof(*link));
	bool is_awake;
	int closed;
	int opened;
	int rc;

	*result_out = (struct ph_link_result){ .reason = "memory" };
	if (!link) {
		return ph_fail_errno(err, -ENOMEM, "connecting");
	}
	link->config = config;
	link->result = result_out;
	link->err = err;
	link->site = site;
	ph_site_info(site, &link->info);
	rc = uv_loop_init(&link->loop);
	if (rc < 0) {
		free(link);
		return ph_fail_errno(err, rc, "connecting");
	}
	ph_site_pause(site);
	rc = run(link);
	closed = uv_loop_close(&link->loop);
	assert(closed == 0);
	ph_session_free(link->session);
	if (link->addresses) {
		uv_freeaddrinfo(link->addresses);
	}
	ph_buf_wipe(&link->out);
	explicit_bzero(link->buffer, sizeof(link->buffer));
	is_awake = link->is_awake;
	free(link);
	opened = is_awake ? 0 : ph_site_resume(site, err);
	return rc < 0 ? rc : opened;
}
