/*
 * client/van_visit.c - the courier's jobs, at a site and at the hub.
 *
 * At a site: it offers what the hub sent for the device that called, and takes what that
 * device has for the hub. At the hub: it offers all that is for the hub, and takes what
 * is from it. What the other did not offer by its DONE, it needs carried no more, if what
 * it did offer is here: until then the older bundles are all there is.
 *
 * A bundle that came is written by the spool's own rules (.part, sync, read again, rename),
 * and only then is custody signed. One that is offered again while it is here is answered
 * with the same signature.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/van_internal.h"
#include "common/base/file.h"
#include "proto/custody.h"

void ph_van_visit_init(struct ph_van_visit *visit, struct ph_van *van, const uint8_t *hub)
{
	memset(visit, 0, sizeof(*visit));
	visit->van = van;
	visit->at_hub = hub != NULL;
	if (hub) {
		memcpy(visit->peer, hub, sizeof(visit->peer));
	}
	ph_parcel_init(&visit->parcel);
	visit->next = van->visits;
	van->visits = visit;
}

void ph_van_visit_deinit(struct ph_van_visit *visit)
{
	struct ph_van_visit **link = &visit->van->visits;

	while (*link != visit) {
		link = &(*link)->next;
	}
	*link = visit->next;
	ph_parcel_deinit(&visit->parcel);
	ph_spool_files_deinit(&visit->files);
	ph_buf_deinit(&visit->reading);
	ph_buf_deinit(&visit->offered);
}

/* ---- who calls ---- */

/* Any device of the province is carried for: what it wrote is for the hub to judge. */
static int judge(struct ph_van_visit *visit, struct ph_courier_job *job)
{
	struct ph_van *van = visit->van;
	char path[PH_VAN_PATH_MAX];
	struct ph_cert cert;
	int rc = ph_cert_open(ph_buf_view(&job->cert), &cert);

	if (rc < 0) {
		return rc;
	}
	if (rc == 0 && memcmp(cert.invite.root, van->keylist.root, PH_KEY_SIZE) != 0) {
		rc = PH_CERT_E_ROOT;
	}
	if (rc > 0 || memcmp(cert.box_key, job->key, PH_KEY_SIZE) != 0) {
		job->status = PH_STATUS_UNKNOWN;
		visit->refusal = rc > 0 ? ph_cert_error(rc)
					: "shows the certificate of another device";
		return 0;
	}
	memcpy(visit->peer, cert.device_id, sizeof(visit->peer));
	snprintf(visit->site, sizeof(visit->site), "%.*s", (int)cert.invite.site_code.len,
		 (const char *)cert.invite.site_code.data);
	/* so that the list of what is carried can name it */
	if (ph_van_cert_path(van, visit->peer, path) == 0 && !ph_file_exists(path)) {
		(void)ph_file_write(path, ph_buf_view(&job->cert), 0600, NULL);
	}
	return 0;
}

/* ---- what it offers ---- */

static bool is_for_peer(const struct ph_van_visit *visit,
			const struct ph_spool_file *file)
{
	const struct ph_bundle_header *header = &file->header;

	/* whichever keys of the hub it is sealed to: the hub has those that were, too */
	return !file->reason &&
	       (visit->at_hub ? header->direction == PH_BUNDLE_UP
			      : header->direction == PH_BUNDLE_DOWN &&
					memcmp(header->to, visit->peer,
					       sizeof(visit->peer)) == 0);
}

static bool is_signed_for(const struct ph_van_visit *visit, const char *name)
{
	char path[PH_VAN_PATH_MAX];

	return ph_van_custody_path(visit->van, name, path) == 0 && ph_file_exists(path);
}

/*
 * What is not what it was serves nobody, and would keep out the same one, whole, the next
 * time that it is handed over: who gave it has it all. What we never signed for was put
 * there by somebody, and is nobody's loss.
 */
static void let_go_of_damaged(struct ph_van_visit *visit, const char *name)
{
	visit->told.damaged += is_signed_for(visit, name);
	ph_van_drop(visit->van, name);
}

