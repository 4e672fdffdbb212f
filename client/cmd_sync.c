/*
 * client/cmd_sync.c - packhorse sync: send what waits, take what the hub has for us.
 *
 * One session with the hub whose address came with the invite, or at --hub; its key is
 * always the invite's. With --wait, one after another until a session is complete,
 * pausing longer after each that did not reach the hub. What came of each is kept for
 * `status`. With --sibling the same with another machine of the site: both have then what the
 * other had, and the hub is told nothing.
 *
 * The hub out of reach is normal (12): the queue stays. A session that broke off (14)
 * has moved what the hub signed for. A device that was cut off or a damaged store are
 * not tried again.
 *
 * A greeting that was damaged on the way cannot be told from a hub with another key. So
 * "wrong key" is tried once more over a fresh connection before it is said, and a few
 * times with --wait; a person with a wrong address hears so after seconds.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/agent_settings.h"
#include "client/commands.h"
#include "client/sync.h"
#include "client/sync_courier.h"
#include "common/cli/out.h"

#define TRIES_MAX      1000000
#define PAUSE_FIRST_MS 200
#define PAUSE_MAX_MS   30000
#define AGAIN_MAX      3 /* sessions, for what this device lacks of its own */
#define DOUBTS         1 /* "wrong key" so often in a row is tried again */
#define DOUBTS_WAIT    6 /* with --wait */

/* All sessions of one command together. */
struct total {
	uint64_t tries;
	bool answered; /* the last session got as far as the hub's first word */
	uint64_t bytes_up, bytes_down, round_trips, receipts, elapsed_ms;
	struct ph_site_moved moved;
	bool complete;
	const char *reason;
	uint64_t pending;
	bool goes_on;
	bool again; /* once more, for what this device lacks of its own, or a hello left */
	struct ph_sync_rest rest;
	json_t *courier; /* of a courier: what came of handing over; NULL: it is none */
};

static void on_progress(void *data, const struct ph_session_counts *counts)
{
	char up[PH_NUMBER_TEXT];
	char down[PH_NUMBER_TEXT];

	(void)data;
	fprintf(stderr, ph_say("\r%s bytes up, %s down ", "\rgửi %s byte, nhận %s "),
		ph_number(up, counts->bytes_out), ph_number(down, counts->bytes_in));
}

static void add(struct total *total, const struct ph_sync_end *end)
{
	const struct ph_link_result *result = &end->result;
	const struct ph_site_moved *moved = &end->moved;

	total->tries++;
	total->answered = result->counts.bytes_in > 0;
	total->bytes_up += result->counts.bytes_out;
	total->bytes_down += result->counts.bytes_in;
	total->round_trips += result->counts.round_trips;
	total->receipts += result->counts.receipts;
	total->elapsed_ms += result->elapsed_ms;
	total->moved.entries_sent += moved->entries_sent;
	total->moved.entries_carried += moved->entries_carried;
	total->moved.parts_sent += moved->parts_sent;
	total->moved.entries_received += moved->entries_received;
	total->moved.entries_of_site += moved->entries_of_site;
	total->moved.parts_received += moved->parts_received;
	total->moved.entries_back += moved->entries_back;
	total->moved.fed.facts += moved->fed.facts;
	total->moved.fed.gone += moved->fed.gone;
	total->moved.fed.entered += moved->fed.entered;
	total->moved.fed.left += moved->fed.left;
	total->moved.fed.cases += moved->fed.cases;
	total->moved.fed.pages += moved->fed.pages;
	total->complete = result->complete;
	total->reason = result->reason;
	total->goes_on = end->goes_on;
	total->again = ph_sync_rest_goes_on(&total->rest, end) ||
		       (end->again && total->tries < AGAIN_MAX);
	total->pending = end->has_pending ? end->pending : total->pending;
}

/* What pages of the feed brought. */
static json_t *fed_json(const struct ph_fed_moved *fed)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "facts",
			 (json_int_t)fed->facts, "gone", (json_int_t)fed->gone, "entered",
			 (json_int_t)fed->entered, "left", (json_int_t)fed->left, "cases",
			 (json_int_t)fed->cases, "pages", (json_int_t)fed->pages);
}

