/*
 * daemon/hub_feed.c - the hub's feeds: brought up to date, and into sessions.
 *
 * What was stored is folded and put into the feeds of whom it concerns when little else
 * happens, and at the latest before a device asks for its feed, so that what one site
 * sent a moment ago is in what the next one gets. A page goes from where the device said
 * to be; only when it proved to be live is what it confirmed forgotten, or its feed begun
 * anew. If folding fails (the disk is full) sessions get what is in the feeds already.
 */
#include "daemon/hub_backup.h"
#include "daemon/hub_erase.h"
#include "daemon/hub_feed.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#define STEP     2000 /* entities of one transaction of the feeds */
/*
 * Numbers that a start leaves out, at most. A cursor below 2^32 takes five bytes in each hello,
 * and a hub comes there after some 500 starts; with more they would be nine far sooner.
 */
#define SKIP_MAX (1 << 24)

/*
 * Another number at each start, also of a folder that was put back since: of when that was, by
 * the clock, and since which start of the machine. 1 to SKIP_MAX.
 */
static uint64_t skip_of(const struct ph_hub *hub)
{
	struct ph_now now;
	uint8_t bytes[24], hash[PH_HASH_SIZE];

	hub->config.clock.read(hub->config.clock.data, &now);
	ph_be64_put(bytes, (uint64_t)now.wall);
	ph_be64_put(bytes + 8, now.mono_ms);
	memcpy(bytes + 16, now.boot, sizeof(now.boot));
	crypto_generichash(hash, sizeof(hash), bytes, sizeof(bytes), NULL, 0);
	return 1 + ph_be64_get(hash) % SKIP_MAX;
}

int ph_hub_feed_open(struct ph_hub *hub, struct ph_error *err)
{
	struct ph_feeder_config config = {
		.db = hub->db,
		.journal = hub->journal,
		.ledger = hub->ledger,
		.ring = &hub->ring,
		.keys = &hub->keys,
		.control = &hub->control,
		.epoch = hub->epoch,
		.skip = skip_of(hub),
	};

	hub->behind = true; /* what an earlier process stored and did not feed */
	return ph_feeder_open(&hub->feeder, &config, err);
}

int ph_hub_fold(struct ph_hub *hub)
{
	bool more = true;
	int rc;

	ph_hub_room_look(hub);
	rc = ph_ledger_catch_up(hub->ledger, NULL, NULL);
	rc = rc != 0 ? rc : ph_hub_erase(hub);
	while (rc == 0 && more) {
		rc = ph_feeder_step(hub->feeder, STEP, &more);
	}
	hub->behind = rc != 0;
	ph_hub_backup_expire(hub);
	return rc < 0 ? rc : 0;
}

static bool reads_feed(const struct ph_job *job)
{
	return job->type == PH_JOB_HELLO || job->type == PH_JOB_LOAD;
}

void ph_hub_feed_refresh(struct ph_hub *hub, const struct ph_job *jobs)
{
	if (!hub->behind || hub->stopped || !ph_feeder_has_devices(hub->feeder)) {
		return;
	}
	for (const struct ph_job *job = jobs; job; job = job->next) {
		if (reads_feed(job)) {
			hub->stopped = ph_hub_fold(hub) == -EIO || hub->stopped;
			return;
		}
	}
}

int ph_hub_feed_hello(struct ph_hub *hub, struct ph_hub_peer *peer,
		      const struct ph_hello *hello)
{
	bool is_ours = hello->epoch == hub->epoch.number;

	peer->feed_told.scope = is_ours ? hello->feed_scope : 0;
	peer->feed_told.number = is_ours ? hello->feed_number : 0;
	peer->feed = peer->feed_told;
	return 0;
}

int ph_hub_feed_waits(struct ph_hub *hub, const struct ph_hub_peer *peer, bool *more_out)
{
	struct ph_feeder_state state;
	bool fits = false;
	int rc = ph_feeder_state(hub->feeder, peer->device.row, &state);

	*more_out = false;
	if (rc == 0 && state.fed) {
		rc = ph_feeder_fits(hub->feeder, peer->device.row, &peer->feed, &fits);
		*more_out = fits && (peer->feed.scope == state.scope
					     ? peer->feed.number < state.number
					     : state.number > 0);
	}
	return rc;
}

int ph_hub_feed_load(struct ph_hub *hub, struct ph_hub_peer *peer, size_t budget,
		     struct ph_item **item_out, bool *more_out)
{
	struct ph_item *item;
	bool waits;
	int rc = ph_hub_feed_waits(hub, peer, &waits);

	*more_out = false;
	if (rc < 0 || !waits) {
		return rc;
	}
	item = ph_item_new(PH_ITEM_PAGE);
	if (!item) {
		return -ENOMEM;
	}
	rc = ph_feeder_page(hub->feeder, peer->device.row, &peer->feed, budget,
			    &item->body, more_out);
	if (rc == 0) {
		*item_out = item;
		item = NULL;
	}
	ph_items_free(item);
	return rc < 0 ? rc : 0;
}

int ph_hub_feed_heard(struct ph_hub *hub, const struct ph_hub_peer *peer)
{
	struct ph_feeder_state state;
	int rc = ph_feeder_confirm(hub->feeder, peer->device.row, &peer->feed_told);

	rc = rc != 0 ? rc : ph_feeder_state(hub->feeder, peer->device.row, &state);
	if (rc == 0 && state.fed && state.waking) {
		hub->behind = true; /* it begins anew: to be fed at the next step */
	}
	return rc;
}
