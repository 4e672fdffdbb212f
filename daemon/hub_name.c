/*
 * daemon/hub_name.c - what a person calls things.
 *
 * A code that is not of the printed form is looked for in every site's namespace: one
 * that several sites have is refused, since nobody can tell which is meant, and one that
 * none has too, since the hub has nothing of its own that it could be.
 */
#include "daemon/hub_name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/cli.h"
#include "common/cli/out.h"
#include "common/ledger/query.h"
#include "common/log/code.h"

#define SHOWN (2 * PH_CODE_MAX)

/* --- sites --- */

int ph_hub_site_called(struct ph_hub *hub, const char *text, uint64_t *number_out,
		       struct ph_error *err)
{
	int rc = ph_query_site_named(hub->ledger, ph_view_str(text), number_out);
	char shown[SHOWN];

	if (rc == PH_LEDGER_E_NONE) {
		ph_text_safe(shown, sizeof(shown), text, strlen(text));
		return ph_fail(err, PH_EXIT_USAGE, -ENOENT,
			       ph_say("there is no site \"%s\"; `packhorsed site list` "
				      "shows codes and numbers",
				      "không có điểm “%s”; `packhorsed site list` cho "
				      "xem mã và số"),
			       shown);
	}
	return rc < 0 ? ph_fail_errno(
				err, rc,
				ph_say("reading the sites", "đọc các điểm thư viện"))
		      : 0;
}

static bool is_site(const struct ph_field *field)
{
	return field->type == PH_T_UINT && field->max == PH_SITE_MAX;
}

static int number_item(struct ph_hub *hub, json_t *value, json_t **out,
		       struct ph_error *err)
{
	uint64_t number;
	int rc;

	*out = NULL;
	if (!json_is_string(value)) {
		return 0;
	}
	rc = ph_hub_site_called(hub, json_string_value(value), &number, err);
	if (rc == 0) {
		*out = json_integer((json_int_t)number);
		rc = *out ? 0 : -ENOMEM;
	}
	return rc;
}

static int number_member(struct ph_hub *hub, json_t *object, const char *member,
			 struct ph_error *err)
{
	json_t *number;
	int rc = number_item(hub, json_object_get(object, member), &number, err);

	return rc == 0 && number && json_object_set_new(object, member, number) ? -ENOMEM
										: rc;
}

static int number_list(struct ph_hub *hub, json_t *list, struct ph_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
		json_t *number;

		rc = number_item(hub, json_array_get(list, i), &number, err);
		if (rc == 0 && number && json_array_set_new(list, i, number)) {
			rc = -ENOMEM;
		}
	}
	return rc;
}

int ph_hub_sites_numbered(struct ph_hub *hub, json_t *object, const struct ph_kind *kind,
			  struct ph_error *err)
{
	int rc = number_member(hub, object, "behalf", err);

	for (uint32_t i = 0; rc == 0 && kind && i < kind->n_fields; i++) {
		const struct ph_field *field = &kind->fields[i];

		if (is_site(field)) {
			rc = number_member(hub, object, field->name, err);
		} else if (field->type == PH_T_UINTS) {
			rc = number_list(hub, json_object_get(object, field->name), err);
		}
	}
	return rc;
}

/* --- by the beginning of an id --- */

static int check_prefix(const char *prefix, const char *what, struct ph_error *err)
{
	size_t len = strlen(prefix);
	char shown[SHOWN];

	if (len >= PH_HUB_PREFIX_MIN && strspn(prefix, "0123456789abcdef") == len) {
		return 0;
	}
	ph_text_safe(shown, sizeof(shown), prefix, len);
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("\"%s\" does not begin the id of %s: %d or more digits "
			      "from 0 to 9 and a to f",
			      "“%s” không phải là phần đầu mã của %s: %d chữ số trở lên, "
			      "từ 0 đến 9 và a đến f"),
		       shown, what, PH_HUB_PREFIX_MIN);
}

static int only_one(unsigned found, const char *what, const char *prefix,
		    const char *where, struct ph_error *err)
{
	return found == 1
		       ? 0
		       : ph_fail(err, PH_EXIT_OTHER, -ENOENT,
				 ph_say("%s %s's id begins with \"%s\"; `packhorsed %s` "
					"shows them",
					"%s %s có mã bắt đầu bằng “%s”; `packhorsed %s` "
					"liệt kê"),
				 found > 1 ? ph_say("more than one", "có nhiều hơn một")
					   : ph_say("no", "không có"),
				 what, prefix, where);
}

struct device_search {
	const char *prefix;
	struct ph_device *out;
	unsigned found;
};

