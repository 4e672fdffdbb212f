/*
 * client/site_codes.c - which code is printed next.
 *
 * The run of codes stands in meta "code.run", moved in the transaction that uses a code,
 * and outside of the store in DIR/codes, written before that transaction commits. So a
 * code that nobody was told is given out again; and of a store that was put back from an
 * older copy, DIR/codes still knows how far it had come.
 *
 * Each says to which place (place.h) it belongs. When one is missing or is of another
 * place, or the log goes on from one that was put back, this folder is a copy, or was put
 * back, and how many codes its twin has printed since cannot be known: then a new run
 * begins elsewhere. That costs nothing but a jump of the numbers, so any doubt is enough.
 *
 * What names a copy, card or crate here already is passed over: it was typed in by hand.
 */
#include <errno.h>
#include <string.h>

#include "client/place.h"
#include "client/site_internal.h"
#include "common/base/say.h"
#include "common/ledger/key.h"

#define META_RUN  "code.run"
#define FILE_NAME "codes"

int ph_site_codes_place(const struct ph_site *site,
			uint8_t place[static PH_CODE_PLACE_SIZE], struct ph_error *err)
{
	char path[PH_SITE_PATH_MAX];
	int rc = ph_path_join(path, sizeof(path), site->dir, "keys", err);

	return rc != 0 ? rc : ph_place(ph_place_root(), path, place, err);
}

static int write_file(const struct ph_site *site, const struct ph_code_run *run,
		      struct ph_error *err)
{
	uint8_t bytes[PH_CODE_RUN_SIZE];
	char path[PH_SITE_PATH_MAX];
	int rc = ph_path_join(path, sizeof(path), site->dir, FILE_NAME, err);

	ph_code_run_encode(run, bytes);
	return rc != 0 ? rc
		       : ph_file_write(path, PH_VIEW(bytes, sizeof(bytes)), 0600, err);
}

static int write_meta(struct ph_site *site, const struct ph_code_run *run)
{
	uint8_t bytes[PH_CODE_RUN_SIZE];

	ph_code_run_encode(run, bytes);
	return ph_journal_meta_put(site->journal, META_RUN,
				   PH_VIEW(bytes, sizeof(bytes)));
}

int ph_site_codes_start(struct ph_site *site, struct ph_error *err)
{
	uint8_t place[PH_PLACE_SIZE];
	struct ph_code_run run;
	int rc = ph_site_codes_place(site, place, err);

	if (rc == 0) {
		ph_code_run_first(&run, place, ph_writer_log(site->writer)->id);
		rc = write_file(site, &run, err);
	}
	return rc != 0 ? rc : write_meta(site, &run);
}

/* --- which run --- */

/* 0; positive: there is none, or what is there is damaged; or negative errno. */
static int read_meta(struct ph_site *site, struct ph_code_run *run)
{
	struct ph_buf bytes = { 0 };
	int rc = ph_journal_meta_get(site->journal, META_RUN, &bytes);

	if (rc == 0 && ph_code_run_decode(ph_buf_view(&bytes), run) != 0) {
		rc = PH_JOURNAL_E_NONE;
	}
	ph_buf_deinit(&bytes);
	return rc;
}

static bool read_file(const struct ph_site *site, struct ph_code_run *run)
{
	struct ph_buf bytes = { 0 };
	char path[PH_SITE_PATH_MAX];
	bool is_read =
		ph_path_join(path, sizeof(path), site->dir, FILE_NAME, NULL) == 0 &&
		ph_file_read(path, PH_CODE_RUN_SIZE, &bytes, NULL) == 0 &&
		ph_code_run_decode(ph_buf_view(&bytes), run) == 0;

	ph_buf_deinit(&bytes);
	return is_read;
}

static bool is_later(const struct ph_code_run *a, const struct ph_code_run *b)
{
	return a->number != b->number ? a->number > b->number : a->count > b->count;
}

