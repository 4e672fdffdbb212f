/*
 * client/cmd_crate.c - packhorse crate dispatch, receive: copies travel between sites.
 *
 * Each journey has a code of its own, printed for it and stuck on the crate; the receiver
 * scans it. One entry lists at most 400 copies, so a large crate is several
 * entries of one journey, in one commit.
 *
 * Copies come from the command line or, one a line, from standard input. A person at a
 * terminal is told at once of a line that is no good, and scans again; in a pipe any such
 * line refuses all, as a wrong word on the command line does.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/codes_in.h"
#include "common/cli/out.h"
#include "common/ledger/view.h"

/* --- copies --- */

struct load {
	json_t *codes; /* in the order of scanning, each once */
	json_t *seen;  /* object: code to true */
};

static int add_code(struct ph_desk *desk, struct load *load, const char *code,
		    struct ph_error *err)
{
	struct ph_id id;
	json_t *text;
	int rc = ph_scan(&desk->scanner, PH_T_COPY_ID, ph_view_str(code), &id, err);

	if (rc != 0 || json_object_get(load->seen, code)) {
		return rc;
	}
	text = json_string(code);
	if (!text) {
		return ph_slip_no_text(code, strlen(code), "a code", err);
	}
	return json_array_append_new(load->codes, text) == 0 &&
			       json_object_set_new(load->seen, code, json_true()) == 0
		       ? 0
		       : -ENOMEM;
}

/* A line that is no good was said; whether the command goes on. */
static int say_line(const struct ph_desk *desk, const struct ph_codes_in *in,
		    const struct ph_error *line, struct ph_error *err)
{
	fprintf(stderr, "%s: line %" PRIu64 ": %s\n", desk->cli->program->name,
		in->number, line->text);
	if (isatty(STDIN_FILENO)) {
		return 0;
	}
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("line %" PRIu64 " is no good; nothing was written",
			      "dòng %" PRIu64 " không dùng được; chưa ghi gì"),
		       in->number);
}

static int read_codes(struct ph_desk *desk, struct load *load, struct ph_error *err)
{
	struct ph_codes_in in = { 0 };
	int more = 1;
	int rc = 0;

	while (rc == 0 && more != 0) {
		struct ph_error line = { .exit = PH_EXIT_DONE };
		const char *code;

		more = ph_codes_in_next(&in, &code, &line);
		rc = more == 1 ? add_code(desk, load, code, &line) : more;
		if (rc < 0 && line.exit == PH_EXIT_USAGE) {
			rc = say_line(desk, &in, &line, err);
		} else if (rc < 0) {
			*err = line;
		}
	}
	ph_codes_in_deinit(&in);
	return rc;
}

/* The copies of the command line from word FIRST on. NONE_TOO: none means standard input. */
static int load_copies(struct ph_desk *desk, struct load *load, int first, bool none_too,
		       struct ph_error *err)
{
	const struct ph_cli *cli = desk->cli;
	int rc = 0;

	load->codes = json_array();
	load->seen = json_object();
	if (!load->codes || !load->seen) {
		return -ENOMEM;
	}
	if (ph_codes_in_asked(cli, first, none_too)) {
		return read_codes(desk, load, err);
	}
	for (int i = first; rc == 0 && i < cli->n_args; i++) {
		rc = add_code(desk, load, cli->args[i], err);
	}
	return rc;
}

static void free_load(struct load *load)
{
	json_decref(load->codes);
	json_decref(load->seen);
}

/* The next copies of LOAD from *AT on, as many as one entry takes, into SLIP. */
static int set_copies(json_t *slip, const struct load *load, size_t *at)
{
	/* of both kinds */
	size_t max = ph_kind_find(PH_KIND_CRATE_DISPATCH)->fields[PH_DISPATCH_COPIES].max;
	json_t *copies = json_array();
	size_t end = *at + max;
	int rc = copies ? 0 : -ENOMEM;

	end = end < json_array_size(load->codes) ? end : json_array_size(load->codes);
	for (; rc == 0 && *at < end; ++*at) {
		rc = json_array_append(copies, json_array_get(load->codes, *at)) == 0
			     ? 0
			     : -ENOMEM;
	}
	if (rc != 0 || json_array_size(copies) == 0) {
		json_decref(copies);
		return rc;
	}
	return json_object_set_new(slip, "copies", copies) == 0 ? 0 : -ENOMEM;
}

/* --- dispatch --- */

static const struct ph_slip_field dispatch_fields[] = {
	{ .option = "from", .member = "from", .how = PH_SLIP_SITE },
	{ .option = "to", .member = "to", .how = PH_SLIP_SITE },
	{ .option = "due-back", .member = "due_back" },
	{ 0 },
};

/* A journey that has a code already must be this one, and still under way. */
static int check_crate(struct ph_desk *desk, const char *code, json_t *from, json_t *to,
		       struct ph_error *err)
{
	json_t *view = NULL, *first;
	char shown[2 * PH_CODE_MAX];
	struct ph_id id;
	const char *why = NULL;
	int rc;

