/*
 * tests/unit/test_cases_log.c - cases of logs, devices and invites (docs/MERGE.md,
 * "Cases"). Forks need sealed branches: test_ledger_fork.c.
 */
#include "case_room.h"

static struct ph_ref ref_of(const struct actor *actor, uint64_t n)
{
	struct ph_ref ref = { .n = n };
	uint8_t hash[PH_HASH_SIZE];

	memcpy(ref.log_id, actor->id, sizeof ref.log_id);
	ph_entry_hash(actor_entry(actor, n), hash);
	memcpy(ref.hash, hash, sizeof ref.hash);
	return ref;
}

static void hear(struct room *room, struct actor *actor)
{
	world_take(&room->world, actor, UINT64_MAX);
	world_catch_up(&room->world);
}

static void a_restored_log(void **state)
{
	static const uint64_t sites[] = { 101 };
	struct room *room = *state;
	struct actor *next = calloc(1, sizeof *next);
	struct ph_ref open;

	loan(&room->a, "c1", "k1", 10);
	go_on(next, 9, 101, 100, &room->a, 2, PH_WHY_RESTORED);
	open = ref_of(next, 1);
	hear(room, next); /* before the log from which it goes on */
	THE_CASE(room, PH_CASE_RESTORED, &open);
	assert_sites(room, PH_CASE_RESTORED, sites, 1);
	assert_no_case(room, PH_CASE_CLONED);
	actor_deinit(next);
	free(next);
}

static void a_log_that_goes_on_by_itself_as_well_was_cloned(void **state)
{
	struct room *room = *state;
	struct actor *next = calloc(1, sizeof *next);
	struct ph_ref open, above;

	loan(&room->a, "c1", "k1", 10);
	go_on(next, 9, 101, 100, &room->a, 2, PH_WHY_CLOCK);
	open = ref_of(next, 1);
	hear(room, next);
	assert_no_case(room, PH_CASE_CLONED);
	/* The log that was left has grown. */
	above = loan(&room->a, "c2", "k1", 200);
	THE_CASE(room, PH_CASE_CLONED, &open, &above);
	loan(&room->a, "c3", "k1", 300);
	THE_CASE(room, PH_CASE_CLONED, &open, &above);
	actor_deinit(next);
	free(next);
}

static void a_log_that_was_replaced_may_have_more(void **state)
{
	struct room *room = *state;
	struct actor *next = calloc(1, sizeof *next);

	loan(&room->a, "c1", "k1", 10);
	loan(&room->a, "c2", "k1", 20);
	go_on(next, 9, 101, 100, &room->a, 2, PH_WHY_REPLACED);
	hear(room, next);
	assert_no_case(room, PH_CASE_CLONED);
	actor_deinit(next);
	free(next);
}

static void two_that_go_on_from_one_are_clones(void **state)
{
	struct room *room = *state;
	struct actor *one = calloc(1, sizeof *one), *two = calloc(1, sizeof *two);
	struct ph_ref first, second;

	go_on(one, 9, 101, 100, &room->a, 1, PH_WHY_RESTORED);
	go_on(two, 10, 101, 200, &room->a, 1, PH_WHY_RESTORED);
	first = ref_of(one, 1);
	second = ref_of(two, 1);
	hear(room, two);
	hear(room, one);
	THE_CASE(room, PH_CASE_CLONED, &first, &second);
	THE_CASE(room, PH_CASE_RESTORED, &first, &second);
	actor_deinit(one);
	actor_deinit(two);
	free(one);
	free(two);
}

/* --- stamps --- */

static struct ph_ref mark(struct actor *actor, int64_t second)
{
	static const uint8_t boot[8] = { 1 };
	struct ph_entry entry = entry_of(PH_KIND_CLOCK_MARK);

