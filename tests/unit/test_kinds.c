/* Tests of common/log/kinds.c: the table is sound, the enums match it, and it has not moved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/log/entry.h"
#include "tests/lib/unhex.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What has been signed stays so: this list only ever grows. */
static const struct {
	uint32_t number;
	const char *name;
	const char *fields; /* in order */
	const char *sealed;
} known[] = {
	{ 1, "open", "device_key nonce site software table continues why", "" },
	{ 2, "clock-mark", "boot mono wall sure", "" },
	{ 3, "note", "about sets commit", "text" },
	{ 10, "reader-put", "reader commune band sets commit seen",
	  "name born telephone address guardian note" },
	{ 11, "consent", "reader given who day sets commit", "guardian" },
	{ 12, "card-issue", "card reader", "" },
	{ 13, "card-stop", "card reason", "" },
	{ 14, "reader-block", "reader reason until", "" },
	{ 15, "reader-unblock", "reader blocks", "" },
	{ 16, "reader-merge", "reader other", "" },
	{ 17, "reader-unmerge", "merges", "" },
	{ 20, "title-put",
	  "title name author year isbn language publisher place volume class law rest "
	  "seen",
	  "" },
	{ 21, "title-merge", "title other", "" },
	{ 22, "title-unmerge", "merges", "" },
	{ 23, "copy-put", "copy title owner acquisition price shelf seen", "" },
	{ 24, "copy-alias", "copy other reason", "" },
	{ 25, "copy-unalias", "aliases", "" },
	{ 30, "loan", "copy card term due hold", "" },
	{ 31, "renew", "copy card loan term due", "" },
	{ 32, "return", "copy", "" },
	{ 33, "in-house-use", "copy count", "" },
	{ 34, "sighting", "copy purpose", "" },
	{ 35, "uncoded-loan", "card count term due title", "" },
	{ 36, "uncoded-return", "card count", "" },
	{ 40, "copy-missing", "copy", "" },
	{ 41, "reader-lost", "copy loan", "" },
	{ 42, "damaged", "copy degree", "" },
	{ 43, "repaired", "copy", "" },
	{ 44, "withdrawn", "copy decision reason", "" },
	{ 45, "reinstated", "copy decision", "" },
	{ 50, "charge", "card amount reason copy loan", "" },
	{ 51, "payment", "card amount charge", "" },
	{ 54, "hold-place", "card expires pickup title copy", "" },
	{ 55, "hold-cancel", "hold reason", "" },
	{ 56, "hold-ready", "hold copy", "" },
	{ 60, "crate-dispatch", "crate from to copies due_back", "" },
	{ 61, "crate-receive", "crate copies listed final", "" },
	{ 70, "day-open", "from to", "" },
	{ 71, "visit", "count band women purpose", "" },
	{ 72, "mobile-stop", "stop commune place", "" },
	{ 73, "activity", "occasion attendance women name partner", "" },
	{ 74, "training", "topic workers collaborators women attendees", "" },
	{ 75, "digital-use", "form count women", "" },
	{ 76, "donation", "donor foreign money copies titles sets commit", "donor_name" },
	{ 80, "worker-put", "worker site role from to sets commit seen",
	  "name telephone" },
	{ 81, "shift", "code phase", "" },
	{ 85, "model-put", "commune status decision date sites seen", "" },
	{ 86, "tally", "code value from to list commune", "" },
	{ 90, "void", "target reason", "" },
	{ 100, "site-put",
	  "site code name commune site_kind status seen route no_readers schedule", "" },
	{ 101, "commune-put", "code name type from seen predecessor", "" },
	{ 102, "device-admit", "device key site role invite", "" },
	{ 103, "device-confirm", "device", "" },
	{ 104, "device-retire", "device reason", "" },
	{ 105, "device-cut", "device heads reason", "" },
	{ 106, "invite-cancel", "invite", "" },
	{ 107, "log-adopt", "head", "" },
	{ 108, "clock-judge", "mark ahead behind clamp", "" },
	{ 109, "target-put", "indicator year value rule version seen", "" },
	{ 110, "case-decide", "case choice facts entries", "" },
	{ 111, "policy-put", "name value seen", "" },
	{ 112, "reader-erase", "readers cards", "" },
	{ 113, "report-issue", "report from to figures", "" },
	{ 120, "erase-done", "erase away", "" },
	{ 121, "report-signoff", "report commune agrees seen", "" },
};

