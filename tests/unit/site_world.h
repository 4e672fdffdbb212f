/*
 * tests/unit/site_world.h - a device in a folder of its own and a hub made by hand, for
 * the tests of client/site.h: time stands still, randomness is seeded.
 */
#ifndef TESTS_UNIT_SITE_WORLD_H
#define TESTS_UNIT_SITE_WORLD_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/site.h"
#include "province.h"

#define WORLD_NOW INT64_C(1790100000)

struct world {
	struct province province;
	struct ph_rng_seeded seeded;
	struct ph_now now;
	char base[64];
	char dir[96];
	struct ph_site_config config;
	struct ph_buf invite; /* text */
	struct ph_site *site;
	/* the hub */
	struct ph_db *hub_db;
	struct ph_journal *hub;
	struct ph_writer *control;
	struct ph_epoch epoch;
};

static inline void world_clock(void *data, struct ph_now *now_out)
{
	*now_out = *(struct ph_now *)data;
}

static inline void world_path(const struct world *world, const char *name,
			      char out[static 160])
{
	snprintf(out, 160, "%s/%s", world->dir, name);
}

static inline void world_invite(struct world *world)
{
	struct province *p = &world->province;
	struct ph_buf invite = { 0 };
	struct ph_buf list = { 0 };

	world->invite.len = 0;
	province_must(ph_invite_encode(&p->invite, &p->operator_pair, &invite));
	province_must(ph_keylist_encode(&p->list, &p->root, &list));
	province_must(ph_invite_text(ph_buf_view(&invite), ph_buf_view(&list), p->seed,
				     &world->invite));
	ph_buf_deinit(&invite);
	ph_buf_deinit(&list);
}

static inline void world_hub(struct world *world)
{
	province_must(
		ph_db_open(&world->hub_db,
			   &(struct ph_db_config){ .path = ":memory:",
						   .application = PH_STORE_HUB,
						   .steps = ph_journal_steps,
						   .n_steps = ph_journal_steps_count,
						   .create = true },
			   NULL));
	province_must(ph_journal_open(&world->hub, world->hub_db));
	province_must(ph_writer_new(
		&world->control,
		&(struct ph_writer_config){ .journal = world->hub,
					    .keys = &world->province.hub.sign,
					    .role = PH_ROLE_HUB,
					    .clock = world->config.clock,
					    .rng = world->config.rng },
		NULL));
	province_must(ph_writer_start(world->control, NULL));
	world->epoch.number = 1;
	memset(world->epoch.random, 7, sizeof(world->epoch.random));
}

static inline int world_setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	province_must(world ? 0 : -1);
	province_make(&world->province, 1);
	snprintf(world->base, sizeof(world->base), "/tmp/packhorse-unit.XXXXXX");
	province_must(mkdtemp(world->base) ? 0 : -1);
	snprintf(world->dir, sizeof(world->dir), "%s/site", world->base);
	world->now.wall = WORLD_NOW;
	world->now.mono_ms = 1000;
	world->config = (struct ph_site_config){
		.dir = world->dir,
		.who = "test",
		.clock = { .read = world_clock, .data = &world->now },
	};
	ph_rng_seed(&world->seeded, 2, &world->config.rng);
	world_invite(world);
	world_hub(world);
	*state = world;
	return 0;
}

static inline int world_teardown(void **state)
{
	struct world *world = *state;
	char command[128];

	ph_site_close(world->site);
	ph_writer_free(world->control);
	ph_journal_free(world->hub);
	ph_db_close(world->hub_db);
	ph_buf_wipe(&world->invite);
	snprintf(command, sizeof(command), "rm -rf '%s'", world->base);
	province_must(system(command));
	free(world);
	return 0;
}

static inline int world_join(struct world *world, struct ph_error *err)
{
	return ph_site_join(&world->config, ph_buf_view(&world->invite), err);
}

static inline int world_open(struct world *world, struct ph_error *err)
{
	return ph_site_open(&world->site, &world->config, err);
}

static inline int world_setup_joined(void **state)
{
	struct world *world;

	world_setup(state);
	world = *state;
	province_must(world_join(world, NULL));
	province_must(world_open(world, NULL));
	return 0;
}

/* --- entries --- */

static inline struct ph_entry world_visit(uint64_t count)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_VISIT),
				  .number = PH_KIND_VISIT };

	entry.field[PH_VISIT_COUNT].set = true;
	entry.field[PH_VISIT_COUNT].as.uint = count;
	return entry;
}

static inline struct ph_entry world_reader(const char *name)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_PUT),
				  .number = PH_KIND_READER_PUT };

	entry.sealed[PH_READER_S_NAME].set = true;
	entry.sealed[PH_READER_S_NAME].as.bytes = ph_view_str(name);
	return entry;
}

static inline struct ph_entry world_copy(uint64_t ns, const char *code)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_COPY_PUT),
				  .number = PH_KIND_COPY_PUT };

	entry.field[PH_COPY_COPY].set = true;
	entry.field[PH_COPY_COPY].as.id =
		(struct ph_id){ .ns = ns, .code = ph_view_str(code) };
	entry.field[PH_COPY_SHELF].set = true;
	entry.field[PH_COPY_SHELF].as.bytes = ph_view_str("A1");
	return entry;
}

static inline void world_write(struct world *world, struct ph_entry entry)
{
	province_must(ph_site_write(world->site, &entry, 1, NULL, NULL));
}

