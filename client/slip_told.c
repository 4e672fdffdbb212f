/*
 * client/slip_told.c - what was written, told.
 *
 * For people a line each: that it is saved, what it is, and whether something it names
 * is not known here. For scripts the reference and what the entry names. Sealed fields
 * are never repeated.
 */
#include "client/slip_told.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/cli/out.h"

static const struct {
	uint64_t number;
	const char *english, *vietnamese;
} words[] = {
	{ PH_KIND_READER_PUT, "reader", "bạn đọc" },
	{ PH_KIND_CARD_ISSUE, "card", "thẻ" },
	{ PH_KIND_TITLE_PUT, "title", "nhan đề" },
	{ PH_KIND_COPY_PUT, "copy", "bản sách" },
	{ PH_KIND_LOAN, "loan", "mượn" },
	{ PH_KIND_RENEW, "renew", "gia hạn" },
	{ PH_KIND_RETURN, "return", "trả" },
	{ PH_KIND_IN_HOUSE_USE, "use", "đọc tại chỗ" },
	{ PH_KIND_VISIT, "visit", "lượt bạn đọc" },
	{ PH_KIND_VOID, "void", "hủy" },
};

static const char *word_of(const struct ph_entry *entry)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i].number == entry->number) {
			return ph_say(words[i].english, words[i].vietnamese);
		}
	}
	return entry->kind->name;
}

/* The first field of this type, or NULL. */
static const struct ph_value *value_of(const struct ph_entry *entry, enum ph_type type)
{
	for (uint32_t i = 0; i < entry->kind->n_fields; i++) {
		if (entry->kind->fields[i].type == type && entry->field[i].set) {
			return &entry->field[i];
		}
	}
	return NULL;
}

/* What the entry is about, as a person would name it. */
static void about(const struct ph_slip *slip, char *out, size_t size)
{
	const struct ph_entry *entry = &slip->entry;
	const struct ph_value *id = value_of(entry, PH_T_COPY_ID);
	const struct ph_value *about_ref = value_of(entry, PH_T_REF);
	const struct ph_value *name = &entry->field[PH_TITLE_NAME];
	char ref[PH_REF_TEXT];
	size_t len;

	if (!id) {
		id = value_of(entry, PH_T_CARD_ID);
	}
	if (id) {
		ph_text_safe(out, size, (const char *)id->as.id.code.data,
			     id->as.id.code.len);
		return;
	}
	if (entry->number == PH_KIND_VISIT) {
		const struct ph_value *band = &entry->field[PH_VISIT_BAND];

		snprintf(out, size, "%llu%s%s",
			 (unsigned long long)(entry->field[PH_VISIT_COUNT].set
						      ? entry->field[PH_VISIT_COUNT]
								.as.uint
						      : 1),
			 band->set ? " " : "",
			 band->set
				 ? entry->kind->fields[PH_VISIT_BAND].names[band->as.uint]
				 : "");
		return;
	}
	/* what a put changes or a void takes away, else what the entry makes */
	ph_ref_text(ref, about_ref ? &about_ref->as.ref : &slip->ref);
	len = (size_t)snprintf(out, size, "%s", ref);
	if (entry->number == PH_KIND_TITLE_PUT && name->set && len + 3 < size) {
		memcpy(out + len, "  ", 3);
		ph_text_safe(out + len + 2, size - len - 2,
			     (const char *)name->as.bytes.data, name->as.bytes.len);
	}
}

static bool is_known(const struct ph_slip *slip)
{
	return !slip->copy_unknown && !slip->card_unknown && !slip->ref_unknown;
}

static const char *unknown_words(const struct ph_slip *slip)
{
	if (slip->copy_unknown && slip->card_unknown) {
		return ph_say("  (copy and card not known here)",
			      "  (bản sách và thẻ chưa có ở đây)");
	}
	if (slip->card_unknown) {
		return ph_say("  (card not known here)", "  (thẻ chưa có ở đây)");
	}
	return is_known(slip) ? "" : ph_say("  (not known here)", "  (chưa có ở đây)");
}

static void tell_person(const struct ph_cli *cli, const struct ph_slip *slip)
{
	char what[1200];
	char due[PH_TIME_TEXT] = "";
	char ref[PH_REF_TEXT];

	about(slip, what, sizeof(what));
	if (slip->has_due) {
		ph_day_text(due, slip->due);
	}
	if (cli->plain) {
		ph_ref_text(ref, &slip->ref);
		printf("%s\t%s\t%s\t%s\t%s\n", slip->entry.kind->name, ref, what, due,
		       is_known(slip) ? "known" : "unknown");
		return;
	}
	printf("%s ✓ %s %s%s%s%s\n", ph_say("saved", "đã lưu"), word_of(&slip->entry),
	       what, due[0] ? ph_say("  due ", "  hạn ") : "", due, unknown_words(slip));
}

json_t *ph_slip_name(const struct ph_entry *entry, const struct ph_ref *ref)
{
	char text[PH_REF_TEXT];

	ph_ref_text(text, ref);
	return json_pack("{s:s,s:I,s:s}", "ref", text, "n", (json_int_t)ref->n, "kind",
			 entry->kind->name);
}

static json_t *unknown_list(const struct ph_slip *slip)
{
	json_t *list = json_array();

	if (slip->copy_unknown) {
		json_array_append_new(list, json_string("copy"));
	}
	if (slip->card_unknown) {
		json_array_append_new(list, json_string("card"));
	}
	if (slip->ref_unknown) {
		json_array_append_new(list, json_string("reference"));
	}
	return list;
}

/* The members of the entry that say what it is about; never personal ones. */
static int add_members(json_t *object, const struct ph_entry *entry)
{
	static const char *const shown[] = { "copy", "card",   "title", "reader",
					     "loan", "target", "count", "band" };
	json_t *all = ph_entry_to_json(entry);
	int rc = all ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < sizeof(shown) / sizeof(shown[0]); i++) {
		json_t *value = json_object_get(all, shown[i]);

		if (value && json_object_set(object, shown[i], value) != 0) {
			rc = -ENOMEM;
		}
	}
	json_decref(all);
	return rc;
}

static int tell_script(json_t *entries, const struct ph_slip *slip)
{
	json_t *object = ph_slip_name(&slip->entry, &slip->ref);
	char due[PH_TIME_TEXT];
	int rc = object ? add_members(object, &slip->entry) : -ENOMEM;

	if (rc == 0 && slip->has_due) {
		ph_day_text(due, slip->due);
		rc = json_object_set_new(object, "due", json_string(due));
	}
	if (rc == 0) {
		rc = json_object_set_new(object, "known", json_boolean(is_known(slip)));
	}
	if (rc == 0 && !is_known(slip)) {
		rc = json_object_set_new(object, "unknown", unknown_list(slip));
	}
	if (rc == 0) {
		return json_array_append_new(entries, object) == 0 ? 0 : -ENOMEM;
	}
	json_decref(object);
	return -ENOMEM;
}

int ph_slips_tell(const struct ph_cli *cli, struct ph_slip *const *slips, size_t count)
{
	json_t *entries;
	int rc = 0;

	if (!cli->json) {
		for (size_t i = 0; i < count; i++) {
			tell_person(cli, slips[i]);
		}
		return 0;
	}
	entries = json_array();
	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = tell_script(entries, slips[i]);
	}
	if (rc != 0) {
		json_decref(entries);
		return rc;
	}
	return ph_out_json(json_pack("{s:i,s:o}", "schema", 1, "entries", entries));
}
