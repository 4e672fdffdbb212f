/*
 * daemon/hub_command_report.c - reports: the figures of a period, what was issued, listed,
 * shown as it was, and against what it is now. Issuing them: hub_command_issue.c.
 */
#include "common/base/say.h"
#include "daemon/hub_command.h"

#include <errno.h>
#include <string.h>

#include "common/ledger/revised.h"
#include "common/ledger/view.h"
#include "daemon/hub_counted.h"
#include "daemon/hub_issued.h"
#include "daemon/hub_seen.h"
#include "daemon/hub_sheet.h"

/* --- days and sites --- */

static int read_day(const json_t *request, const char *member, int64_t *day,
		    struct ph_error *err)
{
	const char *text = ph_request_need(request, member, err);

	if (!text) {
		return -EINVAL;
	}
	if (ph_day_parse(text, strlen(text), day) != 0 || *day < 0 || *day > PH_DAY_MAX) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("%s: \"%.40s\" is not a day from 1970 to 2999, as "
				      "2026-09-22",
				      "%s: “%.40s” không phải là ngày từ 1970 đến 2999, "
				      "như 2026-09-22"),
			       member, text);
	}
	return 0;
}

int ph_hub_read_days(const json_t *request, int64_t *from, int64_t *to,
		     struct ph_error *err)
{
	int rc = read_day(request, "from", from, err);

	rc = rc != 0 ? rc : read_day(request, "to", to, err);
	return rc == 0 && *from > *to
		       ? ph_fail(err, PH_EXIT_USAGE, -EINVAL,
				 ph_say("from is behind to: no day lies between",
					"from sau to: ở giữa không có ngày nào"))
		       : rc;
}

static json_t *show_site(const struct ph_figure_site *site)
{
	json_t *figures = json_object();

	for (unsigned key = 0; key < PH_TALLY_KEYS; key++) {
		char name[PH_COUNTER_TEXT];

		if (site->tally.count[key] != 0) {
			ph_counter_name(name, key);
			json_object_set_new(
				figures, name,
				json_integer((json_int_t)site->tally.count[key]));
		}
	}
	return json_pack("{s:I, s:o}", "site", (json_int_t)site->site, "figures",
			 figures);
}

int ph_hub_show_figures(struct ph_hub *hub, const struct ph_figures *figures,
			json_t *answer)
{
	json_t *list = json_array();
	int rc = json_object_set_new(answer, "sites", list) ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < figures->n_sites; i++) {
		rc = json_array_append_new(list, show_site(&figures->sites[i])) ? -ENOMEM
										: 0;
	}
	return rc != 0 ? rc : ph_hub_site_codes(hub, list);
}

static void set_day(json_t *object, const char *name, int64_t day)
{
	char text[PH_TIME_TEXT];

	ph_day_text(text, day);
	json_object_set_new(object, name, json_string(text));
}

/* --- figures --- */

int ph_hub_report_figures(struct ph_hub *hub, const json_t *request, json_t *answer,
			  struct ph_error *err)
{
	struct ph_figures figures = { 0 };
	int64_t from, to;
	int rc = ph_hub_read_days(request, &from, &to, err);

	rc = rc != 0 ? rc : ph_figures_sum(hub->ledger, from, to, &figures);
	rc = rc != 0 ? rc : ph_hub_show_figures(hub, &figures, answer);
	ph_figures_deinit(&figures);
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("summing up", "cộng số liệu")) : 0;
}

/* --- what was issued --- */

/* The report that the request names: by reference, or the last that was issued under a name. */
static int find_report(struct ph_hub *hub, const json_t *request,
		       struct ph_hub_issued *issued, struct ph_error *err)
{
	const char *text = ph_request_need(request, "report", err);
	int rc = text ? ph_hub_issued_find(hub, text, issued, err) : -EINVAL;

	return rc == PH_HUB_E_NONE
		       ? ph_fail(err, PH_EXIT_OTHER, -ENOENT,
				 ph_say("there is no report \"%.100s\"; `packhorsed "
					"report list` shows those there are",
					"không có báo cáo “%.100s”; `packhorsed report "
					"list` liệt kê các báo cáo"),
				 text)
		       : rc;
}

static void show_issue(const struct ph_hub_issued *issued, json_t *answer)
{
	char text[PH_REF_TEXT];

	json_object_set_new(answer, "report", json_string(issued->name));
	ph_ref_text(text, &issued->ref);
	json_object_set_new(answer, "ref", json_string(text));
	set_day(answer, "from", issued->from);
	set_day(answer, "to", issued->to);
	ph_time_text(text, issued->second);
	json_object_set_new(answer, "issued", json_string(text));
}

int ph_hub_report_list(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	json_t *list = json_array();
	json_t *strays = json_array();
	/* one after the other: each takes its list, also when it fails */
	bool lacks = json_object_set_new(answer, "reports", list) != 0;

	lacks = json_object_set_new(answer, "strays", strays) != 0 || lacks;

	int rc = lacks ? -ENOMEM : ph_hub_issued_list(hub, list, strays);

	(void)request;
	rc = rc != 0 ? rc : ph_hub_site_codes(hub, strays);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("listing the reports", "liệt kê báo cáo"))
		      : 0;
}

int ph_hub_report_show(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	struct ph_hub_issued issued = { 0 };
	int rc = find_report(hub, request, &issued, err);

	if (rc == 0) {
		show_issue(&issued, answer);
		rc = ph_hub_signed_tell(hub, &issued, answer);
	}
	if (rc == 0 && ph_hub_is_counted(request)) {
		rc = ph_hub_show_figures(hub, &issued.figures, answer);
	}
	if (rc == 0 && issued.sheet.len > 0) {
		json_object_set_new(answer, "sheet", ph_hub_sheet_printed(&issued));
	}
	ph_hub_issued_deinit(&issued);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("showing the report", "xem báo cáo"))
		      : 0;
}

int ph_hub_report_changed(struct ph_hub *hub, const json_t *request, json_t *answer,
			  struct ph_error *err)
{
	static const char *const lists[] = { "changed", "entries", "unexplained" };
	struct ph_hub_issued issued = { 0 };
	json_t *found = NULL;
	int rc = find_report(hub, request, &issued, err);

	rc = rc != 0 ? rc
		     : ph_report_revised(hub->ledger, &issued.figures, issued.from,
					 issued.to, &found, err);
	if (rc == 0) {
		show_issue(&issued, answer);
	}
	for (size_t i = 0; rc == 0 && i < sizeof(lists) / sizeof(lists[0]); i++) {
		json_t *list = json_object_get(found, lists[i]);

		rc = ph_hub_site_codes(hub, list);
		json_object_set(answer, lists[i], list);
	}
	json_decref(found);
	ph_hub_issued_deinit(&issued);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("comparing the report", "so sánh báo cáo"))
		      : 0;
}
