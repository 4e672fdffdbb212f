/*
 * tests/unit/test_hub_cut.c - devices retired and cut, logs adopted, invites cancelled: what the
 * hub fills in, and what follows.
 */
#include "tests/unit/hub_clone.h"
#include "tests/unit/put_room.h"

#include "common/ledger/invite_state.h"

/* How the id of MEMBER begins. */
static const char *device_of(const struct member *member)
{
	static char text[2 * PH_DEVICE_ID_SIZE + 1];

	ph_hex(text, member->peer.device.id, PH_DEVICE_ID_SIZE);
	text[8] = '\0';
	return text;
}

static const char *log_of(const struct member *member)
{
	static char text[2 * PH_LOG_ID_SIZE + 1];

	ph_hex(text, own_log(member)->id, PH_LOG_ID_SIZE);
	return text;
}

static json_t *request_cut(const struct member *member, const char *at)
{
	return at ? json_pack("{s:s, s:s, s:s, s:[s]}", "command", "device-cut", "device",
			      device_of(member), "reason", "stolen", "at", at)
		  : json_pack("{s:s, s:s, s:s}", "command", "device-cut", "device",
			      device_of(member), "reason", "stolen");
}

/* MEMBER sends all that it has. */
static void send_all(struct hub_room *room, struct member *member, uint64_t after)
{
	struct ph_job *job = store_of(member, all_item(member, after));

	expect_job(room, job, 0);
}

static void assert_head(const json_t *entry, const char *name, const char *log, int64_t n)
{
	const json_t *value = json_object_get(entry, name);
	const json_t *head = json_is_array(value) ? json_array_get(value, 0) : value;

	assert_string_equal(text_in(head, "log"), log);
	assert_int_equal(json_integer_value(json_object_get(head, "n")), n);
}

static void test_retire(void **state)
{
	struct pair pair;
	json_t *entry;

	(void)state;
	pair_open(&pair);
	refused(&pair.room,
		json_pack("{s:s, s:s}", "command", "device-retire", "device", "abc"),
		PH_EXIT_USAGE, "4 or more");
	refused(&pair.room,
		json_pack("{s:s, s:s}", "command", "device-retire", "device", "00000000"),
		PH_EXIT_OTHER, "no device's id begins");
	refused(&pair.room,
		json_pack("{s:s, s:s, s:s}", "command", "device-retire", "device",
			  device_of(&pair.a), "reason", "tired"),
		PH_EXIT_USAGE, "not one of replaced, broken");
	entry = wrote(&pair.room,
		      json_pack("{s:s, s:s, s:s}", "command", "device-retire", "device",
				device_of(&pair.a), "reason", "broken"));
	assert_string_equal(text_in(entry, "reason"), "broken");
	json_decref(entry);
	refused(&pair.room,
		json_pack("{s:s, s:s}", "command", "device-retire", "device",
			  device_of(&pair.a)),
		PH_EXIT_OTHER, "retired already");
	pair_close(&pair);
}

static int64_t visits_of_first(struct hub_room *room)
{
	json_t *answer =
		ask(room, json_pack("{s:s, s:s}", "command", "query", "what", "summary"));
	int64_t visits = json_integer_value(json_object_get(
		json_array_get(json_object_get(answer, "summary"), 0), "visits"));

	json_decref(answer);
	return visits;
}

static json_t *request_adopt(const char *place)
{
	return json_pack("{s:s, s:s}", "command", "log-adopt", "log", place);
}

/* Beyond the cut at CUT_N there are three visits: one is adopted, then all, then one again. */
static void adopt(struct pair *pair, uint64_t cut_n)
{
	json_t *entry;
	char text[300];

	snprintf(text, sizeof(text), "%.10s:%d", log_of(&pair->a), (int)cut_n + 1);
	entry = signs(&pair->room, request_adopt(text));
	assert_head(entry, "head", log_of(&pair->a), (int64_t)cut_n + 1);
	assert_string_equal(text_in(entry, "log"), "desk");
	json_decref(entry);
	assert_int_equal(visits_of_first(&pair->room), 6);
	snprintf(text, sizeof(text), "%.10s", log_of(&pair->a));
	entry = signs(&pair->room, request_adopt(text));
	assert_head(entry, "head", log_of(&pair->a), (int64_t)own_log(&pair->a)->n);
	assert_int_equal(visits_of_first(&pair->room), 8);
	snprintf(text, sizeof(text), "{\"kind\":\"void\",\"target\":\"%s\"}",
		 text_in(entry, "ref"));
	json_decref(entry);
	entry = signs(&pair->room, record_of(text)); /* goes where its target is */
	assert_string_equal(text_in(entry, "log"), "desk");
	json_decref(entry);
	assert_int_equal(visits_of_first(&pair->room), 6);
	snprintf(text, sizeof(text), "%.10s:0", log_of(&pair->a));
	refused(&pair->room, request_adopt(text), PH_EXIT_USAGE, "is not here");
}

