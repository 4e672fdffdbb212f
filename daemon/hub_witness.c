/*
 * daemon/hub_witness.c - whether this store was put back since the hub last said something.
 *
 * DIR-witness/packhorse-XXXXXXXX.witness lies beside the hub's folder, not in it: who copies
 * the folder back leaves it as it is. It tells the epoch, the heads of the hub's two logs, how
 * often accounts were changed, and the key list, as of the last commit that moved one of these. It is
 * written after that commit and before anybody has an answer, as a new file, synced and
 * renamed: so it never leads, and lags behind nothing that anybody was told. Sessions as a rule
 * move none of these, and write nothing.
 *
 * At the start the two are compared. A store that lacks what the witness tells of is older.
 * One that has more is none: the machine stopped between commit and witness. No witness is no
 * doubt, but it is told if there was one once; one that is no file, cannot be read, is damaged
 * or of another hub is told each time, and left alone: it may be all that is left to know by.
 *
 * The second medium (hub_second.h) has the hub's words themselves, and is asked the same.
 */
#include "daemon/hub_witness.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/cli/out.h"
#include "daemon/hub_collect.h"
#include "daemon/hub_second.h"

#define META_WITNESS "witness"
#define AGAIN_MS     60000
#define CHECK_SIZE   16

/* Of META_WITNESS: there was one once; `restore` made this store: what one tells is over. */
enum {
	KNOWN = 1,
	IS_OVER,
};
enum {
	CONTROL,
	DESK,
	N_HEADS
};
enum {
	HEAD_SIZE = PH_LOG_ID_SIZE + 8 + PH_HASH_SIZE,
	EPOCH_RANDOM_SIZE = sizeof(((struct ph_epoch *)NULL)->random),
	AT_ROOT = 8,
	AT_EPOCH = AT_ROOT + PH_KEY_SIZE,
	AT_RANDOM = AT_EPOCH + 8,
	AT_ACCOUNTS = AT_RANDOM + EPOCH_RANDOM_SIZE,
	AT_KEYS = AT_ACCOUNTS + 8,
	AT_HEADS = AT_KEYS + 8,
	AT_CHECK = AT_HEADS + N_HEADS * HEAD_SIZE,
	SIZE = AT_CHECK + CHECK_SIZE,
};
static const char form[AT_ROOT] = "phhubw1";

struct ph_hub_witness {
	char folder[PH_HUB_PATH_MAX], path[PH_HUB_PATH_MAX];
	uint8_t told[SIZE]; /* as it was written last */
	bool is_written;
	bool is_left;     /* what is there is not ours to write over */
	int64_t known_of; /* META_WITNESS */
	uint64_t not_before_ms;
	int what; /* is the matter: below; 0: nothing */
	int why;  /* a negative errno, or below */
};
enum {
	NOT_OURS = 1, /* what is there is not the witness of this hub */
	NOT_WRITTEN,
};
enum {
	DAMAGED = 1,
	OF_ANOTHER,
};

/* --- its bytes --- */

static void put_head(const struct ph_writer *writer, uint8_t *out)
{
	const struct ph_log *log = writer ? ph_writer_log(writer) : NULL;

	if (!log || log->n == 0) {
		memset(out, 0, HEAD_SIZE);
		return;
	}
	memcpy(out, log->id, PH_LOG_ID_SIZE);
	ph_be64_put(out + PH_LOG_ID_SIZE, log->n);
	memcpy(out + PH_LOG_ID_SIZE + 8, log->h, PH_HASH_SIZE);
}

static void encode(const struct ph_hub *hub, uint8_t out[static SIZE])
{
	memcpy(out, form, sizeof(form));
	memcpy(out + AT_ROOT, hub->keylist.root, PH_KEY_SIZE);
	ph_be64_put(out + AT_EPOCH, hub->epoch.number);
	memcpy(out + AT_RANDOM, hub->epoch.random, EPOCH_RANDOM_SIZE);
	ph_be64_put(out + AT_ACCOUNTS, (uint64_t)hub->account_changes);
	ph_be64_put(out + AT_KEYS, hub->keylist.generation);
	put_head(hub->writer, out + AT_HEADS + CONTROL * HEAD_SIZE);
	put_head(hub->desk, out + AT_HEADS + DESK * HEAD_SIZE);
	crypto_generichash(out + AT_CHECK, CHECK_SIZE, out, AT_CHECK, NULL, 0);
}

