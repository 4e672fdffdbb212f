/*
 * client/marc/charset.h - from the bytes of a file to text, by libyaz's tables
 * and, for VNI, our own.
 *
 * MARC-8 is only ever read: libyaz's way back deletes Vietnamese letters.
 */
#ifndef PH_MARC_CHARSET_H
#define PH_MARC_CHARSET_H

#include "common/base/bytes.h"

enum {
	PH_CHARSET_E_BYTES = 1, /* not of this charset */
	PH_CHARSET_E_UNKNOWN,   /* nobody knows a charset of this name */
};

struct ph_charset;

/* NAME as libyaz or iconv(3) know it; "UTF-8", "MARC-8" and "VNI" always. */
int ph_charset_new(struct ph_charset **charset_out, const char *name);
void ph_charset_free(struct ph_charset *charset);
/*
 * Append IN as UTF-8 in NFC. Control characters are replaced by a blank and counted in
 * *CLEANED; the marks around what does not sort are dropped. 0, PH_CHARSET_E_BYTES, or
 * -ENOMEM; OUT and CLEANED are unchanged on error.
 */
int ph_charset_read(struct ph_charset *charset, struct ph_view in, struct ph_buf *out,
		    unsigned *cleaned);
/* Whether IN is well-formed UTF-8. */
bool ph_charset_is_utf8(struct ph_view in);

#endif
