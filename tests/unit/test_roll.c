/*
 * tests/unit/test_roll.c - lists of all titles, readers, workers, models, targets, figures.
 */
#include "ledger_world.h"

#include "common/cli/list_page.h"
#include "common/ledger/listing.h"
#include "common/ledger/store.h"

#define TITLES  7
#define READERS 5

struct roll {
	struct world world;
	struct actor site, hub;
	json_t *items;
	char next[PH_LISTING_NEXT];
};

static struct ph_ref put_title(struct actor *actor, const char *name, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_TITLE_PUT);

	set_text(&entry, PH_TITLE_NAME, name);
	return at(actor, &entry, second);
}

static void put_copy(struct actor *actor, const char *code, const struct ph_ref *title,
		     int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_COPY_PUT);

	set_id(&entry, PH_COPY_COPY, actor->site, code);
	set_ref(&entry, PH_COPY_TITLE, title);
	set_uint(&entry, PH_COPY_OWNER, actor->site);
	at(actor, &entry, second);
}

static void put_tally(struct actor *actor, uint64_t value, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_TALLY);

	set_uint(&entry, PH_TALLY_CODE, 0);
	set_uint(&entry, PH_TALLY_VALUE, value);
	set_uint(&entry, PH_TALLY_FROM, 20700);
	set_uint(&entry, PH_TALLY_TO, 20701);
	at(actor, &entry, second);
}

static void put_activity(struct actor *actor, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_ACTIVITY);

	set_uint(&entry, PH_ACTIVITY_OCCASION, 0);
	at(actor, &entry, second);
}

/* Seven titles of which two are one, five readers, a worker, a model, two targets, three figures. */
static void write_all(struct roll *roll)
{
	static const char *const names[TITLES] = { "Một", "Hai", "Ba", "Bốn",
						   "Năm", "Sáu", "Bảy" };
	struct ph_entry entry;
	struct ph_ref title[TITLES];

	for (int i = 0; i < TITLES; i++) {
		title[i] = put_title(&roll->site, names[i], 10 + i);
	}
	put_copy(&roll->site, "000001", &title[0], 30);
	put_copy(&roll->site, "000002", &title[1], 31);
	entry = entry_of(PH_KIND_TITLE_MERGE);
	set_ref(&entry, PH_TITLE_MERGE_TITLE, &title[0]);
	set_ref(&entry, PH_TITLE_MERGE_OTHER, &title[1]);
	at(&roll->site, &entry, 40);
	for (int i = 0; i < READERS; i++) {
		entry = entry_of(PH_KIND_READER_PUT);
		set_text(&entry, PH_READER_COMMUNE, "03646");
		at(&roll->site, &entry, 50 + i);
	}
	entry = entry_of(PH_KIND_WORKER_PUT);
	set_uint(&entry, PH_WORKER_ROLE, 0);
	at(&roll->site, &entry, 60);
	entry = entry_of(PH_KIND_MODEL_PUT);
	set_text(&entry, PH_MODEL_COMMUNE, "03646");
	set_uint(&entry, PH_MODEL_STATUS, 1);
	at(&roll->site, &entry, 61);
	for (int i = 0; i < 3; i++) {
		put_tally(&roll->site, 100 + (uint64_t)i, 70 + 2 * i);
		put_activity(&roll->site, 71 + 2 * i);
	}
	for (uint64_t year = 2026; year <= 2030; year += 4) {
		entry = entry_of(PH_KIND_TARGET_PUT);
		set_text(&entry, PH_TARGET_INDICATOR, "M2");
		set_uint(&entry, PH_TARGET_YEAR, year);
		set_uint(&entry, PH_TARGET_VALUE, 5000);
		at(&roll->hub, &entry, (int64_t)year);
	}
	entry = entry_of(PH_KIND_SITE_PUT);
	set_uint(&entry, PH_SITE_SITE, 101);
	set_text(&entry, PH_SITE_NAME, "Chiềng Khoa");
	at(&roll->hub, &entry, 3000);
	entry = entry_of(PH_KIND_COMMUNE_PUT);
	set_text(&entry, PH_COMMUNE_CODE, "03646");
	set_text(&entry, PH_COMMUNE_NAME, "Vân Hồ");
	at(&roll->hub, &entry, 3001);
}

