/*
 * daemon/hub_store.c - one segment or part that a device brings.
 *
 * Its log is the device's own, or that of another device of its site, which it carries
 * (hub_sibling.c): chain and seal are the writer's in either case. What is new is noted with
 * the road by which it came, charged to whoever wrote it, and its stamps are looked at.
 */
#include "daemon/hub_store.h"

#include <errno.h>
#include <string.h>

#include "daemon/hub_collect.h"
#include "daemon/hub_judge.h"
#include "daemon/hub_keep.h"
#include "daemon/hub_part.h"
#include "daemon/hub_quota.h"
#include "daemon/hub_sibling.h"

/*
 * Who wrote SEGMENT, of a log that is new here: PEER, or the device that it carries for.
 * 0, PH_JOURNAL_E_* or negative errno.
 */
static int writer_of_new(struct ph_hub *hub, const struct ph_hub_peer *peer,
			 const struct ph_segment *segment, struct ph_device *writer_out)
{
	uint8_t key[PH_KEY_SIZE];
	int rc = ph_hub_log_key(segment, key);

	*writer_out = peer->device;
	if (rc != 0 || memcmp(key, peer->device.key, sizeof(key)) == 0) {
		return rc;
	}
	return ph_hub_sibling_writer(hub, peer, key, writer_out);
}

/* Who wrote ITEM's log, LOG if it is here (row 0: not). As above. */
static int writer_of(struct ph_hub *hub, const struct ph_hub_peer *peer,
		     const struct ph_item *item, const struct ph_log *log,
		     struct ph_device *writer_out)
{
	struct ph_segment segment;

	if (log->row == 0) {
		ph_item_segment(item, &segment);
		return writer_of_new(hub, peer, &segment, writer_out);
	}
	*writer_out = peer->device;
	return memcmp(log->key, peer->device.key, PH_KEY_SIZE) == 0
		       ? 0
		       : ph_hub_sibling_writer(hub, peer, log->key, writer_out);
}

/* SEGMENT, which is in LOG now, tells how far LOG's chain is the device's. */
static int note_sent(struct ph_hub *hub, struct ph_hub_peer *peer,
		     const struct ph_segment *segment, const struct ph_log *log)
{
	for (unsigned i = 0; i < peer->n_heads; i++) {
		struct ph_head *sent = &peer->sent[i];

		if (memcmp(peer->head[i].log_id, log->id, sizeof(log->id)) == 0 &&
		    segment->last > sent->n) {
			memcpy(sent->log_id, log->id, sizeof(sent->log_id));
			sent->n = segment->last;
			return ph_journal_chain_at(hub->journal, log, sent->n, sent->h);
		}
	}
	return 0;
}

/* By which road PEER brings what WRITER wrote. */
static enum ph_road road_of(const struct ph_hub_peer *peer, bool carried)
{
	return peer->by_file ? peer->road : carried ? PH_ROAD_LAN : PH_ROAD_SESSION;
}

static int put_segment(struct ph_hub *hub, struct ph_hub_peer *peer,
		       const struct ph_segment *segment, const struct ph_device *writer,
		       struct ph_log *log)
{
	bool carried = !ph_hub_is_own(peer, writer);
	struct ph_stored stored;
	int rc = ph_journal_put_segment(hub->journal, log, segment, &stored);

	if (rc == 0) {
		peer->entries += stored.n;
		peer->plain += stored.n > 0 ? segment->body.len : 0;
		peer->carried += carried ? stored.n : 0;
		rc = ph_hub_quota_segment(hub, peer, writer, segment, &stored);
		peer->forked = peer->forked || (stored.n > 0 && log->branch > 0 &&
						stored.first == log->base + 1);
	}
	rc = rc == 0 ? note_sent(hub, peer, segment, log) : rc;
	if (rc == 0) {
		rc = ph_journal_arrival_put(hub->journal, &stored, ph_hub_now(hub),
					    road_of(peer, carried), PH_LEVEL_HUB);
	}
	return rc == 0 ? ph_hub_judge(hub, peer, writer, segment, &stored) : rc;
}

static int store_segment(struct ph_hub *hub, struct ph_hub_peer *peer,
			 const struct ph_item *item, const struct ph_device *writer,
			 struct ph_log *log)
{
	struct ph_segment segment;
	int rc = 0;

	ph_item_segment(item, &segment);
	if (log->row == 0) {
		rc = ph_hub_log_start(writer, &segment);
		if (rc == 0) {
			rc = ph_journal_log_add(hub->journal, segment.log_id, writer->key,
						writer->site, writer->role, log);
		}
	}
	return rc == 0 ? put_segment(hub, peer, &segment, writer, log) : rc;
}

