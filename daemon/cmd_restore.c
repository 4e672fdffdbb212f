/*
 * daemon/cmd_restore.c - packhorsed restore and restore end.
 *
 * A backup is unpacked into DIR/restore, a folder that nobody takes for a hub: its signature
 * is compared with the province's root in the recovery key, it verifies itself, and it gets a
 * new epoch there. Then its files move up into DIR, hub.db last, so that there is a hub or
 * none. `restore.unfinished` stands in DIR until then: what a killed restore left is removed
 * by the next one, and by nothing else. The witness beside DIR is that of the hub that was there
 * before until DIR is a hub again; the store knows that what it tells is over.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/lock.h"
#include "common/cli/out.h"
#include "common/log/cert.h"
#include "daemon/ask.h"
#include "daemon/backup_folder.h"
#include "daemon/backup_state.h"
#include "daemon/cmd.h"
#include "daemon/cmd_backup.h"

#define PATH_SIZE    4096
#define LOCK_WAIT_MS 5000

/* What a backup puts into a hub's folder; the store, which makes it one, last. */
static const char *const moved[] = { "keys", "conf.d", "packhorsed.conf", "hub.db" };

struct restore {
	struct ph_cli *cli;
	struct ph_recovery_key key;
	struct ph_lock lock;
	struct ph_backup_found found;
	struct ph_backup_manifest manifest;
	struct ph_backup_checked checked;
	char file[PATH_SIZE], into[PATH_SIZE], mark[PATH_SIZE];
	json_int_t epoch, second; /* entries that the second medium brought back */
	json_int_t damaged_at; /* the byte from which on it could not be read; -1: none */
};

/* --- before it --- */

static bool is_leaving(const char *name)
{
	return strcmp(name, "lock") == 0 || strcmp(name, PH_HUB_RESTORING) == 0 ||
	       strcmp(name, PH_HUB_RESTORING ".part") == 0;
}

/* The file itself, or the newest of a folder. */
static int find_file(struct restore *restore, struct ph_error *err)
{
	const char *given = restore->cli->args[0];
	char name[PH_BACKUP_FILE_NAME];
	struct ph_file_info info;
	int rc = ph_file_info(given, &info);

	if (rc < 0) {
		return ph_fail_errno(err, rc, given);
	}
	if (!info.folder) {
		snprintf(restore->file, sizeof(restore->file), "%s", given);
		return 0;
	}
	rc = ph_backup_folder_newest(given, restore->key.root, name, err);
	return rc < 0 ? rc
		      : ph_path_join(restore->file, sizeof(restore->file), given, name,
				     err);
}

/* Remove what an interrupted restore left; never what a hub has. */
static int sweep(struct restore *restore, struct ph_error *err)
{
	char path[PATH_SIZE];
	int rc = ph_backup_remove_tree(restore->into);

	for (size_t i = 0; rc == 0 && i + 1 < sizeof(moved) / sizeof(moved[0]); i++) {
		rc = ph_path_join(path, sizeof(path), restore->cli->dir, moved[i], err);
		rc = rc < 0 ? rc : ph_backup_remove_tree(path);
	}
	return rc < 0 ? ph_fail_errno(err, rc, restore->cli->dir) : 0;
}

static int prepare(struct restore *restore, struct ph_error *err)
{
	const char *dir = restore->cli->dir;
	char path[PATH_SIZE];
	int rc = ph_path_join(restore->into, sizeof(restore->into), dir, "restore", err);

	rc = rc < 0 ? rc
		    : ph_path_join(restore->mark, sizeof(restore->mark), dir,
				   PH_HUB_RESTORING, err);
	rc = rc < 0 ? rc : ph_path_join(path, sizeof(path), dir, "hub.db", err);
	if (rc < 0) {
		return rc;
	}
	if (ph_file_exists(path)) {
		return ph_fail(
			err, PH_EXIT_OTHER, -EEXIST,
			ph_say("%s is a hub: nothing is restored over it. If that one is "
			       "dead, move its folder away and keep it; then give this "
			       "command again",
			       "%s đang là một máy chủ: không phục hồi đè lên. Nếu máy "
			       "chủ đó đã hỏng, hãy dời thư mục đi chỗ khác và giữ lại; "
			       "rồi ra lại lệnh này"),
			dir);
	}
	rc = ph_dir_create(dir, err);
	if (rc == 0 && !ph_file_exists(restore->mark)) {
		rc = ph_dir_check_empty(dir, is_leaving,
					ph_say("give restore a folder of its own",
					       "hãy cho restore một thư mục riêng"),
					err);
		rc = rc < 0 ? ph_fail_errno(err, rc, dir) : 0;
	}
	rc = rc < 0 ? rc : ph_lock_take(&restore->lock, dir, "restore", 0, err);
	rc = rc < 0 ? rc
		    : ph_file_write(restore->mark, ph_view_str("restore\n"), 0600, err);
	return rc < 0 ? rc : sweep(restore, err);
}

