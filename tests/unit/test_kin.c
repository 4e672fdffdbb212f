/*
 * Tests of whose sealed parts a site is given when readers are merged (common/ledger/kin.c,
 * daemon/feeder_told.c), between real folders: no site opens a stranger's name by what it
 * says itself; and what the hub says of the pages that wait.
 */
#include "tests/unit/road_world.h"

#include "common/log/feed.h"
#include "daemon/feeder.h"
#include "daemon/hub_internal.h"

struct two {
	struct hub_room room;
	struct pc home;  /* of 14-0371, which registered the stranger */
	struct pc other; /* of 14-0372, which claims to know her */
	struct ph_ref stranger, own;
};

#define NAME "Lò Văn Pánh"

/* In COMMUNE; both sites are in 03646. */
static struct ph_ref reader_of(struct pc *pc, const char *commune)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_PUT),
				  .number = PH_KIND_READER_PUT };

	entry.sealed[PH_READER_S_NAME].set = true;
	entry.sealed[PH_READER_S_NAME].as.bytes = ph_view_str(NAME);
	entry.field[PH_READER_COMMUNE].set = true;
	entry.field[PH_READER_COMMUNE].as.bytes = ph_view_str(commune);
	return pc_write(pc, entry);
}

static struct ph_entry merge_of(const struct ph_ref *a, const struct ph_ref *b)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_MERGE),
				  .number = PH_KIND_READER_MERGE };

	entry.field[PH_READER_MERGE_READER].set = true;
	entry.field[PH_READER_MERGE_READER].as.ref = *a;
	entry.field[PH_READER_MERGE_OTHER].set = true;
	entry.field[PH_READER_MERGE_OTHER].as.ref = *b;
	return entry;
}

static void take_back(struct pc *pc, const struct ph_ref *target)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_VOID),
				  .number = PH_KIND_VOID };

	entry.field[PH_VOID_TARGET].set = true;
	entry.field[PH_VOID_TARGET].as.ref = *target;
	pc_write(pc, entry);
}

static void set_code(struct ph_value *value, uint64_t ns, const char *code)
{
	value->set = true;
	value->as.id = (struct ph_id){ .ns = ns, .code = ph_view_str(code) };
}

static void sync_all(struct two *two)
{
	sync_pc(&two->room, &two->home);
	sync_pc(&two->room, &two->other);
	sync_pc(&two->room, &two->home);
	sync_pc(&two->room, &two->other);
}

/* Whether the other site has the stranger's plain facts. */
static bool knows(struct two *two)
{
	struct ph_buf bytes = { 0 };
	int rc = ph_site_entry(two->other.site, &two->stranger, &bytes, NULL);

	assert_true(rc == 0 || rc == PH_JOURNAL_E_NONE);
	ph_buf_deinit(&bytes);
	return rc == 0;
}

static bool reads(struct two *two)
{
	return pc_reads(&two->other, &two->stranger, NAME);
}

static int set_up(void **state)
{
	struct two *two = calloc(1, sizeof(*two));

	assert_non_null(two);
	hub_open(&two->room);
	pc_join(&two->room, &two->home, "14-0371", "home", 1);
	pc_join(&two->room, &two->other, "14-0372", "other", 2);
	sync_all(two);
	pc_confirm(&two->room, &two->home);
	pc_confirm(&two->room, &two->other);
	two->stranger = reader_of(&two->home, "04048");
	two->own = reader_of(&two->other, "03646");
	sync_all(two);
	*state = two;
	return 0;
}

static int tear_down(void **state)
{
	struct two *two = *state;

	pc_end(&two->home);
	pc_end(&two->other);
	hub_close(&two->room);
	free(two);
	return 0;
}

/* ---- what a site says itself ---- */

static void of_a_merge_of_its_own_come_only_plain_facts(void **state)
{
	struct two *two = *state;

	assert_false(knows(two));
	pc_write(&two->other, merge_of(&two->own, &two->stranger));
	sync_all(two);
	assert_true(knows(two));
	assert_false(reads(two));
	/* nor by a second one, the other way round */
	pc_write(&two->other, merge_of(&two->stranger, &two->own));
	sync_all(two);
	assert_false(reads(two));
}

