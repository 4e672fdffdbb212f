/*
 * tests/unit/test_work.c - the agent's thread (client/work.c): a command that takes long has the
 * others carried out in between, and each says what it says in its own language; what came is
 * folded in moments when there is no order, and whole for one that stands on it.
 */
#include <setjmp.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/site_internal.h"
#include "client/work.h"
#include "common/cli/out.h"
#include "site_world.h"

#define ORDERS_MAX 8

struct desk {
	struct world *world;
	uv_loop_t loop;
	struct ph_turn turn;
	struct ph_site_turn turns;
	struct ph_work *work;
	struct ph_order order[ORDERS_MAX];
	unsigned n, n_done, n_lent;
	char done[ORDERS_MAX + 1]; /* whose it was, in that order */
	unsigned n_troubles;
};

static struct desk desk;
static uv_sem_t all_are_there;
static uv_sem_t said; /* by each short one */
static bool counts;   /* commands say what they do not count */
static bool loses;    /* the store is gone when the long one is to go on */

static void name_store(char path[static 160], char away[static 160])
{
	world_path(desk.world, "site.db", path);
	world_path(desk.world, "site.db.away", away);
}

/* ---- commands ---- */

static int say(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_host *host = cli->host;
	uint64_t left;

	uv_sem_post(&said);
	printf("%s %s", cli->args[0], ph_say("in English", "bằng tiếng Việt"));
	if (counts) {
		assert_non_null(ph_site_ledger_near(host->site, &left, err));
		printf(", %" PRIu64 " left", left);
	}
	return 0;
}

/* A moment is over once all have come; then it goes on. */
static int take_long(struct ph_cli *cli, struct ph_error *err)
{
	const struct ph_host *host = cli->host;
	char path[160];
	char away[160];
	int rc;

	uv_sem_wait(&all_are_there);
	uv_sem_post(&all_are_there);
	printf("%s began, ", cli->args[0]);
	ph_site_pause(host->site);
	host->between(host->data);
	if (loses) {
		name_store(path, away);
		assert_int_equal(ph_site_resume(host->site, err), 0);
		ph_site_put_away(host->site);
		ph_site_pause(host->site);
		assert_int_equal(rename(path, away), 0);
	}
	rc = ph_site_resume(host->site, err);
	return rc < 0 ? rc : say(cli, err);
}

static const struct ph_cli_command commands[] = {
	{ .name = "plan",
	  .group = "",
	  .args = "NAME",
	  .min_args = 1,
	  .max_args = 1,
	  .doc = "",
	  .run = take_long },
	{ .name = "log",
	  .group = "",
	  .args = "NAME",
	  .min_args = 1,
	  .max_args = 1,
	  .doc = "",
	  .run = take_long },
	{ .name = "status",
	  .group = "",
	  .args = "NAME",
	  .min_args = 1,
	  .max_args = 1,
	  .doc = "",
	  .run = say },
	{ .name = "visit",
	  .group = "",
	  .args = "NAME",
	  .min_args = 1,
	  .max_args = 1,
	  .doc = "",
	  .run = say },
	{ .name = NULL },
};
static const struct ph_cli_program program = { .name = "prog",
					       .summary = "",
					       .commands = commands };

/* ---- the desk ---- */

static void on_lent(void *data, struct ph_order *order)
{
	(void)data;
	(void)order;
	desk.n_lent++;
	ph_work_give_back(desk.work);
}

static void on_done(void *data, struct ph_order *order)
{
	(void)data;
	desk.done[desk.n_done++] = (char)('a' + (order - desk.order));
	if (desk.n_done == desk.n) {
		ph_work_stop(desk.work);
	}
}

static void on_trouble(void *data, const struct ph_error *why)
{
	(void)data;
	assert_true(why->text[0] != '\0');
	desk.n_troubles++;
}

static int set_up(void **state)
{
	memset(&desk, 0, sizeof(desk));
	loses = false;
	counts = false;
	world_setup_joined(state);
	desk.world = *state;
	province_must(uv_loop_init(&desk.loop));
	province_must(uv_sem_init(&all_are_there, 0));
	province_must(uv_sem_init(&said, 0));
	province_must(ph_turn_init(&desk.turn));
	desk.turns = (struct ph_site_turn){ .take = ph_turn_take,
					    .give = ph_turn_give,
					    .has = ph_turn_has,
					    .data = &desk.turn };
	ph_site_keep(desk.world->site, &desk.turns);
	return 0;
}

