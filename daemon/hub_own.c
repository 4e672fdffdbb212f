/*
 * daemon/hub_own.c - what a device wrote itself and has not: its folder was put back, or is a
 * copy of which another goes on.
 *
 * Each branch of each log of the device is looked at. It has what it told to hold, what it sent
 * in this session, and the old log up to where one that it told goes on from it. Of what is left
 * the heads are told in the welcome, as logs of the site are told; a device that lacks one tells,
 * in its next hello, how far it holds its own logs, and is sent the rest with those of other
 * devices (hub_load.c). As a rule a device has one log, and nothing is told.
 *
 * A device that has entries waiting, or is on a branch that is new, tells an end which is not
 * here. Whether what is here leads to it only shows when the first of those entries comes; to
 * send all of it meanwhile would take the link that they need, and in each session anew.
 */
#include "daemon/hub_own.h"

#include <errno.h>
#include <string.h>

#include "common/log/entry.h"

#define STEPS_MAX 16 /* logs that go on from each other, followed back */

/* Whether LOG's chain has at N what begins with the LEN bytes of H. 0 or negative errno. */
static int goes_through(struct ph_hub *hub, const struct ph_log *log, uint64_t n,
			const uint8_t *h, size_t len, bool *out)
{
	uint8_t held[PH_HASH_SIZE];
	int rc;

	*out = false;
	if (n == 0 || n > log->n) {
		return 0;
	}
	rc = ph_journal_chain_at(hub->journal, log, n, held);
	*out = rc == 0 && memcmp(held, h, len) == 0;
	return rc < 0 ? rc : 0;
}

/* --- asking --- */

int ph_hub_own_asked(struct ph_hub *hub, const struct ph_hub_peer *peer, bool *asked_out)
{
	*asked_out = false;
	for (unsigned i = 0; i < peer->n_siblings && !*asked_out; i++) {
		struct ph_log log;
		int rc = ph_journal_log_find(hub->journal, peer->sibling[i].log_id, &log);

		if (rc < 0) {
			return rc;
		}
		*asked_out = rc == 0 && memcmp(log.device_id, peer->device.id,
					       sizeof(log.device_id)) == 0;
	}
	return 0;
}

/* --- what it has --- */

struct sharing {
	struct ph_hub *hub;
	const struct ph_log *log;
	uint64_t n;
	struct ph_view h;
	bool is_here;
	uint64_t shared;
};

static int share(void *data, const struct ph_log *branch)
{
	struct sharing *sharing = data;
	uint64_t common = sharing->n;
	bool does;
	int rc = goes_through(sharing->hub, branch, sharing->n, sharing->h.data,
			      sharing->h.len, &does);

	if (rc != 0 || !does) {
		return rc;
	}
	if (branch->row != sharing->log->row) {
		rc = ph_journal_log_common(sharing->hub->journal, sharing->log->row,
					   branch->row, &common);
	}
	common = common < sharing->n ? common : sharing->n;
	sharing->shared = common > sharing->shared ? common : sharing->shared;
	sharing->is_here = true;
	return rc > 0 ? -EUCLEAN : rc;
}

int ph_hub_own_shared(struct ph_hub *hub, const struct ph_log *log, uint64_t n,
		      struct ph_view h, bool *is_here_out, uint64_t *n_out)
{
	struct sharing sharing = { .hub = hub, .log = log, .n = n, .h = h };
	int rc = ph_journal_log_branch_each(hub->journal, log->id, share, &sharing);

	*is_here_out = sharing.is_here;
	*n_out = sharing.shared;
	return rc < 0 ? rc : 0;
}

/* *N_OUT becomes what LOG has in common with a branch that goes through HEAD, if that is more. */
static int reach(struct ph_hub *hub, const struct ph_log *log, const struct ph_head *head,
		 uint64_t *n_out)
{
	uint64_t shared = 0;
	bool is_here;
	int rc = 0;

	if (head->n > *n_out && memcmp(head->log_id, log->id, sizeof(log->id)) == 0) {
		rc = ph_hub_own_shared(hub, log, head->n,
				       PH_VIEW(head->h, sizeof(head->h)), &is_here,
				       &shared);
	}
	*n_out = shared > *n_out ? shared : *n_out;
	return rc;
}

int ph_hub_own_held(struct ph_hub *hub, const struct ph_hub_peer *peer,
		    const struct ph_log *log, uint64_t *n_out)
{
	int rc = 0;

	*n_out = 0;
	for (unsigned i = 0; rc == 0 && i < peer->n_heads; i++) {
		rc = reach(hub, log, &peer->head[i], n_out);
		rc = rc == 0 ? reach(hub, log, &peer->sent[i], n_out) : rc;
	}
	return rc;
}

/* --- what waits for it --- */

