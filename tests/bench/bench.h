/*
 * tests/bench/bench.h - what cannot be measured from outside the programs.
 *
 *   bench write DIR                    entries into a site, by a clock of their own
 *   bench append DIR BARE              durable appends against bare SQLite commits
 *   bench ingest HUB BARE SITE...      verify, store and fold against bare SQLite rows
 *   bench fold HUB                     the whole ledger anew, and what it takes
 *   bench cases HUB                    a page of the list of cases
 *   bench refold HUB SITE...           one more entry of a copy that has N
 *   bench pack <LINES                  compact segments: bytes by column
 *   bench handover DIR                 all that a site packs for a courier, and in what steps
 *   bench takeover DIR CARRIED         the same of what a courier that carries CARRIED brings it
 *   bench train TEXTS <LINES           what the dictionary of packing is made of
 *   bench peak PROGRAM ARG...          resident memory of a program, at its highest
 *   bench sessions HUB ADDR:PORT ...   hold many sessions open at a hub
 *
 * Each prints JSON objects, one a line; `run` starts them and draws the conclusions.
 */
#ifndef PH_TESTS_BENCH_BENCH_H
#define PH_TESTS_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/error.h"

struct bench_args {
	int n; /* positional */
	char **word;
	uint64_t count;
	uint64_t seconds; /* at most, for what the disk alone decides */
	const char *mode;
	const char *passphrase_file;
};

/* Each gives 0 or a negative errno with ERR. */
int bench_write(const struct bench_args *args, struct ph_error *err);
int bench_append(const struct bench_args *args, struct ph_error *err);
int bench_ingest(const struct bench_args *args, struct ph_error *err);
int bench_fold(const struct bench_args *args, struct ph_error *err);
int bench_cases(const struct bench_args *args, struct ph_error *err);
int bench_log(const struct bench_args *args, struct ph_error *err);
int bench_refold(const struct bench_args *args, struct ph_error *err);
int bench_pack(const struct bench_args *args, struct ph_error *err);
int bench_handover(const struct bench_args *args, struct ph_error *err);
int bench_takeover(const struct bench_args *args, struct ph_error *err);
int bench_train(const struct bench_args *args, struct ph_error *err);
int bench_sessions(const struct bench_args *args, struct ph_error *err);

/* Monotonic seconds. */
double bench_now(void);
/* The most resident memory of this process so far. */
uint64_t bench_peak_kib(void);
struct ph_hub;
int bench_open_hub(struct ph_hub **hub_out, const char *dir, struct ph_error *err);
/* RC, a PH_*_E_* or negative errno, as a failure with words. */
int bench_fail(struct ph_error *err, int rc, const char *what);

/* Bare SQLite, as plain as it can be while its commits last (WAL, synchronous=FULL). */
struct bench_bare;
int bench_bare_open(struct bench_bare **bare_out, const char *path, struct ph_error *err);
void bench_bare_close(struct bench_bare *bare);
/* One row in one commit. */
int bench_bare_commit(struct bench_bare *bare, struct ph_view row);
/* COUNT rows of SIZE bytes in a table with two indexes, 20,000 a commit. */
int bench_bare_rows(struct bench_bare *bare, uint64_t count, size_t size);

#endif
