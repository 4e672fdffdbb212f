/*
 * tests/unit/test_fold_device.c - devices, the invites they used, the logs they wrote
 * (docs/MERGE.md, "Device, invite", "Log").
 */
#include "fold_bench.h"

#include "common/ledger/device.h"
#include "common/ledger/invite_state.h"
#include "common/ledger/log_state.h"

static const uint8_t device_id[PH_DEVICE_ID_SIZE] = { 5 };
static const uint8_t other_id[PH_DEVICE_ID_SIZE] = { 6 };
static const uint8_t invite_id[16] = { 9 };
static const uint8_t operator[PH_OPERATOR_SIZE] = { 1 };

static struct ph_ref admit(struct bench *bench, const uint8_t *device, bool invited,
			   uint64_t role, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_DEVICE_ADMIT);

	set_bytes(&entry, PH_ADMIT_DEVICE, device, PH_DEVICE_ID_SIZE);
	set_bytes(&entry, PH_ADMIT_KEY, bench->a.key, sizeof bench->a.key);
	set_uint(&entry, PH_ADMIT_SITE, 101);
	set_uint(&entry, PH_ADMIT_ROLE, role);
	if (invited) {
		set_bytes(&entry, PH_ADMIT_INVITE, invite_id, sizeof invite_id);
	}
	return say(bench, &bench->hub, &entry, second);
}

/* An act of the hub whose first field is the device's id. */
static struct ph_ref act_on(struct bench *bench, uint32_t kind, int64_t second)
{
	struct ph_entry entry = entry_of(kind);
	struct ph_head head = { .log_id = { 3 }, .n = 7 };

	set_bytes(&entry, 0, device_id, sizeof device_id);
	if (kind == PH_KIND_DEVICE_RETIRE) {
		set_uint(&entry, PH_RETIRE_REASON, 1);
	} else if (kind == PH_KIND_DEVICE_CUT) {
		assert_int_equal(ph_list_put_heads(next_list(bench), &head, 1,
						   &entry.field[PH_CUT_HEADS]),
				 0);
		entry.extras.operator_sig = PH_VIEW(operator, sizeof operator);
	}
	return say(bench, &bench->hub, &entry, second);
}

static void get_device(struct bench *bench, struct ph_device_state *device)
{
	struct ph_entity_key key =
		key_of_bytes(PH_ENTITY_DEVICE, device_id, sizeof device_id);

	assert_int_equal(ph_device_decode(bench_fold(bench, &key), device), 0);
}

static void last_admission_of_a_device_holds(void **state)
{
	struct bench *bench = *state;
	struct ph_ref last = admit(bench, device_id, true, PH_ROLE_BOTH, 20);
	struct ph_ref first = admit(bench, device_id, false, PH_ROLE_SITE, 10);
	struct ph_device_state device;

	get_device(bench, &device);
	assert_int_equal(device.n_admissions, 2);
	assert_same_ref(&device.admissions[0].entry, &first);
	assert_int_equal(device.admissions[0].invite.len, 0);

	const struct ph_admission *holds = ph_device_admitted(&device);

	assert_same_ref(&holds->entry, &last);
	assert_int_equal(holds->role, PH_ROLE_BOTH);
	assert_int_equal(holds->site, 101);
	assert_int_equal(holds->second, T0 + 20);
	assert_memory_equal(holds->key, bench->a.key, sizeof holds->key);
	assert_true(ph_view_equal(holds->invite, PH_VIEW(invite_id, sizeof invite_id)));
	ph_device_deinit(&device);
}

static void device_is_trusted_while_confirmed(void **state)
{
	struct bench *bench = *state;
	struct ph_device_state device;
	struct ph_ref confirm = act_on(bench, PH_KIND_DEVICE_CONFIRM, 20);

	get_device(bench, &device);
	assert_null(ph_device_admitted(&device));
	assert_false(ph_device_trusted(&device)); /* nobody knows its key */
	ph_device_deinit(&device);
	admit(bench, device_id, false, PH_ROLE_SITE, 30);
	get_device(bench, &device);
	assert_int_equal(device.n_confirms, 1);
	assert_same_ref(&device.confirms[0], &confirm);
	assert_true(ph_device_trusted(&device));
	ph_device_deinit(&device);
}

