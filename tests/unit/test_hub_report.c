/*
 * tests/unit/test_hub_report.c - reports against what is known since: judged clocks, acts
 * that are taken back, records imported twice, what was written for another site; reports
 * of many parts, and such as this program did not write.
 */
#include "tests/unit/put_room.h"

#include "common/ledger/figures.h"
#include "daemon/hub_internal.h"

#define YEAR INT64_C(31536000)

/* A hub and a device that it knows, whose stamps may be anything. */
struct scene {
	struct hub_room room;
	struct member member;
};

static void scene_open(struct scene *scene)
{
	hub_open(&scene->room);
	member_open(&scene->room, &scene->member, 1, "14-0371");
	be_admitted(&scene->room, &scene->member);
	boot(&scene->member.desk.machine, 1, scene->room.machine.now.wall);
}

static void scene_close(struct scene *scene)
{
	member_close(&scene->member);
	hub_close(&scene->room);
}

static void seal_and_send(struct scene *scene)
{
	struct member *member = &scene->member;

	begin(&member->desk.room);
	assert_int_equal(ph_writer_seal(member->desk.writer), 0);
	commit(&member->desk.room);
	expect_job(&scene->room,
		   store_of(member, all_item(member, held_n(&scene->room, member))), 0);
}

/* A visit of COUNT on behalf of SITE (0: nobody), from the record SOURCE (0: none). */
static void write_visit(struct scene *scene, uint64_t count, uint64_t site,
			uint8_t source)
{
	struct ph_entry entry = visit(count);
	struct ph_error err = { 0 };

	entry.extras.behalf = site;
	entry.extras.has_source = source != 0;
	memset(entry.extras.source, source, sizeof(entry.extras.source));
	begin(&scene->member.desk.room);
	if (ph_writer_add(scene->member.desk.writer, &entry, NULL, &err) != 0) {
		fail_msg("%s", err.text);
	}
	commit(&scene->member.desk.room);
}

/* Today, at the hub. */
static const char *today(const struct scene *scene)
{
	static char text[PH_TIME_TEXT];

	ph_day_text(text, ph_day_of(scene->room.machine.now.wall));
	return text;
}

static json_t *request_issue(const struct scene *scene, const char *name)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "command", "report-issue", "report",
			 name, "from", today(scene), "to", today(scene));
}

static void issue(struct scene *scene, const char *name)
{
	json_decref(ask(&scene->room, request_issue(scene, name)));
}

static json_t *request_of(const char *command, const char *name)
{
	return json_pack("{s:s, s:s}", "command", command, "report", name);
}

/* What has changed, "site counter printed now; ...", and by what, "why kind +n visits; ...". */
static void assert_changed(struct scene *scene, const char *name, const char *changed,
			   const char *entries)
{
	json_t *answer = ask(&scene->room, request_of("report-changed", name));
	char text[1000] = "";
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(answer, "changed"), i, item)
	{
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "%d %s %d %d; ",
			 (int)json_integer_value(json_object_get(item, "site")),
			 text_in(item, "counter"),
			 (int)json_integer_value(json_object_get(item, "printed")),
			 (int)json_integer_value(json_object_get(item, "now")));
	}
	assert_string_equal(text, changed);
	text[0] = '\0';
	json_array_foreach(json_object_get(answer, "entries"), i, item)
	{
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "%s%s %s %+d; ",
			 text_in(item, "why"), json_object_get(item, "by") ? " by" : "",
			 text_in(item, "kind"),
			 (int)json_integer_value(json_object_get(
				 json_object_get(item, "counts"), "visits")));
	}
	assert_string_equal(text, entries);
	assert_int_equal(json_array_size(json_object_get(answer, "unexplained")), 0);
	json_decref(answer);
}

/* --- clocks --- */

