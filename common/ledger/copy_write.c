/* common/ledger/copy_write.c - the canonical state of a copy (docs/MERGE.md, "Copy"). */
#include "common/ledger/copy_fold.h"

static void write_custody(struct ph_mpw *writer, const struct ph_copy *copy)
{
	static const size_t items[] = {
		[PH_CUSTODY_SITE] = 4, [PH_CUSTODY_READER] = 5, [PH_CUSTODY_CRATE] = 6
	};

	ph_mpw_array(writer, items[copy->custody]);
	ph_mpw_uint(writer, copy->custody);
	ph_state_int(writer, copy->since);
	ph_mpw_uint(writer, copy->at_site);
	ph_ref_write(writer, &copy->custody_by);
	if (copy->custody == PH_CUSTODY_READER) {
		ph_id_write(writer, &copy->at_card);
	} else if (copy->custody == PH_CUSTODY_CRATE) {
		ph_mpw_uint(writer, copy->to_site);
		ph_id_write(writer, &copy->in_crate);
	}
}

static void write_loan(struct ph_mpw *writer, const struct ph_loan *loan)
{
	struct ph_row row;

	ph_row_begin(&row, writer);
	ph_row_item(&row, true);
	ph_ref_write(writer, &loan->ref);
	ph_row_item(&row, true);
	ph_mpw_uint(writer, loan->site);
	ph_row_item(&row, true);
	ph_id_write(writer, &loan->card);
	ph_row_item(&row, true);
	ph_state_int(writer, loan->second);
	if (ph_row_item(&row, loan->has_due)) {
		ph_state_int(writer, loan->due);
	}
	if (ph_row_item(&row, loan->n_renewals > 0)) {
		ph_state_write_refs(writer, loan->renewals, loan->n_renewals);
	}
	if (ph_row_item(&row, loan->closed != PH_CLOSED_OPEN)) {
		ph_mpw_array(writer, 4);
		ph_mpw_uint(writer, loan->closed);
		ph_ref_write(writer, &loan->closed_by);
		ph_mpw_uint(writer, loan->closed_site);
		ph_state_int(writer, loan->closed_second);
	}
	ph_row_end(&row);
}

static size_t count_conditions(const struct ph_copy *copy)
{
	size_t n = 0;

	for (size_t key = PH_CONDITION_MISSING; key <= PH_CONDITION_WITHDRAWN; key++) {
		n += copy->condition[key].set;
	}
	return n;
}

static void write_condition(struct ph_mpw *writer, enum ph_condition key,
			    const struct ph_copy_condition *condition)
{
	if (!condition->set) {
		return;
	}
	ph_mpw_uint(writer, key);
	ph_mpw_array(writer, 2);
	ph_ref_write(writer, &condition->by);
	switch (key) {
	case PH_CONDITION_MISSING:
		ph_mpw_uint(writer, condition->site);
		break;
	case PH_CONDITION_LOST:
		ph_ref_write(writer, &condition->loan);
		break;
	case PH_CONDITION_DAMAGED:
		ph_state_write_opt(writer, &condition->degree);
		break;
	case PH_CONDITION_WITHDRAWN:
		ph_mpw_str(writer, condition->decision);
		break;
	}
}

static void write_claims(struct ph_mpw *writer, const struct ph_copy *copy)
{
	for (size_t i = 0; i < copy->n_claims; i++) {
		const struct ph_claim *claim = &copy->claims[i];

		ph_mpw_array(writer, 4);
		ph_ref_write(writer, &claim->hold);
		ph_ref_write(writer, &claim->by);
		ph_mpw_uint(writer, claim->site);
		ph_state_int(writer, claim->second);
	}
}

static void write_aliases(struct ph_mpw *writer, const struct ph_copy *copy)
{
	for (size_t i = 0; i < copy->n_aliases; i++) {
		ph_mpw_array(writer, 2);
		ph_ref_write(writer, &copy->aliases[i].by);
		ph_id_write(writer, &copy->aliases[i].other);
	}
}

static void write_cases(struct ph_mpw *writer, const struct ph_copy *copy)
{
	for (size_t i = 0; i < copy->n_cases; i++) {
		ph_mpw_array(writer, 2);
		ph_mpw_uint(writer, copy->cases[i].kind);
		ph_state_write_refs(writer, copy->cases[i].facts, copy->cases[i].n_facts);
	}
}

static void write_notices(struct ph_mpw *writer, const struct ph_copy *copy)
{
	for (size_t i = 0; i < copy->n_notices; i++) {
		ph_mpw_array(writer, 3);
		ph_mpw_uint(writer, copy->notices[i].kind);
		ph_ref_write(writer, &copy->notices[i].by);
		ph_ref_write(writer, &copy->notices[i].of);
	}
}

/* A list whose items WRITE writes, or nil. */
static void write_list(struct ph_row *row, size_t n, const struct ph_copy *copy,
		       void (*write)(struct ph_mpw *writer, const struct ph_copy *copy))
{
	if (ph_row_item(row, n > 0)) {
		ph_mpw_array(row->writer, n);
		write(row->writer, copy);
	}
}

int ph_copy_write(struct ph_copy_fold *fold, struct ph_buf *state_out)
{
	const struct ph_copy *copy = &fold->copy;
	size_t conditions = count_conditions(copy);
	struct ph_mpw writer;
	struct ph_row row;
	int rc = 0;

	ph_mpw_init(&writer, state_out);
	ph_row_begin(&row, &writer);
	if (ph_row_item(&row, fold->puts.n_sets > 0)) {
		rc = ph_puts_write(&fold->puts, fold->facts, &writer);
	}
	if (ph_row_item(&row, copy->custody != PH_CUSTODY_UNKNOWN)) {
		write_custody(&writer, copy);
	}
	if (ph_row_item(&row, copy->n_loans > 0)) {
		ph_mpw_array(&writer, copy->n_loans);
	}
	for (size_t i = 0; i < copy->n_loans; i++) {
		write_loan(&writer, &copy->loans[i]);
	}
	if (ph_row_item(&row, copy->uses > 0)) {
		ph_mpw_uint(&writer, copy->uses);
	}
	if (ph_row_item(&row, conditions > 0)) {
		ph_mpw_map(&writer, conditions);
	}
	for (unsigned key = PH_CONDITION_MISSING; key <= PH_CONDITION_WITHDRAWN; key++) {
		write_condition(&writer, (enum ph_condition)key, &copy->condition[key]);
	}
	write_list(&row, copy->n_claims, copy, write_claims);
	write_list(&row, copy->n_aliases, copy, write_aliases);
	write_list(&row, copy->n_cases, copy, write_cases);
	write_list(&row, copy->n_notices, copy, write_notices);
	ph_row_end(&row);
	return rc != 0 ? rc : ph_mpw_end(&writer);
}
