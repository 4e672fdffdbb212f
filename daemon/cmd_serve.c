/* daemon/cmd_serve.c - packhorsed serve. */
#include "daemon/cmd.h"
#include "daemon/serve.h"

int ph_cmd_serve(struct ph_cli *cli, struct ph_error *err)
{
	return ph_serve(&(struct ph_serve){ .dir = cli->dir,
					    .listen = ph_cli_get(cli, "listen") },
			err);
}
