/*
 * daemon/metrics.c - the metrics of a hub as text for Prometheus.
 *
 * From the answer alone, member by member: what is not in it (a hub that was never backed
 * up, a daemon that does not run) has no sample. Nothing here names a person.
 */
#include "daemon/metrics.h"

#include <errno.h>
#include <string.h>

#include "common/cli/cli.h"
#include "daemon/metrics_text.h"
#include "daemon/server.h"

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static const json_t *object_of(const json_t *object, const char *name)
{
	return json_object_get(object, name);
}

/* A family of one sample without labels; nothing if MEMBER is not there. */
static void one(struct ph_metrics_text *text, const json_t *object, const char *member,
		const char *name, const char *type, const char *help)
{
	const json_t *value = json_object_get(object, member);

	if (json_is_integer(value)) {
		ph_metrics_family(text, name, type, help);
		ph_metrics_int(text, "", NULL, json_integer_value(value));
	}
}

/* A family with a sample for each member of OBJECT, by its name. */
static void by_name(struct ph_metrics_text *text, const json_t *object, const char *label,
		    const char *name, const char *type, const char *help)
{
	const char *key;
	json_t *value;

	if (json_object_size(object) == 0) {
		return;
	}
	ph_metrics_family(text, name, type, help);
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		const struct ph_metrics_label labels[] = { { label, key }, { 0 } };

		ph_metrics_int(text, "", labels, json_integer_value(value));
	}
}

/* ---- sites ---- */

/* A family with a sample for each site that has MEMBER. */
static void by_site(struct ph_metrics_text *text, const json_t *sites, const char *member,
		    const char *name, const char *help)
{
	const json_t *site;
	size_t i;

	ph_metrics_family(text, name, "gauge", help);
	json_array_foreach(sites, i, site)
	{
		const json_t *value = json_object_get(site, member);
		const struct ph_metrics_label labels[] = {
			{ "site", text_of(site, "site") },
			{ "kind", text_of(site, "kind") },
			{ 0 },
		};

		if (json_is_integer(value)) {
			ph_metrics_int(text, "", labels, json_integer_value(value));
		}
	}
}

static void pending(struct ph_metrics_text *text, const json_t *sites)
{
	static const char *const ways[][2] = { { "up", "pending_up" },
					       { "down", "pending_down" } };
	const json_t *site;
	size_t i;

	ph_metrics_family(
		text, "packhorse_site_pending_entries", "gauge",
		"Entries that the devices of a site told of and that are not here "
		"(up), and lines of feeds and control log that they do not confirm "
		"yet (down).");
	json_array_foreach(sites, i, site)
	{
		for (size_t way = 0; way < 2; way++) {
			const struct ph_metrics_label labels[] = {
				{ "site", text_of(site, "site") },
				{ "kind", text_of(site, "kind") },
				{ "direction", ways[way][0] },
				{ 0 },
			};

			ph_metrics_int(
				text, "", labels,
				json_integer_value(json_object_get(site, ways[way][1])));
		}
	}
}

/* Of each site, and, without a site, of the hub itself. */
static void clocks(struct ph_metrics_text *text, const json_t *answer)
{
	const struct ph_metrics_label hub[] = { { "kind", "hub" }, { 0 } };

	by_site(text, object_of(answer, "sites"), "clock_offset_s",
		"packhorse_clock_offset_seconds",
		"How far ahead of the hub's clock a site's was when its newest entries "
		"came; "
		"of the hub, how far its own is off what it should be.");
	ph_metrics_int(text, "", hub,
		       json_integer_value(json_object_get(answer, "clock_offset_s")));
}

static void put_sites(struct ph_metrics_text *text, const json_t *answer)
{
	const json_t *sites = object_of(answer, "sites");

	by_name(text, object_of(answer, "site_states"), "state", "packhorse_sites",
		"gauge", "Sites by how they stand by their own timetables.");
	if (json_array_size(sites) > 0) {
		by_site(text, sites, "lag_s", "packhorse_site_lag_seconds",
			"Since a site was heard last, by whatever road.");
		by_site(text, sites, "overdue_s", "packhorse_site_overdue_seconds",
			"For how long a site is overdue by its own timetable; 0: it is "
			"not.");
		pending(text, sites);
	}
	clocks(text, answer);
	by_name(text, object_of(answer, "devices"), "state", "packhorse_devices", "gauge",
		"Devices by how far they are trusted.");
}

/* ---- sessions ---- */

static void put_ends(struct ph_metrics_text *text, const json_t *ends)
{
	const json_t *end;
	size_t i;

	ph_metrics_family(
		text, "packhorse_sessions_total", "counter",
		"Sessions and exchanges with couriers that ended, by how and why.");
	json_array_foreach(ends, i, end)
	{
		const struct ph_metrics_label labels[] = {
			{ "result", text_of(end, "result") },
			{ "reason", text_of(end, "reason") },
			{ 0 },
		};

		ph_metrics_int(text, "", labels,
			       json_integer_value(json_object_get(end, "n")));
	}
}

static void put_seconds(struct ph_metrics_text *text, const json_t *seconds)
{
	const json_t *count = json_object_get(seconds, "count");
	const json_t *bucket;
	char bound[32];
	const struct ph_metrics_label labels[] = { { "le", bound }, { 0 } };
	size_t i;

	ph_metrics_family(text, "packhorse_session_seconds", "histogram",
			  "How long the sessions lasted that ended.");
	json_array_foreach(json_object_get(seconds, "buckets"), i, bucket)
	{
		snprintf(bound, sizeof(bound), "%g",
			 json_number_value(json_array_get(bucket, 0)));
		ph_metrics_int(text, "_bucket", labels,
			       json_integer_value(json_array_get(bucket, 1)));
	}
	snprintf(bound, sizeof(bound), "+Inf");
	ph_metrics_int(text, "_bucket", labels, json_integer_value(count));
	ph_metrics_real(text, "_sum", NULL,
			json_number_value(json_object_get(seconds, "sum")));
	ph_metrics_int(text, "_count", NULL, json_integer_value(count));
}

