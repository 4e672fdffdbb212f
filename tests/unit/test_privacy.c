/*
 * tests/unit/test_privacy.c - everything that is held about one reader, and nothing of another
 * (docs/MERGE.md, "Privacy").
 *
 * The reader has the card h1, another one h9.
 */
#include "act_world.h"
#include "case_room.h"
#include "random_fields.h"

#include "common/ledger/privacy.h"

static int open_nothing(void *data, const struct ph_ref *ref, struct ph_buf *plain)
{
	(void)data;
	(void)ref;
	(void)plain;
	return 1;
}

/* A registration that has the card CARD since 50. */
static struct ph_ref reader_with(struct room *room, const char *card)
{
	struct ph_ref reader = register_reader(
		&room->a, "03646",
		strcmp(card, "h1") == 0 ? PH_BAND_ADULT : PH_BAND_ELDER, 10);

	issue(&room->a, card, &reader, 50);
	return reader;
}

static json_t *privacy_of(struct room *room, const struct ph_ref *reader)
{
	const struct ph_opener opener = { .open = open_nothing };
	json_t *out = NULL;

	fold_all(room);
	assert_int_equal(ph_privacy(room->world.ledger, reader, &opener, &out), 0);
	return out;
}

static const char *text_at(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

/* What is told of REF, borrowed; NULL: nothing. Twice is once too often. */
static const json_t *fact_of(const json_t *privacy, const struct ph_ref *ref)
{
	const json_t *facts = json_object_get(privacy, "facts");
	const json_t *found = NULL;
	char text[PH_REF_TEXT];

	ph_ref_text(text, ref);
	for (size_t i = 0; i < json_array_size(facts); i++) {
		const json_t *fact = json_array_get(facts, i);

		if (strcmp(text_at(fact, "ref"), text) == 0) {
			assert_null(found);
			found = fact;
		}
	}
	return found;
}

static size_t count_of(const json_t *privacy, const char *kind)
{
	const json_t *facts = json_object_get(privacy, "facts");
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(facts); i++) {
		n += strcmp(text_at(json_array_get(facts, i), "kind"), kind) == 0;
	}
	return n;
}

static void assert_told(const json_t *privacy, const struct ph_ref *ref)
{
	if (fact_of(privacy, ref) == NULL) {
		fail_msg("nothing is told of entry %llu", (unsigned long long)ref->n);
	}
}

static void assert_untold(const json_t *privacy, const struct ph_ref *ref)
{
	const json_t *fact = fact_of(privacy, ref);

	if (fact != NULL) {
		fail_msg("a %s is told", text_at(fact, "kind"));
	}
}

/* LOAN ended so; BY NULL: by what is not told. HOW NULL: it did not. */
static void assert_end(const json_t *privacy, const struct ph_ref *loan_ref,
		       const char *how, const struct ph_ref *by)
{
	const json_t *closed = json_object_get(fact_of(privacy, loan_ref), "closed");
	char text[PH_REF_TEXT] = "";

	if (how == NULL) {
		assert_null(closed);
		return;
	}
	if (by != NULL) {
		ph_ref_text(text, by);
	}
	assert_string_equal(text_at(closed, "how"), how);
	assert_string_equal(text_at(closed, "by"), text);
	assert_true(strlen(text_at(closed, "time")) > 0);
	assert_non_null(json_object_get(closed, "site"));
}

static void assert_in_order(const json_t *privacy)
{
	const json_t *facts = json_object_get(privacy, "facts");
	const char *before = "";

	for (size_t i = 0; i < json_array_size(facts); i++) {
		const char *time = text_at(json_array_get(facts, i), "time");

		assert_true(strcmp(before, time) <= 0);
		before = time;
	}
}

static struct ph_ref note_on(struct actor *actor, const struct ph_ref *ref,
			     int64_t second)
{
	struct ph_entry note = entry_of(PH_KIND_NOTE);

	set_ref(&note, PH_NOTE_ABOUT, ref);
	return at(actor, &note, second);
}

static struct ph_ref lost(struct actor *actor, const char *copy,
			  const struct ph_ref *loan_ref, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_READER_LOST);

	set_id(&entry, PH_READER_LOST_COPY, 0, copy);
	set_ref(&entry, PH_READER_LOST_LOAN, loan_ref);
	return at(actor, &entry, second);
}

static struct ph_ref renew(struct actor *actor, const char *copy, const char *card,
			   int64_t second)
{
	struct ph_entry entry = renewal(copy, card, NULL, 14);

	return at(actor, &entry, second);
}

