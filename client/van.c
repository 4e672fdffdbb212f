/*
 * client/van.c - the courier's folder: opened, listed, kept in order.
 *
 * What was carried for 90 days is removed. That is counted by our own clock since we signed for
 * it: the header's time is of a clock that may have begun in 1970, and a bundle must not be
 * let go of on the day it was signed for. The manifest is written anew after each exchange,
 * for whoever reads the folder; nothing here believes it.
 */
#include "client/van.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/site_courier.h"
#include "client/van_internal.h"
#include "common/base/file.h"
#include "common/base/secret.h"
#include "common/cli/out.h"
#include "proto/custody.h"

int64_t ph_van_now(const struct ph_van *van)
{
	struct ph_now now;

	van->clock.read(van->clock.data, &now);
	return now.wall;
}

static int open_folder(struct ph_van *van, const char *dir, struct ph_error *err)
{
	int rc = ph_path_join(van->dir, sizeof(van->dir), dir, "carried", err);

	rc = rc < 0 ? rc : ph_dir_create(van->dir, err);
	if (rc == 0) { /* who made it may have ended before that was on the disk */
		rc = ph_dir_sync(dir);
		rc = rc < 0 ? ph_fail_errno(err, rc, dir) : 0;
	}
	rc = rc < 0 ? rc : ph_spool_open(&van->spool, van->dir, true, err);
	ph_spool_set_private(&van->spool);
	return rc;
}

int ph_van_open(struct ph_van *van, struct ph_site *site, const char *dir,
		struct ph_clock clock, struct ph_error *err)
{
	struct ph_site_info info;
	int rc;

	memset(van, 0, sizeof(*van));
	ph_site_info(site, &info);
	if (!(info.role & PH_ROLE_COURIER)) {
		return ph_fail(err, PH_EXIT_USAGE, -EACCES, "%s",
			       ph_say("this device is not a courier: it was enrolled for "
				      "a site. A courier needs an invite of its own "
				      "(packhorsed invite --role courier)",
				      "máy này không phải máy chuyển tin: nó được ghi "
				      "danh cho một điểm. Máy chuyển tin cần giấy mời "
				      "riêng (packhorsed invite --role courier)"));
	}
	memcpy(van->device, info.device_id, sizeof(van->device));
	ph_secret_lock(&van->sign, sizeof(van->sign));
	ph_secret_lock(&van->box, sizeof(van->box));
	van->sign = *ph_site_sign(site);
	van->box = *ph_site_box(site);
	van->keylist = *ph_site_keylist(site);
	van->clock = clock;
	rc = ph_buf_put_view(&van->cert, ph_site_cert(site));
	rc = rc < 0 ? ph_fail_errno(err, rc, ph_say("starting", "khởi động"))
		    : open_folder(van, dir, err);
	if (rc < 0) {
		ph_van_close(van);
	}
	return rc;
}

void ph_van_close(struct ph_van *van)
{
	ph_buf_deinit(&van->cert);
	ph_sign_pair_wipe(&van->sign);
	ph_secret_wipe(&van->box, sizeof(van->box));
}

bool ph_van_is_hub(const struct ph_van *van, const uint8_t id[static PH_DEVICE_ID_SIZE])
{
	uint8_t hub[PH_DEVICE_ID_SIZE];

	for (unsigned i = 0; i < van->keylist.n_hubs; i++) {
		ph_device_id(hub, van->keylist.hub[i].sign);
		if (memcmp(hub, id, sizeof(hub)) == 0) {
			return true;
		}
	}
	return false;
}

/* ---- files beside the spool ---- */

int ph_van_custody_path(const struct ph_van *van, const char *bundle,
			char out[static PH_VAN_PATH_MAX])
{
	char name[2 * PH_BUNDLE_HASH_SIZE + 9];

	snprintf(name, sizeof(name), "%.*s.custody", 2 * PH_BUNDLE_HASH_SIZE, bundle);
	return ph_path_join(out, PH_VAN_PATH_MAX, van->dir, name, NULL);
}

int ph_van_cert_path(const struct ph_van *van, const uint8_t id[static PH_DEVICE_ID_SIZE],
		     char out[static PH_VAN_PATH_MAX])
{
	char name[2 * PH_DEVICE_ID_SIZE + 6];

	ph_hex(name, id, PH_DEVICE_ID_SIZE);
	memcpy(name + 2 * PH_DEVICE_ID_SIZE, ".cert", 6);
	return ph_path_join(out, PH_VAN_PATH_MAX, van->dir, name, NULL);
}

void ph_van_drop(const struct ph_van *van, const char *bundle)
{
	char path[PH_VAN_PATH_MAX];

	if (ph_path_join(path, sizeof(path), van->spool.path, bundle, NULL) == 0) {
		(void)ph_file_remove(path);
	}
	if (ph_van_custody_path(van, bundle, path) == 0) {
		(void)ph_file_remove(path);
	}
}

