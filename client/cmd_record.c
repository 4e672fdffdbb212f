/*
 * client/cmd_record.c - packhorse record: entries in their JSON view, one a line.
 *
 * For scripts, back-filled history and tests. Each line is durable by itself and is
 * answered by a line, flushed when it is safe; a wrong line is answered and passed over.
 * With --batch all lines are one commit, or none, and the answers follow it. When an
 * answer cannot be printed nothing more is read, and what was saved stays: the error says
 * how many lines.
 *
 * "@K" where a reference is due means the entry of line K of the same input. A line that
 * is too long (common/cli/lines.h) is refused without being kept in memory. While no
 * input comes, others may have the folder; a batch is read as a whole before it begins.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/allowed.h"
#include "client/scan.h"
#include "client/slip_told.h"
#include "common/cli/lines.h"
#include "common/cli/out.h"
#include "common/log/json_refs.h"

#define PATIENCE_MS 200 /* the folder is held so long while no input comes */

struct recording {
	const struct ph_cli *cli;
	struct ph_site *site;
	struct ph_scanner scanner;
	int input;
	uint8_t chunk[8192]; /* of the input */
	struct ph_buf all;   /* --batch: the whole input instead */
	const uint8_t *at, *end;
	bool has_all;
	struct ph_lines in;
	uint64_t refs_count; /* lines that have room in refs */
	struct ph_ref *refs; /* by line; n 0: wrote nothing */
	uint64_t written, failed;
	json_t *answers; /* --batch */
};

/* --- lines --- */

/* The folder again, which somebody else may have for long; what is sent meanwhile waits. */
static int come_back(struct recording *recording, struct ph_error *err)
{
	bool waits = false;
	int rc;

	while ((rc = ph_site_resume(recording->site, err)) == -EWOULDBLOCK) {
		if (!waits) {
			fprintf(stderr, "%s: %s\n", recording->cli->program->name,
				err->text);
			waits = true;
		}
		*err = (struct ph_error){ .exit = PH_EXIT_DONE };
	}
	if (rc == 0 && !ph_site_ledger(recording->site, err)) {
		rc = -EIO;
	}
	return rc;
}

/* Nothing has come for a while: others may have the folder until something does. */
static int wait_for_input(struct recording *recording, struct ph_error *err)
{
	struct pollfd input = { .fd = recording->input, .events = POLLIN };

	if (poll(&input, 1, PATIENCE_MS) != 0) {
		return 0;
	}
	ph_site_pause(recording->site);
	while (poll(&input, 1, -1) < 0 && errno == EINTR) {
	}
	return come_back(recording, err);
}

/* More of the input into the chunk: 1, 0 at its end, or negative errno. */
static int fill(struct recording *recording, struct ph_error *err)
{
	ssize_t n;
	int rc = wait_for_input(recording, err);

	if (rc < 0) {
		return rc;
	}
	do {
		n = read(recording->input, recording->chunk, sizeof(recording->chunk));
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		return ph_fail_errno(err, -EIO,
				     ph_say("reading the input", "đọc dữ liệu nhập"));
	}
	recording->at = recording->chunk;
	recording->end = recording->chunk + n;
	return n > 0;
}

/* struct ph_lines.next */
static int next_byte(void *data, struct ph_error *err)
{
	struct recording *recording = data;

	if (recording->at == recording->end) {
		int rc = recording->has_all ? 0 : fill(recording, err);

		if (rc <= 0) {
			return rc == 0 ? -1 : rc - 1;
		}
	}
	return *recording->at++;
}

/* For a batch: all of it before the first line, so that nothing is open while it comes. */
static int read_whole(struct recording *recording, struct ph_error *err)
{
	int rc;

	while ((rc = fill(recording, err)) > 0) {
		if (ph_buf_put(&recording->all, recording->at,
			       (size_t)(recording->end - recording->at)) != 0) {
			return ph_fail_errno(
				err, -ENOMEM,
				ph_say("reading the input", "đọc dữ liệu nhập"));
		}
	}
	recording->has_all = true;
	recording->at = recording->all.data;
	recording->end = recording->at ? recording->at + recording->all.len : NULL;
	return rc;
}

static int remember(struct recording *recording, const struct ph_ref *ref)
{
	if (recording->in.number >= recording->refs_count) {
		uint64_t count = recording->in.number * 2 + 64;
		struct ph_ref *refs =
			realloc(recording->refs, count * sizeof(recording->refs[0]));

		if (!refs) {
			return -ENOMEM;
		}
		memset(refs + recording->refs_count, 0,
		       (count - recording->refs_count) * sizeof(refs[0]));
		recording->refs = refs;
		recording->refs_count = count;
	}
	recording->refs[recording->in.number] = *ref;
	return 0;
}

/* --- "@K" --- */

