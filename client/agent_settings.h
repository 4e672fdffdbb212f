/* client/agent_settings.h - the settings of `packhorse agent`: DIR/agent.conf, DIR/conf.d. */
#ifndef PH_CLIENT_AGENT_SETTINGS_H
#define PH_CLIENT_AGENT_SETTINGS_H

#include "client/budget.h"
#include "client/pace.h"
#include "common/cli/ini.h"
#include "common/log/cert.h"

#define PH_LAN_SIBLINGS_MAX 8

struct ph_agent_settings {
	char hub[PH_HUB_ADDRESS_MAX + 1];            /* HOST:PORT; "": the invite's */
	char courier[PH_HUB_ADDRESS_MAX + 1];        /* the same of a courier; "": none */
	char courier_listen[PH_HUB_ADDRESS_MAX + 1]; /* ADDR:PORT; "": the fixed port */
	unsigned courier_find;
	unsigned connect_ms;
	unsigned interval_ms, spread_ms, quiet_ms, latest_ms;
	unsigned backoff_ms, backoff_max_ms, settle_ms;
	unsigned commands;
	unsigned desk_serve, desk_port, desk_idle_ms;
	char lan_listen[PH_HUB_ADDRESS_MAX + 1]; /* ADDR:PORT; "": it does not */
	char sibling[PH_LAN_SIBLINGS_MAX]
		    [PH_HUB_ADDRESS_MAX + 1]; /* other machines of the site */
	unsigned n_siblings;
	unsigned lan_interval_ms;
	enum ph_prefix prefix;
};
/* Ends with a NULL name. */
extern const struct ph_setting ph_agent_setting_table[];

void ph_agent_settings_init(struct ph_agent_settings *settings);
/* As ph_ini_parse() and ph_ini_load(); OUT is written only on success. */
int ph_agent_settings_parse(struct ph_agent_settings *settings, struct ph_view text,
			    const char *name, struct ph_error *err);
int ph_agent_settings_load(struct ph_agent_settings *out, const char *dir,
			   struct ph_error *err);
/*
 * Where the hub is, for the device of INFO in the folder DIR: as its agent.conf says, or else
 * the invite; "": neither. 0, or a negative errno with PH_EXIT_CONFIG: agent.conf is wrong;
 * OUT is then what the invite says.
 */
int ph_agent_hub_address(const char *dir, const struct ph_site_info *info,
			 char out[static PH_HUB_ADDRESS_MAX + 1], struct ph_error *err);
/* As SETTINGS have it, and not so often that greetings take over a fifth of BUDGET, bytes a month. */
struct ph_pace_limits ph_agent_pace(const struct ph_agent_settings *settings,
				    uint64_t budget);

#endif
