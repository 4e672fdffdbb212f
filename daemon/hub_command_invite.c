/*
 * daemon/hub_command_invite.c - the hub's half of making an invite.
 *
 * The operator's key never comes near the daemon: the command line unlocks it, asks
 * here for what the invite says of the site (prepare), signs, and reports the invite
 * back so that `invite list` can tell which are still unused (record). A code block is
 * given out with each prepare and never again, so two invites never print one code.
 */
#include "common/base/say.h"
#include "daemon/hub_command.h"
#include "common/base/json_memory.h"
#include "daemon/hub_name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/ledger/device.h"
#include "common/ledger/invite_state.h"
#include "common/log/code.h"

static int next_block(struct ph_hub *hub, uint64_t site, int64_t *block_out,
		      struct ph_error *err)
{
	char name[64];
	int64_t block = 0;
	int rc;

	snprintf(name, sizeof(name), PH_HUB_META_BLOCK "%llu", (unsigned long long)site);
	rc = ph_journal_meta_get_int(hub->journal, name, &block);
	if (rc < 0) {
		return ph_fail_errno(
			err, rc, ph_say("reading the code blocks", "đọc các khối mã"));
	}
	if (block >= PH_CODE_BLOCKS_GIVEN) {
		return ph_fail(err, PH_EXIT_OTHER, -ENOSPC,
			       ph_say("all %d code blocks of this site are given out",
				      "đã cấp hết %d khối mã của điểm này"),
			       PH_CODE_BLOCKS_GIVEN);
	}
	rc = ph_db_begin(hub->db);
	if (rc == 0) {
		rc = ph_journal_meta_put_int(hub->journal, name, block + 1);
	}
	if (rc == 0) {
		rc = ph_db_commit(hub->db);
	}
	if (rc < 0) {
		ph_db_rollback(hub->db);
		return ph_fail_errno(err, rc,
				     ph_say("giving out a code block", "cấp khối mã"));
	}
	*block_out = block;
	return 0;
}

static json_t *hex_json(struct ph_view bytes)
{
	char text[2 * PH_CERT_MAX + 1];

	if (bytes.len > PH_CERT_MAX) {
		return NULL;
	}
	ph_hex(text, bytes.data, bytes.len);
	return json_string(text);
}

struct newest {
	struct ph_log log; /* row 0: there is none */
};

static int see_log(void *data, const struct ph_log *log)
{
	struct newest *newest = data;

	if (log->n > 0 && log->row > newest->log.row) {
		newest->log = *log;
	}
	return 0;
}

/* The device that is to be replaced, and how far its newest log has come here. */
static int tell_replaced(struct ph_hub *hub, const json_t *request, uint64_t site,
			 json_t *answer, struct ph_error *err)
{
	const char *prefix = ph_request_text(request, "replaces");
	struct newest newest = { 0 };
	struct ph_device device;
	char id[2 * PH_DEVICE_ID_SIZE + 1];
	char log[2 * PH_LOG_ID_SIZE + 1];
	char h[2 * PH_HASH_SIZE + 1];
	int rc = prefix ? ph_hub_device_called(hub, prefix, &device, err) : 0;

	if (rc < 0 || !prefix) {
		return rc;
	}
	if (device.site != site) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("the device %s is of another site",
				      "máy %s là của điểm khác"),
			       prefix);
	}
	rc = ph_journal_logs_of_device(hub->journal, device.id, see_log, &newest);
	if (rc < 0) {
		return ph_fail_errno(
			err, rc,
			ph_say("reading the device's logs", "đọc nhật ký của máy"));
	}
	if (newest.log.row == 0) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("nothing of the device %s is here that could be gone on "
			       "with: an invite without --replaces does as well",
			       "ở đây không có gì của máy %s để tiếp tục: giấy mời không "
			       "có --replaces cũng được"),
			prefix);
	}
	ph_hex(id, device.id, sizeof(device.id));
	ph_hex(log, newest.log.id, sizeof(newest.log.id));
	ph_hex(h, newest.log.h, sizeof(newest.log.h));
	json_object_set_new(answer, "replaces",
			    json_pack("{s:s, s:s, s:I, s:s}", "device", id, "log", log,
				      "n", (json_int_t)newest.log.n, "h", h));
	return 0;
}

int ph_hub_invite_prepare(struct ph_hub *hub, const json_t *request, json_t *answer,
			  struct ph_error *err)
{
	const char *code = ph_request_need(request, "site", err);
	struct ph_hub_site site;
	int64_t block = 0;
	int rc;

