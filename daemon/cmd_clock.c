/*
 * daemon/cmd_clock.c - packhorsed clock: whether the hub believes its machine's clock, and an
 * operator's word that it is right.
 */
#include "daemon/cmd.h"

#include <stdio.h>

#include "common/cli/out.h"
#include "daemon/ask.h"

static const char *text_of(const json_t *clock, const char *name)
{
	const char *text = json_string_value(json_object_get(clock, name));

	return text ? text : "";
}

static void print_clock(const json_t *clock)
{
	printf(ph_say("the clock says %s\n", "đồng hồ chỉ %s\n"), text_of(clock, "now"));
	if (json_is_true(json_object_get(clock, "wrong"))) {
		printf(ph_say("by all that is known here it is about %s: nothing is "
			      "signed, "
			      "devices are told to come later.\n"
			      "Set the clock; or, if it is right, say `packhorsed clock "
			      "accept`\n",
			      "theo những gì máy chủ biết thì phải là khoảng %s: máy chủ "
			      "không ký gì, các máy được báo gọi lại sau.\n"
			      "Hãy chỉnh đồng hồ; nếu đồng hồ đúng, dùng lệnh "
			      "`packhorsed clock accept`\n"),
		       text_of(clock, "expected"));
	}
}

static int run(struct ph_cli *cli, const char *command, struct ph_error *err)
{
	const json_t *clock;
	json_t *answer;
	bool wrong;
	int rc = ph_ask(cli, ph_request(command), &answer, err);

	if (rc < 0) {
		return rc;
	}
	clock = json_object_get(answer, "clock");
	wrong = json_is_true(json_object_get(clock, "wrong"));
	if (cli->json || cli->plain) {
		rc = ph_out_script(cli->json, answer);
		return rc == 0 && wrong ? PH_EXIT_CLOCK : rc;
	}
	print_clock(clock);
	json_decref(answer);
	return wrong ? PH_EXIT_CLOCK : PH_EXIT_DONE;
}

static int run_look(struct ph_cli *cli, struct ph_error *err)
{
	return run(cli, "clock", err);
}

static int run_accept(struct ph_cli *cli, struct ph_error *err)
{
	return run(cli, "clock-accept", err);
}

const struct ph_cli_command ph_cmds_clock[] = {
	{ "clock", "Looking", "", 0, 0,
	  "whether the hub believes this machine's clock (exit 16: it does not)\n"
	  "One that has jumped by over an hour would make it sign wrong times: until it "
	  "is "
	  "set\n"
	  "right, or accepted, nothing is signed and devices are told to come later.",
	  NULL, run_look, NULL },
	{ "clock accept", "Running", "", 0, 0,
	  "the clock of this machine is right as it is now\n"
	  "For when somebody has looked at it: what was known before counts no more.",
	  NULL, run_accept, NULL },
	{ 0 },
};
