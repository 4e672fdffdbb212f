/*
 * daemon/hub_courier.h - what a courier hands over at the hub, and what it takes along.
 *
 *   DIR/courier/HASH.phb     packed for a device on somebody's tour
 *   DIR/courier/HASH.piece   coming in
 *
 * On the store's thread alone. Which devices get bundles: docs/BUNDLE.md, "Couriers".
 */
#ifndef PH_DAEMON_HUB_COURIER_H
#define PH_DAEMON_HUB_COURIER_H

#include "daemon/hub_internal.h"
#include "proto/courier.h"
#include "proto/parcel.h"

/* A device that is heard by the network so seldom gets its share by courier, too. */
#define PH_HUB_TOUR_DAYS 7

/* What the store keeps of one exchange; all zero at first. */
struct ph_hub_courier {
	bool is_known; /* the courier is one of ours; below is valid */
	struct ph_device device;
	const char *refusal; /* why it is not served, in words; static */
	struct ph_courier_told {
		uint64_t taken, refused, given; /* bundles */
		uint64_t entries, parts;        /* that were new */
		uint64_t admitted;              /* devices */
	} told;
	/* inside */
	struct ph_hub_tour *tour;
	struct ph_parcel parcel;
	bool has_parcel;
	struct ph_buf reading; /* the bundle that is being sent, whole */
	uint8_t reading_hash[PH_BUNDLE_HASH_SIZE];
};
void ph_hub_courier_deinit(struct ph_hub_courier *courier);
/* Carry JOB out: sets its result and what is asked for. */
void ph_hub_courier_job(struct ph_hub *hub, struct ph_hub_courier *courier,
			struct ph_courier_job *job);

/* --- hub_courier_tour.c --- */

/* The devices that get something, the one that was heard least recently first. 0 or negative errno. */
int ph_hub_tour_new(struct ph_hub_tour **tour_out, struct ph_hub *hub);
void ph_hub_tour_free(struct ph_hub_tour *tour);
enum {
	PH_HUB_TOUR_E_OVER = 1
};
/* The next bundle, packed by now. 0, PH_HUB_TOUR_E_OVER or negative errno. */
int ph_hub_tour_next(struct ph_hub_tour *tour, struct ph_courier_line *line_out);
/*
 * Remove all that lies in it, if a reader was erased since that was done last: what waits is packed
 * anew for the next courier that asks. What fails is told on standard error, and done the next time.
 * Not in a transaction.
 */
void ph_hub_tour_erased(struct ph_hub *hub);
/* DIR/courier of HUB, made if it is missing. 0 or negative errno. */
int ph_hub_tour_dir(const struct ph_hub *hub, char out[static PH_HUB_PATH_MAX]);
/* The path of a bundle in it. 0 or negative errno. */
int ph_hub_tour_path(const struct ph_hub *hub,
		     const uint8_t hash[static PH_BUNDLE_HASH_SIZE],
		     char out[static PH_HUB_PATH_MAX]);

#endif
