/*
 * Tests of client/site_take.c: logs of other devices of the site, their parts, pages of
 * the feed; what is taken, what is left alone, what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>

#include "site_world.h"
#include "tests/unit/feed_maker.h"

#define SITE 140371

/* ---- another device ---- */

struct sibling {
	struct ph_sign_pair keys;
	uint8_t id[PH_DEVICE_ID_SIZE];
	struct ph_box_pair desk;
	struct ph_db *db;
	struct ph_journal *journal;
	struct ph_writer *writer;
};

static void sibling_open(struct world *world, struct sibling *sibling, uint64_t site)
{
	memset(sibling, 0, sizeof(*sibling));
	ph_sign_pair_make(&sibling->keys, &world->config.rng);
	ph_box_pair_make(&sibling->desk, &world->config.rng);
	ph_device_id(sibling->id, sibling->keys.key);
	province_must(
		ph_db_open(&sibling->db,
			   &(struct ph_db_config){ .path = ":memory:",
						   .application = PH_STORE_SITE,
						   .steps = ph_journal_steps,
						   .n_steps = ph_journal_steps_count,
						   .create = true },
			   NULL));
	province_must(ph_journal_open(&sibling->journal, sibling->db));
	province_must(
		ph_writer_new(&sibling->writer,
			      &(struct ph_writer_config){ .journal = sibling->journal,
							  .keys = &sibling->keys,
							  .desk_key = sibling->desk.key,
							  .site = site,
							  .role = PH_ROLE_SITE,
							  .clock = world->config.clock,
							  .rng = world->config.rng },
			      NULL));
	province_must(ph_writer_start(sibling->writer, NULL));
}

static void sibling_close(struct sibling *sibling)
{
	ph_writer_free(sibling->writer);
	ph_journal_free(sibling->journal);
	ph_db_close(sibling->db);
}

/* Write an entry, sealed at once; its reference. */
static struct ph_ref sibling_write(struct sibling *sibling, struct ph_entry entry)
{
	struct ph_ref ref;

	province_must(ph_writer_add(sibling->writer, &entry, &ref, NULL));
	province_must(ph_writer_seal(sibling->writer));
	return ref;
}

/* All of its log above AFTER as an item. */
static struct ph_item *sibling_item(struct sibling *sibling, uint64_t after)
{
	struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);
	struct ph_segment segment;

	province_must(ph_journal_read_segment(sibling->journal,
					      ph_writer_log(sibling->writer), after,
					      65536, &segment, &item->body));
	memcpy(item->log_id, segment.log_id, sizeof(item->log_id));
	memcpy(item->seal, segment.seal, sizeof(item->seal));
	item->first = segment.first;
	item->last = segment.last;
	return item;
}

/* The sealed part of entry N as it travels. */
static struct ph_item *sibling_part(struct sibling *sibling, uint64_t n)
{
	struct ph_item *item = ph_item_new(PH_ITEM_PART);
	const struct ph_log *log = ph_writer_log(sibling->writer);
	struct ph_buf cipher = { 0 };
	struct ph_buf box = { 0 };

	province_must(ph_journal_part_get(sibling->journal, log->row, n, &cipher, &box));
	province_must(crypto_box_seal_open(item->seed, box.data, box.len,
					   sibling->desk.key, sibling->desk.secret));
	province_must(
		ph_part_open(item->seed, log->id, n, ph_buf_view(&cipher), &item->body));
	memcpy(item->log_id, log->id, sizeof(item->log_id));
	item->first = item->last = n;
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&box);
	return item;
}

/* ---- the control log ---- */

static struct ph_value bytes_value(const void *data, size_t len)
{
	return (struct ph_value){ .set = true, .as.bytes = PH_VIEW(data, len) };
}

static struct ph_ref say(struct world *world, struct ph_entry *entry, uint32_t number)
{
	struct ph_ref ref;

	entry->kind = ph_kind_find(number);
	entry->number = number;
	province_must(ph_writer_add(world->control, entry, &ref, NULL));
	return ref;
}

