/*
 * common/log/feed.c - reading pages of a feed.
 *
 * The envelope, then one walk over the whole body, which settles canonical form,
 * depth and lengths; then the hub's signature; then header, logs and items one by
 * one. Nothing is unpacked as a tree: a row is read by finding where each object ends
 * and taking numbers and bytes out of it, so a page costs no memory beyond its bytes.
 *
 * Whatever is not of this form, or over a limit, is PH_FEED_E_FORM, also if the hub
 * signed it: a page is applied whole, so all of it has to be right first.
 */
#include "common/log/feed.h"

#include <string.h>

#include <sodium.h>

#include "common/log/feed_internal.h"

_Static_assert(PH_SEED_BOX_SIZE == PH_SEED_SIZE + crypto_box_SEALBYTES,
	       "a sealed seed has this size");

static const struct ph_walk_limits limits = {
	.depth = 5, /* body, items, item, keys, key */
	.items = PH_PAGE_KEYS_MAX,
};

/* ---- rows ---- */

/* Take one object, of whatever kind. */
static bool take(struct ph_view *in, struct ph_view *object_out)
{
	size_t used;

	if (ph_walk(*in, &limits, PH_WALK_CANONICAL, &used) != 0) {
		return false;
	}
	*object_out = PH_VIEW(in->data, used);
	in->data += used;
	in->len -= used;
	return true;
}

/* Take the head of an array of MIN to MAX items, which are then next. */
static bool take_array(struct ph_view *in, size_t min, size_t max, size_t *n_out)
{
	size_t head = 1;
	size_t n;

	if (in->len < 1) {
		return false;
	}
	if (in->data[0] >= 0x90 && in->data[0] <= 0x9f) {
		n = in->data[0] & 0x0f;
	} else if (in->data[0] == 0xdc && in->len >= 3) {
		head = 3;
		n = ph_be16_get(in->data + 1);
	} else {
		return false; /* no row is so long that its length needs 32 bits */
	}
	if (n < min || n > max) {
		return false;
	}
	in->data += head;
	in->len -= head;
	*n_out = n;
	return true;
}

static bool is_uint_or_bin(uint8_t first)
{
	return first < 0x80 || (first >= 0xcc && first <= 0xcf) ||
	       (first >= 0xc4 && first <= 0xc6);
}

/*
 * A number or bytes. msgpack-c sets no memory aside for one, so that this can fail
 * only for what it is; nothing else is handed to it.
 */
static bool take_scalar(struct ph_view *in, msgpack_object *object_out)
{
	struct ph_view bytes;
	struct ph_mp mp;

	if (in->len < 1 || !is_uint_or_bin(in->data[0]) || !take(in, &bytes) ||
	    ph_mp_decode(&mp, bytes, &limits, PH_WALK_CANONICAL) != 0) {
		return false;
	}
	*object_out = *mp.root;
	ph_mp_deinit(&mp);
	return true;
}

static bool take_uint(struct ph_view *in, uint64_t min, uint64_t max, uint64_t *out)
{
	msgpack_object object;

	return take_scalar(in, &object) && ph_mp_uint(&object, max, out) && *out >= min;
}

static bool take_bin(struct ph_view *in, size_t min, size_t max, struct ph_view *out)
{
	msgpack_object object;

	return take_scalar(in, &object) && ph_mp_bin(&object, min, max, out);
}

static bool take_fixed(struct ph_view *in, uint8_t *out, size_t len)
{
	struct ph_view bytes;

	if (!take_bin(in, len, len, &bytes)) {
		return false;
	}
	memcpy(out, bytes.data, len);
	return true;
}

/* ---- what rows hold ---- */

int ph_feed_log_next(struct ph_view *logs, struct ph_feed_log *log_out)
{
	struct ph_view in = *logs;
	struct ph_feed_log log;
	size_t n;

	if (!take_array(&in, 4, 4, &n) || !take_fixed(&in, log.id, sizeof(log.id)) ||
	    !take_uint(&in, 0, PH_SITE_MAX, &log.site) ||
	    !take_uint(&in, 0, PH_ROLE_HUB, &log.role) ||
	    !take_fixed(&in, log.key, sizeof(log.key)) || !ph_feed_log_ok(&log)) {
		return PH_FEED_E_FORM;
	}
	*logs = in;
	*log_out = log;
	return 0;
}