/* A cut names what is here of each log; what comes later is kept, and counts if adopted. */
static void test_cut(void **state)
{
	struct pair pair;
	json_t *entry;
	uint64_t n;

	(void)state;
	pair_open(&pair);
	write_visits(&pair.a, 5);
	send_all(&pair.room, &pair.a, 0);
	n = own_log(&pair.a)->n;
	entry = signs(&pair.room, request_cut(&pair.a, NULL));
	assert_head(entry, "heads", log_of(&pair.a), (int64_t)n);
	assert_int_equal(json_array_size(json_object_get(entry, "heads")), 1);
	assert_string_equal(text_in(entry, "log"), "control");
	json_decref(entry);
	refused(&pair.room, request_cut(&pair.a, NULL), PH_EXIT_OTHER, "already");

	write_visits(&pair.a, 3);
	send_all(&pair.room, &pair.a, n);
	assert_int_equal(visits_of_first(&pair.room), 5);
	adopt(&pair, n);
	pair_close(&pair);
}

static void test_cut_at(void **state)
{
	struct pair pair;
	json_t *entry;
	char at[80];

	(void)state;
	pair_open(&pair);
	write_visits(&pair.a, 5);
	write_visits(&pair.b, 5);
	send_all(&pair.room, &pair.a, 0);
	send_all(&pair.room, &pair.b, 0);
	snprintf(at, sizeof(at), "%.12s:99", log_of(&pair.a));
	refused(&pair.room, request_cut(&pair.a, at), PH_EXIT_USAGE, "is not here");
	snprintf(at, sizeof(at), "%.12s", log_of(&pair.a));
	refused(&pair.room, request_cut(&pair.a, at), PH_EXIT_USAGE, "LOG:N");
	snprintf(at, sizeof(at), "%.12s:x", log_of(&pair.a));
	refused(&pair.room, request_cut(&pair.a, at), PH_EXIT_USAGE, "LOG:N");
	snprintf(at, sizeof(at), "%.12s:3", log_of(&pair.b));
	refused(&pair.room, request_cut(&pair.a, at), PH_EXIT_USAGE, "another device's");
	snprintf(at, sizeof(at), "%.12s:4", log_of(&pair.a));
	entry = signs(&pair.room, request_cut(&pair.a, at));
	assert_head(entry, "heads", log_of(&pair.a), 4);
	json_decref(entry);

	/* nothing of it: a cut without a head */
	snprintf(at, sizeof(at), "%.12s:0", log_of(&pair.a));
	entry = signs(&pair.room, request_cut(&pair.a, at));
	assert_null(json_object_get(entry, "heads"));
	json_decref(entry);
	pair_close(&pair);
}

/* --- a device with more logs than one cut can name --- */

enum {
	HEADS_MAX = 64, /* by the kind table */
};

/* MEMBER has so many logs, of one visit each, and the hub has them; their ids, in order. */
static void write_logs(struct hub_room *room, struct member *member, unsigned logs,
		       char ids[][2 * PH_LOG_ID_SIZE + 1])
{
	for (unsigned i = 0; i < logs; i++) {
		if (i > 0) {
			begin(&member->desk.room);
			assert_int_equal(
				ph_writer_leave(member->desk.writer, PH_WHY_RESTORED), 0);
			commit(&member->desk.room);
		}
		write_visits(member, 1);
		send_all(room, member, 0);
		strcpy(ids[i], log_of(member));
		assert_true(i == 0 || strcmp(ids[i - 1], ids[i]) != 0);
	}
}

/* What a cut of MEMBER says stays apart, and the entry that an operator signed. */
static json_t *cut_many(struct hub_room *room, const struct member *member, int64_t logs,
			int64_t branches)
{
	json_t *answer = ask(room, request_cut(member, NULL));
	json_t *entry;

	assert_int_equal(int_in(answer, "logs_apart"), logs);
	assert_int_equal(int_in(answer, "branches_apart"), branches);
	entry = wrote(room,
		      signed_by(json_array_get(json_object_get(answer, "entries"), 0),
				&room->operator_pair));
	json_decref(answer);
	return entry;
}

