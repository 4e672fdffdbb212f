/*
 * client/site_dry.h - what would go in a sync: sessions with nobody, by the code of those with
 * the hub.
 */
#ifndef PH_CLIENT_SITE_DRY_H
#define PH_CLIENT_SITE_DRY_H

#include "client/site_aside.h"

struct ph_site_dry {
	uint64_t bytes;          /* both ways, of all sessions */
	uint64_t entries, parts; /* that went */
	unsigned sessions;
};
/*
 * What a sync would carry now over a whole link, if so many bytes are LEFT of the budget
 * (PH_BUDGET_NONE: any number), and the hub had nothing for this site but receipts. Nothing is
 * sent or noted; others have the site of ASIDE after each moment. 0 or negative errno with ERR.
 */
int ph_site_dry_run(struct ph_site_aside *aside, uint64_t left, struct ph_site_dry *out,
		    struct ph_error *err);

#endif
