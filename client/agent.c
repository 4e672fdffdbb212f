/*
 * client/agent.c - from the folder's lock to the last thread joined.
 *
 *   start --> keeping --> stopping --> (connections gone) --> worker ended,
 *                                      session ended      --> done
 *
 * Three threads: the loop, which touches no file; the worker (client/work.c), which does
 * what commands ask; and while a session runs its own (client/agent_road.c). The site is
 * open once, and goes from hand to hand by turns. When the next session is due is decided
 * by the pace (client/pace.c), and who tells it what is agent_session.c.
 *
 * SIGHUP reads the settings again and keeps the old ones if anything is wrong with the new.
 * SIGTERM and SIGINT stop: what commands have begun is done and answered, the session ends
 * where it is. Whatever hangs (a resolver, a disk) is left after nearly five seconds; the
 * journal is made for that. Trouble with the store is told and tried again: what the disk
 * lacks today it may have tomorrow.
 */
#include "client/agent_internal.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/carry.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/cli/notify.h"
#include "common/cli/out.h"

#define LOCK_WAIT_MS 10000
#define GRACE_MS     3000
#define DESK_MS      5000 /* between two looks whether the desk's secret is to be wiped */
#define GIVE_UP_MS   (PH_AGENT_STOP_MS - 500)
#define FULL_MS      10000 /* between two lines of the log about too many connections */

static int64_t wall(void)
{
	struct ph_now now;

	ph_clock_system.read(ph_clock_system.data, &now);
	return now.wall;
}

/* ---- commands ---- */

static void on_state(void *data, struct ph_host_state *state_out)
{
	struct agent *agent = data;
	uint64_t now = uv_now(&agent->loop);
	enum ph_pace_why why;
	uint64_t due = ph_pace_due(&agent->pace, &why);

	*state_out = (struct ph_host_state){ .since = agent->since,
					     .sessions = agent->sessions,
					     .failures = agent->pace.failures,
					     .is_syncing = agent->is_syncing,
					     .why = why,
					     .desk_ms = agent->settings.desk_idle_ms };
	if (due != UINT64_MAX) {
		state_out->next = wall() + (int64_t)(due > now ? (due - now) / 1000 : 0);
	}
}

static void on_moved(void *data)
{
	struct agent *agent = data;

	ph_pace_entry(&agent->pace, uv_now(&agent->loop));
	ph_agent_lan_entry(agent->lan);
	ph_agent_set_alarm(agent);
	ph_front_tell(agent->front, "entries", json_object());
}

static void on_full(void *data)
{
	struct agent *agent = data;
	uint64_t now = uv_now(&agent->loop);

	agent->full++;
	if (agent->full == 1 || now - agent->full_since >= FULL_MS) {
		ph_event(&agent->log, PH_EVENT_WARNING, "limit.hit",
			 "name=commands count=%llu", (unsigned long long)agent->full);
		agent->full_since = now;
	}
}

/* Somebody who may read the folder wants to open the desk's page. */
static int on_desk(void *data, struct ph_buf *answer)
{
	struct agent *agent = data;
	char token[PH_DOOR_TEXT];
	int rc;

	if (!agent->front || agent->front_ends) {
		return ph_carry_refuse(
			answer, PH_EXIT_CONFIG, false,
			agent->settings.desk_serve
				? ph_say("the agent does not serve the desk: its log "
					 "says why (desk.listen)",
					 "chương trình nền không phục vụ trang quầy: lý "
					 "do ở nhật ký của nó (desk.listen)")
				: ph_say("the agent does not serve the desk: put serve = "
					 "1 under [desk] in agent.conf and have it read "
					 "that: kill -HUP, or systemctl reload",
					 "chương trình nền không phục vụ trang quầy: hãy "
					 "ghi serve = 1 dưới [desk] trong agent.conf rồi "
					 "cho nó đọc lại: kill -HUP, hoặc systemctl "
					 "reload"));
	}
	ph_front_token(agent->front, token);
	rc = ph_buf_printf(answer,
			   "{\"schema\":1,\"exit\":0,\"port\":%u,\"token\":\"%s\"}\n",
			   ph_front_port(agent->front), token);
	explicit_bzero(token, sizeof(token));
	return rc;
}

