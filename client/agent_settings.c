/*
 * client/agent_settings.c - the table, and what of it is particular.
 *
 * How a file is read, and what is said of a wrong one, is common/cli/ini.c.
 */
#include "client/agent_settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/link_internal.h"
#include "common/base/limits.h"
#include "common/base/say.h"

#define HOUR_MS      3600000u
#define WEEK_MS      (7 * 24 * HOUR_MS)
#define MONTH_MS     (UINT64_C(30) * 24 * HOUR_MS)
#define GREETING     300 /* bytes of a session in which nothing moves */
#define UINT(member) PH_SETTING_UINT, offsetof(struct ph_agent_settings, member)

static int put_hub(void *data, const char *value, bool is_again, struct ph_error *err);
static int put_courier(void *data, const char *value, bool is_again,
		       struct ph_error *err);
static int put_listen(void *data, const char *value, bool is_again, struct ph_error *err);
static int put_lan_listen(void *data, const char *value, bool is_again,
			  struct ph_error *err);
static int put_sibling(void *data, const char *value, bool is_again,
		       struct ph_error *err);

const struct ph_setting ph_agent_setting_table[] = {
	{ "hub", "address", PH_SETTING_OWN, offsetof(struct ph_agent_settings, hub), 0, 0,
	  0, "HOST:PORT of the hub, if not the invite's; its key stays the invite's",
	  put_hub },
	{ "hub", "connect-ms", UINT(connect_ms), 1, 600000, 15000,
	  "give up connecting after so long", NULL },
	{ "sync", "interval-ms", UINT(interval_ms), 1000, WEEK_MS, 900000,
	  "from a session to the next when nothing happens, give or take a fifth", NULL },
	{ "sync", "spread-ms", UINT(spread_ms), 0, HOUR_MS, 15000,
	  "the first session comes within this", NULL },
	{ "sync", "quiet-ms", UINT(quiet_ms), 0, HOUR_MS, 3000,
	  "after a new entry, if no other follows", NULL },
	{ "sync", "latest-ms", UINT(latest_ms), 0, HOUR_MS, 30000,
	  "after the first entry of a burst, whatever follows", NULL },
	{ "sync", "backoff-ms", UINT(backoff_ms), 10, HOUR_MS, 4000,
	  "after a failure at most this, doubled with each further one", NULL },
	{ "sync", "backoff-max-ms", UINT(backoff_max_ms), 10, WEEK_MS, 900000,
	  "up to this", NULL },
	{ "sync", "settle-ms", UINT(settle_ms), 0, HOUR_MS, 2000,
	  "after a change of the network: so long to twice so long", NULL },
	{ "courier", "address", PH_SETTING_OWN,
	  offsetof(struct ph_agent_settings, courier), 0, 0, 0,
	  "HOST:PORT of a courier to try when the hub cannot be reached", put_courier },
	{ "courier", "find", UINT(courier_find), 0, 1, 1,
	  "1: look for couriers on the network (Avahi) when the hub cannot be reached",
	  NULL },
	{ "courier", "listen", PH_SETTING_OWN,
	  offsetof(struct ph_agent_settings, courier_listen), 0, 0, 0,
	  "ADDR:PORT on which `packhorse courier` listens, if not every address, port "
	  "7416",
	  put_listen },
	{ "lan", "listen", PH_SETTING_OWN, offsetof(struct ph_agent_settings, lan_listen),
	  0, 0, 0, "ADDR:PORT for other machines of this site; not given: none is heard",
	  put_lan_listen },
	{ "lan", "sibling", PH_SETTING_OWN, offsetof(struct ph_agent_settings, sibling),
	  0, 0, 0, "HOST:PORT of another machine of this site; may stand several times",
	  put_sibling },
	{ "lan", "interval-ms", UINT(lan_interval_ms), 1000, HOUR_MS, 60000,
	  "from a call of those to the next when nothing was written here", NULL },
	{ "desk", "serve", UINT(desk_serve), 0, 1, 0,
	  "1: serve the desk's page and API on 127.0.0.1; heeded at the start", NULL },
	{ "desk", "port", UINT(desk_port), 0, 65535, 0, "its port; 0: a free one", NULL },
	{ "desk", "idle-ms", UINT(desk_idle_ms), 1000, 12 * HOUR_MS, 900000,
	  "a desk with a PIN is locked when nobody has worked at it for so long", NULL },
	{ "limits", "commands", UINT(commands), 1, 1024, PH_AGENT_COMMANDS,
	  "local commands at once", NULL },
	{ "log", "prefix", PH_SETTING_PREFIX, offsetof(struct ph_agent_settings, prefix),
	  0, 0, PH_PREFIX_AUTO, "levels as <N> before each line: yes, no, or auto",
	  NULL },
	{ .name = NULL },
};

