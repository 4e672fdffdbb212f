/*
 * daemon/api.c - common/web on the loop: its descriptor, its timer, its beginning and end.
 *
 * The address is bound before the sandbox is entered, and stays to the end of the process:
 * other settings of [web] listen and host are for the next start.
 */
#include "common/base/say.h"
#include "daemon/api_internal.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "daemon/accounts.h"
#include "daemon/metrics.h"

#define BACKLOG     64
#define WATCH_MS    1000
#define SOCKET_MODE 0660
#define THREADS     "5" /* of libuv's */
#define EVENT_SHIFT 20  /* of the seconds of our start, in the ids of events */

/* ---- the loop ---- */

static void on_timer(uv_timer_t *timer);

static void arm(struct ph_api *api)
{
	int ms = ph_web_timeout(api->web);

	if (ms < 0) {
		(void)uv_timer_stop(&api->timer);
	} else {
		(void)uv_timer_start(&api->timer, on_timer, (uint64_t)ms, 0);
	}
}

static void run(struct ph_api *api)
{
	if (!api->is_closing) {
		ph_web_run(api->web);
		arm(api);
		ph_api_settled(api);
	}
}

static void on_timer(uv_timer_t *timer)
{
	run(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	run(poll->data);
}

static void on_wake(void *data)
{
	struct ph_api *api = data;

	if (!api->is_closing) {
		(void)uv_timer_start(&api->timer, on_timer, 0, 0);
	}
}

static uint64_t now(void *data)
{
	struct ph_api *api = data;

	return uv_now(&api->server->loop);
}

/* ---- calls ---- */

/* A page may follow all night: that alone does not keep its session. */
static int who(void *data, struct ph_view bearer, const struct ph_web_route *route,
	       unsigned *role_out, char name[static PH_WEB_NAME_SIZE])
{
	struct ph_api *api = data;
	enum ph_role role;
	int rc = route->action == PH_API_EVENTS
			 ? ph_accounts_look(api->server->accounts, bearer, &role, name)
			 : ph_accounts_check(api->server->accounts, bearer, &role, name);

	_Static_assert((int)PH_WEB_VIEWER == (int)PH_ROLE_VIEWER &&
			       (int)PH_WEB_OPERATOR == (int)PH_ROLE_OPERATOR &&
			       (int)PH_WEB_ADMIN == (int)PH_ROLE_ADMIN &&
			       (int)PH_WEB_NAME_SIZE == (int)PH_ACCOUNT_NAME_SIZE,
		       "roles are the same in both");
	if (rc == 0) {
		*role_out = role;
	}
	return rc;
}

static void reply_health(struct ph_api *api, struct ph_web_call *call)
{
	struct ph_buf text = { 0 };
	int rc = ph_metrics_healthz(api->server, &text);

	if (rc < 0) {
		ph_buf_deinit(&text);
		ph_web_reply_json(call, 503, NULL);
		return;
	}
	ph_web_reply(call, rc == 1 ? 200 : 503, "application/json", &text);
}

/* Nothing that serves links what makes workbooks, or starts a program that does. */
static void reply_no_workbook(struct ph_web_call *call)
{
	struct ph_web_no no = { 0 };

	(void)ph_web_refuse(&no, 501, "not-here", NULL,
			    ph_say("the hub's daemon makes no workbooks",
				   "chương trình máy chủ không tạo tệp Excel"));
	no.act = ph_say("ask for csv, or give the command on the hub: packhorsed report "
			"CODE --period P --xlsx FILE",
			"hãy lấy csv, hoặc ra lệnh trên máy chủ: packhorsed report CODE "
			"--period P --xlsx FILE");
	ph_web_reply_no(call, &no);
}

/* A report as CSV; false of a language that is none of ours. */
static bool is_spoken(struct ph_web_call *call)
{
	const json_t *request = ph_web_call_request(call);
	const char *language = json_string_value(json_object_get(request, "language"));
	struct ph_web_no no = { 0 };

	if (!language || strcmp(language, "vi") == 0 || strcmp(language, "en") == 0) {
		return true;
	}
	(void)ph_web_refuse(
		&no, 400, "usage", "language",
		ph_say("\"language\" is vi or en", "“language” là vi hoặc en"));
	ph_web_reply_no(call, &no);
	return false;
}

/* Of an entry that changes what is known: whether it says anything; else it is refused. */
static bool says_something(struct ph_web_call *call)
{
	const struct ph_web_route *route = ph_web_call_route(call);
	const json_t *request = ph_web_call_request(call);
	size_t least = 3; /* the command, the kind, and what it is about */
	struct ph_web_no no = { 0 };

	least += json_object_get(request, "when") != NULL;
	if (!strchr(route->path, '{') || json_object_size(request) > least) {
		return true;
	}
	(void)ph_web_refuse(
		&no, 400, "usage", NULL,
		ph_say("say what is to be written", "hãy cho biết cần ghi gì"));
	ph_web_reply_no(call, &no);
	return false;
}

static void handle(void *data, struct ph_web_call *call)
{
	struct ph_api *api = data;

	switch ((enum ph_api_action)ph_web_call_route(call)->action) {
	case PH_API_CSV:
		if (is_spoken(call)) {
			ph_api_ask(api, call);
		}
		break;
	case PH_API_ENTRY:
		if (says_something(call)) {
			ph_api_ask(api, call);
		}
		break;
	case PH_API_COMMAND:
	case PH_API_METRICS:
	case PH_API_PAGE:
	case PH_API_LOOKED:
		ph_api_ask(api, call);
		break;
	case PH_API_XLSX:
		reply_no_workbook(call);
		break;
	case PH_API_LOGIN:
		ph_api_login(api, call);
		break;
	case PH_API_LOGOUT:
		ph_accounts_logout(api->server->accounts, ph_web_call_bearer(call));
		ph_web_reply_json(call, 200, json_pack("{s:i}", "schema", 1));
		break;
	case PH_API_ME:
		ph_web_reply_json(call, 200,
				  json_pack("{s:i, s:s, s:s}", "schema", 1, "name",
					    ph_web_call_name(call), "role",
					    ph_web_need_name(ph_web_call_role(call))));
		break;
	case PH_API_EVENTS:
		ph_web_follow(call);
		ph_api_on_watch(&api->watch); /* what comes later is new */
		break;
	case PH_API_HEALTH:
		reply_health(api, call);
		break;
	}
}

/* ---- starting ---- */

/* It is the settings that are to be mended, unless somebody else has the place. */
static int cannot_listen(int rc, const char *text, struct ph_error *err)
{
	bool is_taken = rc == -EADDRINUSE || rc == -ENOMEM || rc == -EMFILE;
	struct ph_error why = { 0 };

	(void)ph_fail_errno(&why, rc, text);
	return ph_fail(err, is_taken ? PH_EXIT_OTHER : PH_EXIT_CONFIG, rc,
		       "[web] listen = %s", why.text);
}

static int open_path(const char *path, struct ph_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat about;
	int rc;

	if (fd < 0) {
		return ph_fail_errno(err, -errno, path);
	}
	strcpy(address.sun_path, path);
	/* one that an earlier process left: nobody else has this hub's folder */
	if (lstat(path, &about) == 0) {
		if (!S_ISSOCK(about.st_mode)) {
			close(fd);
			return ph_fail(
				err, PH_EXIT_CONFIG, -EEXIST,
				ph_say("[web] listen = %s: something that is no "
				       "socket is there; name another path, or "
				       "take it away",
				       "[web] listen = %s: ở đó đã có thứ không phải "
				       "là socket; hãy nêu đường dẫn khác, hoặc bỏ "
				       "nó đi"),
				path);
		}
		(void)unlink(path);
	}
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(path, SOCKET_MODE) < 0 || listen(fd, BACKLOG) < 0) {
		rc = -errno;
		close(fd);
		return cannot_listen(rc, path, err);
	}
	return fd;
}

