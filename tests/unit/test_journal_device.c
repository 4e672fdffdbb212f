/* tests/unit/test_journal_device.c - devices and their certificates in the store. */
#include "tests/unit/journal_room.h"

struct province {
	struct ph_sign_pair root;
	struct ph_sign_pair operator_pair;
	struct ph_keylist list;
};

static void found(struct room *room, struct province *province)
{
	struct ph_device_keys hub;

	ph_sign_pair_make(&province->root, &room->rng);
	ph_sign_pair_make(&province->operator_pair, &room->rng);
	ph_device_keys_make(&hub, &room->rng);
	province->list = (struct ph_keylist){
		.generation = 1, .issued = 1700000000, .n_hubs = 1, .n_operators = 1
	};
	memcpy(province->list.root, province->root.key, PH_KEY_SIZE);
	memcpy(province->list.hub[0].sign, hub.sign.key, PH_KEY_SIZE);
	memcpy(province->list.hub[0].box, hub.box.key, PH_KEY_SIZE);
	memcpy(province->list.operator_key[0], province->operator_pair.key, PH_KEY_SIZE);
}

/* A certificate of KEYS for SITE under the invite of id byte INVITE. */
static void certify(struct room *room, const struct province *province, uint8_t invite_id,
		    const struct ph_device_keys *keys, struct ph_buf *out,
		    struct ph_cert *cert)
{
	uint8_t seed[32];
	struct ph_sign_pair once;
	struct ph_buf invite_bytes = { 0 };
	struct ph_invite invite = { .id = { invite_id },
				    .site = 140371,
				    .site_code = ph_view_str("SL-01"),
				    .site_name = ph_view_str("Thư viện xã Chiềng Mai"),
				    .commune = ph_view_str("03646"),
				    .role = PH_ROLE_BOTH,
				    .issued = 1700000000,
				    .expires = 1800000000 };

	room->rng.fill(room->rng.data, seed, sizeof(seed));
	ph_sign_pair_from_seed(&once, seed);
	memcpy(invite.key, once.key, PH_KEY_SIZE);
	memcpy(invite.root, province->root.key, PH_KEY_SIZE);
	memcpy(invite.operator_key, province->operator_pair.key, PH_KEY_SIZE);
	assert_int_equal(
		ph_invite_encode(&invite, &province->operator_pair, &invite_bytes), 0);
	assert_int_equal(
		ph_cert_encode(ph_buf_view(&invite_bytes), seed, keys, 1700000001, out),
		0);
	assert_int_equal(ph_cert_decode(ph_buf_view(out), &province->list, cert), 0);
	ph_buf_deinit(&invite_bytes);
}

static int count_device(void *data, const struct ph_device *device)
{
	int64_t *rows = data;

	assert_true(device->row == rows[0] + 1);
	rows[0] = device->row;
	return device->row == rows[1] ? 42 : 0;
}

