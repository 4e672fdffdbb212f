/* daemon/html.h - HTML, written piece by piece; a failure sticks. */
#ifndef PH_DAEMON_HTML_H
#define PH_DAEMON_HTML_H

#include "common/base/bytes.h"

struct ph_html {
	struct ph_buf *out;
	int rc; /* 0 or -ENOMEM: then nothing more is written */
};

/* HTML as it is. */
void ph_html_raw(struct ph_html *to, const char *html);
/* PLAIN, escaped; what HTML and XML have no place for becomes a question mark. */
void ph_html_text(struct ph_html *to, const char *plain);
/* FORMAT is HTML in which each %s is a text that is escaped and each %d a long long. */
void ph_html_put(struct ph_html *to, const char *format, ...);

#endif