/* Stamps a day behind, so they counted yesterday; judged, they count today. */
static void test_judged(void **state)
{
	struct scene scene;
	json_t *list;
	char text[300];
	char mark[PH_REF_TEXT] = "";
	json_t *item;
	size_t i;

	(void)state;
	scene_open(&scene);
	scene.member.desk.config.floor = 0;
	ph_writer_free(scene.member.desk.writer);
	desk_start(&scene.member.desk);
	boot(&scene.member.desk.machine, 1, scene.room.machine.now.wall - 86400);
	write_visit(&scene, 3, 0, 0);
	seal_and_send(&scene);
	issue(&scene, "today");
	assert_changed(&scene, "today", "", "");
	list = ask(&scene.room,
		   json_pack("{s:s, s:s}", "command", "log", "site", "14-0371"));
	json_array_foreach(json_object_get(list, "entries"), i, item)
	{
		if (strcmp(text_in(item, "kind"), "clock-mark") == 0) {
			snprintf(mark, sizeof(mark), "%s", text_in(item, "ref"));
		}
	}
	json_decref(list);
	snprintf(text, sizeof(text),
		 "{\"kind\":\"clock-judge\",\"mark\":\"%s\",\"behind\":86400}", mark);
	item = wrote(&scene.room, record_of(text));
	assert_changed(&scene, "today", "140371 visits 0 3; ", "judged by visit +3; ");

	/* the judgement is taken back, after another report */
	issue(&scene, "again");
	assert_changed(&scene, "again", "", "");
	snprintf(text, sizeof(text), "{\"kind\":\"void\",\"target\":\"%s\"}",
		 text_in(item, "ref"));
	json_decref(item);
	json_decref(wrote(&scene.room, record_of(text)));
	assert_changed(&scene, "again", "140371 visits 3 0; ", "judged visit -3; ");
	assert_changed(&scene, "today", "", "");
	scene_close(&scene);
}

/* A clock a year ahead is judged with the segment that brings it: such an entry is late, not more. */
static void test_clamped(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	issue(&scene, "today");
	boot(&scene.member.desk.machine, 2, scene.room.machine.now.wall + YEAR);
	write_visit(&scene, 4, 0, 0);
	seal_and_send(&scene);
	assert_changed(&scene, "today", "140371 visits 0 4; ", "late visit +4; ");
	scene_close(&scene);
}

/* --- other reasons --- */

/* What the hub voids; what was written for another site; what is imported twice. */
static void test_reasons(void **state)
{
	struct scene scene;
	json_t *list;
	json_t *item;
	char text[300] = "";
	size_t i;

	(void)state;
	scene_open(&scene);
	write_visit(&scene, 1, 0, 0);
	write_visit(&scene, 2, 140372, 0);
	write_visit(&scene, 3, 0, 9);
	seal_and_send(&scene);
	issue(&scene, "today");
	/* the same record again, and one of before: the earliest of them counts */
	write_visit(&scene, 3, 0, 9);
	write_visit(&scene, 5, 140372, 0);
	seal_and_send(&scene);
	assert_changed(&scene, "today", "140372 visits 2 7; ", "late visit +5; ");

	list = ask(&scene.room,
		   json_pack("{s:s, s:s}", "command", "log", "site", "14-0371"));
	json_array_foreach(json_object_get(list, "entries"), i, item)
	{
		if (json_integer_value(json_object_get(item, "count")) == 3 &&
		    text[0] == '\0') {
			snprintf(text, sizeof(text),
				 "{\"kind\":\"void\",\"target\":\"%s\"}",
				 text_in(item, "ref"));
		}
	}
	json_decref(list);
	item = wrote(&scene.room, record_of(text));
	/* its twin counts instead: nothing is different, so nothing is told of it */
	assert_changed(&scene, "today", "140372 visits 2 7; ", "late visit +5; ");
	issue(&scene, "then");
	json_decref(item);
	write_visit(&scene, 1, 140372, 0);
	seal_and_send(&scene);
	assert_changed(&scene, "then", "140372 visits 7 8; ", "late visit +1; ");
	scene_close(&scene);
}

/* What is given to the province itself: a figure of site 0, which hides no other. */
static void test_own(void **state)
{
	static const char donation[] =
		"{\"kind\":\"donation\",\"donor\":\"person\",\"money\":5}";
	struct scene scene;
	json_t *sites;
	json_t *answer;

	(void)state;
	scene_open(&scene);
	write_visit(&scene, 2, 0, 0);
	seal_and_send(&scene);
	issue(&scene, "before");
	json_decref(wrote(&scene.room, record_of(donation)));
	assert_changed(&scene, "before",
		       "0 donations 0 1; 0 donated_money 0 5; "
		       "0 donations_by_donor.person 0 1; ",
		       "late donation +0; ");
	issue(&scene, "after");
	assert_changed(&scene, "after", "", "");
	answer = ask(&scene.room, request_of("report-show", "after"));
	sites = json_object_get(answer, "sites");
	assert_int_equal(json_array_size(sites), 2);
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(sites, 0), "site")), 0);
	assert_string_equal(text_in(json_array_get(sites, 1), "code"), "14-0371");
	json_decref(answer);
	write_visit(&scene, 3, 0, 0);
	seal_and_send(&scene);
	json_decref(wrote(&scene.room, record_of(donation)));
	assert_changed(&scene, "after",
		       "0 donations 1 2; 0 donated_money 5 10; "
		       "0 donations_by_donor.person 1 2; 140371 visits 2 5; ",
		       "late visit +3; late donation +0; ");
	scene_close(&scene);
}