/* --- the backup --- */

static int check_signed(struct restore *restore, struct ph_error *err)
{
	struct ph_buf bytes = { 0 };
	struct ph_keylist list;
	int rc = ph_backup_keylist(restore->into, &bytes, &list, err);

	rc = rc < 0 ? rc : ph_backup_check_root(restore->file, &restore->key, &list, err);
	rc = rc < 0 ? rc
		    : ph_backup_check_signed(restore->file, &restore->found, &list,
					     &restore->manifest, err);
	ph_buf_deinit(&bytes);
	return rc;
}

static int unpack(struct restore *restore, struct ph_error *err)
{
	const struct ph_backup_read how = { .recovery = &restore->key,
					    .into = restore->into };
	int rc = ph_dir_create(restore->into, err);

	rc = rc < 0 ? rc : ph_backup_read(restore->file, &how, &restore->found, err);
	rc = rc < 0 ? rc : check_signed(restore, err);
	rc = rc < 0 ? rc : ph_backup_check_state(restore->into, &restore->checked, err);
	if (rc == 0 && memcmp(restore->checked.digest, restore->manifest.digest,
			      sizeof(restore->checked.digest)) != 0) {
		fprintf(stderr, "%s",
			ph_say("packhorsed: warning: the ledger of this backup is not "
			       "the one that was signed: another version of Packhorse "
			       "made it; the logs are whole\n",
			       "packhorsed: cảnh báo: sổ của bản sao này khác sổ đã ký: "
			       "bản sao do phiên bản khác làm; nhật ký còn nguyên "
			       "vẹn\n"));
	}
	return rc;
}

/* REQUEST, which is taken, to HUB. 0 with the answer, or a negative errno with ERR. */
static int ask(struct ph_hub *hub, json_t *request, json_t **answer_out,
	       struct ph_error *err)
{
	json_t *answer = request ? ph_hub_command(hub, request) : NULL;
	int rc = answer ? ph_ask_check(answer, err) : -ENOMEM;

	json_decref(request);
	if (rc < 0) {
		json_decref(answer);
		return rc;
	}
	*answer_out = answer;
	return 0;
}

static int take_second(struct restore *restore, struct ph_hub *hub, struct ph_error *err)
{
	const char *second = ph_cli_get(restore->cli, "second-medium");
	json_t *answer = NULL;
	int rc;

	if (!second) {
		return 0;
	}
	rc = ask(hub, json_pack("{s:s, s:s}", "command", "second-take", "path", second),
		 &answer, err);
	restore->second = json_integer_value(json_object_get(answer, "entries"));
	if (json_object_get(answer, "damaged_at")) {
		restore->damaged_at =
			json_integer_value(json_object_get(answer, "damaged_at"));
	}
	json_decref(answer);
	return rc;
}

/* Asked before anything is made: unpacking a province takes long. */
static int check_second(const struct ph_cli *cli, struct ph_error *err)
{
	const char *second = ph_cli_get(cli, "second-medium");

	return second && !ph_file_exists(second)
		       ? ph_fail(err, PH_EXIT_USAGE, -ENOENT,
				 ph_say("%s: there is no such folder; is the second "
					"medium "
					"in place?",
					"%s: không có thư mục này; phương tiện thứ hai "
					"đã "
					"được gắn chưa?"),
				 second)
		       : 0;
}

static int begin_epoch(struct restore *restore, struct ph_error *err)
{
	json_t *answer = NULL;
	struct ph_hub *hub = NULL;
	int rc = ph_hub_open(&hub,
			     &(struct ph_hub_config){ .dir = restore->into,
						      .who = "restore",
						      .clock = ph_clock_system,
						      .rng = ph_rng_system },
			     err);

	rc = rc < 0 ? rc : ask(hub, ph_request("epoch-begin"), &answer, err);
	restore->epoch = json_integer_value(json_object_get(answer, "epoch"));
	json_decref(answer);
	rc = rc < 0 ? rc : take_second(restore, hub, err);
	ph_hub_close(hub);
	return rc < 0 ? ph_fail_errno(err, rc, restore->into) : 0;
}

