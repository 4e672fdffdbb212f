/*
 * tests/unit/test_hub_witness.c - what the witness of a hub's folder says: which store is an older
 * one and which is none, that it never leads, and where it is.
 */
#include "daemon/hub_witness.h"
#include "tests/unit/witness_room.h"

#include "common/base/say.h"
#include "daemon/account_kept.h"
#include "daemon/hub_rotate.h"
#include "daemon/hub_second.h"
#include "daemon/second.h"

#include <sys/stat.h>

#define SIZE 200 /* docs/STORE.md, "The hub's witness" */
#define AT_N 88  /* of the control log's head */

static void set_policy(struct scene *s, const char *value)
{
	json_decref(ask(&s->room, json_pack("{s:s, s:s, s:s}", "command", "policy-set",
					    "name", "loan-term-days", "value", value)));
}

static void read_witness(const struct scene *s, uint8_t out[static SIZE])
{
	struct ph_buf bytes = { 0 };

	assert_int_equal(ph_file_read(s->file, SIZE, &bytes, NULL), 0);
	assert_int_equal(bytes.len, SIZE);
	memcpy(out, bytes.data, SIZE);
	ph_buf_deinit(&bytes);
}

static void write_witness(const struct scene *s, const uint8_t bytes[static SIZE])
{
	assert_int_equal(ph_file_write(s->file, PH_VIEW(bytes, SIZE), 0600, NULL), 0);
}

/* --- when it is written --- */

/* A rule is set, and the call of that sort behind AFTER others meets FAULT. Whether that is an error. */
static bool fails_to_say(struct scene *s, enum fault fault, int after)
{
	json_t *request = json_pack("{s:s, s:s, s:s}", "command", "policy-set", "name",
				    "loan-term-days", "value", "28");
	json_t *answer;
	bool fails;

	disk.fault = fault;
	disk.after = after;
	answer = ph_hub_command(s->room.hub, request);
	disk.fault = NO_FAULT;
	fails = json_integer_value(json_object_get(answer, "exit")) != 0;
	json_decref(answer);
	json_decref(request);
	return fails;
}

/* It tells the last commit in which the hub spoke, and is not touched by others, nor by one that fails. */
static void test_never_leads(void **state)
{
	struct ph_file_info before, after;
	struct scene s;
	uint8_t bytes[SIZE], then[SIZE];
	int failed = 0;
	uint64_t n;

	(void)state;
	scene_open(&s);
	set_policy(&s, "21");
	n = ph_writer_log(s.room.hub->writer)->n;
	read_witness(&s, bytes);
	assert_int_equal(ph_be64_get(bytes + AT_N), n);
	assert_memory_equal(bytes + AT_N + 8, ph_writer_log(s.room.hub->writer)->h,
			    PH_HASH_SIZE);

	/* a session in which a device brings entries */
	assert_int_equal(ph_file_info(s.file, &before), 0);
	write_visits(&s.thief, 3);
	expect_job(&s.room, store_of(&s.thief, all_item(&s.thief, 0)), 0);
	json_decref(ask(&s.room, json_pack("{s:s}", "command", "status")));
	assert_int_equal(ph_file_info(s.file, &after), 0);
	assert_int_equal(before.inode, after.inode);
	assert_int_equal(before.changed_ns, after.changed_ns);

	/* whatever write of it fails: what it would have said is nobody's */
	while (fails_to_say(&s, FAIL_FULL, failed)) {
		failed++;
		assert_int_equal(ph_file_info(s.file, &after), 0);
		assert_int_equal(before.inode, after.inode);
		assert_int_equal(before.changed_ns, after.changed_ns);
	}
	assert_true(failed > 2);
	read_witness(&s, then);
	assert_memory_not_equal(bytes, then, SIZE);
	assert_int_equal(ph_file_info(s.file, &before), 0);
	stop(&s);
	start(&s);
	assert_false(s.room.hub->collecting);
	assert_int_equal(ph_file_info(s.file, &after), 0);
	assert_int_equal(before.inode, after.inode); /* nor does a start write it */
	scene_close(&s);
}

