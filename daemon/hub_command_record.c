/*
 * daemon/hub_command_record.c - entries in their JSON view, as `packhorsed record` and the
 * commands that fill in a form send them.
 *
 *   {"command":"record","entries":[{...} ...],"lines":[1,2,4 ...],"refs":{"1":"..."}}
 *
 * All entries are written in one transaction or none is. One alone that is wrong is the
 * error of the request; of several each has its own answer, so that a person sees all
 * that is wrong at once. "@K" is the entry of line K: of this request by `lines` (or else
 * by its place), of earlier ones by `refs`.
 */
#include "common/base/say.h"
#include "daemon/hub_name.h"
#include "daemon/hub_plan.h"
#include "daemon/hub_put.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json_memory.h"
#include "common/ledger/cases.h"
#include "common/log/json_refs.h"

struct recording {
	struct ph_hub *hub;
	const json_t *request;
	json_t *entries, *answers;
	size_t at;           /* of the entry in hand */
	struct ph_ref *refs; /* by place; n 0: nothing was written */
	unsigned failed;
};

/* What an entry borrows while it is written. */
struct draft {
	struct ph_entry entry;
	struct ph_buf arena;
	struct ph_hub_put put;
};

static uint64_t line_of(const struct recording *recording, size_t i)
{
	const json_t *line =
		json_array_get(json_object_get(recording->request, "lines"), i);

	return line ? (uint64_t)json_integer_value(line) : i + 1;
}

/* The entry that LINE wrote: here, or in a request before. */
static bool find_line(void *data, uint64_t line, struct ph_ref *out)
{
	const struct recording *recording = data;
	char name[24];
	const char *text;

	for (size_t i = 0; i < recording->at; i++) {
		if (line_of(recording, i) == line && recording->refs[i].n > 0) {
			*out = recording->refs[i];
			return true;
		}
	}
	snprintf(name, sizeof(name), "%" PRIu64, line);
	text = json_string_value(
		json_object_get(json_object_get(recording->request, "refs"), name));
	return text && ph_ref_parse(text, strlen(text), out) == 0;
}

/* --- one entry --- */

static const struct ph_kind *kind_of(const json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "kind"));

	return name ? ph_kind_named(ph_view_str(name)) : NULL;
}

/* A decision is of a case that there is. */
static int check_case(struct ph_hub *hub, const struct ph_value *id, struct ph_error *err)
{
	struct ph_case_row row;
	char text[2 * PH_CASE_ID_SIZE + 1];
	int rc = ph_case_get(hub->ledger, id->as.bytes.data, &row);

	if (rc == PH_LEDGER_E_NONE) {
		ph_hex(text, id->as.bytes.data, PH_CASE_ID_SIZE);
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("case: there is no case %s now; `packhorsed cases` shows "
			       "those there are, `packhorsed case decide` decides one",
			       "case: hiện không có việc %s; `packhorsed cases` liệt kê "
			       "các việc, `packhorsed case decide` để quyết"),
			text);
	}
	if (rc == 0) {
		ph_case_row_deinit(&row);
	}
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("reading the case", "đọc việc"))
		      : 0;
}

/* What commands of their own see to, and what they would refuse. */
static int check_own(struct ph_hub *hub, const struct ph_entry *entry,
		     struct ph_error *err)
{
	const struct ph_value *field = entry->field;
	struct ph_hub_site site;
	char code[PH_SITE_CODE_MAX + 1];
	int rc;

	if (entry->number == PH_KIND_POLICY_PUT && field[PH_POLICY_VALUE].set) {
		return ph_hub_policy_check(field[PH_POLICY_NAME].as.bytes,
					   field[PH_POLICY_VALUE].as.bytes, err);
	}
	if (entry->number == PH_KIND_CASE_DECIDE) {
		return check_case(hub, &field[PH_DECIDE_CASE], err);
	}
	if (entry->number != PH_KIND_SITE_PUT || !field[PH_SITE_CODE].set) {
		return 0;
	}
	snprintf(code, sizeof(code), "%.*s", (int)field[PH_SITE_CODE].as.bytes.len,
		 (const char *)field[PH_SITE_CODE].as.bytes.data);
	rc = ph_hub_site_find(hub, code, &site);
	if (rc == 0 && site.number != field[PH_SITE_SITE].as.uint) {
		rc = ph_fail(err, PH_EXIT_USAGE, -EEXIST,
			     ph_say("code: \"%s\" is the code of site %" PRIu64
				    " (%s) already",
				    "code: “%s” đã là mã của điểm %" PRIu64 " (%s)"),
			     code, site.number, site.name);
	}
	return rc < 0 ? rc : 0;
}

