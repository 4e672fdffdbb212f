/*
 * daemon/hub_void.c - which words of the hub a void cannot reach any more.
 *
 * A void of what the hub said counts only in the same log (docs/MERGE.md, "Voids"). After a restore,
 * and after a change of its keys, the hub goes on in other logs: a void of what stands in the earlier ones
 * would be written, go down to everybody and change nothing. So it is refused, with what does change it:
 * a later word of its own kind, or another kind.
 */
#include "daemon/hub_void.h"

#include <errno.h>

#include "common/base/say.h"
#include "daemon/hub_collect.h"
#include "daemon/hub_put.h"

static const char *instead_of_trust(uint64_t kind)
{
	switch (kind) {
	case PH_KIND_DEVICE_CUT:
	case PH_KIND_DEVICE_RETIRE:
		return ph_say("give that PC an invite of its own, with which it joins "
			      "anew (`packhorsed invite`)",
			      "hãy cấp giấy mời riêng để máy đó tham gia lại "
			      "(`packhorsed invite`)");
	case PH_KIND_DEVICE_ADMIT:
	case PH_KIND_DEVICE_CONFIRM:
		return ph_say("cut or retire the device (`packhorsed cut`, `packhorsed "
			      "devices retire`)",
			      "hãy cắt máy hoặc cho máy nghỉ (`packhorsed cut`, "
			      "`packhorsed devices retire`)");
	case PH_KIND_INVITE_CANCEL:
		return ph_say("make another invite (`packhorsed invite`)",
			      "hãy tạo giấy mời khác (`packhorsed invite`)");
	case PH_KIND_LOG_ADOPT:
		return ph_say("void those of the adopted entries that must not count",
			      "hãy hủy từng giao dịch đã cho tính lại mà không nên tính");
	default:
		return NULL;
	}
}

/* What changes what TARGET says, since a void does not. */
static const char *instead(const struct ph_entry *target)
{
	const char *trust = target ? instead_of_trust(target->number) : NULL;
	struct ph_entity_key key;

	if (trust) {
		return trust;
	}
	if (target && ph_hub_put_entity(target, &key)) {
		return ph_say("put it anew with what is to hold",
			      "hãy đặt lại đúng điều cần áp dụng");
	}
	switch (target ? target->number : 0) {
	case PH_KIND_CASE_DECIDE:
		return ph_say("decide the case anew (`packhorsed case decide --again`)",
			      "hãy quyết lại việc đó (`packhorsed case decide --again`)");
	case PH_KIND_CLOCK_JUDGE:
		return ph_say("judge that clock-mark anew", "hãy xét lại dấu giờ đó");
	case PH_KIND_READER_MERGE:
		return ph_say("record a reader-unmerge of it",
			      "hãy ghi reader-unmerge cho nó");
	case PH_KIND_TITLE_MERGE:
		return ph_say("record a title-unmerge of it",
			      "hãy ghi title-unmerge cho nó");
	case PH_KIND_COPY_ALIAS:
		return ph_say("record a copy-unalias of it",
			      "hãy ghi copy-unalias cho nó");
	default:
		return ph_say("record what is right anew", "hãy ghi lại điều đúng");
	}
}

int ph_hub_void_reaches(struct ph_hub *hub, const uint8_t log_id[static PH_LOG_ID_SIZE],
			const struct ph_entry *target, struct ph_error *err)
{
	bool goes_on = false;
	struct ph_log log;
	int rc = ph_journal_log_find(hub->journal, log_id, &log);

	if (rc != 0 || log.site != 0) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_hub_goes_on(hub, log_id, &goes_on);
	if (rc < 0 || goes_on) {
		return rc;
	}
	return ph_fail(
		err, PH_EXIT_USAGE, -EPERM,
		ph_say("that entry stands in a log of the hub that was closed by a "
		       "restore or a change of its keys: a void would have no effect, "
		       "and nothing was written. Instead, %s",
		       "giao dịch đó nằm trong nhật ký của máy chủ đã đóng khi phục hồi "
		       "hoặc đổi khóa: lệnh hủy sẽ không có tác dụng, và chưa ghi gì. "
		       "Thay vào đó, %s"),
		instead(target));
}
