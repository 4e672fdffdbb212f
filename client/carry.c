/*
 * client/carry.c - from a request to what a command prints, in memory.
 *
 * The command is found in the same table as ever, its options and words come as they were
 * parsed by whoever asked, and it runs by ph_cli_run(): only that its standard output and
 * error are two buffers, its language is the asker's, and its folder is open already. A
 * command that says more than fits is told that standard output cannot be written; it
 * knows what that means for what it has saved. One that would read standard input fails
 * there.
 *
 * A request that is not what our own client sends, or one from another version, is refused
 * before anything is done.
 */
#include "client/carry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/borrow.h"
#include "common/base/json_memory.h"
#include "common/base/limits.h"
#include "common/cli/export.h"
#include "common/cli/out.h"

/* --- the streams --- */

static ssize_t on_say(void *cookie, const char *bytes, size_t len)
{
	struct ph_buf *buf = cookie;

	if (buf->len + len > PH_AGENT_ANSWER_MAX) {
		errno = EMSGSIZE;
		return 0; /* fopencookie(3): an error */
	}
	if (ph_buf_put(buf, bytes, len) < 0) {
		errno = ENOMEM;
		return 0;
	}
	return (ssize_t)len;
}

static ssize_t on_ask(void *cookie, char *bytes, size_t len)
{
	(void)cookie;
	(void)bytes;
	(void)len;
	errno = EIO;
	return -1;
}

struct streams {
	FILE *in, *out, *err;
};

static void close_streams(struct streams *streams)
{
	if (streams->in) {
		fclose(streams->in);
	}
	if (streams->out) {
		fclose(streams->out);
	}
	if (streams->err) {
		fclose(streams->err);
	}
}

static int open_streams(struct streams *streams, struct ph_buf *out, struct ph_buf *err)
{
	const cookie_io_functions_t says = { .write = on_say };
	const cookie_io_functions_t asks = { .read = on_ask };

	streams->in = fopencookie(NULL, "r", asks);
	streams->out = fopencookie(out, "w", says);
	streams->err = fopencookie(err, "w", says);
	if (!streams->in || !streams->out || !streams->err) {
		close_streams(streams);
		return -ENOMEM;
	}
	return 0;
}

/* Make STREAMS the ones that printf() and the like use; the old ones are in it then. */
static void swap(struct streams *streams)
{
	const struct streams old = { stdin, stdout, stderr };

	stdin = streams->in;
	stdout = streams->out;
	stderr = streams->err;
	*streams = old;
}

/* --- the request --- */

static bool take_options(const json_t *list, struct ph_cli *cli)
{
	const size_t room = sizeof(cli->set) / sizeof(cli->set[0]);
	json_t *item;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > room) {
		return false;
	}
	json_array_foreach(list, i, item)
	{
		const char *name = json_string_value(json_array_get(item, 0));
		const char *value = json_string_value(json_array_get(item, 1));
		const struct ph_cli_option *option = cli->command->options;

		while (name && option && option->name &&
		       strcmp(option->name, name) != 0) {
			option++;
		}
		if (!name || !value || !option || !option->name) {
			return false;
		}
		cli->set[cli->n_set].name = option->name;
		cli->set[cli->n_set++].value = value;
	}
	return true;
}

/* CLI->args is then the caller's to free; the words are the request's. */
static bool take_words(const json_t *list, struct ph_cli *cli)
{
	json_t *item;
	size_t i;

	if (!json_is_array(list)) {
		return false;
	}
	cli->args = calloc(json_array_size(list) + 1, sizeof(cli->args[0]));
	if (!cli->args) {
		return false;
	}
	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item)) {
			return false;
		}
		cli->args[cli->n_args++] = (char *)json_string_value(item);
	}
	return true;
}

static bool take_request(const json_t *request, struct ph_cli *cli)
{
	const char *name = json_string_value(json_object_get(request, "name"));

	cli->dir = json_string_value(json_object_get(request, "dir"));
	cli->json = json_is_true(json_object_get(request, "json"));
	cli->plain = json_is_true(json_object_get(request, "plain"));
	cli->command = name ? ph_cli_find(cli->program, name) : NULL;
	return cli->command && ph_borrow_is_served(name) && cli->dir && cli->dir[0] &&
	       take_options(json_object_get(request, "options"), cli) &&
	       !ph_export_is_asked(cli) &&
	       take_words(json_object_get(request, "words"), cli);
}

/* --- both --- */

int ph_carry_refuse(struct ph_buf *answer, enum ph_exit exit, bool again,
		    const char *words)
{
	json_t *object = json_pack("{s:i, s:i, s:s, s:b}", "schema", 1, "exit", (int)exit,
				   "error", words, "again", (int)again);
	char *line = object ? ph_json_dumps(object, JSON_COMPACT) : NULL;
	int rc = line ? ph_buf_printf(answer, "%s\n", line) : -ENOMEM;

	free(line);
	json_decref(object);
	return rc;
}

static int run(struct ph_cli *cli, bool is_vietnamese, struct ph_buf *out,
	       struct ph_buf *err, int *status_out)
{
	struct streams streams = { 0 };
	enum ph_speak before;
	int rc = open_streams(&streams, out, err);

	if (rc < 0) {
		return rc;
	}
	swap(&streams);
	before = ph_speak(is_vietnamese ? PH_SPEAK_VIETNAMESE : PH_SPEAK_ENGLISH);
	*status_out = ph_cli_run(cli);
	(void)ph_speak(before);
	swap(&streams);
	close_streams(&streams);
	return 0;
}

int ph_carry(const struct ph_cli_program *program, const json_t *request,
	     struct ph_host *host, struct ph_buf *answer, int *status_out)
{
	const struct ph_cli_program ours = { .name = program->name,
					     .summary = program->summary,
					     .commands = program->commands };
	const char *version = json_string_value(json_object_get(request, "version"));
	struct ph_cli cli = { .program = &ours, .host = host };
	struct ph_buf out = { 0 };
	struct ph_buf err = { 0 };
	int rc;

	*status_out = -1;
	if (!version || strcmp(version, ph_cli_version()) != 0 ||
	    !take_request(request, &cli)) {
		free(cli.args);
		return ph_carry_refuse(
			answer, PH_EXIT_USAGE, true,
			ph_say("the running agent does not know this command; it may be "
			       "of another version: restart it",
			       "chương trình nền không biết lệnh này; có thể khác phiên "
			       "bản: hãy chạy lại nó"));
	}
	rc = run(&cli, json_is_true(json_object_get(request, "vietnamese")), &out, &err,
		 status_out);
	if (rc == 0) {
		rc = ph_buf_printf(answer,
				   "{\"schema\":1,\"exit\":%d,\"out\":%zu,\"err\":%zu}\n",
				   *status_out, out.len, err.len);
	}
	rc = rc != 0 ? rc : ph_buf_put_view(answer, ph_buf_view(&out));
	rc = rc != 0 ? rc : ph_buf_put_view(answer, ph_buf_view(&err));
	free(cli.args);
	ph_buf_wipe(&out);
	ph_buf_wipe(&err);
	return rc;
}
