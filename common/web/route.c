/*
 * common/web/route.c - matching a path, and making the request of its command.
 *
 * A member that the route does not take is refused rather than passed
 * over: a misspelt limit must not silently be none.
 */
#include "common/web/route.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/json_memory.h"
#include "common/base/say.h"
#include "common/base/text.h"

const char *ph_web_need_name(unsigned need)
{
	static const char *const names[] = { "anybody", "viewer", "operator", "admin" };

	return need < sizeof(names) / sizeof(names[0]) ? names[need] : "nobody";
}

/* ---- matching ---- */

/* The next segment of a pattern behind its slash; its length. */
static size_t pattern_part(const char **pattern)
{
	(*pattern)++;
	return strcspn(*pattern, "/");
}

static bool matches(const char *pattern, const struct ph_web_target *target)
{
	for (unsigned i = 0; i < target->n_parts; i++) {
		const char *part = target->part[i];
		size_t len;

		if (*pattern != '/') {
			return false;
		}
		len = pattern_part(&pattern);
		if (*pattern == '{'
			    ? *part == '\0'
			    : strlen(part) != len || memcmp(part, pattern, len) != 0) {
			return false;
		}
		pattern += len;
	}
	return *pattern == '\0';
}

int ph_web_route_find(const struct ph_web_route *routes, size_t n, const char *method,
		      const struct ph_web_target *target,
		      const struct ph_web_route **route_out, struct ph_web_no *no)
{
	const struct ph_web_route *other = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!matches(routes[i].path, target)) {
			continue;
		}
		if (strcmp(routes[i].method, method) == 0) {
			*route_out = &routes[i];
			return 0;
		}
		other = &routes[i];
	}
	if (other) {
		(void)ph_web_refuse(
			no, 405, "method", NULL,
			ph_say("this address takes %s", "địa chỉ này nhận %s"),
			other->method);
		no->allow = other->method;
		return -EINVAL;
	}
	(void)ph_web_refuse(
		no, 404, "not-found", NULL,
		ph_say("there is nothing at this address", "không có gì ở địa chỉ này"));
	no->act = ph_say(
		"docs/API.md (the hub) and docs/API-SITE.md (a site) have all addresses; "
		"what is in them is part of it, encoded",
		"docs/API.md (máy chủ) và docs/API-SITE.md (điểm) có mọi địa chỉ; phần "
		"nằm trong địa chỉ thì phải mã hóa");
	return -EINVAL;
}

/* ---- members ---- */

enum type {
	TEXT,
	INT,
	FLAG,
	NAMES,
	LIST,
	OBJECT,
	FIXED,
	ASKER,
};
static const char *const types[] = { "text", "int",    "flag",  "names",
				     "list", "object", "fixed", "asker" };

struct member {
	char name[32]; /* as it is given */
	char as[32];   /* of the request */
	enum type type;
	bool needed;
	const char *fixed; /* FIXED: its text, `fixed_len` bytes */
	size_t fixed_len;
};

/* Take the next member off TAKES. False: there is none. */
static bool next_member(const char **takes, struct member *member)
{
	const char *at = *takes ? *takes + strspn(*takes, " ") : "";
	size_t len = strcspn(at, " ");
	size_t name = strcspn(at, " :=!>@");
	size_t as = at[name] == '>' ? strcspn(at + name + 1, " :=!") : 0;

	if (len == 0) {
		return false;
	}
	*member = (struct member){ .type = TEXT, .needed = at[len - 1] == '!' };
	snprintf(member->name, sizeof(member->name), "%.*s", (int)name, at);
	snprintf(member->as, sizeof(member->as), "%.*s", (int)(as ? as : name),
		 as ? at + name + 1 : at);
	name += as ? as + 1 : 0;
	if (at[name] == '=') {
		member->type = FIXED;
		member->fixed = at + name + 1;
		member->fixed_len = len - name - 1;
	} else if (at[name] == '@') {
		member->type = ASKER;
	} else if (at[name] == ':') {
		const char *type = at + name + 1;
		size_t type_len = len - name - 1 - member->needed;

		for (unsigned i = 0; i < FIXED; i++) {
			if (strlen(types[i]) == type_len &&
			    memcmp(types[i], type, type_len) == 0) {
				member->type = (enum type)i;
			}
		}
	}
	*takes = at + len;
	return true;
}

/* What we say ourselves, whatever is asked for. */
static bool is_ours(const struct member *member)
{
	return member->type == FIXED || member->type == ASKER;
}

static bool is_taken(const char *takes, const char *name)
{
	struct member member;

	while (next_member(&takes, &member)) {
		if (!is_ours(&member) && strcmp(member.name, name) == 0) {
			return true;
		}
	}
	return false;
}

