/*
 * daemon/hub_command_place.c - sites, communes and policies: what the control log says.
 * Lists of them: hub_command_places.c.
 *
 * Each command is one put: it sets the fields it is given and names the heads it saw
 * of each, so that two operators' changes made at once are both kept and shown. Values
 * are checked by the kind table when the entry is encoded.
 */
#include "common/base/say.h"
#include "daemon/hub_command.h"
#include "daemon/hub_plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/query.h"
#include "common/ledger/record.h"
#include "common/ledger/rule.h"
#include "common/ledger/schedule.h"
#include "common/log/json.h"

#define SITE_CODE_MAX  32
#define SITE_MAX       9999
#define SITES_PROVINCE 10000

/* --- reading --- */

static void copy_text(const struct ph_record *record, unsigned field, char *out,
		      size_t out_size)
{
	const struct ph_register *item = ph_registers_get(&record->registers, field);
	size_t len = item && item->value.set ? item->value.as.bytes.len : 0;

	len = len < out_size ? len : out_size - 1;
	if (len > 0) {
		memcpy(out, item->value.as.bytes.data, len);
	}
	out[len] = '\0';
}

static uint64_t copy_uint(const struct ph_record *record, unsigned field)
{
	const struct ph_register *item = ph_registers_get(&record->registers, field);

	return item && item->value.set ? item->value.as.uint : 0;
}

static int read_site(struct ph_view id, struct ph_view state, struct ph_hub_site *site)
{
	struct ph_record record;
	int rc = ph_record_decode(state, ph_kind_find(PH_KIND_SITE_PUT), &record);

	if (rc < 0) {
		return rc;
	}
	memset(site, 0, sizeof(*site));
	(void)ph_key_get_number(id, &site->number);
	copy_text(&record, PH_SITE_CODE, site->code, sizeof(site->code));
	copy_text(&record, PH_SITE_NAME, site->name, sizeof(site->name));
	copy_text(&record, PH_SITE_COMMUNE, site->commune, sizeof(site->commune));
	copy_text(&record, PH_SITE_SCHEDULE, site->schedule, sizeof(site->schedule));
	site->kind = copy_uint(&record, PH_SITE_KIND);
	site->status = copy_uint(&record, PH_SITE_STATUS);
	ph_record_deinit(&record);
	return 0;
}

struct site_walk {
	int (*cb)(void *data, const struct ph_hub_site *site);
	void *data;
};

static int on_site(void *data, struct ph_view id, struct ph_view state)
{
	struct site_walk *walk = data;
	struct ph_hub_site site;
	int rc = read_site(id, state, &site);

	return rc < 0 ? rc : walk->cb(walk->data, &site);
}

int ph_hub_site_each(struct ph_hub *hub,
		     int (*cb)(void *data, const struct ph_hub_site *site), void *data)
{
	struct site_walk walk = { cb, data };

	return ph_ledger_each(hub->ledger, PH_ENTITY_SITE, on_site, &walk);
}

struct site_search {
	const char *code;
	struct ph_hub_site *out;
};

static int match_code(void *data, const struct ph_hub_site *site)
{
	struct site_search *search = data;

	if (strcmp(site->code, search->code) != 0) {
		return 0;
	}
	*search->out = *site;
	return 1;
}

int ph_hub_site_find(struct ph_hub *hub, const char *code, struct ph_hub_site *site_out)
{
	struct site_search search = { code, site_out };
	int rc = ph_hub_site_each(hub, match_code, &search);

	return rc < 0 ? rc : rc == 1 ? 0 : PH_HUB_E_NONE;
}

int ph_hub_site_need(struct ph_hub *hub, const char *code, struct ph_hub_site *site_out,
		     struct ph_error *err)
{
	int rc = ph_hub_site_find(hub, code, site_out);

