/*
 * daemon/hub_put.c - entries that the hub writes on a person's word.
 *
 * The usual road: look (is it the hub's to write, which log, what does it name), begin,
 * add, seal, commit, answer. What an operator must sign goes another way: the entry is
 * encoded and given back with its log and the number that it will have; the command line
 * opens the operator's key, signs, and brings it back (operator-put). If the log has
 * moved on by then the number is another, nothing is written, and it is asked for anew.
 */
#include "daemon/hub_put.h"

#include <errno.h>
#include <string.h>

#include "common/base/say.h"
#include "common/ledger/query.h"
#include "common/ledger/rule.h"
#include "common/log/json.h"
#include "common/log/operator.h"
#include "daemon/hub_collect.h"
#include "daemon/hub_erase.h"
#include "daemon/hub_judge.h"
#include "daemon/hub_void.h"

/* --- looking --- */

/* What the log, the hub or a command of its own makes. */
int ph_hub_put_kind(const struct ph_kind *kind, struct ph_error *err)
{
	switch (kind->number) {
	case PH_KIND_OPEN:
	case PH_KIND_CLOCK_MARK:
		return ph_fail(
			err, PH_EXIT_USAGE, -EPERM,
			ph_say("%s: the log writes it by itself", "%s: nhật ký tự ghi"),
			kind->name);
	case PH_KIND_DEVICE_ADMIT:
		return ph_fail(err, PH_EXIT_USAGE, -EPERM,
			       ph_say("%s: the hub writes it when a device comes with an "
				      "invite; `packhorsed invite` makes one",
				      "%s: máy chủ ghi khi có máy đến với giấy mời; "
				      "`packhorsed invite` tạo giấy mời"),
			       kind->name);
	case PH_KIND_DEVICE_CONFIRM:
		return ph_fail(
			err, PH_EXIT_USAGE, -EPERM,
			ph_say("%s: the words of the device must be compared first; "
			       "`packhorsed devices confirm` does that and writes it",
			       "%s: phải so các tiếng của máy trước; `packhorsed devices "
			       "confirm` làm việc đó và ghi"),
			kind->name);
	case PH_KIND_REPORT_ISSUE:
		return ph_fail(
			err, PH_EXIT_USAGE, -EPERM,
			ph_say("%s: its figures are what the ledger says; `packhorsed "
			       "report issue` writes it",
			       "%s: số liệu là theo sổ; `packhorsed report issue` ghi"),
			kind->name);
	default:
		break;
	}
	if (!(kind->writers & PH_ROLE_HUB)) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EPERM,
			ph_say("%s: a site writes it, not the hub; record it there",
			       "%s: điểm ghi, không phải máy chủ; hãy ghi ở đó"),
			kind->name);
	}
	return 0;
}

/* What is seen at a shelf or a desk: the hub has neither, and says of which site it is. */
static bool is_of_a_site(const struct ph_entry *entry)
{
	return entry->number == PH_KIND_RETURN || entry->number == PH_KIND_SIGHTING ||
	       entry->number == PH_KIND_COPY_MISSING;
}

static int check_kind(const struct ph_entry *entry, struct ph_error *err)
{
	const struct ph_kind *kind = entry->kind;
	int rc = ph_hub_put_kind(kind, err);

	if (rc < 0) {
		return rc;
	}
	if (strcmp(kind->family, "hub") == 0 && entry->extras.behalf != 0) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("behalf: a %s is the hub's own word, and no site's",
			       "behalf: %s là lời của máy chủ, không phải của điểm nào"),
			kind->name);
	}
	if (is_of_a_site(entry) && entry->extras.behalf == 0) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("behalf: is missing; a %s by the hub must say at which "
			       "site it was",
			       "behalf: thiếu; %s do máy chủ ghi phải nói ở điểm nào"),
			kind->name);
	}
	return 0;
}

