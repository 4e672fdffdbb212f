/*
 * daemon/hub_command_places.c - lists of sites, communes and policies, of each what the
 * control log says of it.
 *
 * The names are taken first and looked up then, so that no walk of the ledger is open
 * while another question goes to it.
 */
#include "common/base/say.h"
#include "daemon/hub_command.h"

#include <errno.h>

#include "common/base/clock.h"
#include "common/ledger/rule.h"
#include "common/ledger/view.h"

/* Set member NAME of ITEM to what VIEW has under FROM, or else to OTHERWISE, if that is not NULL. 0 or -ENOMEM. */
static int pick(json_t *item, const char *name, const json_t *view, const char *from,
		json_t *otherwise)
{
	json_t *value = json_object_get(view, from);
	int rc = value       ? json_object_set(item, name, value)
		 : otherwise ? json_object_set(item, name, otherwise)
			     : 0;

	json_decref(otherwise);
	return rc != 0 ? -ENOMEM : 0;
}

/* --- sites --- */

static int list_site(void *data, const struct ph_hub_site *site)
{
	const struct ph_field *kind =
		&ph_kind_find(PH_KIND_SITE_PUT)->fields[PH_SITE_KIND];

	return json_array_append_new(
		       data,
		       json_pack("{s:s, s:I, s:s, s:s, s:s}", "code", site->code,
				 "number", (json_int_t)site->number, "name", site->name,
				 "commune", site->commune, "kind",
				 site->kind < kind->max ? kind->names[site->kind] : "?"))
		       ? -ENOMEM
		       : 0;
}

static int add_site(struct ph_hub *hub, json_t *item)
{
	json_t *view = NULL;
	int rc = ph_view_site(
		hub->ledger,
		(uint64_t)json_integer_value(json_object_get(item, "number")), &view);

	/* a value never put is as the kind's first: open */
	rc = rc != 0 ? rc : pick(item, "status", view, "status", json_string("open"));
	rc = rc != 0 ? rc : pick(item, "schedule", view, "schedule", json_string(""));
	rc = rc != 0 ? rc : pick(item, "route", view, "route", json_array());
	json_decref(view);
	return rc;
}

int ph_hub_site_list(struct ph_hub *hub, const json_t *request, json_t *answer,
		     struct ph_error *err)
{
	json_t *list = json_array();
	json_t *item;
	size_t i;
	int rc;

	(void)request;
	json_object_set_new(answer, "sites", list);
	rc = ph_hub_site_each(hub, list_site, list);
	json_array_foreach(list, i, item)
	{
		rc = rc != 0 ? rc : add_site(hub, item);
	}
	return rc != 0 ? ph_fail_errno(err, rc < 0 ? rc : -EUCLEAN,
				       ph_say("listing the sites", "liệt kê các điểm"))
		       : 0;
}

/* --- communes and policies, by name --- */

struct place_list {
	json_t *out;
	const char *id_name;
};

static int list_place(void *data, struct ph_view id, struct ph_view state)
{
	const struct place_list *list = data;

	(void)state;
	return json_array_append_new(list->out, json_pack("{s:s%}", list->id_name,
							  (const char *)id.data, id.len))
		       ? -ENOMEM
		       : 0;
}

static int list_places(struct ph_hub *hub, json_t *answer, const char *member,
		       enum ph_entity type, const char *id_name,
		       int (*add)(struct ph_hub *hub, json_t *item, struct ph_view id),
		       struct ph_error *err)
{
	struct place_list list = { json_array(), id_name };
	json_t *item;
	size_t i;
	int rc;

	json_object_set_new(answer, member, list.out);
	rc = ph_ledger_each(hub->ledger, type, list_place, &list);
	json_array_foreach(list.out, i, item)
	{
		const json_t *id = json_object_get(item, id_name);

		rc = rc != 0 ? rc
			     : add(hub, item,
				   PH_VIEW(json_string_value(id),
					   json_string_length(id)));
	}
	return rc != 0 ? ph_fail_errno(err, rc < 0 ? rc : -EUCLEAN,
				       ph_say("reading the ledger", "đọc sổ"))
		       : 0;
}

static int add_commune(struct ph_hub *hub, json_t *item, struct ph_view code)
{
	static const char *const members[] = { "type", "from", "predecessor" };
	json_t *view = NULL;
	int rc = ph_view_commune(hub->ledger, code, &view);

	rc = rc != 0 ? rc : pick(item, "name", view, "name", json_string(""));
	for (size_t i = 0; rc == 0 && i < sizeof(members) / sizeof(members[0]); i++) {
		rc = pick(item, members[i], view, members[i], NULL);
	}
	json_decref(view);
	return rc;
}

int ph_hub_commune_list(struct ph_hub *hub, const json_t *request, json_t *answer,
			struct ph_error *err)
{
	(void)request;
	return list_places(hub, answer, "communes", PH_ENTITY_COMMUNE, "code",
			   add_commune, err);
}

/* Of a rule that was put of a day to come: from when it holds, and what holds till then. */
static int add_waiting(struct ph_hub *hub, json_t *item, struct ph_view name)
{
	const struct ph_rule *rule = ph_rule_find(name);
	struct ph_buf now = { 0 };
	char day[PH_TIME_TEXT];
	bool waits = false, has_now;
	int64_t from;
	int rc = rule && rule->is_dated
			 ? ph_rule_waits(hub->ledger,
					 (enum ph_rule_index)(rule - ph_rules),
					 ph_day_of(ph_hub_now(hub)), &waits, &from,
					 &has_now, &now)
			 : 0;

	if (rc == 0 && waits) {
		ph_day_text(day, from);
		rc = json_object_set_new(item, "from", json_string(day));
		if (rc == 0 && has_now) {
			rc = json_object_set_new(
				item, "now",
				json_stringn((const char *)now.data, now.len));
		}
		rc = rc != 0 ? -ENOMEM : 0;
	}
	ph_buf_deinit(&now);
	return rc;
}

static int add_policy(struct ph_hub *hub, json_t *item, struct ph_view name)
{
	json_t *view = NULL;
	int rc = ph_view_policy(hub->ledger, name, &view);

	rc = rc != 0 ? rc : pick(item, "value", view, "value", json_string(""));
	json_decref(view);
	return rc != 0 ? rc : add_waiting(hub, item, name);
}

int ph_hub_policy_list(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	(void)request;
	return list_places(hub, answer, "policies", PH_ENTITY_POLICY, "name", add_policy,
			   err);
}