	if (rc == PH_HUB_E_NONE) {
		return ph_fail(
			err, PH_EXIT_OTHER, -ENOENT,
			ph_say("there is no site with the code \"%s\"; `packhorsed site "
			       "list` shows those there are, `packhorsed site add` makes "
			       "one",
			       "không có điểm mang mã “%s”; `packhorsed site list` liệt "
			       "kê các điểm, `packhorsed site add` để thêm"),
			code);
	}
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("looking up the site", "tìm điểm"))
		      : 0;
}

int ph_hub_site_at(struct ph_hub *hub, uint64_t number, struct ph_hub_site *site_out)
{
	struct ph_entity_key key = ph_key_number(PH_ENTITY_SITE, number);
	struct ph_buf state = { 0 };
	int rc = ph_ledger_get(hub->ledger, PH_ENTITY_SITE, ph_key_view(&key), &state);

	if (rc == 0) {
		rc = read_site(ph_key_view(&key), ph_buf_view(&state), site_out);
	} else if (rc > 0) {
		rc = PH_HUB_E_NONE;
	}
	ph_buf_deinit(&state);
	return rc;
}

int ph_hub_site_codes(struct ph_hub *hub, json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		struct ph_hub_site site;
		int rc = ph_hub_site_at(
			hub, (uint64_t)json_integer_value(json_object_get(item, "site")),
			&site);

		if (rc < 0) {
			return rc;
		}
		if (rc == 0 &&
		    json_object_set_new(item, "code", json_string(site.code))) {
			return -ENOMEM;
		}
	}
	return 0;
}

/* --- putting --- */

/* Put ENTRY, about the entity TYPE, ID, naming every head that the ledger shows. */
static int put(struct ph_hub *hub, struct ph_entry *entry, enum ph_entity type,
	       struct ph_view id, struct ph_error *err)
{
	int rc = ph_query_fill_seen(hub->ledger, type, id, entry);

	return rc < 0 ? ph_fail_errno(err, rc, ph_say("reading the ledger", "đọc sổ"))
		      : ph_hub_control_add(hub, entry, 1, err);
}

static struct ph_entry entry_of(enum ph_kind_number number)
{
	return (struct ph_entry){ .kind = ph_kind_find(number), .number = number };
}

static void set_text(struct ph_entry *entry, unsigned field, const char *text)
{
	if (text) {
		entry->field[field].set = true;
		entry->field[field].as.bytes = ph_view_str(text);
	}
}

static void set_uint(struct ph_entry *entry, unsigned field, uint64_t value)
{
	entry->field[field].set = true;
	entry->field[field].as.uint = value;
}

int ph_hub_enum(const struct ph_field *field, const char *text, uint64_t *out,
		struct ph_error *err)
{
	char names[400] = "";
	size_t len = 0;
	unsigned found = 0;
	int exact = ph_field_enum(field, ph_view_str(text));

	if (exact >= 0) {
		*out = (uint64_t)exact;
		return 0;
	}
	for (uint32_t i = 0; i < field->max; i++) {
		if (text[0] != '\0' && strstr(field->names[i], text)) {
			*out = i;
			found++;
		}
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s",
					i ? ", " : "", field->names[i]);
		len = len < sizeof(names) ? len : sizeof(names) - 1;
	}
	if (found == 1) {
		return 0;
	}
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("%s: \"%s\" is not one of %s", "%s: “%s” không thuộc %s"),
		       field->name, text, names);
}

int ph_hub_site_kind(const char *text, uint64_t *out, struct ph_error *err)
{
	return ph_hub_enum(&ph_kind_find(PH_KIND_SITE_PUT)->fields[PH_SITE_KIND], text,
			   out, err);
}

static bool site_code_ok(const char *code)
{
	size_t len = strlen(code);
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789._-";

	return len >= 1 && len <= SITE_CODE_MAX && strspn(code, letters) == len;
}

