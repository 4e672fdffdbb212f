/*
 * Tests of measuring beside a session that is at work with the same site (client/site_aside.c,
 * client/site_dry.c, ph_site_measure()), and of it in between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/budget.h"
#include "client/site_bundle.h"
#include "client/site_dry.h"
#include "client/site_internal.h"
#include "site_world.h"

#define VISITS 1500

/* By this clock, if it hurries, every piece of work takes a moment. */
static bool hurries;

static void read_hurried(void *data, struct ph_now *now_out)
{
	struct ph_now *now = data;

	now->mono_ms += hurries ? 60 : 0;
	*now_out = *now;
}

static int setup_hurried(void **state)
{
	struct world *world;

	world_setup(state);
	world = *state;
	world->config.clock.read = read_hurried;
	province_must(world_join(world, NULL));
	province_must(world_open(world, NULL));
	return 0;
}

#define HURRIED(test) cmocka_unit_test_setup_teardown(test, setup_hurried, world_teardown)

static void load_a_segment(struct world *world)
{
	struct ph_job *job = world_job(PH_JOB_LOAD);
	unsigned parts = 0;

	job->budget = 1;
	ph_site_job(world->site, job, NULL);
	province_must(job->result);
	province_must(world_take(world, job->items, &parts));
	ph_job_free(job);
}

/* On, where it was: the hub has all of it, and nothing went twice. */
static void assert_goes_on(struct world *world)
{
	struct ph_site_moved moved;
	struct ph_log log;

	world_load_all(world, 64 * 1024);
	ph_site_moved(world->site, &moved);
	assert_int_equal(moved.entries_sent, VISITS + 2);
	assert_int_equal(
		ph_journal_log_find(world->hub, ph_site_log(world->site)->id, &log), 0);
	assert_int_equal(log.n, VISITS + 2);
}

/* The session has the site between two pieces of the plan, the first eight times. */
static unsigned n_between;

static void go_on(void *data)
{
	struct world *world = data;

	province_must(ph_site_resume(world->site, NULL));
	if (n_between < 8) {
		load_a_segment(world);
	}
	n_between++;
	ph_site_pause(world->site);
}

/*
 * A session has sent one segment when somebody asks what waits and what a sync would carry (`plan`,
 * at an agent): both are told of all, and the session goes on where it was, nothing twice.
 */
static void plan_meanwhile(struct world *world, void (*between)(void *data))
{
	struct ph_error err = { 0 };
	struct ph_site_measured measured;
	struct ph_site_aside aside;
	struct ph_site_dry plan;

	world_visits(world, VISITS);
	ph_job_free(world_greet(world, &err));
	load_a_segment(world);
	hurries = between != NULL;
	assert_int_equal(ph_site_aside_begin(&aside, world->site, between, world), 0);
	assert_int_equal(ph_site_measure(&aside, &measured, &err), 0);
	assert_int_equal(measured.entries, VISITS + 2);
	assert_int_equal(ph_site_dry_run(&aside, PH_BUDGET_NONE, &plan, &err), 0);
	assert_int_equal(plan.entries, VISITS + 2);
	assert_int_equal(ph_site_dry_run(&aside, PH_BUDGET_LEAST, &plan, &err), 0);
	assert_true(plan.entries < VISITS + 2);
	ph_site_aside_end(&aside);
	hurries = false;
	assert_goes_on(world);
}

static void test_planned_meanwhile(void **state)
{
	plan_meanwhile(*state, NULL);
}

static void test_planned_between(void **state)
{
	n_between = 0;
	plan_meanwhile(*state, go_on);
	assert_true(n_between > 8);
}

static void take_away(void *data)
{
	struct world *world = data;
	char path[160];
	char away[160];

	world_path(world, "site.db", path);
	world_path(world, "site.db.away", away);
	province_must(rename(path, away));
}

static void bring_back(struct world *world)
{
	struct ph_error err = { 0 };
	char path[160];
	char away[160];

	world_path(world, "site.db", path);
	world_path(world, "site.db.away", away);
	province_must(rename(away, path));
	assert_int_equal(ph_site_resume(world->site, &err), 0);
}

/* The store is gone when it is to go on: that is said, and what the session keeps is its own. */
static void test_lost_between(void **state)
{
	struct world *world = *state;
	struct ph_site_measured measured = { 0 };
	struct ph_site_aside aside;
	struct ph_error err = { 0 };
	struct ph_site_moved before;
	struct ph_site_moved after;

	world_visits(world, VISITS);
	ph_job_free(world_greet(world, &err));
	load_a_segment(world);
	ph_site_moved(world->site, &before);
	hurries = true;
	assert_int_equal(ph_site_aside_begin(&aside, world->site, take_away, world), 0);
	assert_true(ph_site_measure(&aside, &measured, &err) < 0);
	ph_site_aside_end(&aside);
	hurries = false;
	assert_true(err.text[0] != '\0');
	assert_int_equal(measured.entries, 0);
	ph_site_moved(world->site, &after);
	assert_int_equal(after.entries_sent, before.entries_sent);
	bring_back(world);
	assert_goes_on(world);
}

/* The same of a sync with nobody: the session, whose budget is short, goes on sending parts last. */
static void test_lost_in_a_plan(void **state)
{
	struct world *world = *state;
	struct ph_site_aside aside;
	struct ph_site_dry plan = { 0 };
	struct ph_error err = { 0 };

	world_visits(world, VISITS);
	ph_job_free(world_greet(world, &err));
	world->site->parts_last = true; /* as budget.c says */
	load_a_segment(world);
	hurries = true;
	assert_int_equal(ph_site_aside_begin(&aside, world->site, take_away, world), 0);
	assert_true(ph_site_dry_run(&aside, PH_BUDGET_NONE, &plan, &err) < 0);
	assert_true(aside.is_lost);
	ph_site_aside_end(&aside);
	hurries = false;
	assert_true(err.text[0] != '\0');
	assert_int_equal(plan.sessions, 0);
	assert_true(world->site->parts_last);
	bring_back(world);
	assert_goes_on(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HURRIED(test_planned_meanwhile),
		HURRIED(test_planned_between),
		HURRIED(test_lost_between),
		HURRIED(test_lost_in_a_plan),
	};

	return ph_crypto_start() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
