/* common/cli/counter_words.c - what a site counts, for people. */
#include "common/cli/counter_words.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/cli/out.h"
#include "common/cli/value_words.h"

static const struct {
	const char *name;
	const char *english, *vietnamese;
} words[] = {
	{ "visits", "visits", "lượt bạn đọc" },
	{ "women", "women among them", "trong đó nữ" },
	{ "loans", "loans", "lượt mượn về" },
	{ "returns", "returns", "lượt trả" },
	{ "renewals", "renewals", "lượt gia hạn" },
	{ "uses", "uses in the house", "lượt đọc tại chỗ" },
	{ "readers", "new readers", "bạn đọc mới" },
	{ "cards", "cards handed out", "thẻ đã cấp" },
	{ "copies", "copies added", "bản sách bổ sung" },
	{ "titles", "titles described", "nhan đề đã biên mục" },
	{ "stops", "stops of the van", "điểm dừng của xe" },
	{ "activities", "events", "hoạt động" },
	{ "attendance", "who came to events", "lượt dự hoạt động" },
	{ "attendance_women", "women who came to events", "lượt nữ dự hoạt động" },
	{ "trainings", "courses", "lớp tập huấn" },
	{ "trained_workers", "workers at courses", "người làm thư viện được tập huấn" },
	{ "trained_collaborators", "collaborators at courses",
	  "cộng tác viên được tập huấn" },
	{ "digital_uses", "uses over the network", "lượt dùng trên mạng" },
	{ "digital_women", "uses over the network by women", "lượt nữ dùng trên mạng" },
	{ "donations", "donations", "lần tặng" },
	{ "donated_money", "money given, đồng", "tiền tặng, đồng" },
	{ "donated_copies", "copies given", "bản sách được tặng" },
	{ "foreign_donations", "donations from abroad", "lần tặng từ nước ngoài" },
	{ "uncoded_loans", "loans without codes", "lượt mượn sách chưa có mã" },
	{ "uncoded_returns", "returns without codes", "lượt trả sách chưa có mã" },
	{ "crates_sent", "crates sent", "thùng sách gửi đi" },
	{ "copies_sent", "copies in them", "bản sách trong các thùng đó" },
	{ "crates_received", "crates received", "thùng sách nhận về" },
	{ "withdrawn", "copies withdrawn", "bản sách thanh lý" },
	{ "reinstated", "copies in the stock again", "bản sách nhập lại" },
	{ "charged", "owed, đồng", "phải thu, đồng" },
	{ "paid", "paid, đồng", "đã thu, đồng" },
	{ "days_open", "days open", "ngày mở cửa" },
	{ "sightings", "copies seen on the shelf", "bản sách thấy trên giá" },
	{ "holds", "holds placed", "lượt đặt chờ" },
	{ "holds_ready", "holds laid aside", "lượt đặt chờ đã có sách" },
	{ "card_stops", "cards stopped", "thẻ ngừng dùng" },
	{ "missing", "copies missing", "bản sách không thấy" },
	{ "lost", "copies lost by readers", "bản sách bạn đọc làm mất" },
	{ "damaged", "copies damaged", "bản sách hư hỏng" },
};

/* Counters by a value, "visits_by_band.child". */
static const struct {
	const char *name, *column;
	const char *english, *vietnamese;
} splits[] = {
	{ "visits_by_band.", "band", "visits", "lượt bạn đọc" },
	{ "visits_by_purpose.", "purpose", "visits", "lượt bạn đọc" },
	{ "activities_by_occasion.", "occasion", "events", "hoạt động" },
	{ "digital_uses_by_form.", "form", "uses over the network",
	  "lượt dùng trên mạng" },
	{ "donations_by_donor.", "donor", "donations", "lần tặng" },
};

const char *ph_counter_say(char out[static PH_COUNTER_WORDS], const char *name)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].name, name) == 0) {
			snprintf(out, PH_COUNTER_WORDS, "%s",
				 ph_say(words[i].english, words[i].vietnamese));
			return out;
		}
	}
	for (size_t i = 0; i < sizeof(splits) / sizeof(splits[0]); i++) {
		size_t len = strlen(splits[i].name);

		if (strncmp(splits[i].name, name, len) == 0) {
			snprintf(out, PH_COUNTER_WORDS, "%s: %s",
				 ph_say(splits[i].english, splits[i].vietnamese),
				 ph_value_say(splits[i].column, name + len));
			return out;
		}
	}
	snprintf(out, PH_COUNTER_WORDS, "%s", name);
	return out;
}
