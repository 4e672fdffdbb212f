/*
 * common/ledger/view_standing.c - whether a reader and a card may borrow, and what is owed.
 *
 * Blocks that were lifted and stops of cards stay in sight, each with its entry, so that
 * whoever asks can see who said what and when.
 */
#include "common/ledger/view_standing.h"

#include <errno.h>

#include "common/ledger/account.h"
#include "common/ledger/reader.h"

/* The name of an enum's value in the field FIELD of KIND; a later one's number is left out. */
static void show_enum(struct ph_show *show, const char *name, uint64_t kind,
		      unsigned field, const struct ph_opt *value)
{
	const struct ph_field *names = &ph_kind_find(kind)->fields[field];

	if (value->set && value->value < names->max) {
		ph_show_set(show, name, json_string(names->names[value->value]));
	}
}

static void add(struct ph_show *show, json_t *list, struct ph_show *one)
{
	if (ph_show_append(list, ph_show_end(one)) != 0) {
		show->failed = true;
	}
}

static void show_blocks(struct ph_show *show, const struct ph_reader *reader)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < reader->n_blocks; i++) {
		const struct ph_block *block = &reader->blocks[i];
		struct ph_show one = ph_show_begin();

		ph_show_ref(&one, "by", &block->entry);
		show_enum(&one, "reason", PH_KIND_READER_BLOCK, PH_BLOCK_REASON,
			  &block->reason);
		if (block->has_until) {
			ph_show_day(&one, "until", block->until);
		}
		if (block->lifted) {
			ph_show_ref(&one, "lifted_by", &block->lifted_by);
		}
		add(show, list, &one);
	}
	ph_show_set(show, "blocks", list);
}

static void show_consents(struct ph_show *show, const struct ph_reader *reader)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < reader->n_consents; i++) {
		struct ph_opt given = { true, reader->consents[i].given };
		struct ph_show one = ph_show_begin();

		ph_show_ref(&one, "by", &reader->consents[i].entry);
		show_enum(&one, "given", PH_KIND_CONSENT, PH_CONSENT_GIVEN, &given);
		add(show, list, &one);
	}
	ph_show_set(show, "consents", list);
}

int ph_show_reader_standing(struct ph_show *show, struct ph_view state)
{
	struct ph_reader reader;
	int rc = ph_reader_decode(state, &reader);

	if (rc != 0) {
		return rc;
	}
	if (reader.n_blocks > 0) {
		show_blocks(show, &reader);
	}
	if (reader.n_consents > 0) {
		show_consents(show, &reader);
	}
	if (reader.erased) {
		ph_show_ref(show, "erased", &reader.erased_by);
	}
	ph_reader_deinit(&reader);
	return 0;
}

void ph_show_card_standing(struct ph_show *show, const struct ph_card *card)
{
	json_t *list = card->n_stops > 0 ? json_array() : NULL;

	for (size_t i = 0; list != NULL && i < card->n_stops; i++) {
		const struct ph_card_stop *stop = &card->stops[i];
		struct ph_show one = ph_show_begin();

		ph_show_ref(&one, "by", &stop->entry);
		show_enum(&one, "reason", PH_KIND_CARD_STOP, PH_CARD_STOP_REASON,
			  &stop->reason);
		ph_show_number(&one, "site", stop->site);
		ph_show_time(&one, "time", stop->second);
		add(show, list, &one);
	}
	if (card->n_stops > 0) {
		ph_show_set(show, "stops", list);
	}
	if (card->erased) {
		ph_show_ref(show, "erased", &card->erased_by);
	}
}

/* --- money --- */

/* The sum of what was charged. */
static uint64_t show_charges(struct ph_show *show, const struct ph_account *account)
{
	json_t *list = json_array();
	uint64_t sum = 0;

	for (size_t i = 0; list != NULL && i < account->n_charges; i++) {
		const struct ph_charge *charge = &account->charges[i];
		struct ph_show one = ph_show_begin();

		ph_show_ref(&one, "by", &charge->entry);
		ph_show_number(&one, "amount", charge->amount);
		show_enum(&one, "reason", PH_KIND_CHARGE, PH_CHARGE_REASON,
			  &charge->reason);
		ph_show_number(&one, "site", charge->site);
		ph_show_time(&one, "time", charge->second);
		add(show, list, &one);
		sum += charge->amount;
	}
	ph_show_set(show, "charges", list);
	return sum;
}

static uint64_t show_payments(struct ph_show *show, const struct ph_account *account)
{
	json_t *list = json_array();
	uint64_t sum = 0;

	for (size_t i = 0; list != NULL && i < account->n_payments; i++) {
		const struct ph_payment *payment = &account->payments[i];
		struct ph_show one = ph_show_begin();

		ph_show_ref(&one, "by", &payment->entry);
		ph_show_number(&one, "amount", payment->amount);
		if (payment->has_charge) {
			ph_show_ref(&one, "charge", &payment->charge);
		}
		ph_show_number(&one, "site", payment->site);
		ph_show_time(&one, "time", payment->second);
		add(show, list, &one);
		sum += payment->amount;
	}
	ph_show_set(show, "payments", list);
	return sum;
}

int ph_show_account(struct ph_ledger *ledger, struct ph_show *show,
		    const struct ph_id *id)
{
	struct ph_account account = { 0 };
	struct ph_buf state = { 0 };
	struct ph_entity_key key;
	int rc = ph_key_id(PH_ENTITY_ACCOUNT, id, &key)
			 ? ph_ledger_get(ledger, PH_ENTITY_ACCOUNT, ph_key_view(&key),
					 &state)
			 : PH_LEDGER_E_NONE;

	rc = rc != 0 ? rc : ph_account_decode(ph_buf_view(&state), &account);
	if (rc == 0) {
		struct ph_show one = ph_show_begin();

		/* each at most 10^12, and no log holds so many that this could wrap */
		ph_show_number(&one, "charged", show_charges(&one, &account));
		ph_show_number(&one, "paid", show_payments(&one, &account));
		ph_show_number(&one, "uncoded_lent", account.lent);
		ph_show_number(&one, "uncoded_back", account.back);
		ph_show_set(show, "account", ph_show_end(&one));
	}
	ph_account_deinit(&account);
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}
