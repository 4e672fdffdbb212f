/*
 * daemon/hub_jobs.c - what sessions ask of the store, in groups.
 *
 * One transaction carries the jobs of many sessions: each in a savepoint, so that one
 * that fails undoes only itself; then one commit, whose fsync all of them share; and
 * only after it are receipts signed and answers filled in. If the commit fails, every
 * job that wrote gets its error and nothing is acknowledged. After an I/O error the
 * hub stops for good (-EIO): fsync is never tried again on what may have been lost.
 *
 * A segment that does not fit its log marks the job bad; the session is then refused,
 * what fitted before stays. One that says other than what is held, under a seal that
 * verifies, is a second history of that device: both are kept (journal_take.c). Of more
 * branches than are kept the rest waits at the device, which is told so: in transport, since
 * a welcome has no word for it, and a first flight with such a segment is left alone. A
 * sealed part that does not fit its commitment stays missing and is told as such in the
 * receipt: never a refusal. What a device may not bring now (hub_quota.h) waits there, too:
 * told in the welcome, or by LATER when a session has got that far. What the hub itself had said
 * and lost comes in transport alone, where it can be told why the session ends there.
 */
#include "daemon/hub_back.h"
#include "daemon/hub_bundle.h"
#include "daemon/hub_collect.h"
#include "daemon/hub_copy.h"
#include "daemon/hub_feed.h"
#include "daemon/hub_keep.h"
#include "daemon/hub_load.h"
#include "daemon/hub_own.h"
#include "daemon/hub_quota.h"
#include "daemon/hub_receipt.h"
#include "daemon/hub_second.h"
#include "daemon/hub_sibling.h"
#include "daemon/hub_store.h"
#include "daemon/hub_witness.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct ph_hub_peer *peer_of(const struct ph_job *job)
{
	return job->owner;
}

/* --- what it brings --- */

/*
 * A first flight is sent before the device knows what we hold. If it does not go on from
 * there (the hub was restored, and may hold another branch by now), it is left alone: the
 * heads in the welcome tell the device, which then sends what is missing. From entry 1 on
 * there is nothing to know.
 */
static bool is_for_welcome(const struct ph_item *item, int rc)
{
	return rc == PH_JOURNAL_E_GAP || (rc == PH_JOURNAL_E_SEAL && item->first > 1);
}

/* The same holds for all of a bundle, and then for the parts of such entries. */
static bool is_left(const struct ph_job *job, const struct ph_item *item, int rc)
{
	const struct ph_hub_peer *peer = peer_of(job);

	if (peer->by_file && item->type == PH_ITEM_PART) {
		return rc == PH_JOURNAL_E_NONE;
	}
	return (job->type == PH_JOB_HELLO || peer->by_file) && is_for_welcome(item, rc);
}

static int unpack_item(struct ph_hub *hub, struct ph_job *job, struct ph_item **at)
{
	struct ph_hub_peer *peer = peer_of(job);
	int rc = ph_hub_unpack(hub, at, job->type == PH_JOB_HELLO || peer->by_file);

	if (rc > 0) {
		snprintf(peer->refusal, sizeof(peer->refusal),
			 "a packed segment is malformed");
		job->bad = true;
	}
	return rc;
}

