/*
 * daemon/hub_courier.c - the jobs of an exchange with a courier.
 *
 * The courier must be a device that was admitted, has the role, and is neither cut off nor
 * retired. What it brings for this hub is put together from its pieces and taken as from a
 * stick; what is not good is refused, that one alone. What it takes along is what the
 * tour says. That it carried something proves nothing of it, and nothing is noted: a
 * receipt is what a device has of the hub, by whatever road.
 */
#include "daemon/hub_courier.h"

#include <errno.h>
#include <string.h>

#include "daemon/hub_bundle.h"
#include "proto/spool.h"

void ph_hub_courier_deinit(struct ph_hub_courier *courier)
{
	if (courier->has_parcel) {
		ph_parcel_deinit(&courier->parcel);
	}
	courier->has_parcel = false;
	ph_hub_tour_free(courier->tour);
	courier->tour = NULL;
	ph_buf_deinit(&courier->reading);
}

/* ---- who it is ---- */

static void refuse(struct ph_hub_courier *courier, struct ph_courier_job *job,
		   enum ph_status status, const char *why)
{
	job->status = status;
	courier->refusal = why;
}

/* Its first session admits it; here it must be known. */
static int judge(struct ph_hub *hub, struct ph_hub_courier *courier,
		 struct ph_courier_job *job)
{
	enum ph_hub_trust trust;
	int rc = ph_journal_device_by_box(hub->journal, job->key, &courier->device);

	if (rc == PH_JOURNAL_E_NONE) {
		refuse(courier, job, PH_STATUS_UNKNOWN,
		       "not admitted: it must sync first");
		return 0;
	}
	rc = rc == 0 ? ph_hub_device_trust(hub, courier->device.id, &trust) : rc;
	if (rc != 0) {
		return rc;
	}
	courier->is_known = true;
	if (!(courier->device.role & PH_ROLE_COURIER)) {
		refuse(courier, job, PH_STATUS_UNKNOWN, "not a courier");
	} else if (trust == PH_HUB_CUT || trust == PH_HUB_RETIRED) {
		refuse(courier, job, PH_STATUS_CUT, "cut off or retired");
	}
	return 0;
}

/* ---- what it brings ---- */

static int look(struct ph_hub *hub, struct ph_hub_courier *courier,
		struct ph_courier_job *job)
{
	char dir[PH_HUB_PATH_MAX];
	struct ph_bundle_header header;
	int rc = ph_bundle_header_decode(
		PH_VIEW(job->line.header, sizeof(job->line.header)), &header);

	if (rc != 0 || header.direction != PH_BUNDLE_UP ||
	    !ph_hub_ring_has(&hub->ring, header.to)) {
		job->answer = PH_COURIER_REFUSED;
		courier->told.refused++;
		return 0;
	}
	rc = ph_hub_tour_dir(hub, dir);
	if (rc == 0 && !courier->has_parcel) {
		ph_parcel_init(&courier->parcel);
		courier->has_parcel = true;
	}
	job->wants = true;
	return rc < 0 ? rc
		      : ph_parcel_begin(&courier->parcel, dir, &job->line, &job->offset);
}

/* Refused for good, unless the hub could not take it now. */
static enum ph_courier_answer answer_of(const struct ph_hub_bundle_taken *taken)
{
	if (!taken->reason) {
		return PH_COURIER_KEPT;
	}
	return strcmp(taken->reason, "later") == 0 ||
			       strcmp(taken->reason, "put-back") == 0
		       ? PH_COURIER_LATER
		       : PH_COURIER_REFUSED;
}

static int take(struct ph_hub *hub, struct ph_hub_courier *courier,
		struct ph_courier_job *job)
{
	struct ph_hub_bundle_taken taken;
	struct ph_buf bundle = { 0 };
	int rc = ph_parcel_end(&courier->parcel, &bundle);

