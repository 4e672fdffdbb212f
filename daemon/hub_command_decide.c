/*
 * daemon/hub_command_decide.c - case decide: what a person makes of a case.
 *
 * The choice is drawn up as ordinary entries (common/ledger/cases_choice.h), and these
 * are recorded like any others, with the decision as the last of them: all in one
 * transaction, or, if any is refused, none. What an operator must sign is refused there.
 */
#include "common/base/say.h"
#include "daemon/hub_name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/cases_choice.h"

#define LISTED_MAX 64 /* entries that a decision names */

struct deciding {
	struct ph_hub *hub;
	const json_t *request;
	struct ph_case_row row;
	unsigned choice;
	struct ph_case_words words;
	struct ph_ref *voids; /* of the words */
	json_t *entries;      /* what is to be written */
	struct ph_error *err;
};

/* --- what is asked for --- */

static int find_case(struct deciding *deciding, bool *found)
{
	struct ph_error *err = deciding->err;
	const char *prefix = ph_request_need(deciding->request, "case", err);
	uint8_t id[PH_CASE_ID_SIZE];
	int rc = prefix ? ph_hub_case_called(deciding->hub, prefix, id, err) : -EINVAL;

	if (rc < 0) {
		return rc;
	}
	rc = ph_case_get(deciding->hub->ledger, id, &deciding->row);
	if (rc == PH_LEDGER_E_NONE) {
		return ph_fail(err, PH_EXIT_OTHER, -ENOENT,
			       ph_say("the case %s is gone: its facts contradict each "
				      "other no more, and nothing is to be decided",
				      "việc %s không còn: các sự việc không còn mâu "
				      "thuẫn, không phải quyết gì"),
			       prefix);
	}
	*found = rc == 0;
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("reading the case", "đọc việc"))
		      : 0;
}

/* The person has seen other facts than those that there are now. */
static int check_facts(const struct deciding *deciding)
{
	const char *seen = ph_request_text(deciding->request, "facts");
	char now[2 * PH_CASE_FACTS_SIZE + 1];

	ph_hex(now, deciding->row.facts, PH_CASE_FACTS_SIZE);
	return !seen || strcmp(seen, now) == 0
		       ? 0
		       : ph_fail(deciding->err, PH_EXIT_OTHER, -ESTALE,
				 ph_say("the facts of the case have changed since: their "
					"digest is %s. Nothing was decided; look again",
					"các sự việc đã thay đổi từ lúc đó: mã băm là "
					"%s. Chưa quyết gì; hãy xem lại"),
				 now);
}

/* Two people may look at one case: the second one hears that it is done, and by what. */
static int check_open(const struct deciding *deciding)
{
	char id[2 * PH_CASE_ID_SIZE + 1];

	if (deciding->row.status != PH_CASE_DECIDED ||
	    json_is_true(json_object_get(deciding->request, "again"))) {
		return 0;
	}
	ph_hex(id, deciding->row.id, PH_CASE_ID_SIZE);
	return ph_fail(
		deciding->err, PH_EXIT_OTHER, -EEXIST,
		ph_say("the case was decided already, on these facts: see `case show "
		       "%.8s`. Nothing was written; to decide otherwise say --again",
		       "việc này đã được quyết trên đúng các sự việc này: xem `case show "
		       "%.8s`. Chưa ghi gì; muốn quyết khác thì thêm --again"),
		id);
}

/* "later, earlier, other" */
static void list_choices(unsigned kind, char *out, size_t size)
{
	unsigned choices[PH_CASE_CHOICES_MAX];
	size_t n = ph_case_choices(kind, choices), len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < n && len < size; i++) {
		len += (size_t)snprintf(out + len, size - len, "%s%s", i > 0 ? ", " : "",
					ph_case_choice_name(choices[i]));
	}
}