/* --- reports of other programs, or of many parts --- */

/* Each of 4,000 sites has a visit: that is more than one entry can say. */
static void test_parts(void **state)
{
	struct scene scene;
	json_t *answer;
	json_t *item;
	char ref[PH_REF_TEXT];
	struct ph_ref second;

	(void)state;
	scene_open(&scene);
	for (uint64_t i = 0; i < 4000; i++) {
		write_visit(&scene, 1, 100000 + i, 0);
	}
	seal_and_send(&scene);
	while (held_n(&scene.room, &scene.member) < own_log(&scene.member)->n) {
		seal_and_send(&scene);
	}
	answer = ask(&scene.room, request_issue(&scene, "large"));
	assert_int_equal(json_integer_value(json_object_get(answer, "parts")), 2);
	assert_int_equal(json_array_size(json_object_get(answer, "sites")), 4000);
	item = json_array_get(json_object_get(answer, "entries"), 0);
	snprintf(ref, sizeof(ref), "%s", text_in(item, "ref"));
	json_decref(answer);
	answer = ask(&scene.room, json_pack("{s:s}", "command", "report-list"));
	assert_int_equal(json_array_size(json_object_get(answer, "reports")), 1);
	item = json_array_get(json_object_get(answer, "reports"), 0);
	assert_int_equal(json_integer_value(json_object_get(item, "parts")), 2);
	assert_string_equal(text_in(item, "ref"), ref);
	json_decref(answer);
	answer = ask(&scene.room, request_of("report-show", ref));
	assert_int_equal(json_array_size(json_object_get(answer, "sites")), 4000);
	json_decref(answer);
	write_visit(&scene, 1, 103999, 0);
	seal_and_send(&scene);
	assert_changed(&scene, ref, "103999 visits 1 2; ", "late visit +1; ");

	/* its second part by itself is no report */
	assert_int_equal(ph_ref_parse(ref, strlen(ref), &second), 0);

	struct ph_buf bytes = { 0 };
	uint8_t e[PH_HASH_SIZE];

	assert_int_equal(ph_journal_entry(ph_hub_journal(scene.room.hub),
					  ph_writer_log(scene.room.hub->desk)->row,
					  ++second.n, &bytes),
			 0);
	ph_entry_hash(ph_buf_view(&bytes), e);
	memcpy(second.hash, e, sizeof(second.hash));
	ph_ref_text(ref, &second);
	ph_buf_deinit(&bytes);
	refused(&scene.room, request_of("report-show", ref), PH_EXIT_USAGE,
		"part 2 of a report");
	scene_close(&scene);
}

static int take_bytes(void *data, struct ph_view bytes)
{
	return ph_buf_put_view(data, bytes);
}

/* A report-issue with these figures, as another program might have written it. */
static void issue_by_hand(struct scene *scene, const char *name, struct ph_view figures)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_REPORT_ISSUE),
				  .number = PH_KIND_REPORT_ISSUE };
	int64_t day = ph_day_of(scene->room.machine.now.wall);
	struct ph_error err = { 0 };

	entry.field[PH_REPORT_REPORT].set = true;
	entry.field[PH_REPORT_REPORT].as.bytes = ph_view_str(name);
	entry.field[PH_REPORT_FROM] = (struct ph_value){ .set = true, .as.day = day };
	entry.field[PH_REPORT_TO] = (struct ph_value){ .set = true, .as.day = day };
	entry.field[PH_REPORT_FIGURES].set = figures.len > 0;
	entry.field[PH_REPORT_FIGURES].as.bytes = figures;
	if (ph_hub_desk_add(scene->room.hub, &entry, 1, NULL, &err) != 0) {
		fail_msg("%s", err.text);
	}
}

