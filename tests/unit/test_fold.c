/* tests/unit/test_fold.c - each rule of the fold by its name (docs/MERGE.md). */
#include "ledger_world.h"

#include "common/ledger/card.h"
#include "common/ledger/copy.h"
#include "common/ledger/device.h"
#include "common/ledger/tally.h"

/* Two sites and the hub, each with a log that is open; a second log at the first site. */
struct room {
	struct world world;
	struct actor a, a2, b, hub;
	struct ph_buf state;
	struct ph_copy copy;
};

static int setup(void **state)
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

static int teardown(void **state)
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

static void fold_all(struct room *room)
{
	world_take(&room->world, &room->a, UINT64_MAX);
	world_take(&room->world, &room->a2, UINT64_MAX);
	world_take(&room->world, &room->b, UINT64_MAX);
	world_take(&room->world, &room->hub, UINT64_MAX);
	world_catch_up(&room->world);
}

static struct ph_ref loan_term(struct actor *actor, const char *copy, const char *card,
			       int64_t second, uint64_t term)
{
	struct ph_entry loan = entry_of(PH_KIND_LOAN);

	set_id(&loan, PH_LOAN_COPY, 0, copy);
	set_id(&loan, PH_LOAN_CARD, 0, card);
	set_uint(&loan, PH_LOAN_TERM, term);
	return at(actor, &loan, second);
}

static struct ph_ref loan(struct actor *actor, const char *copy, const char *card,
			  int64_t second)
{
	return loan_term(actor, copy, card, second, 14);
}

static struct ph_ref give_back(struct actor *actor, const char *copy, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_RETURN);

	set_id(&entry, PH_RETURN_COPY, 0, copy);
	return at(actor, &entry, second);
}

static struct ph_entry renewal(const char *copy, const char *card,
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

static struct ph_ref void_it(struct actor *actor, const struct ph_ref *target,
			     int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_VOID);

	set_ref(&entry, PH_VOID_TARGET, target);
	return at(actor, &entry, second);
}

static struct ph_entry visit_of(uint64_t count)
{
	struct ph_entry entry = entry_of(PH_KIND_VISIT);

	set_uint(&entry, PH_VISIT_COUNT, count);
	return entry;
}

static struct ph_entry title_of(const char *name)
{
	struct ph_entry entry = entry_of(PH_KIND_TITLE_PUT);

	set_text(&entry, PH_TITLE_NAME, name);
	return entry;
}

/* --- reading --- */

static int get_state(struct room *room, enum ph_entity type,
		     const struct ph_entity_key *key)
{
	room->state.len = 0;
	return ph_ledger_get(room->world.ledger, type, ph_key_view(key), &room->state);
}

static const struct ph_copy *get_copy(struct room *room, const char *code)
{
	struct ph_id id = { .ns = 0, .code = ph_view_str(code) };
	struct ph_entity_key key;

	assert_true(ph_key_id(PH_ENTITY_COPY, &id, &key));
	ph_copy_deinit(&room->copy);
	assert_int_equal(get_state(room, PH_ENTITY_COPY, &key), 0);
	assert_int_equal(ph_copy_decode(ph_buf_view(&room->state), &room->copy), 0);
	return &room->copy;
}

static bool has_copy(struct room *room, const char *code)
{
	struct ph_id id = { .ns = 0, .code = ph_view_str(code) };
	struct ph_entity_key key;

	assert_true(ph_key_id(PH_ENTITY_COPY, &id, &key));
	return get_state(room, PH_ENTITY_COPY, &key) == 0;
}

