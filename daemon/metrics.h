/*
 * daemon/metrics.h - the metrics of a hub as text for Prometheus, and whether its daemon is well.
 *
 * Whoever shows them asks the store as for any command: {"command":"metrics"}, through
 * ph_server_prepare() inside the daemon, ph_ask() outside, and writes the answer.
 * Names and meanings: docs/OPERATIONS.md, "Metrics".
 */
#ifndef PH_DAEMON_METRICS_H
#define PH_DAEMON_METRICS_H

#include <jansson.h>

#include "common/base/bytes.h"

#define PH_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Append the metrics of ANSWER, of the command "metrics", to OUT. 0 or -ENOMEM. */
int ph_metrics_write(const json_t *answer, struct ph_buf *out);

struct ph_server;
/*
 * Append to OUT how the daemon is, as a JSON object {"ok","store":"answers" | "hangs" |
 * "stopping"}, without asking the store. 1: it is well (HTTP 200); 0: it is not (503); or
 * -ENOMEM.
 */
int ph_metrics_healthz(struct ph_server *server, struct ph_buf *out);

#endif
