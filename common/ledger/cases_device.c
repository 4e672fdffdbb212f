/*
 * common/ledger/cases_device.c - cases of devices, invites and crates; and which entries
 * could not be read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/cases_find.h"
#include "common/ledger/crate.h"
#include "common/ledger/device.h"
#include "common/ledger/invite_state.h"
#include "common/log/chain.h"

/* --- entries that cannot be read --- */

int ph_cases_note_opaque(struct ph_ledger *ledger, int64_t row, uint64_t n)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "INSERT OR IGNORE INTO ledger_opaque(log, n)"
			       " VALUES(?1, ?2)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, row);
	ph_stmt_int(stmt, 2, (int64_t)n);
	return ph_stmt_run(stmt);
}

int ph_cases_opaque_at(struct ph_ledger *ledger, int64_t row, uint64_t *n)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, "SELECT n FROM ledger_opaque WHERE log = ?1",
			       &stmt);

	*n = 0;
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, row);
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		*n = (uint64_t)ph_stmt_col_int(stmt, 0);
		rc = 0;
	}
	ph_stmt_reset(stmt);
	return rc;
}

/* --- behind a cut --- */

struct cut {
	struct ph_ledger *ledger;
	struct ph_fact
		*firsts; /* the first cut entry of each branch; only ref and second */
	size_t n, cap;
};

static int on_log(void *data, const struct ph_log *log)
{
	struct cut *cut = data;
	const struct ph_cursor *cursor = ph_ledger_cursor(cut->ledger, log->row);
	struct ph_buf bytes = { 0 };
	struct ph_mark mark = { 0 };
	uint8_t hash[PH_HASH_SIZE];
	uint64_t n;
	int rc;

	if (cursor == NULL || cursor->limit >= cursor->n || log->base >= cursor->n) {
		return 0;
	}
	/* What it has in common with its parent is the parent's. */
	n = (cursor->limit > log->base ? cursor->limit : log->base) + 1;
	rc = ph_state_grow((void **)&cut->firsts, cut->n, &cut->cap, sizeof *cut->firsts);
	rc = rc != 0 ? rc : ph_journal_entry(cut->ledger->journal, log->row, n, &bytes);
	rc = rc != 0 ? rc : ph_judge_mark_at(cut->ledger, log->row, n, &mark);
	if (rc == 0) {
		struct ph_fact *first = &cut->firsts[cut->n++];

		*first = (struct ph_fact){ .ref.n = n };
		memcpy(first->ref.log_id, log->id, sizeof first->ref.log_id);
		ph_entry_hash(ph_buf_view(&bytes), hash);
		memcpy(first->ref.hash, hash, sizeof first->ref.hash);
		if (ph_entry_decode(ph_buf_view(&bytes), cut->ledger->other) == 0) {
			ph_fact_time(first, cut->ledger->other, &mark);
		} else {
			first->second = ph_stamp_seconds(mark.floor);
		}
	}
	ph_buf_deinit(&bytes);
	return rc > 0 ? -EUCLEAN : rc;
}

static int compare_firsts(const void *a, const void *b)
{
	const struct ph_fact *x = a, *y = b;

	int order = ph_ref_compare(&x->ref, &y->ref);

	/* one reference may stand in several branches; it counts as of the earliest */
	return order != 0 ? order : (x->second > y->second) - (x->second < y->second);
}

static int add_site_of(void *list, const struct ph_log *log)
{
	return ph_case_list_site(list, log->site);
}

/* The cuts, as facts of the device, and the first cut entry of each log: of branches the lowest. */
static int add_cut(struct ph_ledger *ledger, const struct ph_entity_key *key,
		   const struct cut *cut, struct ph_case_list *list)
{
	struct ph_facts facts = { 0 };
	int rc = ph_case_list_add(list, PH_CASE_AFTER_CUT, ph_key_view(key));

	/* also of logs that lost nothing: a device may have gone to another site */
	rc = rc != 0 ? rc
		     : ph_journal_logs_of_device(ledger->journal, key->id, add_site_of,
						 list);
	rc = rc != 0 ? rc : ph_facts_load(ledger, key, 1, &facts);
	for (size_t i = 0; rc == 0 && i < facts.n; i++) {
		rc = ph_fact_entry(&facts.items[i], ledger->other);
		if (rc == 0 && ledger->other->number == PH_KIND_DEVICE_CUT) {
			rc = ph_case_list_ref(list, &facts.items[i].ref,
					      facts.items[i].second);
		}
	}
	for (size_t i = 0; rc == 0 && i < cut->n; i++) {
		if (i == 0 || memcmp(cut->firsts[i - 1].ref.log_id,
				     cut->firsts[i].ref.log_id, PH_LOG_ID_SIZE) != 0) {
			rc = ph_case_list_ref(list, &cut->firsts[i].ref,
					      cut->firsts[i].second);
		}
	}
	ph_facts_deinit(&facts);
	return rc;
}