	if (rc > 0) {
		job->answer = PH_COURIER_DAMAGED;
		ph_buf_deinit(&bundle);
		return 0;
	}
	if (rc == 0) {
		rc = ph_hub_bundle_take(hub, ph_buf_view(&bundle), PH_ROAD_COURIER,
					&taken);
		hub->behind = true;
	}
	if (rc == 0) {
		job->answer = answer_of(&taken);
		courier->told.taken += job->answer == PH_COURIER_KEPT;
		courier->told.refused += job->answer == PH_COURIER_REFUSED;
		courier->told.entries += taken.peer.entries;
		courier->told.parts += taken.peer.parts;
		courier->told.admitted += taken.peer.admitted;
	}
	ph_buf_deinit(&bundle);
	return rc;
}

static int write_piece(struct ph_hub *hub, struct ph_hub_courier *courier,
		       struct ph_courier_job *job)
{
	int rc = courier->has_parcel ? ph_parcel_put(&courier->parcel, job->offset,
						     ph_buf_view(&job->bytes))
				     : -EINVAL;

	return rc == 0 && job->offset + job->bytes.len == job->line.size
		       ? take(hub, courier, job)
		       : rc;
}

/* ---- what it takes along ---- */

/* So that what it brought is receipted in what it takes. */
static int fold(struct ph_hub *hub)
{
	int rc = 1;

	while (rc > 0) {
		rc = ph_hub_fold(hub);
	}
	return rc;
}

static int next(struct ph_hub *hub, struct ph_hub_courier *courier,
		struct ph_courier_job *job)
{
	int rc = 0;

	if (!courier->tour) {
		rc = fold(hub);
		rc = rc < 0 ? rc : ph_hub_tour_new(&courier->tour, hub);
	}
	rc = rc < 0 ? rc : ph_hub_tour_next(courier->tour, &job->line);
	job->has_line = rc == 0;
	return rc < 0 ? rc : 0;
}

static int read_piece(struct ph_hub *hub, struct ph_hub_courier *courier,
		      struct ph_courier_job *job)
{
	char path[PH_HUB_PATH_MAX];
	size_t left;
	int rc = 0;

	if (memcmp(courier->reading_hash, job->line.hash, sizeof(job->line.hash)) != 0 ||
	    courier->reading.len == 0) {
		courier->reading.len = 0;
		memcpy(courier->reading_hash, job->line.hash, sizeof(job->line.hash));
		rc = ph_hub_tour_path(hub, job->line.hash, path);
		rc = rc < 0 ? rc
			    : ph_file_read_plain(path, PH_BUNDLE_MAX, &courier->reading);
	}
	if (rc < 0 || courier->reading.len != job->line.size) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	left = courier->reading.len - (size_t)job->offset;
	return ph_buf_put(&job->bytes, courier->reading.data + job->offset,
			  left < job->budget ? left : job->budget);
}

void ph_hub_courier_job(struct ph_hub *hub, struct ph_hub_courier *courier,
			struct ph_courier_job *job)
{
	int rc = hub->stopped ? -EIO : 0;

	if (rc == 0 && !ph_hub_clock_look(hub, false)) {
		courier->refusal = "the hub's clock is wrong: packhorsed clock";
		rc = -EAGAIN;
	}
	if (rc == 0) {
		switch (job->type) {
		case PH_COURIER_JUDGE:
			rc = judge(hub, courier, job);
			break;
		case PH_COURIER_NEXT:
			rc = next(hub, courier, job);
			break;
		case PH_COURIER_READ:
			rc = read_piece(hub, courier, job);
			break;
		case PH_COURIER_TOLD:
			courier->told.given += job->answer == PH_COURIER_KEPT;
			break;
		case PH_COURIER_LOOK:
			rc = look(hub, courier, job);
			break;
		case PH_COURIER_WRITE:
			rc = write_piece(hub, courier, job);
			break;
		case PH_COURIER_LISTED:
			break;
		}
	}
	job->result = rc;
}
