/*
 * Tests of what travels between real folders: a hub and PCs of two sites, whose sessions
 * run over a wire that is cut. Logs of a site's other devices (daemon/hub_load.c,
 * client/site_take.c), and who gets them.
 */
#include "tests/unit/road_world.h"
#include "tests/unit/put_room.h"
#include "tests/unit/stolen_keys.h"

#include "daemon/hub_internal.h"

struct two {
	struct hub_room room;
	struct pc first, second; /* of one site */
	struct pc other;         /* of another */
};

static int set_up(void **state)
{
	struct two *two = calloc(1, sizeof(*two));

	assert_non_null(two);
	hub_open(&two->room);
	pc_join(&two->room, &two->first, "14-0371", "first", 1);
	pc_join(&two->room, &two->second, "14-0371", "second", 2);
	pc_join(&two->room, &two->other, "14-0372", "other", 3);
	*state = two;
	return 0;
}

static int tear_down(void **state)
{
	struct two *two = *state;

	pc_end(&two->first);
	pc_end(&two->second);
	pc_end(&two->other);
	hub_close(&two->room);
	free(two);
	return 0;
}

/* All that the first wrote, names and all, is at the second. */
static void assert_even(struct two *two, const struct ph_ref *readers, unsigned n)
{
	assert_int_equal(pc_holds(&two->second, &two->first),
			 ph_site_log(two->first.site)->n);
	for (unsigned i = 0; i < n; i++) {
		assert_true(pc_reads(&two->second, &readers[i], "Lò Văn Pánh"));
	}
}

/* ---- who gets what ---- */

static void test_road_siblings(void **state)
{
	struct two *two = *state;
	struct ph_ref readers[3];
	struct drove drove;

	readers[0] = pc_reader(&two->first, "Lò Văn Pánh");
	pc_visits(&two->first, 20);
	readers[1] = pc_reader(&two->first, "Lò Văn Pánh");
	sync_pc(&two->room, &two->first);
	pc_visits(&two->first, 3);
	sync_pc(&two->room, &two->first);

	/* not confirmed: the control log and receipts, nothing else */
	sync_pc(&two->room, &two->second);
	drove = sync_pc(&two->room, &two->second);
	assert_int_equal(pc_holds(&two->second, &two->first), 0);
	assert_int_equal(drove.moved.entries_of_site, 0);

	pc_confirm(&two->room, &two->second);
	drove = sync_pc(&two->room, &two->second);
	assert_even(two, readers, 2);
	assert_int_equal(drove.moved.entries_of_site, ph_site_log(two->first.site)->n);
	assert_int_equal(drove.moved.parts_received, 2);

	/* nothing twice; what is new comes alone */
	drove = sync_pc(&two->room, &two->second);
	assert_int_equal(drove.counts.items_in, 0);
	print_message("# idle, with a sibling: %zu bytes\n",
		      (size_t)(drove.up + drove.down));
	assert_true(drove.up + drove.down <= 320 + 38); /* what a sibling costs */
	assert_int_equal(drove.counts.round_trips, 1);
	readers[2] = pc_reader(&two->first, "Lò Văn Pánh");
	sync_pc(&two->room, &two->first);
	drove = sync_pc(&two->room, &two->second);
	assert_int_equal(drove.moved.parts_received, 1);
	assert_true(drove.moved.entries_of_site <= 2); /* a clock-mark may be before it */
	assert_even(two, readers, 3);

	/* the first is not confirmed: it gets nothing of the second */
	pc_visits(&two->second, 2);
	sync_pc(&two->room, &two->second);
	sync_pc(&two->room, &two->first);
	assert_int_equal(pc_holds(&two->first, &two->second), 0);
	pc_confirm(&two->room, &two->first);
	sync_pc(&two->room, &two->first);
	assert_int_equal(pc_holds(&two->first, &two->second),
			 ph_site_log(two->second.site)->n);
}

