/* common/cli/out.h - data for people and for scripts: JSON, words, numbers. */
#ifndef PH_CLI_OUT_H
#define PH_CLI_OUT_H

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/say.h"
#include "common/cli/table.h"

struct ph_error;

/*
 * Standard output cannot be written. Its own number, so that nobody takes it for the
 * store's -EIO; the command line says it in words that are about standard output only.
 */
#define PH_OUT_LOST (-ENOLINK)

/* Print OBJECT as one line on stdout, and drop the reference. 0, -ENOMEM, PH_OUT_LOST. */
int ph_out_json(json_t *object);
/*
 * For scripts without JSON: the members of OBJECT, a line each, name TAB value, never
 * translated. Texts are made safe as by ph_text_safe(), null is empty, lists and
 * objects are JSON. Drops the reference. 0, -ENOMEM, PH_OUT_LOST.
 */
int ph_out_plain(json_t *object);
/* One of the two, by what was asked for: IS_JSON or plain. */
int ph_out_script(bool is_json, json_t *object);
/*
 * Write out what stdout still holds. 0, or PH_OUT_LOST with a text that begins with
 * WHAT (may be ""): "WHATstandard output cannot be written (no space ...)...".
 */
int ph_out_flush(const char *what, struct ph_error *err);

/* Columns that TEXT takes on a terminal. */
unsigned ph_text_width(const char *text);
/*
 * LEN bytes of TEXT safe to print on a terminal: what is not harmless
 * (common/base/text.h) and bytes that are no UTF-8 become '?'; cut between two letters. OUT_SIZE at least 1.
 */
void ph_text_safe(char *out, size_t out_size, const char *text, size_t len);

/* 1832 as 1,832 or 1.832. */
#define PH_NUMBER_TEXT 32
const char *ph_number(char out[static PH_NUMBER_TEXT], uint64_t number);
/* "2 d 4 h", "5 min", "12 s": the two largest units. */
const char *ph_span(char out[static PH_NUMBER_TEXT], int64_t seconds);
/* Colour and progress only on a terminal and without NO_COLOR. */
bool ph_is_terminal(FILE *stream);

#endif