/* --- who it is --- */

/* An order to erase names 64 of a reader; the answer names all. */
static void of_many_registrations_none_is_left_out(void **state)
{
	struct room *room = *state;
	struct ph_ref first = reader_with(room, "h1");
	struct ph_ref all[70];
	json_t *privacy;

	for (size_t i = 0; i < 70; i++) {
		all[i] = register_reader(&room->b, "03646", PH_BAND_ADULT,
					 100 + (int64_t)i);
		joined(&room->b, PH_KIND_READER_MERGE, &first, &all[i], 200 + (int64_t)i);
	}
	privacy = privacy_of(room, &all[69]);
	assert_told(privacy, &first);
	for (size_t i = 0; i < 70; i++) {
		assert_told(privacy, &all[i]);
	}
	assert_int_equal(count_of(privacy, "reader-put"), 71);
	assert_int_equal(count_of(privacy, "reader-merge"), 70);
	assert_int_equal(count_of(privacy, "card-issue"), 1);
	assert_in_order(privacy);
	json_decref(privacy);
}

/* A card that has since been given to another: that it was theirs, and what that one does with it not. */
static void a_card_that_is_anothers_now(void **state)
{
	struct room *room = *state;
	struct ph_ref hers = reader_with(room, "h1");
	struct ph_ref his = register_reader(&room->a, "03650", PH_BAND_ELDER, 11);
	struct ph_ref first = issue(&room->a, "h5", &hers, 60);
	struct ph_ref second = issue(&room->a, "h5", &his, 70);
	struct ph_ref out = loan(&room->a, "c1", "h5", 100);
	struct ph_ref taken_back = void_it(&room->a, &first, 80);
	json_t *privacy = privacy_of(room, &hers);

	assert_told(privacy, &first);
	assert_told(privacy, &taken_back);
	assert_untold(privacy, &second);
	assert_untold(privacy, &out);
	json_decref(privacy);
}

/* --- loans --- */

static void how_each_loan_ended(void **state)
{
	struct room *room = *state;
	struct ph_ref hers = reader_with(room, "h1");
	struct ph_ref one = loan(&room->a, "c1", "h1", 100);
	struct ph_ref back = give_back(&room->b, "c1", 200);
	struct ph_ref again = give_back(&room->b, "c1", 250);
	struct ph_ref two = loan(&room->a, "c1", "h1", 300);
	struct ph_ref three = loan(&room->a, "c2", "h1", 310);
	struct ph_ref renewed = renew(&room->a, "c2", NULL, 320);
	struct ph_ref said = lost(&room->a, "c2", &three, 400);
	struct ph_ref wet = note_on(&room->b, &back, 210);
	json_t *privacy = privacy_of(room, &hers);

	assert_told(privacy, &one);
	assert_told(privacy, &back);
	assert_told(privacy, &wet);
	assert_told(privacy, &two);
	assert_told(privacy, &three);
	assert_told(privacy, &renewed);
	assert_told(privacy, &said);
	assert_untold(privacy, &again); /* of a copy that was there */
	assert_end(privacy, &one, "return", &back);
	assert_end(privacy, &two, NULL, NULL);
	assert_end(privacy, &three, NULL, NULL);
	assert_int_equal(json_array_size(json_object_get(privacy, "facts")), 9);
	assert_in_order(privacy);
	json_decref(privacy);
}

static void a_copy_under_two_labels(void **state)
{
	struct room *room = *state;
	struct ph_ref hers = reader_with(room, "h1");
	struct ph_ref out = loan(&room->a, "c1", "h1", 100);
	struct ph_entry alias = entry_of(PH_KIND_COPY_ALIAS);
	struct ph_ref back, same;
	json_t *privacy;

	set_id(&alias, PH_ALIAS_COPY, 0, "c2");
	set_id(&alias, PH_ALIAS_OTHER, 0, "c1");
	same = at(&room->a, &alias, 200);
	back = give_back(&room->a, "c2", 300);
	privacy = privacy_of(room, &hers);
	assert_told(privacy, &back);
	assert_untold(privacy, &same);
	assert_end(privacy, &out, "return", &back);
	json_decref(privacy);
}

