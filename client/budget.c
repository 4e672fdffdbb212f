/*
 * client/budget.c - what the roads cost this device, and what they may.
 *
 * A session that a budget bounds is given a slice of it: what it may send itself, and what
 * the hub may, which is told in the hello. The slice is written down as spent before the
 * session's first byte, and what was not used is given back with its end. So a process that
 * is killed in between, or a power cut, leaves the account too high by a slice at most, and
 * never too low; and two sessions at once cannot spend the same bytes twice.
 *
 * A slice may be too small for one item: entries of others come by their seals, and a seal may
 * cover much. After a session that moved nothing for want of room the next has a larger
 * one, for the way that wants it; after one that moved something it is as it was.
 *
 * Without a bound nothing is set apart; what went is noted now and then.
 *
 * A courier's exchange at base is bounded by all that is left, and sets apart what a bundle
 * will take before it is begun: killed, it leaves the account too high by one at most.
 */
#include "client/budget.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/budget_month.h"
#include "client/site_internal.h"
#include "common/base/say.h"

#define META_BUDGET "budget"        /* bytes a month; -1: none */
#define META_GROWTH "budget.growth" /* GROWN_UP and GROWN_DOWN, and the level above */

enum {
	GROWN_UP = 1,
	GROWN_DOWN = 2,
	GROWN_LEVEL = 4,
};

static const char *const names[PH_SPEND_ROADS] = { "network", "lan", "courier", "stick" };

const char *ph_spend_road_name(enum ph_spend_road road)
{
	return names[road];
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* ---- the account ---- */

struct line {
	char name[48];
};

static struct line line_of(const char *month, enum ph_spend_road road, const char *what)
{
	struct line line;

	snprintf(line.name, sizeof(line.name), "spent.%s.%s.%s", month, names[road],
		 what);
	return line;
}

static int get(struct ph_site *site, struct line line, uint64_t *out)
{
	int64_t value = 0;
	int rc = ph_journal_meta_get_int(site->journal, line.name, &value);

	*out = value > 0 ? (uint64_t)value : 0;
	return rc < 0 ? rc : 0;
}

/* Add MORE, take away LESS. */
static int change(struct ph_site *site, struct line line, uint64_t more, uint64_t less)
{
	uint64_t value;
	int rc = more == less ? 1 : get(site, line, &value);

	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	value += more;
	value -= less < value ? less : value;
	return ph_journal_meta_put_int(site->journal, line.name, (int64_t)value);
}

static int read_spent(struct ph_site *site, const char *month, enum ph_spend_road road,
		      struct ph_spent *spent)
{
	int rc = get(site, line_of(month, road, "up"), &spent->up);

	rc = rc == 0 ? get(site, line_of(month, road, "down"), &spent->down) : rc;
	return rc == 0 ? get(site, line_of(month, road, "unsure"), &spent->unsure) : rc;
}

int ph_spent_move(struct ph_site *site, const char *from, const char *to)
{
	static const char *const what[] = { "up", "down", "unsure" };
	uint64_t bytes = 0;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < PH_SPEND_ROADS * 3; i++) {
		struct line line =
			line_of(from, (enum ph_spend_road)(i / 3), what[i % 3]);

		rc = get(site, line, &bytes);
		rc = rc == 0 ? change(site, line_of(to, i / 3, what[i % 3]), bytes, 0)
			     : rc;
		rc = rc == 0 ? change(site, line, 0, bytes) : rc;
	}
	return rc;
}

/* Of the month NAME, with what is open if that counts for it. */
static int read_month(struct ph_site *site, const struct ph_month *month,
		      const char *name, struct ph_budget *budget)
{
	const struct ph_spent *paid = &budget->spent[PH_SPEND_NETWORK];
	bool has_open = false;
	int rc = ph_month_has_open(site, month, name, &has_open);

	snprintf(budget->month, sizeof(budget->month), "%s", name);
	for (int road = 0; rc == 0 && road < PH_SPEND_ROADS; road++) {
		struct ph_spent *spent = &budget->spent[road];
		struct ph_spent open = { 0 };

		rc = read_spent(site, name, road, spent);
		rc = rc == 0 && has_open ? read_spent(site, PH_MONTH_OPEN, road, &open)
					 : rc;
		spent->up += open.up;
		spent->down += open.down;
		spent->unsure += open.unsure;
	}
	if (rc == 0 && budget->bytes != PH_BUDGET_NONE) {
		uint64_t spent = paid->up + paid->down + paid->unsure;

		budget->left = spent < budget->bytes ? budget->bytes - spent : 0;
	}
	return rc;
}

