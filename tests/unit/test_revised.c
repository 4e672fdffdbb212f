/* tests/unit/test_revised.c - a report against the ledger, where logs have branches. */
#include "fold_world.h"

#include "common/ledger/figures.h"
#include "common/ledger/revised.h"
#include "common/ledger/view.h"

/* An entry that no tally counts. */
static void rename_copy(struct actor *actor, const char *copy, int64_t second)
{
	struct ph_entry alias = entry_of(PH_KIND_COPY_ALIAS);

	set_id(&alias, 0, 0, copy);
	set_id(&alias, 1, 0, "old");
	at(actor, &alias, second);
}

static void visit_for(struct actor *actor, uint64_t site, int64_t second)
{
	struct ph_entry visit = entry_of(PH_KIND_VISIT);

	set_uint(&visit, PH_VISIT_COUNT, 3);
	visit.extras.behalf = site;
	at(actor, &visit, second);
}

/*
 * Of a log of another site only a branch counts for the site of the report. It cannot be
 * folded without the log that it grew from.
 */
static void a_branch_that_counts_for_another_site(void **state)
{
	struct room *room = *state;
	struct ph_figures figures = { 0 };
	int64_t day = ph_day_of(T0);
	struct ph_error err = { 0 };
	struct actor branch;
	json_t *revised = NULL;

	rename_copy(&room->b, "c1", 100);
	rename_copy(&room->b, "c2", 200);
	actor_fork(&branch, &room->b, 2);
	rename_copy(&room->b, "c3", 300);
	visit_for(&branch, 101, 400);
	fold_all(room);
	world_take(&room->world, &branch, UINT64_MAX);
	world_catch_up(&room->world);
	assert_int_equal(ph_figures_sum(room->world.ledger, day - 1, day + 1, &figures),
			 0);
	assert_int_equal(figures.n_sites, 1);
	assert_int_equal(figures.sites[0].site, 101);
	assert_int_equal(ph_report_revised(room->world.ledger, &figures, day - 1, day + 1,
					   &revised, &err),
			 0);
	assert_int_equal(json_array_size(json_object_get(revised, "changed")), 0);
	assert_int_equal(json_array_size(json_object_get(revised, "entries")), 0);
	json_decref(revised);

	/* what comes later on it is told */
	visit_for(&branch, 101, 500);
	world_take(&room->world, &branch, UINT64_MAX);
	world_catch_up(&room->world);
	assert_int_equal(ph_report_revised(room->world.ledger, &figures, day - 1, day + 1,
					   &revised, &err),
			 0);
	assert_int_equal(json_array_size(json_object_get(revised, "entries")), 1);
	assert_int_equal(json_array_size(json_object_get(revised, "unexplained")), 0);
	json_decref(revised);
	ph_figures_deinit(&figures);
	actor_deinit(&branch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLD_TEST(a_branch_that_counts_for_another_site),
	};

	return cmocka_run_group_tests_name("revised", tests, NULL, NULL);
}
