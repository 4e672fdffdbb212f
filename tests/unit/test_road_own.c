/*
 * What comes down of a device's own log to one whose folder was copied, while it has entries that
 * the hub has not, or is on another branch (daemon/hub_own.c): what it lacks, and nothing else,
 * however often the link breaks.
 */
#include "tests/unit/road_world.h"

enum {
	READERS =
		400, /* in the log when it is copied: some four times what a LINK brings */
	LINK = 6000, /* bytes each way until it dies */
	SESSIONS = 60,
};

struct copied {
	struct hub_room room;
	struct pc pc, copy;
	uint8_t log_id[PH_LOG_ID_SIZE]; /* that both write */
	uint64_t shared;                /* entries of it that both have, and the hub */
};

static struct {
	const uint8_t *log_id;
	uint64_t entries; /* of that log, that came down */
	uint64_t parts;
} seen;

static void look(struct ph_job *job, enum ph_side side, bool done)
{
	if (side != PH_SIDE_DEVICE || done || job->type != PH_JOB_STORE) {
		return;
	}
	for (const struct ph_item *item = job->items; item != NULL; item = item->next) {
		if (memcmp(item->log_id, seen.log_id, PH_LOG_ID_SIZE) != 0) {
			continue;
		}
		if (item->type == PH_ITEM_PART) {
			seen.parts++;
		} else {
			seen.entries += item->last - item->first + 1;
		}
	}
}

static void readers(struct pc *pc, unsigned count)
{
	assert_int_equal(ph_site_begin(pc->site, NULL), 0);
	for (unsigned i = 0; i < count; i++) {
		char name[64];

		snprintf(name, sizeof(name), "Lò Văn Pánh %u", i * 7919 % 1000);
		(void)pc_reader(pc, name);
	}
	assert_int_equal(ph_site_commit(pc->site, NULL), 0);
}

/* A copy of PC's folder on a second machine, which does not notice it: its witness is as a power cut leaves it. */
static void copy_unnoticed(struct pc *copy, struct pc *pc)
{
	char path[160];

	pc_copy(pc, "", ".copy");
	*copy = *pc;
	copy->site = NULL;
	snprintf(copy->dir, sizeof(copy->dir), "%s.copy", pc->dir);
	copy->config.dir = copy->dir;
	ph_rng_seed(&copy->state, 77, &copy->config.rng);
	snprintf(path, sizeof(path), "%s/witness", copy->dir);
	assert_int_equal(truncate(path, 0), 0);
	pc_open(copy);
}

static int set_up(void **state)
{
	struct copied *copied = calloc(1, sizeof(*copied));

	assert_non_null(copied);
	hub_open(&copied->room);
	pc_join(&copied->room, &copied->pc, "14-0371", "pc", 1);
	readers(&copied->pc, READERS);
	sync_pc(&copied->room, &copied->pc);
	pc_confirm(&copied->room, &copied->pc);
	sync_pc(&copied->room, &copied->pc);
	sync_pc(&copied->room, &copied->pc);
	memcpy(copied->log_id, ph_site_log(copied->pc.site)->id, PH_LOG_ID_SIZE);
	copied->shared = ph_site_log(copied->pc.site)->n;
	copy_unnoticed(&copied->copy, &copied->pc);
	memset(&seen, 0, sizeof(seen));
	seen.log_id = copied->log_id;
	road_tamper = look;
	road_resumes = true;
	*state = copied;
	return 0;
}

static int tear_down(void **state)
{
	struct copied *copied = *state;

	road_tamper = NULL;
	road_resumes = false;
	ph_unfinished_deinit(&road_partial);
	pc_close(&copied->copy);
	pc_end(&copied->pc);
	hub_close(&copied->room);
	free(copied);
	return 0;
}

/* It finds itself on another machine. */
static void notices(struct pc *pc)
{
	struct ph_error err = { 0 };

	assert_int_equal(ph_site_put_back(pc->site, &err), 0);
}

/* Sessions of PC over links that die, until one is whole: how many. */
static unsigned until_whole(struct copied *copied, struct pc *pc)
{
	unsigned sessions = 1;

	while (!drive(&copied->room, pc, (struct drive){ LINK, LINK }).complete) {
		pc_close(pc); /* as `packhorse sync` does: a process each */
		pc_open(pc);
		assert_true(++sessions < SESSIONS);
	}
	return sessions;
}

struct summing {
	struct ph_journal *journal;
	uint64_t n;
	size_t missing;
};

