/*
 * daemon/api_ask.c - requests that need time: commands for the store, and passwords.
 *
 *   waiting here --> with the store --> answered
 *
 * One is with the store at a time, so a session's job never waits for more than one of them.
 * One that took long makes the next wait for as long while devices are here: pages have half
 * of the store at the most. What an account, or all of them, may have waiting is bounded.
 */
#include "daemon/api_internal.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/cli/sheet.h"
#include "daemon/accounts.h"
#include "daemon/metrics.h"
#include "daemon/report_book.h"

#define LONG_NS 20000000u

/* ---- what the store answered ---- */

static const struct {
	const char *reason; /* of the answer; or ... */
	int exit;           /* ... its exit status */
	unsigned status;
	const char *error;
} refusals[] = {
	{ "not-found", -1, 404, "not-found" },
	{ "exists", -1, 409, "exists" },
	{ "denied", -1, 409, "denied" },
	{ "disk-full", -1, 507, "disk-full" },
	{ "memory", -1, 503, "memory" },
	{ NULL, PH_EXIT_USAGE, 400, "usage" },
	{ NULL, PH_EXIT_IN_USE, 503, "busy" },
	{ NULL, PH_EXIT_TRY_LATER, 503, "busy" },
	{ NULL, PH_EXIT_OTHER, 422, "refused" },
	{ NULL, PH_EXIT_DAMAGED, 500, "damaged" },
};

static void reply_refusal(struct ph_web_call *call, const struct ph_order *order)
{
	json_t *answer =
		json_loadb((const char *)order->answer.data, order->answer.len, 0, NULL);
	const char *words = json_string_value(json_object_get(answer, "error"));
	const char *reason = json_string_value(json_object_get(answer, "reason"));
	struct ph_web_no no = { 0 };
	unsigned status = 500;
	const char *error = "other";

	for (size_t i = sizeof(refusals) / sizeof(refusals[0]); i-- > 0;) {
		if (refusals[i].reason ? reason && strcmp(refusals[i].reason, reason) == 0
				       : refusals[i].exit == order->exit) {
			status = refusals[i].status;
			error = refusals[i].error;
		}
	}
	(void)ph_web_refuse(&no, status, error, NULL, "%s",
			    words ? words : "packhorsed is short of memory");
	json_decref(answer);
	if (status == 503) {
		ph_web_call_retry(call, 1);
	}
	ph_web_reply_no(call, &no);
}

/* Of a change: it was not carried out, since an operator must sign it where the key is. */
static bool needs_key(const struct ph_web_call *call, const struct ph_buf *answer)
{
	json_t *object, *entry;
	bool needs = false;
	size_t i;

	if (strcmp(ph_web_call_route(call)->method, "POST") != 0) {
		return false;
	}
	object = json_loadb((const char *)answer->data, answer->len, 0, NULL);
	json_array_foreach(json_object_get(object, "entries"), i, entry)
	{
		needs = needs || json_object_get(entry, "sign");
	}
	json_decref(object);
	return needs;
}

/* A report as CSV. */
static int write_csv(const json_t *report, struct ph_buf *out)
{
	json_t *book;
	int rc = ph_sheet_collect("report"); /* this thread alone collects */

	rc = rc < 0 ? rc : ph_report_book(report, true);
	book = ph_sheet_take();
	rc = rc < 0 ? rc : book ? ph_sheet_csv(book, out) : -ENOMEM;
	json_decref(book);
	return rc;
}

static void reply_text(struct ph_web_call *call, const struct ph_order *order)
{
	bool is_csv = ph_web_call_route(call)->action == PH_API_CSV;
	json_t *answer =
		json_loadb((const char *)order->answer.data, order->answer.len, 0, NULL);
	struct ph_buf text = { 0 };
	int rc = !answer  ? -ENOMEM
		 : is_csv ? write_csv(answer, &text)
			  : ph_metrics_write(answer, &text);

	json_decref(answer);
	if (rc < 0) {
		ph_buf_deinit(&text);
		ph_web_reply_json(call, 503, NULL);
		return;
	}
	ph_web_reply(call, 200, is_csv ? "text/csv; charset=utf-8" : PH_METRICS_TYPE,
		     &text);
}

static void reply(struct ph_web_call *call, struct ph_order *order)
{
	struct ph_web_no no = { 0 };

	if (order->answer.len == 0 ||
	    (order->exit != PH_EXIT_DONE && order->exit != PH_EXIT_CASES &&
	     order->exit != PH_EXIT_PARTIAL)) {
		reply_refusal(call, order);
	} else if (needs_key(call, &order->answer)) {
		(void)ph_web_refuse(&no, 409, "needs-key", NULL,
				    "an operator's key must sign this, and it is not "
				    "opened for pages; nothing was written");
		no.act = "give the command on the hub: packhorsed help";
		ph_web_reply_no(call, &no);
	} else if (ph_web_call_route(call)->action != PH_API_COMMAND) {
		reply_text(call, order);
	} else {
		ph_web_reply(call, 200, "application/json", &order->answer);
	}
}

/* ---- the lane ---- */

static void next(struct ph_api *api);

