/*
 * tests/bench/ingest.c - the hub in bulk: verify, store and fold, one writer.
 *
 * Each SITE is an enrolled folder with entries that its hub has never seen. Their
 * segments (at most PH_SEGMENT_MAX) and sealed parts are taken out first. Then the
 * hub's folder is opened, as the daemon's store worker does, and gets them in groups,
 * one segment with its parts of each device: ph_hub_jobs() verifies, stores, commits
 * and signs receipts; then ph_ledger_catch_up() folds. Only these two are timed.
 *
 * At the end every log at the hub must be whole, else nothing is printed. Then the same
 * number of rows of the same size goes into a bare SQLite table with two indexes.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/site.h"
#include "common/base/file.h"
#include "daemon/hub.h"
#include "tests/bench/bench.h"

#define PARTS_AT_ONCE 64
#define SINGLES_MAX   1000
#define YEARS_AHEAD   (3 * 366 * 86400)

/*
 * The days of the workload lie ahead, and a hub whose clock stands before them would
 * judge every mark of it. So its clock is ahead as well, but for what it says itself
 * when it admits a device.
 */
static int64_t ahead;

static void read_clock(void *data, struct ph_now *now_out)
{
	(void)data;
	ph_clock_system.read(ph_clock_system.data, now_out);
	now_out->wall += ahead;
}

struct device {
	struct ph_hub_peer peer;
	struct ph_device_keys keys;
	struct ph_buf cert;
	struct ph_log log;
	struct ph_item *items; /* not sent yet: each segment is followed by its parts */
	struct ph_item **end;
};

struct totals {
	uint64_t entries, parts, bytes;
	double store, fold, fold_cpu;
};

/* --- out of the sites --- */

static void add_item(struct device *device, struct ph_item *item)
{
	*device->end = item;
	device->end = &item->next;
}

static int take_part(struct device *device, struct ph_journal *journal, uint64_t n)
{
	struct ph_buf cipher = { 0 };
	struct ph_buf box = { 0 };
	struct ph_item *item = ph_item_new(PH_ITEM_PART);
	int rc = item ? ph_journal_part_get(journal, device->log.row, n, &cipher, &box)
		      : -ENOMEM;

	if (rc == 0 &&
	    (box.len != PH_SEED_SIZE + crypto_box_SEALBYTES ||
	     crypto_box_seal_open(item->seed, box.data, box.len, device->keys.desk.key,
				  device->keys.desk.secret) != 0)) {
		rc = -EBADMSG;
	}
	if (rc == 0) {
		rc = ph_part_open(item->seed, device->log.id, n, ph_buf_view(&cipher),
				  &item->body);
	}
	if (rc == 0) {
		memcpy(item->log_id, device->log.id, sizeof(item->log_id));
		item->first = item->last = n;
		add_item(device, item);
		item = NULL;
	}
	ph_items_free(item);
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&box);
	return rc;
}

static int take_parts(struct device *device, struct ph_journal *journal, uint64_t after,
		      uint64_t last)
{
	uint64_t n[PARTS_AT_ONCE];
	size_t count = PARTS_AT_ONCE;
	int rc = 0;

	while (rc == 0 && count == PARTS_AT_ONCE) {
		rc = ph_journal_parts_in(journal, device->log.row, after, last, n,
					 PARTS_AT_ONCE, &count);
		for (size_t i = 0; rc == 0 && i < count; i++) {
			rc = take_part(device, journal, n[i]);
			after = n[i];
		}
	}
	return rc;
}

