/*
 * common/ledger/summary.c - sums, settings, and what a put should say it saw.
 *
 * What a site has is counted in the tables; what it did is summed over its tallies.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/query.h"
#include "common/ledger/record.h"
#include "common/ledger/show.h"
#include "common/ledger/store.h"
#include "common/ledger/tally.h"

static int count_at(struct ph_ledger *ledger, const char *sql, uint64_t site, int64_t day,
		    uint64_t *out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)site);
	ph_stmt_int(stmt, 2, day);
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		*out = (uint64_t)ph_stmt_col_int(stmt, 0);
		rc = 0;
	}
	ph_stmt_reset(stmt);
	return rc;
}

static const struct {
	const char *name;
	const char *one; /* of site ?1 */
	const char *all;
} counts[] = {
	/* what is the same counts once, at a site as well */
	{ "titles",
	  "SELECT count(DISTINCT coalesce(root, id)) FROM ledger_title"
	  " WHERE site = ?1 AND ?2 = ?2",
	  "SELECT count(*) FROM ledger_title WHERE root IS NULL AND ?1 = 0 AND ?2 = ?2" },
	{ "copies", "SELECT count(*) FROM ledger_copy WHERE owner = ?1 AND ?2 = ?2",
	  "SELECT count(*) FROM ledger_copy WHERE ?1 = 0 AND ?2 = ?2 AND known" },
	{ "readers",
	  "SELECT count(DISTINCT coalesce(root, id)) FROM ledger_reader"
	  " WHERE site = ?1 AND ?2 = ?2",
	  "SELECT count(*) FROM ledger_reader WHERE root IS NULL AND ?1 = 0"
	  " AND ?2 = ?2" },
	{ "loans_open", "SELECT count(*) FROM ledger_loan WHERE site = ?1 AND ?2 = ?2",
	  "SELECT count(*) FROM ledger_loan WHERE ?1 = 0 AND ?2 = ?2" },
	{ "overdue", "SELECT count(*) FROM ledger_loan WHERE site = ?1 AND due < ?2",
	  "SELECT count(*) FROM ledger_loan WHERE ?1 = 0 AND due < ?2" },
};

/* Tallies of one site lie together: their ids begin with its number. */
static int sum_tallies(struct ph_ledger *ledger, uint64_t site, int64_t from, int64_t to,
		       struct ph_tally *sum)
{
	struct ph_entity_key low = ph_key_number(PH_ENTITY_TALLY, site);
	struct ph_entity_key high = ph_key_number(PH_ENTITY_TALLY, site + 1);
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT id, state FROM ledger_entity WHERE type = ?1"
			       " AND id >= ?2 AND (?3 IS NULL OR id < ?3)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, PH_ENTITY_TALLY);
	ph_stmt_blob(stmt, 2, ph_key_view(&low));
	if (site == 0) {
		ph_stmt_null(stmt, 3);
	} else {
		ph_stmt_blob(stmt, 3, ph_key_view(&high));
	}
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		uint64_t at;
		int64_t day;

		if (!ph_key_get_tally(ph_stmt_col_blob(stmt, 0), &at, &day)) {
			rc = -EUCLEAN;
			break;
		}
		if (day < from || day > to) {
			continue;
		}
		rc = ph_tally_decode(ph_stmt_col_blob(stmt, 1), sum);
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

int ph_query_summary(struct ph_ledger *ledger, uint64_t site, int64_t day, int64_t from,
		     int64_t to, json_t **out)
{
	static const struct {
		const char *name;
		enum ph_tally_key key;
	} sums[] = {
		{ "loans", PH_TALLY_LOANS },       { "returns", PH_TALLY_RETURNS },
		{ "renewals", PH_TALLY_RENEWALS }, { "visits", PH_TALLY_VISITS },
		{ "women", PH_TALLY_WOMEN },       { "uses", PH_TALLY_USES },
		{ "cards", PH_TALLY_CARDS },
	};
	struct ph_tally tally = { 0 };
	struct ph_show show = ph_show_begin();
	int rc = sum_tallies(ledger, site, from, to, &tally);

	ph_show_number(&show, "site", site);
	for (size_t i = 0; rc == 0 && i < sizeof counts / sizeof *counts; i++) {
		uint64_t count = 0;

		rc = count_at(ledger, site == 0 ? counts[i].all : counts[i].one, site,
			      day, &count);
		ph_show_number(&show, counts[i].name, count);
	}
	for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
		ph_show_number(&show, sums[i].name, tally.count[sums[i].key]);
	}
	if (rc != 0) {
		json_decref(show.object);
		return rc;
	}
	return ph_show_done(&show, out);
}