int ph_feed_key_next(struct ph_view *keys, struct ph_feed_key *key_out)
{
	struct ph_view in = *keys;
	struct ph_feed_key key;
	size_t n;

	if (!take_array(&in, 2, 2, &n) ||
	    !take_uint(&in, 1, PH_FEED_TYPE_MAX, &key.type) ||
	    !take_bin(&in, 1, PH_FEED_ID_MAX, &key.id)) {
		return PH_FEED_E_FORM;
	}
	*keys = in;
	*key_out = key;
	return 0;
}

int ph_feed_ref_next(struct ph_view *refs, struct ph_ref *ref_out)
{
	struct ph_view in = *refs;
	struct ph_ref ref;
	size_t n;

	if (!take_array(&in, 3, 3, &n) ||
	    !take_fixed(&in, ref.log_id, sizeof(ref.log_id)) ||
	    !take_uint(&in, 1, PH_N_MAX, &ref.n) ||
	    !take_fixed(&in, ref.hash, sizeof(ref.hash))) {
		return PH_FEED_E_FORM;
	}
	*refs = in;
	*ref_out = ref;
	return 0;
}

int ph_feed_site_next(struct ph_view *sites, uint64_t *site_out)
{
	struct ph_view in = *sites;

	if (!take_uint(&in, 1, PH_SITE_MAX, site_out)) {
		return PH_FEED_E_FORM;
	}
	*sites = in;
	return 0;
}

/* A row of keys, each of which is right. */
static bool take_keys(struct ph_view *in, struct ph_feed_item *item)
{
	const uint8_t *start;
	struct ph_feed_key key;
	size_t n;

	if (!take_array(in, 1, PH_PAGE_KEYS_MAX, &n)) {
		return false;
	}
	start = in->data;
	for (size_t i = 0; i < n; i++) {
		if (ph_feed_key_next(in, &key) != 0) {
			return false;
		}
	}
	item->keys = PH_VIEW(start, (size_t)(in->data - start));
	item->n_keys = (unsigned)n;
	return true;
}

static bool take_refs(struct ph_view *in, struct ph_feed_item *item)
{
	const uint8_t *start;
	struct ph_ref ref;
	size_t n;

	if (!take_array(in, 0, PH_PAGE_REFS_MAX, &n)) {
		return false;
	}
	start = in->data;
	for (size_t i = 0; i < n; i++) {
		if (ph_feed_ref_next(in, &ref) != 0) {
			return false;
		}
	}
	item->refs = PH_VIEW(start, (size_t)(in->data - start));
	item->n_refs = (unsigned)n;
	return true;
}

static bool take_sites(struct ph_view *in, struct ph_feed_item *item)
{
	const uint8_t *start;
	uint64_t before = 0;
	uint64_t site;
	size_t n;

	if (!take_array(in, 0, PH_PAGE_SITES_MAX, &n)) {
		return false;
	}
	start = in->data;
	for (size_t i = 0; i < n; i++) {
		if (ph_feed_site_next(in, &site) != 0 || site <= before) {
			return false;
		}
		before = site;
	}
	item->sites = PH_VIEW(start, (size_t)(in->data - start));
	item->n_sites = (unsigned)n;
	return true;
}

/* ---- items ---- */

/* An item that is being read. */
struct reading {
	struct ph_view in;
	size_t left; /* members that are not read yet */
	const struct ph_feed_log *logs;
	unsigned n_logs;
};

/* Which log, which entry of it, where it stands in the order. */
static bool take_place(struct reading *reading, struct ph_feed_item *item)
{
	uint64_t log;

	if (!take_uint(&reading->in, 0, PH_PAGE_LOGS_MAX, &log) ||
	    log >= reading->n_logs ||
	    !take_uint(&reading->in, 1, PH_N_MAX, &item->ref.n) ||
	    !take_uint(&reading->in, 0, PH_FEED_SECOND_MAX, &item->second) ||
	    !take_uint(&reading->in, 0, UINT16_MAX, &item->tick)) {
		return false;
	}
	item->log = (unsigned)log;
	memcpy(item->ref.log_id, reading->logs[log].id, sizeof(item->ref.log_id));
	return true;
}

static bool take_entry(struct reading *reading, struct ph_feed_item *item)
{
	uint8_t hash[PH_HASH_SIZE];

	if (!take_bin(&reading->in, 1, PH_ENTRY_MAX, &item->entry)) {
		return false;
	}
	ph_entry_hash(item->entry, hash);
	memcpy(item->ref.hash, hash, sizeof(item->ref.hash));
	return true;
}

