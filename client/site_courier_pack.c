/*
 * client/site_courier_pack.c - what a site hands over to a courier.
 *
 * What is packed stays in a folder of its own and is packed anew when a hello would tell
 * something else: so a courier that drove off in the middle is given the rest, and one that
 * comes every day is not given the same under another name.
 *
 * It is packed in steps, and after a moment of them whoever asked is told to come again: the
 * peer's PINGs are answered meanwhile, and the site is there for others. What they record
 * while it is packed may be in it or not, and is not said to be with the courier; the mark
 * is of what there was before, so that the next time it is packed anew. An exchange that
 * ends in between leaves files under no mark, which the next packing sweeps away.
 */
#include "client/site_courier_internal.h"
#include "client/site_take.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#define META_MARK "courier.mark" /* of what is packed */
#define PART      ".part"        /* a bundle that was being put away */

/* ---- whether it is there already ---- */

/* Of all that a bundle would say: what a hello tells, what waits, and what of the hub's own goes back. */
static int make_mark(struct ph_site_courier *courier)
{
	struct ph_hello *hello = calloc(1, sizeof(*hello));
	struct ph_site_state state;
	struct ph_buf bytes = { 0 };
	struct ph_buf arena = { 0 };
	bool gives = false;
	int rc = hello ? 0 : -ENOMEM;

	/* the hello first: it may write that something was erased */
	rc = rc == 0 ? ph_site_hello(courier->site, 0, hello, &arena, courier->err) : rc;
	rc = rc == 0 ? ph_site_state(courier->site, &state) : rc;
	if (rc == 0) {
		courier->entries = state.entries;
		hello->counter = 0;
		hello->cert = PH_VIEW(NULL, 0);
		rc = ph_hello_encode(hello, &bytes);
	}
	rc = rc == 0 ? ph_buf_put_be64(&bytes, state.parts_pending) : rc;
	rc = rc == 0 ? ph_site_control_gives(courier->site, &gives) : rc;
	rc = rc == 0 && gives ? ph_buf_put_u8(&bytes, 1) : rc;
	if (rc == 0) {
		crypto_generichash(courier->mark, sizeof(courier->mark), bytes.data,
				   bytes.len, NULL, 0);
		courier->stage = PH_SITE_COURIER_FINDING;
	}
	free(hello);
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&arena);
	return rc;
}

static int add_line(struct ph_site_courier *courier, struct ph_view bundle)
{
	if (courier->n_lines == PH_SITE_COURIER_MAX) {
		return -EMSGSIZE;
	}
	ph_courier_line_of(bundle, &courier->line[courier->n_lines++]);
	return 0;
}

/* Whether something lies there that was packed under the mark, and as much as then. 0 or negative errno. */
static int is_marked(struct ph_site_courier *courier, bool *is_out)
{
	struct ph_buf held = { 0 };
	int rc = ph_journal_meta_get(courier->site->journal, META_MARK, &held);

	/* the mark, then how many */
	*is_out = rc == 0 && held.len == sizeof(courier->mark) + 1 &&
		  memcmp(held.data, courier->mark, sizeof(courier->mark)) == 0;
	if (*is_out) {
		rc = ph_spool_list(&courier->spool, &courier->found, courier->err);
		*is_out = rc == 0 && courier->found.n == held.data[sizeof(courier->mark)];
	}
	ph_buf_deinit(&held);
	return rc < 0 ? rc : 0;
}

static bool read_found(struct ph_site_courier *courier, unsigned i)
{
	const struct ph_spool_file *file = &courier->found.file[i];
	struct ph_buf bundle = { 0 };
	const char *reason;
	bool is_whole =
		!file->reason &&
		ph_spool_read(&courier->spool, file->name, &bundle, &reason) == 0 &&
		!reason && add_line(courier, ph_buf_view(&bundle)) == 0;

	ph_buf_deinit(&bundle);
	return is_whole;
}

/* One file of those that lie there; all of them have to be whole. */
static int look_on(struct ph_site_courier *courier)
{
	bool is_found = true;
	int rc = 0;

	if (courier->looked == 0 && !courier->found.file) {
		rc = is_marked(courier, &is_found);
	}
	if (rc == 0 && is_found && courier->looked < courier->found.n) {
		is_found = read_found(courier, courier->looked++);
	}
	if (rc == 0 && !is_found) {
		courier->n_lines = 0;
		courier->stage = PH_SITE_COURIER_SWEEPING;
	} else if (rc == 0 && courier->looked == courier->found.n) {
		courier->stage = PH_SITE_COURIER_READY;
	}
	return rc;
}

/* ---- packing anew ---- */

int ph_site_courier_meta(struct ph_site *site, const char *name, struct ph_view value)
{
	int rc = ph_db_begin(site->db);

	rc = rc == 0 ? ph_journal_meta_put(site->journal, name, value) : rc;
	rc = rc == 0 ? ph_db_commit(site->db) : rc;
	if (rc < 0) {
		ph_site_roll_back(site);
	}
	return rc;
}

/* What was there has been said otherwise by now. */
static int sweep(struct ph_site_courier *courier)
{
	const struct ph_manifest none = { .written = 0 };
	unsigned removed;
	int rc = ph_spool_sweep(&courier->spool, courier->site->cert.device_id, &none,
				&removed, courier->err);

	rc = rc == 0 ? ph_site_pack_new(&courier->packing, courier->site) : rc;
	if (rc == 0) {
		ph_site_pack_for(courier->packing, PH_AWAY_COURIER);
		courier->stage = PH_SITE_COURIER_PACKING;
	}
	return rc;
}

