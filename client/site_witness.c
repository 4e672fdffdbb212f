/*
 * client/site_witness.c - whether this folder was put back or copied since it was last written.
 *
 * DIR/witness lies beside the store and is in no backup: how far the own log had come, and on
 * which machine. It is written in place after each commit and never synced, so it may lag
 * behind the store, never lead. At the start the two are compared:
 *
 *   it is missing, and was there once              put back
 *   the store lacks what it tells of               put back (the store alone, or all but it)
 *   another machine or disk                        a copy, or put back on a new machine
 *   another file `keys` than it was written with   likewise, on the same machine
 *
 * Then what is recorded next goes into another log that continues the old one: two copies
 * write two logs, not two branches of one. What this folder lacks of its old log is asked of
 * the hub (site_own.c). A doubt that was none costs a log, and nothing is lost. A witness
 * that is garbled is what a power cut leaves, and no doubt; nor is the inode alone, which
 * some file systems make anew with each start. What is there and cannot be read, a folder in its
 * place, is told: nobody would notice anything by it.
 *
 * What is not noticed here (the whole disk was put back, and this with it) the hub tells.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "client/place.h"
#include "client/site_internal.h"
#include "common/cli/out.h"

#define FILE_NAME    "witness"
#define META_WITNESS "witness" /* 1: the file was there once */
#define CHECK_SIZE   16

enum {
	AT_MACHINE = 8,
	AT_INODE = AT_MACHINE + PH_PLACE_SIZE,
	AT_CHANGED = AT_INODE + 8,
	AT_LOG = AT_CHANGED + 16,
	AT_N = AT_LOG + PH_LOG_ID_SIZE,
	AT_H = AT_N + 8,
	AT_CHECK = AT_H + PH_HASH_SIZE,
	SIZE = AT_CHECK + CHECK_SIZE,
};
static const char form[AT_MACHINE] = "phwitn1";

static void encode(const struct ph_site_witness *witness, uint8_t out[static SIZE])
{
	memcpy(out, form, sizeof(form));
	memcpy(out + AT_MACHINE, witness->machine, PH_PLACE_SIZE);
	ph_be64_put(out + AT_INODE, witness->inode);
	ph_be64_put(out + AT_CHANGED, (uint64_t)witness->changed_s);
	ph_be64_put(out + AT_CHANGED + 8, (uint64_t)witness->changed_ns);
	memcpy(out + AT_LOG, witness->head.log_id, PH_LOG_ID_SIZE);
	ph_be64_put(out + AT_N, witness->head.n);
	memcpy(out + AT_H, witness->head.h, PH_HASH_SIZE);
	crypto_generichash(out + AT_CHECK, CHECK_SIZE, out, AT_CHECK, NULL, 0);
}

/* False: it is garbled. */
static bool decode(struct ph_view bytes, struct ph_site_witness *out)
{
	uint8_t check[CHECK_SIZE];

	if (bytes.len != SIZE || memcmp(bytes.data, form, sizeof(form)) != 0) {
		return false;
	}
	crypto_generichash(check, sizeof(check), bytes.data, AT_CHECK, NULL, 0);
	if (memcmp(check, bytes.data + AT_CHECK, sizeof(check)) != 0) {
		return false;
	}
	memcpy(out->machine, bytes.data + AT_MACHINE, PH_PLACE_SIZE);
	out->inode = ph_be64_get(bytes.data + AT_INODE);
	out->changed_s = (int64_t)ph_be64_get(bytes.data + AT_CHANGED);
	out->changed_ns = (int64_t)ph_be64_get(bytes.data + AT_CHANGED + 8);
	memcpy(out->head.log_id, bytes.data + AT_LOG, PH_LOG_ID_SIZE);
	out->head.n = ph_be64_get(bytes.data + AT_N);
	memcpy(out->head.h, bytes.data + AT_H, PH_HASH_SIZE);
	return true;
}

/* --- the doubt --- */

/* Whether the store has what the witness tells of. 0, positive: no, or negative errno. */
static int has_seen(struct ph_site *site, const struct ph_head *head)
{
	struct ph_log log;
	uint8_t h[PH_HASH_SIZE];
	int rc = ph_journal_log_find(site->journal, head->log_id, &log);

	rc = rc == 0 ? ph_journal_chain_at(site->journal, &log, head->n, h) : rc;
	return rc == 0 && memcmp(h, head->h, sizeof(h)) != 0 ? PH_JOURNAL_E_FORK : rc;
}

/*
 * Whether the file was changed since; a file system that keeps times to hundredths or to two
 * seconds may have forgotten the rest.
 */
