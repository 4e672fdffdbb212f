/*
 * Tests of fronts that a cut left at a device (client/site_unfinished.c) when a reader is erased who
 * may be in one: it goes with her details, before and while a session runs, and not for an
 * order that is none.
 */
#include "tests/unit/erase_site.h"
#include "tests/unit/road_world.h"

#include <limits.h>

#include "common/base/file.h"

#define READERS_BESIDE 300

/*
 * Another PC of the site has written of her, among others; the link breaks while that comes down,
 * packed and with their details in it. Now she is whom SITE is about, and the front is kept.
 */
static void break_in_her(struct site *site, struct pc *second)
{
	struct ph_unfinished front = { 0 };
	struct ph_hello hello = { 0 };
	char name[64];

	pc_join(&site->room, second, "14-0371", "second", 5);
	sync_pc(&site->room, second);
	pc_confirm(&site->room, second);
	sync_pc(&site->room, &site->pc);
	assert_int_equal(ph_site_begin(second->site, NULL), 0);
	site->reader = pc_reader(second, "Lò Thị Tuyệt");
	for (unsigned i = 0; i < READERS_BESIDE; i++) {
		snprintf(name, sizeof(name), "Lò Văn Pánh %u", i * 7919 % READERS_BESIDE);
		(void)pc_reader(second, name);
	}
	assert_int_equal(ph_site_commit(second->site, NULL), 0);
	sync_pc(&site->room, second);
	assert_true(drive(&site->room, &site->pc, (struct drive){ 6000, -1 }).kept.grew);
	assert_int_equal(ph_site_unfinished_tell(site->pc.site, &hello, &front), 0);
	assert_int_equal(front.item->type, PH_ITEM_PACKED);
	assert_memory_equal(front.item->log_id, site->reader.log_id,
			    sizeof(front.item->log_id));
	assert_true(front.item->first <= site->reader.n &&
		    site->reader.n <= front.item->last);
	ph_unfinished_deinit(&front);
}

static uint64_t front_held(struct site *site)
{
	uint64_t held, total;

	assert_int_equal(ph_site_unfinished_size(site->pc.site, &held, &total), 0);
	return held;
}

struct search {
	const char *dir;
	struct ph_view what;
	unsigned found;
};

static int search_file(void *data, const char *name)
{
	struct search *search = data;
	struct ph_buf bytes = { 0 };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", search->dir, name);
	if (ph_file_read_plain(path, 64 << 20, &bytes) == 0) {
		search->found += memmem(bytes.data, bytes.len, search->what.data,
					search->what.len) != NULL;
	}
	ph_buf_deinit(&bytes);
	return 0;
}

/* How many files of SITE's have WHAT in them. */
static unsigned files_with(struct site *site, struct ph_view what)
{
	struct search search = { .dir = site->pc.dir, .what = what };

	assert_int_equal(ph_dir_list(search.dir, search_file, &search), 0);
	return search.found;
}

/*
 * The order comes, and the link breaks again; the front is what it was, as if nothing had come
 * behind the control log.
 */
static void hear_order(struct site *site)
{
	struct ph_journal *journal = ph_site_journal(site->pc.site);
	struct ph_buf sealed = { 0 };
	int64_t heard = 0;

	assert_int_equal(ph_journal_meta_get(journal, "sync.unfinished", &sealed), 0);
	erase(site);
	assert_false(drive(&site->room, &site->pc, (struct drive){ 6000, -1 }).complete);
	assert_int_equal(ph_journal_meta_get_int(journal, "erase_heard", &heard), 0);
	assert_int_equal(heard, 1);
	assert_int_equal(
		ph_journal_meta_put(journal, "sync.unfinished", ph_buf_view(&sealed)), 0);
	ph_buf_deinit(&sealed);
}

/* How many of SITE's files have some bytes of BYTES in them: of two rows, since pages may part one. */
static unsigned files_with_some(struct site *site, const struct ph_buf *bytes)
{
	assert_true(bytes->len > 2000);
	return files_with(site, PH_VIEW(bytes->data + 1000, 64)) +
	       files_with(site, PH_VIEW(bytes->data + 1200, 64));
}

/* It may have her details in it: it goes with them, and no file has it any more. */
static void test_front_goes(void **state)
{
	struct site *site = *state;
	struct ph_journal *journal = ph_site_journal(site->pc.site);
	struct ph_buf sealed = { 0 };
	struct pc second;

	break_in_her(site, &second);
	hear_order(site);
	assert_int_equal(ph_journal_meta_get(journal, "sync.unfinished", &sealed), 0);
	assert_true(files_with_some(site, &sealed) > 0);
	assert_int_equal(ph_site_erase_heard(site->pc.site, NULL), 0);
	assert_int_equal(front_held(site), 0);
	assert_int_equal(files_with_some(site, &sealed), 0);
	ph_buf_deinit(&sealed);
	sync_to_end(site, &site->pc);
	assert_false(pc_reads(&site->pc, &site->reader, "Lò Thị Tuyệt"));
	pc_end(&second);
}

/* She was erased while the session ran that leaves it: it began before that, and is not kept. */
static void test_front_of_before(void **state)
{
	struct site *site = *state;
	struct ph_unfinished front = { 0 };
	struct ph_unfinished_kept come;
	struct ph_hello hello = { 0 };
	struct pc second;

	break_in_her(site, &second);
	hear_order(site);
	assert_int_equal(ph_site_unfinished_tell(site->pc.site, &hello, &front), 0);
	assert_true(hello.has_partial);
	assert_int_equal(ph_buf_put_u8(&front.item->body, 7), 0); /* more came */
	assert_int_equal(ph_site_erase_heard(site->pc.site, NULL), 0);
	assert_int_equal(ph_site_unfinished_keep(site->pc.site, &front, false,
						 PH_STATUS_OK, &come),
			 0);
	assert_false(come.grew);
	assert_int_equal(front_held(site), 0);
	ph_unfinished_deinit(&front);
	pc_end(&second);
}

/* What looks like an order, and can never be carried out, takes nothing away. */
static void test_front_stays(void **state)
{
	struct site *site = *state;
	struct ph_entry done = { .kind = ph_kind_find(PH_KIND_ERASE_DONE),
				 .number = PH_KIND_ERASE_DONE };
	struct pc second;
	uint64_t held;

	break_in_her(site, &second);
	held = front_held(site);
	assert_true(held > 0);
	done.field[PH_ERASE_DONE_ERASE].set = true;
	done.field[PH_ERASE_DONE_ERASE].as.ref = site->reader; /* no order */
	(void)pc_write(&site->pc, done);
	for (unsigned i = 0; i < 2; i++) {
		start_again(&site->pc);
		assert_non_null(ph_site_ledger(site->pc.site, NULL));
		assert_int_equal(front_held(site), held);
	}
	pc_end(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_front_goes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_front_of_before, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_front_stays, set_up, tear_down),
	};

	return ph_crypto_start() == 0
		       ? cmocka_run_group_tests_name("site_erase_front", tests,
						     make_pattern, remove_pattern)
		       : 1;
}
