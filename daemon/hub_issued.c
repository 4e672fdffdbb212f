/*
 * daemon/hub_issued.c - a report as it was issued: found, and put together from its parts.
 *
 * Behind the parts with the figures of the sites may stand those of a sheet, as it was
 * printed; all of them stand in the desk log, one behind the other.
 */
#include "daemon/hub_issued.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/say.h"
#include "common/ledger/report.h"
#include "common/ledger/signoff.h"
#include "common/ledger/view.h"
#include "daemon/hub_command.h"

#define GAP_MAX 8 /* entries that may stand between two parts: clock-marks */

/* --- reading what was issued --- */

void ph_hub_issued_deinit(struct ph_hub_issued *issued)
{
	ph_figures_deinit(&issued->figures);
	ph_buf_deinit(&issued->sheet);
	json_decref(issued->signoffs);
	json_decref(issued->strays);
	*issued = (struct ph_hub_issued){ 0 };
}

/* The figures of ENTRY added to ISSUED's. 0, PH_FIGURES_E_FORM, negative errno. */
static int read_figures(const struct ph_entry *entry, struct ph_hub_issued *issued)
{
	const struct ph_value *figures = &entry->field[PH_REPORT_FIGURES];

	return figures->set ? ph_figures_decode(figures->as.bytes, &issued->figures)
			    : PH_FIGURES_E_FORM;
}

static json_t *show_word(const struct ph_signoff *word, const struct ph_sign *sign)
{
	const char *why = ph_signs_name(sign->signs);
	char ref[PH_REF_TEXT];

	ph_ref_text(ref, &word->entry);
	return json_pack("{s:s, s:I, s:b, s:s*, s:s*}", "entry", ref, "site",
			 (json_int_t)word->site, "agrees", word->agrees, "commune",
			 sign->commune[0] ? sign->commune : NULL, "why", why);
}

static int read_signoffs(struct ph_hub *hub, const struct ph_report *report,
			 struct ph_hub_issued *issued)
{
	struct ph_sign *signs = NULL;
	int rc = ph_report_signs(hub->ledger, report, &signs);

	json_decref(issued->signoffs);
	json_decref(issued->strays);
	issued->signoffs = json_array();
	issued->strays = json_array();
	for (size_t i = 0; rc == 0 && i < report->n_signoffs; i++) {
		const struct ph_signoff *word = &report->signoffs[i];
		bool counts = signs[i].signs == PH_SIGNS_COUNTS;

		if (signs[i].signs == PH_SIGNS_REPLACED) {
			continue;
		}
		issued->agrees += counts && word->agrees;
		issued->disagrees += counts && !word->agrees;
		rc = json_array_append_new(counts ? issued->signoffs : issued->strays,
					   show_word(word, &signs[i]))
			     ? -ENOMEM
			     : 0;
	}
	free(signs);
	return rc;
}

/* What the ledger says of the report-issue whose state this is; false: only signed off, not issued. */
static int read_state(struct ph_hub *hub, struct ph_view state,
		      struct ph_hub_issued *issued, bool *is_issued)
{
	struct ph_report report;
	int rc = ph_report_decode(state, &report);

	if (rc < 0) {
		return rc;
	}
	*is_issued = report.is_issued;
	if (report.is_issued) {
		size_t len = report.name.len < PH_HUB_ISSUED_NAME ? report.name.len
								  : PH_HUB_ISSUED_NAME;

		memcpy(issued->name, report.name.data, len);
		issued->name[len] = '\0';
		issued->from = report.from;
		issued->to = report.to;
		issued->second = report.second;
	}
	rc = read_signoffs(hub, &report, issued);
	ph_report_deinit(&report);
	return rc;
}

static int load_entry(struct ph_hub *hub, const struct ph_ref *ref, struct ph_log *log,
		      struct ph_buf *bytes, struct ph_entry *entry)
{
	int rc;

	bytes->len = 0;
	rc = ph_journal_resolve(hub->journal, ref, log, bytes);
	rc = rc == 0 ? ph_entry_decode(ph_buf_view(bytes), entry) : rc;
	return rc <= 0 ? rc : PH_HUB_E_NONE;
}

/* What is looked for behind the first part: the other ones, then those of a sheet. */
struct next_part {
	struct ph_hub_issued *into;
	uint64_t part, sheet; /* numbers of the next ones */
	uint64_t sheets;      /* how many there are; 0: not known yet */
	uint64_t last;        /* number of the entry that was the one before */
};