static bool is_changed(const struct ph_site_witness *told,
		       const struct ph_site_witness *here)
{
	bool is_coarse = here->changed_ns % 10000000 == 0;
	int64_t moved = told->changed_s - here->changed_s;

	return is_coarse ? moved > 2 || moved < -2
			 : moved != 0 || told->changed_ns != here->changed_ns;
}

static bool is_elsewhere(const struct ph_site_witness *told,
			 const struct ph_site_witness *here)
{
	return memcmp(told->machine, here->machine, PH_PLACE_SIZE) != 0 ||
	       (told->inode != here->inode && is_changed(told, here));
}

/* Where this folder is, into site->witness. 0 or negative errno with ERR. */
static int look_around(struct ph_site *site, struct ph_error *err)
{
	struct ph_site_witness *here = &site->witness;
	struct ph_file_info keys = { 0 };
	char path[PH_SITE_PATH_MAX];
	int rc = ph_path_join(path, sizeof(path), site->dir, "keys", err);

	rc = rc == 0 ? ph_place_machine(path, here->machine, err) : rc;
	if (rc == 0) {
		rc = ph_file_info(path, &keys);
		here->inode = keys.inode;
		here->changed_s = keys.changed_s;
		here->changed_ns = keys.changed_ns;
	}
	return rc;
}

static void note_head(struct ph_site *site)
{
	const struct ph_log *log = ph_writer_log(site->writer);

	memcpy(site->witness.head.log_id, log->id, sizeof(log->id));
	memcpy(site->witness.head.h, log->h, sizeof(log->h));
	site->witness.head.n = log->n;
}

/* Why to doubt, PH_WHY_*; 0: there is no reason. 0 or negative errno. */
static int compare(struct ph_site *site, struct ph_view bytes, uint64_t *why_out)
{
	struct ph_site_witness told;
	int rc;

	*why_out = 0;
	if (!decode(bytes, &told)) {
		return 0;
	}
	rc = has_seen(site, &told.head);
	if (rc > 0) {
		*why_out = PH_WHY_RESTORED;
	} else if (rc == 0 && is_elsewhere(&told, &site->witness)) {
		*why_out = PH_WHY_CLONED;
	}
	return rc < 0 ? rc : 0;
}

static void tell_unreadable(const char *path, int found)
{
	fprintf(stderr,
		ph_say("packhorse: %s cannot be read (%s). Until that is mended nobody "
		       "notices here when this folder is put back or copied. Move it "
		       "away: recording then goes on in a new log, and nothing is lost\n",
		       "packhorse: không đọc được %s (%s). Trước khi sửa, nếu thư mục "
		       "này "
		       "bị khôi phục từ bản cũ hay bị sao chép thì ở đây không ai biết. "
		       "Hãy dời nó đi: việc ghi sẽ tiếp tục trong một nhật ký mới, không "
		       "mất gì\n"),
		path,
		found == -ENOTSUP ? ph_say("it is no file", "đó không phải là tệp")
				  : ph_errno_say(found));
}

int ph_site_witness_open(struct ph_site *site, struct ph_error *err)
{
	struct ph_buf bytes = { 0 };
	char path[PH_SITE_PATH_MAX];
	int64_t known = 0;
	uint64_t why = 0;
	int found;
	int rc = look_around(site, err);

	rc = rc == 0 ? ph_path_join(path, sizeof(path), site->dir, FILE_NAME, err) : rc;
	rc = rc == 0 ? ph_journal_meta_get_int(site->journal, META_WITNESS, &known) : rc;
	if (rc < 0) {
		return ph_fail_errno(err, rc, site->dir);
	}
	note_head(site);
	found = ph_file_read(path, SIZE, &bytes, NULL);
	site->witness.is_there = found == 0;
	site->witness.is_known = known != 0;
	if (found == 0) {
		rc = compare(site, ph_buf_view(&bytes), &why);
	} else {
		rc = 0;
		why = found == -ENOENT && known != 0 ? PH_WHY_RESTORED : 0;
		if (found != -ENOENT && found != -EFBIG) { /* that one is garbled */
			tell_unreadable(path, found);
		}
	}
	ph_buf_deinit(&bytes);
	if (rc == 0 && why != 0) {
		ph_writer_doubt(site->writer, why);
		site->witness.is_there = false; /* what it says is not of here */
	}
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reading this device's own log",
					     "đọc nhật ký của chính máy này"))
		      : 0;
}

/* --- writing it --- */

/* A new file, durable. 0 or negative errno with ERR. */
static int make(struct ph_site *site, struct ph_error *err)
{
	uint8_t bytes[SIZE];
	char path[PH_SITE_PATH_MAX];
	int rc = ph_path_join(path, sizeof(path), site->dir, FILE_NAME, err);

	encode(&site->witness, bytes);
	rc = rc == 0 ? ph_file_write(path, PH_VIEW(bytes, sizeof(bytes)), 0600, err) : rc;
	site->witness.is_there = rc == 0;
	return rc;
}

