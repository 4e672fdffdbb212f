/*
 * client/front_order.c - members become words and options, an exit status a status of HTTP.
 *
 * What a route takes are words of its command (front_routes.c says which) or options of the
 * same name, with '-' for '_'. So a command that learns an option needs one word in the
 * table. The text of an option goes to the command inside this process, never into the
 * arguments of another one.
 */
#include "client/front_order.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json_memory.h"
#include "common/base/say.h"
#include "common/cli/cli.h"

#define NAME_MAX_LEN 40
#define SAID_MAX     64 /* lines of standard error that are told */

/* --- the order --- */

/* The text of VALUE on a command line, or NULL: not given (a flag that is false), or *BAD. */
static json_t *as_text(const json_t *value, bool *bad)
{
	char text[32];

	*bad = false;
	if (json_is_string(value)) {
		return json_string(json_string_value(value));
	}
	if (json_is_integer(value)) {
		snprintf(text, sizeof(text), "%lld",
			 (long long)json_integer_value(value));
		return json_string(text);
	}
	*bad = !json_is_boolean(value);
	return json_is_true(value) ? json_string("") : NULL;
}

static int bad_member(const char *name, struct ph_web_no *no)
{
	return ph_web_refuse(no, 400, "type", name,
			     ph_say("\"%s\" is a list of texts or whole numbers",
				    "“%s” là danh sách chữ hoặc số nguyên"),
			     name);
}

static int put_word(json_t *words, const json_t *value, const char *name,
		    struct ph_web_no *no)
{
	bool bad;
	json_t *text = as_text(value, &bad);

	if (bad || (!text && json_is_boolean(value)) || json_is_true(value)) {
		json_decref(text);
		return bad_member(name, no);
	}
	return json_array_append_new(words, text) != 0 ? -ENOMEM : 0;
}

/* The member NAME, if it is there, behind WORDS. */
static int put_words(json_t *words, const json_t *given, const char *name, bool is_list,
		     struct ph_web_no *no)
{
	const json_t *value = json_object_get(given, name);
	json_t *item;
	size_t i;
	int rc = 0;

	if (!value) {
		return 0;
	}
	if (!is_list || !json_is_array(value)) {
		return put_word(words, value, name, no);
	}
	json_array_foreach(value, i, item)
	{
		rc = rc < 0 ? rc : put_word(words, item, name, no);
	}
	return rc;
}

/* The next name of SPEC, which moves on; false at its end. */
static bool next_name(const char **spec, char out[static NAME_MAX_LEN], bool *is_list)
{
	size_t len;

	*spec += strspn(*spec, " ");
	len = strcspn(*spec, " ");
	if (len == 0) {
		return false;
	}
	*is_list = (*spec)[len - 1] == '*';
	snprintf(out, NAME_MAX_LEN, "%.*s", (int)(len - *is_list), *spec);
	*spec += len;
	return true;
}

static json_t *words_of(const json_t *given, const char *spec, struct ph_web_no *no,
			int *rc)
{
	char name[NAME_MAX_LEN];
	json_t *words = json_array();
	bool is_list;

	*rc = words ? 0 : -ENOMEM;
	while (*rc == 0 && next_name(&spec, name, &is_list)) {
		*rc = put_words(words, given, name, is_list, no);
	}
	return words;
}

static bool is_word(const char *spec, const char *member)
{
	char name[NAME_MAX_LEN];
	bool is_list;

	while (next_name(&spec, name, &is_list)) {
		if (strcmp(name, member) == 0) {
			return true;
		}
	}
	return strcmp(member, "command") == 0;
}

static int put_option(json_t *options, const char *member, const json_t *value,
		      struct ph_web_no *no)
{
	char name[NAME_MAX_LEN];
	bool bad;
	json_t *text = as_text(value, &bad);

	if (bad) {
		return bad_member(member, no);
	}
	if (!text) {
		return json_is_false(value) ? 0 : -ENOMEM;
	}
	snprintf(name, sizeof(name), "%s", member);
	for (char *c = name; *c; c++) {
		*c = *c == '_' ? '-' : *c;
	}
	return json_array_append_new(options, json_pack("[s, o]", name, text)) != 0
		       ? -ENOMEM
		       : 0;
}

static json_t *options_of(const json_t *given, const char *spec, struct ph_web_no *no,
			  int *rc)
{
	json_t *options = json_array();
	const char *name;
	json_t *value;

	*rc = options ? 0 : -ENOMEM;
	json_object_foreach((json_t *)given, name, value)
	{
		if (*rc == 0 && !is_word(spec, name)) {
			*rc = put_option(options, name, value, no);
		}
	}
	return options;
}

