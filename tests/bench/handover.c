/*
 * tests/bench/handover.c - what a site packs when a courier asks for it, or takes from one, and for
 * how long that keeps its loop at a time.
 *
 * The jobs are those of an exchange (client/site_courier.h), one after the other, as the
 * loop does them; nothing is sent. Packed anew each time: what an earlier run left in
 * DIR/courier is removed first. What is taken comes from a folder of bundles.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "client/site_courier.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/rng.h"
#include "proto/spool.h"
#include "tests/bench/bench.h"

#define PIECE 8192 /* bytes of a bundle in a job */

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

/* JOB, to its end. */
static void do_job(struct ph_site_courier *courier, struct ph_courier_job *job,
		   struct stretch *stretch)
{
	bool again = true;

	while (again) {
		double began = bench_now();

		again = ph_site_courier_job(courier, job);
		add(stretch, bench_now() - began);
	}
}

static int hand_over(struct ph_site_courier *courier, struct stretch *stretch)
{
	struct ph_courier_job job = { .type = PH_COURIER_NEXT, .has_line = true };

	while (job.result == 0 && job.has_line) {
		job = (struct ph_courier_job){ .type = PH_COURIER_NEXT };
		do_job(courier, &job, stretch);
		stretch->bundles += job.has_line;
	}
	return job.result;
}

static void print(const struct stretch *stretch, uint64_t entries)
{
	printf("{\"log_entries\":%llu,\"bundles\":%llu,\"steps\":%llu,"
	       "\"longest_ms\":%.1f,\"total_ms\":%.1f}\n",
	       (unsigned long long)entries, (unsigned long long)stretch->bundles,
	       (unsigned long long)stretch->steps, stretch->longest * 1000,
	       stretch->total * 1000);
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
		print(&stretch, entries);
	}
	ph_site_courier_free(courier);
	if (rc == 0) {
		rc = ph_site_resume(site, err);
	}
	ph_site_close(site);
	return rc;
}

/* ---- what a courier brings ---- */

/* BUNDLE, offered and in pieces. 0, negative errno. */
static int bring(struct ph_site_courier *courier, struct ph_view bundle,
		 struct stretch *stretch)
{
	struct ph_courier_job job = { .type = PH_COURIER_LOOK };

	ph_courier_line_of(bundle, &job.line);
	do_job(courier, &job, stretch);
	if (!job.wants) {
		return job.result;
	}
	job.type = PH_COURIER_WRITE;
	while (job.result == 0 && job.offset < bundle.len) {
		size_t left = bundle.len - (size_t)job.offset;

		job.bytes.len = 0;
		job.result = ph_buf_put(&job.bytes, bundle.data + job.offset,
					left < PIECE ? left : PIECE);
		if (job.result == 0) {
			do_job(courier, &job, stretch);
			job.offset += job.bytes.len;
		}
	}
	ph_buf_deinit(&job.bytes);
	stretch->bundles += job.answer == PH_COURIER_KEPT;
	return job.result;
}

static int bring_all(struct ph_site_courier *courier, const char *carried,
		     struct stretch *stretch, struct ph_error *err)
{
	struct ph_spool_files files = { 0 };
	struct ph_buf bundle = { 0 };
	struct ph_spool spool;
	const char *reason;
	int rc = ph_spool_open(&spool, carried, false, err);

	rc = rc == 0 ? ph_spool_list(&spool, &files, err) : rc;
	for (unsigned i = 0; rc == 0 && i < files.n; i++) {
		bundle.len = 0;
		rc = ph_spool_read(&spool, files.file[i].name, &bundle, &reason);
		rc = rc == 0 ? bring(courier, ph_buf_view(&bundle), stretch) : rc;
	}
	ph_buf_deinit(&bundle);
	ph_spool_files_deinit(&files);
	return rc;
}

int bench_takeover(const struct bench_args *args, struct ph_error *err)
{
	struct ph_site_courier *courier = NULL;
	struct ph_site *site = NULL;
	struct stretch stretch = { 0 };
	int rc = open_at(&site, args->word[0], err);

	if (rc == 0) {
		ph_site_pause(site);
		rc = ph_site_courier_new(&courier, site, args->word[0], err);
	}
	rc = rc == 0 ? bring_all(courier, args->word[1], &stretch, err) : rc;
	if (rc == 0) {
		print(&stretch, ph_site_courier_told(courier)->entries_received);
	}
	ph_site_courier_free(courier);
	if (rc == 0) {
		rc = ph_site_resume(site, err);
	}
	ph_site_close(site);
	return rc;
}
