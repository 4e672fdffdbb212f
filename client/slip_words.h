/* client/slip_words.h - an entry in words, for the person who made it. */
#ifndef PH_CLIENT_SLIP_WORDS_H
#define PH_CLIENT_SLIP_WORDS_H

#include "client/slip.h"

/* What it is; *BARE_OUT: no details are needed beside what it is about. */
const char *ph_slip_word(const struct ph_entry *entry, bool *bare_out);
/*
 * What the entry is about, as a person would name it: a code; a reference that it names
 * or that others will name it by; or nothing. Returns the field that this is, or -1.
 */
int ph_slip_about(const struct ph_slip *slip, char *out, size_t size);
/*
 * Append "  amount 5000, reason overdue", all plain fields but BUT and, if the due day is
 * told apart (DUE), what makes it; and a zero byte.
 */
void ph_slip_details(struct ph_buf *out, const struct ph_entry *entry, int but, bool due);
/* The first field of this type that is set, or -1. */
int ph_slip_field_of(const struct ph_entry *entry, enum ph_type type);
/* Whether the log, or the desk, made field I: no person wrote it. */
bool ph_slip_is_made(const struct ph_kind *kind, uint32_t i);

#endif
