/*
 * daemon/serve.c - from the first setting read to the last thread joined.
 *
 *   start --> serving --> stopping --> (sessions gone) --> worker ended --> done
 *
 * Start: settings, hub folder (its lock with it), local socket, addresses, pages, sandbox, store
 * worker, then "ready". SIGHUP reads the settings again and keeps the old ones if
 * anything is wrong with the new. SIGTERM and SIGINT stop: nothing new comes in, each
 * session gets the answers to what is with the store, and after five seconds what is
 * left is cut; a store that is still at work after nearly ten (a rebuild, a disk that
 * hangs) is left in the middle, which its journal is made for.
 *
 * An I/O error of the store stops the daemon with PH_EXIT_DAMAGED: the service manager
 * starts it again, and the start looks at the store. Whatever fails in the start undoes
 * what was done and says why.
 */
#include "daemon/serve.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/cli/notify.h"
#include "common/cli/out.h"
#include "common/cli/sandbox.h"
#include "daemon/api.h"
#include "daemon/hub_look.h"
#include "daemon/listener.h"
#include "daemon/peer.h"
#include "daemon/talk.h"

#define LOCK_WAIT_MS 2000
#define GRACE_MS     5000
#define GIVE_UP_MS   (PH_STOP_MS - 500)
#define FILES_MARGIN 64

struct serve {
	struct ph_server server; /* first */
	const struct ph_serve *config;
	struct ph_hub *hub;
	uv_signal_t term, interrupt, hup;
	uv_timer_t deadline, watchdog;
	uint64_t stop_began;
	bool is_hung; /* the service manager is told nothing */
	bool has_loop, has_handles, has_worker, worker_stops;
	int rc;                      /* why we stop; 0: we were told to */
	const char *sandbox;         /* on, wide, none */
	char second[PH_SECOND_TEXT]; /* as it was when we started */
};

static struct serve *serve_of(struct ph_server *server)
{
	return (struct serve *)(void *)server;
}

/* ---- the service manager ---- */

/*
 * The loop answers for itself and for the store worker: while that is stuck, nothing is
 * acknowledged to anybody, and somebody should hear of it. It is stuck when it is at a group
 * of jobs, or at folding, and its store has done nothing for as long as the watchdog waits:
 * to fold all logs anew takes minutes, and is no hanging.
 */
static void on_watchdog(uv_timer_t *timer)
{
	struct serve *serve = timer->data;
	bool hangs = ph_server_store(&serve->server) == PH_STORE_HANGS;

	if (!hangs) {
		(void)ph_notify("WATCHDOG=1");
	}
	if (hangs != serve->is_hung) {
		ph_event(&serve->server.log, hangs ? PH_EVENT_ERROR : PH_EVENT_WARNING,
			 hangs ? "store.hangs" : "store.answers", "watchdog=%s",
			 hangs ? "silent" : "told");
	}
	serve->is_hung = hangs;
}

static void start_watchdog(struct serve *serve)
{
	uint64_t usec = ph_notify_watchdog();

	serve->server.hang_ms = usec > 0 ? usec / 1000 : PH_HANG_MS;
	if (usec > 0) {
		(void)uv_timer_start(&serve->watchdog, on_watchdog, 0, usec / 2000);
	}
}

/* ---- stopping ---- */

/*
 * From here to the end of the process a further signal to stop says nothing new. Without
 * a handle it would end us as if nobody listened, and the exit status would be lost.
 */
static void heed_no_more_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void close_handles(struct serve *serve)
{
	if (!serve->has_handles) {
		return;
	}
	heed_no_more_signals();
	serve->has_handles = false;
	uv_close((uv_handle_t *)&serve->term, NULL);
	uv_close((uv_handle_t *)&serve->interrupt, NULL);
	uv_close((uv_handle_t *)&serve->hup, NULL);
	uv_close((uv_handle_t *)&serve->deadline, NULL);
	uv_close((uv_handle_t *)&serve->watchdog, NULL);
}

static void on_ended(void *data)
{
	struct serve *serve = data;

	serve->has_worker = false;
	ph_api_close(&serve->server);
	close_handles(serve);
}

static void on_gone(struct ph_server *server)
{
	struct serve *serve = serve_of(server);

	if (server->n_peers == 0 && ph_talk_count(server) == 0 &&
	    ph_api_count(server) == 0 && serve->has_worker && !serve->worker_stops) {
		serve->worker_stops = true;
		ph_storeworker_stop(server->worker);
	}
}

