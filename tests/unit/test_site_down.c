/* What a session does to a site's store on the way down, and what it leaves behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "site_world.h"

/* --- key lists --- */

static void offer_list(struct world *world, const struct ph_keylist *list,
		       const struct ph_sign_pair *root)
{
	struct ph_buf bytes = { 0 };
	struct ph_buf arena = { 0 };
	struct ph_job *job = world_job(PH_JOB_WELCOME);

	province_must(ph_keylist_encode(list, root, &bytes));
	free(world_hello(world, 0, &arena));
	world_heads(world, &job->welcome);
	job->welcome.keylist = ph_buf_view(&bytes);
	ph_site_job(world->site, job, NULL);
	assert_int_equal(job->result, 0);
	ph_job_free(job);
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&arena);
}

static void test_keylist(void **state)
{
	struct world *world = *state;
	struct province *p = &world->province;
	struct ph_keylist list = p->list;
	struct province other;
	struct ph_device_keys fresh;

	province_make(&other, 9);
	other.list.generation = 5;
	offer_list(world, &other.list, &other.root); /* another province's */
	ph_device_keys_make(&fresh, &world->config.rng);
	memcpy(list.hub[0].box, fresh.box.key, PH_KEY_SIZE);
	offer_list(world, &list, &p->root); /* the same generation */
	assert_memory_equal(ph_site_hub_box(world->site), p->hub.box.key, PH_KEY_SIZE);

	/* a newer one: another hub key, and our operator is gone from it */
	list.generation = 2;
	memcpy(list.operator_key[0], fresh.sign.key, PH_KEY_SIZE);
	offer_list(world, &list, &p->root);
	assert_memory_equal(ph_site_hub_box(world->site), fresh.box.key, PH_KEY_SIZE);

	ph_site_close(world->site);
	world->site = NULL;
	assert_int_equal(world_open(world, NULL), 0);
	assert_memory_equal(ph_site_hub_box(world->site), fresh.box.key, PH_KEY_SIZE);
	ph_device_keys_wipe(&fresh);
}

/* --- down --- */

/* All of the hub's control log as one item. */
static struct ph_item *control_item(struct world *world)
{
	struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);
	struct ph_segment segment;

	province_must(ph_writer_seal(world->control));
	province_must(ph_journal_read_segment(world->hub, ph_writer_log(world->control),
					      0, 65536, &segment, &item->body));
	memcpy(item->log_id, segment.log_id, sizeof(item->log_id));
	memcpy(item->seal, segment.seal, sizeof(item->seal));
	item->first = segment.first;
	item->last = segment.last;
	return item;
}

static void add_policy(struct world *world, const char *value)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_POLICY_PUT) };

	entry.field[PH_POLICY_NAME].set = true;
	entry.field[PH_POLICY_NAME].as.bytes = ph_view_str("loan-term-days");
	entry.field[PH_POLICY_VALUE].set = true;
	entry.field[PH_POLICY_VALUE].as.bytes = ph_view_str(value);
	province_must(ph_writer_add(world->control, &entry, NULL, NULL));
}

static struct ph_job *store(struct world *world, struct ph_item *item)
{
	struct ph_job *job = world_job(PH_JOB_STORE);

	job->items = item;
	ph_site_job(world->site, job, NULL);
	assert_int_equal(job->result, 0);
	return job;
}

static uint64_t control_n(struct world *world)
{
	struct ph_buf arena = { 0 };
	struct ph_hello *hello = world_hello(world, 0, &arena);
	uint64_t n = hello->control.n;

	free(hello);
	ph_buf_deinit(&arena);
	return n;
}

static void test_control(void **state)
{
	struct world *world = *state;
	struct ph_site_moved moved;
	struct ph_job *job;

	add_policy(world, "14");
	assert_int_equal(control_n(world), 0);
	job = store(world, control_item(world));
	assert_false(job->bad);
	ph_job_free(job);
	ph_site_moved(world->site, &moved);
	assert_int_equal(moved.entries_received, 3);
	assert_int_equal(control_n(world), 3);

	/* again, and with more behind it */
	add_policy(world, "21");
	job = store(world, control_item(world));
	assert_false(job->bad);
	ph_job_free(job);
	assert_int_equal(control_n(world), 4);
}

