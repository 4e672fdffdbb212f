/* client/link_stop.c - being told by another thread to stop. */
#include <stdlib.h>

#include "client/link_internal.h"

struct ph_link_stop {
	uv_mutex_t lock;
	uv_async_t *wakes; /* of what runs, if anything does */
	bool is_asked;
};

struct ph_link_stop *ph_link_stop_new(void)
{
	struct ph_link_stop *stop = calloc(1, sizeof(*stop));

	if (stop && uv_mutex_init(&stop->lock) < 0) {
		free(stop);
		stop = NULL;
	}
	return stop;
}

void ph_link_stop_free(struct ph_link_stop *stop)
{
	if (stop) {
		uv_mutex_destroy(&stop->lock);
		free(stop);
	}
}

void ph_link_stop_ask(struct ph_link_stop *stop)
{
	uv_mutex_lock(&stop->lock);
	stop->is_asked = true;
	if (stop->wakes) {
		(void)uv_async_send(stop->wakes);
	}
	uv_mutex_unlock(&stop->lock);
}

int ph_link_stop_hear(struct ph_link_stop *stop, uv_loop_t *loop, uv_async_t *wakes,
		      uv_async_cb on_stop)
{
	int rc = stop ? uv_async_init(loop, wakes, on_stop) : 0;

	if (!stop || rc < 0) {
		return rc;
	}
	uv_mutex_lock(&stop->lock);
	stop->wakes = wakes;
	if (stop->is_asked) {
		(void)uv_async_send(wakes);
	}
	uv_mutex_unlock(&stop->lock);
	return 0;
}

void ph_link_stop_unhear(struct ph_link_stop *stop, uv_async_t *wakes)
{
	bool hears;

	if (!stop) {
		return;
	}
	uv_mutex_lock(&stop->lock);
	hears = stop->wakes == wakes;
	stop->wakes = hears ? NULL : stop->wakes;
	uv_mutex_unlock(&stop->lock);
	if (hears) {
		uv_close((uv_handle_t *)wakes, NULL);
	}
}
