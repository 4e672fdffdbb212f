/*
 * tests/unit/test_fold_custody.c - where a copy is, what holds of it and who waits for
 * it (docs/MERGE.md, "Copy").
 */
#include "copy_story.h"

static const struct tale tales[] = {
	/* Seen somewhere while it is on loan. */
	{ "sighting_closes_as_inferred", "10 a loan k1; 20 b see",
	  "at b #2; loan k1 #1 inferred #2" },
	{ "dispatch_closes_as_inferred", "10 a loan k1; 20 a send x b",
	  "in x a>b #2; loan k1 #1 inferred #2" },
	{ "scanned_receipt_closes_as_inferred", "10 a loan k1; 20 b receive x c1",
	  "at b #2; loan k1 #1 inferred #2" },
	{ "hold_ready_closes_as_inferred", "10 a loan k1; 20 b ready h",
	  "at b #2; loan k1 #1 inferred #2; claim h #2" },
	{ "sighting_moves_to_where_it_is", "10 a see; 20 b see", "at b #2" },
	{ "late_sighting_moves_nothing", "20 a see; 10 b see", "at a #1" },

	/* Crates. */
	{ "dispatch_is_a_crate_from_and_to", "10 a see; 20 a send x b", "in x a>b #2" },
	{ "dispatch_is_from_where_it_says", "10 hub see; 20 a send x c>b",
	  "in x c>b #2" },
	{ "scanned_receipt_ends_the_journey", "10 a send x b; 20 b receive x c1",
	  "at b #2" },
	{ "listed_receipt_ends_the_journey", "10 a send x b; 20 b receive x listed",
	  "at b #2" },
	{ "listed_receipt_at_a_third_site_has_it_there",
	  "10 a send x b; 20 c receive x listed", "at c #2" },
	{ "listed_receipt_of_another_crate_moves_nothing",
	  "10 a send x b; 20 b receive y listed", "in x a>b #1" },
	{ "listed_receipt_after_a_loan_moves_nothing",
	  "10 a send x b; 20 b loan k1; 30 b receive x listed",
	  "with k1 from b #2; loan k1 #2 open" },
	{ "receipt_that_scans_others_moves_nothing",
	  "10 a send x b; 20 b receive x final c2", "in x a>b #1" },
	{ "listed_receipt_that_scans_it_has_it_in_hand",
	  "5 a see; 6 a missing; 10 a send x b; 20 b receive x listed c1",
	  "at b #4; undone #2 by #4" },
	{ "crate_on_again", "10 a send x b; 20 b receive x c1; 30 b send y c",
	  "in y b>c #3" },

	/* Missing and lost. */
	{ "missing_where_it_was", "10 a see; 20 a missing", "unknown; missing #2 at a" },
	{ "missing_counts_only_with_custody", "10 a see; 20 b missing", "at a #1" },
	{ "missing_does_not_count_of_a_copy_on_loan", "10 a loan k1; 20 a missing",
	  "with k1 from a #1; loan k1 #1 open" },
	{ "missing_does_not_count_in_a_crate",
	  "10 a send x b; 20 a missing; 30 b missing", "in x a>b #1" },
	{ "missing_does_not_count_where_it_was_never_seen", "10 a missing", "unknown" },
	{ "missing_twice_counts_once", "10 a see; 20 a missing; 30 a missing",
	  "unknown; missing #2 at a" },
	{ "loan_undoes_missing", "10 a see; 20 a missing; 30 b loan k1",
	  "with k1 from b #3; loan k1 #3 open; undone #2 by #3" },
	{ "return_undoes_missing", "10 a see; 20 a missing; 30 b return",
	  "at b #3; undone #2 by #3" },
	{ "sighting_undoes_missing", "10 a see; 20 a missing; 30 a see",
	  "at a #3; undone #2 by #3" },
	{ "scanned_receipt_undoes_missing", "10 a see; 20 a missing; 30 b receive x c1",
	  "at b #3; undone #2 by #3" },
	{ "hold_ready_undoes_missing", "10 a see; 20 a missing; 30 a ready h",
	  "at a #3; claim h #3; undone #2 by #3" },
	{ "dispatch_undoes_nothing", "10 a see; 20 a missing; 30 a send x b",
	  "in x a>b #3; missing #2 at a" },
	{ "listed_receipt_undoes_nothing",
	  "10 a see; 20 a missing; 30 a send x b; 40 b receive x listed",
	  "at b #4; missing #2 at a" },
	{ "holding_before_declares_nothing", "10 a see; 30 a missing; 20 b see; 25 a see",
	  "unknown; missing #2 at a" },
	{ "lost_leaves_the_loan_open", "10 a loan k1; 20 a lost #1",
	  "with k1 from a #1; loan k1 #1 open; lost #2 of #1" },
	{ "lost_needs_its_loan_open", "10 a loan k1; 20 a return; 30 a lost #1",
	  "at a #2; loan k1 #1 returned #2" },
	{ "lost_of_another_loan_does_not_count",
	  "10 a loan k1; 20 a return; 30 a loan k2; 40 a lost #1",
	  "with k2 from a #3; loan k1 #1 returned #2; loan k2 #3 open" },
	{ "lost_may_name_a_loan_that_renewed", "10 a loan k1; 20 a loan k1; 30 a lost #2",
	  "with k1 from a #1; loan k1 #1 + #2 open; lost #3 of #2" },
	{ "return_undoes_lost", "10 a loan k1; 20 a lost #1; 30 a return",
	  "at a #3; loan k1 #1 returned #3; undone #2 by #3" },
	{ "loan_to_another_undoes_lost", "10 a loan k1; 20 a lost #1; 30 a loan k2",
	  "with k2 from a #3; loan k1 #1 inferred #3; loan k2 #3 open; undone #2 by #3" },
	{ "renewing_loan_undoes_lost", "10 a loan k1; 20 a lost #1; 30 a loan k1",
	  "with k1 from a #1; loan k1 #1 + #3 open; undone #2 by #3" },
	{ "renewal_undoes_nothing", "10 a loan k1; 20 a lost #1; 30 a renew k1",
	  "with k1 from a #1; loan k1 #1 + #3 open; lost #2 of #1" },
	{ "use_in_house_undoes_nothing", "10 a see; 20 a missing; 30 a use",
	  "unknown; missing #2 at a" },
	{ "lost_and_missing_are_undone_together",
	  "10 a loan k1; 20 a lost #1; 30 a send x b; 40 b receive x listed; 50 b "
	  "missing; "
	  "60 b see",
	  "at b #6; loan k1 #1 inferred #3; undone #5 by #6; undone #2 by #6" },

	/* Damaged and withdrawn. */
	{ "damaged_until_repaired", "10 a damaged; 20 a repaired", "unknown" },
	{ "damage_stays_whoever_holds_it", "5 a damaged; 10 a loan k1; 20 a return",
	  "at a #3; loan k1 #2 returned #3; damaged #1" },
	{ "latest_damage_stands", "20 a damaged; 10 b damaged", "unknown; damaged #1" },
	{ "withdrawn_undone_only_by_reinstated",
	  "10 a withdrawn D1; 20 a see; 30 a repaired; 40 b return; 50 a send x b",
	  "in x a>b #5; withdrawn #1 by D1" },
	{ "reinstated_undoes_withdrawn", "10 a withdrawn D1; 20 a reinstated",
	  "unknown" },
	{ "reinstated_before_undoes_nothing", "20 a withdrawn D1; 10 a reinstated",
	  "unknown; withdrawn #1 by D1" },
	{ "latest_withdrawal_stands", "10 a withdrawn D1; 20 hub withdrawn D2",
	  "unknown; withdrawn #2 by D2" },
	{ "withdrawn_copy_lent_is_noticed", "10 a withdrawn D1; 20 a loan k1",
	  "with k1 from a #2; loan k1 #2 open; withdrawn #1 by D1; lent-withdrawn #2" },
	{ "withdrawn_copy_lent_on_is_noticed",
	  "10 a loan k1; 20 a withdrawn D1; 30 a loan k1",
	  "with k1 from a #1; loan k1 #1 + #3 open; withdrawn #2 by D1; lent-withdrawn "
	  "#3" },
	{ "withdrawn_after_the_loan_is_not_noticed", "10 a loan k1; 20 a withdrawn D1",
	  "with k1 from a #1; loan k1 #1 open; withdrawn #2 by D1" },

	/* Claims. */
	{ "claim_of_each_hold_once", "10 a ready h; 20 b ready h; 15 a ready g",
	  "at b #2; claim h #1; claim g #3" },
	{ "claims_go_with_a_loan", "10 a ready h; 20 a loan k1",
	  "with k1 from a #2; loan k1 #2 open" },
	{ "claims_stay_with_a_loan_that_renews",
	  "10 a loan k1; 20 a loan k1; 5 a ready h",
	  "with k1 from a #1; loan k1 #1 + #2 open" },
	{ "claims_after_the_loan_stay", "10 a ready h; 20 a loan k1; 30 a ready h",
	  "at a #3; loan k1 #2 inferred #3; claim h #3" },
	{ "return_makes_no_claim", "10 a ready h; 20 a return", "at a #2; claim h #1" },

	/* Aliases. */
	{ "alias_names_the_other_one", "10 a alias c1 c2; 20 a alias c3 c1",
	  "unknown; alias c2 #1; alias c3 #2" },
};

int main(void)
{
	return run_tales("fold_custody", tales, sizeof tales / sizeof *tales);
}
