/*
 * client/site_lan.h - a session with another device of the site: the site's storage for it.
 *
 * Several may run at once, beside one with the hub: what one of them remembers is here, and
 * the site lends itself for a job at a time.
 */
#ifndef PH_CLIENT_SITE_LAN_H
#define PH_CLIENT_SITE_LAN_H

#include "client/site.h"

struct ph_site_lan;
/* SITE is borrowed. NULL: no memory. */
struct ph_site_lan *ph_site_lan_new(struct ph_site *site);
void ph_site_lan_free(struct ph_site_lan *lan);
/* Fill HELLO, which borrows from the site; SITE is open. 0 or negative errno with ERR. */
int ph_site_lan_hello(struct ph_site_lan *lan, struct ph_hello *hello_out,
		      struct ph_error *err);
/* Carry out one job of either side; SITE is open. Sets the job's result. */
void ph_site_lan_job(struct ph_site_lan *lan, struct ph_job *job, struct ph_error *err);
/* Why nothing was given to the other, in words that go on from "the certificate it shows "; NULL: it was. */
const char *ph_site_lan_refusal(const struct ph_site_lan *lan);
/* It was judged, and may have what is here. */
bool ph_site_lan_is_known(const struct ph_site_lan *lan);
void ph_site_lan_moved(const struct ph_site_lan *lan, struct ph_site_moved *moved_out);

#endif