/* NAME is no bundle by its look. Others' files are left alone. */
static void look_at_odd(struct ph_van_visit *visit, const struct ph_spool_file *file)
{
	if (strcmp(file->reason, "unreadable") != 0 && is_signed_for(visit, file->name)) {
		let_go_of_damaged(visit, file->name);
	}
}

static int list(struct ph_van_visit *visit)
{
	int rc = ph_van_list(visit->van, &visit->files, NULL);

	visit->is_listed = rc == 0;
	for (unsigned i = 0; rc == 0 && i < visit->files.n; i++) {
		if (visit->files.file[i].reason) {
			look_at_odd(visit, &visit->files.file[i]);
		} else if (is_for_peer(visit, &visit->files.file[i])) {
			visit->to_give++;
			visit->bytes_to_give += visit->files.file[i].size;
		}
	}
	return rc;
}

/* Take the bundle NAME into memory. False: it is gone, or not what it was. */
static bool read_whole(struct ph_van_visit *visit, const char *name,
		       struct ph_courier_line *line_out)
{
	const char *reason = NULL;
	int rc;

	visit->reading.len = 0;
	rc = ph_spool_read(&visit->van->spool, name, &visit->reading, &reason);
	if (rc < 0) {
		/* another process may have let go of it; a disk may read it the next time */
		visit->told.damaged += rc != -ENOENT && is_signed_for(visit, name);
		return false;
	}
	if (reason || visit->reading.len < PH_BUNDLE_LEAST) {
		let_go_of_damaged(visit, name);
		return false;
	}
	ph_courier_line_of(ph_buf_view(&visit->reading), line_out);
	memcpy(visit->reading_hash, line_out->hash, sizeof(line_out->hash));
	return true;
}

static void leave_for_later(struct ph_van_visit *visit)
{
	visit->told.waiting++;
	visit->told.over_budget++;
}

/* A smaller one may still go when a larger does not. */
static int next(struct ph_van_visit *visit, struct ph_courier_job *job)
{
	int rc = visit->is_listed ? 0 : list(visit);

	while (rc == 0 && !job->has_line && visit->at < visit->files.n) {
		const struct ph_spool_file *file = &visit->files.file[visit->at++];

		if (!is_for_peer(visit, file)) {
			continue;
		}
		if (file->size > job->room) {
			leave_for_later(visit);
		} else {
			job->has_line = read_whole(visit, file->name, &job->line);
		}
	}
	return rc;
}

/* The bundle that is offered is in memory. */
static int read_piece(struct ph_van_visit *visit, struct ph_courier_job *job)
{
	size_t left;

	if (memcmp(visit->reading_hash, job->line.hash, sizeof(job->line.hash)) != 0 ||
	    visit->reading.len != job->line.size) {
		return -EUCLEAN;
	}
	left = visit->reading.len - (size_t)job->offset;
	return ph_buf_put(&job->bytes, visit->reading.data + job->offset,
			  left < job->budget ? left : job->budget);
}

static void told(struct ph_van_visit *visit, const struct ph_courier_job *job)
{
	char name[PH_SPOOL_NAME_SIZE];
	bool is_over =
		job->answer == PH_COURIER_KEPT || job->answer == PH_COURIER_REFUSED;

	visit->told.given += job->answer == PH_COURIER_KEPT;
	visit->told.bytes_given += job->answer == PH_COURIER_KEPT ? job->line.size : 0;
	visit->told.refused += job->answer == PH_COURIER_REFUSED;
	visit->told.waiting += !is_over;
	if (is_over) {
		ph_spool_name(job->line.hash, name);
		ph_van_drop(visit->van, name);
	}
}

/* ---- what it takes ---- */

/*
 * Is it from who hands it over, and does it go where this courier goes? That is the hub,
 * whichever keys of it the device has heard of: stolen ones are on no list any more, and this
 * courier may run since before there were others.
 */
static bool is_ours(const struct ph_van_visit *visit,
		    const struct ph_bundle_header *header)
{
	return visit->at_hub ? header->direction == PH_BUNDLE_DOWN &&
				       ph_van_is_hub(visit->van, header->from)
			     : header->direction == PH_BUNDLE_UP &&
				       memcmp(header->from, visit->peer,
					      sizeof(visit->peer)) == 0;
}

