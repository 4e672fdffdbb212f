/*
 * common/log/writer.c - the one writer of an own log: stamps, clock-marks, parts.
 *
 * Adding an entry: read the clock; draft `open` and a clock-mark if they are due, then
 * the entry, with its stamp and its part sealed for the number it will have; only when
 * all of it is encoded, append it as one run. So an entry that is refused leaves
 * nothing behind, and the usual one is one row.
 *
 * Time runs on the monotonic clock from the wall time of the last clock-mark, so a
 * wall clock that jumps cannot reorder entries: it makes a new mark, and stamps rise
 * from the last one, whatever the new time is, and are never below the floor.
 *
 * Stamps that rose into the future would stay there. When the hub's time has shown that
 * (writer_time.c), the draft is for another log, whose `open` continues ours and whose
 * stamps begin anew. META_LOG moves with what is appended first, in one transaction;
 * the old log stays as it is, and what of it the hub has not signed for still goes up. The
 * same where the folder was put back or copied (writer_leave.c); then stamps rise on.
 *
 * After a failed write the caller rolls back and says ph_writer_reload(): memory moves
 * only when everything was written, but the journal's may have moved before. Seeds and
 * personal fields are wiped on every path.
 */
#include "common/base/say.h"
#include "common/log/writer_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#ifndef PH_VERSION
#define PH_VERSION "0"
#endif

#define META_LOG "log"
#define SOFTWARE "packhorse " PH_VERSION

/* Entries about to be appended together. */
struct draft {
	struct ph_now now;
	uint64_t sure;     /* PH_SURE_*, of the wall time */
	int64_t time;      /* seconds, floor applied */
	struct ph_log log; /* what they go to: ours, or the one that is opened now */
	uint8_t nonce[PH_NONCE_SIZE]; /* if it is opened now */
	bool continues;
	uint64_t why;       /* PH_WHY_*, if it does */
	struct ph_head old; /* of the log that it continues */
	uint64_t n;
	uint64_t stamp;
	bool has_mark;
	struct ph_mark mark;
	struct ph_known known;
	struct ph_buf body;
	struct ph_buf entry; /* the one drafted last */
};

/* --- where the log stands --- */

/* The stamp of the last entry that has one: a later version may have written others. */
static int get_stamp(struct ph_writer *writer)
{
	struct ph_buf bytes = { 0 };
	int rc = 0;

	writer->stamp = 0;
	for (uint64_t n = writer->log.n; rc == 0 && n > 0; n--) {
		struct ph_entry entry;

		bytes.len = 0;
		rc = ph_journal_entry(writer->config.journal, writer->log.row, n, &bytes);
		if (rc != 0) {
			rc = rc > 0 ? -EUCLEAN : rc;
			break;
		}

		int decoded = ph_entry_decode(ph_buf_view(&bytes), &entry);

		if (decoded == 0 || decoded == PH_ENTRY_E_UNKNOWN) {
			writer->stamp = entry.stamp;
			break;
		}
		rc = decoded < 0 ? decoded : 0;
	}
	ph_buf_deinit(&bytes);
	return rc;
}

/* The log is named, but not stored before its first entries are. */
static void prepare_log(const struct ph_writer *writer,
			const uint8_t nonce[static PH_NONCE_SIZE], struct ph_log *log)
{
	*log = (struct ph_log){ .site = writer->config.site,
				.role = writer->config.role };
	memcpy(log->key, writer->config.keys->key, sizeof(log->key));
	ph_device_id(log->device_id, log->key);
	ph_log_id(log->id, log->key, nonce);
	ph_chain_start(log->h, log->id, log->key);
}

