/*
 * tests/unit/test_failing_acts.c - small histories in which a call that failed once left a
 * ledger, or an answer, wrong: each gone through with one failure after the other.
 */
#include "failing_world.h"

#include "act_world.h"
#include "feed_slow.h"
#include "plain_hub.h"

#define SITE 101

enum {
	HUB,
	DESK,
	OWN,
	OTHER,
	ACTORS
};

/* A site that holds its own log and the control log, and is told the rest. */
struct fed_site {
	struct machine machine;
	struct actor actors[ACTORS];
	struct slow_feed feed;
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
};

static int set_up(void **state)
{
	static const uint64_t sites[] = { 0, 0, SITE, 202 };
	struct fed_site *site = calloc(1, sizeof(*site));

	assert_non_null(site);
	ph_rng_seed(&site->seeded, 1, &site->rng);
	slow_feed_init(&site->feed, SITE, &site->rng);
	for (int i = 0; i < ACTORS; i++) {
		actor_init(&site->actors[i], (uint8_t)(4 + i), sites[i], T0);
	}
	world_init(&site->machine.world, false);
	assert_int_equal(ph_fed_tables_open(site->machine.world.db), 0);
	site->machine.world.fed = site->machine.world.db;
	world_reopen_ledger(&site->machine.world);
	wrong = 0;
	*state = site;
	return 0;
}

static int tear_down(void **state)
{
	struct fed_site *site = *state;

	slow_feed_deinit(&site->feed);
	world_deinit(&site->machine.world);
	for (int i = 0; i < ACTORS; i++) {
		actor_deinit(&site->actors[i]);
	}
	free(site);
	return 0;
}

/* All logs are heard of, held or fed; the ledger catches up through all failures. */
static void hear_all(struct fed_site *site)
{
	uint64_t upto[ACTORS];

	failing_again();
	for (int i = 0; i < ACTORS; i++) {
		upto[i] = site->actors[i].n;
	}
	world_take(&site->machine.world, &site->actors[HUB], UINT64_MAX);
	world_take(&site->machine.world, &site->actors[OWN], UINT64_MAX);
	slow_feed_tell(&site->feed, site->machine.world.db, site->actors, ACTORS, upto);
	through_failures(&site->machine, catch_up);
}

/* Nothing was wrong, and the ledger is what a fold without failures makes. */
static void assert_right(struct fed_site *site)
{
	struct ph_error err = { 0 };
	uint8_t got[32], wanted[32];

	assert_int_equal(wrong, 0);
	world_digest(&site->machine.world, got);
	assert_int_equal(ph_ledger_rebuild(site->machine.world.ledger, &err), 0);
	world_digest(&site->machine.world, wanted);
	assert_memory_equal(got, wanted, sizeof(got));
}

static int look_up(struct fed_site *site, const struct ph_entity_key *key)
{
	struct ph_buf got = { 0 };
	int rc = ph_ledger_get(site->machine.world.ledger, (enum ph_entity)key->type,
			       ph_key_view(key), &got);

	ph_buf_deinit(&got);
	return rc;
}

static struct ph_entity_key copy_key(const char *code)
{
	struct ph_id id = { .ns = 0, .code = ph_view_str(code) };
	struct ph_entity_key key;

	assert_true(ph_key_id(PH_ENTITY_COPY, &id, &key));
	return key;
}

/* --- acts that were fed --- */

static void void_that_was_fed(void **state)
{
	struct fed_site *site = *state;
	struct ph_entity_key key = copy_key("c1");
	struct ph_ref lent = loan(&site->actors[OWN], "c1", "k1", 100);

	hear_all(site);
	assert_int_equal(look_up(site, &key), 0);
	void_it(&site->actors[DESK], &lent, 200);
	hear_all(site);
	assert_int_equal(look_up(site, &key), PH_LEDGER_E_NONE);
	assert_right(site);
}

