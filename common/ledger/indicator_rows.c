/*
 * common/ledger/indicator_rows.c - the table of the rows of the plan: the one place that
 * names them, their columns and what these count.
 */
#include "common/ledger/indicator.h"

#include <string.h>

#include "common/ledger/indicator_internal.h"
#include "common/ledger/tally.h"

#define BYS(...) .bys = { __VA_ARGS__ }, .n_bys = sizeof((uint8_t[]){ __VA_ARGS__ })
#define COLUMNS(...)                                                                     \
	.columns = { __VA_ARGS__ },                                                      \
	.n_columns =                                                                     \
		sizeof((struct ph_column[]){ __VA_ARGS__ }) / sizeof(struct ph_column)

/* Columns: of what, and what people read. */
#define COUNT(name, en, vi, of)                                                          \
	{                                                                                \
		name, en, vi, PH_CELL_COUNT, of, PH_AMOUNT_ONE, false, false             \
	}
#define MAIN(name, en, vi, of)                                                           \
	{                                                                                \
		name, en, vi, PH_CELL_COUNT, of, PH_AMOUNT_ONE, false, true              \
	}
#define PART(name, en, vi, of)                                                           \
	{                                                                                \
		name, en, vi, PH_CELL_COUNT, of, PH_AMOUNT_SUM, true, false              \
	}
#define ADDS(name, en, vi, of, amount)                                                   \
	{                                                                                \
		name, en, vi, PH_CELL_COUNT, of, amount, false, false                    \
	}
#define OTHER(name, en, vi, type, of)                                                    \
	{                                                                                \
		name, en, vi, type, of, PH_AMOUNT_SUM, false, false                      \
	}