static void break_seal(struct world *world, struct ph_item *item)
{
	(void)world;
	item->seal[0] ^= 1;
}
static void break_body(struct world *world, struct ph_item *item)
{
	(void)world;
	item->body.data[item->body.len - 1] ^= 1;
}
static void make_gap(struct world *world, struct ph_item *item)
{
	(void)world;
	item->first = 2;
	item->last++;
}
static void make_part(struct world *world, struct ph_item *item)
{
	(void)world;
	item->type = PH_ITEM_PART;
}
static void other_id(struct world *world, struct ph_item *item)
{
	(void)world;
	item->log_id[0] ^= 1;
}
static void own_id(struct world *world, struct ph_item *item)
{
	memcpy(item->log_id, ph_site_log(world->site)->id, PH_LOG_ID_SIZE);
}

static const struct {
	const char *name;
	void (*alter)(struct world *world, struct ph_item *item);
} intruders[] = {
	{ "seal broken", break_seal },     { "body altered", break_body },
	{ "starts with a gap", make_gap }, { "a part", make_part },
	{ "another log", other_id },       { "our own log", own_id },
};

static void test_control_refused(void **state)
{
	struct world *world = *state;

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(intruders) / sizeof(intruders[0]); i++) {
			struct ph_item *item;
			struct ph_job *job;
			uint64_t before = control_n(world);

			print_message("# %s, %s\n", intruders[i].name,
				      round ? "later" : "at first");
			add_policy(world, "30");
			item = control_item(world);
			intruders[i].alter(world, item);
			job = store(world, item);
			assert_true(job->bad);
			ph_job_free(job);
			assert_int_equal(control_n(world), before);
		}
		ph_job_free(store(world, control_item(world)));
	}
}

/* A control log by a key that the key list does not name, well sealed. */
static void test_control_of_another_hub(void **state)
{
	struct world *world = *state;
	struct province other;
	struct ph_job *job;

	province_make(&other, 9);
	ph_writer_free(world->control);
	ph_journal_free(world->hub);
	ph_db_close(world->hub_db);
	world->province.hub.sign = other.hub.sign;
	world_hub(world);
	job = store(world, control_item(world));
	assert_true(job->bad);
	ph_job_free(job);
	assert_int_equal(control_n(world), 0);
}

/* The hub has other keys, and its control log of before counts up to AT; NULL: not at all. */
static void close_control(struct world *world, const struct ph_log *at)
{
	struct ph_keylist list = world->province.list;
	struct ph_device_keys fresh;

	ph_device_keys_make(&fresh, &world->config.rng);
	memcpy(list.hub[0].sign, fresh.sign.key, PH_KEY_SIZE);
	memcpy(list.hub[0].box, fresh.box.key, PH_KEY_SIZE);
	list.generation = 2;
	if (at) {
		memcpy(list.closed[0].log_id, at->id, PH_LOG_ID_SIZE);
		memcpy(list.closed[0].h, at->h, PH_HASH_SIZE);
		list.closed[0].n = at->n;
		list.n_closed = 1;
	}
	offer_list(world, &list, &world->province.root);
	ph_device_keys_wipe(&fresh);
}

static void store_control(struct world *world, bool taken, uint64_t n)
{
	struct ph_job *job = store(world, control_item(world));

	assert_true(job->bad != taken);
	ph_job_free(job);
	assert_int_equal(control_n(world), n);
}

/* Of a key that is named no more counts what the list says, and nothing that was sealed since. */
static void test_control_closed(void **state)
{
	struct world *world = *state;
	struct ph_log at;

	add_policy(world, "14");
	at = *ph_writer_log(world->control);
	close_control(world, &at);
	add_policy(world, "99");
	store_control(world, false, 0);
}

static void test_control_closed_behind(void **state)
{
	struct world *world = *state;
	struct ph_log at;

	add_policy(world, "14");
	at = *ph_writer_log(world->control);
	close_control(world, &at);
	store_control(world, true, at.n);
	add_policy(world, "99");
	store_control(world, false, at.n);
}

static void test_control_not_closed(void **state)
{
	struct world *world = *state;

	add_policy(world, "14");
	close_control(world, NULL);
	store_control(world, false, 0);
}

/* --- ends --- */

static void end_session(struct world *world, bool complete, const char *reason,
			uint64_t bytes_out, uint64_t bytes_in)
{
	const struct ph_session_counts counts = { .bytes_out = bytes_out,
						  .bytes_in = bytes_in };

	assert_int_equal(ph_site_session_end(world->site, complete, reason, &counts), 0);
}

