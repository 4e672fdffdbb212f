/*
 * tests/unit/sibling_room.h - a hub and the PCs of two sites, and what one PC of a site gives
 * another over the LAN, without a wire.
 */
#ifndef PH_TESTS_SIBLING_ROOM_H
#define PH_TESTS_SIBLING_ROOM_H

#include "tests/unit/stick_world.h"

#include "client/site_internal.h"
#include "client/site_lan.h"
#include "daemon/hub_internal.h"

#define DAY  86400
#define NAME "Lò Văn Pánh"

struct site {
	struct hub_room room;
	struct pc lives, dies; /* of one site, with a network each */
	struct pc other;       /* of another */
};

static inline void let_in(struct hub_room *room, struct pc *pc, const char *site,
			  const char *name, uint64_t number)
{
	pc_join(room, pc, site, name, number);
	sync_pc(room, pc);
	pc_confirm(room, pc);
}

static inline int set_up(void **state)
{
	struct site *site = calloc(1, sizeof(*site));

	assert_non_null(site);
	hub_open(&site->room);
	let_in(&site->room, &site->lives, "14-0371", "lives", 1);
	let_in(&site->room, &site->dies, "14-0371", "dies", 2);
	let_in(&site->room, &site->other, "14-0372", "other", 3);
	for (unsigned i = 0; i < 2; i++) {
		sync_pc(&site->room, &site->lives);
		sync_pc(&site->room, &site->dies);
		sync_pc(&site->room, &site->other);
	}
	*state = site;
	return 0;
}

static inline int tear_down(void **state)
{
	struct site *site = *state;

	pc_end(&site->lives);
	pc_end(&site->dies);
	pc_end(&site->other);
	hub_close(&site->room);
	free(site);
	return 0;
}

/* ---- over the LAN ---- */

static inline struct ph_job *lan_job(struct ph_site_lan *lan, struct ph_job *job)
{
	ph_site_lan_job(lan, job, NULL);
	assert_int_equal(job->result, 0);
	assert_false(job->bad);
	return job;
}

static inline void give_all(struct ph_site_lan *from, struct ph_site_lan *to)
{
	struct ph_job load = { .type = PH_JOB_LOAD, .budget = PH_SEGMENT_MAX };
	bool more = true;

	while (more) {
		struct ph_job store = { .type = PH_JOB_STORE };

		load.items = NULL;
		lan_job(from, &load);
		more = load.items != NULL;
		store.items = load.items;
		lan_job(to, &store);
		ph_items_free(store.items);
	}
}

/* All that FROM has of the site comes to TO. */
static inline void lan(struct pc *from, struct pc *to)
{
	struct ph_site_lan *gives = ph_site_lan_new(from->site);
	struct ph_site_lan *takes = ph_site_lan_new(to->site);
	struct ph_job *judge = calloc(1, sizeof(*judge));
	struct ph_job *hello = calloc(1, sizeof(*hello));

	assert_true(gives && takes && judge && hello);
	judge->type = PH_JOB_JUDGE;
	assert_int_equal(ph_buf_put_view(&judge->bytes, ph_site_cert(from->site)), 0);
	lan_job(takes, judge);
	assert_true(ph_site_lan_is_known(takes));
	hello->type = PH_JOB_HELLO;
	assert_int_equal(ph_site_lan_hello(takes, &hello->hello, NULL), 0);
	memcpy(hello->peer_key, ph_site_box(to->site)->key, sizeof(hello->peer_key));
	lan_job(gives, hello);
	assert_true(ph_site_lan_is_known(gives));
	give_all(gives, takes);
	ph_job_free(judge);
	ph_job_free(hello);
	ph_site_lan_free(gives);
	ph_site_lan_free(takes);
}

/* ---- what can be asked ---- */

static inline struct ph_log log_at(struct ph_journal *journal, struct pc *writer)
{
	struct ph_log log;

	assert_int_equal(
		ph_journal_log_find(journal, ph_site_log(writer->site)->id, &log), 0);
	return log;
}

static inline uint64_t at_hub(struct site *site, struct pc *writer)
{
	return log_at(ph_hub_journal(site->room.hub), writer).n;
}

static inline bool is_all_there(struct site *site, struct pc *writer)
{
	struct ph_journal *journal = ph_hub_journal(site->room.hub);
	struct ph_log log = log_at(journal, writer);
	size_t missing = 0;
	uint64_t n;

	assert_int_equal(ph_journal_parts_missing(journal, log.row, &n, 1, &missing), 0);
	return log.n == ph_site_log(writer->site)->n && missing == 0;
}

/* How much of WRITER's log READER knows to be at the hub, by a receipt. */
static inline uint64_t receipted(struct pc *reader, struct pc *writer)
{
	struct ph_journal *journal = ph_site_journal(reader->site);
	struct ph_log log = log_at(journal, writer);
	int64_t time;
	uint64_t n;

	assert_int_equal(
		ph_journal_receipt_get(journal, log.row, PH_LEVEL_HUB, &n, &time, NULL),
		0);
	return n;
}

static inline enum ph_road road_of_last(struct site *site, struct pc *writer)
{
	struct ph_journal *journal = ph_hub_journal(site->room.hub);
	struct ph_log log = log_at(journal, writer);
	struct ph_arrival arrival;

	assert_int_equal(ph_journal_arrival(journal, log.row, log.n, &arrival), 0);
	return arrival.road;
}

static inline int64_t allowance(struct site *site, struct pc *pc)
{
	json_t *answer = ask(&site->room, json_pack("{s:s}", "command", "devices"));
	const json_t *item;
	int64_t left = INT64_MIN;
	size_t i;

	json_array_foreach(json_object_get(answer, "devices"), i, item)
	{
		if (strcmp(text_in(item, "device"), pc_id(pc)) == 0) {
			left = json_integer_value(json_object_get(item, "allowance"));
		}
	}
	json_decref(answer);
	return left;
}

/* It records, meets the other on the LAN, and is not heard again. */
static inline void write_and_die(struct site *site, unsigned visits)
{
	(void)pc_reader(&site->dies, NAME);
	pc_visits(&site->dies, visits);
	lan(&site->dies, &site->lives);
	assert_false(is_all_there(site, &site->dies));
}

#define SIBLINGS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
