/*
 * daemon/hub_command_cut.c - devices retired and cut off, logs adopted, invites cancelled:
 * what a person says of a device as a whole.
 *
 * The ledger and the journal fill in what the person cannot know: which logs a device has
 * and how far they are receipted. All but the retirement must be signed by an operator.
 */
#include "common/base/say.h"
#include "daemon/hub_name.h"
#include "daemon/hub_put.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/device.h"
#include "common/ledger/invite_state.h"
#include "common/ledger/query.h"

#define ITEMS_MAX 64 /* of each list that is filled here, by the kind table */

static struct ph_entry entry_of(enum ph_kind_number number)
{
	return (struct ph_entry){ .kind = ph_kind_find(number), .number = number };
}

static void set_bytes(struct ph_entry *entry, unsigned field, const void *data,
		      size_t len)
{
	entry->field[field].set = true;
	entry->field[field].as.bytes = PH_VIEW(data, len);
}

/* FIELD, an enum, from the member "reason", if there is one. */
static int set_reason(struct ph_entry *entry, unsigned field, const json_t *request,
		      struct ph_error *err)
{
	const char *text = ph_request_text(request, "reason");

	if (!text) {
		return 0;
	}
	entry->field[field].set = true;
	return ph_hub_enum(&entry->kind->fields[field], text,
			   &entry->field[field].as.uint, err);
}

static int need_device(struct ph_hub *hub, const json_t *request,
		       struct ph_device *device, json_t *answer, struct ph_error *err)
{
	const char *prefix = ph_request_need(request, "device", err);
	char id[2 * PH_DEVICE_ID_SIZE + 1];
	struct ph_hub_site site = { 0 };
	int rc;

	if (!prefix) {
		return -EINVAL;
	}
	rc = ph_hub_device_called(hub, prefix, device, err);
	rc = rc < 0 ? rc : ph_hub_site_at(hub, device->site, &site);
	if (rc < 0) {
		return ph_fail_errno(err, rc, ph_say("looking up the device", "tìm máy"));
	}
	ph_hex(id, device->id, sizeof(device->id));
	json_object_set_new(answer, "device", json_string(id));
	json_object_set_new(answer, "site", json_string(site.code));
	return 0;
}

/* Whether the ledger knows of a retirement, or of a cut, of the device. */
static int read_end(struct ph_hub *hub, const struct ph_device *device, bool *retired,
		    bool *cut)
{
	struct ph_device_state state;
	int rc = ph_device_load(hub->ledger, device->id, &state);

	*retired = false;
	*cut = false;
	if (rc == 0) {
		*retired = state.n_retires > 0;
		*cut = state.n_cuts > 0;
		ph_device_deinit(&state);
	}
	return rc < 0 ? rc : 0;
}

int ph_hub_device_retire(struct ph_hub *hub, const json_t *request, json_t *answer,
			 struct ph_error *err)
{
	struct ph_entry entry = entry_of(PH_KIND_DEVICE_RETIRE);
	struct ph_device device;
	bool retired = false;
	bool cut;
	int rc = need_device(hub, request, &device, answer, err);

	rc = rc < 0 ? rc : read_end(hub, &device, &retired, &cut);
	if (rc == 0 && retired) {
		rc = ph_fail(err, PH_EXIT_OTHER, -EEXIST,
			     ph_say("this device is retired already",
				    "máy này đã được cho nghỉ rồi"));
	}
	rc = rc < 0 ? rc : set_reason(&entry, PH_RETIRE_REASON, request, err);
	if (rc < 0) {
		return rc;
	}
	set_bytes(&entry, PH_RETIRE_DEVICE, device.id, sizeof(device.id));
	return ph_hub_put_one(hub, &entry, false, answer, err);
}

/* --- cutting off --- */

/* "LOG:N": how far one log still counts. */
struct mark {
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t n;
	bool used;
};

struct cutting {
	struct ph_hub *hub;
	struct mark *marks;
	size_t n_marks;
	struct ph_head *heads;
	size_t n_heads;
	size_t logs_apart;     /* of which no head is named, for want of room */
	size_t branches_apart; /* of logs of which another head is */
	struct ph_error *err;
};