static void put_bytes(struct ph_metrics_text *text, const json_t *server)
{
	static const char *const kinds[][3] = {
		{ "wire_in", "in", "wire" },
		{ "wire_out", "out", "wire" },
		{ "plain_in", "in", "plain" },
	};

	ph_metrics_family(
		text, "packhorse_bytes_total", "counter",
		"Bytes of sessions that ended: on the wire, and of what was new in "
		"them when it was unpacked (plain).");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct ph_metrics_label labels[] = { { "direction", kinds[i][1] },
							   { "stage", kinds[i][2] },
							   { 0 } };

		ph_metrics_int(text, "", labels,
			       json_integer_value(json_object_get(server, kinds[i][0])));
	}
}

static void put_server(struct ph_metrics_text *text, const json_t *answer)
{
	const json_t *server = object_of(answer, "server");
	const struct ph_metrics_label version[] = { { "version", ph_cli_version() },
						    { 0 } };

	ph_metrics_family(text, "packhorse_up", "gauge",
			  "1: the hub's daemon serves; 0: this was told without it.");
	ph_metrics_int(text, "", NULL, json_is_true(object_of(answer, "running")));
	ph_metrics_family(text, "packhorse_build_info", "gauge",
			  "1; which version of packhorsed tells this.");
	ph_metrics_int(text, "", version, 1);
	if (!server) {
		return;
	}
	one(text, server, "open_sessions", "packhorse_sessions", "gauge",
	    "Sessions that are open.");
	put_ends(text, object_of(server, "ends"));
	put_seconds(text, object_of(server, "seconds"));
	one(text, server, "resumed", "packhorse_resumed_total", "counter",
	    "Sessions that went on with a segment which one that was cut had left.");
	put_bytes(text, server);
	by_name(text, object_of(server, "limits"), "kind", "packhorse_limits_total",
		"counter", "How often a limit was met.");
}

/* ---- the store ---- */

static void put_cases(struct ph_metrics_text *text, const json_t *cases)
{
	static const char *const members[][3] = {
		{ "open", "packhorse_cases_open", "Cases that wait for a person." },
		{ "oldest_s", "packhorse_case_oldest_seconds",
		  "Since the earliest fact of a case that waits; 0: none does." },
	};
	const char *kind;
	json_t *item;

	for (size_t i = 0; i < 2; i++) {
		ph_metrics_family(text, members[i][1], "gauge", members[i][2]);
		json_object_foreach((json_t *)(uintptr_t)cases, kind, item)
		{
			const struct ph_metrics_label labels[] = { { "kind", kind },
								   { 0 } };

			ph_metrics_int(
				text, "", labels,
				json_integer_value(json_object_get(item, members[i][0])));
		}
	}
}

static void put_plan(struct ph_metrics_text *text, const json_t *plan)
{
	static const char *const members[][3] = {
		{ "target", "packhorse_plan_target",
		  "What the province's plan aims at in the nearest year that it names, "
		  "as a "
		  "share of 1." },
		{ "actual", "packhorse_plan_actual",
		  "How far it is, by the report of this year." },
	};
	const json_t *row;
	size_t k;

	for (size_t i = 0; i < 2 && json_array_size(plan) > 0; i++) {
		ph_metrics_family(text, members[i][1], "gauge", members[i][2]);
		json_array_foreach(plan, k, row)
		{
			const json_t *value = json_object_get(row, members[i][0]);
			const struct ph_metrics_label labels[] = {
				{ "kind", text_of(row, "report") }, { 0 }
			};

			if (json_is_number(value)) {
				ph_metrics_real(text, "", labels,
						json_number_value(value));
			}
		}
	}
}

int ph_metrics_write(const json_t *answer, struct ph_buf *out)
{
	struct ph_metrics_text text = { .out = out };

	put_server(&text, answer);
	put_sites(&text, answer);
	by_name(&text, object_of(answer, "entries"), "kind", "packhorse_entries_total",
		"counter", "Entries held, by kind.");
	put_cases(&text, object_of(answer, "cases"));
	one(&text, answer, "quarantined", "packhorse_quarantined_entries", "gauge",
	    "Entries that count for nothing until a person looks.");
	one(&text, answer, "store_bytes", "packhorse_store_bytes", "gauge",
	    "Size of the hub's store.");
	one(&text, answer, "wal_bytes", "packhorse_wal_bytes", "gauge",
	    "Size of what is written and not merged into the store yet.");
	one(&text, answer, "backup_age_s", "packhorse_backup_age_seconds", "gauge",
	    "Since the last backup that was read back and verified.");
	put_plan(&text, object_of(answer, "plan"));
	return text.rc;
}

int ph_metrics_healthz(struct ph_server *server, struct ph_buf *out)
{
	static const char *const states[] = {
		[PH_STORE_ANSWERS] = "answers",
		[PH_STORE_HANGS] = "hangs",
		[PH_STORE_STOPPING] = "stopping",
	};
	enum ph_store_state state = ph_server_store(server);
	bool ok = state == PH_STORE_ANSWERS;
	int rc = ph_buf_printf(out, "{\"schema\":1,\"ok\":%s,\"store\":\"%s\"}\n",
			       ok ? "true" : "false", states[state]);

	return rc < 0 ? rc : ok;
}
