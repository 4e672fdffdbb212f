/* What a session does to a site's store on the way up: hello, welcome, load, receipt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "site_world.h"

/* --- hello --- */

static void test_hello_first(void **state)
{
	struct world *world = *state;
	struct ph_buf arena = { 0 };
	struct ph_hello *hello = world_hello(world, 8192, &arena);

	assert_int_equal(hello->n_heads, 1);
	assert_int_equal(hello->head[0].n, 2);
	assert_int_equal(hello->receipted[0], 0);
	assert_true(hello->cert.len > 0);
	assert_int_equal(hello->control.n, 0);
	assert_int_equal(hello->counter, 0);
	assert_int_equal(hello->n_segments, 1);
	assert_int_equal(hello->segment[0].first, 1);
	assert_int_equal(hello->segment[0].last, 2);
	assert_true(hello->done);
	free(hello);
	ph_buf_deinit(&arena);
}

static void test_hello_flight_limits(void **state)
{
	struct world *world = *state;
	static const size_t limits[] = { 0, 1, 100, 1024, 8192, 32768, 1 << 20 };
	size_t before = 0;

	world_visits(world, 5000);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct ph_buf arena = { 0 };
		struct ph_hello *hello = world_hello(world, limits[i], &arena);
		size_t bytes = 0;
		uint64_t next = 1;

		for (unsigned s = 0; s < hello->n_segments; s++) {
			assert_int_equal(hello->segment[s].first, next);
			next = hello->segment[s].last + 1;
			bytes += hello->segment[s].body.len;
		}
		print_message("# flight of %zu: %zu bytes in %u segments\n", limits[i],
			      bytes, hello->n_segments);
		assert_true(bytes <= limits[i] && bytes <= 32768);
		assert_true(bytes >= before);
		assert_false(hello->done);
		before = bytes;
		free(hello);
		ph_buf_deinit(&arena);
	}
	assert_true(before > 30000);
}

/* Personal fields have no place in message 1: it stops before the entry they belong to. */
static void test_hello_stops_at_part(void **state)
{
	struct world *world = *state;
	struct ph_buf arena = { 0 };
	struct ph_hello *hello;

	world_write(world, world_visit(1));
	world_write(world, world_reader("Lò Văn Pâng"));
	world_write(world, world_visit(2));
	hello = world_hello(world, 8192, &arena);
	assert_int_equal(hello->head[0].n, 5);
	assert_int_equal(hello->n_segments, 1);
	assert_int_equal(hello->segment[0].last, 3);
	assert_false(hello->done);
	free(hello);
	ph_buf_deinit(&arena);
}

/* --- up --- */

static void test_upload(void **state)
{
	struct world *world = *state;
	struct ph_site_state now;
	struct ph_site_moved moved;
	struct ph_job *job;
	struct world_load load;
	struct ph_error err = { 0 };

	world_visits(world, 3000);
	for (int i = 0; i < 40; i++) {
		world_write(world, world_reader("Quàng Thị Hặc"));
	}
	job = world_greet(world, &err);
	assert_int_equal(job->result, 0);
	assert_true(job->more);
	ph_job_free(job);
	load = world_load_all(world, 32 * 1024);
	print_message("# %u jobs, %u segments, %u parts\n", load.jobs, load.segments,
		      load.parts);
	assert_int_equal(load.parts, 40);
	assert_true(load.segments > 1);
	assert_true(load.largest <= 16 * 1024);
	ph_site_moved(world->site, &moved);
	assert_int_equal(moved.entries_sent, 3042);
	assert_int_equal(moved.parts_sent, 40);

	/* the receipt comes home */
	job = world_job(PH_JOB_RECEIPT);
	job->receipt = calloc(1, sizeof(*job->receipt));
	job->n_receipts = 1;
	world_receipt(world, job->receipt);
	assert_int_equal(job->receipt->n, 3042);
	assert_int_equal(job->receipt->n_missing, 0);
	ph_site_job(world->site, job, &err);
	assert_int_equal(job->result, 0);
	assert_false(job->more);
	ph_job_free(job);
	assert_int_equal(ph_site_state(world->site, &now), 0);
	assert_int_equal(now.entries, 3042);
	assert_int_equal(now.receipted, 3042);
	assert_int_equal(now.parts_pending, 0);
	assert_int_equal(now.receipted_time, WORLD_NOW + 60);
	assert_int_equal(now.oldest_pending, 0);
}

