/*
 * tests/unit/test_hub_words.c - a hub that was put back and spoke before anybody called: the words that
 * it lost are kept beside those, and are said again, all or none, so that they go down to everybody.
 */
#include "tests/unit/collect_room.h"

#include "common/ledger/query.h"
#include "common/log/operator.h"
#include "daemon/hub_collect.h"
#include "daemon/hub_words.h"

static const char *id_of(const struct member *member)
{
	static char text[2][2 * PH_DEVICE_ID_SIZE + 1];
	static unsigned turn;
	char *out = text[turn++ & 1];

	ph_hex(out, member->peer.device.id, PH_DEVICE_ID_SIZE);
	return out;
}

static json_t *request_cut(const struct member *member)
{
	return json_pack("{s:s, s:s, s:s}", "command", "device-cut", "device",
			 id_of(member), "reason", "stolen");
}

static void put_rule(struct hub_room *room, const char *name, const char *value)
{
	json_decref(ask(room, json_pack("{s:s, s:s, s:s}", "command", "policy-set",
					"name", name, "value", value)));
}

static void confirm(struct hub_room *room, const struct member *member)
{
	json_t *answer = ask(room, json_pack("{s:s, s:s}", "command", "device-show",
					     "device", id_of(member)));

	json_decref(ask(room, json_pack("{s:s, s:s, s:O}", "command", "device-confirm",
					"device", id_of(member), "fingerprint",
					json_object_get(answer, "fingerprint"))));
	json_decref(answer);
}

/* What happened in the lost days. */
struct days {
	struct rolled r;
	struct member late; /* admitted and confirmed in them */
	char reader[PH_REF_TEXT];
	char cancelled[2 * PH_INVITE_ID_SIZE + 1];
};

static void cancel_invite(struct days *d)
{
	uint8_t id[PH_INVITE_ID_SIZE];

	memset(id, 0x5a, sizeof(id));
	ph_hex(d->cancelled, id, sizeof(id));
	json_decref(
		signs(&d->r.pair.room, json_pack("{s:s, s:s}", "command", "invite-cancel",
						 "invite", d->cancelled)));
}

static void days_open(struct days *d)
{
	struct hub_room *room = &d->r.pair.room;
	struct member *a = &d->r.pair.a;

	memset(d, 0, sizeof(*d));
	pair_open(&d->r.pair);
	ref_of(a, write_reader(a, "Lò Văn Pánh"), d->reader);
	expect_job(room, store_of(a, all_item(a, 0)), 0);
	keep_copy(&d->r);
	/* in another order than they are to be said in */
	put_rule(room, "loan-term-days", "21");
	put_rule(room, "hold-days", "9");
	member_open(room, &d->late, 3, "14-0371");
	be_admitted(room, &d->late);
	confirm(room, &d->late);
	add_site(room, "14-0390", "Thư viện xã Mường Bú");
	json_decref(signs(room, request_erase(d->reader)));
	json_decref(signs(room, request_cut(&d->r.pair.b)));
	cancel_invite(d);
	d->r.control = hub_says(room, "control_entries");
	put_copy_back(&d->r);
	pass(&room->machine, 60);
	for (int i = 0; i < 16; i++) { /* in the place of what it lost, and as much */
		put_rule(room, "loan-term-days", i & 1 ? "35" : "30");
	}
}

static void days_close(struct days *d)
{
	member_close(&d->late);
	rolled_close(&d->r);
}

/* The first device calls, and brings what the hub has lost. */
static void bring(struct days *d)
{
	struct hub_room *room = &d->r.pair.room;
	struct ph_job *job = hello_of(&d->r.pair.a, NULL);

	job->hello.control.n = (uint64_t)d->r.control;
	memset(job->hello.control.h, 0x55, sizeof(job->hello.control.h));
	carry_out(room, job);
	assert_int_equal(job->result, 0);
	ph_job_free(job);
	job = carry_out(room, store_of(&d->r.pair.a, copy_item(d->r.items)));
	assert_int_equal(job->result, 0);
	ph_job_free(job);
	assert_true(room->hub->collecting);
}