/* The `open` of LOG: why and from which log it goes on. CONTINUES borrows nothing. */
static int read_open(struct ph_site *site, const struct ph_log *log, uint64_t *why_out,
		     struct ph_value *continues_out)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry open;
	int rc = ph_journal_entry(site->journal, log->row, 1, &bytes);

	if (rc == 0) {
		rc = ph_entry_decode(ph_buf_view(&bytes), &open);
	}
	if (rc == 0 && open.number == PH_KIND_OPEN) {
		*why_out = open.field[PH_OPEN_WHY].set ? open.field[PH_OPEN_WHY].as.uint
						       : PH_WHY_CLOCK;
		*continues_out = open.field[PH_OPEN_CONTINUES];
	}
	ph_buf_deinit(&bytes);
	return rc;
}

/*
 * Whether our log goes on from the log FROM only because of a bad clock (why 0 or unset):
 * a log that was put back, copied or replaced lies between, or none is known, if not.
 */
static int is_same_desk(struct ph_site *site, const uint8_t from[static PH_LOG_ID_SIZE],
			bool *same_out)
{
	struct ph_log log = *ph_writer_log(site->writer);
	bool same = true;
	int rc = 0;

	while (rc == 0 && same && memcmp(log.id, from, PH_LOG_ID_SIZE) != 0) {
		struct ph_value continues = { 0 };
		uint64_t why = PH_WHY_RESTORED;

		rc = read_open(site, &log, &why, &continues);
		same = rc == 0 && why == PH_WHY_CLOCK && continues.set;
		if (same) {
			rc = ph_journal_log_find(site->journal, continues.as.head.log_id,
						 &log);
			same = rc == 0;
		}
	}
	*same_out = same;
	return rc < 0 ? rc : 0;
}

static int find_run(struct ph_site *site, struct ph_code_run *run_out,
		    struct ph_error *err)
{
	const uint8_t *log_id = ph_writer_log(site->writer)->id;
	struct ph_code_run run = { 0 }, beside = { 0 };
	uint8_t place[PH_PLACE_SIZE];
	bool doubt = false, same = false;
	int rc = ph_site_codes_place(site, place, err);

	if (rc == 0) {
		rc = read_meta(site, &run);
		doubt = rc != 0 || memcmp(run.place, place, sizeof(place)) != 0;
	}
	if (rc < 0) {
		return rc;
	}
	if (!read_file(site, &beside) ||
	    memcmp(beside.place, place, sizeof(place)) != 0) {
		doubt = true;
	}
	if (is_later(&beside, &run)) {
		run = beside;
	}
	rc = is_same_desk(site, run.log_id, &same);
	if (rc == 0 && (doubt || !same)) {
		ph_code_run_next(&run, place, log_id, &site->config.rng);
	}
	if (rc == 0) {
		memcpy(run.log_id, log_id, sizeof(run.log_id));
		*run_out = run;
	}
	return rc;
}

int ph_site_codes_move(struct ph_site *site,
		       const uint8_t from[static PH_CODE_PLACE_SIZE],
		       struct ph_error *err)
{
	uint8_t place[PH_PLACE_SIZE];
	struct ph_code_run run = { 0 };
	int rc = ph_site_codes_place(site, place, err);

	ph_site_codes_forget(site);
	if (rc == 0 && read_file(site, &run) &&
	    memcmp(run.place, from, sizeof(run.place)) == 0) {
		memcpy(run.place, place, sizeof(run.place));
		rc = write_file(site, &run, err);
	}
	if (rc < 0) {
		return rc;
	}
	rc = read_meta(site, &run);
	if (rc == 0 && memcmp(run.place, from, sizeof(run.place)) == 0) {
		memcpy(run.place, place, sizeof(run.place));
		rc = write_meta(site, &run);
	}
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("keeping the row of printed codes",
					     "lưu dãy mã đã in"))
		      : 0;
}

