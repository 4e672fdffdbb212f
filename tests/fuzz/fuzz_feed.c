/*
 * tests/fuzz/fuzz_feed.c - any pages, signed by the hub, applied at a site and folded.
 *
 * The site has its own logs and the control log of a history that is always the same
 * (tests/unit/random_history.h), and each byte is a choice (choices.h): pages of any items
 * about its other entries, under keys that are right or of something else, with cursors
 * that go on, lie apart or begin anew; pages whose body is bytes of the input; catching up,
 * opening again, rebuilding. What is refused changes nothing; what is applied is old the
 * second time; whatever came, the rebuilt ledger is the ledger.
 */
#include "tests/unit/province.h"
#include "tests/unit/random_history.h"

#include "common/base/limits.h"
#include "common/ledger/fed.h"
#include "common/ledger/touch.h"
#include "common/log/feed.h"

#include "tests/fuzz/choices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	SITE = 101,
	HISTORY = 3, /* the seed */
	STEPS_MAX = 64,
	ITEMS_MAX = 24,
};

struct device {
	struct choices choices;
	struct ph_rng rng;
	struct world world;
	uint8_t id[PH_DEVICE_ID_SIZE];
};

static struct history *history;
static struct province p;
static struct device device;

static uint64_t pick(uint64_t bound)
{
	return ph_rng_below(&device.rng, bound);
}

/* --- items --- */

/* A reference to entry N of ACTOR. */
static struct ph_ref ref_of(const struct actor *actor, uint64_t n)
{
	struct ph_ref ref = { .n = n };
	uint8_t hash[PH_HASH_SIZE];

	ph_entry_hash(actor_entry(actor, n), hash);
	memcpy(ref.log_id, actor->id, sizeof(ref.log_id));
	memcpy(ref.hash, hash, sizeof(ref.hash));
	return ref;
}

static void log_of(const struct actor *actor, struct ph_feed_log *log)
{
	*log = (struct ph_feed_log){ .site = actor->site, .role = actor->role };
	memcpy(log->id, actor->id, sizeof(log->id));
	memcpy(log->key, actor->key, sizeof(log->key));
}

/* Keys of FACT: what it names, and at times what it does not. */
static unsigned put_keys(struct ph_buf *out, const struct ph_fact *fact,
			 const struct ph_entry *entry)
{
	struct ph_touched touched = { 0 };
	struct ph_entity_key other =
		ph_key_number((enum ph_entity)(1 + pick(PH_ENTITY_ERASURE)), pick(3));
	unsigned n = 0;

	if (entry->kind != NULL) {
		must(ph_touch(fact, entry, &touched) == 0);
	}
	for (size_t i = 0; i < touched.n && pick(5) > 0; i++, n++) {
		struct ph_feed_key key = { .type = touched.keys[i].type,
					   .id = ph_key_view(&touched.keys[i]) };

		must(ph_feed_key_put(out, &key) == 0);
	}
	if (n == 0 || pick(8) == 0) {
		struct ph_feed_key key = { .type = other.type,
					   .id = ph_key_view(&other) };

		must(ph_feed_key_put(out, &key) == 0);
		n++;
	}
	ph_touched_deinit(&touched);
	return n;
}

/* Where an entry stands: the second that its stamp says, or any. */
static void place(struct ph_feed_item *item, const struct ph_entry *entry)
{
	item->second = (uint64_t)ph_stamp_seconds(entry->stamp);
	item->tick = pick(4);
	if (item->second > PH_FEED_SECOND_MAX || pick(8) == 0) {
		item->second = pick(4) == 0 ? PH_FEED_SECOND_MAX : T0 + pick(DAY);
	}
	item->unsure = pick(6) == 0 ? pick(PH_FEED_UNSURE_MAX) : 0;
}

static int add_entry(struct ph_feed_writer *writer, enum ph_feed_what what)
{
	const struct actor *actor = &history->actors[pick(history->n_actors)];
	uint64_t n = 1 + pick(actor->n);
	struct ph_feed_item item = { .what = what, .ref = ref_of(actor, n) };
	struct ph_view bytes = actor_entry(actor, n);
	static struct ph_entry entry;
	struct ph_feed_log log;
	struct ph_buf keys = { 0 };
	struct ph_fact fact = { .bytes = bytes, .log_site = actor->site };
	bool on = what == PH_FEED_FACT || what == PH_FEED_ACT;
	int rc;

	fact.ref = item.ref;
	memset(&entry, 0, sizeof(entry));
	if (ph_entry_decode(bytes, &entry) != 0) {
		entry.kind = NULL;
	}
	fact.second = ph_stamp_seconds(entry.stamp);
	log_of(actor, &log);
	if (what == PH_FEED_FACT || what == PH_FEED_UNFACT) {
		item.n_keys = put_keys(&keys, &fact, &entry);
		item.keys = ph_buf_view(&keys);
	}
	if (on) {
		place(&item, &entry);
		item.entry = bytes;
		if (what == PH_FEED_FACT && pick(6) == 0) {
			item.entry.len = 0; /* cited: this feed brought it, or not */
		}
		item.unsure = what == PH_FEED_ACT ? 0 : item.unsure;
	}
	rc = ph_feed_add(writer, on ? &log : NULL, &item);
	ph_buf_deinit(&keys);
	return rc;
}

