/* tests/unit/test_cases_match.c - what may be one and the same (docs/MERGE.md, "Cases"). */
#include "case_room.h"

/* In order of id, as a case lists them. */
static void order(struct ph_ref *refs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = i + 1; k < n; k++) {
			if (ph_ref_compare(&refs[k], &refs[i]) < 0) {
				struct ph_ref ref = refs[i];

				refs[i] = refs[k];
				refs[k] = ref;
			}
		}
	}
}

static void titles_by_name_author_year_and_volume(void **state)
{
	struct room *room = *state;
	struct ph_ref same[3] = {
		titled(&room->a, "Dế Mèn phiêu lưu ký", "Tô Hoài", NULL, 10),
		titled(&room->b, "DE MEN phieu luu ky", "Tô Hoài; Ngô Mạnh Lân", NULL,
		       20),
	};
	struct ph_entry put = title_of("Dế Mèn phiêu lưu ký");

	titled(&room->b, "Dế Mèn phiêu lưu ký", "Người khác", NULL, 30);
	set_text(&put, PH_TITLE_AUTHOR, "Tô Hoài");
	set_uint(&put, PH_TITLE_YEAR, 1941);
	at(&room->b, &put, 40);
	order(same, 2);
	THE_CASE(room, PH_CASE_SAME_TITLE, &same[0], &same[1]);
	/* A third one is one more fact of the same case, or its anchor. */
	same[2] = titled(&room->a2, "dế mèn, phiêu lưu ký", "tô hoài", NULL, 50);
	order(same, 3);
	THE_CASE(room, PH_CASE_SAME_TITLE, &same[0], &same[1], &same[2]);
}

static void titles_by_isbn(void **state)
{
	struct room *room = *state;
	struct ph_ref same[2] = {
		titled(&room->a, "Số đỏ", NULL, "978-604-2-12345-7", 10),
		titled(&room->b, "So do (tai ban)", NULL, "9786042123457", 20),
	};

	titled(&room->b, "Khác", NULL, "9786042123454", 30); /* a wrong check digit */
	titled(&room->a, "Khác nữa", NULL, "9786042123454", 40);
	order(same, 2);
	THE_CASE(room, PH_CASE_SAME_TITLE, &same[0], &same[1]);
}

static void one_pair_by_two_keys_is_one_case(void **state)
{
	struct room *room = *state;
	struct ph_ref same[2] = {
		titled(&room->a, "Số đỏ", "Vũ Trọng Phụng", "9786042123457", 10),
		titled(&room->b, "Số đỏ", "Vũ Trọng Phụng", "9786042123457", 20),
	};

	order(same, 2);
	THE_CASE(room, PH_CASE_SAME_TITLE, &same[0], &same[1]);
}

static void merged_titles_are_settled(void **state)
{
	struct room *room = *state;
	struct ph_ref same[3] = {
		titled(&room->a, "Tắt đèn", "Ngô Tất Tố", NULL, 10),
		titled(&room->b, "Tắt đèn", "Ngô Tất Tố", NULL, 20),
		titled(&room->a2, "Tắt đèn", "Ngô Tất Tố", NULL, 30),
	};
	struct ph_ref merge;

	order(same, 3);
	merge = joined(&room->hub, PH_KIND_TITLE_MERGE, &same[0], &same[2], 40);
	THE_CASE(room, PH_CASE_SAME_TITLE, &same[0], &same[1]);
	joined(&room->hub, PH_KIND_TITLE_MERGE, &same[1], &same[2], 50);
	assert_no_case(room, PH_CASE_SAME_TITLE);
	listing_ref(&room->hub, PH_KIND_TITLE_UNMERGE, PH_TITLE_UNMERGE_MERGES, &merge,
		    60);
	THE_CASE(room, PH_CASE_SAME_TITLE, &same[0], &same[1]);
}

static void another_name_is_another_key(void **state)
{
	struct room *room = *state;
	struct ph_ref same[2] = {
		titled(&room->a, "Lão Hạc", "Nam Cao", NULL, 10),
		titled(&room->b, "Lão Hạc", "Nam Cao", NULL, 20),
	};
	struct ph_entry put = title_of("Chí Phèo");
	struct ph_ref change;

	fold_all(room);
	set_ref(&put, PH_TITLE_TITLE, &same[1]);
	see(&put, PH_TITLE_NAME, &same[1]);
	change = at(&room->b, &put, 30);
	assert_no_case(room, PH_CASE_SAME_TITLE);
	void_it(&room->b, &change, 40);
	order(same, 2);
	THE_CASE(room, PH_CASE_SAME_TITLE, &same[0], &same[1]);
	void_it(&room->hub, &same[1], 60);
	assert_no_case(room, PH_CASE_SAME_TITLE);
}

