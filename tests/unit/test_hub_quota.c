/*
 * Tests of daemon/hub_quota.c and hub_room.c: a hub and PCs with folders of their own,
 * whose sessions run over a wire in memory. What a device may not bring now waits there,
 * nothing of it is lost, and it is served meanwhile; others are not touched.
 */
#include "tests/unit/road_world.h"

#include "daemon/hub_internal.h"

#define DAY 86400
#define MIB (1024 * 1024)

struct two {
	struct hub_room room;
	struct pc first, other; /* of two sites */
};

static int set_up(void **state)
{
	struct two *two = calloc(1, sizeof(*two));

	assert_non_null(two);
	hub_open(&two->room);
	pc_join(&two->room, &two->first, "14-0371", "first", 1);
	pc_join(&two->room, &two->other, "14-0372", "other", 3);
	sync_pc(&two->room, &two->first);
	sync_pc(&two->room, &two->other);
	pc_confirm(&two->room, &two->first);
	pc_confirm(&two->room, &two->other);
	sync_pc(&two->room, &two->first);
	sync_pc(&two->room, &two->other);
	*state = two;
	return 0;
}

static int tear_down(void **state)
{
	struct two *two = *state;

	ph_file_use(NULL);
	pc_end(&two->first);
	pc_end(&two->other);
	hub_close(&two->room);
	free(two);
	return 0;
}

/* ---- what can be asked ---- */

static int64_t allowance(struct hub_room *room, struct pc *pc)
{
	json_t *answer = ask(room, json_pack("{s:s}", "command", "devices"));
	const json_t *item;
	int64_t left = INT64_MIN;
	size_t i;

	json_array_foreach(json_object_get(answer, "devices"), i, item)
	{
		if (strcmp(json_string_value(json_object_get(item, "device")),
			   pc_id(pc)) == 0) {
			left = json_integer_value(json_object_get(item, "allowance"));
		}
	}
	json_decref(answer);
	assert_true(left != INT64_MIN);
	return left;
}

static uint64_t at_hub(struct hub_room *room, struct pc *pc)
{
	struct ph_log log;

	assert_int_equal(ph_journal_log_find(ph_hub_journal(room->hub),
					     ph_site_log(pc->site)->id, &log),
			 0);
	return log.n;
}

static bool is_all_there(struct hub_room *room, struct pc *pc)
{
	return at_hub(room, pc) == ph_site_log(pc->site)->n;
}

static uint64_t receipted(struct pc *pc)
{
	struct ph_site_state site_state;

	assert_int_equal(ph_site_state(pc->site, &site_state), 0);
	return site_state.receipted;
}

/* From now on so many a day, and so many left. */
static void bound(struct hub_room *room, unsigned a_day, unsigned left)
{
	ph_hub_bound(room->hub, &(struct ph_hub_bounds){ .entries_a_day = a_day,
							 .entries_saved = left });
}

/* A session that ends in order though the hub takes nothing, or not all. */
static void sync_late(struct hub_room *room, struct pc *pc)
{
	struct drove drove = sync_pc(room, pc);

	assert_true(drove.complete);
	assert_false(is_all_there(room, pc));
}

static int count_log(void *count, const struct ph_log *log)
{
	*(unsigned *)count += log->n > 0;
	return 0;
}

/* How many logs the hub has of PC. */
static unsigned hub_logs(struct hub_room *room, struct pc *pc)
{
	unsigned count = 0;

	assert_int_equal(ph_journal_logs_of_device(ph_hub_journal(room->hub),
						   ph_site_log(pc->site)->device_id,
						   count_log, &count),
			 0);
	return count;
}

/* ---- the allowance ---- */