int ph_front_order(const struct ph_front_setting *setting, const json_t *given,
		   json_t **order_out, struct ph_web_no *no)
{
	const char *command = json_string_value(json_object_get(given, "command"));
	const char *spec = ph_front_words(command);
	json_t *options = NULL;
	json_t *order;
	int rc;
	json_t *words = words_of(given, spec, no, &rc);

	if (rc == 0) {
		options = options_of(given, spec, no, &rc);
	}
	if (rc < 0) {
		json_decref(words);
		json_decref(options);
		return rc;
	}
	order = json_pack("{s:s, s:s, s:s, s:o, s:o, s:b, s:b, s:s, s:b}", "command",
			  "run", "version", ph_cli_version(), "name", command, "options",
			  options, "words", words, "json", 1, "plain", 0, "dir",
			  setting->dir, "vietnamese", (int)setting->is_vietnamese);
	*order_out = order;
	return order ? 0 : -ENOMEM;
}

/* --- the answer --- */

static const struct {
	enum ph_exit exit;
	unsigned status;
	const char *error;
} statuses[] = {
	{ PH_EXIT_DONE, 200, NULL },
	{ PH_EXIT_CASES, 200, NULL },
	{ PH_EXIT_OTHER, 422, "refused" },
	{ PH_EXIT_USAGE, 400, "usage" },
	{ PH_EXIT_NOT_ENROLLED, 409, "not-enrolled" },
	{ PH_EXIT_CUT_OFF, 409, "cut-off" },
	{ PH_EXIT_CLOCK, 409, "clock" },
	{ PH_EXIT_PARTIAL, 422, "partial" },
	{ PH_EXIT_UNREACHABLE, 503, "unreachable" },
	{ PH_EXIT_IN_USE, 503, "busy" },
	{ PH_EXIT_TRY_LATER, 503, "busy" },
	{ PH_EXIT_DAMAGED, 500, "damaged" },
};

static unsigned status_of(json_int_t exit, const char **error_out)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (exit == (json_int_t)statuses[i].exit) {
			*error_out = statuses[i].error;
			return statuses[i].status;
		}
	}
	*error_out = "other";
	return 500;
}

/* The lines of TEXT, each without the program's name. */
static json_t *lines_of(struct ph_view text)
{
	static const char name[] = "packhorse: ";
	const char *at = (const char *)text.data;
	const char *end = at + text.len;
	json_t *lines = json_array();

	while (at < end && json_array_size(lines) < SAID_MAX) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);
		size_t skip = sizeof(name) - 1;

		skip = len >= skip && memcmp(at, name, skip) == 0 ? skip : 0;
		if (len > skip &&
		    json_array_append_new(lines, json_stringn(at + skip, len - skip)) !=
			    0) {
			json_decref(lines);
			return NULL;
		}
		at += len + 1;
	}
	return lines;
}

/* The first line as "what", or all as "said". */
static int put_said(json_t *body, struct ph_view text, const char *error)
{
	json_t *lines = lines_of(text);
	json_t *first = json_array_get(lines, 0);
	int rc = lines ? 0 : -1;

	if (rc == 0 && error) {
		rc = json_object_set_new(body, "error", json_string(error));
		rc = rc != 0 ? rc
			     : json_object_set(body, "what",
					       first ? first
						     : json_object_get(body, "error"));
		rc = rc != 0 || !first ? rc : json_array_remove(lines, 0);
	}
	if (rc == 0 && json_array_size(lines) > 0) {
		rc = json_object_set(body, "said", lines);
	}
	json_decref(lines);
	return rc;
}

/* An answer in which no command ran: refused as it stands. */
static unsigned answer_refused(const json_t *head, const char *error, unsigned status,
			       json_t **body_out)
{
	*body_out =
		json_pack("{s:i, s:O, s:s, s:O}", "schema", 1, "exit",
			  json_object_get(head, "exit"), "error", error ? error : "other",
			  "what", json_object_get(head, "error"));
	return error ? status : 500;
}

/* An answer of the agent: a line of JSON, what was printed, and what was said. */
struct parts {
	json_t *head; /* owned; NULL: memory lacked */
	struct ph_view out, said;
	bool is_whole; /* else there are no such two */
	json_int_t exit;
	const char *error; /* of the exit status; NULL: done */
	unsigned status;
};

static struct parts take_apart(struct ph_view answer)
{
	const uint8_t *end = answer.len ? memchr(answer.data, '\n', answer.len) : NULL;
	size_t line = end ? (size_t)(end - answer.data) : 0;
	struct parts parts = {
		.head = ph_json_loadb((const char *)answer.data, line, 0, NULL),
	};
	size_t out = (size_t)json_integer_value(json_object_get(parts.head, "out"));
	size_t err = (size_t)json_integer_value(json_object_get(parts.head, "err"));

	parts.exit = json_integer_value(json_object_get(parts.head, "exit"));
	parts.status = status_of(parts.exit, &parts.error);
	parts.is_whole = end && out <= answer.len && err <= answer.len &&
			 line + 1 + out + err == answer.len;
	if (parts.is_whole) {
		parts.out = PH_VIEW(end + 1, out);
		parts.said = PH_VIEW(end + 1 + out, err);
	}
	return parts;
}