/* "14-0371" names its number itself; any other code gets the highest free one of the province. */
static uint64_t coded_number(const char *code)
{
	unsigned province = 0;
	unsigned number = 0;
	int end = 0;

	if (strlen(code) == 7 && strspn(code, "0123456789-") == 7 &&
	    sscanf(code, "%2u-%4u%n", &province, &number, &end) == 2 && end == 7 &&
	    number > 0) {
		return (uint64_t)province * SITES_PROVINCE + number;
	}
	return 0;
}

static int free_number(struct ph_hub *hub, uint64_t *out, struct ph_error *err)
{
	struct ph_hub_site site;

	for (uint64_t n = SITE_MAX; n > 0; n--) {
		uint64_t number = (uint64_t)hub->province * SITES_PROVINCE + n;
		int rc = ph_hub_site_at(hub, number, &site);

		if (rc == PH_HUB_E_NONE) {
			*out = number;
			return 0;
		}
		if (rc < 0) {
			return ph_fail_errno(
				err, rc,
				ph_say("reading the sites", "đọc các điểm thư viện"));
		}
	}
	return ph_fail(err, PH_EXIT_OTHER, -ENOSPC,
		       ph_say("all %d site numbers of the province are taken",
			      "đã dùng hết %d số điểm của tỉnh"),
		       SITE_MAX);
}

/* Which number the site of this code has or gets; *IS_NEW says which. */
static int site_number(struct ph_hub *hub, const char *code, bool update, uint64_t *out,
		       bool *is_new, struct ph_error *err)
{
	struct ph_hub_site site;
	int rc = ph_hub_site_find(hub, code, &site);

	if (rc < 0) {
		return ph_fail_errno(
			err, rc, ph_say("reading the sites", "đọc các điểm thư viện"));
	}
	*is_new = rc == PH_HUB_E_NONE;
	if (rc == 0) {
		*out = site.number;
		return update ? 0
			      : ph_fail(err, PH_EXIT_OTHER, -EEXIST,
					ph_say("there is a site %s already (%s); "
					       "--update changes it",
					       "đã có điểm %s (%s); --update để sửa"),
					code, site.name);
	}
	if (update) {
		return ph_hub_site_need(hub, code, &site, err);
	}
	*out = coded_number(code);
	if (*out == 0) {
		return free_number(hub, out, err);
	}
	rc = ph_hub_site_at(hub, *out, &site);
	if (rc == 0) {
		return ph_fail(err, PH_EXIT_OTHER, -EEXIST,
			       ph_say("the number of %s is taken by the site %s (%s); "
				      "give it another code",
				      "số của %s đã thuộc điểm %s (%s); hãy đặt mã khác"),
			       code, site.code, site.name);
	}
	return rc < 0 ? ph_fail_errno(
				err, rc,
				ph_say("reading the sites", "đọc các điểm thư viện"))
		      : 0;
}

/* What was written and will not do what it seems to: "warning" of ANSWER, if there is something. */
static void warn_of_site(struct ph_hub *hub, const char *commune, const char *schedule,
			 json_t *answer)
{
	struct ph_schedule timetable;
	struct ph_buf state = { 0 };
	bool is_nameless = commune && ph_ledger_get(hub->ledger, PH_ENTITY_COMMUNE,
						    ph_view_str(commune),
						    &state) == PH_LEDGER_E_NONE;
	bool is_words = schedule && schedule[0] &&
			ph_schedule_parse(ph_view_str(schedule), &timetable) != 0;
	char nameless[160] = "";

	ph_buf_deinit(&state);
	if (is_nameless) {
		snprintf(nameless, sizeof(nameless),
			 ph_say("commune %s has no name here yet: `packhorsed commune "
				"add` or `commune import` gives it one",
				"xã %s chưa có tên ở đây: đặt tên bằng `packhorsed "
				"commune add` hoặc `commune import`"),
			 commune);
	}
	if (is_nameless || is_words) {
		json_object_set_new(
			answer, "warning",
			json_sprintf(
				"%s%s%s", nameless, is_nameless && is_words ? "; " : "",
				is_words ? ph_say("the schedule is kept as words: it is "
						  "no timetable (daily; mon thu; market "
						  "5d from 2026-01-03; van:thu), so the "
						  "province's schedule.default counts "
						  "for this site",
						  "lịch được giữ như lời ghi: không phải "
						  "là lịch có dạng (daily; mon thu; "
						  "market 5d from 2026-01-03; van:thu), "
						  "nên điểm này theo schedule.default "
						  "của tỉnh")
					 : ""));
	}
}

