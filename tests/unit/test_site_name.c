/*
 * tests/unit/test_site_name.c - no name of a reader lies open in the files of a site.
 *
 * In a real folder a reader is written, corrected, and found by the name. Then the bytes of
 * each file of the folder are searched for the names, as they were written and as search folds
 * them; with the store open, when most of it is in the WAL, and closed. The name of a title,
 * which is not sealed, must be seen there: what looks for names can find one.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "site_world.h"

#include "common/base/file.h"
#include "common/ledger/find.h"

#define FILE_MAX (64u << 20)

#define TITLE    "Truyện cổ Mường Chanh"

static const char *const secret[] = {
	"Lò Thị Xuân", "Xuân Lò",     "lo thi xuan", "LÒ THỊ XUÂN", "Xuân",
	"Cầm Thị Ban", "cam thi ban", "CẦM THỊ BAN", "Cầm",
};

struct searched {
	unsigned files, with_title, with_wal;
};

static void search_file(const char *path, struct searched *searched)
{
	struct ph_buf bytes = { 0 };

	assert_int_equal(ph_file_read(path, FILE_MAX, &bytes, NULL), 0);
	for (size_t i = 0; i < sizeof secret / sizeof *secret; i++) {
		if (bytes.len > 0 &&
		    memmem(bytes.data, bytes.len, secret[i], strlen(secret[i])) != NULL) {
			fail_msg("%s holds \"%s\"", path, secret[i]);
		}
	}
	searched->files++;
	searched->with_title += bytes.len > 0 && memmem(bytes.data, bytes.len, TITLE,
							strlen(TITLE)) != NULL;
	searched->with_wal += bytes.len > 0 && strstr(path, "-wal") != NULL;
	ph_buf_deinit(&bytes);
}

/* Each file of the folder; there are no folders in it that are not searched. */
static struct searched search_folder(const struct world *world)
{
	struct searched searched = { 0 };
	DIR *folder = opendir(world->dir);
	struct dirent *item;

	assert_non_null(folder);
	while ((item = readdir(folder)) != NULL) {
		struct stat info;
		char path[160];

		if (item->d_name[0] == '.') {
			continue;
		}
		assert_true(strlen(world->dir) + strlen(item->d_name) + 2 < sizeof path);
		snprintf(path, sizeof path, "%.95s/%.60s", world->dir, item->d_name);
		assert_int_equal(lstat(path, &info), 0);
		assert_true(S_ISREG(info.st_mode));
		search_file(path, &searched);
	}
	closedir(folder);
	return searched;
}

static int open_part(void *data, const struct ph_ref *ref, struct ph_buf *plain)
{
	return ph_site_part(data, ref, plain);
}

static size_t found(struct world *world, const char *text)
{
	struct ph_opener opener = { .open = open_part, .data = world->site };
	struct ph_ledger *ledger = ph_site_ledger(world->site, NULL);
	json_t *readers = NULL;
	size_t n;

	assert_non_null(ledger);
	assert_int_equal(ph_ledger_find_readers(ledger, ph_view_str(text), 0, 0, &opener,
						&readers),
			 0);
	n = json_array_size(readers);
	json_decref(readers);
	return n;
}

static void write_title(struct world *world)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_TITLE_PUT),
				  .number = PH_KIND_TITLE_PUT };

	entry.field[PH_TITLE_NAME].set = true;
	entry.field[PH_TITLE_NAME].as.bytes = ph_view_str(TITLE);
	world_write(world, entry);
}

static void correct_name(struct world *world, const struct ph_ref *reader,
			 const char *name)
{
	struct ph_entry entry = world_reader(name);

	entry.field[PH_READER_READER].set = true;
	entry.field[PH_READER_READER].as.ref = *reader;
	world_write(world, entry);
}

static void no_name_is_in_the_files(void **state)
{
	struct world *world = *state;
	struct ph_entry reader = world_reader("Lò Thị Xuân");
	struct searched searched;
	struct ph_ref ref;

	write_title(world);
	assert_int_equal(ph_site_write(world->site, &reader, 1, &ref, NULL), 0);
	assert_int_equal(found(world, "lo xuan"), 1);
	correct_name(world, &ref, "Cầm Thị Ban");
	assert_int_equal(found(world, "lo xuan"), 0);
	assert_int_equal(found(world, "cam thi"), 1);
	searched = search_folder(world);
	assert_true(searched.with_wal > 0);
	assert_true(searched.with_title > 0);
	ph_site_close(world->site);
	world->site = NULL;
	searched = search_folder(world);
	assert_true(searched.files > 1);
	assert_true(searched.with_title > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_name_is_in_the_files,
						world_setup_joined, world_teardown),
	};

	return ph_crypto_start() != 0
		       ? 1
		       : cmocka_run_group_tests_name("site_name", tests, NULL, NULL);
}