/* What came down, if anything did. */
static void print_taken(const struct total *total)
{
	const struct ph_site_moved *moved = &total->moved;
	char number[2][PH_NUMBER_TEXT];

	if (moved->entries_of_site > 0 || moved->parts_received > 0) {
		printf(ph_say_n(moved->entries_of_site,
				"From other machines of this site: %s entry.\n",
				"From other machines of this site: %s entries.\n",
				"Từ máy khác của điểm: %s giao dịch.\n"),
		       ph_number(number[0], moved->entries_of_site));
	}
	if (moved->entries_back > 0) {
		printf(ph_say_n(moved->entries_back,
				"This device's own, which was missing here: %s entry "
				"came back.\n",
				"This device's own, which was missing here: %s entries "
				"came "
				"back.\n",
				"Của chính máy này, trước còn thiếu: %s giao dịch đã "
				"về.\n"),
		       ph_number(number[0], moved->entries_back));
	}
	if (moved->fed.facts > 0 || moved->fed.left > 0) {
		printf(ph_say_n(moved->fed.facts,
				"%s fact from elsewhere; %s thing here does not concern "
				"this site.\n",
				"%s facts from elsewhere; %s things here do not concern "
				"this site.\n",
				"Nhận %s thông tin từ nơi khác; %s thứ ở đây không thuộc "
				"điểm này.\n"),
		       ph_number(number[0], moved->fed.facts),
		       ph_number(number[1], moved->fed.left));
	}
	if (moved->fed.cases > 0) {
		printf(ph_say_n(moved->fed.cases,
				"%s case to look at came: packhorse cases\n",
				"%s cases to look at came: packhorse cases\n",
				"Có %s việc cần xem: packhorse cases\n"),
		       ph_number(number[0], moved->fed.cases));
	}
}

static int print(const struct ph_cli *cli, const struct total *total)
{
	char number[3][PH_NUMBER_TEXT];

	if (cli->json || cli->plain) {
		return ph_out_script(
			cli->json,
			json_pack("{s:i, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
				  "s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:s, s:O*}",
				  "schema", 1, "complete", (int)total->complete,
				  "bytes_up", (json_int_t)total->bytes_up, "bytes_down",
				  (json_int_t)total->bytes_down, "round_trips",
				  (json_int_t)total->round_trips, "entries",
				  (json_int_t)(total->moved.entries_sent +
					       total->moved.entries_received),
				  "entries_sent", (json_int_t)total->moved.entries_sent,
				  "entries_carried",
				  (json_int_t)total->moved.entries_carried, "parts_sent",
				  (json_int_t)total->moved.parts_sent, "receipts",
				  (json_int_t)total->receipts, "entries_received",
				  (json_int_t)total->moved.entries_received,
				  "entries_of_site",
				  (json_int_t)total->moved.entries_of_site,
				  "parts_received",
				  (json_int_t)total->moved.parts_received, "entries_back",
				  (json_int_t)total->moved.entries_back, "fed",
				  fed_json(&total->moved.fed), "pending_entries",
				  (json_int_t)total->pending, "elapsed_ms",
				  (json_int_t)total->elapsed_ms, "tries",
				  (json_int_t)total->tries, "reason", total->reason,
				  "courier", total->courier));
	}
	if (total->complete && ph_cli_has(cli, "sibling")) {
		printf(ph_say_n(total->moved.entries_sent,
				"Gave %s entry to the other machine.\n",
				"Gave %s entries to the other machine.\n",
				"Đã chuyển %s giao dịch cho máy kia.\n"),
		       ph_number(number[0], total->moved.entries_sent));
	} else if (total->complete) {
		printf(ph_say_n(total->moved.entries_sent,
				"Sent %s entry; all is at the hub. %s bytes up, %s "
				"down.\n",
				"Sent %s entries; all is at the hub. %s bytes up, %s "
				"down.\n",
				"Đã gửi %s giao dịch; thư viện tỉnh đã nhận đủ. Gửi %s "
				"byte, "
				"nhận %s byte.\n"),
		       ph_number(number[0], total->moved.entries_sent),
		       ph_number(number[1], total->bytes_up),
		       ph_number(number[2], total->bytes_down));
	}
	if (total->moved.entries_carried > 0) {
		printf(ph_say("%s of them were written by another machine of this "
			      "site.\n",
			      "Trong đó có %s giao dịch của máy khác trong điểm.\n"),
		       ph_number(number[0], total->moved.entries_carried));
	}
	print_taken(total);
	return 0;
}

static void pause_ms(unsigned ms)
{
	struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	while (nanosleep(&left, &left) != 0 && errno == EINTR) {
	}
}

static int try_once(struct ph_site *site, const struct ph_link_config *config,
		    struct total *total, struct ph_error *err)
{
	struct ph_link_config link = *config;
	struct ph_sync_end end;
	int rc;

