/*
 * client/marc/rest.c - what stands nowhere else in a title, whole.
 *
 * The fields that are not wholly used go into a record of their own, written by libyaz
 * in ISO 2709 with leader/09 saying UTF-8. What its five-digit numbers cannot hold is
 * refused before libyaz would write nonsense.
 */
#include <errno.h>
#include <string.h>
#include <yaz/marcdisp.h>
#include <yaz/nmem.h>
#include <yaz/wrbuf.h>

#include "client/marc/iso2709.h"
#include "client/marc/map.h"

#define FIELD_MAX 9999 /* four digits in the directory */

static bool is_used(const struct ph_marc_record *record,
		    const struct ph_marc_field *field)
{
	for (size_t i = 0; i < field->n; i++) {
		if (!record->subfields[field->first + i].used) {
			return false;
		}
	}
	return true;
}

/* NMEM memory is the record's; libyaz keeps the pointers. */
static char *keep(NMEM nmem, struct ph_view text, char code)
{
	char *copy = nmem_malloc(nmem, text.len + 2);

	copy[0] = code;
	memcpy(copy + (code ? 1 : 0), text.data, text.len);
	copy[text.len + (code ? 1 : 0)] = '\0';
	return copy;
}

/* The size it adds: directory, indicators, subfields, end. */
static size_t add_field(yaz_marc_t marc, const struct ph_marc_record *record,
			const struct ph_marc_field *field)
{
	NMEM nmem = yaz_marc_get_nmem(marc);
	size_t size = field->control ? 1 : 3;

	if (field->control) {
		struct ph_view text =
			ph_marc_text(record, &record->subfields[field->first]);

		yaz_marc_add_controlfield(marc, field->tag, keep(nmem, text, '\0'),
					  text.len);
		return size + text.len;
	}
	yaz_marc_add_datafield(marc, field->tag, field->ind, sizeof(field->ind));
	for (size_t i = 0; i < field->n; i++) {
		const struct ph_marc_subfield *subfield =
			&record->subfields[field->first + i];
		struct ph_view text = ph_marc_text(record, subfield);

		yaz_marc_add_subfield(marc, keep(nmem, text, subfield->code),
				      text.len + 1);
		size += text.len + 2;
	}
	return size;
}

static int fill(yaz_marc_t marc, const struct ph_marc_record *record, const char *less)
{
	char leader[PH_MARC_LEADER + 1];
	int indicators, code_len, base, entry_len, start_len, own_len;
	size_t total = PH_MARC_LEADER + 2;
	bool any = false;

	memcpy(leader, record->leader, sizeof(leader));
	leader[9] = 'a';
	memcpy(leader + 10, "22", 2);
	memcpy(leader + 20, "4500", 4);
	yaz_marc_set_leader(marc, leader, &indicators, &code_len, &base, &entry_len,
			    &start_len, &own_len);
	for (size_t i = 0; i < record->n_fields; i++) {
		const struct ph_marc_field *field = &record->fields[i];
		size_t size;

		if (is_used(record, field) || (less && strcmp(field->tag, less) == 0)) {
			continue;
		}
		size = add_field(marc, record, field);
		total += size + 12;
		if (size > FIELD_MAX || total > PH_ISO2709_MAX) {
			return PH_MARC_E_BAD;
		}
		any = true;
	}
	return any ? 0 : PH_MARC_E_END;
}

int ph_marc_rest(const struct ph_marc_record *record, const char *less,
		 struct ph_buf *out)
{
	yaz_marc_t marc = yaz_marc_create();
	WRBUF written = wrbuf_alloc();
	int rc = fill(marc, record, less);

	if (rc == 0 && yaz_marc_write_iso2709(marc, written) != 0) {
		rc = PH_MARC_E_BAD;
	}
	if (rc == 0) {
		rc = ph_buf_put(out, wrbuf_buf(written), wrbuf_len(written));
	}
	wrbuf_destroy(written);
	yaz_marc_destroy(marc);
	return rc;
}
