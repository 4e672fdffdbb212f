/*
 * Tests of what a site believes of the hub's logs whose keys are named no more, since they were
 * stolen (common/log/control.c, client/site_control.c): what the list closes counts, up to there.
 */
#include "tests/unit/site_heeds.h"

/* What the thief said before the device heard of it counts no more. */
static void test_closed_words_of_before(void **state)
{
	struct world *world = *state;
	struct sibling sibling;
	struct ph_log at;

	begin(world, &sibling);
	set_term(world, "14");
	at = *ph_writer_log(world->control);
	set_term(world, "99");
	hear(world);
	assert_string_equal(term(world), "99");
	close_at(world, &at);
	assert_string_equal(term(world), "14");
	expect(world, &sibling, false);
	sibling_close(&sibling);
}

/* Held up to where it is closed, but with other words: nothing of it counts. */
static void test_closed_other_words(void **state)
{
	struct world *world = *state;
	const struct ph_site_admitted *admitted;
	struct sibling sibling;
	struct ph_log at;

	begin(world, &sibling);
	set_term(world, "99");
	hear(world);
	at = *ph_writer_log(world->control);
	at.h[0] ^= 1;
	close_at(world, &at);
	assert_string_equal(term(world), "");
	assert_int_equal(ph_site_admitted(world->site, sibling.id, &admitted), 0);
	assert_false(admitted->is_admitted);
	sibling_close(&sibling);
}

/* Such words are not even taken, from the first on or behind what is held. */
static void test_closed_refused(void **state)
{
	struct world *world = *state;
	struct ph_log at, other;
	uint64_t held;

	words_unsigned = false;
	words_signed_by = NULL;
	set_term(world, "14");
	at = *ph_writer_log(world->control);
	other = at;
	other.h[PH_HASH_SIZE - 1] ^= 1;
	close_at(world, &other);
	assert_false(store(world, control_item(world, 0)));
	assert_string_equal(term(world), "");
	close_at(world, &at);
	hear(world);
	assert_string_equal(term(world), "14");
	held = at.n;
	set_term(world, "99");
	at = other = *ph_writer_log(world->control);
	other.h[0] ^= 1;
	close_at(world, &other);
	assert_false(store(world, control_item(world, held)));
	assert_string_equal(term(world), "14");
	close_at(world, &at);
	assert_true(store(world, control_item(world, held)));
	assert_string_equal(term(world), "99");
}

/* ---- a thief with the hub's keys, and what he wrote ---- */

/* The hub's store as he copied it: the control log up to some entry. */
struct thief {
	const struct ph_sign_pair *pair;
	struct ph_db *db;
	struct ph_journal *journal;
	struct ph_log log;
	uint64_t moments;
};

/* He copies what the hub has said so far. */
static void copy_hub(struct thief *thief, struct world *world)
{
	struct ph_item *item = control_item(world, 0);
	struct ph_segment segment;

	thief->pair = &world->province.hub.sign;
	thief->moments = 1000;
	province_must(
		ph_db_open(&thief->db,
			   &(struct ph_db_config){ .path = ":memory:",
						   .application = PH_STORE_HUB,
						   .steps = ph_journal_steps,
						   .n_steps = ph_journal_steps_count,
						   .create = true },
			   NULL));
	province_must(ph_journal_open(&thief->journal, thief->db));
	province_must(ph_journal_log_add(thief->journal, item->log_id,
					 world->province.hub.sign.key, 0, PH_ROLE_HUB,
					 &thief->log));
	ph_item_segment(item, &segment);
	province_must(
		ph_journal_put_segment(thief->journal, &thief->log, &segment, NULL));
	ph_items_free(item);
}

static void end_thief(struct thief *thief)
{
	ph_journal_free(thief->journal);
	ph_db_close(thief->db);
}

