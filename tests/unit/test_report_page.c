/*
 * tests/unit/test_report_page.c - a report as a page to be printed, and as sheets: what
 * stands in it, and that no text of it becomes anything but text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/cli/out.h"
#include "common/cli/sheet.h"
#include "daemon/report_book.h"
#include "daemon/report_page.h"

static const char report_text[] =
	"{\"report\":\"M2\",\"title\":{\"en\":\"working\",\"vi\":\"phối hợp\"},"
	"\"period\":{\"name\":\"2026-Q3\",\"from\":\"2026-07-01\",\"to\":\"2026-09-30\"},"
	"\"by\":\"site\",\"rule\":{\"name\":\"1-of-4\",\"version\":2,"
	"\"since\":\"2026-03-01\",\"told\":\"<half>\",\"en\":\"one\","
	"\"vi\":\"một trong bốn\"},\"columns\":["
	"{\"name\":\"site\",\"en\":\"site\",\"vi\":\"số\",\"type\":\"count\"},"
	"{\"name\":\"name\",\"en\":\"name\",\"vi\":\"tên\",\"type\":\"text\"},"
	"{\"name\":\"turns\",\"en\":\"turns\",\"vi\":\"lượt\",\"type\":\"count\"},"
	"{\"name\":\"share\",\"en\":\"share\",\"vi\":\"tỷ lệ\",\"type\":\"percent\"},"
	"{\"name\":\"on\",\"en\":\"on\",\"vi\":\"ngày\",\"type\":\"day\"}],"
	"\"rows\":[[140371,\"<b onload=\\\"x\\\">&'=\",1234567,2550,\"2026-09-30\"],"
	"[null,\"ꪀꪫ\\u202e\\u0001\",{\"below\":5},null,null]],"
	"\"total\":[null,null,1234570,null,null],"
	"\"numerator\":12,\"denominator\":75,\"value\":1600,"
	"\"targets\":{\"2026\":1500,\"2030\":5000},"
	"\"trend\":[{\"period\":\"2026-Q2\",\"value\":null}],"
	"\"complete\":{\"communes\":61,\"of\":75,\"up_to\":\"2026-09-30\",\"missing\":["
	"{\"code\":\"03646\",\"name\":\"Chiềng "
	"Khoa\"},{\"code\":\"03646\",\"name\":\"Chiềng "
	"Khoa\",\"site\":\"14-0777\"},{\"code\":\"03646\",\"name\":\"Chiềng "
	"Khoa\",\"site\":\"14-0778\",\"device\":\"a1b2c3d4e5f6a7b8\",\"last\":"
	"\"2026-08-01T00:00:00Z\"}],\"strays\":[{\"commune\":\"99999\","
	"\"site\":140372,\"kind\":\"tally\",\"entries\":2}]},\"suppressed\":3,"
	"\"issued\":{\"ref\":\"r\",\"time\":\"2026-10-02\",\"agree\":3,\"disagree\":1,"
	"\"signoffs\":[{\"site\":140371,\"code\":\"14-0371\",\"commune\":\"03646\","
	"\"agrees\":true,\"seen\":\"counted\"},{\"site\":140373,\"code\":\"14-0373\","
	"\"agrees\":true,\"seen\":\"other\"},{\"site\":140374,\"agrees\":false,"
	"\"seen\":\"other\"},{\"site\":140375,\"agrees\":true,\"seen\":\"none\"}],"
	"\"strays\":[{\"site\":140372,\"code\":\"14-0372\",\"agrees\":true,\"commune\":"
	"\"03646\",\"why\":\"foreign-site\",\"seen\":\"printed\"},{\"site\":140999,"
	"\"agrees\":false,"
	"\"commune\":\"03646\",\"why\":\"unknown-site\"}]},"
	"\"revised\":[{\"what\":\"rule\",\"printed\":{\"name\":\"1-of-4\",\"version\":1},"
	"\"now\":{\"name\":\"1-of-4\",\"version\":2}},{\"what\":\"denominator\","
	"\"printed\":75,\"now\":1067},{\"what\":\"mean\",\"printed\":null,\"now\":-1050},"
	"{\"what\":\"target\",\"year\":\"2030\",\"printed\":5000,\"now\":null},"
	"{\"row\":[140371,\"Tô "
	"Múa\"],\"column\":\"turns\",\"printed\":7,\"now\":8},"
	"{\"row\":[140371,\"Tô Múa\"],\"column\":\"share\",\"printed\":-1050,"
	"\"now\":2550},{\"row\":null,\"column\":\"on\",\"printed\":\"2026-08-31\","
	"\"now\":null},{\"row\":[140371,\"Tô Múa\"],\"column\":\"gone\","
	"\"printed\":{\"below\":5},\"now\":null},{\"row\":[140371,\"Tô "
	"Múa\"],\"parts\":true},{\"row\":null,\"parts\":true}]}";

static json_t *load(void)
{
	json_t *report = json_loads(report_text, 0, NULL);

	assert_non_null(report);
	return report;
}

static char *page_of(const char *agency, const json_t *issued)
{
	json_t *reports = json_pack("[o]", load());
	struct ph_buf out = { 0 };
	const struct ph_report_page page = { .agency = agency,
					     .unit = "THƯ VIỆN TỈNH",
					     .place = "Sơn La",
					     .day = "2026-11-29",
					     .reports = reports,
					     .issued = issued };

	assert_int_equal(ph_report_page(&page, &out), 0);
	assert_int_equal(ph_buf_put_u8(&out, '\0'), 0);
	json_decref(reports);
	return (char *)out.data;
}

static void test_page(void **state)
{
	static const char *const parts[] = {

		"<b>Kết quả: 16,00 %</b> = 12 trên 75; mục tiêu 2026: 15,00 %; mục tiêu "
		"2030: 50,00 %.",
		"<td>140371</td><td>&lt;b onload=&quot;x&quot;&gt;&amp;&#39;=</td>"
		"<td class=\"n\">1.234.567</td><td class=\"n\">25,50 %</td>"
		"<td class=\"n\">30/09/2026</td>",
		"<td class=\"n\">–</td><td>ꪀꪫ?\?</td><td class=\"n\">&lt; 5</td>",
		"<tr class=\"total\"><td>Tổng</td>",
		"Các kỳ trước: 2026-Q2: –.",
		"Cách tính: một trong bốn (quy tắc 1-of-4, bản 2 từ "
		"01/03/2026: &lt;half&gt;)",
		"Đủ số liệu của 61 trên 75 xã, phường đến 30/09/2026",
		"3 số liệu ít người không nêu; cùng với bảng chia cách khác (tháng của "
		"quý, "
		"điểm của xã) có thể suy ra, nên chỉ đưa ra một cách chia.",
		"Đã ban hành 2026-10-02; 3 nơi đồng ý, 1 nơi không.",
		"Trong đó 1 nơi đã ký đúng số liệu mà tỉnh đang tính; 2 nơi đã ký số "
		"liệu "
		"khác với số liệu ở tỉnh (14-0373, 140374); 1 nơi không nói đã xem số "
		"liệu nào.",
		"Không tính: 14-0372 đồng ý về 03646: điểm không thuộc xã, phường ấy; đã "
		"ký đúng số liệu lúc in; từ đó số liệu ở tỉnh đã đổi.",
		"Không tính: 140999 không đồng ý về 03646: không có điểm mang số ấy; "
		"không nói đã xem số liệu nào.",
		"Sửa: quy tắc: đã in 1-of-4 (bản 1), nay là 1-of-4 (bản 2).",
		"Sửa: mẫu số: đã in 75, nay là 1.067.",
		"Sửa: mức tăng bình quân năm: đã in –, nay là -10,50 %.",
		"Sửa: mục tiêu 2030: đã in 50,00 %, nay là –.",
		"Sửa: 140371 Tô Múa, lượt: đã in 7, nay là 8.",
		"Sửa: 140371 Tô Múa, tỷ lệ: đã in -10,50 %, nay là 25,50 %.",
		"Sửa: tổng, ngày: đã in 31/08/2026, nay là –.",
		"Sửa: 140371 Tô Múa, gone: đã in &lt; 5, nay là –.",
		"Sửa: 140371 Tô Múa: số liệu từng nhóm đã sửa, không nêu vì ít người.",
		"Sửa: tổng: số liệu từng nhóm đã sửa, không nêu vì ít người.",
		"Kỳ: quý III năm 2026 (01/07/2026 – 30/09/2026)",
		"<td>Chiềng Khoa</td><td></td><td>chưa có máy</td><td></td>",
		"<td>Chiềng Khoa</td><td>14-0777</td><td>chưa có máy</td><td></td>",
		"<td>Chiềng Khoa</td><td>14-0778</td><td>a1b2c3d4e5f6a7b8</td>"
		"<td>2026-08-01T00:00:00Z</td>",
		"Không có xã, phường mang mã 99999: 2 mục tally của điểm 140372.",
		"Sơn La, ngày 29 tháng 11 năm 2026",
		"Bản nháp",
		"NGƯỜI LẬP BIỂU",
	};
	char *page = page_of("SỞ <VH> & DU LỊCH", NULL);

	(void)state;
	assert_non_null(strstr(page, "<td>SỞ &lt;VH&gt; &amp; DU LỊCH<br/>"));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!strstr(page, parts[i])) {
			fail_msg("%s: not in %s", parts[i], page);
		}
	}
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "<b onload"));
	assert_false(ph_is_vietnamese());
	free(page);
}

static void test_issued(void **state)
{
	json_t *issued = json_pack("[{s:s, s:s}]", "report", "M2", "ref", "abc.7.def");
	char *page = page_of("SỞ", issued);

	(void)state;
	assert_null(strstr(page, "Bản nháp"));
	assert_non_null(strstr(page, "M2: abc.7.def"));
	json_decref(issued);
	free(page);
}

/* --- sheets --- */

