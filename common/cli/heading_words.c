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
	{ "at_hub", "ở tỉnh" },
	{ "bundles", "gói" },
	{ "by", "theo" },
	{ "bytes", "byte" },
	{ "card", "thẻ" },
	{ "cards", "thẻ" },
	{ "code", "mã" },
	{ "commune", "xã, phường" },
	{ "confirmed", "đã xác nhận" },
	{ "copies", "bản sách" },
	{ "copy", "bản sách" },
	{ "count", "số lượng" },
	{ "counter", "chỉ tiêu" },
	{ "device", "máy" },
	{ "disagree", "không đồng ý" },
	{ "due", "hạn trả" },
	{ "entries", "giao dịch" },
	{ "entry", "giao dịch" },
	{ "erasure", "lệnh xóa" },
	{ "expires", "hết hạn" },
	{ "for", "dùng cho" },
	{ "from", "từ" },
	{ "gone", "không còn dùng" },
	{ "heard", "nhận gần nhất" },
	{ "invite", "thư mời" },
	{ "issued", "phát hành" },
	{ "kind", "loại" },
	{ "loan", "lượt mượn" },
	{ "loans", "lượt mượn" },
	{ "loans_open", "đang mượn" },
	{ "made", "tạo lúc" },
	{ "missing", "còn thiếu" },
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
	{ "role", "vai trò" },
	{ "route", "tuyến" },
	{ "schedule", "lịch" },
	{ "silent for", "im lặng" },
	{ "site", "điểm" },
	{ "state", "tình trạng" },
	{ "status", "hoạt động" },
	{ "time", "lúc" },
	{ "title", "tên" },
	{ "titles", "nhan đề" },
	{ "to", "đến" },
	{ "token", "mã truy cập" },
	{ "type", "loại" },
	{ "uses", "lượt đọc tại chỗ" },
	{ "value", "giá trị" },
	{ "visits", "lượt bạn đọc" },
	{ "why", "vì sao" },
	{ "women", "nữ" },
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
