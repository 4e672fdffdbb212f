/*
 * daemon/metrics_text.c - the text format in which Prometheus reads metrics, version 0.0.4.
 *
 * Help and label values are the only free text: in both a backslash and a line feed are
 * escaped, in the latter a quotation mark as well.
 */
#include "daemon/metrics_text.h"

#include <inttypes.h>
#include <string.h>

#include "common/base/text.h"

static void put(struct ph_metrics_text *text, const char *bytes, size_t len)
{
	if (text->rc == 0) {
		text->rc = ph_buf_put(text->out, bytes, len);
	}
}

static void put_text(struct ph_metrics_text *text, const char *words)
{
	put(text, words, strlen(words));
}

static void put_escaped(struct ph_metrics_text *text, const char *words, bool is_label)
{
	bool is_utf8 = ph_text_check(ph_view_str(words)) != PH_TEXT_E_UTF8;

	for (; *words; words++) {
		if (*words == '\n') {
			put(text, "\\n", 2);
		} else if (*words == '\\' || (*words == '"' && is_label)) {
			put(text, "\\", 1);
			put(text, words, 1);
		} else {
			put(text, (unsigned char)*words >= 0x80 && !is_utf8 ? "?" : words,
			    1);
		}
	}
}

void ph_metrics_family(struct ph_metrics_text *text, const char *name, const char *type,
		       const char *help)
{
	text->family = name;
	put_text(text, "# HELP ");
	put_text(text, name);
	put_text(text, " ");
	put_escaped(text, help, false);
	put_text(text, "\n# TYPE ");
	put_text(text, name);
	put_text(text, " ");
	put_text(text, type);
	put_text(text, "\n");
}

static void put_front(struct ph_metrics_text *text, const char *suffix,
		      const struct ph_metrics_label *labels)
{
	const char *before = "{";

	put_text(text, text->family);
	put_text(text, suffix);
	for (; labels && labels->name; labels++) {
		put_text(text, before);
		put_text(text, labels->name);
		put_text(text, "=\"");
		put_escaped(text, labels->value, true);
		put_text(text, "\"");
		before = ",";
	}
	put_text(text, *before == ',' ? "} " : " ");
}

void ph_metrics_int(struct ph_metrics_text *text, const char *suffix,
		    const struct ph_metrics_label *labels, int64_t value)
{
	put_front(text, suffix, labels);
	if (text->rc == 0) {
		text->rc = ph_buf_printf(text->out, "%" PRId64 "\n", value);
	}
}

void ph_metrics_real(struct ph_metrics_text *text, const char *suffix,
		     const struct ph_metrics_label *labels, double value)
{
	put_front(text, suffix, labels);
	if (text->rc == 0) {
		text->rc = ph_buf_printf(text->out, "%.10g\n", value);
	}
}
