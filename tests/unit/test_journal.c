/* tests/unit/test_journal.c - named values, logs, entries. */
#include "tests/unit/journal_room.h"

struct names {
	char text[100];
	int stop; /* at this one */
};

static int add_name(void *data, const char *name, struct ph_view value)
{
	struct names *names = data;
	size_t len = strlen(names->text);

	snprintf(names->text + len, sizeof(names->text) - len, "%s=%.*s ", name,
		 (int)value.len, (const char *)value.data);
	return names->stop > 0 && --names->stop == 0 ? 7 : 0;
}

static void meta_by_prefix(void **state)
{
	static const char *const all[] = { "invite.b", "invite.a", "invite",
					   "invite/",  "j",        "invitf" };
	struct names names = { 0 };
	struct room room;

	(void)state;
	room_open(&room, ":memory:", 1);
	begin(&room);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_int_equal(ph_journal_meta_put(room.journal, all[i],
						     ph_view_str(all[i] + 1)),
				 0);
	}
	commit(&room);
	assert_int_equal(ph_journal_meta_each(room.journal, "invite.", add_name, &names),
			 0);
	assert_string_equal(names.text, "invite.a=nvite.a invite.b=nvite.b ");
	names = (struct names){ .stop = 1 };
	assert_int_equal(ph_journal_meta_each(room.journal, "invite.", add_name, &names),
			 7);
	assert_string_equal(names.text, "invite.a=nvite.a ");
	names = (struct names){ 0 };
	assert_int_equal(ph_journal_meta_each(room.journal, "invite.b", add_name, &names),
			 0);
	assert_string_equal(names.text, "invite.b=nvite.b ");
	assert_int_equal(ph_journal_meta_each(room.journal, "x", add_name, &names), 0);
	assert_string_equal(names.text, "invite.b=nvite.b ");
	room_close(&room);
}

static void meta_values(void **state)
{
	struct room room;
	struct ph_buf out = { 0 };
	int64_t number = -1;

	(void)state;
	room_open(&room, ":memory:", 1);
	assert_int_equal(ph_journal_meta_get(room.journal, "a", &out), PH_JOURNAL_E_NONE);
	assert_int_equal(ph_journal_meta_get_int(room.journal, "a", &number),
			 PH_JOURNAL_E_NONE);
	assert_int_equal(number, -1);
	assert_int_equal(ph_journal_meta_put(room.journal, "a", ph_view_str("one")), 0);
	assert_int_equal(ph_journal_meta_put(room.journal, "a", ph_view_str("two")), 0);
	assert_int_equal(ph_buf_put(&out, "<", 1), 0);
	assert_int_equal(ph_journal_meta_get(room.journal, "a", &out), 0);
	assert_true(ph_view_equal(ph_buf_view(&out), ph_view_str("<two")));
	assert_int_equal(ph_journal_meta_put_int(room.journal, "n", INT64_MIN), 0);
	assert_int_equal(ph_journal_meta_get_int(room.journal, "n", &number), 0);
	assert_true(number == INT64_MIN);
	assert_int_equal(ph_journal_meta_put(room.journal, "empty", PH_VIEW(NULL, 0)), 0);
	out.len = 0;
	assert_int_equal(ph_journal_meta_get(room.journal, "empty", &out), 0);
	assert_int_equal(out.len, 0);
	ph_buf_deinit(&out);
	room_close(&room);
}

/* --- logs --- */

struct log_walk {
	struct room *room;
	unsigned seen;
	int64_t last;
};

static int count_log(void *data, const struct ph_log *log)
{
	struct log_walk *walk = data;
	struct ph_log same;

	assert_true(log->row > walk->last);
	walk->last = log->row;
	walk->seen++;
	/* The journal may be used from inside. */
	assert_int_equal(ph_journal_log_find(walk->room->journal, log->id, &same), 0);
	assert_int_equal(same.row, log->row);
	return 0;
}

