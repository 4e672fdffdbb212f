/*
 * tests/unit/test_hub_told.c - devices of the days that a hub has lost, of which its control log
 * tells again, before they call: shown, cut off, and asked for what is erased. Of others the
 * certificate says that there may be some.
 */
#include "tests/unit/collect_room.h"

#include "daemon/hub_collect.h"

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
	keep_copy(r);
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
	put_copy_back(r);
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
	struct member elsewhere;

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
	assert_listed(room, &after, "out"); /* it came afterwards, to her site */
	member_open(room, &elsewhere, 6, "14-0372");
	be_admitted(room, &elsewhere);
	assert_listed(room, &elsewhere, "");
	json_decref(signs(room, request_cut(lost.id)));
	assert_listed(room, &lost.late, "cut held");
	member_close(&after);
	member_close(&elsewhere);
	lost_close(&lost);
}

/* WHOLE has NAME as this time; 0: not at all. */
static void assert_time(const json_t *whole, const char *name, int64_t second)
{
	char text[PH_TIME_TEXT];

	ph_time_text(text, second);
	if (second == 0) {
		assert_null(json_object_get(whole, name));
	} else {
		assert_string_equal(text_in(whole, name), text);
	}
}

/* Whether the certificate says that days were lost, and how that was found. */
static void assert_lost(struct hub_room *room, int64_t restored, int64_t put_back)
{
	json_t *whole = certificate(room);

	assert_time(whole, "restored", restored);
	assert_time(whole, "put_back", put_back);
	json_decref(whole);
}

/* Days that were lost are in the certificate, also when the collecting is over. */
static void test_lost_days_are_told(void **state)
{
	struct lost lost;
	struct hub_room *room = &lost.r.pair.room;
	struct ph_error err = { 0 };
	int64_t restored;

	(void)state;
	lose(&lost);
	restored = room->hub->restored;
	assert_true(restored > 0);
	assert_lost(room, restored, 0);
	pass(&room->machine, 86400);
	end_collecting(room);
	assert_lost(room, restored, 0);
	pass(&room->machine, 86400);
	assert_int_equal(ph_hub_put_back(room->hub, PH_HUB_SHOWN_WITNESS, 0, &err), 0);
	assert_true(room->hub->put_back >= restored + 2 * 86400);
	assert_lost(room, room->hub->put_back, room->hub->put_back);
	lost_close(&lost);
}

/* A hub that lost nothing says nothing of that. */
static void test_no_days_are_lost(void **state)
{
	struct pair pair;
	char reader[PH_REF_TEXT];

	(void)state;
	pair_open(&pair);
	ref_of(&pair.a, write_reader(&pair.a, "Lò Văn Pánh"), reader);
	expect_job(&pair.room, store_of(&pair.a, all_item(&pair.a, 0)), 0);
	json_decref(signs(&pair.room, request_erase(reader)));
	assert_lost(&pair.room, 0, 0);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told_device_is_shown),
		cmocka_unit_test(test_told_device_is_cut),
		cmocka_unit_test(test_told_device_is_asked),
		cmocka_unit_test(test_lost_days_are_told),
		cmocka_unit_test(test_no_days_are_lost),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
