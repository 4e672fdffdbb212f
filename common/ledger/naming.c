/*
 * common/ledger/naming.c - names for what is shown by its id.
 *
 * A reader's name is opened in memory, goes into the answer, and is wiped.
 */
#include "common/ledger/naming.h"

#include <errno.h>

#include "common/ledger/query.h"
#include "common/ledger/reader_view.h"
#include "common/ledger/record.h"

void ph_name_id(struct ph_show *show, const char *name, struct ph_view bytes)
{
	struct ph_id id;

	if (ph_key_get_id(bytes, &id)) {
		ph_show_id(show, name, &id);
	} else {
		show->failed = true;
	}
}

void ph_name_ref(struct ph_show *show, const char *name, struct ph_view bytes)
{
	struct ph_ref ref;

	if (ph_key_get_ref(bytes, &ref)) {
		ph_show_ref(show, name, &ref);
	}
}

int ph_name_title(struct ph_ledger *ledger, struct ph_show *show, struct ph_view title)
{
	const struct ph_register *name;
	struct ph_buf state = { 0 };
	struct ph_record record;
	int rc = title.len == 0 ? PH_LEDGER_E_NONE
				: ph_ledger_get(ledger, PH_ENTITY_TITLE, title, &state);

	if (rc == 0) {
		rc = ph_record_decode(ph_buf_view(&state),
				      ph_kind_find(PH_KIND_TITLE_PUT), &record);
	}
	if (rc == 0) {
		name = ph_registers_get(&record.registers, PH_TITLE_NAME);
		if (name != NULL) {
			ph_show_text(show, "title_name", name->value.as.bytes);
		}
		ph_record_deinit(&record);
	}
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

int ph_name_site(struct ph_ledger *ledger, struct ph_show *show, const char *name,
		 uint64_t number)
{
	struct ph_entity_key key = ph_key_number(PH_ENTITY_SITE, number);
	const struct ph_register *text;
	struct ph_buf state = { 0 };
	struct ph_record site;
	int rc = ph_ledger_get(ledger, PH_ENTITY_SITE, ph_key_view(&key), &state);

	rc = rc != 0 ? rc
		     : ph_record_decode(ph_buf_view(&state),
					ph_kind_find(PH_KIND_SITE_PUT), &site);
	if (rc == 0) {
		text = ph_registers_get(&site.registers, PH_SITE_NAME);
		if (text != NULL) {
			ph_show_text(show, name, text->value.as.bytes);
		}
		ph_record_deinit(&site);
	}
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

/* READER, if anything is known of it, and its name, opened, or that it is locked. */
static int show_reader(struct ph_ledger *ledger, struct ph_show *show,
		       const struct ph_ref *reader, const struct ph_opener *opener)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_READER, reader);
	struct ph_buf state = { 0 }, name = { 0 };
	struct ph_record record;
	int rc = ph_ledger_get(ledger, PH_ENTITY_READER, ph_key_view(&key), &state);

	if (rc == 0) {
		ph_show_ref(show, "reader", reader);
		rc = ph_record_decode(ph_buf_view(&state),
				      ph_kind_find(PH_KIND_READER_PUT), &record);
	}
	if (rc == 0) {
		rc = ph_reader_open_text(&record.registers, PH_READER_S_NAME, opener,
					 &name);
		if (rc == 0) {
			ph_show_text(show, "name", ph_buf_view(&name));
		} else if (rc > 0 &&
			   ph_registers_get(&record.registers,
					    PH_REGISTER_SEALED + PH_READER_S_NAME)) {
			ph_show_set(show, "locked", json_true());
		}
		ph_record_deinit(&record);
	}
	ph_buf_wipe(&name);
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

int ph_name_card(struct ph_ledger *ledger, struct ph_show *show, struct ph_view card,
		 const struct ph_opener *opener)
{
	struct ph_ref reader;
	struct ph_id id;
	int rc = ph_key_get_id(card, &id) ? ph_query_reader_of(ledger, &id, &reader)
					  : -EUCLEAN;

	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	return show_reader(ledger, show, &reader, opener);
}
