/*
 * tests/unit/test_hub_collect.c - a hub that was rolled back: its epochs, its control log from
 * whoever has it, and what it does with what is none of its own.
 */
#include "tests/unit/collect_room.h"

#include "common/log/control.h"
#include "common/log/journal_internal.h"
#include "daemon/hub_internal.h"

static void test_it_comes_back(void **state)
{
	struct rolled *r = *state;
	struct hub_room *room = &r->pair.room;
	struct ph_job *job;

	assert_int_equal(hub_says(room, "epoch"), 2);
	assert_int_equal(hub_says(room, "control_entries"), r->control - 2);
	job = carry_out(room, hello_of(&r->pair.a, NULL));
	assert_int_equal(job->result, 0);
	assert_int_equal(job->welcome.epoch.number, 2);
	assert_int_equal(job->welcome.n_wants, 1);
	assert_memory_equal(job->welcome.want[0].log_id, r->items->log_id,
			    PH_LOG_ID_SIZE);
	assert_int_equal(job->welcome.want[0].n, r->control - 2);
	assert_false(r->pair.a.peer.confirmed);
	ph_job_free(job);
	expect_job(room, store_of(&r->pair.a, copy_item(r->items)), 0);
	assert_int_equal(hub_says(room, "control_entries"), r->control);
	/* once more, by another device: nothing is new */
	be_admitted(room, &r->pair.b);
	expect_job(room, store_of(&r->pair.b, copy_item(r->items)), 0);
	assert_int_equal(hub_says(room, "control_entries"), r->control);
	end_collecting(room);
	/* what it says now is in another log, and one position covers both */
	set_policy(room, "35");
	assert_int_equal(hub_says(room, "control_entries"),
			 r->control + 3); /* open, clock-mark, policy */
	hub_restart(room);
	assert_int_equal(hub_says(room, "control_entries"), r->control + 3);
	job = carry_out(room, hello_of(&r->pair.a, NULL));
	assert_int_equal(job->welcome.n_wants, 0);
	ph_job_free(job);
}

/* The hub's folder was put back, and nothing says so: no restore. */
static void put_back(struct rolled *r, bool speaks)
{
	forget(r);
	if (speaks) {
		set_policy(&r->pair.room, "35");
	}
}

/* The hello of one that tells a position in the control log that is none of the hub's. */
static struct ph_job *stray_hello(struct rolled *r)
{
	struct ph_job *job = hello_of(&r->pair.a, NULL);

	job->hello.control.n = (uint64_t)r->control;
	memset(job->hello.control.h, 0x55, sizeof(job->hello.control.h));
	return carry_out(&r->pair.room, job);
}

/* The device is asked for it all; what it brings is ours and not here, so this store is an old one. */
static void test_put_back_is_found(void **state)
{
	struct rolled r;
	struct hub_room *room = &r.pair.room;
	struct ph_job *job;

	(void)state;
	for (int speaks = 0; speaks < 2; speaks++) {
		put_back(&r, speaks);
		job = stray_hello(&r);
		assert_int_equal(job->result, 0);
		assert_int_equal(job->welcome.n_wants, 1);
		assert_int_equal(job->welcome.want[0].n, 1);
		ph_job_free(job);
		assert_int_equal(hub_says(room, "epoch"), 1);
		job = carry_out(room, store_of(&r.pair.a, copy_item(r.items)));
		assert_int_equal(job->result, 0);
		assert_true(job->later);
		ph_job_free(job);
		assert_int_equal(hub_says(room, "epoch"), 2);
		assert_true(room->hub->collecting);
		hub_restart(room);
		assert_true(room->hub->collecting);
		job = carry_out(room, hello_of(&r.pair.a, NULL));
		assert_int_equal(job->welcome.epoch.number, 2);
		assert_false(r.pair.a.peer.confirmed);
		ph_job_free(job);
		if (!speaks) {
			assert_int_equal(hub_says(room, "control_entries"), r.control);
			set_policy(room, "14"); /* behind what came, in another log */
			assert_int_equal(hub_says(room, "control_entries"),
					 r.control + 3);
		}
		end_collecting(room);
		job = stray_hello(&r);
		ph_job_free(job);
		job = carry_out(room, store_of(&r.pair.a, copy_item(r.items)));
		assert_int_equal(job->result, 0);
		ph_job_free(job);
		assert_false(room->hub->collecting); /* that is known now */
		rolled_close(&r);
	}
}