static json_t *book_of(bool bare)
{
	json_t *report = load();

	assert_int_equal(ph_sheet_collect("report"), 0);
	assert_int_equal(ph_report_book(report, bare), 0);
	json_decref(report);
	return ph_sheet_take();
}

/* CSV: the lines, then what stands around them, then what was revised. */
static void test_bare(void **state)
{
	static const char lines[] =
		"\xef\xbb\xbf\"site\",\"name\",\"turns\",\"share\",\"on\","
		"\"rule\",\"version\"\r\n"
		"140371,\"<b onload=\"\"x\"\">&'=\",1234567,25.50%,2026-09-30,"
		"\"1-of-4\",2\r\n"
		",\"ꪀꪫ\u202e\x01\",\"<5\",,,\"1-of-4\",2\r\n"
		"\"total\",,1234570,,,\"1-of-4\",2\r\n"
		"\r\n\"WHAT\",\"VALUE\"\r\n"
		"\"report\",\"M2  working\"\r\n"
		"\"period\",\"2026-Q3 (2026-07-01 – 2026-09-30)\"\r\n"
		"\"how far complete\",\"Complete for 61 of 75 communes up to "
		"2026-09-30\"\r\n";
	static const char *const around[] = {
		"\r\n\"value\",\"16.00 %\"\r\n\"numerator\",12\r\n\"denominator\",75\r\n",
		"\r\n\"target 2026\",\"15.00 %\"\r\n",
		"\r\n\"before: 2026-Q2\",\"–\"\r\n",
		"\r\n\"missing\",\"03646 Chiềng Khoa (no device)\"\r\n",
		"\r\n\"missing\",\"03646 Chiềng Khoa (14-0777, no device)\"\r\n",
		"Khoa (14-0778, a1b2c3d4, last 2026-08-01T00:00:00Z)\"\r\n",
		"\r\n\r\n\"ROW\",\"COLUMN\",\"PRINTED\",\"NOW\"\r\n",
		"\r\n140371,\"turns\",7,8\r\n",
		"\r\n140371,\"its parts are revised, and not told: few persons\",,\r\n",
	};
	const char *text;
	json_t *book = book_of(true);
	struct ph_buf out = { 0 };

	(void)state;
	assert_int_equal(ph_sheet_csv(book, &out), 0);
	assert_int_equal(ph_buf_put_u8(&out, '\0'), 0);
	text = (const char *)out.data;
	assert_memory_equal(text, lines, sizeof(lines) - 1);
	for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		if (strstr(text, around[i]) == NULL) {
			fail_msg("not in it: %s", around[i]);
		}
	}
	ph_buf_deinit(&out);
	json_decref(book);
}

