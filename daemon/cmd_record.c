/*
 * daemon/cmd_record.c - packhorsed record: entries in their JSON view, one a line.
 *
 * As `packhorse record`, for what the hub may write: each line is safe when its answer is
 * printed; a wrong line is answered and passed over; with --batch all lines are one
 * commit, or none. "@K" where a reference is due means the entry of line K. When an
 * answer cannot be printed nothing more is read, and what was saved stays: the error says
 * how many lines.
 */
#include "daemon/cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/lines.h"
#include "common/cli/out.h"
#include "common/log/json.h"
#include "daemon/act.h"

struct recording {
	struct ph_cli *cli;
	struct ph_lines in;
	uint64_t written, failed;
	json_t *refs; /* by number of the line, as text */
	/* --batch */
	json_t *entries, *lines;
};

/* --- lines --- */

/* struct ph_lines.next */
static int next_byte(void *data, struct ph_error *err)
{
	FILE *file = data;
	int c = getc(file);

	if (c == EOF && ferror(file)) {
		return ph_fail_errno(err, -EIO,
				     ph_say("reading the input", "đọc dữ liệu nhập")) -
		       1;
	}
	return c == EOF ? -1 : c;
}

/* The site that --behalf names, for an entry that does not say so itself, unless it is the hub's own word. */
static const char *behalf_of(const struct recording *recording, const json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "kind"));
	const struct ph_kind *kind = name ? ph_kind_named(ph_view_str(name)) : NULL;

	return !kind || strcmp(kind->family, "hub") == 0 ||
			       json_object_get(object, "behalf")
		       ? NULL
		       : ph_cli_get(recording->cli, "behalf");
}

static int parse_line(const struct recording *recording, json_t **object_out,
		      struct ph_error *err)
{
	json_t *object = NULL;
	int rc = ph_lines_check(&recording->in, err);

	rc = rc != 0 ? rc : ph_json_parse(ph_buf_view(&recording->in.line), &object, err);
	if (rc == 0) {
		rc = ph_request_set(object, "behalf", behalf_of(recording, object), err);
	}
	if (rc < 0) {
		json_decref(object);
		return rc;
	}
	*object_out = object;
	return 0;
}

/* --- answers --- */

/* Print ANSWER (taken), of the line NUMBER. */
static int give(const struct recording *recording, json_t *answer, json_int_t number,
		struct ph_error *err)
{
	int rc = answer ? 0 : -ENOMEM;

	if (rc == 0) {
		json_object_del(answer, "exit");
		rc = json_object_set_new(answer, "line", json_integer(number)) != 0
			     ? -ENOMEM
			     : 0;
		if (rc < 0) {
			json_decref(answer);
		}
	}
	rc = rc < 0 ? rc : ph_out_json(answer);
	return ph_lines_told(rc, recording->written, err);
}

/* True: the hub refused this line; false: the next ones would fare no better. */
static bool is_refusal(int rc, const struct ph_error *wrong)
{
	return rc == -EINVAL || rc == -EMSGSIZE ||
	       (rc == -EREMOTEIO &&
		(wrong->exit == PH_EXIT_USAGE || wrong->exit == PH_EXIT_OTHER));
}

static json_t *refused(const char *text)
{
	return json_pack("{s:b, s:s}", "ok", 0, "error", ph_lines_words(text));
}

/* --- a line by itself --- */

static int add_ref(const struct recording *recording, json_t *refs, const json_t *value)
{
	const char *text = json_string_value(value);
	json_t *ref = text && text[0] == '@' ? json_object_get(recording->refs, text + 1)
					     : NULL;

	return ref && json_object_set(refs, text + 1, ref) ? -ENOMEM : 0;
}

/* What the lines wrote that OBJECT names as "@K"; no more, since a request has a limit. */
static int refs_of(const struct recording *recording, json_t *object, json_t *refs)
{
	const char *name;
	json_t *value;
	json_t *item;
	size_t i;
	int rc = 0;

	json_object_foreach(object, name, value)
	{
		rc = rc != 0 ? rc : add_ref(recording, refs, value);
		json_array_foreach(value, i, item)
		{
			rc = rc != 0 ? rc : add_ref(recording, refs, item);
		}
	}
	return rc;
}

static int ask_line(struct recording *recording, json_t *object, json_t **item_out,
		    struct ph_error *err)
{
	json_t *request =
		json_pack("{s:s, s:[O], s:[I], s:{}}", "command", "record", "entries",
			  object, "lines", (json_int_t)recording->in.number, "refs");
	const char *kind = json_string_value(json_object_get(object, "kind"));
	json_t *answer = NULL;
	char name[24];
	int rc = refs_of(recording, object, json_object_get(request, "refs"));

	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	rc = ph_act_ask(recording->cli, request, kind ? kind : "", &answer, err);
	if (rc < 0) {
		return rc;
	}
	*item_out = json_incref(json_array_get(json_object_get(answer, "entries"), 0));
	json_decref(answer);
	snprintf(name, sizeof(name), "%" PRIu64, recording->in.number);
	return json_object_set(recording->refs, name, json_object_get(*item_out, "ref"))
		       ? -ENOMEM
		       : 0;
}

static int record_line(struct recording *recording, struct ph_error *err)
{
	struct ph_error wrong = { .exit = PH_EXIT_DONE };
	json_t *object = NULL;
	json_t *item = NULL;
	int rc = parse_line(recording, &object, &wrong);

	rc = rc != 0 ? rc : ask_line(recording, object, &item, &wrong);
	json_decref(object);
	if (rc < 0 && !is_refusal(rc, &wrong)) {
		json_decref(item);
		*err = wrong;
		return ph_fail_errno(err, rc, ph_say("recording", "ghi nhận"));
	}
	if (rc < 0) {
		recording->failed++;
		item = refused(wrong.text);
	} else {
		recording->written++;
	}
	return give(recording, item, (json_int_t)recording->in.number, err);
}