/* A device of another site gets nothing of this one, confirmed or not. */
static void test_road_other_site(void **state)
{
	struct two *two = *state;
	struct ph_ref reader = pc_reader(&two->first, "Lò Văn Pánh");

	sync_pc(&two->room, &two->first);
	sync_pc(&two->room, &two->other);
	pc_confirm(&two->room, &two->other);
	sync_pc(&two->room, &two->other);
	sync_pc(&two->room, &two->other);
	assert_int_equal(pc_holds(&two->other, &two->first), 0);
	assert_false(pc_reads(&two->other, &reader, ""));
}

/*
 * A courier of the site, confirmed or not, gets the control log and nothing else; and it
 * takes nothing else from a hub that would give it.
 */
static void test_road_courier(void **state)
{
	struct two *two = *state;
	struct ph_db *db = ph_journal_db(ph_hub_journal(two->room.hub));
	struct ph_ref reader = pc_reader(&two->first, "Lò Văn Pánh");
	struct ph_site_state known;
	struct drove drove;
	struct pc courier;

	pc_join_as(&two->room, &courier, "14-0371", PH_ROLE_COURIER, "courier", 4);
	sync_pc(&two->room, &two->first);
	sync_pc(&two->room, &courier);
	pc_confirm(&two->room, &courier);
	for (unsigned i = 0; i < 2; i++) {
		drove = sync_pc(&two->room, &courier);
		assert_int_equal(drove.moved.entries_of_site, 0);
		assert_int_equal(drove.moved.parts_received, 0);
		assert_int_equal(drove.moved.fed.pages, 0);
	}
	assert_int_equal(ph_site_state(courier.site, &known), 0);
	assert_int_equal(known.standing, PH_SITE_CONFIRMED); /* it knows */
	assert_int_equal(pc_holds(&courier, &two->first), 0);
	assert_false(pc_reads(&courier, &reader, ""));

	/* a hub that takes it for a site's */
	assert_int_equal(ph_db_exec(db, "UPDATE device SET role = role - 1"
					" WHERE row = (SELECT max(row) FROM device)"),
			 0);
	drove = drive(&two->room, &courier, WHOLE_DRIVE);
	assert_false(drove.complete);
	assert_int_equal(drove.failure, PH_FAIL_PROTOCOL);
	assert_int_equal(pc_holds(&courier, &two->first), 0);
	assert_false(pc_reads(&courier, &reader, ""));
	assert_int_equal(ph_db_exec(db, "UPDATE device SET role = role + 1"
					" WHERE row = (SELECT max(row) FROM device)"),
			 0);
	pc_end(&courier);
}

/* ---- cuts ---- */

/* The second PC as it is before it gets anything of the first. */
static void ready(struct two *two, struct ph_ref *readers, unsigned n, unsigned visits)
{
	for (unsigned i = 0; i < n; i++) {
		readers[i] = pc_reader(&two->first, "Lò Văn Pánh");
		pc_visits(&two->first, visits);
		sync_pc(&two->room, &two->first);
	}
	sync_pc(&two->room, &two->second);
	pc_confirm(&two->room, &two->second);
	sync_pc(&two->room, &two->other); /* a word for the control log */
	pc_copy(&two->second, "", ".ready");
}