static struct ph_record get_record(struct room *room, enum ph_entity type,
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

static struct ph_tally get_tally(struct room *room, uint64_t site, int64_t second)
{
	struct ph_entity_key key = ph_key_tally(site, ph_day_of(T0 + second));
	struct ph_tally tally = { 0 };

	if (get_state(room, PH_ENTITY_TALLY, &key) == 0) {
		assert_int_equal(ph_tally_decode(ph_buf_view(&room->state), &tally), 0);
	}
	return tally;
}

static void assert_ref(const struct ph_ref *a, const struct ph_ref *b)
{
	assert_true(ph_ref_equal(a, b));
}

static void assert_closed(const struct ph_loan *loan_, enum ph_closed how,
			  const struct ph_ref *by)
{
	assert_int_equal(loan_->closed, how);
	if (how != PH_CLOSED_OPEN) {
		assert_ref(&loan_->closed_by, by);
	}
}

/* --- copies --- */

static void loan_opens_and_moves_custody(void **state)
{
	struct room *room = *state;
	struct ph_ref ref = loan(&room->a, "c1", "k1", 100);

	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");
	const struct ph_loan *open = ph_copy_open_loan(copy);

	assert_non_null(open);
	assert_ref(&open->ref, &ref);
	assert_int_equal(open->site, 101);
	assert_int_equal(open->second, T0 + 100);
	assert_true(open->has_due);
	assert_int_equal(open->due, ph_day_of(T0 + 100) + 14);
	assert_int_equal(copy->custody, PH_CUSTODY_READER);
	assert_int_equal(copy->at_site, 101);
	assert_true(ph_view_equal(copy->at_card.code, ph_view_str("k1")));
	assert_int_equal(copy->n_cases, 0);
}

static void return_closes_at_any_site(void **state)
{
	struct room *room = *state;

	loan(&room->a, "c1", "k1", 100);

	struct ph_ref back = give_back(&room->b, "c1", 200);

	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");

	assert_int_equal(copy->n_loans, 1);
	assert_closed(&copy->loans[0], PH_CLOSED_RETURN, &back);
	assert_int_equal(copy->loans[0].closed_site, 202);
	assert_int_equal(copy->loans[0].closed_second, T0 + 200);
	assert_int_equal(copy->custody, PH_CUSTODY_SITE);
	assert_int_equal(copy->at_site, 202);
	assert_int_equal(copy->n_cases, 0);
}

static void late_return_closes_no_newer_loan(void **state)
{
	struct room *room = *state;
	struct ph_ref old = loan(&room->a, "c1", "k1", 100);
	struct ph_ref young = loan(&room->a, "c1", "k2", 300);

	world_take(&room->world, &room->a, UINT64_MAX);
	world_catch_up(&room->world);
	assert_closed(&get_copy(room, "c1")->loans[0], PH_CLOSED_INFERRED, &young);

	struct ph_ref back = give_back(&room->b, "c1", 200); /* heard of last */

	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");

	assert_int_equal(copy->n_loans, 2);
	assert_ref(&copy->loans[0].ref, &old);
	assert_closed(&copy->loans[0], PH_CLOSED_RETURN, &back);
	assert_closed(&copy->loans[1], PH_CLOSED_OPEN, NULL);
	assert_int_equal(copy->custody, PH_CUSTODY_READER);
	assert_int_equal(copy->since, T0 + 300);
}

static void second_return_changes_no_closed_loan(void **state)
{
	struct room *room = *state;

	loan(&room->a, "c1", "k1", 100);

	struct ph_ref back = give_back(&room->a, "c1", 200);

	give_back(&room->b, "c1", 300);
	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");

	assert_closed(&copy->loans[0], PH_CLOSED_RETURN, &back);
	assert_int_equal(copy->at_site, 202); /* but it was seen there */
	assert_int_equal(copy->since, T0 + 300);
}

static void return_without_loan_is_a_sighting(void **state)
{
	struct room *room = *state;

	give_back(&room->b, "c1", 200);
	world_take(&room->world, &room->b, UINT64_MAX);
	world_catch_up(&room->world);

	const struct ph_copy *copy = get_copy(room, "c1");

	assert_int_equal(copy->n_loans, 0);
	assert_int_equal(copy->custody, PH_CUSTODY_SITE);
	assert_int_equal(copy->at_site, 202);

	/* The older loan arrives and is closed at once. */
	loan(&room->a, "c1", "k1", 100);
	fold_all(room);
	copy = get_copy(room, "c1");
	assert_int_equal(copy->n_loans, 1);
	assert_int_equal(copy->loans[0].closed, PH_CLOSED_RETURN);
	assert_int_equal(copy->custody, PH_CUSTODY_SITE);
}

static void loan_to_another_card_closes_as_inferred(void **state)
{
	struct room *room = *state;

	loan(&room->a, "c1", "k1", 100);

	struct ph_ref second = loan(&room->a2, "c1", "k2", 200);

	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");

	assert_closed(&copy->loans[0], PH_CLOSED_INFERRED, &second);
	assert_closed(&copy->loans[1], PH_CLOSED_OPEN, NULL);
	assert_int_equal(copy->n_cases, 0); /* one site */
	assert_int_equal(get_tally(room, 101, 200).count[PH_TALLY_RETURNS], 0);
}

static void loans_in_two_places_are_a_case(void **state)
{
	struct room *room = *state;

	loan(&room->a, "c1", "k1", 100);

	struct ph_ref second = loan(&room->b, "c1", "k2", 200);

	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");

	assert_closed(&copy->loans[0], PH_CLOSED_INFERRED, &second);
	assert_int_equal(copy->n_cases, 1);
	assert_int_equal(copy->cases[0].kind, PH_CASE_TWO_PLACES);
	assert_ref(&copy->cases[0].anchor, &second);

	/* A return between, heard of later, dissolves it. */
	give_back(&room->a2, "c1", 150);
	fold_all(room);
	copy = get_copy(room, "c1");
	assert_int_equal(copy->n_cases, 0);
	assert_int_equal(copy->loans[0].closed, PH_CLOSED_RETURN);
}

static void loan_to_the_same_card_renews(void **state)
{
	struct room *room = *state;
	struct ph_ref first = loan(&room->a, "c1", "k1", 100);
	struct ph_ref again = loan(&room->b, "c1", "k1", 100 + 10 * DAY);

	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");

	assert_int_equal(copy->n_loans, 1);
	assert_ref(&copy->loans[0].ref, &first);
	assert_int_equal(copy->loans[0].n_renewals, 1);
	assert_ref(&copy->loans[0].renewals[0], &again);
	assert_int_equal(copy->loans[0].due, ph_day_of(T0 + 100) + 24);
	assert_int_equal(copy->n_cases, 0);
	assert_int_equal(copy->at_site, 101);

	/* A renewal may name the loan by either entry. */
	struct ph_entry renew = renewal("c1", NULL, &again, 30);

	at(&room->b, &renew, 100 + 11 * DAY);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->loans[0].n_renewals, 2);
}

