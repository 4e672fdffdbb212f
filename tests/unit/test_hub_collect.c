/*
 * tests/unit/test_hub_collect.c - a hub that was rolled back: its epochs, its control log from
 * whoever has it, and what it does with what is none of its own.
 */
#include "tests/unit/put_room.h"

#include "common/log/control.h"
#include "daemon/hub_internal.h"

/* What the whole control log is by now, as segments. */
static struct ph_item *control_items(struct hub_room *room, struct member *member)
{
	struct ph_job *job = job_of(member, PH_JOB_LOAD, NULL);
	struct ph_item *items;

	member->peer.control = 0;
	carry_out(room, job);
	assert_int_equal(job->result, 0);
	items = job->items;
	assert_non_null(items);
	job->items = NULL;
	ph_job_free(job);
	return items;
}

static struct ph_item *copy_item(const struct ph_item *item)
{
	struct ph_item *copy = ph_item_new(item->type);

	assert_non_null(copy);
	memcpy(copy->log_id, item->log_id, sizeof(copy->log_id));
	memcpy(copy->seal, item->seal, sizeof(copy->seal));
	copy->first = item->first;
	copy->last = item->last;
	assert_int_equal(ph_buf_put_view(&copy->body, ph_buf_view(&item->body)), 0);
	return copy;
}

static void keep(struct hub_room *room, const char *from, const char *to)
{
	char command[256];

	ph_hub_close(room->hub);
	snprintf(command, sizeof(command), "rm -rf '%s' && cp -r '%s' '%s'", to, from,
		 to);
	assert_int_equal(system(command), 0);
	hub_start(room);
}

static void say(struct hub_room *room, const char *command)
{
	json_decref(ask(room, json_pack("{s:s}", "command", command)));
}

static void end_collecting(struct hub_room *room)
{
	json_decref(ask(room,
			json_pack("{s:s, s:b}", "command", "collect-end", "anyway", 1)));
}

static void set_policy(struct hub_room *room, const char *value)
{
	json_decref(ask(room, json_pack("{s:s, s:s, s:s}", "command", "policy-set",
					"name", "loan-term-days", "value", value)));
}

struct rolled {
	struct pair pair;
	char copy[80];
	int64_t control; /* entries of it before */
	struct ph_item *items;
};

/* A hub that said two things, forgot them, and was restored. */
static void roll_back(struct rolled *r)
{
	struct hub_room *room = &r->pair.room;

	pair_open(&r->pair);
	snprintf(r->copy, sizeof(r->copy), "%s.copy", room->dir);
	keep(room, room->dir, r->copy);
	set_policy(room, "21");
	set_policy(room, "28");
	r->control = hub_says(room, "control_entries");
	be_admitted(room, &r->pair.a);
	r->items = control_items(room, &r->pair.a);
	keep(room, r->copy, room->dir);
	say(room, "epoch-begin");
}

static void rolled_close(struct rolled *r)
{
	ph_items_free(r->items);
	remove_dir(r->copy);
	pair_close(&r->pair);
}

static void test_it_comes_back(void **state)
{
	struct rolled r;
	struct hub_room *room = &r.pair.room;
	struct ph_job *job;

	(void)state;
	roll_back(&r);
	assert_int_equal(hub_says(room, "epoch"), 2);
	assert_int_equal(hub_says(room, "control_entries"), r.control - 2);
	job = carry_out(room, hello_of(&r.pair.a, NULL));
	assert_int_equal(job->result, 0);
	assert_int_equal(job->welcome.epoch.number, 2);
	assert_int_equal(job->welcome.n_wants, 1);
	assert_memory_equal(job->welcome.want[0].log_id, r.items->log_id, PH_LOG_ID_SIZE);
	assert_int_equal(job->welcome.want[0].n, r.control - 2);
	assert_false(r.pair.a.peer.confirmed);
	ph_job_free(job);
	expect_job(room, store_of(&r.pair.a, copy_item(r.items)), 0);
	assert_int_equal(hub_says(room, "control_entries"), r.control);
	/* once more, by another device: nothing is new */
	be_admitted(room, &r.pair.b);
	expect_job(room, store_of(&r.pair.b, copy_item(r.items)), 0);
	assert_int_equal(hub_says(room, "control_entries"), r.control);
	end_collecting(room);
	/* what it says now is in another log, and one position covers both */
	set_policy(room, "35");
	assert_int_equal(hub_says(room, "control_entries"),
			 r.control + 3); /* open, clock-mark, policy */
	hub_restart(room);
	assert_int_equal(hub_says(room, "control_entries"), r.control + 3);
	job = carry_out(room, hello_of(&r.pair.a, NULL));
	assert_int_equal(job->welcome.n_wants, 0);
	ph_job_free(job);
	rolled_close(&r);
}

