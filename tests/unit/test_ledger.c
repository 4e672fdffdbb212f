/* tests/unit/test_ledger.c - the projection: catching up, rebuilding, digest, failures, keys. */
#include <errno.h>

#include "ledger_world.h"

#include "common/ledger/tally.h"

#define BATCH 20000 /* as in ledger.c */

static void write_visits(struct actor *actor, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct ph_entry visit = entry_of(PH_KIND_VISIT);

		actor_write(actor, &visit);
	}
}

static uint64_t visits_of(struct world *world, uint64_t site)
{
	struct ph_entity_key key = ph_key_tally(site, ph_day_of(T0));
	struct ph_tally tally = { 0 };
	struct ph_buf state = { 0 };

	if (ph_ledger_get(world->ledger, PH_ENTITY_TALLY, ph_key_view(&key), &state) ==
	    0) {
		assert_int_equal(ph_tally_decode(ph_buf_view(&state), &tally), 0);
	}
	ph_buf_deinit(&state);
	return (uint64_t)tally.count[PH_TALLY_VISITS];
}

static void assert_digest(struct world *world, const uint8_t wanted[static 32])
{
	uint8_t got[32];

	world_digest(world, got);
	assert_memory_equal(got, wanted, 32);
}

static void empty_ledger_has_the_digest_of_nothing(void **state)
{
	static const uint8_t nothing[32] = { 0x0e, 0x57, 0x51, 0xc0, 0x26, 0xe5, 0x43,
					     0xb2, 0xe8, 0xab, 0x2e, 0xb0, 0x60, 0x99,
					     0xda, 0xa1, 0xd1, 0xe5, 0xdf, 0x47, 0x77,
					     0x8f, 0x77, 0x87, 0xfa, 0xab, 0x45, 0xcd,
					     0xf1, 0x2f, 0xe3, 0xa8 };
	struct world world;

	(void)state;
	world_init(&world, false);
	assert_digest(&world, nothing);
	world_deinit(&world);
}

static void assert_hex(struct ph_view bytes, const char *wanted)
{
	char hex[512];

	assert_true(bytes.len * 2 < sizeof hex);
	ph_hex(hex, bytes.data, bytes.len);
	assert_string_equal(hex, wanted);
}

static void assert_state(struct world *world, const struct ph_entity_key *key,
			 const char *id, const char *wanted)
{
	struct ph_buf bytes = { 0 };

	assert_hex(ph_key_view(key), id);
	assert_int_equal(ph_ledger_get(world->ledger, (enum ph_entity)key->type,
				       ph_key_view(key), &bytes),
			 0);
	assert_hex(ph_buf_view(&bytes), wanted);
	ph_buf_deinit(&bytes);
}

/* The example of docs/MERGE.md, "Digest": bytes stay as they are, or the fold has a new version. */
static void example_of_the_book(void **state)
{
	struct ph_entry loan = entry_of(PH_KIND_LOAN);
	struct ph_id id = { .ns = 0, .code = ph_view_str("c1") };
	struct ph_entity_key key;
	struct world world;
	struct actor actor;
	uint8_t digest[32];

	(void)state;
	world_init(&world, false);
	actor_init(&actor, 1, 101, T0);
	set_id(&loan, PH_LOAN_COPY, 0, "c1");
	set_id(&loan, PH_LOAN_CARD, 0, "k1");
	set_uint(&loan, PH_LOAN_TERM, 14);
	loan.stamp = ph_stamp(T0 + 78, 0);
	actor_write(&actor, &loan);
	assert_hex(actor_entry(&actor, 1),
		   "9601cf00006ab13b800000c0c420010101010101010101010101010101010101"
		   "0101010101010101010101010101c4105454545454545454545454545454545465");
	assert_hex(actor_entry(&actor, 2),
		   "961ecf00006ab13bce0000c09200a263319200a26b310e");
	assert_hex(PH_VIEW(actor.id, sizeof actor.id),
		   "fcece1f3c29361b94b21f2c20399567a");
	world_take(&world, &actor, UINT64_MAX);
	world_digest(&world, digest);
	assert_true(
		ph_key_bytes(PH_ENTITY_LOG, PH_VIEW(actor.id, sizeof actor.id), &key));
	assert_state(&world, &key, "fcece1f3c29361b94b21f2c20399567a",
		     "919265ce6ab13b80");
	assert_true(ph_key_id(PH_ENTITY_COPY, &id, &key));
	assert_state(&world, &key, "00000000000000006331",
		     "93c09502ce6ab13bce6593c410fcece1f3c29361b94b21f2c20399567a02c408"
		     "4ff139f625aeff4f9200a26b31919593c410fcece1f3c29361b94b21f2c20399"
		     "567a02c4084ff139f625aeff4f659200a26b31ce6ab13bcecd50fb");
	key = ph_key_tally(101, ph_day_of(T0));
	assert_state(&world, &key, "000000000000006500000000000050ed", "91810301");
	assert_hex(PH_VIEW(digest, sizeof digest),
		   "5f77a2664ddaa589cc802c2bba811484ada24463f7aa546233f17855957d7821");
	actor_deinit(&actor);
	world_deinit(&world);
}

