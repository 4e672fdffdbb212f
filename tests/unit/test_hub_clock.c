/*
 * Tests of daemon/hub_clock.c: what is believed of two clocks, as a table; and a hub with a
 * PC whose sessions run over a wire in memory, while the hub's clock jumps, goes back over a
 * start of the machine, comes right again, or is accepted.
 */
#include "tests/unit/road_world.h"

#include "daemon/hub_internal.h"

#define HOUR 3600
#define DAY  86400

/* ---- what is believed ---- */

static const struct {
	const char *name;
	uint8_t boot;     /* of now; the base's is 1 */
	int64_t mono_s;   /* since the base */
	int64_t wall;     /* against the base's */
	int64_t seen;     /* likewise */
	int64_t expected; /* likewise */
	enum ph_hub_clock_fault fault;
} cases[] = {
	{ "the two go on together", 1, 50, 50, 0, 50, PH_HUB_CLOCK_RIGHT },
	{ "an hour ahead", 1, 50, 50 + HOUR, 0, 50, PH_HUB_CLOCK_RIGHT },
	{ "and a second", 1, 50, 51 + HOUR, 0, 50, PH_HUB_CLOCK_JUMPED },
	{ "an hour back", 1, 50, 50 - HOUR, 0, 50, PH_HUB_CLOCK_RIGHT },
	{ "and a second", 1, 50, 49 - HOUR, 0, 50, PH_HUB_CLOCK_JUMPED },
	{ "in 1970", 1, 50, -T0, 0, 50, PH_HUB_CLOCK_JUMPED },
	{ "a year later, both say so", 1, 365 * DAY, 365 * DAY, 0, 365 * DAY,
	  PH_HUB_CLOCK_RIGHT },
	{ "started again", 2, 0, 300, 200, 200, PH_HUB_CLOCK_RIGHT },
	{ "an hour before what was seen", 2, 0, 200 - HOUR, 200, 200,
	  PH_HUB_CLOCK_RIGHT },
	{ "and a second", 2, 0, 199 - HOUR, 200, 200, PH_HUB_CLOCK_BACK },
	{ "switched off for 400 days", 2, 0, 200 + 400 * DAY, 200, 200,
	  PH_HUB_CLOCK_RIGHT },
	{ "and a second", 2, 0, 201 + 400 * DAY, 200, 200, PH_HUB_CLOCK_AHEAD },
	{ "ten years", 2, 0, 3650 * (int64_t)DAY, 200, 200, PH_HUB_CLOCK_AHEAD },
	{ "the time since the start runs back: another start", 1, -4, 300, 200, 200,
	  PH_HUB_CLOCK_RIGHT },
	{ "no boot id: as after a start", 0, 50, 50 + HOUR + 1, 0, 0,
	  PH_HUB_CLOCK_RIGHT },
};

static void test_judge(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine machine;
		struct ph_now base;
		int64_t expected = 0;

		boot(&machine, cases[i].boot == 0 ? 0 : 1, T0);
		base = machine.now;
		machine.now.boot[0] = cases[i].boot;
		machine.now.mono_ms += (uint64_t)(cases[i].mono_s * 1000);
		machine.now.wall += cases[i].wall;
		if (ph_hub_clock_judge(&base, T0 + cases[i].seen, &machine.now,
				       &expected) != cases[i].fault ||
		    expected != T0 + cases[i].expected) {
			fail_msg("%s: expected %lld", cases[i].name,
				 (long long)(expected - T0));
		}
	}
}

/* ---- a hub ---- */

struct one {
	struct hub_room room;
	struct pc pc;
	struct machine own; /* the PC's clock, which is right */
};

static struct drove call(struct one *one)
{
	pass(&one->own, 60);
	return drive(&one->room, &one->pc,
		     (struct drive){ .cut_up = -1, .cut_down = -1 });
}

static void watch(struct hub_room *room)
{
	room->hub->clock.is_watched = true;
	assert_true(ph_hub_clock_look(room->hub, true));
}

