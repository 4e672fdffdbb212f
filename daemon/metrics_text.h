/*
 * daemon/metrics_text.h - the text format in which Prometheus reads metrics, version 0.0.4.
 *
 * A family is its name, its type and what it means, then its samples, one a line. Label
 * values are escaped; whatever is not UTF-8 in one becomes '?'. After the first
 * failure nothing more is written, and it is told at the end.
 */
#ifndef PH_DAEMON_METRICS_TEXT_H
#define PH_DAEMON_METRICS_TEXT_H

#include "common/base/bytes.h"

struct ph_metrics_text {
	struct ph_buf *out; /* borrowed */
	const char *family; /* of the samples that follow */
	int rc;             /* 0 or -ENOMEM */
};

/* A label; a list of them ends with a NULL name. */
struct ph_metrics_label {
	const char *name, *value;
};

/* TYPE: "gauge", "counter" or "histogram". NAME stays. */
void ph_metrics_family(struct ph_metrics_text *text, const char *name, const char *type,
		       const char *help);
/* SUFFIX is set behind the family's name: "", or "_bucket", "_sum", "_count". LABELS may be NULL. */
void ph_metrics_int(struct ph_metrics_text *text, const char *suffix,
		    const struct ph_metrics_label *labels, int64_t value);
void ph_metrics_real(struct ph_metrics_text *text, const char *suffix,
		     const struct ph_metrics_label *labels, double value);

#endif