static void overwrite(struct ph_site *site)
{
	const struct ph_file_ops *ops = ph_file_ops_used();
	uint8_t bytes[SIZE];
	char path[PH_SITE_PATH_MAX];
	int fd;

	if (ph_path_join(path, sizeof(path), site->dir, FILE_NAME, NULL) != 0) {
		return;
	}
	encode(&site->witness, bytes);
	fd = ops->open(path, O_WRONLY, 0600);
	if (fd >= 0) { /* what is not written lags */
		(void)ph_file_put(fd, PH_VIEW(bytes, sizeof(bytes)));
		ops->close(fd);
	}
}

int ph_site_witness_begin(struct ph_site *site, struct ph_error *err)
{
	int rc = look_around(site, err);

	note_head(site);
	rc = rc == 0 ? make(site, err) : rc;
	return rc == 0 ? ph_journal_meta_put_int(site->journal, META_WITNESS, 1) : rc;
}

int ph_site_witness_ready(struct ph_site *site, struct ph_error *err)
{
	int rc = 0;

	if (site->witness.is_known || site->witness.head.n == 0) {
		return 0;
	}
	if (!site->witness.is_there && ph_writer_leaves(site->writer) == 0) {
		rc = make(site, err); /* with the head as it was: it does not lead */
	}
	return rc == 0 ? ph_journal_meta_put_int(site->journal, META_WITNESS, 1) : rc;
}

static void tell(uint64_t why)
{
	fprintf(stderr, "packhorse: %s\n",
		why == PH_WHY_CLONED
			? ph_say("this folder was copied here, or put back on another "
				 "machine. Recording goes on, in a new log. Nothing is "
				 "lost, and nothing has to be done; what is missing here "
				 "comes back with `packhorse sync`. Only if another "
				 "machine still works with the same folder, stop there "
				 "and ask the provincial library for an invite for it",
				 "thư mục này được sao chép sang đây, hoặc được khôi "
				 "phục "
				 "trên máy khác. Việc ghi vẫn tiếp tục, trong một nhật "
				 "ký "
				 "mới. Không mất gì, không cần làm gì; phần còn thiếu sẽ "
				 "về khi chạy `packhorse sync`. Chỉ khi còn máy khác "
				 "dùng "
				 "cùng thư mục này thì hãy ngừng ở máy kia và xin thư "
				 "viện tỉnh thư mời cho máy đó")
			: ph_say("this folder was put back from an older copy. Recording "
				 "goes on, in a new log. Nothing is lost, and nothing "
				 "has to be done; what is missing here comes back with "
				 "`packhorse sync`",
				 "thư mục này được khôi phục từ bản sao cũ. Việc ghi vẫn "
				 "tiếp tục, trong một nhật ký mới. Không mất gì, không "
				 "cần làm gì; phần còn thiếu sẽ về khi chạy `packhorse "
				 "sync`"));
}

void ph_site_witness_note(struct ph_site *site)
{
	const struct ph_log *log = ph_writer_log(site->writer);
	const struct ph_head *noted = &site->witness.head;
	bool is_other = memcmp(noted->log_id, log->id, sizeof(log->id)) != 0;
	struct ph_site_went_on went_on = { 0 };

	if (!is_other && noted->n == log->n) {
		return;
	}
	note_head(site);
	site->witness.is_known = true;
	if (site->witness.is_there) {
		overwrite(site);
	} else if (ph_writer_leaves(site->writer) == 0) {
		(void)make(
			site,
			NULL); /* else the next start doubts again, and loses nothing */
	}
	if (is_other && ph_site_went_on(site, &went_on) == 0 && went_on.why != 0) {
		tell(went_on.why);
	}
}

/* --- what came of it --- */

int ph_site_went_on(struct ph_site *site, struct ph_site_went_on *out)
{
	const struct ph_log *log = ph_writer_log(site->writer);
	struct ph_buf bytes = { 0 };
	struct ph_entry open;
	int rc = log->row == 0 ? PH_JOURNAL_E_NONE
			       : ph_journal_entry(site->journal, log->row, 1, &bytes);

	memset(out, 0, sizeof(*out));
	out->doubt = ph_writer_leaves(site->writer);
	if (rc == 0 && ph_entry_decode(ph_buf_view(&bytes), &open) == 0 &&
	    open.number == PH_KIND_OPEN && open.field[PH_OPEN_CONTINUES].set) {
		out->from = open.field[PH_OPEN_CONTINUES].as.head;
	}
	if (out->from.n > 0 && open.field[PH_OPEN_WHY].set) {
		out->why = open.field[PH_OPEN_WHY].as.uint;
		out->second = ph_stamp_seconds(open.stamp);
	}
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}
