/*
 * client/marc/file.h - a file of MARC records, in ISO 2709 or MARCXML.
 */
#ifndef PH_MARC_FILE_H
#define PH_MARC_FILE_H

#include "client/marc/record.h"
#include "common/log/entry.h"

enum ph_marc_format {
	PH_MARC_AUTO, /* by its first letter: '<' or a digit */
	PH_MARC_ISO2709,
	PH_MARC_XML,
};

struct ph_marc_file;

/*
 * Read from FILE (borrowed). CHARSET (borrowed; NULL: as the records say) is that of
 * ISO 2709. 0; -EINVAL with ERR for what is neither format, or an unknown charset; or
 * another negative errno.
 */
int ph_marc_file_open(struct ph_marc_file **file_out, FILE *file,
		      enum ph_marc_format format, const char *charset,
		      struct ph_error *err);
void ph_marc_file_close(struct ph_marc_file *file);
/*
 * The next record. *OFFSET_OUT: where it begins (ISO 2709) or about where it ends
 * (MARCXML), set also when it is bad. SOURCE_OUT names it: BLAKE2b-128 of its exact
 * bytes; of a MARCXML record, of its leader and fields written as ISO 2709 without
 * directory (docs/COMMANDS.md, "Import"). 0, PH_MARC_E_END, _BAD or _STOP with ERR, or
 * negative errno.
 */
int ph_marc_file_next(struct ph_marc_file *file, struct ph_marc_record *record,
		      uint64_t *offset_out, uint8_t source_out[static PH_SOURCE_SIZE],
		      struct ph_error *err);

#endif