static void same_code_in_another_namespace_is_another_card(void **state)
{
	struct room *room = *state;
	struct ph_entry other = entry_of(PH_KIND_LOAN);

	loan(&room->a, "c1", "k1", 100);
	set_id(&other, PH_LOAN_COPY, 0, "c1");
	set_id(&other, PH_LOAN_CARD, 101, "k1");
	at(&room->a, &other, 200);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->n_loans, 2);
	assert_false(get_copy(room, "c1")->loans[1].has_due);
}

static void renewal_takes_the_latest_promise(void **state)
{
	struct room *room = *state;
	struct ph_ref first = loan_term(&room->a, "c1", "k1", 100, 30);
	struct ph_entry shorter = renewal("c1", "k1", NULL, 7);
	struct ph_entry longer = renewal("c1", NULL, &first, 40);
	struct ph_entry chosen = entry_of(PH_KIND_RENEW);

	at(&room->a, &shorter, 200);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->loans[0].due, ph_day_of(T0 + 100) + 30);
	assert_int_equal(get_copy(room, "c1")->loans[0].n_renewals, 1);
	at(&room->a, &longer, 300);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->loans[0].due, ph_day_of(T0 + 300) + 40);
	set_id(&chosen, PH_RENEW_COPY, 0, "c1");
	chosen.field[PH_RENEW_DUE].set = true;
	chosen.field[PH_RENEW_DUE].as.day = ph_day_of(T0) + 100;
	at(&room->a, &chosen, 400);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->loans[0].due, ph_day_of(T0) + 100);
	assert_int_equal(get_copy(room, "c1")->loans[0].n_renewals, 3);
}

static void renewal_needs_its_loan_open(void **state)
{
	struct room *room = *state;
	struct ph_entry early = renewal("c1", NULL, NULL, 90);
	struct ph_entry wrong_card = renewal("c1", "k9", NULL, 90);
	struct ph_entry wrong_loan = renewal("c1", NULL, &(struct ph_ref){ .n = 7 }, 90);
	struct ph_entry late = renewal("c1", "k1", NULL, 90);

	at(&room->a, &early, 50);
	loan(&room->a, "c1", "k1", 100);
	at(&room->a, &wrong_card, 150);
	at(&room->a, &wrong_loan, 160);
	give_back(&room->a, "c1", 200);
	at(&room->a, &late, 250);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->loans[0].n_renewals, 0);
	assert_int_equal(get_copy(room, "c1")->loans[0].due, ph_day_of(T0 + 100) + 14);
	/* They were recorded, and count as acts. */
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_RENEWALS], 4);
}

static void in_house_uses_add_up(void **state)
{
	struct room *room = *state;
	struct ph_entry use = entry_of(PH_KIND_IN_HOUSE_USE);

	set_id(&use, PH_USE_COPY, 0, "c1");
	at(&room->a, &use, 10);
	set_uint(&use, PH_USE_COUNT, 4);
	at(&room->b, &use, 20);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->uses, 5);
	assert_int_equal(get_copy(room, "c1")->custody, PH_CUSTODY_UNKNOWN);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_USES], 1);
	assert_int_equal(get_tally(room, 202, 0).count[PH_TALLY_USES], 4);
}

/* --- time and order --- */

static void told_time_counts(void **state)
{
	struct room *room = *state;
	struct ph_entry back = entry_of(PH_KIND_RETURN);

	loan(&room->a, "c1", "k1", 1000);
	set_id(&back, PH_RETURN_COPY, 0, "c1");
	back.extras.when = PH_WHEN_MINUTE;
	back.extras.when_value = (T0 + 500) / 60;
	at(&room->a, &back, 2000);
	fold_all(room);
	/* Told to be before the loan, so it closes nothing. */
	assert_non_null(ph_copy_open_loan(get_copy(room, "c1")));

	struct ph_entry visit = visit_of(3);

	visit.extras.when = PH_WHEN_DAY;
	visit.extras.when_value = ph_day_of(T0) - 40;
	at(&room->a, &visit, 3000);
	fold_all(room);
	assert_int_equal(get_tally(room, 101, -40 * DAY).count[PH_TALLY_VISITS], 3);
}

static void clock_mark_lifts_what_follows(void **state)
{
	struct room *room = *state;
	struct ph_entry mark = entry_of(PH_KIND_CLOCK_MARK);
	uint8_t boot[8] = { 0 };

	loan(&room->b, "c1", "k2", 500);
	set_bytes(&mark, PH_MARK_BOOT, boot, sizeof boot);
	set_uint(&mark, PH_MARK_MONO, 1);
	set_uint(&mark, PH_MARK_WALL, T0 + 1000);
	at(&room->a, &mark, 1000);
	loan(&room->a, "c1", "k1", 10); /* a stamp that fell back */
	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");

	assert_int_equal(copy->n_loans, 2);
	assert_int_equal(copy->loans[1].site, 101);
	assert_int_equal(copy->loans[1].second, T0 + 1000);
}

