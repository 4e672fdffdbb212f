/*
 * client/agent_road.c - a thread a session, which ends with it.
 *
 * The session is the one of `packhorse sync` (client/link.c), with a loop of its own; it
 * takes the site for its turns only while it works on jobs, so commands run in between.
 * A hub that cannot be reached may be so because there is no network, but a van at the door:
 * then the courier of the settings is tried, or those that Avahi knows of, until one has
 * taken all.
 *
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

#include "client/announce.h"
#include "common/base/say.h"

#define FIND_MS            3000
#define COURIER_CONNECT_MS 5000 /* it is on the LAN */

struct ph_agent_road {
	struct ph_agent_road_config config;
	uv_async_t wakes;
	uv_thread_t thread;
	struct ph_link_stop *stop;
	bool runs;
	/* the thread's, while it runs */
	char address[PH_HUB_ADDRESS_MAX + 1];
	char courier[PH_HUB_ADDRESS_MAX + 1];
	bool finds;
	unsigned connect_ms;
	bool has_own;
	bool has_met;
	struct ph_courier_met met;
	struct ph_error met_why;
	struct ph_sync_end end;
	struct ph_error why;
	int rc;
};

static void call_hub(struct ph_agent_road *road)
{
	const struct ph_link_config link = { .address = road->address,
					     .connect_ms = road->connect_ms,
					     .flight_max = SIZE_MAX,
					     .has_own = road->has_own,
					     .stop = road->stop };

	if (road->address[0]) {
		road->rc = ph_sync_once(road->config.site, &link, &road->end, &road->why);
		return;
	}
	road->end.result.reason = "address";
	(void)ph_fail(&road->why, PH_EXIT_UNREACHABLE, -EHOSTUNREACH,
		      ph_say("the invite named no address of the hub: set [hub] address "
			     "in agent.conf",
			     "giấy mời không ghi địa chỉ máy chủ: hãy ghi address ở mục "
			     "[hub] trong agent.conf"));
}

/* Whether all went through. */
static bool try_courier(struct ph_agent_road *road, const char *address)
{
	road->met_why = (struct ph_error){ .exit = PH_EXIT_OTHER };
	road->has_met = true;
	(void)ph_courier_meet(road->config.site, road->config.dir, address,
			      COURIER_CONNECT_MS, road->stop, &road->met, &road->met_why);
	return road->met.reason[0] == '\0' || !ph_site_is_open(road->config.site);
}

static void meet_courier(struct ph_agent_road *road)
{
	struct ph_site_info info;
	struct ph_found found = { .n = 0 };

	ph_site_info(road->config.site, &info);
	if (!(info.role & PH_ROLE_SITE) ||
	    (road->address[0] && strcmp(road->end.result.reason, "unreachable") != 0) ||
	    (road->courier[0] && try_courier(road, road->courier)) || !road->finds) {
		return;
	}
	ph_site_pause(road->config.site); /* looking takes a while */
	(void)ph_announce_find(&found, FIND_MS);
	if (ph_site_resume(road->config.site, &road->why) < 0) {
		return;
	}
	for (unsigned i = 0; i < found.n && !try_courier(road, found.address[i]); i++) {
	}
}

static void run(void *data)
{
	struct ph_agent_road *road = data;
	struct ph_site *site = road->config.site;

	road->rc = ph_site_resume(site, &road->why);
	if (road->rc == 0) {
		call_hub(road);
	}
	if (road->rc == 0 && ph_site_is_open(site)) {
		meet_courier(road);
	}
	if (ph_site_is_open(site)) {
		ph_site_put_away(site);
		ph_site_pause(site);
	}
	(void)malloc_trim(0); /* what a session took is not needed for a while */
	(void)uv_async_send(&road->wakes);
}

static void log_met(const struct ph_agent_road *road)
{
	const struct ph_courier_met *met = &road->met;
	const struct ph_site_courier_told *told = &met->told;
	bool is_done = met->reason[0] == '\0';

	ph_event(road->config.log, is_done ? PH_EVENT_INFO : PH_EVENT_WARNING,
		 "courier.met",
		 "site=%s result=%s given=%llu taken=%llu receipts=%llu in=%llu out=%llu "
		 "ms=%llu%s%s%s",
		 told->peer.site[0] ? told->peer.site : "-",
		 is_done ? "closed" : met->reason, (unsigned long long)told->given,
		 (unsigned long long)told->taken, (unsigned long long)told->receipts,
		 (unsigned long long)met->result.counts.bytes_in,
		 (unsigned long long)met->result.counts.bytes_out,
		 (unsigned long long)met->result.elapsed_ms, is_done ? "" : " why=\"",
		 is_done ? "" : road->met_why.text, is_done ? "" : "\"");
}

static void on_wake(uv_async_t *wakes)
{
	struct ph_agent_road *road = wakes->data;

	(void)uv_thread_join(&road->thread);
	road->runs = false;
	if (road->has_met) {
		log_met(road);
	}
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

int ph_agent_road_begin(struct ph_agent_road *road, const struct ph_agent_way *way)
{
	int rc;

	assert(!road->runs);
	snprintf(road->address, sizeof(road->address), "%s", way->hub);
	snprintf(road->courier, sizeof(road->courier), "%s", way->courier);
	road->finds = way->finds;
	road->connect_ms = way->connect_ms;
	road->has_own = way->has_own;
	road->has_met = false;
	road->end = (struct ph_sync_end){ .result.reason = "store",
					  .budget = PH_BUDGET_NONE };
	road->why = (struct ph_error){ .exit = PH_EXIT_OTHER };
	rc = uv_thread_create(&road->thread, run, road);
	road->runs = rc == 0;
	/* so the C library says that there was no memory for its stack */
	return rc == UV_EAGAIN ? -ENOMEM : rc;
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
