/*
 * tests/sim/args.h - what tests/sim/sim is asked for.
 */
#ifndef PH_TESTS_SIM_ARGS_H
#define PH_TESTS_SIM_ARGS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	ARGS_JOBS_MAX = 64,
	ARGS_LIMIT =
		120, /* seconds of the processor of one province; one takes about a fifth of one */
};

struct sim_args {
	uint64_t first, last;   /* seeds */
	uint64_t seconds;       /* no province is begun after so many; 0: each is */
	uint64_t limit;         /* seconds of the processor that one may take */
	uint64_t hangs, sleeps; /* seeds that are to have no end, if such a one is */
	uint64_t falls;         /* a seed that breaks by its script, if such a one is */
	bool one_hangs, one_sleeps, one_falls;
	unsigned jobs;
	bool closely, trace, shrink, tap, print;
	const char *script;
};

extern const char args_usage[];

/* Whether one of the words is --help. */
bool args_ask_help(int argc, char **argv);

/* What the words say into *ARGS. False: they say something else, of which stderr may have been told. */
bool args_read(struct sim_args *args, int argc, char **argv);

#endif