static void catching_up_twice_folds_once(void **state)
{
	struct ph_error err = { 0 };
	struct world world;
	struct actor actor;
	uint64_t folded = 99;

	(void)state;
	world_init(&world, false);
	actor_init(&actor, 1, 101, T0);
	write_visits(&actor, 9);
	world_take(&world, &actor, UINT64_MAX);
	assert_int_equal(ph_ledger_catch_up(world.ledger, &folded, &err), 0);
	assert_int_equal(folded, 10);
	assert_int_equal(ph_ledger_catch_up(world.ledger, &folded, &err), 0);
	assert_int_equal(folded, 0);
	world_reopen_ledger(&world);
	assert_int_equal(ph_ledger_catch_up(world.ledger, &folded, &err), 0);
	assert_int_equal(folded, 0);
	assert_int_equal(visits_of(&world, 101), 9);
	actor_deinit(&actor);
	world_deinit(&world);
}

/* N visits, given in one go from one body that is made by hand, since actors are small. */
static void take_many(struct world *world, struct actor *actor, unsigned n)
{
	struct ph_entry visit = entry_of(PH_KIND_VISIT);
	struct ph_buf body = { 0 }, bytes = { 0 };
	struct ph_error err = { 0 };
	struct ph_log log;

	for (unsigned i = 0; i < n; i++) {
		visit.stamp = ph_stamp(T0, 0) + 1 + i;
		bytes.len = 0;
		assert_int_equal(ph_entry_encode(&visit, &bytes, &err), 0);
		assert_int_equal(ph_segment_add(&body, ph_buf_view(&bytes)), 0);
	}
	world_take(world, actor, 1);
	assert_int_equal(ph_db_begin(world->db), 0);
	world_log(world, actor, &log);
	assert_int_equal(ph_journal_append(world->journal, &log, ph_buf_view(&body)), 0);
	assert_int_equal(ph_db_commit(world->db), 0);
	ph_buf_deinit(&body);
	ph_buf_deinit(&bytes);
}

static void transactions_end_at_their_limit(void **state)
{
	static const unsigned sizes[] = { BATCH - 1, BATCH, BATCH + 1, 2 * BATCH + 7 };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct ph_error err = { 0 };
		struct world world;
		struct actor actors[2];
		uint64_t folded;

		world_init(&world, i % 2 == 1);
		actor_init(&actors[0], 1, 101, T0);
		actor_init(&actors[1], 2, 102, T0);
		take_many(&world, &actors[0], sizes[i] - 1);
		write_visits(&actors[1], 3);
		world_take(&world, &actors[1], UINT64_MAX);
		assert_int_equal(ph_ledger_catch_up(world.ledger, &folded, &err), 0);
		assert_int_equal(folded, sizes[i] + 4);
		assert_int_equal(visits_of(&world, 101), sizes[i] - 1);
		assert_int_equal(visits_of(&world, 102), 3);
		actor_deinit(&actors[0]);
		actor_deinit(&actors[1]);
		world_deinit(&world);
	}
}