static void on_deadline(uv_timer_t *timer)
{
	struct serve *serve = timer->data;
	struct ph_server *server = &serve->server;

	if (uv_now(&server->loop) - serve->stop_began < GIVE_UP_MS) {
		ph_peers_stop(server, true);
		ph_talk_stop(server, true);
		ph_api_stop(server, true);
		return;
	}
	ph_event(&server->log, PH_EVENT_WARNING, "serve.stop",
		 "result=forced why=\"the store was still at work; it is checked at the "
		 "next start\"");
	_exit(serve->rc < 0 ? PH_EXIT_DAMAGED : PH_EXIT_DONE);
}

static void begin_stop(struct serve *serve, int rc)
{
	struct ph_server *server = &serve->server;

	if (server->is_stopping) {
		return;
	}
	(void)ph_notify("STOPPING=1");
	server->is_stopping = true;
	serve->rc = rc;
	serve->stop_began = uv_now(&server->loop);
	(void)uv_timer_start(&serve->deadline, on_deadline, GRACE_MS,
			     GIVE_UP_MS - GRACE_MS);
	ph_listeners_close(server);
	ph_talk_stop(server, false);
	ph_api_stop(server, false);
	ph_peers_stop(server, false);
	on_gone(server);
}

static void on_stop_signal(uv_signal_t *signal, int number)
{
	(void)number;
	begin_stop(signal->data, 0);
}

/* ---- the store worker's callbacks ---- */

static void on_jobs(void *data, struct ph_job *jobs)
{
	ph_peer_on_jobs(data, jobs);
}

static void on_order(void *data, struct ph_order *order)
{
	if (order->call) {
		ph_peer_on_order(order);
	} else {
		ph_talk_on_order(data, order);
	}
}

static void on_trouble(void *data, int rc)
{
	struct serve *serve = data;
	struct ph_error words = { 0 };

	(void)ph_fail_errno(&words, rc, ph_say("the store", "kho dữ liệu"));
	ph_event(&serve->server.log, PH_EVENT_ERROR,
		 rc == -EIO ? "store.failed" : "store.trouble", "why=\"%s\"", words.text);
	if (rc == -EIO) {
		begin_stop(serve, rc);
	}
}

/* ---- settings ---- */

static int load_settings(const struct serve *serve, struct ph_settings *settings,
			 struct ph_error *err)
{
	const char *listen = serve->config->listen;
	struct ph_error why = { 0 };
	char host[PH_LISTEN_TEXT];
	unsigned port;
	int rc = ph_settings_load(settings, serve->config->dir, err);

	if (rc < 0 || !listen) {
		return rc;
	}
	rc = ph_address_split(listen, host, sizeof(host), &port, &why);
	if (rc < 0 || strlen(listen) >= sizeof(settings->listen[0])) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL, "--listen: %s",
			       rc < 0 ? why.text : ph_say("too long", "dài quá"));
	}
	snprintf(settings->listen[0], sizeof(settings->listen[0]), "%s", listen);
	settings->n_listen = 1;
	return 0;
}

/* Each session needs a descriptor: take all that we may have, and say if it is too few. */
static void raise_files(const struct ph_server *server)
{
	uint64_t need = (uint64_t)server->settings.sessions + server->settings.commands +
			server->settings.web_connections + FILES_MARGIN;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
		return;
	}
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur < need) {
		ph_event(&server->log, PH_EVENT_WARNING, "limit.files",
			 "have=%llu need=%llu", (unsigned long long)limit.rlim_cur,
			 (unsigned long long)need);
	}
}

static void apply_settings(struct serve *serve, const struct ph_settings *settings)
{
	struct ph_server *server = &serve->server;

	server->settings = *settings;
	server->gate.limits =
		(struct ph_gate_limits){ .sessions = settings->sessions,
					 .handshakes = settings->handshakes,
					 .handshakes_per_net =
						 settings->handshakes_per_net,
					 .rate = settings->handshake_rate,
					 .burst = settings->handshake_burst };
	ph_partials_bound(&server->partials, settings->partials,
			  (size_t)settings->partials_mib << 20);
	server->log.prefix = settings->prefix == PH_PREFIX_AUTO
				     ? ph_eventlog_is_journal(server->log.fd)
				     : settings->prefix == PH_PREFIX_YES;
	ph_hub_bound(serve->hub,
		     &(struct ph_hub_bounds){ .entries_a_day = settings->entries_a_day,
					      .entries_saved = settings->entries_saved,
					      .keeps_reserve = true,
					      .reserve_mib = settings->reserve_mib });
	raise_files(server);
}