	set_bytes(&entry, PH_MARK_BOOT, boot, sizeof boot);
	set_uint(&entry, PH_MARK_MONO, 1);
	set_uint(&entry, PH_MARK_WALL, (uint64_t)(T0 + second));
	return at(actor, &entry, second);
}

static struct ph_ref judge(struct actor *hub, const struct ph_ref *mark_ref,
			   int64_t clamp, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_CLOCK_JUDGE);

	set_ref(&entry, PH_JUDGE_MARK, mark_ref);
	if (clamp != 0) {
		set_uint(&entry, PH_JUDGE_CLAMP, (uint64_t)(T0 + clamp));
	} else {
		set_uint(&entry, PH_JUDGE_AHEAD, 5);
	}
	return at(hub, &entry, second);
}

static void a_stamp_out_of_bounds(void **state)
{
	struct room *room = *state;
	struct ph_ref wild = mark(&room->a, 900000);
	struct ph_ref plain = mark(&room->b, 50);
	struct ph_ref verdict = judge(&room->hub, &wild, 100, 200);
	struct ph_ref mild, again;

	judge(&room->hub, &plain, 0, 210);
	THE_CASE(room, PH_CASE_STAMP, &wild, &verdict);
	again = judge(&room->hub, &wild, 150, 300);
	THE_CASE(room, PH_CASE_STAMP, &wild, &again);
	/* It is judged anew, without a bound. */
	mild = judge(&room->hub, &wild, 0, 400);
	assert_no_case(room, PH_CASE_STAMP);
	void_it(&room->hub, &mild, 500);
	THE_CASE(room, PH_CASE_STAMP, &wild, &again);
}

/* The earliest second of its facts, each as it counts. */
static void assert_began(struct room *room, unsigned kind, int64_t second)
{
	struct found found = find_cases(room, kind);

	assert_int_equal(found.n, 1);
	assert_int_equal(found.rows[0].second, T0 + second);
	found_free(&found);
}

static void a_stamp_began_when_its_facts_count(void **state)
{
	struct room *room = *state;
	struct ph_entry entry = entry_of(PH_KIND_CLOCK_JUDGE);
	struct ph_ref low;

	mark(&room->a, 5000);
	low = mark(&room->a, 100); /* lifted to 5000 */
	judge(&room->hub, &low, 90, 9000);
	assert_began(room, PH_CASE_STAMP, 5000);
	set_ref(&entry, PH_JUDGE_MARK, &low);
	set_uint(&entry, PH_JUDGE_CLAMP, T0 + 80);
	entry.extras.when = PH_WHEN_MINUTE;
	entry.extras.when_value = (T0 + 3000) / 60;
	at(&room->hub, &entry, 9100);
	assert_began(room, PH_CASE_STAMP, (T0 + 3000) / 60 * 60 - T0);
}

/* --- entries and logs that cannot be read --- */

static void an_entry_that_cannot_be_read(void **state)
{
	static const uint8_t junk[] = { 0x93, 0xcd, 0x7f, 0xff, 1, 0xc0 };
	static const uint8_t later[] = { 0x93, 0xcd, 0x7f, 0x00, 1, 0xc0 };
	struct room *room = *state;
	struct ph_ref bad;

	loan(&room->a, "c1", "k1", 10);
	actor_raw(&room->b, PH_VIEW(later, sizeof later)); /* a kind of a later table */
	bad = actor_raw(&room->a, PH_VIEW(junk, 3));
	actor_raw(&room->a, PH_VIEW(junk, 2));
	assert_no_case(room, PH_CASE_OPAQUE); /* nobody has signed them yet */
	say_sealed(&room->world, &room->a);
	loan(&room->a, "c2", "k1", 20);
	THE_CASE(room, PH_CASE_OPAQUE, &bad);
}

