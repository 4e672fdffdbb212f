/*
 * Fronts of items that a cut left at a device (client/site_unfinished.c), between real
 * folders: what goes down is longer than what one link carries, and gets there all the same;
 * and when no front is told.
 */
#include "tests/unit/road_world.h"

#include <sodium.h>

#include "common/log/desk_key.h"

enum {
	READERS = 1000,
	LINK = 12000, /* bytes down until it dies: two frames of a hub and a half */
	SESSIONS = 40,
};

struct two {
	struct hub_room room;
	struct pc first,
		second; /* of one site; what the first writes goes to the second */
	struct ph_ref reader[READERS];
};

static struct {
	unsigned packed, plain, parts, pages; /* that the second stored */
	unsigned told, forms;                 /* hellos with a front; with a form */
	bool is_old; /* the hub does not take them: it is of an earlier version */
} seen;

static void look(struct ph_job *job, enum ph_side side, bool done)
{
	if (side == PH_SIDE_HUB && job->type == PH_JOB_HELLO && done) {
		seen.told += job->hello.has_partial;
		seen.forms += job->hello.packs;
		if (seen.is_old && (job->hello.has_partial || job->hello.keeps)) {
			job->welcome = (struct ph_welcome){ .status = PH_STATUS_VERSION };
		}
	}
	if (side != PH_SIDE_DEVICE || done || job->type != PH_JOB_STORE) {
		return;
	}
	for (const struct ph_item *item = job->items; item != NULL; item = item->next) {
		seen.packed += item->type == PH_ITEM_PACKED;
		seen.plain += item->type == PH_ITEM_SEGMENT;
		seen.parts += item->type == PH_ITEM_PART;
		seen.pages += item->type == PH_ITEM_PAGE;
	}
}

/* All that the first wrote is at the hub, under few seals; the second has the control log. */
static int set_up(void **state)
{
	struct two *two = calloc(1, sizeof(*two));

	assert_non_null(two);
	hub_open(&two->room);
	pc_join(&two->room, &two->first, "14-0371", "first", 1);
	pc_join(&two->room, &two->second, "14-0371", "second", 2);
	assert_int_equal(ph_site_begin(two->first.site, NULL), 0);
	for (unsigned i = 0; i < READERS; i++) {
		char name[64];

		snprintf(name, sizeof(name), "Lò Văn Pánh %u", i * 7919 % 1000);
		two->reader[i] = pc_reader(&two->first, name);
	}
	assert_int_equal(ph_site_commit(two->first.site, NULL), 0);
	sync_pc(&two->room, &two->first);
	sync_pc(&two->room, &two->second);
	pc_confirm(&two->room, &two->second);
	road_tamper = look;
	memset(&seen, 0, sizeof(seen));
	*state = two;
	return 0;
}

static int tear_down(void **state)
{
	struct two *two = *state;

	road_tamper = NULL;
	road_budget = 0;
	pc_end(&two->first);
	pc_end(&two->second);
	hub_close(&two->room);
	free(two);
	return 0;
}

static struct drove short_link(struct two *two)
{
	return drive(&two->room, &two->second, (struct drive){ LINK, -1 });
}

static uint64_t kept(struct two *two)
{
	uint64_t held, total;

	assert_int_equal(ph_site_unfinished_size(two->second.site, &held, &total), 0);
	assert_true(total == 0 ? held == 0 : held < total);
	return held;
}

static void reopen(struct pc *pc)
{
	pc_close(pc);
	pc_open(pc);
}

/* Sessions over short links until one is whole; how many, and bytes down. */
static unsigned until_whole(struct two *two, uint64_t *down)
{
	unsigned sessions = 1;
	struct drove drove = short_link(two);

	*down = drove.down;
	while (!drove.complete) {
		reopen(&two->second); /* as `packhorse sync` does: a process each */
		drove = short_link(two);
		*down += drove.down;
		assert_true(++sessions < SESSIONS);
	}
	return sessions;
}