/* Who had the copy next, and what became of that, is nobody else's business. */
static void of_another_loan_of_the_copy_nothing(void **state)
{
	struct room *room = *state;
	struct ph_ref hers = reader_with(room, "h1");
	struct ph_ref his = reader_with(room, "h9");
	struct ph_ref before = loan(&room->b, "c1", "h9", 80);
	struct ph_ref out = loan(&room->a, "c1", "h1", 100);
	struct ph_ref next = loan(&room->b, "c1", "h9", 200);
	struct ph_ref others[] = {
		before,
		next,
		his,
		renew(&room->b, "c1", NULL, 210),
		lost(&room->b, "c1", &next, 220),
		note_on(&room->b, &next, 230),
		give_back(&room->b, "c1", 240),
		void_it(&room->b, &before, 250),
	};
	json_t *privacy = privacy_of(room, &hers);

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		assert_untold(privacy, &others[i]);
	}
	assert_end(privacy, &out, "inferred", NULL);
	json_decref(privacy);
	/* And the other way round. */
	privacy = privacy_of(room, &his);
	assert_untold(privacy, &out);
	assert_end(privacy, &next, "return", &others[6]);
	json_decref(privacy);
}

/* A copy that was seen says so; one that was laid aside for another says for whom. */
static void what_was_seen_elsewhere(void **state)
{
	static const char *const copies[] = { "c2" };
	struct room *room = *state;
	struct ph_ref hers = reader_with(room, "h1");
	struct ph_ref one = loan(&room->a, "c1", "h1", 100);
	struct ph_ref two = loan(&room->a, "c2", "h1", 110);
	struct ph_ref three = loan(&room->a, "c3", "h1", 120);
	struct ph_ref seen = of_code(&room->b, PH_KIND_SIGHTING, "c1", 200);
	struct ph_ref sent = crate_entry(&room->b, PH_KIND_CRATE_DISPATCH, "x1", copies,
					 1, false, 210);
	struct ph_ref on_crate = note_on(&room->b, &sent, 220);
	struct ph_entry ready = entry_of(PH_KIND_HOLD_READY);
	struct ph_ref hold = { .n = 77 }, aside;
	json_t *privacy;

	set_ref(&ready, PH_HOLD_READY_HOLD, &hold);
	set_id(&ready, PH_HOLD_READY_COPY, 0, "c3");
	aside = at(&room->b, &ready, 230);
	privacy = privacy_of(room, &hers);
	assert_told(privacy, &seen);
	assert_told(privacy, &sent);
	assert_untold(privacy, &on_crate);
	assert_untold(privacy, &aside);
	assert_end(privacy, &one, "inferred", &seen);
	assert_end(privacy, &two, "inferred", &sent);
	assert_end(privacy, &three, "inferred", NULL);
	json_decref(privacy);
}

static void what_a_policy_has_cut(void **state)
{
	struct room *room = *state;
	struct ph_ref hers = reader_with(room, "h1");
	struct ph_ref old = loan(&room->a, "c1", "h1", 100);
	struct ph_ref renewed = renew(&room->a, "c1", NULL, DAY);
	struct ph_ref back = give_back(&room->a, "c1", 2 * DAY);
	struct ph_ref mine = loan(&room->a, "c1", "h1", 8 * DAY);
	struct ph_ref slip = loan(&room->a, "c2", "h1", 200);
	struct ph_entry put = entry_of(PH_KIND_POLICY_PUT);
	json_t *privacy;

	void_it(&room->a, &slip, 300);
	set_text(&put, PH_POLICY_NAME, "cut-loans-before");
	set_text(&put, PH_POLICY_VALUE, "2026-09-27");
	at(&room->hub, &put, 9 * DAY);
	privacy = privacy_of(room, &hers);
	assert_true(json_is_true(json_object_get(fact_of(privacy, &old), "forgotten")));
	assert_true(
		json_is_true(json_object_get(fact_of(privacy, &renewed), "forgotten")));
	assert_told(privacy, &back);
	assert_null(json_object_get(fact_of(privacy, &back), "forgotten"));
	assert_end(privacy, &old, "return", &back);
	/* One of the same copy that is not cut, and one that does not count. */
	assert_told(privacy, &mine);
	assert_null(json_object_get(fact_of(privacy, &mine), "forgotten"));
	assert_told(privacy, &slip);
	assert_null(json_object_get(fact_of(privacy, &slip), "forgotten"));
	json_decref(privacy);
}

/* --- what was said of what they did --- */