/* --- the next code --- */

static int take(struct ph_site *site, char out[static PH_PRINTED_SIZE + 1],
		struct ph_error *err)
{
	const struct ph_invite *invite = &site->cert.invite;
	struct ph_code_run *run = &site->run;
	int rc = ph_code_run_take(run, invite->site, invite->code_block, out);

	if (rc == PH_CODE_E_USED && run->number == 0) {
		ph_code_run_next(run, run->place, run->log_id, &site->config.rng);
		rc = ph_code_run_take(run, invite->site, invite->code_block, out);
	}
	if (rc == PH_CODE_E_USED) {
		rc = ph_fail(err, PH_EXIT_OTHER, -ENOSPC,
			     ph_say("all %d codes of this site that no invite has are "
				    "used up; ask the provincial library for an invite "
				    "with another block, or stick on codes of your own",
				    "đã dùng hết %d mã của điểm mà không giấy mời nào "
				    "có; hãy xin thư viện tỉnh giấy mời với khối mã "
				    "khác, hoặc dán mã của mình"),
			     PH_CODE_FREE);
	}
	return rc;
}

/* Whether CODE of our printed form names something already, as far as is folded here. */
static int is_taken(struct ph_site *site, const char *code, bool *taken_out)
{
	static const enum ph_entity types[] = { PH_ENTITY_COPY, PH_ENTITY_CARD,
						PH_ENTITY_CRATE };
	const struct ph_id id = { .ns = 0, .code = ph_view_str(code) };
	struct ph_buf state = { 0 };
	int rc = PH_LEDGER_E_NONE;

	for (size_t i = 0; site->ledger && rc == PH_LEDGER_E_NONE &&
			   i < sizeof(types) / sizeof(types[0]);
	     i++) {
		struct ph_entity_key key;

		if (ph_key_id(types[i], &id, &key)) {
			rc = ph_ledger_get(site->ledger, types[i], ph_key_view(&key),
					   &state);
		}
	}
	ph_buf_deinit(&state);
	*taken_out = rc == 0;
	return rc < 0 ? rc : 0;
}

static int next_code(struct ph_site *site, char out[static PH_PRINTED_SIZE + 1],
		     struct ph_error *err)
{
	bool taken = true;
	int rc = 0;

	if (!site->has_run) {
		rc = find_run(site, &site->run, err);
		site->has_run = rc == 0;
	}
	while (rc == 0 && taken) {
		rc = take(site, out, err);
		rc = rc != 0 ? rc : is_taken(site, out, &taken);
	}
	rc = rc != 0 ? rc : write_meta(site, &site->run);
	site->run_moved |= rc == 0;
	return rc;
}

int ph_site_codes_keep(struct ph_site *site, struct ph_error *err)
{
	int rc = site->run_moved ? write_file(site, &site->run, err) : 0;

	if (rc == 0) {
		site->run_moved = false;
	}
	return rc;
}

void ph_site_codes_forget(struct ph_site *site)
{
	site->has_run = false;
	site->run_moved = false;
}

int ph_site_print_code(struct ph_site *site, char out[static PH_PRINTED_SIZE + 1],
		       struct ph_error *err)
{
	char code[PH_PRINTED_SIZE + 1];
	int rc;

	if (site->batch) {
		rc = next_code(site, out, err);
		return rc < 0 ? ph_fail_errno(err, rc, ph_say("making a code", "tạo mã"))
			      : 0;
	}
	rc = ph_db_begin(site->db);
	if (rc == 0) {
		rc = next_code(site, code, err);
	}
	rc = rc != 0 ? rc : ph_site_codes_keep(site, err);
	rc = rc != 0 ? rc : ph_db_commit(site->db);
	if (rc < 0) {
		ph_site_roll_back(site);
		return ph_fail_errno(err, rc, ph_say("making a code", "tạo mã"));
	}
	memcpy(out, code, sizeof(code));
	return 0;
}
