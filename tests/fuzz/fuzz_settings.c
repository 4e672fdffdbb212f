/*
 * tests/fuzz/fuzz_settings.c - any bytes as the text of agent.conf.
 *
 * Every refusal has words that name a line. What is taken lies within the limits of the
 * table, each address splits, no greeting comes sooner than it says whatever the budget, and
 * the same text gives the same settings again, also out of the file.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/agent_settings.h"
#include "client/link_internal.h"

#include "tests/fuzz/choices.h"
#include "tests/fuzz/folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_address(const char *address, bool may_lack)
{
	char host[PH_HOST_MAX + 1];
	char port[PH_PORT_MAX + 1];
	struct ph_error err = { 0 };

	must(strlen(address) <= PH_HUB_ADDRESS_MAX);
	must((may_lack && address[0] == '\0') ||
	     ph_link_split(address, host, port, &err) == 0);
}

static void check_pace(const struct ph_agent_settings *settings)
{
	static const uint64_t budgets[] = {
		0, 1, 7500, 1000000, UINT64_MAX - 1, PH_BUDGET_NONE
	};

	for (size_t i = 0; i < sizeof(budgets) / sizeof(budgets[0]); i++) {
		struct ph_pace_limits pace = ph_agent_pace(settings, budgets[i]);

		must(pace.interval >= settings->interval_ms);
		must(pace.quiet >= settings->quiet_ms);
		must(pace.latest >= settings->latest_ms);
		must(pace.backoff == settings->backoff_ms);
		must(budgets[i] != PH_BUDGET_NONE ||
		     (pace.interval == settings->interval_ms &&
		      pace.backoff_max == settings->backoff_max_ms));
	}
}

static void check(const struct ph_agent_settings *settings)
{
	for (const struct ph_setting *s = ph_agent_setting_table; s->name != NULL; s++) {
		unsigned value;

		if (s->type == PH_SETTING_UINT) {
			memcpy(&value, (const char *)settings + s->offset, sizeof(value));
			must(value >= s->min && value <= s->max);
		}
	}
	check_address(settings->hub, true);
	check_address(settings->courier, true);
	check_address(settings->courier_listen, true);
	check_address(settings->lan_listen, true);
	must(settings->n_siblings <= PH_LAN_SIBLINGS_MAX);
	for (unsigned i = 0; i < settings->n_siblings; i++) {
		check_address(settings->sibling[i], false);
	}
	must(settings->prefix <= PH_PREFIX_NO);
	check_pace(settings);
}

/* Out of agent.conf, if PARSED is what its text alone gives. */
static void try_file(const uint8_t *data, size_t size, int parsed,
		     const struct ph_agent_settings *settings)
{
	static struct ph_agent_settings loaded, before;
	struct ph_error err = { 0 };
	char path[96];
	int fd, rc;

	if (fuzz_folder[0] == '\0') {
		fuzz_folder_make();
		must(ph_agent_settings_load(&loaded, fuzz_folder, &err) ==
		     0); /* no file */
		check(&loaded);
	}
	snprintf(path, sizeof(path), "%s/agent.conf", fuzz_folder);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
	memset(&loaded, 0x5a, sizeof(loaded));
	before = loaded;
	rc = ph_agent_settings_load(&loaded, fuzz_folder, &err);
	must((rc == 0) == (parsed == 0));
	must(memcmp(&loaded, rc == 0 ? settings : &before, sizeof(loaded)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ph_agent_settings settings, again;
	struct ph_error err = { 0 };
	int rc;

	ph_agent_settings_init(&settings);
	rc = ph_agent_settings_parse(&settings, PH_VIEW(data, size), "conf", &err);
	must(rc <= 0 && (rc == 0) == (err.text[0] == '\0'));
	try_file(data, size, rc, &settings);
	if (rc != 0) {
		must(strncmp(err.text, "conf", 4) == 0);
		return 0;
	}
	check(&settings);
	ph_agent_settings_init(&again);
	must(ph_agent_settings_parse(&again, PH_VIEW(data, size), "conf", &err) == 0);
	must(memcmp(&settings, &again, sizeof(settings)) == 0);
	return 0;
}
