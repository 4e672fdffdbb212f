/*
 * tests/unit/test_storeworker.c - the thread between loop and store, with a store that
 * does what the test says: blocks, counts, fails. That a group is one commit is tested
 * at the hub (test_hub.c).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "daemon/storeworker.h"

#define MANY 100

static struct world {
	uv_loop_t loop;
	struct ph_storeworker *worker;
	uv_thread_t loop_thread;
	/* the store's side */
	uv_sem_t entered, may_go; /* each group, when is_slow */
	bool is_slow;
	int result;     /* of every job */
	int fold_rc[4]; /* in turn, then 0 */
	unsigned group[MANY], n_groups, n_orders;
	const struct ph_job *quiet; /* the one that is looked for */
	unsigned quiet_in;          /* the group that had it */
	_Atomic unsigned n_folds;   /* also looked at while the worker may fold */
	uint64_t folded_at;
	/* the loop's side */
	struct ph_job *back[MANY];
	unsigned n_back, n_orders_back, n_ended;
	unsigned
		greedy; /* owner of jobs that are pushed again once they are back: how often */
	bool is_sated;
	int trouble[4];
	unsigned n_troubles;
	/* what ends the loop's running */
	unsigned want_back, want_orders, want_troubles, want_folds;
	uv_timer_t poll, alarm;
} world;

/* ---- the store ---- */

static void do_jobs(void *hub, struct ph_job *jobs)
{
	assert_ptr_equal(hub, &world);
	world.group[world.n_groups] = 0;
	for (struct ph_job *job = jobs; job; job = job->next) {
		job->result = world.result;
		world.group[world.n_groups]++;
		if (job == world.quiet) {
			world.quiet_in = world.n_groups;
		}
	}
	world.n_groups++;
	if (world.is_slow) {
		uv_sem_post(&world.entered);
		uv_sem_wait(&world.may_go);
	}
}

static json_t *do_command(void *hub, const json_t *request)
{
	const char *command = json_string_value(json_object_get(request, "command"));

	assert_ptr_equal(hub, &world);
	world.n_orders++;
	if (strcmp(command, "memory") == 0) {
		return NULL;
	}
	return json_pack("{s:i, s:i}", "exit", strcmp(command, "bad") == 0 ? 15 : 0,
			 "number", 7);
}

static int do_fold(void *hub)
{
	unsigned i = world.n_folds;

	assert_ptr_equal(hub, &world);
	world.folded_at = uv_hrtime();
	world.n_folds++;
	return i < 4 ? world.fold_rc[i] : 0;
}

static const struct ph_storeworker_ops ops = { do_jobs, do_command, do_fold };

/* ---- the loop ---- */

static void assert_on_loop(void)
{
	uv_thread_t self = uv_thread_self();

	assert_true(uv_thread_equal(&self, &world.loop_thread));
}

static void on_jobs(void *data, struct ph_job *jobs)
{
	(void)data;
	assert_on_loop();
	while (jobs) {
		struct ph_job *next = jobs->next;

		if (jobs->owner == &world.greedy && !world.is_sated) {
			ph_storeworker_push(world.worker, &jobs);
			world.greedy++;
		} else {
			world.back[world.n_back++] = jobs;
		}
		jobs = next;
	}
}

static void on_order(void *data, struct ph_order *order)
{
	(void)data;
	(void)order;
	assert_on_loop();
	world.n_orders_back++;
}

static void on_trouble(void *data, int rc)
{
	(void)data;
	assert_on_loop();
	world.trouble[world.n_troubles++] = rc;
}

static void on_ended(void *data)
{
	(void)data;
	assert_on_loop();
	world.n_ended++;
}

static void on_poll(uv_timer_t *timer)
{
	struct ph_storeworker_counts counts;

	ph_storeworker_counts(world.worker, &counts);
	if (world.n_back >= world.want_back && world.n_orders_back >= world.want_orders &&
	    world.n_troubles >= world.want_troubles && counts.folds >= world.want_folds) {
		uv_stop(timer->loop);
	}
}

static void on_alarm(uv_timer_t *timer)
{
	(void)timer;
	fail_msg("waited too long");
}

/* Run the loop until what is wanted is there. */
static void run_until(unsigned back, unsigned orders, unsigned troubles, unsigned folds)
{
	world.want_back = back;
	world.want_orders = orders;
	world.want_troubles = troubles;
	world.want_folds = folds;
	uv_timer_start(&world.poll, on_poll, 0, 1);
	uv_timer_start(&world.alarm, on_alarm, 20000, 0);
	uv_run(&world.loop, UV_RUN_DEFAULT);
	uv_timer_stop(&world.poll);
	uv_timer_stop(&world.alarm);
}

