/*
 * daemon/feeder_page.c - items of a feed into a signed page.
 *
 * A page takes the items behind a cursor in the order of their numbers, as many as fit.
 * Entries are read from the journal by reference; keys of one entry that follow each
 * other travel with its bytes once. Seeds of sealed parts are opened with the hub's key
 * and sealed to the desk key of the one device that the page is for, the same way each time:
 * so a page that is made again is the same, and one that a cut left is gone on with. Of a reader whom its
 * site knows only by what it wrote itself the entries travel without their parts.
 *
 * Making a page changes nothing: what a device did not confirm is sent again.
 */
#include "daemon/feeder_internal.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "daemon/hub_keys.h"
#include "daemon/hub_part.h"

/* One row of feed_item, and what its entry brings. */
struct row {
	uint64_t number;
	enum ph_feed_what what;
	struct ph_entity_key key; /* type 0: none */
	struct ph_ref ref;
	uint64_t second, tick, unsure;
	bool bytes;
};

struct page {
	struct ph_feeder *feeder;
	const struct ph_feeder_device *device;
	struct ph_feed_writer writer;
	struct ph_buf entry, keys, cipher, seed, refs, sites;
	uint8_t box[PH_SEED_BOX_SIZE];
	struct ph_feed_log log;
	/* a FACT whose keys are being gathered */
	struct row pending;
	unsigned n_keys;
	uint64_t done; /* items up to here are in the page */
};

static int read_row(struct ph_stmt *stmt, struct row *row)
{
	*row = (struct row){ .number = (uint64_t)ph_stmt_col_int(stmt, 0),
			     .what = (enum ph_feed_what)ph_stmt_col_int(stmt, 1),
			     .second = (uint64_t)ph_stmt_col_int(stmt, 5),
			     .tick = (uint64_t)ph_stmt_col_int(stmt, 6),
			     .unsure = (uint64_t)ph_stmt_col_int(stmt, 7),
			     .bytes = ph_stmt_col_int(stmt, 8) != 0 };
	if (!ph_stmt_col_is_null(stmt, 2) &&
	    !ph_key_bytes((enum ph_entity)ph_stmt_col_int(stmt, 2),
			  ph_stmt_col_blob(stmt, 3), &row->key)) {
		return -EUCLEAN;
	}
	if (!ph_stmt_col_is_null(stmt, 4) &&
	    !ph_feeder_ref_get(ph_stmt_col_blob(stmt, 4), &row->ref)) {
		return -EUCLEAN;
	}
	return 0;
}

/* --- entries and parts --- */

/* Seal the seed in page->seed, which only the hub can open, to the device's desk. */
static int seal_seed(struct page *page)
{
	const struct ph_feeder_config *config = &page->feeder->config;
	struct ph_view boxed = ph_buf_view(&page->seed);
	uint8_t seed[PH_SEED_SIZE];
	int rc = config->ring ? ph_hub_ring_open(config->ring, boxed, seed)
			      : ph_hub_seed_open(&config->keys->box, boxed, seed);

	rc = rc != 0 ? -EBADMSG
		     : ph_hub_seed_seal(&config->keys->box, seed, page->device->desk,
					page->box);
	sodium_memzero(seed, sizeof(seed));
	return rc;
}

/*
 * Whether what is sealed under KEY is kept from this device: also what was queued while
 * it was for it, if the reader has left since. 0 or negative errno.
 */
static int look_manner(struct page *page, const struct ph_entity_key *key, bool *bare_out)
{
	enum ph_feeder_told told;
	int rc;

	*bare_out = false;
	if (key->type != PH_ENTITY_READER) {
		return 0;
	}
	rc = ph_feeder_told(page->feeder, page->device, key, &told);
	*bare_out = rc == 0 && told != PH_TOLD_IN;
	return rc;
}

/* The entry of REF, where it stands, and its part if it has one that is here. */
static int load_entry(struct page *page, const struct ph_ref *ref)
{
	struct ph_journal *journal = page->feeder->config.journal;
	struct ph_log log;
	int rc;

	page->entry.len = page->cipher.len = page->seed.len = 0;
	rc = ph_journal_resolve(journal, ref, &log, &page->entry);
	if (rc != 0) {
		return rc < 0 ? rc : -EUCLEAN; /* what was told stays in the journal */
	}
	memcpy(page->log.id, log.id, sizeof(log.id));
	memcpy(page->log.key, log.key, sizeof(log.key));
	page->log.site = log.site;
	page->log.role = log.role;
	rc = ph_journal_part_get(journal, log.row, ref->n, &page->cipher, &page->seed);
	if (rc == 0 && page->seed.len > 0) {
		rc = seal_seed(page);
	} else {
		page->cipher.len = 0;
	}
	if (rc == -EBADMSG) {
		page->cipher.len = 0; /* nobody here can open it: it travels without */
	}
	return rc < 0 && rc != -EBADMSG ? rc : 0;
}

