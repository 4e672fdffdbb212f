/*
 * common/ledger/view.c - the state of one entity as JSON.
 *
 * Each view reads one state and the few rows that stand beside it. A reader's
 * personal fields are opened only if the caller brings an opener, shown from
 * memory that is wiped, and left out where the part is missing or locked.
 */
#include "common/ledger/view.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/card.h"
#include "common/ledger/device.h"
#include "common/ledger/query.h"
#include "common/ledger/reader_view.h"
#include "common/ledger/record.h"
#include "common/ledger/show.h"
#include "common/ledger/tally.h"
#include "common/ledger/view_standing.h"

/* --- entities of registers --- */

/* What a record shows besides its name in the first member. */
static void show_record(struct ph_show *show, const struct ph_record *record,
			const struct ph_kind *kind, const struct ph_ref *same_as)
{
	ph_show_registers(show, &record->registers, kind);
	ph_show_set(show, "partial", json_boolean(!record->has_first));
	if (record->has_first) {
		ph_show_number(show, "site", record->site);
		ph_show_time(show, "time", record->second);
	}
	if (same_as != NULL) {
		ph_show_ref(show, "same_as", same_as);
	}
}

int ph_view_title(struct ph_ledger *ledger, const struct ph_ref *ref, bool copies,
		  json_t **out)
{
	const struct ph_kind *kind = ph_kind_find(PH_KIND_TITLE_PUT);
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_TITLE, ref);
	struct ph_buf state = { 0 };
	struct ph_record title = { 0 };
	struct ph_ref root;
	json_t *list = NULL;
	int rc = ph_ledger_get(ledger, PH_ENTITY_TITLE, ph_key_view(&key), &state);

	rc = rc != 0 ? rc : ph_record_decode(ph_buf_view(&state), kind, &title);
	rc = rc != 0 ? rc : ph_query_root(ledger, PH_ENTITY_TITLE, ref, &root);
	rc = rc != 0 || !copies ? rc : ph_query_copies(ledger, ref, &list);
	if (rc != 0) {
		goto out;
	}

	struct ph_show show = ph_show_begin();

	ph_show_ref(&show, "title", ref);
	show_record(&show, &title, kind, ph_ref_equal(ref, &root) ? NULL : &root);
	if (copies) {
		ph_show_set(&show, "copies", list);
	}
	rc = ph_show_done(&show, out);
out:
	ph_record_deinit(&title);
	ph_buf_deinit(&state);
	return rc;
}

static int view_place(struct ph_ledger *ledger, const struct ph_entity_key *key,
		      uint64_t number, const struct ph_show *named, json_t **out)
{
	const struct ph_kind *kind = ph_kind_find(number);
	struct ph_show show = *named;
	struct ph_buf state = { 0 };
	struct ph_record place;
	int rc = ph_ledger_get(ledger, (enum ph_entity)key->type, ph_key_view(key),
			       &state);

	rc = rc != 0 ? rc : ph_record_decode(ph_buf_view(&state), kind, &place);
	if (rc == 0) {
		ph_show_registers(&show, &place.registers, kind);
		ph_record_deinit(&place);
		rc = ph_show_done(&show, out);
	} else {
		json_decref(show.object);
	}
	ph_buf_deinit(&state);
	return rc;
}

int ph_view_site(struct ph_ledger *ledger, uint64_t site, json_t **out)
{
	struct ph_entity_key key = ph_key_number(PH_ENTITY_SITE, site);
	struct ph_show show = ph_show_begin();

	ph_show_number(&show, "site", site);
	return view_place(ledger, &key, PH_KIND_SITE_PUT, &show, out);
}

int ph_view_commune(struct ph_ledger *ledger, struct ph_view code, json_t **out)
{
	struct ph_entity_key key;
	struct ph_show show;

	if (!ph_key_bytes(PH_ENTITY_COMMUNE, code, &key)) {
		return PH_LEDGER_E_NONE;
	}
	show = ph_show_begin();
	ph_show_text(&show, "code", code);
	return view_place(ledger, &key, PH_KIND_COMMUNE_PUT, &show, out);
}

