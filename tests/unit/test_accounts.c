/*
 * Tests of daemon/accounts.c: sessions, tokens, and what guessing costs. Most accounts here have cheap hashes; what is about time has ours.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "daemon/account_kept.h"

#define PASSWORD "ngựa thồ sách"
#define WRONG    "ngựa thồ gạo."

struct scene {
	uint64_t ms;
	struct ph_rng_seeded state;
	struct ph_accounts *accounts;
	char cheap[crypto_pwhash_STRBYTES];
	char nobody[crypto_pwhash_STRBYTES];
};

static void read_clock(void *data, struct ph_now *now_out)
{
	const struct scene *scene = data;

	memset(now_out, 0, sizeof(*now_out));
	now_out->mono_ms = scene->ms;
}

static void hash_cheaply(const char *password, char out[static crypto_pwhash_STRBYTES])
{
	assert_int_equal(crypto_pwhash_str(out, password, strlen(password),
					   crypto_pwhash_OPSLIMIT_MIN,
					   crypto_pwhash_MEMLIMIT_MIN),
			 0);
}

static void scene_open(struct scene *scene)
{
	struct ph_accounts_config config = { .clock = { read_clock, scene },
					     .nobody = scene->nobody };

	memset(scene, 0, sizeof(*scene));
	scene->ms = 1000;
	ph_rng_seed(&scene->state, 7, &config.rng);
	hash_cheaply(PASSWORD, scene->cheap);
	hash_cheaply("another of nobody", scene->nobody);
	assert_int_equal(ph_accounts_new(&scene->accounts, &config), 0);
}

static void scene_close(struct scene *scene)
{
	ph_accounts_free(scene->accounts);
}

static struct ph_account_kept account(const char *name, enum ph_role role,
				      const char *hash)
{
	struct ph_account_kept out = { .role = role };

	snprintf(out.name, sizeof(out.name), "%s", name);
	snprintf(out.password, sizeof(out.password), "%s", hash);
	return out;
}

static void set(struct scene *scene, const struct ph_account_kept *list, size_t n)
{
	struct ph_account_kept *copy = n ? malloc(n * sizeof(*copy)) : NULL;

	if (n) {
		assert_non_null(copy);
		memcpy(copy, list, n * sizeof(*copy));
	}
	ph_accounts_set(scene->accounts, copy, n);
}

/* Lan, an operator, and Hoa, a viewer. */
static void set_two(struct scene *scene)
{
	const struct ph_account_kept two[] = {
		account("lan", PH_ROLE_OPERATOR, scene->cheap),
		account("hoa", PH_ROLE_VIEWER, scene->cheap),
	};

	set(scene, two, 2);
}

static int login(struct scene *scene, const char *name, const char *password,
		 struct ph_login *out)
{
	return ph_accounts_login(scene->accounts, ph_view_str(name),
				 ph_view_str(password), out);
}

static struct ph_login logged_in(struct scene *scene, const char *name)
{
	struct ph_login out;

	assert_int_equal(login(scene, name, PASSWORD, &out), 0);
	assert_string_equal(out.name, name);
	return out;
}

static int check(struct scene *scene, const char *bearer)
{
	char name[PH_ACCOUNT_NAME_SIZE];
	enum ph_role role;

	return ph_accounts_check(scene->accounts, ph_view_str(bearer), &role, name);
}

static int look(struct scene *scene, const char *bearer)
{
	char name[PH_ACCOUNT_NAME_SIZE];
	enum ph_role role;

	return ph_accounts_look(scene->accounts, ph_view_str(bearer), &role, name);
}

static struct ph_accounts_counts counts(struct scene *scene)
{
	struct ph_accounts_counts out;

	ph_accounts_counts(scene->accounts, &out);
	return out;
}

/* --- sessions --- */

static void test_login(void **state)
{
	char name[PH_ACCOUNT_NAME_SIZE];
	struct scene scene;
	struct ph_login lan, hoa, out;
	enum ph_role role;

	(void)state;
	scene_open(&scene);
	assert_int_equal(login(&scene, "lan", PASSWORD, &out), -EACCES); /* nobody yet */
	set_two(&scene);
	assert_int_equal(login(&scene, "lan", WRONG, &out), -EACCES);
	assert_int_equal(out.bearer[0], '\0');
	assert_int_equal(login(&scene, "lan", "", &out), -EACCES);
	assert_int_equal(login(&scene, "", PASSWORD, &out), -EACCES);
	assert_int_equal(login(&scene, "LAN", PASSWORD, &out), -EACCES);
	assert_int_equal(login(&scene, "minh", "another of nobody", &out), -EACCES);
	lan = logged_in(&scene, "lan");
	hoa = logged_in(&scene, "hoa");
	assert_int_equal(lan.role, PH_ROLE_OPERATOR);
	assert_int_equal(lan.expires_s, PH_ACCOUNT_SESSION_S);
	assert_int_equal(
		ph_accounts_check(scene.accounts, ph_view_str(hoa.bearer), &role, name),
		0);
	assert_int_equal(role, PH_ROLE_VIEWER);
	assert_string_equal(name, "hoa");
	assert_int_equal(counts(&scene).sessions, 2);
	assert_int_equal(counts(&scene).logins, 2);
	assert_int_equal(counts(&scene).failed, 6);
	ph_accounts_logout(scene.accounts, ph_view_str(hoa.bearer));
	ph_accounts_logout(scene.accounts, ph_view_str("nonsense"));
	assert_int_equal(check(&scene, hoa.bearer), -EACCES);
	assert_int_equal(check(&scene, lan.bearer), 0);
	assert_int_equal(check(&scene, ""), -EACCES);
	scene_close(&scene);
}

