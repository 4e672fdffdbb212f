/*
 * daemon/hub.c - opening and closing the hub's folder.
 *
 * Open: take the folder's lock, read the online keys and the key list, open the
 * store (checked first if the last process did not end by itself), the ledger and
 * the writers of its two logs. Whatever fails undoes all before it and says what
 * and where; a folder that is no hub is a usage error, a damaged file
 * PH_EXIT_DAMAGED. The root and operator keys are never read here.
 */
#include "daemon/hub_metrics.h"
#include "common/cli/out.h"
#include "daemon/hub_backup.h"
#include "daemon/hub_collect.h"
#include "daemon/hub_courier.h"
#include "daemon/hub_second.h"
#include "daemon/hub_witness.h"
#include "daemon/hub_feed.h"
#include "daemon/hub_match.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/dblook.h"
#include "common/base/owner.h"

int64_t ph_hub_now(const struct ph_hub *hub)
{
	struct ph_now now;

	hub->config.clock.read(hub->config.clock.data, &now);
	return now.wall;
}

int64_t ph_hub_time(const struct ph_hub *hub, int64_t device)
{
	return ph_hub_latest_time(&hub->latest, device, ph_hub_now(hub));
}

static int load_meta(struct ph_hub *hub, struct ph_error *err)
{
	int64_t province = 0;
	int rc = ph_journal_meta_get_int(hub->journal, "province", &province);

	if (rc < 0) { /* what could not be read need not be missing */
		return ph_fail_errno(
			err, rc,
			ph_say("reading the hub's store", "đọc kho dữ liệu của máy chủ"));
	}
	if (rc > 0) {
		return ph_fail(
			err, PH_EXIT_DAMAGED, -EUCLEAN,
			ph_say("%s/hub.db lacks its province: it is not a whole hub "
			       "store; restore it from a backup",
			       "%s/hub.db không ghi tỉnh nào: kho của máy chủ không trọn "
			       "vẹn; hãy phục hồi từ bản sao lưu"),
			hub->dir);
	}
	hub->province = (unsigned)province;
	return ph_hub_collect_load(hub, err);
}

/* The control log is there since the hub was made; the desk log begins with its first entry. */
static int open_writers(struct ph_hub *hub, struct ph_error *err)
{
	struct ph_writer_config config = {
		.journal = hub->journal,
		.keys = &hub->keys.sign,
		.site = 0,
		.role = PH_ROLE_HUB,
		.clock = hub->config.clock,
		.rng = hub->config.rng,
	};
	int rc = ph_writer_new(&hub->writer, &config, err);

	config.name = "desk";
	config.desk_key = hub->keys.box.key; /* names of workers and donors, notes */
	return rc == 0 ? ph_writer_new(&hub->desk, &config, err) : rc;
}

/* Whose key signed was looked at when it was written, by the list of then (hub_put.c). */
const struct ph_speakers ph_hub_speakers = { .list = { NULL, NULL } };

static int open_store(struct ph_hub *hub, struct ph_error *err)
{
	struct ph_db_config config = { .application = PH_STORE_HUB,
				       .steps = ph_journal_steps,
				       .n_steps = ph_journal_steps_count };
	char path[PH_HUB_PATH_MAX];
	int rc;

	rc = ph_path_join(path, sizeof(path), hub->dir, "hub.db", err);
	if (rc < 0) {
		return rc;
	}
	config.path = path;
	rc = hub->config.is_looked_at ? ph_db_open_looked_at(&hub->db, &config, err)
				      : ph_db_open(&hub->db, &config, err);
	if (rc < 0) {
		return rc;
	}
	rc = ph_journal_open(&hub->journal, hub->db);
	rc = rc < 0 ? rc : ph_journal_expect_known(hub->journal);
	if (rc < 0) {
		return ph_fail_errno(err, rc, path);
	}
	rc = load_meta(hub, err);
	if (rc < 0) {
		return rc;
	}
	ph_hub_match_init(&hub->eyes, hub);
	rc = ph_ledger_open(&hub->ledger,
			    &(struct ph_ledger_config){ .journal = hub->journal,
							.db = hub->db,
							.speakers = &ph_hub_speakers,
							.hub = &hub->eyes,
							.keeps_changes = true },
			    err);
	if (rc < 0) {
		return rc;
	}
	rc = open_writers(hub, err);
	return rc < 0 ? rc : ph_hub_feed_open(hub, err);
}