static int on_device(void *data, const struct ph_device *device)
{
	struct device_search *search = data;
	char id[2 * PH_DEVICE_ID_SIZE + 1];

	ph_hex(id, device->id, sizeof(device->id));
	if (strncmp(id, search->prefix, strlen(search->prefix)) == 0) {
		*search->out = *device;
		search->found++;
	}
	return 0;
}

int ph_hub_device_called(struct ph_hub *hub, const char *prefix,
			 struct ph_device *device_out, struct ph_error *err)
{
	struct device_search search = { .prefix = prefix, .out = device_out };
	int rc = check_prefix(prefix, ph_say("a device", "một máy"), err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_hub_device_each(hub, on_device, &search);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reading the devices", "đọc danh sách máy"))
		      : only_one(search.found, ph_say("device", "máy"), prefix, "devices",
				 err);
}

int ph_hub_device_here(struct ph_hub *hub, const char *prefix,
		       struct ph_device *device_out, struct ph_error *err)
{
	int rc = ph_hub_device_called(hub, prefix, device_out, err);

	return rc < 0 || device_out->row != 0
		       ? rc
		       : ph_fail(err, PH_EXIT_OTHER, -ENOENT,
				 ph_say("the device %s has not called since this hub was "
					"restored: its keys are not here before it does",
					"máy %s chưa gọi về từ khi máy chủ này được phục "
					"hồi: trước đó ở đây không có khóa của máy"),
				 prefix);
}

struct log_search {
	const char *prefix;
	struct ph_log *out;
	unsigned found;
};

static int on_log(void *data, const struct ph_log *log)
{
	struct log_search *search = data;
	char id[2 * PH_LOG_ID_SIZE + 1];

	ph_hex(id, log->id, sizeof(log->id));
	if (log->site == 0 || strncmp(id, search->prefix, strlen(search->prefix)) != 0 ||
	    (search->found > 0 &&
	     memcmp(search->out->id, log->id, sizeof(log->id)) == 0)) {
		return 0; /* branches of one log are one */
	}
	*search->out = *log;
	search->found++;
	return 0;
}

int ph_hub_log_called(struct ph_hub *hub, const char *prefix, struct ph_log *log_out,
		      struct ph_error *err)
{
	struct log_search search = { .prefix = prefix, .out = log_out };
	int rc = check_prefix(prefix, ph_say("a log", "một nhật ký"), err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_journal_log_each(hub->journal, on_log, &search);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reading the logs", "đọc các nhật ký"))
		      : only_one(search.found, ph_say("log", "nhật ký"), prefix, "log",
				 err);
}

struct invite_search {
	uint8_t *out;
	unsigned found;
};

static int on_invite(void *data, const char *name, struct ph_view value)
{
	struct invite_search *search = data;
	const char *hex = name + strlen(PH_HUB_META_INVITE);

	(void)value;
	if (ph_unhex(search->out, PH_INVITE_ID_SIZE, hex, strlen(hex)) == 0) {
		search->found++;
	}
	return 0;
}

int ph_hub_invite_called(struct ph_hub *hub, const char *prefix,
			 uint8_t id_out[static PH_INVITE_ID_SIZE], bool *known_out,
			 struct ph_error *err)
{
	struct invite_search search = { .out = id_out };
	char name[sizeof(PH_HUB_META_INVITE) + 2 * PH_INVITE_ID_SIZE];
	int rc = check_prefix(prefix, ph_say("an invite", "một giấy mời"), err);