static int keep_mark(struct ph_site_courier *courier)
{
	struct ph_buf held = { 0 };
	int rc = ph_buf_put(&held, courier->mark, sizeof(courier->mark));

	rc = rc == 0 ? ph_buf_put_u8(&held, (uint8_t)courier->n_lines) : rc;
	rc = rc == 0 ? ph_site_courier_meta(courier->site, META_MARK, ph_buf_view(&held))
		     : rc;
	ph_buf_deinit(&held);
	return rc;
}

/* The bundle is whole: it is put away, and if it was the last, all of it is marked. */
static int put_bundle(struct ph_site_courier *courier)
{
	char name[PH_SPOOL_NAME_SIZE];
	int rc = ph_spool_put(&courier->spool, ph_buf_view(&courier->bundle), name,
			      courier->err);

	rc = rc == 0 ? add_line(courier, ph_buf_view(&courier->bundle)) : rc;
	courier->bundle.len = 0;
	if (rc == 0 && courier->packed.more && courier->n_lines < PH_SITE_COURIER_MAX) {
		return 0;
	}
	if (rc == 0 && courier->packed.more) {
		courier->entries =
			0; /* not all of it: none is said to be with the courier */
	}
	rc = rc == 0 ? keep_mark(courier) : rc;
	if (rc == 0) {
		courier->stage = PH_SITE_COURIER_READY;
	}
	return rc;
}

static int pack_on(struct ph_site_courier *courier)
{
	int rc;

	if (courier->bundle.len == 0) {
		rc = ph_site_pack_begin(courier->packing, PH_BUNDLE_MAX, &courier->bundle,
					courier->err);
		return rc > 0 ? -EMSGSIZE : rc;
	}
	rc = ph_site_pack_step(courier->packing, &courier->bundle, &courier->packed,
			       courier->err);
	if (rc == PH_SITE_PACK_E_MORE) {
		return 0;
	}
	return rc > 0 ? -EMSGSIZE : rc < 0 ? rc : put_bundle(courier);
}

/* ---- nothing of it ---- */

struct drop {
	const char *dir;
	int rc; /* of the first that stays */
};

/* By its name alone: a bundle whose header cannot be read just now is one, too. */
static bool is_packed(const char *name)
{
	size_t len = strlen(name);

	return ph_spool_is_name(name) ||
	       (len > strlen(PART) && strcmp(name + len - strlen(PART), PART) == 0);
}

static int drop_name(void *data, const char *name)
{
	struct drop *drop = data;
	char path[PH_SITE_PATH_MAX];
	int rc = -ENOENT;

	if (is_packed(name)) {
		rc = ph_path_join(path, sizeof(path), drop->dir, name, NULL);
		rc = rc < 0 ? rc : ph_file_remove(path);
	}
	drop->rc = drop->rc == 0 && rc != -ENOENT ? rc : drop->rc;
	return 0;
}

/* Also if nothing is found: who removed it may have ended before that was on the disk. */
static int sync_dir(const char *dir)
{
	int rc = ph_dir_sync(dir);

	return rc == -ENOENT ? 0 : rc;
}

static int drop_packed(const char *dir)
{
	struct drop drop = { .dir = dir };
	int rc = ph_dir_list(dir, drop_name, &drop);

	if (rc == -ENOENT) {
		return 0;
	}
	rc = rc < 0 ? rc : drop.rc;
	return rc < 0 ? rc : sync_dir(dir);
}

int ph_site_courier_drop(struct ph_site *site)
{
	char dir[PH_SITE_PATH_MAX];
	char packed[PH_SITE_PATH_MAX];
	int rc = ph_path_join(dir, sizeof(dir), site->dir, "courier", NULL);

	rc = rc < 0 ? rc
		    : ph_path_join(packed, sizeof(packed), dir, PH_SPOOL_FOLDER, NULL);
	rc = rc < 0 ? rc : ph_parcels_drop(dir);
	rc = rc < 0 ? rc : sync_dir(dir);
	return rc < 0 ? rc : drop_packed(packed);
}

/* ---- all of it ---- */

void ph_site_courier_pack_end(struct ph_site_courier *courier)
{
	ph_spool_files_deinit(&courier->found);
	ph_site_pack_free(courier->packing);
	courier->packing = NULL;
	ph_buf_deinit(&courier->bundle);
}

static int step(struct ph_site_courier *courier)
{
	switch (courier->stage) {
	case PH_SITE_COURIER_MARKING:
		return make_mark(courier);
	case PH_SITE_COURIER_FINDING:
		return look_on(courier);
	case PH_SITE_COURIER_SWEEPING:
		return sweep(courier);
	case PH_SITE_COURIER_PACKING:
		return pack_on(courier);
	case PH_SITE_COURIER_READY:
		break;
	}
	return 0;
}

int ph_site_courier_next(struct ph_site_courier *courier, struct ph_courier_job *job)
{
	uint64_t began = ph_site_ms(courier->site);
	int rc = 0;

	while (rc == 0 && courier->stage != PH_SITE_COURIER_READY) {
		rc = step(courier);
		if (rc == 0 && courier->stage != PH_SITE_COURIER_READY &&
		    ph_site_ms(courier->site) - began >= PH_SITE_MOMENT_MS) {
			return PH_SITE_COURIER_E_AGAIN;
		}
	}
	if (rc < 0) {
		return rc;
	}
	ph_site_courier_pack_end(courier);
	courier->told.packed = courier->n_lines;
	job->has_line = courier->at < courier->n_lines;
	if (job->has_line) {
		job->line = courier->line[courier->at++];
	}
	return 0;
}
