/*
 * Tests of bundles that are cut short, altered, or by somebody who is not who it says, between
 * real folders: client/site_unpack.c, daemon/hub_bundle.c.
 */
#include "tests/unit/stick_room.h"

#include "daemon/hub_internal.h"

/* ---- cut short, altered ---- */

static void test_cut_short(void **state)
{
	struct two *two = *state;
	struct ph_hub_bundle_taken taken;
	uint64_t best = 0;
	bool some = false;

	for (int i = 0; i < 12; i++) {
		pc_reader(&two->first, "Lò Văn Pánh");
		pc_visits(&two->first, 200);
	}
	pack_pc(&two->first, PH_BUNDLE_MAX, &two->up);
	const struct ph_buf *bundle = &two->up.bundle[0];
	for (size_t len = 0; len < bundle->len; len += 1 + bundle->len / 23) {
		taken = take_up(&two->room, PH_VIEW(bundle->data, len));
		assert_int_equal(taken.refusal, PH_BUNDLE_E_CUT);
		assert_false(taken.live);
		assert_true(at_hub(two, &two->first) >= best);
		best = at_hub(two, &two->first);
		some = some || (best > 0 && best < ph_site_log(two->first.site)->n);
	}
	/* a prefix counts, and what it told does not */
	assert_true(some);
	assert_int_equal(stick_device(&two->room, &two->first).heard, 0);
	/* of what came there are receipts, though no whole bundle did */
	pack_hub(&two->room, &two->first, PH_BUNDLE_MAX, &two->down);
	take_all_down(&two->first, &two->down);
	assert_int_equal(pc_state(&two->first).receipted, best);
	take_all_up(&two->room, &two->up);
	assert_int_equal(at_hub(two, &two->first), ph_site_log(two->first.site)->n);
}

static void test_altered(void **state)
{
	struct two *two = *state;

	pc_visits(&two->first, 20);
	carry(&two->room, &two->first);
	pc_confirm(&two->room, &two->first);
	pc_visits(&two->first, 20);
	pack_pc(&two->first, PH_BUNDLE_MAX, &two->up);
	pack_hub(&two->room, &two->first, PH_BUNDLE_MAX, &two->down);
	for (size_t at = 0; at < two->up.bundle[0].len; at += 61) {
		two->up.bundle[0].data[at] ^= 4;
		struct ph_hub_bundle_taken taken = first_up(two);
		two->up.bundle[0].data[at] ^= 4;
		assert_true(taken.refusal != 0 && !taken.live);
		assert_non_null(taken.reason);
	}
	for (size_t at = 0; at < two->down.bundle[0].len; at += 61) {
		two->down.bundle[0].data[at] ^= 4;
		struct ph_site_taken taken = first_down(two, &two->first);
		two->down.bundle[0].data[at] ^= 4;
		assert_true(taken.refusal != 0);
	}
	take_all_down(&two->first, &two->down);
	take_all_up(&two->room, &two->up);
}

/* ---- by somebody else ---- */

/* A bundle with the header and payload of a good one, by another static key. */
static void forge_bundle(struct two *two, enum ph_bundle_direction direction,
			 const struct ph_box_pair *keys, struct ph_view payload,
			 struct ph_buf *out)
{
	struct ph_bundle_config config = { .header = { .direction = direction,
						       .number = 99 },
					   .keys = keys,
					   .payload = payload,
					   .rng = two->room.rng };
	struct ph_hello hello = { .counter = 99, .n_heads = 1 };
	const struct ph_epoch epoch = { .number = 77 };
	struct ph_bundle_writer *writer;
	struct ph_site_info info;

	ph_site_info(two->first.site, &info);
	if (direction == PH_BUNDLE_UP) {
		memcpy(config.header.from, info.device_id, PH_DEVICE_ID_SIZE);
		ph_hub_id(two->room.hub, config.header.to);
		memcpy(config.to_key, ph_hub_keys(two->room.hub)->box.key, PH_KEY_SIZE);
	} else {
		ph_hub_id(two->room.hub, config.header.from);
		memcpy(config.header.to, info.device_id, PH_DEVICE_ID_SIZE);
		memcpy(config.to_key, ph_site_box(two->first.site)->key, PH_KEY_SIZE);
	}
	hello.head[0].n = 1;
	assert_int_equal(ph_bundle_writer_new(&writer, &config, out), 0);
	assert_int_equal(direction == PH_BUNDLE_UP
				 ? ph_bundle_put_up(writer, &hello, out)
				 : ph_bundle_put_down(writer, &epoch, 5, NULL, out),
			 0);
	assert_int_equal(ph_bundle_finish(writer, out), 0);
	ph_bundle_writer_free(writer);
}

/* By KEYS, with PAYLOAD: neither side takes it for one of who it says. */
static void forged_up(struct two *two, const struct ph_box_pair *keys,
		      struct ph_view payload)
{
	struct ph_hub_bundle_taken taken;
	struct ph_buf bundle = { 0 };

	forge_bundle(two, PH_BUNDLE_UP, keys, payload, &bundle);
	taken = take_up(&two->room, ph_buf_view(&bundle));
	assert_int_equal(taken.refusal, PH_BUNDLE_E_SENDER);
	assert_string_equal(taken.reason, "not-accepted");
	assert_false(taken.known || taken.live);
	ph_buf_deinit(&bundle);
}

static void forged_down(struct two *two, const struct ph_box_pair *keys,
			struct ph_view payload)
{
	struct ph_buf bundle = { 0 };

	forge_bundle(two, PH_BUNDLE_DOWN, keys, payload, &bundle);
	assert_int_equal(take_down(&two->first, ph_buf_view(&bundle)).refusal,
			 PH_BUNDLE_E_SENDER);
	ph_buf_deinit(&bundle);
}

static void test_forged_up(void **state)
{
	struct two *two = *state;
	struct ph_box_pair stranger;

	pc_visits(&two->first, 2);
	ph_box_pair_make(&stranger, &two->room.rng);
	/* another's certificate, before and after that one is known */
	forged_up(two, &stranger, ph_site_cert(two->first.site));
	carry(&two->room, &two->first);
	forged_up(two, &stranger, ph_site_cert(two->first.site));
	/* no certificate at all; and a device of the province that says it is another */
	forged_up(two, &stranger, ph_view_str("x"));
	forged_up(two, ph_site_box(two->other.site), ph_site_cert(two->other.site));
}

static void test_forged_down(void **state)
{
	struct two *two = *state;
	struct ph_hub *hub = two->room.hub;
	struct ph_view list;
	struct ph_box_pair stranger;
	int64_t epoch = 0;

	carry(&two->room, &two->first);
	list = ph_buf_view(&hub->keylist_bytes);
	ph_box_pair_make(&stranger, &two->room.rng);
	/* the hub's genuine key list, and not its key */
	forged_down(two, &stranger, list);
	/* a device of the province is no hub */
	forged_down(two, ph_site_box(two->other.site), list);
	/* the hub's key, and no list, or another's certificate */
	forged_down(two, &hub->keys.box, ph_site_cert(two->first.site));
	assert_int_equal(ph_journal_meta_get_int(ph_site_journal(two->first.site),
						 "hub_epoch", &epoch),
			 0);
	assert_true(epoch > 0 && epoch < 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TWO(test_cut_short),
		IN_TWO(test_altered),
		IN_TWO(test_forged_up),
		IN_TWO(test_forged_down),
	};

	return ph_crypto_start() != 0
		       ? 1
		       : cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