static void admit(struct world *world, const struct sibling *sibling, uint64_t site)
{
	struct ph_entry entry = { 0 };

	entry.field[PH_ADMIT_DEVICE] = bytes_value(sibling->id, sizeof(sibling->id));
	entry.field[PH_ADMIT_KEY] = bytes_value(sibling->keys.key, PH_KEY_SIZE);
	entry.field[PH_ADMIT_SITE] = (struct ph_value){ .set = true, .as.uint = site };
	entry.field[PH_ADMIT_ROLE] =
		(struct ph_value){ .set = true, .as.uint = PH_ROLE_SITE };
	say(world, &entry, PH_KIND_DEVICE_ADMIT);
}

/* Cut it off behind entry N of its log; 0: all of it. */
static struct ph_ref cut(struct world *world, const struct sibling *sibling, uint64_t n)
{
	const struct ph_log *log = ph_writer_log(sibling->writer);
	struct ph_entry entry = { 0 };
	struct ph_head head = { .n = n };
	struct ph_buf heads = { 0 };
	struct ph_ref ref;

	memcpy(head.log_id, log->id, sizeof(log->id));
	if (n == 0) {
		head.log_id[0] ^= 1; /* of another log */
		head.n = 1;
	} else {
		province_must(ph_journal_chain_at(sibling->journal, log, n, head.h));
	}
	entry.field[PH_CUT_DEVICE] = bytes_value(sibling->id, sizeof(sibling->id));
	province_must(ph_list_put_heads(&heads, &head, 1, &entry.field[PH_CUT_HEADS]));
	ref = say(world, &entry, PH_KIND_DEVICE_CUT);
	ph_buf_deinit(&heads);
	return ref;
}

static void take_back(struct world *world, const struct ph_ref *target)
{
	struct ph_entry entry = { 0 };

	entry.field[PH_VOID_TARGET] = (struct ph_value){ .set = true, .as.ref = *target };
	say(world, &entry, PH_KIND_VOID);
}

static struct ph_item *control_item(struct world *world, uint64_t after)
{
	struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);
	struct ph_segment segment;

	province_must(ph_writer_seal(world->control));
	province_must(ph_journal_read_segment(world->hub, ph_writer_log(world->control),
					      after, 65536, &segment, &item->body));
	memcpy(item->log_id, segment.log_id, sizeof(item->log_id));
	memcpy(item->seal, segment.seal, sizeof(item->seal));
	item->first = segment.first;
	item->last = segment.last;
	return item;
}

/* ---- the device ---- */

/* Store ITEMS; whether they were good. */
static bool store(struct world *world, struct ph_item *items)
{
	struct ph_job *job = world_job(PH_JOB_STORE);
	bool is_good;

	job->items = items;
	ph_site_job(world->site, job, NULL);
	assert_int_equal(job->result, 0);
	is_good = !job->bad;
	ph_job_free(job);
	return is_good;
}

static struct ph_item *two_items(struct ph_item *a, struct ph_item *b)
{
	a->next = b;
	return a;
}

/* The hello as it would be now, the caller's. */
static struct ph_hello *hello_now(struct world *world)
{
	struct ph_buf arena = { 0 };
	struct ph_hello *hello = world_hello(world, 0, &arena);

	ph_buf_deinit(&arena);
	return hello;
}

/* How much of SIBLING's log is held: n in the hello, 0 if it is not told there. */
static uint64_t told_n(struct world *world, const struct sibling *sibling)
{
	struct ph_hello *hello = hello_now(world);
	const struct ph_log *log = ph_writer_log(sibling->writer);
	uint64_t n = 0;

	for (unsigned i = 0; i < hello->n_siblings; i++) {
		if (memcmp(hello->sibling[i].log_id, log->id, PH_LOG_ID_SIZE) == 0) {
			n = hello->sibling[i].n;
		}
	}
	free(hello);
	return n;
}

/* ---- logs of other devices ---- */