/* Another site takes back a merge that this one wrote: by the void its edge is gone. */
static void unmerge_that_was_fed(void **state)
{
	struct fed_site *site = *state;
	struct actor *own = &site->actors[OWN];
	struct ph_entry put = title_of("Truyện Kiều");
	struct ph_ref one = at(own, &put, 100);
	struct ph_ref other = at(own, &put, 200);
	struct ph_entry merge = entry_of(PH_KIND_TITLE_MERGE);
	struct ph_entry unmerge = entry_of(PH_KIND_TITLE_UNMERGE);
	struct ph_buf list = { 0 };
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_TITLE, &one);
	struct ph_buf joined = { 0 }, parted = { 0 };
	struct ph_ref edge;

	set_ref(&merge, PH_TITLE_MERGE_TITLE, &one);
	set_ref(&merge, PH_TITLE_MERGE_OTHER, &other);
	edge = at(own, &merge, 300);
	hear_all(site);
	assert_int_equal(ph_ledger_get(site->machine.world.ledger, PH_ENTITY_TITLE,
				       ph_key_view(&key), &joined),
			 0);
	assert_int_equal(ph_list_put_refs(&list, &edge, 1,
					  &unmerge.field[PH_TITLE_UNMERGE_MERGES]),
			 0);
	at(&site->actors[OTHER], &unmerge, 400);
	hear_all(site);
	assert_int_equal(ph_ledger_get(site->machine.world.ledger, PH_ENTITY_TITLE,
				       ph_key_view(&key), &parted),
			 0);
	assert_false(ph_view_equal(ph_buf_view(&joined), ph_buf_view(&parted)));
	assert_right(site);
	ph_buf_deinit(&list);
	ph_buf_deinit(&joined);
	ph_buf_deinit(&parted);
}

static void judgement_that_was_fed(void **state)
{
	struct fed_site *site = *state;
	struct ph_entity_key early = ph_key_tally(SITE, ph_day_of(T0 + 2 * DAY));
	struct ph_entity_key late = ph_key_tally(SITE, ph_day_of(T0 + 200 + 9 * DAY));
	struct ph_ref marked = mark(&site->actors[OWN], 1, 100 + 9 * DAY);
	struct ph_entry judge = judgement(&marked, 7 * DAY);

	visit_at(&site->actors[OWN], 5, 200 + 9 * DAY);
	hear_all(site);
	assert_int_equal(look_up(site, &late), 0);
	at(&site->actors[DESK], &judge, 300 + 9 * DAY);
	hear_all(site);
	assert_int_equal(look_up(site, &late), PH_LEDGER_E_NONE);
	assert_int_equal(look_up(site, &early), 0);
	assert_right(site);
}

/* --- what is looked at --- */

/* Short of memory is not damaged. */
static void entity_that_is_read(void **state)
{
	struct fed_site *site = *state;
	struct ph_entity_key key = copy_key("c1");
	unsigned failures = 0;
	bool hit;

	loan(&site->actors[OWN], "c1", "k1", 100);
	loan(&site->actors[OTHER], "c1", "k2", 200);
	hear_all(site);
	do {
		int rc;

		failing_arm();
		rc = look_up(site, &key);
		hit = failing_disarm();
		failures += hit;
		if (rc != 0) {
			assert_true(hit);
			assert_int_equal(rc, failing.as);
		}
	} while (hit);
	assert_true(failures > 0);
	assert_right(site);
}

static int on_case(void *data, const struct ph_case_row *row)
{
	struct looking *looking = data;

	memcpy(looking->id, row->id, sizeof(looking->id));
	return 0;
}

