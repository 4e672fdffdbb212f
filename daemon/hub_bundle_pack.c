/*
 * daemon/hub_bundle_pack.c - bundles to a device.
 *
 * What it holds is what its last bundle told; if it was heard in a session since, the
 * control log and the feed as far as they went then. From there on LOAD gives what a
 * session would, packed if the last bundle's hello told our form. Receipts go first, for every log of the device: a receipt is a statement
 * about (log, n, h(n)) and true whoever reads it. Of a log with several branches there is one
 * for each, before them one for what the hello makes sure.
 *
 * Of a device whose folder was copied (hub_copy.h) each copy that comes by stick is answered
 * in bundles of its own, the one that was heard last first: all have the device's address, and
 * what does not go on from what a copy holds it leaves alone.
 *
 * What was loaded and did not fit comes first in the next bundle. Of what was packed
 * it is noted for whom and when (hub_bundle_out.c), and no more: it may never arrive.
 */
#include "daemon/hub_bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hub_back.h"
#include "daemon/hub_copy.h"
#include "daemon/hub_load.h"
#include "daemon/hub_receipt.h"
#include "daemon/hub_sibling.h"

enum {
	LOAD_BUDGET = 64 * 1024,
	COPY_DAYS =
		90, /* as bundles expire: of one that was not heard for longer nobody waits */
	DAY = 86400,
};

#define META_NUMBER "bundle.number" /* of the last bundle down, to anybody */

struct ph_hub_packing {
	struct ph_hub *hub; /* borrowed */
	struct ph_device device;
	struct ph_hub_copies copies;
	unsigned at; /* the copy that is answered */
	struct ph_hub_peer peer;
	struct ph_hello hello;
	struct ph_bundle_source source;
	bool is_begun; /* receipts are in an earlier bundle to this copy */
};

/* ---- what the device holds ---- */

/* The last hello of COPY by a bundle; all zero if there was none, or it can no more be read. */
static int read_hello(const struct ph_hub_copy *copy, struct ph_hello *hello)
{
	int rc = copy->hello.len > 0 ? ph_hello_decode(ph_buf_view(&copy->hello), hello)
				     : PH_JOURNAL_E_NONE;

	if (rc != 0) {
		memset(hello, 0, sizeof(*hello));
	}
	return rc < 0 ? rc : 0;
}

/* It was heard in a session since: what it was sent then, as far as that is known. */
static int go_on_from_session(struct ph_hub *hub, struct ph_hub_peer *peer)
{
	struct ph_feeder_state state;
	int rc = ph_feeder_state(hub->feeder, peer->device.row, &state);

	if (rc == 0) {
		peer->control = peer->device.control;
		peer->control_moves = hub->control_moves;
		peer->feed_told.scope = state.scope;
		peer->feed_told.number = state.confirmed;
		peer->feed = peer->feed_told;
	}
	return rc;
}

static int place_cursors(struct ph_hub_packing *packing)
{
	struct ph_hub_peer *peer = &packing->peer;
	const struct ph_hello *hello = &packing->hello;
	int rc = ph_hub_load_hello(packing->hub, peer, hello);

	memcpy(peer->head, hello->head, sizeof(peer->head));
	peer->n_heads = hello->n_heads;
	peer->packs = ph_hub_packs(hello);
	peer->counter = hello->counter;
	if (rc == 0 &&
	    (hello->n_heads == 0 || !packing->copies.copy[packing->at].by_file)) {
		rc = go_on_from_session(packing->hub, peer);
	}
	return rc;
}

/* What a session would send next. */
static int load(void *data, struct ph_item **items_out)
{
	struct ph_hub_packing *packing = data;
	struct ph_job job = { .type = PH_JOB_LOAD,
			      .budget = LOAD_BUDGET,
			      .owner = &packing->peer };

	ph_hub_jobs(packing->hub, &job);
	if (job.result == 0) {
		*items_out = job.items;
	} else {
		ph_items_free(job.items);
	}
	return job.result;
}

/* From now on copy AT is answered. 0 or negative errno. */
static int begin_copy(struct ph_hub_packing *packing, unsigned at)
{
	int rc;

	ph_items_free(packing->source.items);
	packing->source = (struct ph_bundle_source){ .load = load, .data = packing };
	packing->at = at;
	packing->is_begun = false;
	memset(&packing->peer, 0, sizeof(packing->peer));
	packing->peer.known = true;
	packing->peer.by_file = true;
	packing->peer.device = packing->device;
	rc = read_hello(&packing->copies.copy[at], &packing->hello);
	return rc < 0 ? rc : place_cursors(packing);
}