static void test_take_sibling(void **state)
{
	struct world *world = *state;
	struct ph_site_moved moved;
	struct sibling sibling;
	struct ph_buf plain = { 0 };
	struct ph_entry entry;
	struct ph_ref reader;
	struct ph_hello *hello;

	sibling_open(world, &sibling, SITE);
	admit(world, &sibling, SITE);
	sibling_write(&sibling, world_visit(3));
	reader = sibling_write(&sibling, world_reader("Lò Thị Xuân"));
	/* control log and sibling in one job, as one session may bring them */
	assert_true(store(world,
			  two_items(control_item(world, 0), sibling_item(&sibling, 0))));
	assert_int_equal(told_n(world, &sibling), reader.n);
	hello = hello_now(world);
	assert_int_equal(hello->n_siblings, 1);
	assert_int_equal(hello->sibling[0].missing, reader.n);
	assert_int_equal(hello->sibling[0].parts, 0);
	assert_memory_equal(hello->sibling[0].h, ph_writer_log(sibling.writer)->h, 8);
	free(hello);
	assert_int_equal(ph_site_open_part(world->site, &reader, &entry, &plain),
			 PH_JOURNAL_E_NONE);
	assert_true(store(world, sibling_part(&sibling, reader.n)));
	ph_site_moved(world->site, &moved);
	assert_int_equal(moved.parts_received, 1);
	assert_int_equal(ph_site_open_part(world->site, &reader, &entry, &plain), 0);
	assert_true(ph_view_equal(entry.sealed[PH_READER_S_NAME].as.bytes,
				  ph_view_str("Lò Thị Xuân")));
	hello = hello_now(world);
	assert_int_equal(hello->sibling[0].missing, 0);
	free(hello);

	/* once more, and what came since */
	assert_true(store(world, sibling_item(&sibling, 0)));
	sibling_write(&sibling, world_visit(4));
	assert_true(store(world, sibling_item(&sibling, reader.n)));
	assert_int_equal(told_n(world, &sibling), reader.n + 1);
	/* they are folded like our own */
	assert_non_null(ph_site_ledger(world->site, NULL));
	assert_int_equal(
		ph_ledger_count(ph_site_ledger(world->site, NULL), PH_ENTITY_READER), 1);
	ph_buf_wipe(&plain);
	sibling_close(&sibling);
}

static void break_seal(struct ph_item *item)
{
	item->seal[5] ^= 1;
}
static void break_body(struct ph_item *item)
{
	item->body.data[item->body.len - 1] ^= 1;
}
static void other_id(struct ph_item *item)
{
	item->log_id[3] ^= 1;
}
static void gap(struct ph_item *item)
{
	item->first = 2;
	item->last++;
}

/* What no hub of ours sends. */
static void test_take_refused(void **state)
{
	static const struct {
		const char *name;
		uint64_t log_site, admit_site; /* 0: not admitted */
		void (*alter)(struct ph_item *item);
	} cases[] = {
		{ "nobody admitted it", SITE, 0, NULL },
		{ "of another site", SITE + 1, SITE + 1, NULL },
		{ "says ours, admitted elsewhere", SITE, SITE + 1, NULL },
		{ "seal broken", SITE, SITE, break_seal },
		{ "body altered", SITE, SITE, break_body },
		{ "another log id", SITE, SITE, other_id },
		{ "begins with a gap", SITE, SITE, gap },
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sibling sibling;
		struct ph_item *item;

		print_message("# %s\n", cases[i].name);
		sibling_open(world, &sibling, cases[i].log_site);
		if (cases[i].admit_site > 0) {
			admit(world, &sibling, cases[i].admit_site);
		}
		sibling_write(&sibling, world_visit(3));
		assert_true(store(world, control_item(world, 0)));
		item = sibling_item(&sibling, 0);
		if (cases[i].alter) {
			cases[i].alter(item);
		}
		assert_false(store(world, item));
		assert_int_equal(told_n(world, &sibling), 0);
		sibling_close(&sibling);
	}
}

/* Our own log does not come back to us as another's, nor a part of it. */
static void test_take_own(void **state)
{
	struct world *world = *state;
	struct ph_item *item = ph_item_new(PH_ITEM_PART);
	struct sibling self;

	world_write(world, world_reader("Cầm Thị Ban"));
	sibling_open(world, &self, SITE);
	memcpy(self.id, world->province.device.sign.key, 1);
	memcpy(item->log_id, ph_site_log(world->site)->id, PH_LOG_ID_SIZE);
	item->first = item->last = ph_site_log(world->site)->n;
	province_must(ph_buf_put(&item->body, "\x91\xa1x", 3));
	assert_false(store(world, item));

	/* a part of a log that is not here */
	sibling_write(&self, world_reader("Lò Thị Xuân"));
	assert_false(store(world, sibling_part(&self, ph_writer_log(self.writer)->n)));
	sibling_close(&self);
}