/* When it was handed over, as we signed it then; 0: we did not. */
static int64_t since(const struct ph_van *van, const char *bundle)
{
	char path[PH_VAN_PATH_MAX];
	struct ph_custody custody = { .time = 0 };
	struct ph_buf bytes = { 0 };

	if (ph_van_custody_path(van, bundle, path) == 0 &&
	    ph_file_read_plain(path, PH_COURIER_CUSTODY_MAX, &bytes) == 0) {
		(void)ph_custody_decode(ph_buf_view(&bytes), &custody);
	}
	ph_buf_deinit(&bytes);
	return (int64_t)custody.time;
}

/* ---- what is carried ---- */

/* A time before the province was founded is that of a clock that was not set. */
static bool is_time(const struct ph_van *van, uint64_t time)
{
	return time >= van->keylist.issued;
}

static bool is_old(const struct ph_van *van, const struct ph_spool_file *file,
		   uint64_t now)
{
	uint64_t from = (uint64_t)since(van, file->name);

	from = is_time(van, from) ? from : file->header.made;
	return is_time(van, from) && from + PH_BUNDLE_DAYS * UINT64_C(86400) < now;
}

int ph_van_list(struct ph_van *van, struct ph_spool_files *files_out,
		struct ph_error *err)
{
	int rc = ph_spool_list(&van->spool, files_out, err);
	uint64_t now = (uint64_t)ph_van_now(van);
	unsigned kept = 0;

	for (unsigned i = 0; rc == 0 && i < files_out->n; i++) {
		const struct ph_spool_file *file = &files_out->file[i];

		if (!file->reason && is_old(van, file, now)) {
			ph_van_drop(van, file->name);
		} else {
			files_out->file[kept++] = *file;
		}
	}
	if (rc == 0) {
		files_out->n = kept;
	}
	return rc;
}

/* Whose it is: the device at the other end of it, if we have met it. */
static void name_item(const struct ph_van *van, struct ph_van_item *item)
{
	const struct ph_bundle_header *header = &item->file.header;
	char path[PH_VAN_PATH_MAX];
	struct ph_buf bytes = { 0 };
	struct ph_cert cert;

	if (!item->file.reason &&
	    ph_van_cert_path(
		    van, header->direction == PH_BUNDLE_UP ? header->from : header->to,
		    path) == 0 &&
	    ph_file_read_plain(path, PH_CERT_MAX, &bytes) == 0 &&
	    ph_cert_open(ph_buf_view(&bytes), &cert) == 0) {
		snprintf(item->site, sizeof(item->site), "%.*s",
			 (int)cert.invite.site_code.len,
			 (const char *)cert.invite.site_code.data);
		snprintf(item->name, sizeof(item->name), "%.*s",
			 (int)cert.invite.site_name.len,
			 (const char *)cert.invite.site_name.data);
	}
	ph_buf_deinit(&bytes);
}

int ph_van_each(struct ph_van *van, int (*cb)(void *data, const struct ph_van_item *item),
		void *data, struct ph_error *err)
{
	struct ph_spool_files files;
	int rc = ph_van_list(van, &files, err);

	if (rc < 0) {
		return rc;
	}
	for (unsigned i = 0; rc == 0 && i < files.n; i++) {
		struct ph_van_item item = { .file = files.file[i] };

		item.since = since(van, item.file.name);
		name_item(van, &item);
		rc = cb(data, &item);
	}
	ph_spool_files_deinit(&files);
	return rc;
}

/* What is there now, signed. A manifest that cannot be written is no reason to fail. */
void ph_van_write_manifest(struct ph_van *van)
{
	struct ph_manifest manifest = { .written = (uint64_t)ph_van_now(van) };
	struct ph_spool_files files;
	int rc;

	if (ph_van_list(van, &files, NULL) < 0) {
		return;
	}
	memcpy(manifest.key, van->sign.key, PH_KEY_SIZE);
	rc = 0;
	for (unsigned i = 0; rc == 0 && i < files.n; i++) {
		const struct ph_spool_file *file = &files.file[i];
		struct ph_manifest_line line = { .size = file->size,
						 .number = file->header.number,
						 .made = file->header.made };

		if (file->reason) {
			continue;
		}
		memcpy(line.to, file->header.to, sizeof(line.to));
		rc = ph_unhex(line.hash, sizeof(line.hash), file->name,
			      2 * PH_BUNDLE_HASH_SIZE);
		rc = rc == 0 ? ph_manifest_add(&manifest, &line) : rc;
	}
	(void)ph_spool_put_manifest(&van->spool, &manifest, &van->sign, NULL);
	ph_manifest_deinit(&manifest);
	ph_spool_files_deinit(&files);
}
