/*
 * client/site_courier.c - judged, taken from, packed for, and signed by a courier.
 *
 * What is handed over site_courier_pack.c packs, in steps. What it brings is taken in steps, too,
 * and its pieces stay until it is: an exchange that ends in between costs one byte the next time.
 *
 * A custody receipt must be of the bundle that was sent, by the key of the courier that
 * showed its certificate; what is signed otherwise ends the exchange. Only when all that
 * was packed is signed for is it said to be with the courier. It is kept as it was signed;
 * nothing is pruned for it, and the hub's receipts are waited for as ever.
 */
#include "client/site_courier.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/site_courier_internal.h"
#include "client/site_take.h"
#include "common/cli/out.h"
#include "proto/custody.h"

#define META_CUSTODY "courier.custody" /* what was signed for it */

enum {
	CUSTODY_ITEMS = 7,
};

int ph_site_courier_new(struct ph_site_courier **courier_out, struct ph_site *site,
			const char *dir, struct ph_error *err)
{
	struct ph_site_courier *courier = calloc(1, sizeof(*courier));
	int rc = courier ? 0 : -ENOMEM;

	if (rc == 0) {
		courier->site = site;
		courier->err = err;
		ph_parcel_init(&courier->parcel);
		rc = ph_path_join(courier->dir, sizeof(courier->dir), dir, "courier",
				  err);
		rc = rc < 0 ? rc : ph_dir_create(courier->dir, err);
		rc = rc < 0 ? rc
			    : ph_spool_open(&courier->spool, courier->dir, true, err);
		ph_spool_set_private(&courier->spool);
	}
	if (rc < 0) {
		ph_site_courier_free(courier);
		return ph_fail_errno(err, rc,
				     ph_say("meeting a courier", "gặp máy chuyển tin"));
	}
	*courier_out = courier;
	return 0;
}

void ph_site_courier_free(struct ph_site_courier *courier)
{
	if (courier) {
		ph_parcel_deinit(&courier->parcel);
		ph_site_taking_free(courier->taking);
		ph_buf_deinit(&courier->coming);
		ph_site_courier_pack_end(courier);
		ph_buf_deinit(&courier->reading);
		for (unsigned i = 0; i < PH_SITE_COURIER_MAX; i++) {
			ph_buf_deinit(&courier->custody[i]);
		}
		free(courier);
	}
}

const struct ph_site_courier_told *ph_site_courier_told(
	const struct ph_site_courier *courier)
{
	return &courier->told;
}

const struct ph_keylist *ph_site_keylist(const struct ph_site *site)
{
	return &site->keylist;
}

/* ---- who listens ---- */

/* As ph_cert_error() has it, in the language that is spoken. */
static const char *words_of(int code)
{
	switch (code) {
	case PH_CERT_E_FORM:
		return ph_say(ph_cert_error(code),
			      "bị hỏng, hoặc có dạng mà phần mềm này không biết");
	case PH_CERT_E_SIGNATURE:
		return ph_say(ph_cert_error(code), "có chữ ký không đúng");
	case PH_CERT_E_OPERATOR:
		return ph_say(ph_cert_error(code),
			      "do người ký không có trong danh sách khóa của tỉnh");
	case PH_CERT_E_ROOT:
		return ph_say(ph_cert_error(code), "là của tỉnh khác");
	default:
		return ph_say(ph_cert_error(code), "không được nhận");
	}
}

static void refuse(struct ph_site_courier *courier, struct ph_courier_job *job,
		   enum ph_status status, const char *why)
{
	job->status = status;
	courier->told.refusal = why;
}

static void meet(struct ph_site_courier *courier, const struct ph_cert *cert)
{
	struct ph_site_courier_peer *peer = &courier->told.peer;

	courier->told.is_met = true;
	memcpy(peer->device, cert->device_id, sizeof(peer->device));
	memcpy(peer->key, cert->device_key, sizeof(peer->key));
	snprintf(peer->site, sizeof(peer->site), "%.*s", (int)cert->invite.site_code.len,
		 (const char *)cert->invite.site_code.data);
	snprintf(peer->name, sizeof(peer->name), "%.*s", (int)cert->invite.site_name.len,
		 (const char *)cert->invite.site_name.data);
}