static void logs(void **state)
{
	struct room room;
	struct ph_log log;
	struct ph_sign_pair other;
	uint8_t device_id[PH_DEVICE_ID_SIZE];

	(void)state;
	room_open(&room, ":memory:", 3);
	assert_int_equal(ph_journal_log_find(room.journal, room.log_id, &log),
			 PH_JOURNAL_E_NONE);
	assert_int_equal(ph_journal_log_at(room.journal, 1, &log), PH_JOURNAL_E_NONE);
	assert_int_equal(ph_journal_log_at(room.journal, 0, &log), PH_JOURNAL_E_NONE);
	assert_int_equal(ph_journal_log_at(room.journal, -1, &log), PH_JOURNAL_E_NONE);
	assert_int_equal(ph_journal_log_at(room.journal, INT64_MAX, &log),
			 PH_JOURNAL_E_NONE);
	room_add_log(&room, &log);
	assert_int_equal(log.row, 1);
	assert_int_equal(log.n, 0);
	assert_int_equal(log.sealed, 0);
	assert_int_equal(log.site, 7);
	assert_int_equal(log.role, PH_ROLE_SITE);

	uint8_t h[PH_HASH_SIZE];

	ph_chain_start(h, room.log_id, room.keys.key);
	assert_memory_equal(log.h, h, PH_HASH_SIZE);
	ph_device_id(device_id, room.keys.key);
	assert_memory_equal(log.device_id, device_id, sizeof(device_id));
	assert_int_equal(ph_journal_log_add(room.journal, room.log_id, room.keys.key, 7,
					    PH_ROLE_SITE, &log),
			 -EEXIST);

	ph_sign_pair_make(&other, &room.rng);
	for (uint8_t i = 0; i < 20; i++) {
		uint8_t id[PH_LOG_ID_SIZE] = { i };

		assert_int_equal(
			ph_journal_log_add(room.journal, id,
					   i % 2 == 0 ? room.keys.key : other.key, i,
					   PH_ROLE_BOTH, &log),
			0);
		assert_int_equal(log.row, i + 2);
	}

	struct log_walk walk = { .room = &room };

	assert_int_equal(ph_journal_log_each(room.journal, count_log, &walk), 0);
	assert_int_equal(walk.seen, 21);
	walk = (struct log_walk){ .room = &room };
	assert_int_equal(
		ph_journal_logs_of_device(room.journal, device_id, count_log, &walk), 0);
	assert_int_equal(walk.seen, 11);
	room_close(&room);
}

/* --- entries --- */

struct entry_walk {
	struct room *room;
	int64_t row;
	uint64_t next;
	uint64_t stop;
};

static int see_entry(void *data, uint64_t n, struct ph_view entry)
{
	struct entry_walk *walk = data;
	struct ph_buf same = { 0 };

	assert_int_equal(n, walk->next);
	walk->next++;
	assert_int_equal(ph_journal_entry(walk->room->journal, walk->row, n, &same), 0);
	assert_true(ph_view_equal(entry, ph_buf_view(&same)));
	ph_buf_deinit(&same);
	return n == walk->stop ? 5 : 0;
}