static void a_site_proposes_nothing(void **state)
{
	struct room *room = *state;

	room->world.hub = NULL;
	world_reopen_ledger(&room->world);
	titled(&room->a, "Lão Hạc", "Nam Cao", NULL, 10);
	titled(&room->b, "Lão Hạc", "Nam Cao", NULL, 20);
	register_reader(&room->a, "03646", 1, 30);
	register_reader(&room->b, "03646", 1, 40);
	assert_no_case(room, PH_CASE_SAME_TITLE);
	assert_no_case(room, PH_CASE_SAME_READER);
}

static void readers_by_the_hubs_key(void **state)
{
	static const uint64_t sites[] = { 101, 202 };
	struct room *room = *state;
	struct ph_ref same[2] = {
		register_reader(&room->a, "03646", 1, 10),
		register_reader(&room->b, "03646", 1, 20),
	};
	struct ph_case_row row;

	register_reader(&room->b, "03646", 2, 30);
	order(same, 2);
	row = THE_CASE(room, PH_CASE_SAME_READER, &same[0], &same[1]);
	assert_int_equal(row.anchor_len, 64);
	assert_sites(room, PH_CASE_SAME_READER, sites, 2);
	decide(room, &row, PH_CHOICE_DIFFERENT, 40);
	row = THE_CASE(room, PH_CASE_SAME_READER, &same[0], &same[1]);
	assert_int_equal(row.status, PH_CASE_DECIDED);
	joined(&room->hub, PH_KIND_READER_MERGE, &same[0], &same[1], 50);
	assert_no_case(room, PH_CASE_SAME_READER);
}

/* --- erased, and merged --- */

static void an_erased_reader_who_is_somebody_still_here(void **state)
{
	struct room *room = *state;
	struct ph_ref one = register_reader(&room->a, "03646", 1, 10);
	struct ph_ref two = register_reader(&room->b, "03647", 2, 20);
	struct ph_ref merge = joined(&room->a, PH_KIND_READER_MERGE, &two, &one, 30);
	struct ph_ref erase, other;

	assert_no_case(room, PH_CASE_ERASED_MERGED);
	erase = listing_ref(&room->hub, PH_KIND_READER_ERASE, PH_ERASE_READERS, &one, 40);
	THE_CASE(room, PH_CASE_ERASED_MERGED, &merge, &erase);
	/* Erased as well: nothing is left to ask. */
	other = listing_ref(&room->hub, PH_KIND_READER_ERASE, PH_ERASE_READERS, &two, 50);
	assert_no_case(room, PH_CASE_ERASED_MERGED);
	(void)other;
}

static void an_erased_reader_who_is_unmerged(void **state)
{
	struct room *room = *state;
	struct ph_ref one = register_reader(&room->a, "03646", 1, 10);
	struct ph_ref two = register_reader(&room->b, "03647", 2, 20);
	struct ph_ref merge = joined(&room->a, PH_KIND_READER_MERGE, &one, &two, 30);
	struct ph_ref erase =
		listing_ref(&room->hub, PH_KIND_READER_ERASE, PH_ERASE_READERS, &two, 40);

	THE_CASE(room, PH_CASE_ERASED_MERGED, &merge, &erase);
	listing_ref(&room->hub, PH_KIND_READER_UNMERGE, PH_READER_UNMERGE_MERGES, &merge,
		    50);
	assert_no_case(room, PH_CASE_ERASED_MERGED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE_TEST(titles_by_name_author_year_and_volume),
		CASE_TEST(titles_by_isbn),
		CASE_TEST(one_pair_by_two_keys_is_one_case),
		CASE_TEST(merged_titles_are_settled),
		CASE_TEST(another_name_is_another_key),
		CASE_TEST(a_site_proposes_nothing),
		CASE_TEST(readers_by_the_hubs_key),
		CASE_TEST(an_erased_reader_who_is_somebody_still_here),
		CASE_TEST(an_erased_reader_who_is_unmerged),
	};

	return cmocka_run_group_tests_name("cases_match", tests, NULL, NULL);
}