static int setup(void **state)
{
	struct roll *roll = calloc(1, sizeof *roll);

	actor_init(&roll->site, 1, 101, T0);
	actor_init(&roll->hub, 2, 0, T0);
	world_init(&roll->world, false);
	write_all(roll);
	world_take(&roll->world, &roll->site, UINT64_MAX);
	world_take(&roll->world, &roll->hub, UINT64_MAX);
	world_catch_up(&roll->world);
	*state = roll;
	return 0;
}

static int teardown(void **state)
{
	struct roll *roll = *state;

	json_decref(roll->items);
	world_deinit(&roll->world);
	actor_deinit(&roll->site);
	actor_deinit(&roll->hub);
	free(roll);
	return 0;
}

/* One page; how many items it has. */
static size_t page(struct roll *roll, const struct ph_listing_query *query)
{
	json_decref(roll->items);
	roll->items = NULL;
	assert_int_equal(ph_listing(roll->world.ledger, query, &roll->items, roll->next),
			 0);
	return json_array_size(roll->items);
}

static const json_t *member(const struct roll *roll, size_t i, const char *name)
{
	return json_object_get(json_array_get(roll->items, i), name);
}

static void assert_text(const struct roll *roll, size_t i, const char *name,
			const char *text)
{
	const char *got = json_string_value(member(roll, i, name));

	assert_string_equal(got != NULL ? got : "(none)", text);
}

/* Who may see that a reader is registered, and not what is out on the cards. */
static void loans_can_be_left_out(void **state)
{
	struct roll *roll = *state;
	struct ph_listing_query query = { .list = PH_LISTING_READERS };

	assert_int_equal(page(roll, &query), READERS);
	assert_non_null(member(roll, 0, "loans"));
	query.no_cards = true;
	assert_int_equal(page(roll, &query), READERS);
	assert_null(member(roll, 0, "loans"));
	assert_non_null(member(roll, 0, "reader"));
}

static void each_stands_once(void **state)
{
	static const struct {
		const char *name;
		size_t n;
	} lists[] = {
		{ "titles", TITLES - 1 }, { "readers", READERS }, { "workers", 1 },
		{ "models", 1 },          { "targets", 2 },       { "tallies", 3 }
	};
	struct roll *roll = *state;

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		int list = ph_listing_named(lists[i].name);
		struct ph_listing_query query = { .list = (enum ph_listing)list };
		struct ph_list_query rest = { 0 };
		json_t *all = NULL;

		assert_in_range(list, 0, 100);
		assert_true(ph_listing_is_roll((enum ph_listing)list));
		assert_int_equal(page(roll, &query), lists[i].n);
		assert_string_equal(roll->next, "");
		query.limit = 2;
		rest.list = query;
		assert_int_equal(ph_list_all(roll->world.ledger, &rest, &all), 0);
		assert_true(json_equal(all, roll->items));
		json_decref(all);
	}
	assert_false(ph_listing_is_roll(PH_LISTING_HOLDS));
	assert_int_equal(ph_listing_named("novels"), -1);
}

static void pages_follow_each_other(void **state)
{
	struct roll *roll = *state;
	struct ph_listing_query query = { .list = PH_LISTING_TITLES, .limit = 4 };
	const struct ph_list_query rest = { .list = query };
	char after[PH_LISTING_NEXT];
	json_t *first, *whole = NULL;

	assert_int_equal(ph_list_all(roll->world.ledger, &rest, &whole), 0);
	assert_int_equal(page(roll, &query), 4);
	first = json_incref(roll->items);
	memcpy(after, roll->next, sizeof after);
	query.after = after;
	assert_int_equal(page(roll, &query), 2);
	assert_string_equal(roll->next, "");
	assert_int_equal(json_array_extend(first, roll->items), 0);
	assert_true(json_equal(first, whole));
	json_decref(first);
	json_decref(whole);
	query.limit = 2; /* just as many as are left */
	assert_int_equal(page(roll, &query), 2);
	assert_string_equal(roll->next, "");
}