static void what_was_taken_back_and_noted(void **state)
{
	struct room *room = *state;
	struct ph_ref hers = reader_with(room, "h1");
	struct ph_ref slip = loan(&room->b, "c1", "h1", 100);
	struct ph_ref said = lost(&room->b, "c1", &slip, 110);
	struct ph_ref twin = register_reader(&room->b, "03646", PH_BAND_ADULT, 20);
	struct ph_ref merge = joined(&room->b, PH_KIND_READER_MERGE, &hers, &twin, 30);
	/* The notes stand in a log that is looked through before that of the void. */
	struct ph_ref voided = void_it(&room->hub, &slip, 200);
	struct ph_ref why = note_on(&room->a, &voided, 210);
	struct ph_ref more = note_on(&room->a, &why, 220);
	struct ph_ref undone = listing_ref(&room->a, PH_KIND_READER_UNMERGE,
					   PH_READER_UNMERGE_MERGES, &merge, 230);
	json_t *privacy = privacy_of(room, &hers);

	assert_told(privacy, &slip);
	assert_told(privacy, &said);
	assert_told(privacy, &merge);
	assert_told(privacy, &voided);
	assert_told(privacy, &why);
	assert_told(privacy, &more);
	assert_told(privacy, &undone);
	assert_untold(privacy, &twin); /* somebody else, then */
	json_decref(privacy);
}

static void holds_to_their_end(void **state)
{
	struct room *room = *state;
	struct ph_ref hers = reader_with(room, "h1");
	struct ph_entry place = entry_of(PH_KIND_HOLD_PLACE);
	struct ph_entry ready = entry_of(PH_KIND_HOLD_READY);
	struct ph_entry fetch = entry_of(PH_KIND_LOAN);
	struct ph_ref hold, aside, cancelled, fetched, noted;
	json_t *privacy;

	set_id(&place, PH_HOLD_CARD, 0, "h1");
	place.field[PH_HOLD_EXPIRES].set = true;
	place.field[PH_HOLD_EXPIRES].as.day = ph_day_of(T0) + 9;
	set_uint(&place, PH_HOLD_PICKUP, 101);
	set_id(&place, PH_HOLD_COPY, 0, "c1");
	hold = at(&room->b, &place, 100);
	set_ref(&ready, PH_HOLD_READY_HOLD, &hold);
	set_id(&ready, PH_HOLD_READY_COPY, 0, "c1");
	aside = at(&room->a, &ready, 200);
	cancelled = about(&room->a, PH_KIND_HOLD_CANCEL, &hold, 300);
	/* Somebody else fetches it: that it was fetched is theirs, what becomes of it is not. */
	set_id(&fetch, PH_LOAN_COPY, 0, "c1");
	set_id(&fetch, PH_LOAN_CARD, 0, "h9");
	set_ref(&fetch, PH_LOAN_HOLD, &hold);
	fetched = at(&room->b, &fetch, 400);
	noted = note_on(&room->b, &fetched, 410);
	give_back(&room->b, "c1", 500);
	privacy = privacy_of(room, &hers);
	assert_told(privacy, &hold);
	assert_told(privacy, &aside);
	assert_told(privacy, &cancelled);
	assert_told(privacy, &fetched);
	assert_untold(privacy, &noted);
	assert_end(privacy, &fetched, NULL, NULL);
	assert_int_equal(count_of(privacy, "return"), 0);
	json_decref(privacy);
}

static struct ph_ref charge(struct room *room, const char *card, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_CHARGE);

	set_id(&entry, PH_CHARGE_CARD, 0, card);
	set_uint(&entry, PH_CHARGE_AMOUNT, 5000);
	return at(&room->b, &entry, second);
}

static struct ph_ref pay(struct room *room, const char *card, const struct ph_ref *what,
			 int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_PAYMENT);

	set_id(&entry, PH_PAYMENT_CARD, 0, card);
	set_uint(&entry, PH_PAYMENT_AMOUNT, 5000);
	set_ref(&entry, PH_PAYMENT_CHARGE, what);
	return at(&room->a, &entry, second);
}

static void money_whoever_paid(void **state)
{
	struct room *room = *state;
	struct ph_ref hers = reader_with(room, "h1");
	struct ph_ref owed = charge(room, "h1", 100);
	struct ph_ref his = charge(room, "h9", 110);
	struct ph_ref own = pay(room, "h1", &owed, 200);
	struct ph_ref by_another = pay(room, "h9", &owed, 210);
	struct ph_ref for_another = pay(room, "h1", &his, 220);
	struct ph_ref nothing = pay(room, "h9", &his, 230);
	struct ph_ref noted = note_on(&room->b, &by_another, 240);
	json_t *privacy = privacy_of(room, &hers);

	assert_told(privacy, &owed);
	assert_told(privacy, &own);
	assert_told(privacy, &by_another);
	assert_told(privacy, &for_another);
	assert_untold(privacy, &his);
	assert_untold(privacy, &nothing);
	assert_untold(privacy, &noted);
	json_decref(privacy);
}

