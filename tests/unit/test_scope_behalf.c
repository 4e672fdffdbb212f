/*
 * tests/unit/test_scope_behalf.c - what a site wrote on behalf of another, and what was
 * written on its behalf: both are at the site, though it may lack what belongs to them.
 *
 * Three sites with a device each. Each test is a history of a few entries; at the end
 * every site must have its share, its lists and its cases as the hub has them for it.
 */
#include <sodium.h>

#include "scope_quiet.h"

#include "common/ledger/cases_choice.h"

static void own(struct actor *actor, const char *code, uint64_t owner, int64_t second)
{
	struct ph_entry put = entry_of(PH_KIND_COPY_PUT);

	set_id(&put, PH_COPY_COPY, 0, code);
	set_uint(&put, PH_COPY_OWNER, owner);
	at(actor, &put, second);
}

static void stop(struct actor *actor, const char *card, uint64_t behalf, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_CARD_STOP);

	set_id(&entry, 0, 0, card);
	entry.extras.behalf = behalf;
	at(actor, &entry, second);
}

/* The crate came to BEHALF, so says who was told: all by its list, and SCANNED besides. */
static void take_in(struct actor *actor, const char *crate, const char *scanned,
		    uint64_t behalf, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_CRATE_RECEIVE);
	struct ph_id id = { 0 };
	struct ph_buf buf = { 0 };

	set_id(&entry, PH_RECEIVE_CRATE, 0, crate);
	set_uint(&entry, PH_RECEIVE_LISTED, 1);
	set_uint(&entry, PH_RECEIVE_FINAL, 1);
	if (scanned != NULL) {
		id.code = ph_view_str(scanned);
		assert_int_equal(
			ph_list_put_ids(&buf, &id, 1, &entry.field[PH_RECEIVE_COPIES]),
			0);
		entry.field[PH_RECEIVE_COPIES].set = true;
	}
	entry.extras.behalf = behalf;
	at(actor, &entry, second);
	ph_buf_deinit(&buf);
}

static void load_copy(struct share *share, const char *code, struct ph_buf *state,
		      struct ph_copy *copy)
{
	struct ph_id id = { .code = ph_view_str(code) };
	struct ph_entity_key key;

	assert_true(ph_key_id(PH_ENTITY_COPY, &id, &key));
	assert_int_equal(ph_ledger_get(share->world.ledger, PH_ENTITY_COPY,
				       ph_key_view(&key), state),
			 0);
	assert_int_equal(ph_copy_decode(ph_buf_view(state), copy), 0);
}

/* 303 rang 202, which wrote the crate down as taken in; 202 owns the book, and no more. */
static void who_took_a_crate_in_by_its_list_has_the_list(void **state)
{
	static const char *const copies[] = { "c1" };
	struct history *history = history_quiet();
	struct province province;
	struct ph_buf bytes = { 0 };
	struct ph_copy copy;

	(void)state;
	own(&history->actors[SENDER], "c1", 202, 10);
	crate_entry(&history->actors[SENDER], PH_KIND_CRATE_DISPATCH, "x1", copies, 1,
		    false, 20);
	take_in(&history->actors[HELPER], "x1", NULL, 303, 30);
	play(&province, history);
	load_copy(share_of(&province, 202), "c1", &bytes, &copy);
	assert_int_equal(copy.custody, PH_CUSTODY_SITE);
	assert_int_equal(copy.at_site, 303);
	ph_copy_deinit(&copy);
	ph_buf_deinit(&bytes);
	close_province(&province);
}

