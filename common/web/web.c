/*
 * common/web/web.c - requests: from libmicrohttpd to a call, and its end; and the whole.
 *
 * A request is refused as early as it can be, but what it says it still sends is read (if it
 * is no more than any body may be), so that the client hears the refusal and not a reset.
 * A body in chunks, or longer than it may be, is answered at once and the connection ended.
 */
#include "common/base/say.h"
#include "common/web/web_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define POOL  ((size_t)16 * 1024) /* of a connection: headers, a little of the answer */
#define SPARE 1 /* connection beyond those that are held, while another makes room */

void ph_web_limits_init(struct ph_web_limits *limits)
{
	*limits = (struct ph_web_limits){
		.connections = 128,
		.per_address = 64,
		.followers = 32,
		.per_account = 8,
		.rate = 50,
		.burst = 100,
		.hold_ms = 100,
		.request_ms = 15000,
		.answer_ms = 30000,
		.answer_rate = 16 * 1024,
		.follow_ms = 15 * 60 * 1000,
		.body = 128 * 1024,
		.answers = (size_t)64 << 20,
	};
}

uint64_t ph_web_now(const struct ph_web *web)
{
	return web->config.now(web->config.data);
}

/* ---- requests ---- */

static void call_free(struct ph_web_call *call)
{
	ph_web_target_deinit(&call->target);
	json_decref(call->request);
	ph_buf_wipe(&call->body);
	free(call->uri);
	free(call);
}

/* The first that we hear of a request: its target, as it came. */
static void *on_uri(void *data, const char *uri, struct MHD_Connection *mhd)
{
	struct ph_web *web = data;
	struct conn *conn =
		web->mhd->get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
			->socket_context;
	struct ph_web_call *call = conn ? calloc(1, sizeof(*call)) : NULL;

	if (!call) {
		return NULL;
	}
	call->conn = conn;
	call->uri = strdup(uri);
	if (!call->uri) {
		call_free(call);
		return NULL;
	}
	conn->call = call;
	return call;
}

static void on_completed(void *data, struct MHD_Connection *mhd, void **context,
			 enum MHD_RequestTerminationCode code)
{
	struct ph_web *web = data;
	struct ph_web_call *call = *context;

	(void)mhd;
	(void)code;
	if (!call) {
		return;
	}
	if (call->is_counted) {
		web->answers -= call->body.len;
	}
	if (call->follows) {
		web->counts.followers--;
		web->followed_at = ph_web_now(web);
	}
	call->conn->call = NULL;
	ph_web_move(call->conn, PHASE_READING);
	call_free(call);
	*context = NULL;
}

static enum MHD_Result on_header(void *data, enum MHD_ValueKind kind, const char *name,
				 const char *value)
{
	(void)kind;
	ph_web_head_put(data, name, value);
	return MHD_YES;
}

/*
 * Whether whoever makes CALL may ask so often. What anybody may look at is answered for no more
 * than a refusal would cost, so it is not counted. A POST that anybody may make is a door:
 * guesses at it are few, and it is kept apart from what strangers ask for otherwise, so that
 * these do not shut it for others of their address, which behind a proxy is everybody's.
 */
static bool is_too_often(struct ph_web_call *call)
{
	struct ph_web *web = call->conn->web;
	const struct ph_web_limits *limits = &web->config.limits;
	bool is_open = call->route->need == PH_WEB_ANYBODY;
	enum asker asker = is_open ? AT_THE_DOOR : call->name[0] ? ACCOUNT : STRANGER;
	const char *whose = asker == ACCOUNT ? call->name : call->conn->address;

	call->is_rated = !is_open || strcmp(call->route->method, "POST") == 0;
	return call->is_rated &&
	       !ph_web_rate_take(&web->rate[asker], ph_view_str(whose), ph_web_now(web),
				 limits->rate, limits->burst);
}

/* Whether whatever else comes from CALL's address comes so often that its answer has time. */
static bool is_flood(struct ph_web_call *call)
{
	struct ph_web *web = call->conn->web;

	return !call->is_rated &&
	       !ph_web_rate_take(&web->rate[LOOKER], ph_view_str(call->conn->address),
				 ph_web_now(web), web->config.limits.rate,
				 web->config.limits.burst);
}

