/*
 * tests/fuzz/folder.h - a folder for a target whose subject lives in one: in memory where
 * the system has a place for that, and gone when the process ends by itself.
 */
#ifndef PH_FUZZ_FOLDER_H
#define PH_FUZZ_FOLDER_H

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char fuzz_folder[64];

static inline void fuzz_folder_remove(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf '%s'", fuzz_folder);
	if (system(command) != 0) {
		fprintf(stderr, "%s is left behind\n", fuzz_folder);
	}
}

static inline void fuzz_folder_make(void)
{
	const char *place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	snprintf(fuzz_folder, sizeof(fuzz_folder), "%s/packhorse-fuzz.XXXXXX", place);
	if (mkdtemp(fuzz_folder) == NULL || atexit(fuzz_folder_remove) != 0) {
		abort();
	}
}

static inline void fuzz_copy_file(const char *from, const char *to)
{
	static char bytes[1 << 20];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t len = in < 0 ? -1 : read(in, bytes, sizeof(bytes));

	if (len < 0 || (size_t)len == sizeof(bytes) || out < 0 ||
	    write(out, bytes, (size_t)len) != len) {
		abort();
	}
	close(in);
	close(out);
}

/* Each file of TO goes; then it has copies of those of FROM. */
static inline void fuzz_folder_copy(const char *from, const char *to)
{
	const char *dirs[] = { to, from };
	char path[PATH_MAX], path_to[PATH_MAX];

	if (mkdir(to, 0700) != 0 && access(to, W_OK) != 0) {
		abort();
	}
	for (int i = 0; i < 2; i++) {
		DIR *dir = opendir(dirs[i]);
		struct dirent *entry;

		if (dir == NULL) {
			abort();
		}
		while ((entry = readdir(dir)) != NULL) {
			if (entry->d_type != DT_REG) {
				continue;
			}
			snprintf(path, sizeof(path), "%s/%s", dirs[i], entry->d_name);
			snprintf(path_to, sizeof(path_to), "%s/%s", to, entry->d_name);
			if (i == 0) {
				unlink(path);
			} else {
				fuzz_copy_file(path, path_to);
			}
		}
		closedir(dir);
	}
}

#endif