static void entries(void **state)
{
	char dir[64];
	char path[96];
	struct room room;
	struct ph_log log;
	struct ph_buf out = { 0 };
	uint8_t h[64][PH_HASH_SIZE];

	(void)state;
	temp_dir(dir);
	snprintf(path, sizeof(path), "%s/s", dir);
	room_open(&room, path, 4);
	begin(&room);
	room_add_log(&room, &log);
	memcpy(h[0], log.h, PH_HASH_SIZE);
	/* Runs of 1, 2, 3 ... entries, opaque ones among them. */
	for (unsigned size = 1; log.n < 45; size++) {
		struct ph_buf body = { 0 };

		for (unsigned i = 0; i < size; i++) {
			uint64_t n = log.n + i + 1;
			size_t start = body.len;

			if (n % 7 == 0) {
				add_opaque(&room, &body, 1 + (size_t)n * 10);
			} else {
				add_visit(&body, n << 16, n);
			}

			struct ph_view rest =
				PH_VIEW(body.data + start, body.len - start);
			struct ph_view entry;
			uint8_t e[PH_HASH_SIZE];

			assert_int_equal(ph_segment_next(&rest, &entry), 0);
			ph_entry_hash(entry, e);
			memcpy(h[n], h[n - 1], PH_HASH_SIZE);
			ph_chain_step(h[n], e);
		}
		assert_int_equal(
			ph_journal_append(room.journal, &log, ph_buf_view(&body)), 0);
		assert_memory_equal(log.h, h[log.n], PH_HASH_SIZE);
		ph_buf_deinit(&body);
	}
	assert_int_equal(log.n, 45);
	commit(&room);
	/* As it is, and as it is read again: the same. */
	for (int round = 0; round < 3; round++) {
		if (round == 1) {
			ph_journal_reload(room.journal);
		} else if (round == 2) {
			room_close_store(&room);
			room_open_store(&room);
		}
		memset(&log, 0, sizeof(log));
		assert_int_equal(ph_journal_log_find(room.journal, room.log_id, &log), 0);
		assert_int_equal(log.n, 45);
		for (uint64_t n = 0; n <= 45; n++) {
			uint8_t at[PH_HASH_SIZE];
			struct entry_walk walk = { &room, log.row, n + 1, 0 };

			assert_int_equal(ph_journal_chain_at(room.journal, &log, n, at),
					 0);
			assert_memory_equal(at, h[n], PH_HASH_SIZE);
			assert_int_equal(ph_journal_entry_each(room.journal, log.row, n,
							       see_entry, &walk),
					 0);
			assert_int_equal(walk.next, 46);
		}

		uint8_t at[PH_HASH_SIZE];

		assert_int_equal(ph_journal_chain_at(room.journal, &log, 46, at),
				 PH_JOURNAL_E_NONE);
	}

	struct entry_walk walk = { &room, log.row, 11, 13 };

	assert_int_equal(
		ph_journal_entry_each(room.journal, log.row, 10, see_entry, &walk), 5);
	assert_int_equal(walk.next, 14);
	assert_int_equal(ph_journal_entry_each(room.journal, log.row, UINT64_MAX,
					       see_entry, &walk),
			 0);
	assert_int_equal(ph_journal_entry(room.journal, log.row, 0, &out),
			 PH_JOURNAL_E_NONE);
	assert_int_equal(ph_journal_entry(room.journal, log.row, 46, &out),
			 PH_JOURNAL_E_NONE);
	assert_int_equal(ph_journal_entry(room.journal, log.row + 1, 1, &out),
			 PH_JOURNAL_E_NONE);
	assert_int_equal(ph_journal_entry(room.journal, log.row, UINT64_MAX, &out),
			 PH_JOURNAL_E_NONE);
	assert_int_equal(out.len, 0);
	room_close(&room);
	remove_dir(dir);
}

static void references(void **state)
{
	struct room room;
	struct ph_log log;
	struct ph_log named;
	struct ph_buf out = { 0 };
	struct ph_buf bytes = { 0 };
	struct ph_ref ref = { .n = 3 };
	uint8_t e[PH_HASH_SIZE];

	(void)state;
	room_open(&room, ":memory:", 5);
	room_add_log(&room, &log);
	append_visits(&room, &log, 4);
	assert_int_equal(ph_journal_entry(room.journal, log.row, 3, &bytes), 0);
	ph_entry_hash(ph_buf_view(&bytes), e);
	memcpy(ref.log_id, log.id, sizeof(ref.log_id));
	memcpy(ref.hash, e, sizeof(ref.hash));
	assert_int_equal(ph_buf_put(&out, "x", 1), 0);
	assert_int_equal(ph_journal_resolve(room.journal, &ref, &named, &out), 0);
	assert_int_equal(named.row, log.row);
	assert_int_equal(out.len, 1 + bytes.len);
	assert_memory_equal(out.data + 1, bytes.data, bytes.len);
	out.len = 1;
	ref.n = 2;
	assert_int_equal(ph_journal_resolve(room.journal, &ref, &named, &out),
			 PH_JOURNAL_E_NONE);
	ref.n = 5;
	assert_int_equal(ph_journal_resolve(room.journal, &ref, &named, &out),
			 PH_JOURNAL_E_NONE);
	ref.n = 3;
	ref.log_id[0] ^= 1;
	assert_int_equal(ph_journal_resolve(room.journal, &ref, &named, &out),
			 PH_JOURNAL_E_NONE);
	assert_int_equal(out.len, 1);
	ph_buf_deinit(&out);
	ph_buf_deinit(&bytes);
	room_close(&room);
}

