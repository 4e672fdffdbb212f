/*
 * common/cli/child.c - programs of ours that run apart: where they are, their start and end.
 *
 * A program that is not there, or does not start, is an error that names the path.
 */
#include "common/cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* DIR/PLACE/NAME if it can be run. */
static bool found(char out[static PH_CHILD_PATH], const char *dir, const char *place,
		  const char *name)
{
	int len = snprintf(out, PH_CHILD_PATH, "%s/%s/%s", dir, place, name);

	return len > 0 && len < PH_CHILD_PATH && access(out, X_OK) == 0;
}

bool ph_child_find(char out[static PH_CHILD_PATH], const char *name, const char *variable,
		   const char *built)
{
	const char *named = getenv(variable);
	char self[PH_CHILD_PATH];
	ssize_t len;

	if (named && named[0]) {
		snprintf(out, PH_CHILD_PATH, "%s", named);
		return access(out, X_OK) == 0;
	}
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len > 0) {
		self[len] = '\0';
		*strrchr(self, '/') = '\0';
		if (found(out, self, ".", name) || found(out, self, built, name)) {
			return true;
		}
	}
	return found(out, PH_LIBEXECDIR, ".", name);
}

static int spawn(struct ph_child *child, const char *path,
		 const struct ph_child_config *config, int out)
{
	posix_spawn_file_actions_t actions;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc == 0) {
		rc = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
		if (rc == 0 && config->in >= 0) {
			rc = posix_spawn_file_actions_adddup2(&actions, config->in,
							      STDIN_FILENO);
		}
		if (rc == 0) {
			rc = posix_spawn(&child->pid, path, &actions, NULL, config->argv,
					 environ);
		}
		posix_spawn_file_actions_destroy(&actions);
	}
	return -rc;
}

int ph_child_start(struct ph_child *child, const struct ph_child_config *config,
		   struct ph_error *err)
{
	char path[PH_CHILD_PATH] = "";
	int ends[2];
	int rc;

	*child = (struct ph_child){ .out = -1 };
	(void)ph_child_find(path, config->name, config->variable, config->built);
	if (pipe2(ends, O_CLOEXEC) != 0) {
		return ph_fail_errno(err, -errno, config->name);
	}
	rc = spawn(child, path, config, ends[1]);
	close(ends[1]);
	if (rc < 0) {
		close(ends[0]);
		child->pid = 0;
		return ph_fail_errno(err, rc, path);
	}
	child->out = ends[0];
	return 0;
}

int ph_child_end(struct ph_child *child, bool stop)
{
	int status = 0;
	pid_t ended;

	if (child->pid == 0) {
		return -1;
	}
	if (stop) {
		kill(child->pid, SIGTERM);
	}
	do {
		ended = waitpid(child->pid, &status, 0);
	} while (ended < 0 && errno == EINTR);
	*child = (struct ph_child){ .out = -1 };
	return ended > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
