/*
 * common/cli/local.h - the local socket of a running program: DIR/socket, lines of JSON.
 *
 * Both packhorsed and `packhorse agent` listen there (mode 0600), one JSON object a line
 * in, one a line out. Here is what both ends of both share, without a loop: the path, and
 * the blocking exchange of one who asks.
 */
#ifndef PH_CLI_LOCAL_H
#define PH_CLI_LOCAL_H

#include <jansson.h>

#include "common/base/bytes.h"
#include "common/base/error.h"

/*
 * Connect to the program that runs in DIR. A descriptor; -ENOENT if none runs there; or
 * another negative errno.
 */
int ph_local_connect(const char *dir);
/*
 * Send LINE and a newline, and read a line of at most MAX bytes, appended to ANSWER with
 * its newline and with whatever came behind it. A program that closes before it has read
 * the question (it is busy) has said so first: that is taken as the answer. 0; -EPIPE: it
 * went away; -EMSGSIZE; or another negative errno.
 */
int ph_local_exchange(int fd, const char *line, size_t max, struct ph_buf *answer);
/* Read on until ANSWER has LEN bytes. As above. */
int ph_local_read(int fd, size_t len, struct ph_buf *answer);
/*
 * A socket bound to FOLDER/socket (a descriptor of the folder), 0600 from the first
 * moment, in place of one that a dead process left: the caller holds the folder's lock. A
 * descriptor, not listening yet, or a negative errno.
 */
int ph_local_bind(int folder);
void ph_local_unbind(int folder);

#endif
