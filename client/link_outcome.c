/*
 * client/link_outcome.c - where a session is to go, and what came of it, in words.
 *
 * An address is HOST:PORT or [IPV6]:PORT; a bare IPv6 address is refused, since nobody
 * can tell which colon is the port's. Each way in which a session can end has its exit
 * status, and words that say whether anything is lost (it is not) and what to do.
 */
#include "client/link_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/out.h"

static bool port_ok(const char *port)
{
	size_t digits = strspn(port, "0123456789");

	return digits > 0 && digits <= PH_PORT_MAX && port[digits] == '\0' &&
	       atol(port) >= 1 && atol(port) <= 65535;
}

int ph_link_split(const char *address, char host[static PH_HOST_MAX + 1],
		  char port[static PH_PORT_MAX + 1], struct ph_error *err)
{
	const char *colon = strrchr(address, ':');
	const char *from = address;
	size_t len = colon ? (size_t)(colon - address) : 0;
	bool ok = len > 0 && len <= PH_HOST_MAX && port_ok(colon + 1);

	if (ok && from[0] == '[' && len > 2 && from[len - 1] == ']') {
		from++;
		len -= 2;
	} else if (ok) {
		ok = !memchr(from, ':', len) && from[0] != '[';
	}
	if (!ok) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("\"%s\" is no address: HOST:PORT or [IPV6]:PORT",
				      "“%s” không phải là địa chỉ: viết HOST:PORT hoặc "
				      "[IPV6]:PORT"),
			       address);
	}
	memcpy(host, from, len);
	host[len] = '\0';
	snprintf(port, PH_PORT_MAX + 1, "%s", colon + 1);
	return 0;
}

void ph_link_explain_unreachable(bool is_sibling, const char *address, const char *why,
				 struct ph_error *err)
{
	ph_fail(err, PH_EXIT_UNREACHABLE, -EHOSTUNREACH,
		is_sibling ? ph_say("cannot reach the other machine at %s: %s; all is "
				    "kept here and goes with the next sync",
				    "không nối được tới máy kia ở %s: %s; mọi thứ vẫn "
				    "còn ở đây, lần đồng bộ sau sẽ gửi")
			   : ph_say("cannot reach the hub at %s: %s; all is kept here "
				    "and goes with the next sync",
				    "không nối được tới máy chủ ở %s: %s; mọi thứ vẫn "
				    "còn ở đây, lần đồng bộ sau sẽ gửi"),
		address, why);
}

static const char *explain_refusal(enum ph_status status, struct ph_error *err)
{
	switch (status) {
	case PH_STATUS_CUT:
		ph_fail(err, PH_EXIT_CUT_OFF, -EACCES,
			ph_say("the provincial library has cut this device off, or "
			       "taken back the invite that it joined with. What is "
			       "recorded here stays here; call the provincial library",
			       "thư viện tỉnh đã ngừng máy này, hoặc đã hủy giấy mời "
			       "của nó. Những gì đã ghi ở đây vẫn còn ở đây; hãy gọi "
			       "cho thư viện tỉnh"));
		return "cut-off";
	case PH_STATUS_LATER:
		ph_fail(err, PH_EXIT_TRY_LATER, -EAGAIN,
			ph_say("the hub is busy, short of disk, or has taken as much of "
			       "this "
			       "device as it does for now; nothing is lost, try again "
			       "later. If it is so for days, call the provincial library",
			       "máy chủ đang bận, sắp hết chỗ trên đĩa, hoặc tạm thời đã "
			       "nhận đủ của máy này; không mất gì, hãy thử lại sau. Nếu "
			       "nhiều ngày vẫn vậy, hãy gọi cho thư viện tỉnh"));
		return "later";
	case PH_STATUS_UNKNOWN:
	case PH_STATUS_CERT:
		ph_fail(err, PH_EXIT_OTHER, -EACCES,
			ph_say("the hub does not accept this device's certificate; call "
			       "the "
			       "provincial library",
			       "máy chủ không nhận chứng thư của máy này; hãy gọi cho "
			       "thư viện tỉnh"));
		return "not-accepted";
	case PH_STATUS_VERSION:
		ph_fail(err, PH_EXIT_OTHER, -EPROTONOSUPPORT,
			ph_say("the hub does not speak this version of the protocol; one "
			       "of the "
			       "two must be brought up to date",
			       "máy chủ không dùng phiên bản giao thức này; cần nâng cấp "
			       "một trong hai bên"));
		return "version";
	case PH_STATUS_PROTOCOL:
	case PH_STATUS_OK:
		break;
	}
	ph_fail(err, PH_EXIT_PARTIAL, -EPROTO,
		ph_say("the hub did not take what was sent; the next sync sends it in "
		       "another "
		       "way. Tell the provincial library if this goes on",
		       "máy chủ không nhận những gì đã gửi; lần đồng bộ sau sẽ gửi theo "
		       "cách khác. Nếu cứ lặp lại, hãy báo thư viện tỉnh"));
	return "not-taken";
}