static void items_say_what_they_are(void **state)
{
	struct roll *roll = *state;
	struct ph_listing_query query = { .list = PH_LISTING_TITLES };
	json_int_t copies = 0;

	page(roll, &query);
	for (size_t i = 0; i < json_array_size(roll->items); i++) {
		copies += json_integer_value(member(roll, i, "n_copies"));
	}
	assert_int_equal(copies, 2); /* both of the class that was joined */
	query.list = PH_LISTING_READERS;
	page(roll, &query);
	assert_text(roll, 0, "commune_name", "Vân Hồ");
	assert_text(roll, 0, "site_name", "Chiềng Khoa");
	assert_int_equal(json_integer_value(member(roll, 0, "n_loans")), 0);
	query.list = PH_LISTING_WORKERS;
	page(roll, &query);
	assert_text(roll, 0, "role", "librarian");
	assert_text(roll, 0, "site_name", "Chiềng Khoa");
	query.list = PH_LISTING_MODELS;
	page(roll, &query);
	assert_text(roll, 0, "commune", "03646");
	assert_text(roll, 0, "commune_name", "Vân Hồ");
	query.list = PH_LISTING_TARGETS;
	page(roll, &query);
	assert_text(roll, 1, "indicator", "M2");
	assert_int_equal(json_integer_value(member(roll, 1, "year")), 2030);
	assert_int_equal(json_integer_value(member(roll, 1, "value")), 5000);
	query.list = PH_LISTING_TALLIES;
	page(roll, &query);
	assert_text(roll, 0, "code", "budget-state");
	assert_text(roll, 0, "from", "2026-09-04");
	assert_int_equal(json_integer_value(member(roll, 0, "value")), 100);
	assert_int_equal(json_integer_value(member(roll, 2, "value")), 102);
}

static void of_one_site(void **state)
{
	static const uint64_t ours = 101, other = 102;
	static const struct {
		enum ph_listing list;
		size_t ours, other;
	} wants[] = {
		{ PH_LISTING_TITLES, 1, 0 }, /* of which it owns a copy */
		{ PH_LISTING_READERS, READERS, 0 }, { PH_LISTING_WORKERS, 1, 0 },
		{ PH_LISTING_TARGETS, 2, 2 }, /* the province's */
		{ PH_LISTING_TALLIES, 3, 0 },
	};
	struct roll *roll = *state;

	for (size_t i = 0; i < sizeof wants / sizeof *wants; i++) {
		struct ph_listing_query query = { .list = wants[i].list,
						  .sites = &ours,
						  .n_sites = 1 };

		assert_int_equal(page(roll, &query), wants[i].ours);
		query.sites = &other;
		assert_int_equal(page(roll, &query), wants[i].other);
	}
}

static void a_place_of_another_list_is_refused(void **state)
{
	static const char *const places[] = { "",   "0",    "05",
					      "xx", "0b00", "0000000000000000" };
	struct roll *roll = *state;
	struct ph_listing_query query = { .list = PH_LISTING_TITLES, .limit = 1 };
	char after[PH_LISTING_NEXT];
	json_t *items = NULL;

	page(roll, &query);
	memcpy(after, roll->next, sizeof after);
	query.list = PH_LISTING_READERS;
	query.after = after;
	assert_int_equal(ph_listing(roll->world.ledger, &query, &items, roll->next),
			 PH_LISTING_E_AFTER);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		query.after = places[i];
		assert_int_equal(
			ph_listing(roll->world.ledger, &query, &items, roll->next),
			PH_LISTING_E_AFTER);
	}
}

/* 45,000 activities, all before the last figure: a page looks at so many, and says where it is. */
static void a_page_ends_also_where_nothing_is_found(void **state)
{
	struct roll *roll = *state;
	struct ph_listing_query query = { .list = PH_LISTING_TALLIES };
	char after[PH_LISTING_NEXT];
	size_t pages = 0, items = 0;

	assert_int_equal(
		ph_db_exec(
			roll->world.db,
			"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM "
			"n WHERE i < 45000) INSERT INTO ledger_entity(type, id, state)"
			" SELECT 19, cast(printf('%032d', i) AS BLOB), (SELECT state "
			"FROM ledger_entity WHERE type = 19 ORDER BY id LIMIT 1 OFFSET "
			"1) FROM n"),
		0);
	do {
		items += page(roll, &query);
		pages++;
		memcpy(after, roll->next, sizeof after);
		query.after = after;
	} while (roll->next[0] != '\0');
	assert_int_equal(items, 3);
	assert_int_equal(pages, 3);
}

#define ROLL_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROLL_TEST(loans_can_be_left_out),
		ROLL_TEST(each_stands_once),
		ROLL_TEST(pages_follow_each_other),
		ROLL_TEST(items_say_what_they_are),
		ROLL_TEST(of_one_site),
		ROLL_TEST(a_place_of_another_list_is_refused),
		ROLL_TEST(a_page_ends_also_where_nothing_is_found),
	};

	return cmocka_run_group_tests_name("roll", tests, NULL, NULL);
}
