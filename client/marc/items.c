/*
 * client/marc/items.c - the copies that a record tells of.
 *
 * One field is one copy, named by the barcode in it; call number and price go with it.
 * Fields without a barcode are left to the rest, as is all that a copy does not take. A
 * barcode that is too long for a code is passed over, with a note.
 */
#include <errno.h>
#include <string.h>

#include "client/marc/mapping.h"
#include "client/marc/source.h"
#include "common/log/kinds.h"

struct item_form {
	const char *tag;
	char code;
	const char *shelf; /* codes, joined by a blank */
	char price;
};

static const struct item_form koha = { "952", 'p', "o", 'g' };
static const struct item_form evergreen = { "852", 'p', "hij", '\0' };
static const struct item_form sirsi = { "949", 'i', "a", '\0' };

static bool has_items(struct ph_mapping *to, const struct item_form *form)
{
	struct ph_marc_field *field;
	size_t at = 0;

	while ((field = ph_marc_field(to->record, form->tag, &at))) {
		if (ph_marc_subfield(to->record, field, form->code)) {
			return true;
		}
	}
	return false;
}

static int add_item(struct ph_mapping *to, struct ph_view code, struct ph_view shelf,
		    bool has_price, uint64_t price)
{
	uint8_t source[PH_SOURCE_SIZE];
	char hex[2 * PH_SOURCE_SIZE + 1];
	json_t *item;

	code = ph_marc_trim(code);
	if (code.len == 0) {
		return 0;
	}
	if (code.len > PH_CODE_MAX) {
		return ph_marc_note(to->record,
				    "%s: a barcode of %zu bytes was passed over",
				    to->item_tag, code.len);
	}
	item = json_object();
	ph_marc_item_source(source, to->source, (uint32_t)json_array_size(to->items));
	ph_hex(hex, source, sizeof(source));
	ph_mapping_set(to, item, "code", ph_mapping_text(code));
	ph_mapping_set(to, item, "source", json_string(hex));
	if (shelf.len > 0) {
		ph_mapping_set(to, item, "shelf", ph_mapping_text(shelf));
	}
	if (has_price) {
		ph_mapping_set(to, item, "price", json_integer((json_int_t)price));
	}
	if (json_array_append_new(to->items, item) != 0) {
		to->failed = true;
	}
	return 0;
}

/* Cataloguers put several barcodes into one cell; ';', '|' and ',' part them. */
static int add_codes(struct ph_mapping *to, struct ph_view codes, struct ph_view shelf,
		     bool has_price, uint64_t price)
{
	size_t from = 0;
	bool several = false;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i <= codes.len; i++) {
		if (i < codes.len && !strchr(";|,", codes.data[i])) {
			continue;
		}
		several |= from > 0;
		rc = add_item(to, PH_VIEW(codes.data + from, i - from), shelf, has_price,
			      price);
		from = i + 1;
	}
	if (rc == 0 && several) {
		rc = ph_marc_note(to->record, "%s: several barcodes in one cell",
				  to->item_tag);
	}
	return rc;
}

static int map_item(struct ph_mapping *to, const struct item_form *form,
		    struct ph_marc_field *field)
{
	const size_t shelf_max =
		ph_kind_find(PH_KIND_COPY_PUT)->fields[PH_COPY_SHELF].max;
	struct ph_marc_record *record = to->record;
	struct ph_buf shelf = { 0 };
	struct ph_marc_subfield *part;
	bool has_price = false;
	uint64_t price = 0;
	int rc = 0;

	for (const char *code = form->shelf; rc == 0 && *code; code++) {
		part = ph_marc_subfield(record, field, *code);
		if (part) {
			struct ph_view text = ph_marc_trim(ph_marc_text(record, part));

			rc = ph_buf_printf(&shelf, "%s%.*s", shelf.len ? " " : "",
					   (int)text.len, (const char *)text.data);
			part->used = true;
		}
	}
	if (rc == 0 && shelf.len > shelf_max) {
		rc = ph_marc_note(record,
				  "%s: a call number is too long; kept in the rest",
				  form->tag);
		record->subfields[field->first].used = false;
		shelf.len = 0;
	}
	part = form->price ? ph_marc_subfield(record, field, form->price) : NULL;
	if (part) {
		has_price = ph_marc_price(ph_marc_text(record, part), &price);
		part->used = has_price;
	}
	for (size_t i = 0; rc == 0 && i < field->n; i++) {
		part = &record->subfields[field->first + i];
		if (part->code == form->code) {
			part->used = true;
			rc = add_codes(to, ph_marc_text(record, part),
				       ph_buf_view(&shelf), has_price, price);
		}
	}
	ph_buf_deinit(&shelf);
	return rc;
}

int ph_map_items(struct ph_mapping *to, enum ph_marc_items items)
{
	const struct item_form *form = items == PH_ITEMS_KOHA        ? &koha
				       : items == PH_ITEMS_EVERGREEN ? &evergreen
				       : items == PH_ITEMS_SIRSI     ? &sirsi
				       : items == PH_ITEMS_NONE      ? NULL
				       : has_items(to, &koha)        ? &koha
								     : &evergreen;
	struct ph_marc_field *field;
	size_t at = 0;
	int rc = 0;

	if (!form || !has_items(to, form)) {
		return 0;
	}
	to->item_tag = form->tag;
	while (rc == 0 && (field = ph_marc_field(to->record, form->tag, &at))) {
		if (ph_marc_subfield(to->record, field, form->code)) {
			rc = map_item(to, form, field);
		}
	}
	return rc;
}
