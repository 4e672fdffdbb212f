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
#include "common/base/shell.h"

enum {
	NAME_SIZE = 64,
	ENTRY_SIZE = 4096,
	WORD_SIZE = 256 /* a longer path has no room in an error twice */
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

/* PATH is a file of another user in a folder of the caller's, who may have it given back. */
static bool is_astray(const char *path)
{
	struct ph_file_info file, folder;
	char at[PATH_MAX];
	int n = snprintf(at, sizeof(at), "%s", path);

	return n >= 0 && (size_t)n < sizeof(at) && ph_file_look(path, &file) == 0 &&
	       file.plain && file.owner != geteuid() && go_up(at) &&
	       ph_file_info(at, &folder) == 0 && folder.owner == geteuid();
}

static int fail_astray(struct ph_error *err, int rc, const char *path, const char *owner)
{
	char own[NAME_SIZE];
	char word[WORD_SIZE];

	if (!ph_shell_word(path, word, sizeof(word))) {
		return ph_fail_errno(err, rc, path);
	}
	name_of(geteuid(), own);
	return ph_fail(err, PH_EXIT_OTHER, rc,
		       ph_say("%s: no permission. It belongs to the user %s, though the "
			      "folder is yours: have the file given to you (sudo chown "
			      "%s %s)",
			      "%s: không có quyền. Thuộc về người dùng %s, dù thư mục là "
			      "của bạn: hãy nhờ chuyển tệp cho bạn (sudo chown %s %s)"),
		       path, owner, own[0] == '#' ? own + 1 : own, word);
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
	if (is_astray(path)) {
		return fail_astray(err, rc, path, name);
	}
	return ph_fail(err, PH_EXIT_OTHER, rc,
		       ph_say("%s: no permission. It belongs to the user %s: give the "
			      "command as that user (sudo -u %s ...)",
			      "%s: không có quyền. Thuộc về người dùng %s: hãy ra lệnh "
			      "bằng người dùng đó (sudo -u %s ...)"),
		       path, name, name);
}