/* "kind by, kind by, ..." of what COMMAND answers. */
static char *told(struct hub_room *room, const char *command)
{
	static char text[1024];
	json_t *answer = ask(room, json_pack("{s:s}", "command", command));
	size_t i, len = 0;
	json_t *item;

	text[0] = '\0';
	json_array_foreach(json_object_get(answer, "words"), i, item)
	{
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s",
					i ? ", " : "", text_in(item, "kind"),
					text_in(item, "by"));
	}
	json_decref(answer);
	return text;
}

#define ALL                                                                              \
	"device-cut operator, invite-cancel operator, policy-put hub, site-put hub, "    \
	"policy-put hub, "                                                               \
	"device-admit hub, reader-erase operator, device-confirm hub"

/* The request that says what ASKED lists, signed by PAIR. */
static json_t *put_of(json_t *asked, const struct ph_sign_pair *pair)
{
	json_t *signatures = json_array();
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(asked, "words"), i, item)
	{
		json_t *sign = json_object_get(item, "sign");

		if (strcmp(text_in(item, "by"), "nobody") == 0) {
			assert_null(sign);
			continue;
		}
		json_t *order =
			sign ? json_pack("{s:b, s:O}", "ok", 0, "sign", sign) : NULL;
		json_t *request = order ? signed_by(order, pair) : NULL;

		assert_true((sign != NULL) ==
			    (strcmp(text_in(item, "by"), "operator") == 0));
		json_array_append_new(signatures, request ? json_incref(json_object_get(
								    request, "operator"))
							  : json_null());
		json_decref(order);
		json_decref(request);
	}
	return json_pack("{s:s, s:O, s:O, s:o}", "command", "words-put", "log",
			 json_object_get(asked, "log"), "n", json_object_get(asked, "n"),
			 "signatures", signatures);
}

static json_t *words_ask(struct hub_room *room)
{
	return ask(room, json_pack("{s:s}", "command", "words-ask"));
}

static void say_again(struct hub_room *room)
{
	json_t *asked = words_ask(room);

	json_decref(ask(room, put_of(asked, &room->operator_pair)));
	json_decref(asked);
}

/* The kinds of the last N entries that a new device is sent of the control log, and whether they are heeded. */
static char *sent(struct days *d, unsigned n)
{
	static char text[1024];
	struct hub_room *room = &d->r.pair.room;
	struct ph_speakers speakers = { .list = { ph_hub_keylist(room->hub), NULL } };
	struct ph_item *items;
	const struct ph_item *item;
	struct ph_view body, bytes;
	size_t len = 0;
	uint64_t at;

	be_admitted(room, &d->r.pair.a);
	items = control_items(room, &d->r.pair.a);
	item = items;
	while (item->next) {
		item = item->next;
	}
	assert_true(item->last - item->first + 1 >= n);
	at = item->first;
	body = ph_buf_view(&item->body);
	text[0] = '\0';
	while (ph_segment_next(&body, &bytes) == 0) {
		struct ph_entry entry;

		assert_int_equal(ph_entry_decode(bytes, &entry), 0);
		assert_int_equal(ph_operator_heed(&speakers, &entry, item->log_id, at),
				 0);
		if (at++ + n > item->last) {
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
						len ? ", " : "", entry.kind->name);
		}
	}
	ph_items_free(items);
	return text;
}

static void test_listed(void **state)
{
	struct days d;
	struct hub_room *room = &d.r.pair.room;

	(void)state;
	days_open(&d);
	assert_string_equal(told(room, "words"), "");
	assert_int_equal(hub_says(room, "epoch"), 1);
	bring(&d);
	/* of two values of one rule the later shows, and is said again: who heard the other has not got it */
	assert_string_equal(told(room, "words"), ALL);
	assert_int_equal(hub_says(room, "words_unheard"), 8);
	hub_restart(room);
	assert_string_equal(told(room, "words"), ALL);
	days_close(&d);
}

static void test_said(void **state)
{
	struct days d;
	struct hub_room *room = &d.r.pair.room;
	uint64_t at;

	(void)state;
	days_open(&d);
	bring(&d);
	assert_string_equal(told(room, "words"), ALL);
	/* nobody who has not heard of it yet is told that it is cut off */
	assert_int_equal(
		ph_hub_device_ended_at(room->hub, d.r.pair.b.peer.device.id, &at), 0);
	assert_true(at == UINT64_MAX);
	say_again(room);
	assert_string_equal(told(room, "words"), "");
	assert_int_equal(
		ph_hub_device_ended_at(room->hub, d.r.pair.b.peer.device.id, &at), 0);
	assert_true(at != UINT64_MAX);
	assert_true(at > (uint64_t)d.r.control);
	assert_string_equal(sent(&d, 8), "device-cut, invite-cancel, policy-put, "
					 "site-put, policy-put, device-admit, "
					 "reader-erase, device-confirm");
	hub_restart(room);
	assert_string_equal(told(room, "words"), "");
	/* those who bring them once more change nothing */
	bring(&d);
	assert_string_equal(told(room, "words"), "");
	end_collecting(room);
	days_close(&d);
}

