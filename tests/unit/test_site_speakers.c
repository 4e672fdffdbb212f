/*
 * Tests of what a site believes of the hub's logs (common/ledger/speakers.c, client/site_admitted.c,
 * common/log/control.c): whose hand seals them could be a thief's, so what does harm in bulk has to
 * be signed by an operator, and of keys that are named no more only what the list closes counts.
 */
#include "site_sibling.h"

#include "client/site_take.h"
#include "common/ledger/device.h"
#include "common/ledger/query.h"

/* A newer list of the province, as a session or a bundle brings it. */
static void hear_list(struct world *world, struct ph_keylist *list)
{
	struct ph_buf bytes = { 0 };

	list->generation = world->site->keylist.generation + 1;
	province_must(ph_keylist_encode(list, &world->province.root, &bytes));
	province_must(ph_db_begin(world->site->db));
	province_must(ph_site_keep_keylist(world->site, ph_buf_view(&bytes)));
	province_must(ph_db_commit(world->site->db));
	ph_buf_deinit(&bytes);
}

/* How many cuts of SIBLING are heeded, by the books. */
static size_t cuts_of(struct world *world, const struct sibling *sibling)
{
	struct ph_device_state device;
	size_t n;

	assert_int_equal(
		ph_device_load(ph_site_ledger(world->site, NULL), sibling->id, &device),
		0);
	n = device.n_cuts;
	ph_device_deinit(&device);
	return n;
}

static enum ph_site_standing standing_of(struct world *world,
					 const struct sibling *sibling)
{
	const struct ph_site_admitted *admitted;

	assert_int_equal(ph_site_admitted(world->site, sibling->id, &admitted), 0);
	return ph_site_standing_of(admitted);
}

/* The books and who meets SIBLING agree on whether it is cut off. */
static void expect(struct world *world, const struct sibling *sibling, bool is_cut)
{
	uint8_t before[32], again[32];
	struct ph_ledger *ledger = ph_site_ledger(world->site, NULL);
	struct ph_log log;
	uint64_t limit = 0;

	assert_int_equal(cuts_of(world, sibling), is_cut ? 1 : 0);
	assert_int_equal(standing_of(world, sibling),
			 is_cut ? PH_SITE_CUT_OFF : PH_SITE_UNCONFIRMED);
	assert_int_equal(ph_journal_log_find(world->site->journal,
					     ph_writer_log(sibling->writer)->id, &log),
			 0);
	assert_int_equal(ph_ledger_cut_at(ledger, log.row, &limit), 0);
	assert_true((limit == UINT64_MAX) == !is_cut);
	province_must(ph_ledger_digest(ledger, before, NULL));
	province_must(ph_ledger_rebuild(ledger, NULL));
	province_must(ph_ledger_digest(ledger, again, NULL));
	assert_memory_equal(before, again, sizeof(before));
}

/* A sibling of which the site has an entry, and the control log as far as it has come. */
static void begin(struct world *world, struct sibling *sibling)
{
	words_unsigned = false;
	words_signed_by = NULL;
	sibling_open(world, sibling, SITE);
	admit(world, sibling, SITE);
	sibling_write(sibling, world_visit(3));
	assert_true(store(world,
			  two_items(control_item(world, 0), sibling_item(sibling, 0))));
	expect(world, sibling, false);
}

static void hear(struct world *world)
{
	assert_true(store(world, control_item(world, 0)));
}

/* ---- operators ---- */

/* The hub's key alone cuts nobody off: its words are kept, and heeded by nobody. */
static void test_cut_unsigned(void **state)
{
	struct world *world = *state;
	struct sibling sibling;

	begin(world, &sibling);
	words_unsigned = true;
	cut(world, &sibling, 1);
	hear(world);
	expect(world, &sibling, false);
	words_unsigned = false;
	cut(world, &sibling, 1);
	hear(world);
	expect(world, &sibling, true);
	sibling_close(&sibling);
}

/* A thief who has the hub's key signs with one that is no operator's. */
static void test_cut_by_a_stranger(void **state)
{
	struct world *world = *state;
	struct ph_keylist list = world->province.list;
	struct ph_sign_pair stranger;
	struct sibling sibling;

	ph_sign_pair_make(&stranger, &world->config.rng);
	begin(world, &sibling);
	words_signed_by = &stranger;
	cut(world, &sibling, 1);
	hear(world);
	expect(world, &sibling, false);
	/* an operator after all: the list came later than the word */
	memcpy(list.operator_key[list.n_operators++], stranger.key, PH_KEY_SIZE);
	hear_list(world, &list);
	expect(world, &sibling, true);
	words_signed_by = NULL;
	sibling_close(&sibling);
}