static void on_reload(uv_signal_t *signal, int number)
{
	struct serve *serve = signal->data;
	struct ph_server *server = &serve->server;
	struct ph_settings settings;
	struct ph_error why = { 0 };
	int rc;

	(void)number;
	if (server->is_stopping) {
		return;
	}
	ph_notify_reloading();
	rc = load_settings(serve, &settings, &why);
	if (rc == 0) {
		rc = ph_listeners_apply(server, &settings, &why);
	}
	if (rc == 0) {
		apply_settings(serve, &settings);
		ph_event(&server->log, PH_EVENT_INFO, "config.reload", "result=applied");
		if (!ph_api_is_as(server, &settings)) {
			ph_event(&server->log, PH_EVENT_WARNING, "config.reload",
				 "result=kept why=\"[web] is heeded at the start only: "
				 "restart packhorsed\"");
		}
	} else {
		ph_event(&server->log, PH_EVENT_ERROR, "config.reload",
			 "result=kept why=\"%s\"", why.text);
	}
	(void)ph_notify("READY=1");
}

/* ---- starting ---- */

static void start_handles(struct serve *serve)
{
	uv_loop_t *loop = &serve->server.loop;

	/* they only fill in fields; the first use of a signal in a loop may make a pipe */
	(void)uv_signal_init(loop, &serve->term);
	(void)uv_signal_init(loop, &serve->interrupt);
	(void)uv_signal_init(loop, &serve->hup);
	(void)uv_timer_init(loop, &serve->deadline);
	(void)uv_timer_init(loop, &serve->watchdog);
	serve->term.data = serve;
	serve->interrupt.data = serve;
	serve->hup.data = serve;
	serve->deadline.data = serve;
	serve->watchdog.data = serve;
	serve->has_handles = true;
}

static int start_signals(struct serve *serve)
{
	int rc = uv_signal_start(&serve->term, on_stop_signal, SIGTERM);

	if (rc == 0) {
		rc = uv_signal_start(&serve->interrupt, on_stop_signal, SIGINT);
	}
	if (rc == 0) {
		rc = uv_signal_start(&serve->hup, on_reload, SIGHUP);
	}
	return rc;
}

static int start_worker(struct serve *serve)
{
	int rc = ph_storeworker_start(
		&serve->server.worker,
		&(struct ph_storeworker_config){ .loop = &serve->server.loop,
						 .hub = serve->hub,
						 .ops = &ph_storeworker_hub,
						 .on_jobs = on_jobs,
						 .on_order = on_order,
						 .on_trouble = on_trouble,
						 .on_ended = on_ended,
						 .data = serve });

	serve->has_worker = rc == 0;
	return rc;
}

/* For pages. Where the store has no second view, its own answers them too. */
static int start_look(struct serve *serve, const struct ph_settings *settings,
		      struct ph_error *err)
{
	int rc = settings->web[0] == '\0'
			 ? 0
			 : ph_hub_look_open(&serve->server.look, serve->hub, err);

	return rc == -ENOTSUP ? 0 : rc;
}

static int start_accounts(struct serve *serve, struct ph_error *err)
{
	struct ph_server *server = &serve->server;
	int rc = ph_accounts_new(&server->accounts,
				 &(struct ph_accounts_config){ .clock = ph_clock_system,
							       .rng = ph_rng_system });

	return rc < 0 ? ph_fail_errno(err, rc, ph_say("starting", "khởi động"))
		      : ph_hub_accounts(serve->hub, server->accounts, err);
}

static int start_gate(struct ph_server *server)
{
	const struct ph_gate_limits none = { 0 };
	uint8_t key[16];

	ph_rng_system.fill(ph_rng_system.data, key, sizeof(key));
	return ph_gate_init(&server->gate, &none, key);
}

/*
 * From here on no more than serving takes, in this thread and those it starts. Where there
 * is no filter to be had, the hub serves all the same: its records are worth more than one
 * of several walls.
 */
static int enter_sandbox(struct serve *serve, struct ph_error *err)
{
	int rc = ph_sandbox_enter(PH_SANDBOX_HUB);

	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("giving up calls of the system",
					    "bỏ bớt các lệnh gọi hệ thống"));
	}
	serve->sandbox = rc == 0 ? "on" : rc == PH_SANDBOX_E_WIDE ? "wide" : "none";
	if (rc == PH_SANDBOX_E_NONE) {
		ph_event(&serve->server.log, PH_EVENT_WARNING, "serve.sandbox",
			 "result=none why=\"the kernel, or this build, has no seccomp\"");
	}
	return 0;
}

/* With a wrong clock it serves, and tells devices to come later: it may come right. */
static void say_clock(struct serve *serve)
{
	struct ph_error words = { 0 };

	if (ph_hub_check_clock(serve->hub, &words) < 0) {
		ph_event(&serve->server.log, PH_EVENT_WARNING, "serve.clock",
			 "result=wrong why=\"%s\"", words.text);
	}
}