static void told_time_lifts_nothing(void **state)
{
	struct room *room = *state;
	struct ph_entry visit = visit_of(1);

	visit.extras.when = PH_WHEN_MINUTE;
	visit.extras.when_value = (T0 + 100 * DAY) / 60;
	at(&room->a, &visit, 10);
	loan(&room->a, "c1", "k1", 20);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->loans[0].second, T0 + 20);
}

static void equal_times_go_by_log_id(void **state)
{
	struct room *room = *state;
	struct ph_entry loans[2];
	struct actor *actors[2] = { &room->a, &room->b };

	for (int i = 0; i < 2; i++) {
		loans[i] = entry_of(PH_KIND_LOAN);
		set_id(&loans[i], PH_LOAN_COPY, 0, "c1");
		set_id(&loans[i], PH_LOAN_CARD, 0, i == 0 ? "k1" : "k2");
		loans[i].stamp = ph_stamp(T0 + 100, 0);
		actor_write(actors[i], &loans[i]);
	}
	fold_all(room);

	bool a_first = memcmp(room->a.id, room->b.id, PH_LOG_ID_SIZE) < 0;

	assert_int_equal(get_copy(room, "c1")->loans[0].site, a_first ? 101 : 202);
}

/* --- which entries count --- */

static void void_takes_away(void **state)
{
	struct room *room = *state;
	struct ph_ref out = loan(&room->a, "c1", "k1", 100);

	fold_all(room);
	assert_true(has_copy(room, "c1"));
	void_it(&room->a2, &out, 200); /* another log of the same site */
	fold_all(room);
	assert_false(has_copy(room, "c1"));
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_LOANS], 0);
}

static void void_waits_for_its_target(void **state)
{
	struct room *room = *state;
	struct ph_ref out = loan(&room->a, "c1", "k1", 100);

	void_it(&room->a2, &out, 50);
	world_take(&room->world, &room->a2, UINT64_MAX);
	world_catch_up(&room->world);
	fold_all(room);
	assert_false(has_copy(room, "c1"));
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_LOANS], 0);
}

static void void_by_a_stranger_has_no_effect(void **state)
{
	struct room *room = *state;
	struct ph_ref out = loan(&room->a, "c1", "k1", 100);

	void_it(&room->b, &out, 200);
	fold_all(room);
	assert_true(has_copy(room, "c1"));
	void_it(&room->hub, &out, 300); /* the hub may */
	fold_all(room);
	assert_false(has_copy(room, "c1"));
}

static void void_on_behalf_counts_as_that_site(void **state)
{
	struct room *room = *state;
	struct ph_ref out = loan(&room->a, "c1", "k1", 100);
	struct ph_entry entry = entry_of(PH_KIND_VOID);

	set_ref(&entry, PH_VOID_TARGET, &out);
	entry.extras.behalf = 101;
	at(&room->b, &entry, 200);
	fold_all(room);
	assert_false(has_copy(room, "c1"));
}

static void void_of_a_void_has_no_effect(void **state)
{
	struct room *room = *state;
	struct ph_ref out = loan(&room->a, "c1", "k1", 100);
	struct ph_ref first = void_it(&room->a, &out, 200);

	void_it(&room->a, &first, 300);
	fold_all(room);
	assert_false(has_copy(room, "c1"));
}

static void void_with_another_hash_names_nothing(void **state)
{
	struct room *room = *state;
	struct ph_ref out = loan(&room->a, "c1", "k1", 100);

	out.hash[7] ^= 1;
	void_it(&room->a, &out, 200);
	fold_all(room);
	assert_true(has_copy(room, "c1"));
}

static void hub_is_voided_only_in_its_own_log(void **state)
{
	struct room *room = *state;
	struct ph_entry policy = entry_of(PH_KIND_POLICY_PUT);
	struct ph_entity_key key;
	struct actor other;

	set_text(&policy, PH_POLICY_NAME, "loan-term-days");
	set_text(&policy, PH_POLICY_VALUE, "21");

	struct ph_ref put = at(&room->hub, &policy, 10);

	assert_true(ph_key_bytes(PH_ENTITY_POLICY, ph_view_str("loan-term-days"), &key));
	actor_init(&other, 9, 0, T0);
	void_it(&other, &put, 20);   /* another log of the hub */
	void_it(&room->a, &put, 20); /* a site */
	world_take(&room->world, &other, UINT64_MAX);
	fold_all(room);
	assert_int_equal(get_state(room, PH_ENTITY_POLICY, &key), 0);
	void_it(&room->hub, &put, 30);
	fold_all(room);
	assert_int_equal(get_state(room, PH_ENTITY_POLICY, &key), PH_LEDGER_E_NONE);
	actor_deinit(&other);
}

