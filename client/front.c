/*
 * client/front.c - common/web on the agent's loop: its descriptor, its timer, its orders.
 *
 *   request --> order, in the worker's row --> carried out --> reply
 *                     \--> (waited too long, or the end) taken back --> 503
 *
 * A request whose page has gone is carried out all the same, as a command is. How many wait
 * is bounded, and each waits as long as a command would. All of it on the loop's thread.
 */
#include "client/front.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/commands.h"
#include "client/front_order.h"
#include "common/base/json_memory.h"
#include "common/base/limits.h"
#include "common/base/say.h"
#include "common/web/web.h"

#define BACKLOG     64
#define WAITING_MAX 16
#define LOOK_MS     250 /* at orders that wait */
#define CONNECTIONS 32
#define FOLLOWERS   8
#define RATE        50
#define EVENT_SHIFT 20 /* of the seconds of our start, in the ids of events */

struct asked {
	struct ph_order order;
	struct ph_front *front;
	struct ph_web_call *call;
	uint64_t since;
	unsigned status; /* of the reply, and its body; empty: memory lacked */
	struct ph_buf reply;
	struct asked *next, **link;
};

struct ph_front {
	struct ph_front_config config;
	struct ph_web *web;
	struct ph_door door;
	uv_poll_t poll;
	uv_timer_t timer; /* when the web wants to be run, or orders to be looked at */
	struct asked *asked;
	unsigned n_asked, port;
	unsigned n_handles;
	bool is_stopping, is_closing;
};

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
	struct ph_front *front = handle->data;

	if (--front->n_handles > 0) {
		return;
	}
	ph_web_free(front->web);
	front->config.on_gone(front->config.data);
	free(front);
}

static void close_if_done(struct ph_front *front)
{
	if (front->is_closing || !front->is_stopping || front->n_asked > 0 ||
	    ph_web_waiting(front->web) > 0) {
		return;
	}
	front->is_closing = true;
	uv_close((uv_handle_t *)&front->poll, on_closed);
	uv_close((uv_handle_t *)&front->timer, on_closed);
}

/* ---- the loop ---- */

static void on_timer(uv_timer_t *timer);

static void arm(struct ph_front *front)
{
	int ms = ph_web_timeout(front->web);

	if (front->asked && (ms < 0 || ms > LOOK_MS)) {
		ms = LOOK_MS;
	}
	if (front->is_closing) {
		return;
	}
	if (ms < 0) {
		(void)uv_timer_stop(&front->timer);
	} else {
		(void)uv_timer_start(&front->timer, on_timer, (uint64_t)ms, 0);
	}
}

static void run(struct ph_front *front)
{
	if (!front->is_closing) {
		ph_web_run(front->web);
		arm(front);
		close_if_done(front);
	}
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	run(poll->data);
}

static uint64_t now_ms(void *data)
{
	const struct ph_front *front = data;

	return uv_now(front->config.loop);
}

/* ---- orders ---- */

static void asked_free(struct asked *asked)
{
	*asked->link = asked->next;
	if (asked->next) {
		asked->next->link = asked->link;
	}
	asked->front->n_asked--;
	ph_order_deinit(&asked->order);
	ph_buf_wipe(&asked->reply);
	free(asked);
}

/* It was not begun, and is not going to be. */
static void give_up(struct asked *asked, const char *words)
{
	struct ph_web_call *call = asked->call;
	struct ph_web_no no = { 0 };

	asked_free(asked);
	(void)ph_web_refuse(&no, 503, "busy", NULL, "%s", words);
	ph_web_reply_no(call, &no);
}

