/*
 * client/cmd_status.c - packhorse status: what is safe, what waits, why, what to do.
 *
 * For people first, in their language: the oldest complaint about programs that send
 * things by themselves is that they do not, and do not say why. A mark of all-is-well
 * only when the hub has signed for everything. Words, never codes; times of UTC+7.
 * A clock that differs from the hub's is said, with what to do; it never stops anybody.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/agent_settings.h"
#include "client/commands.h"
#include "client/site_bundle.h"
#include "client/status_report.h"
#include "common/cli/out.h"
#include "common/cli/rights.h"
#include "common/ledger/cases_site.h"

/* --- words --- */

static const struct {
	const char *reason;
	const char *english, *vietnamese;     /* why */
	const char *to_do, *to_do_vietnamese; /* NULL: nothing */
} reasons[] = {
	{ "unreachable", "the hub could not be reached (weak or no network)",
	  "không nối được tới thư viện tỉnh (mạng yếu hoặc không có)", NULL, NULL },
	{ "cut", "the connection broke off", "kết nối bị đứt giữa chừng", NULL, NULL },
	{ "budget", "this month's data budget has no room for the rest",
	  "dung lượng mạng tháng này không còn đủ",
	  "nothing is lost: by stick, or next month (packhorse plan)",
	  "không mất gì: gửi bằng thẻ USB, hoặc tháng sau (packhorse plan)" },
	{ "stopped", "it was stopped", "đã bị dừng giữa chừng", NULL, NULL },
	{ "later", "the hub was busy", "thư viện tỉnh đang bận", NULL, NULL },
	{ "put-back", "the hub found that it is an older copy of itself",
	  "máy chủ thấy mình là bản sao cũ được chép lại", "nothing is lost: sync again",
	  "không mất gì: hãy đồng bộ lại" },
	{ "many-copies", "the hub has 16 histories of this folder and takes no other",
	  "máy chủ đã giữ 16 nhánh ghi chép của thư mục này và không nhận thêm",
	  "nothing is lost: something puts this disk back again and again; switch it "
	  "off, "
	  "and call the provincial library",
	  "không mất gì: có gì đó cứ khôi phục ổ đĩa này; hãy tắt nó, và gọi cho thư "
	  "viện "
	  "tỉnh" },
	{ "not-taken", "the hub did not take what was sent",
	  "thư viện tỉnh chưa nhận được dữ liệu đã gửi", NULL, NULL },
	{ "wrong-key",
	  "the hub that answered is not the one this device belongs to, or the line "
	  "damages what is sent",
	  "máy trả lời không phải là máy của thư viện tỉnh, hoặc đường truyền làm hỏng "
	  "dữ liệu",
	  "check the hub's address with the provincial library",
	  "hỏi thư viện tỉnh về địa chỉ máy chủ" },
	{ "cut-off",
	  "the provincial library has cut this device off, or taken back its invite",
	  "thư viện tỉnh đã ngừng máy này, hoặc đã hủy giấy mời của nó",
	  "call the provincial library", "gọi cho thư viện tỉnh" },
};

#define TOLD_FOR (30 * 86400) /* seconds */

/* What the province says of this device; its name is the hub's (packhorsed devices). */
static const struct {
	const char *name;
	const char *headline, *headline_vietnamese; /* NULL: nothing of it */
	const char *means, *means_vietnamese;
	const char *to_do, *to_do_vietnamese;
} standings[] = {
	[PH_SITE_UNCONFIRMED] = { .name = "unconfirmed",
				  .means = "not confirmed yet: read these words to the "
					   "provincial library",
				  .means_vietnamese = "chưa được xác nhận: đọc các tiếng "
						      "này cho thư viện tỉnh" },
	[PH_SITE_CONFIRMED] = { .name = "confirmed" },
	[PH_SITE_RETIRED] = { .name = "retired",
			      .headline = "this device is retired",
			      .headline_vietnamese = "máy này đã được cho nghỉ",
			      .means =
				      "retired: to be used no more; what it wrote counts",
			      .means_vietnamese = "đã được cho nghỉ: không dùng nữa; "
						  "những gì đã ghi vẫn được tính",
			      .to_do = "record on another machine; if that is a mistake, "
				       "call the provincial library",
			      .to_do_vietnamese = "ghi trên máy khác; nếu nhầm thì gọi "
						  "cho thư viện tỉnh" },
	[PH_SITE_CUT_OFF] = { .name = "cut",
			      .headline = "this device is cut off",
			      .headline_vietnamese = "máy này đã bị ngừng",
			      .means = "cut off: what it writes is kept apart and does "
				       "not count",
			      .means_vietnamese = "đã bị ngừng: những gì máy này ghi "
						  "được giữ riêng, không được tính",
			      .to_do = "call the provincial library",
			      .to_do_vietnamese = "gọi cho thư viện tỉnh" },
};