static const char *explain_put_back(struct ph_error *err)
{
	ph_fail(err, PH_EXIT_TRY_LATER, -EAGAIN,
		ph_say("by what this device told it the hub has found that it is an "
		       "older copy of itself that was put back; nothing is lost. Sync "
		       "again: it goes on from there, and its operator is told what to "
		       "do",
		       "nhờ những gì máy này vừa báo, máy chủ thấy mình là bản sao cũ "
		       "được chép lại; không mất gì. Hãy đồng bộ lại: máy chủ sẽ tiếp "
		       "tục từ đó, và người vận hành đã được báo phải làm gì"));
	return "put-back";
}

static const char *explain_branches(struct ph_error *err)
{
	ph_fail(err, PH_EXIT_TRY_LATER, -EAGAIN,
		ph_say("the hub has 16 histories of this folder and takes no other: "
		       "something puts this machine's disk back again and again (a "
		       "program that freezes it, a snapshot at each start). Nothing is "
		       "lost as long as the folder is there. Switch that off, or have "
		       "the folder on a disk that it leaves alone, and call the "
		       "provincial library",
		       "máy chủ đã giữ 16 nhánh ghi chép của thư mục này và không nhận "
		       "thêm: có gì đó cứ khôi phục ổ đĩa của máy này (phần mềm đóng "
		       "băng ổ đĩa, bản chụp mỗi lần khởi động). Không mất gì, miễn là "
		       "thư mục còn đó. Hãy tắt phần mềm ấy, hoặc để thư mục trên ổ đĩa "
		       "mà nó không đụng tới, và gọi cho thư viện tỉnh"));
	return "many-copies";
}

/* The hub stopped; WHY: what it told beside its status. */
static const char *explain_refused(enum ph_status status, enum ph_why why,
				   struct ph_error *err)
{
	if (status == PH_STATUS_LATER && why == PH_WHY_PUT_BACK) {
		return explain_put_back(err);
	}
	if (status == PH_STATUS_LATER && why == PH_WHY_BRANCHES) {
		return explain_branches(err);
	}
	return explain_refusal(status, err);
}

static const char *explain_key(const char *address, struct ph_error *err)
{
	ph_fail(err, PH_EXIT_OTHER, -EACCES,
		ph_say("the hub at %s does not hold the key this device was enrolled "
		       "with, is "
		       "no Packhorse hub, or the first message was damaged on the way; "
		       "nothing "
		       "was told to it. Check the address; if it is right, try again",
		       "máy ở %s không giữ khóa mà máy này đã đăng ký, không phải là máy "
		       "chủ Packhorse, hoặc tin đầu tiên bị hỏng trên đường; chưa gửi gì "
		       "cho nó. Hãy kiểm tra địa chỉ; nếu đúng, hãy thử lại"),
		address);
	return "wrong-key";
}

static const char *explain_cut(struct ph_error *err)
{
	ph_fail(err, PH_EXIT_PARTIAL, -ECONNRESET,
		ph_say("the connection to the hub broke off; what the hub has signed for "
		       "need "
		       "not be sent again, the rest goes with the next sync",
		       "kết nối với máy chủ bị đứt; những gì máy chủ đã ký nhận không "
		       "phải gửi lại, phần còn lại gửi ở lần đồng bộ sau"));
	return "cut";
}

