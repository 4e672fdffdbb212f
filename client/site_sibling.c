/*
 * client/site_sibling.c - logs of other devices of this site, carried to the hub by us.
 *
 * Over the LAN we have what another PC of the site wrote, maybe before the hub has. It sends that
 * itself, as a rule. If it is not heard for a while the hub asks for its log, and we send
 * what the hub lacks as it stands here: entries by the seals that came with them, sealed
 * parts as far as they open here. Behind our own logs, so that these never wait for it.
 *
 * A stick cannot be asked. There goes all that came over the LAN and is not known to be at the
 * hub, by a receipt or because the hub itself sent it.
 */
#include "client/site_sibling.h"

#include <errno.h>
#include <string.h>

bool ph_site_is_sibling(const struct ph_site *site, const struct ph_log *log)
{
	return log->site == site->cert.invite.site &&
	       memcmp(log->key, site->keys.sign.key, sizeof(log->key)) != 0;
}

uint64_t ph_site_send_end(const struct ph_site_send *send, const struct ph_log *log)
{
	return send->row > 0 ? log->sealed : log->n;
}

int ph_site_send_log(struct ph_site *site, const struct ph_site_send *send,
		     struct ph_log *log_out)
{
	int rc = send->row > 0
			 ? ph_journal_log_at(site->journal, send->row, log_out)
			 : ph_journal_log_find(site->journal, send->log_id, log_out);

	return rc > 0 ? -EUCLEAN : rc;
}

/* --- what the hub is known to have --- */

/* Whether entry N came over the LAN; *FIRST_OUT: the first that came with it. 0 or negative errno. */
static int came_by_lan(struct ph_site *site, const struct ph_log *log, uint64_t n,
		       bool *is_out, uint64_t *first_out)
{
	struct ph_arrival arrival;
	int rc = ph_journal_arrival(site->journal, log->row, n, &arrival);

	*is_out = rc == 0 && arrival.road == PH_ROAD_LAN;
	*first_out = rc == 0 ? arrival.first : n;
	return rc < 0 ? rc : 0;
}

int ph_site_sibling_waits(struct ph_site *site, const struct ph_log *log, bool *waits_out)
{
	uint64_t first;
	uint64_t held = 0;
	int rc;

	*waits_out = false;
	rc = log->n == 0 ? 0 : came_by_lan(site, log, log->n, waits_out, &first);
	if (rc == 0 && *waits_out) {
		rc = ph_site_held(site, log, &held);
		*waits_out = rc == 0 && held < log->n;
	}
	return rc;
}

/* Entries of LOG up to *N_OUT the hub has, as far as we know. 0 or negative errno. */
static int find_known(struct ph_site *site, const struct ph_log *log, uint64_t *n_out)
{
	uint64_t n = log->sealed;
	uint64_t held = 0;
	bool by_lan = true;
	int rc = ph_site_held(site, log, &held);

	while (rc == 0 && by_lan && n > held) {
		uint64_t first;

		rc = came_by_lan(site, log, n, &by_lan, &first);
		n = by_lan ? first - 1 : n;
	}
	*n_out = n > held ? n : held;
	return rc;
}

/* --- what is sent --- */

/* LOG behind AFTER; its parts from those behind PARTS on. */
static void carry(struct ph_site *site, const struct ph_log *log, uint64_t after,
		  uint64_t parts)
{
	struct ph_site_send *send = &site->send[site->n_send + site->n_carried];

	if (site->n_carried == PH_SIBLINGS_MAX) {
		return; /* another time */
	}
	memset(send, 0, sizeof(*send));
	memcpy(send->log_id, log->id, sizeof(send->log_id));
	send->row = log->row;
	send->told = log->n;
	/* the branch that it grew from goes before it */
	send->start = send->cursor = after > log->base ? after : log->base;
	send->parts = send->parts_from = parts < send->cursor ? parts : send->cursor;
	site->n_carried++;
}

struct asked {
	struct ph_site *site;
	const struct ph_welcome *welcome;
	unsigned index; /* of the first that is told of this log */
};

/* What the hub told of LOG: the furthest on its chain; *TOLD_OUT NULL: nothing. 0 or negative errno. */
static int find_told(const struct asked *asked, const struct ph_log *log,
		     const struct ph_sibling **told_out)
{
	const struct ph_welcome *welcome = asked->welcome;

	*told_out = NULL;
	for (unsigned i = asked->index; i < welcome->n_siblings; i++) {
		const struct ph_sibling *told = &welcome->sibling[i];
		uint8_t h[PH_HASH_SIZE];
		int rc;

		if (memcmp(told->log_id, log->id, sizeof(log->id)) != 0 || told->n == 0 ||
		    told->n > log->n || (*told_out && told->n <= (*told_out)->n)) {
			continue;
		}
		rc = ph_journal_chain_at(asked->site->journal, log, told->n, h);
		if (rc != 0) {
			return rc < 0 ? rc : -EUCLEAN;
		}
		if (memcmp(h, told->h, sizeof(told->h)) == 0) {
			*told_out = told;
		}
	}
	return 0;
}

static int carry_asked(void *data, const struct ph_log *log)
{
	const struct asked *asked = data;
	struct ph_site *site = asked->site;
	const struct ph_sibling *told;
	uint64_t parts;
	int rc;

	if (!ph_site_is_sibling(site, log)) {
		return 0;
	}
	rc = find_told(asked, log, &told);
	if (rc == 0) {
		parts = !told ? 0 : told->missing > 0 ? told->missing - 1 : told->n;
		carry(site, log, told ? told->n : 0, parts);
	}
	return rc;
}

int ph_site_sibling_asked(struct ph_site *site, const struct ph_welcome *welcome)
{
	struct asked asked = { .site = site, .welcome = welcome };
	int rc = 0;

	site->n_carried = 0;
	for (unsigned i = 0; rc >= 0 && i < welcome->n_siblings; i++) {
		bool before = false;

		for (unsigned j = 0; j < i; j++) {
			before = before ||
				 memcmp(welcome->sibling[j].log_id,
					welcome->sibling[i].log_id, PH_LOG_ID_SIZE) == 0;
		}
		asked.index = i;
		/* of a log that it was not told of there is nothing to send */
		rc = before ? 0
			    : ph_journal_log_branch_each(site->journal,
							 welcome->sibling[i].log_id,
							 carry_asked, &asked);
	}
	return rc < 0 ? rc : 0;
}

static int carry_unknown(void *data, const struct ph_log *log)
{
	struct ph_site *site = data;
	bool waits = false;
	uint64_t n;
	int rc = ph_site_is_sibling(site, log) ? ph_site_sibling_waits(site, log, &waits)
					       : 0;

	if (rc == 0 && waits) {
		rc = find_known(site, log, &n);
		if (rc == 0) {
			carry(site, log, n, n);
		}
	}
	return rc;
}

int ph_site_sibling_all(struct ph_site *site)
{
	site->n_carried = 0;
	return ph_journal_log_each(site->journal, carry_unknown, site);
}