static void test_session_end(void **state)
{
	static const struct {
		bool complete;
		const char *reason;
		uint64_t bytes_out, bytes_in;
		size_t flight;
		uint64_t sessions;
	} steps[] = {
		{ false, "unreachable", 0, 0, 8192, 0 },
		{ true, "", 500, 200, 8192, 1 },
		{ false, "cut", 500, 0, 1024, 2 },
		{ false, "unreachable", 0, 0, 1024, 2 },
		{ false, "cut", 500, 0, 0, 3 },
		{ false, "cut", 500, 0, 0, 4 },
		{ true, "", 500, 200, 8192, 5 },
		{ false, "cut behind the hub's answer", 500, 200, 0, 6 },
		{ true, "", 500, 200, 8192, 7 },
	};
	struct world *world = *state;
	struct ph_site_state now;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		world->now.wall++;
		end_session(world, steps[i].complete, steps[i].reason, steps[i].bytes_out,
			    steps[i].bytes_in);
		assert_int_equal(ph_site_state(world->site, &now), 0);
		assert_int_equal(now.last_time, world->now.wall);
		assert_int_equal(now.last_complete, steps[i].complete);
		assert_string_equal(now.last_reason, steps[i].reason);
		assert_int_equal(now.flight_next, steps[i].flight);
		assert_int_equal(now.sessions, steps[i].sessions);
	}
	assert_int_equal(now.good_time, world->now.wall);
}

/* Shorter frames the sooner a link breaks; the default once as much went through whole. */
static void test_frames(void **state)
{
	static const struct {
		const char *name;
		bool complete;
		uint64_t bytes;
		size_t least, most;
	} steps[] = {
		{ "nobody there", false, 0, 0, 0 },
		{ "cut after 16 KiB", false, 16384, 850, 1000 },
		{ "not reached says nothing", false, 0, 850, 1000 },
		{ "and again", false, 16384, 850, 1000 },
		{ "a short one was whole", true, 300, 850, 1000 },
		{ "a long one was whole", true, 100000, 0, 0 },
		{ "cut at once", false, 100, 256, 256 },
		{ "cut after 1 GiB", false, UINT64_C(1) << 30, 1024, 1024 },
	};
	struct world *world = *state;
	struct ph_site_state now;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		print_message("# %s\n", steps[i].name);
		end_session(world, steps[i].complete, "", steps[i].bytes, 0);
		assert_int_equal(ph_site_state(world->site, &now), 0);
		assert_in_range(now.frame_next, steps[i].least, steps[i].most);
	}
}

static void assert_calls(struct world *world, const uint8_t *box)
{

	assert_memory_equal(ph_site_hub_box(world->site), box, PH_KEY_SIZE);
}

/* A hub that has not the key we call by may have one that the list names besides. */
static void test_other_hub(void **state)
{
	struct world *world = *state;
	struct ph_keylist list = world->province.list;
	struct ph_device_keys fresh;

	ph_device_keys_make(&fresh, &world->config.rng);
	end_session(world, false, "wrong-key", 100, 0); /* there is no other */
	assert_calls(world, list.hub[0].box);
	list.hub[1] = list.hub[0];
	memcpy(list.hub[0].sign, fresh.sign.key, PH_KEY_SIZE);
	memcpy(list.hub[0].box, fresh.box.key, PH_KEY_SIZE);
	list.n_hubs = 2;
	list.generation = 2;
	offer_list(world, &list, &world->province.root);
	assert_calls(world, list.hub[0].box);
	end_session(world, false, "unreachable", 0, 0);
	assert_calls(world, list.hub[0].box);
	end_session(world, false, "wrong-key", 100, 0);
	assert_calls(world, list.hub[1].box);
	ph_site_close(world->site);
	world->site = NULL;
	assert_int_equal(world_open(world, NULL), 0);
	assert_calls(world, list.hub[1].box);
	end_session(world, false, "wrong-key", 100, 0);
	assert_calls(world, list.hub[0].box);
	end_session(world, false, "wrong-key", 100, 0);
	list.generation = 3;
	offer_list(world, &list, &world->province.root);
	assert_calls(world, list.hub[0].box);
	ph_device_keys_wipe(&fresh);
}

#define JOINED(test)                                                                     \
	cmocka_unit_test_setup_teardown(test, world_setup_joined, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOINED(test_keylist),
		JOINED(test_control),
		JOINED(test_control_refused),
		JOINED(test_control_of_another_hub),
		JOINED(test_control_closed),
		JOINED(test_control_closed_behind),
		JOINED(test_control_not_closed),
		JOINED(test_other_hub),
		JOINED(test_session_end),
		JOINED(test_frames),
	};

	return ph_crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
