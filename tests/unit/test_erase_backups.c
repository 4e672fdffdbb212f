/*
 * tests/unit/test_erase_backups.c - in which folders of backups a reader who is erased still is, by
 * her certificate: as long as a backup of before is known to lie there, and no longer.
 */
#include "tests/unit/put_room.h"

#include "daemon/hub_backup_in.h"
#include "daemon/hub_internal.h"

#define DAY 86400

struct world {
	struct pair pair;
	struct hub_room *room;
	char reader[PH_REF_TEXT];
};

static void world_open(struct world *w)
{
	pair_open(&w->pair);
	w->room = &w->pair.room;
	ref_of(&w->pair.a, write_reader(&w->pair.a, "Lò Văn Pánh"), w->reader);
	expect_job(w->room, store_of(&w->pair.a, all_item(&w->pair.a, 0)), 0);
}

static int64_t now_of(struct world *w)
{
	return ph_hub_now(w->room->hub);
}

/* A copy stands; the token of it, the caller's. */
static json_t *copy(struct world *w)
{
	json_t *answer = ask(w->room, json_pack("{s:s}", "command", "backup-begin"));
	json_t *token = json_incref(json_object_get(answer, "token"));
	bool whole = false;

	json_decref(answer);
	while (!whole) {
		answer = ask(w->room, json_pack("{s:s, s:O}", "command", "backup-step",
						"token", token));
		whole = json_is_true(json_object_get(answer, "whole"));
		json_decref(answer);
	}
	return token;
}

/*
 * What is told of one in FOLDER, where the oldest other one has the second OLDEST in its name; the
 * present one: there is no other.
 */
static void put_folder(struct world *w, json_t *request, const char *folder,
		       int64_t oldest)
{
	int64_t now = now_of(w);
	json_t *others = json_array();

	if (oldest != now) {
		json_array_append_new(others, json_integer(oldest));
	}
	json_object_set_new(request, "folder", json_string(folder));
	json_object_set_new(request, "name", json_integer(now));
	json_object_set_new(request, "oldest", json_integer(oldest < now ? oldest : now));
	json_object_set_new(request, "others", others);
}

/* It is in FOLDER, and may get its name. */
static void sign(struct world *w, json_t *token, const char *folder, int64_t oldest)
{
	char zeros[2 * PH_HASH_SIZE + 1];
	json_t *request;

	memset(zeros, '0', sizeof(zeros) - 1);
	zeros[sizeof(zeros) - 1] = '\0';
	request = json_pack("{s:s, s:O, s:s, s:s, s:s, s:i, s:i, s:i}", "command",
			    "backup-sign", "token", token, "hash", zeros, "digest", zeros,
			    "recovery", "0102030405060708", "size", 1000, "logs", 1,
			    "entries", 1);
	put_folder(w, request, folder, oldest);
	json_decref(ask(w->room, request));
}

/* It has its name, and what is too old is gone. */
static void keep(struct world *w, json_t *token, const char *folder, int64_t oldest)
{
	json_t *request = json_pack("{s:s, s:O, s:b}", "command", "backup-kept", "token",
				    token, "away", 1);

	put_folder(w, request, folder, oldest);
	json_decref(ask(w->room, request));
}

static void back_up(struct world *w, const char *folder, int64_t oldest)
{
	json_t *token = copy(w);

	sign(w, token, folder, oldest);
	keep(w, token, folder, oldest);
	json_decref(token);
}

/* Whoever makes one is killed when it has its name. */
static void back_up_killed(struct world *w, const char *folder, int64_t oldest)
{
	json_t *token = copy(w);

	sign(w, token, folder, oldest);
	json_decref(token);
}

static void erase(struct world *w)
{
	json_decref(signs(w->room, request_erase(w->reader)));
}

/* The folders of the certificate of the only order; the caller's. */
static json_t *folders(struct world *w)
{
	json_t *all = ask(w->room, json_pack("{s:s}", "command", "erasures"));
	json_t *first = json_array_get(json_object_get(all, "erasures"), 0);
	json_t *one = ask(w->room, json_pack("{s:s, s:s}", "command", "erasures",
					     "erasure", text_in(first, "erasure")));
	json_t *found = json_incref(
		json_object_get(json_object_get(one, "certificate"), "backups"));

	assert_true(json_is_true(json_object_get(first, "at_hub")));
	assert_true(json_is_array(found));
	json_decref(all);
	json_decref(one);
	return found;
}

/* The certificate lists these, each by the last letter of its path. */
static void assert_in(struct world *w, const char *letters)
{
	json_t *found = folders(w);
	char text[16] = "";
	const json_t *item;
	size_t i;

	json_array_foreach(found, i, item)
	{
		const char *path = text_in(item, "folder");

		assert_true(i < sizeof(text) - 1);
		assert_int_equal(strncmp(path, "/mnt/a disk/", 12), 0);
		text[i] = path[12];
	}
	assert_string_equal(text, letters);
	json_decref(found);
}