/* It takes a token, or one that may more. Where all tokens may the same no role is spoken of. */
static int refuse_role(struct ph_web_call *call)
{
	const char *(*token_act)(void) = call->conn->web->config.token_act;

	if (call->role != PH_WEB_ANYBODY) {
		return ph_web_refuse(
			&call->no, 403, "role", "Authorization",
			ph_say("this takes the role of %s", "việc này cần vai trò %s"),
			ph_web_need_name(call->route->need));
	}
	if (token_act) {
		(void)ph_web_refuse(
			&call->no, 401, "token", "Authorization",
			ph_say("this takes a session, and there is none, or it is over",
			       "việc này cần phiên làm việc; chưa có phiên hoặc phiên đã "
			       "hết"));
		call->no.act = token_act();
		return -EINVAL;
	}
	(void)ph_web_refuse(
		&call->no, 401, "token", "Authorization",
		ph_say("this takes the role of %s", "việc này cần vai trò %s"),
		ph_web_need_name(call->route->need));
	call->no.act =
		ph_say("send Authorization: Bearer TOKEN, with a token that is valid",
		       "hãy gửi Authorization: Bearer TOKEN, với mã truy cập còn "
		       "giá trị");
	return -EINVAL;
}

/* Whose request it is, and whether he may ask so often. */
static int admit(struct ph_web_call *call)
{
	struct ph_web *web = call->conn->web;
	struct ph_view bearer = ph_web_bearer(&call->head);

	if (bearer.len > 0 && web->config.who(web->config.data, bearer, call->route,
					      &call->role, call->name) != 0) {
		call->role = PH_WEB_ANYBODY;
		call->name[0] = '\0';
	}
	if (is_too_often(call)) {
		web->counts.limited++;
		call->holds = true;
		call->retry_s = 1;
		return ph_web_refuse(&call->no, 429, "rate", NULL,
				     ph_say("more than %u requests a second",
					    "hơn %u yêu cầu mỗi giây"),
				     web->config.limits.rate);
	}
	return call->route->need > call->role ? refuse_role(call) : 0;
}

/* All that can be said before the body has come. 0; -EINVAL: refused; -ENOMEM. */
static int begin(struct ph_web_call *call, const char *method)
{
	struct ph_web *web = call->conn->web;
	const struct ph_web_rules rules = { .hosts = web->config.hosts,
					    .n_hosts = web->config.n_hosts,
					    .host_act = web->config.host_act
								? web->config.host_act()
								: NULL,
					    .body_max = web->config.limits.body };
	int rc;

	(void)web->mhd->get_connection_values(call->conn->mhd, MHD_HEADER_KIND, on_header,
					      &call->head);
	(void)ph_speak(ph_web_call_language(call));
	rc = ph_web_head_check(&call->head, method, &rules, &call->length, &call->no);
	rc = rc < 0 ? rc : ph_web_target_parse(&call->target, call->uri, &call->no);
	rc = rc < 0 ? rc
		    : ph_web_route_find(web->config.routes, web->config.n_routes, method,
					&call->target, &call->route, &call->no);
	rc = rc < 0 ? rc : admit(call);
	call->holds |= is_flood(call);
	if (rc == 0 && (web->is_stopping || web->answers > web->config.limits.answers)) {
		web->counts.busy++;
		call->retry_s = 5;
		rc = ph_web_refuse(&call->no, 503, "busy", NULL,
				   ph_say("too much is being answered at the moment",
					  "hiện đang trả lời quá nhiều"));
	}
	return rc;
}

