/* common/cli/refusal_words.c - why a bundle was not taken, and what to do. */
#include "common/cli/refusal_words.h"

#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/cli/out.h"

static const struct {
	const char *reason, *english, *vietnamese;
} table[] = {
	{ "cut-short",
	  "it is cut short, as when a stick is pulled while it is written. Pack again "
	  "where "
	  "it came from; nothing is lost there",
	  "gói bị cụt, có thể do rút thẻ khi đang ghi. Hãy ghi lại ở nơi gửi; ở đó không "
	  "mất "
	  "gì" },
	{ "no-bundle",
	  "it is no bundle of Packhorse. If it was one, pack again where it came from; "
	  "else "
	  "leave it",
	  "không phải gói của Packhorse. Nếu trước đây là gói thì ghi lại ở nơi gửi; nếu "
	  "không thì cứ để yên" },
	{ "newer",
	  "it was made by a newer program than this one. Bring this one up to date, then "
	  "take it again",
	  "gói do phần mềm mới hơn tạo ra. Hãy cập nhật phần mềm ở đây rồi nhận lại" },
	{ "recipient",
	  "it is sealed for keys that are not held here. Let who sent it sync once, or "
	  "take "
	  "a newer stick, and pack again",
	  "gói được niêm phong cho khóa mà ở đây không có. Nơi gửi cần đồng bộ một lần "
	  "hoặc "
	  "nhận thẻ mới hơn, rồi ghi lại" },
	{ "damaged",
	  "it is damaged, or was altered. Pack again where it came from, onto another "
	  "stick "
	  "if this happens twice; nothing is lost there",
	  "gói bị hỏng hoặc bị sửa. Hãy ghi lại ở nơi gửi, dùng thẻ khác nếu lặp lại; ở "
	  "đó "
	  "không mất gì" },
	{ "malformed",
	  "what is in it breaks the rules. Pack again where it came from; tell the "
	  "provincial library if this goes on",
	  "nội dung gói sai quy tắc. Hãy ghi lại ở nơi gửi; báo thư viện tỉnh nếu vẫn "
	  "vậy" },
	{ "trailing", "it has something behind its end. Pack again where it came from",
	  "sau phần cuối của gói còn dữ liệu thừa. Hãy ghi lại ở nơi gửi" },
	{ "too-big", "it is larger than a bundle may be, so it is none. Leave it",
	  "tệp lớn hơn mức của một gói nên không phải gói. Cứ để yên" },
	{ "not-accepted",
	  "it is by nobody whom this province knows. Ask the provincial library about "
	  "the "
	  "machine that it came from",
	  "gói của máy mà tỉnh này không biết. Hãy hỏi thư viện tỉnh về máy đã gửi" },
	{ "not-a-file",
	  "it is a link or a folder, no file: nothing of Packhorse makes that. Leave it",
	  "đây là liên kết hoặc thư mục, không phải tệp: Packhorse không tạo ra. Cứ để "
	  "yên" },
	{ "unreadable",
	  "it cannot be read. Plug the stick in again; if that does not help, pack again "
	  "onto another one",
	  "không đọc được. Hãy cắm lại thẻ; nếu vẫn không được thì ghi lại vào thẻ "
	  "khác" },
	{ "cut-off",
	  "it is by a device that the province has cut off: what is in it is kept apart "
	  "and "
	  "does not count. If that was a mistake, the device needs a new invite",
	  "gói của máy đã bị tỉnh ngừng: nội dung được giữ riêng, không được tính. Nếu "
	  "ngừng "
	  "nhầm thì máy đó cần giấy mời mới" },
	{ "later",
	  "it cannot be taken now: no room, or as much of this device as is taken for "
	  "now. "
	  "Nothing is lost; take the stick again later",
	  "hiện chưa nhận được: hết chỗ, hoặc đã nhận đủ mức của máy này. Không mất gì; "
	  "lát "
	  "nữa nhận lại thẻ" },
	{ "put-back",
	  "by what is in it this hub has found that it is an older copy of itself that "
	  "was put back; nothing is lost. Take the stick again, and see `packhorsed "
	  "status`",
	  "nhờ nội dung gói này, máy chủ thấy mình là bản sao cũ được chép lại; không "
	  "mất "
	  "gì. Hãy nhận lại thẻ, rồi xem `packhorsed status`" },
};

const char *ph_refusal_words(const char *reason)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(table[i].reason, reason) == 0) {
			return ph_say(table[i].english, table[i].vietnamese);
		}
	}
	return reason;
}

void ph_refusal_tell(const char *file, const char *reason)
{
	fprintf(stderr, ph_say("%s was refused: %s.\n", "%s bị từ chối: %s.\n"), file,
		ph_refusal_words(reason));
}

void ph_refusal_tell_rest(unsigned n_refused, bool is_more)
{
	if (n_refused > 0) {
		fprintf(stderr,
			ph_say_n(n_refused,
				 "%u file more was refused. Delete from the folder "
				 "packhorse/ of the stick what Packhorse did not put "
				 "there.\n",
				 "%u files more were refused. Delete from the folder "
				 "packhorse/ of the stick what Packhorse did not put "
				 "there.\n",
				 "Còn %u tệp nữa bị từ chối. Hãy xóa khỏi thư mục "
				 "packhorse/ trên thẻ những gì không phải do Packhorse "
				 "ghi.\n"),
			n_refused);
	}
	if (is_more) {
		fprintf(stderr,
			ph_say("there are more than %d bundles on the stick. Those that "
			       "a "
			       "sender's list names were looked at first; others were "
			       "not looked at. Delete the folder packhorse/ of the stick "
			       "(nothing is lost: what has no receipt is packed again), "
			       "pack again where it came from, and take it again\n",
			       "trên thẻ có hơn %d gói. Các gói có trong danh sách của "
			       "nơi "
			       "gửi đã được xem trước; các gói khác chưa được xem. Hãy "
			       "xóa thư mục packhorse/ trên thẻ (không mất gì: dữ liệu "
			       "chưa có biên nhận sẽ được ghi lại), ghi lại ở nơi gửi "
			       "rồi "
			       "nhận lại\n"),
			PH_SPOOL_FILES_MAX);
	}
}
