/*
 * common/web/target.c - taking an address apart, and refusing a request.
 *
 * A target is decoded once, after it was parted at slashes, so an encoded slash stays in
 * its segment. What is decoded must be text as everywhere else in Packhorse: UTF-8, NFC, no
 * control characters.
 */
#include "common/web/target.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/say.h"
#include "common/base/text.h"

/* SIZE bytes of TEXT that may have been cut within a letter, or quote what is none. */
static void make_whole(char *text, size_t size)
{
	struct ph_error whole = { 0 };

	(void)ph_fail(&whole, PH_EXIT_OTHER, 0, "%s", text);
	snprintf(text, size, "%s", whole.text); /* no letter becomes longer by it */
}

int ph_web_refuse(struct ph_web_no *no, unsigned status, const char *error,
		  const char *where, const char *format, ...)
{
	va_list args;

	no->status = status;
	no->error = error;
	no->act = NULL;
	no->allow = NULL;
	snprintf(no->where, sizeof(no->where), "%s", where ? where : "");
	va_start(args, format);
	(void)vsnprintf(no->what, sizeof(no->what), format, args);
	va_end(args);
	make_whole(no->where, sizeof(no->where));
	make_whole(no->what, sizeof(no->what));
	return -EINVAL;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* Decode TEXT in place. 0, or -EINVAL with NO, or -ENOMEM. */
static int decode(char *text, bool is_query, struct ph_web_no *no)
{
	char *out = text;
	int rc;

	for (const char *in = text; *in; in++) {
		int high = *in == '%' ? hex_digit(in[1]) : 0;
		int low = *in == '%' && high >= 0 ? hex_digit(in[2]) : 0;

		if (high < 0 || low < 0 || (*in == '%' && high == 0 && low == 0)) {
			return ph_web_refuse(
				no, 400, "target", NULL,
				ph_say("the address has a percent sign that two "
				       "hexadecimal digits, not 00, must follow",
				       "địa chỉ có dấu phần trăm mà sau đó phải là hai "
				       "chữ số hệ mười sáu khác 00"));
		}
		if (*in == '%') {
			*out++ = (char)(high << 4 | low);
			in += 2;
		} else {
			*out++ = (char)(is_query && *in == '+' ? ' ' : *in);
		}
	}
	*out = '\0';
	rc = ph_text_check(ph_view_str(text));
	return rc > 0 ? ph_web_refuse(no, 400, "target", NULL,
				      ph_say("the address is not UTF-8 in the form NFC, "
					     "or has control characters",
					     "địa chỉ không phải là UTF-8 dạng NFC, hoặc "
					     "có ký tự điều khiển"))
		      : rc;
}

static int take_path(struct ph_web_target *target, char *path, struct ph_web_no *no)
{
	char *at = path;

	while (at) {
		char *next = strchr(at + 1, '/');
		int rc;

		if (next) {
			*next = '\0';
		}
		if (target->n_parts == PH_WEB_PARTS_MAX) {
			return ph_web_refuse(no, 404, "not-found", NULL,
					     ph_say("there is nothing at this address",
						    "không có gì ở địa chỉ này"));
		}
		rc = decode(at + 1, false, no);
		if (rc < 0) {
			return rc;
		}
		target->part[target->n_parts++] = at + 1;
		at = next;
	}
	return 0;
}

static int take_query(struct ph_web_target *target, char *query, struct ph_web_no *no)
{
	char *rest = query;
	char *pair;
	int rc = 0;

	while (rc == 0 && (pair = strsep(&rest, "&"))) {
		char *value = strchr(pair, '=');
		char none[] = "";

		if (*pair == '\0') {
			continue;
		}
		if (value) {
			*value++ = '\0';
		} else {
			value = none;
		}
		rc = decode(pair, true, no);
		rc = rc < 0 ? rc : decode(value, true, no);
		if (rc == 0 && json_object_get(target->query, pair)) {
			rc = ph_web_refuse(no, 400, "twice", pair,
					   ph_say("\"%.40s\" stands twice in the address",
						  "“%.40s” có hai lần trong địa chỉ"),
					   pair);
		}
		if (rc == 0 &&
		    json_object_set_new(target->query, pair, json_string(value)) < 0) {
			rc = -ENOMEM;
		}
	}
	return rc;
}

int ph_web_target_parse(struct ph_web_target *target_out, const char *text,
			struct ph_web_no *no)
{
	struct ph_web_target target = { 0 };
	char *query;
	int rc;

	if (text[0] != '/' || strlen(text) > PH_WEB_TARGET_MAX || strchr(text, '#')) {
		return ph_web_refuse(no, 400, "target", NULL,
				     ph_say("the address must begin with a slash and "
					    "have at most %d bytes",
					    "địa chỉ phải bắt đầu bằng dấu gạch chéo và "
					    "có nhiều nhất %d byte"),
				     PH_WEB_TARGET_MAX);
	}
	target.text = strdup(text);
	target.query = json_object();
	rc = target.text && target.query ? 0 : -ENOMEM;
	if (rc == 0) {
		query = strchr(target.text, '?');
		if (query) {
			*query++ = '\0';
		}
		rc = take_path(&target, target.text, no);
		rc = rc < 0 || !query ? rc : take_query(&target, query, no);
	}
	if (rc < 0) {
		ph_web_target_deinit(&target);
		return rc;
	}
	*target_out = target;
	return 0;
}

void ph_web_target_deinit(struct ph_web_target *target)
{
	free(target->text);
	json_decref(target->query);
	*target = (struct ph_web_target){ 0 };
}