static void test_book(void **state)
{
	json_t *book = book_of(false);
	json_t *sheets = json_object_get(book, "sheets");
	char *text = json_dumps(book, JSON_COMPACT);

	(void)state;
	assert_int_equal(json_array_size(sheets), 3);
	assert_non_null(strstr(text, "\"head\":[\"M2  working\",\"Period: 2026-Q3 "
				     "(2026-07-01 – 2026-09-30)\",\"Rule: one (1-of-4, "
				     "version 2 since 2026-03-01: <half>)\",\"Complete "
				     "for 61 of 75 communes up to "
				     "2026-09-30\"]"));
	assert_non_null(strstr(text, "[\"target 2026\",\"15.00 %\"]"));
	assert_non_null(strstr(text, "[\"denominator\",75]"));
	assert_non_null(strstr(text, "[\"missing\",\"03646 Chiềng Khoa (no device)\"]"));
	assert_non_null(strstr(text, "[\"no such commune\",\"99999: named by 2 of kind "
				     "tally, site 140372\"]"));
	assert_non_null(strstr(text, "[\"issued\",\"2026-10-02; 3 agree, 1 do not\"]"));
	assert_non_null(strstr(text, "[\"signed off\",\"03646 14-0371: agrees; signed "
				     "what the hub counts of it\"]"));
	assert_non_null(strstr(text,
			       "[\"not counted\",\"03646 140999: does not agree; no "
			       "site has that number; did not say which figures "
			       "it saw\"]"));
	assert_non_null(strstr(text, "[null,\"the rule\",\"1-of-4 (version 1)\",\"1-of-4 "
				     "(version 2)\"]"));
	assert_non_null(strstr(text, "[null,\"the target of 2030\",\"50.00 %\",\"–\"]"));
	assert_non_null(strstr(text, "[140371,\"turns\",7,8]"));
	assert_non_null(strstr(text, "[140371,\"share\",\"-10.50 %\",\"25.50 %\"]"));
	assert_non_null(strstr(text, "[\"total\",\"on\",\"2026-08-31\",null]"));
	assert_non_null(strstr(text, "[140371,\"gone\",{\"below\":5},null]"));
	assert_non_null(strstr(text, "[140371,\"its parts are revised, and not told: few "
				     "persons\",null,null]"));
	free(text);
	json_decref(book);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_issued),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_book),
	};

	unsetenv("LC_ALL");
	unsetenv("LC_MESSAGES");
	unsetenv("LANG");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
