/*
 * client/site.c - opening, pausing and closing a site's folder.
 *
 * Open: take the folder's lock (where an agent keeps it, have it lent first), read the keys, open the store (checked first if the
 * last process did not end by itself), read key list and certificate, and start the
 * writer of the own log. The ledger is opened only by those who ask for it. A pause
 * closes the store and lets go of the lock, so that another command can work; keys,
 * certificate and what a running session remembers stay.
 *
 * A folder without site.db is not enrolled (PH_EXIT_NOT_ENROLLED), also one that a
 * join was interrupted in; but one with keys or a WAL and no store has lost it. That,
 * a store without its keys, and keys, certificate and key list that do not fit each
 * other are damage (PH_EXIT_DAMAGED). When the disk has no room for the ledger, it is
 * folded in memory, so that reading goes on. Whatever fails undoes all before it.
 */
#include "client/borrow.h"
#include "client/site_internal.h"
#include "common/base/owner.h"
#include "common/base/secret.h"
#include "common/cli/out.h"
#include "common/ledger/fed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *remedy(void)
{
	return ph_say("keep this folder as it is and call the provincial library",
		      "hãy giữ nguyên thư mục này và gọi cho thư viện tỉnh");
}

int64_t ph_site_now(const struct ph_site *site)
{
	struct ph_now now;

	site->config.clock.read(site->config.clock.data, &now);
	return now.wall;
}

uint64_t ph_site_ms(const struct ph_site *site)
{
	struct ph_now now;

	site->config.clock.read(site->config.clock.data, &now);
	return now.mono_ms;
}

enum ph_road ph_site_road(const struct ph_site *site)
{
	return site->by_lan       ? PH_ROAD_LAN
	       : !site->by_file   ? PH_ROAD_SESSION
	       : site->by_courier ? PH_ROAD_COURIER
				  : PH_ROAD_STICK;
}

int64_t ph_site_clock_ahead(const struct ph_site *site)
{
	struct ph_now now;

	site->config.clock.read(site->config.clock.data, &now);
	return ph_writer_clock_ahead(site->writer, &now);
}

int64_t ph_site_today(const struct ph_site *site)
{
	struct ph_now now;

	site->config.clock.read(site->config.clock.data, &now);
	return ph_day_of(now.wall - ph_writer_clock_ahead(site->writer, &now));
}

struct ph_site *ph_site_new(const struct ph_site_config *config)
{
	struct ph_site *site = calloc(1, sizeof(*site));

	if (site) {
		site->lock.fd = -1;
		site->loan = -1;
		snprintf(site->dir, sizeof(site->dir), "%s", config->dir);
		site->config = *config;
		site->config.dir = site->dir;
	}
	return site;
}

/* --- the store --- */

int ph_site_writer_new(struct ph_site *site, struct ph_error *err)
{
	return ph_writer_new(
		&site->writer,
		&(struct ph_writer_config){
			.journal = site->journal,
			.keys = &site->keys.sign,
			.desk_key = site->keys.desk.key,
			.hub_key = site->keys.desk_is_apart ? site->keylist.hub[0].box
							    : NULL,
			.site = site->cert.invite.site,
			.role = site->cert.invite.role,
			.clock = site->config.clock,
			.rng = site->config.rng,
			.replaces = site->cert.invite.replaces ? &site->cert.invite.from
							       : NULL,
			.floor = (int64_t)site->cert.invite.issued,
		},
		err);
}

/* WHAT is wrong with the store, if RC is what we found; negative: it was not even read. */
static int damaged(const struct ph_site *site, int rc, const char *what,
		   struct ph_error *err)
{
	if (rc < 0) {
		return ph_fail_errno(
			err, rc,
			ph_say("reading this site's store", "đọc kho dữ liệu của điểm"));
	}
	return ph_fail(err, PH_EXIT_DAMAGED, -EUCLEAN, "%s/site.db: %s; %s", site->dir,
		       what, remedy());
}

static int read_keylist(struct ph_site *site, const char *name, struct ph_buf *bytes,
			struct ph_keylist *list, struct ph_error *err)
{
	int rc = ph_journal_meta_get(site->journal, name, bytes);

	if (rc == 0) {
		rc = ph_keylist_decode(ph_buf_view(bytes), list);
	}
	return rc == 0 ? 0
		       : damaged(site, rc,
				 ph_say("the province's key list is damaged",
					"danh sách khóa của tỉnh bị hỏng"),
				 err);
}

/* The newest key list: who had the folder in between may have heard of another. */
static int read_newest(struct ph_site *site, struct ph_error *err)
{
	struct ph_buf bytes = { 0 };
	struct ph_keylist list;
	int rc = read_keylist(site, PH_META_KEYLIST, &bytes, &list, err);

	if (rc == 0) {
		site->keylist = list;
		memset(&site->admitted, 0, sizeof(site->admitted));
	}
	ph_buf_deinit(&bytes);
	return rc;
}

