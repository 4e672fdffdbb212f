/*
 * client/cmd_crate_show.c - packhorse crate show: what is in a crate, and what came.
 */
#include <errno.h>

#include "client/page.h"
#include "common/base/say.h"

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_site *site = NULL;
	struct ph_ledger *ledger = NULL;
	json_t *view = NULL;
	struct ph_id id;
	int rc = ph_command_open(cli, &site, err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_site_resolve(site, PH_T_CRATE_ID, ph_view_str(cli->args[0]), &id, NULL,
			     err);
	if (rc == 0) {
		ledger = ph_site_ledger(site, err);
		rc = ledger ? ph_view_crate(ledger, &id, &view) : -EIO;
	}
	if (rc == 0) {
		rc = ph_page_print(cli, ledger, view);
	} else if (rc > 0) {
		rc = ph_page_unknown(cli, cli->args[0]);
	}
	ph_site_close(site);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("showing a crate", "hiện thùng sách"))
		      : rc;
}

static const struct ph_cli_option show_options[] = { PH_EXPORT_OPTIONS, { 0 } };

const struct ph_cli_command ph_cmd_crate_show = {
	.name = "crate show",
	.group = "Crates",
	.args = "CRATE",
	.min_args = 1,
	.max_args = 1,
	.doc = "what was sent in a crate and what came, what is short and over",
	.options = show_options,
	.run = run,
};
