/*
 * daemon/hub_sibling.c - the log of a PC that may never call again, from another of its site.
 *
 * Two PCs of one site have each other's logs (docs/WIRE.md, "Two devices of one site"), and
 * each tells in its hello how far. If one tells more than is here, and the writer itself was
 * not heard for a day, the welcome asks for the rest: a PC that calls by itself every day
 * is waited for, so that no byte is paid twice. A bundle brings it unasked.
 *
 * Who may carry is confirmed by the control log; whose log it is, an admitted device of the
 * same site (a desk or a courier: a desk holds the logs of both), also one that was retired or cut off since: what counts of that the ledger
 * says, as with what a courier brings. Nothing of who is carried for is moved: not when it
 * was heard, nor its counter, nor its cursors. A receipt goes to who carried, since it
 * is for a log, and so it knows that it need not tell again.
 */
#include "daemon/hub_sibling.h"

#include <string.h>

#include "common/ledger/device.h"
#include "daemon/hub_quota.h"
#include "daemon/hub_receipt.h"

#define QUIET_S (24 * 60 * 60) /* the writer was not heard for so long */

bool ph_hub_is_own(const struct ph_hub_peer *peer, const struct ph_device *writer)
{
	return memcmp(writer->id, peer->device.id, sizeof(writer->id)) == 0;
}

/* --- whose log --- */

/* As the control log admits the device of that id; PH_JOURNAL_E_NONE if it does not. */
static int read_admission(struct ph_hub *hub, struct ph_device *device)
{
	const struct ph_admission *admission;
	struct ph_device_state held;
	int rc = ph_device_load(hub->ledger, device->id, &held);

	rc = rc == PH_LEDGER_E_NONE ? PH_JOURNAL_E_NONE : rc;
	if (rc == 0) {
		admission = ph_device_admitted(&held);
		rc = admission ? 0 : PH_JOURNAL_E_NONE;
		if (rc == 0) {
			memcpy(device->key, admission->key, sizeof(device->key));
			device->site = admission->site;
			device->role = admission->role;
		}
		ph_device_deinit(&held);
	}
	return rc;
}

int ph_hub_sibling_writer(struct ph_hub *hub, const struct ph_hub_peer *peer,
			  const uint8_t key[static PH_KEY_SIZE],
			  struct ph_device *writer_out)
{
	struct ph_device writer = { 0 };
	int rc;

	if (!peer->confirmed) {
		return PH_JOURNAL_E_FORK;
	}
	ph_device_id(writer.id, key);
	rc = ph_journal_device_by_id(hub->journal, writer.id, &writer);
	rc = rc == PH_JOURNAL_E_NONE ? read_admission(hub, &writer) : rc;
	if (rc == 0 && (memcmp(writer.key, key, PH_KEY_SIZE) != 0 ||
			writer.site != peer->device.site)) {
		rc = PH_JOURNAL_E_FORK;
	}
	if (rc == 0) {
		*writer_out = writer;
	}
	return rc;
}

/* --- what is held of it --- */

struct search {
	struct ph_hub *hub;
	const struct ph_sibling *told;
	struct ph_hub_head *out;
};

static int look_at(void *data, const struct ph_log *log)
{
	struct search *search = data;
	const struct ph_sibling *told = search->told;
	uint8_t h[PH_HASH_SIZE];
	int rc;

	if (told->n > log->n) {
		return 0;
	}
	rc = ph_journal_chain_at(search->hub->journal, log, told->n, h);
	if (rc == 0 && memcmp(h, told->h, sizeof(told->h)) == 0) {
		memcpy(search->out->known.log_id, log->id, sizeof(log->id));
		memcpy(search->out->known.h, h, sizeof(h));
		search->out->known.n = told->n;
		search->out->row = log->row;
		return 1;
	}
	return rc < 0 ? rc : 0;
}

/* The branch that goes through what is TOLD; known.n 0: none does. */
static int find_told(struct ph_hub *hub, const struct ph_sibling *told,
		     struct ph_hub_head *out)
{
	struct search search = { hub, told, out };
	int rc;

	memset(out, 0, sizeof(*out));
	rc = ph_journal_log_branch_each(hub->journal, told->log_id, look_at, &search);
	return rc < 0 ? rc : 0;
}