static int load(struct ph_writer *writer, struct ph_error *err)
{
	uint8_t id[PH_LOG_ID_SIZE];
	int rc = ph_writer_meta_get(writer, META_LOG, id, sizeof(id));

	if (rc == PH_JOURNAL_E_NONE) {
		prepare_log(writer, writer->nonce, &writer->log);
		writer->stamp = 0;
		rc = 0;
	} else if (rc == 0) {
		rc = ph_journal_log_find(writer->config.journal, id, &writer->log);
		if (rc == PH_JOURNAL_E_NONE) {
			return ph_fail(
				err, PH_EXIT_DAMAGED, -EUCLEAN,
				ph_say("this device's own log is not in its store; "
				       "restore the store from a backup",
				       "kho dữ liệu không có nhật ký của chính máy này; "
				       "hãy phục hồi kho từ bản sao lưu"));
		}
		if (rc == 0) {
			rc = get_stamp(writer);
		}
	}
	if (rc == 0) {
		rc = ph_writer_time_load(writer);
	}
	if (rc == 0) {
		rc = ph_writer_quit_load(writer);
	}
	/* a log that is left may be of keys that were in use before */
	if (rc == 0 && !writer->leaves &&
	    memcmp(writer->log.key, writer->config.keys->key, PH_KEY_SIZE) != 0) {
		return ph_fail(err, PH_EXIT_DAMAGED, -EUCLEAN,
			       ph_say("the keys are not those that the log in this store "
				      "was written with",
				      "khóa không phải là khóa đã dùng để ghi nhật ký "
				      "trong kho này"));
	}
	return rc == 0 ? 0
		       : ph_fail_errno(err, rc,
				       ph_say("reading this device's own log",
					      "đọc nhật ký của chính máy này"));
}

int ph_writer_new(struct ph_writer **writer_out, const struct ph_writer_config *config,
		  struct ph_error *err)
{
	struct ph_writer *writer = calloc(1, sizeof(*writer));
	int rc;

	if (writer == NULL) {
		return ph_fail_errno(err, -ENOMEM,
				     ph_say("opening this device's own log",
					    "mở nhật ký của chính máy này"));
	}
	writer->config = *config;
	config->rng.fill(config->rng.data, writer->nonce, sizeof(writer->nonce));
	rc = load(writer, err);
	if (rc != 0) {
		ph_writer_free(writer);
		return rc;
	}
	*writer_out = writer;
	return 0;
}

void ph_writer_free(struct ph_writer *writer)
{
	free(writer);
}

void ph_writer_box_for(struct ph_writer *writer, const uint8_t *hub_key)
{
	writer->config.hub_key = hub_key;
}

int ph_writer_reload(struct ph_writer *writer, struct ph_error *err)
{
	ph_journal_reload(writer->config.journal);
	return load(writer, err);
}

const struct ph_log *ph_writer_log(const struct ph_writer *writer)
{
	return &writer->log;
}

/* Somebody may have put the tail of this log back since: a restored device fetches it. */
static int catch_up(struct ph_writer *writer)
{
	struct ph_log log;
	int rc;

	if (writer->log.row == 0) {
		return 0;
	}
	rc = ph_journal_log_at(writer->config.journal, writer->log.row, &log);
	if (rc != 0) {
		return rc > 0 ? -EUCLEAN : rc;
	}

	bool moved = log.n != writer->log.n;

	writer->log = log;
	return moved ? get_stamp(writer) : 0;
}

/* --- drafting --- */

/* Stamp and encode ENTRY behind what DRAFT has. */
static int draft_entry(struct draft *draft, struct ph_entry *entry, struct ph_error *err)
{
	entry->stamp = ph_stamp_next(draft->stamp, draft->time);
	draft->entry.len = 0;

	int rc = ph_entry_encode(entry, &draft->entry, err);

	if (rc == -EMSGSIZE) {
		return ph_fail(err, PH_EXIT_USAGE, rc,
			       ph_say("the entry is too large; at most %d bytes",
				      "giao dịch quá lớn; nhiều nhất %d byte"),
			       PH_ENTRY_MAX);
	}
	if (rc == 0) {
		rc = ph_segment_add(&draft->body, ph_buf_view(&draft->entry));
	}
	if (rc != 0) {
		return ph_fail_errno(err, rc,
				     ph_say("encoding an entry", "lập giao dịch"));
	}
	draft->stamp = entry->stamp;
	draft->n++;
	return 0;
}

static void set_bytes(struct ph_value *value, const void *data, size_t len)
{
	value->set = true;
	value->as.bytes = PH_VIEW(data, len);
}

static void set_uint(struct ph_value *value, uint64_t number)
{
	value->set = true;
	value->as.uint = number;
}

