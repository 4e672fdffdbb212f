/*
 * tests/unit/test_log_moments.c - `log`, listed in moments (client/cmd_log.c), when the store is
 * another one behind a moment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/commands.h"
#include "client/host.h"
#include "site_world.h"

/* It has the folder open, as at an agent. */
int ph_command_open(const struct ph_cli *cli, struct ph_site **site_out,
		    struct ph_error *err)
{
	const struct ph_host *host = cli->host;

	(void)err;
	*site_out = host->site;
	return 0;
}

/* By this clock each entry takes a moment. */
static void read_hurried(void *data, struct ph_now *now_out)
{
	struct ph_now *now = data;

	now->mono_ms += PH_SITE_MOMENT_MS;
	*now_out = *now;
}

static int setup_hurried(void **state)
{
	struct world *world;

	world_setup(state);
	world = *state;
	world->config.clock.read = read_hurried;
	province_must(world_join(world, NULL));
	province_must(world_open(world, NULL));
	return 0;
}

static unsigned n_between;

/* Whoever has the folder in between leaves it as it was. */
static void leave(void *data)
{
	(void)data;
	n_between++;
}

/* Or puts an older store back. */
static void put_older_back(void *data)
{
	struct world *world = data;
	char command[400];

	assert_true(++n_between < 100); /* it comes to an end */
	if (n_between == 1) {
		snprintf(command, sizeof(command),
			 "cd '%s' && rm -f site.db-* && cp older.db site.db", world->dir);
		province_must(system(command));
	}
}

/* Two entries, a copy of the store, and two more in another log; how `log` ends then. */
static int list(struct world *world, void (*between)(void *data), struct ph_error *err)
{
	struct ph_host host = { .site = world->site, .between = between, .data = world };
	struct ph_cli cli = { .command = &ph_cmd_log, .json = true, .host = &host };
	char command[400];

	n_between = 0;
	world_visits(world, 2);
	ph_site_pause(world->site);
	snprintf(command, sizeof(command), "cd '%s' && cp site.db older.db", world->dir);
	province_must(system(command));
	province_must(ph_site_resume(world->site, NULL));
	province_must(ph_site_put_back(world->site, NULL));
	world_visits(world, 2);
	world->site = NULL; /* the command closes it */
	return ph_cmd_log.run(&cli, err);
}

static unsigned count(const char *text, const char *words)
{
	unsigned n = 0;

	while ((text = strstr(text, words)) != NULL) {
		text += strlen(words);
		n++;
	}
	return n;
}

static void test_goes_on(void **state)
{
	struct ph_error err = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *listed = open_memstream(&text, &len);
	FILE *kept = stdout;
	int rc;

	assert_non_null(listed);
	stdout = listed;
	rc = list(*state, leave, &err);
	stdout = kept;
	assert_int_equal(fclose(listed), 0);
	assert_int_equal(rc, 0);
	assert_true(n_between >= 4);
	assert_int_equal(count(text, "\"kind\":\"visit\""), 4);
	free(text);
}

/* A log that is to be read next is not there any more: that is said. */
static void test_log_is_gone(void **state)
{
	struct ph_error err = { 0 };

	assert_int_equal(list(*state, put_older_back, &err), -EUCLEAN);
	assert_non_null(strstr(err.text, "reading the log"));
	assert_true(n_between >= 1);
}

#define HURRIED(test) cmocka_unit_test_setup_teardown(test, setup_hurried, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HURRIED(test_goes_on),
		HURRIED(test_log_is_gone),
	};

	return ph_crypto_start() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