static int read_hub_turn(struct ph_site *site, struct ph_error *err)
{
	int64_t turn = 0;
	int rc = ph_journal_meta_get_int(site->journal, PH_META_HUB_TURN, &turn);

	site->hub_turn =
		turn > 0 && turn < (int64_t)site->keylist.n_hubs ? (unsigned)turn : 0;
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reading this site's store",
					     "đọc kho dữ liệu của điểm"))
		      : 0;
}

/* Our certificate, against the key list that came with it: a newer one may have dropped its operator. */
static int read_cert(struct ph_site *site, struct ph_error *err)
{
	struct ph_buf joined_bytes = { 0 };
	struct ph_device device;
	uint8_t id[PH_DEVICE_ID_SIZE];
	int rc = read_keylist(site, PH_META_KEYLIST_JOINED, &joined_bytes, &site->joined,
			      err);

	if (rc < 0) {
		goto out;
	}
	ph_device_id(id, site->keys.sign.key);
	rc = ph_journal_device_by_id(site->journal, id, &device);
	if (rc == 0) {
		rc = ph_journal_device_cert(site->journal, device.row, &site->cert_bytes);
	}
	if (rc == 0) {
		rc = ph_cert_decode(ph_buf_view(&site->cert_bytes), &site->joined,
				    &site->cert);
	}
	if (rc == 0 &&
	    (memcmp(site->cert.device_key, site->keys.sign.key, PH_KEY_SIZE) != 0 ||
	     memcmp(site->cert.box_key, site->keys.box.key, PH_KEY_SIZE) != 0 ||
	     memcmp(site->cert.desk_key, site->keys.desk.key, PH_KEY_SIZE) != 0)) {
		rc = PH_CERT_E_FORM;
	}
	if (rc != 0) {
		rc = damaged(site, rc,
			     ph_say("keys and certificate of this device do not fit each "
				    "other",
				    "khóa và chứng thư của máy này không khớp nhau"),
			     err);
	}
out:
	ph_buf_deinit(&joined_bytes);
	return rc;
}