/* The entry, or [hash] of one that this feed brought. */
static bool take_entry_or_hash(struct reading *reading, struct ph_feed_item *item)
{
	size_t n;

	if (take_array(&reading->in, 1, 1, &n)) {
		return take_fixed(&reading->in, item->ref.hash, sizeof(item->ref.hash));
	}
	return take_entry(reading, item);
}

static bool take_part(struct reading *reading, struct ph_feed_item *item)
{
	size_t n;

	return take_array(&reading->in, 2, 2, &n) &&
	       take_bin(&reading->in, 1, PH_PART_MAX, &item->cipher) &&
	       take_bin(&reading->in, PH_SEED_BOX_SIZE, PH_SEED_BOX_SIZE,
			&item->seed_box);
}

static bool read_fact(struct reading *reading, struct ph_feed_item *item)
{
	return take_place(reading, item) &&
	       take_uint(&reading->in, 0, PH_FEED_UNSURE_MAX, &item->unsure) &&
	       take_entry_or_hash(reading, item) && take_keys(&reading->in, item) &&
	       (reading->left == 7 || take_part(reading, item));
}

static bool take_name(struct reading *reading, struct ph_feed_item *item)
{
	return take_fixed(&reading->in, item->ref.log_id, sizeof(item->ref.log_id)) &&
	       take_uint(&reading->in, 1, PH_N_MAX, &item->ref.n) &&
	       take_fixed(&reading->in, item->ref.hash, sizeof(item->ref.hash));
}

static bool read_unfact(struct reading *reading, struct ph_feed_item *item)
{
	return take_name(reading, item) && take_keys(&reading->in, item);
}

static bool read_entity(struct reading *reading, struct ph_feed_item *item)
{
	return take_uint(&reading->in, 1, PH_FEED_TYPE_MAX, &item->key.type) &&
	       take_bin(&reading->in, 1, PH_FEED_ID_MAX, &item->key.id);
}

static bool read_act(struct reading *reading, struct ph_feed_item *item)
{
	return take_place(reading, item) && take_entry(reading, item);
}

static bool read_case(struct reading *reading, struct ph_feed_item *item)
{
	if (!take_fixed(&reading->in, item->case_id, sizeof(item->case_id)) ||
	    !take_uint(&reading->in, 1, PH_FEED_TYPE_MAX, &item->case_kind) ||
	    !take_bin(&reading->in, 1, PH_FEED_ID_MAX, &item->anchor) ||
	    !take_refs(&reading->in, item) || !take_sites(&reading->in, item) ||
	    !take_uint(&reading->in, 0, PH_FEED_SECOND_MAX, &item->second)) {
		return false;
	}
	item->is_decided = reading->left == 7;
	return !item->is_decided ||
	       take_uint(&reading->in, 0, PH_FEED_TYPE_MAX, &item->decided);
}

static bool read_uncase(struct reading *reading, struct ph_feed_item *item)
{
	return take_fixed(&reading->in, item->case_id, sizeof(item->case_id));
}

static const struct {
	size_t min, max; /* members behind `what` */
	bool (*read)(struct reading *reading, struct ph_feed_item *item);
} forms[] = {
	[PH_FEED_FACT] = { 7, 8, read_fact },    [PH_FEED_UNFACT] = { 4, 4, read_unfact },
	[PH_FEED_ENTER] = { 2, 2, read_entity }, [PH_FEED_LEAVE] = { 2, 2, read_entity },
	[PH_FEED_ACT] = { 5, 5, read_act },      [PH_FEED_UNACT] = { 3, 3, take_name },
	[PH_FEED_CASE] = { 6, 7, read_case },    [PH_FEED_UNCASE] = { 1, 1, read_uncase },
};

int ph_feed_item_next(struct ph_view *items, const struct ph_feed_log *logs,
		      unsigned n_logs, struct ph_feed_item *item_out)
{
	struct reading reading = { .in = *items, .logs = logs, .n_logs = n_logs };
	struct ph_feed_item item = { 0 };
	uint64_t what;

	if (!take_array(&reading.in, 1, 9, &reading.left) ||
	    !take_uint(&reading.in, PH_FEED_FACT, PH_FEED_UNCASE, &what)) {
		return PH_FEED_E_FORM;
	}
	item.what = (enum ph_feed_what)what;
	reading.left--;
	if (reading.left < forms[what].min || reading.left > forms[what].max ||
	    !forms[what].read(&reading, &item)) {
		return PH_FEED_E_FORM;
	}
	*items = reading.in;
	*item_out = item;
	return 0;
}

