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
#include <utf8proc.h>

#include "common/base/text.h"
#include "common/cli/figure.h"
#include "common/cli/member.h"
#include "common/cli/value_words.h"

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

/* --- writing --- */

struct writing {
	struct ph_buf *out;
	int rc;
};

static void raw(struct writing *to, const char *html)
{
	to->rc = to->rc != 0 ? to->rc : ph_buf_put(to->out, html, strlen(html));
}

static void letter(struct writing *to, utf8proc_int32_t letter_is, const char *bytes,
		   size_t size)
{
	switch (letter_is) {
	case '<':
		raw(to, "&lt;");
		break;
	case '>':
		raw(to, "&gt;");
		break;
	case '&':
		raw(to, "&amp;");
		break;
	case '"':
		raw(to, "&quot;");
		break;
	case '\'':
		raw(to, "&#39;");
		break;
	default:
		to->rc = to->rc != 0 ? to->rc : ph_buf_put(to->out, bytes, size);
	}
}

/* TEXT, escaped; what HTML and XML have no place for becomes a question mark. */
static void text(struct writing *to, const char *plain)
{
	utf8proc_ssize_t left = (utf8proc_ssize_t)strlen(plain);

	while (left > 0) {
		utf8proc_int32_t it;
		utf8proc_ssize_t n =
			utf8proc_iterate((const utf8proc_uint8_t *)plain, left, &it);

		if (n < 1 || !ph_text_is_harmless(it) || it == 0xfffe || it == 0xffff) {
			letter(to, '?', "?", 1);
			n = n < 1 ? 1 : n;
		} else {
			letter(to, it, plain, (size_t)n);
		}
		plain += n;
		left -= n;
	}
}

/* HTML in which each %s is a text that is escaped and each %d a long long. */
static void html(struct writing *to, const char *format, ...)
{
	char number[32];
	va_list args;

	va_start(args, format);
	while (*format) {
		size_t len = strcspn(format, "%");

		to->rc = to->rc != 0 ? to->rc : ph_buf_put(to->out, format, len);
		format += len;
		if (format[0] == '%' && format[1] == 's') {
			text(to, va_arg(args, const char *));
			format += 2;
		} else if (format[0] == '%' && format[1] == 'd') {
			snprintf(number, sizeof(number), "%lld", va_arg(args, long long));
			raw(to, number);
			format += 2;
		} else if (format[0] == '%') {
			raw(to, "%");
			format++;
		}
	}
	va_end(args);
}

/* --- words --- */

#define WORDS PH_FIGURE_TEXT

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

/* "2026-09-30", as it may stand before an hour, as "30/09/2026". */
static void day_words(char out[static WORDS], const char *day)
{
	int year, month, of;

	if (sscanf(day, "%4d-%2d-%2d", &year, &month, &of) == 3) {
		snprintf(out, WORDS, "%02d/%02d/%d", of, month, year);
	} else {
		snprintf(out, WORDS, "%.40s", day);
	}
}

static const char *vietnamese(const json_t *words)
{
	return ph_member_text(words, "vi");
}

/* --- one report --- */

static void cell(struct writing *to, const json_t *value, const json_t *column)
{
	const char *type = ph_member_text(column, "type");
	char words[WORDS];

	if (json_is_string(value) && strcmp(type, "day") == 0) {
		day_words(words, json_string_value(value));
		html(to, "<td class=\"n\">%s</td>", words);
	} else if (json_is_string(value)) {
		html(to, "<td>%s</td>",
		     ph_value_say(ph_member_text(column, "name"),
				  json_string_value(value)));
	} else if (json_is_integer(value) &&
		   strcmp(ph_member_text(column, "name"), "site") == 0) {
		html(to, "<td>%d</td>", (long long)json_integer_value(value));
	} else {
		ph_figure_cell(words, type, value);
		html(to, "<td class=\"n\">%s</td>", words);
	}
}

static void line(struct writing *to, const json_t *report, const json_t *cells,
		 bool is_total)
{
	const json_t *columns = json_object_get(report, "columns");
	const json_t *value;
	size_t i;

	raw(to, is_total ? "<tr class=\"total\">" : "<tr>");
	json_array_foreach(cells, i, value)
	{
		if (is_total && i == 0 && json_is_null(value)) {
			raw(to, "<td>Tổng</td>");
		} else {
			cell(to, value, json_array_get(columns, i));
		}
	}
	raw(to, "</tr>\n");
}