/* 0, 1: ITEM ends the job; negative errno. *FULL: of a log whose new branch is not taken. */
static int try_item(struct ph_hub *hub, struct ph_job *job, const struct ph_item *item,
		    const struct ph_item **full)
{
	static const char *const reasons[] = {
		[PH_JOURNAL_E_NONE] = "a part of an entry that is not here",
		[PH_JOURNAL_E_GAP] = "entries are missing before a segment",
		[PH_JOURNAL_E_FORK] = "the log is another device's",
		[PH_JOURNAL_E_SEAL] = "chain and seal do not meet",
		[PH_JOURNAL_E_FORM] = "a segment is malformed",
		[PH_JOURNAL_E_BRANCHES] = "its log has 16 branches here already",
	};
	struct ph_hub_peer *peer = peer_of(job);
	int64_t put_back = hub->put_back;
	int rc;

	if (*full && memcmp((*full)->log_id, item->log_id, PH_LOG_ID_SIZE) == 0) {
		return 0;
	}
	rc = ph_hub_store_item(hub, peer, item, job->type == PH_JOB_HELLO);
	if (rc == 0 && hub->put_back != put_back) {
		job->later = true; /* receipts of this epoch need another welcome */
		job->why = PH_WHY_PUT_BACK;
		snprintf(peer->refusal, sizeof(peer->refusal),
			 "it shows that this hub was put back");
		return 1;
	}
	if (rc <= 0) {
		return rc;
	}
	if (rc == PH_HUB_E_DELAY) { /* the welcome says so without ending the session */
		job->later = job->later || job->type != PH_JOB_HELLO;
		return 1;
	}
	snprintf(peer->refusal, sizeof(peer->refusal), "%s", reasons[rc]);
	if (rc == PH_JOURNAL_E_BRANCHES) {
		*full = item;
		if (job->type == PH_JOB_HELLO) { /* it comes again in transport */
			peer->left++;
			return 0;
		}
		job->later = true;
		job->why = PH_WHY_BRANCHES;
		return 0;
	}
	if (is_left(job, item, rc)) {
		peer->left++;
		return 0;
	}
	job->bad = true;
	return 1;
}

/* One item after the other is unpacked and stored: never more than one is there plain. */
static int store_items(struct ph_hub *hub, struct ph_job *job)
{
	const struct ph_item *full = NULL;
	struct ph_item **at = &job->items;
	int rc = 0;

	while (rc == 0 && *at) {
		struct ph_item *rest = (*at)->next;

		(*at)->next = NULL;
		rc = unpack_item(hub, job, at);
		for (const struct ph_item *item = *at; rc == 0 && item;
		     item = item->next) {
			rc = try_item(hub, job, item, &full);
		}
		if (*at) {
			ph_hub_unpacked_done(*at);
			at = &(*at)->next;
		}
		*at = rest;
	}
	return rc < 0 ? rc : 0;
}

/* --- the jobs, inside the transaction --- */

bool ph_hub_packs(const struct ph_hello *hello)
{
	uint8_t form[PH_PACK_FORM_SIZE];

	ph_pack_form(form);
	return hello->packs && memcmp(hello->form, form, sizeof(form)) == 0;
}

/* The items of a HELLO or STORE, as far as the device may bring them now. */
static int take_items(struct ph_hub *hub, struct ph_job *job)
{
	struct ph_hub_peer *peer = peer_of(job);
	int rc = ph_hub_quota_begin(hub, peer);

	rc = rc == 0 ? store_items(hub, job) : rc;
	if (rc == 0) {
		job->welcome.later = ph_hub_quota_waits(hub, peer, !job->hello.done);
		rc = ph_hub_quota_end(hub, peer);
	}
	return rc;
}

static int do_hello(struct ph_hub *hub, struct ph_job *job)
{
	struct ph_hub_peer *peer = peer_of(job);
	int rc;

	job->welcome.status = PH_STATUS_OK;
	peer->refusal[0] = '\0'; /* of the hello that lacked its certificate */
	rc = ph_hub_recognise(hub, job);
	if (rc < 0 || !peer->known) {
		return rc;
	}
	rc = ph_hub_epoch_heard(hub, peer, job->hello.epoch);
	rc = rc < 0 ? rc : ph_hub_keylist_heard(hub, job->hello.keys);
	if (rc < 0) {
		return rc;
	}
	memcpy(peer->head, job->hello.head, sizeof(peer->head));
	memset(peer->sent, 0, sizeof(peer->sent));
	peer->n_heads = job->hello.n_heads;
	peer->counter = job->hello.counter;
	peer->packs = ph_hub_packs(&job->hello);
	rc = ph_hub_load_hello(hub, peer, &job->hello);
	return rc == 0 ? take_items(hub, job) : rc;
}

/*
 * A bundle speaks of when it was made; if that cannot be, of now. Now is not before the restore,
 * which was put behind all that were heard before it, also where the clock is not.
 */