/*
 * A welcome has no word for it. So what shows it is taken behind the welcome alone: in a first flight, where
 * no honest device puts it, it is somebody else's log, and moves nothing.
 */
static void test_put_back_in_a_flight(void **state)
{
	struct rolled r;
	struct hub_room *room = &r.pair.room;
	struct ph_job *job;

	(void)state;
	put_back(&r, false);
	ph_job_free(stray_hello(&r));
	job = hello_of(&r.pair.a, copy_item(r.items));
	job->hello.control.n = (uint64_t)r.control;
	memset(job->hello.control.h, 0x55, sizeof(job->hello.control.h));
	memcpy(job->hello.head[0].log_id, r.items->log_id, PH_LOG_ID_SIZE);
	job->hello.head[0].n = r.items->last;
	job->hello.n_heads = 1;
	job->hello.n_segments = 1;
	carry_out(room, job);
	assert_int_equal(job->result, 0);
	assert_true(job->bad);
	assert_false(job->later);
	ph_job_free(job);
	assert_int_equal(hub_says(room, "epoch"), 1);
	assert_false(room->hub->collecting);
	/* behind the welcome it is told why: by the session, and in the log of the hub */
	ph_job_free(stray_hello(&r));
	job = carry_out(room, store_of(&r.pair.a, copy_item(r.items)));
	assert_true(job->later);
	assert_int_equal(job->why, PH_WHY_PUT_BACK);
	assert_non_null(strstr(r.pair.a.peer.refusal, "put back"));
	ph_job_free(job);
	assert_true(room->hub->collecting);
	rolled_close(&r);
}

/* Who tells a wrong position and brings nothing that is ours, or what we have, brings nothing about. */
static void test_put_back_is_proved(void **state)
{
	struct rolled r;
	struct hub_room *room = &r.pair.room;
	struct ph_item *item;

	(void)state;
	put_back(&r, false);
	ph_job_free(stray_hello(&r));
	item = copy_item(r.items);
	item->seal[5] ^= 1;
	expect_job(room, store_of(&r.pair.a, item), 0);
	item = copy_item(r.items);
	item->body.data[item->body.len - 1] ^= 1;
	expect_job(room, store_of(&r.pair.a, item), 0);
	item = copy_item(r.items);
	item->log_id[0] ^= 1;
	expect_job(room, store_of(&r.pair.a, item), 0);
	expect_job(room, store_of(&r.pair.a, control_items(room, &r.pair.a)), 0);
	assert_int_equal(hub_says(room, "epoch"), 1);
	assert_false(room->hub->collecting);
	rolled_close(&r);
}

/*
 * A hub whose folder was put back spoke before anybody called, was backed up, and its disk died: the
 * restored one does not know that there are two histories, and gets the lost one all the same.
 */
static void test_put_back_then_restored(void **state)
{
	struct rolled r;
	struct hub_room *room = &r.pair.room;
	int64_t rows[PH_BRANCHES_MAX];
	struct ph_job *job;
	unsigned n = 0;

	(void)state;
	put_back(&r, true);
	say(room, "epoch-begin");
	hub_restart(room);
	assert_int_equal(hub_says(room, "epoch"), 2);
	job = stray_hello(&r);
	assert_int_equal(job->result, 0);
	assert_int_equal(job->welcome.n_wants, 1);
	assert_int_equal(job->welcome.want[0].n, 1);
	ph_job_free(job);
	job = carry_out(room, store_of(&r.pair.a, copy_item(r.items)));
	assert_int_equal(job->result, 0);
	assert_false(job->later); /* it collects already */
	ph_job_free(job);
	assert_int_equal(hub_says(room, "epoch"), 2);
	assert_int_equal(
		ph_journal_branches(ph_hub_journal(room->hub), r.items->log_id, rows, &n),
		0);
	assert_int_equal(n, 2);
	/* what another brings of it is known */
	be_admitted(room, &r.pair.b);
	expect_job(room, store_of(&r.pair.b, copy_item(r.items)), 0);
	assert_int_equal(
		ph_journal_branches(ph_hub_journal(room->hub), r.items->log_id, rows, &n),
		0);
	assert_int_equal(n, 2);
	end_collecting(room);
	rolled_close(&r);
}

