/*
 * common/cli/entry_words.c - kinds of entries and their fields, in the language of people.
 *
 * Both programs have their words from here. What is typed in or read by programs, names of
 * kinds and fields in JSON and with --plain, is the same in every language.
 */
#include "common/cli/entry_words.h"

#include <stddef.h>
#include <string.h>

#include "common/cli/out.h"

static const struct ph_kind_words kinds[] = {
	{ "note", "note", "ghi chú", true },
	{ "reader-put", "reader", "bạn đọc", true },
	{ "consent", "consent", "đồng ý", false },
	{ "card-issue", "card", "thẻ", true },
	{ "card-stop", "card stopped", "ngừng thẻ", false },
	{ "reader-block", "reader blocked", "khóa bạn đọc", false },
	{ "reader-unblock", "reader unblocked", "mở khóa bạn đọc", false },
	{ "reader-merge", "readers merged", "nhập bạn đọc", false },
	{ "reader-unmerge", "readers unmerged", "tách bạn đọc", false },
	{ "title-put", "title", "nhan đề", true },
	{ "title-merge", "titles merged", "nhập nhan đề", false },
	{ "title-unmerge", "titles unmerged", "tách nhan đề", false },
	{ "copy-put", "copy", "bản sách", true },
	{ "copy-alias", "alias", "mã khác", false },
	{ "copy-unalias", "alias undone", "bỏ mã khác", false },
	{ "loan", "loan", "mượn", true },
	{ "renew", "renew", "gia hạn", true },
	{ "return", "return", "trả", true },
	{ "in-house-use", "use", "đọc tại chỗ", true },
	{ "sighting", "sighting", "kiểm kê", true },
	{ "uncoded-loan", "uncoded loan", "mượn không mã", false },
	{ "uncoded-return", "uncoded return", "trả không mã", false },
	{ "copy-missing", "missing", "thiếu", true },
	{ "reader-lost", "lost", "mất", true },
	{ "damaged", "damaged", "hỏng", false },
	{ "repaired", "repaired", "đã sửa", true },
	{ "withdrawn", "withdrawn", "thanh lý", false },
	{ "reinstated", "reinstated", "nhập lại kho", false },
	{ "charge", "charge", "tính tiền", false },
	{ "payment", "payment", "nộp tiền", false },
	{ "hold-place", "hold", "đặt giữ", false },
	{ "hold-cancel", "hold cancelled", "hủy đặt giữ", false },
	{ "hold-ready", "hold ready", "đã giữ", false },
	{ "crate-dispatch", "dispatch", "gửi thùng", false },
	{ "crate-receive", "receive", "nhận thùng", false },
	{ "day-open", "day open", "mở cửa", false },
	{ "visit", "visit", "lượt bạn đọc", true },
	{ "mobile-stop", "stop", "điểm lưu động", false },
	{ "activity", "activity", "hoạt động", false },
	{ "training", "training", "tập huấn", false },
	{ "digital-use", "digital use", "dùng qua mạng", false },
	{ "donation", "donation", "tặng", false },
	{ "worker-put", "worker", "người làm", false },
	{ "shift", "shift", "ca làm", false },
	{ "model-put", "model", "mô hình", false },
	{ "tally", "tally", "số liệu", false },
	{ "void", "void", "hủy", true },
	{ "erase-done", "erased", "đã xóa", true },
	{ "report-signoff", "signed off", "xác nhận báo cáo", false },
	{ "open", "open", "mở nhật ký", false },
	{ "clock-mark", "clock mark", "dấu giờ", false },
	{ "site-put", "site put", "điểm thư viện", false },
	{ "commune-put", "commune put", "xã", false },
	{ "policy-put", "policy put", "quy định", false },
	{ "device-admit", "device admit", "nhận máy", false },
	{ "device-confirm", "device confirm", "xác nhận máy", false },
	{ "device-retire", "device retire", "cho máy nghỉ", false },
	{ "device-cut", "device cut", "ngừng máy", false },
	{ "invite-cancel", "invite cancel", "hủy giấy mời", false },
	{ "log-adopt", "log adopt", "cho tính lại", false },
	{ "clock-judge", "clock judge", "xét giờ", false },
	{ "target-put", "target put", "chỉ tiêu", false },
	{ "case-decide", "case decide", "quyết định việc", false },
	{ "reader-erase", "reader erase", "xóa bạn đọc", false },
	{ "report-issue", "report issue", "ban hành báo cáo", false },
};

const struct ph_kind_words *ph_kind_words(const char *kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].kind, kind) == 0) {
			return &kinds[i];
		}
	}
	return NULL;
}

const char *ph_kind_say(const char *kind)
{
	const struct ph_kind_words *words = ph_kind_words(kind);

	return words ? ph_say(kind, words->vietnamese) : kind;
}

const char *ph_kind_say_of(const json_t *entry)
{
	const char *kind = json_string_value(json_object_get(entry, "kind"));

	if (kind && strcmp(kind, "report-signoff") == 0 &&
	    json_integer_value(json_object_get(entry, "agrees")) != 1) {
		return ph_say(kind, "không đồng ý báo cáo");
	}
	return kind ? ph_kind_say(kind) : "";
}