/* Typed with marks that stand apart, it is the same password. */
static void test_nfd(void **state)
{
	static const char nfd[] = "ngu\u031b\u0323a tho\u0302\u0300 sa\u0301ch";
	struct scene scene;
	struct ph_login out;

	(void)state;
	scene_open(&scene);
	set_two(&scene);
	assert_string_not_equal(nfd, PASSWORD);
	assert_int_equal(login(&scene, "lan", nfd, &out), 0);
	scene_close(&scene);
}

static void test_changes(void **state)
{
	char name[PH_ACCOUNT_NAME_SIZE];
	struct ph_account_kept two[2];
	struct scene scene;
	struct ph_login lan, hoa;
	enum ph_role role;

	(void)state;
	scene_open(&scene);
	set_two(&scene);
	lan = logged_in(&scene, "lan");
	hoa = logged_in(&scene, "hoa");
	two[0] = account("lan", PH_ROLE_VIEWER, scene.cheap);
	two[1] = account("hoa", PH_ROLE_VIEWER, scene.nobody);
	set(&scene, two, 2); /* another role: at once; another password: over */
	assert_int_equal(
		ph_accounts_check(scene.accounts, ph_view_str(lan.bearer), &role, name),
		0);
	assert_int_equal(role, PH_ROLE_VIEWER);
	assert_int_equal(check(&scene, hoa.bearer), -EACCES);
	set(&scene, two + 1, 1);
	assert_int_equal(check(&scene, lan.bearer), -EACCES);
	set(&scene, two, 2); /* added again: still over */
	assert_int_equal(check(&scene, lan.bearer), -EACCES);
	set(&scene, NULL, 0);
	assert_int_equal(counts(&scene).accounts, 0);
	scene_close(&scene);
}

static void test_expiry(void **state)
{
	const uint64_t idle = 1000u * PH_ACCOUNT_IDLE_S;
	const uint64_t whole = 1000u * PH_ACCOUNT_SESSION_S;
	struct scene scene;
	struct ph_login out;
	uint64_t began;

	(void)state;
	scene_open(&scene);
	set_two(&scene);
	out = logged_in(&scene, "lan");
	scene.ms += idle - 1;
	assert_int_equal(check(&scene, out.bearer), 0);
	scene.ms += idle - 1; /* it was used in between */
	assert_int_equal(check(&scene, out.bearer), 0);
	scene.ms += idle;
	assert_int_equal(counts(&scene).sessions, 0);
	assert_int_equal(check(&scene, out.bearer), -EACCES);
	out = logged_in(&scene, "lan");
	scene.ms += idle - 1;
	assert_int_equal(look(&scene, out.bearer), 0);
	scene.ms += 1; /* a look is no use */
	assert_int_equal(look(&scene, out.bearer), -EACCES);
	assert_int_equal(check(&scene, out.bearer), -EACCES);
	out = logged_in(&scene, "lan");
	began = scene.ms;
	while (scene.ms + idle / 2 < began + whole) {
		scene.ms += idle / 2;
		assert_int_equal(check(&scene, out.bearer), 0);
	}
	scene.ms = began + whole - 1;
	assert_int_equal(check(&scene, out.bearer), 0);
	scene.ms = began + whole;
	assert_int_equal(check(&scene, out.bearer), -EACCES);
	scene_close(&scene);
}