/* The request is whole: carry it out. */
static void carry_out(struct ph_web_call *call)
{
	struct ph_web *web = call->conn->web;
	int rc = call->no.status
			 ? -EINVAL
			 : ph_web_route_request(call->route, &call->target,
						ph_buf_view(&call->body), call->role,
						&call->request, &call->no);

	ph_buf_wipe(&call->body);
	ph_web_move(call->conn, PHASE_WAITING);
	if (rc == 0) {
		web->config.handle(web->config.data, call);
		return;
	}
	if (rc != -EINVAL) {
		(void)ph_web_refuse(&call->no, 503, "memory", NULL,
				    ph_say("there is not enough memory at the moment",
					   "hiện không đủ bộ nhớ"));
	}
	ph_web_reply_no(call, &call->no);
}

static void suspend(struct ph_web_call *call)
{
	call->is_suspended = true;
	call->conn->web->mhd->suspend_connection(call->conn->mhd);
}

/* Whether CALL, one of too many, is still to have its time. */
static bool is_to_be_held(const struct ph_web_call *call)
{
	const struct ph_web *web = call->conn->web;

	return call->conn->phase == PHASE_READING && call->holds &&
	       web->config.limits.hold_ms > 0 && !web->is_stopping;
}

static enum MHD_Result hold(struct ph_web_call *call)
{
	ph_web_move(call->conn, PHASE_HELD);
	suspend(call);
	return MHD_YES;
}

static enum MHD_Result take(struct ph_web *web, struct ph_web_call *call,
			    const char *method, const char *upload, size_t *upload_size)
{
	if (!call->is_begun) {
		int rc = begin(call, method);

		call->is_begun = true;
		web->counts.requests++;
		if (rc < 0 && rc != -EINVAL) {
			return MHD_NO;
		}
		/* what may come is more than we read, or of unknown length */
		if (call->no.status == 413 || call->head.coding || call->head.is_odd) {
			if (is_to_be_held(call)) {
				return hold(call);
			}
			ph_web_move(call->conn, PHASE_WAITING);
			ph_web_reply_no(call, &call->no);
			return ph_web_queue(call);
		}
		return MHD_YES;
	}
	if (*upload_size > 0) {
		int rc = 0;

		if (call->no.status == 0) {
			rc = call->body.len + *upload_size > web->config.limits.body
				     ? -EMSGSIZE
				     : ph_buf_put(&call->body, upload, *upload_size);
		}
		*upload_size = 0;
		return rc < 0 ? MHD_NO : MHD_YES;
	}
	if (call->conn->phase == PHASE_HELD && call->conn->is_leaving) {
		return MHD_NO;
	}
	if (is_to_be_held(call)) {
		return hold(call);
	}
	if (call->conn->phase == PHASE_READING || call->conn->phase == PHASE_HELD) {
		carry_out(call);
	}
	if (call->is_replied) {
		return ph_web_queue(call);
	}
	suspend(call);
	return MHD_YES;
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *mhd, const char *url,
				  const char *method, const char *version,
				  const char *upload, size_t *upload_size, void **context)
{
	struct ph_web_call *call = *context;
	enum MHD_Result result;

	(void)mhd;
	(void)url;
	(void)version;
	if (!call) {
		return MHD_NO; /* memory lacked */
	}
	(void)ph_speak(ph_web_call_language(call));
	result = take(data, call, method, upload, upload_size);
	(void)ph_speak(PH_SPEAK_OWN);
	return result;
}

void ph_web_resume(struct ph_web_call *call)
{
	struct ph_web *web = call->conn->web;

	if (call->is_suspended) {
		call->is_suspended = false;
		web->mhd->resume_connection(call->conn->mhd);
		web->is_woken =
			true; /* libmicrohttpd does not say so by its descriptor */
		if (web->config.wake) {
			web->config.wake(web->config.data);
		}
	}
}

/* ---- the whole ---- */