static void on_returned(struct ph_order *order)
{
	struct ph_asked *asked = order->owner;
	struct ph_api *api = asked->api;

	api->is_out = false;
	api->n_asked--;
	if (order->took_ns > api->slowest_ns) {
		api->slowest_ns = order->took_ns;
	}
	if (order->took_ns > LONG_NS && api->server->n_peers > 0 && !api->is_stopping) {
		(void)uv_timer_start(&api->lane, ph_api_on_lane, order->took_ns / 1000000,
				     0);
	}
	reply(asked->call, order);
	ph_order_deinit(order);
	free(asked);
	next(api);
}

static void next(struct ph_api *api)
{
	struct ph_asked *asked = api->first;

	if (!asked || api->is_out || uv_is_active((uv_handle_t *)&api->lane)) {
		return;
	}
	api->first = asked->next;
	if (!api->first) {
		api->last = &api->first;
	}
	api->is_out = true;
	api->asked++;
	ph_storeworker_order(api->server->worker, &asked->order);
}

void ph_api_on_lane(uv_timer_t *timer)
{
	next(timer->data);
}

static unsigned asked_by(const struct ph_api *api, const char *name)
{
	unsigned n = 0;

	for (const struct ph_asked *asked = api->first; asked; asked = asked->next) {
		n += strcmp(ph_web_call_name(asked->call), name) == 0;
	}
	return n;
}

void ph_api_ask(struct ph_api *api, struct ph_web_call *call)
{
	const char *command = ph_web_call_route(call)->command;
	struct ph_asked *asked;

	if (api->is_stopping || api->n_asked >= api->server->settings.web_waiting ||
	    asked_by(api, ph_web_call_name(call)) >= PH_WEB_ACCOUNT) {
		ph_web_reply_busy(call, 1);
		return;
	}
	asked = calloc(1, sizeof(*asked));
	if (!asked) {
		ph_web_reply_json(call, 503, NULL);
		return;
	}
	asked->api = api;
	asked->call = call;
	asked->order.owner = asked;
	asked->order.returned = on_returned;
	asked->order.request = json_incref(ph_web_call_request(call));
	asked->order.extra =
		ph_server_prepare(api->server, command, asked->order.request);
	*api->last = asked;
	api->last = &asked->next;
	api->n_asked++;
	next(api);
}

void ph_api_ask_stop(struct ph_api *api)
{
	struct ph_asked *asked;

	while ((asked = api->first)) {
		api->first = asked->next;
		api->n_asked--;
		ph_web_reply_busy(asked->call, 5);
		ph_order_deinit(&asked->order);
		free(asked);
	}
	api->last = &api->first;
	(void)uv_timer_stop(&api->lane);
}

/* ---- passwords ---- */

struct login {
	uv_work_t work;
	struct ph_api *api;
	struct ph_web_call *call;
	struct ph_login out;
	int rc;
};

static struct ph_view member(const struct login *login, const char *name)
{
	const json_t *value = json_object_get(ph_web_call_request(login->call), name);

	return PH_VIEW(json_string_value(value), json_string_length(value));
}

/* On a thread of libuv's. */
static void on_work(uv_work_t *work)
{
	struct login *login = work->data;

	login->rc = ph_accounts_login(login->api->server->accounts, member(login, "name"),
				      member(login, "password"), &login->out);
}

static void reply_login(struct login *login)
{
	struct ph_web_no no = { 0 };

	if (login->rc == 0) {
		ph_web_reply_json(login->call, 200,
				  json_pack("{s:i, s:s, s:s, s:s, s:i, s:i}", "schema", 1,
					    "token", login->out.bearer, "name",
					    login->out.name, "role",
					    ph_role_name(login->out.role), "expires",
					    (int)login->out.expires_s, "idle",
					    (int)login->out.idle_s));
		return;
	}
	if (login->rc == -EACCES) {
		(void)ph_web_refuse(&no, 401, "login", NULL,
				    "there is no account of that name and password");
	} else if (login->rc == -EAGAIN) {
		ph_web_call_retry(login->call, login->out.wait_s);
		(void)ph_web_refuse(&no, 429, "login", NULL,
				    "too many wrong passwords came lately: not before "
				    "%u seconds",
				    login->out.wait_s);
	} else {
		(void)ph_web_refuse(&no, 503, "memory", NULL,
				    "there is not enough memory at the moment");
	}
	ph_web_reply_no(login->call, &no);
}

static void on_worked(uv_work_t *work, int status)
{
	struct login *login = work->data;
	struct ph_api *api = login->api;
	struct ph_view password = member(login, "password");

	login->rc = status < 0 ? status : login->rc;
	/* jansson gives it as const; it is ours, and nobody reads it any more */
	sodium_memzero((void *)(uintptr_t)password.data, password.len);
	api->n_logins--;
	reply_login(login);
	sodium_memzero(&login->out, sizeof(login->out));
	free(login);
}

void ph_api_login(struct ph_api *api, struct ph_web_call *call)
{
	struct login *login;

	if (api->is_stopping || api->n_logins >= PH_WEB_LOGINS) {
		ph_web_reply_busy(call, 2);
		return;
	}
	login = calloc(1, sizeof(*login));
	if (!login) {
		ph_web_reply_json(call, 503, NULL);
		return;
	}
	login->api = api;
	login->call = call;
	login->work.data = login;
	api->n_logins++;
	if (uv_queue_work(&api->server->loop, &login->work, on_work, on_worked) < 0) {
		api->n_logins--;
		free(login);
		ph_web_reply_json(call, 503, NULL);
	}
}