static int set_up(void **state)
{
	struct one *one = calloc(1, sizeof(*one));

	assert_non_null(one);
	hub_open(&one->room);
	watch(&one->room);
	pc_join(&one->room, &one->pc, "14-0371", "first", 1);
	one->own = one->room.machine;
	pc_close(&one->pc);
	one->pc.config.clock.data = &one->own;
	pc_open(&one->pc);
	assert_true(call(one).complete);
	pc_confirm(&one->room, &one->pc);
	assert_true(call(one).complete);
	*state = one;
	return 0;
}

static int tear_down(void **state)
{
	struct one *one = *state;

	pc_end(&one->pc);
	hub_close(&one->room);
	free(one);
	return 0;
}

/* Entries in the hub's store, of all logs. */
static int64_t entries(struct hub_room *room)
{
	return hub_says(room, "entries") + hub_says(room, "control_entries") +
	       hub_says(room, "desk_entries");
}

static bool is_wrong(struct hub_room *room)
{
	json_t *answer = ask(room, json_pack("{s:s}", "command", "clock"));
	bool wrong =
		json_is_true(json_object_get(json_object_get(answer, "clock"), "wrong"));

	json_decref(answer);
	return wrong;
}

static uint64_t receipted(struct pc *pc)
{
	struct ph_site_state site_state;

	assert_int_equal(ph_site_state(pc->site, &site_state), 0);
	return site_state.receipted;
}

static json_t *set_policy(void)
{
	return json_pack("{s:s, s:s, s:s}", "command", "policy-set", "name",
			 "loan-term-days", "value", "21");
}

/* The hub is asked to write, which it does not do. */
static void refuses(struct hub_room *room)
{
	json_t *request = set_policy();
	json_t *answer = ph_hub_command(room->hub, request);
	const char *words = json_string_value(json_object_get(answer, "error"));

	assert_int_equal(json_integer_value(json_object_get(answer, "exit")),
			 PH_EXIT_CLOCK);
	assert_non_null(strstr(words, "packhorsed clock accept"));
	json_decref(request);
	json_decref(answer);
}

/* A device that calls is told to come later; nothing of it is taken, and nothing signed. */
static void serves_nobody(struct one *one)
{
	int64_t before = entries(&one->room);
	uint64_t signed_for = receipted(&one->pc);
	struct drove drove;

	pc_visits(&one->pc, 1);
	drove = call(one);
	assert_false(drove.complete);
	assert_int_equal(drove.failure, PH_FAIL_REFUSED);
	assert_int_equal(receipted(&one->pc), signed_for);
	refuses(&one->room);
	assert_int_equal(entries(&one->room), before);
	assert_true(is_wrong(&one->room));
}

/* And then all of it is there. */
static void serves(struct one *one)
{
	struct drove drove = call(one);

	assert_true(drove.complete);
	assert_int_equal(receipted(&one->pc), ph_site_log(one->pc.site)->n);
	json_decref(ask(&one->room, set_policy()));
	assert_false(is_wrong(&one->room));
}

static void test_jump_comes_back(void **state)
{
	static const int64_t jumps[] = { 2 * HOUR, -2 * HOUR, 3650 * (int64_t)DAY,
					 -20000 * (int64_t)DAY };
	struct one *one = *state;

	for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		one->room.machine.now.wall += jumps[i];
		serves_nobody(one);
		one->room.machine.now.wall -= jumps[i];
		serves(one);
	}
}

/* The jump comes while a session is open: it ends without a receipt of the wrong time. */
static struct machine *jumping;

static void jump_at_items(struct ph_job *job, enum ph_side side, bool done)
{
	if (side == PH_SIDE_HUB && !done && job->type == PH_JOB_STORE && jumping) {
		jumping->now.wall += 365 * DAY;
		jumping = NULL;
	}
}

