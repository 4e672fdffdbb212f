/*
 * daemon/api_lane.c - requests that are commands: they wait for the store, or for the look at it.
 *
 *   waiting --> with the store ------------------> answered      what changes, and what is small
 *   waiting --> with the store --> with the look --> answered      what only looks
 *
 * Two lanes, and in each one request at a time. The store itself carries out changes, so a
 * session's job never waits for more than one of them, and each is bounded: lists have a limit
 * (route.h) and are one transaction, what is issued has a time (hub_command_issue.c), and what makes
 * all anew is not for pages (ph_hub_page_refold()). What only looks is prepared there (what came
 * is folded) and then asked of the look (hub_look.h) on a thread of libuv's, while the
 * store goes on: how long it takes is nothing to devices.
 *
 * One that took long makes its lane rest as long while devices are here: pages have half of
 * what there is at the most, and who writes finds moments without a reader. What an account, or
 * all of them, may have waiting is bounded, and accounts take turns.
 */
#include "common/base/say.h"
#include "daemon/api_internal.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/json_memory.h"
#include "common/base/limits.h"
#include "daemon/hub_look.h"

#define LONG_NS 20000000u
#define LOOK_MS 30000 /* for one question to the look */

static void next(struct ph_api_lane *lane);

void ph_api_lanes_init(struct ph_api *api)
{
	for (unsigned i = 0; i < PH_API_LANES; i++) {
		struct ph_api_lane *lane = &api->lane[i];

		lane->api = api;
		lane->last = &lane->first;
	}
}

void ph_api_lanes_start(struct ph_api *api)
{
	for (unsigned i = 0; i < PH_API_LANES; i++) {
		(void)uv_timer_init(&api->server->loop, &api->lane[i].rest);
		api->lane[i].rest.data = &api->lane[i];
	}
}

/* This thread speaks as who asks; as before by ph_speak() with what it gives. */
static enum ph_speak speak_for(const struct ph_asked *asked)
{
	const json_t *language = json_object_get(asked->order.request, "language");

	return ph_speak(ph_speak_named(json_string_value(language)));
}

static void drop(struct ph_asked *asked)
{
	ph_order_deinit(&asked->order);
	free(asked);
}

static void on_rested(uv_timer_t *timer)
{
	next(timer->data);
}

static void done(struct ph_asked *asked)
{
	struct ph_api_lane *lane = asked->lane;
	struct ph_api *api = lane->api;
	uint64_t took = asked->order.took_ns;
	enum ph_speak before;

	lane->is_out = false;
	api->n_asked--;
	if (took > lane->slowest_ns) {
		lane->slowest_ns = took;
	}
	if (took > LONG_NS && api->server->n_peers > 0 && !api->is_stopping) {
		(void)uv_timer_start(&lane->rest, on_rested, took / 1000000, 0);
	}
	before = speak_for(asked);
	ph_api_reply(asked->call, &asked->order);
	(void)ph_speak(before);
	drop(asked);
	next(lane);
}

/* ---- the look ---- */

/* On the store's thread. */
static void on_prepare(void *hub, struct ph_order *order)
{
	struct ph_asked *asked = order->owner;
	enum ph_speak before = speak_for(asked);
	json_t *refusal = NULL;

	asked->is_ready = ph_hub_look_prepare(asked->lane->api->server->look, hub,
					      order->request, LOOK_MS, &refusal) == 0;
	if (!asked->is_ready) {
		order->looks =
			false; /* what was wrong may be the store's, and is found */
		ph_order_answer(order, refusal);
	}
	(void)ph_speak(before);
}

/* On a thread of libuv's. */
static void on_look(uv_work_t *work)
{
	struct ph_asked *asked = work->data;
	enum ph_speak before = speak_for(asked);
	uint64_t began = uv_hrtime();

	ph_order_answer(&asked->order, ph_hub_look_command(asked->lane->api->server->look,
							   asked->order.request));
	asked->order.took_ns += uv_hrtime() - began;
	(void)ph_speak(before);
}

static void on_looked(uv_work_t *work, int status)
{
	(void)status; /* it is not called off */
	done(work->data);
}

static void on_prepared(struct ph_order *order)
{
	struct ph_asked *asked = order->owner;

	if (!asked->is_ready) {
		done(asked);
		return;
	}
	asked->work.data = asked;
	/* which fails for nothing but a function that lacks; passwords leave it a thread */
	(void)uv_queue_work(&asked->lane->api->server->loop, &asked->work, on_look,
			    on_looked);
}

/* ---- the lanes ---- */

static void on_returned(struct ph_order *order)
{
	done(order->owner);
}

/* The first of another account than was served last, if there is one. */
static struct ph_asked *take(struct ph_api_lane *lane)
{
	struct ph_asked **link = &lane->first;
	struct ph_asked *asked;

	while (*link && strcmp(ph_web_call_name((*link)->call), lane->served) == 0) {
		link = &(*link)->next;
	}
	link = *link ? link : &lane->first;
	asked = *link;
	*link = asked->next;
	if (lane->last == &asked->next) {
		lane->last = link;
	}
	return asked;
}

