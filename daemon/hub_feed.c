/*
 * daemon/hub_feed.c - the feed of a confirmed device, as far as sessions see it.
 *
 * No feed is made yet: there is nothing to give.
 */
#include "daemon/hub_feed.h"

int ph_hub_feed_hello(struct ph_hub *hub, struct ph_hub_peer *peer,
		      const struct ph_hello *hello)
{
	bool is_ours = hello->epoch == hub->epoch.number;

	peer->feed_scope = is_ours ? hello->feed_scope : 0;
	peer->feed_number = is_ours ? hello->feed_number : 0;
	return 0;
}

int ph_hub_feed_waits(struct ph_hub *hub, const struct ph_hub_peer *peer, bool *more_out)
{
	(void)hub;
	(void)peer;
	*more_out = false;
	return 0;
}

int ph_hub_feed_load(struct ph_hub *hub, struct ph_hub_peer *peer, size_t budget,
		     struct ph_item **item_out, bool *more_out)
{
	(void)hub;
	(void)peer;
	(void)budget;
	(void)item_out;
	*more_out = false;
	return 0;
}