static void test_jump_in_session(void **state)
{
	struct one *one = *state;
	uint64_t before = receipted(&one->pc);
	struct drove drove;

	/* too much for a first flight */
	for (unsigned i = 0; i < 40; i++) {
		pc_visits(&one->pc, 40);
	}
	jumping = &one->room.machine;
	road_tamper = jump_at_items;
	drove = call(one);
	road_tamper = NULL;
	assert_null(jumping);
	assert_false(drove.complete);
	assert_true(receipted(&one->pc) < ph_site_log(one->pc.site)->n);
	assert_true(receipted(&one->pc) >= before);
	one->room.machine.now.wall -= 365 * DAY;
	serves(one);
}

static void test_accept(void **state)
{
	struct one *one = *state;

	one->room.machine.now.wall += 30 * DAY;
	serves_nobody(one);
	json_decref(ask(&one->room, json_pack("{s:s}", "command", "clock-accept")));
	serves(one);
	/* as it was before is wrong now */
	one->room.machine.now.wall -= 30 * DAY;
	serves_nobody(one);
	one->room.machine.now.wall += 30 * DAY;
	serves(one);
}

/* Another process of the same start, which has no memory but the store. */
static void restart(struct hub_room *room)
{
	hub_restart(room);
	room->hub->clock.is_watched = true;
}

static void test_another_process(void **state)
{
	struct one *one = *state;

	one->room.machine.now.wall += 2 * DAY;
	serves_nobody(one);
	restart(&one->room);
	serves_nobody(one);
	one->room.machine.now.wall -= 2 * DAY;
	serves(one);
	one->room.machine.now.wall += 2 * DAY;
	json_decref(ask(&one->room, json_pack("{s:s}", "command", "clock-accept")));
	restart(&one->room);
	serves(one);
}

/* The machine was started again, with an empty battery, or one that says 2036. */
static void test_another_boot(void **state)
{
	struct one *one = *state;
	int64_t right = one->room.machine.now.wall;
	const int64_t wrong[] = { 1000, right - 2 * HOUR, right + 401 * DAY };

	for (uint8_t i = 0; i < 3; i++) {
		boot(&one->room.machine, 20 + i, wrong[i]);
		restart(&one->room);
		serves_nobody(one);
		right += 600;
		one->room.machine.now.wall = right; /* set by the network's time */
		serves(one);
		right = one->room.machine.now.wall;
		/* from here on the two go together */
		one->room.machine.now.wall += 2 * HOUR;
		serves_nobody(one);
		one->room.machine.now.wall = right + 60;
		serves(one);
		right = one->room.machine.now.wall;
	}
	boot(&one->room.machine, 30, right + 100 * DAY);
	restart(&one->room);
	serves(one);
}

/* Looking goes on, and neither writes nor says when. */
static void test_looks(void **state)
{
	static const char *const looks[] = { "status", "devices", "verify", "cases",
					     "keys",   "clock",   "digest" };
	struct one *one = *state;
	json_t *answer;

	one->room.machine.now.wall += 2 * DAY;
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		json_decref(ask(&one->room, json_pack("{s:s}", "command", looks[i])));
	}
	answer = ask(&one->room, json_pack("{s:s}", "command", "status"));
	assert_true(
		json_is_true(json_object_get(json_object_get(answer, "clock"), "wrong")));
	json_decref(answer);
	one->room.machine.now.wall -= 2 * DAY;
	serves(one);
}

/* Who does not watch goes by the clock as it is: tests, simulations. */
static void test_not_watched(void **state)
{
	struct one *one = *state;

	one->room.hub->clock.is_watched = false;
	one->room.machine.now.wall += 30 * DAY;
	pc_visits(&one->pc, 1);
	serves(one);
}

#define WITH_HUB(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),   WITH_HUB(test_jump_comes_back),
		WITH_HUB(test_jump_in_session), WITH_HUB(test_accept),
		WITH_HUB(test_another_process), WITH_HUB(test_another_boot),
		WITH_HUB(test_looks),           WITH_HUB(test_not_watched),
	};

	return cmocka_run_group_tests_name("hub_clock", tests, make_pattern,
					   remove_pattern);
}