static void assert_all(struct two *two, bool opens)
{
	assert_int_equal(pc_holds(&two->second, &two->first),
			 ph_site_log(two->first.site)->n);
	for (unsigned i = 0; opens && i < READERS; i++) {
		char name[64];

		snprintf(name, sizeof(name), "Lò Văn Pánh %u", i * 7919 % 1000);
		assert_true(pc_reads(&two->second, &two->reader[i], name));
	}
}

/* ---- it gets there ---- */

static void test_packed(void **state)
{
	struct two *two = *state;
	uint64_t down;
	unsigned sessions = until_whole(two, &down);

	assert_all(two, true);
	assert_true(seen.packed > 0);
	assert_true(seen.told > 0);
	assert_int_equal(kept(two), 0);
	print_message("# %u readers down in %u sessions of %u bytes at most: %u bytes\n",
		      READERS, sessions, LINK, (unsigned)down);
	/* six frames' worth of readers, then pages: nothing is begun anew again and again */
	assert_true(sessions > 4 && sessions < 20);
}

/* The front as it lies in the store. */
static void read_kept(struct two *two, struct ph_buf *out)
{
	assert_int_equal(ph_journal_meta_get(ph_site_journal(two->second.site),
					     "sync.unfinished", out),
			 0);
}

/* Whether who has the device's own key, and not the desk's, can open SEALED. */
static bool opens_without_desk(struct two *two, const struct ph_buf *sealed)
{
	const struct ph_box_pair *box = ph_site_box(two->second.site);
	uint8_t *plain = malloc(sealed->len);
	int rc;

	assert_non_null(plain);
	assert_true(sealed->len > 16 + crypto_box_SEALBYTES);
	rc = crypto_box_seal_open(plain, sealed->data + 16, sealed->len - 16, box->key,
				  box->secret);
	free(plain);
	return rc == 0;
}

/* With a PIN no packed front is kept; so what is long comes plain, and its front is. */
static void test_with_pin(void **state)
{
	struct two *two = *state;
	char card[PH_DESK_CARD_SIZE + 1];
	struct ph_buf sealed = { 0 };
	struct drove drove;
	uint64_t down;

	assert_false(short_link(two).complete);
	reopen(&two->second);
	assert_true(kept(two) > 0);
	read_kept(two, &sealed);
	ph_desk_card_make(card, &two->second.config.rng);
	assert_int_equal(ph_site_desk_protect(two->second.site, card,
					      ph_view_str("258074"), PH_LOCK_MIB_MIN,
					      NULL),
			 0);
	assert_int_equal(kept(two), 0);
	ph_site_desk_lock(two->second.site);
	/* what may be left of it on the disk is locked with the rest */
	assert_false(opens_without_desk(two, &sealed));
	ph_buf_deinit(&sealed);

	drove = short_link(two);
	assert_false(drove.complete || drove.kept.grew);
	assert_int_equal(kept(two), 0);
	/* a session that its budget ends has not brought it */
	road_budget = 2500;
	seen.forms = 0;
	assert_true(drive(&two->room, &two->second, WHOLE_DRIVE).complete);
	road_budget = 0;
	assert_true(short_link(two).kept.grew);
	assert_int_equal(seen.forms, 0);
	read_kept(two, &sealed);
	assert_true(opens_without_desk(two, &sealed));
	ph_buf_deinit(&sealed);

	(void)until_whole(two, &down);
	assert_all(two, false);
	assert_true(seen.plain > 0);
	assert_int_equal(seen.parts, READERS);
	assert_int_equal(kept(two), 0);

	/* once all is there, what is new comes packed again */
	memset(&seen, 0, sizeof(seen));
	pc_reader(&two->first, "Quàng Thị Hặc");
	sync_pc(&two->room, &two->first);
	sync_pc(&two->room, &two->second);
	assert_true(seen.packed > 0);
	assert_int_equal(seen.plain + seen.parts, 0);
}