static int start(struct serve *serve, struct ph_error *err)
{
	struct ph_server *server = &serve->server;
	struct ph_settings settings;
	int rc = load_settings(serve, &settings, err);

	if (rc < 0) {
		return rc;
	}
	snprintf(serve->second, sizeof(serve->second), "%s", settings.second);
	rc = ph_hub_open(&serve->hub,
			 &(struct ph_hub_config){
				 .dir = serve->config->dir,
				 .witness = serve->config->dir,
				 .who = "serve",
				 .wait_ms = LOCK_WAIT_MS,
				 .second = settings.second[0] ? serve->second : NULL,
				 .clock = ph_clock_system,
				 .watches_clock = true,
				 .is_looked_at = settings.web[0] != '\0',
				 .rng = ph_rng_system },
			 err);
	if (rc < 0) {
		return rc;
	}
	say_clock(serve);
	rc = start_look(serve, &settings, err);
	if (rc < 0) {
		return rc;
	}
	rc = start_accounts(serve, err);
	if (rc < 0) {
		return rc;
	}
	server->keys = ph_hub_statics(serve->hub, &server->n_keys);
	rc = uv_loop_init(&server->loop);
	if (rc < 0) {
		return ph_fail_errno(err, rc, ph_say("starting", "khởi động"));
	}
	serve->has_loop = true;
	server->loop.data = server;
	server->started = uv_now(&server->loop);
	server->on_gone = on_gone;
	start_handles(serve);
	rc = start_gate(server);
	if (rc < 0) {
		return ph_fail_errno(err, rc, ph_say("starting", "khởi động"));
	}
	apply_settings(serve, &settings);
	rc = ph_talk_start(server, serve->config->dir, err);
	if (rc == 0) {
		rc = start_signals(serve); /* before anybody can see that we run */
	}
	if (rc == 0) {
		rc = ph_listeners_apply(server, &settings, err);
	}
	if (rc == 0) {
		rc = ph_api_start(server, err);
	}
	if (rc == 0) {
		rc = enter_sandbox(serve, err);
	}
	if (rc == 0) {
		rc = start_worker(serve);
	}
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("starting", "khởi động")) : 0;
}

/* Whatever was started is undone; the worker has ended already, or never began. */
static void finish(struct serve *serve)
{
	struct ph_server *server = &serve->server;

	if (serve->has_loop) {
		ph_listeners_close(server);
		ph_talk_stop(server, true);
		ph_api_close(server);
		close_handles(serve);
		(void)uv_run(&server->loop, UV_RUN_DEFAULT);
		ph_talk_free(server);

		int rc = uv_loop_close(&server->loop);

		assert(rc == 0);
		(void)rc;
	}
	ph_partials_deinit(&server->partials);
	ph_trail_deinit(&server->trail);
	ph_gate_deinit(&server->gate);
	ph_hub_look_free(server->look);
	ph_hub_close(serve->hub);
	ph_accounts_free(server->accounts);
	free(serve);
}

int ph_serve(const struct ph_serve *config, struct ph_error *err)
{
	struct serve *serve = calloc(1, sizeof(*serve));
	int rc;

	if (!serve) {
		return ph_fail_errno(err, -ENOMEM, ph_say("starting", "khởi động"));
	}
	serve->config = config;
	serve->server.log =
		(struct ph_eventlog){ .fd = STDERR_FILENO, .clock = ph_clock_system };
	rc = start(serve, err);
	if (rc < 0) {
		goto out;
	}
	ph_event(&serve->server.log, PH_EVENT_INFO, "serve.start",
		 "version=" PH_VERSION " pid=%ld listen=%s sandbox=%s", (long)getpid(),
		 serve->server.listeners ? serve->server.listeners->bound : "-",
		 serve->sandbox);
	(void)ph_notify("READY=1");
	start_watchdog(serve);
	(void)uv_run(&serve->server.loop, UV_RUN_DEFAULT);
	rc = serve->rc;
	ph_event(&serve->server.log, PH_EVENT_INFO, "serve.stop", "result=%s",
		 rc < 0 ? "failed" : "done");
	if (rc < 0) {
		rc = ph_fail(
			err, PH_EXIT_DAMAGED, rc,
			ph_say("the store saw an I/O error, so nothing more is "
			       "acknowledged; start packhorsed again, and have the disk "
			       "looked at",
			       "kho gặp lỗi đọc/ghi đĩa nên không xác nhận gì thêm; hãy "
			       "chạy lại packhorsed và cho kiểm tra ổ đĩa"));
	}
out:
	finish(serve);
	return rc;
}
