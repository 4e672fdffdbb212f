/* tests/sim/rehearse/month.h - a scenario played with the real programs, and what came of it. */
#ifndef PH_TESTS_SIM_REHEARSE_MONTH_H
#define PH_TESTS_SIM_REHEARSE_MONTH_H

#include "common/ledger/cases.h"
#include "tests/sim/rehearse/scenario.h"

#define REHEARSE_SAMPLES (REHEARSE_DAYS_MAX * 24)

struct rehearse_outcome {
	uint64_t entries, at_hub, waiting, lost; /* the first is the sum of the others */
	uint64_t whole, cut, unreachable;        /* attempts to sync */
	unsigned hours[REHEARSE_SAMPLES]; /* since the last whole session, each hour */
	unsigned n_hours;
};

struct rehearse_road {
	uint64_t up, down, whole, cut, unreachable;
};

/* What a courier or a stick carried: at the hub. */
struct rehearse_carried {
	uint64_t up, down, bundles_up, bundles_down;
	uint64_t rounds, missed; /* tours that ended at the hub, and others */
};

struct rehearse_report {
	struct rehearse_outcome *sites; /* as in the scenario */
	struct rehearse_road roads[REHEARSE_LINKS_MAX];
	struct rehearse_carried carried[REHEARSE_COURIERS_MAX + REHEARSE_STICKS_MAX];
	uint64_t cases[PH_CASE_KINDS];
	uint64_t entries, at_hub, waiting, lost;
	struct sim_result result; /* broken: Packhorse itself failed */
};

/* Play SCENARIO. The report is to be freed by rehearse_report_free(). */
void rehearse_play(const struct rehearse_scenario *scenario, FILE *trace,
		   struct rehearse_report *report);
void rehearse_report_free(struct rehearse_report *report);

#endif