static void start_front(struct agent *agent);

static void on_front_gone(void *data)
{
	struct agent *agent = data;

	agent->front = NULL;
	if (agent->front_ends && !agent->is_stopping) {
		agent->front_ends = false;
		start_front(agent);
	}
	ph_agent_check_end(agent);
}

static void on_trouble(void *data, const struct ph_error *why)
{
	struct agent *agent = data;

	ph_event(&agent->log, PH_EVENT_ERROR, "store.trouble", "why=\"%s\"", why->text);
}

/* ---- the desk's key ---- */

/*
 * A desk that nobody works at is closed by its own clock to whoever asks; what is left to do
 * is to wipe its secret. While a session has the turn it waits for the next time.
 */
static void on_key_due(uv_timer_t *timer)
{
	struct agent *agent = timer->data;

	if (!ph_turn_try(&agent->turn)) {
		return;
	}
	if (ph_site_desk(agent->site) != PH_DESK_OPEN) {
		(void)uv_timer_stop(timer);
	}
	ph_turn_give(&agent->turn);
}

/* ---- stopping ---- */

static void close_handles(struct agent *agent)
{
	if (!agent->has_handles) {
		return;
	}
	agent->has_handles = false;
	uv_close((uv_handle_t *)&agent->term, NULL);
	uv_close((uv_handle_t *)&agent->interrupt, NULL);
	uv_close((uv_handle_t *)&agent->hup, NULL);
	uv_close((uv_handle_t *)&agent->due, NULL);
	uv_close((uv_handle_t *)&agent->deadline, NULL);
	uv_close((uv_handle_t *)&agent->watchdog, NULL);
	uv_close((uv_handle_t *)&agent->desk, NULL);
}

void ph_agent_check_end(struct agent *agent)
{
	if (!agent->is_stopping || agent->front || !ph_agent_talk_is_empty(agent->talk)) {
		return;
	}
	if (agent->work && !agent->worker_stops) {
		agent->worker_stops = true;
		ph_work_stop(agent->work);
	}
	if (!agent->work && !agent->is_syncing && ph_agent_lan_is_idle(agent->lan)) {
		ph_agent_road_free(agent->road);
		agent->road = NULL;
		ph_agent_lan_free(agent->lan);
		agent->lan = NULL;
		close_handles(agent);
	}
}

static void on_empty(void *data)
{
	ph_agent_check_end(data);
}

static void on_lan_idle(void *data)
{
	struct agent *agent = data;

	ph_agent_fold(agent);
	ph_agent_check_end(agent);
}

static void on_worker_ended(void *data)
{
	struct agent *agent = data;

	agent->work = NULL;
	ph_agent_check_end(agent);
}

static void on_deadline(uv_timer_t *timer)
{
	struct agent *agent = timer->data;

	if (uv_now(&agent->loop) - agent->stop_began < GIVE_UP_MS) {
		ph_agent_talk_stop(agent->talk, true);
		ph_front_stop(agent->front, true);
		ph_agent_check_end(agent);
		return;
	}
	if (ph_turn_try(&agent->turn)) {
		ph_site_put_away(agent->site);
	}
	ph_event(&agent->log, PH_EVENT_WARNING, "agent.stop",
		 "result=forced why=\"something hung; the store is checked at the next "
		 "start\"");
	_exit(PH_EXIT_DONE);
}

static void begin_stop(struct agent *agent)
{
	if (agent->is_stopping) {
		return;
	}
	(void)ph_notify("STOPPING=1");
	agent->is_stopping = true;
	agent->stop_began = uv_now(&agent->loop);
	(void)uv_timer_start(&agent->deadline, on_deadline, GRACE_MS,
			     GIVE_UP_MS - GRACE_MS);
	ph_agent_set_alarm(agent);
	ph_agent_net_stop(agent->net);
	agent->net = NULL;
	ph_agent_road_stop(agent->road);
	ph_agent_lan_stop(agent->lan);
	/* before a folder that was lent comes back, or one of its orders begins */
	ph_front_stop(agent->front, false);
	ph_agent_talk_stop(agent->talk, false);
	ph_agent_check_end(agent);
}

static void on_stop_signal(uv_signal_t *signal, int number)
{
	(void)number;
	begin_stop(signal->data);
}