static bool find_line(void *data, uint64_t line, struct ph_ref *out)
{
	const struct recording *recording = data;

	if (line >= recording->refs_count || recording->refs[line].n == 0) {
		return false;
	}
	*out = recording->refs[line];
	return true;
}

static const struct ph_kind *kind_of(json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "kind"));

	return name ? ph_kind_named(ph_view_str(name)) : NULL;
}

/* --- one line --- */

/* What names a copy, card or crate of our own is not looked for at other sites. */
static enum ph_type names_own(const struct ph_kind *kind)
{
	switch (kind ? kind->number : 0) {
	case PH_KIND_COPY_PUT:
		return PH_T_COPY_ID;
	case PH_KIND_CARD_ISSUE:
		return PH_T_CARD_ID;
	case PH_KIND_CRATE_DISPATCH:
		return PH_T_CRATE_ID;
	default:
		return PH_T_UINT;
	}
}

static int look_ref(struct ph_site *site, const struct ph_ref *ref, bool *known)
{
	struct ph_buf bytes = { 0 };
	int rc = ph_site_entry(site, ref, &bytes, NULL);

	ph_buf_wipe(&bytes);
	*known = *known && rc == 0;
	return rc < 0 ? rc : 0;
}

/* *KNOWN becomes false if ENTRY refers to one that is not here. */
static int look_refs(struct ph_site *site, const struct ph_entry *entry, bool *known)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < entry->kind->n_fields; i++) {
		const struct ph_value *value = &entry->field[i];
		enum ph_type type = entry->kind->fields[i].type;
		struct ph_list_iter iter;
		struct ph_ref ref;

		if (value->set && type == PH_T_REF) {
			rc = look_ref(site, &value->as.ref, known);
		} else if (value->set && type == PH_T_REFS) {
			iter = ph_list_begin(&value->as.list);
			while (rc == 0 && ph_list_next_ref(&iter, &ref)) {
				rc = look_ref(site, &ref, known);
			}
		}
	}
	return rc;
}

static int record_line(struct recording *recording, json_t **answer, struct ph_error *err)
{
	const struct ph_json_lines lines = { find_line, recording };
	struct ph_json_scope scope = ph_scan_scope(&recording->scanner);
	struct ph_entry *entry = calloc(1, sizeof(*entry));
	struct ph_buf arena = { 0 };
	struct ph_scanner *scanner = &recording->scanner;
	const struct ph_kind *kind;
	json_t *object = NULL;
	struct ph_ref ref;
	bool known = true;
	int rc = entry ? 0 : -ENOMEM;

	rc = rc != 0 ? rc : ph_lines_check(&recording->in, err);
	rc = rc != 0 ? rc : ph_json_parse(ph_buf_view(&recording->in.line), &object, err);
	kind = kind_of(object);
	scanner->err = err;
	scanner->naming = names_own(kind);
	ph_scanner_begin(scanner);
	rc = rc != 0 ? rc : ph_json_refs(object, kind, &lines, err);
	rc = rc != 0 ? rc : ph_entry_from_json(object, &scope, entry, &arena, err);
	rc = rc != 0 ? rc
		     : ph_allowed(recording->site, entry->number, entry->extras.behalf,
				  err);
	rc = rc != 0 ? rc : ph_allowed_entry(recording->site, entry, err);
	rc = rc != 0 ? rc : look_refs(recording->site, entry, &known);
	rc = rc != 0 ? rc : ph_site_write(recording->site, entry, 1, &ref, err);
	rc = rc != 0 ? rc : remember(recording, &ref);
	if (rc == 0) {
		*answer = ph_slip_name(entry, &ref);
		json_object_set_new(*answer, "known",
				    json_boolean(known && !scanner->copy_unknown &&
						 !scanner->card_unknown &&
						 !scanner->crate_unknown));
	}
	json_decref(object);
	ph_buf_wipe(&arena);
	free(entry);
	return rc;
}

static int give(struct recording *recording, json_t *answer, struct ph_error *err)
{
	if (recording->answers) {
		return json_array_append_new(recording->answers, answer) == 0
			       ? 0
			       : ph_fail_errno(err, -ENOMEM,
					       ph_say("answering", "trả lời"));
	}
	return ph_lines_told(ph_out_json(answer), recording->written, err);
}

/* True: not the line but the store is at fault, and the lines after it would fail too. */
static bool is_fatal(int rc)
{
	return rc < 0 && rc != -EINVAL && rc != -EMSGSIZE && rc != -ENOENT &&
	       rc != -EEXIST;
}

