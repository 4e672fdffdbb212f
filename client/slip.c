/*
 * client/slip.c - from the command line to entries that are safe.
 *
 * The options become members of the entry's JSON view, which ph_entry_from_json() turns
 * into an entry and checks, so that commands, `record` and scripts obey one table. All
 * entries of a command are one batch: they are printed when its commit has returned.
 */
#include "client/slip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/allowed.h"
#include "client/slip_told.h"
#include "common/base/text.h"
#include "common/cli/out.h"
#include "common/ledger/query.h"

int ph_slip_no_text(const char *text, size_t len, const char *what, struct ph_error *err)
{
	struct ph_view view = { .data = (const uint8_t *)text, .len = len };

	return ph_text_check(view) == PH_TEXT_E_UTF8
		       ? ph_fail(err, PH_EXIT_USAGE, -EINVAL,
				 ph_say("%s: is not UTF-8 text",
					"%s: không phải là chữ UTF-8"),
				 what)
		       : -ENOMEM;
}

int ph_slip_text(json_t *object, const char *member, const char *text,
		 struct ph_error *err)
{
	json_t *value = json_string(text);

	if (!value) {
		return ph_slip_no_text(text, strlen(text), member, err);
	}
	return json_object_set_new(object, member, value) == 0 ? 0 : -ENOMEM;
}

int ph_slip_number(json_t *object, const char *member, uint64_t number)
{
	return json_object_set_new(object, member, json_integer((json_int_t)number)) == 0
		       ? 0
		       : -ENOMEM;
}

int ph_slip_ref(json_t *object, const char *member, const struct ph_ref *ref)
{
	char text[PH_REF_TEXT];

	ph_ref_text(text, ref);
	return json_object_set_new(object, member, json_string(text)) == 0 ? 0 : -ENOMEM;
}

int ph_slip_id(json_t *object, const char *member, const struct ph_id *id,
	       struct ph_error *err)
{
	json_t *code = json_stringn((const char *)id->code.data, id->code.len);
	json_t *value;

	if (!code) {
		return ph_slip_no_text((const char *)id->code.data, id->code.len, member,
				       err);
	}
	value = json_pack("{s:I,s:o}", "ns", (json_int_t)id->ns, "code", code);
	return json_object_set_new(object, member, value) == 0 ? 0 : -ENOMEM;
}

/* --- the desk --- */

/* A wrong year is easily typed, and later facts of the same things then do not show. */
static void remark_future(struct ph_desk *desk)
{
	/* once a command, however often it opens the folder; in an agent it does once */
	static bool said;
	int64_t today = ph_site_today(desk->site);
	char day[PH_TIME_TEXT];

	if ((desk->cli->host || !said) && ph_desk_day(desk) > today + 1) {
		said = true;
		ph_day_text(day, today);
		fprintf(stderr,
			ph_say("%s: --when %s is later than today, %s: is the year "
			       "right? `void` takes back what is wrong\n",
			       "%s: --when %s sau hôm nay, %s: năm có đúng không? "
			       "`void` rút lại điều ghi sai\n"),
			desk->cli->program->name, ph_cli_get(desk->cli, "when"), day);
	}
}

int ph_desk_open(struct ph_desk *desk, const struct ph_cli *cli, struct ph_error *err)
{
	const char *behalf = ph_cli_get(cli, "behalf");
	int rc;

	*desk = (struct ph_desk){ .cli = cli };
	rc = ph_command_open(cli, &desk->site, err);
	if (rc < 0) {
		return rc;
	}
	ph_site_info(desk->site, &desk->info);
	desk->ledger = ph_site_ledger(desk->site, err);
	if (!desk->ledger) {
		rc = -EIO;
	}
	desk->scanner = (struct ph_scanner){ .site = desk->site,
					     .as_is = ph_cli_has(cli, "as-is") };
	if (rc == 0 && behalf) {
		rc = ph_scan_site(desk->site, behalf, &desk->behalf, err);
	}
	if (rc == 0) {
		rc = ph_site_begin(desk->site, err);
		desk->open = rc == 0;
	}
	if (rc < 0) {
		ph_desk_close(desk);
	} else if (ph_cli_has(cli, "when")) {
		remark_future(desk);
	}
	return rc;
}

static void free_slip(struct ph_slip *slip)
{
	if (slip) {
		json_decref(slip->object);
		json_decref(slip->unknown_copies);
		ph_buf_wipe(&slip->arena); /* it may hold a name */
	}
	free(slip);
}

static void drop_slips(struct ph_desk *desk)
{
	for (size_t i = 0; i < desk->n; i++) {
		free_slip(desk->slips[i]);
	}
	desk->n = 0;
}

void ph_desk_close(struct ph_desk *desk)
{
	if (desk->open) {
		ph_site_undo(desk->site);
	}
	drop_slips(desk);
	free(desk->slips);
	ph_scanner_deinit(&desk->scanner);
	ph_site_close(desk->site);
	*desk = (struct ph_desk){ 0 };
}

json_t *ph_desk_slip(struct ph_desk *desk, const char *kind, struct ph_error *err)
{
	static const struct ph_slip_field extras[] = { PH_SLIP_NAMED("when"),
						       PH_SLIP_NAMED("staff"),
						       { 0 } };
	const struct ph_kind *table = ph_kind_named(ph_view_str(kind));
	json_t *object = json_pack("{s:s}", "kind", kind);
	int rc = table ? ph_allowed(desk->site, table->number, desk->behalf, err) : 0;

	rc = rc != 0  ? rc
	     : object ? ph_desk_fields(desk, extras, object, NULL, err)
		      : -ENOMEM;

	desk->ref_unknown = false;
	if (rc == 0 && desk->behalf) {
		rc = ph_slip_number(object, "behalf", desk->behalf);
	}
	if (rc < 0) {
		ph_fail_errno(err, rc, kind);
		json_decref(object);
		return NULL;
	}
	return object;
}