int ph_hub_sibling_head(struct ph_hub *hub, const struct ph_hub_peer *peer,
			unsigned index, struct ph_hub_head *out)
{
	struct ph_log log;
	int rc = find_told(hub, &peer->sibling[index], out);

	if (rc != 0 || out->known.n == 0) {
		return rc;
	}
	rc = ph_journal_log_at(hub->journal, out->row, &log);
	if (rc == 0 && log.site != peer->device.site) {
		memset(out, 0, sizeof(*out)); /* not even that it is here */
	}
	return rc < 0 ? rc : 0;
}

/* --- asking --- */

/* Whether parts are missing here that who TOLD has. 0 or negative errno. */
static int lacks_parts(struct ph_hub *hub, const struct ph_sibling *told,
		       const struct ph_hub_head *held, bool *lacks_out)
{
	size_t count = 0;
	uint64_t n;
	int rc = ph_journal_parts_missing(hub->journal, held->row, &n, 1, &count);

	*lacks_out = rc == 0 && count > 0 && n <= told->n &&
		     (told->missing == 0 || n < told->missing);
	return rc < 0 ? rc : 0;
}

/* Whether PEER tells more of the log than is here. 0 or negative errno. */
static int lacks(struct ph_hub *hub, const struct ph_hub_peer *peer,
		 const uint8_t log_id[static PH_LOG_ID_SIZE], bool *lacks_out)
{
	int rc = 0;

	*lacks_out = false;
	for (unsigned i = 0; rc == 0 && !*lacks_out && i < peer->n_siblings; i++) {
		const struct ph_sibling *told = &peer->sibling[i];
		struct ph_hub_head held;

		if (memcmp(told->log_id, log_id, PH_LOG_ID_SIZE) != 0) {
			continue;
		}
		rc = find_told(hub, told, &held);
		*lacks_out = rc == 0 && held.known.n == 0;
		if (rc == 0 && held.known.n > 0) {
			rc = lacks_parts(hub, told, &held, lacks_out);
		}
	}
	return rc;
}

/* Whether the log's writer is not to be waited for, and may bring. 0 or negative errno. */
static int is_due(struct ph_hub *hub, const struct ph_hub_peer *peer,
		  const uint8_t log_id[static PH_LOG_ID_SIZE], bool *due_out)
{
	struct ph_device writer;
	struct ph_log log;
	int rc = ph_journal_log_find(hub->journal, log_id, &log);

	if (rc != 0) { /* a log that is new here: whose, it will tell */
		*due_out = rc == PH_JOURNAL_E_NONE;
		return rc < 0 ? rc : 0;
	}
	*due_out = false;
	rc = ph_hub_sibling_writer(hub, peer, log.key, &writer);
	if (rc == 0 && !ph_hub_is_own(peer, &writer)) {
		int64_t quiet = ph_hub_now(hub) - writer.heard;

		*due_out = (quiet >= QUIET_S || quiet <= -QUIET_S) &&
			   ph_hub_quota_has_room(hub, &writer);
	}
	return rc < 0 ? rc : 0;
}

struct asking {
	struct ph_hub *hub;
	struct ph_welcome *welcome;
};

static int tell_branch(void *data, const struct ph_log *log)
{
	struct asking *asking = data;
	struct ph_welcome *welcome = asking->welcome;
	struct ph_sibling *out = &welcome->sibling[welcome->n_siblings];
	size_t count = 0;
	uint64_t n;
	int rc;

	if (welcome->n_siblings == PH_SIBLINGS_MAX) {
		return 1;
	}
	memset(out, 0, sizeof(*out));
	memcpy(out->log_id, log->id, sizeof(out->log_id));
	memcpy(out->h, log->h, sizeof(out->h));
	out->n = log->n;
	rc = ph_journal_parts_missing(asking->hub->journal, log->row, &n, 1, &count);
	if (rc == 0 && count > 0 && n <= log->n) {
		out->missing = n;
		rc = ph_journal_parts_held(asking->hub->journal, log->row, log->n,
					   &out->parts);
	}
	welcome->n_siblings += rc == 0;
	return rc;
}