static void test_quota_edge(void **state)
{
	struct two *two = *state;
	struct hub_room *room = &two->room;
	uint64_t before;

	bound(room, 1, 100);
	pc_visits(&two->first, 50);
	sync_pc(room, &two->first);
	assert_int_equal(allowance(room, &two->first), 50);

	pc_visits(&two->first, 49); /* limit - 1 */
	sync_pc(room, &two->first);
	assert_true(is_all_there(room, &two->first));
	assert_int_equal(allowance(room, &two->first), 1);
	pc_visits(&two->first, 1); /* limit */
	sync_pc(room, &two->first);
	assert_true(is_all_there(room, &two->first));
	assert_int_equal(allowance(room, &two->first), 0);
	pc_visits(&two->first, 1); /* limit + 1 */
	before = at_hub(room, &two->first);
	sync_late(room, &two->first);
	assert_int_equal(at_hub(room, &two->first), before);
	assert_int_equal(allowance(room, &two->first), 0);
	assert_int_equal(receipted(&two->first), before);

	/* nobody else waits for that */
	pc_visits(&two->other, 90);
	sync_pc(room, &two->other);
	assert_true(is_all_there(room, &two->other));

	/* also after a restart, until the day is over; then it goes as if nothing had been */
	hub_restart(room);
	bound(room, 1, 100);
	sync_late(room, &two->first);
	pass(&room->machine, DAY);
	sync_pc(room, &two->first);
	assert_true(is_all_there(room, &two->first));
	assert_int_equal(receipted(&two->first), ph_site_log(two->first.site)->n);
	hub_verify(room);
}

static void test_quota_in_one(void **state)
{
	struct two *two = *state;
	struct hub_room *room = &two->room;

	bound(room, 100, 100);
	pc_visits(&two->first, 80);
	sync_pc(room, &two->first);
	assert_int_equal(allowance(room, &two->first), 20);

	/* one segment of 21: it waits as a whole, and for as much as it needs */
	pc_visits(&two->first, 21);
	sync_late(room, &two->first);
	assert_int_equal(allowance(room, &two->first), 20);
	pass(&room->machine, DAY / 100);
	sync_pc(room, &two->first);
	assert_true(is_all_there(room, &two->first));
}

/* More at once than may ever be saved up: it goes when the allowance is whole. */
static void test_quota_never_enough(void **state)
{
	struct two *two = *state;
	struct hub_room *room = &two->room;
	unsigned days = 0;

	bound(room, 50, 100);
	pc_visits(&two->first, 10);
	sync_pc(room, &two->first);
	pc_visits(&two->first, 500);
	while (!is_all_there(room, &two->first)) {
		(void)drive(room, &two->first, WHOLE_DRIVE);
		pass(&room->machine, DAY);
		assert_true(++days < 30);
	}
	assert_true(days > 1);
	hub_verify(room);
}

/* The parts of entries count, too, and are asked for again when they may come. */
static void test_quota_parts(void **state)
{
	struct two *two = *state;
	struct hub_room *room = &two->room;

	bound(room, 4, 100);
	pc_visits(&two->first, 96);
	sync_pc(room, &two->first);
	for (unsigned i = 0; i < 3; i++) {
		pc_reader(&two->first, "Lò Văn Pánh");
	}
	(void)drive(room, &two->first, WHOLE_DRIVE);
	assert_true(hub_says(room, "entries") > 0);
	pass(&room->machine, DAY);
	sync_pc(room, &two->first);
	pass(&room->machine, DAY);
	sync_pc(room, &two->first);
	assert_true(is_all_there(room, &two->first));
	assert_int_equal(receipted(&two->first), ph_site_log(two->first.site)->n);
	assert_true(allowance(room, &two->first) <= 4 + 4 + 4 - 6);
}

/* One that may bring nothing is told what others wrote, and gets its receipts. */
static void test_quota_is_served(void **state)
{
	struct two *two = *state;
	struct hub_room *room = &two->room;
	uint64_t control;

	bound(room, 1, 60);
	pc_visits(&two->first, 60);
	sync_pc(room, &two->first);
	pc_visits(&two->first, 300);
	sync_late(room, &two->first);
	add_site(room, "14-0373", "Thư viện xã Mường Bú");
	control = (uint64_t)hub_says(room, "control_entries");
	sync_late(room, &two->first);
	{
		json_t *answer = ask(room, json_pack("{s:s}", "command", "devices"));
		const json_t *item;
		size_t i;

		json_array_foreach(json_object_get(answer, "devices"), i, item)
		{
			if (strcmp(json_string_value(json_object_get(item, "device")),
				   pc_id(&two->first)) == 0) {
				assert_int_equal(json_integer_value(json_object_get(
							 item, "control_entries")),
						 control);
			}
		}
		json_decref(answer);
	}
}