static int64_t when_heard(const struct ph_hub *hub, const struct ph_hub_peer *peer)
{
	int64_t now = ph_hub_now(hub);

	if (peer->by_file && peer->made > peer->device.heard &&
	    peer->made >= peer->device.admitted && peer->made < now) {
		return peer->made;
	}
	return now > hub->restored ? now : hub->restored;
}

static int do_heard(struct ph_hub *hub, struct ph_job *job)
{
	struct ph_hub_peer *peer = peer_of(job);
	int rc;

	if (!peer->known) {
		return 0;
	}
	peer->device.heard = when_heard(hub, peer);
	/* a copy of its folder may count from further back */
	if (peer->counter > peer->device.counter) {
		peer->device.counter = peer->counter;
	}
	rc = ph_hub_back_heard(hub, peer);
	peer->device.control = peer->control;
	peer->heard = true;
	rc = rc < 0 ? rc
		    : ph_hub_device_control_note(hub, &peer->device, peer->control_held);
	rc = rc < 0 ? rc : ph_hub_feed_heard(hub, peer);
	ph_hub_keep_heard(hub, peer);
	rc = rc < 0 ? rc : ph_hub_copy_heard(hub, peer);
	return rc < 0 ? rc : ph_journal_device_update(hub->journal, &peer->device);
}

static int do_job(struct ph_hub *hub, struct ph_job *job)
{
	switch (job->type) {
	case PH_JOB_HELLO:
		return do_hello(hub, job);
	case PH_JOB_STORE:
		return peer_of(job)->known ? take_items(hub, job) : -EPROTO;
	case PH_JOB_LOAD:
		return ph_hub_load(hub, job);
	case PH_JOB_HEARD:
		return do_heard(hub, job);
	case PH_JOB_WELCOME:
	case PH_JOB_RECEIPT:
	case PH_JOB_JUDGE:
		break;
	}
	return -EINVAL;
}

/* --- answers, after the commit --- */

static int answer_hello(struct ph_hub *hub, struct ph_job *job)
{
	struct ph_hub_peer *peer = peer_of(job);
	struct ph_welcome *welcome = &job->welcome;
	int rc;

	welcome->epoch = hub->epoch;
	welcome->time = (uint64_t)ph_hub_time(hub, peer->device.row);
	if (!peer->known || welcome->status != PH_STATUS_OK) {
		return 0;
	}
	rc = ph_hub_collect_ask(hub, peer, welcome);
	if (rc < 0) {
		return rc;
	}
	ph_hub_keylist_tell(hub, job->hello.keys, welcome);
	welcome->same = true;
	welcome->packs = true;
	ph_pack_form(welcome->form);
	welcome->n_heads = peer->n_heads;
	for (unsigned i = 0; i < peer->n_heads; i++) {
		const struct ph_head *head = &peer->head[i];
		struct ph_hub_head held;
		bool is_told;

		rc = ph_hub_head(hub, peer, i, job->hello.receipted[i], &held);
		if (rc < 0) {
			return rc;
		}
		welcome->head[i].n = held.told.n;
		memcpy(welcome->head[i].h, held.told.h, sizeof(held.told.h));
		welcome->same = welcome->same && held.told.n == head->n &&
				memcmp(held.told.h, head->h, sizeof(head->h)) == 0;
		rc = ph_hub_is_news(hub, &held, job->hello.receipted[i], &is_told);
		if (rc == 0 && is_told) {
			rc = ph_hub_short_receipt(hub, &held, i,
						  &welcome->receipt[welcome->n_receipts]);
			welcome->n_receipts += rc == 0;
			peer->receipts += rc == 0;
		}
		if (rc < 0) {
			return rc;
		}
	}
	rc = ph_hub_own_tell(hub, peer, welcome);
	rc = rc < 0 ? rc : ph_hub_tell_backups(hub, job);
	rc = rc < 0 ? rc : ph_hub_sibling_welcome(hub, job);
	return rc < 0 ? rc : ph_hub_load_waits(hub, peer, &job->more);
}