/* Two logs, of 7 and 4 entries with their `open`. */
static void steps_fold_as_one_go(void **state)
{
	struct ph_error err = { 0 };
	struct world straight, world;
	struct actor actors[2];
	uint8_t wanted[32];
	uint64_t left;

	(void)state;
	actor_init(&actors[0], 1, 101, T0);
	actor_init(&actors[1], 2, 102, T0);
	write_visits(&actors[0], 6);
	write_visits(&actors[1], 3);
	world_init(&straight, false);
	world_init(&world, true);
	for (size_t i = 0; i < 2; i++) {
		world_take(&straight, &actors[i], UINT64_MAX);
		world_take(&world, &actors[i], UINT64_MAX);
	}
	world_digest(&straight, wanted);
	for (unsigned i = 0; i < 2; i++) { /* to look folds nothing */
		assert_int_equal(ph_ledger_step(world.ledger, 0, &left, &err), 0);
		assert_int_equal(left, 11);
		assert_int_equal(visits_of(&world, 101), 0);
	}
	for (uint64_t folded = 3; folded < 11; folded += 3) {
		assert_int_equal(ph_ledger_step(world.ledger, 3, &left, &err), 0);
		assert_int_equal(left, 11 - folded);
		assert_int_equal(visits_of(&world, 101), folded < 7 ? folded - 1 : 6);
		assert_int_equal(visits_of(&world, 102), folded < 9 ? 0 : 1);
		if (folded == 6) {
			world_reopen_ledger(&world);
		}
	}
	write_visits(&actors[1], 1);
	world_take(&world, &actors[1], UINT64_MAX);
	world_take(&straight, &actors[1], UINT64_MAX);
	world_digest(&straight, wanted);
	assert_int_equal(ph_ledger_step(world.ledger, 0, &left, &err), 0);
	assert_int_equal(left, 3);
	world_catch_up_by(&world, 2);
	assert_int_equal(visits_of(&world, 102), 4);
	assert_digest(&world, wanted);
	world_deinit(&straight);
	world_deinit(&world);
	actor_deinit(&actors[0]);
	actor_deinit(&actors[1]);
}

static void another_version_folds_anew(void **state)
{
	struct world world;
	struct actor actor;
	uint8_t before[32];

	(void)state;
	world_init(&world, false);
	actor_init(&actor, 1, 101, T0);
	write_visits(&actor, 5);
	world_take(&world, &actor, UINT64_MAX);
	world_digest(&world, before);
	assert_int_equal(ph_db_exec(world.db, "UPDATE ledger_meta SET value = x'00'"), 0);
	/* What an older fold left behind must not survive. */
	assert_int_equal(ph_db_exec(world.db, "UPDATE ledger_entity SET state = x'90'"),
			 0);
	world_reopen_ledger(&world);
	assert_int_equal(ph_ledger_count(world.ledger, PH_ENTITY_TALLY), 0);
	assert_digest(&world, before);
	actor_deinit(&actor);
	world_deinit(&world);
}

static void rebuild_mends_what_was_damaged(void **state)
{
	struct ph_error err = { 0 };
	struct world world;
	struct actor actor;
	uint8_t before[32];

	(void)state;
	world_init(&world, false);
	actor_init(&actor, 1, 101, T0);
	write_visits(&actor, 5);
	world_take(&world, &actor, UINT64_MAX);
	world_digest(&world, before);
	assert_int_equal(ph_db_exec(world.db, "DELETE FROM ledger_entity"), 0);
	assert_int_equal(ph_ledger_rebuild(world.ledger, &err), 0);
	assert_digest(&world, before);
	actor_deinit(&actor);
	world_deinit(&world);
}

