/*
 * client/marc/record.c - from libyaz's tree to a record whose text is UTF-8.
 *
 * The tree is walked twice: once to learn what bytes there are and so which charset
 * they can be, once to convert each subfield by itself. Leader/09 says UTF-8 or MARC-8;
 * real files are often wrong about it, and the two are easy to tell apart: MARC-8 text
 * with marks is never well-formed UTF-8. A record whose bytes are neither is refused:
 * a guess would put nonsense on the shelf. Comments in the tree are what libyaz found
 * strange; they become notes.
 */
#include "client/marc/record.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/marc/charset.h"
#include "common/base/say.h"

#define ESCAPE 0x1b

void ph_marc_record_init(struct ph_marc_record *record)
{
	memset(record, 0, sizeof(*record));
}

void ph_marc_record_deinit(struct ph_marc_record *record)
{
	free(record->fields);
	free(record->subfields);
	ph_buf_deinit(&record->text);
	ph_buf_deinit(&record->notes);
	ph_marc_record_init(record);
}

struct ph_view ph_marc_text(const struct ph_marc_record *record,
			    const struct ph_marc_subfield *subfield)
{
	return PH_VIEW(record->text.data + subfield->at, subfield->len);
}

struct ph_marc_field *ph_marc_field(struct ph_marc_record *record, const char *tag,
				    size_t *at)
{
	for (; *at < record->n_fields; ++*at) {
		if (strcmp(record->fields[*at].tag, tag) == 0) {
			return &record->fields[(*at)++];
		}
	}
	return NULL;
}

struct ph_marc_subfield *ph_marc_subfield(struct ph_marc_record *record,
					  const struct ph_marc_field *field, char code)
{
	for (size_t i = 0; i < field->n; i++) {
		struct ph_marc_subfield *subfield = &record->subfields[field->first + i];

		if (subfield->code == code) {
			return subfield;
		}
	}
	return NULL;
}

int ph_marc_note(struct ph_marc_record *record, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (char *c = text; *c; c++) {
		*c = (unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f ? '?' : *c;
	}
	return ph_buf_printf(&record->notes, "%s\n", text);
}

/* --- the bytes of a tree --- */

static bool is_element(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE &&
	       strcmp((const char *)node->name, name) == 0;
}

/* Text of NODE; several text nodes are put together in SPARE. */
static int content(const xmlNode *node, struct ph_buf *spare, struct ph_view *out)
{
	spare->len = 0;
	for (const xmlNode *child = node->children; child; child = child->next) {
		if ((child->type == XML_TEXT_NODE ||
		     child->type == XML_CDATA_SECTION_NODE) &&
		    child->content &&
		    ph_buf_put(spare, child->content,
			       strlen((const char *)child->content)) != 0) {
			return -ENOMEM;
		}
	}
	*out = ph_buf_view(spare);
	return 0;
}

static struct ph_view attribute(const xmlNode *node, const char *name)
{
	for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
		if (strcmp((const char *)attr->name, name) == 0 && attr->children &&
		    attr->children->content) {
			return ph_view_str((const char *)attr->children->content);
		}
	}
	return (struct ph_view){ 0 };
}

struct seen {
	bool high;   /* bytes of 0x80 and above */
	bool escape; /* escape sequences of MARC-8 */
	bool utf8;
};

static int look(const xmlNode *node, struct ph_buf *spare, struct seen *seen)
{
	struct ph_view text;
	int rc = 0;

	for (; rc == 0 && node; node = node->next) {
		if (is_element(node, "datafield")) {
			rc = look(node->children, spare, seen);
		} else if (is_element(node, "subfield") ||
			   is_element(node, "controlfield")) {
			rc = content(node, spare, &text);
			for (size_t i = 0; rc == 0 && i < text.len; i++) {
				seen->high |= text.data[i] >= 0x80;
				seen->escape |= text.data[i] == ESCAPE;
			}
			seen->utf8 = seen->utf8 && rc == 0 && ph_charset_is_utf8(text);
		}
	}
	return rc;
}

static const char *choose(struct ph_marc_record *record, const struct seen *seen)
{
	bool says_utf8 = record->leader[9] == 'a';

	if (seen->escape && !says_utf8) {
		return "MARC-8";
	}
	if (seen->utf8) {
		if (seen->high && !says_utf8) {
			ph_marc_note(record, "says MARC-8, but is UTF-8; read as UTF-8");
		}
		return "UTF-8";
	}
	if (says_utf8) {
		ph_marc_note(record,
			     "says UTF-8, but is not; read as MARC-8: look at its marks");
	}
	return "MARC-8";
}

/* --- filling the lists --- */

static int grow(void **list, size_t n, size_t *cap, size_t size)
{
	if (n == *cap) {
		size_t more = *cap ? *cap * 2 : 32;
		void *bigger = realloc(*list, more * size);

		if (!bigger) {
			return -ENOMEM;
		}
		*list = bigger;
		*cap = more;
	}
	return 0;
}

struct taking {
	struct ph_marc_record *record;
	struct ph_charset *charset;
	const char *charset_name;
	struct ph_buf spare;
	unsigned cleaned;
	struct ph_error *err;
};

/* The code of a subfield must be one printable character; others are kept under '?'. */
static char code_of(struct taking *to, const char *tag, const xmlNode *node)
{
	struct ph_view code = attribute(node, "code");

	bool kept = code.len == 1 && code.data[0] >= 0x20 && code.data[0] < 0x7f;

	if (!kept || code.data[0] == ' ') {
		ph_marc_note(to->record, "%s: a subfield code is not a letter or digit",
			     tag);
	}
	return kept ? (char)code.data[0] : '?';
}