/* --- settings and sites --- */

int ph_query_policy_text(struct ph_ledger *ledger, const char *name, struct ph_buf *out)
{
	const struct ph_register *value;
	struct ph_buf state = { 0 };
	struct ph_record policy;
	int rc = ph_ledger_get(ledger, PH_ENTITY_POLICY, ph_view_str(name), &state);

	if (rc == 0) {
		rc = ph_record_decode(ph_buf_view(&state),
				      ph_kind_find(PH_KIND_POLICY_PUT), &policy);
	}
	if (rc == 0) {
		value = ph_registers_get(&policy.registers, PH_POLICY_VALUE);
		if (value != NULL) {
			rc = ph_buf_put_view(out, value->value.as.bytes);
		}
		ph_record_deinit(&policy);
	}
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

bool ph_query_number(struct ph_view text, uint64_t *out)
{
	uint64_t number = 0;

	if (text.len == 0 || text.len > 18) {
		return false;
	}
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9') {
			return false;
		}
		number = number * 10 + (text.data[i] - '0');
	}
	*out = number;
	return true;
}

uint64_t ph_query_policy_number(struct ph_ledger *ledger, const char *name,
				uint64_t fallback)
{
	struct ph_buf text = { 0 };
	uint64_t number = fallback;

	if (ph_query_policy_text(ledger, name, &text) == 0) {
		(void)ph_query_number(ph_buf_view(&text), &number);
	}
	ph_buf_deinit(&text);
	return number;
}

struct named {
	struct ph_view code;
	uint64_t site;
};

static int on_site(void *data, struct ph_view id, struct ph_view state)
{
	struct named *named = data;
	struct ph_record site;
	int rc = ph_record_decode(state, ph_kind_find(PH_KIND_SITE_PUT), &site);

	if (rc != 0) {
		return rc;
	}

	const struct ph_register *code = ph_registers_get(&site.registers, PH_SITE_CODE);

	if (code != NULL && ph_view_equal(code->value.as.bytes, named->code)) {
		rc = ph_key_get_number(id, &named->site) ? 1 : -EUCLEAN;
	}
	ph_record_deinit(&site);
	return rc;
}

int ph_query_site_named(struct ph_ledger *ledger, struct ph_view code, uint64_t *site)
{
	struct named named = { .code = code };
	struct ph_buf state = { 0 };
	uint64_t number;
	int rc = ph_ledger_each(ledger, PH_ENTITY_SITE, on_site, &named);

	if (rc == 1) {
		*site = named.site;
		return 0;
	}
	if (rc != 0 || !ph_query_number(code, &number)) {
		return rc != 0 ? rc : PH_LEDGER_E_NONE;
	}

	struct ph_entity_key key = ph_key_number(PH_ENTITY_SITE, number);

	rc = ph_ledger_get(ledger, PH_ENTITY_SITE, ph_key_view(&key), &state);
	ph_buf_deinit(&state);
	if (rc == 0) {
		*site = number;
	}
	return rc;
}