const char *ph_standing_name(enum ph_site_standing standing)
{
	return standings[standing].name;
}

static const char other_english[] = "the last try failed; `packhorse sync` says why";
static const char other_vietnamese[] =
	"lần gửi gần nhất không được; chạy `packhorse sync` để biết vì sao";

static const char *why(const char *reason)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strcmp(reasons[i].reason, reason) == 0) {
			return ph_say(reasons[i].english, reasons[i].vietnamese);
		}
	}
	return ph_say(other_english, other_vietnamese);
}

/*
 * Why the last session came to no end, if that is so still; "": it is not. A budget holds up
 * nothing that came by stick since, nor when it was taken away.
 */
static const char *reason_of(const struct ph_status_report *report)
{
	const struct ph_site_state *state = &report->state;
	bool all_came = report->pending == 0 && state->parts_pending == 0 &&
			report->road.taken >= state->last_time;

	if (state->last_time == 0 || state->last_complete ||
	    (strcmp(state->last_reason, "budget") == 0 &&
	     (report->budget.bytes == PH_BUDGET_NONE || all_came))) {
		return "";
	}
	return state->last_reason;
}

static const char *what_to_do(const struct ph_status_report *report)
{
	const char *reason = reason_of(report);

	if (strcmp(reason, "budget") == 0 && report->budget.stuck_at != 0) {
		return ph_say("nothing is lost: set the clock, then sync; or by stick",
			      "không mất gì: chỉnh đồng hồ rồi gửi lại, hoặc gửi bằng "
			      "thẻ USB");
	}
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strcmp(reasons[i].reason, reason) == 0 && reasons[i].to_do) {
			return ph_say(reasons[i].to_do, reasons[i].to_do_vietnamese);
		}
	}
	if (standings[report->state.standing].to_do) {
		return ph_say(standings[report->state.standing].to_do,
			      standings[report->state.standing].to_do_vietnamese);
	}
	if (report->state.control_forked) {
		return ph_say("call the provincial library: its hub was put back",
			      "gọi thư viện tỉnh: máy chủ đã được khôi phục");
	}
	if (report->state.erase_stuck != 0) {
		return ph_say("see that the folder courier/ of this site can be written "
			      "and the disk is sound, then sync",
			      "xem thư mục courier/ của điểm có ghi được không, ổ đĩa "
			      "còn tốt không, rồi gửi lại");
	}
	if (report->pending == 0 && report->ahead != 0) {
		return ph_say("set the clock", "chỉnh lại đồng hồ");
	}
	if (report->pending == 0) {
		return ph_say("nothing", "không");
	}
	if (report->road.is_overdue) {
		return ph_say(
			"the receipt should be home by now: meet the courier again, "
			"or pack a stick; nothing is lost",
			"lẽ ra đã có biên nhận: gặp lại xe chuyển tin, hoặc ghi thẻ "
			"USB; không mất gì");
	}
	if (report->agent) {
		return ph_say("nothing: it is sent by itself", "không: máy tự gửi");
	}
	if (report->road.is_carried && report->road.carried == report->pending) {
		return ph_say("nothing: the courier brings the receipt",
			      "không: chuyến xe sau sẽ mang biên nhận về");
	}
	return ph_say("nothing is lost; `packhorse sync` when there is a network",
		      "không mất gì; chạy `packhorse sync` khi có mạng");
}

/* --- for people --- */