/* ENTRY names the first COUNT of these logs, in whatever order, and nothing else. */
static void assert_heads(const json_t *entry, size_t count,
			 char ids[][2 * PH_LOG_ID_SIZE + 1])
{
	const json_t *heads = json_object_get(entry, "heads");

	assert_int_equal(json_array_size(heads), count);
	for (size_t i = 0; i < count; i++) {
		bool found = false;
		const json_t *head;
		size_t k;

		json_array_foreach(heads, k, head)
		{
			found = found || strcmp(text_in(head, "log"), ids[i]) == 0;
		}
		assert_true(found);
	}
}

/* Of more logs than a cut can name those count that came first; any other, once adopted. */
static void test_cut_many_logs(void **state)
{
	static const unsigned counts[] = { HEADS_MAX - 1, HEADS_MAX, HEADS_MAX + 1,
					   HEADS_MAX + 3 };
	char ids[HEADS_MAX + 3][2 * PH_LOG_ID_SIZE + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		unsigned named = counts[i] < HEADS_MAX ? counts[i] : HEADS_MAX;
		struct pair pair;
		json_t *entry;

		pair_open(&pair);
		write_logs(&pair.room, &pair.a, counts[i], ids);
		assert_int_equal(visits_of_first(&pair.room), counts[i]);
		entry = cut_many(&pair.room, &pair.a, counts[i] - named, 0);
		assert_heads(entry, named, ids);
		json_decref(entry);
		assert_int_equal(visits_of_first(&pair.room), named);
		refused(&pair.room, request_cut(&pair.a, NULL), PH_EXIT_OTHER, "already");
		if (counts[i] > named) {
			json_decref(signs(&pair.room, request_adopt(ids[named])));
			assert_int_equal(visits_of_first(&pair.room), named + 1);
		}
		pair_close(&pair);
	}
}

/* A branch takes a place as a log does; of a log that is named what its branches share counts. */
static void test_cut_many_branches(void **state)
{
	char ids[HEADS_MAX][2 * PH_LOG_ID_SIZE + 1];

	(void)state;
	for (unsigned logs = HEADS_MAX - 1; logs <= HEADS_MAX; logs++) {
		struct member copy;
		struct pair pair;
		json_t *entry;
		uint64_t shared;

		pair_open(&pair);
		write_logs(&pair.room, &pair.a, logs, ids);
		shared = own_log(&pair.a)->n;
		member_clone(&copy, &pair.a, 51);
		write_visits(&pair.a, 3);
		sync_all(&pair.room, &pair.a, shared);
		write_visits(&copy, 5);
		sync_all(&pair.room, &copy, shared);
		assert_int_equal(hub_says(&pair.room, "forked_logs"), 1);
		assert_int_equal(visits_of_first(&pair.room), logs + 8);
		entry = cut_many(&pair.room, &pair.a, 0, logs == HEADS_MAX ? 1 : 0);
		assert_int_equal(json_array_size(json_object_get(entry, "heads")),
				 HEADS_MAX);
		json_decref(entry);
		assert_int_equal(visits_of_first(&pair.room),
				 logs == HEADS_MAX ? logs + 3 : logs + 8);
		member_close(&copy);
		pair_close(&pair);
	}
}

/* A log that is apart is one, with all its branches; and a mark that none of them reaches takes no place. */
static void test_cut_apart_once(void **state)
{
	char ids[HEADS_MAX + 1][2 * PH_LOG_ID_SIZE + 1];
	struct member copy;
	struct pair pair;
	json_t *answer;
	uint64_t shared;
	char at[80];

	(void)state;
	pair_open(&pair);
	write_logs(&pair.room, &pair.a, HEADS_MAX + 1, ids);
	shared = own_log(&pair.a)->n;
	member_clone(&copy, &pair.a, 51);
	write_visits(&pair.a, 3);
	sync_all(&pair.room, &pair.a, shared);
	write_visits(&copy, 5);
	sync_all(&pair.room, &copy, shared);
	json_decref(cut_many(&pair.room, &pair.a, 1, 0));
	assert_int_equal(visits_of_first(&pair.room), HEADS_MAX);

	/* the first log takes no place any more, and of the last its shared part one */
	snprintf(at, sizeof(at), "%.12s:0", ids[0]);
	answer = ask(&pair.room,
		     json_pack("{s:s, s:s, s:s, s:[s, o]}", "command", "device-cut",
			       "device", device_of(&pair.a), "reason", "stolen", "at", at,
			       json_sprintf("%.12s:%d", ids[HEADS_MAX], (int)shared)));
	assert_int_equal(int_in(answer, "logs_apart"), 0);
	assert_int_equal(int_in(answer, "branches_apart"), 0);
	json_decref(answer);
	member_close(&copy);
	pair_close(&pair);
}

/* --- invites --- */