static void lines(struct writing *to, const json_t *report)
{
	const json_t *rows = json_object_get(report, "rows");
	const json_t *total = json_object_get(report, "total");
	const json_t *item;
	size_t i;

	if (json_array_size(rows) == 0) {
		raw(to, "<p>Không có số liệu trong kỳ.</p>\n");
		return;
	}
	raw(to, "<table><thead><tr>");
	json_array_foreach(json_object_get(report, "columns"), i, item)
	{
		html(to, "<th>%s</th>", vietnamese(item));
	}
	raw(to, "</tr></thead><tbody>\n");
	json_array_foreach(rows, i, item)
	{
		line(to, report, item, false);
	}
	if (total) {
		line(to, report, total, true);
	}
	raw(to, "</tbody></table>\n");
}

static void share(struct writing *to, const json_t *report)
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
	html(to, "<p><b>Kết quả: %s</b> = %s trên %s", figure, of, all);
	json_object_foreach(json_object_get(report, "targets"), year, target)
	{
		ph_figure_cell(figure, "percent", target);
		html(to, "; mục tiêu %s: %s", year, figure);
	}
	raw(to, ".</p>\n");
}

static void trend(struct writing *to, const json_t *report)
{
	const char *type = json_object_get(report, "denominator") ? "percent" : "count";
	const json_t *list = json_object_get(report, "trend");
	char figure[PH_FIGURE_TEXT];
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		ph_figure_cell(figure, type, json_object_get(item, "value"));
		html(to, "%s %s: %s", i == 0 ? "Các kỳ trước:" : ";",
		     ph_member_text(item, "period"), figure);
	}
	raw(to, json_array_size(list) > 0 ? ".<br/>\n" : "");
}

static void rule(struct writing *to, const json_t *report)
{
	const json_t *of = json_object_get(report, "rule");
	const char *since = ph_member_text(of, "since");
	const char *told = ph_member_text(of, "told");
	char day[WORDS];

	html(to, "Cách tính: %s (quy tắc %s, bản %d", vietnamese(of),
	     ph_member_text(of, "name"), ph_member_number(of, "version"));
	if (since[0]) {
		day_words(day, since);
		html(to, " từ %s", day);
	}
	html(to, "%s%s)", told[0] ? ": " : "", told);
}

static void complete(struct writing *to, const json_t *report)
{
	const json_t *of = json_object_get(report, "complete");
	const char *up_to = ph_member_text(of, "up_to");
	char day[WORDS];

	html(to, "Đủ số liệu của %d trên %d xã, phường", ph_member_number(of, "communes"),
	     ph_member_number(of, "of"));
	if (up_to[0]) {
		day_words(day, up_to);
		html(to, " đến %s", day);
	}
}

/* VALUE of COLUMN in a line of text. */
static const char *value_words(char out[static WORDS], const json_t *column,
			       const json_t *value)
{
	if (json_is_string(value) && strcmp(ph_member_text(column, "type"), "day") == 0) {
		day_words(out, json_string_value(value));
		return out;
	}
	return ph_figure_words(out, column, value);
}

/* What a row is about: a code and a name, a site's number and more, a month. */
static void row_words(struct writing *to, const json_t *row, const char *by)
{
	const json_t *item;
	size_t i;

	json_array_foreach(row, i, item)
	{
		raw(to, i > 0 ? " " : "");
		if (json_is_integer(item)) {
			html(to, "%d", (long long)json_integer_value(item));
		} else {
			text(to, json_is_string(item)
					 ? ph_value_say(by, json_string_value(item))
					 : "–");
		}
	}
	if (json_array_size(row) == 0) {
		raw(to, "tổng");
	}
}

static void revised_cell(struct writing *to, const json_t *report, const json_t *item)
{
	const char *name = ph_member_text(item, "column");
	const json_t *column = ph_figure_column(report, name);
	char was[WORDS], is[WORDS];

	row_words(to, json_object_get(item, "row"), ph_member_text(report, "by"));
	html(to, ", %s: đã in %s, nay là %s.", column ? vietnamese(column) : name,
	     value_words(was, column, json_object_get(item, "printed")),
	     value_words(is, column, json_object_get(item, "now")));
}

static void restated(struct writing *to, const json_t *report, const json_t *item)
{
	char name[WORDS], was[WORDS], is[WORDS];

	ph_restated_name(name, item);
	ph_restated_figure(was, report, item, "printed");
	ph_restated_figure(is, report, item, "now");
	html(to, "%s: đã in %s, nay là %s.", name, was, is);
}

static void revised(struct writing *to, const json_t *report)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(report, "revised"), i, item)
	{
		raw(to, "<br/>\nSửa: ");
		if (json_object_get(item, "what")) {
			restated(to, report, item);
		} else {
			revised_cell(to, report, item);
		}
	}
}

