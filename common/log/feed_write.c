/*
 * common/log/feed_write.c - making pages of a feed.
 *
 * Items are written one behind the other as they are added, and logs beside them; the
 * page is put together and signed at the end. An item is written first and counted
 * then: if the page would be over a limit with it, it is taken back.
 *
 * What a device would refuse is refused here (-EINVAL): the hub must not sign it.
 */
#include "common/log/feed.h"

#include <errno.h>
#include <string.h>

#include "common/log/feed_internal.h"

enum {
	/* The body less what is in its two rows, at most. */
	HEAD_MAX = 2 + 4 * 9 + 2 + 8 + 2 + PH_DEVICE_ID_SIZE + 2 * 3,
};

/* ---- rows for an item ---- */

static bool id_ok(struct ph_view id)
{
	return id.len >= 1 && id.len <= PH_FEED_ID_MAX;
}

static bool key_ok(const struct ph_feed_key *key)
{
	return key->type >= 1 && key->type <= PH_FEED_TYPE_MAX && id_ok(key->id);
}

static void put_key(struct ph_mpw *writer, const struct ph_feed_key *key)
{
	ph_mpw_uint(writer, key->type);
	ph_mpw_bin(writer, key->id.data, key->id.len);
}

/* What was begun at BEFORE, if it went well; else it is taken back. */
static int put_end(struct ph_mpw *writer, struct ph_buf *out, size_t before)
{
	int rc = ph_mpw_end(writer);

	if (rc != 0) {
		out->len = before;
	}
	return rc;
}

int ph_feed_key_put(struct ph_buf *keys, const struct ph_feed_key *key)
{
	size_t before = keys->len;
	struct ph_mpw writer;

	if (!key_ok(key)) {
		return -EINVAL;
	}
	ph_mpw_init(&writer, keys);
	ph_mpw_array(&writer, 2);
	put_key(&writer, key);
	return put_end(&writer, keys, before);
}

static bool ref_ok(const struct ph_ref *ref)
{
	return ref->n >= 1 && ref->n <= PH_N_MAX;
}

int ph_feed_ref_put(struct ph_buf *refs, const struct ph_ref *ref)
{
	size_t before = refs->len;
	struct ph_mpw writer;

	if (!ref_ok(ref)) {
		return -EINVAL;
	}
	ph_mpw_init(&writer, refs);
	ph_ref_write(&writer, ref);
	return put_end(&writer, refs, before);
}

static bool site_ok(uint64_t site)
{
	return site >= 1 && site <= PH_SITE_MAX;
}

int ph_feed_site_put(struct ph_buf *sites, uint64_t site)
{
	size_t before = sites->len;
	struct ph_mpw writer;

	if (!site_ok(site)) {
		return -EINVAL;
	}
	ph_mpw_init(&writer, sites);
	ph_mpw_uint(&writer, site);
	return put_end(&writer, sites, before);
}

/* ---- items ---- */

static bool place_ok(const struct ph_feed_item *item)
{
	return ref_ok(&item->ref) && item->second <= PH_FEED_SECOND_MAX &&
	       item->tick <= UINT16_MAX;
}

/* Whether the entry of ITEM is the one that it names; a device takes its hash from it. */
static bool entry_ok(const struct ph_feed_item *item)
{
	uint8_t hash[PH_HASH_SIZE];

	if (item->entry.len < 1 || item->entry.len > PH_ENTRY_MAX) {
		return false;
	}
	ph_entry_hash(item->entry, hash);
	return memcmp(item->ref.hash, hash, sizeof(item->ref.hash)) == 0;
}

static bool keys_ok(const struct ph_feed_item *item)
{
	struct ph_view keys = item->keys;
	struct ph_feed_key key;
	unsigned n = 0;

	while (keys.len > 0 && ph_feed_key_next(&keys, &key) == 0) {
		n++;
	}
	return keys.len == 0 && n == item->n_keys && n >= 1 && n <= PH_PAGE_KEYS_MAX;
}

