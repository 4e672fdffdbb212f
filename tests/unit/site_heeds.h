/*
 * tests/unit/site_heeds.h - what the site of site_world.h believes of the hub's logs: newer key
 * lists that it hears, what of their words it heeds, and a rule in the books to know them by.
 */
#ifndef PH_TESTS_SITE_HEEDS_H
#define PH_TESTS_SITE_HEEDS_H

#include "tests/unit/site_sibling.h"

#include "client/site_take.h"
#include "common/ledger/device.h"
#include "common/ledger/query.h"

/* A newer list of the province, as a session or a bundle brings it. */
static inline void hear_list(struct world *world, struct ph_keylist *list)
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
static inline size_t cuts_of(struct world *world, const struct sibling *sibling)
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

static inline enum ph_site_standing standing_of(struct world *world,
						const struct sibling *sibling)
{
	const struct ph_site_admitted *admitted;

	assert_int_equal(ph_site_admitted(world->site, sibling->id, &admitted), 0);
	return ph_site_standing_of(admitted);
}

/* The books and who meets SIBLING agree on whether it is cut off. */
static inline void expect(struct world *world, const struct sibling *sibling, bool is_cut)
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
static inline void begin(struct world *world, struct sibling *sibling)
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

static inline void hear(struct world *world)
{
	assert_true(store(world, control_item(world, 0)));
}

static inline void set_term(struct world *world, const char *days)
{
	struct ph_entry entry = { 0 };

	entry.field[PH_POLICY_NAME] = bytes_value("loan-term-days", 14);
	entry.field[PH_POLICY_VALUE] = bytes_value(days, strlen(days));
	say(world, &entry, PH_KIND_POLICY_PUT);
}

/* The rule of the books; empty: there is none. */
static inline const char *term(struct world *world)
{
	static char text[16];
	struct ph_buf value = { 0 };

	province_must(ph_query_policy_text(ph_site_ledger(world->site, NULL),
					   "loan-term-days", &value));
	snprintf(text, sizeof(text), "%.*s", (int)value.len, (const char *)value.data);
	ph_buf_deinit(&value);
	return text;
}

/* The hub's keys since close_at(). */
static struct ph_device_keys fresh_hub;

/* The keys are stolen and replaced; of the control log counts what stands up to AT. */
static inline void close_at(struct world *world, const struct ph_log *at)
{
	struct ph_keylist list = world->province.list;

	ph_device_keys_make(&fresh_hub, &world->config.rng);
	memcpy(list.hub[0].sign, fresh_hub.sign.key, PH_KEY_SIZE);
	memcpy(list.hub[0].box, fresh_hub.box.key, PH_KEY_SIZE);
	memcpy(list.closed[0].log_id, at->id, PH_LOG_ID_SIZE);
	memcpy(list.closed[0].h, at->h, PH_HASH_SIZE);
	list.closed[0].n = at->n;
	list.n_closed = 1;
	hear_list(world, &list);
}

#endif
