/*
 * daemon/hub_seen.c - what was signed off, against what the hub counts of that site.
 *
 * The digest stands in the entry alone, and no state has it: it is read from the journal. The
 * sums of the sites are made once, and only if one of the entries has a digest.
 */
#include "daemon/hub_seen.h"

#include <errno.h>
#include <string.h>

#include "common/ledger/seen.h"
#include "daemon/hub_command.h"

struct telling {
	struct ph_hub *hub;
	const struct ph_hub_issued *issued;
	struct ph_figures now;
	bool has_now;
	struct ph_buf bytes; /* of the entry under way */
	struct ph_entry entry;
};

/* What ITEM's entry says was seen; NULL: nothing. */
static int read_seen(struct telling *telling, const json_t *item,
		     const struct ph_value **seen_out)
{
	const char *text = json_string_value(json_object_get(item, "entry"));
	struct ph_ref ref;
	struct ph_log log;
	int rc = text ? ph_ref_parse(text, strlen(text), &ref) : -EINVAL;

	*seen_out = NULL;
	telling->bytes.len = 0;
	rc = rc != 0 ? -EUCLEAN
		     : ph_journal_resolve(telling->hub->journal, &ref, &log,
					  &telling->bytes);
	rc = rc == 0 ? ph_entry_decode(ph_buf_view(&telling->bytes), &telling->entry)
		     : rc;
	if (rc == 0 && telling->entry.number == PH_KIND_REPORT_SIGNOFF &&
	    telling->entry.field[PH_SIGNOFF_SEEN].set) {
		*seen_out = &telling->entry.field[PH_SIGNOFF_SEEN];
	}
	return rc < 0 ? rc : 0;
}

static int sum_now(struct telling *telling)
{
	int rc = telling->has_now
			 ? 0
			 : ph_figures_sum(telling->hub->ledger, telling->issued->from,
					  telling->issued->to, &telling->now);

	telling->has_now = rc == 0;
	return rc;
}

/* Whether FIGURES give what was SEEN of SITE. 1, 0 or negative errno. */
static int is_seen(const struct telling *telling, const struct ph_figures *figures,
		   uint64_t site, const struct ph_value *seen)
{
	uint8_t digest[PH_SEEN_DIGEST];
	int rc = ph_seen_digest(site, telling->issued->from, telling->issued->to,
				ph_seen_of(figures, site), digest);

	return rc != 0 ? rc
		       : ph_view_equal(seen->as.bytes, PH_VIEW(digest, sizeof(digest)));
}

static int judge(struct telling *telling, const json_t *item, const char **word)
{
	uint64_t site = (uint64_t)json_integer_value(json_object_get(item, "site"));
	const struct ph_value *seen;
	int rc = read_seen(telling, item, &seen);

	*word = "none";
	if (rc != 0 || seen == NULL) {
		return rc;
	}
	*word = "counted";
	rc = sum_now(telling);
	rc = rc != 0 ? rc : is_seen(telling, &telling->now, site, seen);
	if (rc == 0) {
		*word = "printed";
		rc = is_seen(telling, &telling->issued->figures, site, seen);
	}
	if (rc == 0) {
		*word = "other";
	}
	return rc < 0 ? rc : 0;
}

static int tell_each(struct telling *telling, const json_t *list)
{
	json_t *item;
	size_t i;
	int rc = 0;

	json_array_foreach(list, i, item)
	{
		const char *word = NULL;

		rc = rc != 0 ? rc : judge(telling, item, &word);
		if (rc == 0 && json_object_set_new(item, "seen", json_string(word))) {
			rc = -ENOMEM;
		}
	}
	return rc;
}

int ph_hub_seen_tell(struct ph_hub *hub, const struct ph_hub_issued *issued)
{
	struct telling telling = { .hub = hub, .issued = issued };
	int rc = tell_each(&telling, issued->signoffs);

	rc = rc != 0 ? rc : tell_each(&telling, issued->strays);
	ph_figures_deinit(&telling.now);
	ph_buf_deinit(&telling.bytes);
	return rc;
}

int ph_hub_signed_tell(struct ph_hub *hub, const struct ph_hub_issued *issued,
		       json_t *into)
{
	int rc = ph_hub_site_codes(hub, issued->signoffs);

	rc = rc < 0 ? rc : ph_hub_site_codes(hub, issued->strays);
	rc = rc < 0 ? rc : ph_hub_seen_tell(hub, issued);
	if (rc < 0) {
		return rc;
	}
	return json_object_set_new(into, "agree",
				   json_integer((json_int_t)issued->agrees)) != 0 ||
			       json_object_set_new(
				       into, "disagree",
				       json_integer((json_int_t)issued->disagrees)) !=
				       0 ||
			       json_object_set(into, "signoffs", issued->signoffs) != 0 ||
			       json_object_set(into, "strays", issued->strays) != 0
		       ? -ENOMEM
		       : 0;
}