int ph_cases_of_device(struct ph_ledger *ledger, const struct ph_entity_key *key)
{
	struct ph_case_list list = { 0 };
	struct cut cut = { .ledger = ledger };
	int rc = key->len != PH_DEVICE_ID_SIZE
			 ? -EUCLEAN
			 : ph_journal_logs_of_device(ledger->journal, key->id, on_log,
						     &cut);

	if (rc == 0 && cut.n > 0) {
		qsort(cut.firsts, cut.n, sizeof *cut.firsts, compare_firsts);
		rc = add_cut(ledger, key, &cut, &list);
	}
	rc = rc != 0 ? rc : ph_cases_replace(ledger, key, &list);
	free(cut.firsts);
	ph_case_list_deinit(&list);
	return rc;
}

/* --- invites --- */

/* An entry that let a device in, and the site to which. FACTS are those of the invite. */
static int add_use(struct ph_ledger *ledger, const struct ph_facts *facts,
		   const struct ph_invite_use *use, struct ph_case_list *list)
{
	const struct ph_fact *fact = ph_facts_find(facts, &use->entry);
	int rc = fact == NULL ? -EUCLEAN : ph_fact_entry(fact, ledger->other);

	rc = rc != 0 ? rc : ph_case_list_ref(list, &use->entry, use->second);
	return rc != 0 ? rc
		       : ph_case_list_site(list,
					   ledger->other->field[PH_ADMIT_SITE].as.uint);
}

static bool is_used_twice(const struct ph_invite_state *invite)
{
	for (size_t i = 1; i < invite->n_uses; i++) {
		if (memcmp(invite->uses[i].device, invite->uses[0].device,
			   PH_DEVICE_ID_SIZE) != 0) {
			return true;
		}
	}
	return false;
}

static int find_late(struct ph_ledger *ledger, const struct ph_entity_key *key,
		     const struct ph_invite_state *invite, const struct ph_facts *facts,
		     struct ph_case_list *list)
{
	const struct ph_ledger_hub *hub = ledger->config.hub;
	bool any = false;
	int rc = 0;

	for (size_t i = 0; rc == 0 && hub != NULL && i < invite->n_uses; i++) {
		int64_t expires;

		rc = hub->expires(hub->data, invite->uses[i].device, &expires);
		if (rc != 0 || invite->uses[i].second <= expires) {
			rc = rc < 0 ? rc : 0;
			continue;
		}
		rc = any ? 0
			 : ph_case_list_add(list, PH_CASE_LATE_INVITE, ph_key_view(key));
		any = true;
		rc = rc != 0 ? rc : add_use(ledger, facts, &invite->uses[i], list);
	}
	return rc;
}

int ph_cases_of_invite(struct ph_ledger *ledger, const struct ph_entity_key *key)
{
	struct ph_case_list list = { 0 };
	struct ph_invite_state invite = { 0 };
	struct ph_buf state = { 0 };
	struct ph_facts facts = { 0 };
	int rc = ph_ledger_get(ledger, PH_ENTITY_INVITE, ph_key_view(key), &state);

	rc = rc != 0 ? rc : ph_invite_state_decode(ph_buf_view(&state), &invite);
	rc = rc != 0 ? rc : ph_facts_load(ledger, key, 1, &facts);
	if (rc == 0 && is_used_twice(&invite)) {
		rc = ph_case_list_add(&list, PH_CASE_INVITE_USED_TWICE, ph_key_view(key));
		for (size_t i = 0; rc == 0 && i < invite.n_uses; i++) {
			rc = add_use(ledger, &facts, &invite.uses[i], &list);
		}
	}
	rc = rc != 0 ? rc : find_late(ledger, key, &invite, &facts, &list);
	rc = rc < 0 ? rc : ph_cases_replace(ledger, key, &list);
	ph_invite_state_deinit(&invite);
	ph_facts_deinit(&facts);
	ph_buf_deinit(&state);
	ph_case_list_deinit(&list);
	return rc;
}

/* --- crates --- */

static int find_count(const struct ph_entity_key *key, const struct ph_crate *crate,
		      struct ph_case_list *list)
{
	int rc = ph_case_list_add(list, PH_CASE_CRATE_COUNT, ph_key_view(key));

	for (size_t i = 0; rc == 0 && i < crate->n_dispatches; i++) {
		const struct ph_dispatch *dispatch = &crate->dispatches[i];

		rc = ph_case_list_ref(list, &dispatch->entry, dispatch->second);
		rc = rc != 0 ? rc : ph_case_list_site(list, dispatch->from);
		rc = rc != 0 ? rc : ph_case_list_site(list, dispatch->to);
	}
	for (size_t i = 0; rc == 0 && i < crate->n_receives; i++) {
		const struct ph_receive *receive = &crate->receives[i];

		rc = ph_case_list_ref(list, &receive->entry, receive->second);
		rc = rc != 0 ? rc : ph_case_list_site(list, receive->site);
	}
	return rc;
}

int ph_cases_of_crate(struct ph_ledger *ledger, const struct ph_entity_key *key,
		      struct ph_view state)
{
	struct ph_case_list list = { 0 };
	struct ph_crate crate = { 0 };
	int rc = state.len == 0 ? 0 : ph_crate_decode(state, &crate);

	if (rc == 0 && crate.n_lacking + crate.n_surplus > 0) {
		rc = find_count(key, &crate, &list);
	}
	rc = rc != 0 ? rc : ph_cases_replace(ledger, key, &list);
	ph_crate_deinit(&crate);
	ph_case_list_deinit(&list);
	return rc;
}