/* Whether PEER told an end of LOG that is not here, and has sent nothing of it. 0 or negative errno. */
static int is_unknown(struct ph_hub *hub, const struct ph_hub_peer *peer,
		      const struct ph_log *log, bool *is_out)
{
	const struct ph_head *head = NULL;
	uint64_t shared;
	int rc;

	for (unsigned i = 0; i < peer->n_heads; i++) {
		if (memcmp(peer->head[i].log_id, log->id, sizeof(log->id)) == 0 &&
		    peer->sent[i].n == 0) {
			head = &peer->head[i];
		}
	}
	*is_out = false;
	if (!head || head->n == 0) {
		return 0;
	}
	rc = ph_hub_own_shared(hub, log, head->n, PH_VIEW(head->h, sizeof(head->h)),
			       is_out, &shared);
	*is_out = rc == 0 && !*is_out;
	return rc;
}

int ph_hub_own_put_off(struct ph_hub *hub, struct ph_hub_peer *peer,
		       const struct ph_log *log, bool *is_out)
{
	int rc = 0;

	*is_out = false;
	if (!peer->by_file && /* behind a bundle nothing comes */
	    peer->put_off.n < PH_BRANCHES_MAX &&
	    memcmp(log->device_id, peer->device.id, sizeof(log->device_id)) == 0) {
		rc = is_unknown(hub, peer, log, is_out);
	}
	if (*is_out) {
		peer->put_off.row[peer->put_off.n++] = log->row;
	}
	return rc;
}

int ph_hub_own_next(struct ph_hub *hub, struct ph_hub_peer *peer, struct ph_log *log_out)
{
	for (unsigned i = 0; i < peer->put_off.n; i++) {
		bool waits = true;
		int rc = ph_journal_log_at(hub->journal, peer->put_off.row[i], log_out);

		rc = rc == 0 ? is_unknown(hub, peer, log_out, &waits) : rc;
		if (rc == 0 && !waits) {
			peer->put_off.n--;
			memmove(&peer->put_off.row[i], &peer->put_off.row[i + 1],
				(peer->put_off.n - i) * sizeof(peer->put_off.row[0]));
		}
		if (rc != 0 || !waits) {
			return rc > 0 ? -EUCLEAN : rc;
		}
	}
	return PH_JOURNAL_E_NONE;
}

/* --- telling --- */

struct telling {
	struct ph_hub *hub;
	const struct ph_hub_peer *peer;
	struct ph_welcome *welcome;
	struct ph_head old[STEPS_MAX]; /* where the logs that it told go on from others */
	unsigned n_old;
};

/* From which head the log of id ID goes on; N 0: from none, or it is not here. 0 or negative errno. */
static int read_continues(struct ph_hub *hub, const uint8_t id[static PH_LOG_ID_SIZE],
			  struct ph_head *out)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry open;
	struct ph_log log;
	int rc = ph_journal_log_find(hub->journal, id, &log);

	out->n = 0;
	rc = rc == 0 ? ph_journal_entry(hub->journal, log.row, 1, &bytes) : rc;
	if (rc == 0 && ph_entry_decode(ph_buf_view(&bytes), &open) == 0 &&
	    open.number == PH_KIND_OPEN && open.field[PH_OPEN_CONTINUES].set) {
		*out = open.field[PH_OPEN_CONTINUES].as.head;
	}
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

/* What a device has of its older logs, by those that it told. 0 or negative errno. */
static int follow_back(struct telling *telling)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < telling->peer->n_heads; i++) {
		const uint8_t *id = telling->peer->head[i].log_id;

		while (rc == 0 && telling->n_old < STEPS_MAX) {
			struct ph_head *old = &telling->old[telling->n_old];

			rc = read_continues(telling->hub, id, old);
			if (rc != 0 || old->n == 0) {
				break;
			}
			id = old->log_id;
			telling->n_old++;
		}
	}
	return rc;
}

static int tell_log(void *data, const struct ph_log *log)
{
	struct telling *telling = data;
	struct ph_welcome *welcome = telling->welcome;
	struct ph_sibling *out = &welcome->sibling[welcome->n_siblings];
	uint64_t n;
	int rc = ph_hub_own_held(telling->hub, telling->peer, log, &n);

	for (unsigned i = 0; rc == 0 && n < log->n && i < telling->n_old; i++) {
		rc = reach(telling->hub, log, &telling->old[i], &n);
	}
	if (rc != 0 || n >= log->n || welcome->n_siblings == PH_SIBLINGS_MAX) {
		return rc;
	}
	memset(out, 0, sizeof(*out));
	memcpy(out->log_id, log->id, sizeof(out->log_id));
	memcpy(out->h, log->h, sizeof(out->h));
	out->n = log->n;
	welcome->n_siblings++;
	return 0;
}

int ph_hub_own_tell(struct ph_hub *hub, const struct ph_hub_peer *peer,
		    struct ph_welcome *welcome)
{
	struct telling telling = { .hub = hub, .peer = peer, .welcome = welcome };
	int rc;

	if (!peer->confirmed || peer->asks_own) {
		return 0;
	}
	rc = follow_back(&telling);
	return rc != 0 ? rc
		       : ph_journal_logs_of_device(hub->journal, peer->device.id,
						   tell_log, &telling);
}