/* Whether OBJECT says what its writer has seen; an empty `seen`: nothing. */
static bool says_seen(json_t *object)
{
	const json_t *seen = json_object_get(object, "seen");
	bool says = seen != NULL;

	if (json_is_object(seen) && json_object_size(seen) == 0) {
		json_object_del(object, "seen");
	}
	return says;
}

static int read_entry(struct recording *recording, json_t *object, struct draft *draft,
		      struct ph_error *err)
{
	const struct ph_json_lines lines = { find_line, recording };
	struct ph_hub *hub = recording->hub;
	const struct ph_kind *kind = kind_of(object);
	struct ph_hub_codes codes = { .hub = hub, .err = err };
	struct ph_json_scope scope = ph_hub_codes_scope(&codes);
	bool seen = !says_seen(object);
	int rc = json_is_object(object) ? ph_json_refs(object, kind, &lines, err)
					: ph_fail(err, PH_EXIT_USAGE, -EINVAL,
						  ph_say("is not a JSON object",
							 "không phải là đối tượng JSON"));

	rc = rc != 0 || !kind ? rc : ph_hub_put_kind(kind, err);
	rc = rc != 0 ? rc : ph_hub_sites_numbered(hub, object, kind, err);
	codes.behalf = (uint64_t)json_integer_value(json_object_get(object, "behalf"));
	rc = rc != 0 ? rc
		     : ph_entry_from_json(object, &scope, &draft->entry, &draft->arena,
					  err);
	rc = rc != 0 ? rc : ph_hub_put_look(hub, &draft->entry, seen, &draft->put, err);
	rc = rc != 0 || !draft->put.refolds ? rc
					    : ph_hub_page_refold(recording->request, err);
	rc = rc != 0 ? rc
		     : ph_hub_plan_check(hub, &draft->entry, recording->entries,
					 recording->at, err);
	return rc != 0 ? rc : check_own(hub, &draft->entry, err);
}

static json_t *answer_error(int rc, const struct ph_error *err)
{
	return json_pack("{s:b, s:i, s:s*, s:s}", "ok", 0, "exit", (int)err->exit,
			 "reason", ph_hub_command_reason(rc), "error", err->text);
}

/* Whether what went wrong is the entry's fault alone, so that the next may be looked at. */
static bool is_its_own(int rc)
{
	return rc == -EINVAL || rc == -EMSGSIZE || rc == -ENOENT || rc == -EEXIST ||
	       rc == -EPERM;
}

/* An operator's entry among others: it is signed for a place in the log that is not known yet. */
static int check_batch(const struct recording *recording, const struct draft *draft,
		       struct ph_error *err)
{
	return !draft->put.by_operator || json_array_size(recording->entries) == 1
		       ? 0
		       : ph_fail(err, PH_EXIT_USAGE, -EPERM,
				 ph_say("%s: an operator signs it, so it cannot be one "
					"of a batch; give it by itself",
					"%s: người vận hành phải ký, nên không thể nằm "
					"trong một loạt; hãy đưa riêng"),
				 draft->entry.kind->name);
}

static int record_one(struct recording *recording, struct draft *draft, json_t **answer,
		      struct ph_error *err)
{
	int rc = read_entry(recording, json_array_get(recording->entries, recording->at),
			    draft, err);

	rc = rc != 0 ? rc : check_batch(recording, draft, err);
	if (rc == 0 && !draft->put.by_operator) {
		rc = ph_hub_put_add(recording->hub, &draft->put, err);
		if (rc == 0) {
			recording->refs[recording->at] = draft->put.ref;
			*answer = ph_hub_put_tell(recording->hub, &draft->put);
		}
	}
	return rc;
}

/* --- all of them --- */

/* The only entry is one that an operator must sign: there is nothing to commit. */
static int ask_operator(struct recording *recording, struct draft *draft, json_t **answer,
			struct ph_error *err)
{
	ph_hub_put_undo(recording->hub);
	return ph_hub_put_ask(recording->hub, &draft->put, answer, err);
}

