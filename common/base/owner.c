/* common/base/owner.c - errors of somebody who works in another user's folder. */
#include "common/base/owner.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/say.h"

enum {
	NAME_SIZE = 64,
	ENTRY_SIZE = 4096
};

/* The folder that AT, a path, is in, in its place. False: there is none above. */
static bool go_up(char *at)
{
	char *slash = strrchr(at, '/');

	if (strcmp(at, "/") == 0 || strcmp(at, ".") == 0) {
		return false;
	}
	if (!slash) {
		memcpy(at, ".", 2);
	} else if (slash == at) {
		at[1] = '\0';
	} else {
		*slash = '\0';
	}
	return true;
}

/* Of PATH, or of what is nearest above it. False: of nothing that can be looked at. */
static bool find_owner(const char *path, unsigned *owner_out)
{
	struct ph_file_info info;
	char at[PATH_MAX];
	int n = snprintf(at, sizeof(at), "%s", path);
	int rc;

	if (n < 0 || (size_t)n >= sizeof(at)) {
		return false;
	}
	rc = ph_file_info(at, &info);
	while (rc < 0 && go_up(at)) {
		rc = ph_file_info(at, &info);
	}
	*owner_out = rc == 0 ? info.owner : 0;
	return rc == 0;
}

/* As `sudo -u` takes it. */
static void name_of(unsigned owner, char out[static NAME_SIZE])
{
	struct passwd entry;
	struct passwd *found = NULL;
	char text[ENTRY_SIZE];

	if (getpwuid_r(owner, &entry, text, sizeof(text), &found) == 0 && found) {
		snprintf(out, NAME_SIZE, "%s", found->pw_name);
	} else {
		snprintf(out, NAME_SIZE, "#%u", owner);
	}
}

int ph_fail_owner(struct ph_error *err, int rc, const char *path)
{
	char name[NAME_SIZE];
	unsigned owner = 0;

	if ((rc != -EACCES && rc != -EPERM) || !find_owner(path, &owner) ||
	    owner == geteuid()) {
		return ph_fail_errno(err, rc, path);
	}
	name_of(owner, name);
	return ph_fail(err, PH_EXIT_OTHER, rc,
		       ph_say("%s: no permission. It belongs to the user %s: give the "
			      "command as that user (sudo -u %s ...)",
			      "%s: không có quyền. Thuộc về người dùng %s: hãy ra lệnh "
			      "bằng người dùng đó (sudo -u %s ...)"),
		       path, name, name);
}
