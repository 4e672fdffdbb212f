/* common/web/check.c - see check.h. Names of hosts and schemes are compared blind to case. */
#include "common/web/check.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/say.h"

/* RFC 9110, 5.6.2. */
static bool is_token(const char *name)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";
	size_t len = 0;

	while ((name[len] >= '0' && name[len] <= '9') ||
	       (name[len] >= 'A' && name[len] <= 'Z') ||
	       (name[len] >= 'a' && name[len] <= 'z') ||
	       (name[len] && strchr(marks, name[len]))) {
		len++;
	}
	return len > 0 && name[len] == '\0';
}

void ph_web_head_put(struct ph_web_head *head, const char *name, const char *value)
{
	static const struct {
		const char *name;
		size_t at;
	} known[] = {
		{ "Host", offsetof(struct ph_web_head, host) },
		{ "Origin", offsetof(struct ph_web_head, origin) },
		{ "Sec-Fetch-Site", offsetof(struct ph_web_head, site) },
		{ "Content-Type", offsetof(struct ph_web_head, type) },
		{ "Content-Length", offsetof(struct ph_web_head, length) },
		{ "Transfer-Encoding", offsetof(struct ph_web_head, coding) },
		{ "Authorization", offsetof(struct ph_web_head, bearer) },
		{ "Last-Event-ID", offsetof(struct ph_web_head, last_id) },
		{ "Packhorse-Person", offsetof(struct ph_web_head, person) },
		{ "Accept-Language", offsetof(struct ph_web_head, language) },
	};

	head->is_odd |= !is_token(name);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char **slot = (const char **)(void *)((char *)head + known[i].at);

		if (strcasecmp(known[i].name, name) != 0) {
			continue;
		}
		if (*slot && slot == &head->language) {
			return; /* a list may come in parts: nothing hangs on it */
		}
		if (*slot) {
			head->twice = known[i].name;
		}
		*slot = value ? value : "";
	}
}

/* The length of the name in HOST[:PORT], or 0: that is none. */
static size_t name_of(const char *host)
{
	size_t len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	const char *port = strlen(host) >= len ? host + len : "";

	if (*port == ':') {
		size_t digits = strspn(port + 1, "0123456789");

		return digits > 0 && digits <= 5 && port[1 + digits] == '\0' ? len : 0;
	}
	return strlen(host) == len ? len : 0;
}

static bool is_ours(const char *host, const struct ph_web_rules *rules)
{
	size_t len = name_of(host);

	for (size_t i = 0; len > 0 && i < rules->n_hosts; i++) {
		if (strlen(rules->hosts[i]) == len &&
		    strncasecmp(rules->hosts[i], host, len) == 0) {
			return true;
		}
	}
	return false;
}

static bool is_same(const char *origin, const char *host)
{
	size_t scheme = strncasecmp(origin, "http://", 7) == 0    ? 7
			: strncasecmp(origin, "https://", 8) == 0 ? 8
								  : 0;

	return scheme > 0 && strcasecmp(origin + scheme, host) == 0;
}

/* A change must come from a page of ours, or from no page. */
static int check_change(const struct ph_web_head *head, struct ph_web_no *no)
{
	size_t type = head->type ? strcspn(head->type, "; \t") : 0;

	if (head->origin && !is_same(head->origin, head->host)) {
		return ph_web_refuse(
			no, 403, "origin", "Origin",
			ph_say("a page of another place may change nothing here",
			       "trang của nơi khác không được thay đổi gì ở đây"));
	}
	if (head->site && strcasecmp(head->site, "cross-site") == 0) {
		return ph_web_refuse(
			no, 403, "origin", "Sec-Fetch-Site",
			ph_say("a page of another place may change nothing here",
			       "trang của nơi khác không được thay đổi gì ở đây"));
	}
	if (type != strlen("application/json") ||
	    strncasecmp(head->type, "application/json", type) != 0) {
		return ph_web_refuse(no, 415, "content-type", "Content-Type",
				     ph_say("the body must be application/json",
					    "nội dung phải là application/json"));
	}
	if (!head->length) {
		return ph_web_refuse(
			no, 411, "length", "Content-Length",
			ph_say("the length of the body must be said before it",
			       "phải nói trước độ dài của nội dung"));
	}
	return 0;
}

int ph_web_head_check(const struct ph_web_head *head, const char *method,
		      const struct ph_web_rules *rules, uint64_t *length_out,
		      struct ph_web_no *no)
{
	uint64_t length = 0;
	size_t digits = head->length ? strspn(head->length, "0123456789") : 0;