static int tear_down(void **state)
{
	for (unsigned i = 0; i < desk.n; i++) {
		ph_order_deinit(&desk.order[i]);
	}
	ph_turn_take(&desk.turn);
	ph_site_keep(desk.world->site, NULL);
	ph_turn_give(&desk.turn);
	ph_turn_deinit(&desk.turn);
	uv_sem_destroy(&all_are_there);
	uv_sem_destroy(&said);
	province_must(uv_loop_close(&desk.loop));
	return world_teardown(state);
}

static void begin(void)
{
	province_must(ph_work_start(
		&desk.work, &(struct ph_work_config){ .loop = &desk.loop,
						      .program = &program,
						      .site = desk.world->site,
						      .turn = &desk.turn,
						      .on_lent = on_lent,
						      .on_done = on_done,
						      .on_trouble = on_trouble }));
}

/* NAME is called by the next letter. */
static void push_as(const char *name, bool is_vietnamese, enum ph_order_rank rank)
{
	const char word[2] = { (char)('a' + desk.n), '\0' };
	struct ph_order *order = &desk.order[desk.n++];

	order->rank = rank;
	order->is_loan = name == NULL;
	order->request =
		json_pack("{s:s, s:s, s:[], s:[s], s:b, s:b, s:s, s:b}", "version",
			  ph_cli_version(), "name", name ? name : "pack-stick", "options",
			  "words", word, "json", 0, "plain", 0, "dir", "here",
			  "vietnamese", (int)is_vietnamese);
	assert_non_null(order->request);
	ph_work_push(desk.work, order);
}

static void push(const char *name, bool is_vietnamese)
{
	push_as(name, is_vietnamese, PH_ORDER_WORK);
}