/* The same crate held one too many. Who has the list finds that, but it is not its case. */
static void a_crate_known_by_its_list_is_no_case_of_who_wrote_it(void **state)
{
	static const char *const copies[] = { "c1" };
	struct history *history = history_quiet();
	struct ph_site_cases cases = { 0 };
	struct province province;
	struct ph_case_row row;
	struct ph_id crate = { .code = ph_view_str("x1") };
	struct ph_entity_key key;
	uint8_t id[PH_CASE_ID_SIZE];
	struct share *helper;

	(void)state;
	crate_entry(&history->actors[SENDER], PH_KIND_CRATE_DISPATCH, "x1", copies, 1,
		    false, 20);
	take_in(&history->actors[HELPER], "x1", "c2", 303, 30);
	play(&province, history);
	assert_true(ph_key_id(PH_ENTITY_CRATE, &crate, &key));
	ph_case_id(id, PH_CASE_CRATE_COUNT, ph_key_view(&key));
	helper = share_of(&province, 202);
	assert_int_equal(ph_case_get(helper->world.ledger, id, &row), 0);
	assert_false(concerns(&row, 202));
	ph_case_row_deinit(&row);
	assert_int_equal(ph_site_cases(helper->world.ledger, 202, true, &cases), 0);
	assert_int_equal(cases.n, 0);
	assert_int_equal(
		ph_site_cases(share_of(&province, 303)->world.ledger, 303, true, &cases),
		0);
	assert_int_equal(cases.n, 1);
	ph_site_cases_deinit(&cases);
	close_province(&province);
}

/* The facts of a case, as SHARE shows them. */
static json_t *facts_of(struct share *share, const uint8_t *id)
{
	json_t *view, *facts;

	assert_int_equal(ph_view_case(share->world.ledger, id, &view), 0);
	facts = json_incref(json_object_get(view, "facts"));
	json_decref(view);
	return facts;
}

static json_int_t number_in(const json_t *object, const char *member)
{
	return json_integer_value(json_object_get(object, member));
}

/* At 101 there is one case, of a blocked card with three facts. */
static void assert_blocked_card_of_three(struct province *province)
{
	struct ph_site_cases cases = { 0 };

	assert_int_equal(
		ph_site_cases(share_of(province, 101)->world.ledger, 101, true, &cases),
		0);
	assert_int_equal(cases.n, 1);
	assert_int_equal(cases.rows[0].kind, PH_CASE_BLOCKED_CARD);
	assert_int_equal(cases.rows[0].n_refs, 3);
	ph_site_cases_deinit(&cases);
}

/*
 * The card was never issued, so that it concerns nobody. 101 stopped it and lent to it; of
 * two other stops it has the entry of the one that was written on its behalf.
 */
static void of_a_strangers_card_the_hub_tells(void **state)
{
	struct history *history = history_quiet();
	struct province province;

	(void)state;
	stop(&history->actors[SENDER], "k1", 0, 10);
	stop(&history->actors[HELPER], "k1", 101, 20);
	loan(&history->actors[SENDER], "c1", "k1", 30);
	play(&province, history);
	assert_blocked_card_of_three(&province);
	close_province(&province);
}

/*
 * Likewise, but that all are told of the card by the control log: 101, which wrote nothing
 * of it, finds the case by that alone.
 */
static void of_a_strangers_erased_card_the_hub_tells(void **state)
{
	struct history *history = history_quiet();
	struct ph_entry erase = entry_of(PH_KIND_READER_ERASE);
	struct ph_id card = { .code = ph_view_str("k1") };
	struct ph_ref reader = { .n = 1 }; /* whom nobody has put */
	struct ph_buf list = { 0 }, readers = { 0 };
	struct province province;

	(void)state;
	assert_int_equal(ph_list_put_ids(&list, &card, 1, &erase.field[PH_ERASE_CARDS]),
			 0);
	erase.field[PH_ERASE_CARDS].set = true;
	set_ref_list(&erase, PH_ERASE_READERS, &reader, &readers);
	at(&history->actors[CONTROL], &erase, 10);
	stop(&history->actors[HELPER], "k1", 101, 20);
	loan(&history->actors[SENDER], "c1", "k1", 30);
	play(&province, history);
	assert_blocked_card_of_three(&province);
	ph_buf_deinit(&list);
	ph_buf_deinit(&readers);
	close_province(&province);
}

