/*
 * tests/lib/given_number.h - a number as the value of a harness' option: what is none is
 * refused with what would be one. given.py is the same of those in Python.
 */
#ifndef PH_TESTS_GIVEN_NUMBER_H
#define PH_TESTS_GIVEN_NUMBER_H

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* TEXT, digits alone, of LEAST or more into *OUT. False: it is none, which stderr is told of OPTION. */
static inline bool given_number(const char *option, const char *text, uint64_t least,
				uint64_t *out)
{
	unsigned long long value;

	errno = 0;
	value = strtoull(text, NULL, 10);
	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0' || errno != 0 ||
	    value < least) {
		fprintf(stderr, "%s: '%s' is no whole number from %" PRIu64 " on\n",
			option, text, least);
		return false;
	}
	*out = value;
	return true;
}

#endif
