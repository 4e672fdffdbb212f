/*
 * common/cli/case_words.c - words about cases, in the language of people.
 *
 * The names of kinds and choices are typed in (--kind, case decide), so `case show`, help
 * and --plain have them as they are; what they mean, and the table of cases, does not.
 */
#include "common/cli/case_words.h"

#include <stddef.h>
#include <string.h>

#include "common/cli/out.h"

static const struct {
	const char *kind, *vietnamese;            /* in a column */
	const char *meaning, *meaning_vietnamese; /* in a few words */
} kinds[] = {
	{ "two-places", "mượn ở hai nơi", "lent in two places, with no road between",
	  "mượn ở hai nơi, không thấy đường đi" },
	{ "maybe-returned", "có thể đã trả", "the return may have come after the loan",
	  "có thể đã trả" },
	{ "lent-in-crate", "mượn khi trong thùng", "lent while in a crate",
	  "mượn khi đang trong thùng" },
	{ "two-titles", "một mã, hai nhan đề", "one code, two titles",
	  "một mã, hai nhan đề" },
	{ "crate-count", "thùng lệch số", "a crate short or over",
	  "thùng thiếu hoặc thừa" },
	{ "same-reader", "có thể trùng bạn đọc", "perhaps one reader, registered twice",
	  "có thể một bạn đọc ghi hai lần" },
	{ "same-title", "có thể trùng nhan đề", "perhaps one title, described twice",
	  "có thể một nhan đề ghi hai lần" },
	{ "blocked-card", "thẻ bị khóa", "lent to a card that is barred",
	  "cho thẻ bị khóa mượn" },
	{ "stamp", "đồng hồ sai", "a clock that was wrong", "đồng hồ sai" },
	{ "restored", "máy phục hồi", "a device restored from a backup",
	  "máy phục hồi từ bản sao lưu" },
	{ "cloned", "hai máy một thư mục", "two devices with one folder",
	  "hai máy chung một thư mục" },
	{ "forked", "nhật ký hai nhánh", "two histories of one log",
	  "một nhật ký, hai nhánh" },
	{ "invite-used-twice", "giấy mời dùng hai lần", "an invite that two devices used",
	  "giấy mời dùng cho hai máy" },
	{ "after-cut", "ghi sau khi cắt", "entries of a device that was cut off",
	  "giao dịch của máy đã cắt" },
	{ "opaque", "không đọc được", "an entry that cannot be read",
	  "giao dịch không đọc được" },
	{ "foreign-log", "nhật ký không khớp", "a log that is not its device's",
	  "nhật ký không khớp với máy" },
	{ "late-invite", "giấy mời quá hạn", "an invite used after its last day",
	  "giấy mời dùng khi hết hạn" },
	{ "erased-merged", "nhập rồi xóa",
	  "of two registrations of one reader, one is erased",
	  "hai lần ghi một bạn đọc, một đã xóa" },
};

const char *ph_case_name_say(const char *kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].kind, kind) == 0) {
			return ph_say(kind, kinds[i].vietnamese);
		}
	}
	return kind;
}

const char *ph_case_kind_say(const char *kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].kind, kind) == 0) {
			return ph_say(kinds[i].meaning, kinds[i].meaning_vietnamese);
		}
	}
	return "";
}

const char *ph_case_means_say(const char *means)
{
	static const char *const words[][2] = {
		{ "both happened: the copy went from one place to the other unrecorded",
		  "cả hai đều đúng: sách đi từ nơi này sang nơi kia mà không ghi" },
		{ "the later loan is right; the earlier one was a slip",
		  "lượt mượn sau đúng; lượt trước ghi nhầm" },
		{ "the earlier loan is right; the later one was a slip",
		  "lượt mượn trước đúng; lượt sau ghi nhầm" },
		{ "the copy is back, at --site SITE", "sách đã về, ở --site SITE" },
		{ "the entries named with --void are wrong",
		  "các giao dịch nêu với --void là sai" },
		{ "the return came after the loan: the copy is back",
		  "trả sau khi mượn: sách đã về" },
		{ "the loan came after the return: the reader has the copy",
		  "mượn sau khi trả: bạn đọc đang giữ sách" },
		{ "the copy was lent, and not in the crate",
		  "sách đã cho mượn, không ở trong thùng" },
		{ "the copy is in the crate; the loan was a slip",
		  "sách ở trong thùng; lượt mượn ghi nhầm" },
		{ "the titles are one", "các nhan đề là một" },
		{ "the entry named with --void gave the copy a wrong title",
		  "giao dịch nêu với --void gắn sai nhan đề cho sách" },
		{ "noted; nothing follows", "đã xem; không làm gì thêm" },
		{ "what was short is found, at --site SITE",
		  "sách thiếu đã thấy, ở --site SITE" },
		{ "what was short is lost: it is on its way until it is withdrawn",
		  "sách thiếu đã mất: còn coi là đang đi đường cho tới khi thanh lý" },
		{ "they are one reader", "là một bạn đọc" },
		{ "they are different readers", "là các bạn đọc khác nhau" },
		{ "they are one title", "là một nhan đề" },
		{ "they are different titles", "là các nhan đề khác nhau" },
		{ "the loan stands", "lượt mượn vẫn tính" },
		{ "the times count as judged", "tính giờ như đã xét" },
		{ "it is judged anew, with a `clock-judge` of its own",
		  "xét lại giờ bằng một `clock-judge` khác" },
		{ "it is as it says; all of it counts", "đúng như đã ghi; tính tất cả" },
		{ "somebody else did it: cut the device with `packhorsed cut`",
		  "người khác làm: cắt máy bằng `packhorsed cut`" },
		{ "it stays cut", "vẫn cắt" },
		{ "it is true: let it count with `packhorsed adopt`",
		  "là thật: cho tính lại bằng `packhorsed adopt`" },
		{ "they are one person: erase the other with `packhorsed erase`",
		  "là một người: xóa lần ghi kia bằng `packhorsed erase`" },
		{ "they are two persons", "là hai người" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i][0], means) == 0) {
			return ph_say(words[i][0], words[i][1]);
		}
	}
	return means;
}
