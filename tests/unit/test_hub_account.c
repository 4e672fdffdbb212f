/*
 * tests/unit/test_hub_account.c - accounts in the hub's store: what is asked for, what is
 * refused, what a running daemon is told, a full disk, a new start.
 */
#include "tests/unit/put_room.h"

#include "daemon/account_kept.h"

#define HASH_LEN (2 * PH_BEARER_HASH_SIZE)

static char hash_1[crypto_pwhash_STRBYTES], hash_2[crypto_pwhash_STRBYTES];

struct scene {
	struct hub_room room;
	struct ph_accounts *accounts;
};

static void attach(struct scene *scene)
{
	struct ph_error err = { 0 };

	assert_int_equal(
		ph_accounts_new(&scene->accounts,
				&(struct ph_accounts_config){
					.clock = { read_machine, &scene->room.machine },
					.rng = scene->room.rng }),
		0);
	assert_int_equal(ph_hub_accounts(scene->room.hub, scene->accounts, &err), 0);
}

static void scene_open(struct scene *scene)
{
	hub_open(&scene->room);
	attach(scene);
}

static void scene_close(struct scene *scene)
{
	hub_close(&scene->room);
	ph_accounts_free(scene->accounts);
}

static json_t *adding(const char *name, const char *role, const char *hash)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "command", "account-add", "name", name,
			 "role", role, "password", hash);
}

static json_t *about(const char *command, const char *name)
{
	return json_pack("{s:s, s:s}", "command", command, "name", name);
}

static json_t *with(json_t *request, const char *name, const char *text)
{
	assert_int_equal(json_object_set_new(request, name, json_string(text)), 0);
	return request;
}

static void done(struct scene *scene, json_t *request)
{
	json_decref(ask(&scene->room, request));
}

/* "NAME ROLE TOKENS; " for each account. */
static void assert_list(struct scene *scene, const char *want)
{
	json_t *answer = ask(&scene->room, json_pack("{s:s}", "command", "account-list"));
	const json_t *item;
	char text[256] = "";
	size_t i;

	json_array_foreach(json_object_get(answer, "accounts"), i, item)
	{
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "%s %s %zu; ",
			 text_in(item, "name"), text_in(item, "role"),
			 json_array_size(json_object_get(item, "tokens")));
		assert_null(json_object_get(item, "password"));
	}
	assert_string_equal(text, want);
	json_decref(answer);
}

static unsigned told(const struct scene *scene)
{
	struct ph_accounts_counts counts;

	ph_accounts_counts(scene->accounts, &counts);
	return counts.accounts;
}

static void test_all(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	assert_list(&scene, "");
	done(&scene, adding("lan", "operator", hash_1));
	done(&scene, adding("hoa", "viewer", hash_1));
	assert_list(&scene, "hoa viewer 0; lan operator 0; ");
	assert_int_equal(told(&scene), 2);
	done(&scene, with(about("account-role", "hoa"), "role", "admin"));
	done(&scene, with(about("account-password", "hoa"), "password", hash_2));
	done(&scene, about("account-remove", "lan"));
	assert_list(&scene, "hoa admin 0; ");
	assert_int_equal(told(&scene), 1);
	done(&scene, adding("lan", "viewer", hash_2)); /* the name is free again */
	hub_restart(&scene.room);
	ph_accounts_free(scene.accounts);
	attach(&scene);
	assert_list(&scene, "hoa admin 0; lan viewer 0; ");
	assert_int_equal(told(&scene), 2);
	hub_verify(&scene.room);
	scene_close(&scene);
}