static int sum(void *data, const struct ph_log *log)
{
	struct summing *summing = data;
	size_t missing = 0;
	uint64_t n;

	summing->n += log->n - log->base;
	assert_int_equal(
		ph_journal_parts_missing(summing->journal, log->row, &n, 1, &missing), 0);
	summing->missing += missing;
	return 0;
}

/* Entries of the log, each once, on all branches, and no part is missing. */
static uint64_t held(struct copied *copied, struct ph_journal *journal)
{
	struct summing summing = { .journal = journal };

	assert_int_equal(
		ph_journal_log_branch_each(journal, copied->log_id, sum, &summing), 0);
	assert_int_equal(summing.missing, 0);
	return summing.n;
}

static void assert_held(struct copied *copied, struct pc *pc, uint64_t n)
{
	assert_int_equal(held(copied, ph_hub_journal(copied->room.hub)), n);
	assert_int_equal(held(copied, ph_site_journal(pc->site)), n);
}

/* It has entries waiting, and lacks nothing. */
static void test_waiting(void **state)
{
	struct copied *copied = *state;

	readers(&copied->copy, 5);
	notices(&copied->copy);
	sync_pc(&copied->room, &copied->copy);
	assert_held(copied, &copied->copy, copied->shared + 5);
	assert_int_equal(seen.entries, 0);
	/* now that its end is known nothing more comes either */
	sync_pc(&copied->room, &copied->copy);
	assert_int_equal(seen.entries + seen.parts, 0);
}

/* The same of more than one link carries: each session goes on where the last one broke. */
static void test_many_waiting(void **state)
{
	struct copied *copied = *state;
	unsigned sessions;

	readers(&copied->copy, READERS);
	notices(&copied->copy);
	sessions = until_whole(copied, &copied->copy);
	print_message("# %u readers up in %u sessions of %u bytes each way\n", READERS,
		      sessions, LINK);
	assert_held(copied, &copied->copy, copied->shared + READERS);
	assert_int_equal(seen.entries, 0);
}

/* Both went on: each is sent what the other wrote, from where they part. */
static void test_branches(void **state)
{
	struct copied *copied = *state;

	readers(&copied->pc, 7);
	sync_pc(&copied->room, &copied->pc);
	readers(&copied->copy, 5);
	sync_pc(&copied->room, &copied->copy);
	assert_int_equal(hub_says(&copied->room, "forked_logs"), 1);
	assert_int_equal(seen.entries, 0);
	sync_pc(&copied->room, &copied->copy);
	assert_int_equal(seen.entries, 7);
	assert_held(copied, &copied->copy, copied->shared + 7 + 5);

	sync_pc(&copied->room, &copied->pc);
	sync_pc(&copied->room, &copied->pc);
	assert_int_equal(seen.entries, 7 + 5);
	assert_held(copied, &copied->pc, copied->shared + 7 + 5);
}

/* What it brings shows where it parts from the others: what it lacks comes in the same session. */
static void test_branch_waiting(void **state)
{
	struct copied *copied = *state;

	readers(&copied->pc, 7);
	sync_pc(&copied->room, &copied->pc);
	readers(&copied->copy, 5);
	notices(&copied->copy);
	sync_pc(&copied->room, &copied->copy);
	assert_int_equal(hub_says(&copied->room, "forked_logs"), 1);
	assert_int_equal(seen.entries, 7);
	assert_held(copied, &copied->copy, copied->shared + 7 + 5);
}

/* Much on both sides, over links that break: nothing comes twice but what was under way. */
static void test_branches_over_cuts(void **state)
{
	struct copied *copied = *state;
	unsigned sessions;

	readers(&copied->pc, READERS);
	sync_pc(&copied->room, &copied->pc);
	readers(&copied->copy, READERS);
	notices(&copied->copy);
	sessions = until_whole(copied, &copied->copy);
	print_message("# %u readers up and %u down in %u sessions of %u bytes each way\n",
		      READERS, READERS, sessions, LINK);
	assert_int_equal(hub_says(&copied->room, "forked_logs"), 1);
	assert_held(copied, &copied->copy, copied->shared + 2 * READERS);
	assert_true(seen.entries < 2 * READERS);
}

int main(void)
{
#define COPIED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		COPIED(test_waiting),
		COPIED(test_many_waiting),
		COPIED(test_branches),
		COPIED(test_branch_waiting),
		COPIED(test_branches_over_cuts),
	};

	return cmocka_run_group_tests_name("road_own", tests, make_pattern,
					   remove_pattern);
}
