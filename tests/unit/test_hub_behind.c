/*
 * tests/unit/test_hub_behind.c - clocks that were behind: which marks the hub shifts, by how much, how
 * often, and what it does not.
 */
#include "tests/unit/judge_room.h"

#include <time.h>

#include "common/log/writer_internal.h"

/* MEMBER hears what the hub says the time is, WRONG seconds off. */
static void hear(struct hub_room *room, struct member *member, int64_t wrong)
{
	begin(&member->desk.room);
	assert_int_equal(
		ph_writer_heard_time(member->desk.writer, room->machine.now.wall + wrong),
		0);
	commit(&member->desk.room);
}

/* A bundle of TIME is taken. */
static void take(struct member *member, int64_t time)
{
	begin(&member->desk.room);
	assert_int_equal(ph_writer_heard_before(member->desk.writer, time), 0);
	commit(&member->desk.room);
}

static void pass_both(struct hub_room *room, struct member *member, int64_t seconds)
{
	pass(&room->machine, (uint64_t)seconds);
	pass(&member->desk.machine, (uint64_t)seconds);
}

/* It was heard, was off for ten days, and is in 1970. */
static void behind_open(struct hub_room *room, struct member *member)
{
	hub_open(room);
	member_open(room, member, 1, "14-0371");
	be_admitted(room, member);
	hear(room, member, 0);
	write_visits(member, 1);
	send_rest(room, member);
	pass(&room->machine, 10 * DAY);
	boot(&member->desk.machine, 2, 120);
}

static int64_t behind_of(struct hub_room *room, size_t i)
{
	json_t *list = judges(room);
	const json_t *one = json_array_get(list, i);
	int64_t behind;

	assert_non_null(one);
	assert_null(json_object_get(one, "clamp"));
	assert_null(json_object_get(one, "ahead"));
	behind = json_integer_value(json_object_get(one, "behind"));
	json_decref(list);
	return behind;
}

/* All that a start of the machine wrote before it heard the hub is shifted, to the second, once. */
static void test_behind(void **state)
{
	struct hub_room room;
	struct member member;
	int64_t first;

	(void)state;
	behind_open(&room, &member);
	first = room.machine.now.wall;
	write_visits(&member, 300); /* more than one look back */
	pass_both(&room, &member, 3 * DAY);
	write_visits(&member, 1);
	send_rest(&room, &member);
	assert_int_equal(count_judges(&room), 0);
	assert_int_equal(visits_on(&room, first - 10 * DAY), 301);
	hear(&room, &member, 0);
	pass_both(&room, &member, 3600);
	write_visits(&member, 1);
	send_rest(&room, &member);
	assert_int_equal(count_judges(&room), 1);
	assert_int_equal(behind_of(&room, 0), 10 * DAY);
	assert_int_equal(member.peer.shifted, 1);
	assert_int_equal(member.peer.clamped, 0);
	assert_int_equal(visits_on(&room, first - 10 * DAY), 1);
	assert_int_equal(visits_on(&room, first), 300);
	assert_int_equal(visits_on(&room, first + 3 * DAY), 2);
	/* once */
	pass_both(&room, &member, DAY);
	hear(&room, &member, 0);
	write_visits(&member, 1);
	send_rest(&room, &member);
	hub_restart(&room);
	be_admitted(&room, &member);
	write_visits(&member, 1);
	send_rest(&room, &member);
	assert_int_equal(count_judges(&room), 1);
	assert_int_equal(visits_on(&room, first + 4 * DAY), 2);
	member_close(&member);
	hub_close(&room);
}

/* In one segment with the word that tells it, and only of its own start of the machine. */
static void test_behind_in_one(void **state)
{
	struct hub_room room;
	struct member member;
	int64_t first;

	(void)state;
	behind_open(&room, &member);
	first = room.machine.now.wall;
	write_visits(&member, 2);
	pass(&room.machine, 5 * DAY);
	boot(&member.desk.machine, 3, 120);
	write_visits(&member, 4);
	pass_both(&room, &member, 100);
	hear(&room, &member, 0);
	write_visits(&member, 1);
	send_rest(&room, &member);
	assert_int_equal(count_judges(&room), 1);
	assert_int_equal(behind_of(&room, 0), 15 * DAY);
	assert_int_equal(visits_on(&room, first - 10 * DAY), 3); /* nobody knows */
	assert_int_equal(visits_on(&room, first + 5 * DAY), 5);
	member_close(&member);
	hub_close(&room);
}