static inline void world_visits(struct world *world, unsigned count)
{
	province_must(ph_site_begin(world->site, NULL));
	for (unsigned i = 0; i < count; i++) {
		world_write(world, world_visit(i + 1));
	}
	province_must(ph_site_commit(world->site, NULL));
}

/* --- the hub's side --- */

/* Take ITEMS into the hub's journal; parts are counted, and kept as the hub keeps them. */
static inline int world_take(struct world *world, const struct ph_item *item,
			     unsigned *parts_out)
{
	int rc = 0;

	for (; rc == 0 && item; item = item->next) {
		const struct ph_log *own = ph_site_log(world->site);
		struct ph_log log;

		rc = ph_journal_log_find(world->hub, item->log_id, &log);
		if (rc == PH_JOURNAL_E_NONE) {
			rc = ph_journal_log_add(world->hub, item->log_id, own->key,
						own->site, own->role, &log);
		}
		if (rc == 0 && item->type == PH_ITEM_SEGMENT) {
			struct ph_segment segment;

			ph_item_segment(item, &segment);
			rc = ph_journal_put_segment(world->hub, &log, &segment, NULL);
		} else if (rc == 0) {
			struct ph_buf cipher = { 0 };

			rc = ph_part_seal(item->seed, log.id, item->first,
					  ph_buf_view(&item->body), &cipher);
			if (rc == 0) {
				rc = ph_journal_part_put(
					world->hub, log.row, item->first,
					ph_buf_view(&cipher),
					PH_VIEW(item->seed, PH_SEED_SIZE));
			}
			ph_buf_deinit(&cipher);
			(*parts_out)++;
		}
	}
	return rc;
}

/* The hub's receipt of what it holds of the device's log, as it travels. */
static inline void world_receipt(struct world *world, struct ph_short_receipt *out)
{
	struct ph_receipt receipt = { .epoch = world->epoch,
				      .level = PH_LEVEL_HUB,
				      .time = WORLD_NOW + 60 };
	struct ph_log log;
	size_t n_missing = 0;

	province_must(
		ph_journal_log_find(world->hub, ph_site_log(world->site)->id, &log));
	memcpy(receipt.head.log_id, log.id, sizeof(log.id));
	memcpy(receipt.head.h, log.h, sizeof(log.h));
	receipt.head.n = log.n;
	province_must(ph_journal_parts_missing(world->hub, log.row, receipt.missing,
					       PH_RECEIPT_MISSING_MAX, &n_missing));
	receipt.n_missing = (unsigned)n_missing;
	memset(out, 0, sizeof(*out));
	province_must(ph_receipt_sign(&receipt, world->province.hub.sign.secret,
				      out->signature));
	out->n = log.n;
	out->level = receipt.level;
	out->time = receipt.time;
	out->n_missing = receipt.n_missing;
	memcpy(out->missing, receipt.missing, sizeof(out->missing));
}

/* What the hub holds of the device's log, as a welcome tells it. */
static inline void world_heads(struct world *world, struct ph_welcome *welcome)
{
	struct ph_log log = { 0 };

	memset(welcome, 0, sizeof(*welcome));
	welcome->epoch = world->epoch;
	welcome->time = WORLD_NOW + 60;
	welcome->n_heads = 1;
	if (ph_journal_log_find(world->hub, ph_site_log(world->site)->id, &log) == 0) {
		welcome->head[0].n = log.n;
		memcpy(welcome->head[0].h, log.h, sizeof(log.h));
	}
}

static inline struct ph_job *world_job(enum ph_job_type type)
{
	struct ph_job *job = calloc(1, sizeof(*job));

	province_must(job ? 0 : -1);
	job->type = type;
	return job;
}

/* A hello with its memory, done with at once; how many segments and whether done. */
static inline struct ph_hello *world_hello(struct world *world, size_t flight_max,
					   struct ph_buf *arena)
{
	struct ph_hello *hello = calloc(1, sizeof(*hello));

	province_must(hello ? 0 : -1);
	province_must(ph_site_hello(world->site, flight_max, hello, arena, NULL));
	return hello;
}

/* Hello without a flight, and a welcome of a hub that holds what it holds. */
static inline struct ph_job *world_greet(struct world *world, struct ph_error *err)
{
	struct ph_buf arena = { 0 };
	struct ph_job *job = world_job(PH_JOB_WELCOME);

	free(world_hello(world, 0, &arena));
	ph_buf_deinit(&arena);
	world_heads(world, &job->welcome);
	ph_site_job(world->site, job, err);
	return job;
}

/* LOAD until nothing comes; all of it goes into the hub. Counts. */
struct world_load {
	unsigned jobs, segments, parts;
	size_t largest;
};
static inline struct world_load world_load_all(struct world *world, size_t budget)
{
	struct world_load load = { 0 };
	unsigned parts = 0;

	for (bool more = true; more;) {
		struct ph_job *job = world_job(PH_JOB_LOAD);

		job->budget = budget;
		ph_site_job(world->site, job, NULL);
		province_must(job->result);
		more = job->more && job->items;
		load.jobs++;
		for (const struct ph_item *item = job->items; item; item = item->next) {
			load.segments += item->type == PH_ITEM_SEGMENT;
			load.parts += item->type == PH_ITEM_PART;
			load.largest = item->body.len > load.largest ? item->body.len
								     : load.largest;
		}
		province_must(world_take(world, job->items, &parts));
		ph_job_free(job);
	}
	return load;
}

#endif
