/*
 * client/site_aside.h - to measure with a site what a session would do, beside a session that is
 * at work with it.
 *
 * What a session keeps in a site (all from `send` on) is put aside, and back when it is over. The
 * agent keeps one site for all: so while others have it in between, theirs is in its place.
 */
#ifndef PH_CLIENT_SITE_ASIDE_H
#define PH_CLIENT_SITE_ASIDE_H

#include "client/site.h"

struct ph_site_aside {
	struct ph_site *site; /* borrowed; open */
	/* what a session keeps there while we measure, and ours while others have the site */
	uint8_t *kept;
	uint64_t began; /* of the moment that runs */
	bool is_lost;   /* the site could not be had again: it is not ours to touch */
	void (*between)(void *data);
	void *data;
};
/*
 * From now on, to ph_site_aside_end(), what sessions keep in SITE is ours. BETWEEN (may be NULL) is
 * called, with DATA, each time that SITE is paused for others. 0 or -ENOMEM.
 */
int ph_site_aside_begin(struct ph_site_aside *aside, struct ph_site *site,
			void (*between)(void *data), void *data);
/*
 * Between two steps: if a moment is over, others may have the site. Nothing that borrows from its
 * store may be held. 0; a negative errno with ERR: the site is not open any more.
 */
int ph_site_aside_rest(struct ph_site_aside *aside, struct ph_error *err);
void ph_site_aside_end(struct ph_site_aside *aside);

#endif