/* A reader of the first, who is in the scope of other sites. */
static struct ph_ref reader_in_scope(struct two *two, const char *name)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_PUT),
				  .number = PH_KIND_READER_PUT };

	entry.sealed[PH_READER_S_NAME].set = true;
	entry.sealed[PH_READER_S_NAME].as.bytes = ph_view_str(name);
	entry.field[PH_READER_COMMUNE].set = true;
	entry.field[PH_READER_COMMUNE].as.bytes = ph_view_str("03646");
	return pc_write(&two->first, entry);
}

/* A page that the hub makes again is the same, with readers' details in it, too. */
static void test_page(void **state)
{
	struct two *two = *state;
	struct ph_ref reader[60];
	struct drove drove;
	struct pc other;
	char name[64];

	pc_join(&two->room, &other, "14-0372", "other", 3);
	sync_pc(&two->room, &other);
	pc_confirm(&two->room, &other);
	for (unsigned i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "Quàng Văn %u", i);
		reader[i] = reader_in_scope(two, name);
	}
	sync_pc(&two->room, &two->first);
	memset(&seen, 0, sizeof(seen));
	drove = drive(&two->room, &other, (struct drive){ 6000, -1 });
	assert_true(drove.kept.grew);
	assert_int_equal(seen.pages, 0);
	drove = sync_pc(&two->room, &other);
	assert_int_equal(seen.told, 1);
	assert_true(drove.counts.resumed_in > 1000);
	assert_true(seen.pages > 1);
	for (unsigned i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "Quàng Văn %u", i);
		assert_true(pc_reads(&other, &reader[i], name));
	}
	pc_end(&other);
}

/* A session that a budget ends leaves the front as it is; the next one goes on with it. */
static void test_budget_ends(void **state)
{
	struct two *two = *state;
	struct drove drove = short_link(two);
	uint64_t held = kept(two);

	assert_true(drove.kept.grew);
	assert_true(held > 0);
	road_budget = 2500;
	for (unsigned i = 0; i < 3; i++) {
		drove = drive(&two->room, &two->second, WHOLE_DRIVE);
		assert_true(drove.complete);
		assert_true(drove.down <= road_budget);
		assert_false(drove.kept.grew);
		assert_int_equal(kept(two), held);
	}
	assert_int_equal(seen.told, 3);
	road_budget = 0;
	sync_pc(&two->room, &two->second);
	assert_all(two, true);
	assert_int_equal(kept(two), 0);
}

/* ---- what goes wrong ---- */

static void change_kept(struct two *two, size_t at)
{
	struct ph_journal *journal = ph_site_journal(two->second.site);
	struct ph_buf bytes = { 0 };

	assert_int_equal(ph_journal_meta_get(journal, "sync.unfinished", &bytes), 0);
	bytes.data[at < bytes.len ? at : bytes.len - 1] ^= 1;
	assert_int_equal(
		ph_journal_meta_put(journal, "sync.unfinished", ph_buf_view(&bytes)), 0);
	ph_buf_deinit(&bytes);
}

/* One that was changed in the store is not told; all comes from the start. */
static void test_damaged(void **state)
{
	/* a length in the clear, which `status` alone reads; then what is sealed */
	static const size_t at[] = { 15, 16, 60, SIZE_MAX };
	struct two *two = *state;

	for (unsigned i = 0; i < sizeof(at) / sizeof(*at); i++) {
		assert_false(short_link(two).complete);
		assert_true(kept(two) > 0);
		change_kept(two, at[i]);
		seen.told = 0;
		assert_false(drive(&two->room, &two->second, (struct drive){ 400, -1 })
				     .complete);
		assert_int_equal(seen.told, i == 0);
	}
	sync_pc(&two->room, &two->second);
	assert_all(two, true);
	assert_int_equal(kept(two), 0);
}

/* ---- when none is told ---- */

