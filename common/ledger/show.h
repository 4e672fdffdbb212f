/*
 * common/ledger/show.h - JSON from parts of states; for the files of this folder.
 *
 * Setters remember a failure (no memory) in the object, which then ends in NULL.
 */
#ifndef PH_LEDGER_SHOW_H
#define PH_LEDGER_SHOW_H

#include <jansson.h>

#include "common/ledger/copy.h"
#include "common/ledger/key.h"

struct ph_show {
	json_t *object;
	bool failed;
};

struct ph_show ph_show_begin(void);
void ph_show_set(struct ph_show *show, const char *name, json_t *value);
void ph_show_number(struct ph_show *show, const char *name, uint64_t value);
void ph_show_text(struct ph_show *show, const char *name, struct ph_view text);
void ph_show_ref(struct ph_show *show, const char *name, const struct ph_ref *ref);
void ph_show_id(struct ph_show *show, const char *name, const struct ph_id *id);
void ph_show_time(struct ph_show *show, const char *name, int64_t second);
void ph_show_day(struct ph_show *show, const char *name, int64_t day);
void ph_show_hex(struct ph_show *show, const char *name, struct ph_view bytes);
/* The object, or NULL if anything failed. */
json_t *ph_show_end(struct ph_show *show);
/* As ph_show_end() into *OUT: 0 or -ENOMEM. */
int ph_show_done(struct ph_show *show, json_t **out);

json_t *ph_show_ref_json(const struct ph_ref *ref);
json_t *ph_show_id_json(const struct ph_id *id);
json_t *ph_show_value(const struct ph_field *field, const struct ph_value *value);
/* Registers by the names of KIND's fields, and "offered". Sealed winners are left out. */
void ph_show_registers(struct ph_show *show, const struct ph_registers *registers,
		       const struct ph_kind *kind);
json_t *ph_show_loan(const struct ph_loan *loan);
/* How LOAN, which is not open, ended. */
json_t *ph_show_closed(const struct ph_loan *loan);
/* Append VALUE to ARRAY. 0 or -ENOMEM. */
int ph_show_append(json_t *array, json_t *value);

#endif