static void assert_names(const struct ph_field *fields, uint32_t n, const char *want)
{
	char names[400] = "";

	for (uint32_t i = 0; i < n; i++) {
		size_t len = strlen(names);

		snprintf(names + len, sizeof(names) - len, "%s%s", i ? " " : "",
			 fields[i].name);
	}
	assert_string_equal(names, want);
}

static void test_known_stay(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		const struct ph_kind *kind = ph_kind_find(known[i].number);

		print_message("# %s\n", known[i].name);
		assert_non_null(kind);
		assert_string_equal(kind->name, known[i].name);
		assert_names(kind->fields, kind->n_fields, known[i].fields);
		assert_names(kind->sealed, kind->n_sealed, known[i].sealed);
		assert_ptr_equal(ph_kind_named(ph_view_str(known[i].name)), kind);
	}
	assert_int_equal(ph_kinds_count(), COUNT(known));
}

static void test_enum_values_stay(void **state)
{
	(void)state;
	static const struct {
		uint32_t kind;
		int field;
		const char *names;
	} cases[] = {
		{ PH_KIND_OPEN, PH_OPEN_WHY, "clock restored cloned replaced" },
		{ PH_KIND_CLOCK_MARK, PH_MARK_SURE, "none rtc person network hub" },
		{ PH_KIND_READER_PUT, PH_READER_BAND, "child youth adult elder" },
		{ PH_KIND_CONSENT, PH_CONSENT_GIVEN, "given withdrawn" },
		{ PH_KIND_CONSENT, PH_CONSENT_WHO, "reader guardian" },
		{ PH_KIND_CARD_STOP, PH_CARD_STOP_REASON,
		  "lost damaged returned expired other" },
		{ PH_KIND_READER_BLOCK, PH_BLOCK_REASON, "overdue debt conduct other" },
		{ PH_KIND_COPY_PUT, PH_COPY_ACQUISITION,
		  "budget donation project exchange other" },
		{ PH_KIND_COPY_ALIAS, PH_ALIAS_REASON, "relabelled same" },
		{ PH_KIND_SIGHTING, PH_SIGHTING_PURPOSE, "stock-take found" },
		{ PH_KIND_DAMAGED, PH_DAMAGED_DEGREE, "worn damaged unusable" },
		{ PH_KIND_WITHDRAWN, PH_WITHDRAWN_REASON, "worn lost obsolete other" },
		{ PH_KIND_CHARGE, PH_CHARGE_REASON, "overdue lost damaged card other" },
		{ PH_KIND_HOLD_CANCEL, PH_HOLD_CANCEL_REASON, "reader expired other" },
		{ PH_KIND_VISIT, PH_VISIT_BAND, "child youth adult elder" },
		{ PH_KIND_VISIT, PH_VISIT_PURPOSE,
		  "reading borrowing study internet event other" },
		{ PH_KIND_ACTIVITY, PH_ACTIVITY_OCCASION,
		  "reading-day book-festival school holiday contest exhibition talk "
		  "other" },
		{ PH_KIND_DIGITAL_USE, PH_DIGITAL_FORM,
		  "catalogue reading download video social lookup other" },
		{ PH_KIND_DONATION, PH_DONATION_DONOR,
		  "person organisation enterprise state project other" },
		{ PH_KIND_WORKER_PUT, PH_WORKER_ROLE,
		  "librarian part-time collaborator volunteer manager" },
		{ PH_KIND_SHIFT, PH_SHIFT_PHASE, "begin end" },
		{ PH_KIND_MODEL_PUT, PH_MODEL_STATUS,
		  "planned building recognised withdrawn" },
		{ PH_KIND_TALLY, PH_TALLY_CODE,
		  "budget-state budget-other premises commendations media inspections "
		  "learning-families collaborators uncatalogued-stock user-turns "
		  "computers staff" },
		{ PH_KIND_VOID, PH_VOID_REASON, "mistake duplicate test other" },
		{ PH_KIND_SITE_PUT, PH_SITE_KIND,
		  "provincial-library commune-library learning-centre post-office "
		  "law-bookcase school-library police-library border-post "
		  "economic-defence private-library van" },
		{ PH_KIND_SITE_PUT, PH_SITE_STATUS, "open closed" },
		{ PH_KIND_COMMUNE_PUT, PH_COMMUNE_TYPE, "xa phuong" },
		{ PH_KIND_DEVICE_RETIRE, PH_RETIRE_REASON,
		  "replaced broken closed lost other" },
		{ PH_KIND_DEVICE_CUT, PH_CUT_REASON, "stolen lost misuse other" },
		{ PH_KIND_CASE_DECIDE, PH_DECIDE_CHOICE,
		  "seen later earlier returned still-out same different found lost "
		  "genuine stolen other" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct ph_field *field =
			&ph_kind_find(cases[i].kind)->fields[cases[i].field];
		char names[400] = "";

		assert_int_equal(field->type, PH_T_ENUM);
		for (uint64_t v = 0; v < field->max; v++) {
			size_t len = strlen(names);

			snprintf(names + len, sizeof(names) - len, "%s%s", v ? " " : "",
				 field->names[v]);
			assert_int_equal(
				ph_field_enum(field, ph_view_str(field->names[v])), v);
		}
		assert_string_equal(names, cases[i].names);
		assert_int_equal(ph_field_enum(field, ph_view_str("")), -1);
		assert_int_equal(ph_field_enum(field, ph_view_str("nothing")), -1);
	}
	assert_int_equal(ph_field_enum(&ph_kind_find(PH_KIND_LOAN)->fields[PH_LOAN_TERM],
				       ph_view_str("child")),
			 -1);
}

/* The most bytes that a value of FIELD can take. */
static size_t most_bytes(const struct ph_field *field)
{
	const size_t ref = 1 + 18 + 9 + 10;
	const size_t head = 1 + 18 + 9 + 34;

	switch (field->type) {
	case PH_T_UINT:
	case PH_T_ENUM:
	case PH_T_DAY:
		return 9;
	case PH_T_TEXT:
	case PH_T_BYTES:
	case PH_T_FIXED:
		return 3 + (size_t)field->max;
	case PH_T_REF:
		return ref;
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
	case PH_T_CRATE_ID:
		return 1 + 5 + 2 + (size_t)field->max;
	case PH_T_HEAD:
		return head;
	case PH_T_REFS:
		return 3 + (size_t)field->max * ref;
	case PH_T_COPY_IDS:
	case PH_T_CARD_IDS:
		return 3 + (size_t)field->max * (1 + 5 + 2 + PH_CODE_MAX);
	case PH_T_HEADS:
		return 3 + (size_t)field->max * head;
	case PH_T_UINTS:
		return 3 + (size_t)field->max * 5;
	case PH_T_TEXTS:
		return 3 + (size_t)field->max * (1 + PH_TEXTS_SIZE);
	case PH_T_SEEN:
		return 3 + PH_SEEN_MAX * (1 + 1 + ref);
	}
	return 0;
}

static void check_field(const struct ph_field *field)
{
	static const char *const taken[] = { "kind",   "when",     "source", "staff",
					     "behalf", "operator", "stamp",  "time" };

	assert_true(strspn(field->name, "abcdefghijklmnopqrstuvwxyz_") ==
		    strlen(field->name));
	for (size_t i = 0; i < COUNT(taken); i++) {
		assert_string_not_equal(field->name, taken[i]);
	}
	assert_true(field->doc != NULL && strchr(field->doc, '|') == NULL);
	assert_true(field->min <= field->max);
	assert_true(field->max <= INT64_MAX); /* JSON has no more */
	assert_int_equal(field->names != NULL, field->type == PH_T_ENUM);
	assert_true(field->type == PH_T_TEXT || field->type == PH_T_TEXTS ||
		    field->rule == PH_TEXT_ANY);
	/* No list is empty, and its index and members still fit a name in an error. */
	assert_true(!ph_type_is_list(field->type) || field->min == 1);
	assert_true(strlen(field->name) <= 20);
	/* A required field cannot be a register: it names what is put. */
	assert_true((field->flags & (PH_F_REQUIRED | PH_F_REGISTER)) !=
		    (PH_F_REQUIRED | PH_F_REGISTER));
}

static void test_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < ph_kinds_count(); i++) {
		const struct ph_kind *kind = ph_kind_at(i);
		size_t most = 1 + 9 + 9 + 200; /* extras: 1 + 12 + 19 + 35 + 6 + 99 */
		size_t part = 1;
		bool registers = false;

		print_message("# %s\n", kind->name);
		assert_true(i == 0 || ph_kind_at(i - 1)->number < kind->number);
		assert_in_range(kind->n_fields, 1, PH_FIELDS_MAX);
		assert_true(kind->n_sealed <= PH_FIELDS_MAX);
		assert_true(kind->writers != 0 && kind->writers <= 7);
		assert_non_null(kind->family);
		assert_non_null(kind->doc);
		for (uint32_t f = 0; f < kind->n_fields; f++) {
			check_field(&kind->fields[f]);
			assert_int_equal(ph_kind_field(kind, kind->fields[f].name), f);
			assert_int_equal(ph_kind_sealed_field(kind, kind->fields[f].name),
					 -1);
			registers |= kind->fields[f].flags & PH_F_REGISTER;
			most += most_bytes(&kind->fields[f]);
		}
		for (uint32_t f = 0; f < kind->n_sealed; f++) {
			check_field(&kind->sealed[f]);
			assert_false(ph_type_is_list(kind->sealed[f].type));
			registers |= kind->sealed[f].flags & PH_F_REGISTER;
			part += most_bytes(&kind->sealed[f]);
		}
		assert_int_equal(registers, ph_kind_seen(kind) >= 0);
		assert_true(kind->writers == PH_ROLE_HUB ||
			    (!kind->desk && !kind->operator_only));
		assert_true(most <= PH_ENTRY_MAX); /* what is in limits always fits */
		assert_true(part + 16 <= PH_PART_MAX);
		if (kind->n_sealed > 0) {
			assert_string_equal(kind->fields[kind->sets].name, "sets");
			assert_string_equal(kind->fields[kind->commit].name, "commit");
			assert_int_equal(kind->fields[kind->sets].max,
					 (UINT64_C(1) << kind->n_sealed) - 1);
		}
	}
}