/* The invite of MEMBER's certificate is known to the hub, as `packhorsed invite` tells it. */
static void tell_invite(struct hub_room *room, const struct member *member,
			char out[static 2 * PH_INVITE_ID_SIZE + 1])
{
	struct ph_cert cert;

	assert_int_equal(ph_cert_decode(ph_buf_view(&member->cert),
					ph_hub_keylist(room->hub), &cert),
			 0);
	ph_hex(out, cert.invite.id, PH_INVITE_ID_SIZE);
	json_decref(ask(
		room, json_pack("{s:s, s:s, s:s}", "command", "invite-record", "id", out,
				"about",
				"{\"site\":\"14-0371\",\"role\":1,\"issued\":1700000000,"
				"\"expires\":1700086400}")));
}

static void assert_invite(struct hub_room *room, const char *id, const char *state)
{
	json_t *answer = ask(room, json_pack("{s:s}", "command", "invite-list"));
	json_t *item;
	size_t i;
	unsigned found = 0;

	json_array_foreach(json_object_get(answer, "invites"), i, item)
	{
		if (strcmp(text_in(item, "invite"), id) == 0) {
			assert_string_equal(text_in(item, "state"), state);
			assert_string_equal(text_in(item, "site"), "14-0371");
			found++;
		}
	}
	assert_int_equal(found, 1);
	json_decref(answer);
}

static json_t *request_cancel(const char *id)
{
	return json_pack("{s:s, s:s}", "command", "invite-cancel", "invite", id);
}

static void test_cancel(void **state)
{
	struct hub_room room;
	struct member late, used;
	char id[2 * PH_INVITE_ID_SIZE + 1];

	(void)state;
	hub_open(&room);
	member_open(&room, &late, 1, "14-0371");
	member_open(&room, &used, 2, "14-0371");
	tell_invite(&room, &used, id);
	assert_invite(&room, id, "open");
	be_admitted(&room, &used);
	json_decref(ask(&room, json_pack("{s:s}", "command", "status"))); /* folds */
	assert_invite(&room, id, "used");
	refused(&room, request_cancel(id), PH_EXIT_OTHER, "was used already");
	refused(&room, request_cancel("ffffffff"), PH_EXIT_OTHER,
		"no invite's id begins");
	refused(&room, request_cancel("xyz1"), PH_EXIT_USAGE, "digits");

	tell_invite(&room, &late, id);
	json_decref(signs(&room, request_cancel(id)));
	assert_invite(&room, id, "cancelled");
	refused(&room, request_cancel(id), PH_EXIT_OTHER, "cancelled already");

	/* who comes with it stays outside */
	write_visits(&late, 2);

	struct ph_job *job = carry_out(&room, hello_of(&late, all_item(&late, 0)));

	assert_int_equal(job->result, 0);
	assert_int_equal(job->welcome.status, PH_STATUS_CUT);
	assert_string_equal(late.peer.refusal, "its invite was cancelled");
	assert_false(late.peer.known);
	ph_job_free(job);
	assert_int_equal(held_n(&room, &late), 0);
	assert_int_equal(hub_says(&room, "devices"), 1);
	member_close(&late);
	member_close(&used);
	hub_close(&room);
}

/* One that is not known here, as a restored hub knows none of the days it has lost: by its whole id. */
static void test_cancel_unknown(void **state)
{
	struct hub_room room;
	struct member late;
	char id[2 * PH_INVITE_ID_SIZE + 1];
	struct ph_cert cert;
	struct ph_job *job;
	json_t *answer;

	(void)state;
	hub_open(&room);
	member_open(&room, &late, 1, "14-0371");
	assert_int_equal(
		ph_cert_decode(ph_buf_view(&late.cert), ph_hub_keylist(room.hub), &cert),
		0);
	ph_hex(id, cert.invite.id, PH_INVITE_ID_SIZE);
	answer = ask(&room, request_cancel(id));
	assert_true(json_is_false(json_object_get(answer, "made_here")));
	json_decref(answer);
	json_decref(signs(&room, request_cancel(id)));
	refused(&room, request_cancel(id), PH_EXIT_OTHER, "cancelled already");
	id[31] = '\0'; /* a digit is missing */
	refused(&room, request_cancel(id), PH_EXIT_OTHER, "no invite's id begins");
	job = carry_out(&room, hello_of(&late, NULL));
	assert_int_equal(job->welcome.status, PH_STATUS_CUT);
	assert_string_equal(late.peer.refusal, "its invite was cancelled");
	ph_job_free(job);
	member_close(&late);
	hub_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_retire),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_many_logs),
		cmocka_unit_test(test_cut_many_branches),
		cmocka_unit_test(test_cut_apart_once),
		cmocka_unit_test(test_cut_at),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_cancel_unknown),

	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