static void test_refused(void **state)
{
	char long_label[PH_ACCOUNT_LABEL_MAX + 2];
	struct scene scene;
	struct hub_room *room = &scene.room;

	(void)state;
	memset(long_label, 'x', sizeof(long_label) - 1);
	long_label[sizeof(long_label) - 1] = '\0';
	scene_open(&scene);
	done(&scene, adding("lan", "viewer", hash_1));
	refused(room, adding("lan", "viewer", hash_2), PH_EXIT_OTHER, "already");
	refused(room, adding("Lan", "viewer", hash_2), PH_EXIT_USAGE, "small letters");
	refused(room, adding("hoa", "root", hash_2), PH_EXIT_USAGE, "viewer, operator");
	refused(room, adding("hoa", "viewer", "ngựa thồ sách"), PH_EXIT_USAGE, "hash");
	refused(room, /* one that costs nothing to try */
		adding("hoa", "viewer",
		       "$argon2id$v=19$m=8,t=1,p=1$xtNsZHDsjWAE4aKntKTx6Q$"
		       "Cb+R4V8BFVab5MNFQrIexx94tGl2mZSBB59fQNIxtAE"),
		PH_EXIT_USAGE, "hash");
	refused(room, about("account-add", "hoa"), PH_EXIT_USAGE, "lacks \"role\"");
	refused(room, json_pack("{s:s}", "command", "account-remove"), PH_EXIT_USAGE,
		"lacks \"name\"");
	refused(room, about("account-remove", "hoa"), PH_EXIT_OTHER, "no account");
	refused(room, with(about("account-role", "hoa"), "role", "admin"), PH_EXIT_OTHER,
		"no account");
	refused(room, with(about("account-role", "lan"), "role", "boss"), PH_EXIT_USAGE,
		"\"boss\"");
	refused(room, with(about("account-token", "lan"), "hash", "00"), PH_EXIT_USAGE,
		"hexadecimal");
	refused(room, about("account-token", "lan"), PH_EXIT_USAGE, "hash");
	refused(room, with(about("account-revoke", "lan"), "token", "01020304"),
		PH_EXIT_OTHER, "no token");
	assert_list(&scene, "lan viewer 0; ");
	scene_close(&scene);
}

static json_t *token_of(const char *name, unsigned n, const char *label)
{
	char hash[HASH_LEN + 1];

	snprintf(hash, sizeof(hash), "%08x%056x", n, 7);
	return with(with(about("account-token", name), "hash", hash), "label", label);
}

static void test_tokens(void **state)
{
	char label[PH_ACCOUNT_LABEL_MAX + 2];
	struct scene scene;

	(void)state;
	memset(label, 'x', sizeof(label) - 1);
	label[sizeof(label) - 1] = '\0';
	scene_open(&scene);
	done(&scene, adding("lan", "viewer", hash_1));
	refused(&scene.room, token_of("lan", 1, label), PH_EXIT_USAGE, "at most 64");
	label[PH_ACCOUNT_LABEL_MAX] = '\0';
	done(&scene, token_of("lan", 1, label));
	for (unsigned i = 2; i <= PH_ACCOUNT_TOKENS; i++) {
		done(&scene, token_of("lan", i, "sao lưu"));
	}
	assert_list(&scene, "lan viewer 16; ");
	refused(&scene.room, token_of("lan", 17, ""), PH_EXIT_OTHER, "no room");
	done(&scene, with(about("account-revoke", "lan"), "token", "00000001"));
	done(&scene, token_of("lan", 17, ""));
	refused(&scene.room, with(about("account-revoke", "lan"), "token", "00000001"),
		PH_EXIT_OTHER, "no token");
	assert_list(&scene, "lan viewer 16; ");
	scene_close(&scene);
}

static void test_limit(void **state)
{
	struct scene scene;
	char name[16];

	(void)state;
	scene_open(&scene);
	for (unsigned i = 0; i < PH_ACCOUNTS_MAX; i++) {
		snprintf(name, sizeof(name), "ai%u", i);
		done(&scene, adding(name, "viewer", hash_1));
	}
	assert_int_equal(told(&scene), PH_ACCOUNTS_MAX);
	refused(&scene.room, adding("lan", "admin", hash_1), PH_EXIT_OTHER, "no room");
	done(&scene, about("account-remove", "ai0"));
	done(&scene, adding("lan", "admin", hash_1));
	scene_close(&scene);
}

/* A full disk keeps what was there, in the store and in the daemon. */
static void test_full_disk(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	done(&scene, adding("lan", "viewer", hash_1));
	disk.fault = FAIL_FULL;
	refused(&scene.room, adding("hoa", "viewer", hash_1), PH_EXIT_OTHER, "");
	assert_int_equal(disk.hits, 1);
	assert_list(&scene, "lan viewer 0; ");
	assert_int_equal(told(&scene), 1);
	done(&scene, adding("hoa", "viewer", hash_1));
	assert_int_equal(told(&scene), 2);
	scene_close(&scene);
}

static int set_up(void **state)
{
	int rc = make_pattern(state);

	assert_int_equal(ph_password_hash(ph_view_str("ngựa thồ sách"), hash_1), 0);
	assert_int_equal(ph_password_hash(ph_view_str("ngựa thồ gạo."), hash_2), 0);
	return rc;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),       cmocka_unit_test(test_refused),
		cmocka_unit_test(test_tokens),    cmocka_unit_test(test_limit),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, set_up, remove_pattern);
}