static void devices(void **state)
{
	struct room room;
	struct province province;
	struct ph_device_keys keys[2];
	struct ph_buf bytes[2] = { { 0 }, { 0 } };
	struct ph_buf again = { 0 };
	struct ph_cert cert[2];
	struct ph_cert other;
	struct ph_device device;
	int64_t walk[2] = { 0, -1 };

	(void)state;
	room_open(&room, ":memory:", 2);
	found(&room, &province);
	for (int i = 0; i < 2; i++) {
		ph_device_keys_make(&keys[i], &room.rng);
		certify(&room, &province, 9, &keys[i], &bytes[i], &cert[i]);
		assert_int_equal(
			ph_journal_device_by_id(room.journal, cert[i].device_id, &device),
			PH_JOURNAL_E_NONE);
		assert_int_equal(ph_journal_device_put(room.journal,
						       ph_buf_view(&bytes[i]), &cert[i],
						       &device),
				 0);
		assert_int_equal(device.row, i + 1);
		assert_int_equal(device.site, 140371);
		assert_int_equal(device.role, PH_ROLE_BOTH);
		assert_int_equal(device.admitted, 0);
	}
	/* A second certificate of a known device changes nothing. */
	certify(&room, &province, 10, &keys[1], &again, &other);
	assert_int_equal(
		ph_journal_device_put(room.journal, ph_buf_view(&again), &other, &device),
		0);
	assert_int_equal(device.row, 2);
	assert_int_equal(device.invite[0], 9);
	again.len = 0;
	assert_int_equal(ph_journal_device_cert(room.journal, 2, &again), 0);
	assert_true(ph_view_equal(ph_buf_view(&again), ph_buf_view(&bytes[1])));
	assert_int_equal(ph_journal_device_cert(room.journal, 3, &again),
			 PH_JOURNAL_E_NONE);

	/* Of two that used one invite, the first; by Noise key, the right one. */
	assert_int_equal(
		ph_journal_device_by_invite(room.journal, cert[0].invite.id, &device), 0);
	assert_int_equal(device.row, 1);
	assert_int_equal(ph_journal_device_by_box(room.journal, keys[1].box.key, &device),
			 0);
	assert_int_equal(device.row, 2);
	assert_memory_equal(device.desk, keys[1].desk.key, PH_KEY_SIZE);
	assert_int_equal(
		ph_journal_device_by_box(room.journal, keys[1].sign.key, &device),
		PH_JOURNAL_E_NONE);

	device.admitted = 1700000100;
	device.heard = 1700000200;
	device.counter = 77;
	assert_int_equal(ph_journal_device_update(room.journal, &device), 0);
	memset(&device, 0, sizeof(device));
	assert_int_equal(
		ph_journal_device_by_id(room.journal, cert[1].device_id, &device), 0);
	assert_int_equal(device.admitted, 1700000100);
	assert_int_equal(device.heard, 1700000200);
	assert_int_equal(device.counter, 77);
	for (int64_t time = 1700000201; time >= 1700000200; time--) {
		assert_int_equal(ph_journal_devices_heard_before(room.journal, time), 0);
		assert_int_equal(
			ph_journal_device_by_id(room.journal, cert[1].device_id, &device),
			0);
		assert_int_equal(device.heard, time - 1);
	}
	assert_int_equal(device.admitted, 1700000100);
	device.row = 3;
	assert_int_equal(ph_journal_device_update(room.journal, &device),
			 PH_JOURNAL_E_NONE);

	/* Somebody else's Noise key. */
	struct ph_device_keys thief;

	ph_device_keys_make(&thief, &room.rng);
	thief.box = keys[0].box;
	again.len = 0;
	certify(&room, &province, 11, &thief, &again, &other);
	assert_int_equal(
		ph_journal_device_put(room.journal, ph_buf_view(&again), &other, &device),
		PH_JOURNAL_E_FORK);

	assert_int_equal(ph_journal_device_each(room.journal, count_device, walk), 0);
	assert_int_equal(walk[0], 2);
	walk[0] = 0;
	walk[1] = 1;
	assert_int_equal(ph_journal_device_each(room.journal, count_device, walk), 42);
	assert_int_equal(walk[0], 1);

	/* A certificate that was changed in the store is found. */
	struct ph_error err = { 0 };

	assert_int_equal(ph_db_exec(room.db, "SAVEPOINT t; UPDATE device SET site = 8"),
			 0);
	assert_int_equal(ph_journal_verify(room.journal, NULL, NULL, &err), -EUCLEAN);
	assert_non_null(strstr(err.text, "certificate"));
	assert_int_equal(
		ph_db_exec(room.db,
			   "ROLLBACK TO t; UPDATE device SET cert = zeroblob(9)"),
		0);
	assert_int_equal(ph_journal_verify(room.journal, NULL, NULL, NULL), -EUCLEAN);
	assert_int_equal(ph_db_exec(room.db, "ROLLBACK TO t; RELEASE t"), 0);
	for (int i = 0; i < 2; i++) {
		ph_buf_deinit(&bytes[i]);
	}
	ph_buf_deinit(&again);
	room_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("journal_device", tests, NULL, NULL);
}