static void finish(void)
{
	uv_sem_post(&all_are_there);
	assert_int_equal(uv_run(&desk.loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(desk.n_done, desk.n);
}

static void assert_said(unsigned i, const char *words)
{
	const struct ph_buf *answer = &desk.order[i].answer;
	const char *end = memchr(answer->data, '\n', answer->len);
	char text[200];

	assert_non_null(end);
	snprintf(text, sizeof(text), "%.*s",
		 (int)((const char *)answer->data + answer->len - end - 1), end + 1);
	assert_string_equal(text, words);
}

/* ---- tests ---- */

static void test_in_a_row(void **state)
{
	(void)state;
	begin();
	push("status", false);
	push("status", true);
	push(NULL, false);
	push("status", false);
	finish();
	assert_string_equal(desk.done, "abcd");
	assert_said(0, "a in English");
	assert_said(1, "b bằng tiếng Việt");
	assert_int_equal(desk.n_troubles, 0);
}

/* Those that are there when it lets go are before it, but for another that takes long. */
static void test_between(void **state)
{
	(void)state;
	begin();
	push("plan", true);
	push("plan", false);
	push("status", false);
	push(NULL, false); /* a loan */
	push("status", true);
	finish();
	assert_string_equal(desk.done, "cdeab");
	assert_said(0, "a began, a bằng tiếng Việt");
	assert_said(1, "b began, b in English");
	assert_said(2, "c in English");
	assert_said(4, "e bằng tiếng Việt");
	assert_int_equal(desk.n_troubles, 0);
}

/* It cannot have the store again: it says so, and the turn is nobody's; once it is there all goes on. */
static void test_lost_between(void **state)
{
	char path[160];
	char away[160];

	(void)state;
	loses = true;
	name_store(path, away);
	begin();
	push("plan", false);
	finish();
	assert_null(memmem(desk.order[0].answer.data, desk.order[0].answer.len,
			   "in English", strlen("in English")));
	assert_non_null(memmem(desk.order[0].answer.data, desk.order[0].answer.len,
			       "site.db", strlen("site.db")));
	assert_true(ph_turn_try(&desk.turn));
	ph_turn_give(&desk.turn);
	assert_int_equal(rename(away, path), 0);
	loses = false;
	begin();
	push("status", false);
	finish();
	assert_said(1, "b in English");
}

/* Whatever pages read is behind commands, and what a person waits for before what a page polls. */
static void test_pages_wait(void **state)
{
	(void)state;
	begin();
	push("plan", false);
	push_as("status", false, PH_ORDER_PAGE);
	push_as("status", false, PH_ORDER_PAGE);
	push_as("status", false, PH_ORDER_WORK);
	push_as("status", false, PH_ORDER_PERSON);
	push_as(NULL, false, PH_ORDER_WORK); /* a loan */
	push_as("status", false, PH_ORDER_PAGE);
	assert_true(ph_work_take_back(desk.work, &desk.order[6])); /* the last */
	push_as("status", false, PH_ORDER_PAGE);
	desk.n--;
	finish();
	assert_string_equal(desk.done, "dfebcha");
	ph_order_deinit(&desk.order[7]); /* seven are done of eight */
}

/* Of what lets go so that nobody waits for it, who waits is before it; what a page reads by itself is not. */
static void test_between_a_look(void **state)
{
	(void)state;
	begin();
	push_as("log", false, PH_ORDER_WORK);
	push_as("status", false, PH_ORDER_PAGE);
	push_as("visit", false, PH_ORDER_WORK);
	push_as("status", true, PH_ORDER_PERSON);
	push_as(NULL, false, PH_ORDER_WORK); /* a loan */
	push_as("log", false, PH_ORDER_WORK);
	finish();
	assert_string_equal(desk.done, "cedafb");
	assert_said(0, "a began, a in English");
	assert_said(3, "d bằng tiếng Việt");
	assert_int_equal(desk.n_troubles, 0);
}

static unsigned n_made;

static void make(struct ph_order *order)
{
	uv_thread_t here = uv_thread_self();

	assert_false(uv_thread_equal(&here, order->owner));
	assert_true(order->answer.len > 0);
	assert_false(
		ph_turn_has(&desk.turn)); /* a session may have the folder meanwhile */
	ph_buf_wipe(&order->answer);
	n_made++;
}

/* What is made of an answer is made on the thread, before the loop is told. */
static void test_made_of_it(void **state)
{
	uv_thread_t loop = uv_thread_self();

	(void)state;
	n_made = 0;
	begin();
	desk.order[0].owner = &loop;
	desk.order[0].on_carried = make;
	push("status", false);
	push("status", false);
	finish();
	assert_int_equal(n_made, 1);
	assert_int_equal(desk.order[0].answer.len, 0);
	assert_said(1, "b in English");
}

/* Some are done and not told of yet, when those who asked give up: all are told of. */
static void test_given_up_late(void **state)
{
	char who[32];

	(void)state;
	begin();
	for (unsigned i = 0; i < 3; i++) {
		push("status", false);
	}
	for (unsigned i = 0; i < 3; i++) {
		uv_sem_wait(&said);
	}
	do {
		ph_work_current(desk.work, who, sizeof(who));
	} while (who[0] != '\0'); /* the last has said it, and is not over yet */
	for (unsigned i = 0; i < 3; i++) {
		assert_false(ph_work_take_back(desk.work, &desk.order[i]));
	}
	(void)uv_run(&desk.loop, UV_RUN_ONCE);
	assert_string_equal(desk.done, "abc");
	finish();
}

#define BATCH 20000 /* entries that are folded in one go (client/site_fold.c) */

/* COUNT visits that nobody has folded; all the others are. */
static void come(unsigned count)
{
	struct ph_site *site = desk.world->site;

	assert_int_equal(ph_site_resume(site, NULL), 0);
	assert_non_null(ph_site_ledger(site, NULL));
	world_visits(desk.world, count);
	ph_site_pause(site);
}

/* Entries that are not folded. Nothing is folded for it. */
static uint64_t count_left(void)
{
	struct ph_site *site = desk.world->site;
	uint64_t left;

	assert_int_equal(ph_site_resume(site, NULL), 0);
	assert_int_equal(ph_site_ledger_open(site, site->db, NULL), 0);
	assert_int_equal(ph_ledger_step(site->ledger, 0, &left, NULL), 0);
	ph_site_pause(site);
	return left;
}

/* In moments, each of which lets go of the site: who looks in between sees less and less left. */
static void test_folds_by_itself(void **state)
{
	const unsigned came = 6 * PH_SITE_FEW;
	uint64_t before = came;
	uint64_t left;
	unsigned looks = 0;

	(void)state;
	come(came);
	begin();
	assert_int_equal(count_left(), came); /* nobody has said that something came */
	ph_work_fold(desk.work);
	while ((left = count_left()) > 0 && looks++ < 1000000) {
		assert_true(left <= before);
		before = left;
	}
	assert_int_equal(left, 0);
	counts = true;
	push("status", false);
	finish();
	assert_said(0, "a in English, 0 left");
	assert_int_equal(desk.n_troubles, 0);
}

/* What stands on all of it has all of it, and those that only look do not wait for that. */
static void test_folds_for_who_needs_it(void **state)
{
	(void)state;
	come(2 * BATCH + 100);
	counts = true;
	ph_turn_take(&desk.turn); /* until all have come */
	begin();
	push("visit", false);
	push("status", false);
	push("visit", true);
	push("status", true);
	ph_turn_give(&desk.turn);
	finish();
	assert_string_equal(desk.done, "bdac");
	assert_said(0, "a in English, 0 left");
	assert_said(1, "b in English, 19600 left");
	assert_said(2, "c bằng tiếng Việt, 0 left");
	assert_said(3, "d bằng tiếng Việt, 19100 left");
	assert_int_equal(desk.n_troubles, 0);
}

/* So it is between two moments of a look: what stands on all of it does not hold the others up. */
static void test_folds_between_a_look(void **state)
{
	(void)state;
	come(2 * BATCH + 100);
	counts = true;
	begin();
	push("log", false);
	push("visit", false);
	push_as("status", false, PH_ORDER_PERSON);
	push_as(NULL, false, PH_ORDER_PERSON); /* a loan */
	push("visit", true);
	finish();
	assert_string_equal(desk.done, "cbeda");
	assert_said(0, "a began, a in English, 0 left");
	assert_said(1, "b in English, 0 left");
	assert_said(2, "c in English, 19600 left");
	assert_said(4, "e bằng tiếng Việt, 0 left");
	assert_int_equal(desk.n_troubles, 0);
}

/* Whoever borrows waits a few seconds only: it has the folder at once, and folds what it needs. */
static void test_lends_at_once(void **state)
{
	(void)state;
	come(BATCH + 100);
	counts = true;
	ph_turn_take(&desk.turn); /* until both have come */
	begin();
	push(NULL, false);
	push("status", false);
	ph_turn_give(&desk.turn);
	finish();
	assert_string_equal(desk.done, "ab");
	assert_said(1, "b in English, 19600 left");
	assert_int_equal(desk.n_troubles, 0);
}

/* What a loan brought, as one to take a stick in, is folded like what a session brought. */
static void test_folds_after_a_loan(void **state)
{
	uint64_t left;
	unsigned looks = 0;

	(void)state;
	come(6 * PH_SITE_FEW);
	begin();
	push(NULL, false);
	while (desk.n_lent == 0) {
		(void)uv_run(&desk.loop, UV_RUN_ONCE);
	}
	while ((left = count_left()) > 0 && looks++ < 20000) {
		uv_sleep(1);
	}
	assert_int_equal(left, 0);
	finish();
	assert_int_equal(desk.n_troubles, 0);
}

/* All is to be folded anew, by another key list: who looks does not wait for all of it. */
static void test_looks_at_one_made_anew(void **state)
{
	struct ph_site *site = desk.world->site;
	uint64_t left;

	(void)state;
	come(4 * PH_SITE_FEW);
	assert_int_equal(ph_site_resume(site, NULL), 0);
	assert_non_null(ph_site_ledger(site, NULL));
	assert_non_null(ph_site_ledger_near(site, &left, NULL));
	assert_int_equal(left, 0);
	site->keylist.generation++;
	assert_non_null(ph_site_ledger_near(site, &left, NULL));
	ph_site_pause(site);
	assert_in_range(left, 3 * PH_SITE_FEW, 5 * PH_SITE_FEW);
	begin();
	counts = true;
	push("visit", false);
	finish();
	assert_said(0, "a in English, 0 left");
	assert_int_equal(desk.n_troubles, 0);
}

#define AT_DESK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_DESK(test_in_a_row),
		AT_DESK(test_between),
		AT_DESK(test_lost_between),
		AT_DESK(test_between_a_look),
		AT_DESK(test_made_of_it),
		AT_DESK(test_given_up_late),
		AT_DESK(test_pages_wait),
		AT_DESK(test_folds_by_itself),
		AT_DESK(test_folds_for_who_needs_it),
		AT_DESK(test_folds_between_a_look),
		AT_DESK(test_lends_at_once),
		AT_DESK(test_folds_after_a_loan),
		AT_DESK(test_looks_at_one_made_anew),
	};

	return ph_crypto_start() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
