/*
 * tests/unit/test_failing_collect.c - memory and the store fail once at each place while a hub that collects
 * reads again what it is, behind a transaction that was undone, and while the collecting begins.
 *
 * Nothing opens by it: what could not be read is as it was, and is told to nobody as what the store has.
 */
#include "tests/unit/collect_room.h"

#include "fail_at.h"

#include "daemon/hub_collect.h"
#include "daemon/hub_internal.h"

/* What the store has, and so must what is in memory, unless it is known to be ahead. */
struct truth {
	uint64_t epoch;
	int64_t accounts, restored;
};

static bool is_true(const struct ph_hub *hub, const struct truth *truth)
{
	return hub->epoch.number == truth->epoch &&
	       hub->account_changes == truth->accounts &&
	       hub->restored == truth->restored;
}

static void test_forgets(void **state)
{
	struct hub_room room;
	struct truth truth;
	struct ph_hub *hub;
	unsigned ahead = 0;
	bool hit = true;

	(void)state;
	hub_open(&room);
	hub = room.hub;
	say(&room, "epoch-begin");
	truth = (struct truth){ hub->epoch.number, hub->account_changes, hub->restored };
	assert_true(hub->collecting && truth.restored > 0);
	failing_again();
	while (hit) {
		hub->epoch.number++; /* as it is when a commit fails */
		hub->account_changes++;
		hub->restored++;
		failing_arm();
		ph_hub_forget(hub);
		hit = failing_disarm();
		if (!hub->collecting || (!hub->is_ahead && !is_true(hub, &truth))) {
			failing_show();
			fail_msg("collecting %d, epoch %llu", hub->collecting,
				 (unsigned long long)hub->epoch.number);
		}
		ahead += !is_true(hub, &truth);
		assert_false(ph_hub_is_ahead(hub)); /* it looks again */
		assert_true(hub->collecting && is_true(hub, &truth));
	}
	print_message("# %llu ways, %u of them ahead\n", (unsigned long long)failing.ways,
		      ahead);
	assert_true(ahead >= 10);
	end_collecting(&room);
	hub_close(&room);
}

static void test_begins(void **state)
{
	struct hub_room room;
	unsigned begun = 0;
	bool hit = true;

	(void)state;
	hub_open(&room);
	failing_again();
	while (hit) {
		struct ph_error err = { 0 };
		int rc;

		failing_arm();
		rc = ph_hub_restored(room.hub, &err);
		hit = failing_disarm();
		assert_true(rc == 0 || hit);
		if (rc == 0 && !room.hub->collecting) {
			failing_show();
			fail_msg("it has begun, and is open");
		}
		begun += rc == 0;
		assert_false(ph_hub_is_ahead(room.hub));
		assert_int_equal(room.hub->collecting, rc == 0);
		if (rc == 0) {
			end_collecting(&room);
		}
	}
	print_message("# %llu ways, begun by %u\n", (unsigned long long)failing.ways,
		      begun);
	assert_true(begun >= 2); /* not all that fails is in its transaction */
	hub_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forgets),
		cmocka_unit_test(test_begins),
	};

	failing_start();
	return cmocka_run_group_tests_name("failing_collect", tests, make_pattern,
					   remove_pattern);
}