static void same_source_counts_once(void **state)
{
	struct room *room = *state;
	struct ph_entry visit = visit_of(5);

	set_source(&visit, 7);

	struct ph_ref late = at(&room->a, &visit, 500);

	fold_all(room);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_VISITS], 5);

	/* An earlier twin of the same site takes its place, whatever its count. */
	visit.field[PH_VISIT_COUNT].as.uint = 9;

	struct ph_ref early = at(&room->a2, &visit, 100);

	fold_all(room);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_VISITS], 9);
	/* Voiding the one that counts lets the other one count again. */
	void_it(&room->a, &early, 600);
	fold_all(room);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_VISITS], 5);
	void_it(&room->a, &late, 700);
	fold_all(room);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_VISITS], 0);
}

static void same_source_elsewhere_or_of_another_kind_counts(void **state)
{
	struct room *room = *state;
	struct ph_entry visit = visit_of(5);
	struct ph_entry use = entry_of(PH_KIND_IN_HOUSE_USE);

	set_source(&visit, 7);
	set_source(&use, 7);
	set_id(&use, PH_USE_COPY, 0, "c1");
	at(&room->a, &visit, 10);
	at(&room->b, &visit, 20);
	at(&room->a, &use, 30);
	at(&room->a, &use, 40);
	fold_all(room);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_VISITS], 5);
	assert_int_equal(get_tally(room, 202, 0).count[PH_TALLY_VISITS], 5);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_USES], 1);
	assert_int_equal(get_copy(room, "c1")->uses, 1);
}

static void titles_of_one_source_are_the_same(void **state)
{
	struct room *room = *state;
	struct ph_entry put = title_of("Truyện Kiều");
	struct ph_record record;

	set_source(&put, 7);

	struct ph_ref late = at(&room->a, &put, 300);

	fold_all(room);
	record = get_record(room, PH_ENTITY_TITLE, &late, PH_KIND_TITLE_PUT);
	assert_false(record.has_root);
	ph_record_deinit(&record);

	struct ph_ref other = at(&room->b, &put, 200);
	struct ph_ref first = at(&room->a2, &put, 100);

	fold_all(room);
	record = get_record(room, PH_ENTITY_TITLE, &late, PH_KIND_TITLE_PUT);
	assert_true(record.has_root);
	assert_ref(&record.root, &first);
	assert_true(record.has_first);
	ph_record_deinit(&record);
	record = get_record(room, PH_ENTITY_TITLE, &other, PH_KIND_TITLE_PUT);
	assert_true(record.has_root);
	assert_ref(&record.root, &first);
	ph_record_deinit(&record);
	record = get_record(room, PH_ENTITY_TITLE, &first, PH_KIND_TITLE_PUT);
	assert_false(record.has_root);
	ph_record_deinit(&record);
	/* Each site catalogued it once. */
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_TITLES], 1);
	assert_int_equal(get_tally(room, 202, 0).count[PH_TALLY_TITLES], 1);

	void_it(&room->hub, &first, 400);
	fold_all(room);
	record = get_record(room, PH_ENTITY_TITLE, &late, PH_KIND_TITLE_PUT);
	assert_true(record.has_root);
	assert_ref(&record.root, &other);
	ph_record_deinit(&record);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_TITLES], 1);
}

static void readers_are_the_same_only_within_a_site(void **state)
{
	struct room *room = *state;
	struct ph_entry put = entry_of(PH_KIND_READER_PUT);
	struct ph_record record;

	set_uint(&put, PH_READER_BAND, PH_BAND_ADULT);
	set_source(&put, 7);

	struct ph_ref first = at(&room->a, &put, 100);
	struct ph_ref second = at(&room->a2, &put, 200);
	struct ph_ref other = at(&room->b, &put, 300);

	fold_all(room);
	record = get_record(room, PH_ENTITY_READER, &second, PH_KIND_READER_PUT);
	assert_true(record.has_root);
	assert_ref(&record.root, &first);
	ph_record_deinit(&record);
	record = get_record(room, PH_ENTITY_READER, &other, PH_KIND_READER_PUT);
	assert_false(record.has_root);
	ph_record_deinit(&record);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_READERS], 1);
}

static void wrong_writer_folds_as_nothing(void **state)
{
	struct room *room = *state;
	struct ph_entry policy = entry_of(PH_KIND_POLICY_PUT);
	struct ph_entry visit = visit_of(5);
	struct actor courier;

	set_text(&policy, PH_POLICY_NAME, "loan-term-days");
	set_text(&policy, PH_POLICY_VALUE, "999");
	at(&room->a, &policy, 10);
	at(&room->hub, &visit, 20);
	actor_init(&courier, 8, 101, T0);
	courier.role = PH_ROLE_COURIER;
	at(&courier, &visit, 30);
	world_take(&room->world, &courier, UINT64_MAX);
	fold_all(room);
	assert_int_equal(ph_ledger_count(room->world.ledger, PH_ENTITY_POLICY), 0);
	assert_int_equal(ph_ledger_count(room->world.ledger, PH_ENTITY_TALLY), 0);
	actor_deinit(&courier);
}

