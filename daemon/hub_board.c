/*
 * daemon/hub_board.c - each site by its own timetable, from what the store holds.
 *
 * Sites, then devices, then the cases that set entries aside are read, each with a walk of
 * its own; then each device is judged by the timetable of its site, and each site by the
 * device that was heard last. It costs some twenty look-ups a device, and no entry is read.
 */
#include "daemon/hub_board.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/cases.h"
#include "common/ledger/query.h"
#include "common/ledger/rule.h"
#include "daemon/hub_copy.h"
#include "daemon/hub_judge.h"
#include "daemon/hub_quota.h"

#define STATUS_CLOSED 1

const char *ph_board_state_name(enum ph_board_state state)
{
	static const char *const names[PH_BOARD_STATES] = {
		[PH_BOARD_OVERDUE] = "overdue", [PH_BOARD_NEVER] = "never",
		[PH_BOARD_SILENT] = "silent",   [PH_BOARD_DUE] = "due",
		[PH_BOARD_IN_TIME] = "in-time", [PH_BOARD_CLOSED] = "closed",
	};

	return names[state];
}

const char *ph_board_road_name(enum ph_board_road road)
{
	static const char *const names[] = {
		[PH_BOARD_NO_ROAD] = NULL,      [PH_BOARD_NETWORK] = "network",
		[PH_BOARD_STICK] = "stick",     [PH_BOARD_COURIER] = "courier",
		[PH_BOARD_SIBLING] = "sibling",
	};

	return names[road];
}

void ph_board_deinit(struct ph_board *board)
{
	free(board->sites);
	free(board->devices);
	*board = (struct ph_board){ 0 };
}

bool ph_board_is_active(const struct ph_board_device *device)
{
	return device->trust == PH_HUB_CONFIRMED || device->trust == PH_HUB_UNCONFIRMED;
}

bool ph_board_is_silent(const struct ph_board_device *device)
{
	return device->counts && ph_board_is_active(device) &&
	       device->due.state == PH_LATE_OVERDUE;
}

/* ---- sites ---- */

struct site_walk {
	struct ph_board *board;
	const struct ph_hub_sites *wanted;
	struct ph_schedule fallback;
};

static bool is_wanted(const struct ph_hub_sites *wanted, uint64_t number)
{
	bool found = !wanted || !wanted->asked;

	for (size_t i = 0; !found && i < wanted->n; i++) {
		found = wanted->numbers[i] == number;
	}
	return found;
}

static int on_site(void *data, const struct ph_hub_site *site)
{
	struct site_walk *walk = data;
	struct ph_board *board = walk->board;
	struct ph_board_site *out;
	int rc = ph_state_grow((void **)&board->sites, board->n_sites, &board->cap_sites,
			       sizeof(board->sites[0]));

	if (rc < 0) {
		return rc;
	}
	out = &board->sites[board->n_sites++];
	*out = (struct ph_board_site){ .site = *site,
				       .schedule = walk->fallback,
				       .is_wanted =
					       is_wanted(walk->wanted, site->number) };
	out->is_own = ph_schedule_parse(ph_view_str(site->schedule), &out->schedule) == 0;
	return 0;
}

/* The province's, else ours. */
static int load_fallback(struct ph_hub *hub, struct ph_schedule *out)
{
	struct ph_buf text = { 0 };
	int rc =
		ph_query_policy_text(hub->ledger, ph_rules[PH_RULE_SCHEDULE].name, &text);

	if (rc == 0 && ph_schedule_parse(ph_buf_view(&text), out) != 0) {
		rc = ph_schedule_parse(ph_view_str(PH_SCHEDULE_FALLBACK), out);
	}
	ph_buf_deinit(&text);
	return rc;
}

static struct ph_board_site *site_of(struct ph_board *board, uint64_t number)
{
	for (size_t i = 0; i < board->n_sites; i++) {
		if (board->sites[i].site.number == number) {
			return &board->sites[i];
		}
	}
	return NULL;
}

/* ---- devices ---- */

struct device_walk {
	struct ph_hub *hub;
	struct ph_board *board;
	/* of the device at hand */
	struct ph_arrival last[PH_ROAD_COURIER + 1]; /* by each road; second 0: none */
	uint64_t parts_missing, beyond_cut;
};

