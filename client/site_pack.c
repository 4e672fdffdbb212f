/*
 * client/site_pack.c - bundles to the hub.
 *
 * A packing begins behind what the hub has given receipts for, and goes on from bundle to
 * bundle as a session goes on from frame to frame, by the same LOAD. Segments are packed if
 * the hub told, when it was last heard, that it reads our form. What was loaded and did not
 * fit into one bundle comes first in the next. It does so in steps, between which anybody
 * else may have the site: where it sends from is kept here and brought back. Nothing is
 * noted of what was in it: the next packing begins at the receipts again.
 *
 * A hello tells of some own logs. When those are packed and there are more, a further bundle tells of
 * the next.
 *
 * Receipts of an epoch that is not the newest heard of are of a hub that was restored
 * since, and may lack what it gave them for: then all is sent, and before it what the hub has
 * said itself (site_control.c). Each bundle has a number
 * of its own, above all that were used before, kept before the bundle is made, and noted with
 * it is that there is such a bundle (site_away.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/site_bundle.h"
#include "client/site_sibling.h"
#include "client/site_take.h"
#include "common/base/say.h"

enum {
	LOAD_BUDGET = 64 * 1024, /* plain: some segments, and parts one by one */
	LOAD_PACKED = 1,         /* one segment, which was eight times as long */
	PART_PLAIN = 60,         /* bytes of a sealed part, seed included, as a rule */
	WEIGH_STEP = 64,         /* entries */
};

struct ph_site_packing {
	struct ph_site *site; /* borrowed */
	struct ph_site_send send[PH_HEADS_MAX + PH_SIBLINGS_MAX];
	unsigned n_send, n_carried;
	struct ph_site_give give[PH_CONTROL_LOGS_MAX]; /* the hub's own */
	unsigned n_gives;
	uint64_t given; /* entries of these that were loaded: first of all; ... */
	uint64_t put;   /* ... and of all that earlier bundles hold */
	bool is_begun;  /* these are where an earlier bundle, or step, ended */
	bool packs;
	bool carries; /* also what other devices of the site wrote */
	/* a hello tells of some own logs only: those before this place are packed */
	struct ph_site_place heads_from;
	bool leaves; /* for some that the hub lacks the hello had no room: */
	struct ph_site_place left_from;
	enum ph_away_road road;
	struct ph_bundle_source source;
	struct ph_hello hello;
	struct ph_bundle_writer *writer; /* of the bundle that is not finished */
	struct ph_bundle_counts counts;
	struct ph_error *err; /* of the call that runs */
	uint64_t bytes;       /* of all items that were loaded */
};

/* What a session would send next. */
static int load(void *data, struct ph_item **items_out)
{
	struct ph_site_packing *packing = data;
	struct ph_job job = { .type = PH_JOB_LOAD,
			      .budget = packing->packs ? LOAD_PACKED : LOAD_BUDGET };
	uint64_t given = packing->site->given;

	ph_site_job(packing->site, &job, packing->err);
	packing->given += packing->site->given - given;
	if (job.result != 0) {
		ph_items_free(job.items);
		return job.result;
	}
	for (const struct ph_item *item = job.items; item; item = item->next) {
		packing->bytes += item->body.len;
	}
	*items_out = job.items;
	return 0;
}

int ph_site_pack_new(struct ph_site_packing **packing_out, struct ph_site *site)
{
	struct ph_site_packing *packing = calloc(1, sizeof(*packing));

	if (!packing) {
		return -ENOMEM;
	}
	packing->site = site;
	packing->carries = true;
	packing->source.load = load;
	packing->source.data = packing;
	*packing_out = packing;
	return 0;
}

void ph_site_pack_for(struct ph_site_packing *packing, enum ph_away_road road)
{
	packing->road = road;
}

void ph_site_pack_free(struct ph_site_packing *packing)
{
	if (packing) {
		ph_items_free(packing->source.items);
		ph_bundle_writer_free(packing->writer);
		free(packing);
	}
}

/* ---- where sending begins ---- */

static int begin_log(struct ph_site *site, unsigned index)
{
	struct ph_site_send *send = &site->send[index];
	struct ph_log log;
	uint64_t n = 0;
	int rc = ph_journal_log_find(site->journal, send->log_id, &log);

	rc = rc == 0 ? ph_site_held(site, &log, &n) : rc;
	if (rc != 0) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	send->start = n;
	send->cursor = n;
	send->parts = send->parts_from = n;
	return ph_site_note_missing(site, index);
}

