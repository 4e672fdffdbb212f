/*
 * common/cli/notify.h - what a daemon tells its service manager: sd_notify(3)'s protocol.
 *
 * One datagram of lines NAME=VALUE to the socket that $NOTIFY_SOCKET names. The protocol
 * is stable and small, so that no library is needed for it.
 */
#ifndef PH_CLI_NOTIFY_H
#define PH_CLI_NOTIFY_H

#include <stdint.h>

/*
 * Send STATE, as "READY=1". 0; 1 if nobody asked for it; or a negative errno, which
 * nobody can do anything about.
 */
int ph_notify(const char *state);
/*
 * Tell that the settings are being read again, with the time that Type=notify-reload
 * asks for; "READY=1" follows when they are.
 */
void ph_notify_reloading(void);
/* Microseconds within which "WATCHDOG=1" must come again and again; 0: it need not. */
uint64_t ph_notify_watchdog(void);

#endif