static int add_entity(struct ph_feed_writer *writer, enum ph_feed_what what)
{
	const struct actor *actor = &history->actors[pick(history->n_actors)];
	struct ph_ref ref = ref_of(actor, 1 + pick(actor->n));
	struct ph_entity_key key =
		ph_key_number((enum ph_entity)(1 + pick(PH_ENTITY_ERASURE)), pick(3));
	struct ph_feed_item item = { .what = what };

	if (pick(3) > 0) { /* as facts name them */
		static const enum ph_entity types[] = { PH_ENTITY_TITLE, PH_ENTITY_READER,
							PH_ENTITY_HOLD, PH_ENTITY_EVENT };

		key = ph_key_ref(types[pick(4)], &ref);
	}
	item.key = (struct ph_feed_key){ .type = key.type, .id = ph_key_view(&key) };
	return ph_feed_add(writer, NULL, &item);
}

static int add_case(struct ph_feed_writer *writer, bool on)
{
	static const uint8_t anchor[] = { 1, 2, 3 };
	struct ph_feed_item item = { .what = on ? PH_FEED_CASE : PH_FEED_UNCASE };
	struct ph_buf refs = { 0 }, sites = { 0 };
	struct ph_ref ref;
	uint64_t site = 0;
	int rc;

	item.case_id[0] = (uint8_t)pick(4);
	if (on) {
		item.case_kind = 1 + pick(40);
		item.anchor = PH_VIEW(anchor, sizeof(anchor));
		item.second = T0 + pick(DAY);
		item.is_decided = pick(2) == 0;
		item.decided = item.is_decided ? pick(4) : 0;
		while (item.n_sites < 3 && pick(3) > 0) {
			site += 1 + pick(101);
			must(ph_feed_site_put(&sites, site) == 0);
			item.n_sites++;
		}
		item.sites = ph_buf_view(&sites);
		if (pick(2) == 0) {
			const struct actor *actor =
				&history->actors[pick(history->n_actors)];
			struct ph_feed_log log;

			log_of(actor, &log);
			ref = ref_of(actor, 1 + pick(actor->n));
			must(ph_feed_ref_put(&refs, &ref) == 0);
			item.n_refs = 1;
			item.refs = ph_buf_view(&refs);
			rc = ph_feed_add_log(writer, &log);
			must(rc == 0 || rc == PH_FEED_E_FULL);
		}
	}
	rc = ph_feed_add(writer, NULL, &item);
	ph_buf_deinit(&refs);
	ph_buf_deinit(&sites);
	return rc;
}

static void add_some(struct ph_feed_writer *writer, struct ph_feed_page *page)
{
	for (uint64_t n = 1 + pick(ITEMS_MAX); n > 0; n--) {
		enum ph_feed_what what =
			(enum ph_feed_what)(pick(3) == 0 ? 1 + pick(8) : PH_FEED_FACT);
		int rc;

		switch (what) {
		case PH_FEED_ENTER:
		case PH_FEED_LEAVE:
			rc = add_entity(writer, what);
			break;
		case PH_FEED_CASE:
		case PH_FEED_UNCASE:
			rc = add_case(writer, what == PH_FEED_CASE);
			break;
		default:
			rc = add_entry(writer, what);
			break;
		}
		if (rc == 0) {
			page->number++;
		}
	}
}

/* --- pages --- */

struct before {
	struct ph_fed_cursor cursor;
	struct ph_fed_counts counts;
	uint64_t news;
};

static void note(struct before *before)
{
	memset(before, 0, sizeof(*before));
	must(ph_fed_cursor_get(device.world.db, &before->cursor) == 0);
	must(ph_fed_counts(device.world.db, &before->counts) == 0);
	must(ph_fed_news_last(device.world.db, &before->news) == 0);
}

static int apply(const struct ph_feed_page *page)
{
	struct ph_fed_moved moved = { 0 };
	int rc;

	must(ph_db_begin(device.world.db) == 0);
	rc = ph_fed_apply(device.world.db, device.id, page, &moved);
	must(rc >= 0 && ph_db_in_transaction(device.world.db));
	must(ph_db_commit(device.world.db) == 0);
	return rc;
}

static void give(struct ph_view bytes)
{
	struct before before, after;
	struct ph_feed_page page;
	int rc = ph_feed_decode(bytes, p.hub.sign.key, &page);

	if (rc != 0) {
		must(rc == PH_FEED_E_FORM || rc == PH_FEED_E_SIGNATURE);
		return;
	}
	note(&before);
	rc = apply(&page);
	note(&after);
	if (rc != 0) {
		must(rc <= PH_FED_E_FORM);
		must(memcmp(&before, &after, sizeof(before)) == 0);
		return;
	}
	must(after.cursor.number == page.number && after.cursor.scope == page.scope);
	must(after.news >= before.news);
	must(apply(&page) == PH_FED_E_OLD);
}

