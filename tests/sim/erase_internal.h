/* tests/sim/erase_internal.h - between erase.c and erase_check.c. */
#ifndef PH_TESTS_SIM_ERASE_INTERNAL_H
#define PH_TESTS_SIM_ERASE_INTERNAL_H

#include "tests/sim/check.h"
#include "tests/sim/erase.h"
#include "tests/sim/safe.h"
#include "tests/sim/work.h"

#define SIM_NEEDLE        96 /* bytes of it, at most, that are looked for */
#define SIM_NEEDLE_MIN    16
#define SIM_NEEDLES       64
#define SIM_ORDER_READERS 16
#define SIM_FRONT         16

/* What a store holds for a sealed part: the part, or the box of its seed. */
struct sim_needle {
	struct ph_ref ref; /* the entry */
	uint8_t bytes[SIM_NEEDLE];
	size_t len;
	bool is_part;
};

/* An order to erase, and what was known of those it lists. */
struct sim_order {
	struct ph_ref ref; /* the reader-erase */
	struct sim_place place;
	bool is_lost; /* with the hub's disk; it may come back all the same */
	size_t readers[SIM_ORDER_READERS]; /* of the books */
	size_t n_readers;
	struct sim_needle needles[SIM_NEEDLES];
	size_t n_needles;
	/* what a cut had left at each device, as last seen before it carried this out, by a hash; zeros: nothing */
	uint8_t front[SIM_DEVICES_MAX][SIM_FRONT];
	uint32_t
		searched; /* bits: devices by number, then the hub, whose files were looked through */
};

struct sim_erasures {
	struct sim_order *orders;
	size_t n_orders, cap_orders;
};

/* A store that can be read. */
struct sim_store {
	struct sim_machine *machine;
	struct ph_db *db;
	bool is_hub;
	unsigned bit; /* in sim_order.searched */
};

/* --- erase_notes.c --- */

/* Whether people write notes about readers in this province. */
bool sim_has_notes(const struct sim *sim);
/*
 * DEVICE, where the reader AT of the books is known, writes a note about something of hers. Its ack;
 * -1: none was written, or one of which not every machine can know whom it is about.
 */
ptrdiff_t sim_write_note(struct sim *sim, struct sim_device *device, size_t at,
			 const struct ph_rng *dice);
/* So does each device of her site. */
void sim_write_notes(struct sim *sim, size_t at, const struct ph_rng *dice);

/* --- away.c --- */

/* Bundles that were packed before: what CERTIFICATE, of ORDER, says of them. */
void sim_check_away(struct sim *sim, const struct sim_order *order,
		    const json_t *certificate);

/* --- erase_front.c --- */

/* What a cut left of an item in STORE, a device's, as it is stored, by a hash; zeros: nothing. */
void sim_front_of(struct sim *sim, const struct sim_store *store,
		  uint8_t front[static SIM_FRONT]);
/* As if a link had broken while the hub sent DEVICE something with the READER of the books in it. */
void sim_leave_front(struct sim *sim, struct sim_device *device, size_t reader,
		     const struct ph_rng *dice);
/* DEVICE has carried ORDER out, and FRONT is there: it is none of before, and nobody whom that lists is in it. */
void sim_check_front(struct sim *sim, struct sim_device *device,
		     const struct sim_order *order,
		     const uint8_t front[static SIM_FRONT]);

/* --- erase_check.c --- */

/* That of DEVICE, or of the hub if NULL. False: it is off, or its disk is not sound. */
bool sim_store_of(struct sim *sim, struct sim_device *device, struct sim_store *store);
/*
 * Rows of ciphertext and boxed seed that STORE has for entry REF, of any branch; FED: those that
 * the hub fed it. 0 or negative errno.
 */
int sim_parts_of(const struct sim_store *store, const struct ph_ref *ref, bool fed,
		 struct ph_stmt **stmt_out);

#endif