/* The ninth session of one account ends the one used longest ago; others' stay. */
static void test_sessions_limit(void **state)
{
	struct ph_login lan[PH_ACCOUNT_SESSIONS + 1];
	struct scene scene;
	struct ph_login hoa;

	(void)state;
	scene_open(&scene);
	set_two(&scene);
	hoa = logged_in(&scene, "hoa");
	for (unsigned i = 0; i < PH_ACCOUNT_SESSIONS; i++) {
		scene.ms++;
		lan[i] = logged_in(&scene, "lan");
	}
	scene.ms++;
	assert_int_equal(check(&scene, lan[0].bearer), 0);
	assert_int_equal(counts(&scene).sessions, PH_ACCOUNT_SESSIONS + 1);
	lan[PH_ACCOUNT_SESSIONS] = logged_in(&scene, "lan");
	assert_int_equal(counts(&scene).sessions, PH_ACCOUNT_SESSIONS + 1);
	for (unsigned i = 0; i <= PH_ACCOUNT_SESSIONS; i++) {
		assert_int_equal(check(&scene, lan[i].bearer), i == 1 ? -EACCES : 0);
	}
	assert_int_equal(check(&scene, hoa.bearer), 0);
	scene_close(&scene);
}

static void test_tokens(void **state)
{
	char name[PH_ACCOUNT_NAME_SIZE];
	char text[PH_BEARER_SIZE];
	char session[PH_BEARER_SIZE];
	struct ph_account_kept lan;
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	struct scene scene;
	enum ph_role role;

	(void)state;
	scene_open(&scene);
	ph_rng_seed(&seeded, 5, &rng);
	ph_bearer_make(&rng, PH_BEARER_TOKEN, text);
	lan = account("lan", PH_ROLE_ADMIN, scene.cheap);
	lan.n_tokens = 1;
	(void)ph_bearer_hash(ph_view_str(text), lan.token[0].hash, NULL);
	assert_int_equal(check(&scene, text), -EACCES);
	set(&scene, &lan, 1);
	scene.ms += UINT64_C(1000) * 86400 * 3650; /* it does not expire */
	assert_int_equal(
		ph_accounts_check(scene.accounts, ph_view_str(text), &role, name), 0);
	assert_int_equal(role, PH_ROLE_ADMIN);
	assert_string_equal(name, "lan");
	snprintf(session, sizeof(session), PH_BEARER_SESSION "%.50s", text + 4);
	assert_int_equal(check(&scene, session), -EACCES); /* it is no session */
	lan.n_tokens = 0;
	set(&scene, &lan, 1);
	assert_int_equal(check(&scene, text), -EACCES);
	scene_close(&scene);
}

/* --- guessing --- */

static void wrong(struct scene *scene, const char *name)
{
	struct ph_login out;

	assert_int_equal(login(scene, name, WRONG, &out), -EACCES);
}

static void must_wait(struct scene *scene, const char *name, const char *password,
		      unsigned seconds)
{
	struct ph_login out;

	assert_int_equal(login(scene, name, password, &out), -EAGAIN);
	assert_int_equal(out.wait_s, seconds);
}

/* Three for nothing; then 1 s, 2 s, 4 s ... to a quarter of an hour, known name or not. */
static void delays(const char *name)
{
	struct scene scene;
	unsigned delay = 1;

	scene_open(&scene);
	set_two(&scene);
	for (unsigned i = 0; i < PH_LOGIN_FREE; i++) {
		wrong(&scene, name);
	}
	for (unsigned i = 0; i < 12; i++) {
		wrong(&scene, name);
		must_wait(&scene, name, PASSWORD, delay);
		scene.ms += 1000u * delay - 1;
		must_wait(&scene, name, WRONG, 1); /* and it grows nothing */
		(void)logged_in(&scene, "hoa");    /* others are not kept */
		scene.ms++;
		delay = 2 * delay < PH_LOGIN_DELAY_MAX_S ? 2 * delay
							 : PH_LOGIN_DELAY_MAX_S;
	}
	assert_int_equal(counts(&scene).delayed, 24);
	assert_int_equal(counts(&scene).failed, PH_LOGIN_FREE + 12);
	scene_close(&scene);
}

static void test_delays(void **state)
{
	(void)state;
	delays("lan");
	delays("minh");
	delays("no name at all \xff, and longer than sixty-four bytes, which is the room "
	       "for one");
}

static void test_delay_ends(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	set_two(&scene);
	for (unsigned i = 0; i <= PH_LOGIN_FREE; i++) {
		wrong(&scene, "lan");
	}
	scene.ms += 1000;
	(void)logged_in(&scene, "lan"); /* a right one ends it */
	for (unsigned i = 0; i <= PH_LOGIN_FREE + 3; i++) {
		wrong(&scene, "lan");
		scene.ms += 20000;
	}
	scene.ms += UINT64_C(2000) * PH_LOGIN_DELAY_MAX_S; /* so does time */
	for (unsigned i = 0; i <= PH_LOGIN_FREE; i++) {
		wrong(&scene, "lan");
	}
	must_wait(&scene, "lan", PASSWORD, 1);
	scene_close(&scene);
}