/* As much of what is behind *AFTER as one segment holds, but nothing above LIMIT. */
static int take_segment(struct device *device, struct ph_journal *journal, uint64_t limit,
			uint64_t *after)
{
	struct ph_segment segment;
	struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);
	uint64_t last;
	int rc = item ? ph_journal_span(journal, &device->log, *after, PH_SEGMENT_MAX,
					false, &last)
		      : -ENOMEM;

	if (rc == 0) {
		last = last < limit ? last : limit;
		rc = ph_journal_seal(journal, &device->log, last,
				     device->keys.sign.secret);
	}
	if (rc == 0) {
		rc = ph_journal_read_segment(journal, &device->log, *after,
					     PH_SEGMENT_MAX, &segment, &item->body);
	}
	if (rc != 0) {
		ph_items_free(item);
		return rc;
	}
	memcpy(item->log_id, segment.log_id, sizeof(item->log_id));
	memcpy(item->seal, segment.seal, sizeof(item->seal));
	item->first = segment.first;
	item->last = segment.last;
	add_item(device, item);
	rc = take_parts(device, journal, *after, segment.last);
	*after = segment.last;
	return rc;
}

/* The last SINGLES entries are a segment each. */
static int take_all(struct device *device, struct ph_site *site, uint64_t singles)
{
	struct ph_journal *journal = ph_site_journal(site);
	uint64_t whole = device->log.n - (singles < device->log.n ? singles : 0);
	uint64_t after = 0;
	int rc = ph_db_begin(ph_journal_db(journal));

	while (rc == 0 && after < device->log.n) {
		rc = take_segment(device, journal, after < whole ? whole : after + 1,
				  &after);
	}
	ph_db_rollback(ph_journal_db(journal));
	return rc;
}

static int read_site(struct device *device, const char *dir, uint64_t singles,
		     struct ph_error *err)
{
	struct ph_site *site = NULL;
	char path[4096];
	int rc = ph_path_join(path, sizeof(path), dir, "keys", err);

	device->end = &device->items;
	if (rc == 0) {
		rc = ph_device_keys_load(&device->keys, path, err);
	}
	if (rc == 0) {
		rc = ph_site_open(&site,
				  &(struct ph_site_config){ .dir = dir,
							    .who = "bench",
							    .wait_ms = 5000,
							    .clock = ph_clock_system,
							    .rng = ph_rng_system },
				  err);
	}
	if (rc == 0) {
		device->log = *ph_site_log(site);
		rc = ph_buf_put_view(&device->cert, ph_site_cert(site));
	}
	if (rc == 0) {
		rc = take_all(device, site, singles);
	}
	ph_site_close(site);
	return bench_fail(err, rc, dir);
}

/* --- into the hub --- */

static struct ph_job *new_job(struct device *device, enum ph_job_type type)
{
	struct ph_job *job = calloc(1, sizeof(*job));

	if (!job) {
		return NULL;
	}
	job->receipt = calloc(PH_HEADS_MAX, sizeof(*job->receipt));
	if (!job->receipt) {
		free(job);
		return NULL;
	}
	job->type = type;
	job->welcome.receipt = job->receipt;
	job->owner = &device->peer;
	memcpy(job->peer_key, device->keys.box.key, sizeof(job->peer_key));
	return job;
}

/* The next segment of DEVICE with its parts. */
static struct ph_item *next_items(struct device *device, struct totals *totals)
{
	struct ph_item *first = device->items;
	struct ph_item *last = first;

	if (!first) {
		return NULL;
	}
	totals->entries += first->last - first->first + 1;
	totals->bytes += first->body.len;
	while (last->next && last->next->type == PH_ITEM_PART) {
		last = last->next;
		totals->parts++;
	}
	device->items = last->next;
	last->next = NULL;
	return first;
}

static int judge(const struct ph_job *job)
{
	const struct ph_hub_peer *peer = job->owner;

	if (job->result == 0 && peer->clamped > 0) {
		fprintf(stderr, "the hub judged a clock that is none of ours\n");
		return -EPROTO;
	}
	if (job->result == 0 && (job->bad || peer->refusal[0])) {
		fprintf(stderr, "refused: %s\n", peer->refusal);
		return -EPROTO;
	}
	return job->result;
}

static void free_jobs(struct ph_job *jobs)
{
	while (jobs) {
		struct ph_job *next = jobs->next;

		ph_job_free(jobs);
		jobs = next;
	}
}