static void malformed_and_unknown_fold_as_nothing(void **state)
{
	struct room *room = *state;
	static const uint8_t unknown[] = { 0x93, 0xcd, 0x7f, 0xff, 1, 0xc0 };
	static const uint8_t junk[] = { 0xc1, 0xff };

	actor_raw(&room->a, PH_VIEW(unknown, sizeof unknown));
	actor_raw(&room->a, PH_VIEW(junk, sizeof junk));
	loan(&room->a, "c1", "k1", 100);
	fold_all(room);
	assert_true(has_copy(room, "c1"));
}

static void log_with_a_wrong_open_folds_as_nothing(void **state)
{
	struct room *room = *state;
	struct actor wrong[4];

	for (int i = 0; i < 4; i++) {
		actor_init(&wrong[i], (uint8_t)(20 + i), 101, T0);
	}
	wrong[0].site = 102;           /* another site than certified */
	wrong[1].key[0] ^= 1;          /* another key seals it */
	wrong[2].id[0] ^= 1;           /* the id is not made of key and nonce */
	wrong[3].bytes.data[0] = 0xc1; /* no entry at all */
	for (int i = 0; i < 4; i++) {
		loan(&wrong[i], "c1", "k1", 100);
		world_take(&room->world, &wrong[i], UINT64_MAX);
		fold_all(room);
		assert_false(has_copy(room, "c1"));
		/* And stays nothing. */
		loan(&wrong[i], "c1", "k1", 200);
		world_take(&room->world, &wrong[i], UINT64_MAX);
		fold_all(room);
		assert_false(has_copy(room, "c1"));
		actor_deinit(&wrong[i]);
	}
}

/* --- registers --- */

static void unseen_puts_are_all_heads(void **state)
{
	struct room *room = *state;
	struct ph_entry put = title_of("Tắt đèn");
	struct ph_record record;
	struct ph_ref title = at(&room->a, &put, 100);
	struct ph_entry change = title_of("Tắt đèn (tái bản)");

	set_ref(&change, PH_TITLE_TITLE, &title);
	see(&change, PH_TITLE_NAME, &title);

	struct ph_ref one = at(&room->a, &change, 200);

	set_text(&change, PH_TITLE_NAME, "Tat den");

	struct ph_ref two = at(&room->b, &change, 150);

	fold_all(room);
	record = get_record(room, PH_ENTITY_TITLE, &title, PH_KIND_TITLE_PUT);

	const struct ph_register *name =
		ph_registers_get(&record.registers, PH_TITLE_NAME);

	assert_non_null(name);
	assert_ref(&name->winner, &one); /* the later one shows */
	assert_true(
		ph_view_equal(name->value.as.bytes, ph_view_str("Tắt đèn (tái bản)")));
	assert_int_equal(name->n_others,
			 1); /* the other one is kept, the seen one is not */
	assert_ref(&name->others[0], &two);
	ph_record_deinit(&record);

	/* A put that saw both stands alone, even if its clock is behind. */
	struct ph_entry settle = title_of("Tắt đèn");

	set_ref(&settle, PH_TITLE_TITLE, &title);
	if (ph_ref_compare(&one, &two) < 0) {
		see(&settle, PH_TITLE_NAME, &one);
		see(&settle, PH_TITLE_NAME, &two);
	} else {
		see(&settle, PH_TITLE_NAME, &two);
		see(&settle, PH_TITLE_NAME, &one);
	}

	struct ph_ref last = at(&room->b, &settle, 160);

	fold_all(room);
	record = get_record(room, PH_ENTITY_TITLE, &title, PH_KIND_TITLE_PUT);
	name = ph_registers_get(&record.registers, PH_TITLE_NAME);
	assert_ref(&name->winner, &last);
	assert_int_equal(name->n_others, 0);
	ph_record_deinit(&record);

	/* If it is voided, what it had seen are heads again. */
	void_it(&room->b, &last, 300);
	fold_all(room);
	record = get_record(room, PH_ENTITY_TITLE, &title, PH_KIND_TITLE_PUT);
	name = ph_registers_get(&record.registers, PH_TITLE_NAME);
	assert_ref(&name->winner, &one);
	assert_int_equal(name->n_others, 1);
	ph_record_deinit(&record);
}

static void unset_field_is_not_touched(void **state)
{
	struct room *room = *state;
	struct ph_entry put = title_of("Chí Phèo");
	struct ph_entry year = entry_of(PH_KIND_TITLE_PUT);
	struct ph_record record;

	set_text(&put, PH_TITLE_AUTHOR, "Nam Cao");

	struct ph_ref title = at(&room->a, &put, 100);

	set_ref(&year, PH_TITLE_TITLE, &title);
	set_uint(&year, PH_TITLE_YEAR, 1941);
	at(&room->b, &year, 200);
	fold_all(room);
	record = get_record(room, PH_ENTITY_TITLE, &title, PH_KIND_TITLE_PUT);
	assert_int_equal(record.registers.n, 3);
	assert_ref(&ph_registers_get(&record.registers, PH_TITLE_AUTHOR)->winner, &title);
	assert_int_equal(
		ph_registers_get(&record.registers, PH_TITLE_YEAR)->value.as.uint, 1941);
	ph_record_deinit(&record);
}