static int open_address(const char *text, struct ph_error *err)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
					.ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char host[PH_LISTEN_TEXT];
	char service[8];
	unsigned port;
	int on = 1;
	int rc = ph_address_split(text, host, sizeof(host), &port, err);
	int fd;

	if (rc < 0) {
		return rc;
	}
	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(host, service, &hints, &found) != 0) {
		return cannot_listen(-EINVAL, text, err);
	}
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, found->ai_addr, found->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
		rc = cannot_listen(-errno, text, err);
		if (fd >= 0) {
			close(fd);
		}
		fd = rc;
	}
	freeaddrinfo(found);
	return fd;
}

/* Where it listens, on standard output, as the addresses for devices are told. */
static void tell(int fd, const char *text)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof(address);
	char host[64], service[16];

	if (text[0] == '/' || getsockname(fd, (struct sockaddr *)&address, &len) < 0 ||
	    getnameinfo((const struct sockaddr *)&address, len, host, sizeof(host),
			service, sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
		printf("web unix:%s\n", text);
	} else {
		printf(address.ss_family == AF_INET6 ? "web http://[%s]:%s\n"
						     : "web http://%s:%s\n",
		       host, service);
	}
	(void)fflush(stdout);
}

static const char *host_act(void)
{
	return ph_say("if it is to be, add the name to the setting [web] host",
		      "nếu cần thì thêm tên đó vào thiết lập [web] host");
}

