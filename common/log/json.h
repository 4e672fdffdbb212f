/*
 * common/log/json.h - the JSON view of an entry, from the kind table.
 *
 * {"kind":"loan","copy":{"ns":140371,"code":"000123"},"card":"...","term":14,
 *  "when":"2026-09-22T08:01","source":"<32 hex>","staff":"Hoa","behalf":140372}
 * A copy, card or crate is {"ns":..,"code":..}, or a string: a scan, resolved by the
 * caller. A reference is "<log id>.<n>.<hash>", a head {"log":..,"n":..,"h":..}, a
 * list an array of such items, in any order and as often as one likes, `seen` an
 * object from field names to arrays of references, in any order. `when` is
 * a day, or a time to the minute, in UTC+7 unless it names a zone. `operator` is 96
 * bytes in hex. Sealed fields stand beside the plain ones. `sets`, `commit`, `stamp`
 * and `time` are made by the log, `operator` by an operator's ceremony: shown, and
 * refused on input.
 */
#ifndef PH_LOG_JSON_H
#define PH_LOG_JSON_H

#include <jansson.h>

#include "common/log/entry.h"

/*
 * How the caller turns a scanned code into a name: TYPE is PH_T_COPY_ID,
 * PH_T_CARD_ID or PH_T_CRATE_ID, for items of lists too; set ID (its code borrows CODE
 * and is no longer). 0 or negative errno.
 */
struct ph_json_scope {
	int (*resolve)(void *data, enum ph_type type, struct ph_view code,
		       struct ph_id *id);
	void *data;
};

/*
 * Read an entry from OBJECT, whose strings it borrows; text that is not NFC is
 * normalised, and lists are made, in ARENA, which must outlive ENTRY (and must not move
 * once used: the function reserves what it needs first). Unknown members, wrong types and
 * values out of range are -EINVAL with a text that names the member and what
 * would be right. The stamp is left 0.
 */
int ph_entry_from_json(const json_t *object, const struct ph_json_scope *scope,
		       struct ph_entry *entry, struct ph_buf *arena,
		       struct ph_error *err);
/*
 * Parse one line first: refuses duplicate keys, depth, trailing text; the error
 * names line and column. *OBJECT_OUT is the caller's to json_decref().
 */
int ph_json_parse(struct ph_view line, json_t **object_out, struct ph_error *err);
/* A new JSON array of the items of LIST, which is of TYPE; the caller's; NULL on lack of memory. */
json_t *ph_list_to_json(enum ph_type type, const struct ph_list *list);
/* A new JSON object, the caller's; NULL on lack of memory. Unknown kinds show their number only. */
json_t *ph_entry_to_json(const struct ph_entry *entry);

/*
 * JSON, a day or a minute as text, into EXTRAS: the extra `when`. 0; -EINVAL with a text.
 */
int ph_json_when(const json_t *json, struct ph_extras *extras, struct ph_error *err);

#endif
