/*
 * daemon/hub_courier_tour.c - for whom a courier gets bundles, and which.
 *
 * A device of a site is on the tour if the last that was heard of it came in a bundle, or
 * nothing was heard of it for a week by any road; unless nothing waits for it. For one that was
 * cut off nothing waits but to hear of that: it gets the control log, until it tells that it holds
 * the cut. One that is retired hears of it likewise, and gets its receipts, since what it wrote
 * counts: until then its folder may not be destroyed. Whoever was heard least recently comes
 * first, those that were cut off or retired behind all others, so that a courier that has no room
 * for all leaves out those who need it least.
 *
 * Its bundles stay here, and are packed anew only when there is something else to say: when
 * it told something since, the logs of its site or the control log grew, its feed went on,
 * or a week has passed. So a courier that was cut off resumes, another one carries the same
 * bundles, and who has delivered one is not given it again under another name. What nobody
 * was offered in a whole tour is removed at its end. Behind an erasure all of it is, at once: the
 * control log has gone on, so each is packed anew when it is next asked for, and nothing of who
 * was erased lies here till then.
 */
#include "daemon/hub_courier.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/base/say.h"
#include "common/ledger/erasing.h"
#include "daemon/hub_bundle.h"
#include "daemon/hub_copy.h"
#include "proto/parcel.h"
#include "proto/spool.h"

#define META_PACKED "courier.packed." /* and the device id in hex */
#define META_SWEPT  "courier_swept"   /* ph_erasing_mark() when it was swept for that */
#define DAY         INT64_C(86400)
#define BUNDLES_MAX 8 /* for one device at a time: the rest when it has told of these */

enum {
	MARK_SIZE = 32,
	LINE_SIZE = PH_BUNDLE_HASH_SIZE + 8 + PH_BUNDLE_HEADER_LEN,
};

struct stop {
	uint8_t device[PH_DEVICE_ID_SIZE];
	bool has_ended; /* cut off, or retired */
	int64_t heard;
};

struct ph_hub_tour {
	struct ph_hub *hub; /* borrowed */
	struct stop *stop;
	size_t n, cap, at; /* AT: the next */
	struct ph_courier_line line[BUNDLES_MAX];
	unsigned n_lines, at_line;
	struct ph_buf offered; /* hashes, one behind the other */
};

int ph_hub_tour_dir(const struct ph_hub *hub, char out[static PH_HUB_PATH_MAX])
{
	int rc = ph_path_join(out, PH_HUB_PATH_MAX, hub->dir, "courier", NULL);

	return rc < 0 ? rc : ph_dir_create(out, NULL);
}

int ph_hub_tour_path(const struct ph_hub *hub,
		     const uint8_t hash[static PH_BUNDLE_HASH_SIZE],
		     char out[static PH_HUB_PATH_MAX])
{
	char dir[PH_HUB_PATH_MAX];
	char name[PH_SPOOL_NAME_SIZE];
	int rc = ph_path_join(dir, sizeof(dir), hub->dir, "courier", NULL);

	ph_spool_name(hash, name);
	return rc < 0 ? rc : ph_path_join(out, PH_HUB_PATH_MAX, dir, name, NULL);
}

/* ---- who ---- */

static int consider(void *data, const struct ph_device *device)
{
	struct ph_hub_tour *tour = data;
	enum ph_hub_trust trust;
	bool came;
	int rc;

	if (!(device->role & PH_ROLE_SITE)) {
		return 0;
	}
	rc = ph_hub_copies_by_file(tour->hub, device, &came);
	if (rc < 0 ||
	    (!came && device->heard + PH_HUB_TOUR_DAYS * DAY > ph_hub_now(tour->hub))) {
		return rc;
	}
	rc = ph_hub_device_trust(tour->hub, device->id, &trust);
	if (rc < 0) {
		return rc;
	}
	if (tour->n == tour->cap) {
		size_t cap = tour->cap ? 2 * tour->cap : 64;
		struct stop *grown = realloc(tour->stop, cap * sizeof(*grown));

		if (!grown) {
			return -ENOMEM;
		}
		tour->stop = grown;
		tour->cap = cap;
	}
	memcpy(tour->stop[tour->n].device, device->id, sizeof(device->id));
	tour->stop[tour->n].has_ended = trust == PH_HUB_CUT || trust == PH_HUB_RETIRED;
	tour->stop[tour->n++].heard = device->heard;
	return 0;
}

static int by_need(const void *a, const void *b)
{
	const struct stop *left = a;
	const struct stop *right = b;

	if (left->has_ended != right->has_ended) {
		return left->has_ended ? 1 : -1;
	}
	return left->heard != right->heard
		       ? (left->heard > right->heard) - (left->heard < right->heard)
		       : memcmp(left->device, right->device, sizeof(left->device));
}

