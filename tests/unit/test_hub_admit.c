/*
 * tests/unit/test_hub_admit.c - which devices the hub lets in, which it does not, and
 * that a stranger leaves no trace.
 */
#include "tests/unit/hub_room.h"

#include "common/log/code.h"
#include "tests/unit/province.h"

/* --- who is let in --- */

static void test_unknown_is_asked_for_its_certificate(void **state)
{
	struct hub_room room;
	struct member member;

	(void)state;
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	write_visits(&member, 3);

	struct ph_job *job = hello_of(&member, all_item(&member, 0));

	job->hello.cert = (struct ph_view){ 0 };
	carry_out(&room, job);
	assert_int_equal(job->result, 0);
	assert_int_equal(job->welcome.status, PH_STATUS_CERT);
	assert_int_equal(job->welcome.n_receipts, 0);
	assert_false(job->more);
	assert_false(member.peer.known);
	assert_int_equal(hub_says(&room, "devices"), 0);
	assert_int_equal(held_n(&room, &member), 0);

	/* the same session goes on with it */
	job->hello.cert = ph_buf_view(&member.cert);
	carry_out(&room, job);
	assert_int_equal(job->welcome.status, PH_STATUS_OK);
	assert_string_equal(member.peer.refusal, "");
	assert_int_equal(held_n(&room, &member), own_log(&member)->n);
	ph_job_free(job);
	member_close(&member);
	hub_close(&room);
}

/* The last entry of the control log says who was let in, by which invite. */
static void check_admit(struct hub_room *room, const struct member *member)
{
	json_t *answer = ask(room, json_pack("{s:s, s:i}", "command", "log", "limit", 1));
	const json_t *entry = json_array_get(json_object_get(answer, "entries"), 0);
	char id[2 * PH_DEVICE_ID_SIZE + 1];

	ph_hex(id, member->peer.device.id, PH_DEVICE_ID_SIZE);
	assert_string_equal(text_in(entry, "kind"), "device-admit");
	assert_string_equal(text_in(entry, "device"), id);
	assert_int_equal(json_integer_value(json_object_get(entry, "site")), 140371);
	json_decref(answer);
}

static void test_certificate_lets_in(void **state)
{
	struct hub_room room;
	struct member member;
	int64_t control;

	(void)state;
	hub_open(&room);
	control = hub_says(&room, "control_entries");
	member_open(&room, &member, 1, "14-0371");

	struct ph_job *job = carry_out(&room, hello_of(&member, NULL));

	assert_int_equal(job->result, 0);
	assert_int_equal(job->welcome.status, PH_STATUS_OK);
	/* what it writes comes after its admission, which is stamped with this second */
	assert_int_equal(job->welcome.time, room.machine.now.wall + 1);
	assert_int_equal(job->welcome.epoch.number, 1);
	assert_true(job->more); /* the control log waits */
	ph_job_free(job);
	assert_int_equal(member.peer.device.site, 140371);
	assert_int_equal(member.peer.device.admitted, room.machine.now.wall);
	assert_int_equal(member.peer.device.heard, 0);
	assert_int_equal(hub_says(&room, "devices"), 1);
	assert_int_equal(hub_says(&room, "last_heard"), 0);
	/* (and the clock-mark of a hub that was started) */
	assert_in_range(hub_says(&room, "control_entries"), control + 1, control + 2);
	check_admit(&room, &member);

	/* known from now on: no certificate needed, no second admission */
	control = hub_says(&room, "control_entries");
	member.cert.len = 0;
	memset(&member.peer, 0, sizeof(member.peer));
	be_admitted(&room, &member);
	assert_int_equal(hub_says(&room, "control_entries"), control);
	assert_int_equal(hub_says(&room, "devices"), 1);
	member_close(&member);
	hub_close(&room);
}

/* Two sessions of one new device in one group: let in once. */
static void test_let_in_once_in_a_group(void **state)
{
	struct hub_room room;
	struct member member;
	struct ph_hub_peer second = { 0 };
	int64_t control;

	(void)state;
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	write_visits(&member, 2);
	control = hub_says(&room, "control_entries");

	struct ph_job *a = hello_of(&member, all_item(&member, 0));
	struct ph_job *b = hello_of(&member, all_item(&member, 0));

	b->owner = &second;
	a->next = b;
	ph_hub_jobs(room.hub, a);
	assert_int_equal(a->result, 0);
	assert_int_equal(b->result, 0);
	assert_int_equal(a->welcome.status, PH_STATUS_OK);
	assert_int_equal(b->welcome.status, PH_STATUS_OK);
	assert_int_equal(a->welcome.n_receipts, 1);
	assert_int_equal(b->welcome.n_receipts, 1);
	assert_int_equal(hub_says(&room, "devices"), 1);
	assert_in_range(hub_says(&room, "control_entries"), control + 1, control + 2);
	assert_int_equal(member.peer.entries, own_log(&member)->n);
	assert_int_equal(second.entries, 0);
	ph_job_free(a);
	ph_job_free(b);
	member_close(&member);
	hub_close(&room);
}

/* --- who is not --- */

static void foreign_cert(struct hub_room *room, struct member *member)
{
	struct province other;
	struct ph_buf invite = { 0 };

	(void)room;
	province_make(&other, 77);
	member->cert.len = 0;
	assert_int_equal(ph_invite_encode(&other.invite, &other.operator_pair, &invite),
			 0);
	assert_int_equal(ph_cert_encode(ph_buf_view(&invite), other.seed, &member->keys,
					T0, &member->cert),
			 0);
	ph_buf_deinit(&invite);
}

