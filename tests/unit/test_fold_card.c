/*
 * tests/unit/test_fold_card.c - cards and accounts: issues, stops, what is owed
 * (docs/MERGE.md, "Card", "Account").
 */
#include "fold_bench.h"

#include "common/ledger/account.h"
#include "common/ledger/card.h"

static struct ph_ref issue(struct bench *bench, struct actor *actor,
			   const struct ph_ref *reader, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_CARD_ISSUE);

	set_id(&entry, PH_CARD_CARD, 0, "k1");
	set_ref(&entry, PH_CARD_READER, reader);
	return say(bench, actor, &entry, second);
}

static void get_card(struct bench *bench, struct ph_card *card)
{
	struct ph_entity_key key = key_of_id(PH_ENTITY_CARD, "k1");

	assert_int_equal(ph_card_decode(bench_fold(bench, &key), card), 0);
}

static void last_issue_of_a_card_holds(void **state)
{
	struct bench *bench = *state;
	struct ph_ref q = stranger('q'), r = stranger('r');
	struct ph_ref last = issue(bench, &bench->b, &r, 200);
	struct ph_ref first = issue(bench, &bench->a, &q, 100);
	struct ph_card card;

	get_card(bench, &card);
	assert_int_equal(card.n_issues, 2);
	assert_same_ref(&card.issues[0].reader, &q);
	assert_same_ref(&card.issues[0].entry, &first);
	assert_int_equal(card.issues[0].site, 101);
	assert_int_equal(card.issues[0].second, T0 + 100);
	assert_same_ref(&card.issues[1].reader, &r);
	assert_same_ref(&card.issues[1].entry, &last);
	assert_int_equal(card.n_stops, 0);
	assert_false(card.erased);
	ph_card_deinit(&card);
}

static void card_knows_its_stops(void **state)
{
	struct bench *bench = *state;
	struct ph_entry entry = entry_of(PH_KIND_CARD_STOP);
	struct ph_card card;

	set_id(&entry, PH_CARD_STOP_CARD, 0, "k1");

	struct ph_ref plain = say(bench, &bench->hub, &entry, 30);

	set_uint(&entry, PH_CARD_STOP_REASON, 1);

	struct ph_ref damaged = say(bench, &bench->b, &entry, 20);

	get_card(bench, &card);
	assert_int_equal(card.n_issues, 0); /* nobody's: that may come later */
	assert_int_equal(card.n_stops, 2);
	assert_same_ref(&card.stops[0].entry, &damaged);
	assert_true(card.stops[0].reason.set);
	assert_int_equal(card.stops[0].reason.value, 1);
	assert_int_equal(card.stops[0].site, 202);
	assert_int_equal(card.stops[0].second, T0 + 20);
	assert_same_ref(&card.stops[1].entry, &plain);
	assert_false(card.stops[1].reason.set);
	ph_card_deinit(&card);
}

static void card_is_erased_by_the_first(void **state)
{
	static const uint8_t operator[PH_OPERATOR_SIZE] = { 1 };
	struct bench *bench = *state;
	struct ph_entry entry = entry_of(PH_KIND_READER_ERASE);
	struct ph_ref q = stranger('q');
	struct ph_card card;

	set_refs(bench, &entry, PH_ERASE_READERS, &q, 1);
	set_ids(bench, &entry, PH_ERASE_CARDS, (const char *const[]){ "k0", "k1" }, 2);
	entry.extras.operator_sig = PH_VIEW(operator, sizeof operator);
	say(bench, &bench->hub, &entry, 60);

	struct ph_ref first = say(bench, &bench->hub, &entry, 50);

	get_card(bench, &card);
	assert_true(card.erased);
	assert_same_ref(&card.erased_by, &first);
	ph_card_deinit(&card);
}

/* --- accounts --- */

static void get_account(struct bench *bench, struct ph_account *account)
{
	struct ph_entity_key key = key_of_id(PH_ENTITY_ACCOUNT, "k1");

	assert_int_equal(ph_account_decode(bench_fold(bench, &key), account), 0);
}