static bool refs_ok(const struct ph_feed_item *item)
{
	struct ph_view refs = item->refs;
	struct ph_ref ref;
	unsigned n = 0;

	while (refs.len > 0 && ph_feed_ref_next(&refs, &ref) == 0) {
		n++;
	}
	return refs.len == 0 && n == item->n_refs && n <= PH_PAGE_REFS_MAX;
}

static bool sites_ok(const struct ph_feed_item *item)
{
	struct ph_view sites = item->sites;
	uint64_t before = 0;
	uint64_t site;
	unsigned n = 0;

	while (sites.len > 0 && ph_feed_site_next(&sites, &site) == 0 && site > before) {
		before = site;
		n++;
	}
	return sites.len == 0 && n == item->n_sites && n <= PH_PAGE_SITES_MAX;
}

static bool part_ok(const struct ph_feed_item *item)
{
	return item->cipher.len == 0 ? item->seed_box.len == 0
				     : item->cipher.len <= PH_PART_MAX &&
					       item->seed_box.len == PH_SEED_BOX_SIZE;
}

static bool case_ok(const struct ph_feed_item *item)
{
	return item->case_kind >= 1 && item->case_kind <= PH_FEED_TYPE_MAX &&
	       id_ok(item->anchor) && refs_ok(item) && sites_ok(item) &&
	       item->second <= PH_FEED_SECOND_MAX &&
	       (!item->is_decided || item->decided <= PH_FEED_TYPE_MAX);
}

static bool item_ok(const struct ph_feed_item *item)
{
	switch (item->what) {
	case PH_FEED_FACT:
		return place_ok(item) && item->unsure <= PH_FEED_UNSURE_MAX &&
		       (item->entry.len == 0 || entry_ok(item)) && keys_ok(item) &&
		       part_ok(item);
	case PH_FEED_UNFACT:
		return ref_ok(&item->ref) && keys_ok(item);
	case PH_FEED_ENTER:
	case PH_FEED_LEAVE:
		return key_ok(&item->key);
	case PH_FEED_ACT:
		return place_ok(item) && entry_ok(item);
	case PH_FEED_UNACT:
		return ref_ok(&item->ref);
	case PH_FEED_CASE:
		return case_ok(item);
	case PH_FEED_UNCASE:
		return true;
	}
	return false;
}

static void put_head(struct ph_mpw *writer, const struct ph_feed_item *item, size_t n)
{
	ph_mpw_array(writer, n);
	ph_mpw_uint(writer, item->what);
}

static void put_place(struct ph_mpw *writer, const struct ph_feed_item *item,
		      unsigned log)
{
	ph_mpw_uint(writer, log);
	ph_mpw_uint(writer, item->ref.n);
	ph_mpw_uint(writer, item->second);
	ph_mpw_uint(writer, item->tick);
}

static void put_name(struct ph_mpw *writer, const struct ph_ref *ref)
{
	ph_mpw_bin(writer, ref->log_id, sizeof(ref->log_id));
	ph_mpw_uint(writer, ref->n);
	ph_mpw_bin(writer, ref->hash, sizeof(ref->hash));
}

/* A row that is there already: its head, then its bytes. */
static void put_row(struct ph_mpw *writer, unsigned n, struct ph_view row)
{
	ph_mpw_array(writer, n);
	if (row.len > 0 && ph_buf_put_view(writer->buf, row) != 0) {
		writer->failed = true;
	}
}

static void put_fact(struct ph_mpw *writer, const struct ph_feed_item *item, unsigned log)
{
	put_head(writer, item, item->cipher.len > 0 ? 9 : 8);
	put_place(writer, item, log);
	ph_mpw_uint(writer, item->unsure);
	if (item->entry.len > 0) {
		ph_mpw_bin(writer, item->entry.data, item->entry.len);
	} else {
		ph_mpw_array(writer, 1);
		ph_mpw_bin(writer, item->ref.hash, sizeof(item->ref.hash));
	}
	put_row(writer, item->n_keys, item->keys);
	if (item->cipher.len > 0) {
		ph_mpw_array(writer, 2);
		ph_mpw_bin(writer, item->cipher.data, item->cipher.len);
		ph_mpw_bin(writer, item->seed_box.data, item->seed_box.len);
	}
}