static int move_up(struct restore *restore, struct ph_error *err)
{
	char from[PATH_SIZE];
	char to[PATH_SIZE];
	int rc = ph_path_join(from, sizeof(from), restore->into, "hub.db-wal", err);

	if (rc == 0 && ph_file_exists(from)) {
		return ph_fail(err, PH_EXIT_OTHER, -EIO,
			       ph_say("%s could not be written whole; see that the disk "
				      "is sound "
				      "and has room, then give the same command again",
				      "không ghi được trọn vẹn %s; hãy xem ổ đĩa còn tốt "
				      "và còn chỗ, rồi ra lại chính lệnh này"),
			       restore->into);
	}
	for (size_t i = 0; rc == 0 && i < sizeof(moved) / sizeof(moved[0]); i++) {
		rc = ph_path_join(from, sizeof(from), restore->into, moved[i], err);
		rc = rc < 0 ? rc
			    : ph_path_join(to, sizeof(to), restore->cli->dir, moved[i],
					   err);
		if (rc == 0 && ph_file_exists(from)) {
			rc = ph_file_sync(from, err);
			rc = rc < 0 ? rc : ph_file_rename(from, to, err);
		}
	}
	return rc;
}

/*
 * The folder is a hub, and its witness is made what it is: behind all that may fail, so that a
 * restore that comes to nothing has said nothing against the hub that was there before. What
 * fails here is no failure: who opens the hub next does the same.
 */
static void open_once(const struct ph_cli *cli)
{
	struct ph_error err = { 0 };
	struct ph_hub *hub = NULL;

	if (ph_hub_open(&hub,
			&(struct ph_hub_config){ .dir = cli->dir,
						 .witness = cli->dir,
						 .who = "restore",
						 .wait_ms = LOCK_WAIT_MS,
						 .clock = ph_clock_system,
						 .rng = ph_rng_system },
			&err) < 0 &&
	    err.exit != PH_EXIT_IN_USE) { /* who has it has done the same */
		fprintf(stderr,
			ph_say("packhorsed: warning: %s\n", "packhorsed: cảnh báo: %s\n"),
			err.text);
	}
	ph_hub_close(hub);
}

/* --- the commands --- */

/* It is a hub all the same: devices may bring what is behind the damage. */
static int tell_damage(const struct restore *restore, struct ph_error *err)
{
	if (restore->damaged_at < 0) {
		return 0;
	}
	return ph_fail(
		err, PH_EXIT_PARTIAL, -EBADMSG,
		ph_say("%s is damaged at byte %lld: nothing from there on was read. The "
		       "hub is restored, but words of it may be missing (cuts, erasures, "
		       "decisions): if there is another copy of that file, move this "
		       "folder away and restore again with it; else keep the file, and "
		       "go on as without a second medium",
		       "%s bị hỏng ở byte %lld: từ đó trở đi không đọc được gì. Máy chủ "
		       "đã được phục hồi, nhưng có thể thiếu lời của máy chủ (lệnh cắt "
		       "máy, lệnh xóa, quyết định): nếu có bản khác của tệp đó thì "
		       "chuyển thư mục này đi và phục hồi lại với bản đó; nếu không "
		       "thì giữ tệp lại và làm tiếp như khi không có ổ thứ hai"),
		ph_cli_get(restore->cli, "second-medium"),
		(long long)restore->damaged_at);
}

static void tell_second(const struct restore *restore)
{
	if (ph_cli_get(restore->cli, "second-medium")) {
		printf(ph_say_n((uint64_t)restore->second,
				"%lld word of the hub came from the second medium\n",
				"%lld words of the hub came from the second medium\n",
				"%lld lời của máy chủ lấy từ ổ thứ hai\n"),
		       (long long)restore->second);
	}
}

static json_t *told(const struct restore *restore, const char *made, const char *digest)
{
	json_t *out = json_pack("{s:i, s:s, s:s, s:I, s:I, s:I, s:I, s:s}", "schema", 1,
				"file", restore->file, "made", made, "epoch",
				restore->epoch, "second_medium", restore->second, "logs",
				(json_int_t)restore->checked.logs, "entries",
				(json_int_t)restore->checked.entries, "digest", digest);

	if (out && restore->damaged_at >= 0) {
		json_object_set_new(out, "second_medium_damaged_at",
				    json_integer(restore->damaged_at));
	}
	return out;
}