/* Cut wherever it may be, the next session brings what is missing, and parts with it. */
static void test_road_cuts(void **state)
{
	struct two *two = *state;
	struct ph_ref readers[5];
	struct drove whole;

	ready(two, readers, 5, 12);
	whole = sync_pc(&two->room, &two->second);
	assert_even(two, readers, 5);
	print_message("# %zu bytes down\n", (size_t)whole.down);
	for (uint64_t at = 1; at < whole.down; at += 1 + at % 41) {
		struct drive how = { .cut_down = (int64_t)at, .cut_up = -1 };
		struct drove drove;

		pc_copy(&two->second, ".ready", "");
		drove = drive(&two->room, &two->second, how);
		/* less comes down while its feed waits for it to prove live */
		assert_true(drove.complete || drove.failure == PH_FAIL_CUT);
		drove = sync_pc(&two->room, &two->second);
		assert_even(two, readers, 5);
		/* an item under way, frames, a greeting: no more comes twice */
		assert_true(drove.down + at <= whole.down + 4096 + 600);
		/* a folder that was put back: its feed begins anew, and comes to its end */
		for (unsigned i = 0; i < 2; i++) {
			sync_pc(&two->room, &two->second);
		}
		assert_int_equal(sync_pc(&two->room, &two->second).counts.items_in, 0);
	}
}

/* A road that breaks all the time gets there all the same. */
static void test_road_always_cut(void **state)
{
	struct two *two = *state;
	struct ph_ref readers[5];
	struct drove drove;
	unsigned tries = 0;

	ready(two, readers, 5, 150);
	do {
		struct drive how = { .cut_down = 6000, .cut_up = -1 };

		drove = drive(&two->room, &two->second, how);
		assert_true(++tries < 40);
	} while (!drove.complete);
	print_message("# %u tries\n", tries);
	assert_even(two, readers, 5);
}

/* ---- a folder that was copied ---- */

static int count_branch(void *data, const struct ph_log *log)
{
	uint64_t *entries = data;

	*entries += log->n - log->base;
	return 0;
}

/* Entries of the first PC's log in all branches that JOURNAL holds. */
static uint64_t all_entries(struct two *two, struct ph_journal *journal)
{
	uint64_t entries = 0;
	int rc = ph_journal_log_branch_each(journal, ph_site_log(two->first.site)->id,
					    count_branch, &entries);

	assert_true(rc == 0 || rc == PH_JOURNAL_E_NONE);
	return entries;
}

/* As a power cut may leave it, which is no doubt. */
static void garble_witness(const struct pc *pc)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/witness", pc->dir);
	assert_int_equal(truncate(path, 0), 0);
}

/* Both histories of a copied folder come to the second PC, each once, parts and all. */
static void test_road_fork(void **state)
{
	struct two *two = *state;
	struct ph_ref readers[2];
	struct pc copy = two->first;
	struct drove drove;

	pc_visits(&two->first, 3);
	sync_pc(&two->room, &two->first);
	pc_copy(&two->first, "", ".copy");
	snprintf(copy.dir, sizeof(copy.dir), "%s.copy", two->first.dir);
	copy.config.dir = copy.dir;
	garble_witness(&copy); /* so that nobody notices before the hub does */
	pc_open(&copy);
	readers[0] = pc_reader(&two->first, "Lò Văn Pánh");
	readers[1] = pc_reader(&copy, "Lò Văn Pánh");
	pc_visits(&copy, 2);
	sync_pc(&two->room, &two->first);
	sync_pc(&two->room, &copy);
	assert_int_equal(all_entries(two, ph_hub_journal(two->room.hub)),
			 readers[0].n + 3);

	sync_pc(&two->room, &two->second);
	pc_confirm(&two->room, &two->second);
	drove = sync_pc(&two->room, &two->second);
	assert_int_equal(all_entries(two, ph_site_journal(two->second.site)),
			 readers[0].n + 3);
	assert_int_equal(drove.moved.entries_of_site, readers[0].n + 3);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(pc_reads(&two->second, &readers[i], "Lò Văn Pánh"));
	}
	assert_int_equal(sync_pc(&two->room, &two->second).counts.items_in, 0);

	/* either goes on, having heard of the other: in a new log, its first entry and a visit */
	pc_visits(&copy, 1);
	sync_pc(&two->room, &copy);
	pc_visits(&two->first, 1);
	sync_pc(&two->room, &two->first);
	drove = sync_pc(&two->room, &two->second);
	assert_int_equal(drove.moved.entries_of_site, 4);
	assert_int_equal(drove.moved.fed.pages,
			 1); /* that one continues the other is a case */
	assert_int_equal(drove.counts.items_in, 2 + 1);
	assert_int_equal(sync_pc(&two->room, &two->second).counts.items_in, 0);
	pc_end(&copy);
}

