/*
 * client/site_resolve.c - what was scanned, entries by reference, and personal fields.
 *
 * A code of our printed form is its own name everywhere. Any other belongs to a site's
 * namespace: our own if it is known there; else the one other site where it is known;
 * else our own, and the caller says "not known here". Nothing is guessed between two.
 *
 * A sealed part that is not here, or was not sealed to this desk, is
 * PH_JOURNAL_E_NONE; what was opened stays in the caller's buffer, to be wiped there.
 */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "client/site_internal.h"
#include "common/base/say.h"
#include "common/ledger/card.h"
#include "common/ledger/copy.h"
#include "common/ledger/crate.h"
#include "common/ledger/fed.h"
#include "common/ledger/key.h"

#define SITES_OF_PROVINCE 10000

/* --- scans --- */

static bool has_registers(struct ph_view state, int *rc)
{
	struct ph_copy copy;
	bool known;

	*rc = ph_copy_decode(state, &copy);
	if (*rc != 0) {
		return false;
	}
	known = copy.registers.n > 0;
	ph_copy_deinit(&copy);
	return known;
}

static bool has_issues(struct ph_view state, int *rc)
{
	struct ph_card card;
	bool known;

	*rc = ph_card_decode(state, &card);
	if (*rc != 0) {
		return false;
	}
	known = card.n_issues > 0;
	ph_card_deinit(&card);
	return known;
}

static bool has_dispatches(struct ph_view state, int *rc)
{
	struct ph_crate crate;
	bool known;

	*rc = ph_crate_decode(state, &crate);
	if (*rc != 0) {
		return false;
	}
	known = crate.n_dispatches > 0;
	ph_crate_deinit(&crate);
	return known;
}

static enum ph_entity entity_of(enum ph_type type)
{
	return type == PH_T_CARD_ID    ? PH_ENTITY_CARD
	       : type == PH_T_CRATE_ID ? PH_ENTITY_CRATE
				       : PH_ENTITY_COPY;
}

/* Whether the ledger knows ID: a copy that was described, a card issued, a crate sent. */
static int is_known(struct ph_ledger *ledger, enum ph_entity type, const struct ph_id *id,
		    bool *known_out)
{
	struct ph_entity_key key;
	struct ph_buf state = { 0 };
	int rc;

	*known_out = false;
	if (!ph_key_id(type, id, &key)) {
		return 0;
	}
	rc = ph_ledger_get(ledger, type, ph_key_view(&key), &state);
	if (rc == 0) {
		/* other entries make all of them, too */
		*known_out = type == PH_ENTITY_COPY
				     ? has_registers(ph_buf_view(&state), &rc)
			     : type == PH_ENTITY_CARD
				     ? has_issues(ph_buf_view(&state), &rc)
				     : has_dispatches(ph_buf_view(&state), &rc);
	}
	ph_buf_deinit(&state);
	return rc == PH_LEDGER_E_NONE ? 0 : rc;
}

struct search {
	struct ph_ledger *ledger;
	enum ph_entity type;
	struct ph_id id; /* its ns is the candidate */
	uint64_t own;
	uint64_t found;
	unsigned count;
};

static int try_ns(struct search *search, uint64_t ns)
{
	bool known = false;
	int rc;

	search->id.ns = ns;
	rc = is_known(search->ledger, search->type, &search->id, &known);
	if (rc == 0 && known) {
		search->found = ns;
		search->count++;
	}
	return rc;
}

static int on_site(void *data, struct ph_view id, struct ph_view state)
{
	struct search *search = data;
	uint64_t number;

	(void)state;
	if (!ph_key_get_number(id, &number) || number == search->own) {
		return 0;
	}
	return try_ns(search, number);
}