/* A hub that holds some of it is sent the rest, and nothing twice. */
static void test_resume(void **state)
{
	struct world *world = *state;
	struct ph_error err = { 0 };
	struct ph_site_moved moved;
	unsigned parts = 0;
	struct ph_job *job;

	world_visits(world, 1500);
	ph_job_free(world_greet(world, &err));
	job = world_job(PH_JOB_LOAD);
	job->budget = 1; /* the first item goes whatever it costs */
	ph_site_job(world->site, job, NULL);
	assert_non_null(job->items);
	assert_null(job->items->next);
	assert_true(job->more);

	uint64_t held = job->items->last;

	province_must(world_take(world, job->items, &parts));
	ph_job_free(job);

	/* the link was cut here */
	ph_job_free(world_greet(world, &err));
	world_load_all(world, 64 * 1024);
	ph_site_moved(world->site, &moved);
	assert_int_equal(moved.entries_sent, 1502 - held);
}

/* Entries that the desk writes during a session go with it. */
static void test_written_meanwhile(void **state)
{
	struct world *world = *state;
	struct ph_site_moved moved;
	struct ph_error err = { 0 };

	ph_job_free(world_greet(world, &err));
	world_visits(world, 10);
	world_load_all(world, 4096);
	ph_site_moved(world->site, &moved);
	assert_int_equal(moved.entries_sent, 12);
}

/* What the hub lists as missing is sent again, once a session, and nothing else is. */
static void test_missing_parts(void **state)
{
	struct world *world = *state;
	struct ph_error err = { 0 };
	struct ph_job *job;
	unsigned parts = 0;

	for (int i = 0; i < 3; i++) {
		world_write(world, world_reader("Cà Thị Dung"));
	}
	ph_job_free(world_greet(world, &err));
	job = world_job(PH_JOB_LOAD);
	job->budget = 64 * 1024;
	ph_site_job(world->site, job, NULL);
	/* only the segment arrives; the parts are lost with the link */
	assert_int_equal(job->items->type, PH_ITEM_SEGMENT);
	ph_items_free(job->items->next);
	job->items->next = NULL;
	province_must(world_take(world, job->items, &parts));
	ph_job_free(job);

	struct ph_buf arena = { 0 };

	free(world_hello(world, 0, &arena));
	job = world_job(PH_JOB_WELCOME);
	world_heads(world, &job->welcome);
	job->receipt = calloc(1, sizeof(*job->receipt));
	world_receipt(world, job->receipt);
	assert_int_equal(job->receipt->n_missing, 3);
	job->welcome.receipt = job->receipt;
	job->welcome.n_receipts = 1;
	ph_site_job(world->site, job, &err);
	assert_int_equal(job->result, 0);
	assert_true(job->more);
	ph_job_free(job);

	struct world_load load = world_load_all(world, 64 * 1024);

	assert_int_equal(load.parts, 3);
	assert_int_equal(load.segments, 0);

	/* had the link been cut here, the next hello asks for a fresh list */
	struct ph_hello *hello = world_hello(world, 8192, &arena);

	assert_int_equal(hello->head[0].n, 5);
	assert_int_equal(hello->receipted[0], 4);
	assert_false(hello->done);
	assert_int_equal(hello->n_segments, 0);
	free(hello);
	ph_job_free(world_greet(world, &err));

	/* the receipt says that they came */
	job = world_job(PH_JOB_RECEIPT);
	job->receipt = calloc(1, sizeof(*job->receipt));
	job->n_receipts = 1;
	world_receipt(world, job->receipt);
	assert_int_equal(job->receipt->n_missing, 0);
	ph_site_job(world->site, job, &err);
	assert_int_equal(job->result, 0);
	assert_false(job->more);
	ph_job_free(job);
	ph_buf_deinit(&arena);
}

/* --- the hub knows better, or lies --- */

/* What is written next goes to another log, and the hello tells of the own ones. */
static void expect_left(struct world *world)
{
	uint8_t id[PH_LOG_ID_SIZE];
	struct ph_site_went_on went_on;
	struct ph_buf arena = { 0 };
	struct ph_hello *hello = world_hello(world, 0, &arena);

	assert_int_equal(hello->n_siblings, 1);
	assert_memory_equal(hello->sibling[0].log_id, ph_site_log(world->site)->id,
			    PH_LOG_ID_SIZE);
	free(hello);
	ph_buf_deinit(&arena);
	assert_int_equal(ph_site_went_on(world->site, &went_on), 0);
	assert_int_equal(went_on.doubt, PH_WHY_RESTORED);
	memcpy(id, ph_site_log(world->site)->id, sizeof(id));
	world_visits(world, 2);
	assert_memory_not_equal(id, ph_site_log(world->site)->id, sizeof(id));
	assert_int_equal(ph_site_log(world->site)->n, 4);
	assert_int_equal(ph_site_went_on(world->site, &went_on), 0);
	assert_int_equal(went_on.doubt, 0);
	assert_int_equal(went_on.why, PH_WHY_RESTORED);
}