/* --- all lines at once --- */

/* A line that is no JSON: none of the batch is written. */
static int keep_line(struct recording *recording, struct ph_error *err)
{
	struct ph_error wrong = { .exit = PH_EXIT_DONE };
	json_t *object = NULL;
	int rc = parse_line(recording, &object, &wrong);

	if (rc < 0) {
		return ph_fail(err, wrong.exit, rc,
			       ph_say("line %" PRIu64 ": %s", "dòng %" PRIu64 ": %s"),
			       recording->in.number, ph_lines_words(wrong.text));
	}
	return json_array_append_new(recording->entries, object) ||
			       json_array_append_new(
				       recording->lines,
				       json_integer((json_int_t)recording->in.number))
		       ? -ENOMEM
		       : 0;
}

static int end_batch(struct recording *recording, struct ph_error *err)
{
	struct ph_error wrong = { .exit = PH_EXIT_DONE };
	size_t n = json_array_size(recording->entries);
	json_t *answer;
	json_t *item;
	size_t i;
	int rc;

	if (n == 0) {
		return 0;
	}
	rc = ph_ask(recording->cli,
		    json_pack("{s:s, s:O, s:O}", "command", "record", "entries",
			      recording->entries, "lines", recording->lines),
		    &answer, &wrong);
	if (rc < 0 && n == 1 && is_refusal(rc, &wrong)) {
		recording->failed++;
		return give(recording, refused(wrong.text),
			    json_integer_value(json_array_get(recording->lines, 0)), err);
	}
	if (rc < 0) {
		return ph_fail(err, wrong.exit, rc, "%s", wrong.text);
	}
	if (json_object_get(json_array_get(json_object_get(answer, "entries"), 0),
			    "sign")) {
		json_decref(answer);
		return ph_fail(err, PH_EXIT_USAGE, -EPERM,
			       ph_say("an operator signs this: give it without --batch",
				      "việc này người vận hành phải ký: hãy đưa mà không "
				      "có --batch"));
	}
	json_array_foreach(json_object_get(answer, "entries"), i, item)
	{
		bool ok = json_is_true(json_object_get(item, "ok"));

		recording->written += ok;
		recording->failed += !ok;
	}
	json_array_foreach(json_object_get(answer, "entries"), i, item)
	{
		json_int_t line = json_integer_value(json_array_get(recording->lines, i));

		rc = rc != 0 ? rc : give(recording, json_incref(item), line, err);
	}
	json_decref(answer);
	return rc;
}

static int record_all(struct recording *recording, struct ph_error *err)
{
	bool batch = recording->entries != NULL;
	int rc = 0;
	int more;

	while (rc == 0 && (more = ph_lines_next(&recording->in, err)) != 0) {
		rc = more < 0 ? more
		     : batch  ? keep_line(recording, err)
			      : record_line(recording, err);
	}
	return rc == 0 && batch ? end_batch(recording, err) : rc;
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct recording recording = { .cli = cli, .refs = json_object() };
	FILE *input = stdin;
	const char *path = cli->n_args > 0 ? cli->args[0] : "-";
	int rc;

	if (strcmp(path, "-") == 0 && ph_cli_has(cli, "passphrase-file") &&
	    strcmp(ph_cli_get(cli, "passphrase-file"), "-") == 0) {
		json_decref(recording.refs);
		return ph_cli_usage(
			cli, err,
			ph_say("entries and a passphrase cannot both come "
			       "by standard input: name a file of either",
			       "mục ghi và câu khóa không thể cùng đến từ dữ "
			       "liệu nhập vào: hãy chỉ tệp cho một trong hai"));
	}
	if (strcmp(path, "-") != 0) {
		input = fopen(path, "rb");
		if (!input) {
			json_decref(recording.refs);
			return ph_fail(err, PH_EXIT_USAGE, -errno, "%s: %s", path,
				       ph_errno_say(-errno));
		}
	}
	if (ph_cli_has(cli, "batch")) {
		recording.entries = json_array();
		recording.lines = json_array();
	}
	recording.in = (struct ph_lines){ .next = next_byte, .data = input };
	rc = record_all(&recording, err);
	if (input != stdin) {
		fclose(input);
	}
	json_decref(recording.refs);
	json_decref(recording.entries);
	json_decref(recording.lines);
	ph_lines_deinit(&recording.in);
	if (rc < 0) {
		return rc;
	}
	return recording.failed > 0 ? PH_EXIT_OTHER : PH_EXIT_DONE;
}

static const struct ph_cli_option options[] = {
	{ "batch", NULL, "all lines in one commit, or none" },
	{ "behalf", "SITE",
	  "lines that do not say so are for this site: its code or "
	  "number" },
	PH_ACT_OPERATOR,
	{ 0 },
};

const struct ph_cli_command ph_cmds_record[] = {
	{ "record", "Scripts", "[FILE]", 0, 1,
	  "write entries in their JSON view, one a line, from FILE or standard input\n"
	  "Each line is safe when its answer is printed. \"@3\" as a reference means "
	  "the entry\n"
	  "of line 3; a site may be given by its code. Exit status 1 when any line was "
	  "refused.",
	  options, run, NULL },
	{ 0 },
};
