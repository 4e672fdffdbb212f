/*
 * client/marc/map.h - from a MARC record to a title and its copies, in the JSON view of
 * entries (common/log/json.h). Which field goes where: docs/COMMANDS.md, "Import".
 */
#ifndef PH_MARC_MAP_H
#define PH_MARC_MAP_H

#include <jansson.h>

#include "client/marc/record.h"
#include "common/log/entry.h"

/* Which field tells of copies. */
enum ph_marc_items {
	PH_ITEMS_AUTO,      /* 952 if any has a barcode, else 852 */
	PH_ITEMS_KOHA,      /* 952: $p barcode, $o call number, $g price */
	PH_ITEMS_EVERGREEN, /* 852: $p barcode, $j, or $h and $i, call number */
	PH_ITEMS_SIRSI,     /* 949: $i barcode, $a call number */
	PH_ITEMS_NONE,
};

/*
 * {"title":{title-put without its kind, with source},"items":[{"code","shelf","price",
 * "source"},...],"notes":[text,...]}. SOURCE names the record. What is mapped is marked
 * as used in RECORD; the rest is in title's "rest". 0; PH_MARC_E_BAD with ERR for a
 * record that describes no title; or -ENOMEM.
 */
int ph_marc_map(struct ph_marc_record *record,
		const uint8_t source[static PH_SOURCE_SIZE], enum ph_marc_items items,
		json_t **out, struct ph_error *err);

/* The parts of the mapping, by themselves. */

/*
 * ISBN-13 of TEXT, which may have hyphens, blanks and words behind it; one of ten digits
 * becomes one of thirteen. 0: good; 1: ten or thirteen digits, but not a valid number,
 * as they stand; 2: no number, OUT is unchanged. *PURE: nothing else stands in TEXT.
 */
int ph_marc_isbn(struct ph_view text, char out[static 14], bool *pure);
/* ISO 639-3 from a MARC language code, or false. */
bool ph_marc_language(struct ph_view code, char out[static 4]);
/*
 * A year from 1000 to 2999 in TEXT, or 0: the first, but one in brackets behind it puts
 * it right ("2021 [1964]"). *PURE: only signs stand beside it.
 */
unsigned ph_marc_year(struct ph_view text, bool *pure);
/* Whole đồng: "45000", "45.000", "45,000 đ", "45000.00". False for anything else. */
bool ph_marc_price(struct ph_view text, uint64_t *out);
/* Less the punctuation that only leads to the next part (" /", " :", ","), and blanks. */
struct ph_view ph_marc_trim(struct ph_view text);
/*
 * The fields of RECORD that are not wholly used, less those of the tag LESS (may be
 * NULL), as an ISO 2709 record in UTF-8 appended to OUT. 0; PH_MARC_E_END: there are
 * none; PH_MARC_E_BAD: ISO 2709 cannot hold them; or -ENOMEM.
 */
int ph_marc_rest(const struct ph_marc_record *record, const char *less,
		 struct ph_buf *out);

#endif