/* What stays whatever is said of it. */
static int check_target(const struct ph_entry *target, struct ph_error *err)
{
	switch (target->number) {
	case PH_KIND_VOID:
		return ph_fail(
			err, PH_EXIT_USAGE, -EPERM,
			ph_say("that entry is a void, and a void of a void has no "
			       "effect: record anew what was voided",
			       "giao dịch đó là lệnh hủy, mà hủy một lệnh hủy thì không "
			       "có tác dụng: hãy ghi lại giao dịch đã bị hủy"));
	case PH_KIND_OPEN:
	case PH_KIND_CLOCK_MARK:
		return ph_fail(
			err, PH_EXIT_USAGE, -EPERM,
			ph_say("that entry is %s, which the log made: it cannot be "
			       "voided",
			       "giao dịch đó là %s do nhật ký tự ghi: không hủy được"),
			target->kind->name);
	case PH_KIND_READER_ERASE:
		return ph_fail(err, PH_EXIT_USAGE, -EPERM,
			       ph_say("that entry is an erasure: what it took is gone, "
				      "so it cannot be voided",
				      "giao dịch đó là lệnh xóa: thứ đã xóa không còn, "
				      "nên không hủy được"));
	default:
		return 0;
	}
}

/* The log that entries of KIND go to. */
static struct ph_writer *writer_of(struct ph_hub *hub, const struct ph_kind *kind)
{
	return strcmp(kind->family, "hub") == 0 && !kind->desk ? hub->writer : hub->desk;
}

/*
 * The log that a void of an entry of LOG goes to: the control log if it is of that, also one that
 * this transaction has opened.
 */
static struct ph_writer *writer_at(struct ph_hub *hub, const struct ph_log *log)
{
	bool opened =
		memcmp(ph_writer_log(hub->writer)->id, log->id, sizeof(log->id)) == 0;

	return opened || ph_control_has(&hub->control, log->id) ? hub->writer : hub->desk;
}

/* Whether ENTRY, or a void of it, moves the day before which loans are cut. */
static bool moves_cut(const struct ph_entry *entry)
{
	const struct ph_value *name = &entry->field[PH_POLICY_NAME];

	return entry->number == PH_KIND_POLICY_PUT && name->set &&
	       ph_view_equal(name->as.bytes,
			     ph_view_str(ph_rules[PH_RULE_CUT_LOANS].name));
}

/* A void goes where its target stands, if that is a log of ours, and is signed like it. */
static int look_void(struct ph_hub *hub, struct ph_hub_put *put, struct ph_error *err)
{
	const struct ph_ref *ref = &put->entry->field[PH_VOID_TARGET].as.ref;
	struct ph_buf bytes = { 0 };
	struct ph_entry target;
	struct ph_log log;
	bool is_here = false;
	int rc = ph_journal_resolve(hub->journal, ref, &log, &bytes);

	if (rc == 0) {
		put->writer = writer_at(hub, &log);
		rc = ph_entry_decode(ph_buf_view(&bytes), &target);
		is_here = rc == 0;
		put->by_operator = is_here && target.kind->operator_only;
		put->refolds = is_here && moves_cut(&target);
		rc = rc == 0 ? check_target(&target, err) : rc;
		if (rc == 0 && target.number == PH_KIND_CLOCK_JUDGE) {
			put->frees = true;
			put->mark = target.field[PH_JUDGE_MARK].as.ref;
		}
	}
	rc = rc < 0 ? rc
		    : ph_hub_void_reaches(hub, ref->log_id, is_here ? &target : NULL,
					  err);
	ph_buf_deinit(&bytes);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("looking up the entry to be voided",
					     "tìm giao dịch cần hủy"))
		      : 0;
}

static int look_ref(struct ph_hub *hub, const struct ph_ref *ref, bool *known)
{
	struct ph_buf bytes = { 0 };
	struct ph_log log;
	int rc = ph_journal_resolve(hub->journal, ref, &log, &bytes);

	ph_buf_deinit(&bytes);
	*known = *known && rc == 0;
	return rc < 0 ? rc : 0;
}

static int look_field(struct ph_hub *hub, enum ph_type type, const struct ph_value *value,
		      bool *known)
{
	struct ph_list_iter iter;
	struct ph_ref ref;
	int rc = 0;

	if (!value->set) {
		return 0;
	}
	if (type == PH_T_REF) {
		return look_ref(hub, &value->as.ref, known);
	}
	if (type == PH_T_REFS) {
		iter = ph_list_begin(&value->as.list);
		while (rc == 0 && ph_list_next_ref(&iter, &ref)) {
			rc = look_ref(hub, &ref, known);
		}
	}
	return rc;
}