static void headline(const struct ph_status_report *report, char out[static 160])
{
	char span[PH_NUMBER_TEXT];
	char number[PH_NUMBER_TEXT];
	int64_t since = report->now - report->state.oldest_pending;
	enum ph_site_standing standing = report->state.standing;

	if (standings[standing].headline) {
		snprintf(out, 160, "⚠ %s",
			 ph_say(standings[standing].headline,
				standings[standing].headline_vietnamese));
	} else if (report->pending == 0 && report->state.parts_pending == 0) {
		snprintf(out, 160, "✓ %s",
			 ph_say("all is at the hub", "đã tới thư viện tỉnh đủ"));
	} else if (report->pending == 0) {
		snprintf(out, 160, "⚠ %s",
			 ph_say("some readers' details are not at the hub yet",
				"còn thông tin bạn đọc chưa gửi"));
	} else {
		snprintf(out, 160, ph_say("⚠ %s not sent for %s", "⚠ %s chưa gửi, đã %s"),
			 ph_number(number, report->pending), ph_span(span, since));
	}
}

static void row(struct ph_table *table, const char *left, const char *right)
{
	ph_table_cell(table, left);
	ph_table_cell(table, right);
}

static void last_session(const struct ph_status_report *report, char out[static 160])
{
	char time[PH_TIME_TEXT];

	if (report->state.last_time == 0) {
		snprintf(out, 160, "%s", ph_say("never", "chưa lần nào"));
		return;
	}
	snprintf(out, 160, "%s, %s", ph_status_time(time, report->state.last_time),
		 report->state.last_complete ? ph_say("complete", "đủ")
					     : ph_say("not complete", "chưa xong"));
}

static void receipted_row(const struct ph_status_report *report, struct ph_table *table)
{
	char text[160];
	char time[PH_TIME_TEXT];
	char number[PH_NUMBER_TEXT];

	if (report->state.receipted == 0) {
		return;
	}
	snprintf(text, sizeof(text),
		 ph_say_n(report->state.receipted, "%s entry (receipt of %s)",
			  "%s entries (receipt of %s)", "%s giao dịch (biên nhận %s)"),
		 ph_number(number, report->state.receipted),
		 ph_status_time(time, report->state.receipted_time));
	row(table, ph_say("At the hub", "Đã ở thư viện tỉnh"), text);
}

static const struct {
	const char *english, *vietnamese;
} whys[PH_PACE_WHYS] = {
	[PH_PACE_START] = { "it has just started", "vừa khởi động" },
	[PH_PACE_TIMER] = { "as it does now and then", "theo định kỳ" },
	[PH_PACE_ENTRY] = { "for what is new", "có giao dịch mới" },
	[PH_PACE_NETWORK] = { "the network changed", "mạng vừa thay đổi" },
	[PH_PACE_RETRY] = { "trying again", "thử lại" },
};

/* "21/11 14:35 (trying again, 3 failed)" */
static void next_row(const struct ph_host_state *agent, struct ph_table *table)
{
	char text[160];
	char time[PH_TIME_TEXT];
	int len;

	if (agent->next == 0) {
		snprintf(text, sizeof(text), "%s",
			 agent->is_syncing ? ph_say("now", "đang gửi") : "");
	} else {
		len = snprintf(
			text, sizeof(text), "%s (%s", ph_status_time(time, agent->next),
			ph_say(whys[agent->why].english, whys[agent->why].vietnamese));
		if (agent->failures > 0) {
			len += snprintf(text + len, sizeof(text) - (size_t)len,
					ph_say(", %u failed", ", %u lần chưa được"),
					agent->failures);
		}
		snprintf(text + len, sizeof(text) - (size_t)len, ")");
	}
	row(table, ph_say("Next try", "Lần gửi tới"), text);
}

static void agent_rows(const struct ph_status_report *report, struct ph_table *table)
{
	char text[160];
	char time[PH_TIME_TEXT];

	if (report->agent) {
		next_row(report->agent, table);
		snprintf(text, sizeof(text),
			 ph_say("syncs by itself since %s", "tự gửi từ %s"),
			 ph_status_time(time, report->agent->since));
		row(table, ph_say("Agent", "Chạy nền"), text);
	}
}