int ph_view_policy(struct ph_ledger *ledger, struct ph_view name, json_t **out)
{
	struct ph_entity_key key;
	struct ph_show show;

	if (!ph_key_bytes(PH_ENTITY_POLICY, name, &key)) {
		return PH_LEDGER_E_NONE;
	}
	show = ph_show_begin();
	ph_show_text(&show, "name", name);
	return view_place(ledger, &key, PH_KIND_POLICY_PUT, &show, out);
}

/* --- readers and cards --- */

int ph_view_reader(struct ph_ledger *ledger, const struct ph_ref *ref,
		   const struct ph_opener *opener, json_t **out)
{
	const struct ph_kind *kind = ph_kind_find(PH_KIND_READER_PUT);
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_READER, ref);
	struct ph_buf state = { 0 };
	struct ph_record reader = { 0 };
	struct ph_ref root;
	json_t *cards = NULL, *loans = NULL;
	int rc = ph_ledger_get(ledger, PH_ENTITY_READER, ph_key_view(&key), &state);

	rc = rc != 0 ? rc : ph_record_decode(ph_buf_view(&state), kind, &reader);
	rc = rc != 0 ? rc : ph_query_root(ledger, PH_ENTITY_READER, ref, &root);
	rc = rc != 0 ? rc : ph_query_cards(ledger, ref, &cards);
	rc = rc != 0 ? rc : ph_reader_loans(ledger, cards, &loans);
	if (rc != 0) {
		goto out;
	}

	struct ph_show show = ph_show_begin();

	ph_show_ref(&show, "reader", ref);
	show_record(&show, &reader, kind, ph_ref_equal(ref, &root) ? NULL : &root);
	ph_show_set(&show, "cards", json_incref(cards));
	ph_show_set(&show, "loans", json_incref(loans));
	rc = ph_show_reader_standing(&show, ph_buf_view(&state));
	rc = rc != 0 ? rc : ph_show_sealed(&show, kind, &reader.registers, opener);
	if (rc == 0) {
		rc = ph_show_done(&show, out);
	} else {
		json_decref(show.object);
	}
out:
	json_decref(cards);
	json_decref(loans);
	ph_record_deinit(&reader);
	ph_buf_deinit(&state);
	return rc;
}

static void show_issues(struct ph_show *show, const struct ph_card *card)
{
	json_t *issues = json_array();

	for (size_t i = 0; issues != NULL && i < card->n_issues; i++) {
		struct ph_show one = ph_show_begin();

		ph_show_ref(&one, "reader", &card->issues[i].reader);
		ph_show_ref(&one, "by", &card->issues[i].entry);
		ph_show_number(&one, "site", card->issues[i].site);
		ph_show_time(&one, "time", card->issues[i].second);
		if (ph_show_append(issues, ph_show_end(&one)) != 0) {
			show->failed = true;
		}
	}
	ph_show_set(show, "issues", issues);
}

/* The reader of a card, as far as it is here. */
static int show_reader_of(struct ph_ledger *ledger, struct ph_show *show,
			  const struct ph_card *card, const struct ph_opener *opener)
{
	json_t *reader = NULL;
	int rc = ph_view_reader(ledger, &card->issues[card->n_issues - 1].reader, opener,
				&reader);

	if (rc == 0) {
		/* Its loans stand in the card's view already. */
		json_object_del(reader, "loans");
		ph_show_set(show, "reader", reader);
	}
	return rc < 0 ? rc : 0;
}

