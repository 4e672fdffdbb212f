/*
 * tests/unit/test_scope_joined.c - copies that are joined lead where all their facts
 * together say, which may be where none of them says alone.
 */
#include <sodium.h>

#include "scope_quiet.h"

/* CODE is of 101 and has the title TITLE, by somebody who has seen SEEN. */
static struct ph_ref put_title_of(struct actor *actor, const char *code,
				  const struct ph_ref *title, const struct ph_ref *seen,
				  int64_t second)
{
	struct ph_entry put = entry_of(PH_KIND_COPY_PUT);

	set_id(&put, PH_COPY_COPY, 0, code);
	set_uint(&put, PH_COPY_OWNER, 101);
	set_ref(&put, PH_COPY_TITLE, title);
	if (seen != NULL) {
		see(&put, PH_COPY_TITLE, seen);
	}
	return at(actor, &put, second);
}

static void join(struct actor *actor, const char *one, const char *other, int64_t second)
{
	struct ph_entry alias = entry_of(PH_KIND_COPY_ALIAS);

	set_id(&alias, 0, 0, one);
	set_id(&alias, 1, 0, other);
	at(actor, &alias, second);
}

static struct ph_ref make_title(struct actor *actor, const char *name, int64_t second)
{
	struct ph_entry put = entry_of(PH_KIND_TITLE_PUT);

	set_text(&put, PH_TITLE_NAME, name);
	return at(actor, &put, second);
}

/*
 * Of c1 the later title shows, of c2 the only one. Whoever wrote that of c2 had seen the
 * later one of c1; so of both together the earlier one of c1 shows.
 */
static void a_title_that_shows_of_both_alone(void **state)
{
	struct history *history = history_quiet();
	struct actor *far = &history->actors[TARGET];
	struct ph_ref titles[3], later;
	struct province province;
	struct ph_buf name = { 0 };
	struct ph_entity_key key;

	(void)state;
	titles[0] = make_title(far, "Lao Hac", 1);
	titles[1] = make_title(far, "Chi Pheo", 2);
	titles[2] = make_title(far, "Tat den", 3);
	put_title_of(far, "c1", &titles[0], NULL, 20);
	later = put_title_of(far, "c1", &titles[1], NULL, 30);
	put_title_of(far, "c2", &titles[2], &later, 10);
	join(far, "c1", "c2", 40);
	play(&province, history);
	key = ph_key_ref(PH_ENTITY_TITLE, &titles[0]);
	assert_int_equal(ph_ledger_get(share_of(&province, 101)->world.ledger,
				       PH_ENTITY_TITLE, ph_key_view(&key), &name),
			 0);
	ph_buf_deinit(&name);
	close_province(&province);
}

/* As loan(), on behalf of BEHALF. */
static void lend_for(struct actor *actor, const char *copy, const char *card,
		     uint64_t behalf, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_LOAN);

	set_id(&entry, PH_LOAN_COPY, 0, copy);
	set_id(&entry, PH_LOAN_CARD, 0, card);
	set_uint(&entry, PH_LOAN_TERM, 14);
	entry.extras.behalf = behalf;
	at(actor, &entry, second);
}

static void sight(struct actor *actor, const char *copy, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_SIGHTING);

	set_id(&entry, PH_SIGHTING_COPY, 0, copy);
	at(actor, &entry, second);
}

/*
 * A reader of 101 has c1 since 202 lent it to him; by c1 alone the loans that follow prolong
 * that one. Of c1 and c2 together 101 saw the book in between, then lent it, 303 lent it to
 * somebody else, and to the reader again. 101 is told of the last alone, which is 303's.
 */
static void a_loan_elsewhere_is_that_of_both(void **state)
{
	struct history *history = history_quiet();
	struct actor *near = &history->actors[SENDER], *far = &history->actors[TARGET];
	struct actor *helper = &history->actors[HELPER];
	struct ph_ref reader;
	struct province province;

	(void)state;
	say_site(history, 101, "03650");
	reader = register_reader(near, "03650", PH_BAND_ADULT, 1);
	issue(near, "k1", &reader, 2);
	join(near, "c1", "c2", 5);
	loan(helper, "c1", "k1", 10);
	sight(near, "c2", 20);
	lend_for(helper, "c1", "k1", 101, 25);
	loan(far, "c2", "k9", 30);
	loan(far, "c1", "k1", 40);
	play(&province, history);
	close_province(&province);
}

/* How many books are on open loan to CARD, as SITE shows them. */
static int64_t lent_to(struct province *province, uint64_t site, const char *card)
{
	struct ph_id id = { .code = ph_view_str(card) };
	struct ph_entity_key key;
	struct ph_stmt *stmt;
	int64_t n;

	assert_true(ph_key_id(PH_ENTITY_CARD, &id, &key));
	assert_int_equal(ph_db_prepare(share_of(province, site)->world.db,
				       "SELECT count(*) FROM ledger_loan WHERE card = ?1",
				       &stmt),
			 0);
	ph_stmt_blob(stmt, 1, ph_key_view(&key));
	assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);
	n = ph_stmt_col_int(stmt, 0);
	ph_stmt_reset(stmt);
	return n;
}

/* Likewise, but that c1 was returned as c2: 101 is told that the loan has ended. */
static void a_loan_elsewhere_ends_by_the_other_code(void **state)
{
	struct history *history = history_quiet();
	struct actor *near = &history->actors[SENDER], *far = &history->actors[TARGET];
	struct ph_ref reader;
	struct province province;

	(void)state;
	say_site(history, 101, "03650");
	reader = register_reader(near, "03650", PH_BAND_ADULT, 1);
	issue(near, "k1", &reader, 2);
	join(near, "c1", "c2", 5);
	loan(&history->actors[HELPER], "c1", "k1", 10);
	open_province(&province, history, 1);
	settle(&province);
	assert_int_equal(lent_to(&province, 101, "k1"), 1);
	give_back(far, "c2", 30);
	settle(&province);
	assert_int_equal(lent_to(&province, 101, "k1"), 0);
	for (size_t i = 0; i < province.n_shares; i++) {
		compare_all(&province, &province.shares[i], "at the head of its feed");
	}
	close_province(&province);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_title_that_shows_of_both_alone),
		cmocka_unit_test(a_loan_elsewhere_is_that_of_both),
		cmocka_unit_test(a_loan_elsewhere_ends_by_the_other_code),
	};

	ph_device_keys_make(&keys, &ph_rng_system);
	return cmocka_run_group_tests_name("scope_joined", tests, NULL, NULL);
}