/* What sites said that do not speak for that commune. */
static void strays(struct writing *to, const json_t *issued)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(issued, "strays"), i, item)
	{
		const char *code = ph_member_text(item, "code");

		html(to, "<br/>\nKhông tính: ");
		if (code[0]) {
			text(to, code);
		} else {
			html(to, "%d", ph_member_number(item, "site"));
		}
		html(to, " %s",
		     json_is_true(json_object_get(item, "agrees")) ? "đồng ý"
								   : "không đồng ý");
		if (json_object_get(item, "commune")) {
			html(to, " về %s", ph_member_text(item, "commune"));
		}
		html(to, ": %s.", ph_stray_say(ph_member_text(item, "why")));
	}
}

static void report_section(struct writing *to, const json_t *report)
{
	long long suppressed = ph_member_number(report, "suppressed");
	const json_t *issued = json_object_get(report, "issued");

	const char *code = ph_member_text(report, "report");
	const char *title = vietnamese(json_object_get(report, "title"));

	if (isupper((unsigned char)
			    code[0])) { /* a row of the plan; others have names of ours */
		html(to, "<h2>%s. %s</h2>\n", code, title);
	} else {
		html(to, "<h2>%s</h2>\n", title);
	}
	share(to, report);
	lines(to, report);
	raw(to, "<p class=\"small\">");
	trend(to, report);
	rule(to, report);
	raw(to, ".<br/>\n");
	complete(to, report);
	raw(to, ".");
	if (suppressed > 0) {
		html(to,
		     "<br/>\n%d số liệu ít người không nêu; cùng với bảng chia cách khác "
		     "(tháng "
		     "của quý, điểm của xã) có thể suy ra, nên chỉ đưa ra một cách "
		     "chia.",
		     suppressed);
	}
	if (issued) {
		html(to, "<br/>\nĐã ban hành %s; %d nơi đồng ý, %d nơi không.",
		     ph_member_text(issued, "time"), ph_member_number(issued, "agree"),
		     ph_member_number(issued, "disagree"));
		strays(to, issued);
	}
	revised(to, report);
	raw(to, "</p>\n");
}

/* --- all of them --- */

/* Those with a target side by side: result, targets, rule, how far complete. */
static void summary_line(struct writing *to, const json_t *report)
{
	static const char *const years[] = { "2026", "2030", "2045" };
	char figure[PH_FIGURE_TEXT], of[PH_FIGURE_TEXT], all[PH_FIGURE_TEXT];

	html(to, "<tr><td class=\"c\">%s</td><td>%s</td>",
	     ph_member_text(report, "report"),
	     vietnamese(json_object_get(report, "title")));
	ph_figure_cell(figure, "percent", json_object_get(report, "value"));
	ph_figure_text(of, "count", ph_member_number(report, "numerator"));
	ph_figure_text(all, "count", ph_member_number(report, "denominator"));
	html(to, "<td class=\"n\">%s</td><td class=\"n\">%s / %s</td>", figure, of, all);
	for (size_t i = 0; i < sizeof(years) / sizeof(years[0]); i++) {
		ph_figure_cell(
			figure, "percent",
			json_object_get(json_object_get(report, "targets"), years[i]));
		html(to, "<td class=\"n\">%s</td>", figure);
	}
	raw(to, "<td>");
	rule(to, report);
	raw(to, ". ");
	complete(to, report);
	raw(to, ".</td></tr>\n");
}

static void summary(struct writing *to, const json_t *reports)
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
			raw(to, "<h2>Các chỉ tiêu của kế hoạch</h2>\n<table><thead><tr>"
				"<th>Mã</th><th>Chỉ tiêu</th><th>Kết quả</th><th>Tử số / "
				"mẫu số</th><th>2026</th><th>2030</th><th>2045</th>"
				"<th>Cách tính, mức đầy đủ</th></tr></thead><tbody>\n");
		}
		any = true;
		summary_line(to, report);
	}
	raw(to, any ? "</tbody></table>\n" : "");
}

static void missing(struct writing *to, const json_t *report)
{
	const json_t *list =
		json_object_get(json_object_get(report, "complete"), "missing");
	const json_t *item;
	size_t i;

	if (json_array_size(list) == 0) {
		return;
	}
	raw(to, "<h2>Số liệu còn thiếu của</h2>\n<table><thead><tr><th>Mã</th><th>Xã, "
		"phường</th><th>Điểm</th><th>Máy</th><th>Nhận gần nhất</th></tr></thead>"
		"<tbody>\n");
	json_array_foreach(list, i, item)
	{
		const char *site = ph_member_text(item, "site");

		html(to,
		     "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n",
		     ph_member_text(item, "code"), ph_member_text(item, "name"),
		     site[0] ? site : "chưa có máy", ph_member_text(item, "device"),
		     ph_member_text(item, "last"));
	}
	raw(to, "</tbody></table>\n");
}