/* A part that is not the one its entry commits to stays missing. */
static void test_take_wrong_part(void **state)
{
	struct world *world = *state;
	struct sibling sibling;
	struct ph_item *item;
	struct ph_ref reader;
	struct ph_hello *hello;

	sibling_open(world, &sibling, SITE);
	admit(world, &sibling, SITE);
	reader = sibling_write(&sibling, world_reader("Lò Thị Xuân"));
	assert_true(store(world,
			  two_items(control_item(world, 0), sibling_item(&sibling, 0))));
	item = sibling_part(&sibling, reader.n);
	item->seed[0] ^= 1;
	assert_true(store(world, item));
	item = sibling_part(&sibling, reader.n);
	item->first = item->last = 1; /* an entry without one */
	assert_true(store(world, item));
	hello = hello_now(world);
	assert_int_equal(hello->sibling[0].missing, reader.n);
	free(hello);
	sibling_close(&sibling);
}

/* Of a device that was cut off, what the cut covers is taken, the rest left alone. */
static void test_take_cut(void **state)
{
	struct world *world = *state;
	struct sibling sibling;
	struct ph_ref cut_ref, second;
	uint64_t n;

	sibling_open(world, &sibling, SITE);
	admit(world, &sibling, SITE);
	n = sibling_write(&sibling, world_visit(3)).n;
	cut_ref = cut(world, &sibling, 0);
	sibling_write(&sibling, world_reader("Lò Thị Xuân"));
	assert_true(store(world, control_item(world, 0)));
	free(hello_now(world));
	assert_true(store(world, sibling_item(&sibling, 0)));
	/* neither does what follows it end the session */
	assert_true(store(world, sibling_item(&sibling, n)));
	assert_true(store(world, sibling_part(&sibling, n + 1)));
	assert_int_equal(told_n(world, &sibling), 0);

	/* that cut is taken back, another one covers the first entries */
	take_back(world, &cut_ref);
	second = cut(world, &sibling, n);
	assert_true(store(world, control_item(world, 0)));
	struct ph_item *first = ph_item_new(PH_ITEM_SEGMENT);
	struct ph_segment segment;

	province_must(ph_journal_read_segment(sibling.journal,
					      ph_writer_log(sibling.writer), 0, 1,
					      &segment, &first->body));
	memcpy(first->log_id, segment.log_id, sizeof(first->log_id));
	memcpy(first->seal, segment.seal, sizeof(first->seal));
	first->first = segment.first;
	first->last = segment.last;
	assert_int_equal(segment.last, n);
	assert_true(store(world, first));
	assert_int_equal(told_n(world, &sibling), n);
	assert_true(store(world, sibling_item(&sibling, n)));
	assert_int_equal(told_n(world, &sibling), n);
	take_back(world, &second);
	assert_true(store(world,
			  two_items(control_item(world, 0), sibling_item(&sibling, n))));
	assert_int_equal(told_n(world, &sibling), n + 1);
	sibling_close(&sibling);
}

static struct ph_item *page_item(const struct ph_buf *page);
static void desk_key(struct world *world, uint8_t out[static PH_KEY_SIZE],
		     uint8_t id_out[static PH_DEVICE_ID_SIZE]);

