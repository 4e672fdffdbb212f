/*
 * daemon/hub_clock.c - whether the hub's own clock can be believed.
 *
 * From one start of the machine to the next there is a second clock, the time since then,
 * which nobody sets. So the first time that was believed after a start is remembered with it,
 * and the two have to go on together. From before a start only the latest time that was
 * believed is left: the clock may not be behind it, and not ahead by longer than a hub is
 * switched off. That much is in the store, so that another process does not begin to trust
 * what the last one doubted.
 *
 * What was never looked at before (a new hub, a store from before there was this) is believed.
 * A store that cannot be read or written changes nothing of what is known here: then nothing
 * of worth is signed either.
 */
#include "daemon/hub_clock.h"

#include <errno.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/say.h"
#include "daemon/hub_command.h"

#define KEEP_S     600 /* so seldom is the store told */
#define PLACES     4
#define VALUE_SIZE (8 * PLACES)

/* --- judging --- */

static int64_t distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

static bool is_one_boot(const struct ph_now *a, const struct ph_now *b)
{
	static const uint8_t none[sizeof(a->boot)];

	return memcmp(a->boot, none, sizeof(none)) != 0 &&
	       memcmp(a->boot, b->boot, sizeof(a->boot)) == 0 && b->mono_ms >= a->mono_ms;
}

enum ph_hub_clock_fault ph_hub_clock_judge(const struct ph_now *base, int64_t seen,
					   const struct ph_now *now,
					   int64_t *expected_out)
{
	*expected_out = seen;
	if (is_one_boot(base, now)) {
		*expected_out =
			base->wall + (int64_t)((now->mono_ms - base->mono_ms) / 1000);
		return distance(now->wall, *expected_out) > PH_HUB_CLOCK_DRIFT_MAX
			       ? PH_HUB_CLOCK_JUMPED
			       : PH_HUB_CLOCK_RIGHT;
	}
	return now->wall + PH_HUB_CLOCK_DRIFT_MAX < seen  ? PH_HUB_CLOCK_BACK
	       : now->wall - PH_HUB_CLOCK_AWAY_MAX > seen ? PH_HUB_CLOCK_AHEAD
							  : PH_HUB_CLOCK_RIGHT;
}

/* --- the store --- */

/* What the store has; nothing in it: what the clock says now. 0 or negative errno. */
static int load(struct ph_hub *hub, const struct ph_now *now)
{
	struct ph_hub_clock *clock = &hub->clock;
	struct ph_buf value = { 0 };
	int rc = ph_journal_meta_get(hub->journal, PH_HUB_META_CLOCK, &value);

	if (rc == 0 && value.len == VALUE_SIZE) {
		memcpy(clock->base.boot, value.data, 8);
		clock->base.mono_ms = ph_be64_get(value.data + 8);
		clock->base.wall = (int64_t)ph_be64_get(value.data + 16);
		clock->seen = clock->kept = (int64_t)ph_be64_get(value.data + 24);
	} else if (rc >= 0) {
		clock->base = *now;
		clock->seen = now->wall;
		clock->kept = INT64_MIN;
	}
	clock->is_loaded = rc >= 0;
	ph_buf_deinit(&value);
	return rc < 0 ? rc : 0;
}

static int write(struct ph_hub *hub)
{
	const struct ph_hub_clock *clock = &hub->clock;
	uint8_t value[VALUE_SIZE];

	memcpy(value, clock->base.boot, 8);
	ph_be64_put(value + 8, clock->base.mono_ms);
	ph_be64_put(value + 16, (uint64_t)clock->base.wall);
	ph_be64_put(value + 24, (uint64_t)clock->seen);
	return ph_journal_meta_put(hub->journal, PH_HUB_META_CLOCK,
				   PH_VIEW(value, sizeof(value)));
}

static int keep(struct ph_hub *hub)
{
	int rc = ph_db_begin(hub->db);

	rc = rc < 0 ? rc : write(hub);
	rc = rc < 0 ? rc : ph_db_commit(hub->db);
	if (rc < 0) {
		ph_db_rollback(hub->db);
		ph_hub_forget(hub);
		return rc;
	}
	hub->clock.kept = hub->clock.seen;
	return 0;
}

/* --- looking --- */

