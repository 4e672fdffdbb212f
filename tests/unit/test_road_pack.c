/*
 * Packed segments between real folders (proto/pack_item.c, client/site_load.c,
 * daemon/hub_jobs.c): who packs, what goes inside, and what happens when the other side
 * is of another version.
 */
#include "tests/unit/two_pcs.h"

#include "proto/pack.h"

/* Items that went, by type; and what is told falsely. */
static struct {
	unsigned up[4], down[4], flown;
	unsigned told;        /* hellos with a form */
	bool hub_is_other;    /* the device is told of another form */
	bool device_is_other; /* the hub is */
	bool header_is_other; /* what comes in message 1 is of another */
	bool harm;            /* what comes later is */
	bool harm_flight;     /* what comes in message 1 is, behind its header */
	bool harm_down;       /* what the hub packs says that it is of another form */
	bool wrong_down;      /* what the hub packs unpacks, and is not what was signed */
} seen;

static void count(const struct ph_item *item, unsigned *counts)
{
	for (; item != NULL; item = item->next) {
		counts[item->type]++;
	}
}

/* Byte AT of the first packed item of JOB is another. */
static void change(struct ph_job *job, size_t at)
{
	for (struct ph_item *item = job->items; item != NULL; item = item->next) {
		if (item->type == PH_ITEM_PACKED) {
			item->body.data[at] ^= 0x10;
			return;
		}
	}
}

/* ITEM stands for other entries than were packed: the last byte of the last is another. */
static void pack_wrong(struct ph_item *item)
{
	struct ph_pack *pack = ph_pack_new();
	struct ph_pack_where where = { .first = item->first, .last = item->last };
	struct ph_buf body = { 0 };
	struct ph_unpacked plain;

	assert_non_null(pack);
	memcpy(where.log_id, item->log_id, sizeof(where.log_id));
	assert_int_equal(ph_unpack(pack, &where, ph_buf_view(&item->body), &plain), 0);
	assert_int_equal(ph_buf_put_view(&body, plain.body), 0);
	body.data[body.len - 1] ^= 1;
	item->body.len = 0;
	assert_int_equal(
		ph_pack(pack, &where, ph_buf_view(&body), NULL, 0, NULL, &item->body), 0);
	assert_int_equal(ph_unpack(pack, &where, ph_buf_view(&item->body), &plain), 0);
	assert_true(ph_view_equal(plain.body, ph_buf_view(&body)));
	ph_buf_deinit(&body);
	ph_pack_free(pack);
}

/* So is the first packed segment of JOB. */
static void change_entries(struct ph_job *job)
{
	struct ph_item *item = job->items;

	while (item != NULL && item->type != PH_ITEM_PACKED) {
		item = item->next;
	}
	if (item != NULL) {
		pack_wrong(item);
	}
}

static void tamper(struct ph_job *job, enum ph_side side, bool done)
{
	if (side == PH_SIDE_HUB && !done) {
		seen.flown += job->type == PH_JOB_HELLO && job->items != NULL &&
			      job->items->type == PH_ITEM_PACKED;
		seen.told += job->type == PH_JOB_HELLO && job->hello.packs;
		count(job->type == PH_JOB_STORE ? job->items : NULL, seen.up);
		job->hello.form[0] ^= seen.device_is_other;
		if (job->type == PH_JOB_HELLO && seen.header_is_other) {
			change(job, 2);
		} else if (job->type == PH_JOB_HELLO && seen.harm_flight) {
			change(job, 30);
		} else if (job->type == PH_JOB_STORE && seen.harm) {
			change(job, 30);
		}
	} else if (side == PH_SIDE_HUB) {
		job->welcome.form[0] ^= job->type == PH_JOB_HELLO && seen.hub_is_other;
	} else if (!done && job->type == PH_JOB_STORE) {
		count(job->items, seen.down);
		if (seen.harm_down) {
			change(job, 2);
		} else if (seen.wrong_down) {
			change_entries(job);
		}
	}
}

static int set_up(void **state)
{
	struct two *two = two_new();

	memset(&seen, 0, sizeof(seen));
	road_tamper = tamper;
	*state = two;
	return 0;
}

/* What PC wrote is at the hub, its parts too. */
static void assert_there(struct two *two, struct pc *pc, uint64_t parts)
{
	struct ph_journal *journal = ph_hub_journal(two->room.hub);
	uint64_t held;
	struct ph_log log;

	assert_int_equal(ph_journal_log_find(journal, ph_site_log(pc->site)->id, &log),
			 0);
	assert_int_equal(log.n, ph_site_log(pc->site)->n);
	assert_memory_equal(log.h, ph_site_log(pc->site)->h, PH_HASH_SIZE);
	assert_int_equal(ph_journal_parts_held(journal, log.row, log.n, &held), 0);
	assert_int_equal(held, parts);
}

static void write_day(struct pc *pc)
{
	pc_visits(pc, 100);
	pc_reader(pc, "Lò Văn Pánh");
	pc_visits(pc, 100);
	pc_reader(pc, "Quàng Thị Hặc");
}