static void device_is_not_trusted_before_it_is_confirmed(void **state)
{
	struct bench *bench = *state;
	struct ph_device_state device;

	admit(bench, device_id, false, PH_ROLE_SITE, 10);
	get_device(bench, &device);
	assert_false(ph_device_trusted(&device));
	ph_device_deinit(&device);
}

static void retired_device_is_not_trusted(void **state)
{
	struct bench *bench = *state;
	struct ph_device_state device;

	admit(bench, device_id, false, PH_ROLE_SITE, 10);
	act_on(bench, PH_KIND_DEVICE_CONFIRM, 20);

	struct ph_ref retire = act_on(bench, PH_KIND_DEVICE_RETIRE, 15);

	get_device(bench, &device);
	assert_int_equal(device.n_retires, 1);
	assert_same_ref(&device.retires[0].entry, &retire);
	assert_true(device.retires[0].reason.set);
	assert_int_equal(device.retires[0].reason.value, 1);
	assert_false(ph_device_trusted(&device));
	ph_device_deinit(&device);
}

static void cut_device_is_not_trusted(void **state)
{
	struct bench *bench = *state;
	struct ph_device_state device;

	admit(bench, device_id, false, PH_ROLE_SITE, 10);
	act_on(bench, PH_KIND_DEVICE_CONFIRM, 20);

	struct ph_ref cut = act_on(bench, PH_KIND_DEVICE_CUT, 30);

	get_device(bench, &device);
	assert_int_equal(device.n_cuts, 1);
	assert_same_ref(&device.cuts[0], &cut);
	assert_false(ph_device_trusted(&device));
	ph_device_deinit(&device);
}

static void invite_knows_who_used_it(void **state)
{
	struct bench *bench = *state;
	struct ph_entry cancel = entry_of(PH_KIND_INVITE_CANCEL);
	struct ph_entity_key key =
		key_of_bytes(PH_ENTITY_INVITE, invite_id, sizeof invite_id);
	struct ph_invite_state invite;

	set_bytes(&cancel, PH_INVITE_CANCEL_INVITE, invite_id, sizeof invite_id);
	cancel.extras.operator_sig = PH_VIEW(operator, sizeof operator);

	struct ph_ref back = say(bench, &bench->hub, &cancel, 40);
	struct ph_ref second = admit(bench, other_id, true, PH_ROLE_SITE, 30);
	struct ph_ref first = admit(bench, device_id, true, PH_ROLE_SITE, 20);

	assert_int_equal(ph_invite_state_decode(bench_fold(bench, &key), &invite), 0);
	assert_int_equal(invite.n_uses, 2);
	assert_memory_equal(invite.uses[0].device, device_id, sizeof device_id);
	assert_same_ref(&invite.uses[0].entry, &first);
	assert_int_equal(invite.uses[0].second, T0 + 20);
	assert_memory_equal(invite.uses[1].device, other_id, sizeof other_id);
	assert_same_ref(&invite.uses[1].entry, &second);
	assert_int_equal(invite.n_cancels, 1);
	assert_same_ref(&invite.cancels[0], &back);
	ph_invite_state_deinit(&invite);
}

/* --- logs --- */

/* An `open` in ACTOR's log, wherever that stands; a pure fold does not ask. */
static struct ph_ref open_log(struct bench *bench, struct actor *actor,
			      const struct ph_head *from, int why, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_OPEN);
	uint8_t nonce[PH_NONCE_SIZE] = { 1 };

	set_bytes(&entry, PH_OPEN_KEY, actor->key, sizeof actor->key);
	set_bytes(&entry, PH_OPEN_NONCE, nonce, sizeof nonce);
	set_uint(&entry, PH_OPEN_SITE, actor->site);
	if (from != NULL) {
		entry.field[PH_OPEN_CONTINUES].set = true;
		entry.field[PH_OPEN_CONTINUES].as.head = *from;
	}
	if (why >= 0) {
		set_uint(&entry, PH_OPEN_WHY, (uint64_t)why);
	}
	return say(bench, actor, &entry, second);
}

