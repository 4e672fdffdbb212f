/*
 * daemon/api_ask.c - what the store answered, as a reply.
 */
#include "daemon/api_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/json_memory.h"
#include "common/cli/out.h"
#include "common/cli/sheet.h"
#include "daemon/metrics.h"
#include "daemon/report_book.h"
#include "daemon/report_page.h"

static const struct {
	const char *reason; /* of the answer; or ... */
	int exit;           /* ... its exit status */
	unsigned status;
	const char *error;
} refusals[] = {
	{ "not-found", -1, 404, "not-found" },
	{ "exists", -1, 409, "exists" },
	{ "denied", -1, 409, "denied" },
	{ "disk-full", -1, 507, "disk-full" },
	{ "memory", -1, 503, "memory" },
	{ "too-long", -1, 422, "too-long" },
	{ NULL, PH_EXIT_USAGE, 400, "usage" },
	{ NULL, PH_EXIT_IN_USE, 503, "busy" },
	{ NULL, PH_EXIT_TRY_LATER, 503, "busy" },
	{ NULL, PH_EXIT_OTHER, 422, "refused" },
	{ NULL, PH_EXIT_DAMAGED, 500, "damaged" },
};

/* What a refusal for REASON (may be NULL) with the command's EXIT is over HTTP; the ERROR's word. */
static unsigned status_of(const char *reason, int exit, const char **error_out)
{
	unsigned status = 500;

	*error_out = "other";
	for (size_t i = sizeof(refusals) / sizeof(refusals[0]); i-- > 0;) {
		if (refusals[i].reason ? reason && strcmp(refusals[i].reason, reason) == 0
				       : refusals[i].exit == exit) {
			status = refusals[i].status;
			*error_out = refusals[i].error;
		}
	}
	return status;
}

static void reply_refusal(struct ph_web_call *call, const struct ph_order *order)
{
	json_t *answer = ph_json_loadb((const char *)order->answer.data,
				       order->answer.len, 0, NULL);
	const char *words = json_string_value(json_object_get(answer, "error"));
	const char *reason = json_string_value(json_object_get(answer, "reason"));
	struct ph_web_no no = { 0 };
	unsigned status;
	const char *error;

	if (!answer) { /* or it could not be read */
		ph_web_reply_json(call, 503, NULL);
		return;
	}
	status = status_of(reason, order->exit, &error);
	(void)ph_web_refuse(&no, status, error, NULL, "%s", words ? words : error);
	json_decref(answer);
	if (status == 503) {
		ph_web_call_retry(call, 1);
	}
	ph_web_reply_no(call, &no);
}

static void refuse_unsigned(struct ph_web_no *no)
{
	(void)ph_web_refuse(
		no, 409, "needs-key", NULL,
		ph_say("an operator's key must sign this, and it is not opened for "
		       "pages; nothing was written",
		       "việc này phải có khóa của người vận hành ký, và khóa không được "
		       "mở cho trang web; chưa ghi gì"));
	no->act = ph_say("give the command on the hub: packhorsed help",
			 "hãy ra lệnh trên máy chủ: packhorsed help");
}

/* The AT-th of ENTRIES is wrong, and so none was written. */
static void refuse_entry(const json_t *entries, size_t at, struct ph_web_no *no)
{
	const json_t *entry = json_array_get(entries, at);
	const char *words = json_string_value(json_object_get(entry, "error"));
	const char *error;
	unsigned status = status_of(
		json_string_value(json_object_get(entry, "reason")),
		(int)json_integer_value(json_object_get(entry, "exit")), &error);
	char where[32];

	snprintf(where, sizeof(where), "entries[%zu]", at);
	(void)ph_web_refuse(no, status, error, where,
			    ph_say("entry %zu of %zu: %s; nothing was written",
				   "giao dịch %zu trong %zu: %s; chưa ghi gì"),
			    at + 1, json_array_size(entries), words ? words : error);
}

/*
 * Of a change: 1 with NO if it was not carried out, since an operator must sign it where the key
 * is, or one of several entries is wrong; else 0, or -ENOMEM.
 */