static int judge(struct ph_site_courier *courier, struct ph_courier_job *job)
{
	struct ph_site *site = courier->site;
	const struct ph_site_admitted *admitted;
	enum ph_site_standing standing;
	struct ph_cert cert;
	bool is_valid;
	int rc = ph_cert_open(ph_buf_view(&job->cert), &cert);

	is_valid = rc == 0 && ph_keylist_admit(&site->keylist, &cert.invite) == 0;
	if (rc == 0 && memcmp(cert.invite.root, site->keylist.root, PH_KEY_SIZE) != 0) {
		rc = PH_CERT_E_ROOT;
	}
	if (rc > 0) {
		refuse(courier, job, PH_STATUS_UNKNOWN, words_of(rc));
	} else if (rc == 0 && !(cert.invite.role & PH_ROLE_COURIER)) {
		refuse(courier, job, PH_STATUS_UNKNOWN,
		       ph_say("is not a courier's", "không phải của máy chuyển tin"));
	}
	if (rc != 0 || courier->told.refusal) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_site_admitted(site, cert.device_id, &admitted);
	if (rc < 0) {
		return rc;
	}
	/* who invited it signs no more: then the hub must have let it in before */
	if (!is_valid && (!admitted->is_admitted ||
			  memcmp(admitted->key, cert.device_key, PH_KEY_SIZE) != 0)) {
		refuse(courier, job, PH_STATUS_UNKNOWN, words_of(PH_CERT_E_OPERATOR));
		return 0;
	}
	standing = ph_site_standing_of(admitted);
	if (standing == PH_SITE_CUT_OFF || standing == PH_SITE_RETIRED) {
		refuse(courier, job, PH_STATUS_CUT,
		       ph_say("is of a courier that was cut off or retired",
			      "là của máy chuyển tin đã bị ngừng hoặc cho nghỉ"));
		return 0;
	}
	memcpy(job->key, cert.box_key, sizeof(job->key));
	meet(courier, &cert);
	return 0;
}

/* ---- what it brings ---- */

static int look(struct ph_site_courier *courier, struct ph_courier_job *job)
{
	struct ph_bundle_header header;
	int rc = ph_bundle_header_decode(
		PH_VIEW(job->line.header, sizeof(job->line.header)), &header);

	if (rc != 0 || header.direction != PH_BUNDLE_DOWN ||
	    memcmp(header.to, courier->site->cert.device_id, sizeof(header.to)) != 0) {
		job->answer = PH_COURIER_REFUSED;
		courier->told.refused++;
		return 0;
	}
	job->wants = true;
	return ph_parcel_begin(&courier->parcel, courier->dir, &job->line, &job->offset);
}

static void add(struct ph_site_courier_told *told, const struct ph_site_taken *taken)
{
	const struct ph_site_moved *moved = &taken->moved;

	told->receipts += taken->receipts;
	told->left += taken->left;
	told->entries_received += moved->entries_received;
	told->entries_of_site += moved->entries_of_site;
	told->parts_received += moved->parts_received;
	told->pages += moved->fed.pages;
}

/* It is over with what came: the pieces are not needed any more. */
static void take_end(struct ph_site_courier *courier)
{
	ph_parcel_remove(&courier->parcel);
	ph_site_taking_free(courier->taking);
	courier->taking = NULL;
	ph_buf_deinit(&courier->coming);
}

/* All pieces are there; the store is not needed yet. */
static int take_begin(struct ph_site_courier *courier, struct ph_courier_job *job)
{
	int rc = ph_parcel_read(&courier->parcel, &courier->coming);

	if (rc == 0) {
		rc = ph_site_taking_new(&courier->taking, courier->site,
					ph_buf_view(&courier->coming), PH_ROAD_COURIER);
	}
	if (rc == 0) {
		return PH_SITE_COURIER_E_AGAIN;
	}
	if (rc > 0) {
		job->answer = PH_COURIER_DAMAGED;
		rc = 0;
	}
	take_end(courier);
	return rc;
}