/* How many entries the control log has that is read. */
static uint64_t read_total(struct hub_room *room)
{
	uint64_t total;

	assert_int_equal(
		ph_control_total(ph_hub_journal(room->hub), &room->hub->control, &total),
		0);
	return total;
}

/*
 * The position of a device that holds the branch beside in the place of what the hub says now, but for its
 * last LACKS entries, and N entries of the log behind it.
 */
static struct ph_cursor position_beside(struct hub_room *room, uint64_t lacks, uint64_t n)
{
	struct ph_journal *journal = ph_hub_journal(room->hub);
	struct ph_control control = room->hub->control;
	struct ph_cursor told = { 0 };
	int64_t rows[PH_BRANCHES_MAX];
	struct ph_log log;
	unsigned branches = 0;

	assert_int_equal(ph_journal_branches(journal, control.log[0].id, rows, &branches),
			 0);
	assert_int_equal(branches, 2);
	assert_int_equal(control.log[0].row, rows[0]);
	assert_int_equal(ph_journal_log_at(journal, rows[1], &log), 0);
	control.log[0].row = rows[1];
	control.log[0].limit = log.n - lacks;
	told.n = log.n - lacks + n;
	assert_int_equal(ph_control_hash(journal, &control, told.n, told.h), 0);
	return told;
}

/* What comes down in a session of a, which tells TOLD: so many entries of the control log; nothing is asked of it. */
static uint64_t session(struct rolled *r, struct ph_cursor told)
{
	struct member *a = &r->pair.a;
	struct ph_job *job = hello_of(a, NULL);
	uint64_t n = 0;

	job->hello.control = told;
	job = carry_out(&r->pair.room, job);
	assert_int_equal(job->result, 0);
	assert_int_equal(job->welcome.n_wants, 0);
	ph_job_free(job);
	job = carry_out(&r->pair.room, job_of(a, PH_JOB_HEARD, NULL));
	assert_int_equal(job->result, 0);
	ph_job_free(job);
	for (;;) {
		job = carry_out(&r->pair.room, job_of(a, PH_JOB_LOAD, NULL));
		assert_int_equal(job->result, 0);
		if (!job->items) {
			break;
		}
		for (const struct ph_item *item = job->items; item; item = item->next) {
			n += item->type == PH_ITEM_SEGMENT ? item->last - item->first + 1
							   : 0;
		}
		ph_job_free(job);
	}
	ph_job_free(job);
	return n;
}

/*
 * A device reads the words that the hub had lost, and the hub what it said in their place. The device is sent
 * that once, with what is behind it; after that it costs what any other does, also if it holds but the first of
 * the lost words.
 */
static void test_beside_is_known(void **state)
{
	static const uint64_t lacks[] = { 0, 1 };
	struct rolled r;
	struct hub_room *room = &r.pair.room;
	struct ph_cursor told;
	uint64_t common, before, behind;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		put_back(&r, false);
		common = read_total(room);
		set_policy(room, "35");
		ph_job_free(stray_hello(&r));
		ph_job_free(carry_out(room, store_of(&r.pair.a, copy_item(r.items))));
		before = read_total(room) - common;
		assert_true(room->hub->collecting);
		end_collecting(room);
		set_policy(room, "14");
		behind = read_total(room) - common - before;
		/* it has heard nothing of this yet; nor if the link broke */
		told = position_beside(room, lacks[i], 0);
		assert_int_equal(session(&r, told), before + behind);
		assert_int_equal(session(&r, told), before + behind);
		/* it has */
		told = position_beside(room, lacks[i], behind);
		assert_int_equal(session(&r, told), 0);
		assert_int_equal(session(&r, told), 0);
		set_policy(room, "15");
		assert_int_equal(session(&r, told), 1);
		told = position_beside(room, lacks[i], behind + 1);
		assert_int_equal(session(&r, told), 0);
		hub_restart(room);
		assert_int_equal(session(&r, told), 0);
		/* of what came by another way than from here, nothing says that what is before it came, too */
		r.pair.a.peer.device.control = 1;
		assert_int_equal(ph_journal_device_update(ph_hub_journal(room->hub),
							  &r.pair.a.peer.device),
				 0);
		assert_int_equal(session(&r, told), before + behind + 1);
		assert_int_equal(session(&r, told), 0);
		rolled_close(&r);
	}
}

