/*
 * tests/unit/fold_world.h - a room to try the rules of the fold in (docs/MERGE.md).
 *
 * Two logs of one site, one of another and one of the hub, all open, and one world
 * that hears of them. Tests write entries at seconds after T0, fold, and look at the
 * state that came of it.
 */
#ifndef PH_TESTS_FOLD_WORLD_H
#define PH_TESTS_FOLD_WORLD_H

#include "ledger_world.h"

#include "common/ledger/copy.h"
#include "common/ledger/record.h"
#include "common/ledger/tally.h"

struct room {
	struct world world;
	struct actor a, a2, b, hub;
	struct ph_buf state;
	struct ph_copy copy;
};

static inline int fold_setup(void **state)
{
	struct room *room = calloc(1, sizeof *room);

	world_init(&room->world, false);
	actor_init(&room->a, 1, 101, T0);
	actor_init(&room->a2, 2, 101, T0);
	actor_init(&room->b, 3, 202, T0);
	actor_init(&room->hub, 4, 0, T0);
	*state = room;
	return 0;
}

static inline int fold_teardown(void **state)
{
	struct room *room = *state;

	ph_copy_deinit(&room->copy);
	ph_buf_deinit(&room->state);
	world_deinit(&room->world);
	actor_deinit(&room->a);
	actor_deinit(&room->a2);
	actor_deinit(&room->b);
	actor_deinit(&room->hub);
	free(room);
	return 0;
}

static inline void fold_all(struct room *room)
{
	world_take(&room->world, &room->a, UINT64_MAX);
	world_take(&room->world, &room->a2, UINT64_MAX);
	world_take(&room->world, &room->b, UINT64_MAX);
	world_take(&room->world, &room->hub, UINT64_MAX);
	world_catch_up(&room->world);
}

static inline struct ph_ref loan_term(struct actor *actor, const char *copy,
				      const char *card, int64_t second, uint64_t term)
{
	struct ph_entry loan = entry_of(PH_KIND_LOAN);

	set_id(&loan, PH_LOAN_COPY, 0, copy);
	set_id(&loan, PH_LOAN_CARD, 0, card);
	set_uint(&loan, PH_LOAN_TERM, term);
	return at(actor, &loan, second);
}

static inline struct ph_ref loan(struct actor *actor, const char *copy, const char *card,
				 int64_t second)
{
	return loan_term(actor, copy, card, second, 14);
}

static inline struct ph_ref give_back(struct actor *actor, const char *copy,
				      int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_RETURN);

	set_id(&entry, PH_RETURN_COPY, 0, copy);
	return at(actor, &entry, second);
}

static inline struct ph_entry renewal(const char *copy, const char *card,
				      const struct ph_ref *loan_ref, uint64_t term)
{
	struct ph_entry entry = entry_of(PH_KIND_RENEW);

	set_id(&entry, PH_RENEW_COPY, 0, copy);
	if (card != NULL) {
		set_id(&entry, PH_RENEW_CARD, 0, card);
	}
	if (loan_ref != NULL) {
		set_ref(&entry, PH_RENEW_LOAN, loan_ref);
	}
	set_uint(&entry, PH_RENEW_TERM, term);
	return entry;
}

static inline struct ph_ref void_it(struct actor *actor, const struct ph_ref *target,
				    int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_VOID);

	set_ref(&entry, PH_VOID_TARGET, target);
	return at(actor, &entry, second);
}

static inline struct ph_entry visit_of(uint64_t count)
{
	struct ph_entry entry = entry_of(PH_KIND_VISIT);

	set_uint(&entry, PH_VISIT_COUNT, count);
	return entry;
}

static inline struct ph_entry title_of(const char *name)
{
	struct ph_entry entry = entry_of(PH_KIND_TITLE_PUT);

	set_text(&entry, PH_TITLE_NAME, name);
	return entry;
}

/* --- reading --- */

static inline int get_state(struct room *room, enum ph_entity type,
			    const struct ph_entity_key *key)
{
	room->state.len = 0;
	return ph_ledger_get(room->world.ledger, type, ph_key_view(key), &room->state);
}

static inline const struct ph_copy *get_copy(struct room *room, const char *code)
{
	struct ph_id id = { .ns = 0, .code = ph_view_str(code) };
	struct ph_entity_key key;

	assert_true(ph_key_id(PH_ENTITY_COPY, &id, &key));
	ph_copy_deinit(&room->copy);
	assert_int_equal(get_state(room, PH_ENTITY_COPY, &key), 0);
	assert_int_equal(ph_copy_decode(ph_buf_view(&room->state), &room->copy), 0);
	return &room->copy;
}

static inline bool has_copy(struct room *room, const char *code)
{
	struct ph_id id = { .ns = 0, .code = ph_view_str(code) };
	struct ph_entity_key key;

	assert_true(ph_key_id(PH_ENTITY_COPY, &id, &key));
	return get_state(room, PH_ENTITY_COPY, &key) == 0;
}

static inline struct ph_record get_record(struct room *room, enum ph_entity type,
					  const struct ph_ref *ref, uint32_t kind)
{
	struct ph_entity_key key = ph_key_ref(type, ref);
	struct ph_record record;

	assert_int_equal(get_state(room, type, &key), 0);
	assert_int_equal(
		ph_record_decode(ph_buf_view(&room->state), ph_kind_find(kind), &record),
		0);
	return record;
}

static inline struct ph_tally get_tally(struct room *room, uint64_t site, int64_t second)
{
	struct ph_entity_key key = ph_key_tally(site, ph_day_of(T0 + second));
	struct ph_tally tally = { 0 };

	if (get_state(room, PH_ENTITY_TALLY, &key) == 0) {
		assert_int_equal(ph_tally_decode(ph_buf_view(&room->state), &tally), 0);
	}
	return tally;
}

static inline void assert_ref(const struct ph_ref *a, const struct ph_ref *b)
{
	assert_true(ph_ref_equal(a, b));
}

static inline void assert_closed(const struct ph_loan *loan_, enum ph_closed how,
				 const struct ph_ref *by)
{
	assert_int_equal(loan_->closed, how);
	if (how != PH_CLOSED_OPEN) {
		assert_ref(&loan_->closed_by, by);
	}
}

#define FOLD_TEST(name) cmocka_unit_test_setup_teardown(name, fold_setup, fold_teardown)

#endif
