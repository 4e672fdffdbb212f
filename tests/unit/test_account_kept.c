/*
 * Tests of daemon/account_kept.c: names, rows, passwords and secrets of every wrong form.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/account_kept.h"

static void test_names(void **state)
{
	static const char *const good[] = { "a", "lan", "lan.nguyen-2_x",
					    "abcdefghijklmnopqrstuvwxyz012345" };
	static const char *const bad[] = {
		"",     "1lan", "Lan",   "lân",    ".lan",
		"la n", "a/b",  "lan\n", "lan%s=", "abcdefghijklmnopqrstuvwxyz0123456"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(ph_account_name_check(good[i], NULL), 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ph_error err = { 0 };

		assert_int_equal(ph_account_name_check(bad[i], &err), -EINVAL);
		assert_int_equal(err.exit, PH_EXIT_USAGE);
	}
}

static void test_row(void **state)
{
	struct ph_account_kept full = { .name = "lan",
					.password = "$argon2id$x",
					.role = PH_ROLE_ADMIN };
	struct ph_account_kept back;
	json_t *json;
	char *text;

	(void)state;
	full.added = 1790000000;
	full.changed = 1790000001;
	full.n_tokens = PH_ACCOUNT_TOKENS;
	for (unsigned i = 0; i < full.n_tokens; i++) {
		full.token[i].made = 1790000002 + i;
		memset(full.token[i].hash, (int)i, sizeof(full.token[i].hash));
		snprintf(full.token[i].label, sizeof(full.token[i].label), "việc %u", i);
	}
	json = ph_account_kept_encode(&full);
	text = json_dumps(json, 0);
	assert_int_equal(ph_account_kept_decode("lan", ph_view_str(text), &back), 0);
	assert_memory_equal(&full, &back, sizeof(full));
	assert_int_equal(ph_account_kept_decode("Lan", ph_view_str(text), &back),
			 -EUCLEAN);
	json_array_append(json_object_get(json, "tokens"),
			  json_array_get(json_object_get(json, "tokens"), 0));
	free(text);
	text = json_dumps(json, 0); /* one token too many */
	assert_int_equal(ph_account_kept_decode("lan", ph_view_str(text), &back),
			 -EUCLEAN);
	free(text);
	json_decref(json);
}

static void test_bad_rows(void **state)
{
	static const char *const rows[] = {
		"",
		"{",
		"[]",
		"{}",
		"{\"role\":\"root\",\"password\":\"x\",\"tokens\":[]}",
		"{\"role\":\"viewer\",\"tokens\":[]}",
		"{\"role\":\"viewer\",\"password\":7,\"tokens\":[]}",
		"{\"role\":\"viewer\",\"password\":\"a\\u0000b\",\"tokens\":[]}",
		"{\"role\":\"viewer\",\"password\":\"x\"}",
		"{\"role\":\"viewer\",\"role\":\"admin\",\"password\":\"x\",\"tokens\":[]"
		"}",
		"{\"role\":\"viewer\",\"password\":\"x\",\"tokens\":[{\"hash\":\"00\","
		"\"label\":\"\"}]}",
		"{\"role\":\"viewer\",\"password\":\"x\",\"tokens\":[7]}",
	};
	struct ph_account_kept out = { .added = 5 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
			ph_account_kept_decode("lan", ph_view_str(rows[i]), &out),
			-EUCLEAN);
		assert_int_equal(out.added, 5); /* as it was */
	}
}

static int take(const char *text, size_t len)
{
	struct ph_buf out = { 0 };
	struct ph_error err = { 0 };
	int rc = ph_password_take(PH_VIEW(text, len), &out, &err);

	assert_true(rc == 0 ? out.len > 0 : out.len == 0 && err.exit == PH_EXIT_USAGE);
	ph_buf_wipe(&out);
	return rc;
}

static void test_passwords(void **state)
{
	char long_one[PH_PASSWORD_MAX + 1];

	(void)state;
	memset(long_one, 'x', sizeof(long_one));
	assert_int_equal(take("", 0), -EINVAL);
	assert_int_equal(take(long_one, PH_PASSWORD_MIN - 1), -EINVAL);
	assert_int_equal(take(long_one, PH_PASSWORD_MIN), 0);
	assert_int_equal(take(long_one, PH_PASSWORD_MIN + 1), 0);
	assert_int_equal(take(long_one, PH_PASSWORD_MAX - 1), 0);
	assert_int_equal(take(long_one, PH_PASSWORD_MAX), 0);
	assert_int_equal(take(long_one, PH_PASSWORD_MAX + 1), -EINVAL);
	assert_int_equal(take("\u1edf\u1edf\u1edf\u1edf", 12), -EINVAL); /* 4 letters */
	assert_int_equal(take("with a\ttab", 10), -EINVAL);
	assert_int_equal(take("no \xff UTF-8 ", 10), -EINVAL);
}

static void test_bearers(void **state)
{
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	char text[PH_BEARER_SIZE];
	char other[PH_BEARER_SIZE];
	uint8_t hash[PH_BEARER_HASH_SIZE];
	bool is_token = false;

	(void)state;
	ph_rng_seed(&seeded, 3, &rng);
	ph_bearer_make(&rng, PH_BEARER_TOKEN, text);
	ph_bearer_make(&rng, PH_BEARER_TOKEN, other);
	assert_string_not_equal(text, other);
	assert_int_equal(strlen(text), 47);
	assert_int_equal(ph_bearer_hash(ph_view_str(text), hash, &is_token), 0);
	assert_true(is_token);
	for (size_t len = 0; len < strlen(text); len++) {
		assert_int_equal(ph_bearer_hash(PH_VIEW(text, len), hash, NULL), -EINVAL);
	}
	snprintf(other, sizeof(other), "%.50sA", text);
	assert_int_equal(ph_bearer_hash(ph_view_str(other), hash, NULL), -EINVAL);
	snprintf(other, sizeof(other), "phx_%.50s", text + 4);
	assert_int_equal(ph_bearer_hash(ph_view_str(other), hash, NULL), -EINVAL);
	memcpy(other, text, sizeof(other));
	other[10] = '!';
	assert_int_equal(ph_bearer_hash(ph_view_str(other), hash, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),    cmocka_unit_test(test_row),
		cmocka_unit_test(test_bad_rows), cmocka_unit_test(test_passwords),
		cmocka_unit_test(test_bearers),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