/* He writes ENTRY behind what his log has, and seals it. */
static void thief_says(struct thief *thief, struct ph_entry *entry, uint32_t number)
{
	struct ph_buf bytes = { 0 };
	struct ph_buf body = { 0 };

	entry->kind = ph_kind_find(number);
	entry->number = number;
	entry->stamp = ((uint64_t)WORLD_NOW << 16) + ++thief->moments;
	province_must(ph_entry_encode(entry, &bytes, NULL));
	province_must(ph_segment_add(&body, ph_buf_view(&bytes)));
	province_must(ph_journal_append(thief->journal, &thief->log, ph_buf_view(&body)));
	province_must(ph_journal_seal(thief->journal, &thief->log, thief->log.n,
				      thief->pair->secret));
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&body);
}

static void forge_term(struct thief *thief, const char *days)
{
	struct ph_entry entry = { 0 };

	entry.field[PH_POLICY_NAME] = bytes_value("loan-term-days", 14);
	entry.field[PH_POLICY_VALUE] = bytes_value(days, strlen(days));
	thief_says(thief, &entry, PH_KIND_POLICY_PUT);
}

/* From now on he writes another log, of the same key, that goes on from the one before. */
static void forge_log(struct thief *thief, uint8_t fill)
{
	const uint8_t *key = thief->pair->key;
	struct ph_entry entry = { 0 };
	uint8_t nonce[PH_NONCE_SIZE];
	uint8_t id[PH_LOG_ID_SIZE];
	struct ph_head *from = &entry.field[PH_OPEN_CONTINUES].as.head;

	memcpy(from->log_id, thief->log.id, sizeof(from->log_id));
	memcpy(from->h, thief->log.h, sizeof(from->h));
	from->n = thief->log.n;
	entry.field[PH_OPEN_CONTINUES].set = true;
	memset(nonce, fill, sizeof(nonce));
	ph_log_id(id, key, nonce);
	entry.field[PH_OPEN_KEY] = bytes_value(key, PH_KEY_SIZE);
	entry.field[PH_OPEN_NONCE] = bytes_value(nonce, sizeof(nonce));
	entry.field[PH_OPEN_SITE] = (struct ph_value){ .set = true };
	entry.field[PH_OPEN_SOFTWARE] = bytes_value("packhorse 0.1", 13);
	entry.field[PH_OPEN_TABLE] = bytes_value("12345678", 8);
	province_must(
		ph_journal_log_add(thief->journal, id, key, 0, PH_ROLE_HUB, &thief->log));
	thief_says(thief, &entry, PH_KIND_OPEN);
}

static struct ph_item *forged(struct thief *thief, uint64_t after)
{
	struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);
	struct ph_segment segment;

	province_must(ph_journal_read_segment(thief->journal, &thief->log, after, 65536,
					      &segment, &item->body));
	memcpy(item->log_id, segment.log_id, sizeof(item->log_id));
	memcpy(item->seal, segment.seal, sizeof(item->seal));
	item->first = segment.first;
	item->last = segment.last;
	return item;
}

/* It tells to hold the control log up to AT, one log, and nothing behind. */
static void assert_told(struct world *world, const struct ph_log *at)
{
	struct ph_hello *hello = hello_now(world);

	assert_int_equal(hello->control.n, at->n);
	assert_memory_equal(hello->control.h, at->h, sizeof(hello->control.h));
	free(hello);
}

static void assert_rebuilt_same(struct world *world)
{
	uint8_t before[32], again[32];
	struct ph_ledger *ledger = ph_site_ledger(world->site, NULL);

	province_must(ph_ledger_digest(ledger, before, NULL));
	province_must(ph_ledger_rebuild(ledger, NULL));
	province_must(ph_ledger_digest(ledger, again, NULL));
	assert_memory_equal(before, again, sizeof(before));
}

/* What it has above a closed head it does not tell: the hub would send all again, each time. */
static void test_closed_told(void **state)
{
	struct world *world = *state;
	struct thief thief;
	struct ph_log at;

	set_term(world, "14");
	hear(world);
	at = *ph_writer_log(world->control);
	copy_hub(&thief, world);
	forge_term(&thief, "99");
	assert_true(store(world, forged(&thief, at.n)));
	assert_told(world, &thief.log);
	close_at(world, &at);
	assert_told(world, &at);
	assert_string_equal(term(world), "14");
	end_thief(&thief);
}

