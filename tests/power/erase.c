/*
 * tests/power/erase.c - readers are erased: the order, and what was known of them by then.
 *
 * A machine that says that it has carried an order out (common/ledger/erasing.h) may not have
 * what a reader's sealed part was, nor the box of its seed, in any of its files.
 */
#include "tests/power/world.h"

#include <errno.h>
#include <string.h>

#include "common/ledger/erasing.h"
#include "daemon/hub_internal.h"

enum {
	READERS = 32, /* the last that were written */
	ORDERS = 6,   /* of a script; one bit each */
	NEEDLES = 12,
	NEEDLE = 96, /* bytes of it that are looked for */
	NEEDLE_MIN = 16,
};

struct needle {
	uint8_t bytes[NEEDLE];
	size_t len;
};

/* Of the script that runs. */
static struct {
	struct ph_ref reader[READERS];
	unsigned n_readers;
	struct order {
		struct ph_ref ref; /* the reader-erase */
		struct needle needle[NEEDLES];
		unsigned n_needles;
	} order[ORDERS];
	unsigned n_orders;
} script;

void power_erase_begin(void)
{
	memset(&script, 0, sizeof(script));
}

void power_erase_wrote(const struct ph_ref *reader)
{
	script.reader[script.n_readers++ % READERS] = *reader;
}

/* --- what is known of a reader --- */

static void add_needle(struct order *order, struct ph_view bytes)
{
	size_t len = bytes.len < NEEDLE ? bytes.len : NEEDLE;
	struct needle *needle = &order->needle[order->n_needles];

	if (len < NEEDLE_MIN || order->n_needles == NEEDLES) {
		return;
	}
	for (unsigned i = 0; i < order->n_needles; i++) {
		if (order->needle[i].len == len &&
		    memcmp(order->needle[i].bytes, bytes.data, len) == 0) {
			return;
		}
	}
	memcpy(needle->bytes, bytes.data, len);
	needle->len = len;
	order->n_needles++;
}

static int learn_by(struct ph_db *db, const char *sql, const struct ph_ref *ref,
		    struct order *order)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db, sql, &stmt);

	if (rc < 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(ref->log_id, sizeof(ref->log_id)));
	ph_stmt_int(stmt, 2, (int64_t)ref->n);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		add_needle(order, ph_stmt_col_blob(stmt, 0));
		add_needle(order, ph_stmt_col_blob(stmt, 1));
	}
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

/* The sealed part of entry REF and the boxes of its seed, as the store of JOURNAL has them. */
static int learn(struct ph_journal *journal, bool is_hub, const struct ph_ref *ref,
		 struct order *order)
{
	struct ph_db *db = ph_journal_db(journal);
	int rc = learn_by(db,
			  "SELECT p.cipher, p.seed FROM log l"
			  " JOIN part p ON p.id = (l.row << 40 | ?2) WHERE l.id = ?1",
			  ref, order);

	return rc < 0 || is_hub
		       ? rc
		       : learn_by(db,
				  "SELECT e.cipher, e.seed FROM fed_log g"
				  " JOIN fed_entry e ON e.log = g.id AND e.n = ?2"
				  " WHERE g.log_id = ?1",
				  ref, order);
}

static int learn_all(struct world *world, const struct ph_ref *ref, struct order *order)
{
	int rc = learn(ph_hub_journal(world->hub), true, ref, order);

	for (unsigned i = SITE_A; rc == 0 && i < MACHINES; i++) {
		rc = learn(ph_site_journal(world->site[i]), false, ref, order);
	}
	return rc;
}

/* --- the order --- */