static void give_made(void)
{
	struct ph_feed_writer writer = { 0 };
	struct ph_feed_page page = { 0 };
	struct ph_fed_cursor cursor;
	struct ph_buf bytes = { 0 };

	must(ph_fed_cursor_get(device.world.db, &cursor) == 0);
	page.epoch = cursor.epoch;
	page.scope = cursor.scope == 0 ? 1 : cursor.scope;
	page.epoch.number += page.epoch.number == 0;
	page.from = cursor.number;
	switch (pick(12)) {
	case 0:
		page.scope++;
		page.from = 0;
		break;
	case 1:
		page.epoch.number++;
		page.from = 0;
		break;
	case 2:
		page.from += pick(4);
		break;
	case 3:
		page.from = 0;
		break;
	default:
		break;
	}
	page.number = page.from;
	memcpy(page.feed, device.id, sizeof(page.feed));
	page.feed[0] ^= pick(30) == 0;
	add_some(&writer, &page);
	if (page.number > page.from) {
		must(ph_feed_sign(&writer, &page, p.hub.sign.secret, &bytes) == 0);
		give(ph_buf_view(&bytes));
	}
	ph_buf_deinit(&bytes);
	ph_feed_deinit(&writer);
}

static void give_raw(void)
{
	struct ph_view body = choices_bytes(&device.choices);
	struct ph_buf bytes = { 0 };

	if (body.len <= PH_PAGE_MAX) {
		forge(&bytes, body, "packhorse page 1", &p.hub.sign, NULL, NULL);
		give(ph_buf_view(&bytes));
	}
	ph_buf_deinit(&bytes);
}

/* --- the site --- */

static void rebuild(void)
{
	struct ph_error err = { 0 };
	uint8_t before[32], after[32];

	world_digest(&device.world, before);
	must(ph_ledger_rebuild(device.world.ledger, &err) == 0);
	world_digest(&device.world, after);
	must(memcmp(before, after, sizeof(before)) == 0);
}

static void step(void)
{
	switch (pick(10)) {
	case 0:
		give_raw();
		break;
	case 1:
		world_catch_up(&device.world);
		break;
	case 2:
		world_reopen_ledger(&device.world);
		break;
	case 3:
		rebuild();
		break;
	case 4:
		if (pick(4) == 0) {
			must(ph_fed_forget(device.world.db) == 0);
		}
		break;
	default:
		give_made();
		break;
	}
}

static int on_entry(void *data, const struct ph_fed_entry *entry)
{
	uint64_t *n = data;
	uint8_t hash[PH_HASH_SIZE];

	ph_entry_hash(entry->bytes, hash);
	must(memcmp(hash, entry->ref.hash, sizeof(entry->ref.hash)) == 0);
	(*n)++;
	return 0;
}

static int on_entity(void *data, uint64_t type, struct ph_view id)
{
	uint64_t n = 0;
	bool outside = false;

	(void)data;
	must(ph_fed_facts(device.world.db, type, id, on_entry, &n) == 0);
	must(ph_fed_is_outside(device.world.db, type, id, &outside) == 0);
	must(n > 0 || outside);
	return 0;
}

static int on_case(void *data, const struct ph_fed_case *one)
{
	uint64_t *n = data;

	must(one->kind >= 1 && one->anchor.len >= 1);
	(*n)++;
	return 0;
}

static void judge(void)
{
	struct ph_fed_counts counts;
	uint64_t acts = 0, cases = 0;

	rebuild();
	must(ph_fed_counts(device.world.db, &counts) == 0);
	must(ph_fed_entities(device.world.db, 0, (struct ph_view){ 0 }, 100000, on_entity,
			     NULL) == 0);
	must(ph_fed_acts(device.world.db, on_entry, &acts) == 0);
	must(ph_fed_cases(device.world.db, true, on_case, &cases) == 0);
	must(counts.cases == cases && counts.entries >= acts);
}

static void prepare(void)
{
	must(ph_crypto_start() == 0);
	history = malloc(sizeof(*history));
	must(history != NULL);
	history_make(history, HISTORY, true);
	province_make(&p, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned steps = 0;

	if (history == NULL) {
		prepare();
	}
	memset(&device, 0, sizeof(device));
	memset(device.id, 0xfe, sizeof(device.id));
	device.choices.in = PH_VIEW(data, size);
	device.rng = choices_rng(&device.choices);
	world_init(&device.world, pick(3) == 0);
	must(ph_fed_tables_open(device.world.db) == 0);
	device.world.fed = device.world.db;
	device.world.fed_batch = pick(2) == 0 ? 0 : 1 + (unsigned)pick(6);
	world_reopen_ledger(&device.world);
	for (size_t i = 0; i < history->n_actors; i++) {
		if (i == 0 || history->actors[i].site == SITE) {
			world_take(&device.world, &history->actors[i], UINT64_MAX);
		}
	}
	while (device.choices.in.len > 0 && steps++ < STEPS_MAX) {
		step();
	}
	judge();
	world_deinit(&device.world);
	return 0;
}