static void bring_gives(struct ph_site_packing *packing)
{
	memcpy(packing->site->give, packing->give, sizeof(packing->give));
	packing->site->n_gives = packing->n_gives;
}

static int place_gives(struct ph_site_packing *packing)
{
	if (!packing->is_begun) {
		return ph_site_control_begin(packing->site);
	}
	bring_gives(packing);
	return 0;
}

/* Each log goes on where the last bundle ended, or begins. */
static int place_cursors(struct ph_site_packing *packing)
{
	struct ph_site *site = packing->site;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < site->n_send; i++) {
		bool found = false;

		for (unsigned j = 0; j < packing->n_send && !found; j++) {
			found = memcmp(packing->send[j].log_id, site->send[i].log_id,
				       PH_LOG_ID_SIZE) == 0;
			if (found) {
				uint64_t told = site->send[i].told;

				site->send[i] = packing->send[j];
				site->send[i].told = told;
			}
		}
		rc = found ? 0 : begin_log(site, i);
	}
	if (rc == 0 && packing->carries && !packing->is_begun) {
		rc = ph_site_sibling_all(site);
	} else if (rc == 0 && packing->carries) {
		memcpy(site->send + site->n_send, packing->send + packing->n_send,
		       packing->n_carried * sizeof(site->send[0]));
		site->n_carried = packing->n_carried;
	}
	return rc;
}

static void keep_cursors(struct ph_site_packing *packing)
{
	memcpy(packing->send, packing->site->send, sizeof(packing->send));
	packing->n_send = packing->site->n_send;
	packing->n_carried = packing->site->n_carried;
	memcpy(packing->give, packing->site->give, sizeof(packing->give));
	packing->n_gives = packing->site->n_gives;
	packing->packs = packing->site->packs;
	packing->is_begun = true;
}

/* Whoever had the site since may have sent from it, or measured. */
static void bring_cursors(struct ph_site_packing *packing)
{
	struct ph_site *site = packing->site;

	memcpy(site->send, packing->send, sizeof(site->send));
	site->n_send = packing->n_send;
	site->n_carried = packing->n_carried;
	site->packs = packing->packs;
	site->parts_last = false;
	bring_gives(packing);
}

/* ---- one bundle ---- */

/* The number of the next bundle, for good. */
static int take_number(struct ph_site *site, enum ph_away_road road)
{
	int64_t sessions = 0;
	int rc = ph_db_begin(site->db);

	if (rc == 0) {
		rc = ph_journal_meta_get_int(site->journal, PH_META_SESSIONS, &sessions);
		rc = rc < 0 ? rc
			    : ph_journal_meta_put_int(site->journal, PH_META_SESSIONS,
						      sessions + 1);
		rc = rc < 0 ? rc : ph_site_away_note(site, (uint64_t)sessions + 1, road);
	}
	if (rc == 0) {
		rc = ph_db_commit(site->db);
	}
	if (rc < 0) {
		ph_site_roll_back(site);
	}
	return rc;
}

/* What this device holds, as a session would tell it first. */
static int make_hello(struct ph_site_packing *packing, struct ph_error *err)
{
	struct ph_site *site = packing->site;
	struct ph_buf arena = { 0 };
	int rc;

	site->heads_from = packing->heads_from;
	rc = ph_site_hello(site, 0, &packing->hello, &arena, err);
	site->heads_from = (struct ph_site_place){ 0 };
	packing->leaves = site->left_own > 0;
	packing->left_from = site->left_from;
	ph_buf_deinit(&arena);
	site->parts_last = false;
	if (rc == 0) {
		packing->hello.cert = PH_VIEW(NULL, 0);
		packing->hello.done = false;
		rc = place_cursors(packing);
		rc = rc == 0 ? place_gives(packing) : rc;
		rc = rc == 0 ? ph_site_hub_packs(site, &site->packs) : rc;
	}
	return rc;
}