const struct ph_indicator ph_indicators[] = {
	{ "M1", "communes with the grassroots-library model",
	  "số xã xây dựng mô hình thư viện cơ sở", PH_FROM_MODEL, BYS(PH_BY_COMMUNE),
	  COLUMNS(OTHER("status", "status", "tình trạng", PH_CELL_TEXT, 0),
		  OTHER("decision", "decision", "quyết định", PH_CELL_TEXT, 0),
		  OTHER("date", "decided on", "ngày quyết định", PH_CELL_DAY, 0),
		  COUNT("recognised", "recognised", "được công nhận", 0)),
	  .targets = { 1500, 5000, 9000 } },
	{ "M2", "grassroots libraries that work effectively with the provincial library",
	  "thư viện cơ sở phối hợp hoạt động hiệu quả với thư viện tỉnh",
	  PH_FROM_SERVICES, BYS(PH_BY_COMMUNE),
	  COLUMNS(COUNT("rotations", "rotations", "luân chuyển sách", 0),
		  COUNT("stops", "mobile stops", "lượt phục vụ lưu động", 0),
		  COUNT("digital", "network uses", "lượt dùng qua mạng", 0),
		  COUNT("activities", "reading events", "hoạt động khuyến đọc", 0),
		  COUNT("services", "of four", "trong bốn", 0),
		  COUNT("effective", "effective", "hiệu quả", 0)),
	  .targets = { 1500, 5000, 9000 } },
	{ "M3", "grassroots library workers trained",
	  "người làm thư viện cơ sở được tập huấn", PH_FROM_WORKERS,
	  BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND),
	  COLUMNS(COUNT("workers", "workers", "người làm", 0),
		  COUNT("trained", "trained", "đã tập huấn", 0),
		  OTHER("share", "share", "tỷ lệ", PH_CELL_PERCENT, 0)),
	  .targets = { 4000, 6000, 9000 } },
	{ "M4", "user turns", "lượt người sử dụng thư viện", PH_FROM_TURNS,
	  BYS(PH_BY_COMMUNE),
	  COLUMNS(COUNT("turns", "turns", "lượt", 0),
		  COUNT("before", "a year before", "kỳ năm trước", 0),
		  OTHER("growth", "growth", "tăng", PH_CELL_PERCENT, 0)),
	  .targets = { 1000, 1500, 3000 } },
	{ "A1", "library sites by kind", "số điểm thư viện theo loại", PH_FROM_SITES,
	  BYS(PH_BY_KIND, PH_BY_COMMUNE),
	  COLUMNS(COUNT("sites", "sites", "điểm thư viện", 0)) },
	{ "A2", "rotations of books", "luân chuyển sách", PH_FROM_CRATES,
	  BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND, PH_BY_MONTH),
	  COLUMNS(COUNT("crates", "crates", "thùng", 0),
		  COUNT("copies", "copies", "bản sách", 0),
		  COUNT("titles", "titles", "nhan đề", 0),
		  COUNT("sites", "sites", "điểm nhận", 0)) },
	{ "A3", "mobile library trips", "phục vụ thư viện lưu động", PH_FROM_STOPS,
	  BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_MONTH),
	  COLUMNS(COUNT("stops", "stops", "điểm dừng", 0),
		  COUNT("users", "users", "lượt bạn đọc", 0),
		  COUNT("loans", "loans", "lượt mượn", 0),
		  COUNT("uses", "uses on the spot", "lượt đọc tại chỗ", 0)) },
	{ "A4", "services over the network", "dịch vụ thư viện trên không gian mạng",
	  PH_FROM_EVENTS, PH_KIND_DIGITAL_USE,
	  BYS(PH_BY_FORM, PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND, PH_BY_MONTH),
	  COLUMNS(ADDS("uses", "uses", "lượt sử dụng", PH_DIGITAL_COUNT, PH_AMOUNT_COUNT),
		  PART("women", "by women", "lượt nữ", PH_DIGITAL_WOMEN)),
	  .came = 1 << 0 },
	{ "A5", "events that promote reading", "hoạt động khuyến đọc", PH_FROM_EVENTS,
	  PH_KIND_ACTIVITY,
	  BYS(PH_BY_OCCASION, PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND, PH_BY_MONTH),
	  COLUMNS(COUNT("activities", "events", "hoạt động", 0),
		  ADDS("attendance", "attendance", "người dự", PH_ACTIVITY_ATTENDANCE,
		       PH_AMOUNT_SUM),
		  PART("women", "women", "nữ", PH_ACTIVITY_WOMEN)),
	  .came = 1 << 1 },
	{ "A6", "training of workers and collaborators",
	  "tập huấn người làm thư viện và cộng tác viên", PH_FROM_EVENTS,
	  PH_KIND_TRAINING, BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND, PH_BY_MONTH),
	  COLUMNS(COUNT("trainings", "courses", "lớp", 0),
		  ADDS("workers", "workers", "người làm thư viện", PH_TRAINING_WORKERS,
		       PH_AMOUNT_SUM),
		  ADDS("collaborators", "collaborators", "cộng tác viên",
		       PH_TRAINING_COLLABORATORS, PH_AMOUNT_SUM),
		  PART("women", "women", "nữ", PH_TRAINING_WOMEN)),
	  .came = 1 << 1 | 1 << 2 },
	{ "A7", "documents in ethnic languages", "tài liệu tiếng dân tộc thiểu số",
	  PH_FROM_COPIES, BYS(PH_BY_LANGUAGE, PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND),
	  COLUMNS(COUNT("copies", "copies", "bản sách", PH_COPIES_HELD),
		  COUNT("titles", "titles", "nhan đề", PH_COPIES_TITLES),
		  COUNT("loans", "loans", "lượt mượn", PH_COPIES_LOANS),
		  COUNT("uses", "uses in the house", "lượt đọc tại chỗ",
			PH_COPIES_USES)) },
	{ "A8", "donations", "tài trợ, tặng sách", PH_FROM_EVENTS, PH_KIND_DONATION,
	  BYS(PH_BY_DONOR, PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND, PH_BY_MONTH),
	  COLUMNS(COUNT("donations", "donations", "lần", 0),
		  ADDS("foreign", "from abroad", "từ nước ngoài", PH_DONATION_FOREIGN,
		       PH_AMOUNT_SUM),
		  OTHER("money", "money", "tiền", PH_CELL_MONEY, PH_DONATION_MONEY),
		  ADDS("copies", "copies", "bản sách", PH_DONATION_COPIES, PH_AMOUNT_SUM),
		  ADDS("titles", "titles", "nhan đề", PH_DONATION_TITLES,
		       PH_AMOUNT_SUM)) },
	{ "A9", "commendations", "khen thưởng", PH_FROM_FIGURES,
	  BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND),
	  COLUMNS(COUNT("commendations", "commendations", "khen thưởng",
			PH_TALLY_OF_COMMENDATIONS)) },
	{ "A10", "media pieces", "tin, bài tuyên truyền", PH_FROM_FIGURES,
	  BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND),
	  COLUMNS(COUNT("media", "pieces", "tin, bài", PH_TALLY_OF_MEDIA)) },
	{ "A11", "premises", "trụ sở, phòng thư viện", PH_FROM_FIGURES,
	  BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND),
	  COLUMNS(COUNT("premises", "premises", "trụ sở, phòng", PH_TALLY_OF_PREMISES)) },
	{ "A12", "budget by source", "kinh phí theo nguồn", PH_FROM_FIGURES,
	  BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND),
	  COLUMNS(OTHER("state", "state budget", "ngân sách nhà nước", PH_CELL_MONEY,
			PH_TALLY_OF_BUDGET_STATE),
		  OTHER("other", "other sources", "nguồn khác", PH_CELL_MONEY,
			PH_TALLY_OF_BUDGET_OTHER)) },
	{ "A13", "inspections", "kiểm tra, thanh tra", PH_FROM_FIGURES,
	  BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND),
	  COLUMNS(COUNT("inspections", "inspections", "lần kiểm tra",
			PH_TALLY_OF_INSPECTIONS)) },
	{ "A14", "learning families", "gia đình học tập", PH_FROM_FIGURES,
	  BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND),
	  COLUMNS(COUNT("families", "families", "gia đình",
			PH_TALLY_OF_LEARNING_FAMILIES)) },
	{ "A15", "use of law documents", "sử dụng tài liệu pháp luật", PH_FROM_COPIES,
	  BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND, PH_BY_MONTH),
	  COLUMNS(COUNT("loans", "loans", "lượt mượn", PH_COPIES_LOANS),
		  COUNT("uses", "uses in the house", "lượt đọc tại chỗ",
			PH_COPIES_USES)) },
	{ "tallies", "people and means told", "nhân lực, phương tiện", PH_FROM_FIGURES,
	  BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND),
	  COLUMNS(COUNT("staff", "staff", "nhân viên", PH_TALLY_OF_STAFF),
		  COUNT("collaborators", "collaborators", "cộng tác viên",
			PH_TALLY_OF_COLLABORATORS),
		  COUNT("computers", "computers", "máy tính", PH_TALLY_OF_COMPUTERS)) },
	{ "stock", "stock at the end", "vốn tài liệu cuối kỳ", PH_FROM_COPIES,
	  BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND, PH_BY_LANGUAGE),
	  COLUMNS(COUNT("copies", "copies", "bản sách", PH_COPIES_HELD),
		  COUNT("titles", "titles", "nhan đề", PH_COPIES_TITLES),
		  COUNT("uncatalogued", "not catalogued", "chưa biên mục",
			PH_COPIES_UNCATALOGUED)) },
	{ "additions", "additions to the stock", "tài liệu bổ sung", PH_FROM_COPIES,
	  BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND, PH_BY_LANGUAGE, PH_BY_ACQUISITION,
	      PH_BY_MONTH),
	  COLUMNS(COUNT("copies", "copies", "bản sách", PH_COPIES_ADDED),
		  OTHER("value", "value", "giá trị", PH_CELL_MONEY, PH_COPIES_VALUE)) },
	{ "withdrawals", "withdrawals from the stock", "tài liệu thanh lý",
	  PH_FROM_COUNTERS, BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND, PH_BY_MONTH),
	  COLUMNS(COUNT("withdrawn", "withdrawn", "thanh lý", PH_TALLY_WITHDRAWN),
		  COUNT("reinstated", "taken in again", "nhập lại",
			PH_TALLY_REINSTATED)) },
	{ "cards", "cards and new readers", "thẻ và bạn đọc mới", PH_FROM_COUNTERS,
	  BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND, PH_BY_MONTH),
	  COLUMNS(COUNT("cards", "cards issued", "thẻ đã cấp", PH_TALLY_CARDS),
		  COUNT("readers", "new readers", "bạn đọc mới", PH_TALLY_READERS),
		  COUNT("stopped", "cards stopped", "thẻ đã khoá",
			PH_TALLY_CARD_STOPS)) },
	{ "visits", "visits", "lượt bạn đọc", PH_FROM_COUNTERS,
	  BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND, PH_BY_BAND, PH_BY_PURPOSE,
	      PH_BY_MONTH),
	  COLUMNS(MAIN("visits", "visits", "lượt", PH_TALLY_VISITS),
		  PART("women", "women", "nữ", PH_TALLY_WOMEN),
		  PART("child", "children", "thiếu nhi", PH_TALLY_BAND + PH_BAND_CHILD),
		  PART("youth", "youth", "thanh niên", PH_TALLY_BAND + PH_BAND_YOUTH),
		  PART("adult", "adults", "người lớn", PH_TALLY_BAND + PH_BAND_ADULT),
		  PART("elder", "elders", "cao tuổi", PH_TALLY_BAND + PH_BAND_ELDER)),
	  .came = 1 << 0 },
	{ "loans", "loans", "lượt mượn về", PH_FROM_COUNTERS,
	  BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND, PH_BY_LANGUAGE, PH_BY_MONTH),
	  COLUMNS(MAIN("loans", "loans", "lượt mượn", PH_TALLY_LOANS),
		  COUNT("renewals", "renewals", "gia hạn", PH_TALLY_RENEWALS),
		  COUNT("returns", "returns", "lượt trả", PH_TALLY_RETURNS),
		  COUNT("uncoded", "without a code", "không mã",
			PH_TALLY_UNCODED_LOANS)) },
	{ "uses", "uses in the house", "lượt đọc tại chỗ", PH_FROM_COUNTERS,
	  BYS(PH_BY_COMMUNE, PH_BY_SITE, PH_BY_KIND, PH_BY_LANGUAGE, PH_BY_MONTH),
	  COLUMNS(MAIN("uses", "uses", "lượt đọc", PH_TALLY_USES)) },
};
const size_t ph_indicators_count = sizeof(ph_indicators) / sizeof(ph_indicators[0]);

const struct ph_indicator *ph_indicator_find(const char *code)
{
	for (size_t i = 0; i < ph_indicators_count; i++) {
		if (strcmp(ph_indicators[i].code, code) == 0) {
			return &ph_indicators[i];
		}
	}
	return NULL;
}

static const char *const by_names[PH_BYS] = {
	[PH_BY_COMMUNE] = "commune",
	[PH_BY_SITE] = "site",
	[PH_BY_KIND] = "kind",
	[PH_BY_MONTH] = "month",
	[PH_BY_LANGUAGE] = "language",
	[PH_BY_BAND] = "band",
	[PH_BY_PURPOSE] = "purpose",
	[PH_BY_FORM] = "form",
	[PH_BY_OCCASION] = "occasion",
	[PH_BY_DONOR] = "donor",
	[PH_BY_ACQUISITION] = "acquisition",
};

const char *ph_by_name(enum ph_by by)
{
	return by_names[by];
}

bool ph_indicator_by(const struct ph_indicator *row, const char *name, enum ph_by *by_out)
{
	for (size_t i = 0; i < row->n_bys; i++) {
		if (strcmp(by_names[row->bys[i]], name) == 0) {
			*by_out = row->bys[i];
			return true;
		}
	}
	return false;
}
