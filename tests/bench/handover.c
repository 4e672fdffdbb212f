/*
 * tests/bench/handover.c - what a site packs when a courier asks for it, and for how long
 * that keeps its loop at a time.
 *
 * The jobs are those of an exchange (client/site_courier.h), one after the other, as the
 * loop does them; nothing is sent. Packed anew each time: what an earlier run left in
 * DIR/courier is removed first.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "client/site_courier.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/rng.h"
#include "tests/bench/bench.h"

struct stretch {
	uint64_t steps, bundles;
	double longest, total;
};

static int open_at(struct ph_site **site_out, const char *dir, struct ph_error *err)
{
	return ph_site_open(site_out,
			    &(struct ph_site_config){ .dir = dir,
						      .who = "bench",
						      .wait_ms = 5000,
						      .clock = ph_clock_system,
						      .rng = ph_rng_system },
			    err);
}

static void add(struct stretch *stretch, double seconds)
{
	stretch->steps++;
	stretch->total += seconds;
	stretch->longest = seconds > stretch->longest ? seconds : stretch->longest;
}

static int hand_over(struct ph_site_courier *courier, struct stretch *stretch)
{
	struct ph_courier_job job = { .type = PH_COURIER_NEXT, .has_line = true };

	while (job.result == 0 && job.has_line) {
		bool again = true;

		job = (struct ph_courier_job){ .type = PH_COURIER_NEXT };
		while (again) {
			double began = bench_now();

			again = ph_site_courier_job(courier, &job);
			add(stretch, bench_now() - began);
		}
		stretch->bundles += job.has_line;
	}
	return job.result;
}

int bench_handover(const struct bench_args *args, struct ph_error *err)
{
	struct ph_site_courier *courier = NULL;
	struct ph_site *site = NULL;
	struct stretch stretch = { 0 };
	uint64_t entries = 0;
	int rc = open_at(&site, args->word[0], err);

	if (rc == 0) {
		entries = ph_site_log(site)->n;
		ph_site_pause(site);
		rc = ph_site_courier_new(&courier, site, args->word[0], err);
	}
	rc = rc == 0 ? hand_over(courier, &stretch) : rc;
	if (rc == 0) {
		printf("{\"log_entries\":%llu,\"bundles\":%llu,\"steps\":%llu,"
		       "\"longest_ms\":%.1f,\"total_ms\":%.1f}\n",
		       (unsigned long long)entries, (unsigned long long)stretch.bundles,
		       (unsigned long long)stretch.steps, stretch.longest * 1000,
		       stretch.total * 1000);
	}
	ph_site_courier_free(courier);
	if (rc == 0) {
		rc = ph_site_resume(site, err);
	}
	ph_site_close(site);
	return rc;
}
