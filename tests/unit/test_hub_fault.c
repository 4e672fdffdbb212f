/*
 * tests/unit/test_hub_fault.c - the hub on a disk that fails: nothing is acknowledged
 * that was not committed, a full disk passes, an I/O error stops the hub for good.
 */
#include "tests/unit/hub_room.h"

#define CROWD 3

/* A hub and some devices that it knows, each with something new to bring. */
struct scene {
	struct hub_room room;
	struct member member[CROWD];
};

static void scene_open(struct scene *scene)
{
	hub_open(&scene->room);
	for (unsigned i = 0; i < CROWD; i++) {
		struct member *member = &scene->member[i];

		member_open(&scene->room, member, 1 + i, "14-0371");
		write_visits(member, 2);
		expect_job(&scene->room, hello_of(member, all_item(member, 0)), 0);
		write_visits(member, 3);
	}
}

static void scene_close(struct scene *scene)
{
	for (unsigned i = 0; i < CROWD; i++) {
		member_close(&scene->member[i]);
	}
	hub_close(&scene->room);
}

static struct ph_job *store_all(struct member *member)
{
	return store_of(member, all_item(member, 0));
}

/* A group: a HELLO of the first, a STORE of each other, a HEARD at the end. */
static void make_group(struct scene *scene, struct ph_job *jobs[CROWD + 1])
{
	jobs[0] = hello_of(&scene->member[0], all_item(&scene->member[0], 0));
	for (unsigned i = 1; i < CROWD; i++) {
		jobs[i] = store_all(&scene->member[i]);
	}
	jobs[CROWD] = job_of(&scene->member[0], PH_JOB_HEARD, NULL);
	for (unsigned i = 0; i < CROWD; i++) {
		jobs[i]->next = jobs[i + 1];
	}
}

static void free_group(struct ph_job *jobs[CROWD + 1])
{
	for (unsigned i = 0; i <= CROWD; i++) {
		ph_job_free(jobs[i]);
	}
}

static void assert_nothing_kept(struct scene *scene)
{
	for (unsigned i = 0; i < CROWD; i++) {
		assert_int_equal(held_n(&scene->room, &scene->member[i]),
				 own_log(&scene->member[i])->n - 3);
	}
	assert_int_equal(hub_says(&scene->room, "last_heard"), 0);
}

static void assert_no_receipts(struct ph_job *jobs[CROWD + 1])
{
	for (unsigned i = 0; i <= CROWD; i++) {
		assert_int_equal(jobs[i]->n_receipts, 0);
		assert_int_equal(jobs[i]->welcome.n_receipts, 0);
	}
}

/* --- a full disk --- */

static void test_full_disk(void **state)
{
	bool done = false;

	(void)state;
	for (int after = 0; !done; after++) {
		struct scene s;
		struct ph_job *jobs[CROWD + 1];

		scene_open(&s);
		make_group(&s, jobs);
		disk.hits = 0;
		disk.fault = FAIL_FULL;
		disk.after = after;
		ph_hub_jobs(s.room.hub, jobs[0]);
		disk.fault = NO_FAULT;
		done = disk.hits == 0;
		if (!done) {
			assert_int_equal(jobs[0]->result, 0);
			assert_int_equal(jobs[0]->welcome.status, PH_STATUS_LATER);
			assert_false(jobs[0]->more);
			assert_false(s.member[0].peer.known);
			for (unsigned i = 1; i <= CROWD; i++) {
				assert_int_equal(jobs[i]->result, -ENOSPC);
			}
			assert_no_receipts(jobs);
			assert_nothing_kept(&s);
		}
		free_group(jobs);

		/* it passes: the same again, without a restart */
		for (unsigned i = 0; i < CROWD; i++) {
			expect_job(&s.room,
				   hello_of(&s.member[i], all_item(&s.member[i], 0)), 0);
			assert_true(s.member[i].peer.known);
			assert_int_equal(held_n(&s.room, &s.member[i]),
					 own_log(&s.member[i])->n);
		}
		scene_close(&s);
	}
}