/* How many entries of LOG are above a cut. */
static int see_cut(struct device_walk *walk, const struct ph_log *log)
{
	uint64_t limit = UINT64_MAX;
	int rc = ph_ledger_cut_at(walk->hub->ledger, log->row, &limit);

	/* what a branch has in common with its parent is counted with that */
	limit = limit > log->base ? limit : log->base;
	if (rc == 0 && log->n > limit) {
		walk->beyond_cut += log->n - limit;
	}
	return rc < 0 ? rc : 0;
}

static int see_log(void *data, const struct ph_log *log)
{
	struct device_walk *walk = data;
	uint64_t missing[PH_RECEIPT_MISSING_MAX];
	struct ph_arrival arrival;
	size_t count = 0;
	int rc = ph_journal_parts_missing(walk->hub->journal, log->row, missing,
					  PH_RECEIPT_MISSING_MAX, &count);

	for (size_t i = 0; rc == 0 && i < count; i++) {
		walk->parts_missing += missing[i] > log->base;
	}
	rc = rc < 0 ? rc : see_cut(walk, log);
	rc = rc < 0 ? rc
		    : ph_journal_arrival(walk->hub->journal, log->row, log->n, &arrival);
	if (rc == 0 && arrival.road <= PH_ROAD_COURIER &&
	    arrival.second >= walk->last[arrival.road].second) {
		walk->last[arrival.road] = arrival;
	}
	return rc < 0 ? rc : 0;
}

/* By which road it was heard last, and when. */
static void set_road(const struct device_walk *walk, struct ph_board_device *device)
{
	int64_t sibling = walk->last[PH_ROAD_LAN].second;
	bool by_courier =
		walk->last[PH_ROAD_COURIER].second > walk->last[PH_ROAD_STICK].second;

	device->heard = device->device.heard;
	if (device->heard > 0) {
		device->road = !device->by_file ? PH_BOARD_NETWORK
			       : by_courier     ? PH_BOARD_COURIER
						: PH_BOARD_STICK;
	}
	if (sibling > device->heard) {
		device->heard = sibling;
		device->road = PH_BOARD_SIBLING;
	}
}

/* What the device told last to hold of its own log, and has not come. */
static int see_told(struct ph_hub *hub, struct ph_board_device *device)
{
	struct ph_hub_copies copies;
	struct ph_log log;
	int rc = ph_hub_copies_load(hub, &device->device, &copies);

	if (rc < 0 || copies.n == 0) {
		return rc;
	}
	device->by_file = copies.copy[0].by_file;
	rc = ph_journal_log_find(hub->journal, copies.copy[0].at.log_id, &log);
	if (rc >= 0) {
		uint64_t held = rc == 0 ? log.n : 0;
		uint64_t told = copies.copy[0].at.n;

		device->pending_up = told > held ? told - held : 0;
		rc = 0;
	}
	ph_hub_copies_deinit(&copies);
	return rc;
}

static int see_waiting(struct ph_hub *hub, struct ph_board_device *device)
{
	uint64_t control, waiting;
	int rc = ph_control_total(hub->journal, &hub->control, &control);

	rc = rc < 0 ? rc : ph_feeder_waiting(hub->feeder, device->device.row, &waiting);
	rc = rc < 0 ? rc : ph_hub_quota_wants(hub, &device->device, &device->wants);
	rc = rc < 0 ? rc : ph_hub_judge_ahead(hub, device->device.row, &device->ahead);
	if (rc == 0 && ph_board_is_active(device)) {
		device->pending_down = control > device->device.control
					       ? control - device->device.control
					       : 0;
		device->pending_down += waiting;
	}
	return rc;
}