static int begin_bundle(struct ph_site_packing *packing, uint64_t max, struct ph_buf *out)
{
	struct ph_site *site = packing->site;
	struct ph_bundle_config config = {
		.header = { .direction = PH_BUNDLE_UP,
			    .number = packing->hello.counter,
			    .made = (uint64_t)ph_site_now(site) },
		.keys = &site->keys.box,
		.payload = ph_buf_view(&site->cert_bytes),
		.rng = site->config.rng,
		.max = max < PH_BUNDLE_MAX ? max : PH_BUNDLE_MAX,
	};
	int rc;

	memcpy(config.header.from, site->cert.device_id, sizeof(config.header.from));
	ph_device_id(config.header.to, site->keylist.hub[site->hub_turn].sign);
	memcpy(config.to_key, site->keylist.hub[site->hub_turn].box,
	       sizeof(config.to_key));
	rc = max == 0 ? PH_BUNDLE_E_FULL
		      : ph_bundle_writer_new(&packing->writer, &config, out);
	if (rc == 0) {
		rc = ph_bundle_put_up(packing->writer, &packing->hello, out);
	}
	return rc;
}

/* RC, of the bundle under way, which is over. */
static int end_bundle(struct ph_site_packing *packing, int rc, struct ph_error *err)
{
	ph_bundle_writer_free(packing->writer);
	packing->writer = NULL;
	return rc > 0   ? PH_SITE_PACK_E_FULL
	       : rc < 0 ? ph_fail_errno(err, rc, ph_say("making a bundle", "làm gói"))
			: 0;
}

/* As ph_site_pack_begin(), by the number that was used last. */
static int begin_one(struct ph_site_packing *packing, uint64_t max, struct ph_buf *out,
		     struct ph_error *err)
{
	int rc = make_hello(packing, err);

	packing->counts = (struct ph_bundle_counts){ 0 };
	rc = rc == 0 ? begin_bundle(packing, max, out) : rc;
	keep_cursors(packing);
	return rc == 0 ? 0 : end_bundle(packing, rc, err);
}

int ph_site_pack_begin(struct ph_site_packing *packing, uint64_t max, struct ph_buf *out,
		       struct ph_error *err)
{
	/* what has been erased is told of the bundles before this one */
	int rc = ph_site_erase_tell(packing->site, err);

	rc = rc < 0 ? rc : take_number(packing->site, packing->road);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("writing to this site's store",
					     "ghi vào kho dữ liệu của điểm"))
		      : begin_one(packing, max, out, err);
}

/* Of the first PUT entries in the bundles of PACKING, those that are not the hub's own. */
static uint64_t without_given(const struct ph_site_packing *packing, uint64_t put)
{
	return put > packing->given ? put - packing->given : 0;
}

int ph_site_pack_step(struct ph_site_packing *packing, struct ph_buf *out,
		      struct ph_site_packed *packed_out, struct ph_error *err)
{
	struct ph_bundle_counts *counts = &packing->counts;
	bool is_full = false;
	bool left = false;
	int rc;

	packing->err = err;
	bring_cursors(packing);
	rc = ph_bundle_put_some(packing->writer, &packing->source, counts, out, &left);
	keep_cursors(packing);
	if (rc == 0 && left) {
		return PH_SITE_PACK_E_MORE;
	}
	if (rc == PH_BUNDLE_E_FULL && counts->entries + counts->parts > 0) {
		is_full = true;
		rc = 0;
	}
	rc = rc == 0 ? ph_bundle_finish(packing->writer, out) : rc;
	rc = end_bundle(packing, rc, err);
	if (rc == 0) {
		uint64_t before = without_given(packing, packing->put);

		packing->put += counts->entries;
		*packed_out = (struct ph_site_packed){
			.number = packing->hello.counter,
			.entries = without_given(packing, packing->put) - before,
			.parts = counts->parts,
			.more = is_full || packing->leaves,
		};
		if (!is_full && packing->leaves) {
			packing->heads_from = packing->left_from;
		}
	}
	return rc;
}

int ph_site_pack_next(struct ph_site_packing *packing, uint64_t max, struct ph_buf *out,
		      struct ph_site_packed *packed_out, struct ph_error *err)
{
	int rc = ph_site_pack_begin(packing, max, out, err);

	rc = rc == 0 ? PH_SITE_PACK_E_MORE : rc;
	while (rc == PH_SITE_PACK_E_MORE) {
		rc = ph_site_pack_step(packing, out, packed_out, err);
	}
	return rc;
}

/* ---- measuring ---- */

/* Plain bytes of the entries of LOG above AFTER, by class. */
static int weigh_log(struct ph_site_aside *aside, const struct ph_log *log,
		     uint64_t after, uint64_t last, struct ph_site_measured *out,
		     struct ph_error *err)
{
	struct ph_site *site = aside->site;
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	uint64_t part;
	int rc = 0;