static int start_web(struct ph_api *api, int fd, struct ph_error *err)
{
	const struct ph_settings *settings = &api->settings;
	static const char *const near[] = { "localhost", "127.0.0.1", "[::1]" };
	struct ph_web_config config = { .fd = fd,
					.routes = ph_api_routes,
					.n_routes = ph_api_n_routes,
					.hosts = api->hosts,
					.host_act = host_act,
					.rng = ph_rng_system,
					.now = now,
					.who = who,
					.handle = handle,
					.wake = on_wake,
					.data = api };
	struct ph_now start;

	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		api->hosts[config.n_hosts++] = near[i];
	}
	for (unsigned i = 0; i < settings->n_web_hosts; i++) {
		api->hosts[config.n_hosts++] = settings->web_host[i];
	}
	ph_clock_system.read(ph_clock_system.data, &start);
	config.first_event = (uint64_t)start.wall << EVENT_SHIFT;
	ph_web_limits_init(&config.limits);
	config.limits.connections = settings->web_connections;
	config.limits.per_address = settings->web_connections;
	config.limits.rate = settings->web_rate;
	config.limits.burst = settings->web_rate * PH_WEB_BURST;
	config.limits.followers = settings->web_followers;
	config.limits.per_account = PH_WEB_ACCOUNT;
	config.limits.body = PH_LINE_MAX;
	return ph_web_start(&api->web, &config, err);
}

static int start_handles(struct ph_api *api)
{
	uv_loop_t *loop = &api->server->loop;
	int rc = uv_poll_init(loop, &api->poll, ph_web_fd(api->web));

	if (rc < 0) {
		return rc;
	}
	api->poll.data = api;
	(void)uv_timer_init(loop, &api->timer);
	(void)uv_timer_init(loop, &api->watch);
	ph_api_lanes_start(api);
	api->timer.data = api;
	api->watch.data = api;
	rc = uv_poll_start(&api->poll, UV_READABLE, on_poll);
	return rc < 0 ? rc
		      : uv_timer_start(&api->watch, ph_api_on_watch, WATCH_MS, WATCH_MS);
}

_Static_assert(PH_WEB_LOGINS == 4, "THREADS is one more");

int ph_api_start(struct ph_server *server, struct ph_error *err)
{
	const char *text = server->settings.web;
	struct ph_api *api;
	int fd, rc;

	if (text[0] == '\0') {
		return 0;
	}
	/* as many passwords as are looked at at once, and a look (api_lane.c) */
	(void)setenv("UV_THREADPOOL_SIZE", THREADS, 1);
	api = calloc(1, sizeof(*api));
	if (!api) {
		return ph_fail_errno(err, -ENOMEM,
				     ph_say("serving pages", "phục vụ trang web"));
	}
	api->server = server;
	api->settings = server->settings;
	ph_api_lanes_init(api);
	api->look.api = api;
	fd = text[0] == '/' ? open_path(text, err) : open_address(text, err);
	if (fd < 0) {
		free(api);
		return fd;
	}
	rc = start_web(api, fd, err);
	if (rc < 0) {
		close(fd);
		free(api);
		return rc;
	}
	rc = start_handles(api);
	if (rc < 0) {
		ph_web_free(api->web);
		free(api);
		return ph_fail_errno(err, rc,
				     ph_say("serving pages", "phục vụ trang web"));
	}
	server->api = api;
	tell(fd, text);
	arm(api);
	return 0;
}

