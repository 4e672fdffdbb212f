/* daemon/serve.h - the running daemon: loop, signals, reload, stop. */
#ifndef PH_DAEMON_SERVE_H
#define PH_DAEMON_SERVE_H

#include "common/base/error.h"

struct ph_serve {
	const char *dir;
	const char *listen; /* in place of the configured addresses; NULL: those */
};

/*
 * Serve until SIGTERM or SIGINT. Returns the exit status: 0; or a negative errno with
 * ERR: PH_EXIT_CONFIG, PH_EXIT_USAGE for `listen`, PH_EXIT_IN_USE, PH_EXIT_DAMAGED
 * after an I/O error of the store, and what opening the hub gives.
 */
int ph_serve(const struct ph_serve *serve, struct ph_error *err);

#endif