/*
 * Until the hub is heard again the month is the last that it confirmed, if there is a bound.
 * When that has no room, and by our clock it is over, the hub is asked for the time, and no more
 * than that.
 */
int ph_site_budget(struct ph_site *site, struct ph_budget *budget_out)
{
	struct ph_budget budget = { .bytes = PH_BUDGET_NONE, .left = PH_BUDGET_NONE };
	struct ph_month month;
	int64_t bytes = -1;
	int rc = ph_journal_meta_get_int(site->journal, META_BUDGET, &bytes);

	rc = rc < 0 ? rc : ph_month_now(site, &month);
	if (rc == 0 && bytes >= 0) {
		budget.bytes = (uint64_t)bytes;
	}
	rc = rc == 0 ? read_month(site, &month, bytes >= 0 ? month.name : month.by_own,
				  &budget)
		     : rc;
	if (rc == 0 && budget.left < PH_BUDGET_LEAST &&
	    strcmp(month.name, month.by_own) != 0) {
		rc = read_month(site, &month, month.by_own, &budget);
		budget.is_asking = rc == 0 && budget.left >= PH_BUDGET_LEAST;
		budget.left = smaller(budget.left, PH_BUDGET_LEAST);
	}
	if (rc == 0) {
		budget.stuck_at = budget.left < PH_BUDGET_LEAST ? month.heard : 0;
		budget.is_sure = month.is_sure;
		*budget_out = budget;
	}
	return rc;
}

int ph_budget_fail_stuck(const struct ph_budget *budget, struct ph_error *err)
{
	char day[PH_TIME_TEXT];

	ph_day_text(day, ph_day_of(budget->stuck_at));
	return ph_fail(
		err, PH_EXIT_TRY_LATER, -EDQUOT,
		ph_say("this month's data budget is used up (%" PRIu64
		       " bytes are left), and by the clock of this machine, which is "
		       "behind %s, when the hub was heard last, no other month "
		       "begins; all is kept here. Set the clock, then sync: if the "
		       "month is over the hub says so. Until then by stick, or "
		       "with `packhorse sync --over-budget`",
		       "đã dùng hết dung lượng mạng của tháng này (còn %" PRIu64
		       " byte), và đồng hồ máy này chậm hơn ngày %s, lần nối gần "
		       "nhất với máy chủ, nên sẽ không có tháng mới; dữ liệu vẫn "
		       "ở máy này. Hãy chỉnh đồng hồ rồi đồng bộ lại: nếu đã sang "
		       "tháng, máy chủ sẽ báo. Trước đó có thể gửi bằng thẻ USB, "
		       "hoặc bằng `packhorse sync --over-budget`"),
		budget->left, day);
}

int ph_site_budget_set(struct ph_site *site, uint64_t bytes, struct ph_error *err)
{
	int64_t value = bytes == PH_BUDGET_NONE ? -1 : (int64_t)bytes;
	int rc = ph_db_begin(site->db);

	rc = rc == 0 ? ph_journal_meta_put_int(site->journal, META_BUDGET, value) : rc;
	rc = rc == 0 ? ph_db_commit(site->db) : rc;
	if (rc < 0) {
		ph_site_roll_back(site);
		return ph_fail_errno(err, rc,
				     ph_say("writing to this site's store",
					    "ghi vào kho dữ liệu của điểm"));
	}
	return 0;
}

/* ---- one session ---- */

/*
 * The hub gets a quarter at least: control log and receipts come before all else. What we
 * do not need, as far as we can guess, is the hub's. A slice that grew is for what found no
 * room, but for a quarter of a common one.
 */
struct ph_share ph_budget_share(uint64_t left, uint64_t waiting,
				const struct ph_growth *growth)
{
	uint64_t slice = smaller(left, (uint64_t)PH_BUDGET_SLICE << 2 * growth->level);
	uint64_t least = smaller(slice / 4, PH_BUDGET_SLICE / 4);
	uint64_t up = smaller(PH_BUDGET_LEAST / 2 + waiting, slice - slice / 4);

	if (growth->level > 0) {
		up = growth->up && growth->down ? slice / 2
		     : growth->up               ? slice - least
						: smaller(up, least);
	}
	return (struct ph_share){ .up = up, .down = slice - up };
}

/* Whether there is more room, by so much that it is worth a session. */
static bool is_wider(uint64_t room, uint64_t before)
{
	return room >= before + PH_BUDGET_LEAST;
}