static void look_at_row(struct ph_front *front)
{
	struct asked *next;

	for (struct asked *asked = front->asked; asked; asked = next) {
		char who[64];
		char words[200];

		next = asked->next;
		if (now_ms(front) - asked->since < PH_COMMAND_WAIT_MS ||
		    !ph_work_take_back(front->config.work, &asked->order)) {
			continue;
		}
		ph_work_current(front->config.work, who, sizeof(who));
		snprintf(words, sizeof(words),
			 ph_say("the folder is in use by `packhorse %s`; try again when "
				"that is done",
				"thư mục đang được `packhorse %s` dùng; hãy thử lại khi "
				"lệnh đó xong"),
			 who[0] ? who : "agent");
		give_up(asked, words);
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct ph_front *front = timer->data;

	look_at_row(front);
	run(front);
}

/* On the worker's thread: a long answer would keep the loop, and all who wait for it. */
static void on_carried(struct ph_order *order)
{
	struct asked *asked = order->owner;

	asked->status = ph_front_reply(ph_buf_view(&order->answer), &asked->reply);
	ph_buf_wipe(&order->answer);
}

static void on_done(struct ph_order *order)
{
	struct asked *asked = order->owner;
	struct ph_front *front = asked->front;
	struct ph_web_call *call = asked->call;
	bool has_moved = order->has_moved;
	struct ph_buf reply = asked->reply;
	unsigned status = asked->status;

	asked->reply = (struct ph_buf){ 0 };
	asked_free(asked);
	if (reply.len > 0) {
		ph_web_reply(call, status, "application/json", &reply);
	} else {
		ph_web_reply_json(call, 503, NULL);
	}
	if (has_moved) {
		front->config.on_moved(front->config.data);
	}
	run(front);
}

static enum ph_order_rank rank_of(const struct ph_web_call *call)
{
	if (strcmp(ph_web_call_route(call)->method, "GET") != 0) {
		return PH_ORDER_WORK;
	}
	return ph_web_call_is_person(call) ? PH_ORDER_PERSON : PH_ORDER_PAGE;
}

/* What CALL asks, as ORDER. 0; -EINVAL with NO; -ENOMEM. */
static int fill(struct ph_order *order, const struct ph_front_setting *setting,
		struct ph_web_call *call, struct ph_web_no *no)
{
	json_t *request = ph_web_call_request(call);

	order->rank = rank_of(call);
	if (ph_web_call_route(call)->action != PH_FRONT_UNLOCK) {
		return ph_front_order(setting, request, &order->request, no);
	}
	if (json_object_set_new(request, "vietnamese",
				json_boolean(setting->is_vietnamese)) != 0) {
		return -ENOMEM;
	}
	order->is_unlock = true; /* the request itself: its secrets are nowhere twice */
	order->request = json_incref(request);
	return 0;
}

/* Put CALL into the worker's row. 0; -EINVAL with NO; -ENOMEM. */
static int order(struct ph_front *front, struct ph_web_call *call, struct ph_web_no *no)
{
	const struct ph_door_entry *session =
		ph_door_session(&front->door, now_ms(front), ph_web_call_bearer(call));
	const struct ph_front_setting setting = {
		.dir = front->config.dir,
		.is_vietnamese = session && session->is_vietnamese,
	};
	struct asked *asked = calloc(1, sizeof(*asked));
	int rc = asked ? fill(&asked->order, &setting, call, no) : -ENOMEM;

	if (rc < 0) {
		free(asked);
		return rc;
	}
	asked->front = front;
	asked->call = call;
	asked->since = now_ms(front);
	asked->order.owner = asked;
	asked->order.on_carried = on_carried;
	asked->order.on_done = on_done;
	asked->next = front->asked;
	asked->link = &front->asked;
	if (asked->next) {
		asked->next->link = &asked->next;
	}
	front->asked = asked;
	front->n_asked++;
	front->config.state(front->config.data, &asked->order.state);
	ph_work_push(front->config.work, &asked->order);
	return 0;
}

static void take_order(struct ph_front *front, struct ph_web_call *call)
{
	struct ph_web_no no = { 0 };
	int rc;

	if (front->is_stopping || front->n_asked >= WAITING_MAX) {
		ph_web_reply_busy(call, 1);
		return;
	}
	rc = order(front, call, &no);
	if (rc == -EINVAL) {
		ph_web_reply_no(call, &no);
	} else if (rc < 0) {
		ph_web_reply_json(call, 503, NULL);
	}
}

/* ---- calls ---- */

static void enter(struct ph_front *front, struct ph_web_call *call)
{
	const json_t *request = ph_web_call_request(call);
	const char *token = json_string_value(json_object_get(request, "token"));
	const char *language = json_string_value(json_object_get(request, "language"));
	bool is_vietnamese = !language || strcmp(language, "vi") == 0;
	char bearer[PH_DOOR_TEXT];
	struct ph_web_no no = { 0 };

	if (!is_vietnamese && strcmp(language, "en") != 0) {
		(void)ph_web_refuse(
			&no, 400, "usage", "language",
			ph_say("\"language\" is vi or en", "“language” là vi hoặc en"));
	} else if (ph_door_enter(&front->door, now_ms(front), ph_view_str(token),
				 is_vietnamese, bearer) < 0) {
		(void)ph_web_refuse(
			&no, 403, "token", "token",
			ph_say("this token is not good, or not any more: each is good "
			       "once and for a minute",
			       "mã truy cập này không đúng hoặc không còn dùng được: mỗi "
			       "mã dùng một lần, trong một phút"));
		no.act = ph_say("give `packhorse desk` again",
				"hãy ra lại lệnh `packhorse desk`");
	}
	if (no.status != 0) {
		ph_web_reply_no(call, &no);
		return;
	}
	ph_web_reply_json(call, 200,
			  json_pack("{s:i, s:s, s:i}", "schema", 1, "bearer", bearer,
				    "idle_s", (int)(PH_DOOR_IDLE_MS / 1000)));
	explicit_bzero(bearer, sizeof(bearer));
}

static void tell_home(struct ph_web_call *call)
{
	struct ph_buf text = { 0 };

	if (ph_buf_printf(&text, "packhorse %s: the API of this site is at /api/v1\n",
			  ph_cli_version()) < 0) {
		ph_web_reply_json(call, 503, NULL);
		return;
	}
	ph_web_reply(call, 200, "text/plain; charset=utf-8", &text);
}

static void sync_now(struct ph_front *front, struct ph_web_call *call)
{
	bool begun;

	if (front->is_stopping) {
		ph_web_reply_busy(call, 1);
		return;
	}
	begun = front->config.sync(front->config.data);
	ph_web_reply_json(call, 200,
			  json_pack("{s:i, s:i, s:s}", "schema", 1, "exit", PH_EXIT_DONE,
				    "sync", begun ? "begun" : "running"));
}

static void handle(void *data, struct ph_web_call *call)
{
	struct ph_front *front = data;

	switch ((enum ph_front_action)ph_web_call_route(call)->action) {
	case PH_FRONT_COMMAND:
	case PH_FRONT_UNLOCK:
		take_order(front, call);
		break;
	case PH_FRONT_ENTER:
		enter(front, call);
		break;
	case PH_FRONT_LEAVE:
		ph_door_leave(&front->door, ph_web_call_bearer(call));
		ph_web_reply_json(call, 200, json_pack("{s:i}", "schema", 1));
		break;
	case PH_FRONT_EVENTS:
		ph_web_follow(call);
		break;
	case PH_FRONT_SYNC:
		sync_now(front, call);
		break;
	case PH_FRONT_HOME:
		tell_home(call);
		break;
	}
}

static int who(void *data, struct ph_view bearer, const struct ph_web_route *route,
	       unsigned *role_out, char name[static PH_WEB_NAME_SIZE])
{
	struct ph_front *front = data;

	(void)route;
	if (!ph_door_session(&front->door, now_ms(front), bearer)) {
		return -EACCES;
	}
	*role_out = PH_WEB_OPERATOR;
	snprintf(name, PH_WEB_NAME_SIZE, "desk");
	return 0;
}

/* ---- starting ---- */

/* A descriptor that listens on this machine alone, or a negative errno. */
static int listen_here(unsigned port, unsigned *port_out)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 &&
	    (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	     bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	     listen(fd, BACKLOG) < 0 ||
	     getsockname(fd, (struct sockaddr *)&address, &len) < 0)) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	*port_out = ntohs(address.sin_port);
	return fd < 0 ? -errno : fd;
}