static const char *explain_budget(struct ph_error *err)
{
	ph_fail(err, PH_EXIT_PARTIAL, -EDQUOT,
		ph_say("this month's data budget has no room for what is left; what the "
		       "hub has "
		       "signed for need not be sent again. The rest goes next month, by "
		       "stick, "
		       "or "
		       "with `packhorse sync --over-budget`",
		       "hạn mức dữ liệu tháng này không đủ cho phần còn lại; những gì "
		       "máy chủ đã ký nhận không phải gửi lại. Phần còn lại gửi vào "
		       "tháng sau, bằng thẻ USB, hoặc bằng `packhorse sync "
		       "--over-budget`"));
	return "budget";
}

const char *ph_link_explain(const struct ph_link_result *result, const char *address,
			    bool stranger, struct ph_error *err)
{
	switch (result->failure) {
	case PH_FAIL_NONE:
		if (result->status == PH_STATUS_LATER) {
			return explain_refusal(result->status, err);
		}
		return result->is_short ? explain_budget(err) : "";
	case PH_FAIL_HANDSHAKE:
		return explain_key(address, err);
	case PH_FAIL_REFUSED:
		return explain_refused(result->status, result->why, err);
	case PH_FAIL_CUT:
	case PH_FAIL_TIMEOUT:
		return stranger ? explain_key(address, err) : explain_cut(err);
	case PH_FAIL_PROTOCOL:
		ph_fail(err, PH_EXIT_OTHER, -EPROTO,
			ph_say("the hub broke the protocol, or sent a control log that "
			       "does not "
			       "fit; nothing of that was kept. Call the provincial "
			       "library",
			       "máy chủ vi phạm giao thức, hoặc gửi nhật ký điều hành "
			       "không khớp; không giữ lại gì của phần đó. Hãy gọi cho "
			       "thư viện tỉnh"));
		return "protocol";
	case PH_FAIL_BUDGET:
		return explain_budget(err);
	case PH_FAIL_STORE:
	case PH_FAIL_MEMORY:
		break;
	}
	ph_fail(err, PH_EXIT_OTHER, -ENOMEM,
		ph_say("out of memory during the session",
		       "không đủ bộ nhớ trong phiên làm việc"));
	return "memory";
}

/* ---- another device of the site ---- */

static const char *explain_stranger(const char *address, struct ph_error *err)
{
	ph_fail(err, PH_EXIT_OTHER, -EACCES,
		ph_say("who is at %s has not proved to be another machine of this site; "
		       "no "
		       "record "
		       "was given to it. If it should be one, check the address, and "
		       "that it "
		       "listens there (`[lan] listen` in its agent.conf)",
		       "máy ở %s chưa chứng minh được là máy khác của điểm này; không "
		       "giao dịch nào được gửi cho nó. Nếu đúng là máy của điểm, hãy "
		       "kiểm tra địa chỉ, và xem nó có nhận kết nối ở đó không (`[lan] "
		       "listen` trong agent.conf của nó)"),
		address);
	return "not-of-this-site";
}

/* Who called: what it is to do it has been told there. */
static const char *explain_caller(const char *address, struct ph_error *err)
{
	ph_fail(err, PH_EXIT_OTHER, -EACCES,
		ph_say("who called from %s has not proved to be another machine of this "
		       "site; no record was given to it. If it is one, what is wrong is "
		       "said there: by `packhorse sync --sibling`, or as lan.end in its "
		       "agent's log",
		       "máy gọi từ %s chưa chứng minh được là máy khác của điểm này; "
		       "không giao dịch nào được gửi cho nó. Nếu đúng là máy của điểm, "
		       "lý do được báo ở máy đó: trong `packhorse sync --sibling`, hoặc "
		       "ở dòng lan.end trong nhật ký của nó"),
		address);
	return "not-of-this-site";
}

