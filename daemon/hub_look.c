/*
 * daemon/hub_look.c - a second view of an open hub, for questions that take long.
 *
 * A hub of its own: the same keys, a connection that only reads (common/base/dblook.h), and
 * journal, ledger and feeds over that. It has no lock, no writers and signs nothing. What
 * journal, ledger and feeds keep in memory is read anew when the store has moved; what
 * the hub alone has in memory is told when a question is prepared. There its transaction
 * begins, too: between two pieces of the store's work, so that it sees no ledger that is half made.
 *
 * A question whose time is over, or that had to end because the store must be alone (an
 * erasure empties the WAL), is answered with that, whatever came of it until then.
 */
#include "daemon/hub_look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/dblook.h"
#include "common/base/say.h"
#include "common/ledger/look.h"
#include "daemon/hub_command.h"
#include "daemon/hub_keep.h"
#include "daemon/hub_match.h"
#include "daemon/hub_metrics.h"
#include "daemon/hub_second.h"
#include "daemon/hub_witness.h"

struct ph_hub_look {
	struct ph_hub view;
	bool is_stale; /* what the view has in memory of the store */
};

static int open_view(struct ph_hub *view, struct ph_hub *hub, struct ph_error *err)
{
	struct ph_feeder_config feeds = { 0 };
	int rc = ph_db_look_open(&view->db, hub->db, err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_journal_open(&view->journal, view->db);
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("looking at the hub's store",
					    "xem kho dữ liệu của máy chủ"));
	}
	ph_hub_match_init(&view->eyes, view);
	rc = ph_ledger_open(&view->ledger,
			    &(struct ph_ledger_config){ .journal = view->journal,
							.db = view->db,
							.speakers = &ph_hub_speakers,
							.hub = &view->eyes },
			    err);
	feeds = (struct ph_feeder_config){ .db = view->db,
					   .journal = view->journal,
					   .ledger = view->ledger,
					   .ring = &view->ring,
					   .keys = &view->keys,
					   .control = &view->control };
	return rc < 0 ? rc : ph_feeder_open(&view->feeder, &feeds, err);
}

int ph_hub_look_open(struct ph_hub_look **look_out, struct ph_hub *hub,
		     struct ph_error *err)
{
	struct ph_hub_look *look = calloc(1, sizeof(*look));
	int rc;

	if (!look) {
		return ph_fail_errno(err, -ENOMEM,
				     ph_say("looking at the hub's store",
					    "xem kho dữ liệu của máy chủ"));
	}
	look->view.is_look = true;
	look->view.lock.fd = -1;
	look->view.config = hub->config;
	look->view.config.dir = look->view.dir;
	memcpy(look->view.dir, hub->dir, sizeof(look->view.dir));
	ph_hub_keys_copy(&look->view.keys, &look->view.ring, &hub->keys, &hub->ring);
	look->view.province = hub->province;
	rc = open_view(&look->view, hub, err);
	if (rc < 0) {
		ph_hub_look_free(look);
		return rc;
	}
	*look_out = look;
	return 0;
}

void ph_hub_look_free(struct ph_hub_look *look)
{
	struct ph_hub *view = look ? &look->view : NULL;

	if (!look) {
		return;
	}
	ph_hub_metrics_free(view->metrics);
	ph_feeder_free(view->feeder);
	ph_ledger_free(view->ledger);
	ph_journal_free(view->journal);
	ph_db_close(view->db);
	ph_hub_keys_wipe(&view->keys, &view->ring);
	free(look);
}

bool ph_hub_look_takes(const char *command)
{
	return ph_hub_command_sees(command);
}

static void tell(struct ph_hub *view, const struct ph_hub *hub)
{
	view->keylist = hub->keylist;
	view->epoch = hub->epoch;
	view->control = hub->control;
	view->control_moves = hub->control_moves;
	view->restored = hub->restored;
	view->put_back = hub->put_back;
	view->put_back_by = hub->put_back_by;
	view->collecting = hub->collecting;
	view->clock = hub->clock;
	view->room.is_low = hub->room.is_low;
	view->room.reserve_mib = hub->room.reserve_mib;
	view->entries_a_day = hub->entries_a_day;
	view->entries_saved = hub->entries_saved;
	view->stays.courier = hub->stays.courier;
	view->stays.backup = hub->stays.backup;
	view->told.desk = ph_writer_log(hub->desk)->row;
	view->told.keepers = ph_hub_keep_count(hub);
	ph_hub_second_health(hub, &view->told.second);
	ph_hub_witness_health(hub, &view->told.witness);
}

static json_t *ended(int why)
{
	return why == -ETIMEDOUT
		       ? json_pack("{s:i, s:i, s:s, s:s}", "schema", 1, "exit",
				   PH_EXIT_OTHER, "reason", "too-long", "error",
				   ph_say("that takes longer than a page may: ask for "
					  "less, or give the command on the hub",
					  "việc này lâu hơn mức một trang được phép: hãy "
					  "hỏi ít hơn, hoặc ra lệnh trên máy chủ"))
		       : json_pack("{s:i, s:i, s:s}", "schema", 1, "exit",
				   PH_EXIT_TRY_LATER, "error",
				   ph_say("the store has to be alone for a moment, or "
					  "packhorsed stops",
					  "kho dữ liệu cần yên một lúc, hoặc packhorsed "
					  "đang dừng"));
}

static json_t *failed(int rc)
{
	return rc == -ECANCELED || rc == -ETIMEDOUT ? ended(rc)
						    : ph_hub_command_failed(rc);
}

int ph_hub_look_prepare(struct ph_hub_look *look, struct ph_hub *hub,
			const json_t *request, unsigned ms, json_t **refusal_out)
{
	int rc = ph_hub_command_ready(hub, request, refusal_out);
	bool has_moved = true;

	if (rc < 0) {
		return rc;
	}
	tell(&look->view, hub);
	rc = ph_db_look_begin(look->view.db, ms, &has_moved);
	look->is_stale = look->is_stale || has_moved;
	if (rc < 0) {
		*refusal_out = failed(rc);
	}
	return rc;
}

/* What is in memory of the store is of an earlier question. */
static int refresh(struct ph_hub_look *look)
{
	int rc;

	if (!look->is_stale) {
		return 0;
	}
	ph_journal_reload(look->view.journal);
	ph_feeder_reload(look->view.feeder);
	rc = ph_ledger_look(look->view.ledger);
	look->is_stale = rc < 0;
	return rc;
}

json_t *ph_hub_look_command(struct ph_hub_look *look, const json_t *request)
{
	int rc = refresh(look);
	json_t *answer = rc < 0 ? failed(rc) : ph_hub_command_see(&look->view, request);
	int over = ph_db_look_end(look->view.db);

	if (over != 0) {
		json_decref(answer);
		answer = ended(over);
	}
	return answer;
}

void ph_hub_look_stop(struct ph_hub_look *look)
{
	ph_db_look_stop(look->view.db);
}

bool ph_hub_look_is_broken(const struct ph_hub_look *look)
{
	return ph_db_look_is_broken(look->view.db);
}