/* A put of something that stands already has seen what stands. */
static int fill_seen(struct ph_desk *desk, struct ph_entry *entry)
{
	enum ph_entity type = PH_ENTITY_COPY;
	struct ph_entity_key key;

	switch (entry->number) {
	case PH_KIND_TITLE_PUT:
	case PH_KIND_READER_PUT:
	case PH_KIND_WORKER_PUT:
		type = entry->number == PH_KIND_TITLE_PUT    ? PH_ENTITY_TITLE
		       : entry->number == PH_KIND_READER_PUT ? PH_ENTITY_READER
							     : PH_ENTITY_WORKER;
		if (!entry->field[0].set) {
			return 0;
		}
		key = ph_key_ref(type, &entry->field[0].as.ref);
		break;
	case PH_KIND_COPY_PUT:
		if (!ph_key_id(type, &entry->field[PH_COPY_COPY].as.id, &key)) {
			return 0;
		}
		break;
	case PH_KIND_MODEL_PUT:
		type = PH_ENTITY_MODEL;
		if (!ph_key_bytes(type, entry->field[PH_MODEL_COMMUNE].as.bytes, &key)) {
			return 0;
		}
		break;
	default:
		return 0;
	}
	return ph_query_fill_seen(desk->ledger, type, ph_key_view(&key), entry);
}

/* A term counts from the day on which the loan counts. */
static void set_due(struct ph_slip *slip)
{
	static const struct {
		uint64_t kind;
		int term, due;
	} promises[] = {
		{ PH_KIND_LOAN, PH_LOAN_TERM, PH_LOAN_DUE },
		{ PH_KIND_RENEW, PH_RENEW_TERM, PH_RENEW_DUE },
		{ PH_KIND_UNCODED_LOAN, PH_UNCODED_LOAN_TERM, PH_UNCODED_LOAN_DUE },
	};
	const struct ph_entry *entry = &slip->entry;

	for (size_t i = 0; i < sizeof(promises) / sizeof(promises[0]); i++) {
		const struct ph_value *term = &entry->field[promises[i].term];
		const struct ph_value *due = &entry->field[promises[i].due];

		if (entry->number == promises[i].kind) {
			slip->has_due = term->set || due->set;
			slip->due = due->set ? due->as.day
					     : ph_day_of(ph_entry_effective(entry)) +
						       (int64_t)(term->set ? term->as.uint
									   : 0);
		}
	}
}

static int keep(struct ph_desk *desk, struct ph_slip *slip)
{
	if (desk->n == desk->cap) {
		size_t cap = desk->cap ? desk->cap * 2 : 8;
		struct ph_slip **slips = realloc(desk->slips, cap * sizeof(slips[0]));

		if (!slips) {
			return -ENOMEM;
		}
		desk->slips = slips;
		desk->cap = cap;
	}
	desk->slips[desk->n++] = slip;
	return 0;
}

int ph_desk_put(struct ph_desk *desk, json_t **object, const struct ph_slip **slip_out,
		struct ph_error *err)
{
	struct ph_scanner *scanner = &desk->scanner;
	struct ph_json_scope scope = ph_scan_scope(scanner);
	struct ph_slip *slip = calloc(1, sizeof(*slip));
	int rc;

	if (!slip) {
		json_decref(*object);
		*object = NULL;
		return ph_fail_errno(err, -ENOMEM,
				     ph_say("making an entry", "lập giao dịch"));
	}
	slip->object = *object;
	*object = NULL;
	scanner->err = err;
	ph_scanner_begin(scanner);
	rc = ph_entry_from_json(slip->object, &scope, &slip->entry, &slip->arena, err);
	slip->copy_unknown = scanner->copy_unknown;
	slip->card_unknown = scanner->card_unknown;
	slip->crate_unknown = scanner->crate_unknown;
	slip->unknown_copies = scanner->unknown_copies;
	scanner->unknown_copies = NULL;
	slip->ref_unknown = desk->ref_unknown;
	rc = rc != 0 ? rc : ph_allowed_entry(desk->site, &slip->entry, err);
	rc = rc != 0 ? rc : fill_seen(desk, &slip->entry);
	rc = rc != 0 ? rc : ph_site_write(desk->site, &slip->entry, 1, &slip->ref, err);
	if (rc == 0) {
		set_due(slip);
		rc = keep(desk, slip);
	}
	if (rc != 0) {
		free_slip(slip);
		return ph_fail_errno(err, rc, ph_say("making an entry", "lập giao dịch"));
	}
	if (slip_out) {
		*slip_out = slip;
	}
	return 0;
}

int ph_desk_save(struct ph_desk *desk, struct ph_error *err)
{
	int rc = ph_site_commit(desk->site, err);

	desk->open = false;
	if (rc < 0) {
		return rc;
	}
	rc = ph_slips_tell(desk->cli, desk->slips, desk->n);
	if (rc == 0 || rc == PH_OUT_LOST) {
		rc = ph_out_flush(ph_say("saved, do not enter it again; ",
					 "đã lưu, đừng nhập lại; "),
				  err);
	}
	return rc;
}
