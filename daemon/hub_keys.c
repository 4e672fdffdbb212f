/*
 * daemon/hub_keys.c - the keys in the hub's folder: those in use, those that were, the key list.
 *
 * The key list says which keys are in use: its first hub. A rotation writes the new keys
 * beside the old ones, then the list, then gives them their name; whoever opens the folder
 * in between finds the new keys by the list, and ends it. Old keys are files of their own,
 * named by their last second, so that nothing is ever written over.
 */
#include "daemon/hub_keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/file.h"
#include "common/base/secret.h"
#include "common/cli/out.h"
#include "daemon/hub_part.h"

#define PATH_SIZE 4096
#define ONLINE    "keys/online"
#define NEXT      "keys/online.next"
#define LIST      "keys/list"
#define OLD       "online."
#define TIME_LEN  16 /* 20261128T203142Z */

/* --- one file --- */

/* 0, or words if NAME, without which there is no hub, is not in DIR. */
static int check_there(const char *dir, const char *name, struct ph_error *err)
{
	char path[PATH_SIZE];
	int rc = ph_path_join(path, sizeof(path), dir, name, err);

	return rc < 0 || ph_file_exists(path)
		       ? rc
		       : ph_fail(err, PH_EXIT_DAMAGED, -EUCLEAN,
				 ph_say("%s is missing: without it the hub cannot speak "
					"to any "
					"device. Keep this folder as it is; restore a "
					"backup "
					"into "
					"another one (`packhorsed restore`), and then "
					"give "
					"`packhorsed keys rotate` there if keys were "
					"replaced "
					"since it was made",
					"thiếu %s: không có nó máy chủ không nói chuyện "
					"được với máy nào. Hãy giữ nguyên thư mục này; "
					"phục hồi bản sao lưu vào thư mục khác "
					"(`packhorsed restore`), rồi ra lệnh `packhorsed "
					"keys rotate` ở đó nếu từ khi sao lưu đã thay "
					"khóa"),
				 path);
}

static int load(const char *dir, const char *name, struct ph_device_keys *keys,
		struct ph_error *err)
{
	char path[PATH_SIZE];
	int rc = ph_path_join(path, sizeof(path), dir, name, err);

	return rc < 0 ? rc : ph_device_keys_load(keys, path, err);
}

static int save(const char *dir, const char *name, const struct ph_device_keys *keys,
		struct ph_error *err)
{
	char path[PATH_SIZE];
	int rc = ph_path_join(path, sizeof(path), dir, name, err);

	return rc < 0 ? rc : ph_device_keys_save(keys, path, err);
}

static int load_list(const char *dir, struct ph_buf *bytes, struct ph_keylist *list,
		     struct ph_error *err)
{
	char path[PATH_SIZE];
	int rc = ph_path_join(path, sizeof(path), dir, LIST, err);

	rc = rc < 0 ? rc : ph_file_read(path, PH_CERT_MAX, bytes, err);
	if (rc < 0) {
		return rc;
	}
	rc = ph_keylist_decode(ph_buf_view(bytes), list);
	if (rc < 0) {
		return ph_fail_errno(err, rc, path);
	}
	return rc == 0 ? 0
		       : ph_fail(err, PH_EXIT_DAMAGED, -EUCLEAN,
				 ph_say("%s is damaged: %s; restore it from a backup",
					"%s bị hỏng: %s; hãy phục hồi từ bản sao lưu"),
				 path, ph_cert_error(rc));
}

/* --- those that were in use --- */

static int64_t time_of(const char *name)
{
	struct tm tm = { 0 };
	int year, month, day, hour, minute, second;
	char z, more;

	if (strncmp(name, OLD, sizeof(OLD) - 1) != 0 ||
	    strlen(name) != sizeof(OLD) - 1 + TIME_LEN ||
	    sscanf(name + sizeof(OLD) - 1, "%4d%2d%2dT%2d%2d%2d%c%c", &year, &month, &day,
		   &hour, &minute, &second, &z, &more) != 7 ||
	    z != 'Z') {
		return 0;
	}
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = second;
	return (int64_t)timegm(&tm);
}

static void name_at(int64_t second, char out[static PATH_SIZE])
{
	time_t time = (time_t)second;
	struct tm tm = { 0 };
	char text[TIME_LEN + 1] = "";

	if (gmtime_r(&time, &tm)) {
		(void)strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &tm);
	}
	snprintf(out, PATH_SIZE, "keys/" OLD "%s", text);
}