/* A number or flag from the text of a query. NULL: it is none. */
static json_t *from_text(enum type type, const char *text)
{
	char *end;
	long long number;

	if (type == INT) {
		size_t len = strlen(text);

		if (len == 0 || len > 18 ||
		    strspn(text + (*text == '-'), "0123456789") != len - (*text == '-')) {
			return NULL;
		}
		number = strtoll(text, &end, 10);
		return *end == '\0' && len > (*text == '-') ? json_integer(number) : NULL;
	}
	return strcmp(text, "") == 0 || strcmp(text, "1") == 0 ||
			       strcmp(text, "true") == 0
		       ? json_true()
	       : strcmp(text, "0") == 0 || strcmp(text, "false") == 0 ? json_false()
								      : NULL;
}

static bool fits(enum type type, const json_t *value)
{
	switch (type) {
	case TEXT:
		return json_is_string(value) &&
		       strlen(json_string_value(value)) == json_string_length(value);
	case INT:
		return json_is_integer(value);
	case FLAG:
	case NAMES:
		return json_is_boolean(value);
	case LIST:
		return json_is_array(value);
	case OBJECT:
		return json_is_object(value);
	case FIXED:
	case ASKER:
		break;
	}
	return false;
}

static int wrong_type(const struct member *member, struct ph_web_no *no)
{
	const char *const words[] = {
		[TEXT] = ph_say("a text", "chữ"),
		[INT] = ph_say("a whole number", "số nguyên"),
		[FLAG] = ph_say("true or false", "true hoặc false"),
		[NAMES] = ph_say("true or false", "true hoặc false"),
		[LIST] = ph_say("a list", "danh sách"),
		[OBJECT] = ph_say("an object", "đối tượng"),
	};

	return ph_web_refuse(no, 400, "type", member->name,
			     ph_say("\"%s\" must be %s", "“%s” phải là %s"), member->name,
			     words[member->type]);
}

/* What is written for each item is written in one go, and others wait meanwhile. */
static int too_many(const struct member *member, size_t n, struct ph_web_no *no)
{
	(void)ph_web_refuse(no, 400, "list", member->name,
			    ph_say("\"%s\" has %zu items, and a request takes %d",
				   "“%s” có %zu mục, mà mỗi yêu cầu nhận %d"),
			    member->name, n, PH_WEB_ITEMS_MAX);
	no->act = ph_say("send it in parts", "hãy gửi làm nhiều phần");
	return -EINVAL;
}

static int put_given(const struct member *member, json_t *given, bool is_query,
		     unsigned role, json_t *request, struct ph_web_no *no)
{
	bool is_text = is_query && member->type != TEXT;
	json_t *value = is_text ? from_text(member->type, json_string_value(given))
				: json_incref(given);

	if (!value || !fits(member->type, value)) {
		json_decref(value);
		return wrong_type(member, no);
	}
	if (member->type == LIST && json_array_size(value) > PH_WEB_ITEMS_MAX) {
		json_decref(value);
		return too_many(member, json_array_size(given), no);
	}
	if (member->type == NAMES && json_is_true(value) && role < PH_WEB_OPERATOR) {
		json_decref(value);
		return ph_web_refuse(
			no, 403, "role", member->name,
			ph_say("readers' names are opened for operators only",
			       "tên bạn đọc chỉ mở cho operator"));
	}
	return json_object_set_new(request, member->as, value) < 0 ? -ENOMEM : 0;
}

static int put_ours(const struct member *member, unsigned role, json_t *request)
{
	json_t *value = member->type == ASKER
				? json_boolean(role >= PH_WEB_OPERATOR)
				: json_stringn(member->fixed, member->fixed_len);

	return json_object_set_new(request, member->name, value) < 0 ? -ENOMEM : 0;
}

static int put_members(const struct ph_web_route *route, json_t *given, bool is_query,
		       unsigned role, json_t *request, struct ph_web_no *no)
{
	const char *takes = route->takes;
	struct member member;
	int rc = 0;

	while (rc == 0 && next_member(&takes, &member)) {
		json_t *value = json_object_get(given, member.name);

		if (is_ours(&member)) {
			rc = put_ours(&member, role, request);
		} else if (value) {
			rc = put_given(&member, value, is_query, role, request, no);
		} else if (member.needed) {
			rc = ph_web_refuse(no, 400, "missing", member.name,
					   ph_say("\"%s\" must be given", "phải có “%s”"),
					   member.name);
		}
	}
	return rc;
}

/* What is between the braces of the pattern becomes members by those names. */
static int put_parts(const char *pattern, const struct ph_web_target *target,
		     json_t *request)
{
	for (unsigned i = 0; i < target->n_parts; i++) {
		size_t len = pattern_part(&pattern);
		char name[32];

		if (*pattern == '{') {
			snprintf(name, sizeof(name), "%.*s", (int)len - 2, pattern + 1);
			if (json_object_set_new(request, name,
						json_string(target->part[i])) < 0) {
				return -ENOMEM;
			}
		}
		pattern += len;
	}
	return 0;
}

/* ---- the body ---- */