/* What SIGN asks an operator to sign, signed. */
static json_t *signed_request(const json_t *sign)
{
	const char *hex = json_string_value(json_object_get(sign, "entry"));
	const char *log = json_string_value(json_object_get(sign, "log"));
	uint64_t n = (uint64_t)json_integer_value(json_object_get(sign, "n"));
	uint8_t bytes[1024], sig[PH_OPERATOR_SIZE], log_id[PH_LOG_ID_SIZE];
	char text[2 * PH_OPERATOR_SIZE + 1];
	size_t len = strlen(hex) / 2;
	struct ph_entry entry;

	if (len > sizeof(bytes) || ph_unhex(bytes, len, hex, 2 * len) != 0 ||
	    ph_unhex(log_id, sizeof(log_id), log, strlen(log)) != 0 ||
	    ph_entry_decode(PH_VIEW(bytes, len), &entry) != 0 ||
	    ph_operator_sign(&entry, log_id, n, &power_operator, sig, NULL) != 0) {
		power_die("an order that cannot be signed");
	}
	ph_hex(text, sig, sizeof(sig));
	return json_pack("{s:s, s:s, s:I, s:s, s:s}", "command", "operator-put", "log",
			 log, "n", (json_int_t)n, "entry", hex, "operator", text);
}

/* The last entry of the control log is the order. */
static int note_order(struct world *world, struct order *order)
{
	const struct ph_log *log = ph_writer_log(world->hub->writer);
	struct ph_buf bytes = { 0 };
	uint8_t hash[PH_HASH_SIZE];
	int rc = ph_journal_entry(ph_hub_journal(world->hub), log->row, log->n, &bytes);

	if (rc == 0) {
		ph_entry_hash(ph_buf_view(&bytes), hash);
		memcpy(order->ref.log_id, log->id, sizeof(order->ref.log_id));
		memcpy(order->ref.hash, hash, sizeof(order->ref.hash));
		order->ref.n = log->n;
		script.n_orders++;
	}
	ph_buf_deinit(&bytes);
	return rc == 0 ? 0 : -EIO;
}

/* One that the hub has heard of, who is then out of the list. False: there is none. */
static bool pick(struct world *world, struct ph_ref *reader)
{
	unsigned n = script.n_readers < READERS ? script.n_readers : READERS;
	unsigned at = n > 0 ? (unsigned)power_below(world, n) : 0;
	struct ph_log log;

	for (unsigned i = 0; i < n; i++) {
		struct ph_ref *ref = &script.reader[(at + i) % n];

		if (ref->n > 0 &&
		    ph_journal_log_find(ph_hub_journal(world->hub), ref->log_id, &log) ==
			    0 &&
		    log.n >= ref->n) {
			*reader = *ref;
			ref->n = 0;
			return true;
		}
	}
	return false;
}

int power_erase(struct world *world)
{
	struct order *order = &script.order[script.n_orders];
	char text[PH_REF_TEXT];
	struct ph_ref reader;
	const json_t *sign;
	json_t *answer, *written;
	int rc;

	if (script.n_orders == ORDERS || !pick(world, &reader)) {
		return 0;
	}
	memset(order, 0, sizeof(*order));
	rc = learn_all(world, &reader, order);
	if (rc < 0) {
		return ph_fail(&world->err, PH_EXIT_OTHER, rc, "reading parts");
	}
	ph_ref_text(text, &reader);
	answer = power_ask(world, json_pack("{s:s, s:[s]}", "command", "reader-erase",
					    "readers", text));
	sign = json_object_get(json_array_get(json_object_get(answer, "entries"), 0),
			       "sign");
	if (sign == NULL) {
		json_decref(answer);
		return -EIO;
	}
	written = power_ask(world, signed_request(sign));
	json_decref(answer);
	rc = written ? note_order(world, order) : -EIO;
	json_decref(written);
	return rc;
}

/* --- what was carried out --- */

int power_erased(struct ph_journal *journal, unsigned *bits_out)
{
	int rc = 0;

	*bits_out = 0;
	for (unsigned i = 0; rc >= 0 && i < script.n_orders; i++) {
		struct ph_erasing_order at;

		rc = ph_erasing_get(ph_journal_db(journal), &script.order[i].ref, &at);
		*bits_out |= rc == 0 && at.done ? 1u << i : 0;
	}
	return rc < 0 ? rc : 0;
}

const char *power_erased_lies(const char *disk, unsigned bits)
{
	const char *path = NULL;

	for (unsigned i = 0; path == NULL && i < script.n_orders; i++) {
		const struct order *order = &script.order[i];

		for (unsigned k = 0;
		     path == NULL && bits >> i & 1 && k < order->n_needles; k++) {
			path = sim_disk_find(disk, order->needle[k].bytes,
					     order->needle[k].len);
		}
	}
	return path;
}
