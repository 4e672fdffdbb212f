/*
 * tests/sim/erase.h - readers who are erased, and what must be gone then.
 *
 * Of each reader whom the operator has erased the simulator keeps, outside all machines, what
 * her sealed parts and their seeds looked like in every store that could be read when the order
 * was given. Where a store says that it has carried the order out, nothing of that may be there.
 */
#ifndef PH_TESTS_SIM_ERASE_H
#define PH_TESTS_SIM_ERASE_H

#include "tests/sim/world.h"

/* The event: a reader is erased; at times a device of her site that has not heard writes of her. */
void sim_do_erase(struct sim *sim, struct sim_device *device, const struct ph_rng *dice);
/* The operator orders that the reader number AT of the books be erased. False: refused. */
bool sim_order_erasure(struct sim *sim, size_t at);
/*
 * Whether RC is how a device refuses what is personal of a reader, or a card, that was erased. Of
 * cards the books do not know it always: who joined with one invite prints the same codes.
 */
bool sim_is_erased_refusal(const struct sim *sim, int rc);
/* The disk of the hub died: an order that nobody has who brings it back is none any more. */
void sim_reckon_erasures(struct sim *sim);
/* A ledger that was worked out in memory, since a disk was full, ends with the program that needed it. */
void sim_end_programs(struct sim *sim);
void sim_erasures_free(struct sim *sim);

/* --- what must hold --- */

/* After an event: in the stores of all whom it touched, and the hub's; each eighth time what certificates say. */
void sim_check_erased(struct sim *sim);
/* What is on DISK came from a hub that had carried orders out: nothing is there of those readers. */
void sim_check_erased_copy(struct sim *sim, const char *disk);
/* All have come together: everywhere, to the bytes of the files. */
void sim_check_all_erased(struct sim *sim);
/* And each has called once more: certificates say so. */
void sim_check_certificates(struct sim *sim);

#endif
