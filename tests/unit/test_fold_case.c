/*
 * tests/unit/test_fold_case.c - contradictions in what is known of a copy, and of a
 * class of copies (docs/MERGE.md, "Copy", "Cases").
 */
#include "copy_story.h"

static const struct tale tales[] = {
	/* 1: on loan in two places with no road between. */
	{ "two_places", "10 a loan k1; 20 b loan k2",
	  "with k2 from b #2; loan k1 #1 inferred #2; loan k2 #2 open; case two-places "
	  "#1 #2" },
	{ "one_place_is_no_case", "10 a loan k1; 20 a2 loan k2",
	  "with k2 from a #2; loan k1 #1 inferred #2; loan k2 #2 open" },
	{ "return_between_dissolves_two_places",
	  "10 a loan k1; 20 b loan k2; 15 c return",
	  "with k2 from b #2; loan k1 #1 returned #3; loan k2 #2 open" },
	{ "sighting_between_dissolves_two_places", "10 a loan k1; 20 b loan k2; 15 a see",
	  "with k2 from b #2; loan k1 #1 inferred #3; loan k2 #2 open" },
	{ "crate_between_dissolves_two_places",
	  "10 a loan k1; 20 b loan k2; 15 a send x b",
	  "with k2 from b #2; loan k1 #1 inferred #3; loan k2 #2 open" },
	{ "two_places_twice", "30 c loan k3; 10 a loan k1; 20 b loan k2",
	  "with k3 from c #1; loan k1 #2 inferred #3; loan k2 #3 inferred #1; "
	  "loan k3 #1 open; case two-places #3 #1; case two-places #2 #3" },

	/* 3: lent while in a crate to elsewhere. */
	{ "lent_in_crate", "10 a send x b; 20 c loan k1",
	  "with k1 from c #2; loan k1 #2 open; case lent-in-crate #1 #2" },
	{ "lent_in_crate_by_its_sender", "10 a send x b; 20 a loan k1",
	  "with k1 from a #2; loan k1 #2 open; case lent-in-crate #1 #2" },
	{ "lent_where_the_crate_went_is_no_case", "10 a send x b; 20 b loan k1",
	  "with k1 from b #2; loan k1 #2 open" },
	{ "lent_after_the_receipt_is_no_case",
	  "10 a send x b; 15 c receive x c1; 20 c loan k1",
	  "with k1 from c #3; loan k1 #3 open" },
	{ "lent_before_the_dispatch_is_no_case", "20 a send x b; 10 c loan k1",
	  "in x a>b #1; loan k1 #2 inferred #1" },

	/* 4: one code for two titles. */
	{ "two_titles", "10 a put t; 20 b put u", "unknown; case two-titles #1 #2" },
	{ "two_puts_of_one_title_are_no_case", "10 a put t; 20 b put t", "unknown" },
	{ "put_that_saw_the_other_is_no_case", "10 a put t; 20 b put u over #1",
	  "unknown" },
	{ "all_heads_are_facts_of_two_titles",
	  "10 a put t; 20 b put u; 15 c put t; 5 a put v",
	  "unknown; case two-titles #4 #1 #3 #2" },
	{ "settled_again", "10 a put t; 20 b put u; 30 c put u over #1", "unknown" },

	/* 2: a return that found nothing, right before a loan that stays open. */
	{ "maybe_returned_within_the_unsureness", "100~60 a return; 219~60 b loan k1",
	  "with k1 from b #2; loan k1 #2 open; case maybe-returned #1 #2" },
	{ "maybe_returned_at_the_unsureness_is_no_case",
	  "100~60 a return; 220~60 b loan k1", "with k1 from b #2; loan k1 #2 open" },
	{ "maybe_returned_beyond_the_unsureness_is_no_case",
	  "100~60 a return; 221~60 b loan k1", "with k1 from b #2; loan k1 #2 open" },
	{ "maybe_returned_takes_both_unsurenesses", "100 a return; 199~100 b loan k1",
	  "with k1 from b #2; loan k1 #2 open; case maybe-returned #1 #2" },
	{ "maybe_returned_of_sure_clocks_is_no_case", "100 b return; 100 a loan k1",
	  "with k1 from a #2; loan k1 #2 open" },
	{ "maybe_returned_at_one_second", "100~1 b return; 100 a loan k1",
	  "with k1 from a #2; loan k1 #2 open; case maybe-returned #1 #2" },
	{ "maybe_returned_in_one_log_is_no_case", "100~600 a return; 110~600 a loan k1",
	  "with k1 from a #2; loan k1 #2 open" },
	{ "maybe_returned_in_one_log_but_the_loan_told",
	  "100~600 a return; 110@~600 a loan k1",
	  "with k1 from a #2; loan k1 #2 open; case maybe-returned #1 #2" },
	{ "maybe_returned_in_one_log_but_the_return_told",
	  "100@~600 a return; 110~600 a loan k1",
	  "with k1 from a #2; loan k1 #2 open; case maybe-returned #1 #2" },
	{ "maybe_returned_in_two_logs_of_one_site",
	  "100~600 a return; 110~600 a2 loan k1",
	  "with k1 from a #2; loan k1 #2 open; case maybe-returned #1 #2" },
	{ "maybe_returned_only_if_the_return_found_nothing",
	  "50 c loan k0; 100~600 a return; 110~600 b loan k1",
	  "with k1 from b #3; loan k0 #1 returned #2; loan k1 #3 open" },
	{ "maybe_returned_only_while_open",
	  "100~600 a return; 110~600 b loan k1; 120 b return",
	  "at b #3; loan k1 #2 returned #3" },
	{ "maybe_returned_of_the_last_loan_only",
	  "100~600 a return; 110~600 b loan k1; 120 b loan k2",
	  "with k2 from b #3; loan k1 #2 inferred #3; loan k2 #3 open" },
	{ "maybe_returned_through_a_renewal",
	  "100~600 a return; 110~600 b loan k1; 120 b loan k1; 130 b renew",
	  "with k1 from b #2; loan k1 #2 + #3 + #4 open; case maybe-returned #1 #2" },
	{ "sighting_between_dissolves_maybe_returned",
	  "100~600 a return; 110~600 b loan k1; 105 b see",
	  "with k1 from b #2; loan k1 #2 open" },
	{ "dispatch_between_dissolves_maybe_returned",
	  "100~600 a return; 110~600 b loan k1; 105 a send x b",
	  "with k1 from b #2; loan k1 #2 open" },
	{ "receipt_between_dissolves_maybe_returned",
	  "100~600 a return; 110~600 b loan k1; 105 b receive x c1",
	  "with k1 from b #2; loan k1 #2 open" },
	{ "receipt_without_effect_dissolves_nothing",
	  "100~600 a return; 110~600 b loan k1; 105 b receive x listed",
	  "with k1 from b #2; loan k1 #2 open; case maybe-returned #1 #2" },
	{ "what_moves_nothing_dissolves_nothing",
	  "100~600 a return; 110~600 b loan k1; 101 a use; 102 a damaged; 103 a missing",
	  "with k1 from b #2; loan k1 #2 open; damaged #4; case maybe-returned #1 #2; "
	  "undone #5 by #2" },
	{ "second_return_between_is_the_one",
	  "100~600 a return; 110~600 b loan k1; 105~9 c "
	  "return",
	  "with k1 from b #2; loan k1 #2 open; case maybe-returned #3 #2" },
};

int main(void)
{
	return run_tales("fold_case", tales, sizeof tales / sizeof *tales);
}