int ph_view_card(struct ph_ledger *ledger, const struct ph_id *id,
		 const struct ph_opener *opener, json_t **out)
{
	struct ph_loan_filter filter = { .card = id };
	struct ph_entity_key key;
	struct ph_buf state = { 0 };
	struct ph_card card = { 0 };
	json_t *loans = NULL;
	int rc = ph_key_id(PH_ENTITY_CARD, id, &key)
			 ? ph_query_loans(ledger, &filter, &loans)
			 : PH_LEDGER_E_NONE;

	if (rc != 0) {
		return rc;
	}

	struct ph_show show = ph_show_begin();

	ph_show_id(&show, "card", id);
	rc = ph_ledger_get(ledger, PH_ENTITY_CARD, ph_key_view(&key), &state);
	if (rc == 0) {
		rc = ph_card_decode(ph_buf_view(&state), &card);
	}
	ph_show_set(&show, "known", json_boolean(rc == 0 && card.n_issues > 0));
	ph_show_set(&show, "loans", loans);
	if (rc >= 0) {
		int paid = ph_show_account(ledger, &show, id);

		/* one that was never issued may be lent to, or owe */
		rc = paid < 0 ? paid
		     : json_array_size(loans) > 0 ||
				     json_object_get(show.object, "account") != NULL
			     ? 0
			     : rc;
	}
	if (rc == 0) {
		ph_show_card_standing(&show, &card);
	}
	if (rc == 0 && card.n_issues > 0) {
		show_issues(&show, &card);
		rc = show_reader_of(ledger, &show, &card, opener);
	}
	if (rc == 0) {
		rc = ph_show_done(&show, out);
	} else {
		json_decref(show.object);
	}
	ph_card_deinit(&card);
	ph_buf_deinit(&state);
	return rc;
}

/* --- devices, tallies --- */

int ph_view_device(struct ph_ledger *ledger, const uint8_t id[static PH_DEVICE_ID_SIZE],
		   json_t **out)
{
	static const char *const roles[] = { "none", "site", "courier", "both" };
	struct ph_view name = PH_VIEW(id, PH_DEVICE_ID_SIZE);
	const struct ph_admission *last;
	struct ph_device_state device;
	int rc = ph_device_load(ledger, id, &device);

	if (rc != 0) {
		return rc;
	}

	struct ph_show show = ph_show_begin();

	ph_show_hex(&show, "device", name);
	last = ph_device_admitted(&device);
	if (last != NULL) {
		ph_show_hex(&show, "key", PH_VIEW(last->key, sizeof last->key));
		ph_show_number(&show, "site", last->site);
		ph_show_set(&show, "role", json_string(roles[last->role & PH_ROLE_BOTH]));
		if (last->invite.len > 0) {
			ph_show_hex(&show, "invite", last->invite);
		}
		ph_show_ref(&show, "by", &last->entry);
		ph_show_time(&show, "time", last->second);
	}
	rc = ph_show_done(&show, out);
	ph_device_deinit(&device);
	return rc;
}

static void show_split(struct ph_show *show, const struct ph_tally *tally,
		       const char *name, unsigned base, const struct ph_field *field)
{
	struct ph_show split = ph_show_begin();

	for (uint64_t i = 0; i < field->max && base + i < PH_TALLY_KEYS; i++) {
		if (tally->count[base + i] != 0) {
			ph_show_number(&split, field->names[i], tally->count[base + i]);
		}
	}
	ph_show_set(show, name, ph_show_end(&split));
}

/* Those that most days have none of. */
static void show_more_splits(struct ph_show *show, const struct ph_tally *tally)
{
	static const struct {
		const char *name;
		enum ph_tally_key total;
		enum ph_tally_key base;
		enum ph_kind_number kind;
		unsigned field;
	} splits[] = {
		{ "activities_by_occasion", PH_TALLY_ACTIVITIES, PH_TALLY_OCCASION,
		  PH_KIND_ACTIVITY, PH_ACTIVITY_OCCASION },
		{ "digital_uses_by_form", PH_TALLY_DIGITAL, PH_TALLY_FORM,
		  PH_KIND_DIGITAL_USE, PH_DIGITAL_FORM },
		{ "donations_by_donor", PH_TALLY_DONATIONS, PH_TALLY_DONOR,
		  PH_KIND_DONATION, PH_DONATION_DONOR },
	};

	for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
		const struct ph_kind *kind = ph_kind_find(splits[i].kind);

		if (kind != NULL && tally->count[splits[i].total] != 0) {
			show_split(show, tally, splits[i].name, splits[i].base,
				   &kind->fields[splits[i].field]);
		}
	}
}