int ph_hub_site_add(struct ph_hub *hub, const json_t *request, json_t *answer,
		    struct ph_error *err)
{
	struct ph_entry entry = entry_of(PH_KIND_SITE_PUT);
	const char *code = ph_request_need(request, "code", err);
	const char *kind = ph_request_text(request, "kind");
	const char *commune = ph_request_text(request, "commune");
	const char *status = ph_request_text(request, "status");
	const char *schedule = ph_request_text(request, "schedule");
	struct ph_entity_key key;
	uint64_t number = 0;
	uint64_t value = 0;
	bool is_new = false;
	int rc;

	if (!code || !site_code_ok(code)) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("a site's code is 1 to %d letters, digits, dots, "
				      "dashes: for example 14-0371",
				      "mã điểm có 1 đến %d chữ, chữ số, dấu chấm, dấu "
				      "gạch: ví dụ 14-0371"),
			       SITE_CODE_MAX);
	}
	rc = site_number(hub, code, json_is_true(json_object_get(request, "update")),
			 &number, &is_new, err);
	if (rc < 0) {
		return rc;
	}
	if (is_new && (!kind || !commune || !ph_request_text(request, "name"))) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("a new site needs its name, its kind and its commune",
			       "điểm mới cần có tên, loại và xã"));
	}
	set_uint(&entry, PH_SITE_SITE, number);
	set_text(&entry, PH_SITE_CODE, is_new ? code : NULL);
	set_text(&entry, PH_SITE_NAME, ph_request_text(request, "name"));
	set_text(&entry, PH_SITE_COMMUNE, commune);
	set_text(&entry, PH_SITE_SCHEDULE, schedule);
	if (kind) {
		rc = ph_hub_enum(&entry.kind->fields[PH_SITE_KIND], kind, &value, err);
		if (rc < 0) {
			return rc;
		}
		set_uint(&entry, PH_SITE_KIND, value);
	}
	if (status) {
		rc = ph_hub_enum(&entry.kind->fields[PH_SITE_STATUS], status, &value,
				 err);
		if (rc < 0) {
			return rc;
		}
		set_uint(&entry, PH_SITE_STATUS, value);
	}
	rc = ph_entry_check(&entry, err);
	rc = rc != 0 || !commune
		     ? rc
		     : ph_hub_commune_need(hub, ph_view_str(commune), "commune", err);
	if (rc < 0) {
		return rc;
	}
	key = ph_key_number(PH_ENTITY_SITE, number);
	rc = put(hub, &entry, PH_ENTITY_SITE, ph_key_view(&key), err);
	if (rc < 0) {
		return rc;
	}
	json_object_set_new(answer, "site", json_string(code));
	json_object_set_new(answer, "number", json_integer((json_int_t)number));
	warn_of_site(hub, commune, schedule, answer);
	return 0;
}