static void next(struct ph_api_lane *lane)
{
	struct ph_api *api = lane->api;
	struct ph_asked *asked;

	if (!lane->first || lane->is_out || uv_is_active((uv_handle_t *)&lane->rest)) {
		return;
	}
	asked = take(lane);
	strcpy(lane->served, ph_web_call_name(asked->call));
	lane->is_out = true;
	lane->asked++;
	asked->order.owner = asked;
	asked->order.returned = on_returned;
	if (lane == &api->lane[PH_API_LOOK]) {
		asked->order.call = on_prepare;
		asked->order.looks = true;
		asked->order.returned = on_prepared;
	}
	ph_storeworker_order(api->server->worker, &asked->order);
}

static unsigned asked_by(const struct ph_api *api, const char *name)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PH_API_LANES; i++) {
		for (const struct ph_asked *asked = api->lane[i].first; asked;
		     asked = asked->next) {
			n += strcmp(ph_web_call_name(asked->call), name) == 0;
		}
	}
	return n;
}

static struct ph_api_lane *lane_of(struct ph_api *api, const char *command)
{
	const struct ph_hub_look *look = api->server->look;

	/* a look that broke leaves its questions to the store, which then says what is wrong */
	return &api->lane[look && !ph_hub_look_is_broken(look) &&
					  ph_hub_look_takes(command)
				  ? PH_API_LOOK
				  : PH_API_STORE];
}

/* The store would be held as long as it takes, and devices with it. */
static void reply_too_long(struct ph_web_call *call)
{
	struct ph_web_no no = { 0 };

	(void)ph_web_refuse(&no, 422, "too-long", NULL,
			    ph_say("that takes longer than a page may while the store "
				   "cannot be looked at beside",
				   "việc này lâu hơn mức một trang được phép khi không "
				   "đọc song song được kho dữ liệu"));
	no.act = ph_say(
		"give the command on the hub: packhorsed verify, packhorsed digest",
		"hãy ra lệnh trên máy chủ: packhorsed verify, packhorsed digest");
	ph_web_reply_no(call, &no);
}

/* The order that CALL is, of its own; NULL: memory lacks. */
static json_t *request_of(const struct ph_web_call *call)
{
	const json_t *given = ph_web_call_request(call);
	json_t *entry;

	if (ph_web_call_route(call)->action != PH_API_ENTRY) {
		return json_incref((json_t *)given);
	}
	entry = json_copy((json_t *)given);
	if (!entry) {
		return NULL;
	}
	(void)json_object_del(entry, "command");
	return json_pack("{s:s, s:[o]}", "command", ph_web_call_route(call)->command,
			 "entries", entry);
}

/* What the request itself says of it goes before its header. */
static void put_language(struct ph_asked *asked)
{
	enum ph_speak language = ph_web_call_language(asked->call);

	if (language != PH_SPEAK_OWN &&
	    !json_object_get(asked->order.request, "language")) {
		(void)json_object_set_new(/* else memory lacks, and is counted */
					  asked->order.request, "language",
					  json_string(language == PH_SPEAK_VIETNAMESE
							      ? "vi"
							      : "en"));
	}
}

void ph_api_ask(struct ph_api *api, struct ph_web_call *call)
{
	const char *command = ph_web_call_route(call)->command;
	struct ph_api_lane *lane = lane_of(api, command);
	uint64_t shortages = ph_json_shortages();
	struct ph_asked *asked;

	if (ph_web_call_route(call)->action == PH_API_LOOKED &&
	    lane == &api->lane[PH_API_STORE]) {
		reply_too_long(call);
		return;
	}
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
	asked->lane = lane;
	asked->call = call;
	asked->order.request = request_of(call);
	if (!asked->order.request) {
		drop(asked);
		ph_web_reply_json(call, 503, NULL);
		return;
	}
	put_language(asked);
	asked->order.extra =
		ph_server_prepare(api->server, command, asked->order.request);
	if (ph_json_shortages() != shortages) { /* the answer would lack something */
		drop(asked);
		ph_web_reply_json(call, 503, NULL);
		return;
	}
	*lane->last = asked;
	lane->last = &asked->next;
	api->n_asked++;
	next(lane);
}

static void stop_lane(struct ph_api_lane *lane)
{
	enum ph_speak before;
	struct ph_asked *asked;

	while ((asked = lane->first)) {
		lane->first = asked->next;
		lane->api->n_asked--;
		before = speak_for(asked);
		ph_web_reply_busy(asked->call, 5);
		(void)ph_speak(before);
		drop(asked);
	}
	lane->last = &lane->first;
	(void)uv_timer_stop(&lane->rest);
}

void ph_api_lanes_stop(struct ph_api *api)
{
	for (unsigned i = 0; i < PH_API_LANES; i++) {
		stop_lane(&api->lane[i]);
	}
	if (api->server->look) {
		ph_hub_look_stop(api->server->look);
	}
}
