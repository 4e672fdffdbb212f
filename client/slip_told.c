/*
 * client/slip_told.c - what was written, told.
 *
 * For people a line each (its words: slip_words.c): that it is saved, what it is, and
 * whether something it names is not known here. For scripts the reference and the plain
 * fields. Sealed fields are never repeated.
 */
#include "client/slip_told.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/slip_words.h"
#include "common/base/clock.h"
#include "common/cli/out.h"

/* --- what is not known here --- */

#define NAMED_MAX 5 /* codes that are not known here: so many are named */

static bool is_known(const struct ph_slip *slip)
{
	return !slip->copy_unknown && !slip->card_unknown && !slip->crate_unknown &&
	       !slip->ref_unknown;
}

/* "  (not known here: crate, X1, X2 and 7 more)" */
static void list_unknown(const struct ph_slip *slip, char *out, size_t size)
{
	size_t count = json_array_size(slip->unknown_copies);
	struct ph_buf text = { 0 };
	char code[2 * PH_CODE_MAX];

	if (slip->crate_unknown) {
		(void)ph_buf_printf(&text, ", %s", ph_say("the crate", "thùng sách"));
	}
	for (size_t i = 0; i < count && i < NAMED_MAX; i++) {
		json_t *one =
			json_object_get(json_array_get(slip->unknown_copies, i), "code");

		ph_text_safe(code, sizeof(code), json_string_value(one),
			     json_string_length(one));
		(void)ph_buf_printf(&text, ", %s", code);
	}
	if (count > NAMED_MAX) {
		(void)ph_buf_printf(&text, ph_say(" and %zu more", " và %zu nữa"),
				    count - NAMED_MAX);
	}
	(void)ph_buf_put_u8(&text, '\0');
	snprintf(out, size, ph_say("  (not known here: %s)", "  (chưa có ở đây: %s)"),
		 text.len > 2 ? (const char *)text.data + 2 : "");
	ph_buf_deinit(&text);
}

static void unknown_words(const struct ph_slip *slip, char *out, size_t size)
{
	const char *text = "";

	if (ph_slip_field_of(&slip->entry, PH_T_CRATE_ID) >= 0 && !is_known(slip)) {
		list_unknown(slip, out, size);
		return;
	}
	if (slip->copy_unknown && slip->card_unknown) {
		text = ph_say("  (copy and card not known here)",
			      "  (bản sách và thẻ chưa có ở đây)");
	} else if (slip->card_unknown) {
		text = ph_say("  (card not known here)", "  (thẻ chưa có ở đây)");
	} else if (!is_known(slip)) {
		text = ph_say("  (not known here)", "  (chưa có ở đây)");
	}
	snprintf(out, size, "%s", text);
}

static void tell_person(const struct ph_cli *cli, const struct ph_slip *slip)
{
	struct ph_buf details = { 0 };
	char what[1200], unknown[1024];
	char due[PH_TIME_TEXT] = "";
	char ref[PH_REF_TEXT];
	bool bare;
	const char *word = ph_slip_word(&slip->entry, &bare);
	int field = ph_slip_about(slip, what, sizeof(what));

	if (slip->has_due) {
		ph_day_text(due, slip->due);
	}
	if (cli->plain) {
		ph_ref_text(ref, &slip->ref);
		printf("%s\t%s\t%s\t%s\t%s\n", slip->entry.kind->name, ref, what, due,
		       is_known(slip) ? "known" : "unknown");
		return;
	}
	if (!bare) {
		ph_slip_details(&details, &slip->entry, field, slip->has_due);
	}
	unknown_words(slip, unknown, sizeof(unknown));
	printf("%s ✓ %s%s%s%s%s%s%s\n", ph_say("saved", "đã lưu"), word,
	       what[0] ? " " : "", what,
	       details.len > 1 ? (const char *)details.data : "",
	       due[0] ? ph_say("  due ", "  hạn ") : "", due, unknown);
	ph_buf_deinit(&details);
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
	if (slip->crate_unknown) {
		json_array_append_new(list, json_string("crate"));
	}
	if (slip->ref_unknown) {
		json_array_append_new(list, json_string("reference"));
	}
	return list;
}

/* The plain fields of the entry, but for what the log made and bytes; never personal ones. */
static int add_members(json_t *object, const struct ph_entry *entry)
{
	json_t *all = ph_entry_to_json(entry);
	int rc = all ? 0 : -ENOMEM;

	for (uint32_t i = 0; rc == 0 && i < entry->kind->n_fields; i++) {
		const struct ph_field *field = &entry->kind->fields[i];
		json_t *value = json_object_get(all, field->name);

		if (value && !ph_slip_is_made(entry->kind, i) &&
		    field->type != PH_T_BYTES &&
		    json_object_set(object, field->name, value) != 0) {
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
	if (rc == 0 && slip->unknown_copies) {
		rc = json_object_set(object, "unknown_copies", slip->unknown_copies);
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