bool ph_budget_grow(struct ph_growth *growth, uint64_t left, uint64_t waiting, bool up,
		    bool down)
{
	struct ph_growth next = { growth->level + 1, up, down };
	struct ph_share before = ph_budget_share(left, waiting, growth);
	struct ph_share after;

	if (next.level > PH_BUDGET_GROWS) {
		return false;
	}
	after = ph_budget_share(left, waiting, &next);
	if ((up && is_wider(after.up, before.up)) ||
	    (down && is_wider(after.down, before.down))) {
		*growth = next;
		return true;
	}
	return false;
}

int ph_site_spend_growth(struct ph_site *site, struct ph_growth *growth_out)
{
	int64_t value = 0;
	int rc = ph_journal_meta_get_int(site->journal, META_GROWTH, &value);
	uint64_t level = value > 0 ? (uint64_t)value / GROWN_LEVEL : 0;

	*growth_out =
		(struct ph_growth){ (unsigned)smaller(level, PH_BUDGET_GROWS),
				    (value & GROWN_UP) != 0, (value & GROWN_DOWN) != 0 };
	return rc < 0 ? rc : 0;
}

static int put_growth(struct ph_site *site, const struct ph_growth *growth)
{
	int64_t value = (int64_t)growth->level * GROWN_LEVEL +
			(growth->up ? GROWN_UP : 0) + (growth->down ? GROWN_DOWN : 0);
	int rc = ph_db_begin(site->db);

	rc = rc == 0 ? ph_journal_meta_put_int(site->journal, META_GROWTH, value) : rc;
	rc = rc == 0 ? ph_db_commit(site->db) : rc;
	if (rc < 0) {
		ph_site_roll_back(site);
	}
	return rc;
}

int ph_site_spend_ended(struct ph_site *site, const struct ph_spend_end *end,
			bool *goes_on_out, struct ph_error *err)
{
	const struct ph_growth none = { 0 };
	struct ph_growth growth = { 0 };
	struct ph_budget budget;
	bool goes_on = false;
	bool is_new = false;
	int rc = ph_site_budget(site, &budget);

	rc = rc == 0 ? ph_site_spend_growth(site, &growth) : rc;
	if (rc == 0 && end->is_short && !end->has_moved) {
		goes_on = is_new = ph_budget_grow(&growth, budget.left, end->waiting,
						  end->up, end->down);
	} else if (rc == 0) {
		is_new = growth.level > 0;
		growth = none;
		goes_on = end->is_short && budget.left >= PH_BUDGET_LEAST;
	}
	rc = rc == 0 && is_new ? put_growth(site, &growth) : rc;
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("writing to this site's store",
					    "ghi vào kho dữ liệu của điểm"));
	}
	*goes_on_out = goes_on;
	return 0;
}

bool ph_budget_is_short(const struct ph_share *share, uint64_t waiting)
{
	return share->up + share->down > 0 && waiting + PH_BUDGET_LEAST / 2 > share->up;
}

size_t ph_budget_flight(const struct ph_share *share, size_t flight_max)
{
	uint64_t left =
		share->up > PH_BUDGET_LEAST / 2 ? share->up - PH_BUDGET_LEAST / 2 : 0;

	return share->up == 0 || left > flight_max ? flight_max : (size_t)left;
}

int ph_site_spend_begin(struct ph_site *site, enum ph_spend_road road, bool over,
			uint64_t waiting, struct ph_share *share_out,
			struct ph_error *err)
{
	struct ph_site_spending *spend = &site->spend;
	struct ph_share share = { 0 };
	struct ph_growth growth;
	struct ph_budget budget;
	int rc = ph_db_begin(site->db);

	*spend = (struct ph_site_spending){ .runs = true, .road = road };
	rc = rc == 0 ? ph_site_budget(site, &budget) : rc;
	rc = rc == 0 ? ph_site_spend_growth(site, &growth) : rc;
	rc = rc == 0 ? ph_month_purse(site, spend->month) : rc;
	if (rc == 0 && road == PH_SPEND_NETWORK && !over &&
	    budget.left != PH_BUDGET_NONE) {
		rc = budget.left < PH_BUDGET_LEAST ? PH_BUDGET_E_SPENT : 0;
		share = rc == 0 ? ph_budget_share(budget.left, waiting, &growth) : share;
		spend->ahead = share.up + share.down;
	}
	if (rc == 0) {
		rc = change(site, line_of(spend->month, road, "unsure"), spend->ahead, 0);
	}
	rc = rc == 0 ? ph_db_commit(site->db) : rc;
	if (rc != 0) {
		spend->runs = false;
		ph_site_roll_back(site);
		return rc < 0 ? ph_fail_errno(err, rc,
					      ph_say("writing to this site's store",
						     "ghi vào kho dữ liệu của điểm"))
			      : rc;
	}
	site->parts_last = ph_budget_is_short(&share, waiting);
	*share_out = share;
	return 0;
}