static int on_device(void *data, const struct ph_device *known)
{
	struct device_walk *walk = data;
	struct ph_board *board = walk->board;
	struct ph_board_device *device;
	int rc = ph_state_grow((void **)&board->devices, board->n_devices,
			       &board->cap_devices, sizeof(board->devices[0]));

	if (rc < 0) {
		return rc;
	}
	device = &board->devices[board->n_devices++];
	*device = (struct ph_board_device){ .device = *known };
	memset(walk->last, 0, sizeof(walk->last));
	walk->parts_missing = 0;
	walk->beyond_cut = 0;
	rc = ph_hub_device_trust(walk->hub, known->id, &device->trust);
	rc = rc < 0 ? rc : see_told(walk->hub, device);
	rc = rc < 0 ? rc : see_waiting(walk->hub, device);
	rc = rc < 0 ? rc
		    : ph_journal_logs_of_device(walk->hub->journal, known->id, see_log,
						walk);
	if (rc >= 0) {
		device->parts_missing = walk->parts_missing;
		device->beyond_cut = walk->beyond_cut;
		set_road(walk, device);
	}
	return rc < 0 ? rc : 0;
}

/* ---- entries that are set aside ---- */

struct case_walk {
	struct ph_hub *hub;
	struct ph_board *board;
};

static uint64_t beyond_cut(const struct ph_board *board, const struct ph_case_row *row)
{
	for (size_t i = 0; i < board->n_devices; i++) {
		const struct ph_board_device *device = &board->devices[i];

		if (row->anchor_len == sizeof(device->device.id) &&
		    memcmp(device->device.id, row->anchor, row->anchor_len) == 0) {
			return device->beyond_cut;
		}
	}
	return 0;
}

/* All of the logs whose entry 1 the case shows. 0 or negative errno. */
static int whole_logs(struct ph_hub *hub, const struct ph_case_row *row, uint64_t *out)
{
	int rc = 0;

	*out = 0;
	for (size_t i = 0; rc >= 0 && i < row->n_refs; i++) {
		struct ph_log log;

		rc = ph_journal_log_find(hub->journal, row->refs[i].log_id, &log);
		*out += rc == 0 ? log.n : 0;
	}
	return rc < 0 ? rc : 0;
}

/* What a case that waits sets aside: of unreadable entries it shows the first of each log. */
static int on_aside(void *data, const struct ph_case_row *row)
{
	struct case_walk *walk = data;
	struct ph_board *board = walk->board;
	uint64_t n = row->n_refs;
	int rc = 0;

	if (row->kind == PH_CASE_AFTER_CUT) {
		n = beyond_cut(board, row);
	} else if (row->kind == PH_CASE_FOREIGN_LOG) {
		rc = whole_logs(walk->hub, row, &n);
	}
	board->quarantined += n;
	for (size_t i = 0; i < row->n_sites; i++) {
		struct ph_board_site *site = site_of(board, row->sites[i]);

		if (site) {
			site->quarantined += n;
		}
	}
	return rc;
}

static int on_stamp(void *data, const struct ph_case_row *row)
{
	const struct case_walk *walk = data;

	for (size_t i = 0; i < row->n_sites; i++) {
		struct ph_board_site *site = site_of(walk->board, row->sites[i]);

		if (site) {
			site->clock_wrong = true;
		}
	}
	return 0;
}

static int see_cases(struct ph_hub *hub, struct ph_board *board)
{
	static const struct {
		unsigned kind;
		int (*cb)(void *data, const struct ph_case_row *row);
	} walks[] = {
		{ PH_CASE_OPAQUE, on_aside },
		{ PH_CASE_AFTER_CUT, on_aside },
		{ PH_CASE_FOREIGN_LOG, on_aside },
		{ PH_CASE_STAMP, on_stamp },
	};
	struct case_walk walk = { hub, board };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(walks) / sizeof(walks[0]); i++) {
		rc = ph_cases_each(hub->ledger,
				   &(struct ph_case_filter){ .kind = walks[i].kind },
				   walks[i].cb, &walk);
	}
	for (size_t i = 0; rc == 0 && i < board->n_sites; i++) {
		board->sites[i].cases =
			ph_cases_count(hub->ledger, board->sites[i].site.number);
	}
	return rc;
}

/* ---- judging ---- */

static int by_site(const void *a, const void *b)
{
	const struct ph_device *one = &((const struct ph_board_device *)a)->device;
	const struct ph_device *other = &((const struct ph_board_device *)b)->device;

	if (one->site != other->site) {
		return one->site < other->site ? -1 : 1;
	}
	return one->row < other->row ? -1 : one->row > other->row;
}