static const char *explain_other_refuses(enum ph_status status, const char *address,
					 struct ph_error *err)
{
	switch (status) {
	case PH_STATUS_VERSION:
		ph_fail(err, PH_EXIT_OTHER, -EPROTONOSUPPORT,
			ph_say("the machine at %s does not speak this version of the "
			       "protocol; "
			       "one of the two must be brought up to date",
			       "máy ở %s không dùng phiên bản giao thức này; cần nâng "
			       "cấp một trong hai máy"),
			address);
		return "version";
	case PH_STATUS_LATER:
		ph_fail(err, PH_EXIT_TRY_LATER, -EAGAIN,
			ph_say("the machine at %s cannot take anything now; nothing is "
			       "lost, "
			       "try again later",
			       "máy ở %s lúc này không nhận được gì; không mất gì, hãy "
			       "thử lại sau"),
			address);
		return "later";
	case PH_STATUS_CUT:
		ph_fail(err, PH_EXIT_CUT_OFF, -EACCES,
			ph_say("the machine at %s has heard that the provincial library "
			       "has cut "
			       "this device off or retired it; call the provincial "
			       "library",
			       "máy ở %s đã nghe rằng thư viện tỉnh ngừng máy này hoặc "
			       "cho thôi dùng; hãy gọi cho thư viện tỉnh"),
			address);
		return "cut-off";
	case PH_STATUS_PROTOCOL:
		ph_fail(err, PH_EXIT_PARTIAL, -EPROTO,
			ph_say("the machine at %s did not take what was sent; nothing is "
			       "lost. "
			       "Tell the provincial library if this goes on",
			       "máy ở %s không nhận những gì đã gửi; không mất gì. Nếu "
			       "cứ lặp lại, hãy báo thư viện tỉnh"),
			address);
		return "not-taken";
	case PH_STATUS_UNKNOWN:
	case PH_STATUS_CERT:
	case PH_STATUS_OK:
		break;
	}
	ph_fail(err, PH_EXIT_OTHER, -EACCES,
		ph_say("the machine at %s has not heard yet that the provincial library "
		       "confirmed this one, or is not confirmed itself; let it sync with "
		       "the "
		       "hub "
		       "once",
		       "máy ở %s chưa nghe rằng thư viện tỉnh đã xác nhận máy này, hoặc "
		       "chính nó chưa được xác nhận; hãy cho nó đồng bộ với máy chủ một "
		       "lần"),
		address);
	return "not-accepted";
}

const char *ph_link_explain_sibling(const struct ph_link_result *result,
				    const char *address, const char *refusal,
				    bool stranger, bool answers, struct ph_error *err)
{
	if (result->failure == PH_FAIL_NONE) {
		return "";
	}
	if (refusal) {
		ph_fail(err, PH_EXIT_OTHER, -EACCES,
			ph_say("no record was given to the machine at %s: the "
			       "certificate it "
			       "shows %s",
			       "không giao dịch nào được gửi cho máy ở %s: chứng thư nó "
			       "đưa ra %s"),
			address, refusal);
		return "not-of-this-site";
	}
	switch (result->failure) {
	case PH_FAIL_REFUSED:
		return explain_other_refuses(result->status, address, err);
	case PH_FAIL_CUT:
	case PH_FAIL_TIMEOUT:
		if (stranger) {
			return answers ? explain_caller(address, err)
				       : explain_stranger(address, err);
		}
		ph_fail(err, PH_EXIT_PARTIAL, -ECONNRESET,
			ph_say("the connection to the machine at %s broke off; what came "
			       "through "
			       "stays, the rest goes next time",
			       "kết nối với máy ở %s bị đứt; những gì đã tới vẫn giữ, "
			       "phần còn lại gửi lần sau"),
			address);
		return "cut";
	case PH_FAIL_HANDSHAKE:
		return answers ? explain_caller(address, err)
			       : explain_stranger(address, err);
	case PH_FAIL_PROTOCOL:
		ph_fail(err, PH_EXIT_OTHER, -EPROTO,
			ph_say("the machine at %s broke the protocol; nothing of that "
			       "was kept. "
			       "Tell the provincial library if this goes on",
			       "máy ở %s vi phạm giao thức; không giữ lại gì của phần "
			       "đó. Nếu cứ lặp lại, hãy báo thư viện tỉnh"),
			address);
		return "protocol";
	case PH_FAIL_NONE:
	case PH_FAIL_BUDGET:
	case PH_FAIL_STORE:
	case PH_FAIL_MEMORY:
		break;
	}
	ph_fail(err, PH_EXIT_OTHER, -ENOMEM,
		ph_say("out of memory during the session",
		       "không đủ bộ nhớ trong phiên làm việc"));
	return "memory";
}

int ph_link_cut_off(struct ph_error *err)
{
	return ph_fail(err, PH_EXIT_CUT_OFF, -EACCES, "%s",
		       ph_say("the provincial library has cut this device off: what it "
			      "writes does not count. Call the provincial library",
			      "thư viện tỉnh đã ngừng máy này: những gì máy này ghi "
			      "không được tính. Hãy gọi cho thư viện tỉnh"));
}
