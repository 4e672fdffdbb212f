/*
 * proto/spool.c - a spool, written and swept.
 *
 * A bundle is written beside, synced, dropped from memory and read again, and only then
 * given its name, which is made to last by a sync of the folder: pulled at any byte, the
 * stick has the bundle whole or a .part that nobody reads. Then the manifest, likewise.
 * Older bundles of the same sender go last, when the new ones are there.
 *
 * No room, an error, bytes that read otherwise: the .part is removed and the error
 * passed on; what was on the stick is as it was.
 */
#include "proto/spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/base/file.h"
#include "common/base/say.h"

enum {
	FOLDER_MODE =
		0777, /* less the umask: a stick is everybody's, bundles are sealed */
	FILE_MODE = 0644,
	PRIVATE_MODE = 0600,
	ID_NAME_SIZE = 2 * PH_DEVICE_ID_SIZE + 6,
};

#define PATH_SIZE (PH_SPOOL_PATH_MAX + PH_SPOOL_NAME_SIZE + 8)

void ph_bundle_hash(struct ph_view bundle, uint8_t out[static PH_BUNDLE_HASH_SIZE])
{
	crypto_generichash(out, PH_BUNDLE_HASH_SIZE, bundle.data, bundle.len, NULL, 0);
}

void ph_spool_name(const uint8_t hash[static PH_BUNDLE_HASH_SIZE],
		   char out[static PH_SPOOL_NAME_SIZE])
{
	ph_hex(out, hash, PH_BUNDLE_HASH_SIZE);
	memcpy(out + 2 * PH_BUNDLE_HASH_SIZE, ".phb", 5);
}

bool ph_spool_is_name(const char *name)
{
	return strlen(name) == PH_SPOOL_NAME_SIZE - 1 &&
	       strspn(name, "0123456789abcdef") == 2 * PH_BUNDLE_HASH_SIZE &&
	       strcmp(name + 2 * PH_BUNDLE_HASH_SIZE, ".phb") == 0;
}

static int path_of(const struct ph_spool *spool, const char *name,
		   char out[static PATH_SIZE])
{
	return ph_path_join(out, PATH_SIZE, spool->path, name, NULL);
}

static void id_name(const uint8_t id[static PH_DEVICE_ID_SIZE], const char *end,
		    char out[static ID_NAME_SIZE])
{
	ph_hex(out, id, PH_DEVICE_ID_SIZE);
	snprintf(out + 2 * PH_DEVICE_ID_SIZE, 6, "%s", end);
}

/* ---- the folder ---- */

/* What RC says of a stick that was to be written. */
static const char *trouble_of(int rc)
{
	switch (rc) {
	case -ENOSPC:
	case -EDQUOT:
		return PH_SPOOL_T_FULL;
	case -EROFS:
	case -EACCES:
	case -EPERM:
		return PH_SPOOL_T_PROTECTED;
	case -EBADMSG:
		return PH_SPOOL_T_OTHER_BYTES;
	case -EIO:
		return PH_SPOOL_T_PULLED;
	case -EISDIR:
		return PH_SPOOL_T_IN_THE_WAY;
	default:
		return NULL;
	}
}

/* LEN bytes could not be written. */
static int fail_put(struct ph_spool *spool, int rc, uint64_t len, struct ph_error *err)
{
	spool->trouble = trouble_of(rc);
	if (rc != -ENOSPC && rc != -EDQUOT) {
		return ph_fail_errno(err, rc, spool->path);
	}
	spool->need = len;
	spool->room = 0;
	(void)ph_dir_room(spool->path, &spool->room);
	return ph_fail(
		err, PH_EXIT_OTHER, rc,
		ph_say("%s: the disk is full: %llu bytes are needed, %llu are left",
		       "%s: ổ đĩa đã đầy: cần %llu byte, còn %llu"),
		spool->path, (unsigned long long)len, (unsigned long long)spool->room);
}

static int fail_open(struct ph_spool *spool, const char *trouble, int rc,
		     const char *path, struct ph_error *err)
{
	spool->trouble = trouble;
	return ph_fail_errno(err, rc, path);
}

void ph_spool_set_private(struct ph_spool *spool)
{
	spool->mode = PRIVATE_MODE;
}

