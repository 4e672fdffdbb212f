/*
 * client/marc_child.c - packhorse-marc as a child process.
 *
 * It gets nothing from us but its arguments and standard streams; all our descriptors
 * close on exec. A program that is not there, or does not start, is an error that names
 * the path.
 */
#include "client/marc_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define NAME     "packhorse-marc"
#define PATH_LEN 4096

/* DIR/PLACE if it can be run. */
static bool found(char out[static PATH_LEN], const char *dir, const char *place)
{
	int len = snprintf(out, PATH_LEN, "%s/%s", dir, place);

	return len > 0 && len < PATH_LEN && access(out, X_OK) == 0;
}

static void find(char out[static PATH_LEN])
{
	const char *named = getenv("PACKHORSE_MARC");
	char self[PATH_LEN];
	ssize_t len;

	if (named && named[0]) {
		snprintf(out, PATH_LEN, "%s", named);
		return;
	}
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len > 0) {
		self[len] = '\0';
		*strrchr(self, '/') = '\0';
		if (found(out, self, NAME) || found(out, self, "marc/" NAME)) {
			return;
		}
	}
	found(out, PH_LIBEXECDIR, NAME);
}

static int spawn(struct ph_marc_child *child, char *path, char *const *argv, int out)
{
	posix_spawn_file_actions_t actions;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc == 0) {
		rc = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
		if (rc == 0) {
			rc = posix_spawn(&child->pid, path, &actions, NULL, argv,
					 environ);
		}
		posix_spawn_file_actions_destroy(&actions);
	}
	return -rc;
}

int ph_marc_child_start(struct ph_marc_child *child, const struct ph_marc_config *config,
			struct ph_error *err)
{
	char path[PATH_LEN] = "";
	const char *argv[] = { NAME, "--format", config->format, "--items", config->items,
			       NULL, NULL,       NULL,           NULL,      NULL };
	size_t n = 5;
	int ends[2];
	int rc;

	*child = (struct ph_marc_child){ 0 };
	find(path);
	if (config->charset) {
		argv[n++] = "--charset";
		argv[n++] = config->charset;
	}
	argv[n++] = "--";
	argv[n++] = config->path;
	if (pipe2(ends, O_CLOEXEC) != 0) {
		return ph_fail_errno(err, -errno, "starting " NAME);
	}
	rc = spawn(child, path, (char *const *)argv, ends[1]);
	close(ends[1]);
	if (rc == 0) {
		child->lines = fdopen(ends[0], "r");
		rc = child->lines ? 0 : -errno;
	}
	if (rc < 0) {
		close(ends[0]);
		child->pid = 0;
		return ph_fail_errno(err, rc, path);
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
	int status = 0;
	pid_t ended = 0;

	if (child->pid == 0) {
		return -1;
	}
	if (stop) {
		kill(child->pid, SIGTERM);
	}
	fclose(child->lines);
	do {
		ended = waitpid(child->pid, &status, 0);
	} while (ended < 0 && errno == EINTR);
	free(child->line);
	*child = (struct ph_marc_child){ 0 };
	return ended > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