int ph_site_spend_open(struct ph_site *site, enum ph_spend_road road, bool over,
		       uint64_t *left_out, struct ph_error *err)
{
	struct ph_site_spending *spend = &site->spend;
	bool is_bounded = road == PH_SPEND_NETWORK && !over;
	struct ph_budget budget;
	int rc = ph_site_budget(site, &budget);

	if (rc < 0) {
		return ph_fail_errno(
			err, rc,
			ph_say("reading this site's store", "đọc kho dữ liệu của điểm"));
	}
	is_bounded = is_bounded && budget.left != PH_BUDGET_NONE;
	if (is_bounded && budget.left < PH_BUDGET_LEAST) {
		return PH_BUDGET_E_SPENT;
	}
	*spend = (struct ph_site_spending){ .runs = true, .road = road };
	*left_out = is_bounded ? budget.left : PH_BUDGET_NONE;
	return is_bounded ? ph_site_spend_apart(site, PH_BUDGET_LEAST, err) : 0;
}

int ph_site_spend_apart(struct ph_site *site, uint64_t more, struct ph_error *err)
{
	struct ph_site_spending *spend = &site->spend;
	int rc = ph_db_begin(site->db);

	rc = rc == 0 ? ph_month_purse(site, spend->month) : rc;
	rc = rc == 0 ? change(site, line_of(spend->month, spend->road, "unsure"), more, 0)
		     : rc;
	rc = rc == 0 ? ph_db_commit(site->db) : rc;
	if (rc < 0) {
		ph_site_roll_back(site);
		return ph_fail_errno(err, rc,
				     ph_say("writing to this site's store",
					    "ghi vào kho dữ liệu của điểm"));
	}
	spend->ahead += more;
	return 0;
}

/* SPENT, of which BEFORE is in the account; it may be less. */
static int note(struct ph_site *site, const char *month, enum ph_spend_road road,
		const struct ph_spent *before, const struct ph_spent *spent)
{
	int rc = change(site, line_of(month, road, "up"), spent->up, before->up);

	if (rc == 0) {
		rc = change(site, line_of(month, road, "down"), spent->down,
			    before->down);
	}
	return rc == 0 ? change(site, line_of(month, road, "unsure"), 0, spent->unsure)
		       : rc;
}

static int not_noted(struct ph_site *site, int rc, struct ph_error *err)
{
	ph_site_roll_back(site);
	return ph_fail_errno(err, rc,
			     ph_say("noting in this site's store how much went",
				    "ghi vào kho dữ liệu của điểm lượng đã gửi"));
}

int ph_site_spend_note(struct ph_site *site, uint64_t up, uint64_t down, bool end,
		       struct ph_error *err)
{
	struct ph_site_spending *spend = &site->spend;
	uint64_t noted = spend->up + spend->down;
	uint64_t more = up + down > noted ? up + down - noted : 0;
	uint64_t freed = end || more > spend->ahead ? spend->ahead : more;
	const struct ph_spent before = { spend->up, spend->down, 0 };
	const struct ph_spent spent = { up, down, freed };
	int rc;

	if (!spend->runs) {
		return 0;
	}
	rc = ph_db_begin(site->db);
	rc = rc == 0 ? ph_month_purse(site, spend->month) : rc;
	rc = rc == 0 ? note(site, spend->month, spend->road, &before, &spent) : rc;
	rc = rc == 0 ? ph_db_commit(site->db) : rc;
	if (rc < 0) {
		return not_noted(site, rc, err);
	}
	spend->up = up;
	spend->down = down;
	spend->ahead -= freed;
	spend->runs = !end;
	return 0;
}

int ph_site_spend(struct ph_site *site, enum ph_spend_road road, uint64_t up,
		  uint64_t down, struct ph_error *err)
{
	const struct ph_spent none = { 0 };
	const struct ph_spent spent = { up, down, 0 };
	char month[8] = "";
	int rc = ph_db_begin(site->db);

	rc = rc == 0 ? ph_month_purse(site, month) : rc;
	rc = rc == 0 ? note(site, month, road, &none, &spent) : rc;
	rc = rc == 0 ? ph_db_commit(site->db) : rc;
	return rc < 0 ? not_noted(site, rc, err) : 0;
}