static void put_before_its_first_entry_is_partial(void **state)
{
	struct room *room = *state;
	struct ph_entry put = title_of("Số đỏ");
	struct ph_entry change = title_of("Số đỏ 2");
	struct ph_ref title = at(&room->a, &put, 100);
	struct ph_record record;

	set_ref(&change, PH_TITLE_TITLE, &title);
	see(&change, PH_TITLE_NAME, &title);
	at(&room->b, &change, 200);
	world_take(&room->world, &room->b, UINT64_MAX);
	world_catch_up(&room->world);
	record = get_record(room, PH_ENTITY_TITLE, &title, PH_KIND_TITLE_PUT);
	assert_false(record.has_first);
	assert_int_equal(record.registers.n, 1);
	ph_record_deinit(&record);
	fold_all(room);
	record = get_record(room, PH_ENTITY_TITLE, &title, PH_KIND_TITLE_PUT);
	assert_true(record.has_first);
	assert_int_equal(record.site, 101);
	assert_int_equal(record.second, T0 + 100);
	ph_record_deinit(&record);
}

static void sealed_fields_keep_references_only(void **state)
{
	struct room *room = *state;
	struct ph_entry put = entry_of(PH_KIND_READER_PUT);
	uint8_t commit[32] = { 1 };
	struct ph_record record;

	set_uint(&put, PH_READER_BAND, PH_BAND_CHILD);
	set_uint(&put, PH_READER_SETS, 1u << PH_READER_S_NAME | 1u << PH_READER_S_NOTE);
	set_bytes(&put, PH_READER_COMMIT, commit, sizeof commit);

	struct ph_ref reader = at(&room->a, &put, 100);

	set_ref(&put, PH_READER_READER, &reader);
	set_uint(&put, PH_READER_SETS, 1u << PH_READER_S_NOTE);
	put.field[PH_READER_BAND].set = false;
	see(&put, put.kind->n_fields + PH_READER_S_NOTE, &reader);

	struct ph_ref change = at(&room->b, &put, 200);

	fold_all(room);
	record = get_record(room, PH_ENTITY_READER, &reader, PH_KIND_READER_PUT);
	assert_int_equal(record.registers.n, 3);

	const struct ph_register *name = ph_registers_get(
		&record.registers, PH_REGISTER_SEALED + PH_READER_S_NAME);
	const struct ph_register *note = ph_registers_get(
		&record.registers, PH_REGISTER_SEALED + PH_READER_S_NOTE);

	assert_ref(&name->winner, &reader);
	assert_false(name->value.set);
	assert_ref(&note->winner, &change);
	assert_int_equal(note->n_others, 0);
	ph_record_deinit(&record);
}

static void copy_registers_stand_beside_loans(void **state)
{
	struct room *room = *state;
	struct ph_entry put = entry_of(PH_KIND_COPY_PUT);
	struct ph_ref title = { .n = 5 };

	loan(&room->b, "c1", "k1", 50);
	set_id(&put, PH_COPY_COPY, 0, "c1");
	set_ref(&put, PH_COPY_TITLE, &title);
	set_uint(&put, PH_COPY_OWNER, 101);

	struct ph_ref first = at(&room->a, &put, 100);

	put.field[PH_COPY_TITLE].set = false;
	set_uint(&put, PH_COPY_OWNER, 202);
	see(&put, PH_COPY_OWNER, &first);
	at(&room->b, &put, 200);
	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");

	assert_int_equal(copy->n_loans, 1);
	assert_ref(&ph_registers_get(&copy->registers, PH_COPY_TITLE)->value.as.ref,
		   &title);
	assert_int_equal(ph_registers_get(&copy->registers, PH_COPY_OWNER)->value.as.uint,
			 202);
	/* Only the first put, which had seen none, is a new copy. */
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_COPIES], 1);
	assert_int_equal(get_tally(room, 202, 0).count[PH_TALLY_COPIES], 0);
}

/* --- cards, devices, tallies --- */

static void last_issue_of_a_card_holds(void **state)
{
	struct room *room = *state;
	struct ph_entry issue = entry_of(PH_KIND_CARD_ISSUE);
	struct ph_ref readers[2] = { { .n = 1 }, { .n = 2 } };
	struct ph_id id = { .ns = 0, .code = ph_view_str("k1") };
	struct ph_entity_key key;
	struct ph_card card;

	set_id(&issue, PH_CARD_CARD, 0, "k1");
	set_ref(&issue, PH_CARD_READER, &readers[1]);
	at(&room->b, &issue, 200);
	fold_all(room);
	set_ref(&issue, PH_CARD_READER, &readers[0]);
	at(&room->a, &issue, 100);
	fold_all(room);
	assert_true(ph_key_id(PH_ENTITY_CARD, &id, &key));
	assert_int_equal(get_state(room, PH_ENTITY_CARD, &key), 0);
	assert_int_equal(ph_card_decode(ph_buf_view(&room->state), &card), 0);
	assert_int_equal(card.n, 2);
	assert_ref(&card.issues[0].reader, &readers[0]);
	assert_ref(&card.issues[1].reader, &readers[1]);
	assert_int_equal(card.issues[1].site, 202);
	ph_card_deinit(&card);
}

