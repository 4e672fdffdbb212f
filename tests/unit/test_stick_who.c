/*
 * Tests of for whom `packhorsed pack-stick` packs when nobody is named (daemon/hub_command_bundle.c):
 * those that were cut off or retired, as long as something waits for them.
 */
#include "tests/unit/stick_room.h"

#include "tests/unit/put_room.h"

/* The devices that the hub names for a stick, by their first, of SITE or, NULL, that came by stick. */
static json_t *chosen(struct two *two, const char *site)
{
	json_t *answer = ask(&two->room, json_pack("{s:s, s:s?}", "command",
						   "stick-begin", "site", site));
	json_t *devices = json_incref(json_object_get(answer, "devices"));

	json_decref(answer);
	return devices;
}

/* Whether PC alone is chosen. */
static bool is_alone(struct two *two, struct pc *pc)
{
	json_t *devices = chosen(two, NULL);
	bool is = json_array_size(devices) == 1 &&
		  strcmp(text_in(json_array_get(devices, 0), "device"), pc_id(pc)) == 0;

	json_decref(devices);
	return is;
}

static size_t n_chosen(struct two *two, const char *site)
{
	json_t *devices = chosen(two, site);
	size_t n = json_array_size(devices);

	json_decref(devices);
	return n;
}

static void fold(struct two *two)
{
	while (ph_hub_fold(two->room.hub) > 0) {
	}
}

static void retire(struct two *two, struct pc *pc)
{
	json_decref(
		wrote(&two->room, json_pack("{s:s, s:s, s:s}", "command", "device-retire",
					    "device", pc_id(pc), "reason", "replaced")));
	fold(two);
}

static void up(struct two *two, struct pc *pc)
{
	pack_pc(pc, PH_BUNDLE_MAX, &two->up);
	take_all_up(&two->room, &two->up);
}

static void home(struct two *two, struct pc *pc)
{
	pack_hub(&two->room, pc, PH_BUNDLE_MAX, &two->down);
	take_all_down(pc, &two->down);
}

/* It hears of it with its receipts, and tells so; then nothing waits, until it writes again. */
static void test_retired(void **state)
{
	struct two *two = *state;

	pc_visits(&two->first, 3);
	up(two, &two->first);
	pc_confirm(&two->room, &two->first);
	home(two, &two->first);
	up(two, &two->first);
	retire(two, &two->first);
	pc_visits(&two->first, 2);
	up(two, &two->first);
	assert_true(is_alone(two, &two->first));
	assert_int_equal(n_chosen(two, "14-0371"), 1);
	home(two, &two->first);
	assert_int_equal(pc_state(&two->first).standing, PH_SITE_RETIRED);
	assert_receipted(&two->first);
	/* the hub has not heard that it has them */
	assert_true(is_alone(two, &two->first));
	up(two, &two->first);
	assert_int_equal(n_chosen(two, NULL), 0);
	assert_int_equal(n_chosen(two, "14-0371"), 0);
	pc_visits(&two->first, 1);
	up(two, &two->first);
	assert_true(is_alone(two, &two->first));
	home(two, &two->first);
	assert_receipted(&two->first);
}

/* Behind those in use, whoever came first; and of one that is gone nothing is heard for 90 days. */
static void test_retired_last(void **state)
{
	struct two *two = *state;
	json_t *devices;

	up(two, &two->first);
	up(two, &two->other);
	retire(two, &two->first);
	devices = chosen(two, NULL);
	assert_int_equal(json_array_size(devices), 2);
	assert_string_equal(text_in(json_array_get(devices, 0), "device"),
			    pc_id(&two->other));
	json_decref(devices);
	pass(&two->room.machine, 91 * 86400);
	assert_true(is_alone(two, &two->other));
}

/* As a van does: it hears that it was cut off, and is packed for no more when it has told so. */
static void test_cut_off(void **state)
{
	struct two *two = *state;

	pc_visits(&two->first, 3);
	up(two, &two->first);
	json_decref(signs(&two->room,
			  json_pack("{s:s, s:s, s:s}", "command", "device-cut", "device",
				    pc_id(&two->first), "reason", "stolen")));
	fold(two);
	assert_true(is_alone(two, &two->first));
	home(two, &two->first);
	assert_int_equal(two->down.pages, 0);
	assert_int_equal(pc_state(&two->first).standing, PH_SITE_CUT_OFF);
	pack_pc(&two->first, PH_BUNDLE_MAX, &two->up);
	(void)first_up(two);
	assert_int_equal(n_chosen(two, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TWO(test_retired),
		IN_TWO(test_retired_last),
		IN_TWO(test_cut_off),
	};

	return ph_crypto_start() != 0
		       ? 1
		       : cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
