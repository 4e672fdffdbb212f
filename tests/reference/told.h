/*
 * tests/reference/told.h - histories as README.md describes them, read for the ledger.
 *
 * A history is a few chains, each one branch of a log, with all its entries and the
 * hashes of its chain.
 */
#ifndef PH_TESTS_REFERENCE_TOLD_H
#define PH_TESTS_REFERENCE_TOLD_H

#include <stdio.h>

#include "common/log/chain.h"

struct chain {
	uint8_t id[PH_LOG_ID_SIZE];
	uint8_t key[PH_KEY_SIZE];
	uint64_t site;
	uint64_t role;
	struct ph_buf bytes;
	size_t *end;                /* of entry n in bytes, at n */
	uint8_t (*h)[PH_HASH_SIZE]; /* h(n), at n */
	uint64_t n, cap;
	uint64_t told; /* how far somebody was told of it */
};

struct told {
	struct chain *chains;
	size_t n, cap;
	char *name; /* as the line that ends it has it; NULL: the file ended */
};

struct ph_view chain_entry(const struct chain *chain, uint64_t n);

/*
 * Read the next history of FILE; *LINE counts lines. 1: there is one; 0: there is none
 * any more. What cannot be read ends the program with status 1.
 */
int told_read(struct told *told, FILE *file, size_t *line);
void told_deinit(struct told *told);

#endif
