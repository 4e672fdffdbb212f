/* common/cli/stick_words.c - of each trouble with a stick: what, where, what to do. */
#include "common/cli/stick_words.h"

#include <inttypes.h>
#include <string.h>

#include "common/cli/out.h"

static int fail_no_stick(struct ph_error *err, int rc, const struct ph_stick_trouble *at)
{
	return ph_fail(err, PH_EXIT_OTHER, rc,
		       ph_say("%s is no folder: is the stick plugged in?",
			      "%s không phải là thư mục: đã cắm thẻ USB chưa?"),
		       at->path[0] ? at->path : "\"\"");
}

static int fail_nothing(struct ph_error *err, int rc, const struct ph_stick_trouble *at)
{
	return ph_fail(
		err, PH_EXIT_OTHER, rc,
		ph_say("%s holds nothing of Packhorse (no folder packhorse): is "
		       "it the right stick?",
		       "%s không có gì của Packhorse (không có thư mục packhorse): "
		       "có đúng thẻ không?"),
		at->path);
}

static int fail_no_folder(struct ph_error *err, int rc, const struct ph_stick_trouble *at)
{
	return ph_fail(
		err, PH_EXIT_OTHER, rc,
		ph_say("packhorse is there in %s and is no folder; it was left "
		       "alone. Give it another name, or take another stick",
		       "trong %s đã có packhorse mà không phải là thư mục; nó được "
		       "để yên. Hãy đổi tên nó, hoặc lấy thẻ khác"),
		at->path);
}

static int fail_full(struct ph_error *err, int rc, const struct ph_stick_trouble *at)
{
	return ph_fail(err, PH_EXIT_PARTIAL, rc,
		       ph_say("the stick is full: %" PRIu64 " bytes are needed, %" PRIu64
			      " are left. Nothing is lost; make room or take another "
			      "stick, and pack again",
			      "thẻ USB đã đầy: cần %" PRIu64 " byte, còn %" PRIu64
			      " byte. Không mất gì; hãy dọn bớt hoặc lấy thẻ khác, rồi "
			      "ghi lại"),
		       at->need, at->room);
}

static int fail_protected(struct ph_error *err, int rc, const struct ph_stick_trouble *at)
{
	return ph_fail(
		err, PH_EXIT_OTHER, rc,
		ph_say("%s cannot be written (%s): is the stick write-protected? "
		       "Slide its switch, or take another one, and pack again. "
		       "Nothing is lost",
		       "không ghi được vào %s (%s): thẻ có đang khóa chống ghi "
		       "không? Hãy gạt khóa, hoặc lấy thẻ khác, rồi ghi lại. Không "
		       "mất gì"),
		at->path, ph_errno_say(rc));
}

static int fail_other_bytes(struct ph_error *err, int rc,
			    const struct ph_stick_trouble *at)
{
	return ph_fail(err, PH_EXIT_OTHER, rc,
		       ph_say("%s: the stick gives back other bytes than were written: "
			      "take another one. Nothing is lost",
			      "%s: thẻ trả lại dữ liệu khác với dữ liệu đã ghi: hãy lấy "
			      "thẻ khác. Không mất gì"),
		       at->path);
}

static int fail_pulled(struct ph_error *err, int rc, const struct ph_stick_trouble *at)
{
	return ph_fail(err, PH_EXIT_OTHER, rc,
		       ph_say("%s: the stick reported an error, or was pulled. Nothing "
			      "is lost; pack again",
			      "%s: thẻ báo lỗi, hoặc đã bị rút ra. Không mất gì; hãy ghi "
			      "lại"),
		       at->path);
}

static int fail_in_the_way(struct ph_error *err, int rc,
			   const struct ph_stick_trouble *at)
{
	return ph_fail(
		err, PH_EXIT_OTHER, rc,
		ph_say("%s/%s is a folder, where a file is to be written; it was "
		       "left alone. Give it another name, or take another stick, "
		       "and pack again. Nothing is lost",
		       "%s/%s là thư mục, ở chỗ phải ghi một tệp; nó được để "
		       "yên. Hãy đổi tên nó, hoặc lấy thẻ khác, rồi ghi lại. Không "
		       "mất gì"),
		at->path, at->in_way);
}

static const struct {
	const char *what;
	int (*fail)(struct ph_error *err, int rc, const struct ph_stick_trouble *at);
} table[] = {
	{ "no-stick", fail_no_stick },   { "nothing", fail_nothing },
	{ "no-folder", fail_no_folder }, { "full", fail_full },
	{ "protected", fail_protected }, { "other-bytes", fail_other_bytes },
	{ "pulled", fail_pulled },       { "in-the-way", fail_in_the_way },
};

int ph_stick_fail(struct ph_error *err, int rc, const struct ph_stick_trouble *trouble)
{
	for (size_t i = 0; trouble->what && i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(table[i].what, trouble->what) == 0) {
			return table[i].fail(err, rc, trouble);
		}
	}
	return ph_fail_errno(err, rc, trouble->path);
}