	link.has_own = total->rest.has_own;
	rc = ph_sync_once(site, &link, &end, err);
	add(total, &end);
	return rc;
}

/* How long one command goes on. */
struct patience {
	uint64_t tries;
	uint64_t doubt_tries; /* the same, while the greeting fails */
	unsigned doubts;      /* greetings that failed in a row */
	unsigned doubts_max;
};

static bool go_on(const struct total *total, const struct ph_error *why,
		  struct patience *patience)
{
	if (total->complete) {
		return total->again;
	}
	if (total->goes_on) { /* with the next slice of the budget */
		return true;
	}
	if (strcmp(total->reason, "wrong-key") == 0) {
		patience->doubts++;
		return patience->doubts <= patience->doubts_max &&
		       total->tries < patience->doubt_tries;
	}
	patience->doubts = 0;
	return ph_sync_is_passing(why) && total->tries < patience->tries;
}

static int try_all(const struct ph_cli *cli, struct ph_site *site,
		   const struct ph_link_config *config, struct patience patience,
		   struct total *total, struct ph_error *err)
{
	unsigned ms = PAUSE_FIRST_MS;

	for (;;) {
		struct ph_error why = { 0 };
		int rc = try_once(site, config, total, &why);

		if (rc < 0 || !go_on(total, &why, &patience)) {
			*err = why;
			return rc;
		}
		if (ph_is_terminal(stderr) && !cli->json && why.text[0]) {
			fprintf(stderr, "\n%s\n", why.text);
		}
		if (total->goes_on || total->again) {
			continue;
		}
		/* a road that carries something is worth trying again at once */
		ms = total->answered && why.exit == PH_EXIT_PARTIAL ? PAUSE_FIRST_MS : ms;
		ph_site_pause(site);
		pause_ms(ms);
		ms = ms * 2 < PAUSE_MAX_MS ? ms * 2 : PAUSE_MAX_MS;
		rc = ph_site_resume(site, err);
		if (rc < 0) {
			return rc;
		}
	}
}

static int read_options(const struct ph_cli *cli, struct ph_link_config *config,
			struct patience *patience, struct ph_error *err)
{
	uint64_t frame = 0;
	uint64_t flight = 0;
	uint64_t connect = 0;
	int rc = ph_cli_get_uint(cli, "frame-max", 256, PH_FRAME_MAX, &frame, err);

	if (rc == 0) {
		rc = ph_cli_get_uint(cli, "flight-max", 0, 32768, &flight, err);
	}
	if (rc == 0) {
		rc = ph_cli_get_uint(cli, "connect-ms", 1, 600000, &connect, err);
	}
	patience->tries = ph_cli_has(cli, "wait") ? TRIES_MAX : 1;
	patience->doubt_tries = TRIES_MAX;
	patience->doubts_max = ph_cli_has(cli, "wait") ? DOUBTS_WAIT : DOUBTS;
	if (rc == 0 && ph_cli_has(cli, "tries")) {
		rc = ph_cli_get_uint(cli, "tries", 1, TRIES_MAX, &patience->tries, err);
		patience->doubt_tries = patience->tries;
	}
	config->frame_max = (size_t)frame;
	config->flight_max = ph_cli_has(cli, "flight-max") ? (size_t)flight : SIZE_MAX;
	config->connect_ms = (unsigned)connect;
	config->is_sibling = ph_cli_has(cli, "sibling");
	config->address = ph_cli_get(cli, config->is_sibling ? "sibling" : "hub");
	config->road = ph_cli_has(cli, "lan") ? PH_SPEND_LAN : PH_SPEND_NETWORK;
	config->over_budget = ph_cli_has(cli, "over-budget");
	if (rc == 0 && ph_cli_has(cli, "hub") + ph_cli_has(cli, "sibling") +
				       ph_cli_has(cli, "courier") >
			       1) {
		rc = ph_fail(err, PH_EXIT_USAGE, -EINVAL, "%s",
			     ph_say("--hub, --courier or --sibling: one machine at a "
				    "time",
				    "--hub, --courier hoặc --sibling: mỗi lần một "
				    "máy"));
	}
	if (ph_is_terminal(stderr) && !cli->json) {
		config->progress = on_progress;
	}
	return rc;
}

/* The sessions were complete, and yet the hub has not been told of all: it is not done. */
static void mark_left(struct total *total)
{
	if (total->complete && total->rest.left > 0) {
		total->complete = false;
		total->reason = "left";
	}
}