static int ask_for(struct ph_hub *hub, struct ph_welcome *welcome,
		   const uint8_t log_id[static PH_LOG_ID_SIZE])
{
	struct asking asking = { hub, welcome };
	int rc = ph_journal_log_branch_each(hub->journal, log_id, tell_branch, &asking);

	if (rc == PH_JOURNAL_E_NONE && welcome->n_siblings < PH_SIBLINGS_MAX) {
		struct ph_sibling *out = &welcome->sibling[welcome->n_siblings++];

		memset(out, 0, sizeof(*out));
		memcpy(out->log_id, log_id, sizeof(out->log_id));
	}
	return rc < 0 ? rc : 0;
}

bool ph_hub_sibling_told(const struct ph_hub_peer *peer,
			 const uint8_t log_id[static PH_LOG_ID_SIZE])
{
	for (unsigned i = 0; peer->confirmed && i < peer->n_siblings; i++) {
		if (memcmp(peer->sibling[i].log_id, log_id, PH_LOG_ID_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

static bool was_told_before(const struct ph_hub_peer *peer, unsigned index)
{
	for (unsigned i = 0; i < index; i++) {
		if (memcmp(peer->sibling[i].log_id, peer->sibling[index].log_id,
			   PH_LOG_ID_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

static int ask(struct ph_hub *hub, const struct ph_hub_peer *peer,
	       struct ph_welcome *welcome)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < peer->n_siblings; i++) {
		const uint8_t *log_id = peer->sibling[i].log_id;
		bool wanted = false;

		if (was_told_before(peer, i)) {
			continue;
		}
		rc = lacks(hub, peer, log_id, &wanted);
		rc = rc == 0 && wanted ? is_due(hub, peer, log_id, &wanted) : rc;
		rc = rc == 0 && wanted ? ask_for(hub, welcome, log_id) : rc;
	}
	return rc;
}

/* --- receipts --- */

/* For sibling INDEX, if all that was told of it is here and it waits for that. 1: there is none. */
static int make_receipt(struct ph_hub *hub, struct ph_hub_peer *peer, unsigned index,
			struct ph_short_receipt *out)
{
	struct ph_hub_head head;
	int rc = peer->sibling[index].waits ? ph_hub_sibling_head(hub, peer, index, &head)
					    : 1;

	if (rc != 0 || head.known.n == 0) {
		return rc < 0 ? rc : 1;
	}
	rc = ph_hub_short_receipt(hub, &head, peer->n_heads + index, out);
	peer->receipts += rc == 0;
	return rc;
}

int ph_hub_sibling_welcome(struct ph_hub *hub, struct ph_job *job)
{
	struct ph_hub_peer *peer = job->owner;
	struct ph_welcome *welcome = &job->welcome;
	int rc = 0;

	if (!peer->confirmed ||
	    peer->by_file) { /* a bundle down has receipts of its own */
		return 0;
	}
	for (unsigned i = 0; rc >= 0 && i < peer->n_siblings &&
			     welcome->n_receipts < PH_HEADS_MAX && welcome->receipt;
	     i++) {
		rc = make_receipt(hub, peer, i, &welcome->receipt[welcome->n_receipts]);
		welcome->n_receipts += rc == 0;
	}
	rc = rc < 0 ? rc : 0;
	return rc < 0 || welcome->later ? rc : ask(hub, peer, welcome);
}

bool ph_hub_job_touches(const struct ph_job *job,
			const uint8_t log_id[static PH_LOG_ID_SIZE])
{
	for (const struct ph_item *item = job->items; item; item = item->next) {
		if (memcmp(item->log_id, log_id, PH_LOG_ID_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

int ph_hub_sibling_receipts(struct ph_hub *hub, struct ph_job *job)
{
	struct ph_hub_peer *peer = job->owner;
	int rc = 0;

	for (unsigned i = 0;
	     rc >= 0 && i < peer->n_siblings && job->n_receipts < job->room; i++) {
		if (ph_hub_job_touches(job, peer->sibling[i].log_id)) {
			rc = make_receipt(hub, peer, i, &job->receipt[job->n_receipts]);
			job->n_receipts += rc == 0;
		}
	}
	return rc < 0 ? rc : 0;
}
