/*
 * client/site_courier_internal.h - what an exchange with a courier keeps; for its own files.
 */
#ifndef PH_CLIENT_SITE_COURIER_INTERNAL_H
#define PH_CLIENT_SITE_COURIER_INTERNAL_H

#include "client/site_courier.h"
#include "client/site_internal.h"
#include "proto/spool.h"

#define PH_SITE_COURIER_MARK 32

enum {
	PH_SITE_COURIER_E_AGAIN = 1, /* the job is not done yet */
};

/*
 *   MARK --> FIND --> READY        (what lies there says all there is to say)
 *                \--> SWEEP --> PACK --> READY
 */
enum ph_site_courier_stage {
	PH_SITE_COURIER_MARKING,
	PH_SITE_COURIER_FINDING,
	PH_SITE_COURIER_SWEEPING,
	PH_SITE_COURIER_PACKING,
	PH_SITE_COURIER_READY,
};

struct ph_site_courier {
	struct ph_site *site;
	struct ph_error *err;
	char dir[PH_SITE_PATH_MAX]; /* DIR/courier */
	struct ph_spool spool;
	struct ph_site_courier_told told;
	struct ph_parcel parcel;
	/* what has come whole, and is being taken; NULL: nothing */
	struct ph_site_taking *taking;
	struct ph_buf coming;
	/* what is handed over */
	enum ph_site_courier_stage stage;
	uint8_t mark[PH_SITE_COURIER_MARK];
	struct ph_spool_files found;     /* FIND */
	unsigned looked;                 /* at so many of them */
	struct ph_site_packing *packing; /* PACK */
	struct ph_site_packed packed;
	struct ph_buf bundle; /* the one under way, if it is begun */
	struct ph_courier_line line[PH_SITE_COURIER_MAX];
	unsigned n_lines, at;
	uint64_t entries; /* in it and before */
	uint64_t signed_time;
	struct ph_buf reading;
	uint8_t reading_hash[PH_BUNDLE_HASH_SIZE];
	struct ph_buf custody[PH_SITE_COURIER_MAX];
};

/* --- site_courier_pack.c --- */
/*
 * NEXT, of JOB: pack a while, or the next that is packed. The site is open. 0,
 * PH_SITE_COURIER_E_AGAIN or negative errno.
 */
int ph_site_courier_next(struct ph_site_courier *courier, struct ph_courier_job *job);
/* What is under way is let go of. */
void ph_site_courier_pack_end(struct ph_site_courier *courier);
/* Keep VALUE under NAME, in a transaction of its own. 0 or negative errno. */
int ph_site_courier_meta(struct ph_site *site, const char *name, struct ph_view value);

#endif
