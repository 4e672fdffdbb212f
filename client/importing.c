/*
 * client/importing.c - records of packhorse-marc become titles and copies.
 *
 * A record whose source this site has is passed over, but for copies that are new: so a
 * file can be imported again with other settings, and twice the same changes nothing. A
 * title and its copies lie in one batch, and batches end between records, so whatever
 * happens whole records are there.
 *
 * A title that does not fit the kind table fails its record; a copy that does not fails
 * alone. Both are remarked, with the number of the record and where it is in the file.
 */
#include "client/importing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/marc/source.h"
#include "common/base/json_memory.h"
#include "common/base/say.h"
#include "common/ledger/view.h"

#define SITES_OF_PROVINCE 10000

/* What is known of the record that is being taken. */
struct taking {
	struct ph_importing *importing;
	json_t *line;
	bool anew; /* it wrote something */
	bool failed;
	struct ph_error *err;
};

static int remark(struct taking *to, const char *what, const char *text)
{
	json_t *remark = json_pack("{s:O?,s:O?,s:s}", "record",
				   json_object_get(to->line, "record"), "offset",
				   json_object_get(to->line, "offset"), what, text);

	return remark && json_array_append_new(to->importing->remarks, remark) == 0
		       ? 0
		       : -ENOMEM;
}

static int fail_record(struct taking *to, const char *text)
{
	if (!to->failed) {
		to->failed = true;
		to->importing->failed++;
	}
	return remark(to, "error", text);
}

static bool source_of(json_t *object, uint8_t source[static PH_SOURCE_SIZE])
{
	const char *hex = json_string_value(json_object_get(object, "source"));

	return hex && ph_unhex(source, PH_SOURCE_SIZE, hex, strlen(hex)) == 0;
}

/*
 * Write the entry that OBJECT shows. 0; 1 when the kind table refuses it, which WRONG
 * explains; or negative errno. A dry run only checks.
 */
static int put(struct taking *to, json_t *object, struct ph_ref *ref_out,
	       struct ph_error *wrong)
{
	struct ph_importing *importing = to->importing;
	struct ph_entry *entry = calloc(1, sizeof(*entry));
	struct ph_buf arena = { 0 };
	int rc = entry ? ph_entry_from_json(object, NULL, entry, &arena, wrong) : -ENOMEM;

	if (rc == 0 && !importing->dry_run) {
		rc = ph_site_write(importing->site, entry, 1, ref_out, wrong);
	}
	if (rc == 0) {
		uint8_t *source = entry->extras.source;

		rc = ph_sources_add(importing->sources, entry->number, source, ref_out);
		to->anew = true;
	}
	ph_buf_deinit(&arena);
	free(entry);
	return rc == -EINVAL || rc == -EMSGSIZE ? 1 : rc;
}

/* --- the title --- */

/* REF_OUT: of the title, new or known. 0, 1 failed, or negative errno. */
static int take_title(struct taking *to, json_t *title, struct ph_ref *ref_out)
{
	struct ph_importing *importing = to->importing;
	uint8_t source[PH_SOURCE_SIZE];
	struct ph_error wrong = { .exit = PH_EXIT_DONE };
	const struct ph_ref *known;
	int rc;

	if (!source_of(title, source) ||
	    json_object_set_new(title, "kind", json_string("title-put")) != 0) {
		return fail_record(to, ph_say("packhorse-marc said nothing of its source",
					      "packhorse-marc không nói gì về nguồn")) < 0
			       ? -ENOMEM
			       : 1;
	}
	known = ph_sources_find(importing->sources, PH_KIND_TITLE_PUT, source);
	if (known) {
		*ref_out = *known;
		return 0;
	}
	memset(ref_out, 0, sizeof(*ref_out));
	rc = put(to, title, ref_out, &wrong);
	if (rc == 1) {
		return fail_record(to, wrong.text) < 0 ? -ENOMEM : 1;
	}
	if (rc == 0) {
		importing->titles++;
	} else if (to->err && wrong.text[0]) {
		*to->err = wrong;
	}
	return rc;
}

/* --- its copies --- */

static int note_known(struct taking *to, const struct ph_id *id, struct ph_ledger *ledger)
{
	json_t *view = NULL;
	int rc = ph_view_copy(ledger, id, &view);
	bool known = rc == 0 && json_is_true(json_object_get(view, "known"));
	char text[PH_CODE_MAX + 64];

	json_decref(view);
	if (!known) {
		return rc < 0 ? rc : 0;
	}
	snprintf(text, sizeof(text),
		 ph_say("%.*s named a copy already; it is now of this title",
			"%.*s đã là mã của một bản sách; nay thuộc nhan đề này"),
		 (int)id->code.len, (const char *)id->code.data);
	to->importing->notes++;
	return remark(to, "note", text);
}

static json_t *copy_object(struct taking *to, json_t *item, const struct ph_id *id,
			   const struct ph_ref *title)
{
	struct ph_importing *importing = to->importing;
	char ref[PH_REF_TEXT];
	json_t *code = json_stringn((const char *)id->code.data, id->code.len);
	json_t *object = json_pack(
		"{s:s,s:{s:I,s:o},s:I,s:O?,s:O?,s:O?,s:s?}", "kind", "copy-put", "copy",
		"ns", (json_int_t)id->ns, "code", code, "owner",
		(json_int_t)importing->info.site, "shelf", json_object_get(item, "shelf"),
		"price", json_object_get(item, "price"), "source",
		json_object_get(item, "source"), "acquisition", importing->acquisition);
	const char *member;
	json_t *value;
	void *next;

	if (object && title->n > 0) {
		ph_ref_text(ref, title);
		json_object_set_new(object, "title", json_string(ref));
	}
	json_object_foreach_safe(object, next, member, value)
	{
		if (json_is_null(value)) {
			json_object_del(object, member);
		}
	}
	return object;
}