unsigned ph_front_answer(struct ph_view answer, json_t **body_out)
{
	struct parts parts = take_apart(answer);
	unsigned status = parts.status;
	json_t *body = NULL;

	*body_out = NULL;
	if (!parts.head || (!json_object_get(parts.head, "error") && !parts.is_whole)) {
		json_decref(parts.head);
		return 503; /* memory lacked */
	}
	if (json_object_get(parts.head, "error")) {
		status = answer_refused(parts.head, parts.error, status, body_out);
		json_decref(parts.head);
		return status;
	}
	body = parts.out.len > 0 ? ph_json_loadb((const char *)parts.out.data,
						 parts.out.len, 0, NULL)
				 : json_object();
	if (!json_is_object(body) ||
	    json_object_set_new(body, "schema", json_integer(1)) != 0 ||
	    json_object_set(body, "exit", json_object_get(parts.head, "exit")) != 0 ||
	    put_said(body, parts.said, parts.error) != 0) {
		json_decref(body);
		body = NULL;
		status = 503;
	}
	json_decref(parts.head);
	*body_out = body;
	return status;
}

/* --- the answer as text --- */

/* Whether NAME, with its quotes, is a member that we put, or may be one. */
static bool is_ours(struct ph_view name)
{
	static const char *const ours[] = { "\"schema\"", "\"exit\"", "\"said\"" };

	if (memchr(name.data, '\\', name.len)) {
		return true;
	}
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (ph_view_equal(name, ph_view_str(ours[i]))) {
			return true;
		}
	}
	return false;
}

/* Where the string that begins at AT is over, at END at most. */
static const uint8_t *string_end(const uint8_t *at, const uint8_t *end)
{
	bool is_escaped = false;

	while (++at < end) {
		if (*at == '"' && !is_escaped) {
			return at + 1;
		}
		is_escaped = *at == '\\' && !is_escaped;
	}
	return end;
}

/*
 * Whether TEXT, which jansson wrote, is one object and a line feed: `"schema":1` first and none of our
 * members in it, so that these can be put behind the last of its own.
 */
static bool takes_members(struct ph_view text)
{
	static const char first[] = "{\"schema\":1";
	const uint8_t *end = text.data + text.len;
	const uint8_t *at = text.data + sizeof(first) - 1;
	size_t depth = 1;
	bool is_name = false;

	if (text.len < sizeof(first) + 1 ||
	    memcmp(text.data, first, sizeof(first) - 1) != 0 ||
	    (*at != ',' && *at != '}')) {
		return false;
	}
	while (at < end && depth > 0) {
		const uint8_t *begun = at;

		if (*begun == '"') {
			at = string_end(begun, end);
			if (is_name && depth == 1 &&
			    is_ours(PH_VIEW(begun, (size_t)(at - begun)))) {
				return false;
			}
			is_name = false;
		} else {
			at++;
			is_name = *begun == '{' || *begun == ',';
			depth += *begun == '{' || *begun == '[';
			depth -= *begun == '}' || *begun == ']';
		}
	}
	return depth == 0 && end - at == 1 && *at == '\n';
}

/* HEAD's exit, and what is in TEXT of standard error, behind the members of OUT. 0 or -ENOMEM. */
static int put_members(struct ph_buf *reply, struct ph_view out, json_int_t exit,
		       struct ph_view text)
{
	json_t *more = json_pack("{s:I}", "exit", exit);
	struct ph_buf members = { 0 };
	int rc = more && put_said(more, text, NULL) == 0 ? ph_json_write(more, &members)
							 : -ENOMEM;

	rc = rc != 0 ? rc : ph_buf_reserve(reply, out.len + members.len);
	rc = rc != 0 ? rc : ph_buf_put(reply, out.data, out.len - 2);
	rc = rc != 0 ? rc : ph_buf_put_u8(reply, ',');
	rc = rc != 0 ? rc : ph_buf_put(reply, members.data + 1, members.len - 1);
	ph_buf_wipe(&members);
	json_decref(more);
	return rc;
}

unsigned ph_front_reply(struct ph_view answer, struct ph_buf *reply)
{
	struct parts parts = take_apart(answer);
	unsigned status = parts.status;
	bool is_plain = parts.head && !json_object_get(parts.head, "error") &&
			!parts.error && parts.is_whole && takes_members(parts.out);
	json_t *body = NULL;
	int rc = 0;

	json_decref(parts.head);
	if (is_plain) {
		rc = put_members(reply, parts.out, parts.exit, parts.said);
	} else {
		status = ph_front_answer(answer, &body);
		rc = body ? ph_json_write(body, reply) : -ENOMEM;
		json_decref(body);
	}
	if (rc != 0) {
		ph_buf_wipe(reply);
		status = 503;
	}
	return status;
}
