/*
 * daemon/api_watch.c - events: once a second, if anybody follows and the store did something,
 * the store is asked what changed.
 */
#include "daemon/api_internal.h"

#include "daemon/hub_watch.h"

/* On the store's thread. */
static void on_look(void *hub, struct ph_order *order)
{
	struct ph_api_look *look = order->owner;

	(void)ph_hub_watch(hub, &look->watch, &look->events);
}

static void on_looked(struct ph_order *order)
{
	struct ph_api_look *look = order->owner;
	struct ph_api *api = look->api;
	json_t *event;
	size_t i;

	look->is_out = false;
	json_array_foreach(look->events, i, event)
	{
		ph_api_event(api->server,
			     json_string_value(json_object_get(event, "event")),
			     json_incref(json_object_get(event, "data")));
	}
	json_decref(look->events);
	look->events = NULL;
	ph_api_settled(api);
}

void ph_api_on_watch(uv_timer_t *timer)
{
	struct ph_api *api = timer->data;
	struct ph_api_look *look = &api->look;
	struct ph_storeworker_counts counts;
	uint64_t done;

	if (look->is_out || api->is_stopping || !ph_web_is_followed(api->web)) {
		return;
	}
	ph_storeworker_counts(api->server->worker, &counts);
	done = counts.jobs + counts.orders + counts.folds - look->own;
	if (look->watch && done == look->last) {
		return;
	}
	look->last = done;
	look->own++;
	look->order = (struct ph_order){
		.call = on_look, .looks = true, .returned = on_looked, .owner = look
	};
	look->is_out = true;
	ph_storeworker_order(api->server->worker, &look->order);
}

void ph_api_watch_free(struct ph_api *api)
{
	ph_hub_watch_free(api->look.watch);
	json_decref(api->look.events);
}
