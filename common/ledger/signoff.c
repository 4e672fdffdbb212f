/*
 * common/ledger/signoff.c - which words of sites on an issued report count.
 *
 * The ledger keeps every word. Where its site lies is looked up when it is asked for, so
 * that a site put into another commune, or a commune named late, needs no fold.
 */
#include "common/ledger/signoff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/record.h"

const char *ph_signs_name(enum ph_signs signs)
{
	static const char *const names[] = {
		[PH_SIGNS_UNKNOWN_SITE] = "unknown-site",
		[PH_SIGNS_UNKNOWN_COMMUNE] = "unknown-commune",
		[PH_SIGNS_FOREIGN_SITE] = "foreign-site",
	};

	return names[signs];
}

/* OUT: as the ledger shows it, empty if it lies nowhere. 0, PH_LEDGER_E_NONE, negative errno. */
static int find_site(struct ph_ledger *ledger, uint64_t number,
		     char out[static PH_SIGN_COMMUNE])
{
	struct ph_entity_key key = ph_key_number(PH_ENTITY_SITE, number);
	const struct ph_register *commune;
	struct ph_buf state = { 0 };
	struct ph_record record;
	int rc = ph_ledger_get(ledger, PH_ENTITY_SITE, ph_key_view(&key), &state);

	out[0] = '\0';
	rc = rc != 0 ? rc
		     : ph_record_decode(ph_buf_view(&state),
					ph_kind_find(PH_KIND_SITE_PUT), &record);
	if (rc == 0) {
		commune = ph_registers_get(&record.registers, PH_SITE_COMMUNE);
		if (commune != NULL && commune->value.set &&
		    commune->value.as.bytes.len < PH_SIGN_COMMUNE) {
			memcpy(out, commune->value.as.bytes.data,
			       commune->value.as.bytes.len);
			out[commune->value.as.bytes.len] = '\0';
		}
		ph_record_deinit(&record);
	}
	ph_buf_deinit(&state);
	return rc;
}

static int find_commune(struct ph_ledger *ledger, const char *code, bool *known)
{
	struct ph_buf state = { 0 };
	int rc = ph_ledger_get(ledger, PH_ENTITY_COMMUNE, ph_view_str(code), &state);

	*known = rc == 0;
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

/*
 * A word that names no commune is for that of its site; if the hub knows none of that code,
 * for the site alone.
 */
static int judge(struct ph_ledger *ledger, const struct ph_signoff *word,
		 struct ph_sign *sign)
{
	char own[PH_SIGN_COMMUNE];
	bool names = word->commune.len > 0 && word->commune.len < PH_SIGN_COMMUNE;
	bool known = false;
	int rc = find_site(ledger, word->site, own);
	bool has_site = rc == 0;

	memcpy(sign->commune, own, sizeof own);
	if (names) {
		memcpy(sign->commune, word->commune.data, word->commune.len);
		sign->commune[word->commune.len] = '\0';
	}
	if (rc >= 0 && sign->commune[0] != '\0') {
		rc = find_commune(ledger, sign->commune, &known);
	}
	if (rc < 0) {
		return rc;
	}
	if (!names && !known) {
		sign->commune[0] = '\0';
	}
	sign->signs = !has_site         ? PH_SIGNS_UNKNOWN_SITE
		      : names && !known ? PH_SIGNS_UNKNOWN_COMMUNE
		      : names && strcmp(own, sign->commune) != 0 ? PH_SIGNS_FOREIGN_SITE
								 : PH_SIGNS_COUNTS;
	return 0;
}

/* Of one site and commune the last word stands, in the order of the fold. */
static void replace(const struct ph_report *report, struct ph_sign *signs)
{
	for (size_t i = 0; i < report->n_signoffs; i++) {
		for (size_t k = i + 1; k < report->n_signoffs; k++) {
			if (report->signoffs[i].site == report->signoffs[k].site &&
			    strcmp(signs[i].commune, signs[k].commune) == 0) {
				signs[i].signs = PH_SIGNS_REPLACED;
				break;
			}
		}
	}
}

int ph_report_signs(struct ph_ledger *ledger, const struct ph_report *report,
		    struct ph_sign **out)
{
	size_t n = report->n_signoffs;
	struct ph_sign *signs = n > 0 ? calloc(n, sizeof *signs) : NULL;
	int rc = n > 0 && signs == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = judge(ledger, &report->signoffs[i], &signs[i]);
	}
	if (rc != 0) {
		free(signs);
		return rc;
	}
	replace(report, signs);
	*out = signs;
	return 0;
}