static void failure_changes_nothing(void **state)
{
	struct ph_error err = { 0 };
	struct world world;
	struct actor actor;
	uint64_t folded;

	(void)state;
	world_init(&world, false);
	actor_init(&actor, 1, 101, T0);
	write_visits(&actor, 5);
	world_take(&world, &actor, UINT64_MAX);
	world_catch_up(&world);

	struct ph_entry loan = entry_of(PH_KIND_LOAN);

	write_visits(&actor, 3);
	set_id(&loan, PH_LOAN_COPY, 0, "c1");
	set_id(&loan, PH_LOAN_CARD, 0, "k1");
	actor_write(&actor, &loan);
	world_take(&world, &actor, UINT64_MAX);
	/* The loan cannot be filed, so the visits before it are not counted either. */
	assert_int_equal(ph_db_exec(world.db, "CREATE TRIGGER stop BEFORE INSERT ON"
					      " ledger_loan BEGIN"
					      " SELECT raise(ABORT, 'no'); END"),
			 0);
	assert_true(ph_ledger_catch_up(world.ledger, &folded, &err) < 0);
	assert_true(err.text[0] != '\0');
	assert_false(ph_db_in_transaction(world.db));
	assert_int_equal(visits_of(&world, 101), 5);
	assert_int_equal(ph_db_exec(world.db, "DROP TRIGGER stop"), 0);
	err.text[0] = '\0';
	assert_int_equal(ph_ledger_catch_up(world.ledger, &folded, &err), 0);
	assert_int_equal(folded, 4);
	assert_int_equal(visits_of(&world, 101), 8);
	actor_deinit(&actor);
	world_deinit(&world);
}

static void another_journal_is_folded_anew(void **state)
{
	struct ph_error err = { 0 };
	struct world world;
	struct actor first, second;
	struct ph_db *projection;
	uint8_t wanted[32];
	uint64_t left;

	(void)state;
	actor_init(&first, 1, 101, T0);
	actor_init(&second, 2, 102, T0);
	write_visits(&first, 5);
	write_visits(&second, 3);
	world_init(&world, true);
	world_take(&world, &second, UINT64_MAX);
	world_digest(&world, wanted);
	world_deinit(&world);

	world_init(&world, true);
	world_take(&world, &first, UINT64_MAX);
	world_catch_up(&world);
	/* The projection stays, the journal beneath it is another one. */
	projection = world.other;
	world.other = NULL;
	world_deinit(&world);
	world_init(&world, false);
	world.other = projection;
	world_reopen_ledger(&world);
	world_take(&world, &second, UINT64_MAX);
	assert_int_equal(ph_ledger_step(world.ledger, 0, &left, &err), 0);
	assert_int_equal(left, 1); /* that much is known before it is dropped */
	assert_int_equal(visits_of(&world, 101), 5);
	assert_int_equal(ph_ledger_step(world.ledger, 3, &left, &err), 0);
	assert_int_equal(left, 1);
	assert_int_equal(visits_of(&world, 101), 0);
	assert_int_equal(visits_of(&world, 102), 2);
	assert_digest(&world, wanted);
	assert_int_equal(visits_of(&world, 101), 0);
	world_deinit(&world);
	actor_deinit(&first);
	actor_deinit(&second);
}

static uint64_t takes_site(void *data, const struct ph_log *log)
{
	return log->site == *(const uint64_t *)data ? UINT64_MAX : 0;
}

static uint64_t takes_three(void *data, const struct ph_log *log)
{
	(void)data;
	(void)log;
	return 3;
}

/* A fold of the beginning of a log is the fold of a log that is only so long. */
static void only_so_many_entries_fold(void **state)
{
	struct world world, shorter;
	struct actor actor;
	uint8_t wanted[32];

	(void)state;
	actor_init(&actor, 1, 101, T0);
	write_visits(&actor, 5);
	world_init(&shorter, false);
	world_take(&shorter, &actor, 3);
	world_digest(&shorter, wanted);
	world_init(&world, true);
	world.takes = takes_three;
	world_reopen_ledger(&world);
	world_take(&world, &actor, UINT64_MAX);
	assert_digest(&world, wanted);
	world_deinit(&world);
	world_deinit(&shorter);
	actor_deinit(&actor);
}

static void only_logs_that_are_taken_fold(void **state)
{
	struct world world, alone;
	struct actor first, second;
	uint64_t site = 102;
	uint8_t wanted[32];

	(void)state;
	actor_init(&first, 1, 101, T0);
	actor_init(&second, 2, 102, T0);
	write_visits(&first, 5);
	write_visits(&second, 3);
	world_init(&alone, false);
	world_take(&alone, &second, UINT64_MAX);
	world_digest(&alone, wanted);
	world_init(&world, true);
	world.takes = takes_site;
	world.takes_data = &site;
	world_reopen_ledger(&world);
	world_take(&world, &first, UINT64_MAX);
	world_take(&world, &second, UINT64_MAX);
	assert_digest(&world, wanted);
	assert_int_equal(visits_of(&world, 101), 0);
	world_deinit(&world);
	world_deinit(&alone);
	actor_deinit(&first);
	actor_deinit(&second);
}