/* A store that may not grow: found out in the middle of a group, before any write. */
static void test_no_room_in_the_store(void **state)
{
	struct scene s;
	struct ph_job *jobs[CROWD + 1];
	struct ph_db *db;

	(void)state;
	scene_open(&s);
	db = ph_journal_db(ph_hub_journal(s.room.hub));
	for (unsigned i = 0; i < 200; i++) {
		write_visits(&s.member[1], 1);
	}
	make_group(&s, jobs);
	assert_int_equal(
		count_of(&(struct room){ .db = db }, "PRAGMA max_page_count=1") > 1, 1);
	ph_hub_jobs(s.room.hub, jobs[0]);
	assert_int_equal(jobs[0]->result, 0);
	assert_int_equal(jobs[0]->welcome.status, PH_STATUS_LATER);
	for (unsigned i = 1; i <= CROWD; i++) {
		assert_int_equal(jobs[i]->result, -ENOSPC);
	}
	assert_no_receipts(jobs);
	free_group(jobs);
	(void)count_of(&(struct room){ .db = db }, "PRAGMA max_page_count=1000000");
	make_group(&s, jobs);
	ph_hub_jobs(s.room.hub, jobs[0]);
	for (unsigned i = 0; i < CROWD; i++) {
		assert_int_equal(jobs[i]->result, 0);
		assert_int_equal(held_n(&s.room, &s.member[i]), own_log(&s.member[i])->n);
	}
	free_group(jobs);
	scene_close(&s);
}

/* A device that is new when the disk is full is let in when it comes again. */
static void test_full_disk_before_admission(void **state)
{
	struct hub_room room;
	struct member member;
	int64_t control;

	(void)state;
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	control = hub_says(&room, "control_entries");
	disk.fault = FAIL_FULL;

	struct ph_job *job = carry_out(&room, hello_of(&member, NULL));

	assert_int_equal(disk.hits, 1);
	assert_int_equal(job->result, 0);
	assert_int_equal(job->welcome.status, PH_STATUS_LATER);
	assert_false(job->more);
	assert_int_equal(hub_says(&room, "devices"), 0);
	assert_int_equal(hub_says(&room, "control_entries"), control);
	ph_job_free(job);
	be_admitted(&room, &member);
	assert_int_equal(hub_says(&room, "devices"), 1);
	member_close(&member);
	hub_close(&room);
}

/* --- one job of a group --- */

/* A job that fails at its second item leaves nothing of the first; the others go on. */
static void test_one_of_a_group(void **state)
{
	struct scene s;
	struct member *damaged = &s.member[1], *other = &s.member[2];
	struct ph_item *item;
	struct ph_job *job;
	struct ph_db *db;
	uint64_t reader, before;

	(void)state;
	scene_open(&s);
	db = ph_journal_db(ph_hub_journal(s.room.hub));
	reader = write_reader(damaged, "Lò Thị Mai");
	expect_job(&s.room, store_all(damaged), 0);
	before = held_n(&s.room, damaged);
	assert_int_equal(ph_db_exec(db, "CREATE TEMP TABLE kept AS SELECT * FROM part;"
					"UPDATE part SET commit_hash = x'00'"),
			 0);
	write_visits(damaged, 2);
	item = all_item(damaged, before);
	item->next = part_item(damaged, reader);
	job = store_of(damaged, item);
	job->next = store_all(other);
	ph_hub_jobs(s.room.hub, job);
	assert_int_equal(job->result, -EUCLEAN);
	assert_int_equal(job->n_receipts, 0);
	assert_int_equal(held_n(&s.room, damaged), before);
	assert_int_equal(job->next->result, 0);
	assert_int_equal(job->next->n_receipts, 1);
	assert_int_equal(held_n(&s.room, other), own_log(other)->n);
	ph_job_free(job->next);
	ph_job_free(job);
	assert_int_equal(ph_db_exec(db,
				    "UPDATE part SET commit_hash = (SELECT commit_hash"
				    " FROM kept WHERE kept.id = part.id)"),
			 0);
	scene_close(&s);
}

/* --- an I/O error --- */