static const char *host_act(void)
{
	return ph_say(
		"ask for http://127.0.0.1 and the port, as `packhorse desk` prints it",
		"hãy vào http://127.0.0.1 với cổng này");
}

static const char *token_act(void)
{
	return ph_say("give `packhorse desk` again, which opens the page with a new one",
		      "hãy ra lại lệnh `packhorse desk` để mở trang với phiên mới");
}

static int start_web(struct ph_front *front, int fd, struct ph_error *err)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost" };
	struct ph_web_config config = { .fd = fd,
					.routes = ph_front_routes,
					.n_routes = ph_front_n_routes,
					.hosts = hosts,
					.n_hosts = 2,
					.host_act = host_act,
					.token_act = token_act,
					.rng = ph_rng_system,
					.now = now_ms,
					.who = who,
					.handle = handle,
					.data = front };
	struct ph_now start;

	ph_clock_system.read(ph_clock_system.data, &start);
	config.first_event = (uint64_t)start.wall << EVENT_SHIFT;
	ph_web_limits_init(&config.limits);
	config.limits.connections = CONNECTIONS;
	config.limits.per_address = CONNECTIONS;
	config.limits.followers = FOLLOWERS;
	config.limits.per_account = FOLLOWERS;
	config.limits.rate = RATE;
	config.limits.burst = 2 * RATE;
	config.limits.body =
		PH_LINE_MAX / 2; /* an order of it is no longer than a line */
	return ph_web_start(&front->web, &config, err);
}

