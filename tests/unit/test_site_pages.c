/*
 * Tests of client/site_take.c: pages of the feed; which are taken, which left alone, which
 * refused, of which epoch, and that a log may come which a page tells as adopted.
 */
#include "site_sibling.h"
#include "client/site_take.h"
#include "tests/unit/feed_maker.h"

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

/* The hub's word for entry N of the device's own log. */
static void be_receipted(struct world *world, uint64_t n)
{
	struct ph_receipt receipt = { .epoch = world->epoch,
				      .level = PH_LEVEL_HUB,
				      .time = WORLD_NOW + 60,
				      .head.n = n };
	const struct ph_log *log = ph_site_log(world->site);
	struct ph_buf bytes = { 0 };

	memcpy(receipt.head.log_id, log->id, sizeof(log->id));
	province_must(ph_journal_chain_at(ph_site_journal(world->site), log, n,
					  receipt.head.h));
	province_must(
		ph_receipt_encode(&receipt, world->province.hub.sign.secret, &bytes));
	province_must(ph_journal_receipt_put(ph_site_journal(world->site), log->row,
					     &receipt, ph_buf_view(&bytes)));
	ph_buf_deinit(&bytes);
}

static uint64_t receipted(struct world *world)
{
	uint64_t n = 0;
	int64_t time;

	province_must(ph_journal_receipt_get(ph_site_journal(world->site),
					     ph_site_log(world->site)->row, PH_LEVEL_HUB,
					     &n, &time, NULL));
	return n;
}

/* The hub's keys are replaced; with ALONE the old ones are named no more. */
static void replace_keys(struct world *world, bool alone)
{
	struct ph_keylist list = world->province.list;
	struct ph_buf bytes = { 0 };

	ph_device_keys_make(&world->province.hub, &world->config.rng);
	list.generation = world->site->keylist.generation + 1;
	list.hub[1] = list.hub[0];
	list.n_hubs = alone ? 1 : 2;
	memcpy(list.hub[0].sign, world->province.hub.sign.key, PH_KEY_SIZE);
	memcpy(list.hub[0].box, world->province.hub.box.key, PH_KEY_SIZE);
	province_must(ph_keylist_encode(&list, &world->province.root, &bytes));
	world->province.list = list;
	province_must(ph_db_begin(world->site->db));
	province_must(ph_site_keep_keylist(world->site, ph_buf_view(&bytes)));
	province_must(ph_db_commit(world->site->db));
	ph_buf_deinit(&bytes);
}

/*
 * Who had the hub's keys told of an epoch that no hub will ever reach, so that what the
 * hub says would be old for ever. With keys of which none is named any more that ends.
 */
static void test_epoch_of_a_thief(void **state)
{
	struct world *world = *state;
	struct feeding first = { 0 }, thief = { 0 }, next = { 0 };
	struct ph_buf bytes = { 0 };

	world_visits(world, 3);
	be_welcomed(world);
	be_receipted(world, 2);
	feed_reader(world, &first, 0, 3);
	assert_true(store(world, page_item(&first.page)));
	replace_keys(world, false); /* as is done now and then: nothing begins anew */
	be_welcomed(world);
	assert_int_equal(told_number(world), 3);
	assert_int_equal(receipted(world), 2);

	world->epoch.number = INT64_MAX;
	be_welcomed(world);
	be_receipted(world, 1);
	feed_reader(world, &thief, 0, 2);
	assert_true(store(world, page_item(&thief.page)));
	assert_int_equal(told_number(world), 2);
	assert_int_equal(receipted(world), 1);

	replace_keys(world, true);
	world->epoch.number = 2;
	be_welcomed(world);
	assert_int_equal(told_number(world), 0);
	assert_int_equal(receipted(world), 0); /* by nobody who is heeded */
	be_receipted(world, 3);
	assert_int_equal(receipted(world), 3);
	feed_reader(world, &next, 0, 1);
	assert_true(store(world, page_item(&next.page)));
	assert_int_equal(told_number(world), 1);
	assert_int_equal(ph_site_entry(world->site, &thief.ref, &bytes, NULL),
			 PH_JOURNAL_E_NONE);
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&first.page);
	ph_buf_deinit(&thief.page);
	ph_buf_deinit(&next.page);
}

/* A page with the adoption of what SIBLING has written, which BY has signed. */
static struct ph_item *adoption(struct world *world, struct sibling *sibling,
				const struct ph_sign_pair *by)
{
	uint8_t sig[PH_OPERATOR_SIZE];
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
	province_must(ph_operator_sign(&entry, hub.id, 9, by, sig, NULL));
	entry.extras.operator_sig = PH_VIEW(sig, sizeof(sig));
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
	assert_true(store(world, adoption(world, &sibling, &world->province.hub.sign)));
	assert_true(store(world, sibling_item(&sibling, 0)));
	assert_int_equal(told_n(world, &sibling), 0); /* nobody who may has signed it */
	world->epoch.number++;                        /* the feed begins anew */
	assert_true(
		store(world, adoption(world, &sibling, &world->province.operator_pair)));
	assert_true(store(world, sibling_item(&sibling, 0)));
	assert_int_equal(told_n(world, &sibling), n);
	sibling_write(&sibling, world_visit(3)); /* beyond it */
	assert_true(store(world, sibling_item(&sibling, n)));
	assert_int_equal(told_n(world, &sibling), n);
	sibling_close(&sibling);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOINED(test_take_pages),   JOINED(test_take_bad_pages),
		JOINED(test_take_epochs),  JOINED(test_epoch_of_a_thief),
		JOINED(test_take_adopted),
	};

	return ph_crypto_start() != 0
		       ? 1
		       : cmocka_run_group_tests_name("site_pages", tests, NULL, NULL);
}