static void assert_times(struct world *w, int64_t oldest, int64_t newest)
{
	json_t *found = folders(w);
	const json_t *item = json_array_get(found, 0);
	char text[PH_TIME_TEXT];

	assert_non_null(item);
	ph_time_text(text, oldest);
	assert_string_equal(text_in(item, "oldest"), text);
	ph_time_text(text, newest);
	assert_string_equal(text_in(item, "newest"), text);
	json_decref(found);
}

/* She is in a folder until what was made before is dropped there, however long no backup is made. */
static void test_until_a_newer_one(void **state)
{
	struct world w;
	int64_t first;

	(void)state;
	world_open(&w);
	first = now_of(&w);
	back_up(&w, "/mnt/a disk/a", first);
	pass(&w.room->machine, DAY);
	back_up(&w, "/mnt/a disk/b", now_of(&w));
	pass(&w.room->machine, DAY);
	erase(&w);
	assert_in(&w, "ab");
	assert_times(&w, first, first);
	pass(&w.room->machine, DAY);
	back_up(&w, "/mnt/a disk/a", first); /* the old one is still beside it */
	assert_in(&w, "ab");
	assert_times(&w, first, first + 3 * DAY);
	pass(&w.room->machine, 36 * DAY);
	assert_in(&w, "ab"); /* time alone drops nothing */
	back_up(&w, "/mnt/a disk/a", first + 3 * DAY);
	assert_in(&w, "b");
	hub_restart(w.room);
	assert_in(&w, "b"); /* nothing is made there any more */
	back_up(&w, "/mnt/a disk/b", now_of(&w));
	assert_in(&w, "");
	pair_close(&w.pair);
}

/*
 * A folder that got its first backup afterwards never had her, be it in the very second. One that was
 * begun before and is whole afterwards may have.
 */
static void test_made_afterwards(void **state)
{
	struct world w;
	json_t *token;
	int64_t second;

	(void)state;
	world_open(&w);
	token = copy(&w);
	erase(&w);
	second = now_of(&w);
	assert_in(&w, "");
	sign(&w, token, "/mnt/a disk/a", second);
	assert_in(&w, "a");
	json_decref(token);
	back_up(&w, "/mnt/a disk/c", second);
	assert_in(&w, "a");
	pass(&w.room->machine, 60);
	back_up(&w, "/mnt/a disk/a", now_of(&w));
	assert_in(&w, "");
	/* of others of which nothing is noted the name alone is known, which is up to 59 seconds late */
	pass(&w.room->machine, DAY);
	back_up(&w, "/mnt/a disk/c", second + 59);
	assert_in(&w, "c");
	assert_times(&w, second + 59, now_of(&w));
	back_up(&w, "/mnt/a disk/c", second + 60);
	assert_in(&w, "");
	pair_close(&w.pair);
}

/* One that was made while the hub's clock was ahead has a time behind the erasure. */
static void test_clock_ahead(void **state)
{
	struct world w;
	int64_t ahead;

	(void)state;
	world_open(&w);
	w.room->machine.now.wall += 50 * 60;
	ahead = now_of(&w);
	back_up(&w, "/mnt/a disk/a", ahead);
	w.room->machine.now.wall -= 50 * 60;
	assert_true(now_of(&w) < ahead);
	erase(&w);
	assert_in(&w, "a");
	assert_times(&w, ahead, ahead);
	pass(&w.room->machine, 60);
	/* one without her has an earlier name than the one with her */
	back_up(&w, "/mnt/a disk/a", ahead);
	assert_in(&w, "a");
	hub_restart(w.room);
	assert_in(&w, "a");
	/* and with the clock ahead behind the erasure, none has her */
	w.room->machine.now.wall += 50 * 60;
	back_up(&w, "/mnt/a disk/b", now_of(&w));
	w.room->machine.now.wall -= 50 * 60;
	assert_in(&w, "a");
	pass(&w.room->machine, DAY);
	back_up(&w, "/mnt/a disk/a", now_of(&w));
	assert_in(&w, "");
	pair_close(&w.pair);
}

static void put_note(struct world *w, const char *folder, const int64_t *number, size_t n)
{
	uint8_t bytes[64];
	char name[64];

	assert_true(8 * n <= sizeof(bytes));
	for (size_t i = 0; i < n; i++) {
		ph_be64_put(bytes + 8 * i, (uint64_t)number[i]);
	}
	snprintf(name, sizeof(name), "backup_in.%s", folder);
	assert_int_equal(ph_journal_meta_put(ph_hub_journal(w->room->hub), name,
					     PH_VIEW(bytes, 8 * n)),
			 0);
}

