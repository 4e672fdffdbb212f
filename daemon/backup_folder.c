/*
 * daemon/backup_folder.c - names of backups, and how long they stay.
 *
 * The names sort by time, so the newest is the last one; other people's files and backups of
 * other provinces are not looked at. Who made a backup is in what it signs, not in its name:
 * a file that only bears such a name is found out by whoever reads it.
 */
#include "daemon/backup_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/cli/out.h"

#define PREFIX    "packhorse-"
#define ENDING    ".backup"
#define PART      ".part"
#define TIME_SIZE 17 /* 20261128T203142Z and its terminator */
#define PATH_SIZE 4096
/* length of a whole name */
#define NAME_LEN  (sizeof(PREFIX) - 1 + 8 + 1 + TIME_SIZE - 1 + sizeof(ENDING) - 1)

int ph_backup_folder_check(const char *folder, struct ph_error *err)
{
	struct ph_file_info info;
	int rc = ph_file_info(folder, &info);

	if (rc == -ENOENT || (rc == 0 && !info.folder)) {
		return ph_fail(
			err, PH_EXIT_OTHER, rc < 0 ? rc : -ENOTDIR,
			ph_say("%s is no folder: is the disk mounted? Make the folder on "
			       "it first; it is not made here, so that no backup lands "
			       "beside the disk that it was meant for",
			       "%s không phải là thư mục: đã gắn ổ đĩa chưa? Hãy tạo thư "
			       "mục trên ổ đó trước; ở đây không tự tạo, để bản sao "
			       "không nằm ngoài ổ đĩa đã định"),
			folder);
	}
	return rc < 0 ? ph_fail_errno(err, rc, folder) : 0;
}

static void time_text(int64_t second, char out[static TIME_SIZE])
{
	time_t time = (time_t)second;
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	(void)gmtime_r(&time, &tm);
	(void)strftime(out, TIME_SIZE, "%Y%m%dT%H%M%SZ", &tm);
}

static void name_of(const uint8_t root[static PH_KEY_SIZE], int64_t second,
		    char out[static PH_BACKUP_FILE_NAME])
{
	char hex[9];
	char when[TIME_SIZE];

	ph_hex(hex, root, 4);
	time_text(second, when);
	snprintf(out, PH_BACKUP_FILE_NAME, PREFIX "%s-%s" ENDING, hex, when);
}

int ph_backup_folder_name(const char *folder, const uint8_t root[static PH_KEY_SIZE],
			  int64_t second, char out[static PH_BACKUP_FILE_NAME])
{
	char path[PATH_SIZE];

	for (int64_t i = 0; i <= PH_BACKUP_NAME_LATE; i++) {
		int rc;

		name_of(root, second + i, out);
		rc = ph_path_join(path, sizeof(path), folder, out, NULL);
		if (rc < 0 || !ph_file_exists(path)) {
			return rc;
		}
	}
	return -EEXIST;
}

/* --- looking --- */

struct names {
	const uint8_t *root; /* NULL: any */
	char (*name)[PH_BACKUP_FILE_NAME];
	size_t n, cap;
};

/* Whether NAME, without what stands behind LEN, is a backup's, and of ROOT. */
static bool is_name(const char *name, size_t len, const uint8_t *root)
{
	char hex[9];

	if (len != NAME_LEN || strncmp(name, PREFIX, sizeof(PREFIX) - 1) != 0 ||
	    strncmp(name + NAME_LEN - (sizeof(ENDING) - 1), ENDING, sizeof(ENDING) - 1) !=
		    0) {
		return false;
	}
	name += sizeof(PREFIX) - 1;
	if (strspn(name, "0123456789abcdef") != 8 || name[8] != '-' ||
	    strspn(name + 9, "0123456789") != 8 || name[17] != 'T' ||
	    strspn(name + 18, "0123456789") != 6 || name[24] != 'Z') {
		return false;
	}
	if (root) {
		ph_hex(hex, root, 4);
	}
	return !root || strncmp(name, hex, 8) == 0;
}

static int see_name(void *data, const char *name)
{
	struct names *names = data;

	if (!is_name(name, strlen(name), names->root)) {
		return 0;
	}
	if (names->n == names->cap) {
		size_t cap = names->cap * 2 + 16;
		void *grown = realloc(names->name, cap * sizeof(*names->name));

		if (!grown) {
			return -ENOMEM;
		}
		names->name = grown;
		names->cap = cap;
	}
	snprintf(names->name[names->n++], sizeof(*names->name), "%s", name);
	return 0;
}

/* By time: whoever's root it is of stands before that in the name. */
static int compare(const void *a, const void *b)
{
	const char *x = a;
	const char *y = b;

	return strcmp(x + sizeof(PREFIX) - 1 + 8, y + sizeof(PREFIX) - 1 + 8);
}

