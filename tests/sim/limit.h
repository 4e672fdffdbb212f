/*
 * tests/sim/limit.h - how long a province may take: one that hangs is ended, and its process
 * with it. It is the processor's time that counts, so that a loaded machine ends nothing;
 * the clock's, ten times as long, ends one that waits for what never comes.
 */
#ifndef PH_TESTS_SIM_LIMIT_H
#define PH_TESTS_SIM_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/args.h"

/* This process begins with SEED; from now on it has what ARGS says, and is ended by a signal then. */
void limit_begin(const struct sim_args *args, uint64_t seed);

/* Of a process that waitpid() gives STATUS of, the words of how it ended into TEXT. True: it hung. */
bool limit_tell(const struct sim_args *args, int status, char *text, size_t size);

#endif