static void account_lists_charges_and_payments(void **state)
{
	struct bench *bench = *state;
	struct ph_entry charge = entry_of(PH_KIND_CHARGE);
	struct ph_entry payment = entry_of(PH_KIND_PAYMENT);
	struct ph_account account;

	set_id(&charge, PH_CHARGE_CARD, 0, "k1");
	set_uint(&charge, PH_CHARGE_AMOUNT, UINT64_C(1000000000000));
	set_uint(&charge, PH_CHARGE_REASON, 2);

	struct ph_ref big = say(bench, &bench->b, &charge, 40);

	set_uint(&charge, PH_CHARGE_AMOUNT, 1);
	charge.field[PH_CHARGE_REASON].set = false;

	struct ph_ref small = say(bench, &bench->a, &charge, 20);

	set_id(&payment, PH_PAYMENT_CARD, 0, "k1");
	set_uint(&payment, PH_PAYMENT_AMOUNT, 5000);

	struct ph_ref plain = say(bench, &bench->a, &payment, 60);

	set_ref(&payment, PH_PAYMENT_CHARGE, &big);

	struct ph_ref named = say(bench, &bench->a, &payment, 50);

	get_account(bench, &account);
	assert_int_equal(account.n_charges, 2);
	assert_same_ref(&account.charges[0].entry, &small);
	assert_int_equal(account.charges[0].amount, 1);
	assert_false(account.charges[0].reason.set);
	assert_int_equal(account.charges[0].site, 101);
	assert_same_ref(&account.charges[1].entry, &big);
	assert_int_equal(account.charges[1].amount, UINT64_C(1000000000000));
	assert_int_equal(account.charges[1].reason.value, 2);
	assert_int_equal(account.charges[1].second, T0 + 40);
	assert_int_equal(account.n_payments, 2);
	assert_same_ref(&account.payments[0].entry, &named);
	assert_true(account.payments[0].has_charge);
	assert_same_ref(&account.payments[0].charge, &big);
	assert_same_ref(&account.payments[1].entry, &plain);
	assert_false(account.payments[1].has_charge);
	assert_int_equal(account.payments[1].amount, 5000);
	assert_int_equal(account.payments[1].second, T0 + 60);
	assert_int_equal(account.lent, 0);
	ph_account_deinit(&account);
}

static void account_sums_uncoded_loans(void **state)
{
	struct bench *bench = *state;
	struct ph_entry lent = entry_of(PH_KIND_UNCODED_LOAN);
	struct ph_entry back = entry_of(PH_KIND_UNCODED_RETURN);
	struct ph_account account;

	set_id(&lent, PH_UNCODED_LOAN_CARD, 0, "k1");
	set_uint(&lent, PH_UNCODED_LOAN_COUNT, 1000);
	say(bench, &bench->a, &lent, 10);
	set_uint(&lent, PH_UNCODED_LOAN_COUNT, 1);
	say(bench, &bench->b, &lent, 20);
	get_account(bench, &account);
	assert_int_equal(account.lent, 1001);
	assert_int_equal(account.back, 0);
	ph_account_deinit(&account);
	set_id(&back, PH_UNCODED_RETURN_CARD, 0, "k1");
	set_uint(&back, PH_UNCODED_RETURN_COUNT, 3);
	say(bench, &bench->b, &back, 30);
	get_account(bench, &account);
	assert_int_equal(account.lent, 1001);
	assert_int_equal(account.back, 3);
	ph_account_deinit(&account);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(last_issue_of_a_card_holds),
		BENCH_TEST(card_knows_its_stops),
		BENCH_TEST(card_is_erased_by_the_first),
		BENCH_TEST(account_lists_charges_and_payments),
		BENCH_TEST(account_sums_uncoded_loans),
	};

	return cmocka_run_group_tests_name("fold_card", tests, NULL, NULL);
}
