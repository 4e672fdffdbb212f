/*
 * client/sync.c - one session with the hub, for `sync` and for the agent.
 *
 * Look how the last links broke, run the session, keep its outcome. An address that is
 * none leaves no trace in the store, nor does a session that was told to stop.
 */
#include "client/sync.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/cli/out.h"

/* Sessions in a row for nothing: of what the hub has not taken twice it takes nothing now. */
#define STALE_MAX 2

/* Whether it says anything of the link, or of the hub. */
static bool is_telling(const char *reason)
{
	return strcmp(reason, "address") != 0 && strcmp(reason, "stopped") != 0;
}

static int keep(struct ph_site *site, struct ph_sync_end *end)
{
	struct ph_site_state state;
	int rc = ph_site_session_end(site, end->result.complete, end->result.reason,
				     &end->result.counts);

	if (rc == 0) {
		rc = ph_site_state(site, &state);
	}
	if (rc == 0) {
		end->pending = state.entries - state.receipted;
		end->has_pending = true;
	}
	return rc;
}

bool ph_sync_rest_goes_on(struct ph_sync_rest *rest, const struct ph_sync_end *end)
{
	bool is_less =
		rest->left == 0 || end->left < rest->left || end->pending < rest->pending;
	bool goes_on;

	rest->left = end->left;
	rest->pending = end->pending;
	rest->stale = is_less ? 0 : rest->stale + 1;
	goes_on = end->left > 0 && end->result.complete &&
		  end->result.counts.receipts > 0 && rest->stale < STALE_MAX;
	rest->has_own = !end->again && (end->result.complete ? goes_on : rest->has_own);
	return goes_on;
}

uint64_t ph_sync_waiting(const struct ph_site_state *state)
{
	return 24 * (state->entries - state->receipted) + 72 * state->parts_pending;
}

static bool has_moved(const struct ph_sync_end *end)
{
	return end->result.counts.receipts > 0 || end->moved.entries_received > 0 ||
	       end->moved.parts_received > 0 || end->moved.fed.pages > 0;
}

/* Whether another session is to follow at once; and what it is given. 0 or negative errno. */
static int look_on(struct ph_site *site, const struct ph_link_config *link,
		   struct ph_sync_end *end)
{
	const struct ph_spend_end spend = { .waiting = link->waiting,
					    .has_moved = has_moved(end),
					    .is_short = end->result.is_short,
					    .up = end->result.short_up,
					    .down = end->result.short_down };

	return ph_site_spend_ended(site, &spend, &end->goes_on, NULL);
}

/* Whether there is anything to spend. 0; or negative errno with ERR: there is not. */
static int check_budget(struct ph_site *site, const struct ph_link_config *config,
			struct ph_sync_end *end, struct ph_error *err)
{
	struct ph_budget budget;
	int rc = ph_site_budget(site, &budget);

	if (rc < 0) {
		return ph_fail_errno(
			err, rc,
			ph_say("reading this site's store", "đọc kho dữ liệu của điểm"));
	}
	end->budget = budget.bytes;
	if (config->road != PH_SPEND_NETWORK || config->over_budget ||
	    budget.left >= PH_BUDGET_LEAST) {
		return 0;
	}
	end->result.reason = "budget";
	if (budget.stuck_at != 0) {
		return ph_budget_fail_stuck(&budget, err);
	}
	return ph_fail(err, PH_EXIT_TRY_LATER, -EDQUOT,
		       ph_say("this month's data budget is used up (%" PRIu64
			      " bytes are left); all is kept here. It goes next month, "
			      "by stick, or with `packhorse sync --over-budget`",
			      "đã dùng hết dung lượng mạng của tháng này (còn %" PRIu64
			      " byte); dữ liệu vẫn ở máy này. Sẽ gửi vào tháng sau, qua "
			      "thẻ USB, hoặc bằng `packhorse sync --over-budget`"),
		       budget.left);
}

/* With another machine of the site: the hub's outcome, for `status`, stays as it was. */
static int sibling_once(struct ph_site *site, const struct ph_link_config *config,
			struct ph_sync_end *end, struct ph_error *err)
{
	int rc = ph_link_run(site, config, &end->result, err);

	end->moved = end->result.moved;
	if (rc == 0 && ph_site_is_open(site)) {
		rc = ph_site_spend(site, PH_SPEND_LAN, end->result.counts.bytes_out,
				   end->result.counts.bytes_in, err);
	}
	return rc == 0 && ph_site_is_open(site) ? ph_site_erase_heard(site, err) : rc;
}

int ph_sync_once(struct ph_site *site, const struct ph_link_config *config,
		 struct ph_sync_end *end_out, struct ph_error *err)
{
	struct ph_link_config link = *config;
	struct ph_site_state state;
	uint64_t extra = 0;
	int kept = 0;
	int rc = ph_site_state(site, &state);

	rc = rc < 0 ? rc : ph_site_hello_extra(site, &extra);
	memset(end_out, 0, sizeof(*end_out));
	end_out->result.reason = "store";
	end_out->budget = PH_BUDGET_NONE;
	if (rc < 0) {
		return ph_fail_errno(
			err, rc,
			ph_say("reading this site's store", "đọc kho dữ liệu của điểm"));
	}
	if (link.is_sibling) {
		link.flight_max = 0;
		return sibling_once(site, &link, end_out, err);
	}
	if (link.flight_max == SIZE_MAX) {
		link.flight_max = state.flight_next;
	}
	if (link.frame_max == 0) {
		link.frame_max = state.frame_next;
	}
	link.waiting = ph_sync_waiting(&state) + extra;
	if (check_budget(site, config, end_out, err) < 0) {
		kept = strcmp(end_out->result.reason, "budget") == 0 ? keep(site, end_out)
								     : -EIO;
		return kept < 0 ? kept : 0;
	}
	rc = ph_link_run(site, &link, &end_out->result, err);
	if (end_out->result.connected) {
		ph_site_moved(site, &end_out->moved);
		end_out->again = ph_site_lacks_own(site);
		end_out->left = ph_site_left_own(site);
	}
	/* that a hub of an earlier version took no front says nothing of the link */
	if (ph_site_is_open(site) && is_telling(end_out->result.reason) &&
	    !end_out->result.without_front) {
		kept = keep(site, end_out);
	}
	end_out->goes_on = end_out->result.without_front;
	if ((end_out->result.is_short || end_out->result.complete) &&
	    ph_site_is_open(site) && kept == 0) {
		kept = look_on(site, &link, end_out);
	}
	if (rc == 0 && kept < 0) {
		return ph_fail_errno(
			err, kept,
			ph_say("keeping what came of the session", "lưu kết quả phiên"));
	}
	return rc == 0 && ph_site_is_open(site) ? ph_site_erase_heard(site, err) : rc;
}

bool ph_sync_is_passing(const struct ph_error *why)
{
	return why->exit == PH_EXIT_UNREACHABLE || why->exit == PH_EXIT_PARTIAL ||
	       why->exit == PH_EXIT_TRY_LATER;
}
