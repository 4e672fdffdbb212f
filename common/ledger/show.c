/*
 * common/ledger/show.c - JSON from parts of states.
 *
 * Only lack of memory can fail here; it is remembered and comes out at the end.
 */
#include "common/ledger/show.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/log/json.h"

struct ph_show ph_show_begin(void)
{
	struct ph_show show = { .object = json_object() };

	show.failed = show.object == NULL;
	return show;
}

void ph_show_set(struct ph_show *show, const char *name, json_t *value)
{
	if (value == NULL || json_object_set_new(show->object, name, value) != 0) {
		show->failed = true;
	}
}

void ph_show_number(struct ph_show *show, const char *name, uint64_t value)
{
	ph_show_set(show, name, json_integer((json_int_t)value));
}

void ph_show_text(struct ph_show *show, const char *name, struct ph_view text)
{
	ph_show_set(show, name, json_stringn((const char *)text.data, text.len));
}

void ph_show_ref(struct ph_show *show, const char *name, const struct ph_ref *ref)
{
	ph_show_set(show, name, ph_show_ref_json(ref));
}

void ph_show_id(struct ph_show *show, const char *name, const struct ph_id *id)
{
	ph_show_set(show, name, ph_show_id_json(id));
}

void ph_show_time(struct ph_show *show, const char *name, int64_t second)
{
	char text[PH_TIME_TEXT];

	ph_time_text(text, second);
	ph_show_set(show, name, json_string(text));
}

void ph_show_day(struct ph_show *show, const char *name, int64_t day)
{
	char text[PH_TIME_TEXT];

	ph_day_text(text, day);
	ph_show_set(show, name, json_string(text));
}

static json_t *hex_json(struct ph_view bytes)
{
	char *hex = malloc(2 * bytes.len + 1);
	json_t *json;

	if (hex == NULL) {
		return NULL;
	}
	ph_hex(hex, bytes.data, bytes.len);
	json = json_stringn(hex, 2 * bytes.len);
	free(hex);
	return json;
}

void ph_show_hex(struct ph_show *show, const char *name, struct ph_view bytes)
{
	ph_show_set(show, name, hex_json(bytes));
}

json_t *ph_show_end(struct ph_show *show)
{
	if (show->failed) {
		json_decref(show->object);
		return NULL;
	}
	return show->object;
}

int ph_show_done(struct ph_show *show, json_t **out)
{
	json_t *object = ph_show_end(show);

	if (object == NULL) {
		return -ENOMEM;
	}
	*out = object;
	return 0;
}

json_t *ph_show_ref_json(const struct ph_ref *ref)
{
	char text[PH_REF_TEXT];

	ph_ref_text(text, ref);
	return json_string(text);
}

json_t *ph_show_id_json(const struct ph_id *id)
{
	struct ph_show show = ph_show_begin();

	ph_show_number(&show, "ns", id->ns);
	ph_show_text(&show, "code", id->code);
	return ph_show_end(&show);
}

static json_t *day_json(int64_t day)
{
	char text[PH_TIME_TEXT];

	ph_day_text(text, day);
	return json_string(text);
}

json_t *ph_show_value(const struct ph_field *field, const struct ph_value *value)
{
	switch (field->type) {
	case PH_T_UINT:
		return json_integer((json_int_t)value->as.uint);
	case PH_T_ENUM:
		return value->as.uint < field->max
			       ? json_string(field->names[value->as.uint])
			       : json_integer((json_int_t)value->as.uint);
	case PH_T_DAY:
		return day_json(value->as.day);
	case PH_T_TEXT:
		return json_stringn((const char *)value->as.bytes.data,
				    value->as.bytes.len);
	case PH_T_BYTES:
	case PH_T_FIXED:
		return hex_json(value->as.bytes);
	case PH_T_REF:
		return ph_show_ref_json(&value->as.ref);
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
	case PH_T_CRATE_ID:
		return ph_show_id_json(&value->as.id);
	case PH_T_REFS:
	case PH_T_COPY_IDS:
	case PH_T_CARD_IDS:
	case PH_T_HEADS:
	case PH_T_UINTS:
	case PH_T_TEXTS:
		return ph_list_to_json(field->type, &value->as.list);
	case PH_T_HEAD:
	case PH_T_SEEN:
		break;
	}
	return json_null(); /* no register is of these types */
}

static void show_others(struct ph_show *offered, const char *name,
			const struct ph_register *reg)
{
	json_t *others = json_array();

	for (size_t i = 0; others != NULL && i < reg->n_others; i++) {
		if (ph_show_append(others, ph_show_ref_json(&reg->others[i])) != 0) {
			offered->failed = true;
		}
	}
	ph_show_set(offered, name, others);
}

void ph_show_registers(struct ph_show *show, const struct ph_registers *registers,
		       const struct ph_kind *kind)
{
	struct ph_show offered = ph_show_begin();

	for (size_t i = 0; i < registers->n; i++) {
		const struct ph_register *reg = &registers->items[i];
		bool sealed = reg->field >= PH_REGISTER_SEALED;
		unsigned at = sealed ? reg->field - PH_REGISTER_SEALED : reg->field;

		if (at >= (sealed ? kind->n_sealed : kind->n_fields)) {
			continue;
		}

		const struct ph_field *field =
			sealed ? &kind->sealed[at] : &kind->fields[at];

		if (!sealed) {
			ph_show_set(show, field->name, ph_show_value(field, &reg->value));
		}
		if (reg->n_others > 0) {
			show_others(&offered, field->name, reg);
		}
	}
	if (!offered.failed && json_object_size(offered.object) == 0) {
		json_decref(offered.object);
	} else {
		ph_show_set(show, "offered", ph_show_end(&offered));
	}
}

json_t *ph_show_loan(const struct ph_loan *loan)
{
	struct ph_show show = ph_show_begin();

	ph_show_ref(&show, "loan", &loan->ref);
	ph_show_number(&show, "site", loan->site);
	ph_show_id(&show, "card", &loan->card);
	ph_show_time(&show, "time", loan->second);
	if (loan->has_due) {
		ph_show_day(&show, "due", loan->due);
	}
	if (loan->n_renewals > 0) {
		ph_show_number(&show, "renewals", loan->n_renewals);
	}
	if (loan->closed != PH_CLOSED_OPEN) {
		ph_show_set(&show, "closed", ph_show_closed(loan));
	}
	return ph_show_end(&show);
}

json_t *ph_show_closed(const struct ph_loan *loan)
{
	struct ph_show show = ph_show_begin();

	ph_show_set(
		&show, "how",
		json_string(loan->closed == PH_CLOSED_RETURN ? "return" : "inferred"));
	ph_show_ref(&show, "by", &loan->closed_by);
	ph_show_number(&show, "site", loan->closed_site);
	ph_show_time(&show, "time", loan->closed_second);
	return ph_show_end(&show);
}

int ph_show_append(json_t *array, json_t *value)
{
	return value == NULL || json_array_append_new(array, value) != 0 ? -ENOMEM : 0;
}