/*
 * Behind an I/O error of a commit the store cannot be read again, so that what the hub has in memory is
 * ahead of it: nothing of that is told, and the next start has no doubt.
 */
static void test_never_leads_a_dead_disk(void **state)
{
	static const enum fault faults[] = { FAIL_WRITE, FAIL_SYNC };
	uint8_t before[SIZE], after[SIZE];
	struct scene s;

	(void)state;
	scene_open(&s);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		int failed = 0;

		while (read_witness(&s, before), fails_to_say(&s, faults[i], failed)) {
			failed++;
			ph_hub_witness_write(s.room.hub); /* as a session would */
			read_witness(&s, after);
			assert_memory_equal(before, after, SIZE);
			stop(&s);
			start(&s);
			assert_false(s.room.hub->collecting);
		}
		assert_true(failed > 0);
		stop(&s); /* it struck what is done behind the answer */
		start(&s);
	}
	scene_close(&s);
}

/* --- what is a doubt --- */

static void nothing(struct scene *s)
{
	(void)s;
}
static void folder_alone(struct scene *s)
{
	put_folder_back(s);
}
static void with_witness(struct scene *s)
{
	uint8_t old[SIZE], now[SIZE];

	read_witness(s, now);
	put_folder_back(s);
	/* as the witness was when the folder was copied: opening that folder makes it anew */
	assert_int_equal(unlink(s->file), 0);
	start(s);
	stop(s);
	read_witness(s, old);
	assert_memory_not_equal(old, now, SIZE);
}
static void remove_it(struct scene *s)
{
	assert_int_equal(unlink(s->file), 0);
}
static void make_it_a_folder(struct scene *s)
{
	remove_it(s);
	assert_int_equal(ph_dir_create(s->file, NULL), 0);
}
static void damage(struct scene *s)
{
	uint8_t bytes[SIZE];

	read_witness(s, bytes);
	bytes[100] ^= 1;
	write_witness(s, bytes);
}
static void shorten(struct scene *s)
{
	assert_int_equal(truncate(s->file, SIZE - 1), 0);
}
static void give_another_hubs(struct scene *s)
{
	uint8_t bytes[SIZE];

	read_witness(s, bytes);
	bytes[8 + 9] ^= 1; /* of the root, behind what is in the name */
	crypto_generichash(bytes + SIZE - 16, 16, bytes, SIZE - 16, NULL, 0);
	write_witness(s, bytes);
}
static void lose_keys(struct scene *s)
{
	uint8_t bytes[SIZE];

	read_witness(s, bytes);
	ph_be64_put(bytes + 64, ph_be64_get(bytes + 64) + 1);
	crypto_generichash(bytes + SIZE - 16, 16, bytes, SIZE - 16, NULL, 0);
	write_witness(s, bytes);
}
static void lag(struct scene *s)
{
	uint8_t bytes[SIZE];

	read_witness(s, bytes);
	start(s);
	set_policy(s, "35");
	stop(s);
	write_witness(s, bytes);
}
static void lose_account(struct scene *s)
{
	char hash[crypto_pwhash_STRBYTES];

	assert_int_equal(ph_password_hash(ph_view_str("ngựa thồ sách"), hash), 0);
	start(s);
	json_decref(ask(&s->room,
			json_pack("{s:s, s:s, s:s, s:s}", "command", "account-add",
				  "name", "hoa", "role", "viewer", "password", hash)));
	copy_folder(s);
	json_decref(ask(&s->room, json_pack("{s:s, s:s}", "command", "account-remove",
					    "name", "hoa")));
	stop(s);
	put_folder_back(s);
}
static void lose_epoch(struct scene *s)
{
	start(s);
	copy_folder(s);
	json_decref(ask(&s->room, json_pack("{s:s}", "command", "epoch-begin")));
	json_decref(ask(&s->room, json_pack("{s:s}", "command", "epoch-begin")));
	stop(s);
	put_folder_back(s);
}

