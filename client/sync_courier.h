/* client/sync_courier.h - what `packhorse sync` does with couriers: meet one, or be one at base. */
#ifndef PH_CLIENT_SYNC_COURIER_H
#define PH_CLIENT_SYNC_COURIER_H

#include <jansson.h>

#include "client/link.h"
#include "client/site.h"
#include "common/cli/cli.h"

/*
 * Of what a stick or courier brought LEFT items were not kept, since they do not go on from what is here:
 * so much in words on standard output; nothing if there are none.
 */
void ph_sync_say_left(uint64_t left);
/* `sync --courier ADDRESS`: meet it and print what came of it. Exit status, or a negative errno with ERR. */
int ph_sync_meet(struct ph_cli *cli, struct ph_site *site, const char *address,
		 unsigned connect_ms, struct ph_error *err);
/*
 * A courier at base, behind its session by LINK: hand over and take along, counted as
 * what LINK's road cost. SITE is open, and so on
 * return. *OUT: what came of it, the caller's; it is said as well, unless CLI wants JSON.
 * 0; a negative errno with ERR: not all went through.
 */
int ph_sync_base(struct ph_cli *cli, struct ph_site *site,
		 const struct ph_link_config *link, json_t **out, struct ph_error *err);

#endif