/* What this machine holds of what others wrote. */
static void elsewhere_rows(const struct ph_status_report *report, struct ph_table *table)
{
	char text[160];
	char number[PH_NUMBER_TEXT];

	if (report->state.of_site > 0) {
		snprintf(text, sizeof(text),
			 ph_say_n(report->state.of_site, "%s entry", "%s entries",
				  "%s giao dịch"),
			 ph_number(number, report->state.of_site));
		row(table, ph_say("Other machines of this site", "Máy khác của điểm này"),
		    text);
	}
	if (report->state.fed.entries > 0) {
		snprintf(text, sizeof(text),
			 ph_say_n(report->state.fed.entries, "%s fact", "%s facts",
				  "%s thông tin"),
			 ph_number(number, report->state.fed.entries));
		row(table, ph_say("From elsewhere", "Từ nơi khác"), text);
	}
	if (report->cases > 0) {
		snprintf(text, sizeof(text), "%s (packhorse cases)",
			 ph_number(number, report->cases));
		row(table, ph_say("Cases to look at", "Việc cần xem"), text);
	}
	if (report->not_counted > 0) {
		snprintf(text, sizeof(text),
			 ph_say("%s of what came (by itself)",
				"%s mục mới nhận (máy tự làm)"),
			 ph_number(number, report->not_counted));
		row(table, ph_say("Not counted yet", "Chưa tính"), text);
	}
}

static void address_row(const struct ph_status_report *report, struct ph_table *table)
{
	char text[PH_HUB_ADDRESS_MAX + 1];

	ph_text_safe(text, sizeof(text), report->hub, strlen(report->hub));
	row(table, ph_say("Hub", "Máy chủ"),
	    text[0] ? text : ph_say("no address; give --hub", "chưa có địa chỉ"));
	if (report->hub_wrong.text[0]) {
		row(table, "", report->hub_wrong.text);
	}
}

/* Only when there is something to say; loans go on whatever the clock is. */
static void clock_rows(const struct ph_status_report *report, struct ph_table *table)
{
	char text[160];
	char span[PH_NUMBER_TEXT];
	bool fast = report->ahead > 0;

	if (report->ahead == 0) {
		return;
	}
	snprintf(text, sizeof(text),
		 !report->is_heard ? ph_say("at least %s behind", "chậm ít nhất %s")
		 : fast            ? ph_say("%s ahead of the hub's, as last heard",
					    "nhanh hơn máy chủ %s (lần nối gần nhất)")
				   : ph_say("%s behind the hub's, as last heard",
					    "chậm hơn máy chủ %s (lần nối gần nhất)"),
		 ph_span(span, fast ? report->ahead : -report->ahead));
	row(table, ph_say("Clock of this machine", "Đồng hồ máy này"), text);
	row(table, "",
	    ph_say("set the clock, then sync; nothing is lost",
		   "chỉnh đồng hồ rồi gửi lại; không mất gì"));
	row(table, "",
	    ph_say("due dates written meanwhile may be wrong",
		   "hạn trả ghi trong lúc đó có thể sai"));
}

/* Behind the fingerprint; nothing where all is as it should be. */
static void standing_row(const struct ph_status_report *report, struct ph_table *table)
{
	enum ph_site_standing standing = report->state.standing;

	if (standings[standing].means) {
		row(table,
		    standing == PH_SITE_UNCONFIRMED ? ""
						    : ph_say("This device", "Máy này"),
		    ph_say(standings[standing].means,
			   standings[standing].means_vietnamese));
	}
}

static void desk_row(const struct ph_status_report *report, struct ph_table *table)
{
	if (report->desk != PH_DESK_NO_PIN) {
		row(table, ph_say("Readers' details", "Thông tin bạn đọc"),
		    report->desk == PH_DESK_OPEN
			    ? ph_say("shown: the desk is open",
				     "đang hiện: bàn đã mở khóa")
			    : ph_say("hidden: the desk is locked (packhorse desk unlock)",
				     "đang ẩn: bàn đã khóa (packhorse desk unlock)"));
	}
}

/* A successor of a PC that is gone: nothing is wrong, and nothing is to do. */
static void successor_row(const char *day, struct ph_table *table)
{
	char text[160];

	snprintf(text, sizeof(text),
		 ph_say("goes on from the log of the PC that it replaces, since %s",
			"ghi tiếp nhật ký của máy mà nó thay, từ %s"),
		 day);
	row(table, ph_say("This folder", "Thư mục này"), text);
}