static void append_refusals(void **state)
{
	struct room room;
	struct ph_log log;
	struct ph_log old;
	struct ph_buf body = { 0 };

	(void)state;
	room_open(&room, ":memory:", 6);
	room_add_log(&room, &log);
	old = log;
	assert_int_equal(ph_journal_append(room.journal, &log, PH_VIEW(NULL, 0)),
			 PH_JOURNAL_E_FORM);
	assert_int_equal(ph_journal_append(room.journal, &log,
					   ph_view_str("\x05"
						       "abc")),
			 PH_JOURNAL_E_FORM);
	assert_int_equal(ph_journal_append(room.journal, &log, ph_view_str("\x01x\x02y")),
			 PH_JOURNAL_E_FORM);
	assert_int_equal(log.n, 0);
	append_visits(&room, &log, 1);
	add_visit(&body, 1, 1);
	assert_int_equal(ph_journal_append(room.journal, &old, ph_buf_view(&body)),
			 -ESTALE);
	assert_int_equal(ph_journal_log_at(room.journal, log.row, &old), 0);
	assert_int_equal(old.n, 1);

	/* Entries of the largest size, then bodies at the limit and beyond. */
	body.len = 0;
	add_opaque(&room, &body, PH_ENTRY_MAX - 1);
	add_opaque(&room, &body, PH_ENTRY_MAX);
	assert_int_equal(ph_journal_append(room.journal, &log, ph_buf_view(&body)), 0);
	assert_int_equal(log.n, 3);
	body.len = 0;
	assert_int_equal(ph_varint_put(&body, PH_ENTRY_MAX + 1), 0);
	assert_int_equal(ph_buf_reserve(&body, PH_ENTRY_MAX + 1), 0);
	memset(body.data + body.len, 'x', PH_ENTRY_MAX + 1);
	body.len += PH_ENTRY_MAX + 1;
	assert_int_equal(ph_journal_append(room.journal, &log, ph_buf_view(&body)),
			 PH_JOURNAL_E_FORM);
	for (int over = -1; over <= 1; over++) {
		body.len = 0;
		while (body.len + PH_ENTRY_MAX + 3 < PH_SEGMENT_PLAIN_MAX) {
			add_opaque(&room, &body, PH_ENTRY_MAX);
		}
		/* A length of three bytes, then what is left. */
		add_opaque(&room, &body,
			   (size_t)(PH_SEGMENT_PLAIN_MAX - 3 + over) - body.len);
		assert_int_equal(body.len, PH_SEGMENT_PLAIN_MAX + over);

		uint64_t before = log.n;

		assert_int_equal(
			ph_journal_append(room.journal, &log, ph_buf_view(&body)),
			over > 0 ? PH_JOURNAL_E_FORM : 0);
		assert_int_equal(log.n, over > 0 ? before : before + 32);
	}
	ph_buf_deinit(&body);
	room_close(&room);
}

static void one_row_an_append(void **state)
{
	struct room room;
	struct ph_log log;

	(void)state;
	room_open(&room, ":memory:", 7);
	room_add_log(&room, &log);
	append_visits(&room, &log, 1);

	int64_t before = count_of(&room, "SELECT total_changes()");

	append_visits(&room, &log, 1);
	assert_int_equal(count_of(&room, "SELECT total_changes()"), before + 1);
	append_visits(&room, &log, 500);
	assert_int_equal(count_of(&room, "SELECT total_changes()"), before + 2);
	room_close(&room);
}

static void rollback(void **state)
{
	struct room room;
	struct ph_log log;

	(void)state;
	room_open(&room, ":memory:", 8);
	begin(&room);
	room_add_log(&room, &log);
	append_visits(&room, &log, 3);
	commit(&room);
	begin(&room);
	append_visits(&room, &log, 2);
	assert_int_equal(ph_journal_seal(room.journal, &log, 5, room.keys.secret), 0);
	ph_db_rollback(room.db);
	ph_journal_reload(room.journal);
	assert_int_equal(ph_journal_log_at(room.journal, 1, &log), 0);
	assert_int_equal(log.n, 3);
	assert_int_equal(log.sealed, 0);
	append_visits(&room, &log, 1);
	assert_int_equal(log.n, 4);
	room_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meta_values),
		cmocka_unit_test(meta_by_prefix),
		cmocka_unit_test(logs),
		cmocka_unit_test(entries),
		cmocka_unit_test(references),
		cmocka_unit_test(append_refusals),
		cmocka_unit_test(one_row_an_append),
		cmocka_unit_test(rollback),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
