/*
 * tests/unit/stick_world.h - bundles between the PCs and the hub of road_world.h, carried
 * as bytes in memory, as a stick would.
 */
#ifndef PH_TESTS_STICK_WORLD_H
#define PH_TESTS_STICK_WORLD_H

#include "tests/unit/road_world.h"

#include "client/site_bundle.h"
#include "common/ledger/view.h"
#include "daemon/hub_bundle.h"

#define STICK_MAX 64

/* What lies on it, in the order of packing. */
struct pocket {
	struct ph_buf bundle[STICK_MAX];
	unsigned n;
	uint64_t entries, parts, pages, receipts; /* as the packers say */
};

static inline void pocket_empty(struct pocket *pocket)
{
	for (unsigned i = 0; i < pocket->n; i++) {
		ph_buf_deinit(&pocket->bundle[i]);
	}
	memset(pocket, 0, sizeof(*pocket));
}

/* PC packs all it has into bundles of at most MAX bytes. */
static inline void pack_pc(struct pc *pc, uint64_t max, struct pocket *pocket)
{
	struct ph_site_packing *packing;
	struct ph_site_packed packed = { .more = true };
	struct ph_error err = { 0 };

	pocket_empty(pocket);
	assert_int_equal(ph_site_pack_new(&packing, pc->site), 0);
	while (packed.more) {
		assert_true(pocket->n < STICK_MAX);
		if (ph_site_pack_next(packing, max, &pocket->bundle[pocket->n], &packed,
				      &err) != 0) {
			fail_msg("%s", err.text);
		}
		assert_true(pocket->bundle[pocket->n].len <= max);
		pocket->n++;
		pocket->entries += packed.entries;
		pocket->parts += packed.parts;
	}
	ph_site_pack_free(packing);
}

static inline struct ph_hub_bundle_taken take_up(struct hub_room *room,
						 struct ph_view bundle)
{
	struct ph_hub_bundle_taken taken;

	assert_int_equal(ph_hub_bundle_take(room->hub, bundle, PH_ROAD_STICK, &taken), 0);
	while (ph_hub_fold(room->hub) > 0) {
	}
	return taken;
}

/* The hub takes all of them, each to its end. */
static inline void take_all_up(struct hub_room *room, const struct pocket *pocket)
{
	pass(&room->machine, 60);
	for (unsigned i = 0; i < pocket->n; i++) {
		struct ph_hub_bundle_taken taken =
			take_up(room, ph_buf_view(&pocket->bundle[i]));

		if (taken.refusal != 0 || taken.peer.left != 0) {
			fail_msg("bundle %u: %s, %u left", i, taken.words,
				 (unsigned)taken.peer.left);
		}
	}
}

static inline struct ph_device stick_device(struct hub_room *room, struct pc *pc)
{
	struct ph_device device;
	struct ph_site_info info;

	ph_site_info(pc->site, &info);
	assert_int_equal(ph_journal_device_by_id(ph_hub_journal(room->hub),
						 info.device_id, &device),
			 0);
	return device;
}

/* The hub packs what PC has not, in bundles of at most MAX bytes. */
static inline void pack_hub(struct hub_room *room, struct pc *pc, uint64_t max,
			    struct pocket *pocket)
{
	struct ph_device device = stick_device(room, pc);
	struct ph_hub_packed packed = { .more = true };
	struct ph_hub_packing *packing;

	pocket_empty(pocket);
	assert_int_equal(ph_hub_pack_new(&packing, room->hub, &device), 0);
	while (packed.more) {
		assert_true(pocket->n < STICK_MAX);
		assert_int_equal(ph_hub_pack_next(packing, max,
						  &pocket->bundle[pocket->n], &packed),
				 0);
		assert_true(pocket->bundle[pocket->n].len <= max);
		pocket->n++;
		pocket->entries += packed.entries;
		pocket->parts += packed.parts;
		pocket->pages += packed.pages;
		pocket->receipts += packed.receipts;
	}
	ph_hub_pack_free(packing);
}

static inline struct ph_site_taken take_down(struct pc *pc, struct ph_view bundle)
{
	struct ph_error err = { 0 };
	struct ph_site_taken taken;

	if (ph_site_take_bundle(pc->site, bundle, PH_ROAD_STICK, &taken, &err) != 0) {
		fail_msg("%s", err.text);
	}
	return taken;
}

static inline void take_all_down(struct pc *pc, const struct pocket *pocket)
{
	for (unsigned i = 0; i < pocket->n; i++) {
		struct ph_site_taken taken =
			take_down(pc, ph_buf_view(&pocket->bundle[i]));

		if (taken.refusal != 0 || taken.left != 0) {
			fail_msg("bundle %u: %s, %u left", i,
				 ph_bundle_reason(taken.refusal), (unsigned)taken.left);
		}
	}
}

/* Up with Monday's van, home with Thursday's. */
static inline void carry(struct hub_room *room, struct pc *pc)
{
	struct pocket pocket = { 0 };

	pack_pc(pc, PH_BUNDLE_MAX, &pocket);
	take_all_up(room, &pocket);
	pack_hub(room, pc, PH_BUNDLE_MAX, &pocket);
	take_all_down(pc, &pocket);
	pocket_empty(&pocket);
}

static inline struct ph_site_state pc_state(struct pc *pc)
{
	struct ph_site_state state;

	assert_int_equal(ph_site_state(pc->site, &state), 0);
	return state;
}

/* ---- a book of one site that another has to do with ---- */

#define BOOK ((struct ph_id){ .ns = 140371, .code = ph_view_str("000123") })

/* PC puts it on its shelf. */
static inline void pc_shelves_book(struct pc *pc)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_COPY_PUT),
				  .number = PH_KIND_COPY_PUT };

	entry.field[PH_COPY_COPY].set = true;
	entry.field[PH_COPY_COPY].as.id = BOOK;
	entry.field[PH_COPY_OWNER].set = true;
	entry.field[PH_COPY_OWNER].as.uint = BOOK.ns;
	pc_write(pc, entry);
}

/* PC lends it to a reader with a card of its own site. */
static inline struct ph_ref pc_lends_book(struct pc *pc)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_LOAN),
				  .number = PH_KIND_LOAN };

	entry.field[PH_LOAN_COPY].set = true;
	entry.field[PH_LOAN_COPY].as.id = BOOK;
	entry.field[PH_LOAN_CARD].set = true;
	entry.field[PH_LOAN_CARD].as.id =
		(struct ph_id){ .ns = 140372, .code = ph_view_str("K7") };
	return pc_write(pc, entry);
}

/* What PC says of it: one loan, LOAN of site 14-0372, not closed, and it is with that reader. */
static inline void pc_knows_loan(struct pc *pc, const struct ph_ref *loan)
{
	struct ph_error err = { 0 };
	struct ph_ledger *ledger = ph_site_ledger(pc->site, &err);
	json_t *custody, *loans, *shown;
	char ref[PH_REF_TEXT];

	assert_non_null(ledger);
	assert_int_equal(ph_view_copy(ledger, &BOOK, &shown), 0);
	loans = json_object_get(shown, "loans");
	assert_int_equal(json_array_size(loans), 1);
	ph_ref_text(ref, loan);
	assert_string_equal(text_in(json_array_get(loans, 0), "loan"), ref);
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(loans, 0), "site")),
		140372);
	assert_null(json_object_get(json_array_get(loans, 0), "closed"));
	custody = json_object_get(shown, "custody");
	assert_string_equal(text_in(custody, "at"), "reader");
	assert_int_equal(json_integer_value(json_object_get(custody, "site")), 140372);
	json_decref(shown);
}

#endif