/* "LOG:N", or "LOG" with *HAS_N false. */
static int parse_place(struct ph_hub *hub, const char *text, struct ph_log *log,
		       uint64_t *n, bool *has_n, struct ph_error *err)
{
	char prefix[2 * PH_LOG_ID_SIZE + 1];
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	char *end = NULL;

	if (len >= sizeof(prefix) ||
	    (colon && (strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
		       strlen(colon + 1) == 0 || strlen(colon + 1) > 18))) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("\"%.80s\" is not LOG:N, the beginning of a log's id and "
			       "the number of an entry, as `packhorsed log` shows them",
			       "“%.80s” không có dạng LOG:N, phần đầu mã nhật ký và số "
			       "giao dịch, như `packhorsed log` cho xem"),
			text);
	}
	memcpy(prefix, text, len);
	prefix[len] = '\0';
	*has_n = colon != NULL;
	*n = colon ? strtoull(colon + 1, &end, 10) : 0;
	return ph_hub_log_called(hub, prefix, log, err);
}

static int read_marks(struct cutting *cutting, const struct ph_device *device,
		      const json_t *request)
{
	const json_t *list = json_object_get(request, "at");
	size_t count = json_array_size(list);

	cutting->marks = calloc(count + 1, sizeof(*cutting->marks));
	if (!cutting->marks) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));
		struct mark *mark = &cutting->marks[cutting->n_marks++];
		struct ph_log log;
		bool has_n;
		int rc = parse_place(cutting->hub, text ? text : "", &log, &mark->n,
				     &has_n, cutting->err);

		if (rc < 0) {
			return rc;
		}
		if (!has_n ||
		    memcmp(log.device_id, device->id, sizeof(device->id)) != 0) {
			return ph_fail(
				cutting->err, PH_EXIT_USAGE, -EINVAL,
				ph_say("--at %s: %s", "--at %s: %s"), text,
				has_n ? ph_say("that log is another device's",
					       "nhật ký đó là của máy khác")
				      : ph_say("say up to which entry: LOG:N",
					       "hãy nói đến giao dịch nào: LOG:N"));
		}
		memcpy(mark->log_id, log.id, sizeof(log.id));
	}
	return 0;
}

static struct mark *mark_of(struct cutting *cutting, const struct ph_log *log)
{
	for (size_t i = 0; i < cutting->n_marks; i++) {
		if (memcmp(cutting->marks[i].log_id, log->id, sizeof(log->id)) == 0) {
			return &cutting->marks[i];
		}
	}
	return NULL;
}

static bool is_named(const struct cutting *cutting, const struct ph_log *log)
{
	for (size_t i = 0; i < cutting->n_heads; i++) {
		if (memcmp(cutting->heads[i].log_id, log->id, sizeof(log->id)) == 0) {
			return true;
		}
	}
	return false;
}

/*
 * Each log, each branch of it: up to what was receipted, which is all that is held; or up to the mark.
 * Of more than a cut can name those that came first: a thief who opens logs pushes no older one out.
 */
static int add_head(void *data, const struct ph_log *log)
{
	struct cutting *cutting = data;
	struct mark *mark = mark_of(cutting, log);
	struct ph_head *head;
	uint64_t n = log->n;

	if (mark) {
		mark->used = mark->used || mark->n <= log->n;
		n = mark->n < n ? mark->n : n;
	}
	if (n <= log->base) {
		return 0; /* nothing, or what the head of its parent covers */
	}
	if (cutting->n_heads == ITEMS_MAX) {
		cutting->logs_apart += log->branch == 0 ? 1 : 0;
		cutting->branches_apart += is_named(cutting, log) ? 1 : 0;
		return 0;
	}
	head = &cutting->heads[cutting->n_heads++];
	memcpy(head->log_id, log->id, sizeof(log->id));
	head->n = n;
	return ph_journal_chain_at(cutting->hub->journal, log, n, head->h) == 0 ? 0
										: -EIO;
}