static void put_case(struct ph_mpw *writer, const struct ph_feed_item *item)
{
	put_head(writer, item, item->is_decided ? 8 : 7);
	ph_mpw_bin(writer, item->case_id, sizeof(item->case_id));
	ph_mpw_uint(writer, item->case_kind);
	ph_mpw_bin(writer, item->anchor.data, item->anchor.len);
	put_row(writer, item->n_refs, item->refs);
	put_row(writer, item->n_sites, item->sites);
	ph_mpw_uint(writer, item->second);
	if (item->is_decided) {
		ph_mpw_uint(writer, item->decided);
	}
}

static void put_item(struct ph_mpw *writer, const struct ph_feed_item *item, unsigned log)
{
	switch (item->what) {
	case PH_FEED_FACT:
		put_fact(writer, item, log);
		break;
	case PH_FEED_UNFACT:
		put_head(writer, item, 5);
		put_name(writer, &item->ref);
		put_row(writer, item->n_keys, item->keys);
		break;
	case PH_FEED_ENTER:
	case PH_FEED_LEAVE:
		put_head(writer, item, 3);
		put_key(writer, &item->key);
		break;
	case PH_FEED_ACT:
		put_head(writer, item, 6);
		put_place(writer, item, log);
		ph_mpw_bin(writer, item->entry.data, item->entry.len);
		break;
	case PH_FEED_UNACT:
		put_head(writer, item, 4);
		put_name(writer, &item->ref);
		break;
	case PH_FEED_CASE:
		put_case(writer, item);
		break;
	case PH_FEED_UNCASE:
		put_head(writer, item, 2);
		ph_mpw_bin(writer, item->case_id, sizeof(item->case_id));
		break;
	}
}

/* ---- logs ---- */

static void put_log(struct ph_mpw *writer, const struct ph_feed_log *log)
{
	ph_mpw_array(writer, 4);
	ph_mpw_bin(writer, log->id, sizeof(log->id));
	ph_mpw_uint(writer, log->site);
	ph_mpw_uint(writer, log->role);
	ph_mpw_bin(writer, log->key, sizeof(log->key));
}

/* The index of LOG, which is added if it is not there. 0, PH_FEED_E_FULL or -ENOMEM. */
static int find_log(struct ph_feed_writer *writer, const struct ph_feed_log *log,
		    unsigned *index_out)
{
	struct ph_view rest = ph_buf_view(&writer->logs);
	size_t before = writer->logs.len;
	struct ph_feed_log known;
	struct ph_mpw mpw;

	for (unsigned i = 0; i < writer->n_logs; i++) {
		if (ph_feed_log_next(&rest, &known) == 0 &&
		    memcmp(known.id, log->id, sizeof(known.id)) == 0 &&
		    memcmp(known.key, log->key, sizeof(known.key)) == 0) {
			*index_out = i;
			return 0;
		}
	}
	if (writer->n_logs == PH_PAGE_LOGS_MAX) {
		return PH_FEED_E_FULL;
	}
	ph_mpw_init(&mpw, &writer->logs);
	put_log(&mpw, log);

	int rc = put_end(&mpw, &writer->logs, before);

	if (rc == 0) {
		*index_out = writer->n_logs++;
	}
	return rc;
}

/* ---- pages ---- */

static bool has_place(const struct ph_feed_item *item)
{
	return item->what == PH_FEED_FACT || item->what == PH_FEED_ACT;
}

static bool has_keys(const struct ph_feed_item *item)
{
	return item->what == PH_FEED_FACT || item->what == PH_FEED_UNFACT;
}

static bool log_fits(const struct ph_feed_log *log, const struct ph_feed_item *item)
{
	if (!has_place(item)) {
		return true;
	}
	return log != NULL && ph_feed_log_ok(log) &&
	       memcmp(log->id, item->ref.log_id, sizeof(log->id)) == 0;
}