/* What {"code","name","type"?} says; ENTRY borrows from ITEM. */
static int read_commune(json_t *item, struct ph_entry *entry, struct ph_error *err)
{
	const char *code = ph_request_need(item, "code", err);
	const char *name = code ? ph_request_need(item, "name", err) : NULL;
	const char *type = ph_request_text(item, "type");
	uint64_t value = 0;
	const char *member;
	json_t *ignored;
	int rc = name ? 0 : -EINVAL;

	json_object_foreach(item, member, ignored)
	{
		if (rc == 0 && strcmp(member, "code") != 0 &&
		    strcmp(member, "name") != 0 && strcmp(member, "type") != 0) {
			rc = ph_fail(
				err, PH_EXIT_USAGE, -EINVAL,
				ph_say("\"%.40s\" is nothing that a commune has; it has "
				       "code, name, type",
				       "xã không có “%.40s”; xã có code, name, type"),
				member);
		}
	}
	*entry = entry_of(PH_KIND_COMMUNE_PUT);
	if (rc == 0 && type) {
		rc = ph_hub_enum(&entry->kind->fields[PH_COMMUNE_TYPE], type, &value,
				 err);
		set_uint(entry, PH_COMMUNE_TYPE, value);
	}
	set_text(entry, PH_COMMUNE_CODE, code);
	set_text(entry, PH_COMMUNE_NAME, name);
	return rc < 0 ? rc : ph_entry_check(entry, err);
}

/* Whether the ledger shows all that ENTRY would say. */
static bool is_shown(struct ph_hub *hub, const struct ph_entry *entry)
{
	const struct ph_value *type = &entry->field[PH_COMMUNE_TYPE];
	struct ph_buf state = { 0 };
	struct ph_record record;
	char held[201] = "";
	bool is_same = false;

	if (ph_ledger_get(hub->ledger, PH_ENTITY_COMMUNE,
			  entry->field[PH_COMMUNE_CODE].as.bytes, &state) == 0 &&
	    ph_record_decode(ph_buf_view(&state), entry->kind, &record) == 0) {
		copy_text(&record, PH_COMMUNE_NAME, held, sizeof(held));
		is_same = ph_view_equal(ph_view_str(held),
					entry->field[PH_COMMUNE_NAME].as.bytes) &&
			  (!type->set ||
			   type->as.uint == copy_uint(&record, PH_COMMUNE_TYPE));
		ph_record_deinit(&record);
	}
	ph_buf_deinit(&state);
	return is_same;
}

struct communes {
	struct ph_hub *hub;
	const json_t *list;
	json_t *by_code; /* the item of each code */
	json_int_t added;
	struct ph_entry entry; /* the one in hand */
};

/* All of them are right, before any is written; one that stands twice says the same. */
static int check_communes(struct communes *communes, struct ph_error *err)
{
	json_t *item;
	size_t i;

	json_array_foreach(communes->list, i, item)
	{
		int rc = read_commune(item, &communes->entry, err);
		const char *code = ph_request_text(item, "code");
		const json_t *other =
			rc == 0 ? json_object_get(communes->by_code, code) : NULL;

		if (rc == 0 && !other) {
			rc = json_object_set(communes->by_code, code, item) ? -ENOMEM : 0;
		} else if (rc == 0 && !json_equal(other, item)) {
			rc = ph_fail(err, PH_EXIT_USAGE, -EINVAL,
				     ph_say("%s stands twice, and not with the same name "
					    "and type",
					    "%s có hai lần, với tên hoặc loại khác nhau"),
				     code);
		}
		if (rc < 0) {
			return rc;
		}
	}
	return 0;
}

/* Item I as an entry that sees what the ledger shows; none if it shows that already. */
static int make_commune(void *data, size_t i, struct ph_entry **entry_out,
			struct ph_error *err)
{
	struct communes *communes = data;
	struct ph_entry *entry = &communes->entry;
	json_t *item = json_array_get(communes->list, i);
	int rc = read_commune(item, entry, err);
	struct ph_view code = entry->field[PH_COMMUNE_CODE].as.bytes;

