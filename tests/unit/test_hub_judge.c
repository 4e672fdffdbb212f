/*
 * tests/unit/test_hub_judge.c - clocks that ran ahead: which entries are judged, by what,
 * how often, and what follows for the books.
 */
#include "tests/unit/judge_room.h"

#include <errno.h>

/* The last judgement is of entry N of MEMBER's log, with this clamp. */
static void assert_judge(struct hub_room *room, const struct member *member, uint64_t n,
			 int64_t clamp)
{
	json_t *list = judges(room);
	const json_t *last = json_array_get(list, json_array_size(list) - 1);
	struct ph_ref ref;
	const char *text = text_in(last, "mark");

	assert_int_equal(ph_ref_parse(text, strlen(text), &ref), 0);
	assert_memory_equal(ref.log_id, own_log(member)->id, sizeof(ref.log_id));
	assert_int_equal(ref.n, n);
	assert_int_equal(json_integer_value(json_object_get(last, "clamp")), clamp);
	json_decref(list);
}

/* --- how far ahead --- */

static void test_limit(void **state)
{
	static const struct {
		int64_t ahead;
		size_t judged;
	} cases[] = { { 299, 0 }, { 300, 0 }, { 301, 1 }, { YEAR, 1 }, { -YEAR, 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hub_room room;
		struct member member;
		bool judged = cases[i].judged > 0;

		hub_open(&room);
		member_open(&room, &member, 1, "14-0371");
		be_admitted(&room, &member);
		member.desk.config.floor = 0;
		ph_writer_free(member.desk.writer);
		desk_start(&member.desk);
		set_clock(&room, &member, 1, cases[i].ahead);
		write_visits(&member, 3);
		send_rest(&room, &member);
		assert_int_equal(count_judges(&room), cases[i].judged);
		/* the mark and the visits; `open` stands before any mark */
		assert_int_equal(member.peer.clamped, judged ? 4 : 0);
		if (judged) {
			assert_judge(&room, &member, 2, room.machine.now.wall);
		}
		assert_int_equal(
			visits_on(&room, judged ? room.machine.now.wall
						: room.machine.now.wall + cases[i].ahead),
			3);
		member_close(&member);
		hub_close(&room);
	}
}

/* --- how often --- */

/* A year ahead, and the pair of them admitted. */
static void ahead_open(struct hub_room *room, struct member *member)
{
	hub_open(room);
	member_open(room, member, 1, "14-0371");
	be_admitted(room, member);
	set_clock(room, member, 1, YEAR);
	write_visits(member, 2);
	send_rest(room, member);
	assert_int_equal(count_judges(room), 1);
}

static void test_once_per_mark(void **state)
{
	struct hub_room room;
	struct member member;
	int64_t first;

	(void)state;
	ahead_open(&room, &member);
	first = room.machine.now.wall;
	for (int i = 0; i < 3; i++) {
		pass(&room.machine, 3600);
		pass(&member.desk.machine, 3600);
		write_visits(&member, 1);
		send_rest(&room, &member);
	}
	assert_int_equal(count_judges(&room), 1);
	assert_int_equal(member.peer.clamped, 6);

	/* in another session, and at a hub that was started again */
	member.peer = (struct ph_hub_peer){ 0 };
	hub_restart(&room);
	be_admitted(&room, &member);
	write_visits(&member, 1);
	send_rest(&room, &member);
	assert_int_equal(count_judges(&room), 1);
	assert_int_equal(member.peer.clamped, 1);
	assert_int_equal(visits_on(&room, first), 6);
	member_close(&member);
	hub_close(&room);
}

/* The machine is started again: another mark, another verdict, at the time of that receipt. */
static void test_each_mark(void **state)
{
	struct hub_room room;
	struct member member;
	uint64_t n;

	(void)state;
	ahead_open(&room, &member);
	pass(&room.machine, 86400);
	set_clock(&room, &member, 2, YEAR);
	n = own_log(&member)->n;
	write_visits(&member, 1);
	set_clock(&room, &member, 3, YEAR + 60);
	write_visits(&member, 1);
	send_rest(&room, &member); /* both marks in one segment */
	assert_int_equal(count_judges(&room), 3);
	assert_judge(&room, &member, n + 3, room.machine.now.wall);
	assert_int_equal(visits_on(&room, room.machine.now.wall), 2);
	assert_int_equal(visits_on(&room, room.machine.now.wall - 86400), 2);
	member_close(&member);
	hub_close(&room);
}

/* A mark that is right again ends it; the marks of the log are found without a session. */
static void test_right_again(void **state)
{
	struct hub_room room;
	struct member member;

	(void)state;
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	be_admitted(&room, &member);
	set_clock(&room, &member, 1, 0);
	write_visits(&member, 300); /* more than one look back */
	send_rest(&room, &member);
	assert_int_equal(count_judges(&room), 0);
	assert_int_equal(member.peer.mark.row, 0); /* nothing was looked for */
	member.desk.machine.now.wall += 200; /* within what a mark is not due for ... */
	pass(&member.desk.machine, 150);     /* ... but the stamps run ahead with it */
	write_visits(&member, 1);
	send_rest(&room, &member);
	assert_int_equal(count_judges(&room), 1);
	assert_judge(&room, &member, own_log(&member)->n - 1, room.machine.now.wall);

	/* without a mark of its own: the one far back */
	member_close(&member);
	hub_close(&room);
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	be_admitted(&room, &member);
	set_clock(&room, &member, 1, 0);
	write_visits(&member, 600);
	send_rest(&room, &member);
	pass(&member.desk.machine, 400);
	write_visits(&member, 1);
	send_rest(&room, &member);
	assert_judge(&room, &member, 2, room.machine.now.wall);
	member_close(&member);
	hub_close(&room);
}

/* The hub's own clock was wrong: a verdict that no longer reaches is given anew. */
static void test_lower_clamp(void **state)
{
	struct hub_room room;
	struct member member;

	(void)state;
	ahead_open(&room, &member);
	room.machine.now.wall -= 299;
	write_visits(&member, 1);
	send_rest(&room, &member);
	assert_int_equal(count_judges(&room), 1);
	room.machine.now.wall -= 2;
	write_visits(&member, 1);
	send_rest(&room, &member);
	assert_int_equal(count_judges(&room), 2);
	assert_judge(&room, &member, 2, room.machine.now.wall);
	member_close(&member);
	hub_close(&room);
}

/* --- what else there is --- */

/* A person's verdict counts, and ours keeps it; one that is voided is forgotten. */
static void test_by_hand(void **state)
{
	struct hub_room room;
	struct member member;
	json_t *entry;
	json_t *list;
	char text[300];
	char mark[PH_REF_TEXT];

	(void)state;
	ahead_open(&room, &member);
	list = judges(&room);
	snprintf(mark, sizeof(mark), "%s", text_in(json_array_get(list, 0), "mark"));
	json_decref(list);
	snprintf(text, sizeof(text),
		 "{\"kind\":\"clock-judge\",\"mark\":\"%s\",\"ahead\":%d}", mark,
		 (int)YEAR);
	entry = wrote(&room, record_of(text));
	pass(&room.machine, 7200);
	pass(&member.desk.machine, 7200);
	write_visits(&member, 1);
	send_rest(&room, &member);
	assert_int_equal(count_judges(&room), 2); /* no word is needed */
	assert_int_equal(visits_on(&room, room.machine.now.wall), 3);

	/* but it drifts: half an hour ahead, in spite of the year */
	pass(&member.desk.machine, 1800);
	write_visits(&member, 1);
	send_rest(&room, &member);
	list = judges(&room);
	assert_int_equal(json_array_size(list), 3);
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(list, 2), "ahead")),
		YEAR);
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(list, 2), "clamp")),
		room.machine.now.wall);
	snprintf(text, sizeof(text), "{\"kind\":\"void\",\"target\":\"%s\"}",
		 text_in(json_array_get(list, 2), "ref"));
	json_decref(list);
	json_decref(entry);
	json_decref(wrote(&room, record_of(text)));
	write_visits(&member, 1);
	send_rest(&room, &member);
	list = judges(&room);
	assert_int_equal(json_array_size(list), 4);
	assert_null(json_object_get(json_array_get(list, 3), "ahead"));
	json_decref(list);
	member_close(&member);
	hub_close(&room);
}

