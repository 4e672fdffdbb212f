/*
 * Tests of what bundles are made of (client/site_pack.c, daemon/hub_bundle_pack.c): packed
 * segments where the form of the reader is known, plain ones where it is not; and of
 * bundles by a folder that was put back, whose numbers were used before.
 */
#include "tests/unit/stick_world.h"

#include "client/site_internal.h"
#include "daemon/hub_copy.h"
#include "daemon/hub_internal.h"

struct sticks {
	struct hub_room room;
	struct pc pc;
	struct pc second; /* of the same site */
	struct pocket up, down;
};

static int set_up(void **state)
{
	struct sticks *sticks = calloc(1, sizeof(*sticks));

	assert_non_null(sticks);
	hub_open(&sticks->room);
	pc_join(&sticks->room, &sticks->pc, "14-0371", "first", 1);
	pc_join(&sticks->room, &sticks->second, "14-0371", "second", 2);
	*state = sticks;
	return 0;
}

static int tear_down(void **state)
{
	struct sticks *sticks = *state;

	hub_verify(&sticks->room);
	pocket_empty(&sticks->up);
	pocket_empty(&sticks->down);
	pc_end(&sticks->pc);
	pc_end(&sticks->second);
	hub_close(&sticks->room);
	free(sticks);
	return 0;
}

/* Items of each type in a bundle for the holder of KEYS. */
struct inside {
	unsigned n[PH_ITEM_PACKED + 1];
};

static struct inside look_inside(enum ph_bundle_direction direction,
				 const uint8_t to[static PH_DEVICE_ID_SIZE],
				 const struct ph_box_pair *keys, struct ph_view bundle)
{
	struct ph_bundle_reader_config config = { .direction = direction,
						  .keys = keys,
						  .n_keys = 1 };
	struct ph_bundle_reader *reader;
	struct ph_bundle_record record;
	struct inside inside = { 0 };
	int rc;

	memcpy(config.to, to, sizeof(config.to));
	assert_int_equal(ph_bundle_reader_new(&reader, &config), 0);
	while ((rc = ph_bundle_read(reader, &record)) != PH_BUNDLE_E_OVER) {
		size_t len = bundle.len < PH_FRAME_MAX ? bundle.len : PH_FRAME_MAX;

		if (rc == PH_BUNDLE_E_MORE && len == 0) {
			ph_bundle_feed_end(reader);
		} else if (rc == PH_BUNDLE_E_MORE) {
			assert_int_equal(
				ph_bundle_feed(reader, PH_VIEW(bundle.data, len)), 0);
			bundle.data += len;
			bundle.len -= len;
		} else {
			assert_int_equal(rc, 0);
			if (record.type == PH_BUNDLE_ITEM) {
				inside.n[record.item->type]++;
				ph_items_free(record.item);
			}
		}
	}
	ph_bundle_reader_free(reader);
	return inside;
}

static struct inside inside_up(struct sticks *sticks)
{
	uint8_t id[PH_DEVICE_ID_SIZE];

	ph_hub_id(sticks->room.hub, id);
	return look_inside(PH_BUNDLE_UP, id, &sticks->room.hub->keys.box,
			   ph_buf_view(&sticks->up.bundle[0]));
}

static struct inside inside_down(struct sticks *sticks, struct pc *pc)
{
	return look_inside(PH_BUNDLE_DOWN, pc->site->cert.device_id, &pc->site->keys.box,
			   ph_buf_view(&sticks->down.bundle[0]));
}

static void write_day(struct pc *pc)
{
	for (int i = 0; i < 4; i++) {
		pc_reader(pc, "Lò Văn Pánh");
		pc_visits(pc, 50);
	}
}

/* Until the hub was heard, plain; the first stick home tells what it reads. */
static void test_packed(void **state)
{
	struct sticks *sticks = *state;
	struct ph_site_state known;
	struct inside inside;
	size_t plain;

	write_day(&sticks->pc);
	pack_pc(&sticks->pc, PH_BUNDLE_MAX, &sticks->up);
	inside = inside_up(sticks);
	assert_true(inside.n[PH_ITEM_SEGMENT] > 0);
	assert_int_equal(inside.n[PH_ITEM_PART], 4);
	assert_int_equal(inside.n[PH_ITEM_PACKED], 0);
	plain = sticks->up.bundle[0].len;
	carry(&sticks->room, &sticks->pc);
	write_day(&sticks->pc);
	pack_pc(&sticks->pc, PH_BUNDLE_MAX, &sticks->up);
	inside = inside_up(sticks);
	assert_int_equal(inside.n[PH_ITEM_PACKED], 1);
	assert_int_equal(inside.n[PH_ITEM_SEGMENT] + inside.n[PH_ITEM_PART], 0);
	assert_int_equal(sticks->up.parts, 4);
	assert_true(sticks->up.bundle[0].len < plain);
	take_all_up(&sticks->room, &sticks->up);
	pack_hub(&sticks->room, &sticks->pc, PH_BUNDLE_MAX, &sticks->down);
	take_all_down(&sticks->pc, &sticks->down);
	known = pc_state(&sticks->pc);
	assert_int_equal(known.receipted, known.entries);
	assert_int_equal(known.parts_pending, 0);
}