static void last_admission_of_a_device_holds(void **state)
{
	struct room *room = *state;
	struct ph_entry admit = entry_of(PH_KIND_DEVICE_ADMIT);
	struct ph_admission last;
	struct ph_entity_key key;
	uint8_t device[16] = { 5 };

	set_bytes(&admit, PH_ADMIT_DEVICE, device, sizeof device);
	set_bytes(&admit, PH_ADMIT_KEY, room->a.key, sizeof room->a.key);
	set_uint(&admit, PH_ADMIT_SITE, 101);
	set_uint(&admit, PH_ADMIT_ROLE, PH_ROLE_SITE);
	at(&room->hub, &admit, 10);
	set_uint(&admit, PH_ADMIT_ROLE, PH_ROLE_BOTH);
	at(&room->hub, &admit, 20);
	fold_all(room);
	assert_true(ph_key_bytes(PH_ENTITY_DEVICE, PH_VIEW(device, 16), &key));
	assert_int_equal(get_state(room, PH_ENTITY_DEVICE, &key), 0);
	assert_int_equal(ph_device_decode(ph_buf_view(&room->state), &last), 0);
	assert_int_equal(last.role, PH_ROLE_BOTH);
	assert_int_equal(last.site, 101);
	assert_int_equal(last.invite.len, 0);
}

static void tally_splits_visits(void **state)
{
	struct room *room = *state;
	struct ph_entry visit = visit_of(5);

	set_uint(&visit, PH_VISIT_BAND, PH_BAND_CHILD);
	set_uint(&visit, PH_VISIT_WOMEN, 3);
	set_uint(&visit, PH_VISIT_PURPOSE, 2);
	at(&room->a, &visit, 100);
	visit = entry_of(PH_KIND_VISIT);
	at(&room->a2, &visit, 200); /* unset count: one */
	fold_all(room);

	struct ph_tally tally = get_tally(room, 101, 0);

	assert_int_equal(tally.count[PH_TALLY_VISITS], 6);
	assert_int_equal(tally.count[PH_TALLY_WOMEN], 3);
	assert_int_equal(tally.count[PH_TALLY_BAND + PH_BAND_CHILD], 5);
	assert_int_equal(tally.count[PH_TALLY_PURPOSE + 2], 5);
}

static void tally_belongs_to_the_site_it_was_written_for(void **state)
{
	struct room *room = *state;
	struct ph_entry visit = visit_of(5);

	visit.extras.behalf = 303;
	at(&room->a, &visit, 100);
	fold_all(room);
	assert_int_equal(get_tally(room, 303, 0).count[PH_TALLY_VISITS], 5);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_VISITS], 0);
}

static void tally_days_begin_at_midnight_in_vietnam(void **state)
{
	struct room *room = *state;
	/* 17:00 UTC is midnight in UTC+7. */
	int64_t midnight = (T0 / DAY) * DAY + 17 * 3600 - T0;
	struct ph_entry visit = visit_of(1);

	at(&room->a, &visit, midnight - 1);
	at(&room->a, &visit, midnight);
	fold_all(room);
	assert_int_equal(get_tally(room, 101, midnight - 1).count[PH_TALLY_VISITS], 1);
	assert_int_equal(get_tally(room, 101, midnight).count[PH_TALLY_VISITS], 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(loan_opens_and_moves_custody),
		T(return_closes_at_any_site),
		T(late_return_closes_no_newer_loan),
		T(second_return_changes_no_closed_loan),
		T(return_without_loan_is_a_sighting),
		T(loan_to_another_card_closes_as_inferred),
		T(loans_in_two_places_are_a_case),
		T(loan_to_the_same_card_renews),
		T(same_code_in_another_namespace_is_another_card),
		T(renewal_takes_the_latest_promise),
		T(renewal_needs_its_loan_open),
		T(in_house_uses_add_up),
		T(told_time_counts),
		T(clock_mark_lifts_what_follows),
		T(told_time_lifts_nothing),
		T(equal_times_go_by_log_id),
		T(void_takes_away),
		T(void_waits_for_its_target),
		T(void_by_a_stranger_has_no_effect),
		T(void_on_behalf_counts_as_that_site),
		T(void_of_a_void_has_no_effect),
		T(void_with_another_hash_names_nothing),
		T(hub_is_voided_only_in_its_own_log),
		T(same_source_counts_once),
		T(same_source_elsewhere_or_of_another_kind_counts),
		T(titles_of_one_source_are_the_same),
		T(readers_are_the_same_only_within_a_site),
		T(wrong_writer_folds_as_nothing),
		T(malformed_and_unknown_fold_as_nothing),
		T(log_with_a_wrong_open_folds_as_nothing),
		T(unseen_puts_are_all_heads),
		T(unset_field_is_not_touched),
		T(put_before_its_first_entry_is_partial),
		T(sealed_fields_keep_references_only),
		T(copy_registers_stand_beside_loans),
		T(last_issue_of_a_card_holds),
		T(last_admission_of_a_device_holds),
		T(tally_splits_visits),
		T(tally_belongs_to_the_site_it_was_written_for),
		T(tally_days_begin_at_midnight_in_vietnam),
	};

	return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