/* ---- settings ---- */

static void apply(struct agent *agent, const struct ph_agent_settings *settings)
{
	agent->settings = *settings;
	agent->log.prefix = settings->prefix == PH_PREFIX_AUTO
				    ? ph_eventlog_is_journal(agent->log.fd)
				    : settings->prefix == PH_PREFIX_YES;
}

/* The desk is served as the settings have it now, if that is otherwise than in OLD. */
static void serve_anew(struct agent *agent, const struct ph_agent_settings *old)
{
	if (agent->settings.desk_serve == old->desk_serve &&
	    agent->settings.desk_port == old->desk_port &&
	    (agent->front || !agent->settings.desk_serve)) {
		return;
	}
	if (agent->front) {
		agent->front_ends = true;
		ph_front_stop(agent->front, true); /* on_front_gone() goes on */
	} else {
		start_front(agent);
	}
}

static void on_reload(uv_signal_t *signal, int number)
{
	struct agent *agent = signal->data;
	const struct ph_agent_settings old = agent->settings;
	struct ph_agent_settings settings;
	struct ph_pace_limits limits;
	struct ph_error why = { 0 };

	(void)number;
	if (agent->is_stopping) {
		return;
	}
	ph_notify_reloading();
	if (ph_agent_settings_load(&settings, agent->cli->dir, &why) == 0) {
		apply(agent, &settings);
		limits = ph_agent_pace(&settings, agent->budget);
		ph_pace_limit(&agent->pace, &limits, uv_now(&agent->loop),
			      ph_agent_chance());
		ph_agent_talk_bound(agent->talk, settings.commands);
		if (ph_agent_lan_apply(agent->lan, &settings, &why) < 0) {
			ph_event(&agent->log, PH_EVENT_ERROR, "lan.listen",
				 "result=failed why=\"%s\"", why.text);
		}
		ph_agent_set_alarm(agent);
		serve_anew(agent, &old);
		ph_event(&agent->log, PH_EVENT_INFO, "config.reload", "result=applied");
	} else {
		ph_event(&agent->log, PH_EVENT_ERROR, "config.reload",
			 "result=kept why=\"%s\"", why.text);
	}
	(void)ph_notify("READY=1");
}

/* ---- starting ---- */

static void start_handles(struct agent *agent)
{
	uv_loop_t *loop = &agent->loop;

	(void)uv_signal_init(loop, &agent->term);
	(void)uv_signal_init(loop, &agent->interrupt);
	(void)uv_signal_init(loop, &agent->hup);
	(void)uv_timer_init(loop, &agent->due);
	(void)uv_timer_init(loop, &agent->deadline);
	(void)uv_timer_init(loop, &agent->watchdog);
	(void)uv_timer_init(loop, &agent->desk);
	agent->term.data = agent;
	agent->interrupt.data = agent;
	agent->hup.data = agent;
	agent->due.data = agent;
	agent->deadline.data = agent;
	agent->watchdog.data = agent;
	agent->desk.data = agent;
	agent->has_handles = true;
}

static int start_signals(struct agent *agent)
{
	int rc = uv_signal_start(&agent->term, on_stop_signal, SIGTERM);

	(void)signal(SIGPIPE, SIG_IGN);
	rc = rc != 0 ? rc : uv_signal_start(&agent->interrupt, on_stop_signal, SIGINT);
	return rc != 0 ? rc : uv_signal_start(&agent->hup, on_reload, SIGHUP);
}

static int start_talk(struct agent *agent, struct ph_error *err)
{
	return ph_agent_talk_start(
		&agent->talk,
		&(struct ph_agent_talk_config){ .loop = &agent->loop,
						.dir = agent->cli->dir,
						.max = agent->settings.commands,
						.state = on_state,
						.desk = on_desk,
						.on_full = on_full,
						.on_moved = on_moved,
						.on_empty = on_empty,
						.data = agent },
		err);
}

static void on_lent(void *data, struct ph_order *order)
{
	struct agent *agent = data;

	ph_agent_talk_on_lent(agent->talk, order);
}

