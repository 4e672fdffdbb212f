/*
 * Tests of daemon/hub_erase.c and hub_second.c: what was erased goes from the second medium, too, on
 * whichever write of it the hub's disk was full.
 */
#include "tests/unit/erase_town.h"

#include "daemon/hub_second.h"

/* The hub as of before the order, with a second medium in MEDIUM that has nothing. */
static void begin_anew(struct town *town, const char *medium)
{
	struct ph_hub_config config = hub_config(&town->room);
	char command[512];

	ph_hub_close(town->room.hub);
	snprintf(command, sizeof(command), "rm -rf '%s' '%s'/* && cp -r '%s.copy' '%s'",
		 town->room.dir, medium, town->room.dir, town->room.dir);
	assert_int_equal(system(command), 0);
	config.second = medium;
	assert_int_equal(ph_hub_open(&town->room.hub, &config, NULL), 0);
}

/* The order, as the operator signed it; the caller's. */
static json_t *signed_order(struct town *town)
{
	char text[PH_REF_TEXT];
	json_t *item, *request;

	ph_ref_text(text, &town->reader);
	item = item_of(&town->room, request_erase(text), 0);
	request = signed_by(item, &town->room.operator_pair);
	json_decref(item);
	return request;
}

/* Whether the certificate says that she is gone from the second medium. */
static bool is_erased_there(struct town *town)
{
	json_t *list = ask(&town->room, json_pack("{s:s}", "command", "erasures"));
	const json_t *first = json_array_get(json_object_get(list, "erasures"), 0);
	json_t *answer =
		ask(&town->room, json_pack("{s:s, s:O}", "command", "erasures", "erasure",
					   json_object_get(first, "erasure")));
	const char *says =
		text_in(json_object_get(answer, "certificate"), "second_medium");
	bool is_erased = strcmp(says, "erased") == 0;

	assert_true(is_erased || strcmp(says, "out") == 0);
	json_decref(answer);
	json_decref(list);
	return is_erased;
}

/* REQUEST, when write N (from 0) finds the disk full. Whether it was taken; *HIT_OUT: there was such a write. */
static bool is_taken(struct town *town, const json_t *request, int n, bool *hit_out)
{
	json_t *answer;
	bool taken;

	disk.fault = FAIL_FULL;
	disk.after = n;
	disk.hits = 0;
	answer = ph_hub_command(town->room.hub, request);
	*hit_out = disk.hits > 0;
	disk.fault = NO_FAULT;
	taken = json_integer_value(json_object_get(answer, "exit")) == 0;
	assert_true(taken || *hit_out);
	json_decref(answer);
	return taken;
}

/*
 * If the order was taken, what was left undone is done when there is room again, and the medium looked
 * through without another start.
 */
static void test_a_full_disk(void **state)
{
	struct town *town = *state;
	char medium[64], copy[80];
	unsigned taken = 0;
	int n = 0;
	bool hit;

	temp_dir(medium);
	copy_hub(town, "", ".copy");
	do {
		json_t *request;

		begin_anew(town, medium);
		request = signed_order(town);
		if (is_taken(town, request, n++, &hit)) {
			taken += hit;
			/* what failed is tried again in a minute */
			town->room.machine.now.mono_ms += 61000;
			assert_int_equal(ph_hub_fold(town->room.hub), 0);
			ph_hub_second_write(town->room.hub);
			if (!is_erased_there(town)) {
				fail_msg("not when write %d failed", n);
			}
		}
		json_decref(request);
	} while (hit);
	print_message("# %d writes failed, each by itself; behind the order %u\n", n - 1,
		      taken);
	assert_true(taken > 10);
	snprintf(copy, sizeof(copy), "%s.copy", town->room.dir);
	remove_dir(copy);
	remove_dir(medium);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_full_disk, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("erase_second", tests, make_pattern,
					   remove_pattern);
}
