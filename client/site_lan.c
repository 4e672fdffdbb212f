/*
 * client/site_lan.c - another device of the site: who it is, and what it is told and gives.
 *
 * Its certificate has to be of this province and site, and the control log that is held
 * here has to admit the very key in it and confirm it, and neither to retire it nor to cut it
 * off; of ourselves as well, else there is nobody to give to. Each side judges by its own
 * control log: one that has not heard yet of the other gives nothing.
 *
 * What comes is taken as when the hub sends it (site_take.c), but for what only a control log
 * that is newer than ours could explain: that is left alone, and comes again. It is *here*,
 * not at the hub: no receipt, no cursor, no time is touched. A job is one transaction.
 */
#include "client/site_lan_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/out.h"

struct ph_site_lan *ph_site_lan_new(struct ph_site *site)
{
	struct ph_site_lan *lan = calloc(1, sizeof(*lan));

	if (lan) {
		lan->site = site;
	}
	return lan;
}

void ph_site_lan_free(struct ph_site_lan *lan)
{
	free(lan);
}

const char *ph_site_lan_refusal(const struct ph_site_lan *lan)
{
	return lan->refusal;
}

bool ph_site_lan_is_known(const struct ph_site_lan *lan)
{
	return lan->is_known;
}

void ph_site_lan_moved(const struct ph_site_lan *lan, struct ph_site_moved *moved_out)
{
	*moved_out = lan->moved;
}

/* --- who it is --- */

/* Whoever invited it: that it was admitted the control log must say. 0, PH_CERT_E_* or negative errno. */
static int decode(struct ph_site *site, struct ph_view bytes, struct ph_cert *cert)
{
	int rc = ph_cert_open(bytes, cert);

	return rc == 0 && memcmp(cert->invite.root, site->keylist.root, PH_KEY_SIZE) != 0
		       ? PH_CERT_E_ROOT
		       : rc;
}

/* What the control log says against exchanging with DEVICE of KEY; NULL: nothing. */
static const char *against(struct ph_site *site, const struct ph_site_admitted *admitted,
			   const uint8_t key[static PH_KEY_SIZE], enum ph_status *status)
{
	*status = PH_STATUS_UNKNOWN;
	if (!admitted->is_admitted ||
	    memcmp(admitted->key, key, sizeof(admitted->key)) != 0) {
		return ph_say("is of a device that the provincial library has not "
			      "admitted, as far as this machine has heard: sync this "
			      "machine with the hub first",
			      "là của máy mà theo máy này biết thì thư viện tỉnh chưa "
			      "nhận: trước hết hãy đồng bộ máy này với máy chủ");
	}
	if (admitted->site != site->cert.invite.site ||
	    (admitted->role & PH_ROLE_SITE) == 0) {
		return ph_say("is of no desk of this site",
			      "không phải của máy ghi ở điểm này");
	}
	switch (ph_site_standing_of(admitted)) {
	case PH_SITE_CONFIRMED:
		*status = PH_STATUS_OK;
		return NULL;
	case PH_SITE_UNCONFIRMED:
		return ph_say("is of a device that the provincial library has not "
			      "confirmed, as far as this machine has heard: sync this "
			      "machine with the hub first",
			      "là của máy mà theo máy này biết thì thư viện tỉnh chưa "
			      "xác nhận: trước hết hãy đồng bộ máy này với máy chủ");
	case PH_SITE_RETIRED:
	case PH_SITE_CUT_OFF:
		break;
	}
	*status = PH_STATUS_CUT;
	return ph_say("is of a device that the provincial library has cut off or retired",
		      "là của máy đã bị thư viện tỉnh ngừng hoặc cho nghỉ");
}

/* *STATUS, and in the session's memory who it is, and why not. 0 or negative errno. */
static int judge(struct ph_site_lan *lan, struct ph_view bytes, struct ph_cert *cert,
		 enum ph_status *status)
{
	struct ph_site *site = lan->site;
	const struct ph_site_admitted *admitted;
	int rc = decode(site, bytes, cert);

	*status = PH_STATUS_UNKNOWN;
	if (rc != 0) {
		lan->refusal = ph_say("is not one of this province, or is damaged",
				      "không phải của tỉnh này, hoặc bị hỏng");
		return rc < 0 ? rc : 0;
	}
	if (memcmp(cert->device_key, site->keys.sign.key, PH_KEY_SIZE) == 0) {
		lan->refusal = ph_say("is this machine's own", "là của chính máy này");
		return 0;
	}
	rc = ph_site_admitted(site, site->cert.device_id, &admitted);
	if (rc == 0 && against(site, admitted, site->keys.sign.key, status)) {
		*status = PH_STATUS_UNKNOWN; /* nothing is wrong with the other */
		lan->refusal =
			ph_say("may be good, but this machine itself is not confirmed, "
			       "or not any more, as far as it has heard: sync this "
			       "machine with the hub first",
			       "có thể đúng, nhưng theo máy này biết thì chính nó chưa "
			       "được xác nhận, hoặc không còn được xác nhận: trước hết "
			       "hãy đồng bộ máy này với máy chủ");
		return 0;
	}
	rc = rc == 0 ? ph_site_admitted(site, cert->device_id, &admitted) : rc;
	if (rc == 0) {
		lan->refusal = against(site, admitted, cert->device_key, status);
		lan->is_known = lan->refusal == NULL;
		memcpy(lan->peer, cert->device_id, sizeof(lan->peer));
	}
	return rc;
}