static int start(struct ph_web *web, struct ph_error *err)
{
	const struct ph_web_limits *limits = &web->config.limits;
	const union MHD_DaemonInfo *info;

	web->most = limits->connections + SPARE;
	web->daemon = web->mhd->start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, web,
		MHD_OPTION_LISTEN_SOCKET, (MHD_socket)web->config.fd,
		MHD_OPTION_CONNECTION_LIMIT, web->most,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		limits->per_address < limits->connections ? limits->per_address
							  : web->most,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, POOL, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_URI_LOG_CALLBACK, on_uri, (void *)web,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, (void *)web,
		MHD_OPTION_NOTIFY_CONNECTION, ph_web_on_connection, (void *)web,
		MHD_OPTION_END);
	info = web->daemon
		       ? web->mhd->get_daemon_info(web->daemon, MHD_DAEMON_INFO_EPOLL_FD)
		       : NULL;
	if (!info) {
		return ph_fail_errno(err, errno ? -errno : -ENOMEM,
				     ph_say("serving pages", "phục vụ trang web"));
	}
	web->epoll = info->epoll_fd;
	return 0;
}

int ph_web_start(struct ph_web **web_out, const struct ph_web_config *config,
		 struct ph_error *err)
{
	struct ph_web *web = calloc(1, sizeof(*web));
	int rc;

	if (!web) {
		return ph_fail_errno(err, -ENOMEM,
				     ph_say("serving pages", "phục vụ trang web"));
	}
	web->config = *config;
	for (unsigned i = 0; i < N_ASKERS; i++) {
		ph_web_rate_init(&web->rate[i], &config->rng);
	}
	ph_web_events_init(&web->events, config->first_event);
	rc = ph_mhd_load(&web->mhd, err);
	errno = 0;
	rc = rc < 0 ? rc : start(web, err);
	if (rc < 0) {
		if (web->daemon) {
			web->mhd->stop_daemon(web->daemon);
		}
		free(web);
		return rc;
	}
	*web_out = web;
	return 0;
}

int ph_web_fd(const struct ph_web *web)
{
	return web->epoll;
}

void ph_web_run(struct ph_web *web)
{
	web->is_woken = false;
	ph_web_sweep(web);
	ph_web_let_go(web);
	(void)web->mhd->run(web->daemon);
	/* when it was full it listens again in the run after the one that made room */
	if (web->was_full && web->counts.connections < web->most) {
		web->was_full = false;
		web->is_woken = true;
	}
}

int ph_web_timeout(struct ph_web *web)
{
	MHD_UNSIGNED_LONG_LONG ms = 0;
	int most = web->conns ? SWEEP_MS : -1;
	unsigned held = ph_web_held_for(web);

	if (web->is_woken) {
		return 0;
	}
	most = held < SWEEP_MS ? (int)held : most;
	if (web->mhd->get_timeout(web->daemon, &ms) != MHD_YES) {
		return most;
	}
	return most >= 0 && ms > (unsigned)most ? most
	       : ms > SWEEP_MS                  ? SWEEP_MS
						: (int)ms;
}

void ph_web_stop(struct ph_web *web)
{
	if (web->is_stopping) {
		return;
	}
	web->is_stopping = true;
	(void)close(web->mhd->quiesce_daemon(web->daemon));
	for (struct conn *conn = web->conns; conn; conn = conn->next) {
		if (conn->phase == PHASE_FOLLOWING) {
			conn->call->ends = true;
			ph_web_resume(conn->call);
		} else if (conn->phase == PHASE_READING) {
			(void)shutdown(conn->fd, SHUT_RD);
		} else if (conn->phase == PHASE_HELD) {
			ph_web_hang_up(conn);
		}
	}
}

void ph_web_cut(struct ph_web *web)
{
	for (struct conn *conn = web->conns; conn; conn = conn->next) {
		if (conn->phase == PHASE_WRITING) {
			ph_web_hang_up(conn);
		}
	}
}

unsigned ph_web_waiting(const struct ph_web *web)
{
	return web->n_waiting + web->n_writing;
}

void ph_web_free(struct ph_web *web)
{
	if (!web) {
		return;
	}
	ph_web_stop(web);
	for (struct conn *conn = web->conns; conn; conn = conn->next) {
		ph_web_hang_up(conn);
	}
	(void)web->mhd->run(web->daemon); /* none may be suspended at the end */
	web->mhd->stop_daemon(web->daemon);
	ph_web_events_deinit(&web->events);
	free(web);
}

void ph_web_counts(const struct ph_web *web, struct ph_web_counts *counts_out)
{
	*counts_out = web->counts;
}
