/*
 * tests/bench/append.c - a durable append at the desk against a bare SQLite commit.
 *
 * Both in one folder and one run, block by block in turn, so that a disk that is slow for
 * a while is slow for both. What the desk does is ph_site_write() with one loan: stamp,
 * encode, hash the chain, append, commit. The bare row has the size of such an entry.
 */
#include <stdio.h>

#include "client/site.h"
#include "tests/bench/bench.h"

#define BLOCK 50
/* Of a loan: kind, stamp, two printed codes with their namespaces, term, and its length. */
#define ROW   48

struct took {
	uint64_t count;    /* of each */
	double ours, bare; /* seconds */
};

static int append_one(struct ph_site *site, uint64_t i, struct ph_error *err)
{
	char copy[PH_PRINTED_SIZE + 1];
	char card[PH_PRINTED_SIZE + 1];
	int rc = ph_code_make(copy, 140371, 1, 1 + i * 7919 % PH_PRINTED_COUNTER_MAX);
	struct ph_entry loan = {
		.kind = ph_kind_find(PH_KIND_LOAN),
		.number = PH_KIND_LOAN,
		.field[PH_LOAN_TERM] = { .set = true, .as.uint = 14 },
	};

	if (rc == 0) {
		rc = ph_code_make(card, 140371, 2, 1 + i * 104729 % 400);
	}
	if (rc < 0) {
		return rc;
	}
	loan.field[PH_LOAN_COPY].set = true;
	loan.field[PH_LOAN_COPY].as.id.code = ph_view_str(copy);
	loan.field[PH_LOAN_CARD].set = true;
	loan.field[PH_LOAN_CARD].as.id.code = ph_view_str(card);
	return ph_site_write(site, &loan, 1, NULL, err);
}

/* Block by block, until COUNT of each are done or SECONDS have gone by. */
static int run_blocks(struct ph_site *site, struct bench_bare *bare,
		      const struct bench_args *args, struct took *took,
		      struct ph_error *err)
{
	static const uint8_t row[ROW] = { 0x97, 0x1e };
	int rc = 0;

	while (rc == 0 && took->count < args->count &&
	       took->ours + took->bare < (double)args->seconds) {
		double start = bench_now();
		double middle;

		for (uint64_t i = 0; rc == 0 && i < BLOCK; i++) {
			rc = append_one(site, took->count + i, err);
		}
		middle = bench_now();
		for (uint64_t i = 0; rc == 0 && i < BLOCK; i++) {
			rc = bench_bare_commit(bare, PH_VIEW(row, sizeof(row)));
		}
		took->count += BLOCK;
		took->ours += middle - start;
		took->bare += bench_now() - middle;
	}
	return rc;
}

int bench_append(const struct bench_args *args, struct ph_error *err)
{
	struct ph_site *site = NULL;
	struct bench_bare *bare = NULL;
	struct took took = { 0 };
	int rc = ph_site_open(&site,
			      &(struct ph_site_config){ .dir = args->word[0],
							.who = "bench",
							.wait_ms = 5000,
							.clock = ph_clock_system,
							.rng = ph_rng_system },
			      err);

	if (rc == 0) {
		rc = bench_bare_open(&bare, args->word[1], err);
	}
	if (rc == 0) {
		rc = run_blocks(site, bare, args, &took, err);
	}
	if (rc == 0) {
		double n = (double)took.count;

		printf("{\"count\":%.0f,\"append_per_s\":%.1f,"
		       "\"sqlite_commit_per_s\":%.1f}\n",
		       n, n / took.ours, n / took.bare);
	}
	bench_bare_close(bare);
	ph_site_close(site);
	return bench_fail(err, rc, "appending");
}