/* ---- pages ---- */

bool ph_feed_log_ok(const struct ph_feed_log *log)
{
	bool is_hub = log->role == PH_ROLE_HUB;

	return log->site <= PH_SITE_MAX && log->role >= PH_ROLE_SITE &&
	       log->role <= PH_ROLE_HUB && is_hub == (log->site == 0);
}

bool ph_feed_page_ok(const struct ph_feed_page *page)
{
	return page->epoch.number >= 1 && page->epoch.number <= PH_N_MAX &&
	       page->scope >= 1 && page->scope <= PH_N_MAX && page->from < page->number &&
	       page->number <= PH_N_MAX;
}

static bool is_among(const struct ph_feed_log *log, const struct ph_feed_log *logs,
		     size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (memcmp(logs[i].id, log->id, sizeof(log->id)) == 0 &&
		    memcmp(logs[i].key, log->key, sizeof(log->key)) == 0) {
			return true;
		}
	}
	return false;
}

static bool read_logs(struct ph_view *in, struct ph_feed_page *page,
		      struct ph_feed_log *logs)
{
	const uint8_t *start;
	size_t n;

	if (!take_array(in, 0, PH_PAGE_LOGS_MAX, &n)) {
		return false;
	}
	start = in->data;
	for (size_t i = 0; i < n; i++) {
		if (ph_feed_log_next(in, &logs[i]) != 0 || is_among(&logs[i], logs, i)) {
			return false;
		}
	}
	page->logs = PH_VIEW(start, (size_t)(in->data - start));
	page->n_logs = (unsigned)n;
	return true;
}

static bool read_items(struct ph_view *in, struct ph_feed_page *page,
		       const struct ph_feed_log *logs)
{
	const uint8_t *start;
	struct ph_feed_item item;
	size_t n_keys = 0;
	size_t n;

	if (!take_array(in, 0, PH_PAGE_ITEMS_MAX, &n)) {
		return false;
	}
	start = in->data;
	for (size_t i = 0; i < n; i++) {
		if (ph_feed_item_next(in, logs, page->n_logs, &item) != 0) {
			return false;
		}
		n_keys += item.n_keys;
	}
	page->items = PH_VIEW(start, (size_t)(in->data - start));
	page->n_items = (unsigned)n;
	return n_keys <= PH_PAGE_KEYS_MAX;
}

static bool read_body(struct ph_view in, struct ph_feed_page *page)
{
	struct ph_feed_log logs[PH_PAGE_LOGS_MAX];
	uint64_t version;
	size_t n;

	return take_array(&in, 9, 9, &n) && take_uint(&in, 1, 1, &version) &&
	       take_uint(&in, 0, PH_N_MAX, &page->epoch.number) &&
	       take_fixed(&in, page->epoch.random, sizeof(page->epoch.random)) &&
	       take_fixed(&in, page->feed, sizeof(page->feed)) &&
	       take_uint(&in, 0, PH_N_MAX, &page->scope) &&
	       take_uint(&in, 0, PH_N_MAX, &page->from) &&
	       take_uint(&in, 0, PH_N_MAX, &page->number) && ph_feed_page_ok(page) &&
	       read_logs(&in, page, logs) && read_items(&in, page, logs) && in.len == 0;
}

int ph_feed_decode(struct ph_view bytes, const uint8_t key[static PH_KEY_SIZE],
		   struct ph_feed_page *page)
{
	struct ph_feed_page result = { 0 };
	uint8_t sig[PH_SIGNATURE_SIZE];
	struct ph_view body;
	size_t used;
	size_t n;

	if (bytes.len > PH_PAGE_MAX + PH_PAGE_AROUND || !take_array(&bytes, 2, 2, &n) ||
	    !take_bin(&bytes, 1, PH_PAGE_MAX, &body) ||
	    !take_fixed(&bytes, sig, sizeof(sig)) || bytes.len != 0 ||
	    ph_walk(body, &limits, PH_WALK_CANONICAL, &used) != 0 || used != body.len) {
		return PH_FEED_E_FORM;
	}
	if (!ph_sign_verify(sig, PH_FEED_CONTEXT, body, key)) {
		return PH_FEED_E_SIGNATURE;
	}
	if (!read_body(body, &result)) {
		return PH_FEED_E_FORM;
	}
	*page = result;
	return 0;
}

void ph_feed_hash(struct ph_view bytes, uint8_t out[static 16])
{
	crypto_generichash(out, 16, bytes.data, bytes.len, NULL, 0);
}