static int draft_open(struct ph_writer *writer, struct draft *draft, struct ph_error *err)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_OPEN),
				  .number = PH_KIND_OPEN };
	uint8_t table[8];

	ph_kinds_hash(table);
	set_bytes(&entry.field[PH_OPEN_KEY], draft->log.key, PH_KEY_SIZE);
	set_bytes(&entry.field[PH_OPEN_NONCE], draft->nonce, sizeof(draft->nonce));
	set_uint(&entry.field[PH_OPEN_SITE], writer->config.site);
	set_bytes(&entry.field[PH_OPEN_SOFTWARE], SOFTWARE, sizeof(SOFTWARE) - 1);
	set_bytes(&entry.field[PH_OPEN_TABLE], table, sizeof(table));
	entry.field[PH_OPEN_CONTINUES].set = draft->continues;
	entry.field[PH_OPEN_CONTINUES].as.head = draft->old;
	if (draft->why != PH_WHY_CLOCK) { /* unset means the clock */
		set_uint(&entry.field[PH_OPEN_WHY], draft->why);
	}
	return draft_entry(draft, &entry, err);
}

static int draft_mark(struct draft *draft, struct ph_error *err)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_CLOCK_MARK),
				  .number = PH_KIND_CLOCK_MARK };
	uint64_t mono = draft->now.mono_ms / 1000;

	set_bytes(&entry.field[PH_MARK_BOOT], draft->now.boot, sizeof(draft->now.boot));
	set_uint(&entry.field[PH_MARK_MONO],
		 mono < PH_WRITER_TIME_MAX ? mono : PH_WRITER_TIME_MAX);
	set_uint(&entry.field[PH_MARK_WALL], (uint64_t)draft->now.wall);
	set_uint(&entry.field[PH_MARK_SURE], draft->sure);
	memcpy(draft->mark.boot, draft->now.boot, sizeof(draft->mark.boot));
	draft->mark.mono_ms = draft->now.mono_ms;
	draft->mark.wall = draft->now.wall;
	draft->has_mark = true;
	return draft_entry(draft, &entry, err);
}

/* The log that DRAFT goes to. */
static void draft_log(struct ph_writer *writer, struct draft *draft)
{
	const struct ph_rng *rng = &writer->config.rng;
	const struct ph_log *own = &writer->log;

	draft->log = *own;
	draft->stamp = writer->stamp;
	memcpy(draft->nonce, writer->nonce, sizeof(draft->nonce));
	draft->why = ph_writer_leaves(writer);
	if (own->row == 0 && writer->config.replaces) {
		draft->continues = true;
		draft->old = *writer->config.replaces;
		draft->why = PH_WHY_REPLACED;
	}
	if (own->row != 0 && (writer->leaves || draft->why != 0)) {
		/* a nonce makes one log: each gets its own */
		rng->fill(rng->data, draft->nonce, sizeof(draft->nonce));
		draft->continues = true;
		memcpy(draft->old.log_id, own->id, sizeof(draft->old.log_id));
		memcpy(draft->old.h, own->h, sizeof(draft->old.h));
		draft->old.n = own->n;
		prepare_log(writer, draft->nonce, &draft->log);
		draft->stamp = writer->leaves ? 0 : writer->stamp;
	}
	draft->n = draft->log.n;
}

/*
 * A mark of when the hub was heard, in a start of the machine that had marks before which were not sure:
 * from both it is known by how much these were behind. A log that is left keeps what it has. AS knows of
 * the mark then.
 */
static int draft_told(struct draft *draft, struct ph_writer *as, struct ph_error *err)
{
	int rc = 0;

	if (draft->log.row != 0 && ph_writer_was_late(as, &draft->now, &draft->known)) {
		draft->sure = PH_SURE_HUB;
		draft->time = draft->now.wall > as->floor ? draft->now.wall : as->floor;
		rc = draft_mark(draft, err);
		as->mark = draft->mark;
		as->known = draft->known;
		as->stamp = draft->stamp;
	}
	return rc;
}

/* DRAFT with `open` and a clock-mark if they are due. */
static int draft_begin(struct ph_writer *writer, struct draft *draft,
		       struct ph_error *err)
{
	struct ph_writer as;
	bool due;
	int64_t least;
	int rc = catch_up(writer);

	if (rc != 0) {
		return ph_fail_errno(err, rc,
				     ph_say("reading this device's own log",
					    "đọc nhật ký của chính máy này"));
	}
	as = *writer;
	draft_log(writer, draft);
	if (draft->log.row == 0) { /* what is told closes marks of the same log */
		memset(as.known.late, 0, sizeof(as.known.late));
	}
	rc = draft_told(draft, &as, err);
	draft->now = ph_writer_now(&as);
	least = ph_writer_least(&as, &draft->now);
	draft->sure = ph_writer_correct(&as, &draft->now, &draft->known);
	draft->time = ph_writer_own_time(&as, &draft->now, &due);
	draft->time = draft->time > least ? draft->time : least;
	if (rc == 0 && draft->log.row == 0) {
		rc = draft_open(writer, draft, err);
	}
	if (rc == 0 && (due || draft->log.row == 0)) {
		rc = draft_mark(draft, err);
	} else {
		draft->known = as.known;
	}
	return rc;
}