/* A link that is cut brings nothing twice to account. */
static void test_quota_cuts(void **state)
{
	struct two *two = *state;
	struct hub_room *room = &two->room;
	int64_t before;

	bound(room, 1, 2000);
	before = allowance(room, &two->first);
	pc_visits(&two->first, 700);
	for (int64_t cut = 600; !is_all_there(room, &two->first); cut += 900) {
		(void)drive(room, &two->first, (struct drive){ -1, cut });
		assert_true(cut < 200000);
	}
	sync_pc(room, &two->first);
	assert_int_equal(allowance(room, &two->first), before - 700);
}

/* PC goes on in a new log, as after its folder was put back, and writes COUNT visits there. */
static void pc_new_log(struct pc *pc, unsigned count)
{
	struct ph_error err = { 0 };
	struct ph_log old = *ph_site_log(pc->site);

	assert_int_equal(ph_site_put_back(pc->site, &err), 0);
	pc_visits(pc, count);
	assert_memory_not_equal(ph_site_log(pc->site)->id, old.id, sizeof(old.id));
}

/* What a device is charged for the log that it opens besides the first, with what is in it. */
static int64_t charged_for_log(struct two *two, unsigned visits)
{
	int64_t before = allowance(&two->room, &two->first);

	pc_new_log(&two->first, visits);
	sync_pc(&two->room, &two->first);
	assert_true(is_all_there(&two->room, &two->first));
	return before - allowance(&two->room, &two->first);
}

/* Any log but the first of a device costs 256, so that nobody fills the hub with logs; the first what is in it. */
static void test_quota_opens(void **state)
{
	struct two *two = *state;
	struct hub_room *room = &two->room;
	uint64_t before;

	bound(room, 1, 1000);
	pc_visits(&two->first, 10);
	sync_pc(room, &two->first);
	assert_int_equal(allowance(room, &two->first), 990);
	/* `open`, a clock-mark, visits */
	assert_int_equal(charged_for_log(two, 5), 256 - 1 + 2 + 5);
	assert_int_equal(charged_for_log(two, 1), 256 - 1 + 2 + 1);
	pc_visits(&two->first, 3);
	before = (uint64_t)allowance(room, &two->first);
	sync_pc(room, &two->first);
	assert_int_equal(allowance(room, &two->first), (int64_t)before - 3);
	assert_int_equal(charged_for_log(two, 1), 256 - 1 + 2 + 1);

	/* one more is put off until there is as much; nothing is lost, and others do not wait */
	assert_true(allowance(room, &two->first) < 256);
	pc_new_log(&two->first, 1);
	(void)drive(room, &two->first, WHOLE_DRIVE);
	assert_int_equal(hub_logs(room, &two->first), 4);
	pc_new_log(&two->other, 1);
	sync_pc(room, &two->other);
	assert_int_equal(hub_logs(room, &two->other), 2);
	pass(&room->machine, 300 * DAY);
	sync_pc(room, &two->first);
	assert_int_equal(hub_logs(room, &two->first), 5);
	assert_true(is_all_there(room, &two->first));
	hub_verify(room);
}

/* Where less than that may be saved up it costs all of it, and nobody waits for ever. */
static void test_quota_opens_little(void **state)
{
	struct two *two = *state;
	struct hub_room *room = &two->room;

	bound(room, 20, 20);
	pc_new_log(&two->first, 1);
	sync_pc(room, &two->first);
	assert_int_equal(hub_logs(room, &two->first), 2);
	assert_int_equal(allowance(room, &two->first), 20 - (20 + 2));
	pc_new_log(&two->first, 1);
	(void)drive(room, &two->first, WHOLE_DRIVE);
	assert_int_equal(hub_logs(room, &two->first), 2);
	pass(&room->machine, 3 * DAY);
	sync_pc(room, &two->first);
	assert_int_equal(hub_logs(room, &two->first), 3);
}