static void test_by_others(void **state)
{
	struct scene scene;
	struct ph_figures figures = { 0 };
	struct ph_buf bytes = { 0 };
	json_t *answer;
	json_t *item;

	(void)state;
	scene_open(&scene);
	write_visit(&scene, 2, 0, 0);
	seal_and_send(&scene);
	issue_by_hand(&scene, "none", (struct ph_view){ 0 });
	issue_by_hand(&scene, "other", PH_VIEW("\x07", 1));
	refused(&scene.room, request_of("report-changed", "none"), PH_EXIT_OTHER,
		"does not know");
	refused(&scene.room, request_of("report-show", "other"), PH_EXIT_OTHER,
		"does not know");

	/* it counted one more than this program does: no entry explains that */
	json_decref(ask(&scene.room, json_pack("{s:s}", "command", "status")));
	assert_int_equal(ph_figures_sum(ph_hub_ledger(scene.room.hub),
					ph_day_of(scene.room.machine.now.wall),
					ph_day_of(scene.room.machine.now.wall), &figures),
			 0);
	figures.sites[0].tally.count[PH_TALLY_VISITS]++;
	assert_int_equal(ph_figures_encode(&figures, 24 * 1024, take_bytes, &bytes), 0);
	issue_by_hand(&scene, "more", ph_buf_view(&bytes));
	answer = ask(&scene.room, request_of("report-changed", "more"));
	assert_int_equal(json_array_size(json_object_get(answer, "changed")), 1);
	assert_int_equal(json_array_size(json_object_get(answer, "entries")), 0);
	item = json_array_get(json_object_get(answer, "unexplained"), 0);
	assert_string_equal(text_in(item, "counter"), "visits");
	assert_int_equal(json_integer_value(json_object_get(item, "difference")), -1);
	json_decref(answer);
	answer = ask(&scene.room, json_pack("{s:s}", "command", "report-list"));
	assert_int_equal(json_array_size(json_object_get(answer, "reports")), 3);
	json_decref(answer);
	ph_figures_deinit(&figures);
	ph_buf_deinit(&bytes);
	scene_close(&scene);
}

/* A report is in the books when its commit has returned, or it is not. */
static void test_full_disk(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	write_visit(&scene, 2, 0, 0);
	seal_and_send(&scene);
	json_decref(ask(&scene.room, json_pack("{s:s}", "command", "status")));
	disk.fault = FAIL_FULL;
	refused(&scene.room, request_issue(&scene, "full"), PH_EXIT_OTHER, "");
	assert_int_equal(disk.hits, 1);
	refused(&scene.room, request_of("report-show", "full"), PH_EXIT_OTHER,
		"no report");
	issue(&scene, "full");
	assert_changed(&scene, "full", "", "");
	scene_close(&scene);
}

/* Figures of other days may not bear the name of a row: its sheet would not be found any more. */
static void test_row_names(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	refused(&scene.room, request_issue(&scene, "M2 2026-Q3"), PH_EXIT_USAGE,
		"the name of a row");
	refused(&scene.room, request_issue(&scene, "visits 2026 by site"), PH_EXIT_USAGE,
		"report issue visits --period 2026");
	issue(&scene, "M2");
	issue(&scene, "M2 of 2026");
	issue(&scene, "Q3 2026");
	scene_close(&scene);
}

static json_t *asked_by_page(json_t *request)
{
	assert_int_equal(json_object_set_new(request, "page", json_string("yes")), 0);
	return request;
}

/* What a page issues is reckoned in a moment, or refused; others take their time. */
static void test_by_page(void **state)
{
	struct scene scene;
	json_t *answer;
	json_t *request;

	(void)state;
	scene_open(&scene);
	write_visit(&scene, 2, 0, 0);
	seal_and_send(&scene);
	json_decref(ask(&scene.room, json_pack("{s:s}", "command", "status")));
	scene.room.hub->page_ms = 0;
	refused(&scene.room, asked_by_page(request_issue(&scene, "days")), PH_EXIT_OTHER,
		"longer than devices may wait for a page; nothing was written");
	refused(&scene.room,
		asked_by_page(json_pack("{s:s, s:s, s:s}", "command", "report-issue",
					"report", "visits", "period", "2020")),
		PH_EXIT_OTHER, "packhorsed report issue");
	refused(&scene.room, request_of("report-show", "days"), PH_EXIT_OTHER,
		"no report");
	request = asked_by_page(request_issue(&scene, "days"));
	answer = ph_hub_command(scene.room.hub, request);
	json_decref(request);
	assert_string_equal(json_string_value(json_object_get(answer, "reason")),
			    "too-long");
	json_decref(answer);
	issue(&scene, "others");
	scene.room.hub->page_ms = 60000;
	json_decref(ask(&scene.room, asked_by_page(request_issue(&scene, "days"))));
	refused(&scene.room, asked_by_page(request_issue(&scene, "M2 2026-Q3")),
		PH_EXIT_USAGE, "the name of a row");
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judged),    cmocka_unit_test(test_clamped),
		cmocka_unit_test(test_reasons),   cmocka_unit_test(test_parts),
		cmocka_unit_test(test_by_others), cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_own),       cmocka_unit_test(test_row_names),
		cmocka_unit_test(test_by_page),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