/* All or none: signed by nobody, by no operator, for another place, or as many as there were before. */
static void test_all_or_none(void **state)
{
	struct days d;
	struct hub_room *room = &d.r.pair.room;
	struct ph_sign_pair stranger;
	json_t *asked, *request, *signatures;
	int64_t before;

	(void)state;
	days_open(&d);
	bring(&d);
	asked = words_ask(room);
	before = hub_says(room, "control_entries");
	ph_sign_pair_make(&stranger, &room->rng);
	refused(room, put_of(asked, &stranger), PH_EXIT_OTHER, "no operator's");
	for (size_t i = 0; i < 9; i++) {
		request = put_of(asked, &room->operator_pair);
		signatures = json_object_get(request, "signatures");
		if (i == 8) {
			json_array_remove(signatures, 7);
		} else if (json_is_string(json_array_get(signatures, i))) {
			json_array_set_new(signatures, i, json_null());
		} else {
			json_decref(request);
			continue;
		}
		refused(room, request, PH_EXIT_TRY_LATER, "something else was written");
	}
	assert_int_equal(hub_says(room, "control_entries"), before);
	/* another word comes between */
	put_rule(room, "hold-pick-days", "4");
	refused(room, put_of(asked, &room->operator_pair), PH_EXIT_TRY_LATER,
		"something else was written");
	assert_int_equal(hub_says(room, "control_entries"), before + 1);
	json_decref(asked);
	assert_string_equal(told(room, "words"), ALL);
	say_again(room);
	assert_int_equal(hub_says(room, "control_entries"), before + 1 + 8);
	assert_string_equal(told(room, "words"), "");
	days_close(&d);
}

/* What a person says anew meanwhile is not said again; a cut of who is cut off here alone is not refused. */
static void test_said_by_hand(void **state)
{
	struct days d;
	struct hub_room *room = &d.r.pair.room;

	(void)state;
	days_open(&d);
	bring(&d);
	put_rule(room, "hold-days", "12");
	assert_string_equal(
		told(room, "words"),
		"device-cut operator, invite-cancel operator, site-put hub, "
		"policy-put hub, device-admit hub, reader-erase operator, device-confirm "
		"hub");
	json_decref(signs(room, request_cut(&d.r.pair.b)));
	refused(room, request_cut(&d.r.pair.b), PH_EXIT_OTHER, "cut off already");
	say_again(room);
	assert_string_equal(told(room, "words"), "");
	days_close(&d);
}

static void void_of(struct hub_room *room, json_t *cut)
{
	json_t *request =
		json_pack("{s:s, s:s}", "kind", "void", "target", text_in(cut, "ref"));

	json_decref(signs(room, json_pack("{s:s, s:[o]}", "command", "record", "entries",
					  request)));
}

/* A rule is the last that is said in the lost days; the copy, put back, says another one, and is brought the first. */
static void lose_with_a_rule(struct days *d)
{
	struct hub_room *room = &d->r.pair.room;

	put_rule(room, "hold-days", "9");
	d->r.control = hub_says(room, "control_entries");
	put_copy_back(&d->r);
	pass(&room->machine, 60);
	put_rule(room, "loan-term-days", "35");
	bring(d);
}

