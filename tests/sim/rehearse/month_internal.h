/* tests/sim/rehearse/month_internal.h - a month that is being played: for month*.c only. */
#ifndef PH_TESTS_SIM_REHEARSE_MONTH_INTERNAL_H
#define PH_TESTS_SIM_REHEARSE_MONTH_INTERNAL_H

#include "tests/sim/rehearse/month.h"
#include "tests/sim/world.h"

struct deed {
	unsigned minute; /* of the day */
	enum {
		DEED_SAMPLE,
		DEED_WORK,
		DEED_SYNC,
		DEED_STOP, /* of a tour, whose number is in `device` */
		DEED_BASE
	} what;
	unsigned device, stop;
};

struct month {
	const struct rehearse_scenario *scenario;
	struct rehearse_report *report;
	struct sim *sim;
	struct ph_rng_seeded seeded;
	struct ph_rng dice;
	int64_t began; /* millisecond at which day 1 begins */
	unsigned day;
	bool hub_down;
	bool *offline;     /* by site */
	unsigned *missing; /* by site: machines that died, and none joined for them yet */
	struct deed *deeds;
	size_t n_deeds, cap_deeds;
};

void rehearse_add_deed(struct month *month, struct deed deed);

/* --- month_tours.c --- */
/* The stops of the day, and the base. */
void rehearse_plan_tours(struct month *month);
/* One of them. */
void rehearse_carry(struct month *month, const struct deed *deed);
/* The van, or the stick, of TOUR is gone with what is on it; another takes its place. */
void rehearse_lose(struct month *month, const struct rehearse_tour *tour);
/* What each carried. */
void rehearse_sum_tours(struct month *month);

#endif