static int take_figures(struct next_part *next, const struct ph_entry *entry)
{
	int rc = read_figures(entry, next->into);

	if (rc != 0 || next->into->figures.part != next->part) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	next->part++;
	return 0;
}

/* 1: what follows is of another report. */
static int take_sheet(struct next_part *next, const struct ph_entry *entry)
{
	const struct ph_value *figures = &entry->field[PH_REPORT_FIGURES];
	struct ph_printed_part part;
	int rc = figures->set ? ph_printed_decode(figures->as.bytes, &part)
			      : PH_FIGURES_E_FORM;

	if (rc != 0) {
		return rc;
	}
	if (part.part != next->sheet) {
		return part.part == 1 ? 1 : -EUCLEAN;
	}
	rc = ph_buf_put_view(&next->into->sheet, part.text);
	next->sheets = part.parts;
	next->sheet++;
	return rc;
}

/* An entry behind the first part: the next one, or something between, or the end. */
static int on_behind(void *data, uint64_t n, struct ph_view bytes)
{
	struct next_part *next = data;
	struct ph_entry entry;
	int rc = ph_entry_decode(bytes, &entry);

	if (rc < 0) {
		return rc;
	}
	if (n > next->last + GAP_MAX ||
	    (next->sheets > 0 && next->sheet > next->sheets)) {
		return 1;
	}
	if (rc > 0 || entry.number != PH_KIND_REPORT_ISSUE) {
		return 0;
	}
	rc = next->part <= next->into->figures.parts ? take_figures(next, &entry)
						     : take_sheet(next, &entry);
	next->last = n;
	return rc;
}

/* All parts of the report whose first is ISSUED->ref. */
static int load_parts(struct ph_hub *hub, struct ph_hub_issued *issued,
		      struct ph_error *err)
{
	struct next_part next = {
		.into = issued, .part = 2, .sheet = 1, .last = issued->ref.n
	};
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	struct ph_log log;
	int rc = load_entry(hub, &issued->ref, &log, &bytes, &entry);

	rc = rc != 0 ? rc : read_figures(&entry, issued);
	ph_buf_deinit(&bytes);
	if (rc == 0 && issued->figures.part > 1) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("that is part %" PRIu64
				      " of a report: name its first",
				      "đó là phần %" PRIu64
				      " của một báo cáo: hãy nêu phần đầu"),
			       issued->figures.part);
	}
	if (rc == 0) {
		rc = ph_journal_entry_each(hub->journal, log.row, issued->ref.n,
					   on_behind, &next);
		rc = rc < 0 ? rc
		     : next.part > issued->figures.parts &&
				     (next.sheets == 0 || next.sheet > next.sheets)
			     ? 0
			     : -EUCLEAN;
	}
	if (rc > 0) {
		return ph_fail(err, PH_EXIT_OTHER, -EBADMSG,
			       ph_say("the figures of that report are of a form that "
				      "this program does not know",
				      "số liệu của báo cáo đó có dạng mà chương trình "
				      "này không biết"));
	}
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reading the report", "đọc báo cáo"))
		      : 0;
}

/* --- finding one --- */

struct search {
	struct ph_hub *hub;
	const char *name; /* NULL: each, for LIST */
	json_t *list;
	json_t *strays;              /* with LIST: words that are of no report */
	struct ph_hub_issued *found; /* the last one issued under that name */
	bool any;
	struct ph_buf bytes;
	struct ph_entry entry;
};

/*
 * Which part of a report the entry is, and of how many; figures of another form count as one
 * part, and what is of a sheet as none.
 */
static int read_part(struct search *search, const struct ph_ref *ref, uint64_t *part,
		     uint64_t *parts)
{
	const struct ph_value *figures = &search->entry.field[PH_REPORT_FIGURES];
	struct ph_hub_issued one = { 0 };
	struct ph_printed_part sheet;
	struct ph_log log;
	int rc = load_entry(search->hub, ref, &log, &search->bytes, &search->entry);

	*part = 1;
	*parts = 1;
	if (rc == 0 && figures->set &&
	    ph_printed_decode(figures->as.bytes, &sheet) == 0) {
		*part = 0;
		return 0;
	}
	rc = rc == 0 ? read_figures(&search->entry, &one) : rc;
	if (rc == 0) {
		*part = one.figures.part;
		*parts = one.figures.parts;
	}
	ph_hub_issued_deinit(&one);
	return rc < 0 ? rc : 0;
}

static void set_day(json_t *object, const char *name, int64_t day)
{
	char text[PH_TIME_TEXT];

	ph_day_text(text, day);
	json_object_set_new(object, name, json_string(text));
}