/* A page with the adoption of what SIBLING has written. */
static struct ph_item *adoption(struct world *world, struct sibling *sibling)
{
	const struct ph_log *log = ph_writer_log(sibling->writer);
	struct ph_feed_page page = { .epoch = world->epoch, .scope = 1, .number = 1 };
	struct ph_feed_log hub = { .role = PH_ROLE_HUB };
	struct ph_feed_item act = { .what = PH_FEED_ACT };
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_LOG_ADOPT),
				  .number = PH_KIND_LOG_ADOPT };
	struct ph_feed_writer writer = { 0 };
	struct ph_buf bytes = { 0 }, out = { 0 };
	uint8_t desk[PH_KEY_SIZE];
	struct ph_item *item;

	entry.field[PH_ADOPT_HEAD].set = true;
	memcpy(entry.field[PH_ADOPT_HEAD].as.head.log_id, log->id, PH_LOG_ID_SIZE);
	memcpy(entry.field[PH_ADOPT_HEAD].as.head.h, log->h, PH_HASH_SIZE);
	entry.field[PH_ADOPT_HEAD].as.head.n = log->n;
	province_must(ph_entry_encode(&entry, &bytes, NULL));
	act.entry = ph_buf_view(&bytes);
	act.ref = feed_ref(&hub, 9, act.entry);
	desk_key(world, desk, page.feed);
	province_must(ph_feed_add(&writer, &hub, &act));
	province_must(
		ph_feed_sign(&writer, &page, world->province.hub.sign.secret, &out));
	item = page_item(&out);
	ph_feed_deinit(&writer);
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&out);
	return item;
}

/* What the hub adopted, which the feed tells, is taken though it was cut off. */
static void test_take_adopted(void **state)
{
	struct world *world = *state;
	struct sibling sibling;
	uint64_t n;

	sibling_open(world, &sibling, SITE);
	admit(world, &sibling, SITE);
	n = sibling_write(&sibling, world_visit(3)).n;
	cut(world, &sibling, 0);
	assert_true(store(world,
			  two_items(control_item(world, 0), sibling_item(&sibling, 0))));
	assert_int_equal(told_n(world, &sibling), 0);
	assert_true(store(world, adoption(world, &sibling)));
	assert_true(store(world, sibling_item(&sibling, 0)));
	assert_int_equal(told_n(world, &sibling), n);
	sibling_write(&sibling, world_visit(3)); /* beyond it */
	assert_true(store(world, sibling_item(&sibling, n)));
	assert_int_equal(told_n(world, &sibling), n);
	sibling_close(&sibling);
}

/* Of more logs than a hello tells of, the longest are told. */
static void test_take_many(void **state)
{
	struct world *world = *state;
	struct sibling sibling[PH_SIBLINGS_MAX + 2];
	struct ph_hello *hello;

	for (unsigned i = 0; i < PH_SIBLINGS_MAX + 2; i++) {
		sibling_open(world, &sibling[i], SITE);
		admit(world, &sibling[i], SITE);
		for (unsigned j = 0; j < 2 + (i * 7) % (PH_SIBLINGS_MAX + 2); j++) {
			sibling_write(&sibling[i], world_visit(1));
		}
	}
	assert_true(store(world, control_item(world, 0)));
	for (unsigned i = 0; i < PH_SIBLINGS_MAX + 2; i++) {
		assert_true(store(world, sibling_item(&sibling[i], 0)));
	}
	hello = hello_now(world);
	assert_int_equal(hello->n_siblings, PH_SIBLINGS_MAX);
	for (unsigned i = 0; i < PH_SIBLINGS_MAX; i++) {
		assert_true(hello->sibling[i].n >= 2 + 2 + 2); /* open, mark, 2 more */
	}
	free(hello);
	for (unsigned i = 0; i < PH_SIBLINGS_MAX + 2; i++) {
		sibling_close(&sibling[i]);
	}
}

/* ---- pages ---- */

/* One page that brings a reader of another site, its name for this desk. */
struct feeding {
	struct ph_feed_log log;
	struct ph_ref ref;
	struct ph_buf page;
};

static void desk_key(struct world *world, uint8_t out[static PH_KEY_SIZE],
		     uint8_t id_out[static PH_DEVICE_ID_SIZE])
{
	struct ph_cert cert;

	province_must(
		ph_cert_decode(ph_site_cert(world->site), &world->province.list, &cert));
	memcpy(out, cert.desk_key, PH_KEY_SIZE);
	memcpy(id_out, cert.device_id, PH_DEVICE_ID_SIZE);
}