static bool is_whole(struct ph_view bytes)
{
	uint8_t check[CHECK_SIZE];

	if (bytes.len != SIZE || memcmp(bytes.data, form, sizeof(form)) != 0) {
		return false;
	}
	crypto_generichash(check, sizeof(check), bytes.data, AT_CHECK, NULL, 0);
	return memcmp(check, bytes.data + AT_CHECK, sizeof(check)) == 0;
}

/* --- comparing --- */

struct search {
	struct ph_hub *hub;
	const uint8_t *head;
};

/* 1: LOG, a branch, has the head that is looked for. */
static int see_log(void *data, const struct ph_log *log)
{
	const struct search *search = data;
	uint64_t n = ph_be64_get(search->head + PH_LOG_ID_SIZE);
	uint8_t h[PH_HASH_SIZE];
	int rc;

	if (memcmp(log->id, search->head, PH_LOG_ID_SIZE) != 0 || log->n < n) {
		return 0;
	}
	rc = ph_journal_chain_at(search->hub->journal, log, n, h);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	return memcmp(h, search->head + PH_LOG_ID_SIZE + 8, sizeof(h)) == 0;
}

/* Whether the store lacks what the witness TOLD of. 0 or negative errno. */
static int is_older(struct ph_hub *hub, const uint8_t told[static SIZE], bool *out)
{
	uint64_t epoch = ph_be64_get(told + AT_EPOCH);
	bool is_other = memcmp(told + AT_RANDOM, hub->epoch.random, EPOCH_RANDOM_SIZE);
	int rc = 1;

	*out = epoch > hub->epoch.number || (epoch == hub->epoch.number && is_other) ||
	       ph_be64_get(told + AT_ACCOUNTS) > (uint64_t)hub->account_changes ||
	       ph_be64_get(told + AT_KEYS) > hub->keylist.generation;
	for (int i = 0; rc > 0 && !*out && i < N_HEADS; i++) {
		struct search search = { hub, told + AT_HEADS + i * HEAD_SIZE };

		if (ph_be64_get(search.head + PH_LOG_ID_SIZE) > 0) {
			rc = ph_journal_log_each(hub->journal, see_log, &search);
			*out = rc == 0;
		}
	}
	return rc < 0 ? rc : 0;
}

/* --- telling --- */

/* What is the matter and to be done. */
static const char *say_what(int what)
{
	return what == NOT_OURS
		       ? ph_say("this is not the witness of this hub. Move it away and "
				"restart "
				"packhorsed; until then nobody here notices when this "
				"folder is "
				"copied "
				"back",
				"đây không phải tệp chứng của máy chủ này. Hãy dời đi "
				"rồi chạy lại "
				"packhorsed; trước đó, nếu thư mục này bị chép lại từ "
				"bản cũ thì ở "
				"đây "
				"không ai biết")
		       : ph_say("the witness cannot be written. See that the service's "
				"user may write there, and that there is room "
				"(OPERATIONS, \"The folder\")",
				"không ghi được tệp chứng. Hãy xem người dùng của dịch "
				"vụ có quyền ghi ở đó không và đĩa còn chỗ không "
				"(OPERATIONS, \"The folder\")");
}

static const char *say_why(int why)
{
	return why == DAMAGED      ? ph_say("it is damaged", "tệp bị hỏng")
	       : why == OF_ANOTHER ? ph_say("it is of another hub", "của máy chủ khác")
	       : why == -ENOTSUP ? ph_say("it is no file", "đó không phải là tệp")
				 : ph_errno_say(why);
}

const char *ph_hub_witness_state(const struct ph_hub *hub, struct ph_error *words)
{
	struct ph_hub_health health;

	ph_hub_witness_health(hub, &health);
	memset(words, 0, sizeof(*words));
	if (!health.is_there || health.what == 0) {
		return health.is_there ? "ok" : NULL;
	}
	(void)ph_fail(words, PH_EXIT_OTHER, -EIO, "%s: %s (%s)", health.where,
		      say_what(health.what), say_why(health.why));
	return words->text;
}

static void tell(struct ph_hub *hub, int what, int why)
{
	struct ph_error words;

	hub->witness->what = what;
	hub->witness->why = why;
	fprintf(stderr, "hub.witness %s\n", ph_hub_witness_state(hub, &words));
}

/* The file is there, and tells nothing: it stays until a person has looked at it. */
static void leave(struct ph_hub *hub, int why)
{
	hub->witness->is_left = true;
	tell(hub, NOT_OURS, why);
}

