/*
 * tests/unit/test_hub_desk.c - the hub's two logs: what goes whole to all, and what goes
 * entry by entry to those it concerns.
 */
#include "tests/unit/hub_room.h"

#include <errno.h>

#include "daemon/hub_internal.h"

static struct ph_entry decision(uint8_t number)
{
	static const uint8_t facts[16] = { 7 };
	static uint8_t id[256][16];
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_CASE_DECIDE) };

	id[number][0] = number;
	entry.field[PH_DECIDE_CASE].set = true;
	entry.field[PH_DECIDE_CASE].as.bytes = PH_VIEW(id[number], 16);
	entry.field[PH_DECIDE_CHOICE].set = true;
	entry.field[PH_DECIDE_CHOICE].as.uint = 0;
	entry.field[PH_DECIDE_FACTS].set = true;
	entry.field[PH_DECIDE_FACTS].as.bytes = PH_VIEW(facts, 16);
	return entry;
}

static struct ph_entry policy(const char *value)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_POLICY_PUT) };

	entry.field[PH_POLICY_NAME].set = true;
	entry.field[PH_POLICY_NAME].as.bytes = ph_view_str("loan-term-days");
	entry.field[PH_POLICY_VALUE].set = true;
	entry.field[PH_POLICY_VALUE].as.bytes = ph_view_str(value);
	return entry;
}

static void decide(struct hub_room *room, uint8_t number, struct ph_ref *ref_out)
{
	struct ph_entry entry = decision(number);
	struct ph_error err = { 0 };

	if (ph_hub_desk_add(room->hub, &entry, 1, ref_out, &err) != 0) {
		fail_msg("%s", err.text);
	}
}

static int64_t count(struct hub_room *room, const char *sql)
{
	return count_of(&(struct room){ .db = room->hub->db }, sql);
}

static void opened_by_its_first_entry(void **state)
{
	struct hub_room room;
	struct ph_entry three[] = { decision(2), decision(3), decision(4) };
	struct ph_ref refs[3];
	struct ph_ref ref;
	struct ph_log log;
	struct ph_buf bytes = { 0 };
	struct ph_entry found;
	int64_t control;

	(void)state;
	hub_open(&room);
	control = hub_says(&room, "control_entries");
	assert_int_equal(hub_says(&room, "logs"), 1);
	assert_int_equal(hub_says(&room, "desk_entries"), 0);
	hub_restart(&room); /* to look at it opens nothing */
	assert_int_equal(hub_says(&room, "logs"), 1);
	decide(&room, 1, &ref);
	/* open, clock-mark, decision: each with its seal */
	assert_int_equal(hub_says(&room, "desk_entries"), 3);
	assert_int_equal(ref.n, 3);
	assert_int_equal(ph_journal_resolve(ph_hub_journal(room.hub), &ref, &log, &bytes),
			 0);
	assert_int_equal(log.site, 0);
	assert_int_equal(log.n, 3);
	assert_memory_equal(log.key, ph_hub_keys(room.hub)->sign.key, PH_KEY_SIZE);
	assert_int_equal(ph_entry_decode(ph_buf_view(&bytes), &found), 0);
	assert_int_equal(found.number, PH_KIND_CASE_DECIDE);
	assert_int_equal(count(&room, "SELECT count(*) FROM seal"
				      " WHERE id >> 40 = (SELECT max(row) FROM log)"),
			 3);
	/* the next ones, in one transaction, each with one seal */
	assert_int_equal(ph_hub_desk_add(room.hub, three, 3, refs, NULL), 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(refs[i].n, 4 + i);
		assert_memory_equal(refs[i].log_id, ref.log_id, PH_LOG_ID_SIZE);
	}
	assert_int_equal(count(&room, "SELECT count(*) FROM seal"
				      " WHERE id >> 40 = (SELECT max(row) FROM log)"),
			 6);
	/* it goes on after a start, and the other log is as it was */
	hub_restart(&room);
	decide(&room, 5, &ref);
	assert_int_equal(ref.n, 7);
	assert_memory_equal(refs[0].log_id, ref.log_id, PH_LOG_ID_SIZE);
	assert_int_equal(hub_says(&room, "logs"), 2);
	assert_int_equal(hub_says(&room, "desk_entries"), 7);
	assert_int_equal(hub_says(&room, "control_entries"), control);
	assert_true(memcmp(ph_writer_log(room.hub->writer)->id,
			   ph_writer_log(room.hub->desk)->id, PH_LOG_ID_SIZE) != 0);
	assert_int_equal(count(&room, "SELECT count(*) FROM meta WHERE name IN"
				      " ('own_log', 'mark', 'desk_log', 'desk_mark')"),
			 4);
	ph_buf_deinit(&bytes);
	hub_close(&room);
}