static const struct doubt_case {
	const char *name;
	void (*befall)(struct scene *s); /* while the hub does not run */
	bool is_put_back;
	int64_t epoch; /* then */
	const char
		*told; /* on standard error, at that start alone if `once`; "": nothing */
	const char *state; /* in status */
	bool once, is_kept;
} cases[] = {
	{ "nothing", nothing, false, 1, "", "ok", true, false },
	{ "the folder alone was put back", folder_alone, true, 2, "hub.put-back epoch=2",
	  "ok", true, false },
	{ "the witness with it", with_witness, false, 1, "", "ok", true, false },
	{ "it is gone", remove_it, false, 1, "hub.witness-new", "ok", true, false },
	{ "it is a folder", make_it_a_folder, false, 1, "no file", "no file", false,
	  false },
	{ "it is damaged", damage, false, 1, "damaged", "damaged", false, true },
	{ "it is cut short", shorten, false, 1, "damaged", "damaged", false, false },
	{ "it is another hub's", give_another_hubs, false, 1, "of another hub",
	  "of another hub", false, true },
	{ "the machine stopped before it was written", lag, false, 1, "", "ok", true,
	  false },
	{ "an account comes back", lose_account, true, 2, "hub.put-back", "ok", true,
	  false },
	{ "an older key list", lose_keys, true, 2, "hub.put-back", "ok", true, false },
	{ "an epoch is lost", lose_epoch, true, 4, "hub.put-back epoch=4", "ok", true,
	  false },
};

static void check_case(const struct doubt_case *c)
{
	uint8_t before[SIZE], after[SIZE];
	struct scene s;

	print_message("# %s\n", c->name);
	scene_open(&s);
	copy_folder(&s);
	set_policy(&s, "21");
	stop(&s);
	c->befall(&s);
	if (c->is_kept) {
		read_witness(&s, before);
	}
	for (int again = 0; again < 2; again++) {
		bool is_told;

		start(&s);
		is_told = c->told[0] && (!again || !c->once);
		assert_int_equal(strstr(s.told.text[1], "hub.") != NULL, is_told);
		assert_true(!is_told || strstr(s.told.text[1], c->told));
		assert_int_equal(hub_says(&s.room, "epoch"), c->epoch);
		assert_true(says_in_status(&s, "witness", c->state));
		assert_int_equal(s.room.hub->put_back > 0, c->is_put_back);
		assert_int_equal(says_in_status(&s, "put_back_by", "witness"),
				 c->is_put_back);
		stop(&s);
	}
	if (c->is_kept) {
		read_witness(&s, after);
		assert_memory_equal(before, after, SIZE);
	}
	start(&s);
	scene_close(&s);
}

static void test_doubts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		check_case(&cases[i]);
	}
}

/* --- what is none, and where it is --- */

/* `restore` makes of the copy what is to be the hub. The hub does not run. */
static void restore_copy(struct scene *s)
{
	put_folder_back(s);
	s->restores = true;
	start(s);
	json_decref(ask(&s->room, json_pack("{s:s}", "command", "epoch-begin")));
	stop(s);
	s->restores = false;
}

/* The hub starts, and has no doubt. */
static void start_sure(struct scene *s, int64_t epoch)
{
	start(s);
	assert_string_equal(s->told.text[1], "");
	assert_int_equal(hub_says(&s->room, "epoch"), epoch);
	assert_false(says_in_status(s, "put_back_by", ""));
	stop(s);
}

/*
 * `restore` makes an older store on purpose: that is no doubt, then or later. One that came to
 * nothing before the folder was a hub is none against the hub that was there before, either.
 */