/* Of our root, but by somebody whom the key list does not name. */
static void upstart_cert(struct hub_room *room, struct member *member)
{
	struct province other;
	struct ph_buf invite = { 0 };

	province_make(&other, 78);
	memcpy(other.invite.root, ph_hub_keylist(room->hub)->root, PH_KEY_SIZE);
	member->cert.len = 0;
	assert_int_equal(ph_invite_encode(&other.invite, &other.operator_pair, &invite),
			 0);
	assert_int_equal(ph_cert_encode(ph_buf_view(&invite), other.seed, &member->keys,
					T0, &member->cert),
			 0);
	ph_buf_deinit(&invite);
}

static void forged_cert(struct hub_room *room, struct member *member)
{
	(void)room;
	member->cert.data[member->cert.len - 1] ^= 1;
}

static void cut_cert(struct hub_room *room, struct member *member)
{
	(void)room;
	member->cert.len--;
}

/* Well certified, but the session was made with another Noise key. */
static void stolen_cert(struct hub_room *room, struct member *member)
{
	ph_box_pair_make(&member->keys.box, &room->rng);
}

static void test_not_let_in(void **state)
{
	static const struct {
		const char *name;
		void (*spoil)(struct hub_room *room, struct member *member);
		const char *words;
	} cases[] = {
		{ "another province", foreign_cert, "" },
		{ "an operator not listed", upstart_cert, "" },
		{ "forged", forged_cert, "" },
		{ "cut short", cut_cert, "" },
		{ "another's", stolen_cert, "another device" },
	};
	struct hub_room room;
	int64_t control;

	(void)state;
	hub_open(&room);
	control = hub_says(&room, "control_entries");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct member member;

		member_open(&room, &member, 10 + i, "14-0371");
		write_visits(&member, 2);
		cases[i].spoil(&room, &member);

		struct ph_job *job =
			carry_out(&room, hello_of(&member, all_item(&member, 0)));

		if (job->result != 0 || job->welcome.status != PH_STATUS_UNKNOWN) {
			fail_msg("%s: result %d, status %d", cases[i].name, job->result,
				 job->welcome.status);
		}
		assert_false(job->bad);
		assert_false(job->more);
		assert_int_equal(job->welcome.n_receipts, 0);
		assert_true(member.peer.refusal[0] != '\0');
		assert_non_null(strstr(member.peer.refusal, cases[i].words));
		ph_job_free(job);

		/* whatever it sends after that gets it nothing */
		expect_job(&room, job_of(&member, PH_JOB_STORE, all_item(&member, 0)),
			   -EPROTO);
		job = carry_out(&room, job_of(&member, PH_JOB_LOAD, NULL));
		assert_null(job->items);
		ph_job_free(job);
		expect_job(&room, job_of(&member, PH_JOB_HEARD, NULL), 0);
		assert_int_equal(held_n(&room, &member), 0);
		assert_int_equal(hub_says(&room, "devices"), 0);
		assert_int_equal(hub_says(&room, "logs"), 1);
		assert_int_equal(hub_says(&room, "control_entries"), control);
		member_close(&member);
	}
	hub_close(&room);
}

/* Two certificates with one Noise key: the second device is not let in as the first. */
static void test_noise_key_of_another_device(void **state)
{
	struct hub_room room;
	struct member first;
	struct member second;
	struct ph_buf invite = { 0 };
	uint8_t once[PH_SEED_KEY_SIZE];

	(void)state;
	hub_open(&room);
	member_open(&room, &first, 1, "14-0371");
	be_admitted(&room, &first);
	member_open_bare(&second, 2);
	second.keys.box = first.keys.box;
	make_invite(&room, "14-0372", once, &invite);
	assert_int_equal(ph_cert_encode(ph_buf_view(&invite), once, &second.keys, T0,
					&second.cert),
			 0);
	write_visits(&second, 1);

	/* it is taken for the first, so its own log is another device's */
	expect_bad(&room, hello_of(&second, all_item(&second, 0)));
	assert_int_equal(hub_says(&room, "devices"), 1);
	assert_int_equal(held_n(&room, &second), 0);
	ph_buf_deinit(&invite);
	member_close(&first);
	member_close(&second);
	hub_close(&room);
}

/* Blocks that no invite has are for logs that were copied or put back. */
static void test_blocks_end(void **state)
{
	struct hub_room room;
	uint8_t once[PH_SEED_KEY_SIZE];
	struct ph_buf invite = { 0 };

	(void)state;
	hub_open(&room);
	for (unsigned i = 0; i < PH_CODE_BLOCKS_GIVEN; i++) {
		invite.len = 0;
		make_invite(&room, "14-0371", once, &invite);
	}
	json_t *request =
		json_pack("{s:s, s:s}", "command", "invite-prepare", "site", "14-0371");
	json_t *answer = ph_hub_command(room.hub, request);

	assert_int_equal(json_integer_value(json_object_get(answer, "exit")),
			 PH_EXIT_OTHER);
	assert_non_null(strstr(text_in(answer, "error"), "all 50 code blocks"));
	json_decref(request);
	json_decref(answer);
	/* other sites go on */
	invite.len = 0;
	make_invite(&room, "14-0372", once, &invite);
	ph_buf_deinit(&invite);
	hub_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_is_asked_for_its_certificate),
		cmocka_unit_test(test_certificate_lets_in),
		cmocka_unit_test(test_let_in_once_in_a_group),
		cmocka_unit_test(test_not_let_in),
		cmocka_unit_test(test_noise_key_of_another_device),
		cmocka_unit_test(test_blocks_end),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
