/*
 * daemon/backup_state.c - the folder of a hub as a backup has it.
 *
 * Keys, settings and store go in; what only concerns the running process (lock, socket,
 * spool, half-written files) does not. What was unpacked is opened as a hub of its own and
 * asked to verify itself, so a backup that passes is one that can be restored.
 */
#include "daemon/backup_state.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"

#define PATH_SIZE 4096

struct putting {
	struct ph_backup_writer *writer;
	const char *dir;
	const char *folder; /* of names that are being seen; "": DIR itself */
	const char *ending; /* NULL: any name */
	struct ph_error *err;
};

static bool ends_with(const char *name, const char *ending)
{
	size_t len = strlen(name);
	size_t end = strlen(ending);

	return len > end && strcmp(name + len - end, ending) == 0;
}

static int put_file(const struct putting *putting, const char *name)
{
	char path[PATH_SIZE];
	int rc = ph_path_join(path, sizeof(path), putting->dir, name, putting->err);

	return rc < 0 ? rc
		      : ph_backup_writer_add(putting->writer, name, path, putting->err);
}

static int see_name(void *data, const char *name)
{
	const struct putting *putting = data;
	char full[PATH_SIZE];
	char path[PATH_SIZE];
	struct ph_file_info info;
	int rc = ph_path_join(full, sizeof(full), putting->folder, name, putting->err);

	rc = rc < 0 ? rc
		    : ph_path_join(path, sizeof(path), putting->dir, full, putting->err);
	rc = rc < 0 ? rc : ph_file_look(path, &info);
	if (rc < 0) {
		return ph_fail_errno(putting->err, rc, path);
	}
	if (!info.plain || !ph_backup_name_ok(full) || ends_with(name, ".part") ||
	    (putting->ending && !ends_with(name, putting->ending))) {
		return 0;
	}
	return put_file(putting, full);
}

static int put_folder(struct putting *putting, const char *folder, const char *ending)
{
	char path[PATH_SIZE];
	int rc = ph_path_join(path, sizeof(path), putting->dir, folder, putting->err);

	if (rc < 0 || !ph_file_exists(path)) {
		return rc;
	}
	putting->folder = folder;
	putting->ending = ending;
	rc = ph_dir_list(path, see_name, putting);
	return rc < 0 ? ph_fail_errno(putting->err, rc, path) : 0;
}

int ph_backup_put_state(struct ph_backup_writer *writer, const char *dir,
			const char *copy, struct ph_error *err)
{
	struct putting putting = { .writer = writer, .dir = dir, .err = err };
	char path[PATH_SIZE];
	int rc = put_folder(&putting, "keys", NULL);

	rc = rc < 0 ? rc : put_folder(&putting, "conf.d", ".conf");
	rc = rc < 0 ? rc : ph_path_join(path, sizeof(path), dir, "packhorsed.conf", err);
	if (rc == 0 && ph_file_exists(path)) {
		rc = put_file(&putting, "packhorsed.conf");
	}
	return rc < 0 ? rc : ph_backup_writer_add(writer, "hub.db", copy, err);
}

/* --- checking --- */

static int take_answer(const json_t *answer, struct ph_backup_checked *checked_out,
		       struct ph_error *err)
{
	const char *digest = json_string_value(json_object_get(answer, "digest"));
	json_int_t exit = json_integer_value(json_object_get(answer, "exit"));

	if (exit != 0) {
		return ph_fail(err, (enum ph_exit)exit, -EUCLEAN, "%s",
			       json_string_value(json_object_get(answer, "error")));
	}
	if (!digest || ph_unhex(checked_out->digest, sizeof(checked_out->digest), digest,
				strlen(digest)) != 0) {
		return -EINVAL;
	}
	checked_out->logs = (uint64_t)json_integer_value(json_object_get(answer, "logs"));
	checked_out->entries =
		(uint64_t)json_integer_value(json_object_get(answer, "entries"));
	return 0;
}

int ph_backup_check_state(const char *dir, struct ph_backup_checked *checked_out,
			  struct ph_error *err)
{
	json_t *request = json_pack("{s:s}", "command", "verify");
	json_t *answer = NULL;
	struct ph_hub *hub = NULL;
	int rc = request ? ph_hub_open(&hub,
				       &(struct ph_hub_config){ .dir = dir,
								.who = "backup",
								.clock = ph_clock_system,
								.rng = ph_rng_system },
				       err)
			 : -ENOMEM;

	if (rc == 0) {
		answer = ph_hub_command(hub, request);
		rc = answer ? take_answer(answer, checked_out, err) : -ENOMEM;
	}
	ph_hub_close(hub);
	json_decref(answer);
	json_decref(request);
	return rc < 0 ? ph_fail_errno(err, rc, dir) : 0;
}

/* --- removing --- */

static int remove_level(const char *dir, unsigned levels);

struct removing {
	const char *dir;
	unsigned levels;
};

static int remove_name(void *data, const char *name)
{
	const struct removing *removing = data;
	char path[PATH_SIZE];
	struct ph_file_info info;
	int rc = ph_path_join(path, sizeof(path), removing->dir, name, NULL);

	rc = rc < 0 ? rc : ph_file_look(path, &info);
	if (rc == 0 && info.folder) {
		return removing->levels > 0 ? remove_level(path, removing->levels - 1)
					    : -ENOTEMPTY;
	}
	rc = rc < 0 ? rc : ph_file_remove(path);
	return rc == -ENOENT ? 0 : rc;
}

static int remove_level(const char *dir, unsigned levels)
{
	struct removing removing = { dir, levels };
	int rc = ph_dir_list(dir, remove_name, &removing);

	if (rc == 0 && rmdir(dir) < 0) {
		rc = -errno;
	}
	return rc;
}

int ph_backup_remove_tree(const char *dir)
{
	struct ph_file_info info;
	int rc = ph_file_look(dir, &info);

	if (rc < 0) {
		return rc == -ENOENT ? 0 : rc;
	}
	return info.folder ? remove_level(dir, 2) : ph_file_remove(dir);
}