int ph_spool_open(struct ph_spool *spool, const char *dir, bool create,
		  struct ph_error *err)
{
	struct ph_file_info info;
	int rc = ph_file_info(dir, &info);

	spool->mode = FILE_MODE;
	spool->trouble = NULL;
	spool->in_way[0] = '\0';
	if (rc == -ENOENT || (rc == 0 && !info.folder)) {
		return fail_open(spool, PH_SPOOL_T_NO_STICK, -ENOENT, dir, err);
	}
	if (rc < 0) {
		return ph_fail_errno(err, rc, dir);
	}
	rc = ph_path_join(spool->path, sizeof(spool->path), dir, PH_SPOOL_FOLDER, err);
	if (rc < 0) {
		return rc;
	}
	rc = ph_file_look(spool->path, &info);
	if (rc == 0 && info.folder && create) {
		/* who made it may have ended before that was on the disk */
		rc = ph_dir_sync(dir);
		return rc < 0 ? fail_put(spool, rc, PH_BUNDLE_LEAST, err) : 0;
	}
	if (rc == -ENOENT && create) {
		rc = ph_dir_create_as(spool->path, FOLDER_MODE, NULL);
		return rc < 0 ? fail_put(spool, rc, PH_BUNDLE_LEAST, err) : 0;
	}
	if (rc == -ENOENT) {
		return fail_open(spool, PH_SPOOL_T_NOTHING, rc, spool->path, err);
	}
	if (rc == 0 && !info.folder) {
		return fail_open(spool, PH_SPOOL_T_NO_FOLDER, -ENOTDIR, spool->path, err);
	}
	return rc < 0 ? ph_fail_errno(err, rc, spool->path) : 0;
}

/* ---- writing ---- */

/* Of two names that were to be written, the one that a folder has: somebody else's, so it stays. */
static void find_in_way(struct ph_spool *spool, const char *one, const char *two)
{
	const char *const names[] = { one, two };
	struct ph_file_info info;
	char path[PATH_SIZE];

	spool->in_way[0] = '\0';
	for (unsigned i = 0; i < 2 && spool->in_way[0] == '\0'; i++) {
		if (path_of(spool, names[i], path) == 0 &&
		    ph_file_look(path, &info) == 0 && info.folder) {
			snprintf(spool->in_way, sizeof(spool->in_way), "%s", names[i]);
		}
	}
}

/* Whether the file at PATH is BYTES. 0, -EBADMSG if not, another negative errno. */
static int compare(const char *path, struct ph_view bytes)
{
	struct ph_buf held = { 0 };
	int rc = ph_file_read_plain(path, PH_BUNDLE_MAX, &held);

	if (rc == 0 && !ph_view_equal(ph_buf_view(&held), bytes)) {
		rc = -EBADMSG;
	}
	ph_buf_deinit(&held);
	return rc;
}

static int write_part(const char *part, const char *path, struct ph_view bytes,
		      unsigned mode)
{
	int rc = ph_file_write_new(part, bytes, mode);

	if (rc == 0) {
		rc = compare(part, bytes);
	}
	if (rc == 0) {
		rc = ph_file_rename(part, path, NULL);
	}
	if (rc < 0) {
		(void)ph_file_remove(part);
	}
	return rc;
}

int ph_spool_put(struct ph_spool *spool, struct ph_view bundle,
		 char name_out[static PH_SPOOL_NAME_SIZE], struct ph_error *err)
{
	uint8_t hash[PH_BUNDLE_HASH_SIZE];
	struct ph_bundle_header header;
	char part_name[ID_NAME_SIZE];
	char part[PATH_SIZE];
	char path[PATH_SIZE];
	int rc = ph_bundle_header_decode(bundle, &header) == 0 ? 0 : -EINVAL;

	if (rc == 0) {
		ph_bundle_hash(bundle, hash);
		ph_spool_name(hash, name_out);
		id_name(header.from, ".part", part_name);
		rc = path_of(spool, part_name, part);
	}
	rc = rc == 0 ? path_of(spool, name_out, path) : rc;
	if (rc == 0 && compare(path, bundle) == 0) {
		/* who wrote it may have ended before it was on the disk under that name */
		rc = ph_file_sync(path, NULL);
	} else if (rc == 0) {
		rc = write_part(part, path, bundle, spool->mode);
	}
	if (rc == -EISDIR) {
		find_in_way(spool, part_name, name_out);
	}
	return rc == 0 ? 0 : fail_put(spool, rc, bundle.len, err);
}

