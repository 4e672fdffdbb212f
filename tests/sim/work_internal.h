/* tests/sim/work_internal.h - shared by work.c and odd.c: a desk, and what is chosen there. */
#ifndef PH_TESTS_SIM_WORK_INTERNAL_H
#define PH_TESTS_SIM_WORK_INTERNAL_H

#include "tests/sim/work.h"

struct desk {
	struct sim *sim;
	struct sim_books *books;
	struct sim_device *device;
	const struct ph_rng *dice;
};
struct act {
	unsigned weight;
	void (*run)(const struct desk *desk);
};

#define NONE SIZE_MAX

void *sim_grown(void *list, size_t n, size_t *cap, size_t size);
/* Room for one more thing in a list of the books, all zero. */
#define ADD(books, name)                                                                 \
	((books)->name = sim_grown((books)->name, (books)->n_##name,                     \
				   &(books)->cap_##name, sizeof *(books)->name),         \
	 &(books)->name[(books)->n_##name++])

static inline unsigned below(const struct desk *desk, size_t bound)
{
	return (unsigned)ph_rng_below(desk->dice, bound);
}

static inline bool chance(const struct desk *desk, unsigned percent)
{
	return below(desk, 100) < percent;
}

/* The entry ACK names a thing of the books. */
void sim_touch(struct sim *sim, ptrdiff_t ack, enum sim_thing type, size_t at);
/* One of the N things for which FITS holds, from a random one on; NONE: there is none. */
size_t sim_pick(const struct desk *desk, size_t n,
		bool (*fits)(const struct desk *desk, size_t i));
bool sim_any(const struct desk *desk, size_t i);
bool sim_is_here(const struct desk *desk, size_t i);      /* a copy */
bool sim_is_good_card(const struct desk *desk, size_t i); /* a card */
/* An entry with this code may be there already, though nobody said that it was saved. */
bool sim_was_tried(const struct sim_books *books, const char *code);
/* ENTRY (taken) is recorded: its ack, or -1. */
ptrdiff_t sim_put(const struct desk *desk, json_t *entry);
/* The reference of an ack; good for a few calls. */
const char *sim_name(const struct desk *desk, uint32_t ack);
void sim_lend(const struct desk *desk, size_t copy, size_t card, bool odd);
void sim_give_back(const struct desk *desk, size_t copy);
extern const char *const sim_family[16]; /* names */
/* A code of our printed form, from the device's own blocks; false: the disk is ill. */
bool sim_print_code(const struct desk *desk, char out[static 24]);
/* The date in so many DAYS. */
void sim_day_text(const struct desk *desk, int64_t days, char out[static PH_TIME_TEXT]);
bool sim_is_own_title(const struct desk *desk, size_t i);
void sim_acquire(const struct desk *desk);
void sim_handle(const struct desk *desk);
void sim_dispatch(const struct desk *desk);
void sim_unpack(const struct desk *desk);
void sim_receive(const struct desk *desk, bool is_short);
void sim_run_act(const struct desk *desk, const struct act *acts, size_t n);

#endif
