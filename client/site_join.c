/*
 * client/site_join.c - enrolling a folder from an invite.
 *
 * The order makes an interrupted join harmless: an empty store under another name, the
 * keys, then the store filled and renamed to site.db when it is whole; a folder counts
 * as enrolled only when site.db is there. Given again, join takes the keys that lie there, so that a
 * device has one name from its first try on, and brings to the disk what one that was killed made.
 *
 * An invite that is none, damaged, forged or expired is refused before anything is
 * made. A folder that holds anything but the leavings of a join is refused too: it is
 * somebody else's.
 */
#include <errno.h>
#include <string.h>

#include "client/site_internal.h"
#include "common/cli/out.h"

#define STORE_NEW "site.db.new"

static bool is_leaving(const char *name)
{
	static const char *const leavings[] = { "keys",       "keys.part", "codes",
						"codes.part", "witness",   "witness.part",
						"lock" };

	for (size_t i = 0; i < sizeof(leavings) / sizeof(leavings[0]); i++) {
		if (strcmp(name, leavings[i]) == 0) {
			return true;
		}
	}
	return strncmp(name, STORE_NEW, strlen(STORE_NEW)) == 0;
}

/* DIR with the folders above it, which XDG leaves to whoever comes first; to the disk, whoever made them. */
static int make_folder(const char *path, const char *dir, struct ph_error *err)
{
	int rc = ph_dir_create(path, NULL);

	if (rc != -EACCES && rc != -EPERM) {
		return rc < 0 ? ph_fail_errno(err, rc, path) : 0;
	}
	return ph_fail(
		err, PH_EXIT_OTHER, rc,
		ph_say("%s cannot be made: this user may not write there. As root: "
		       "install -d -m 0700 -o USER -g USER %s, then join again",
		       "không tạo được %s: người dùng này không có quyền ghi ở đó. "
		       "Với quyền root: install -d -m 0700 -o USER -g USER %s, rồi "
		       "chạy join lại"),
		path, dir);
}