static int tell(const struct restore *restore)
{
	char made[PH_TIME_TEXT];
	char entries[PH_NUMBER_TEXT];
	char digest[2 * 32 + 1];

	ph_time_text(made, (int64_t)restore->manifest.made);
	ph_hex(digest, restore->checked.digest, sizeof(restore->checked.digest));
	if (restore->cli->json || restore->cli->plain) {
		return ph_out_script(restore->cli->json, told(restore, made, digest));
	}
	printf(ph_say("restored the hub as it was at %s: %s entries, epoch %lld\n"
		      "next: packhorsed serve. Devices bring back what came since. Until "
		      "you say\n"
		      "`packhorsed restore end`, nobody gets what others wrote: say it "
		      "when devices from\n"
		      "most sites have called (packhorsed status).\n",
		      "đã phục hồi máy chủ như lúc %s: %s giao dịch, kỷ nguyên %lld\n"
		      "tiếp theo: packhorsed serve. Các máy gửi lại những gì có sau đó. "
		      "Trước khi có lệnh\n"
		      "`packhorsed restore end`, không máy nào nhận dữ liệu của máy "
		      "khác: "
		      "ra lệnh khi\n"
		      "phần lớn các điểm đã gọi về (packhorsed status).\n"),
	       made, ph_number(entries, restore->checked.entries),
	       (long long)restore->epoch);
	tell_second(restore);
	return 0;
}

static int run_restore(struct ph_cli *cli, struct ph_error *err)
{
	const char *secret = ph_cli_get(cli, "recovery-key");
	struct restore restore = { .cli = cli, .lock = { .fd = -1 }, .damaged_at = -1 };
	int rc;

	if (!secret) {
		return ph_cli_usage(
			cli, err,
			ph_say("--recovery-key is needed", "cần có --recovery-key"));
	}
	rc = check_second(cli, err);
	rc = rc < 0 ? rc : ph_recovery_key_load(&restore.key, secret, err);
	rc = rc < 0 ? rc : find_file(&restore, err);
	rc = rc < 0 ? rc : prepare(&restore, err);
	rc = rc < 0 ? rc : unpack(&restore, err);
	rc = rc < 0 ? rc : begin_epoch(&restore, err);
	rc = rc < 0 ? rc : move_up(&restore, err);
	if (restore.lock.fd >= 0) {
		if (rc == 0) {
			(void)ph_file_remove(restore.mark);
		}
		(void)ph_backup_remove_tree(restore.into);
		ph_lock_release(&restore.lock);
	}
	ph_backup_found_deinit(&restore.found);
	if (rc == 0) {
		open_once(cli);
		rc = tell(&restore);
		rc = rc < 0 ? rc : tell_damage(&restore, err);
	}
	ph_recovery_key_wipe(&restore.key);
	return rc;
}

#define SITES_NAMED 10

/* Codes of SITES, so many as a person reads. */
static void name_sites(const json_t *sites, char *out, size_t size)
{
	size_t n = json_array_size(sites);
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < n && i < SITES_NAMED && len < size; i++) {
		len += (size_t)snprintf(out + len, size - len, "%s%s", i ? ", " : "",
					json_string_value(json_array_get(sites, i)));
	}
	if (n > SITES_NAMED && len < size) {
		snprintf(out + len, size - len, ", +%zu", n - SITES_NAMED);
	}
}

/* Of those that have not called, OUT live by stick or courier, and have been heard of. */
static void name_out(json_int_t out, char *words, size_t size)
{
	words[0] = '\0';
	if (out > 0) {
		snprintf(words, size,
			 ph_say("%lld of these have come by stick or courier, and hold "
				"more of the hub's own words than is here: they bring it "
				"with the bundle that they make when one that the hub "
				"has packed since has come to them. ",
				"%lld máy trong số đó đã gửi bằng thẻ USB hoặc xe "
				"chuyển, và giữ lời của máy chủ chưa có ở đây: các máy "
				"đó mang về bằng gói làm sau khi nhận gói mà máy chủ "
				"đóng từ khi phục hồi. "),
			 (long long)out);
	}
}