	if (!code) {
		return -EINVAL;
	}
	rc = ph_hub_site_need(hub, code, &site, err);
	if (rc == 0) {
		rc = tell_replaced(hub, request, site.number, answer, err);
	}
	if (rc == 0) {
		rc = next_block(hub, site.number, &block, err);
	}
	if (rc < 0) {
		return rc;
	}
	json_object_set_new(answer, "number", json_integer((json_int_t)site.number));
	json_object_set_new(answer, "code", json_string(site.code));
	json_object_set_new(answer, "name", json_string(site.name));
	json_object_set_new(answer, "commune", json_string(site.commune));
	json_object_set_new(answer, "kind", json_integer((json_int_t)site.kind));
	json_object_set_new(answer, "block", json_integer(block));
	json_object_set_new(answer, "now", json_integer(ph_hub_now(hub)));
	json_object_set_new(answer, "keylist",
			    hex_json(ph_buf_view(&hub->keylist_bytes)));
	return 0;
}

int ph_hub_invite_record(struct ph_hub *hub, const json_t *request, json_t *answer,
			 struct ph_error *err)
{
	const char *id = ph_request_need(request, "id", err);
	const char *about = ph_request_need(request, "about", err);
	uint8_t raw[PH_INVITE_ID_SIZE];
	char name[64];
	int rc;

	(void)answer;
	if (!id || !about || ph_unhex(raw, sizeof(raw), id, strlen(id)) != 0) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("the request names no invite",
				      "yêu cầu không nêu giấy mời"));
	}
	snprintf(name, sizeof(name), PH_HUB_META_INVITE "%s", id);
	rc = ph_db_begin(hub->db);
	if (rc == 0) {
		rc = ph_journal_meta_put(hub->journal, name, ph_view_str(about));
	}
	if (rc == 0) {
		rc = ph_db_commit(hub->db);
	}
	if (rc < 0) {
		ph_db_rollback(hub->db);
		return ph_fail_errno(
			err, rc, ph_say("keeping the invite's name", "lưu tên giấy mời"));
	}
	return 0;
}