/* What 303 wrote of the card is not at 101: but that it was 303, and with which device. */
static void of_what_is_not_here_it_is_known_who_wrote_it(void **state)
{
	struct history *history = history_quiet();
	struct ph_site_cases cases = { 0 };
	struct province province;
	struct share *share;
	uint8_t id[PH_DEVICE_ID_SIZE];
	char hex[2 * PH_DEVICE_ID_SIZE + 1];
	const json_t *story;
	json_t *facts;
	unsigned n_missing = 0;

	(void)state;
	stop(&history->actors[TARGET], "k1", 0, 10);
	loan(&history->actors[SENDER], "c1", "k1", 30);
	play(&province, history);
	share = share_of(&province, 101);
	assert_int_equal(ph_site_cases(share->world.ledger, 101, true, &cases), 0);
	assert_int_equal(cases.n, 1);
	facts = facts_of(share, cases.rows[0].id);
	assert_int_equal(json_array_size(facts), 2);
	for (size_t i = 0; i < 2; i++) {
		story = json_array_get(facts, i);
		if (json_object_get(story, "here") == NULL) {
			assert_int_equal(number_in(story, "log_site"), 101);
			continue;
		}
		assert_int_equal(number_in(story, "log_site"), 303);
		ph_device_id(id, history->actors[TARGET].key);
		ph_hex(hex, id, sizeof id);
		assert_string_equal(json_string_value(json_object_get(story, "device")),
				    hex);
		assert_string_equal(json_string_value(json_object_get(story, "vouched")),
				    "hub");
		n_missing++;
	}
	assert_int_equal(n_missing, 1);
	ph_site_cases_deinit(&cases);
	json_decref(facts);
	close_province(&province);
}

/*
 * 101 has given its register up. Of a reader whom it issued a card and blocked it has what
 * it wrote itself; that 202 lifted the block is not told it, but that there is no case is.
 */
static void of_who_is_no_more_in_the_register_there_is_no_case(void **state)
{
	struct history *history = history_quiet();
	struct ph_entry block = entry_of(PH_KIND_READER_BLOCK);
	struct ph_entry unblock = entry_of(PH_KIND_READER_UNBLOCK);
	struct ph_site_cases cases = { 0 };
	struct ph_buf list = { 0 };
	struct ph_ref reader, blocked;
	struct province province;

	(void)state;
	say_register(history, 101, false);
	reader = register_reader(&history->actors[HELPER], "03650", PH_BAND_ADULT, 10);
	issue(&history->actors[SENDER], "k1", &reader, 20);
	set_ref(&block, PH_BLOCK_READER, &reader);
	blocked = at(&history->actors[SENDER], &block, 30);
	set_ref(&unblock, PH_UNBLOCK_READER, &reader);
	set_ref_list(&unblock, PH_UNBLOCK_BLOCKS, &blocked, &list);
	at(&history->actors[HELPER], &unblock, 40);
	loan(&history->actors[SENDER], "c1", "k1", 50);
	play(&province, history);
	assert_int_equal(
		ph_site_cases(share_of(&province, 101)->world.ledger, 101, true, &cases),
		0);
	assert_int_equal(cases.n, 0);
	ph_site_cases_deinit(&cases);
	ph_buf_deinit(&list);
	close_province(&province);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_took_a_crate_in_by_its_list_has_the_list),
		cmocka_unit_test(a_crate_known_by_its_list_is_no_case_of_who_wrote_it),
		cmocka_unit_test(of_a_strangers_card_the_hub_tells),
		cmocka_unit_test(of_a_strangers_erased_card_the_hub_tells),
		cmocka_unit_test(of_what_is_not_here_it_is_known_who_wrote_it),
		cmocka_unit_test(of_who_is_no_more_in_the_register_there_is_no_case),
	};

	ph_device_keys_make(&keys, &ph_rng_system);
	return cmocka_run_group_tests_name("scope_behalf", tests, NULL, NULL);
}