static int is_undone(const struct ph_web_call *call, const struct ph_buf *answer,
		     struct ph_web_no *no)
{
	json_t *object, *entries, *entry;
	int undone = 0;
	size_t i;

	if (strcmp(ph_web_call_route(call)->method, "POST") != 0) {
		return 0;
	}
	object = ph_json_loadb((const char *)answer->data, answer->len, 0, NULL);
	if (!object) {
		return -ENOMEM;
	}
	entries = json_object_get(object, "entries");
	json_array_foreach(entries, i, entry)
	{
		if (!undone && json_object_get(entry, "sign")) {
			refuse_unsigned(no);
			undone = 1;
		} else if (!undone && json_object_get(entry, "exit")) {
			refuse_entry(entries, i, no);
			undone = 1;
		}
	}
	json_decref(object);
	return undone;
}

/* A report as CSV, with words in the language that is spoken. */
static int write_csv(const json_t *report, struct ph_buf *out)
{
	json_t *book;
	int rc = ph_sheet_collect("report"); /* this thread alone collects */

	rc = rc < 0 ? rc : ph_report_book(report, true);
	book = ph_sheet_take();
	rc = rc < 0 ? rc : book ? ph_sheet_csv(book, out) : -ENOMEM;
	json_decref(book);
	return rc;
}

/* All rows of the plan as a page, headed as REQUEST says. */
static int write_page(const json_t *request, const json_t *answer, struct ph_buf *out)
{
	struct ph_now now;
	char day[PH_TIME_TEXT];

	ph_clock_system.read(ph_clock_system.data, &now);
	ph_day_text(day, ph_day_of(now.wall));
	return ph_report_page(
		&(struct ph_report_page){
			.agency = json_string_value(json_object_get(request, "agency")),
			.unit = json_string_value(json_object_get(request, "unit")),
			.place = json_string_value(json_object_get(request, "place")),
			.day = day,
			.reports = json_object_get(answer, "reports"),
		},
		out);
}

/* The media type of what CALL asks for. */
static const char *type_of(const struct ph_web_call *call)
{
	int action = ph_web_call_route(call)->action;

	return action == PH_API_CSV    ? "text/csv; charset=utf-8"
	       : action == PH_API_PAGE ? "text/html; charset=utf-8"
				       : PH_METRICS_TYPE;
}

static int write_text(const struct ph_web_call *call, const json_t *answer,
		      struct ph_buf *out)
{
	int action = ph_web_call_route(call)->action;

	const json_t *request = ph_web_call_request(call);

	return action == PH_API_CSV    ? write_csv(answer, out)
	       : action == PH_API_PAGE ? write_page(request, answer, out)
				       : ph_metrics_write(answer, out);
}

static void reply_text(struct ph_web_call *call, const struct ph_order *order)
{
	json_t *answer = ph_json_loadb((const char *)order->answer.data,
				       order->answer.len, 0, NULL);
	struct ph_buf text = { 0 };
	int rc = answer ? write_text(call, answer, &text) : -ENOMEM;

	json_decref(answer);
	if (rc < 0) {
		ph_buf_deinit(&text);
		ph_web_reply_json(call, 503, NULL);
		return;
	}
	ph_web_reply(call, 200, type_of(call), &text);
}

static bool is_text(int action)
{
	return action == PH_API_CSV || action == PH_API_PAGE || action == PH_API_METRICS;
}

void ph_api_reply(struct ph_web_call *call, struct ph_order *order)
{
	struct ph_web_no no = { 0 };
	int undone;

	if (order->answer.len == 0 ||
	    (order->exit != PH_EXIT_DONE && order->exit != PH_EXIT_CASES &&
	     order->exit != PH_EXIT_PARTIAL)) {
		reply_refusal(call, order);
		return;
	}
	undone = is_undone(call, &order->answer, &no);
	if (undone < 0) {
		ph_web_reply_json(call, 503, NULL);
	} else if (undone) {
		ph_web_reply_no(call, &no);
	} else if (is_text(ph_web_call_route(call)->action)) {
		reply_text(call, order);
	} else {
		ph_web_reply(call, 200, "application/json", &order->answer);
	}
}
