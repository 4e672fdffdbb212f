/*
 * tests/unit/seed_args.h - [--count N] [--seed S] of a test over random histories: how many
 * there are, and the seed of the first. Each test program includes it once.
 */
#ifndef PH_TESTS_SEED_ARGS_H
#define PH_TESTS_SEED_ARGS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "tests/lib/first_seed.h"
#include "tests/lib/full_run.h"
#include "tests/lib/given_number.h"

static uint64_t arg_count, arg_seed;

/* FEW histories, or with PACKHORSE_FULL=1 MANY, from the seed of first_seed(), unless told. False: something else was told, or none of them. */
static inline bool read_args(int argc, char **argv, uint64_t few, uint64_t many)
{
	arg_count = full_run() ? many : few;
	arg_seed = first_seed();
	for (int i = 1; i + 1 < argc; i += 2) {
		bool counts = strcmp(argv[i], "--count") == 0;

		if (!counts && strcmp(argv[i], "--seed") != 0) {
			return false;
		}
		if (!given_number(argv[i], argv[i + 1], counts ? 1 : 0,
				  counts ? &arg_count : &arg_seed)) {
			return false;
		}
	}
	return argc % 2 == 1;
}

#endif
