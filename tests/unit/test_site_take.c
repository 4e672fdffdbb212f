/*
 * Tests of client/site_take.c: logs of other devices of the site and their parts; what is
 * taken, what is left alone, what is refused. Pages: test_site_pages.c.
 */
#include "site_sibling.h"

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
		uint64_t log_site, admit_site;
		void (*alter)(struct ph_item *item);
	} cases[] = {
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
		admit(world, &sibling, cases[i].admit_site);
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

/*
 * A hub that was put back, and spoke before anybody called, has two histories of its control log; who
 * was admitted in the other one is not known here. Its log and parts are left alone, and the session goes on.
 */
static void test_take_unheard(void **state)
{
	struct world *world = *state;
	struct sibling unheard, sibling;
	struct ph_ref reader;

	sibling_open(world, &unheard, SITE);
	reader = sibling_write(&unheard, world_reader("Lò Thị Xuân"));
	sibling_open(world, &sibling, SITE);
	admit(world, &sibling, SITE);
	sibling_write(&sibling, world_visit(3));
	assert_true(store(world, control_item(world, 0)));
	assert_true(store(world, sibling_item(&unheard, 0)));
	assert_true(store(world, sibling_part(&unheard, reader.n)));
	assert_int_equal(told_n(world, &unheard), 0);
	assert_true(store(world, sibling_item(&sibling, 0)));
	assert_int_not_equal(told_n(world, &sibling), 0);
	/* as soon as its admission is heard of it is taken like any other */
	admit(world, &unheard, SITE);
	assert_true(store(world, control_item(world, 0)));
	free(hello_now(world));
	assert_true(store(world, sibling_item(&unheard, 0)));
	assert_int_equal(told_n(world, &unheard), reader.n);
	sibling_close(&sibling);
	sibling_close(&unheard);
}

/* Our own log does not come back to us as another's, and a part that does not fit it changes nothing. */
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
	assert_true(store(world, item));

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOINED(test_take_sibling), JOINED(test_take_refused),
		JOINED(test_take_own),     JOINED(test_take_wrong_part),
		JOINED(test_take_cut),     JOINED(test_take_many),
		JOINED(test_take_unheard),
	};

	return ph_crypto_start() != 0
		       ? 1
		       : cmocka_run_group_tests_name("site_take", tests, NULL, NULL);
}