static int take_on(struct ph_site_courier *courier, struct ph_courier_job *job)
{
	struct ph_site_courier_told *told = &courier->told;
	uint64_t began = ph_site_ms(courier->site);
	struct ph_site_taken taken;
	int rc;

	do {
		rc = ph_site_taking_step(courier->taking, &taken, courier->err);
	} while (rc == PH_SITE_TAKE_E_MORE &&
		 ph_site_ms(courier->site) - began < PH_SITE_MOMENT_MS);
	if (rc == PH_SITE_TAKE_E_MORE) {
		return PH_SITE_COURIER_E_AGAIN;
	}
	if (rc == 0) {
		add(told, &taken);
		job->answer = taken.refusal == 0 ? PH_COURIER_KEPT : PH_COURIER_REFUSED;
		told->taken += taken.refusal == 0;
		told->refused += taken.refusal != 0;
		told->bytes_taken += courier->coming.len;
	}
	take_end(courier);
	return rc;
}

static int write_piece(struct ph_site_courier *courier, struct ph_courier_job *job)
{
	int rc;

	if (courier->taking) {
		return take_on(courier, job);
	}
	rc = ph_parcel_put(&courier->parcel, job->offset, ph_buf_view(&job->bytes));
	return rc == 0 && job->offset + job->bytes.len == job->line.size
		       ? take_begin(courier, job)
		       : rc;
}

/* ---- what it is given ---- */

static int read_piece(struct ph_site_courier *courier, struct ph_courier_job *job)
{
	char name[PH_SPOOL_NAME_SIZE];
	const char *reason;
	size_t left;
	int rc = 0;

	if (courier->reading.len == 0 ||
	    memcmp(courier->reading_hash, job->line.hash, sizeof(job->line.hash)) != 0) {
		courier->reading.len = 0;
		memcpy(courier->reading_hash, job->line.hash, sizeof(job->line.hash));
		ph_spool_name(job->line.hash, name);
		rc = ph_spool_read(&courier->spool, name, &courier->reading, &reason);
	}
	if (rc < 0 || courier->reading.len != job->line.size) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	left = courier->reading.len - (size_t)job->offset;
	return ph_buf_put(&job->bytes, courier->reading.data + job->offset,
			  left < job->budget ? left : job->budget);
}

/* ---- what it signs ---- */

/* Kept as it was signed: [entries, time, device, key, site, name, [custody ...]]. */
static int keep_custody(struct ph_site_courier *courier)
{
	const struct ph_site_courier_peer *peer = &courier->told.peer;
	struct ph_buf bytes = { 0 };
	struct ph_mpw writer;
	int rc;

	ph_mpw_init(&writer, &bytes);
	ph_mpw_array(&writer, CUSTODY_ITEMS);
	ph_mpw_uint(&writer, courier->entries);
	ph_mpw_uint(&writer, courier->signed_time);
	ph_mpw_bin(&writer, peer->device, sizeof(peer->device));
	ph_mpw_bin(&writer, peer->key, sizeof(peer->key));
	ph_mpw_bin(&writer, peer->site, strlen(peer->site));
	ph_mpw_bin(&writer, peer->name, strlen(peer->name));
	ph_mpw_array(&writer, courier->n_lines);
	for (unsigned i = 0; i < courier->n_lines; i++) {
		ph_mpw_bin(&writer, courier->custody[i].data, courier->custody[i].len);
	}
	rc = ph_mpw_end(&writer);
	rc = rc == 0 ? ph_site_courier_meta(courier->site, META_CUSTODY,
					    ph_buf_view(&bytes))
		     : rc;
	ph_buf_deinit(&bytes);
	return rc;
}

static bool is_signed_well(const struct ph_site_courier *courier,
			   const struct ph_courier_job *job, struct ph_custody *custody)
{
	return ph_custody_decode(ph_buf_view(&job->custody), custody) == 0 &&
	       memcmp(custody->courier, courier->told.peer.key, PH_KEY_SIZE) == 0 &&
	       memcmp(custody->hash, job->line.hash, sizeof(custody->hash)) == 0 &&
	       custody->size == job->line.size;
}

static int told(struct ph_site_courier *courier, struct ph_courier_job *job)
{
	struct ph_custody custody;
	unsigned i = courier->at - 1; /* one at a time */
	int rc;

	courier->told.refused += job->answer == PH_COURIER_REFUSED;
	if (job->answer != PH_COURIER_KEPT) {
		return 0;
	}
	if (!is_signed_well(courier, job, &custody)) {
		return ph_fail(
			courier->err, PH_EXIT_OTHER, -EBADMSG,
			ph_say("the courier did not sign for what it was given as it "
			       "should; it is taken to have nothing. Tell the provincial "
			       "library",
			       "máy chuyển tin không ký nhận đúng những gì đã giao; coi "
			       "như nó chưa nhận gì. Hãy báo thư viện tỉnh"));
	}
	rc = ph_buf_put_view(&courier->custody[i], ph_buf_view(&job->custody));
	if (rc < 0) {
		return rc;
	}
	courier->signed_time =
		custody.time > courier->signed_time ? custody.time : courier->signed_time;
	courier->told.given++;
	courier->told.bytes_given += job->line.size;
	return courier->told.given == courier->n_lines ? keep_custody(courier) : 0;
}