static const struct {
	const char *member, *vietnamese;
} labels[] = {
	{ "name", "tên" },
	{ "title_name", "nhan đề" },
	{ "title", "mã nhan đề" },
	{ "author", "tác giả" },
	{ "year", "năm" },
	{ "publisher", "nhà xuất bản" },
	{ "place", "nơi xuất bản" },
	{ "language", "ngôn ngữ" },
	{ "class", "phân loại" },
	{ "copies", "bản sách" },
	{ "copy", "bản sách" },
	{ "reader", "bạn đọc" },
	{ "card", "thẻ" },
	{ "cards", "thẻ" },
	{ "loans", "mượn" },
	{ "due", "hạn trả" },
	{ "shelf", "giá sách" },
	{ "price", "giá" },
	{ "owner", "thuộc" },
	{ "site", "điểm thư viện" },
	{ "custody", "đang ở" },
	{ "born", "năm sinh" },
	{ "telephone", "điện thoại" },
	{ "address", "địa chỉ" },
	{ "guardian", "người giám hộ" },
	{ "commune", "xã" },
	{ "band", "lứa tuổi" },
	{ "known", "có ở đây" },
	{ "time", "lúc" },
	{ "other", "với" },
	{ "reason", "lý do" },
	{ "until", "đến hết" },
	{ "given", "đồng ý" },
	{ "who", "người nói" },
	{ "day", "ngày" },
	{ "count", "số lượng" },
	{ "women", "nữ" },
	{ "degree", "mức" },
	{ "decision", "quyết định" },
	{ "amount", "số tiền" },
	{ "expires", "hết hạn" },
	{ "pickup", "nhận ở" },
	{ "crate", "thùng sách" },
	{ "from", "từ" },
	{ "to", "đến" },
	{ "due_back", "hạn gửi lại" },
	{ "listed", "theo danh sách" },
	{ "final", "đã hết" },
	{ "dispatches", "gửi" },
	{ "receives", "nhận" },
	{ "short", "thiếu" },
	{ "over", "thừa" },
	{ "sent", "đã gửi" },
	{ "came", "đã đến" },
	{ "by", "bởi" },
	{ "occasion", "dịp" },
	{ "attendance", "số người" },
	{ "partner", "phối hợp" },
	{ "topic", "chủ đề" },
	{ "workers", "người làm thư viện" },
	{ "collaborators", "cộng tác viên" },
	{ "attendees", "người dự" },
	{ "form", "hình thức" },
	{ "donor", "bên tặng" },
	{ "foreign", "nước ngoài" },
	{ "money", "tiền" },
	{ "titles", "nhan đề" },
	{ "role", "vai trò" },
	{ "code", "mã" },
	{ "phase", "việc" },
	{ "status", "tình trạng" },
	{ "date", "ngày" },
	{ "sites", "điểm thư viện" },
	{ "value", "giá trị" },
	{ "list", "danh mục" },
	{ "agrees", "đúng" },
	{ "term", "số ngày" },
	{ "merges", "lần nhập" },
	{ "aliases", "mã khác" },
	{ "blocks", "lần khóa" },
	{ "about", "về" },
	{ "acquisition", "nguồn nhập" },
	{ "ahead", "nhanh" },
	{ "behind", "chậm" },
	{ "begin", "bắt đầu" },
	{ "behalf", "thay cho" },
	{ "staff", "người ghi" },
	{ "case", "việc" },
	{ "charge", "khoản tiền" },
	{ "choice", "quyết định" },
	{ "continues", "nối tiếp" },
	{ "device", "máy" },
	{ "donor_name", "tên bên tặng" },
	{ "entries", "giao dịch" },
	{ "facts", "sự việc" },
	{ "hold", "đặt giữ" },
	{ "indicator", "chỉ tiêu" },
	{ "invite", "giấy mời" },
	{ "loan", "mượn" },
	{ "log", "nhật ký" },
	{ "mark", "dấu giờ" },
	{ "no_readers", "không ghi bạn đọc" },
	{ "note", "ghi chú" },
	{ "predecessor", "trước là" },
	{ "purpose", "mục đích" },
	{ "report", "báo cáo" },
	{ "route", "tuyến" },
	{ "rule", "cách tính" },
	{ "schedule", "lịch" },
	{ "stop", "điểm lưu động" },
	{ "sure", "chắc" },
	{ "target", "giao dịch" },
	{ "text", "nội dung" },
	{ "type", "loại" },
	{ "version", "bản" },
	{ "volume", "tập" },
	{ "why", "vì sao" },
	{ "worker", "người làm" },
	{ "kind", "loại" },
	{ "device_key", "khóa của máy" },
	{ "nonce", "số ngẫu nhiên" },
	{ "software", "phần mềm" },
	{ "table", "bảng loại" },
	{ "boot", "lần khởi động" },
	{ "mono", "giây từ khởi động" },
	{ "wall", "giờ máy" },
	{ "law", "pháp luật" },
	{ "rest", "phần khác" },
	{ "site_kind", "loại điểm" },
	{ "key", "khóa" },
	{ "heads", "các đầu nhật ký" },
	{ "head", "đầu nhật ký" },
	{ "clamp", "không quá" },
	{ "figures", "số liệu" },
	{ "erase", "lệnh xóa" },
	{ "away", "gói chưa về" },
	{ "seen", "số liệu đã xem" },
	{ "isbn", "ISBN" },
	{ "partial", "chưa đủ" },
	{ "locked", "bị khóa" },
	{ "same_as", "cùng là" },
};

const char *ph_label_say(const char *member)
{
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (strcmp(labels[i].member, member) == 0) {
			return ph_say(member, labels[i].vietnamese);
		}
	}
	return member;
}
