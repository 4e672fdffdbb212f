/*
 * tests/fuzz/fuzz_record.c - any bytes as the input of `packhorse record --batch`.
 *
 * The command itself runs, over the folder of a device that has joined. A line that is
 * wrong comes behind the input, so that nothing of the batch may be kept: the log ends
 * where it did, every line has its answer, in order, and none says that it is safe. The
 * entries are made, checked, stamped and put into the journal all the same.
 */
#include <sys/mman.h>
#include <unistd.h>

#include <jansson.h>

#include "client/commands.h"
#include "tests/unit/site_world.h"

#include "tests/fuzz/choices.h"
#include "tests/fuzz/folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __wrap_ph_site_close(struct ph_site *site);
void __real_ph_site_close(struct ph_site *site);

static struct world *world;

/* The command is given a site that stays open: a folder is not closed and opened each time. */
int ph_command_open(const struct ph_cli *cli, struct ph_site **site_out,
		    struct ph_error *err)
{
	(void)cli;
	(void)err;
	*site_out = world->site;
	return 0;
}

void __wrap_ph_site_close(struct ph_site *site)
{
	if (site != world->site) {
		__real_ph_site_close(site);
	}
}

static void prepare(void)
{
	void *state = NULL;

	must(ph_crypto_start() == 0);
	world_setup(&state);
	world = state;
	fuzz_folder_make();
	snprintf(world->dir, sizeof(world->dir), "%s/site", fuzz_folder);
	must(rmdir(world->base) == 0);
	must(world_join(world, NULL) == 0 && world_open(world, NULL) == 0);
	world_write(world, world_reader("Lò Thị Xuân"));
	world_write(world, world_copy(0, "000017"));
	world_visits(world, 2);
}

/* Answers are JSON, numbered upwards, and none is good; how many there are. */
static size_t look(char *text)
{
	json_int_t last = 0;
	size_t n = 0;
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest), n++) {
		json_t *answer = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		json_int_t number = json_integer_value(json_object_get(answer, "line"));

		must(json_is_object(answer) && number > last);
		must(json_is_false(json_object_get(answer, "ok")));
		must(json_string_length(json_object_get(answer, "error")) > 0);
		last = number;
		json_decref(answer);
	}
	return n;
}

/* A file in memory that holds DATA and a line that is wrong; its path. */
static char *lay_down(const uint8_t *data, size_t size)
{
	static const char wrong[] = "\n{\n";
	static char path[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("record", MFD_CLOEXEC);
		must(fd >= 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	must(ftruncate(fd, 0) == 0);
	must(pwrite(fd, data, size, 0) == (ssize_t)size);
	must(pwrite(fd, wrong, sizeof(wrong) - 1, (off_t)size) == sizeof(wrong) - 1);
	return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ph_cli cli = { .command = &ph_cmd_record };
	FILE *out = stdout;
	struct ph_error err = { 0 };
	size_t answers_len = 0;
	char *answers = NULL, *path;
	uint64_t before;
	int rc;

	if (world == NULL) {
		prepare();
	}
	cli.set[cli.n_set].name = "batch";
	cli.set[cli.n_set++].value = "";
	before = ph_site_log(world->site)->n;
	path = lay_down(data, size);
	cli.args = &path;
	cli.n_args = 1;
	stdout = open_memstream(&answers, &answers_len);
	must(stdout != NULL);
	rc = ph_cmd_record.run(&cli, &err);
	must(fclose(stdout) == 0);
	stdout = out;
	must(rc == PH_EXIT_OTHER && err.text[0] == '\0');
	must(look(answers) >= 1);
	must(ph_site_log(world->site)->n == before);
	free(answers);
	return 0;
}
