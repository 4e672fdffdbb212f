/*
 * daemon/report_page.c - the reports of a period as one page of HTML to be printed.
 *
 * It has the form of an office's report (decree 30/2020/NĐ-CP): who writes, the name of the
 * state, place and day, title; then the rows of the plan that have a target side by side,
 * each row with its lines, whose figures they lack, and room for signatures. Beside each
 * figure stands how it was reckoned and for how many communes it is complete.
 *
 * Whoever opens it needs a browser only, old or new: plain tags, each one closed, so that it
 * is XML too and a test can read it.
 */
#include "daemon/report_page.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cli/figure.h"
#include "common/cli/member.h"
#include "common/cli/value_words.h"
#include "daemon/report_page_issued.h"

static const char style[] =
	"@page{size:A4;margin:20mm 15mm 20mm 25mm}"
	"body{font:12pt/1.35 \"Times New Roman\",\"Liberation Serif\",\"Noto Serif\","
	"\"Noto Sans Tai Viet\",serif;max-width:170mm;margin:0 auto;color:#000}"
	"@media screen{body{padding:8mm}}"
	".head td{border:0;text-align:center;vertical-align:top;padding:0 2mm}"
	"h1{font-size:14pt;text-align:center;margin:8mm 0 1mm}"
	"h2{font-size:12pt;margin:6mm 0 1mm;break-after:avoid;page-break-after:avoid}"
	"p{margin:1mm 0}.period{text-align:center;margin-bottom:5mm}"
	".draft{text-align:center;font-style:italic}.small{font-size:10pt}"
	/* half of the border lies outside of the table */
	"table{border-collapse:collapse;width:calc(100% - 0.4mm);margin:2mm 0.2mm;"
	"font-size:10.5pt}"
	"thead{display:table-header-group}tr{break-inside:avoid;page-break-inside:avoid}"
	"th,td{border:0.3mm solid #000;padding:0.6mm 1.5mm;text-align:left;"
	"overflow-wrap:anywhere;unicode-bidi:isolate}"
	"th{text-align:center;overflow-wrap:normal}td.n{text-align:right;white-space:"
	"nowrap}"
	"td.c,table:not(.head) td:first-child{white-space:nowrap}"
	"tr.total td{font-weight:bold}"
	".sign{margin-top:10mm;break-inside:avoid;page-break-inside:avoid}"
	".sign td{height:32mm}";

/* --- words --- */

#define WORDS PH_PAGE_WORDS

/* "2026-Q3" as "quý III năm 2026". */
static void period_words(char out[static WORDS], const char *name)
{
	static const char *const quarters[] = { "I", "II", "III", "IV" };
	int year = 0, part = 0;

	if (sscanf(name, "%4d-Q%1d", &year, &part) == 2 && part >= 1 && part <= 4) {
		snprintf(out, WORDS, "quý %s năm %d", quarters[part - 1], year);
	} else if (sscanf(name, "%4d-%2d", &year, &part) == 2) {
		snprintf(out, WORDS, "tháng %d năm %d", part, year);
	} else {
		snprintf(out, WORDS, "năm %.40s", name);
	}
}

static const char *vietnamese(const json_t *words)
{
	return ph_member_text(words, "vi");
}

/* --- one report --- */

static void cell(struct ph_html *to, const json_t *value, const json_t *column)
{
	const char *type = ph_member_text(column, "type");
	char words[WORDS];

	if (json_is_string(value) && strcmp(type, "day") == 0) {
		ph_page_day(words, json_string_value(value));
		ph_html_put(to, "<td class=\"n\">%s</td>", words);
	} else if (json_is_string(value)) {
		ph_html_put(to, "<td>%s</td>",
			    ph_value_say(ph_member_text(column, "name"),
					 json_string_value(value)));
	} else if (json_is_integer(value) &&
		   strcmp(ph_member_text(column, "name"), "site") == 0) {
		ph_html_put(to, "<td>%d</td>", (long long)json_integer_value(value));
	} else {
		ph_figure_cell(words, type, value);
		ph_html_put(to, "<td class=\"n\">%s</td>", words);
	}
}