/* That this folder was put back or copied, for a month; and what to do: nothing, as a rule. */
static void went_on_rows(const struct ph_status_report *report, struct ph_table *table)
{
	const struct ph_site_went_on *went_on = &report->went_on;
	uint64_t why = went_on->doubt ? went_on->doubt : went_on->why;
	char day[PH_TIME_TEXT];
	char text[160];

	if (why == PH_WHY_CLOCK ||
	    (!went_on->doubt && report->now - went_on->second > TOLD_FOR)) {
		return;
	}
	ph_day_text(day, ph_day_of(went_on->second));
	if (why == PH_WHY_REPLACED) {
		successor_row(day, table);
		return;
	}
	row(table, ph_say("This folder", "Thư mục này"),
	    why == PH_WHY_CLONED
		    ? ph_say("was copied here, or put back on another machine",
			     "được sao chép sang đây, hoặc khôi phục trên máy khác")
		    : ph_say("was put back from an older copy, or copied",
			     "được khôi phục từ bản sao cũ, hoặc đã được sao chép"));
	snprintf(text, sizeof(text),
		 went_on->doubt ? ph_say("what is recorded next goes into a new log; "
					 "nothing is lost",
					 "từ nay ghi vào nhật ký mới; không mất gì")
				: ph_say("since %s it goes on in a new log; nothing is "
					 "lost",
					 "từ %s ghi vào nhật ký mới; không mất gì"),
		 day);
	row(table, "", text);
	row(table, "",
	    ph_say("if another machine works with the same folder, stop one of them",
		   "nếu máy khác cũng dùng thư mục này thì ngừng một trong hai máy"));
}

/* That others on the machine may enter the folder: of what is in it `verify` tells. */
static void open_row(const struct ph_status_report *report, struct ph_table *table)
{
	char text[160];

	if (report->open != 0) {
		snprintf(text, sizeof(text),
			 ph_say("is open to others on this machine, mode %03o (packhorse "
				"verify)",
				"người dùng khác trên máy này vào được, quyền %03o "
				"(packhorse verify)"),
			 report->open);
		row(table, ph_say("This folder", "Thư mục này"), text);
	}
}

/* Of a reader who was erased: what keeps this machine from saying that it is done. */
static void erase_rows(const struct ph_status_report *report, struct ph_table *table)
{
	char text[160];

	if (report->state.erase_stuck == 0) {
		return;
	}
	snprintf(text, sizeof(text),
		 ph_say("not done here: bundles for couriers cannot be removed (%s)",
			"máy này chưa xóa xong: không gỡ được gói cho xe chuyển tin "
			"(%s)"),
		 ph_errno_say(report->state.erase_stuck));
	row(table, ph_say("Readers erased", "Xóa bạn đọc"), text);
	row(table, "",
	    ph_say("until it is, the province counts this machine as still out",
		   "đến khi xóa xong, thư viện tỉnh vẫn coi máy này là chưa xóa"));
}

/* What the headline has no room for, of a device that is out of use. */
static void waiting_row(const struct ph_status_report *report, struct ph_table *table)
{
	char number[PH_NUMBER_TEXT];
	char text[160];

	if (standings[report->state.standing].headline && report->pending > 0) {
		snprintf(text, sizeof(text),
			 ph_say_n(report->pending, "%s entry", "%s entries",
				  "%s giao dịch"),
			 ph_number(number, report->pending));
		row(table, ph_say("Not sent yet", "Chưa gửi"), text);
	}
}

