/* daemon/hub_plan.h - what the hub does not write of communes and targets, since no report could heed it. */
#ifndef PH_DAEMON_HUB_PLAN_H
#define PH_DAEMON_HUB_PLAN_H

#include "daemon/hub_internal.h"

/*
 * Whether the hub knows the commune CODE, or none at all, as before its list is put in. 0;
 * -ENOENT with words, MEMBER before them (NULL: it is only looked for, not written); another
 * negative errno.
 */
int ph_hub_commune_need(struct ph_hub *hub, struct ph_view code, const char *member,
			struct ph_error *err);
/*
 * ENTRY, which is well formed, against the communes and the rows of the plan that there are.
 * EARLIER, an array of entries in JSON (NULL: none), of which the first N are written in
 * the same request: communes that they name are known. 0; -ENOENT or -EINVAL with words;
 * another negative errno.
 */
int ph_hub_plan_check(struct ph_hub *hub, const struct ph_entry *entry,
		      const json_t *earlier, size_t n, struct ph_error *err);

#endif