/*
 * The first word of a restored hub opens another log, whichever way it is said: what was the
 * control log before is still of it, also for the next process.
 */
static void test_first_word_is_recorded(void **state)
{
	json_t *entry = json_pack("{s:s, s:s, s:s, s:s}", "kind", "commune-put", "code",
				  "03646", "name", "Tô Hiệu", "type", "phuong");
	struct rolled *r = *state;
	struct hub_room *room = &r->pair.room;
	json_t *answer;

	answer = ask(room,
		     json_pack("{s:s, s:[o]}", "command", "record", "entries", entry));
	assert_true(json_is_true(json_object_get(
		json_array_get(json_object_get(answer, "entries"), 0), "ok")));
	json_decref(answer);
	assert_int_equal(hub_says(room, "control_entries"), r->control - 2 + 3);
	hub_restart(room);
	assert_int_equal(hub_says(room, "control_entries"), r->control - 2 + 3);
}

/*
 * A device brings lost entries of the control log, and so its own position is one no more. Until its
 * next hello it gets nothing of that log, nor anything whose writer that log would name first.
 */
static void test_nothing_before_the_control_log(void **state)
{
	struct rolled *r = *state;
	struct hub_room *room = &r->pair.room;
	struct member sibling;
	struct ph_job *job;

	end_collecting(room);
	member_open(room, &sibling, 3, "14-0371");
	write_visits(&sibling, 3);
	be_admitted(room, &sibling);
	expect_job(room, store_of(&sibling, all_item(&sibling, 0)), 0);
	be_admitted(room, &r->pair.a);
	r->pair.a.peer.confirmed = true;
	expect_job(room, store_of(&r->pair.a, copy_item(r->items)), 0);
	assert_int_not_equal(hub_says(room, "control_entries"), 0);
	job = carry_out(room, job_of(&r->pair.a, PH_JOB_LOAD, NULL));
	assert_int_equal(job->result, 0);
	assert_null(job->items);
	assert_false(job->more);
	ph_job_free(job);
	/* then all of it, in its order */
	be_admitted(room, &r->pair.a);
	r->pair.a.peer.confirmed = true;
	job = carry_out(room, job_of(&r->pair.a, PH_JOB_LOAD, NULL));
	assert_non_null(job->items);
	assert_memory_not_equal(job->items->log_id, own_log(&sibling)->id,
				PH_LOG_ID_SIZE);
	ph_job_free(job);
	member_close(&sibling);
}

/*
 * The clock of the machine on which it was restored is behind all that the old one said: its
 * new log goes on from the old one, so it stands behind it all the same.
 */
static void test_clock_behind(void **state)
{
	struct rolled *r = *state;
	struct hub_room *room = &r->pair.room;
	struct ph_job *job;

	room->machine.now.wall -= 365LL * 86400;
	set_policy(room, "14");
	be_admitted(room, &r->pair.a);
	r->pair.a.peer.control = 0;
	job = carry_out(room, job_of(&r->pair.a, PH_JOB_LOAD, NULL));
	assert_int_equal(job->result, 0);
	assert_non_null(job->items);
	assert_memory_equal(job->items->log_id, r->items->log_id, PH_LOG_ID_SIZE);
	assert_non_null(job->items->next);
	assert_memory_not_equal(job->items->next->log_id, r->items->log_id,
				PH_LOG_ID_SIZE);
	ph_job_free(job);
}

static void hear(struct hub_room *room, struct member *member)
{
	expect_job(room, job_of(member, PH_JOB_HEARD, NULL), 0);
}

/*
 * Of what a device was heard before the restore nothing counts as since, neither in the same second
 * nor where the new machine's clock is behind; and its next call does.
 */