int ph_site_knows(struct ph_site *site, enum ph_type type, const struct ph_id *id,
		  bool *known_out, struct ph_error *err)
{
	struct ph_ledger *ledger = ph_site_ledger(site, err);
	int rc = ledger ? is_known(ledger, entity_of(type), id, known_out) : -EIO;

	return rc != 0 ? ph_fail_errno(err, rc < 0 ? rc : -EUCLEAN,
				       ph_say("looking up a code", "tìm mã"))
		       : 0;
}

int ph_site_resolve(struct ph_site *site, enum ph_type type, struct ph_view code,
		    struct ph_id *id_out, bool *known_out, struct ph_error *err)
{
	struct search search = {
		.type = entity_of(type),
		.own = site->cert.invite.site,
		.id.code = code,
	};
	uint64_t ns = search.own;
	int rc;

	if (code.len == 0 || code.len > PH_CODE_MAX) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("a code has 1 to %d bytes, this one has %zu",
				      "một mã có 1 đến %d byte, mã này có %zu"),
			       PH_CODE_MAX, code.len);
	}
	search.ledger = ph_site_ledger(site, err);
	if (!search.ledger) {
		return -EIO;
	}
	if (ph_code_is_printed(code, search.own / SITES_OF_PROVINCE)) {
		ns = 0;
	}
	rc = try_ns(&search, ns);
	if (rc == 0 && ns != 0 && search.count == 0) {
		/* a printed code of another province is in 0 if anybody has told of it */
		rc = try_ns(&search, 0);
		if (rc == 0) {
			rc = ph_ledger_each(search.ledger, PH_ENTITY_SITE, on_site,
					    &search);
		}
	}
	if (rc != 0) {
		return ph_fail_errno(err, rc < 0 ? rc : -EUCLEAN,
				     ph_say("looking up a code", "tìm mã"));
	}
	id_out->ns = search.count == 1 ? search.found : ns;
	id_out->code = code;
	if (known_out) {
		*known_out = search.count == 1;
	}
	return 0;
}

/* --- entries --- */

int ph_site_entry(struct ph_site *site, const struct ph_ref *ref, struct ph_buf *bytes,
		  uint64_t *site_out)
{
	struct ph_fed_entry fed;
	struct ph_log log;
	int rc = ph_journal_resolve(site->journal, ref, &log, bytes);

	if (rc == 0 && site_out) {
		*site_out = log.site;
	}
	if (rc != PH_JOURNAL_E_NONE) {
		return rc;
	}
	rc = ph_fed_resolve(site->db, ref, &fed, bytes);
	if (rc == 0 && site_out) {
		*site_out = fed.log_site;
	}
	return rc == PH_FED_E_NONE ? PH_JOURNAL_E_NONE : rc;
}

/* --- personal fields --- */

/* Open CIPHER, whose seed lies in BOX for this desk. 0, PH_JOURNAL_E_NONE or -ENOMEM. */
static int open_part(struct ph_site *site, const uint8_t log_id[static PH_LOG_ID_SIZE],
		     uint64_t n, const struct ph_buf *cipher, const struct ph_buf *box,
		     uint8_t seed[static PH_SEED_SIZE], struct ph_buf *plain)
{
	int rc;

	/* behind it the same seed may lie boxed for the hub */
	if (ph_site_desk(site) == PH_DESK_LOCKED || box->len < PH_SEED_BOX_SIZE ||
	    crypto_box_seal_open(seed, box->data, PH_SEED_BOX_SIZE, site->keys.desk.key,
				 site->keys.desk.secret) != 0) {
		return PH_JOURNAL_E_NONE;
	}
	rc = ph_part_open(seed, log_id, n, ph_buf_view(cipher), plain);
	return rc == -EBADMSG ? PH_JOURNAL_E_NONE : rc;
}

