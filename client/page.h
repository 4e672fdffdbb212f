/* client/page.h - one thing that the ledger knows, shown. */
#ifndef PH_CLIENT_PAGE_H
#define PH_CLIENT_PAGE_H

#include "client/commands.h"
#include "common/cli/export.h"
#include "common/ledger/view.h"

/*
 * Print VIEW (taken), an object of common/ledger/view.h: with --json as it is, with
 * "schema"; else a line for each member, sites by their names. 0 or negative errno.
 */
int ph_page_print(const struct ph_cli *cli, struct ph_ledger *ledger, json_t *view);
/* How the ledger opens personal fields on this desk; borrows SITE. Nothing is kept. */
struct ph_opener ph_page_opener(struct ph_site *site);
/* "140371 Chiềng Khoa" if the site's name is known here, else its number. */
#define PH_PAGE_SITE_MAX 256
void ph_page_site(char out[static PH_PAGE_SITE_MAX], struct ph_ledger *ledger,
		  uint64_t site);
/* WHAT is not known here: prints that and returns PH_EXIT_OTHER. */
int ph_page_unknown(const struct ph_cli *cli, const char *what);

#endif