static int make_folders(const char *dir, struct ph_error *err)
{
	char path[PH_SITE_PATH_MAX];

	for (const char *slash = strchr(dir + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		size_t len = (size_t)(slash - dir);

		if (len >= sizeof(path)) {
			return ph_fail_errno(err, -ENAMETOOLONG, dir);
		}
		memcpy(path, dir, len);
		path[len] = '\0';

		int rc = make_folder(path, dir, err);

		if (rc < 0) {
			return rc;
		}
	}
	return make_folder(dir, dir, err);
}

/* Who enrolled DIR may have ended before that was on the disk; whoever is told so relies on it. */
static int refuse_enrolled(const char *dir, struct ph_error *err)
{
	int rc = make_folders(dir, err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_dir_sync(dir);
	return rc < 0 ? ph_fail_errno(err, rc, dir)
		      : ph_fail(err, PH_EXIT_OTHER, -EEXIST,
				ph_say("%s is enrolled already; `packhorse -d %s status` "
				       "says for which site. To enrol another device, "
				       "name another folder with -d",
				       "%s đã được nhận; `packhorse -d %s status` cho "
				       "biết là của điểm nào. Muốn nhận thêm máy khác, "
				       "hãy chỉ thư mục khác bằng -d"),
				dir, dir);
}

static int check_free(const char *dir, struct ph_error *err)
{
	char path[PH_SITE_PATH_MAX];
	int rc = ph_path_join(path, sizeof(path), dir, "site.db", err);

	if (rc < 0) {
		return rc;
	}
	if (ph_file_exists(path)) {
		return refuse_enrolled(dir, err);
	}
	rc = ph_dir_check_empty(dir, is_leaving,
				ph_say("give join a folder of its own with -d",
				       "hãy cho join một thư mục riêng bằng -d"),
				err);
	return rc == -ENOENT ? 0 : rc < 0 ? ph_fail_errno(err, rc, dir) : 0;
}

static int check_expiry(const struct ph_site *site, const struct ph_invite *invite,
			struct ph_error *err)
{
	char day[PH_TIME_TEXT];

	if (site->config.even_if_expired ||
	    ph_site_now(site) <= (int64_t)invite->expires) {
		return 0;
	}
	ph_day_text(day, ph_day_of((int64_t)invite->expires));
	return ph_fail(
		err, PH_EXIT_USAGE, -EINVAL,
		ph_say("this invite expired on %s; ask the provincial library for a new "
		       "one. If this machine's clock is wrong, or the library has "
		       "agreed, give --even-if-expired: the hub will see that it came "
		       "late",
		       "giấy mời này hết hạn ngày %s; hãy xin thư viện tỉnh giấy mới. "
		       "Nếu đồng hồ máy này sai, hoặc thư viện tỉnh đã đồng ý, hãy thêm "
		       "--even-if-expired: máy chủ sẽ thấy là đến muộn"),
		day);
}

/*
 * An empty store under the other name, in place of what an interrupted join left. It is
 * there before the keys and until the end, so that keys without any store are a loss.
 */
static int begin_store(const struct ph_site *site, struct ph_error *err)
{
	static const char *const leavings[] = { STORE_NEW "-wal", STORE_NEW "-shm",
						STORE_NEW "-journal" };
	char path[PH_SITE_PATH_MAX];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(leavings) / sizeof(leavings[0]); i++) {
		rc = ph_path_join(path, sizeof(path), site->dir, leavings[i], err);
		if (rc == 0) {
			(void)ph_file_remove(path);
		}
	}
	if (rc == 0) {
		rc = ph_path_join(path, sizeof(path), site->dir, STORE_NEW, err);
	}
	return rc < 0 ? rc : ph_file_write(path, PH_VIEW(NULL, 0), 0600, err);
}

static int make_keys(struct ph_site *site, struct ph_error *err)
{
	char path[PH_SITE_PATH_MAX];
	int rc = ph_path_join(path, sizeof(path), site->dir, "keys", err);

	if (rc < 0) {
		return rc;
	}
	if (ph_file_exists(path)) {
		return ph_device_keys_load(&site->keys, path, err);
	}
	ph_device_keys_make(&site->keys, &site->config.rng);
	return ph_device_keys_save(&site->keys, path, err);
}

static int make_cert(struct ph_site *site, const struct ph_invite_bundle *bundle,
		     struct ph_error *err)
{
	int64_t now = ph_site_now(site);
	/* a clock that is before the invite's own date is certainly wrong */
	uint64_t issued = now > (int64_t)bundle->invite.issued ? (uint64_t)now
							       : bundle->invite.issued;
	int rc = ph_cert_encode(bundle->invite_bytes, bundle->seed, &site->keys, issued,
				&site->cert_bytes);

	if (rc == 0) {
		rc = ph_cert_decode(ph_buf_view(&site->cert_bytes), &bundle->keylist,
				    &site->cert);
	}
	if (rc != 0) {
		return ph_fail(err, PH_EXIT_OTHER, rc < 0 ? rc : -EBADMSG,
			       ph_say("the certificate for this device could not be made",
				      "không lập được giấy chứng nhận cho máy này"));
	}
	return 0;
}

static int fill_store(struct ph_site *site, const struct ph_invite_bundle *bundle,
		      struct ph_error *err)
{
	struct ph_device device;
	int rc = ph_db_begin(site->db);

	if (rc == 0) {
		rc = ph_journal_meta_put(site->journal, PH_META_KEYLIST,
					 bundle->keylist_bytes);
	}
	if (rc == 0) {
		rc = ph_journal_meta_put(site->journal, PH_META_KEYLIST_JOINED,
					 bundle->keylist_bytes);
	}
	if (rc == 0) {
		rc = ph_journal_device_put(site->journal, ph_buf_view(&site->cert_bytes),
					   &site->cert, &device);
	}
	if (rc == 0) {
		rc = ph_site_writer_new(site, err);
	}
	if (rc == 0) {
		rc = ph_writer_start(site->writer, err);
	}
	if (rc == 0) {
		rc = ph_site_codes_start(site, err);
	}
	if (rc == 0) {
		rc = ph_site_witness_begin(site, err);
	}
	if (rc == 0) {
		rc = ph_db_commit(site->db);
	}
	return rc > 0 ? -EINVAL : rc;
}

/*
 * The store gets its name only when closing it has brought all of it into the one file:
 * what stayed in a WAL of the other name would be gone with it.
 */
static int name_store(const struct ph_site *site, const char *part, struct ph_error *err)
{
	char path[PH_SITE_PATH_MAX];
	char wal[PH_SITE_PATH_MAX];
	int rc = ph_path_join(path, sizeof(path), site->dir, "site.db", err);

	if (rc == 0) {
		rc = ph_path_join(wal, sizeof(wal), site->dir, STORE_NEW "-wal", err);
	}
	if (rc < 0) {
		return rc;
	}
	if (ph_file_exists(wal)) {
		return ph_fail(
			err, PH_EXIT_OTHER, -EIO,
			ph_say("%s could not be written whole; see that the disk is "
			       "sound and has room, then give the same command again",
			       "không ghi được trọn vẹn %s; hãy xem ổ đĩa còn tốt và còn "
			       "chỗ, rồi ra lại chính lệnh này"),
			part);
	}
	return ph_file_rename(part, path, err);
}

static int make_store(struct ph_site *site, const struct ph_invite_bundle *bundle,
		      struct ph_error *err)
{
	char part[PH_SITE_PATH_MAX];
	int rc = ph_path_join(part, sizeof(part), site->dir, STORE_NEW, err);

	if (rc == 0) {
		rc = ph_site_store_open(site, part, true, err);
	}
	if (rc == 0) {
		rc = fill_store(site, bundle, err);
	}
	if (rc < 0) {
		return ph_fail_errno(err, rc, part);
	}
	ph_site_store_close(site);
	return name_store(site, part, err);
}

int ph_site_join(const struct ph_site_config *config, struct ph_view invite_text,
		 struct ph_error *err)
{
	struct ph_invite_bundle bundle = { 0 };
	struct ph_site *site = NULL;
	int rc = ph_invite_parse(invite_text, &bundle, err);

	if (rc < 0) {
		return rc;
	}
	site = ph_site_new(config);
	if (!site) {
		rc = ph_fail_errno(err, -ENOMEM, ph_say("joining", "tham gia"));
		goto out;
	}
	rc = check_free(config->dir, err);
	if (rc == 0) {
		rc = check_expiry(site, &bundle.invite, err);
	}
	if (rc == 0) {
		rc = make_folders(config->dir, err);
	}
	if (rc == 0) {
		rc = ph_lock_take(&site->lock, site->dir, config->who, config->wait_ms,
				  err);
	}
	if (rc == 0) {
		/* another join may have finished while we waited for the lock */
		rc = check_free(config->dir, err);
	}
	if (rc == 0) {
		rc = begin_store(site, err);
	}
	if (rc == 0) {
		rc = make_keys(site, err);
	}
	if (rc == 0) {
		rc = make_cert(site, &bundle, err);
	}
	if (rc == 0) {
		rc = make_store(site, &bundle, err);
	}
out:
	ph_site_close(site);
	ph_invite_bundle_deinit(&bundle);
	return rc;
}