static void io_error(enum fault fault)
{
	bool done = false;

	for (int after = 0; !done; after++) {
		struct scene s;
		struct ph_job *jobs[CROWD + 1];

		scene_open(&s);
		make_group(&s, jobs);
		disk.hits = 0;
		disk.fault = fault;
		disk.after = after;
		ph_hub_jobs(s.room.hub, jobs[0]);
		disk.fault = NO_FAULT;
		done = disk.hits == 0;
		if (done) {
			free_group(jobs);
			scene_close(&s);
			break;
		}
		for (unsigned i = 0; i <= CROWD; i++) {
			assert_int_equal(jobs[i]->result, -EIO);
		}
		assert_no_receipts(jobs);
		free_group(jobs);

		/* the disk is fine again, but what it lost is not known: stopped for good */
		for (unsigned i = 0; i < 3; i++) {
			make_group(&s, jobs);
			ph_hub_jobs(s.room.hub, jobs[0]);
			for (unsigned k = 0; k <= CROWD; k++) {
				assert_int_equal(jobs[k]->result, -EIO);
			}
			assert_no_receipts(jobs);
			free_group(jobs);
		}

		json_t *request = json_pack("{s:s}", "command", "status");
		json_t *answer = ph_hub_command(s.room.hub, request);

		assert_int_equal(json_integer_value(json_object_get(answer, "exit")),
				 PH_EXIT_DAMAGED);
		assert_non_null(json_object_get(answer, "error"));
		json_decref(answer);
		json_decref(request);

		/* started again and checked, it goes on; each log is whole, old or new */
		hub_restart(&s.room);
		hub_verify(&s.room);
		for (unsigned i = 0; i < CROWD; i++) {
			uint64_t n = held_n(&s.room, &s.member[i]);

			assert_true(n == own_log(&s.member[i])->n ||
				    n == own_log(&s.member[i])->n - 3);
			expect_job(&s.room,
				   hello_of(&s.member[i], all_item(&s.member[i], 0)), 0);
			assert_int_equal(held_n(&s.room, &s.member[i]),
					 own_log(&s.member[i])->n);
		}
		scene_close(&s);
	}
}

static void test_failing_write(void **state)
{
	(void)state;
	io_error(FAIL_WRITE);
}

static void test_failing_fsync(void **state)
{
	(void)state;
	io_error(FAIL_SYNC);
}

/* At whatever write a command meets the error, also behind its commit, a fold tells of it. */
static void test_error_behind_a_command(void **state)
{
	bool done = false, answered = false;

	(void)state;
	for (int after = 0; !done; after++) {
		struct scene s;
		json_t *request = json_pack("{s:s, s:s, s:s}", "command", "policy-set",
					    "name", "loan-term-days", "value", "30");
		json_t *answer;

		scene_open(&s);
		json_decref(ask(&s.room, json_pack("{s:s}", "command", "status")));
		disk.hits = 0;
		disk.fault = FAIL_WRITE;
		disk.after = after;
		answer = ph_hub_command(s.room.hub, request);
		disk.fault = NO_FAULT;
		done = disk.hits == 0;
		if (!done) {
			json_t *exit = json_object_get(answer, "exit");

			answered = answered || json_integer_value(exit) == 0;
			assert_int_equal(ph_hub_fold(s.room.hub), -EIO);
			hub_restart(&s.room);
		}
		json_decref(answer);
		json_decref(request);
		scene_close(&s);
	}
	assert_true(answered);
}

/* A local command that meets the error stops the hub for sessions too. */
static void test_failing_command(void **state)
{
	struct scene s;
	json_t *request = json_pack("{s:s, s:s, s:s}", "command", "policy-set", "name",
				    "loan-term-days", "value", "30");
	json_t *answer;

	(void)state;
	scene_open(&s);
	json_decref(ask(&s.room, json_pack("{s:s}", "command", "status")));
	disk.hits = 0;
	disk.fault = FAIL_SYNC;
	answer = ph_hub_command(s.room.hub, request);
	assert_int_equal(disk.hits, 1);
	assert_int_not_equal(json_integer_value(json_object_get(answer, "exit")), 0);
	json_decref(answer);
	expect_job(&s.room, store_all(&s.member[0]), -EIO);
	answer = ph_hub_command(s.room.hub, request);
	assert_int_equal(json_integer_value(json_object_get(answer, "exit")),
			 PH_EXIT_DAMAGED);
	json_decref(answer);
	json_decref(request);
	hub_restart(&s.room);
	expect_job(&s.room, hello_of(&s.member[0], all_item(&s.member[0], 0)), 0);
	scene_close(&s);
}

/* Folding is no acknowledgement; but an I/O error there is one as well. */
static void test_failing_fold(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	disk.hits = 0;
	disk.fault = FAIL_SYNC;
	assert_true(ph_hub_fold(s.room.hub) < 0);
	assert_int_equal(disk.hits, 1);
	expect_job(&s.room, store_all(&s.member[0]), -EIO);
	hub_restart(&s.room);
	assert_int_equal(ph_hub_fold(s.room.hub), 0);
	expect_job(&s.room, hello_of(&s.member[0], all_item(&s.member[0], 0)), 0);
	scene_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_no_room_in_the_store),
		cmocka_unit_test(test_full_disk_before_admission),
		cmocka_unit_test(test_one_of_a_group),
		cmocka_unit_test(test_failing_write),
		cmocka_unit_test(test_failing_fsync),
		cmocka_unit_test(test_error_behind_a_command),
		cmocka_unit_test(test_failing_command),
		cmocka_unit_test(test_failing_fold),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