static void test_heard_before(void **state)
{
	static const int64_t behind_s[] = { 0, 1, 86400 };
	static const bool is_put_back[] = { false, true };

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct rolled r;
		struct hub_room *room = &r.pair.room;

		pair_open(&r.pair);
		hear(room, &r.pair.b);
		keep_copy(&r);
		set_policy(room, "21");
		r.control = hub_says(room, "control_entries");
		put_copy_back(&r);
		room->machine.now.wall -= behind_s[i / 2];
		if (is_put_back[i % 2]) {
			ph_job_free(stray_hello(&r));
			ph_job_free(
				carry_out(room, store_of(&r.pair.a, copy_item(r.items))));
		} else {
			say(room, "epoch-begin");
		}
		assert_true(room->hub->collecting);
		assert_int_equal(hub_says(room, "devices_back"), 0);
		be_admitted(room, &r.pair.b);
		hear(room, &r.pair.b);
		assert_int_equal(hub_says(room, "devices_back"), 1);
		rolled_close(&r);
	}
}

/*
 * A device called while the hub's clock stood a year ahead. The restore does not wait for that year: what it
 * is behind is what can have been, and of the device's next call is noted when it is.
 */
static void test_heard_ahead(void **state)
{
	struct rolled r;
	struct hub_room *room = &r.pair.room;
	struct ph_device device;
	int64_t now;

	(void)state;
	pair_open(&r.pair);
	hear(room, &r.pair.a);
	be_admitted(room, &r.pair.b);
	room->machine.now.wall += 200; /* as far as a right clock may be off */
	hear(room, &r.pair.b);
	room->machine.now.wall -= 200;
	device = r.pair.a.peer.device;
	device.heard += 365LL * 86400;
	assert_int_equal(ph_journal_device_update(room->hub->journal, &device), 0);
	keep_copy(&r);
	set_policy(room, "21");
	r.control = hub_says(room, "control_entries");
	put_copy_back(&r);
	now = room->machine.now.wall;
	say(room, "epoch-begin");
	assert_int_equal(room->hub->restored, now + 201);
	assert_int_equal(hub_says(room, "devices_back"), 0);
	be_admitted(room, &r.pair.a);
	hear(room, &r.pair.a);
	assert_int_equal(hub_says(room, "devices_back"), 1);
	assert_int_equal(ph_journal_device_by_id(room->hub->journal,
						 r.pair.a.peer.device.id, &device),
			 0);
	assert_int_equal(device.heard, now + 201);
	rolled_close(&r);
}

/* Altered on the way, or sealed by nobody who may: nothing of it is kept. */
static void test_forged(void **state)
{
	struct rolled *r = *state;
	struct hub_room *room = &r->pair.room;
	struct ph_item *item;

	be_admitted(room, &r->pair.a);
	item = copy_item(r->items);
	item->seal[5] ^= 1;
	expect_job(room, store_of(&r->pair.a, item), 0);
	item = copy_item(r->items);
	item->body.data[item->body.len - 1] ^= 1;
	expect_job(room, store_of(&r->pair.a, item), 0);
	item = copy_item(r->items);
	item->first += 1;
	expect_job(room, store_of(&r->pair.a, item), 0);
	assert_int_equal(hub_says(room, "control_entries"), r->control - 2);
	/* a log of a device's own is what it always was */
	write_visits(&r->pair.a, 2);
	item = all_item(&r->pair.a, 0);
	item->seal[0] ^= 1;
	expect_bad(room, store_of(&r->pair.a, item));
}

/* Of a hub that was never restored nobody asks, and nobody brings it anything. */
static void test_not_restored(void **state)
{
	struct pair s;
	struct ph_job *job;
	struct ph_item *items;

	(void)state;
	pair_open(&s);
	job = carry_out(&s.room, hello_of(&s.a, NULL));
	assert_int_equal(job->welcome.n_wants, 0);
	ph_job_free(job);
	items = control_items(&s.room, &s.a);
	expect_bad(&s.room, store_of(&s.a, items));
	job = carry_out(&s.room, job_of(&s.a, PH_JOB_LOAD, NULL));
	ph_job_free(job);
	json_t *request = json_pack("{s:s}", "command", "collect-end");
	json_t *answer = ph_hub_command(s.room.hub, request);

	assert_int_equal(json_integer_value(json_object_get(answer, "exit")), 1);
	json_decref(request);
	json_decref(answer);
	pair_close(&s);
}