/* It is not there, and was: no doubt, but a person may know better. */
static void tell_missing(const struct ph_hub_witness *witness)
{
	fprintf(stderr,
		ph_say("hub.witness-new %s: the witness of this store is not there, and "
		       "was once. If the folder or the machine is another, nothing has "
		       "to "
		       "be done: it is made anew. If a copy was put back here, stop now, "
		       "and restore a backup (DRILLS, \"A hub's folder was copied "
		       "back\")\n",
		       "hub.witness-new %s: không còn tệp chứng của kho này, trước đây "
		       "đã có. Nếu thư mục hay máy là cái khác thì không cần làm gì: tệp "
		       "được tạo lại. Nếu vừa chép bản cũ vào đây thì hãy dừng ngay và "
		       "phục hồi từ bản sao lưu (DRILLS, \"A hub's folder was copied "
		       "back\")\n"),
		witness->path);
}

/* --- opening --- */

int ph_hub_witness_folder(const char *dir, char *out, size_t out_size,
			  struct ph_error *err)
{
	char whole[PATH_MAX];
	size_t len = strlen(dir), from;

	while (len > 1 && dir[len - 1] == '/') {
		len--;
	}
	for (from = len; from > 0 && dir[from - 1] != '/'; from--) {
	}
	/* what has no name of its own is asked for it; a link keeps the name that it has */
	if (from + strspn(dir + from, "./") >= len && realpath(dir, whole)) {
		dir = whole;
		len = strlen(dir);
	}
	if (snprintf(out, out_size, "%.*s-witness", (int)len, dir) >= (int)out_size) {
		return ph_fail_errno(err, -ENAMETOOLONG, dir);
	}
	return 0;
}

static int name_it(struct ph_hub *hub, struct ph_hub_witness *witness,
		   struct ph_error *err)
{
	char name[64];
	char hex[9];
	int rc = ph_hub_witness_folder(hub->config.witness, witness->folder,
				       sizeof(witness->folder), err);

	ph_hex(hex, hub->keylist.root, 4);
	snprintf(name, sizeof(name), "packhorse-%s.witness", hex);
	return rc < 0 ? rc
		      : ph_path_join(witness->path, sizeof(witness->path),
				     witness->folder, name, err);
}

/* Whether the witness tells of more than the store has, and which epoch. 0 or negative errno. */
static int ask_file(struct ph_hub *hub, int64_t known_of, bool *older_out,
		    uint64_t *epoch_out)
{
	struct ph_hub_witness *witness = hub->witness;
	struct ph_buf bytes = { 0 };
	int found = ph_file_read_plain(witness->path, SIZE, &bytes);
	int rc = 0;

	*older_out = false;
	if (found == -ENOENT || found == -ENOTDIR) {
		if (known_of != 0) {
			tell_missing(witness);
		}
	} else if (found < 0 || !is_whole(ph_buf_view(&bytes))) {
		leave(hub, found == 0 || found == -EFBIG ? DAMAGED : found);
	} else if (memcmp(bytes.data + AT_ROOT, hub->keylist.root, PH_KEY_SIZE) != 0) {
		leave(hub, OF_ANOTHER);
	} else {
		rc = is_older(hub, bytes.data, older_out);
		*epoch_out = ph_be64_get(bytes.data + AT_EPOCH);
		memcpy(witness->told, bytes.data, SIZE);
		witness->is_written = true;
	}
	ph_buf_deinit(&bytes);
	return rc;
}

/* There was a witness, from now on, and what it tells counts. */
static int note_known(struct ph_hub *hub)
{
	int rc;

	if (hub->witness->known_of == KNOWN || !hub->witness->is_written) {
		return 0;
	}
	rc = ph_db_begin(hub->db);
	rc = rc < 0 ? rc : ph_journal_meta_put_int(hub->journal, META_WITNESS, KNOWN);
	rc = rc < 0 ? rc : ph_db_commit(hub->db);
	if (rc < 0) {
		ph_db_rollback(hub->db);
	} else {
		hub->witness->known_of = KNOWN;
	}
	return rc;
}

static int make(struct ph_hub *hub, struct ph_error *err)
{
	int rc;

	hub->witness = calloc(1, sizeof(*hub->witness));
	if (!hub->witness) {
		return -ENOMEM;
	}
	rc = name_it(hub, hub->witness, err);
	if (rc < 0) { /* a name that is too long */
		ph_hub_witness_free(hub);
	}
	return rc;
}