static void line(struct ph_html *to, const json_t *report, const json_t *cells,
		 bool is_total)
{
	const json_t *columns = json_object_get(report, "columns");
	const json_t *value;
	size_t i;

	ph_html_raw(to, is_total ? "<tr class=\"total\">" : "<tr>");
	json_array_foreach(cells, i, value)
	{
		if (is_total && i == 0 && json_is_null(value)) {
			ph_html_raw(to, "<td>Tổng</td>");
		} else {
			cell(to, value, json_array_get(columns, i));
		}
	}
	ph_html_raw(to, "</tr>\n");
}

static void lines(struct ph_html *to, const json_t *report)
{
	const json_t *rows = json_object_get(report, "rows");
	const json_t *total = json_object_get(report, "total");
	const json_t *item;
	size_t i;

	if (json_array_size(rows) == 0) {
		ph_html_raw(to, "<p>Không có số liệu trong kỳ.</p>\n");
		return;
	}
	ph_html_raw(to, "<table><thead><tr>");
	json_array_foreach(json_object_get(report, "columns"), i, item)
	{
		ph_html_put(to, "<th>%s</th>", vietnamese(item));
	}
	ph_html_raw(to, "</tr></thead><tbody>\n");
	json_array_foreach(rows, i, item)
	{
		line(to, report, item, false);
	}
	if (total) {
		line(to, report, total, true);
	}
	ph_html_raw(to, "</tbody></table>\n");
}

static void share(struct ph_html *to, const json_t *report)
{
	char figure[PH_FIGURE_TEXT], of[PH_FIGURE_TEXT], all[PH_FIGURE_TEXT];
	const char *year;
	json_t *target;

	if (!json_object_get(report, "denominator")) {
		return;
	}
	ph_figure_cell(figure, "percent", json_object_get(report, "value"));
	ph_figure_text(of, "count", ph_member_number(report, "numerator"));
	ph_figure_text(all, "count", ph_member_number(report, "denominator"));
	ph_html_put(to, "<p><b>Kết quả: %s</b> = %s trên %s", figure, of, all);
	json_object_foreach(json_object_get(report, "targets"), year, target)
	{
		ph_figure_cell(figure, "percent", target);
		ph_html_put(to, "; mục tiêu %s: %s", year, figure);
	}
	ph_html_raw(to, ".</p>\n");
}

static void trend(struct ph_html *to, const json_t *report)
{
	const char *type = json_object_get(report, "denominator") ? "percent" : "count";
	const json_t *list = json_object_get(report, "trend");
	char figure[PH_FIGURE_TEXT];
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		ph_figure_cell(figure, type, json_object_get(item, "value"));
		ph_html_put(to, "%s %s: %s", i == 0 ? "Các kỳ trước:" : ";",
			    ph_member_text(item, "period"), figure);
	}
	ph_html_raw(to, json_array_size(list) > 0 ? ".<br/>\n" : "");
}

static void rule(struct ph_html *to, const json_t *report)
{
	const json_t *of = json_object_get(report, "rule");
	const char *since = ph_member_text(of, "since");
	const char *told = ph_member_text(of, "told");
	char day[WORDS];

	ph_html_put(to, "Cách tính: %s (quy tắc %s, bản %d", vietnamese(of),
		    ph_member_text(of, "name"), ph_member_number(of, "version"));
	if (since[0]) {
		ph_page_day(day, since);
		ph_html_put(to, " từ %s", day);
	}
	ph_html_put(to, "%s%s)", told[0] ? ": " : "", told);
}

static void complete(struct ph_html *to, const json_t *report)
{
	const json_t *of = json_object_get(report, "complete");
	const char *up_to = ph_member_text(of, "up_to");
	char day[WORDS];

	ph_html_put(to, "Đủ số liệu của %d trên %d %s", ph_member_number(of, "communes"),
		    ph_member_number(of, "of"), ph_units_say(report));
	if (up_to[0]) {
		ph_page_day(day, up_to);
		ph_html_put(to, " đến %s", day);
	}
}