static void on_order_done(void *data, struct ph_order *order)
{
	struct agent *agent = data;

	if (agent->has_handles && !uv_is_active((uv_handle_t *)&agent->desk)) {
		(void)uv_timer_start(&agent->desk, on_key_due, DESK_MS, DESK_MS);
	}
	if (order->on_done) {
		order->on_done(order);
	} else {
		ph_agent_talk_on_done(agent->talk, order);
	}
}

/* The folder is kept from here on, and given to those who wait by turns. */
static int start_threads(struct agent *agent, struct ph_error *err)
{
	int rc = ph_turn_init(&agent->turn);

	if (rc < 0) {
		return rc;
	}
	agent->has_turn = true;
	agent->turns = (struct ph_site_turn){ .take = ph_turn_take,
					      .give = ph_turn_give,
					      .has = ph_turn_has,
					      .data = &agent->turn };
	rc = ph_agent_road_new(&agent->road, &(struct ph_agent_road_config){
						     .loop = &agent->loop,
						     .site = agent->site,
						     .dir = agent->cli->dir,
						     .log = &agent->log,
						     .on_end = ph_agent_on_sync_end,
						     .data = agent });
	if (rc == 0) {
		rc = ph_agent_lan_new(&agent->lan, &(struct ph_agent_lan_config){
							   .loop = &agent->loop,
							   .site = agent->site,
							   .log = &agent->log,
							   .on_idle = on_lan_idle,
							   .data = agent });
	}
	if (rc == 0) { /* as long as nothing runs that would have to be stopped */
		rc = ph_agent_lan_apply(agent->lan, &agent->settings, err);
	}
	if (rc < 0) {
		return rc;
	}
	ph_site_keep(agent->site, &agent->turns);
	agent->is_kept = true;
	rc = ph_work_start(&agent->work,
			   &(struct ph_work_config){ .loop = &agent->loop,
						     .program = agent->cli->program,
						     .site = agent->site,
						     .turn = &agent->turn,
						     .on_lent = on_lent,
						     .on_done = on_order_done,
						     .on_trouble = on_trouble,
						     .on_ended = on_worker_ended,
						     .data = agent });
	if (rc == 0) {
		ph_work_fold(agent->work);
		ph_agent_talk_employ(agent->talk, agent->work);
	}
	return rc;
}

/* The desk is worth less than what the agent does without it: what fails is only told. */
static void start_front(struct agent *agent)
{
	struct ph_error why = { .exit = PH_EXIT_OTHER };
	const struct ph_front_config config = { .loop = &agent->loop,
						.work = agent->work,
						.dir = agent->cli->dir,
						.port = agent->settings.desk_port,
						.state = on_state,
						.on_moved = on_moved,
						.sync = ph_agent_sync_now,
						.on_gone = on_front_gone,
						.data = agent };

	if (!agent->settings.desk_serve) {
		return;
	}
	if (ph_front_start(&agent->front, &config, &why) < 0) {
		ph_event(&agent->log, PH_EVENT_ERROR, "desk.listen",
			 "result=failed why=\"%s\"", why.text);
	} else {
		ph_event(&agent->log, PH_EVENT_INFO, "desk.listen",
			 "address=127.0.0.1:%u", ph_front_port(agent->front));
	}
}

/* Another agent would take our socket away from us: it is asked for before anything is touched. */
static int take_lock(struct agent *agent, struct ph_error *err)
{
	char path[PATH_MAX];
	int rc = ph_path_join(path, sizeof(path), agent->cli->dir, "site.db", err);

	if (rc < 0 ||
	    !ph_file_exists(path)) { /* nobody has joined here: open_site() says so */
		return rc;
	}
	return ph_lock_take_named(&agent->lock, agent->cli->dir, "agent.lock", "agent",
				  LOCK_WAIT_MS, err);
}

static int open_site(struct agent *agent, struct ph_error *err)
{
	return ph_site_open(&agent->site,
			    &(struct ph_site_config){ .dir = agent->cli->dir,
						      .who = "agent",
						      .wait_ms = LOCK_WAIT_MS,
						      .clock = ph_clock_system,
						      .rng = ph_rng_system },
			    err);
}