static int take_copy(struct taking *to, json_t *item, struct ph_view code,
		     const struct ph_ref *title, struct ph_ledger *ledger)
{
	struct ph_importing *importing = to->importing;
	struct ph_error wrong = { .exit = PH_EXIT_DONE };
	struct ph_id id = { .code = code };
	struct ph_ref ref = { 0 };
	json_t *object;
	int rc;

	id.ns = ph_code_is_printed(code, importing->info.site / SITES_OF_PROVINCE)
			? 0
			: importing->info.site;
	rc = note_known(to, &id, ledger);
	if (rc < 0) {
		return rc;
	}
	object = copy_object(to, item, &id, title);
	rc = object ? put(to, object, &ref, &wrong) : -ENOMEM;
	json_decref(object);
	if (rc == 1) {
		return fail_record(to, wrong.text);
	}
	if (rc == 0) {
		importing->copies++;
	} else if (to->err && wrong.text[0]) {
		*to->err = wrong;
	}
	return rc;
}

static bool is_new(struct taking *to, json_t *item)
{
	uint8_t source[PH_SOURCE_SIZE];

	return source_of(item, source) &&
	       !ph_sources_find(to->importing->sources, PH_KIND_COPY_PUT, source);
}

static int take_copies(struct taking *to, json_t *items, const struct ph_ref *title,
		       struct ph_ledger *ledger)
{
	json_t *item;
	size_t i;
	int rc = 0;

	json_array_foreach(items, i, item)
	{
		json_t *code = json_object_get(item, "code");

		if (rc == 0 && json_is_string(code) && is_new(to, item)) {
			rc = take_copy(to, item,
				       PH_VIEW(json_string_value(code),
					       json_string_length(code)),
				       title, ledger);
		}
	}
	return rc;
}

/*
 * The copy of a record that names none: *ITEM_OUT, and its code, which is asked for
 * before the title is written, since the block may be used up. 0 or negative errno.
 */
static int print_code(struct taking *to, json_t *title, json_t **item_out,
		      char code[static PH_PRINTED_SIZE + 1])
{
	uint8_t source[PH_SOURCE_SIZE], own[PH_SOURCE_SIZE];
	char hex[2 * PH_SOURCE_SIZE + 1];
	int rc = 0;

	if (!source_of(title, source)) {
		return 0;
	}
	ph_marc_item_source(own, source, PH_MARC_PRINTED);
	ph_hex(hex, own, sizeof(own));
	*item_out = json_pack("{s:s}", "source", hex);
	if (!is_new(to, *item_out)) {
		json_decref(*item_out);
		*item_out = NULL;
		return 0;
	}
	if (to->importing->dry_run) {
		memset(code, '0', PH_PRINTED_SIZE);
		code[PH_PRINTED_SIZE] = '\0';
	} else {
		rc = ph_site_print_code(to->importing->site, code, to->err);
	}
	return rc;
}

/* --- one record --- */

static int take_notes(struct taking *to, json_t *notes)
{
	json_t *note;
	size_t i;
	int rc = 0;

	json_array_foreach(notes, i, note)
	{
		to->importing->notes++;
		rc = rc != 0 ? rc : remark(to, "note", json_string_value(note));
	}
	return rc;
}

static int take_record(struct taking *to)
{
	json_t *title = json_object_get(to->line, "title");
	json_t *items = json_object_get(to->line, "items");
	struct ph_ledger *ledger = ph_site_ledger(to->importing->site, to->err);
	char code[PH_PRINTED_SIZE + 1] = "";
	json_t *printed = NULL;
	struct ph_ref ref;
	int rc = ledger ? take_notes(to, json_object_get(to->line, "notes")) : -EIO;

	if (rc == 0 && to->importing->print_codes && json_array_size(items) == 0) {
		rc = print_code(to, title, &printed, code);
	}
	rc = rc != 0 ? rc : take_title(to, title, &ref);
	rc = rc != 0 ? rc : take_copies(to, items, &ref, ledger);
	if (rc == 0 && printed) {
		rc = take_copy(to, printed, ph_view_str(code), &ref, ledger);
	}
	json_decref(printed);
	if (rc == 0 && !to->anew && !to->failed) {
		to->importing->known++;
	}
	return rc < 0 ? rc : 0;
}

int ph_importing_take(struct ph_importing *importing, json_t *line, struct ph_error *err)
{
	struct taking to = { .importing = importing, .line = line, .err = err };
	const char *error = json_string_value(json_object_get(line, "error"));
	uint64_t shortages = ph_json_shortages();
	int rc;

	importing->records++;
	rc = error ? fail_record(&to, error) : take_record(&to);
	if (rc == 0 && ph_json_shortages() != shortages) {
		rc = -ENOMEM; /* a title may be missing in its copy, or the copy itself */
	}
	if (rc < 0) {
		return ph_fail_errno(err, rc, ph_say("importing", "nhập biểu ghi"));
	}
	importing->in_batch += to.anew ? 1 : 0;
	return 0;
}

int ph_importing_commit(struct ph_importing *importing, struct ph_error *err)
{
	int rc = 0;

	if (!importing->dry_run) {
		rc = ph_site_commit(importing->site, err);
		rc = rc != 0 ? rc : ph_site_begin(importing->site, err);
	}
	if (rc == 0) {
		importing->in_batch = 0;
		importing->safe_titles = importing->titles;
		importing->safe_copies = importing->copies;
	}
	return rc;
}