/* Before it is parsed: nothing of ours is nested deeper. */
static bool is_deep(struct ph_view body)
{
	unsigned depth = 0;
	bool in_text = false;

	for (size_t i = 0; i < body.len; i++) {
		uint8_t c = body.data[i];

		if (in_text) {
			i += c == '\\';
			in_text = c != '"';
		} else if (c == '"') {
			in_text = true;
		} else if (c == '{' || c == '[') {
			if (++depth > PH_WEB_DEPTH_MAX) {
				return true;
			}
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

static int read_body(struct ph_view body, json_t **object_out, struct ph_web_no *no)
{
	json_error_t why;
	json_t *object;

	if (is_deep(body)) {
		return ph_web_refuse(no, 400, "depth", "body",
				     ph_say("the body is nested deeper than %d levels",
					    "nội dung lồng sâu hơn %d tầng"),
				     PH_WEB_DEPTH_MAX);
	}
	if (body.len == 0) {
		return ph_web_refuse(
			no, 400, "json", "body",
			ph_say("the body is empty; it must be one JSON object",
			       "nội dung trống; phải là một đối tượng JSON"));
	}
	object = ph_json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES,
			       &why);
	if (!object) {
		/* behind that the parser repeats what stood there: a name, a password */
		const char *near = strstr(why.text, " near '");

		return ph_web_refuse(
			no, 400, "json", "body",
			ph_say("the body is no JSON object: %.*s, line %d, column %d",
			       "nội dung không phải là đối tượng JSON: %.*s, dòng %d, "
			       "cột %d"),
			near ? (int)(near - why.text) : (int)strlen(why.text), why.text,
			why.line, why.column);
	}
	if (!json_is_object(object)) {
		json_decref(object);
		return ph_web_refuse(no, 400, "json", "body",
				     ph_say("the body must be one JSON object",
					    "nội dung phải là một đối tượng JSON"));
	}
	*object_out = object;
	return 0;
}

static int refuse_untaken(const struct ph_web_route *route, json_t *given,
			  struct ph_web_no *no)
{
	const char *name;
	json_t *value;

	json_object_foreach(given, name, value)
	{
		if (!is_taken(route->takes, name)) {
			return ph_web_refuse(
				no, 400, "unknown", name,
				ph_say("\"%.40s\" is nothing that this address "
				       "takes%s%.200s",
				       "địa chỉ này không nhận “%.40s”%s%.200s"),
				name,
				route->takes ? ph_say("; it takes: ", "; địa chỉ nhận: ")
					     : "",
				route->takes ? route->takes : "");
		}
	}
	return 0;
}

int ph_web_route_request(const struct ph_web_route *route,
			 const struct ph_web_target *target, struct ph_view body,
			 unsigned role, json_t **request_out, struct ph_web_no *no)
{
	bool is_post = strcmp(route->method, "POST") == 0;
	uint64_t shortages = ph_json_shortages();
	json_t *request = json_object();
	json_t *given = NULL;
	int rc = request ? 0 : -ENOMEM;

	if (rc == 0 && route->command) {
		rc = json_object_set_new(request, "command",
					 json_string(route->command)) < 0
			     ? -ENOMEM
			     : 0;
	}
	rc = rc < 0 || !is_post ? rc : read_body(body, &given, no);
	if (rc == 0 && is_post && json_object_size(target->query) > 0) {
		rc = ph_web_refuse(no, 400, "unknown", "query",
				   ph_say("what a POST takes stands in its body",
					  "những gì POST nhận nằm trong nội dung"));
	}
	if (rc == 0 && !is_post) {
		given = json_incref(target->query);
	}
	rc = rc < 0 ? rc : refuse_untaken(route, given, no);
	rc = rc < 0 ? rc : put_members(route, given, !is_post, role, request, no);
	rc = rc < 0 ? rc : put_parts(route->path, target, request);
	json_decref(given);
	if (ph_json_shortages() != shortages) {
		rc = -ENOMEM; /* whatever it was taken for: no JSON, a wrong type */
	}
	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	*request_out = request;
	return 0;
}

/* ---- documents ---- */

static int print_takes(const char *takes, struct ph_buf *out)
{
	struct member member;
	const char *comma = "";
	int rc = 0;

	while (rc == 0 && next_member(&takes, &member)) {
		if (is_ours(&member)) {
			continue;
		}
		rc = ph_buf_printf(out, "%s`%s`%s%s%s", comma, member.name,
				   member.type == TEXT ? "" : " ",
				   member.type == TEXT ? "" : types[member.type],
				   member.needed ? ", must" : "");
		comma = "; ";
	}
	return rc;
}

int ph_web_routes_print(const struct ph_web_route *routes, size_t n, struct ph_buf *out)
{
	int rc = ph_buf_printf(out, "| | who | takes | |\n|---|---|---|---|\n");

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = ph_buf_printf(out, "| `%s %s` | %s | ", routes[i].method,
				   routes[i].path, ph_web_need_name(routes[i].need));
		rc = rc < 0 ? rc : print_takes(routes[i].takes, out);
		rc = rc < 0 ? rc : ph_buf_printf(out, " | %s |\n", routes[i].doc);
	}
	return rc;
}
