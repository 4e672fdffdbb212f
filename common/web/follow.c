/*
 * common/web/follow.c - server-sent events: who follows, and what each still has to read.
 *
 * A follower is suspended when he has read everything, and resumed by the next event. Each
 * fifteen seconds he gets a comment, by which we find out that he is gone. One who is given
 * bytes and takes none for as long as an answer may wait is dropped.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json_memory.h"
#include "common/base/say.h"
#include "common/web/web_internal.h"

#define PING_MS 15000
#define KEEP_MS 60000 /* events are kept so long for one who left */

static unsigned followers_of(const struct ph_web *web, const char *name)
{
	unsigned n = 0;

	for (const struct conn *conn = web->conns; conn; conn = conn->next) {
		n += conn->call && conn->call->follows &&
		     strcmp(conn->call->name, name) == 0;
	}
	return n;
}

void ph_web_follow(struct ph_web_call *call)
{
	struct ph_web *web = call->conn->web;
	const struct ph_web_limits *limits = &web->config.limits;

	if (web->counts.followers >= limits->followers ||
	    followers_of(web, call->name) >= limits->per_account) {
		web->counts.limited++;
		call->retry_s = 30;
		(void)ph_web_refuse(
			&call->no, 429, "followers", NULL,
			ph_say("too many follow the events: %u in all, %u of one account",
			       "quá nhiều nơi đang theo dõi: %u tất cả, %u của một tài "
			       "khoản"),
			limits->followers, limits->per_account);
		ph_web_reply_no(call, &call->no);
		return;
	}
	if (!ph_web_is_followed(web) && web->followed_at > 0) {
		ph_web_events_skip(&web->events);
		web->followed_at = 0;
	}
	ph_web_place_init(&call->place, &web->events, call->head.last_id);
	strcpy(call->hello, "retry: 5000\n\n");
	call->follows = true;
	call->began = ph_web_now(web);
	call->pinged = call->began;
	call->status = 200;
	call->type = "text/event-stream";
	call->is_replied = true;
	web->counts.followers++;
	ph_web_resume(call);
}

static size_t read_hello(struct ph_web_call *call, char *out, size_t size)
{
	size_t left = strlen(call->hello) - call->hello_at;
	size_t n = left < size ? left : size;

	memcpy(out, call->hello + call->hello_at, n);
	call->hello_at += n;
	if (n == left) {
		call->hello[0] = '\0';
		call->hello_at = 0;
	}
	return n;
}

ssize_t ph_web_follow_read(void *data, uint64_t position, char *out, size_t size)
{
	struct ph_web_call *call = data;
	struct ph_web *web = call->conn->web;
	size_t n = 0;

	(void)position;
	call->conn->since = ph_web_now(web);
	if (call->ends) {
		return MHD_CONTENT_READER_END_OF_STREAM;
	}
	/* a comment goes between two events only */
	if (call->hello[0] && call->place.at == 0 && call->place.gap_at == 0) {
		n = read_hello(call, out, size);
	}
	n = n > 0 ? n : ph_web_place_read(&call->place, &web->events, out, size);
	if (n > 0) {
		return (ssize_t)n;
	}
	if (call->place.is_lost) {
		web->counts.deaf++;
		return MHD_CONTENT_READER_END_OF_STREAM;
	}
	call->is_suspended = true;
	web->mhd->suspend_connection(call->conn->mhd);
	return 0;
}

void ph_web_follow_sweep(struct conn *conn, uint64_t now)
{
	struct ph_web_call *call = conn->call;
	struct ph_web *web = conn->web;

	if (!call->is_suspended) {
		if (now - conn->since > web->config.limits.answer_ms) {
			web->counts.deaf++;
			ph_web_hang_up(conn);
		}
		return;
	}
	if (now - call->began > web->config.limits.follow_ms) {
		call->ends = true;
	} else if (now - call->pinged >= PING_MS) {
		call->pinged = now;
		strcpy(call->hello, ": still here\n\n");
		call->hello_at = 0;
	} else {
		return;
	}
	conn->since = now;
	ph_web_resume(call);
}

void ph_web_event(struct ph_web *web, const char *name, json_t *data)
{
	struct ph_buf text = { 0 };
	uint64_t now = ph_web_now(web);
	int rc = data ? ph_json_write(data, &text) : -ENOMEM;

	json_decref(data);
	rc = rc < 0 ? rc : ph_web_events_put(&web->events, name, ph_buf_view(&text));
	ph_buf_deinit(&text);
	if (rc < 0) {
		ph_web_events_skip(&web->events); /* so that they ask anew */
	} else {
		web->counts.events++;
	}
	for (struct conn *conn = web->conns; conn; conn = conn->next) {
		if (conn->phase == PHASE_FOLLOWING && conn->call->is_suspended) {
			conn->since = now;
			ph_web_resume(conn->call);
		}
	}
}

bool ph_web_is_followed(const struct ph_web *web)
{
	return web->counts.followers > 0 ||
	       (web->followed_at > 0 && ph_web_now(web) - web->followed_at <= KEEP_MS);
}