/* ---- devices that were cut off ---- */

/* The first is cut off behind what its log now has, all of which is at the hub. */
static struct ph_head cut_first(struct two *two)
{
	const struct ph_log *log = ph_site_log(two->first.site);
	struct ph_head head = { .n = log->n };

	memcpy(head.log_id, log->id, sizeof(log->id));
	memcpy(head.h, log->h, sizeof(log->h));
	json_decref(signs(&two->room,
			  json_pack("{s:s, s:s, s:s}", "command", "device-cut", "device",
				    pc_id(&two->first), "reason", "stolen")));
	return head;
}

/* An operator adopts its log up to entry N. */
static void adopt_first(struct two *two, uint64_t n)
{
	char id[2 * PH_LOG_ID_SIZE + 1];
	char place[sizeof(id) + 24];

	ph_hex(id, ph_site_log(two->first.site)->id, PH_LOG_ID_SIZE);
	snprintf(place, sizeof(place), "%s:%llu", id, (unsigned long long)n);
	json_decref(signs(&two->room,
			  json_pack("{s:s, s:s}", "command", "log-adopt", "log", place)));
	while (ph_hub_fold(two->room.hub) > 0) {
	}
}

/* Its log goes to others as far as the cut covers it; further when it is adopted. */
static void test_road_cut_off(void **state)
{
	struct two *two = *state;
	struct ph_head head;
	struct ph_ref reader;
	struct drove drove;

	pc_visits(&two->first, 5);
	sync_pc(&two->room, &two->first);
	sync_pc(&two->room, &two->second);
	pc_confirm(&two->room, &two->second);
	head = cut_first(two);
	reader = pc_reader(&two->first, "Lò Văn Pánh");
	sync_pc(&two->room,
		&two->first); /* it does not know it, and is heard all the same */
	sync_pc(&two->room, &two->second);
	assert_int_equal(pc_holds(&two->second, &two->first), head.n);
	drove = sync_pc(&two->room, &two->second);
	assert_int_equal(drove.counts.items_in, 0);

	adopt_first(two, ph_site_log(two->first.site)->n);
	drove = sync_pc(&two->room, &two->second);
	/* the hub sends it; here it is left alone until the feed has brought the adoption */
	/* its part is inside; a page; what the hub decided, to be kept for it */
	assert_int_equal(drove.counts.items_in, 3);
	assert_int_equal(drove.moved.fed.facts, 1);
	assert_int_equal(pc_holds(&two->second, &two->first), head.n);
	assert_false(pc_reads(&two->second, &reader, ""));
	drove = sync_pc(&two->room, &two->second);
	assert_int_equal(drove.moved.parts_received, 1);
	assert_even(two, &reader, 1);
}

/* Adopted up to an entry between two seals: what is above comes along, and counts nowhere. */
static void test_road_adopted_between_seals(void **state)
{
	struct two *two = *state;
	struct ph_ref readers[2];

	sync_pc(&two->room, &two->first);
	sync_pc(&two->room, &two->second);
	pc_confirm(&two->room, &two->second);
	cut_first(two);
	assert_int_equal(ph_site_begin(two->first.site, NULL), 0);
	readers[0] = pc_reader(&two->first, "Lò Văn Pánh");
	readers[1] = pc_reader(&two->first, "Lò Thị Hoa");
	assert_int_equal(ph_site_commit(two->first.site, NULL), 0);
	sync_pc(&two->room, &two->first);
	adopt_first(two, readers[0].n);
	for (int i = 0; i < 2; i++) { /* the adoption by the feed, then the log */
		sync_pc(&two->room, &two->second);
	}
	assert_int_equal(pc_holds(&two->second, &two->first), readers[1].n);
	assert_true(pc_reads(&two->second, &readers[0], "Lò Văn Pánh"));
	assert_false(pc_reads(&two->second, &readers[1], ""));
	assert_even(two, &readers[0], 1);
	assert_int_equal(sync_pc(&two->room, &two->second).counts.items_in, 0);
}