/* ---- stopping ---- */

void ph_api_settled(struct ph_api *api)
{
	if (api->is_stopping && ph_api_count(api->server) == 0) {
		api->server->on_gone(api->server);
	}
}

void ph_api_stop(struct ph_server *server, bool now_too)
{
	struct ph_api *api = server->api;

	if (!api || api->is_closing) {
		return;
	}
	if (!api->is_stopping) {
		api->is_stopping = true;
		ph_api_lanes_stop(api);
		ph_web_stop(api->web);
	}
	if (now_too) {
		ph_web_cut(api->web);
	}
	ph_web_run(api->web);
	arm(api);
}

unsigned ph_api_count(const struct ph_server *server)
{
	const struct ph_api *api = server->api;

	return api && !api->is_closing ? ph_web_waiting(api->web) + api->look.is_out : 0;
}

static void handle_closed(struct ph_api *api)
{
	if (--api->n_handles > 0) {
		return;
	}
	ph_web_free(api->web);
	ph_api_watch_free(api);
	api->server->api = NULL;
	free(api);
}

static void on_closed(uv_handle_t *handle)
{
	handle_closed(handle->data);
}

static void on_rest_closed(uv_handle_t *handle)
{
	const struct ph_api_lane *lane = handle->data;

	handle_closed(lane->api);
}

void ph_api_close(struct ph_server *server)
{
	struct ph_api *api = server->api;

	if (!api || api->is_closing) {
		return;
	}
	api->is_closing = true;
	api->n_handles = 3 + PH_API_LANES;
	if (api->settings.web[0] == '/') {
		(void)unlink(api->settings.web);
	}
	uv_close((uv_handle_t *)&api->poll, on_closed);
	uv_close((uv_handle_t *)&api->timer, on_closed);
	for (unsigned i = 0; i < PH_API_LANES; i++) {
		uv_close((uv_handle_t *)&api->lane[i].rest, on_rest_closed);
	}
	uv_close((uv_handle_t *)&api->watch, on_closed);
}

/* ---- others ---- */

bool ph_api_is_as(const struct ph_server *server, const struct ph_settings *settings)
{
	const struct ph_settings *held = server->api ? &server->api->settings : NULL;
	bool is_same =
		held ? strcmp(held->web, settings->web) == 0 &&
				held->n_web_hosts == settings->n_web_hosts &&
				held->web_connections == settings->web_connections &&
				held->web_rate == settings->web_rate &&
				held->web_followers == settings->web_followers
		     : settings->web[0] == '\0';

	for (unsigned i = 0; is_same && held && i < held->n_web_hosts; i++) {
		is_same = strcmp(held->web_host[i], settings->web_host[i]) == 0;
	}
	return is_same;
}

json_t *ph_api_status(const struct ph_server *server)
{
	const struct ph_api *api = server->api;
	struct ph_web_counts counts;

	if (!api || api->is_closing) {
		return NULL;
	}
	ph_web_counts(api->web, &counts);
	return json_pack(
		"{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
		"s:I}",
		"listen", api->settings.web, "connections",
		(json_int_t)counts.connections, "followers", (json_int_t)counts.followers,
		"requests", (json_int_t)counts.requests, "refused",
		(json_int_t)counts.refused, "limited", (json_int_t)counts.limited, "busy",
		(json_int_t)counts.busy, "crowded", (json_int_t)counts.crowded, "slow",
		(json_int_t)counts.slow, "deaf", (json_int_t)counts.deaf, "events",
		(json_int_t)counts.events, "asked",
		(json_int_t)api->lane[PH_API_STORE].asked, "slowest_ms",
		(json_int_t)(api->lane[PH_API_STORE].slowest_ns / 1000000), "looked",
		(json_int_t)api->lane[PH_API_LOOK].asked, "longest_look_ms",
		(json_int_t)(api->lane[PH_API_LOOK].slowest_ns / 1000000));
}

void ph_api_event(struct ph_server *server, const char *name, json_t *data)
{
	if (ph_api_is_followed(server)) {
		ph_web_event(server->api->web, name, data);
	} else {
		json_decref(data);
	}
}

bool ph_api_is_followed(const struct ph_server *server)
{
	return server->api && !server->api->is_stopping &&
	       ph_web_is_followed(server->api->web);
}
