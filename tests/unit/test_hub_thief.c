/*
 * tests/unit/test_hub_thief.c - what a thief gets of a hub that was put back: who was cut off in the
 * lost days and calls first gets nothing, by the witness or by the second medium.
 */
#include "tests/unit/witness_room.h"

/* What goes down to MEMBER, which told a hello, of what is not the control log. */
static bool is_served(struct scene *s)
{
	struct ph_job *job = carry_out(&s->room, hello_of(&s->thief, NULL));
	bool is = s->thief.peer.known && s->thief.peer.confirmed;

	assert_int_equal(job->result, 0);
	ph_job_free(job);
	return is;
}

static int64_t unheard(struct scene *s)
{
	json_t *answer = ask(&s->room, json_pack("{s:s}", "command", "collect-unheard"));
	int64_t n = json_integer_value(json_object_get(answer, "unheard"));

	json_decref(answer);
	return n;
}

/* It was cut off in the lost days, nobody else has called, and the clock begins at 1970. */
static void test_thief_is_first(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	assert_true(is_served(&s));
	expect_job(&s.room, job_of(&s.thief, PH_JOB_HEARD, NULL), 0);
	copy_folder(&s);
	cut(&s);
	assert_false(is_served(&s));
	stop(&s);
	put_folder_back(&s);
	boot(&s.room.machine, 11, 1000);
	start(&s);
	assert_false(is_served(&s));
	assert_int_equal(unheard(&s), 1);
	assert_int_equal(hub_says(&s.room, "devices_back"), 0);
	assert_int_equal(hub_says(&s.room, "devices_awaited"), 1);
	/* who calls has called since, however far behind the clock is */
	expect_job(&s.room, job_of(&s.thief, PH_JOB_HEARD, NULL), 0);
	assert_int_equal(unheard(&s), 0);
	assert_int_equal(hub_says(&s.room, "devices_back"), 1);
	scene_close(&s);
}

/* Who was cut off is neither waited for nor counted. */
static void test_counts(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	cut(&s);
	json_decref(ask(&s.room, json_pack("{s:s}", "command", "epoch-begin")));
	(void)is_served(&s);
	expect_job(&s.room, job_of(&s.thief, PH_JOB_HEARD, NULL), 0);
	assert_int_equal(hub_says(&s.room, "devices"), 1);
	assert_int_equal(hub_says(&s.room, "devices_back"), 0);
	assert_int_equal(hub_says(&s.room, "devices_awaited"), 0);
	scene_close(&s);
}

/*
 * A scene with a second medium, in the folder MEDIUM that is made: the thief was cut off, and the
 * folder of before is in its place. The hub does not run; given are the entries of its control log.
 */
static int64_t put_back_beside(struct scene *s, char medium[static 80])
{
	int64_t control;

	scene_open(s);
	temp_dir(medium);
	s->second = medium;
	stop(s);
	start(s);
	copy_folder(s);
	cut(s);
	control = hub_says(&s->room, "control_entries");
	stop(s);
	put_folder_back(s);
	return control;
}

static void assert_cut(struct scene *s)
{
	json_t *item = listed(&s->room, s->id);

	assert_string_equal(text_in(item, "state"), "cut");
	json_decref(item);
}

/* The second medium has the words themselves: the cut is back before anybody calls, and stays. */
static void test_second_medium(void **state)
{
	struct scene s;
	char medium[80];
	int64_t control = put_back_beside(&s, medium);

	(void)state;
	assert_int_equal(unlink(s.file), 0); /* it alone shows it */
	for (int i = 0; i < 2; i++) {
		start(&s);
		assert_true(says_in_status(&s, "put_back_by", "second-medium"));
		assert_int_equal(hub_says(&s.room, "epoch"), 2);
		assert_int_equal(hub_says(&s.room, "control_entries"), control);
		assert_false(is_served(&s));
		assert_cut(&s);
		stop(&s);
	}
	start(&s);
	scene_close(&s);
	remove_dir(medium);
}

/* A command, which has no second medium, opened the folder first: the daemon has its words all the same. */
static void test_a_command_first(void **state)
{
	struct scene s;
	char medium[80];
	int64_t control = put_back_beside(&s, medium);

	(void)state;
	s.second = NULL;
	start(&s);
	stop(&s);
	s.second = medium;
	start(&s);
	assert_int_equal(hub_says(&s.room, "control_entries"), control);
	assert_cut(&s);
	json_decref(ask(&s.room,
			json_pack("{s:s, s:b}", "command", "collect-end", "anyway", 1)));
	assert_false(is_served(&s));
	scene_close(&s);
	remove_dir(medium);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thief_is_first),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_second_medium),
		cmocka_unit_test(test_a_command_first),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
