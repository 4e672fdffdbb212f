/*
 * daemon/hub_command_indicator.c - the rows of the plan: a sheet of one, against what was
 * issued of it; and which rows there are.
 */
#include "common/base/say.h"
#include "daemon/hub_command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json_memory.h"
#include "daemon/hub_seen.h"
#include "daemon/hub_sheet.h"

#define WORDS_MAX 400

void ph_hub_sheet_deinit(struct ph_hub_sheet *sheet)
{
	json_decref(sheet->json);
	ph_hub_issued_deinit(&sheet->issued);
	*sheet = (struct ph_hub_sheet){ 0 };
}

/* --- what is asked for --- */

static void add_word(char words[static WORDS_MAX], const char *word)
{
	size_t len = strlen(words);

	snprintf(words + len, WORDS_MAX - len, "%s%s", len > 0 ? ", " : "", word);
}

static int no_report(const char *code, struct ph_error *err)
{
	char words[WORDS_MAX] = "";

	for (size_t i = 0; i < ph_indicators_count; i++) {
		add_word(words, ph_indicators[i].code);
	}
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("there is no report \"%.40s\"; there are %s",
			      "không có báo cáo “%.40s”; có các báo cáo %s"),
		       code, words);
}

static int no_by(const struct ph_indicator *row, const char *by, struct ph_error *err)
{
	char words[WORDS_MAX] = "";

	for (size_t i = 0; i < row->n_bys; i++) {
		add_word(words, ph_by_name(row->bys[i]));
	}
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("%s is not given by \"%.40s\"; it is by %s",
			      "%s không chia theo “%.40s”; chia theo %s"),
		       row->code, by, words);
}

static int read_period(const struct ph_hub *hub, const char *text,
		       struct ph_indicator_query *query, struct ph_error *err)
{
	char begins[PH_TIME_TEXT];

	if (ph_period_parse(text, &query->period) != 0) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("period: \"%.40s\" is none; there are years, quarters and "
			       "months from 2000 on: 2026, 2026-Q3, 2026-09",
			       "period: “%.40s” không phải là kỳ; kỳ là năm, quý hoặc "
			       "tháng từ năm 2000: 2026, 2026-Q3, 2026-09"),
			text);
	}
	query->today = ph_day_of(ph_hub_now(hub));
	if (query->period.from > query->today) {
		ph_day_text(begins, query->period.from);
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("period: %.40s has not begun; its first day is %s",
				      "period: %.40s chưa bắt đầu; ngày đầu là %s"),
			       text, begins);
	}
	return 0;
}

/* A text that may lack: its default stays in *TEXT. Another type is refused. */
static int read_word(const json_t *request, const char *name, const char **text,
		     struct ph_error *err)
{
	const json_t *value = json_object_get(request, name);

	if (value != NULL && !json_is_string(value)) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("%s: is no text", "%s: không phải là chữ"), name);
	}
	*text = value != NULL ? json_string_value(value) : *text;
	return 0;
}

static int read_query(const struct ph_hub *hub, const json_t *request,
		      struct ph_indicator_query *query, struct ph_error *err)
{
	const char *code = ph_request_need(request, "report", err);
	const char *period = code ? ph_request_need(request, "period", err) : NULL;
	const char *by = NULL;

	if (code == NULL || period == NULL) {
		return -EINVAL;
	}
	query->row = ph_indicator_find(code);
	if (query->row == NULL) {
		return no_report(code, err);
	}
	query->by = query->row->bys[0];
	if (read_word(request, "by", &by, err) < 0 ||
	    read_word(request, "commune", &query->commune, err) < 0) {
		return -EINVAL;
	}
	if (by != NULL && !ph_indicator_by(query->row, by, &query->by)) {
		return no_by(query->row, by, err);
	}
	return read_period(hub, period, query, err);
}

/* "M2 2026-Q3 by site in 03646", what is as usual left out. */
static void name_sheet(struct ph_hub_sheet *sheet)
{
	const struct ph_indicator_query *query = &sheet->query;
	bool by = query->by != query->row->bys[0];
	char period[PH_PERIOD_TEXT];

	ph_period_name(period, &query->period);
	snprintf(sheet->name, sizeof(sheet->name), "%s %s%s%s%s%.5s", query->row->code,
		 period, by ? " by " : "", by ? ph_by_name(query->by) : "",
		 query->commune ? " in " : "", query->commune ? query->commune : "");
}

/* What was printed of SHEET is known too: nothing hidden may follow from both. */
static int withhold(struct ph_hub *hub, struct ph_hub_sheet *sheet, struct ph_error *err)
{
	int rc = ph_hub_issued_find(hub, sheet->name, &sheet->issued, err);
	json_t *printed;

	if (rc != 0 || sheet->issued.sheet.len == 0) {
		return rc == PH_HUB_E_NONE ? 0 : rc;
	}
	printed = ph_hub_sheet_printed(&sheet->issued);
	rc = ph_indicator_withhold(printed, sheet->json);
	json_decref(printed);
	return rc;
}