int ph_site_part_read(struct ph_site *site, const struct ph_log *log, uint64_t n,
		      uint8_t seed[static PH_SEED_SIZE], struct ph_buf *plain)
{
	struct ph_buf cipher = { 0 };
	struct ph_buf box = { 0 };
	int rc = ph_journal_part_get(site->journal, log->row, n, &cipher, &box);

	if (rc == 0) {
		rc = open_part(site, log->id, n, &cipher, &box, seed, plain);
	}
	ph_buf_deinit(&box);
	ph_buf_deinit(&cipher);
	return rc;
}

int ph_site_part_boxed(struct ph_site *site, const struct ph_log *log, uint64_t n,
		       struct ph_buf *out)
{
	struct ph_buf cipher = { 0 };
	struct ph_buf box = { 0 };
	int rc = ph_journal_part_get(site->journal, log->row, n, &cipher, &box);

	if (rc == 0 && (box.len != 2 * PH_SEED_BOX_SIZE ||
			cipher.len > PH_PART_MAX - PH_SEED_BOX_SIZE)) {
		rc = PH_JOURNAL_E_NONE;
	}
	rc = rc != 0 ? rc
		     : ph_buf_put(out, box.data + PH_SEED_BOX_SIZE, PH_SEED_BOX_SIZE);
	rc = rc != 0 ? rc : ph_buf_put_view(out, ph_buf_view(&cipher));
	ph_buf_deinit(&box);
	ph_buf_deinit(&cipher);
	return rc;
}

/* The part of an entry that the hub fed. */
static int fed_part(struct ph_site *site, const struct ph_ref *ref,
		    uint8_t seed[static PH_SEED_SIZE], struct ph_buf *plain)
{
	struct ph_buf cipher = { 0 };
	struct ph_buf box = { 0 };
	int rc = ph_fed_part(site->db, ref, &cipher, &box);

	if (rc == 0) {
		rc = open_part(site, ref->log_id, ref->n, &cipher, &box, seed, plain);
	}
	ph_buf_deinit(&box);
	ph_buf_deinit(&cipher);
	return rc > 0 ? PH_JOURNAL_E_NONE : rc;
}

int ph_site_part(struct ph_site *site, const struct ph_ref *ref, struct ph_buf *plain)
{
	uint8_t seed[PH_SEED_SIZE];
	struct ph_buf bytes = { 0 };
	struct ph_log log;
	int rc = ph_journal_resolve(site->journal, ref, &log, &bytes);

	if (rc == 0) {
		rc = ph_site_part_read(site, &log, ref->n, seed, plain);
	} else if (rc == PH_JOURNAL_E_NONE) {
		rc = fed_part(site, ref, seed, plain);
	}
	sodium_memzero(seed, sizeof(seed));
	ph_buf_deinit(&bytes);
	return rc;
}

/* The bytes of an entry, of a log that is held or fed. 0, PH_JOURNAL_E_NONE or negative errno. */
static int entry_bytes(struct ph_site *site, const struct ph_ref *ref, struct ph_buf *out)
{
	struct ph_fed_entry fed;
	struct ph_log log;
	int rc = ph_journal_resolve(site->journal, ref, &log, out);

	if (rc == PH_JOURNAL_E_NONE) {
		rc = ph_fed_resolve(site->db, ref, &fed, out);
	}
	return rc > 0 ? PH_JOURNAL_E_NONE : rc;
}

int ph_site_open_part(struct ph_site *site, const struct ph_ref *ref,
		      struct ph_entry *entry, struct ph_buf *plain)
{
	size_t len;
	int rc;

	plain->len = 0;
	rc = entry_bytes(site, ref, plain);
	if (rc != 0) {
		return rc;
	}
	len = plain->len;
	rc = ph_site_part(site, ref, plain);
	if (rc != 0) {
		return rc;
	}
	rc = ph_entry_decode(PH_VIEW(plain->data, len), entry);
	if (rc == 0) {
		rc = ph_part_decode(PH_VIEW(plain->data + len, plain->len - len), entry);
	}
	return rc > 0 ? PH_JOURNAL_E_NONE : rc;
}