/* The hub's folder was put back, and nothing says so: no restore. */
static void put_back(struct rolled *r, bool speaks)
{
	struct hub_room *room = &r->pair.room;

	pair_open(&r->pair);
	snprintf(r->copy, sizeof(r->copy), "%s.copy", room->dir);
	keep(room, room->dir, r->copy);
	set_policy(room, "21");
	set_policy(room, "28");
	r->control = hub_says(room, "control_entries");
	be_admitted(room, &r->pair.a);
	r->items = control_items(room, &r->pair.a);
	keep(room, r->copy, room->dir);
	if (speaks) {
		set_policy(room, "35");
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
 * The first word of a restored hub opens another log, whichever way it is said: what was the
 * control log before is still of it, also for the next process.
 */
static void test_first_word_is_recorded(void **state)
{
	json_t *entry = json_pack("{s:s, s:s, s:s, s:s}", "kind", "commune-put", "code",
				  "03646", "name", "Tô Hiệu", "type", "phuong");
	struct rolled r;
	struct hub_room *room = &r.pair.room;
	json_t *answer;

	(void)state;
	roll_back(&r);
	answer = ask(room,
		     json_pack("{s:s, s:[o]}", "command", "record", "entries", entry));
	assert_true(json_is_true(json_object_get(
		json_array_get(json_object_get(answer, "entries"), 0), "ok")));
	json_decref(answer);
	assert_int_equal(hub_says(room, "control_entries"), r.control - 2 + 3);
	hub_restart(room);
	assert_int_equal(hub_says(room, "control_entries"), r.control - 2 + 3);
	rolled_close(&r);
}

/*
 * A device brings lost entries of the control log, and so its own position is one no more. Until its
 * next hello it gets nothing of that log, nor anything whose writer that log would name first.
 */
static void test_nothing_before_the_control_log(void **state)
{
	struct rolled r;
	struct hub_room *room = &r.pair.room;
	struct member sibling;
	struct ph_job *job;

	(void)state;
	roll_back(&r);
	end_collecting(room);
	member_open(room, &sibling, 3, "14-0371");
	write_visits(&sibling, 3);
	be_admitted(room, &sibling);
	expect_job(room, store_of(&sibling, all_item(&sibling, 0)), 0);
	be_admitted(room, &r.pair.a);
	r.pair.a.peer.confirmed = true;
	expect_job(room, store_of(&r.pair.a, copy_item(r.items)), 0);
	assert_int_not_equal(hub_says(room, "control_entries"), 0);
	job = carry_out(room, job_of(&r.pair.a, PH_JOB_LOAD, NULL));
	assert_int_equal(job->result, 0);
	assert_null(job->items);
	assert_false(job->more);
	ph_job_free(job);
	/* then all of it, in its order */
	be_admitted(room, &r.pair.a);
	r.pair.a.peer.confirmed = true;
	job = carry_out(room, job_of(&r.pair.a, PH_JOB_LOAD, NULL));
	assert_non_null(job->items);
	assert_memory_not_equal(job->items->log_id, own_log(&sibling)->id,
				PH_LOG_ID_SIZE);
	ph_job_free(job);
	member_close(&sibling);
	rolled_close(&r);
}

/*
 * The clock of the machine on which it was restored is behind all that the old one said: its
 * new log goes on from the old one, so it stands behind it all the same.
 */
static void test_clock_behind(void **state)
{
	struct rolled r;
	struct hub_room *room = &r.pair.room;
	struct ph_job *job;

	(void)state;
	roll_back(&r);
	room->machine.now.wall -= 365LL * 86400;
	set_policy(room, "14");
	be_admitted(room, &r.pair.a);
	r.pair.a.peer.control = 0;
	job = carry_out(room, job_of(&r.pair.a, PH_JOB_LOAD, NULL));
	assert_int_equal(job->result, 0);
	assert_non_null(job->items);
	assert_memory_equal(job->items->log_id, r.items->log_id, PH_LOG_ID_SIZE);
	assert_non_null(job->items->next);
	assert_memory_not_equal(job->items->next->log_id, r.items->log_id,
				PH_LOG_ID_SIZE);
	ph_job_free(job);
	rolled_close(&r);
}

/* Altered on the way, or sealed by nobody who may: nothing of it is kept. */
static void test_forged(void **state)
{
	struct rolled r;
	struct hub_room *room = &r.pair.room;
	struct ph_item *item;

	(void)state;
	roll_back(&r);
	be_admitted(room, &r.pair.a);
	item = copy_item(r.items);
	item->seal[5] ^= 1;
	expect_job(room, store_of(&r.pair.a, item), 0);
	item = copy_item(r.items);
	item->body.data[item->body.len - 1] ^= 1;
	expect_job(room, store_of(&r.pair.a, item), 0);
	item = copy_item(r.items);
	item->first += 1;
	expect_job(room, store_of(&r.pair.a, item), 0);
	assert_int_equal(hub_says(room, "control_entries"), r.control - 2);
	/* a log of a device's own is what it always was */
	write_visits(&r.pair.a, 2);
	item = all_item(&r.pair.a, 0);
	item->seal[0] ^= 1;
	expect_bad(room, store_of(&r.pair.a, item));
	rolled_close(&r);
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

static void hear(struct hub_room *room, struct member *member)
{
	expect_job(room, job_of(member, PH_JOB_HEARD, NULL), 0);
}

static void test_epochs(void **state)
{
	struct rolled r;
	struct hub_room *room = &r.pair.room;

	(void)state;
	roll_back(&r);
	pass(&room->machine, 60);
	assert_int_equal(epoch_after(room, &r.pair.a, 1), 2);
	hear(room, &r.pair.a);
	/* it was told 2; the other says 2 and was not: this backup was restored before */
	assert_int_equal(epoch_after(room, &r.pair.a, 2), 2);
	assert_int_equal(epoch_after(room, &r.pair.b, 2), 3);
	hear(room, &r.pair.b);
	assert_int_equal(epoch_after(room, &r.pair.b, 3), 3);
	assert_int_equal(epoch_after(room, &r.pair.a, 2), 3);
	assert_int_equal(epoch_after(room, &r.pair.a, 9), 10);
	hear(room, &r.pair.a);
	/* of no restore that anybody lived through */
	assert_int_equal(epoch_after(room, &r.pair.a, 10 + 1001), 10);
	assert_int_equal(epoch_after(room, &r.pair.a, INT64_MAX), 10);
	hub_restart(room);
	assert_int_equal(hub_says(room, "epoch"), 10);
	rolled_close(&r);
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
	snprintf(r.copy, sizeof(r.copy), "%s.copy", room->dir);
	keep(room, room->dir, r.copy);
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

/* --- devices of the lost days, before they call --- */

struct lost {
	struct rolled r;
	struct member late;  /* joined and was confirmed in the days that were lost */
	struct member quiet; /* joined, and was not */
	char id[2 * PH_DEVICE_ID_SIZE + 1];
	char reader
		[PH_REF_TEXT]; /* of the first device; erased, once all that had come */
};

/* What `devices` says of ID; the caller's, NULL: nothing. */
static json_t *listed(struct hub_room *room, const char *id)
{
	json_t *answer = ask(room, json_pack("{s:s}", "command", "devices"));
	json_t *item;
	json_t *found = NULL;
	size_t i;

	json_array_foreach(json_object_get(answer, "devices"), i, item)
	{
		if (strcmp(text_in(item, "device"), id) == 0) {
			found = json_incref(item);
		}
	}
	json_decref(answer);
	return found;
}

static json_t *of_device(const struct lost *lost, const char *command)
{
	return json_pack("{s:s, s:s}", "command", command, "device", lost->id);
}

static json_t *of_confirming(const struct lost *lost, const char *words)
{
	return json_pack("{s:s, s:s, s:s}", "command", "device-confirm", "device",
			 lost->id, "fingerprint", words);
}

/* The hub is rolled back; one that was confirmed meanwhile has not called since. */
static void lose(struct lost *lost)
{
	struct rolled *r = &lost->r;
	struct hub_room *room = &r->pair.room;
	json_t *item;

	pair_open(&r->pair);
	ref_of(&r->pair.a, write_reader(&r->pair.a, "Lò Văn Pánh"), lost->reader);
	expect_job(room, store_of(&r->pair.a, all_item(&r->pair.a, 0)), 0);
	snprintf(r->copy, sizeof(r->copy), "%s.copy", room->dir);
	keep(room, room->dir, r->copy);
	member_open(room, &lost->late, 3, "14-0371");
	member_open(room, &lost->quiet, 5, "14-0371");
	be_admitted(room, &lost->late);
	be_admitted(room, &lost->quiet);
	ph_hex(lost->id, lost->late.peer.device.id, PH_DEVICE_ID_SIZE);
	item = listed(room, lost->id);
	json_decref(ask(room, of_confirming(lost, text_in(item, "fingerprint"))));
	json_decref(item);
	pass(&room->machine, 60);
	json_decref(signs(room, request_erase(lost->reader)));
	pass(&room->machine, 60);
	be_admitted(room, &r->pair.a);
	r->items = control_items(room, &r->pair.a);
	keep(room, r->copy, room->dir);
	say(room, "epoch-begin");
	refused(room, of_device(lost, "device-show"), PH_EXIT_OTHER, "no device's id");
	be_admitted(room, &r->pair.a);
	expect_job(room, store_of(&r->pair.a, copy_item(r->items)), 0);
}

static void lost_close(struct lost *lost)
{
	member_close(&lost->late);
	member_close(&lost->quiet);
	rolled_close(&lost->r);
}

static json_t *request_cut(const char *device)
{
	return json_pack("{s:s, s:s, s:s}", "command", "device-cut", "device", device,
			 "reason", "stolen");
}

/* It is shown, and what needs its keys is refused. */
static void test_told_device_is_shown(void **state)
{
	struct lost lost;
	struct hub_room *room = &lost.r.pair.room;
	json_t *item;

	(void)state;
	lose(&lost);
	item = listed(room, lost.id);
	assert_non_null(item);
	assert_string_equal(text_in(item, "state"), "confirmed");
	assert_string_equal(text_in(item, "site"), "14-0371");
	assert_true(json_is_null(json_object_get(item, "fingerprint")));
	assert_true(json_is_null(json_object_get(item, "heard")));
	json_decref(item);
	item = ask(room, of_device(&lost, "device-held"));
	assert_true(json_is_true(json_object_get(item, "all")));
	json_decref(item);
	refused(room, of_confirming(&lost, "khoan-nì-đạng-thấy"), PH_EXIT_OTHER,
		"has not called since");
	refused(room, of_device(&lost, "stick-begin"), PH_EXIT_OTHER,
		"has not called since");
	refused(room, of_device(&lost, "bundle-pack"), PH_EXIT_OTHER,
		"has not called since");
	json_decref(wrote(room, of_device(&lost, "device-retire")));
	/* once it has called it is there, and there once */
	be_admitted(room, &lost.late);
	item = listed(room, lost.id);
	assert_true(json_is_string(json_object_get(item, "fingerprint")));
	json_decref(item);
	assert_int_equal(hub_says(room, "devices"), 3);
	lost_close(&lost);
}

/* A thief that has not called since can be cut off, by the whole id or how it begins. */
static void test_told_device_is_cut(void **state)
{
	struct lost lost;
	struct hub_room *room = &lost.r.pair.room;
	char begins[9];
	json_t *entry;
	struct ph_job *job;

	(void)state;
	lose(&lost);
	snprintf(begins, sizeof(begins), "%.8s", lost.id);
	entry = signs(room, request_cut(begins));
	assert_string_equal(text_in(entry, "device"), lost.id);
	assert_null(json_object_get(entry, "heads")); /* nothing of it is here */
	json_decref(entry);
	refused(room, request_cut(lost.id), PH_EXIT_OTHER, "cut off already");
	end_collecting(room);
	write_visits(&lost.late, 2);
	job = carry_out(room, hello_of(&lost.late, NULL));
	assert_int_equal(job->result, 0);
	assert_false(lost.late.peer.confirmed);
	ph_job_free(job);
	entry = listed(room, lost.id);
	assert_string_equal(text_in(entry, "state"), "cut");
	json_decref(entry);
	lost_close(&lost);
}

/* The certificate of the only order there is; the caller's. */
static json_t *certificate(struct hub_room *room)
{
	json_t *all = ask(room, json_pack("{s:s}", "command", "erasures"));
	json_t *first = json_array_get(json_object_get(all, "erasures"), 0);
	json_t *one = ask(room, json_pack("{s:s, s:s}", "command", "erasures", "erasure",
					  text_in(first, "erasure")));
	json_t *found = json_incref(json_object_get(one, "certificate"));

	assert_int_equal(json_array_size(json_object_get(all, "erasures")), 1);
	assert_true(
		json_equal(json_object_get(first, "out"), json_object_get(found, "out")));
	json_decref(all);
	json_decref(one);
	return found;
}

/* How the certificate lists MEMBER: "STATE held", "STATE", or "". */
static void assert_listed(struct hub_room *room, const struct member *member,
			  const char *as)
{
	json_t *whole = certificate(room);
	char id[2 * PH_DEVICE_ID_SIZE + 1];
	char found[40] = "";
	json_t *item;
	size_t i;

	ph_hex(id, member->peer.device.id, PH_DEVICE_ID_SIZE);
	json_array_foreach(json_object_get(whole, "devices"), i, item)
	{
		if (strcmp(text_in(item, "device"), id) == 0) {
			snprintf(found, sizeof(found), "%s%s", text_in(item, "state"),
				 json_is_true(json_object_get(item, "held")) ? " held"
									     : "");
		}
	}
	assert_string_equal(found, as);
	json_decref(whole);
}

/*
 * A device that was admitted before the order to erase, and has not called since, is still out,
 * and stays so when it calls: it is asked by when the control log admitted it, not this hub.
 */
static void test_told_device_is_asked(void **state)
{
	struct lost lost;
	struct hub_room *room = &lost.r.pair.room;
	struct member after;

	(void)state;
	lose(&lost);
	assert_listed(room, &lost.late, "out held");
	assert_listed(room, &lost.r.pair.a,
		      "out held"); /* never confirmed: it wrote it */
	assert_listed(room, &lost.r.pair.b, "out");
	assert_listed(room, &lost.quiet, "out"); /* so nobody gave it anything */
	end_collecting(room);
	assert_listed(room, &lost.late, "out held");
	be_admitted(room, &lost.late);
	assert_listed(room, &lost.late, "out held");
	member_open(room, &after, 4, "14-0371");
	be_admitted(room, &after);
	assert_listed(room, &after, ""); /* it came afterwards */
	json_decref(signs(room, request_cut(lost.id)));
	assert_listed(room, &lost.late, "cut held");
	member_close(&after);
	lost_close(&lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_comes_back),
		cmocka_unit_test(test_clock_behind),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_first_word_is_recorded),
		cmocka_unit_test(test_nothing_before_the_control_log),
		cmocka_unit_test(test_not_restored),
		cmocka_unit_test(test_put_back_is_found),
		cmocka_unit_test(test_put_back_is_proved),
		cmocka_unit_test(test_epochs),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_told_device_is_shown),
		cmocka_unit_test(test_told_device_is_cut),
		cmocka_unit_test(test_told_device_is_asked),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