int ph_hub_invite_known(struct ph_hub *hub, const struct ph_cert *cert, bool *known_out)
{
	uint8_t hash[PH_HASH_SIZE];
	char hex[2 * PH_HASH_SIZE + 1];
	char id[2 * PH_INVITE_ID_SIZE + 1];
	char name[64];
	struct ph_buf bytes = { 0 };
	const char *held;
	json_t *about;
	int rc;

	ph_hex(id, cert->invite.id, sizeof(cert->invite.id));
	snprintf(name, sizeof(name), PH_HUB_META_INVITE "%s", id);
	rc = ph_journal_meta_get(hub->journal, name, &bytes);
	about = rc == 0 ? ph_json_loadb((const char *)bytes.data, bytes.len, 0, NULL)
			: NULL;
	held = json_string_value(json_object_get(about, "hash"));
	ph_entry_hash(cert->invite_bytes, hash);
	ph_hex(hex, hash, sizeof(hash));
	*known_out = held && strcmp(held, hex) == 0;
	json_decref(about);
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

/* --- what became of them --- */

struct invite_list {
	struct ph_hub *hub;
	json_t *out;
};

/* What the control log says of an invite: who used it first, whether it was cancelled. */
static void tell_use(const struct ph_invite_state *invite, json_t *item)
{
	char device[2 * PH_DEVICE_ID_SIZE + 1];

	if (invite->n_uses > 0) {
		ph_hex(device, invite->uses[0].device, PH_DEVICE_ID_SIZE);
		json_object_set_new(item, "device", json_string(device));
	}
}

static int read_use(struct ph_hub *hub, const uint8_t id[static PH_INVITE_ID_SIZE],
		    json_t *item, bool *used, bool *cancelled)
{
	struct ph_invite_state invite;
	struct ph_buf bytes = { 0 };
	int rc = ph_ledger_get(hub->ledger, PH_ENTITY_INVITE,
			       PH_VIEW(id, PH_INVITE_ID_SIZE), &bytes);

	if (rc == 0) {
		rc = ph_invite_state_decode(ph_buf_view(&bytes), &invite);
	}
	if (rc == 0) {
		*used = invite.n_uses > 0;
		*cancelled = invite.n_cancels > 0;
		tell_use(&invite, item);
		ph_invite_state_deinit(&invite);
	}
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

static void set_day(json_t *item, const char *name, json_int_t second)
{
	char text[PH_TIME_TEXT];

	ph_time_text(text, second);
	json_object_set_new(item, name, json_string(text));
}

static const char *role_name(uint64_t role)
{
	static const char *const roles[] = { "", "site", "courier", "both" };

	return role < sizeof(roles) / sizeof(*roles) ? roles[role] : "";
}

static int list_invite(void *data, const char *name, struct ph_view value)
{
	struct invite_list *list = data;
	const char *hex = name + strlen(PH_HUB_META_INVITE);
	json_t *about = ph_json_loadb((const char *)value.data, value.len, 0, NULL);
	json_int_t role = json_integer_value(json_object_get(about, "role"));
	json_int_t expires = json_integer_value(json_object_get(about, "expires"));
	json_t *item = json_pack("{s:s, s:O?, s:s}", "invite", hex, "site",
				 json_object_get(about, "site"), "role",
				 role_name((uint64_t)role));
	uint8_t id[PH_INVITE_ID_SIZE];
	bool used = false;
	bool cancelled = false;
	int rc = 0;

	if (json_object_get(about, "replaces")) {
		json_object_set(item, "replaces", json_object_get(about, "replaces"));
	}
	set_day(item, "issued", json_integer_value(json_object_get(about, "issued")));
	set_day(item, "expires", expires);
	json_decref(about);
	if (ph_unhex(id, sizeof(id), hex, strlen(hex)) == 0) {
		rc = read_use(list->hub, id, item, &used, &cancelled);
	}
	json_object_set_new(item, "made_here", json_true());
	json_object_set_new(item, "state",
			    json_string(used                              ? "used"
					: cancelled                       ? "cancelled"
					: expires < ph_hub_now(list->hub) ? "expired"
									  : "open"));
	if (rc < 0) {
		json_decref(item);
		return rc;
	}
	return json_array_append_new(list->out, item) ? -ENOMEM : 0;
}

/* For which site, and as what, it let USE in. */
static int tell_admitted(struct ph_hub *hub, const struct ph_invite_use *use,
			 json_t *item)
{
	struct ph_device_state device;
	struct ph_hub_site site = { 0 };
	int rc = ph_device_load(hub->ledger, use->device, &device);

	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	for (size_t i = 0; rc >= 0 && i < device.n_admissions; i++) {
		const struct ph_admission *admission = &device.admissions[i];

		if (ph_ref_equal(&admission->entry, &use->entry)) {
			rc = ph_hub_site_at(hub, admission->site, &site);
			json_object_set_new(item, "site", json_string(site.code));
			json_object_set_new(item, "role",
					    json_string(role_name(admission->role)));
		}
	}
	ph_device_deinit(&device);
	return rc < 0 ? rc : 0;
}

/* An invite of which the control log tells, and that was not made by this store: the hub was restored. */
static int list_lost(struct invite_list *list, const char *hex, struct ph_view state)
{
	struct ph_invite_state invite;
	json_t *item = json_pack("{s:s, s:s, s:s, s:b}", "invite", hex, "site", "",
				 "role", "", "made_here", 0);
	int rc = item ? ph_invite_state_decode(state, &invite) : -ENOMEM;

	if (rc == 0) {
		json_object_set_new(
			item, "state",
			json_string(invite.n_uses > 0 ? "used" : "cancelled"));
		tell_use(&invite, item);
		rc = invite.n_uses > 0 ? tell_admitted(list->hub, &invite.uses[0], item)
				       : 0;
		ph_invite_state_deinit(&invite);
	}
	if (rc < 0) {
		json_decref(item);
		return rc;
	}
	return json_array_append_new(list->out, item) ? -ENOMEM : 0;
}

static int see_invite(void *data, struct ph_view id, struct ph_view state)
{
	struct invite_list *list = data;
	char hex[2 * PH_INVITE_ID_SIZE + 1];
	char name[64];
	struct ph_buf about = { 0 };
	int rc;

	if (id.len != PH_INVITE_ID_SIZE) {
		return -EUCLEAN;
	}
	ph_hex(hex, id.data, id.len);
	snprintf(name, sizeof(name), PH_HUB_META_INVITE "%s", hex);
	rc = ph_journal_meta_get(list->hub->journal, name, &about);
	ph_buf_deinit(&about);
	return rc == PH_JOURNAL_E_NONE ? list_lost(list, hex, state) : rc;
}

int ph_hub_invite_list(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	struct invite_list list = { hub, json_array() };
	int rc;

	(void)request;
	json_object_set_new(answer, "invites", list.out);
	rc = ph_journal_meta_each(hub->journal, PH_HUB_META_INVITE, list_invite, &list);
	rc = rc < 0 ? rc
		    : ph_ledger_each(hub->ledger, PH_ENTITY_INVITE, see_invite, &list);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("listing the invites", "liệt kê giấy mời"))
		      : 0;
}