static void test_hub_is_ahead(void **state)
{
	struct world *world = *state;
	struct ph_job *job = world_job(PH_JOB_WELCOME);
	struct ph_error err = { 0 };
	struct ph_buf arena = { 0 };
	struct ph_hello *hello = world_hello(world, 0, &arena);

	assert_int_equal(hello->n_siblings, 0);
	free(hello);
	ph_buf_deinit(&arena);
	world_heads(world, &job->welcome);
	job->welcome.head[0].n = ph_site_log(world->site)->n + 1;
	ph_site_job(world->site, job, &err);
	assert_int_equal(job->result, 0);
	assert_false(job->more);
	assert_true(ph_site_lacks_own(world->site));
	ph_job_free(job);
	expect_left(world);
}

/* The hub has a log of ours that is not here, or another branch of the one that we write. */
static void test_hub_tells_of_own(void **state)
{
	struct world *world = *state;
	struct ph_error err = { 0 };
	struct ph_buf arena = { 0 };

	for (int i = 0; i < 3; i++) {
		const struct ph_log *log = ph_site_log(world->site);
		struct ph_job *job = world_job(PH_JOB_WELCOME);
		struct ph_sibling *told = &job->welcome.sibling[0];
		struct ph_site_went_on went_on;

		free(world_hello(world, 0, &arena));
		world_heads(world, &job->welcome);
		job->welcome.n_siblings = 1;
		*told = (struct ph_sibling){ .n = log->n };
		memcpy(told->log_id, log->id, sizeof(log->id));
		memcpy(told->h, log->h,
		       sizeof(told->h)); /* what is here: nothing follows */
		told->log_id[0] ^= i == 1;
		told->h[0] ^= i == 2;
		ph_site_job(world->site, job, &err);
		assert_int_equal(job->result, 0);
		assert_int_equal(ph_site_lacks_own(world->site), i == 1);
		assert_int_equal(ph_site_went_on(world->site, &went_on), 0);
		assert_int_equal(went_on.doubt, i == 2 ? PH_WHY_RESTORED : 0);
		ph_job_free(job);
	}
	expect_left(world);
	ph_buf_deinit(&arena);
}

/* Let the hub hold all, and give the job of a welcome with its receipt. */
static struct ph_job *receipted_welcome(struct world *world)
{
	struct ph_error err = { 0 };
	struct ph_buf arena = { 0 };
	struct ph_job *job;

	ph_job_free(world_greet(world, &err));
	world_load_all(world, 65536);
	free(world_hello(world, 0, &arena));
	ph_buf_deinit(&arena);
	job = world_job(PH_JOB_WELCOME);
	world_heads(world, &job->welcome);
	job->receipt = calloc(1, sizeof(*job->receipt));
	world_receipt(world, job->receipt);
	job->welcome.receipt = job->receipt;
	job->welcome.n_receipts = 1;
	return job;
}

/* A receipt of the hub for our entries up to N. */
static void receipt_at(struct world *world, uint64_t n, struct ph_short_receipt *out)
{
	struct ph_receipt receipt = { .epoch = world->epoch,
				      .level = PH_LEVEL_HUB,
				      .time = WORLD_NOW + 60,
				      .head.n = n };
	const struct ph_log *log = ph_site_log(world->site);

	memcpy(receipt.head.log_id, log->id, sizeof(log->id));
	province_must(ph_journal_chain_at(ph_site_journal(world->site), log, n,
					  receipt.head.h));
	*out = (struct ph_short_receipt){ .n = n,
					  .level = receipt.level,
					  .time = receipt.time };
	province_must(ph_receipt_sign(&receipt, world->province.hub.sign.secret,
				      out->signature));
}

/*
 * A copy of this folder was at the hub: it tells a head that is not ours. Sending begins
 * behind what it surely has; 10 entries are here, of which it has signed for 6.
 */