int ph_view_tally(struct ph_ledger *ledger, uint64_t site, int64_t day, json_t **out)
{
	const struct ph_kind *visit = ph_kind_find(PH_KIND_VISIT);
	struct ph_entity_key key = ph_key_tally(site, day);
	struct ph_tally tally = { 0 };
	struct ph_buf state = { 0 };
	int rc = ph_ledger_get(ledger, PH_ENTITY_TALLY, ph_key_view(&key), &state);

	rc = rc != 0 ? rc : ph_tally_decode(ph_buf_view(&state), &tally);
	if (rc == 0) {
		struct ph_show show = ph_show_begin();

		ph_show_number(&show, "site", site);
		ph_show_day(&show, "day", day);
		for (size_t i = 0; i < ph_tally_counters_count; i++) {
			const struct ph_counter *counter = &ph_tally_counters[i];

			/* The first ten stand in every tally. */
			if (counter->key <= PH_TALLY_TITLES ||
			    tally.count[counter->key] != 0) {
				ph_show_number(&show, counter->name,
					       tally.count[counter->key]);
			}
		}
		show_split(&show, &tally, "visits_by_band", PH_TALLY_BAND,
			   &visit->fields[PH_VISIT_BAND]);
		show_split(&show, &tally, "visits_by_purpose", PH_TALLY_PURPOSE,
			   &visit->fields[PH_VISIT_PURPOSE]);
		show_more_splits(&show, &tally);
		rc = ph_show_done(&show, out);
	}
	ph_buf_deinit(&state);
	return rc;
}

/* --- by type --- */

int ph_view_entity(struct ph_ledger *ledger, enum ph_entity type, struct ph_view id,
		   const struct ph_opener *opener, json_t **out)
{
	uint64_t number;
	struct ph_ref ref;
	struct ph_id code;
	int64_t day;

	switch (type) {
	case PH_ENTITY_SITE:
		return ph_key_get_number(id, &number) ? ph_view_site(ledger, number, out)
						      : PH_LEDGER_E_NONE;
	case PH_ENTITY_COMMUNE:
		return ph_view_commune(ledger, id, out);
	case PH_ENTITY_POLICY:
		return ph_view_policy(ledger, id, out);
	case PH_ENTITY_DEVICE:
		return id.len == PH_DEVICE_ID_SIZE ? ph_view_device(ledger, id.data, out)
						   : PH_LEDGER_E_NONE;
	case PH_ENTITY_TITLE:
		return ph_key_get_ref(id, &ref) ? ph_view_title(ledger, &ref, true, out)
						: PH_LEDGER_E_NONE;
	case PH_ENTITY_READER:
		return ph_key_get_ref(id, &ref)
			       ? ph_view_reader(ledger, &ref, opener, out)
			       : PH_LEDGER_E_NONE;
	case PH_ENTITY_CARD:
		return ph_key_get_id(id, &code) ? ph_view_card(ledger, &code, opener, out)
						: PH_LEDGER_E_NONE;
	case PH_ENTITY_COPY:
		return ph_key_get_id(id, &code) ? ph_view_copy(ledger, &code, out)
						: PH_LEDGER_E_NONE;
	case PH_ENTITY_CRATE:
		return ph_key_get_id(id, &code) ? ph_view_crate(ledger, &code, out)
						: PH_LEDGER_E_NONE;
	case PH_ENTITY_TALLY:
		return ph_key_get_tally(id, &number, &day)
			       ? ph_view_tally(ledger, number, day, out)
			       : PH_LEDGER_E_NONE;
	default:
		return PH_LEDGER_E_NONE;
	}
}
