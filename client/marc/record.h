/*
 * client/marc/record.h - one MARC record in memory, its text UTF-8 and NFC.
 *
 * libyaz parses ISO 2709 and MARCXML; here its tree becomes flat lists, and bytes
 * become text. What had to be guessed or mended on the way is a note.
 */
#ifndef PH_MARC_RECORD_H
#define PH_MARC_RECORD_H

#include <libxml/tree.h>

#include "common/base/bytes.h"
#include "common/base/error.h"

#define PH_MARC_LEADER 24

enum {
	PH_MARC_E_END = 1, /* no further record */
	PH_MARC_E_BAD,  /* this record is malformed: ERR says why; the next may be read */
	PH_MARC_E_STOP, /* so is all that follows: ERR says why */
};

struct ph_marc_subfield {
	char code;
	bool used;      /* by the mapping: it stands in a field of the entry */
	size_t at, len; /* in the record's text */
};

struct ph_marc_field {
	char tag[4];
	char ind[2];  /* blanks in a control field */
	bool control; /* one subfield, with code 0 */
	size_t first; /* of its subfields, in the record's list */
	size_t n;
};

struct ph_marc_record {
	char leader[PH_MARC_LEADER + 1];
	struct ph_marc_field *fields;
	size_t n_fields, cap_fields;
	struct ph_marc_subfield *subfields;
	size_t n_subfields, cap_subfields;
	struct ph_buf text;
	struct ph_buf notes; /* lines for people, each ended by a newline */
};

void ph_marc_record_init(struct ph_marc_record *record);
void ph_marc_record_deinit(struct ph_marc_record *record);

/* The text of a subfield or control field; borrows RECORD until it changes. */
struct ph_view ph_marc_text(const struct ph_marc_record *record,
			    const struct ph_marc_subfield *subfield);
/* The first field with TAG from index *AT on, or NULL; *AT moves behind it. */
struct ph_marc_field *ph_marc_field(struct ph_marc_record *record, const char *tag,
				    size_t *at);
/* The first subfield of FIELD with CODE, or NULL. */
struct ph_marc_subfield *ph_marc_subfield(struct ph_marc_record *record,
					  const struct ph_marc_field *field, char code);
__attribute__((format(printf, 2, 3))) int ph_marc_note(struct ph_marc_record *record,
						       const char *format, ...);

/*
 * Take the tree that yaz_marc_write_xml() made, whose text still has the bytes of the
 * file, into RECORD, emptied first but for its notes. CHARSET: how the text is encoded; NULL tries what
 * leader/09 says, then the other of UTF-8 and MARC-8, and notes it. 0; PH_MARC_E_BAD
 * with ERR; or -ENOMEM.
 */
int ph_marc_record_take(struct ph_marc_record *record, const xmlNode *root,
			const char *charset, struct ph_error *err);

#endif