int ph_hub_tour_new(struct ph_hub_tour **tour_out, struct ph_hub *hub)
{
	struct ph_hub_tour *tour = calloc(1, sizeof(*tour));
	char dir[PH_HUB_PATH_MAX];
	int rc = tour ? ph_hub_tour_dir(hub, dir) : -ENOMEM;

	if (rc == 0) {
		tour->hub = hub;
		rc = ph_journal_device_each(hub->journal, consider, tour);
	}
	if (rc < 0) {
		ph_hub_tour_free(tour);
		return rc;
	}
	if (tour->n > 0) {
		qsort(tour->stop, tour->n, sizeof(*tour->stop), by_need);
	}
	*tour_out = tour;
	return 0;
}

void ph_hub_tour_free(struct ph_hub_tour *tour)
{
	if (tour) {
		free(tour->stop);
		ph_buf_deinit(&tour->offered);
		free(tour);
	}
}

/* ---- what was packed for it ---- */

static void add_number(crypto_generichash_state *state, uint64_t number)
{
	uint8_t bytes[8];

	ph_be64_put(bytes, number);
	crypto_generichash_update(state, bytes, sizeof(bytes));
}

static int add_logs(struct ph_hub *hub, uint64_t site, crypto_generichash_state *state)
{
	struct ph_stmt *stmt;
	struct ph_log log;
	int rc = ph_db_prepare(hub->db,
			       "SELECT row FROM log WHERE site = ?1 ORDER BY row", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)site);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		int found =
			ph_journal_log_at(hub->journal, ph_stmt_col_int(stmt, 0), &log);

		if (found != 0) {
			ph_stmt_reset(stmt);
			return found < 0 ? found : -EUCLEAN;
		}
		add_number(state, (uint64_t)log.row);
		add_number(state, log.n);
	}
	return rc;
}

/* Of all that a bundle to DEVICE depends on: another mark, another bundle. */
static int make_mark(struct ph_hub *hub, const struct ph_device *device,
		     uint8_t out[static MARK_SIZE])
{
	struct ph_feeder_state fed = { 0 };
	struct ph_buf hello = { 0 };
	crypto_generichash_state state;
	enum ph_hub_trust trust;
	int rc = ph_hub_copies_bytes(hub, device, &hello);

	crypto_generichash_init(&state, NULL, 0, MARK_SIZE);
	rc = rc < 0 ? rc : ph_hub_device_trust(hub, device->id, &trust);
	rc = rc < 0 ? rc : ph_feeder_state(hub->feeder, device->row, &fed);
	if (rc == 0) {
		crypto_generichash_update(&state, hello.data, hello.len);
		add_number(&state, device->counter);
		add_number(&state, device->control);
		add_number(&state, trust);
		add_number(&state, fed.waking);
		add_number(&state, fed.scope);
		add_number(&state, fed.number);
		add_number(&state, fed.confirmed);
		add_number(&state, ph_writer_log(hub->writer)->sealed);
		add_number(&state, hub->epoch.number);
		add_number(&state, hub->keylist.generation);
		add_number(&state, (uint64_t)(ph_hub_now(hub) / (7 * DAY)));
		rc = add_logs(hub, device->site, &state);
	}
	crypto_generichash_final(&state, out, MARK_SIZE);
	ph_buf_deinit(&hello);
	return rc;
}

static void meta_name(const uint8_t id[static PH_DEVICE_ID_SIZE],
		      char out[static sizeof(META_PACKED) + 2 * PH_DEVICE_ID_SIZE])
{
	memcpy(out, META_PACKED, sizeof(META_PACKED));
	ph_hex(out + sizeof(META_PACKED) - 1, id, PH_DEVICE_ID_SIZE);
}