static int list_one(json_t *list, const struct ph_hub_issued *issued, uint64_t parts)
{
	char ref[PH_REF_TEXT];
	char time[PH_TIME_TEXT];
	json_t *item;

	ph_ref_text(ref, &issued->ref);
	ph_time_text(time, issued->second);
	item = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "report", issued->name, "ref",
			 ref, "issued", time, "parts", (json_int_t)parts, "agree",
			 (json_int_t)issued->agrees, "disagree",
			 (json_int_t)issued->disagrees);
	set_day(item, "from", issued->from);
	set_day(item, "to", issued->to);
	return json_array_append_new(list, item) ? -ENOMEM : 0;
}

/* Takes ISSUED, the first of PARTS, if it is looked for. */
static int take_report(struct search *search, struct ph_hub_issued *issued,
		       uint64_t parts)
{
	struct ph_hub_issued older;

	if (search->list) {
		return list_one(search->list, issued, parts);
	}
	if (!search->any || issued->second >= search->found->second) {
		older = *search->found;
		*search->found = *issued;
		*issued = older;
		search->any = true;
	}
	return 0;
}

/* The words of WORDS, which name ISSUED, for the strays of a list. 0 or -ENOMEM. */
static int stray_words(json_t *strays, const struct ph_hub_issued *issued, json_t *words,
		       const char *why)
{
	char ref[PH_REF_TEXT];
	json_t *word;
	size_t i;
	int rc = 0;

	ph_ref_text(ref, &issued->ref);
	json_array_foreach(words, i, word)
	{
		rc = rc != 0 || json_object_set_new(word, "report", json_string(ref)) ||
				     json_object_set_new(word, "why", json_string(why)) ||
				     json_array_append(strays, word)
			     ? -ENOMEM
			     : 0;
	}
	return rc;
}

/* A word with a slip in its reference counts nowhere: whoever looks for it is to find it. */
static int take_strays(struct search *search, const struct ph_hub_issued *issued,
		       const char *why)
{
	int rc = stray_words(search->strays, issued, issued->signoffs, why);

	return rc != 0 ? rc : stray_words(search->strays, issued, issued->strays, why);
}

static int on_report(void *data, struct ph_view id, struct ph_view state)
{
	struct search *search = data;
	struct ph_hub_issued issued = { 0 };
	uint64_t part, parts;
	bool is_issued;
	int rc = read_state(search->hub, state, &issued, &is_issued);

	if (rc != 0 || !ph_key_get_ref(id, &issued.ref)) {
		ph_hub_issued_deinit(&issued);
		return rc;
	}
	if (!is_issued && search->strays) {
		rc = take_strays(search, &issued, "unknown-report");
	} else if (is_issued &&
		   (!search->name || strcmp(search->name, issued.name) == 0)) {
		rc = read_part(search, &issued.ref, &part, &parts);
		rc = rc != 0          ? rc
		     : part == 1      ? take_report(search, &issued, parts)
		     : search->strays ? take_strays(search, &issued, "later-part")
				      : 0;
	}
	ph_hub_issued_deinit(&issued);
	return rc;
}

static int walk(struct search *search)
{
	int rc = ph_ledger_each(search->hub->ledger, PH_ENTITY_REPORT, on_report, search);

	ph_buf_deinit(&search->bytes);
	return rc;
}

static int find_by_ref(struct ph_hub *hub, const struct ph_ref *ref,
		       struct ph_hub_issued *issued, bool *found)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_REPORT, ref);
	struct ph_buf state = { 0 };
	int rc = ph_ledger_get(hub->ledger, PH_ENTITY_REPORT, ph_key_view(&key), &state);

	issued->ref = *ref;
	*found = false;
	rc = rc == 0 ? read_state(hub, ph_buf_view(&state), issued, found) : rc;
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

int ph_hub_issued_find(struct ph_hub *hub, const char *text, struct ph_hub_issued *issued,
		       struct ph_error *err)
{
	struct search search = { .hub = hub, .name = text, .found = issued };
	struct ph_ref ref;
	int rc = ph_ref_parse(text, strlen(text), &ref) == 0
			 ? find_by_ref(hub, &ref, issued, &search.any)
			 : walk(&search);

	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("looking up the report", "tìm báo cáo"));
	}
	return search.any ? load_parts(hub, issued, err) : PH_HUB_E_NONE;
}

int ph_hub_issued_list(struct ph_hub *hub, json_t *list, json_t *strays)
{
	struct search search = { .hub = hub, .list = list, .strays = strays };

	return walk(&search);
}
