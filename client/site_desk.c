/*
 * client/site_desk.c - the desk's key: locked, open for a while, and how it gets a PIN.
 *
 * Getting a PIN, in steps of which each is on the disk before the next, so that a power cut
 * leaves the desk either as it was or with its PIN:
 *
 *   1. seeds of own parts are boxed for the hub too, so that they go while it is locked
 *   2. DIR/desk: the secret under card and PIN, read back and opened
 *   3. DIR/keys.new: the other keys, without it
 *   4. DIR/keys is overwritten, where it lies, with zeros and with what is in keys.new; it
 *      stays the same file, or the witness would take this folder for a copy
 *   5. DIR/keys.new is removed
 *
 * A folder with a keys.new, which is whole since it was renamed into place, goes on with step
 * 4. Until then the keys in DIR/keys have the secret, and DIR/desk counts for nothing.
 *
 * A new PIN or card is step 2 alone. The old file's blocks keep the secret under the old card
 * and PIN until they are used again: who has those had the secret.
 */
#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "client/desk_tries.h"
#include "client/site_internal.h"
#include "client/site_unfinished.h"
#include "common/base/secret.h"
#include "common/cli/out.h"

#define KEYS_FILE "keys"
#define KEYS_NEW  "keys.new"
#define DESK_FILE "desk"
#define KEYS_MAX  1024

static int path_of(const struct ph_site *site, const char *name,
		   char out[static PH_SITE_PATH_MAX], struct ph_error *err)
{
	return ph_path_join(out, PH_SITE_PATH_MAX, site->dir, name, err);
}

/* --- open and locked --- */

void ph_site_desk_lock(struct ph_site *site)
{
	if (site->keys.desk_is_apart) {
		sodium_memzero(site->keys.desk.secret, sizeof(site->keys.desk.secret));
		site->desk_is_open = false;
	}
}

enum ph_desk_state ph_site_desk(struct ph_site *site)
{
	if (!site->keys.desk_is_apart) {
		return PH_DESK_NO_PIN;
	}
	if (site->desk_is_open && site->desk_until != 0 &&
	    ph_site_ms(site) >= site->desk_until) {
		ph_site_desk_lock(site);
	}
	return site->desk_is_open ? PH_DESK_OPEN : PH_DESK_LOCKED;
}

int ph_site_desk_open(struct ph_site *site,
		      const uint8_t secret[static PH_BOX_SECRET_SIZE])
{
	uint8_t key[PH_KEY_SIZE];

	if (crypto_scalarmult_base(key, secret) != 0 ||
	    sodium_memcmp(key, site->keys.desk.key, sizeof(key)) != 0) {
		return -EACCES;
	}
	if (site->keys.desk_is_apart) {
		memcpy(site->keys.desk.secret, secret, PH_BOX_SECRET_SIZE);
		site->desk_is_open = true;
		site->desk_until = 0;
	}
	return 0;
}

void ph_site_desk_touch(struct ph_site *site, uint64_t ms)
{
	if (ph_site_desk(site) == PH_DESK_OPEN) {
		site->desk_until = ms == 0 ? 0 : ph_site_ms(site) + ms;
	}
}

const uint8_t *ph_site_desk_secret(struct ph_site *site)
{
	return ph_site_desk(site) == PH_DESK_OPEN ? site->keys.desk.secret : NULL;
}

/* --- DIR/keys --- */

/* Steps 4 and 5, if there is something to do. */
static int end_keys(struct ph_site *site, struct ph_error *err)
{
	char path[PH_SITE_PATH_MAX];
	char next[PH_SITE_PATH_MAX];
	struct ph_buf bytes = { 0 };
	int rc = path_of(site, KEYS_FILE, path, err);

	rc = rc < 0 ? rc : path_of(site, KEYS_NEW, next, err);
	if (rc < 0 || !ph_file_exists(next)) {
		return rc;
	}
	rc = ph_buf_secret(&bytes, KEYS_MAX);
	rc = rc < 0 ? ph_fail_errno(err, rc, next)
		    : ph_file_read(next, KEYS_MAX, &bytes, err);
	if (rc == 0) {
		rc = ph_file_replace(path, ph_buf_view(&bytes));
		rc = rc == 0 ? ph_file_remove(next) : rc;
		rc = rc < 0 ? ph_fail_errno(err, rc, path) : 0;
	}
	ph_buf_wipe(&bytes);
	return rc;
}