static int answer_store(struct ph_hub *hub, struct ph_job *job)
{
	struct ph_hub_peer *peer = peer_of(job);

	for (unsigned i = 0; i < peer->n_heads; i++) {
		struct ph_hub_head held;
		int rc;

		if (!ph_hub_job_touches(job, peer->head[i].log_id)) {
			continue;
		}
		rc = ph_hub_head(hub, peer, i, 0, &held);
		if (rc == 0 && held.known.n == 0) {
			continue;
		}
		if (rc == 0) {
			rc = ph_hub_short_receipt(hub, &held, i,
						  &job->receipt[job->n_receipts]);
		}
		if (rc < 0) {
			return rc;
		}
		job->n_receipts++;
		peer->receipts++;
	}
	if (peer->asks_own) { /* by what came it may be known what it lacks */
		int rc = ph_hub_load_waits(hub, peer, &job->more);

		if (rc < 0) {
			return rc;
		}
	}
	return ph_hub_sibling_receipts(hub, job);
}

static void answer(struct ph_hub *hub, struct ph_job *job)
{
	if (job->result < 0) {
		return;
	}
	if (job->type == PH_JOB_HELLO) {
		job->result = answer_hello(hub, job);
	} else if (job->type == PH_JOB_STORE && !job->bad && !job->later) {
		job->result = answer_store(hub, job);
	}
}

/* Disk full is the one failure that passes: the device is told to try later. */
static void settle(struct ph_job *job, int rc)
{
	job->result = rc;
	if (rc == -ENOSPC && job->type == PH_JOB_HELLO) {
		job->result = 0;
		ph_hub_refuse(job, PH_STATUS_LATER, "the hub's disk is full");
		peer_of(job)->known = false;
	}
}

static void do_one(struct ph_hub *hub, struct ph_job *job)
{
	int rc = ph_db_savepoint(hub->db);

	if (rc == 0) {
		rc = do_job(hub, job);
		if (rc < 0) {
			ph_db_savepoint_undo(hub->db);
		} else {
			rc = ph_db_savepoint_release(hub->db);
		}
	}
	if (rc < 0) {
		ph_hub_forget(hub);
	}
	settle(job, rc);
}

/* Whether one of JOBS may have brought entries, or had some written. */
static bool stores(const struct ph_job *jobs)
{
	for (; jobs; jobs = jobs->next) {
		if (jobs->items && jobs->type != PH_JOB_LOAD) {
			return true;
		}
		if (jobs->type == PH_JOB_HELLO && peer_of(jobs)->admitted) {
			return true;
		}
	}
	return false;
}

/* Nothing can be said to anybody whose time would be signed; a device that calls is told so. */
static void put_off(struct ph_job *jobs)
{
	for (struct ph_job *job = jobs; job; job = job->next) {
		job->result = -EAGAIN;
		if (job->type == PH_JOB_HELLO) {
			job->result = 0;
			ph_hub_refuse(job, PH_STATUS_LATER,
				      "the hub's clock is wrong: packhorsed clock");
			peer_of(job)->known = false;
		}
	}
}

void ph_hub_jobs(struct ph_hub *hub, struct ph_job *jobs)
{
	int rc;

	if (!ph_hub_clock_look(hub, true)) {
		put_off(jobs);
		return;
	}
	ph_hub_room_look(hub);
	ph_hub_feed_refresh(hub, jobs);
	rc = hub->stopped ? -EIO : ph_db_begin(hub->db);
	for (struct ph_job *job = jobs; job; job = job->next) {
		if (rc < 0) {
			job->result = rc;
			continue;
		}
		do_one(hub, job);
		hub->stopped = hub->stopped || job->result == -EIO;
	}
	if (rc == 0) {
		rc = hub->stopped ? -EIO : ph_db_commit(hub->db);
	}
	hub->behind = hub->behind || stores(jobs);
	if (rc < 0) {
		ph_db_rollback(hub->db);
		ph_hub_forget(hub);
		hub->stopped = hub->stopped || rc == -EIO;
	}
	if (rc == 0) {
		ph_hub_witness_write(hub);
		ph_hub_second_write(hub);
	}
	for (struct ph_job *job = jobs; job; job = job->next) {
		if (rc < 0) {
			settle(job, rc);
		}
		answer(hub, job);
	}
}
