/*
 * proto/spool_read.c - what lies in a spool, whoever put it there.
 *
 * Names first: only those of bundles are kept, and of these so many. Then each file: what
 * it is (without following a link), how long, and its header. Whatever is odd with one is
 * noted with it and stops none of the others; only a folder that cannot be listed at all
 * is an error.
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

static int see_name(void *data, const char *name)
{
	struct ph_spool_files *files = data;
	struct ph_spool_file *more;

	if (!ph_spool_is_name(name)) {
		return 0;
	}
	if (files->n == PH_SPOOL_FILES_MAX) {
		files->is_more = true;
		return 0;
	}
	if (files->n % 64 == 0) {
		more = realloc(files->file, (files->n + 64) * sizeof(*more));
		if (more == NULL) {
			return -ENOMEM;
		}
		files->file = more;
	}
	memset(&files->file[files->n], 0, sizeof(*files->file));
	snprintf(files->file[files->n].name, PH_SPOOL_NAME_SIZE, "%s", name);
	files->n++;
	return 0;
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

int ph_spool_list(struct ph_spool *spool, struct ph_spool_files *files_out,
		  struct ph_error *err)
{
	struct ph_spool_files files = { 0 };
	int rc = ph_dir_list(spool->path, see_name, &files);

	if (rc < 0) {
		ph_spool_files_deinit(&files);
		return ph_fail_errno(err, rc, spool->path);
	}
	for (unsigned i = 0; i < files.n; i++) {
		files.file[i].reason = look_at(spool, &files.file[i]);
	}
	if (files.n > 0) {
		qsort(files.file, files.n, sizeof(*files.file), by_number);
	}
	*files_out = files;
	return 0;
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
