/* client/marc_child.h - packhorse-marc as a child process: where it is, its lines. */
#ifndef PH_CLIENT_MARC_CHILD_H
#define PH_CLIENT_MARC_CHILD_H

#include <stdio.h>

#include "common/base/bytes.h"
#include "common/cli/child.h"

struct ph_marc_child {
	struct ph_child program;
	FILE *lines; /* its standard output */
	char *line;  /* the last one read, and its room */
	size_t cap;
};

struct ph_marc_config {
	const char *path;    /* of the file; "-": our standard input */
	const char *format;  /* auto, marc, marcxml */
	const char *items;   /* auto, 952, 852, 949, none */
	const char *charset; /* NULL: as the records say */
};

/*
 * Start it: $PACKHORSE_MARC, or packhorse-marc beside our own program or in its folder
 * marc/, or where it was installed. 0, or negative errno with ERR.
 */
int ph_marc_child_start(struct ph_marc_child *child, const struct ph_marc_config *config,
			struct ph_error *err);
/*
 * The next line, without its newline; borrowed until the next call. 0; 1 at the end;
 * -EINTR when a signal came; or another negative errno.
 */
int ph_marc_child_line(struct ph_marc_child *child, struct ph_view *line_out);
/* Wait for its end (ending it first if STOP); its exit status, or -1 if a signal ended it. */
int ph_marc_child_end(struct ph_marc_child *child, bool stop);

#endif