static void believe(struct ph_hub_clock *clock, const struct ph_now *now)
{
	if (!is_one_boot(&clock->base, now)) {
		clock->base = *now;
		clock->kept = INT64_MIN; /* another process of this start is to know */
	}
	if (now->wall > clock->seen) {
		clock->seen = now->wall;
	}
	clock->is_wrong = false;
	clock->since = 0;
}

static void doubt(struct ph_hub_clock *clock, const struct ph_now *now, int64_t expected)
{
	if (!clock->is_wrong) {
		clock->since = now->wall;
	}
	clock->is_wrong = true;
	clock->expected = expected;
}

bool ph_hub_clock_look(struct ph_hub *hub, bool keeps)
{
	struct ph_hub_clock *clock = &hub->clock;
	enum ph_hub_clock_fault fault;
	struct ph_now now;
	int64_t expected;

	if (!clock->is_watched || hub->stopped) {
		return true;
	}
	hub->config.clock.read(hub->config.clock.data, &now);
	if (!clock->is_loaded && load(hub, &now) < 0) {
		return true; /* the store says itself that it cannot be read */
	}
	fault = ph_hub_clock_judge(&clock->base, clock->seen, &now, &expected);
	if (fault != PH_HUB_CLOCK_RIGHT) {
		doubt(clock, &now, expected);
		return false;
	}
	believe(clock, &now);
	if (keeps && (clock->kept == INT64_MIN || clock->seen - clock->kept >= KEEP_S)) {
		(void)keep(hub); /* a full disk: the next time */
	}
	return true;
}

/* --- words --- */

int ph_hub_clock_refuse(const struct ph_hub *hub, struct ph_error *err)
{
	char now[PH_TIME_TEXT];
	char expected[PH_TIME_TEXT];

	ph_time_text(now, ph_hub_now(hub));
	ph_time_text(expected, hub->clock.expected);
	return ph_fail(
		err, PH_EXIT_CLOCK, -ETIME,
		ph_say("this machine's clock says %s, and by all that is known here it "
		       "is about %s: nothing is signed until that is settled. Look at "
		       "the clock and set it; if it is right as it is, say `packhorsed "
		       "clock accept`",
		       "đồng hồ máy này chỉ %s, mà theo mọi điều biết ở đây thì khoảng "
		       "%s: chưa ký gì cho đến khi rõ. Hãy xem và chỉnh đồng hồ; nếu "
		       "đồng hồ đúng thì ra lệnh `packhorsed clock accept`"),
		now, expected);
}

int ph_hub_check_clock(struct ph_hub *hub, struct ph_error *err)
{
	return ph_hub_clock_look(hub, true) ? 0 : ph_hub_clock_refuse(hub, err);
}

void ph_hub_clock_about(const struct ph_hub *hub, json_t *answer)
{
	const struct ph_hub_clock *clock = &hub->clock;
	json_t *about = json_object();
	char text[PH_TIME_TEXT];

	ph_time_text(text, ph_hub_now(hub));
	json_object_set_new(about, "now", json_string(text));
	json_object_set_new(about, "wrong", json_boolean(clock->is_wrong));
	if (clock->is_wrong) {
		ph_time_text(text, clock->expected);
		json_object_set_new(about, "expected", json_string(text));
		ph_time_text(text, clock->since);
		json_object_set_new(about, "since", json_string(text));
	}
	json_object_set_new(answer, "clock", about);
}

/* --- commands --- */

int ph_hub_clock_show(struct ph_hub *hub, const json_t *request, json_t *answer,
		      struct ph_error *err)
{
	(void)request;
	(void)err;
	ph_hub_clock_about(hub, answer);
	return 0;
}

int ph_hub_clock_accept(struct ph_hub *hub, const json_t *request, json_t *answer,
			struct ph_error *err)
{
	struct ph_hub_clock before = hub->clock;
	struct ph_hub_clock *clock = &hub->clock;
	struct ph_now now;
	int rc;

	(void)request;
	hub->config.clock.read(hub->config.clock.data, &now);
	json_object_set_new(answer, "was_wrong", json_boolean(before.is_wrong));
	clock->base = now;
	clock->seen = now.wall;
	clock->is_wrong = false;
	clock->is_loaded = true;
	rc = keep(hub);
	if (rc < 0) {
		*clock = before;
		return ph_fail_errno(
			err, rc,
			ph_say("writing the hub's store", "ghi kho dữ liệu của máy chủ"));
	}
	ph_hub_clock_about(hub, answer);
	return 0;
}
