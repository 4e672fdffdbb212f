/* common/cli/heading_words.c - the headings of tables that are named as members are, for people. */
#include "common/cli/heading_words.h"

#include <stddef.h>
#include <string.h>

#include "common/cli/out.h"

static const struct {
	const char *english, *vietnamese;
} words[] = {
	{ "added", "thêm lúc" },
	{ "agree", "đồng ý" },
	{ "anchor", "về" },
	{ "at_hub", "ở tỉnh" },
	{ "author", "tác giả" },
	{ "band", "lứa tuổi" },
	{ "born", "năm sinh" },
	{ "bundles", "gói" },
	{ "by", "theo" },
	{ "bytes", "byte" },
	{ "card", "thẻ" },
	{ "cards", "thẻ" },
	{ "case", "việc" },
	{ "code", "mã" },
	{ "commune", "xã, phường" },
	{ "confirmed", "đã xác nhận" },
	{ "copies", "bản sách" },
	{ "copy", "bản sách" },
	{ "count", "số lượng" },
	{ "counter", "chỉ tiêu" },
	{ "device", "máy" },
	{ "disagree", "không đồng ý" },
	{ "down", "nhận về" },
	{ "due", "hạn trả" },
	{ "entries", "giao dịch" },
	{ "entry", "giao dịch" },
	{ "erasure", "lệnh xóa" },
	{ "expires", "hết hạn" },
	{ "facts", "sự việc" },
	{ "for", "dùng cho" },
	{ "from", "từ" },
	{ "gone", "không còn dùng" },
	{ "heard", "nhận gần nhất" },
	{ "held", "có dữ liệu" },
	{ "id", "mã" },
	{ "invite", "thư mời" },
	{ "issued", "phát hành" },
	{ "kind", "loại" },
	{ "loan", "lượt mượn" },
	{ "loans", "lượt mượn" },
	{ "loans_open", "đang mượn" },
	{ "log", "nhật ký" },
	{ "made", "tạo lúc" },
	{ "missing", "còn thiếu" },
	{ "month", "tháng" },
	{ "n", "số thứ tự" },
	{ "name", "tên" },
	{ "note", "ghi chú" },
	{ "now", "nay là" },
	{ "number", "số" },
	{ "out", "còn chờ" },
	{ "overdue", "quá hạn" },
	{ "pages", "trang" },
	{ "parts", "phần riêng" },
	{ "password", "mật khẩu" },
	{ "predecessor", "xã, phường cũ" },
	{ "printed", "đã in" },
	{ "reader", "bạn đọc" },
	{ "readers", "bạn đọc" },
	{ "receipts", "biên nhận" },
	{ "ref", "mã giao dịch" },
	{ "renewals", "lượt gia hạn" },
	{ "report", "báo cáo" },
	{ "returns", "lượt trả" },
	{ "road", "đường" },
	{ "role", "vai trò" },
	{ "route", "tuyến" },
	{ "schedule", "lịch" },
	{ "short", "mã ngắn" },
	{ "silent for", "im lặng" },
	{ "site", "điểm" },
	{ "sites", "các điểm" },
	{ "source", "nguồn" },
	{ "state", "tình trạng" },
	{ "status", "hoạt động" },
	{ "telephone", "điện thoại" },
	{ "time", "lúc" },
	{ "title", "tên" },
	{ "title_name", "nhan đề" },
	{ "titles", "nhan đề" },
	{ "to", "đến" },
	{ "token", "mã truy cập" },
	{ "type", "loại" },
	{ "unsure", "chưa rõ" },
	{ "up", "gửi đi" },
	{ "uses", "lượt đọc tại chỗ" },
	{ "value", "giá trị" },
	{ "visits", "lượt bạn đọc" },
	{ "what", "nội dung" },
	{ "when", "kể là lúc" },
	{ "why", "vì sao" },
	{ "women", "nữ" },
	{ "year", "năm" },
};

const char *ph_heading_say(const char *heading)
{
	if (!ph_is_vietnamese()) {
		return heading;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].english, heading) == 0) {
			return words[i].vietnamese;
		}
	}
	return heading;
}