static struct ph_job *push(enum ph_job_type type)
{
	struct ph_job *job = calloc(1, sizeof(*job));
	struct ph_job *given = job;

	assert_non_null(job);
	job->type = type;
	ph_storeworker_push(world.worker, &job);
	assert_null(job);
	return given;
}

static void order(struct ph_order *order, const char *command, bool extra)
{
	memset(order, 0, sizeof(*order));
	order->request = json_pack("{s:s}", "command", command);
	order->extra = extra ? json_pack("{s:i, s:i}", "number", 8, "more", 9) : NULL;
	ph_storeworker_order(world.worker, order);
}

/* FOLD_RC: of the first fold, which the worker may begin at once. */
static void start_folding(int fold_rc, unsigned quiet_ms, unsigned latest_ms)
{
	memset(&world, 0, sizeof(world));
	assert_int_equal(uv_loop_init(&world.loop), 0);
	assert_int_equal(uv_sem_init(&world.entered, 0), 0);
	assert_int_equal(uv_sem_init(&world.may_go, 0), 0);
	world.loop_thread = uv_thread_self();
	uv_timer_init(&world.loop, &world.poll);
	uv_timer_init(&world.loop, &world.alarm);
	world.fold_rc[0] = fold_rc;
	assert_int_equal(ph_storeworker_start(&world.worker,
					      &(struct ph_storeworker_config){
						      .loop = &world.loop,
						      .hub = &world,
						      .ops = &ops,
						      .on_jobs = on_jobs,
						      .on_order = on_order,
						      .on_trouble = on_trouble,
						      .on_ended = on_ended,
						      .data = &world,
						      .quiet_ms = quiet_ms,
						      .latest_ms = latest_ms,
					      }),
			 0);
}

static void start(unsigned quiet_ms, unsigned latest_ms)
{
	start_folding(0, quiet_ms, latest_ms);
}

/* All that was pushed comes back before the end; then nothing is left. */
static void stop(void)
{
	ph_storeworker_stop(world.worker);
	uv_close((uv_handle_t *)&world.poll, NULL);
	uv_close((uv_handle_t *)&world.alarm, NULL);
	assert_int_equal(uv_run(&world.loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(world.n_ended, 1);
	for (unsigned i = 0; i < world.n_back; i++) {
		free(world.back[i]);
	}
	uv_sem_destroy(&world.entered);
	uv_sem_destroy(&world.may_go);
	assert_int_equal(uv_loop_close(&world.loop), 0);
}

/* ---- tests ---- */

static void move_store(void)
{
	uint64_t before = ph_db_pulse();
	struct ph_db *db = NULL;
	struct ph_stmt *stmt;

	assert_int_equal(
		ph_db_open(&db,
			   &(struct ph_db_config){ .path = ":memory:", .create = true },
			   NULL),
		0);
	assert_int_equal(ph_db_prepare(db, "SELECT 1", &stmt), 0);
	assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);
	ph_stmt_reset(stmt);
	ph_db_close(db);
	assert_true(ph_db_pulse() > before);
}

/* From the moment that a piece of work begins to its end it can be seen that it is at it. */
static void test_busy(void **state)
{
	bool is_command = true;
	uint64_t before, after;

	(void)state;
	start(60000, 60000);
	assert_int_equal(ph_storeworker_busy(world.worker, &is_command), 0);
	world.is_slow = true;
	(void)push(PH_JOB_STORE);
	uv_sem_wait(&world.entered);
	uv_sleep(20);
	before = ph_storeworker_busy(world.worker, &is_command);
	assert_true(before >= 20);
	assert_false(is_command);
	uv_sleep(10);
	after = ph_storeworker_busy(world.worker, &is_command);
	assert_true(after >= before + 10);
	move_store(); /* a long piece of work in which something happens is no hanging */
	assert_true(ph_storeworker_busy(world.worker, &is_command) < after);
	world.is_slow = false;
	uv_sem_post(&world.may_go);
	run_until(1, 0, 0, 0);
	assert_int_equal(ph_storeworker_busy(world.worker, &is_command), 0);
	stop();
}

/* Everything that comes while the store is busy is one group, in the order it came. */
static void test_group(void **state)
{
	struct ph_storeworker_counts counts;
	struct ph_job *pushed[51];

	(void)state;
	start(60000, 60000);
	world.is_slow = true;
	pushed[0] = push(PH_JOB_STORE);
	uv_sem_wait(&world.entered);
	for (unsigned i = 1; i < 51; i++) {
		pushed[i] = push(PH_JOB_STORE);
	}
	uv_sem_post(&world.may_go);
	uv_sem_wait(&world.entered);
	uv_sem_post(&world.may_go);
	run_until(51, 0, 0, 0);
	assert_int_equal(world.n_groups, 2);
	assert_int_equal(world.group[0], 1);
	assert_int_equal(world.group[1], 50);
	assert_memory_equal(world.back, pushed, sizeof(pushed));
	ph_storeworker_counts(world.worker, &counts);
	assert_int_equal(counts.groups, 2);
	assert_int_equal(counts.jobs, 51);
	assert_int_equal(counts.longest_group, 50);
	stop();
}

static void test_orders(void **state)
{
	struct ph_order given[4];

	(void)state;
	start(60000, 60000);
	order(&given[0], "status", true);
	order(&given[1], "status", false);
	order(&given[2], "bad", true);
	order(&given[3], "memory", true);
	run_until(0, 4, 0, 0);
	assert_int_equal(world.n_orders, 4);
	/* what the store says stands; what the loop adds is added to good answers only */
	static const char *const want[] = { "{\"exit\":0,\"number\":7,\"more\":9}",
					    "{\"exit\":0,\"number\":7}",
					    "{\"exit\":15,\"number\":7}", "" };
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(given[i].answer.len, strlen(want[i]));
		assert_memory_equal(given[i].answer.data ? (char *)given[i].answer.data
							 : "",
				    want[i], given[i].answer.len);
		ph_order_deinit(&given[i]);
	}
	stop();
}