/* Append what is drafted; *LOG is then its log, moved. */
static int draft_write(struct ph_writer *writer, const struct draft *draft,
		       struct ph_log *log)
{
	struct ph_journal *journal = writer->config.journal;
	int rc = 0;

	*log = draft->log;
	if (log->row == 0) {
		rc = ph_journal_log_add(journal, log->id, log->key, log->site, log->role,
					log);
		if (rc == 0) {
			rc = ph_writer_meta_put(writer, META_LOG, log->id,
						PH_LOG_ID_SIZE);
		}
	}
	if (rc == 0) {
		rc = ph_journal_append(journal, log, ph_buf_view(&draft->body));
	}
	if (rc == 0 && draft->has_mark) {
		rc = ph_writer_mark_put(writer, &draft->mark, &draft->known);
	}
	return rc > 0 ? -EINVAL : rc;
}

/* All of DRAFT is written, and LOG is where it led. */
static void draft_done(struct ph_writer *writer, const struct draft *draft,
		       const struct ph_log *log)
{
	writer->log = *log;
	writer->stamp = draft->stamp;
	writer->leaves = false;
	if (draft->has_mark) {
		writer->mark = draft->mark;
		writer->known = draft->known;
		writer->has_mark = true;
	}
}

static void draft_deinit(struct draft *draft)
{
	ph_buf_deinit(&draft->body);
	ph_buf_deinit(&draft->entry);
}

int ph_writer_start(struct ph_writer *writer, struct ph_error *err)
{
	struct draft draft = { 0 };
	int rc = draft_begin(writer, &draft, err);

	if (rc == 0 && draft.body.len > 0) {
		struct ph_log log;

		rc = draft_write(writer, &draft, &log);
		if (rc == 0) {
			draft_done(writer, &draft, &log);
		} else {
			ph_fail_errno(err, rc,
				      ph_say("writing to the log", "ghi nhật ký"));
		}
	}
	draft_deinit(&draft);
	return rc;
}

/* --- adding --- */

/* The part of one entry, ready to be put. */
struct part {
	uint8_t commit[PH_HASH_SIZE];
	struct ph_buf cipher;              /* empty: it has none */
	uint8_t box[2 * PH_SEED_BOX_SIZE]; /* for the desk; and for the hub */
	size_t box_len;
};

static int box_seed(const struct ph_writer *writer,
		    const uint8_t seed[static PH_SEED_SIZE], struct part *part,
		    struct ph_error *err)
{
	const uint8_t *hub = writer->config.hub_key;

	if (crypto_box_seal(part->box, seed, PH_SEED_SIZE, writer->config.desk_key) !=
		    0 ||
	    (hub && crypto_box_seal(part->box + PH_SEED_BOX_SIZE, seed, PH_SEED_SIZE,
				    hub) != 0)) {
		return ph_fail(err, PH_EXIT_CONFIG, -EINVAL,
			       ph_say("the key of the desk, or of the hub, is not valid",
				      "khóa của quầy hoặc của máy chủ không hợp lệ"));
	}
	part->box_len = hub ? sizeof(part->box) : PH_SEED_BOX_SIZE;
	return 0;
}

/* Seal ENTRY's part as that of the entry after DRAFT; sets its fields sets and commit. */
static int seal_part(struct ph_writer *writer, const struct draft *draft,
		     struct ph_entry *entry, struct part *part, struct ph_error *err)
{
	const struct ph_rng *rng = &writer->config.rng;
	struct ph_value *sets = &entry->field[entry->kind->sets];
	struct ph_value *commit = &entry->field[entry->kind->commit];
	struct ph_buf plain = { 0 };
	uint8_t seed[PH_SEED_SIZE];
	uint64_t mask = ph_part_mask(entry);
	int rc;