/* A row that no log can be: whoever looks at it fails. */
static void damage_a_log(struct world *world)
{
	struct ph_stmt *stmt;

	assert_int_equal(ph_db_prepare(world->db,
				       "INSERT INTO log(id, device_id, key, site, role)"
				       " VALUES(x'00', x'00', x'00', 1, 1)",
				       &stmt),
			 0);
	assert_int_equal(ph_stmt_run(stmt), 0);
}

static void only_logs_that_moved_are_looked_at(void **state)
{
	struct world world;
	struct actor actor;
	struct ph_error err = { 0 };

	(void)state;
	world_init(&world, false);
	actor_init(&actor, 1, 101, T0);
	write_visits(&actor, 5);
	world_take(&world, &actor, 3);
	world_catch_up(&world);
	damage_a_log(&world);
	world_take(&world, &actor, 2);
	world_catch_up(&world);
	assert_int_equal(visits_of(&world, 101), 4);
	world_take(&world, &actor, 1);
	world_catch_up(&world);
	assert_int_equal(visits_of(&world, 101), 5);
	world_reopen_ledger(&world);
	assert_int_equal(ph_ledger_catch_up(world.ledger, NULL, &err), -EUCLEAN);
	world_deinit(&world);
	actor_deinit(&actor);
}

/* What came and was rolled back comes again, behind more of another log. */
static void what_was_rolled_back_is_folded_when_it_comes(void **state)
{
	struct world world, straight;
	struct actor first, second;
	struct ph_buf body = { 0 };
	struct ph_log log;
	uint8_t wanted[32];

	(void)state;
	actor_init(&first, 1, 101, T0);
	actor_init(&second, 2, 102, T0);
	write_visits(&first, 5);
	write_visits(&second, 3);
	world_init(&straight, false);
	world_take(&straight, &first, UINT64_MAX);
	world_take(&straight, &second, UINT64_MAX);
	world_digest(&straight, wanted);
	world_init(&world, false);
	world_take(&world, &first, 2);
	world_take(&world, &second, 2);
	world_catch_up(&world);
	assert_int_equal(ph_db_begin(world.db), 0);
	world_log(&world, &first, &log);
	assert_int_equal(ph_segment_add(&body, actor_entry(&first, 3)), 0);
	assert_int_equal(ph_journal_append(world.journal, &log, ph_buf_view(&body)), 0);
	ph_db_rollback(world.db);
	ph_journal_reload(world.journal);
	world_take(&world, &second, UINT64_MAX);
	world_catch_up(&world);
	world_take(&world, &first, UINT64_MAX);
	assert_digest(&world, wanted);
	ph_buf_deinit(&body);
	world_deinit(&world);
	world_deinit(&straight);
	actor_deinit(&first);
	actor_deinit(&second);
}

static int stop_at_second(void *data, struct ph_view id, struct ph_view state)
{
	assert_int_equal(id.len, 16);
	assert_true(state.len > 0);
	return ++*(int *)data == 2 ? 42 : 0;
}

static void each_walks_in_order_and_stops(void **state)
{
	struct world world;
	struct actor actor;
	int seen = 0;

	(void)state;
	world_init(&world, false);
	for (uint8_t i = 0; i < 3; i++) {
		actor_init(&actor, (uint8_t)(1 + i), 101u + i, T0);
		write_visits(&actor, 1);
		world_take(&world, &actor, UINT64_MAX);
		actor_deinit(&actor);
	}
	world_catch_up(&world);
	assert_int_equal(ph_ledger_count(world.ledger, PH_ENTITY_TALLY), 3);
	assert_int_equal(ph_ledger_count(world.ledger, PH_ENTITY_COPY), 0);
	assert_int_equal(
		ph_ledger_each(world.ledger, PH_ENTITY_TALLY, stop_at_second, &seen), 42);
	assert_int_equal(seen, 2);
	world_deinit(&world);
}

