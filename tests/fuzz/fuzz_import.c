/*
 * tests/fuzz/fuzz_import.c - any lines as what packhorse-marc says to `packhorse import`.
 *
 * packhorse-marc reads files of strangers (fuzz_marc.c) and is not trusted with more than to
 * speak. Here the command itself runs, over the folder of a device that has joined, and the
 * input is what it reads from its child: behind a byte of options (1 codes are printed, 2 a
 * dry run, 4 an acquisition is told) lines of JSON.
 *
 * It ends with a sum, or with words and nothing written; a dry run writes nothing; the same
 * lines once more write nothing, since each record is known by its source; the journal
 * verifies, and the rebuilt ledger is the ledger. A site that an input left as it was stays
 * open for the next one.
 */
#include <jansson.h>

#include "client/commands.h"
#include "client/marc_child.h"
#include "tests/unit/site_world.h"

#include "tests/fuzz/choices.h"
#include "tests/fuzz/folder.h"
#include "tests/fuzz/site_whole.h"
#include "tests/fuzz/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __wrap_ph_site_close(struct ph_site *site);
void __real_ph_site_close(struct ph_site *site);
int __wrap_ph_marc_child_start(struct ph_marc_child *child,
			       const struct ph_marc_config *config, struct ph_error *err);
int __wrap_ph_marc_child_line(struct ph_marc_child *child, struct ph_view *line_out);
int __wrap_ph_marc_child_end(struct ph_marc_child *child, bool stop);

static struct world *world;
static char made[96];
static struct ph_view said; /* that was not read yet */

/* --- what the command is given --- */

int ph_command_open(const struct ph_cli *cli, struct ph_site **site_out,
		    struct ph_error *err)
{
	(void)cli;
	(void)err;
	*site_out = world->site;
	return 0;
}

/* The site stays open: what was not committed goes. */
void __wrap_ph_site_close(struct ph_site *site)
{
	if (site == world->site) {
		ph_site_undo(site);
	} else {
		__real_ph_site_close(site);
	}
}

int __wrap_ph_marc_child_start(struct ph_marc_child *child,
			       const struct ph_marc_config *config, struct ph_error *err)
{
	(void)config;
	(void)err;
	child->program.pid = 1;
	return 0;
}

int __wrap_ph_marc_child_line(struct ph_marc_child *child, struct ph_view *line_out)
{
	const uint8_t *end = said.len > 0 ? memchr(said.data, '\n', said.len) : NULL;
	size_t len = end ? (size_t)(end - said.data) : said.len;

	(void)child;
	if (said.len == 0) {
		return 1;
	}
	*line_out = PH_VIEW(said.data, len);
	len += end != NULL;
	said = PH_VIEW(said.data + len, said.len - len);
	return 0;
}

int __wrap_ph_marc_child_end(struct ph_marc_child *child, bool stop)
{
	(void)stop;
	child->program.pid = 0;
	return 0;
}

/* --- runs --- */

static uint64_t held(void)
{
	return ph_site_log(world->site)->n;
}

static void put_option(struct ph_cli *cli, const char *name, const char *value)
{
	cli->set[cli->n_set].name = name;
	cli->set[cli->n_set++].value = value;
}

/* What it says is one object of JSON, if it says anything. */
static void look(const char *text, int rc)
{
	json_t *sum = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	must(rc < 0 || json_is_object(sum));
	json_decref(sum);
}

static int import(uint8_t options, struct ph_view lines)
{
	static char name[] = "records.mrc", *file[] = { name };
	struct ph_cli cli = {
		.command = &ph_cmd_import, .json = true, .args = file, .n_args = 1
	};
	FILE *out = stdout;
	struct ph_error err = { 0 };
	uint64_t before = held();
	size_t text_len = 0;
	char *text = NULL;
	int rc;

	if (options & 1) {
		put_option(&cli, "print-codes", "");
	}
	if (options & 2) {
		put_option(&cli, "dry-run", "");
	}
	if (options & 4) {
		put_option(&cli, "acquisition", "donation");
	}
	said = lines;
	stdout = open_memstream(&text, &text_len);
	must(stdout != NULL);
	rc = ph_cmd_import.run(&cli, &err);
	must(fclose(stdout) == 0);
	stdout = out;
	look(text, rc);
	free(text);
	must(rc == PH_EXIT_DONE || rc == PH_EXIT_OTHER ||
	     (rc < 0 && err.text[0] != '\0' && err.exit == PH_EXIT_OTHER));
	must(held() == before || !(options & 2));
	return rc;
}

/* A folder that has joined, closed; copies of it are what inputs work on. */
static void prepare(void)
{
	void *state = NULL;

	must(ph_crypto_start() == 0);
	world_setup(&state);
	world = state;
	fuzz_folder_make();
	must(rmdir(world->base) == 0);
	snprintf(world->dir, sizeof(world->dir), "%s/site", fuzz_folder);
	must(world_join(world, NULL) == 0 && world_open(world, NULL) == 0);
	world_write(world, world_copy(0, "000017"));
	__real_ph_site_close(world->site);
	world->site = NULL;
	snprintf(made, sizeof(made), "%s/made", fuzz_folder);
	fuzz_folder_copy(world->dir, made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t options = size > 0 ? data[0] : 0;
	struct ph_view lines = PH_VIEW(data + (size > 0), size - (size > 0));
	struct ph_db *db;
	int64_t before;
	uint64_t first;

	if (world == NULL) {
		prepare();
	}
	if (world->site == NULL) {
		fuzz_folder_copy(made, world->dir);
		must(world_open(world, NULL) == 0);
	}
	db = ph_journal_db(ph_site_journal(world->site));
	before = fuzz_store_changes(db);
	import(options, lines);
	if (fuzz_store_changes(db) == before) {
		return 0;
	}
	first = held();
	import(options, lines);
	must(held() == first);
	site_is_whole(world->site);
	__real_ph_site_close(world->site);
	world->site = NULL;
	return 0;
}