static void test_restored(void **state)
{
	struct scene s;
	char dead[88];

	(void)state;
	scene_open(&s);
	snprintf(dead, sizeof(dead), "%s.dead", s.room.dir);
	copy_folder(&s);
	set_policy(&s, "21");
	stop(&s);
	copy_tree(dead, s.room.dir);
	restore_copy(&s);
	copy_tree(s.room.dir, dead);
	start_sure(&s, 1);
	restore_copy(&s);
	start_sure(&s, 2);
	start_sure(&s, 2);
	copy_tree(s.room.dir, dead); /* from then on the witness counts */
	start(&s);
	assert_true(says_in_status(&s, "put_back_by", "witness"));
	scene_close(&s);
	remove_dir(dead);
}

static void test_restored_late(void **state)
{
	struct scene s;
	char line[300];

	(void)state;
	scene_open(&s);
	copy_folder(&s);
	set_policy(&s, "21");
	stop(&s);
	restore_copy(&s);
	snprintf(line, sizeof(line), "rm -rf '%s' && touch '%s'", s.folder, s.folder);
	assert_int_equal(system(line), 0);
	start(&s); /* the witness cannot be written */
	snprintf(line, sizeof(line), "rm '%s'", s.folder);
	assert_int_equal(system(line), 0);
	pass(&s.room.machine, 100);
	set_policy(&s, "22");
	assert_true(says_in_status(&s, "witness", "ok"));
	assert_true(ph_file_exists(s.file));
	copy_folder(&s); /* a copy of a hub whose witness is well */
	set_policy(&s, "23");
	stop(&s);
	put_folder_back(&s);
	start(&s);
	assert_true(says_in_status(&s, "put_back_by", "witness"));
	scene_close(&s);
}

static void test_folder(void **state)
{
	static const char *const pairs[][2] = {
		{ "hub", "hub-witness" },
		{ "/var/lib/packhorse", "/var/lib/packhorse-witness" },
		{ "/var/lib/packhorse//", "/var/lib/packhorse-witness" },
		{ "../hub/", "../hub-witness" },
	};
	char out[512], here[256], there[300], link[80];

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_int_equal(
			ph_hub_witness_folder(pairs[i][0], out, sizeof(out), NULL), 0);
		assert_string_equal(out, pairs[i][1]);
	}
	assert_non_null(getcwd(here, sizeof(here)));
	snprintf(there, sizeof(there), "%s-witness", here);
	assert_int_equal(ph_hub_witness_folder(".", out, sizeof(out), NULL), 0);
	assert_string_equal(out, there);
	assert_int_equal(ph_hub_witness_folder("./", out, sizeof(out), NULL), 0);
	assert_string_equal(out, there);
	assert_int_equal(ph_hub_witness_folder("hub", out, 11, NULL), -ENAMETOOLONG);
	/* a link keeps its name, however it is written */
	temp_dir(link);
	snprintf(there, sizeof(there), "%s/ln", link);
	assert_int_equal(symlink(link, there), 0);
	snprintf(here, sizeof(here), "%s/ln-witness", link);
	assert_int_equal(ph_hub_witness_folder(there, out, sizeof(out), NULL), 0);
	assert_string_equal(out, here);
	strcat(there, "/");
	assert_int_equal(ph_hub_witness_folder(there, out, sizeof(out), NULL), 0);
	assert_string_equal(out, here);
	remove_dir(link);
}

/* A second medium that cannot be read stops nothing, and costs no epoch at each start. */
static void test_medium_is_ill(void **state)
{
	struct scene s;
	char medium[80], path[200], hex[9];

	(void)state;
	scene_open(&s);
	temp_dir(medium);
	copy_folder(&s);
	set_policy(&s, "21");
	ph_hex(hex, ph_hub_keylist(s.room.hub)->root, 4);
	stop(&s);
	put_folder_back(&s);
	snprintf(path, sizeof(path), "%s/packhorse-%s.hublog", medium, hex);
	assert_int_equal(mkdir(path, 0700), 0);
	s.second = medium;
	for (int i = 0; i < 3; i++) {
		start(&s);
		assert_int_equal(hub_says(&s.room, "epoch"), 2);
		stop(&s);
	}
	s.second = NULL;
	start(&s);
	scene_close(&s);
	remove_dir(medium);
}