/* What the cut has no place for: it counts for nothing, as if it had come later. */
static int tell_apart(const struct cutting *cutting, json_t *answer)
{
	return json_object_set_new(answer, "logs_apart",
				   json_integer((json_int_t)cutting->logs_apart)) != 0 ||
			       json_object_set_new(
				       answer, "branches_apart",
				       json_integer(
					       (json_int_t)cutting->branches_apart)) != 0
		       ? -ENOMEM
		       : 0;
}

static int check_marks(const struct cutting *cutting)
{
	for (size_t i = 0; i < cutting->n_marks; i++) {
		if (!cutting->marks[i].used) {
			return ph_fail(cutting->err, PH_EXIT_USAGE, -EINVAL,
				       ph_say("--at: entry %" PRIu64
					      " of that log is not here",
					      "--at: giao dịch %" PRIu64
					      " của nhật ký đó không có ở đây"),
				       cutting->marks[i].n);
		}
	}
	return 0;
}

/* Whether DEVICE is cut off, by a word that goes down to others (hub_words.h). */
static int is_cut_told(struct ph_hub *hub, const struct ph_device *device, bool *out)
{
	uint64_t position = UINT64_MAX;
	bool retired;
	int rc = read_end(hub, device, &retired, out);

	rc = rc == 0 && *out ? ph_hub_device_ended_at(hub, device->id, &position) : rc;
	*out = *out && position != UINT64_MAX;
	return rc;
}

int ph_hub_device_cut(struct ph_hub *hub, const json_t *request, json_t *answer,
		      struct ph_error *err)
{
	struct ph_entry entry = entry_of(PH_KIND_DEVICE_CUT);
	struct cutting cutting = { .hub = hub, .err = err };
	struct ph_buf list = { 0 };
	struct ph_device device;
	bool told = false;
	int rc = need_device(hub, request, &device, answer, err);

	rc = rc < 0 ? rc : is_cut_told(hub, &device, &told);
	if (rc == 0 && told && json_array_size(json_object_get(request, "at")) == 0) {
		rc = ph_fail(err, PH_EXIT_OTHER, -EEXIST,
			     ph_say("this device is cut off already; --at LOG:N takes "
				    "more away",
				    "máy này đã bị ngừng rồi; --at LOG:N để bỏ thêm"));
	}
	cutting.heads = calloc(ITEMS_MAX, sizeof(*cutting.heads));
	rc = rc < 0 ? rc : cutting.heads ? 0 : -ENOMEM;
	rc = rc < 0 ? rc : read_marks(&cutting, &device, request);
	rc = rc < 0 ? rc
		    : ph_journal_logs_of_device(hub->journal, device.id, add_head,
						&cutting);
	rc = rc < 0 ? rc : check_marks(&cutting);
	rc = rc < 0 ? rc : set_reason(&entry, PH_CUT_REASON, request, err);
	rc = rc < 0 ? rc
		    : ph_list_put_heads(&list, cutting.heads, cutting.n_heads,
					&entry.field[PH_CUT_HEADS]);
	if (rc == 0) {
		set_bytes(&entry, PH_CUT_DEVICE, device.id, sizeof(device.id));
		rc = ph_hub_held_count(hub, &device, answer);
		rc = rc < 0 ? rc : tell_apart(&cutting, answer);
	}
	if (rc == 0) {
		rc = ph_hub_put_one(hub, &entry, false, answer, err);
	}
	free(cutting.heads);
	free(cutting.marks);
	ph_buf_deinit(&list);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reading the device's logs",
					     "đọc nhật ký của máy"))
		      : 0;
}

/* --- adopting --- */

struct reach {
	uint64_t n;
	struct ph_log log; /* of the branches the one that reaches furthest */
};

static int furthest(void *data, const struct ph_log *log)
{
	struct reach *reach = data;

	if (memcmp(log->id, reach->log.id, sizeof(log->id)) == 0 &&
	    log->n > reach->log.n) {
		reach->log = *log;
	}
	return 0;
}