static int read_choice(struct deciding *deciding)
{
	const char *name = ph_request_need(deciding->request, "choice", deciding->err);
	unsigned kind = deciding->row.kind;
	char possible[160];
	int choice;

	if (!name) {
		return -EINVAL;
	}
	choice = ph_case_choice_named(name);
	if (choice < 0 || !ph_case_choice_doc(kind, (unsigned)choice)) {
		list_choices(kind, possible, sizeof(possible));
		return ph_fail(
			deciding->err, PH_EXIT_USAGE, -EINVAL,
			ph_say("\"%.40s\" is no decision of a case %s: these are %s",
			       "“%.40s” không phải là cách quyết cho việc %s: có các "
			       "cách %s"),
			name, ph_case_name(kind), possible);
	}
	deciding->choice = (unsigned)choice;
	return 0;
}

/* An entry that is not here cannot be judged wrong by anyone. */
static int read_void(struct deciding *deciding, const char *text, struct ph_ref *ref)
{
	struct ph_buf bytes = { 0 };
	struct ph_log log;
	int rc;

	if (!text || ph_ref_parse(text, strlen(text), ref) != 0) {
		return ph_fail(deciding->err, PH_EXIT_USAGE, -EINVAL,
			       "--void: \"%.80s\" is no reference (<log>.<n>.<hash>)",
			       text ? text : "");
	}
	rc = ph_journal_resolve(deciding->hub->journal, ref, &log, &bytes);
	ph_buf_deinit(&bytes);
	return rc == 0  ? 0
	       : rc > 0 ? ph_fail(deciding->err, PH_EXIT_OTHER, -ENOENT,
				  "--void: no entry %s is here", text)
			: ph_fail_errno(deciding->err, rc,
					ph_say("looking up an entry", "tìm giao dịch"));
}

static int read_words(struct deciding *deciding)
{
	const json_t *list = json_object_get(deciding->request, "voids");
	const char *site = ph_request_text(deciding->request, "site");
	size_t n = json_array_size(list);
	int rc = 0;

	deciding->voids = calloc(n + 1, sizeof(*deciding->voids));
	if (!deciding->voids) {
		return -ENOMEM;
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = read_void(deciding, json_string_value(json_array_get(list, i)),
			       &deciding->voids[i]);
	}
	deciding->words.voids = deciding->voids;
	deciding->words.n_voids = n;
	return rc != 0 || !site
		       ? rc
		       : ph_hub_site_called(deciding->hub, site, &deciding->words.site,
					    deciding->err);
}

/* --- what is written --- */

static int draw_up(struct deciding *deciding)
{
	const char *wants = NULL;
	int rc = ph_case_plan(deciding->hub->ledger, &deciding->row, deciding->choice,
			      &deciding->words, &deciding->entries, &wants);

	if (rc == PH_LEDGER_E_NONE) {
		return ph_fail(deciding->err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("%s needs %s: %s", "%s cần %s: %s"),
			       ph_case_choice_name(deciding->choice),
			       wants ? wants : ph_say("other facts", "các sự việc khác"),
			       ph_case_choice_doc(deciding->row.kind, deciding->choice));
	}
	return rc < 0 ? ph_fail_errno(deciding->err, rc,
				      ph_say("drawing up what is to be written",
					     "soạn những gì sẽ ghi"))
		      : 0;
}

/* "@1" ... : the entries before the decision. */
static json_t *lines_before(size_t n)
{
	json_t *lines = json_array();
	char line[24];

	for (size_t i = 1; i <= n && i <= LISTED_MAX; i++) {
		snprintf(line, sizeof(line), "@%zu", i);
		json_array_append_new(lines, json_string(line));
	}
	return lines;
}

