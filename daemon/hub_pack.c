/*
 * daemon/hub_pack.c - packed segments at the hub: the one arena of the store worker.
 *
 * It is some megabytes and made when it is first needed; while nothing happens it is not
 * there. Of what a job brought one item at a time stands unpacked in memory, up to 1 MiB
 * and the parts in it.
 */
#include "daemon/hub_internal.h"

#include <errno.h>
#include <malloc.h>

struct ph_pack *ph_hub_packer(struct ph_hub *hub)
{
	if (!hub->pack) {
		hub->pack = ph_pack_new();
	}
	return hub->pack;
}

int ph_hub_unpack(struct ph_hub *hub, struct ph_item **at, bool leave)
{
	if ((*at)->type != PH_ITEM_PACKED) {
		return 0;
	}
	if (!ph_hub_packer(hub)) {
		return -ENOMEM;
	}
	return ph_items_unpack(hub->pack, at, leave);
}

void ph_hub_unpacked_done(struct ph_item *first)
{
	ph_items_free(first->next);
	first->next = NULL;
	ph_buf_wipe(&first->body);
}

void ph_hub_rest(struct ph_hub *hub)
{
	ph_pack_free(hub->pack);
	hub->pack = NULL;
	(void)malloc_trim(0); /* what a burst took is not needed for a while */
}
