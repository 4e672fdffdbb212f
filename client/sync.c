/*
 * client/sync.c - one session with the hub, for `sync` and for the agent.
 *
 * Look how the last links broke, run the session, keep its outcome. An address that is
 * none leaves no trace in the store, nor does a session that was told to stop.
 */
#include "client/sync.h"

#include <stdint.h>
#include <string.h>

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

int ph_sync_once(struct ph_site *site, const struct ph_link_config *config,
		 struct ph_sync_end *end_out, struct ph_error *err)
{
	struct ph_link_config link = *config;
	struct ph_site_state state;
	int kept = 0;
	int rc = ph_site_state(site, &state);

	memset(end_out, 0, sizeof(*end_out));
	end_out->result.reason = "store";
	if (rc < 0) {
		return ph_fail_errno(err, rc, "reading this site's store");
	}
	if (link.flight_max == SIZE_MAX) {
		link.flight_max = state.flight_next;
	}
	if (link.frame_max == 0) {
		link.frame_max = state.frame_next;
	}
	rc = ph_link_run(site, &link, &end_out->result, err);
	if (end_out->result.connected) {
		ph_site_moved(site, &end_out->moved);
	}
	if (ph_site_is_open(site) && is_telling(end_out->result.reason)) {
		kept = keep(site, end_out);
	}
	if (rc == 0 && kept < 0) {
		return ph_fail_errno(err, kept, "keeping what came of the session");
	}
	return rc;
}

bool ph_sync_is_passing(const struct ph_error *why)
{
	return why->exit == PH_EXIT_UNREACHABLE || why->exit == PH_EXIT_PARTIAL ||
	       why->exit == PH_EXIT_TRY_LATER;
}
