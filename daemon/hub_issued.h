/* daemon/hub_issued.h - a report as it was issued, found by its name or reference. */
#ifndef PH_DAEMON_HUB_ISSUED_H
#define PH_DAEMON_HUB_ISSUED_H

#include "common/ledger/figures.h"
#include "daemon/hub_internal.h"

#define PH_HUB_ISSUED_NAME 64 /* bytes of a name, at most */

/* All zero is a valid empty one. */
struct ph_hub_issued {
	struct ph_ref ref; /* of its first part */
	char name[PH_HUB_ISSUED_NAME + 1];
	int64_t from, to, second;
	uint64_t agrees, disagrees; /* words that count: it is right, or not */
	json_t *signoffs; /* those: [{entry, site, agrees, commune (if it is for one)} ...] */
	json_t *strays;            /* that do not: the same, with why (ph_signs_name()) */
	struct ph_figures figures; /* of all parts */
	struct ph_buf sheet;       /* JSON, as it was printed; empty: there was none */
};
void ph_hub_issued_deinit(struct ph_hub_issued *issued);

/*
 * By reference, or the last that was issued under a name. 0; PH_HUB_E_NONE; a negative
 * errno with ERR. ISSUED, all zero before, is to be ended in any case.
 */
int ph_hub_issued_find(struct ph_hub *hub, const char *text, struct ph_hub_issued *issued,
		       struct ph_error *err);
/*
 * Append an item for each report to LIST, and to STRAYS one for each word of a site that names
 * none of them: as of `strays` above, with "report", the reference that it names, and why:
 * "unknown-report", or "later-part" (of a report; its first is what is signed). 0 or negative errno.
 */
int ph_hub_issued_list(struct ph_hub *hub, json_t *list, json_t *strays);

/* --- hub_command_report.c --- */

/* "from" and "to", days. 0, or -EINVAL with ERR. */
int ph_hub_read_days(const json_t *request, int64_t *from, int64_t *to,
		     struct ph_error *err);
/* Set "sites" of ANSWER. 0 or negative errno. */
int ph_hub_show_figures(struct ph_hub *hub, const struct ph_figures *figures,
			json_t *answer);

#endif