/* A log of his own counts no more, nor is it told; nor do many of them use up the room. */
static void test_log_of_a_thief(void **state)
{
	struct world *world = *state;
	struct thief thief, hub;
	struct ph_log at;

	set_term(world, "14");
	hear(world);
	at = *ph_writer_log(world->control);
	copy_hub(&thief, world);
	copy_hub(&hub, world);
	for (unsigned i = 1; i < PH_CONTROL_LOGS_MAX; i++) {
		forge_log(&thief, (uint8_t)i);
		forge_term(&thief, "99");
		assert_true(store(world, forged(&thief, 0)));
	}
	assert_string_equal(term(world), "99");
	close_at(world, &at);
	assert_string_equal(term(world), "14");
	assert_told(world, &at);
	assert_rebuilt_same(world);
	/* the hub goes on, under its new key */
	hub.pair = &fresh_hub.sign;
	hub.moments = 2000;
	forge_log(&hub, 77);
	forge_term(&hub, "30");
	assert_true(store(world, forged(&hub, 0)));
	assert_string_equal(term(world), "30");
	assert_rebuilt_same(world);
	end_thief(&hub);
	end_thief(&thief);
}

/*
 * He wrote beside the true hub, which wrote as well and is closed further up (MORE), or less far.
 * The true one is taken all the same, and what he wrote counts no more.
 */
static void play_beside(struct world *world, unsigned his, unsigned hers)
{
	struct ph_site_state state;
	struct sibling sibling;
	struct thief thief;
	struct ph_log at;

	begin(world, &sibling);
	set_term(world, "14");
	hear(world);
	copy_hub(&thief, world);
	for (unsigned i = 0; i < his; i++) {
		forge_term(&thief, "99");
	}
	assert_true(store(world, forged(&thief, 0)));
	assert_string_equal(term(world), "99");
	for (unsigned i = 0; i < hers; i++) {
		set_term(world, "21");
	}
	cut(world, &sibling, 1);
	at = *ph_writer_log(world->control);
	close_at(world, &at);
	assert_true(store(world, control_item(world, 0)));
	assert_string_equal(term(world), "21");
	assert_told(world, &at);
	expect(world, &sibling, true);
	assert_int_equal(ph_site_state(world->site, &state), 0);
	assert_false(state.control_forked);
	/* again: nothing new */
	assert_true(store(world, control_item(world, 0)));
	assert_told(world, &at);
	end_thief(&thief);
	sibling_close(&sibling);
}

static void test_beside_shorter(void **state)
{
	play_beside(*state, 1, 4);
}

static void test_beside_longer(void **state)
{
	play_beside(*state, 6, 2);
}

/* The true one comes in pieces: until all of it is here both count, and then it alone. */
static void test_beside_in_pieces(void **state)
{
	struct world *world = *state;
	struct thief thief;
	struct ph_item *first;
	struct ph_log at;
	uint64_t middle;

	set_term(world, "14");
	hear(world);
	copy_hub(&thief, world);
	forge_term(&thief, "99");
	assert_true(store(world, forged(&thief, 0)));
	set_term(world, "21");
	first = control_item(world, 0);
	middle = first->last;
	set_term(world, "22");
	at = *ph_writer_log(world->control);
	close_at(world, &at);
	assert_true(store(world, first));
	assert_true(store(world, control_item(world, middle)));
	assert_string_equal(term(world), "22");
	assert_told(world, &at);
	assert_rebuilt_same(world);
	end_thief(&thief);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOINED(test_closed_words_of_before), JOINED(test_closed_other_words),
		JOINED(test_closed_refused),         JOINED(test_closed_told),
		JOINED(test_log_of_a_thief),         JOINED(test_beside_shorter),
		JOINED(test_beside_longer),          JOINED(test_beside_in_pieces),
	};

	province_must(ph_crypto_start());
	return cmocka_run_group_tests_name("site_closed", tests, NULL, NULL);
}