/* The last seconds of all that were in use, the newest first. */
struct times {
	int64_t at[PH_HUB_RING_MAX];
	unsigned n;
};

static int see_name(void *data, const char *name)
{
	struct times *times = data;
	int64_t at = time_of(name);
	unsigned i = times->n;

	if (at <= 0) {
		return 0;
	}
	if (i == PH_HUB_RING_MAX) {
		if (times->at[i - 1] >= at) {
			return 0;
		}
		i--;
	}
	for (; i > 0 && times->at[i - 1] < at; i--) {
		times->at[i] = times->at[i - 1];
	}
	times->at[i] = at;
	times->n += times->n < PH_HUB_RING_MAX;
	return 0;
}

static void ring_put(struct ph_hub_ring *ring, const struct ph_device_keys *keys,
		     int64_t until)
{
	ring->box[ring->n] = keys->box;
	memcpy(ring->sign[ring->n], keys->sign.key, PH_KEY_SIZE);
	memcpy(ring->secret[ring->n], keys->sign.secret, PH_SECRET_SIZE);
	ph_device_id(ring->id[ring->n], keys->sign.key);
	ring->until[ring->n] = until;
	ring->n++;
}

/* A rotation that was broken off before its list leaves a copy of the keys in use. */
static bool is_there(const struct ph_hub_ring *ring, const struct ph_device_keys *keys)
{
	for (unsigned i = 0; i < ring->n; i++) {
		if (memcmp(ring->sign[i], keys->sign.key, PH_KEY_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

static int load_ring(const char *dir, const struct ph_device_keys *used,
		     struct ph_hub_ring *ring, struct ph_error *err)
{
	struct ph_device_keys keys;
	struct times times = { 0 };
	char path[PATH_SIZE];
	int rc = ph_path_join(path, sizeof(path), dir, "keys", err);

	ph_secret_lock(ring, sizeof(*ring));
	memset(ring, 0, sizeof(*ring));
	ring_put(ring, used, 0);
	rc = rc < 0 ? rc : ph_dir_list(path, see_name, &times);
	if (rc < 0) {
		return ph_fail_errno(err, rc, path);
	}
	for (unsigned i = 0; rc == 0 && i < times.n && ring->n < PH_HUB_RING_MAX; i++) {
		name_at(times.at[i], path);
		rc = load(dir, path, &keys, err);
		if (rc == 0 && !is_there(ring, &keys)) {
			ring_put(ring, &keys, times.at[i]);
		}
		ph_device_keys_wipe(&keys);
	}
	return rc;
}

/* --- a rotation that was broken off behind its list --- */

static int finish(const char *dir, const struct ph_keylist *list,
		  struct ph_device_keys *keys, struct ph_error *err)
{
	struct ph_device_keys next = { 0 };
	char from[PATH_SIZE];
	char to[PATH_SIZE];
	int rc = ph_path_join(from, sizeof(from), dir, NEXT, err);

	rc = rc < 0 ? rc : ph_path_join(to, sizeof(to), dir, ONLINE, err);
	if (rc < 0 || !ph_file_exists(from)) {
		return rc;
	}
	rc = ph_device_keys_load(&next, from, err);
	if (rc == 0 && memcmp(next.sign.key, list->hub[0].sign, PH_KEY_SIZE) == 0) {
		rc = ph_file_rename(from, to, err);
		if (rc == 0) {
			*keys = next;
		}
	} else if (rc == 0) { /* it was broken off before: the old keys are in use */
		(void)ph_file_remove(from);
	}
	ph_device_keys_wipe(&next);
	return rc;
}

int ph_hub_keys_load(const char *dir, struct ph_device_keys *keys,
		     struct ph_buf *list_bytes, struct ph_keylist *list,
		     struct ph_hub_ring *ring, struct ph_error *err)
{
	int rc = check_there(dir, ONLINE, err);

	rc = rc < 0 ? rc : check_there(dir, LIST, err);
	rc = rc < 0 ? rc : load(dir, ONLINE, keys, err);
	rc = rc < 0 ? rc : load_list(dir, list_bytes, list, err);
	if (rc == 0 && memcmp(list->hub[0].sign, keys->sign.key, PH_KEY_SIZE) != 0) {
		rc = finish(dir, list, keys, err);
	}
	if (rc < 0) {
		return rc;
	}
	if (memcmp(list->hub[0].sign, keys->sign.key, PH_KEY_SIZE) != 0) {
		return ph_fail(
			err, PH_EXIT_DAMAGED, -EUCLEAN,
			ph_say("%s/" LIST " does not name the key in " ONLINE ": one of "
			       "the two is of another hub, or older; restore both from "
			       "one backup",
			       "%s/" LIST " không ghi khóa trong " ONLINE
			       ": một trong hai là của máy chủ khác, hoặc cũ hơn; hãy "
			       "phục hồi cả hai từ cùng một bản sao lưu"),
			dir);
	}
	return load_ring(dir, keys, ring, err);
}

void ph_hub_keys_copy(struct ph_device_keys *keys_out, struct ph_hub_ring *ring_out,
		      const struct ph_device_keys *keys, const struct ph_hub_ring *ring)
{
	ph_secret_lock(keys_out, sizeof(*keys_out));
	ph_secret_lock(ring_out, sizeof(*ring_out));
	*keys_out = *keys;
	*ring_out = *ring;
}

void ph_hub_keys_wipe(struct ph_device_keys *keys, struct ph_hub_ring *ring)
{
	ph_device_keys_wipe(keys);
	ph_secret_wipe(ring, sizeof(*ring));
}

/* --- looking --- */

bool ph_hub_ring_has(const struct ph_hub_ring *ring,
		     const uint8_t id[static PH_DEVICE_ID_SIZE])
{
	for (unsigned i = 0; i < ring->n; i++) {
		if (memcmp(ring->id[i], id, PH_DEVICE_ID_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

int ph_hub_ring_open(const struct ph_hub_ring *ring, struct ph_view box,
		     uint8_t seed_out[static PH_SEED_SIZE])
{
	int rc = PH_JOURNAL_E_NONE;

	for (unsigned i = 0; rc != 0 && i < ring->n; i++) {
		rc = ph_hub_seed_open(&ring->box[i], box, seed_out);
	}
	return rc;
}

/* --- replacing --- */

int ph_hub_keys_list_write(const char *dir, struct ph_view list, struct ph_error *err)
{
	char path[PATH_SIZE];
	int rc = ph_path_join(path, sizeof(path), dir, LIST, err);

	return rc < 0 ? rc : ph_file_write(path, list, 0600, err);
}

/*
 * Where the keys USED are to be kept, which were so until NOW: their name, or that of a later
 * second if others were replaced in the same one. What a rotation that was broken off left of
 * these keys is written again.
 */
static int old_name(const char *dir, const struct ph_device_keys *used, int64_t now,
		    char out[static PATH_SIZE], struct ph_error *err)
{
	struct ph_device_keys there = { 0 };
	struct ph_error unread = { 0 };
	char path[PATH_SIZE];
	bool is_free = false;
	int rc = 0;

	for (; rc == 0 && !is_free; now++) {
		name_at(now, out);
		rc = ph_path_join(path, sizeof(path), dir, out, err);
		is_free = rc < 0 || !ph_file_exists(path) ||
			  (load(dir, out, &there, &unread) == 0 &&
			   memcmp(there.sign.key, used->sign.key, PH_KEY_SIZE) == 0);
		ph_device_keys_wipe(&there);
	}
	return rc;
}

int ph_hub_keys_replace(const char *dir, const struct ph_device_keys *used,
			const struct ph_device_keys *next, struct ph_view list,
			int64_t now, struct ph_error *err)
{
	char from[PATH_SIZE];
	char to[PATH_SIZE];
	char old[PATH_SIZE];
	int rc;

	rc = old_name(dir, used, now, old, err);
	rc = rc < 0 ? rc : ph_path_join(from, sizeof(from), dir, NEXT, err);
	rc = rc < 0 ? rc : ph_path_join(to, sizeof(to), dir, ONLINE, err);
	rc = rc < 0 ? rc : save(dir, NEXT, next, err);
	rc = rc < 0 ? rc : save(dir, old, used, err);
	rc = rc < 0 ? rc : ph_hub_keys_list_write(dir, list, err);
	return rc < 0 ? rc : ph_file_rename(from, to, err);
}
