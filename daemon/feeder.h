/*
 * daemon/feeder.h - the feeds of devices: what each was told of what others wrote.
 *
 * A confirmed device gets, besides the control log, what concerns its site and was
 * written elsewhere (docs/MERGE.md, "Scope"; docs/WIRE.md, "Pages of a feed"). The ledger says
 * which entities changed; a step compares each with what every device concerned was
 * told, and appends what is new to their feeds as numbered items; a page is made of
 * the items that a device has not confirmed.
 *
 * All of it lives in tables of hub.db that no rebuild of the ledger drops, since their
 * numbers are part of what devices hold. No sockets, no clock.
 */
#ifndef PH_DAEMON_FEEDER_H
#define PH_DAEMON_FEEDER_H

#include "common/ledger/ledger.h"
#include "common/log/control.h"
#include "common/log/keys.h"
#include "common/log/receipt.h"

struct ph_feeder;

struct ph_hub_ring;

struct ph_feeder_config {
	struct ph_db *db; /* all are borrowed */
	struct ph_journal *journal;
	struct ph_ledger *ledger;
	/* seeds are opened by these statics; NULL: by the one of the keys below */
	const struct ph_hub_ring *ring;
	const struct ph_device_keys
		*keys;                    /* of the hub: pages are signed, seeds opened */
	const struct ph_control *control; /* the control log, which travels whole */
	struct ph_epoch epoch;
	/*
	 * Numbers that are left out before the first item that is put down from here on; other
	 * ones at each start, so that a store that was put back hardly ever gives a number again
	 * that a device has of the days that were lost (docs/WIRE.md). 0: none.
	 */
	uint64_t skip;
};

/* Makes its tables. 0 or negative errno with ERR. */
int ph_feeder_open(struct ph_feeder **feeder_out, const struct ph_feeder_config *config,
		   struct ph_error *err);
void ph_feeder_free(struct ph_feeder *feeder);
/* Pages are of this epoch from now on. NULL is fine. */
void ph_feeder_set_epoch(struct ph_feeder *feeder, const struct ph_epoch *epoch);
/*
 * Look again who is fed: a device came whose confirmation was here before it. In a
 * transaction. 0 or negative errno.
 */
int ph_feeder_roster(struct ph_feeder *feeder);
/* Whether anybody is fed, as of the last step. */
bool ph_feeder_has_devices(struct ph_feeder *feeder);
/* After a rollback: forget what is cached of the tables. */
void ph_feeder_reload(struct ph_feeder *feeder);
/*
 * Take up to BUDGET entities that changed and tell the devices concerned, in a
 * transaction of its own; the ledger is caught up. *MORE_OUT: there is more to do.
 * 0 or negative errno.
 */
int ph_feeder_step(struct ph_feeder *feeder, unsigned budget, bool *more_out);

/* How far a device is: in the feed of this scope version, items up to NUMBER. */
struct ph_feeder_cursor {
	uint64_t scope; /* 0: it holds nothing */
	uint64_t number;
};
/*
 * Whether DEVICE can be served from what it says to hold, in its hello. Else its feed must begin
 * anew (it was restored, or this store was put back): see ph_feeder_confirm().
 */
int ph_feeder_fits(struct ph_feeder *feeder, int64_t device,
		   const struct ph_feeder_cursor *cursor, bool *fits_out);
/*
 * The device proved to be live and holds CURSOR: what it confirmed is forgotten; a feed
 * that does not fit begins anew under a scope version above both. Within a transaction.
 */
int ph_feeder_confirm(struct ph_feeder *feeder, int64_t device,
		      const struct ph_feeder_cursor *cursor);
/*
 * The next signed page for DEVICE behind *CURSOR, at most BUDGET bytes (one item always
 * fits), appended to OUT; *CURSOR moves behind it. *MORE_OUT: another would follow. 0;
 * PH_FEEDER_E_NONE: nothing waits, or the device is not fed; or negative errno.
 */
enum {
	PH_FEEDER_E_NONE = 1
};
int ph_feeder_page(struct ph_feeder *feeder, int64_t device,
		   struct ph_feeder_cursor *cursor, size_t budget, struct ph_buf *out,
		   bool *more_out);
/* Whether DEVICE is fed, the scope version, the last number given out and confirmed. */
struct ph_feeder_state {
	bool fed;
	bool waking; /* newly confirmed: not all of its scope is in the feed yet */
	uint64_t scope, number, confirmed;
};
int ph_feeder_state(struct ph_feeder *feeder, int64_t device,
		    struct ph_feeder_state *out);
/* How many items DEVICE, a row, has not confirmed. 0 or negative errno. */
int ph_feeder_waiting(struct ph_feeder *feeder, int64_t device, uint64_t *n_out);

#endif