/* In the first session nobody knows the hub; what follows its welcome is packed. */
static void test_up(void **state)
{
	struct two *two = *state;
	struct drove drove;

	write_day(&two->first);
	drove = sync_pc(&two->room, &two->first);
	assert_there(two, &two->first, 2);
	assert_int_equal(seen.flown, 0);
	assert_int_equal(seen.up[PH_ITEM_PACKED], 1);
	assert_int_equal(seen.up[PH_ITEM_SEGMENT] + seen.up[PH_ITEM_PART], 0);
	assert_int_equal(drove.moved.parts_sent, 2);

	/* then message 1 is packed too, up to the first part */
	write_day(&two->first);
	drove = sync_pc(&two->room, &two->first);
	assert_there(two, &two->first, 4);
	assert_int_equal(seen.flown, 1);
	assert_int_equal(seen.up[PH_ITEM_PACKED], 2);
	assert_int_equal(seen.up[PH_ITEM_SEGMENT] + seen.up[PH_ITEM_PART], 0);
	assert_int_equal(drove.moved.parts_sent, 2);
	assert_int_equal(drove.counts.items_out, 2);
	print_message("# 202 entries: %zu bytes up, %zu down\n", (size_t)drove.up,
		      (size_t)drove.down);
	assert_true(drove.up < 1500);
}

static void test_down(void **state)
{
	struct two *two = *state;
	struct ph_ref reader;

	pc_visits(&two->first, 100);
	reader = pc_reader(&two->first, "Lò Văn Pánh");
	sync_pc(&two->room, &two->first);
	sync_pc(&two->room, &two->second);
	pc_confirm(&two->room, &two->second);
	memset(&seen, 0, sizeof(seen));
	sync_pc(&two->room, &two->second);
	sync_pc(&two->room, &two->second);
	assert_int_equal(pc_holds(&two->second, &two->first),
			 ph_site_log(two->first.site)->n);
	assert_true(pc_reads(&two->second, &reader, "Lò Văn Pánh"));
	assert_true(seen.down[PH_ITEM_PACKED] > 0);
	assert_int_equal(seen.down[PH_ITEM_PART], 0);
}

/* To a side that did not tell our form everything goes plain. */
static void test_other_form(void **state)
{
	struct two *two = *state;
	struct ph_ref reader;

	seen.hub_is_other = true;
	seen.device_is_other = true;
	write_day(&two->first);
	reader = pc_reader(&two->first, "Lò Văn Pánh");
	sync_pc(&two->room, &two->first);
	write_day(&two->first);
	sync_pc(&two->room, &two->first);
	assert_there(two, &two->first, 5);
	sync_pc(&two->room, &two->second);
	pc_confirm(&two->room, &two->second);
	sync_pc(&two->room, &two->second);
	assert_true(pc_reads(&two->second, &reader, "Lò Văn Pánh"));
	assert_int_equal(seen.flown, 0);
	assert_int_equal(seen.up[PH_ITEM_PACKED] + seen.down[PH_ITEM_PACKED], 0);
	assert_int_equal(seen.up[PH_ITEM_PART], 5);
}

/* A hub that has learned another form since: the first flight is left alone, and comes plain. */
static void test_hub_changed(void **state)
{
	struct two *two = *state;
	struct drove drove;

	sync_pc(&two->room, &two->first);
	sync_pc(&two->room, &two->first);
	write_day(&two->first);
	seen.hub_is_other = true;
	seen.header_is_other = true;
	drove = sync_pc(&two->room, &two->first);
	assert_int_equal(seen.flown, 1);
	assert_int_equal(seen.up[PH_ITEM_PACKED], 0);
	assert_there(two, &two->first, 2);
	assert_true(drove.complete);

	/* so the next one is plain from the start; and packed again when it may be */
	write_day(&two->first);
	sync_pc(&two->room, &two->first);
	assert_int_equal(seen.flown, 1);
	seen.hub_is_other = false;
	seen.header_is_other = false;
	sync_pc(&two->room, &two->first);
	write_day(&two->first);
	sync_pc(&two->room, &two->first);
	assert_int_equal(seen.flown, 2);
	assert_int_equal(seen.up[PH_ITEM_PACKED], 1);
	assert_there(two, &two->first, 6);
}

/*
 * What was told and cannot be unpacked ends the session. The next one is plain, and so is
 * each until one was whole, whatever process it is of.
 */
