/*
 * tests/bench/scale.c - what a hub of a given size costs: all of it folded, and a page of
 * its cases.
 *
 * `fold` drops the ledger of a hub and folds its journal anew, in a process that does
 * nothing else: its peak of resident memory is that of the fold. `cases` reads the first
 * page of a case list, again and again, from a ledger that is up to date.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/ledger/cases.h"
#include "daemon/hub.h"
#include "tests/bench/bench.h"

#define PAGE 100

uint64_t bench_peak_kib(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	unsigned long long kib = 0;
	char line[256];

	while (status && fgets(line, sizeof(line), status)) {
		if (sscanf(line, "VmHWM: %llu", &kib) == 1) {
			break;
		}
	}
	if (status) {
		fclose(status);
	}
	return kib;
}

int bench_open_hub(struct ph_hub **hub_out, const char *dir, struct ph_error *err)
{
	return ph_hub_open(hub_out,
			   &(struct ph_hub_config){ .dir = dir,
						    .who = "bench",
						    .wait_ms = 5000,
						    .clock = ph_clock_system,
						    .rng = ph_rng_system },
			   err);
}

/* --- fold --- */

struct sums {
	uint64_t entries, logs;
};

static int on_log(void *data, const struct ph_log *log)
{
	struct sums *sums = data;

	sums->entries += log->n - log->base;
	sums->logs++;
	return 0;
}

static int file_size(const char *dir, const char *name, int64_t *out,
		     struct ph_error *err)
{
	struct stat is;
	char path[4096];
	int rc = ph_path_join(path, sizeof(path), dir, name, err);

	if (rc == 0 && stat(path, &is) != 0) {
		rc = -errno;
	}
	if (rc == 0) {
		*out = is.st_size;
	}
	return bench_fail(err, rc, name);
}

int bench_fold(const struct bench_args *args, struct ph_error *err)
{
	struct ph_hub *hub = NULL;
	struct sums sums = { 0 };
	uint64_t before = 0;
	int64_t bytes = 0;
	double took = 0;
	int rc = bench_open_hub(&hub, args->word[0], err);

	if (rc == 0) {
		rc = ph_journal_log_each(ph_hub_journal(hub), on_log, &sums);
	}
	if (rc == 0) {
		before = bench_peak_kib();
		took = bench_now();
		rc = ph_ledger_rebuild(ph_hub_ledger(hub), err);
		took = bench_now() - took;
	}
	ph_hub_close(hub); /* the WAL is in the file now */
	rc = rc == 0 ? file_size(args->word[0], "hub.db", &bytes, err) : rc;
	if (rc == 0) {
		printf("{\"entries\":%llu,\"logs\":%llu,\"seconds\":%.3f,"
		       "\"per_s\":%.1f,\"peak_kib\":%llu,\"peak_before_kib\":%llu,"
		       "\"database_bytes\":%lld}\n",
		       (unsigned long long)sums.entries, (unsigned long long)sums.logs,
		       took, (double)sums.entries / took,
		       (unsigned long long)bench_peak_kib(), (unsigned long long)before,
		       (long long)bytes);
	}
	return bench_fail(err, rc, "folding the hub");
}

/* --- cases --- */

static int on_case(void *data, const struct ph_case_row *row)
{
	unsigned *n = data;

	(void)row;
	return ++*n >= PAGE;
}

int bench_cases(const struct bench_args *args, struct ph_error *err)
{
	const struct ph_case_filter filter = { 0 };
	struct ph_hub *hub = NULL;
	double best = 1e9;
	uint64_t waiting = 0;
	unsigned n = 0;
	int rc = bench_open_hub(&hub, args->word[0], err);

	if (rc == 0) {
		rc = ph_ledger_catch_up(ph_hub_ledger(hub), NULL, err);
	}
	for (uint64_t i = 0; rc == 0 && i < args->count; i++) {
		double took = bench_now();

		n = 0;
		rc = ph_cases_each(ph_hub_ledger(hub), &filter, on_case, &n);
		rc = rc > 0 ? 0 : rc;
		took = bench_now() - took;
		best = took < best ? took : best;
	}
	if (rc == 0) {
		waiting = ph_cases_count(ph_hub_ledger(hub), 0);
		printf("{\"page\":%u,\"waiting\":%llu,\"page_us\":%.1f}\n", n,
		       (unsigned long long)waiting, best * 1e6);
	}
	ph_hub_close(hub);
	return bench_fail(err, rc, "reading cases");
}