/* Commands do not starve jobs, nor the other way round: they take turns. */
static void test_turns(void **state)
{
	struct ph_order given[3];

	(void)state;
	start(60000, 60000);
	world.is_slow = true;
	push(PH_JOB_LOAD);
	uv_sem_wait(&world.entered);
	for (unsigned i = 0; i < 3; i++) {
		order(&given[i], "status", false);
	}
	push(PH_JOB_LOAD);
	uv_sem_post(&world.may_go);
	uv_sem_wait(&world.entered); /* the second group: at most one command before it */
	assert_true(world.n_orders <= 1);
	uv_sem_post(&world.may_go);
	run_until(2, 3, 0, 0);
	for (unsigned i = 0; i < 3; i++) {
		ph_order_deinit(&given[i]);
	}
	stop();
}

/*
 * docs/decisions/0036: a site with one job beside many that always have another waits for
 * the group at work, and for no more of them than share its own.
 */
static void test_quiet_beside_greedy(void **state)
{
	enum {
		GREEDY = 20,
		ROUNDS = 12
	};
	unsigned begun, beside = 0;

	(void)state;
	start(60000, 60000);
	world.is_slow = true;
	for (unsigned i = 0; i < GREEDY; i++) {
		push(PH_JOB_STORE)->owner = &world.greedy;
		if (i ==
		    0) { /* one is at work, the others wait: so it goes on in turns */
			uv_sem_wait(&world.entered);
		}
	}
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (i > 0) {
			uv_sem_wait(&world.entered);
		}
		/* those of the group before are pushed again, ahead of the quiet one */
		uv_run(&world.loop, UV_RUN_NOWAIT);
		begun = world.n_groups;
		world.quiet_in = MANY;
		world.quiet = push(PH_JOB_STORE);
		uv_sem_post(&world.may_go);
		uv_sem_wait(&world.entered);
		assert_int_equal(world.quiet_in, begun);
		assert_true(world.group[begun] <= GREEDY + 1);
		beside += world.group[begun] - 1;
		uv_run(&world.loop, UV_RUN_NOWAIT);
		uv_sem_post(&world.may_go);
	}
	uv_sem_wait(&world.entered);
	world.is_sated = true;
	world.is_slow = false;
	uv_sem_post(&world.may_go);
	run_until(GREEDY + ROUNDS, 0, 0, 0);
	print_message("# %u pushed again, %u jobs beside the quiet ones\n", world.greedy,
		      beside);
	assert_true(world.greedy > ROUNDS && beside == ROUNDS * (GREEDY - 1));
	stop();
}

static void test_fold_when_quiet(void **state)
{
	(void)state;
	start_folding(1, 30, 60000); /* there is more: at once again */
	run_until(0, 0, 0, 2);       /* what was left by an earlier process */
	uint64_t before = uv_hrtime();
	push(PH_JOB_STORE);
	run_until(1, 0, 0, 3);
	assert_true(world.folded_at - before >= 30 * UINT64_C(1000000));
	/* a job that stores nothing gives nothing to fold */
	push(PH_JOB_LOAD);
	run_until(2, 0, 0, 0);
	uv_sleep(80);
	assert_int_equal(world.n_folds, 3);
	stop();
}