static void test_harmed(void **state)
{
	struct two *two = *state;
	struct drove drove;

	sync_pc(&two->room, &two->first);
	sync_pc(&two->room, &two->first);
	write_day(&two->first);
	seen.harm = true;
	drove = drive(&two->room, &two->first, WHOLE_DRIVE);
	assert_false(drove.complete);
	assert_int_equal(drove.failure, PH_FAIL_REFUSED);
	assert_true(seen.up[PH_ITEM_PACKED] > 0);
	memset(seen.up, 0, sizeof(seen.up));
	seen.flown = 0;
	drove = drive(&two->room, &two->first, (struct drive){ -1, 600 });
	assert_false(drove.complete);
	pc_close(&two->first);
	pc_open(&two->first);
	seen.told = 0;
	sync_pc(&two->room, &two->first);
	assert_there(two, &two->first, 2);
	assert_int_equal(seen.up[PH_ITEM_PACKED] + seen.flown, 0);
	assert_true(seen.up[PH_ITEM_SEGMENT] > 0);
	assert_int_equal(seen.up[PH_ITEM_PART], 2);
	assert_int_equal(seen.told, 1); /* what comes down is another matter */

	/* that one was whole: packed again, message 1 too */
	seen.harm = false;
	write_day(&two->first);
	sync_pc(&two->room, &two->first);
	assert_there(two, &two->first, 4);
	assert_int_equal(seen.flown, 1);
	assert_int_equal(seen.up[PH_ITEM_PACKED], 1);
}

/* A packed segment that was refused in message 1 does not come packed behind the welcome. */
static void test_harmed_flight(void **state)
{
	struct two *two = *state;
	struct drove drove;

	sync_pc(&two->room, &two->first);
	sync_pc(&two->room, &two->first);
	write_day(&two->first);
	seen.harm = seen.harm_flight = true;
	drove = drive(&two->room, &two->first, WHOLE_DRIVE);
	assert_int_equal(drove.failure, PH_FAIL_REFUSED);
	assert_int_equal(seen.flown, 1);
	assert_int_equal(seen.up[PH_ITEM_PACKED], 0);
	sync_pc(&two->room, &two->first);
	assert_there(two, &two->first, 2);
	assert_int_equal(seen.up[PH_ITEM_PACKED], 0);
}

/* What goes down packed is spoilt, as *HOW says, in every session; the device asks for nothing packed until one was whole. */
static void comes_plain_down(struct two *two, bool *how)
{
	struct ph_ref reader;
	struct drove drove;

	pc_visits(&two->first, 100);
	reader = pc_reader(&two->first, "Lò Văn Pánh");
	sync_pc(&two->room, &two->first);
	sync_pc(&two->room, &two->second);
	pc_confirm(&two->room, &two->second);
	memset(&seen, 0, sizeof(seen));
	*how = true;
	while ((drove = drive(&two->room, &two->second, WHOLE_DRIVE)).complete &&
	       seen.told < 4) {
	}
	assert_int_equal(drove.failure, PH_FAIL_PROTOCOL);
	assert_int_equal(seen.down[PH_ITEM_PACKED], 1);
	seen.told = 0;
	sync_pc(&two->room, &two->second);
	assert_int_equal(seen.told, 0);
	assert_int_equal(seen.down[PH_ITEM_PACKED], 1);
	assert_int_equal(pc_holds(&two->second, &two->first),
			 ph_site_log(two->first.site)->n);
	assert_true(pc_reads(&two->second, &reader, "Lò Văn Pánh"));
	sync_pc(&two->room, &two->second);
	assert_int_equal(seen.told, 1);
}

/* The same of what goes down: it does not unpack, ... */
static void test_harmed_down(void **state)
{
	comes_plain_down(*state, &seen.harm_down);
}

/* ... or to what its seal is not for. */
static void test_wrong_down(void **state)
{
	comes_plain_down(*state, &seen.wrong_down);
}

/* A packed segment that was cut anywhere goes on from there, and comes once. */
static void test_cut(void **state)
{
	struct two *two = *state;
	uint64_t up = 0, parts = 0;
	unsigned sessions = 0;

	sync_pc(&two->room, &two->first);
	sync_pc(&two->room, &two->first);
	memset(&seen, 0, sizeof(seen));
	road_resumes = true;
	for (int64_t cut = 5000; cut < 11000; cut += 1100) {
		struct drove drove = { 0 };

		for (unsigned i = 0; i < 400; i++, parts++) {
			pc_reader(&two->first, i % 2 ? "Lò Văn Pánh" : "Quàng Thị Hặc");
		}
		while (!drove.complete) {
			drove = drive(&two->room, &two->first, (struct drive){ -1, cut });
			up += drove.up;
			assert_true(++sessions < 200);
		}
	}
	road_resumes = false;
	ph_unfinished_deinit(&road_partial);
	assert_there(two, &two->first, parts);
	assert_int_equal(seen.up[PH_ITEM_SEGMENT] + seen.up[PH_ITEM_PART], 0);
	assert_true(sessions > 7); /* of six days some needed more than one */
	print_message(
		"# %u readers in %u sessions cut after 5,000 to 10,500 bytes: %u up\n",
		(unsigned)parts, sessions, (unsigned)up);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_down, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_form, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hub_changed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_harmed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_harmed_flight, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_harmed_down, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wrong_down, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("road_pack", tests, make_pattern,
					   remove_pattern);
}