/* The next that is answered behind the one at hand: by stick, as it came. Below 0: none. */
static int next_copy(const struct ph_hub_packing *packing)
{
	int64_t since = ph_hub_now(packing->hub) - (int64_t)COPY_DAYS * DAY;

	for (unsigned i = packing->at + 1; i < packing->copies.n; i++) {
		const struct ph_hub_copy *copy = &packing->copies.copy[i];

		if (copy->by_file && copy->heard >= since) {
			return (int)i;
		}
	}
	return -1;
}

int ph_hub_pack_new(struct ph_hub_packing **packing_out, struct ph_hub *hub,
		    const struct ph_device *device)
{
	struct ph_hub_packing *packing = calloc(1, sizeof(*packing));
	int rc = packing ? 0 : -ENOMEM;

	if (rc == 0) {
		packing->hub = hub;
		packing->device = *device;
		rc = ph_hub_copies_load(hub, device, &packing->copies);
	}
	rc = rc == 0 ? begin_copy(packing, 0) : rc;
	if (rc < 0) {
		ph_hub_pack_free(packing);
		return rc;
	}
	*packing_out = packing;
	return 0;
}

void ph_hub_pack_free(struct ph_hub_packing *packing)
{
	if (packing) {
		ph_items_free(packing->source.items);
		ph_hub_copies_deinit(&packing->copies);
		free(packing);
	}
}

bool ph_hub_pack_by_file(const struct ph_hub_packing *packing)
{
	return packing->copies.copy[0].by_file || next_copy(packing) >= 0;
}

struct unreceipted {
	const struct ph_hello *hello;
	bool waits;
};

/* Has the device a receipt for all of LOG, by what it told last? */
static int look_for_receipt(void *data, const struct ph_log *log)
{
	struct unreceipted *unreceipted = data;
	const struct ph_hello *hello = unreceipted->hello;
	uint64_t receipted = 0;

	for (unsigned i = 0; i < hello->n_heads; i++) {
		if (memcmp(hello->head[i].log_id, log->id, sizeof(log->id)) == 0) {
			receipted = hello->receipted[i];
		}
	}
	unreceipted->waits = unreceipted->waits || log->n > receipted;
	return 0;
}

/* A log of another device of the site that it waits to hear of, and that is here. 0 or negative errno. */
static int sibling_waits(const struct ph_hub_packing *packing, bool *waits_out)
{
	const struct ph_hub_peer *peer = &packing->peer;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && !*waits_out && i < peer->n_siblings; i++) {
		struct ph_hub_head head;

		if (peer->sibling[i].waits) {
			rc = ph_hub_sibling_head(packing->hub, peer, i, &head);
			*waits_out = rc == 0 && head.known.n > 0;
		}
	}
	return rc;
}

/* Whether a receipt waits for the copy at hand; what a session told is receipted in it. */
static int receipt_waits(const struct ph_hub_packing *packing, bool *waits_out)
{
	struct unreceipted unreceipted = { .hello = &packing->hello };
	int rc = 0;

	if (packing->copies.copy[packing->at].by_file) {
		rc = ph_journal_logs_of_device(packing->hub->journal,
					       packing->peer.device.id, look_for_receipt,
					       &unreceipted);
	}
	*waits_out = rc == 0 && unreceipted.waits;
	return rc;
}

/* Whether the copy at hand, of a device that was cut off or retired, has not heard of that. */
static int word_waits(const struct ph_hub_packing *packing, bool *waits_out)
{
	const struct ph_hub_peer *peer = &packing->peer;
	uint64_t at;
	int rc = ph_hub_device_ended_at(packing->hub, peer->device.id, &at);

	*waits_out = rc == 0 && at != UINT64_MAX && peer->control < at &&
		     peer->control_moves == packing->hub->control_moves;
	return rc;
}

/*
 * What waits for one that is retired: that word and, since what it wrote counts, its receipts. Of
 * one that was not heard for long it is not known that it is gone; but as a rule it is.
 */
static int retired_waits(const struct ph_hub_packing *packing, bool *waits_out)
{
	int rc = 0;

	*waits_out = false;
	if (packing->device.heard + (int64_t)COPY_DAYS * DAY > ph_hub_now(packing->hub)) {
		rc = word_waits(packing, waits_out);
		rc = rc == 0 && !*waits_out ? receipt_waits(packing, waits_out) : rc;
	}
	return rc;
}

