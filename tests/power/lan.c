/*
 * tests/power/lan.c - two PCs of one site exchange what they recorded (client/site_lan.h).
 *
 * Each job that keeps something is a call: when it is done, what the other sent is here, and
 * so is promised. Nobody gives a receipt for it; the sender relies on nothing but the hub.
 */
#include "tests/power/world.h"

#include <errno.h>
#include <string.h>

#include "client/site_lan.h"

struct side {
	struct ph_site_lan *lan;
	struct ph_session *session;
};

struct meeting {
	const struct power_lan *how;
	struct side side[2]; /* who calls, who answers */
	int64_t left;        /* bytes until the cut; below 0: none comes */
	int failed;
	struct ph_error *err;
};

static int open_side(struct meeting *meeting, unsigned i)
{
	const struct power_lan *how = meeting->how;
	struct side *side = &meeting->side[i];
	struct ph_session_config config = { .side = i == 0 ? PH_SIDE_DEVICE : PH_SIDE_HUB,
					    .is_sibling = true,
					    .keys = ph_site_box(how->site[i]),
					    .cert = ph_site_cert(how->site[i]),
					    .rng = how->rng[i] };
	static struct ph_hello hello; /* too large for a stack */
	int rc = 0;

	side->lan = ph_site_lan_new(how->site[i]);
	if (!side->lan) {
		return -ENOMEM;
	}
	if (i == 0) {
		power_call(how->world, how->index[i]);
		rc = ph_site_lan_hello(side->lan, &hello, meeting->err);
		power_called(how->world, how->index[i], rc);
		config.hello = &hello;
	}
	return rc < 0 ? rc : ph_session_new(&side->session, &config, 1000);
}

static bool work(struct meeting *meeting, unsigned i)
{
	struct side *side = &meeting->side[i];
	struct world *world = meeting->how->world;
	unsigned index = meeting->how->index[i];
	struct ph_job *job;
	bool any = false;

	while (meeting->failed == 0 &&
	       (job = ph_session_take_job(side->session)) != NULL) {
		any = true;
		power_call(world, index);
		ph_site_lan_job(side->lan, job, meeting->err);
		power_called(world, index, job->result);
		meeting->failed = job->result;
		ph_session_give_job(side->session, job, 1000);
	}
	return any;
}

static bool carry(struct meeting *meeting, unsigned from)
{
	struct ph_view bytes = ph_session_output(meeting->side[from].session);

	if (meeting->left >= 0 && bytes.len > (uint64_t)meeting->left) {
		bytes.len = (size_t)meeting->left;
	}
	if (bytes.len == 0 || meeting->failed != 0) {
		return false;
	}
	meeting->left -= meeting->left >= 0 ? (int64_t)bytes.len : 0;
	ph_session_receive(meeting->side[1 - from].session, bytes, 1000);
	ph_session_sent(meeting->side[from].session, bytes.len, 1000);
	return true;
}

/* Whether B has all of A's own log. */
static bool has_all(struct ph_site *a, struct ph_site *b)
{
	const struct ph_log *own = ph_site_log(a);
	struct ph_log log;

	return ph_journal_log_find(ph_site_journal(b), own->id, &log) == 0 &&
	       log.n == own->n && memcmp(log.h, own->h, sizeof(log.h)) == 0;
}

static int outcome(const struct meeting *meeting)
{
	const struct power_lan *how = meeting->how;
	const char *refusal = ph_site_lan_refusal(meeting->side[0].lan);

	if (meeting->failed != 0) {
		return meeting->failed;
	}
	if (ph_session_state(meeting->side[0].session) != PH_SESSION_CLOSED ||
	    ph_session_state(meeting->side[1].session) != PH_SESSION_CLOSED) {
		return how->cut >= 0
			       ? 1
			       : ph_fail(meeting->err, PH_EXIT_OTHER, -EPROTO,
					 "the exchange of the site's PCs does not end in "
					 "order: %s",
					 refusal ? refusal : "no word");
	}
	return has_all(how->site[0], how->site[1]) && has_all(how->site[1], how->site[0])
		       ? 0
		       : ph_fail(meeting->err, PH_EXIT_OTHER, -EPROTO,
				 "the PCs of a site have exchanged, and one lacks "
				 "entries");
}

int power_lan(const struct power_lan *lan, struct ph_error *err)
{
	struct meeting meeting = { .how = lan, .left = lan->cut, .err = err };
	unsigned still = 0;
	int rc = open_side(&meeting, 0);

	rc = rc < 0 ? rc : open_side(&meeting, 1);
	while (rc == 0 && meeting.failed == 0 && still < 3) {
		bool any = false;

		for (unsigned i = 0; i < 2; i++) {
			any |= work(&meeting, i);
			any |= carry(&meeting, i);
			any |= work(&meeting, 1 - i);
		}
		still = any ? 0 : still + 1;
	}
	rc = rc < 0 ? rc : outcome(&meeting);
	for (unsigned i = 0; i < 2; i++) {
		ph_session_free(meeting.side[i].session);
		ph_site_lan_free(meeting.side[i].lan);
	}
	return rc;
}