/* Down: to whom told its form by a stick; parts inside. */
static void test_packed_down(void **state)
{
	struct sticks *sticks = *state;
	struct ph_ref reader = pc_reader(&sticks->pc, "Lò Văn Pánh");
	struct inside inside;

	write_day(&sticks->pc);
	carry(&sticks->room, &sticks->pc);
	carry(&sticks->room, &sticks->second);
	pc_confirm(&sticks->room, &sticks->second);
	pack_hub(&sticks->room, &sticks->second, PH_BUNDLE_MAX, &sticks->down);
	inside = inside_down(sticks, &sticks->second);
	assert_true(inside.n[PH_ITEM_PACKED] > 0);
	assert_int_equal(inside.n[PH_ITEM_PART], 0);
	assert_int_equal(sticks->down.parts, 5);
	take_all_down(&sticks->second, &sticks->down);
	assert_true(pc_reads(&sticks->second, &reader, "Lò Văn Pánh"));
}

static void tell_form(struct pc *pc, const char *form)
{
	assert_int_equal(ph_db_begin(pc->site->db), 0);
	assert_int_equal(ph_site_keep_form(pc->site, PH_VIEW(form, strlen(form))), 0);
	assert_int_equal(ph_db_commit(pc->site->db), 0);
}

/* To a hub that told another form, or none, it is plain; by stick, too, it tells the one it has. */
static void test_other_form(void **state)
{
	struct sticks *sticks = *state;
	struct inside inside;

	carry(&sticks->room, &sticks->pc);
	for (int i = 0; i < 2; i++) {
		tell_form(&sticks->pc, i == 0 ? "odd." : "");
		write_day(&sticks->pc);
		pack_pc(&sticks->pc, PH_BUNDLE_MAX, &sticks->up);
		inside = inside_up(sticks);
		assert_int_equal(inside.n[PH_ITEM_PACKED], 0);
		assert_true(inside.n[PH_ITEM_SEGMENT] > 0);
		carry(&sticks->room, &sticks->pc);
		write_day(&sticks->pc);
		pack_pc(&sticks->pc, PH_BUNDLE_MAX, &sticks->up);
		assert_int_equal(inside_up(sticks).n[PH_ITEM_PACKED], 1);
	}
}

/* A stick that was made before the last session says nothing of what the hub reads now. */
static void test_form_of_an_old_stick(void **state)
{
	struct sticks *sticks = *state;

	write_day(&sticks->pc);
	carry(&sticks->room, &sticks->pc);
	pack_hub(&sticks->room, &sticks->pc, PH_BUNDLE_MAX, &sticks->down);
	pass(&sticks->room.machine, 3600);
	sync_pc(&sticks->room, &sticks->pc);
	tell_form(&sticks->pc, "new.");
	take_all_down(&sticks->pc, &sticks->down);
	write_day(&sticks->pc);
	pack_pc(&sticks->pc, PH_BUNDLE_MAX, &sticks->up);
	assert_int_equal(inside_up(sticks).n[PH_ITEM_PACKED], 0);
}

/* ---- a folder that was put back ---- */