/* With jobs coming all the time it is folded all the same, and no more often than that. */
static void test_fold_at_the_latest(void **state)
{
	uint64_t began = uv_hrtime();

	(void)state;
	start(60000, 50);
	for (unsigned i = 0; i < 30; i++) {
		push(PH_JOB_STORE);
		run_until(i + 1, 0, 0, 0);
		uv_sleep(5);
	}
	assert_true(world.n_folds >= 1);
	/* the first is what was left by an earlier process */
	assert_true(world.n_folds <=
		    1 + (uv_hrtime() - began) / (50 * UINT64_C(1000000)));
	stop();
}

static void test_fold_fails(void **state)
{
	(void)state;
	start_folding(-ENOSPC, 1, 1);
	run_until(0, 0, 1, 1);
	assert_int_equal(world.trouble[0], -ENOSPC);
	uv_sleep(30); /* not again at once */
	assert_int_equal(world.n_folds, 1);
	/* the store goes on */
	push(PH_JOB_STORE);
	run_until(1, 0, 0, 0);
	stop();
}

static void test_io_error(void **state)
{
	(void)state;
	start(1, 1);
	run_until(0, 0, 0, 1);
	world.result = -EIO;
	push(PH_JOB_STORE);
	run_until(1, 0, 1, 0);
	assert_int_equal(world.trouble[0], -EIO);
	/* jobs still come back, but it is told once and nothing is folded any more */
	push(PH_JOB_STORE);
	run_until(2, 0, 0, 0);
	uv_sleep(30);
	assert_int_equal(world.n_troubles, 1);
	assert_int_equal(world.n_folds, 1);
	assert_int_equal(world.back[1]->result, -EIO);
	stop();
}

static void test_io_error_in_fold(void **state)
{
	(void)state;
	start_folding(-EIO, 1, 1);
	run_until(0, 0, 1, 1);
	assert_int_equal(world.trouble[0], -EIO);
	stop();
}

/* A command may be done, and what it met behind that, as it folded, is told by no answer. */
static void test_io_error_behind_an_order(void **state)
{
	struct ph_order given;

	(void)state;
	start(1, 1);
	run_until(0, 0, 0, 1);
	world.fold_rc[1] = -EIO;
	order(&given, "status", false);
	run_until(0, 1, 1, 2);
	assert_int_equal(world.trouble[0], -EIO);
	ph_order_deinit(&given);
	stop();
}

/* Another failure of one job is that session's business. */
static void test_other_error(void **state)
{
	(void)state;
	start(60000, 60000);
	world.result = -ENOSPC;
	push(PH_JOB_STORE);
	run_until(1, 0, 0, 0);
	assert_int_equal(world.n_troubles, 0);
	stop();
}

/* A stop while the store is busy: what is queued is done and comes back first. */
static void test_stop_with_work(void **state)
{
	struct ph_order given;

	(void)state;
	start(60000, 60000);
	world.is_slow = true;
	push(PH_JOB_STORE);
	uv_sem_wait(&world.entered);
	push(PH_JOB_STORE);
	push(PH_JOB_STORE);
	order(&given, "status", false);
	uv_sem_post(&world.may_go);
	uv_sem_post(&world.may_go);
	stop();
	assert_int_equal(world.n_back, 3);
	assert_int_equal(world.n_orders_back, 1);
	ph_order_deinit(&given);
}

/* There is no room for the stack of its thread: that is no memory, not another who holds the folder. */
static void test_no_room_for_its_stack(void **state)
{
	struct ph_storeworker *worker = NULL;
	struct rlimit before, huge;
	uv_loop_t loop;
	int rc;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(getrlimit(RLIMIT_STACK, &before), 0);
	huge = (struct rlimit){ (rlim_t)1 << 50, before.rlim_max };
	if (setrlimit(RLIMIT_STACK, &huge) != 0) { /* which libuv gives each thread */
		assert_int_equal(uv_loop_close(&loop), 0);
		skip();
	}
	rc = ph_storeworker_start(
		&worker, &(struct ph_storeworker_config){ .loop = &loop, .ops = &ops });
	assert_int_equal(setrlimit(RLIMIT_STACK, &before), 0);
	assert_int_equal(rc, -ENOMEM);
	assert_null(worker);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_quiet_beside_greedy),
		cmocka_unit_test(test_fold_when_quiet),
		cmocka_unit_test(test_fold_at_the_latest),
		cmocka_unit_test(test_fold_fails),
		cmocka_unit_test(test_io_error),
		cmocka_unit_test(test_io_error_in_fold),
		cmocka_unit_test(test_io_error_behind_an_order),
		cmocka_unit_test(test_other_error),
		cmocka_unit_test(test_stop_with_work),
		cmocka_unit_test(test_no_room_for_its_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