/* Whether either witness tells of more, and which epoch to go above. 0 or negative errno. */
static int ask_both(struct ph_hub *hub, int64_t known_of, enum ph_hub_shown *by_out,
		    uint64_t *epoch_out)
{
	bool older = false;
	bool more = false;
	int rc = hub->witness && known_of != IS_OVER
			 ? ask_file(hub, known_of, &older, epoch_out)
			 : 0;

	rc = rc < 0 ? rc : ph_hub_second_ask(hub, &more);
	*by_out = older  ? PH_HUB_SHOWN_WITNESS
		  : more ? PH_HUB_SHOWN_SECOND
			 : PH_HUB_SHOWN_NOT;
	return rc;
}

int ph_hub_witness_open(struct ph_hub *hub, struct ph_error *err)
{
	enum ph_hub_shown by = PH_HUB_SHOWN_NOT;
	uint64_t epoch = 0;
	int64_t known_of = 0;
	int rc = hub->config.witness ? make(hub, err) : 0;

	rc = rc < 0 ? rc : ph_journal_meta_get_int(hub->journal, META_WITNESS, &known_of);
	rc = rc < 0 ? rc : ask_both(hub, known_of, &by, &epoch); /* 1: it never had one */
	if (hub->witness) {
		hub->witness->known_of = known_of;
	}
	if (rc == 0 && by != PH_HUB_SHOWN_NOT) {
		rc = ph_hub_put_back(hub, by, epoch, err);
	}
	if (rc == 0 && hub->witness) {
		ph_hub_witness_write(hub);
		rc = note_known(hub);
	}
	/* at each start while it collects: a command may have opened the folder first, without the
	 * medium, or it was away. One that cannot be read stops nothing */
	if (rc == 0 && hub->collecting && hub->put_back > 0) {
		struct ph_error why = { 0 };

		if (ph_hub_second_bring(hub, &why) < 0) {
			fprintf(stderr, "hub.second %s\n", why.text);
		} else {
			ph_hub_witness_write(hub);
		}
	}
	return rc < 0 ? ph_fail_errno(err, rc, hub->dir) : 0;
}

int ph_hub_witness_over(struct ph_hub *hub)
{
	return hub->witness
		       ? 0
		       : ph_journal_meta_put_int(hub->journal, META_WITNESS, IS_OVER);
}

void ph_hub_witness_free(struct ph_hub *hub)
{
	free(hub->witness);
	hub->witness = NULL;
}

/* --- writing --- */

static uint64_t now_ms(const struct ph_hub *hub)
{
	struct ph_now now;

	hub->config.clock.read(hub->config.clock.data, &now);
	return now.mono_ms;
}

static void failed(struct ph_hub *hub, int rc)
{
	struct ph_hub_witness *witness = hub->witness;

	witness->not_before_ms = now_ms(hub) + AGAIN_MS;
	if (witness->what == 0) {
		tell(hub, NOT_WRITTEN, rc);
	}
}

void ph_hub_witness_write(struct ph_hub *hub)
{
	struct ph_hub_witness *witness = hub->witness;
	uint8_t bytes[SIZE];
	int rc;

	if (!witness || witness->is_left || hub->stopped || ph_hub_is_ahead(hub)) {
		return;
	}
	encode(hub, bytes);
	if (witness->is_written && memcmp(bytes, witness->told, sizeof(bytes)) == 0) {
		return;
	}
	if (now_ms(hub) < witness->not_before_ms) {
		return;
	}
	rc = ph_dir_create(witness->folder, NULL);
	rc = rc < 0 ? rc
		    : ph_file_write(witness->path, PH_VIEW(bytes, sizeof(bytes)), 0600,
				    NULL);
	if (rc < 0) {
		failed(hub, rc);
		return;
	}
	memcpy(witness->told, bytes, sizeof(bytes));
	witness->is_written = true;
	witness->what = 0;
	(void)note_known(hub); /* at the next start, if not now */
}

void ph_hub_witness_health(const struct ph_hub *hub, struct ph_hub_health *out)
{
	const struct ph_hub_witness *witness = hub->witness;

	if (hub->is_look) {
		*out = hub->told.witness;
		return;
	}
	memset(out, 0, sizeof(*out));
	if (witness) {
		out->is_there = true;
		out->what = witness->what;
		out->why = witness->why;
		snprintf(out->where, sizeof(out->where), "%s", witness->path);
	}
}
