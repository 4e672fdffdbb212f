/*
 * common/web/call.c - a call's reply.
 *
 * The reply's bytes stay with the call until libmicrohttpd has done with them, so that they
 * are counted while they wait, and wiped at the end. Whatever is said, it is for the one who
 * asked, now: nothing is stored on the way, framed, or taken for a script.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/json_memory.h"
#include "common/base/say.h"
#include "common/web/web_internal.h"

static const char *const headers[][2] = {
	{ "Cache-Control", "no-store" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
};

const struct ph_web_route *ph_web_call_route(const struct ph_web_call *call)
{
	return call->route;
}

json_t *ph_web_call_request(const struct ph_web_call *call)
{
	return call->request;
}

const char *ph_web_call_name(const struct ph_web_call *call)
{
	return call->name;
}

unsigned ph_web_call_role(const struct ph_web_call *call)
{
	return call->role;
}

struct ph_view ph_web_call_bearer(const struct ph_web_call *call)
{
	return ph_web_bearer(&call->head);
}

bool ph_web_call_is_person(const struct ph_web_call *call)
{
	return call->head.person || strcmp(call->route->method, "POST") == 0;
}

/* A page brings the style that it is printed with, and nothing else. */
static const char *policy_of(const char *type)
{
	return strncmp(type, "text/html", strlen("text/html")) == 0
		       ? "default-src 'none'; style-src 'unsafe-inline'; "
			 "frame-ancestors 'none'"
		       : "default-src 'none'; frame-ancestors 'none'";
}

/* ---- handing it to libmicrohttpd ---- */

static bool add_headers(const struct ph_web_call *call, struct MHD_Response *response)
{
	const struct ph_mhd *mhd = call->conn->web->mhd;
	bool is_done = mhd->add_response_header(response, "Content-Type", call->type) &&
		       mhd->add_response_header(response, "Content-Security-Policy",
						policy_of(call->type));
	char seconds[16];

	for (size_t i = 0; is_done && i < sizeof(headers) / sizeof(headers[0]); i++) {
		is_done = mhd->add_response_header(response, headers[i][0],
						   headers[i][1]) == MHD_YES;
	}
	if (is_done && call->retry_s > 0) {
		snprintf(seconds, sizeof(seconds), "%u", call->retry_s);
		is_done = mhd->add_response_header(response, "Retry-After", seconds);
	}
	if (is_done && call->head.is_odd) { /* where it ends others may see otherwise */
		is_done = mhd->add_response_header(response, "Connection", "close");
	}
	if (is_done && call->allow) {
		is_done = mhd->add_response_header(response, "Allow", call->allow);
	}
	if (is_done && call->status == 401) {
		is_done = mhd->add_response_header(response, "WWW-Authenticate",
						   "Bearer realm=\"packhorse\"");
	}
	return is_done;
}

enum MHD_Result ph_web_queue(struct ph_web_call *call)
{
	struct conn *conn = call->conn;
	struct ph_web *web = conn->web;
	enum MHD_Result result = MHD_NO;
	struct MHD_Response *response =
		call->follows
			? web->mhd->create_response_from_callback(
				  MHD_SIZE_UNKNOWN, 2048, ph_web_follow_read, call, NULL)
			: web->mhd->create_response_from_buffer(call->body.len,
								call->body.data,
								MHD_RESPMEM_PERSISTENT);

	if (response && add_headers(call, response)) {
		if (call->follows) {
			ph_web_move(conn, PHASE_FOLLOWING);
		} else {
			const struct ph_web_limits *limits = &web->config.limits;

			ph_web_move(conn, PHASE_WRITING);
			conn->allowed_ms = limits->answer_ms +
					   call->body.len * 1000 / limits->answer_rate;
			call->is_counted = true;
			web->answers += call->body.len;
		}
		result = web->mhd->queue_response(conn->mhd, call->status, response);
	}
	if (response) {
		web->mhd->destroy_response(response);
	}
	return result;
}

enum ph_speak ph_web_call_language(const struct ph_web_call *call)
{
	return ph_web_language(call->head.language);
}

/* ---- replies ---- */

void ph_web_call_retry(struct ph_web_call *call, unsigned seconds)
{
	call->retry_s = seconds;
}

void ph_web_reply(struct ph_web_call *call, unsigned status, const char *type,
		  struct ph_buf *body)
{
	ph_buf_wipe(&call->body);
	call->body = *body;
	*body = (struct ph_buf){ 0 };
	call->status = status;
	call->type = type;
	call->is_replied = true;
	call->conn->web->counts.refused += status >= 400;
	ph_web_resume(call);
}

void ph_web_reply_json(struct ph_web_call *call, unsigned status, json_t *object)
{
	static const char short_of_memory[] = "{\"schema\":1,\"error\":\"memory\","
					      "\"what\":\"there is not enough memory "
					      "at the moment\"}";
	struct ph_buf text = { 0 };

	if (!object || ph_json_write(object, &text) != 0) {
		ph_buf_wipe(&text);
		status = 503;
		(void)ph_buf_put(&text, short_of_memory, sizeof(short_of_memory) - 1);
	}
	json_decref(object);
	ph_web_reply(call, status, "application/json", &text);
}

void ph_web_reply_no(struct ph_web_call *call, const struct ph_web_no *no)
{
	json_t *object = json_pack("{s:i, s:s, s:s}", "schema", 1, "error", no->error,
				   "what", no->what);

	if (object && no->where[0] &&
	    json_object_set_new(object, "where", json_string(no->where)) < 0) {
		json_decref(object);
		object = NULL;
	}
	if (object && no->act &&
	    json_object_set_new(object, "do", json_string(no->act)) < 0) {
		json_decref(object);
		object = NULL;
	}
	call->allow = no->allow;
	ph_web_reply_json(call, no->status, object);
}

void ph_web_reply_busy(struct ph_web_call *call, unsigned seconds)
{
	call->conn->web->counts.busy++;
	call->retry_s = seconds;
	(void)ph_web_refuse(
		&call->no, 503, "busy", NULL,
		ph_say("too much is being asked at the moment; come again later",
		       "hiện có quá nhiều yêu cầu; lát nữa hãy hỏi lại"));
	ph_web_reply_no(call, &call->no);
}
