/*
 * common/cli/eventlog.h - one line an event on standard error, its stable name first.
 *
 *   session.end peer=3f09a1c2 site=14-0371 result=closed in=512 out=380 ...
 *
 * No payloads and no keys: a device is named by the first 8 hex digits of its id.
 * Free text stands last on the line, in quotes. docs/OPERATIONS.md lists the events.
 */
#ifndef PH_CLI_EVENTLOG_H
#define PH_CLI_EVENTLOG_H

#include <stdbool.h>

#include "common/base/clock.h"

/* As in syslog and sd-daemon(3). */
enum ph_event_level {
	PH_EVENT_ERROR = 3,
	PH_EVENT_WARNING = 4,
	PH_EVENT_INFO = 6,
};

struct ph_eventlog {
	int fd;
	bool prefix; /* "<N>" before the name, for journald; else the time behind it */
	struct ph_clock clock;
};

/* Does standard error go to journald (JOURNAL_STREAM, systemd.exec(5))? */
bool ph_eventlog_is_journal(int fd);
/*
 * Write one line, with one write(2), so that lines of two threads do not mix. Control
 * characters become '?'; what does not fit 1,024 bytes is cut. Errors are ignored:
 * there is nobody left to tell. FORMAT gives the members, without the newline.
 */
void ph_event(const struct ph_eventlog *log, enum ph_event_level level, const char *name,
	      const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
