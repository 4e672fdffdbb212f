/*
 * daemon/hub_own.c - what a device wrote itself and has not: its folder was put back, or is a
 * copy of which another goes on.
 *
 * Each branch of each log of the device is looked at. It has what it told to hold, what it sent
 * in this session, and the old log up to where one that it told goes on from it. Of what is left
 * the heads are told in the welcome, as logs of the site are told; a device that lacks one tells,
 * in its next hello, how far it holds its own logs, and is sent the rest with those of other
 * devices (hub_load.c). As a rule a device has one log, and nothing is told.
 */
#include "daemon/hub_own.h"

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

/* *N_OUT becomes HEAD's number if it is above, and LOG goes through it. */
static int reach(struct ph_hub *hub, const struct ph_log *log, const struct ph_head *head,
		 uint64_t *n_out)
{
	bool does = false;
	int rc = 0;

	if (head->n > *n_out && memcmp(head->log_id, log->id, sizeof(log->id)) == 0) {
		rc = goes_through(hub, log, head->n, head->h, sizeof(head->h), &does);
	}
	*n_out = does ? head->n : *n_out;
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