static void report_section(struct ph_html *to, const json_t *report)
{
	long long suppressed = ph_member_number(report, "suppressed");
	const char *code = ph_member_text(report, "report");
	const char *title = vietnamese(json_object_get(report, "title"));

	if (isupper((unsigned char)
			    code[0])) { /* a row of the plan; others have names of ours */
		ph_html_put(to, "<h2>%s. %s</h2>\n", code, title);
	} else {
		ph_html_put(to, "<h2>%s</h2>\n", title);
	}
	share(to, report);
	lines(to, report);
	ph_html_raw(to, "<p class=\"small\">");
	trend(to, report);
	rule(to, report);
	ph_html_raw(to, ".<br/>\n");
	complete(to, report);
	ph_html_raw(to, ".");
	if (suppressed > 0) {
		ph_html_put(
			to,
			"<br/>\n%d số liệu ít người không nêu; cùng với bảng chia cách "
			"khác "
			"(tháng "
			"của quý, điểm của xã) có thể suy ra, nên chỉ đưa ra một cách "
			"chia.",
			suppressed);
	}
	ph_page_issued(to, report);
	ph_html_raw(to, "</p>\n");
}

/* --- all of them --- */

/* Those with a target side by side: result, targets, rule, how far complete. */
static void summary_line(struct ph_html *to, const json_t *report)
{
	static const char *const years[] = { "2026", "2030", "2045" };
	char figure[PH_FIGURE_TEXT], of[PH_FIGURE_TEXT], all[PH_FIGURE_TEXT];

	ph_html_put(to, "<tr><td class=\"c\">%s</td><td>%s</td>",
		    ph_member_text(report, "report"),
		    vietnamese(json_object_get(report, "title")));
	ph_figure_cell(figure, "percent", json_object_get(report, "value"));
	ph_figure_text(of, "count", ph_member_number(report, "numerator"));
	ph_figure_text(all, "count", ph_member_number(report, "denominator"));
	ph_html_put(to, "<td class=\"n\">%s</td><td class=\"n\">%s / %s</td>", figure, of,
		    all);
	for (size_t i = 0; i < sizeof(years) / sizeof(years[0]); i++) {
		ph_figure_cell(
			figure, "percent",
			json_object_get(json_object_get(report, "targets"), years[i]));
		ph_html_put(to, "<td class=\"n\">%s</td>", figure);
	}
	ph_html_raw(to, "<td>");
	rule(to, report);
	ph_html_raw(to, ". ");
	complete(to, report);
	ph_html_raw(to, ".</td></tr>\n");
}

static void summary(struct ph_html *to, const json_t *reports)
{
	bool any = false;
	const json_t *report;
	size_t i;

	json_array_foreach(reports, i, report)
	{
		if (!json_object_get(report, "denominator")) {
			continue;
		}
		if (!any) {
			ph_html_raw(
				to,
				"<h2>Các chỉ tiêu của kế hoạch</h2>\n<table><thead><tr>"
				"<th>Mã</th><th>Chỉ tiêu</th><th>Kết quả</th><th>Tử số / "
				"mẫu số</th><th>2026</th><th>2030</th><th>2045</th>"
				"<th>Cách tính, mức đầy đủ</th></tr></thead><tbody>\n");
		}
		any = true;
		summary_line(to, report);
	}
	ph_html_raw(to, any ? "</tbody></table>\n" : "");
}

/* Of the rows the one with most communes behind it: a rule may leave the phường out of some. */
static const json_t *widest(const json_t *reports)
{
	const json_t *found = NULL, *report;
	long long most = -1;
	size_t i;

	json_array_foreach(reports, i, report)
	{
		long long of =
			ph_member_number(json_object_get(report, "complete"), "of");

		found = of > most ? report : found;
		most = of > most ? of : most;
	}
	return found;
}

static void missing(struct ph_html *to, const json_t *report)
{
	const json_t *list =
		json_object_get(json_object_get(report, "complete"), "missing");
	const json_t *item;
	size_t i;

	if (json_array_size(list) == 0) {
		return;
	}
	ph_html_raw(
		to,
		"<h2>Số liệu còn thiếu của</h2>\n<table><thead><tr><th>Mã</th><th>Xã, "
		"phường</th><th>Điểm</th><th>Máy</th><th>Nhận gần nhất</th></tr></thead>"
		"<tbody>\n");
	json_array_foreach(list, i, item)
	{
		const char *device = ph_member_text(item, "device");

		ph_html_put(to,
			    "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</"
			    "td></tr>\n",
			    ph_member_text(item, "code"), ph_member_text(item, "name"),
			    ph_member_text(item, "site"),
			    device[0] ? device : "chưa có máy",
			    ph_member_text(item, "last"));
	}
	ph_html_raw(to, "</tbody></table>\n");
}

