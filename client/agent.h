/* client/agent.h - the long-running client of a site. */
#ifndef PH_CLIENT_AGENT_H
#define PH_CLIENT_AGENT_H

#include "common/cli/cli.h"

/*
 * Keep CLI's folder: sync it, carry commands out, lend it, until SIGTERM or SIGINT. HUB
 * (may be NULL): HOST:PORT instead of what settings and invite say. 0, or a negative errno
 * with ERR.
 */
int ph_agent_run(const struct ph_cli *cli, const char *hub, struct ph_error *err);

#endif
