/*
 * proto/spool_read.c - what lies in a spool, whoever put it there.
 *
 * Each name of a bundle is looked at as it comes: what it is (without following a link),
 * how long, and its header. Whatever is odd with one is noted with it and stops none of the
 * others; only a folder that cannot be listed at all is an error.
 *
 * So many that have a header are kept, and only these count: what is empty, or no bundle, cannot
 * take the place of one. Should there be more, it is done again, and those that a manifest
 * names come first.
 */
#include "proto/spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"

enum {
	MANIFEST_MAX = 64 * 1024,
};

#define PATH_SIZE (PH_SPOOL_PATH_MAX + PH_SPOOL_NAME_SIZE + 8)

void ph_spool_files_deinit(struct ph_spool_files *files)
{
	free(files->file);
	memset(files, 0, sizeof(*files));
}

static const char *look_at(struct ph_spool *spool, struct ph_spool_file *file)
{
	struct ph_buf front = { 0 };
	struct ph_file_info info;
	char path[PATH_SIZE];
	const char *reason = NULL;
	int rc = ph_path_join(path, sizeof(path), spool->path, file->name, NULL);

	rc = rc == 0 ? ph_file_look(path, &info) : rc;
	if (rc < 0) {
		return "unreadable";
	}
	if (!info.plain) {
		return "not-a-file";
	}
	file->size = info.size;
	if (info.size > PH_BUNDLE_MAX) {
		return ph_bundle_reason(PH_BUNDLE_E_BIG);
	}
	if (info.size == 0) {
		return ph_bundle_reason(PH_BUNDLE_E_CUT);
	}
	rc = ph_file_read_front(path, PH_BUNDLE_HEADER_LEN, &front);
	if (rc < 0) {
		reason = "unreadable";
	} else {
		rc = ph_bundle_header_decode(ph_buf_view(&front), &file->header);
		reason = rc == PH_BUNDLE_E_MORE ? ph_bundle_reason(PH_BUNDLE_E_CUT)
			 : rc > 0               ? ph_bundle_reason(rc)
						: NULL;
	}
	ph_buf_deinit(&front);
	return reason;
}

/* ---- listing ---- */

struct listing {
	struct ph_spool *spool;
	ph_spool_is_from *is_from; /* NULL: of anybody */
	void *data;
	struct ph_spool_files *files;
	unsigned n_good;  /* with a header */
	unsigned n_first; /* at the front of files, by name: they came first */
};

static int by_name(const void *a, const void *b)
{
	const struct ph_spool_file *one = a;
	const struct ph_spool_file *two = b;

	return strcmp(one->name, two->name);
}

static bool is_in(const struct listing *listing, const struct ph_spool_file *file)
{
	return listing->n_first > 0 &&
	       bsearch(file, listing->files->file, listing->n_first, sizeof(*file),
		       by_name) != NULL;
}

static int keep(struct ph_spool_files *files, const struct ph_spool_file *file)
{
	if (files->n % 64 == 0) {
		struct ph_spool_file *more =
			realloc(files->file, (files->n + 64) * sizeof(*more));

		if (more == NULL) {
			return -ENOMEM;
		}
		files->file = more;
	}
	files->file[files->n++] = *file;
	return 0;
}

/* FILE, looked at: kept, counted, or neither. 0 or -ENOMEM. */
static int see_file(struct listing *listing, const struct ph_spool_file *file)
{
	struct ph_spool_files *files = listing->files;

	if (listing->is_from &&
	    (file->reason || !listing->is_from(listing->data, file->header.from))) {
		return 0;
	}
	if (file->reason && files->n - listing->n_good == PH_SPOOL_REFUSED_MAX) {
		files->n_refused++;
		return 0;
	}
	if (!file->reason && listing->n_good == PH_SPOOL_FILES_MAX) {
		files->is_more = true;
		return 0;
	}
	listing->n_good += file->reason == NULL;
	return keep(files, file);
}

static int see_name(void *data, const char *name)
{
	struct listing *listing = data;
	struct ph_spool_file file = { 0 };

	if (!ph_spool_is_name(name)) {
		return 0;
	}
	snprintf(file.name, sizeof(file.name), "%s", name);
	if (is_in(listing, &file)) {
		return 0;
	}
	file.reason = look_at(listing->spool, &file);
	return see_file(listing, &file);
}

/* ---- what manifests name, first ---- */

struct named {
	uint8_t (*hash)[PH_BUNDLE_HASH_SIZE];
	size_t n; /* at most PH_SPOOL_SENDERS_MAX times PH_SPOOL_BUNDLES_MAX */
};

static int by_hash(const void *a, const void *b)
{
	return memcmp(a, b, PH_BUNDLE_HASH_SIZE);
}

/* 0 or -ENOMEM. A manifest that is damaged, or cannot be read, names nothing. */
static int add_named(struct ph_spool *spool,
		     const uint8_t device[static PH_DEVICE_ID_SIZE], struct named *named)
{
	uint8_t(*more)[PH_BUNDLE_HASH_SIZE];
	struct ph_manifest manifest;
	int rc = ph_spool_manifest(spool, device, &manifest);

	if (rc != 0) {
		return rc == -ENOMEM ? rc : 0;
	}
	if (manifest.n > 0) {
		more = realloc(named->hash, (named->n + manifest.n) * sizeof(*more));
		rc = more == NULL ? -ENOMEM : 0;
		named->hash = more ? more : named->hash;
	}
	for (unsigned i = 0; rc == 0 && i < manifest.n; i++) {
		memcpy(named->hash[named->n++], manifest.line[i].hash,
		       sizeof(named->hash[0]));
	}
	ph_manifest_deinit(&manifest);
	return rc;
}