/* Nobody has a copy: two devices with one key would fork its log. */
static int keys_are_gone(const char *path, struct ph_error *err)
{
	return ph_fail(
		err, PH_EXIT_DAMAGED, -EUCLEAN,
		ph_say("%s is damaged, and there is no copy of it: this device can "
		       "write no more. Keep this folder as it is and call the "
		       "provincial library, which gives an invite for another "
		       "folder",
		       "%s bị hỏng và không có bản sao nào: máy này không ghi được "
		       "nữa. Hãy giữ nguyên thư mục này và gọi cho thư viện tỉnh để "
		       "nhận giấy mời cho thư mục khác"),
		path);
}

int ph_site_keys_load(struct ph_site *site, struct ph_error *err)
{
	struct ph_error why = { 0 };
	char path[PH_SITE_PATH_MAX];
	int rc = end_keys(site, err);

	rc = rc < 0 ? rc : path_of(site, KEYS_FILE, path, err);
	if (rc < 0) {
		return rc;
	}
	rc = ph_device_keys_load(&site->keys, path, &why);
	return rc == 0          ? 0
	       : rc == -EUCLEAN ? keys_are_gone(path, err)
				: ph_fail(err, why.exit, rc, "%s", why.text);
}

int ph_site_desk_look(struct ph_site *site, struct ph_error *err)
{
	char path[PH_SITE_PATH_MAX];
	struct ph_device_keys keys;
	int rc = site->keys.desk_is_apart ? 0 : path_of(site, KEYS_FILE, path, err);

	if (rc < 0 || site->keys.desk_is_apart) {
		return rc;
	}
	rc = ph_device_keys_load(&keys, path, err);
	if (rc < 0) {
		return rc;
	}
	if (keys.desk_is_apart) { /* and nobody has locked it since */
		site->keys.desk_is_apart = true;
		site->desk_is_open = true;
		site->desk_until = 0;
	}
	ph_secret_wipe(&keys, sizeof(keys));
	return 0;
}

/* --- the hub's boxes --- */

/* The seed of the part of entry N of LOG is boxed for the hub as well. */
static int box_one(struct ph_site *site, const struct ph_log *log, uint64_t n)
{
	uint8_t box[2 * PH_SEED_BOX_SIZE];
	uint8_t seed[PH_SEED_SIZE];
	struct ph_buf plain = { 0 };
	int rc = ph_site_part_read(site, log, n, seed, &plain);

	if (rc == 0 && (crypto_box_seal(box, seed, sizeof(seed), site->keys.desk.key) ||
			crypto_box_seal(box + PH_SEED_BOX_SIZE, seed, sizeof(seed),
					site->keylist.hub[0].box))) {
		rc = -EINVAL;
	}
	if (rc == 0) {
		rc = ph_journal_part_rebox(site->journal, log->row, n,
					   PH_VIEW(box, sizeof(box)));
	}
	sodium_memzero(seed, sizeof(seed));
	ph_buf_wipe(&plain);
	return rc < 0 ? rc : 0; /* one that is missing or erased has no seed */
}

static int box_log(void *data, const struct ph_log *log)
{
	struct ph_site *site = data;
	uint64_t after = log->base;
	size_t count = 1;
	int rc = 0;

	while (rc == 0 && count > 0) {
		uint64_t n[64];

		rc = ph_journal_parts_in(site->journal, log->row, after, log->n, n, 64,
					 &count);
		for (size_t i = 0; rc == 0 && i < count; i++) {
			after = n[i];
			rc = box_one(site, log, after);
		}
	}
	return rc < 0 ? rc : 0;
}

static int box_all(struct ph_site *site, struct ph_error *err)
{
	int rc = ph_db_begin(site->db);

	rc = rc < 0 ? rc
		    : ph_journal_logs_of_device(site->journal, site->cert.device_id,
						box_log, site);
	rc = rc < 0 ? rc : ph_site_unfinished_drop(site);
	rc = rc < 0 ? rc : ph_db_commit(site->db);
	if (rc < 0) {
		ph_site_roll_back(site);
		return ph_fail_errno(err, rc,
				     ph_say("boxing readers' details for the hub",
					    "đóng gói thông tin bạn đọc gửi máy chủ"));
	}
	return 0;
}

/* --- a PIN --- */