/* It packs under a number that was used: what it holds now is what the hub must go by. */
static void test_number_used_before(void **state)
{
	struct sticks *sticks = *state;
	struct ph_hub_bundle_taken taken;
	struct ph_site_state known;
	uint64_t number;

	write_day(&sticks->second);
	carry(&sticks->room, &sticks->second);
	carry(&sticks->room, &sticks->pc);
	pc_copy(&sticks->pc, "", ".old");
	pc_confirm(&sticks->room, &sticks->pc);
	carry(&sticks->room, &sticks->pc);
	carry(&sticks->room, &sticks->pc);
	assert_int_equal(pc_holds(&sticks->pc, &sticks->second),
			 ph_site_log(sticks->second.site)->n);
	number = stick_device(&sticks->room, &sticks->pc).counter;
	pc_copy(&sticks->pc, ".old", "");
	pass(&sticks->room.machine, 86400);
	pc_visits(&sticks->pc, 3);
	pack_pc(&sticks->pc, PH_BUNDLE_MAX, &sticks->up);
	taken = take_up(&sticks->room, ph_buf_view(&sticks->up.bundle[0]));
	assert_true(taken.header.number <= number);
	assert_int_equal(taken.refusal, 0);
	assert_true(taken.peer.entries >= 3);
	assert_true(taken.live);
	pack_hub(&sticks->room, &sticks->pc, PH_BUNDLE_MAX, &sticks->down);
	take_all_down(&sticks->pc, &sticks->down);
	known = pc_state(&sticks->pc);
	assert_int_equal(known.receipted, known.entries);
	assert_int_equal(known.standing, PH_SITE_CONFIRMED);
	assert_int_equal(pc_holds(&sticks->pc, &sticks->second),
			 ph_site_log(sticks->second.site)->n);
	/* shown again, it moves nothing */
	assert_false(take_up(&sticks->room, ph_buf_view(&sticks->up.bundle[0])).live);
}

/* One that was long on the way brings what is new in it, and moves nothing back. */
static void test_late_with_new(void **state)
{
	struct sticks *sticks = *state;
	struct ph_hub_peer peer = { .known = true, .n_heads = 1 };
	const struct ph_log *own = ph_site_log(sticks->pc.site);
	struct ph_device before;
	struct ph_hub_bundle_taken taken;

	carry(&sticks->room, &sticks->pc);
	write_day(&sticks->pc);
	pack_pc(&sticks->pc, PH_BUNDLE_MAX, &sticks->up); /* on its way */
	pass(&sticks->room.machine, 86400);
	/* a session that brought nothing up but its hello */
	before = stick_device(&sticks->room, &sticks->pc);
	before.counter += 5;
	before.heard = ph_hub_now(sticks->room.hub);
	peer.device = before;
	peer.counter = before.counter;
	memcpy(peer.head[0].log_id, own->id, sizeof(own->id));
	memcpy(peer.head[0].h, own->h, sizeof(own->h));
	peer.head[0].n = own->n;
	assert_int_equal(ph_db_begin(sticks->room.hub->db), 0);
	assert_int_equal(
		ph_journal_device_update(ph_hub_journal(sticks->room.hub), &before), 0);
	assert_int_equal(ph_hub_copy_heard(sticks->room.hub, &peer), 0);
	assert_int_equal(ph_db_commit(sticks->room.hub->db), 0);
	taken = take_up(&sticks->room, ph_buf_view(&sticks->up.bundle[0]));
	assert_int_equal(taken.refusal, 0);
	assert_true(taken.peer.entries > 0);
	assert_false(taken.live);
	assert_int_equal(stick_device(&sticks->room, &sticks->pc).counter,
			 before.counter);
}

/*
 * Message 1 carries no sealed part, so it ends before the first: also when all was sealed
 * further on, for a stick, and one segment to there would fit.
 */
static void test_flight_after_a_stick(void **state)
{
	struct sticks *sticks = *state;
	struct ph_hello *hello = calloc(1, sizeof(*hello));
	struct ph_buf arena = { 0 };
	uint64_t before;

	assert_non_null(hello);
	pc_visits(&sticks->pc, 5);
	before = ph_site_log(sticks->pc.site)->n;
	(void)pc_reader(&sticks->pc, "Lò Văn Pánh");
	pc_visits(&sticks->pc, 5);
	pack_pc(&sticks->pc, PH_BUNDLE_MAX, &sticks->up);
	assert_int_equal(ph_site_hello(sticks->pc.site, 32 * 1024, hello, &arena, NULL),
			 0);
	assert_int_equal(hello->n_segments, 1);
	assert_int_equal(hello->segment[0].last, before);
	assert_false(hello->done);
	ph_buf_deinit(&arena);
	free(hello);
}

#define AT_DESK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_DESK(test_packed),
		AT_DESK(test_packed_down),
		AT_DESK(test_other_form),
		AT_DESK(test_form_of_an_old_stick),
		AT_DESK(test_number_used_before),
		AT_DESK(test_late_with_new),
		AT_DESK(test_flight_after_a_stick),
	};

	return ph_crypto_start() != 0
		       ? 1
		       : cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