static void her_own_library_says_so_too(void **state)
{
	struct two *two = *state;
	struct ph_ref said;

	pc_write(&two->other, merge_of(&two->own, &two->stranger));
	sync_all(two);
	said = pc_write(&two->home, merge_of(&two->stranger, &two->own));
	sync_all(two);
	assert_true(reads(two));

	/* it was wrong: the name leaves with what it said */
	take_back(&two->home, &said);
	sync_all(two);
	assert_true(knows(two));
	assert_false(reads(two));
}

static void the_hub_says_so_too(void **state)
{
	struct two *two = *state;
	struct ph_entry merge = merge_of(&two->own, &two->stranger);
	struct ph_error err = { 0 };

	pc_write(&two->other, merge);
	sync_all(two);
	assert_false(reads(two));
	assert_int_equal(ph_hub_desk_add(two->room.hub, &merge, 1, NULL, &err), 0);
	sync_all(two);
	assert_true(reads(two));
}

/* She borrows there: then she concerns the site by herself, until the book is back. */
static void she_owes_the_site_a_book(void **state)
{
	struct two *two = *state;
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_CARD_ISSUE),
				  .number = PH_KIND_CARD_ISSUE };

	pc_write(&two->other, merge_of(&two->own, &two->stranger));
	set_code(&entry.field[PH_CARD_CARD], 140371, "K1");
	entry.field[PH_CARD_READER].set = true;
	entry.field[PH_CARD_READER].as.ref = two->stranger;
	pc_write(&two->home, entry);
	sync_all(two);
	assert_false(reads(two));

	entry = (struct ph_entry){ .kind = ph_kind_find(PH_KIND_LOAN),
				   .number = PH_KIND_LOAN };
	set_code(&entry.field[PH_LOAN_COPY], 140372, "B1");
	set_code(&entry.field[PH_LOAN_CARD], 140371, "K1");
	pc_write(&two->other, entry);
	sync_all(two);
	assert_true(reads(two));

	entry = (struct ph_entry){ .kind = ph_kind_find(PH_KIND_RETURN),
				   .number = PH_KIND_RETURN };
	set_code(&entry.field[PH_RETURN_COPY], 140372, "B1");
	pc_write(&two->other, entry);
	sync_all(two);
	assert_true(knows(two));
	assert_false(reads(two));
}

/* The same row of a file, imported on behalf of her library, makes the two one. */
static void an_equal_source_is_said_by_who_imports(void **state)
{
	struct two *two = *state;
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_PUT),
				  .number = PH_KIND_READER_PUT };
	struct ph_ref imported;

	entry.extras.has_source = true;
	memset(entry.extras.source, 7, sizeof(entry.extras.source));
	entry.sealed[PH_READER_S_NAME].set = true;
	entry.sealed[PH_READER_S_NAME].as.bytes = ph_view_str(NAME);
	two->stranger = pc_write(&two->home, entry);
	entry.extras.behalf = 140371;
	entry.field[PH_READER_COMMUNE].set =
		true; /* she would concern the other site herself */
	entry.field[PH_READER_COMMUNE].as.bytes = ph_view_str("03646");
	imported = pc_write(&two->other, entry);
	pc_write(&two->other, merge_of(&two->own, &imported));
	sync_all(two);
	assert_true(knows(two));
	assert_false(reads(two));
}

