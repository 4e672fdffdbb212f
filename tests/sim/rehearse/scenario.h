/*
 * tests/sim/rehearse/scenario.h - what is to be rehearsed: a small file, read and checked.
 * Its form: docs/REHEARSE.md.
 */
#ifndef PH_TESTS_SIM_REHEARSE_SCENARIO_H
#define PH_TESTS_SIM_REHEARSE_SCENARIO_H

#include <limits.h>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "tests/sim/sim.h"

#define REHEARSE_DAYS_MAX     92
#define REHEARSE_LINKS_MAX    16
#define REHEARSE_TIMES_MAX    6
#define REHEARSE_WORDS_MAX    400 /* disasters */
#define REHEARSE_NO_LINK      UINT_MAX
#define REHEARSE_STOPS_MAX    64
#define REHEARSE_COURIERS_MAX 8
#define REHEARSE_STICKS_MAX   3

/* A road: what its line is like. */
struct rehearse_link {
	char name[16];
	unsigned rate;     /* bytes a second */
	unsigned delay_ms; /* there and back */
	unsigned up;       /* of a hundred attempts so many find it there */
	uint64_t cut;      /* bytes after which it breaks, on average; 0: never */
};

struct rehearse_site {
	unsigned link;          /* or REHEARSE_NO_LINK */
	unsigned devices, work; /* work: acts a day */
	bool is_van;
	unsigned n_times;
	unsigned minutes[REHEARSE_TIMES_MAX]; /* of the day: when it syncs */
	unsigned days;                        /* bit 0: Monday */
	unsigned line;
};

/* A courier's van, or somebody with a stick: sites in the order of the way, then the hub. */
struct rehearse_tour {
	char name[16];
	bool by_stick;
	unsigned number; /* of the couriers, or of the sticks */
	unsigned stops[REHEARSE_STOPS_MAX], n_stops; /* sites, from 0 */
	unsigned days;                               /* bit 0: Monday */
	unsigned leaves, base;                       /* minutes of the day */
};

enum rehearse_kind {
	REHEARSE_HUB_DOWN,
	REHEARSE_OFFLINE,
	REHEARSE_DIES,
	REHEARSE_POWER,
	REHEARSE_FULL,
	REHEARSE_CLOCK,
	REHEARSE_RESTORE,
	REHEARSE_LOST, /* of a tour: its number is in `site` */
};
struct rehearse_disaster {
	enum rehearse_kind kind;
	unsigned site;     /* from 1; 0: the hub */
	unsigned from, to; /* days, from 1 */
	int64_t seconds;   /* CLOCK: off by so many; INT64_MIN: 1970 */
};

struct rehearse_scenario {
	uint64_t seed;
	unsigned days;
	struct rehearse_link links[REHEARSE_LINKS_MAX];
	unsigned n_links;
	struct sim_site sites[1000];
	struct rehearse_site plans[1000];
	char codes[1000][12], names[1000][40], communes[1000][8], kinds[1000][24];
	unsigned n_sites;
	struct rehearse_tour tours[REHEARSE_COURIERS_MAX + REHEARSE_STICKS_MAX];
	unsigned n_tours;
	struct rehearse_disaster disasters[REHEARSE_WORDS_MAX];
	unsigned n_disasters;
};

extern const char rehearse_default[];

/*
 * Read TEXT, which is called NAME. 0; or -1, and ERR says which line is wrong, how, and
 * what would be right.
 */
int rehearse_read(struct rehearse_scenario *scenario, struct ph_view text,
		  const char *name, struct ph_error *err);

#endif