int ph_hub_open(struct ph_hub **hub_out, const struct ph_hub_config *config,
		struct ph_error *err)
{
	struct ph_file_info found;
	struct ph_hub *hub;
	char path[PH_HUB_PATH_MAX];
	int rc;

	rc = ph_path_join(path, sizeof(path), config->dir, "hub.db", err);
	if (rc < 0) {
		return rc;
	}
	rc = ph_file_info(path, &found);
	if (rc == -EACCES || rc == -EPERM) {
		return ph_fail_owner(err, rc, config->dir);
	}
	if (rc < 0) {
		rc = ph_hub_check_keys(config->dir, err);
		if (rc < 0) {
			return rc;
		}
		return ph_fail(err, PH_EXIT_NOT_ENROLLED, -ENOENT,
			       ph_say("%s holds no hub: make one with `packhorsed -d %s "
				      "init`, or name "
				      "the right folder with -d",
				      "%s không có máy chủ nào: hãy tạo bằng `packhorsed "
				      "-d %s init`, hoặc chỉ đúng thư mục bằng -d"),
			       config->dir, config->dir);
	}
	hub = calloc(1, sizeof(*hub));
	if (!hub) {
		return ph_fail_errno(err, -ENOMEM,
				     ph_say("opening the hub", "mở máy chủ"));
	}
	hub->lock.fd = -1;
	hub->page_ms = PH_HUB_PAGE_MS;
	snprintf(hub->dir, sizeof(hub->dir), "%s", config->dir);
	hub->config = *config;
	hub->config.dir = hub->dir;
	hub->clock.is_watched = config->watches_clock;
	rc = ph_lock_take(&hub->lock, hub->dir, config->who, config->wait_ms, err);
	if (rc < 0) {
		goto out;
	}
	rc = ph_hub_keys_load(hub->dir, &hub->keys, &hub->keylist_bytes, &hub->keylist,
			      &hub->ring, err);
	if (rc < 0) {
		goto out;
	}
	rc = open_store(hub, err);
	rc = rc < 0 ? rc : ph_hub_witness_open(hub, err);
	if (rc < 0) {
		goto out;
	}
	ph_hub_backup_sweep(hub);
	ph_hub_tour_erased(hub);
	/* so that status knows how it is before the hub's next word */
	ph_hub_second_write(hub);
	*hub_out = hub;
	hub = NULL;
out:
	ph_hub_close(hub);
	return rc;
}

void ph_hub_close(struct ph_hub *hub)
{
	if (!hub) {
		return;
	}
	ph_hub_backup_free(hub->backup);
	ph_hub_second_free(hub);
	ph_hub_witness_free(hub);
	ph_hub_metrics_free(hub->metrics);
	ph_feeder_free(hub->feeder);
	ph_writer_free(hub->writer);
	ph_writer_free(hub->desk);
	ph_ledger_free(hub->ledger);
	ph_journal_free(hub->journal);
	ph_db_close(hub->db);
	ph_hub_keys_wipe(&hub->keys, &hub->ring);
	ph_buf_deinit(&hub->keylist_bytes);
	ph_pack_free(hub->pack);
	ph_lock_release(&hub->lock);
	free(hub);
}

void ph_hub_bound(struct ph_hub *hub, const struct ph_hub_bounds *bounds)
{
	hub->entries_saved = bounds->entries_saved;
	hub->entries_a_day = bounds->entries_a_day;
	hub->room.reserve_mib = bounds->reserve_mib;
	hub->room.is_mine = bounds->keeps_reserve;
}

struct ph_journal *ph_hub_journal(struct ph_hub *hub)
{
	return hub->journal;
}

struct ph_ledger *ph_hub_ledger(struct ph_hub *hub)
{
	return hub->ledger;
}

const struct ph_device_keys *ph_hub_keys(const struct ph_hub *hub)
{
	return &hub->keys;
}

const struct ph_box_pair *ph_hub_statics(const struct ph_hub *hub, unsigned *n_out)
{
	*n_out = hub->ring.n;
	return hub->ring.box;
}

const struct ph_keylist *ph_hub_keylist(const struct ph_hub *hub)
{
	return &hub->keylist;
}
