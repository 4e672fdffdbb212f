/*
 * client/slip_words.c - an entry in words, for the person who made it.
 *
 * Each kind has a word in two languages (common/cli/entry_words.h). What it is about is a code, or a reference; other
 * plain fields follow by their names, unless the word and the code say enough.
 */
#include "client/slip_words.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/cli/entry_words.h"
#include "common/cli/out.h"

/* A word against a report is not told as one for it. */
static bool is_against(const struct ph_entry *entry)
{
	const struct ph_value *agrees = &entry->field[PH_SIGNOFF_AGREES];

	return entry->number == PH_KIND_REPORT_SIGNOFF &&
	       !(agrees->set && agrees->as.uint == 1);
}

const char *ph_slip_word(const struct ph_entry *entry, bool *bare_out)
{
	const struct ph_kind_words *words = ph_kind_words(entry->kind->name);

	*bare_out = words && words->bare;
	if (is_against(entry)) {
		return ph_say("does not agree", "không đồng ý");
	}
	return words ? ph_say(words->english, words->vietnamese) : entry->kind->name;
}

int ph_slip_field_of(const struct ph_entry *entry, enum ph_type type)
{
	for (uint32_t i = 0; i < entry->kind->n_fields; i++) {
		if (entry->kind->fields[i].type == type && entry->field[i].set) {
			return (int)i;
		}
	}
	return -1;
}

/* The first field that is set and a code, or -1. */
static int first_code(const struct ph_entry *entry)
{
	for (uint32_t i = 0; i < entry->kind->n_fields; i++) {
		enum ph_type type = entry->kind->fields[i].type;

		if (entry->field[i].set &&
		    (type == PH_T_COPY_ID || type == PH_T_CARD_ID ||
		     type == PH_T_CRATE_ID)) {
			return (int)i;
		}
	}
	return -1;
}

/* What other entries will name by its reference. */
static bool names_itself(const struct ph_entry *entry)
{
	switch (entry->number) {
	case PH_KIND_HOLD_PLACE:
		return true;
	case PH_KIND_MOBILE_STOP:
	case PH_KIND_TITLE_PUT:
	case PH_KIND_READER_PUT:
	case PH_KIND_WORKER_PUT:
		return !entry->field[0].set;
	default:
		return false;
	}
}

static void about_visit(const struct ph_entry *entry, char *out, size_t size)
{
	const struct ph_value *count = &entry->field[PH_VISIT_COUNT];
	const struct ph_value *band = &entry->field[PH_VISIT_BAND];

	snprintf(out, size, "%llu%s%s",
		 (unsigned long long)(count->set ? count->as.uint : 1),
		 band->set ? " " : "",
		 band->set ? entry->kind->fields[PH_VISIT_BAND].names[band->as.uint]
			   : "");
}

int ph_slip_about(const struct ph_slip *slip, char *out, size_t size)
{
	const struct ph_entry *entry = &slip->entry;
	const struct ph_value *name = &entry->field[PH_TITLE_NAME];
	char ref[PH_REF_TEXT];
	int field;
	size_t len;

	out[0] = '\0';
	field = names_itself(entry) ? -1 : first_code(entry);
	if (field >= 0) {
		struct ph_view code = entry->field[field].as.id.code;

		ph_text_safe(out, size, (const char *)code.data, code.len);
		return field;
	}
	if (entry->number == PH_KIND_VISIT) {
		about_visit(entry, out, size);
		return -1;
	}
	field = names_itself(entry) ? -1 : ph_slip_field_of(entry, PH_T_REF);
	if (field >= 0 || names_itself(entry)) {
		ph_ref_text(ref, field >= 0 ? &entry->field[field].as.ref : &slip->ref);
		len = (size_t)snprintf(out, size, "%s", ref);
		if (entry->number == PH_KIND_TITLE_PUT && name->set && len + 3 < size) {
			memcpy(out + len, "  ", 3);
			ph_text_safe(out + len + 2, size - len - 2,
				     (const char *)name->as.bytes.data,
				     name->as.bytes.len);
		}
	}
	return field;
}

/* --- what else it says, for people --- */

static void add_value(struct ph_buf *out, const struct ph_entry *entry, uint32_t i)
{
	const struct ph_field *field = &entry->kind->fields[i];
	const struct ph_value *value = &entry->field[i];
	const char *label = ph_label_say(field->name);
	char text[256] = "";
	char word[64];

	switch (field->type) {
	case PH_T_UINT:
		if (entry->number == PH_KIND_DAY_OPEN) {
			snprintf(text, sizeof(text), "%02u:%02u",
				 (unsigned)(value->as.uint / 60),
				 (unsigned)(value->as.uint % 60));
		} else if (field->max > 1) {
			snprintf(text, sizeof(text), "%llu",
				 (unsigned long long)value->as.uint);
		} else if (value->as.uint == 0) {
			return; /* a flag that does not hold */
		}
		break;
	case PH_T_ENUM:
		snprintf(text, sizeof(text), "%s", field->names[value->as.uint]);
		break;
	case PH_T_DAY:
		ph_day_text(text, value->as.day);
		break;
	case PH_T_TEXT:
		ph_text_safe(text, sizeof(text), (const char *)value->as.bytes.data,
			     value->as.bytes.len);
		break;
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
	case PH_T_CRATE_ID:
		ph_text_safe(text, sizeof(text), (const char *)value->as.id.code.data,
			     value->as.id.code.len);
		break;
	default:
		if (!ph_type_is_list(field->type)) {
			return; /* references are for scripts */
		}
		snprintf(text, sizeof(text), "%u", (unsigned)value->as.list.count);
		break;
	}
	snprintf(word, sizeof(word), "%s", label);
	for (char *c = word; *c; c++) {
		*c = *c == '_' ? ' ' : *c;
	}
	(void)ph_buf_printf(out, "%s%s%s%s", out->len ? ", " : "  ", word,
			    text[0] ? " " : "", text);
}

bool ph_slip_is_made(const struct ph_kind *kind, uint32_t i)
{
	return (kind->n_sealed > 0 && (i == kind->sets || i == kind->commit)) ||
	       kind->fields[i].type == PH_T_SEEN;
}

void ph_slip_details(struct ph_buf *out, const struct ph_entry *entry, int but, bool due)
{
	for (uint32_t i = 0; i < entry->kind->n_fields; i++) {
		const char *name = entry->kind->fields[i].name;
		bool is_due = strcmp(name, "term") == 0 || strcmp(name, "due") == 0;

		if (entry->field[i].set && (int)i != but && !(due && is_due) &&
		    !ph_slip_is_made(entry->kind, i)) {
			add_value(out, entry, i);
		}
	}
	(void)ph_buf_put_u8(out, '\0');
}