	desk->scanner.naming = PH_T_CRATE_ID;
	rc = ph_scan(&desk->scanner, PH_T_CRATE_ID, ph_view_str(code), &id, err);
	desk->scanner.naming = PH_T_UINT;
	rc = rc != 0 ? rc : ph_view_crate(desk->ledger, &id, &view);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	first = json_array_get(json_object_get(view, "dispatches"), 0);
	if (json_array_size(json_object_get(view, "receives")) > 0) {
		why = ph_say("this crate has arrived", "thùng sách này đã đến nơi");
	} else if (first && (!json_equal(json_object_get(first, "from"), from) ||
			     !json_equal(json_object_get(first, "to"), to))) {
		why = ph_say("this code is of a journey between other sites",
			     "mã này là của một chuyến khác");
	}
	json_decref(view);
	ph_text_safe(shown, sizeof(shown), code, strlen(code));
	return why ? ph_fail(err, PH_EXIT_USAGE, -EEXIST, "%s: %s; %s", shown, why,
			     ph_say("each journey has a code of its own: leave --crate "
				    "out",
				    "mỗi chuyến có mã riêng: hãy bỏ --crate"))
		   : 0;
}

/* A new code, or the one that --crate names. */
static int name_crate(struct ph_desk *desk, json_t **crate_out, struct ph_error *err)
{
	const char *given = ph_cli_get(desk->cli, "crate");
	char printed[PH_PRINTED_SIZE + 1];
	int rc = given ? 0 : ph_site_print_code(desk->site, printed, err);

	if (rc != 0) {
		return rc;
	}
	given = given ? given : printed;
	*crate_out = json_string(given);
	return *crate_out ? 0 : ph_slip_no_text(given, strlen(given), "--crate", err);
}

static int fill_dispatch(struct ph_desk *desk, json_t *slip, json_t *crate,
			 struct ph_error *err)
{
	int rc = json_object_set(slip, "crate", crate) == 0 ? 0 : -ENOMEM;

	rc = rc != 0 ? rc : ph_desk_fields(desk, dispatch_fields, slip, NULL, err);
	if (rc == 0 && !json_object_get(slip, "from")) {
		rc = ph_slip_number(slip, "from",
				    desk->behalf ? desk->behalf : desk->info.site);
	}
	if (rc == 0 &&
	    json_equal(json_object_get(slip, "from"), json_object_get(slip, "to"))) {
		rc = ph_cli_usage(desk->cli, err,
				  ph_say("the crate goes to the site that it leaves",
					 "thùng được gửi tới chính điểm mà nó rời đi"));
	}
	if (rc == 0 && ph_cli_has(desk->cli, "crate")) {
		rc = check_crate(desk, ph_cli_get(desk->cli, "crate"),
				 json_object_get(slip, "from"),
				 json_object_get(slip, "to"), err);
	}
	return rc;
}

static int put_dispatches(struct ph_desk *desk, const struct load *load, json_t *crate,
			  struct ph_error *err)
{
	size_t at = 0;
	int rc = 0;

	while (rc == 0 && at < json_array_size(load->codes)) {
		json_t *slip = ph_desk_slip(desk, "crate-dispatch", err);

		rc = slip ? fill_dispatch(desk, slip, crate, err) : -EINVAL;
		rc = rc != 0 ? rc : set_copies(slip, load, &at);
		if (rc == 0) {
			desk->scanner.naming = PH_T_CRATE_ID;
			rc = ph_desk_put(desk, &slip, NULL, err);
			desk->scanner.naming = PH_T_UINT;
		} else {
			json_decref(slip);
		}
	}
	return rc;
}

static int dispatch(struct ph_desk *desk, struct ph_error *err)
{
	struct load load = { 0 };
	json_t *crate = NULL;
	int rc = load_copies(desk, &load, 0, true, err);

	if (rc == 0 && json_array_size(load.codes) == 0) {
		rc = ph_cli_usage(desk->cli, err,
				  ph_say("there is no copy to go into the crate",
					 "không có bản sách nào để xếp vào thùng"));
	}
	rc = rc != 0 ? rc : name_crate(desk, &crate, err);
	rc = rc != 0 ? rc : put_dispatches(desk, &load, crate, err);
	rc = rc != 0 ? rc : ph_desk_save(desk, err);
	json_decref(crate);
	free_load(&load);
	return rc;
}

static int run_dispatch(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_desk desk;
	int rc;

	if (!ph_cli_has(cli, "to")) {
		return ph_cli_usage(cli, err,
				    ph_say("say where it goes with --to SITE",
					   "hãy cho biết gửi tới đâu bằng --to SITE"));
	}
	rc = ph_desk_open(&desk, cli, err);
	if (rc < 0) {
		return rc;
	}
	rc = dispatch(&desk, err);
	ph_desk_close(&desk);
	return rc < 0 && rc != PH_OUT_LOST
		       ? ph_fail_errno(err, rc,
				       ph_say("sending a crate", "gửi thùng sách"))
		       : rc;
}