static void get_log(struct bench *bench, const struct actor *actor,
		    struct ph_log_state *log)
{
	struct ph_entity_key key =
		key_of_bytes(PH_ENTITY_LOG, actor->id, sizeof actor->id);

	assert_int_equal(ph_log_state_decode(bench_fold(bench, &key), log), 0);
}

static void log_knows_how_it_was_opened(void **state)
{
	struct bench *bench = *state;
	struct ph_log_state log;

	open_log(bench, &bench->b, NULL, -1, 10);
	get_log(bench, &bench->b, &log);
	assert_true(log.opened);
	assert_int_equal(log.site, 202);
	assert_int_equal(log.second, T0 + 10);
	assert_false(log.continues);
	assert_false(log.why.set);
	assert_int_equal(log.n_continued, 0);
	ph_log_state_deinit(&log);
}

static void log_knows_what_goes_on_from_it(void **state)
{
	struct bench *bench = *state;
	struct ph_head head = { .n = 41, .h = { 8 } };
	struct ph_log_state log;

	memcpy(head.log_id, bench->a.id, sizeof head.log_id);
	open_log(bench, &bench->b, &head, PH_WHY_CLONED, 30);
	head.n = 40;
	open_log(bench, &bench->a2, &head, -1, 20);

	/* Of the log that goes on. */
	get_log(bench, &bench->b, &log);
	assert_true(log.continues);
	assert_memory_equal(log.head.log_id, bench->a.id, sizeof bench->a.id);
	assert_int_equal(log.head.n, 41);
	assert_int_equal(log.why.value, PH_WHY_CLONED);
	ph_log_state_deinit(&log);

	/* Of the log that it goes on from, which is not here itself. */
	get_log(bench, &bench->a, &log);
	assert_false(log.opened);
	assert_int_equal(log.n_continued, 2);
	assert_memory_equal(log.continued[0].log_id, bench->a2.id, sizeof bench->a2.id);
	assert_int_equal(log.continued[0].n, 40);
	assert_false(log.continued[0].why.set);
	assert_int_equal(log.continued[0].second, T0 + 20);
	assert_memory_equal(log.continued[1].log_id, bench->b.id, sizeof bench->b.id);
	assert_int_equal(log.continued[1].n, 41);
	assert_memory_equal(log.continued[1].h, head.h, sizeof head.h);
	assert_true(log.continued[1].why.set);
	assert_int_equal(log.continued[1].why.value, PH_WHY_CLONED);
	ph_log_state_deinit(&log);
}

static void first_of_two_opens_shows(void **state)
{
	struct bench *bench = *state;
	struct ph_log_state log;

	open_log(bench, &bench->a, NULL, PH_WHY_CLOCK, 30);
	open_log(bench, &bench->a, NULL, PH_WHY_RESTORED, 20);
	get_log(bench, &bench->a, &log);
	assert_int_equal(log.second, T0 + 20);
	assert_int_equal(log.why.value, PH_WHY_RESTORED);
	ph_log_state_deinit(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(last_admission_of_a_device_holds),
		BENCH_TEST(device_is_trusted_while_confirmed),
		BENCH_TEST(device_is_not_trusted_before_it_is_confirmed),
		BENCH_TEST(retired_device_is_not_trusted),
		BENCH_TEST(cut_device_is_not_trusted),
		BENCH_TEST(invite_knows_who_used_it),
		BENCH_TEST(log_knows_how_it_was_opened),
		BENCH_TEST(log_knows_what_goes_on_from_it),
		BENCH_TEST(first_of_two_opens_shows),
	};

	return cmocka_run_group_tests_name("fold_device", tests, NULL, NULL);
}
