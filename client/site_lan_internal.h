/* client/site_lan_internal.h - shared by the files site_lan*.c only. */
#ifndef PH_CLIENT_SITE_LAN_INTERNAL_H
#define PH_CLIENT_SITE_LAN_INTERNAL_H

#include "client/site_lan.h"
#include "client/site_take.h"

struct ph_site_lan {
	struct ph_site *site;
	bool is_known; /* it was judged, and may have what is here */
	const char *refusal;
	uint8_t peer[PH_DEVICE_ID_SIZE];
	bool packs; /* it takes what we pack */
	struct ph_sibling told[PH_SIBLINGS_MAX];
	unsigned n_told;
	struct {
		int64_t row;   /* of the log that is being sent; 0: none yet */
		uint64_t n;    /* entries up to here are sent or held */
		uint64_t part; /* as far as the parts of these are sent */
	} way;
	struct ph_site_moved moved;
};

/* --- site_lan_load.c --- */
/* Whether LOAD would give something. 0 or negative errno. */
int ph_site_lan_has_more(struct ph_site_lan *lan, bool *more_out);
int ph_site_lan_load(struct ph_site_lan *lan, struct ph_job *job);

#endif
