/*
 * client/slip_set.c - words and options of a command line, as members of an entry.
 *
 * The kind table decides what a member holds: a number is looked at here, so that the
 * error names the option and its limits; every other value goes on as text into the JSON
 * view, where ph_entry_from_json() reads it. Sites, readers and times of day are looked up.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/slip.h"
#include "common/cli/out.h"
#include "common/ledger/rule.h"

/* The field of OBJECT's kind that MEMBER names, sealed or not; NULL: an extra. */
static const struct ph_field *field_of(json_t *object, const char *member,
				       bool *sealed_out)
{
	const char *name = json_string_value(json_object_get(object, "kind"));
	const struct ph_kind *kind = ph_kind_named(ph_view_str(name));
	int plain = ph_kind_field(kind, member);
	int sealed = ph_kind_sealed_field(kind, member);

	*sealed_out = plain < 0 && sealed >= 0;
	if (plain >= 0) {
		return &kind->fields[plain];
	}
	return sealed >= 0 ? &kind->sealed[sealed] : NULL;
}

static int set_plain(json_t *object, const char *member, const char *what,
		     const char *text, struct ph_error *err)
{
	bool is_sealed;
	const struct ph_field *field = field_of(object, member, &is_sealed);
	uint64_t number;
	int rc;

	if (!field || field->type != PH_T_UINT) {
		return ph_slip_text(object, member, text, err);
	}
	rc = (is_sealed ? ph_cli_uint_of_person : ph_cli_uint)(text, what, field->min,
							       field->max, &number, err);
	return rc != 0 ? rc : ph_slip_number(object, member, number);
}

/* HH:MM, from 00:00 to 24:00. */
static int set_clock(json_t *object, const char *member, const char *what,
		     const char *text, struct ph_error *err)
{
	unsigned hours = 0, minutes = 0;
	char shown[64];

	if (strlen(text) == 5 && strspn(text, "0123456789") == 2 && text[2] == ':' &&
	    strspn(text + 3, "0123456789") == 2) {
		hours = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
		minutes = (unsigned)(text[3] - '0') * 10 + (unsigned)(text[4] - '0');
		if (minutes < 60 && hours * 60 + minutes <= 1440) {
			return ph_slip_number(object, member, hours * 60 + minutes);
		}
	}
	ph_text_safe(shown, sizeof(shown), text, strlen(text));
	return ph_fail(
		err, PH_EXIT_USAGE, -EINVAL,
		ph_say("%s: \"%s\" is not a time of day from 00:00 to 24:00, as 07:30",
		       "%s: “%s” không phải là giờ trong ngày từ 00:00 đến 24:00, như "
		       "07:30"),
		what, shown);
}

/* --- references --- */

/* The kind of the entry by whose reference a thing of TYPE is named; 0: of any. */
static unsigned first_kind(enum ph_entity type)
{
	switch (type) {
	case PH_ENTITY_TITLE:
		return PH_KIND_TITLE_PUT;
	case PH_ENTITY_READER:
		return PH_KIND_READER_PUT;
	case PH_ENTITY_WORKER:
		return PH_KIND_WORKER_PUT;
	case PH_ENTITY_HOLD:
		return PH_KIND_HOLD_PLACE;
	case PH_ENTITY_STOP:
		return PH_KIND_MOBILE_STOP;
	case PH_ENTITY_REPORT:
		return PH_KIND_REPORT_ISSUE;
	case PH_ENTITY_ERASURE:
		return PH_KIND_READER_ERASE;
	default:
		return 0;
	}
}

int ph_desk_look_entry(struct ph_desk *desk, unsigned kind, const struct ph_ref *ref,
		       struct ph_error *err)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	int rc = ph_site_entry(desk->site, ref, &bytes, NULL);

	desk->ref_unknown |= rc > 0;
	if (rc == 0 && kind != 0 && ph_entry_decode(ph_buf_view(&bytes), &entry) == 0 &&
	    entry.number != kind) {
		rc = ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			     ph_say("this entry is %s, and not %s",
				    "giao dịch này là %s, không phải %s"),
			     entry.kind->name, ph_kind_find(kind)->name);
	}
	ph_buf_deinit(&bytes);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("looking up an entry", "tìm giao dịch"))
		      : 0;
}

int ph_desk_look(struct ph_desk *desk, enum ph_entity type, const struct ph_ref *ref,
		 struct ph_error *err)
{
	struct ph_entity_key key = ph_key_ref(type, ref);
	bool unknown = desk->ref_unknown;
	struct ph_buf state = { 0 };
	int rc = ph_desk_look_entry(desk, first_kind(type), ref, err);

	if (rc < 0) {
		return rc;
	}
	/* its entry may have been left elsewhere, and others name it here */
	rc = ph_ledger_get(desk->ledger, type, ph_key_view(&key), &state);
	ph_buf_deinit(&state);
	desk->ref_unknown = unknown || rc == PH_LEDGER_E_NONE;
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("reading the ledger", "đọc sổ"))
		      : 0;
}

