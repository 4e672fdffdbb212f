/*
 * common/cli/value_words.c - the values of enums and languages in reports and lists, for people.
 *
 * A report names them as entries do; on paper a reader of Vietnamese wants words. Languages
 * are those of the province's peoples, and the ones that its books are mostly in.
 */
#include "common/cli/value_words.h"

#include <stddef.h>
#include <string.h>

#include "common/cli/out.h"

static const struct {
	const char *column, *value, *vietnamese;
} words[] = {
	{ "kind", "provincial-library", "thư viện tỉnh" },
	{ "kind", "commune-library", "thư viện xã" },
	{ "kind", "learning-centre", "trung tâm học tập cộng đồng" },
	{ "kind", "post-office", "điểm bưu điện - văn hóa xã" },
	{ "kind", "law-bookcase", "tủ sách pháp luật" },
	{ "kind", "school-library", "thư viện trường học" },
	{ "kind", "police-library", "thư viện công an" },
	{ "kind", "border-post", "đồn biên phòng" },
	{ "kind", "economic-defence", "đoàn kinh tế - quốc phòng" },
	{ "kind", "private-library", "thư viện tư nhân" },
	{ "kind", "van", "thư viện lưu động" },
	{ "status", "planned", "dự kiến" },
	{ "status", "building", "đang xây dựng" },
	{ "status", "recognised", "được công nhận" },
	{ "status", "withdrawn", "thôi công nhận" },
	{ "form", "catalogue", "tra mục lục" },
	{ "form", "reading", "đọc trên mạng" },
	{ "form", "download", "tải về" },
	{ "form", "video", "xem phim" },
	{ "form", "social", "mạng xã hội" },
	{ "form", "lookup", "tra cứu" },
	{ "form", "other", "khác" },
	{ "occasion", "reading-day", "Ngày Sách và Văn hóa đọc" },
	{ "occasion", "book-festival", "hội sách" },
	{ "occasion", "school", "tại trường học" },
	{ "occasion", "holiday", "dịp lễ, hè" },
	{ "occasion", "contest", "cuộc thi" },
	{ "occasion", "exhibition", "trưng bày" },
	{ "occasion", "talk", "nói chuyện, giới thiệu sách" },
	{ "occasion", "other", "khác" },
	{ "donor", "person", "cá nhân" },
	{ "donor", "organisation", "tổ chức" },
	{ "donor", "enterprise", "doanh nghiệp" },
	{ "donor", "state", "cơ quan nhà nước" },
	{ "donor", "project", "dự án" },
	{ "donor", "other", "khác" },
	{ "acquisition", "budget", "ngân sách" },
	{ "acquisition", "donation", "tặng biếu" },
	{ "acquisition", "project", "dự án" },
	{ "acquisition", "exchange", "trao đổi" },
	{ "acquisition", "other", "khác" },
	{ "band", "child", "thiếu nhi" },
	{ "band", "youth", "thanh niên" },
	{ "band", "adult", "người lớn" },
	{ "band", "elder", "người cao tuổi" },
	{ "purpose", "reading", "đọc tại chỗ" },
	{ "purpose", "borrowing", "mượn sách" },
	{ "purpose", "study", "học tập" },
	{ "purpose", "internet", "dùng Internet" },
	{ "purpose", "event", "dự hoạt động" },
	{ "purpose", "other", "khác" },
	{ "type", "xa", "xã" },
	{ "type", "phuong", "phường" },
	{ "site-status", "open", "đang mở" },
	{ "site-status", "closed", "đã đóng" },
	{ "role", "site", "điểm" },
	{ "role", "courier", "máy chuyển tin" },
	{ "role", "both", "điểm, chuyển tin" },
	{ "device-state", "unconfirmed", "chưa xác nhận" },
	{ "device-state", "confirmed", "đã xác nhận" },
	{ "device-state", "retired", "đã cho nghỉ" },
	{ "device-state", "cut", "đã ngừng" },
	{ "key-state", "valid", "có giá trị" },
	{ "key-state", "in-use", "đang dùng" },
	{ "key-state", "was-in-use", "đã từng dùng" },
	{ "key-state", "closed", "đã đóng" },
	{ "key-state", "revoked", "đã thu hồi" },
	{ "invite-state", "open", "chưa dùng" },
	{ "invite-state", "used", "đã dùng" },
	{ "invite-state", "cancelled", "đã hủy" },
	{ "invite-state", "expired", "hết hạn" },
	{ "status", "open", "đang mở" },
	{ "status", "closed", "đã đóng" },
	{ "role", "librarian", "người làm thư viện" },
	{ "role", "part-time", "kiêm nhiệm" },
	{ "role", "collaborator", "cộng tác viên" },
	{ "role", "volunteer", "tình nguyện viên" },
	{ "role", "manager", "phụ trách" },
	{ "why", "clock", "giờ máy sai" },
	{ "why", "restored", "phục hồi bản cũ" },
	{ "why", "cloned", "bị sao chép" },
	{ "why", "replaced", "thay máy" },
	{ "sure", "none", "không rõ" },
	{ "sure", "rtc", "đồng hồ máy" },
	{ "sure", "person", "người xác nhận" },
	{ "sure", "network", "mạng" },
	{ "sure", "hub", "máy chủ tỉnh" },
	{ "given", "given", "đồng ý" },
	{ "given", "withdrawn", "rút lại" },
	{ "who", "reader", "bạn đọc" },
	{ "who", "guardian", "người giám hộ" },
	{ "reason", "lost", "mất" },
	{ "reason", "damaged", "hỏng" },
	{ "reason", "returned", "trả lại" },
	{ "reason", "expired", "hết hạn" },
	{ "reason", "other", "khác" },
	{ "reason", "overdue", "quá hạn" },
	{ "reason", "debt", "còn nợ" },
	{ "reason", "conduct", "vi phạm nội quy" },
	{ "reason", "relabelled", "đổi mã" },
	{ "reason", "same", "cùng một bản" },
	{ "reason", "worn", "cũ, rách" },
	{ "reason", "obsolete", "lạc hậu" },
	{ "reason", "card", "tiền thẻ" },
	{ "reason", "reader", "bạn đọc yêu cầu" },
	{ "reason", "mistake", "ghi nhầm" },
	{ "reason", "duplicate", "ghi trùng" },
	{ "reason", "test", "ghi thử" },
	{ "reason", "replaced", "thay máy khác" },
	{ "reason", "broken", "máy hỏng" },
	{ "reason", "closed", "điểm đóng cửa" },
	{ "reason", "stolen", "mất trộm" },
	{ "reason", "misuse", "dùng sai mục đích" },
	{ "purpose", "stock-take", "kiểm kê" },
	{ "purpose", "found", "tìm thấy" },
	{ "degree", "worn", "cũ" },
	{ "degree", "damaged", "hỏng" },
	{ "degree", "unusable", "không dùng được" },
	{ "phase", "begin", "bắt đầu" },
	{ "phase", "end", "kết thúc" },
	{ "choice", "seen", "đã xem" },
	{ "choice", "later", "lần sau" },
	{ "choice", "earlier", "lần trước" },
	{ "choice", "returned", "đã trả" },
	{ "choice", "still-out", "chưa trả" },
	{ "choice", "same", "là một" },
	{ "choice", "different", "khác nhau" },
	{ "choice", "found", "tìm thấy" },
	{ "choice", "lost", "mất" },
	{ "choice", "genuine", "thật" },
	{ "choice", "stolen", "mất trộm" },
	{ "choice", "other", "khác" },
	{ "tally", "budget-state", "kinh phí nhà nước" },
	{ "tally", "budget-other", "kinh phí khác" },
	{ "tally", "premises", "trụ sở, phòng thư viện" },
	{ "tally", "commendations", "khen thưởng" },
	{ "tally", "media", "tin, bài tuyên truyền" },
	{ "tally", "inspections", "kiểm tra, thanh tra" },
	{ "tally", "learning-families", "gia đình học tập" },
	{ "tally", "collaborators", "cộng tác viên" },
	{ "tally", "uncatalogued-stock", "tài liệu chưa biên mục" },
	{ "tally", "user-turns", "lượt người sử dụng" },
	{ "tally", "computers", "máy tính" },
	{ "tally", "staff", "người làm thư viện" },
	{ "condition", "missing", "không thấy" },
	{ "condition", "lost", "mất" },
	{ "condition", "damaged", "hỏng" },
	{ "condition", "withdrawn", "đã thanh lý" },
	{ "hold-state", "waiting", "đang chờ" },
	{ "hold-state", "ready", "đã để riêng" },
	{ "language", "vie", "Việt" },
	{ "language", "blt", "Thái (Thái Đen)" },
	{ "language", "twh", "Thái (Thái Trắng)" },
	{ "language", "tyr", "Thái (Thái Đỏ)" },
	{ "language", "hmn", "Mông" },
	{ "language", "hnj", "Mông (Mông Xanh)" },
	{ "language", "mww", "Mông (Mông Trắng)" },
	{ "language", "mtq", "Mường" },
	{ "language", "ium", "Dao (Ưu Miền)" },
	{ "language", "mji", "Dao (Kim Mùn)" },
	{ "language", "kjg", "Khơ Mú" },
	{ "language", "puo", "Xinh Mun" },
	{ "language", "kjm", "Kháng" },
	{ "language", "lha", "La Ha" },
	{ "language", "lao", "Lào" },
	{ "language", "eng", "Anh" },
	{ "language", "fra", "Pháp" },
	{ "language", "rus", "Nga" },
	{ "language", "zho", "Trung" },
};

