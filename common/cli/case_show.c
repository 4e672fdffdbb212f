/*
 * common/cli/case_show.c - one case: what it is, its facts, what was decided, what can be.
 *
 * With --plain only the facts, a line each.
 */
#include "common/cli/case_show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/case_rows.h"
#include "common/cli/case_words.h"
#include "common/cli/entry_words.h"
#include "common/cli/out.h"
#include "common/cli/sheet.h"
#include "common/cli/story_rows.h"
#include "common/cli/story_sheet.h"

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

static bool is_gone(const json_t *one)
{
	return strcmp(text_of(one, "status"), "gone") == 0;
}

static void print_gone(const json_t *one)
{
	printf("%.8s  [%s] %s\n", text_of(one, "id"), ph_case_status_say("gone", false),
	       ph_say("its facts are no case any more",
		      "các sự việc của nó không còn mâu thuẫn"));
}

static void print_head(const struct ph_cli *cli, const json_t *one)
{
	char time[PH_CASE_TIME_TEXT], safe[512];
	char *about = ph_case_about(one, false), *sites = ph_case_sites(one);

	printf("%.8s  %s: %s  [%s]\n", text_of(one, "id"), text_of(one, "case"),
	       ph_case_kind_say(text_of(one, "case")),
	       ph_case_status_say(text_of(one, "status"), false));
	if (about && about[0]) {
		ph_text_safe(safe, sizeof(safe), about, strlen(about));
		printf("%s\n", safe);
	}
	if (text_of(one, "time")[0]) {
		ph_case_time(cli, time, text_of(one, "time"));
		ph_text_safe(safe, sizeof(safe), sites ? sites : "",
			     sites ? strlen(sites) : 0);
		printf("%s %s  %s\n", ph_say("since", "từ"), time, safe);
	}
	if (text_of(one, "digest")[0]) {
		printf("%s %s\n", ph_say("digest of the facts", "mã băm của các sự việc"),
		       text_of(one, "digest"));
	}
	free(about);
	free(sites);
}

/* Of a case that is gone no decision fits, and that says nothing. */
static const char *say_fit(const json_t *decision, bool gone)
{
	return gone ? ""
	       : json_is_true(json_object_get(decision, "fits"))
		       ? ph_say("on these facts", "trên đúng các sự việc này")
		       : ph_say("on other facts", "trên các sự việc khác");
}

static void print_decision(const struct ph_cli *cli, const json_t *decision, bool gone)
{
	char time[PH_CASE_TIME_TEXT] = "";
	json_t *ref;
	size_t i;

	if (text_of(decision, "time")[0]) {
		ph_case_time(cli, time, text_of(decision, "time"));
	}
	printf("   %s  %s%s%s\n", text_of(decision, "choice"), time, time[0] ? "  " : "",
	       say_fit(decision, gone));
	if (text_of(decision, "means")[0]) {
		printf("   %s\n", ph_case_means_say(text_of(decision, "means")));
	}
	printf("   %s\n", strcmp(text_of(decision, "vouched"), "hub") == 0
				  ? ph_say("as the provincial library says",
					   "theo lời thư viện tỉnh")
				  : text_of(decision, "by"));
	json_array_foreach(json_object_get(decision, "entries"), i, ref)
	{
		printf("     %s %s\n", ph_say("with", "cùng với"),
		       json_string_value(ref));
	}
}

static void print_choice(const json_t *choice)
{
	const char *needs = text_of(choice, "needs");
	json_t *entry;
	size_t i;

	printf("   %-10s  %s\n", text_of(choice, "choice"),
	       ph_case_means_say(text_of(choice, "means")));
	if (needs[0]) {
		printf("   %-10s  %s %s\n", "", ph_say("needs", "cần"), needs);
	}
	json_array_foreach(json_object_get(choice, "writes"), i, entry)
	{
		printf("   %-10s  %s %s: ", "", ph_say("writes", "ghi"),
		       ph_kind_say(text_of(entry, "kind")));
		ph_entry_words_print(entry);
		putchar('\n');
	}
}

/* A site was not fed each fact; who has them all is the hub. */
static void print_missing(const json_t *one)
{
	json_t *story;
	size_t i;

	json_array_foreach(json_object_get(one, "facts"), i, story)
	{
		if (json_is_false(json_object_get(story, "here"))) {
			printf("\n%s packhorsed case show %.8s\n",
			       ph_say("what is not here the provincial library can "
				      "show:",
				      "những gì không có ở đây thư viện tỉnh xem được:"),
			       text_of(one, "id"));
			return;
		}
	}
}

static void print_whole(const struct ph_cli *cli, const json_t *one)
{
	const json_t *decisions = json_object_get(one, "decisions");
	const json_t *choices = json_object_get(one, "choices");
	json_t *item;
	size_t i;

	if (is_gone(one)) {
		print_gone(one);
	} else {
		print_head(cli, one);
	}
	putchar('\n');
	ph_stories_print(cli, json_object_get(one, "facts"));
	if (!choices) {
		print_missing(one);
	}
	if (json_array_size(decisions) > 0) {
		printf("%s%s\n", is_gone(one) ? "" : "\n", ph_say("decided", "đã quyết"));
	}
	json_array_foreach(decisions, i, item)
	{
		print_decision(cli, item, is_gone(one));
	}
	if (json_array_size(choices) > 0) {
		printf("\n%s: packhorsed case decide %.8s ...\n",
		       ph_say("what can be decided", "có thể quyết"), text_of(one, "id"));
	}
	json_array_foreach(choices, i, item)
	{
		print_choice(item);
	}
}

int ph_case_print(const struct ph_cli *cli, json_t *answer)
{
	const json_t *one = json_object_get(answer, "case");

	if (cli->json) {
		return ph_out_json(answer);
	}
	if (ph_sheet_is_wanted()) {
		int rc = ph_members_sheet(one);

		rc = rc != 0 ? rc : ph_stories_sheet(json_object_get(one, "facts"));
		rc = rc != 0 ? rc : ph_decisions_sheet(json_object_get(one, "decisions"));
		json_decref(answer);
		return rc;
	}
	if (cli->plain) {
		ph_stories_print(cli, json_object_get(one, "facts"));
	} else {
		print_whole(cli, one);
	}
	json_decref(answer);
	return ph_out_flush("", NULL);
}