/* The kind table says which log a kind of the hub belongs to. */
static void each_kind_to_its_log(void **state)
{
	struct hub_room room;
	struct ph_entry both[] = { policy("20"), decision(1) };
	struct ph_entry wrong[] = { decision(1), policy("20") };
	struct ph_entry undo = { .kind = ph_kind_find(PH_KIND_VOID) };
	struct ph_error err = { 0 };
	struct ph_ref ref;
	int64_t control;

	(void)state;
	hub_open(&room);
	control = hub_says(&room, "control_entries");
	assert_int_equal(ph_hub_control_add(room.hub, both, 2, &err), -EINVAL);
	assert_string_equal(err.text, "case-decide belongs to the desk log");
	assert_int_equal(err.exit, PH_EXIT_USAGE);
	err = (struct ph_error){ 0 };
	assert_int_equal(ph_hub_desk_add(room.hub, wrong, 2, NULL, &err), -EINVAL);
	assert_string_equal(err.text, "policy-put belongs to the control log");
	/* nothing of either is kept */
	assert_int_equal(hub_says(&room, "control_entries"), control);
	assert_int_equal(hub_says(&room, "desk_entries"), 0);
	assert_int_equal(hub_says(&room, "logs"), 1);
	/* what sites write too may stand in both: a void stands where its target does */
	decide(&room, 1, &ref);
	undo.field[PH_VOID_TARGET].set = true;
	undo.field[PH_VOID_TARGET].as.ref = ref;
	assert_int_equal(ph_hub_desk_add(room.hub, &undo, 1, NULL, &err), 0);
	assert_int_equal(ph_hub_control_add(room.hub, &undo, 1, &err), 0);
	assert_int_equal(hub_says(&room, "desk_entries"), 4);
	assert_int_equal(hub_says(&room, "control_entries"), control + 1);
	hub_close(&room);
}

static json_t *digest_of(struct hub_room *room)
{
	return ask(room, json_pack("{s:s, s:s}", "command", "digest", "site", "14-0371"));
}

/* Devices get the control log whole, and nothing of the desk log by that road. */
static void stays_at_the_hub(void **state)
{
	struct hub_room room;
	struct member member;
	json_t *before;
	json_t *after;
	uint64_t n = 0;

	(void)state;
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	be_admitted(&room, &member);
	before = digest_of(&room);
	for (uint8_t i = 1; i < 20; i++) {
		decide(&room, i, NULL);
	}
	after = digest_of(&room);
	assert_true(json_equal(before, after));
	json_decref(before);
	json_decref(after);
	for (bool more = true; more;) {
		struct ph_job *job = carry_out(&room, job_of(&member, PH_JOB_LOAD, NULL));

		assert_int_equal(job->result, 0);
		more = job->more;
		for (const struct ph_item *item = job->items; item; item = item->next) {
			assert_memory_equal(item->log_id,
					    ph_writer_log(room.hub->writer)->id,
					    PH_LOG_ID_SIZE);
			n = item->last;
		}
		ph_job_free(job);
	}
	assert_int_equal(n, hub_says(&room, "control_entries"));
	/* a device that names the desk log in its hello learns nothing of it */
	struct ph_job *job = hello_of(&member, NULL);

	job->hello.n_heads = 1;
	memcpy(job->hello.head[0].log_id, ph_writer_log(room.hub->desk)->id,
	       PH_LOG_ID_SIZE);
	job->hello.head[0].n = 3;
	carry_out(&room, job);
	assert_int_equal(job->welcome.head[0].n, 0);
	assert_int_equal(job->welcome.n_receipts, 0);
	ph_job_free(job);
	member_close(&member);
	hub_close(&room);
}

/* On a disk that is full nothing is kept of either log, and the next try works. */
static void full_disk(void **state)
{
	bool done = false;

	(void)state;
	for (int after = 0; !done; after++) {
		struct hub_room room;
		struct ph_entry entry = decision(1);
		struct ph_error err = { 0 };
		int64_t control;
		int rc;

		hub_open(&room);
		if (after % 2 == 1) {
			decide(&room, 9, NULL);
		}
		control = hub_says(&room, "control_entries");
		disk.hits = 0;
		disk.fault = FAIL_FULL;
		disk.after = after / 2;
		rc = ph_hub_desk_add(room.hub, &entry, 1, NULL, &err);
		done = disk.hits == 0 && after % 2 == 1;
		if (disk.hits > 0) {
			assert_int_equal(rc, -ENOSPC);
			assert_int_equal(hub_says(&room, "desk_entries"),
					 after % 2 == 1 ? 3 : 0);
		}
		disk.fault = NO_FAULT;
		decide(&room, 2, NULL);
		json_decref(
			ask(&room, json_pack("{s:s, s:s, s:s}", "command", "policy-set",
					     "name", "loan-term-days", "value", "21")));
		assert_int_equal(hub_says(&room, "control_entries"), control + 1);
		hub_restart(&room);
		decide(&room, 3, NULL);
		hub_close(&room);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opened_by_its_first_entry),
		cmocka_unit_test(each_kind_to_its_log),
		cmocka_unit_test(stays_at_the_hub),
		cmocka_unit_test(full_disk),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
