/*
 * Tests of the two meanings of a welcome's member siblings (docs/WIRE.md): logs of others that
 * the hub asks for, daemon/hub_sibling.c, and heads of the device's own, daemon/hub_own.c; as
 * client/site_sibling.c and client/site_own.c understand them, in real sessions. With
 * PACKHORSE_SEEDS=FOLDER each hello and welcome becomes a seed of fuzz_message there.
 */
#include "tests/unit/sibling_room.h"

#include "client/site_internal.h"

static struct ph_sibling welcomed[PH_SIBLINGS_MAX]; /* in the last welcome */
static unsigned n_welcomed;

/* BYTES, of which a decoder that KIND names makes a message. */
static void write_seed(uint8_t kind, const struct ph_buf *bytes)
{
	static unsigned number;
	const char *folder = getenv("PACKHORSE_SEEDS");
	char path[PATH_MAX];
	FILE *file;

	if (folder == NULL) {
		return;
	}
	snprintf(path, sizeof(path), "%s/siblings-%02u", folder, number++);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(&kind, 1, 1, file), 1);
	assert_int_equal(fwrite(bytes->data, 1, bytes->len, file), bytes->len);
	assert_int_equal(fclose(file), 0);
}

static void keep_welcome(struct ph_job *job, enum ph_side side, bool done)
{
	struct ph_buf bytes = { 0 };

	if (side != PH_SIDE_HUB || job->type != PH_JOB_HELLO) {
		return;
	}
	if (done) {
		n_welcomed = job->welcome.n_siblings;
		memcpy(welcomed, job->welcome.sibling, sizeof(welcomed));
		assert_int_equal(ph_welcome_encode(&job->welcome, &bytes), 0);
	} else {
		assert_int_equal(ph_hello_encode(&job->hello, &bytes), 0);
	}
	write_seed(done ? 2 : 1, &bytes);
	ph_buf_deinit(&bytes);
}

static struct drove sync_watched(struct hub_room *room, struct pc *pc)
{
	struct drove drove;

	road_tamper = keep_welcome;
	drove = sync_pc(room, pc);
	road_tamper = NULL;
	return drove;
}

/* What the last welcome told of LOG; NULL: nothing. */
static const struct ph_sibling *told_of(const struct ph_log *log)
{
	for (unsigned i = 0; i < n_welcomed; i++) {
		if (memcmp(welcomed[i].log_id, log->id, sizeof(log->id)) == 0) {
			return &welcomed[i];
		}
	}
	return NULL;
}

/* From now on PC writes to a log that nobody has seen. */
static struct ph_log begins_another(struct pc *pc, unsigned visits)
{
	struct ph_error err = { 0 };

	assert_int_equal(ph_site_put_back(pc->site, &err), 0);
	pc_visits(pc, visits);
	return *ph_site_log(pc->site);
}

static void assert_asks_own(struct pc *pc, bool expected)
{
	bool asks;

	assert_int_equal(ph_site_asks_own(pc->site, &asks), 0);
	assert_int_equal(asks, expected);
}

/* It is asked for a log that the hub has never seen: that is none of its own that it lacks. */
static void test_asked_is_not_own(void **state)
{
	struct site *site = *state;
	struct ph_log log = begins_another(&site->dies, 9);

	lan(&site->dies, &site->lives);
	pass(&site->room.machine, DAY);
	assert_int_equal(sync_watched(&site->room, &site->lives).moved.entries_carried,
			 log.n);
	assert_int_equal(n_welcomed, 1);
	assert_non_null(told_of(&log));
	assert_int_equal(told_of(&log)->n, 0);
	assert_true(is_all_there(site, &site->dies));
	assert_false(ph_site_lacks_own(site->lives.site));
	assert_asks_own(&site->lives, false);
}

/* A folder that was put back, and has what another PC left: one welcome tells the one and asks for the other. */
static void test_both_in_one_welcome(void **state)
{
	struct site *site = *state;
	struct ph_log own, dead;
	struct drove drove;
	char witness[160];

	pc_copy(&site->lives, "", ".kept");
	own = begins_another(&site->lives, 7);
	sync_pc(&site->room, &site->lives);
	/* as a power cut may leave it, or the folder itself would notice */
	snprintf(witness, sizeof(witness), "%s.kept/witness", site->lives.dir);
	assert_int_equal(truncate(witness, 0), 0);
	pc_copy(&site->lives, ".kept", "");
	assert_asks_own(&site->lives, false);
	dead = begins_another(&site->dies, 40);
	lan(&site->dies, &site->lives);
	pass(&site->room.machine, DAY);

	drove = sync_watched(&site->room, &site->lives);
	assert_int_equal(n_welcomed, 2);
	assert_true(told_of(&own) && told_of(&dead));
	assert_int_equal(told_of(&own)->n, own.n);
	assert_int_equal(told_of(&dead)->n, 0);
	/* what is asked for is sent, what is told is asked for */
	assert_int_equal(drove.moved.entries_carried, dead.n);
	assert_true(is_all_there(site, &site->dies));
	assert_true(ph_site_lacks_own(site->lives.site));
	assert_asks_own(&site->lives, true);

	drove = sync_watched(&site->room, &site->lives);
	assert_int_equal(n_welcomed, 0);
	assert_int_equal(drove.moved.entries_back, own.n);
	assert_int_equal(drove.moved.entries_carried, 0);
	assert_int_equal(log_at(ph_site_journal(site->lives.site), &site->dies).n,
			 dead.n);
}

/* The hub has the entries and lost a part: it tells how many it has, and which is the first that it lacks. */
static void test_parts_are_asked_for(void **state)
{
	struct site *site = *state;
	struct ph_log log;
	struct drove drove;

	(void)pc_reader(&site->dies, NAME);
	(void)pc_reader(&site->dies, NAME);
	log = *ph_site_log(site->dies.site);
	sync_pc(&site->room, &site->dies);
	lan(&site->dies, &site->lives);
	assert_int_equal(ph_db_exec(ph_journal_db(ph_hub_journal(site->room.hub)),
				    "UPDATE part SET cipher = NULL, seed = NULL WHERE "
				    "id = (SELECT max(id) FROM part)"),
			 0);
	assert_false(is_all_there(site, &site->dies));
	pass(&site->room.machine, DAY);
	drove = sync_watched(&site->room, &site->lives);
	assert_int_equal(n_welcomed, 1);
	assert_non_null(told_of(&log));
	assert_int_equal(told_of(&log)->n, log.n);
	assert_int_equal(told_of(&log)->missing, log.n);
	assert_int_equal(told_of(&log)->parts, 1);
	assert_int_equal(drove.moved.parts_sent, 1);
	assert_true(is_all_there(site, &site->dies));
	assert_false(ph_site_lacks_own(site->lives.site));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIBLINGS(test_asked_is_not_own),
		SIBLINGS(test_both_in_one_welcome),
		SIBLINGS(test_parts_are_asked_for),
	};

	return cmocka_run_group_tests_name("hub_sibling_own", tests, make_pattern,
					   remove_pattern);
}