static const struct ph_cli_option dispatch_options[] = {
	{ "to", "SITE", "where it goes, by code or number" },
	{ "from", "SITE", "where from (default: here)" },
	{ "due-back", "DATE", "day by which the copies are to be back" },
	{ "crate", "CODE", "the journey, if it has a code already (default: a new one)" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_crate_dispatch = {
	.name = "crate dispatch",
	.group = "Crates",
	.args = "[COPY...] --to SITE",
	.max_args = -1,
	.doc = "a crate of copies leaves for another site\n\n"
	       "Without COPY, or with -, codes from standard input, one a line. It "
	       "prints "
	       "the\n"
	       "code of the journey: stick it on the crate.",
	.options = dispatch_options,
	.run = run_dispatch,
};

/* --- receive --- */

static const struct ph_slip_field receive_fields[] = {
	{ .option = "listed", .member = "listed", .how = PH_SLIP_FLAG },
	{ .option = "final", .member = "final", .how = PH_SLIP_FLAG },
	{ 0 },
};

/* One entry for each so many copies as it takes, but at least one; the last says what it all is. */
static int put_receives(struct ph_desk *desk, const struct load *load,
			struct ph_error *err)
{
	size_t at = 0;
	bool is_last = false;
	int rc = 0;

	while (rc == 0 && !is_last) {
		json_t *slip = ph_desk_slip(desk, "crate-receive", err);

		rc = slip ? ph_slip_text(slip, "crate", desk->cli->args[0], err)
			  : -EINVAL;
		rc = rc != 0 ? rc : set_copies(slip, load, &at);
		is_last = at >= json_array_size(load->codes);
		if (rc == 0 && is_last) {
			rc = ph_desk_fields(desk, receive_fields, slip, NULL, err);
		}
		if (rc == 0) {
			rc = ph_desk_put(desk, &slip, NULL, err);
		} else {
			json_decref(slip);
		}
	}
	return rc;
}

/* The codes of LIST, a member of the view of a crate, after WORD, on one line for people. */
static void say_codes(const struct ph_desk *desk, const json_t *list, const char *word)
{
	const json_t *one;
	size_t i;

	if (json_array_size(list) == 0) {
		return;
	}
	fprintf(stderr, "%s: %s:", desk->cli->program->name, word);
	json_array_foreach(list, i, one)
	{
		const char *code = json_string_value(json_object_get(one, "code"));
		char shown[2 * PH_CODE_MAX];

		ph_text_safe(shown, sizeof(shown), code ? code : "",
			     code ? strlen(code) : 0);
		fprintf(stderr, " %s", shown);
	}
	fprintf(stderr, "\n");
}

/* Whoever stands at the crate hears what is short of its list, or over. It is saved already. */
static void say_count(struct ph_desk *desk)
{
	struct ph_ledger *ledger = ph_site_ledger(desk->site, NULL);
	json_t *view = NULL;
	struct ph_id id;

	if (ledger &&
	    ph_site_resolve(desk->site, PH_T_CRATE_ID, ph_view_str(desk->cli->args[0]),
			    &id, NULL, NULL) == 0 &&
	    ph_view_crate(ledger, &id, &view) == 0 &&
	    json_is_true(json_object_get(view, "known"))) {
		say_codes(desk, json_object_get(view, "short"),
			  ph_say("short of the list, look for",
				 "thiếu so với danh sách, hãy tìm"));
		say_codes(desk, json_object_get(view, "over"),
			  ph_say("not on the list", "không có trong danh sách"));
	}
	json_decref(view);
}

static int run_receive(struct ph_cli *cli, struct ph_error *err)
{
	struct load load = { 0 };
	struct ph_desk desk;
	int rc;

	if (cli->n_args == 1 && !ph_cli_has(cli, "listed") && !ph_cli_has(cli, "final")) {
		return ph_cli_usage(
			cli, err,
			ph_say("give the copies, or - to scan them, or --listed to take "
			       "them from the list; --final when nothing more comes",
			       "hãy cho các bản sách, hoặc - để quét, hoặc --listed để "
			       "lấy theo danh sách; --final khi không còn gì nữa"));
	}
	rc = ph_desk_open(&desk, cli, err);
	if (rc < 0) {
		return rc;
	}
	rc = load_copies(&desk, &load, 1, false, err);
	rc = rc != 0 ? rc : put_receives(&desk, &load, err);
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	if (rc == 0 && ph_cli_has(cli, "final")) {
		say_count(&desk);
	}
	free_load(&load);
	ph_desk_close(&desk);
	return rc < 0 && rc != PH_OUT_LOST
		       ? ph_fail_errno(err, rc,
				       ph_say("receiving a crate", "nhận thùng sách"))
		       : rc;
}

static const struct ph_cli_option receive_options[] = {
	{ "listed", NULL, "what was not scanned came too, as the list says" },
	{ "final", NULL,
	  "nothing more comes: what is short or over is said, here and as a case" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_crate_receive = {
	.name = "crate receive",
	.group = "Crates",
	.args = "CRATE [COPY...]",
	.min_args = 1,
	.max_args = -1,
	.doc = "a crate has come\n\n"
	       "CRATE is the code on it. With - for COPY, codes from standard input, one "
	       "a "
	       "line.\n"
	       "A crate that is not known here is received all the same.",
	.options = receive_options,
	.run = run_receive,
};
