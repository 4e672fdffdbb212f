/*
 * common/web/follow.c - server-sent events: who follows, and what each still has to read.
 *
 * A follower is suspended when he has read everything, and resumed by the next event. Each
 * second we look whether he has hung up, which whoever needs his place finds at once, and
 * whether his token is still good. Each fifteen seconds he gets a comment, so that he knows. One who
 * is given bytes and takes none for as long as an answer may wait is dropped.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json_memory.h"
#include "common/base/say.h"
#include "common/web/web_internal.h"

#define PING_MS 15000
#define KEEP_MS 60000 /* events are kept so long for one who left */

/* Those that follow and are not leaving: all of them, or (NAME) of one account. */
static unsigned followers_of(const struct ph_web *web, const char *name)
{
	unsigned n = 0;

	for (const struct conn *conn = web->conns; conn; conn = conn->next) {
		n += conn->call && conn->call->follows && !conn->is_leaving &&
		     !conn->call->ends && (!name || strcmp(conn->call->name, name) == 0);
	}
	return n;
}

/* Whether the other side has ended the connection; nobody reads from one that is suspended. */
static bool has_gone(const struct conn *conn)
{
	struct pollfd at = { .fd = conn->fd, .events = POLLRDHUP };

	return poll(&at, 1, 0) > 0 && (at.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

/* Pages that were closed keep no place. */
static void drop_gone(struct ph_web *web)
{
	for (struct conn *conn = web->conns; conn; conn = conn->next) {
		if (conn->phase == PHASE_FOLLOWING && !conn->is_leaving &&
		    has_gone(conn)) {
			ph_web_hang_up(conn);
		}
	}
}

/* Whether the token of CALL still gives its account the role that its address takes. */
static bool is_good(struct ph_web_call *call)
{
	struct ph_web *web = call->conn->web;
	struct ph_view bearer = ph_web_bearer(&call->head);
	char name[PH_WEB_NAME_SIZE] = "";
	unsigned role = PH_WEB_ANYBODY;

	return call->route->need == PH_WEB_ANYBODY ||
	       (bearer.len > 0 &&
		web->config.who(web->config.data, bearer, call->route, &role, name) ==
			0 &&
		role >= call->route->need && strcmp(name, call->name) == 0);
}

void ph_web_follow(struct ph_web_call *call)
{
	struct ph_web *web = call->conn->web;
	const struct ph_web_limits *limits = &web->config.limits;

	drop_gone(web);
	if (followers_of(web, NULL) >= limits->followers ||
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

	if (has_gone(conn)) {
		ph_web_hang_up(conn);
		return;
	}
	call->ends = call->ends || now - call->began > web->config.limits.follow_ms ||
		     !is_good(call);
	if (!call->is_suspended) {
		if (now - conn->since > web->config.limits.answer_ms) {
			web->counts.deaf++;
			ph_web_hang_up(conn);
		}
		return;
	}
	if (!call->ends && now - call->pinged < PING_MS) {
		return;
	}
	if (!call->ends) {
		call->pinged = now;
		strcpy(call->hello, ": still here\n\n");
		call->hello_at = 0;
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