/* --- one item --- */

static int add(struct page *page, const struct ph_feed_log *log,
	       const struct ph_feed_item *item)
{
	return ph_feed_add(&page->writer, log, item);
}

static int add_keyed(struct page *page, const struct row *row)
{
	struct ph_feed_item item = { .what = row->what,
				     .key = { .type = row->key.type,
					      .id = ph_key_view(&row->key) } };
	int rc = add(page, NULL, &item);

	page->done = rc == 0 ? row->number : page->done;
	return rc;
}

static int add_unfact(struct page *page, const struct row *row)
{
	struct ph_feed_key key = { .type = row->key.type, .id = ph_key_view(&row->key) };
	struct ph_feed_item item = { .what = row->what, .ref = row->ref, .n_keys = 1 };
	int rc;

	page->keys.len = 0;
	rc = ph_feed_key_put(&page->keys, &key);
	item.keys = ph_buf_view(&page->keys);
	rc = rc != 0 ? rc : add(page, NULL, &item);
	page->done = rc == 0 ? row->number : page->done;
	return rc;
}

static int add_act(struct page *page, const struct row *row)
{
	struct ph_feed_item item = { .what = row->what,
				     .ref = row->ref,
				     .second = row->second,
				     .tick = row->tick };
	int rc = 0;

	if (row->what == PH_FEED_ACT) {
		rc = load_entry(page, &row->ref);
		item.entry = ph_buf_view(&page->entry);
	}
	rc = rc != 0 ? rc
		     : add(page, row->what == PH_FEED_ACT ? &page->log : NULL, &item);
	page->done = rc == 0 ? row->number : page->done;
	return rc;
}

/* Put down the fact whose keys were gathered. */
static int flush(struct page *page)
{
	const struct row *row = &page->pending;
	struct ph_feed_item item = { .what = PH_FEED_FACT,
				     .ref = row->ref,
				     .second = row->second,
				     .tick = row->tick,
				     .unsure = row->unsure,
				     .keys = ph_buf_view(&page->keys),
				     .n_keys = page->n_keys };
	uint64_t last = row->number;
	bool bare;
	int rc;

	if (page->n_keys == 0) {
		return 0;
	}
	rc = load_entry(page, &row->ref);
	rc = rc != 0 ? rc : look_manner(page, &row->key, &bare);
	if (rc == 0 && row->bytes) {
		item.entry = ph_buf_view(&page->entry);
		page->cipher.len = bare ? 0 : page->cipher.len;
		item.cipher = ph_buf_view(&page->cipher);
		if (page->cipher.len > 0) {
			item.seed_box = PH_VIEW(page->box, sizeof(page->box));
		}
	}
	rc = rc != 0 ? rc : add(page, &page->log, &item);
	page->n_keys = 0;
	page->done = rc == 0 ? last : page->done;
	return rc;
}

static bool continues(const struct page *page, const struct row *row)
{
	const struct row *pending = &page->pending;

	return page->n_keys > 0 && page->n_keys < PH_FEEDER_KEYS_MAX &&
	       ph_ref_equal(&pending->ref, &row->ref) && !row->bytes &&
	       pending->second == row->second && pending->tick == row->tick &&
	       pending->unsure == row->unsure;
}

static int gather(struct page *page, const struct row *row)
{
	struct ph_feed_key key = { .type = row->key.type, .id = ph_key_view(&row->key) };
	int rc;

	if (!continues(page, row)) {
		rc = flush(page);
		if (rc != 0) {
			return rc;
		}
		page->keys.len = 0;
		page->pending = *row;
	}
	page->pending.number = row->number;
	rc = ph_feed_key_put(&page->keys, &key);
	page->n_keys += rc == 0;
	return rc;
}

/*
 * Tell of the logs that CASE_ROW cites: of a fact that the site does not have it is at
 * least to be seen who wrote it. Its own logs it knows.
 */
static int add_case_logs(struct page *page, const struct ph_case_row *case_row)
{
	struct ph_journal *journal = page->feeder->config.journal;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < case_row->n_refs; i++) {
		struct ph_feed_log told;
		struct ph_log log;

		rc = ph_journal_log_find(journal, case_row->refs[i].log_id, &log);
		if (rc != 0 || log.site == page->device->site) {
			rc = rc < 0 ? rc : 0;
			continue;
		}
		memcpy(told.id, log.id, sizeof(told.id));
		memcpy(told.key, log.key, sizeof(told.key));
		told.site = log.site;
		told.role = log.role;
		rc = ph_feed_add_log(&page->writer, &told);
		rc = rc == -EINVAL ? 0 : rc; /* what no device would take is not told */
	}
	return rc;
}