/* ---- parts that come late ---- */

/* An entry is at the hub before its part: the second PC gets the part when it is there. */
static void test_road_late_part(void **state)
{
	struct two *two = *state;
	struct ph_ref readers[2];
	struct drove drove;

	readers[0] = pc_reader(&two->first, "Lò Văn Pánh");
	readers[1] = pc_reader(&two->first, "Lò Văn Pánh");
	sync_pc(&two->room, &two->first);
	sync_pc(&two->room, &two->second);
	pc_confirm(&two->room, &two->second);

	/* as if the link had been cut behind the entries */
	assert_int_equal(ph_db_exec(ph_journal_db(ph_hub_journal(two->room.hub)),
				    "UPDATE part SET cipher = NULL, seed = NULL"),
			 0);
	drove = sync_pc(&two->room, &two->second);
	assert_int_equal(pc_holds(&two->second, &two->first), readers[1].n);
	assert_false(pc_reads(&two->second, &readers[0], ""));
	assert_int_equal(drove.moved.parts_received, 0);

	/* it still is not there: nothing is sent for it */
	drove = sync_pc(&two->room, &two->second);
	assert_int_equal(drove.counts.items_in, 0);
	pc_visits(&two->first, 1);
	drove = sync_pc(&two->room, &two->first);
	assert_int_equal(drove.moved.parts_sent, 2);
	drove = sync_pc(&two->room, &two->second);
	assert_int_equal(drove.moved.parts_received, 2);
	assert_int_equal(drove.counts.items_in, 3);
	assert_even(two, readers, 2);
	assert_int_equal(sync_pc(&two->room, &two->second).counts.items_in, 0);
}

#define TWO(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* What came back to a copied folder is receipted anew, when the receipts of before are worth nothing. */
static void test_road_copy_anew(void **state)
{
	struct two *two = *state;
	struct pc copy = two->first;
	struct ph_site_state known;

	pc_visits(&two->first, 3);
	sync_pc(&two->room, &two->first);
	pc_confirm(&two->room, &two->first);
	sync_pc(&two->room, &two->first);
	pc_copy(&two->first, "", ".copy");
	snprintf(copy.dir, sizeof(copy.dir), "%s.copy", two->first.dir);
	copy.config.dir = copy.dir;
	garble_witness(&copy);
	pc_open(&copy);
	pc_visits(&two->first, 4);
	sync_pc(&two->room, &two->first);
	sync_pc(&two->room, &copy);
	sync_pc(&two->room, &copy);
	assert_int_equal(ph_site_state(copy.site, &known), 0);
	assert_int_equal(known.entries, ph_site_log(two->first.site)->n);
	assert_int_equal(known.receipted, known.entries);
	rotate_stolen(&two->room);
	for (unsigned i = 0; i < 3; i++) {
		sync_pc(&two->room, &copy);
	}
	assert_int_equal(ph_site_state(copy.site, &known), 0);
	assert_int_equal(known.entries, ph_site_log(two->first.site)->n);
	assert_int_equal(known.receipted, known.entries);
	pc_end(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TWO(test_road_siblings),   TWO(test_road_other_site),
		TWO(test_road_courier),    TWO(test_road_cuts),
		TWO(test_road_always_cut), TWO(test_road_late_part),
		TWO(test_road_cut_off),    TWO(test_road_fork),
		TWO(test_road_copy_anew),  TWO(test_road_adopted_between_seals),
	};

	return cmocka_run_group_tests_name("road", tests, make_pattern, remove_pattern);
}