bool ph_hub_put_entity(const struct ph_entry *entry, struct ph_entity_key *key)
{
	const struct ph_value *field = entry->field;

	switch (entry->number) {
	case PH_KIND_SITE_PUT:
		*key = ph_key_number(PH_ENTITY_SITE, field[PH_SITE_SITE].as.uint);
		return true;
	case PH_KIND_COMMUNE_PUT:
		return ph_key_bytes(PH_ENTITY_COMMUNE, field[PH_COMMUNE_CODE].as.bytes,
				    key);
	case PH_KIND_POLICY_PUT:
		return ph_key_bytes(PH_ENTITY_POLICY, field[PH_POLICY_NAME].as.bytes,
				    key);
	case PH_KIND_TARGET_PUT:
		return ph_key_target(field[PH_TARGET_YEAR].as.uint,
				     field[PH_TARGET_INDICATOR].as.bytes, key);
	case PH_KIND_MODEL_PUT:
		return ph_key_bytes(PH_ENTITY_MODEL, field[PH_MODEL_COMMUNE].as.bytes,
				    key);
	case PH_KIND_WORKER_PUT:
		*key = ph_key_ref(PH_ENTITY_WORKER, &field[PH_WORKER_WORKER].as.ref);
		return field[PH_WORKER_WORKER].set;
	default:
		return false;
	}
}

static int see(struct ph_hub *hub, struct ph_entry *entry, struct ph_error *err)
{
	struct ph_entity_key key;
	int rc = 0;

	if (ph_hub_put_entity(entry, &key)) {
		rc = ph_query_fill_seen(hub->ledger, (enum ph_entity)key.type,
					ph_key_view(&key), entry);
	}
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("reading the ledger", "đọc sổ"))
		      : 0;
}

int ph_hub_put_look(struct ph_hub *hub, struct ph_entry *entry, bool seen,
		    struct ph_hub_put *put_out, struct ph_error *err)
{
	const struct ph_kind *kind = entry->kind;
	struct ph_hub_put put = { .entry = entry, .known = true };
	/* the table first: what is looked up below is as it must be */
	int rc = ph_entry_check(entry, err);

	rc = rc != 0 ? rc : check_kind(entry, err);
	rc = rc != 0 ? rc : ph_hub_erase_check(hub, entry, err);
	if (rc != 0) {
		return rc;
	}
	put.writer = writer_of(hub, kind);
	put.by_operator = kind->operator_only;
	put.refolds = moves_cut(entry);
	if (entry->number == PH_KIND_VOID) {
		rc = look_void(hub, &put, err);
	}
	for (uint32_t i = 0; rc == 0 && i < kind->n_fields; i++) {
		rc = look_field(hub, kind->fields[i].type, &entry->field[i], &put.known);
	}
	rc = rc < 0 ? ph_fail_errno(err, rc,
				    ph_say("reading the logs", "đọc các nhật ký"))
		    : rc;
	rc = rc != 0 || !seen ? rc : see(hub, entry, err);
	if (rc == 0) {
		*put_out = put;
	}
	return rc;
}

/* --- writing --- */

void ph_hub_put_undo(struct ph_hub *hub)
{
	ph_db_rollback(hub->db);
	ph_hub_forget(hub);
}

int ph_hub_put_begin(struct ph_hub *hub, struct ph_error *err)
{
	int rc = ph_db_begin(hub->db);

	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("writing the hub's logs",
					     "ghi nhật ký của máy chủ"))
		      : 0;
}

int ph_hub_put_add(struct ph_hub *hub, struct ph_hub_put *put, struct ph_error *err)
{
	const struct ph_entry *entry = put->entry;
	int rc = ph_writer_add(put->writer, put->entry, &put->ref, err);

	if (rc == 0 && entry->number == PH_KIND_CLOCK_JUDGE) {
		rc = ph_hub_judge_note(hub, &entry->field[PH_JUDGE_MARK].as.ref, entry);
	} else if (rc == 0 && put->frees) {
		rc = ph_hub_judge_note(hub, &put->mark, NULL);
	}
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("writing the hub's logs",
					     "ghi nhật ký của máy chủ"))
		      : 0;
}

int ph_hub_put_end(struct ph_hub *hub, struct ph_error *err)
{
	int rc = ph_writer_seal(hub->writer);

	if (rc == 0) {
		rc = ph_writer_seal_each(hub->desk);
	}
	if (rc == 0) { /* of a hub that was restored this may be the first word */
		rc = ph_hub_control_note(hub, err);
	}
	if (rc == 0) {
		rc = ph_db_commit(hub->db);
	}
	if (rc < 0) {
		ph_hub_put_undo(hub);
		return ph_fail_errno(
			err, rc,
			ph_say("writing the hub's logs", "ghi nhật ký của máy chủ"));
	}
	/* so that the next session finds it; if not now, then when idle */
	hub->behind = true;
	(void)ph_hub_fold(hub);
	return 0;
}