static int greet(struct ph_hub *hub, struct device *device)
{
	struct ph_job *job = new_job(device, PH_JOB_HELLO);
	int rc;

	if (!job) {
		return -ENOMEM;
	}
	job->hello.cert = ph_buf_view(&device->cert);
	job->hello.n_heads = 1;
	memcpy(job->hello.head[0].log_id, device->log.id, PH_LOG_ID_SIZE);
	memcpy(job->hello.head[0].h, device->log.h, PH_HASH_SIZE);
	job->hello.head[0].n = device->log.n;
	ph_hub_jobs(hub, job);
	rc = judge(job);
	ph_job_free(job);
	return rc;
}

static double cpu_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* One group. 1: there was something; 0: no device has anything left. */
static int store_group(struct ph_hub *hub, struct device *devices, size_t n,
		       struct totals *totals, struct ph_error *err)
{
	struct ph_job *jobs = NULL;
	double start;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (devices[i].items) {
			struct ph_job *job = new_job(&devices[i], PH_JOB_STORE);

			if (!job) {
				rc = -ENOMEM;
				break;
			}
			job->items = next_items(&devices[i], totals);
			job->next = jobs;
			jobs = job;
		}
	}
	if (rc < 0 || !jobs) {
		goto out;
	}
	start = bench_now();
	ph_hub_jobs(hub, jobs);
	totals->store += bench_now() - start;
	for (struct ph_job *job = jobs; rc == 0 && job; job = job->next) {
		rc = judge(job);
	}
	if (rc == 0) {
		double cpu = cpu_now();

		start = bench_now();
		rc = ph_ledger_catch_up(ph_hub_ledger(hub), NULL, err);
		totals->fold += bench_now() - start;
		totals->fold_cpu += cpu_now() - cpu;
	}
	rc = rc < 0 ? rc : 1;
out:
	free_jobs(jobs);
	return rc;
}

static int open_ahead(struct ph_hub **hub_out, const char *dir, struct ph_error *err)
{
	return ph_hub_open(hub_out,
			   &(struct ph_hub_config){ .dir = dir,
						    .who = "bench",
						    .wait_ms = 5000,
						    .clock = { read_clock, NULL },
						    .rng = ph_rng_system },
			   err);
}

static int check(struct ph_hub *hub, const struct device *device)
{
	struct ph_log log;
	int rc = ph_journal_log_find(ph_hub_journal(hub), device->log.id, &log);

	return rc != 0 || log.n != device->log.n ? -EUCLEAN : 0;
}

static int feed(struct device *devices, size_t n, const char *dir, struct totals *totals,
		struct ph_error *err)
{
	struct ph_hub *hub = NULL;
	int rc = open_ahead(&hub, dir, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = greet(hub, &devices[i]);
	}
	ahead = YEARS_AHEAD;
	if (rc == 0) {
		rc = ph_ledger_catch_up(ph_hub_ledger(hub), NULL, err);
	}
	while (rc == 0 && (rc = store_group(hub, devices, n, totals, err)) == 1) {
		rc = 0;
	}
	/* the loop ends with 0 as well when nothing is left: look at the logs */
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = check(hub, &devices[i]);
	}
	ph_hub_close(hub);
	return bench_fail(err, rc, "feeding the hub");
}

static void free_devices(struct device *devices, size_t n)
{
	for (size_t i = 0; devices && i < n; i++) {
		ph_items_free(devices[i].items);
		ph_buf_deinit(&devices[i].cert);
		ph_device_keys_wipe(&devices[i].keys);
	}
	free(devices);
}