static void test_unknown(void **state)
{
	(void)state;
	assert_null(ph_kind_find(0));
	assert_null(ph_kind_find(4));
	assert_null(ph_kind_find(114));
	assert_null(ph_kind_find(UINT64_C(0x100000001)));
	assert_null(ph_kind_find(19)); /* between two files of the table */
	assert_null(ph_kind_find(122));
	assert_null(ph_kind_at(ph_kinds_count()));
	assert_null(ph_kind_named(ph_view_str("")));
	assert_null(ph_kind_named(ph_view_str("loa")));
	assert_null(ph_kind_named(ph_view_str("loans")));
	assert_null(ph_kind_named(ph_view_str("Loan")));
}

/* The number was computed by another program from docs/KINDS.md and the rule in kinds.h. */
static void test_hash(void **state)
{
	uint8_t hash[8];

	(void)state;
	ph_kinds_hash(hash);
	assert_hex(hash, sizeof(hash), "598a531c144fa0d5");
}

static void test_page(void **state)
{
	struct ph_buf page = { 0 };

	(void)state;
	assert_int_equal(ph_kinds_page(&page), 0);
	assert_int_equal(ph_buf_put_u8(&page, 0), 0);
	for (size_t i = 0; i < ph_kinds_count(); i++) {
		char title[80];

		snprintf(title, sizeof(title), "\n## %u %s\n", ph_kind_at(i)->number,
			 ph_kind_at(i)->name);
		assert_non_null(strstr((const char *)page.data, title));
	}
	ph_buf_deinit(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_stay),
		cmocka_unit_test(test_enum_values_stay),
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