/* None was written: one that was right says so too. */
static void take_back(json_t *answers)
{
	json_t *answer;
	size_t i;

	json_array_foreach(answers, i, answer)
	{
		if (json_is_true(json_object_get(answer, "ok"))) {
			json_object_clear(answer);
			json_object_set_new(answer, "ok", json_false());
			json_object_set_new(
				answer, "error",
				json_string(ph_say(
					"not written: another line of the batch is wrong",
					"chưa ghi: có dòng khác trong loạt bị sai")));
		}
	}
}

/* LINES and REFS may lack; if they are there, they are of their form. */
static int check_lines(const json_t *request, size_t n, struct ph_error *err)
{
	const json_t *lines = json_object_get(request, "lines");
	json_t *refs = json_object_get(request, "refs");
	const char *name;
	const json_t *item;
	json_t *ref;
	struct ph_ref parsed;
	size_t i;
	bool fits = !lines || (json_is_array(lines) && json_array_size(lines) == n);

	json_array_foreach(lines, i, item)
	{
		fits = fits && json_is_integer(item) && json_integer_value(item) > 0;
	}
	if (!fits) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("lines: is no list of line numbers, one for each entry",
			       "lines: không phải là danh sách số dòng, mỗi giao dịch "
			       "một số"));
	}
	fits = !refs || json_is_object(refs);
	json_object_foreach(refs, name, ref)
	{
		const char *text = json_string_value(ref);

		fits = fits && name[strspn(name, "0123456789")] == '\0' && text &&
		       ph_ref_parse(text, strlen(text), &parsed) == 0;
	}
	return fits ? 0
		    : ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			      ph_say("refs: is no object of line numbers and references "
				     "(<log>.<n>.<hash>)",
				     "refs: không phải là đối tượng gồm số dòng và tham "
				     "chiếu (<log>.<n>.<hash>)"));
}

/* In a transaction; *SIGNS: it was undone, and nothing of it is to be committed. */
static int record_all(struct recording *recording, bool *signs, struct ph_error *err)
{
	size_t n = json_array_size(recording->entries);
	struct draft *draft = calloc(1, sizeof(*draft));
	int rc = draft ? 0 : -ENOMEM;

	for (; rc == 0 && recording->at < n; recording->at++) {
		struct ph_error wrong = { .exit = PH_EXIT_DONE };
		json_t *answer = NULL;

		memset(draft, 0, sizeof(*draft));
		rc = record_one(recording, draft, &answer, &wrong);
		if (rc == 0 && draft->put.by_operator) {
			*signs = true;
			rc = ask_operator(recording, draft, &answer, &wrong);
		} else if (n > 1 && is_its_own(rc)) {
			(void)ph_fail_errno(&wrong, rc, ph_say("the entry", "giao dịch"));
			answer = answer_error(rc, &wrong);
			recording->failed++;
			rc = 0;
		}
		ph_buf_wipe(&draft->arena); /* it may hold a name */
		if (rc == 0 && json_array_append_new(recording->answers, answer)) {
			rc = -ENOMEM;
		}
		if (rc != 0 && wrong.exit != PH_EXIT_DONE) {
			(void)ph_fail(err, wrong.exit, rc, "%s", wrong.text);
		}
	}
	free(draft);
	return rc;
}

int ph_hub_record(struct ph_hub *hub, const json_t *request, json_t *answer,
		  struct ph_error *err)
{
	struct recording recording = { .hub = hub,
				       .request = request,
				       .entries = json_object_get(request, "entries"),
				       .answers = json_array() };
	size_t n = json_array_size(recording.entries);
	uint64_t shortages = ph_json_shortages();
	bool signs = false;
	int rc;

	json_object_set_new(answer, "entries", recording.answers);
	if (n == 0) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("the request has no entries",
				      "yêu cầu không có giao dịch nào"));
	}
	rc = check_lines(request, n, err);
	if (rc < 0) {
		return rc;
	}
	recording.refs = calloc(n, sizeof(*recording.refs));
	rc = recording.refs ? ph_hub_put_begin(hub, err) : -ENOMEM;
	if (rc == 0) {
		rc = record_all(&recording, &signs, err);
		if (rc == 0 && ph_json_shortages() != shortages) {
			rc = -ENOMEM; /* before it is written: nobody could be told all */
		}
		if (rc == 0 && !signs && recording.failed == 0) {
			rc = ph_hub_put_end(hub, err);
		} else if (!signs) {
			ph_hub_put_undo(hub);
			take_back(recording.answers);
		}
	}
	free(recording.refs);
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("recording", "ghi nhận")) : 0;
}