static int answer_line(struct recording *recording, struct ph_error *err)
{
	struct ph_error wrong = { .exit = PH_EXIT_DONE };
	json_t *answer = NULL;
	int rc = record_line(recording, &answer, &wrong);

	if (is_fatal(rc)) {
		*err = wrong;
		json_decref(answer);
		return ph_fail_errno(err, rc,
				     ph_say("writing to this site's store",
					    "ghi vào kho dữ liệu của điểm"));
	}
	if (rc == 0) {
		recording->written++;
	} else {
		recording->failed++;
		answer = json_pack("{s:s}", "error",
				   wrong.text[0] ? ph_lines_words(wrong.text)
						 : ph_errno_say(rc));
	}
	if (!answer ||
	    json_object_set_new(answer, "line",
				json_integer((json_int_t)recording->in.number)) != 0 ||
	    json_object_set_new(answer, "ok", json_boolean(rc == 0)) != 0) {
		json_decref(answer);
		return ph_fail_errno(err, -ENOMEM, ph_say("answering", "trả lời"));
	}
	return give(recording, answer, err);
}

/* --- all lines --- */

/* None was written: a line that was right says so too. */
static void take_back(json_t *answers)
{
	json_t *answer;
	size_t i;

	json_array_foreach(answers, i, answer)
	{
		if (json_is_true(json_object_get(answer, "ok"))) {
			json_t *line = json_incref(json_object_get(answer, "line"));

			json_object_clear(answer);
			json_object_set_new(answer, "line", line);
			json_object_set_new(answer, "ok", json_false());
			json_object_set_new(
				answer, "error",
				json_string(ph_say(
					"not written: another line of the batch is wrong",
					"chưa ghi: có dòng khác trong loạt bị sai")));
		}
	}
}

static int end_batch(struct recording *recording, struct ph_error *err)
{
	json_t *answer;
	size_t i;
	int rc = 0;

	if (recording->failed > 0) {
		ph_site_undo(recording->site);
		recording->written = 0;
		take_back(recording->answers);
	} else {
		rc = ph_site_commit(recording->site, err);
	}
	if (rc < 0) {
		return rc;
	}
	json_array_foreach(recording->answers, i, answer)
	{
		rc = rc != 0 ? rc : ph_out_json(json_incref(answer));
	}
	return ph_lines_told(rc, recording->written, err);
}

static int record_all(struct recording *recording, struct ph_error *err)
{
	bool batch = recording->answers != NULL;
	int rc = 0;
	int more;

	/* the ledger is brought up to date before the batch, not within it */
	if (!ph_site_ledger(recording->site, err)) {
		return -EIO;
	}
	rc = batch ? read_whole(recording, err) : 0;
	rc = rc == 0 && batch ? ph_site_begin(recording->site, err) : rc;
	while (rc == 0 && (more = ph_lines_next(&recording->in, err)) != 0) {
		rc = more < 0 ? more : answer_line(recording, err);
	}
	if (rc < 0 && batch) {
		ph_site_undo(recording->site);
	}
	return rc == 0 && batch ? end_batch(recording, err) : rc;
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct recording recording = { .cli = cli, .input = STDIN_FILENO };
	const char *path = cli->n_args > 0 ? cli->args[0] : "-";
	int rc;

	recording.in = (struct ph_lines){ .next = next_byte, .data = &recording };
	if (strcmp(path, "-") != 0) {
		recording.input = open(path, O_RDONLY | O_CLOEXEC);
		if (recording.input < 0) {
			return ph_fail(err, PH_EXIT_USAGE, -errno, "%s: %s", path,
				       ph_errno_say(-errno));
		}
	}
	if (ph_cli_has(cli, "batch")) {
		recording.answers = json_array();
	}
	rc = ph_command_open(cli, &recording.site, err);
	if (rc == 0) {
		recording.scanner =
			(struct ph_scanner){ .site = recording.site,
					     .as_is = ph_cli_has(cli, "as-is") };
		rc = record_all(&recording, err);
	}
	ph_scanner_deinit(&recording.scanner);
	ph_site_close(recording.site);
	if (recording.input != STDIN_FILENO) {
		close(recording.input);
	}
	ph_buf_wipe(&recording.all);
	explicit_bzero(recording.chunk, sizeof(recording.chunk));
	json_decref(recording.answers);
	ph_lines_deinit(&recording.in);
	free(recording.refs);
	if (rc < 0) {
		return rc;
	}
	return recording.failed > 0 ? PH_EXIT_OTHER : PH_EXIT_DONE;
}

static const struct ph_cli_option options[] = {
	{ "batch", NULL, "all lines in one commit, or none" },
	{ "as-is", NULL, "take codes as they stand: no keyboard check" },
	{ 0 },
};

const struct ph_cli_command ph_cmd_record = {
	.name = "record",
	.group = "Scripts",
	.args = "[FILE]",
	.max_args = 1,
	.doc = "write entries in their JSON view, one a line, from FILE or standard "
	       "input\n\n"
	       "Each line is safe when its answer is printed. \"@3\" as a reference "
	       "means the\n"
	       "entry of line 3. Exit status 1 when any line was refused.",
	.options = options,
	.run = run,
};
