/*
 * daemon/api_login.c - passwords, looked at on threads of libuv's: it takes memory and time.
 */
#include "common/base/say.h"
#include "daemon/api_internal.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#include "common/base/limits.h"
#include "daemon/accounts.h"

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
		(void)ph_web_refuse(
			&no, 401, "login", NULL,
			ph_say("there is no account of that name and password",
			       "không có tài khoản với tên và mật khẩu ấy"));
	} else if (login->rc == -EAGAIN) {
		ph_web_call_retry(login->call, login->out.wait_s);
		(void)ph_web_refuse(
			&no, 429, "login", NULL,
			ph_say("too many wrong passwords came lately: not before %u "
			       "seconds",
			       "vừa có quá nhiều mật khẩu sai: hãy đợi %u giây"),
			login->out.wait_s);
	} else {
		(void)ph_web_refuse(&no, 503, "memory", NULL,
				    ph_say("there is not enough memory at the moment",
					   "hiện không đủ bộ nhớ"));
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
	(void)ph_speak(ph_web_call_language(login->call));
	reply_login(login);
	(void)ph_speak(PH_SPEAK_OWN);
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