static bool has_left(const struct total *total)
{
	return strcmp(total->reason, "left") == 0;
}

static int fail_left(const struct total *total, struct ph_error *err)
{
	char number[PH_NUMBER_TEXT];

	if (total->pending == 0) { /* it lost them, or lacks sealed parts */
		return ph_fail(
			err, PH_EXIT_PARTIAL, -EAGAIN, "%s",
			ph_say("the hub does not hold all of this device yet: sync "
			       "again",
			       "máy chủ chưa có đủ dữ liệu của máy này: hãy đồng bộ "
			       "lại"));
	}
	return ph_fail(err, PH_EXIT_PARTIAL, -EAGAIN,
		       ph_say_n(total->pending, "%s transaction still waits: sync again",
				"%s transactions still wait: sync again",
				"còn %s giao dịch chưa gửi: hãy đồng bộ lại"),
		       ph_number(number, total->pending));
}

/* What went through, all or (IS_ALL not) a part, is kept apart at the hub: a person must hear of it. */
static int check_standing(struct ph_site *site, bool is_all, struct ph_error *err)
{
	struct ph_site_state state;
	int rc = ph_site_state(site, &state);

	if (rc < 0) {
		return ph_fail_errno(
			err, rc,
			ph_say("reading this site's store", "đọc kho dữ liệu của điểm"));
	}
	if (state.standing != PH_SITE_CUT_OFF) {
		return 0;
	}
	return !is_all ? ph_link_cut_off(err)
		       : ph_fail(err, PH_EXIT_CUT_OFF, -EACCES, "%s",
				 ph_say("all is at the hub, but the provincial library "
					"has cut this device off: what it writes is kept "
					"apart there and does not count. Call the "
					"provincial library",
					"đã gửi đủ, nhưng thư viện tỉnh đã ngừng máy "
					"này: những gì máy này ghi được giữ riêng ở đó, "
					"không được tính. Hãy gọi cho thư viện tỉnh"));
}

/* All went through; but a person must hear of it when the clock here is wrong. */
static int check_clock(struct ph_site *site, struct ph_error *err)
{
	char span[PH_NUMBER_TEXT];
	int64_t ahead = ph_site_clock_ahead(site);

	if (ahead <= PH_CLOCK_AHEAD_MAX && ahead >= -PH_CLOCK_AHEAD_MAX) {
		return 0;
	}
	ph_span(span, ahead > 0 ? ahead : -ahead);
	return ph_fail(
		err, PH_EXIT_CLOCK, -ERANGE,
		ahead > 0
			? ph_say("all is at the hub, but the clock of this machine is %s "
				 "ahead of the hub's: set it. Nothing is lost; due dates "
				 "written meanwhile may be wrong",
				 "đã gửi đủ, nhưng đồng hồ máy này nhanh hơn máy chủ %s: "
				 "cần chỉnh lại. Không mất gì; hạn trả ghi trong lúc đó "
				 "có thể sai")
			: ph_say("all is at the hub, but the clock of this machine is %s "
				 "behind the hub's: set it. Nothing is lost; due dates "
				 "written meanwhile may be wrong",
				 "đã gửi đủ, nhưng đồng hồ máy này chậm hơn máy chủ %s: "
				 "cần chỉnh lại. Không mất gì; hạn trả ghi trong lúc đó "
				 "có thể sai"),
		span);
}

/*
 * What a person must hear once the sessions were complete: how the device stands, before what is left, and that
 * before the clock. OF_SITE: it was the hub, and SITE is open; else only what is left.
 */
static int check_after(struct ph_site *site, const struct total *total, bool of_site,
		       struct ph_error *err)
{
	int rc = of_site ? check_standing(site, !has_left(total), err) : 0;

	if (rc == 0 && has_left(total)) {
		return fail_left(total, err);
	}
	return rc == 0 && of_site ? check_clock(site, err) : rc;
}

/* What a courier carries goes with it, and what it is to carry. */
static int hand_over(struct ph_cli *cli, struct ph_site *site,
		     const struct ph_site_info *info, const struct ph_link_config *config,
		     struct total *total, struct ph_error *err)
{
	/* own logs that are left keep nothing of others back */
	bool is_whole = total->complete || has_left(total);