/* A device that only carries for others speaks for no site, unless it has nothing else. */
static bool speaks(const struct ph_board_device *device, bool has_desk)
{
	return !has_desk || (device->device.role & PH_ROLE_SITE) != 0;
}

/* One that was never heard has been expected since it was admitted. */
static void judge_device(const struct ph_board *board, const struct ph_board_site *site,
			 struct ph_board_device *device)
{
	int64_t since = device->heard > 0 ? device->heard : device->device.admitted;

	if (since > 0) {
		ph_schedule_judge(&site->schedule, since, board->now, &device->due);
	}
}

static void judge_site(struct ph_board *board, struct ph_board_site *site)
{
	bool has_desk = false;
	bool is_silent = false;

	site->is_deserted = site->n > 0;
	for (size_t i = 0; i < site->n; i++) {
		has_desk = has_desk || (board->devices[site->first + i].device.role &
					PH_ROLE_SITE) != 0;
	}
	for (size_t i = 0; i < site->n; i++) {
		struct ph_board_device *device = &board->devices[site->first + i];

		judge_device(board, site, device);
		if (ph_board_is_active(device) && device->ahead > site->ahead) {
			site->ahead = device->ahead;
			site->clock_wrong = true;
		}
		device->counts = speaks(device, has_desk);
		site->is_deserted = site->is_deserted && !ph_board_is_active(device);
		if (device->counts && device->heard > site->heard) {
			site->heard = device->heard;
			site->road = device->road;
		}
		is_silent = is_silent || ph_board_is_silent(device);
	}
	ph_schedule_judge(&site->schedule, site->heard, board->now, &site->due);
	if (site->site.status == STATUS_CLOSED) {
		site->state = PH_BOARD_CLOSED;
	} else if (site->heard == 0) {
		site->state = PH_BOARD_NEVER;
	} else if (site->due.state == PH_LATE_OVERDUE) {
		site->state = PH_BOARD_OVERDUE;
	} else if (is_silent) {
		site->state = PH_BOARD_SILENT;
	} else {
		site->state =
			site->due.state == PH_LATE_DUE ? PH_BOARD_DUE : PH_BOARD_IN_TIME;
	}
	if (site->state == PH_BOARD_NEVER || site->state == PH_BOARD_CLOSED) {
		site->due = (struct ph_due){ .next = site->due.next };
	}
}

static void find_devices(const struct ph_board *board, struct ph_board_site *site)
{
	for (size_t i = 0; i < board->n_devices; i++) {
		if (board->devices[i].device.site == site->site.number) {
			site->first = site->n == 0 ? i : site->first;
			site->n++;
		}
	}
}

static int worst_first(const void *a, const void *b)
{
	const struct ph_board_site *one = a;
	const struct ph_board_site *other = b;

	if (one->state != other->state) {
		return one->state < other->state ? -1 : 1;
	}
	if (one->due.overdue != other->due.overdue) {
		return one->due.overdue > other->due.overdue ? -1 : 1;
	}
	return strcmp(one->site.code, other->site.code);
}

int ph_board_load(struct ph_hub *hub, const struct ph_hub_sites *sites,
		  struct ph_board *board)
{
	struct site_walk site_walk = { .board = board, .wanted = sites };
	struct device_walk device_walk = { .hub = hub, .board = board };
	int rc;

	*board = (struct ph_board){ .now = ph_hub_now(hub) };
	rc = load_fallback(hub, &site_walk.fallback);
	rc = rc < 0 ? rc : ph_hub_site_each(hub, on_site, &site_walk);
	rc = rc < 0 ? rc : ph_journal_device_each(hub->journal, on_device, &device_walk);
	rc = rc < 0 ? rc : see_cases(hub, board);
	if (rc < 0) {
		return rc;
	}
	if (board->n_devices > 0) {
		qsort(board->devices, board->n_devices, sizeof(board->devices[0]),
		      by_site);
	}
	for (size_t i = 0; i < board->n_sites; i++) {
		find_devices(board, &board->sites[i]);
		judge_site(board, &board->sites[i]);
	}
	if (board->n_sites > 0) {
		qsort(board->sites, board->n_sites, sizeof(board->sites[0]), worst_first);
	}
	return 0;
}
