/* common/log/json_value.h - single values from JSON; for json.c only. */
#ifndef PH_LOG_JSON_VALUE_H
#define PH_LOG_JSON_VALUE_H

#include "common/log/json.h"

/* One entry being read. All is borrowed. */
struct ph_json_reader {
	const struct ph_json_scope *scope; /* may be NULL */
	struct ph_entry *entry;
	struct ph_buf *arena; /* with room for what is read, so that it never moves */
	struct ph_error *err;
};

/* JSON must be a string. */
struct ph_view ph_json_view(const json_t *json);
/* "an object", "a string" and so on. */
const char *ph_json_type(const json_t *json);
/* -EINVAL with "NAME: what it is is not WANT". */
int ph_json_not_a(const char *name, const json_t *json, const char *want,
		  struct ph_error *err);

/* Each: 0; -EINVAL with a text; a negative errno. Limits are not looked at. */
int ph_json_number(const char *name, const json_t *json, uint64_t *out,
		   struct ph_error *err);
int ph_json_text(struct ph_json_reader *in, const char *name, const json_t *json,
		 struct ph_view *out);
int ph_json_hex(struct ph_json_reader *in, const char *name, const json_t *json,
		struct ph_view *out);
int ph_json_fixed(const char *name, const json_t *json, uint8_t *out, size_t len,
		  struct ph_error *err);
/* Any value of FIELD; of the SEEN field, into IN->entry. */
int ph_json_value(struct ph_json_reader *in, const struct ph_field *field,
		  const json_t *json, struct ph_value *value);

#endif