static int start_handles(struct ph_front *front)
{
	int rc = uv_poll_init(front->config.loop, &front->poll, ph_web_fd(front->web));

	if (rc < 0) {
		return rc;
	}
	(void)uv_timer_init(front->config.loop, &front->timer);
	front->poll.data = front;
	front->timer.data = front;
	front->n_handles = 2;
	return uv_poll_start(&front->poll, UV_READABLE, on_poll);
}

int ph_front_start(struct ph_front **front_out, const struct ph_front_config *config,
		   struct ph_error *err)
{
	struct ph_front *front = calloc(1, sizeof(*front));
	int fd, rc;

	if (!front) {
		return ph_fail_errno(err, -ENOMEM,
				     ph_say("serving the desk", "phục vụ trang quầy"));
	}
	front->config = *config;
	ph_door_init(&front->door, &ph_rng_system);
	fd = listen_here(config->port, &front->port);
	if (fd < 0) {
		free(front);
		return ph_fail_errno(err, fd,
				     ph_say("serving the desk on 127.0.0.1",
					    "phục vụ trang quầy ở 127.0.0.1"));
	}
	rc = start_web(front, fd, err);
	if (rc < 0) {
		close(fd);
		free(front);
		return rc;
	}
	rc = start_handles(front);
	if (rc < 0) { /* uv_poll_init() failed, so there is no handle */
		ph_web_free(front->web);
		free(front);
		return ph_fail_errno(err, rc,
				     ph_say("serving the desk", "phục vụ trang quầy"));
	}
	*front_out = front;
	arm(front);
	return 0;
}

unsigned ph_front_port(const struct ph_front *front)
{
	return front->port;
}

void ph_front_token(struct ph_front *front, char out[static PH_DOOR_TEXT])
{
	ph_door_token(&front->door, now_ms(front), out);
}

void ph_front_tell(struct ph_front *front, const char *name, json_t *data)
{
	if (!front || front->is_stopping || !ph_web_is_followed(front->web)) {
		json_decref(data);
		return;
	}
	ph_web_event(front->web, name, data);
	run(front);
}

void ph_front_stop(struct ph_front *front, bool now)
{
	struct asked *next;

	if (!front || front->is_closing) {
		return;
	}
	front->is_stopping = true;
	ph_web_stop(front->web);
	for (struct asked *asked = front->asked; asked; asked = next) {
		next = asked->next;
		if (ph_work_take_back(front->config.work, &asked->order)) {
			give_up(asked, ph_say("the agent is stopping",
					      "chương trình nền đang dừng"));
		}
	}
	if (now) {
		ph_web_cut(front->web);
	}
	run(front);
}