/* The items in the pages that the other site's device would get now; PARTS: facts with a sealed part alone. */
static unsigned items_that_wait(struct two *two, bool parts)
{
	struct ph_hub *hub = two->room.hub;
	struct ph_feeder_state state;
	struct ph_feeder_cursor cursor;
	struct ph_stmt *stmt;
	int64_t row;
	bool more = true;
	unsigned n = 0;

	assert_int_equal(ph_db_prepare(hub->db,
				       "SELECT row FROM device WHERE site = 140372",
				       &stmt),
			 0);
	assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);
	row = ph_stmt_col_int(stmt, 0);
	ph_stmt_reset(stmt);
	assert_int_equal(ph_feeder_state(hub->feeder, row, &state), 0);
	cursor = (struct ph_feeder_cursor){ .scope = state.scope,
					    .number = state.confirmed };
	while (more) {
		struct ph_buf bytes = { 0 };
		struct ph_feed_page page;
		struct ph_feed_log logs[PH_PAGE_LOGS_MAX];
		struct ph_feed_item item;

		if (ph_feeder_page(hub->feeder, row, &cursor, 32768, &bytes, &more) !=
		    0) {
			break;
		}
		assert_int_equal(
			ph_feed_decode(ph_buf_view(&bytes), hub->keys.sign.key, &page),
			0);
		for (unsigned i = 0; i < page.n_logs; i++) {
			assert_int_equal(ph_feed_log_next(&page.logs, &logs[i]), 0);
		}
		while (ph_feed_item_next(&page.items, logs, page.n_logs, &item) == 0) {
			n += !parts || (item.what == PH_FEED_FACT && item.cipher.len > 0);
		}
		ph_buf_deinit(&bytes);
	}
	return n;
}

/* What was queued while the name was for the site is not sent once it is not. */
static void who_left_before_the_page_was_fetched(void **state)
{
	struct two *two = *state;
	struct ph_entry put = { .kind = ph_kind_find(PH_KIND_SITE_PUT),
				.number = PH_KIND_SITE_PUT };
	struct ph_error err = { 0 };
	int no_readers = ph_kind_field(put.kind, "no_readers");

	pc_write(&two->other, merge_of(&two->own, &two->stranger));
	sync_all(two);
	pc_write(&two->home, merge_of(&two->stranger, &two->own));
	sync_pc(&two->room, &two->home);
	sync_pc(&two->room, &two->home); /* now it is folded, and fed */
	assert_true(items_that_wait(two, true) > 0);

	put.field[0].set = true;
	put.field[0].as.uint = 140372;
	put.field[no_readers].set = true;
	put.field[no_readers].as.uint = 1;
	assert_int_equal(ph_hub_control_add(two->room.hub, &put, 1, &err), 0);
	sync_pc(&two->room, &two->home);
	assert_int_equal(items_that_wait(two, true), 0);
}

/* `feed_waiting` of the digest of the device, or the site, that NAME and VALUE tell. */
static int64_t said_to_wait(struct two *two, const char *name, const char *value)
{
	json_t *answer = ask(&two->room,
			     json_pack("{s:s, s:s}", "command", "digest", name, value));
	int64_t n = json_integer_value(json_object_get(answer, "feed_waiting"));

	json_decref(answer);
	return n;
}

/* A hub that was started anew leaves numbers out: what waits is items all the same. */
static void what_waits_is_counted(void **state)
{
	struct two *two = *state;

	hub_restart(&two->room);
	assert_int_equal(said_to_wait(two, "site", "14-0372"), 0);
	pc_write(&two->other, merge_of(&two->own, &two->stranger));
	sync_pc(&two->room, &two->other);
	assert_true(said_to_wait(two, "site", "14-0372") > 0);
	assert_int_equal(said_to_wait(two, "site", "14-0372"),
			 items_that_wait(two, false));
	assert_int_equal(said_to_wait(two, "device", pc_id(&two->other)),
			 items_that_wait(two, false));
	sync_all(two);
	assert_int_equal(said_to_wait(two, "site", "14-0372"), 0);
}

#define TWO(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TWO(of_a_merge_of_its_own_come_only_plain_facts),
		TWO(her_own_library_says_so_too),
		TWO(the_hub_says_so_too),
		TWO(she_owes_the_site_a_book),
		TWO(an_equal_source_is_said_by_who_imports),
		TWO(who_left_before_the_page_was_fetched),
		TWO(what_waits_is_counted),
	};

	return cmocka_run_group_tests_name("kin", tests, make_pattern, remove_pattern);
}