/* An address into OUT, if this file did not have one. */
static int put_address(const char *name, const char *value, bool is_again,
		       char out[static PH_HUB_ADDRESS_MAX + 1], struct ph_error *err)
{
	struct ph_error why = { 0 };
	char host[PH_HOST_MAX + 1];
	char port[PH_PORT_MAX + 1];
	int rc = ph_link_split(value, host, port, &why);

	if (is_again) {
		return ph_fail(err, PH_EXIT_CONFIG, -EINVAL,
			       ph_say("%s stands twice in this file",
				      "%s có hai lần trong tệp này"),
			       name);
	}
	if (rc < 0 || strlen(value) > PH_HUB_ADDRESS_MAX) {
		return ph_fail(err, PH_EXIT_CONFIG, -EINVAL, "%s: %s", name,
			       rc < 0 ? why.text : ph_say("too long", "quá dài"));
	}
	strcpy(out, value);
	return 0;
}

static int put_hub(void *data, const char *value, bool is_again, struct ph_error *err)
{
	struct ph_agent_settings *settings = data;

	return put_address("address", value, is_again, settings->hub, err);
}

static int put_courier(void *data, const char *value, bool is_again, struct ph_error *err)
{
	struct ph_agent_settings *settings = data;

	return put_address("address", value, is_again, settings->courier, err);
}

static int put_listen(void *data, const char *value, bool is_again, struct ph_error *err)
{
	struct ph_agent_settings *settings = data;

	return put_address("listen", value, is_again, settings->courier_listen, err);
}

static int put_lan_listen(void *data, const char *value, bool is_again,
			  struct ph_error *err)
{
	struct ph_agent_settings *settings = data;

	return put_address("listen", value, is_again, settings->lan_listen, err);
}

/* A later file overrides an earlier one, whole. */
static int put_sibling(void *data, const char *value, bool is_again, struct ph_error *err)
{
	struct ph_agent_settings *settings = data;
	int rc;

	settings->n_siblings = is_again ? settings->n_siblings : 0;
	if (settings->n_siblings == PH_LAN_SIBLINGS_MAX) {
		return ph_fail(
			err, PH_EXIT_CONFIG, -EINVAL,
			ph_say("sibling: more than %d machines", "sibling: hơn %d máy"),
			PH_LAN_SIBLINGS_MAX);
	}
	rc = put_address("sibling", value, false, settings->sibling[settings->n_siblings],
			 err);
	settings->n_siblings += rc == 0;
	return rc;
}

void ph_agent_settings_init(struct ph_agent_settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	ph_ini_defaults(ph_agent_setting_table, settings);
}

int ph_agent_settings_parse(struct ph_agent_settings *settings, struct ph_view text,
			    const char *name, struct ph_error *err)
{
	return ph_ini_parse(ph_agent_setting_table, settings, text, name, err);
}

int ph_agent_settings_load(struct ph_agent_settings *out, const char *dir,
			   struct ph_error *err)
{
	struct ph_agent_settings settings;
	int rc;

	ph_agent_settings_init(&settings);
	rc = ph_ini_load(ph_agent_setting_table, &settings, dir, "agent.conf", err);
	if (rc == 0) {
		*out = settings;
	}
	return rc;
}

int ph_agent_hub_address(const char *dir, const struct ph_site_info *info,
			 char out[static PH_HUB_ADDRESS_MAX + 1], struct ph_error *err)
{
	struct ph_agent_settings settings = { .hub = "" };
	int rc = ph_agent_settings_load(&settings, dir, err);

	if (settings.hub[0]) {
		snprintf(out, PH_HUB_ADDRESS_MAX + 1, "%s", settings.hub);
	} else {
		snprintf(out, PH_HUB_ADDRESS_MAX + 1, "%.*s", (int)info->hub_address.len,
			 info->hub_address.len ? (const char *)info->hub_address.data
					       : "");
	}
	return rc;
}

/* From one session to the next, at least. */
static uint64_t gap(uint64_t budget)
{
	uint64_t sessions = budget / 5 / GREETING;

	if (budget == PH_BUDGET_NONE) {
		return 0;
	}
	return sessions <= MONTH_MS / WEEK_MS ? WEEK_MS : MONTH_MS / sessions;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

struct ph_pace_limits ph_agent_pace(const struct ph_agent_settings *settings,
				    uint64_t budget)
{
	uint64_t least = gap(budget);

	return (struct ph_pace_limits){
		.interval = larger(settings->interval_ms, least),
		.spread = settings->spread_ms,
		.quiet = larger(settings->quiet_ms, least),
		.latest = larger(settings->latest_ms, least),
		.backoff = settings->backoff_ms,
		.backoff_max = larger(settings->backoff_max_ms, least),
		.settle = settings->settle_ms,
	};
}
