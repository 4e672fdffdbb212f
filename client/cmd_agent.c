/*
 * client/cmd_agent.c - packhorse agent: keep the folder, sync by itself, serve commands.
 *
 * Runs until it is told to stop; a service manager starts it (docs/OPERATIONS.md).
 */
#include <malloc.h>

#include "client/agent.h"
#include "client/commands.h"
#include "client/link_internal.h"

static int run(struct ph_cli *cli, struct ph_error *err)
{
	const char *hub = ph_cli_get(cli, "hub");
	char host[PH_HOST_MAX + 1];
	char port[PH_PORT_MAX + 1];
	int rc = hub ? ph_link_split(hub, host, port, err) : 0;

	/* threads that work by turns need no heaps of their own: they cost memory */
	(void)mallopt(M_ARENA_MAX, 1);
	return rc != 0 ? rc : ph_agent_run(cli, hub, err);
}

static const struct ph_cli_option options[] = {
	{ "hub", "HOST:PORT",
	  "another address of the same hub; its key stays the invite's" },
	{ NULL, NULL, NULL },
};

const struct ph_cli_command ph_cmd_agent = {
	.name = "agent",
	.group = "The road",
	.args = "",
	.doc = "stay, sync by itself, and serve the other commands\n"
	       "\n"
	       "Syncs at its start, by a timer, after new entries and when the network\n"
	       "changes; after a failure it waits longer each time. Settings are in\n"
	       "agent.conf of the folder. SIGHUP reads them again, SIGTERM ends it.",
	.options = options,
	.run = run,
};