static int add_decision(struct deciding *deciding)
{
	size_t n = json_array_size(deciding->entries);
	char id[2 * PH_CASE_ID_SIZE + 1], facts[2 * PH_CASE_FACTS_SIZE + 1];
	json_t *entry;

	ph_hex(id, deciding->row.id, PH_CASE_ID_SIZE);
	ph_hex(facts, deciding->row.facts, PH_CASE_FACTS_SIZE);
	entry = json_pack("{s:s, s:s, s:s, s:s}", "kind", "case-decide", "case", id,
			  "choice", ph_case_choice_name(deciding->choice), "facts",
			  facts);
	if (entry && n > 0 &&
	    json_object_set_new(entry, "entries", lines_before(n)) != 0) {
		json_decref(entry);
		return -ENOMEM;
	}
	return json_array_append_new(deciding->entries, entry) != 0 ? -ENOMEM : 0;
}

/* If one of several was refused, none was written: what was wrong with the first such. */
static int check_written(const json_t *answer, struct ph_error *err)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(answer, "entries"), i, item)
	{
		const json_t *status = json_object_get(item, "exit");
		const char *words = json_string_value(json_object_get(item, "error"));

		if (json_is_integer(status)) {
			return ph_fail(
				err, (enum ph_exit)json_integer_value(status), -EINVAL,
				ph_say("nothing was decided: %s", "chưa quyết gì: %s"),
				words ? words
				      : ph_say("an entry was refused",
					       "có giao dịch bị từ chối"));
		}
	}
	return 0;
}

static int write_all(struct deciding *deciding, json_t *answer)
{
	int rc = add_decision(deciding);
	json_t *request = rc == 0 ? json_pack("{s:s, s:O}", "command", "record",
					      "entries", deciding->entries)
				  : NULL;

	rc = request ? ph_hub_record(deciding->hub, request, answer, deciding->err)
		     : -ENOMEM;
	json_decref(request);
	return rc != 0 ? rc : check_written(answer, deciding->err);
}

/* --- what became of it --- */

static enum ph_case_status status_of(const struct deciding *deciding)
{
	struct ph_case_row row;
	enum ph_case_status status = PH_CASE_GONE;

	if (ph_case_get(deciding->hub->ledger, deciding->row.id, &row) == 0) {
		status = row.status;
		ph_case_row_deinit(&row);
	}
	return status;
}

static int tell(const struct deciding *deciding, json_t *answer)
{
	unsigned kind = deciding->row.kind;
	char id[2 * PH_CASE_ID_SIZE + 1];
	json_t *words;
	int rc;

	ph_hex(id, deciding->row.id, PH_CASE_ID_SIZE);
	words = json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", id, "case",
			  ph_case_name(kind), "choice",
			  ph_case_choice_name(deciding->choice), "means",
			  ph_case_choice_doc(kind, deciding->choice), "status",
			  ph_case_status_name(status_of(deciding)));
	rc = words ? json_object_update(answer, words) : -1;
	json_decref(words);
	return rc != 0 ? -ENOMEM : 0;
}

static int decide(struct deciding *deciding, json_t *answer)
{
	int rc = check_facts(deciding);

	rc = rc != 0 ? rc : check_open(deciding);
	rc = rc != 0 ? rc : read_choice(deciding);
	rc = rc != 0 ? rc : read_words(deciding);
	rc = rc != 0 ? rc : draw_up(deciding);
	if (rc != 0) {
		return rc;
	}
	if (json_is_true(json_object_get(deciding->request, "dry_run"))) {
		rc = json_object_set(answer, "writes", deciding->entries) != 0 ? -ENOMEM
									       : 0;
	} else {
		rc = write_all(deciding, answer);
	}
	return rc != 0 ? rc : tell(deciding, answer);
}

int ph_hub_case_decide(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	struct deciding deciding = { .hub = hub, .request = request, .err = err };
	bool found = false;
	int rc = find_case(&deciding, &found);

	rc = rc != 0 ? rc : decide(&deciding, answer);
	if (found) {
		ph_case_row_deinit(&deciding.row);
	}
	free(deciding.voids);
	json_decref(deciding.entries);
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("deciding", "quyết định việc")) : 0;
}