static void feed_reader(struct world *world, struct feeding *feeding, uint64_t from,
			uint64_t number)
{
	struct ph_feed_page page = {
		.epoch = world->epoch, .scope = 1, .from = from, .number = number
	};
	struct ph_feed_item item = { .what = PH_FEED_FACT, .second = 5, .n_keys = 1 };
	struct ph_feed_key key = { .type = PH_ENTITY_READER };
	struct ph_feed_writer writer = { 0 };
	struct ph_buf cipher = { 0 }, box = { 0 }, bytes = { 0 }, keys = { 0 };
	uint8_t desk[PH_KEY_SIZE], seed[PH_SEED_SIZE], sealed[PH_SEED_BOX_SIZE];
	uint8_t id[32];
	const struct ph_log *log;
	struct sibling other;

	sibling_open(world, &other, SITE + 1);
	feeding->ref = sibling_write(&other, world_reader("Vì Văn Thông"));
	log = ph_writer_log(other.writer);
	feeding->log = (struct ph_feed_log){ .site = SITE + 1, .role = PH_ROLE_SITE };
	memcpy(feeding->log.id, log->id, PH_LOG_ID_SIZE);
	memcpy(feeding->log.key, log->key, PH_KEY_SIZE);
	desk_key(world, desk, page.feed);
	province_must(ph_journal_entry(other.journal, log->row, feeding->ref.n, &bytes));
	province_must(ph_journal_part_get(other.journal, log->row, feeding->ref.n,
					  &cipher, &box));
	province_must(crypto_box_seal_open(seed, box.data, box.len, other.desk.key,
					   other.desk.secret));
	province_must(crypto_box_seal(sealed, seed, sizeof(seed), desk));
	memset(id, 0, sizeof(id));
	memcpy(id, feeding->ref.log_id, 16);
	ph_be64_put(id + 16, feeding->ref.n);
	memcpy(id + 24, feeding->ref.hash, 8);
	key.id = PH_VIEW(id, sizeof(id));
	province_must(ph_feed_key_put(&keys, &key));
	item.ref = feeding->ref;
	item.entry = ph_buf_view(&bytes);
	item.keys = ph_buf_view(&keys);
	item.cipher = ph_buf_view(&cipher);
	item.seed_box = PH_VIEW(sealed, sizeof(sealed));
	province_must(ph_feed_add(&writer, &feeding->log, &item));
	feeding->page.len = 0;
	province_must(ph_feed_sign(&writer, &page, world->province.hub.sign.secret,
				   &feeding->page));
	ph_feed_deinit(&writer);
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&box);
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&keys);
	sibling_close(&other);
}

static struct ph_item *page_item(const struct ph_buf *page)
{
	struct ph_item *item = ph_item_new(PH_ITEM_PAGE);

	province_must(ph_buf_put_view(&item->body, ph_buf_view(page)));
	return item;
}

/* The cursor that a hello tells. */
static uint64_t told_number(struct world *world)
{
	struct ph_hello *hello = hello_now(world);
	uint64_t number = hello->feed_number;

	assert_int_equal(hello->feed_scope, number > 0 ? 1 : 0);
	free(hello);
	return number;
}

/* A welcome of the hub, so that its epoch is known. */
static void be_welcomed(struct world *world)
{
	struct ph_job *job = world_greet(world, NULL);

	assert_int_equal(job->result, 0);
	ph_job_free(job);
}

