/*
 * client/site_courier.h - a site's side of an exchange with a courier.
 *
 *   DIR/courier/packhorse/HASH.phb   what was packed for the hub, until something else is to be said
 *   DIR/courier/HASH.piece           coming in
 *
 * The site is paused but for the jobs that need its store. It gives what `pack-stick` would,
 * and takes what `take-stick` would.
 */
#ifndef PH_CLIENT_SITE_COURIER_H
#define PH_CLIENT_SITE_COURIER_H

#include "client/site_bundle.h"
#include "proto/courier.h"
#include "proto/parcel.h"

/* Bundles that are handed over at once. */
#define PH_SITE_COURIER_MAX 64

/* Whom it met. */
struct ph_site_courier_peer {
	uint8_t device[PH_DEVICE_ID_SIZE];
	uint8_t key[PH_KEY_SIZE]; /* with which it signs custody */
	char site[PH_SITE_CODE_MAX + 1];
	char name[PH_SITE_NAME_MAX + 1];
};

struct ph_site_courier;
/* SITE is paused, in the folder DIR; ERR takes what goes wrong in words. 0 or a negative errno. */
int ph_site_courier_new(struct ph_site_courier **courier_out, struct ph_site *site,
			const char *dir, struct ph_error *err);
void ph_site_courier_free(struct ph_site_courier *courier);
/*
 * Carry JOB out. True: it is not done yet, and to be carried out again, with nothing of it
 * changed; the site is paused, so that others may have it first. What is packed or taken takes
 * long, and keeps the site, and whoever calls this, for no more than a moment at a time.
 */
bool ph_site_courier_job(struct ph_site_courier *courier, struct ph_courier_job *job);

struct ph_site_courier_told {
	bool is_met; /* a courier of the province; PEER is valid */
	struct ph_site_courier_peer peer;
	const char *refusal; /* why it is none to talk to; static, in words */
	uint64_t packed;     /* bundles that were to be handed over */
	uint64_t given;      /* of them: the courier has signed for them */
	uint64_t bytes_given;
	uint64_t taken, bytes_taken, refused;
	uint64_t receipts, entries_received, entries_of_site, parts_received, pages, left;
};
const struct ph_site_courier_told *ph_site_courier_told(
	const struct ph_site_courier *courier);

/* The newest key list of the province that SITE holds. */
const struct ph_keylist *ph_site_keylist(const struct ph_site *site);

/* --- what is with a courier, for `status` --- */

struct ph_site_custody {
	uint64_t
		entries; /* of this device's logs: the first so many, when it was packed */
	int64_t time;    /* when it was signed for, by the courier's clock */
	struct ph_site_courier_peer peer;
};
/* What a courier signed for last, whole. 0, PH_JOURNAL_E_NONE, or a negative errno. SITE is open. */
int ph_site_custody(struct ph_site *site, struct ph_site_custody *custody_out);

#endif