int ph_feed_add(struct ph_feed_writer *writer, const struct ph_feed_log *log,
		const struct ph_feed_item *item)
{
	const struct ph_feed_writer before = *writer;
	unsigned index = 0;
	struct ph_mpw mpw;
	int rc = 0;

	if (!item_ok(item) || !log_fits(log, item)) {
		return -EINVAL;
	}
	if (has_place(item)) {
		rc = find_log(writer, log, &index);
	}
	if (rc == 0) {
		ph_mpw_init(&mpw, &writer->items);
		put_item(&mpw, item, index);
		rc = ph_mpw_end(&mpw);
		writer->n_items++;
		writer->n_keys += has_keys(item) ? item->n_keys : 0;
	}
	if (rc == 0 &&
	    (writer->n_items > PH_PAGE_ITEMS_MAX || writer->n_keys > PH_PAGE_KEYS_MAX ||
	     HEAD_MAX + writer->logs.len + writer->items.len > PH_PAGE_MAX)) {
		rc = PH_FEED_E_FULL;
	}
	if (rc != 0) {
		writer->logs.len = before.logs.len;
		writer->items.len = before.items.len;
		writer->n_logs = before.n_logs;
		writer->n_items = before.n_items;
		writer->n_keys = before.n_keys;
	}
	return rc;
}

int ph_feed_add_log(struct ph_feed_writer *writer, const struct ph_feed_log *log)
{
	const size_t len = writer->logs.len;
	const unsigned n = writer->n_logs;
	unsigned index;
	int rc = ph_feed_log_ok(log) ? find_log(writer, log, &index) : -EINVAL;

	if (rc == 0 && HEAD_MAX + writer->logs.len + writer->items.len > PH_PAGE_MAX) {
		writer->logs.len = len;
		writer->n_logs = n;
		rc = PH_FEED_E_FULL;
	}
	return rc;
}

static int body_make(const struct ph_feed_writer *writer, const struct ph_feed_page *page,
		     struct ph_buf *body)
{
	struct ph_mpw mpw;

	ph_mpw_init(&mpw, body);
	ph_mpw_array(&mpw, 9);
	ph_mpw_uint(&mpw, 1);
	ph_mpw_uint(&mpw, page->epoch.number);
	ph_mpw_bin(&mpw, page->epoch.random, sizeof(page->epoch.random));
	ph_mpw_bin(&mpw, page->feed, sizeof(page->feed));
	ph_mpw_uint(&mpw, page->scope);
	ph_mpw_uint(&mpw, page->from);
	ph_mpw_uint(&mpw, page->number);
	put_row(&mpw, writer->n_logs, ph_buf_view(&writer->logs));
	put_row(&mpw, writer->n_items, ph_buf_view(&writer->items));
	return ph_mpw_end(&mpw);
}

int ph_feed_sign(const struct ph_feed_writer *writer, const struct ph_feed_page *page,
		 const uint8_t secret[static PH_SECRET_SIZE], struct ph_buf *out)
{
	uint8_t sig[PH_SIGNATURE_SIZE];
	size_t before = out->len;
	struct ph_buf body = { 0 };
	struct ph_mpw mpw;

	if (!ph_feed_page_ok(page)) {
		return -EINVAL;
	}

	int rc = body_make(writer, page, &body);

	if (rc == 0) {
		ph_sign(sig, PH_FEED_CONTEXT, ph_buf_view(&body), secret);
		ph_mpw_init(&mpw, out);
		ph_mpw_array(&mpw, 2);
		ph_mpw_bin(&mpw, body.data, body.len);
		ph_mpw_bin(&mpw, sig, sizeof(sig));
		rc = put_end(&mpw, out, before);
	}
	ph_buf_deinit(&body);
	return rc;
}

void ph_feed_deinit(struct ph_feed_writer *writer)
{
	ph_buf_deinit(&writer->logs);
	ph_buf_deinit(&writer->items);
	*writer = (struct ph_feed_writer){ 0 };
}