static int print(const struct ph_status_report *report)
{
	char title[320], safe[320];
	char text[160];
	char number[PH_NUMBER_TEXT];
	const char *headings[2] = { safe, text };
	struct ph_table *table;
	int rc;

	snprintf(title, sizeof(title), "%.*s (%.*s)", (int)report->info.site_name.len,
		 (const char *)report->info.site_name.data,
		 (int)report->info.site_code.len,
		 (const char *)report->info.site_code.data);
	ph_text_safe(safe, sizeof(safe), title, strlen(title));
	headline(report, text);
	table = ph_table_new(headings, 2, false);
	if (!table) {
		return -ENOMEM;
	}
	char line[160];

	snprintf(line, sizeof(line),
		 ph_say_n(report->state.entries, "%s entry (safe)", "%s entries (safe)",
			  "%s giao dịch (an toàn)"),
		 ph_number(number, report->state.entries));
	row(table, ph_say("Saved on this machine", "Đã lưu trên máy này"), line);
	receipted_row(report, table);
	waiting_row(report, table);
	if (report->state.parts_pending > 0) {
		row(table,
		    ph_say("Readers' details to send", "Thông tin bạn đọc chờ gửi"),
		    ph_number(number, report->state.parts_pending));
	}
	last_session(report, line);
	row(table, ph_say("Last sent", "Lần gửi gần nhất"), line);
	ph_status_road_rows(&report->road, table);
	if (reason_of(report)[0]) {
		row(table, ph_say("Why", "Vì sao"), why(reason_of(report)));
	}
	ph_budget_rows(&report->budget, table);
	agent_rows(report, table);
	if (report->state.control_forked) {
		row(table, ph_say("Hub", "Thư viện tỉnh"),
		    ph_say("was put back from an older copy: its rules differ from those "
			   "held here; call the provincial library",
			   "đã khôi phục từ bản sao cũ: quy định khác với máy này; hãy "
			   "gọi "
			   "thư viện tỉnh"));
	}
	went_on_rows(report, table);
	open_row(report, table);
	erase_rows(report, table);
	elsewhere_rows(report, table);
	clock_rows(report, table);
	row(table, ph_say("To do", "Việc cần làm"), what_to_do(report));
	address_row(report, table);
	row(table, ph_say("Fingerprint of this device", "Vân tay của máy này"),
	    report->info.fingerprint);
	standing_row(report, table);
	desk_row(report, table);
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}

/* How far the clock is off, if that is worth a word. 0 or negative errno. */
static int read_clock(struct ph_site *site, const struct ph_now *now,
		      struct ph_status_report *report)
{
	struct ph_heard_clock hub = { 0 };
	int64_t ahead = ph_site_clock_ahead(site);
	int rc = ph_writer_heard_clock(ph_site_journal(site), now, &hub);

	if (ahead > PH_CLOCK_AHEAD_MAX || ahead < -PH_CLOCK_AHEAD_MAX) {
		report->ahead = ahead;
	}
	report->is_heard = hub.is_sure;
	return rc < 0 ? rc : 0;
}

/* A ledger that cannot be read is no reason to say nothing: then what the hub told counts. */
static void count_cases(struct ph_site *site, struct ph_status_report *report)
{
	struct ph_ledger *ledger = ph_site_ledger_near(site, &report->not_counted, NULL);
	struct ph_site_cases cases = { 0 };

	report->cases = report->state.fed.cases;
	if (ledger && ph_site_cases(ledger, report->info.site, false, &cases) == 0) {
		report->cases = cases.n;
	}
	ph_site_cases_deinit(&cases);
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_status_report report = { 0 };
	struct ph_host *host = cli->host;
	struct ph_site *site = NULL;
	struct ph_now now;
	int rc = ph_command_open(cli, &site, err);

	if (rc < 0) {
		return rc;
	}
	ph_clock_system.read(ph_clock_system.data, &now);
	report.now = now.wall;
	report.open = ph_rights_of_folder(cli->dir);
	report.agent = host ? &host->state : NULL;
	ph_site_info(site, &report.info);
	/* what is wrong with it is no reason to say nothing of the rest */
	(void)ph_agent_hub_address(cli->dir, &report.info, report.hub, &report.hub_wrong);
	report.desk = ph_site_desk(site);
	rc = ph_site_state(site, &report.state);
	if (rc == 0) {
		rc = ph_site_went_on(site, &report.went_on);
	}
	if (rc == 0) {
		rc = read_clock(site, &now, &report);
	}
	if (rc == 0) {
		rc = ph_site_budget(site, &report.budget);
	}
	if (rc == 0) {
		rc = ph_status_road(site, &report.state, report.now, &report.road);
	}
	if (rc < 0) {
		ph_fail_errno(
			err, rc,
			ph_say("reading this site's store", "đọc kho dữ liệu của điểm"));
	} else {
		report.pending = report.state.entries - report.state.receipted;
		count_cases(site, &report);
		rc = cli->json || cli->plain ? ph_status_script(cli, &report)
					     : print(&report);
	}
	ph_site_close(site);
	return rc;
}

const struct ph_cli_command ph_cmd_status = {
	.name = "status",
	.group = "This site",
	.args = "",
	.doc = "what is safe, what waits, why, and what to do",
	.run = run,
};