/* A person says of the newest clock-mark that it was 7 s behind. */
static void judge_last_mark(struct hub_room *room)
{
	json_t *answer =
		ask(room, json_pack("{s:s, s:i}", "command", "log", "limit", 1000));
	const char *mark = NULL;
	json_t *entry;
	char line[300];
	size_t i;

	json_array_foreach(json_object_get(answer, "entries"), i, entry)
	{
		if (strcmp(text_in(entry, "kind"), "clock-mark") == 0 &&
		    json_integer_value(json_object_get(entry, "log_site")) != 0) {
			mark = text_in(entry, "ref");
		}
	}
	assert_non_null(mark);
	snprintf(line, sizeof(line),
		 "{\"kind\":\"clock-judge\",\"mark\":\"%s\",\"behind\":7}", mark);
	json_decref(wrote(room, record_of(line)));
	json_decref(answer);
}

/* Over 300 s, or nothing; nor by a word that is itself ahead; nor where a person has spoken. */
static void test_behind_limits(void **state)
{
	static const struct {
		int64_t off, wrong;
		size_t judged;
		bool by_hand;
	} cases[] = {
		{ 300, 0, 0, false },   { 301, 0, 1, false }, { 301, 300, 1, false },
		{ DAY, 301, 1, false }, /* the word itself, as it is ahead */
		{ DAY, 0, 1, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hub_room room;
		struct member member;

		behind_open(&room, &member);
		pass(&room.machine, (uint64_t)cases[i].off);
		room.machine.now.wall -= 10 * DAY;
		write_visits(&member, 1);
		send_rest(&room, &member);
		if (cases[i].by_hand) {
			judge_last_mark(&room);
		}
		hear(&room, &member, cases[i].wrong);
		write_visits(&member, 1);
		send_rest(&room, &member);
		assert_int_equal(count_judges(&room), cases[i].judged);
		assert_int_equal(member.peer.shifted, cases[i].judged &&
							      cases[i].wrong <= 300 &&
							      !cases[i].by_hand);
		assert_int_equal(member.peer.clamped > 0, cases[i].wrong > 300);
		member_close(&member);
		hub_close(&room);
	}
}

/* What a device says was right is not shifted, though the hub's clock now says another day. */
static void test_behind_right(void **state)
{
	struct hub_room room;
	struct member member;
	int64_t first;

	(void)state;
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	be_admitted(&room, &member);
	first = room.machine.now.wall;
	boot(&member.desk.machine, 2, first);
	hear(&room, &member, 0);
	write_visits(&member, 2);
	send_rest(&room, &member);
	pass(&room.machine, 10 * DAY); /* and it did not pass at the device */
	member.desk.machine.now.wall = 120;
	hear(&room, &member, 0);
	write_visits(&member, 1);
	send_rest(&room, &member);
	assert_int_equal(count_judges(&room), 0);
	assert_int_equal(visits_on(&room, first), 2);
	assert_int_equal(visits_on(&room, first + 10 * DAY), 1);
	member_close(&member);
	hub_close(&room);
}

/* Of sixteen marks each by as much as it was; of a seventeenth, the first, nothing. */
static void test_behind_marks(void **state)
{
	struct hub_room room;
	struct member member;
	int64_t first;

	(void)state;
	for (int marks = 16; marks <= 17; marks++) {
		behind_open(&room, &member);
		first = room.machine.now.wall - 10 * DAY;
		pass(&room.machine, 30 * DAY);
		for (int i = 0; i < marks; i++) {
			take(&member, first + i * DAY);
			write_visits(&member, 1);
			pass_both(&room, &member, 60);
		}
		hear(&room, &member, 0);
		write_visits(&member, 1);
		send_rest(&room, &member);
		assert_int_equal(count_judges(&room), 16);
		assert_int_equal(member.peer.shifted, 16);
		assert_int_equal(behind_of(&room, 0),
				 (40 - (marks - 1)) * DAY + 60 * (marks - 1));
		assert_int_equal(visits_on(&room, first), 1 + (marks == 17));
		assert_int_equal(visits_on(&room, first + 40 * DAY), 17);
		member_close(&member);
		hub_close(&room);
	}
}

/* Stamps that stood at a floor above what their mark says were behind by nobody knows what. */
static void test_behind_floor(void **state)
{
	struct ph_entry mark = { .kind = ph_kind_find(PH_KIND_CLOCK_MARK) };
	struct hub_room room;
	struct member member;
	struct ph_error err = { 0 };

	(void)state;
	behind_open(&room, &member);
	mark.field[PH_MARK_BOOT].set = true;
	mark.field[PH_MARK_BOOT].as.bytes = PH_VIEW(member.desk.machine.now.boot, 8);
	mark.field[PH_MARK_MONO].set = true;
	mark.field[PH_MARK_MONO].as.uint = 5;
	mark.field[PH_MARK_WALL].set = true;
	mark.field[PH_MARK_WALL].as.uint = 120;
	begin(&member.desk.room);
	assert_int_equal(ph_writer_add(member.desk.writer, &mark, NULL, &err), 0);
	commit(&member.desk.room);
	write_visits(&member, 1);
	hear(&room, &member, 0);
	write_visits(&member, 1);
	send_rest(&room, &member);
	/* the writer's own, which stands before that one, is judged as ever */
	assert_int_equal(count_judges(&room), 1);
	assert_int_equal(behind_of(&room, 0), 10 * DAY);
	member_close(&member);
	hub_close(&room);
}

/* The own log's entries FROM to TO, put behind BODY. */
static void put_own(struct member *member, struct ph_buf *body, uint64_t from,
		    uint64_t to)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;

	for (uint64_t n = from; n <= to; n++) {
		read_own(&member->desk, n, &bytes, &entry);
		assert_int_equal(ph_segment_add(body, ph_buf_view(&bytes)), 0);
	}
	ph_buf_deinit(&bytes);
}

