/*
 * common/cli/eventlog.c - lines for the journal or for whoever reads standard error.
 *
 * The line is put together in one buffer and written at once. Under journald each line
 * has its level in front and no time, which journald adds; elsewhere the time stands
 * behind the name. Nothing here can fail in a way that a caller could mend.
 */
#include "common/cli/eventlog.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

bool ph_eventlog_is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device;
	unsigned long long inode;
	struct stat info;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(fd, &info) == 0 && info.st_dev == device && info.st_ino == inode;
}

static void write_all(int fd, const char *line, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, line, len);

		if (n < 0 && errno != EINTR) {
			return;
		}
		if (n > 0) {
			line += n;
			len -= (size_t)n;
		}
	}
}

static size_t begin(const struct ph_eventlog *log, enum ph_event_level level,
		    const char *name, char line[static LINE_MAX_BYTES])
{
	struct ph_now now;
	char time[PH_TIME_TEXT];

	if (log->prefix) {
		return (size_t)snprintf(line, LINE_MAX_BYTES, "<%d>%s ", (int)level,
					name);
	}
	log->clock.read(log->clock.data, &now);
	ph_time_text(time, now.wall);
	return (size_t)snprintf(line, LINE_MAX_BYTES, "%s time=%s ", name, time);
}

void ph_event(const struct ph_eventlog *log, enum ph_event_level level, const char *name,
	      const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	size_t len = begin(log, level, name, line);
	va_list args;

	va_start(args, format);
	vsnprintf(line + len, sizeof(line) - len, format, args);
	va_end(args);
	len = strlen(line);
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f) {
			line[i] = '?';
		}
	}
	if (line[len - 1] == ' ') {
		len--;
	}
	line[len] = '\n'; /* in place of the terminator */
	write_all(log->fd, line, len + 1);
}