/* A hub of an earlier version says VERSION; then it goes on as before, and is asked again a day later. */
static void test_old_hub(void **state)
{
	struct two *two = *state;
	struct drove drove;

	assert_false(short_link(two).complete);
	assert_true(kept(two) > 0);
	seen.is_old = true;
	drove = short_link(two);
	assert_int_equal(drove.failure, PH_FAIL_REFUSED);
	assert_true(drove.kept.without_front);
	assert_false(drove.kept.grew);
	assert_int_equal(kept(two), 0);
	assert_int_equal(seen.told, 1);
	for (unsigned i = 0; i < 3; i++) {
		drove = short_link(two);
		assert_int_equal(drove.failure, PH_FAIL_CUT);
		assert_false(drove.kept.without_front);
		assert_false(drove.kept.grew);
		assert_int_equal(kept(two), 0);
	}
	assert_int_equal(seen.told, 1);

	/* without a front, but what is kept for the hub is of the same version */
	pass(&two->room.machine, PH_UNFINISHED_NOT_HOURS * 3600);
	assert_true(short_link(two).kept.without_front);
	assert_int_equal(seen.told, 1);
	sync_pc(&two->room, &two->second);
	assert_all(two, true);
}

static void let_write(struct two *two, bool may)
{
	assert_int_equal(
		ph_db_exec(ph_journal_db(ph_site_journal(two->second.site)),
			   may ? "PRAGMA query_only = OFF" : "PRAGMA query_only = ON"),
		0);
}

/* What the next hello of the second would tell; FRONT is the caller's. */
static bool tells(struct two *two, struct ph_unfinished *front)
{
	static struct ph_hello hello;

	hello = (struct ph_hello){ 0 };
	assert_int_equal(ph_site_unfinished_tell(two->second.site, &hello, front), 0);
	assert_true(hello.has_partial == (front->item != NULL));
	return hello.has_partial;
}

/* A store that cannot be written: a hub of an earlier version is told of none all the same. */
static void test_cannot_note(void **state)
{
	struct two *two = *state;
	struct ph_unfinished front = { 0 };
	struct ph_unfinished_kept come;

	assert_false(short_link(two).complete);
	assert_true(tells(two, &front));
	/* and what is not stored has not grown */
	assert_int_equal(ph_buf_put_u8(&front.item->body, 0), 0);
	let_write(two, false);
	assert_true(ph_site_unfinished_keep(two->second.site, &front, false, PH_STATUS_OK,
					    &come) < 0);
	assert_false(come.grew || come.without_front);
	ph_unfinished_deinit(&front);
	assert_true(tells(two, &front));
	assert_true(ph_site_unfinished_keep(two->second.site, &front, false,
					    PH_STATUS_VERSION, &come) < 0);
	assert_true(come.without_front);
	assert_false(come.grew);
	ph_unfinished_deinit(&front);
	assert_false(tells(two, &front));
	let_write(two, true);
	sync_pc(&two->room, &two->second);
	assert_all(two, true);
	assert_int_equal(kept(two), 0);
}

static void test_too_old(void **state)
{
	struct two *two = *state;

	assert_false(short_link(two).complete);
	assert_true(kept(two) > 0);
	pass(&two->room.machine, (uint64_t)PH_UNFINISHED_DAYS * 86400 + 1);
	assert_false(drive(&two->room, &two->second, (struct drive){ 300, -1 }).complete);
	assert_int_equal(seen.told, 0);
	sync_pc(&two->room, &two->second);
	assert_all(two, true);
	assert_int_equal(kept(two), 0);
}

int main(void)
{
#define TWO(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TWO(test_packed),      TWO(test_with_pin), TWO(test_page),
		TWO(test_budget_ends), TWO(test_damaged),  TWO(test_old_hub),
		TWO(test_cannot_note), TWO(test_too_old),
	};

	return cmocka_run_group_tests_name("road_front", tests, make_pattern,
					   remove_pattern);
}