static bool says_to(struct scene *s, const char *language, const char *name,
		    const char *words)
{
	json_t *answer = ask(&s->room, json_pack("{s:s, s:s}", "command", "status",
						 "language", language));
	const char *text = json_string_value(json_object_get(answer, name));
	bool does = text && strstr(text, words);

	json_decref(answer);
	return does;
}

/* What is wrong is said in the language of who asks, not of who met it first. */
static void test_language(void **state)
{
	struct scene s;
	char medium[80], path[200], hex[9];

	(void)state;
	scene_open(&s);
	temp_dir(medium);
	ph_hex(hex, ph_hub_keylist(s.room.hub)->root, 4);
	snprintf(path, sizeof(path), "%s/packhorse-%s.hublog", medium, hex);
	assert_int_equal(mkdir(path, 0700), 0);
	stop(&s);
	assert_int_equal(ph_file_remove(s.file), 0);
	assert_int_equal(mkdir(s.file, 0700), 0);
	s.second = medium;
	(void)ph_speak(PH_SPEAK_VIETNAMESE);
	start(&s);
	assert_non_null(strstr(s.told.text[1], "đó không phải là tệp"));
	(void)ph_speak(PH_SPEAK_OWN);
	assert_true(says_to(&s, "vi", "witness", "không phải tệp chứng của máy chủ"));
	assert_true(says_to(&s, "vi", "second_medium", ".hublog: là thư mục"));
	assert_true(says_to(&s, "en", "witness", "(it is no file)"));
	assert_true(says_to(&s, "en", "witness", "is not the witness of this hub"));
	assert_true(says_to(&s, "en", "second_medium", ".hublog: is a folder"));
	scene_close(&s);
	remove_dir(medium);
}

static void rotate(struct scene *s)
{
	struct ph_sign_pair root;
	uint64_t generation;
	char path[128];

	snprintf(path, sizeof(path), "%s/keys/root", s->room.dir);
	assert_int_equal(ph_locked_key_load(&root, path, ph_view_str(PASSPHRASE), NULL),
			 0);
	assert_int_equal(ph_hub_rotate(s->room.hub, &root, false, &generation, NULL), 0);
	stop(s);
}

/* A copy from before the keys were rotated is an older one. */
static void test_rotated(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	copy_folder(&s);
	rotate(&s);
	put_folder_back(&s);
	start(&s);
	assert_true(says_in_status(&s, "put_back_by", "witness"));
	scene_close(&s);
}

/* A new log whose first commit ends at the number where the one before it ended. */
static void test_medium_follows(void **state)
{
	struct ph_second *second;
	struct ph_log log;
	char medium[80];
	uint64_t n;
	struct scene s;

	(void)state;
	scene_open(&s);
	temp_dir(medium);
	rotate(&s);
	start(&s);
	set_policy(&s, "21");
	n = ph_writer_log(s.room.hub->writer)->n;
	rotate(&s);
	s.second = medium;
	start(&s);
	set_policy(&s, "28");
	log = *ph_writer_log(s.room.hub->writer);
	assert_int_equal(log.n, n);
	assert_int_equal(
		ph_second_open(&second, medium, ph_hub_keylist(s.room.hub)->root, NULL),
		0);
	assert_int_equal(ph_second_held(second, log.id), n);
	ph_second_close(second);
	scene_close(&s);
	remove_dir(medium);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never_leads),
		cmocka_unit_test(test_never_leads_a_dead_disk),
		cmocka_unit_test(test_doubts),
		cmocka_unit_test(test_restored),
		cmocka_unit_test(test_restored_late),
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_medium_is_ill),
		cmocka_unit_test(test_language),
		cmocka_unit_test(test_rotated),
		cmocka_unit_test(test_medium_follows),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
