/*
 * tests/fuzz/replay_main.c - run a fuzz target over its corpus, as a test.
 *
 * Each file of the folder in argv[1], in order of name, goes once through the target,
 * in a heap block of exactly its size, so that ASan sees a read past its end. One
 * "ok" line a file; a target that finds a fault aborts, which the plan line in front
 * of all makes a failure.
 *
 * A folder that is missing, empty or unreadable is a failure, not a pass. At the end it
 * says how much memory it had at most, "# peak N kB": what the kernel tells of a process
 * that has ended counts what it was before it ran this program, too.
 */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int is_seed(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The bytes of FILE in a block of their own. NULL on failure. */
static uint8_t *read_exact(FILE *file, size_t *size_out)
{
	if (fseek(file, 0, SEEK_END) != 0) {
		return NULL;
	}

	long size = ftell(file);

	if (size < 0 || fseek(file, 0, SEEK_SET) != 0) {
		return NULL;
	}

	/* malloc(0) may give NULL, and an empty input is a fair one. */
	uint8_t *data = malloc(size > 0 ? (size_t)size : 1);

	if (data != NULL && fread(data, 1, (size_t)size, file) != (size_t)size) {
		free(data);
		return NULL;
	}
	*size_out = (size_t)size;
	return data;
}

static int replay(const char *folder, const char *name)
{
	char path[PATH_MAX];
	size_t size = 0;
	int n = snprintf(path, sizeof(path), "%s/%s", folder, name);

	if (n < 0 || (size_t)n >= sizeof(path)) {
		return -1;
	}

	FILE *file = fopen(path, "rb");

	if (file == NULL) {
		return -1;
	}

	uint8_t *data = read_exact(file, &size);

	fclose(file);
	if (data == NULL) {
		return -1;
	}
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

static void tell_peak(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[128];
	long kib = 0;

	while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
		if (sscanf(line, "VmHWM: %ld", &kib) == 1) {
			printf("# peak %ld kB\n", kib);
		}
	}
	if (status != NULL) {
		fclose(status);
	}
}

int main(int argc, char **argv)
{
	struct dirent **entries = NULL;
	int failed = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}

	int n = scandir(argv[1], &entries, is_seed, alphasort);

	if (n <= 0) {
		printf("Bail out! no corpus in %s\n", argv[1]);
		free(entries);
		return 1;
	}
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		int rc = replay(argv[1], entries[i]->d_name);

		printf("%s %d - %s\n", rc == 0 ? "ok" : "not ok", i + 1,
		       entries[i]->d_name);
		fflush(stdout);
		failed |= rc != 0;
		free(entries[i]);
	}
	free(entries);
	tell_peak();
	return failed;
}