	if (rc < 0) {
		return rc;
	}
	if ((size_t)snprintf(name, sizeof(name), PH_HUB_META_INVITE "%s", prefix) <
	    sizeof(name)) {
		rc = ph_journal_meta_each(hub->journal, name, on_invite, &search);
	}
	*known_out = search.found > 0;
	if (rc == 0 && search.found == 0 &&
	    ph_unhex(id_out, PH_INVITE_ID_SIZE, prefix, strlen(prefix)) == 0) {
		return 0;
	}
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reading the invites", "đọc các giấy mời"))
		      : only_one(search.found, ph_say("invite", "giấy mời"), prefix,
				 "invite list", err);
}

int ph_hub_case_called(struct ph_hub *hub, const char *prefix,
		       uint8_t id_out[static PH_CASE_ID_SIZE], struct ph_error *err)
{
	int rc = check_prefix(prefix, ph_say("a case", "một việc"), err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_case_called(hub->ledger, prefix, id_out);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reading the cases", "đọc các việc"))
		      : only_one(rc == 0                ? 1
				 : rc == PH_CASE_E_MANY ? 2
							: 0,
				 ph_say("case", "việc"), prefix, "cases --all", err);
}

/* --- copies and cards --- */

struct code_search {
	struct ph_hub_codes *codes;
	enum ph_entity type;
	struct ph_id id; /* the last one that is known */
	unsigned found;
	char sites[100]; /* that have it, for the error */
};

static int is_known(struct code_search *search, uint64_t ns, bool *known)
{
	struct ph_id id = { .ns = ns, .code = search->id.code };
	struct ph_buf state = { 0 };
	struct ph_entity_key key;
	int rc = PH_LEDGER_E_NONE;

	if (ph_key_id(search->type, &id, &key)) {
		rc = ph_ledger_get(search->codes->hub->ledger, search->type,
				   ph_key_view(&key), &state);
	}
	ph_buf_deinit(&state);
	*known = rc == 0;
	return rc < 0 ? rc : 0;
}

static int on_site(void *data, const struct ph_hub_site *site)
{
	struct code_search *search = data;
	size_t len = strlen(search->sites);
	bool known;
	int rc = is_known(search, site->number, &known);

	if (rc == 0 && known) {
		search->id.ns = site->number;
		snprintf(search->sites + len, sizeof(search->sites) - len, "%s%s",
			 search->found ? ", " : "", site->code);
		search->found++;
	}
	return rc;
}

/* In the namespace of printed codes, or of the site it is written for. */
static int find_first(struct code_search *search, bool *found)
{
	const struct ph_hub_codes *codes = search->codes;
	int rc;

	search->id.ns = 0;
	if (ph_code_is_printed(search->id.code, codes->hub->province)) {
		*found = true;
		return 0;
	}
	rc = is_known(search, 0, found);
	if (rc == 0 && !*found && codes->behalf != 0) {
		search->id.ns = codes->behalf;
		rc = is_known(search, codes->behalf, found);
	}
	return rc;
}

static int refuse_code(const struct code_search *search)
{
	const char *what = search->type == PH_ENTITY_COPY ? ph_say("copy", "bản sách")
			   : search->type == PH_ENTITY_CARD ? ph_say("card", "thẻ")
							    : ph_say("crate", "thùng");
	struct ph_view code = search->id.code;
	char shown[SHOWN];

	ph_text_safe(shown, sizeof(shown), (const char *)code.data, code.len);
	if (search->found > 1) {
		return ph_fail(
			search->codes->err, PH_EXIT_USAGE, -EINVAL,
			ph_say("several sites have a %s %s (%s): name it as "
			       "{\"ns\":SITE,\"code\":...}, or say for which site",
			       "nhiều điểm có %s %s (%s): hãy nêu dạng "
			       "{\"ns\":SITE,\"code\":...}, hoặc nói cho điểm nào"),
			what, shown, search->sites);
	}
	return ph_fail(search->codes->err, PH_EXIT_USAGE, -ENOENT,
		       ph_say("no %s %s is known here; name one that is still to come as "
			      "{\"ns\":SITE,\"code\":...}",
			      "ở đây không biết %s %s; thứ chưa gửi tới thì nêu dạng "
			      "{\"ns\":SITE,\"code\":...}"),
		       what, shown);
}

static int resolve(void *data, enum ph_type type, struct ph_view code, struct ph_id *id)
{
	struct ph_hub_codes *codes = data;
	struct code_search search = { .codes = codes,
				      .type = type == PH_T_COPY_ID   ? PH_ENTITY_COPY
					      : type == PH_T_CARD_ID ? PH_ENTITY_CARD
								     : PH_ENTITY_CRATE,
				      .id.code = code };
	bool found = false;
	int rc = 0;

	if (code.len == 0 || code.len > PH_CODE_MAX) {
		return ph_fail(codes->err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("a code has 1 to %d bytes, this one has %zu",
				      "một mã có 1 đến %d byte, mã này có %zu"),
			       PH_CODE_MAX, code.len);
	}
	rc = find_first(&search, &found);
	if (rc == 0 && !found) {
		rc = ph_hub_site_each(codes->hub, on_site, &search);
		found = search.found == 1;
	}
	if (rc < 0) {
		return ph_fail_errno(codes->err, rc,
				     ph_say("looking up a code", "tìm mã"));
	}
	if (!found) {
		return refuse_code(&search);
	}
	*id = search.id;
	return 0;
}

struct ph_json_scope ph_hub_codes_scope(struct ph_hub_codes *codes)
{
	return (struct ph_json_scope){ .resolve = resolve, .data = codes };
}