	if (!(info->role & PH_ROLE_COURIER) || !is_whole || !ph_site_is_open(site)) {
		return 0;
	}
	return ph_sync_base(cli, site, config, &total->courier, err);
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_link_config config = { 0 };
	struct total total = { .reason = "" };
	struct ph_site *site = NULL;
	struct ph_site_info info;
	char address[PH_HUB_ADDRESS_MAX + 1];
	struct patience patience = { 0 };
	int handed = 0;
	int printed = 0;
	int rc = read_options(cli, &config, &patience, err);

	if (rc == 0) {
		rc = ph_command_open(cli, &site, err);
	}
	if (rc < 0) {
		return rc;
	}
	if (ph_cli_has(cli, "restored")) {
		rc = ph_site_put_back(site, err);
	}
	if (rc < 0) {
		ph_site_close(site);
		return rc;
	}
	(void)signal(SIGPIPE, SIG_IGN); /* a hub that has gone is an error to report */
	ph_site_info(site, &info);
	if (ph_cli_has(cli, "courier")) {
		rc = ph_sync_meet(cli, site, ph_cli_get(cli, "courier"),
				  config.connect_ms, err);
		ph_site_close(site);
		return rc;
	}
	if (!config.address) {
		rc = ph_agent_hub_address(cli->dir, &info, address, err);
		config.address = address;
	}
	if (rc == 0 && config.address[0] == '\0') {
		rc = ph_fail(err, PH_EXIT_USAGE, -EINVAL, "%s",
			     ph_say("the invite named no address of the hub: give --hub "
				    "HOST:PORT, or set [hub] address in agent.conf",
				    "giấy mời không có địa chỉ máy chủ: hãy thêm --hub "
				    "HOST:PORT, hoặc ghi [hub] address vào agent.conf"));
	} else if (rc == 0) {
		rc = try_all(cli, site, &config, patience, &total, err);
		if (config.progress) {
			fputs("\r\033[K", stderr);
		}
		if (rc == 0) {
			mark_left(&total);
		}
		handed = rc == 0 && !config.is_sibling
				 ? hand_over(cli, site, &info, &config, &total, err)
				 : 0;
		printed = print(cli, &total);
		json_decref(total.courier);
	}
	rc = rc != 0 ? rc : handed;
	if (rc == 0 && (total.complete || has_left(&total))) {
		rc = check_after(
			site, &total,
			printed == 0 && !config.is_sibling && ph_site_is_open(site), err);
	}
	ph_site_close(site);
	if (rc == 0 && !total.complete) {
		rc = -ECONNABORTED; /* ERR says what came of it */
	}
	return rc < 0 ? rc : printed;
}

static const struct ph_cli_option options[] = {
	{ "hub", "HOST:PORT",
	  "another address of the same hub; its key stays the invite's" },
	{ "courier", "HOST:PORT", "meet the courier there, in place of the hub" },
	{ "sibling", "HOST:PORT",
	  "exchange with another machine of this site, which listens there, not the "
	  "hub" },
	{ "restored", NULL,
	  "first: this folder was put back or copied; recording goes on in a new log" },
	{ "wait", NULL, "try again until all is through" },
	{ "tries", "N", "with --wait: at most so often" },
	{ "connect-ms", "N", "give up connecting after so many milliseconds; 15000" },
	{ "frame-max", "N",
	  "bytes of a frame, 256 to 65535; if not given, by how the last links broke" },
	{ "flight-max", "N",
	  "bytes of entries in the first message, at most 32768; likewise" },
	{ "over-budget", NULL, "whatever this month's data budget says; it is counted" },
	{ "lan", NULL, "over a network that costs nothing: counted apart, not bounded" },
	{ NULL, NULL, NULL },
};

const struct ph_cli_command ph_cmd_sync = {
	.name = "sync",
	.group = "The road",
	.args = "",
	.doc = "send what waits to the hub, and take what it has for this site\n"
	       "\n"
	       "Exit status 0: done; 12: the hub cannot be reached, all stays queued; "
	       "14:\n"
	       "partly done, the rest goes next time: the connection broke off, or the "
	       "hub\n"
	       "lacks some of what is recorded here still; 11: this device was cut off; "
	       "16:\n"
	       "done, but the clock here is over 5 minutes off the hub's; 75: "
	       "the\n"
	       "hub is busy, or this month's data budget is used up (14: it was in the "
	       "middle\n"
	       "of it). Recording goes on while a sync waits. A "
	       "courier\n"
	       "also hands over what it carries, and takes along what is for the sites "
	       "on "
	       "its\n"
	       "tour.",
	.options = options,
	.run = run,
};
