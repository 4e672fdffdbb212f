/*
 * client/cmd_why.c - packhorse why: from what is shown to the signed entries behind it.
 *
 * Copies, cards and crates are scanned as everywhere; a title is named by its reference,
 * or by words that only one has. Names are opened where this desk can.
 */
#include <errno.h>
#include <string.h>

#include "client/case_name.h"
#include "client/page.h"
#include "client/scan.h"
#include "common/cli/export.h"
#include "common/cli/out.h"
#include "common/cli/story_rows.h"
#include "common/ledger/cases_choice.h"
#include "common/ledger/find.h"
#include "common/ledger/story_names.h"
#include "common/ledger/why.h"

struct asking {
	const struct ph_cli *cli;
	struct ph_site *site;
	struct ph_ledger *ledger;
	struct ph_opener opener;
	const char *id;
	struct ph_error *err;
};

/* --- which entity --- */

static int find_code(const struct asking *asking, enum ph_type type,
		     enum ph_entity entity, struct ph_entity_key *key)
{
	struct ph_id id;
	uint64_t ns = 0;
	int rc = ph_site_resolve(asking->site, type, ph_view_str(asking->id), &id, NULL,
				 asking->err);

	if (rc == 0 && ph_cli_has(asking->cli, "ns")) {
		rc = ph_cli_get_uint(asking->cli, "ns", 0, 999999, &ns, asking->err);
		id.ns = ns;
	}
	return rc != 0 ? rc : ph_key_id(entity, &id, key) ? 0 : PH_LEDGER_E_NONE;
}

/* The only title that has these words. */
static int find_words(const struct asking *asking, struct ph_entity_key *key)
{
	json_t *list = NULL;
	struct ph_ref ref;
	const char *text;
	int rc = ph_ledger_find_titles(asking->ledger, ph_view_str(asking->id), 2, &list);

	if (rc != 0) {
		return rc;
	}
	text = json_string_value(json_object_get(json_array_get(list, 0), "title"));
	if (json_array_size(list) > 1) {
		rc = ph_fail(asking->err, PH_EXIT_USAGE, -EINVAL,
			     ph_say("several titles have these words; `packhorse find` "
				    "shows their references",
				    "nhiều nhan đề có các từ này; `packhorse find` cho "
				    "xem tham chiếu"));
	} else if (!text || ph_ref_parse(text, strlen(text), &ref) != 0) {
		rc = PH_LEDGER_E_NONE;
	} else {
		*key = ph_key_ref(PH_ENTITY_TITLE, &ref);
	}
	json_decref(list);
	return rc;
}

static int find_title(const struct asking *asking, struct ph_entity_key *key)
{
	struct ph_ref ref;

	if (ph_ref_parse(asking->id, strlen(asking->id), &ref) == 0) {
		*key = ph_key_ref(PH_ENTITY_TITLE, &ref);
		return 0;
	}
	return find_words(asking, key);
}

/* READER is the reference of a reader, or a card of theirs. */
static int find_reader(const struct asking *asking, struct ph_entity_key *key)
{
	struct ph_scanner scanner = { .site = asking->site };
	struct ph_ref ref;
	int rc = ph_scan_reader(&scanner, asking->id, &ref, asking->err);

	ph_scanner_deinit(&scanner);
	if (rc == 0) {
		*key = ph_key_ref(PH_ENTITY_READER, &ref);
	}
	return rc;
}

static int find_entity(const struct asking *asking, const char *what,
		       struct ph_entity_key *key)
{
	static const struct {
		const char *what;
		enum ph_type type;
		enum ph_entity entity;
	} codes[] = {
		{ "copy", PH_T_COPY_ID, PH_ENTITY_COPY },
		{ "card", PH_T_CARD_ID, PH_ENTITY_CARD },
		{ "crate", PH_T_CRATE_ID, PH_ENTITY_CRATE },
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (strcmp(what, codes[i].what) == 0) {
			return find_code(asking, codes[i].type, codes[i].entity, key);
		}
	}
	if (strcmp(what, "title") == 0) {
		return find_title(asking, key);
	}
	if (strcmp(what, "reader") == 0) {
		return find_reader(asking, key);
	}
	return ph_cli_usage(asking->cli, asking->err,
			    ph_say("WHAT is copy, card, crate, title, reader or case",
				   "WHAT là copy, card, crate, title, reader hoặc case"));
}

/* --- the answer --- */

static int why_case(const struct asking *asking, json_t **out)
{
	uint8_t id[PH_CASE_ID_SIZE];
	json_t *view = NULL;
	int rc = ph_case_name_find(asking->ledger, asking->id, id, asking->err);

	rc = rc != 0 ? rc : ph_view_case(asking->ledger, id, &view);
	return rc != 0 ? rc : ph_why_case(asking->ledger, view, out);
}

static int why(const struct asking *asking, const char *what, json_t **out)
{
	struct ph_entity_key key;
	int rc;

	if (strcmp(what, "case") == 0) {
		rc = why_case(asking, out);
	} else {
		rc = find_entity(asking, what, &key);
		rc = rc != 0 ? rc
			     : ph_why(asking->ledger, &key, false, &asking->opener, out);
	}
	if (rc != 0) {
		return rc;
	}
	rc = ph_stories_name(asking->ledger, json_object_get(*out, "facts"),
			     &asking->opener);
	if (rc == 0 && (json_object_set_new(*out, "what", json_string(what)) != 0 ||
			json_object_set_new(*out, "schema", json_integer(1)) != 0)) {
		rc = -ENOMEM;
	}
	return rc;
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct asking asking = { .cli = cli, .id = cli->args[1], .err = err };
	json_t *answer = NULL;
	int rc = ph_command_open(cli, &asking.site, err);

	if (rc < 0) {
		return rc;
	}
	asking.opener = ph_page_opener(asking.site);
	asking.ledger = ph_site_ledger(asking.site, err);
	rc = asking.ledger ? why(&asking, cli->args[0], &answer) : -EIO;
	if (rc == 0) {
		rc = ph_why_print(cli, json_incref(answer));
	} else if (rc > 0) {
		rc = ph_page_unknown(cli, cli->args[1]);
	}
	json_decref(answer);
	ph_site_close(asking.site);
	return rc < 0 && rc != PH_OUT_LOST
		       ? ph_fail_errno(err, rc, ph_say("reading the ledger", "đọc sổ"))
		       : rc;
}

static const struct ph_cli_option options[] = {
	{ "ns", "N", "copy, card, crate: the code's namespace" },
	PH_EXPORT_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_why = {
	.name = "why",
	.group = "This site",
	.args = "WHAT ID",
	.min_args = 2,
	.max_args = 2,
	.doc = "from what is shown to the signed entries behind it\n"
	       "WHAT ID: copy CODE, card CODE, crate CODE, title REF or its words, "
	       "reader "
	       "REF,\n"
	       "case ID. Of each entry: what it gave, device, site, times, road, "
	       "receipt, "
	       "and what\n"
	       "takes it away. Of what the hub fed the hub alone vouches for the device.",
	.options = options,
	.run = run,
};