static int store_open(struct ph_hub *hub, struct ph_hub_peer *peer,
		      const struct ph_item *item, const struct ph_device *writer,
		      const struct ph_log *log)
{
	struct ph_buf cipher = { 0 };
	uint8_t box[PH_HUB_BOX_SIZE];
	int rc = ph_part_seal(item->seed, log->id, item->first, ph_buf_view(&item->body),
			      &cipher);

	if (rc == -EMSGSIZE) {
		rc = 0; /* no commitment can be of one so long: it stays missing as well */
		goto out;
	}
	if (rc < 0) {
		goto out;
	}
	ph_hub_seed_box(&hub->keys.box, &hub->config.rng, item->seed, box);
	rc = ph_journal_part_put_any(hub->journal, log->id, item->first,
				     ph_buf_view(&cipher), PH_VIEW(box, sizeof(box)));
	if (rc == 0) {
		peer->parts++;
		peer->plain += item->body.len;
		rc = ph_hub_quota_part(hub, peer, writer, cipher.len);
	} else if (rc == PH_JOURNAL_E_SEAL) {
		rc = 0; /* it does not fit its commitment: it stays missing, and the receipt says so */
	}
out:
	ph_buf_deinit(&cipher);
	return rc;
}

static int store_part(struct ph_hub *hub, struct ph_hub_peer *peer,
		      const struct ph_item *item, const struct ph_device *writer,
		      const struct ph_log *log)
{
	struct ph_item *open = NULL;
	int rc;

	if (!item->is_boxed) {
		return store_open(hub, peer, item, writer, log);
	}
	rc = ph_hub_part_unbox(hub, item, &open);
	if (rc != 0) {
		return rc < 0 ? rc : 0; /* it stays missing */
	}
	rc = store_open(hub, peer, open, writer, log);
	ph_items_free(open);
	return rc;
}

/*
 * What another device wrote is not the bringer's fault: what does not go on from what is
 * here, or has no room now, is left alone, and asked for again.
 */
static int left_alone(struct ph_hub_peer *peer, int rc)
{
	if (rc != PH_JOURNAL_E_GAP && rc != PH_JOURNAL_E_BRANCHES &&
	    rc != PH_HUB_E_DELAY) {
		return rc;
	}
	peer->left++;
	return 0;
}

/*
 * What PEER may not bring, or not yet, and could not know. A stick's: that it may carry no
 * more. A session's: a hub that was restored asks for a log, and in the same session for its
 * own word by which it knows the writer, which counts for the next one.
 */
static bool is_excused(const struct ph_hub_peer *peer, const struct ph_item *item, int rc)
{
	return peer->by_file ? rc == PH_JOURNAL_E_FORK || rc == PH_JOURNAL_E_NONE
			     : rc == PH_JOURNAL_E_NONE &&
				       ph_hub_sibling_told(peer, item->log_id);
}

static int store(struct ph_hub *hub, struct ph_hub_peer *peer, const struct ph_item *item)
{
	struct ph_log log = { 0 };
	struct ph_device writer;
	int rc = ph_journal_log_find(hub->journal, item->log_id, &log);
	bool is_new = rc == PH_JOURNAL_E_NONE && item->type == PH_ITEM_SEGMENT;

	log.row = is_new ? 0 : log.row;
	rc = is_new ? 0 : rc;
	rc = rc != 0 ? rc : writer_of(hub, peer, item, &log, &writer);
	if (is_excused(peer, item, rc)) {
		peer->left++;
		return 0;
	}
	if (rc != 0) {
		return rc;
	}
	rc = ph_hub_quota_ask(hub, peer, &writer, item);
	if (rc == 0) {
		rc = item->type == PH_ITEM_SEGMENT
			     ? store_segment(hub, peer, item, &writer, &log)
			     : store_part(hub, peer, item, &writer, &log);
	}
	if (rc == PH_JOURNAL_E_BRANCHES) {
		int noted = ph_hub_branch_waits_note(hub, &writer);

		rc = noted < 0 ? noted : rc;
	}
	return ph_hub_is_own(peer, &writer) ? rc : left_alone(peer, rc);
}

/* Whether ITEM is of a log that PEER told as its own. */
static bool is_told(const struct ph_hub_peer *peer, const struct ph_item *item)
{
	for (unsigned i = 0; i < peer->n_heads; i++) {
		if (memcmp(peer->head[i].log_id, item->log_id, PH_LOG_ID_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

int ph_hub_store_item(struct ph_hub *hub, struct ph_hub_peer *peer,
		      const struct ph_item *item, bool in_flight)
{
	struct ph_segment segment;
	int rc = PH_HUB_COLLECT_E_NOT;

	/* of another epoch it is offered in bundles, whether or not we were restored */
	bool may_be_ours = !in_flight && (hub->restored > 0 || peer->strays ||
					  (peer->by_file && hub->epoch.number > 1));

	if (item->type == PH_ITEM_KEEP) {
		return ph_hub_keep_take(hub, peer, item);
	}
	if (item->type == PH_ITEM_SEGMENT && may_be_ours) {
		ph_item_segment(item, &segment);
		rc = ph_hub_quota_ask(hub, peer, &peer->device, item);
		rc = rc == 0 ? ph_hub_collect_take(hub, &segment) : rc;
	}
	rc = rc == PH_HUB_COLLECT_E_NOT ? store(hub, peer, item) : rc;
	if (rc > 0 && rc != PH_HUB_E_DELAY && peer->strays && !is_told(peer, item)) {
		peer->left++; /* it was asked for, and is no word of ours: a thief's, that it believed */
		return 0;
	}
	return rc;
}