static bool is_coming(const struct ph_van_visit *visit,
		      const uint8_t hash[static PH_BUNDLE_HASH_SIZE])
{
	for (const struct ph_van_visit *other = visit->van->visits; other;
	     other = other->next) {
		if (other != visit && other->parcel.file.fd >= 0 &&
		    memcmp(other->parcel.line.hash, hash, PH_BUNDLE_HASH_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

/* Nobody fills a van alone, nor its disk. */
static bool has_room(const struct ph_van_visit *visit, uint64_t size)
{
	uint64_t bytes = 0;
	uint64_t room = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < visit->files.n; i++) {
		const struct ph_spool_file *file = &visit->files.file[i];

		if (!file->reason &&
		    memcmp(file->header.from, visit->peer, sizeof(visit->peer)) == 0) {
			bytes += file->size;
			n++;
		}
	}
	n += (unsigned)visit->told.taken;
	bytes += visit->told.bytes_taken + size;
	if (!visit->at_hub && (n >= PH_VAN_FROM_MAX || bytes > PH_VAN_FROM_BYTES)) {
		return false;
	}
	return visit->files.n + visit->told.taken < PH_SPOOL_FILES_MAX &&
	       (ph_dir_room(visit->van->dir, &room) < 0 ||
		room > size + PH_VAN_ROOM_LEFT);
}

/* What was signed when it came. */
static int custody_again(struct ph_van_visit *visit, const char *name,
			 struct ph_courier_job *job)
{
	char path[PH_VAN_PATH_MAX];
	int rc = ph_van_custody_path(visit->van, name, path);

	return rc < 0 ? rc
		      : ph_file_read_plain(path, PH_COURIER_CUSTODY_MAX, &job->custody);
}

static void miss(struct ph_van_visit *visit)
{
	visit->told.waiting++;
	visit->n_missed++;
}

static void miss_damaged(struct ph_van_visit *visit, const uint8_t *hash)
{
	miss(visit);
	visit->is_damaged = true;
	memcpy(visit->damaged_hash, hash, sizeof(visit->damaged_hash));
}

/* What came damaged is offered once more, at once: it is not missed yet. */
static void miss_no_more(struct ph_van_visit *visit, const uint8_t *hash)
{
	if (visit->is_damaged &&
	    memcmp(visit->damaged_hash, hash, sizeof(visit->damaged_hash)) == 0) {
		visit->told.waiting--;
		visit->n_missed--;
	}
	visit->is_damaged = false;
}

static int look(struct ph_van_visit *visit, struct ph_courier_job *job)
{
	struct ph_bundle_header header;
	char path[PH_VAN_PATH_MAX];
	char name[PH_SPOOL_NAME_SIZE];
	int rc = ph_bundle_header_decode(
		PH_VIEW(job->line.header, sizeof(job->line.header)), &header);

	if (rc != 0 || !is_ours(visit, &header)) {
		job->answer = PH_COURIER_REFUSED;
		visit->told.refused++;
		return 0;
	}
	miss_no_more(visit, job->line.hash);
	rc = ph_buf_put(&visit->offered, job->line.hash, sizeof(job->line.hash));
	ph_spool_name(job->line.hash, name);
	rc = rc < 0 ? rc
		    : ph_path_join(path, sizeof(path), visit->van->spool.path, name,
				   NULL);
	if (rc < 0) {
		return rc;
	}
	if (ph_file_exists(path) && custody_again(visit, name, job) == 0) {
		job->answer = PH_COURIER_KEPT;
		return 0;
	}
	if (is_coming(visit, job->line.hash) || !has_room(visit, job->line.size)) {
		job->answer = PH_COURIER_LATER;
		miss(visit);
		return 0;
	}
	job->wants = true;
	if (ph_van_custody_path(visit->van, name, path) == 0) {
		/* a power cut may have taken the bundle alone: that was of the one before */
		(void)ph_file_remove(path);
	}
	rc = ph_parcel_begin(&visit->parcel, visit->van->dir, &job->line, &job->offset);
	if (rc == 0 && job->line.size - job->offset > job->room) {
		ph_parcel_deinit(&visit->parcel);
		if (job->offset == 0) {
			(void)ph_file_remove(visit->parcel.path);
		}
		job->wants = false;
		job->answer = PH_COURIER_LATER;
		visit->n_missed++;
		leave_for_later(visit);
	}
	return rc;
}

static int sign(struct ph_van_visit *visit, const char *name, struct ph_courier_job *job)
{
	struct ph_custody custody = { .size = job->line.size };
	int64_t now = ph_van_now(visit->van);
	char path[PH_VAN_PATH_MAX];
	int rc;

	custody.time = now > 0 ? (uint64_t)now : 0;
	memcpy(custody.hash, job->line.hash, sizeof(custody.hash));
	memcpy(custody.courier, visit->van->sign.key, PH_KEY_SIZE);
	rc = ph_custody_encode(&custody, &visit->van->sign, &job->custody);
	rc = rc < 0 ? rc : ph_van_custody_path(visit->van, name, path);
	return rc < 0 ? rc : ph_file_write(path, ph_buf_view(&job->custody), 0600, NULL);
}

/* All of it has come: into the spool, then signed. */
static int keep(struct ph_van_visit *visit, struct ph_courier_job *job)
{
	struct ph_buf bundle = { 0 };
	char name[PH_SPOOL_NAME_SIZE];
	int rc = ph_parcel_end(&visit->parcel, &bundle);

	if (rc > 0) {
		job->answer = PH_COURIER_DAMAGED;
		miss_damaged(visit, job->line.hash);
		rc = 0;
	} else if (rc == 0) {
		rc = ph_spool_put(&visit->van->spool, ph_buf_view(&bundle), name, NULL);
		rc = rc == 0 ? sign(visit, name, job) : rc;
		job->answer = PH_COURIER_KEPT;
		visit->told.taken += rc == 0;
		visit->told.bytes_taken += rc == 0 ? job->line.size : 0;
	}
	ph_buf_deinit(&bundle);
	return rc;
}

static int write_piece(struct ph_van_visit *visit, struct ph_courier_job *job)
{
	int rc = ph_parcel_put(&visit->parcel, job->offset, ph_buf_view(&job->bytes));

	return rc == 0 && job->offset + job->bytes.len == job->line.size
		       ? keep(visit, job)
		       : rc;
}

/* ---- the end ---- */

static bool was_offered(const struct ph_van_visit *visit, const char *name)
{
	uint8_t hash[PH_BUNDLE_HASH_SIZE];

	if (ph_unhex(hash, sizeof(hash), name, 2 * sizeof(hash)) != 0) {
		return true;
	}
	for (size_t at = 0; at < visit->offered.len; at += sizeof(hash)) {
		if (memcmp(visit->offered.data + at, hash, sizeof(hash)) == 0) {
			return true;
		}
	}
	return false;
}

/* What the other has handed over before and offers no more has served. */
static void sweep(struct ph_van_visit *visit)
{
	for (unsigned i = 0; visit->n_missed == 0 && i < visit->files.n; i++) {
		const struct ph_spool_file *file = &visit->files.file[i];

		if (!file->reason && is_ours(visit, &file->header) &&
		    !was_offered(visit, file->name)) {
			ph_van_drop(visit->van, file->name);
		}
	}
	ph_van_write_manifest(visit->van);
}

void ph_van_job(struct ph_van_visit *visit, struct ph_courier_job *job)
{
	switch (job->type) {
	case PH_COURIER_JUDGE:
		job->result = judge(visit, job);
		break;
	case PH_COURIER_NEXT:
		job->result = next(visit, job);
		break;
	case PH_COURIER_READ:
		job->result = read_piece(visit, job);
		break;
	case PH_COURIER_TOLD:
		told(visit, job);
		break;
	case PH_COURIER_LOOK:
		job->result = look(visit, job);
		break;
	case PH_COURIER_WRITE:
		job->result = write_piece(visit, job);
		break;
	case PH_COURIER_LISTED:
		sweep(visit);
		break;
	}
}
