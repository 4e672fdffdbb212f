/*
 * client/site_kept.h - what the hub said in its desk log, kept for it; for site*.c and link.c only.
 */
#ifndef PH_CLIENT_SITE_KEPT_H
#define PH_CLIENT_SITE_KEPT_H

#include "client/site.h"

/*
 * Behind ph_site_hello() and ph_site_unfinished_tell(): that this device keeps it, and how far, into HELLO;
 * nothing for a hub that does not read it, nor where the disk is full. 0 or negative errno.
 */
int ph_site_kept_tell(struct ph_site *site, struct ph_hello *hello);
/*
 * Keep ITEM, of PH_ITEM_KEEP, unless as much of its log is here; the oldest goes if it is too much.
 * In a transaction. 0 or negative errno.
 */
int ph_site_kept_take(struct ph_site *site, const struct ph_item *item);
/* Note what a hub that lost its own words asks for in WELCOME. */
void ph_site_kept_wanted(struct ph_site *site, const struct ph_welcome *welcome);
/* The next piece for it; NULL: there is none. Once it is taken, _given(). 0 or negative errno. */
int ph_site_kept_next(struct ph_site *site, struct ph_item **item_out);
void ph_site_kept_given(struct ph_site *site);
/* Whether there is one. 0 or negative errno. */
int ph_site_kept_waits(struct ph_site *site, bool *more_out);
/* How many pieces are kept, and their bytes. 0 or negative errno. */
int ph_site_kept_size(struct ph_site *site, uint64_t *pieces_out, uint64_t *bytes_out);

#endif