/* A malformed entry right before the mark that tells: it is kept, and all else is as ever. */
static void test_behind_malformed(void **state)
{
	struct hub_room room;
	struct member member;
	struct ph_buf body = { 0 };
	uint8_t h[PH_HASH_SIZE];
	uint64_t n, last;

	(void)state;
	behind_open(&room, &member);
	n = own_log(&member)->n;
	memcpy(h, own_log(&member)->h, sizeof(h));
	write_visits(&member, 1); /* mark, visit */
	hear(&room, &member, 0);
	write_visits(&member, 1); /* mark of the hub's time, visit */
	last = own_log(&member)->n;
	put_own(&member, &body, n + 1, n + 2);
	assert_int_equal(ph_segment_add(&body, PH_VIEW("\xc0", 1)), 0); /* nil */
	put_own(&member, &body, n + 3, last);
	expect_job(&room,
		   store_of(&member, sealed_item(&member, &body, n + 1, last + 1, h)), 0);
	assert_int_equal(held_n(&room, &member), last + 1);
	member_close(&member);
	hub_close(&room);
}

/* Where there is no boot id, what an earlier start wrote is not of this one. */
static void test_behind_no_boot(void **state)
{
	struct hub_room room;
	struct member member;

	(void)state;
	behind_open(&room, &member);
	boot(&member.desk.machine, 0, 120); /* all zero: no boot id */
	write_visits(&member, 3);
	send_rest(&room, &member);
	pass(&room.machine, 20 * DAY); /* it is off */
	boot(&member.desk.machine, 0, 120);
	pass_both(&room, &member, 600);
	hear(&room, &member, 0);
	write_visits(&member, 1);
	send_rest(&room, &member);
	/* they were written 20 days ago, which nobody knows; not ten minutes ago */
	assert_int_equal(visits_on(&room, room.machine.now.wall), 1);
	member_close(&member);
	hub_close(&room);
}

/* The clock is set right (by the network) before the hub is heard, in the same start. */
static void test_behind_set_right(void **state)
{
	struct hub_room room;
	struct member member;
	int64_t first;

	(void)state;
	behind_open(&room, &member);
	first = room.machine.now.wall;
	write_visits(&member, 3);
	pass_both(&room, &member, 600);
	member.desk.machine.now.wall = room.machine.now.wall; /* ntp */
	hear(&room, &member, 0);
	write_visits(&member, 1);
	send_rest(&room, &member);
	assert_int_equal(visits_on(&room, first), 4);
	member_close(&member);
	hub_close(&room);
}

/* The hub's own clock steps back by less than an hour: its stamps go no further than that clock ever was. */
static void test_hub_steps_back(void **state)
{
	struct hub_room room;
	struct member member;
	int64_t most;

	(void)state;
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	be_admitted(&room, &member);
	set_clock(&room, &member, 1, 30);
	write_visits(&member, 1);
	send_rest(&room, &member);
	most = room.machine.now.wall + 60;
	add_site(&room, "14-0391", "a"); /* not before what it holds */
	room.machine.now.wall -= 3000;
	add_site(&room, "14-0392", "b");
	pass(&room.machine, 2400);
	add_site(&room, "14-0393", "c");
	assert_true(ph_stamp_seconds(room.hub->writer->stamp) <= most);
	member_close(&member);
	hub_close(&room);
}

static void put_mark(struct ph_buf *body, int64_t wall, int64_t stamp, uint64_t mono,
		     uint64_t sure)
{
	static const uint8_t boot_id[8] = { 77 };
	struct ph_entry mark = { .kind = ph_kind_find(PH_KIND_CLOCK_MARK),
				 .number = PH_KIND_CLOCK_MARK,
				 .stamp = ph_stamp(stamp, 0) };
	struct ph_buf bytes = { 0 };
	struct ph_error err = { 0 };

	mark.field[PH_MARK_BOOT].set = true;
	mark.field[PH_MARK_BOOT].as.bytes = PH_VIEW(boot_id, 8);
	mark.field[PH_MARK_MONO].set = true;
	mark.field[PH_MARK_MONO].as.uint = mono;
	mark.field[PH_MARK_WALL].set = true;
	mark.field[PH_MARK_WALL].as.uint = (uint64_t)wall;
	mark.field[PH_MARK_SURE].set = true;
	mark.field[PH_MARK_SURE].as.uint = sure;
	assert_int_equal(ph_entry_encode(&mark, &bytes, &err), 0);
	assert_int_equal(ph_segment_add(body, ph_buf_view(&bytes)), 0);
	ph_buf_deinit(&bytes);
}