int ph_site_store_open(struct ph_site *site, const char *path, bool create,
		       struct ph_error *err)
{
	int rc = ph_db_open(&site->db,
			    &(struct ph_db_config){ .path = path,
						    .application = PH_STORE_SITE,
						    .steps = ph_journal_steps,
						    .n_steps = ph_journal_steps_count,
						    .create = create,
						    .remedy = remedy },
			    err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_journal_open(&site->journal, site->db);
	rc = rc < 0 ? rc : ph_journal_expect_known(site->journal);
	rc = rc < 0 ? rc : ph_fed_tables_open(site->db);
	return rc < 0 ? ph_fail_errno(err, rc, path) : 0;
}

void ph_site_store_close(struct ph_site *site)
{
	ph_writer_free(site->writer);
	ph_ledger_free(site->ledger);
	ph_db_close(site->memory);
	ph_journal_free(site->journal);
	ph_db_close(site->db);
	site->writer = NULL;
	site->ledger = NULL;
	site->memory = NULL;
	site->journal = NULL;
	site->db = NULL;
	site->batch = false;
	ph_site_codes_forget(site);
}

static int load_keys(struct ph_site *site, struct ph_error *err)
{
	char path[PH_SITE_PATH_MAX];
	struct ph_file_info found;
	int rc = ph_path_join(path, sizeof(path), site->dir, "keys", err);

	if (rc < 0) {
		return rc;
	}
	if (ph_file_info(path, &found) == -ENOENT) {
		return ph_fail(err, PH_EXIT_DAMAGED, -EUCLEAN,
			       ph_say("%s is missing: without it this device cannot "
				      "write; %s",
				      "thiếu %s: không có nó máy này không ghi được; %s"),
			       path, remedy());
	}
	return ph_site_keys_load(site, err);
}

/* The desk of a borrowed folder is open as long as the lender's is. */
static void take_desk(struct ph_site *site, const struct ph_loan *loan)
{
	if (!loan->desk || ph_site_desk_open(site, loan->desk) < 0) {
		ph_site_desk_lock(site);
	}
}

/* Lock and store; what is read once is read if FIRST. */
static int take(struct ph_site *site, bool first, struct ph_error *err)
{
	char path[PH_SITE_PATH_MAX];
	struct ph_loan loan = { .fd = -1 };
	int rc = site->config.borrows ? ph_borrow(&loan, &site->config, err) : 0;

	site->loan = loan.fd;

	if (rc == 0) {
		rc = ph_lock_take(&site->lock, site->dir, site->config.who,
				  site->config.wait_ms, err);
	}
	if (rc == 0) {
		rc = first ? load_keys(site, err) : ph_site_desk_look(site, err);
	}
	if (rc == 0 && site->config.borrows) {
		take_desk(site, &loan);
	}
	ph_secret_free(loan.desk);
	if (rc == 0) {
		rc = ph_path_join(path, sizeof(path), site->dir, "site.db", err);
	}
	if (rc == 0) {
		rc = ph_site_store_open(site, path, false, err);
	}
	site->speakers = (struct ph_speakers){ { &site->keylist, &site->joined } };
	rc = rc == 0 ? read_newest(site, err) : rc;
	rc = rc == 0 ? read_hub_turn(site, err) : rc;
	if (rc == 0 && first) {
		rc = read_cert(site, err);
	}
	if (rc == 0) {
		rc = ph_site_writer_new(site, err);
		rc = rc == 0 ? ph_site_witness_open(site, err) : rc;
	}
	if (rc < 0) {
		ph_site_put_away(site);
	}
	return rc;
}

/* Whether DIR holds NAME. */
static bool holds(const char *dir, const char *name)
{
	char path[PH_SITE_PATH_MAX];

	return ph_path_join(path, sizeof(path), dir, name, NULL) == 0 &&
	       ph_file_exists(path);
}

/* Whether there is a store in DIR to open; if not, why: nobody's, lost or closed to us. */
static int find_store(const char *dir, struct ph_error *err)
{
	char path[PH_SITE_PATH_MAX];
	struct ph_file_info found;
	int rc = ph_path_join(path, sizeof(path), dir, "site.db", err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_file_info(path, &found);
	if (rc == 0 && found.size > 0) {
		return 0;
	}
	if (rc < 0 && rc != -ENOENT) {
		return ph_fail_owner(err, rc, dir);
	}
	/* a join that was interrupted leaves keys too, and its half-made store */
	if (!holds(dir, "site.db.new") &&
	    (holds(dir, "keys") || holds(dir, "site.db-wal"))) {
		return ph_fail(
			err, PH_EXIT_DAMAGED, -EUCLEAN,
			ph_say("%s is missing or empty, but other files of a site "
			       "are there; %s. If a `packhorse join` was "
			       "interrupted here, give it the invite again",
			       "thiếu %s hoặc tệp đó rỗng, mà các tệp khác của điểm "
			       "vẫn còn; %s. Nếu `packhorse join` bị ngắt ở đây, "
			       "hãy đưa lại giấy mời"),
			path, remedy());
	}
	return ph_fail(err, PH_EXIT_NOT_ENROLLED, -ENOENT,
		       ph_say("%s belongs to no site yet: ask the provincial library for "
			      "an invite and give it to `packhorse join`, or name the "
			      "right folder with -d",
			      "%s chưa thuộc điểm nào: hãy xin thư viện tỉnh giấy mời và "
			      "đưa cho `packhorse join`, hoặc chỉ đúng thư mục bằng -d"),
		       dir);
}

int ph_site_open(struct ph_site **site_out, const struct ph_site_config *config,
		 struct ph_error *err)
{
	struct ph_site *site;
	int rc = find_store(config->dir, err);

	if (rc < 0) {
		return rc;
	}
	site = ph_site_new(config);
	if (!site) {
		return ph_fail_errno(err, -ENOMEM, ph_say("opening the site", "mở điểm"));
	}
	rc = take(site, true, err);
	if (rc < 0) {
		ph_site_close(site);
		return rc;
	}
	*site_out = site;
	return 0;
}

void ph_site_put_away(struct ph_site *site)
{
	if (site->turn) { /* it is for long, and a packer takes megabytes */
		ph_pack_free(site->pack);
		site->pack = NULL;
	}
	ph_site_store_close(site);
	ph_lock_release(&site->lock);
	if (site->loan >= 0) {
		close(site->loan);
		site->loan = -1;
	}
}

/* A kept store goes on for the next one as if it had just been opened. */
static void drop_half_done(struct ph_site *site)
{
	if (site->batch) {
		ph_site_roll_back(site);
	}
	if (site->memory) { /* the disk was full; it may not be by now */
		ph_site_put_away(site);
	}
}

void ph_site_pause(struct ph_site *site)
{
	if (site->turn) {
		drop_half_done(site);
		site->turn->give(site->turn->data);
	} else {
		ph_site_put_away(site);
	}
}

int ph_site_resume(struct ph_site *site, struct ph_error *err)
{
	int rc = 0;

	if (!site->turn) {
		return take(site, false, err);
	}
	site->turn->take(site->turn->data);
	if (!site->db) {
		rc = take(site, false, err);
	}
	if (rc < 0) {
		site->turn->give(site->turn->data);
	}
	return rc;
}

bool ph_site_is_open(const struct ph_site *site)
{
	return (!site->turn || site->turn->has(site->turn->data)) && site->db;
}

void ph_site_keep(struct ph_site *site, const struct ph_site_turn *turn)
{
	site->turn = turn;
}

void ph_site_close(struct ph_site *site)
{
	if (!site) {
		return;
	}
	if (site->turn) {
		if (site->turn->has(site->turn->data)) {
			drop_half_done(site);
		}
		return;
	}
	ph_site_put_away(site);
	ph_device_keys_wipe(&site->keys);
	ph_buf_deinit(&site->cert_bytes);
	ph_pack_free(site->pack);
	free(site);
}

/* --- what it is --- */

void ph_site_info(const struct ph_site *site, struct ph_site_info *info_out)
{
	const struct ph_invite *invite = &site->cert.invite;
	uint8_t bits[PH_FINGERPRINT_SIZE];

	ph_fingerprint_make(site->cert.device_key, site->cert.box_key,
			    site->cert.desk_key, bits);
	ph_fingerprint_text(bits, info_out->fingerprint);
	memcpy(info_out->device_id, site->cert.device_id, sizeof(info_out->device_id));
	info_out->site = invite->site;
	info_out->site_code = invite->site_code;
	info_out->site_name = invite->site_name;
	info_out->commune = invite->commune;
	info_out->site_kind = invite->site_kind;
	info_out->role = invite->role;
	info_out->code_block = invite->code_block;
	info_out->hub_address = invite->hub_address;
}

const uint8_t *ph_site_hub_box(const struct ph_site *site)
{
	return site->keylist.hub[site->hub_turn].box;
}

const struct ph_box_pair *ph_site_box(const struct ph_site *site)
{
	return &site->keys.box;
}

const struct ph_sign_pair *ph_site_sign(const struct ph_site *site)
{
	return &site->keys.sign;
}

struct ph_view ph_site_cert(const struct ph_site *site)
{
	return ph_buf_view(&site->cert_bytes);
}

const struct ph_speakers *ph_site_speakers(const struct ph_site *site)
{
	return &site->speakers;
}

struct ph_journal *ph_site_journal(struct ph_site *site)
{
	return site->journal;
}

const struct ph_log *ph_site_log(struct ph_site *site)
{
	return ph_writer_log(site->writer);
}

int ph_site_ledger_open(struct ph_site *site, struct ph_db *db, struct ph_error *err)
{
	return site->ledger ? 0
			    : ph_ledger_open(&site->ledger,
					     &(struct ph_ledger_config){
						     .journal = site->journal,
						     .db = db,
						     .speakers = &site->speakers,
						     .fed = site->db },
					     err);
}

/* The ledger where DB is, as far as the journal goes unless a batch is open. */
static int bring_up(struct ph_site *site, struct ph_db *db, struct ph_error *err)
{
	int rc = ph_site_ledger_open(site, db, err);

	if (rc == 0 && !site->batch) {
		rc = ph_ledger_catch_up(site->ledger, NULL, err);
		rc = rc == 0 && db == site->db ? ph_site_erase(site) : rc;
	}
	return rc;
}

/* The disk has no room for the ledger: fold all of the journal in memory instead. */
static int fold_in_memory(struct ph_site *site, struct ph_error *err)
{
	ph_ledger_free(site->ledger);
	site->ledger = NULL;

	int rc = ph_db_open(&site->memory,
			    &(struct ph_db_config){ .path = ":memory:",
						    .application = PH_STORE_SITE,
						    .steps = ph_journal_steps,
						    .n_steps = ph_journal_steps_count,
						    .create = true },
			    err);

	if (rc < 0) {
		return rc;
	}
	fprintf(stderr,
		ph_say("packhorse: %s: disk is full; the ledger is worked out in memory "
		       "and not saved. Free some space\n",
		       "packhorse: %s: ổ đĩa đã đầy; sổ được tính trong bộ nhớ và không "
		       "lưu. Hãy xóa bớt\n"),
		site->dir);
	return bring_up(site, site->memory, err);
}

struct ph_ledger *ph_site_ledger(struct ph_site *site, struct ph_error *err)
{
	struct ph_error first = { 0 };
	int rc = bring_up(site, site->memory ? site->memory : site->db, &first);

	if (rc == -ENOSPC && !site->memory && !site->batch) {
		rc = fold_in_memory(site, err);
	} else if (rc < 0) {
		ph_fail(err, first.exit, rc, "%s", first.text);
	}
	if (rc < 0) {
		ph_fail_errno(err, rc,
			      ph_say("bringing the ledger up to date", "cập nhật sổ"));
		return NULL;
	}
	return site->ledger;
}