/* Whether anything waits for the copy at hand. */
static int copy_waits(const struct ph_hub_packing *packing, bool *waits_out)
{
	enum ph_hub_trust trust;
	int rc = ph_hub_device_trust(packing->hub, packing->device.id, &trust);

	if (rc == 0 && trust == PH_HUB_CUT) {
		return word_waits(packing, waits_out);
	}
	if (rc == 0 && trust == PH_HUB_RETIRED) {
		return retired_waits(packing, waits_out);
	}
	rc = rc < 0 ? rc : ph_hub_load_waits(packing->hub, &packing->peer, waits_out);
	if (rc == 0 && !*waits_out) {
		rc = receipt_waits(packing, waits_out);
	}
	if (rc == 0 && !*waits_out && packing->copies.copy[packing->at].by_file) {
		rc = sibling_waits(packing, waits_out);
	}
	return rc;
}

int ph_hub_pack_waits(struct ph_hub_packing *packing, bool *waits_out)
{
	int rc = copy_waits(packing, waits_out);

	for (int next = next_copy(packing); rc == 0 && !*waits_out && next >= 0;
	     next = next_copy(packing)) {
		rc = begin_copy(packing, (unsigned)next);
		rc = rc < 0 ? rc : copy_waits(packing, waits_out);
	}
	return rc < 0 ? rc : begin_copy(packing, 0);
}

/* ---- receipts ---- */

struct receipts {
	struct ph_hub_packing *packing;
	struct ph_bundle_writer *writer;
	struct ph_buf *out;
	uint64_t n;
};

/* What is surely the device's of a log with several branches. */
static int find_sure(struct ph_hub_packing *packing, const struct ph_log *log,
		     struct ph_hub_head *head)
{
	for (unsigned i = 0; i < packing->hello.n_heads; i++) {
		if (memcmp(packing->hello.head[i].log_id, log->id, sizeof(log->id)) ==
		    0) {
			return ph_hub_head(packing->hub, &packing->peer, i,
					   packing->hello.receipted[i], head);
		}
	}
	return 0;
}

/* RECEIPT, if RC says that it is one. */
static int put_signed(struct receipts *receipts, int rc, const struct ph_receipt *receipt)
{
	struct ph_hub *hub = receipts->packing->hub;
	struct ph_buf bytes = { 0 };

	rc = rc == 0 ? ph_receipt_encode(receipt, hub->keys.sign.secret, &bytes) : rc;
	if (rc == 0) {
		rc = ph_bundle_put_receipt(receipts->writer, ph_buf_view(&bytes),
					   receipts->out);
		receipts->n += rc == 0;
	}
	ph_buf_deinit(&bytes);
	return rc;
}

/* The receipt for what HEAD says is known, and the one of the backup that has it. */
static int put_head(struct receipts *receipts, const struct ph_hub_head *head)
{
	struct ph_hub *hub = receipts->packing->hub;
	struct ph_receipt receipt;
	int rc = ph_hub_receipt(hub, head, &receipt);

	rc = put_signed(receipts, rc, &receipt);
	if (rc != 0) {
		return rc;
	}
	rc = ph_hub_backup_receipt(hub, head, &receipt);
	return rc == PH_JOURNAL_E_NONE ? 0 : put_signed(receipts, rc, &receipt);
}

static int put_receipt(void *data, const struct ph_log *log)
{
	struct receipts *receipts = data;
	struct ph_hub *hub = receipts->packing->hub;
	struct ph_hub_head end = { .row = log->row };
	struct ph_hub_head sure = { 0 };
	bool forked;
	int rc;

	if (log->n == 0) {
		return 0;
	}
	memcpy(end.known.log_id, log->id, sizeof(log->id));
	memcpy(end.known.h, log->h, sizeof(log->h));
	end.known.n = log->n;
	rc = ph_journal_log_is_forked(hub->journal, log->id, &forked);
	if (rc == 0 && forked && log->branch == 0) {
		rc = find_sure(receipts->packing, log, &sure);
	}
	if (rc == 0 && sure.known.n > 0 && sure.known.n != end.known.n) {
		rc = put_head(receipts, &sure);
	}
	return rc != 0 ? rc : put_head(receipts, &end);
}

/* For what it carried for other devices of its site: as far as it told. */
static int put_sibling_receipts(struct receipts *receipts)
{
	struct ph_hub *hub = receipts->packing->hub;
	const struct ph_hub_peer *peer = &receipts->packing->peer;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && peer->confirmed && i < peer->n_siblings; i++) {
		struct ph_hub_head head = { 0 };

		if (peer->sibling[i].waits) {
			rc = ph_hub_sibling_head(hub, peer, i, &head);
		}
		if (rc == 0 && head.known.n > 0) {
			rc = put_head(receipts, &head);
		}
	}
	return rc;
}

/*
 * Of a hub that has begun another epoch: that all of the control log is here which the copy at hand told to
 * hold. Then it need not give that back any more.
 */