static int64_t epoch_after(struct hub_room *room, struct member *member, uint64_t told)
{
	struct ph_job *job = hello_of(member, NULL);
	int64_t epoch;

	job->hello.epoch = told;
	carry_out(room, job);
	assert_int_equal(job->result, 0);
	epoch = (int64_t)job->welcome.epoch.number;
	ph_job_free(job);
	assert_int_equal(hub_says(room, "epoch"), epoch);
	return epoch;
}

static void test_epochs(void **state)
{
	struct rolled *r = *state;
	struct hub_room *room = &r->pair.room;

	pass(&room->machine, 60);
	assert_int_equal(epoch_after(room, &r->pair.a, 1), 2);
	hear(room, &r->pair.a);
	/* it was told 2; the other says 2 and was not: this backup was restored before */
	assert_int_equal(epoch_after(room, &r->pair.a, 2), 2);
	assert_int_equal(epoch_after(room, &r->pair.b, 2), 3);
	hear(room, &r->pair.b);
	assert_int_equal(epoch_after(room, &r->pair.b, 3), 3);
	assert_int_equal(epoch_after(room, &r->pair.a, 2), 3);
	assert_int_equal(epoch_after(room, &r->pair.a, 9), 10);
	hear(room, &r->pair.a);
	/* of no restore that anybody lived through */
	assert_int_equal(epoch_after(room, &r->pair.a, 10 + 1001), 10);
	assert_int_equal(epoch_after(room, &r->pair.a, INT64_MAX), 10);
	hub_restart(room);
	assert_int_equal(hub_says(room, "epoch"), 10);
}

/* A code block is not given twice: a device of the lost days tells of its own. */
static void test_blocks(void **state)
{
	struct rolled r;
	struct hub_room *room = &r.pair.room;
	struct member late;
	int64_t block;
	json_t *answer;

	(void)state;
	pair_open(&r.pair);
	keep_copy(&r);
	member_open(room, &late, 3, "14-0371");
	answer = ask(room, json_pack("{s:s, s:s}", "command", "invite-prepare", "site",
				     "14-0371"));
	block = json_integer_value(json_object_get(answer, "block"));
	json_decref(answer);
	keep(room, r.copy, room->dir);
	say(room, "epoch-begin");
	be_admitted(room, &late);
	answer = ask(room, json_pack("{s:s, s:s}", "command", "invite-prepare", "site",
				     "14-0371"));
	assert_int_equal(json_integer_value(json_object_get(answer, "block")), block);
	json_decref(answer);
	/* it waits to be admitted until the operator has ended the collecting */
	assert_int_equal(hub_says(room, "devices"), 3);
	assert_int_equal(late.peer.device.admitted, 0);
	end_collecting(room);
	be_admitted(room, &late);
	assert_true(late.peer.device.admitted > 0);
	member_close(&late);
	r.items = NULL;
	rolled_close(&r);
}

static int set_up(void **state)
{
	struct rolled *r = calloc(1, sizeof(*r));

	if (!r) {
		return -1;
	}
	*state = r;
	roll_back(r);
	return 0;
}

static int tear_down(void **state)
{
	rolled_close(*state);
	free(*state);
	return 0;
}

#define after_restore(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		after_restore(test_it_comes_back),
		after_restore(test_clock_behind),
		cmocka_unit_test(test_heard_before),
		cmocka_unit_test(test_heard_ahead),
		after_restore(test_forged),
		after_restore(test_first_word_is_recorded),
		after_restore(test_nothing_before_the_control_log),
		cmocka_unit_test(test_not_restored),
		cmocka_unit_test(test_put_back_is_found),
		cmocka_unit_test(test_put_back_is_proved),
		cmocka_unit_test(test_put_back_in_a_flight),
		cmocka_unit_test(test_put_back_then_restored),
		cmocka_unit_test(test_beside_is_known),
		after_restore(test_epochs),
		cmocka_unit_test(test_blocks),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