void ph_spool_line(struct ph_view bundle, struct ph_manifest_line *line_out)
{
	struct ph_bundle_header header = { 0 };

	(void)ph_bundle_header_decode(bundle, &header);
	ph_bundle_hash(bundle, line_out->hash);
	memcpy(line_out->to, header.to, sizeof(line_out->to));
	line_out->size = bundle.len;
	line_out->number = header.number;
	line_out->made = header.made;
}

int ph_spool_put_manifest_bytes(struct ph_spool *spool,
				const uint8_t device[static PH_DEVICE_ID_SIZE],
				struct ph_view bytes, struct ph_error *err)
{
	char part_name[ID_NAME_SIZE + 5];
	char name[ID_NAME_SIZE];
	char path[PATH_SIZE];
	int rc;

	id_name(device, ".phm", name);
	snprintf(part_name, sizeof(part_name), "%s.part", name);
	rc = path_of(spool, name, path);
	if (rc == 0) {
		rc = ph_file_write(path, bytes, spool->mode, NULL);
	}
	if (rc == -EISDIR) {
		find_in_way(spool, part_name, name);
	}
	return rc < 0 ? fail_put(spool, rc, bytes.len, err) : 0;
}

int ph_spool_put_manifest(struct ph_spool *spool, const struct ph_manifest *manifest,
			  const struct ph_sign_pair *pair, struct ph_error *err)
{
	uint8_t id[PH_DEVICE_ID_SIZE];
	struct ph_buf bytes = { 0 };
	int rc = ph_manifest_encode(manifest, pair, &bytes);

	spool->trouble = NULL;
	ph_device_id(id, pair->key);
	rc = rc < 0 ? ph_fail_errno(err, rc, spool->path)
		    : ph_spool_put_manifest_bytes(spool, id, ph_buf_view(&bytes), err);
	ph_buf_deinit(&bytes);
	return rc;
}

/* ---- sweeping ---- */

static bool is_kept(const struct ph_manifest *keep, const char *name)
{
	char listed[PH_SPOOL_NAME_SIZE];

	for (unsigned i = 0; keep && i < keep->n; i++) {
		ph_spool_name(keep->line[i].hash, listed);
		if (strcmp(listed, name) == 0) {
			return true;
		}
	}
	return false;
}

static bool is_sender(void *data, const uint8_t from[static PH_DEVICE_ID_SIZE])
{
	return memcmp(data, from, PH_DEVICE_ID_SIZE) == 0;
}

int ph_spool_sweep(struct ph_spool *spool, const uint8_t from[static PH_DEVICE_ID_SIZE],
		   const struct ph_manifest *keep, unsigned *removed_out,
		   struct ph_error *err)
{
	uint8_t id[PH_DEVICE_ID_SIZE];
	struct ph_spool_files files;
	char name[ID_NAME_SIZE];
	char path[PATH_SIZE];
	unsigned removed = 0;
	int rc;

	memcpy(id, from, sizeof(id));
	rc = ph_spool_list_from(spool, is_sender, id, &files, err);
	if (rc < 0) {
		return rc;
	}
	for (unsigned i = 0; i < files.n; i++) {
		const struct ph_spool_file *file = &files.file[i];

		if (!is_kept(keep, file->name) && path_of(spool, file->name, path) == 0 &&
		    ph_file_remove(path) == 0) {
			removed++;
		}
	}
	id_name(from, ".part", name);
	if (path_of(spool, name, path) == 0) {
		(void)ph_file_remove(path);
	}
	ph_spool_files_deinit(&files);
	*removed_out = removed;
	/* or a power cut brings them back; -EINVAL: a folder that knows no syncing */
	rc = removed > 0 ? ph_dir_sync(spool->path) : 0;
	return rc < 0 && rc != -EINVAL ? ph_fail_errno(err, rc, spool->path) : 0;
}
