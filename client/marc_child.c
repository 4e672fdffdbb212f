/*
 * client/marc_child.c - packhorse-marc as a child process.
 *
 * It says a line a record; how it is found and started is common/cli/child.h.
 */
#include "client/marc_child.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/say.h"

#define NAME "packhorse-marc"

int ph_marc_child_start(struct ph_marc_child *child, const struct ph_marc_config *config,
			struct ph_error *err)
{
	const char *argv[] = { NAME, "--format", config->format, "--items", config->items,
			       NULL, NULL,       NULL,           NULL,      NULL };
	size_t n = 5;
	int rc;

	*child = (struct ph_marc_child){ 0 };
	if (config->charset) {
		argv[n++] = "--charset";
		argv[n++] = config->charset;
	}
	argv[n++] = "--";
	argv[n++] = config->path;
	rc = ph_child_start(&child->program,
			    &(struct ph_child_config){ .name = NAME,
						       .variable = "PACKHORSE_MARC",
						       .built = "marc",
						       .argv = (char *const *)argv,
						       .in = -1 },
			    err);
	if (rc < 0) {
		return rc;
	}
	child->lines = fdopen(child->program.out, "r");
	if (!child->lines) {
		rc = -errno;
		close(child->program.out);
		(void)ph_child_end(&child->program, true);
		return ph_fail_errno(err, rc,
				     ph_say("starting " NAME, "khởi động " NAME));
	}
	return 0;
}

int ph_marc_child_line(struct ph_marc_child *child, struct ph_view *line_out)
{
	ssize_t len;

	errno = 0;
	len = getline(&child->line, &child->cap, child->lines);
	if (len < 0) {
		return feof(child->lines) ? 1 : errno ? -errno : -EIO;
	}
	if (len > 0 && child->line[len - 1] == '\n') {
		len--;
	}
	*line_out = PH_VIEW(child->line, (size_t)len);
	return 0;
}

int ph_marc_child_end(struct ph_marc_child *child, bool stop)
{
	int status;

	if (child->program.pid == 0) {
		return -1;
	}
	/* a child that still writes must not wait for us to read */
	fclose(child->lines);
	status = ph_child_end(&child->program, stop);
	free(child->line);
	*child = (struct ph_marc_child){ 0 };
	return status;
}