/* One that is only a courier would be kept from its own work, which `packhorse courier` does. */
static int check_role(const struct agent *agent, struct ph_error *err)
{
	struct ph_site_info info;

	ph_site_info(agent->site, &info);
	return info.role & PH_ROLE_SITE
		       ? 0
		       : ph_fail(err, PH_EXIT_USAGE, -EINVAL, "%s",
				 ph_say("this device is a courier's, and an agent is a "
					"site's: run `packhorse courier` here, and "
					"`packhorse sync` at base",
					"máy này là máy chuyển tin, còn agent là của "
					"điểm: ở đây hãy chạy `packhorse courier`, và "
					"`packhorse sync` khi về tới nơi có mạng"));
}

static int start(struct agent *agent, struct ph_error *err)
{
	struct ph_agent_settings settings;
	struct ph_pace_limits limits;
	int rc = ph_agent_settings_load(&settings, agent->cli->dir, err);

	rc = rc != 0 ? rc : take_lock(agent, err);
	rc = rc != 0 ? rc : open_site(agent, err);
	rc = rc != 0 ? rc : check_role(agent, err);
	if (rc < 0) {
		return rc;
	}
	apply(agent, &settings);
	rc = uv_loop_init(&agent->loop);
	if (rc < 0) {
		return ph_fail_errno(err, rc, ph_say("starting", "khởi động"));
	}
	agent->has_loop = true;
	start_handles(agent);
	rc = start_talk(agent, err);
	rc = rc != 0 ? rc : start_signals(agent); /* before anybody can see that we run */
	rc = rc != 0 ? rc : start_threads(agent, err);
	if (rc < 0) {
		return ph_fail_errno(err, rc, ph_say("starting", "khởi động"));
	}
	start_front(agent);
	rc = ph_agent_net_start(&agent->net, &agent->loop, ph_agent_on_network, agent);
	if (rc < 0) { /* the timer comes all the same */
		ph_event(&agent->log, PH_EVENT_WARNING, "network.unseen", "why=\"%s\"",
			 uv_strerror(rc));
	}
	agent->since = wall();
	uv_update_time(&agent->loop);
	agent->budget = PH_BUDGET_NONE;
	limits = ph_agent_pace(&settings, agent->budget);
	ph_pace_init(&agent->pace, &limits, uv_now(&agent->loop), ph_agent_chance());
	ph_agent_set_alarm(agent);
	return 0;
}

/* Whatever was started is undone; if the loop has run, little is left of it. */
static void finish(struct agent *agent)
{
	if (agent->has_loop) {
		ph_agent_net_stop(agent->net);
		ph_front_stop(agent->front, true);
		if (agent->talk) {
			ph_agent_talk_stop(agent->talk, true);
		}
		ph_agent_road_free(agent->road);
		ph_agent_lan_free(agent->lan);
		close_handles(agent);
		(void)uv_run(&agent->loop, UV_RUN_DEFAULT);
		ph_agent_talk_free(agent->talk);

		int rc = uv_loop_close(&agent->loop);

		assert(rc == 0);
		(void)rc;
	}
	if (agent->is_kept) {
		ph_site_keep(agent->site, NULL);
	}
	ph_site_close(agent->site);
	if (agent->has_turn) {
		ph_turn_deinit(&agent->turn);
	}
	ph_lock_release(&agent->lock);
	free(agent);
}

int ph_agent_run(const struct ph_cli *cli, const char *hub, struct ph_error *err)
{
	struct agent *agent = calloc(1, sizeof(*agent));
	int rc;

	if (!agent) {
		return ph_fail_errno(err, -ENOMEM, ph_say("starting", "khởi động"));
	}
	agent->cli = cli;
	agent->hub = hub;
	agent->lock.fd = -1;
	agent->log =
		(struct ph_eventlog){ .fd = STDERR_FILENO, .clock = ph_clock_system };
	rc = start(agent, err);
	if (rc == 0) {
		ph_event(&agent->log, PH_EVENT_INFO, "agent.start", "version=%s pid=%ld",
			 ph_cli_version(), (long)getpid());
		(void)ph_notify("READY=1");
		ph_agent_watch_start(agent);
		(void)uv_run(&agent->loop, UV_RUN_DEFAULT);
		ph_event(&agent->log, PH_EVENT_INFO, "agent.stop", "result=done");
	}
	finish(agent);
	return rc;
}