/* 0 if all devices have called since the restore. */
static int check_heard(struct ph_cli *cli, struct ph_error *err)
{
	json_t *answer;
	char sites[SITES_NAMED * 40];
	char out[400];
	json_int_t unheard, all;
	int rc = ph_ask(cli, ph_request("collect-unheard"), &answer, err);

	if (rc < 0) {
		return rc;
	}
	unheard = json_integer_value(json_object_get(answer, "unheard"));
	all = json_integer_value(json_object_get(answer, "devices"));
	if (json_is_true(json_object_get(answer, "collecting")) && unheard > 0) {
		name_sites(json_object_get(answer, "sites"), sites, sizeof(sites));
		name_out(json_integer_value(json_object_get(answer, "words_out")), out,
			 sizeof(out));
		rc = ph_fail(
			err, PH_EXIT_TRY_LATER, -EAGAIN,
			ph_say("%lld of %lld devices have not called since the restore "
			       "(sites %s). What they know of cuts and erasures of the "
			       "lost days is not here. %sWait for them; if they will "
			       "not "
			       "call, say `restore end --anyway`",
			       "%lld trên %lld máy chưa gọi về từ khi phục hồi (điểm "
			       "%s). "
			       "Lệnh cắt máy và lệnh xóa của những ngày bị mất mà các "
			       "máy "
			       "đó biết chưa có ở đây. %sHãy chờ; nếu các máy đó không "
			       "gọi "
			       "nữa thì ra lệnh `restore end --anyway`"),
			(long long)unheard, (long long)all, sites, out);
	}
	json_decref(answer);
	return rc;
}

static void print_end(const json_t *answer)
{
	json_int_t collected = json_integer_value(json_object_get(answer, "collected"));
	json_int_t admitted = json_integer_value(json_object_get(answer, "admitted"));
	json_int_t unheard = json_integer_value(json_object_get(answer, "words_unheard"));

	printf(ph_say("the hub serves everything again; %lld %s of its own had come "
		      "back, %lld %s admitted\n",
		      "máy chủ phục vụ đầy đủ trở lại; %lld %s của máy chủ đã được gửi "
		      "lại, đã nhận %lld %s\n"),
	       (long long)collected,
	       ph_say_n((uint64_t)collected, "entry", "entries", "giao dịch"),
	       (long long)admitted,
	       ph_say_n((uint64_t)admitted, "device was", "devices were", "máy"));
	if (unheard > 0) {
		printf(ph_say_n((uint64_t)unheard,
				"%lld word of the control log goes down to only some of "
				"the devices: packhorsed restore words\n",
				"%lld words of the control log go down to only some of "
				"the devices: packhorsed restore words\n",
				"%lld lời của nhật ký điều hành chỉ tới một số máy: "
				"packhorsed restore words\n"),
		       (long long)unheard);
	}
}

static int run_end(struct ph_cli *cli, struct ph_error *err)
{
	bool anyway = ph_cli_has(cli, "anyway");
	json_t *answer;
	int rc = anyway ? 0 : check_heard(cli, err);

	rc = rc < 0 ? rc
		    : ph_ask(cli,
			     json_pack("{s:s, s:b}", "command", "collect-end", "anyway",
				       anyway),
			     &answer, err);

	if (rc < 0) {
		return rc;
	}
	if (cli->json || cli->plain) {
		return ph_out_script(cli->json, answer);
	}
	print_end(answer);
	json_decref(answer);
	return 0;
}

static const struct ph_cli_option restore_options[] = {
	{ "recovery-key", "F", "the secret that opens backups" },
	{ "second-medium", "DIR",
	  "what the hub itself said since, if that disk is whole" },
	{ 0 },
};

static const struct ph_cli_option end_options[] = {
	{ "anyway", NULL, "although devices have not called" },
	{ 0 },
};

const struct ph_cli_command ph_cmds_restore[] = {
	{ "restore", "Setting up", "FILE", 1, 1,
	  "make a hub of a backup, in a folder that is absent or empty\n"
	  "FILE may be the folder that backups are in: then the newest. Devices bring "
	  "back "
	  "what\n"
	  "came since, also what the hub itself had said.",
	  restore_options, run_restore, NULL },
	{ "restore end", "Setting up", "", 0, 0,
	  "enough devices have called since the restore: serve what others wrote\n"
	  "Refused (75) while some have not, which are then named.",
	  end_options, run_end, NULL },
	{ 0 },
};