static void a_log_whose_open_does_not_fit(void **state)
{
	struct room *room = *state;
	struct actor *foreign = calloc(1, sizeof *foreign);
	struct ph_ref first;

	actor_init(foreign, 11, 101, T0);
	foreign->site = 404; /* certified for another site than it says */
	loan(foreign, "c1", "k1", 10);
	first = ref_of(foreign, 1);
	hear(room, foreign);
	THE_CASE(room, PH_CASE_FOREIGN_LOG, &first);
	actor_deinit(foreign);
	free(foreign);
}

/* --- devices and invites --- */

static struct ph_ref cut(struct room *room, const struct actor *actor, uint64_t n,
			 int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_DEVICE_CUT);
	struct ph_head head = { .n = n };
	struct ph_buf buf = { 0 };
	struct ph_log log;
	struct ph_ref ref;

	fold_all(room);
	assert_int_equal(ph_journal_log_find(room->world.journal, actor->id, &log), 0);
	memcpy(head.log_id, actor->id, sizeof head.log_id);
	memcpy(head.h, actor->h[n], sizeof head.h);
	set_bytes(&entry, PH_CUT_DEVICE, log.device_id, PH_DEVICE_ID_SIZE);
	if (n > 0) {
		assert_int_equal(
			ph_list_put_heads(&buf, &head, 1, &entry.field[PH_CUT_HEADS]), 0);
		entry.field[PH_CUT_HEADS].set = true;
	}
	ref = at(&room->hub, &entry, second);
	ph_buf_deinit(&buf);
	return ref;
}

static void entries_behind_a_cut(void **state)
{
	struct room *room = *state;
	struct ph_ref by, above, deeper;

	loan(&room->a, "c1", "k1", 10);
	by = cut(room, &room->a, 2, 100);
	assert_no_case(room, PH_CASE_AFTER_CUT);
	above = loan(&room->a, "c2", "k1", 200);
	THE_CASE(room, PH_CASE_AFTER_CUT, &by, &above);
	loan(&room->a, "c3", "k1", 300);
	THE_CASE(room, PH_CASE_AFTER_CUT, &by, &above);
	/* A second cut leaves less. */
	deeper = cut(room, &room->a, 1, 400);

	struct ph_ref second = ref_of(&room->a, 2);

	THE_CASE(room, PH_CASE_AFTER_CUT, &by, &deeper, &second);

	struct ph_entry adopt = entry_of(PH_KIND_LOG_ADOPT);

	adopt.field[PH_ADOPT_HEAD].set = true;
	memcpy(adopt.field[PH_ADOPT_HEAD].as.head.log_id, room->a.id, PH_LOG_ID_SIZE);
	memcpy(adopt.field[PH_ADOPT_HEAD].as.head.h, room->a.h[4], PH_HASH_SIZE);
	adopt.field[PH_ADOPT_HEAD].as.head.n = 4;
	at(&room->hub, &adopt, 500);
	assert_no_case(room, PH_CASE_AFTER_CUT);
}

/* A device that went to another site has a log there too. */
static void behind_a_cut_both_sites_are_told(void **state)
{
	static const uint64_t sites[] = { 101, 202 };
	struct room *room = *state;
	struct actor *moved = malloc(sizeof *moved);

	assert_non_null(moved);
	actor_init_log(moved, 1, 77, 202, T0); /* the key of a */
	cut(room, &room->a, 1, 100);
	loan(&room->a, "c1", "k1", 200);
	fold_all(room);
	assert_sites(room, PH_CASE_AFTER_CUT, sites, 1);
	hear(room, moved); /* its open is behind the cut already */
	assert_sites(room, PH_CASE_AFTER_CUT, sites, 2);
	actor_deinit(moved);
	free(moved);
}