static void get_of_nothing(void **state)
{
	struct ph_buf bytes = { 0 };
	struct world world;

	(void)state;
	world_init(&world, false);
	assert_int_equal(ph_ledger_get(world.ledger, PH_ENTITY_SITE,
				       PH_VIEW("12345678", 8), &bytes),
			 PH_LEDGER_E_NONE);
	assert_int_equal(bytes.len, 0);
	world_deinit(&world);
}

/* --- keys --- */

static void keys_keep_limits(void **state)
{
	char code[PH_CODE_MAX + 2];
	struct ph_entity_key key;

	(void)state;
	memset(code, '7', sizeof code);
	for (size_t len = 0; len <= PH_CODE_MAX + 1; len++) {
		struct ph_id id = { .ns = 9, .code = PH_VIEW(code, len) };
		struct ph_id back;

		assert_int_equal(ph_key_id(PH_ENTITY_COPY, &id, &key),
				 len >= 1 && len <= PH_CODE_MAX);
		if (len < 1 || len > PH_CODE_MAX) {
			continue;
		}
		assert_true(ph_key_get_id(ph_key_view(&key), &back));
		assert_int_equal(back.ns, 9);
		assert_true(ph_view_equal(back.code, id.code));
	}
	assert_false(ph_key_bytes(PH_ENTITY_POLICY, PH_VIEW(code, 0), &key));
	assert_true(ph_key_bytes(PH_ENTITY_POLICY, PH_VIEW(code, PH_CODE_MAX), &key));
}

static void keys_come_back(void **state)
{
	struct ph_ref ref = { .log_id = { 1, 2 }, .n = 77, .hash = { 3 } }, got;
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_TITLE, &ref);
	uint64_t site;
	int64_t day;

	(void)state;
	assert_true(ph_key_get_ref(ph_key_view(&key), &got));
	assert_true(ph_ref_equal(&ref, &got));
	assert_false(ph_key_get_ref(PH_VIEW(key.id, 31), &got));
	key = ph_key_tally(5, -3);
	assert_true(ph_key_get_tally(ph_key_view(&key), &site, &day));
	assert_int_equal(site, 5);
	assert_int_equal(day, -3);
	assert_false(ph_key_get_number(ph_key_view(&key), &site));
	key = ph_key_number(PH_ENTITY_SITE, 6);
	assert_true(ph_key_get_number(ph_key_view(&key), &site));
	assert_int_equal(site, 6);
}

static void keys_are_ordered_by_type_and_number(void **state)
{
	struct ph_entity_key small = ph_key_number(PH_ENTITY_SITE, 255);
	struct ph_entity_key large = ph_key_number(PH_ENTITY_SITE, 256);
	struct ph_entity_key later = ph_key_number(PH_ENTITY_TALLY, 1);

	(void)state;
	assert_true(ph_key_compare(&small, &large) < 0);
	assert_true(ph_key_compare(&later, &large) > 0);
	assert_true(ph_key_compare(&large, &large) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_ledger_has_the_digest_of_nothing),
		cmocka_unit_test(example_of_the_book),
		cmocka_unit_test(catching_up_twice_folds_once),
		cmocka_unit_test(transactions_end_at_their_limit),
		cmocka_unit_test(steps_fold_as_one_go),
		cmocka_unit_test(another_version_folds_anew),
		cmocka_unit_test(rebuild_mends_what_was_damaged),
		cmocka_unit_test(failure_changes_nothing),
		cmocka_unit_test(another_journal_is_folded_anew),
		cmocka_unit_test(only_logs_that_are_taken_fold),
		cmocka_unit_test(only_so_many_entries_fold),
		cmocka_unit_test(only_logs_that_moved_are_looked_at),
		cmocka_unit_test(what_was_rolled_back_is_folded_when_it_comes),
		cmocka_unit_test(each_walks_in_order_and_stops),
		cmocka_unit_test(get_of_nothing),
		cmocka_unit_test(keys_keep_limits),
		cmocka_unit_test(keys_come_back),
		cmocka_unit_test(keys_are_ordered_by_type_and_number),
	};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