/* Step 2. */
static int write_desk(struct ph_site *site, const char *card, struct ph_view pin,
		      unsigned memory_mib, struct ph_error *err)
{
	char path[PH_SITE_PATH_MAX];
	struct ph_box_pair again = { 0 };
	int rc = path_of(site, DESK_FILE, path, err);

	rc = rc < 0 ? rc
		    : ph_desk_key_save(&site->keys.desk, path, card, pin, memory_mib,
				       &site->config.rng, err);
	if (rc < 0) {
		return rc;
	}
	rc = ph_desk_key_load(&again, path, card, pin, err);
	if (rc > 0 || (rc == 0 && sodium_memcmp(again.secret, site->keys.desk.secret,
						sizeof(again.secret)) != 0)) {
		rc = ph_fail(
			err, PH_EXIT_OTHER, -EIO,
			ph_say("%s does not open after it was written: the disk or the "
			       "memory of this machine is at fault; nothing was changed",
			       "ghi xong %s mà không mở được: ổ đĩa hoặc bộ nhớ máy này "
			       "bị lỗi; chưa thay đổi gì"),
			path);
	}
	ph_secret_wipe(&again, sizeof(again));
	return rc;
}

/* Steps 3 to 5. */
static int write_keys(struct ph_site *site, struct ph_error *err)
{
	uint8_t place[PH_CODE_PLACE_SIZE];
	char next[PH_SITE_PATH_MAX];
	int rc = path_of(site, KEYS_NEW, next, err);

	rc = rc < 0 ? rc : ph_site_codes_place(site, place, err);
	if (rc < 0) {
		return rc;
	}
	site->keys.desk_is_apart = true;
	site->desk_is_open = true;
	site->desk_until = 0;
	rc = ph_device_keys_save(&site->keys, next, err);
	if (rc < 0) {
		site->keys.desk_is_apart = false;
		return rc;
	}
	ph_writer_box_for(site->writer, site->keylist.hub[0].box);
	rc = end_keys(site, err);
	return rc < 0 ? rc : ph_site_codes_move(site, place, err);
}

int ph_site_desk_protect(struct ph_site *site,
			 const char card[static PH_DESK_CARD_SIZE + 1],
			 struct ph_view pin, unsigned memory_mib, struct ph_error *err)
{
	bool is_first = !site->keys.desk_is_apart;
	int rc = is_first ? box_all(site, err) : 0;

	rc = rc < 0 ? rc : write_desk(site, card, pin, memory_mib, err);
	rc = rc < 0 ? rc : ph_desk_try_right(site->dir, err);
	return rc < 0 || !is_first ? rc : write_keys(site, err);
}

static int wrong_card(struct ph_error *err)
{
	return ph_fail(err, PH_EXIT_OTHER, -EACCES, "%s",
		       ph_say("that is not the card of this desk",
			      "thẻ này không phải thẻ của bàn này"));
}

int ph_site_desk_unlock(struct ph_site *site,
			const char card[static PH_DESK_CARD_SIZE + 1], struct ph_view pin,
			struct ph_error *err)
{
	char path[PH_SITE_PATH_MAX];
	struct ph_box_pair pair = { 0 };
	struct ph_now now;
	int rc = path_of(site, DESK_FILE, path, err);

	rc = rc < 0 ? rc : ph_desk_key_look(path, card, err);
	if (rc != 0) {
		return rc < 0 ? rc : wrong_card(err);
	}
	rc = ph_pin_check(pin, err); /* none such was ever taken: it is no try */
	if (rc < 0) {
		return rc;
	}
	site->config.clock.read(site->config.clock.data, &now);
	rc = ph_desk_try_begin(site->dir, &now, err);
	rc = rc < 0 ? rc : ph_desk_key_load(&pair, path, card, pin, err);
	if (rc == PH_DESK_E_PIN) {
		rc = ph_fail(err, PH_EXIT_OTHER, -EACCES, "%s",
			     ph_say("the PIN is wrong", "mã PIN sai"));
	}
	if (rc == 0 && ph_site_desk_open(site, pair.secret) < 0) {
		rc = ph_fail(
			err, PH_EXIT_DAMAGED, -EUCLEAN,
			ph_say("%s is of another desk: put back the one of this folder",
			       "%s là của quầy khác: hãy đặt lại tệp của thư mục này"),
			path);
	}
	rc = rc != 0 ? rc : ph_desk_try_right(site->dir, err);
	ph_secret_wipe(&pair, sizeof(pair));
	return rc;
}

int ph_site_desk_memory(const struct ph_site *site, unsigned *mib_out,
			struct ph_error *err)
{
	char path[PH_SITE_PATH_MAX];
	int rc = path_of(site, DESK_FILE, path, err);

	return rc < 0 ? rc : ph_desk_key_memory(path, mib_out, err);
}