/* --- what is told --- */

int ph_site_lan_hello(struct ph_site_lan *lan, struct ph_hello *hello_out,
		      struct ph_error *err)
{
	struct ph_site *site = lan->site;
	int rc;

	memset(hello_out, 0, sizeof(*hello_out));
	hello_out->cert = ph_buf_view(&site->cert_bytes);
	hello_out->packs = ph_site_packer(site) != NULL;
	if (hello_out->packs) {
		ph_pack_form(hello_out->form);
	}
	rc = ph_site_tell_logs(site, true, hello_out->sibling, &hello_out->n_siblings);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reading this site's store",
					     "đọc kho dữ liệu của điểm"))
		      : 0;
}

static void note_told(struct ph_site_lan *lan, const struct ph_sibling *told, unsigned n,
		      bool packs, const uint8_t form[static PH_PACK_FORM_SIZE])
{
	uint8_t ours[PH_PACK_FORM_SIZE];

	memcpy(lan->told, told, n * sizeof(told[0]));
	lan->n_told = n;
	ph_pack_form(ours);
	lan->packs = packs && memcmp(form, ours, sizeof(ours)) == 0 &&
		     ph_site_packer(lan->site);
}

/* --- jobs --- */

static int do_judge(struct ph_site_lan *lan, struct ph_job *job)
{
	struct ph_cert cert;
	int rc = judge(lan, ph_buf_view(&job->bytes), &cert, &job->welcome.status);

	if (rc == 0 && lan->is_known) {
		memcpy(job->peer_key, cert.box_key, sizeof(job->peer_key));
	}
	return rc;
}

static int do_hello(struct ph_site_lan *lan, struct ph_job *job)
{
	const struct ph_hello *hello = &job->hello;
	struct ph_welcome *welcome = &job->welcome;
	struct ph_cert cert;
	int rc = judge(lan, hello->cert, &cert, &welcome->status);

	if (rc == 0 && lan->is_known &&
	    memcmp(cert.box_key, job->peer_key, sizeof(job->peer_key)) != 0) {
		lan->is_known = false;
		lan->refusal = ph_say("is another's than the one who shows it",
				      "không phải của máy đưa nó ra");
		welcome->status = PH_STATUS_UNKNOWN;
	}
	if (rc < 0 || !lan->is_known) {
		return rc;
	}
	note_told(lan, hello->sibling, hello->n_siblings, hello->packs, hello->form);
	welcome->same = true;
	welcome->packs = ph_site_packer(lan->site) != NULL;
	if (welcome->packs) {
		ph_pack_form(welcome->form);
	}
	rc = ph_site_tell_logs(lan->site, true, welcome->sibling, &welcome->n_siblings);
	return rc == 0 ? ph_site_lan_has_more(lan, &job->more) : rc;
}

static int do_welcome(struct ph_site_lan *lan, struct ph_job *job)
{
	const struct ph_welcome *welcome = &job->welcome;

	note_told(lan, welcome->sibling, welcome->n_siblings, welcome->packs,
		  welcome->form);
	return ph_site_lan_has_more(lan, &job->more);
}

/* What the hub's session counts is not ours to move. */
static int do_store(struct ph_site_lan *lan, struct ph_job *job)
{
	struct ph_site *site = lan->site;
	const struct ph_site_moved moved = site->moved;
	int rc;

	site->moved = lan->moved;
	site->by_lan = true;
	rc = ph_site_store(site, job);
	site->by_lan = false;
	lan->moved = site->moved;
	site->moved = moved;
	return rc;
}

static int do_job(struct ph_site_lan *lan, struct ph_job *job)
{
	switch (job->type) {
	case PH_JOB_JUDGE:
		return do_judge(lan, job);
	case PH_JOB_HELLO:
		return do_hello(lan, job);
	case PH_JOB_WELCOME:
		return do_welcome(lan, job);
	case PH_JOB_STORE:
		return lan->is_known ? do_store(lan, job) : -EPROTO;
	case PH_JOB_LOAD:
		return lan->is_known ? ph_site_lan_load(lan, job) : -EPROTO;
	case PH_JOB_HEARD:
		return 0;
	case PH_JOB_RECEIPT:
		break;
	}
	return -EINVAL;
}

void ph_site_lan_job(struct ph_site_lan *lan, struct ph_job *job, struct ph_error *err)
{
	const struct ph_site_moved moved = lan->moved;
	struct ph_site *site = lan->site;
	int rc = ph_db_begin(site->db);

	if (rc == 0) {
		rc = do_job(lan, job);
	}
	if (rc == 0) {
		rc = ph_db_commit(site->db);
	}
	if (rc < 0) {
		ph_site_roll_back(site);
		lan->moved = moved;
		memset(&site->admitted, 0, sizeof(site->admitted));
		ph_fail_errno(err, rc,
			      ph_say("exchanging with another machine of this site",
				     "trao đổi với máy khác của điểm"));
	}
	job->result = rc;
}