/* --- the hub --- */

static void what_was_decided(void **state)
{
	struct room *room = *state;
	struct ph_ref hers = reader_with(room, "h1");
	struct ph_ref twin = register_reader(&room->b, "03646", PH_BAND_ADULT, 20);
	struct ph_ref out = loan(&room->a, "c1", "h1", 100);
	struct ph_ref next = loan(&room->b, "c1", "h9", 200);
	struct ph_ref his = loan(&room->a, "c2", "h8", 100);
	struct ph_ref his_next = loan(&room->b, "c2", "h9", 200);
	struct found found = find_cases(room, PH_CASE_TWO_PLACES);
	struct ph_ref decided[2], other, wrote, same;
	struct ph_entry entry = entry_of(PH_KIND_CASE_DECIDE);
	static const uint8_t id[16] = { 7 };
	struct ph_buf list = { 0 };
	json_t *privacy;

	assert_int_equal(found.n, 2);
	for (size_t i = 0; i < 2; i++) {
		size_t at_one = ph_ref_equal(&found.rows[i].refs[0], &out) ? 0 : 1;

		decided[at_one] = decide(room, &found.rows[i], PH_CHOICE_SEEN, 300);
	}
	found_free(&found);
	found = find_cases(room, PH_CASE_SAME_READER);
	assert_int_equal(found.n, 1);
	same = decide(room, &found.rows[0], PH_CHOICE_DIFFERENT, 310);
	found_free(&found);
	/* Of a case that is none any more: by what was written. */
	wrote = give_back(&room->hub, "c1", 150);
	set_bytes(&entry, PH_DECIDE_CASE, id, sizeof(id));
	set_uint(&entry, PH_DECIDE_CHOICE, PH_CHOICE_RETURNED);
	set_bytes(&entry, PH_DECIDE_FACTS, id, sizeof(id));
	set_ref_list(&entry, PH_DECIDE_ENTRIES, &wrote, &list);
	other = at(&room->hub, &entry, 400);
	ph_buf_deinit(&list);
	privacy = privacy_of(room, &hers);
	assert_end(privacy, &out, "return", &wrote);
	assert_told(privacy, &other);
	assert_told(privacy, &same);
	assert_untold(privacy, &twin);
	assert_untold(privacy, &decided[1]);
	assert_untold(privacy, &next);
	assert_untold(privacy, &his);
	assert_untold(privacy, &his_next);
	json_decref(privacy);
	/* It stands again: both happened, as was decided before. */
	void_it(&room->hub, &wrote, 500);
	privacy = privacy_of(room, &hers);
	assert_told(privacy, &decided[0]);
	assert_end(privacy, &out, "inferred", NULL);
	assert_untold(privacy, &next);
	json_decref(privacy);
}

static void orders_to_erase(void **state)
{
	struct room *room = *state;
	struct ph_ref hers = reader_with(room, "h1");
	struct ph_ref his = reader_with(room, "h9");
	struct ph_ref order, other, done, other_done;
	struct ph_entry entry = entry_of(PH_KIND_READER_ERASE);
	struct ph_buf list = { 0 };
	json_t *privacy;

	sign_as_operator(&entry);
	set_ref_list(&entry, PH_ERASE_READERS, &hers, &list);
	order = at(&room->hub, &entry, 100);
	list.len = 0;
	set_ref_list(&entry, PH_ERASE_READERS, &his, &list);
	other = at(&room->hub, &entry, 110);
	ph_buf_deinit(&list);
	done = about(&room->b, PH_KIND_ERASE_DONE, &order, 200);
	other_done = about(&room->b, PH_KIND_ERASE_DONE, &other, 210);
	privacy = privacy_of(room, &hers);
	assert_told(privacy, &order);
	assert_told(privacy, &done);
	assert_untold(privacy, &other);
	assert_untold(privacy, &other_done);
	json_decref(privacy);
}

/* --- every kind there is --- */

static bool can_name(const struct ph_field *field)
{
	return field->type == PH_T_REF || field->type == PH_T_REFS ||
	       field->type == PH_T_CARD_ID || field->type == PH_T_CARD_IDS;
}