/* The verdict stands and falls with the segment. */
static void test_one_transaction(void **state)
{
	struct hub_room room;
	struct member member;
	struct ph_job *job;

	(void)state;
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	be_admitted(&room, &member);
	set_clock(&room, &member, 1, YEAR);
	write_visits(&member, 2);
	job = store_of(&member, all_item(&member, 0));
	disk.fault = FAIL_FULL;
	carry_out(&room, job);
	assert_int_equal(disk.hits, 1);
	assert_int_equal(job->result, -ENOSPC);
	ph_job_free(job);
	assert_int_equal(count_judges(&room), 0);
	assert_int_equal(held_n(&room, &member), 0);
	member.peer = (struct ph_hub_peer){ 0 };
	be_admitted(&room, &member);
	send_rest(&room, &member);
	assert_int_equal(count_judges(&room), 1);
	member_close(&member);
	hub_close(&room);
}

/* What no mark governs cannot be judged, and stays what it is. */
static void test_without_mark(void **state)
{
	struct hub_room room;
	struct member member;
	struct ph_buf body = { 0 };
	struct ph_buf bytes = { 0 };
	uint8_t h[PH_HASH_SIZE];
	struct ph_entry entry;

	(void)state;
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	be_admitted(&room, &member);
	set_clock(&room, &member, 1, YEAR);
	write_visits(&member, 1);
	/* open, and the visit without the mark between them */
	read_own(&member.desk, 1, &bytes, &entry);
	assert_int_equal(ph_segment_add(&body, ph_buf_view(&bytes)), 0);
	read_own(&member.desk, 3, &bytes, &entry);
	assert_int_equal(ph_segment_add(&body, ph_buf_view(&bytes)), 0);
	ph_chain_start(h, own_log(&member)->id, own_log(&member)->key);
	expect_job(&room, store_of(&member, sealed_item(&member, &body, 1, 2, h)), 0);
	assert_int_equal(held_n(&room, &member), 2);
	assert_int_equal(count_judges(&room), 0);
	assert_int_equal(member.peer.clamped, 0);
	assert_int_equal(visits_on(&room, room.machine.now.wall + YEAR), 1);
	ph_buf_deinit(&bytes);
	member_close(&member);
	hub_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_once_per_mark),
		cmocka_unit_test(test_each_mark),
		cmocka_unit_test(test_right_again),
		cmocka_unit_test(test_lower_clamp),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_one_transaction),
		cmocka_unit_test(test_without_mark),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