	if (head->is_odd) {
		return ph_web_refuse(
			no, 400, "header", NULL,
			ph_say("a header has no name, or one with a character that none "
			       "has, such as a blank before the colon",
			       "có tiêu đề không tên, hoặc tên có ký tự không được phép, "
			       "ví dụ dấu cách trước dấu hai chấm"));
	}
	if (head->twice) {
		return ph_web_refuse(
			no, 400, "twice", head->twice,
			ph_say("the header %s stands twice", "tiêu đề %s có hai lần"),
			head->twice);
	}
	if (head->person && strcmp(head->person, "1") != 0) {
		return ph_web_refuse(no, 400, "usage", "Packhorse-Person",
				     ph_say("Packhorse-Person is 1, or not there",
					    "Packhorse-Person là 1, hoặc không có"));
	}
	if (!head->host || !is_ours(head->host, rules)) {
		(void)ph_web_refuse(no, 403, "host", "Host",
				    ph_say("this is not served under the name \"%.80s\"",
					   "ở đây không phục vụ dưới tên “%.80s”"),
				    head->host ? head->host : "");
		no->act = rules->host_act;
		return -EINVAL;
	}
	if (head->coding) {
		return ph_web_refuse(
			no, 411, "length", "Transfer-Encoding",
			ph_say("a body in chunks is not taken: say its length",
			       "không nhận nội dung gửi từng phần: hãy nói độ dài"));
	}
	if (head->length && (digits == 0 || head->length[digits] != '\0')) {
		return ph_web_refuse(no, 400, "length", "Content-Length",
				     ph_say("the length of the body is no number",
					    "độ dài của nội dung không phải là số"));
	}
	if (digits > 0) {
		length = digits > 18 ? UINT64_MAX : strtoull(head->length, NULL, 10);
	}
	if (length > rules->body_max) {
		return ph_web_refuse(no, 413, "size", "body",
				     ph_say("a body has at most %llu bytes",
					    "nội dung có nhiều nhất %llu byte"),
				     (unsigned long long)rules->body_max);
	}
	if (strcmp(method, "POST") == 0) { /* there is no other: see routes */
		int rc = check_change(head, no);

		if (rc < 0) {
			return rc;
		}
	} else if (length > 0 && strcmp(method, "GET") == 0) {
		return ph_web_refuse(
			no, 400, "body", "body",
			ph_say("a GET has no body", "GET không có nội dung"));
	}
	*length_out = length;
	return 0;
}

/* Of "vi-VN;q=0.8", LEN bytes: a thousand for q=1, 0 for what is not wanted, or no weight. */
static unsigned weight_of(const char *range, size_t len)
{
	const char *q = memchr(range, ';', len);
	unsigned weight = 0;

	if (!q) {
		return 1000;
	}
	q += 1 + strspn(q + 1, " \t");
	if (strncasecmp(q, "q=", 2) != 0 || (q[2] != '0' && q[2] != '1')) {
		return 0;
	}
	weight = (unsigned)(q[2] - '0') * 1000;
	for (unsigned place = 100, i = 4;
	     q[3] == '.' && q[i] >= '0' && q[i] <= '9' && place; place /= 10, i++) {
		weight += (unsigned)(q[i] - '0') * place;
	}
	return weight > 1000 ? 1000 : weight;
}

static enum ph_speak tongue_of(const char *range, size_t len)
{
	bool is_whole = len == 2 || (len > 2 && strchr("-; \t", range[2]));

	return !is_whole                          ? PH_SPEAK_OWN
	       : strncasecmp(range, "vi", 2) == 0 ? PH_SPEAK_VIETNAMESE
	       : strncasecmp(range, "en", 2) == 0 ? PH_SPEAK_ENGLISH
						  : PH_SPEAK_OWN;
}

enum ph_speak ph_web_language(const char *accepted)
{
	enum ph_speak best = PH_SPEAK_OWN;
	unsigned most = 0;

	for (const char *at = accepted ? accepted : ""; *at; at += *at == ',') {
		size_t len;

		at += strspn(at, " \t");
		len = strcspn(at, ",");
		if (tongue_of(at, len) != PH_SPEAK_OWN && weight_of(at, len) > most) {
			best = tongue_of(at, len);
			most = weight_of(at, len);
		}
		at += len;
	}
	return best;
}

struct ph_view ph_web_bearer(const struct ph_web_head *head)
{
	const char *text = head->bearer;

	if (!text || strncasecmp(text, "Bearer ", 7) != 0) {
		return PH_VIEW(NULL, 0);
	}
	text += 7 + strspn(text + 7, " ");
	return PH_VIEW(text, strcspn(text, " "));
}