	for (uint64_t n = after + 1; rc == 0 && n <= last; n++) {
		enum ph_road_class class = PH_CLASS_REST;
		size_t parts = 0;

		bytes.len = 0;
		rc = ph_journal_entry(site->journal, log->row, n, &bytes);
		if (rc == 0 && ph_entry_decode(ph_buf_view(&bytes), &entry) == 0) {
			class = ph_road_class(entry.number);
		}
		if (rc == 0) {
			rc = ph_journal_parts_in(site->journal, log->row, n - 1, n, &part,
						 1, &parts);
		}
		out->class[class].entries++;
		out->class[class].parts += parts;
		out->class[class].bytes += bytes.len + parts * PART_PLAIN;
		if (rc == 0 && n % WEIGH_STEP == 0) {
			rc = ph_site_aside_rest(aside, err);
		}
	}
	ph_buf_deinit(&bytes);
	return rc > 0 ? -EUCLEAN : rc;
}

/* The logs of PACKING from place FIRST to before END. */
static int weigh(const struct ph_site_packing *packing, unsigned first, unsigned end,
		 struct ph_site_aside *aside, struct ph_site_measured *out,
		 struct ph_error *err)
{
	struct ph_site *site = aside->site;
	int rc = 0;

	for (unsigned i = first; rc == 0 && i < end; i++) {
		const struct ph_site_send *send = &packing->send[i];
		struct ph_log log;

		rc = ph_site_send_log(site, send, &log);
		rc = rc == 0 ? weigh_log(aside, &log, send->start,
					 ph_site_send_end(send, &log), out, err)
			     : rc;
	}
	return rc > 0 ? -EUCLEAN : rc;
}

/* Of the plain bytes of each class its share of all. */
static void share(struct ph_site_measured *out)
{
	uint64_t plain = 0;

	for (int i = 0; i < PH_CLASSES; i++) {
		plain += out->class[i].bytes;
	}
	for (int i = 0; i < PH_CLASSES && plain > 0; i++) {
		out->class[i].bytes = out->class[i].bytes * out->bytes / plain;
	}
}

/* One bundle, as it would go onto a stick. */
static int measure_one(struct ph_site_packing *packing, struct ph_site_aside *aside,
		       struct ph_buf *bundle, struct ph_site_packed *packed_out,
		       struct ph_error *err)
{
	int rc = begin_one(packing, PH_BUNDLE_MAX, bundle, err);

	rc = rc == 0 ? PH_SITE_PACK_E_MORE : rc;
	while (rc == PH_SITE_PACK_E_MORE) {
		int rested = ph_site_aside_rest(aside, err);

		rc = rested < 0 ? rested
				: ph_site_pack_step(packing, bundle, packed_out, err);
	}
	return rc;
}

static int measure_all(struct ph_site_packing *packing, struct ph_site_aside *aside,
		       struct ph_site_measured *out, struct ph_error *err)
{
	struct ph_site_packed packed = { .more = true };
	struct ph_buf bundle = { 0 };
	int rc = 0;

	while (rc == 0 && packed.more) {
		struct ph_site_place from = packing->heads_from;

		bundle.len = 0;
		rc = measure_one(packing, aside, &bundle, &packed, err);
		if (rc == 0) {
			out->bundle += bundle.len;
			out->entries += packed.entries;
			out->parts += packed.parts;
			out->files++;
		}
		/* the log in use, which stands first, and carried ones are told to the end */
		if (rc == 0 && (packing->heads_from.why != from.why ||
				packing->heads_from.row != from.row)) {
			rc = weigh(packing, 1, packing->n_send, aside, out, err);
		}
	}
	rc = rc == 0 ? weigh(packing, 0, packing->n_send + packing->n_carried, aside, out,
			     err)
		     : rc;
	ph_buf_deinit(&bundle);
	out->bytes = packing->bytes;
	share(out);
	return rc > 0 ? -EUCLEAN : rc;
}

int ph_site_measure(struct ph_site_aside *aside, struct ph_site_measured *out,
		    struct ph_error *err)
{
	struct ph_site_measured measured = { 0 };
	struct ph_site_packing *packing = NULL;
	int rc = ph_site_pack_new(&packing, aside->site);

	rc = rc == 0 ? measure_all(packing, aside, &measured, err) : rc;
	ph_site_pack_free(packing);
	if (rc < 0) {
		return ph_fail_errno(
			err, rc, ph_say("measuring what waits", "tính phần đang chờ"));
	}
	*out = measured;
	return 0;
}