/* What was adopted is in no case, but the device wrote there. */
static void a_site_whose_log_was_adopted_is_told_too(void **state)
{
	static const uint64_t sites[] = { 101, 202 };
	struct room *room = *state;
	struct ph_entry adopt = entry_of(PH_KIND_LOG_ADOPT);
	struct ph_head *head = &adopt.field[PH_ADOPT_HEAD].as.head;
	struct actor *moved = malloc(sizeof *moved);

	assert_non_null(moved);
	actor_init_log(moved, 1, 77, 202, T0);
	cut(room, &room->a, 1, 100);
	loan(&room->a, "c1", "k1", 200);
	adopt.field[PH_ADOPT_HEAD].set = true;
	memcpy(head->log_id, moved->id, PH_LOG_ID_SIZE);
	memcpy(head->h, moved->h[1], PH_HASH_SIZE);
	head->n = 1;
	at(&room->hub, &adopt, 300);
	fold_all(room);
	assert_sites(room, PH_CASE_AFTER_CUT, sites, 1);
	hear(room, moved);
	assert_sites(room, PH_CASE_AFTER_CUT, sites, 2);
	actor_deinit(moved);
	free(moved);
}

static void an_invite_used_twice(void **state)
{
	static const uint64_t sites[] = { 102, 103 };
	struct room *room = *state;
	struct ph_ref one = admit(&room->hub, 1, 10), two;

	admit(&room->hub, 1, 20); /* the same device again */
	assert_no_case(room, PH_CASE_INVITE_USED_TWICE);
	two = admit(&room->hub, 2, 30);

	struct ph_ref again = ref_of(&room->hub, 3);

	THE_CASE(room, PH_CASE_INVITE_USED_TWICE, &one, &again, &two);
	assert_sites(room, PH_CASE_INVITE_USED_TWICE, sites, 2);
	assert_no_case(room, PH_CASE_LATE_INVITE);
}

/* Where a device is later is another matter. */
static void an_invite_concerns_where_it_let_in(void **state)
{
	static const uint64_t sites[] = { 102, 103 };
	struct room *room = *state;
	struct ph_entry again = entry_of(PH_KIND_DEVICE_ADMIT);
	const uint8_t id[16] = { 1 }, key[32] = { 1 };

	admit(&room->hub, 1, 10);
	set_bytes(&again, PH_ADMIT_DEVICE, id, sizeof id);
	set_bytes(&again, PH_ADMIT_KEY, key, sizeof key);
	set_uint(&again, PH_ADMIT_SITE, 909);
	set_uint(&again, PH_ADMIT_ROLE, PH_ROLE_SITE);
	at(&room->hub, &again, 20);
	admit(&room->hub, 2, 30);
	assert_sites(room, PH_CASE_INVITE_USED_TWICE, sites, 2);
}

static void an_invite_used_late(void **state)
{
	struct room *room = *state;
	struct ph_ref late;

	admit(&room->hub, 1, 5 * DAY);
	assert_no_case(room, PH_CASE_LATE_INVITE);
	late = admit(&room->hub, 2, 5 * DAY + 1);
	admit(&room->hub, 0xff, 5 * DAY + 2); /* nobody knows its certificate */
	THE_CASE(room, PH_CASE_LATE_INVITE, &late);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE_TEST(a_restored_log),
		CASE_TEST(a_log_that_goes_on_by_itself_as_well_was_cloned),
		CASE_TEST(a_log_that_was_replaced_may_have_more),
		CASE_TEST(two_that_go_on_from_one_are_clones),
		CASE_TEST(a_stamp_out_of_bounds),
		CASE_TEST(a_stamp_began_when_its_facts_count),
		CASE_TEST(an_entry_that_cannot_be_read),
		CASE_TEST(a_log_whose_open_does_not_fit),
		CASE_TEST(entries_behind_a_cut),
		CASE_TEST(behind_a_cut_both_sites_are_told),
		CASE_TEST(a_site_whose_log_was_adopted_is_told_too),
		CASE_TEST(an_invite_used_twice),
		CASE_TEST(an_invite_concerns_where_it_let_in),
		CASE_TEST(an_invite_used_late),
	};

	return cmocka_run_group_tests_name("cases_log", tests, NULL, NULL);
}