static void test_take_pages(void **state)
{
	struct world *world = *state;
	struct feeding first = { 0 }, next = { 0 }, far = { 0 };
	struct ph_site_moved moved;
	struct ph_buf plain = { 0 };
	struct ph_entry entry;

	be_welcomed(world);
	feed_reader(world, &first, 0, 3);
	feed_reader(world, &next, 3, 4);
	feed_reader(world, &far, 5, 6);
	assert_int_equal(told_number(world), 0);
	assert_true(store(world, page_item(&far.page))); /* a gap: left alone */
	assert_int_equal(told_number(world), 0);
	be_welcomed(world);
	assert_true(
		store(world, two_items(page_item(&first.page), page_item(&next.page))));
	ph_site_moved(world->site, &moved);
	assert_int_equal(moved.fed.facts, 2);
	assert_int_equal(moved.fed.pages, 2);
	assert_int_equal(moved.entries_received, 0);
	assert_int_equal(told_number(world), 4);
	assert_true(store(world, page_item(&first.page))); /* old */
	assert_int_equal(told_number(world), 4);
	assert_int_equal(ph_site_open_part(world->site, &next.ref, &entry, &plain), 0);
	assert_true(ph_view_equal(entry.sealed[PH_READER_S_NAME].as.bytes,
				  ph_view_str("Vì Văn Thông")));
	assert_int_equal(ph_site_open_part(world->site, &far.ref, &entry, &plain),
			 PH_JOURNAL_E_NONE);

	/* it is there after a start */
	ph_site_close(world->site);
	world->site = NULL;
	province_must(world_open(world, NULL));
	assert_int_equal(told_number(world), 4);
	ph_buf_wipe(&plain);
	ph_buf_deinit(&first.page);
	ph_buf_deinit(&next.page);
	ph_buf_deinit(&far.page);
}

static void test_take_bad_pages(void **state)
{
	struct world *world = *state;
	struct province other;
	struct feeding feeding = { 0 };
	struct ph_buf forged = { 0 };

	be_welcomed(world);
	feed_reader(world, &feeding, 0, 1);

	/* signed by somebody else */
	province_make(&other, 9);
	feed_forge(&forged, PH_VIEW(feeding.page.data + 4, feeding.page.len - 70),
		   &other.hub.sign);
	assert_false(store(world, page_item(&forged)));

	/* cut, and changed */
	feeding.page.len--;
	assert_false(store(world, page_item(&feeding.page)));
	feeding.page.len++;
	feeding.page.data[40] ^= 1;
	assert_false(store(world, page_item(&feeding.page)));
	feeding.page.data[40] ^= 1;

	/* for another device, rightly signed */
	forged.len = 0;
	feeding.page.data[4 + 2 + 10 + 2] ^= 1;
	feed_forge(&forged, PH_VIEW(feeding.page.data + 4, feeding.page.len - 70),
		   &world->province.hub.sign);
	feeding.page.data[4 + 2 + 10 + 2] ^= 1;
	assert_false(store(world, page_item(&forged)));
	assert_int_equal(told_number(world), 0);
	assert_true(store(world, page_item(&feeding.page)));
	assert_int_equal(told_number(world), 1);
	ph_buf_deinit(&feeding.page);
	ph_buf_deinit(&forged);
}

/* The cursor is of one epoch: of another one nothing is told, nor of another hub's. */
static void test_take_epochs(void **state)
{
	struct world *world = *state;
	struct feeding feeding = { 0 };

	feed_reader(world, &feeding, 0, 1);
	assert_true(store(world, page_item(&feeding.page)));
	assert_int_equal(told_number(world), 0); /* no welcome of that epoch yet */
	be_welcomed(world);
	assert_int_equal(told_number(world), 1);

	/* the same number, but the hub was restored twice */
	world->epoch.random[2] ^= 1;
	be_welcomed(world);
	assert_int_equal(told_number(world), 0);
	feed_reader(world, &feeding, 0, 1);
	assert_true(store(world, page_item(&feeding.page)));
	assert_int_equal(told_number(world), 1);

	/* the next epoch */
	world->epoch.number++;
	be_welcomed(world);
	assert_int_equal(told_number(world), 0);
	feed_reader(world, &feeding, 0, 7);
	assert_true(store(world, page_item(&feeding.page)));
	assert_int_equal(told_number(world), 7);
	ph_buf_deinit(&feeding.page);
}

#define JOINED(test)                                                                     \
	cmocka_unit_test_setup_teardown(test, world_setup_joined, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOINED(test_take_sibling),   JOINED(test_take_refused),
		JOINED(test_take_own),       JOINED(test_take_wrong_part),
		JOINED(test_take_adopted),   JOINED(test_take_cut),
		JOINED(test_take_many),      JOINED(test_take_pages),
		JOINED(test_take_bad_pages), JOINED(test_take_epochs),
	};

	return ph_crypto_start() != 0
		       ? 1
		       : cmocka_run_group_tests_name("site_take", tests, NULL, NULL);
}