/* Those that have a header, each once: what is odd is noted when the folder is gone through. */
static int see_named(struct listing *listing, const struct named *named)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < named->n; i++) {
		struct ph_spool_file file = { 0 };

		if (i > 0 && by_hash(named->hash[i - 1], named->hash[i]) == 0) {
			continue;
		}
		ph_spool_name(named->hash[i], file.name);
		if (look_at(listing->spool, &file) == NULL) {
			rc = see_file(listing, &file);
		}
	}
	/* by hash is by name */
	listing->n_first = listing->files->n;
	return rc;
}

static int see_first(struct listing *listing)
{
	struct ph_spool_senders senders = { 0 };
	struct named named = { 0 };
	int rc = ph_spool_senders(listing->spool, &senders, NULL);

	for (unsigned i = 0; rc == 0 && i < senders.n; i++) {
		rc = add_named(listing->spool, senders.id[i], &named);
	}
	if (named.n > 0) {
		qsort(named.hash, named.n, sizeof(named.hash[0]), by_hash);
	}
	rc = rc == 0 ? see_named(listing, &named) : rc;
	free(named.hash);
	ph_spool_senders_deinit(&senders);
	return rc;
}

/* ---- */

static int by_number(const void *a, const void *b)
{
	const struct ph_spool_file *one = a;
	const struct ph_spool_file *two = b;
	int rc = (one->reason != NULL) - (two->reason != NULL);

	if (rc == 0) {
		rc = memcmp(one->header.from, two->header.from, PH_DEVICE_ID_SIZE);
	}
	if (rc == 0) {
		rc = (int)one->header.direction - (int)two->header.direction;
	}
	if (rc == 0) {
		rc = (one->header.number > two->header.number) -
		     (one->header.number < two->header.number);
	}
	return rc != 0 ? rc : strcmp(one->name, two->name);
}

int ph_spool_list_from(struct ph_spool *spool, ph_spool_is_from *is_from, void *data,
		       struct ph_spool_files *files_out, struct ph_error *err)
{
	struct ph_spool_files files = { 0 };
	struct listing listing = { spool, is_from, data, &files, 0, 0 };
	int rc = ph_dir_list(spool->path, see_name, &listing);

	if (rc == 0 && files.is_more) {
		files.n = files.n_refused = listing.n_good = 0;
		files.is_more = false;
		rc = see_first(&listing);
		rc = rc == 0 ? ph_dir_list(spool->path, see_name, &listing) : rc;
	}
	if (rc < 0) {
		ph_spool_files_deinit(&files);
		return ph_fail_errno(err, rc, spool->path);
	}
	if (files.n > 0) {
		qsort(files.file, files.n, sizeof(*files.file), by_number);
	}
	*files_out = files;
	return 0;
}

int ph_spool_list(struct ph_spool *spool, struct ph_spool_files *files_out,
		  struct ph_error *err)
{
	return ph_spool_list_from(spool, NULL, NULL, files_out, err);
}

int ph_spool_read(struct ph_spool *spool, const char *name, struct ph_buf *out,
		  const char **reason_out)
{
	uint8_t hash[PH_BUNDLE_HASH_SIZE];
	char right[PH_SPOOL_NAME_SIZE];
	char path[PATH_SIZE];
	size_t before = out->len;
	int rc = ph_spool_is_name(name) ? 0 : -EINVAL;

	rc = rc == 0 ? ph_path_join(path, sizeof(path), spool->path, name, NULL) : rc;
	rc = rc == 0 ? ph_file_read_plain(path, PH_BUNDLE_MAX, out) : rc;
	if (rc < 0) {
		return rc;
	}
	ph_bundle_hash(PH_VIEW(out->data + before, out->len - before), hash);
	ph_spool_name(hash, right);
	*reason_out = strcmp(right, name) == 0 ? NULL : "hash";
	return 0;
}

int ph_spool_manifest(struct ph_spool *spool,
		      const uint8_t device[static PH_DEVICE_ID_SIZE],
		      struct ph_manifest *manifest_out)
{
	char name[2 * PH_DEVICE_ID_SIZE + 6];
	struct ph_buf bytes = { 0 };
	char path[PATH_SIZE];
	int rc;

	ph_hex(name, device, PH_DEVICE_ID_SIZE);
	snprintf(name + 2 * PH_DEVICE_ID_SIZE, 6, ".phm");
	rc = ph_path_join(path, sizeof(path), spool->path, name, NULL);
	rc = rc == 0 ? ph_file_read_plain(path, MANIFEST_MAX, &bytes) : rc;
	rc = rc == 0 ? ph_manifest_decode(ph_buf_view(&bytes), device, manifest_out) : rc;
	ph_buf_deinit(&bytes);
	return rc;
}