/* ---- all ---- */

/* 0, PH_SITE_COURIER_E_AGAIN or negative errno. */
static int do_job(struct ph_site_courier *courier, struct ph_courier_job *job)
{
	switch (job->type) {
	case PH_COURIER_JUDGE:
		return judge(courier, job);
	case PH_COURIER_NEXT:
		return ph_site_courier_next(courier, job);
	case PH_COURIER_READ:
		return read_piece(courier, job);
	case PH_COURIER_TOLD:
		return told(courier, job);
	case PH_COURIER_LOOK:
		return look(courier, job);
	case PH_COURIER_WRITE:
		return write_piece(courier, job);
	case PH_COURIER_LISTED:
		break;
	}
	return 0;
}

static bool needs_store(const struct ph_site_courier *courier,
			const struct ph_courier_job *job)
{
	return job->type == PH_COURIER_JUDGE || job->type == PH_COURIER_NEXT ||
	       job->type == PH_COURIER_TOLD ||
	       (job->type == PH_COURIER_WRITE && courier->taking);
}

bool ph_site_courier_job(struct ph_site_courier *courier, struct ph_courier_job *job)
{
	bool needs = needs_store(courier, job);
	int rc = needs ? ph_site_resume(courier->site, courier->err) : 0;

	if (rc == 0) {
		rc = do_job(courier, job);
		if (rc < 0) {
			(void)ph_fail_errno(courier->err, rc,
					    ph_say("the exchange with the courier",
						   "trao đổi với máy chuyển tin"));
		}
		if (needs) {
			ph_site_pause(courier->site);
		}
	}
	job->result = rc > 0 ? 0 : rc;
	return rc == PH_SITE_COURIER_E_AGAIN;
}

static bool get_text(const msgpack_object *object, char *out, size_t size)
{
	struct ph_view text;

	if (!ph_mp_bin(object, 0, size - 1, &text)) {
		return false;
	}
	snprintf(out, size, "%.*s", (int)text.len, (const char *)text.data);
	return true;
}

int ph_site_custody(struct ph_site *site, struct ph_site_custody *custody_out)
{
	const struct ph_walk_limits limits = { 2, PH_SITE_COURIER_MAX };
	struct ph_site_courier_peer *peer = &custody_out->peer;
	const msgpack_object_array *array;
	struct ph_buf bytes = { 0 };
	uint64_t time = 0;
	struct ph_mp mp;
	int rc = ph_journal_meta_get(site->journal, META_CUSTODY, &bytes);

	memset(custody_out, 0, sizeof(*custody_out));
	if (rc != 0) {
		return rc;
	}
	rc = ph_mp_decode(&mp, ph_buf_view(&bytes), &limits, PH_WALK_CANONICAL);
	if (rc == 0) {
		array = ph_mp_array(mp.root, CUSTODY_ITEMS, CUSTODY_ITEMS);
		if (!array ||
		    !ph_mp_uint(&array->ptr[0], INT64_MAX, &custody_out->entries) ||
		    !ph_mp_uint(&array->ptr[1], INT64_MAX, &time) ||
		    !ph_mp_bin_exact(&array->ptr[2], peer->device,
				     sizeof(peer->device)) ||
		    !ph_mp_bin_exact(&array->ptr[3], peer->key, sizeof(peer->key)) ||
		    !get_text(&array->ptr[4], peer->site, sizeof(peer->site)) ||
		    !get_text(&array->ptr[5], peer->name, sizeof(peer->name))) {
			rc = PH_JOURNAL_E_NONE;
		}
		custody_out->time = (int64_t)time;
		ph_mp_deinit(&mp);
	}
	ph_buf_deinit(&bytes);
	return rc > 0 ? PH_JOURNAL_E_NONE : rc;
}