static const char *noun_of(enum ph_entity type)
{
	switch (type) {
	case PH_ENTITY_TITLE:
		return ph_say("a title", "một nhan đề");
	case PH_ENTITY_HOLD:
		return ph_say("a hold", "một lượt đặt giữ");
	case PH_ENTITY_WORKER:
		return ph_say("a worker", "một người làm");
	case PH_ENTITY_STOP:
		return ph_say("a stop", "một điểm lưu động");
	case PH_ENTITY_REPORT:
		return ph_say("a report", "một báo cáo");
	case PH_ENTITY_ERASURE:
		return ph_say("an erasure", "một lần xóa");
	default:
		return ph_say("an entry", "một giao dịch");
	}
}

static int set_ref(struct ph_desk *desk, json_t *object,
		   const struct ph_slip_field *field, const char *text,
		   struct ph_error *err)
{
	const char *noun = field->how == PH_SLIP_ENTRY
				   ? ph_say("an entry", "một giao dịch")
				   : noun_of(field->entity);
	/* no site has the log that reports stand in */
	const char *shown_by =
		field->how == PH_SLIP_ENTRY || field->entity != PH_ENTITY_REPORT
			? NULL
			: ph_say("the hub shows it (`packhorsed report "
				 "list`)",
				 "thư viện tỉnh cho biết (`packhorsed "
				 "report list`)");
	struct ph_ref ref;
	int rc = field->how == PH_SLIP_READER
			 ? ph_scan_reader(&desk->scanner, text, &ref, err)
			 : ph_scan_ref(text, noun, shown_by, &ref, err);

	rc = rc != 0 ? rc : ph_slip_ref(object, field->member, &ref);
	if (rc != 0) {
		return rc;
	}
	if (field->how == PH_SLIP_ENTRY) {
		return ph_desk_look_entry(desk, field->kind, &ref, err);
	}
	return ph_desk_look(
		desk, field->how == PH_SLIP_READER ? PH_ENTITY_READER : field->entity,
		&ref, err);
}

/* --- for whoever stands at the desk --- */

int64_t ph_desk_day(struct ph_desk *desk)
{
	const char *when = ph_cli_get(desk->cli, "when");
	int64_t seconds, day;

	if (when && ph_day_parse(when, strlen(when), &day) == 0) {
		return day;
	}
	if (when && ph_time_parse(when, strlen(when), &seconds) == 0) {
		return ph_day_of(seconds);
	}
	return ph_site_today(desk->site);
}

void ph_desk_say(const struct ph_desk *desk, const char *what, const char *why)
{
	char shown[2 * PH_CODE_MAX];

	ph_text_safe(shown, sizeof(shown), what, strlen(what));
	fprintf(stderr, "%s: %s: %s\n", desk->cli->program->name, shown, why);
}

/* --- all of them --- */

int ph_desk_set(struct ph_desk *desk, json_t *object, const struct ph_slip_field *field,
		const char *what, const char *text, struct ph_error *err)
{
	uint64_t site;
	int rc;

	switch (field->how) {
	case PH_SLIP_PLAIN:
		return set_plain(object, field->member, what, text, err);
	case PH_SLIP_FLAG:
		return ph_slip_number(object, field->member, 1);
	case PH_SLIP_SITE:
		rc = ph_scan_site(desk->site, text, &site, err);
		return rc != 0 ? rc : ph_slip_number(object, field->member, site);
	case PH_SLIP_CLOCK:
		return set_clock(object, field->member, what, text, err);
	case PH_SLIP_READER:
	case PH_SLIP_ENTITY:
	case PH_SLIP_ENTRY:
		return set_ref(desk, object, field, text, err);
	}
	return -EINVAL;
}

int ph_desk_fields(struct ph_desk *desk, const struct ph_slip_field *fields,
		   json_t *object, unsigned *count_out, struct ph_error *err)
{
	unsigned count = 0;
	char what[64];
	int rc = 0;

	for (; rc == 0 && fields->option; fields++) {
		const char *text = ph_cli_get(desk->cli, fields->option);

		if (text) {
			count++;
			snprintf(what, sizeof(what), "--%s", fields->option);
			rc = ph_desk_set(desk, object, fields, what, text, err);
		}
	}
	if (count_out) {
		*count_out = count;
	}
	return rc;
}

int ph_desk_term(struct ph_desk *desk, json_t *object, struct ph_error *err)
{
	static const struct ph_slip_field fields[] = { PH_SLIP_NAMED("term"),
						       PH_SLIP_NAMED("due"),
						       { 0 } };
	unsigned count;
	int rc = ph_desk_fields(desk, fields, object, &count, err);

	if (rc == 0 && count == 0) {
		rc = ph_slip_number(object, "term",
				    ph_rule_days(desk->ledger, PH_RULE_LOAN_DAYS));
	}
	return rc;
}