	if (rc < 0 ||
	    json_object_get(communes->by_code, ph_request_text(item, "code")) != item ||
	    is_shown(communes->hub, entry)) {
		return rc;
	}
	rc = ph_query_fill_seen(communes->hub->ledger, PH_ENTITY_COMMUNE, code, entry);
	if (rc < 0) {
		return ph_fail_errno(err, rc, ph_say("reading the ledger", "đọc sổ"));
	}
	communes->added++;
	*entry_out = entry;
	return 0;
}

/*
 * {"communes":[{"code","name","type"?} ...]}: those that the ledger shows as asked already are
 * left alone. All in one transaction, so that a list costs the disk no more than one of them, and
 * is there whole or not at all.
 */
int ph_hub_commune_add(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	struct communes communes = { .hub = hub,
				     .list = json_object_get(request, "communes"),
				     .by_code = json_object() };
	size_t n = json_array_size(communes.list);
	int rc = communes.by_code ? check_communes(&communes, err) : -ENOMEM;

	rc = rc != 0 ? rc : ph_hub_control_make(hub, n, make_commune, &communes, err);
	json_decref(communes.by_code);
	if (rc < 0) {
		return ph_fail_errno(err, rc, ph_say("adding communes", "thêm các xã"));
	}
	json_object_set_new(answer, "added", json_integer(communes.added));
	json_object_set_new(answer, "unchanged",
			    json_integer((json_int_t)n - communes.added));
	return 0;
}

static json_t *warn_unheeded(const char *name)
{
	char heeded[200] = "";
	size_t len = 0;

	for (size_t i = 0; i < PH_RULES && len < sizeof(heeded); i++) {
		len += (size_t)snprintf(heeded + len, sizeof(heeded) - len, "%s%s",
					i ? ", " : "", ph_rules[i].name);
	}
	return json_sprintf(ph_say("no program heeds a rule named \"%s\" yet; those that "
				   "are heeded: %s",
				   "chưa có chương trình nào theo quy định tên “%s”; các "
				   "quy định đang theo: %s"),
			    name, heeded);
}

/* The day from which NAME is to hold, of those that periods are reckoned by. */
static int policy_when(const char *name, const json_t *when, struct ph_entry *entry,
		       struct ph_error *err)
{
	const struct ph_rule *rule = ph_rule_find(ph_view_str(name));

	if (!when || json_is_null(when)) {
		return 0;
	}
	if (!rule || !rule->is_dated) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("when: %.64s holds from now on; a day can be named for %s "
			       "and %s alone, by which periods are reckoned",
			       "when: %.64s có hiệu lực từ bây giờ; chỉ %s và %s mới nêu "
			       "ngày được, vì các kỳ tính theo chúng"),
			name, ph_rules[PH_RULE_XA_ONLY].name,
			ph_rules[PH_RULE_M2_LEAST].name);
	}
	return ph_json_when(when, &entry->extras, err);
}

int ph_hub_policy_set(struct ph_hub *hub, const json_t *request, json_t *answer,
		      struct ph_error *err)
{
	struct ph_entry entry = entry_of(PH_KIND_POLICY_PUT);
	const char *name = ph_request_need(request, "name", err);
	const char *value = ph_request_need(request, "value", err);

	if (!name || !value) {
		return -EINVAL;
	}
	if (ph_hub_policy_check(ph_view_str(name), ph_view_str(value), err) < 0 ||
	    policy_when(name, json_object_get(request, "when"), &entry, err) < 0) {
		return -EINVAL;
	}
	if (strcmp(name, ph_rules[PH_RULE_CUT_LOANS].name) == 0 &&
	    ph_hub_page_refold(request, err) < 0) {
		return -EPERM;
	}
	if (!ph_rule_find(ph_view_str(name))) {
		json_object_set_new(answer, "warning", warn_unheeded(name));
	}
	set_text(&entry, PH_POLICY_NAME, name);
	set_text(&entry, PH_POLICY_VALUE, value);
	json_object_set_new(answer, "name", json_string(name));
	return put(hub, &entry, PH_ENTITY_POLICY, ph_view_str(name), err);
}