/* What was packed under MARK, if it is all here: true, and its lines are the tour's. */
static int find_packed(struct ph_hub_tour *tour, const uint8_t *device,
		       const uint8_t mark[static MARK_SIZE], bool *found_out)
{
	char name[sizeof(META_PACKED) + 2 * PH_DEVICE_ID_SIZE];
	char path[PH_HUB_PATH_MAX];
	struct ph_buf bytes = { 0 };
	const uint8_t *at;
	size_t n;
	int rc;

	meta_name(device, name);
	rc = ph_journal_meta_get(tour->hub->journal, name, &bytes);
	n = bytes.len > MARK_SIZE ? (bytes.len - MARK_SIZE) / LINE_SIZE : 0;
	*found_out = rc == 0 && n > 0 && n <= BUNDLES_MAX &&
		     bytes.len == MARK_SIZE + n * LINE_SIZE &&
		     memcmp(bytes.data, mark, MARK_SIZE) == 0;
	for (size_t i = 0; *found_out && i < n; i++) {
		struct ph_courier_line *line = &tour->line[i];

		at = bytes.data + MARK_SIZE + i * LINE_SIZE;
		memcpy(line->hash, at, sizeof(line->hash));
		line->size = ph_be64_get(at + sizeof(line->hash));
		memcpy(line->header, at + sizeof(line->hash) + 8, sizeof(line->header));
		*found_out = ph_hub_tour_path(tour->hub, line->hash, path) == 0 &&
			     ph_file_exists(path);
	}
	tour->n_lines = *found_out ? (unsigned)n : 0;
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

static int keep_packed(struct ph_hub_tour *tour, const uint8_t *device,
		       const uint8_t mark[static MARK_SIZE])
{
	char name[sizeof(META_PACKED) + 2 * PH_DEVICE_ID_SIZE];
	struct ph_hub *hub = tour->hub;
	struct ph_buf bytes = { 0 };
	int rc = ph_buf_put(&bytes, mark, MARK_SIZE);

	for (unsigned i = 0; rc == 0 && i < tour->n_lines; i++) {
		const struct ph_courier_line *line = &tour->line[i];

		rc = ph_buf_put(&bytes, line->hash, sizeof(line->hash));
		rc = rc == 0 ? ph_buf_put_be64(&bytes, line->size) : rc;
		rc = rc == 0 ? ph_buf_put(&bytes, line->header, sizeof(line->header))
			     : rc;
	}
	meta_name(device, name);
	rc = rc == 0 ? ph_db_begin(hub->db) : rc;
	if (rc == 0) {
		rc = ph_journal_meta_put(hub->journal, name, ph_buf_view(&bytes));
		rc = rc == 0 ? ph_db_commit(hub->db) : rc;
		if (rc < 0) {
			ph_db_rollback(hub->db);
			ph_hub_forget(hub);
			hub->stopped = hub->stopped || rc == -EIO;
		}
	}
	ph_buf_deinit(&bytes);
	return rc;
}

/* ---- packing ---- */

static int put_bundle(struct ph_hub_tour *tour, struct ph_view bundle)
{
	struct ph_courier_line *line = &tour->line[tour->n_lines];
	char path[PH_HUB_PATH_MAX];
	int rc;

	ph_courier_line_of(bundle, line);
	rc = ph_hub_tour_path(tour->hub, line->hash, path);
	rc = rc < 0 ? rc : ph_file_write(path, bundle, 0600, NULL);
	tour->n_lines += rc == 0;
	return rc;
}

/* All that waits, in at most so many bundles. */
static int pack(struct ph_hub_tour *tour, struct ph_hub_packing *packing)
{
	struct ph_hub_packed packed = { .more = true };
	struct ph_buf bundle = { 0 };
	int rc = 0;

	tour->n_lines = 0;
	while (rc == 0 && packed.more && tour->n_lines < BUNDLES_MAX) {
		bundle.len = 0;
		rc = ph_hub_pack_next(packing, PH_BUNDLE_MAX, &bundle, &packed);
		rc = rc > 0    ? -EMSGSIZE
		     : rc == 0 ? put_bundle(tour, ph_buf_view(&bundle))
			       : rc;
	}
	ph_buf_deinit(&bundle);
	return rc;
}

/* The bundles of one device, if it gets any, become the tour's lines. */
static int visit(struct ph_hub_tour *tour, const struct stop *stop)
{
	struct ph_hub_packing *packing = NULL;
	struct ph_device device;
	uint8_t mark[MARK_SIZE];
	bool waits = false;
	bool found = false;
	int rc = ph_journal_device_by_id(tour->hub->journal, stop->device, &device);

	tour->n_lines = tour->at_line = 0;
	rc = rc == 0 ? ph_hub_pack_new(&packing, tour->hub, &device) : rc;
	rc = rc == 0 ? ph_hub_pack_waits(packing, &waits) : rc;
	if (rc == 0 && !ph_hub_pack_by_file(packing) &&
	    device.heard + PH_HUB_TOUR_DAYS * DAY > ph_hub_now(tour->hub)) {
		waits = false; /* it has a network again */
	}
	if (rc == 0 && waits) {
		rc = make_mark(tour->hub, &device, mark);
		rc = rc == 0 ? find_packed(tour, stop->device, mark, &found) : rc;
	}
	if (rc == 0 && waits && !found) {
		rc = pack(tour, packing);
		rc = rc == 0 ? keep_packed(tour, stop->device, mark) : rc;
	}
	ph_hub_pack_free(packing);
	return rc > 0 ? -EUCLEAN : rc;
}

/* ---- what was not offered ---- */

struct sweep {
	struct ph_hub_tour *tour;
	const char *dir;
};

static bool was_offered(const struct ph_hub_tour *tour, const char *name)
{
	uint8_t hash[PH_BUNDLE_HASH_SIZE];

	if (ph_unhex(hash, sizeof(hash), name, 2 * sizeof(hash)) != 0) {
		return false;
	}
	for (size_t at = 0; at < tour->offered.len; at += sizeof(hash)) {
		if (memcmp(tour->offered.data + at, hash, sizeof(hash)) == 0) {
			return true;
		}
	}
	return false;
}

static int sweep_name(void *data, const char *name)
{
	const struct sweep *sweep = data;
	char path[PH_HUB_PATH_MAX];

	if (ph_spool_is_name(name) && !was_offered(sweep->tour, name) &&
	    ph_path_join(path, sizeof(path), sweep->dir, name, NULL) == 0) {
		(void)ph_file_remove(path);
	}
	return 0;
}

static void sweep(struct ph_hub_tour *tour)
{
	char dir[PH_HUB_PATH_MAX];
	struct sweep sweep = { tour, dir };

	if (ph_hub_tour_dir(tour->hub, dir) == 0) {
		(void)ph_dir_list(dir, sweep_name, &sweep);
	}
}

/* ---- what was packed before an erasure ---- */

struct drop {
	const char *dir;
	int rc; /* of the first that stays */
};

static int drop_name(void *data, const char *name)
{
	struct drop *drop = data;
	char path[PH_HUB_PATH_MAX];
	int rc = -ENOENT;

	if (ph_spool_is_name(name)) {
		rc = ph_path_join(path, sizeof(path), drop->dir, name, NULL);
		rc = rc < 0 ? rc : ph_file_remove(path);
	}
	drop->rc = drop->rc == 0 && rc != -ENOENT ? rc : drop->rc;
	return 0;
}

/* All bundles of the folder DIR, and what has come of others in pieces. 0 or negative errno. */
static int drop_all(const char *dir)
{
	struct drop drop = { .dir = dir };
	int rc = ph_dir_list(dir, drop_name, &drop);

	if (rc == -ENOENT) {
		return 0;
	}
	rc = rc < 0 ? rc : drop.rc;
	rc = rc < 0 ? rc : ph_parcels_drop(dir);
	return rc < 0 ? rc : ph_dir_sync(dir); /* or a power cut brings them back */
}

static int note_swept(struct ph_hub *hub, int64_t mark)
{
	int rc = ph_db_begin(hub->db);

	if (rc < 0) {
		return rc;
	}
	rc = ph_journal_meta_put_int(hub->journal, META_SWEPT, mark);
	rc = rc < 0 ? rc : ph_db_commit(hub->db);
	if (rc < 0) {
		ph_db_rollback(hub->db);
		hub->stopped = hub->stopped || rc == -EIO;
	}
	return rc;
}

static int sweep_erased(struct ph_hub *hub, const char *dir)
{
	int64_t mark = 0;
	int64_t swept = 0;
	int rc = ph_erasing_mark(hub->db, &mark);

	rc = rc < 0 ? rc : ph_journal_meta_get_int(hub->journal, META_SWEPT, &swept);
	if (rc < 0 || swept == mark) {
		return rc < 0 ? rc : 0;
	}
	rc = drop_all(dir);
	return rc < 0 ? rc : note_swept(hub, mark);
}

void ph_hub_tour_erased(struct ph_hub *hub)
{
	char dir[PH_HUB_PATH_MAX];
	int rc = ph_path_join(dir, sizeof(dir), hub->dir, "courier", NULL);

	rc = rc < 0 ? rc : sweep_erased(hub, dir);
	hub->stays.courier = rc;
	if (rc < 0) {
		fprintf(stderr,
			ph_say("hub.courier-stays %s: bundles that were packed before a "
			       "reader was erased cannot be removed (%s). See that the "
			       "service's user may write there and the disk is sound; "
			       "it is tried again at the next start and erasure\n",
			       "hub.courier-stays %s: không gỡ được các gói đóng trước "
			       "khi xóa bạn đọc (%s). Hãy xem người dùng của dịch vụ có "
			       "quyền ghi ở đó không, ổ đĩa còn tốt không; lần chạy lại "
			       "hay lần xóa sau sẽ thử lại\n"),
			dir, ph_errno_say(rc));
	}
}

int ph_hub_tour_next(struct ph_hub_tour *tour, struct ph_courier_line *line_out)
{
	int rc = 0;

	while (rc == 0 && tour->at_line == tour->n_lines) {
		if (tour->at == tour->n) {
			sweep(tour);
			return PH_HUB_TOUR_E_OVER;
		}
		rc = visit(tour, &tour->stop[tour->at++]);
	}
	if (rc == 0) {
		rc = ph_buf_put(&tour->offered, tour->line[tour->at_line].hash,
				PH_BUNDLE_HASH_SIZE);
	}
	if (rc == 0) {
		*line_out = tour->line[tour->at_line++];
	}
	return rc;
}