/* Many names, three each: all together they are kept too; sessions and tokens go on. */
static void test_burst(void **state)
{
	struct scene scene;
	struct ph_login session;
	char name[16];

	(void)state;
	scene_open(&scene);
	set_two(&scene);
	session = logged_in(&scene, "lan");
	for (unsigned i = 0; i < PH_LOGIN_BURST; i++) {
		snprintf(name, sizeof(name), "ai%u", i);
		wrong(&scene, name);
	}
	must_wait(&scene, "lan", PASSWORD, PH_LOGIN_EACH_S);
	assert_int_equal(check(&scene, session.bearer), 0);
	scene.ms += 1000u * PH_LOGIN_EACH_S - 1;
	must_wait(&scene, "lan", PASSWORD, 1);
	scene.ms++;
	(void)logged_in(&scene, "lan"); /* a right one takes nothing */
	wrong(&scene, "ai100");
	must_wait(&scene, "lan", PASSWORD, PH_LOGIN_EACH_S);
	scene_close(&scene);
}

/* --- time --- */

static double ms_of_login(struct ph_accounts *accounts, const char *name)
{
	struct timespec before, after;
	struct ph_login out;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
	assert_int_equal(
		ph_accounts_login(accounts, ph_view_str(name), ph_view_str(WRONG), &out),
		-EACCES);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
	return (double)(after.tv_sec - before.tv_sec) * 1e3 +
	       (double)(after.tv_nsec - before.tv_nsec) / 1e6;
}

/* Accounts with hashes as we make them, and the built-in one for nobody. */
static void open_real(struct scene *scene)
{
	struct ph_accounts_config config = { .clock = { read_clock, scene } };
	char hash[crypto_pwhash_STRBYTES];
	struct ph_account_kept lan;

	memset(scene, 0, sizeof(*scene));
	ph_rng_seed(&scene->state, 7, &config.rng);
	assert_int_equal(ph_accounts_new(&scene->accounts, &config), 0);
	assert_int_equal(ph_password_hash(ph_view_str(PASSWORD), hash), 0);
	assert_true(ph_password_is_hash(hash));
	lan = account("lan", PH_ROLE_ADMIN, hash);
	set(scene, &lan, 1);
}

/* Whether a name is known cannot be told from how long the answer takes. */
static void test_time(void **state)
{
	double known = 1e9;
	double unknown = 1e9;
	struct scene scene;

	(void)state;
	open_real(&scene);
	for (unsigned i = 0; i < 3; i++) {
		double a = ms_of_login(scene.accounts, "lan");
		double b = ms_of_login(scene.accounts, "minh");

		known = a < known ? a : known;
		unknown = b < unknown ? b : unknown;
	}
	print_message("# wrong password, best of 3: known name %.1f ms, unknown %.1f "
		      "ms of CPU\n",
		      known, unknown);
	assert_true(known > 5 && unknown > 5); /* an Argon2id was computed */
	assert_true(known < 2 * unknown && unknown < 2 * known);
	scene_close(&scene);
}

#define CROWD 12

struct crowd {
	struct scene scene;
	pthread_barrier_t start;
	int rc[CROWD];
	unsigned next;
};

static void *come(void *data)
{
	struct crowd *crowd = data;
	unsigned at = __atomic_fetch_add(&crowd->next, 1, __ATOMIC_SEQ_CST);
	struct ph_login out;

	(void)pthread_barrier_wait(&crowd->start);
	crowd->rc[at] = login(&crowd->scene, "lan", PASSWORD, &out);
	return NULL;
}

/* Of a crowd that comes at once some are let in, one after the other, and some sent away. */
static void test_crowd(void **state)
{
	pthread_t threads[CROWD];
	static struct crowd crowd;
	unsigned in = 0;
	unsigned away = 0;

	(void)state;
	open_real(&crowd.scene);
	assert_int_equal(pthread_barrier_init(&crowd.start, NULL, CROWD), 0);
	for (unsigned i = 0; i < CROWD; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, come, &crowd), 0);
	}
	for (unsigned i = 0; i < CROWD; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	}
	for (unsigned i = 0; i < CROWD; i++) {
		in += crowd.rc[i] == 0;
		away += crowd.rc[i] == -EAGAIN;
	}
	print_message("# of %d at once %u were let in, %u sent away\n", CROWD, in, away);
	assert_int_equal(in + away, CROWD);
	assert_true(in >= PH_LOGIN_WAITING && away >= 1);
	assert_int_equal(counts(&crowd.scene).delayed, away);
	(void)pthread_barrier_destroy(&crowd.start);
	scene_close(&crowd.scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_login),          cmocka_unit_test(test_nfd),
		cmocka_unit_test(test_changes),        cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_sessions_limit), cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_delays),         cmocka_unit_test(test_burst),
		cmocka_unit_test(test_delay_ends),     cmocka_unit_test(test_time),
		cmocka_unit_test(test_crowd),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
