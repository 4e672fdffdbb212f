/*
 * client/site_bundle.h - what a site gives to a stick, and takes from one.
 *
 * Up: all entries and sealed parts that have no receipt, in as many bundles as it takes;
 * the device keeps them until receipts come home, by whatever road. Down: receipts, the
 * control log, the logs of the site's other devices, the feed. docs/BUNDLE.md.
 */
#ifndef PH_CLIENT_SITE_BUNDLE_H
#define PH_CLIENT_SITE_BUNDLE_H

#include "client/road_class.h"
#include "client/site.h"
#include "client/site_aside.h"
#include "common/log/away.h"
#include "proto/bundle.h"

/* --- up --- */

struct ph_site_packing;

struct ph_site_packed {
	uint64_t number; /* of the bundle */
	uint64_t entries,
		parts; /* in it, of what waits: without what it gives back of the hub's own */
	bool more;     /* another follows */
};

enum {
	PH_SITE_PACK_E_FULL = 1, /* not even the next item fits */
	PH_SITE_PACK_E_MORE,     /* of a step: the bundle is not finished */
};

/* Begin behind the receipts. SITE is borrowed; it may be paused between two calls. */
int ph_site_pack_new(struct ph_site_packing **packing_out, struct ph_site *site);
/* For which road: as long as nothing is said, for a stick. */
void ph_site_pack_for(struct ph_site_packing *packing, enum ph_away_road road);
void ph_site_pack_free(struct ph_site_packing *packing);
/*
 * The next bundle, of at most MAX bytes, appended to OUT; the first comes whatever waits,
 * since it tells what this device holds. Its number is used up before it is made. 0;
 * PH_SITE_PACK_E_FULL, OUT undefined; or a negative errno with ERR.
 */
int ph_site_pack_next(struct ph_site_packing *packing, uint64_t max, struct ph_buf *out,
		      struct ph_site_packed *packed_out, struct ph_error *err);

/*
 * The same in steps, each of which has the store for as long as one segment takes; in between
 * it may be paused, written to, and sent from. Begin, then step until that gives something
 * else than PH_SITE_PACK_E_MORE; OUT is the same each time. As ph_site_pack_next() otherwise:
 * 0, from a step, is a whole bundle.
 */
int ph_site_pack_begin(struct ph_site_packing *packing, uint64_t max, struct ph_buf *out,
		       struct ph_error *err);
int ph_site_pack_step(struct ph_site_packing *packing, struct ph_buf *out,
		      struct ph_site_packed *packed_out, struct ph_error *err);

/*
 * What waits, measured: it is packed as it would be for a stick, and thrown away. Of each
 * class its entries, sealed parts, and its share of the bytes (as its plain bytes are of
 * all plain bytes: packed they cannot be told apart).
 */
struct ph_site_measured {
	uint64_t entries, parts;
	uint64_t bytes;         /* of all items, packed */
	uint64_t bundle, files; /* bytes and number of the bundles that would hold it */
	struct {
		uint64_t entries, parts, bytes;
	} class[PH_CLASSES];
};
/* Others have the site of ASIDE after each moment. 0 or negative errno with ERR. */
int ph_site_measure(struct ph_site_aside *aside, struct ph_site_measured *out,
		    struct ph_error *err);

/* --- what was packed and may lie somewhere still (site_away.c) --- */

/* Bundle NUMBER is made now. In a transaction. 0 or negative errno. */
int ph_site_away_note(struct ph_site *site, uint64_t number, enum ph_away_road road);
/* These are no more: they were removed from where they lay. 0 or a negative errno with ERR. */
int ph_site_away_gone(struct ph_site *site, const uint64_t *numbers, size_t n,
		      struct ph_error *err);
/* All others that were packed within the time for which bundles last, added to AWAY. 0 or negative errno. */
int ph_site_away(struct ph_site *site, struct ph_away *away);
/*
 * Remove what lies in this folder of bundles: those that were packed for a courier, and what has come of others
 * in pieces. A courier is given what is packed anew, and gives anew. 0, also if there is nothing: a
 * power cut brings none back; negative errno: why the first that stayed did, or that of a sync.
 */
int ph_site_courier_drop(struct ph_site *site);

/* --- down --- */

struct ph_site_taken {
	int refusal;   /* PH_BUNDLE_E_*: where it ended; 0: complete */
	uint64_t left; /* items that do not go on from what is here */
	uint64_t receipts;
	struct ph_site_moved moved;
};
/*
 * Take BUNDLE, whole bytes, in steps, each of which has the store for a commit of some 64 KiB, or
 * of one segment; in between it may be paused, written to, and sent from, and the taking be given
 * up: what was taken stays, and all of it may be taken again. SITE and BUNDLE are borrowed until
 * _free(). 0 or a negative errno.
 */
struct ph_site_taking;
int ph_site_taking_new(struct ph_site_taking **taking_out, struct ph_site *site,
		       struct ph_view bundle, enum ph_road road);
/* NULL is fine. */
void ph_site_taking_free(struct ph_site_taking *taking);
enum {
	PH_SITE_TAKE_E_MORE = 1 /* of a step: the bundle is not at its end */
};
/* 0, PH_SITE_TAKE_E_MORE, or a negative errno; else as ph_site_take_bundle(), and all is over. */
int ph_site_taking_step(struct ph_site_taking *taking, struct ph_site_taken *taken_out,
			struct ph_error *err);
/*
 * All of these steps: take BUNDLE. 0, also when it is refused somewhere: what came before is kept;
 * -EBADMSG with ERR: a receipt in it is not signed as it should be; or another negative errno with ERR.
 */
int ph_site_take_bundle(struct ph_site *site, struct ph_view bundle, enum ph_road road,
			struct ph_site_taken *taken_out, struct ph_error *err);

/* --- what is remembered of sticks, for `status` --- */

enum ph_site_stick {
	PH_SITE_STICK_PACKED, /* bundles were put on one */
	PH_SITE_STICK_TAKEN,  /* one was read */
};
/* It happened now; in a transaction of its own. 0, or a negative errno with ERR. */
int ph_site_stick_note(struct ph_site *site, enum ph_site_stick what,
		       struct ph_error *err);
/* When last, by the clock here; 0: never. 0 or negative errno. */
int ph_site_stick_time(struct ph_site *site, enum ph_site_stick what, int64_t *time_out);

#endif