int ph_hub_sheet_make(struct ph_hub *hub, const json_t *request,
		      struct ph_hub_sheet *sheet, struct ph_error *err)
{
	int rc = read_query(hub, request, &sheet->query, err);

	if (rc != 0) {
		return rc;
	}
	rc = ph_indicator_sheet(hub->ledger, &sheet->query, &sheet->json);
	if (rc == -ENOENT) {
		return ph_fail(err, PH_EXIT_OTHER, rc,
			       ph_say("there is no commune %.40s; `packhorsed commune "
				      "list` shows those there are",
				      "không có xã %.40s; `packhorsed commune list` liệt "
				      "kê các xã"),
			       sheet->query.commune);
	}
	name_sheet(sheet);
	rc = rc != 0 ? rc : withhold(hub, sheet, err);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reckoning the report", "tính báo cáo"))
		      : 0;
}

json_t *ph_hub_sheet_printed(const struct ph_hub_issued *issued)
{
	json_t *sheet = ph_json_loadb((const char *)issued->sheet.data, issued->sheet.len,
				      0, NULL);

	return sheet != NULL ? sheet : json_null();
}

/* --- against what was issued --- */

static int show_issued(struct ph_hub *hub, const struct ph_hub_issued *issued,
		       json_t *answer)
{
	char ref[PH_REF_TEXT], time[PH_TIME_TEXT];
	json_t *object;

	ph_ref_text(ref, &issued->ref);
	ph_time_text(time, issued->second);
	object = json_pack("{s:s, s:s, s:s}", "name", issued->name, "ref", ref, "time",
			   time);
	return json_object_set_new(answer, "issued", object)
		       ? -ENOMEM
		       : ph_hub_signed_tell(hub, issued, object);
}

static int compare(struct ph_hub *hub, const struct ph_hub_sheet *sheet, json_t *answer)
{
	json_t *printed, *revised;
	int rc;

	if (sheet->issued.sheet.len == 0) {
		return 0;
	}
	rc = show_issued(hub, &sheet->issued, answer);
	printed = ph_hub_sheet_printed(&sheet->issued);
	revised = ph_indicator_revised(printed, sheet->json);
	if (json_array_size(revised) > 0) {
		json_object_set(answer, "revised", revised);
	}
	json_decref(revised);
	json_decref(printed);
	return rc;
}

int ph_hub_report(struct ph_hub *hub, const json_t *request, json_t *answer,
		  struct ph_error *err)
{
	struct ph_hub_sheet sheet = { 0 };
	int rc = ph_hub_sheet_make(hub, request, &sheet, err);

	if (rc == 0) {
		rc = json_object_update(answer, sheet.json) ? -ENOMEM : 0;
		rc = rc != 0 ? rc : compare(hub, &sheet, answer);
	}
	ph_hub_sheet_deinit(&sheet);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reckoning the report", "tính báo cáo"))
		      : 0;
}

/* --- all of them --- */

static int add_row(struct ph_hub *hub, const char *code, const char *period, json_t *rows,
		   struct ph_error *err)
{
	json_t *request = json_pack("{s:s, s:s}", "report", code, "period", period);
	json_t *row = json_object();
	int rc = request && row && json_array_append(rows, row) == 0
			 ? ph_hub_report(hub, request, row, err)
			 : -ENOMEM;

	json_decref(request);
	json_decref(row);
	return rc;
}

/* {"period"}: all rows of the plan, of one moment. */
int ph_hub_page(struct ph_hub *hub, const json_t *request, json_t *answer,
		struct ph_error *err)
{
	const char *period = ph_request_need(request, "period", err);
	json_t *rows = json_array();
	int rc = json_object_set_new(answer, "reports", rows) != 0 ? -ENOMEM
		 : period                                          ? 0
								   : -EINVAL;

	for (size_t i = 0; rc == 0 && i < ph_indicators_count; i++) {
		rc = add_row(hub, ph_indicators[i].code, period, rows, err);
	}
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("making the page", "làm trang báo cáo"))
		      : 0;
}

/* --- which there are --- */

int ph_hub_report_codes(struct ph_hub *hub, const json_t *request, json_t *answer,
			struct ph_error *err)
{
	json_t *list = json_array();

	(void)hub;
	(void)request;
	for (size_t i = 0; i < ph_indicators_count; i++) {
		const struct ph_indicator *row = &ph_indicators[i];
		json_t *bys = json_array();

		for (size_t k = 0; k < row->n_bys; k++) {
			json_array_append_new(bys, json_string(ph_by_name(row->bys[k])));
		}
		json_array_append_new(list, json_pack("{s:s, s:{s:s, s:s}, s:o}",
						      "report", row->code, "title", "en",
						      row->en, "vi", row->vi, "by", bys));
	}
	return json_object_set_new(answer, "reports", list)
		       ? ph_fail_errno(err, -ENOMEM,
				       ph_say("listing the reports", "liệt kê báo cáo"))
		       : 0;
}