const char *ph_value_say(const char *column, const char *value)
{
	if (!ph_is_vietnamese()) {
		return value;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].column, column) == 0 &&
		    strcmp(words[i].value, value) == 0) {
			return words[i].vietnamese;
		}
	}
	return value;
}

const char *ph_field_value_say(const char *field, const char *value)
{
	static const struct {
		const char *field, *column;
	} columns[] = { { "site_kind", "kind" }, { "code", "tally" } };

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		if (strcmp(columns[i].field, field) == 0) {
			return ph_value_say(columns[i].column, value);
		}
	}
	return ph_value_say(field, value);
}

const char *ph_device_role_say(long long role)
{
	static const char *const names[] = { "site", "courier", "both" };

	return role < 1 || role > 3 ? NULL : ph_value_say("role", names[role - 1]);
}

const char *ph_stray_say(const char *why)
{
	static const struct {
		const char *why, *english, *vietnamese;
	} strays[] = {
		{ "foreign-site", "the site does not lie in that commune",
		  "điểm không thuộc xã, phường ấy" },
		{ "unknown-commune", "no commune has that code",
		  "không có xã, phường mang mã ấy" },
		{ "unknown-site", "no site has that number", "không có điểm mang số ấy" },
		{ "unknown-report", "a sign-off of a report that is not known",
		  "xác nhận một báo cáo không có ở đây" },
		{ "later-part", "a sign-off of a later part of a report",
		  "xác nhận một phần sau của báo cáo" },
	};

	for (size_t i = 0; i < sizeof(strays) / sizeof(strays[0]); i++) {
		if (strcmp(strays[i].why, why) == 0) {
			return ph_say(strays[i].english, strays[i].vietnamese);
		}
	}
	return why;
}

const char *ph_seen_say(const char *seen)
{
	return strcmp(seen, "counted") == 0
		       ? ph_say("signed what the hub counts of it",
				"đã ký đúng số liệu mà tỉnh đang tính")
	       : strcmp(seen, "printed") == 0
		       ? ph_say("signed what was printed; since then the hub counts "
				"otherwise",
				"đã ký đúng số liệu lúc in; từ đó số liệu ở tỉnh đã đổi")
	       : strcmp(seen, "other") == 0
		       ? ph_say("signed other figures than the hub counts of it",
				"đã ký số liệu khác với số liệu ở tỉnh")
		       : ph_say("did not say which figures it saw",
				"không nói đã xem số liệu nào");
}