/* An entry of KIND that names REF or CARD in its field AT, and else what it must. */
static struct ph_ref naming(struct room *room, struct history *history,
			    const struct ph_kind *kind, unsigned at_field,
			    const struct ph_ref *ref, const char *card)
{
	struct ph_entry entry = entry_of(kind->number);
	struct ph_value *value = &entry.field[at_field];
	struct ph_id id = { .code = ph_view_str(card) };
	struct actor *actor = kind->writers & PH_ROLE_SITE ? &room->a : &room->hub;

	for (unsigned i = 0; i < kind->n_fields; i++) {
		if (kind->fields[i].flags & PH_F_REQUIRED) {
			any_value(history, kind, i, &entry.field[i]);
		}
	}
	switch (kind->fields[at_field].type) {
	case PH_T_REF:
		value->as.ref = *ref;
		break;
	case PH_T_CARD_ID:
		value->as.id = id;
		break;
	case PH_T_REFS:
		history->lists[at_field].len = 0;
		assert_int_equal(
			ph_list_put_refs(&history->lists[at_field], ref, 1, value), 0);
		break;
	default:
		history->lists[at_field].len = 0;
		assert_int_equal(
			ph_list_put_ids(&history->lists[at_field], &id, 1, value), 0);
		break;
	}
	value->set = true;
	if (kind->number == PH_KIND_HOLD_PLACE && !entry.field[PH_HOLD_TITLE].set) {
		set_id(&entry, PH_HOLD_COPY, 0, "c1");
	}
	if (kind->operator_only) {
		sign_as_operator(&entry);
	}
	return at(actor, &entry, 1);
}

/* Whatever field of whatever kind names a card of theirs, or an entry that does. */
static void each_kind_that_can_name_them_does(void **state)
{
	struct room *room = *state;
	struct history *history = calloc(1, sizeof(*history));
	struct ph_ref hers = reader_with(room, "h1");
	struct ph_ref his = reader_with(room, "h9");
	struct ph_ref out = loan(&room->a, "x1", "h1", 100);
	struct ph_ref other = loan(&room->a, "x2", "h9", 100);
	struct ph_ref theirs[80], anothers[80];
	size_t n = 0;
	json_t *privacy;

	(void)his;
	ph_rng_seed(&history->seeded, 1, &history->rng);
	actor_init(&history->actors[0], 9, 101, T0);
	history->n_actors = 1;
	for (size_t k = 0; k < ph_kinds_count(); k++) {
		const struct ph_kind *kind = ph_kind_at(k);

		for (unsigned i = 0; i < kind->n_fields; i++) {
			if (can_name(&kind->fields[i])) {
				assert_true(n < 80);
				theirs[n] = naming(room, history, kind, i, &out, "h1");
				anothers[n++] =
					naming(room, history, kind, i, &other, "h9");
			}
		}
	}
	assert_true(n > 40);
	privacy = privacy_of(room, &hers);
	for (size_t i = 0; i < n; i++) {
		assert_told(privacy, &theirs[i]);
		assert_untold(privacy, &anothers[i]);
	}
	json_decref(privacy);
	actor_deinit(&history->actors[0]);
	for (size_t i = 0; i < PH_FIELDS_MAX; i++) {
		ph_buf_deinit(&history->lists[i]);
	}
	free(history);
}

static void of_nobody(void **state)
{
	struct room *room = *state;
	const struct ph_opener opener = { .open = open_nothing };
	struct ph_ref nobody = { .n = 7 };
	json_t *out = NULL;

	fold_all(room);
	assert_int_equal(ph_privacy(room->world.ledger, &nobody, &opener, &out),
			 PH_LEDGER_E_NONE);
	assert_null(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE_TEST(of_many_registrations_none_is_left_out),
		CASE_TEST(a_card_that_is_anothers_now),
		CASE_TEST(how_each_loan_ended),
		CASE_TEST(a_copy_under_two_labels),
		CASE_TEST(of_another_loan_of_the_copy_nothing),
		CASE_TEST(what_was_seen_elsewhere),
		CASE_TEST(what_a_policy_has_cut),
		CASE_TEST(what_was_taken_back_and_noted),
		CASE_TEST(holds_to_their_end),
		CASE_TEST(money_whoever_paid),
		CASE_TEST(what_was_decided),
		CASE_TEST(orders_to_erase),
		CASE_TEST(each_kind_that_can_name_them_does),
		CASE_TEST(of_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