static const char *log_name(const struct ph_hub *hub, const struct ph_hub_put *put)
{
	return put->writer == hub->writer ? "control" : "desk";
}

json_t *ph_hub_put_tell(const struct ph_hub *hub, const struct ph_hub_put *put)
{
	char ref[PH_REF_TEXT];

	ph_ref_text(ref, &put->ref);
	return json_pack("{s:b, s:s, s:s, s:I, s:s, s:b}", "ok", 1, "kind",
			 put->entry->kind->name, "ref", ref, "n", (json_int_t)put->ref.n,
			 "log", log_name(hub, put), "known", put->known);
}

/* --- what an operator signs --- */

static json_t *hex_of(struct ph_view bytes)
{
	struct ph_buf text = { 0 };
	json_t *out = NULL;

	if (ph_buf_reserve(&text, 2 * bytes.len + 1) == 0) {
		ph_hex((char *)text.data, bytes.data, bytes.len);
		out = json_stringn((const char *)text.data, 2 * bytes.len);
	}
	ph_buf_deinit(&text);
	return out;
}

int ph_hub_put_settle(struct ph_hub *hub, struct ph_writer *writer, struct ph_error *err)
{
	int rc = ph_hub_put_begin(hub, err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_writer_start(writer, err);
	if (rc < 0) {
		ph_hub_put_undo(hub);
		return rc;
	}
	return ph_hub_put_end(hub, err);
}

int ph_hub_put_order(const struct ph_hub *hub, const struct ph_hub_put *put, uint64_t n,
		     json_t **out, struct ph_error *err)
{
	const struct ph_log *log = ph_writer_log(put->writer);
	struct ph_buf bytes = { 0 };
	char id[2 * PH_LOG_ID_SIZE + 1];
	int rc = ph_entry_encode(put->entry, &bytes, err);

	if (rc == 0) {
		ph_hex(id, log->id, sizeof(log->id));
		*out = json_pack("{s:b, s:s, s:s, s:b, s:{s:s, s:I, s:o, s:o}}", "ok", 0,
				 "kind", put->entry->kind->name, "log",
				 log_name(hub, put), "known", put->known, "sign", "log",
				 id, "n", (json_int_t)n, "entry",
				 hex_of(ph_buf_view(&bytes)), "shows",
				 ph_entry_to_json(put->entry));
		rc = *out ? 0 : -ENOMEM;
	}
	ph_buf_deinit(&bytes);
	return rc < 0 ? ph_fail_errno(
				err, rc,
				ph_say("making what is to be signed", "soạn phần cần ký"))
		      : 0;
}

int ph_hub_put_ask(struct ph_hub *hub, struct ph_hub_put *put, json_t **out,
		   struct ph_error *err)
{
	int rc = ph_hub_put_settle(hub, put->writer, err);

	return rc != 0 ? rc
		       : ph_hub_put_order(hub, put, ph_writer_log(put->writer)->n + 1,
					  out, err);
}

static int write_one(struct ph_hub *hub, struct ph_hub_put *put, struct ph_error *err)
{
	int rc = ph_hub_put_begin(hub, err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_hub_put_add(hub, put, err);
	if (rc < 0) {
		ph_hub_put_undo(hub);
		return rc;
	}
	return ph_hub_put_end(hub, err);
}

static int set_entries(json_t *answer, json_t *item)
{
	json_t *list = json_pack("[o]", item);

	return json_object_set_new(answer, "entries", list) ? -ENOMEM : 0;
}

int ph_hub_put_one(struct ph_hub *hub, struct ph_entry *entry, bool seen, json_t *answer,
		   struct ph_error *err)
{
	struct ph_hub_put put;
	json_t *item = NULL;
	int rc = ph_hub_put_look(hub, entry, seen, &put, err);

	if (rc == 0 && put.by_operator) {
		rc = ph_hub_put_ask(hub, &put, &item, err);
	} else if (rc == 0) {
		rc = write_one(hub, &put, err);
		item = rc == 0 ? ph_hub_put_tell(hub, &put) : NULL;
	}
	return rc != 0 ? rc : set_entries(answer, item);
}

/* --- what an operator has signed --- */

/* What a request "operator-put" brings. */
struct signed_entry {
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t n;
	uint8_t sig[PH_OPERATOR_SIZE];
	struct ph_buf bytes;
	struct ph_entry entry; /* borrows bytes and sig */
};

static bool read_hex(const json_t *request, const char *name, uint8_t *out, size_t len)
{
	const char *text = ph_request_text(request, name);

	return text && ph_unhex(out, len, text, strlen(text)) == 0;
}

static int read_signed(const json_t *request, struct signed_entry *in,
		       struct ph_error *err)
{
	const char *text = ph_request_text(request, "entry");
	json_int_t n = json_integer_value(json_object_get(request, "n"));
	size_t len = text ? strlen(text) / 2 : 0;
	int rc = ph_buf_reserve(&in->bytes, len + 1);

	if (rc < 0) {
		return rc;
	}
	if (len == 0 || n < 1 || ph_unhex(in->bytes.data, len, text, strlen(text)) != 0 ||
	    !read_hex(request, "log", in->log_id, sizeof(in->log_id)) ||
	    !read_hex(request, "operator", in->sig, sizeof(in->sig))) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("the request lacks an entry, its place or its signature",
			       "yêu cầu thiếu giao dịch, chỗ của nó hoặc chữ ký"));
	}
	in->n = (uint64_t)n;
	in->bytes.len = len;
	rc = ph_entry_decode(ph_buf_view(&in->bytes), &in->entry);
	if (rc != 0) {
		return rc < 0 ? rc
			      : ph_fail(err, PH_EXIT_USAGE, -EINVAL,
					ph_say("what was signed is no entry that is "
					       "known here",
					       "thứ đã ký không phải là giao dịch mà ở "
					       "đây biết"));
	}
	in->entry.extras.operator_sig = PH_VIEW(in->sig, sizeof(in->sig));
	return 0;
}