	sets->set = false;
	commit->set = false;
	if (mask == 0) {
		return 0;
	}
	if (writer->config.desk_key == NULL) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("%s: personal fields cannot be kept here; record "
				      "them at a site",
				      "%s: ở đây không giữ được mục riêng tư; hãy ghi ở "
				      "điểm thư viện"),
			       entry->kind->name);
	}
	rng->fill(rng->data, seed, sizeof(seed));
	rc = ph_part_encode(entry, &plain, err);
	if (rc == 0) {
		rc = ph_part_seal(seed, draft->log.id, draft->n + 1, ph_buf_view(&plain),
				  &part->cipher);
	}
	if (rc == 0 && part->cipher.len > PH_PART_MAX) {
		rc = -EMSGSIZE;
	}
	rc = rc != 0 ? rc : box_seed(writer, seed, part, err);
	if (rc == 0) {
		ph_part_commit(ph_buf_view(&part->cipher), part->commit);
		set_uint(sets, mask);
		set_bytes(commit, part->commit, sizeof(part->commit));
	} else if (rc == -EMSGSIZE) {
		ph_fail(err, PH_EXIT_USAGE, rc,
			ph_say("%s: the personal fields are too large; at most %d bytes "
			       "in all",
			       "%s: các mục riêng tư quá lớn; tất cả nhiều nhất %d byte"),
			entry->kind->name, PH_PART_MAX);
	} else {
		ph_fail_errno(
			err, rc,
			ph_say("sealing personal fields", "niêm phong các mục riêng tư"));
	}
	ph_buf_wipe(&plain);
	sodium_memzero(seed, sizeof(seed));
	return rc;
}

static int put_part(struct ph_writer *writer, const struct ph_log *log,
		    const struct part *part)
{
	int rc;

	if (part->cipher.len == 0) {
		return 0;
	}
	rc = ph_journal_part_put(writer->config.journal, log->row, log->n,
				 ph_buf_view(&part->cipher),
				 PH_VIEW(part->box, part->box_len));
	return rc > 0 ? -EINVAL : rc;
}

static void make_ref(const struct ph_log *log, struct ph_view bytes, struct ph_ref *ref)
{
	uint8_t e[PH_HASH_SIZE];

	ph_entry_hash(bytes, e);
	memcpy(ref->log_id, log->id, sizeof(ref->log_id));
	ref->n = log->n;
	memcpy(ref->hash, e, sizeof(ref->hash));
}

int ph_writer_add(struct ph_writer *writer, struct ph_entry *entry,
		  struct ph_ref *ref_out, struct ph_error *err)
{
	struct ph_entry work = *entry;
	struct draft draft = { 0 };
	struct part part = { 0 };
	struct ph_log log;
	int rc;

	if (work.kind == NULL) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("this kind is not known", "không biết loại này"));
	}
	work.number = work.kind->number;
	rc = draft_begin(writer, &draft, err);
	if (rc == 0 && work.kind->n_sealed > 0) {
		rc = seal_part(writer, &draft, &work, &part, err);
	}
	if (rc == 0) {
		rc = draft_entry(&draft, &work, err);
	}
	if (rc != 0) {
		goto out;
	}
	rc = draft_write(writer, &draft, &log);
	if (rc == 0) {
		rc = put_part(writer, &log, &part);
	}
	if (rc != 0) {
		ph_fail_errno(err, rc, ph_say("writing to the log", "ghi nhật ký"));
		goto out;
	}
	draft_done(writer, &draft, &log);
	if (ref_out != NULL) {
		make_ref(&log, ph_buf_view(&draft.entry), ref_out);
	}
	if (part.cipher.len > 0) {
		memcpy(writer->commit, part.commit, sizeof(writer->commit));
		work.field[work.kind->commit].as.bytes =
			PH_VIEW(writer->commit, sizeof(writer->commit));
	}
	*entry = work;
out:
	sodium_memzero(&work, sizeof(work));
	draft_deinit(&draft);
	ph_buf_deinit(&part.cipher);
	return rc;
}

int ph_writer_seal(struct ph_writer *writer)
{
	int rc = catch_up(writer);

	/* a log that is sealed may be one that is left, of a key that was in use before */
	if (rc != 0 || writer->log.sealed == writer->log.n) {
		return rc;
	}
	rc = ph_journal_seal(writer->config.journal, &writer->log, writer->log.n,
			     writer->config.keys->secret);
	return rc > 0 ? -EINVAL : rc;
}

int ph_writer_seal_each(struct ph_writer *writer)
{
	int rc = catch_up(writer);

	while (rc == 0 && writer->log.sealed < writer->log.n) {
		rc = ph_journal_seal(writer->config.journal, &writer->log,
				     writer->log.sealed + 1, writer->config.keys->secret);
	}
	return rc > 0 ? -EINVAL : rc;
}