static int put_position(struct receipts *receipts)
{
	struct ph_hub *hub = receipts->packing->hub;
	struct ph_receipt receipt;
	struct ph_hub_head at;
	bool is_here;
	int rc;

	if (hub->epoch.number <= 1) { /* nobody has reason to doubt it */
		return 0;
	}
	rc = ph_hub_back_find(hub, &receipts->packing->peer.position, &at, &is_here);
	if (rc < 0 || !is_here || at.known.n == 0) {
		return rc;
	}
	rc = ph_hub_receipt(hub, &at, &receipt);
	return put_signed(receipts, rc, &receipt);
}

/* ---- one bundle ---- */

static int take_number(struct ph_hub *hub, const struct ph_device *device,
		       uint64_t *number_out)
{
	int64_t number = 0;
	int rc = ph_hub_begin(hub);

	if (rc == 0) {
		rc = ph_journal_meta_get_int(hub->journal, META_NUMBER, &number);
		rc = rc < 0 ? rc
			    : ph_journal_meta_put_int(hub->journal, META_NUMBER,
						      number + 1);
		rc = rc == 0 ? ph_hub_bundle_note(hub, device->id, (uint64_t)number + 1)
			     : rc;
		rc = ph_hub_end(hub, rc);
	}
	*number_out = (uint64_t)number + 1;
	return rc;
}

static int begin_bundle(struct ph_hub_packing *packing, uint64_t max,
			struct ph_bundle_writer **writer_out, struct ph_buf *out)
{
	struct ph_hub *hub = packing->hub;
	struct ph_bundle_config config = {
		.header = { .direction = PH_BUNDLE_DOWN,
			    .made = (uint64_t)ph_hub_now(hub) },
		.keys = &hub->keys.box,
		.payload = ph_buf_view(&hub->keylist_bytes),
		.rng = hub->config.rng,
		.max = max < PH_BUNDLE_MAX ? max : PH_BUNDLE_MAX,
	};
	uint8_t form[PH_PACK_FORM_SIZE];
	int rc = max == 0
			 ? PH_BUNDLE_E_FULL
			 : take_number(hub, &packing->peer.device, &config.header.number);

	ph_pack_form(form);
	ph_hub_id(hub, config.header.from);
	memcpy(config.header.to, packing->peer.device.id, sizeof(config.header.to));
	memcpy(config.to_key, packing->peer.device.box, sizeof(config.to_key));
	rc = rc == 0 ? ph_bundle_writer_new(writer_out, &config, out) : rc;
	if (rc == 0) {
		rc = ph_bundle_put_down(
			*writer_out, &hub->epoch,
			(uint64_t)ph_hub_time(hub, packing->peer.device.row), form, out);
	}
	return rc;
}

/* One bundle to the copy at hand; *MORE_OUT: it does not hold all. */
static int pack_one(struct ph_hub_packing *packing, uint64_t max, struct ph_buf *out,
		    struct ph_hub_packed *packed_out, bool *more_out)
{
	struct ph_bundle_writer *writer = NULL;
	struct ph_bundle_counts counts = { 0 };
	struct receipts receipts = { packing, NULL, out, 0 };
	int rc = begin_bundle(packing, max, &writer, out);

	*more_out = false;
	if (rc == 0 && !packing->is_begun) {
		receipts.writer = writer;
		rc = ph_journal_logs_of_device(packing->hub->journal,
					       packing->peer.device.id, put_receipt,
					       &receipts);
		rc = rc == 0 ? put_sibling_receipts(&receipts) : rc;
		rc = rc == 0 ? put_position(&receipts) : rc;
	}
	if (rc == 0) {
		packing->is_begun = true;
		rc = ph_bundle_put_all(writer, &packing->source, &counts, out);
		if (rc == PH_BUNDLE_E_FULL &&
		    counts.entries + counts.parts + counts.pages > 0) {
			*more_out = true;
			rc = 0;
		}
	}
	rc = rc == 0 ? ph_bundle_finish(writer, out) : rc;
	ph_bundle_writer_free(writer);
	*packed_out = (struct ph_hub_packed){ .entries = counts.entries,
					      .parts = counts.parts,
					      .pages = counts.pages,
					      .receipts = receipts.n };
	return rc;
}

int ph_hub_pack_next(struct ph_hub_packing *packing, uint64_t max, struct ph_buf *out,
		     struct ph_hub_packed *packed_out)
{
	struct ph_hub_packed packed;
	bool more;
	int next = -1;
	int rc = pack_one(packing, max, out, &packed, &more);

	if (rc == 0 && !more) {
		next = next_copy(packing);
		rc = next >= 0 ? begin_copy(packing, (unsigned)next) : 0;
	}
	if (rc == 0) {
		*packed_out = packed;
		packed_out->more = more || next >= 0;
	}
	return rc > 0 ? PH_HUB_PACK_E_FULL : rc;
}