static int check_signature(const struct ph_hub *hub, const struct signed_entry *in,
			   struct ph_error *err)
{
	int rc = ph_operator_check(&in->entry, in->log_id, in->n);

	if (rc < 0) {
		return rc;
	}
	if (rc > 0) {
		return ph_fail(
			err, PH_EXIT_OTHER, -EACCES,
			ph_say("the operator's signature does not verify; nothing was "
			       "written",
			       "chữ ký của người vận hành không đúng; chưa ghi gì"));
	}
	if (!ph_keylist_has_operator(&hub->keylist, in->sig)) {
		return ph_fail(err, PH_EXIT_OTHER, -EACCES,
			       ph_say("that key is no operator's by the key list of this "
				      "hub; nothing was written",
				      "theo danh sách khóa của máy chủ này, khóa đó "
				      "không phải của người vận hành; chưa ghi gì"));
	}
	return 0;
}

/* The log must be where it was when its number was told. */
static int add_signed(struct ph_hub *hub, struct ph_hub_put *put,
		      const struct signed_entry *in, struct ph_error *err)
{
	int rc = ph_hub_put_begin(hub, err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_hub_put_add(hub, put, err);
	if (rc == 0 && (put->ref.n != in->n ||
			memcmp(put->ref.log_id, in->log_id, sizeof(in->log_id)) != 0)) {
		rc = ph_fail(err, PH_EXIT_TRY_LATER, -EAGAIN,
			     ph_say("something else was written meanwhile; nothing was "
				    "done, give the command again",
				    "trong lúc đó đã ghi thứ khác; chưa làm gì, hãy ra "
				    "lại lệnh"));
	}
	if (rc < 0) {
		ph_hub_put_undo(hub);
		return rc;
	}
	return ph_hub_put_end(hub, err);
}

int ph_hub_operator_put(struct ph_hub *hub, const json_t *request, json_t *answer,
			struct ph_error *err)
{
	struct signed_entry in = { 0 };
	struct ph_hub_put put;
	int rc = read_signed(request, &in, err);

	rc = rc != 0 ? rc : check_signature(hub, &in, err);
	rc = rc != 0 ? rc : ph_hub_put_look(hub, &in.entry, false, &put, err);
	rc = rc != 0 ? rc : add_signed(hub, &put, &in, err);
	rc = rc != 0 ? rc : set_entries(answer, ph_hub_put_tell(hub, &put));
	ph_buf_deinit(&in.bytes);
	return rc;
}