static void put_visit(struct ph_buf *body, int64_t stamp)
{
	struct ph_entry entry = visit(1);
	struct ph_buf bytes = { 0 };
	struct ph_error err = { 0 };

	entry.number = PH_KIND_VISIT;
	entry.stamp = ph_stamp(stamp, 0);
	assert_int_equal(ph_entry_encode(&entry, &bytes, &err), 0);
	assert_int_equal(ph_segment_add(body, ph_buf_view(&bytes)), 0);
	ph_buf_deinit(&bytes);
}

/* A device whose stamps do not rise: by no verdict of the hub does anything count on a day to come. */
static void test_behind_past_now(void **state)
{
	struct hub_room room;
	struct member member;
	struct ph_buf body = { 0 };
	int64_t now, old;
	uint64_t n;

	(void)state;
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	be_admitted(&room, &member);
	write_visits(&member, 1);
	send_rest(&room, &member);
	n = own_log(&member)->n;
	now = room.machine.now.wall;
	old = now - 10 * YEAR;
	put_mark(&body, old, old, 5, PH_SURE_NONE);
	put_visit(&body, now);
	put_visit(&body, old);
	put_mark(&body, now, now, 6, PH_SURE_HUB);
	expect_job(&room,
		   store_of(&member, sealed_item(&member, &body, n + 1, n + 4,
						 own_log(&member)->h)),
		   0);
	assert_int_equal(visits_on(&room, now + 10 * YEAR), 0);
	member_close(&member);
	hub_close(&room);
}

/* Marks of ours and others in turn, a segment full of them, cost no look at hundreds of entries each. */
static void test_behind_cost(void **state)
{
	struct hub_room room;
	struct member member;
	struct ph_buf body = { 0 };
	int64_t now;
	uint64_t n, count = 0;
	clock_t begun;
	double took;

	(void)state;
	behind_open(&room, &member);
	write_visits(&member, 1);
	hear(&room, &member, 0);
	write_visits(&member, 1);
	send_rest(&room, &member);
	n = own_log(&member)->n;
	now = room.machine.now.wall;
	while (count < 1500) {
		put_mark(&body, now, now, 6, count % 2 == 0 ? PH_SURE_RTC : PH_SURE_HUB);
		count++;
	}
	begun = clock();
	expect_job(&room,
		   store_of(&member, sealed_item(&member, &body, n + 1, n + count,
						 own_log(&member)->h)),
		   0);
	took = (double)(clock() - begun) / CLOCKS_PER_SEC;
	print_message("# %llu marks in %.2f s\n", (unsigned long long)count, took);
	assert_true(took < 3); /* 0.1 s; by hundreds of entries each it would be many */
	member_close(&member);
	hub_close(&room);
}

/* It syncs in the evening, and is switched off: nothing is recorded between (DRILLS: "sync once a day before..."). */
static void test_behind_evening(void **state)
{
	struct hub_room room;
	struct member member;
	int64_t first;

	(void)state;
	behind_open(&room, &member);
	first = room.machine.now.wall;
	write_visits(&member, 3);
	pass_both(&room, &member, 8 * 3600);
	send_rest(&room, &member);
	hear(&room, &member, 0); /* as `sync` does */
	pass(&room.machine, 16 * 3600);
	boot(&member.desk.machine, 3, 120);
	write_visits(&member, 1);
	hear(&room, &member, 0);
	write_visits(&member, 1);
	send_rest(&room, &member);
	assert_int_equal(visits_on(&room, first), 3);
	member_close(&member);
	hub_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_behind),
		cmocka_unit_test(test_behind_in_one),
		cmocka_unit_test(test_behind_limits),
		cmocka_unit_test(test_behind_right),
		cmocka_unit_test(test_behind_marks),
		cmocka_unit_test(test_behind_floor),
		cmocka_unit_test(test_behind_malformed),
		cmocka_unit_test(test_behind_no_boot),
		cmocka_unit_test(test_behind_set_right),
		cmocka_unit_test(test_behind_cost),
		cmocka_unit_test(test_hub_steps_back),
		cmocka_unit_test(test_behind_past_now),
		cmocka_unit_test(test_behind_evening),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