/* A case as it is now; one that went meanwhile is taken back at once. */
static int add_case(struct page *page, const struct row *row)
{
	struct ph_feed_item item = { .what = PH_FEED_UNCASE };
	struct ph_case_row now;
	int rc = PH_LEDGER_E_NONE;

	if (row->key.len != sizeof(item.case_id)) {
		return -EUCLEAN;
	}
	memcpy(item.case_id, row->key.id, sizeof(item.case_id));
	if (row->what == PH_FEED_CASE) {
		rc = ph_case_get(page->feeder->config.ledger, row->key.id, &now);
	}
	if (rc == 0) {
		rc = ph_feeder_case_item(page->feeder, &now, &page->refs, &page->sites,
					 &item);
		rc = rc != 0 ? rc : add_case_logs(page, &now);
		rc = rc != 0 ? rc : add(page, NULL, &item);
		rc = rc != 0 ? rc
			     : ph_feeder_case_sent(page->feeder, page->device, &row->key,
						   &now);
		ph_case_row_deinit(&now);
	} else if (rc == PH_LEDGER_E_NONE) {
		rc = add(page, NULL, &item);
		rc = rc != 0 || row->what != PH_FEED_CASE
			     ? rc
			     : ph_feeder_case_sent(page->feeder, page->device, &row->key,
						   NULL);
	}
	page->done = rc == 0 ? row->number : page->done;
	return rc;
}

static int add_row(struct page *page, const struct row *row)
{
	int rc;

	if (row->what == PH_FEED_FACT) {
		return gather(page, row);
	}
	rc = flush(page);
	if (rc != 0) {
		return rc;
	}
	switch (row->what) {
	case PH_FEED_ENTER:
	case PH_FEED_LEAVE:
		return add_keyed(page, row);
	case PH_FEED_UNFACT:
		return add_unfact(page, row);
	case PH_FEED_ACT:
	case PH_FEED_UNACT:
		return add_act(page, row);
	case PH_FEED_CASE:
	case PH_FEED_UNCASE:
		return add_case(page, row);
	default:
		return -EUCLEAN;
	}
}

/* --- the page --- */

/* PH_FEED_E_FULL: the page is as full as it gets. */
static int fill(struct page *page, uint64_t after, size_t budget)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(page->feeder->db,
			       "SELECT number, what, type, id, ref, second, tick, unsure,"
			       " bytes FROM feed_item WHERE device = ?1 AND number > ?2"
			       " ORDER BY number",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, page->device->row);
	ph_stmt_int(stmt, 2, (int64_t)after);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		struct row row;

		rc = read_row(stmt, &row);
		if (rc == 0 && page->writer.n_items > 0 &&
		    page->writer.items.len >= budget) {
			rc = PH_FEED_E_FULL;
		}
		rc = rc != 0 ? rc : add_row(page, &row);
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc == 0 ? flush(page) : rc;
}

static void page_deinit(struct page *page)
{
	ph_feed_deinit(&page->writer);
	ph_buf_deinit(&page->entry);
	ph_buf_deinit(&page->keys);
	ph_buf_deinit(&page->cipher);
	ph_buf_wipe(&page->seed);
	ph_buf_deinit(&page->refs);
	ph_buf_deinit(&page->sites);
}

static int sign(struct page *page, uint64_t after, struct ph_buf *out)
{
	const struct ph_feeder_config *config = &page->feeder->config;
	struct ph_feed_page head = { .epoch = config->epoch,
				     .scope = page->device->scope,
				     .from = after,
				     .number = page->done };

	memcpy(head.feed, page->device->id, sizeof(head.feed));
	return ph_feed_sign(&page->writer, &head, config->keys->sign.secret, out);
}

int ph_feeder_page(struct ph_feeder *feeder, int64_t row, struct ph_feeder_cursor *cursor,
		   size_t budget, struct ph_buf *out, bool *more_out)
{
	struct page page = { .feeder = feeder };
	uint64_t after;
	int rc = ph_feeder_load(feeder);

	*more_out = false;
	page.device = rc == 0 ? ph_feeder_device_at(feeder, row) : NULL;
	if (!page.device) {
		return rc != 0 ? rc : PH_FEEDER_E_NONE;
	}
	after = cursor->scope == page.device->scope ? cursor->number : 0;
	page.done = after;
	rc = fill(&page, after, budget);
	if (rc == PH_FEED_E_FULL && page.writer.n_items > 0) {
		rc = 0;
	}
	if (rc == 0) {
		rc = page.done == after ? PH_FEEDER_E_NONE : sign(&page, after, out);
	}
	if (rc == 0) {
		*cursor = (struct ph_feeder_cursor){ page.device->scope, page.done };
		*more_out = page.done < page.device->number;
	}
	page_deinit(&page);
	return rc == PH_FEED_E_FULL ? -EUCLEAN : rc;
}
