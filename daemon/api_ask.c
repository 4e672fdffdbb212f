/*
 * daemon/api_ask.c - what the store answered, as a reply.
 */
#include "daemon/api_internal.h"

#include <errno.h>
#include <string.h>

#include "common/cli/sheet.h"
#include "daemon/metrics.h"
#include "daemon/report_book.h"

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

static void reply_refusal(struct ph_web_call *call, const struct ph_order *order)
{
	json_t *answer =
		json_loadb((const char *)order->answer.data, order->answer.len, 0, NULL);
	const char *words = json_string_value(json_object_get(answer, "error"));
	const char *reason = json_string_value(json_object_get(answer, "reason"));
	struct ph_web_no no = { 0 };
	unsigned status = 500;
	const char *error = "other";

	for (size_t i = sizeof(refusals) / sizeof(refusals[0]); i-- > 0;) {
		if (refusals[i].reason ? reason && strcmp(refusals[i].reason, reason) == 0
				       : refusals[i].exit == order->exit) {
			status = refusals[i].status;
			error = refusals[i].error;
		}
	}
	(void)ph_web_refuse(&no, status, error, NULL, "%s",
			    words ? words : "packhorsed is short of memory");
	json_decref(answer);
	if (status == 503) {
		ph_web_call_retry(call, 1);
	}
	ph_web_reply_no(call, &no);
}

/* Of a change: it was not carried out, since an operator must sign it where the key is. */
static bool needs_key(const struct ph_web_call *call, const struct ph_buf *answer)
{
	json_t *object, *entry;
	bool needs = false;
	size_t i;

	if (strcmp(ph_web_call_route(call)->method, "POST") != 0) {
		return false;
	}
	object = json_loadb((const char *)answer->data, answer->len, 0, NULL);
	json_array_foreach(json_object_get(object, "entries"), i, entry)
	{
		needs = needs || json_object_get(entry, "sign");
	}
	json_decref(object);
	return needs;
}

/* A report as CSV. */
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

static void reply_text(struct ph_web_call *call, const struct ph_order *order)
{
	bool is_csv = ph_web_call_route(call)->action == PH_API_CSV;
	json_t *answer =
		json_loadb((const char *)order->answer.data, order->answer.len, 0, NULL);
	struct ph_buf text = { 0 };
	int rc = !answer  ? -ENOMEM
		 : is_csv ? write_csv(answer, &text)
			  : ph_metrics_write(answer, &text);

	json_decref(answer);
	if (rc < 0) {
		ph_buf_deinit(&text);
		ph_web_reply_json(call, 503, NULL);
		return;
	}
	ph_web_reply(call, 200, is_csv ? "text/csv; charset=utf-8" : PH_METRICS_TYPE,
		     &text);
}

void ph_api_reply(struct ph_web_call *call, struct ph_order *order)
{
	struct ph_web_no no = { 0 };

	if (order->answer.len == 0 ||
	    (order->exit != PH_EXIT_DONE && order->exit != PH_EXIT_CASES &&
	     order->exit != PH_EXIT_PARTIAL)) {
		reply_refusal(call, order);
	} else if (needs_key(call, &order->answer)) {
		(void)ph_web_refuse(&no, 409, "needs-key", NULL,
				    "an operator's key must sign this, and it is not "
				    "opened for pages; nothing was written");
		no.act = "give the command on the hub: packhorsed help";
		ph_web_reply_no(call, &no);
	} else if (ph_web_call_route(call)->action != PH_API_COMMAND) {
		reply_text(call, order);
	} else {
		ph_web_reply(call, 200, "application/json", &order->answer);
	}
}