/* ---- room on the disk ---- */

static uint64_t free_bytes;
static uint64_t reserve_bytes; /* that the file took of them */

static int some_room(const char *path, uint64_t *bytes_out)
{
	struct ph_file_info info;
	char file[256];

	snprintf(file, sizeof(file), "%s/reserve", path);
	reserve_bytes = ph_file_ops_system.look(file, &info) == 0 ? info.size : 0;
	*bytes_out = free_bytes > reserve_bytes ? free_bytes - reserve_bytes : 0;
	return 0;
}

/* Besides the reserve file, if there is one. */
static void set_free(uint64_t bytes)
{
	free_bytes = bytes + reserve_bytes;
}

static const char *reserve_state(struct hub_room *room, bool *low_out)
{
	static char text[16];
	json_t *answer = ask(room, json_pack("{s:s}", "command", "status"));

	snprintf(text, sizeof(text), "%s",
		 json_string_value(json_object_get(answer, "disk_reserve")));
	*low_out = json_is_true(json_object_get(answer, "disk_low"));
	json_decref(answer);
	return text;
}

static void test_room(void **state)
{
	static struct ph_file_ops ops;
	struct two *two = *state;
	struct hub_room *room = &two->room;
	bool is_low;

	ops = ph_file_ops_system;
	ops.room = some_room;
	ph_file_use(&ops);
	reserve_bytes = 0;
	ph_hub_bound(room->hub,
		     &(struct ph_hub_bounds){ .keeps_reserve = true, .reserve_mib = 1 });

	/* too little for a file and as much again: none is made, and devices wait */
	set_free(2 * MIB - 1);
	assert_string_equal(reserve_state(room, &is_low), "given-up");
	assert_true(is_low);
	set_free(2 * MIB);
	assert_string_equal(reserve_state(room, &is_low), "kept");
	assert_false(is_low);
	assert_string_equal(reserve_state(room, &is_low), "kept");
	assert_int_equal(reserve_bytes, MIB);

	/* limit + 1, limit, limit - 1 */
	set_free(MIB + 1);
	pc_visits(&two->first, 5);
	sync_pc(room, &two->first);
	set_free(MIB);
	pc_visits(&two->first, 5);
	sync_pc(room, &two->first);
	assert_true(is_all_there(room, &two->first));
	set_free(MIB - 1);
	pc_visits(&two->first, 5);
	sync_late(room, &two->first);
	assert_int_equal(receipted(&two->first), at_hub(room, &two->first));
	/* its own words the hub still writes, and devices hear them */
	add_site(room, "14-0373", "Thư viện xã Mường Bú");
	sync_pc(room, &two->other);

	set_free(MIB / 4);
	assert_string_equal(reserve_state(room, &is_low), "kept");
	set_free(MIB / 4 - 1);
	assert_string_equal(reserve_state(room, &is_low), "given-up");
	assert_true(is_low);
	add_site(room, "14-0374", "Thư viện xã Mường Chùm");
	sync_late(room, &two->first);
	/* what it gave is not for devices */
	set_free(MIB + MIB / 2);
	sync_late(room, &two->first);
	set_free(2 * MIB);
	sync_pc(room, &two->first);
	assert_true(is_all_there(room, &two->first));
	assert_string_equal(reserve_state(room, &is_low), "kept");

	/* found again by the next process; a setting of 0 takes it away */
	hub_restart(room);
	ph_hub_bound(room->hub,
		     &(struct ph_hub_bounds){ .keeps_reserve = true, .reserve_mib = 1 });
	set_free(MIB);
	assert_string_equal(reserve_state(room, &is_low), "kept");
	assert_false(is_low);
	ph_hub_bound(room->hub, &(struct ph_hub_bounds){ .keeps_reserve = true });
	assert_string_equal(reserve_state(room, &is_low), "none");
	assert_false(is_low);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_quota_edge, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_quota_in_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_quota_never_enough, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_quota_parts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_quota_is_served, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_quota_cuts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_quota_opens, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_quota_opens_little, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_room, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("hub_quota", tests, make_pattern,
					   remove_pattern);
}
