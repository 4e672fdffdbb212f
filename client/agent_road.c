/*
 * client/agent_road.c - a thread a session, which ends with it.
 *
 * The session is the one of `packhorse sync` (client/link.c), with a loop of its own; it
 * takes the site for its turns only while it works on jobs, so commands run in between.
 * After each session the store is put away: the next command opens it as it is then, and
 * its WAL is empty, should the power go.
 */
#include "client/agent_road.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct ph_agent_road {
	struct ph_agent_road_config config;
	uv_async_t wakes;
	uv_thread_t thread;
	struct ph_link_stop *stop;
	bool runs;
	/* the thread's, while it runs */
	char address[PH_HUB_ADDRESS_MAX + 1];
	unsigned connect_ms;
	struct ph_sync_end end;
	struct ph_error why;
	int rc;
};

static void run(void *data)
{
	struct ph_agent_road *road = data;
	struct ph_site *site = road->config.site;
	const struct ph_link_config link = { .address = road->address,
					     .connect_ms = road->connect_ms,
					     .flight_max = SIZE_MAX,
					     .stop = road->stop };

	road->rc = ph_site_resume(site, &road->why);
	if (road->rc == 0) {
		road->rc = ph_sync_once(site, &link, &road->end, &road->why);
	}
	if (ph_site_is_open(site)) {
		ph_site_put_away(site);
		ph_site_pause(site);
	}
	(void)malloc_trim(0); /* what a session took is not needed for a while */
	(void)uv_async_send(&road->wakes);
}

static void on_wake(uv_async_t *wakes)
{
	struct ph_agent_road *road = wakes->data;

	(void)uv_thread_join(&road->thread);
	road->runs = false;
	road->config.on_end(road->config.data, &road->end, road->rc, &road->why);
}

static void on_closed(uv_handle_t *handle)
{
	struct ph_agent_road *road = handle->data;

	ph_link_stop_free(road->stop);
	free(road);
}

int ph_agent_road_new(struct ph_agent_road **road_out,
		      const struct ph_agent_road_config *config)
{
	struct ph_agent_road *road = calloc(1, sizeof(*road));
	int rc = -ENOMEM;

	if (!road) {
		return rc;
	}
	road->config = *config;
	road->stop = ph_link_stop_new();
	if (road->stop) {
		rc = uv_async_init(config->loop, &road->wakes, on_wake);
	}
	if (rc < 0) {
		ph_link_stop_free(road->stop);
		free(road);
		return rc;
	}
	road->wakes.data = road;
	*road_out = road;
	return 0;
}

int ph_agent_road_begin(struct ph_agent_road *road, const char *address,
			unsigned connect_ms)
{
	int rc;

	assert(!road->runs);
	snprintf(road->address, sizeof(road->address), "%s", address);
	road->connect_ms = connect_ms;
	road->end = (struct ph_sync_end){ .result.reason = "store",
					  .budget = PH_BUDGET_NONE };
	road->why = (struct ph_error){ .exit = PH_EXIT_OTHER };
	rc = uv_thread_create(&road->thread, run, road);
	road->runs = rc == 0;
	return rc;
}

void ph_agent_road_stop(struct ph_agent_road *road)
{
	ph_link_stop_ask(road->stop);
}

void ph_agent_road_free(struct ph_agent_road *road)
{
	if (road) {
		assert(!road->runs);
		uv_close((uv_handle_t *)&road->wakes, on_closed);
	}
}