int ph_query_keeps_readers(struct ph_ledger *ledger, uint64_t site, bool *keeps_out)
{
	struct ph_entity_key key = ph_key_number(PH_ENTITY_SITE, site);
	const struct ph_register *none;
	struct ph_buf state = { 0 };
	struct ph_record record;
	int rc = ph_ledger_get(ledger, PH_ENTITY_SITE, ph_key_view(&key), &state);

	*keeps_out = true;
	rc = rc != 0 ? rc
		     : ph_record_decode(ph_buf_view(&state),
					ph_kind_find(PH_KIND_SITE_PUT), &record);
	if (rc == 0) {
		none = ph_registers_get(&record.registers, PH_SITE_NO_READERS);
		*keeps_out = none == NULL || none->value.as.uint == 0;
		ph_record_deinit(&record);
	}
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

/* --- what a put has seen --- */

/* The registers of any state that has some: they stand first. */
static int load_registers(struct ph_ledger *ledger, enum ph_entity type,
			  struct ph_view id, struct ph_buf *state,
			  struct ph_registers *registers)
{
	const msgpack_object_array *array;
	struct ph_mp mp;
	int rc = ph_register_kind(type) == NULL ? -EINVAL
						: ph_ledger_get(ledger, type, id, state);

	if (rc != 0) {
		return rc;
	}
	rc = ph_state_decode(ph_buf_view(state), &mp, &array);
	if (rc != 0) {
		return rc;
	}
	rc = ph_registers_decode(ph_mp_item(array, 0), ph_register_kind(type), registers);
	ph_mp_deinit(&mp);
	return rc;
}

static size_t copy_heads(const struct ph_register *reg, struct ph_ref *heads, size_t max)
{
	size_t n = 0;

	if (reg != NULL && max > 0) {
		heads[n++] = reg->winner;
	}
	for (size_t i = 0; reg != NULL && i < reg->n_others && n < max; i++) {
		heads[n++] = reg->others[reg->n_others - 1 - i];
	}
	return n;
}

int ph_query_heads(struct ph_ledger *ledger, enum ph_entity type, struct ph_view id,
		   unsigned field, struct ph_ref *heads, size_t max, size_t *count_out)
{
	struct ph_registers registers = { 0 };
	struct ph_buf state = { 0 };
	int rc = load_registers(ledger, type, id, &state, &registers);

	if (rc >= 0) {
		*count_out = copy_heads(ph_registers_get(&registers, field), heads, max);
	}
	ph_registers_deinit(&registers);
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

static int compare_seen(const void *a, const void *b)
{
	const struct ph_seen *x = a, *y = b;

	if (x->field != y->field) {
		return x->field < y->field ? -1 : 1;
	}
	return ph_ref_compare(&x->head, &y->head);
}

static void see(struct ph_entry *entry, uint8_t field, const struct ph_register *reg)
{
	struct ph_ref heads[PH_SEEN_MAX];
	size_t n = copy_heads(reg, heads, PH_SEEN_MAX - entry->n_seen);

	for (size_t i = 0; i < n; i++) {
		entry->seen[entry->n_seen++] =
			(struct ph_seen){ .field = field, .head = heads[i] };
	}
}

int ph_query_fill_seen(struct ph_ledger *ledger, enum ph_entity type, struct ph_view id,
		       struct ph_entry *entry)
{
	const struct ph_kind *kind = entry->kind;
	struct ph_registers registers = { 0 };
	struct ph_buf state = { 0 };
	int rc = kind != ph_register_kind(type)
			 ? -EINVAL
			 : load_registers(ledger, type, id, &state, &registers);

	entry->n_seen = 0;
	for (unsigned i = 0; rc == 0 && i < kind->n_fields; i++) {
		if (entry->field[i].set && (kind->fields[i].flags & PH_F_REGISTER)) {
			see(entry, (uint8_t)i, ph_registers_get(&registers, i));
		}
	}
	for (unsigned i = 0; rc == 0 && i < kind->n_sealed; i++) {
		if (entry->sealed[i].set) {
			see(entry, (uint8_t)(kind->n_fields + i),
			    ph_registers_get(&registers, PH_REGISTER_SEALED + i));
		}
	}
	if (entry->n_seen > 1) {
		qsort(entry->seen, entry->n_seen, sizeof *entry->seen, compare_seen);
	}
	ph_registers_deinit(&registers);
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}