/* Two readers who look alike, then are said to be one, of whom one is erased. */
static void readers_that_may_be_one(void **state)
{
	struct fed_site *site = *state;
	struct world *world = &site->machine.world;
	struct ph_entry put = entry_of(PH_KIND_READER_PUT);
	struct ph_entry merge = entry_of(PH_KIND_READER_MERGE);
	struct ph_entry erase = entry_of(PH_KIND_READER_ERASE);
	struct ph_case_filter all = { .all = true };
	struct looking looking = { .world = world, .opener.open = look_open };
	struct ph_buf list = { 0 };
	struct ph_ref one, other;

	world->hub = &plain_hub;
	world->fed = NULL;
	world_reopen_ledger(world);
	set_text(&put, PH_READER_COMMUNE, "03646");
	set_uint(&put, PH_READER_BAND, 2);
	one = at(&site->actors[OWN], &put, 100);
	other = at(&site->actors[OTHER], &put, 200);
	world_take(world, &site->actors[OWN], UINT64_MAX);
	world_take(world, &site->actors[OTHER], UINT64_MAX);
	through_failures(&site->machine, catch_up);
	assert_int_equal(ph_cases_count(world->ledger, 0), 1);
	set_ref(&merge, PH_READER_MERGE_READER, &one);
	set_ref(&merge, PH_READER_MERGE_OTHER, &other);
	at(&site->actors[OWN], &merge, 300);
	assert_int_equal(ph_list_put_refs(&list, &one, 1, &erase.field[PH_ERASE_READERS]),
			 0);
	sign_as_operator(&erase);
	at(&site->actors[HUB], &erase, 400);
	world_take(world, &site->actors[OWN], UINT64_MAX);
	world_take(world, &site->actors[HUB], UINT64_MAX);
	failing_again();
	through_failures(&site->machine, catch_up);
	assert_int_equal(ph_cases_count(world->ledger, 0), 1);
	assert_true(ph_cases_each(world->ledger, &all, on_case, &looking) >= 0);
	looking.number = 0;
	for (size_t k = 0; k < LOOKS_AT_CASE; k++) {
		ask_through(&looking, &looks_at_case[k], 0);
	}
	assert_right(site);
	ph_buf_deinit(&list);
}

/* What is wrong with a copy is shown, or nothing is. */
static void copy_that_is_damaged(void **state)
{
	struct fed_site *site = *state;
	struct ph_entry damaged = entry_of(PH_KIND_DAMAGED);
	struct ph_entry withdrawn = entry_of(PH_KIND_WITHDRAWN);
	struct looking looking = { .world = &site->machine.world,
				   .opener.open = look_open };
	uint64_t before = asked;

	loan(&site->actors[OWN], "c1", "k1", 50);
	set_id(&damaged, PH_DAMAGED_COPY, 0, "c1");
	set_id(&withdrawn, PH_WITHDRAWN_COPY, 0, "c1");
	set_text(&withdrawn, PH_WITHDRAWN_DECISION, "12/QD");
	at(&site->actors[OWN], &damaged, 100);
	at(&site->actors[OWN], &withdrawn, 200);
	hear_all(site);
	looking.key = copy_key("c1");
	for (size_t k = 0; k < LOOKS_AT_ONE; k++) {
		ask_through(&looking, &looks_at_one[k], 0);
	}
	assert_true(asked > before + 20);
	assert_right(site);
}

/* Figures that have changed since: each entry with all of its counts, or none. */
static void figures_that_changed(void **state)
{
	struct fed_site *site = *state;
	struct looking looking = { .world = &site->machine.world,
				   .opener.open = look_open };
	struct ph_figures figures = { 0 };
	int64_t day = ph_day_of(T0);
	struct ph_ref first = visit_at(&site->actors[OWN], 5, 100);

	loan(&site->actors[OWN], "c1", "k1", 200);
	hear_all(site);
	assert_int_equal(
		ph_figures_sum(site->machine.world.ledger, day - 1, day + 1, &figures),
		0);
	void_it(&site->actors[OWN], &first, 300);
	visit_at(&site->actors[OWN], 7, 400);
	give_back(&site->actors[OWN], "c1", 500);
	hear_all(site);
	looking.figures = &figures;
	for (size_t k = 0; k < LOOKS_AT_ALL; k++) {
		for (looking.number = 0; looking.number < 6; looking.number++) {
			ask_through(&looking, &looks_at_all[k], 0);
		}
	}
	ph_figures_deinit(&figures);
	assert_right(site);
}

#define FED_SITE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FED_SITE(void_that_was_fed),       FED_SITE(unmerge_that_was_fed),
		FED_SITE(judgement_that_was_fed),  FED_SITE(entity_that_is_read),
		FED_SITE(readers_that_may_be_one), FED_SITE(copy_that_is_damaged),
		FED_SITE(figures_that_changed),
	};

	failing_start();
	return cmocka_run_group_tests_name("failing_acts", tests, NULL, NULL);
}