static int compare(const char *path, const struct totals *totals, struct ph_error *err)
{
	struct bench_bare *bare = NULL;
	size_t size = (size_t)(totals->bytes / totals->entries);
	double start;
	double rows;
	int rc = bench_bare_open(&bare, path, err);

	if (rc < 0) {
		return rc;
	}
	start = bench_now();
	rc = bench_bare_rows(bare, totals->entries, size);
	rows = bench_now() - start;
	bench_bare_close(bare);
	if (rc == 0) {
		double n = (double)totals->entries;

		printf("{\"entries\":%.0f,\"parts\":%llu,\"bytes\":%llu,"
		       "\"store_s\":%.4f,\"fold_s\":%.4f,\"fold_cpu_s\":%.4f,"
		       "\"ingest_per_s\":%.1f,"
		       "\"store_per_s\":%.1f,\"fold_per_s\":%.1f,"
		       "\"sqlite_rows_per_s\":%.1f}\n",
		       n, (unsigned long long)totals->parts,
		       (unsigned long long)totals->bytes, totals->store, totals->fold,
		       totals->fold_cpu, n / (totals->store + totals->fold),
		       n / totals->store, n / totals->fold, n / rows);
	}
	return bench_fail(err, rc, path);
}

int bench_ingest(const struct bench_args *args, struct ph_error *err)
{
	size_t n = (size_t)args->n - 2;
	struct device *devices = calloc(n, sizeof(*devices));
	struct totals totals = { 0 };
	int rc = devices ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = read_site(&devices[i], args->word[2 + i], 0, err);
	}
	if (rc == 0) {
		rc = feed(devices, n, args->word[0], &totals, err);
	}
	if (rc == 0) {
		rc = compare(args->word[1], &totals, err);
	}
	free_devices(devices, n);
	return rc;
}

/* --- one entry after the other --- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* The items that came first are stored and folded untimed, but for the last LEFT of DEVICE. */
static int bring_all_but(struct ph_hub *hub, struct device *device, uint64_t left,
			 struct totals *totals, struct ph_error *err)
{
	int rc = greet(hub, device);

	ahead = YEARS_AHEAD;
	while (rc == 0 && device->items && device->log.n - totals->entries > left) {
		rc = store_group(hub, device, 1, totals, err);
		rc = rc < 0 ? rc : 0;
	}
	return rc;
}

/*
 * The last entries of SITE name two copies in turn, of which one has few facts and the
 * other many (`run` writes them so). Each comes to the hub and is folded alone.
 */
int bench_refold(const struct bench_args *args, struct ph_error *err)
{
	struct totals totals = { 0 };
	struct device *device = calloc(1, sizeof(*device));
	struct ph_hub *hub = NULL;
	double cpu[2][SINGLES_MAX];
	uint64_t n = args->count < SINGLES_MAX ? args->count : SINGLES_MAX;
	int rc = device ? read_site(device, args->word[1], 2 * n, err) : -ENOMEM;

	rc = rc == 0 ? open_ahead(&hub, args->word[0], err) : rc;
	rc = rc == 0 ? ph_ledger_catch_up(ph_hub_ledger(hub), NULL, err) : rc;
	rc = rc == 0 ? bring_all_but(hub, device, 2 * n, &totals, err) : rc;
	for (uint64_t i = 0; rc == 0 && i < 2 * n; i++) {
		struct ph_job *job = new_job(device, PH_JOB_STORE);

		if (!job) {
			rc = -ENOMEM;
			break;
		}
		job->items = next_items(device, &totals);
		ph_hub_jobs(hub, job);
		rc = judge(job);
		ph_job_free(job);
		cpu[i % 2][i / 2] = cpu_now();
		rc = rc == 0 ? ph_ledger_catch_up(ph_hub_ledger(hub), NULL, err) : rc;
		cpu[i % 2][i / 2] = cpu_now() - cpu[i % 2][i / 2];
	}
	if (rc == 0) {
		qsort(cpu[0], n, sizeof(cpu[0][0]), by_size);
		qsort(cpu[1], n, sizeof(cpu[1][0]), by_size);
		printf("{\"few_us\":%.1f,\"many_us\":%.1f}\n", cpu[0][n / 2] * 1e6,
		       cpu[1][n / 2] * 1e6);
	}
	ph_hub_close(hub);
	free_devices(device, 1);
	return bench_fail(err, rc, "folding one entry after the other");
}