/* A cut of before was taken back in the lost days: that counts in its log alone, and is shown. */
static void test_taken_back(void **state)
{
	struct days d;
	struct hub_room *room = &d.r.pair.room;
	enum ph_hub_trust trust;
	json_t *cut;

	(void)state;
	memset(&d, 0, sizeof(d));
	pair_open(&d.r.pair);
	cut = signs(room, request_cut(&d.r.pair.b));
	keep_copy(&d.r);
	void_of(room, cut);
	lose_with_a_rule(&d);
	assert_string_equal(told(room, "words"),
			    "policy-put hub, policy-put hub, void nobody");
	assert_int_equal(hub_says(room, "words_unheard"), 2);
	say_again(room);
	assert_string_equal(told(room, "words"), "void nobody");
	assert_int_equal(hub_says(room, "words_unheard"), 0);
	assert_string_equal(sent(&d, 2), "policy-put, policy-put");
	say_again(room);
	assert_string_equal(sent(&d, 2), "policy-put, policy-put");
	assert_int_equal(
		ph_hub_device_trust(room->hub, d.r.pair.b.peer.device.id, &trust), 0);
	assert_int_not_equal(trust, PH_HUB_CUT);
	json_decref(cut);
	rolled_close(&d.r);
}

/* An entry of a kind that a later program has, which this one was in the lost days. */
static void write_later(struct hub_room *room)
{
	static const uint8_t later[] = { 0x94, 0xcc, 0xc8, 5, 0xc0, 9 };
	struct ph_journal *journal = room->hub->journal;
	struct ph_buf body = { 0 };
	struct ph_log log;

	assert_int_equal(ph_db_begin(room->hub->db), 0);
	assert_int_equal(ph_journal_log_at(journal, room->hub->control.log[0].row, &log),
			 0);
	assert_int_equal(ph_segment_add(&body, PH_VIEW(later, sizeof(later))), 0);
	assert_int_equal(ph_journal_append(journal, &log, ph_buf_view(&body)), 0);
	assert_int_equal(
		ph_journal_seal(journal, &log, log.n, room->hub->keys.sign.secret), 0);
	assert_int_equal(ph_db_commit(room->hub->db), 0);
	ph_buf_deinit(&body);
	hub_restart(room);
}

/* What cannot be read is counted, and then nothing is said: half is worse than none. */
static void test_later_program(void **state)
{
	struct days d;
	struct hub_room *room = &d.r.pair.room;
	int64_t before;

	(void)state;
	memset(&d, 0, sizeof(d));
	pair_open(&d.r.pair);
	keep_copy(&d.r);
	put_rule(room, "hold-days", "9");
	write_later(room);
	d.r.control = hub_says(room, "control_entries");
	put_copy_back(&d.r);
	pass(&room->machine, 60);
	put_rule(room, "loan-term-days", "35");
	bring(&d);
	before = hub_says(room, "control_entries");
	assert_int_equal(hub_says(room, "words_unheard"), 3);
	refused(room, json_pack("{s:s}", "command", "words"), PH_EXIT_OTHER,
		"a later version");
	refused(room, json_pack("{s:s}", "command", "words-ask"), PH_EXIT_OTHER,
		"a later version");
	assert_int_equal(hub_says(room, "control_entries"), before);
	rolled_close(&d.r);
}

/* A hub that lost nothing has nothing to say again, and one that collects in one line neither. */
static void test_nothing_lost(void **state)
{
	struct days d;
	struct hub_room *room = &d.r.pair.room;
	int64_t before;

	(void)state;
	memset(&d, 0, sizeof(d));
	forget(&d.r);
	bring(&d);
	before = hub_says(room, "control_entries");
	assert_string_equal(told(room, "words"), "");
	say_again(room);
	assert_int_equal(hub_says(room, "control_entries"), before);
	rolled_close(&d.r);
}

static void test_cut_twice(void **state)
{
	struct days d;
	struct hub_room *room = &d.r.pair.room;
	json_t *cut;

	(void)state;
	memset(&d, 0, sizeof(d));
	pair_open(&d.r.pair);
	cut = signs(room, request_cut(&d.r.pair.b));
	void_of(room, cut);
	keep_copy(&d.r);
	json_decref(signs(room, request_cut(&d.r.pair.b)));
	lose_with_a_rule(&d);
	assert_string_equal(told(room, "words"),
			    "device-cut operator, policy-put hub, policy-put hub");
	json_decref(cut);
	rolled_close(&d.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listed),        cmocka_unit_test(test_said),
		cmocka_unit_test(test_all_or_none),   cmocka_unit_test(test_said_by_hand),
		cmocka_unit_test(test_taken_back),    cmocka_unit_test(test_nothing_lost),
		cmocka_unit_test(test_later_program), cmocka_unit_test(test_cut_twice),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