static int list(const char *folder, struct names *names)
{
	int rc = ph_dir_list(folder, see_name, names);

	if (rc == 0 && names->n > 1) {
		qsort(names->name, names->n, sizeof(*names->name), compare);
	}
	return rc;
}

int ph_backup_folder_newest(const char *folder, const uint8_t *root,
			    char out[static PH_BACKUP_FILE_NAME], struct ph_error *err)
{
	struct names names = { .root = root };
	int rc = list(folder, &names);

	if (rc == 0 && names.n == 0) {
		rc = ph_fail(err, PH_EXIT_OTHER, -ENOENT,
			     root ? ph_say("%s holds no backup of a hub (" PREFIX
					   "...%s) of the province that the recovery key "
					   "names: look there, or try another copy of "
					   "the key",
					   "%s không có bản sao lưu máy chủ (" PREFIX
					   "...%s) của tỉnh ghi trong khoá phục hồi: hãy "
					   "xem lại thư mục, hoặc thử bản chép khác của "
					   "khoá")
				  : ph_say("%s holds no backup of a hub (" PREFIX
					   "...%s)",
					   "%s không có bản sao lưu máy chủ (" PREFIX
					   "...%s)"),
			     folder, ENDING);
	} else if (rc == 0) {
		memcpy(out, names.name[names.n - 1], PH_BACKUP_FILE_NAME);
	}
	free(names.name);
	return rc < 0 ? ph_fail_errno(err, rc, folder) : 0;
}

/* When NAME, which is a backup's, says that it was made; a time that there is not is long ago. */
int64_t ph_backup_folder_second(const char *name)
{
	const char *when = name + sizeof(PREFIX) - 1 + 9;
	char text[24];
	int64_t second = 0;

	snprintf(text, sizeof(text), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", when, when + 4,
		 when + 6, when + 9, when + 11, when + 13);
	return ph_time_parse(text, strlen(text), &second) == 0 ? second : 0;
}

int ph_backup_folder_oldest(const char *folder, const uint8_t root[static PH_KEY_SIZE],
			    char out[static PH_BACKUP_FILE_NAME], int64_t *second_out)
{
	struct names names = { .root = root };
	int rc = list(folder, &names);

	if (rc == 0 && names.n == 0) {
		rc = -ENOENT;
	} else if (rc == 0) {
		memcpy(out, names.name[0], PH_BACKUP_FILE_NAME);
		*second_out = ph_backup_folder_second(out);
	}
	free(names.name);
	return rc;
}

int ph_backup_folder_seconds(const char *folder, const uint8_t root[static PH_KEY_SIZE],
			     int64_t *out, size_t max, size_t *n_out)
{
	struct names names = { .root = root };
	int rc = list(folder, &names);

	*n_out = rc < 0 ? 0 : names.n < max ? names.n : max;
	for (size_t i = 0; i < *n_out; i++) {
		out[i] = ph_backup_folder_second(names.name[i]);
	}
	free(names.name);
	return rc;
}

/* --- removing --- */

int ph_backup_folder_expire(const char *folder, const uint8_t root[static PH_KEY_SIZE],
			    unsigned keep, unsigned days, int64_t second)
{
	struct names names = { .root = root };
	char oldest[PH_BACKUP_FILE_NAME];
	int removed = 0;
	int rc = list(folder, &names);

	name_of(root, second - (int64_t)days * 86400, oldest);
	for (size_t i = 0; rc == 0 && i + 1 < names.n; i++) {
		bool beyond = names.n - i > keep;
		bool old = compare(names.name[i], oldest) < 0;
		char path[PATH_SIZE];

		if (!beyond && !old) {
			break; /* those behind it are newer */
		}
		rc = ph_path_join(path, sizeof(path), folder, names.name[i], NULL);
		rc = rc < 0 ? rc : ph_file_remove(path);
		removed += rc == 0;
	}
	free(names.name);
	return rc < 0 ? rc : removed;
}

struct sweeping {
	const char *folder;
	const uint8_t *root;
};

static int sweep_name(void *data, const char *name)
{
	const struct sweeping *sweeping = data;
	size_t len = strlen(name);
	size_t end = sizeof(PART) - 1;
	char path[PATH_SIZE];

	if (len > end && strcmp(name + len - end, PART) == 0 &&
	    is_name(name, len - end, sweeping->root) &&
	    ph_path_join(path, sizeof(path), sweeping->folder, name, NULL) == 0) {
		(void)ph_file_remove(path);
	}
	return 0;
}

void ph_backup_folder_sweep(const char *folder, const uint8_t root[static PH_KEY_SIZE])
{
	struct sweeping sweeping = { folder, root };

	(void)ph_dir_list(folder, sweep_name, &sweeping);
}