/* What an earlier program noted, or carried out, is told by its second. */
static void test_of_an_earlier_program(void **state)
{
	struct world w;
	int64_t second;

	(void)state;
	world_open(&w);
	erase(&w);
	second = now_of(&w);
	put_note(&w, "/mnt/a disk/a", (int64_t[]){ second, second }, 2);
	put_note(&w, "/mnt/a disk/b", (int64_t[]){ second + 1, second + 1 }, 2);
	put_note(&w, "/mnt/a disk/c", (int64_t[]){ second + 59, second + DAY }, 2);
	put_note(&w, "/mnt/a disk/d", (int64_t[]){ second + 60, second + DAY }, 2);
	assert_in(&w, "ac");
	/* beside it one is made now: what was there is known by its name still */
	pass(&w.room->machine, DAY);
	back_up(&w, "/mnt/a disk/c", second + 59);
	back_up(&w, "/mnt/a disk/d", second + 60);
	assert_in(&w, "ac");
	/* an order that it carried out: no number says what was done before */
	assert_int_equal(ph_db_exec(w.room->hub->db, "UPDATE erasure SET done = 1"), 0);
	assert_in(&w, "ac");
	back_up(&w, "/mnt/a disk/a", now_of(&w));
	back_up(&w, "/mnt/a disk/c", second + 60);
	assert_in(&w, "");
	pair_close(&w.pair);
}

static json_t *request_gone(const char *folder)
{
	return json_pack("{s:s, s:s}", "command", "backup-gone", "folder", folder);
}

/* A folder that somebody destroyed is named no more; if it is used again, it is noted again. */
static void test_gone(void **state)
{
	struct world w;
	char path[PH_HUB_PATH_MAX + 1];
	int64_t first;

	(void)state;
	world_open(&w);
	first = now_of(&w);
	back_up(&w, "/mnt/a disk/a", first);
	back_up(&w, "/mnt/a disk/b", first);
	erase(&w);
	assert_in(&w, "ab");
	refused(w.room, request_gone("/mnt/a disk/c"), PH_EXIT_USAGE, "noted no backups");
	refused(w.room, request_gone("/mnt/a disk/"), PH_EXIT_USAGE, "noted no backups");
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	refused(w.room, request_gone(path), PH_EXIT_USAGE, "noted no backups");
	assert_in(&w, "ab");
	json_decref(ask(w.room, request_gone("/mnt/a disk/a")));
	assert_in(&w, "b");
	hub_restart(w.room);
	assert_in(&w, "b");
	refused(w.room, request_gone("/mnt/a disk/a"), PH_EXIT_USAGE, "noted no backups");
	/* what was said to be destroyed lies there after all */
	pass(&w.room->machine, DAY);
	back_up(&w, "/mnt/a disk/a", first);
	assert_in(&w, "ab");
	pair_close(&w.pair);
}

static void test_note(void **state)
{
	struct ph_hub_backup_in in;
	uint8_t bytes[56];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i += 8) {
		ph_be64_put(bytes + i, 70 - i);
	}
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		bool is_good = len == 16 || len == 40 || len == 56;

		assert_int_equal(ph_hub_backup_in_read(PH_VIEW(bytes, len), &in),
				 is_good ? 0 : -EUCLEAN);
	}
	assert_int_equal(in.oldest, 70);
	assert_int_equal(in.newest, 62);
	assert_true(in.counts);
	assert_int_equal(in.untold, 54);
	assert_int_equal(in.least, 22); /* of 38 and 22 */
	assert_int_equal(ph_hub_backup_in_read(PH_VIEW(bytes, 16), &in), 0);
	assert_false(in.counts);
}

/* A backup that the hub was not told to be kept may lie there: its folder is named, the first of it, too. */
static void test_killed_behind_its_name(void **state)
{
	struct world w;
	int64_t first;

	(void)state;
	world_open(&w);
	first = now_of(&w);
	back_up_killed(&w, "/mnt/a disk/a", first);
	hub_restart(w.room);
	pass(&w.room->machine, DAY);
	erase(&w);
	assert_in(&w, "a");
	assert_times(&w, first, first);
	pass(&w.room->machine, 36 * DAY);
	/* the old one is there until this one is kept, or it may be */
	back_up_killed(&w, "/mnt/a disk/a", first);
	assert_in(&w, "a");
	assert_times(&w, first, first + 37 * DAY);
	back_up(&w, "/mnt/a disk/a", now_of(&w));
	assert_in(&w, "");
	pair_close(&w.pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_until_a_newer_one),
		cmocka_unit_test(test_made_afterwards),
		cmocka_unit_test(test_clock_ahead),
		cmocka_unit_test(test_of_an_earlier_program),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_note),
		cmocka_unit_test(test_killed_behind_its_name),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