/* Who was an operator when it was signed: named by the list, or by the one of the invite. */
static void test_cut_by_a_former_operator(void **state)
{
	struct world *world = *state;
	struct ph_keylist list = world->province.list;
	struct ph_sign_pair later;
	struct sibling sibling;

	ph_sign_pair_make(&later, &world->config.rng);
	begin(world, &sibling);
	memcpy(list.operator_key[1], later.key, PH_KEY_SIZE);
	list.n_operators = 2;
	hear_list(world, &list);
	words_signed_by = &later;
	cut(world, &sibling, 1);
	hear(world);
	expect(world, &sibling, true);
	list.n_operators = 1;
	memcpy(list.former[list.n_former++], later.key, PH_KEY_SIZE);
	hear_list(world, &list);
	expect(world, &sibling, true);
	/* a list that names the key nowhere */
	list.n_former = 0;
	hear_list(world, &list);
	expect(world, &sibling, false);
	words_signed_by = NULL;
	sibling_close(&sibling);
}

/* What an operator signed is taken back by an operator alone. */
static void test_void_unsigned(void **state)
{
	struct world *world = *state;
	struct sibling sibling;
	struct ph_sign_pair stranger;
	struct ph_ref ref;

	ph_sign_pair_make(&stranger, &world->config.rng);
	begin(world, &sibling);
	ref = cut(world, &sibling, 1);
	words_unsigned = true;
	take_back(world, &ref);
	hear(world);
	expect(world, &sibling, true);
	words_unsigned = false;
	words_signed_by = &stranger;
	take_back(world, &ref);
	hear(world);
	expect(world, &sibling, true);
	words_signed_by = NULL;
	take_back(world, &ref);
	hear(world);
	expect(world, &sibling, false);
	sibling_close(&sibling);
}

/* ---- closed logs ---- */

static void set_term(struct world *world, const char *days)
{
	struct ph_entry entry = { 0 };

	entry.field[PH_POLICY_NAME] = bytes_value("loan-term-days", 14);
	entry.field[PH_POLICY_VALUE] = bytes_value(days, strlen(days));
	say(world, &entry, PH_KIND_POLICY_PUT);
}

/* The rule of the books; empty: there is none. */
static const char *term(struct world *world)
{
	static char text[16];
	struct ph_buf value = { 0 };

	province_must(ph_query_policy_text(ph_site_ledger(world->site, NULL),
					   "loan-term-days", &value));
	snprintf(text, sizeof(text), "%.*s", (int)value.len, (const char *)value.data);
	ph_buf_deinit(&value);
	return text;
}

/* The keys are stolen and replaced; of the control log counts what stands up to AT. */
static void close_at(struct world *world, const struct ph_log *at)
{
	struct ph_keylist list = world->province.list;
	struct ph_device_keys fresh;

	ph_device_keys_make(&fresh, &world->config.rng);
	memcpy(list.hub[0].sign, fresh.sign.key, PH_KEY_SIZE);
	memcpy(list.hub[0].box, fresh.box.key, PH_KEY_SIZE);
	memcpy(list.closed[0].log_id, at->id, PH_LOG_ID_SIZE);
	memcpy(list.closed[0].h, at->h, PH_HASH_SIZE);
	list.closed[0].n = at->n;
	list.n_closed = 1;
	hear_list(world, &list);
	ph_device_keys_wipe(&fresh);
}

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

/* An agent lets go of its folder, and a command takes a stick meanwhile: it hears of the list. */
static void test_list_of_another_process(void **state)
{
	struct world *world = *state;
	struct ph_keylist list = world->province.list;
	struct ph_site *agent = world->site;

	ph_site_pause(agent);
	assert_int_equal(world_open(world, NULL), 0);
	hear_list(world, &list);
	ph_site_close(world->site);
	world->site = agent;
	assert_int_equal(agent->keylist.generation, 1);
	assert_int_equal(ph_site_resume(agent, NULL), 0);
	assert_int_equal(agent->keylist.generation, 2);
}

#define JOINED(test)                                                                     \
	cmocka_unit_test_setup_teardown(test, world_setup_joined, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOINED(test_cut_unsigned),
		JOINED(test_cut_by_a_stranger),
		JOINED(test_cut_by_a_former_operator),
		JOINED(test_void_unsigned),
		JOINED(test_closed_words_of_before),
		JOINED(test_closed_other_words),
		JOINED(test_closed_refused),
		JOINED(test_list_of_another_process),
	};

	province_must(ph_crypto_start());
	return cmocka_run_group_tests_name("site_speakers", tests, NULL, NULL);
}