static void test_hub_holds_another(void **state)
{
	static const struct {
		const char *name;
		bool new_epoch;
		size_t flight;
		uint64_t told;    /* n of the head that is another's */
		uint64_t receipt; /* a receipt in this welcome; 0: none */
		uint64_t first;   /* the next entry that goes up */
	} cases[] = {
		{ "told beyond our receipts: they hold", false, 0, 8, 0, 7 },
		{ "of a hub that was restored they do not", true, 0, 8, 0, 1 },
		{ "told what they are for: it has lost it", false, 0, 6, 0, 1 },
		{ "told less", false, 0, 4, 0, 1 },
		{ "the flight was left alone: it has lost it", false, 8192, 8, 0, 1 },
		{ "the flight was taken", false, 8192, 9, 8, 9 },
		{ "all is receipted", false, 8192, 9, 10, 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		void *own = NULL;
		struct ph_error err = { 0 };
		struct ph_buf arena = { 0 };
		struct ph_short_receipt receipt;
		struct world *world;
		struct ph_job *job;

		print_message("# %s\n", cases[i].name);
		world_setup_joined(&own);
		world = own;
		world_visits(world, 4);
		job = receipted_welcome(world);
		ph_site_job(world->site, job, &err);
		assert_int_equal(job->result, 0);
		ph_job_free(job);
		assert_int_equal(ph_site_log(world->site)->n, 6);
		world_visits(world, 4);

		free(world_hello(world, cases[i].flight, &arena));
		job = world_job(PH_JOB_WELCOME);
		world_heads(world, &job->welcome);
		job->welcome.epoch.number += cases[i].new_epoch;
		job->welcome.head[0].n = cases[i].told;
		memset(job->welcome.head[0].h, 3, PH_HASH_SIZE);
		if (cases[i].receipt > 0) {
			receipt_at(world, cases[i].receipt, &receipt);
			job->welcome.receipt = &receipt;
			job->welcome.n_receipts = 1;
		}
		ph_site_job(world->site, job, &err);
		assert_int_equal(job->result, 0);
		assert_int_equal(job->more, cases[i].first > 0);
		ph_job_free(job);

		job = world_job(PH_JOB_LOAD);
		job->budget = 65536;
		ph_site_job(world->site, job, NULL);
		assert_int_equal(job->result, 0);
		assert_int_equal(job->items ? job->items->first : 0, cases[i].first);
		ph_job_free(job);
		ph_buf_deinit(&arena);
		world_teardown(&own);
	}
}

static void bad_signature(struct ph_short_receipt *receipt)
{
	receipt->signature[5] ^= 1;
}
static void other_time(struct ph_short_receipt *receipt)
{
	receipt->time++;
}
static void lower_n(struct ph_short_receipt *receipt)
{
	receipt->n--;
}
static void no_n(struct ph_short_receipt *receipt)
{
	receipt->n = 0;
}
static void other_log(struct ph_short_receipt *receipt)
{
	receipt->index = 1;
}
static void other_level(struct ph_short_receipt *receipt)
{
	receipt->level = PH_LEVEL_BACKUP;
}
static void courier_level(struct ph_short_receipt *receipt)
{
	receipt->level = PH_LEVEL_COURIER;
}
static void false_missing(struct ph_short_receipt *receipt)
{
	receipt->n_missing = 1;
	receipt->missing[0] = 1;
}

static const struct {
	const char *name;
	void (*alter)(struct ph_short_receipt *receipt);
} forgeries[] = {
	{ "signature altered", bad_signature },
	{ "another time", other_time },
	{ "another n", lower_n },
	{ "n of zero", no_n },
	{ "another log", other_log },
	{ "another level", other_level },
	{ "a courier's level", courier_level },
	{ "another list of missing", false_missing },
};

static void test_forged_receipts(void **state)
{
	struct world *world = *state;

	world_visits(world, 3);
	for (size_t i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
		struct ph_job *job = receipted_welcome(world);
		struct ph_site_state now;
		struct ph_error err = { 0 };

		print_message("# %s\n", forgeries[i].name);
		forgeries[i].alter(job->receipt);
		ph_site_job(world->site, job, &err);
		assert_int_equal(job->result, -EBADMSG);
		assert_int_equal(err.exit, PH_EXIT_OTHER);
		assert_int_equal(ph_site_state(world->site, &now), 0);
		assert_int_equal(now.receipted, 0);
		ph_job_free(job);
	}

	struct ph_job *job = receipted_welcome(world);

	ph_site_job(world->site, job, NULL);
	assert_int_equal(job->result, 0);
	assert_false(job->more);
	ph_job_free(job);
}

/* A receipt of another province's hub, rightly signed by it. */
static void test_other_hub(void **state)
{
	struct world *world = *state;
	struct province other;
	struct ph_job *job;
	struct ph_error err = { 0 };

	world_visits(world, 3);
	province_make(&other, 9);
	ph_job_free(receipted_welcome(world));
	world->province.hub.sign = other.hub.sign;
	job = receipted_welcome(world);
	ph_site_job(world->site, job, &err);
	assert_int_equal(job->result, -EBADMSG);
	ph_job_free(job);
}

#define JOINED(test)                                                                     \
	cmocka_unit_test_setup_teardown(test, world_setup_joined, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOINED(test_hello_first),
		JOINED(test_hello_flight_limits),
		JOINED(test_hello_stops_at_part),
		JOINED(test_upload),
		JOINED(test_resume),
		JOINED(test_written_meanwhile),
		JOINED(test_missing_parts),
		JOINED(test_hub_is_ahead),
		JOINED(test_hub_tells_of_own),
		cmocka_unit_test(test_hub_holds_another),
		JOINED(test_forged_receipts),
		JOINED(test_other_hub),
	};

	return ph_crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