/* What names a commune that there is not. */
static void of_no_commune(struct writing *to, const json_t *report)
{
	const json_t *list =
		json_object_get(json_object_get(report, "complete"), "strays");
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		html(to,
		     "<p>Không có xã, phường mang mã %s: %d mục %s của điểm %d.</p>\n",
		     ph_member_text(item, "commune"), ph_member_number(item, "entries"),
		     ph_member_text(item, "kind"), ph_member_number(item, "site"));
	}
}

static void issued_list(struct writing *to, const json_t *issued)
{
	const json_t *item;
	size_t i;

	if (!issued) {
		return;
	}
	raw(to, "<h2>Số tham chiếu của số liệu ban hành</h2>\n<p class=\"small\">");
	json_array_foreach(issued, i, item)
	{
		html(to, "%s: %s<br/>\n", ph_member_text(item, "report"),
		     ph_member_text(item, "ref"));
	}
	raw(to, "</p>\n");
}

static const char *or_else(const char *text, const char *usual)
{
	return text ? text : usual;
}

static void office(struct writing *to, const struct ph_report_page *page)
{
	int year = 0, month = 0, day = 0;

	html(to,
	     "<table class=\"head\"><tr><td>%s<br/><b>%s</b><br/>———<br/>Số: ......./BC"
	     "</td><td class=\"c\"><b>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM<br/>Độc lập - "
	     "Tự do - Hạnh "
	     "phúc</b><br/>———————<br/>",
	     or_else(page->agency, "SỞ VĂN HÓA, THỂ THAO VÀ DU LỊCH"),
	     or_else(page->unit, "THƯ VIỆN TỈNH"));
	if (sscanf(page->day, "%4d-%2d-%2d", &year, &month, &day) == 3) {
		html(to, "<i>%s, ngày %d tháng %d năm %d</i>",
		     or_else(page->place, "................"), (long long)day,
		     (long long)month, (long long)year);
	}
	raw(to, "</td></tr></table>\n");
}

static void signatures(struct writing *to)
{
	raw(to, "<table class=\"head sign\"><tr><td><b>NGƯỜI LẬP BIỂU</b><br/><i>(Ký, "
		"ghi rõ họ tên)</i></td><td><b>THỦ TRƯỞNG ĐƠN VỊ</b><br/><i>(Ký, đóng "
		"dấu, ghi rõ họ tên)</i></td></tr></table>\n");
}

int ph_report_page(const struct ph_report_page *page, struct ph_buf *out)
{
	struct writing to = { .out = out };
	const json_t *period =
		json_object_get(json_array_get(page->reports, 0), "period");
	char of[WORDS], from[WORDS], until[WORDS];
	const json_t *report;
	size_t i;

	ph_speak(PH_SPEAK_VIETNAMESE); /* numbers too */
	period_words(of, ph_member_text(period, "name"));
	day_words(from, ph_member_text(period, "from"));
	day_words(until, ph_member_text(period, "to"));
	raw(&to, "<!DOCTYPE html>\n<html lang=\"vi\"><head><meta charset=\"utf-8\"/>\n"
		 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
		 "'none'; style-src 'unsafe-inline'\"/>\n");
	html(&to, "<title>Báo cáo thư viện %s</title>\n<style>", of);
	raw(&to, style);
	raw(&to, "</style></head>\n<body>\n");
	office(&to, page);
	html(&to,
	     "<h1>BÁO CÁO<br/>Kết quả hoạt động thư viện cơ sở</h1>\n"
	     "<p class=\"period\">Kỳ: %s (%s – %s)</p>\n",
	     of, from, until);
	if (!page->issued) {
		raw(&to, "<p class=\"draft\">Bản nháp: số liệu chưa ban hành, có thể còn "
			 "thay đổi.</p>\n");
	}
	summary(&to, page->reports);
	json_array_foreach(page->reports, i, report)
	{
		report_section(&to, report);
	}
	missing(&to, json_array_get(page->reports, 0));
	of_no_commune(&to, json_array_get(page->reports, 0));
	issued_list(&to, page->issued);
	signatures(&to);
	raw(&to, "</body></html>\n");
	ph_speak(PH_SPEAK_OWN);
	return to.rc;
}