int ph_hub_log_adopt(struct ph_hub *hub, const json_t *request, json_t *answer,
		     struct ph_error *err)
{
	struct ph_entry entry = entry_of(PH_KIND_LOG_ADOPT);
	const char *text = ph_request_need(request, "log", err);
	struct ph_value *head = &entry.field[PH_ADOPT_HEAD];
	struct reach reach;
	bool has_n;
	int rc = text ? parse_place(hub, text, &reach.log, &reach.n, &has_n, err)
		      : -EINVAL;

	rc = rc < 0 ? rc : ph_journal_log_each(hub->journal, furthest, &reach);
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("reading the logs", "đọc các nhật ký"));
	}
	reach.n = has_n ? reach.n : reach.log.n;
	if (reach.n == 0 || reach.n > reach.log.n) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("entry %" PRIu64
			       " of that log is not here: it has 1 to %" PRIu64,
			       "giao dịch %" PRIu64
			       " của nhật ký đó không có ở đây: có từ 1 đến %" PRIu64),
			reach.n, reach.log.n);
	}
	head->set = true;
	head->as.head.n = reach.n;
	memcpy(head->as.head.log_id, reach.log.id, sizeof(reach.log.id));
	rc = ph_journal_chain_at(hub->journal, &reach.log, reach.n, head->as.head.h);
	if (rc != 0) {
		return ph_fail_errno(err, rc < 0 ? rc : -EUCLEAN,
				     ph_say("reading the log", "đọc nhật ký"));
	}
	return ph_hub_put_one(hub, &entry, false, answer, err);
}

/* --- cancelling an invite --- */

static int check_invite(struct ph_hub *hub, const uint8_t id[static PH_INVITE_ID_SIZE],
			struct ph_error *err)
{
	struct ph_invite_state invite;
	struct ph_buf bytes = { 0 };
	char device[2 * PH_DEVICE_ID_SIZE + 1] = "";
	unsigned cancels = 0;
	int rc = ph_ledger_get(hub->ledger, PH_ENTITY_INVITE,
			       PH_VIEW(id, PH_INVITE_ID_SIZE), &bytes);

	if (rc == 0) {
		rc = ph_invite_state_decode(ph_buf_view(&bytes), &invite);
	}
	if (rc == 0) {
		if (invite.n_uses > 0) {
			ph_hex(device, invite.uses[0].device, PH_DEVICE_ID_SIZE);
		}
		cancels = (unsigned)invite.n_cancels;
		ph_invite_state_deinit(&invite);
	}
	ph_buf_deinit(&bytes);
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("looking up the invite", "tìm giấy mời"));
	}
	if (cancels > 0) {
		return ph_fail(err, PH_EXIT_OTHER, -EEXIST,
			       ph_say("this invite is cancelled already",
				      "giấy mời này đã bị hủy rồi"));
	}
	if (device[0] != '\0') {
		return ph_fail(err, PH_EXIT_OTHER, -EEXIST,
			       ph_say("this invite was used already, by the device %.8s: "
				      "to stop that, `packhorsed cut %.8s`",
				      "giấy mời này đã được máy %.8s dùng: muốn ngừng "
				      "máy đó, `packhorsed cut %.8s`"),
			       device, device);
	}
	return 0;
}

int ph_hub_invite_cancel(struct ph_hub *hub, const json_t *request, json_t *answer,
			 struct ph_error *err)
{
	struct ph_entry entry = entry_of(PH_KIND_INVITE_CANCEL);
	const char *text = ph_request_need(request, "invite", err);
	uint8_t id[PH_INVITE_ID_SIZE];
	bool known = false;
	int rc = text ? ph_hub_invite_called(hub, text, id, &known, err) : -EINVAL;

	rc = rc < 0 ? rc : check_invite(hub, id, err);
	if (rc < 0) {
		return rc;
	}
	json_object_set_new(answer, "made_here", json_boolean(known));
	set_bytes(&entry, PH_INVITE_CANCEL_INVITE, id, sizeof(id));
	return ph_hub_put_one(hub, &entry, false, answer, err);
}
