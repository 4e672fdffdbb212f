/*
 * tests/unit/test_hub.c - the hub's folder made and opened; what a session finds and is
 * told, replays of it, and the control log down. Admission: test_hub_admit.c.
 */
#include "tests/lib/full_run.h"
#include "tests/unit/hub_room.h"

#include "daemon/hub_rotate.h"

#include <sys/stat.h>

/* --- making and opening --- */

static void assert_folder_fails(const struct ph_hub_config *config, int rc,
				enum ph_exit exit, const char *words)
{
	struct ph_hub_init init = { .listen = "127.0.0.1:7415",
				    .passphrase = ph_view_str(PASSPHRASE),
				    .memory_mib = PH_LOCK_MIB_MIN };
	struct ph_error err = { 0 };

	assert_int_equal(ph_hub_init(config, &init, &err), rc);
	assert_int_equal(err.exit, exit);
	if (!strstr(err.text, words)) {
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
	}
}

static void test_init_refuses(void **state)
{
	struct hub_room room;
	struct ph_hub_config config;
	struct ph_hub_init init = { .listen = "127.0.0.1:7415" };
	struct ph_error err = { 0 };
	char path[128];

	(void)state;
	hub_open(&room);
	config = hub_config(&room);
	assert_folder_fails(&config, -EEXIST, PH_EXIT_OTHER, "is a hub already");
	assert_int_equal(ph_hub_init(&config, &init, &err), -EINVAL);
	assert_int_equal(err.exit, PH_EXIT_USAGE);
	hub_close(&room);

	temp_dir(room.dir);
	snprintf(path, sizeof(path), "%s/thesis.odt", room.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_folder_fails(&config, -ENOTEMPTY, PH_EXIT_OTHER, "thesis.odt");
	remove_dir(room.dir);
}

/* Each file that a kill at some point of init may leave. */
static void test_init_after_an_interrupted_one(void **state)
{
	static const char *const leavings[] = {
		"lock",       "packhorsed.conf", "packhorsed.conf.part",
		"hub.db.new", "hub.db.new-wal",  "hub.db.new-shm",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(leavings) / sizeof(leavings[0]); i++) {
		struct hub_room room = pattern;
		struct ph_hub_config config = hub_config(&room);
		struct ph_hub_init init = { .listen = "127.0.0.1:7415",
					    .passphrase = ph_view_str(PASSPHRASE),
					    .memory_mib = PH_LOCK_MIB_MIN };
		struct ph_error err = { 0 };
		char path[128];

		temp_dir(room.dir);
		room.rng.data = &room.state;
		snprintf(path, sizeof(path), "%s/%s", room.dir, leavings[i]);
		assert_int_equal(
			ph_file_write(path, ph_view_str("left over"), 0600, &err), 0);
		if (ph_hub_init(&config, &init, &err) != 0) {
			fail_msg("%s left over: %s", leavings[i], err.text);
		}
		hub_start(&room);
		hub_close(&room);
	}
}

/* A store whose last pages are still in the WAL when it gets its name would be half a hub. */
static void test_init_on_a_failing_disk(void **state)
{
	bool made = false;

	(void)state;
	for (int after = 0; !made; after++) {
		struct hub_room room = pattern;
		struct ph_hub_config config = hub_config(&room);
		struct ph_hub_init init = { .listen = "127.0.0.1:7415",
					    .passphrase = ph_view_str(PASSPHRASE),
					    .memory_mib = PH_LOCK_MIB_MIN };
		struct ph_error err = { 0 };

		temp_dir(room.dir);
		room.rng.data = &room.state;
		disk.hits = 0;
		disk.fault = FAIL_FULL;
		disk.after = after;

		int rc = ph_hub_init(&config, &init, &err);

		made = disk.hits == 0;
		disk.fault = NO_FAULT;
		if (rc != 0) {
			assert_true(err.text[0] != '\0');
			/* given again, on a disk with room */
			memset(&err, 0, sizeof(err));
			rc = ph_hub_init(&config, &init, &err);
		}
		if (rc != 0) {
			fail_msg("after write %d: %s", after, err.text);
		}
		hub_start(&room);
		hub_close(&room);
	}
}

static void test_open_refuses(void **state)
{
	static const struct {
		const char *file; /* which is put in place of ours; NULL: removed */
		const char *name;
		enum ph_exit exit;
	} cases[] = {
		{ NULL, "hub.db", PH_EXIT_DAMAGED },
		{ NULL, "keys/online", PH_EXIT_DAMAGED },
		{ NULL, "keys/list", PH_EXIT_DAMAGED },
		{ "nonsense", "keys/online", PH_EXIT_DAMAGED },
		{ "nonsense", "keys/list", PH_EXIT_DAMAGED },
		{ "nonsense", "hub.db", PH_EXIT_DAMAGED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hub_room room;
		struct ph_hub_config config;
		struct ph_hub *hub = NULL;
		struct ph_error err = { 0 };
		char path[128];

		hub_open(&room);
		ph_hub_close(room.hub);
		config = hub_config(&room);
		snprintf(path, sizeof(path), "%s/%s", room.dir, cases[i].name);
		assert_int_equal(unlink(path), 0);
		if (cases[i].file) {
			assert_int_equal(ph_file_write(path, ph_view_str(cases[i].file),
						       0600, &err),
					 0);
		}
		assert_true(ph_hub_open(&hub, &config, &err) < 0);
		assert_null(hub);
		if (err.exit != cases[i].exit) {
			fail_msg("%s: exit %d, %s", cases[i].name, err.exit, err.text);
		}
		remove_dir(room.dir);
	}
}

/* Keys of one hub and the list of another do not go together. */
static void test_keys_of_another_hub(void **state)
{
	struct ph_device_keys keys;
	struct hub_room room;
	struct ph_hub_config config;
	struct ph_hub *hub = NULL;
	struct ph_error err = { 0 };
	char path[128];

	(void)state;
	hub_open(&room);
	ph_hub_close(room.hub);
	config = hub_config(&room);
	ph_device_keys_make(&keys, &room.rng);
	snprintf(path, sizeof(path), "%s/keys/online", room.dir);
	assert_int_equal(ph_device_keys_save(&keys, path, &err), 0);
	assert_int_equal(ph_hub_open(&hub, &config, &err), -EUCLEAN);
	assert_int_equal(err.exit, PH_EXIT_DAMAGED);
	assert_non_null(strstr(err.text, "another hub"));
	remove_dir(room.dir);
}

static int count_old(void *data, const char *name)
{
	*(unsigned *)data += strncmp(name, "online.2", 8) == 0;
	return 0;
}

/* Keys that are replaced twice within a second are kept, both: a site may still call by either. */
static void test_keys_of_one_second(void **state)
{
	struct hub_room room;
	struct ph_sign_pair root;
	struct ph_error err = { 0 };
	uint64_t generation;
	unsigned kept = 0;
	char path[128];

	(void)state;
	hub_open(&room);
	snprintf(path, sizeof(path), "%s/keys/root", room.dir);
	assert_int_equal(ph_locked_key_load(&root, path, ph_view_str(PASSPHRASE), &err),
			 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ph_hub_rotate(room.hub, &root, false, &generation, &err),
				 0);
		hub_restart(&room);
	}
	snprintf(path, sizeof(path), "%s/keys", room.dir);
	assert_int_equal(ph_dir_list(path, count_old, &kept), 0);
	assert_int_equal(kept, 2);
	hub_close(&room);
}

static void test_one_at_a_time(void **state)
{
	struct hub_room room;
	struct ph_hub_config config;
	struct ph_hub *second = NULL;
	struct ph_error err = { 0 };

	(void)state;
	hub_open(&room);
	config = hub_config(&room);
	assert_int_equal(ph_hub_open(&second, &config, &err), -EWOULDBLOCK);
	assert_int_equal(err.exit, PH_EXIT_IN_USE);
	assert_non_null(strstr(err.text, "a test"));
	hub_close(&room);
}

/* --- heads and replays --- */

static void test_heads(void **state)
{
	struct hub_room room;
	struct member member;
	struct ph_receipt receipt;

	(void)state;
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	write_visits(&member, 3);

	struct ph_job *job = carry_out(&room, hello_of(&member, NULL));

	assert_false(job->welcome.same);
	assert_int_equal(job->welcome.n_heads, 1);
	assert_int_equal(job->welcome.head[0].n, 0);
	assert_int_equal(job->welcome.n_receipts, 0);
	ph_job_free(job);

	job = carry_out(&room, hello_of(&member, all_item(&member, 0)));
	assert_true(job->welcome.same);
	assert_int_equal(job->welcome.head[0].n, own_log(&member)->n);
	assert_memory_equal(job->welcome.head[0].h, own_log(&member)->h, PH_HASH_SIZE);
	assert_int_equal(job->welcome.n_receipts, 1);
	check_receipt(&room, &member, &job->welcome.receipt[0], &receipt);
	assert_int_equal(receipt.head.n, own_log(&member)->n);
	ph_job_free(job);

	/* a receipt that came home is not told again */
	job = hello_of(&member, NULL);
	job->hello.receipted[0] = own_log(&member)->n;
	carry_out(&room, job);
	assert_true(job->welcome.same);
	assert_int_equal(job->welcome.n_receipts, 0);
	ph_job_free(job);

	/* a device restored from a backup tells less than the hub holds */
	job = hello_of(&member, NULL);
	job->hello.head[0].n = 1;
	assert_int_equal(ph_journal_chain_at(member.desk.room.journal, own_log(&member),
					     1, job->hello.head[0].h),
			 0);
	carry_out(&room, job);
	assert_false(job->welcome.same);
	assert_int_equal(job->welcome.head[0].n, own_log(&member)->n);
	ph_job_free(job);
	member_close(&member);
	hub_close(&room);
}

/* A device that names another's log learns nothing of it, and gets no receipt for it. */
static void test_head_of_another_device(void **state)
{
	struct hub_room room;
	struct member owner;
	struct member nosy;
	const struct ph_log *log;

	(void)state;
	hub_open(&room);
	member_open(&room, &owner, 1, "14-0371");
	member_open(&room, &nosy, 2, "14-0372");
	write_visits(&owner, 3);
	be_admitted(&room, &nosy);
	expect_job(&room, hello_of(&owner, all_item(&owner, 0)), 0);

	struct ph_job *job = hello_of(&nosy, NULL);

	log = own_log(&owner);
	job->hello.n_heads = 2;
	memcpy(job->hello.head[0].log_id, log->id, sizeof(log->id));
	job->hello.head[0].n = 1;
	memcpy(job->hello.head[1].log_id, (uint8_t[PH_LOG_ID_SIZE]){ "no log of anyone" },
	       PH_LOG_ID_SIZE);
	job->hello.head[1].n = 5;
	carry_out(&room, job);
	assert_int_equal(job->result, 0);
	assert_int_equal(job->welcome.n_heads, 2);
	assert_int_equal(job->welcome.head[0].n, 0);
	assert_int_equal(job->welcome.head[1].n, 0);
	assert_int_equal(job->welcome.n_receipts, 0);
	assert_false(job->welcome.same);
	ph_job_free(job);
	member_close(&owner);
	member_close(&nosy);
	hub_close(&room);
}

/* Whoever recorded message 1 can send it again: once is all it does. */
static void test_replayed_hello(void **state)
{
	const unsigned replays = full_run() ? 10000 : 1000;
	struct hub_room room;
	struct member member;
	int64_t entries;
	int64_t control;

	(void)state;
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	write_visits(&member, 5);
	expect_job(&room, hello_of(&member, all_item(&member, 0)), 0);
	entries = hub_says(&room, "entries");
	control = hub_says(&room, "control_entries");
	for (unsigned i = 0; i < replays; i++) {
		struct ph_hub_peer replayer = { 0 };
		struct ph_job *job = hello_of(&member, all_item(&member, 0));

		job->owner = &replayer;
		job->hello.counter = i;
		room.machine.now.wall++;
		carry_out(&room, job);
		assert_int_equal(job->result, 0);
		assert_false(job->bad);
		assert_int_equal(job->welcome.status, PH_STATUS_OK);
		assert_int_equal(replayer.entries, 0);
		ph_job_free(job);
		if (i == replays / 2) {
			hub_restart(&room);
		}
	}
	assert_int_equal(hub_says(&room, "entries"), entries);
	assert_int_equal(hub_says(&room, "control_entries"), control);
	assert_int_equal(hub_says(&room, "devices"), 1);
	assert_int_equal(hub_says(&room, "last_heard"), 0);
	assert_int_equal(
		count_of(&(struct room){ .db = ph_journal_db(ph_hub_journal(room.hub)) },
			 "SELECT max(counter) FROM device"),
		0);
	member_close(&member);
	hub_close(&room);
}

static void test_heard(void **state)
{
	struct hub_room room;
	struct member member;

	(void)state;
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	write_visits(&member, 1);

	struct ph_job *job = hello_of(&member, NULL);

	job->hello.counter = 7;
	expect_job(&room, job, 0);
	expect_job(&room, job_of(&member, PH_JOB_STORE, all_item(&member, 0)), 0);
	job = carry_out(&room, job_of(&member, PH_JOB_LOAD, NULL));
	ph_job_free(job);
	assert_int_equal(hub_says(&room, "last_heard"), 0);

	room.machine.now.wall += 60;
	expect_job(&room, job_of(&member, PH_JOB_HEARD, NULL), 0);
	assert_int_equal(hub_says(&room, "last_heard"), room.machine.now.wall);
	hub_restart(&room);
	assert_int_equal(hub_says(&room, "last_heard"), room.machine.now.wall);

	json_t *answer = ask(&room, json_pack("{s:s}", "command", "devices"));
	const json_t *device = json_array_get(json_object_get(answer, "devices"), 0);

	assert_int_equal(json_integer_value(json_object_get(device, "sessions")), 7);
	json_decref(answer);
	member_close(&member);
	hub_close(&room);
}

/* --- the control log down --- */

/* Load from where the peer stands until no more comes; the last entry's number. */
static uint64_t load_all(struct hub_room *room, struct member *member, size_t budget,
			 uint8_t h[static PH_HASH_SIZE], unsigned *pieces)
{
	const uint8_t *hub_key = ph_hub_keys(room->hub)->sign.key;
	uint64_t n = member->peer.control;
	bool more = true;

	*pieces = 0;
	while (more) {
		struct ph_job *job = job_of(member, PH_JOB_LOAD, NULL);
		struct ph_segment segment;

		job->budget = budget;
		carry_out(room, job);
		assert_int_equal(job->result, 0);
		more = job->more;
		if (!job->items) {
			assert_false(more);
			ph_job_free(job);
			break;
		}
		assert_null(job->items->next);
		ph_item_segment(job->items, &segment);
		assert_int_equal(segment.first, n + 1);
		if (n == 0) {
			ph_chain_start(h, segment.log_id, hub_key);
		}
		assert_int_equal(ph_segment_verify(&segment, hub_key, h, h), 0);
		n = segment.last;
		++*pieces;
		ph_job_free(job);
	}
	return n;
}

static void test_control_log_in_pieces(void **state)
{
	static const size_t budgets[] = { 1, 300, 600, PH_SEGMENT_MAX };
	uint8_t chain[64][PH_HASH_SIZE];
	struct hub_room room;
	struct member member;
	uint64_t all;
	unsigned pieces;

	(void)state;
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	be_admitted(&room, &member);
	for (unsigned i = 0; i < 8; i++) {
		json_decref(ask(&room, json_pack("{s:s, s:s, s:s}", "command",
						 "policy-set", "name", "loan-term-days",
						 "value", i % 2 ? "14" : "21")));
	}
	all = (uint64_t)hub_says(&room, "control_entries");
	assert_in_range(all, 10, 63);
	for (size_t i = 0; i < sizeof(budgets) / sizeof(budgets[0]); i++) {
		uint8_t h[PH_HASH_SIZE];

		member.peer.control = 0;
		assert_int_equal(load_all(&room, &member, budgets[i], h, &pieces), all);
		assert_true(budgets[i] < 1000 ? pieces > 1 : pieces == 1);
	}

	/* h(n) for each n, as a device would have them */
	json_t *answer =
		ask(&room, json_pack("{s:s, s:i}", "command", "log", "limit", 1));
	const char *id =
		text_in(json_array_get(json_object_get(answer, "entries"), 0), "log");
	uint8_t log_id[PH_LOG_ID_SIZE];
	struct ph_log log;

	assert_int_equal(ph_unhex(log_id, sizeof(log_id), id, strlen(id)), 0);
	json_decref(answer);
	assert_int_equal(ph_journal_log_find(ph_hub_journal(room.hub), log_id, &log), 0);
	for (uint64_t n = 1; n <= all; n++) {
		assert_int_equal(
			ph_journal_chain_at(ph_hub_journal(room.hub), &log, n, chain[n]),
			0);
	}
	for (uint64_t n = 1; n <= all; n++) {
		struct ph_job *job = hello_of(&member, NULL);

		job->hello.control.n = n;
		memcpy(job->hello.control.h, chain[n], sizeof(job->hello.control.h));
		carry_out(&room, job);
		assert_int_equal(job->more, n < all);
		assert_int_equal(member.peer.control, n);
		ph_job_free(job);
		if (n < all) {
			uint8_t h[PH_HASH_SIZE];

			memcpy(h, chain[n], sizeof(h));
			/* a cursor between two seals starts between them */
			assert_int_equal(load_all(&room, &member, 300, h, &pieces), all);
			assert_memory_equal(h, chain[all], sizeof(h));
		}
	}

	/* not on our chain, or beyond its end: from the start */
	for (uint64_t n = 1; n <= all + 1; n += all) {
		struct ph_job *job = hello_of(&member, NULL);

		job->hello.control.n = n;
		memset(job->hello.control.h, 0x55, sizeof(job->hello.control.h));
		carry_out(&room, job);
		assert_int_equal(job->result, 0);
		assert_true(job->more);
		assert_int_equal(member.peer.control, 0);
		ph_job_free(job);
	}
	member_close(&member);
	hub_close(&room);
}

/* A change made while a session is open reaches that session. */
static void test_control_log_grows(void **state)
{
	uint8_t h[PH_HASH_SIZE];
	struct hub_room room;
	struct member member;
	unsigned pieces;
	uint64_t n;

	(void)state;
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	be_admitted(&room, &member);
	n = load_all(&room, &member, PH_SEGMENT_MAX, h, &pieces);
	assert_int_equal(n, hub_says(&room, "control_entries"));
	add_site(&room, "14-0373", "Điểm bưu điện văn hoá xã");
	assert_int_equal(load_all(&room, &member, PH_SEGMENT_MAX, h, &pieces),
			 hub_says(&room, "control_entries"));
	assert_int_equal(pieces, 1);
	member_close(&member);
	hub_close(&room);
}

static void test_jobs_of_a_device_are_refused(void **state)
{
	struct hub_room room;
	struct member member;

	(void)state;
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	be_admitted(&room, &member);
	expect_job(&room, job_of(&member, PH_JOB_WELCOME, NULL), -EINVAL);
	expect_job(&room, job_of(&member, PH_JOB_RECEIPT, NULL), -EINVAL);
	ph_hub_jobs(room.hub, NULL);
	member_close(&member);
	hub_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init_refuses),
		cmocka_unit_test(test_init_after_an_interrupted_one),
		cmocka_unit_test(test_init_on_a_failing_disk),
		cmocka_unit_test(test_open_refuses),
		cmocka_unit_test(test_keys_of_another_hub),
		cmocka_unit_test(test_one_at_a_time),
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_head_of_another_device),
		cmocka_unit_test(test_replayed_hello),
		cmocka_unit_test(test_heard),
		cmocka_unit_test(test_keys_of_one_second),
		cmocka_unit_test(test_control_log_in_pieces),
		cmocka_unit_test(test_control_log_grows),
		cmocka_unit_test(test_jobs_of_a_device_are_refused),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
