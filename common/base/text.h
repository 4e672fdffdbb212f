/*
 * common/base/text.h - Vietnamese and other text: NFC, folding for search. By
 * utf8proc.
 */
#ifndef PH_BASE_TEXT_H
#define PH_BASE_TEXT_H

#include "common/base/bytes.h"

enum {
	PH_TEXT_E_UTF8 = 1, /* not well-formed UTF-8 */
	PH_TEXT_E_CONTROL,  /* a control character (tab and newline included) */
	PH_TEXT_E_NFC,      /* well-formed, but not NFC */
	PH_TEXT_E_MARKS,    /* more than PH_TEXT_MARKS_MAX combining marks in a row */
};

enum {
	PH_TEXT_MARKS_MAX = 30, /* as in Unicode's Stream-Safe Text Format (UAX 15) */
};

/*
 * 0 if IN is UTF-8, NFC and free of control characters; else one of PH_TEXT_E_*; or
 * -ENOMEM, which only text with hundreds of characters between two ASCII ones can meet.
 */
int ph_text_check(struct ph_view in);
/*
 * Whether a character may go to a terminal as it is: none that moves the cursor, clears,
 * paints or ends a line, and none that turns the writing around (U+061C, U+200E, U+200F,
 * U+202A to U+202E, U+2066 to U+2069), by which one name could look like another.
 */
bool ph_text_is_harmless(int32_t letter);
/*
 * Append the NFC form of IN to OUT. 0; PH_TEXT_E_UTF8, _CONTROL or _MARKS; or -ENOMEM.
 * OUT's content is unchanged on error.
 */
int ph_text_nfc(struct ph_view in, struct ph_buf *out);
/*
 * Append the search form of IN: NFD, marks dropped, đ and Đ to d, case folded,
 * runs of anything but letters and numerals to one blank, no blank at the ends.
 * Tai Viet letters pass through untouched. Bytes that are not UTF-8 count as
 * blanks, so anything can be searched for. 0 or -ENOMEM.
 */
int ph_text_fold(struct ph_view in, struct ph_buf *out);
/*
 * Append the key by which NAME, of a person, sorts: keys are compared byte by byte, a
 * shorter one before what it begins. Given name first, in the order of the Vietnamese alphabet, then of
 * the tones. What is not UTF-8 is its own key. 0 or -ENOMEM.
 */
int ph_text_name_key(struct ph_view name, struct ph_buf *out);

#endif
