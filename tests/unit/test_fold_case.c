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
};

int main(void)
{
	return run_tales("fold_case", tales, sizeof tales / sizeof *tales);
}