static int add_text(struct taking *to, const char *tag, const xmlNode *node, char code)
{
	struct ph_marc_record *record = to->record;
	size_t at = record->text.len;
	struct ph_view bytes;
	int rc = grow((void **)&record->subfields, record->n_subfields,
		      &record->cap_subfields, sizeof(record->subfields[0]));

	rc = rc != 0 ? rc : content(node, &to->spare, &bytes);
	if (rc != 0) {
		return rc;
	}
	rc = ph_charset_read(to->charset, bytes, &record->text, &to->cleaned);
	if (rc == PH_CHARSET_E_BYTES) {
		return ph_fail(
			to->err, PH_EXIT_OTHER, PH_MARC_E_BAD,
			ph_say("field %s: its text is not %s%s",
			       "trường %s: chữ không phải là %s%s"),
			tag, to->charset_name,
			strcmp(to->charset_name, "MARC-8") == 0
				? ph_say(" and not UTF-8; name its charset",
					 ", cũng không phải là UTF-8; hãy nêu bảng mã")
				: "");
	}
	if (rc == 0) {
		record->subfields[record->n_subfields++] = (struct ph_marc_subfield){
			.code = code, .at = at, .len = record->text.len - at
		};
	}
	return rc;
}

static int add_field(struct taking *to, const xmlNode *node)
{
	struct ph_marc_record *record = to->record;
	bool control = is_element(node, "controlfield");
	struct ph_view tag = attribute(node, "tag");
	struct ph_view ind1 = attribute(node, "ind1"), ind2 = attribute(node, "ind2");
	struct ph_marc_field field = { .control = control,
				       .first = record->n_subfields,
				       .ind = { ' ', ' ' } };
	int rc = grow((void **)&record->fields, record->n_fields, &record->cap_fields,
		      sizeof(record->fields[0]));

	if (rc != 0) {
		return rc;
	}
	if (tag.len != 3 || !isalnum(tag.data[0]) || !isalnum(tag.data[1]) ||
	    !isalnum(tag.data[2])) {
		return ph_fail(to->err, PH_EXIT_OTHER, PH_MARC_E_BAD,
			       ph_say("a tag is not three letters or digits",
				      "có nhãn không phải là ba chữ hoặc chữ số"));
	}
	memcpy(field.tag, tag.data, 3);
	if (!control) {
		field.ind[0] =
			ind1.len == 1 && isgraph(ind1.data[0]) ? (char)ind1.data[0] : ' ';
		field.ind[1] =
			ind2.len == 1 && isgraph(ind2.data[0]) ? (char)ind2.data[0] : ' ';
	}
	if (control) {
		rc = add_text(to, field.tag, node, '\0');
	}
	for (const xmlNode *child = control ? NULL : node->children; rc == 0 && child;
	     child = child->next) {
		if (is_element(child, "subfield")) {
			rc = add_text(to, field.tag, child,
				      code_of(to, field.tag, child));
		}
	}
	field.n = record->n_subfields - field.first;
	if (rc == 0 && field.n > 0) {
		record->fields[record->n_fields++] = field;
	} else if (rc == 0) {
		rc = ph_marc_note(record, "%s: has nothing in it", field.tag);
	}
	return rc;
}

static int take_all(struct taking *to, const xmlNode *root)
{
	int rc = 0;

	for (const xmlNode *node = root->children; rc == 0 && node; node = node->next) {
		if (is_element(node, "controlfield") || is_element(node, "datafield")) {
			rc = add_field(to, node);
		} else if (node->type == XML_COMMENT_NODE && node->content) {
			rc = ph_marc_note(to->record, "%s", (const char *)node->content);
		}
	}
	if (rc == 0 && to->cleaned > 0) {
		rc = ph_marc_note(to->record,
				  "%u control characters were replaced by blanks",
				  to->cleaned);
	}
	return rc;
}

static int take_leader(struct ph_marc_record *record, const xmlNode *root,
		       struct ph_buf *spare)
{
	memset(record->leader, ' ', PH_MARC_LEADER);
	record->leader[PH_MARC_LEADER] = '\0';
	for (const xmlNode *node = root->children; node; node = node->next) {
		struct ph_view text;

		if (!is_element(node, "leader")) {
			continue;
		}
		if (content(node, spare, &text) != 0) {
			return -ENOMEM;
		}
		for (size_t i = 0; i < text.len && i < PH_MARC_LEADER; i++) {
			uint8_t c = text.data[i];

			record->leader[i] = (char)(c >= 0x20 && c < 0x7f ? c : ' ');
		}
	}
	return 0;
}

int ph_marc_record_take(struct ph_marc_record *record, const xmlNode *root,
			const char *charset, struct ph_error *err)
{
	struct seen seen = { .utf8 = true };
	struct taking to = { .record = record, .charset_name = charset, .err = err };
	int rc;

	record->n_fields = 0;
	record->n_subfields = 0;
	record->text.len = 0;
	rc = take_leader(record, root, &to.spare);
	rc = rc != 0 ? rc : look(root->children, &to.spare, &seen);
	if (rc == 0 && !to.charset_name) {
		to.charset_name = choose(record, &seen);
	}
	if (rc == 0) {
		rc = ph_charset_new(&to.charset, to.charset_name);
		rc = rc != PH_CHARSET_E_UNKNOWN
			     ? rc
			     : ph_fail(err, PH_EXIT_USAGE, PH_MARC_E_STOP,
				       ph_say("%s: no charset of this name is known here",
					      "%s: ở đây không biết bảng mã tên này"),
				       to.charset_name);
	}
	rc = rc != 0 ? rc : take_all(&to, root);
	ph_charset_free(to.charset);
	ph_buf_deinit(&to.spare);
	return rc;
}