/* What names a commune that there is not. */
static void of_no_commune(struct ph_html *to, const json_t *report)
{
	const json_t *list =
		json_object_get(json_object_get(report, "complete"), "strays");
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		ph_html_put(
			to,
			"<p>Không có xã, phường mang mã %s: %d mục %s của điểm %d.</p>\n",
			ph_member_text(item, "commune"),
			ph_member_number(item, "entries"), ph_member_text(item, "kind"),
			ph_member_number(item, "site"));
	}
}

static void issued_list(struct ph_html *to, const json_t *issued)
{
	const json_t *item;
	size_t i;

	if (!issued) {
		return;
	}
	ph_html_raw(to,
		    "<h2>Số tham chiếu của số liệu ban hành</h2>\n<p class=\"small\">");
	json_array_foreach(issued, i, item)
	{
		ph_html_put(to, "%s: %s<br/>\n", ph_member_text(item, "report"),
			    ph_member_text(item, "ref"));
	}
	ph_html_raw(to, "</p>\n");
}

static const char *or_else(const char *text, const char *usual)
{
	return text ? text : usual;
}

static void office(struct ph_html *to, const struct ph_report_page *page)
{
	int year = 0, month = 0, day = 0;

	ph_html_put(to,
		    "<table class=\"head\"><tr><td>%s<br/><b>%s</b><br/>———<br/>Số: "
		    "......./BC"
		    "</td><td class=\"c\"><b>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM<br/>Độc "
		    "lập - "
		    "Tự do - Hạnh "
		    "phúc</b><br/>———————<br/>",
		    or_else(page->agency, "SỞ VĂN HÓA, THỂ THAO VÀ DU LỊCH"),
		    or_else(page->unit, "THƯ VIỆN TỈNH"));
	if (sscanf(page->day, "%4d-%2d-%2d", &year, &month, &day) == 3) {
		ph_html_put(to, "<i>%s, ngày %d tháng %d năm %d</i>",
			    or_else(page->place, "................"), (long long)day,
			    (long long)month, (long long)year);
	}
	ph_html_raw(to, "</td></tr></table>\n");
}

static void signatures(struct ph_html *to)
{
	ph_html_raw(
		to,
		"<table class=\"head sign\"><tr><td><b>NGƯỜI LẬP BIỂU</b><br/><i>(Ký, "
		"ghi rõ họ tên)</i></td><td><b>THỦ TRƯỞNG ĐƠN VỊ</b><br/><i>(Ký, đóng "
		"dấu, ghi rõ họ tên)</i></td></tr></table>\n");
}

int ph_report_page(const struct ph_report_page *page, struct ph_buf *out)
{
	struct ph_html to = { .out = out };
	const json_t *period =
		json_object_get(json_array_get(page->reports, 0), "period");
	char of[WORDS], from[WORDS], until[WORDS];
	enum ph_speak before = ph_speak(PH_SPEAK_VIETNAMESE); /* numbers too */
	const json_t *report;
	size_t i;

	period_words(of, ph_member_text(period, "name"));
	ph_page_day(from, ph_member_text(period, "from"));
	ph_page_day(until, ph_member_text(period, "to"));
	ph_html_raw(&to,
		    "<!DOCTYPE html>\n<html lang=\"vi\"><head><meta charset=\"utf-8\"/>\n"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
		    "'none'; style-src 'unsafe-inline'\"/>\n");
	ph_html_put(&to, "<title>Báo cáo thư viện %s</title>\n<style>", of);
	ph_html_raw(&to, style);
	ph_html_raw(&to, "</style></head>\n<body>\n");
	office(&to, page);
	ph_html_put(&to,
		    "<h1>BÁO CÁO<br/>Kết quả hoạt động thư viện cơ sở</h1>\n"
		    "<p class=\"period\">Kỳ: %s (%s – %s)</p>\n",
		    of, from, until);
	if (!page->issued) {
		ph_html_raw(
			&to,
			"<p class=\"draft\">Bản nháp: số liệu chưa ban hành, có thể còn "
			"thay đổi.</p>\n");
	}
	summary(&to, page->reports);
	json_array_foreach(page->reports, i, report)
	{
		report_section(&to, report);
	}
	missing(&to, widest(page->reports));
	of_no_commune(&to, json_array_get(page->reports, 0));
	issued_list(&to, page->issued);
	signatures(&to);
	ph_html_raw(&to, "</body></html>\n");
	(void)ph_speak(before);
	return to.rc;
}
